/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What people do with requests. */

#include <errno.h>
#include <string.h>

#include "common/clock.h"
#include "common/error.h"
#include "common/outcome.h"
#include "common/text.h"
#include "daemon/recovery-private.h"
#include "daemon/store-recovery.h"

#define DAY 86400 /* seconds */

static uint64_t now_seconds(void)
{
    return kyso_clock_wall_usec() / KYSO_USEC_PER_SEC;
}

static int fail(struct kyso_recovery_why *why, int outcome, const char *reason, const char *field)
{
    *why = (struct kyso_recovery_why){.reason = reason, .clause = "", .field = field};
    return outcome;
}

static int refused(struct kyso_recovery_why *why, const struct kyso_recovery_verdict *verdict,
                   int64_t other)
{
    *why = (struct kyso_recovery_why){.reason = kyso_recovery_refusal_name(verdict->refusal),
                                      .clause = verdict->clause,
                                      .field = "",
                                      .other = other};
    return KYSO_OUTCOME_REFUSED;
}

/* What policy/recovery says about ACT on a request that is there. */
static int judge(struct kyso_recovery *recovery, const struct kyso_recovery_request *request,
                 enum kyso_recovery_act act, bool note, struct kyso_recovery_why *why)
{
    struct kyso_recovery_fact fact = {
        .kind = request->kind,
        .state = request->state,
        .combined = kyso_recovery_letter_of(recovery, request) != NULL,
        .note = note,
    };
    struct kyso_recovery_verdict verdict =
        kyso_recovery_judge(recovery->rules->profile, &fact, act);

    return verdict.refusal == KYSO_RECOVERY_MAY ? 0 : refused(why, &verdict, request->letter);
}

/* One line or several, without other control characters. */
static int check_text(const char *text, bool required, size_t maximum, const char *field,
                      struct kyso_recovery_why *why)
{
    size_t length = strlen(text);

    if (length == 0)
        return required ? fail(why, KYSO_OUTCOME_BAD_ARGUMENT, "missing", field) : 0;
    if (length > maximum)
        return fail(why, KYSO_OUTCOME_LIMIT, "too-long", field);
    for (const char *c = text; *c != '\0'; c++) {
        if (((unsigned char)*c < 0x20 && *c != '\n') || *c == 0x7f)
            return fail(why, KYSO_OUTCOME_BAD_ARGUMENT, "not-plain-text", field);
    }
    return 0;
}

/* ---- starting ---- */

static bool concerns(const struct kyso_recovery_request *request,
                     const struct kyso_recovery_token *token)
{
    return strcmp(request->token, token->key) == 0 && request->kind != KYSO_RECOVERY_LETTER;
}

static bool same_certificate(const struct kyso_recovery_request *request,
                             const struct kyso_recovery_token *token)
{
    if (request->n_certificates == 0 || token->n_certificates == 0)
        return request->n_certificates == token->n_certificates;
    return memcmp(request->certificates[0], token->certificates[0],
                  sizeof(request->certificates[0])) == 0;
}

/* A token with several certificates may need a revocation for each; none of them is recovered. */
static int64_t look_for_open(struct kyso_recovery *recovery,
                             const struct kyso_recovery_token *token,
                             struct kyso_recovery_fact *fact)
{
    int64_t other = 0;

    for (struct kyso_recovery_request *r = recovery->list; r != NULL; r = r->next) {
        if (!concerns(r, token) || !kyso_recovery_is_open(r->state))
            continue;
        if (r->kind == KYSO_RECOVERY_REQUEST) {
            fact->recovery_open = true;
            other = other != 0 ? other : r->id;
        } else if (fact->kind == KYSO_RECOVERY_REQUEST || same_certificate(r, token)) {
            fact->revocation_open = true;
            other = r->id;
        }
    }
    return other;
}

static int check_quotas(struct kyso_recovery *recovery, const struct kyso_recovery_token *token,
                        struct kyso_recovery_why *why)
{
    uint64_t now = now_seconds();
    size_t open = 0, today = 0;

    for (struct kyso_recovery_request *r = recovery->list; r != NULL; r = r->next) {
        open += kyso_recovery_is_open(r->state);
        today += concerns(r, token) && r->created + DAY > now;
    }
    if (open >= KYSO_RECOVERY_OPEN_MAX)
        return fail(why, KYSO_OUTCOME_LIMIT, "open-requests", "");
    return today < KYSO_RECOVERY_PER_DAY_MAX
               ? 0
               : fail(why, KYSO_OUTCOME_LIMIT, "requests-of-a-token", "");
}

/* What the new one takes the place of: an open recovery when the token is to be revoked, and one
 * that was refused or withdrawn while the token stayed locked. */
static void make_way(struct kyso_recovery_batch *batch, const struct kyso_recovery_token *token,
                     bool supersedes)
{
    for (struct kyso_recovery_request *r = batch->recovery->list; r != NULL; r = r->next) {
        struct kyso_recovery_step *step;

        if (!concerns(r, token) || r->kind != KYSO_RECOVERY_REQUEST || r->settled)
            continue;
        if (kyso_recovery_is_open(r->state)) {
            if (!supersedes)
                continue;
            kyso_recovery_batch_end(batch, r, KYSO_RECOVERY_CANCELLED, "superseded", now_seconds());
        }
        step = kyso_recovery_batch_add(batch, r, NULL);
        if (step != NULL)
            step->after.settled = true;
    }
}

int kyso_recovery_start(struct kyso_recovery *recovery, const struct kyso_caller *caller,
                        const struct kyso_recovery_token *token, enum kyso_incident incident,
                        struct kyso_recovery_request **ret_request,
                        struct kyso_recovery_why *ret_why)
{
    KYSO_RECOVERY_BATCH struct kyso_recovery_batch batch = {.recovery = recovery, .caller = caller};
    const struct kyso_profile *profile = recovery->rules->profile;
    struct kyso_recovery_fact fact = {.kind = kyso_recovery_path(profile, incident).kind};
    int64_t other = look_for_open(recovery, token, &fact);
    struct kyso_recovery_verdict verdict =
        kyso_recovery_judge(profile, &fact, KYSO_RECOVERY_ACT_START);
    struct kyso_recovery_request *request;
    struct kyso_recovery_step *step;
    int r;

    if (verdict.refusal != KYSO_RECOVERY_MAY)
        return refused(ret_why, &verdict, other);
    r = check_quotas(recovery, token, ret_why);
    if (r == 0)
        r = kyso_recovery_draft(recovery, token, incident, &request);
    if (r != 0)
        return r;
    make_way(&batch, token, verdict.supersedes);
    step = kyso_recovery_batch_new(&batch, request, "recovery-drafted");
    if (step != NULL)
        step->class = token->class;
    r = kyso_recovery_batch_commit(&batch);
    if (r == 0)
        *ret_request = request;
    return r;
}

/* ---- filling in ---- */

struct filling {
    struct kyso_recovery *recovery;
    const struct kyso_caller *caller;
    const struct kyso_recovery_request *request;
    const char *const *keys, *const *values;
    size_t n;
};

static int write_fields(struct kyso_store *store, void *data)
{
    const struct filling *filling = data;
    struct kyso_audit_entry *entry;
    int r = 0;

    for (size_t i = 0; r == 0 && i < filling->n; i++)
        r = kyso_store_recovery_fill(store, filling->request->id, filling->keys[i],
                                     filling->values[i]);
    if (r != 0)
        return r;
    entry = kyso_audit_entry("recovery-changed", filling->caller);
    kyso_audit_number(entry, "request", filling->request->id);
    kyso_audit_texts(entry, "fields", filling->keys, filling->n);
    return kyso_audit_append(filling->recovery->audit, entry);
}

static int check_fields(const char *const *keys, const char *const *values, size_t n,
                        struct kyso_recovery_why *why)
{
    int r = n > 0 ? 0 : fail(why, KYSO_OUTCOME_BAD_ARGUMENT, "no-fields", "");

    for (size_t i = 0; r == 0 && i < n; i++) {
        if (!kyso_recovery_field(keys[i]))
            return fail(why, KYSO_OUTCOME_BAD_ARGUMENT, "unknown-field", keys[i]);
        for (size_t k = 0; k < i; k++) {
            if (strcmp(keys[k], keys[i]) == 0)
                return fail(why, KYSO_OUTCOME_BAD_ARGUMENT, "given-twice", keys[i]);
        }
        r = check_text(values[i], false, KYSO_RECOVERY_VALUE_MAX, keys[i], why);
    }
    return r;
}

/* In memory what is on the disk: memory for it is taken before. */
static void put_field(struct kyso_recovery_request *request, const char *key, char **value,
                      char **key_copy)
{
    for (size_t i = 0; i < request->n_fields; i++) {
        if (strcmp(request->fields[i].key, key) != 0)
            continue;
        free(request->fields[i].value);
        if ((*value)[0] != '\0') {
            request->fields[i].value = *value;
            *value = NULL;
            return;
        }
        free(request->fields[i].key);
        request->fields[i] = request->fields[--request->n_fields];
        return;
    }
    if ((*value)[0] == '\0')
        return;
    request->fields[request->n_fields++] = (struct kyso_recovery_field){*key_copy, *value};
    *key_copy = *value = NULL;
}

struct copies {
    char *keys[KYSO_RECOVERY_FIELDS_MAX], *values[KYSO_RECOVERY_FIELDS_MAX];
};

static void copies_done(struct copies *copies)
{
    for (size_t i = 0; i < KYSO_RECOVERY_FIELDS_MAX; i++) {
        free(copies->keys[i]);
        free(copies->values[i]);
    }
}

static int copy_fields(struct kyso_recovery_request *request, const char *const *keys,
                       const char *const *values, size_t n, struct copies *copies)
{
    struct kyso_recovery_field *grown =
        reallocarray(request->fields, request->n_fields + n, sizeof(*grown));

    if (grown == NULL)
        return kyso_trace(-ENOMEM);
    request->fields = grown;
    for (size_t i = 0; i < n; i++) {
        copies->keys[i] = strdup(keys[i]);
        copies->values[i] = strdup(values[i]);
        if (copies->keys[i] == NULL || copies->values[i] == NULL)
            return kyso_trace(-ENOMEM);
    }
    return 0;
}

int kyso_recovery_fill(struct kyso_recovery *recovery, const struct kyso_caller *caller,
                       struct kyso_recovery_request *request, const char *const *keys,
                       const char *const *values, size_t n, struct kyso_recovery_why *ret_why)
{
    KYSO_CLEANUP(copies_done) struct copies copies = {{NULL}, {NULL}};
    struct filling filling = {recovery, caller, request, keys, values, n};
    bool note = true;
    int r;

    if (n > KYSO_RECOVERY_FIELDS_MAX)
        return fail(ret_why, KYSO_OUTCOME_LIMIT, "fields", "");
    for (size_t i = 0; i < n; i++)
        note &= kyso_recovery_field_of_note(keys[i]);
    r = judge(recovery, request, KYSO_RECOVERY_ACT_FILL, note, ret_why);
    if (r == 0)
        r = check_fields(keys, values, n, ret_why);
    if (r == 0)
        r = copy_fields(request, keys, values, n, &copies);
    if (r == 0)
        r = kyso_store_transact(recovery->store, write_fields, &filling);
    if (r != 0)
        return r;
    for (size_t i = 0; i < n; i++)
        put_field(request, keys[i], &copies.values[i], &copies.keys[i]);
    if (recovery->observer != NULL)
        recovery->observer->changed(recovery->observer_data, request);
    return 0;
}

/* ---- combining ---- */

static bool repeats(struct kyso_recovery_request *const *requests, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < i; k++) {
            if (requests[k] == requests[i])
                return true;
        }
    }
    return false;
}

static int check_rows(struct kyso_recovery *recovery, struct kyso_recovery_request *const *requests,
                      size_t n, struct kyso_recovery_why *why)
{
    int r = 0;

    if (n == 0)
        return fail(why, KYSO_OUTCOME_BAD_ARGUMENT, "no-requests", "");
    if (n > KYSO_RECOVERY_MEMBERS_MAX)
        return fail(why, KYSO_OUTCOME_LIMIT, "rows", "");
    if (repeats(requests, n))
        return fail(why, KYSO_OUTCOME_BAD_ARGUMENT, "given-twice", "requests");
    for (size_t i = 0; r == 0 && i < n; i++) {
        r = judge(recovery, requests[i], KYSO_RECOVERY_ACT_COMBINE, false, why);
        if (r == KYSO_OUTCOME_REFUSED)
            why->other = requests[i]->id;
    }
    return r;
}

static struct kyso_recovery_request *new_letter(struct kyso_recovery *recovery)
{
    const struct kyso_profile *profile = recovery->rules->profile;
    struct kyso_recovery_request *letter = kyso_recovery_request_new(0);

    if (letter == NULL)
        return NULL;
    letter->kind = KYSO_RECOVERY_LETTER;
    letter->settled = true;
    letter->created = now_seconds();
    letter->profile = strdup(profile->id);
    letter->form = strdup(profile->recovery_upstream);
    letter->token = strdup("");
    letter->serial = strdup("");
    if (letter->profile == NULL || letter->form == NULL || letter->token == NULL ||
        letter->serial == NULL || letter->sent_to == NULL || letter->sent_how == NULL ||
        letter->reason == NULL || letter->certificates == NULL) {
        kyso_recovery_request_free(letter);
        return NULL;
    }
    return letter;
}

int kyso_recovery_combine(struct kyso_recovery *recovery, const struct kyso_caller *caller,
                          struct kyso_recovery_request *const *requests, size_t n,
                          struct kyso_recovery_request **ret_letter,
                          struct kyso_recovery_why *ret_why)
{
    KYSO_RECOVERY_BATCH struct kyso_recovery_batch batch = {.recovery = recovery, .caller = caller};
    struct kyso_recovery_request *letter;
    int r = check_rows(recovery, requests, n, ret_why);

    if (r != 0)
        return r;
    letter = new_letter(recovery);
    if (letter == NULL)
        return kyso_trace(-ENOMEM);
    (void)kyso_recovery_batch_new(&batch, letter, "recovery-drafted");
    for (size_t i = 0; i < n; i++) {
        struct kyso_recovery_step *step =
            kyso_recovery_batch_add(&batch, requests[i], "recovery-combined");

        if (step != NULL)
            step->joins_new = true;
    }
    r = kyso_recovery_batch_commit(&batch);
    if (r == 0)
        *ret_letter = letter;
    return r;
}

/* ---- sending ---- */

static void mark_sent(struct kyso_recovery_batch *batch, struct kyso_recovery_request *request,
                      const char *to, const char *how, uint64_t at)
{
    struct kyso_recovery_step *step = kyso_recovery_batch_add(batch, request, "recovery-sent");

    if (step == NULL)
        return;
    step->after.state = KYSO_RECOVERY_SENT;
    step->after.sent_at = at;
    kyso_recovery_batch_text(batch, step, KYSO_RECOVERY_SENT_TO, to);
    kyso_recovery_batch_text(batch, step, KYSO_RECOVERY_SENT_HOW, how);
}

int kyso_recovery_send(struct kyso_recovery *recovery, const struct kyso_caller *caller,
                       struct kyso_recovery_request *request, const char *to, const char *how,
                       uint64_t at, struct kyso_recovery_why *ret_why)
{
    KYSO_RECOVERY_BATCH struct kyso_recovery_batch batch = {.recovery = recovery, .caller = caller};
    uint64_t now = now_seconds();
    int r = judge(recovery, request, KYSO_RECOVERY_ACT_SEND, false, ret_why);

    if (r == 0)
        r = check_text(to, true, KYSO_RECOVERY_TEXT_MAX, "to", ret_why);
    if (r == 0)
        r = check_text(how, true, KYSO_RECOVERY_TEXT_MAX, "how", ret_why);
    if (r == 0 && at > now)
        r = fail(ret_why, KYSO_OUTCOME_BAD_ARGUMENT, "in-the-future", "at");
    if (r != 0)
        return r;
    at = at != 0 ? at : now;
    mark_sent(&batch, request, to, how, at);
    for (struct kyso_recovery_request *q = recovery->list; q != NULL; q = q->next) {
        if (request->kind == KYSO_RECOVERY_LETTER && q->letter == request->id &&
            q->state == KYSO_RECOVERY_DRAFTED)
            mark_sent(&batch, q, to, how, at);
    }
    return kyso_recovery_batch_commit(&batch);
}

/* ---- ends ---- */

static enum kyso_recovery_state end_of(enum kyso_recovery_act act)
{
    switch (act) {
    case KYSO_RECOVERY_ACT_RECOVERED:
        return KYSO_RECOVERY_RECOVERED;
    case KYSO_RECOVERY_ACT_REVOKED:
        return KYSO_RECOVERY_REVOKED;
    case KYSO_RECOVERY_ACT_REFUSED:
        return KYSO_RECOVERY_REFUSED;
    case KYSO_RECOVERY_ACT_CANCEL:
    case KYSO_RECOVERY_ACT_START:
    case KYSO_RECOVERY_ACT_FILL:
    case KYSO_RECOVERY_ACT_COMBINE:
    case KYSO_RECOVERY_ACT_SEND:
    case KYSO_RECOVERY_ACT_MAX:
        break;
    }
    return KYSO_RECOVERY_CANCELLED;
}

/* A row ends with its letter; or it leaves a letter that is withdrawn. */
static void end_row(struct kyso_recovery_batch *batch, struct kyso_recovery_request *row,
                    enum kyso_recovery_state next, const char *reason)
{
    struct kyso_recovery_step *step;

    if (next != KYSO_RECOVERY_CANCELLED)
        kyso_recovery_batch_end_one(batch, row, next, reason, now_seconds());
    step = kyso_recovery_batch_add(batch, row, NULL);
    if (step == NULL)
        return;
    if (next == KYSO_RECOVERY_CANCELLED)
        step->after.letter = 0;
    step->unlocks = next == KYSO_RECOVERY_RECOVERED;
}

int kyso_recovery_close(struct kyso_recovery *recovery, const struct kyso_caller *caller,
                        struct kyso_recovery_request *request, enum kyso_recovery_act act,
                        const char *reason, struct kyso_recovery_why *ret_why)
{
    KYSO_RECOVERY_BATCH struct kyso_recovery_batch batch = {.recovery = recovery, .caller = caller};
    enum kyso_recovery_state next = end_of(act);
    struct kyso_recovery_step *step;
    int r = judge(recovery, request, act, false, ret_why);

    if (r == 0)
        r = check_text(reason, next == KYSO_RECOVERY_REFUSED || next == KYSO_RECOVERY_CANCELLED,
                       KYSO_RECOVERY_TEXT_MAX, "reason", ret_why);
    if (r != 0)
        return r;
    kyso_recovery_batch_end(&batch, request, next, reason, now_seconds());
    step = kyso_recovery_batch_add(&batch, request, NULL);
    if (step != NULL)
        step->unlocks = next == KYSO_RECOVERY_RECOVERED && request->kind == KYSO_RECOVERY_REQUEST;
    for (struct kyso_recovery_request *q = recovery->list; q != NULL; q = q->next) {
        if (request->kind == KYSO_RECOVERY_LETTER && q->letter == request->id &&
            kyso_recovery_is_open(q->state))
            end_row(&batch, q, next, reason);
    }
    return kyso_recovery_batch_commit(&batch);
}

/* ---- forms ---- */

int kyso_recovery_form_made(struct kyso_recovery *recovery, const struct kyso_caller *caller,
                            const struct kyso_recovery_request *request, const char *form,
                            const char *format, const char *class, size_t rows, size_t missing,
                            const uint8_t *sha256)
{
    struct kyso_audit_entry *entry = kyso_audit_entry("form-made", caller);

    kyso_audit_text(entry, "form", form);
    kyso_audit_text(entry, "format", format);
    kyso_audit_text(entry, "purpose",
                    request->kind == KYSO_RECOVERY_REVOCATION ? "revoke" : "recover");
    kyso_audit_text(entry, "class", class);
    kyso_audit_number(entry, "request", request->id);
    if (rows > 0)
        kyso_audit_number(entry, "rows", (int64_t)rows);
    kyso_audit_number(entry, "missing", (int64_t)missing);
    if (sha256 != NULL)
        kyso_audit_hex(entry, "sha256", sha256, 32);
    return kyso_audit_append(recovery->audit, entry);
}
