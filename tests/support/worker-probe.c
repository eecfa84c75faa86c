/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A worker that behaves as its argument says, to try what kysod does with it. */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>

#include "common/macros.h"
#include "common/outcome.h"
#include "common/wire.h"
#include "common/worker.h"

static void say(uint16_t type, const char *text)
{
    KYSO_FRAME struct kyso_frame frame;

    kyso_frame_init(&frame, type);
    kyso_buf_put_string(&frame.body, text);
    if (kyso_wire_send(KYSO_WORKER_SOCKET, &frame) != 0)
        _exit(99);
}

/* 0 when the process is as common/worker.h promises. */
static int check_surroundings(void)
{
    sigset_t blocked;
    char byte;

    if (read(0, &byte, 1) != 0 || fcntl(1, F_GETFD) < 0 || fcntl(2, F_GETFD) < 0)
        return 1;
    for (int fd = KYSO_WORKER_SOCKET + 1; fd < 1024; fd++) {
        if (fcntl(fd, F_GETFD) >= 0 || errno != EBADF)
            return 2;
    }
    if (sigprocmask(SIG_BLOCK, NULL, &blocked) < 0)
        return 3;
    for (int signo = 1; signo < 32; signo++) {
        if (sigismember(&blocked, signo) != 0)
            return 4;
    }
    if (environ[0] == NULL || strcmp(environ[0], "PROBE=yes") != 0 || environ[1] != NULL)
        return 5;
    return 0;
}

static void wait_for_ever(void)
{
    for (;;)
        (void)pause();
}

/* A child answers when its parent has already ended. */
static int answer_after_the_end(void)
{
    int ends[2];
    char byte;

    if (pipe(ends) < 0)
        return 1;
    if (fork() == 0) {
        (void)close(ends[1]);
        if (read(ends[0], &byte, 1) == 0) /* the parent is gone */
            say(1, "late");
        _exit(0);
    }
    return 0;
}

int main(int argc, char **argv)
{
    const char *how = argc > 1 ? argv[1] : "";
    KYSO_FRAME struct kyso_frame request = { 0 };

    if (strcmp(how, "deaf") == 0)
        wait_for_ever();
    if (kyso_wire_receive(KYSO_WORKER_SOCKET, &request) < 0)
        return 98;
    if (strcmp(how, "echo") == 0) {
        request.type++;
        return kyso_wire_send(KYSO_WORKER_SOCKET, &request) == 0 ? 0 : 97;
    }
    if (strcmp(how, "surroundings") == 0)
        say(1, check_surroundings() == 0 ? "right" : "wrong");
    else if (strcmp(how, "twice") == 0)
        say(1, "first"), say(2, "second");
    else if (strcmp(how, "fail") == 0)
        return kyso_wire_send_failure(KYSO_WORKER_SOCKET, KYSO_OUTCOME_BAD_DOCUMENT, "why") != 0;
    else if (strcmp(how, "fail-badly") == 0)
        say(KYSO_WIRE_FAILURE, "no result in it");
    else if (strcmp(how, "crash") == 0) /* without a sanitizer's word about it */
        (void)signal(SIGSEGV, SIG_DFL), (void)kill(getpid(), SIGSEGV);
    else if (strcmp(how, "status") == 0)
        return 3;
    else if (strcmp(how, "answer-then-status") == 0)
        say(1, "first"), _exit(3);
    else if (strcmp(how, "hang") == 0)
        wait_for_ever();
    else if (strcmp(how, "close-and-hang") == 0)
        (void)close(KYSO_WORKER_SOCKET), wait_for_ever();
    else if (strcmp(how, "garbage") == 0)
        return send(KYSO_WORKER_SOCKET, "garbage", 7, 0) == 7 ? 0 : 1;
    else if (strcmp(how, "garbage-and-hang") == 0)
        (void)send(KYSO_WORKER_SOCKET, "garbage", 7, 0), wait_for_ever();
    else if (strcmp(how, "late") == 0)
        return answer_after_the_end();
    else if (strcmp(how, "silent") != 0)
        return 96;
    return 0;
}
