/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Checked conversions. UTF-8 is tried with every letter there is and with the known ways to write
 * one wrongly. */

#include "tests/unit/unit.h"

#include "common/text.h"

static size_t encode(uint32_t letter, uint8_t *to)
{
    if (letter < 0x80) {
        to[0] = (uint8_t)letter;
        return 1;
    }
    if (letter < 0x800) {
        to[0] = (uint8_t)(0xc0 | letter >> 6);
        to[1] = (uint8_t)(0x80 | (letter & 0x3f));
        return 2;
    }
    if (letter < 0x10000) {
        to[0] = (uint8_t)(0xe0 | letter >> 12);
        to[1] = (uint8_t)(0x80 | (letter >> 6 & 0x3f));
        to[2] = (uint8_t)(0x80 | (letter & 0x3f));
        return 3;
    }
    to[0] = (uint8_t)(0xf0 | letter >> 18);
    to[1] = (uint8_t)(0x80 | (letter >> 12 & 0x3f));
    to[2] = (uint8_t)(0x80 | (letter >> 6 & 0x3f));
    to[3] = (uint8_t)(0x80 | (letter & 0x3f));
    return 4;
}

static void test_every_letter(void **state KYSO_UNUSED)
{
    size_t right = 0, all = 0;

    for (uint32_t letter = 0; letter <= 0x110fff; letter++) {
        uint8_t bytes[4];
        size_t length = encode(letter, bytes);
        bool is = letter <= 0x10ffff && (letter < 0xd800 || letter > 0xdfff);
        bool ok = kyso_text_is_utf8(bytes, length) == is;

        for (size_t cut = 1; cut < length; cut++)
            ok = ok && !kyso_text_is_utf8(bytes, cut);
        right += ok;
        all++;
    }
    UNIT_ALL("letters judged rightly", right, all);
}

static void test_wrong_forms(void **state KYSO_UNUSED)
{
    static const char *const WRONG[] = {
        "\x80", "\xbf", "\xc0\x80", "\xc0\xaf", "\xc1\xbf", "\xe0\x80\x80", "\xe0\x9f\xbf",
        "\xf0\x80\x80\x80", "\xf0\x8f\xbf\xbf", "\xed\xa0\x80", "\xed\xbf\xbf", "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80", "\xf8\x88\x80\x80\x80", "\xfe", "\xff", "\xc3(", "\xe1\xba(", "a\xc3",
    };
    size_t refused = 0;

    for (size_t i = 0; i < KYSO_ARRAY_LEN(WRONG); i++)
        refused += !kyso_text_is_utf8(WRONG[i], strlen(WRONG[i]));
    UNIT_ALL("wrong forms refused", refused, KYSO_ARRAY_LEN(WRONG));
    assert_true(kyso_text_is_utf8("", 0));
    assert_true(kyso_text_is_utf8("a\0b", 3));
}

static bool becomes(const char *bytes, size_t length, const char *expected)
{
    KYSO_FREE char *text = kyso_text_sanitize(bytes, length);
    bool same = text != NULL && strcmp(text, expected) == 0;

    if (!same)
        print_message("# got '%s' for '%s'\n", text, expected);
    return same && kyso_text_is_utf8(text, strlen(text));
}

static void test_sanitize(void **state KYSO_UNUSED)
{
#define BAD "\xef\xbf\xbd"
    assert_true(becomes("Nguyễn Văn A", strlen("Nguyễn Văn A"), "Nguyễn Văn A"));
    assert_true(becomes("label           ", 16, "label"));
    assert_true(becomes("   ", 3, ""));
    assert_true(becomes("", 0, ""));
    assert_true(becomes("a\0b", 3, "a" BAD "b"));
    assert_true(becomes("a\n\t\x1b\x7f", 5, "a" BAD BAD BAD BAD));
    assert_true(becomes("a\xff" "b", 3, "a" BAD "b"));
    assert_true(becomes("a\xc3(", 3, "a" BAD "("));
    /* A token cuts its label at 32 bytes, wherever that is. */
    assert_true(becomes("Nguy\xe1\xbb", 6, "Nguy"));
    assert_true(becomes("Nguy\xe1", 5, "Nguy"));
    assert_true(becomes("x \xf0\x9f\x98", 5, "x"));
    assert_true(becomes("\xed\xa0\x80", 3, BAD BAD BAD));
#undef BAD
}

static void test_hex(void **state KYSO_UNUSED)
{
    static const char *const WRONG[] = { "",      "0",     "00",      "0001",   "00010",
                                         "00010g", "0001 2", " 00010", "0x0102", "00-102" };
    uint8_t bytes[256], back[256], three[3];
    KYSO_FREE char *hex = NULL;
    KYSO_FREE char *none = kyso_text_hex("", 0);
    size_t refused = 0;

    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)i;
    hex = kyso_text_hex(bytes, sizeof(bytes));
    assert_int_equal(strlen(hex), 512);
    assert_memory_equal(hex + 2 * 0xab, "ABACADAE", 8);
    assert_true(kyso_text_from_hex(hex, back, sizeof(back)));
    assert_memory_equal(bytes, back, sizeof(bytes));
    assert_true(kyso_text_from_hex("aBcDeF", three, 3));
    assert_memory_equal(three, "\xab\xcd\xef", 3);
    assert_string_equal(none, "");
    for (size_t i = 0; i < KYSO_ARRAY_LEN(WRONG); i++)
        refused += !kyso_text_from_hex(WRONG[i], three, 3);
    UNIT_ALL("wrong hex refused", refused, KYSO_ARRAY_LEN(WRONG));
}

static void test_hex_digit(void **state KYSO_UNUSED)
{
    static const char DIGITS[] = "0123456789ABCDEF0123456789abcdef";
    size_t right = 0;

    for (unsigned c = 0; c < 256; c++) {
        const char *at = c != 0 ? strchr(DIGITS, (int)c) : NULL;

        right += kyso_text_hex_digit((uint8_t)c) == (at != NULL ? (at - DIGITS) % 16 : -1);
    }
    UNIT_ALL("bytes judged rightly", right, 256);
}

static void test_numbers(void **state KYSO_UNUSED)
{
    static const char *const WRONG[] = { "", "-1", "+1", " 1", "1 ", "0x1", "1.0", "1e3", "\xd9\xa1",
                                         "18446744073709551616", "28446744073709551615",
                                         "99999999999999999999999999" };
    uint64_t value = 0;
    size_t refused = 0;

    assert_true(kyso_text_to_u64("0", 0, &value) && value == 0);
    assert_true(kyso_text_to_u64("007", 7, &value) && value == 7);
    assert_true(kyso_text_to_u64("18446744073709551615", UINT64_MAX, &value));
    assert_true(value == UINT64_MAX);
    assert_false(kyso_text_to_u64("8", 7, &value));
    assert_false(kyso_text_to_u64("18446744073709551615", UINT64_MAX - 1, &value));
    assert_true(value == UINT64_MAX); /* not written on failure */
    for (size_t i = 0; i < KYSO_ARRAY_LEN(WRONG); i++)
        refused += !kyso_text_to_u64(WRONG[i], UINT64_MAX, &value);
    UNIT_ALL("wrong numbers refused", refused, KYSO_ARRAY_LEN(WRONG));
}

static void test_days(void **state KYSO_UNUSED)
{
    static const char *const WRONG[] = {
        "",           "2024-2-01",  "2024-02-1",  "20240201",   "2024/02/01", "2023-02-29",
        "1900-02-29", "2100-02-29", "2024-02-30", "2024-04-31", "2024-00-01", "2024-13-01",
        "2024-01-00", "2024-01-32", "2024-01-01 ", " 2024-01-01", "+024-01-01", "2024-1a-01",
    };
    uint32_t day = 0;
    char text[KYSO_TEXT_DAY_MAX];
    size_t refused = 0;

    assert_true(kyso_text_to_day("2024-02-29", &day) && day == 20240229);
    assert_true(kyso_text_to_day("2000-02-29", &day) && day == 20000229);
    assert_true(kyso_text_to_day("2025-12-31", &day) && day == 20251231);
    assert_true(kyso_text_to_day("2020-03-05", &day) && day == 20200305);
    for (size_t i = 0; i < KYSO_ARRAY_LEN(WRONG); i++)
        refused += !kyso_text_to_day(WRONG[i], &day);
    UNIT_ALL("days that are none refused", refused, KYSO_ARRAY_LEN(WRONG));
    assert_int_equal(day, 20200305);
    kyso_text_from_day(day, text);
    assert_string_equal(text, "2020-03-05");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_letter), cmocka_unit_test(test_wrong_forms),
        cmocka_unit_test(test_sanitize),     cmocka_unit_test(test_hex),
        cmocka_unit_test(test_hex_digit),
        cmocka_unit_test(test_numbers),      cmocka_unit_test(test_days),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
