/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_PKCS11_CARD_H
#define KYSO_PKCS11_CARD_H

/* The card as PC/SC sees it, beside the module: whether it is still the one a job began with, and
 * how many tries its PIN has left. Modules answer both badly (they keep stale state after a pull,
 * and PKCS#11 has no number of tries). */

#include <stdbool.h>
#include <stdint.h>

#include <winscard.h>

#include "common/macros.h"

struct kyso_card {
    SCARDCONTEXT context;
    char *reader;
    DWORD events; /* PC/SC's count of insertions and removals when the job began */
    bool open;
};

/* Notes the card now in READER. KYSO_OUTCOME_TOKEN_MISSING when there is none. */
int kyso_card_open(const char *reader, struct kyso_card *ret_card) KYSO_MUST_CHECK;
void kyso_card_close(struct kyso_card *card);

/* Whether nothing was inserted or removed since; true for a card that is not open (a module without
 * PC/SC). Sends nothing to the card. *RET_PRESENT: some card is there. */
bool kyso_card_same(const struct kyso_card *card, bool *ret_present);
/* The same after a failure, waiting up to a second for PC/SC to notice a removal. */
bool kyso_card_same_soon(const struct kyso_card *card);

/* Returns when something was inserted or removed since, or PC/SC cannot be asked any more. */
void kyso_card_wait_change(const struct kyso_card *card);

/* Tries left of a PIV card's PIN, by a VERIFY without data (SP 800-73-4 part 2, 3.2.1), or -1. With
 * SELECT the PIV application is selected first: only while no module has the card open. Not to be
 * called while the module holds the card for itself. */
int kyso_card_piv_tries(const struct kyso_card *card, bool select);

#endif
