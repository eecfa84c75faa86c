/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DAEMON_CALENDAR_H
#define KYSO_DAEMON_CALENDAR_H

/* Which days are worked (K-15), a year in each file YEAR.conf: the package's in calendar/ of its
 * data, and the administrator's in calendar.d/ of the root-owned configuration, each of which takes
 * the place of the package's whole year. A file has `[calendar YEAR]` with decided, `[days-off]`
 * and
 * `[days-worked]` with a date and its name on each line. The names are for whoever edits the file.
 */

#include "common/conf.h"
#include "policy/calendar.h"

/* Reads FOLDER/calendar.d and DATA/calendar; without either the calendar has no years.
 * KYSO_OUTCOME_BAD_ARGUMENT with *RET_PROBLEM when a file is not understood. */
int kyso_calendar_load(const char *folder, const char *data, struct kyso_calendar *ret_calendar,
                       struct kyso_conf_problem *ret_problem) KYSO_MUST_CHECK;

#endif
