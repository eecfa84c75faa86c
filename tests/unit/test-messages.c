/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "client/messages.h"
#include "client/words.h"
#include "common/macros.h"
#include "common/outcome.h"
#include "document/rules.h"
#include "policy/certificate.h"
#include "policy/lockout.h"
#include "policy/order.h"
#include "policy/recovery.h"

/* Every word that the service may send has a text: walked by the tables of those who send them. */

static size_t known, asked;

static void ask(enum kyso_vocabulary vocabulary, const char *word)
{
    asked++;
    if (kyso_message_known(vocabulary, word) && kyso_message(vocabulary, word)[0] != '\0')
        known++;
    else
        print_error("no text for \"%s\" (vocabulary %d)\n", word, (int)vocabulary);
}

static void all_known(const char *what)
{
    print_message("%s: %zu of %zu\n", what, known, asked);
    assert_true(asked > 0);
    assert_int_equal(known, asked);
    known = asked = 0;
}

static void test_outcomes(void **state)
{
    (void)state;
    for (int i = 0; i < KYSO_OUTCOME_MAX; i++)
        ask(KYSO_WORDS_OUTCOME, kyso_outcome_row(i)->log_name);
    all_known("outcomes");
}

static void test_reasons(void **state)
{
    (void)state;
    for (unsigned int i = 0; i < KYSO_REASON_MAX; i++)
        ask(KYSO_WORDS_REASON, kyso_reason_name((enum kyso_reason)i));
    all_known("reasons");
    for (unsigned int i = 0; i < KYSO_REMEDY_MAX; i++)
        ask(KYSO_WORDS_REMEDY, kyso_remedy_name((enum kyso_remedy)i));
    all_known("remedies");
    for (unsigned int i = 0; i < KYSO_CERTIFICATE_REASON_MAX; i++)
        ask(KYSO_WORDS_CERTIFICATE, kyso_certificate_reason_name((enum kyso_certificate_reason)i));
    all_known("certificate reasons");
    for (size_t i = 0; i < KYSO_WARNING_COUNT; i++)
        ask(KYSO_WORDS_WARNING, kyso_warning_name(i));
    all_known("warnings");
}

static void test_rules(void **state)
{
    (void)state;
    for (unsigned int i = 0; i < KYSO_PDF_RULE_MAX; i++)
        ask(KYSO_WORDS_RULE, kyso_pdf_rule_name((enum kyso_pdf_rule)i));
    all_known("document rules");
}

static void test_states(void **state)
{
    static const char *const WORDS[] = {
        /* the bus contract's enumerations */
        "person",
        "seal",
        "starting",
        "inspecting",
        "preparing",
        "waiting-for-token",
        "waiting-for-pin",
        "signing",
        "finishing",
        "done",
        "cancelled",
        "timeout",
        "token-removed",
        "failed",
        "valid",
        "invalid",
        "undetermined",
        "not-checked",
        "whole",
        "permitted-additions",
        "changed",
        "none",
        "fit",
        "not-fit",
    };

    (void)state;
    for (size_t i = 0; i < KYSO_ARRAY_LEN(WORDS); i++)
        ask(KYSO_WORDS_STATE, WORDS[i]);
    for (unsigned int i = 0; i < KYSO_ORDER_RESULT_MAX; i++)
        ask(KYSO_WORDS_STATE, kyso_order_result_name((enum kyso_order_result)i));
    for (unsigned int i = 0; i < KYSO_FITNESS_MAX; i++)
        ask(KYSO_WORDS_STATE, kyso_fitness_name((enum kyso_fitness)i));
    for (unsigned int i = 0; i < KYSO_PIN_STATE_MAX; i++)
        ask(KYSO_WORDS_STATE, kyso_pin_state_name((enum kyso_pin_state)i));
    for (unsigned int i = 0; i < KYSO_CLASS_MAX; i++)
        ask(KYSO_WORDS_STATE, kyso_class_name((enum kyso_class)i));
    for (unsigned int i = 0; i < KYSO_KIND_MAX; i++)
        ask(KYSO_WORDS_STATE, kyso_kind_name((enum kyso_kind)i));
    for (unsigned int i = 0; i < KYSO_CHANNEL_MAX; i++)
        ask(KYSO_WORDS_STATE, kyso_channel_name((enum kyso_channel)i));
    all_known("states");
}

static void test_requests(void **state)
{
    static const char *const REASONS[] = {"still-locked", "not-electronic", "own-token"};
    static const char *const DETAILS[] = {
        "open-requests", "requests-of-a-token",
        "rows",          "fields",
        "too-long",      "unknown-field",
        "given-twice",   "no-fields",
        "missing",       "not-plain-text",
        "in-the-future", "no-requests",
        "incident",      "format",
        "form",          "request",
        "token",         "certificate",
    };

    (void)state;
    for (unsigned int i = 0; i < KYSO_RECOVERY_STATE_MAX; i++)
        ask(KYSO_WORDS_REQUEST, kyso_recovery_state_name((enum kyso_recovery_state)i));
    for (unsigned int i = 0; i < KYSO_RECOVERY_KIND_MAX; i++)
        ask(KYSO_WORDS_REQUEST, kyso_recovery_kind_name((enum kyso_recovery_kind)i));
    for (unsigned int i = 0; i < KYSO_INCIDENT_MAX; i++)
        ask(KYSO_WORDS_REQUEST, kyso_incident_name((enum kyso_incident)i));
    for (unsigned int i = 1; i < KYSO_RECOVERY_REFUSAL_MAX; i++)
        ask(KYSO_WORDS_REASON, kyso_recovery_refusal_name((enum kyso_recovery_refusal)i));
    for (size_t i = 0; i < KYSO_ARRAY_LEN(REASONS); i++)
        ask(KYSO_WORDS_REASON, REASONS[i]);
    for (size_t i = 0; i < KYSO_ARRAY_LEN(DETAILS); i++)
        ask(KYSO_WORDS_DETAIL, DETAILS[i]);
    all_known("words of requests");
}

static void test_unknown(void **state)
{
    (void)state;
    for (unsigned int i = 0; i < KYSO_WORDS_MAX; i++) {
        assert_false(kyso_message_known((enum kyso_vocabulary)i, "from-the-future"));
        assert_string_equal(kyso_message((enum kyso_vocabulary)i, "from-the-future"),
                            "from-the-future");
        assert_string_equal(kyso_message_next((enum kyso_vocabulary)i, "from-the-future"), "");
    }
}

/* A word that stands twice in a table would hide the second text. */
static void test_unique(void **state)
{
    static const struct kyso_word *const TABLES[] = {
        kyso_words_outcome, kyso_words_detail,      kyso_words_reason,    kyso_words_remedy,
        kyso_words_rule,    kyso_words_certificate, kyso_words_integrity, kyso_words_warning,
        kyso_words_state,   kyso_words_event,       kyso_words_number,    kyso_words_field,
        kyso_words_request,
    };
    size_t n = 0;

    (void)state;
    assert_int_equal(KYSO_ARRAY_LEN(TABLES), KYSO_WORDS_MAX);
    for (size_t t = 0; t < KYSO_ARRAY_LEN(TABLES); t++) {
        for (const struct kyso_word *a = TABLES[t]; a->word != NULL; a++) {
            n++;
            for (const struct kyso_word *b = a + 1; b->word != NULL; b++)
                assert_string_not_equal(a->word, b->word);
        }
    }
    print_message("%zu words\n", n);
    assert_true(n > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_outcomes), cmocka_unit_test(test_reasons),
        cmocka_unit_test(test_rules),    cmocka_unit_test(test_states),
        cmocka_unit_test(test_requests), cmocka_unit_test(test_unknown),
        cmocka_unit_test(test_unique),
    };

    return cmocka_run_group_tests_name("messages", tests, NULL, NULL);
}
