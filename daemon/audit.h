/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DAEMON_AUDIT_H
#define KYSO_DAEMON_AUDIT_H

/* The audit log: who did what, when, with which certificate and which verdict (BD17-22.1.t5, K-18).
 * Records are chained (common/audit-chain.h), so that a changed, removed, swapped or foreign one
 * shows. What was cut off at the end shows against any head that was kept outside: heads go to the
 * journal and onto every form and report. No personal data beyond what a record needs: no names of
 * subscribers, no birth dates, no ID numbers (K-17).
 *
 * An append inside a transaction of the store is there together with what it tells of. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/loop.h"
#include "daemon/store-audit.h"

struct kyso_audit;
struct kyso_caller;

/* Looks at the newest record. One that does not fit its hash is said in the log; the daemon starts
 * all the same, for an office has to go on, and every verification will show it. */
int kyso_audit_new(struct kyso_store *store, struct kyso_audit **ret_audit) KYSO_MUST_CHECK;
struct kyso_audit *kyso_audit_free(struct kyso_audit *audit);

/* ---- writing ---- */

/* A record in the making. EVENT: a word of doc/audit.md; CALLER: who asked, or null for the daemon
 * itself. Null without memory; the calls below accept null, and append then says so. Empty texts
 * are left out. */
struct kyso_audit_entry;
struct kyso_audit_entry *kyso_audit_entry(const char *event, const struct kyso_caller *caller);
void kyso_audit_text(struct kyso_audit_entry *entry, const char *key, const char *value);
void kyso_audit_number(struct kyso_audit_entry *entry, const char *key, int64_t value);
void kyso_audit_flag(struct kyso_audit_entry *entry, const char *key, bool value);
void kyso_audit_hex(struct kyso_audit_entry *entry, const char *key, const uint8_t *bytes,
                    size_t length);
void kyso_audit_texts(struct kyso_audit_entry *entry, const char *key, const char *const *values,
                      size_t n);
/* Takes ENTRY over. KYSO_OUTCOME_STORE_FAILED, KYSO_OUTCOME_LIMIT above KYSO_AUDIT_RECORD_MAX. */
int kyso_audit_append(struct kyso_audit *audit, struct kyso_audit_entry *entry) KYSO_MUST_CHECK;

/* The newest record as "SEQ:HEX", HEX being the first 128 bits of its hash; "0:" and zeros for an
 * empty log. */
int kyso_audit_head(struct kyso_audit *audit, char ret_head[KYSO_AUDIT_HEAD_MAX]) KYSO_MUST_CHECK;

/* ---- reading ---- */

struct kyso_audit_view {
    const struct kyso_audit_line *line;
    const struct kyso_audit_front *front; /* empty in a record that cannot be read */
    bool intact;                          /* this record fits the one before it */
};

/* Reads the records FROM (1 or later) to the newest of this moment, a few hundred at a time from
 * the loop, so that nobody waits for a long log. HEADS (may be null) have to be valid ones, at most
 * KYSO_AUDIT_HEADS_MAX. `record` gets each, and something else than 0 from it ends the walk; then
 * `end` is called once: with 0, with what `record` returned, or with KYSO_OUTCOME_STORE_FAILED; and
 * with what was found over the records that were read. The walk may be freed in `end`, and has to
 * be freed by its owner; freed earlier it is over. */
struct kyso_audit_walk;
struct kyso_audit_reader {
    int (*record)(void *data, const struct kyso_audit_view *view);
    void (*end)(void *data, int result, const struct kyso_audit_finding *finding);
};
int kyso_audit_walk(struct kyso_audit *audit, struct kyso_loop *loop, uint64_t from,
                    const char *const *heads, size_t n_heads,
                    const struct kyso_audit_reader *reader, void *data,
                    struct kyso_audit_walk **ret_walk) KYSO_MUST_CHECK;
struct kyso_audit_walk *kyso_audit_walk_free(struct kyso_audit_walk *walk);

#endif
