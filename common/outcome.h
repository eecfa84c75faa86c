/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_COMMON_OUTCOME_H
#define KYSO_COMMON_OUTCOME_H

/* The one list of expected outcomes. A function returns 0 when done, a negative errno for what
 * nobody planned, or one of these positive values, which its caller has to handle. Each has a name
 * on the bus (org.kyso.Kyso1.Error.NAME) and an exit status of the command; texts belong to the
 * client. */

#include "common/macros.h"

enum kyso_outcome {
    KYSO_OUTCOME_DONE = 0,
    KYSO_OUTCOME_FAILED = 1,         /* unexpected; details are in the log */
    KYSO_OUTCOME_BAD_ARGUMENT,       /* a call's argument or option is wrong */
    KYSO_OUTCOME_REFUSED,            /* the policy's verdict */
    KYSO_OUTCOME_PIN_WRONG,          /* the card said no; counted */
    KYSO_OUTCOME_PIN_KNOWN_WRONG,    /* same PIN failed before: not sent, not counted */
    KYSO_OUTCOME_PIN_LAST_TRY,       /* one try left and no explicit yes to spend it */
    KYSO_OUTCOME_PIN_UNKNOWN_RESULT, /* the module failed at login; counted as a failure */
    KYSO_OUTCOME_PIN_INVALID,        /* empty, too short or too long: not sent */
    KYSO_OUTCOME_LOCKED,             /* the token's PIN is blocked */
    KYSO_OUTCOME_TOKEN_MISSING,      /* no token with that certificate is present */
    KYSO_OUTCOME_TOKEN_REMOVED,      /* pulled while a job ran */
    KYSO_OUTCOME_TOKEN_CHANGED,      /* another token answers in its reader */
    KYSO_OUTCOME_TOKEN_BUSY,         /* another job uses it */
    KYSO_OUTCOME_TOKEN_FAILED,       /* the module or card reported a failure of its own */
    KYSO_OUTCOME_NOT_AUTHORISED,     /* polkit, or the caller's role */
    KYSO_OUTCOME_CANCELLED,          /* by the user */
    KYSO_OUTCOME_CALLER_GONE,        /* the caller left the bus */
    KYSO_OUTCOME_PROMPT_TIMEOUT,     /* nobody answered the PIN prompt */
    KYSO_OUTCOME_NO_AGENT,           /* the caller has no PIN agent */
    KYSO_OUTCOME_LIMIT,              /* a quota or size limit; details name it */
    KYSO_OUTCOME_BAD_DOCUMENT, /* not a document kyso can sign or judge; details name the rule */
    KYSO_OUTCOME_DOCUMENT_UNSEALED,     /* the descriptor is no fully sealed memfd */
    KYSO_OUTCOME_NO_CERTIFICATE,        /* nothing fits the request */
    KYSO_OUTCOME_AMBIGUOUS_CERTIFICATE, /* several fit: the caller chooses */
    KYSO_OUTCOME_BAD_CERTIFICATE,       /* chain, validity or key usage forbids signing */
    KYSO_OUTCOME_TIMED_OUT,             /* a worker or token overran its deadline */
    KYSO_OUTCOME_WORKER_DIED,           /* a worker crashed or broke the protocol */
    KYSO_OUTCOME_STORE_FAILED,          /* the attempt or result could not be recorded durably */
    KYSO_OUTCOME_UNSUPPORTED,           /* rightly formed, but not something kyso does */
    KYSO_OUTCOME_NOT_FOUND,             /* no such object */
    KYSO_OUTCOME_MAX
};

/* Row of an outcome; never null for values below KYSO_OUTCOME_MAX. */
struct kyso_outcome_row {
    const char *bus_error; /* full bus error name */
    const char *log_name;  /* kebab-case, in logs and --json */
    int exit_status;       /* of `kyso` */
};

/* The row for RESULT: negative errno values share KYSO_OUTCOME_FAILED's. */
const struct kyso_outcome_row *kyso_outcome_row(int result);

/* Full bus error name (KYSO_ERROR_PREFIX + a PascalCase word); static storage. */
const char *kyso_outcome_bus_name(int result);

/* The outcome that a bus error name stands for; KYSO_OUTCOME_FAILED for names of others. */
int kyso_outcome_from_bus_name(const char *name) KYSO_MUST_CHECK;

#endif
