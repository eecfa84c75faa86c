/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* org.kyso.Kyso1.Deadlines: what has to be done by when. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/names.h"
#include "common/outcome.h"
#include "common/text.h"
#include "daemon/daemon.h"
#include "daemon/deadlines.h"
#include "daemon/dict.h"
#include "daemon/property.h"

#define NOTE_MAX 200U /* bytes */

static uint64_t now_seconds(void)
{
    return kyso_clock_wall_usec() / KYSO_USEC_PER_SEC;
}

/* ---- reading ---- */

static void put_day(struct kyso_dict *dict, const char *key, uint32_t date)
{
    char day[KYSO_TEXT_DAY_MAX] = "";

    if (date > 0)
        kyso_text_from_day(date, day);
    kyso_dict_string(dict, key, day);
}

static bool put_deadline(DBusMessageIter *to, const struct kyso_deadline *entry)
{
    const struct kyso_deadline_verdict *verdict = &entry->verdict;
    KYSO_FREE char *fingerprint = kyso_text_hex(entry->certificate, sizeof(entry->certificate));
    struct kyso_dict dict;

    kyso_dict_open(&dict, to);
    kyso_dict_string(&dict, "id", entry->id);
    kyso_dict_string(&dict, "kind", kyso_deadline_kind_name(entry->fact.kind));
    kyso_dict_string(&dict, "state", kyso_deadline_state_name(verdict->state));
    kyso_dict_u64(&dict, "since", entry->fact.at > 0 ? (uint64_t)entry->fact.at : 0);
    kyso_dict_u64(&dict, "due", verdict->due == KYSO_DEADLINE_NO_TIME ? 0 : (uint64_t)verdict->due);
    put_day(&dict, "due-date", verdict->due_date);
    kyso_dict_string(&dict, "clause", verdict->clause);
    kyso_dict_string(&dict, "advice", kyso_deadline_advice_name(verdict->advice));
    kyso_dict_u32(&dict, "months", verdict->months);
    kyso_dict_string(&dict, "calendar", kyso_calendar_data_name(verdict->calendar));
    kyso_dict_string(&dict, "certificate", entry->has_certificate ? fingerprint : "");
    kyso_dict_string(&dict, "note", entry->note);
    return kyso_dict_close(&dict);
}

/* What the province has no term for is not shown. */
static bool get_deadlines(DBusMessageIter *to, void *data)
{
    const struct kyso_daemon *daemon = data;
    const struct kyso_deadline *list = NULL;
    DBusMessageIter array;
    size_t n = 0;
    bool ok = dbus_message_iter_open_container(to, DBUS_TYPE_ARRAY, "a{sv}", &array);

    if (daemon->deadlines != NULL)
        list = kyso_deadlines_list(daemon->deadlines, &n);
    for (size_t i = 0; ok && i < n; i++) {
        if (list[i].verdict.state != KYSO_DEADLINE_NEVER)
            ok = put_deadline(&array, &list[i]);
    }
    return ok && dbus_message_iter_close_container(to, &array);
}

/* ---- changing ---- */

static void answer(struct kyso_request *request, const char *id)
{
    KYSO_MESSAGE DBusMessage *reply = dbus_message_new_method_return(request->message);

    if (reply != NULL && id != NULL)
        (void)dbus_message_append_args(reply, DBUS_TYPE_STRING, &id, DBUS_TYPE_INVALID);
    kyso_request_reply(request, reply);
}

static bool read_kind(const char *word, enum kyso_deadline_kind *ret_kind)
{
    for (enum kyso_deadline_kind kind = KYSO_DEADLINE_REVOCATION; kind < KYSO_DEADLINE_EXPIRY;
         kind++) {
        if (strcmp(kyso_deadline_kind_name(kind), word) == 0) {
            *ret_kind = kind;
            return true;
        }
    }
    return false;
}

struct beginning {
    const char *kind_word, *certificate_word, *note;
    dbus_uint64_t at;
    enum kyso_deadline_kind kind;
    uint8_t certificate[32];
    bool has_certificate;
};

/* 0, or KYSO_OUTCOME_BAD_ARGUMENT with *DETAIL and *NAME. */
static int read_beginning(struct kyso_request *request, const struct kyso_daemon *daemon,
                          struct beginning *begin, const char **detail, const char **name)
{
    const struct kyso_option options[] = {{"certificate", "s", &begin->certificate_word, 64},
                                          {"note", "s", &begin->note, NOTE_MAX}};
    DBusMessageIter iter;
    int r;

    (void)dbus_message_iter_init(request->message, &iter);
    dbus_message_iter_get_basic(&iter, &begin->kind_word);
    (void)dbus_message_iter_next(&iter);
    dbus_message_iter_get_basic(&iter, &begin->at);
    (void)dbus_message_iter_next(&iter);
    r = kyso_options_read(&iter, options, KYSO_ARRAY_LEN(options), detail, name);
    if (r != 0)
        return r;
    *detail = "kind";
    if (!read_kind(begin->kind_word, &begin->kind))
        return KYSO_OUTCOME_BAD_ARGUMENT;
    *detail = "time-in-future";
    if (begin->at == 0)
        begin->at = now_seconds();
    if (begin->at > now_seconds())
        return KYSO_OUTCOME_BAD_ARGUMENT;
    begin->has_certificate = begin->certificate_word[0] != '\0';
    *detail = "option-value";
    *name = "certificate";
    if (begin->has_certificate &&
        (!kyso_text_from_hex(begin->certificate_word, begin->certificate, 32) ||
         kyso_inventory_find(daemon->inventory, begin->certificate) == NULL))
        return KYSO_OUTCOME_BAD_ARGUMENT;
    *name = NULL;
    *detail = NULL;
    return 0;
}

static void begin(struct kyso_request *request, void *data)
{
    struct kyso_daemon *daemon = data;
    struct beginning begin = {.certificate_word = "", .note = ""};
    const char *detail = NULL, *name = NULL;
    char id[32];
    int r = read_beginning(request, daemon, &begin, &detail, &name);

    if (r == 0) {
        r = kyso_deadlines_begin(daemon->deadlines, request->caller, begin.kind,
                                 begin.has_certificate ? begin.certificate : NULL, begin.at,
                                 begin.note, id);
        detail = r == KYSO_OUTCOME_LIMIT         ? "terms"
                 : r == KYSO_OUTCOME_UNSUPPORTED ? "no-such-term"
                                                 : NULL;
    }
    if (r != 0)
        kyso_request_fail(request, r, "detail", detail, "option", name, NULL);
    else
        answer(request, id);
}

static void finish(struct kyso_request *request, void *data)
{
    struct kyso_daemon *daemon = data;
    const char *id = NULL;
    dbus_uint64_t at = 0;
    int r;

    (void)dbus_message_get_args(request->message, NULL, DBUS_TYPE_STRING, &id, DBUS_TYPE_UINT64,
                                &at, DBUS_TYPE_INVALID);
    if (at > now_seconds()) {
        kyso_request_fail(request, KYSO_OUTCOME_BAD_ARGUMENT, "detail", "time-in-future", NULL);
        return;
    }
    r = kyso_deadlines_finish(daemon->deadlines, request->caller, id, at == 0 ? now_seconds() : at);
    if (r == KYSO_OUTCOME_NOT_FOUND)
        kyso_request_fail(request, r, "detail", "deadline", NULL);
    else if (r == KYSO_OUTCOME_UNSUPPORTED)
        kyso_request_fail(request, r, "detail", "ends-with-new-certificate", NULL);
    else if (r != 0)
        kyso_request_fail(request, r, NULL);
    else
        answer(request, NULL);
}

const struct kyso_interface KYSO_DEADLINES_INTERFACE = {
    .name = KYSO_IFACE_DEADLINES,
    .read_action = "list",
    .methods =
        (const struct kyso_method[]){
            {"Begin", "kind:s at:t options:a{sv}", "id:s", "deadlines", begin},
            {"Finish", "id:s at:t", "", "deadlines", finish},
            {0},
        },
    .properties =
        (const struct kyso_property[]){
            {"Deadlines", "aa{sv}", get_deadlines},
            {0},
        },
    .invalidated = (const char *const[]){"Deadlines", NULL},
    .signals =
        (const struct kyso_signal[]){
            {"Reminder", ""},
            {0},
        },
};
