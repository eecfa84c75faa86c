/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A day begins and ends where the local calendar says. */

#include "tests/unit/unit.h"

#include <stdlib.h>
#include <time.h>

#include "common/clock.h"

struct row {
    const char *zone;
    uint64_t seconds;
    uint32_t day;
};

static const struct row ROWS[] = {
    {"UTC0", 0, 19700101},
    {"UTC0", 1795132799, 20261119},
    {"UTC0", 1795132800, 20261120},
    {"ICT-7", 1795107599, 20261119},
    {"ICT-7", 1795107600, 20261120}, /* midnight in Hanoi */
    {"ICT-7", 1795132800, 20261120},
    {"ICT-7", 1709225999, 20240229},
    {"ICT-7", 1709226000, 20240301},
    {"ICT-7", UINT64_MAX / 2, 0}, /* no such year */
};

static void test_days(void **state KYSO_UNUSED)
{
    size_t right = 0;

    for (size_t i = 0; i < KYSO_ARRAY_LEN(ROWS); i++) {
        assert_int_equal(setenv("TZ", ROWS[i].zone, 1), 0);
        tzset();
        if (kyso_clock_day(ROWS[i].seconds) == ROWS[i].day)
            right++;
        else
            print_message("# row %zu: %u\n", i, kyso_clock_day(ROWS[i].seconds));
    }
    UNIT_ALL("days", right, KYSO_ARRAY_LEN(ROWS));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_days)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
