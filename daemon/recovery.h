/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DAEMON_RECOVERY_H
#define KYSO_DAEMON_RECOVERY_H

/* The life of requests for recovery and revocation: drafted by themselves when a token locks, or by
 * a person; filled in, combined into one letter, sent, overdue, and at an end. policy/recovery says
 * what is lawful; each change is written together with its audit record, and only then is it so in
 * memory. What a request knows of token and certificates it keeps itself, for the token may be
 * locked, lost or broken. Nothing here touches a token, and nothing personal goes into the audit
 * log: numbers, fingerprints and names of fields do.
 *
 * A request that this module handed out lives as long as the module. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/audit.h"
#include "daemon/store.h"
#include "policy/deadline.h"
#include "policy/recovery.h"

#define KYSO_RECOVERY_TEXT_MAX 1024   /* bytes of a reason, of to whom and how it was sent */
#define KYSO_RECOVERY_OPEN_MAX 1000   /* requests that people started and that are open */
#define KYSO_RECOVERY_PER_DAY_MAX 20  /* requests of one token in 24 hours */
#define KYSO_RECOVERY_MEMBERS_MAX 200 /* rows of a letter */
#define KYSO_RECOVERY_CERTIFICATES_MAX 16

struct kyso_recovery;

struct kyso_recovery_field {
    char *key, *value;
};

struct kyso_recovery_request {
    struct kyso_recovery_request *next; /* in the order of their ids */
    int64_t id;
    enum kyso_recovery_kind kind;
    enum kyso_recovery_state state;
    bool has_incident; /* not a letter */
    enum kyso_incident incident;
    char *profile, *form;
    char *token, *serial;        /* key of the store, serial number; "" of a letter */
    uint8_t (*certificates)[32]; /* the first is the one on the form */
    size_t n_certificates;
    uint64_t created, sent_at, closed_at; /* seconds since 1970; 0: not yet */
    char *sent_to, *sent_how, *reason;
    int64_t letter; /* whose row it is; 0: none */
    bool overdue, was_locked, settled;
    int64_t attempt;
    struct kyso_recovery_field *fields;
    size_t n_fields;
    void *shown; /* for whoever shows it; null at first */
};

/* Told after each change that is on the disk. May look, must not change anything. */
struct kyso_recovery_observer {
    void (*added)(void *data, struct kyso_recovery_request *request);
    void (*changed)(void *data, struct kyso_recovery_request *request);
    void (*overdue)(void *data, struct kyso_recovery_request *request);
};

/* Loads what is open and the newest that are closed. RULES, and what it points to, is borrowed.
 * KYSO_OUTCOME_STORE_FAILED. */
int kyso_recovery_open(struct kyso_store *store, struct kyso_audit *audit,
                       const struct kyso_deadline_rules *rules,
                       struct kyso_recovery **ret_recovery) KYSO_MUST_CHECK;
struct kyso_recovery *kyso_recovery_free(struct kyso_recovery *recovery);
/* Also calls `added` for all that are there. */
void kyso_recovery_observe(struct kyso_recovery *recovery,
                           const struct kyso_recovery_observer *observer, void *data);

struct kyso_recovery_request *kyso_recovery_first(struct kyso_recovery *recovery);
struct kyso_recovery_request *kyso_recovery_find(struct kyso_recovery *recovery, int64_t id);

/* ---- what is seen of tokens ---- */

struct kyso_recovery_token {
    const char *key, *serial;
    const uint8_t (*certificates)[32]; /* with a key on it; the one for the form first */
    size_t n_certificates;
    const char *class; /* roster's, of the first; for the audit log */
    bool locked;
};

/* Brings the requests of a token into line with what is recorded of it: one that is locked and has
 * no request of this lock gets one; one that answers again, unlocked or by a login that succeeded,
 * has its request marked recovered. Called for each token at start and whenever its PIN was judged;
 * calling it once more changes nothing. KYSO_OUTCOME_STORE_FAILED. */
int kyso_recovery_look(struct kyso_recovery *recovery,
                       const struct kyso_recovery_token *token) KYSO_MUST_CHECK;

/* ---- what people do ---- */

/* Each returns 0, KYSO_OUTCOME_STORE_FAILED, KYSO_OUTCOME_REFUSED with *RET_WHY filled, or
 * KYSO_OUTCOME_LIMIT or KYSO_OUTCOME_BAD_ARGUMENT with its `reason` as the detail. CALLER may be
 * null. */
struct kyso_recovery_why {
    const char *reason; /* a word; static */
    const char *clause; /* "" where there is none */
    const char *field;  /* that is wrong, borrowed; or "" */
    int64_t other;      /* the request that is in the way; 0: none */
};

/* A request for a token, or with a revocation for its first certificate. Supersedes the token's
 * open recovery when it is to be revoked. */
int kyso_recovery_start(struct kyso_recovery *recovery, const struct kyso_caller *caller,
                        const struct kyso_recovery_token *token, enum kyso_incident incident,
                        struct kyso_recovery_request **ret_request,
                        struct kyso_recovery_why *ret_why) KYSO_MUST_CHECK;

/* A value of "" takes the field away. */
int kyso_recovery_fill(struct kyso_recovery *recovery, const struct kyso_caller *caller,
                       struct kyso_recovery_request *request, const char *const *keys,
                       const char *const *values, size_t n,
                       struct kyso_recovery_why *ret_why) KYSO_MUST_CHECK;

/* One letter for N requests, each of which is a row (K-16). */
int kyso_recovery_combine(struct kyso_recovery *recovery, const struct kyso_caller *caller,
                          struct kyso_recovery_request *const *requests, size_t n,
                          struct kyso_recovery_request **ret_letter,
                          struct kyso_recovery_why *ret_why) KYSO_MUST_CHECK;

/* AT: seconds since 1970, not in the future; 0: now. With a letter its rows that were only drafted
 * count as sent, too. */
int kyso_recovery_send(struct kyso_recovery *recovery, const struct kyso_caller *caller,
                       struct kyso_recovery_request *request, const char *to, const char *how,
                       uint64_t at, struct kyso_recovery_why *ret_why) KYSO_MUST_CHECK;

/* ACT: RECOVERED, REVOKED, REFUSED or CANCEL. With a letter its open rows end, too, but for a
 * cancelled letter, whose rows go on without it; a letter whose last row has ended is at its end.
 * REASON is needed to refuse and to cancel. With RECOVERED goes the record that the token is locked
 * (policy/lockout.h says why somebody has to say so): the caller has seen to it that the token
 * itself does not show otherwise, and looks at it again afterwards. */
int kyso_recovery_close(struct kyso_recovery *recovery, const struct kyso_caller *caller,
                        struct kyso_recovery_request *request, enum kyso_recovery_act act,
                        const char *reason, struct kyso_recovery_why *ret_why) KYSO_MUST_CHECK;

/* A form of it was made: audit "form-made". SHA256 (may be null): of the file. MISSING: fields that
 * were left to the pen. */
int kyso_recovery_form_made(struct kyso_recovery *recovery, const struct kyso_caller *caller,
                            const struct kyso_recovery_request *request, const char *form,
                            const char *format, const char *class, size_t rows, size_t missing,
                            const uint8_t *sha256) KYSO_MUST_CHECK;

/* ---- time ---- */

/* When it has to be done, KYSO_DEADLINE_NO_TIME where nothing says so. The hours of a row run with
 * its letter once that has gone. */
int64_t kyso_recovery_due(struct kyso_recovery *recovery,
                          const struct kyso_recovery_request *request);
/* Marks what has become overdue by NOW (seconds since 1970), each once; *RET_NEXT is when to ask
 * again, within an hour where the mark could not be written: KYSO_OUTCOME_STORE_FAILED. */
int kyso_recovery_tick(struct kyso_recovery *recovery, int64_t now,
                       int64_t *ret_next) KYSO_MUST_CHECK;

/* ---- for those who show it ---- */

/* A letter's rows: those that were in it when it went, or are in it. Returns how many; at most MAX
 * are put into ROWS. */
size_t kyso_recovery_rows(struct kyso_recovery *recovery,
                          const struct kyso_recovery_request *letter,
                          struct kyso_recovery_request **rows, size_t max);
/* "" when it was not filled in. */
const char *kyso_recovery_field_value(const struct kyso_recovery_request *request, const char *key);

#endif
