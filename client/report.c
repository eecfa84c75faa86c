/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/bus.h"

#include <errno.h>
#include <string.h>

#include "client/map.h"
#include "client/options.h"
#include "common/error.h"
#include "common/memfd.h"
#include "common/names.h"
#include "common/outcome.h"

static bool append_period(DBusMessageIter *iter, uint64_t from, uint64_t until)
{
    dbus_uint64_t first = from, end = until;

    return dbus_message_iter_append_basic(iter, DBUS_TYPE_UINT64, &first) &&
           dbus_message_iter_append_basic(iter, DBUS_TYPE_UINT64, &end);
}

/* The descriptor at ITER, checked. */
static int take_file(struct kyso_client *client, DBusMessageIter *iter, int *ret_file)
{
    KYSO_CLOSE int file = -1;
    uint64_t size;

    dbus_message_iter_get_basic(iter, &file);
    if (file < 0)
        return kyso_trace(-EMFILE);
    if (kyso_memfd_check(file, UINT64_MAX, &size) != 0)
        return kyso_client_fail(client, KYSO_OUTCOME_FAILED, "bad-answer");
    *ret_file = kyso_steal_fd(&file);
    return 0;
}

int kyso_report_count(struct kyso_client *client, uint64_t from, uint64_t until,
                      struct kyso_map **ret_numbers, int *ret_evidence)
{
    KYSO_MESSAGE DBusMessage *call = kyso_bus_method(KYSO_ROOT_PATH, KYSO_IFACE_REPORT, "Count");
    KYSO_MESSAGE DBusMessage *reply = NULL;
    struct json_object *numbers = NULL;
    DBusMessageIter iter;
    int r;

    if (client->calling)
        return kyso_trace(-EDEADLK);
    if (call == NULL)
        return kyso_trace(-ENOMEM);
    dbus_message_iter_init_append(call, &iter);
    if (!append_period(&iter, from, until) || kyso_options_append(NULL, &iter) < 0)
        return kyso_trace(-ENOMEM);
    r = kyso_bus_call(client, call, -1, &reply);
    if (r != 0)
        return r;
    if (!dbus_message_has_signature(reply, "a{sv}h") || !dbus_message_iter_init(reply, &iter))
        return kyso_client_fail(client, KYSO_OUTCOME_FAILED, "bad-answer");
    r = kyso_map_read(&iter, &numbers);
    (void)dbus_message_iter_next(&iter);
    if (r == 0)
        r = take_file(client, &iter, ret_evidence);
    if (r != 0) {
        json_object_put(numbers);
        return r;
    }
    *ret_numbers = kyso_map_from_json(numbers);
    return 0;
}

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

static int append_fields(DBusMessageIter *iter, const char *const *fields, size_t n)
{
    DBusMessageIter array;
    int r = dbus_message_iter_open_container(iter, DBUS_TYPE_ARRAY, "{ss}", &array) ? 0 : -ENOMEM;

    for (size_t i = 0; r == 0 && i < n; i++)
        r = append_field(&array, fields[i]);
    if (r == 0 && !dbus_message_iter_close_container(iter, &array))
        r = -ENOMEM;
    return r;
}

int kyso_report_make(struct kyso_client *client, const struct kyso_report *report, int *ret_file,
                     bool *ret_log_intact)
{
    KYSO_MESSAGE DBusMessage *call = kyso_bus_method(KYSO_ROOT_PATH, KYSO_IFACE_REPORT, "Make");
    KYSO_MESSAGE DBusMessage *reply = NULL;
    dbus_bool_t intact = FALSE;
    DBusMessageIter iter;
    int r;

    if (client->calling)
        return kyso_trace(-EDEADLK);
    if (call == NULL)
        return kyso_trace(-ENOMEM);
    dbus_message_iter_init_append(call, &iter);
    if (!dbus_message_iter_append_basic(&iter, DBUS_TYPE_STRING, &report->form) ||
        !dbus_message_iter_append_basic(&iter, DBUS_TYPE_STRING, &report->format) ||
        !append_period(&iter, report->from, report->until))
        return kyso_trace(-ENOMEM);
    r = append_fields(&iter, report->fields, report->n_fields);
    if (r == 0)
        r = kyso_options_append(report->options, &iter);
    if (r > 0)
        return kyso_client_fail(client, r, "not-utf8");
    if (r == 0)
        r = kyso_bus_call(client, call, -1, &reply);
    if (r != 0)
        return r;
    if (!dbus_message_has_signature(reply, "hb") || !dbus_message_iter_init(reply, &iter))
        return kyso_client_fail(client, KYSO_OUTCOME_FAILED, "bad-answer");
    r = take_file(client, &iter, ret_file);
    (void)dbus_message_iter_next(&iter);
    dbus_message_iter_get_basic(&iter, &intact);
    *ret_log_intact = intact;
    return r;
}
