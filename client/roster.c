/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/roster.h"

#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "client/i18n.h"
#include "client/output.h"
#include "client/tokens.h"
#include "common/macros.h"
#include "common/text.h"

/* One value from AT on, up to an unescaped comma or plus; *RET_NEXT is what follows it. */
static char *read_value(const char *at, const char **ret_next)
{
    char *value = malloc(strlen(at) + 1);
    char *to = value;

    for (; *at != '\0' && *at != ',' && *at != '+'; at++) {
        uint8_t byte;
        char pair[3] = {0};

        if (*at == '\\' && at[1] != '\0') {
            pair[0] = at[1];
            pair[1] = at[2];
            if (kyso_text_from_hex(pair, &byte, 1)) {
                at++;
            } else {
                byte = (uint8_t)at[1];
            }
            at++;
        } else {
            byte = (uint8_t)*at;
        }
        if (value != NULL)
            *to++ = (char)byte;
    }
    if (value != NULL)
        *to = '\0';
    *ret_next = *at == '\0' ? at : at + 1;
    return value;
}

char *kyso_roster_subject_part(const char *subject, const char *type)
{
    size_t n = strlen(type);
    const char *at = subject;

    while (*at != '\0') {
        const char *equals, *next;
        char *value;

        while (*at == ' ')
            at++;
        equals = strchr(at, '=');
        if (equals == NULL)
            break;
        value = read_value(equals + 1, &next);
        if ((size_t)(equals - at) == n && strncasecmp(at, type, n) == 0)
            return value;
        free(value);
        at = next;
    }
    return strdup("");
}

/* A seal's certificate names the organisation where a person's names the person. */
static bool looks_like_seal(const char *subject, const char *common_name)
{
    static const char *const TYPES[] = {"O", "OU", "organizationName", "organizationalUnitName"};

    for (size_t i = 0; i < KYSO_ARRAY_LEN(TYPES); i++) {
        KYSO_FREE char *part = kyso_roster_subject_part(subject, TYPES[i]);

        if (part != NULL && part[0] != '\0' && strcmp(part, common_name) == 0)
            return true;
    }
    return false;
}

static void entry(const char *key, const char *value)
{
    (void)printf("%s = ", key);
    kyso_print_clean(stdout, value);
    (void)putchar('\n');
}

struct proposal {
    const char *class, *organisation, *title, *effective, *user;
};

/* Certificates count in UTC days. */
static void utc_day(int64_t seconds, char text[KYSO_TIME_MAX])
{
    time_t t = (time_t)seconds;
    struct tm tm;

    if (gmtime_r(&t, &tm) == NULL || strftime(text, KYSO_TIME_MAX, "%Y-%m-%d", &tm) == 0)
        text[0] = '\0';
}

/* One word for a shell: in single quotes, which it may have inside. */
static void quoted(const char *key, const char *value)
{
    KYSO_FREE char *clean = kyso_text_sanitize(value, strlen(value));

    (void)printf(" %s='", key);
    for (const char *c = clean != NULL ? clean : ""; *c != '\0'; c++)
        (void)fputs(*c == '\'' ? "'\\''" : (char[]){*c, '\0'}, stdout);
    (void)putchar('\'');
}

/* What an administrator would type. */
static void print_command(const char *fingerprint, const struct proposal *proposal)
{
    (void)printf("# %s\n#   kyso roster set %s class=%s authority=no",
                 _("An administrator records it, without a restart, with:"), fingerprint,
                 proposal->class);
    quoted("organisation", proposal->organisation);
    quoted("title", proposal->title);
    (void)printf(" effective=%s", proposal->effective);
    quoted("users", proposal->user);
    (void)putchar('\n');
}

static void print_certificate(const struct kyso_map *certificate)
{
    const char *subject = kyso_map_string(certificate, "Subject");
    const char *name = kyso_map_string(certificate, "CommonName");
    bool seal = looks_like_seal(subject, name);
    KYSO_FREE char *organisation = kyso_roster_subject_part(subject, "O");
    KYSO_FREE char *title = kyso_roster_subject_part(subject, "title");
    const struct passwd *user = getpwuid(getuid());
    struct proposal proposal;
    char day[KYSO_TIME_MAX];

    if (title != NULL && title[0] == '\0') {
        free(title);
        title = kyso_roster_subject_part(subject, "T");
    }
    utc_day(kyso_map_number(certificate, "NotBefore"), day);
    (void)printf("# %s ",
                 _("Proposal; check every line against the decision and the person. For:"));
    kyso_print_clean(stdout, name);
    (void)printf("\n[certificate %s]\n", kyso_map_string(certificate, "Fingerprint"));
    proposal = (struct proposal){.class = seal ? "seal" : "person",
                                 .organisation = organisation == NULL ? "" : organisation,
                                 .title = title == NULL ? "" : title,
                                 .effective = day,
                                 .user = user == NULL ? "" : user->pw_name};
    entry("class", proposal.class);
    entry("authority", "no");
    entry("organisation", proposal.organisation);
    entry("title", proposal.title);
    entry("effective", proposal.effective);
    entry("users", proposal.user);
    print_command(kyso_map_string(certificate, "Fingerprint"), &proposal);
}

void kyso_roster_print(const struct kyso_map *objects, const struct kyso_map *token)
{
    for (size_t i = 0; i < kyso_map_length(token, "Certificates"); i++) {
        const struct kyso_map *certificate = kyso_token_certificate(objects, token, i);

        if (certificate != NULL)
            print_certificate(certificate);
    }
}
