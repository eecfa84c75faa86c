/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_CLIENT_ANSWER_H
#define KYSO_CLIENT_ANSWER_H

/* Inside the library: what the service's answers hold. Each function refuses an answer of another
 * signature with KYSO_OUTCOME_FAILED, "bad-answer"; -ENOMEM, -EMFILE. */

#include "client/bus.h"

/* Begins to read REPLY, which has this SIGNATURE. */
int kyso_answer_begin(struct kyso_client *client, DBusMessage *reply, const char *signature,
                      DBusMessageIter *ret_iter) KYSO_MUST_CHECK;
/* The descriptor at ITER, which is of a sealed memory file; ITER goes on. */
int kyso_answer_file(struct kyso_client *client, DBusMessageIter *iter,
                     int *ret_file) KYSO_MUST_CHECK;

/* The only value of REPLY as a map; in a map of its own under NAME when that is not null. */
int kyso_answer_value(struct kyso_client *client, DBusMessage *reply, const char *signature,
                      const char *name, struct kyso_map **ret_map) KYSO_MUST_CHECK;
/* A file and what is said of it: "ha{sv}". */
int kyso_answer_report(struct kyso_client *client, DBusMessage *reply, int *ret_file,
                       struct kyso_map **ret_report) KYSO_MUST_CHECK;

#endif
