/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/failure.h"

#include <stdio.h>
#include <string.h>

#include "client/clause.h"
#include "client/i18n.h"
#include "client/messages.h"
#include "client/output.h"
#include "common/macros.h"
#include "common/outcome.h"

/* What is told elsewhere than under "details". */
static const char *const TOLD[] = { "outcome", "detail", "reason", "clause", "remedy", "exit-status",
                                    "message", "why",    "rule",   "next",   "text" };

static const char *field(struct json_object *failure, const char *key)
{
    struct json_object *value;

    return json_object_object_get_ex(failure, key, &value) &&
                   json_object_is_type(value, json_type_string)
               ? json_object_get_string(value)
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

/* The table that WORD is most likely from, by how the call ended. */
static enum kyso_vocabulary vocabulary_of(int outcome, const char *word)
{
    enum kyso_vocabulary order[] = { KYSO_WORDS_DETAIL, KYSO_WORDS_RULE, KYSO_WORDS_CERTIFICATE,
                                     KYSO_WORDS_REASON };

    if (outcome == KYSO_OUTCOME_BAD_DOCUMENT)
        order[0] = KYSO_WORDS_RULE;
    else if (outcome == KYSO_OUTCOME_BAD_CERTIFICATE)
        order[0] = KYSO_WORDS_CERTIFICATE;
    else if (outcome == KYSO_OUTCOME_REFUSED)
        order[0] = KYSO_WORDS_REASON;
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

static const char *next_step(int outcome, const char *detail, const char *remedy)
{
    const char *next = "";

    if (kyso_message_known(KYSO_WORDS_REMEDY, remedy))
        return kyso_message(KYSO_WORDS_REMEDY, remedy);
    if (detail[0] != '\0')
        next = kyso_message_next(vocabulary_of(outcome, detail), detail);
    if (next[0] == '\0')
        next = kyso_message_next(KYSO_WORDS_OUTCOME, kyso_outcome_row(outcome)->log_name);
    return next;
}

static void add_why(struct json_object *failure, int outcome, bool told)
{
    const char *detail = field(failure, "detail");
    const char *reason = field(failure, "reason");
    const char *text = field(failure, "text");

    if (reason[0] != '\0')
        kyso_json_add_string(failure, "why",
                             kyso_message(vocabulary_of(outcome, reason), reason));
    else if (detail[0] != '\0' && !told)
        kyso_json_add_string(failure, "why",
                             kyso_message(vocabulary_of(outcome, detail), detail));
    else if (text[0] != '\0')
        kyso_json_add_string(failure, "why", text);
}

void kyso_failure_explain(struct json_object *failure)
{
    int outcome = outcome_of(failure);
    const char *detail = field(failure, "detail");
    const char *clause = field(failure, "clause");
    bool told = detail_suffices(outcome, detail);
    KYSO_FREE char *rule = NULL;

    kyso_json_add_string(failure, "message",
                         told ? kyso_message(KYSO_WORDS_DETAIL, detail)
                              : kyso_message(KYSO_WORDS_OUTCOME,
                                             kyso_outcome_row(outcome)->log_name));
    add_why(failure, outcome, told);
    if (clause[0] != '\0')
        rule = kyso_clause_spell(clause);
    if (rule != NULL)
        kyso_json_add_string(failure, "rule", rule);
    kyso_json_add_string(failure, "next",
                         next_step(outcome, detail, field(failure, "remedy")));
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

/* What else the service said, as it said it. */
static void print_rest(struct json_object *failure)
{
    json_object_object_foreach(failure, key, value)
    {
        if (is_told(key) || value == NULL)
            continue;
        (void)fprintf(stderr, "  %s: ", key);
        kyso_print_clean(stderr, json_object_is_type(value, json_type_string)
                                     ? json_object_get_string(value)
                                     : json_object_to_json_string_ext(value,
                                                                      JSON_C_TO_STRING_PLAIN));
        (void)fputc('\n', stderr);
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
    print_line(_("Rule:"), field(failure, "rule"));
    print_rest(failure);
    print_line(_("Next:"), field(failure, "next"));
}
