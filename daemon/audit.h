/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DAEMON_AUDIT_H
#define KYSO_DAEMON_AUDIT_H

/* The audit log: who did what, when, with which certificate and which verdict (BD17-22.1.t5, K-18).
 * Each record is a line of JSON that begins with "seq", "at" (seconds since 1970) and "event"; its
 * hash is SHA-256 over the hash before it (32 bytes, zeros before the first) and the bytes of the
 * line, so that a changed, removed, swapped or foreign record shows. What was cut off at the end
 * shows against any head that was kept outside: heads go to the journal and onto every form and
 * report. No personal data beyond what a record needs: no names of subscribers, no birth dates, no
 * ID numbers (K-17).
 *
 * An append inside a transaction of the store is there together with what it tells of. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/loop.h"
#include "daemon/store-audit.h"

#define KYSO_AUDIT_RECORD_MAX 16384U /* bytes of a line */
#define KYSO_AUDIT_HEAD_MAX 64U      /* bytes of a head as text, with its zero */

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
    uint64_t seq, at;
    const char *event; /* borrowed; "" in a record that cannot be read */
    const char *record;
    size_t length;
    const uint8_t *hash; /* as stored */
    bool intact;         /* this record fits the one before it */
};

/* How a record is judged, alone: its line and hash against the hash before it and its number.
 * EVENT is copied into a buffer of KYSO_AUDIT_EVENT_MAX bytes. */
#define KYSO_AUDIT_EVENT_MAX 48U
bool kyso_audit_judge(const struct kyso_store_audit_row *row, uint64_t wanted_seq,
                      const uint8_t before[KYSO_AUDIT_HASH], char *event, uint64_t *ret_at);

/* Reads the records FROM (1 or later) to the newest of this moment, a few hundred at a time from
 * the loop, so that nobody waits for a long log. FN gets each; then END once: 0, what FN returned,
 * or KYSO_OUTCOME_STORE_FAILED. The walk may be freed in END, and has to be freed by its owner;
 * freed earlier it is over. */
struct kyso_audit_walk;
struct kyso_audit_reader {
    int (*record)(void *data, const struct kyso_audit_view *view);
    void (*end)(void *data, int result);
};
int kyso_audit_walk(struct kyso_audit *audit, struct kyso_loop *loop, uint64_t from,
                    const struct kyso_audit_reader *reader, void *data,
                    struct kyso_audit_walk **ret_walk) KYSO_MUST_CHECK;
struct kyso_audit_walk *kyso_audit_walk_free(struct kyso_audit_walk *walk);

#endif
