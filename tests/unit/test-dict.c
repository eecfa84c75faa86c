/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Options of a call: each kind is read, and what is unknown, of another type, too long or given
 * twice is refused by name. */

#include "tests/unit/unit.h"

#include <fcntl.h>

#include "common/outcome.h"
#include "daemon/dict.h"

struct values {
    const char *text, *other;
    bool flag;
    uint32_t number;
    int fd;
    double box[4];
    struct kyso_strings list;
};

static const char *detail, *name;

/* Reads the dictionary that is the only argument of MESSAGE. */
static int read_all(DBusMessage *message, struct values *values)
{
    const struct kyso_option options[] = {
        { "text", "s", &values->text, 5 },     { "other", "s", &values->other, 100 },
        { "flag", "b", &values->flag, 0 },     { "number", "u", &values->number, 0 },
        { "file", "h", &values->fd, 0 },       { "box", "(dddd)", values->box, 0 },
        { "list", "as", &values->list, 3 },
    };
    DBusMessageIter iter;

    detail = name = "";
    assert_true(dbus_message_iter_init(message, &iter));
    return kyso_options_read(&iter, options, KYSO_ARRAY_LEN(options), &detail, &name);
}

static DBusMessage *begin(DBusMessageIter *iter, struct kyso_dict *dict)
{
    DBusMessage *message = dbus_message_new(DBUS_MESSAGE_TYPE_METHOD_CALL);

    assert_non_null(message);
    dbus_message_iter_init_append(message, iter);
    kyso_dict_open(dict, iter);
    return message;
}

static void put_file(struct kyso_dict *dict, const char *key, int fd)
{
    DBusMessageIter entry, variant;

    assert_true(dbus_message_iter_open_container(&dict->array, 'e', NULL, &entry));
    assert_true(dbus_message_iter_append_basic(&entry, 's', &key));
    assert_true(dbus_message_iter_open_container(&entry, 'v', "h", &variant));
    assert_true(dbus_message_iter_append_basic(&variant, 'h', &fd));
    assert_true(dbus_message_iter_close_container(&entry, &variant));
    assert_true(dbus_message_iter_close_container(&dict->array, &entry));
}

static void put_box(struct kyso_dict *dict, const char *key)
{
    DBusMessageIter entry, variant, fields;

    assert_true(dbus_message_iter_open_container(&dict->array, 'e', NULL, &entry));
    assert_true(dbus_message_iter_append_basic(&entry, 's', &key));
    assert_true(dbus_message_iter_open_container(&entry, 'v', "(dddd)", &variant));
    assert_true(dbus_message_iter_open_container(&variant, 'r', NULL, &fields));
    for (int i = 1; i <= 4; i++) {
        double number = i * 1.5;

        assert_true(dbus_message_iter_append_basic(&fields, 'd', &number));
    }
    assert_true(dbus_message_iter_close_container(&variant, &fields));
    assert_true(dbus_message_iter_close_container(&entry, &variant));
    assert_true(dbus_message_iter_close_container(&dict->array, &entry));
}

static void test_each_kind_is_read(void **state KYSO_UNUSED)
{
    static const char *const LIST[] = { "một", "hai", "ba" };
    struct values values = { .fd = -1 };
    size_t fds = unit_count_fds();
    struct kyso_dict dict;
    DBusMessageIter iter;
    DBusMessage *message = begin(&iter, &dict);

    kyso_dict_string(&dict, "text", "12345");
    kyso_dict_bool(&dict, "flag", true);
    kyso_dict_u32(&dict, "number", UINT32_MAX);
    kyso_dict_strings(&dict, "list", LIST, 3);
    put_file(&dict, "file", 0);
    put_box(&dict, "box");
    assert_true(kyso_dict_close(&dict));
    assert_int_equal(read_all(message, &values), 0);
    assert_string_equal(values.text, "12345");
    assert_null(values.other); /* not given, not touched */
    assert_true(values.flag);
    assert_int_equal(values.number, UINT32_MAX);
    assert_int_equal(values.list.n, 3);
    assert_string_equal(values.list.values[2], "ba");
    assert_true(values.box[0] > 1.4 && values.box[3] > 5.9 && values.box[3] < 6.1);
    dbus_message_unref(message);
    assert_true(fcntl(values.fd, F_GETFD) >= 0); /* a duplicate of our own */
    kyso_close(&values.fd);
    assert_int_equal(unit_count_fds(), fds);
}

static void test_no_option_at_all(void **state KYSO_UNUSED)
{
    struct values values = { .fd = -1 };
    struct kyso_dict dict;
    DBusMessageIter iter;
    DBusMessage *message = begin(&iter, &dict);

    assert_true(kyso_dict_close(&dict));
    assert_int_equal(read_all(message, &values), 0);
    dbus_message_unref(message);
}

enum wrong {
    UNKNOWN,
    UNKNOWN_CASE,
    EMPTY_NAME,
    TYPE_OF_TEXT,
    TYPE_OF_FLAG,
    TYPE_OF_NUMBER,
    TYPE_OF_LIST,
    TYPE_OF_FILE,
    TYPE_OF_BOX,
    PATH_FOR_TEXT,
    TEXT_TOO_LONG,
    LIST_TOO_LONG,
    FILE_TWICE,
    TEXT_TWICE,
    FLAG_TWICE,
    LIST_TWICE,
    BOX_TWICE,
    WRONG_MAX
};

static void put_wrong(struct kyso_dict *dict, enum wrong wrong)
{
    static const char *const LIST[] = { "1", "2", "3", "4" };

    switch (wrong) {
    case UNKNOWN: kyso_dict_bool(dict, "colour", true); return;
    case UNKNOWN_CASE: kyso_dict_bool(dict, "Flag", true); return;
    case EMPTY_NAME: kyso_dict_bool(dict, "", true); return;
    case TYPE_OF_TEXT: kyso_dict_u32(dict, "text", 1); return;
    case TYPE_OF_FLAG: kyso_dict_string(dict, "flag", "yes"); return;
    case TYPE_OF_NUMBER: kyso_dict_i32(dict, "number", 1); return;
    case TYPE_OF_LIST: kyso_dict_string(dict, "list", "1"); return;
    case TYPE_OF_FILE: kyso_dict_u32(dict, "file", 0); return;
    case TYPE_OF_BOX: kyso_dict_strings(dict, "box", LIST, 4); return;
    case PATH_FOR_TEXT: kyso_dict_path(dict, "text", "/a"); return;
    case TEXT_TOO_LONG: kyso_dict_string(dict, "text", "123456"); return;
    case LIST_TOO_LONG: kyso_dict_strings(dict, "list", LIST, 4); return;
    case FILE_TWICE: put_file(dict, "file", 0), put_file(dict, "file", 1); return;
    case TEXT_TWICE:
        kyso_dict_string(dict, "text", "1");
        kyso_dict_string(dict, "text", "2");
        return;
    case FLAG_TWICE: kyso_dict_bool(dict, "flag", true), kyso_dict_bool(dict, "flag", false); return;
    case LIST_TWICE:
        kyso_dict_strings(dict, "list", LIST, 1);
        kyso_dict_strings(dict, "list", LIST, 1);
        return;
    case BOX_TWICE: put_box(dict, "box"), put_box(dict, "box"); return;
    case WRONG_MAX: return;
    }
}

static void test_wrong_options(void **state KYSO_UNUSED)
{
    static const struct {
        const char *detail, *name;
    } EXPECTED[WRONG_MAX] = {
        [UNKNOWN] = { "unknown-option", "colour" },
        [UNKNOWN_CASE] = { "unknown-option", "Flag" },
        [EMPTY_NAME] = { "unknown-option", "" },
        [TYPE_OF_TEXT] = { "option-type", "text" },
        [TYPE_OF_FLAG] = { "option-type", "flag" },
        [TYPE_OF_NUMBER] = { "option-type", "number" },
        [TYPE_OF_LIST] = { "option-type", "list" },
        [TYPE_OF_FILE] = { "option-type", "file" },
        [TYPE_OF_BOX] = { "option-type", "box" },
        [PATH_FOR_TEXT] = { "option-type", "text" },
        [TEXT_TOO_LONG] = { "option-too-long", "text" },
        [LIST_TOO_LONG] = { "option-too-long", "list" },
        [FILE_TWICE] = { "option-given-twice", "file" },
        [TEXT_TWICE] = { "option-given-twice", "text" },
        [FLAG_TWICE] = { "option-given-twice", "flag" },
        [LIST_TWICE] = { "option-given-twice", "list" },
        [BOX_TWICE] = { "option-given-twice", "box" },
    };
    size_t refused = 0, fds = unit_count_fds();

    for (enum wrong wrong = 0; wrong < WRONG_MAX; wrong++) {
        struct values values = { .fd = -1 };
        struct kyso_dict dict;
        DBusMessageIter iter;
        DBusMessage *message = begin(&iter, &dict);
        bool right;

        put_wrong(&dict, wrong);
        kyso_dict_string(&dict, "other", "what comes after");
        assert_true(kyso_dict_close(&dict));
        right = read_all(message, &values) == KYSO_OUTCOME_BAD_ARGUMENT &&
                strcmp(detail, EXPECTED[wrong].detail) == 0 &&
                strcmp(name, EXPECTED[wrong].name) == 0;
        if (!right)
            print_message("# case %d: %s '%s'\n", (int)wrong, detail, name);
        refused += right;
        dbus_message_unref(message);
        kyso_close(&values.fd);
    }
    UNIT_ALL("wrong options refused by name", refused, WRONG_MAX);
    assert_int_equal(unit_count_fds(), fds);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_kind_is_read),
        cmocka_unit_test(test_no_option_at_all),
        cmocka_unit_test(test_wrong_options),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    dbus_shutdown();
    return failed;
}
