/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_CLIENT_MOMENT_H
#define KYSO_CLIENT_MOMENT_H

/* The days and times that people type. All answers are seconds since 1970, past its first day;
 * what is no such day or time gives false. */

#include <stdbool.h>
#include <stdint.h>

/* YYYY-MM-DD (its midnight) or YYYY-MM-DDTHH:MM, in the local time of this computer. */
bool kyso_moment_read(const char *text, uint64_t *ret_seconds);

/* The first second of the day LATER days after DAY (YYYY-MM-DD), in local time. */
bool kyso_moment_day(const char *day, int later, uint64_t *ret_seconds);

/* The same in Vietnam's time whatever the computer's zone: the days that reports count by. */
bool kyso_moment_report_day(const char *day, int later, uint64_t *ret_seconds);

/* The year that it now is in Vietnam. */
int kyso_moment_report_year(void);

#endif
