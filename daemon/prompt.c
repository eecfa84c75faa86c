/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/prompt.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "common/error.h"
#include "common/names.h"
#include "common/outcome.h"

#define AGENT_ANSWER_MSEC 10000 /* for the pipe, not for the PIN */

struct kyso_prompt {
    struct kyso_bus *bus;
    struct kyso_bus_pending *pending;
    char *caller, *agent;
    bool pin_pad;
    kyso_prompt_fn fn;
    void *data;
};

/* A pipe and nothing else: whatever a file or a device holds was typed by nobody. */
static bool can_deliver_pin(int fd)
{
    int flags = fcntl(fd, F_GETFL);
    struct stat status;

    return flags >= 0 && (flags & O_PATH) == 0 && (flags & O_ACCMODE) != O_WRONLY &&
           fstat(fd, &status) == 0 && S_ISFIFO(status.st_mode);
}

static void answered(void *data, DBusMessage *reply)
{
    struct kyso_prompt *prompt = data;
    int pipe = -1, result = KYSO_OUTCOME_NO_AGENT;

    if (dbus_message_get_type(reply) == DBUS_MESSAGE_TYPE_ERROR) {
        if (kyso_outcome_from_bus_name(dbus_message_get_error_name(reply)) ==
            KYSO_OUTCOME_CANCELLED)
            result = KYSO_OUTCOME_CANCELLED;
    } else if (prompt->pin_pad) {
        result = 0;
    } else if (dbus_message_has_signature(reply, "h") &&
               dbus_message_get_args(reply, NULL, DBUS_TYPE_UNIX_FD, &pipe, DBUS_TYPE_INVALID)) {
        result = can_deliver_pin(pipe) ? 0 : KYSO_OUTCOME_BAD_ARGUMENT;
    }
    prompt->fn(prompt->data, result, pipe);
}

static DBusMessage *new_call(const struct kyso_prompt *prompt, const char *member)
{
    return dbus_message_new_method_call(prompt->caller, prompt->agent, KYSO_IFACE_PIN_AGENT,
                                        member);
}

int kyso_prompt_ask(struct kyso_bus *bus, const char *caller, const char *agent, bool pin_pad,
                    void (*fill)(struct kyso_dict *details, void *data), kyso_prompt_fn fn,
                    void *data, struct kyso_prompt **ret_prompt)
{
    struct kyso_prompt *prompt = calloc(1, sizeof(*prompt));
    KYSO_MESSAGE DBusMessage *call = NULL;
    struct kyso_dict details;
    DBusMessageIter to;
    int r = -ENOMEM;

    if (prompt == NULL)
        return kyso_trace(-ENOMEM);
    *prompt = (struct kyso_prompt){.bus = bus,
                                   .caller = strdup(caller),
                                   .agent = strdup(agent),
                                   .pin_pad = pin_pad,
                                   .fn = fn,
                                   .data = data};
    if (prompt->caller != NULL && prompt->agent != NULL)
        call = new_call(prompt, pin_pad ? "ShowPinPad" : "RequestPin");
    if (call != NULL) {
        dbus_message_iter_init_append(call, &to);
        kyso_dict_open(&details, &to);
        fill(&details, data);
        if (kyso_dict_close(&details))
            r = kyso_bus_call(bus, call, AGENT_ANSWER_MSEC, answered, prompt, &prompt->pending);
    }
    if (r < 0) {
        free(prompt->caller);
        free(prompt->agent);
        free(prompt);
        return kyso_trace(r);
    }
    *ret_prompt = prompt;
    return 0;
}

struct kyso_prompt *kyso_prompt_end(struct kyso_prompt *prompt, const char *reason)
{
    KYSO_MESSAGE DBusMessage *call = NULL;

    if (prompt == NULL)
        return NULL;
    (void)kyso_bus_pending_free(prompt->pending);
    call = new_call(prompt, "Cancel");
    if (call != NULL &&
        dbus_message_append_args(call, DBUS_TYPE_STRING, &reason, DBUS_TYPE_INVALID)) {
        dbus_message_set_no_reply(call, TRUE);
        kyso_bus_send(prompt->bus, call);
    }
    free(prompt->caller);
    free(prompt->agent);
    free(prompt);
    return NULL;
}
