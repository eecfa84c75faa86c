/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DAEMON_CALLER_H
#define KYSO_DAEMON_CALLER_H

/* Who is calling: a unique bus name with its uid, watched until it leaves the bus. Work done for a
 * caller hooks itself here and is ended when the caller goes. Quotas are per uid. */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "daemon/bus.h"

struct kyso_callers;
struct kyso_caller;

/* Embedded in what ends with its caller. FN may remove any hook, its own too. */
struct kyso_caller_hook {
    void (*fn)(void *data);
    void *data;
    struct kyso_caller *caller;
    struct kyso_caller_hook *next, *previous;
};

int kyso_callers_new(struct kyso_bus *bus, struct kyso_callers **ret_callers) KYSO_MUST_CHECK;
struct kyso_callers *kyso_callers_free(struct kyso_callers *callers);

/* Finds out who NAME is. FN gets the caller, or null when it is gone or unknown; kept by hooks: a
 * caller without hooks is forgotten after FN returned, unless it is watching or has an agent. */
typedef void (*kyso_caller_fn)(void *data, struct kyso_caller *caller);
struct kyso_caller_lookup;
int kyso_caller_lookup(struct kyso_callers *callers, const char *name, kyso_caller_fn fn,
                       void *data, struct kyso_caller_lookup **ret_lookup) KYSO_MUST_CHECK;
struct kyso_caller_lookup *kyso_caller_lookup_free(struct kyso_caller_lookup *lookup);

const char *kyso_caller_name(const struct kyso_caller *caller); /* unique bus name */
uid_t kyso_caller_uid(const struct kyso_caller *caller);
const char *kyso_caller_user(const struct kyso_caller *caller); /* user name, "" when it has none */

void kyso_caller_hook(struct kyso_caller *caller, struct kyso_caller_hook *hook,
                      void (*fn)(void *data), void *data);
void kyso_caller_unhook(struct kyso_caller_hook *hook);

/* Signals of tokens and certificates go to callers that were allowed to read them. */
void kyso_caller_set_watching(struct kyso_caller *caller);
void kyso_callers_each_watching(struct kyso_callers *callers,
                                void (*fn)(void *data, const char *name), void *data);

/* The object that answers for PINs, or null. Replaces the one before. -ENOMEM. */
int kyso_caller_set_agent(struct kyso_caller *caller, const char *path) KYSO_MUST_CHECK;
const char *kyso_caller_agent(const struct kyso_caller *caller);

/* What a uid holds: KYSO_OUTCOME_LIMIT and *RET_WHICH ("jobs-per-user", "bytes-per-user", "jobs",
 * "bytes") when one more job with BYTES would pass a limit of design.md §9. */
int kyso_caller_charge(struct kyso_caller *caller, uint64_t bytes,
                       const char **ret_which) KYSO_MUST_CHECK;
void kyso_caller_release(struct kyso_callers *callers, uid_t uid, uint64_t bytes);

/* The bus says that a name has left. */
void kyso_callers_name_lost(struct kyso_callers *callers, const char *name);

#endif
