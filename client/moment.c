/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/moment.h"

#include <string.h>
#include <time.h>

#include "common/text.h"

#define DAY_LENGTH 10      /* of YYYY-MM-DD */
#define VIETNAM (7 * 3600) /* seconds east of UTC, without summer time */
#define FIRST_YEAR 1970
#define TIME_MAX sizeof("THH:MM")

static bool day_of(const char *text, int later, struct tm *ret_tm)
{
    uint32_t day;

    if (!kyso_text_to_day(text, &day))
        return false;
    *ret_tm = (struct tm){
        .tm_year = (int)(day / 10000) - 1900,
        .tm_mon = (int)(day / 100 % 100) - 1,
        .tm_mday = (int)(day % 100) + later,
        .tm_isdst = -1,
    };
    return day / 10000 >= FIRST_YEAR;
}

static bool give(time_t seconds, uint64_t *ret_seconds)
{
    *ret_seconds = (uint64_t)seconds;
    return seconds > 0;
}

bool kyso_moment_day(const char *day, int later, uint64_t *ret_seconds)
{
    struct tm local;

    return day_of(day, later, &local) && give(mktime(&local), ret_seconds);
}

bool kyso_moment_report_day(const char *day, int later, uint64_t *ret_seconds)
{
    struct tm date;

    return day_of(day, later, &date) && give(timegm(&date) - VIETNAM, ret_seconds);
}

int kyso_moment_report_year(void)
{
    time_t now = time(NULL) + VIETNAM;
    struct tm date;

    return gmtime_r(&now, &date) != NULL ? date.tm_year + 1900 : FIRST_YEAR;
}

bool kyso_moment_read(const char *text, uint64_t *ret_seconds)
{
    char day[DAY_LENGTH + 1] = {0};
    const char *end;
    struct tm local;

    if (strlen(text) < DAY_LENGTH)
        return false;
    memcpy(day, text, DAY_LENGTH);
    if (!day_of(day, 0, &local))
        return false;
    end = text + DAY_LENGTH;
    if (*end != '\0') {
        if (strlen(end) != TIME_MAX - 1)
            return false;
        end = strptime(end, "T%H:%M", &local);
        if (end == NULL || *end != '\0')
            return false;
    }
    return give(mktime(&local), ret_seconds);
}
