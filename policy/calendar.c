/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy/calendar.h"

#include <string.h>

#define FIRST_YEAR 1900
#define LAST_YEAR 9999
#define SECONDS_PER_DAY 86400
#define DAYS_PER_400_YEARS 146097
#define DAYS_TO_1970 719468 /* from 0000-03-01, where the years below begin */

static const char *const data_names[KYSO_CALENDAR_DATA_MAX] = {
    [KYSO_CALENDAR_MISSING] = "missing",
    [KYSO_CALENDAR_EXPECTED] = "expected",
    [KYSO_CALENDAR_DECIDED] = "decided",
};

/* Division that rounds down, also below zero. */
static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0 ? 1 : 0);
}

static uint32_t days_of_month(uint32_t year, uint32_t month)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return days[month - 1] + (month == 2 && leap ? 1U : 0U);
}

bool kyso_calendar_is_date(uint32_t date)
{
    uint32_t year = date / 10000;
    uint32_t month = date / 100 % 100;
    uint32_t day = date % 100;

    return year >= FIRST_YEAR && year <= LAST_YEAR && month >= 1 && month <= 12 && day >= 1 &&
           day <= days_of_month(year, month);
}

/* A year that begins in March has its leap day at the end, so that the days before a month no
 * longer depend on the year; 153 days are five months of 31, 30, 31, 30, 31. */
int64_t kyso_calendar_day_number(uint32_t date)
{
    int64_t year = date / 10000;
    int64_t month = date / 100 % 100;
    int64_t day = date % 100;

    if (!kyso_calendar_is_date(date))
        return 0;
    if (month <= 2) {
        year--;
        month += 12;
    }
    return year * 365 + year / 4 - year / 100 + year / 400 + (153 * (month - 3) + 2) / 5 + day - 1 -
           DAYS_TO_1970;
}

uint32_t kyso_calendar_date(int64_t day_number)
{
    int64_t cycle, in_cycle, in_year, year, month;

    if (day_number < kyso_calendar_day_number(FIRST_YEAR * 10000 + 101) ||
        day_number > kyso_calendar_day_number(LAST_YEAR * 10000 + 1231))
        return 0;
    cycle = (day_number + DAYS_TO_1970) / DAYS_PER_400_YEARS;
    in_cycle = (day_number + DAYS_TO_1970) % DAYS_PER_400_YEARS;
    /* Leap days up to there are taken out, so that each year left has 365 days. */
    year = (in_cycle - in_cycle / 1460 + in_cycle / 36524 - in_cycle / 146096) / 365;
    in_year = in_cycle - (365 * year + year / 4 - year / 100);
    month = (5 * in_year + 2) / 153;
    year += 400 * cycle + (month >= 10 ? 1 : 0);
    return (uint32_t)(year * 10000 + (month >= 10 ? month - 9 : month + 3) * 100 + in_year -
                      (153 * month + 2) / 5 + 1);
}

enum kyso_calendar_weekday kyso_calendar_weekday(uint32_t date)
{
    int64_t days;

    if (!kyso_calendar_is_date(date))
        return KYSO_WEEKDAY_NONE;
    /* 1970-01-01 was a Thursday. */
    days = kyso_calendar_day_number(date) + KYSO_THURSDAY;
    return (enum kyso_calendar_weekday)(days - floor_div(days, 7) * 7);
}

uint32_t kyso_calendar_add_months(uint32_t date, int32_t months)
{
    int64_t count;
    uint32_t year, month, day = date % 100;

    if (!kyso_calendar_is_date(date))
        return 0;
    count = (int64_t)(date / 10000) * 12 + date / 100 % 100 - 1 + months;
    if (count < (int64_t)FIRST_YEAR * 12 || count >= ((int64_t)LAST_YEAR + 1) * 12)
        return 0;
    year = (uint32_t)(count / 12);
    month = (uint32_t)(count % 12) + 1;
    if (day > days_of_month(year, month))
        day = days_of_month(year, month);
    return year * 10000 + month * 100 + day;
}

uint32_t kyso_calendar_date_at(int64_t at, int32_t offset)
{
    int64_t local;

    if (__builtin_add_overflow(at, (int64_t)offset, &local))
        return 0;
    return kyso_calendar_date(floor_div(local, SECONDS_PER_DAY));
}

int64_t kyso_calendar_start(uint32_t date, int32_t offset)
{
    return kyso_calendar_is_date(date)
               ? kyso_calendar_day_number(date) * SECONDS_PER_DAY - (int64_t)offset
               : 0;
}

void kyso_calendar_init(struct kyso_calendar *calendar)
{
    memset(calendar, 0, sizeof(*calendar));
}

/* Where DATE is, or would be. */
static size_t position(const struct kyso_calendar_days *days, uint32_t date)
{
    size_t low = 0, high = days->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (days->dates[middle] < date)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool contains(const struct kyso_calendar_days *days, uint32_t date)
{
    size_t at = position(days, date);

    return at < days->n && days->dates[at] == date;
}

static bool is_weekend(uint32_t date)
{
    return kyso_calendar_weekday(date) >= KYSO_SATURDAY;
}

static const struct kyso_calendar_year *find_year(const struct kyso_calendar *calendar,
                                                  uint32_t year)
{
    for (size_t i = 0; i < calendar->n_years; i++) {
        if (calendar->years[i].year == year)
            return &calendar->years[i];
    }
    return NULL;
}

bool kyso_calendar_add_year(struct kyso_calendar *calendar, uint32_t year, bool decided,
                            const char **ret_problem)
{
    const char *problem = NULL;

    if (year < FIRST_YEAR || year > LAST_YEAR)
        problem = "bad-date";
    else if (find_year(calendar, year) != NULL)
        problem = "given-twice";
    else if (calendar->n_years == KYSO_CALENDAR_YEARS_MAX)
        problem = "too-many";
    if (problem != NULL) {
        *ret_problem = problem;
        return false;
    }
    calendar->years[calendar->n_years++] = (struct kyso_calendar_year){year, decided};
    return true;
}

/* Null when DATE may go into one of the two sets. */
static const char *day_problem(const struct kyso_calendar *calendar,
                               const struct kyso_calendar_days *days, uint32_t date)
{
    if (!kyso_calendar_is_date(date))
        return "bad-date";
    if (find_year(calendar, date / 10000) == NULL)
        return "year-not-given";
    if (contains(&calendar->off, date) || contains(&calendar->worked, date))
        return "given-twice";
    if (days == &calendar->worked && !is_weekend(date))
        return "not-on-a-weekend";
    return days->n == KYSO_CALENDAR_DAYS_MAX ? "too-many" : NULL;
}

static bool add_day(struct kyso_calendar *calendar, struct kyso_calendar_days *days, uint32_t date,
                    const char **ret_problem)
{
    const char *problem = day_problem(calendar, days, date);
    size_t at;

    if (problem != NULL) {
        *ret_problem = problem;
        return false;
    }
    at = position(days, date);
    memmove(&days->dates[at + 1], &days->dates[at], (days->n - at) * sizeof(days->dates[0]));
    days->dates[at] = date;
    days->n++;
    return true;
}

bool kyso_calendar_add_day_off(struct kyso_calendar *calendar, uint32_t date,
                               const char **ret_problem)
{
    return add_day(calendar, &calendar->off, date, ret_problem);
}

bool kyso_calendar_add_day_worked(struct kyso_calendar *calendar, uint32_t date,
                                  const char **ret_problem)
{
    return add_day(calendar, &calendar->worked, date, ret_problem);
}

enum kyso_calendar_data kyso_calendar_year_data(const struct kyso_calendar *calendar, uint32_t year)
{
    const struct kyso_calendar_year *found = find_year(calendar, year);

    if (found == NULL)
        return KYSO_CALENDAR_MISSING;
    return found->decided ? KYSO_CALENDAR_DECIDED : KYSO_CALENDAR_EXPECTED;
}

/* What is known of the worst of the years FIRST to LAST. */
static enum kyso_calendar_data worst_data(const struct kyso_calendar *calendar, uint32_t first,
                                          uint32_t last)
{
    enum kyso_calendar_data worst = kyso_calendar_year_data(calendar, first);

    for (uint32_t year = first + 1; year <= last && worst != KYSO_CALENDAR_MISSING; year++) {
        enum kyso_calendar_data data = kyso_calendar_year_data(calendar, year);

        worst = data < worst ? data : worst;
    }
    return worst;
}

bool kyso_calendar_is_working(const struct kyso_calendar *calendar, uint32_t date)
{
    if (!kyso_calendar_is_date(date))
        return false;
    return is_weekend(date) ? contains(&calendar->worked, date) : !contains(&calendar->off, date);
}

uint32_t kyso_calendar_nth_working(const struct kyso_calendar *calendar, uint32_t date, uint32_t n,
                                   enum kyso_calendar_data *ret_data)
{
    int64_t days = kyso_calendar_day_number(date);
    uint32_t found = kyso_calendar_is_date(date) ? date : 0;
    uint32_t first = kyso_calendar_date(days + (n > 0 ? 1 : 0)) / 10000;

    while (n > 0 && found != 0) {
        found = kyso_calendar_date(++days);
        if (kyso_calendar_is_working(calendar, found))
            n--;
    }
    *ret_data = found != 0 ? worst_data(calendar, first, found / 10000) : KYSO_CALENDAR_MISSING;
    return found;
}

/* Mondays to Fridays from Monday 1969-12-29 to DAY_NUMBER, both included; negative before. */
static int64_t weekdays_until(int64_t day_number)
{
    int64_t days = day_number + KYSO_THURSDAY;
    int64_t weeks = floor_div(days, 7);
    int64_t rest = days - weeks * 7 + 1;

    return weeks * 5 + (rest < 5 ? rest : 5);
}

uint32_t kyso_calendar_working_between(const struct kyso_calendar *calendar, uint32_t from,
                                       uint32_t to, enum kyso_calendar_data *ret_data)
{
    int64_t first = kyso_calendar_day_number(from), last = kyso_calendar_day_number(to), count;
    const struct kyso_calendar_days *off = &calendar->off, *worked = &calendar->worked;

    if (!kyso_calendar_is_date(from) || !kyso_calendar_is_date(to)) {
        *ret_data = KYSO_CALENDAR_MISSING;
        return 0;
    }
    if (last <= first) {
        *ret_data = kyso_calendar_year_data(calendar, from / 10000);
        return 0;
    }
    count = weekdays_until(last) - weekdays_until(first);
    for (size_t i = position(off, from + 1); i < off->n && off->dates[i] <= to; i++)
        count -= is_weekend(off->dates[i]) ? 0 : 1;
    count += (int64_t)(position(worked, to + 1) - position(worked, from + 1));
    *ret_data = worst_data(calendar, kyso_calendar_date(first + 1) / 10000, to / 10000);
    return (uint32_t)count;
}

const char *kyso_calendar_data_name(enum kyso_calendar_data data)
{
    return (unsigned int)data < KYSO_CALENDAR_DATA_MAX ? data_names[data]
                                                       : data_names[KYSO_CALENDAR_MISSING];
}
