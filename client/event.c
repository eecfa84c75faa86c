/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/answer.h"

#include <errno.h>
#include <string.h>

#include "client/map.h"
#include "client/options.h"
#include "common/error.h"
#include "common/names.h"
#include "common/outcome.h"

/* Adds VALUE (taken over) under KEY; false without memory. */
static bool put(struct json_object *object, const char *key, struct json_object *value)
{
    if (json_object_object_add(object, key, value) == 0)
        return true;
    (void)json_object_put(value);
    return false;
}

static bool put_string(struct json_object *object, const char *key, const char *text)
{
    struct json_object *value = json_object_new_string(text);

    return value != NULL && put(object, key, value);
}

/* Puts the message's arguments under NAMES (ended by null) in turn. */
static bool put_arguments(struct json_object *event, DBusMessage *message, const char *const *names)
{
    DBusMessageIter iter;

    if (!dbus_message_iter_init(message, &iter))
        return names[0] == NULL;
    for (size_t i = 0; names[i] != NULL; i++) {
        struct json_object *value = NULL;

        if (dbus_message_iter_get_arg_type(&iter) == DBUS_TYPE_INVALID ||
            kyso_map_read(&iter, &value) < 0 || !put(event, names[i], value))
            return false;
        (void)dbus_message_iter_next(&iter);
    }
    return true;
}

static void report_progress(struct kyso_client *client, const struct kyso_map *event)
{
    const struct kyso_map *properties = kyso_map_child(event, "properties");

    if (client->progress != NULL)
        client->progress(client->progress_data, kyso_map_string(properties, "State"),
                         kyso_map_real(properties, "Progress"));
}

static bool is_own_job(const struct kyso_client *client, const char *path)
{
    return client->job != NULL && strcmp(client->job, path) == 0;
}

static const struct signal_row {
    const char *interface, *member, *signature, *event;
    const char *const names[4];
    bool own_path; /* the object is the sender's path, not an argument */
} SIGNALS[] = {
    {"org.freedesktop.DBus.ObjectManager",
     "InterfacesAdded",
     "oa{sa{sv}}",
     "added",
     {"path", "interfaces", NULL},
     false},
    {"org.freedesktop.DBus.ObjectManager",
     "InterfacesRemoved",
     "oas",
     "removed",
     {"path", "interfaces", NULL},
     false},
    {DBUS_INTERFACE_PROPERTIES,
     "PropertiesChanged",
     "sa{sv}as",
     "changed",
     {"interface", "properties", "invalidated", NULL},
     true},
    {KYSO_IFACE_TOKEN, "PinLocked", "", "pin-locked", {NULL}, true},
    {KYSO_IFACE_TOKEN, "PinUnlocked", "", "pin-unlocked", {NULL}, true},
    {KYSO_IFACE_RECOVERY, "Overdue", "", "overdue", {NULL}, true},
};

static void pass_on(struct kyso_client *client, const struct signal_row *row, DBusMessage *message)
{
    KYSO_JSON struct json_object *event = json_object_new_object();
    const char *path = dbus_message_get_path(message);

    if (event == NULL || !put_string(event, "event", row->event) ||
        (row->own_path && !put_string(event, "path", path)) ||
        !put_arguments(event, message, row->names))
        return;
    if (row->own_path && is_own_job(client, path))
        report_progress(client, kyso_map_from_json(event));
    if (client->event != NULL)
        client->event(client->event_data, kyso_map_from_json(event));
}

void kyso_event_handle(struct kyso_client *client, DBusMessage *message)
{
    for (size_t i = 0; i < KYSO_ARRAY_LEN(SIGNALS); i++) {
        const struct signal_row *row = &SIGNALS[i];

        if (dbus_message_is_signal(message, row->interface, row->member) &&
            dbus_message_has_signature(message, row->signature)) {
            pass_on(client, row, message);
            return;
        }
    }
}

void kyso_client_on_event(struct kyso_client *client, kyso_event_fn fn, void *data)
{
    client->event = fn;
    client->event_data = data;
}

void kyso_client_on_progress(struct kyso_client *client, kyso_progress_fn fn, void *data)
{
    client->progress = fn;
    client->progress_data = data;
}

/* Sends CALL, whose answer is one dictionary. */
static int ask_map(struct kyso_client *client, DBusMessage *call, const char *signature,
                   struct kyso_map **ret_map)
{
    KYSO_MESSAGE DBusMessage *reply = NULL;
    int r = kyso_bus_call(client, call, KYSO_CALL_MSEC, &reply);

    return r == 0 ? kyso_answer_value(client, reply, signature, NULL, ret_map) : r;
}

int kyso_objects(struct kyso_client *client, struct kyso_map **ret_objects)
{
    KYSO_MESSAGE DBusMessage *call =
        kyso_bus_method(KYSO_ROOT_PATH, "org.freedesktop.DBus.ObjectManager", "GetManagedObjects");

    if (call == NULL)
        return kyso_trace(-ENOMEM);
    return ask_map(client, call, "a{oa{sa{sv}}}", ret_objects);
}

static int ask_properties(struct kyso_client *client, const char *interface,
                          struct kyso_map **ret_properties)
{
    KYSO_MESSAGE DBusMessage *call =
        kyso_bus_method(KYSO_ROOT_PATH, DBUS_INTERFACE_PROPERTIES, "GetAll");

    if (call == NULL ||
        !dbus_message_append_args(call, DBUS_TYPE_STRING, &interface, DBUS_TYPE_INVALID))
        return kyso_trace(-ENOMEM);
    return ask_map(client, call, "a{sv}", ret_properties);
}

int kyso_service(struct kyso_client *client, struct kyso_map **ret_service)
{
    return ask_properties(client, KYSO_IFACE_MANAGER, ret_service);
}

int kyso_deadlines(struct kyso_client *client, struct kyso_map **ret_deadlines)
{
    return ask_properties(client, KYSO_IFACE_DEADLINES, ret_deadlines);
}

int kyso_deadline_begin(struct kyso_client *client, const char *kind, uint64_t at,
                        const struct kyso_options *options, struct kyso_map **ret_id)
{
    KYSO_MESSAGE DBusMessage *call = kyso_bus_method(KYSO_ROOT_PATH, KYSO_IFACE_DEADLINES, "Begin");
    KYSO_MESSAGE DBusMessage *reply = NULL;
    dbus_uint64_t since = at;
    DBusMessageIter iter;
    int r;

    if (client->calling)
        return kyso_trace(-EDEADLK);
    if (call == NULL)
        return kyso_trace(-ENOMEM);
    dbus_message_iter_init_append(call, &iter);
    r = kyso_bus_append_text(client, &iter, kind);
    if (r != 0)
        return r;
    if (!dbus_message_iter_append_basic(&iter, DBUS_TYPE_UINT64, &since))
        return kyso_trace(-ENOMEM);
    r = kyso_options_append(options, &iter);
    if (r > 0)
        return kyso_client_fail(client, r, "not-utf8");
    if (r == 0)
        r = kyso_bus_call(client, call, KYSO_CALL_MSEC, &reply);
    return r == 0 ? kyso_answer_value(client, reply, "s", "id", ret_id) : r;
}

int kyso_deadline_finish(struct kyso_client *client, const char *id, uint64_t at)
{
    KYSO_MESSAGE DBusMessage *call =
        kyso_bus_method(KYSO_ROOT_PATH, KYSO_IFACE_DEADLINES, "Finish");
    KYSO_MESSAGE DBusMessage *reply = NULL;
    dbus_uint64_t when = at;
    DBusMessageIter iter;
    int r;

    if (client->calling)
        return kyso_trace(-EDEADLK);
    if (call == NULL)
        return kyso_trace(-ENOMEM);
    dbus_message_iter_init_append(call, &iter);
    r = kyso_bus_append_text(client, &iter, id);
    if (r == 0 && !dbus_message_iter_append_basic(&iter, DBUS_TYPE_UINT64, &when))
        r = kyso_trace(-ENOMEM);
    return r == 0 ? kyso_bus_call(client, call, KYSO_CALL_MSEC, &reply) : r;
}
