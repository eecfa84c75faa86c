/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DAEMON_ROSTER_H
#define KYSO_DAEMON_ROSTER_H

/* Who a certificate belongs to (K-08): entries bound to fingerprints, kept in the store and, for
 * whoever judges, in memory. An administrator's change is checked, written together with its audit
 * records, and acts at once.
 *
 * Whoever keeps something of an entry beyond the current turn of the loop copies it or finds the
 * entry again: a change frees it. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/conf.h"
#include "daemon/audit.h"
#include "daemon/change.h"
#include "daemon/store.h"
#include "policy/order.h"

#define KYSO_ROSTER_USERS_MAX 32

struct kyso_roster_entry {
    uint8_t sha256[KYSO_FINGERPRINT_SIZE];
    enum kyso_class class;
    bool authority, digitised_copy_signer;
    char *organisation;      /* id of an organisation; one that is not described is its own name */
    char *organisation_name; /* for people */
    char *title;
    uint32_t effective; /* yyyymmdd; 0: not recorded */
    uint32_t renewals;  /* how often the certificate was renewed already */
    char *holder;       /* id of the person it was issued to, "" */
    char *manager;      /* of a seal's or device's certificate: id of its manager, "" */
    char **users;       /* user names: the holder, or the clerks of a seal */
    size_t n_users;
};

struct kyso_roster;

/* Loads the roster from STORE. Entries of roster.d/NAME.conf in FOLDER (`[certificate SHA256]` with
 * class, authority ...) whose fingerprint the store has never had are taken over first, and
 * audited; of those that it knows, removed ones too, the store's word counts.
 * KYSO_OUTCOME_STORE_FAILED; KYSO_OUTCOME_BAD_ARGUMENT with *RET_PROBLEM. */
int kyso_roster_open(struct kyso_store *store, struct kyso_audit *audit, const char *folder,
                     struct kyso_roster **ret_roster,
                     struct kyso_conf_problem *ret_problem) KYSO_MUST_CHECK;
struct kyso_roster *kyso_roster_free(struct kyso_roster *roster);

/* Null when it is not recorded. */
const struct kyso_roster_entry *kyso_roster_find(const struct kyso_roster *roster,
                                                 const uint8_t sha256[KYSO_FINGERPRINT_SIZE]);
/* In the order of the fingerprints; null from the end on. */
const struct kyso_roster_entry *kyso_roster_at(const struct kyso_roster *roster, size_t index);
bool kyso_roster_lists_user(const struct kyso_roster_entry *entry, const char *user);
/* Whether DAY (seconds since 1970, local calendar) is on or after the effective date (K-09). */
bool kyso_roster_effective(const struct kyso_roster_entry *entry, uint64_t seconds);

/* ---- changes ---- */

/* Checks all CHANGES and, when there is no problem and no DRY_RUN, makes all of them or none.
 * Fields: class (person, seal, device), authority and digitised-copy-signer (yes, no),
 * organisation, title, effective (YYYY-MM-DD or ""), renewals, holder, manager, users (separated by
 * commas). Audit: "roster-changed" for each, with the names of the fields that differ. CALLER may
 * be null. 0 (with or without problems); KYSO_OUTCOME_STORE_FAILED, KYSO_OUTCOME_LIMIT. */
int kyso_roster_import(struct kyso_roster *roster, const struct kyso_caller *caller,
                       const struct kyso_change *changes, size_t n, bool dry_run,
                       struct kyso_change_report *ret_report) KYSO_MUST_CHECK;
/* Leaves a tombstone, so that no file brings the entry back. Audit: "roster-removed".
 * KYSO_OUTCOME_NOT_FOUND, KYSO_OUTCOME_STORE_FAILED. */
int kyso_roster_remove(struct kyso_roster *roster, const struct kyso_caller *caller,
                       const uint8_t sha256[KYSO_FINGERPRINT_SIZE]) KYSO_MUST_CHECK;

/* FN is called for each certificate whose entry is another one now; one at a time. */
void kyso_roster_on_change(struct kyso_roster *roster,
                           void (*fn)(void *data, const uint8_t sha256[KYSO_FINGERPRINT_SIZE]),
                           void *data);

struct kyso_store *kyso_roster_store(const struct kyso_roster *roster);
struct kyso_audit *kyso_roster_audit(const struct kyso_roster *roster);
/* After organisations changed: their names anew. KYSO_OUTCOME_STORE_FAILED. */
int kyso_roster_rename(struct kyso_roster *roster) KYSO_MUST_CHECK;

#endif
