/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DAEMON_PARTY_H
#define KYSO_DAEMON_PARTY_H

/* Persons and organisations as the official forms want them: birth dates, numbers of identity
 * papers, addresses. They are personal data (K-17): read from the store only while a form is made
 * or an administrator looks, wiped afterwards, never in a log line, a signal or the audit log,
 * which have ids and names of fields instead. */

#include "daemon/roster.h"
#include "daemon/store-roster.h"

#define KYSO_PARTY_FIELDS_MAX 24
#define KYSO_PARTY_TEXT_MAX 512 /* bytes of a value */
#define KYSO_PERSON_ID_MAX 64   /* bytes; of an organisation's: KYSO_ORGANISATION_ID_MAX */
#define KYSO_ORGANISATION_ID_MAX 256

/* The names of a KIND's fields, in the order of forms and tables; *RET_N of them.
 *
 * Person: name, gender (male, female), birth-date, birth-place, nationality, id-number, id-date,
 * id-place, post ("chức vụ"), title ("chức danh" of an authorised signer), unit, organisation (id),
 * phone, mobile, home-phone, fax, mail, home-address.
 * Organisation: name, parent (name of the body above, "cơ quan chủ quản"), superiors (all bodies
 * above, as one text), address, province, place ("địa danh"), phone, fax, mail, tax-code,
 * budget-code, head-name, head-title, manager-title (of who manages subscribers).
 *
 * Dates are YYYY-MM-DD. */
const char *const *kyso_party_field_names(enum kyso_party_kind kind, size_t *ret_n);

struct kyso_party {
    enum kyso_party_kind kind;
    char *id;
    char *values[KYSO_PARTY_FIELDS_MAX]; /* as the names; never null up to their number */
};

/* KYSO_OUTCOME_NOT_FOUND, KYSO_OUTCOME_STORE_FAILED. */
int kyso_party_load(struct kyso_store *store, enum kyso_party_kind kind, const char *id,
                    struct kyso_party *ret_party) KYSO_MUST_CHECK;
/* Wipes and frees. */
void kyso_party_done(struct kyso_party *party);
#define KYSO_PARTY KYSO_CLEANUP(kyso_party_done)
/* The value of FIELD, "" when it is not recorded; null when there is no such field. */
const char *kyso_party_get(const struct kyso_party *party, const char *field);

static inline int kyso_person_load(struct kyso_store *store, const char *id,
                                   struct kyso_party *ret_person)
{
    return kyso_party_load(store, KYSO_PARTY_PERSON, id, ret_person);
}
static inline int kyso_organisation_load(struct kyso_store *store, const char *id,
                                         struct kyso_party *ret_organisation)
{
    return kyso_party_load(store, KYSO_PARTY_ORGANISATION, id, ret_organisation);
}

/* ---- changes ---- */

/* As kyso_roster_import. Audit: "person-changed" or "organisation-changed" for each, with the id
 * and the names of the fields that differ. */
int kyso_party_import(struct kyso_roster *roster, enum kyso_party_kind kind,
                      const struct kyso_caller *caller, const struct kyso_change *changes, size_t n,
                      bool dry_run, struct kyso_change_report *ret_report) KYSO_MUST_CHECK;
/* Removes it for good. Audit: "person-removed" or "organisation-removed". KYSO_OUTCOME_NOT_FOUND;
 * KYSO_OUTCOME_BAD_ARGUMENT while an entry of the roster, or a person, names it;
 * KYSO_OUTCOME_STORE_FAILED. */
int kyso_party_remove(struct kyso_roster *roster, enum kyso_party_kind kind,
                      const struct kyso_caller *caller, const char *id) KYSO_MUST_CHECK;

#endif
