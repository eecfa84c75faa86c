/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Who a certificate belongs to: what is read, what stops the start, and from which day it counts.
 */

#include "tests/unit/store-folder.h"

#include <time.h>

#include "common/outcome.h"
#include "common/text.h"

#define HEX31 "00112233445566778899AABBCCDDEEFF00112233445566778899aabbccddee"
#define FIRST HEX31 "01"
#define SECOND HEX31 "02"

/* An office whose only file of the roster says TEXT. */
static int load(struct office *office, const char *text)
{
    office_make(office);
    if (text != NULL)
        conf_folder_write(office->folder, "roster.d/a.conf", text);
    return office_open(office);
}

static void fingerprint(uint8_t last, uint8_t sha256[KYSO_FINGERPRINT_SIZE])
{
    for (unsigned int i = 0; i < KYSO_FINGERPRINT_SIZE; i++)
        sha256[i] = (uint8_t)((i % 16) * 0x11);
    sha256[KYSO_FINGERPRINT_SIZE - 1] = last;
}

static void test_entries_are_read(void **state KYSO_UNUSED)
{
    struct office office;
    const struct kyso_roster_entry *entry;
    uint8_t sha256[KYSO_FINGERPRINT_SIZE];

    assert_int_equal(load(&office, "[certificate " FIRST "]\nclass = seal\nauthority = yes\n"
                                   "digitised-copy-signer = yes\n"
                                   "organisation = UBND tỉnh Lạng Sơn\n"
                                   "title = Văn thư\neffective = 2020-07-22\n"
                                   "users = lan, minh ,\thoa,lan,\n"
                                   "[certificate " SECOND "]\nclass = person\neffective =\n"
                                   "users =\n"),
                     0);
    fingerprint(1, sha256);
    entry = kyso_roster_find(office.roster, sha256);
    assert_non_null(entry);
    assert_int_equal(entry->class, KYSO_CLASS_SEAL);
    assert_true(entry->authority);
    assert_true(entry->digitised_copy_signer);
    assert_string_equal(entry->organisation, "UBND tỉnh Lạng Sơn");
    assert_string_equal(entry->organisation_name, "UBND tỉnh Lạng Sơn");
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
    entry = kyso_roster_find(office.roster, sha256);
    assert_non_null(entry);
    assert_int_equal(entry->class, KYSO_CLASS_PERSON);
    assert_false(entry->authority);
    assert_int_equal(entry->effective, 0);
    assert_int_equal(entry->n_users, 0);
    assert_false(kyso_roster_lists_user(entry, ""));
    fingerprint(3, sha256);
    assert_null(kyso_roster_find(office.roster, sha256));
    office_remove(&office);
}

static void test_no_roster(void **state KYSO_UNUSED)
{
    struct office office;
    uint8_t sha256[KYSO_FINGERPRINT_SIZE] = {0};

    assert_int_equal(load(&office, NULL), 0);
    assert_null(kyso_roster_find(office.roster, sha256));
    assert_null(kyso_roster_at(office.roster, 0));
    office_remove(&office);
    assert_null(kyso_roster_free(NULL));
}

static void test_what_stops_the_start(void **state KYSO_UNUSED)
{
    static const struct {
        const char *text, *what;
        unsigned int line;
    } CASES[] = {
        {"[person " FIRST "]\n", "unknown-section", 1},
        {"[certificate]\n", "bad-fingerprint", 1},
        {"[certificate 00]\n", "bad-fingerprint", 1},
        {"[certificate " HEX31 "]\n", "bad-fingerprint", 1},
        {"[certificate " HEX31 "0g]\n", "bad-fingerprint", 1},
        {"[certificate " FIRST "00]\n", "bad-fingerprint", 1},
        {"[certificate " FIRST "]\n[certificate " FIRST "]\n", "certificate-given-twice", 2},
        {"[certificate " FIRST "]\nclass = stamp\n", "bad-class", 2},
        {"[certificate " FIRST "]\nclass =\n", "bad-class", 2},
        {"[certificate " FIRST "]\nauthority = true\n", "bad-value", 2},
        {"[certificate " FIRST "]\ndigitised-copy-signer =\n", "bad-value", 2},
        {"[certificate " FIRST "]\norganisation = a\norganisation = b\n", "given-twice", 3},
        {"[certificate " FIRST "]\ntitle = a\ntitle = b\n", "given-twice", 3},
        {"[certificate " FIRST "]\neffective = 22/7/2020\n", "bad-date", 2},
        {"[certificate " FIRST "]\neffective = 2021-02-29\n", "bad-date", 2},
        {"[certificate " FIRST "]\nusers = lan minh\n", "bad-user", 2},
        {"[certificate " FIRST "]\nclass = seal\nclass = person\n", "given-twice", 3},
        {"[certificate " FIRST "]\nrenewals = -1\n", "bad-number", 2},
        {"[certificate " FIRST "]\nuser = lan\n", "unknown-key", 2},
        {"class = seal\n", "key-before-section", 1},
    };
    size_t refused = 0;

    for (size_t i = 0; i < KYSO_ARRAY_LEN(CASES); i++) {
        struct office office;
        int r = load(&office, CASES[i].text);

        if (r != KYSO_OUTCOME_BAD_ARGUMENT || strcmp(office.problem.what, CASES[i].what) != 0 ||
            office.problem.line != CASES[i].line)
            print_message("# %s: %d %s in line %u\n", CASES[i].text, r, office.problem.what,
                          office.problem.line);
        else
            refused++;
        office_remove(&office);
    }
    UNIT_ALL("wrong rosters refused", refused, KYSO_ARRAY_LEN(CASES));
}

/* ---- files and the store ---- */

#define FILE_ENTRY(fingerprint, title)                                                             \
    "[certificate " fingerprint "]\nclass = person\norganisation = UBND\ntitle = " title "\n"

static void reopen(struct office *office)
{
    office_close(office);
    assert_int_equal(office_open(office), 0);
}

static const struct kyso_roster_entry *find(struct office *office, uint8_t last)
{
    uint8_t sha256[KYSO_FINGERPRINT_SIZE];

    fingerprint(last, sha256);
    return kyso_roster_find(office->roster, sha256);
}

/* Sets one field; the number of problems. */
static size_t set(struct office *office, const char *key, const char *field, const char *value)
{
    struct kyso_change change = {.key = key, .fields = {field}, .values = {value}, .n = 1};
    struct kyso_change_report report;
    size_t n;

    assert_int_equal(kyso_roster_import(office->roster, NULL, &change, 1, false, &report), 0);
    n = report.n_problems;
    kyso_change_report_done(&report);
    return n;
}

static void test_files_are_taken_over_once(void **state KYSO_UNUSED)
{
    struct office office;

    assert_int_equal(load(&office, FILE_ENTRY(FIRST, "Trưởng phòng")), 0);
    assert_int_equal(office_records(&office, "roster-imported", "\"file\":\"a.conf\""), 1);
    reopen(&office);
    assert_int_equal(office_records(&office, "roster-imported", ""), 1);
    assert_string_equal(find(&office, 1)->title, "Trưởng phòng");
    /* what the administrator said since counts, and stays when the file says otherwise */
    assert_int_equal(set(&office, FIRST, "title", "Phó Chủ tịch"), 0);
    conf_folder_write(office.folder, "roster.d/a.conf",
                      FILE_ENTRY(FIRST, "Chuyên viên") FILE_ENTRY(SECOND, "Văn thư"));
    reopen(&office);
    assert_string_equal(find(&office, 1)->title, "Phó Chủ tịch");
    assert_string_equal(find(&office, 2)->title, "Văn thư");
    assert_int_equal(office_records(&office, "roster-imported", "CCDDEE01"), 1);
    assert_int_equal(office_records(&office, "roster-imported", ""), 2);
    /* without the file, nothing is lost */
    conf_folder_write(office.folder, "roster.d/a.conf", "");
    reopen(&office);
    assert_string_equal(find(&office, 1)->title, "Phó Chủ tịch");
    assert_string_equal(find(&office, 2)->title, "Văn thư");
    office_remove(&office);
}

static void test_what_was_removed_stays_away(void **state KYSO_UNUSED)
{
    uint8_t sha256[KYSO_FINGERPRINT_SIZE];
    struct office office;

    assert_int_equal(load(&office, FILE_ENTRY(FIRST, "Chánh Văn phòng")), 0);
    fingerprint(1, sha256);
    assert_int_equal(kyso_roster_remove(office.roster, NULL, sha256), 0);
    assert_null(find(&office, 1));
    assert_int_equal(kyso_roster_remove(office.roster, NULL, sha256), KYSO_OUTCOME_NOT_FOUND);
    assert_int_equal(office_records(&office, "roster-removed", ""), 1);
    reopen(&office); /* the file still has it */
    assert_null(find(&office, 1));
    assert_int_equal(office_records(&office, "roster-imported", ""), 1);
    /* an administrator may bring it back, as new */
    assert_int_equal(set(&office, FIRST, "class", "person"), 1); /* without an organisation */
    assert_null(find(&office, 1));
    office_remove(&office);
}

static uint64_t local(int year, int month, int day, int hour, int second)
{
    struct tm time = {.tm_year = year - 1900,
                      .tm_mon = month - 1,
                      .tm_mday = day,
                      .tm_hour = hour,
                      .tm_min = hour == 23 ? 59 : 0,
                      .tm_sec = second,
                      .tm_isdst = -1};

    return (uint64_t)mktime(&time);
}

static void test_effective_from_local_midnight(void **state KYSO_UNUSED)
{
    static const char *const ZONES[] = {"UTC", "<+07>-7", "<-08>8"};
    struct kyso_roster_entry entry = {.effective = 20240301};
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
        cmocka_unit_test(test_files_are_taken_over_once),
        cmocka_unit_test(test_what_was_removed_stays_away),
        cmocka_unit_test(test_effective_from_local_midnight),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
