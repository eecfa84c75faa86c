/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/clause.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "client/i18n.h"
#include "common/buf.h"

struct source {
    const char *prefix, *name;
    bool sections; /* sections (mục) instead of articles (Điều) */
};

static const struct source SOURCES[] = {
    {"BD17-", N_("Bình Dương, Decision 12/2017/QĐ-UBND"), false},
    {"BD14-", N_("Bình Dương, Decision 69/2014/QĐ-UBND"), false},
    {"TB16-", N_("Thái Bình, draft decision of 2016"), false},
    {"AG16-", N_("An Giang, Decision 67/2016/QĐ-UBND"), false},
    {"LS20-", N_("Lạng Sơn, guidance of 22/7/2020"), true},
};

static void separate(struct kyso_buf *out)
{
    if (out->length > 0)
        kyso_buf_put(out, ", ", 2);
}

static int read_number(const char **at)
{
    int number = 0;

    for (; isdigit((unsigned char)**at) && number < 100000; (*at)++)
        number = number * 10 + (**at - '0');
    return number;
}

/* The letters of a point, "đ" included. */
static size_t letters(const char *at)
{
    size_t n = 0;

    while (islower((unsigned char)at[n]) || (unsigned char)at[n] >= 0x80)
        n++;
    return n;
}

/* ".tN", ".sN" or ".p" at the end. */
static bool spell_tail(const char **at, struct kyso_buf *out)
{
    char mark = (*at)[1];

    if (**at != '.' || (mark != 't' && mark != 's' && mark != 'p'))
        return false;
    *at += 2;
    separate(out);
    if (mark == 'p')
        kyso_buf_printf(out, "%s", _("closing paragraph"));
    else if (!isdigit((unsigned char)**at))
        return false;
    else if (mark == 't')
        kyso_buf_printf(out, _("dash %d"), read_number(at));
    else
        kyso_buf_printf(out, _("sentence %d"), read_number(at));
    return true;
}

static void spell_point(const char **at, struct kyso_buf *out)
{
    size_t n = letters(*at);

    if (n == 0)
        return;
    separate(out);
    kyso_buf_printf(out, _("point %.*s"), (int)n, *at);
    *at += n;
}

/* "19.2c.s1" → "Article 19, clause 2, point c, sentence 1"; false for another form. */
static bool spell_place(const char *at, bool sections, struct kyso_buf *out)
{
    if (*at == 'M' && isdigit((unsigned char)at[1])) {
        at++;
        kyso_buf_printf(out, _("form %d"), read_number(&at));
        return *at == '\0';
    }
    if (!isdigit((unsigned char)*at))
        return false;
    if (sections)
        kyso_buf_printf(out, _("section %d"), read_number(&at));
    else
        kyso_buf_printf(out, _("Article %d"), read_number(&at));
    spell_point(&at, out);
    if (*at == '.' && isdigit((unsigned char)at[1])) {
        at++;
        separate(out);
        kyso_buf_printf(out, _("clause %d"), read_number(&at));
        spell_point(&at, out);
    }
    while (*at != '\0') {
        if (!spell_tail(&at, out))
            return false;
    }
    return true;
}

static char *spell(const char *clause, const char *place, const struct source *source)
{
    KYSO_BUF struct kyso_buf words = {0};
    char *text;

    if (!spell_place(place, source->sections, &words) || words.length == 0)
        return strdup(clause);
    if (asprintf(&text, "%s (%s; %s)", clause, (const char *)words.bytes, _(source->name)) < 0)
        return NULL;
    return text;
}

/* "P:" marks what kyso does where the clause that follows it is silent. */
static char *spell_default(const char *clause)
{
    KYSO_FREE char *rest = kyso_clause_spell(clause + 2);
    char *text;

    if (rest == NULL || asprintf(&text, _("kyso's default where the text is silent: %s"), rest) < 0)
        return NULL;
    return text;
}

char *kyso_clause_spell(const char *clause)
{
    char *text;

    for (size_t i = 0; i < KYSO_ARRAY_LEN(SOURCES); i++) {
        size_t n = strlen(SOURCES[i].prefix);

        if (strncmp(clause, SOURCES[i].prefix, n) == 0)
            return spell(clause, clause + n, &SOURCES[i]);
    }
    if (strncmp(clause, "P:", 2) == 0)
        return clause[2] == '\0' ? strdup(_("kyso's default where the texts are silent"))
                                 : spell_default(clause);
    if (strncmp(clause, "K-", 2) != 0)
        return strdup(clause);
    return asprintf(&text, _("%s (kyso's own rule)"), clause) < 0 ? NULL : text;
}
