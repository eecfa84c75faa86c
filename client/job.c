/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/bus.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "client/map.h"
#include "client/options.h"
#include "common/error.h"
#include "common/memfd.h"
#include "common/names.h"
#include "common/outcome.h"

#define JOB_NAME_MAX 24 /* bytes of "j" and a number */

/* Names the next job and remembers the object it will have: jobs/SENDER_NAME. */
static int name_job(struct kyso_client *client, char name[JOB_NAME_MAX])
{
    const char *sender = dbus_bus_get_unique_name(client->bus);

    free(client->job);
    client->job = NULL;
    (void)snprintf(name, JOB_NAME_MAX, "j%u", ++client->n_jobs);
    if (sender == NULL)
        return kyso_client_fail(client, KYSO_OUTCOME_FAILED, "disconnected");
    if (asprintf(&client->job, KYSO_ROOT_PATH "/jobs/%s_%s", sender + 1, name) < 0) {
        client->job = NULL;
        return kyso_trace(-ENOMEM);
    }
    for (char *c = client->job; *c != '\0'; c++) {
        if (*c == '.')
            *c = '_';
    }
    return 0;
}

struct question {
    const char *interface, *method;
    int document;
    const char *certificate; /* null: the method has none */
    const struct kyso_options *options;
};

static bool append_fixed(DBusMessageIter *iter, const struct question *question, const char *name)
{
    return dbus_message_iter_append_basic(iter, DBUS_TYPE_UNIX_FD, &question->document) &&
           (question->certificate == NULL ||
            dbus_message_iter_append_basic(iter, DBUS_TYPE_STRING, &question->certificate)) &&
           dbus_message_iter_append_basic(iter, DBUS_TYPE_STRING, &name);
}

static int ask(struct kyso_client *client, const struct question *question, DBusMessage **ret_reply)
{
    KYSO_MESSAGE DBusMessage *call =
        kyso_bus_method(KYSO_ROOT_PATH, question->interface, question->method);
    char name[JOB_NAME_MAX];
    DBusMessageIter iter;
    int r;

    if (client->calling)
        return kyso_trace(-EDEADLK);
    r = name_job(client, name);
    if (r != 0)
        return r;
    if (call == NULL)
        return kyso_trace(-ENOMEM);
    dbus_message_iter_init_append(call, &iter);
    if (!append_fixed(&iter, question, name))
        return kyso_trace(-ENOMEM);
    r = kyso_options_append(question->options, &iter);
    if (r > 0)
        return kyso_client_fail(client, r, "not-utf8");
    if (r < 0)
        return r;
    r = kyso_bus_call(client, call, -1, ret_reply);
    kyso_close(&client->pin_pipe);
    free(client->job);
    client->job = NULL;
    return r;
}

/* The answer of Sign and Seal: the new document and a report. */
static int take_document(struct kyso_client *client, DBusMessage *reply, int *ret_result,
                         struct kyso_map **ret_report)
{
    KYSO_CLOSE int result = -1;
    struct json_object *report = NULL;
    DBusMessageIter iter;
    uint64_t size;
    int r;

    if (!dbus_message_has_signature(reply, "ha{sv}") || !dbus_message_iter_init(reply, &iter))
        return kyso_client_fail(client, KYSO_OUTCOME_FAILED, "bad-answer");
    dbus_message_iter_get_basic(&iter, &result);
    if (result < 0)
        return kyso_trace(-EMFILE);
    if (kyso_memfd_check(result, UINT64_MAX, &size) != 0)
        return kyso_client_fail(client, KYSO_OUTCOME_FAILED, "bad-answer");
    (void)dbus_message_iter_next(&iter);
    r = kyso_map_read(&iter, &report);
    if (r < 0)
        return r;
    *ret_result = kyso_steal_fd(&result);
    *ret_report = kyso_map_from_json(report);
    return 0;
}

static int sign_as(struct kyso_client *client, const struct question *question, int *ret_result,
                   struct kyso_map **ret_report)
{
    KYSO_MESSAGE DBusMessage *reply = NULL;
    int r = ask(client, question, &reply);

    return r != 0 ? r : take_document(client, reply, ret_result, ret_report);
}

int kyso_sign(struct kyso_client *client, int document, const char *certificate,
              const struct kyso_options *options, int *ret_result, struct kyso_map **ret_report)
{
    struct question question = {KYSO_IFACE_SIGNER, "Sign", document, certificate, options};

    return sign_as(client, &question, ret_result, ret_report);
}

int kyso_seal(struct kyso_client *client, int document, const char *certificate,
              const struct kyso_options *options, int *ret_result, struct kyso_map **ret_report)
{
    struct question question = {KYSO_IFACE_SIGNER, "Seal", document, certificate, options};

    return sign_as(client, &question, ret_result, ret_report);
}

int kyso_verify(struct kyso_client *client, int document, const struct kyso_options *options,
                struct kyso_map **ret_report)
{
    struct question question = {KYSO_IFACE_VERIFIER, "Verify", document, NULL, options};
    KYSO_MESSAGE DBusMessage *reply = NULL;
    KYSO_JSON struct json_object *verdict = NULL;
    KYSO_JSON struct json_object *report = NULL;
    DBusMessageIter iter;
    int r = ask(client, &question, &reply);

    if (r != 0)
        return r;
    if (!dbus_message_has_signature(reply, "sa{sv}") || !dbus_message_iter_init(reply, &iter))
        return kyso_client_fail(client, KYSO_OUTCOME_FAILED, "bad-answer");
    r = kyso_map_read(&iter, &verdict);
    (void)dbus_message_iter_next(&iter);
    if (r == 0)
        r = kyso_map_read(&iter, &report);
    if (r < 0)
        return r;
    if (json_object_object_add(report, "verdict", verdict) < 0)
        return kyso_trace(-ENOMEM);
    verdict = NULL; /* the report owns it now */
    *ret_report = kyso_map_from_json(KYSO_STEAL(report));
    return 0;
}

void kyso_client_cancel(struct kyso_client *client)
{
    KYSO_MESSAGE DBusMessage *call = NULL;

    client->cancels++;
    if (client->job == NULL)
        return;
    call = kyso_bus_method(client->job, KYSO_IFACE_JOB, "Cancel");
    if (call != NULL)
        kyso_bus_send(client, call);
}
