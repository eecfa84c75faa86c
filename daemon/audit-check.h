/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DAEMON_AUDIT_CHECK_H
#define KYSO_DAEMON_AUDIT_CHECK_H

/* Verifies the whole audit log: each record against the one before it, and heads that were kept
 * outside (printed on forms and reports, in the journal) against the record they name. A head whose
 * record is not there shows that the end of the log was cut off. */

#include "daemon/audit.h"

#define KYSO_AUDIT_HEADS_MAX 32U

enum kyso_audit_head_state {
    KYSO_AUDIT_HEAD_FITS = 0,
    KYSO_AUDIT_HEAD_DIFFERS, /* the record is there, with another hash */
    KYSO_AUDIT_HEAD_MISSING, /* no such record: cut off */
};

struct kyso_audit_finding {
    bool intact;        /* every record fits and every head does */
    uint64_t records;   /* read */
    uint64_t broken;    /* how many do not fit */
    uint64_t broken_at; /* number of the first of them; 0: none */
    size_t n_heads;
    enum kyso_audit_head_state heads[KYSO_AUDIT_HEADS_MAX]; /* in the order they were given */
};

/* "SEQ:HEX" as kyso_audit_head() makes it; blanks around are not allowed. */
bool kyso_audit_head_is_valid(const char *head);

struct kyso_audit_check;
typedef void (*kyso_audit_check_fn)(void *data, int result,
                                    const struct kyso_audit_finding *finding);
/* HEADS: valid ones, at most KYSO_AUDIT_HEADS_MAX. FN once: 0, or KYSO_OUTCOME_STORE_FAILED. */
int kyso_audit_check(struct kyso_audit *audit, struct kyso_loop *loop, const char *const *heads,
                     size_t n, kyso_audit_check_fn fn, void *data,
                     struct kyso_audit_check **ret_check) KYSO_MUST_CHECK;
struct kyso_audit_check *kyso_audit_check_free(struct kyso_audit_check *check);

#endif
