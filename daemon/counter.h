/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DAEMON_COUNTER_H
#define KYSO_DAEMON_COUNTER_H

/* PIN attempts of every token: charged durably before the try, settled after it, judged by
 * policy/lockout; failures, locks and unlocks go into the audit log together with what they change
 * ("pin-failed", "pin-locked", "pin-unlocked"). Also remembers, in memory and as keyed digests
 * only, which PINs are known to be wrong. TOKEN is the key of the store. */

#include "daemon/audit.h"
#include "daemon/settings.h"
#include "daemon/store.h"
#include "policy/lockout.h"

#define KYSO_PIN_DIGEST 32 /* bytes */

struct kyso_counter;

/* Settles what a crash left without a result. KYSO_OUTCOME_STORE_FAILED: better no daemon than a
 * wrong count. */
int kyso_counter_new(struct kyso_store *store, struct kyso_audit *audit,
                     struct kyso_counter **ret_counter) KYSO_MUST_CHECK;
struct kyso_counter *kyso_counter_free(struct kyso_counter *counter);

/* What was seen of a token without trying a PIN. Records a reset (unlocked elsewhere) and a lock
 * that are seen for the first time. KYSO_OUTCOME_STORE_FAILED. */
struct kyso_pin_view {
    uint32_t flags; /* enum kyso_pin_flag of the module, or KYSO_PIN_FLAGS_UNKNOWN */
    int tries;      /* the card's own, or KYSO_PIN_TRIES_UNKNOWN */
    uint32_t max_tries;
    bool flags_frozen;
};
int kyso_counter_look(struct kyso_counter *counter, const char *token,
                      const struct kyso_pin_view *view,
                      struct kyso_lockout_verdict *ret_verdict) KYSO_MUST_CHECK;

/* Records that a PIN is about to be sent; durable when it returns 0. */
int kyso_counter_charge(struct kyso_counter *counter, const char *token,
                        int64_t *ret_attempt) KYSO_MUST_CHECK;

/* What the login said. DIGEST is that of a PIN that failed, or null. */
int kyso_counter_settle(struct kyso_counter *counter, const char *token, int64_t attempt,
                        enum kyso_login_result result, const struct kyso_pin_view *before,
                        const struct kyso_pin_view *after, const uint8_t *digest,
                        struct kyso_lockout_verdict *ret_verdict) KYSO_MUST_CHECK;

/* The key of the digests (32 bytes, for this run of the daemon only) and those known to be wrong.
 */
const uint8_t *kyso_counter_digest_key(const struct kyso_counter *counter);
const uint8_t (*kyso_counter_known_wrong(const struct kyso_counter *counter, const char *token,
                                         size_t *ret_n))[KYSO_PIN_DIGEST];
void kyso_counter_forget_wrong(struct kyso_counter *counter, const char *token);

#endif
