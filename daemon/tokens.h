/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DAEMON_TOKENS_H
#define KYSO_DAEMON_TOKENS_H

/* Follows readers and tokens: PC/SC events from the watching worker, one scan per insertion, the
 * findings into the inventory. A reader that a job uses is not scanned before the job has ended. */

#include "daemon/inventory.h"

struct kyso_tokens;

/* READY is called once, when what the store knew and what is plugged in now is on the bus (or after
 * a few seconds, when a token is silent). */
int kyso_tokens_new(struct kyso_loop *loop, struct kyso_inventory *inventory,
                    void (*ready)(void *data), void *data,
                    struct kyso_tokens **ret_tokens) KYSO_MUST_CHECK;
struct kyso_tokens *kyso_tokens_free(struct kyso_tokens *tokens);

bool kyso_tokens_available(const struct kyso_tokens *tokens); /* PC/SC's daemon answers */

/* Takes TOKEN for a job and fills in where it is; the target's strings live until released.
 * REMOVED(DATA) is called when PC/SC says meanwhile that the card or its reader has gone or
 * changed; it must not release the token at once. KYSO_OUTCOME_TOKEN_MISSING,
 * KYSO_OUTCOME_TOKEN_BUSY. */
int kyso_tokens_claim(struct kyso_tokens *tokens, struct kyso_token_entry *token,
                      void (*removed)(void *data), void *data,
                      struct kyso_token_target *ret_target) KYSO_MUST_CHECK;
void kyso_tokens_release(struct kyso_tokens *tokens, struct kyso_token_entry *token,
                         struct kyso_token_target *target);

#endif
