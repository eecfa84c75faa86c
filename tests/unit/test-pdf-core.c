/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/outcome.h"
#include "document/pages.h"

static struct kyso_budget budget;
static struct kyso_arena arena;

static int set_up(void **state KYSO_UNUSED)
{
    budget = (struct kyso_budget){.left = (size_t)1 << 24};
    arena = (struct kyso_arena){.budget = &budget};
    return 0;
}

static int tear_down(void **state KYSO_UNUSED)
{
    kyso_arena_done(&arena);
    assert_int_equal(budget.left, (size_t)1 << 24);
    return 0;
}

static int read_text(const char *text, size_t length, struct kyso_pdf_object *object,
                     enum kyso_pdf_rule *rule)
{
    struct kyso_lexer lexer = {
        .at = (const uint8_t *)text,
        .end = (const uint8_t *)text + length,
        .arena = &arena,
    };
    int r = kyso_lexer_value(&lexer, object);

    *rule = lexer.rule;
    return r;
}

static struct kyso_pdf_object value(const char *text)
{
    struct kyso_pdf_object object;
    enum kyso_pdf_rule rule;

    assert_int_equal(read_text(text, strlen(text), &object, &rule), 0);
    return object;
}

static void refused(const char *text, enum kyso_pdf_rule expected)
{
    struct kyso_pdf_object object;
    enum kyso_pdf_rule rule;

    if (read_text(text, strlen(text), &object, &rule) != KYSO_OUTCOME_BAD_DOCUMENT)
        fail_msg("accepted: %s", text);
    assert_int_equal(rule, expected);
}

static void numbers(void **state KYSO_UNUSED)
{
    double real;

    assert_int_equal(value("12 ").integer, 12);
    assert_int_equal(value("-7]").integer, -7);
    assert_int_equal(value("+7").integer, 7);
    assert_int_equal(value("0000000012").integer, 12);
    assert_int_equal(value("% comment\n 5").integer, 5);
    assert_int_equal(value("9223372036854775799").integer, 9223372036854775799LL);
    assert_int_equal(value("-.5").type, KYSO_PDF_REAL);
    assert_true(value("-.5").real < -0.49 && value("-.5").real > -0.51);
    assert_true(value("4.").real > 3.99 && value("4.").real < 4.01);
    assert_true(value("12.625").real > 12.6249 && value("12.625").real < 12.6251);
    assert_false(kyso_pdf_to_real(NULL, &real));
    refused("12a", KYSO_PDF_OBJECT);
    refused("--5", KYSO_PDF_OBJECT);
    refused("1e5", KYSO_PDF_OBJECT);
    refused(".", KYSO_PDF_OBJECT);
    refused("-", KYSO_PDF_OBJECT);
    refused("99999999999999999999", KYSO_PDF_OBJECT);
    refused("1.2.3", KYSO_PDF_OBJECT);
}

static void strings(void **state KYSO_UNUSED)
{
    static const struct {
        const char *text, *bytes;
        size_t length;
    } ROWS[] = {
        {"()", "", 0},
        {"(a(b)c)", "a(b)c", 5},
        {"(a\\)b)", "a)b", 3},
        {"(a\\\nb)", "ab", 2},
        {"(a\\\r\nb)", "ab", 2},
        {"(a\r\nb\rc)", "a\nb\nc", 5},
        {"(\\101\\0523\\7)", "A*3\a", 4},
        {"(\\n\\r\\t\\b\\f\\\\\\q)", "\n\r\t\b\f\\q", 7},
        {"<>", "", 0},
        {"<4142>", "AB", 2},
        {"<4 1\n4>", "A@", 2},
        {"<aF>", "\xaf", 1},
    };
    size_t passed = 0;

    for (size_t i = 0; i < KYSO_ARRAY_LEN(ROWS); i++) {
        struct kyso_pdf_object object = value(ROWS[i].text);

        assert_int_equal(object.type, KYSO_PDF_STRING);
        assert_int_equal(object.text.length, ROWS[i].length);
        assert_memory_equal(object.text.bytes, ROWS[i].bytes, ROWS[i].length);
        assert_int_equal(object.raw_length, strlen(ROWS[i].text));
        assert_int_equal(object.hex, ROWS[i].text[0] == '<');
        passed++;
    }
    assert_int_equal(passed, KYSO_ARRAY_LEN(ROWS));
    refused("(a", KYSO_PDF_OBJECT);
    refused("(a\\)", KYSO_PDF_OBJECT);
    refused("<4x>", KYSO_PDF_OBJECT);
    refused("<41", KYSO_PDF_OBJECT);
}

static void names_and_words(void **state KYSO_UNUSED)
{
    struct kyso_pdf_object name = value("/A#20b#2F ");
    struct kyso_buf KYSO_BUF buf = {0};

    assert_true(kyso_pdf_is_name(&name, "A b/"));
    kyso_pdf_put_name(&buf, &name.text);
    assert_string_equal((const char *)buf.bytes, "/A#20b#2F");
    name = value("/");
    assert_true(kyso_pdf_is_name(&name, ""));
    assert_true(value("true").boolean);
    assert_false(value("false").boolean);
    assert_int_equal(value("null").type, KYSO_PDF_NULL);
    refused("/A#2", KYSO_PDF_OBJECT);
    refused("/A#zz", KYSO_PDF_OBJECT);
    refused("truex", KYSO_PDF_OBJECT);
    refused("nothing", KYSO_PDF_OBJECT);
    refused("", KYSO_PDF_OBJECT);
    refused(")", KYSO_PDF_OBJECT);
    refused("]", KYSO_PDF_OBJECT);
    refused(">>", KYSO_PDF_OBJECT);
}

static void arrays_and_dictionaries(void **state KYSO_UNUSED)
{
    struct kyso_pdf_object dict = value("<< /A [1 0 R 2 3 (x)] /B<</C/D>>/E 5 % end\n>>");
    const struct kyso_pdf_object *a = kyso_pdf_get(&dict, "A");

    assert_int_equal(dict.n_pairs, 3);
    assert_int_equal(a->n_items, 4);
    assert_true(kyso_pdf_is_reference(&a->items[0], 1));
    assert_int_equal(a->items[1].integer, 2);
    assert_true(kyso_pdf_is_name(kyso_pdf_get(kyso_pdf_get(&dict, "B"), "C"), "D"));
    assert_null(kyso_pdf_get(&dict, "C"));
    assert_null(kyso_pdf_get(NULL, "C"));
    refused("<< /A 1 /B 2 /A 3 >>", KYSO_PDF_DUPLICATE_KEY);
    refused("<< /A 1 /#41 3 >>", KYSO_PDF_DUPLICATE_KEY);
    refused("<< /A 1", KYSO_PDF_OBJECT);
    refused("<< /A >>", KYSO_PDF_OBJECT);
    refused("<< A 1 >>", KYSO_PDF_OBJECT);
    refused("[1 2", KYSO_PDF_OBJECT);
    refused("[1 2 >>", KYSO_PDF_OBJECT);
}

static void many_keys(void **state KYSO_UNUSED)
{
    struct kyso_buf KYSO_BUF text = {0};
    struct kyso_pdf_object dict;

    kyso_buf_printf(&text, "<<");
    for (int i = 0; i < 100; i++)
        kyso_buf_printf(&text, "/K%d %d", i * 7 % 100, i);
    kyso_buf_printf(&text, ">>");
    dict = value((const char *)text.bytes);
    assert_int_equal(dict.n_pairs, 100);
    text.length -= 2;
    kyso_buf_printf(&text, "/K42 1>>");
    refused((const char *)text.bytes, KYSO_PDF_DUPLICATE_KEY);
}

static void nesting_has_a_limit(void **state KYSO_UNUSED)
{
    char text[2 * 70 + 1] = "";

    memset(text, '[', 64);
    memset(text + 64, ']', 64);
    (void)value(text);
    memset(text, '[', 70);
    memset(text + 70, ']', 70);
    refused(text, KYSO_PDF_LIMITS);
}

static void the_budget_is_a_limit(void **state KYSO_UNUSED)
{
    struct kyso_pdf_object object;
    enum kyso_pdf_rule rule;
    size_t before = budget.left;

    budget.left = 100;
    assert_int_equal(read_text("[1]", 3, &object, &rule), KYSO_OUTCOME_BAD_DOCUMENT);
    assert_int_equal(rule, KYSO_PDF_LIMITS);
    budget.left = before;
}

static void equality(void **state KYSO_UNUSED)
{
    static const struct {
        const char *a, *b;
        bool same;
    } ROWS[] = {
        {"1", "1.0", true},
        {"1", "2", false},
        {"(A)", "<41>", true},
        {"(A)", "/A", false},
        {"[1 2]", "[1  2]", true},
        {"[1 2]", "[2 1]", false},
        {"[1 2]", "[1]", false},
        {"<</A 1/B 2>>", "<</B 2/A 1>>", true},
        {"<</A 1>>", "<</A 1/B 2>>", false},
        {"<</A 1/B 2>>", "<</A 1/C 2>>", false},
        {"1 0 R", "1 0 R", true},
        {"1 0 R", "1 1 R", false},
        {"1 0 R", "2 0 R", false},
        {"true", "false", false},
        {"null", "null", true},
        {"null", "0", false},
    };
    size_t passed = 0;

    for (size_t i = 0; i < KYSO_ARRAY_LEN(ROWS); i++) {
        struct kyso_pdf_object a = value(ROWS[i].a), b = value(ROWS[i].b);

        if (kyso_pdf_equal(&a, &b) != ROWS[i].same || kyso_pdf_equal(&b, &a) != ROWS[i].same)
            fail_msg("%s and %s", ROWS[i].a, ROWS[i].b);
        passed++;
    }
    assert_int_equal(passed, KYSO_ARRAY_LEN(ROWS));
    assert_true(kyso_pdf_equal(NULL, NULL));
}

static void text_strings(void **state KYSO_UNUSED)
{
    static const struct {
        const char *token, *text;
        size_t maximum;
    } ROWS[] = {
        {"(Plain)", "Plain", 100},
        {"<FEFF004B00FD002000731ED1>", "Ký số", 100},
        {"<FEFFD83DDE00>", "\xf0\x9f\x98\x80", 100},
        {"<FEFFD83D0041>",
         "\xef\xbf\xbd"
         "A",
         100},
        {"<EFBBBF4BC3BD>", "Ký", 100},
        {"<8085A0>", "•–€", 100},
        {"<FEFF00410000>", "A\xef\xbf\xbd", 100},
        {"<FEFF1ED11ED11ED1>", "ốố", 8},
        {"()", "", 100},
        {"/Name", "", 100},
    };
    size_t passed = 0;

    for (size_t i = 0; i < KYSO_ARRAY_LEN(ROWS); i++) {
        struct kyso_pdf_object object = value(ROWS[i].token);
        KYSO_FREE char *text = kyso_pdf_text_string(&object, ROWS[i].maximum);

        assert_string_equal(text, ROWS[i].text);
        passed++;
    }
    assert_int_equal(passed, KYSO_ARRAY_LEN(ROWS));
}

static void text_strings_come_back(void **state KYSO_UNUSED)
{
    static const char *const TEXTS[] = {
        "plain",
        "with (brackets) and \\",
        "Nguyễn Thị Đoan Trang",
        "số 12/QĐ-UBND ngày 5",
        "\xf0\x9f\x98\x80 beyond",
        "a\ttab",
    };
    size_t passed = 0;

    for (size_t i = 0; i < KYSO_ARRAY_LEN(TEXTS); i++) {
        struct kyso_buf KYSO_BUF buf = {0};
        struct kyso_pdf_object object;
        KYSO_FREE char *text = NULL;

        kyso_pdf_put_text_string(&buf, TEXTS[i]);
        object = value((const char *)buf.bytes);
        text = kyso_pdf_text_string(&object, 1000);
        if (strchr(TEXTS[i], '\t') == NULL)
            assert_string_equal(text, TEXTS[i]);
        else
            assert_string_equal(text, "a\xef\xbf\xbdtab");
        passed++;
    }
    assert_int_equal(passed, KYSO_ARRAY_LEN(TEXTS));
}

static void inflated(const uint8_t *plain, size_t length, struct kyso_predictor predictor,
                     const char *expected, size_t expected_length)
{
    const uint8_t *packed, *out;
    size_t packed_length, out_length;

    assert_int_equal(kyso_deflate(&arena, plain, length, &packed, &packed_length), 0);
    assert_int_equal(kyso_inflate(&arena, packed, packed_length, &predictor, &out, &out_length), 0);
    assert_int_equal(out_length, expected_length);
    assert_memory_equal(out, expected, expected_length);
}

static void predictors(void **state KYSO_UNUSED)
{
    struct kyso_predictor png = {.kind = 12, .colors = 1, .bits = 8, .columns = 3};
    struct kyso_predictor tiff = {.kind = 2, .colors = 1, .bits = 8, .columns = 3};
    struct kyso_predictor none = {.kind = 1, .colors = 1, .bits = 8, .columns = 1};
    static const uint8_t ROWS[] = {
        0, 1, 2, 3, /* none */
        1, 1, 1, 1, /* sub: 1 2 3 */
        2, 1, 1, 1, /* up: 2 3 4 */
        3, 9, 5, 4, /* average: 10, (10+3)/2+5 = 11, (11+4)/2+4 = 11 */
        4, 1, 0, 2, /* paeth: 11, 11 (nearest 11), 13 */
    };

    inflated(ROWS, sizeof(ROWS), png,
             "\1\2\3"
             "\1\2\3"
             "\2\3\4"
             "\12\13\13"
             "\13\13\15",
             15);
    inflated((const uint8_t *)"\1\1\1\2\2\2", 6, tiff, "\1\2\3\2\4\6", 6);
    inflated((const uint8_t *)"abc", 3, none, "abc", 3);
}

static void damaged_streams(void **state KYSO_UNUSED)
{
    struct kyso_predictor png = {.kind = 12, .colors = 1, .bits = 8, .columns = 3};
    struct kyso_predictor none = {.kind = 1, .colors = 1, .bits = 8, .columns = 1};
    const uint8_t *packed, *out;
    size_t packed_length, out_length, refusals = 0;
    uint8_t *zeros = calloc(1, (size_t)4 << 20);

    assert_non_null(zeros);
    assert_int_equal(kyso_deflate(&arena, (const uint8_t *)"\0abc\0ab", 7, &packed, &packed_length),
                     0);
    assert_int_equal(kyso_inflate(&arena, packed, packed_length, &png, &out, &out_length),
                     KYSO_OUTCOME_BAD_DOCUMENT);
    for (size_t n = 0; n < packed_length - 1; n++) {
        assert_int_equal(kyso_inflate(&arena, packed, n, &none, &out, &out_length),
                         KYSO_OUTCOME_BAD_DOCUMENT);
        refusals++;
    }
    assert_true(refusals > 5);
    assert_int_equal(kyso_deflate(&arena, zeros, (size_t)4 << 20, &packed, &packed_length), 0);
    budget.left -= (size_t)9 << 20;
    assert_int_equal(kyso_inflate(&arena, packed, packed_length, &none, &out, &out_length),
                     KYSO_OUTCOME_LIMIT);
    budget.left += (size_t)9 << 20;
    free(zeros);
}

static void boxes_go_there_and_back(void **state KYSO_UNUSED)
{
    static const uint32_t TURNS[] = {0, 90, 180, 270};
    struct kyso_pdf_box box = {20, 30, 100, 50};
    size_t passed = 0;

    for (size_t i = 0; i < KYSO_ARRAY_LEN(TURNS); i++) {
        struct kyso_pdf_page page = {1, TURNS[i], 2, {10, 20, 310, 420}};
        bool turned = TURNS[i] % 180 != 0;
        struct kyso_pdf_rect rect;
        struct kyso_pdf_box back;

        assert_true(kyso_pdf_box_to_rect(&page, &box, &rect));
        assert_true(rect.x0 >= 10 && rect.y0 >= 20 && rect.x1 <= 310 && rect.y1 <= 420);
        assert_int_equal((int)(rect.x1 - rect.x0 + 0.5), turned ? 25 : 50);
        back = kyso_pdf_rect_to_box(&page, &rect);
        assert_int_equal((int)(back.x + 0.5), 20);
        assert_int_equal((int)(back.y + 0.5), 30);
        assert_int_equal((int)(back.width + 0.5), 100);
        assert_int_equal((int)(back.height + 0.5), 50);
        back.width = turned ? 785 : 585; /* one point too many */
        assert_false(kyso_pdf_box_to_rect(&page, &back, &rect));
        back = (struct kyso_pdf_box){-1, 0, 5, 5};
        assert_false(kyso_pdf_box_to_rect(&page, &back, &rect));
        back = (struct kyso_pdf_box){0, 0, 0, 5};
        assert_false(kyso_pdf_box_to_rect(&page, &back, &rect));
        passed++;
    }
    assert_int_equal(passed, KYSO_ARRAY_LEN(TURNS));
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    static const struct CMUnitTest TESTS[] = {
        CASE(numbers),
        CASE(strings),
        CASE(names_and_words),
        CASE(arrays_and_dictionaries),
        CASE(many_keys),
        CASE(nesting_has_a_limit),
        CASE(the_budget_is_a_limit),
        CASE(equality),
        CASE(text_strings),
        CASE(text_strings_come_back),
        CASE(predictors),
        CASE(damaged_streams),
        CASE(boxes_go_there_and_back),
    };

    return cmocka_run_group_tests(TESTS, NULL, NULL);
}
