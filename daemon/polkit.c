/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/polkit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/error.h"
#include "common/log.h"

#define SERVICE "org.freedesktop.PolicyKit1"
#define PATH "/org/freedesktop/PolicyKit1/Authority"
#define IFACE "org.freedesktop.PolicyKit1.Authority"
#define ALLOW_USER_INTERACTION 1u

struct kyso_polkit_question {
    struct kyso_bus *bus;
    struct kyso_bus_pending *pending;
    kyso_polkit_fn fn;
    void *data;
    bool interactive, answered;
    char cancellation[32];
};

static bool read_answer(DBusMessage *reply)
{
    DBusMessageIter top, result;
    dbus_bool_t authorized = FALSE;

    if (dbus_message_get_type(reply) != DBUS_MESSAGE_TYPE_METHOD_RETURN) {
        kyso_log(KYSO_LOG_NOTICE, "polkit: %s", dbus_message_get_error_name(reply));
        return false;
    }
    if (!dbus_message_has_signature(reply, "(bba{ss})") || !dbus_message_iter_init(reply, &top))
        return false;
    dbus_message_iter_recurse(&top, &result);
    dbus_message_iter_get_basic(&result, &authorized);
    return authorized == TRUE;
}

static void answer_came(void *data, DBusMessage *reply)
{
    struct kyso_polkit_question *question = data;

    question->answered = true;
    question->fn(question->data, read_answer(reply));
}

static bool append_subject(DBusMessageIter *top, const char *name)
{
    const char *kind = "system-bus-name", *key = "name";
    DBusMessageIter subject, details, entry, value;

    return dbus_message_iter_open_container(top, DBUS_TYPE_STRUCT, NULL, &subject) &&
           dbus_message_iter_append_basic(&subject, DBUS_TYPE_STRING, &kind) &&
           dbus_message_iter_open_container(&subject, DBUS_TYPE_ARRAY, "{sv}", &details) &&
           dbus_message_iter_open_container(&details, DBUS_TYPE_DICT_ENTRY, NULL, &entry) &&
           dbus_message_iter_append_basic(&entry, DBUS_TYPE_STRING, &key) &&
           dbus_message_iter_open_container(&entry, DBUS_TYPE_VARIANT, "s", &value) &&
           dbus_message_iter_append_basic(&value, DBUS_TYPE_STRING, &name) &&
           dbus_message_iter_close_container(&entry, &value) &&
           dbus_message_iter_close_container(&details, &entry) &&
           dbus_message_iter_close_container(&subject, &details) &&
           dbus_message_iter_close_container(top, &subject);
}

static bool append_question(DBusMessage *call, const char *subject, const char *action,
                            dbus_uint32_t flags, const char *cancellation)
{
    DBusMessageIter top, details;

    dbus_message_iter_init_append(call, &top);
    return append_subject(&top, subject) &&
           dbus_message_iter_append_basic(&top, DBUS_TYPE_STRING, &action) &&
           dbus_message_iter_open_container(&top, DBUS_TYPE_ARRAY, "{ss}", &details) &&
           dbus_message_iter_close_container(&top, &details) &&
           dbus_message_iter_append_basic(&top, DBUS_TYPE_UINT32, &flags) &&
           dbus_message_iter_append_basic(&top, DBUS_TYPE_STRING, &cancellation);
}

int kyso_polkit_ask(struct kyso_bus *bus, const char *subject, const char *action, bool interactive,
                    kyso_polkit_fn fn, void *data, struct kyso_polkit_question **ret_question)
{
    static unsigned int asked;
    KYSO_MESSAGE DBusMessage *call =
        dbus_message_new_method_call(SERVICE, PATH, IFACE, "CheckAuthorization");
    struct kyso_polkit_question *question = calloc(1, sizeof(*question));
    int r = -ENOMEM;

    if (call != NULL && question != NULL) {
        question->bus = bus;
        question->fn = fn;
        question->data = data;
        question->interactive = interactive;
        (void)snprintf(question->cancellation, sizeof(question->cancellation), "kyso-%u", asked++);
        if (append_question(call, subject, action, interactive ? ALLOW_USER_INTERACTION : 0,
                            question->cancellation))
            r = kyso_bus_call(bus, call, interactive ? 60000 : 5000, answer_came, question,
                              &question->pending);
    }
    if (r < 0) {
        free(question);
        return kyso_trace(r);
    }
    *ret_question = question;
    return 0;
}

static void cancel_dialog(struct kyso_polkit_question *question)
{
    KYSO_MESSAGE DBusMessage *call =
        dbus_message_new_method_call(SERVICE, PATH, IFACE, "CancelCheckAuthorization");
    const char *id = question->cancellation;

    if (call == NULL || !dbus_message_append_args(call, DBUS_TYPE_STRING, &id, DBUS_TYPE_INVALID))
        return;
    dbus_message_set_no_reply(call, TRUE);
    kyso_bus_send(question->bus, call);
}

struct kyso_polkit_question *kyso_polkit_question_free(struct kyso_polkit_question *question)
{
    if (question == NULL)
        return NULL;
    if (question->interactive && !question->answered)
        cancel_dialog(question);
    (void)kyso_bus_pending_free(question->pending);
    free(question);
    return NULL;
}
