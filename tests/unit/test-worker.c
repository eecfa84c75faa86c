/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Workers that answer, crash, hang and lie (tests/support/worker-probe.c): each ends in the right
 * result, once, and leaves neither a process nor a descriptor behind. */

#include "tests/unit/unit.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "common/clock.h"
#include "common/outcome.h"
#include "common/worker.h"

#define LONG_USEC (30 * KYSO_USEC_PER_SEC)
#define SHORT_USEC 100000
#define ROUNDS 200

static const char *const ENVIRONMENT[] = { "PROBE=yes", NULL };
static const char *program;

struct bench {
    struct kyso_loop *loop;
    struct kyso_source *guard;
    struct kyso_worker *worker;
    struct kyso_call *call;
    bool free_inside;
    unsigned int frames, ends;
    int result;
    uint16_t type;
    char text[64];
};

static void too_late(void *data)
{
    kyso_loop_quit(((struct bench *)data)->loop, -ETIMEDOUT);
}

static void open_bench(struct bench *bench)
{
    *bench = (struct bench){ 0 };
    assert_int_equal(kyso_loop_new(&bench->loop), 0);
    assert_int_equal(
        kyso_loop_add_timer(bench->loop, LONG_USEC, too_late, bench, &bench->guard), 0);
}

/* Waits for orphans, through the loop, before it is gone. */
static void reap(void *data)
{
    struct bench *bench = data;
    siginfo_t info = { 0 };

    bench->guard = kyso_source_free(bench->guard);
    if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0 && errno == ECHILD)
        kyso_loop_quit(bench->loop, 0);
    else
        assert_int_equal(kyso_loop_add_timer(bench->loop, 1000, reap, bench, &bench->guard), 0);
}

static void close_bench(struct bench *bench)
{
    bench->worker = kyso_worker_free(bench->worker);
    bench->call = kyso_call_free(bench->call);
    bench->guard = kyso_source_free(bench->guard);
    reap(bench);
    assert_int_equal(kyso_loop_run(bench->loop), 0);
    assert_null(kyso_loop_free(bench->loop));
}

static void note_text(struct bench *bench, const struct kyso_frame *frame)
{
    struct kyso_cursor cursor = kyso_frame_cursor(frame);
    KYSO_FREE char *text = kyso_cursor_string(&cursor);

    bench->type = frame->type;
    (void)snprintf(bench->text, sizeof(bench->text), "%s", text != NULL ? text : "?");
}

static void frame_came(void *data, struct kyso_frame *frame)
{
    struct bench *bench = data;

    assert_int_equal(bench->ends, 0); /* the end comes last */
    bench->frames++;
    note_text(bench, frame);
    if (bench->free_inside) {
        bench->worker = kyso_worker_free(bench->worker);
        kyso_loop_quit(bench->loop, 0);
    }
}

static void ended(void *data, int result)
{
    struct bench *bench = data;

    bench->ends++;
    bench->result = result;
    bench->worker = kyso_worker_free(bench->worker);
    kyso_loop_quit(bench->loop, 0);
}

static const struct kyso_worker_handler HANDLER = { frame_came, ended };

static struct kyso_worker_spec spec_of(const char *how, uint64_t deadline)
{
    return (struct kyso_worker_spec){ program, how, ENVIRONMENT, deadline };
}

static void request_of(struct kyso_frame *frame, const char *text)
{
    kyso_frame_init(frame, 0x100);
    kyso_buf_put_string(&frame->body, text);
}

static void run_worker(struct bench *bench, const char *how, uint64_t deadline)
{
    struct kyso_worker_spec spec = spec_of(how, deadline);
    KYSO_FRAME struct kyso_frame request;

    request_of(&request, "hello");
    assert_int_equal(kyso_worker_start(bench->loop, &spec, &HANDLER, bench, &bench->worker), 0);
    assert_int_equal(kyso_worker_send(bench->worker, &request), 0);
    assert_int_equal(kyso_loop_run(bench->loop), 0);
}

static void test_each_end(void **state KYSO_UNUSED)
{
    static const struct {
        const char *how;
        uint64_t deadline;
        unsigned int frames;
        int result;
    } CASES[] = {
        { "echo", LONG_USEC, 1, 0 },
        { "echo", 0, 1, 0 },
        { "twice", LONG_USEC, 2, 0 },
        { "silent", LONG_USEC, 0, 0 },
        { "fail", LONG_USEC, 1, 0 },
        { "crash", LONG_USEC, 0, KYSO_OUTCOME_WORKER_DIED },
        { "status", LONG_USEC, 0, KYSO_OUTCOME_WORKER_DIED },
        { "answer-then-status", LONG_USEC, 1, KYSO_OUTCOME_WORKER_DIED },
        { "garbage", LONG_USEC, 0, KYSO_OUTCOME_WORKER_DIED },
        { "garbage-and-hang", LONG_USEC, 0, KYSO_OUTCOME_WORKER_DIED },
        { "hang", SHORT_USEC, 0, KYSO_OUTCOME_TIMED_OUT },
        { "deaf", SHORT_USEC, 0, KYSO_OUTCOME_TIMED_OUT },
        { "close-and-hang", SHORT_USEC, 0, KYSO_OUTCOME_TIMED_OUT },
        { "no-such-way", LONG_USEC, 0, KYSO_OUTCOME_WORKER_DIED },
    };
    size_t before = unit_count_fds(), right = 0;

    for (size_t i = 0; i < KYSO_ARRAY_LEN(CASES); i++) {
        struct bench bench;
        bool ok;

        open_bench(&bench);
        run_worker(&bench, CASES[i].how, CASES[i].deadline);
        ok = bench.ends == 1 && bench.frames == CASES[i].frames && bench.result == CASES[i].result;
        if (!ok)
            print_message("# %s: %u frames, %u ends, result %d\n", CASES[i].how, bench.frames,
                          bench.ends, bench.result);
        close_bench(&bench);
        right += ok && unit_count_fds() == before;
    }
    UNIT_ALL("workers that ended as they should", right, KYSO_ARRAY_LEN(CASES));
}

static void test_surroundings(void **state KYSO_UNUSED)
{
    struct bench bench;

    open_bench(&bench);
    run_worker(&bench, "surroundings", LONG_USEC);
    assert_string_equal(bench.text, "right");
    close_bench(&bench);
}

static void test_frame_after_the_end_is_taken(void **state KYSO_UNUSED)
{
    struct bench bench;

    open_bench(&bench);
    run_worker(&bench, "late", LONG_USEC);
    assert_int_equal(bench.frames, 1);
    assert_int_equal(bench.ends, 1);
    assert_int_equal(bench.result, 0);
    assert_string_equal(bench.text, "late");
    close_bench(&bench);
}

static void test_freed_inside_its_callback(void **state KYSO_UNUSED)
{
    size_t before = unit_count_fds();
    struct bench bench;

    open_bench(&bench);
    bench.free_inside = true;
    run_worker(&bench, "twice", LONG_USEC);
    assert_null(bench.worker);
    close_bench(&bench);
    assert_int_equal(bench.frames, 1);
    assert_int_equal(bench.ends, 0);
    assert_int_equal(unit_count_fds(), before);
}

static void test_freed_while_it_hangs(void **state KYSO_UNUSED)
{
    struct kyso_worker_spec spec = spec_of("deaf", 0);
    struct bench bench;

    open_bench(&bench);
    for (int i = 0; i < 10; i++) {
        assert_int_equal(kyso_worker_start(bench.loop, &spec, &HANDLER, &bench, &bench.worker), 0);
        bench.worker = kyso_worker_free(bench.worker);
    }
    close_bench(&bench); /* returns only when every one of them was reaped */
    assert_int_equal(bench.ends, 0);
}

static void test_deadline_is_moved(void **state KYSO_UNUSED)
{
    struct kyso_worker_spec spec = spec_of("deaf", LONG_USEC);
    struct bench bench;

    open_bench(&bench);
    assert_int_equal(kyso_worker_start(bench.loop, &spec, &HANDLER, &bench, &bench.worker), 0);
    assert_int_equal(kyso_worker_set_deadline(bench.worker, 0), 0);
    assert_int_equal(kyso_worker_set_deadline(bench.worker, 1000), 0);
    assert_int_equal(kyso_loop_run(bench.loop), 0);
    assert_int_equal(bench.result, KYSO_OUTCOME_TIMED_OUT);
    close_bench(&bench);
}

static void test_no_such_program(void **state KYSO_UNUSED)
{
    struct kyso_worker_spec spec = { "/nonexistent/worker", NULL, NULL, LONG_USEC };
    struct bench bench;

    open_bench(&bench);
    assert_int_equal(kyso_worker_start(bench.loop, &spec, &HANDLER, &bench, &bench.worker), 0);
    assert_int_equal(kyso_loop_run(bench.loop), 0);
    assert_int_equal(bench.result, KYSO_OUTCOME_WORKER_DIED);
    close_bench(&bench);
}

static void answered(void *data, int result, const char *detail, struct kyso_frame *answer)
{
    struct bench *bench = data;

    bench->ends++;
    bench->result = result;
    assert_true((answer != NULL) == (result == 0));
    if (answer != NULL)
        note_text(bench, answer);
    else
        (void)snprintf(bench->text, sizeof(bench->text), "%s", detail != NULL ? detail : "");
    if (bench->free_inside)
        bench->call = kyso_call_free(bench->call);
    kyso_loop_quit(bench->loop, 0);
}

static void run_call(struct bench *bench, const char *how, uint64_t deadline)
{
    struct kyso_worker_spec spec = spec_of(how, deadline);
    KYSO_FRAME struct kyso_frame request;

    request_of(&request, "hello");
    assert_int_equal(kyso_call_start(bench->loop, &spec, &request, answered, bench, &bench->call),
                     0);
    assert_int_equal(kyso_loop_run(bench->loop), 0);
}

static void test_calls(void **state KYSO_UNUSED)
{
    static const struct {
        const char *how;
        uint64_t deadline;
        int result;
        const char *text;
    } CASES[] = {
        { "echo", LONG_USEC, 0, "hello" },
        { "twice", LONG_USEC, 0, "first" },
        { "answer-then-status", LONG_USEC, 0, "first" },
        { "fail", LONG_USEC, KYSO_OUTCOME_BAD_DOCUMENT, "why" },
        { "fail-badly", LONG_USEC, KYSO_OUTCOME_WORKER_DIED, "" },
        { "silent", LONG_USEC, KYSO_OUTCOME_WORKER_DIED, "" },
        { "crash", LONG_USEC, KYSO_OUTCOME_WORKER_DIED, "" },
        { "status", LONG_USEC, KYSO_OUTCOME_WORKER_DIED, "" },
        { "garbage", LONG_USEC, KYSO_OUTCOME_WORKER_DIED, "" },
        { "hang", SHORT_USEC, KYSO_OUTCOME_TIMED_OUT, "" },
    };
    size_t before = unit_count_fds(), right = 0;

    for (size_t i = 0; i < 2 * KYSO_ARRAY_LEN(CASES); i++) {
        size_t n = i / 2;
        struct bench bench;
        bool ok;

        open_bench(&bench);
        bench.free_inside = i % 2 != 0;
        run_call(&bench, CASES[n].how, CASES[n].deadline);
        assert_true(bench.free_inside == (bench.call == NULL));
        ok = bench.result == CASES[n].result && strcmp(bench.text, CASES[n].text) == 0;
        close_bench(&bench);
        if (!ok || bench.ends != 1)
            print_message("# %s: result %d '%s'\n", CASES[n].how, bench.result, bench.text);
        right += ok && bench.ends == 1 && unit_count_fds() == before;
    }
    UNIT_ALL("calls that ended as they should", right, 2 * KYSO_ARRAY_LEN(CASES));
}

/* It may die before the question is sent, or after: that is no difference. */
static void test_calls_of_no_program(void **state KYSO_UNUSED)
{
    struct kyso_worker_spec spec = { "/nonexistent/worker", NULL, NULL, LONG_USEC };
    KYSO_FRAME struct kyso_frame request;
    size_t right = 0;
    struct bench bench;

    request_of(&request, "hello");
    open_bench(&bench);
    for (int i = 0; i < ROUNDS; i++) {
        bench.result = 0;
        assert_int_equal(
            kyso_call_start(bench.loop, &spec, &request, answered, &bench, &bench.call), 0);
        assert_int_equal(kyso_loop_run(bench.loop), 0);
        right += bench.result == KYSO_OUTCOME_WORKER_DIED;
        bench.call = kyso_call_free(bench.call);
    }
    close_bench(&bench);
    UNIT_ALL("calls whose worker never ran", right, ROUNDS);
}

static void pause_over(void *data)
{
    struct bench *bench = data;

    kyso_loop_quit(bench->loop, 0);
}

/* Killed workers are reaped when they have ended, which on a busy machine takes its time. */
static void reap_all(struct bench *bench, size_t descriptors)
{
    for (int i = 0; i < 1000 && unit_count_fds() > descriptors; i++) {
        struct kyso_source *timer;

        assert_int_equal(kyso_loop_add_timer(bench->loop, 10000, pause_over, bench, &timer), 0);
        assert_int_equal(kyso_loop_run(bench->loop), 0);
        (void)kyso_source_free(timer);
    }
}

static void test_many_calls_leave_nothing(void **state KYSO_UNUSED)
{
    size_t before, right = 0;
    struct bench bench;

    open_bench(&bench);
    before = unit_count_fds();
    for (int i = 0; i < ROUNDS; i++) {
        run_call(&bench, "echo", LONG_USEC);
        right += bench.result == 0 && strcmp(bench.text, "hello") == 0 && bench.type == 0x101;
        bench.call = kyso_call_free(bench.call);
    }
    UNIT_ALL("calls answered", right, ROUNDS);
    reap_all(&bench, before);
    assert_int_equal(unit_count_fds(), before);
    close_bench(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_end),
        cmocka_unit_test(test_surroundings),
        cmocka_unit_test(test_frame_after_the_end_is_taken),
        cmocka_unit_test(test_freed_inside_its_callback),
        cmocka_unit_test(test_freed_while_it_hangs),
        cmocka_unit_test(test_deadline_is_moved),
        cmocka_unit_test(test_no_such_program),
        cmocka_unit_test(test_calls),
        cmocka_unit_test(test_calls_of_no_program),
        cmocka_unit_test(test_many_calls_leave_nothing),
    };

    program = getenv("KYSO_WORKER_PROBE");
    if (program == NULL)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
