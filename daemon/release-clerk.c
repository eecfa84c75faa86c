/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/release-clerk.h"

#include <string.h>

static bool same(const char *a, const char *b)
{
    return strcmp(a != NULL ? a : "", b != NULL ? b : "") == 0;
}

/* A clerk of ORGANISATION; null: of any. One without a name has only those of the seal itself. */
static bool is_clerk(const struct kyso_roster *roster, const char *organisation, const char *user)
{
    const struct kyso_roster_entry *entry;

    if (organisation != NULL && *organisation == '\0')
        return false;
    for (size_t i = 0; (entry = kyso_roster_at(roster, i)) != NULL; i++) {
        if (entry->class == KYSO_CLASS_SEAL &&
            (organisation == NULL || same(entry->organisation, organisation)) &&
            kyso_roster_lists_user(entry, user))
            return true;
    }
    return false;
}

static bool covers_more(const struct kyso_signature_fact *fact,
                        const struct kyso_signature_fact *than)
{
    return than == NULL || fact->covers_to > than->covers_to;
}

static const struct kyso_signature_fact *newest(const struct kyso_signature_fact *facts, size_t n,
                                                enum kyso_class class)
{
    const struct kyso_signature_fact *found = NULL;

    for (size_t i = 0; i < n; i++) {
        if (!facts[i].is_timestamp && facts[i].class == class && covers_more(&facts[i], found))
            found = &facts[i];
    }
    return found;
}

/* The newest person of an organisation whose clerk USER is; ENTITLED: who could sign for it. */
static const struct kyso_signature_fact *person_of(const struct kyso_roster *roster,
                                                   const struct kyso_signature_fact *facts,
                                                   size_t n, const char *user, bool entitled)
{
    const struct kyso_signature_fact *found = NULL;

    for (size_t i = 0; i < n; i++) {
        const struct kyso_signature_fact *fact = &facts[i];

        if (fact->is_timestamp || fact->class != KYSO_CLASS_PERSON || !covers_more(fact, found))
            continue;
        if ((!entitled || fact->authority || fact->digitised_copy_signer) &&
            is_clerk(roster, fact->organisation != NULL ? fact->organisation : "", user))
            found = fact;
    }
    return found;
}

struct kyso_signer_fact kyso_release_clerk(const struct kyso_roster *roster,
                                           const struct kyso_signature_fact *facts, size_t n,
                                           const char *user)
{
    const struct kyso_signature_fact *fact = newest(facts, n, KYSO_CLASS_SEAL);
    struct kyso_signer_fact signer = {.organisation = ""};

    if (fact != NULL) {
        const struct kyso_roster_entry *entry = kyso_roster_find(roster, fact->certificate);

        signer.organisation = fact->organisation != NULL ? fact->organisation : "";
        signer.caller_listed = (entry != NULL && kyso_roster_lists_user(entry, user)) ||
                               is_clerk(roster, signer.organisation, user);
        return signer;
    }
    fact = person_of(roster, facts, n, user, true);
    if (fact == NULL)
        fact = person_of(roster, facts, n, user, false);
    signer.caller_listed = fact != NULL;
    if (fact == NULL)
        fact = newest(facts, n, KYSO_CLASS_PERSON);
    if (fact == NULL) /* nobody to go by: any clerk may hear what is missing */
        signer.caller_listed = is_clerk(roster, NULL, user);
    else if (fact->organisation != NULL)
        signer.organisation = fact->organisation;
    return signer;
}
