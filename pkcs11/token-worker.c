/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/jail.h"
#include "common/log.h"
#include "common/worker.h"
#include "pkcs11/worker.h"

static int usage(void)
{
    (void)fputs("kyso-token is started by kysod only: watch, scan or sign\n", stderr);
    return 2;
}

int main(int argc, char **argv)
{
    int (*run)(int socket) = NULL;
    int status;

    kyso_log_open("kyso-token", KYSO_LOG_INFO);
    if (argc == 2 && strcmp(argv[1], "watch") == 0)
        run = kyso_token_run_watch;
    else if (argc == 2 && strcmp(argv[1], "scan") == 0)
        run = kyso_token_run_scan;
    else if (argc == 2 && strcmp(argv[1], "sign") == 0)
        run = kyso_token_run_sign;
    if (run == NULL)
        return usage();
    /* A module's way to a bus of its own: OpenSC's libraries would connect and start a thread. */
    (void)unsetenv("DBUS_SESSION_BUS_ADDRESS");
    /* GLib looks for a home, and complains in the journal when there is none. */
    (void)setenv("HOME", "/nonexistent", 0);
    if (kyso_jail_harden() < 0)
        return 1;
    status = run(KYSO_WORKER_SOCKET);
    /* Without the exit handlers of a vendor's library, which may hang or crash after a pull. */
    _exit(status);
}
