/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/options.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "common/error.h"
#include "common/outcome.h"
#include "common/text.h"

enum option_type {
    OPTION_STRING,
    OPTION_STRINGS,
    OPTION_NUMBER,
    OPTION_BOOL,
    OPTION_FD,
    OPTION_BOX
};

struct option {
    struct option *next;
    char *key;
    enum option_type type;
    char **strings; /* OPTION_STRING: one */
    size_t n_strings;
    dbus_uint32_t number; /* and the boolean */
    int fd;
    double box[4];
};

struct kyso_options {
    struct option *first;
    struct option **end;
    int error;
};

struct kyso_options *kyso_options_new(void)
{
    struct kyso_options *options = calloc(1, sizeof(*options));

    if (options != NULL)
        options->end = &options->first;
    return options;
}

static struct option *option_free(struct option *option)
{
    if (option == NULL)
        return NULL;
    for (size_t i = 0; i < option->n_strings; i++)
        free(option->strings[i]);
    free(option->strings);
    free(option->key);
    kyso_close(&option->fd);
    free(option);
    return NULL;
}

struct kyso_options *kyso_options_free(struct kyso_options *options)
{
    if (options == NULL)
        return NULL;
    while (options->first != NULL) {
        struct option *option = options->first;

        options->first = option->next;
        (void)option_free(option);
    }
    free(options);
    return NULL;
}

/* A new entry at the end; null after a failure. */
static struct option *add(struct kyso_options *options, const char *key, enum option_type type)
{
    struct option *option;

    if (options == NULL || options->error != 0)
        return NULL;
    option = calloc(1, sizeof(*option));
    if (option != NULL) {
        option->fd = -1;
        option->type = type;
        option->key = strdup(key);
    }
    if (option == NULL || option->key == NULL) {
        (void)option_free(option);
        options->error = -ENOMEM;
        return NULL;
    }
    *options->end = option;
    options->end = &option->next;
    return option;
}

void kyso_options_strings(struct kyso_options *options, const char *key, const char *const *values,
                          size_t n)
{
    struct option *option = add(options, key, OPTION_STRINGS);

    if (option == NULL)
        return;
    option->strings = calloc(n + 1, sizeof(*option->strings));
    for (size_t i = 0; i < n && option->strings != NULL; i++) {
        if (!kyso_text_is_utf8(values[i], strlen(values[i]))) {
            options->error = KYSO_OUTCOME_BAD_ARGUMENT; /* libdbus would abort on it */
            return;
        }
        option->strings[i] = strdup(values[i]);
        if (option->strings[i] == NULL)
            break;
        option->n_strings++;
    }
    if (option->n_strings != n || option->strings == NULL)
        options->error = -ENOMEM;
}

void kyso_options_string(struct kyso_options *options, const char *key, const char *value)
{
    struct option *last;

    kyso_options_strings(options, key, &value, 1);
    if (options == NULL || options->error != 0)
        return;
    last = KYSO_CONTAINER_OF(options->end, struct option, next);
    last->type = OPTION_STRING;
}

void kyso_options_number(struct kyso_options *options, const char *key, uint32_t value)
{
    struct option *option = add(options, key, OPTION_NUMBER);

    if (option != NULL)
        option->number = value;
}

void kyso_options_bool(struct kyso_options *options, const char *key, bool value)
{
    struct option *option = add(options, key, OPTION_BOOL);

    if (option != NULL)
        option->number = value ? 1 : 0;
}

void kyso_options_fd(struct kyso_options *options, const char *key, int fd)
{
    struct option *option = add(options, key, OPTION_FD);

    if (option == NULL)
        return;
    option->fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    if (option->fd < 0)
        options->error = -errno;
}

void kyso_options_box(struct kyso_options *options, const char *key, const double box[4])
{
    struct option *option = add(options, key, OPTION_BOX);

    if (option != NULL)
        memcpy(option->box, box, sizeof(option->box));
}

static bool append_strings(DBusMessageIter *variant, const struct option *option)
{
    DBusMessageIter list;

    if (!dbus_message_iter_open_container(variant, DBUS_TYPE_ARRAY, "s", &list))
        return false;
    for (size_t i = 0; i < option->n_strings; i++) {
        if (!dbus_message_iter_append_basic(&list, DBUS_TYPE_STRING, &option->strings[i]))
            return false;
    }
    return dbus_message_iter_close_container(variant, &list);
}

static bool append_box(DBusMessageIter *variant, const struct option *option)
{
    DBusMessageIter box;

    if (!dbus_message_iter_open_container(variant, DBUS_TYPE_STRUCT, NULL, &box))
        return false;
    for (size_t i = 0; i < 4; i++) {
        if (!dbus_message_iter_append_basic(&box, DBUS_TYPE_DOUBLE, &option->box[i]))
            return false;
    }
    return dbus_message_iter_close_container(variant, &box);
}

static bool append_value(DBusMessageIter *variant, const struct option *option)
{
    switch (option->type) {
    case OPTION_STRING:
        return dbus_message_iter_append_basic(variant, DBUS_TYPE_STRING, &option->strings[0]);
    case OPTION_STRINGS:
        return append_strings(variant, option);
    case OPTION_NUMBER:
        return dbus_message_iter_append_basic(variant, DBUS_TYPE_UINT32, &option->number);
    case OPTION_BOOL:
        return dbus_message_iter_append_basic(variant, DBUS_TYPE_BOOLEAN, &option->number);
    case OPTION_FD:
        return dbus_message_iter_append_basic(variant, DBUS_TYPE_UNIX_FD, &option->fd);
    case OPTION_BOX:
        return append_box(variant, option);
    }
    return false;
}

static bool append_entry(DBusMessageIter *dictionary, const struct option *option)
{
    static const char *const SIGNATURES[] = {
        [OPTION_STRING] = "s", [OPTION_STRINGS] = "as", [OPTION_NUMBER] = "u",
        [OPTION_BOOL] = "b",   [OPTION_FD] = "h",       [OPTION_BOX] = "(dddd)",
    };
    DBusMessageIter entry, variant;

    return dbus_message_iter_open_container(dictionary, DBUS_TYPE_DICT_ENTRY, NULL, &entry) &&
           dbus_message_iter_append_basic(&entry, DBUS_TYPE_STRING, &option->key) &&
           dbus_message_iter_open_container(&entry, DBUS_TYPE_VARIANT, SIGNATURES[option->type],
                                            &variant) &&
           append_value(&variant, option) && dbus_message_iter_close_container(&entry, &variant) &&
           dbus_message_iter_close_container(dictionary, &entry);
}

int kyso_options_append(const struct kyso_options *options, DBusMessageIter *iter)
{
    DBusMessageIter dictionary;

    if (options != NULL && options->error != 0)
        return options->error;
    if (!dbus_message_iter_open_container(iter, DBUS_TYPE_ARRAY, "{sv}", &dictionary))
        return kyso_trace(-ENOMEM);
    for (const struct option *o = options == NULL ? NULL : options->first; o != NULL; o = o->next) {
        if (!append_entry(&dictionary, o))
            return kyso_trace(-ENOMEM);
    }
    return dbus_message_iter_close_container(iter, &dictionary) ? 0 : kyso_trace(-ENOMEM);
}

/* ---- fields of forms ---- */

/* KEY=VALUE becomes an entry of a{ss}. */
static int append_field(DBusMessageIter *array, const char *field)
{
    const char *equals = strchr(field, '=');
    KYSO_FREE char *key = equals != NULL ? strndup(field, (size_t)(equals - field)) : strdup(field);
    const char *value = equals != NULL ? equals + 1 : "";
    const char *name = key;
    DBusMessageIter entry;

    if (key == NULL)
        return -ENOMEM;
    if (!dbus_validate_utf8(key, NULL) || !dbus_validate_utf8(value, NULL))
        return KYSO_OUTCOME_BAD_ARGUMENT;
    return dbus_message_iter_open_container(array, DBUS_TYPE_DICT_ENTRY, NULL, &entry) &&
                   dbus_message_iter_append_basic(&entry, DBUS_TYPE_STRING, &name) &&
                   dbus_message_iter_append_basic(&entry, DBUS_TYPE_STRING, &value) &&
                   dbus_message_iter_close_container(array, &entry)
               ? 0
               : -ENOMEM;
}

int kyso_fields_append(DBusMessageIter *iter, const char *const *fields, size_t n)
{
    DBusMessageIter array;
    int r = 0;

    if (!dbus_message_iter_open_container(iter, DBUS_TYPE_ARRAY, "{ss}", &array))
        return -ENOMEM;
    for (size_t i = 0; r == 0 && i < n; i++)
        r = append_field(&array, fields[i]);
    if (r != 0)
        dbus_message_iter_abandon_container(iter, &array);
    else if (!dbus_message_iter_close_container(iter, &array))
        r = -ENOMEM;
    return r;
}
