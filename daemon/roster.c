/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/roster.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "common/error.h"
#include "common/log.h"
#include "common/outcome.h"
#include "daemon/roster-private.h"

/* ---- the entries in memory ---- */

/* Where SHA256 is, or would have to be. */
static size_t place_of(const struct kyso_roster *roster,
                       const uint8_t sha256[KYSO_FINGERPRINT_SIZE], bool *ret_there)
{
    size_t low = 0, high = roster->n;

    *ret_there = false;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = memcmp(roster->entries[middle].sha256, sha256, KYSO_FINGERPRINT_SIZE);

        if (order == 0) {
            *ret_there = true;
            return middle;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct kyso_roster_entry *kyso_roster_find(const struct kyso_roster *roster,
                                                 const uint8_t sha256[KYSO_FINGERPRINT_SIZE])
{
    bool there;
    size_t at = place_of(roster, sha256, &there);

    return there ? &roster->entries[at] : NULL;
}

const struct kyso_roster_entry *kyso_roster_at(const struct kyso_roster *roster, size_t index)
{
    return index < roster->n ? &roster->entries[index] : NULL;
}

int kyso_roster_reserve(struct kyso_roster *roster, size_t n)
{
    struct kyso_roster_entry *grown;

    if (n <= roster->capacity - roster->n)
        return 0;
    grown = reallocarray(roster->entries, roster->n + n, sizeof(*grown));
    if (grown == NULL)
        return kyso_trace(-ENOMEM);
    roster->entries = grown;
    roster->capacity = roster->n + n;
    return 0;
}

void kyso_roster_put(struct kyso_roster *roster, struct kyso_roster_entry *entry)
{
    bool there;
    size_t at = place_of(roster, entry->sha256, &there);

    if (there) {
        kyso_roster_entry_done(&roster->entries[at]);
    } else {
        memmove(&roster->entries[at + 1], &roster->entries[at],
                (roster->n - at) * sizeof(*roster->entries));
        roster->n++;
    }
    roster->entries[at] = *entry;
    *entry = (struct kyso_roster_entry){0};
}

void kyso_roster_drop(struct kyso_roster *roster, const uint8_t sha256[KYSO_FINGERPRINT_SIZE])
{
    bool there;
    size_t at = place_of(roster, sha256, &there);

    if (!there)
        return;
    kyso_roster_entry_done(&roster->entries[at]);
    roster->n--;
    memmove(&roster->entries[at], &roster->entries[at + 1],
            (roster->n - at) * sizeof(*roster->entries));
}

/* ---- names of organisations ---- */

static void forget_names(struct kyso_roster *roster)
{
    for (size_t i = 0; i < roster->n_names; i++) {
        free(roster->names[i].id);
        free(roster->names[i].name);
    }
    free(roster->names);
    roster->names = NULL;
    roster->n_names = 0;
}

static int add_name(void *data, const char *id, const char *name)
{
    struct kyso_roster *roster = data;
    struct kyso_roster_name *grown =
        reallocarray(roster->names, roster->n_names + 1, sizeof(*grown));

    if (grown == NULL)
        return kyso_trace(-ENOMEM);
    roster->names = grown;
    grown[roster->n_names] = (struct kyso_roster_name){strdup(id), strdup(name)};
    roster->n_names++;
    return grown[roster->n_names - 1].id != NULL && grown[roster->n_names - 1].name != NULL
               ? 0
               : kyso_trace(-ENOMEM);
}

static int load_names(struct kyso_roster *roster)
{
    forget_names(roster);
    return kyso_store_party_each(roster->store, KYSO_PARTY_ORGANISATION, "name", add_name, roster);
}

static int by_id(const void *key, const void *name)
{
    return strcmp(key, ((const struct kyso_roster_name *)name)->id);
}

int kyso_roster_name_entry(const struct kyso_roster *roster, struct kyso_roster_entry *entry)
{
    const struct kyso_roster_name *found =
        roster->n_names == 0 ? NULL
                             : bsearch(entry->organisation, roster->names, roster->n_names,
                                       sizeof(*roster->names), by_id);
    char *name = strdup(found != NULL ? found->name : entry->organisation);

    if (name == NULL)
        return kyso_trace(-ENOMEM);
    free(entry->organisation_name);
    entry->organisation_name = name;
    return 0;
}

int kyso_roster_rename(struct kyso_roster *roster)
{
    int r = load_names(roster);

    for (size_t i = 0; r == 0 && i < roster->n; i++) {
        struct kyso_roster_entry *entry = &roster->entries[i];
        KYSO_FREE char *before = strdup(entry->organisation_name);

        r = before != NULL ? kyso_roster_name_entry(roster, entry) : -ENOMEM;
        if (r == 0 && strcmp(before, entry->organisation_name) != 0 && roster->changed != NULL)
            roster->changed(roster->changed_data, entry->sha256);
    }
    return r;
}

/* ---- the whole ---- */

static int load_row(void *data, const struct kyso_store_roster_row *row)
{
    struct kyso_roster *roster = data;
    struct kyso_roster_entry entry;
    int r;

    if (row->removed)
        return 0;
    r = kyso_roster_entry_from_row(row, &entry);
    if (r == 0)
        r = kyso_roster_name_entry(roster, &entry);
    if (r == 0)
        r = kyso_roster_reserve(roster, 1);
    if (r == 0)
        kyso_roster_put(roster, &entry);
    kyso_roster_entry_done(&entry);
    if (r == -EBADMSG) {
        kyso_log(KYSO_LOG_ERROR, "roster: an entry in the store cannot be understood");
        return KYSO_OUTCOME_STORE_FAILED;
    }
    return r;
}

int kyso_roster_open(struct kyso_store *store, struct kyso_audit *audit, const char *folder,
                     struct kyso_roster **ret_roster, struct kyso_conf_problem *ret_problem)
{
    struct kyso_roster *roster = calloc(1, sizeof(*roster));
    int r;

    if (roster == NULL)
        return kyso_trace(-ENOMEM);
    roster->store = store;
    roster->audit = audit;
    r = kyso_roster_read_files(roster, folder, ret_problem);
    if (r == 0)
        r = load_names(roster);
    if (r == 0)
        r = kyso_store_roster_each(store, load_row, roster);
    if (r != 0) {
        (void)kyso_roster_free(roster);
        return r;
    }
    *ret_roster = roster;
    return 0;
}

struct kyso_roster *kyso_roster_free(struct kyso_roster *roster)
{
    if (roster == NULL)
        return NULL;
    for (size_t i = 0; i < roster->n; i++)
        kyso_roster_entry_done(&roster->entries[i]);
    free(roster->entries);
    forget_names(roster);
    free(roster);
    return NULL;
}

void kyso_roster_on_change(struct kyso_roster *roster,
                           void (*fn)(void *data, const uint8_t sha256[KYSO_FINGERPRINT_SIZE]),
                           void *data)
{
    roster->changed = fn;
    roster->changed_data = data;
}

struct kyso_store *kyso_roster_store(const struct kyso_roster *roster)
{
    return roster->store;
}

struct kyso_audit *kyso_roster_audit(const struct kyso_roster *roster)
{
    return roster->audit;
}

/* ---- what an entry says ---- */

bool kyso_roster_lists_user(const struct kyso_roster_entry *entry, const char *user)
{
    for (size_t i = 0; i < entry->n_users; i++) {
        if (strcmp(entry->users[i], user) == 0)
            return true;
    }
    return false;
}

bool kyso_roster_effective(const struct kyso_roster_entry *entry, uint64_t seconds)
{
    time_t when = (time_t)seconds;
    struct tm local;

    if (entry->effective == 0)
        return true;
    if (localtime_r(&when, &local) == NULL)
        return false;
    return (uint32_t)(local.tm_year + 1900) * 10000 + (uint32_t)(local.tm_mon + 1) * 100 +
               (uint32_t)local.tm_mday >=
           entry->effective;
}
