/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DAEMON_JOB_H
#define KYSO_DAEMON_JOB_H

/* One long call as an object on the bus, seen by its caller alone: state, progress, cancel; and
 * what it holds against the caller's quota. */

#include "daemon/daemon.h"

struct kyso_job;

/* NAME is the caller's own word for it (1 to 64 of A-Z a-z 0-9 _). BYTES is what the document
 * occupies. CANCEL(DATA) is called when the caller cancels. Outcomes: KYSO_OUTCOME_BAD_ARGUMENT
 * ("job-name", "job-exists"), KYSO_OUTCOME_LIMIT, with *RET_DETAIL. */
int kyso_job_new(struct kyso_daemon *daemon, struct kyso_caller *caller, const char *operation,
                 const char *name, uint64_t bytes, void (*cancel)(void *data), void *data,
                 struct kyso_job **ret_job, const char **ret_detail) KYSO_MUST_CHECK;
struct kyso_job *kyso_job_free(struct kyso_job *job);

const char *kyso_job_path(const struct kyso_job *job);
/* STATE is a word of the interface's text, static; PROGRESS 0 to 1. */
void kyso_job_set_state(struct kyso_job *job, const char *state, double progress);

#endif
