/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_COMMON_LOOP_H
#define KYSO_COMMON_LOOP_H

/* One epoll loop for one thread: descriptors, timers on the boot clock, alarms on the wall clock,
 * signals, exits of children and calls put off until the current callback has returned. A source
 * may free itself or any other from within a callback. */

#include <stdint.h>
#include <sys/types.h>

#include "common/macros.h"

struct kyso_loop;
struct kyso_source;

typedef void (*kyso_loop_fd_fn)(void *data, int fd, uint32_t events);
typedef void (*kyso_loop_fn)(void *data);

int kyso_loop_new(struct kyso_loop **ret_loop) KYSO_MUST_CHECK;
struct kyso_loop *kyso_loop_free(struct kyso_loop *loop); /* frees the sources left */

/* Runs until kyso_loop_quit(); returns its code, or a negative errno when epoll fails. May be run
 * again afterwards. */
int kyso_loop_run(struct kyso_loop *loop) KYSO_MUST_CHECK;
void kyso_loop_quit(struct kyso_loop *loop, int code);

/* Watches FD (not owned) for EPOLLIN and so on, level-triggered. */
int kyso_loop_add_fd(struct kyso_loop *loop, int fd, uint32_t events, kyso_loop_fd_fn fn,
                     void *data, struct kyso_source **ret_source) KYSO_MUST_CHECK;
int kyso_source_set_events(struct kyso_source *source, uint32_t events) KYSO_MUST_CHECK;

/* Calls FN once, DELAY_USEC from now; the source stays until freed and can be set again. */
int kyso_loop_add_timer(struct kyso_loop *loop, uint64_t delay_usec, kyso_loop_fn fn, void *data,
                        struct kyso_source **ret_source) KYSO_MUST_CHECK;
int kyso_source_set_timer(struct kyso_source *source, uint64_t delay_usec) KYSO_MUST_CHECK;

/* Calls FN once the wall clock is at WALL_USEC or past it, and each time that somebody sets the
 * clock or the machine wakes up: FN looks at the clock and sets the alarm again, if only for the
 * same time. A time in the past comes at once, KYSO_ALARM_NEVER only when the clock is set. The
 * source stays until freed. */
#define KYSO_ALARM_NEVER UINT64_MAX
int kyso_loop_add_alarm(struct kyso_loop *loop, uint64_t wall_usec, kyso_loop_fn fn, void *data,
                        struct kyso_source **ret_source) KYSO_MUST_CHECK;
int kyso_source_set_alarm(struct kyso_source *source, uint64_t wall_usec) KYSO_MUST_CHECK;

/* Calls FN for each SIGNO, which is blocked from now on. */
int kyso_loop_add_signal(struct kyso_loop *loop, int signo, kyso_loop_fn fn, void *data,
                         struct kyso_source **ret_source) KYSO_MUST_CHECK;

/* Calls FN once when child PID has ended; the caller waits for it. */
int kyso_loop_add_child(struct kyso_loop *loop, pid_t pid, kyso_loop_fn fn, void *data,
                        struct kyso_source **ret_source) KYSO_MUST_CHECK;

/* Calls FN once, soon, from the loop itself; free the source to take it back. */
int kyso_loop_defer(struct kyso_loop *loop, kyso_loop_fn fn, void *data,
                    struct kyso_source **ret_source) KYSO_MUST_CHECK;

struct kyso_source *kyso_source_free(struct kyso_source *source);

#endif
