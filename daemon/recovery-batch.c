/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* How a change of requests gets onto the disk, all of it or nothing, and only then into memory. */

#include <errno.h>
#include <string.h>

#include "common/clock.h"
#include "common/error.h"
#include "common/log.h"
#include "common/text.h"
#include "daemon/recovery-private.h"
#include "daemon/store-recovery.h"

static char **text_of(struct kyso_recovery_request *request, enum kyso_recovery_text text)
{
    switch (text) {
    case KYSO_RECOVERY_SENT_TO:
        return &request->sent_to;
    case KYSO_RECOVERY_SENT_HOW:
        return &request->sent_how;
    case KYSO_RECOVERY_REASON:
    case KYSO_RECOVERY_TEXTS:
        break;
    }
    return &request->reason;
}

/* Frees in FROM every text that KEEP does not have. */
static void drop_texts(struct kyso_recovery_request *from, struct kyso_recovery_request *keep)
{
    for (unsigned int i = 0; i < KYSO_RECOVERY_TEXTS; i++) {
        if (*text_of(from, i) != *text_of(keep, i))
            free(*text_of(from, i));
    }
}

void kyso_recovery_batch_done(struct kyso_recovery_batch *batch)
{
    for (size_t i = 0; i < batch->n; i++) {
        struct kyso_recovery_step *step = &batch->steps[i];

        drop_texts(&step->after, step->request);
        if (step->is_new)
            kyso_recovery_request_free(step->request);
    }
    free(batch->steps);
    *batch = (struct kyso_recovery_batch){0};
}

struct kyso_recovery_step *kyso_recovery_batch_add(struct kyso_recovery_batch *batch,
                                                   struct kyso_recovery_request *request,
                                                   const char *event)
{
    struct kyso_recovery_step *step;

    for (size_t i = 0; i < batch->n; i++) {
        if (batch->steps[i].request == request) {
            if (event != NULL)
                batch->steps[i].event = event;
            return &batch->steps[i];
        }
    }
    if (batch->n == batch->capacity) {
        size_t capacity = 2 * batch->capacity + 4;
        struct kyso_recovery_step *grown = reallocarray(batch->steps, capacity, sizeof(*grown));

        if (grown == NULL) {
            batch->error = kyso_trace(-ENOMEM);
            return NULL;
        }
        batch->steps = grown;
        batch->capacity = capacity;
    }
    step = &batch->steps[batch->n++];
    *step = (struct kyso_recovery_step){.request = request, .after = *request, .event = event};
    return step;
}

struct kyso_recovery_step *kyso_recovery_batch_new(struct kyso_recovery_batch *batch,
                                                   struct kyso_recovery_request *request,
                                                   const char *event)
{
    struct kyso_recovery_step *step = kyso_recovery_batch_add(batch, request, event);

    if (step == NULL)
        kyso_recovery_request_free(request);
    else
        step->is_new = true;
    return step;
}

void kyso_recovery_batch_text(struct kyso_recovery_batch *batch, struct kyso_recovery_step *step,
                              enum kyso_recovery_text text, const char *value)
{
    char **to = text_of(&step->after, text);
    char *copy = strdup(value);

    if (copy == NULL) {
        batch->error = kyso_trace(-ENOMEM);
        return;
    }
    if (*to != *text_of(step->request, text))
        free(*to);
    *to = copy;
}

/* ---- writing ---- */

static struct kyso_store_recovery row_of(const struct kyso_recovery_step *step, int64_t new_id)
{
    const struct kyso_recovery_request *r = &step->after;

    return (struct kyso_store_recovery){
        .id = step->is_new ? 0 : r->id,
        .kind = kyso_recovery_kind_name(r->kind),
        .state = kyso_recovery_state_name(r->state),
        .incident = r->has_incident ? kyso_incident_name(r->incident) : "",
        .profile = r->profile,
        .form = r->form,
        .token = r->token,
        .serial = r->serial,
        .certificates = r->n_certificates > 0 ? r->certificates[0] : NULL,
        .n_certificates = r->n_certificates,
        .created = r->created,
        .sent_at = r->sent_at,
        .closed_at = r->closed_at,
        .sent_to = r->sent_to,
        .sent_how = r->sent_how,
        .reason = r->reason,
        .letter = step->joins_new ? new_id : r->letter,
        .overdue = r->overdue,
        .was_locked = r->was_locked,
        .settled = r->settled,
        .attempt = r->attempt,
    };
}

static void add_certificates(struct kyso_audit_entry *entry,
                             const struct kyso_recovery_request *request)
{
    char *hex[KYSO_RECOVERY_CERTIFICATES_MAX] = {NULL};
    const char *texts[KYSO_RECOVERY_CERTIFICATES_MAX];
    size_t n = 0;

    while (n < request->n_certificates && n < KYSO_RECOVERY_CERTIFICATES_MAX) {
        hex[n] = kyso_text_hex(request->certificates[n], sizeof(request->certificates[n]));
        texts[n] = hex[n] != NULL ? hex[n] : "";
        n++;
    }
    kyso_audit_texts(entry, "certificates", texts, n);
    for (size_t i = 0; i < n; i++)
        free(hex[i]);
}

/* What an inspector needs to tell requests apart and to count them; nothing that a person wrote. */
static int record(struct kyso_recovery_batch *batch, const struct kyso_recovery_step *step)
{
    struct kyso_audit_entry *entry = kyso_audit_entry(step->event, batch->caller);
    const struct kyso_recovery_request *r = &step->after;
    int64_t letter = step->joins_new ? batch->new_id : r->letter;

    kyso_audit_number(entry, "request", r->id);
    kyso_audit_text(entry, "kind", kyso_recovery_kind_name(r->kind));
    kyso_audit_text(entry, "incident", r->has_incident ? kyso_incident_name(r->incident) : "");
    kyso_audit_text(entry, "token", r->token);
    if (step->is_new) {
        kyso_audit_text(entry, "profile", r->profile);
        kyso_audit_text(entry, "form", r->form);
        add_certificates(entry, r);
    }
    kyso_audit_text(entry, "class", step->class);
    if (letter != 0)
        kyso_audit_number(entry, "letter", letter);
    if (r->state == KYSO_RECOVERY_SENT)
        kyso_audit_number(entry, "sent-at", (int64_t)r->sent_at);
    return kyso_audit_append(batch->recovery->audit, entry);
}

/* Somebody says that the token is unlocked, when the store still has it as locked. */
static int unlock(struct kyso_recovery_batch *batch, const struct kyso_recovery_step *step)
{
    struct kyso_store *store = batch->recovery->store;
    const char *token = step->after.token;
    struct kyso_audit_entry *entry;
    struct kyso_pin_record record;
    int r = kyso_store_pin_record(store, token, &record);

    if (r != 0 || !record.locked)
        return r;
    r = kyso_store_reset(store, token, kyso_clock_wall_usec() / KYSO_USEC_PER_SEC, false);
    if (r != 0)
        return r;
    entry = kyso_audit_entry("pin-unlocked", batch->caller);
    kyso_audit_text(entry, "token", token);
    kyso_audit_number(entry, "failures", 0);
    kyso_audit_number(entry, "request", step->after.id);
    return kyso_audit_append(batch->recovery->audit, entry);
}

static int write_step(struct kyso_recovery_batch *batch, struct kyso_recovery_step *step)
{
    struct kyso_store_recovery row = row_of(step, batch->new_id);
    int r = kyso_store_recovery_save(batch->recovery->store, &row, &step->after.id);

    if (r == 0 && step->is_new && batch->new_id == 0)
        batch->new_id = step->after.id;
    if (r == 0 && step->unlocks)
        r = unlock(batch, step);
    return r == 0 && step->event != NULL ? record(batch, step) : r;
}

/* May run twice, on a full disk. */
static int write_all(struct kyso_store *store KYSO_UNUSED, void *data)
{
    struct kyso_recovery_batch *batch = data;
    int r = 0;

    batch->new_id = 0;
    for (size_t i = 0; r == 0 && i < batch->n; i++)
        r = write_step(batch, &batch->steps[i]);
    return r;
}

/* ---- taking over ---- */

static void append_to_list(struct kyso_recovery *recovery, struct kyso_recovery_request *request)
{
    struct kyso_recovery_request **at = &recovery->list;

    while (*at != NULL)
        at = &(*at)->next;
    *at = request;
    request->next = NULL;
}

static void take_over(struct kyso_recovery_batch *batch, struct kyso_recovery_step *step)
{
    struct kyso_recovery_request *request = step->request;
    struct kyso_recovery_request *next = request->next;

    drop_texts(request, &step->after);
    if (step->joins_new)
        step->after.letter = batch->new_id;
    *request = step->after;
    request->next = next;
    step->was_new = step->is_new;
    step->is_new = false;
    if (step->was_new)
        append_to_list(batch->recovery, request);
}

static void tell(struct kyso_recovery *recovery, const struct kyso_recovery_step *step)
{
    if (step->event != NULL)
        kyso_log(KYSO_LOG_NOTICE, "request %lld: %s", (long long)step->request->id, step->event);
    if (recovery->observer == NULL)
        return;
    if (step->was_new)
        recovery->observer->added(recovery->observer_data, step->request);
    else
        recovery->observer->changed(recovery->observer_data, step->request);
}

int kyso_recovery_batch_commit(struct kyso_recovery_batch *batch)
{
    int r = batch->error;

    if (r == 0 && batch->n > 0)
        r = kyso_store_transact(batch->recovery->store, write_all, batch);
    if (r != 0)
        return r;
    for (size_t i = 0; i < batch->n; i++)
        take_over(batch, &batch->steps[i]);
    for (size_t i = 0; i < batch->n; i++)
        tell(batch->recovery, &batch->steps[i]);
    return 0;
}

/* ---- ends ---- */

static const char *end_event(enum kyso_recovery_state state)
{
    switch (state) {
    case KYSO_RECOVERY_RECOVERED:
        return "recovery-recovered";
    case KYSO_RECOVERY_REVOKED:
        return "recovery-revoked";
    case KYSO_RECOVERY_REFUSED:
        return "recovery-refused";
    case KYSO_RECOVERY_CANCELLED:
    case KYSO_RECOVERY_DRAFTED:
    case KYSO_RECOVERY_SENT:
    case KYSO_RECOVERY_STATE_MAX:
        break;
    }
    return "recovery-cancelled";
}

/* As it will be after the batch, or as it is. */
static const struct kyso_recovery_request *as_after(const struct kyso_recovery_batch *batch,
                                                    const struct kyso_recovery_request *request)
{
    for (size_t i = 0; i < batch->n; i++) {
        if (batch->steps[i].request == request)
            return &batch->steps[i].after;
    }
    return request;
}

void kyso_recovery_batch_end_one(struct kyso_recovery_batch *batch,
                                 struct kyso_recovery_request *request,
                                 enum kyso_recovery_state next, const char *reason, uint64_t now)
{
    struct kyso_recovery_step *step = kyso_recovery_batch_add(batch, request, end_event(next));

    if (step == NULL)
        return;
    step->after.state = next;
    step->after.closed_at = now;
    if (reason[0] != '\0')
        kyso_recovery_batch_text(batch, step, KYSO_RECOVERY_REASON, reason);
    /* A refused request of a token that stays locked is that lock's request; whoever wants another
     * one says so. A revoked certificate's token is not to be recovered. */
    if (request->kind == KYSO_RECOVERY_REQUEST)
        step->after.settled = next == KYSO_RECOVERY_RECOVERED || !request->was_locked;
    else
        step->after.settled = next != KYSO_RECOVERY_REVOKED;
}

/* What is left of the letter when one of its rows has ended. */
static void end_letter(struct kyso_recovery_batch *batch, struct kyso_recovery_request *letter,
                       const char *reason, uint64_t now)
{
    enum kyso_recovery_state end = KYSO_RECOVERY_CANCELLED;
    bool any = false;

    for (struct kyso_recovery_request *r = batch->recovery->list; r != NULL; r = r->next) {
        const struct kyso_recovery_request *after = as_after(batch, r);

        if (after->letter != letter->id)
            continue;
        if (kyso_recovery_is_open(after->state))
            return;
        any = true;
        if (after->state == KYSO_RECOVERY_RECOVERED)
            end = KYSO_RECOVERY_RECOVERED;
        else if (after->state == KYSO_RECOVERY_REFUSED && end != KYSO_RECOVERY_RECOVERED)
            end = KYSO_RECOVERY_REFUSED;
    }
    if (!any)
        reason = "no-rows";
    else if (end == KYSO_RECOVERY_RECOVERED)
        reason = "";
    kyso_recovery_batch_end_one(batch, letter, end, reason, now);
}

void kyso_recovery_batch_end(struct kyso_recovery_batch *batch,
                             struct kyso_recovery_request *request, enum kyso_recovery_state next,
                             const char *reason, uint64_t now)
{
    struct kyso_recovery_request *letter = kyso_recovery_letter_of(batch->recovery, request);
    struct kyso_recovery_step *step;

    kyso_recovery_batch_end_one(batch, request, next, reason, now);
    if (letter == NULL)
        return;
    step = kyso_recovery_batch_add(batch, request, NULL);
    if (step != NULL && letter->state == KYSO_RECOVERY_DRAFTED)
        step->after.letter = 0;
    end_letter(batch, letter, reason, now);
}
