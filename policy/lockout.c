/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy/lockout.h"

/* Without a configured limit, this many recorded failures make the next try an explicit one. */
#define FAILURES_BEFORE_CONSENT 2

static const char *const state_names[KYSO_PIN_STATE_MAX] = {
    [KYSO_PIN_UNKNOWN] = "unknown",     [KYSO_PIN_OK] = "ok",
    [KYSO_PIN_COUNT_LOW] = "count-low", [KYSO_PIN_FINAL_TRY] = "final-try",
    [KYSO_PIN_LOCKED] = "locked",
};

static const char *const charge_names[KYSO_PIN_CHARGE_MAX] = {
    [KYSO_PIN_CHARGE_NOT_MADE] = "not-made",
    [KYSO_PIN_CHARGE_SUCCESS] = "success",
    [KYSO_PIN_CHARGE_FAILURE] = "failure",
    [KYSO_PIN_CHARGE_UNKNOWN_FAILURE] = "unknown-failure",
};

static const char *const permission_names[KYSO_PIN_PERMISSION_MAX] = {
    [KYSO_PIN_PERMISSION_REFUSE] = "refuse",
    [KYSO_PIN_PERMISSION_CONSENT] = "consent",
    [KYSO_PIN_PERMISSION_ALLOW] = "allow",
};

static const char *const result_names[KYSO_LOGIN_RESULT_MAX] = {
    [KYSO_LOGIN_NOT_TRIED] = "not-tried",
    [KYSO_LOGIN_OK] = "ok",
    [KYSO_LOGIN_INCORRECT] = "incorrect",
    [KYSO_LOGIN_LOCKED] = "locked",
    [KYSO_LOGIN_GENERAL_ERROR] = "general-error",
    [KYSO_LOGIN_REMOVED] = "removed",
    [KYSO_LOGIN_ALREADY_LOGGED_IN] = "already-logged-in",
    [KYSO_LOGIN_CANCELLED] = "cancelled",
    [KYSO_LOGIN_OTHER] = "other",
};

/* What one source says; a source that says nothing is SILENT, not OK. */
enum level {
    LEVEL_SILENT = -1,
    LEVEL_CLEAR,
    LEVEL_LOW,
    LEVEL_FINAL,
    LEVEL_LOCKED,
};

static enum level flag_level(const struct kyso_lockout_facts *facts, uint32_t flags)
{
    if (facts->flags_frozen || flags == KYSO_PIN_FLAGS_UNKNOWN) {
        return LEVEL_SILENT;
    }
    if ((flags & KYSO_PIN_FLAG_LOCKED) != 0) {
        return LEVEL_LOCKED;
    }
    if ((flags & KYSO_PIN_FLAG_FINAL_TRY) != 0) {
        return LEVEL_FINAL;
    }
    return (flags & KYSO_PIN_FLAG_COUNT_LOW) != 0 ? LEVEL_LOW : LEVEL_CLEAR;
}

static enum level tries_level(const struct kyso_lockout_facts *facts, int tries)
{
    if (tries < 0) {
        return LEVEL_SILENT;
    }
    if (tries <= 1) {
        return tries == 0 ? LEVEL_LOCKED : LEVEL_FINAL;
    }
    return facts->max_tries != 0 && (uint32_t)tries < facts->max_tries ? LEVEL_LOW : LEVEL_CLEAR;
}

/* The evidence that stands when the verdict is given. */
struct evidence {
    enum level flags;
    enum level tries;
    int tries_count; /* negative: unknown */
    uint32_t recorded;
    bool recorded_locked;
    bool history_lost;
    bool reset_seen;
};

/* Did a source move up since our last recorded failure? That is an unlock, or a success of another
 * program; either way the card counts anew. Flags that were clear then say nothing by being clear
 * now. */
static bool reset_seen(const struct kyso_lockout_facts *facts, uint32_t flags, int tries)
{
    enum level now = flag_level(facts, flags);
    enum level then = flag_level(facts, facts->recorded_flags);

    if (facts->recorded == 0) {
        /* No failure of ours locked it: flags or tries showed the lock, and now they do not. */
        return facts->recorded_locked && now != LEVEL_LOCKED && tries != 0 &&
               (now != LEVEL_SILENT || tries > 0);
    }
    if (tries >= 0 && facts->recorded_tries >= 0) {
        return tries > facts->recorded_tries;
    }
    if (tries > 0 && facts->max_tries != 0 && (uint32_t)tries >= facts->max_tries) {
        return true;
    }
    return now != LEVEL_SILENT && then > LEVEL_CLEAR && now < then && tries != 0;
}

static struct evidence gather(const struct kyso_lockout_facts *facts, uint32_t flags, int tries)
{
    return (struct evidence){
        .flags = flag_level(facts, flags),
        .tries = tries_level(facts, tries),
        .tries_count = tries < 0 ? KYSO_PIN_TRIES_UNKNOWN : tries,
        .recorded = facts->recorded,
        .recorded_locked = facts->recorded_locked,
        .history_lost = facts->history_lost,
    };
}

static void forget(struct evidence *evidence)
{
    evidence->recorded = 0;
    evidence->recorded_locked = false;
    evidence->history_lost = false;
}

/* Only where the token itself says nothing at all does the record decide. */
static enum level recorded_level(const struct kyso_lockout_facts *facts,
                                 const struct evidence *evidence)
{
    if (facts->max_tries != 0 && evidence->recorded >= facts->max_tries) {
        return LEVEL_LOCKED;
    }
    if (facts->max_tries > 1 && evidence->recorded == facts->max_tries - 1) {
        return LEVEL_FINAL;
    }
    if (evidence->recorded > 0) {
        return LEVEL_LOW;
    }
    return LEVEL_SILENT;
}

static enum kyso_pin_state state_of(const struct kyso_lockout_facts *facts,
                                    const struct evidence *evidence)
{
    enum level level = evidence->flags > evidence->tries ? evidence->flags : evidence->tries;

    if (evidence->recorded_locked) {
        return KYSO_PIN_LOCKED;
    }
    if (level <= LEVEL_CLEAR && evidence->tries == LEVEL_SILENT) {
        enum level recorded = recorded_level(facts, evidence);

        level = recorded > level ? recorded : level;
    } else if (level == LEVEL_CLEAR && evidence->recorded > 0) {
        level = LEVEL_LOW;
    }
    switch (level) {
    case LEVEL_SILENT:
        return KYSO_PIN_UNKNOWN;
    case LEVEL_CLEAR:
        return evidence->history_lost && evidence->tries == LEVEL_SILENT ? KYSO_PIN_UNKNOWN
                                                                         : KYSO_PIN_OK;
    case LEVEL_LOW:
        return KYSO_PIN_COUNT_LOW;
    case LEVEL_FINAL:
        return KYSO_PIN_FINAL_TRY;
    case LEVEL_LOCKED:
        break;
    }
    return KYSO_PIN_LOCKED;
}

/* What may be the last try needs its own yes. A card that tells its tries needs no guessing. */
static enum kyso_pin_permission permission_of(const struct kyso_lockout_facts *facts,
                                              const struct evidence *evidence,
                                              enum kyso_pin_state state)
{
    uint32_t limit =
        facts->max_tries != 0 ? facts->max_tries - 1 : (uint32_t)FAILURES_BEFORE_CONSENT;

    if (state == KYSO_PIN_LOCKED) {
        return KYSO_PIN_PERMISSION_REFUSE;
    }
    if (state == KYSO_PIN_FINAL_TRY) {
        return KYSO_PIN_PERMISSION_CONSENT;
    }
    if (evidence->tries != LEVEL_SILENT) {
        return KYSO_PIN_PERMISSION_ALLOW;
    }
    if (evidence->history_lost || evidence->recorded >= limit) {
        return KYSO_PIN_PERMISSION_CONSENT;
    }
    return KYSO_PIN_PERMISSION_ALLOW;
}

static enum kyso_pin_charge charge_unclear(const struct kyso_lockout_facts *facts)
{
    enum level before = flag_level(facts, facts->flags_before);
    enum level after = flag_level(facts, facts->flags_after);

    if (facts->tries_before >= 0 && facts->tries_after >= 0) {
        if (facts->tries_after == facts->tries_before) {
            return KYSO_PIN_CHARGE_NOT_MADE;
        }
        return facts->tries_after < facts->tries_before ? KYSO_PIN_CHARGE_FAILURE
                                                        : KYSO_PIN_CHARGE_SUCCESS;
    }
    if (before != LEVEL_SILENT && after > before) {
        return KYSO_PIN_CHARGE_FAILURE;
    }
    return KYSO_PIN_CHARGE_UNKNOWN_FAILURE;
}

static enum kyso_pin_charge charge_of(const struct kyso_lockout_facts *facts, bool locked_before)
{
    switch (facts->result) {
    case KYSO_LOGIN_NOT_TRIED:
    case KYSO_LOGIN_ALREADY_LOGGED_IN:
    case KYSO_LOGIN_CANCELLED:
        return KYSO_PIN_CHARGE_NOT_MADE;
    case KYSO_LOGIN_OK:
        return KYSO_PIN_CHARGE_SUCCESS;
    case KYSO_LOGIN_INCORRECT:
        return KYSO_PIN_CHARGE_FAILURE;
    case KYSO_LOGIN_LOCKED:
        /* Said of a card that was locked already, the PIN was not checked; else it was the last. */
        return locked_before || flag_level(facts, facts->flags_before) == LEVEL_LOCKED ||
                       facts->tries_before == 0
                   ? KYSO_PIN_CHARGE_NOT_MADE
                   : KYSO_PIN_CHARGE_FAILURE;
    case KYSO_LOGIN_GENERAL_ERROR:
    case KYSO_LOGIN_REMOVED:
    case KYSO_LOGIN_OTHER:
    case KYSO_LOGIN_RESULT_MAX:
        break;
    }
    return charge_unclear(facts);
}

/* The last try was spent, and what is seen afterwards is no better: locked, whatever the module
 * still calls it. Modules exist that keep saying "final try" with none left. */
static bool last_try_spent(const struct kyso_lockout_facts *facts, enum kyso_pin_charge charge)
{
    enum level before = flag_level(facts, facts->flags_before);
    enum level after = flag_level(facts, facts->flags_after);

    if (charge != KYSO_PIN_CHARGE_FAILURE || facts->tries_after > 0) {
        return false;
    }
    if (facts->tries_before >= 0) {
        return facts->tries_before <= 1;
    }
    return before >= LEVEL_FINAL && (after == LEVEL_SILENT || after >= LEVEL_FINAL);
}

/* Applies the attempt to the evidence gathered after it. */
static void settle(const struct kyso_lockout_facts *facts, enum kyso_pin_charge charge,
                   struct evidence *evidence)
{
    switch (charge) {
    case KYSO_PIN_CHARGE_SUCCESS:
        /* The card took the PIN: flags left over from before are stale. */
        forget(evidence);
        evidence->flags = LEVEL_CLEAR;
        if (evidence->tries == LEVEL_LOCKED || evidence->tries == LEVEL_FINAL) {
            evidence->tries_count = KYSO_PIN_TRIES_UNKNOWN;
        }
        evidence->tries = evidence->tries == LEVEL_SILENT ? LEVEL_SILENT : LEVEL_CLEAR;
        return;
    case KYSO_PIN_CHARGE_FAILURE:
    case KYSO_PIN_CHARGE_UNKNOWN_FAILURE:
        evidence->recorded += evidence->recorded < UINT32_MAX ? 1 : 0;
        break;
    case KYSO_PIN_CHARGE_NOT_MADE:
    case KYSO_PIN_CHARGE_MAX:
        break;
    }
    if (facts->result == KYSO_LOGIN_LOCKED || last_try_spent(facts, charge)) {
        evidence->recorded_locked = true;
    }
}

static int tries_left(const struct evidence *evidence, enum kyso_pin_state state)
{
    if (state == KYSO_PIN_LOCKED) {
        return 0;
    }
    if (state == KYSO_PIN_FINAL_TRY && evidence->flags == LEVEL_FINAL) {
        return 1;
    }
    return evidence->tries_count;
}

struct kyso_lockout_verdict kyso_lockout_judge(const struct kyso_lockout_facts *facts)
{
    bool tried = facts->result != KYSO_LOGIN_NOT_TRIED;
    enum kyso_pin_charge charge;
    struct evidence evidence = gather(facts, tried ? facts->flags_after : facts->flags_before,
                                      tried ? facts->tries_after : facts->tries_before);
    struct kyso_lockout_verdict verdict;

    /* What was seen before the login decides about a reset: the attempt itself moves the counts. */
    evidence.reset_seen = reset_seen(facts, facts->flags_before, facts->tries_before);
    if (evidence.reset_seen) {
        forget(&evidence);
    }
    charge = charge_of(facts, evidence.recorded_locked);
    if (tried) {
        settle(facts, charge, &evidence);
    }
    verdict.state = state_of(facts, &evidence);
    verdict.charge = charge;
    verdict.permission = permission_of(facts, &evidence, verdict.state);
    verdict.reset_seen = evidence.reset_seen;
    verdict.recorded = evidence.recorded;
    verdict.tries_left = tries_left(&evidence, verdict.state);
    return verdict;
}

const char *kyso_pin_state_name(enum kyso_pin_state state)
{
    return (unsigned int)state < KYSO_PIN_STATE_MAX ? state_names[state] : "unknown";
}

const char *kyso_pin_charge_name(enum kyso_pin_charge charge)
{
    return (unsigned int)charge < KYSO_PIN_CHARGE_MAX ? charge_names[charge] : "unknown-failure";
}

const char *kyso_pin_permission_name(enum kyso_pin_permission permission)
{
    return (unsigned int)permission < KYSO_PIN_PERMISSION_MAX ? permission_names[permission]
                                                              : "refuse";
}

const char *kyso_login_result_name(enum kyso_login_result result)
{
    return (unsigned int)result < KYSO_LOGIN_RESULT_MAX ? result_names[result] : "other";
}
