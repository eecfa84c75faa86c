/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy/deadline.h"

#define HOUR INT64_C(3600)
#define DAY INT64_C(86400)

#define FIRST_CALL_DAYS 60
#define LAST_CALL_DAYS 10

static const char *const kind_names[KYSO_DEADLINE_KIND_MAX] = {
    [KYSO_DEADLINE_RECOVERY] = "recovery",
    [KYSO_DEADLINE_REVOCATION] = "revocation",
    [KYSO_DEADLINE_TOKEN_RETURN] = "token-return",
    [KYSO_DEADLINE_HANDOVER] = "handover",
    [KYSO_DEADLINE_RENEWAL_LIST] = "renewal-list",
    [KYSO_DEADLINE_EXPIRY] = "expiry",
    [KYSO_DEADLINE_REPORT] = "report",
};

static const char *const state_names[KYSO_DEADLINE_STATE_MAX] = {
    [KYSO_DEADLINE_NEVER] = "never",       [KYSO_DEADLINE_NOT_DUE] = "not-due",
    [KYSO_DEADLINE_DUE_SOON] = "due-soon", [KYSO_DEADLINE_OVERDUE] = "overdue",
    [KYSO_DEADLINE_DONE] = "done",
};

static const char *const call_names[KYSO_CALL_MAX] = {
    [KYSO_CALL_NONE] = "none",         [KYSO_CALL_FIRST] = "first",     [KYSO_CALL_LAST] = "last",
    [KYSO_CALL_TOO_LATE] = "too-late", [KYSO_CALL_EXPIRED] = "expired",
};

static const char *const advice_names[KYSO_ADVICE_MAX] = {
    [KYSO_ADVICE_NONE] = "none",
    [KYSO_ADVICE_RENEW] = "renew",
    [KYSO_ADVICE_NEW_CERTIFICATE] = "new-certificate",
    [KYSO_ADVICE_EITHER] = "renew-or-new-certificate",
};

/* The state of a term that is due soon from SOON on and in time up to DUE. A term that ends with
 * the last second there is never ends. */
static void set_state(struct kyso_deadline_verdict *verdict, int64_t soon, int64_t due, bool done,
                      int64_t now)
{
    if (due == KYSO_DEADLINE_NO_TIME)
        return;
    verdict->due = due;
    if (done) {
        verdict->state = KYSO_DEADLINE_DONE;
    } else if (now > due) {
        verdict->state = KYSO_DEADLINE_OVERDUE;
    } else if (now >= soon) {
        verdict->state = KYSO_DEADLINE_DUE_SOON;
        verdict->next = due + 1;
    } else {
        verdict->state = KYSO_DEADLINE_NOT_DUE;
        verdict->next = soon;
    }
}

static void judge_hours(const struct kyso_deadline_fact *fact, uint32_t hours, int64_t now,
                        struct kyso_deadline_verdict *verdict)
{
    int64_t due;

    if (hours == 0 || __builtin_add_overflow(fact->at, hours * HOUR, &due))
        return;
    set_state(verdict, due - hours * HOUR / 4, due, fact->done, now);
}

static void judge_workdays(const struct kyso_deadline_rules *rules,
                           const struct kyso_deadline_fact *fact, uint32_t workdays, int64_t now,
                           struct kyso_deadline_verdict *verdict)
{
    uint32_t from = kyso_calendar_date_at(fact->at, rules->offset);
    enum kyso_calendar_data data;
    uint32_t soon, last;

    if (workdays == 0)
        return;
    soon = kyso_calendar_nth_working(rules->calendar, from, workdays > 1 ? workdays - 1 : 1, &data);
    last = kyso_calendar_nth_working(rules->calendar, from, workdays, &data);
    if (last == 0)
        return;
    verdict->calendar = data;
    set_state(verdict, kyso_calendar_start(soon, rules->offset),
              kyso_calendar_start(last, rules->offset) + DAY - 1, fact->done, now);
}

/* The moments of a certificate's last months: the first second of each but END and LIMIT, which are
 * the last in which it is valid and in which it can still be renewed. */
struct expiry {
    bool ruled;     /* the province says when and how often */
    bool renewable; /* not renewed too often yet */
    int64_t first, last, limit, end;
};

static struct expiry expiry_of(const struct kyso_profile *profile,
                               const struct kyso_deadline_fact *fact)
{
    int64_t limit = fact->at - profile->renew_min_days * DAY;

    return (struct expiry){
        .ruled = profile->renew_once || profile->renew_min_days > 0,
        .renewable = !profile->renew_once || fact->renewals == 0,
        .first = limit - FIRST_CALL_DAYS * DAY,
        .last = limit - LAST_CALL_DAYS * DAY,
        .limit = limit,
        .end = fact->at,
    };
}

/* The reminder whose time it is, made already or not, and in *RET_NEXT when the next one comes. */
static enum kyso_deadline_call call_at(const struct expiry *expiry, int64_t now, int64_t *ret_next)
{
    bool closes = expiry->renewable && expiry->limit < expiry->end;

    if (now > expiry->end) {
        *ret_next = KYSO_DEADLINE_NO_TIME;
        return KYSO_CALL_EXPIRED;
    }
    if (now < expiry->first) {
        *ret_next = expiry->first;
        return KYSO_CALL_NONE;
    }
    if (now < expiry->last) {
        *ret_next = expiry->last;
        return KYSO_CALL_FIRST;
    }
    if (closes && now <= expiry->limit) {
        *ret_next = expiry->limit + 1;
        return KYSO_CALL_LAST;
    }
    *ret_next = expiry->end + 1;
    return closes ? KYSO_CALL_TOO_LATE : KYSO_CALL_LAST;
}

static enum kyso_deadline_advice advice_at(const struct expiry *expiry, int64_t now)
{
    if (now > expiry->end)
        return KYSO_ADVICE_NEW_CERTIFICATE;
    if (!expiry->ruled)
        return KYSO_ADVICE_EITHER;
    return expiry->renewable && now <= expiry->limit ? KYSO_ADVICE_RENEW
                                                     : KYSO_ADVICE_NEW_CERTIFICATE;
}

static void judge_expiry(const struct kyso_deadline_rules *rules,
                         const struct kyso_deadline_fact *fact, int64_t now,
                         struct kyso_deadline_verdict *verdict)
{
    struct expiry expiry = expiry_of(rules->profile, fact);
    enum kyso_deadline_call call;
    int64_t next;

    set_state(verdict, expiry.first, expiry.end, fact->done, now);
    if (verdict->due == KYSO_DEADLINE_NO_TIME || fact->done ||
        (fact->requested && now <= expiry.end))
        return;
    if (expiry.renewable && now <= expiry.limit)
        verdict->due = expiry.limit;
    verdict->advice = advice_at(&expiry, now);
    call = call_at(&expiry, now, &next);
    if (call != KYSO_CALL_NONE && (fact->calls_made & 1U << call) == 0)
        verdict->call = call;
    verdict->next = next;
}

static uint32_t month_of(uint32_t date)
{
    return date / 100 % 100;
}

/* The longest of the periods in PERIODS that ends with MONTH, when a year of them ends with
 * LAST_MONTH; 0 when none does. */
static uint32_t period_ending(uint32_t periods, uint32_t last_month, uint32_t month)
{
    for (uint32_t months = 12; months > 0; months--) {
        if ((periods & 1U << months) != 0 && (last_month + 12 - month) % 12 % months == 0)
            return months;
    }
    return 0;
}

static void judge_report(const struct kyso_deadline_rules *rules,
                         const struct kyso_deadline_fact *fact, int64_t now,
                         struct kyso_deadline_verdict *verdict)
{
    const struct kyso_profile *profile = rules->profile;
    uint32_t from = kyso_calendar_date_at(fact->at, rules->offset);
    uint32_t first, after;

    if (profile->report_due_month == 0 || from == 0)
        return;
    from = kyso_calendar_is_date(fact->reported) && fact->reported >= from
               ? kyso_calendar_date(kyso_calendar_day_number(fact->reported) + 1)
               : from;
    first = from - from % 100 + (from != 0 ? 1 : 0);
    while (first != 0 &&
           period_ending(profile->report_months, profile->report_due_month, month_of(first)) == 0)
        first = kyso_calendar_add_months(first, 1);
    after = kyso_calendar_add_months(first, 1);
    if (after == 0)
        return;
    verdict->months =
        period_ending(profile->report_months, profile->report_due_month, month_of(first));
    set_state(verdict, kyso_calendar_start(first, rules->offset),
              kyso_calendar_start(after, rules->offset) - 1, fact->done, now);
}

static enum kyso_rule rule_of(enum kyso_deadline_kind kind)
{
    switch (kind) {
    case KYSO_DEADLINE_RECOVERY:
        return KYSO_RULE_RECOVERY_ESCALATION;
    case KYSO_DEADLINE_REVOCATION:
        return KYSO_RULE_REVOCATION;
    case KYSO_DEADLINE_TOKEN_RETURN:
        return KYSO_RULE_TOKEN_RETURN;
    case KYSO_DEADLINE_HANDOVER:
        return KYSO_RULE_HANDOVER;
    case KYSO_DEADLINE_RENEWAL_LIST:
        return KYSO_RULE_RENEWAL_LIST;
    case KYSO_DEADLINE_EXPIRY:
        return KYSO_RULE_RENEWAL;
    case KYSO_DEADLINE_REPORT:
        return KYSO_RULE_REPORT;
    case KYSO_DEADLINE_KIND_MAX:
        break;
    }
    return KYSO_RULE_MAX;
}

static void judge_kind(const struct kyso_deadline_rules *rules,
                       const struct kyso_deadline_fact *fact, int64_t now,
                       struct kyso_deadline_verdict *verdict)
{
    const struct kyso_profile *profile = rules->profile;

    switch (fact->kind) {
    case KYSO_DEADLINE_RECOVERY:
        judge_hours(fact, profile->recovery_escalate_hours, now, verdict);
        break;
    case KYSO_DEADLINE_REVOCATION:
        judge_hours(fact, profile->revoke_deadline_hours, now, verdict);
        break;
    case KYSO_DEADLINE_TOKEN_RETURN:
        judge_workdays(rules, fact, profile->token_return_workdays, now, verdict);
        break;
    case KYSO_DEADLINE_HANDOVER:
        judge_workdays(rules, fact, profile->handover_workdays, now, verdict);
        break;
    case KYSO_DEADLINE_RENEWAL_LIST:
        judge_workdays(rules, fact, profile->renew_submit_workdays, now, verdict);
        break;
    case KYSO_DEADLINE_EXPIRY:
        judge_expiry(rules, fact, now, verdict);
        break;
    case KYSO_DEADLINE_REPORT:
        judge_report(rules, fact, now, verdict);
        break;
    case KYSO_DEADLINE_KIND_MAX:
        break;
    }
}

struct kyso_deadline_verdict kyso_deadline_judge(const struct kyso_deadline_rules *rules,
                                                 const struct kyso_deadline_fact *fact, int64_t now)
{
    struct kyso_deadline_verdict verdict = {
        .state = KYSO_DEADLINE_NEVER,
        .due = KYSO_DEADLINE_NO_TIME,
        .next = KYSO_DEADLINE_NO_TIME,
        .calendar = KYSO_CALENDAR_DECIDED,
        .clause = "",
    };

    if (fact->at <= 0)
        return verdict;
    judge_kind(rules, fact, now, &verdict);
    if (verdict.state != KYSO_DEADLINE_NEVER) {
        verdict.clause = kyso_profile_clause(rules->profile, rule_of(fact->kind));
        verdict.due_date = kyso_calendar_date_at(verdict.due, rules->offset);
    }
    return verdict;
}

const char *kyso_deadline_kind_name(enum kyso_deadline_kind kind)
{
    return (unsigned int)kind < KYSO_DEADLINE_KIND_MAX ? kind_names[kind] : "unknown";
}

const char *kyso_deadline_state_name(enum kyso_deadline_state state)
{
    return (unsigned int)state < KYSO_DEADLINE_STATE_MAX ? state_names[state] : "never";
}

const char *kyso_deadline_call_name(enum kyso_deadline_call call)
{
    return (unsigned int)call < KYSO_CALL_MAX ? call_names[call] : "none";
}

const char *kyso_deadline_advice_name(enum kyso_deadline_advice advice)
{
    return (unsigned int)advice < KYSO_ADVICE_MAX ? advice_names[advice] : "none";
}
