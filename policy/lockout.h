/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_POLICY_LOCKOUT_H
#define KYSO_POLICY_LOCKOUT_H

/* From what a token showed before and after a login, and what was recorded about it earlier, to the
 * PIN state, what the attempt counts as, and whether another may be made. Three counts exist and
 * are never mixed: the card's own tries, the module's flags, our recorded failures. The card's word
 * beats the flags, and both beat our record; where two disagree the worse one is believed.
 *
 * Modules differ (bench in tests/unit/test-lockout.c): some never set a flag, some say
 * "final try" when none is left, some answer a wrong PIN with a general error, some say "incorrect"
 * for ever once locked. The caller passes what it saw and keeps what comes back. */

#include <stdbool.h>
#include <stdint.h>

/* The module's flags (CKF_USER_PIN_*), or KYSO_PIN_FLAGS_UNKNOWN when they could not be read. */
enum kyso_pin_flag {
    KYSO_PIN_FLAG_COUNT_LOW = 1 << 0,
    KYSO_PIN_FLAG_FINAL_TRY = 1 << 1,
    KYSO_PIN_FLAG_LOCKED = 1 << 2,
};
#define KYSO_PIN_FLAGS_UNKNOWN UINT32_MAX
#define KYSO_PIN_TRIES_UNKNOWN (-1)

enum kyso_login_result {
    KYSO_LOGIN_NOT_TRIED = 0, /* only the state is asked for */
    KYSO_LOGIN_OK,
    KYSO_LOGIN_INCORRECT,
    KYSO_LOGIN_LOCKED,
    KYSO_LOGIN_GENERAL_ERROR,     /* CKR_GENERAL_ERROR, CKR_FUNCTION_FAILED, CKR_DEVICE_ERROR */
    KYSO_LOGIN_REMOVED,           /* token or device gone while the call ran, or worker died */
    KYSO_LOGIN_ALREADY_LOGGED_IN, /* the PIN was not checked: never a success */
    KYSO_LOGIN_CANCELLED,         /* on the reader's own keys */
    KYSO_LOGIN_OTHER,
    KYSO_LOGIN_RESULT_MAX
};

struct kyso_lockout_facts {
    enum kyso_login_result result;
    uint32_t flags_before; /* fresh, before the login; the only ones when nothing was tried */
    uint32_t flags_after;  /* fresh, after it; ignored when nothing was tried */
    int tries_before;      /* as the card told, or KYSO_PIN_TRIES_UNKNOWN */
    int tries_after;
    uint32_t recorded;    /* our failures since the last success or reset, without this attempt */
    bool recorded_locked; /* the last settled state was locked, or the lock was noticed since */
    /* Flags and card tries as read after the last recorded failure, or when the lock was noticed if
     * that was later: keep both when noting a lock, or an unlock cannot be seen. */
    uint32_t recorded_flags;
    int recorded_tries;
    bool history_lost;  /* the record is missing although there was one */
    uint32_t max_tries; /* configured for the token model; 0 unknown. Evidence, no authority */
    bool flags_frozen;  /* this module's flags are known never to change: they say nothing */
};

enum kyso_pin_state {
    KYSO_PIN_UNKNOWN = 0,
    KYSO_PIN_OK,
    KYSO_PIN_COUNT_LOW,
    KYSO_PIN_FINAL_TRY,
    KYSO_PIN_LOCKED,
    KYSO_PIN_STATE_MAX
};

enum kyso_pin_charge {
    KYSO_PIN_CHARGE_NOT_MADE = 0, /* the card did not check a PIN */
    KYSO_PIN_CHARGE_SUCCESS,
    KYSO_PIN_CHARGE_FAILURE,         /* the card said no */
    KYSO_PIN_CHARGE_UNKNOWN_FAILURE, /* nobody can tell: counted as a failure */
    KYSO_PIN_CHARGE_MAX
};

enum kyso_pin_permission {
    KYSO_PIN_PERMISSION_REFUSE = 0, /* locked: not even the right PIN is sent */
    KYSO_PIN_PERMISSION_CONSENT,    /* needs an explicit yes to spend what may be the last try */
    KYSO_PIN_PERMISSION_ALLOW,
    KYSO_PIN_PERMISSION_MAX
};

struct kyso_lockout_verdict {
    enum kyso_pin_state state;
    enum kyso_pin_charge charge;
    enum kyso_pin_permission permission; /* for the next attempt */
    bool reset_seen;   /* the token was unlocked or used elsewhere: recorded failures superseded,
                        * digests of wrong PINs and the record of being locked to be forgotten */
    uint32_t recorded; /* our failures from now on, this attempt included */
    int tries_left;    /* best knowledge; KYSO_PIN_TRIES_UNKNOWN */
};

/* Before a login (result NOT_TRIED) and after one. Total: every combination has an answer. When a
 * reset is seen the verdict already stands on the superseded record.
 *
 * A reset is believed only when the same source moved upwards since the last recorded failure: the
 * card's tries rose, or a flag that was set then is no longer set now, or a lock that no failure of
 * ours made is no longer shown. Clear flags alone prove nothing, as some modules never set any.
 * What no source shows (locked by the return code alone) is lifted by the administrator marking the
 * recovery done, which clears the record.
 */
struct kyso_lockout_verdict kyso_lockout_judge(const struct kyso_lockout_facts *facts);

/* Stable words: "ok", "count-low", "final-try", "locked", "unknown", ...; never null. */
const char *kyso_pin_state_name(enum kyso_pin_state state);
const char *kyso_pin_charge_name(enum kyso_pin_charge charge);
const char *kyso_pin_permission_name(enum kyso_pin_permission permission);
const char *kyso_login_result_name(enum kyso_login_result result);

#endif
