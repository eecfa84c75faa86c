/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/dict.h"

#include <string.h>

#include "common/macros.h"
#include "common/outcome.h"

void kyso_dict_open(struct kyso_dict *dict, DBusMessageIter *parent)
{
    dict->parent = parent;
    dict->ok = dbus_message_iter_open_container(parent, DBUS_TYPE_ARRAY, "{sv}", &dict->array);
}

static void put_basic(struct kyso_dict *dict, const char *key, int type, const char *signature,
                      const void *value)
{
    DBusMessageIter entry, variant;

    dict->ok = dict->ok &&
               dbus_message_iter_open_container(&dict->array, DBUS_TYPE_DICT_ENTRY, NULL, &entry) &&
               dbus_message_iter_append_basic(&entry, DBUS_TYPE_STRING, &key) &&
               dbus_message_iter_open_container(&entry, DBUS_TYPE_VARIANT, signature, &variant) &&
               dbus_message_iter_append_basic(&variant, type, value) &&
               dbus_message_iter_close_container(&entry, &variant) &&
               dbus_message_iter_close_container(&dict->array, &entry);
}

void kyso_dict_string(struct kyso_dict *dict, const char *key, const char *value)
{
    const char *text = value != NULL ? value : "";

    put_basic(dict, key, DBUS_TYPE_STRING, "s", &text);
}

void kyso_dict_path(struct kyso_dict *dict, const char *key, const char *value)
{
    put_basic(dict, key, DBUS_TYPE_OBJECT_PATH, "o", &value);
}

void kyso_dict_bool(struct kyso_dict *dict, const char *key, bool value)
{
    dbus_bool_t number = value;

    put_basic(dict, key, DBUS_TYPE_BOOLEAN, "b", &number);
}

void kyso_dict_u32(struct kyso_dict *dict, const char *key, uint32_t value)
{
    put_basic(dict, key, DBUS_TYPE_UINT32, "u", &value);
}

void kyso_dict_i32(struct kyso_dict *dict, const char *key, int32_t value)
{
    put_basic(dict, key, DBUS_TYPE_INT32, "i", &value);
}

void kyso_dict_u64(struct kyso_dict *dict, const char *key, uint64_t value)
{
    put_basic(dict, key, DBUS_TYPE_UINT64, "t", &value);
}

void kyso_dict_strings(struct kyso_dict *dict, const char *key, const char *const *values, size_t n)
{
    DBusMessageIter entry, variant, array;

    dict->ok = dict->ok &&
               dbus_message_iter_open_container(&dict->array, DBUS_TYPE_DICT_ENTRY, NULL, &entry) &&
               dbus_message_iter_append_basic(&entry, DBUS_TYPE_STRING, &key) &&
               dbus_message_iter_open_container(&entry, DBUS_TYPE_VARIANT, "as", &variant) &&
               dbus_message_iter_open_container(&variant, DBUS_TYPE_ARRAY, "s", &array);
    for (size_t i = 0; dict->ok && i < n; i++)
        dict->ok = dbus_message_iter_append_basic(&array, DBUS_TYPE_STRING, &values[i]);
    dict->ok = dict->ok && dbus_message_iter_close_container(&variant, &array) &&
               dbus_message_iter_close_container(&entry, &variant) &&
               dbus_message_iter_close_container(&dict->array, &entry);
}

void kyso_dict_list_open(struct kyso_dict *dict, const char *key, struct kyso_dict_list *list)
{
    dict->ok =
        dict->ok &&
        dbus_message_iter_open_container(&dict->array, DBUS_TYPE_DICT_ENTRY, NULL, &list->entry) &&
        dbus_message_iter_append_basic(&list->entry, DBUS_TYPE_STRING, &key) &&
        dbus_message_iter_open_container(&list->entry, DBUS_TYPE_VARIANT, "aa{sv}",
                                         &list->variant) &&
        dbus_message_iter_open_container(&list->variant, DBUS_TYPE_ARRAY, "a{sv}", &list->array);
}

void kyso_dict_list_close(struct kyso_dict *dict, struct kyso_dict_list *list)
{
    dict->ok = dict->ok && dbus_message_iter_close_container(&list->variant, &list->array) &&
               dbus_message_iter_close_container(&list->entry, &list->variant) &&
               dbus_message_iter_close_container(&dict->array, &list->entry);
}

bool kyso_dict_close(struct kyso_dict *dict)
{
    dict->ok = dict->ok && dbus_message_iter_close_container(dict->parent, &dict->array);
    return dict->ok;
}

static bool read_strings(DBusMessageIter *value, struct kyso_strings *strings, size_t maximum)
{
    DBusMessageIter array;

    dbus_message_iter_recurse(value, &array);
    for (; dbus_message_iter_get_arg_type(&array) == DBUS_TYPE_STRING;
         dbus_message_iter_next(&array)) {
        if (strings->n >= maximum || strings->n >= KYSO_ARRAY_LEN(strings->values))
            return false;
        dbus_message_iter_get_basic(&array, &strings->values[strings->n++]);
    }
    return true;
}

static const char *read_value(DBusMessageIter *value, const struct kyso_option *option)
{
    DBusMessageIter fields;
    dbus_bool_t flag;
    double *numbers;

    switch (option->kind[0]) {
    case 's':
        dbus_message_iter_get_basic(value, option->value);
        return strlen(*(const char **)option->value) <= option->maximum ? NULL : "option-too-long";
    case 'b':
        dbus_message_iter_get_basic(value, &flag);
        *(bool *)option->value = flag == TRUE;
        return NULL;
    case '(':
        numbers = option->value;
        dbus_message_iter_recurse(value, &fields);
        for (size_t i = 0; i < 4; i++) {
            dbus_message_iter_get_basic(&fields, &numbers[i]);
            dbus_message_iter_next(&fields);
        }
        return NULL;
    case 'a':
        return read_strings(value, option->value, option->maximum) ? NULL : "option-too-long";
    default:
        dbus_message_iter_get_basic(value, option->value);
        return NULL;
    }
}

/* SEEN: a bit for each option that was read before. */
static const char *read_option(DBusMessageIter *entry, const struct kyso_option *options, size_t n,
                               uint64_t *seen, const char **ret_name)
{
    DBusMessageIter value;

    dbus_message_iter_get_basic(entry, ret_name);
    dbus_message_iter_next(entry);
    dbus_message_iter_recurse(entry, &value);
    for (size_t i = 0; i < n; i++) {
        char *signature;
        bool right;

        if (strcmp(options[i].name, *ret_name) != 0)
            continue;
        if ((*seen & (UINT64_C(1) << i)) != 0)
            return "option-given-twice";
        *seen |= UINT64_C(1) << i;
        signature = dbus_message_iter_get_signature(&value);
        right = signature != NULL && strcmp(signature, options[i].kind) == 0;
        dbus_free(signature);
        return right ? read_value(&value, &options[i]) : "option-type";
    }
    return "unknown-option";
}

int kyso_options_read(DBusMessageIter *iter, const struct kyso_option *options, size_t n,
                      const char **ret_detail, const char **ret_name)
{
    DBusMessageIter array;
    uint64_t seen = 0;

    dbus_message_iter_recurse(iter, &array);
    for (; dbus_message_iter_get_arg_type(&array) == DBUS_TYPE_DICT_ENTRY;
         dbus_message_iter_next(&array)) {
        DBusMessageIter entry;
        const char *what;

        dbus_message_iter_recurse(&array, &entry);
        what = read_option(&entry, options, n, &seen, ret_name);
        if (what != NULL) {
            *ret_detail = what;
            return KYSO_OUTCOME_BAD_ARGUMENT;
        }
    }
    return 0;
}
