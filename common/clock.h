/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_COMMON_CLOCK_H
#define KYSO_COMMON_CLOCK_H

/* Time in microseconds. Deadlines run on the boot clock, which goes on over suspend and cannot be
 * set; the wall clock is for records and for judging certificates. */

#include <stdint.h>

uint64_t kyso_clock_boottime_usec(void);
uint64_t kyso_clock_wall_usec(void);
/* The day of the local calendar at SECONDS since 1970, as YYYYMMDD; 0 when there is none. */
uint32_t kyso_clock_day(uint64_t seconds);

#define KYSO_USEC_PER_SEC 1000000ULL

#endif
