/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Dates and working days: the arithmetic against the C library's over five hundred years, the
 * counting against a walk over a plain array of days, the rules of counting and the decided
 * holidays row by row, and everything that is refused or flagged. */

#include "tests/unit/unit.h"

#include <stdlib.h>
#include <time.h>

#include "policy/calendar.h"

/* The C library's idea of a day counted from 1970. */
static uint32_t library_date(int64_t day, enum kyso_calendar_weekday *ret_weekday)
{
    time_t at = (time_t)(day * 86400 + 43200);
    struct tm tm;

    assert_non_null(gmtime_r(&at, &tm));
    *ret_weekday = (enum kyso_calendar_weekday)((tm.tm_wday + 6) % 7);
    return (uint32_t)(tm.tm_year + 1900) * 10000 + (uint32_t)(tm.tm_mon + 1) * 100 +
           (uint32_t)tm.tm_mday;
}

#define FIRST_DAY (-25567)        /* 1900-01-01 */
#define LAST_DAY 157419           /* 2400-12-31 */
#define LAST_POSSIBLE_DAY 2932896 /* 9999-12-31 */

static void test_every_day_of_five_centuries(void **state KYSO_UNUSED)
{
    size_t right = 0, all = 0;

    for (int64_t day = FIRST_DAY; day <= LAST_DAY; day++) {
        enum kyso_calendar_weekday weekday;
        uint32_t date = library_date(day, &weekday);

        all++;
        right += kyso_calendar_is_date(date) && kyso_calendar_date(day) == date &&
                 kyso_calendar_day_number(date) == day && kyso_calendar_weekday(date) == weekday;
    }
    assert_int_equal(kyso_calendar_date(FIRST_DAY), 19000101);
    assert_int_equal(kyso_calendar_date(LAST_DAY), 24001231);
    assert_int_equal(all, 182987);
    UNIT_ALL("days as the C library has them", right, all);
}

/* Of all numbers in these centuries exactly the dates above are dates. */
static void test_no_other_number_is_a_date(void **state KYSO_UNUSED)
{
    size_t dates = 0;

    for (uint32_t number = 0; number <= 24009999; number++)
        dates += kyso_calendar_is_date(number);
    UNIT_ALL("numbers that are dates", dates, (size_t)(LAST_DAY - FIRST_DAY + 1));
    assert_int_equal(kyso_calendar_date(FIRST_DAY - 1), 0);
    assert_int_equal(kyso_calendar_date(LAST_POSSIBLE_DAY), 99991231);
    assert_int_equal(kyso_calendar_date(LAST_POSSIBLE_DAY + 1), 0);
    assert_int_equal(kyso_calendar_date(INT64_MAX), 0);
    assert_int_equal(kyso_calendar_date(INT64_MIN), 0);
    assert_false(kyso_calendar_is_date(100000101));
    assert_false(kyso_calendar_is_date(UINT32_MAX));
    assert_int_equal(kyso_calendar_day_number(20230229), 0);
    assert_int_equal(kyso_calendar_weekday(20230229), KYSO_WEEKDAY_NONE);
}

static void test_leap_years(void **state KYSO_UNUSED)
{
    static const struct {
        uint32_t date;
        bool exists;
    } ROWS[] = {
        {19000228, true},  {19000229, false}, {19040229, true},  {20000229, true},
        {20000230, false}, {20230229, false}, {20240229, true},  {20240230, false},
        {21000229, false}, {22000229, false}, {23000229, false}, {24000229, true},
        {20250229, false}, {20260229, false}, {20280229, true},  {20240431, false},
        {20240430, true},  {20240631, false}, {20240931, false}, {20241131, false},
        {20241231, true},  {20241232, false}, {20240001, false}, {20241301, false},
        {20240100, false}, {18991231, false}, {0, false},        {1, false},
    };
    size_t right = 0;

    for (size_t i = 0; i < KYSO_ARRAY_LEN(ROWS); i++)
        right += kyso_calendar_is_date(ROWS[i].date) == ROWS[i].exists;
    UNIT_ALL("leap days and ends of months", right, KYSO_ARRAY_LEN(ROWS));
}

static void test_months_are_added(void **state KYSO_UNUSED)
{
    static const struct {
        uint32_t date;
        int32_t months;
        uint32_t later;
    } ROWS[] = {
        {20260115, 0, 20260115},
        {20260115, 6, 20260715},
        {20260815, 6, 20270215},
        {20260131, 1, 20260228},
        {20240131, 1, 20240229},
        {20260831, 6, 20270228},
        {20230831, 6, 20240229},
        {20240229, 12, 20250228},
        {20240229, 48, 20280229},
        {20261231, 2, 20270228},
        {20261130, 3, 20270228},
        {20260531, -3, 20260228},
        {20260115, -1, 20251215},
        {20260315, -15, 20241215},
        {20260101, -1512, 19000101},
        {20260101, -1513, 0},
        {20261231, 95676, 99991231},
        {20261231, 95677, 0},
        {20260230, 1, 0},
        {0, 1, 0},
        {20260101, INT32_MAX, 0},
        {20260101, INT32_MIN, 0},
    };
    size_t right = 0;

    for (size_t i = 0; i < KYSO_ARRAY_LEN(ROWS); i++) {
        uint32_t later = kyso_calendar_add_months(ROWS[i].date, ROWS[i].months);

        if (later != ROWS[i].later)
            print_message("# %u and %d months: %u\n", ROWS[i].date, ROWS[i].months, later);
        right += later == ROWS[i].later;
    }
    UNIT_ALL("terms in months (Civil Code 148.3)", right, KYSO_ARRAY_LEN(ROWS));
}

static void test_local_days_begin_at_local_midnight(void **state KYSO_UNUSED)
{
    static const struct {
        int64_t at;
        int32_t offset;
        uint32_t date;
    } ROWS[] = {
        {0, 0, 19700101},
        {-1, 0, 19691231},
        {0, KYSO_CALENDAR_VIETNAM, 19700101},
        {-25200, KYSO_CALENDAR_VIETNAM, 19700101},
        {-25201, KYSO_CALENDAR_VIETNAM, 19691231},
        {1772297999, KYSO_CALENDAR_VIETNAM, 20260228}, /* 23:59:59 */
        {1772298000, KYSO_CALENDAR_VIETNAM, 20260301},
        {1709139600, KYSO_CALENDAR_VIETNAM, 20240229},
        {1709225999, KYSO_CALENDAR_VIETNAM, 20240229},
        {1709226000, KYSO_CALENDAR_VIETNAM, 20240301},
        {1772298000, 0, 20260228},
        {1772298000, -28800, 20260228},
        {INT64_MAX, KYSO_CALENDAR_VIETNAM, 0},
        {INT64_MIN, -1, 0},
        {INT64_MIN, 0, 0},
    };
    size_t right = 0;

    for (size_t i = 0; i < KYSO_ARRAY_LEN(ROWS); i++) {
        uint32_t date = kyso_calendar_date_at(ROWS[i].at, ROWS[i].offset);
        int64_t start = kyso_calendar_start(date, ROWS[i].offset);

        right += date == ROWS[i].date &&
                 (date == 0 ? start == 0 : start <= ROWS[i].at && ROWS[i].at < start + 86400);
    }
    UNIT_ALL("instants on their local day", right, KYSO_ARRAY_LEN(ROWS));
}

static void add_year(struct kyso_calendar *calendar, uint32_t year, bool decided)
{
    const char *problem = "";

    assert_true(kyso_calendar_add_year(calendar, year, decided, &problem));
}

static void add_off(struct kyso_calendar *calendar, uint32_t date)
{
    const char *problem = "";

    if (!kyso_calendar_add_day_off(calendar, date, &problem))
        fail_msg("%u: %s", date, problem);
}

static void add_worked(struct kyso_calendar *calendar, uint32_t date)
{
    const char *problem = "";

    if (!kyso_calendar_add_day_worked(calendar, date, &problem))
        fail_msg("%u: %s", date, problem);
}

/* Some holidays of 2025 and 2026, given out of order. */
static void fill(struct kyso_calendar *calendar)
{
    static const uint32_t OFF[] = {20260220, 20260216, 20260219, 20260217, 20260218,
                                   20260101, 20260102, 20250127, 20250128, 20250129,
                                   20250130, 20250131, 20250502, 20250501, 20250430,
                                   20260427, 20260426, 20260430, 20260501};

    kyso_calendar_init(calendar);
    add_year(calendar, 2026, false);
    add_year(calendar, 2025, true);
    for (size_t i = 0; i < KYSO_ARRAY_LEN(OFF); i++)
        add_off(calendar, OFF[i]);
    add_worked(calendar, 20260110);
    add_worked(calendar, 20250426);
}

static void test_days_are_worked_or_not(void **state KYSO_UNUSED)
{
    static const struct {
        uint32_t date;
        bool working;
    } ROWS[] = {
        {20260213, true},                     /* Friday before Tết */
        {20260214, false},                    /* Saturday */
        {20260216, false},                    /* 29 tháng Chạp */
        {20260220, false}, {20260222, false}, /* Sunday after it */
        {20260223, true},  {20260102, false}, /* swapped for 10/01 */
        {20260110, true},                     /* Saturday, "làm bù" */
        {20260111, false}, {20260117, false}, {20250426, true},
        {20250427, false}, {20260426, false}, /* a holiday on a Sunday */
        {20260427, false},                    /* and the Monday in its place */
        {20260428, true},  {20240101, true},  /* nothing is known of 2024 */
        {20240106, false}, {20260231, false}, {0, false},
    };
    struct kyso_calendar calendar;
    size_t right = 0;

    fill(&calendar);
    for (size_t i = 0; i < KYSO_ARRAY_LEN(ROWS); i++)
        right += kyso_calendar_is_working(&calendar, ROWS[i].date) == ROWS[i].working;
    UNIT_ALL("days worked or not", right, KYSO_ARRAY_LEN(ROWS));
}

#define MISSING KYSO_CALENDAR_MISSING
#define EXPECTED KYSO_CALENDAR_EXPECTED
#define DECIDED KYSO_CALENDAR_DECIDED

static void test_terms_in_working_days(void **state KYSO_UNUSED)
{
    static const struct {
        const char *clause;
        uint32_t date, n, end;
        enum kyso_calendar_data data;
    } ROWS[] = {
        {"BD17-13.3a", 20260316, 5, 20260323, EXPECTED}, /* over a weekend */
        {"BD17-13.3a", 20260210, 5, 20260224, EXPECTED}, /* over Tết */
        {"AG16-17.3a", 20260214, 5, 20260227, EXPECTED}, /* from a Saturday */
        {"BD17-11.2c", 20260107, 3, 20260110, EXPECTED}, /* ends on a Saturday worked */
        {"BD17-11.2c", 20260108, 3, 20260112, EXPECTED},
        {"BD17-11.3b.t2", 20260424, 3, 20260504, EXPECTED}, /* two holidays, two weekends */
        {"BD17-11.3b.t2", 20250429, 3, 20250507, DECIDED},
        {"BD17-11.3b.t2", 20250424, 3, 20250428, DECIDED}, /* Saturday 26/4 is worked */
        {"BD17-13.3a", 20251229, 5, 20260107, EXPECTED},   /* from a decided year into another */
        {"BD17-13.3a", 20241227, 5, 20250103, MISSING},    /* through a year nobody gave */
        {"BD17-13.3a", 20241231, 5, 20250107, DECIDED},    /* its last day is not counted */
        {"BD17-13.3a", 20261230, 5, 20270106, MISSING},
        {"BD17-13.3a", 20261224, 5, 20261231, EXPECTED}, /* and here not entered */
        {"BD17-11.2c", 20240102, 3, 20240105, MISSING},
        {"none", 20260214, 0, 20260214, EXPECTED},
        {"none", 20250102, 0, 20250102, DECIDED},
        {"none", 20260230, 3, 0, MISSING},
        {"none", 0, 0, 0, MISSING},
        {"none", 99991231, 1, 0, MISSING},
        {"none", 99991220, UINT32_MAX, 0, MISSING},
    };
    struct kyso_calendar calendar;
    size_t right = 0;

    fill(&calendar);
    for (size_t i = 0; i < KYSO_ARRAY_LEN(ROWS); i++) {
        enum kyso_calendar_data data, between_data;
        uint32_t end = kyso_calendar_nth_working(&calendar, ROWS[i].date, ROWS[i].n, &data);
        uint32_t between =
            kyso_calendar_working_between(&calendar, ROWS[i].date, end, &between_data);

        if (end != ROWS[i].end || data != ROWS[i].data)
            print_message("# %s: %u and %u working days: %u, %s\n", ROWS[i].clause, ROWS[i].date,
                          ROWS[i].n, end, kyso_calendar_data_name(data));
        right += end == ROWS[i].end && data == ROWS[i].data && between_data == data &&
                 between == (end != 0 ? ROWS[i].n : 0);
    }
    UNIT_ALL("terms in working days", right, KYSO_ARRAY_LEN(ROWS));
}

static void test_working_days_between(void **state KYSO_UNUSED)
{
    static const struct {
        uint32_t from, to, count;
        enum kyso_calendar_data data;
    } ROWS[] = {
        {20260216, 20260220, 0, EXPECTED}, /* Tết */
        {20260213, 20260223, 1, EXPECTED},
        {20260210, 20260210, 0, EXPECTED},
        {20260210, 20260209, 0, EXPECTED}, /* backwards */
        {20251231, 20251231, 0, DECIDED},
        {20260109, 20260110, 1, EXPECTED}, /* a Saturday worked */
        {20260110, 20260111, 0, EXPECTED},
        {20260424, 20260426, 0, EXPECTED},
        {20241231, 20251231, 254, DECIDED}, /* 261 weekdays, eight off, one Saturday */
        {20231231, 20241231, 262, MISSING},
        {20260101, 20260132, 0, MISSING},
        {20260100, 20260131, 0, MISSING},
        {20251231, 20270101, 253, MISSING},
    };
    struct kyso_calendar calendar;
    size_t right = 0;

    fill(&calendar);
    for (size_t i = 0; i < KYSO_ARRAY_LEN(ROWS); i++) {
        enum kyso_calendar_data data;
        uint32_t count = kyso_calendar_working_between(&calendar, ROWS[i].from, ROWS[i].to, &data);

        if (count != ROWS[i].count || data != ROWS[i].data)
            print_message("# %u to %u: %u, %s\n", ROWS[i].from, ROWS[i].to, count,
                          kyso_calendar_data_name(data));
        right += count == ROWS[i].count && data == ROWS[i].data;
    }
    UNIT_ALL("working days between", right, KYSO_ARRAY_LEN(ROWS));
}

/* The other method: thirty years as a plain array, filled from the C library's weekdays. */
#define ARRAY_FIRST 18262 /* 2020-01-01 */
#define ARRAY_DAYS 10958  /* to 2049-12-31 */

static unsigned int next_random(uint32_t *seed)
{
    *seed = *seed * 1664525U + 1013904223U;
    return *seed >> 16;
}

/* The same days go into the array and, in another order, into the calendar. */
static void fill_both(uint32_t seed, bool *working, struct kyso_calendar *calendar)
{
    const char *problem = "";

    kyso_calendar_init(calendar);
    for (uint32_t year = 2049; year >= 2020; year--)
        add_year(calendar, year, true);
    for (int64_t i = 0; i < ARRAY_DAYS; i++) {
        enum kyso_calendar_weekday weekday;

        (void)library_date(ARRAY_FIRST + i, &weekday);
        working[i] = weekday < KYSO_SATURDAY;
    }
    for (unsigned int i = 0; i < 560; i++) {
        enum kyso_calendar_weekday weekday;
        unsigned int at = (next_random(&seed) << 8 ^ next_random(&seed)) % ARRAY_DAYS;
        uint32_t date = library_date(ARRAY_FIRST + (int64_t)at, &weekday);
        bool to_work = weekday >= KYSO_SATURDAY && next_random(&seed) % 2 == 0;

        if (to_work ? kyso_calendar_add_day_worked(calendar, date, &problem)
                    : kyso_calendar_add_day_off(calendar, date, &problem))
            working[at] = to_work;
        else
            assert_string_equal(problem, "given-twice");
    }
    assert_true(calendar->off.n > 400 && calendar->worked.n > 50);
}

static size_t compare_from(const struct kyso_calendar *calendar, const bool *working, int64_t from,
                           size_t *all)
{
    uint32_t date = kyso_calendar_date(ARRAY_FIRST + from);
    enum kyso_calendar_data data, between;
    uint32_t count = 0;
    size_t right = kyso_calendar_is_working(calendar, date) == working[from];

    *all += 1;
    for (int64_t to = from + 1; to < ARRAY_DAYS && to <= from + 60; to++) {
        uint32_t end = kyso_calendar_date(ARRAY_FIRST + to);

        count += working[to];
        *all += 1;
        right += kyso_calendar_working_between(calendar, date, end, &between) == count &&
                 between == KYSO_CALENDAR_DECIDED &&
                 (!working[to] || (kyso_calendar_nth_working(calendar, date, count, &data) == end &&
                                   data == KYSO_CALENDAR_DECIDED));
    }
    return right;
}

static void test_counting_against_an_array(void **state KYSO_UNUSED)
{
    static bool working[ARRAY_DAYS];
    size_t right = 0, all = 0;

    for (uint32_t seed = 1; seed <= 3; seed++) {
        struct kyso_calendar calendar;

        fill_both(seed, working, &calendar);
        for (int64_t from = 0; from < ARRAY_DAYS; from++)
            right += compare_from(&calendar, working, from, &all);
    }
    UNIT_ALL("spans counted like an array of days", right, all);
    assert_true(all > 1900000);
}

static void test_what_is_refused(void **state KYSO_UNUSED)
{
    enum what { YEAR, OFF, WORKED };
    static const struct {
        enum what what;
        uint32_t value;
        const char *problem;
    } ROWS[] = {
        {YEAR, 1899, "bad-date"},
        {YEAR, 10000, "bad-date"},
        {YEAR, 0, "bad-date"},
        {YEAR, 2026, "given-twice"},
        {OFF, 20260229, "bad-date"},
        {OFF, 0, "bad-date"},
        {OFF, 2026, "bad-date"},
        {OFF, 20240101, "year-not-given"},
        {OFF, 20260101, "given-twice"},
        {OFF, 20260110, "given-twice"}, /* it is worked */
        {WORKED, 20260229, "bad-date"},
        {WORKED, 20240106, "year-not-given"},
        {WORKED, 20260110, "given-twice"},
        {WORKED, 20260426, "given-twice"}, /* it is off */
        {WORKED, 20260305, "not-on-a-weekend"},
    };
    struct kyso_calendar calendar, before;
    size_t refused = 0;

    fill(&calendar);
    before = calendar;
    for (size_t i = 0; i < KYSO_ARRAY_LEN(ROWS); i++) {
        const char *problem = "taken";

        switch (ROWS[i].what) {
        case YEAR:
            assert_false(kyso_calendar_add_year(&calendar, ROWS[i].value, true, &problem));
            break;
        case OFF:
            assert_false(kyso_calendar_add_day_off(&calendar, ROWS[i].value, &problem));
            break;
        case WORKED:
            assert_false(kyso_calendar_add_day_worked(&calendar, ROWS[i].value, &problem));
            break;
        }
        if (strcmp(problem, ROWS[i].problem) != 0)
            print_message("# %u: %s\n", ROWS[i].value, problem);
        refused += strcmp(problem, ROWS[i].problem) == 0;
    }
    assert_memory_equal(&calendar, &before, sizeof(calendar));
    UNIT_ALL("wrong days refused by name", refused, KYSO_ARRAY_LEN(ROWS));
}

static void test_sets_have_an_end(void **state KYSO_UNUSED)
{
    struct kyso_calendar calendar;
    const char *problem = "";
    uint32_t date = 20200101;

    kyso_calendar_init(&calendar);
    for (uint32_t year = 2020; year < 2020 + KYSO_CALENDAR_YEARS_MAX; year++)
        add_year(&calendar, year, true);
    assert_false(kyso_calendar_add_year(&calendar, 2100, true, &problem));
    assert_string_equal(problem, "too-many");
    for (size_t i = 0; i < KYSO_CALENDAR_DAYS_MAX; i++) {
        add_off(&calendar, date);
        date = kyso_calendar_date(kyso_calendar_day_number(date) + 1);
    }
    assert_false(kyso_calendar_add_day_off(&calendar, date, &problem));
    assert_string_equal(problem, "too-many");
    date = 20220101; /* a Saturday */
    for (size_t i = 0; i < KYSO_CALENDAR_DAYS_MAX; i++) {
        add_worked(&calendar, date);
        date = kyso_calendar_date(kyso_calendar_day_number(date) + 7);
    }
    assert_false(kyso_calendar_add_day_worked(&calendar, date, &problem));
    assert_string_equal(problem, "too-many");
    assert_int_equal(calendar.off.n, KYSO_CALENDAR_DAYS_MAX);
    for (size_t i = 1; i < calendar.off.n; i++)
        assert_true(calendar.off.dates[i - 1] < calendar.off.dates[i]);
}

static void test_what_is_known_of_a_year(void **state KYSO_UNUSED)
{
    struct kyso_calendar calendar;

    fill(&calendar);
    assert_int_equal(kyso_calendar_year_data(&calendar, 2024), KYSO_CALENDAR_MISSING);
    assert_int_equal(kyso_calendar_year_data(&calendar, 2025), KYSO_CALENDAR_DECIDED);
    assert_int_equal(kyso_calendar_year_data(&calendar, 2026), KYSO_CALENDAR_EXPECTED);
    assert_int_equal(kyso_calendar_year_data(&calendar, 0), KYSO_CALENDAR_MISSING);
    assert_string_equal(kyso_calendar_data_name(KYSO_CALENDAR_MISSING), "missing");
    assert_string_equal(kyso_calendar_data_name(KYSO_CALENDAR_EXPECTED), "expected");
    assert_string_equal(kyso_calendar_data_name(KYSO_CALENDAR_DECIDED), "decided");
    assert_string_equal(kyso_calendar_data_name(KYSO_CALENDAR_DATA_MAX), "missing");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_day_of_five_centuries),
        cmocka_unit_test(test_no_other_number_is_a_date),
        cmocka_unit_test(test_leap_years),
        cmocka_unit_test(test_months_are_added),
        cmocka_unit_test(test_local_days_begin_at_local_midnight),
        cmocka_unit_test(test_days_are_worked_or_not),
        cmocka_unit_test(test_terms_in_working_days),
        cmocka_unit_test(test_working_days_between),
        cmocka_unit_test(test_counting_against_an_array),
        cmocka_unit_test(test_what_is_refused),
        cmocka_unit_test(test_sets_have_an_end),
        cmocka_unit_test(test_what_is_known_of_a_year),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
