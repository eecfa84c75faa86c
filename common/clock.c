/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/clock.h"

#include <time.h>

static uint64_t read_clock(clockid_t id)
{
    struct timespec now = {0};

    (void)clock_gettime(id, &now);
    return (uint64_t)now.tv_sec * KYSO_USEC_PER_SEC + (uint64_t)now.tv_nsec / 1000;
}

uint64_t kyso_clock_boottime_usec(void)
{
    return read_clock(CLOCK_BOOTTIME);
}

uint64_t kyso_clock_wall_usec(void)
{
    return read_clock(CLOCK_REALTIME);
}

uint32_t kyso_clock_day(uint64_t seconds)
{
    time_t when = (time_t)seconds;
    struct tm local;

    if (localtime_r(&when, &local) == NULL || local.tm_year < -1900 || local.tm_year > 8099)
        return 0;
    return (uint32_t)(local.tm_year + 1900) * 10000 + (uint32_t)(local.tm_mon + 1) * 100 +
           (uint32_t)local.tm_mday;
}
