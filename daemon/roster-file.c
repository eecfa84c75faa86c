/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* roster.d: the administrator's first roster as files. An entry is taken over once, when the store
 * has never had its certificate; from then on the store's word counts. */

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "common/error.h"
#include "common/log.h"
#include "common/outcome.h"
#include "common/text.h"
#include "daemon/roster-private.h"

struct written {
    struct kyso_roster_entry entry;
    char *file; /* its name */
};

struct files {
    struct written *list;
    size_t n;
    const char *file;
    bool given[KYSO_ROSTER_FIELDS]; /* of the entry that is being read */
    struct kyso_conf_problem *problem;
};

/* ---- reading ---- */

static void files_done(struct files *files)
{
    for (size_t i = 0; i < files->n; i++) {
        kyso_roster_entry_done(&files->list[i].entry);
        free(files->list[i].file);
    }
    free(files->list);
}

static const char *new_entry(struct files *files, const char *fingerprint)
{
    uint8_t sha256[KYSO_FINGERPRINT_SIZE];
    struct written *grown;

    if (!kyso_text_from_hex(fingerprint, sha256, sizeof(sha256)))
        return "bad-fingerprint";
    for (size_t i = 0; i < files->n; i++) {
        if (memcmp(files->list[i].entry.sha256, sha256, sizeof(sha256)) == 0)
            return "certificate-given-twice";
    }
    grown = reallocarray(files->list, files->n + 1, sizeof(*grown));
    if (grown == NULL)
        return "no-memory";
    files->list = grown;
    grown[files->n].file = strdup(files->file);
    memset(files->given, 0, sizeof(files->given));
    return kyso_roster_entry_init(&grown[files->n++].entry, sha256) == 0 &&
                   grown[files->n - 1].file != NULL
               ? NULL
               : "no-memory";
}

static const char *roster_key(void *data, const char *section, const char *name, const char *key,
                              const char *value)
{
    struct files *files = data;

    if (strcmp(section, "certificate") != 0)
        return "unknown-section";
    if (key == NULL)
        return new_entry(files, name);
    for (size_t i = 0; i < KYSO_ROSTER_FIELDS; i++) {
        if (strcmp(key, KYSO_ROSTER_FIELD_NAMES[i]) != 0)
            continue;
        if (files->given[i])
            return "given-twice";
        files->given[i] = true;
        return kyso_roster_entry_set(&files->list[files->n - 1].entry, key, value);
    }
    return "unknown-key";
}

static int read_file(void *data, const char *path)
{
    struct files *files = data;
    const char *slash = strrchr(path, '/');

    files->file = slash != NULL ? slash + 1 : path;
    return kyso_conf_read(path, true, roster_key, files, files->problem);
}

/* ---- taking over ---- */

struct search {
    const struct written *written;
    bool known;
};

static int compare_row(void *data, const struct kyso_store_roster_row *row)
{
    struct search *search = data;
    const struct written *written = search->written;
    const char *names[KYSO_ROSTER_FIELDS];
    struct kyso_roster_entry entry;
    bool differs = row->removed;
    int r = 0;

    search->known = true;
    if (!row->removed) {
        r = kyso_roster_entry_from_row(row, &entry);
        differs = r == 0 && kyso_roster_entry_diff(&entry, &written->entry, names) > 0;
        kyso_roster_entry_done(&entry);
    }
    if (differs) {
        KYSO_FREE char *hex = kyso_text_hex(written->entry.sha256, KYSO_FINGERPRINT_SIZE);

        kyso_log(KYSO_LOG_NOTICE, "roster.d/%s: certificate %s: not read again; it was %s since",
                 written->file, hex != NULL ? hex : "", row->removed ? "removed" : "changed");
    }
    return r == -EBADMSG ? 0 : r; /* loading the roster says so */
}

/* A file of the time before kyso roster may say less, or more, than an entry should; its office is
 * not to stand still for that. The next change of the entry has to make it right. */
static void warn_of_gaps(const struct written *written)
{
    const char *field = NULL, *what = kyso_roster_entry_check(&written->entry, &field);
    KYSO_FREE char *hex = kyso_text_hex(written->entry.sha256, KYSO_FINGERPRINT_SIZE);

    if (what != NULL)
        kyso_log(KYSO_LOG_WARNING, "roster.d/%s: certificate %s: %s: %s", written->file,
                 hex != NULL ? hex : "", field, what);
}

static int take_over(struct kyso_roster *roster, const struct written *written)
{
    struct kyso_audit_entry *record;
    int r = kyso_roster_entry_save(roster->store, &written->entry);

    warn_of_gaps(written);

    if (r != 0)
        return r;
    record = kyso_audit_entry("roster-imported", NULL);
    kyso_audit_hex(record, "certificate", written->entry.sha256, KYSO_FINGERPRINT_SIZE);
    kyso_audit_text(record, "file", written->file);
    return kyso_audit_append(roster->audit, record);
}

static int take_over_unknown(struct kyso_roster *roster, const struct files *files)
{
    int r = kyso_store_begin(roster->store);

    for (size_t i = 0; r == 0 && i < files->n; i++) {
        struct search search = {.written = &files->list[i]};

        r = kyso_store_roster_one(roster->store, files->list[i].entry.sha256, compare_row, &search);
        if (r == 0 && !search.known)
            r = take_over(roster, &files->list[i]);
    }
    return kyso_store_end(roster->store, r);
}

int kyso_roster_read_files(struct kyso_roster *roster, const char *folder,
                           struct kyso_conf_problem *ret_problem)
{
    struct files files = {.problem = ret_problem};
    char path[PATH_MAX];
    int r;

    (void)snprintf(path, sizeof(path), "%s/roster.d", folder);
    r = kyso_conf_walk(path, ".conf", read_file, &files);
    if (r == 0 && files.n > 0)
        r = take_over_unknown(roster, &files);
    files_done(&files);
    return r;
}
