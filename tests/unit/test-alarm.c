/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Alarms of the event loop: they come when the wall clock is there, at once when it was, and
 * whenever the clock is set. Nobody sets the machine's clock for a test: the kernel's words about
 * it are put into the loop's calls instead, after the call itself was made. */

#include "tests/unit/unit.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>

#include "common/clock.h"
#include "common/loop.h"

#define HOUR (3600 * KYSO_USEC_PER_SEC)

ssize_t __real_read(int fd, void *buffer, size_t size);
int __real_timerfd_create(int clock, int flags);
int __real_timerfd_settime(int fd, int flags, const struct itimerspec *new, struct itimerspec *old);
ssize_t __wrap_read(int fd, void *buffer, size_t size);
int __wrap_timerfd_create(int clock, int flags);
int __wrap_timerfd_settime(int fd, int flags, const struct itimerspec *new, struct itimerspec *old);

static struct {
    int read_error;     /* of the next read, once */
    int settime_errors; /* how many of the next calls end in settime_error */
    int settime_error;
    int create_error;
    int clock, flags; /* as last asked for */
} kernel;

ssize_t __wrap_read(int fd, void *buffer, size_t size)
{
    ssize_t n = __real_read(fd, buffer, size);

    if (kernel.read_error == 0)
        return n;
    errno = kernel.read_error;
    kernel.read_error = 0;
    return -1;
}

int __wrap_timerfd_create(int clock, int flags)
{
    kernel.clock = clock;
    if (kernel.create_error == 0)
        return __real_timerfd_create(clock, flags);
    errno = kernel.create_error;
    return -1;
}

int __wrap_timerfd_settime(int fd, int flags, const struct itimerspec *new, struct itimerspec *old)
{
    int r = __real_timerfd_settime(fd, flags, new, old);

    kernel.flags = flags;
    if (kernel.settime_errors == 0)
        return r;
    kernel.settime_errors--;
    errno = kernel.settime_error;
    return -1;
}

struct bench {
    struct kyso_loop *loop;
    struct kyso_source *alarm, *other, *guard;
    uint64_t goal;
    unsigned int calls, others;
};

static void too_late(void *data)
{
    kyso_loop_quit(((struct bench *)data)->loop, -ETIMEDOUT);
}

static int set_up(void **state)
{
    static struct bench bench;

    bench = (struct bench){0};
    memset(&kernel, 0, sizeof(kernel));
    assert_int_equal(kyso_loop_new(&bench.loop), 0);
    assert_int_equal(
        kyso_loop_add_timer(bench.loop, 20 * KYSO_USEC_PER_SEC, too_late, &bench, &bench.guard), 0);
    *state = &bench;
    return 0;
}

static int tear_down(void **state)
{
    assert_null(kyso_loop_free(((struct bench *)*state)->loop));
    return 0;
}

static void count(void *data)
{
    struct bench *bench = data;

    bench->calls++;
    kyso_loop_quit(bench->loop, 7);
}

/* Ends the loop after all that was due has come. */
static void end(void *data)
{
    struct bench *bench = data;

    bench->others++;
    kyso_loop_quit(bench->loop, 8);
}

static void run_until_idle(struct bench *bench, unsigned int calls)
{
    assert_int_equal(kyso_loop_add_timer(bench->loop, 5000, end, bench, &bench->other), 0);
    while (bench->others == 0)
        assert_true(kyso_loop_run(bench->loop) > 0);
    bench->others = 0;
    bench->other = kyso_source_free(bench->other);
    assert_int_equal(bench->calls, calls);
}

static void test_past_times_come_at_once(void **state)
{
    static const uint64_t AGO[] = {1, HOUR, 24 * HOUR, 20 * 365 * 24 * HOUR};
    struct bench *bench = *state;
    size_t came = 0;

    for (size_t i = 0; i < KYSO_ARRAY_LEN(AGO); i++) {
        assert_int_equal(kyso_loop_add_alarm(bench->loop, kyso_clock_wall_usec() - AGO[i], count,
                                             bench, &bench->alarm),
                         0);
        came += kyso_loop_run(bench->loop) == 7;
        bench->alarm = kyso_source_free(bench->alarm);
    }
    for (uint64_t first = 0; first < 2; first++) {
        assert_int_equal(kyso_loop_add_alarm(bench->loop, first, count, bench, &bench->alarm), 0);
        came += kyso_loop_run(bench->loop) == 7;
        bench->alarm = kyso_source_free(bench->alarm);
    }
    UNIT_ALL("past times that come at once", came, KYSO_ARRAY_LEN(AGO) + 2);
    assert_int_equal(kernel.clock, CLOCK_REALTIME);
    assert_int_equal(kernel.flags, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET);
}

static void test_it_comes_once(void **state)
{
    struct bench *bench = *state;

    assert_int_equal(kyso_loop_add_alarm(bench->loop, 1, count, bench, &bench->alarm), 0);
    run_until_idle(bench, 1);
    run_until_idle(bench, 1);
    assert_int_equal(kyso_source_set_alarm(bench->alarm, 1), 0);
    run_until_idle(bench, 2);
}

/* What every user of an alarm does. */
static void look_at_the_clock(void *data)
{
    struct bench *bench = data;

    bench->calls++;
    if (kyso_clock_wall_usec() >= bench->goal)
        kyso_loop_quit(bench->loop, 7);
    else
        assert_int_equal(kyso_source_set_alarm(bench->alarm, bench->goal), 0);
}

static void test_it_waits_for_its_time(void **state)
{
    struct bench *bench = *state;

    bench->goal = kyso_clock_wall_usec() + 30000;
    assert_int_equal(
        kyso_loop_add_alarm(bench->loop, bench->goal, look_at_the_clock, bench, &bench->alarm), 0);
    assert_int_equal(kyso_loop_run(bench->loop), 7);
    assert_true(bench->calls >= 1);
}

static void test_far_times_do_not_come(void **state)
{
    static const uint64_t FAR[] = {KYSO_ALARM_NEVER, KYSO_ALARM_NEVER - 1, (uint64_t)INT64_MAX,
                                   (uint64_t)INT64_MAX / 1000,
                                   (uint64_t)253402300799 * KYSO_USEC_PER_SEC};
    struct bench *bench = *state;
    size_t quiet = 0;

    assert_int_equal(kyso_loop_add_alarm(bench->loop, kyso_clock_wall_usec() + HOUR, count, bench,
                                         &bench->alarm),
                     0);
    run_until_idle(bench, 0);
    for (size_t i = 0; i < KYSO_ARRAY_LEN(FAR); i++) {
        assert_int_equal(kyso_source_set_alarm(bench->alarm, FAR[i]), 0);
        run_until_idle(bench, 0);
        quiet++;
    }
    UNIT_ALL("far times that did not come", quiet, KYSO_ARRAY_LEN(FAR));
}

static void bring_nearer(void *data)
{
    struct bench *bench = data;

    assert_int_equal(kyso_source_set_alarm(bench->alarm, kyso_clock_wall_usec() - 1), 0);
}

static void put_off(void *data)
{
    struct bench *bench = data;

    assert_int_equal(kyso_source_set_alarm(bench->alarm, KYSO_ALARM_NEVER), 0);
}

static void test_it_is_set_again(void **state)
{
    struct bench *bench = *state;
    struct kyso_source *source;

    assert_int_equal(
        kyso_loop_add_alarm(bench->loop, KYSO_ALARM_NEVER, count, bench, &bench->alarm), 0);
    assert_int_equal(kyso_loop_defer(bench->loop, bring_nearer, bench, &source), 0);
    assert_int_equal(kyso_loop_run(bench->loop), 7);
    assert_int_equal(bench->calls, 1);
    /* Due, but put off before its turn. */
    assert_int_equal(kyso_source_set_alarm(bench->alarm, 1), 0);
    put_off(bench);
    run_until_idle(bench, 1);
}

static void free_itself(void *data)
{
    struct bench *bench = data;

    bench->calls++;
    bench->alarm = kyso_source_free(bench->alarm);
}

static void test_it_frees_itself(void **state)
{
    struct bench *bench = *state;
    size_t before = unit_count_fds();

    assert_int_equal(kyso_loop_add_alarm(bench->loop, 1, free_itself, bench, &bench->alarm), 0);
    run_until_idle(bench, 1);
    assert_null(bench->alarm);
    /* One that is due, and freed before its turn. */
    assert_int_equal(kyso_loop_add_alarm(bench->loop, 1, count, bench, &bench->alarm), 0);
    bench->alarm = kyso_source_free(bench->alarm);
    run_until_idle(bench, 1);
    assert_int_equal(unit_count_fds(), before);
}

/* read() says ECANCELED when the clock was set, and has forgotten whether the time had come. */
static void test_a_clock_that_is_set_is_told(void **state)
{
    struct bench *bench = *state;

    assert_int_equal(kyso_loop_add_alarm(bench->loop, 1, count, bench, &bench->alarm), 0);
    kernel.read_error = ECANCELED;
    assert_int_equal(kyso_loop_run(bench->loop), 7);
    assert_int_equal(bench->calls, 1);
    assert_int_equal(kernel.read_error, 0);
    run_until_idle(bench, 1);
    /* Other failures are no alarm. */
    assert_int_equal(kyso_source_set_alarm(bench->alarm, 1), 0);
    kernel.read_error = EAGAIN;
    run_until_idle(bench, 1);
    assert_int_equal(kernel.read_error, 0);
}

/* timerfd_settime() says ECANCELED, once, when the clock was set before it was called; read() will
 * not repeat it. The time is kept, but whoever computed it has to compute again. */
static void test_a_clock_set_before_the_alarm_is_told(void **state)
{
    struct bench *bench = *state;
    size_t told = 0;

    assert_int_equal(
        kyso_loop_add_alarm(bench->loop, KYSO_ALARM_NEVER, count, bench, &bench->alarm), 0);
    kernel.settime_error = ECANCELED;
    for (int times = 1; times <= 2; times++) {
        kernel.settime_errors = times;
        assert_int_equal(kyso_source_set_alarm(bench->alarm, kyso_clock_wall_usec() + HOUR), 0);
        assert_int_equal(kernel.settime_errors, 0);
        assert_int_equal(kyso_loop_run(bench->loop), 7);
        told++;
        run_until_idle(bench, (unsigned int)told);
    }
    bench->alarm = kyso_source_free(bench->alarm);
    kernel.settime_errors = 1;
    assert_int_equal(kyso_loop_add_alarm(bench->loop, kyso_clock_wall_usec() + HOUR, count, bench,
                                         &bench->alarm),
                     0);
    assert_int_equal(kyso_loop_run(bench->loop), 7);
    told++;
    UNIT_ALL("clocks set before the alarm", told, 3);
}

static void test_failures_are_told(void **state)
{
    struct bench *bench = *state;
    size_t before = unit_count_fds();

    kernel.settime_error = EINVAL;
    kernel.settime_errors = 1;
    assert_int_equal(kyso_loop_add_alarm(bench->loop, 1, count, bench, &bench->alarm), -EINVAL);
    kernel.create_error = EMFILE;
    assert_int_equal(kyso_loop_add_alarm(bench->loop, 1, count, bench, &bench->alarm), -EMFILE);
    kernel.create_error = 0;
    assert_null(bench->alarm);
    assert_int_equal(unit_count_fds(), before);
    assert_int_equal(
        kyso_loop_add_alarm(bench->loop, KYSO_ALARM_NEVER, count, bench, &bench->alarm), 0);
    kernel.settime_errors = 1;
    assert_int_equal(kyso_source_set_alarm(bench->alarm, 1), -EINVAL);
    run_until_idle(bench, 1); /* the real call was made: it did come */
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_past_times_come_at_once),
        CASE(test_it_comes_once),
        CASE(test_it_waits_for_its_time),
        CASE(test_far_times_do_not_come),
        CASE(test_it_is_set_again),
        CASE(test_it_frees_itself),
        CASE(test_a_clock_that_is_set_is_told),
        CASE(test_a_clock_set_before_the_alarm_is_told),
        CASE(test_failures_are_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
