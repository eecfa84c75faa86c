/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/bus.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>

#include "common/error.h"
#include "common/log.h"

struct kyso_bus {
    struct kyso_loop *loop;
    DBusConnection *connection;
    const struct kyso_bus_handler *handler;
    void *data;
    struct kyso_source *dispatching;
};

/* libdbus may hand out two watches for one descriptor, which epoll does not take: each gets its own
 * duplicate. A disabled watch leaves the loop, for epoll tells of hang-ups unasked. */
struct watch {
    struct kyso_bus *bus;
    DBusWatch *watch;
    int fd;
    struct kyso_source *source;
};

struct timeout {
    struct kyso_bus *bus;
    DBusTimeout *timeout;
    struct kyso_source *source;
};

static void watch_ready(void *data, int fd KYSO_UNUSED, uint32_t events)
{
    struct watch *watch = data;
    unsigned int flags = 0;

    if ((events & EPOLLIN) != 0)
        flags |= DBUS_WATCH_READABLE;
    if ((events & EPOLLOUT) != 0)
        flags |= DBUS_WATCH_WRITABLE;
    if ((events & EPOLLHUP) != 0)
        flags |= DBUS_WATCH_HANGUP;
    if ((events & EPOLLERR) != 0)
        flags |= DBUS_WATCH_ERROR;
    (void)dbus_watch_handle(watch->watch, flags);
}

static dbus_bool_t watch_start(struct watch *watch)
{
    unsigned int flags = dbus_watch_get_flags(watch->watch);
    uint32_t events = 0;

    if (!dbus_watch_get_enabled(watch->watch) || watch->source != NULL)
        return TRUE;
    if ((flags & DBUS_WATCH_READABLE) != 0)
        events |= EPOLLIN;
    if ((flags & DBUS_WATCH_WRITABLE) != 0)
        events |= EPOLLOUT;
    return kyso_loop_add_fd(watch->bus->loop, watch->fd, events, watch_ready, watch,
                            &watch->source) == 0;
}

static void watch_free(void *data)
{
    struct watch *watch = data;

    if (watch == NULL)
        return;
    (void)kyso_source_free(watch->source);
    kyso_close(&watch->fd);
    free(watch);
}

static dbus_bool_t watch_add(DBusWatch *dbus_watch, void *data)
{
    struct watch *watch = calloc(1, sizeof(*watch));

    if (watch == NULL)
        return FALSE;
    watch->bus = data;
    watch->watch = dbus_watch;
    watch->fd = fcntl(dbus_watch_get_unix_fd(dbus_watch), F_DUPFD_CLOEXEC, 3);
    if (watch->fd < 0 || !watch_start(watch)) {
        watch_free(watch);
        return FALSE;
    }
    dbus_watch_set_data(dbus_watch, watch, watch_free);
    return TRUE;
}

static void watch_remove(DBusWatch *dbus_watch, void *data KYSO_UNUSED)
{
    struct watch *watch = dbus_watch_get_data(dbus_watch);

    if (watch != NULL)
        watch->source = kyso_source_free(watch->source);
}

static void watch_toggle(DBusWatch *dbus_watch, void *data KYSO_UNUSED)
{
    struct watch *watch = dbus_watch_get_data(dbus_watch);

    if (watch == NULL)
        return;
    if (!dbus_watch_get_enabled(dbus_watch))
        watch->source = kyso_source_free(watch->source);
    else if (!watch_start(watch))
        kyso_log(KYSO_LOG_ERROR, "bus: a watch could not be resumed");
}

static uint64_t interval(DBusTimeout *timeout)
{
    int msec = dbus_timeout_get_interval(timeout);

    return (uint64_t)(msec > 0 ? msec : 1) * 1000;
}

static void timeout_passed(void *data)
{
    struct timeout *timeout = data;

    if (kyso_source_set_timer(timeout->source, interval(timeout->timeout)) < 0)
        kyso_log(KYSO_LOG_ERROR, "bus: a timeout could not be set again");
    (void)dbus_timeout_handle(timeout->timeout);
}

static dbus_bool_t timeout_start(struct timeout *timeout)
{
    if (!dbus_timeout_get_enabled(timeout->timeout) || timeout->source != NULL)
        return TRUE;
    return kyso_loop_add_timer(timeout->bus->loop, interval(timeout->timeout), timeout_passed,
                               timeout, &timeout->source) == 0;
}

static void timeout_free(void *data)
{
    struct timeout *timeout = data;

    if (timeout == NULL)
        return;
    (void)kyso_source_free(timeout->source);
    free(timeout);
}

static dbus_bool_t timeout_add(DBusTimeout *dbus_timeout, void *data)
{
    struct timeout *timeout = calloc(1, sizeof(*timeout));

    if (timeout == NULL)
        return FALSE;
    timeout->bus = data;
    timeout->timeout = dbus_timeout;
    if (!timeout_start(timeout)) {
        timeout_free(timeout);
        return FALSE;
    }
    dbus_timeout_set_data(dbus_timeout, timeout, timeout_free);
    return TRUE;
}

static void timeout_remove(DBusTimeout *dbus_timeout, void *data KYSO_UNUSED)
{
    struct timeout *timeout = dbus_timeout_get_data(dbus_timeout);

    if (timeout != NULL)
        timeout->source = kyso_source_free(timeout->source);
}

static void timeout_toggle(DBusTimeout *dbus_timeout, void *data)
{
    struct timeout *timeout = dbus_timeout_get_data(dbus_timeout);

    timeout_remove(dbus_timeout, data);
    if (timeout != NULL && !timeout_start(timeout))
        kyso_log(KYSO_LOG_ERROR, "bus: a timeout could not be resumed");
}

static void dispatch(void *data)
{
    struct kyso_bus *bus = data;

    bus->dispatching = kyso_source_free(bus->dispatching);
    /* One message a round, so that no caller holds up the rest of the loop. */
    if (dbus_connection_dispatch(bus->connection) == DBUS_DISPATCH_DATA_REMAINS &&
        bus->dispatching == NULL &&
        kyso_loop_defer(bus->loop, dispatch, bus, &bus->dispatching) < 0)
        kyso_log(KYSO_LOG_ERROR, "bus: cannot go on dispatching");
}

static void status_changed(DBusConnection *connection KYSO_UNUSED, DBusDispatchStatus status,
                           void *data)
{
    struct kyso_bus *bus = data;

    if (status == DBUS_DISPATCH_DATA_REMAINS && bus->dispatching == NULL &&
        kyso_loop_defer(bus->loop, dispatch, bus, &bus->dispatching) < 0)
        kyso_log(KYSO_LOG_ERROR, "bus: cannot dispatch");
}

static DBusHandlerResult filter(DBusConnection *connection KYSO_UNUSED, DBusMessage *message,
                                void *data)
{
    struct kyso_bus *bus = data;

    if (dbus_message_is_signal(message, DBUS_INTERFACE_LOCAL, "Disconnected")) {
        bus->handler->disconnected(bus->data);
        return DBUS_HANDLER_RESULT_HANDLED;
    }
    if (dbus_message_is_signal(message, DBUS_INTERFACE_DBUS, "NameOwnerChanged") &&
        dbus_message_has_sender(message, DBUS_SERVICE_DBUS)) {
        bus->handler->name_lost(bus->data, message);
        return DBUS_HANDLER_RESULT_HANDLED;
    }
    if (dbus_message_get_type(message) == DBUS_MESSAGE_TYPE_METHOD_CALL) {
        bus->handler->call(bus->data, message);
        return DBUS_HANDLER_RESULT_HANDLED;
    }
    return DBUS_HANDLER_RESULT_NOT_YET_HANDLED;
}

static int start(struct kyso_bus *bus)
{
    DBusError error = DBUS_ERROR_INIT;

    bus->connection = dbus_bus_get_private(DBUS_BUS_SYSTEM, &error);
    if (bus->connection == NULL) {
        kyso_log(KYSO_LOG_ERROR, "cannot reach the system bus: %s", error.name);
        dbus_error_free(&error);
        return -ECONNREFUSED;
    }
    /* Losing the bus must end with the card reset and the PIN wiped, not with _exit(). */
    dbus_connection_set_exit_on_disconnect(bus->connection, FALSE);
    if (!dbus_connection_set_watch_functions(bus->connection, watch_add, watch_remove, watch_toggle,
                                             bus, NULL) ||
        !dbus_connection_set_timeout_functions(bus->connection, timeout_add, timeout_remove,
                                               timeout_toggle, bus, NULL) ||
        !dbus_connection_add_filter(bus->connection, filter, bus, NULL))
        return kyso_trace(-ENOMEM);
    dbus_connection_set_dispatch_status_function(bus->connection, status_changed, bus, NULL);
    dbus_bus_add_match(bus->connection,
                       "type='signal',sender='org.freedesktop.DBus',"
                       "interface='org.freedesktop.DBus',member='NameOwnerChanged'",
                       &error);
    if (dbus_error_is_set(&error)) {
        dbus_error_free(&error);
        return kyso_trace(-EIO);
    }
    status_changed(bus->connection, dbus_connection_get_dispatch_status(bus->connection), bus);
    return 0;
}

int kyso_bus_new(struct kyso_loop *loop, const struct kyso_bus_handler *handler, void *data,
                 struct kyso_bus **ret_bus)
{
    struct kyso_bus *bus = calloc(1, sizeof(*bus));
    int r;

    if (bus == NULL)
        return kyso_trace(-ENOMEM);
    bus->loop = loop;
    bus->handler = handler;
    bus->data = data;
    r = start(bus);
    if (r < 0) {
        (void)kyso_bus_free(bus);
        return r;
    }
    *ret_bus = bus;
    return 0;
}

struct kyso_bus *kyso_bus_free(struct kyso_bus *bus)
{
    if (bus == NULL)
        return NULL;
    (void)kyso_source_free(bus->dispatching);
    if (bus->connection != NULL) {
        dbus_connection_remove_filter(bus->connection, filter, bus);
        dbus_connection_set_dispatch_status_function(bus->connection, NULL, NULL, NULL);
        dbus_connection_flush(bus->connection);
        dbus_connection_close(bus->connection);
        dbus_connection_unref(bus->connection);
    }
    free(bus);
    return NULL;
}

int kyso_bus_own(struct kyso_bus *bus, const char *name)
{
    DBusError error = DBUS_ERROR_INIT;
    int r = dbus_bus_request_name(bus->connection, name, DBUS_NAME_FLAG_DO_NOT_QUEUE, &error);

    if (r == DBUS_REQUEST_NAME_REPLY_PRIMARY_OWNER)
        return 0;
    kyso_log(KYSO_LOG_ERROR, "cannot own %s: %s", name,
             dbus_error_is_set(&error) ? error.name : "it has an owner");
    dbus_error_free(&error);
    return -EEXIST;
}

void kyso_bus_send(struct kyso_bus *bus, DBusMessage *message)
{
    if (!dbus_connection_send(bus->connection, message, NULL))
        kyso_log(KYSO_LOG_ERROR, "bus: a message was lost: no memory");
}

struct kyso_bus_pending {
    DBusPendingCall *call;
    kyso_bus_reply_fn fn;
    void *data;
};

static void reply_came(DBusPendingCall *call, void *data)
{
    struct kyso_bus_pending *pending = data;
    KYSO_MESSAGE DBusMessage *reply = dbus_pending_call_steal_reply(call);

    pending->fn(pending->data, reply);
}

int kyso_bus_call(struct kyso_bus *bus, DBusMessage *message, int timeout_msec,
                  kyso_bus_reply_fn fn, void *data, struct kyso_bus_pending **ret_pending)
{
    struct kyso_bus_pending *pending = calloc(1, sizeof(*pending));
    int msec = timeout_msec < 0 ? DBUS_TIMEOUT_INFINITE : timeout_msec;

    if (pending == NULL)
        return kyso_trace(-ENOMEM);
    pending->fn = fn;
    pending->data = data;
    if (!dbus_connection_send_with_reply(bus->connection, message, &pending->call, msec) ||
        pending->call == NULL) {
        free(pending);
        return kyso_trace(-ENOTCONN);
    }
    if (!dbus_pending_call_set_notify(pending->call, reply_came, pending, NULL)) {
        (void)kyso_bus_pending_free(pending);
        return kyso_trace(-ENOMEM);
    }
    *ret_pending = pending;
    return 0;
}

struct kyso_bus_pending *kyso_bus_pending_free(struct kyso_bus_pending *pending)
{
    if (pending == NULL)
        return NULL;
    dbus_pending_call_cancel(pending->call);
    dbus_pending_call_unref(pending->call);
    free(pending);
    return NULL;
}

struct kyso_loop *kyso_bus_loop(struct kyso_bus *bus)
{
    return bus->loop;
}
