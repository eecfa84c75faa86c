/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The one list of outcomes: complete, without doubles, and readable back from the bus. */

#include "tests/unit/unit.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>

#include "common/names.h"
#include "common/outcome.h"

static bool is_bus_word(const char *name)
{
    const char *word = name + strlen(KYSO_ERROR_PREFIX);

    if (strncmp(name, KYSO_ERROR_PREFIX, strlen(KYSO_ERROR_PREFIX)) != 0)
        return false;
    if (*word < 'A' || *word > 'Z')
        return false;
    for (; *word != '\0'; word++) {
        if (!((*word >= 'A' && *word <= 'Z') || (*word >= 'a' && *word <= 'z')))
            return false;
    }
    return true;
}

static bool is_kebab(const char *name)
{
    size_t length = strlen(name);

    return length > 0 && strspn(name, "abcdefghijklmnopqrstuvwxyz-") == length && name[0] != '-' &&
           name[length - 1] != '-';
}

static void test_every_outcome_has_a_row(void **state KYSO_UNUSED)
{
    size_t good = 0;

    for (int i = 0; i < KYSO_OUTCOME_MAX; i++) {
        const struct kyso_outcome_row *row = kyso_outcome_row(i);

        assert_non_null(row->bus_error);
        assert_non_null(row->log_name);
        assert_string_equal(kyso_outcome_bus_name(i), row->bus_error);
        good += is_bus_word(row->bus_error) && is_kebab(row->log_name);
    }
    UNIT_ALL("rows with both names", good, KYSO_OUTCOME_MAX);
}

static void test_names_are_unique(void **state KYSO_UNUSED)
{
    size_t pairs = 0, different = 0;

    for (int i = 0; i < KYSO_OUTCOME_MAX; i++) {
        for (int j = 0; j < i; j++) {
            pairs++;
            different += strcmp(kyso_outcome_row(i)->bus_error, kyso_outcome_row(j)->bus_error) &&
                         strcmp(kyso_outcome_row(i)->log_name, kyso_outcome_row(j)->log_name);
        }
    }
    UNIT_ALL("pairs that differ", different, pairs);
}

/* What kyso(1) documents: 0 is for done alone; 20 and 21 are verdicts and belong to no failure. */
static void test_exit_statuses_are_documented(void **state KYSO_UNUSED)
{
    size_t good = 0;

    assert_int_equal(kyso_outcome_row(KYSO_OUTCOME_DONE)->exit_status, 0);
    for (int i = KYSO_OUTCOME_FAILED; i < KYSO_OUTCOME_MAX; i++)
        good += kyso_outcome_row(i)->exit_status >= 1 && kyso_outcome_row(i)->exit_status <= 9;
    UNIT_ALL("documented exit statuses", good, KYSO_OUTCOME_MAX - 1);
    assert_int_equal(kyso_outcome_row(KYSO_OUTCOME_FAILED)->exit_status, 1);
    assert_int_equal(kyso_outcome_row(KYSO_OUTCOME_BAD_ARGUMENT)->exit_status, 2);
    assert_int_equal(kyso_outcome_row(KYSO_OUTCOME_REFUSED)->exit_status, 3);
    assert_int_equal(kyso_outcome_row(KYSO_OUTCOME_PIN_WRONG)->exit_status, 4);
    assert_int_equal(kyso_outcome_row(KYSO_OUTCOME_LOCKED)->exit_status, 5);
    assert_int_equal(kyso_outcome_row(KYSO_OUTCOME_TOKEN_MISSING)->exit_status, 6);
    assert_int_equal(kyso_outcome_row(KYSO_OUTCOME_TOKEN_REMOVED)->exit_status, 6);
    assert_int_equal(kyso_outcome_row(KYSO_OUTCOME_NOT_AUTHORISED)->exit_status, 7);
    assert_int_equal(kyso_outcome_row(KYSO_OUTCOME_CANCELLED)->exit_status, 8);
    assert_int_equal(kyso_outcome_row(KYSO_OUTCOME_TOKEN_BUSY)->exit_status, 9);
    assert_int_equal(kyso_outcome_row(KYSO_OUTCOME_LIMIT)->exit_status, 9);
}

static void test_names_lead_back(void **state KYSO_UNUSED)
{
    size_t back = 0;

    for (int i = KYSO_OUTCOME_FAILED; i < KYSO_OUTCOME_MAX; i++)
        back += kyso_outcome_from_bus_name(kyso_outcome_bus_name(i)) == i;
    UNIT_ALL("names that lead back", back, KYSO_OUTCOME_MAX - 1);
}

static void test_what_is_no_outcome_is_a_failure(void **state KYSO_UNUSED)
{
    static const char *const OTHERS[] = { "", "Failed", KYSO_ERROR_PREFIX,
                                          KYSO_ERROR_PREFIX "Nothing",
                                          "org.freedesktop.DBus.Error.NoReply",
                                          KYSO_ERROR_PREFIX "None" };
    static const int RESULTS[] = { -1, -ENOMEM, INT_MIN, KYSO_OUTCOME_MAX, INT_MAX };

    for (size_t i = 0; i < KYSO_ARRAY_LEN(OTHERS); i++)
        assert_int_equal(kyso_outcome_from_bus_name(OTHERS[i]), KYSO_OUTCOME_FAILED);
    for (size_t i = 0; i < KYSO_ARRAY_LEN(RESULTS); i++)
        assert_ptr_equal(kyso_outcome_row(RESULTS[i]), kyso_outcome_row(KYSO_OUTCOME_FAILED));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_outcome_has_a_row),
        cmocka_unit_test(test_names_are_unique),
        cmocka_unit_test(test_exit_statuses_are_documented),
        cmocka_unit_test(test_names_lead_back),
        cmocka_unit_test(test_what_is_no_outcome_is_a_failure),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
