/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/macros.h"
#include "document/pdf-time.h"

static void test_times(void **state KYSO_UNUSED)
{
    static const struct {
        const char *text;
        uint64_t seconds;
    } ROWS[] = {
        { "D:19700101000000Z", 0 },
        { "D:20261120120000Z", 1795176000 },
        { "D:20261120120000", 1795176000 },
        { "D:20261120120000Z00'00'", 1795176000 },
        { "D:20261120190000+07'00'", 1795176000 },
        { "D:20261120190000+07'00", 1795176000 },
        { "D:20261120070000-05'00'", 1795176000 },
        { "D:20240229000000Z", 1709164800 },
    };

    for (size_t i = 0; i < KYSO_ARRAY_LEN(ROWS); i++) {
        uint64_t seconds = 1;

        assert_true(kyso_pdf_time_read(ROWS[i].text, &seconds));
        assert_int_equal(seconds, ROWS[i].seconds);
    }
}

static void test_nonsense_is_refused(void **state KYSO_UNUSED)
{
    static const char *const ROWS[] = {
        "",
        "20261120120000Z",
        "D:2026112012000Z",
        "D:20261320120000Z",
        "D:20230229000000Z",
        "D:20261131000000Z",
        "D:20261120240000Z",
        "D:20261120120060Z",
        "D:20261120120000X",
        "D:20261120120000+7'00'",
        "D:20261120120000+07'60'",
        "D:20261120120000+07'00'x",
        "D:20261120120000Z07'00'",
        "D:19700101000000+07'00'",
    };

    for (size_t i = 0; i < KYSO_ARRAY_LEN(ROWS); i++) {
        uint64_t seconds = 1;

        assert_false(kyso_pdf_time_read(ROWS[i], &seconds));
        assert_int_equal(seconds, 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_nonsense_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
