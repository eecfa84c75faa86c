/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_CLIENT_BUS_H
#define KYSO_CLIENT_BUS_H

/* Inside the library: the connection, one waiting loop for everything, calls and their failures. */

#include <dbus/dbus.h>
#include <json-c/json.h>

#include "client/kyso.h"
#include "common/macros.h"

#define KYSO_AGENT_PATH "/org/kyso/agent"
#define KYSO_CALL_MSEC 25000 /* for calls that only look something up */

struct kyso_client {
    DBusConnection *bus;
    char *service; /* unique name that kysod answered under; null: not known */
    struct json_object *failure;
    struct {
        int fd;
        kyso_fd_fn fn;
        void *data;
    } fds[KYSO_CLIENT_FDS];
    size_t n_fds;
    bool calling; /* a blocking call waits */
    /* the job of that call */
    char *job; /* object path, or null */
    unsigned int n_jobs, cancels;
    kyso_event_fn event;
    void *event_data;
    kyso_progress_fn progress;
    void *progress_data;
    const struct kyso_agent *agent;
    void *agent_data;
    int pin_pipe; /* writing end while a question stands; -1 */
};

/* Keeps OUTCOME and DETAIL (or null) as the last failure and returns OUTCOME. */
int kyso_client_fail(struct kyso_client *client, int outcome, const char *detail);

/* Appends TEXT as a string: libdbus would abort on one that is not UTF-8. 0; BAD_ARGUMENT with
 * detail "not-utf8"; -ENOMEM. */
int kyso_bus_append_text(struct kyso_client *client, DBusMessageIter *iter,
                         const char *text) KYSO_MUST_CHECK;

/* A call of METHOD to kysod's object PATH; null without memory. */
DBusMessage *kyso_bus_method(const char *path, const char *interface, const char *method);

/* Sends MESSAGE and waits for its answer, at most TIMEOUT_MSEC (-1: for ever). Outcomes as the
 * service names them; the failure is kept. *RET_REPLY is to be unreferenced. */
int kyso_bus_call(struct kyso_client *client, DBusMessage *message, int timeout_msec,
                  DBusMessage **ret_reply) KYSO_MUST_CHECK;
/* Sends MESSAGE and does not care for an answer. */
void kyso_bus_send(struct kyso_client *client, DBusMessage *message);

/* Whether MESSAGE was sent by kysod as far as known, or by the bus daemon. */
bool kyso_bus_from_service(const struct kyso_client *client, DBusMessage *message);

/* agent.c: answers a call to the agent's object; false when it is none. */
bool kyso_agent_handle(struct kyso_client *client, DBusMessage *message);
/* event.c: passes on a signal. */
void kyso_event_handle(struct kyso_client *client, DBusMessage *message);

static inline void kyso_message_unrefp(DBusMessage **message)
{
    if (*message != NULL)
        dbus_message_unref(*message);
    *message = NULL;
}
#define KYSO_MESSAGE KYSO_CLEANUP(kyso_message_unrefp)

#endif
