/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A wall clock that a test can move, for a program that knows nothing of it: preloaded, it adds the
 * microseconds that the file $KYSO_MOVED_CLOCK begins with to every reading, and takes them off the
 * times of alarms. The boot clock and the timers on it stay what they are. The file is mapped at
 * the start, so that a program may enter a jail afterwards and the test moves the clock while it
 * runs; tests/support/movedclock.py does, and wakes the alarms.
 *
 * Nothing of it is in the product: what it is preloaded into is the very program that is installed.
 * libfaketime will not do: it takes every timer for one on the wall clock, so that those on the
 * boot clock fail (EINVAL) or never come, and it reads its file at each call, which a jail forbids.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))
#define NSEC_PER_SEC INT64_C(1000000000)

static const _Atomic int64_t *moved; /* microseconds */

__attribute__((constructor)) static void open_clock(void)
{
    const char *path = getenv("KYSO_MOVED_CLOCK");
    int fd = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    void *page = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof(*moved), PROT_READ, MAP_SHARED, fd, 0);

    if (page == MAP_FAILED) {
        (void)fputs("moved-clock: no KYSO_MOVED_CLOCK to read\n", stderr);
        abort(); /* a test with the wrong clock proves nothing */
    }
    (void)close(fd);
    moved = page;
}

static int64_t moved_nsec(void)
{
    return moved != NULL ? *moved * 1000 : 0;
}

static struct timespec add(struct timespec time, int64_t nsec)
{
    int64_t all = (int64_t)time.tv_sec * NSEC_PER_SEC + time.tv_nsec + nsec;

    /* Before 1970 is long ago, and zero would mean no time at all. */
    if (all <= 0)
        all = 1;
    return (struct timespec){.tv_sec = all / NSEC_PER_SEC, .tv_nsec = all % NSEC_PER_SEC};
}

EXPORT int clock_gettime(clockid_t clock, struct timespec *ret_time)
{
    int r = (int)syscall(SYS_clock_gettime, clock, ret_time);

    if (r == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        *ret_time = add(*ret_time, moved_nsec());
    return r;
}

EXPORT int gettimeofday(struct timeval *restrict ret_time, void *restrict zone)
{
    struct timespec now;

    (void)zone;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    *ret_time = (struct timeval){.tv_sec = now.tv_sec, .tv_usec = now.tv_nsec / 1000};
    return 0;
}

EXPORT time_t time(time_t *ret_time)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_REALTIME, &now);
    if (ret_time != NULL)
        *ret_time = now.tv_sec;
    return now.tv_sec;
}

/* The kernel says which clock a timer is on. */
static bool on_the_wall_clock(int fd)
{
    char path[64], text[512];
    ssize_t n;
    int info;

    (void)snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
    info = open(path, O_RDONLY | O_CLOEXEC);
    n = info < 0 ? -1 : read(info, text, sizeof(text) - 1);
    if (info >= 0)
        (void)close(info);
    if (n < 0)
        return false;
    text[n] = '\0';
    return strstr(text, "clockid: 0\n") != NULL;
}

EXPORT int timerfd_settime(int fd, int flags, const struct itimerspec *new, struct itimerspec *old)
{
    struct itimerspec real = *new;
    bool set = real.it_value.tv_sec != 0 || real.it_value.tv_nsec != 0;

    if (set && (flags & TFD_TIMER_ABSTIME) != 0 && on_the_wall_clock(fd))
        real.it_value = add(real.it_value, -moved_nsec());
    return (int)syscall(SYS_timerfd_settime, fd, flags, &real, old);
}
