/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "common/error.h"
#include "common/log.h"
#include "common/outcome.h"
#include "config.h"

struct kyso_worker {
    struct kyso_loop *loop;
    const struct kyso_worker_handler *handler;
    void *data;
    pid_t pid;
    int socket;
    struct kyso_source *reading, *child, *deadline;
    bool socket_ended, exited, broken, late;
    int status;
};

/* A killed process that nobody asks about any more. The list keeps those whose loop ended first. */
struct orphan {
    struct orphan *next;
    pid_t pid;
    struct kyso_source *child;
};

static struct orphan *orphans;

static const char *worker_directory = KYSO_LIBEXECDIR;

void kyso_worker_set_directory(const char *directory)
{
    worker_directory = directory;
}

static void orphan_ended(void *data)
{
    struct orphan *orphan = data;

    for (struct orphan **at = &orphans; *at != NULL; at = &(*at)->next) {
        if (*at == orphan) {
            *at = orphan->next;
            break;
        }
    }
    (void)waitpid(orphan->pid, NULL, 0);
    (void)kyso_source_free(orphan->child);
    free(orphan);
}

static void reap_later(struct kyso_loop *loop, pid_t pid)
{
    struct orphan *orphan = calloc(1, sizeof(*orphan));

    if (orphan != NULL) {
        orphan->pid = pid;
        if (kyso_loop_add_child(loop, pid, orphan_ended, orphan, &orphan->child) == 0) {
            orphan->next = orphans;
            orphans = orphan;
            return;
        }
        free(orphan);
    }
    (void)waitpid(pid, NULL, WNOHANG);
}

struct kyso_worker *kyso_worker_free(struct kyso_worker *worker)
{
    if (worker == NULL)
        return NULL;
    (void)kyso_source_free(worker->reading);
    (void)kyso_source_free(worker->child);
    (void)kyso_source_free(worker->deadline);
    kyso_close(&worker->socket);
    if (worker->pid > 0 && !worker->exited) {
        (void)kill(worker->pid, SIGKILL);
        reap_later(worker->loop, worker->pid);
    }
    free(worker);
    return NULL;
}

static void maybe_end(struct kyso_worker *worker)
{
    int result = 0;

    if (!worker->exited || !worker->socket_ended)
        return;
    worker->deadline = kyso_source_free(worker->deadline);
    if (worker->late)
        result = KYSO_OUTCOME_TIMED_OUT;
    else if (worker->broken || !WIFEXITED(worker->status) || WEXITSTATUS(worker->status) != 0)
        result = KYSO_OUTCOME_WORKER_DIED;
    if (result == KYSO_OUTCOME_WORKER_DIED)
        kyso_log(KYSO_LOG_WARNING, "worker %d ended badly: wait status %d", (int)worker->pid,
                 worker->status);
    worker->handler->end(worker->data, result);
}

static void stop_reading(struct kyso_worker *worker, bool broken)
{
    worker->socket_ended = true;
    worker->broken = worker->broken || broken;
    worker->reading = kyso_source_free(worker->reading);
    kyso_close(&worker->socket);
    if (broken && !worker->exited)
        (void)kill(worker->pid, SIGKILL);
    maybe_end(worker);
}

static void readable(void *data, int fd, uint32_t events KYSO_UNUSED)
{
    struct kyso_worker *worker = data;
    KYSO_FRAME struct kyso_frame frame = {0};
    int r = kyso_wire_receive(fd, &frame);

    if (r == -EAGAIN)
        return;
    if (r < 0)
        stop_reading(worker, r != -EPIPE);
    else
        worker->handler->frame(worker->data, &frame);
}

static void child_ended(void *data)
{
    struct kyso_worker *worker = data;

    worker->exited = true;
    worker->child = kyso_source_free(worker->child);
    if (waitpid(worker->pid, &worker->status, 0) < 0)
        worker->broken = true;
    maybe_end(worker);
}

static void deadline_passed(void *data)
{
    struct kyso_worker *worker = data;

    worker->late = true;
    kyso_log(KYSO_LOG_WARNING, "worker %d overran its deadline and is killed", (int)worker->pid);
    if (!worker->exited)
        (void)kill(worker->pid, SIGKILL);
    if (!worker->socket_ended)
        stop_reading(worker, false);
}

__attribute__((noreturn)) static void
run_child(const char *path, const struct kyso_worker_spec *spec, int socket, pid_t parent)
{
    const char *name = strrchr(path, '/') + 1;
    const char *arguments[3] = {name, spec->argument, NULL};
    const char *none[1] = {NULL};
    sigset_t empty;
    int null;

    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
        _exit(127);
    null = open("/dev/null", O_RDONLY);
    if (null < 0 || dup2(null, 0) < 0 || dup2(2, 1) < 0)
        _exit(127);
    if (socket == KYSO_WORKER_SOCKET) {
        if (fcntl(socket, F_SETFD, 0) < 0)
            _exit(127);
    } else if (dup2(socket, KYSO_WORKER_SOCKET) < 0) {
        _exit(127);
    }
    if (syscall(SYS_close_range, KYSO_WORKER_SOCKET + 1, UINT_MAX, 0) < 0)
        _exit(127);
    (void)sigemptyset(&empty);
    (void)sigprocmask(SIG_SETMASK, &empty, NULL);
    (void)signal(SIGPIPE, SIG_DFL);
    (void)execve(path, (char *const *)(uintptr_t)arguments,
                 (char *const *)(uintptr_t)(spec->environment ? spec->environment : none));
    _exit(127);
}

static int spawn(struct kyso_worker *worker, const struct kyso_worker_spec *spec)
{
    char path[PATH_MAX];
    int pair[2];
    pid_t parent = getpid();
    int n;

    n = spec->program[0] == '/'
            ? snprintf(path, sizeof(path), "%s", spec->program)
            : snprintf(path, sizeof(path), "%s/%s", worker_directory, spec->program);
    if (n < 0 || (size_t)n >= sizeof(path))
        return kyso_trace(-ENAMETOOLONG);
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
        return kyso_trace_errno();
    worker->pid = fork();
    if (worker->pid == 0)
        run_child(path, spec, pair[1], parent);
    (void)close(pair[1]);
    worker->socket = pair[0];
    if (worker->pid < 0)
        return kyso_trace_errno();
    if (fcntl(worker->socket, F_SETFL, O_NONBLOCK) < 0)
        return kyso_trace_errno();
    return 0;
}

int kyso_worker_start(struct kyso_loop *loop, const struct kyso_worker_spec *spec,
                      const struct kyso_worker_handler *handler, void *data,
                      struct kyso_worker **ret_worker)
{
    struct kyso_worker *worker = calloc(1, sizeof(*worker));
    int r;

    if (worker == NULL)
        return kyso_trace(-ENOMEM);
    worker->loop = loop;
    worker->handler = handler;
    worker->data = data;
    worker->socket = -1;
    r = spawn(worker, spec);
    if (r == 0)
        r = kyso_loop_add_fd(loop, worker->socket, EPOLLIN, readable, worker, &worker->reading);
    if (r == 0)
        r = kyso_loop_add_child(loop, worker->pid, child_ended, worker, &worker->child);
    if (r == 0)
        r = kyso_worker_set_deadline(worker, spec->deadline_usec);
    if (r < 0) {
        (void)kyso_worker_free(worker);
        return r;
    }
    *ret_worker = worker;
    return 0;
}

int kyso_worker_send(struct kyso_worker *worker, const struct kyso_frame *frame)
{
    if (worker->socket < 0)
        return -EPIPE;
    return kyso_wire_send(worker->socket, frame);
}

int kyso_worker_set_deadline(struct kyso_worker *worker, uint64_t delay_usec)
{
    if (delay_usec == 0) {
        worker->deadline = kyso_source_free(worker->deadline);
        return 0;
    }
    if (worker->deadline != NULL)
        return kyso_source_set_timer(worker->deadline, delay_usec);
    return kyso_loop_add_timer(worker->loop, delay_usec, deadline_passed, worker,
                               &worker->deadline);
}

struct kyso_call {
    struct kyso_worker *worker;
    kyso_call_fn fn;
    void *data;
};

static void answer(struct kyso_call *call, int result, const char *detail, struct kyso_frame *frame)
{
    kyso_call_fn fn = call->fn;

    call->fn = NULL;
    call->worker = kyso_worker_free(call->worker);
    fn(call->data, result, detail, frame); /* may free the call */
}

static void call_frame(void *data, struct kyso_frame *frame)
{
    struct kyso_call *call = data;
    KYSO_FREE char *detail = NULL;
    int r;

    if (frame->type != KYSO_WIRE_FAILURE) {
        answer(call, 0, NULL, frame);
        return;
    }
    r = kyso_wire_read_failure(frame, &detail);
    answer(call, r == -EBADMSG ? KYSO_OUTCOME_WORKER_DIED : r, detail, NULL);
}

static void call_end(void *data, int result)
{
    answer(data, result != 0 ? result : KYSO_OUTCOME_WORKER_DIED, NULL, NULL);
}

int kyso_call_start(struct kyso_loop *loop, const struct kyso_worker_spec *spec,
                    const struct kyso_frame *request, kyso_call_fn fn, void *data,
                    struct kyso_call **ret_call)
{
    static const struct kyso_worker_handler HANDLER = {call_frame, call_end};
    struct kyso_call *call = calloc(1, sizeof(*call));
    int r;

    if (call == NULL)
        return kyso_trace(-ENOMEM);
    call->fn = fn;
    call->data = data;
    r = kyso_worker_start(loop, spec, &HANDLER, call, &call->worker);
    if (r == 0)
        r = kyso_worker_send(call->worker, request);
    if (r == -EPIPE) /* it died before it could be asked: told like any death, from the loop */
        r = 0;
    if (r < 0) {
        (void)kyso_call_free(call);
        return kyso_trace(r);
    }
    *ret_call = call;
    return 0;
}

struct kyso_call *kyso_call_free(struct kyso_call *call)
{
    if (call == NULL)
        return NULL;
    (void)kyso_worker_free(call->worker);
    free(call);
    return NULL;
}
