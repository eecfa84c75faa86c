/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/loop.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>

#include "common/clock.h"
#include "common/error.h"

/* The kernel counts nanoseconds in 63 bits. */
#define LAST_USEC ((uint64_t)INT64_MAX / 1000)

enum kind { KIND_FD, KIND_TIMER, KIND_ALARM, KIND_SIGNAL, KIND_CHILD, KIND_DEFER };

struct kyso_source {
    struct kyso_loop *loop;
    struct kyso_source *next, *previous;
    enum kind kind;
    int fd; /* owned unless KIND_FD */
    bool dead;
    kyso_loop_fd_fn fd_fn;
    kyso_loop_fn fn;
    void *data;
};

struct kyso_loop {
    int epoll_fd;
    struct kyso_source *sources;
    struct kyso_source *dead; /* freed once no event of this round can name them */
    bool dispatching;
    bool quitting;
    int code;
};

int kyso_loop_new(struct kyso_loop **ret_loop)
{
    struct kyso_loop *loop = calloc(1, sizeof(*loop));

    if (loop == NULL)
        return kyso_trace(-ENOMEM);
    loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (loop->epoll_fd < 0) {
        int r = -errno;

        free(loop);
        return kyso_trace(r);
    }
    *ret_loop = loop;
    return 0;
}

static void bury(struct kyso_loop *loop)
{
    while (loop->dead != NULL) {
        struct kyso_source *source = loop->dead;

        loop->dead = source->next;
        free(source);
    }
}

struct kyso_loop *kyso_loop_free(struct kyso_loop *loop)
{
    if (loop == NULL)
        return NULL;
    loop->dispatching = false;
    while (loop->sources != NULL)
        (void)kyso_source_free(loop->sources);
    bury(loop);
    (void)close(loop->epoll_fd);
    free(loop);
    return NULL;
}

static void dispatch(struct kyso_source *source, uint32_t events)
{
    uint64_t count;
    struct signalfd_siginfo info;

    switch (source->kind) {
    case KIND_FD:
        source->fd_fn(source->data, source->fd, events);
        return;
    case KIND_TIMER:
    case KIND_DEFER:
        if (read(source->fd, &count, sizeof(count)) != sizeof(count))
            return; /* set again meanwhile */
        break;
    case KIND_ALARM:
        if (read(source->fd, &count, sizeof(count)) != sizeof(count) && errno != ECANCELED)
            return;
        break;
    case KIND_SIGNAL:
        if (read(source->fd, &info, sizeof(info)) != sizeof(info))
            return;
        break;
    case KIND_CHILD:
        /* Ended for good: level-triggered readiness must not come again. */
        (void)epoll_ctl(source->loop->epoll_fd, EPOLL_CTL_DEL, source->fd, NULL);
        break;
    }
    source->fn(source->data);
}

int kyso_loop_run(struct kyso_loop *loop)
{
    struct epoll_event events[64];

    while (!loop->quitting) {
        int n = epoll_wait(loop->epoll_fd, events, (int)KYSO_ARRAY_LEN(events), -1);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return kyso_trace_errno();
        loop->dispatching = true;
        for (int i = 0; i < n && !loop->quitting; i++) {
            struct kyso_source *source = events[i].data.ptr;

            if (!source->dead)
                dispatch(source, events[i].events);
        }
        loop->dispatching = false;
        bury(loop);
    }
    loop->quitting = false;
    return loop->code;
}

void kyso_loop_quit(struct kyso_loop *loop, int code)
{
    if (loop->quitting)
        return;
    loop->quitting = true;
    loop->code = code;
}

/* Takes FD over unless KIND is KIND_FD, also on failure. */
static int add(struct kyso_loop *loop, enum kind kind, int fd, uint32_t events,
               struct kyso_source *template, struct kyso_source **ret_source)
{
    struct kyso_source *source = malloc(sizeof(*source));
    struct epoll_event event = {.events = events, .data.ptr = source};
    int r = -ENOMEM;

    if (source != NULL) {
        *source = *template;
        source->loop = loop;
        source->kind = kind;
        source->fd = fd;
        if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0) {
            source->next = loop->sources;
            if (source->next != NULL)
                source->next->previous = source;
            loop->sources = source;
            *ret_source = source;
            return 0;
        }
        r = -errno;
        free(source);
    }
    if (kind != KIND_FD)
        (void)close(fd);
    return kyso_trace(r);
}

int kyso_loop_add_fd(struct kyso_loop *loop, int fd, uint32_t events, kyso_loop_fd_fn fn,
                     void *data, struct kyso_source **ret_source)
{
    struct kyso_source template = {.fd_fn = fn, .data = data};

    return add(loop, KIND_FD, fd, events, &template, ret_source);
}

int kyso_source_set_events(struct kyso_source *source, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = source};

    if (epoll_ctl(source->loop->epoll_fd, EPOLL_CTL_MOD, source->fd, &event) < 0)
        return kyso_trace_errno();
    return 0;
}

int kyso_loop_add_timer(struct kyso_loop *loop, uint64_t delay_usec, kyso_loop_fn fn, void *data,
                        struct kyso_source **ret_source)
{
    struct kyso_source template = {.fn = fn, .data = data};
    struct kyso_source *source;
    int fd = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
    int r;

    if (fd < 0)
        return kyso_trace_errno();
    r = add(loop, KIND_TIMER, fd, EPOLLIN, &template, &source);
    if (r < 0)
        return r;
    r = kyso_source_set_timer(source, delay_usec);
    if (r < 0) {
        (void)kyso_source_free(source);
        return r;
    }
    *ret_source = source;
    return 0;
}

static int set_time(const struct kyso_source *source, int flags, uint64_t usec)
{
    struct itimerspec when = {
        .it_value = {.tv_sec = (time_t)(usec / KYSO_USEC_PER_SEC),
                     .tv_nsec = (long)(usec % KYSO_USEC_PER_SEC) * 1000},
    };

    return timerfd_settime(source->fd, TFD_TIMER_ABSTIME | flags, &when, NULL);
}

int kyso_source_set_timer(struct kyso_source *source, uint64_t delay_usec)
{
    if (set_time(source, 0, kyso_clock_boottime_usec() + delay_usec) < 0)
        return kyso_trace_errno();
    return 0;
}

int kyso_loop_add_alarm(struct kyso_loop *loop, uint64_t wall_usec, kyso_loop_fn fn, void *data,
                        struct kyso_source **ret_source)
{
    struct kyso_source template = {.fn = fn, .data = data};
    struct kyso_source *source;
    int fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
    int r;

    if (fd < 0)
        return kyso_trace_errno();
    r = add(loop, KIND_ALARM, fd, EPOLLIN, &template, &source);
    if (r < 0)
        return r;
    r = kyso_source_set_alarm(source, wall_usec);
    if (r < 0) {
        (void)kyso_source_free(source);
        return r;
    }
    *ret_source = source;
    return 0;
}

int kyso_source_set_alarm(struct kyso_source *source, uint64_t wall_usec)
{
    /* A time of zero would mean no alarm. */
    uint64_t at = wall_usec > LAST_USEC ? LAST_USEC : wall_usec + (wall_usec == 0);

    if (set_time(source, TFD_TIMER_CANCEL_ON_SET, at) == 0)
        return 0;
    if (errno != ECANCELED)
        return kyso_trace_errno();
    /* The clock was set since the callback last heard of it, and the kernel has told it here, once.
     * The callback is to hear of it all the same. Told so again, the kernel keeps the time. */
    if (set_time(source, TFD_TIMER_CANCEL_ON_SET, 1) < 0 && errno != ECANCELED)
        return kyso_trace_errno();
    return 0;
}

int kyso_loop_add_signal(struct kyso_loop *loop, int signo, kyso_loop_fn fn, void *data,
                         struct kyso_source **ret_source)
{
    struct kyso_source template = {.fn = fn, .data = data};
    sigset_t set;
    int fd;

    (void)sigemptyset(&set);
    (void)sigaddset(&set, signo);
    if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
        return kyso_trace_errno();
    fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (fd < 0)
        return kyso_trace_errno();
    return add(loop, KIND_SIGNAL, fd, EPOLLIN, &template, ret_source);
}

int kyso_loop_add_child(struct kyso_loop *loop, pid_t pid, kyso_loop_fn fn, void *data,
                        struct kyso_source **ret_source)
{
    struct kyso_source template = {.fn = fn, .data = data};
    int fd = (int)syscall(SYS_pidfd_open, pid, 0);

    if (fd < 0)
        return kyso_trace_errno();
    return add(loop, KIND_CHILD, fd, EPOLLIN, &template, ret_source);
}

int kyso_loop_defer(struct kyso_loop *loop, kyso_loop_fn fn, void *data,
                    struct kyso_source **ret_source)
{
    struct kyso_source template = {.fn = fn, .data = data};
    int fd = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);

    if (fd < 0)
        return kyso_trace_errno();
    return add(loop, KIND_DEFER, fd, EPOLLIN, &template, ret_source);
}

struct kyso_source *kyso_source_free(struct kyso_source *source)
{
    struct kyso_loop *loop;

    if (source == NULL || source->dead)
        return NULL;
    loop = source->loop;
    (void)epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, source->fd, NULL);
    if (source->kind != KIND_FD)
        (void)close(source->fd);
    if (source->previous != NULL)
        source->previous->next = source->next;
    else
        loop->sources = source->next;
    if (source->next != NULL)
        source->next->previous = source->previous;
    source->dead = true;
    source->next = loop->dead;
    loop->dead = source;
    if (!loop->dispatching)
        bury(loop);
    return NULL;
}
