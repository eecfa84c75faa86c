/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/session.h"

#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>

#include "common/error.h"

static void on_signal(void *data, int fd)
{
    struct kyso_session *session = data;
    struct signalfd_siginfo info;

    if (read(fd, &info, sizeof(info)) != (ssize_t)sizeof(info))
        return;
    if (info.ssi_signo != SIGTSTP) {
        session->interrupted = true;
        kyso_client_cancel(session->client);
        return;
    }
    if (session->stopped != NULL)
        session->stopped(session->stopped_data, true);
    (void)raise(SIGSTOP);
    if (session->stopped != NULL)
        session->stopped(session->stopped_data, false);
}

int kyso_session_open(struct kyso_session *session)
{
    static const int SIGNALS[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};
    sigset_t set;
    int r;

    *session = (struct kyso_session){.signals = -1};
    r = kyso_client_open(&session->client);
    if (r != 0)
        return r;
    (void)sigemptyset(&set);
    for (size_t i = 0; i < KYSO_ARRAY_LEN(SIGNALS); i++) {
        struct sigaction action;

        /* What nohup or a shell switched off stays off. */
        if (sigaction(SIGNALS[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
            (void)sigaddset(&set, SIGNALS[i]);
    }
    if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
        return kyso_trace_errno();
    session->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (session->signals < 0)
        return kyso_trace_errno();
    return kyso_client_add_fd(session->client, session->signals, on_signal, session);
}

void kyso_session_done(struct kyso_session *session)
{
    session->client = kyso_client_free(session->client);
    kyso_close(&session->signals);
}
