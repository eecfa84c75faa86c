/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/answer.h"

#include <errno.h>

#include "client/map.h"
#include "client/options.h"
#include "common/error.h"
#include "common/names.h"
#include "common/outcome.h"

static bool append_strings(DBusMessageIter *iter, const char *const *values, size_t n)
{
    DBusMessageIter array;
    bool ok = dbus_message_iter_open_container(iter, DBUS_TYPE_ARRAY, "s", &array);

    for (size_t i = 0; ok && i < n; i++)
        ok = dbus_message_iter_append_basic(&array, DBUS_TYPE_STRING, &values[i]);
    return ok && dbus_message_iter_close_container(iter, &array);
}

int kyso_audit_verify(struct kyso_client *client, const char *const *heads, size_t n,
                      bool *ret_intact, struct kyso_map **ret_report)
{
    KYSO_MESSAGE DBusMessage *call = kyso_bus_method(KYSO_ROOT_PATH, KYSO_IFACE_AUDIT, "Verify");
    KYSO_MESSAGE DBusMessage *reply = NULL;
    struct json_object *report = NULL;
    DBusMessageIter iter;
    dbus_bool_t intact = FALSE;
    int r;

    if (client->calling)
        return kyso_trace(-EDEADLK);
    if (call == NULL)
        return kyso_trace(-ENOMEM);
    dbus_message_iter_init_append(call, &iter);
    if (!append_strings(&iter, heads, n))
        return kyso_trace(-ENOMEM);
    r = kyso_bus_call(client, call, -1, &reply);
    if (r == 0)
        r = kyso_answer_begin(client, reply, "ba{sv}", &iter);
    if (r != 0)
        return r;
    dbus_message_iter_get_basic(&iter, &intact);
    (void)dbus_message_iter_next(&iter);
    r = kyso_map_read(&iter, &report);
    if (r < 0)
        return r;
    *ret_intact = intact;
    *ret_report = kyso_map_from_json(report);
    return 0;
}

int kyso_audit_export(struct kyso_client *client, uint64_t from, int *ret_log, uint64_t *ret_next)
{
    KYSO_MESSAGE DBusMessage *call = kyso_bus_method(KYSO_ROOT_PATH, KYSO_IFACE_AUDIT, "Export");
    KYSO_MESSAGE DBusMessage *reply = NULL;
    dbus_uint64_t first = from, next = 0;
    DBusMessageIter iter;
    int r;

    if (client->calling)
        return kyso_trace(-EDEADLK);
    if (call == NULL)
        return kyso_trace(-ENOMEM);
    dbus_message_iter_init_append(call, &iter);
    if (!dbus_message_iter_append_basic(&iter, DBUS_TYPE_UINT64, &first) ||
        kyso_options_append(NULL, &iter) < 0)
        return kyso_trace(-ENOMEM);
    r = kyso_bus_call(client, call, -1, &reply);
    if (r == 0)
        r = kyso_answer_begin(client, reply, "hts", &iter);
    if (r == 0)
        r = kyso_answer_file(client, &iter, ret_log);
    if (r != 0)
        return r;
    dbus_message_iter_get_basic(&iter, &next);
    *ret_next = next;
    return 0;
}
