/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/deadlines.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/error.h"
#include "common/log.h"
#include "common/outcome.h"
#include "common/text.h"
#include "daemon/daemon.h"
#include "daemon/store-deadline.h"

#define REPORTS_SINCE "reports-since" /* seconds since 1970: reports are owed from then on */
#define LAST_REPORT "last-report"     /* yyyymmdd: due date of the last that was made */
#define AGAIN 3600                    /* seconds until what failed is tried again */

struct kyso_deadlines {
    struct kyso_daemon *daemon;
    struct kyso_deadline_rules rules;
    struct kyso_deadline *list;
    size_t n, n_terms;
    struct kyso_source *alarm, *soon;
};

static int64_t now_seconds(void)
{
    return (int64_t)(kyso_clock_wall_usec() / KYSO_USEC_PER_SEC);
}

static void clear(struct kyso_deadlines *deadlines)
{
    for (size_t i = 0; i < deadlines->n; i++)
        free(deadlines->list[i].note);
    free(deadlines->list);
    deadlines->list = NULL;
    deadlines->n = deadlines->n_terms = 0;
}

struct kyso_deadlines *kyso_deadlines_free(struct kyso_deadlines *deadlines)
{
    if (deadlines == NULL)
        return NULL;
    (void)kyso_source_free(deadlines->alarm);
    (void)kyso_source_free(deadlines->soon);
    clear(deadlines);
    free(deadlines);
    return NULL;
}

const struct kyso_deadline *kyso_deadlines_list(const struct kyso_deadlines *deadlines,
                                                size_t *ret_n)
{
    *ret_n = deadlines->n;
    return deadlines->list;
}

/* ---- facts ---- */

/* A new line at the end; null without memory. */
static struct kyso_deadline *add(struct kyso_deadlines *deadlines, enum kyso_deadline_kind kind,
                                 int64_t at, const uint8_t *certificate, const char *note)
{
    struct kyso_deadline *grown =
        reallocarray(deadlines->list, deadlines->n + 1, sizeof(*deadlines->list));
    struct kyso_deadline *entry;

    if (grown == NULL)
        return NULL;
    deadlines->list = grown;
    entry = &grown[deadlines->n];
    *entry = (struct kyso_deadline){.fact = {.kind = kind, .at = at}, .note = strdup(note)};
    if (entry->note == NULL)
        return NULL;
    if (certificate != NULL) {
        memcpy(entry->certificate, certificate, sizeof(entry->certificate));
        entry->has_certificate = true;
    }
    deadlines->n++;
    return entry;
}

static bool kind_of_term(const char *word, enum kyso_deadline_kind *ret_kind)
{
    static const enum kyso_deadline_kind TERMS[] = {
        KYSO_DEADLINE_REVOCATION, KYSO_DEADLINE_TOKEN_RETURN, KYSO_DEADLINE_HANDOVER,
        KYSO_DEADLINE_RENEWAL_LIST};

    for (size_t i = 0; i < KYSO_ARRAY_LEN(TERMS); i++) {
        if (strcmp(kyso_deadline_kind_name(TERMS[i]), word) == 0) {
            *ret_kind = TERMS[i];
            return true;
        }
    }
    return false;
}

static int add_term(void *data, const struct kyso_store_term *term)
{
    struct kyso_deadlines *deadlines = data;
    struct kyso_deadline *entry;
    enum kyso_deadline_kind kind;

    if (!kind_of_term(term->kind, &kind))
        return 0; /* of a later version */
    entry = add(deadlines, kind, (int64_t)term->begun, term->certificate, term->note);
    if (entry == NULL)
        return kyso_trace(-ENOMEM);
    (void)snprintf(entry->id, sizeof(entry->id), "term:%lld", (long long)term->id);
    deadlines->n_terms++;
    return 0;
}

/* Somebody asked for the renewal already and waits. */
static bool is_requested(const struct kyso_deadlines *deadlines, const uint8_t certificate[32])
{
    for (size_t i = 0; i < deadlines->n_terms; i++) {
        const struct kyso_deadline *entry = &deadlines->list[i];

        if (entry->fact.kind == KYSO_DEADLINE_RENEWAL_LIST && entry->has_certificate &&
            memcmp(entry->certificate, certificate, 32) == 0)
            return true;
    }
    return false;
}

/* Another certificate of the same subject that lasts longer. */
static bool has_successor(const struct kyso_inventory *inventory,
                          const struct kyso_certificate_entry *certificate)
{
    const struct kyso_certificate_info *info = &certificate->described.info;

    for (struct kyso_certificate_entry *c = inventory->certificates; c != NULL; c = c->next) {
        if (c->has_key && c->described.info.not_after > info->not_after &&
            strcmp(c->described.info.subject, info->subject) == 0)
            return true;
    }
    return false;
}

static int add_certificate(struct kyso_deadlines *deadlines,
                           const struct kyso_certificate_entry *certificate)
{
    const struct kyso_roster_entry *roster =
        kyso_roster_find(deadlines->daemon->roster, certificate->sha256);
    KYSO_FREE char *hex = kyso_text_hex(certificate->sha256, 8);
    struct kyso_deadline *entry =
        add(deadlines, KYSO_DEADLINE_EXPIRY, (int64_t)certificate->described.info.not_after,
            certificate->sha256, "");

    if (entry == NULL || hex == NULL)
        return kyso_trace(-ENOMEM);
    (void)snprintf(entry->id, sizeof(entry->id), "certificate:%s", hex);
    entry->fact.done = has_successor(certificate->inventory, certificate);
    entry->fact.requested = is_requested(deadlines, certificate->sha256);
    entry->fact.renewals = roster != NULL ? roster->renewals : 0;
    return kyso_store_reminders(deadlines->daemon->store, certificate->sha256,
                                &entry->fact.calls_made);
}

static int add_report(struct kyso_deadlines *deadlines)
{
    struct kyso_store *store = deadlines->daemon->store;
    struct kyso_deadline *entry;
    int64_t since, last;
    int r = kyso_store_number(store, REPORTS_SINCE, &since);

    if (r == 0 && since == 0) {
        since = now_seconds();
        r = kyso_store_set_number(store, REPORTS_SINCE, since);
    }
    if (r == 0)
        r = kyso_store_number(store, LAST_REPORT, &last);
    if (r != 0)
        return r;
    entry = add(deadlines, KYSO_DEADLINE_REPORT, since, NULL, "");
    if (entry == NULL)
        return kyso_trace(-ENOMEM);
    (void)snprintf(entry->id, sizeof(entry->id), "report");
    entry->fact.reported = (uint32_t)last;
    return 0;
}

static int gather(struct kyso_deadlines *deadlines)
{
    const struct kyso_inventory *inventory = deadlines->daemon->inventory;
    int r;

    clear(deadlines);
    r = kyso_store_each_term(deadlines->daemon->store, add_term, deadlines);
    for (struct kyso_certificate_entry *c = inventory->certificates; r == 0 && c != NULL;
         c = c->next) {
        if (c->has_key && !c->described.info.is_ca)
            r = add_certificate(deadlines, c);
    }
    return r == 0 ? add_report(deadlines) : r;
}

/* ---- judging ---- */

/* A reminder is made once in a certificate's life, however often the daemon starts; one that cannot
 * be written down is not made. */
static int remind(struct kyso_deadlines *deadlines, struct kyso_deadline *entry)
{
    enum kyso_deadline_call call = entry->verdict.call;
    int r = kyso_store_reminder_add(deadlines->daemon->store, entry->certificate, call,
                                    (uint64_t)now_seconds());

    if (r != 0)
        return r;
    entry->fact.calls_made |= 1U << call;
    kyso_log(KYSO_LOG_NOTICE, "deadline %s: %s call, advice %s", entry->id,
             kyso_deadline_call_name(call), kyso_deadline_advice_name(entry->verdict.advice));
    kyso_object_emit(deadlines->daemon->root, KYSO_DEADLINES_INTERFACE.name, "Reminder");
    return 0;
}

static int by_due_time(const void *a, const void *b)
{
    const struct kyso_deadline *one = a, *other = b;

    if (one->verdict.due != other->verdict.due)
        return one->verdict.due < other->verdict.due ? -1 : 1;
    return strcmp(one->id, other->id);
}

/* A reminder that fails ends the reminders of this time, and hides no deadline. */
static int judge_all(struct kyso_deadlines *deadlines, int64_t now, int64_t *ret_next)
{
    int64_t next = KYSO_DEADLINE_NO_TIME;
    int r = gather(deadlines), reminded = 0;

    for (size_t i = 0; r == 0 && i < deadlines->n; i++) {
        struct kyso_deadline *entry = &deadlines->list[i];

        entry->verdict = kyso_deadline_judge(&deadlines->rules, &entry->fact, now);
        if (entry->verdict.next < next)
            next = entry->verdict.next;
        if (entry->verdict.call != KYSO_CALL_NONE && reminded == 0)
            reminded = remind(deadlines, entry);
    }
    if (r != 0)
        return r;
    qsort(deadlines->list, deadlines->n, sizeof(*deadlines->list), by_due_time);
    *ret_next = next;
    return reminded;
}

static void judge(struct kyso_deadlines *deadlines)
{
    static const char *const NAMES[] = {"Deadlines", NULL};
    int64_t now = now_seconds(), next = KYSO_DEADLINE_NO_TIME;
    int r = judge_all(deadlines, now, &next), alarm;

    if (r != 0 && next > now + AGAIN)
        next = now + AGAIN;
    alarm = kyso_source_set_alarm(deadlines->alarm, next == KYSO_DEADLINE_NO_TIME
                                                        ? KYSO_ALARM_NEVER
                                                        : (uint64_t)next * KYSO_USEC_PER_SEC);
    if (r == 0)
        r = alarm;
    if (r != 0)
        kyso_log(KYSO_LOG_ERROR, "deadlines: %s",
                 r < 0 ? strerror(-r) : kyso_outcome_row(r)->log_name);
    kyso_object_changed(deadlines->daemon->root, &KYSO_DEADLINES_INTERFACE, NAMES);
}

static void alarm_came(void *data)
{
    judge(data);
}

static void soon_came(void *data)
{
    struct kyso_deadlines *deadlines = data;

    deadlines->soon = kyso_source_free(deadlines->soon);
    judge(deadlines);
}

/* Something that they are judged by has changed; once for many changes. */
static void judge_soon(struct kyso_deadlines *deadlines)
{
    if (deadlines->soon == NULL &&
        kyso_loop_defer(deadlines->daemon->loop, soon_came, deadlines, &deadlines->soon) < 0)
        kyso_log(KYSO_LOG_ERROR, "deadlines: out of memory");
}

static void inventory_changed(void *data)
{
    judge_soon(data);
}

int kyso_deadlines_new(struct kyso_daemon *daemon, const struct kyso_calendar *calendar,
                       struct kyso_deadlines **ret_deadlines)
{
    struct kyso_deadlines *deadlines = calloc(1, sizeof(*deadlines));
    int r;

    if (deadlines == NULL)
        return kyso_trace(-ENOMEM);
    deadlines->daemon = daemon;
    deadlines->rules = (struct kyso_deadline_rules){
        .profile = &daemon->config->profile, .calendar = calendar, .offset = KYSO_CALENDAR_VIETNAM};
    r = kyso_loop_add_alarm(daemon->loop, KYSO_ALARM_NEVER, alarm_came, deadlines,
                            &deadlines->alarm);
    if (r < 0) {
        (void)kyso_deadlines_free(deadlines);
        return r;
    }
    kyso_inventory_on_change(daemon->inventory, inventory_changed, deadlines);
    judge_soon(deadlines);
    *ret_deadlines = deadlines;
    return 0;
}

/* ---- terms ---- */

static int append(struct kyso_deadlines *deadlines, const struct kyso_caller *caller,
                  const char *event, const char *id, const char *kind, uint64_t at)
{
    struct kyso_audit_entry *entry = kyso_audit_entry(event, caller);

    kyso_audit_text(entry, "id", id);
    kyso_audit_text(entry, "kind", kind);
    kyso_audit_number(entry, "on", (int64_t)at);
    return kyso_audit_append(deadlines->daemon->audit, entry);
}

int kyso_deadlines_begin(struct kyso_deadlines *deadlines, const struct kyso_caller *caller,
                         enum kyso_deadline_kind kind, const uint8_t *certificate, uint64_t at,
                         const char *note, char ret_id[32])
{
    struct kyso_store *store = deadlines->daemon->store;
    const char *word = kyso_deadline_kind_name(kind);
    struct kyso_store_term term = {
        .kind = word, .certificate = certificate, .note = note, .begun = at};
    struct kyso_deadline_fact fact = {.kind = kind, .at = (int64_t)at};
    int64_t id = 0;
    int r;

    if (kyso_deadline_judge(&deadlines->rules, &fact, now_seconds()).state == KYSO_DEADLINE_NEVER)
        return KYSO_OUTCOME_UNSUPPORTED;
    if (deadlines->n_terms >= KYSO_DEADLINES_TERMS_MAX)
        return KYSO_OUTCOME_LIMIT;
    r = kyso_store_begin(store);
    if (r == 0)
        r = kyso_store_term_add(store, &term, &id);
    (void)snprintf(ret_id, 32, "term:%lld", (long long)id);
    if (r == 0)
        r = append(deadlines, caller, "term-begun", ret_id, word, at);
    r = kyso_store_end(store, r);
    if (r == 0)
        judge(deadlines);
    return r;
}

static const struct kyso_deadline *find(const struct kyso_deadlines *deadlines, const char *id)
{
    for (size_t i = 0; i < deadlines->n; i++) {
        if (strcmp(deadlines->list[i].id, id) == 0)
            return &deadlines->list[i];
    }
    return NULL;
}

static int finish(struct kyso_deadlines *deadlines, const struct kyso_deadline *entry, uint64_t at)
{
    struct kyso_store *store = deadlines->daemon->store;
    uint64_t number;

    if (entry->fact.kind == KYSO_DEADLINE_REPORT)
        return kyso_store_set_number(store, LAST_REPORT, entry->verdict.due_date);
    if (!kyso_text_to_u64(entry->id + strlen("term:"), INT64_MAX, &number))
        return kyso_trace(-EINVAL);
    return kyso_store_term_finish(store, (int64_t)number, at);
}

int kyso_deadlines_finish(struct kyso_deadlines *deadlines, const struct kyso_caller *caller,
                          const char *id, uint64_t at)
{
    const struct kyso_deadline *entry = find(deadlines, id);
    struct kyso_store *store = deadlines->daemon->store;
    int r;

    if (entry == NULL || (entry->fact.kind == KYSO_DEADLINE_REPORT && entry->verdict.due_date == 0))
        return KYSO_OUTCOME_NOT_FOUND;
    if (entry->fact.kind == KYSO_DEADLINE_EXPIRY)
        return KYSO_OUTCOME_UNSUPPORTED;
    r = kyso_store_begin(store);
    if (r == 0)
        r = finish(deadlines, entry, at);
    if (r == 0)
        r = append(deadlines, caller, "term-finished", entry->id,
                   kyso_deadline_kind_name(entry->fact.kind), at);
    r = kyso_store_end(store, r);
    if (r == 0)
        judge(deadlines);
    return r;
}
