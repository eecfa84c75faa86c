/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/memfd.h"
#include "common/outcome.h"
#include "document/protocol.h"

static void every_rule_has_its_own_name(void **state KYSO_UNUSED)
{
    unsigned int seen = 0;

    for (unsigned int i = 0; i < KYSO_PDF_RULE_MAX; i++) {
        const char *name = kyso_pdf_rule_name((enum kyso_pdf_rule)i);

        assert_non_null(name);
        assert_true(strlen(name) > 1);
        assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz-"), strlen(name));
        for (unsigned int j = 0; j < i; j++)
            assert_string_not_equal(name, kyso_pdf_rule_name((enum kyso_pdf_rule)j));
        seen++;
    }
    assert_int_equal(seen, KYSO_PDF_RULE_MAX);
    assert_string_equal(kyso_pdf_rule_name(KYSO_PDF_RULE_MAX), "unknown");
}

static int confirm(const char *text, uint64_t start, uint64_t end, uint64_t range_end, bool whole)
{
    KYSO_CLOSE int fd = -1;

    assert_int_equal(kyso_memfd_from_bytes("t", text, strlen(text), &fd), 0);
    return kyso_pdf_confirm_hole(fd, strlen(text), start, end, range_end, whole);
}

static void holes_are_confirmed_from_bytes(void **state KYSO_UNUSED)
{
    assert_int_equal(confirm("abc<00fF>xyz", 3, 9, 12, true), 0);
    assert_int_equal(confirm("abc<00fF>xyz", 3, 9, 10, false), 0);
    assert_int_equal(confirm("abc<00fF>xyz", 3, 9, 10, true), KYSO_OUTCOME_BAD_DOCUMENT);
    assert_int_equal(confirm("abc<00fF>xyz", 3, 9, 13, false), KYSO_OUTCOME_BAD_DOCUMENT);
    assert_int_equal(confirm("abc<00fF>xyz", 3, 9, 8, false), KYSO_OUTCOME_BAD_DOCUMENT);
    assert_int_equal(confirm("abc<00fF>xyz", 2, 9, 12, true), KYSO_OUTCOME_BAD_DOCUMENT);
    assert_int_equal(confirm("abc<00fF>xyz", 3, 8, 12, true), KYSO_OUTCOME_BAD_DOCUMENT);
    assert_int_equal(confirm("abc<00 F>xyz", 3, 9, 12, true), KYSO_OUTCOME_BAD_DOCUMENT);
    assert_int_equal(confirm("abc<0>fF>xyz", 3, 9, 12, true), KYSO_OUTCOME_BAD_DOCUMENT);
    assert_int_equal(confirm("abc<00fF>xyz", 9, 3, 12, true), KYSO_OUTCOME_BAD_DOCUMENT);
    assert_int_equal(confirm("<00fF>xyz", 0, 6, 9, true), KYSO_OUTCOME_BAD_DOCUMENT);
}

static void long_holes_are_read_in_slices(void **state KYSO_UNUSED)
{
    static const size_t LENGTHS[] = {4095, 4096, 4097, 4098, 8192, 8193, 20001};
    size_t checked = 0;

    for (size_t i = 0; i < KYSO_ARRAY_LEN(LENGTHS); i++) {
        size_t n = LENGTHS[i];
        KYSO_FREE char *text = calloc(1, n + 3);

        assert_non_null(text);
        memset(text, 'a', n + 2);
        text[1] = '<';
        text[n] = '>';
        assert_int_equal(confirm(text, 1, n + 1, n + 2, true), 0);
        text[n - 1] = 'g';
        assert_int_equal(confirm(text, 1, n + 1, n + 2, true), KYSO_OUTCOME_BAD_DOCUMENT);
        text[n - 1] = 'a';
        text[n / 2] = '>';
        assert_int_equal(confirm(text, 1, n + 1, n + 2, true), KYSO_OUTCOME_BAD_DOCUMENT);
        checked++;
    }
    assert_int_equal(checked, KYSO_ARRAY_LEN(LENGTHS));
}

static void reports_survive_the_wire(void **state KYSO_UNUSED)
{
    char words[8][8] = {"f", "s", "n", "r", "l", "t", "x", "y"};
    struct kyso_pdf_signature one = {
        .field = words[0],
        .sub_filter = words[1],
        .name = words[2],
        .reason = words[3],
        .location = words[4],
        .time = words[5],
        .hole_start = 7,
        .hole_end = 1ULL << 40,
        .range_end = 9,
        .revision = 3,
        .page = 2,
        .box = {1.5, 2.5, 3, 4},
        .timestamp = true,
        .docmdp = 3,
        .flaw = KYSO_PDF_HOLE,
        .flaw_detail = words[6],
        .later = KYSO_PDF_FIELD,
        .later_detail = words[7],
    };
    struct kyso_pdf_field field = {words[0], 4, {1, 2, 3, 4}, true};
    struct kyso_pdf_report report = {
        .pages = 5,
        .revisions = 6,
        .signatures = &one,
        .n_signatures = 1,
        .fields = &field,
        .n_fields = 1,
        .unsignable = KYSO_PDF_XFA,
        .unsignable_detail = words[1],
        .unsigned_tail = true,
    };
    struct kyso_pdf_report back;
    struct kyso_buf KYSO_BUF buf = {0};
    size_t refused = 0;

    kyso_pdf_put_report(&buf, &report);
    assert_int_equal(buf.error, 0);
    assert_int_equal(kyso_pdf_read_report(buf.bytes, buf.length, &back), 0);
    assert_int_equal(back.n_signatures, 1);
    assert_string_equal(back.signatures[0].time, "t");
    assert_int_equal(back.signatures[0].hole_end, 1ULL << 40);
    assert_true(back.signatures[0].box.y > 2.4 && back.signatures[0].box.y < 2.6);
    assert_int_equal(back.signatures[0].later, KYSO_PDF_FIELD);
    assert_true(back.fields[0].locked);
    assert_int_equal(back.unsignable, KYSO_PDF_XFA);
    kyso_pdf_report_done(&back);
    for (size_t n = 0; n < buf.length; n++) {
        assert_int_equal(kyso_pdf_read_report(buf.bytes, n, &back), -EBADMSG);
        refused++;
    }
    assert_true(refused > 100);
}

int main(void)
{
    static const struct CMUnitTest TESTS[] = {
        cmocka_unit_test(every_rule_has_its_own_name),
        cmocka_unit_test(holes_are_confirmed_from_bytes),
        cmocka_unit_test(long_holes_are_read_in_slices),
        cmocka_unit_test(reports_survive_the_wire),
    };

    return cmocka_run_group_tests(TESTS, NULL, NULL);
}
