/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/party.h"

#include <errno.h>
#include <string.h>

#include "common/error.h"
#include "common/outcome.h"
#include "daemon/party-private.h"

/* ---- names of the fields ---- */

static const char *const PERSON[] = {
    "name",    "gender",   "birth-date", "birth-place", "nationality", "id-number",
    "id-date", "id-place", "post",       "title",       "unit",        "organisation",
    "phone",   "mobile",   "home-phone", "fax",         "mail",        "home-address",
};
static const char *const ORGANISATION[] = {
    "name", "parent", "superiors", "address",     "province",  "place",      "phone",
    "fax",  "mail",   "tax-code",  "budget-code", "head-name", "head-title", "manager-title",
};
_Static_assert(KYSO_ARRAY_LEN(PERSON) <= KYSO_PARTY_FIELDS_MAX, "fields of a person");
_Static_assert(KYSO_ARRAY_LEN(ORGANISATION) <= KYSO_PARTY_FIELDS_MAX, "fields of an organisation");

const char *const *kyso_party_field_names(enum kyso_party_kind kind, size_t *ret_n)
{
    bool person = kind == KYSO_PARTY_PERSON;

    *ret_n = person ? KYSO_ARRAY_LEN(PERSON) : KYSO_ARRAY_LEN(ORGANISATION);
    return person ? PERSON : ORGANISATION;
}

size_t kyso_party_field(enum kyso_party_kind kind, const char *name)
{
    size_t n;
    const char *const *names = kyso_party_field_names(kind, &n);

    for (size_t i = 0; i < n; i++) {
        if (strcmp(names[i], name) == 0)
            return i;
    }
    return KYSO_PARTY_FIELDS_MAX;
}

/* ---- one party in memory ---- */

static void wipe(char **text)
{
    if (*text != NULL)
        explicit_bzero(*text, strlen(*text));
    free(*text);
    *text = NULL;
}

void kyso_party_done(struct kyso_party *party)
{
    for (size_t i = 0; i < KYSO_PARTY_FIELDS_MAX; i++)
        wipe(&party->values[i]);
    wipe(&party->id);
    *party = (struct kyso_party){0};
}

const char *kyso_party_get(const struct kyso_party *party, const char *field)
{
    size_t i = kyso_party_field(party->kind, field);

    return i < KYSO_PARTY_FIELDS_MAX ? party->values[i] : NULL;
}

int kyso_party_init(struct kyso_party *party, enum kyso_party_kind kind, const char *id)
{
    size_t n;
    int r = 0;

    (void)kyso_party_field_names(kind, &n);
    *party = (struct kyso_party){.kind = kind, .id = strdup(id)};
    for (size_t i = 0; i < n; i++)
        r = kyso_party_set(party, i, "") != 0 ? -ENOMEM : r;
    return party->id != NULL && r == 0 ? 0 : kyso_trace(-ENOMEM);
}

int kyso_party_set(struct kyso_party *party, size_t field, const char *value)
{
    char *copy = strdup(value);

    if (copy == NULL)
        return kyso_trace(-ENOMEM);
    wipe(&party->values[field]);
    party->values[field] = copy;
    return 0;
}

struct loading {
    struct kyso_party *party;
    bool found;
};

/* A field that a later kyso wrote is left out. */
static int take_field(void *data, const char *field, const char *value)
{
    struct loading *loading = data;
    size_t i = kyso_party_field(loading->party->kind, field);

    loading->found = true;
    return i < KYSO_PARTY_FIELDS_MAX ? kyso_party_set(loading->party, i, value) : 0;
}

int kyso_party_load(struct kyso_store *store, enum kyso_party_kind kind, const char *id,
                    struct kyso_party *ret_party)
{
    struct kyso_party party = {0};
    struct loading loading = {.party = &party};
    int r = kyso_party_init(&party, kind, id);

    if (r == 0)
        r = kyso_store_party_fields(store, kind, id, take_field, &loading);
    if (r == 0 && !loading.found)
        r = KYSO_OUTCOME_NOT_FOUND;
    if (r != 0)
        kyso_party_done(&party);
    else
        *ret_party = party;
    return r;
}
