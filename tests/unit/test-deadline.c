/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* By when something must be done: each term of each province on both sides of each of its seconds,
 * with its clause; then properties over all of them, above all that nothing changes before the
 * moment that was announced as the next. */

#include "tests/unit/profile-file.h"
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <time.h>

#include "policy/certificate.h"
#include "policy/deadline.h"

struct bench {
    struct kyso_profile profiles[SHIPPED];
    struct kyso_calendar calendar;
    struct kyso_deadline_rules rules[SHIPPED];
};

/* Tết and the swap of the new year in 2026; 2027 is not decided, of 2028 nothing is known. */
static void fill(struct kyso_calendar *calendar)
{
    static const uint32_t OFF[] = {20260101, 20260102, 20260216, 20260217, 20260218,
                                   20260219, 20260220, 20260427, 20260430, 20260501,
                                   20260901, 20260902, 20270101};
    const char *problem = "";

    kyso_calendar_init(calendar);
    assert_true(kyso_calendar_add_year(calendar, 2025, true, &problem));
    assert_true(kyso_calendar_add_year(calendar, 2026, true, &problem));
    assert_true(kyso_calendar_add_year(calendar, 2027, false, &problem));
    for (size_t i = 0; i < KYSO_ARRAY_LEN(OFF); i++)
        assert_true(kyso_calendar_add_day_off(calendar, OFF[i], &problem));
    assert_true(kyso_calendar_add_day_worked(calendar, 20260110, &problem));
}

static int set_up(void **state)
{
    static struct bench bench;
    const char *key = "", *problem = "";

    fill(&bench.calendar);
    for (unsigned int i = 0; i < SHIPPED; i++) {
        profile_load((enum shipped)i, &bench.profiles[i]);
        assert_true(kyso_profile_check(&bench.profiles[i], &key, &problem));
        bench.rules[i] = (struct kyso_deadline_rules){&bench.profiles[i], &bench.calendar,
                                                      KYSO_CALENDAR_VIETNAM};
    }
    *state = &bench;
    return 0;
}

/* "2026-02-10 16:30:00" in Vietnam; 0 for null. */
static int64_t at(const char *local)
{
    struct tm tm = {0};

    if (local == NULL)
        return 0;
    assert_non_null(strptime(local, "%Y-%m-%d %H:%M:%S", &tm));
    return (int64_t)timegm(&tm) - 7 * 3600;
}

#define NEVER KYSO_DEADLINE_NEVER
#define NOT_DUE KYSO_DEADLINE_NOT_DUE
#define SOON KYSO_DEADLINE_DUE_SOON
#define OVERDUE KYSO_DEADLINE_OVERDUE
#define DONE KYSO_DEADLINE_DONE
#define KIND(name) KYSO_DEADLINE_##name
#define DECIDED KYSO_CALENDAR_DECIDED
#define EXPECTED KYSO_CALENDAR_EXPECTED
#define MISSING KYSO_CALENDAR_MISSING

struct term_row {
    const char *clause;
    enum shipped profile;
    enum kyso_deadline_kind kind;
    const char *from, *now;
    enum kyso_deadline_state state;
    const char *due; /* null: none */
    enum kyso_calendar_data calendar;
    bool done;
};

static const struct term_row term_rows[] = {
    /* "nếu quá 24 giờ kể từ khi gửi yêu cầu": over Tết as over any day */
    {"BD17-16.2c", BD17, KIND(RECOVERY), "2026-02-16 16:30:00", "2026-02-16 16:30:00", NOT_DUE,
     "2026-02-17 16:30:00", DECIDED, false},
    {"BD17-16.2c", BD17, KIND(RECOVERY), "2026-02-16 16:30:00", "2026-02-17 10:29:59", NOT_DUE,
     "2026-02-17 16:30:00", DECIDED, false},
    {"BD17-16.2c", BD17, KIND(RECOVERY), "2026-02-16 16:30:00", "2026-02-17 10:30:00", SOON,
     "2026-02-17 16:30:00", DECIDED, false},
    {"BD17-16.2c", BD17, KIND(RECOVERY), "2026-02-16 16:30:00", "2026-02-17 16:30:00", SOON,
     "2026-02-17 16:30:00", DECIDED, false},
    {"BD17-16.2c", BD17, KIND(RECOVERY), "2026-02-16 16:30:00", "2026-02-17 16:30:01", OVERDUE,
     "2026-02-17 16:30:00", DECIDED, false},
    {"BD17-16.2c", BD17, KIND(RECOVERY), "2026-02-16 16:30:00", "2036-02-16 16:30:00", OVERDUE,
     "2026-02-17 16:30:00", DECIDED, false},
    {"BD17-16.2c", BD17, KIND(RECOVERY), "2026-02-16 16:30:00", "2026-02-20 00:00:00", DONE,
     "2026-02-17 16:30:00", DECIDED, true},
    {"BD17-16.2c", BD17, KIND(RECOVERY), "2026-02-16 16:30:00", "2026-02-15 00:00:00", NOT_DUE,
     "2026-02-17 16:30:00", DECIDED, false}, /* the clock went back */
    {"BD17-16.2c", BD17, KIND(RECOVERY), "2028-12-31 12:00:00", "2029-01-01 12:00:01", OVERDUE,
     "2029-01-01 12:00:00", DECIDED, false}, /* no working day is counted */
    {"", BD17, KIND(RECOVERY), NULL, "2026-02-17 16:30:01", NEVER, NULL, DECIDED, false},
    {"", LS20, KIND(RECOVERY), "2026-02-16 16:30:00", "2027-02-17 16:30:01", NEVER, NULL, DECIDED,
     false}, /* LS20-8: no term */
    {"", AG16, KIND(RECOVERY), "2026-02-16 16:30:00", "2027-02-17 16:30:01", NEVER, NULL, DECIDED,
     false}, /* AG16-20.3c: no escalation */
    {"", TB16, KIND(RECOVERY), "2026-02-16 16:30:00", "2027-02-17 16:30:01", NEVER, NULL, DECIDED,
     false},
    {"", BD14, KIND(RECOVERY), "2026-02-16 16:30:00", "2027-02-17 16:30:01", NEVER, NULL, DECIDED,
     false},

    /* "Trong thời hạn 24 giờ, kể từ khi nhận được đề nghị" */
    {"BD17-12.3a", BD17, KIND(REVOCATION), "2026-07-31 23:59:59", "2026-08-01 17:59:58", NOT_DUE,
     "2026-08-01 23:59:59", DECIDED, false},
    {"BD17-12.3a", BD17, KIND(REVOCATION), "2026-07-31 23:59:59", "2026-08-01 17:59:59", SOON,
     "2026-08-01 23:59:59", DECIDED, false},
    {"BD17-12.3a", BD17, KIND(REVOCATION), "2026-07-31 23:59:59", "2026-08-01 23:59:59", SOON,
     "2026-08-01 23:59:59", DECIDED, false},
    {"BD17-12.3a", BD17, KIND(REVOCATION), "2026-07-31 23:59:59", "2026-08-02 00:00:00", OVERDUE,
     "2026-08-01 23:59:59", DECIDED, false},
    {"BD17-12.3a", BD17, KIND(REVOCATION), "2026-07-31 23:59:59", "2026-08-01 00:00:00", DONE,
     "2026-08-01 23:59:59", DECIDED, true},
    {"", AG16, KIND(REVOCATION), "2026-07-31 23:59:59", "2026-09-01 00:00:00", NEVER, NULL, DECIDED,
     false}, /* AG16-15: the fastest way, no limit */
    {"", LS20, KIND(REVOCATION), "2026-07-31 23:59:59", "2026-09-01 00:00:00", NEVER, NULL, DECIDED,
     false},

    /* "Trong thời hạn 05 ngày làm việc, kể từ ngày thu hồi": over Tết 2026 */
    {"BD17-13.3a", BD17, KIND(TOKEN_RETURN), "2026-02-10 09:00:00", "2026-02-22 23:59:59", NOT_DUE,
     "2026-02-24 23:59:59", DECIDED, false},
    {"BD17-13.3a", BD17, KIND(TOKEN_RETURN), "2026-02-10 09:00:00", "2026-02-23 00:00:00", SOON,
     "2026-02-24 23:59:59", DECIDED, false},
    {"BD17-13.3a", BD17, KIND(TOKEN_RETURN), "2026-02-10 09:00:00", "2026-02-24 23:59:59", SOON,
     "2026-02-24 23:59:59", DECIDED, false},
    {"BD17-13.3a", BD17, KIND(TOKEN_RETURN), "2026-02-10 09:00:00", "2026-02-25 00:00:00", OVERDUE,
     "2026-02-24 23:59:59", DECIDED, false},
    {"AG16-17.3a", AG16, KIND(TOKEN_RETURN), "2026-03-13 23:59:59", "2026-03-20 23:59:59", SOON,
     "2026-03-20 23:59:59", DECIDED, false}, /* Friday night */
    {"AG16-17.3a", AG16, KIND(TOKEN_RETURN), "2026-03-14 00:00:00", "2026-03-21 00:00:00", OVERDUE,
     "2026-03-20 23:59:59", DECIDED, false}, /* Saturday: the same five days */
    {"AG16-17.3a", AG16, KIND(TOKEN_RETURN), "2026-03-16 00:00:00", "2026-03-21 00:00:00", SOON,
     "2026-03-23 23:59:59", DECIDED, false}, /* Monday does not count */
    {"AG16-17.3a", AG16, KIND(TOKEN_RETURN), "2026-12-30 10:00:00", "2027-01-02 00:00:00", NOT_DUE,
     "2027-01-07 23:59:59", EXPECTED, false},
    {"AG16-17.3a", AG16, KIND(TOKEN_RETURN), "2027-12-30 10:00:00", "2028-01-06 23:59:59", SOON,
     "2028-01-06 23:59:59", MISSING, false},
    {"AG16-17.3a", AG16, KIND(TOKEN_RETURN), "2026-03-14 00:00:00", "2026-05-01 00:00:00", DONE,
     "2026-03-20 23:59:59", DECIDED, true},
    {"", TB16, KIND(TOKEN_RETURN), "2026-02-10 09:00:00", "2026-05-01 00:00:00", NEVER, NULL,
     DECIDED, false},
    {"", LS20, KIND(TOKEN_RETURN), "2026-02-10 09:00:00", "2026-05-01 00:00:00", NEVER, NULL,
     DECIDED, false},
    {"", BD14, KIND(TOKEN_RETURN), "2026-02-10 09:00:00", "2026-05-01 00:00:00", NEVER, NULL,
     DECIDED, false},

    /* "03 ngày làm việc, kể từ ngày nhận thiết bị": a Saturday worked counts */
    {"BD17-11.2c", BD17, KIND(HANDOVER), "2026-01-07 08:00:00", "2026-01-08 23:59:59", NOT_DUE,
     "2026-01-10 23:59:59", DECIDED, false},
    {"BD17-11.2c", BD17, KIND(HANDOVER), "2026-01-07 08:00:00", "2026-01-09 00:00:00", SOON,
     "2026-01-10 23:59:59", DECIDED, false},
    {"BD17-11.2c", BD17, KIND(HANDOVER), "2026-01-07 08:00:00", "2026-01-11 00:00:00", OVERDUE,
     "2026-01-10 23:59:59", DECIDED, false},
    {"", AG16, KIND(HANDOVER), "2026-01-07 08:00:00", "2026-02-11 00:00:00", NEVER, NULL, DECIDED,
     false},

    /* "03 ngày làm việc, kể từ ngày tiếp nhận đề nghị gia hạn": 27/4, 30/4 and 01/5 are off */
    {"BD17-11.3b.t2", BD17, KIND(RENEWAL_LIST), "2026-04-24 17:00:00", "2026-05-04 23:59:59", SOON,
     "2026-05-04 23:59:59", DECIDED, false},
    {"BD17-11.3b.t2", BD17, KIND(RENEWAL_LIST), "2026-04-24 17:00:00", "2026-05-05 00:00:00",
     OVERDUE, "2026-05-04 23:59:59", DECIDED, false},
    {"BD17-11.3b.t2", BD17, KIND(RENEWAL_LIST), "2026-04-24 17:00:00", "2026-04-28 23:59:59",
     NOT_DUE, "2026-05-04 23:59:59", DECIDED, false},
    {"BD17-11.3b.t2", BD17, KIND(RENEWAL_LIST), "2026-04-24 17:00:00", "2026-04-29 00:00:00", SOON,
     "2026-05-04 23:59:59", DECIDED, false},
    {"", TB16, KIND(RENEWAL_LIST), "2026-04-24 17:00:00", "2026-05-05 00:00:00", NEVER, NULL,
     DECIDED, false},
};

static bool term_right(const struct bench *bench, const struct term_row *row)
{
    struct kyso_deadline_fact fact = {.kind = row->kind, .at = at(row->from), .done = row->done};
    struct kyso_deadline_verdict verdict =
        kyso_deadline_judge(&bench->rules[row->profile], &fact, at(row->now));
    int64_t due = row->due != NULL ? at(row->due) : KYSO_DEADLINE_NO_TIME;
    bool right = verdict.state == row->state && verdict.due == due &&
                 strcmp(verdict.clause, row->clause) == 0 && verdict.calendar == row->calendar &&
                 verdict.due_date == kyso_calendar_date_at(due, KYSO_CALENDAR_VIETNAM) &&
                 verdict.advice == KYSO_ADVICE_NONE && verdict.call == KYSO_CALL_NONE &&
                 verdict.months == 0;

    if (!right)
        print_message("# %s from %s at %s: %s, due %u, %s, %s\n", row->clause, row->from, row->now,
                      kyso_deadline_state_name(verdict.state), verdict.due_date,
                      kyso_calendar_data_name(verdict.calendar), verdict.clause);
    return right;
}

static void test_terms(void **state)
{
    size_t right = 0;

    for (size_t i = 0; i < KYSO_ARRAY_LEN(term_rows); i++)
        right += term_right(*state, &term_rows[i]);
    UNIT_ALL("terms of hours and working days", right, KYSO_ARRAY_LEN(term_rows));
}

#define CALL(name) KYSO_CALL_##name
#define ADVICE(name) KYSO_ADVICE_##name
#define MADE(name) (1U << KYSO_CALL_##name)

/* A certificate whose last second is 2027-06-30 23:59:59: 120 days before it is 2027-03-02, 70 is
 * 2027-04-21, 60 is 2027-05-01, 10 is 2027-06-20, each at 23:59:59. */
struct expiry_row {
    const char *clause;
    enum shipped profile;
    const char *now;
    uint32_t renewals, calls_made;
    enum kyso_deadline_state state;
    const char *due;
    enum kyso_deadline_advice advice;
    enum kyso_deadline_call call;
    const char *next;
};

#define END "2027-06-30 23:59:59"
#define AFTER "2027-07-01 00:00:00"
#define LIMIT "2027-05-01 23:59:59"

static const struct expiry_row expiry_rows[] = {
    {"BD17-11.3a.t1", BD17, "2026-01-01 00:00:00", 0, 0, NOT_DUE, LIMIT, ADVICE(RENEW), CALL(NONE),
     "2027-03-02 23:59:59"},
    {"BD17-11.3a.t1", BD17, "2027-03-02 23:59:58", 0, 0, NOT_DUE, LIMIT, ADVICE(RENEW), CALL(NONE),
     "2027-03-02 23:59:59"},
    {"BD17-11.3a.t1", BD17, "2027-03-02 23:59:59", 0, 0, SOON, LIMIT, ADVICE(RENEW), CALL(FIRST),
     "2027-04-21 23:59:59"},
    {"BD17-11.3a.t1", BD17, "2027-03-03 00:00:00", 0, MADE(FIRST), SOON, LIMIT, ADVICE(RENEW),
     CALL(NONE), "2027-04-21 23:59:59"}, /* once */
    {"BD17-11.3a.t1", BD17, "2027-04-21 23:59:58", 0, 0, SOON, LIMIT, ADVICE(RENEW), CALL(FIRST),
     "2027-04-21 23:59:59"},
    {"BD17-11.3a.t1", BD17, "2027-04-21 23:59:59", 0, MADE(FIRST), SOON, LIMIT, ADVICE(RENEW),
     CALL(LAST), "2027-05-02 00:00:00"},
    {"BD17-11.3a.t1", BD17, "2027-04-22 00:00:00", 0, 0, SOON, LIMIT, ADVICE(RENEW), CALL(LAST),
     "2027-05-02 00:00:00"}, /* nobody was there for the first: one call, not two */
    {"BD17-11.3a.t1", BD17, "2027-04-22 00:00:00", 0, MADE(LAST), SOON, LIMIT, ADVICE(RENEW),
     CALL(NONE), "2027-05-02 00:00:00"},
    {"BD17-11.3a.t1", BD17, LIMIT, 0, MADE(FIRST) | MADE(LAST), SOON, LIMIT, ADVICE(RENEW),
     CALL(NONE), "2027-05-02 00:00:00"}, /* "còn thời hạn ít nhất 60 ngày": exactly 60 */
    {"BD17-11.3a.t1", BD17, "2027-05-02 00:00:00", 0, MADE(FIRST) | MADE(LAST), SOON, END,
     ADVICE(NEW_CERTIFICATE), CALL(TOO_LATE), AFTER},
    {"BD17-11.3a.t1", BD17, "2027-06-01 00:00:00", 0, MADE(TOO_LATE), SOON, END,
     ADVICE(NEW_CERTIFICATE), CALL(NONE), AFTER},
    {"BD17-11.3a.t1", BD17, END, 0, 0, SOON, END, ADVICE(NEW_CERTIFICATE), CALL(TOO_LATE), AFTER},
    {"BD17-11.3a.t1", BD17, AFTER, 0, 0, OVERDUE, END, ADVICE(NEW_CERTIFICATE), CALL(EXPIRED),
     NULL},
    {"BD17-11.3a.t1", BD17, "2037-01-01 00:00:00", 0, MADE(EXPIRED), OVERDUE, END,
     ADVICE(NEW_CERTIFICATE), CALL(NONE), NULL},
    /* "chỉ được đề nghị gia hạn 01 lần" */
    {"BD17-11.3a.t1", BD17, "2027-03-02 23:59:58", 1, 0, NOT_DUE, END, ADVICE(NEW_CERTIFICATE),
     CALL(NONE), "2027-03-02 23:59:59"},
    {"BD17-11.3a.t1", BD17, "2027-03-02 23:59:59", 1, 0, SOON, END, ADVICE(NEW_CERTIFICATE),
     CALL(FIRST), "2027-04-21 23:59:59"},
    {"BD17-11.3a.t1", BD17, "2027-04-21 23:59:59", 1, MADE(FIRST), SOON, END,
     ADVICE(NEW_CERTIFICATE), CALL(LAST), AFTER},
    {"BD17-11.3a.t1", BD17, "2027-05-02 00:00:00", 1, MADE(FIRST) | MADE(LAST), SOON, END,
     ADVICE(NEW_CERTIFICATE), CALL(NONE), AFTER},
    {"BD17-11.3a.t1", BD17, "2027-05-02 00:00:00", 2, 0, SOON, END, ADVICE(NEW_CERTIFICATE),
     CALL(LAST), AFTER},
    {"TB16-5.1", TB16, "2027-04-21 23:59:59", 0, 0, SOON, LIMIT, ADVICE(RENEW), CALL(LAST),
     "2027-05-02 00:00:00"},
    {"TB16-5.1", TB16, "2027-05-02 00:00:00", 0, 0, SOON, END, ADVICE(NEW_CERTIFICATE),
     CALL(TOO_LATE), AFTER},
    {"AG16-12.1", AG16, "2027-03-02 23:59:59", 0, 0, SOON, LIMIT, ADVICE(RENEW), CALL(FIRST),
     "2027-04-21 23:59:59"},
    {"AG16-12.1", AG16, LIMIT, 1, 0, SOON, END, ADVICE(NEW_CERTIFICATE), CALL(LAST), AFTER},
    /* No rule of renewal: the end alone is announced. */
    {"K-10", LS20, "2027-05-01 23:59:58", 0, 0, NOT_DUE, END, ADVICE(EITHER), CALL(NONE), LIMIT},
    {"K-10", LS20, LIMIT, 0, 0, SOON, END, ADVICE(EITHER), CALL(FIRST), "2027-06-20 23:59:59"},
    {"K-10", LS20, "2027-06-20 23:59:59", 3, MADE(FIRST), SOON, END, ADVICE(EITHER), CALL(LAST),
     AFTER},
    {"K-10", LS20, END, 0, MADE(FIRST) | MADE(LAST), SOON, END, ADVICE(EITHER), CALL(NONE), AFTER},
    {"K-10", LS20, AFTER, 0, 0, OVERDUE, END, ADVICE(NEW_CERTIFICATE), CALL(EXPIRED), NULL},
    {"K-10", BD14, "2027-06-21 00:00:00", 1, 0, SOON, END, ADVICE(EITHER), CALL(LAST), AFTER},
};

static bool expiry_right(const struct bench *bench, const struct expiry_row *row)
{
    struct kyso_deadline_fact fact = {.kind = KIND(EXPIRY),
                                      .at = at(END),
                                      .renewals = row->renewals,
                                      .calls_made = row->calls_made};
    struct kyso_deadline_verdict verdict =
        kyso_deadline_judge(&bench->rules[row->profile], &fact, at(row->now));
    int64_t next = row->next != NULL ? at(row->next) : KYSO_DEADLINE_NO_TIME;
    bool right = verdict.state == row->state && verdict.due == at(row->due) &&
                 strcmp(verdict.clause, row->clause) == 0 && verdict.advice == row->advice &&
                 verdict.call == row->call && verdict.next == next && verdict.calendar == DECIDED;

    if (!right)
        print_message("# %s at %s: %s, due %u, %s, %s, next %+lld s\n", row->clause, row->now,
                      kyso_deadline_state_name(verdict.state), verdict.due_date,
                      kyso_deadline_advice_name(verdict.advice),
                      kyso_deadline_call_name(verdict.call), (long long)(verdict.next - next));
    return right;
}

static void test_certificates_end(void **state)
{
    size_t right = 0;

    for (size_t i = 0; i < KYSO_ARRAY_LEN(expiry_rows); i++)
        right += expiry_right(*state, &expiry_rows[i]);
    UNIT_ALL("certificates before their end", right, KYSO_ARRAY_LEN(expiry_rows));
}

/* Who asked, or has a new certificate, is left in peace until the old one is over. */
static void test_certificates_that_are_cared_for(void **state)
{
    static const struct {
        const char *now;
        bool done, requested;
        enum kyso_deadline_state state;
        enum kyso_deadline_advice advice;
        enum kyso_deadline_call call;
        const char *next;
    } ROWS[] = {
        {"2026-01-01 00:00:00", false, true, NOT_DUE, ADVICE(NONE), CALL(NONE),
         "2027-03-02 23:59:59"},
        {"2027-04-21 23:59:59", false, true, SOON, ADVICE(NONE), CALL(NONE), AFTER},
        {"2027-05-02 00:00:00", false, true, SOON, ADVICE(NONE), CALL(NONE), AFTER},
        {AFTER, false, true, OVERDUE, ADVICE(NEW_CERTIFICATE), CALL(EXPIRED), NULL},
        {"2027-04-21 23:59:59", true, false, DONE, ADVICE(NONE), CALL(NONE), NULL},
        {AFTER, true, true, DONE, ADVICE(NONE), CALL(NONE), NULL},
    };
    const struct bench *bench = *state;
    size_t right = 0;

    for (size_t i = 0; i < KYSO_ARRAY_LEN(ROWS); i++) {
        struct kyso_deadline_fact fact = {.kind = KIND(EXPIRY),
                                          .at = at(END),
                                          .done = ROWS[i].done,
                                          .requested = ROWS[i].requested};
        struct kyso_deadline_verdict verdict =
            kyso_deadline_judge(&bench->rules[BD17], &fact, at(ROWS[i].now));

        right +=
            verdict.state == ROWS[i].state && verdict.due == at(END) &&
            verdict.advice == ROWS[i].advice && verdict.call == ROWS[i].call &&
            verdict.next == (ROWS[i].next != NULL ? at(ROWS[i].next) : KYSO_DEADLINE_NO_TIME) &&
            strcmp(verdict.clause, "BD17-11.3a.t1") == 0;
    }
    UNIT_ALL("certificates that are cared for", right, KYSO_ARRAY_LEN(ROWS));
}

/* Rules no province has, but a profile can say: once and at any time; often, but not late. */
static void test_half_a_rule(void **state)
{
    static const struct {
        bool once;
        uint32_t min_days, renewals;
        const char *now;
        enum kyso_deadline_advice advice;
        const char *due;
    } ROWS[] = {
        {true, 0, 0, END, ADVICE(RENEW), END},
        {true, 0, 1, "2027-01-01 00:00:00", ADVICE(NEW_CERTIFICATE), END},
        {false, 60, 5, LIMIT, ADVICE(RENEW), LIMIT},
        {false, 60, 0, "2027-05-02 00:00:00", ADVICE(NEW_CERTIFICATE), END},
        {false, 0, 5, LIMIT, ADVICE(EITHER), END},
    };
    const struct bench *bench = *state;
    size_t right = 0;

    for (size_t i = 0; i < KYSO_ARRAY_LEN(ROWS); i++) {
        struct kyso_profile profile = bench->profiles[BD17];
        struct kyso_deadline_rules rules = {&profile, &bench->calendar, KYSO_CALENDAR_VIETNAM};
        struct kyso_deadline_fact fact = {
            .kind = KIND(EXPIRY), .at = at(END), .renewals = ROWS[i].renewals};
        struct kyso_deadline_verdict verdict;

        profile.renew_once = ROWS[i].once;
        profile.renew_min_days = ROWS[i].min_days;
        verdict = kyso_deadline_judge(&rules, &fact, at(ROWS[i].now));
        right += verdict.advice == ROWS[i].advice && verdict.due == at(ROWS[i].due);
    }
    UNIT_ALL("half rules of renewal", right, KYSO_ARRAY_LEN(ROWS));
}

/* "Renew" is said exactly while the certificate's own count of days is at least the profile's. */
static void test_renewal_agrees_with_the_days_left(void **state)
{
    const struct bench *bench = *state;
    struct kyso_certificate_fact certificate = {.not_after = at(END)};
    size_t right = 0, all = 0;

    for (unsigned int k = 0; k < SHIPPED; k++) {
        const struct kyso_profile *profile = &bench->profiles[k];
        const struct kyso_deadline_rules *rules = &bench->rules[k];
        struct kyso_deadline_fact fact = {.kind = KIND(EXPIRY), .at = at(END)};

        /* Every hour before the end, and the seconds beside it. */
        for (int64_t i = -2 * 24 * 3; i < 130 * 24 * 3; i++) {
            int64_t now = at(END) - i / 3 * 3600 + i % 3 - 1;
            int64_t left = kyso_certificate_days_left(&certificate, now);
            bool renew = profile->renew_once && left >= profile->renew_min_days;

            all++;
            right += (kyso_deadline_judge(rules, &fact, now).advice == KYSO_ADVICE_RENEW) == renew;
        }
    }
    UNIT_ALL("moments at which renewal is advised when days are left", right, all);
    assert_true(all > 40000);
}

struct report_row {
    const char *clause;
    enum shipped profile;
    const char *from;
    uint32_t reported;
    const char *now;
    enum kyso_deadline_state state;
    const char *due;
    uint32_t months;
};

static const struct report_row report_rows[] = {
    /* "Định kỳ 6 tháng, 01 năm" */
    {"BD17-23.6", BD17, "2026-01-15 08:00:00", 0, "2026-05-31 23:59:59", NOT_DUE,
     "2026-06-30 23:59:59", 6},
    {"BD17-23.6", BD17, "2026-01-15 08:00:00", 0, "2026-06-01 00:00:00", SOON,
     "2026-06-30 23:59:59", 6},
    {"BD17-23.6", BD17, "2026-01-15 08:00:00", 0, "2026-06-30 23:59:59", SOON,
     "2026-06-30 23:59:59", 6},
    {"BD17-23.6", BD17, "2026-01-15 08:00:00", 0, "2026-07-01 00:00:00", OVERDUE,
     "2026-06-30 23:59:59", 6},
    {"BD17-23.6", BD17, "2026-01-15 08:00:00", 0, "2027-03-01 00:00:00", OVERDUE,
     "2026-06-30 23:59:59", 6}, /* the first that is missing */
    {"BD17-23.6", BD17, "2026-01-15 08:00:00", 20260630, "2026-06-10 00:00:00", NOT_DUE,
     "2026-12-31 23:59:59", 12},
    {"BD17-23.6", BD17, "2026-01-15 08:00:00", 20260630, "2026-12-01 00:00:00", SOON,
     "2026-12-31 23:59:59", 12},
    {"BD17-23.6", BD17, "2026-01-15 08:00:00", 20261231, "2027-01-01 00:00:00", NOT_DUE,
     "2027-06-30 23:59:59", 6},
    {"BD17-23.6", BD17, "2026-06-30 23:59:59", 0, "2026-07-01 00:00:00", OVERDUE,
     "2026-06-30 23:59:59", 6}, /* owed from its last second */
    {"BD17-23.6", BD17, "2026-06-30 23:59:59", 20260630, "2026-07-01 00:00:00", NOT_DUE,
     "2026-12-31 23:59:59", 12},
    {"BD17-23.6", BD17, "2026-07-01 00:00:00", 0, "2026-07-01 00:00:00", NOT_DUE,
     "2026-12-31 23:59:59", 12},
    {"BD17-23.6", BD17, "2026-01-15 08:00:00", 20251231, "2026-06-01 00:00:00", SOON,
     "2026-06-30 23:59:59", 6}, /* reported before it was owed */
    {"BD17-23.6", BD17, "2026-01-15 08:00:00", 20260231, "2026-06-01 00:00:00", SOON,
     "2026-06-30 23:59:59", 6}, /* no date: nothing reported */
    /* "báo cáo định kỳ 6 tháng một lần": both halves alike */
    {"AG16-22.8", AG16, "2026-01-15 08:00:00", 0, "2026-06-15 00:00:00", SOON,
     "2026-06-30 23:59:59", 6},
    {"AG16-22.8", AG16, "2026-01-15 08:00:00", 20260630, "2027-01-01 00:00:00", OVERDUE,
     "2026-12-31 23:59:59", 6},
    /* "Định kỳ vào tháng 11 hàng năm" */
    {"TB16-13.6", TB16, "2026-01-15 08:00:00", 0, "2026-10-31 23:59:59", NOT_DUE,
     "2026-11-30 23:59:59", 12},
    {"TB16-13.6", TB16, "2026-01-15 08:00:00", 0, "2026-11-01 00:00:00", SOON,
     "2026-11-30 23:59:59", 12},
    {"TB16-13.6", TB16, "2026-01-15 08:00:00", 0, "2026-12-01 00:00:00", OVERDUE,
     "2026-11-30 23:59:59", 12},
    {"TB16-13.6", TB16, "2026-12-01 00:00:00", 0, "2026-12-01 00:00:00", NOT_DUE,
     "2027-11-30 23:59:59", 12},
    {"TB16-13.6", TB16, "2026-01-15 08:00:00", 20261130, "2026-11-30 23:59:59", NOT_DUE,
     "2027-11-30 23:59:59", 12},
    {"", LS20, "2026-01-15 08:00:00", 0, "2028-01-01 00:00:00", NEVER, NULL, 0},
    {"", BD14, "2026-01-15 08:00:00", 0, "2028-01-01 00:00:00", NEVER, NULL, 0},
};

static void test_reports(void **state)
{
    const struct bench *bench = *state;
    size_t right = 0;

    for (size_t i = 0; i < KYSO_ARRAY_LEN(report_rows); i++) {
        const struct report_row *row = &report_rows[i];
        struct kyso_deadline_fact fact = {
            .kind = KIND(REPORT), .at = at(row->from), .reported = row->reported};
        struct kyso_deadline_verdict verdict =
            kyso_deadline_judge(&bench->rules[row->profile], &fact, at(row->now));
        bool good = verdict.state == row->state && verdict.months == row->months &&
                    strcmp(verdict.clause, row->clause) == 0 &&
                    verdict.due == (row->due != NULL ? at(row->due) : KYSO_DEADLINE_NO_TIME);

        if (!good)
            print_message("# %s at %s: %s, due %u, %u months\n", row->clause, row->now,
                          kyso_deadline_state_name(verdict.state), verdict.due_date,
                          verdict.months);
        right += good;
    }
    UNIT_ALL("periodic reports", right, KYSO_ARRAY_LEN(report_rows));
}

/* Facts of every kind, with every flag, at moments around a year's end. */
#define FACTS 2000

static void make_facts(struct kyso_deadline_fact *facts)
{
    uint32_t seed = 7;

    for (size_t i = 0; i < FACTS; i++) {
        seed = seed * 1664525U + 1013904223U;
        facts[i] = (struct kyso_deadline_fact){
            .kind = (enum kyso_deadline_kind)(i % KYSO_DEADLINE_KIND_MAX),
            .at = at("2026-09-01 00:00:00") + (int64_t)(seed >> 8) * 2,
            .done = seed % 16 == 0,
            .requested = seed % 16 == 1,
            .renewals = seed >> 28,
            .calls_made = seed >> 20 & ((1U << KYSO_CALL_MAX) - 1),
            .reported = seed % 3 == 0 ? 20261231 : 0,
        };
    }
}

static bool same(const struct kyso_deadline_verdict *a, const struct kyso_deadline_verdict *b)
{
    return a->state == b->state && a->due == b->due && a->due_date == b->due_date &&
           a->calendar == b->calendar && a->advice == b->advice && a->call == b->call &&
           a->months == b->months && strcmp(a->clause, b->clause) == 0;
}

/* Follows a fact from change to change: in between and up to the last second nothing changes, and
 * with the announced second something does. */
static bool follows(const struct kyso_deadline_rules *rules, const struct kyso_deadline_fact *fact,
                    size_t *steps)
{
    int64_t now = at("2026-01-01 00:00:00");

    for (unsigned int i = 0; i < 8; i++) {
        struct kyso_deadline_verdict here = kyso_deadline_judge(rules, fact, now), there, then;
        int64_t next = here.next;
        bool last = next == KYSO_DEADLINE_NO_TIME;
        int64_t end = last ? now + INT64_C(86400) * 36525 : next;

        if (next <= now)
            return false;
        for (int64_t k = 0; k <= 16; k++) {
            there = kyso_deadline_judge(rules, fact, now + (end - 1 - now) / 16 * k);
            if (!same(&here, &there) || there.next != next)
                return false;
        }
        there = kyso_deadline_judge(rules, fact, end - 1);
        then = kyso_deadline_judge(rules, fact, end);
        if (!same(&here, &there) || same(&here, &then) != last)
            return false;
        *steps += 1;
        if (last)
            return true;
        now = next;
    }
    return false;
}

/* Without calls made, for where both the reminder before and the one after were made, the step that
 * was announced is empty. */
static void test_nothing_changes_before_the_next(void **state)
{
    static struct kyso_deadline_fact facts[FACTS];
    const struct bench *bench = *state;
    size_t right = 0, all = 0, steps = 0;

    make_facts(facts);
    for (unsigned int i = 0; i < SHIPPED; i++) {
        for (size_t k = 0; k < FACTS; k++) {
            struct kyso_deadline_fact fact = facts[k];

            fact.calls_made = 0;
            all++;
            right += follows(&bench->rules[i], &fact, &steps);
        }
    }
    UNIT_ALL("facts that change when announced", right, all);
    assert_true(steps > 15000);
    print_message("# %zu steps\n", steps);
}

/* Wild times end in "never" or in a state, and in no loop and no overflow. */
static void test_wild_times(void **state)
{
    static const int64_t TIMES[] = {INT64_MIN,    INT64_MIN + 1, -1,       0, 1, 253402300799,
                                    253402300800, INT64_MAX - 1, INT64_MAX};
    const struct bench *bench = *state;
    size_t all = 0, sane = 0;

    for (size_t i = 0; i < SHIPPED * (KYSO_DEADLINE_KIND_MAX + 1); i++) {
        for (size_t k = 0; k < KYSO_ARRAY_LEN(TIMES) * KYSO_ARRAY_LEN(TIMES); k++) {
            struct kyso_deadline_fact fact = {
                .kind = (enum kyso_deadline_kind)(i / SHIPPED),
                .at = TIMES[k / KYSO_ARRAY_LEN(TIMES)],
                .reported = k % 2 == 0 ? UINT32_MAX : 99991231,
            };
            int64_t now = TIMES[k % KYSO_ARRAY_LEN(TIMES)];
            struct kyso_deadline_verdict verdict =
                kyso_deadline_judge(&bench->rules[i % SHIPPED], &fact, now);

            all++;
            sane += (verdict.state == NEVER) == (*verdict.clause == '\0') &&
                    (verdict.state == NEVER) == (verdict.due == KYSO_DEADLINE_NO_TIME) &&
                    (verdict.next > now || now == INT64_MAX) &&
                    (fact.at > 0 || verdict.state == NEVER) &&
                    (fact.kind < KYSO_DEADLINE_KIND_MAX || verdict.state == NEVER);
        }
    }
    UNIT_ALL("wild times", sane, all);
}

static void test_names(void **state KYSO_UNUSED)
{
    for (unsigned int i = 0; i < KYSO_DEADLINE_KIND_MAX; i++) {
        for (unsigned int k = 0; k < i; k++)
            assert_string_not_equal(kyso_deadline_kind_name((enum kyso_deadline_kind)i),
                                    kyso_deadline_kind_name((enum kyso_deadline_kind)k));
    }
    assert_string_equal(kyso_deadline_kind_name(KYSO_DEADLINE_RENEWAL_LIST), "renewal-list");
    assert_string_equal(kyso_deadline_kind_name(KYSO_DEADLINE_KIND_MAX), "unknown");
    assert_string_equal(kyso_deadline_state_name(KYSO_DEADLINE_DUE_SOON), "due-soon");
    assert_string_equal(kyso_deadline_state_name(KYSO_DEADLINE_STATE_MAX), "never");
    assert_string_equal(kyso_deadline_call_name(KYSO_CALL_TOO_LATE), "too-late");
    assert_string_equal(kyso_deadline_call_name(KYSO_CALL_MAX), "none");
    assert_string_equal(kyso_deadline_advice_name(KYSO_ADVICE_EITHER), "renew-or-new-certificate");
    assert_string_equal(kyso_deadline_advice_name(KYSO_ADVICE_MAX), "none");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_terms),
        cmocka_unit_test(test_certificates_end),
        cmocka_unit_test(test_certificates_that_are_cared_for),
        cmocka_unit_test(test_half_a_rule),
        cmocka_unit_test(test_renewal_agrees_with_the_days_left),
        cmocka_unit_test(test_reports),
        cmocka_unit_test(test_nothing_changes_before_the_next),
        cmocka_unit_test(test_wild_times),
        cmocka_unit_test(test_names),
    };

    return cmocka_run_group_tests(tests, set_up, NULL);
}
