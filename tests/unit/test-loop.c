/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The event loop: each kind of source, and sources that free themselves and each other. */

#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/wait.h>

#include "common/clock.h"
#include "common/loop.h"

#define MANY 20

struct bench {
    struct kyso_loop *loop;
    struct kyso_source *sources[MANY];
    struct kyso_source *guard;
    int ends[2];
    pid_t pid;
    unsigned int calls, rounds;
    uint32_t events;
};

static void too_late(void *data)
{
    kyso_loop_quit(((struct bench *)data)->loop, -ETIMEDOUT);
}

static int set_up(void **state)
{
    static struct bench bench;

    bench = (struct bench){ 0 };
    assert_int_equal(kyso_loop_new(&bench.loop), 0);
    assert_int_equal(pipe2(bench.ends, O_CLOEXEC | O_NONBLOCK), 0);
    assert_int_equal(
        kyso_loop_add_timer(bench.loop, 20 * KYSO_USEC_PER_SEC, too_late, &bench, &bench.guard), 0);
    *state = &bench;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *bench = *state;

    assert_null(kyso_loop_free(bench->loop));
    kyso_close(&bench->ends[0]);
    kyso_close(&bench->ends[1]);
    return 0;
}

static void quit(void *data)
{
    struct bench *bench = data;

    bench->calls++;
    kyso_loop_quit(bench->loop, 7);
}

static void readable(void *data, int fd, uint32_t events)
{
    struct bench *bench = data;
    char byte;

    bench->calls++;
    bench->events = events;
    if (read(fd, &byte, 1) != 1)
        kyso_loop_quit(bench->loop, 8);
}

static void test_descriptors(void **state)
{
    struct bench *bench = *state;

    assert_int_equal(kyso_loop_add_fd(bench->loop, bench->ends[0], EPOLLIN, readable, bench,
                                      &bench->sources[0]),
                     0);
    assert_int_equal(write(bench->ends[1], "abc", 3), 3);
    kyso_close(&bench->ends[1]);
    assert_int_equal(kyso_loop_run(bench->loop), 8);
    assert_int_equal(bench->calls, 4); /* three bytes and the end: level-triggered */
    assert_true((bench->events & EPOLLHUP) != 0);
    assert_null(kyso_source_free(bench->sources[0]));
    assert_true(fcntl(bench->ends[0], F_GETFD) >= 0); /* not owned */
    assert_true(kyso_loop_add_fd(bench->loop, 1000000, EPOLLIN, readable, bench,
                                 &bench->sources[1]) < 0);
    assert_null(bench->sources[1]);
}

static void writable(void *data, int fd KYSO_UNUSED, uint32_t events)
{
    struct bench *bench = data;

    bench->calls++;
    bench->events |= events;
    assert_int_equal(kyso_source_set_events(bench->sources[0], 0), 0);
    quit(data);
}

static void test_events_are_changed(void **state)
{
    struct bench *bench = *state;
    struct kyso_source *soon;

    assert_int_equal(
        kyso_loop_add_fd(bench->loop, bench->ends[1], 0, writable, bench, &bench->sources[0]), 0);
    assert_int_equal(kyso_source_set_events(bench->sources[0], EPOLLOUT), 0);
    assert_int_equal(kyso_loop_run(bench->loop), 7);
    assert_int_equal(bench->calls, 2);
    assert_int_equal(bench->events, EPOLLOUT);
    assert_int_equal(kyso_loop_defer(bench->loop, quit, bench, &soon), 0);
    assert_int_equal(kyso_loop_run(bench->loop), 7); /* may be run again */
    assert_int_equal(bench->calls, 3);               /* nobody waits for EPOLLOUT any more */
}

static void again(void *data)
{
    struct bench *bench = data;

    if (++bench->calls == 3)
        kyso_loop_quit(bench->loop, 7);
    else
        assert_int_equal(kyso_source_set_timer(bench->sources[0], 1000), 0);
}

static void test_timers(void **state)
{
    struct bench *bench = *state;
    uint64_t start = kyso_clock_boottime_usec();

    assert_int_equal(kyso_loop_add_timer(bench->loop, 2000, again, bench, &bench->sources[0]), 0);
    assert_int_equal(kyso_loop_run(bench->loop), 7);
    assert_int_equal(bench->calls, 3);
    assert_true(kyso_clock_boottime_usec() - start >= 4000);
}

static void note_order(void *data)
{
    struct bench *bench = data;

    bench->rounds = bench->rounds * 10 + ++bench->calls;
}

static void test_timers_come_in_their_order(void **state)
{
    struct bench *bench = *state;

    assert_int_equal(kyso_loop_add_timer(bench->loop, 30000, quit, bench, &bench->sources[0]), 0);
    assert_int_equal(kyso_loop_add_timer(bench->loop, 0, note_order, bench, &bench->sources[1]), 0);
    assert_int_equal(kyso_loop_run(bench->loop), 7);
    assert_int_equal(bench->rounds, 1); /* a timer of 0 does come, and before the other */
    assert_int_equal(bench->calls, 2);
}

static void test_signals(void **state)
{
    struct bench *bench = *state;
    sigset_t before;

    assert_int_equal(sigprocmask(SIG_BLOCK, NULL, &before), 0);
    assert_int_equal(kyso_loop_add_signal(bench->loop, SIGUSR1, quit, bench, &bench->sources[0]),
                     0);
    assert_int_equal(raise(SIGUSR1), 0); /* would end this process unless blocked */
    assert_int_equal(kyso_loop_run(bench->loop), 7);
    assert_int_equal(raise(SIGUSR1), 0);
    assert_int_equal(kyso_loop_run(bench->loop), 7);
    assert_int_equal(bench->calls, 2);
    assert_int_equal(sigprocmask(SIG_SETMASK, &before, NULL), 0);
}

static void child_gone(void *data)
{
    struct bench *bench = data;
    int status;

    assert_int_equal(waitpid(bench->pid, &status, WNOHANG), bench->pid);
    bench->events = (uint32_t)WEXITSTATUS(status);
    quit(data);
}

static void test_children(void **state)
{
    struct bench *bench = *state;

    bench->pid = fork();
    if (bench->pid == 0) {
        char byte;

        kyso_close(&bench->ends[1]);
        (void)fcntl(bench->ends[0], F_SETFL, 0);
        _exit(read(bench->ends[0], &byte, 1) == 1 ? 42 : 1);
    }
    assert_true(bench->pid > 0);
    assert_int_equal(
        kyso_loop_add_child(bench->loop, bench->pid, child_gone, bench, &bench->sources[0]), 0);
    assert_int_equal(write(bench->ends[1], "x", 1), 1);
    assert_int_equal(kyso_loop_run(bench->loop), 7);
    assert_int_equal(bench->calls, 1);
    assert_int_equal(bench->events, 42);
}

static void test_deferred_calls_come_once(void **state)
{
    struct bench *bench = *state;

    assert_int_equal(kyso_loop_defer(bench->loop, note_order, bench, &bench->sources[0]), 0);
    assert_int_equal(kyso_loop_defer(bench->loop, note_order, bench, &bench->sources[1]), 0);
    assert_int_equal(bench->calls, 0); /* not from within */
    assert_null(kyso_source_free(bench->sources[1]));
    assert_int_equal(kyso_loop_add_timer(bench->loop, 5000, quit, bench, &bench->sources[2]), 0);
    assert_int_equal(kyso_loop_run(bench->loop), 7);
    assert_int_equal(bench->rounds, 1);
    assert_int_equal(bench->calls, 2);
}

/* Whichever is called first frees all the others and itself: no second one may be called. */
static void free_all(void *data)
{
    struct bench *bench = data;

    bench->calls++;
    for (size_t i = 0; i < MANY; i++)
        bench->sources[i] = kyso_source_free(bench->sources[i]);
    assert_int_equal(kyso_loop_defer(bench->loop, quit, bench, &bench->sources[0]), 0);
}

static void free_all_by_fd(void *data, int fd KYSO_UNUSED, uint32_t events KYSO_UNUSED)
{
    free_all(data);
}

static void test_sources_free_each_other(void **state)
{
    struct bench *bench = *state;
    size_t before = unit_count_fds();

    assert_int_equal(write(bench->ends[1], "x", 1), 1);
    for (size_t i = 0; i < MANY; i++) {
        if (i == MANY / 2)
            assert_int_equal(kyso_loop_add_fd(bench->loop, bench->ends[0], EPOLLIN, free_all_by_fd,
                                              bench, &bench->sources[i]),
                             0);
        else if (i % 2)
            assert_int_equal(
                kyso_loop_add_timer(bench->loop, 0, free_all, bench, &bench->sources[i]), 0);
        else
            assert_int_equal(kyso_loop_defer(bench->loop, free_all, bench, &bench->sources[i]), 0);
    }
    assert_int_equal(kyso_loop_run(bench->loop), 7);
    assert_int_equal(bench->calls, 2); /* one of the many, and the deferred end */
    assert_null(kyso_source_free(bench->sources[0]));
    assert_int_equal(unit_count_fds(), before);
}

/* Frees itself and one that was made after it, called or not. */
static void free_pair(void *data)
{
    struct kyso_source **own = data;

    own[0] = kyso_source_free(own[0]);
    own[1] = kyso_source_free(own[1]);
}

static void test_sources_free_themselves_and_another(void **state)
{
    struct bench *bench = *state;
    struct kyso_source *end;
    size_t before = unit_count_fds();

    for (size_t i = 0; i + 1 < MANY; i += 2) {
        assert_int_equal(
            kyso_loop_defer(bench->loop, free_pair, &bench->sources[i], &bench->sources[i]), 0);
        assert_int_equal(
            kyso_loop_defer(bench->loop, quit, bench, &bench->sources[i + 1]), 0);
    }
    assert_int_equal(kyso_loop_add_timer(bench->loop, 5000, quit, bench, &end), 0);
    assert_int_equal(kyso_loop_run(bench->loop), 7);
    assert_int_equal(bench->calls, 1); /* the end alone: no freed one was called */
    for (size_t i = 0; i < MANY; i++)
        assert_null(bench->sources[i]);
    assert_null(kyso_source_free(end));
    assert_int_equal(unit_count_fds(), before);
}

static void test_loop_frees_what_is_left(void **state)
{
    struct kyso_loop *loop;
    struct kyso_source *source;
    size_t before = unit_count_fds();

    assert_int_equal(kyso_loop_new(&loop), 0);
    assert_int_equal(kyso_loop_defer(loop, quit, *state, &source), 0);
    assert_int_equal(kyso_loop_add_timer(loop, 1, quit, *state, &source), 0);
    assert_null(kyso_loop_free(loop));
    assert_null(kyso_loop_free(NULL));
    assert_null(kyso_source_free(NULL));
    assert_int_equal(unit_count_fds(), before);
}

static void test_first_code_counts(void **state)
{
    struct bench *bench = *state;

    kyso_loop_quit(bench->loop, 1);
    kyso_loop_quit(bench->loop, 2);
    assert_int_equal(kyso_loop_run(bench->loop), 1);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_descriptors),
        CASE(test_events_are_changed),
        CASE(test_timers),
        CASE(test_timers_come_in_their_order),
        CASE(test_signals),
        CASE(test_children),
        CASE(test_deferred_calls_come_once),
        CASE(test_sources_free_each_other),
        CASE(test_sources_free_themselves_and_another),
        CASE(test_loop_frees_what_is_left),
        CASE(test_first_code_counts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
