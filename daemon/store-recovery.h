/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DAEMON_STORE_RECOVERY_H
#define KYSO_DAEMON_STORE_RECOVERY_H

/* The rows of requests for recovery and revocation; what they mean is daemon/recovery's. Outcome of
 * each: KYSO_OUTCOME_STORE_FAILED. Strings are borrowed, in both directions for the call only. */

#include "daemon/store.h"

struct kyso_store_recovery {
    int64_t id;                          /* 0: a new one */
    const char *kind, *state, *incident; /* words of policy/recovery; INCIDENT "" of a letter */
    const char *profile, *form;          /* of the day it was drafted */
    const char *token, *serial;          /* key of the store, and serial number; "" of a letter */
    const uint8_t *certificates;         /* 32 bytes each; the first is the one on the form */
    size_t n_certificates;
    uint64_t created, sent_at, closed_at; /* seconds since 1970; 0: not yet */
    const char *sent_to, *sent_how;
    const char *reason; /* for its end */
    int64_t letter;     /* whose row it is; 0: none */
    bool overdue;       /* found so, and said */
    bool was_locked;    /* the token was seen locked since it was drafted, or then */
    bool settled;       /* the lock that it belongs to is over: another one is another request */
    int64_t attempt;    /* the newest PIN attempt when it was drafted */
};

/* Makes or replaces; *RET_ID is its id. */
int kyso_store_recovery_save(struct kyso_store *store, const struct kyso_store_recovery *row,
                             int64_t *ret_id) KYSO_MUST_CHECK;
/* Calls FN in the order of the ids for all that are open or not settled, and the newest CLOSED
 * others. A non-zero result of FN ends the walk and is returned. */
int kyso_store_recovery_each(struct kyso_store *store, size_t closed,
                             int (*fn)(void *data, const struct kyso_store_recovery *row),
                             void *data) KYSO_MUST_CHECK;

/* What people filled in; "" takes it away. */
int kyso_store_recovery_fill(struct kyso_store *store, int64_t id, const char *key,
                             const char *value) KYSO_MUST_CHECK;
int kyso_store_recovery_fields(struct kyso_store *store, int64_t id,
                               int (*fn)(void *data, const char *key, const char *value),
                               void *data) KYSO_MUST_CHECK;

#endif
