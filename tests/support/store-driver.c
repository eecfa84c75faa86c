/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* One run of the store for tests that make it fail from outside. It says on stdout what it was told
 * is on the disk, a line each and at once, so that whoever kills it knows what must be found again.
 *
 *   store-driver FOLDER attempts N     N times: charge, say "charged", settle as failure, say
 *                                      "settled"; says "refused" where the store failed
 *   store-driver FOLDER success        the same once, settled as success
 *   store-driver FOLDER count          says "count N"
 *   store-driver FOLDER request        a token's request: says "locked", "drafted", "sent",
 *                                      "unlocked" and "recovered" when each is on the disk
 *   store-driver FOLDER requests       looks at the token as kysod does at its start, and says
 *                                      "locked OPEN RECOVERED DRAFTED-RECORDS RECOVERED-RECORDS"
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/macros.h"
#include "common/outcome.h"
#include "daemon/recovery.h"
#include "daemon/store.h"

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

/* ---- requests ---- */

struct office {
    struct kyso_store *store;
    struct kyso_audit *audit;
    struct kyso_profile profile;
    struct kyso_calendar calendar;
    struct kyso_deadline_rules rules;
    struct kyso_recovery *recovery;
};

static int open_office(struct office *office)
{
    int r = kyso_audit_new(office->store, &office->audit);

    kyso_profile_init(&office->profile);
    kyso_calendar_init(&office->calendar);
    (void)snprintf(office->profile.id, sizeof(office->profile.id), "driver");
    (void)snprintf(office->profile.recovery_form, sizeof(office->profile.recovery_form), "form");
    office->rules = (struct kyso_deadline_rules){&office->profile, &office->calendar, 0};
    return r == 0
               ? kyso_recovery_open(office->store, office->audit, &office->rules, &office->recovery)
               : r;
}

static void close_office(struct office *office)
{
    (void)kyso_recovery_free(office->recovery);
    (void)kyso_audit_free(office->audit);
}

static bool is_locked(struct office *office)
{
    struct kyso_pin_record record;

    return kyso_store_pin_record(office->store, TOKEN, &record) == 0 && record.locked;
}

static int look(struct office *office)
{
    struct kyso_recovery_token token = {
        .key = TOKEN, .serial = "1", .class = "person", .locked = is_locked(office)};

    return kyso_recovery_look(office->recovery, &token);
}

static void say_when(int result, const char *line)
{
    say(result == 0 ? line : "refused");
}

static int live_request(struct office *office)
{
    struct kyso_recovery_why why;
    struct kyso_recovery_request *request;
    int r;

    say_when(kyso_store_set_locked(office->store, TOKEN, UINT32_MAX, -1), "locked");
    r = look(office);
    request = kyso_recovery_first(office->recovery);
    say_when(request != NULL ? r : KYSO_OUTCOME_STORE_FAILED, "drafted");
    if (request == NULL)
        return 0;
    say_when(kyso_recovery_send(office->recovery, NULL, request, "to", "how", 0, &why), "sent");
    say_when(kyso_store_reset(office->store, TOKEN, 1, false), "unlocked");
    r = look(office);
    say_when(request->state == KYSO_RECOVERY_RECOVERED ? r : KYSO_OUTCOME_STORE_FAILED,
             "recovered");
    return 0;
}

struct counts {
    unsigned int drafted, recovered;
};

static int count_record(void *data, const struct kyso_audit_line *line)
{
    struct counts *counts = data;

    counts->drafted += strstr(line->record, "\"recovery-drafted\"") != NULL;
    counts->recovered += strstr(line->record, "\"recovery-recovered\"") != NULL;
    return 0;
}

static int say_requests(struct office *office)
{
    unsigned int open = 0, recovered = 0;
    struct counts counts = {0};
    int r = look(office);

    if (r == 0)
        r = kyso_store_audit_each(office->store, 1, 1000, count_record, &counts);
    for (struct kyso_recovery_request *q = kyso_recovery_first(office->recovery); q != NULL;
         q = q->next) {
        open += kyso_recovery_is_open(q->state);
        recovered += q->state == KYSO_RECOVERY_RECOVERED;
    }
    (void)dprintf(STDOUT_FILENO, "%s %u %u %u %u\n", is_locked(office) ? "locked" : "free", open,
                  recovered, counts.drafted, counts.recovered);
    return r;
}

static int with_office(struct kyso_store *store, int (*fn)(struct office *office))
{
    struct office office = {.store = store};
    int r = open_office(&office);

    if (r == 0)
        r = fn(&office);
    close_office(&office);
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
    } else if (strcmp(argv[2], "request") == 0) {
        r = with_office(store, live_request);
    } else if (strcmp(argv[2], "requests") == 0) {
        r = with_office(store, say_requests);
    } else {
        r = 2;
    }
    (void)kyso_store_free(store);
    return r;
}
