/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/policy-change.h"

#include <string.h>

#include "common/outcome.h"
#include "daemon/store-setting.h"

#define PROFILE "profile"
#define UNCHECKED "seal-without-revocation-check"

struct policy {
    char profile[KYSO_STORE_SETTING_MAX], unchecked[KYSO_STORE_SETTING_MAX];
};

/* KYSO_OUTCOME_NOT_FOUND when there was no start before. */
static int read_last(struct kyso_store *store, struct policy *policy)
{
    int r = kyso_store_setting_get(store, PROFILE, policy->profile);

    return r == 0 ? kyso_store_setting_get(store, UNCHECKED, policy->unchecked) : r;
}

static int append(struct kyso_audit *audit, const struct policy *old,
                  const struct kyso_settings *settings)
{
    struct kyso_audit_entry *entry = kyso_audit_entry("policy-changed", NULL);

    kyso_audit_text(entry, "old-profile", old->profile);
    kyso_audit_text(entry, "new-profile", settings->profile.id);
    kyso_audit_flag(entry, "old-seal-without-revocation-check", strcmp(old->unchecked, "yes") == 0);
    kyso_audit_flag(entry, "new-seal-without-revocation-check",
                    settings->seal_without_revocation_check);
    return kyso_audit_append(audit, entry);
}

static int record(struct kyso_store *store, struct kyso_audit *audit,
                  const struct kyso_settings *settings)
{
    const char *unchecked = settings->seal_without_revocation_check ? "yes" : "no";
    struct policy old;
    int r = read_last(store, &old);

    if (r == 0 && strcmp(old.profile, settings->profile.id) == 0 &&
        strcmp(old.unchecked, unchecked) == 0)
        return 0;
    if (r == 0)
        r = append(audit, &old, settings);
    if (r == 0 || r == KYSO_OUTCOME_NOT_FOUND)
        r = kyso_store_setting_put(store, PROFILE, settings->profile.id);
    return r == 0 ? kyso_store_setting_put(store, UNCHECKED, unchecked) : r;
}

int kyso_policy_change_record(struct kyso_store *store, struct kyso_audit *audit,
                              const struct kyso_settings *settings)
{
    int r = kyso_store_begin(store);

    if (r == 0)
        r = record(store, audit, settings);
    return kyso_store_end(store, r);
}
