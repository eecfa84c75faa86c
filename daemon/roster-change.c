/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Changes of the roster: checked as a whole, written as a whole, then at once in memory. */

#include <errno.h>
#include <string.h>

#include "common/error.h"
#include "common/outcome.h"
#include "common/text.h"
#include "daemon/roster-private.h"

/* What would be written. */
struct plan {
    struct kyso_roster *roster;
    const struct kyso_caller *caller;
    const struct kyso_change *changes;
    struct kyso_change_report *report;
    struct kyso_roster_entry *entries; /* those that are new or differ, N of them */
    size_t n;
};

static void plan_done(struct plan *plan)
{
    for (size_t i = 0; i < plan->n; i++)
        kyso_roster_entry_done(&plan->entries[i]);
    free(plan->entries);
}

/* ---- checking ---- */

static bool given_before(const struct plan *plan, size_t index)
{
    for (size_t i = 0; i < index; i++) {
        if (strcasecmp(plan->changes[i].key, plan->changes[index].key) == 0)
            return true;
    }
    return false;
}

static int ignore_field(void *data, const char *field KYSO_UNUSED, const char *value KYSO_UNUSED)
{
    *(bool *)data = true;
    return 0;
}

/* A person that a change names has to be described. */
static int check_person(struct plan *plan, size_t index, const char *field, const char *id)
{
    bool there = *id == '\0';
    int r = 0;

    if (!there)
        r = kyso_store_party_fields(plan->roster->store, KYSO_PARTY_PERSON, id, ignore_field,
                                    &there);
    if (r == 0 && !there)
        r = kyso_change_report_add(plan->report, index, field, "no-such-person");
    return r;
}

static int set_fields(struct plan *plan, size_t index, struct kyso_roster_entry *entry)
{
    const struct kyso_change *change = &plan->changes[index];
    int r = 0;

    for (size_t i = 0; r == 0 && i < change->n; i++) {
        const char *field = change->fields[i];
        const char *what = kyso_roster_entry_set(entry, field, change->values[i]);

        if (what == NULL && kyso_change_repeats(change, i))
            what = "given-twice";
        if (what != NULL)
            r = kyso_change_report_add(plan->report, index, field, what);
        else if (strcmp(field, "holder") == 0 || strcmp(field, "manager") == 0)
            r = check_person(plan, index, field, change->values[i]);
    }
    return r;
}

/* Takes ENTRY over when it is to be written. */
static int compare(struct plan *plan, struct kyso_roster_entry *entry)
{
    const struct kyso_roster_entry *old = kyso_roster_find(plan->roster, entry->sha256);
    const char *names[KYSO_ROSTER_FIELDS];

    if (old == NULL) {
        plan->report->added++;
    } else if (kyso_roster_entry_diff(old, entry, names) > 0) {
        plan->report->changed++;
    } else {
        plan->report->unchanged++;
        return 0;
    }
    plan->entries[plan->n++] = *entry;
    *entry = (struct kyso_roster_entry){0};
    return kyso_roster_name_entry(plan->roster, &plan->entries[plan->n - 1]);
}

static int check_one(struct plan *plan, size_t index, struct kyso_roster_entry *entry)
{
    size_t before = plan->report->n_problems;
    const char *what, *field = NULL;
    int r = set_fields(plan, index, entry);

    if (r != 0 || plan->report->n_problems > before)
        return r;
    what = kyso_roster_entry_check(entry, &field);
    return what != NULL ? kyso_change_report_add(plan->report, index, field, what)
                        : compare(plan, entry);
}

static int check(struct plan *plan, size_t index)
{
    struct kyso_roster_entry entry = {0};
    const struct kyso_roster_entry *old;
    uint8_t sha256[KYSO_FINGERPRINT_SIZE];
    int r;

    if (!kyso_text_from_hex(plan->changes[index].key, sha256, sizeof(sha256)))
        return kyso_change_report_add(plan->report, index, "fingerprint", "bad-fingerprint");
    if (given_before(plan, index))
        return kyso_change_report_add(plan->report, index, "fingerprint", "given-twice");
    old = kyso_roster_find(plan->roster, sha256);
    r = old != NULL ? kyso_roster_entry_copy(old, &entry) : kyso_roster_entry_init(&entry, sha256);
    if (r == 0)
        r = check_one(plan, index, &entry);
    kyso_roster_entry_done(&entry);
    return r;
}

/* ---- writing ---- */

static int write_entry(struct plan *plan, const struct kyso_roster_entry *entry)
{
    const struct kyso_roster_entry *old = kyso_roster_find(plan->roster, entry->sha256);
    const char *names[KYSO_ROSTER_FIELDS];
    struct kyso_roster_entry nothing = {0};
    struct kyso_audit_entry *record;
    size_t n;
    int r = kyso_roster_entry_save(plan->roster->store, entry);

    if (r == 0)
        r = kyso_roster_entry_init(&nothing, entry->sha256);
    if (r != 0)
        return r;
    n = kyso_roster_entry_diff(old != NULL ? old : &nothing, entry, names);
    kyso_roster_entry_done(&nothing);
    record = kyso_audit_entry("roster-changed", plan->caller);
    kyso_audit_hex(record, "certificate", entry->sha256, KYSO_FINGERPRINT_SIZE);
    if (old == NULL)
        kyso_audit_flag(record, "new", true);
    kyso_audit_texts(record, "fields", names, n);
    return kyso_audit_append(plan->roster->audit, record);
}

static int write_all(struct plan *plan)
{
    int r = kyso_store_begin(plan->roster->store);

    for (size_t i = 0; r == 0 && i < plan->n; i++)
        r = write_entry(plan, &plan->entries[i]);
    return kyso_store_end(plan->roster->store, r);
}

static void tell(struct kyso_roster *roster, const uint8_t sha256[KYSO_FINGERPRINT_SIZE])
{
    if (roster->changed != NULL)
        roster->changed(roster->changed_data, sha256);
}

static int make(struct plan *plan)
{
    struct kyso_roster *roster = plan->roster;
    int r = kyso_roster_reserve(roster, plan->n);

    if (r == 0)
        r = write_all(plan);
    for (size_t i = 0; r == 0 && i < plan->n; i++) {
        uint8_t sha256[KYSO_FINGERPRINT_SIZE];

        memcpy(sha256, plan->entries[i].sha256, sizeof(sha256));
        kyso_roster_put(roster, &plan->entries[i]);
        tell(roster, sha256);
    }
    return r;
}

int kyso_roster_import(struct kyso_roster *roster, const struct kyso_caller *caller,
                       const struct kyso_change *changes, size_t n, bool dry_run,
                       struct kyso_change_report *ret_report)
{
    struct plan plan = {
        .roster = roster, .caller = caller, .changes = changes, .report = ret_report};
    int r = 0;

    *ret_report = (struct kyso_change_report){0};
    if (n > KYSO_CHANGES_MAX)
        return KYSO_OUTCOME_LIMIT;
    plan.entries = calloc(n + 1, sizeof(*plan.entries));
    if (plan.entries == NULL)
        return kyso_trace(-ENOMEM);
    for (size_t i = 0; r == 0 && i < n; i++)
        r = check(&plan, i);
    if (r == 0 && ret_report->n_problems == 0 && !dry_run)
        r = make(&plan);
    plan_done(&plan);
    if (r != 0)
        kyso_change_report_done(ret_report);
    return r;
}

static int write_tombstone(struct kyso_roster *roster, const struct kyso_caller *caller,
                           const uint8_t sha256[KYSO_FINGERPRINT_SIZE])
{
    const struct kyso_store_roster_row tombstone = {
        .sha256 = sha256,
        .removed = true,
        .class = kyso_class_name(KYSO_CLASS_UNKNOWN),
        .organisation = "",
        .title = "",
        .holder = "",
        .manager = "",
        .users = "",
    };
    struct kyso_audit_entry *record;
    int r = kyso_store_roster_save(roster->store, &tombstone);

    if (r != 0)
        return r;
    record = kyso_audit_entry("roster-removed", caller);
    kyso_audit_hex(record, "certificate", sha256, KYSO_FINGERPRINT_SIZE);
    return kyso_audit_append(roster->audit, record);
}

int kyso_roster_remove(struct kyso_roster *roster, const struct kyso_caller *caller,
                       const uint8_t sha256[KYSO_FINGERPRINT_SIZE])
{
    uint8_t copy[KYSO_FINGERPRINT_SIZE];
    int r;

    if (kyso_roster_find(roster, sha256) == NULL)
        return KYSO_OUTCOME_NOT_FOUND;
    memcpy(copy, sha256, sizeof(copy)); /* it may be the entry's own */
    r = kyso_store_begin(roster->store);
    if (r == 0)
        r = write_tombstone(roster, caller, copy);
    r = kyso_store_end(roster->store, r);
    if (r == 0) {
        kyso_roster_drop(roster, copy);
        tell(roster, copy);
    }
    return r;
}
