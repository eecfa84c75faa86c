/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/change-message.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/buf.h"
#include "common/error.h"
#include "common/outcome.h"
#include "daemon/dict.h"

void kyso_changes_done(struct kyso_changes *changes)
{
    for (size_t i = 0; i < changes->n_owned; i++)
        free(changes->owned[i]);
    free(changes->owned);
    free(changes->list);
    *changes = (struct kyso_changes){0};
}

/* Takes TEXT over; null without memory. */
static const char *keep(struct kyso_changes *changes, char *text)
{
    char **grown =
        text == NULL ? NULL : reallocarray(changes->owned, changes->n_owned + 1, sizeof(*grown));

    if (grown == NULL) {
        free(text);
        return NULL;
    }
    changes->owned = grown;
    grown[changes->n_owned++] = text;
    return text;
}

static const char *number_text(struct kyso_changes *changes, DBusMessageIter *value)
{
    dbus_uint32_t number;
    char text[16];

    dbus_message_iter_get_basic(value, &number);
    (void)snprintf(text, sizeof(text), "%u", number);
    return keep(changes, strdup(text));
}

/* Commas part the names in the text. */
static const char *list_text(struct kyso_changes *changes, DBusMessageIter *value,
                             const char **ret_detail)
{
    KYSO_BUF struct kyso_buf text = {0};
    DBusMessageIter array;
    const char *name;

    kyso_buf_printf(&text, "%s", "");
    dbus_message_iter_recurse(value, &array);
    for (; dbus_message_iter_get_arg_type(&array) == DBUS_TYPE_STRING;
         dbus_message_iter_next(&array)) {
        dbus_message_iter_get_basic(&array, &name);
        if (*name == '\0' || strchr(name, ',') != NULL) {
            *ret_detail = "bad-user";
            return NULL;
        }
        kyso_buf_printf(&text, "%s%s", text.length > 0 ? "," : "", name);
    }
    if (text.error != 0)
        return NULL;
    return keep(changes, text.length > 0 ? kyso_buf_take_string(&text) : strdup(""));
}

/* The value as text; null with *RET_DETAIL, or without memory. */
static const char *value_text(struct kyso_changes *changes, DBusMessageIter *value,
                              const char *kind, const char **ret_detail)
{
    const char *text = NULL;
    dbus_bool_t flag;
    char *signature = dbus_message_iter_get_signature(value);
    bool right = signature != NULL && strcmp(signature, kind) == 0;

    dbus_free(signature);
    if (!right) {
        *ret_detail = "field-type";
        return NULL;
    }
    switch (kind[0]) {
    case 'b':
        dbus_message_iter_get_basic(value, &flag);
        return flag == TRUE ? "yes" : "no";
    case 'u':
        return number_text(changes, value);
    case 'a':
        return list_text(changes, value, ret_detail);
    default:
        dbus_message_iter_get_basic(value, &text);
        return text;
    }
}

static const char *kind_of(const struct kyso_field_kind *kinds, const char *name)
{
    for (; kinds->name != NULL; kinds++) {
        if (strcmp(kinds->name, name) == 0)
            return kinds->kind;
    }
    return "s";
}

static int read_field(DBusMessageIter *entry, const char *key_field,
                      const struct kyso_field_kind *kinds, struct kyso_changes *changes,
                      struct kyso_change *change, const char **ret_detail, const char **ret_field)
{
    DBusMessageIter value;
    const char *text;

    dbus_message_iter_get_basic(entry, ret_field);
    (void)dbus_message_iter_next(entry);
    dbus_message_iter_recurse(entry, &value);
    *ret_detail = NULL;
    text = value_text(changes, &value, kind_of(kinds, *ret_field), ret_detail);
    if (text == NULL)
        return *ret_detail != NULL ? KYSO_OUTCOME_BAD_ARGUMENT : kyso_trace(-ENOMEM);
    if (key_field != NULL && strcmp(*ret_field, key_field) == 0) {
        change->key = text;
        return 0;
    }
    if (change->n == KYSO_CHANGE_FIELDS_MAX) {
        *ret_detail = "too-many-fields";
        return KYSO_OUTCOME_BAD_ARGUMENT;
    }
    change->fields[change->n] = *ret_field;
    change->values[change->n++] = text;
    return 0;
}

static int read_dict(DBusMessageIter *iter, const char *key, const char *key_field,
                     const struct kyso_field_kind *kinds, struct kyso_changes *changes,
                     const char **ret_detail, const char **ret_field)
{
    struct kyso_change change = {.key = key};
    DBusMessageIter array, entry;
    int r = 0;

    dbus_message_iter_recurse(iter, &array);
    for (; r == 0 && dbus_message_iter_get_arg_type(&array) == DBUS_TYPE_DICT_ENTRY;
         (void)dbus_message_iter_next(&array)) {
        dbus_message_iter_recurse(&array, &entry);
        r = read_field(&entry, key_field, kinds, changes, &change, ret_detail, ret_field);
    }
    if (r == 0 && change.key == NULL) {
        *ret_detail = "missing";
        *ret_field = key_field;
        r = KYSO_OUTCOME_BAD_ARGUMENT;
    }
    if (r == 0)
        changes->list[changes->n++] = change;
    return r;
}

static int make_room(struct kyso_changes *changes, size_t n)
{
    *changes = (struct kyso_changes){.list = calloc(n + 1, sizeof(*changes->list))};
    return changes->list != NULL ? 0 : kyso_trace(-ENOMEM);
}

int kyso_changes_read_one(DBusMessageIter *iter, const char *key,
                          const struct kyso_field_kind *kinds, struct kyso_changes *changes,
                          const char **ret_detail, const char **ret_field)
{
    int r = make_room(changes, 1);

    return r == 0 ? read_dict(iter, key, NULL, kinds, changes, ret_detail, ret_field) : r;
}

int kyso_changes_read(DBusMessageIter *iter, const char *key_field,
                      const struct kyso_field_kind *kinds, struct kyso_changes *changes,
                      const char **ret_detail, const char **ret_field)
{
    int n = dbus_message_iter_get_element_count(iter);
    DBusMessageIter array;
    int r;

    *ret_field = NULL;
    if (n < 0 || n > KYSO_CHANGES_MAX) {
        *ret_detail = "entries";
        return KYSO_OUTCOME_LIMIT;
    }
    r = make_room(changes, (size_t)n);
    dbus_message_iter_recurse(iter, &array);
    for (int i = 0; r == 0 && i < n; i++) {
        r = read_dict(&array, NULL, key_field, kinds, changes, ret_detail, ret_field);
        (void)dbus_message_iter_next(&array);
    }
    return r;
}

void kyso_change_report_put(DBusMessageIter *to, const struct kyso_change_report *report,
                            const struct kyso_changes *changes, bool done)
{
    struct kyso_dict dict, entry;
    struct kyso_dict_list list;

    kyso_dict_open(&dict, to);
    kyso_dict_bool(&dict, "done", done);
    kyso_dict_u32(&dict, "added", (uint32_t)report->added);
    kyso_dict_u32(&dict, "changed", (uint32_t)report->changed);
    kyso_dict_u32(&dict, "unchanged", (uint32_t)report->unchanged);
    kyso_dict_list_open(&dict, "problems", &list);
    for (size_t i = 0; dict.ok && i < report->n_problems; i++) {
        const struct kyso_change_problem *problem = &report->problems[i];

        kyso_dict_open(&entry, &list.array);
        kyso_dict_u32(&entry, "index", (uint32_t)problem->index);
        kyso_dict_string(&entry, "key", changes->list[problem->index].key);
        kyso_dict_string(&entry, "field", problem->field);
        kyso_dict_string(&entry, "problem", problem->what);
        dict.ok = kyso_dict_close(&entry);
    }
    kyso_dict_list_close(&dict, &list);
    (void)kyso_dict_close(&dict);
}
