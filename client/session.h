/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_CLIENT_SESSION_H
#define KYSO_CLIENT_SESSION_H

/* One run of the command: its connection, and the signals that would end or stop it, which are read
 * from a descriptor so that a job is cancelled and the terminal restored first. */

#include <stdbool.h>

#include "client/kyso.h"
#include "common/macros.h"

struct kyso_session {
    struct kyso_client *client;
    int signals;
    bool interrupted;
    /* Called around a stop (Ctrl-Z), or null: with true before, with false after. */
    void (*stopped)(void *data, bool stopping);
    void *stopped_data;
};

/* -ENOTCONN when there is no bus. */
int kyso_session_open(struct kyso_session *session) KYSO_MUST_CHECK;
void kyso_session_done(struct kyso_session *session);
#define KYSO_SESSION KYSO_CLEANUP(kyso_session_done)

#endif
