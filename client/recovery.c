/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/bus.h"

#include <errno.h>

#include "client/map.h"
#include "client/options.h"
#include "common/error.h"
#include "common/memfd.h"
#include "common/names.h"
#include "common/outcome.h"

/* Ends CALL with OPTIONS and sends it. */
static int finish(struct kyso_client *client, DBusMessage *call, DBusMessageIter *iter, bool ok,
                  const struct kyso_options *options, DBusMessage **ret_reply)
{
    int r = ok ? kyso_options_append(options, iter) : -ENOMEM;

    if (r > 0)
        return kyso_client_fail(client, r, "not-utf8");
    return r == 0 ? kyso_bus_call(client, call, -1, ret_reply) : kyso_trace(r);
}

static int begin(struct kyso_client *client, DBusMessage *call, DBusMessageIter *iter)
{
    if (client->calling)
        return kyso_trace(-EDEADLK);
    if (call == NULL)
        return kyso_trace(-ENOMEM);
    dbus_message_iter_init_append(call, iter);
    return 0;
}

/* The answer's only value, under KEY. */
static int take_value(struct kyso_client *client, DBusMessage *reply, const char *signature,
                      const char *key, struct kyso_map **ret_map)
{
    struct json_object *value = NULL, *map;
    DBusMessageIter iter;
    int r;

    if (!dbus_message_has_signature(reply, signature) || !dbus_message_iter_init(reply, &iter))
        return kyso_client_fail(client, KYSO_OUTCOME_FAILED, "bad-answer");
    r = kyso_map_read(&iter, &value);
    if (r < 0)
        return r;
    if (key == NULL) {
        *ret_map = kyso_map_from_json(value);
        return 0;
    }
    map = json_object_new_object();
    if (map == NULL || json_object_object_add(map, key, value) < 0) {
        (void)json_object_put(value);
        (void)json_object_put(map);
        return kyso_trace(-ENOMEM);
    }
    *ret_map = kyso_map_from_json(map);
    return 0;
}

static bool put_text(DBusMessageIter *iter, int type, const char *text)
{
    return dbus_message_iter_append_basic(iter, type, &text);
}

int kyso_recovery_start(struct kyso_client *client, const char *target, const char *incident,
                        struct kyso_map **ret_request)
{
    KYSO_MESSAGE DBusMessage *call = kyso_bus_method(KYSO_ROOT_PATH, KYSO_IFACE_RECOVERY, "Start");
    KYSO_MESSAGE DBusMessage *reply = NULL;
    DBusMessageIter iter;
    int r = begin(client, call, &iter);

    if (r == 0)
        r = finish(client, call, &iter,
                   put_text(&iter, DBUS_TYPE_OBJECT_PATH, target) &&
                       put_text(&iter, DBUS_TYPE_STRING, incident),
                   NULL, &reply);
    return r == 0 ? take_value(client, reply, "o", "request", ret_request) : r;
}

int kyso_recovery_combine(struct kyso_client *client, const char *const *requests, size_t n,
                          struct kyso_map **ret_letter)
{
    KYSO_MESSAGE DBusMessage *call =
        kyso_bus_method(KYSO_ROOT_PATH, KYSO_IFACE_RECOVERY, "Combine");
    KYSO_MESSAGE DBusMessage *reply = NULL;
    DBusMessageIter iter, array;
    int r = begin(client, call, &iter);
    bool ok;

    if (r != 0)
        return r;
    ok = dbus_message_iter_open_container(&iter, DBUS_TYPE_ARRAY, "o", &array);
    for (size_t i = 0; ok && i < n; i++)
        ok = put_text(&array, DBUS_TYPE_OBJECT_PATH, requests[i]);
    ok = ok && dbus_message_iter_close_container(&iter, &array);
    r = finish(client, call, &iter, ok, NULL, &reply);
    return r == 0 ? take_value(client, reply, "o", "letter", ret_letter) : r;
}

int kyso_recovery_fill(struct kyso_client *client, const char *request, const char *const *keys,
                       const char *const *values, size_t n)
{
    KYSO_MESSAGE DBusMessage *call = kyso_bus_method(request, KYSO_IFACE_RECOVERY, "Fill");
    KYSO_MESSAGE DBusMessage *reply = NULL;
    DBusMessageIter iter, array, entry;
    int r = begin(client, call, &iter);
    bool ok;

    if (r != 0)
        return r;
    ok = dbus_message_iter_open_container(&iter, DBUS_TYPE_ARRAY, "{ss}", &array);
    for (size_t i = 0; ok && i < n; i++) {
        if (!dbus_validate_utf8(keys[i], NULL) || !dbus_validate_utf8(values[i], NULL))
            return kyso_client_fail(client, KYSO_OUTCOME_BAD_ARGUMENT, "not-utf8");
        ok = dbus_message_iter_open_container(&array, DBUS_TYPE_DICT_ENTRY, NULL, &entry) &&
             put_text(&entry, DBUS_TYPE_STRING, keys[i]) &&
             put_text(&entry, DBUS_TYPE_STRING, values[i]) &&
             dbus_message_iter_close_container(&array, &entry);
    }
    ok = ok && dbus_message_iter_close_container(&iter, &array);
    return finish(client, call, &iter, ok, NULL, &reply);
}

int kyso_recovery_preview(struct kyso_client *client, const char *request,
                          const struct kyso_options *options, struct kyso_map **ret_report)
{
    KYSO_MESSAGE DBusMessage *call = kyso_bus_method(request, KYSO_IFACE_RECOVERY, "Preview");
    KYSO_MESSAGE DBusMessage *reply = NULL;
    DBusMessageIter iter;
    int r = begin(client, call, &iter);

    if (r == 0)
        r = finish(client, call, &iter, true, options, &reply);
    return r == 0 ? take_value(client, reply, "a{sv}", NULL, ret_report) : r;
}

static int take_file(struct kyso_client *client, DBusMessage *reply, int *ret_file,
                     struct kyso_map **ret_report)
{
    struct json_object *report = NULL;
    KYSO_CLOSE int file = -1;
    DBusMessageIter iter;
    uint64_t size;
    int r;

    if (!dbus_message_has_signature(reply, "ha{sv}") || !dbus_message_iter_init(reply, &iter))
        return kyso_client_fail(client, KYSO_OUTCOME_FAILED, "bad-answer");
    dbus_message_iter_get_basic(&iter, &file);
    if (file < 0)
        return kyso_trace(-EMFILE);
    if (kyso_memfd_check(file, UINT64_MAX, &size) != 0)
        return kyso_client_fail(client, KYSO_OUTCOME_FAILED, "bad-answer");
    (void)dbus_message_iter_next(&iter);
    r = kyso_map_read(&iter, &report);
    if (r < 0)
        return r;
    *ret_file = kyso_steal_fd(&file);
    *ret_report = kyso_map_from_json(report);
    return 0;
}

int kyso_recovery_render(struct kyso_client *client, const char *request, const char *format,
                         const struct kyso_options *options, int *ret_file,
                         struct kyso_map **ret_report)
{
    KYSO_MESSAGE DBusMessage *call = kyso_bus_method(request, KYSO_IFACE_RECOVERY, "Render");
    KYSO_MESSAGE DBusMessage *reply = NULL;
    DBusMessageIter iter;
    int r = begin(client, call, &iter);

    if (r == 0)
        r = finish(client, call, &iter, put_text(&iter, DBUS_TYPE_STRING, format), options, &reply);
    return r == 0 ? take_file(client, reply, ret_file, ret_report) : r;
}

int kyso_recovery_sent(struct kyso_client *client, const char *request, const char *to,
                       const char *how, uint64_t at)
{
    KYSO_MESSAGE DBusMessage *call = kyso_bus_method(request, KYSO_IFACE_RECOVERY, "MarkSent");
    KYSO_MESSAGE DBusMessage *reply = NULL;
    dbus_uint64_t when = at;
    DBusMessageIter iter;
    int r = begin(client, call, &iter);

    if (r == 0 && (!dbus_validate_utf8(to, NULL) || !dbus_validate_utf8(how, NULL)))
        return kyso_client_fail(client, KYSO_OUTCOME_BAD_ARGUMENT, "not-utf8");
    if (r == 0)
        r = finish(client, call, &iter,
                   put_text(&iter, DBUS_TYPE_STRING, to) &&
                       put_text(&iter, DBUS_TYPE_STRING, how) &&
                       dbus_message_iter_append_basic(&iter, DBUS_TYPE_UINT64, &when),
                   NULL, &reply);
    return r;
}

int kyso_recovery_end(struct kyso_client *client, const char *request, enum kyso_recovery_end end,
                      const char *reason)
{
    static const char *const METHODS[] = {"MarkRecovered", "MarkRevoked", "MarkRefused", "Cancel"};
    KYSO_MESSAGE DBusMessage *call = kyso_bus_method(request, KYSO_IFACE_RECOVERY, METHODS[end]);
    KYSO_MESSAGE DBusMessage *reply = NULL;
    bool with_reason = end == KYSO_RECOVERY_END_REFUSED || end == KYSO_RECOVERY_END_CANCELLED;
    DBusMessageIter iter;
    int r = begin(client, call, &iter);

    if (r == 0 && with_reason && !dbus_validate_utf8(reason, NULL))
        return kyso_client_fail(client, KYSO_OUTCOME_BAD_ARGUMENT, "not-utf8");
    if (r == 0)
        r = finish(client, call, &iter, !with_reason || put_text(&iter, DBUS_TYPE_STRING, reason),
                   NULL, &reply);
    return r;
}
