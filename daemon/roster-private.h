/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DAEMON_ROSTER_PRIVATE_H
#define KYSO_DAEMON_ROSTER_PRIVATE_H

/* Shared by roster.c (the entries in memory), roster-entry.c (one entry), roster-change.c and
 * roster-file.c (roster.d). */

#include "daemon/roster.h"
#include "daemon/store-roster.h"

#define KYSO_ROSTER_FIELDS 10

struct kyso_roster_name {
    char *id, *name;
};

struct kyso_roster {
    struct kyso_store *store;
    struct kyso_audit *audit;
    struct kyso_roster_entry *entries; /* in the order of the fingerprints */
    size_t n, capacity;
    struct kyso_roster_name *names; /* of organisations, in the order of the ids */
    size_t n_names;
    void (*changed)(void *data, const uint8_t sha256[KYSO_FINGERPRINT_SIZE]);
    void *changed_data;
};

/* ---- one entry ---- */

extern const char *const KYSO_ROSTER_FIELD_NAMES[KYSO_ROSTER_FIELDS];

/* An entry that says nothing; done in any case. -ENOMEM. */
int kyso_roster_entry_init(struct kyso_roster_entry *entry,
                           const uint8_t sha256[KYSO_FINGERPRINT_SIZE]) KYSO_MUST_CHECK;
int kyso_roster_entry_copy(const struct kyso_roster_entry *from,
                           struct kyso_roster_entry *ret_entry) KYSO_MUST_CHECK;
void kyso_roster_entry_done(struct kyso_roster_entry *entry);
int kyso_roster_entry_from_row(const struct kyso_store_roster_row *row,
                               struct kyso_roster_entry *ret_entry) KYSO_MUST_CHECK;
int kyso_roster_entry_save(struct kyso_store *store,
                           const struct kyso_roster_entry *entry) KYSO_MUST_CHECK;

/* Sets one field from text: null, or what is wrong. */
const char *kyso_roster_entry_set(struct kyso_roster_entry *entry, const char *field,
                                  const char *value);
/* What is wrong with the whole: null, or a word, with the field it is about. */
const char *kyso_roster_entry_check(const struct kyso_roster_entry *entry, const char **ret_field);
/* The names of the fields that differ, organisation_name not being one. */
size_t kyso_roster_entry_diff(const struct kyso_roster_entry *a, const struct kyso_roster_entry *b,
                              const char *names[KYSO_ROSTER_FIELDS]);

/* ---- the entries in memory ---- */

/* Room for N more, so that put cannot fail. */
int kyso_roster_reserve(struct kyso_roster *roster, size_t n) KYSO_MUST_CHECK;
/* Takes ENTRY's contents over, in place of the one before. */
void kyso_roster_put(struct kyso_roster *roster, struct kyso_roster_entry *entry);
void kyso_roster_drop(struct kyso_roster *roster, const uint8_t sha256[KYSO_FINGERPRINT_SIZE]);
/* Sets the entry's organisation_name. */
int kyso_roster_name_entry(const struct kyso_roster *roster,
                           struct kyso_roster_entry *entry) KYSO_MUST_CHECK;

/* Takes over from roster.d what the store has never had. */
int kyso_roster_read_files(struct kyso_roster *roster, const char *folder,
                           struct kyso_conf_problem *ret_problem) KYSO_MUST_CHECK;

#endif
