/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DAEMON_BUS_H
#define KYSO_DAEMON_BUS_H

/* The libdbus connection inside kysod's loop, and calls to others that are answered by callback.
 * The name is taken last, when everything behind it is ready. */

#include <dbus/dbus.h>

#include "common/loop.h"

struct kyso_bus;

/* Sees every method call that comes in; returns whether it was taken. */
typedef void (*kyso_bus_message_fn)(void *data, DBusMessage *message);

struct kyso_bus_handler {
    kyso_bus_message_fn call;      /* a method call to us */
    kyso_bus_message_fn name_lost; /* NameOwnerChanged of a unique name that left */
    void (*disconnected)(void *data);
};

/* Connects to the system bus. HANDLER and DATA are borrowed for the bus's life. */
int kyso_bus_new(struct kyso_loop *loop, const struct kyso_bus_handler *handler, void *data,
                 struct kyso_bus **ret_bus) KYSO_MUST_CHECK;
struct kyso_bus *kyso_bus_free(struct kyso_bus *bus);

/* Becomes the owner of NAME, not queueing for it; -EEXIST when somebody else is. */
int kyso_bus_own(struct kyso_bus *bus, const char *name) KYSO_MUST_CHECK;

/* Sends MESSAGE (borrowed). Only a lack of memory can fail here; it is logged and the message lost.
 */
void kyso_bus_send(struct kyso_bus *bus, DBusMessage *message);

/* Calls another; FN gets the reply (borrowed; a method return or an error), once, unless the
 * pending call is freed before. TIMEOUT_MSEC: -1 for none. */
struct kyso_bus_pending;
typedef void (*kyso_bus_reply_fn)(void *data, DBusMessage *reply);
int kyso_bus_call(struct kyso_bus *bus, DBusMessage *message, int timeout_msec,
                  kyso_bus_reply_fn fn, void *data,
                  struct kyso_bus_pending **ret_pending) KYSO_MUST_CHECK;
struct kyso_bus_pending *kyso_bus_pending_free(struct kyso_bus_pending *pending);

struct kyso_loop *kyso_bus_loop(struct kyso_bus *bus);

static inline void kyso_message_unref(DBusMessage **message)
{
    if (*message != NULL)
        dbus_message_unref(*message);
    *message = NULL;
}
#define KYSO_MESSAGE KYSO_CLEANUP(kyso_message_unref)

#endif
