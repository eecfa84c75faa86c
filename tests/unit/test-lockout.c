/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* PIN states. First a bench of token models: each imitates how a real kind of module and card
 * behaves, and every wrong and right PIN is followed through the module as the daemon would,
 * against what the card inside truly has left. Then single situations, then properties over all
 * facts. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/macros.h"
#include "policy/lockout.h"

#define LOW KYSO_PIN_FLAG_COUNT_LOW
#define FINAL KYSO_PIN_FLAG_FINAL_TRY
#define LOCKED KYSO_PIN_FLAG_LOCKED
#define NONE 0U
#define UNREADABLE KYSO_PIN_FLAGS_UNKNOWN
#define NO_TRIES KYSO_PIN_TRIES_UNKNOWN

/* How a module speaks about a card. Flags by what is left, and the answers to a login. */
struct model {
    const char *name;
    unsigned int max;       /* the card's true limit; 0: no limit at all (SoftHSM) */
    bool says_low;          /* COUNT_LOW after a wrong PIN */
    bool says_final;        /* FINAL_TRY with one left */
    bool says_locked;       /* LOCKED with none left */
    bool final_when_locked; /* keeps saying FINAL_TRY with none left */
    bool flags_unreadable;
    uint32_t frozen; /* bits that are always set, with flags_frozen in the facts */
    bool is_frozen;
    bool tells_tries;              /* the card tells its tries */
    bool knows_max;                /* the administrator configured the limit */
    enum kyso_login_result wrong;  /* answer to a wrong PIN */
    enum kyso_login_result last;   /* answer to the wrong PIN that locks */
    enum kyso_login_result locked; /* answer to any PIN once locked */
    /* What must be known at the end of a row of wrong PINs, each with every consent given: */
    unsigned int consent_from; /* wrong PINs after which the next try needs consent; 0: never */
    enum kyso_pin_state end;   /* state when the card is truly locked (after 6 where no limit) */
};

#define R(x) KYSO_LOGIN_##x

static const struct model models[] = {
    {"ykcs11: all flags", 3, .says_low = true, .says_final = true, .says_locked = true,
     .wrong = R(INCORRECT), .last = R(LOCKED), .locked = R(LOCKED), .consent_from = 2,
     .end = KYSO_PIN_LOCKED},
    {"all flags, ten tries, limit unknown", 10, .says_low = true, .says_final = true,
     .says_locked = true, .wrong = R(INCORRECT), .last = R(LOCKED), .locked = R(LOCKED),
     .consent_from = 2, .end = KYSO_PIN_LOCKED},
    {"all flags, ten tries, limit known", 10, .says_low = true, .says_final = true,
     .says_locked = true, .knows_max = true, .wrong = R(INCORRECT), .last = R(LOCKED),
     .locked = R(LOCKED), .consent_from = 9, .end = KYSO_PIN_LOCKED},
    {"OpenSC PIV: no COUNT_LOW", 3, .says_final = true, .says_locked = true, .wrong = R(INCORRECT),
     .last = R(LOCKED), .locked = R(LOCKED), .consent_from = 2, .end = KYSO_PIN_LOCKED},
    {"OpenSC PIV 63C0: incorrect even when locking", 3, .says_final = true, .says_locked = true,
     .wrong = R(INCORRECT), .last = R(INCORRECT), .locked = R(LOCKED), .consent_from = 2,
     .end = KYSO_PIN_LOCKED},
    {"incorrect for ever, only the flag tells", 3, .says_final = true, .says_locked = true,
     .wrong = R(INCORRECT), .last = R(INCORRECT), .locked = R(INCORRECT), .consent_from = 2,
     .end = KYSO_PIN_LOCKED},
    {"OpenSC PIV with tries read from the card", 3, .says_final = true, .says_locked = true,
     .tells_tries = true, .wrong = R(INCORRECT), .last = R(LOCKED), .locked = R(LOCKED),
     .consent_from = 2, .end = KYSO_PIN_LOCKED},
    {"fifteen tries told by the card", 15, .tells_tries = true, .wrong = R(INCORRECT),
     .last = R(LOCKED), .locked = R(LOCKED), .consent_from = 14, .end = KYSO_PIN_LOCKED},
    {"only the card's tries, module says incorrect for ever", 5, .tells_tries = true,
     .wrong = R(INCORRECT), .last = R(INCORRECT), .locked = R(INCORRECT), .consent_from = 4,
     .end = KYSO_PIN_LOCKED},
    {"final try still said with none left", 3, .says_low = true, .says_final = true,
     .final_when_locked = true, .wrong = R(INCORRECT), .last = R(INCORRECT), .locked = R(INCORRECT),
     .consent_from = 2, .end = KYSO_PIN_LOCKED},
    {"final try said with none left, limit known", 10, .says_final = true,
     .final_when_locked = true, .knows_max = true, .wrong = R(INCORRECT), .last = R(INCORRECT),
     .locked = R(INCORRECT), .consent_from = 9, .end = KYSO_PIN_LOCKED},
    {"final try said with none left, card says 0", 3, .says_final = true, .final_when_locked = true,
     .tells_tries = true, .wrong = R(INCORRECT), .last = R(INCORRECT), .locked = R(INCORRECT),
     .consent_from = 2, .end = KYSO_PIN_LOCKED},
    {"SoftHSM: COUNT_LOW and nothing else, no limit", 0, .says_low = true, .wrong = R(INCORRECT),
     .last = R(INCORRECT), .locked = R(INCORRECT), .consent_from = 2, .end = KYSO_PIN_COUNT_LOW},
    {"no flag ever, locks with its own code", 3, .wrong = R(INCORRECT), .last = R(LOCKED),
     .locked = R(LOCKED), .consent_from = 2, .end = KYSO_PIN_LOCKED},
    {"no flag ever, known as such", 3, .is_frozen = true, .wrong = R(INCORRECT), .last = R(LOCKED),
     .locked = R(LOCKED), .consent_from = 2, .end = KYSO_PIN_LOCKED},
    {"no flag ever, incorrect for ever, limit known", 6, .knows_max = true, .wrong = R(INCORRECT),
     .last = R(INCORRECT), .locked = R(INCORRECT), .consent_from = 5, .end = KYSO_PIN_LOCKED},
    {"no flag ever, incorrect for ever, limit unknown", 6, .wrong = R(INCORRECT),
     .last = R(INCORRECT), .locked = R(INCORRECT), .consent_from = 2, .end = KYSO_PIN_COUNT_LOW},
    {"flags stuck at final try, known as such, limit known", 3, .frozen = FINAL, .is_frozen = true,
     .knows_max = true, .wrong = R(INCORRECT), .last = R(INCORRECT), .locked = R(INCORRECT),
     .consent_from = 2, .end = KYSO_PIN_LOCKED},
    {"flags stuck at locked, known as such", 3, .frozen = LOCKED, .is_frozen = true,
     .knows_max = true, .wrong = R(INCORRECT), .last = R(LOCKED), .locked = R(LOCKED),
     .consent_from = 2, .end = KYSO_PIN_LOCKED},
    {"libcacard: general error, no flags, no limit", 0, .wrong = R(GENERAL_ERROR),
     .last = R(GENERAL_ERROR), .locked = R(GENERAL_ERROR), .consent_from = 2,
     .end = KYSO_PIN_COUNT_LOW},
    {"general error to a wrong PIN, all flags", 3, .says_low = true, .says_final = true,
     .says_locked = true, .wrong = R(GENERAL_ERROR), .last = R(GENERAL_ERROR),
     .locked = R(GENERAL_ERROR), .consent_from = 2, .end = KYSO_PIN_LOCKED},
    {"general error to a wrong PIN, tries told", 5, .tells_tries = true, .wrong = R(GENERAL_ERROR),
     .last = R(GENERAL_ERROR), .locked = R(GENERAL_ERROR), .consent_from = 4,
     .end = KYSO_PIN_LOCKED},
    {"general error only when locking, no flags", 3, .knows_max = true, .wrong = R(INCORRECT),
     .last = R(GENERAL_ERROR), .locked = R(GENERAL_ERROR), .consent_from = 2,
     .end = KYSO_PIN_LOCKED},
    {"vendor code to a wrong PIN, locked flag only", 4, .says_locked = true, .wrong = R(OTHER),
     .last = R(OTHER), .locked = R(OTHER), .consent_from = 2, .end = KYSO_PIN_LOCKED},
    {"vendor code to a wrong PIN, limit known", 4, .knows_max = true, .wrong = R(OTHER),
     .last = R(OTHER), .locked = R(OTHER), .consent_from = 3, .end = KYSO_PIN_LOCKED},
    {"flags cannot be read, limit known", 3, .flags_unreadable = true, .knows_max = true,
     .wrong = R(INCORRECT), .last = R(LOCKED), .locked = R(LOCKED), .consent_from = 2,
     .end = KYSO_PIN_LOCKED},
    {"flags cannot be read, limit unknown", 4, .flags_unreadable = true, .wrong = R(INCORRECT),
     .last = R(INCORRECT), .locked = R(INCORRECT), .consent_from = 2, .end = KYSO_PIN_COUNT_LOW},
    {"one try and no more, limit known", 1, .says_locked = true, .knows_max = true,
     .wrong = R(LOCKED), .last = R(LOCKED), .locked = R(LOCKED), .consent_from = 0,
     .end = KYSO_PIN_LOCKED},
    {"pulled at every wrong PIN, locked flag", 3, .says_locked = true, .wrong = R(REMOVED),
     .last = R(REMOVED), .locked = R(REMOVED), .consent_from = 2, .end = KYSO_PIN_LOCKED},
};

/* The card inside, and what the daemon keeps about the token. */
struct bench {
    const struct model *model;
    unsigned int left; /* UINT_MAX-like when there is no limit */
    unsigned int failed;
    struct kyso_lockout_facts kept;
    unsigned int card_saw; /* PINs that reached the card */
};

static void bench_start(struct bench *bench, const struct model *model)
{
    memset(bench, 0, sizeof(*bench));
    bench->model = model;
    bench->left = model->max != 0 ? model->max : 1000000;
    bench->kept.recorded_flags = UNREADABLE;
    bench->kept.recorded_tries = NO_TRIES;
    bench->kept.max_tries = model->knows_max ? model->max : 0;
    bench->kept.flags_frozen = model->is_frozen;
}

static uint32_t bench_flags(const struct bench *bench)
{
    const struct model *model = bench->model;
    uint32_t flags = model->frozen;

    if (model->flags_unreadable) {
        return UNREADABLE;
    }
    if (model->is_frozen) {
        return flags;
    }
    flags |= model->says_low && bench->failed > 0 ? LOW : NONE;
    flags |= model->says_final && bench->left == 1 ? FINAL : NONE;
    flags |= model->final_when_locked && bench->left == 0 ? FINAL : NONE;
    flags |= model->says_locked && bench->left == 0 ? LOCKED : NONE;
    return flags;
}

static int bench_tries(const struct bench *bench)
{
    return bench->model->tells_tries ? (int)bench->left : NO_TRIES;
}

static struct kyso_lockout_verdict bench_look(struct bench *bench)
{
    struct kyso_lockout_facts facts = bench->kept;
    struct kyso_lockout_verdict verdict;

    facts.result = KYSO_LOGIN_NOT_TRIED;
    facts.flags_before = bench_flags(bench);
    facts.tries_before = bench_tries(bench);
    verdict = kyso_lockout_judge(&facts);
    if (verdict.reset_seen) {
        bench->kept.recorded = 0;
        bench->kept.recorded_locked = false;
        bench->kept.recorded_flags = UNREADABLE;
        bench->kept.recorded_tries = NO_TRIES;
    }
    return verdict;
}

static enum kyso_login_result bench_verify(struct bench *bench, bool right)
{
    const struct model *model = bench->model;

    bench->card_saw++;
    if (bench->left == 0) {
        return model->locked;
    }
    if (right) {
        bench->left = model->max != 0 ? model->max : bench->left;
        bench->failed = 0;
        return KYSO_LOGIN_OK;
    }
    bench->left--;
    bench->failed++;
    return bench->left == 0 ? model->last : model->wrong;
}

static struct kyso_lockout_verdict bench_login(struct bench *bench, bool right)
{
    struct kyso_lockout_facts facts = bench->kept;
    struct kyso_lockout_verdict verdict;

    facts.flags_before = bench_flags(bench);
    facts.tries_before = bench_tries(bench);
    facts.result = bench_verify(bench, right);
    facts.flags_after = bench_flags(bench);
    facts.tries_after = bench_tries(bench);
    verdict = kyso_lockout_judge(&facts);
    bench->kept.recorded = verdict.recorded;
    bench->kept.recorded_locked = verdict.state == KYSO_PIN_LOCKED;
    if (verdict.charge != KYSO_PIN_CHARGE_NOT_MADE) {
        bool counted = verdict.charge != KYSO_PIN_CHARGE_SUCCESS;

        bench->kept.recorded_flags = counted ? facts.flags_after : UNREADABLE;
        bench->kept.recorded_tries = counted ? facts.tries_after : NO_TRIES;
    }
    return verdict;
}

static void drive_wrong_pins(const struct model *model)
{
    unsigned int wrong = model->max != 0 ? model->max : 6;
    struct kyso_lockout_verdict verdict;
    struct bench bench;

    bench_start(&bench, model);
    for (unsigned int i = 0; i < wrong; i++) {
        bool consent = (model->consent_from != 0 && i >= model->consent_from) || model->max == 1;

        verdict = bench_look(&bench);
        assert_false(verdict.reset_seen);
        assert_int_equal(verdict.permission,
                         consent ? KYSO_PIN_PERMISSION_CONSENT : KYSO_PIN_PERMISSION_ALLOW);
        /* Nobody spends the card's true last try without having been asked. A limit that the
         * module hides and nobody configured can be below the two free failures; none here is. */
        assert_true(bench.left != 1 || consent);
        assert_true(verdict.state != KYSO_PIN_LOCKED);
        verdict = bench_login(&bench, false);
        assert_true(verdict.charge == KYSO_PIN_CHARGE_FAILURE ||
                    verdict.charge == KYSO_PIN_CHARGE_UNKNOWN_FAILURE);
        assert_int_equal(verdict.recorded, i + 1);
    }
    assert_int_equal(verdict.state, model->end);
    verdict = bench_look(&bench);
    assert_int_equal(verdict.state, model->end);
    assert_int_equal(verdict.permission == KYSO_PIN_PERMISSION_REFUSE,
                     model->end == KYSO_PIN_LOCKED);
    if (model->end == KYSO_PIN_LOCKED) {
        assert_int_equal(verdict.tries_left, 0);
    }
}

static void test_models_wrong_pins(void **state)
{
    size_t driven = 0;

    (void)state;
    for (size_t i = 0; i < KYSO_ARRAY_LEN(models); i++) {
        print_message("# %s\n", models[i].name);
        drive_wrong_pins(&models[i]);
        driven++;
    }
    assert_true(driven >= 24);
    print_message("# %zu of %zu models end in the right state\n", driven, KYSO_ARRAY_LEN(models));
}

/* A right PIN after every possible number of wrong ones clears the record. */
static void test_models_right_pin(void **state)
{
    size_t courses = 0;

    (void)state;
    for (size_t i = 0; i < KYSO_ARRAY_LEN(models); i++) {
        unsigned int most = models[i].max != 0 ? models[i].max - 1 : 5;

        for (unsigned int wrong = 0; wrong <= most; wrong++) {
            struct kyso_lockout_verdict verdict;
            struct bench bench;

            bench_start(&bench, &models[i]);
            for (unsigned int k = 0; k < wrong; k++) {
                (void)bench_login(&bench, false);
            }
            verdict = bench_login(&bench, true);
            assert_int_equal(verdict.charge, KYSO_PIN_CHARGE_SUCCESS);
            assert_int_equal(verdict.state, KYSO_PIN_OK);
            assert_int_equal(verdict.recorded, 0);
            verdict = bench_look(&bench);
            assert_true(verdict.state == KYSO_PIN_OK || models[i].is_frozen ||
                        models[i].flags_unreadable || models[i].max == 1);
            assert_int_equal(verdict.recorded, 0);
            courses++;
        }
    }
    assert_true(courses > 50);
    print_message("# %zu of %zu courses cleared by the right PIN\n", courses, courses);
}

/* Unlocked elsewhere: seen wherever card or flags show it, and never imagined where they do not. */
static void test_models_unlocked_elsewhere(void **state)
{
    size_t seen = 0;
    size_t blind = 0;

    (void)state;
    for (size_t i = 0; i < KYSO_ARRAY_LEN(models); i++) {
        const struct model *model = &models[i];
        bool shows =
            model->tells_tries || model->says_locked || model->final_when_locked || model->says_low;
        struct kyso_lockout_verdict verdict;
        struct bench bench;

        if (model->max == 0) {
            continue;
        }
        bench_start(&bench, model);
        for (unsigned int k = 0; k < model->max; k++) {
            (void)bench_login(&bench, false);
        }
        bench.left = model->max;
        bench.failed = 0;
        verdict = bench_look(&bench);
        assert_int_equal(verdict.reset_seen, shows);
        if (shows) {
            assert_int_equal(verdict.recorded, 0);
            assert_true(verdict.state == KYSO_PIN_OK || model->max == 1);
            assert_true(verdict.permission == KYSO_PIN_PERMISSION_ALLOW || model->max == 1);
            verdict = bench_look(&bench);
            assert_false(verdict.reset_seen);
            seen++;
        } else {
            assert_int_equal(verdict.recorded, model->max);
            assert_int_equal(verdict.state, model->end);
            blind++;
        }
    }
    assert_true(seen >= 10);
    assert_true(blind >= 5);
    print_message("# %zu resets seen, %zu modules that cannot show one\n", seen, blind);
}

/* Another program logs in between two of our failures: the card starts anew and so do we. */
static void test_success_elsewhere(void **state)
{
    struct kyso_lockout_verdict verdict;
    struct bench bench;

    (void)state;
    bench_start(&bench, &models[6]);
    (void)bench_login(&bench, false);
    (void)bench_login(&bench, false);
    (void)bench_verify(&bench, true);
    verdict = bench_login(&bench, false);
    assert_true(verdict.reset_seen);
    assert_int_equal(verdict.charge, KYSO_PIN_CHARGE_FAILURE);
    assert_int_equal(verdict.recorded, 1);
    assert_int_equal(verdict.tries_left, 2);
    assert_int_equal(verdict.permission, KYSO_PIN_PERMISSION_ALLOW);
}

/* Another program spends tries: the card says so although we recorded nothing. */
static void test_failures_elsewhere(void **state)
{
    struct kyso_lockout_verdict verdict;
    struct bench bench;

    (void)state;
    bench_start(&bench, &models[3]);
    (void)bench_verify(&bench, false);
    (void)bench_verify(&bench, false);
    verdict = bench_look(&bench);
    assert_int_equal(verdict.state, KYSO_PIN_FINAL_TRY);
    assert_int_equal(verdict.permission, KYSO_PIN_PERMISSION_CONSENT);
    assert_int_equal(verdict.tries_left, 1);
    assert_int_equal(verdict.recorded, 0);
    (void)bench_verify(&bench, false);
    verdict = bench_look(&bench);
    assert_int_equal(verdict.state, KYSO_PIN_LOCKED);
    assert_int_equal(verdict.permission, KYSO_PIN_PERMISSION_REFUSE);
}

struct situation {
    const char *what;
    struct kyso_lockout_facts facts;
    enum kyso_pin_state state;
    enum kyso_pin_charge charge;
    enum kyso_pin_permission permission;
    bool reset;
    uint32_t recorded;
    int tries_left;
};

#define STATE(x) KYSO_PIN_##x
#define CHARGE(x) KYSO_PIN_CHARGE_##x
#define MAY(x) KYSO_PIN_PERMISSION_##x

/* result, flags before, after, tries before, after, recorded, locked, recorded flags, tries, lost,
 * max, frozen */
static const struct situation situations[] = {
    {"first sight, clear",
     {R(NOT_TRIED), NONE, NONE, -1, -1, 0, false, UNREADABLE, -1, false, 0, false},
     STATE(OK),
     CHARGE(NOT_MADE),
     MAY(ALLOW),
     false,
     0,
     -1},
    {"first sight, nothing readable",
     {R(NOT_TRIED), UNREADABLE, NONE, -1, -1, 0, false, UNREADABLE, -1, false, 0, false},
     STATE(UNKNOWN),
     CHARGE(NOT_MADE),
     MAY(ALLOW),
     false,
     0,
     -1},
    {"history lost, clear flags",
     {R(NOT_TRIED), NONE, NONE, -1, -1, 0, false, UNREADABLE, -1, true, 0, false},
     STATE(UNKNOWN),
     CHARGE(NOT_MADE),
     MAY(CONSENT),
     false,
     0,
     -1},
    {"history lost, card tells",
     {R(NOT_TRIED), NONE, NONE, 3, -1, 0, false, UNREADABLE, -1, true, 0, false},
     STATE(OK),
     CHARGE(NOT_MADE),
     MAY(ALLOW),
     false,
     0,
     3},
    {"history lost, then success",
     {R(OK), NONE, NONE, -1, -1, 0, false, UNREADABLE, -1, true, 0, false},
     STATE(OK),
     CHARGE(SUCCESS),
     MAY(ALLOW),
     false,
     0,
     -1},
    {"flags and card disagree: worse flag",
     {R(NOT_TRIED), FINAL, NONE, 3, -1, 0, false, UNREADABLE, -1, false, 3, false},
     STATE(FINAL_TRY),
     CHARGE(NOT_MADE),
     MAY(CONSENT),
     false,
     0,
     1},
    {"flags and card disagree: worse card",
     {R(NOT_TRIED), NONE, NONE, 1, -1, 0, false, UNREADABLE, -1, false, 3, false},
     STATE(FINAL_TRY),
     CHARGE(NOT_MADE),
     MAY(CONSENT),
     false,
     0,
     1},
    {"final try said, card has none",
     {R(NOT_TRIED), FINAL, NONE, 0, -1, 0, false, UNREADABLE, -1, false, 3, false},
     STATE(LOCKED),
     CHARGE(NOT_MADE),
     MAY(REFUSE),
     false,
     0,
     0},
    {"locked said, card has some",
     {R(NOT_TRIED), LOCKED, NONE, 2, -1, 0, false, UNREADABLE, -1, false, 3, false},
     STATE(LOCKED),
     CHARGE(NOT_MADE),
     MAY(REFUSE),
     false,
     0,
     0},
    {"cached login is no success",
     {R(ALREADY_LOGGED_IN), LOW, LOW, -1, -1, 1, false, LOW, -1, false, 0, false},
     STATE(COUNT_LOW),
     CHARGE(NOT_MADE),
     MAY(ALLOW),
     false,
     1,
     -1},
    {"cancelled on the reader",
     {R(CANCELLED), NONE, NONE, -1, -1, 1, false, NONE, -1, false, 0, false},
     STATE(COUNT_LOW),
     CHARGE(NOT_MADE),
     MAY(ALLOW),
     false,
     1,
     -1},
    {"error, tries unchanged",
     {R(GENERAL_ERROR), NONE, NONE, 3, 3, 0, false, UNREADABLE, -1, false, 3, false},
     STATE(OK),
     CHARGE(NOT_MADE),
     MAY(ALLOW),
     false,
     0,
     3},
    {"error, tries fell",
     {R(GENERAL_ERROR), NONE, NONE, 3, 2, 0, false, UNREADABLE, -1, false, 3, false},
     STATE(COUNT_LOW),
     CHARGE(FAILURE),
     MAY(ALLOW),
     false,
     1,
     2},
    {"error, tries rose: the card took it",
     {R(GENERAL_ERROR), LOW, NONE, 2, 3, 1, false, LOW, 2, false, 3, false},
     STATE(OK),
     CHARGE(SUCCESS),
     MAY(ALLOW),
     false,
     0,
     3},
    {"error, a flag rose",
     {R(OTHER), NONE, LOW, -1, -1, 0, false, UNREADABLE, -1, false, 0, false},
     STATE(COUNT_LOW),
     CHARGE(FAILURE),
     MAY(ALLOW),
     false,
     1,
     -1},
    {"error, nothing to tell",
     {R(GENERAL_ERROR), NONE, NONE, -1, -1, 1, false, NONE, -1, false, 0, false},
     STATE(COUNT_LOW),
     CHARGE(UNKNOWN_FAILURE),
     MAY(CONSENT),
     false,
     2,
     -1},
    {"pulled during the login",
     {R(REMOVED), NONE, UNREADABLE, -1, -1, 0, false, UNREADABLE, -1, false, 0, false},
     STATE(COUNT_LOW),
     CHARGE(UNKNOWN_FAILURE),
     MAY(ALLOW),
     false,
     1,
     -1},
    {"last try, then pulled: incorrect was said",
     {R(INCORRECT), FINAL, UNREADABLE, -1, -1, 2, false, FINAL, -1, false, 0, false},
     STATE(LOCKED),
     CHARGE(FAILURE),
     MAY(REFUSE),
     false,
     3,
     0},
    {"last try spent, still final try",
     {R(INCORRECT), FINAL, FINAL, -1, -1, 2, false, FINAL, -1, false, 0, false},
     STATE(LOCKED),
     CHARGE(FAILURE),
     MAY(REFUSE),
     false,
     3,
     0},
    {"last try spent but the flags fell",
     {R(INCORRECT), FINAL, LOW, -1, -1, 2, false, FINAL, -1, false, 0, false},
     STATE(COUNT_LOW),
     CHARGE(FAILURE),
     MAY(CONSENT),
     false,
     3,
     -1},
    {"card's last try spent, tries unread after",
     {R(INCORRECT), NONE, NONE, 1, -1, 2, false, NONE, 1, false, 0, false},
     STATE(LOCKED),
     CHARGE(FAILURE),
     MAY(REFUSE),
     false,
     3,
     0},
    {"locked by code, flags silent, later",
     {R(NOT_TRIED), NONE, NONE, -1, -1, 3, true, NONE, -1, false, 0, false},
     STATE(LOCKED),
     CHARGE(NOT_MADE),
     MAY(REFUSE),
     false,
     3,
     0},
    {"locked, then the flag is gone",
     {R(NOT_TRIED), NONE, NONE, -1, -1, 3, true, LOCKED, -1, false, 0, false},
     STATE(OK),
     CHARGE(NOT_MADE),
     MAY(ALLOW),
     true,
     0,
     -1},
    {"locked, then fewer flags",
     {R(NOT_TRIED), LOW, NONE, -1, -1, 3, true, LOCKED, -1, false, 0, false},
     STATE(COUNT_LOW),
     CHARGE(NOT_MADE),
     MAY(ALLOW),
     true,
     0,
     -1},
    {"locked, frozen flags prove nothing",
     {R(NOT_TRIED), NONE, NONE, -1, -1, 3, true, LOCKED, -1, false, 0, true},
     STATE(LOCKED),
     CHARGE(NOT_MADE),
     MAY(REFUSE),
     false,
     3,
     0},
    {"locked, card full again",
     {R(NOT_TRIED), NONE, NONE, 10, -1, 10, true, NONE, 0, false, 10, false},
     STATE(OK),
     CHARGE(NOT_MADE),
     MAY(ALLOW),
     true,
     0,
     10},
    {"a failure, then the card is full, tries then unread",
     {R(NOT_TRIED), NONE, NONE, 3, -1, 1, false, NONE, -1, false, 3, false},
     STATE(OK),
     CHARGE(NOT_MADE),
     MAY(ALLOW),
     true,
     0,
     3},
    {"the card's tries beat falling flags",
     {R(NOT_TRIED), NONE, NONE, 2, -1, 1, false, LOW, 2, false, 3, false},
     STATE(COUNT_LOW),
     CHARGE(NOT_MADE),
     MAY(ALLOW),
     false,
     1,
     2},
    {"locked said of a locked card is no failure",
     {R(LOCKED), LOCKED, LOCKED, -1, -1, 3, true, LOCKED, -1, false, 0, false},
     STATE(LOCKED),
     CHARGE(NOT_MADE),
     MAY(REFUSE),
     false,
     3,
     0},
    {"locked by the try that locked",
     {R(LOCKED), FINAL, LOCKED, -1, -1, 2, false, FINAL, -1, false, 3, false},
     STATE(LOCKED),
     CHARGE(FAILURE),
     MAY(REFUSE),
     false,
     3,
     0},
    {"right PIN with flags left over",
     {R(OK), LOW | FINAL, LOW | FINAL, -1, -1, 2, false, FINAL, -1, false, 3, false},
     STATE(OK),
     CHARGE(SUCCESS),
     MAY(ALLOW),
     false,
     0,
     -1},
    {"limit of one, configured",
     {R(NOT_TRIED), NONE, NONE, -1, -1, 0, false, UNREADABLE, -1, false, 1, false},
     STATE(OK),
     CHARGE(NOT_MADE),
     MAY(CONSENT),
     false,
     0,
     -1},
    {"two recorded, limit unknown",
     {R(NOT_TRIED), LOW, NONE, -1, -1, 2, false, LOW, -1, false, 0, false},
     STATE(COUNT_LOW),
     CHARGE(NOT_MADE),
     MAY(CONSENT),
     false,
     2,
     -1},
    {"one short of the limit",
     {R(NOT_TRIED), LOW, NONE, -1, -1, 4, false, LOW, -1, false, 5, false},
     STATE(COUNT_LOW),
     CHARGE(NOT_MADE),
     MAY(CONSENT),
     false,
     4,
     -1},
    {"past the limit with live flags: asked, not refused",
     {R(NOT_TRIED), LOW, NONE, -1, -1, 7, false, LOW, -1, false, 5, false},
     STATE(COUNT_LOW),
     CHARGE(NOT_MADE),
     MAY(CONSENT),
     false,
     7,
     -1},
    {"right PIN, a stale count of one",
     {R(OK), LOW, LOW, 1, 1, 2, false, LOW, 1, false, 3, false},
     STATE(OK),
     CHARGE(SUCCESS),
     MAY(ALLOW),
     false,
     0,
     -1},
    {"right PIN, a stale count of none",
     {R(OK), LOW, LOW, 1, 0, 2, false, LOW, 1, false, 3, false},
     STATE(OK),
     CHARGE(SUCCESS),
     MAY(ALLOW),
     false,
     0,
     -1},
    {"error, tries read only before",
     {R(GENERAL_ERROR), NONE, NONE, 3, -1, 0, false, UNREADABLE, -1, false, 3, false},
     STATE(COUNT_LOW),
     CHARGE(UNKNOWN_FAILURE),
     MAY(ALLOW),
     false,
     1,
     -1},
    {"error, tries read only after",
     {R(GENERAL_ERROR), NONE, NONE, -1, 2, 0, false, UNREADABLE, -1, false, 3, false},
     STATE(COUNT_LOW),
     CHARGE(UNKNOWN_FAILURE),
     MAY(ALLOW),
     false,
     1,
     2},
    {"none left, incorrect, tries then unread",
     {R(INCORRECT), FINAL, FINAL, 0, -1, 3, false, FINAL, 0, false, 3, false},
     STATE(LOCKED),
     CHARGE(FAILURE),
     MAY(REFUSE),
     false,
     4,
     0},
    {"locked flag, incorrect, flags then unread",
     {R(INCORRECT), LOCKED, UNREADABLE, -1, -1, 3, false, LOCKED, -1, false, 0, false},
     STATE(LOCKED),
     CHARGE(FAILURE),
     MAY(REFUSE),
     false,
     4,
     0},
    {"two left, then pulled: not the last",
     {R(INCORRECT), NONE, UNREADABLE, 2, -1, 0, false, UNREADABLE, -1, false, 0, false},
     STATE(COUNT_LOW),
     CHARGE(FAILURE),
     MAY(ALLOW),
     false,
     1,
     -1},
    {"locked by others, noticed, gone again",
     {R(NOT_TRIED), NONE, NONE, -1, -1, 0, true, UNREADABLE, -1, false, 0, false},
     STATE(OK),
     CHARGE(NOT_MADE),
     MAY(ALLOW),
     true,
     0,
     -1},
    {"locked by others, tries back",
     {R(NOT_TRIED), UNREADABLE, NONE, 3, -1, 0, true, UNREADABLE, -1, false, 0, false},
     STATE(OK),
     CHARGE(NOT_MADE),
     MAY(ALLOW),
     true,
     0,
     3},
    {"locked by others, flag still there",
     {R(NOT_TRIED), LOCKED, NONE, 3, -1, 0, true, UNREADABLE, -1, false, 0, false},
     STATE(LOCKED),
     CHARGE(NOT_MADE),
     MAY(REFUSE),
     false,
     0,
     0},
    {"locked by others, nothing readable",
     {R(NOT_TRIED), UNREADABLE, NONE, -1, -1, 0, true, LOCKED, -1, false, 0, false},
     STATE(LOCKED),
     CHARGE(NOT_MADE),
     MAY(REFUSE),
     false,
     0,
     0},
    {"locked by others, frozen flags",
     {R(NOT_TRIED), NONE, NONE, -1, -1, 0, true, NONE, -1, false, 0, true},
     STATE(LOCKED),
     CHARGE(NOT_MADE),
     MAY(REFUSE),
     false,
     0,
     0},
    {"a count cannot wrap",
     {R(INCORRECT), LOW, LOW, -1, -1, UINT32_MAX, false, LOW, -1, false, 0, false},
     STATE(COUNT_LOW),
     CHARGE(FAILURE),
     MAY(CONSENT),
     false,
     UINT32_MAX,
     -1},
};

static void test_situations(void **state)
{
    size_t seen = 0;

    (void)state;
    for (size_t i = 0; i < KYSO_ARRAY_LEN(situations); i++) {
        const struct situation *s = &situations[i];
        struct kyso_lockout_verdict verdict = kyso_lockout_judge(&s->facts);

        print_message("# %s: %s\n", s->what, kyso_pin_state_name(verdict.state));
        assert_int_equal(verdict.state, s->state);
        assert_int_equal(verdict.charge, s->charge);
        assert_int_equal(verdict.permission, s->permission);
        assert_int_equal(verdict.reset_seen, s->reset);
        assert_int_equal(verdict.recorded, s->recorded);
        assert_int_equal(verdict.tries_left, s->tries_left);
        seen++;
    }
    print_message("# %zu of %zu situations\n", seen, KYSO_ARRAY_LEN(situations));
}

static const uint32_t all_flags[] = {NONE,      LOW,          FINAL,          LOW | FINAL,
                                     LOCKED,    LOW | LOCKED, FINAL | LOCKED, LOW | FINAL | LOCKED,
                                     UNREADABLE};
static const int all_tries[] = {NO_TRIES, 0, 1, 2, 3};
static const uint32_t all_recorded[] = {0, 1, 2, 3, UINT32_MAX};
static const uint32_t all_max[] = {0, 1, 3, 10};

/* What must hold whatever the facts are. */
static void check_properties(const struct kyso_lockout_facts *f)
{
    struct kyso_lockout_verdict v = kyso_lockout_judge(f);
    bool tried = f->result != KYSO_LOGIN_NOT_TRIED;
    uint32_t flags = tried ? f->flags_after : f->flags_before;
    int tries = tried ? f->tries_after : f->tries_before;
    bool readable = flags != UNREADABLE && !f->flags_frozen;
    uint32_t base = v.reset_seen ? 0 : f->recorded;

    /* Locked and refused are one thing. */
    assert_int_equal(v.state == KYSO_PIN_LOCKED, v.permission == KYSO_PIN_PERMISSION_REFUSE);
    /* The last try is never free. */
    assert_true(v.state != KYSO_PIN_FINAL_TRY || v.permission == KYSO_PIN_PERMISSION_CONSENT);
    if (v.charge != KYSO_PIN_CHARGE_SUCCESS) {
        assert_true(!readable || (flags & LOCKED) == 0 || v.state == KYSO_PIN_LOCKED);
        assert_true(!readable || (flags & FINAL) == 0 || v.permission != KYSO_PIN_PERMISSION_ALLOW);
        assert_true(tries != 0 || v.state == KYSO_PIN_LOCKED);
        assert_true(tries != 1 || v.permission != KYSO_PIN_PERMISSION_ALLOW);
        assert_true(f->result != KYSO_LOGIN_LOCKED || v.state == KYSO_PIN_LOCKED);
        assert_true(!f->recorded_locked || v.reset_seen || v.state == KYSO_PIN_LOCKED);
        assert_int_equal(v.recorded, v.charge == KYSO_PIN_CHARGE_NOT_MADE
                                         ? base
                                         : (base == UINT32_MAX ? base : base + 1));
        assert_true(v.state == KYSO_PIN_LOCKED || tries >= 0 || v.recorded < 2 ||
                    f->max_tries == 10 || v.permission == KYSO_PIN_PERMISSION_CONSENT);
    } else {
        assert_int_equal(v.state, KYSO_PIN_OK);
        assert_int_equal(v.recorded, 0);
        assert_true(f->result != KYSO_LOGIN_INCORRECT && f->result != KYSO_LOGIN_LOCKED &&
                    f->result != KYSO_LOGIN_ALREADY_LOGGED_IN && tried);
    }
    /* A reset is never imagined from silence. */
    if (v.reset_seen) {
        bool card = f->tries_before > f->recorded_tries && f->tries_before > 0;
        bool fell = !f->flags_frozen && f->flags_before != UNREADABLE &&
                    f->recorded_flags != UNREADABLE && f->recorded_flags != NONE &&
                    f->flags_before < f->recorded_flags;

        bool noticed =
            f->recorded == 0 && f->tries_before != 0 &&
            (f->tries_before > 0 || (!f->flags_frozen && f->flags_before != UNREADABLE)) &&
            (f->flags_frozen || f->flags_before == UNREADABLE || (f->flags_before & LOCKED) == 0);

        assert_true(card || fell || noticed);
        assert_true(f->recorded > 0 || f->recorded_locked);
    }
}

static void vary_record(struct kyso_lockout_facts *f, size_t *count)
{
    for (size_t r = 0; r < KYSO_ARRAY_LEN(all_recorded); r++) {
        for (size_t rf = 0; rf < KYSO_ARRAY_LEN(all_flags); rf++) {
            for (size_t m = 0; m < KYSO_ARRAY_LEN(all_max); m++) {
                for (unsigned int bits = 0; bits < 24; bits++) {
                    f->recorded = all_recorded[r];
                    f->recorded_flags = all_flags[rf];
                    f->max_tries = all_max[m];
                    f->recorded_locked = (bits & 1) != 0;
                    f->history_lost = (bits & 2) != 0;
                    f->flags_frozen = (bits & 4) != 0;
                    f->recorded_tries = (int)(bits >> 3) - 1;
                    check_properties(f);
                    (*count)++;
                }
            }
        }
    }
}

static void test_properties(void **state)
{
    size_t count = 0;

    (void)state;
    for (unsigned int result = 0; result < KYSO_LOGIN_RESULT_MAX; result++) {
        for (size_t before = 0; before < KYSO_ARRAY_LEN(all_flags); before += 2) {
            for (size_t after = 0; after < KYSO_ARRAY_LEN(all_flags); after += 2) {
                for (size_t t = 0; t < KYSO_ARRAY_LEN(all_tries); t++) {
                    struct kyso_lockout_facts facts = {
                        .result = (enum kyso_login_result)result,
                        .flags_before = all_flags[before],
                        .flags_after = all_flags[after],
                        .tries_before = all_tries[t],
                        .tries_after = all_tries[(t + before + after) % 5],
                    };

                    vary_record(&facts, &count);
                }
            }
        }
    }
    assert_int_equal(count, 9 * 5 * 5 * 5 * 5 * 9 * 4 * 24);
    print_message("# %zu of %zu combinations keep the properties\n", count, count);
}

static void test_names(void **state)
{
    (void)state;
    assert_string_equal(kyso_pin_state_name(KYSO_PIN_OK), "ok");
    assert_string_equal(kyso_pin_state_name(KYSO_PIN_COUNT_LOW), "count-low");
    assert_string_equal(kyso_pin_state_name(KYSO_PIN_FINAL_TRY), "final-try");
    assert_string_equal(kyso_pin_state_name(KYSO_PIN_LOCKED), "locked");
    assert_string_equal(kyso_pin_state_name(KYSO_PIN_UNKNOWN), "unknown");
    assert_string_equal(kyso_pin_state_name(KYSO_PIN_STATE_MAX), "unknown");
    assert_string_equal(kyso_pin_charge_name(KYSO_PIN_CHARGE_UNKNOWN_FAILURE), "unknown-failure");
    assert_string_equal(kyso_pin_permission_name(KYSO_PIN_PERMISSION_MAX), "refuse");
    assert_string_equal(kyso_login_result_name(KYSO_LOGIN_ALREADY_LOGGED_IN), "already-logged-in");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_models_wrong_pins),
        cmocka_unit_test(test_models_right_pin),
        cmocka_unit_test(test_models_unlocked_elsewhere),
        cmocka_unit_test(test_success_elsewhere),
        cmocka_unit_test(test_failures_elsewhere),
        cmocka_unit_test(test_situations),
        cmocka_unit_test(test_properties),
        cmocka_unit_test(test_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
