/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* org.kyso.Kyso1.Audit: the log for inspectors (BD17-21.3, AG16-26, K-18), read-only. */

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "common/buf.h"
#include "common/error.h"
#include "common/log.h"
#include "common/memfd.h"
#include "common/names.h"
#include "common/outcome.h"
#include "common/text.h"
#include "daemon/daemon.h"
#include "daemon/dict.h"
#include "daemon/property.h"

#define EXPORT_MAX ((size_t)16 << 20) /* bytes of one answer; the caller asks for the rest */

/* One reading of the log for a caller. */
struct reading {
    struct reading *next;
    struct kyso_daemon *daemon;
    struct kyso_request *request;
    uid_t uid; /* whose quota it holds */
    bool charged;
    struct kyso_audit_walk *walk;
    const char *heads[KYSO_AUDIT_HEADS_MAX]; /* borrowed from the request */
    size_t n_heads;
    struct kyso_buf lines;
    uint64_t after; /* the record that an export goes on with; 0: none */
};

static struct reading *running;

static void reading_free(struct reading *reading)
{
    for (struct reading **at = &running; *at != NULL; at = &(*at)->next) {
        if (*at == reading) {
            *at = reading->next;
            break;
        }
    }
    if (reading->charged)
        kyso_caller_release(reading->daemon->callers, reading->uid, EXPORT_MAX);
    (void)kyso_audit_walk_free(reading->walk);
    kyso_buf_done(&reading->lines);
    free(reading);
}

void kyso_auditor_stop(void)
{
    while (running != NULL)
        reading_free(running);
}

static void fail(struct reading *reading, int result, const char *detail, const char *option)
{
    struct kyso_request *request = reading->request;

    kyso_request_fail(request, result, "detail", detail, "option", option, NULL);
    reading_free(reading);
}

static void caller_left(void *data)
{
    reading_free(data);
}

/* Null when the caller has been told why not. */
static struct reading *begin(struct kyso_request *request, void *data)
{
    struct reading *reading = calloc(1, sizeof(*reading));
    const char *which = NULL;
    int r;

    if (reading == NULL) {
        kyso_request_fail(request, -ENOMEM, NULL);
        return NULL;
    }
    reading->daemon = data;
    reading->request = request;
    reading->lines.maximum = EXPORT_MAX;
    reading->next = running;
    running = reading;
    kyso_request_on_drop(request, caller_left, reading);
    r = kyso_caller_charge(request->caller, EXPORT_MAX, &which);
    if (r != 0) {
        fail(reading, r, which, NULL);
        return NULL;
    }
    reading->charged = true;
    reading->uid = kyso_caller_uid(request->caller);
    return reading;
}

/* ---- verifying ---- */

static int pass(void *data KYSO_UNUSED, const struct kyso_audit_view *view KYSO_UNUSED)
{
    return 0;
}

static void put_finding(struct kyso_dict *report, const struct kyso_audit_finding *finding)
{
    const char *states[KYSO_AUDIT_HEADS_MAX];

    for (size_t i = 0; i < finding->n_heads; i++)
        states[i] = kyso_audit_head_state_name(finding->heads[i]);
    kyso_dict_u64(report, "records", finding->records);
    kyso_dict_u64(report, "broken", finding->broken);
    kyso_dict_u64(report, "broken-at", finding->broken_at);
    kyso_dict_strings(report, "heads", states, finding->n_heads);
}

static void answer_finding(struct reading *reading, const struct kyso_audit_finding *finding)
{
    KYSO_MESSAGE DBusMessage *reply = dbus_message_new_method_return(reading->request->message);
    struct kyso_request *request = reading->request;
    char head[KYSO_AUDIT_HEAD_MAX] = "";
    struct kyso_dict report;
    DBusMessageIter to;
    int r = kyso_audit_head(reading->daemon->audit, head);

    if (r != 0) {
        fail(reading, r, NULL, NULL);
        return;
    }
    if (reply != NULL) {
        dbus_message_iter_init_append(reply, &to);
        (void)kyso_put_bool(&to, finding->intact);
        kyso_dict_open(&report, &to);
        kyso_dict_string(&report, "head", head);
        put_finding(&report, finding);
        (void)kyso_dict_close(&report);
    }
    kyso_request_reply(request, reply);
    reading_free(reading);
}

static void verified(void *data, int result, const struct kyso_audit_finding *finding)
{
    struct reading *reading = data;

    if (!finding->intact)
        kyso_log(KYSO_LOG_ERROR, "audit: the log does not verify (first at record %" PRIu64 ")",
                 finding->broken_at);
    if (result != 0)
        fail(reading, result, NULL, NULL);
    else
        answer_finding(reading, finding);
}

/* The heads that the caller kept. */
static int read_heads(struct reading *reading, const char **detail)
{
    struct kyso_audit_head head;
    DBusMessageIter top, array;

    (void)dbus_message_iter_init(reading->request->message, &top);
    dbus_message_iter_recurse(&top, &array);
    while (dbus_message_iter_get_arg_type(&array) == DBUS_TYPE_STRING) {
        const char *text;

        *detail = "heads";
        if (reading->n_heads == KYSO_AUDIT_HEADS_MAX)
            return KYSO_OUTCOME_LIMIT;
        dbus_message_iter_get_basic(&array, &text);
        *detail = "head";
        if (!kyso_audit_head_read(text, &head))
            return KYSO_OUTCOME_BAD_ARGUMENT;
        reading->heads[reading->n_heads++] = text;
        (void)dbus_message_iter_next(&array);
    }
    return 0;
}

static void verify(struct kyso_request *request, void *data)
{
    static const struct kyso_audit_reader READER = {pass, verified};
    struct reading *reading = begin(request, data);
    const char *detail = NULL;
    int r;

    if (reading == NULL)
        return;
    r = read_heads(reading, &detail);
    if (r == 0) {
        detail = NULL;
        r = kyso_audit_walk(reading->daemon->audit, reading->daemon->loop, 1, reading->heads,
                            reading->n_heads, &READER, reading, &reading->walk);
    }
    if (r != 0)
        fail(reading, r, detail, NULL);
}

/* ---- exporting ---- */

/* A line: the hash, a blank, the record. */
static int take_line(void *data, const struct kyso_audit_view *view)
{
    struct reading *reading = data;
    KYSO_FREE char *hash = kyso_text_hex(view->line->hash, KYSO_AUDIT_HASH);

    if (hash == NULL)
        return kyso_trace(-ENOMEM);
    if (reading->lines.length + view->line->length + 2 * KYSO_AUDIT_HASH + 2 > EXPORT_MAX) {
        reading->after = view->line->seq;
        return KYSO_OUTCOME_LIMIT;
    }
    kyso_buf_put(&reading->lines, hash, 2 * (size_t)KYSO_AUDIT_HASH);
    kyso_buf_put(&reading->lines, " ", 1);
    kyso_buf_put(&reading->lines, view->line->record, view->line->length);
    kyso_buf_put(&reading->lines, "\n", 1);
    return reading->lines.error;
}

static int answer_lines(struct reading *reading)
{
    KYSO_MESSAGE DBusMessage *reply = dbus_message_new_method_return(reading->request->message);
    struct kyso_request *request = reading->request;
    char head[KYSO_AUDIT_HEAD_MAX] = "";
    KYSO_CLOSE int log = -1;
    DBusMessageIter to;
    int r = kyso_audit_head(reading->daemon->audit, head);

    if (r == 0)
        r = kyso_memfd_from_bytes("audit", reading->lines.bytes, reading->lines.length, &log);
    if (r != 0)
        return r;
    if (reply != NULL) {
        dbus_message_iter_init_append(reply, &to);
        if (!dbus_message_iter_append_basic(&to, DBUS_TYPE_UNIX_FD, &log) ||
            !kyso_put_u64(&to, reading->after) || !kyso_put_string(&to, head))
            return -ENOMEM;
    }
    kyso_request_reply(request, reply);
    reading_free(reading);
    return 0;
}

static void exported(void *data, int result, const struct kyso_audit_finding *finding KYSO_UNUSED)
{
    struct reading *reading = data;

    if (result == KYSO_OUTCOME_LIMIT && reading->after != 0)
        result = 0;
    if (result == 0 && reading->lines.length == 0) {
        fail(reading, KYSO_OUTCOME_NOT_FOUND, "no-records", NULL);
        return;
    }
    if (result == 0)
        result = answer_lines(reading);
    if (result != 0)
        fail(reading, result, NULL, NULL);
}

/* Who read the log is in the log. */
static int record_reader(struct reading *reading, uint64_t from)
{
    struct kyso_audit_entry *entry = kyso_audit_entry("audit-exported", reading->request->caller);

    kyso_audit_number(entry, "from", (int64_t)from);
    return kyso_audit_append(reading->daemon->audit, entry);
}

static void export(struct kyso_request *request, void *data)
{
    static const struct kyso_audit_reader READER = {take_line, exported};
    struct reading *reading = begin(request, data);
    const char *detail = NULL, *name = NULL;
    dbus_uint64_t from = 0;
    DBusMessageIter iter;
    int r;

    if (reading == NULL)
        return;
    (void)dbus_message_iter_init(request->message, &iter);
    dbus_message_iter_get_basic(&iter, &from);
    (void)dbus_message_iter_next(&iter);
    r = kyso_options_read(&iter, NULL, 0, &detail, &name);
    if (r == 0 && (from == 0 || from > INT64_MAX)) {
        r = KYSO_OUTCOME_BAD_ARGUMENT;
        detail = "from";
    }
    if (r == 0)
        r = record_reader(reading, from);
    if (r == 0)
        r = kyso_audit_walk(reading->daemon->audit, reading->daemon->loop, from, NULL, 0, &READER,
                            reading, &reading->walk);
    if (r != 0)
        fail(reading, r, detail, name);
}

static bool get_head(DBusMessageIter *to, void *data)
{
    const struct kyso_daemon *daemon = data;
    char head[KYSO_AUDIT_HEAD_MAX];

    return kyso_put_string(to, kyso_audit_head(daemon->audit, head) == 0 ? head : "");
}

const struct kyso_interface KYSO_AUDIT_INTERFACE = {
    .name = KYSO_IFACE_AUDIT,
    .read_action = "audit",
    .methods =
        (const struct kyso_method[]){
            {"Verify", "heads:as", "intact:b report:a{sv}", "audit", verify},
            {"Export", "from:t options:a{sv}", "log:h next:t head:s", "audit", export},
            {0},
        },
    .properties =
        (const struct kyso_property[]){
            {"Head", "s", get_head},
            {0},
        },
};
