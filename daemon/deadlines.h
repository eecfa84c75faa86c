/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DAEMON_DEADLINES_H
#define KYSO_DAEMON_DEADLINES_H

/* What has to be done by when (K-15): certificates that end (K-10), terms that somebody entered (a
 * revocation request came, a token is to be returned or handed over, a renewal is to be submitted)
 * and the next report. Judged by policy/deadline at start, when a fact changes, and at the one
 * moment at which a verdict changes by itself: an alarm on the wall clock, right over suspend and
 * when the clock is set. Nothing is polled. */

#include "policy/calendar.h"
#include "policy/deadline.h"

#include "daemon/inventory.h"

struct kyso_daemon;
struct kyso_deadlines;

/* One line of what has to be done. Strings live as long as the list. */
struct kyso_deadline {
    char id[32]; /* "certificate:" and 16 hex digits, "term:NUMBER", "report" */
    struct kyso_deadline_fact fact;
    struct kyso_deadline_verdict verdict;
    uint8_t certificate[32];
    bool has_certificate;
    char *note; /* "" */
};

/* CALENDAR is borrowed. */
int kyso_deadlines_new(struct kyso_daemon *daemon, const struct kyso_calendar *calendar,
                       struct kyso_deadlines **ret_deadlines) KYSO_MUST_CHECK;
struct kyso_deadlines *kyso_deadlines_free(struct kyso_deadlines *deadlines);

/* As judged last; *RET_N of them, in the order of their due times. */
const struct kyso_deadline *kyso_deadlines_list(const struct kyso_deadlines *deadlines,
                                                size_t *ret_n);

/* A term begins at AT: revocation, token-return, handover or renewal-list. Audit: "term-begun".
 * KYSO_OUTCOME_UNSUPPORTED when the province sets no such term, KYSO_OUTCOME_LIMIT when
 * KYSO_DEADLINES_TERMS_MAX run, KYSO_OUTCOME_STORE_FAILED. */
#define KYSO_DEADLINES_TERMS_MAX 1000
int kyso_deadlines_begin(struct kyso_deadlines *deadlines, const struct kyso_caller *caller,
                         enum kyso_deadline_kind kind, const uint8_t *certificate, uint64_t at,
                         const char *note, char ret_id[32]) KYSO_MUST_CHECK;
/* What was to be done was done at AT; of the report, that the one that is due was made. Audit:
 * "term-finished". KYSO_OUTCOME_NOT_FOUND, KYSO_OUTCOME_STORE_FAILED; KYSO_OUTCOME_UNSUPPORTED for
 * a certificate's end, which ends with a new certificate. */
int kyso_deadlines_finish(struct kyso_deadlines *deadlines, const struct kyso_caller *caller,
                          const char *id, uint64_t at) KYSO_MUST_CHECK;

#endif
