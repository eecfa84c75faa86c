/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The days and times that people type, in a zone with the hours of Vietnam, in one with summer
 * time, and the days of reports, which do not care for the zone. */

#include "tests/unit/unit.h"

#include <stdlib.h>
#include <time.h>

#include "client/moment.h"

static void set_zone(const char *zone)
{
    assert_int_equal(setenv("TZ", zone, 1), 0);
    tzset();
}

/* 2026-11-27 00:00 +07:00 */
#define DAY UINT64_C(1795712400)

static void test_local_times(void **state KYSO_UNUSED)
{
    static const struct {
        const char *zone, *text;
        uint64_t seconds;
    } CASES[] = {
        {"Asia/Ho_Chi_Minh", "2026-11-27", DAY},
        {"Asia/Ho_Chi_Minh", "2026-11-27T00:00", DAY},
        {"Asia/Ho_Chi_Minh", "2026-11-27T10:05", DAY + 10 * 3600 + 5 * 60},
        {"Asia/Ho_Chi_Minh", "2026-11-27T23:59", DAY + 86340},
        {"UTC0", "2026-11-27T10:05", DAY + 17 * 3600 + 5 * 60},
        {"CET-1CEST,M3.5.0,M10.5.0/3", "2026-07-01", UINT64_C(1782856800)},
    };
    size_t right = 0;

    for (size_t i = 0; i < KYSO_ARRAY_LEN(CASES); i++) {
        uint64_t seconds = 0;

        set_zone(CASES[i].zone);
        right += kyso_moment_read(CASES[i].text, &seconds) && seconds == CASES[i].seconds;
    }
    UNIT_ALL("times read", right, KYSO_ARRAY_LEN(CASES));
}

static void test_no_times(void **state KYSO_UNUSED)
{
    static const char *const WRONG[] = {
        "",
        "today",
        "2026-02-31",
        "2026-04-31T10:00",
        "2026-13-01",
        "2026-1-1",
        "2026-11-27T",
        "2026-11-27T10",
        "2026-11-27 10:00",
        "1969-12-31",
        "2026-11-271",
        "2026-11-27T24:00",
        "2026-11-27T10:60",
        "2026-11-27T10:00Z",
    };
    size_t refused = 0;
    uint64_t seconds;

    set_zone("Asia/Ho_Chi_Minh");
    for (size_t i = 0; i < KYSO_ARRAY_LEN(WRONG); i++)
        refused += !kyso_moment_read(WRONG[i], &seconds) &&
                   (strlen(WRONG[i]) > 10 || (!kyso_moment_day(WRONG[i], 0, &seconds) &&
                                              !kyso_moment_report_day(WRONG[i], 0, &seconds)));
    UNIT_ALL("texts refused", refused, KYSO_ARRAY_LEN(WRONG));
}

static void test_days(void **state KYSO_UNUSED)
{
    static const char *const ZONES[] = {"Asia/Ho_Chi_Minh", "UTC0", "CET-1CEST,M3.5.0,M10.5.0/3"};
    uint64_t seconds;

    for (size_t i = 0; i < KYSO_ARRAY_LEN(ZONES); i++) {
        set_zone(ZONES[i]);
        assert_true(kyso_moment_report_day("2026-11-27", 0, &seconds));
        assert_int_equal(seconds, DAY);
        assert_true(kyso_moment_report_day("2026-11-27", 1, &seconds));
        assert_int_equal(seconds, DAY + 86400);
    }
    set_zone("UTC0");
    assert_true(kyso_moment_day("2026-11-27", 0, &seconds));
    assert_int_equal(seconds, DAY + 7 * 3600);
    assert_true(kyso_moment_day("2026-12-31", 1, &seconds)); /* the first of January */
    assert_int_equal(seconds, UINT64_C(1798761600));
    set_zone("CET-1CEST,M3.5.0,M10.5.0/3");
    assert_true(kyso_moment_day("2026-10-25", 1, &seconds)); /* that day has 25 hours */
    assert_int_equal(seconds, UINT64_C(1792969200));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_local_times),
        cmocka_unit_test(test_no_times),
        cmocka_unit_test(test_days),
    };

    return cmocka_run_group_tests_name("moment", tests, NULL, NULL);
}
