/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_PKCS11_GUARD_H
#define KYSO_PKCS11_GUARD_H

/* A thread that ends the process when its card is pulled and the module does not come back: OpenSC
 * 0.23 can wait for itself for ever then. Without it such a job would last until kysod's deadline.
 */

#include <stdbool.h>

#include "common/macros.h"
#include "pkcs11/card.h"

/* Watches CARD's reader (nothing to do for a card that is not open). FN is called in the guard's
 * thread, at most once, to say the last word; the process ends after it. */
int kyso_guard_start(const struct kyso_card *card, void (*fn)(void *data),
                     void *data) KYSO_MUST_CHECK;

/* Whether the process waits for kysod or a person just now, not for the module. */
void kyso_guard_set_waiting(bool waiting);

#endif
