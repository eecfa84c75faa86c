/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Changes of persons and organisations. One of them is in memory at a time. */

#include <errno.h>
#include <string.h>

#include "common/clock.h"
#include "common/error.h"
#include "common/log.h"
#include "common/outcome.h"
#include "daemon/party-private.h"

struct plan {
    struct kyso_roster *roster;
    enum kyso_party_kind kind;
    const struct kyso_caller *caller;
    const struct kyso_change *changes;
    struct kyso_change_report *report;
    uint32_t today;
};

/* What there is, or one that is empty. */
static int load(const struct plan *plan, const char *id, struct kyso_party *ret_party,
                bool *ret_new)
{
    int r = kyso_party_load(kyso_roster_store(plan->roster), plan->kind, id, ret_party);

    *ret_new = r == KYSO_OUTCOME_NOT_FOUND;
    return *ret_new ? kyso_party_init(ret_party, plan->kind, id) : r;
}

/* ---- checking ---- */

static bool given_before(const struct plan *plan, size_t index)
{
    for (size_t i = 0; i < index; i++) {
        if (strcmp(plan->changes[i].key, plan->changes[index].key) == 0)
            return true;
    }
    return false;
}

static int check_values(struct plan *plan, size_t index)
{
    const struct kyso_change *change = &plan->changes[index];
    int r = 0;

    for (size_t i = 0; r == 0 && i < change->n; i++) {
        const char *what =
            kyso_party_check_value(plan->kind, change->fields[i], change->values[i], plan->today);

        if (what == NULL && kyso_change_repeats(change, i))
            what = "given-twice";
        if (what != NULL)
            r = kyso_change_report_add(plan->report, index, change->fields[i], what);
    }
    return r;
}

/* Sets the fields of CHANGE, which are known; the names of those that differ. */
static int apply(struct kyso_party *party, const struct kyso_change *change,
                 const char *names[KYSO_PARTY_FIELDS_MAX], size_t *ret_n)
{
    size_t n = 0;
    int r = 0;

    for (size_t i = 0; r == 0 && i < change->n; i++) {
        size_t field = kyso_party_field(party->kind, change->fields[i]);

        if (strcmp(party->values[field], change->values[i]) == 0)
            continue;
        names[n++] = change->fields[i];
        r = kyso_party_set(party, field, change->values[i]);
    }
    *ret_n = n;
    return r;
}

static int check(struct plan *plan, size_t index)
{
    const struct kyso_change *change = &plan->changes[index];
    const char *names[KYSO_PARTY_FIELDS_MAX], *field = NULL, *what;
    KYSO_PARTY struct kyso_party party = {0};
    size_t before = plan->report->n_problems, n = 0;
    bool new = false;
    int r;

    what = kyso_party_check_id(plan->kind, change->key);
    if (what == NULL && given_before(plan, index))
        what = "given-twice";
    if (what != NULL)
        return kyso_change_report_add(plan->report, index, "id", what);
    r = check_values(plan, index);
    if (r != 0 || plan->report->n_problems > before)
        return r;
    r = load(plan, change->key, &party, &new);
    if (r == 0)
        r = apply(&party, change, names, &n);
    if (r != 0)
        return r;
    what = kyso_party_check(&party, &field);
    if (what != NULL)
        return kyso_change_report_add(plan->report, index, field, what);
    plan->report->added += new;
    plan->report->changed += !new &&n > 0;
    plan->report->unchanged += !new &&n == 0;
    return 0;
}

/* ---- writing ---- */

static const char *key_of(enum kyso_party_kind kind)
{
    return kind == KYSO_PARTY_PERSON ? "person" : "organisation";
}

static int append(const struct plan *plan, const char *id, bool new, const char *const *names,
                  size_t n)
{
    struct kyso_audit_entry *record = kyso_audit_entry(
        plan->kind == KYSO_PARTY_PERSON ? "person-changed" : "organisation-changed", plan->caller);

    kyso_audit_text(record, key_of(plan->kind), id);
    if (new)
        kyso_audit_flag(record, "new", true);
    kyso_audit_texts(record, "fields", names, n);
    return kyso_audit_append(kyso_roster_audit(plan->roster), record);
}

static int write_one(struct plan *plan, const struct kyso_change *change)
{
    const char *names[KYSO_PARTY_FIELDS_MAX];
    KYSO_PARTY struct kyso_party party = {0};
    const char *const *fields;
    size_t n = 0, n_fields;
    bool new = false;
    int r = load(plan, change->key, &party, &new);

    if (r == 0)
        r = apply(&party, change, names, &n);
    if (r != 0 || n == 0)
        return r;
    fields = kyso_party_field_names(plan->kind, &n_fields);
    r = kyso_store_party_save(kyso_roster_store(plan->roster), plan->kind, party.id, fields,
                              (const char *const *)party.values, n_fields);
    return r == 0 ? append(plan, party.id, new, names, n) : r;
}

/* What was replaced or removed is not to be found in the files any more; the change itself stands
 * even when that fails. */
static int settle(struct kyso_roster *roster, enum kyso_party_kind kind)
{
    if (kyso_store_forget(kyso_roster_store(roster)) != 0)
        kyso_log(KYSO_LOG_WARNING, "store: replaced personal data stay in the journal for now");
    return kind == KYSO_PARTY_ORGANISATION ? kyso_roster_rename(roster) : 0;
}

static int make(struct plan *plan, size_t n)
{
    struct kyso_store *store = kyso_roster_store(plan->roster);
    int r = kyso_store_begin(store);

    for (size_t i = 0; r == 0 && i < n; i++)
        r = write_one(plan, &plan->changes[i]);
    r = kyso_store_end(store, r);
    return r == 0 ? settle(plan->roster, plan->kind) : r;
}

int kyso_party_import(struct kyso_roster *roster, enum kyso_party_kind kind,
                      const struct kyso_caller *caller, const struct kyso_change *changes, size_t n,
                      bool dry_run, struct kyso_change_report *ret_report)
{
    struct plan plan = {.roster = roster,
                        .kind = kind,
                        .caller = caller,
                        .changes = changes,
                        .report = ret_report,
                        .today = kyso_clock_day(kyso_clock_wall_usec() / KYSO_USEC_PER_SEC)};
    int r = 0;

    *ret_report = (struct kyso_change_report){0};
    if (n > KYSO_CHANGES_MAX)
        return KYSO_OUTCOME_LIMIT;
    for (size_t i = 0; r == 0 && i < n; i++)
        r = check(&plan, i);
    if (r == 0 && ret_report->n_problems == 0 && !dry_run)
        r = make(&plan, n);
    if (r != 0)
        kyso_change_report_done(ret_report);
    return r;
}

static int remove_one(struct kyso_roster *roster, enum kyso_party_kind kind,
                      const struct kyso_caller *caller, const char *id)
{
    struct kyso_audit_entry *record;
    int r = kyso_store_party_remove(kyso_roster_store(roster), kind, id);

    if (r != 0)
        return r;
    record = kyso_audit_entry(kind == KYSO_PARTY_PERSON ? "person-removed" : "organisation-removed",
                              caller);
    kyso_audit_text(record, key_of(kind), id);
    return kyso_audit_append(kyso_roster_audit(roster), record);
}

int kyso_party_remove(struct kyso_roster *roster, enum kyso_party_kind kind,
                      const struct kyso_caller *caller, const char *id)
{
    struct kyso_store *store = kyso_roster_store(roster);
    struct kyso_party party;
    bool in_use = false;
    int r = kyso_party_load(store, kind, id, &party);

    if (r != 0)
        return r;
    kyso_party_done(&party);
    r = kyso_store_party_in_use(store, kind, id, &in_use);
    if (r != 0 || in_use)
        return r != 0 ? r : KYSO_OUTCOME_BAD_ARGUMENT;
    r = kyso_store_begin(store);
    if (r == 0)
        r = remove_one(roster, kind, caller, id);
    r = kyso_store_end(store, r);
    return r == 0 ? settle(roster, kind) : r;
}
