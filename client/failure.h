/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_CLIENT_FAILURE_H
#define KYSO_CLIENT_FAILURE_H

/* A failure as the command shows it: a JSON object of machine words ("outcome", "detail", "reason",
 * "clause", "remedy" ...), told to people as what happened, why, and what to do next. */

#include <json-c/json.h>

#include "client/kyso.h"

/* From a call that returned RESULT (not 0). Null without memory. */
struct json_object *kyso_failure_of(struct kyso_client *client, int result);
/* Found by the command itself. TEXT: more, e.g. of the system, or null. */
struct json_object *kyso_failure_local(int outcome, const char *detail, const char *text);

int kyso_failure_status(struct json_object *failure);

/* Adds "message", "why", "clause-text", "next" (translated) and "exit-status" for --json. */
void kyso_failure_explain(struct json_object *failure);
/* The same to stderr, with SUBJECT (a file, or null) in front. */
void kyso_failure_print(const char *subject, struct json_object *failure);

#endif
