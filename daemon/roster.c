/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/roster.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/error.h"
#include "common/text.h"

struct kyso_roster {
    struct kyso_roster_entry *entries;
    size_t n;
};

static const char *new_entry(struct kyso_roster *roster, const char *fingerprint)
{
    struct kyso_roster_entry entry = {0}, *grown;

    if (!kyso_text_from_hex(fingerprint, entry.sha256, sizeof(entry.sha256)))
        return "bad-fingerprint";
    if (kyso_roster_find(roster, entry.sha256) != NULL)
        return "certificate-given-twice";
    grown = reallocarray(roster->entries, roster->n + 1, sizeof(*grown));
    if (grown == NULL)
        return "no-memory";
    roster->entries = grown;
    grown[roster->n++] = entry;
    return NULL;
}

static const char *set_text(char **to, const char *value)
{
    if (*to != NULL)
        return "given-twice";
    *to = strdup(value);
    return *to != NULL ? NULL : "no-memory";
}

static const char *add_user(struct kyso_roster_entry *entry, const char *name)
{
    char **grown = reallocarray(entry->users, entry->n_users + 1, sizeof(*grown));

    if (grown == NULL)
        return "no-memory";
    entry->users = grown;
    grown[entry->n_users] = strdup(name);
    return grown[entry->n_users++] != NULL ? NULL : "no-memory";
}

static const char *set_users(struct kyso_roster_entry *entry, const char *value)
{
    KYSO_FREE char *copy = strdup(value);
    char *rest = copy, *name;

    if (copy == NULL)
        return "no-memory";
    while ((name = strsep(&rest, ",")) != NULL) {
        const char *what;
        size_t length;

        name += strspn(name, " \t");
        length = strcspn(name, " \t");
        if (name[length + strspn(name + length, " \t")] != '\0')
            return "bad-value"; /* two names without a comma */
        name[length] = '\0';
        if (length == 0)
            continue;
        what = add_user(entry, name);
        if (what != NULL)
            return what;
    }
    return NULL;
}

static const char *set_class(struct kyso_roster_entry *entry, const char *value)
{
    return kyso_class_from_name(value, &entry->class) ? NULL : "bad-class";
}

static const char *roster_key(void *data, const char *section, const char *name, const char *key,
                              const char *value)
{
    struct kyso_roster *roster = data;
    struct kyso_roster_entry *entry;

    if (strcmp(section, "certificate") != 0)
        return "unknown-section";
    if (key == NULL)
        return new_entry(roster, name);
    entry = &roster->entries[roster->n - 1];
    if (strcmp(key, "class") == 0)
        return set_class(entry, value);
    if (strcmp(key, "authority") == 0)
        return kyso_conf_to_bool(value, &entry->authority) ? NULL : "bad-value";
    if (strcmp(key, "digitised-copy-signer") == 0)
        return kyso_conf_to_bool(value, &entry->digitised_copy_signer) ? NULL : "bad-value";
    if (strcmp(key, "organisation") == 0)
        return set_text(&entry->organisation, value);
    if (strcmp(key, "title") == 0)
        return set_text(&entry->title, value);
    if (strcmp(key, "effective") == 0)
        return *value == '\0' || kyso_text_to_day(value, &entry->effective) ? NULL : "bad-date";
    if (strcmp(key, "users") == 0)
        return set_users(entry, value);
    return "unknown-key";
}

int kyso_roster_load(const char *folder, struct kyso_roster **ret_roster,
                     struct kyso_conf_problem *ret_problem)
{
    struct kyso_roster *roster = calloc(1, sizeof(*roster));
    char path[PATH_MAX];
    int r;

    if (roster == NULL)
        return kyso_trace(-ENOMEM);
    (void)snprintf(path, sizeof(path), "%s/roster.d", folder);
    r = kyso_conf_read_folder(path, ".conf", true, roster_key, roster, ret_problem);
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
    for (size_t i = 0; i < roster->n; i++) {
        free(roster->entries[i].organisation);
        free(roster->entries[i].title);
        for (size_t j = 0; j < roster->entries[i].n_users; j++)
            free(roster->entries[i].users[j]);
        free(roster->entries[i].users);
    }
    free(roster->entries);
    free(roster);
    return NULL;
}

const struct kyso_roster_entry *kyso_roster_find(const struct kyso_roster *roster,
                                                 const uint8_t sha256[KYSO_FINGERPRINT_SIZE])
{
    for (size_t i = 0; i < roster->n; i++) {
        if (memcmp(roster->entries[i].sha256, sha256, KYSO_FINGERPRINT_SIZE) == 0)
            return &roster->entries[i];
    }
    return NULL;
}

const struct kyso_roster_entry *kyso_roster_at(const struct kyso_roster *roster, size_t index)
{
    return index < roster->n ? &roster->entries[index] : NULL;
}

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
