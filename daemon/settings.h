/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DAEMON_SETTINGS_H
#define KYSO_DAEMON_SETTINGS_H

/* The administrator's configuration, read once at start from a root-owned folder: kyso.conf,
 * modules.d/NAME.conf, roots.d/NAME.pem, intermediates.d/NAME.pem, and the profile's data from the
 * package. What is not understood stops the start: a rule that was misread is worse than no daemon.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cms/remote.h"
#include "common/conf.h"
#include "policy/profile.h"

struct kyso_module {
    char *name, *path,
        *readers;       /* READERS: shell pattern of PC/SC names; "" for a module without */
    uint32_t priority;  /* lower is asked first */
    uint32_t max_tries; /* of its tokens, 0: unknown */
    bool flags_frozen;  /* its PIN flags never change */
    char *environment;  /* one "NAME=value" (OPENSC_CONF, SOFTHSM2_CONF), or null */
};

struct kyso_settings {
    char profile_id[64];
    bool seal_without_revocation_check;
    uint64_t document_max; /* bytes */
    struct kyso_profile profile;
    struct kyso_trust trust;
    size_t n_roots;
    struct kyso_module *modules; /* by priority */
    size_t n_modules;
};

/* Reads FOLDER and DATA (where profiles/ is). KYSO_OUTCOME_BAD_ARGUMENT with *RET_PROBLEM. */
int kyso_settings_load(const char *folder, const char *data, struct kyso_settings **ret_settings,
                       struct kyso_conf_problem *ret_problem) KYSO_MUST_CHECK;
struct kyso_settings *kyso_settings_free(struct kyso_settings *config);

/* The module that READER belongs to, or null. */
const struct kyso_module *kyso_settings_module_of(const struct kyso_settings *config,
                                                  const char *reader);

#endif
