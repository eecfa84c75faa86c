/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Attempts charged before they are made and settled after, as the daemon does it, on a real store. */

#include "tests/unit/unit.h"

#include <stdlib.h>

#include "common/outcome.h"
#include "daemon/counter.h"

struct bench {
    char folder[32];
    struct kyso_store *store;
    struct kyso_audit *audit;
    struct kyso_counter *counter;
};

static const struct kyso_pin_view UNKNOWN = { KYSO_PIN_FLAGS_UNKNOWN, KYSO_PIN_TRIES_UNKNOWN, 0,
                                              false };

static void open_bench(struct bench *bench)
{
    assert_int_equal(kyso_store_open(bench->folder, &bench->store), 0);
    assert_int_equal(kyso_audit_new(bench->store, &bench->audit), 0);
    assert_int_equal(kyso_counter_new(bench->store, bench->audit, &bench->counter), 0);
}

static void close_bench(struct bench *bench)
{
    bench->counter = kyso_counter_free(bench->counter);
    bench->audit = kyso_audit_free(bench->audit);
    bench->store = kyso_store_free(bench->store);
}

static int set_up(void **state)
{
    static struct bench bench;

    (void)snprintf(bench.folder, sizeof(bench.folder), "/tmp/kyso-count-XXXXXX");
    assert_non_null(mkdtemp(bench.folder));
    open_bench(&bench);
    *state = &bench;
    return 0;
}

static int tear_down(void **state)
{
    static const char *const NAMES[] = { "state.db", "state.db-wal", "history", "reserve" };
    struct bench *bench = *state;
    char path[64];

    close_bench(bench);
    for (size_t i = 0; i < KYSO_ARRAY_LEN(NAMES); i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", bench->folder, NAMES[i]);
        (void)unlink(path);
    }
    return rmdir(bench->folder);
}

static struct kyso_pin_view view(uint32_t flags, int tries)
{
    return (struct kyso_pin_view){ flags, tries, 3, false };
}

static struct kyso_lockout_verdict look(struct bench *bench, struct kyso_pin_view seen)
{
    struct kyso_lockout_verdict verdict;

    assert_int_equal(kyso_counter_look(bench->counter, "a", &seen, &verdict), 0);
    return verdict;
}

static struct kyso_lockout_verdict login(struct bench *bench, enum kyso_login_result result,
                                         struct kyso_pin_view before, struct kyso_pin_view after,
                                         uint8_t digest)
{
    struct kyso_lockout_verdict verdict;
    uint8_t bytes[KYSO_PIN_DIGEST];
    int64_t attempt;

    memset(bytes, digest, sizeof(bytes));
    assert_int_equal(kyso_counter_charge(bench->counter, "a", &attempt), 0);
    assert_int_equal(kyso_counter_settle(bench->counter, "a", attempt, result, &before, &after,
                                         digest != 0 ? bytes : NULL, &verdict),
                     0);
    return verdict;
}

static size_t known(struct bench *bench, const char *token)
{
    size_t n = 77;
    const uint8_t(*digests)[KYSO_PIN_DIGEST] =
        kyso_counter_known_wrong(bench->counter, token, &n);

    assert_true((digests != NULL) == (n > 0));
    return n;
}

static void test_a_card_that_tells_its_tries(void **state)
{
    struct bench *bench = *state;
    struct kyso_lockout_verdict verdict = look(bench, view(0, 3));

    assert_int_equal(verdict.permission, KYSO_PIN_PERMISSION_ALLOW);
    verdict = login(bench, KYSO_LOGIN_INCORRECT, view(0, 3), view(KYSO_PIN_FLAG_COUNT_LOW, 2), 1);
    assert_int_equal(verdict.charge, KYSO_PIN_CHARGE_FAILURE);
    assert_int_equal(verdict.recorded, 1);
    assert_int_equal(verdict.tries_left, 2);
    verdict = login(bench, KYSO_LOGIN_INCORRECT, view(KYSO_PIN_FLAG_COUNT_LOW, 2),
                    view(KYSO_PIN_FLAG_FINAL_TRY, 1), 2);
    assert_int_equal(verdict.permission, KYSO_PIN_PERMISSION_CONSENT);
    close_bench(bench);
    open_bench(bench); /* a restart changes nothing */
    verdict = look(bench, view(KYSO_PIN_FLAG_FINAL_TRY, 1));
    assert_int_equal(verdict.permission, KYSO_PIN_PERMISSION_CONSENT);
    assert_int_equal(verdict.recorded, 2);
    verdict = login(bench, KYSO_LOGIN_INCORRECT, view(KYSO_PIN_FLAG_FINAL_TRY, 1),
                    view(KYSO_PIN_FLAG_LOCKED, 0), 3);
    assert_int_equal(verdict.state, KYSO_PIN_LOCKED);
    assert_int_equal(verdict.permission, KYSO_PIN_PERMISSION_REFUSE);
    close_bench(bench);
    open_bench(bench);
    assert_int_equal(look(bench, view(KYSO_PIN_FLAG_LOCKED, 0)).permission,
                     KYSO_PIN_PERMISSION_REFUSE);
    assert_int_equal(look(bench, UNKNOWN).permission, KYSO_PIN_PERMISSION_REFUSE);
}

static void test_unlocked_elsewhere(void **state)
{
    struct bench *bench = *state;
    struct kyso_lockout_verdict verdict;

    (void)login(bench, KYSO_LOGIN_INCORRECT, view(0, 3), view(KYSO_PIN_FLAG_COUNT_LOW, 2), 1);
    (void)login(bench, KYSO_LOGIN_LOCKED, view(KYSO_PIN_FLAG_COUNT_LOW, 2),
                view(KYSO_PIN_FLAG_LOCKED, 0), 2);
    assert_int_equal(look(bench, view(KYSO_PIN_FLAG_LOCKED, 0)).state, KYSO_PIN_LOCKED);
    verdict = look(bench, view(0, 3));
    assert_true(verdict.reset_seen);
    assert_int_equal(known(bench, "a"), 0); /* the PIN may be another now */
    verdict = look(bench, view(0, 3));
    assert_false(verdict.reset_seen); /* seen once */
    assert_int_equal(verdict.recorded, 0);
    assert_int_equal(verdict.permission, KYSO_PIN_PERMISSION_ALLOW);
}

static void test_lock_made_elsewhere(void **state)
{
    struct bench *bench = *state;
    struct kyso_lockout_verdict verdict = look(bench, view(KYSO_PIN_FLAG_LOCKED, 0));

    assert_int_equal(verdict.state, KYSO_PIN_LOCKED);
    close_bench(bench);
    open_bench(bench);
    assert_int_equal(look(bench, UNKNOWN).state, KYSO_PIN_LOCKED); /* it is remembered */
    assert_true(look(bench, view(0, 3)).reset_seen);
    assert_int_equal(look(bench, view(0, 3)).permission, KYSO_PIN_PERMISSION_ALLOW);
}

static void test_crash_between_charge_and_settle(void **state)
{
    struct bench *bench = *state;
    uint64_t last = 0;
    int64_t attempt;

    assert_int_equal(kyso_counter_charge(bench->counter, "a", &attempt), 0);
    assert_int_equal(kyso_counter_charge(bench->counter, "b", &attempt), 0);
    for (int round = 0; round < 2; round++) { /* each is recorded once */
        close_bench(bench);
        open_bench(bench);
        assert_int_equal(look(bench, UNKNOWN).recorded, 1);
        assert_int_equal(kyso_store_audit_last(bench->store, &last), 0);
        assert_int_equal(last, 2);
    }
}

static void test_a_module_that_dies(void **state)
{
    static const enum kyso_login_result RESULTS[] = { KYSO_LOGIN_GENERAL_ERROR, KYSO_LOGIN_REMOVED,
                                                      KYSO_LOGIN_OTHER };
    struct bench *bench = *state;

    for (size_t i = 0; i < KYSO_ARRAY_LEN(RESULTS); i++) {
        struct kyso_lockout_verdict verdict = login(bench, RESULTS[i], UNKNOWN, UNKNOWN, 1);

        assert_int_equal(verdict.charge, KYSO_PIN_CHARGE_UNKNOWN_FAILURE);
        assert_int_equal(verdict.recorded, i + 1);
    }
    assert_int_equal(known(bench, "a"), 0); /* nobody said that this PIN is wrong */
    assert_int_equal(login(bench, KYSO_LOGIN_CANCELLED, UNKNOWN, UNKNOWN, 0).charge,
                     KYSO_PIN_CHARGE_NOT_MADE);
    assert_int_equal(look(bench, UNKNOWN).recorded, 3);
}

static void test_wrong_pins_are_known_until_success(void **state)
{
    struct bench *bench = *state;
    const uint8_t(*digests)[KYSO_PIN_DIGEST];
    size_t n;

    assert_int_equal(known(bench, "a"), 0);
    (void)login(bench, KYSO_LOGIN_INCORRECT, UNKNOWN, UNKNOWN, 5);
    (void)login(bench, KYSO_LOGIN_INCORRECT, UNKNOWN, UNKNOWN, 6);
    digests = kyso_counter_known_wrong(bench->counter, "a", &n);
    assert_int_equal(n, 2);
    assert_int_equal(digests[0][0], 5);
    assert_int_equal(digests[1][KYSO_PIN_DIGEST - 1], 6);
    assert_int_equal(known(bench, "b"), 0);
    (void)login(bench, KYSO_LOGIN_INCORRECT, UNKNOWN, UNKNOWN, 0); /* on the reader's keys */
    assert_int_equal(known(bench, "a"), 2);
    (void)login(bench, KYSO_LOGIN_OK, UNKNOWN, UNKNOWN, 0);
    assert_int_equal(known(bench, "a"), 0);
    assert_int_equal(look(bench, UNKNOWN).recorded, 0);
    (void)login(bench, KYSO_LOGIN_INCORRECT, UNKNOWN, UNKNOWN, 5);
    kyso_counter_forget_wrong(bench->counter, "b");
    assert_int_equal(known(bench, "a"), 1);
    kyso_counter_forget_wrong(bench->counter, "a");
    assert_int_equal(known(bench, "a"), 0);
}

static void test_only_so_many_are_known(void **state)
{
    struct bench *bench = *state;
    const uint8_t(*digests)[KYSO_PIN_DIGEST];
    size_t n;

    for (uint8_t digest = 1; digest <= 20; digest++)
        (void)login(bench, KYSO_LOGIN_INCORRECT, UNKNOWN, UNKNOWN, digest);
    digests = kyso_counter_known_wrong(bench->counter, "a", &n);
    assert_int_equal(n, 16);
    assert_int_equal(digests[0][0], 5); /* the oldest went */
    assert_int_equal(digests[15][0], 20);
}

static void test_digests_need_this_run(void **state)
{
    struct bench *bench = *state;
    uint8_t key[KYSO_PIN_DIGEST];

    memcpy(key, kyso_counter_digest_key(bench->counter), sizeof(key));
    (void)login(bench, KYSO_LOGIN_INCORRECT, UNKNOWN, UNKNOWN, 5);
    close_bench(bench);
    open_bench(bench);
    assert_memory_not_equal(key, kyso_counter_digest_key(bench->counter), sizeof(key));
    assert_int_equal(known(bench, "a"), 0);
    assert_int_equal(look(bench, UNKNOWN).recorded, 1);
}

static int join_events(void *data, const struct kyso_audit_line *line)
{
    struct kyso_audit_front front;
    char *joined = data;

    assert_true(kyso_audit_read_front(line->record, line->length, &front));
    (void)snprintf(joined + strlen(joined), 256 - strlen(joined), "%s ", front.event);
    assert_non_null(strstr(line->record, "\"token\":\"a\""));
    return 0;
}

/* What the log says of a token that is locked by wrong PINs, unlocked elsewhere and used again. */
static void test_what_happened_is_in_the_audit_log(void **state)
{
    struct bench *bench = *state;
    char events[256] = "";

    (void)look(bench, view(0, 2));
    (void)login(bench, KYSO_LOGIN_INCORRECT, view(0, 2), view(KYSO_PIN_FLAG_FINAL_TRY, 1), 1);
    (void)login(bench, KYSO_LOGIN_INCORRECT, view(KYSO_PIN_FLAG_FINAL_TRY, 1),
                view(KYSO_PIN_FLAG_LOCKED, 0), 2);
    (void)look(bench, view(KYSO_PIN_FLAG_LOCKED, 0));
    (void)look(bench, view(0, 3));
    (void)look(bench, view(0, 3));
    (void)login(bench, KYSO_LOGIN_OK, view(0, 3), view(0, 3), 0);
    (void)look(bench, view(KYSO_PIN_FLAG_LOCKED, 0));
    assert_int_equal(kyso_store_audit_each(bench->store, 1, 100, join_events, events), 0);
    assert_string_equal(events, "pin-failed pin-failed pin-locked pin-unlocked pin-locked ");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_a_card_that_tells_its_tries),
        CASE(test_unlocked_elsewhere),
        CASE(test_lock_made_elsewhere),
        CASE(test_crash_between_charge_and_settle),
        CASE(test_a_module_that_dies),
        CASE(test_wrong_pins_are_known_until_success),
        CASE(test_only_so_many_are_known),
        CASE(test_digests_need_this_run),
        CASE(test_what_happened_is_in_the_audit_log),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
