/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pkcs11/remote.h"

#include <errno.h>

#include "common/clock.h"
#include "common/error.h"
#include "common/log.h"
#include "common/outcome.h"
#include "pkcs11/protocol.h"

#define BACKOFF_FIRST (KYSO_USEC_PER_SEC / 10)
#define BACKOFF_LAST (60 * KYSO_USEC_PER_SEC)
/* A worker that lived this long was healthy: its death starts the back-off anew. */
#define HEALTHY_LIFE (30 * KYSO_USEC_PER_SEC)

struct kyso_token_watch {
    struct kyso_loop *loop;
    kyso_token_watch_fn fn;
    void *data;
    struct kyso_worker *worker;
    struct kyso_source *restart;
    uint64_t backoff;
    uint64_t started;
    bool told; /* FN has heard of the present worker's readers */
};

static int start(struct kyso_token_watch *watch);

static void restart(void *data)
{
    struct kyso_token_watch *watch = data;
    int r;

    watch->restart = kyso_source_free(watch->restart);
    r = start(watch);
    if (r < 0)
        kyso_log(KYSO_LOG_ERROR, "the reader watch cannot be restarted: %d", r);
}

static int restart_later(struct kyso_token_watch *watch)
{
    if (kyso_clock_boottime_usec() - watch->started > HEALTHY_LIFE)
        watch->backoff = BACKOFF_FIRST;
    else if (watch->backoff < BACKOFF_LAST)
        watch->backoff *= 2;
    return kyso_loop_add_timer(watch->loop, watch->backoff, restart, watch, &watch->restart);
}

static void watch_ended(void *data, int result)
{
    struct kyso_token_watch *watch = data;
    bool told = watch->told;
    int r;

    watch->worker = kyso_worker_free(watch->worker);
    watch->told = false;
    r = restart_later(watch);
    kyso_log(KYSO_LOG_WARNING, "the reader watch ended (result %d, restart %d)", result, r);
    if (told)
        watch->fn(watch->data, false, NULL, 0); /* may free the watch */
}

static void watch_frame(void *data, struct kyso_frame *frame)
{
    struct kyso_token_watch *watch = data;
    struct kyso_reader readers[KYSO_TOKEN_READERS_MAX] = {0};
    bool available = false;
    size_t n = 0;
    int r = -EBADMSG;

    if (frame->type == KYSO_TOKEN_READERS)
        r = kyso_token_get_readers(frame, &available, readers, &n);
    if (r < 0) {
        watch_ended(watch, KYSO_OUTCOME_WORKER_DIED);
        return;
    }
    watch->told = true;
    watch->fn(watch->data, available, readers, n); /* may free the watch */
    kyso_token_readers_done(readers, n);
}

static int start(struct kyso_token_watch *watch)
{
    static const struct kyso_worker_handler HANDLER = {watch_frame, watch_ended};
    const struct kyso_worker_spec spec = {.program = "kyso-token", .argument = "watch"};
    int r;

    watch->started = kyso_clock_boottime_usec();
    r = kyso_worker_start(watch->loop, &spec, &HANDLER, watch, &watch->worker);
    /* A failed fork is as passing as a crash: the same back-off waits for better times. */
    return r < 0 ? restart_later(watch) : 0;
}

int kyso_token_watch_new(struct kyso_loop *loop, kyso_token_watch_fn fn, void *data,
                         struct kyso_token_watch **ret_watch)
{
    struct kyso_token_watch *watch = calloc(1, sizeof(*watch));
    int r;

    if (watch == NULL)
        return kyso_trace(-ENOMEM);
    watch->loop = loop;
    watch->fn = fn;
    watch->data = data;
    watch->backoff = BACKOFF_FIRST;
    r = start(watch);
    if (r < 0) {
        (void)kyso_token_watch_free(watch);
        return kyso_trace(r);
    }
    *ret_watch = watch;
    return 0;
}

struct kyso_token_watch *kyso_token_watch_free(struct kyso_token_watch *watch)
{
    if (watch == NULL)
        return NULL;
    (void)kyso_worker_free(watch->worker);
    (void)kyso_source_free(watch->restart);
    free(watch);
    return NULL;
}
