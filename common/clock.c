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
