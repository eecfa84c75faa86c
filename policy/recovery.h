/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_POLICY_RECOVERY_H
#define KYSO_POLICY_RECOVERY_H

/* What has to be done when a token no longer serves (K-06): a wrong or forgotten PIN is a case for
 * recovery, a token that is lost, exposed, copied or broken one for revocation. Which form, to
 * whom, signed by whom, on which clause: all of that comes from the profile. Then the life of such
 * a request: what may be done with it in which state, and why not. kyso itself never unlocks a
 * token (AG16-20.1c, BD17-17.2); it writes, counts the hours, and notices. Used by kysod and by
 * tests. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/profile.h"

enum kyso_incident {
    KYSO_INCIDENT_WRONG_PIN = 0, /* locked after too many wrong entries */
    KYSO_INCIDENT_FORGOTTEN_PIN,
    KYSO_INCIDENT_LOST,
    KYSO_INCIDENT_EXPOSED, /* the key or the PIN is known to somebody, or may be */
    KYSO_INCIDENT_COPIED,
    KYSO_INCIDENT_BROKEN,
    KYSO_INCIDENT_MAX
};

enum kyso_recovery_kind {
    KYSO_RECOVERY_REQUEST = 0, /* of one token */
    KYSO_RECOVERY_REVOCATION,  /* of one certificate */
    KYSO_RECOVERY_LETTER,      /* several recoveries in one letter to whoever unlocks (K-16) */
    KYSO_RECOVERY_KIND_MAX
};

/* ---- triage ---- */

/* Texts are borrowed from the profile; "" where there is no such thing. A clause is "" together
 * with what it is about. */
struct kyso_recovery_path {
    enum kyso_recovery_kind kind; /* RECOVERY or REVOCATION */
    const char *triage_clause;    /* why this kind */
    const char *form, *form_clause;
    const char *lost_form, *lost_clause; /* a record besides, when the token is lost */
    const char *addressee;               /* as printed on the form */
    const char *delivery;                /* where it is handed in, which may be elsewhere */
    const char *signatories;             /* "agency,subscriber" or "agency" */
    const char *upstream, *upstream_clause;
    const char *unlock_clause;     /* who alone may unlock */
    const char *electronic_clause; /* why the form may be signed electronically; "": it may not */
    const char *note;              /* letter to the Director when it is overdue */
    uint32_t escalate_hours;       /* 0: no such term */
    const char *escalation_clause;
};

/* For values out of range the path of a lost token, which is the careful one. */
struct kyso_recovery_path kyso_recovery_path(const struct kyso_profile *profile,
                                             enum kyso_incident incident);

/* Whether a form of KIND may be signed electronically, with another certificate than the token's
 * own. The clause, or "" when it may not. */
const char *kyso_recovery_electronic(const struct kyso_profile *profile,
                                     enum kyso_recovery_kind kind);

/* ---- life ---- */

enum kyso_recovery_state {
    KYSO_RECOVERY_DRAFTED = 0,
    KYSO_RECOVERY_SENT,
    KYSO_RECOVERY_RECOVERED, /* the token answers again; of a letter: no row waits any more */
    KYSO_RECOVERY_REVOKED,   /* the certificate was revoked */
    KYSO_RECOVERY_REFUSED,
    KYSO_RECOVERY_CANCELLED, /* not needed any more, or superseded */
    KYSO_RECOVERY_STATE_MAX
};

enum kyso_recovery_act {
    KYSO_RECOVERY_ACT_START = 0, /* a new one beside what is open already */
    KYSO_RECOVERY_ACT_FILL,
    KYSO_RECOVERY_ACT_COMBINE, /* into a letter */
    KYSO_RECOVERY_ACT_SEND,
    KYSO_RECOVERY_ACT_RECOVERED, /* a person says so: only whoever got the request can unlock */
    KYSO_RECOVERY_ACT_REVOKED,
    KYSO_RECOVERY_ACT_REFUSED,
    KYSO_RECOVERY_ACT_CANCEL,
    KYSO_RECOVERY_ACT_MAX
};

/* A request as it stands, and what it touches. */
struct kyso_recovery_fact {
    enum kyso_recovery_kind kind; /* for START: of the one that is wanted */
    enum kyso_recovery_state state;
    bool combined; /* a row of a letter that is still open */
    bool note;     /* FILL: fields of the note to the Director only, which is made after sending */
    /* For START: what is open for the same token, or for the same certificate. */
    bool recovery_open, revocation_open;
};

/* Why not; KYSO_RECOVERY_MAY when it may. */
enum kyso_recovery_refusal {
    KYSO_RECOVERY_MAY = 0,
    KYSO_RECOVERY_NO_RECOVERY_OPEN,   /* "recovery-open": this token has an open request already */
    KYSO_RECOVERY_NO_REVOCATION_OPEN, /* "revocation-open": to be revoked, not to be recovered */
    KYSO_RECOVERY_NO_CLOSED,          /* "already-closed" */
    KYSO_RECOVERY_NO_SENT,            /* "already-sent" */
    KYSO_RECOVERY_NO_NOT_SENT,        /* "not-sent": nobody can answer yet */
    KYSO_RECOVERY_NO_NOT_RECOVERY,    /* "not-a-recovery" */
    KYSO_RECOVERY_NO_NOT_REVOCATION,  /* "not-a-revocation" */
    KYSO_RECOVERY_NO_LETTER,          /* "is-a-letter": letters are not combined */
    KYSO_RECOVERY_NO_COMBINED,        /* "combined": a row of another letter already */
    KYSO_RECOVERY_NO_UPSTREAM,        /* "no-upstream-form": this province combines nothing */
    KYSO_RECOVERY_REFUSAL_MAX
};

struct kyso_recovery_verdict {
    enum kyso_recovery_refusal refusal;
    enum kyso_recovery_state next; /* when it may */
    bool supersedes;    /* START of a revocation: the open recovery of the token ends with it */
    const char *clause; /* behind the refusal, borrowed from the profile; "" where there is none */
};

struct kyso_recovery_verdict kyso_recovery_judge(const struct kyso_profile *profile,
                                                 const struct kyso_recovery_fact *fact,
                                                 enum kyso_recovery_act act);

bool kyso_recovery_is_open(enum kyso_recovery_state state); /* drafted or sent */

/* ---- fields ---- */

#define KYSO_RECOVERY_FIELDS_MAX 64  /* of one request */
#define KYSO_RECOVERY_VALUE_MAX 1024 /* bytes of one value, without its zero */

/* Whether KEY is one that a person fills in for a request. What describes people and bodies comes
 * from their records alone, so that no personal data is kept twice (K-17): "coordinator",
 * "contact" and "sender" are ids of such records. What describes token and certificate comes from
 * them; but the number on the token's case and the date of issue may be corrected. */
bool kyso_recovery_field(const char *key);
/* One of the note to the Director. */
bool kyso_recovery_field_of_note(const char *key);

/* ---- words ---- */

/* Stable kebab-case words; never null. */
const char *kyso_incident_name(enum kyso_incident incident);
bool kyso_incident_from_name(const char *name, enum kyso_incident *ret_incident)
    __attribute__((warn_unused_result));
const char *kyso_recovery_kind_name(enum kyso_recovery_kind kind);
bool kyso_recovery_kind_from_name(const char *name, enum kyso_recovery_kind *ret_kind)
    __attribute__((warn_unused_result));
const char *kyso_recovery_state_name(enum kyso_recovery_state state);
bool kyso_recovery_state_from_name(const char *name, enum kyso_recovery_state *ret_state)
    __attribute__((warn_unused_result));
const char *kyso_recovery_refusal_name(enum kyso_recovery_refusal refusal);

#endif
