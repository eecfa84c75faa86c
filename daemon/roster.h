/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DAEMON_ROSTER_H
#define KYSO_DAEMON_ROSTER_H

/* Who a certificate belongs to (K-08), from roster.d/NAME.conf in the root-owned configuration:
 * `[certificate SHA256]` with class, authority, organisation, title, effective, users. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/conf.h"
#include "policy/order.h"

struct kyso_roster_entry {
    uint8_t sha256[KYSO_FINGERPRINT_SIZE];
    enum kyso_class class;
    bool authority, digitised_copy_signer;
    char *organisation, *title;
    uint32_t effective; /* yyyymmdd; 0: not recorded */
    char **users;       /* user names: the holder, or the clerks of a seal */
    size_t n_users;
};

struct kyso_roster;

int kyso_roster_load(const char *folder, struct kyso_roster **ret_roster,
                     struct kyso_conf_problem *ret_problem) KYSO_MUST_CHECK;
struct kyso_roster *kyso_roster_free(struct kyso_roster *roster);

/* Null when it is not recorded. */
const struct kyso_roster_entry *kyso_roster_find(const struct kyso_roster *roster,
                                                 const uint8_t sha256[KYSO_FINGERPRINT_SIZE]);
/* In no certain order; null from the end on. */
const struct kyso_roster_entry *kyso_roster_at(const struct kyso_roster *roster, size_t index);
bool kyso_roster_lists_user(const struct kyso_roster_entry *entry, const char *user);
/* Whether DAY (seconds since 1970, local calendar) is on or after the effective date (K-09). */
bool kyso_roster_effective(const struct kyso_roster_entry *entry, uint64_t seconds);

#endif
