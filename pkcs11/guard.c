/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pkcs11/guard.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "common/error.h"
#include "common/log.h"

#define TICK_MSEC 100
/* A module that works comes back from a pulled card within a few commands. */
#define PATIENCE_TICKS 20

struct guard {
    struct kyso_card card; /* its own PC/SC connection: one serves one thread */
    void (*fn)(void *data);
    void *data;
};

static atomic_bool is_waiting;

void kyso_guard_set_waiting(bool waiting)
{
    atomic_store(&is_waiting, waiting);
}

static void *watch_card(void *data)
{
    struct guard *guard = data;
    const struct timespec tick = {.tv_nsec = TICK_MSEC * 1000000L};
    int busy = 0;

    kyso_card_wait_change(&guard->card);
    while (busy < PATIENCE_TICKS) {
        (void)nanosleep(&tick, NULL);
        busy = atomic_load(&is_waiting) ? 0 : busy + 1;
    }
    kyso_log(KYSO_LOG_WARNING, "the module does not come back from a pulled card");
    guard->fn(guard->data);
    _exit(0);
}

int kyso_guard_start(const struct kyso_card *card, void (*fn)(void *data), void *data)
{
    static struct guard guard;
    pthread_t thread;
    int r;

    if (!card->open)
        return 0;
    guard = (struct guard){.fn = fn, .data = data};
    r = kyso_card_open(card->reader, &guard.card);
    if (r != 0)
        return r;
    guard.card.events = card->events;
    r = pthread_create(&thread, NULL, watch_card, &guard);
    return r == 0 ? 0 : kyso_trace(-r);
}
