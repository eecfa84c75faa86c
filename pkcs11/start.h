/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_PKCS11_START_H
#define KYSO_PKCS11_START_H

/* The way to a token that scan and sign share. */

#include "pkcs11/card.h"
#include "pkcs11/module.h"
#include "pkcs11/protocol.h"

/* Enters the jail, notes the card in the order's reader (when it names one), writes OpenSC's
 * configuration for it and opens the module. GIVE_UP says the last word (from another thread) when
 * the card is pulled and the module hangs. KYSO_OUTCOME_TOKEN_MISSING without a card,
 * KYSO_OUTCOME_TOKEN_FAILED when the module does not start. */
int kyso_token_start(const struct kyso_token_order *order, void (*give_up)(void *data), void *data,
                     struct kyso_card *ret_card, struct kyso_module *ret_module) KYSO_MUST_CHECK;

#endif
