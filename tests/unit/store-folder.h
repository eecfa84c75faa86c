/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_TESTS_STORE_FOLDER_H
#define KYSO_TESTS_STORE_FOLDER_H

/* A folder of the test's own with the state and the configuration of a daemon, its audit log and
 * its roster. */

#include "daemon/store-audit.h"
#include "tests/unit/conf-folder.h"

#include "daemon/party.h"
#include "daemon/roster.h"

struct office {
    char folder[32];
    struct kyso_store *store;
    struct kyso_audit *audit;
    struct kyso_roster *roster;
    struct kyso_conf_problem problem; /* why the roster was not opened */
};

static inline int office_open(struct office *office)
{
    assert_int_equal(kyso_store_open(office->folder, &office->store), 0);
    assert_int_equal(kyso_audit_new(office->store, &office->audit), 0);
    return kyso_roster_open(office->store, office->audit, office->folder, &office->roster,
                            &office->problem);
}

static inline void office_close(struct office *office)
{
    office->roster = kyso_roster_free(office->roster);
    office->audit = kyso_audit_free(office->audit);
    office->store = kyso_store_free(office->store);
}

static inline void office_make(struct office *office)
{
    *office = (struct office){0};
    conf_folder_make(office->folder);
}

static inline void office_remove(struct office *office)
{
    office_close(office);
    conf_folder_remove(office->folder);
}

/* ---- the audit log ---- */

struct office_records {
    const char *event, *text;
    size_t n;
};

static inline int office_count_record(void *data, const struct kyso_audit_line *line)
{
    struct office_records *records = data;
    char event[64];

    (void)snprintf(event, sizeof(event), "\"event\":\"%s\"", records->event);
    records->n += strstr(line->record, event) != NULL && strstr(line->record, records->text) != NULL;
    return 0;
}

/* How many records of EVENT have TEXT in them. */
static inline size_t office_records(struct office *office, const char *event, const char *text)
{
    struct office_records records = {event, text, 0};

    assert_int_equal(
        kyso_store_audit_each(office->store, 1, 1000000, office_count_record, &records), 0);
    return records.n;
}

#endif
