/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DAEMON_STORE_AUDIT_H
#define KYSO_DAEMON_STORE_AUDIT_H

/* The rows of the audit log; what they mean and how they hang together is daemon/audit's. Outcome
 * of each: KYSO_OUTCOME_STORE_FAILED. */

#include "common/audit-chain.h"
#include "daemon/store.h"

int kyso_store_audit_add(struct kyso_store *store,
                         const struct kyso_audit_line *line) KYSO_MUST_CHECK;
/* Calls FN for rows with seq >= FROM, at most LIMIT, in their order; the record lives for the call.
 * A non-zero result of FN ends the walk and is returned. A row whose hash has another size comes
 * with a hash of zeros. */
int kyso_store_audit_each(struct kyso_store *store, uint64_t from, size_t limit,
                          int (*fn)(void *data, const struct kyso_audit_line *line),
                          void *data) KYSO_MUST_CHECK;
/* The newest row's number; 0 when there is none. */
int kyso_store_audit_last(struct kyso_store *store, uint64_t *ret_seq) KYSO_MUST_CHECK;

#endif
