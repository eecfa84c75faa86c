/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Persons and organisations: what is kept comes back, what is wrong is named, what is released was
 * wiped, and the audit log has names of fields only. */

#include "tests/unit/store-folder.h"

#include <malloc.h>

#include "common/outcome.h"

#define MARKER "MARKER-51c0"

static int set_up(void **state)
{
    static struct office office;

    office_make(&office);
    assert_int_equal(office_open(&office), 0);
    *state = &office;
    return 0;
}

static int tear_down(void **state)
{
    office_remove(*state);
    return 0;
}

static struct kyso_change change_of(const char *key, const char *field, const char *value)
{
    struct kyso_change change = {
        .key = key, .fields = {"name", field}, .values = {"Nguyễn Văn An", value}, .n = 2};

    if (strcmp(field, "name") == 0)
        change = (struct kyso_change){.key = key, .fields = {"name"}, .values = {value}, .n = 1};
    return change;
}

/* A valid value of each field. */
static const char *value_of(const char *field)
{
    static const struct {
        const char *field, *value;
    } VALUES[] = {
        {"gender", "female"},       {"birth-date", "1980-02-29"}, {"id-date", "2021-04-01"},
        {"id-number", "B1234567"},  {"phone", "0205 3812 345"},   {"mobile", "0912345678"},
        {"home-phone", "3812.345"}, {"fax", "(0205) 3812346"},    {"mail", "an@ubnd.example.org"},
        {"tax-code", "4900123456"}, {"budget-code", "1012345"},
    };

    for (size_t i = 0; i < KYSO_ARRAY_LEN(VALUES); i++) {
        if (strcmp(VALUES[i].field, field) == 0)
            return VALUES[i].value;
    }
    return "Văn phòng Ủy ban";
}

/* The only problem of a change, "" for none; "added" and so on go to *RET_REPORT. */
static const char *try_change(struct office *office, enum kyso_party_kind kind,
                              const struct kyso_change *change, struct kyso_change_report *report)
{
    const char *what;

    assert_int_equal(kyso_party_import(office->roster, kind, NULL, change, 1, false, report), 0);
    assert_true(report->n_problems <= 1);
    what = report->n_problems == 1 ? report->problems[0].what : "";
    kyso_change_report_done(report);
    return what;
}

static void test_every_field_comes_back(void **state)
{
    static const char *const IDS[] = {"nv-001", "Ủy ban nhân dân tỉnh"};
    struct office *office = *state;
    size_t good = 0, all = 0;

    for (enum kyso_party_kind kind = 0; kind < KYSO_PARTY_KINDS; kind++) {
        struct kyso_change change = {.key = IDS[kind]};
        KYSO_PARTY struct kyso_party party = {0};
        struct kyso_change_report report;
        const char *const *names = kyso_party_field_names(kind, &change.n);

        for (size_t i = 0; i < change.n; i++) {
            change.fields[i] = names[i];
            change.values[i] = value_of(names[i]);
        }
        assert_string_equal(try_change(office, kind, &change, &report), "");
        office_close(office);
        assert_int_equal(office_open(office), 0);
        assert_int_equal(kyso_party_load(office->store, kind, IDS[kind], &party), 0);
        assert_string_equal(party.id, IDS[kind]);
        for (size_t i = 0; i < change.n; i++)
            good += strcmp(kyso_party_get(&party, names[i]), change.values[i]) == 0;
        all += change.n;
        assert_null(kyso_party_get(&party, "no-such-field"));
    }
    UNIT_ALL("fields", good, all);
}

static void test_what_is_not_named_stays(void **state)
{
    struct office *office = *state;
    struct kyso_change change = change_of("nv-001", "mobile", "0912345678");
    struct kyso_change_report report;
    KYSO_PARTY struct kyso_party party = {0};

    assert_string_equal(try_change(office, KYSO_PARTY_PERSON, &change, &report), "");
    assert_int_equal(office_records(office, "person-changed", "\"new\":true"), 1);
    change = (struct kyso_change){.key = "nv-001", .fields = {"post"}, .values = {"Phó"}, .n = 1};
    assert_string_equal(try_change(office, KYSO_PARTY_PERSON, &change, &report), "");
    assert_int_equal(office_records(office, "person-changed", "\"fields\":[\"post\"]"), 1);
    /* the same again is no change and no record */
    assert_string_equal(try_change(office, KYSO_PARTY_PERSON, &change, &report), "");
    assert_int_equal(office_records(office, "person-changed", ""), 2);
    change = (struct kyso_change){.key = "nv-001", .fields = {"mobile"}, .values = {""}, .n = 1};
    assert_string_equal(try_change(office, KYSO_PARTY_PERSON, &change, &report), "");
    assert_int_equal(kyso_person_load(office->store, "nv-001", &party), 0);
    assert_string_equal(kyso_party_get(&party, "name"), "Nguyễn Văn An");
    assert_string_equal(kyso_party_get(&party, "post"), "Phó");
    assert_string_equal(kyso_party_get(&party, "mobile"), "");
}

static void test_wrong_values_are_named(void **state)
{
    static const struct {
        enum kyso_party_kind kind;
        const char *key, *field, *value, *what;
    } CASES[] = {
        {KYSO_PARTY_PERSON, "", "post", "x", "missing"},
        {KYSO_PARTY_PERSON, "a b", "post", "x", "bad-id"},
        {KYSO_PARTY_PERSON, "Nguyễn", "post", "x", "bad-id"},
        {KYSO_PARTY_PERSON, "an", "name", "", "missing"},
        {KYSO_PARTY_PERSON, "an", "name", "a\nb", "not-plain-text"},
        {KYSO_PARTY_PERSON, "an", "name", "x ", "not-plain-text"},
        {KYSO_PARTY_PERSON, "an", "name", "\xc3", "not-plain-text"},
        {KYSO_PARTY_PERSON, "an", "gender", "Nam", "bad-gender"},
        {KYSO_PARTY_PERSON, "an", "birth-date", "1980-02-30", "bad-date"},
        {KYSO_PARTY_PERSON, "an", "birth-date", "1980-2-3", "bad-date"},
        {KYSO_PARTY_PERSON, "an", "birth-date", "1899-12-31", "bad-date"},
        {KYSO_PARTY_PERSON, "an", "birth-date", "2999-01-01", "date-in-future"},
        {KYSO_PARTY_PERSON, "an", "id-date", "2999-01-01", "date-in-future"},
        {KYSO_PARTY_PERSON, "an", "id-number", "12345", "bad-id-number"},
        /* what a spreadsheet makes of 012345678901 and of 0912345678 */
        {KYSO_PARTY_PERSON, "an", "id-number", "12345678901", "bad-id-number"},
        {KYSO_PARTY_PERSON, "an", "id-number", "1.2346E+10", "bad-id-number"},
        {KYSO_PARTY_PERSON, "an", "mobile", "912345678", "bad-phone"},
        {KYSO_PARTY_PERSON, "an", "id-number", "1234567890-1", "bad-id-number"},
        {KYSO_PARTY_PERSON, "012345678901", "id-number", "012345678901", "is-id-number"},
        {KYSO_PARTY_PERSON, "b1234567", "id-number", "B1234567", "is-id-number"},
        {KYSO_PARTY_PERSON, "274000111", "post", "x", "is-id-number"},
        {KYSO_PARTY_PERSON, "001080012345", "post", "x", "is-id-number"},
        {KYSO_PARTY_PERSON, "an", "mail", "an", "bad-mail"},
        {KYSO_PARTY_PERSON, "an", "mail", "an@example", "bad-mail"},
        {KYSO_PARTY_PERSON, "an", "mail", "@example.org", "bad-mail"},
        {KYSO_PARTY_PERSON, "an", "mail", "a@b@example.org", "bad-mail"},
        {KYSO_PARTY_PERSON, "an", "mail", "a b@example.org", "bad-mail"},
        {KYSO_PARTY_PERSON, "an", "mobile", "12", "bad-phone"},
        {KYSO_PARTY_PERSON, "an", "tax-code", "4900123456", "unknown-field"},
        {KYSO_PARTY_ORGANISATION, "", "phone", "3812", "missing"},
        {KYSO_PARTY_ORGANISATION, "u", "tax-code", "49001234567", "bad-tax-code"},
        {KYSO_PARTY_ORGANISATION, "u", "tax-code", "4900123456-1", "bad-tax-code"},
        {KYSO_PARTY_ORGANISATION, "u", "tax-code", "4900123456-0011", "bad-tax-code"},
        {KYSO_PARTY_ORGANISATION, "u", "budget-code", "10A2345", "bad-budget-code"},
        {KYSO_PARTY_ORGANISATION, "u", "birth-date", "1980-01-01", "unknown-field"},
        /* and what is right */
        {KYSO_PARTY_PERSON, "an.nv@ubnd-ls_1", "birth-date", "1900-01-01", ""},
        {KYSO_PARTY_PERSON, "an", "id-number", "123456789", ""},
        {KYSO_PARTY_PERSON, "12345678", "post", "x", ""},
        {KYSO_PARTY_PERSON, "1234567890", "post", "x", ""},
        {KYSO_PARTY_PERSON, "an", "phone", "máy lẻ 123", ""},
        {KYSO_PARTY_ORGANISATION, "Sở Thông tin & Truyền thông", "tax-code", "4900123456-001", ""},
        {KYSO_PARTY_ORGANISATION, "u", "tax-code", "001080012345", "bad-tax-code"},
        {KYSO_PARTY_ORGANISATION, "u", "tax-code", "0100109106001", ""},
        {KYSO_PARTY_PERSON, "an", "mobile", "+84 912 345 678", ""},
    };
    struct office *office = *state;
    size_t right = 0;

    for (size_t i = 0; i < KYSO_ARRAY_LEN(CASES); i++) {
        struct kyso_change change = change_of(CASES[i].key, CASES[i].field, CASES[i].value);
        struct kyso_change_report report;
        const char *what = try_change(office, CASES[i].kind, &change, &report);

        if (strcmp(what, CASES[i].what) == 0)
            right++;
        else
            print_message("# %s %s \"%s\": %s\n", CASES[i].key, CASES[i].field, CASES[i].value,
                          what);
    }
    UNIT_ALL("values judged", right, KYSO_ARRAY_LEN(CASES));
}

static void test_one_problem_keeps_all_out(void **state)
{
    struct office *office = *state;
    struct kyso_change changes[] = {
        change_of("an", "post", "x"),
        change_of("binh", "gender", "?"),
        change_of("an", "post", "y"),
        {.key = "chi", .fields = {"name", "name"}, .values = {"a", "b"}, .n = 2},
    };
    static const char *const WANTED[] = {"bad-gender", "given-twice", "given-twice"};
    struct kyso_change_report report;
    struct kyso_party party;

    assert_int_equal(kyso_party_import(office->roster, KYSO_PARTY_PERSON, NULL, changes,
                                       KYSO_ARRAY_LEN(changes), false, &report),
                     0);
    assert_int_equal(report.n_problems, KYSO_ARRAY_LEN(WANTED));
    for (size_t i = 0; i < report.n_problems; i++) {
        assert_int_equal(report.problems[i].index, i + 1);
        assert_string_equal(report.problems[i].what, WANTED[i]);
    }
    kyso_change_report_done(&report);
    assert_int_equal(kyso_person_load(office->store, "an", &party), KYSO_OUTCOME_NOT_FOUND);
    assert_int_equal(office_records(office, "person-changed", ""), 0);
    assert_int_equal(kyso_party_import(office->roster, KYSO_PARTY_PERSON, NULL, changes,
                                       KYSO_CHANGES_MAX + 1, false, &report),
                     KYSO_OUTCOME_LIMIT);
}

static void test_what_is_in_use_is_not_removed(void **state)
{
    struct office *office = *state;
    struct kyso_change person = change_of("an", "organisation", "ubnd");
    struct kyso_change organisation = change_of("ubnd", "name", "Ủy ban");
    struct kyso_change_report report;

    assert_string_equal(try_change(office, KYSO_PARTY_PERSON, &person, &report), "");
    assert_string_equal(try_change(office, KYSO_PARTY_ORGANISATION, &organisation, &report), "");
    assert_int_equal(kyso_party_remove(office->roster, KYSO_PARTY_ORGANISATION, NULL, "ubnd"),
                     KYSO_OUTCOME_BAD_ARGUMENT);
    assert_int_equal(kyso_party_remove(office->roster, KYSO_PARTY_PERSON, NULL, "an"), 0);
    assert_int_equal(kyso_party_remove(office->roster, KYSO_PARTY_PERSON, NULL, "an"),
                     KYSO_OUTCOME_NOT_FOUND);
    assert_int_equal(kyso_party_remove(office->roster, KYSO_PARTY_ORGANISATION, NULL, "ubnd"), 0);
    assert_int_equal(office_records(office, "person-removed", "\"person\":\"an\""), 1);
    assert_int_equal(office_records(office, "organisation-removed", "\"organisation\":\"ubnd\""),
                     1);
}

/* Nothing of a value is in any record: every line is searched. */
static void test_audit_has_no_values(void **state)
{
    struct office *office = *state;
    struct kyso_change change = change_of("an", "post", MARKER);
    struct kyso_change_report report;

    assert_string_equal(try_change(office, KYSO_PARTY_PERSON, &change, &report), "");
    change = change_of("ubnd", "name", MARKER);
    assert_string_equal(try_change(office, KYSO_PARTY_ORGANISATION, &change, &report), "");
    assert_int_equal(office_records(office, "person-changed", MARKER), 0);
    assert_int_equal(office_records(office, "organisation-changed", MARKER), 0);
    assert_int_equal(office_records(office, "person-changed", "\"fields\":[\"name\",\"post\"]"), 1);
}

/* ---- wiping ---- */

void __real_free(void *block);
void __wrap_free(void *block);

static size_t given_back; /* blocks with the marker still in them */

/* Every release of the daemon's own code is looked at before it happens. */
void __wrap_free(void *block)
{
    if (block != NULL &&
        memmem(block, malloc_usable_size(block), MARKER, sizeof(MARKER) - 1) != NULL)
        given_back++;
    __real_free(block);
}

static void test_what_is_given_back_was_wiped(void **state)
{
    struct office *office = *state;
    struct kyso_change change = change_of("an", "post", "Phó " MARKER " phòng");
    struct kyso_change_report report;
    struct kyso_party party;
    char *copy = strdup(MARKER);

    given_back = 0;
    assert_non_null(copy);
    free(copy);
    assert_int_equal(given_back, 1); /* the test sees what it is to see */
    given_back = 0;
    assert_string_equal(try_change(office, KYSO_PARTY_PERSON, &change, &report), "");
    change.values[1] = "Trưởng " MARKER; /* the one before is replaced */
    assert_string_equal(try_change(office, KYSO_PARTY_PERSON, &change, &report), "");
    assert_int_equal(kyso_person_load(office->store, "an", &party), 0);
    assert_string_equal(kyso_party_get(&party, "post"), "Trưởng " MARKER);
    kyso_party_done(&party);
    assert_null(party.id);
    assert_int_equal(kyso_party_remove(office->roster, KYSO_PARTY_PERSON, NULL, "an"), 0);
    assert_int_equal(given_back, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_every_field_comes_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_is_not_named_stays, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_wrong_values_are_named, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_one_problem_keeps_all_out, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_is_in_use_is_not_removed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_audit_has_no_values, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_is_given_back_was_wiped, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
