/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a kyso-draw that was taken over may say of a form: it is refused, or put into a message
 * without harm. libdbus and json-c abort on several of these. */

#include "tests/unit/unit.h"

#include <string.h>

#include "common/memfd.h"
#include "common/outcome.h"
#include "daemon/form-told.h"

static int read_text(const char *text, size_t length, struct kyso_form_told **ret_told)
{
    int file, r;

    assert_int_equal(kyso_memfd_from_bytes("told", text, length, &file), 0);
    r = kyso_form_told_read(file, ret_told);
    kyso_close(&file);
    return r;
}

/* Everything that is put anywhere, in one message. */
static bool put_all(const struct kyso_form_told *told)
{
    DBusMessage *message = dbus_message_new(DBUS_MESSAGE_TYPE_SIGNAL);
    struct kyso_dict report;
    DBusMessageIter to;
    bool ok;

    assert_non_null(message);
    dbus_message_iter_init_append(message, &to);
    kyso_dict_open(&report, &to);
    kyso_dict_string(&report, "number", kyso_form_told_text(told, "number"));
    kyso_dict_bool(&report, "complete", kyso_form_told_complete(told));
    kyso_dict_u32(&report, "rows", (uint32_t)kyso_form_told_rows(told));
    kyso_form_told_put_missing(told, &report);
    kyso_form_told_put_assumed(told, &report);
    kyso_form_told_put_fields(told, &report);
    ok = kyso_dict_close(&report);
    dbus_message_unref(message);
    return ok;
}

static void test_what_is_no_sheet(void **state KYSO_UNUSED)
{
    static const char *const WRONG[] = {
        "",
        "null",
        "7",
        "[]",
        "{}",
        "{",
        "{\"missing\":[]}",
        "{\"fields\":[]}",
        "{\"missing\":{},\"fields\":[]}",
        "{\"missing\":[],\"fields\":\"x\"}",
        "{\"missing\":null,\"fields\":null}",
        "{\"missing\":[],\"fields\":[],\"number\":\"\xff\"}",
        "{\"missing\":[],\"fields\":[{\"label\":\"\xed\xa0\x80\"}]}",
        "{\"missing\":[],\"fields\":[],\"assumed\":[\"\xc0\xaf\"]}",
        "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
    };
    size_t refused = 0;

    for (size_t i = 0; i < KYSO_ARRAY_LEN(WRONG); i++) {
        struct kyso_form_told *told = NULL;

        refused += read_text(WRONG[i], strlen(WRONG[i]), &told) == KYSO_OUTCOME_WORKER_DIED &&
                   told == NULL;
        (void)kyso_form_told_free(told);
    }
    UNIT_ALL("sheets refused", refused, KYSO_ARRAY_LEN(WRONG));
}

static void test_too_much(void **state KYSO_UNUSED)
{
    static char text[64 + 10001 * 2];
    struct kyso_form_told *told = NULL;
    size_t length = (size_t)sprintf(text, "{\"fields\":[],\"missing\":[");

    for (size_t i = 0; i < 10001; i++, length += 2)
        memcpy(text + length, i == 0 ? " 1" : ",1", 2);
    memcpy(text + length, "]}", 2);
    assert_int_equal(read_text(text, length + 2, &told), KYSO_OUTCOME_WORKER_DIED);
    memcpy(text + length - 2, "]}", 2); /* one less */
    assert_int_equal(read_text(text, length, &told), 0);
    assert_int_equal(kyso_form_told_missing(told), 10000);
    assert_true(put_all(told));
    (void)kyso_form_told_free(told);
}

static void test_strange_members(void **state KYSO_UNUSED)
{
    static const char *const MORE[] = {
        "\"tables\":[{\"rows\":\"x\"}]",
        "\"tables\":[null]",
        "\"tables\":\"x\"",
        "\"tables\":[[]]",
        "\"tables\":[{\"rows\":{}}]",
        "\"assumed\":[null]",
        "\"assumed\":[7,{},[],\"x\"]",
        "\"assumed\":{}",
        "\"assumed\":\"x\"",
        "\"number\":null",
        "\"number\":[]",
        "\"number\":\"a\\u0000b\"",
        "\"number\":\"\\ud800\"",
        "\"number\":\"\\udc00\"",
        "\"number\":\"\\ud800\\ud800\"",
        "\"complete\":\"no\"",
        "\"complete\":[]",
        "\"missing\":[null,7,[],\"x\",{\"key\":null,\"row\":\"x\"}]",
        "\"missing\":[{\"label\":\"\\udfff\",\"row\":-5e300}]",
        "\"fields\":[null,7,[],{\"choices\":[null]},{\"choices\":{}},{\"choices\":\"x\",\"row\":{}}"
        "]",
        "\"fields\":[{\"value\":{},\"printed\":[],\"optional\":{},\"row\":99999999999999999999}]",
    };
    size_t harmless = 0;
    char text[512];

    for (size_t i = 0; i < KYSO_ARRAY_LEN(MORE); i++) {
        struct kyso_form_told *told = NULL;
        int n = snprintf(text, sizeof(text), "{\"missing\":[],\"fields\":[],%s}", MORE[i]);

        harmless += read_text(text, (size_t)n, &told) == 0 && put_all(told);
        (void)kyso_form_told_free(told);
    }
    UNIT_ALL("strange sheets without harm", harmless, KYSO_ARRAY_LEN(MORE));
}

static void test_a_sheet(void **state KYSO_UNUSED)
{
    static const char TEXT[] =
        "{\"number\":\"Mẫu 14\",\"complete\":true,\"tables\":[{\"rows\":[{},{}]}],"
        "\"missing\":[{\"key\":\"a.b\",\"label\":\"Số\",\"source\":\"person\",\"row\":2}],"
        "\"fields\":[]}";
    struct kyso_form_told *told = NULL;

    assert_int_equal(read_text(TEXT, strlen(TEXT), &told), 0);
    assert_string_equal(kyso_form_told_text(told, "number"), "Mẫu 14");
    assert_string_equal(kyso_form_told_text(told, "name"), "");
    assert_true(kyso_form_told_complete(told));
    assert_int_equal(kyso_form_told_rows(told), 2);
    assert_int_equal(kyso_form_told_missing(told), 1);
    assert_true(put_all(told));
    (void)kyso_form_told_free(told);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_no_sheet),
        cmocka_unit_test(test_too_much),
        cmocka_unit_test(test_strange_members),
        cmocka_unit_test(test_a_sheet),
    };

    return cmocka_run_group_tests_name("form-told", tests, NULL, NULL);
}
