/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DAEMON_STORE_H
#define KYSO_DAEMON_STORE_H

/* The one SQLite database of kysod: what was seen of tokens and certificates, every PIN attempt,
 * and (in headers of their own) the audit log and what else is kept. One writer; a call that
 * returned 0 outside a transaction is on the disk. TOKEN is a token's key: the identity that its
 * count belongs to. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/macros.h"
#include "pkcs11/remote.h"

struct kyso_store;

/* Opens or makes the database in FOLDER. KYSO_OUTCOME_STORE_FAILED and one log line when it is
 * damaged, of a later version, or the disk is full: better no daemon than a wrong count. When the
 * database is gone although FOLDER once held one, the history is marked as lost. */
int kyso_store_open(const char *folder, struct kyso_store **ret_store) KYSO_MUST_CHECK;
struct kyso_store *kyso_store_free(struct kyso_store *store);

/* ---- transactions ---- */

/* What is written between begin and end is there together or not at all. Transactions may stand in
 * each other: the outermost decides. Every begin has its end, whatever begin returned; RESULT not 0
 * takes everything back and is returned. KYSO_OUTCOME_STORE_FAILED. */
int kyso_store_begin(struct kyso_store *store) KYSO_MUST_CHECK;
int kyso_store_end(struct kyso_store *store, int result) KYSO_MUST_CHECK;
/* FN in one transaction. When the disk is full the reserve is given up and FN runs once more: for
 * what must not be lost, and FN must bear it. */
int kyso_store_transact(struct kyso_store *store, int (*fn)(struct kyso_store *store, void *data),
                        void *data) KYSO_MUST_CHECK;
/* Empties the journal, so that what was deleted or replaced is in none of the files any more. */
int kyso_store_forget(struct kyso_store *store) KYSO_MUST_CHECK;
/* FN is called after each outermost commit; one at a time. */
void kyso_store_on_commit(struct kyso_store *store, void (*fn)(void *data), void *data);

/* ---- PIN attempts ---- */

enum kyso_attempt {
    KYSO_ATTEMPT_INTENDED, /* recorded before it is made */
    KYSO_ATTEMPT_SUCCESS,
    KYSO_ATTEMPT_FAILURE,
    KYSO_ATTEMPT_UNKNOWN_FAILURE,
    KYSO_ATTEMPT_NOT_MADE, /* no PIN was checked */
    KYSO_ATTEMPT_RESET,    /* no attempt: the token was unlocked or used elsewhere */
};

#define KYSO_ATTEMPT_TIMES 16 /* newest failures whose times are kept at hand */

struct kyso_pin_record {
    uint32_t failures;                  /* since the last success or reset */
    uint64_t times[KYSO_ATTEMPT_TIMES]; /* of the newest, seconds since 1970, oldest first */
    size_t n_times;
    bool locked;    /* the last settled state */
    uint32_t flags; /* after the last failure or when found locked; UINT32_MAX unknown */
    int tries;      /* the card's, at that moment; -1 unknown */
    bool history_lost;
};

/* Outcomes of each: KYSO_OUTCOME_STORE_FAILED. */
int kyso_store_pin_record(struct kyso_store *store, const char *token,
                          struct kyso_pin_record *ret_record) KYSO_MUST_CHECK;
int kyso_store_charge(struct kyso_store *store, const char *token, uint64_t at,
                      int64_t *ret_attempt) KYSO_MUST_CHECK;
/* What became of an attempt, and whether the token is locked now. RESET_BEFORE: it turned out that
 * the token had been unlocked or used elsewhere before this attempt. */
struct kyso_settlement {
    enum kyso_attempt result;
    uint32_t flags; /* after it; UINT32_MAX unknown */
    int tries;      /* the card's, after it; -1 unknown */
    bool locked, reset_before;
};
int kyso_store_settle(struct kyso_store *store, int64_t attempt,
                      const struct kyso_settlement *settlement) KYSO_MUST_CHECK;
int kyso_store_reset(struct kyso_store *store, const char *token, uint64_t at,
                     bool locked) KYSO_MUST_CHECK;
/* At start: attempts that were begun and never settled (a crash) become failures, and FN is called
 * for the token of each, all in one transaction. An attempt counts as a failure until then too. */
typedef int kyso_store_crashed_fn(void *data, const char *token);
int kyso_store_settle_crashed(struct kyso_store *store, kyso_store_crashed_fn *fn,
                              void *data) KYSO_MUST_CHECK;
/* Notes that the token shows itself as locked without an attempt of ours, and what it shows: only
 * against that can a later unlock be seen. */
int kyso_store_set_locked(struct kyso_store *store, const char *token, uint32_t flags,
                          int tries) KYSO_MUST_CHECK;

/* The newest attempt's number, 0 when there is none, and whether one after AFTER succeeded. */
int kyso_store_newest_attempt(struct kyso_store *store, const char *token,
                              int64_t *ret_attempt) KYSO_MUST_CHECK;
int kyso_store_succeeded_after(struct kyso_store *store, const char *token, int64_t after,
                               bool *ret_succeeded) KYSO_MUST_CHECK;

/* ---- inventory ---- */

struct kyso_store_token {
    const char *key, *serial, *manufacturer, *model, *label, *module;
    uint64_t last_seen;
};
struct kyso_store_certificate {
    const uint8_t *sha256; /* 32 bytes */
    const char *token;
    const uint8_t *der;
    size_t der_length;
    uint64_t last_seen;      /* on that token */
    enum kyso_token_key key; /* there, at the last look */
};

/* Records a token with the certificates that were seen on it, in one transaction. What it held
 * before, and other tokens that hold the same, stay recorded. */
int kyso_store_save_token(struct kyso_store *store, const struct kyso_store_token *token,
                          const struct kyso_store_certificate *certificates,
                          size_t n) KYSO_MUST_CHECK;
/* Calls FN for each, a certificate once for each token that it was ever seen on; strings live for
 * the call. A non-zero result of FN ends the walk. */
int kyso_store_each_token(struct kyso_store *store,
                          int (*fn)(void *data, const struct kyso_store_token *token),
                          void *data) KYSO_MUST_CHECK;
int kyso_store_each_certificate(struct kyso_store *store,
                                int (*fn)(void *data,
                                          const struct kyso_store_certificate *certificate),
                                void *data) KYSO_MUST_CHECK;

#endif
