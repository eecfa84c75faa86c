/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Requests in memory, what is seen of tokens, and time. */

#include "daemon/recovery.h"

#include <errno.h>
#include <string.h>

#include "common/clock.h"
#include "common/error.h"
#include "common/log.h"
#include "daemon/recovery-private.h"
#include "daemon/store-recovery.h"

#define AGAIN 3600       /* seconds until what could not be written is tried again */
#define CLOSED_SHOWN 500 /* the newest that are kept at hand; all stay in the store */

/* ---- in memory ---- */

static bool is_complete(const struct kyso_recovery_request *r)
{
    return r->profile != NULL && r->form != NULL && r->token != NULL && r->serial != NULL &&
           r->sent_to != NULL && r->sent_how != NULL && r->reason != NULL &&
           r->certificates != NULL;
}

struct kyso_recovery_request *kyso_recovery_request_new(size_t n_certificates)
{
    struct kyso_recovery_request *request = calloc(1, sizeof(*request));

    if (request == NULL)
        return NULL;
    request->sent_to = strdup("");
    request->sent_how = strdup("");
    request->reason = strdup("");
    request->certificates = calloc(n_certificates + 1, sizeof(request->certificates[0]));
    request->n_certificates = n_certificates;
    return request;
}

void kyso_recovery_request_free(struct kyso_recovery_request *request)
{
    if (request == NULL)
        return;
    for (size_t i = 0; i < request->n_fields; i++) {
        free(request->fields[i].key);
        free(request->fields[i].value);
    }
    free(request->fields);
    free(request->profile);
    free(request->form);
    free(request->token);
    free(request->serial);
    free(request->certificates);
    free(request->sent_to);
    free(request->sent_how);
    free(request->reason);
    free(request);
}

static int load_field(void *data, const char *key, const char *value)
{
    struct kyso_recovery_request *request = data;
    struct kyso_recovery_field *grown =
        reallocarray(request->fields, request->n_fields + 1, sizeof(*grown));

    if (grown == NULL)
        return kyso_trace(-ENOMEM);
    request->fields = grown;
    grown[request->n_fields] = (struct kyso_recovery_field){strdup(key), strdup(value)};
    if (grown[request->n_fields++].value == NULL || grown[request->n_fields - 1].key == NULL)
        return kyso_trace(-ENOMEM);
    return 0;
}

static bool replace(char **to, const char *text)
{
    free(*to);
    *to = strdup(text);
    return *to != NULL;
}

/* A row with words that nobody here knows is of a later version, which the store refuses. */
static bool take_row(struct kyso_recovery_request *r, const struct kyso_store_recovery *row)
{
    r->id = row->id;
    r->has_incident = kyso_incident_from_name(row->incident, &r->incident);
    r->created = row->created;
    r->sent_at = row->sent_at;
    r->closed_at = row->closed_at;
    r->letter = row->letter;
    r->overdue = row->overdue;
    r->was_locked = row->was_locked;
    r->settled = row->settled;
    r->attempt = row->attempt;
    if (row->n_certificates > 0)
        memcpy(r->certificates, row->certificates,
               row->n_certificates * sizeof(r->certificates[0]));
    return kyso_recovery_kind_from_name(row->kind, &r->kind) &&
           kyso_recovery_state_from_name(row->state, &r->state) &&
           replace(&r->profile, row->profile) && replace(&r->form, row->form) &&
           replace(&r->token, row->token) && replace(&r->serial, row->serial) &&
           replace(&r->sent_to, row->sent_to) && replace(&r->sent_how, row->sent_how) &&
           replace(&r->reason, row->reason);
}

struct loading {
    struct kyso_recovery *recovery;
    struct kyso_recovery_request **end;
};

static int load_row(void *data, const struct kyso_store_recovery *row)
{
    struct loading *loading = data;
    struct kyso_recovery_request *request = kyso_recovery_request_new(row->n_certificates);

    if (request == NULL || request->certificates == NULL || !take_row(request, row)) {
        kyso_recovery_request_free(request);
        return kyso_trace(-EBADMSG);
    }
    *loading->end = request;
    loading->end = &request->next;
    return 0;
}

static int load(struct kyso_recovery *recovery)
{
    struct loading loading = {recovery, &recovery->list};
    int r = kyso_store_recovery_each(recovery->store, CLOSED_SHOWN, load_row, &loading);

    for (struct kyso_recovery_request *q = recovery->list; r == 0 && q != NULL; q = q->next)
        r = kyso_store_recovery_fields(recovery->store, q->id, load_field, q);
    return r;
}

int kyso_recovery_open(struct kyso_store *store, struct kyso_audit *audit,
                       const struct kyso_deadline_rules *rules, struct kyso_recovery **ret_recovery)
{
    struct kyso_recovery *recovery = calloc(1, sizeof(*recovery));
    int r;

    if (recovery == NULL)
        return kyso_trace(-ENOMEM);
    recovery->store = store;
    recovery->audit = audit;
    recovery->rules = rules;
    r = load(recovery);
    if (r != 0) {
        (void)kyso_recovery_free(recovery);
        return r;
    }
    *ret_recovery = recovery;
    return 0;
}

struct kyso_recovery *kyso_recovery_free(struct kyso_recovery *recovery)
{
    if (recovery == NULL)
        return NULL;
    while (recovery->list != NULL) {
        struct kyso_recovery_request *request = recovery->list;

        recovery->list = request->next;
        kyso_recovery_request_free(request);
    }
    free(recovery);
    return NULL;
}

void kyso_recovery_observe(struct kyso_recovery *recovery,
                           const struct kyso_recovery_observer *observer, void *data)
{
    recovery->observer = observer;
    recovery->observer_data = data;
    for (struct kyso_recovery_request *r = recovery->list; observer != NULL && r != NULL;
         r = r->next)
        observer->added(data, r);
}

struct kyso_recovery_request *kyso_recovery_first(struct kyso_recovery *recovery)
{
    return recovery->list;
}

struct kyso_recovery_request *kyso_recovery_find(struct kyso_recovery *recovery, int64_t id)
{
    for (struct kyso_recovery_request *r = recovery->list; r != NULL; r = r->next) {
        if (r->id == id)
            return r;
    }
    return NULL;
}

struct kyso_recovery_request *kyso_recovery_letter_of(struct kyso_recovery *recovery,
                                                      const struct kyso_recovery_request *request)
{
    struct kyso_recovery_request *letter =
        request->letter != 0 ? kyso_recovery_find(recovery, request->letter) : NULL;

    return letter != NULL && kyso_recovery_is_open(letter->state) ? letter : NULL;
}

size_t kyso_recovery_rows(struct kyso_recovery *recovery,
                          const struct kyso_recovery_request *letter,
                          struct kyso_recovery_request **rows, size_t max)
{
    size_t n = 0;

    for (struct kyso_recovery_request *r = recovery->list; r != NULL; r = r->next) {
        if (r->letter != letter->id)
            continue;
        if (n < max)
            rows[n] = r;
        n++;
    }
    return n;
}

const char *kyso_recovery_field_value(const struct kyso_recovery_request *request, const char *key)
{
    for (size_t i = 0; i < request->n_fields; i++) {
        if (strcmp(request->fields[i].key, key) == 0)
            return request->fields[i].value;
    }
    return "";
}

/* ---- what is seen of tokens ---- */

static uint64_t now_seconds(void)
{
    return kyso_clock_wall_usec() / KYSO_USEC_PER_SEC;
}

int kyso_recovery_draft(struct kyso_recovery *recovery, const struct kyso_recovery_token *token,
                        enum kyso_incident incident, struct kyso_recovery_request **ret_request)
{
    struct kyso_recovery_path path = kyso_recovery_path(recovery->rules->profile, incident);
    size_t n = token->n_certificates < KYSO_RECOVERY_CERTIFICATES_MAX
                   ? token->n_certificates
                   : KYSO_RECOVERY_CERTIFICATES_MAX;
    struct kyso_recovery_request *request = kyso_recovery_request_new(n);
    int r = -ENOMEM;

    if (request != NULL && replace(&request->profile, recovery->rules->profile->id) &&
        replace(&request->form, path.form) && replace(&request->token, token->key) &&
        replace(&request->serial, token->serial) && is_complete(request))
        r = kyso_store_newest_attempt(recovery->store, token->key, &request->attempt);
    if (r != 0) {
        kyso_recovery_request_free(request);
        return r < 0 ? kyso_trace(r) : r;
    }
    request->kind = path.kind;
    request->has_incident = true;
    request->incident = incident;
    request->created = now_seconds();
    request->was_locked = token->locked;
    if (n > 0)
        memcpy(request->certificates, token->certificates, n * sizeof(request->certificates[0]));
    *ret_request = request;
    return 0;
}

/* Locked: the request that is there is of this lock; without one there has to be one. */
static int look_at_locked(struct kyso_recovery_batch *batch,
                          const struct kyso_recovery_token *token)
{
    struct kyso_recovery_request *request;
    struct kyso_recovery_step *step;
    bool has_one = false;
    int r;

    for (struct kyso_recovery_request *q = batch->recovery->list; q != NULL; q = q->next) {
        if (strcmp(q->token, token->key) != 0 || (!kyso_recovery_is_open(q->state) && q->settled))
            continue;
        has_one = true;
        if (q->kind != KYSO_RECOVERY_REQUEST || q->was_locked)
            continue;
        step = kyso_recovery_batch_add(batch, q, NULL);
        if (step != NULL)
            step->after.was_locked = true;
    }
    if (has_one)
        return 0;
    r = kyso_recovery_draft(batch->recovery, token, KYSO_INCIDENT_WRONG_PIN, &request);
    if (r != 0)
        return r;
    step = kyso_recovery_batch_new(batch, request, "recovery-drafted");
    if (step != NULL)
        step->class = token->class;
    return 0;
}

/* Not locked: a lock that was is over; without a lock only a login tells that the PIN is there. */
static int look_at_unlocked(struct kyso_recovery_batch *batch,
                            const struct kyso_recovery_token *token)
{
    int r = 0;

    for (struct kyso_recovery_request *q = batch->recovery->list; r == 0 && q != NULL;
         q = q->next) {
        struct kyso_recovery_step *step;
        bool answers = q->was_locked;

        if (q->settled || strcmp(q->token, token->key) != 0)
            continue;
        if (!kyso_recovery_is_open(q->state)) {
            step = kyso_recovery_batch_add(batch, q, NULL);
            if (step != NULL)
                step->after.settled = true;
            continue;
        }
        if (q->kind != KYSO_RECOVERY_REQUEST)
            continue;
        if (!answers)
            r = kyso_store_succeeded_after(batch->recovery->store, token->key, q->attempt,
                                           &answers);
        if (r == 0 && answers)
            kyso_recovery_batch_end(batch, q, KYSO_RECOVERY_RECOVERED, "", now_seconds());
    }
    return r;
}

int kyso_recovery_look(struct kyso_recovery *recovery, const struct kyso_recovery_token *token)
{
    KYSO_RECOVERY_BATCH struct kyso_recovery_batch batch = {.recovery = recovery};
    int r = token->locked ? look_at_locked(&batch, token) : look_at_unlocked(&batch, token);

    return r == 0 ? kyso_recovery_batch_commit(&batch) : r;
}

/* ---- time ---- */

static struct kyso_deadline_fact fact_of(struct kyso_recovery *recovery,
                                         const struct kyso_recovery_request *request)
{
    const struct kyso_recovery_request *letter = kyso_recovery_letter_of(recovery, request);
    bool runs = request->kind != KYSO_RECOVERY_REVOCATION && request->state == KYSO_RECOVERY_SENT &&
                (letter == NULL || letter->state != KYSO_RECOVERY_SENT);

    return (struct kyso_deadline_fact){.kind = KYSO_DEADLINE_RECOVERY,
                                       .at = runs ? (int64_t)request->sent_at : 0};
}

int64_t kyso_recovery_due(struct kyso_recovery *recovery,
                          const struct kyso_recovery_request *request)
{
    struct kyso_deadline_fact fact = fact_of(recovery, request);

    return kyso_deadline_judge(recovery->rules, &fact, (int64_t)now_seconds()).due;
}

static int mark_overdue(struct kyso_recovery *recovery, struct kyso_recovery_request *request)
{
    KYSO_RECOVERY_BATCH struct kyso_recovery_batch batch = {.recovery = recovery};
    struct kyso_recovery_step *step = kyso_recovery_batch_add(&batch, request, "recovery-overdue");
    int r;

    if (step != NULL)
        step->after.overdue = true;
    r = kyso_recovery_batch_commit(&batch);
    if (r == 0 && recovery->observer != NULL)
        recovery->observer->overdue(recovery->observer_data, request);
    return r;
}

int kyso_recovery_tick(struct kyso_recovery *recovery, int64_t now, int64_t *ret_next)
{
    int64_t next = KYSO_DEADLINE_NO_TIME;
    int r = 0;

    for (struct kyso_recovery_request *q = recovery->list; q != NULL; q = q->next) {
        struct kyso_deadline_fact fact = fact_of(recovery, q);
        struct kyso_deadline_verdict verdict = kyso_deadline_judge(recovery->rules, &fact, now);
        int marked = 0;

        if (verdict.state == KYSO_DEADLINE_OVERDUE && !q->overdue)
            marked = mark_overdue(recovery, q);
        if (marked != 0) {
            r = marked;
            verdict.next = now + AGAIN;
        }
        if (verdict.next < next)
            next = verdict.next;
    }
    *ret_next = next;
    return r;
}
