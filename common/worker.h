/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_COMMON_WORKER_H
#define KYSO_COMMON_WORKER_H

/* kysod's side of a worker process: start one, talk in frames, end it at a deadline, reap it. A
 * worker is a plain blocking program that finds its end of the pair at descriptor
 * KYSO_WORKER_SOCKET, /dev/null at 0, the daemon's stderr at 1 and 2 and nothing else; it is killed
 * when kysod dies. */

#include <stdbool.h>
#include <stdint.h>

#include "common/loop.h"
#include "common/wire.h"

#define KYSO_WORKER_SOCKET 3

struct kyso_worker;

struct kyso_worker_handler {
    /* A frame came; borrowed, its descriptors may be taken. The worker may be freed in here. */
    void (*frame)(void *data, struct kyso_frame *frame);
    /* Called once, after the last frame, unless freed before: 0 when it ended by itself with status
     * 0, KYSO_OUTCOME_TIMED_OUT, or KYSO_OUTCOME_WORKER_DIED (crash, non-zero status, bad frame).
     * The owner then frees it. */
    void (*end)(void *data, int result);
};

struct kyso_worker_spec {
    const char *program;  /* file name in the libexec folder, or an absolute path (tests) */
    const char *argument; /* one argument, or null */
    const char *const *environment; /* "NAME=value", null-terminated; null: empty */
    uint64_t deadline_usec;         /* from now; 0: none */
};

int kyso_worker_start(struct kyso_loop *loop, const struct kyso_worker_spec *spec,
                      const struct kyso_worker_handler *handler, void *data,
                      struct kyso_worker **ret_worker) KYSO_MUST_CHECK;
/* Kills the process if it still runs (it is reaped later) and forgets the callbacks. */
struct kyso_worker *kyso_worker_free(struct kyso_worker *worker);

int kyso_worker_send(struct kyso_worker *worker, const struct kyso_frame *frame) KYSO_MUST_CHECK;
/* A new deadline from now; 0: none. */
int kyso_worker_set_deadline(struct kyso_worker *worker, uint64_t delay_usec) KYSO_MUST_CHECK;

/* One question, one answer. FN is called exactly once, from the loop, unless the call is freed
 * before: RESULT 0 with the answer, or what KYSO_WIRE_FAILURE carried (with its detail, else null),
 * or KYSO_OUTCOME_TIMED_OUT / KYSO_OUTCOME_WORKER_DIED. The call may be freed inside FN and has to
 * be freed by its owner. */
struct kyso_call;
typedef void (*kyso_call_fn)(void *data, int result, const char *detail, struct kyso_frame *answer);

int kyso_call_start(struct kyso_loop *loop, const struct kyso_worker_spec *spec,
                    const struct kyso_frame *request, kyso_call_fn fn, void *data,
                    struct kyso_call **ret_call) KYSO_MUST_CHECK;
struct kyso_call *kyso_call_free(struct kyso_call *call);

/* Where workers are looked for instead of the libexec folder; for tests and `kyso doctor` only.
 * DIRECTORY is borrowed for the life of the process. */
void kyso_worker_set_directory(const char *directory);

#endif
