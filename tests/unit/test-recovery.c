/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The life of requests on a real store: drafted once for each lock, brought into line after a
 * restart at any moment, combined, sent, overdue and ended; each change with its audit record, none
 * with anything that a person wrote. */

#include "tests/unit/profile-file.h"

#include "daemon/recovery.h"
#include "daemon/store-recovery.h"
#include "tests/unit/store-folder.h"

#include <sqlite3.h>
#include <stdlib.h>

#include "common/clock.h"
#include "common/outcome.h"

#define HOUR 3600
#define MARK "Zxqvelm" /* in whatever a person writes: in no audit record */

struct bench {
    struct office office;
    struct kyso_profile profile;
    struct kyso_calendar calendar;
    struct kyso_deadline_rules rules;
    struct kyso_recovery *recovery;
    size_t added, changed, overdue;
    struct kyso_recovery_why why;
};

/* ---- the bench ---- */

static void count_added(void *data, struct kyso_recovery_request *request)
{
    struct bench *bench = data;

    assert_true(request->id > 0);
    bench->added++;
}

static void count_changed(void *data, struct kyso_recovery_request *request)
{
    struct bench *bench = data;

    assert_true(request->id > 0);
    bench->changed++;
}

static void count_overdue(void *data, struct kyso_recovery_request *request)
{
    struct bench *bench = data;

    assert_true(request->overdue);
    bench->overdue++;
}

static const struct kyso_recovery_observer OBSERVER = {count_added, count_changed, count_overdue};

static void open_bench(struct bench *bench)
{
    assert_int_equal(office_open(&bench->office), 0);
    assert_int_equal(kyso_recovery_open(bench->office.store, bench->office.audit, &bench->rules,
                                        &bench->recovery),
                     0);
    bench->added = bench->changed = bench->overdue = 0;
    kyso_recovery_observe(bench->recovery, &OBSERVER, bench);
}

static void close_bench(struct bench *bench)
{
    bench->recovery = kyso_recovery_free(bench->recovery);
    office_close(&bench->office);
}

static void restart(struct bench *bench)
{
    close_bench(bench);
    open_bench(bench);
}

/* Changes the database by STATEMENT between two runs. */
static void while_stopped(struct bench *bench, const char *statement)
{
    sqlite3 *db = NULL;
    char path[64];

    close_bench(bench);
    (void)snprintf(path, sizeof(path), "%s/state.db", bench->office.folder);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, statement, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    open_bench(bench);
}

static int set_up_profile(void **state, enum shipped profile)
{
    static struct bench bench;

    bench = (struct bench){.rules = {.offset = KYSO_CALENDAR_VIETNAM}};
    office_make(&bench.office);
    profile_load(profile, &bench.profile);
    kyso_calendar_init(&bench.calendar);
    bench.rules.profile = &bench.profile;
    bench.rules.calendar = &bench.calendar;
    open_bench(&bench);
    *state = &bench;
    return 0;
}

static int set_up(void **state)
{
    return set_up_profile(state, BD17);
}

static int set_up_ls20(void **state)
{
    return set_up_profile(state, LS20);
}

static int tear_down(void **state)
{
    struct bench *bench = *state;

    bench->recovery = kyso_recovery_free(bench->recovery);
    office_remove(&bench->office);
    return 0;
}

static const uint8_t FINGERPRINTS[2][32] = {{1, 2, 3}, {4, 5, 6}};

static struct kyso_recovery_token token(const char *key, bool locked)
{
    return (struct kyso_recovery_token){.key = key,
                                        .serial = key + 2,
                                        .certificates = FINGERPRINTS,
                                        .n_certificates = 2,
                                        .class = "person",
                                        .locked = locked};
}

static void look(struct bench *bench, const char *key, bool locked)
{
    struct kyso_recovery_token seen = token(key, locked);

    assert_int_equal(kyso_recovery_look(bench->recovery, &seen), 0);
}

static struct kyso_recovery_request *start(struct bench *bench, const char *key, bool locked,
                                           enum kyso_incident incident)
{
    struct kyso_recovery_token seen = token(key, locked);
    struct kyso_recovery_request *request = NULL;

    assert_int_equal(
        kyso_recovery_start(bench->recovery, NULL, &seen, incident, &request, &bench->why), 0);
    return request;
}

static int start_fails(struct bench *bench, const char *key, enum kyso_incident incident)
{
    struct kyso_recovery_token seen = token(key, false);
    struct kyso_recovery_request *request;

    return kyso_recovery_start(bench->recovery, NULL, &seen, incident, &request, &bench->why);
}

static struct kyso_recovery_request *find(struct bench *bench, enum kyso_recovery_state state)
{
    struct kyso_recovery_request *found = NULL;

    for (struct kyso_recovery_request *r = kyso_recovery_first(bench->recovery); r != NULL;
         r = r->next) {
        if (r->state != state)
            continue;
        assert_null(found);
        found = r;
    }
    return found;
}

static bool none(struct bench *bench, enum kyso_recovery_state state)
{
    return find(bench, state) == NULL;
}

/* The only request in STATE. */
static struct kyso_recovery_request *only(struct bench *bench, enum kyso_recovery_state state)
{
    struct kyso_recovery_request *found = find(bench, state);

    assert_non_null(found);
    if (found == NULL)
        abort(); /* for the compiler: the assertion does not come back */
    return found;
}

static size_t count(struct bench *bench)
{
    size_t n = 0;

    for (struct kyso_recovery_request *r = kyso_recovery_first(bench->recovery); r != NULL;
         r = r->next)
        n++;
    return n;
}

static void attempt(struct bench *bench, const char *key, enum kyso_attempt result, bool locked)
{
    struct kyso_settlement settlement = {
        .result = result, .flags = UINT32_MAX, .tries = -1, .locked = locked};
    int64_t id;

    assert_int_equal(kyso_store_charge(bench->office.store, key, 1, &id), 0);
    assert_int_equal(kyso_store_settle(bench->office.store, id, &settlement), 0);
}

static void send(struct bench *bench, struct kyso_recovery_request *request, uint64_t at)
{
    assert_int_equal(kyso_recovery_send(bench->recovery, NULL, request, MARK " to", MARK " how", at,
                                        &bench->why),
                     0);
}

static int close_request(struct bench *bench, struct kyso_recovery_request *request,
                         enum kyso_recovery_act act, const char *reason)
{
    return kyso_recovery_close(bench->recovery, NULL, request, act, reason, &bench->why);
}

static size_t records(struct bench *bench, const char *event)
{
    return office_records(&bench->office, event, "");
}

static uint64_t now(void)
{
    return kyso_clock_wall_usec() / KYSO_USEC_PER_SEC;
}

static bool refused(struct bench *bench, int result, int outcome, const char *reason)
{
    if (result != outcome || strcmp(bench->why.reason, reason) != 0) {
        print_message("# %d %s, wanted %d %s\n", result, result > 0 ? bench->why.reason : "",
                      outcome, reason);
        return false;
    }
    return true;
}

/* ---- a lock ---- */

static void test_a_lock_has_one_request(void **state)
{
    struct bench *bench = *state;
    struct kyso_recovery_request *request;

    look(bench, "a|1", false);
    assert_int_equal(count(bench), 0);
    for (int i = 0; i < 3; i++)
        look(bench, "a|1", true);
    restart(bench);
    look(bench, "a|1", true);
    assert_int_equal(count(bench), 1);
    request = only(bench, KYSO_RECOVERY_DRAFTED);
    assert_int_equal(request->kind, KYSO_RECOVERY_REQUEST);
    assert_int_equal(request->incident, KYSO_INCIDENT_WRONG_PIN);
    assert_string_equal(request->form, "BD17-M14");
    assert_string_equal(request->profile, "binh-duong-2017");
    assert_string_equal(request->serial, "1");
    assert_int_equal(request->n_certificates, 2);
    assert_memory_equal(request->certificates, FINGERPRINTS, sizeof(FINGERPRINTS));
    assert_int_equal(records(bench, "recovery-drafted"), 1);
    assert_int_equal(office_records(&bench->office, "recovery-drafted",
                                    "\"incident\":\"wrong-pin\",\"token\":\"a|1\""),
                     1);
    look(bench, "b|2", true);
    assert_int_equal(count(bench), 2);
}

static void test_an_unlock_ends_it_and_the_next_lock_has_its_own(void **state)
{
    struct bench *bench = *state;

    look(bench, "a|1", true);
    look(bench, "a|1", false);
    assert_false(none(bench, KYSO_RECOVERY_RECOVERED));
    assert_true(only(bench, KYSO_RECOVERY_RECOVERED)->closed_at > 0);
    look(bench, "a|1", false);
    restart(bench);
    look(bench, "a|1", false);
    assert_int_equal(records(bench, "recovery-recovered"), 1);
    look(bench, "a|1", true);
    assert_int_equal(count(bench), 2);
    assert_false(none(bench, KYSO_RECOVERY_DRAFTED));
}

/* Whatever the request of this lock came to, it was the request of this lock. */
static void test_a_withdrawn_request_is_not_drafted_again(void **state)
{
    struct bench *bench = *state;
    size_t good = 0;

    for (int refuse = 0; refuse < 2; refuse++) {
        struct kyso_recovery_request *request;

        look(bench, "a|1", true);
        request = only(bench, KYSO_RECOVERY_DRAFTED);
        if (refuse)
            send(bench, request, 0);
        assert_int_equal(
            close_request(bench, request,
                          refuse ? KYSO_RECOVERY_ACT_REFUSED : KYSO_RECOVERY_ACT_CANCEL,
                          MARK " reason"),
            0);
        look(bench, "a|1", true);
        restart(bench);
        look(bench, "a|1", true);
        good += none(bench, KYSO_RECOVERY_DRAFTED);
        look(bench, "a|1", false); /* that lock is over */
    }
    assert_int_equal(count(bench), 2);
    look(bench, "a|1", true);
    good += !none(bench, KYSO_RECOVERY_DRAFTED);
    UNIT_ALL("locks", good, 3);
}

static void test_a_person_may_ask_again(void **state)
{
    struct bench *bench = *state;

    look(bench, "a|1", true);
    assert_int_equal(
        close_request(bench, only(bench, KYSO_RECOVERY_DRAFTED), KYSO_RECOVERY_ACT_CANCEL, MARK),
        0);
    assert_int_equal(start(bench, "a|1", true, KYSO_INCIDENT_FORGOTTEN_PIN)->incident,
                     KYSO_INCIDENT_FORGOTTEN_PIN);
    look(bench, "a|1", true);
    assert_int_equal(count(bench), 2);
    look(bench, "a|1", false);
    assert_false(none(bench, KYSO_RECOVERY_RECOVERED));
}

/* Not locked, so only a login shows that the PIN is there again. */
static void test_a_forgotten_pin_ends_with_a_login(void **state)
{
    struct bench *bench = *state;

    attempt(bench, "a|1", KYSO_ATTEMPT_SUCCESS, false); /* before it was forgotten */
    (void)start(bench, "a|1", false, KYSO_INCIDENT_FORGOTTEN_PIN);
    look(bench, "a|1", false);
    restart(bench);
    look(bench, "a|1", false);
    assert_false(none(bench, KYSO_RECOVERY_DRAFTED));
    attempt(bench, "a|1", KYSO_ATTEMPT_FAILURE, false);
    look(bench, "a|1", false);
    assert_false(none(bench, KYSO_RECOVERY_DRAFTED));
    attempt(bench, "b|2", KYSO_ATTEMPT_SUCCESS, false);
    look(bench, "a|1", false);
    assert_false(none(bench, KYSO_RECOVERY_DRAFTED));
    attempt(bench, "a|1", KYSO_ATTEMPT_SUCCESS, false);
    restart(bench); /* a crash between the login and the look */
    look(bench, "a|1", false);
    assert_false(none(bench, KYSO_RECOVERY_RECOVERED));
}

/* Guessed too often meanwhile: still one request; and an unlock ends it without a login. */
static void test_a_forgotten_pin_that_locks_stays_one_request(void **state)
{
    struct bench *bench = *state;

    (void)start(bench, "a|1", false, KYSO_INCIDENT_FORGOTTEN_PIN);
    look(bench, "a|1", true);
    assert_int_equal(count(bench), 1);
    restart(bench);
    look(bench, "a|1", false);
    assert_false(none(bench, KYSO_RECOVERY_RECOVERED));
    assert_int_equal(count(bench), 1);
}

/* ---- triage ---- */

static void test_what_is_lost_is_not_recovered(void **state)
{
    struct bench *bench = *state;
    struct kyso_recovery_request *revocation;
    size_t good = 0;

    look(bench, "a|1", true);
    revocation = start(bench, "a|1", true, KYSO_INCIDENT_LOST);
    assert_int_equal(revocation->kind, KYSO_RECOVERY_REVOCATION);
    assert_string_equal(revocation->form, "BD17-M09");
    assert_string_equal(only(bench, KYSO_RECOVERY_CANCELLED)->reason, "superseded");
    good += refused(bench, start_fails(bench, "a|1", KYSO_INCIDENT_FORGOTTEN_PIN),
                    KYSO_OUTCOME_REFUSED, "revocation-open");
    good += bench->why.other == revocation->id;
    good += refused(bench, start_fails(bench, "a|1", KYSO_INCIDENT_EXPOSED), KYSO_OUTCOME_REFUSED,
                    "revocation-open");
    look(bench, "a|1", true); /* nor by itself */
    assert_int_equal(count(bench), 2);
    good += refused(bench, close_request(bench, revocation, KYSO_RECOVERY_ACT_REVOKED, ""),
                    KYSO_OUTCOME_REFUSED, "not-sent");
    good += refused(bench, close_request(bench, revocation, KYSO_RECOVERY_ACT_RECOVERED, ""),
                    KYSO_OUTCOME_REFUSED, "not-a-recovery");
    send(bench, revocation, 0);
    assert_int_equal(close_request(bench, revocation, KYSO_RECOVERY_ACT_REVOKED, ""), 0);
    look(bench, "a|1", true); /* its certificate is revoked: nothing to recover */
    restart(bench);
    look(bench, "a|1", true);
    good += count(bench) == 2;
    good += records(bench, "recovery-revoked") == 1;
    UNIT_ALL("answers", good, 7);
}

static void test_one_open_recovery_for_a_token(void **state)
{
    struct bench *bench = *state;
    struct kyso_recovery_request *request = start(bench, "a|1", false, KYSO_INCIDENT_FORGOTTEN_PIN);

    assert_true(refused(bench, start_fails(bench, "a|1", KYSO_INCIDENT_WRONG_PIN),
                        KYSO_OUTCOME_REFUSED, "recovery-open"));
    assert_int_equal(bench->why.other, request->id);
    assert_string_equal(bench->why.clause, "BD17-16.2a");
    assert_int_equal(count(bench), 1);
}

static void test_quotas(void **state)
{
    struct bench *bench = *state;
    size_t good = 0;
    char key[32];

    for (int i = 0; i < KYSO_RECOVERY_PER_DAY_MAX; i++) {
        struct kyso_recovery_request *request =
            start(bench, "a|1", false, KYSO_INCIDENT_FORGOTTEN_PIN);

        assert_int_equal(close_request(bench, request, KYSO_RECOVERY_ACT_CANCEL, "x"), 0);
    }
    good += refused(bench, start_fails(bench, "a|1", KYSO_INCIDENT_FORGOTTEN_PIN),
                    KYSO_OUTCOME_LIMIT, "requests-of-a-token");
    for (int i = 0; i < KYSO_RECOVERY_OPEN_MAX; i++) {
        (void)snprintf(key, sizeof(key), "b|%d", i);
        (void)start(bench, key, false, KYSO_INCIDENT_FORGOTTEN_PIN);
    }
    good += refused(bench, start_fails(bench, "c|1", KYSO_INCIDENT_FORGOTTEN_PIN),
                    KYSO_OUTCOME_LIMIT, "open-requests");
    look(bench, "c|1", true); /* a lock has its request whatever people did */
    good += count(bench) == KYSO_RECOVERY_PER_DAY_MAX + KYSO_RECOVERY_OPEN_MAX + 1;
    UNIT_ALL("limits", good, 3);
}

/* ---- filling in ---- */

static int fill(struct bench *bench, struct kyso_recovery_request *request, const char *key,
                const char *value)
{
    return kyso_recovery_fill(bench->recovery, NULL, request, &key, &value, 1, &bench->why);
}

static void test_fields_are_kept(void **state)
{
    static const char *const KEYS[] = {"doc.number", "doc.place", "coordinator"};
    static const char *const VALUES[] = {MARK " 12/CV", MARK, "p7"};
    struct bench *bench = *state;
    struct kyso_recovery_request *request = start(bench, "a|1", false, KYSO_INCIDENT_FORGOTTEN_PIN);

    assert_int_equal(
        kyso_recovery_fill(bench->recovery, NULL, request, KEYS, VALUES, 3, &bench->why), 0);
    assert_int_equal(fill(bench, request, "doc.number", MARK " 13/CV"), 0);
    assert_int_equal(fill(bench, request, "doc.place", ""), 0);
    assert_int_equal(fill(bench, request, "reason", ""), 0); /* was not there */
    for (int i = 0; i < 2; i++) {
        request = kyso_recovery_first(bench->recovery);
        assert_int_equal(request->n_fields, 2);
        assert_string_equal(kyso_recovery_field_value(request, "doc.number"), MARK " 13/CV");
        assert_string_equal(kyso_recovery_field_value(request, "doc.place"), "");
        assert_string_equal(kyso_recovery_field_value(request, "coordinator"), "p7");
        restart(bench);
    }
    assert_int_equal(office_records(&bench->office, "recovery-changed",
                                    "\"fields\":[\"doc.number\",\"doc.place\",\"coordinator\"]"),
                     1);
}

static void test_fields_that_do_not_do(void **state)
{
    static const char *const TWICE[] = {"reason", "reason"};
    struct bench *bench = *state;
    struct kyso_recovery_request *request = start(bench, "a|1", false, KYSO_INCIDENT_FORGOTTEN_PIN);
    char *long_value = calloc(1, KYSO_RECOVERY_VALUE_MAX + 2);
    size_t good = 0;

    assert_non_null(long_value);
    memset(long_value, 'x', KYSO_RECOVERY_VALUE_MAX + 1);
    good += refused(bench, fill(bench, request, "person.name", "x"), KYSO_OUTCOME_BAD_ARGUMENT,
                    "unknown-field");
    good += strcmp(bench->why.field, "person.name") == 0;
    good +=
        refused(bench, fill(bench, request, "reason", long_value), KYSO_OUTCOME_LIMIT, "too-long");
    good += refused(bench, fill(bench, request, "reason", "a\tb"), KYSO_OUTCOME_BAD_ARGUMENT,
                    "not-plain-text");
    good += refused(
        bench, kyso_recovery_fill(bench->recovery, NULL, request, TWICE, TWICE, 2, &bench->why),
        KYSO_OUTCOME_BAD_ARGUMENT, "given-twice");
    good += refused(
        bench, kyso_recovery_fill(bench->recovery, NULL, request, TWICE, TWICE, 0, &bench->why),
        KYSO_OUTCOME_BAD_ARGUMENT, "no-fields");
    long_value[KYSO_RECOVERY_VALUE_MAX] = '\0';
    good += fill(bench, request, "reason", long_value) == 0;
    send(bench, request, 0);
    good +=
        refused(bench, fill(bench, request, "reason", "x"), KYSO_OUTCOME_REFUSED, "already-sent");
    good += fill(bench, request, "note.number", "x") == 0;
    free(long_value);
    UNIT_ALL("answers", good, 9);
}

/* ---- letters ---- */

static struct kyso_recovery_request *combine(struct bench *bench, const char *const *keys, size_t n)
{
    struct kyso_recovery_request *rows[8], *letter = NULL;

    for (size_t i = 0; i < n; i++) {
        rows[i] = NULL;
        look(bench, keys[i], true);
        for (struct kyso_recovery_request *r = kyso_recovery_first(bench->recovery); r != NULL;
             r = r->next) {
            if (strcmp(r->token, keys[i]) == 0)
                rows[i] = r;
        }
        assert_non_null(rows[i]);
    }
    assert_int_equal(kyso_recovery_combine(bench->recovery, NULL, rows, n, &letter, &bench->why),
                     0);
    return letter;
}

static const char *const THREE[] = {"a|1", "b|2", "c|3"};

static size_t rows_of(struct bench *bench, const struct kyso_recovery_request *letter)
{
    struct kyso_recovery_request *rows[8];

    return kyso_recovery_rows(bench->recovery, letter, rows, KYSO_ARRAY_LEN(rows));
}

static void test_several_in_one_letter(void **state)
{
    struct bench *bench = *state;
    struct kyso_recovery_request *letter = combine(bench, THREE, 2), *rows[8], *other;
    int64_t id = letter->id;
    size_t good = 0;

    assert_int_equal(letter->kind, KYSO_RECOVERY_LETTER);
    assert_string_equal(letter->form, "BD17-M15");
    assert_int_equal(letter->n_certificates, 0);
    assert_int_equal(rows_of(bench, letter), 2);
    assert_int_equal(kyso_recovery_rows(bench->recovery, letter, rows, 8), 2);
    good +=
        refused(bench, kyso_recovery_combine(bench->recovery, NULL, rows, 1, &other, &bench->why),
                KYSO_OUTCOME_REFUSED, "combined");
    good += bench->why.other == rows[0]->id;
    good += refused(bench,
                    kyso_recovery_combine(bench->recovery, NULL, &letter, 1, &other, &bench->why),
                    KYSO_OUTCOME_REFUSED, "is-a-letter");
    good +=
        refused(bench, kyso_recovery_combine(bench->recovery, NULL, rows, 0, &other, &bench->why),
                KYSO_OUTCOME_BAD_ARGUMENT, "no-requests");
    rows[1] = rows[0];
    good +=
        refused(bench, kyso_recovery_combine(bench->recovery, NULL, rows, 2, &other, &bench->why),
                KYSO_OUTCOME_BAD_ARGUMENT, "given-twice");
    assert_int_equal(records(bench, "recovery-combined"), 2);
    UNIT_ALL("answers", good, 5);
    /* Sending the letter sends its rows, and when the last row ends so does the letter. */
    send(bench, letter, 0);
    for (int i = 0; i < 2; i++) {
        letter = kyso_recovery_find(bench->recovery, id);
        assert_int_equal(letter->state, KYSO_RECOVERY_SENT);
        look(bench, THREE[i], false);
        assert_int_equal(rows_of(bench, letter), 2);
        if (i == 0)
            restart(bench);
    }
    assert_int_equal(letter->state, KYSO_RECOVERY_RECOVERED);
    assert_int_equal(records(bench, "recovery-sent"), 3);
    assert_int_equal(records(bench, "recovery-recovered"), 3);
}

static void test_a_row_leaves_a_letter_that_has_not_gone(void **state)
{
    struct bench *bench = *state;
    struct kyso_recovery_request *letter = combine(bench, THREE, 2);

    look(bench, "a|1", false);
    assert_int_equal(letter->state, KYSO_RECOVERY_DRAFTED);
    assert_int_equal(rows_of(bench, letter), 1);
    look(bench, "b|2", false);
    assert_int_equal(letter->state, KYSO_RECOVERY_CANCELLED);
    assert_string_equal(letter->reason, "no-rows");
}

static void test_ends_of_a_letter(void **state)
{
    struct bench *bench = *state;
    struct kyso_recovery_request *letter = combine(bench, THREE, 3), *rows[8];
    size_t n, good = 0;

    /* Withdrawn: its rows go on without it, and into another one. */
    assert_int_equal(close_request(bench, letter, KYSO_RECOVERY_ACT_CANCEL, MARK), 0);
    good += rows_of(bench, letter) == 0 && letter->state == KYSO_RECOVERY_CANCELLED;
    letter = combine(bench, THREE, 3);
    n = kyso_recovery_rows(bench->recovery, letter, rows, 8);
    assert_int_equal(n, 3);
    send(bench, letter, 0);
    good += refused(bench, close_request(bench, letter, KYSO_RECOVERY_ACT_CANCEL, "x"),
                    KYSO_OUTCOME_REFUSED, "already-sent");
    /* One row alone, then the rest with the letter. */
    good += close_request(bench, rows[0], KYSO_RECOVERY_ACT_REFUSED, MARK) == 0 &&
            letter->state == KYSO_RECOVERY_SENT;
    good += close_request(bench, letter, KYSO_RECOVERY_ACT_RECOVERED, "") == 0;
    good += rows[0]->state == KYSO_RECOVERY_REFUSED && rows[1]->state == KYSO_RECOVERY_RECOVERED &&
            rows[2]->state == KYSO_RECOVERY_RECOVERED && letter->state == KYSO_RECOVERY_RECOVERED;
    good += rows_of(bench, letter) == 3;
    /* All refused one by one. */
    look(bench, "a|1", false);
    look(bench, "b|2", false);
    letter = combine(bench, THREE, 2);
    n = kyso_recovery_rows(bench->recovery, letter, rows, 8);
    send(bench, letter, 0);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(close_request(bench, rows[i], KYSO_RECOVERY_ACT_REFUSED, MARK " no"), 0);
    good += letter->state == KYSO_RECOVERY_REFUSED && strcmp(letter->reason, MARK " no") == 0;
    UNIT_ALL("ends", good, 7);
}

/* Nobody can have helped before the letter was sent, even if only read out on the telephone. */
static void test_a_drafted_letter_is_not_done(void **state)
{
    struct bench *bench = *state;
    struct kyso_recovery_request *letter = combine(bench, THREE, 2);

    assert_true(refused(bench, close_request(bench, letter, KYSO_RECOVERY_ACT_RECOVERED, ""),
                        KYSO_OUTCOME_REFUSED, "not-sent"));
    send(bench, letter, 0);
    assert_int_equal(close_request(bench, letter, KYSO_RECOVERY_ACT_RECOVERED, ""), 0);
    assert_int_equal(letter->state, KYSO_RECOVERY_RECOVERED);
    assert_int_equal(rows_of(bench, letter), 2);
    assert_true(none(bench, KYSO_RECOVERY_DRAFTED));
}

static void test_a_province_without_letters(void **state)
{
    struct bench *bench = *state;
    struct kyso_recovery_request *row, *letter;

    look(bench, "a|1", true);
    row = only(bench, KYSO_RECOVERY_DRAFTED);
    assert_string_equal(row->form, "LS20-M07");
    assert_true(refused(bench,
                        kyso_recovery_combine(bench->recovery, NULL, &row, 1, &letter, &bench->why),
                        KYSO_OUTCOME_REFUSED, "no-upstream-form"));
    send(bench, row, now() - 100 * HOUR);
    assert_true(kyso_recovery_due(bench->recovery, row) == KYSO_DEADLINE_NO_TIME);
}

/* ---- by hand ---- */

/* What the return code alone has shown, a person has to lift (policy/lockout.h). */
static void test_recovered_by_hand_lifts_the_record(void **state)
{
    struct bench *bench = *state;
    struct kyso_recovery_request *request;
    struct kyso_pin_record record;

    attempt(bench, "a|1", KYSO_ATTEMPT_FAILURE, true);
    look(bench, "a|1", true);
    request = only(bench, KYSO_RECOVERY_DRAFTED);
    assert_true(refused(bench, close_request(bench, request, KYSO_RECOVERY_ACT_RECOVERED, ""),
                        KYSO_OUTCOME_REFUSED, "not-sent"));
    assert_int_equal(kyso_store_pin_record(bench->office.store, "a|1", &record), 0);
    assert_true(record.locked);
    assert_int_equal(record.failures, 1);
    send(bench, request, 0);
    assert_int_equal(close_request(bench, request, KYSO_RECOVERY_ACT_RECOVERED, ""), 0);
    assert_int_equal(kyso_store_pin_record(bench->office.store, "a|1", &record), 0);
    assert_false(record.locked);
    assert_int_equal(record.failures, 0);
    assert_int_equal(records(bench, "pin-unlocked"), 1);
    /* Nothing else does. */
    attempt(bench, "a|1", KYSO_ATTEMPT_FAILURE, true);
    look(bench, "a|1", true);
    assert_int_equal(
        close_request(bench, only(bench, KYSO_RECOVERY_DRAFTED), KYSO_RECOVERY_ACT_CANCEL, "x"), 0);
    assert_int_equal(kyso_store_pin_record(bench->office.store, "a|1", &record), 0);
    assert_true(record.locked);
    assert_int_equal(records(bench, "pin-unlocked"), 1);
}

static void test_texts_that_do_not_do(void **state)
{
    struct bench *bench = *state;
    struct kyso_recovery_request *request = start(bench, "a|1", false, KYSO_INCIDENT_FORGOTTEN_PIN);
    struct kyso_recovery *recovery = bench->recovery;
    struct kyso_recovery_why *why = &bench->why;
    char *text = calloc(1, KYSO_RECOVERY_TEXT_MAX + 2);
    size_t good = 0;

    assert_non_null(text);
    memset(text, 'x', KYSO_RECOVERY_TEXT_MAX + 1);
    good += refused(bench, kyso_recovery_send(recovery, NULL, request, "", "by hand", 0, why),
                    KYSO_OUTCOME_BAD_ARGUMENT, "missing") &&
            strcmp(why->field, "to") == 0;
    good += refused(bench, kyso_recovery_send(recovery, NULL, request, "x", "", 0, why),
                    KYSO_OUTCOME_BAD_ARGUMENT, "missing") &&
            strcmp(why->field, "how") == 0;
    good += refused(bench, kyso_recovery_send(recovery, NULL, request, text, "x", 0, why),
                    KYSO_OUTCOME_LIMIT, "too-long");
    good += refused(bench, kyso_recovery_send(recovery, NULL, request, "x", "x", now() + HOUR, why),
                    KYSO_OUTCOME_BAD_ARGUMENT, "in-the-future");
    good += refused(bench, close_request(bench, request, KYSO_RECOVERY_ACT_CANCEL, ""),
                    KYSO_OUTCOME_BAD_ARGUMENT, "missing");
    good += refused(bench, close_request(bench, request, KYSO_RECOVERY_ACT_CANCEL, text),
                    KYSO_OUTCOME_LIMIT, "too-long");
    good += refused(bench, close_request(bench, request, KYSO_RECOVERY_ACT_REFUSED, "x"),
                    KYSO_OUTCOME_REFUSED, "not-sent");
    assert_int_equal(request->state, KYSO_RECOVERY_DRAFTED);
    free(text);
    UNIT_ALL("answers", good, 7);
}

/* ---- time ---- */

static int64_t tick(struct bench *bench, uint64_t at)
{
    int64_t next = 0;

    assert_int_equal(kyso_recovery_tick(bench->recovery, (int64_t)at, &next), 0);
    return next;
}

/* BD17-16.2c: "nếu quá 24 giờ", so that the last second is still in time. */
static void test_overdue_once(void **state)
{
    struct bench *bench = *state;
    struct kyso_recovery_request *request;
    uint64_t sent = now() - 10;
    int64_t next;

    look(bench, "a|1", true);
    request = only(bench, KYSO_RECOVERY_DRAFTED);
    assert_true(tick(bench, sent + 100 * 24 * HOUR) == KYSO_DEADLINE_NO_TIME);
    send(bench, request, sent);
    assert_int_equal(kyso_recovery_due(bench->recovery, request), (int64_t)sent + 24 * HOUR);
    next = tick(bench, sent + 1);
    assert_true(next > (int64_t)sent + 1 && next <= (int64_t)sent + 24 * HOUR + 1);
    assert_int_equal(tick(bench, sent + 24 * HOUR), (int64_t)sent + 24 * HOUR + 1);
    assert_false(request->overdue);
    (void)tick(bench, sent + 24 * HOUR + 1);
    assert_true(request->overdue);
    assert_int_equal(bench->overdue, 1);
    (void)tick(bench, sent + 48 * HOUR);
    (void)tick(bench, sent); /* the clock was set back: it was overdue all the same */
    assert_int_equal(bench->overdue, 1);
    restart(bench);
    (void)tick(bench, sent + 49 * HOUR);
    assert_int_equal(bench->overdue, 0);
    assert_true(kyso_recovery_first(bench->recovery)->overdue);
    assert_int_equal(records(bench, "recovery-overdue"), 1);
}

/* Overdue while nothing ran: found at the start. */
static void test_overdue_after_a_restart(void **state)
{
    struct bench *bench = *state;

    look(bench, "a|1", true);
    send(bench, only(bench, KYSO_RECOVERY_DRAFTED), now() - 30 * HOUR);
    restart(bench);
    (void)tick(bench, now());
    assert_int_equal(bench->overdue, 1);
    look(bench, "a|1", false);
    restart(bench);
    assert_true(tick(bench, now() + 100 * HOUR) == KYSO_DEADLINE_NO_TIME);
    assert_int_equal(bench->overdue, 0);
}

/* A disk that is full at that moment: the mark comes later, that of others comes now. */
static void test_overdue_is_tried_again(void **state)
{
    struct bench *bench = *state;
    uint64_t sent = now() - 30 * HOUR, at = now();
    int64_t next = 0;

    look(bench, "a|1", true);
    send(bench, only(bench, KYSO_RECOVERY_DRAFTED), sent);
    while_stopped(bench, "CREATE TRIGGER full BEFORE INSERT ON audit WHEN"
                         " NEW.record LIKE '%recovery-overdue%'"
                         " BEGIN SELECT RAISE(ABORT, 'no room'); END");
    assert_int_equal(kyso_recovery_tick(bench->recovery, (int64_t)at, &next),
                     KYSO_OUTCOME_STORE_FAILED);
    assert_int_equal(next, (int64_t)at + HOUR);
    assert_false(kyso_recovery_first(bench->recovery)->overdue);
    assert_int_equal(bench->overdue, 0);
    while_stopped(bench, "DROP TRIGGER full");
    (void)tick(bench, at + HOUR);
    assert_int_equal(bench->overdue, 1);
    assert_int_equal(records(bench, "recovery-overdue"), 1);
}

/* From when the letter goes, the hours are the letter's. */
static void test_the_hours_run_with_the_letter(void **state)
{
    struct bench *bench = *state;
    struct kyso_recovery_request *row, *letter;
    uint64_t at = now();

    look(bench, "a|1", true);
    row = only(bench, KYSO_RECOVERY_DRAFTED);
    send(bench, row, at - 20 * HOUR);
    assert_int_equal(kyso_recovery_combine(bench->recovery, NULL, &row, 1, &letter, &bench->why),
                     0);
    assert_int_equal(kyso_recovery_due(bench->recovery, row), (int64_t)at + 4 * HOUR);
    assert_true(kyso_recovery_due(bench->recovery, letter) == KYSO_DEADLINE_NO_TIME);
    send(bench, letter, at - HOUR);
    assert_true(kyso_recovery_due(bench->recovery, row) == KYSO_DEADLINE_NO_TIME);
    assert_int_equal(kyso_recovery_due(bench->recovery, letter), (int64_t)at + 23 * HOUR);
    (void)tick(bench, at + 24 * HOUR);
    assert_true(letter->overdue);
    assert_false(row->overdue);
    assert_int_equal(bench->overdue, 1);
}

/* ---- records ---- */

/* All that people wrote in this file has MARK in it; the log has none of that. */
static void test_the_log_has_no_word_of_a_person(void **state)
{
    static const char *const EVENTS[] = {
        "recovery-drafted", "recovery-changed",   "recovery-combined",  "recovery-sent",
        "recovery-overdue", "recovery-recovered", "recovery-cancelled", "recovery-refused",
        "recovery-revoked", "form-made"};
    struct bench *bench = *state;
    struct kyso_recovery_request *letter = combine(bench, THREE, 2), *rows[8];
    static const uint8_t DIGEST[32] = {7};
    size_t good = 0, marked = 0;

    assert_int_equal(fill(bench, letter, "doc.number", MARK), 0);
    assert_int_equal(kyso_recovery_form_made(bench->recovery, NULL, letter, letter->form, "pdf",
                                             "person", 2, 1, DIGEST),
                     0);
    send(bench, letter, now() - 30 * HOUR);
    (void)tick(bench, now());
    assert_int_equal(kyso_recovery_rows(bench->recovery, letter, rows, 8), 2);
    assert_int_equal(close_request(bench, rows[0], KYSO_RECOVERY_ACT_REFUSED, MARK), 0);
    assert_int_equal(close_request(bench, rows[1], KYSO_RECOVERY_ACT_CANCEL, MARK), 0);
    look(bench, "d|4", true);
    look(bench, "d|4", false);
    letter = start(bench, "e|5", false, KYSO_INCIDENT_BROKEN);
    send(bench, letter, 0);
    assert_int_equal(close_request(bench, letter, KYSO_RECOVERY_ACT_REVOKED, MARK), 0);
    for (size_t i = 0; i < KYSO_ARRAY_LEN(EVENTS); i++) {
        good += records(bench, EVENTS[i]) > 0;
        marked += office_records(&bench->office, EVENTS[i], MARK);
    }
    UNIT_ALL("events met", good, KYSO_ARRAY_LEN(EVENTS));
    assert_int_equal(marked, 0);
    assert_int_equal(
        office_records(&bench->office, "form-made",
                       "\"form\":\"BD17-M15\",\"format\":\"pdf\",\"purpose\":\"recover\","
                       "\"class\":\"person\""),
        1);
}

/* Only so many closed ones are kept at hand, all open ones always, none is lost. */
static void test_old_ones_stay_in_the_store(void **state)
{
    struct bench *bench = *state;
    int64_t first;
    char key[32];

    (void)start(bench, "a|1", false, KYSO_INCIDENT_FORGOTTEN_PIN);
    first = kyso_recovery_first(bench->recovery)->id;
    for (int i = 0; i < 600; i++) {
        (void)snprintf(key, sizeof(key), "b|%d", i);
        look(bench, key, true);
        look(bench, key, false);
    }
    restart(bench);
    assert_int_equal(count(bench), 501);
    assert_int_equal(kyso_recovery_first(bench->recovery)->id, first);
    assert_int_equal(bench->added, 501);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(test_a_lock_has_one_request),
        TEST(test_an_unlock_ends_it_and_the_next_lock_has_its_own),
        TEST(test_a_withdrawn_request_is_not_drafted_again),
        TEST(test_a_person_may_ask_again),
        TEST(test_a_forgotten_pin_ends_with_a_login),
        TEST(test_a_forgotten_pin_that_locks_stays_one_request),
        TEST(test_what_is_lost_is_not_recovered),
        TEST(test_one_open_recovery_for_a_token),
        TEST(test_quotas),
        TEST(test_fields_are_kept),
        TEST(test_fields_that_do_not_do),
        TEST(test_several_in_one_letter),
        TEST(test_a_row_leaves_a_letter_that_has_not_gone),
        TEST(test_ends_of_a_letter),
        TEST(test_a_drafted_letter_is_not_done),
        cmocka_unit_test_setup_teardown(test_a_province_without_letters, set_up_ls20, tear_down),
        TEST(test_recovered_by_hand_lifts_the_record),
        TEST(test_texts_that_do_not_do),
        TEST(test_overdue_once),
        TEST(test_overdue_after_a_restart),
        TEST(test_overdue_is_tried_again),
        TEST(test_the_hours_run_with_the_letter),
        TEST(test_the_log_has_no_word_of_a_person),
        TEST(test_old_ones_stay_in_the_store),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
