/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/answer.h"

#include <errno.h>

#include "client/options.h"
#include "common/error.h"
#include "common/names.h"
#include "common/outcome.h"

/* Ends CALL with OPTIONS and sends it. */
static int finish(struct kyso_client *client, DBusMessage *call, DBusMessageIter *iter,
                  const struct kyso_options *options, DBusMessage **ret_reply)
{
    int r = kyso_options_append(options, iter);

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

static int append_path(DBusMessageIter *iter, const char *path)
{
    return dbus_message_iter_append_basic(iter, DBUS_TYPE_OBJECT_PATH, &path) ? 0
                                                                              : kyso_trace(-ENOMEM);
}

int kyso_recovery_start(struct kyso_client *client, const char *target, const char *incident,
                        struct kyso_map **ret_request)
{
    KYSO_MESSAGE DBusMessage *call = kyso_bus_method(KYSO_ROOT_PATH, KYSO_IFACE_RECOVERY, "Start");
    KYSO_MESSAGE DBusMessage *reply = NULL;
    DBusMessageIter iter;
    int r = begin(client, call, &iter);

    if (r == 0)
        r = append_path(&iter, target);
    if (r == 0)
        r = kyso_bus_append_text(client, &iter, incident);
    if (r == 0)
        r = finish(client, call, &iter, NULL, &reply);
    return r == 0 ? kyso_answer_value(client, reply, "o", "request", ret_request) : r;
}

int kyso_recovery_combine(struct kyso_client *client, const char *const *requests, size_t n,
                          struct kyso_map **ret_letter)
{
    KYSO_MESSAGE DBusMessage *call =
        kyso_bus_method(KYSO_ROOT_PATH, KYSO_IFACE_RECOVERY, "Combine");
    KYSO_MESSAGE DBusMessage *reply = NULL;
    DBusMessageIter iter, array;
    int r = begin(client, call, &iter);

    if (r != 0)
        return r;
    if (!dbus_message_iter_open_container(&iter, DBUS_TYPE_ARRAY, "o", &array))
        return kyso_trace(-ENOMEM);
    for (size_t i = 0; r == 0 && i < n; i++)
        r = append_path(&array, requests[i]);
    if (!dbus_message_iter_close_container(&iter, &array) && r == 0)
        r = kyso_trace(-ENOMEM);
    if (r == 0)
        r = finish(client, call, &iter, NULL, &reply);
    return r == 0 ? kyso_answer_value(client, reply, "o", "letter", ret_letter) : r;
}

int kyso_recovery_fill(struct kyso_client *client, const char *request, const char *const *fields,
                       size_t n)
{
    KYSO_MESSAGE DBusMessage *call = kyso_bus_method(request, KYSO_IFACE_RECOVERY, "Fill");
    KYSO_MESSAGE DBusMessage *reply = NULL;
    DBusMessageIter iter;
    int r = begin(client, call, &iter);

    if (r == 0)
        r = kyso_fields_append(&iter, fields, n);
    if (r > 0)
        return kyso_client_fail(client, r, "not-utf8");
    return r == 0 ? finish(client, call, &iter, NULL, &reply) : r;
}

int kyso_recovery_preview(struct kyso_client *client, const char *request,
                          const struct kyso_options *options, struct kyso_map **ret_report)
{
    KYSO_MESSAGE DBusMessage *call = kyso_bus_method(request, KYSO_IFACE_RECOVERY, "Preview");
    KYSO_MESSAGE DBusMessage *reply = NULL;
    DBusMessageIter iter;
    int r = begin(client, call, &iter);

    if (r == 0)
        r = finish(client, call, &iter, options, &reply);
    return r == 0 ? kyso_answer_value(client, reply, "a{sv}", NULL, ret_report) : r;
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
        r = kyso_bus_append_text(client, &iter, format);
    if (r == 0)
        r = finish(client, call, &iter, options, &reply);
    return r == 0 ? kyso_answer_report(client, reply, ret_file, ret_report) : r;
}

int kyso_recovery_sent(struct kyso_client *client, const char *request, const char *to,
                       const char *how, uint64_t at)
{
    KYSO_MESSAGE DBusMessage *call = kyso_bus_method(request, KYSO_IFACE_RECOVERY, "MarkSent");
    KYSO_MESSAGE DBusMessage *reply = NULL;
    dbus_uint64_t when = at;
    DBusMessageIter iter;
    int r = begin(client, call, &iter);

    if (r == 0)
        r = kyso_bus_append_text(client, &iter, to);
    if (r == 0)
        r = kyso_bus_append_text(client, &iter, how);
    if (r == 0 && !dbus_message_iter_append_basic(&iter, DBUS_TYPE_UINT64, &when))
        r = kyso_trace(-ENOMEM);
    return r == 0 ? finish(client, call, &iter, NULL, &reply) : r;
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

    if (r == 0 && with_reason)
        r = kyso_bus_append_text(client, &iter, reason);
    return r == 0 ? finish(client, call, &iter, NULL, &reply) : r;
}
