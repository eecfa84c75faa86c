/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/answer.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "client/map.h"
#include "client/options.h"
#include "common/error.h"
#include "common/names.h"
#include "common/outcome.h"
#include "common/text.h"

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

#define WORDS_MAX 3

/* A method's arguments: the document, WORDS, the name of the job, options. */
struct question {
    const char *interface, *method;
    int document;
    const char *words[WORDS_MAX]; /* as many as are not null */
    const struct kyso_options *options;
};

/* 0, -ENOMEM, or KYSO_OUTCOME_BAD_ARGUMENT for a word that is not UTF-8: libdbus would abort. */
static int append_fixed(DBusMessageIter *iter, const struct question *question, const char *name)
{
    if (!dbus_message_iter_append_basic(iter, DBUS_TYPE_UNIX_FD, &question->document))
        return kyso_trace(-ENOMEM);
    for (size_t i = 0; i < WORDS_MAX && question->words[i] != NULL; i++) {
        if (!kyso_text_is_utf8(question->words[i], strlen(question->words[i])))
            return KYSO_OUTCOME_BAD_ARGUMENT;
        if (!dbus_message_iter_append_basic(iter, DBUS_TYPE_STRING, &question->words[i]))
            return kyso_trace(-ENOMEM);
    }
    return dbus_message_iter_append_basic(iter, DBUS_TYPE_STRING, &name) ? 0 : kyso_trace(-ENOMEM);
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
    r = append_fixed(&iter, question, name);
    if (r == 0)
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

static int sign_as(struct kyso_client *client, const struct question *question, int *ret_result,
                   struct kyso_map **ret_report)
{
    KYSO_MESSAGE DBusMessage *reply = NULL;
    int r = ask(client, question, &reply);

    return r != 0 ? r : kyso_answer_report(client, reply, ret_result, ret_report);
}

int kyso_sign(struct kyso_client *client, int document, const char *certificate,
              const struct kyso_options *options, int *ret_result, struct kyso_map **ret_report)
{
    struct question question = {KYSO_IFACE_SIGNER, "Sign", document, {certificate}, options};

    return sign_as(client, &question, ret_result, ret_report);
}

int kyso_seal(struct kyso_client *client, int document, const char *certificate,
              const struct kyso_options *options, int *ret_result, struct kyso_map **ret_report)
{
    struct question question = {KYSO_IFACE_SIGNER, "Seal", document, {certificate}, options};

    return sign_as(client, &question, ret_result, ret_report);
}

int kyso_verify(struct kyso_client *client, int document, const struct kyso_options *options,
                struct kyso_map **ret_report)
{
    struct question question = {KYSO_IFACE_VERIFIER, "Verify", document, {NULL}, options};
    KYSO_MESSAGE DBusMessage *reply = NULL;
    KYSO_JSON struct json_object *verdict = NULL;
    KYSO_JSON struct json_object *report = NULL;
    DBusMessageIter iter;
    int r = ask(client, &question, &reply);

    if (r == 0)
        r = kyso_answer_begin(client, reply, "sa{sv}", &iter);
    if (r != 0)
        return r;
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

int kyso_release(struct kyso_client *client, int document, const char *number, const char *date,
                 const char *channel, const struct kyso_options *options,
                 struct kyso_map **ret_report)
{
    struct question question = {
        KYSO_IFACE_RELEASE, "Release", document, {number, date, channel}, options};
    KYSO_MESSAGE DBusMessage *reply = NULL;
    int r = ask(client, &question, &reply);

    return r == 0 ? kyso_answer_value(client, reply, "a{sv}", NULL, ret_report) : r;
}

int kyso_find_releases(struct kyso_client *client, int document, struct kyso_map **ret_releases)
{
    struct question question = {KYSO_IFACE_RELEASE, "Find", document, {NULL}, NULL};
    KYSO_MESSAGE DBusMessage *reply = NULL;
    int r = ask(client, &question, &reply);

    return r != 0 ? r : kyso_answer_value(client, reply, "aa{sv}", "releases", ret_releases);
}

int kyso_list_releases(struct kyso_client *client, uint64_t since, uint64_t until,
                       const char *number, struct kyso_map **ret_releases)
{
    KYSO_MESSAGE DBusMessage *call = kyso_bus_method(KYSO_ROOT_PATH, KYSO_IFACE_RELEASE, "List");
    KYSO_MESSAGE DBusMessage *reply = NULL;
    DBusMessageIter iter;
    int r;

    if (client->calling)
        return kyso_trace(-EDEADLK);
    if (!kyso_text_is_utf8(number, strlen(number)))
        return kyso_client_fail(client, KYSO_OUTCOME_BAD_ARGUMENT, "not-utf8");
    if (call == NULL ||
        !dbus_message_append_args(call, DBUS_TYPE_UINT64, &since, DBUS_TYPE_UINT64, &until,
                                  DBUS_TYPE_STRING, &number, DBUS_TYPE_INVALID))
        return kyso_trace(-ENOMEM);
    dbus_message_iter_init_append(call, &iter);
    r = kyso_options_append(NULL, &iter);
    if (r == 0)
        r = kyso_bus_call(client, call, KYSO_CALL_MSEC, &reply);
    return r != 0 ? r : kyso_answer_value(client, reply, "aa{sv}", "releases", ret_releases);
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
