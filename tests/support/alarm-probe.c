/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A daemon in small: alarm-probe SECONDS waits in its loop for the wall clock to have gone that
 * far, and says "set" when it waits, "timer" when a short timer came meanwhile, "early" each time
 * that it was woken before, and "came" at the end. */

#include <stdio.h>

#include "common/clock.h"
#include "common/loop.h"
#include "common/text.h"

struct probe {
    struct kyso_loop *loop;
    struct kyso_source *alarm, *timer;
    uint64_t goal;
};

static void say(const char *word)
{
    (void)printf("%s\n", word);
    (void)fflush(stdout);
}

static void woken(void *data)
{
    struct probe *probe = data;

    if (kyso_clock_wall_usec() >= probe->goal) {
        say("came");
        kyso_loop_quit(probe->loop, 0);
        return;
    }
    say("early");
    if (kyso_source_set_alarm(probe->alarm, probe->goal) < 0)
        kyso_loop_quit(probe->loop, 1);
}

static void timer_came(void *data)
{
    (void)data;
    say("timer");
}

int main(int argc, char **argv)
{
    struct probe probe = {0};
    uint64_t seconds;
    int r = 1;

    if (argc != 2 || !kyso_text_to_u64(argv[1], UINT32_MAX, &seconds))
        return 2;
    probe.goal = kyso_clock_wall_usec() + seconds * KYSO_USEC_PER_SEC;
    if (kyso_loop_new(&probe.loop) == 0 &&
        kyso_loop_add_alarm(probe.loop, probe.goal, woken, &probe, &probe.alarm) == 0 &&
        kyso_loop_add_timer(probe.loop, 1000, timer_came, NULL, &probe.timer) == 0) {
        say("set");
        r = kyso_loop_run(probe.loop);
    }
    (void)kyso_loop_free(probe.loop);
    return r;
}
