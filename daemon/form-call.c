/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/form-call.h"

#include <errno.h>
#include <json-c/json.h>
#include <string.h>

#include "common/error.h"
#include "common/memfd.h"
#include "common/outcome.h"
#include "config.h"

#define FOLDER KYSO_PKGDATADIR "/forms"
#define KEY_MAX 64U
#define VALUE_MAX 4096U
#define DEPTH_MAX 16 /* of a form that kyso-draw takes */

static const char *const FORMATS[KYSO_FORM_FORMAT_MAX] = {"pdf", "odt", "json", "csv"};

const char *kyso_form_format_name(enum kyso_form_format format)
{
    return format < KYSO_FORM_FORMAT_MAX ? FORMATS[format] : "";
}

bool kyso_form_format_from_name(const char *name, enum kyso_form_format *ret_format)
{
    for (enum kyso_form_format i = 0; i < KYSO_FORM_FORMAT_MAX; i++) {
        if (strcmp(FORMATS[i], name) == 0) {
            *ret_format = i;
            return true;
        }
    }
    return false;
}

static bool is_key(const char *key)
{
    size_t length = strlen(key);

    return length <= KEY_MAX && strchr(key, '.') != NULL &&
           strspn(key, "abcdefghijklmnopqrstuvwxyz0123456789-.") == length;
}

int kyso_form_fields_read(DBusMessageIter *iter, struct kyso_form_values *values,
                          bool (*reserved)(const char *key), const char **ret_detail)
{
    DBusMessageIter array, entry;
    size_t n = 0;

    dbus_message_iter_recurse(iter, &array);
    for (; dbus_message_iter_get_arg_type(&array) == DBUS_TYPE_DICT_ENTRY;
         (void)dbus_message_iter_next(&array)) {
        const char *key, *value;

        dbus_message_iter_recurse(&array, &entry);
        dbus_message_iter_get_basic(&entry, &key);
        (void)dbus_message_iter_next(&entry);
        dbus_message_iter_get_basic(&entry, &value);
        *ret_detail = "fields";
        if (++n > KYSO_FORM_FIELDS_MAX)
            return KYSO_OUTCOME_LIMIT;
        *ret_detail = "field";
        if (strlen(value) > VALUE_MAX || !is_key(key) || reserved(key))
            return KYSO_OUTCOME_BAD_ARGUMENT;
        kyso_form_values_text(values, "", key, value);
    }
    *ret_detail = NULL;
    return 0;
}

int kyso_form_make(struct kyso_loop *loop, struct kyso_audit *audit, const char *form,
                   enum kyso_form_format format, struct kyso_form_values *values, kyso_form_fn fn,
                   void *data, struct kyso_form_call **ret_call, const char **ret_detail)
{
    struct kyso_form_request request = {.format = format};
    KYSO_CLOSE int form_file = -1, values_file = -1;
    int r = kyso_form_open(FOLDER, form, KYSO_JAIL_STRICT, &form_file);

    *ret_detail = r == KYSO_OUTCOME_NOT_FOUND ? "no-such-form" : NULL;
    if (r == 0)
        r = kyso_form_values_seal(values, audit, &values_file);
    if (r != 0)
        return r;
    request.form = form_file;
    request.values = values_file;
    return kyso_form_set(loop, &request, fn, data, ret_call);
}

static bool repeats(struct json_object *value, int depth)
{
    struct json_object *table = NULL;

    if (depth == 0)
        return false;
    if (json_object_is_type(value, json_type_array)) {
        for (size_t i = 0; i < json_object_array_length(value); i++) {
            if (repeats(json_object_array_get_idx(value, i), depth - 1))
                return true;
        }
        return false;
    }
    if (!json_object_is_type(value, json_type_object))
        return false;
    if (json_object_object_get_ex(value, "each", NULL))
        return true;
    if (json_object_object_get_ex(value, "table", &table) &&
        !json_object_object_get_ex(table, "fixed-rows", NULL))
        return true;
    json_object_object_foreach(value, key, member)
    {
        (void)key;
        if (repeats(member, depth - 1))
            return true;
    }
    return false;
}

int kyso_form_takes_rows(const char *form, bool *ret_takes_rows)
{
    KYSO_CLOSE int file = -1;
    KYSO_FREE char *text = NULL;
    struct json_object *definition;
    uint64_t size = 0;
    int r = kyso_form_open(FOLDER, form, KYSO_JAIL_STRICT, &file);

    if (r == 0)
        r = kyso_memfd_check(file, KYSO_FORM_FORM_MAX, &size);
    if (r != 0)
        return r;
    text = malloc((size_t)size + 1);
    if (text == NULL)
        return kyso_trace(-ENOMEM);
    r = kyso_fd_read_at(file, text, (size_t)size, 0);
    if (r < 0)
        return r;
    text[size] = '\0';
    definition = json_tokener_parse(text);
    if (definition == NULL)
        return KYSO_OUTCOME_BAD_ARGUMENT;
    *ret_takes_rows = repeats(definition, DEPTH_MAX);
    json_object_put(definition);
    return 0;
}
