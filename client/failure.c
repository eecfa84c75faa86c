/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/failure.h"

#include <stdio.h>
#include <string.h>

#include "client/clause.h"
#include "client/i18n.h"
#include "client/messages.h"
#include "client/output.h"
#include "common/buf.h"
#include "common/macros.h"
#include "common/outcome.h"
#include "common/text.h"

/* What is told elsewhere than under "details". */
static const char *const TOLD[] = {"outcome", "detail", "reason",      "clause",
                                   "remedy",  "rule",   "message",     "why",
                                   "next",    "text",   "clause-text", "exit-status"};

static const char *field(struct json_object *failure, const char *key)
{
    struct json_object *value;

    return json_object_object_get_ex(failure, key, &value) && value != NULL
               ? json_object_get_string(value) /* of numbers too, their text */
               : "";
}

static int outcome_of(struct json_object *failure)
{
    const char *word = field(failure, "outcome");

    for (int i = 0; i < KYSO_OUTCOME_MAX; i++) {
        if (strcmp(kyso_outcome_row(i)->log_name, word) == 0)
            return i;
    }
    return KYSO_OUTCOME_FAILED;
}

struct json_object *kyso_failure_local(int outcome, const char *detail, const char *text)
{
    struct json_object *failure = json_object_new_object();

    if (failure == NULL)
        return NULL;
    kyso_json_add_string(failure, "outcome", kyso_outcome_row(outcome)->log_name);
    if (detail != NULL)
        kyso_json_add_string(failure, "detail", detail);
    if (text != NULL)
        kyso_json_add_string(failure, "text", text);
    return failure;
}

struct json_object *kyso_failure_of(struct kyso_client *client, int result)
{
    if (result < 0)
        return kyso_failure_local(KYSO_OUTCOME_FAILED, NULL, strerror(-result));
    return json_tokener_parse(kyso_map_json(kyso_client_failure(client)));
}

int kyso_failure_status(struct json_object *failure)
{
    return failure == NULL ? 1 : kyso_outcome_row(outcome_of(failure))->exit_status;
}

/* The table that WORD, the value of KEY, is from. */
static enum kyso_vocabulary vocabulary_of(int outcome, const char *key, const char *word)
{
    enum kyso_vocabulary order[] = {KYSO_WORDS_DETAIL, KYSO_WORDS_RULE, KYSO_WORDS_CERTIFICATE,
                                    KYSO_WORDS_REASON};

    if (strcmp(key, "rule") == 0)
        return KYSO_WORDS_RULE;
    if (strcmp(key, "reason") == 0)
        return outcome == KYSO_OUTCOME_BAD_CERTIFICATE ? KYSO_WORDS_CERTIFICATE : KYSO_WORDS_REASON;
    for (size_t i = 0; i < KYSO_ARRAY_LEN(order); i++) {
        if (kyso_message_known(order[i], word))
            return order[i];
    }
    return KYSO_WORDS_DETAIL;
}

/* With a detail that says it all, "unexpected failure" in front would only frighten. */
static bool detail_suffices(int outcome, const char *detail)
{
    return (outcome == KYSO_OUTCOME_FAILED || outcome == KYSO_OUTCOME_NO_AGENT) &&
           kyso_message_known(KYSO_WORDS_DETAIL, detail);
}

/* The words that say why, in the order they are told. */
static const char *const WHY[] = {"reason", "rule", "detail"};

static const char *next_step(struct json_object *failure, int outcome)
{
    const char *remedy = field(failure, "remedy");

    if (kyso_message_known(KYSO_WORDS_REMEDY, remedy))
        return kyso_message(KYSO_WORDS_REMEDY, remedy);
    for (size_t i = 0; i < KYSO_ARRAY_LEN(WHY); i++) {
        const char *word = field(failure, WHY[i]);
        const char *next = kyso_message_next(vocabulary_of(outcome, WHY[i], word), word);

        if (next[0] != '\0')
            return next;
    }
    return kyso_message_next(KYSO_WORDS_OUTCOME, kyso_outcome_row(outcome)->log_name);
}

/* Joins what is known into one or more sentences. TOLD: the message has said the detail already. */
static void add_why(struct json_object *failure, int outcome, bool told)
{
    KYSO_BUF struct kyso_buf why = {0};
    const char *text = field(failure, "text");

    for (size_t i = 0; i < KYSO_ARRAY_LEN(WHY); i++) {
        const char *word = field(failure, WHY[i]);

        if (word[0] == '\0' || (told && strcmp(WHY[i], "detail") == 0))
            continue;
        kyso_buf_printf(&why, "%s%s", why.length > 0 ? " " : "",
                        kyso_message(vocabulary_of(outcome, WHY[i], word), word));
    }
    if (text[0] != '\0')
        kyso_buf_printf(&why, "%s%s", why.length > 0 ? " " : "", text);
    if (why.length > 0)
        kyso_json_add_string(failure, "why", (const char *)why.bytes);
}

void kyso_failure_explain(struct json_object *failure)
{
    int outcome = outcome_of(failure);
    const char *detail = field(failure, "detail");
    const char *clause = field(failure, "clause");
    bool told = detail_suffices(outcome, detail);
    KYSO_FREE char *rule = NULL;

    kyso_json_add_string(
        failure, "message",
        told ? kyso_message(KYSO_WORDS_DETAIL, detail)
             : kyso_message(KYSO_WORDS_OUTCOME, kyso_outcome_row(outcome)->log_name));
    add_why(failure, outcome, told);
    if (clause[0] != '\0')
        rule = kyso_clause_spell(clause);
    if (rule != NULL)
        kyso_json_add_string(failure, "clause-text", rule);
    kyso_json_add_string(failure, "next", next_step(failure, outcome));
    kyso_json_add_number(failure, "exit-status", kyso_outcome_row(outcome)->exit_status);
}

static void print_line(const char *label, const char *text)
{
    if (text[0] == '\0')
        return;
    (void)fprintf(stderr, "  %s ", label);
    kyso_print_clean(stderr, text);
    (void)fputc('\n', stderr);
}

static bool is_told(const char *key)
{
    for (size_t i = 0; i < KYSO_ARRAY_LEN(TOLD); i++) {
        if (strcmp(TOLD[i], key) == 0)
            return true;
    }
    return false;
}

/* What a field says to people: a known word as a sentence, a moment as a time of day. */
static const char *spelled(const char *key, const char *value, char time[KYSO_TIME_MAX])
{
    uint64_t seconds;

    if (kyso_message_known(KYSO_WORDS_STATE, value))
        return kyso_message(KYSO_WORDS_STATE, value);
    if (strcmp(key, "released-at") != 0 || !kyso_text_to_u64(value, INT64_MAX, &seconds))
        return value;
    kyso_format_time((int64_t)seconds, time);
    return time;
}

/* What else the service said. */
static void print_rest(struct json_object *failure)
{
    char time[KYSO_TIME_MAX];

    json_object_object_foreach(failure, key, value)
    {
        if (is_told(key) || value == NULL || field(failure, key)[0] == '\0')
            continue;
        print_line(kyso_message(KYSO_WORDS_FIELD, key), spelled(key, field(failure, key), time));
    }
}

void kyso_failure_print(const char *subject, struct json_object *failure)
{
    if (failure == NULL) {
        (void)fprintf(stderr, "kyso: %s\n", _("There is not enough memory."));
        return;
    }
    kyso_failure_explain(failure);
    (void)fputs("kyso: ", stderr);
    if (subject != NULL) {
        kyso_print_clean(stderr, subject);
        (void)fputs(": ", stderr);
    }
    (void)fprintf(stderr, "%s\n", field(failure, "message"));
    print_line(_("Why:"), field(failure, "why"));
    print_line(_("Rule:"), field(failure, "clause-text"));
    print_rest(failure);
    print_line(_("Next:"), field(failure, "next"));
}
