/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* One run of the store for tests that make it fail from outside. It says on stdout what it was told
 * is on the disk, a line each and at once, so that whoever kills it knows what must be found again.
 *
 *   store-driver FOLDER attempts N     N times: charge, say "charged", settle as failure, say
 *                                      "settled"; says "refused" where the store failed
 *   store-driver FOLDER success        the same once, settled as success
 *   store-driver FOLDER count          says "count N"
 *   store-driver FOLDER import N       N entries of the roster at once, says "entries"; N persons
 * at once, says "persons"; "refused" where the store failed store-driver FOLDER imported       says
 * "imported ENTRIES PERSONS RECORDS" (of the audit log) store-driver FOLDER request        a
 * token's request: says "locked", "drafted", "sent", "unlocked" and "recovered" when each is on the
 * disk store-driver FOLDER requests       looks at the token as kysod does at its start, and says
 *                                      "locked OPEN RECOVERED DRAFTED-RECORDS RECOVERED-RECORDS"
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/macros.h"
#include "common/outcome.h"
#include "daemon/party.h"
#include "daemon/recovery.h"

#define TOKEN "driver"

static void say(const char *line)
{
    (void)dprintf(STDOUT_FILENO, "%s\n", line);
}

static void attempt(struct kyso_store *store, enum kyso_attempt result)
{
    struct kyso_settlement settlement = {.result = result, .flags = 1, .tries = 2};
    int64_t id;

    if (kyso_store_charge(store, TOKEN, 1, &id) != 0) {
        say("refused");
        return;
    }
    say("charged");
    say(kyso_store_settle(store, id, &settlement) == 0 ? "settled" : "refused");
}

static int count(struct kyso_store *store)
{
    struct kyso_pin_record record;

    if (kyso_store_pin_record(store, TOKEN, &record) != 0)
        return 1;
    (void)dprintf(STDOUT_FILENO, "count %u\n", record.failures);
    return 0;
}

/* ---- the roster ---- */

struct office {
    struct kyso_audit *audit;
    struct kyso_roster *roster;
};

static int open_office(struct kyso_store *store, struct office *office)
{
    struct kyso_conf_problem problem;
    int r = kyso_audit_new(store, &office->audit);

    return r == 0 ? kyso_roster_open(store, office->audit, "/nowhere", &office->roster, &problem)
                  : r;
}

static void close_office(struct office *office)
{
    (void)kyso_roster_free(office->roster);
    (void)kyso_audit_free(office->audit);
}

static struct kyso_change change_of(const char *key, bool person)
{
    if (person)
        return (struct kyso_change){.key = key,
                                    .fields = {"name", "post", "mail"},
                                    .values = {"An", "Chuyên viên", "an@ubnd.example.org"},
                                    .n = 3};
    return (struct kyso_change){.key = key,
                                .fields = {"class", "organisation", "users"},
                                .values = {"person", "UBND", "an"},
                                .n = 3};
}

static void import(struct office *office, size_t n, bool persons)
{
    struct kyso_change *changes = calloc(n, sizeof(*changes));
    char(*keys)[65] = calloc(n, sizeof(*keys));
    struct kyso_change_report report = {0};
    int r;

    for (size_t i = 0; i < n; i++) {
        (void)snprintf(keys[i], sizeof(keys[i]), "%064zX", i);
        changes[i] = change_of(persons ? keys[i] + 60 : keys[i], persons);
    }
    r = persons
            ? kyso_party_import(office->roster, KYSO_PARTY_PERSON, NULL, changes, n, false, &report)
            : kyso_roster_import(office->roster, NULL, changes, n, false, &report);
    if (r == 0 && report.added == n)
        say(persons ? "persons" : "entries");
    else
        say("refused");
    kyso_change_report_done(&report);
    free(keys);
    free(changes);
}

static int count_person(void *data, const char *id KYSO_UNUSED, const char *value KYSO_UNUSED)
{
    (*(size_t *)data)++;
    return 0;
}

static int count_record(void *data, const struct kyso_audit_line *row)
{
    *(size_t *)data += strstr(row->record, "\"event\":\"roster-changed\"") != NULL ||
                       strstr(row->record, "\"event\":\"person-changed\"") != NULL;
    return 0;
}

static int imported(struct kyso_store *store, struct office *office)
{
    size_t entries = 0, persons = 0, records = 0;

    while (kyso_roster_at(office->roster, entries) != NULL)
        entries++;
    if (kyso_store_party_each(store, KYSO_PARTY_PERSON, "name", count_person, &persons) != 0 ||
        kyso_store_audit_each(store, 1, 1000000, count_record, &records) != 0)
        return 1;
    (void)dprintf(STDOUT_FILENO, "imported %zu %zu %zu\n", entries, persons, records);
    return 0;
}

static int with_office(struct kyso_store *store, const char *word, size_t n)
{
    struct office office = {0};
    int r = open_office(store, &office);

    if (r != 0) {
        say("refused");
    } else if (strcmp(word, "import") == 0) {
        import(&office, n, false);
        import(&office, n, true);
    } else {
        r = imported(store, &office);
    }
    close_office(&office);
    return r != 0;
}

/* ---- requests ---- */

struct desk {
    struct kyso_store *store;
    struct kyso_audit *audit;
    struct kyso_profile profile;
    struct kyso_calendar calendar;
    struct kyso_deadline_rules rules;
    struct kyso_recovery *recovery;
};

static int open_desk(struct desk *desk)
{
    int r = kyso_audit_new(desk->store, &desk->audit);

    kyso_profile_init(&desk->profile);
    kyso_calendar_init(&desk->calendar);
    (void)snprintf(desk->profile.id, sizeof(desk->profile.id), "driver");
    (void)snprintf(desk->profile.recovery_form, sizeof(desk->profile.recovery_form), "form");
    desk->rules = (struct kyso_deadline_rules){&desk->profile, &desk->calendar, 0};
    return r == 0 ? kyso_recovery_open(desk->store, desk->audit, &desk->rules, &desk->recovery) : r;
}

static void close_desk(struct desk *desk)
{
    (void)kyso_recovery_free(desk->recovery);
    (void)kyso_audit_free(desk->audit);
}

static bool is_locked(struct desk *desk)
{
    struct kyso_pin_record record;

    return kyso_store_pin_record(desk->store, TOKEN, &record) == 0 && record.locked;
}

static int look(struct desk *desk)
{
    struct kyso_recovery_token token = {
        .key = TOKEN, .serial = "1", .class = "person", .locked = is_locked(desk)};

    return kyso_recovery_look(desk->recovery, &token);
}

static void say_when(int result, const char *line)
{
    say(result == 0 ? line : "refused");
}

static int live_request(struct desk *desk)
{
    struct kyso_recovery_why why;
    struct kyso_recovery_request *request;
    int r;

    say_when(kyso_store_set_locked(desk->store, TOKEN, UINT32_MAX, -1), "locked");
    r = look(desk);
    request = kyso_recovery_first(desk->recovery);
    say_when(request != NULL ? r : KYSO_OUTCOME_STORE_FAILED, "drafted");
    if (request == NULL)
        return 0;
    say_when(kyso_recovery_send(desk->recovery, NULL, request, "to", "how", 0, &why), "sent");
    say_when(kyso_store_reset(desk->store, TOKEN, 1, false), "unlocked");
    r = look(desk);
    say_when(request->state == KYSO_RECOVERY_RECOVERED ? r : KYSO_OUTCOME_STORE_FAILED,
             "recovered");
    return 0;
}

struct request_counts {
    unsigned int drafted, recovered;
};

static int count_request_record(void *data, const struct kyso_audit_line *line)
{
    struct request_counts *counts = data;

    counts->drafted += strstr(line->record, "\"recovery-drafted\"") != NULL;
    counts->recovered += strstr(line->record, "\"recovery-recovered\"") != NULL;
    return 0;
}

static int say_requests(struct desk *desk)
{
    unsigned int open = 0, recovered = 0;
    struct request_counts counts = {0};
    int r = look(desk);

    if (r == 0)
        r = kyso_store_audit_each(desk->store, 1, 1000, count_request_record, &counts);
    for (struct kyso_recovery_request *q = kyso_recovery_first(desk->recovery); q != NULL;
         q = q->next) {
        open += kyso_recovery_is_open(q->state);
        recovered += q->state == KYSO_RECOVERY_RECOVERED;
    }
    (void)dprintf(STDOUT_FILENO, "%s %u %u %u %u\n", is_locked(desk) ? "locked" : "free", open,
                  recovered, counts.drafted, counts.recovered);
    return r;
}

static int with_desk(struct kyso_store *store, int (*fn)(struct desk *desk))
{
    struct desk desk = {.store = store};
    int r = open_desk(&desk);

    if (r == 0)
        r = fn(&desk);
    close_desk(&desk);
    return r;
}

int main(int argc, char **argv)
{
    struct kyso_store *store;
    int r = 0;

    if (argc < 3)
        return 2;
    if (kyso_store_open(argv[1], &store) != 0) {
        say("not opened");
        return 3;
    }
    if (strcmp(argv[2], "attempts") == 0 && argc == 4) {
        for (int i = atoi(argv[3]); i > 0; i--)
            attempt(store, KYSO_ATTEMPT_FAILURE);
    } else if (strcmp(argv[2], "success") == 0) {
        attempt(store, KYSO_ATTEMPT_SUCCESS);
    } else if (strcmp(argv[2], "count") == 0) {
        r = count(store);
    } else if (strcmp(argv[2], "import") == 0 && argc == 4) {
        r = with_office(store, argv[2], (size_t)atoi(argv[3]));
    } else if (strcmp(argv[2], "imported") == 0) {
        r = with_office(store, argv[2], 0);
    } else if (strcmp(argv[2], "request") == 0) {
        r = with_desk(store, live_request);
    } else if (strcmp(argv[2], "requests") == 0) {
        r = with_desk(store, say_requests);
    } else {
        r = 2;
    }
    (void)kyso_store_free(store);
    return r;
}
