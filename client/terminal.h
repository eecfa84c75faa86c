/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_CLIENT_TERMINAL_H
#define KYSO_CLIENT_TERMINAL_H

/* The command's PIN agent: asks on /dev/tty without echo, or reads a line of a given descriptor.
 * The PIN lives in locked memory only and is wiped as soon as it is sent. */

#include <stdbool.h>

#include "client/session.h"

struct kyso_terminal;

/* Makes the agent and registers it with the session's service. PIN_FD (borrowed): where PINs come
 * from, one line for each document; -1: the terminal. Outcomes as kyso_agent_register(). */
int kyso_terminal_new(struct kyso_session *session, int pin_fd,
                      struct kyso_terminal **ret_terminal) KYSO_MUST_CHECK;
/* Restores the terminal and wipes what is left. */
struct kyso_terminal *kyso_terminal_free(struct kyso_terminal *terminal);

/* Names the document (borrowed) that the next question is about; forgets earlier trouble. */
void kyso_terminal_set_document(struct kyso_terminal *terminal, const char *name);

/* Why this side gave no PIN since then: an outcome with *RET_DETAIL (static), or 0. */
int kyso_terminal_trouble(const struct kyso_terminal *terminal, const char **ret_detail);

#endif
