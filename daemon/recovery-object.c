/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* org.kyso.Kyso1.Recovery: requests for recovery and revocation, on the root and on each of them.
 * Whom the roster lists for a certificate does what concerns it; everybody else needs the action
 * recovery-others. */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/error.h"
#include "common/log.h"
#include "common/names.h"
#include "common/outcome.h"
#include "common/text.h"
#include "daemon/dict.h"
#include "daemon/property.h"
#include "daemon/recovery-desk.h"

#define DETAIL_MAX 24

/* ---- who may ---- */

static bool is_listed(const struct kyso_recovery_desk *desk, const struct kyso_caller *caller,
                      const uint8_t certificate[32])
{
    const struct kyso_roster_entry *entry = kyso_roster_find(desk->daemon->roster, certificate);

    return entry != NULL && kyso_roster_lists_user(entry, kyso_caller_user(caller));
}

/* A letter is everybody's whose rows are all his own. */
static bool is_own(const struct kyso_recovery_desk *desk, const struct kyso_caller *caller,
                   const struct kyso_recovery_request *request)
{
    struct kyso_recovery_request *rows[KYSO_RECOVERY_MEMBERS_MAX];
    size_t n;

    if (request->kind != KYSO_RECOVERY_LETTER)
        return request->n_certificates > 0 && is_listed(desk, caller, request->certificates[0]);
    n = kyso_recovery_rows(desk->recovery, request, rows, KYSO_RECOVERY_MEMBERS_MAX);
    for (size_t i = 0; i < n && i < KYSO_RECOVERY_MEMBERS_MAX; i++) {
        if (!is_own(desk, caller, rows[i]))
            return false;
    }
    return n > 0;
}

static void authorise(struct kyso_request *request, bool own, kyso_method_fn fn, void *data)
{
    if (own)
        fn(request, data);
    else
        kyso_request_authorise(request, "recovery-others", fn, data);
}

static void authorise_own(struct kyso_request *request, void *data, kyso_method_fn fn)
{
    const struct kyso_recovery_shown *shown = data;

    authorise(request, is_own(shown->desk, request->caller, shown->request), fn, data);
}

/* ---- answers ---- */

static void answer(struct kyso_request *request)
{
    KYSO_MESSAGE DBusMessage *reply = dbus_message_new_method_return(request->message);

    kyso_request_reply(request, reply);
}

static void answer_path(struct kyso_request *request, const struct kyso_recovery_request *made)
{
    KYSO_MESSAGE DBusMessage *reply = dbus_message_new_method_return(request->message);
    const struct kyso_recovery_shown *shown = made->shown;
    DBusMessageIter to;

    if (reply != NULL) {
        dbus_message_iter_init_append(reply, &to);
        if (!kyso_put_path(&to, kyso_object_path(shown->object))) {
            kyso_request_fail(request, -ENOMEM, NULL);
            return;
        }
    }
    kyso_request_reply(request, reply);
}

static void fail_why(struct kyso_request *request, int result, const struct kyso_recovery_why *why)
{
    char other[DETAIL_MAX] = "";

    if (result < 0 || result == KYSO_OUTCOME_STORE_FAILED) {
        kyso_request_fail(request, result, NULL);
        return;
    }
    if (why->other != 0)
        (void)snprintf(other, sizeof(other), "%" PRId64, why->other);
    kyso_request_fail(request, result, result == KYSO_OUTCOME_REFUSED ? "reason" : "detail",
                      why->reason, "clause", why->clause, "option", why->field, "request", other,
                      NULL);
}

static bool no_options(struct kyso_request *request, DBusMessageIter *iter)
{
    const char *detail = NULL, *name = NULL;
    int r = kyso_options_read(iter, NULL, 0, &detail, &name);

    if (r != 0)
        kyso_request_fail(request, r, "detail", detail, "option", name, NULL);
    return r == 0;
}

/* ---- what is done with a request ---- */

static void fill(struct kyso_request *request, void *data)
{
    const struct kyso_recovery_shown *shown = data;
    const char *keys[KYSO_RECOVERY_FIELDS_MAX + 1], *values[KYSO_RECOVERY_FIELDS_MAX + 1];
    struct kyso_recovery_why why = {.reason = "", .clause = "", .field = ""};
    DBusMessageIter iter, array, entry;
    size_t n = 0;
    int r;

    (void)dbus_message_iter_init(request->message, &iter);
    dbus_message_iter_recurse(&iter, &array);
    while (dbus_message_iter_get_arg_type(&array) == DBUS_TYPE_DICT_ENTRY &&
           n <= KYSO_RECOVERY_FIELDS_MAX) {
        dbus_message_iter_recurse(&array, &entry);
        dbus_message_iter_get_basic(&entry, &keys[n]);
        (void)dbus_message_iter_next(&entry);
        dbus_message_iter_get_basic(&entry, &values[n++]);
        (void)dbus_message_iter_next(&array);
    }
    (void)dbus_message_iter_next(&iter);
    if (!no_options(request, &iter))
        return;
    r = kyso_recovery_fill(shown->desk->recovery, request->caller, shown->request, keys, values, n,
                           &why);
    if (r != 0)
        fail_why(request, r, &why);
    else
        answer(request);
}

static void send(struct kyso_request *request, void *data)
{
    const struct kyso_recovery_shown *shown = data;
    struct kyso_recovery_why why = {.reason = "", .clause = "", .field = ""};
    const char *to = "", *how = "";
    dbus_uint64_t at = 0;
    DBusMessageIter iter;
    int r;

    (void)dbus_message_iter_init(request->message, &iter);
    dbus_message_iter_get_basic(&iter, &to);
    (void)dbus_message_iter_next(&iter);
    dbus_message_iter_get_basic(&iter, &how);
    (void)dbus_message_iter_next(&iter);
    dbus_message_iter_get_basic(&iter, &at);
    (void)dbus_message_iter_next(&iter);
    if (!no_options(request, &iter))
        return;
    r = kyso_recovery_send(shown->desk->recovery, request->caller, shown->request, to, how, at,
                           &why);
    kyso_recovery_desk_set_alarm(shown->desk);
    if (r != 0)
        fail_why(request, r, &why);
    else
        answer(request);
}

/* A plugged-in token that itself says that it is locked is locked, whatever anybody says. */
static bool shows_lock(const struct kyso_recovery_desk *desk,
                       const struct kyso_recovery_request *request)
{
    const struct kyso_token_entry *token = kyso_recovery_desk_token(desk, request->token);
    struct kyso_lockout_facts facts = {.result = KYSO_LOGIN_NOT_TRIED,
                                       .recorded_flags = KYSO_PIN_FLAGS_UNKNOWN,
                                       .recorded_tries = KYSO_PIN_TRIES_UNKNOWN};

    if (token == NULL || !token->present || !kyso_recovery_is_open(request->state))
        return false;
    facts.flags_before = facts.flags_after = token->view.flags;
    facts.tries_before = facts.tries_after = token->view.tries;
    facts.flags_frozen = token->view.flags_frozen;
    facts.max_tries = token->view.max_tries;
    return kyso_lockout_judge(&facts).state == KYSO_PIN_LOCKED;
}

/* The requests that end with REQUEST: itself, or a letter's rows. Returns how many. */
static size_t concerned(const struct kyso_recovery_desk *desk,
                        struct kyso_recovery_request *request, struct kyso_recovery_request **rows)
{
    size_t n;

    if (request->kind != KYSO_RECOVERY_LETTER) {
        rows[0] = request;
        return 1;
    }
    n = kyso_recovery_rows(desk->recovery, request, rows, KYSO_RECOVERY_MEMBERS_MAX);
    return n < KYSO_RECOVERY_MEMBERS_MAX ? n : KYSO_RECOVERY_MEMBERS_MAX;
}

/* What the token showed while it was plugged in says nothing once it is away. */
static void look_again(const struct kyso_recovery_desk *desk,
                       const struct kyso_recovery_request *request)
{
    struct kyso_token_entry *token = kyso_recovery_desk_token(desk, request->token);
    struct kyso_pin_view view;

    if (token == NULL)
        return;
    view = token->view;
    if (!token->present) {
        view.flags = KYSO_PIN_FLAGS_UNKNOWN;
        view.tries = KYSO_PIN_TRIES_UNKNOWN;
    }
    if (kyso_inventory_look(token, &view) != 0)
        kyso_log(KYSO_LOG_ERROR, "token %s could not be looked at", token->serial);
}

static void close_request(struct kyso_request *request, const struct kyso_recovery_shown *shown,
                          enum kyso_recovery_act act, const char *reason)
{
    struct kyso_recovery_request *rows[KYSO_RECOVERY_MEMBERS_MAX];
    struct kyso_recovery_why why = {.reason = "", .clause = "", .field = ""};
    size_t n = concerned(shown->desk, shown->request, rows);
    bool recovered = act == KYSO_RECOVERY_ACT_RECOVERED;
    int r;

    for (size_t i = 0; recovered && i < n; i++) {
        if (!shows_lock(shown->desk, rows[i]))
            continue;
        why.reason = "still-locked";
        why.other = rows[i]->id;
        fail_why(request, KYSO_OUTCOME_REFUSED, &why);
        return;
    }
    r = kyso_recovery_close(shown->desk->recovery, request->caller, shown->request, act, reason,
                            &why);
    if (r != 0) {
        fail_why(request, r, &why);
        return;
    }
    for (size_t i = 0; recovered && i < n; i++)
        look_again(shown->desk, rows[i]);
    kyso_recovery_desk_set_alarm(shown->desk);
    answer(request);
}

static void close_without_reason(struct kyso_request *request, void *data,
                                 enum kyso_recovery_act act)
{
    DBusMessageIter iter;

    (void)dbus_message_iter_init(request->message, &iter);
    if (no_options(request, &iter))
        close_request(request, data, act, "");
}

static void close_with_reason(struct kyso_request *request, void *data, enum kyso_recovery_act act)
{
    const char *reason = "";
    DBusMessageIter iter;

    (void)dbus_message_iter_init(request->message, &iter);
    dbus_message_iter_get_basic(&iter, &reason);
    (void)dbus_message_iter_next(&iter);
    if (no_options(request, &iter))
        close_request(request, data, act, reason);
}

static void recovered(struct kyso_request *request, void *data)
{
    close_without_reason(request, data, KYSO_RECOVERY_ACT_RECOVERED);
}

static void revoked(struct kyso_request *request, void *data)
{
    close_without_reason(request, data, KYSO_RECOVERY_ACT_REVOKED);
}

static void refused(struct kyso_request *request, void *data)
{
    close_with_reason(request, data, KYSO_RECOVERY_ACT_REFUSED);
}

static void cancel(struct kyso_request *request, void *data)
{
    close_with_reason(request, data, KYSO_RECOVERY_ACT_CANCEL);
}

/* Each asks first whose it is. */
#define OWN(name, fn)                                                                              \
    static void name(struct kyso_request *request, void *data)                                     \
    {                                                                                              \
        authorise_own(request, data, fn);                                                          \
    }
OWN(own_fill, fill)
OWN(own_preview, kyso_recovery_preview)
OWN(own_render, kyso_recovery_render)
OWN(own_send, send)
OWN(own_recovered, recovered)
OWN(own_revoked, revoked)
OWN(own_refused, refused)
OWN(own_cancel, cancel)

/* ---- properties ---- */

#define GET(getter, put, expression)                                                               \
    KYSO_GETTER(getter, put, struct kyso_recovery_shown, expression)
#define REQUEST object->request

static const char *path_of(const struct kyso_recovery_shown *shown, int64_t id)
{
    const struct kyso_recovery_request *other =
        id != 0 ? kyso_recovery_find(shown->desk->recovery, id) : NULL;
    const struct kyso_recovery_shown *there = other != NULL ? other->shown : NULL;

    return there != NULL ? kyso_object_path(there->object) : "/";
}

static const char *token_path(const struct kyso_recovery_shown *shown)
{
    const struct kyso_token_entry *token =
        kyso_recovery_desk_token(shown->desk, shown->request->token);

    return token != NULL ? kyso_object_path(token->object) : "/";
}

static uint64_t due(const struct kyso_recovery_shown *shown)
{
    int64_t at = kyso_recovery_due(shown->desk->recovery, shown->request);

    return at == KYSO_DEADLINE_NO_TIME || at < 0 ? 0 : (uint64_t)at;
}

static struct kyso_recovery_path path_for(const struct kyso_recovery_shown *shown)
{
    return kyso_recovery_path(&shown->desk->daemon->config->profile, shown->request->incident);
}

static const char *clause_of(const struct kyso_recovery_shown *shown)
{
    struct kyso_recovery_path path = path_for(shown);

    return shown->request->kind == KYSO_RECOVERY_LETTER ? path.upstream_clause : path.form_clause;
}

static const char *delivery_of(const struct kyso_recovery_shown *shown)
{
    return shown->request->kind == KYSO_RECOVERY_LETTER ? "" : path_for(shown).delivery;
}

static const char *electronic_of(const struct kyso_recovery_shown *shown)
{
    return kyso_recovery_electronic(&shown->desk->daemon->config->profile, shown->request->kind);
}

GET(get_id, kyso_put_u64, (uint64_t)REQUEST->id)
GET(get_kind, kyso_put_string, kyso_recovery_kind_name(REQUEST->kind))
GET(get_state, kyso_put_string, kyso_recovery_state_name(REQUEST->state))
GET(get_incident, kyso_put_string,
    REQUEST->has_incident ? kyso_incident_name(REQUEST->incident) : "")
GET(get_form, kyso_put_string, REQUEST->form)
GET(get_profile, kyso_put_string, REQUEST->profile)
GET(get_token, kyso_put_path, token_path(object))
GET(get_token_serial, kyso_put_string, REQUEST->serial)
GET(get_created, kyso_put_u64, REQUEST->created)
GET(get_sent_at, kyso_put_u64, REQUEST->sent_at)
GET(get_sent_to, kyso_put_string, REQUEST->sent_to)
GET(get_sent_how, kyso_put_string, REQUEST->sent_how)
GET(get_due, kyso_put_u64, due(object))
GET(get_overdue, kyso_put_bool, REQUEST->overdue)
GET(get_closed_at, kyso_put_u64, REQUEST->closed_at)
GET(get_reason, kyso_put_string, REQUEST->reason)
GET(get_combined, kyso_put_path, path_of(object, REQUEST->letter))
GET(get_clause, kyso_put_string, clause_of(object))
GET(get_delivery, kyso_put_string, delivery_of(object))
GET(get_electronic, kyso_put_string, electronic_of(object))

static bool get_forms(DBusMessageIter *to, void *data)
{
    DBusMessageIter array;
    bool ok = dbus_message_iter_open_container(to, DBUS_TYPE_ARRAY, "s", &array);
    const char *form;

    for (size_t i = 0; ok && (form = kyso_recovery_form_at(data, i)) != NULL; i++)
        ok = kyso_put_string(&array, form);
    return ok && dbus_message_iter_close_container(to, &array);
}

static bool get_certificates(DBusMessageIter *to, void *data)
{
    const struct kyso_recovery_request *request = ((struct kyso_recovery_shown *)data)->request;
    DBusMessageIter array;
    bool ok = dbus_message_iter_open_container(to, DBUS_TYPE_ARRAY, "s", &array);

    for (size_t i = 0; ok && i < request->n_certificates; i++) {
        KYSO_FREE char *hex = kyso_text_hex(request->certificates[i], 32);

        ok = hex != NULL && kyso_put_string(&array, hex);
    }
    return ok && dbus_message_iter_close_container(to, &array);
}

static bool get_filled(DBusMessageIter *to, void *data)
{
    const struct kyso_recovery_request *request = ((struct kyso_recovery_shown *)data)->request;
    DBusMessageIter array;
    bool ok = dbus_message_iter_open_container(to, DBUS_TYPE_ARRAY, "s", &array);

    for (size_t i = 0; ok && i < request->n_fields; i++)
        ok = kyso_put_string(&array, request->fields[i].key);
    return ok && dbus_message_iter_close_container(to, &array);
}

static bool get_requests(DBusMessageIter *to, void *data)
{
    struct kyso_recovery_shown *shown = data;
    struct kyso_recovery_request *rows[KYSO_RECOVERY_MEMBERS_MAX];
    DBusMessageIter array;
    bool ok = dbus_message_iter_open_container(to, DBUS_TYPE_ARRAY, "o", &array);
    size_t n = shown->request->kind == KYSO_RECOVERY_LETTER
                   ? kyso_recovery_rows(shown->desk->recovery, shown->request, rows,
                                        KYSO_RECOVERY_MEMBERS_MAX)
                   : 0;

    for (size_t i = 0; ok && i < n && i < KYSO_RECOVERY_MEMBERS_MAX; i++)
        ok = kyso_put_path(&array, path_of(shown, rows[i]->id));
    return ok && dbus_message_iter_close_container(to, &array);
}

const struct kyso_interface KYSO_RECOVERY_REQUEST_INTERFACE = {
    .name = KYSO_IFACE_RECOVERY,
    .read_action = "list",
    .methods =
        (const struct kyso_method[]){
            {"Fill", "fields:a{ss} options:a{sv}", "", "recovery", own_fill},
            {"Preview", "options:a{sv}", "report:a{sv}", "recovery", own_preview},
            {"Render", "format:s options:a{sv}", "file:h report:a{sv}", "recovery", own_render},
            {"MarkSent", "to:s how:s at:t options:a{sv}", "", "recovery", own_send},
            {"MarkRecovered", "options:a{sv}", "", "recovery", own_recovered},
            {"MarkRevoked", "options:a{sv}", "", "recovery", own_revoked},
            {"MarkRefused", "reason:s options:a{sv}", "", "recovery", own_refused},
            {"Cancel", "reason:s options:a{sv}", "", "recovery", own_cancel},
            {0},
        },
    .properties =
        (const struct kyso_property[]){
            {"Id", "t", get_id},
            {"Kind", "s", get_kind},
            {"State", "s", get_state},
            {"Incident", "s", get_incident},
            {"Profile", "s", get_profile},
            {"Form", "s", get_form},
            {"Forms", "as", get_forms},
            {"Clause", "s", get_clause},
            {"Delivery", "s", get_delivery},
            {"ElectronicClause", "s", get_electronic},
            {"Token", "o", get_token},
            {"TokenSerial", "s", get_token_serial},
            {"Certificates", "as", get_certificates},
            {"Filled", "as", get_filled},
            {"Created", "t", get_created},
            {"SentAt", "t", get_sent_at},
            {"SentTo", "s", get_sent_to},
            {"SentHow", "s", get_sent_how},
            {"Due", "t", get_due},
            {"Overdue", "b", get_overdue},
            {"ClosedAt", "t", get_closed_at},
            {"Reason", "s", get_reason},
            {"CombinedInto", "o", get_combined},
            {"Requests", "ao", get_requests},
            {0},
        },
    .signals =
        (const struct kyso_signal[]){
            {"Overdue", ""},
            {0},
        },
};

/* ---- on the bus ---- */

static void added(void *data, struct kyso_recovery_request *request)
{
    static const struct kyso_interface *const INTERFACES[] = {&KYSO_RECOVERY_REQUEST_INTERFACE,
                                                              NULL};
    struct kyso_recovery_desk *desk = data;
    struct kyso_recovery_shown *shown = calloc(1, sizeof(*shown));
    char path[64];

    (void)snprintf(path, sizeof(path), KYSO_ROOT_PATH "/recovery/%" PRId64, request->id);
    if (shown != NULL) {
        *shown = (struct kyso_recovery_shown){.desk = desk, .request = request};
        request->shown = shown;
        if (kyso_object_add(desk->daemon->objects, path, INTERFACES, shown, NULL, &shown->object) ==
            0)
            return;
        request->shown = NULL;
    }
    free(shown);
    kyso_log(KYSO_LOG_ERROR, "request %" PRId64 " cannot be shown", request->id);
}

static void changed(void *data KYSO_UNUSED, struct kyso_recovery_request *request)
{
    static const char *const NAMES[] = {"State",        "Forms",    "Filled",  "SentAt",   "SentTo",
                                        "SentHow",      "Due",      "Overdue", "ClosedAt", "Reason",
                                        "CombinedInto", "Requests", NULL};
    const struct kyso_recovery_shown *shown = request->shown;

    if (shown != NULL)
        kyso_object_changed(shown->object, &KYSO_RECOVERY_REQUEST_INTERFACE, NAMES);
}

static void overdue(void *data KYSO_UNUSED, struct kyso_recovery_request *request)
{
    const struct kyso_recovery_shown *shown = request->shown;

    if (shown != NULL)
        kyso_object_emit(shown->object, KYSO_IFACE_RECOVERY, "Overdue");
}

const struct kyso_recovery_observer KYSO_RECOVERY_OBSERVER = {added, changed, overdue};

/* ---- the root ---- */

static const struct kyso_certificate_entry *certificate_at(const struct kyso_daemon *daemon,
                                                           const char *path)
{
    for (const struct kyso_certificate_entry *c = daemon->inventory->certificates; c != NULL;
         c = c->next) {
        if (strcmp(kyso_object_path(c->object), path) == 0)
            return c;
    }
    return NULL;
}

static const struct kyso_token_entry *token_at(const struct kyso_daemon *daemon, const char *path)
{
    for (const struct kyso_token_entry *t = daemon->inventory->tokens; t != NULL; t = t->next) {
        if (strcmp(kyso_object_path(t->object), path) == 0)
            return t;
    }
    return NULL;
}

struct starting {
    enum kyso_incident incident;
    const struct kyso_token_entry *token;
    struct kyso_recovery_facts facts;
};

/* 0, or an outcome with *RET_DETAIL. A revocation is of a certificate, and a token may have
 * several. */
static int read_start(struct kyso_request *request, const struct kyso_daemon *daemon,
                      struct starting *start, const char **ret_detail, const char **ret_name)
{
    const struct kyso_certificate_entry *certificate;
    const char *path = "", *incident = "";
    DBusMessageIter iter;
    int r;

    (void)dbus_message_iter_init(request->message, &iter);
    dbus_message_iter_get_basic(&iter, &path);
    (void)dbus_message_iter_next(&iter);
    dbus_message_iter_get_basic(&iter, &incident);
    (void)dbus_message_iter_next(&iter);
    r = kyso_options_read(&iter, NULL, 0, ret_detail, ret_name);
    if (r != 0)
        return r;
    *ret_detail = "incident";
    if (!kyso_incident_from_name(incident, &start->incident))
        return KYSO_OUTCOME_BAD_ARGUMENT;
    certificate = certificate_at(daemon, path);
    start->token = certificate != NULL ? certificate->token : token_at(daemon, path);
    *ret_detail = "token";
    if (start->token == NULL)
        return KYSO_OUTCOME_NOT_FOUND;
    r = kyso_recovery_desk_facts(daemon->desk, start->token,
                                 certificate != NULL ? certificate->sha256 : NULL, &start->facts);
    *ret_detail = "certificate";
    if (r == 0 && certificate == NULL && start->facts.token.n_certificates > 1 &&
        kyso_recovery_path(&daemon->config->profile, start->incident).kind ==
            KYSO_RECOVERY_REVOCATION)
        r = KYSO_OUTCOME_AMBIGUOUS_CERTIFICATE;
    start->facts.token.certificates = (const uint8_t(*)[32])start->facts.certificates;
    return r;
}

static void start(struct kyso_request *request, void *data)
{
    struct kyso_daemon *daemon = data;
    struct kyso_recovery_why why = {.reason = "", .clause = "", .field = ""};
    struct kyso_recovery_request *made;
    const char *detail = NULL, *name = NULL;
    struct starting starting;
    int r = read_start(request, daemon, &starting, &detail, &name);

    if (r != 0) {
        kyso_request_fail(request, r, "detail", detail, "option", name, NULL);
        return;
    }
    r = kyso_recovery_start(daemon->desk->recovery, request->caller, &starting.facts.token,
                            starting.incident, &made, &why);
    if (r != 0)
        fail_why(request, r, &why);
    else
        answer_path(request, made);
}

static void own_start(struct kyso_request *request, void *data)
{
    const struct kyso_daemon *daemon = data;
    const char *detail = NULL, *name = NULL;
    struct starting starting;
    /* What is wrong with it is said by who is allowed to ask at all. */
    bool own = read_start(request, daemon, &starting, &detail, &name) == 0 &&
               starting.facts.token.n_certificates > 0 &&
               is_listed(daemon->desk, request->caller, starting.facts.certificates[0]);

    authorise(request, own, start, data);
}

/* 0, or an outcome with *RET_DETAIL. */
static int read_rows(struct kyso_request *request, const struct kyso_daemon *daemon,
                     struct kyso_recovery_request **rows, size_t *ret_n, const char **ret_detail,
                     const char **ret_name)
{
    DBusMessageIter iter, array;
    size_t n = 0;
    int r;

    (void)dbus_message_iter_init(request->message, &iter);
    dbus_message_iter_recurse(&iter, &array);
    (void)dbus_message_iter_next(&iter);
    r = kyso_options_read(&iter, NULL, 0, ret_detail, ret_name);
    while (r == 0 && dbus_message_iter_get_arg_type(&array) == DBUS_TYPE_OBJECT_PATH) {
        const char *path;

        *ret_detail = "rows";
        if (n == KYSO_RECOVERY_MEMBERS_MAX)
            return KYSO_OUTCOME_LIMIT;
        dbus_message_iter_get_basic(&array, &path);
        rows[n] = NULL;
        for (struct kyso_recovery_request *q = kyso_recovery_first(daemon->desk->recovery);
             q != NULL; q = q->next) {
            const struct kyso_recovery_shown *shown = q->shown;

            if (shown != NULL && strcmp(kyso_object_path(shown->object), path) == 0)
                rows[n] = q;
        }
        *ret_detail = "request";
        if (rows[n++] == NULL)
            return KYSO_OUTCOME_NOT_FOUND;
        (void)dbus_message_iter_next(&array);
    }
    *ret_n = n;
    return r;
}

static void combine(struct kyso_request *request, void *data)
{
    struct kyso_daemon *daemon = data;
    struct kyso_recovery_request *rows[KYSO_RECOVERY_MEMBERS_MAX], *letter;
    struct kyso_recovery_why why = {.reason = "", .clause = "", .field = ""};
    const char *detail = NULL, *name = NULL;
    size_t n = 0;
    int r = read_rows(request, daemon, rows, &n, &detail, &name);

    if (r != 0) {
        kyso_request_fail(request, r, "detail", detail, "option", name, NULL);
        return;
    }
    r = kyso_recovery_combine(daemon->desk->recovery, request->caller, rows, n, &letter, &why);
    if (r != 0)
        fail_why(request, r, &why);
    else
        answer_path(request, letter);
}

static void own_combine(struct kyso_request *request, void *data)
{
    const struct kyso_daemon *daemon = data;
    struct kyso_recovery_request *rows[KYSO_RECOVERY_MEMBERS_MAX];
    const char *detail = NULL, *name = NULL;
    size_t n = 0;
    bool own = read_rows(request, daemon, rows, &n, &detail, &name) == 0 && n > 0;

    for (size_t i = 0; own && i < n; i++)
        own = is_own(daemon->desk, request->caller, rows[i]);
    authorise(request, own, combine, data);
}

const struct kyso_interface KYSO_RECOVERY_INTERFACE = {
    .name = KYSO_IFACE_RECOVERY,
    .read_action = "list",
    .methods =
        (const struct kyso_method[]){
            {"Start", "target:o incident:s options:a{sv}", "request:o", "recovery", own_start},
            {"Combine", "requests:ao options:a{sv}", "letter:o", "recovery", own_combine},
            {0},
        },
};
