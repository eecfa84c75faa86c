/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The files of the working-day calendar: what is read, what takes the place of what, what stops the
 * start; and what the package says of each year, day by day and in sum, by the law or notice that
 * says so. */

#include "tests/unit/conf-folder.h"

#include "common/outcome.h"
#include "daemon/calendar.h"

struct bench {
    char folder[32], data[32];
    struct kyso_calendar calendar;
    struct kyso_conf_problem problem;
};

static int set_up(void **state)
{
    static struct bench bench;

    bench = (struct bench){.problem = {.what = ""}};
    conf_folder_make(bench.folder);
    conf_folder_make(bench.data);
    *state = &bench;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *bench = *state;

    conf_folder_remove(bench->folder);
    conf_folder_remove(bench->data);
    return 0;
}

static int load(struct bench *bench)
{
    bench->problem = (struct kyso_conf_problem){.what = ""};
    return kyso_calendar_load(bench->folder, bench->data, &bench->calendar, &bench->problem);
}

static void test_no_files(void **state)
{
    struct bench *bench = *state;

    assert_int_equal(load(bench), 0);
    assert_int_equal(bench->calendar.n_years, 0);
    assert_int_equal(kyso_calendar_year_data(&bench->calendar, 2026), KYSO_CALENDAR_MISSING);
    assert_true(kyso_calendar_is_working(&bench->calendar, 20260101));
}

static void test_a_year_is_read(void **state)
{
    struct bench *bench = *state;

    conf_folder_write(bench->data, "calendar/2026.conf",
                      "# comment\n[calendar 2026]\ndecided = yes\n[days-worked]\n"
                      "2026-01-10 = Làm bù\n[days-off]\n2026-01-02 = Nghỉ hoán đổi\n"
                      "2026-01-01 = Tết Dương lịch\n");
    conf_folder_write(bench->data, "calendar/2027.conf", "[calendar 2027]\ndecided = no\n");
    conf_folder_write(bench->data, "calendar/README", "no configuration\n");
    assert_int_equal(load(bench), 0);
    assert_int_equal(kyso_calendar_year_data(&bench->calendar, 2026), KYSO_CALENDAR_DECIDED);
    assert_int_equal(kyso_calendar_year_data(&bench->calendar, 2027), KYSO_CALENDAR_EXPECTED);
    assert_int_equal(kyso_calendar_year_data(&bench->calendar, 2028), KYSO_CALENDAR_MISSING);
    assert_false(kyso_calendar_is_working(&bench->calendar, 20260101));
    assert_false(kyso_calendar_is_working(&bench->calendar, 20260102));
    assert_true(kyso_calendar_is_working(&bench->calendar, 20260105));
    assert_true(kyso_calendar_is_working(&bench->calendar, 20260110));
}

/* The administrator's year stands alone: nothing of the package's is left in it. */
static void test_a_year_is_replaced(void **state)
{
    struct bench *bench = *state;

    conf_folder_write(bench->data, "calendar/2026.conf",
                      "[calendar 2026]\ndecided = no\n[days-off]\n2026-01-01 = Tết\n"
                      "2026-01-02 = Nghỉ\n[days-worked]\n2026-01-10 = Làm bù\n");
    conf_folder_write(bench->data, "calendar/2025.conf",
                      "[calendar 2025]\ndecided = yes\n[days-off]\n2025-01-01 = Tết\n");
    conf_folder_write(bench->folder, "calendar.d/2026.conf",
                      "[calendar 2026]\ndecided = yes\n[days-off]\n2026-01-01 = Tết\n"
                      "2026-11-23 = Nghỉ\n[days-worked]\n2026-11-28 = Làm bù\n");
    conf_folder_write(bench->folder, "calendar.d/2030.conf",
                      "[calendar 2030]\ndecided = yes\n[days-off]\n2030-01-01 = Tết\n");
    assert_int_equal(load(bench), 0);
    assert_int_equal(bench->calendar.n_years, 3);
    assert_int_equal(kyso_calendar_year_data(&bench->calendar, 2026), KYSO_CALENDAR_DECIDED);
    assert_false(kyso_calendar_is_working(&bench->calendar, 20260101));
    assert_true(kyso_calendar_is_working(&bench->calendar, 20260102));
    assert_false(kyso_calendar_is_working(&bench->calendar, 20260110));
    assert_false(kyso_calendar_is_working(&bench->calendar, 20261123));
    assert_true(kyso_calendar_is_working(&bench->calendar, 20261128));
    assert_false(kyso_calendar_is_working(&bench->calendar, 20250101));
    assert_false(kyso_calendar_is_working(&bench->calendar, 20300101));
    /* A broken file of the package does not matter where it is replaced. */
    conf_folder_write(bench->data, "calendar/2026.conf", "nonsense\n");
    assert_int_equal(load(bench), 0);
    conf_folder_write(bench->data, "calendar/2025.conf", "nonsense\n");
    assert_int_equal(load(bench), KYSO_OUTCOME_BAD_ARGUMENT);
}

#define YEAR "[calendar 2026]\ndecided = yes\n"

static void test_what_stops_the_start(void **state)
{
    static const struct {
        const char *file, *text, *what;
        unsigned int line;
    } ROWS[] = {
        {"2026.conf", "", "year-not-given", 0},
        {"2026.conf", "[calendar 2026]\n", "year-not-given", 0},
        {"2026.conf", "[calendar 2025]\ndecided = yes\n", "other-year", 1},
        {"2026.conf", "[calendar]\ndecided = yes\n", "other-year", 1},
        {"2026.conf", "[calendar 2026 x]\n", "other-year", 1},
        {"2026.conf", "[calendar 02026x]\n", "other-year", 1},
        {"2026.conf", YEAR "[calendar 2025]\n", "other-year", 3},
        {"2026.conf", YEAR "decided = yes\n", "given-twice", 3},
        {"2026.conf", "[calendar 2026]\ndecided = true\n", "bad-value", 2},
        {"2026.conf", "[calendar 2026]\ndecided =\n", "bad-value", 2},
        {"2026.conf", "[calendar 2026]\nyear = 2026\n", "unknown-key", 2},
        {"2026.conf", "[holidays]\n", "unknown-section", 1},
        {"2026.conf", "[days-off 2026]\n", "unknown-section", 1},
        {"2026.conf", "2026-01-01 = Tết\n", "key-before-section", 1},
        {"2026.conf", "[days-off]\n2026-01-01 = Tết\n" YEAR, "year-not-given", 2},
        {"2026.conf", YEAR "[days-off]\n2026-02-29 = x\n", "bad-date", 4},
        {"2026.conf", YEAR "[days-off]\n1/1/2026 = x\n", "bad-date", 4},
        {"2026.conf", YEAR "[days-off]\n20260101 = x\n", "bad-date", 4},
        {"2026.conf", YEAR "[days-off]\n2025-01-01 = x\n", "other-year", 4},
        {"2026.conf", YEAR "[days-off]\n2026-01-01 =\n", "day-without-name", 4},
        {"2026.conf", YEAR "[days-off]\n2026-01-01\n", "no-equals-sign", 4},
        {"2026.conf", YEAR "[days-off]\n2026-01-01 = x\n2026-01-01 = x\n", "given-twice", 5},
        {"2026.conf", YEAR "[days-worked]\n2026-01-02 = x\n", "not-on-a-weekend", 4},
        {"2026.conf", YEAR "[days-off]\n2026-01-10 = x\n[days-worked]\n2026-01-10 = x\n",
         "given-twice", 6},
        {"1899.conf", "[calendar 1899]\ndecided = yes\n", "bad-date", 2},
        {"0000.conf", "[calendar 0]\ndecided = yes\n", "bad-date", 2},
        {"26.conf", YEAR, "bad-file-name", 0},
        {"2026a.conf", YEAR, "bad-file-name", 0},
        {"tet2.conf", YEAR, "bad-file-name", 0},
        {"+026.conf", YEAR, "bad-file-name", 0},
        {"12026.conf", YEAR, "bad-file-name", 0},
    };
    struct bench *bench = *state;
    size_t refused = 0, all = 0;

    for (size_t i = 0; i < KYSO_ARRAY_LEN(ROWS) * 2; i++) {
        bool administrator = i % 2 == 0;
        char name[64], path[128];
        int r;

        (void)snprintf(name, sizeof(name), "%s/%s", administrator ? "calendar.d" : "calendar",
                       ROWS[i / 2].file);
        (void)snprintf(path, sizeof(path), "%s/%s", administrator ? bench->folder : bench->data,
                       name);
        conf_folder_write(administrator ? bench->folder : bench->data, name, ROWS[i / 2].text);
        r = load(bench);
        all++;
        if (r == KYSO_OUTCOME_BAD_ARGUMENT && strcmp(bench->problem.what, ROWS[i / 2].what) == 0 &&
            bench->problem.line == ROWS[i / 2].line && strcmp(bench->problem.file, path) == 0)
            refused++;
        else
            print_message("# %s: %d, %s:%u: %s\n", ROWS[i / 2].text, r, bench->problem.file,
                          bench->problem.line, bench->problem.what);
        assert_int_equal(unlink(path), 0);
    }
    UNIT_ALL("wrong files refused", refused, all);
}

static void test_only_root_says_what_is_worked(void **state)
{
    struct bench *bench = *state;
    char path[128];

    (void)snprintf(path, sizeof(path), "%s/calendar.d/2026.conf", bench->folder);
    conf_folder_write(bench->folder, "calendar.d/2026.conf", YEAR);
    assert_int_equal(load(bench), 0);
    assert_int_equal(chmod(path, 0664), 0);
    assert_int_equal(load(bench), KYSO_OUTCOME_BAD_ARGUMENT);
    assert_string_equal(bench->problem.what, "writable-by-others");
    assert_int_equal(chmod(path, 0644), 0);
    assert_int_equal(chown(path, 1, 1), 0);
    assert_int_equal(load(bench), KYSO_OUTCOME_BAD_ARGUMENT);
    assert_string_equal(bench->problem.what, "not-root-owned");
}

static void test_too_many_years(void **state)
{
    struct bench *bench = *state;

    for (unsigned int year = 2026; year <= 2026 + KYSO_CALENDAR_YEARS_MAX; year++) {
        char name[64], text[64];

        (void)snprintf(name, sizeof(name), "calendar/%u.conf", year);
        (void)snprintf(text, sizeof(text), "[calendar %u]\ndecided = yes\n", year);
        assert_int_equal(load(bench), 0);
        conf_folder_write(bench->data, name, text);
    }
    assert_int_equal(load(bench), KYSO_OUTCOME_BAD_ARGUMENT);
    assert_string_equal(bench->problem.what, "too-many");
}

/* ---- what the package says ---- */

static void copy_package(struct bench *bench)
{
    static const char *const YEARS[] = {"2024", "2025", "2026", "2027"};
    const char *source = getenv("KYSO_TEST_SOURCE");

    assert_non_null(source);
    for (size_t i = 0; i < KYSO_ARRAY_LEN(YEARS); i++) {
        KYSO_FREE char *text = NULL;
        char path[512], name[64];
        size_t length;

        (void)snprintf(path, sizeof(path), "%s/data/calendar/%s.conf", source, YEARS[i]);
        assert_int_equal(kyso_conf_load(path, false, 1 << 20, &text, &length, &bench->problem), 0);
        (void)snprintf(name, sizeof(name), "calendar/%s.conf", YEARS[i]);
        conf_folder_write(bench->data, name, text);
    }
    assert_int_equal(load(bench), 0);
}

/* Typed again from the law and the notices, as spans. */
static void test_the_days_of_the_package(void **state)
{
    static const struct {
        const char *source;
        uint32_t first, last; /* no day of them is worked */
        uint32_t worked;      /* in their place; 0: none */
    } ROWS[] = {
        {"112.1a", 20240101, 20240101, 0},
        {"8662/VPCP-KGVX", 20240208, 20240214, 0},
        {"112.1e", 20240418, 20240418, 0},
        {"2450/VPCP-KGVX", 20240427, 20240501, 20240504},
        {"8662/VPCP-KGVX", 20240831, 20240903, 0},
        {"112.1a", 20250101, 20250101, 0},
        {"8726/VPCP-KGVX", 20250125, 20250202, 0},
        {"112.1e", 20250405, 20250407, 0},
        {"8726/VPCP-KGVX", 20250430, 20250504, 20250426},
        {"8726/VPCP-KGVX", 20250830, 20250902, 0},
        {"12729/VPCP-KGVX", 20260101, 20260104, 20260110},
        {"9441/TB-BNV", 20260214, 20260222, 0},
        {"112.1e, 111.3", 20260425, 20260427, 0},
        {"3383/BNV-CVL", 20260430, 20260503, 0},
        {"9441/TB-BNV", 20260829, 20260902, 20260822},
        {"28/2026/QH16", 20261124, 20261124, 0},
        {"112.1a", 20270101, 20270103, 0},
        {"112.1b, 111.3", 20270205, 20270210, 0},
        {"112.1e", 20270416, 20270418, 0},
        {"112.1c, d, 111.3", 20270430, 20270503, 0},
        {"112.1đ", 20270902, 20270902, 0},
        {"28/2026/QH16", 20271124, 20271124, 0},
    };
    struct bench *bench = *state;
    const struct kyso_calendar *calendar = &bench->calendar;
    size_t right = 0;

    copy_package(bench);
    for (size_t i = 0; i < KYSO_ARRAY_LEN(ROWS); i++) {
        uint32_t before = kyso_calendar_date(kyso_calendar_day_number(ROWS[i].first) - 1);
        enum kyso_calendar_data data;
        bool good = kyso_calendar_working_between(calendar, before, ROWS[i].last, &data) == 0 &&
                    data != KYSO_CALENDAR_MISSING;

        good = good &&
               (ROWS[i].worked == 0 || (kyso_calendar_is_working(calendar, ROWS[i].worked) &&
                                        kyso_calendar_weekday(ROWS[i].worked) == KYSO_SATURDAY));
        if (!good)
            print_message("# %s: %u to %u\n", ROWS[i].source, ROWS[i].first, ROWS[i].last);
        right += good;
    }
    UNIT_ALL("holidays as decided", right, KYSO_ARRAY_LEN(ROWS));
}

/* Weekdays of the year, less those off, and Saturdays worked. */
static void test_the_years_of_the_package(void **state)
{
    static const struct {
        uint32_t year, weekdays, off, worked;
        enum kyso_calendar_data data;
    } ROWS[] = {
        {2024, 262, 12, 1, KYSO_CALENDAR_DECIDED},  {2025, 261, 12, 1, KYSO_CALENDAR_DECIDED},
        {2026, 261, 14, 2, KYSO_CALENDAR_EXPECTED}, {2027, 261, 10, 0, KYSO_CALENDAR_EXPECTED},
        {2023, 260, 0, 0, KYSO_CALENDAR_MISSING},   {2028, 260, 0, 0, KYSO_CALENDAR_MISSING},
    };
    struct bench *bench = *state;
    size_t right = 0;

    copy_package(bench);
    assert_int_equal(bench->calendar.n_years, 4);
    for (size_t i = 0; i < KYSO_ARRAY_LEN(ROWS); i++) {
        uint32_t year = ROWS[i].year;
        enum kyso_calendar_data data;
        uint32_t count = kyso_calendar_working_between(&bench->calendar, (year - 1) * 10000 + 1231,
                                                       year * 10000 + 1231, &data);
        bool good =
            count == ROWS[i].weekdays - ROWS[i].off + ROWS[i].worked && data == ROWS[i].data;

        if (!good)
            print_message("# %u: %u, %s\n", year, count, kyso_calendar_data_name(data));
        right += good;
    }
    UNIT_ALL("years with their working days", right, KYSO_ARRAY_LEN(ROWS));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_no_files),
        CASE(test_a_year_is_read),
        CASE(test_a_year_is_replaced),
        CASE(test_what_stops_the_start),
        CASE(test_only_root_says_what_is_worked),
        CASE(test_too_many_years),
        CASE(test_the_days_of_the_package),
        CASE(test_the_years_of_the_package),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
