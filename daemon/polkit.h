/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DAEMON_POLKIT_H
#define KYSO_DAEMON_POLKIT_H

/* Asks the authority about the sender of a message, by its unique bus name, without waiting. Any
 * error, wrong shape or lateness is a no. A yes never replaces the order rule. */

#include <stdbool.h>

#include "daemon/bus.h"

struct kyso_polkit_question;
typedef void (*kyso_polkit_fn)(void *data, bool allowed);

/* SUBJECT: unique bus name. ACTION: full action id. INTERACTIVE: the caller let the authority ask
 * the person (message flag ALLOW_INTERACTIVE_AUTHORIZATION). Waits 60 s then, else 5 s. */
int kyso_polkit_ask(struct kyso_bus *bus, const char *subject, const char *action, bool interactive,
                    kyso_polkit_fn fn, void *data,
                    struct kyso_polkit_question **ret_question) KYSO_MUST_CHECK;
/* Takes the question back; a dialog that is open is closed. */
struct kyso_polkit_question *kyso_polkit_question_free(struct kyso_polkit_question *question);

#endif
