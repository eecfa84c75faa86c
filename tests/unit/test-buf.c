/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The buffer and the cursor that everything between processes passes through. */

#include "tests/unit/unit.h"

#include <errno.h>

#include "common/buf.h"

static void test_what_is_put_is_got(void **state KYSO_UNUSED)
{
    KYSO_BUF struct kyso_buf buf = { 0 };
    struct kyso_cursor cursor;
    KYSO_FREE char *text = NULL;
    KYSO_FREE char *nothing = NULL;
    const uint8_t *blob;
    uint8_t raw[3];
    size_t length;

    kyso_buf_put_u8(&buf, 0xfe);
    kyso_buf_put_u16(&buf, 0xabcd);
    kyso_buf_put_u32(&buf, 0x12345678);
    kyso_buf_put_u64(&buf, UINT64_MAX - 1);
    kyso_buf_put_u8(&buf, 1);
    kyso_buf_put_string(&buf, "Ký số");
    kyso_buf_put_string(&buf, NULL);
    kyso_buf_put_blob(&buf, "\0\1", 2);
    kyso_buf_put_blob(&buf, NULL, 0);
    kyso_buf_put(&buf, "raw", 3);
    assert_int_equal(buf.error, 0);
    assert_memory_equal(buf.bytes, "\xfe\xcd\xab\x78\x56\x34\x12", 7); /* little-endian */

    cursor = kyso_cursor(buf.bytes, buf.length);
    assert_int_equal(kyso_cursor_u8(&cursor), 0xfe);
    assert_int_equal(kyso_cursor_u16(&cursor), 0xabcd);
    assert_int_equal(kyso_cursor_u32(&cursor), 0x12345678);
    assert_true(kyso_cursor_u64(&cursor) == UINT64_MAX - 1);
    assert_true(kyso_cursor_bool(&cursor));
    text = kyso_cursor_string(&cursor);
    assert_string_equal(text, "Ký số");
    nothing = kyso_cursor_string(&cursor);
    assert_string_equal(nothing, "");
    blob = kyso_cursor_blob(&cursor, &length);
    assert_int_equal(length, 2);
    assert_memory_equal(blob, "\0\1", 2);
    assert_non_null(kyso_cursor_blob(&cursor, &length));
    assert_int_equal(length, 0);
    assert_int_equal(kyso_cursor_end(&cursor), -EBADMSG); /* three bytes are left */
    kyso_cursor_bytes(&cursor, raw, sizeof(raw));
    assert_memory_equal(raw, "raw", 3);
    assert_int_equal(kyso_cursor_end(&cursor), 0);
}

static void test_maximum_is_kept_and_sticks(void **state KYSO_UNUSED)
{
    KYSO_BUF struct kyso_buf buf = { .maximum = 10 };

    kyso_buf_put(&buf, "123456", 6);
    kyso_buf_put_u32(&buf, 1);
    assert_int_equal(buf.error, 0);
    assert_int_equal(buf.length, 10);
    kyso_buf_put_u8(&buf, 1);
    assert_int_equal(buf.error, -EMSGSIZE);
    assert_int_equal(buf.length, 10);
    kyso_buf_put(&buf, "", 0); /* fits, but comes after a failure */
    assert_null(kyso_buf_reserve(&buf, 0));
    assert_null(kyso_buf_take_string(&buf));
    assert_int_equal(buf.error, -EMSGSIZE);
    kyso_buf_done(&buf);
    assert_int_equal(buf.error, 0);
    kyso_buf_printf(&buf, "%s", "12345678901");
    assert_int_equal(buf.error, -EMSGSIZE);
    kyso_buf_done(&buf);
    assert_null(kyso_buf_reserve(&buf, SIZE_MAX));
    assert_int_equal(buf.error, -EMSGSIZE);
}

static void test_strings_are_handed_over(void **state KYSO_UNUSED)
{
    KYSO_BUF struct kyso_buf buf = { 0 };
    KYSO_FREE char *text = NULL;

    assert_null(kyso_buf_take_string(&buf));
    for (int i = 0; i < 1000; i++)
        kyso_buf_printf(&buf, "%04d", i);
    text = kyso_buf_take_string(&buf);
    assert_int_equal(strlen(text), 4000);
    assert_string_equal(text + 3996, "0999");
    assert_null(buf.bytes);
    assert_int_equal(buf.length, 0);
}

/* Every field of a row, cut anywhere: the cursor fails and goes on failing, with zeros. */
static void test_cut_input_fails_and_sticks(void **state KYSO_UNUSED)
{
    KYSO_BUF struct kyso_buf buf = { 0 };
    size_t refused = 0;

    kyso_buf_put_u8(&buf, 7);
    kyso_buf_put_u16(&buf, 7);
    kyso_buf_put_u32(&buf, 7);
    kyso_buf_put_u64(&buf, 7);
    kyso_buf_put_string(&buf, "seven");
    for (size_t length = 0; length < buf.length; length++) {
        struct kyso_cursor cursor = kyso_cursor(buf.bytes, length);
        uint8_t rest[2] = { 9, 9 };
        size_t n = 9;

        (void)kyso_cursor_u8(&cursor);
        (void)kyso_cursor_u16(&cursor);
        (void)kyso_cursor_u32(&cursor);
        (void)kyso_cursor_u64(&cursor);
        assert_null(kyso_cursor_string(&cursor));
        assert_int_equal(kyso_cursor_u8(&cursor), 0);
        assert_null(kyso_cursor_blob(&cursor, &n));
        assert_int_equal(n, 0);
        kyso_cursor_bytes(&cursor, rest, sizeof(rest));
        assert_int_equal(rest[0] | rest[1], 0);
        refused += kyso_cursor_end(&cursor) == -EBADMSG;
    }
    UNIT_ALL("cut rows refused", refused, buf.length);
}

static void test_length_past_the_end_is_refused(void **state KYSO_UNUSED)
{
    static const uint8_t HUGE_LENGTH[] = { 0xff, 0xff, 0xff, 0xff, 'x' };
    struct kyso_cursor cursor = kyso_cursor(HUGE_LENGTH, sizeof(HUGE_LENGTH));
    size_t length;

    assert_null(kyso_cursor_blob(&cursor, &length));
    assert_int_equal(kyso_cursor_end(&cursor), -EBADMSG);
    cursor = kyso_cursor(NULL, 0);
    assert_int_equal(kyso_cursor_end(&cursor), 0);
    assert_int_equal(kyso_cursor_u8(&cursor), 0);
    assert_int_equal(kyso_cursor_end(&cursor), -EBADMSG);
}

static int string_error(const char *bytes, size_t length)
{
    KYSO_BUF struct kyso_buf buf = { 0 };
    KYSO_FREE char *text = NULL;
    struct kyso_cursor cursor;

    kyso_buf_put_blob(&buf, bytes, length);
    cursor = kyso_cursor(buf.bytes, buf.length);
    text = kyso_cursor_string(&cursor);
    assert_true((text == NULL) == (cursor.error != 0));
    return kyso_cursor_end(&cursor);
}

static void test_strings_are_text(void **state KYSO_UNUSED)
{
    assert_int_equal(string_error("plain", 5), 0);
    assert_int_equal(string_error("a\0b", 3), -EBADMSG);
    assert_int_equal(string_error("\0", 1), -EBADMSG);
    assert_int_equal(string_error("\xff", 1), -EBADMSG);
    assert_int_equal(string_error("\xc3", 1), -EBADMSG);
    assert_int_equal(string_error("\xc0\x80", 2), -EBADMSG);
}

static void test_narrow_values(void **state KYSO_UNUSED)
{
    size_t right = 0;

    for (unsigned int value = 0; value < 256; value++) {
        uint8_t byte = (uint8_t)value;
        struct kyso_cursor cursor = kyso_cursor(&byte, 1);
        int is = kyso_cursor_bool(&cursor);

        right += is == (value == 1) && kyso_cursor_end(&cursor) == (value > 1 ? -EBADMSG : 0);
    }
    UNIT_ALL("bytes as truth values", right, 256);
    for (uint32_t value = 0; value < 6; value++) {
        KYSO_BUF struct kyso_buf buf = { 0 };
        struct kyso_cursor cursor;

        kyso_buf_put_u32(&buf, value);
        cursor = kyso_cursor(buf.bytes, buf.length);
        assert_int_equal(kyso_cursor_below(&cursor, 4), value < 4 ? value : 0);
        assert_int_equal(kyso_cursor_end(&cursor), value < 4 ? 0 : -EBADMSG);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_put_is_got),
        cmocka_unit_test(test_maximum_is_kept_and_sticks),
        cmocka_unit_test(test_strings_are_handed_over),
        cmocka_unit_test(test_cut_input_fails_and_sticks),
        cmocka_unit_test(test_length_past_the_end_is_refused),
        cmocka_unit_test(test_strings_are_text),
        cmocka_unit_test(test_narrow_values),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
