/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_TESTS_PROFILE_FILE_H
#define KYSO_TESTS_PROFILE_FILE_H

/* Loads the profiles that are installed, the way the daemon does: the policy itself reads no file.
 * The build passes their folder. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/conf.h"
#include "policy/profile.h"

enum shipped { LS20, BD17, AG16, TB16, BD14, SHIPPED };

static const char *const shipped_ids[SHIPPED] = {
    [LS20] = "lang-son-2020",  [BD17] = "binh-duong-2017", [AG16] = "an-giang-2016",
    [TB16] = "thai-binh-2016", [BD14] = "binh-duong-2014",
};

struct profile_loading {
    struct kyso_profile *profile;
    const char *skip; /* key to leave out, or null */
};

static inline const char *profile_take(void *data, const char *section, const char *name,
                                       const char *key, const char *value)
{
    struct profile_loading *loading = data;
    const char *problem = NULL;
    char full[128];

    (void)name;
    if (key == NULL) {
        return strcmp(section, "profile") == 0 || strcmp(section, "clauses") == 0
                   ? NULL
                   : "unknown-section";
    }
    (void)snprintf(full, sizeof(full), "%s%s", strcmp(section, "clauses") == 0 ? "clauses." : "",
                   key);
    if (loading->skip != NULL && strcmp(full, loading->skip) == 0) {
        return NULL;
    }
    return kyso_profile_set(loading->profile, full, value, &problem) ? NULL : problem;
}

/* Loads a shipped profile, all keys but SKIP. Fails the test when the file is not read. */
static inline void profile_load_without(enum shipped which, const char *skip,
                                        struct kyso_profile *profile)
{
    struct profile_loading loading = {profile, skip};
    struct kyso_conf_problem problem = {.what = "none"};
    char path[512];
    int r;

    (void)snprintf(path, sizeof(path), "%s/%s.conf", KYSO_PROFILE_DIR, shipped_ids[which]);
    kyso_profile_init(profile);
    r = kyso_conf_read(path, false, profile_take, &loading, &problem);
    if (r != 0) {
        fail_msg("%s: line %u: %s (%d)", path, problem.line, problem.what, r);
    }
}

static inline void profile_load(enum shipped which, struct kyso_profile *profile)
{
    profile_load_without(which, NULL, profile);
}

#endif
