/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_POLICY_DEADLINE_H
#define KYSO_POLICY_DEADLINE_H

/* By when something must be done, and how it stands now (K-15): from one fact, the province's
 * profile and the working-day calendar to a due time, a state and the clause that sets the term.
 * kysod asks at start, when a fact changes and when the time that the verdict names as next has
 * come, and never in between. Instants are seconds since 1970-01-01 UTC; local days begin at
 * midnight of the offset in the rules.
 *
 * A term of hours runs from the instant, over nights and holidays alike ("trong thời hạn 24 giờ",
 * "quá 24 giờ"): its last second still is in time. A term of working days begins on the day after
 * and ends with the last second of its last day (Civil Code 2015, articles 147.2 and 148.6). How
 * long before its end a term is due soon is the product's choice: the last quarter of a term of
 * hours, the last two days of a term of working days, the month of a report. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/calendar.h"
#include "policy/profile.h"

#define KYSO_DEADLINE_NO_TIME INT64_MAX /* no due time, no next change */

/* What the fact's AT is, and what ends the term. */
enum kyso_deadline_kind {
    KYSO_DEADLINE_RECOVERY = 0, /* request sent to who recovers; ends when recovered. Once overdue,
                                 * the Director is told (BD17-16.2c) */
    KYSO_DEADLINE_REVOCATION,   /* request received; ends when the list is sent (BD17-12.3a) */
    KYSO_DEADLINE_TOKEN_RETURN, /* certificate revoked, or expired; ends when the token is withdrawn
                                 * (BD17-13.3a, AG16-17.3a) */
    KYSO_DEADLINE_HANDOVER, /* token received; ends when handed to the subscriber (BD17-11.2c) */
    KYSO_DEADLINE_RENEWAL_LIST, /* request received; ends when submitted (BD17-11.3b.t2) */
    KYSO_DEADLINE_EXPIRY,       /* the certificate's last second; ends when it has a successor */
    KYSO_DEADLINE_REPORT,       /* from when reports are owed (section 17). AG16-22.8 binds the
                                 * Department, to which the agencies give their counts */
    KYSO_DEADLINE_KIND_MAX
};

/* Reminders of a certificate's end (K-10), each made once. They come 60 and 10 days before the last
 * second in which there is something to ask for: with 120 and 70 days left where 60 must remain,
 * with 60 and 10 where nothing is said. */
enum kyso_deadline_call {
    KYSO_CALL_NONE = 0,
    KYSO_CALL_FIRST,
    KYSO_CALL_LAST,
    KYSO_CALL_TOO_LATE, /* it can no longer be renewed */
    KYSO_CALL_EXPIRED,
    KYSO_CALL_MAX
};

struct kyso_deadline_fact {
    enum kyso_deadline_kind kind;
    int64_t at; /* see the kinds; 0 or less: not begun */
    bool done;
    bool requested;      /* EXPIRY: somebody asked already, and waits: no more reminders */
    uint32_t renewals;   /* EXPIRY: of this certificate; the roster counts them */
    uint32_t calls_made; /* EXPIRY: bits of 1 << enum kyso_deadline_call */
    uint32_t reported;   /* REPORT: due_date of the last report that was made; 0: none yet */
};

enum kyso_deadline_state {
    KYSO_DEADLINE_NEVER = 0, /* not begun, or the province sets no such term */
    KYSO_DEADLINE_NOT_DUE,
    KYSO_DEADLINE_DUE_SOON,
    KYSO_DEADLINE_OVERDUE,
    KYSO_DEADLINE_DONE,
    KYSO_DEADLINE_STATE_MAX
};

/* What to ask for before a certificate ends. */
enum kyso_deadline_advice {
    KYSO_ADVICE_NONE = 0,
    KYSO_ADVICE_RENEW,
    KYSO_ADVICE_NEW_CERTIFICATE, /* renewed once already, or too late (BD17-11.3a.t1, BD17-15) */
    KYSO_ADVICE_EITHER,          /* the province has no rule about renewal */
    KYSO_ADVICE_MAX
};

struct kyso_deadline_rules {
    const struct kyso_profile *profile; /* one that passed kyso_profile_check() */
    const struct kyso_calendar *calendar;
    int32_t offset; /* seconds east of UTC: KYSO_CALENDAR_VIETNAM */
};

struct kyso_deadline_verdict {
    enum kyso_deadline_state state;
    int64_t due;       /* the last second in time, or KYSO_DEADLINE_NO_TIME */
    uint32_t due_date; /* its local date; 0 without */
    int64_t next;      /* the first second, after now, at which any of this changes by itself */
    enum kyso_calendar_data calendar; /* of the years counted through; decided where none was */
    enum kyso_deadline_advice advice; /* EXPIRY */
    enum kyso_deadline_call call;     /* EXPIRY: the reminder to make now */
    uint32_t months;                  /* REPORT: the period it is about */
    const char *clause;               /* borrowed from the profile; "" for NEVER */
};

/* For EXPIRY the due time is the last second in which renewal can be asked for, where it can be;
 * the certificate's last second otherwise. For REPORT it is the first report not yet made, so that
 * a report never is done: the next one is not due yet. */
struct kyso_deadline_verdict kyso_deadline_judge(const struct kyso_deadline_rules *rules,
                                                 const struct kyso_deadline_fact *fact,
                                                 int64_t now);

/* Stable kebab-case words; never null. */
const char *kyso_deadline_kind_name(enum kyso_deadline_kind kind);
const char *kyso_deadline_state_name(enum kyso_deadline_state state);
const char *kyso_deadline_call_name(enum kyso_deadline_call call);
const char *kyso_deadline_advice_name(enum kyso_deadline_advice advice);

#endif
