/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_PKCS11_WORKER_H
#define KYSO_PKCS11_WORKER_H

/* The three ways kyso-token runs, each until its end; SOCKET is kysod's. They answer failures with
 * KYSO_WIRE_FAILURE themselves and return the process's exit status. */

int kyso_token_run_watch(int socket);
int kyso_token_run_scan(int socket);
int kyso_token_run_sign(int socket);

#endif
