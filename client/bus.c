/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/bus.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "client/map.h"
#include "common/clock.h"
#include "common/error.h"
#include "common/names.h"
#include "common/outcome.h"

#define OWNER_RULE                                                                                 \
    "type='signal',sender='org.freedesktop.DBus',member='NameOwnerChanged',arg0='" KYSO_BUS_NAME "'"

/* What errors of the bus and of libdbus mean here. */
static const struct {
    const char *name;
    int outcome;
    const char *detail;
} STANDARD_ERRORS[] = {
    {DBUS_ERROR_SERVICE_UNKNOWN, KYSO_OUTCOME_FAILED, "service-unavailable"},
    {DBUS_ERROR_NAME_HAS_NO_OWNER, KYSO_OUTCOME_FAILED, "service-unavailable"},
    {DBUS_ERROR_NO_REPLY, KYSO_OUTCOME_FAILED, "service-gone"},
    {DBUS_ERROR_TIMEOUT, KYSO_OUTCOME_TIMED_OUT, "no-reply"},
    {DBUS_ERROR_TIMED_OUT, KYSO_OUTCOME_TIMED_OUT, "no-reply"},
    {DBUS_ERROR_DISCONNECTED, KYSO_OUTCOME_FAILED, "disconnected"},
    {DBUS_ERROR_ACCESS_DENIED, KYSO_OUTCOME_NOT_AUTHORISED, "bus-denied"},
    {DBUS_ERROR_AUTH_FAILED, KYSO_OUTCOME_NOT_AUTHORISED, "bus-denied"},
    {DBUS_ERROR_LIMITS_EXCEEDED, KYSO_OUTCOME_LIMIT, "bus-limit"},
    {DBUS_ERROR_UNKNOWN_METHOD, KYSO_OUTCOME_UNSUPPORTED, "other-version"},
    {DBUS_ERROR_UNKNOWN_INTERFACE, KYSO_OUTCOME_UNSUPPORTED, "other-version"},
    {DBUS_ERROR_UNKNOWN_PROPERTY, KYSO_OUTCOME_UNSUPPORTED, "other-version"},
    {DBUS_ERROR_UNKNOWN_OBJECT, KYSO_OUTCOME_NOT_FOUND, "other-version"},
    {DBUS_ERROR_INVALID_ARGS, KYSO_OUTCOME_BAD_ARGUMENT, "other-version"},
    {DBUS_ERROR_NO_SERVER, KYSO_OUTCOME_FAILED, "bus-unavailable"},
    {DBUS_ERROR_FILE_NOT_FOUND, KYSO_OUTCOME_FAILED, "bus-unavailable"},
};

const char *kyso_result_name(int result)
{
    return kyso_outcome_row(result)->log_name;
}

int kyso_result_exit_status(int result)
{
    return kyso_outcome_row(result)->exit_status;
}

static void failure_string(struct json_object *failure, const char *key, const char *value)
{
    struct json_object *string = json_object_new_string(value);

    if (string != NULL && json_object_object_add(failure, key, string) < 0)
        (void)json_object_put(string);
}

int kyso_client_fail(struct kyso_client *client, int outcome, const char *detail)
{
    kyso_json_put(&client->failure);
    client->failure = json_object_new_object();
    if (client->failure == NULL)
        return outcome;
    failure_string(client->failure, "outcome", kyso_result_name(outcome));
    if (detail != NULL)
        failure_string(client->failure, "detail", detail);
    return outcome;
}

int kyso_bus_append_text(struct kyso_client *client, DBusMessageIter *iter, const char *text)
{
    if (!dbus_validate_utf8(text, NULL))
        return kyso_client_fail(client, KYSO_OUTCOME_BAD_ARGUMENT, "not-utf8");
    return dbus_message_iter_append_basic(iter, DBUS_TYPE_STRING, &text) ? 0 : kyso_trace(-ENOMEM);
}

struct kyso_map *kyso_client_failure(struct kyso_client *client)
{
    if (client->failure == NULL)
        (void)kyso_client_fail(client, KYSO_OUTCOME_FAILED, NULL);
    return kyso_map_from_json(client->failure);
}

static bool starts_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* The service's error: its message is a JSON object of machine words, which are kept. */
static int keep_service_error(struct kyso_client *client, const char *name, const char *message)
{
    struct json_object *fields = NULL;
    int outcome = kyso_outcome_from_bus_name(name);

    if (message != NULL && message[0] == '{')
        fields = json_tokener_parse(message);
    (void)kyso_client_fail(client, outcome, NULL);
    if (json_object_is_type(fields, json_type_object) && client->failure != NULL) {
        failure_string(fields, "outcome", kyso_result_name(outcome));
        kyso_json_put(&client->failure);
        client->failure = json_object_get(fields);
    }
    (void)json_object_put(fields);
    return outcome;
}

/* Turns a bus error into an outcome and keeps it. */
static int keep_error(struct kyso_client *client, const char *name, const char *message)
{
    if (starts_with(name, KYSO_ERROR_PREFIX))
        return keep_service_error(client, name, message);
    for (size_t i = 0; i < KYSO_ARRAY_LEN(STANDARD_ERRORS); i++) {
        if (strcmp(STANDARD_ERRORS[i].name, name) == 0)
            return kyso_client_fail(client, STANDARD_ERRORS[i].outcome, STANDARD_ERRORS[i].detail);
    }
    if (starts_with(name, "org.freedesktop.DBus.Error.Spawn"))
        return kyso_client_fail(client, KYSO_OUTCOME_FAILED, "service-unavailable");
    (void)kyso_client_fail(client, KYSO_OUTCOME_FAILED, "bus-error");
    if (client->failure != NULL)
        failure_string(client->failure, "error", name);
    return KYSO_OUTCOME_FAILED;
}

bool kyso_bus_from_service(const struct kyso_client *client, DBusMessage *message)
{
    const char *sender = dbus_message_get_sender(message);

    return sender != NULL && client->service != NULL && strcmp(sender, client->service) == 0;
}

static void set_service(struct kyso_client *client, const char *name)
{
    if (name != NULL && client->service != NULL && strcmp(client->service, name) == 0)
        return;
    free(client->service);
    client->service = name == NULL ? NULL : strdup(name);
}

/* The bus tells that kysod came or went. */
static void owner_changed(struct kyso_client *client, DBusMessage *message)
{
    const char *name, *before, *now;
    struct json_object *event;

    if (!dbus_message_has_sender(message, DBUS_SERVICE_DBUS) ||
        !dbus_message_get_args(message, NULL, DBUS_TYPE_STRING, &name, DBUS_TYPE_STRING, &before,
                               DBUS_TYPE_STRING, &now, DBUS_TYPE_INVALID) ||
        strcmp(name, KYSO_BUS_NAME) != 0)
        return;
    set_service(client, now[0] == '\0' ? NULL : now);
    event = json_object_new_object();
    if (event != NULL && client->event != NULL) {
        failure_string(event, "event", now[0] == '\0' ? "service-gone" : "service-back");
        client->event(client->event_data, kyso_map_from_json(event));
    }
    (void)json_object_put(event);
}

static DBusHandlerResult filter(DBusConnection *bus, DBusMessage *message, void *data)
{
    struct kyso_client *client = data;

    (void)bus;
    if (dbus_message_get_type(message) == DBUS_MESSAGE_TYPE_METHOD_CALL)
        return kyso_agent_handle(client, message) ? DBUS_HANDLER_RESULT_HANDLED
                                                  : DBUS_HANDLER_RESULT_NOT_YET_HANDLED;
    if (dbus_message_is_signal(message, DBUS_INTERFACE_DBUS, "NameOwnerChanged"))
        owner_changed(client, message);
    else if (dbus_message_get_type(message) == DBUS_MESSAGE_TYPE_SIGNAL &&
             kyso_bus_from_service(client, message))
        kyso_event_handle(client, message);
    return DBUS_HANDLER_RESULT_NOT_YET_HANDLED;
}

static int connect_bus(struct kyso_client *client)
{
    DBusError error = DBUS_ERROR_INIT;

    client->bus = dbus_bus_get_private(DBUS_BUS_SYSTEM, &error);
    if (client->bus == NULL) {
        dbus_error_free(&error);
        return -ENOTCONN;
    }
    dbus_connection_set_exit_on_disconnect(client->bus, FALSE);
    if (!dbus_connection_add_filter(client->bus, filter, client, NULL))
        return kyso_trace(-ENOMEM);
    dbus_bus_add_match(client->bus, OWNER_RULE, NULL);
    return 0;
}

int kyso_client_open(struct kyso_client **ret_client)
{
    struct kyso_client *client = calloc(1, sizeof(*client));
    int r;

    if (client == NULL)
        return kyso_trace(-ENOMEM);
    client->pin_pipe = -1;
    r = connect_bus(client);
    if (r < 0) {
        (void)kyso_client_free(client);
        return r;
    }
    *ret_client = client;
    return 0;
}

struct kyso_client *kyso_client_free(struct kyso_client *client)
{
    if (client == NULL)
        return NULL;
    if (client->bus != NULL) {
        dbus_connection_remove_filter(client->bus, filter, client);
        dbus_connection_close(client->bus);
        dbus_connection_unref(client->bus);
    }
    kyso_close(&client->pin_pipe);
    kyso_json_put(&client->failure);
    free(client->service);
    free(client->job);
    free(client);
    return NULL;
}

int kyso_client_fd(struct kyso_client *client)
{
    int fd = -1;

    return dbus_connection_get_unix_fd(client->bus, &fd) ? fd : -1;
}

int kyso_client_add_fd(struct kyso_client *client, int fd, kyso_fd_fn fn, void *data)
{
    if (client->n_fds == KYSO_CLIENT_FDS)
        return kyso_trace(-ENOSPC);
    client->fds[client->n_fds].fd = fd;
    client->fds[client->n_fds].fn = fn;
    client->fds[client->n_fds].data = data;
    client->n_fds++;
    return 0;
}

void kyso_client_remove_fd(struct kyso_client *client, int fd)
{
    for (size_t i = 0; i < client->n_fds; i++) {
        if (client->fds[i].fd == fd) {
            client->fds[i] = client->fds[--client->n_fds];
            return;
        }
    }
}

/* Calls the function of FD if it is still there: an earlier one may have removed it. */
static void run_fd(struct kyso_client *client, int fd)
{
    for (size_t i = 0; i < client->n_fds; i++) {
        if (client->fds[i].fd == fd) {
            client->fds[i].fn(client->fds[i].data, fd);
            return;
        }
    }
}

int kyso_client_dispatch(struct kyso_client *client)
{
    bool connected = dbus_connection_read_write(client->bus, 0);

    /* One at a time while a call waits: what came behind its answer is not from a stranger only
     * because the answer, which names the service, was not looked at yet. */
    while (dbus_connection_dispatch(client->bus) == DBUS_DISPATCH_DATA_REMAINS && !client->calling)
        continue;
    return connected ? 0 : kyso_client_fail(client, KYSO_OUTCOME_FAILED, "disconnected");
}

int kyso_client_wait(struct kyso_client *client, int timeout_msec)
{
    struct pollfd polls[KYSO_CLIENT_FDS + 1];
    size_t n = client->n_fds;

    dbus_connection_flush(client->bus);
    if (dbus_connection_get_dispatch_status(client->bus) == DBUS_DISPATCH_DATA_REMAINS)
        return kyso_client_dispatch(client);
    polls[0] = (struct pollfd){.fd = kyso_client_fd(client), .events = POLLIN};
    for (size_t i = 0; i < n; i++)
        polls[i + 1] = (struct pollfd){.fd = client->fds[i].fd, .events = POLLIN};
    if (poll(polls, n + 1, timeout_msec) < 0)
        return errno == EINTR ? 0 : kyso_trace_errno();
    for (size_t i = 0; i < n; i++) {
        if (polls[i + 1].revents != 0)
            run_fd(client, polls[i + 1].fd);
    }
    return polls[0].revents != 0 || polls[0].fd < 0 ? kyso_client_dispatch(client) : 0;
}

DBusMessage *kyso_bus_method(const char *path, const char *interface, const char *method)
{
    return dbus_message_new_method_call(KYSO_BUS_NAME, path, interface, method);
}

void kyso_bus_send(struct kyso_client *client, DBusMessage *message)
{
    dbus_message_set_no_reply(message, TRUE);
    (void)dbus_connection_send(client->bus, message, NULL);
    dbus_connection_flush(client->bus);
}

/* Waits until PENDING is answered. */
static int wait_for(struct kyso_client *client, DBusPendingCall *pending, int timeout_msec)
{
    uint64_t deadline = kyso_clock_boottime_usec() + (uint64_t)timeout_msec * 1000;

    while (!dbus_pending_call_get_completed(pending)) {
        int left = -1, r;

        if (timeout_msec >= 0) {
            uint64_t now = kyso_clock_boottime_usec();

            if (now >= deadline)
                return kyso_client_fail(client, KYSO_OUTCOME_TIMED_OUT, "no-reply");
            left = (int)((deadline - now) / 1000 + 1);
        }
        if (client->cancels > (client->job != NULL ? 1U : 0U))
            return kyso_client_fail(client, KYSO_OUTCOME_CANCELLED, NULL);
        r = kyso_client_wait(client, left);
        if (r != 0 && !dbus_pending_call_get_completed(pending))
            return r;
    }
    return 0;
}

static int take_reply(struct kyso_client *client, DBusPendingCall *pending, DBusMessage **ret_reply)
{
    KYSO_MESSAGE DBusMessage *reply = dbus_pending_call_steal_reply(pending);
    const char *sender = dbus_message_get_sender(reply);

    if (sender != NULL && sender[0] == ':')
        set_service(client, sender);
    if (dbus_message_get_type(reply) == DBUS_MESSAGE_TYPE_ERROR) {
        const char *text = NULL;

        (void)dbus_message_get_args(reply, NULL, DBUS_TYPE_STRING, &text, DBUS_TYPE_INVALID);
        return keep_error(client, dbus_message_get_error_name(reply), text);
    }
    *ret_reply = KYSO_STEAL(reply);
    return 0;
}

int kyso_bus_call(struct kyso_client *client, DBusMessage *message, int timeout_msec,
                  DBusMessage **ret_reply)
{
    DBusPendingCall *pending = NULL;
    int r;

    if (client->calling)
        return kyso_trace(-EDEADLK);
    kyso_json_put(&client->failure);
    dbus_message_set_allow_interactive_authorization(message, TRUE);
    if (!dbus_connection_send_with_reply(client->bus, message, &pending, DBUS_TIMEOUT_INFINITE))
        return kyso_trace(-ENOMEM);
    if (pending == NULL)
        return kyso_client_fail(client, KYSO_OUTCOME_FAILED, "disconnected");
    client->calling = true;
    client->cancels = 0;
    r = wait_for(client, pending, timeout_msec);
    client->calling = false;
    if (r == 0)
        r = take_reply(client, pending, ret_reply);
    else
        dbus_pending_call_cancel(pending);
    dbus_pending_call_unref(pending);
    return r;
}
