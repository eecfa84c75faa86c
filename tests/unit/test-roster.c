/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Who a certificate belongs to: what is read, what stops the start, and from which day it counts. */

#include "tests/unit/conf-folder.h"

#include <time.h>

#include "common/outcome.h"
#include "daemon/roster.h"

#define HEX31 "00112233445566778899AABBCCDDEEFF00112233445566778899aabbccddee"
#define FIRST HEX31 "01"
#define SECOND HEX31 "02"

static int load(const char *text, struct kyso_roster **ret_roster, struct kyso_conf_problem *problem)
{
    char folder[32];
    int r;

    conf_folder_make(folder);
    if (text != NULL)
        conf_folder_write(folder, "roster.d/a.conf", text);
    r = kyso_roster_load(folder, ret_roster, problem);
    conf_folder_remove(folder);
    return r;
}

static void fingerprint(uint8_t last, uint8_t sha256[KYSO_FINGERPRINT_SIZE])
{
    for (unsigned int i = 0; i < KYSO_FINGERPRINT_SIZE; i++)
        sha256[i] = (uint8_t)((i % 16) * 0x11);
    sha256[KYSO_FINGERPRINT_SIZE - 1] = last;
}

static void test_entries_are_read(void **state KYSO_UNUSED)
{
    struct kyso_roster *roster = NULL;
    struct kyso_conf_problem problem;
    const struct kyso_roster_entry *entry;
    uint8_t sha256[KYSO_FINGERPRINT_SIZE];

    assert_int_equal(load("[certificate " FIRST "]\nclass = seal\nauthority = yes\n"
                          "digitised-copy-signer = yes\norganisation = UBND tỉnh Lạng Sơn\n"
                          "title = Văn thư\neffective = 2020-07-22\nusers = lan, minh ,\thoa,\n"
                          "[certificate " SECOND "]\nclass = person\neffective =\nusers =\n",
                          &roster, &problem),
                     0);
    fingerprint(1, sha256);
    entry = kyso_roster_find(roster, sha256);
    assert_non_null(entry);
    assert_int_equal(entry->class, KYSO_CLASS_SEAL);
    assert_true(entry->authority);
    assert_true(entry->digitised_copy_signer);
    assert_string_equal(entry->organisation, "UBND tỉnh Lạng Sơn");
    assert_string_equal(entry->title, "Văn thư");
    assert_int_equal(entry->effective, 20200722);
    assert_int_equal(entry->n_users, 3);
    assert_true(kyso_roster_lists_user(entry, "lan"));
    assert_true(kyso_roster_lists_user(entry, "minh"));
    assert_true(kyso_roster_lists_user(entry, "hoa"));
    assert_false(kyso_roster_lists_user(entry, ""));
    assert_false(kyso_roster_lists_user(entry, "Lan"));
    assert_false(kyso_roster_lists_user(entry, "lan, minh"));
    fingerprint(2, sha256);
    entry = kyso_roster_find(roster, sha256);
    assert_non_null(entry);
    assert_int_equal(entry->class, KYSO_CLASS_PERSON);
    assert_false(entry->authority);
    assert_int_equal(entry->effective, 0);
    assert_int_equal(entry->n_users, 0);
    assert_false(kyso_roster_lists_user(entry, ""));
    fingerprint(3, sha256);
    assert_null(kyso_roster_find(roster, sha256));
    assert_null(kyso_roster_free(roster));
}

static void test_no_roster(void **state KYSO_UNUSED)
{
    struct kyso_roster *roster = NULL;
    struct kyso_conf_problem problem;
    uint8_t sha256[KYSO_FINGERPRINT_SIZE] = { 0 };

    assert_int_equal(load(NULL, &roster, &problem), 0);
    assert_null(kyso_roster_find(roster, sha256));
    assert_null(kyso_roster_free(roster));
    assert_null(kyso_roster_free(NULL));
}

static void test_what_stops_the_start(void **state KYSO_UNUSED)
{
    static const struct {
        const char *text, *what;
        unsigned int line;
    } CASES[] = {
        { "[person " FIRST "]\n", "unknown-section", 1 },
        { "[certificate]\n", "bad-fingerprint", 1 },
        { "[certificate 00]\n", "bad-fingerprint", 1 },
        { "[certificate " HEX31 "]\n", "bad-fingerprint", 1 },
        { "[certificate " HEX31 "0g]\n", "bad-fingerprint", 1 },
        { "[certificate " FIRST "00]\n", "bad-fingerprint", 1 },
        { "[certificate " FIRST "]\n[certificate " FIRST "]\n", "certificate-given-twice", 2 },
        { "[certificate " FIRST "]\nclass = stamp\n", "bad-class", 2 },
        { "[certificate " FIRST "]\nclass =\n", "bad-class", 2 },
        { "[certificate " FIRST "]\nauthority = true\n", "bad-value", 2 },
        { "[certificate " FIRST "]\ndigitised-copy-signer =\n", "bad-value", 2 },
        { "[certificate " FIRST "]\norganisation = a\norganisation = b\n", "given-twice", 3 },
        { "[certificate " FIRST "]\ntitle = a\ntitle = b\n", "given-twice", 3 },
        { "[certificate " FIRST "]\neffective = 22/7/2020\n", "bad-date", 2 },
        { "[certificate " FIRST "]\neffective = 2021-02-29\n", "bad-date", 2 },
        { "[certificate " FIRST "]\nusers = lan minh\n", "bad-value", 2 },
        { "[certificate " FIRST "]\nuser = lan\n", "unknown-key", 2 },
        { "class = seal\n", "key-before-section", 1 },
    };
    size_t refused = 0;

    for (size_t i = 0; i < KYSO_ARRAY_LEN(CASES); i++) {
        struct kyso_roster *roster = NULL;
        struct kyso_conf_problem problem = { 0 };
        int r = load(CASES[i].text, &roster, &problem);

        if (r != KYSO_OUTCOME_BAD_ARGUMENT || strcmp(problem.what, CASES[i].what) != 0 ||
            problem.line != CASES[i].line)
            print_message("# %s: %d %s in line %u\n", CASES[i].text, r, problem.what, problem.line);
        else
            refused++;
        (void)kyso_roster_free(roster);
    }
    UNIT_ALL("wrong rosters refused", refused, KYSO_ARRAY_LEN(CASES));
}

static uint64_t local(int year, int month, int day, int hour, int second)
{
    struct tm time = { .tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day,
                       .tm_hour = hour, .tm_min = hour == 23 ? 59 : 0, .tm_sec = second,
                       .tm_isdst = -1 };

    return (uint64_t)mktime(&time);
}

static void test_effective_from_local_midnight(void **state KYSO_UNUSED)
{
    static const char *const ZONES[] = { "UTC", "<+07>-7", "<-08>8" };
    struct kyso_roster_entry entry = { .effective = 20240301 };
    size_t right = 0;

    for (size_t i = 0; i < KYSO_ARRAY_LEN(ZONES); i++) {
        assert_int_equal(setenv("TZ", ZONES[i], 1), 0);
        tzset();
        right += !kyso_roster_effective(&entry, local(2024, 2, 29, 23, 59)) &&
                 kyso_roster_effective(&entry, local(2024, 3, 1, 0, 0)) &&
                 kyso_roster_effective(&entry, local(2025, 1, 1, 0, 0));
    }
    UNIT_ALL("zones in which the day is the local one", right, KYSO_ARRAY_LEN(ZONES));
    entry.effective = 0;
    assert_true(kyso_roster_effective(&entry, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_entries_are_read),
        cmocka_unit_test(test_no_roster),
        cmocka_unit_test(test_what_stops_the_start),
        cmocka_unit_test(test_effective_from_local_midnight),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
