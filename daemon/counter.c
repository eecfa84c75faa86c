/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/counter.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "common/clock.h"
#include "common/error.h"
#include "common/log.h"
#include "common/outcome.h"
#include "common/secret.h"

#define KNOWN_WRONG_MAX 16 /* of one token; more tries than any card gives */

struct known_wrong {
    struct known_wrong *next;
    char *token;
    uint8_t digests[KNOWN_WRONG_MAX][KYSO_PIN_DIGEST];
    size_t n;
};

struct kyso_counter {
    struct kyso_store *store;
    struct kyso_audit *audit;
    struct kyso_secret *key;
    struct known_wrong *wrong;
};

static void forget(struct known_wrong **at)
{
    struct known_wrong *wrong = *at;

    *at = wrong->next;
    explicit_bzero(wrong->digests, sizeof(wrong->digests));
    free(wrong->token);
    free(wrong);
}

struct kyso_counter *kyso_counter_free(struct kyso_counter *counter)
{
    if (counter == NULL)
        return NULL;
    while (counter->wrong != NULL)
        forget(&counter->wrong);
    (void)kyso_secret_free(counter->key);
    free(counter);
    return NULL;
}

static struct known_wrong **find(const struct kyso_counter *counter, const char *token)
{
    struct known_wrong **at = (struct known_wrong **)(uintptr_t)&counter->wrong;

    while (*at != NULL && strcmp((*at)->token, token) != 0)
        at = &(*at)->next;
    return at;
}

void kyso_counter_forget_wrong(struct kyso_counter *counter, const char *token)
{
    struct known_wrong **at = find(counter, token);

    if (*at != NULL)
        forget(at);
}

static void remember_wrong(struct kyso_counter *counter, const char *token, const uint8_t *digest)
{
    struct known_wrong *wrong = *find(counter, token);

    if (wrong == NULL) {
        wrong = calloc(1, sizeof(*wrong));
        if (wrong == NULL)
            return; /* it costs the comfort, not the count */
        wrong->token = strdup(token);
        if (wrong->token == NULL) {
            free(wrong);
            return;
        }
        wrong->next = counter->wrong;
        counter->wrong = wrong;
    }
    if (wrong->n == KNOWN_WRONG_MAX) {
        memmove(wrong->digests[0], wrong->digests[1], sizeof(wrong->digests) - KYSO_PIN_DIGEST);
        wrong->n--;
    }
    memcpy(wrong->digests[wrong->n++], digest, KYSO_PIN_DIGEST);
}

const uint8_t *kyso_counter_digest_key(const struct kyso_counter *counter)
{
    return kyso_secret_bytes(counter->key);
}

const uint8_t (*kyso_counter_known_wrong(const struct kyso_counter *counter, const char *token,
                                         size_t *ret_n))[KYSO_PIN_DIGEST]
{
    const struct known_wrong *wrong = *find(counter, token);

    *ret_n = wrong != NULL ? wrong->n : 0;
    return wrong != NULL ? (const uint8_t(*)[KYSO_PIN_DIGEST])wrong->digests : NULL;
}

static struct kyso_lockout_facts facts_of(const struct kyso_pin_record *record,
                                          const struct kyso_pin_view *view)
{
    return (struct kyso_lockout_facts){
        .result = KYSO_LOGIN_NOT_TRIED,
        .flags_before = view->flags,
        .flags_after = view->flags,
        .tries_before = view->tries,
        .tries_after = view->tries,
        .recorded = record->failures,
        .recorded_locked = record->locked,
        .recorded_flags = record->flags,
        .recorded_tries = record->tries,
        .history_lost = record->history_lost,
        .max_tries = view->max_tries,
        .flags_frozen = view->flags_frozen,
    };
}

/* Something that happened to a token's PIN; FAILURES is what is recorded now. */
static int append(struct kyso_counter *counter, const char *event, const char *token,
                  uint32_t failures)
{
    struct kyso_audit_entry *entry = kyso_audit_entry(event, NULL);

    kyso_audit_text(entry, "token", token);
    kyso_audit_number(entry, "failures", failures);
    return kyso_audit_append(counter->audit, entry);
}

/* Nobody learnt what became of an attempt: it is recorded as the failure that it counts as. */
static int append_crashed(void *data, const char *token)
{
    struct kyso_counter *counter = data;
    struct kyso_pin_record record;
    int r = kyso_store_pin_record(counter->store, token, &record);

    return r == 0 ? append(counter, "pin-failed", token, record.failures) : r;
}

int kyso_counter_new(struct kyso_store *store, struct kyso_audit *audit,
                     struct kyso_counter **ret_counter)
{
    struct kyso_counter *counter = calloc(1, sizeof(*counter));
    int r = -ENOMEM;

    if (counter != NULL) {
        counter->store = store;
        counter->audit = audit;
        r = kyso_secret_new(KYSO_PIN_DIGEST, &counter->key);
    }
    if (r == 0 && getrandom(kyso_secret_bytes(counter->key), KYSO_PIN_DIGEST, 0) != KYSO_PIN_DIGEST)
        r = -EIO;
    if (r < 0) {
        (void)kyso_counter_free(counter);
        return kyso_trace(r);
    }
    kyso_secret_set_length(counter->key, KYSO_PIN_DIGEST);
    r = kyso_store_settle_crashed(store, append_crashed, counter);
    if (r != 0) {
        (void)kyso_counter_free(counter);
        return r;
    }
    *ret_counter = counter;
    return 0;
}

struct looking {
    struct kyso_counter *counter;
    const char *token;
    const struct kyso_pin_view *view;
    const struct kyso_pin_record *record;
    const struct kyso_lockout_verdict *verdict;
};

/* Writes down what a look has shown for the first time. */
static int record_look(struct kyso_store *store, void *data)
{
    const struct looking *looking = data;
    bool locked = looking->verdict->state == KYSO_PIN_LOCKED;
    const char *event;
    int r;

    if (looking->verdict->reset_seen) {
        event = looking->record->locked && !locked ? "pin-unlocked" : "pin-reset";
        r = kyso_store_reset(store, looking->token, kyso_clock_wall_usec() / KYSO_USEC_PER_SEC,
                             locked);
    } else {
        event = "pin-locked";
        r = kyso_store_set_locked(store, looking->token, looking->view->flags,
                                  looking->view->tries);
    }
    return r == 0 ? append(looking->counter, event, looking->token, looking->verdict->recorded) : r;
}

int kyso_counter_look(struct kyso_counter *counter, const char *token,
                      const struct kyso_pin_view *view, struct kyso_lockout_verdict *ret_verdict)
{
    struct kyso_pin_record record;
    struct kyso_lockout_facts facts;
    struct kyso_lockout_verdict verdict;
    struct looking looking = {counter, token, view, &record, &verdict};
    int r = kyso_store_pin_record(counter->store, token, &record);

    if (r != 0)
        return r;
    facts = facts_of(&record, view);
    verdict = kyso_lockout_judge(&facts);
    if (verdict.reset_seen) {
        kyso_log(KYSO_LOG_NOTICE, "token %s was unlocked or used elsewhere", token);
        kyso_counter_forget_wrong(counter, token);
    }
    if (verdict.reset_seen || (verdict.state == KYSO_PIN_LOCKED && !record.locked))
        r = kyso_store_transact(counter->store, record_look, &looking);
    if (r == 0)
        *ret_verdict = verdict;
    return r;
}

int kyso_counter_charge(struct kyso_counter *counter, const char *token, int64_t *ret_attempt)
{
    return kyso_store_charge(counter->store, token, kyso_clock_wall_usec() / KYSO_USEC_PER_SEC,
                             ret_attempt);
}

static enum kyso_attempt attempt_of(enum kyso_pin_charge charge)
{
    switch (charge) {
    case KYSO_PIN_CHARGE_SUCCESS:
        return KYSO_ATTEMPT_SUCCESS;
    case KYSO_PIN_CHARGE_FAILURE:
        return KYSO_ATTEMPT_FAILURE;
    case KYSO_PIN_CHARGE_NOT_MADE:
        return KYSO_ATTEMPT_NOT_MADE;
    case KYSO_PIN_CHARGE_UNKNOWN_FAILURE:
    case KYSO_PIN_CHARGE_MAX:
        break;
    }
    return KYSO_ATTEMPT_UNKNOWN_FAILURE;
}

/* The record as it was before ATTEMPT, which the store already counts as begun. */
static void leave_out_this_one(struct kyso_pin_record *record)
{
    if (record->failures > 0)
        record->failures--;
}

struct settling {
    struct kyso_counter *counter;
    const char *token;
    int64_t attempt;
    struct kyso_settlement settlement;
    const struct kyso_pin_record *record; /* as it was before the attempt */
    const struct kyso_lockout_verdict *verdict;
};

static bool is_failure(enum kyso_attempt result)
{
    return result == KYSO_ATTEMPT_FAILURE || result == KYSO_ATTEMPT_UNKNOWN_FAILURE;
}

/* The result and what the audit log says of it, together. */
static int record_result(struct kyso_store *store, void *data)
{
    const struct settling *settling = data;
    const struct kyso_settlement *settlement = &settling->settlement;
    bool was_locked = settling->record->locked && !settlement->reset_before;
    int r = kyso_store_settle(store, settling->attempt, settlement);

    if (r == 0 && settlement->reset_before)
        r = append(settling->counter, settling->record->locked ? "pin-unlocked" : "pin-reset",
                   settling->token, 0);
    if (r == 0 && is_failure(settlement->result))
        r = append(settling->counter, "pin-failed", settling->token, settling->verdict->recorded);
    if (r == 0 && settlement->locked && !was_locked)
        r = append(settling->counter, "pin-locked", settling->token, settling->verdict->recorded);
    return r;
}

int kyso_counter_settle(struct kyso_counter *counter, const char *token, int64_t attempt,
                        enum kyso_login_result result, const struct kyso_pin_view *before,
                        const struct kyso_pin_view *after, const uint8_t *digest,
                        struct kyso_lockout_verdict *ret_verdict)
{
    struct kyso_pin_record record;
    struct kyso_lockout_facts facts;
    struct kyso_lockout_verdict verdict;
    struct settling settling = {.counter = counter,
                                .token = token,
                                .attempt = attempt,
                                .record = &record,
                                .verdict = &verdict};
    int r = kyso_store_pin_record(counter->store, token, &record);

    if (r != 0)
        return r;
    leave_out_this_one(&record);
    facts = facts_of(&record, before);
    facts.result = result;
    facts.flags_after = after->flags;
    facts.tries_after = after->tries;
    verdict = kyso_lockout_judge(&facts);
    settling.settlement = (struct kyso_settlement){.result = attempt_of(verdict.charge),
                                                   .flags = after->flags,
                                                   .tries = after->tries,
                                                   .locked = verdict.state == KYSO_PIN_LOCKED,
                                                   .reset_before = verdict.reset_seen};
    r = kyso_store_transact(counter->store, record_result, &settling);
    if (verdict.reset_seen)
        kyso_counter_forget_wrong(counter, token);
    if (verdict.charge == KYSO_PIN_CHARGE_SUCCESS)
        kyso_counter_forget_wrong(counter, token);
    else if (verdict.charge == KYSO_PIN_CHARGE_FAILURE && digest != NULL)
        remember_wrong(counter, token, digest);
    if (r == 0)
        *ret_verdict = verdict;
    return r;
}
