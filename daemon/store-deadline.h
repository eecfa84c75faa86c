/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DAEMON_STORE_DEADLINE_H
#define KYSO_DAEMON_STORE_DEADLINE_H

/* The rows behind daemon/deadlines: terms that somebody entered, reminders that were made, the last
 * report. Times are seconds since 1970. Outcome of each: KYSO_OUTCOME_STORE_FAILED. */

#include "daemon/store.h"

struct kyso_store_term {
    int64_t id;
    const char *kind;           /* a word of policy/deadline */
    const uint8_t *certificate; /* 32 bytes, or null */
    const char *note;
    uint64_t begun;
};

/* The ID of TERM is not read. */
int kyso_store_term_add(struct kyso_store *store, const struct kyso_store_term *term,
                        int64_t *ret_id) KYSO_MUST_CHECK;
/* KYSO_OUTCOME_NOT_FOUND when no such term runs. */
int kyso_store_term_finish(struct kyso_store *store, int64_t id, uint64_t at) KYSO_MUST_CHECK;
/* Calls FN for each that runs, in the order of their numbers; strings live for the call. */
int kyso_store_each_term(struct kyso_store *store,
                         int (*fn)(void *data, const struct kyso_store_term *term),
                         void *data) KYSO_MUST_CHECK;

/* The reminder CALL (a number of policy/deadline) of a certificate was made. Twice is once. */
int kyso_store_reminder_add(struct kyso_store *store, const uint8_t certificate[32],
                            unsigned int call, uint64_t at) KYSO_MUST_CHECK;
/* Bits of 1 << call. */
int kyso_store_reminders(struct kyso_store *store, const uint8_t certificate[32],
                         uint32_t *ret_calls) KYSO_MUST_CHECK;

/* A number under a key; 0 when it was never set. */
int kyso_store_number(struct kyso_store *store, const char *key,
                      int64_t *ret_value) KYSO_MUST_CHECK;
int kyso_store_set_number(struct kyso_store *store, const char *key, int64_t value) KYSO_MUST_CHECK;

#endif
