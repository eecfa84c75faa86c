/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DAEMON_STORE_ROSTER_H
#define KYSO_DAEMON_STORE_ROSTER_H

/* The rows of the roster, and those of persons and organisations as the forms want them; what they
 * mean and what they may hold is daemon/roster's and daemon/party's. Outcome of each:
 * KYSO_OUTCOME_STORE_FAILED. Strings are borrowed, in both directions for the call only. */

#include "daemon/store.h"

struct kyso_store_roster_row {
    const uint8_t *sha256; /* 32 bytes */
    bool removed;          /* a tombstone: nothing else of the row counts */
    const char *class;     /* a word of policy/order */
    bool authority, digitised_copy_signer;
    const char *organisation, *title;
    uint32_t effective; /* yyyymmdd; 0: not recorded */
    uint32_t renewals;
    const char *holder, *manager; /* ids of persons, "" */
    const char *users;            /* separated by commas */
};

/* Makes or replaces. */
int kyso_store_roster_save(struct kyso_store *store,
                           const struct kyso_store_roster_row *row) KYSO_MUST_CHECK;
/* Calls FN for the row of SHA256, a tombstone too; not at all when there is none. */
int kyso_store_roster_one(struct kyso_store *store, const uint8_t sha256[32],
                          int (*fn)(void *data, const struct kyso_store_roster_row *row),
                          void *data) KYSO_MUST_CHECK;
/* Calls FN for each in the order of the fingerprints, tombstones too. A non-zero result of FN ends
 * the walk and is returned. */
int kyso_store_roster_each(struct kyso_store *store,
                           int (*fn)(void *data, const struct kyso_store_roster_row *row),
                           void *data) KYSO_MUST_CHECK;

/* ---- persons and organisations ---- */

enum kyso_party_kind { KYSO_PARTY_PERSON, KYSO_PARTY_ORGANISATION, KYSO_PARTY_KINDS };

/* Puts N fields in place of all that were there; values of "" are left out. */
int kyso_store_party_save(struct kyso_store *store, enum kyso_party_kind kind, const char *id,
                          const char *const *fields, const char *const *values,
                          size_t n) KYSO_MUST_CHECK;
/* Also from the free pages; from the journal with kyso_store_forget() afterwards. */
int kyso_store_party_remove(struct kyso_store *store, enum kyso_party_kind kind,
                            const char *id) KYSO_MUST_CHECK;
/* Calls FN for each field of one; for none when there is no such party. */
int kyso_store_party_fields(struct kyso_store *store, enum kyso_party_kind kind, const char *id,
                            int (*fn)(void *data, const char *field, const char *value),
                            void *data) KYSO_MUST_CHECK;
/* Calls FN with the id of each, in order, and the value of FIELD, "" where it has none. */
int kyso_store_party_each(struct kyso_store *store, enum kyso_party_kind kind, const char *field,
                          int (*fn)(void *data, const char *id, const char *value),
                          void *data) KYSO_MUST_CHECK;
/* Whether an entry of the roster, or a person, names it. */
int kyso_store_party_in_use(struct kyso_store *store, enum kyso_party_kind kind, const char *id,
                            bool *ret_in_use) KYSO_MUST_CHECK;

#endif
