/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DAEMON_PROMPT_H
#define KYSO_DAEMON_PROMPT_H

/* Asks the caller's own agent for a PIN. The agent answers at once with a pipe; the PIN itself
 * never passes through the bus nor through kysod, which hands the pipe on to the token worker. */

#include "daemon/bus.h"
#include "daemon/dict.h"

struct kyso_prompt;

/* FN: 0 and the pipe's reading end (taken over; -1 for a pin pad), or KYSO_OUTCOME_CANCELLED (the
 * agent declined), KYSO_OUTCOME_NO_AGENT (it is not there or answers nonsense). */
typedef void (*kyso_prompt_fn)(void *data, int result, int pin_pipe);

/* CALLER, AGENT: unique name and object. PIN_PAD: only show what to do. FILL appends the details.
 */
int kyso_prompt_ask(struct kyso_bus *bus, const char *caller, const char *agent, bool pin_pad,
                    void (*fill)(struct kyso_dict *details, void *data), kyso_prompt_fn fn,
                    void *data, struct kyso_prompt **ret_prompt) KYSO_MUST_CHECK;
/* Ends the question: the agent is told why ("done", "cancelled", "timeout", ...). */
struct kyso_prompt *kyso_prompt_end(struct kyso_prompt *prompt, const char *reason);

#endif
