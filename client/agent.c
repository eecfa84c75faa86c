/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/bus.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/uio.h>

#include "client/map.h"
#include "client/options.h"
#include "common/error.h"
#include "common/names.h"
#include "common/outcome.h"
#include "common/secret.h"

static void answer(struct kyso_client *client, DBusMessage *reply)
{
    if (reply == NULL)
        return;
    (void)dbus_connection_send(client->bus, reply, NULL);
    dbus_message_unref(reply);
}

static void answer_error(struct kyso_client *client, DBusMessage *call, const char *name)
{
    if (!dbus_message_get_no_reply(call))
        answer(client, dbus_message_new_error(call, name, "{}"));
}

/* The a{sv} of the call. */
static struct json_object *read_details(DBusMessage *call)
{
    struct json_object *details = NULL;
    DBusMessageIter iter;

    if (!dbus_message_has_signature(call, "a{sv}") || !dbus_message_iter_init(call, &iter) ||
        kyso_map_read(&iter, &details) < 0)
        return NULL;
    return details;
}

/* Answers with a pipe's reading end; the writing end is kept for the PIN. */
static int answer_pipe(struct kyso_client *client, DBusMessage *call)
{
    KYSO_MESSAGE DBusMessage *reply = dbus_message_new_method_return(call);
    KYSO_CLOSE int reading = -1;
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) < 0)
        return kyso_trace_errno();
    reading = ends[0];
    kyso_close(&client->pin_pipe); /* a new question replaces the old one */
    client->pin_pipe = ends[1];
    if (reply == NULL ||
        !dbus_message_append_args(reply, DBUS_TYPE_UNIX_FD, &reading, DBUS_TYPE_INVALID) ||
        !dbus_connection_send(client->bus, reply, NULL)) {
        kyso_close(&client->pin_pipe);
        return kyso_trace(-ENOMEM);
    }
    return 0;
}

static void handle_request(struct kyso_client *client, DBusMessage *call)
{
    KYSO_JSON struct json_object *details = read_details(call);

    if (details == NULL || answer_pipe(client, call) < 0)
        answer_error(client, call, DBUS_ERROR_INVALID_ARGS);
    else
        client->agent->request(client->agent_data, kyso_map_from_json(details));
}

static void handle_pinpad(struct kyso_client *client, DBusMessage *call)
{
    KYSO_JSON struct json_object *details = read_details(call);

    if (details == NULL) {
        answer_error(client, call, DBUS_ERROR_INVALID_ARGS);
        return;
    }
    answer(client, dbus_message_new_method_return(call));
    client->agent->show_pinpad(client->agent_data, kyso_map_from_json(details));
}

static void handle_cancel(struct kyso_client *client, DBusMessage *call)
{
    const char *reason;

    if (!dbus_message_get_args(call, NULL, DBUS_TYPE_STRING, &reason, DBUS_TYPE_INVALID)) {
        answer_error(client, call, DBUS_ERROR_INVALID_ARGS);
        return;
    }
    if (!dbus_message_get_no_reply(call))
        answer(client, dbus_message_new_method_return(call));
    kyso_close(&client->pin_pipe);
    client->agent->cancel(client->agent_data, reason);
}

bool kyso_agent_handle(struct kyso_client *client, DBusMessage *message)
{
    const char *path = dbus_message_get_path(message);

    if (client->agent == NULL || path == NULL || strcmp(path, KYSO_AGENT_PATH) != 0)
        return false;
    if (!kyso_bus_from_service(client, message)) /* somebody else would like to have a PIN */
        answer_error(client, message, DBUS_ERROR_ACCESS_DENIED);
    else if (dbus_message_is_method_call(message, KYSO_IFACE_PIN_AGENT, "RequestPin"))
        handle_request(client, message);
    else if (dbus_message_is_method_call(message, KYSO_IFACE_PIN_AGENT, "ShowPinPad"))
        handle_pinpad(client, message);
    else if (dbus_message_is_method_call(message, KYSO_IFACE_PIN_AGENT, "Cancel"))
        handle_cancel(client, message);
    else
        return false;
    return true;
}

int kyso_agent_register(struct kyso_client *client, const struct kyso_agent *agent, void *data)
{
    KYSO_MESSAGE DBusMessage *call =
        kyso_bus_method(KYSO_ROOT_PATH, KYSO_IFACE_MANAGER, "RegisterPinAgent");
    KYSO_MESSAGE DBusMessage *reply = NULL;
    const char *path = KYSO_AGENT_PATH;
    DBusMessageIter iter;
    int r;

    if (call == NULL)
        return kyso_trace(-ENOMEM);
    dbus_message_iter_init_append(call, &iter);
    if (!dbus_message_iter_append_basic(&iter, DBUS_TYPE_OBJECT_PATH, &path))
        return kyso_trace(-ENOMEM);
    r = kyso_options_append(NULL, &iter);
    if (r < 0)
        return r;
    client->agent = agent;
    client->agent_data = data;
    r = kyso_bus_call(client, call, KYSO_CALL_MSEC, &reply);
    if (r != 0)
        client->agent = NULL;
    return r;
}

/* Writes PIN and newline in one piece; a reader that has gone must not kill the program with a
 * SIGPIPE, whatever it does with that signal. */
static ssize_t write_pin(int fd, const void *pin, size_t length)
{
    union {
        const void *in;
        void *out;
    } bytes = {.in = pin};
    char newline = '\n';
    struct iovec parts[2] = {{bytes.out, length}, {&newline, 1}};
    const struct timespec at_once = {0};
    sigset_t pipe_set, before, pending;
    ssize_t n;
    int saved;
    bool was_pending;

    (void)sigemptyset(&pipe_set);
    (void)sigaddset(&pipe_set, SIGPIPE);
    was_pending = sigpending(&pending) == 0 && sigismember(&pending, SIGPIPE) == 1;
    (void)pthread_sigmask(SIG_BLOCK, &pipe_set, &before);
    n = writev(fd, parts, 2);
    saved = errno;
    if (n < 0 && saved == EPIPE && !was_pending)
        (void)sigtimedwait(&pipe_set, NULL, &at_once);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = saved;
    return n;
}

int kyso_pin_send(struct kyso_client *client, const void *pin, size_t length)
{
    KYSO_CLOSE int fd = kyso_steal_fd(&client->pin_pipe);
    ssize_t n;

    if (fd < 0)
        return KYSO_OUTCOME_CANCELLED;
    if (length == 0 || length > KYSO_PIN_MAX || memchr(pin, '\n', length) != NULL ||
        memchr(pin, '\0', length) != NULL) {
        client->pin_pipe = kyso_steal_fd(&fd); /* the question still stands */
        return KYSO_OUTCOME_PIN_INVALID;
    }
    n = write_pin(fd, pin, length);
    if (n < 0)
        return errno == EPIPE ? KYSO_OUTCOME_CANCELLED : kyso_trace_errno();
    return (size_t)n == length + 1 ? 0 : kyso_trace(-EIO);
}

void kyso_pin_refuse(struct kyso_client *client)
{
    kyso_close(&client->pin_pipe);
}
