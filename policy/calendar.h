/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_POLICY_CALENDAR_H
#define KYSO_POLICY_CALENDAR_H

/* Civil dates and the Vietnamese working-day calendar (K-15). Work is done from Monday to Friday,
 * but for public holidays and what the Prime Minister decides for each year: more days off, and
 * Saturdays worked in their place ("làm bù"). Those days are data: the daemon reads them and feeds
 * them in, a year at a time. A year that nobody fed is known as such: what is counted through it
 * rests on weekends alone, and the result says so.
 *
 * A date is the number yyyymmdd of a day that exists, from 1900 to 9999; 0 stands for no date, and
 * every function takes any number and answers 0 (or "not") for what is no date. Instants are
 * seconds since 1970-01-01 UTC; the local day of one depends on the offset, which the caller
 * passes: KYSO_CALENDAR_VIETNAM, or another in tests. A calendar owns no memory and may be copied
 * by value. Used by policy/deadline and by kysod. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KYSO_CALENDAR_VIETNAM (7 * 3600) /* seconds east of UTC, without summer time */

#define KYSO_CALENDAR_DAYS_MAX 512 /* of each sort, over all years */
#define KYSO_CALENDAR_YEARS_MAX 32

/* What is known of a year; of several years, what is known of the worst. */
enum kyso_calendar_data {
    KYSO_CALENDAR_MISSING = 0, /* nothing: weekends alone */
    KYSO_CALENDAR_EXPECTED,    /* what the law fixes; a decision may still come */
    KYSO_CALENDAR_DECIDED,
    KYSO_CALENDAR_DATA_MAX
};

enum kyso_calendar_weekday {
    KYSO_MONDAY = 0,
    KYSO_TUESDAY,
    KYSO_WEDNESDAY,
    KYSO_THURSDAY,
    KYSO_FRIDAY,
    KYSO_SATURDAY,
    KYSO_SUNDAY,
    KYSO_WEEKDAY_NONE /* of no date */
};

struct kyso_calendar_days {
    uint32_t dates[KYSO_CALENDAR_DAYS_MAX]; /* ascending */
    size_t n;
};

struct kyso_calendar_year {
    uint32_t year;
    bool decided;
};

struct kyso_calendar {
    struct kyso_calendar_days off;    /* some on weekends, where they change nothing */
    struct kyso_calendar_days worked; /* all on weekends */
    struct kyso_calendar_year years[KYSO_CALENDAR_YEARS_MAX];
    size_t n_years;
};

/* A calendar without any year. */
void kyso_calendar_init(struct kyso_calendar *calendar);

/* Announces a year, then its days. True when taken; false leaves the calendar as it was and puts a
 * stable word into *RET_PROBLEM (static storage): "bad-date", "given-twice" (also a day both off
 * and worked), "too-many", "year-not-given" for a day of a year that was not announced, and
 * "not-on-a-weekend" for a day worked that is worked anyway. */
bool kyso_calendar_add_year(struct kyso_calendar *calendar, uint32_t year, bool decided,
                            const char **ret_problem) __attribute__((warn_unused_result));
bool kyso_calendar_add_day_off(struct kyso_calendar *calendar, uint32_t date,
                               const char **ret_problem) __attribute__((warn_unused_result));
bool kyso_calendar_add_day_worked(struct kyso_calendar *calendar, uint32_t date,
                                  const char **ret_problem) __attribute__((warn_unused_result));

enum kyso_calendar_data kyso_calendar_year_data(const struct kyso_calendar *calendar,
                                                uint32_t year);

bool kyso_calendar_is_working(const struct kyso_calendar *calendar, uint32_t date);

/* The N-th working day after DATE; DATE itself is not counted (Civil Code 2015, article 147.2).
 * DATE for N of 0; 0 past the year 9999. *RET_DATA is about the years that were counted through. */
uint32_t kyso_calendar_nth_working(const struct kyso_calendar *calendar, uint32_t date, uint32_t n,
                                   enum kyso_calendar_data *ret_data);

/* Working days after FROM up to and with TO; 0 when TO is not after FROM. */
uint32_t kyso_calendar_working_between(const struct kyso_calendar *calendar, uint32_t from,
                                       uint32_t to, enum kyso_calendar_data *ret_data);

bool kyso_calendar_is_date(uint32_t date);
enum kyso_calendar_weekday kyso_calendar_weekday(uint32_t date);

/* Days from 1970-01-01 to DATE, negative before it; 0 for no date. */
int64_t kyso_calendar_day_number(uint32_t date);
uint32_t kyso_calendar_date(int64_t day_number);

/* The same day MONTHS later, or earlier when negative; the last day of a month that is too short
 * for it (Civil Code 2015, article 148.3). */
uint32_t kyso_calendar_add_months(uint32_t date, int32_t months);

/* The local date at an instant, and the first second of a local date (0 for no date). OFFSET is in
 * seconds east of UTC. */
uint32_t kyso_calendar_date_at(int64_t at, int32_t offset);
int64_t kyso_calendar_start(uint32_t date, int32_t offset);

/* "missing", "expected", "decided"; never null. */
const char *kyso_calendar_data_name(enum kyso_calendar_data data);

#endif
