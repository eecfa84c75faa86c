/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DAEMON_RECOVERY_PRIVATE_H
#define KYSO_DAEMON_RECOVERY_PRIVATE_H

/* Shared by recovery.c (requests in memory, what is seen of tokens, time), recovery-change.c (what
 * people do) and recovery-batch.c (how a change gets onto the disk and only then into memory). */

#include "daemon/recovery.h"

struct kyso_recovery {
    struct kyso_store *store;
    struct kyso_audit *audit;
    const struct kyso_deadline_rules *rules;
    const struct kyso_recovery_observer *observer; /* null: nobody */
    void *observer_data;
    struct kyso_recovery_request *list;
};

/* A request with room for N certificates and all texts ""; null without memory. */
struct kyso_recovery_request *kyso_recovery_request_new(size_t n_certificates);
void kyso_recovery_request_free(struct kyso_recovery_request *request);

/* A new request about TOKEN, not in the list. KYSO_OUTCOME_STORE_FAILED. */
int kyso_recovery_draft(struct kyso_recovery *recovery, const struct kyso_recovery_token *token,
                        enum kyso_incident incident,
                        struct kyso_recovery_request **ret_request) KYSO_MUST_CHECK;

/* The letter that REQUEST is a row of, when that is still open; or null. */
struct kyso_recovery_request *kyso_recovery_letter_of(struct kyso_recovery *recovery,
                                                      const struct kyso_recovery_request *request);

/* ---- batches ---- */

/* One request as it will be. Texts of AFTER are either those of REQUEST or new ones. */
struct kyso_recovery_step {
    struct kyso_recovery_request *request;
    struct kyso_recovery_request after;
    const char *event; /* of the audit log; null: bookkeeping that nobody needs to hear of */
    const char *class; /* for its record, or null */
    bool is_new;       /* REQUEST is not in the list yet; freed when nothing comes of it */
    bool was_new;      /* the same, once it is */
    bool joins_new;    /* a row of the letter that this batch makes */
    bool unlocks;      /* somebody says that its token is unlocked */
};

struct kyso_recovery_batch {
    struct kyso_recovery *recovery;
    const struct kyso_caller *caller;
    struct kyso_recovery_step *steps;
    size_t n, capacity;
    int64_t new_id; /* of the first new request */
    int error;      /* -ENOMEM */
};
#define KYSO_RECOVERY_BATCH KYSO_CLEANUP(kyso_recovery_batch_done)

void kyso_recovery_batch_done(struct kyso_recovery_batch *batch);
/* A further step; null without memory, which the commit will say. A request that has a step in
 * the batch gets the same one again. */
struct kyso_recovery_step *kyso_recovery_batch_add(struct kyso_recovery_batch *batch,
                                                   struct kyso_recovery_request *request,
                                                   const char *event);
/* Takes REQUEST over. */
struct kyso_recovery_step *kyso_recovery_batch_new(struct kyso_recovery_batch *batch,
                                                   struct kyso_recovery_request *request,
                                                   const char *event);
/* Gives a text of AFTER another value. */
enum kyso_recovery_text {
    KYSO_RECOVERY_SENT_TO,
    KYSO_RECOVERY_SENT_HOW,
    KYSO_RECOVERY_REASON,
    KYSO_RECOVERY_TEXTS
};
void kyso_recovery_batch_text(struct kyso_recovery_batch *batch, struct kyso_recovery_step *step,
                              enum kyso_recovery_text text, const char *value);
/* Writes all or nothing; then it is so in memory, and the observer hears of it. */
int kyso_recovery_batch_commit(struct kyso_recovery_batch *batch) KYSO_MUST_CHECK;

/* Ends REQUEST as NEXT; REASON may be "". */
void kyso_recovery_batch_end_one(struct kyso_recovery_batch *batch,
                                 struct kyso_recovery_request *request,
                                 enum kyso_recovery_state next, const char *reason, uint64_t now);
/* The same, and what hangs on it: a row of a letter that has not gone leaves it, and a letter
 * without an open row is at its end, too. */
void kyso_recovery_batch_end(struct kyso_recovery_batch *batch,
                             struct kyso_recovery_request *request, enum kyso_recovery_state next,
                             const char *reason, uint64_t now);

#endif
