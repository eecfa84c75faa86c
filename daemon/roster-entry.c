/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* One entry of the roster: from text and to the store. */

#include <errno.h>
#include <string.h>

#include "common/buf.h"
#include "common/error.h"
#include "common/text.h"
#include "daemon/roster-private.h"

#define TEXT_MAX 256 /* bytes */
#define USER_MAX 64  /* bytes of a user name */
#define RENEWALS_MAX 99

enum field {
    CLASS,
    AUTHORITY,
    DIGITISED_COPY_SIGNER,
    ORGANISATION,
    TITLE,
    EFFECTIVE,
    RENEWALS,
    HOLDER,
    MANAGER,
    USERS,
};

const char *const KYSO_ROSTER_FIELD_NAMES[KYSO_ROSTER_FIELDS] = {
    [CLASS] = "class",
    [AUTHORITY] = "authority",
    [DIGITISED_COPY_SIGNER] = "digitised-copy-signer",
    [ORGANISATION] = "organisation",
    [TITLE] = "title",
    [EFFECTIVE] = "effective",
    [RENEWALS] = "renewals",
    [HOLDER] = "holder",
    [MANAGER] = "manager",
    [USERS] = "users",
};

/* ---- making ---- */

static int replace(char **to, const char *text)
{
    char *copy = strdup(text);

    if (copy == NULL)
        return kyso_trace(-ENOMEM);
    free(*to);
    *to = copy;
    return 0;
}

int kyso_roster_entry_init(struct kyso_roster_entry *entry,
                           const uint8_t sha256[KYSO_FINGERPRINT_SIZE])
{
    char **const texts[] = {&entry->organisation, &entry->organisation_name, &entry->title,
                            &entry->holder, &entry->manager};
    int r = 0;

    *entry = (struct kyso_roster_entry){0};
    memcpy(entry->sha256, sha256, sizeof(entry->sha256));
    for (size_t i = 0; r == 0 && i < KYSO_ARRAY_LEN(texts); i++)
        r = replace(texts[i], "");
    return r;
}

static void drop_users(struct kyso_roster_entry *entry)
{
    for (size_t i = 0; i < entry->n_users; i++)
        free(entry->users[i]);
    free(entry->users);
    entry->users = NULL;
    entry->n_users = 0;
}

void kyso_roster_entry_done(struct kyso_roster_entry *entry)
{
    free(entry->organisation);
    free(entry->organisation_name);
    free(entry->title);
    free(entry->holder);
    free(entry->manager);
    drop_users(entry);
    *entry = (struct kyso_roster_entry){0};
}

static int add_user(struct kyso_roster_entry *entry, const char *name)
{
    char **grown;

    if (kyso_roster_lists_user(entry, name))
        return 0;
    grown = reallocarray(entry->users, entry->n_users + 1, sizeof(*grown));
    if (grown == NULL)
        return kyso_trace(-ENOMEM);
    entry->users = grown;
    grown[entry->n_users] = strdup(name);
    if (grown[entry->n_users] == NULL)
        return kyso_trace(-ENOMEM);
    entry->n_users++;
    return 0;
}

int kyso_roster_entry_copy(const struct kyso_roster_entry *from,
                           struct kyso_roster_entry *ret_entry)
{
    int r = kyso_roster_entry_init(ret_entry, from->sha256);

    if (r == 0)
        r = replace(&ret_entry->organisation, from->organisation);
    if (r == 0)
        r = replace(&ret_entry->organisation_name, from->organisation_name);
    if (r == 0)
        r = replace(&ret_entry->title, from->title);
    if (r == 0)
        r = replace(&ret_entry->holder, from->holder);
    if (r == 0)
        r = replace(&ret_entry->manager, from->manager);
    for (size_t i = 0; r == 0 && i < from->n_users; i++)
        r = add_user(ret_entry, from->users[i]);
    ret_entry->class = from->class;
    ret_entry->authority = from->authority;
    ret_entry->digitised_copy_signer = from->digitised_copy_signer;
    ret_entry->effective = from->effective;
    ret_entry->renewals = from->renewals;
    return r;
}

/* ---- from text ---- */

static bool is_user(const char *name, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if ((uint8_t)name[i] <= ' ' || name[i] == 0x7f || name[i] == ':' || name[i] == '/')
            return false;
    }
    return length <= USER_MAX && kyso_text_is_utf8(name, length);
}

static const char *set_users(struct kyso_roster_entry *entry, const char *value)
{
    KYSO_FREE char *copy = strdup(value);
    char *rest = copy, *name;

    if (copy == NULL)
        return "no-memory";
    drop_users(entry);
    while ((name = strsep(&rest, ",")) != NULL) {
        size_t length;

        name += strspn(name, " \t");
        length = strlen(name);
        while (length > 0 && strchr(" \t", name[length - 1]) != NULL)
            name[--length] = '\0';
        if (length == 0)
            continue;
        if (!is_user(name, length))
            return "bad-user"; /* two names without a comma, too */
        if (entry->n_users == KYSO_ROSTER_USERS_MAX)
            return "too-many-users";
        if (add_user(entry, name) != 0)
            return "no-memory";
    }
    return NULL;
}

static const char *set_text(char **to, const char *value)
{
    const char *what = kyso_change_check_text(value, TEXT_MAX);

    if (what != NULL)
        return what;
    return replace(to, value) == 0 ? NULL : "no-memory";
}

static const char *set_renewals(struct kyso_roster_entry *entry, const char *value)
{
    uint64_t number = 0;

    if (*value != '\0' && !kyso_text_to_u64(value, RENEWALS_MAX, &number))
        return "bad-number";
    entry->renewals = (uint32_t)number;
    return NULL;
}

static const char *set_effective(struct kyso_roster_entry *entry, const char *value)
{
    entry->effective = 0;
    return *value == '\0' || kyso_text_to_day(value, &entry->effective) ? NULL : "bad-date";
}

const char *kyso_roster_entry_set(struct kyso_roster_entry *entry, const char *field,
                                  const char *value)
{
    size_t i = 0;

    while (i < KYSO_ROSTER_FIELDS && strcmp(KYSO_ROSTER_FIELD_NAMES[i], field) != 0)
        i++;
    if (i == KYSO_ROSTER_FIELDS)
        return "unknown-field";
    switch ((enum field)i) {
    case CLASS:
        return kyso_class_from_name(value, &entry->class) ? NULL : "bad-class";
    case AUTHORITY:
        return kyso_conf_to_bool(value, &entry->authority) ? NULL : "bad-value";
    case DIGITISED_COPY_SIGNER:
        return kyso_conf_to_bool(value, &entry->digitised_copy_signer) ? NULL : "bad-value";
    case ORGANISATION:
        return set_text(&entry->organisation, value);
    case TITLE:
        return set_text(&entry->title, value);
    case EFFECTIVE:
        return set_effective(entry, value);
    case RENEWALS:
        return set_renewals(entry, value);
    case HOLDER:
        return set_text(&entry->holder, value);
    case MANAGER:
        return set_text(&entry->manager, value);
    case USERS:
        return set_users(entry, value);
    }
    return "unknown-field";
}

const char *kyso_roster_entry_check(const struct kyso_roster_entry *entry, const char **ret_field)
{
    bool person = entry->class == KYSO_CLASS_PERSON;
    const struct {
        enum field field;
        bool wrong;
        const char *what;
    } RULES[] = {
        {CLASS, entry->class == KYSO_CLASS_UNKNOWN, "missing"},
        {ORGANISATION, entry->organisation[0] == '\0', "missing"},
        {AUTHORITY, entry->authority && !person, "only-for-persons"},
        {DIGITISED_COPY_SIGNER, entry->digitised_copy_signer && !person, "only-for-persons"},
        {HOLDER, entry->holder[0] != '\0' && !person, "only-for-persons"},
        /* BD17-11.1b, Mẫu 04 note (3): a person's own certificate has no manager */
        {MANAGER, entry->manager[0] != '\0' && person, "not-for-persons"},
    };

    for (size_t i = 0; i < KYSO_ARRAY_LEN(RULES); i++) {
        if (RULES[i].wrong) {
            *ret_field = KYSO_ROSTER_FIELD_NAMES[RULES[i].field];
            return RULES[i].what;
        }
    }
    return NULL;
}

/* ---- comparing ---- */

static bool same_users(const struct kyso_roster_entry *a, const struct kyso_roster_entry *b)
{
    if (a->n_users != b->n_users)
        return false;
    for (size_t i = 0; i < a->n_users; i++) {
        if (strcmp(a->users[i], b->users[i]) != 0)
            return false;
    }
    return true;
}

size_t kyso_roster_entry_diff(const struct kyso_roster_entry *a, const struct kyso_roster_entry *b,
                              const char *names[KYSO_ROSTER_FIELDS])
{
    const bool differs[KYSO_ROSTER_FIELDS] = {
        [CLASS] = a->class != b->class,
        [AUTHORITY] = a->authority != b->authority,
        [DIGITISED_COPY_SIGNER] = a->digitised_copy_signer != b->digitised_copy_signer,
        [ORGANISATION] = strcmp(a->organisation, b->organisation) != 0,
        [TITLE] = strcmp(a->title, b->title) != 0,
        [EFFECTIVE] = a->effective != b->effective,
        [RENEWALS] = a->renewals != b->renewals,
        [HOLDER] = strcmp(a->holder, b->holder) != 0,
        [MANAGER] = strcmp(a->manager, b->manager) != 0,
        [USERS] = !same_users(a, b),
    };
    size_t n = 0;

    for (size_t i = 0; i < KYSO_ROSTER_FIELDS; i++) {
        if (differs[i])
            names[n++] = KYSO_ROSTER_FIELD_NAMES[i];
    }
    return n;
}

/* ---- the store ---- */

int kyso_roster_entry_from_row(const struct kyso_store_roster_row *row,
                               struct kyso_roster_entry *ret_entry)
{
    int r = kyso_roster_entry_init(ret_entry, row->sha256);

    if (r == 0)
        r = replace(&ret_entry->organisation, row->organisation);
    if (r == 0)
        r = replace(&ret_entry->title, row->title);
    if (r == 0)
        r = replace(&ret_entry->holder, row->holder);
    if (r == 0)
        r = replace(&ret_entry->manager, row->manager);
    if (r == 0 && set_users(ret_entry, row->users) != NULL)
        r = kyso_trace(-EBADMSG);
    if (r == 0 && !kyso_class_from_name(row->class, &ret_entry->class))
        r = kyso_trace(-EBADMSG);
    ret_entry->authority = row->authority;
    ret_entry->digitised_copy_signer = row->digitised_copy_signer;
    ret_entry->effective = row->effective;
    ret_entry->renewals = row->renewals;
    return r;
}

int kyso_roster_entry_save(struct kyso_store *store, const struct kyso_roster_entry *entry)
{
    KYSO_BUF struct kyso_buf users = {0};
    struct kyso_store_roster_row row = {
        .sha256 = entry->sha256,
        .class = kyso_class_name(entry->class),
        .authority = entry->authority,
        .digitised_copy_signer = entry->digitised_copy_signer,
        .organisation = entry->organisation,
        .title = entry->title,
        .effective = entry->effective,
        .renewals = entry->renewals,
        .holder = entry->holder,
        .manager = entry->manager,
    };

    kyso_buf_printf(&users, "%s", "");
    for (size_t i = 0; i < entry->n_users; i++)
        kyso_buf_printf(&users, "%s%s", i > 0 ? "," : "", entry->users[i]);
    if (users.error != 0)
        return kyso_trace(users.error);
    row.users = (const char *)users.bytes;
    return kyso_store_roster_save(store, &row);
}
