/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_TESTS_TOKEN_PIV_APPLET_H
#define KYSO_TESTS_TOKEN_PIV_APPLET_H

/*
 * The PIV application of an emulated card (SP 800-73-4 part 2): one command APDU in, one response
 * APDU out. Knows no socket and no clock. What is left out answers 6D00 (no key generation, no PUT
 * DATA).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/token/piv-store.h"

enum {
    KYSO_PIV_RESPONSE_MAX = 258,
    KYSO_PIV_OBJECT_MAX = 8192,
};

enum kyso_piv_last_wrong {
    KYSO_PIV_LAST_WRONG_6983,
    KYSO_PIV_LAST_WRONG_63C0,
};

/* How this make of card behaves; the same for every card swapped in. */
struct kyso_piv_quirks {
    enum kyso_piv_last_wrong last_wrong; /* answer to the wrong PIN that blocks the card */
    bool blocked_empty_63c0;             /* a blocked card answers an empty VERIFY 63C0, not 6983 */
    bool blocked_63c0;                   /* a blocked card answers every VERIFY 63C0 */
    bool yubikey;                        /* ATR, version and serial of a YubiKey */
};

struct kyso_piv_applet {
    struct kyso_piv_store *store; /* borrowed */
    struct kyso_piv_quirks quirks;
    bool pin_ok;    /* verified since power-on */
    bool pin_fresh; /* verified by the very last command: slot 9C needs it */
    uint8_t chain[KYSO_PIV_OBJECT_MAX];
    size_t n_chain;
    uint8_t chain_ins; /* 0: no chain open */
    uint8_t rest[KYSO_PIV_OBJECT_MAX];
    size_t n_rest;
    size_t rest_at;
};

/* Power-on or reset: every security status is gone. */
void kyso_piv_applet_reset(struct kyso_piv_applet *applet);

/* ATR for the make chosen; valid for ever. */
const uint8_t *kyso_piv_applet_atr(const struct kyso_piv_applet *applet, size_t *ret_n);

/* Runs one command. The result is always complete (at least a status word).
 * Returns its length, 2..KYSO_PIV_RESPONSE_MAX. */
size_t kyso_piv_applet_run(struct kyso_piv_applet *applet, const uint8_t *apdu, size_t n_apdu,
                           uint8_t ret_response[static KYSO_PIV_RESPONSE_MAX]);

/* Whether the command is a VERIFY that carries a PIN, that is, one that costs a try when wrong. */
bool kyso_piv_applet_is_pin(const uint8_t *apdu, size_t n_apdu);

#endif
