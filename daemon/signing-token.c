/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* One consent, one login, one try: claims the token, asks for the PIN, records the attempt before
 * it is made, settles it, and hands the digest of the approved document to the token. */

#include <errno.h>
#include <string.h>

#include "common/clock.h"
#include "common/error.h"
#include "common/log.h"
#include "common/outcome.h"
#include "common/text.h"
#include "daemon/signing.h"

#define PROMPT_USEC (120 * KYSO_USEC_PER_SEC)
#define REMOVAL_USEC (KYSO_USEC_PER_SEC / 2)

/* 0, KYSO_OUTCOME_LOCKED or KYSO_OUTCOME_PIN_LAST_TRY, by the verdict on a fresh look. */
static int may_try(const struct kyso_signing *signing)
{
    switch (signing->holder->verdict.permission) {
    case KYSO_PIN_PERMISSION_ALLOW:
        return 0;
    case KYSO_PIN_PERMISSION_CONSENT:
        return signing->allow_last_try ? 0 : KYSO_OUTCOME_PIN_LAST_TRY;
    case KYSO_PIN_PERMISSION_REFUSE:
    case KYSO_PIN_PERMISSION_MAX:
        break;
    }
    return KYSO_OUTCOME_LOCKED;
}

static void fail_pin(struct kyso_signing *signing, int result)
{
    const struct kyso_token_entry *token = signing->holder;

    kyso_signing_fail(signing, result, "serial", token->serial, "pin-state",
                      kyso_pin_state_name(token->verdict.state));
}

/* ---- asking ---- */

static void fill_details(struct kyso_dict *details, void *data)
{
    struct kyso_signing *signing = data;
    const struct kyso_token_entry *token = signing->holder;
    KYSO_FREE char *fingerprint = kyso_text_hex(signing->certificate->sha256, 32);
    KYSO_FREE char *digest = kyso_text_hex(signing->before.sha256, 32);

    kyso_dict_path(details, "job", kyso_job_path(signing->job));
    kyso_dict_string(details, "operation", signing->seal ? "seal" : "sign");
    kyso_dict_string(details, "serial", token->serial);
    kyso_dict_string(details, "label", token->label);
    kyso_dict_string(details, "reader", token->reader);
    kyso_dict_string(details, "certificate", fingerprint);
    kyso_dict_string(details, "common-name", signing->certificate->described.info.common_name);
    kyso_dict_string(details, "digest", digest);
    kyso_dict_string(details, "pin-state", kyso_pin_state_name(token->verdict.state));
    kyso_dict_u32(details, "failures", token->verdict.recorded);
    kyso_dict_i32(details, "card-tries", token->view.tries);
    kyso_dict_u32(details, "pin-min", token->pin_min);
    kyso_dict_u32(details, "pin-max", token->pin_max);
    kyso_dict_bool(details, "last-try", token->verdict.permission == KYSO_PIN_PERMISSION_CONSENT);
}

void kyso_signing_end_prompt(struct kyso_signing *signing, int result)
{
    const char *reason = "failed";

    if (result == KYSO_OUTCOME_CANCELLED)
        reason = "cancelled";
    else if (result == KYSO_OUTCOME_PROMPT_TIMEOUT)
        reason = "timeout";
    else if (result == KYSO_OUTCOME_TOKEN_REMOVED || result == KYSO_OUTCOME_TOKEN_CHANGED)
        reason = "token-removed";
    signing->prompt = kyso_prompt_end(signing->prompt, reason);
}

static void prompt_overdue(void *data)
{
    kyso_signing_fail((struct kyso_signing *)data, KYSO_OUTCOME_PROMPT_TIMEOUT, NULL);
}

static void agent_answered(void *data, int result, int pin_pipe)
{
    struct kyso_signing *signing = data;
    KYSO_CLOSE int pipe = pin_pipe;

    if (result == 0)
        result = kyso_token_sign_pin(signing->token, pipe);
    if (result != 0)
        kyso_signing_fail(signing, result, NULL);
}

static size_t known_wrong(const struct kyso_signing *signing)
{
    size_t n;

    (void)kyso_counter_known_wrong(signing->daemon->counter, signing->holder->key, &n);
    return n;
}

static int start_token(struct kyso_signing *signing);

static void ready(void *data, uint32_t pin_flags, int pin_tries, bool pin_pad,
                  bool always_authenticate KYSO_UNUSED)
{
    struct kyso_signing *signing = data;
    const char *agent = kyso_caller_agent(signing->request->caller);
    size_t given = known_wrong(signing);
    int r;

    signing->view.flags = pin_flags;
    signing->view.tries = pin_tries;
    r = kyso_inventory_look(signing->holder, &signing->view);
    if (r == 0 && known_wrong(signing) < given) {
        /* It was unlocked elsewhere, perhaps with a PIN that used to be wrong, and the worker still
         * has the old list. */
        signing->token = kyso_token_sign_free(signing->token);
        r = start_token(signing);
        if (r != 0)
            kyso_signing_fail(signing, r, NULL);
        return;
    }
    if (r == 0)
        r = may_try(signing);
    if (r != 0) {
        fail_pin(signing, r);
        return;
    }
    if (agent == NULL) {
        kyso_signing_fail(signing, KYSO_OUTCOME_NO_AGENT, NULL);
        return;
    }
    kyso_job_set_state(signing->job, "waiting-for-pin", 0.5);
    r = kyso_prompt_ask(signing->daemon->bus, kyso_caller_name(signing->request->caller), agent,
                        pin_pad, fill_details, agent_answered, signing, &signing->prompt);
    if (r == 0)
        r = kyso_loop_add_timer(signing->daemon->loop, PROMPT_USEC, prompt_overdue, signing,
                                &signing->prompt_deadline);
    if (r != 0)
        kyso_signing_fail(signing, r, NULL);
}

/* ---- trying ---- */

static void charge(void *data)
{
    struct kyso_signing *signing = data;
    int r;

    if (!kyso_signing_may_go_on(signing))
        return;
    signing->prompt = kyso_prompt_end(signing->prompt, "done");
    signing->prompt_deadline = kyso_source_free(signing->prompt_deadline);
    kyso_job_set_state(signing->job, "signing", 0.6);
    r = kyso_counter_charge(signing->daemon->counter, signing->holder->key, &signing->attempt);
    signing->attempted = r == 0;
    if (r == 0)
        r = kyso_token_sign_go(signing->token);
    if (r != 0)
        kyso_signing_fail(signing, r, NULL);
}

static enum kyso_login_result login_result(enum kyso_token_login_result result)
{
    switch (result) {
    case KYSO_TOKEN_LOGIN_OK:
        return KYSO_LOGIN_OK;
    case KYSO_TOKEN_LOGIN_INCORRECT:
        return KYSO_LOGIN_INCORRECT;
    case KYSO_TOKEN_LOGIN_LOCKED:
        return KYSO_LOGIN_LOCKED;
    case KYSO_TOKEN_LOGIN_GENERAL_ERROR:
        return KYSO_LOGIN_GENERAL_ERROR;
    case KYSO_TOKEN_LOGIN_REMOVED:
        return KYSO_LOGIN_REMOVED;
    case KYSO_TOKEN_LOGIN_ALREADY:
        return KYSO_LOGIN_ALREADY_LOGGED_IN;
    case KYSO_TOKEN_LOGIN_CANCELLED:
    case KYSO_TOKEN_LOGIN_PIN_REJECTED:
        return KYSO_LOGIN_CANCELLED; /* the card was not asked */
    }
    return KYSO_LOGIN_OTHER;
}

static int outcome_of(enum kyso_token_login_result result,
                      const struct kyso_lockout_verdict *verdict)
{
    if (result == KYSO_TOKEN_LOGIN_OK)
        return 0;
    if (result == KYSO_TOKEN_LOGIN_PIN_REJECTED)
        return KYSO_OUTCOME_PIN_INVALID;
    if (result == KYSO_TOKEN_LOGIN_CANCELLED)
        return KYSO_OUTCOME_CANCELLED;
    if (verdict->state == KYSO_PIN_LOCKED)
        return KYSO_OUTCOME_LOCKED;
    if (result == KYSO_TOKEN_LOGIN_REMOVED)
        return KYSO_OUTCOME_TOKEN_REMOVED;
    return verdict->charge == KYSO_PIN_CHARGE_FAILURE ? KYSO_OUTCOME_PIN_WRONG
                                                      : KYSO_OUTCOME_PIN_UNKNOWN_RESULT;
}

/* Settles the attempt; what happened stays the same however the job ends. */
static int settle(struct kyso_signing *signing, const struct kyso_token_login *login)
{
    struct kyso_pin_view before = signing->view, after = signing->view;
    struct kyso_lockout_verdict verdict;
    int r;

    before.flags = login->flags_before;
    before.tries = login->tries_before;
    after.flags = login->flags_after;
    after.tries = login->tries_after;
    r = kyso_counter_settle(signing->daemon->counter, signing->holder->key, signing->attempt,
                            login_result(login->result), &before, &after,
                            login->result == KYSO_TOKEN_LOGIN_INCORRECT ? login->pin_digest : NULL,
                            &verdict);
    if (r != 0)
        return r;
    signing->settled = true;
    kyso_inventory_judged(signing->holder, &after, &verdict);
    return outcome_of(login->result, &verdict);
}

static void login(void *data, const struct kyso_token_login *login)
{
    struct kyso_signing *signing = data;
    int r =
        signing->attempted && !signing->settled ? settle(signing, login) : KYSO_OUTCOME_WORKER_DIED;

    if (r == 0)
        r = kyso_token_sign_digest(signing->token, signing->sha256);
    if (r != 0)
        fail_pin(signing, r);
}

static void signed_(void *data, const uint8_t *cms, size_t length)
{
    struct kyso_signing *signing = data;
    KYSO_FREE uint8_t *copy = malloc(length + 1);
    int r;

    if (!signing->settled || signing->signed_once || copy == NULL) {
        kyso_signing_fail(signing, copy == NULL ? -ENOMEM : KYSO_OUTCOME_WORKER_DIED, NULL);
        return;
    }
    signing->signed_once = true;
    kyso_inventory_learned(signing->certificate, signing->holder, true);
    memcpy(copy, cms, length);
    r = kyso_token_sign_finish(signing->token);
    if (r != 0)
        kyso_signing_fail(signing, r, NULL);
    else
        kyso_signing_signed(signing, copy, length);
}

void kyso_signing_settle_lost(struct kyso_signing *signing)
{
    struct kyso_token_login lost = {.result = KYSO_TOKEN_LOGIN_REMOVED,
                                    .flags_before = signing->view.flags,
                                    .flags_after = KYSO_PIN_FLAGS_UNKNOWN,
                                    .tries_before = signing->view.tries,
                                    .tries_after = KYSO_PIN_TRIES_UNKNOWN};

    if (signing->attempted && !signing->settled &&
        settle(signing, &lost) == KYSO_OUTCOME_STORE_FAILED)
        kyso_log(KYSO_LOG_ERROR, "a PIN attempt of token %s could not be settled",
                 signing->holder->serial);
}

/* A key that asks at every signature refused the PIN that the login had taken: the card counted it,
 * or is locked now. */
static void count_refused_signature(struct kyso_signing *signing, bool locked)
{
    struct kyso_pin_view before = signing->view, after = signing->view;
    struct kyso_lockout_verdict verdict;
    int64_t attempt;
    int r = kyso_counter_charge(signing->daemon->counter, signing->holder->key, &attempt);

    before.flags = KYSO_PIN_FLAGS_UNKNOWN;
    before.tries = KYSO_PIN_TRIES_UNKNOWN;
    after.flags = locked ? (uint32_t)KYSO_TOKEN_PIN_LOCKED : KYSO_PIN_FLAGS_UNKNOWN;
    after.tries = KYSO_PIN_TRIES_UNKNOWN;
    if (r == 0)
        r = kyso_counter_settle(signing->daemon->counter, signing->holder->key, attempt,
                                locked ? KYSO_LOGIN_LOCKED : KYSO_LOGIN_INCORRECT, &before, &after,
                                NULL, &verdict);
    if (r == 0)
        kyso_inventory_judged(signing->holder, &after, &verdict);
    else
        kyso_log(KYSO_LOG_ERROR, "a refused PIN of token %s could not be counted",
                 signing->holder->serial);
}

/* The worker found the last try, which another program left, only when the PIN was there. */
static void note_last_try(struct kyso_signing *signing)
{
    signing->view.flags = KYSO_TOKEN_PIN_COUNT_LOW | KYSO_TOKEN_PIN_FINAL_TRY;
    if (signing->view.tries != KYSO_PIN_TRIES_UNKNOWN)
        signing->view.tries = 1;
    if (kyso_inventory_look(signing->holder, &signing->view) < 0)
        kyso_log(KYSO_LOG_ERROR, "the state of token %s is not known", signing->holder->serial);
}

static void end(void *data, int result)
{
    struct kyso_signing *signing = data;

    kyso_signing_settle_lost(signing);
    if (result == KYSO_OUTCOME_PIN_LAST_TRY && !signing->attempted)
        note_last_try(signing);
    if ((result == KYSO_OUTCOME_PIN_WRONG || result == KYSO_OUTCOME_LOCKED) && signing->settled)
        count_refused_signature(signing, result == KYSO_OUTCOME_LOCKED);
    if (result == KYSO_OUTCOME_NO_CERTIFICATE && signing->settled)
        kyso_inventory_learned(signing->certificate, signing->holder, false);
    if (signing->signed_once) {
        /* The signature is there; whether logging out went well or the card was pulled meanwhile,
         * the worker's end has reset it. */
        signing->token = kyso_token_sign_free(signing->token);
        signing->removal = kyso_source_free(signing->removal);
        kyso_tokens_release(signing->daemon->tokens, signing->holder, &signing->target);
        signing->claimed = false;
        kyso_signing_maybe_reply(signing);
        return;
    }
    if (result == KYSO_OUTCOME_PIN_KNOWN_WRONG || result == KYSO_OUTCOME_LOCKED ||
        result == KYSO_OUTCOME_PIN_LAST_TRY || result == KYSO_OUTCOME_PIN_WRONG) {
        fail_pin(signing, result);
        return;
    }
    kyso_signing_fail(signing, result != 0 ? result : KYSO_OUTCOME_WORKER_DIED, "serial",
                      signing->holder->serial);
}

static const struct kyso_token_sign_handler HANDLER = {ready, charge, login, signed_, end};

/* A module may hang for ever on a card that was pulled (OpenSC 0.23 does); its worker, which meets
 * the removal first, gets a moment to say what happened, and is then ended. */
static void removal_overdue(void *data)
{
    struct kyso_signing *signing = data;

    signing->removal = kyso_source_free(signing->removal);
    end(signing, KYSO_OUTCOME_TOKEN_REMOVED);
}

static void token_removed(void *data)
{
    struct kyso_signing *signing = data;

    if (signing->removal == NULL && signing->token != NULL &&
        kyso_loop_add_timer(signing->daemon->loop, REMOVAL_USEC, removal_overdue, signing,
                            &signing->removal) < 0)
        kyso_log(KYSO_LOG_ERROR, "a removal could not be watched");
}

static int start_token(struct kyso_signing *signing)
{
    const struct kyso_certificate_result *described = &signing->certificate->described;
    const uint8_t *chain[KYSO_CHAIN_MAX + 1];
    size_t lengths[KYSO_CHAIN_MAX + 1], n = 0;
    struct kyso_token_sign_job job = {.target = signing->target};

    chain[n] = described->info.der;
    lengths[n++] = described->info.der_length;
    for (size_t i = 0; i < described->n_path; i++) {
        chain[n] = described->path[i];
        lengths[n++] = described->path_length[i];
    }
    memcpy(job.certificate_sha256, signing->certificate->sha256, 32);
    job.chain = chain;
    job.chain_length = lengths;
    job.n_chain = n;
    memcpy(job.digest_key, kyso_counter_digest_key(signing->daemon->counter), 32);
    if (signing->send_known_wrong)
        kyso_counter_forget_wrong(signing->daemon->counter, signing->holder->key);
    job.known_wrong = kyso_counter_known_wrong(signing->daemon->counter, signing->holder->key,
                                               &job.n_known_wrong);
    return kyso_token_sign_new(signing->daemon->loop, &job, &HANDLER, signing, &signing->token);
}

void kyso_signing_ask_token(struct kyso_signing *signing)
{
    int r;

    kyso_job_set_state(signing->job, "waiting-for-token", 0.4);
    signing->holder = signing->certificate->token;
    signing->view = signing->holder->view;
    r = kyso_tokens_claim(signing->daemon->tokens, signing->holder, token_removed, signing,
                          &signing->target);
    signing->claimed = r == 0;
    if (r == 0)
        r = start_token(signing);
    if (r != 0)
        kyso_signing_fail(signing, r, "serial", signing->holder->serial);
}
