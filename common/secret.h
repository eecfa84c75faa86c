/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_COMMON_SECRET_H
#define KYSO_COMMON_SECRET_H

/* A small buffer for a PIN or key: its own locked pages, left out of core dumps, wiped on fork and
 * on release. Failing to lock is a failure. */

#include <stddef.h>
#include <stdint.h>

#include "common/macros.h"

#define KYSO_PIN_MAX 64 /* bytes (design limit of a PIN) */

struct kyso_secret;

/* A buffer of CAPACITY bytes (1 to 4096), empty. */
int kyso_secret_new(size_t capacity, struct kyso_secret **ret_secret) KYSO_MUST_CHECK;
struct kyso_secret *kyso_secret_free(struct kyso_secret *secret);

uint8_t *kyso_secret_bytes(struct kyso_secret *secret);
size_t kyso_secret_length(const struct kyso_secret *secret);
void kyso_secret_set_length(struct kyso_secret *secret, size_t length);
void kyso_secret_wipe(struct kyso_secret *secret);

/* Reads a PIN from a pipe until its end or a newline, waiting TIMEOUT_MSEC at most altogether.
 * Outcomes: KYSO_OUTCOME_PIN_INVALID when empty or longer than KYSO_PIN_MAX,
 * KYSO_OUTCOME_PROMPT_TIMEOUT, KYSO_OUTCOME_CANCELLED when the writer closed without a byte. */
int kyso_secret_read_pin(int fd, int timeout_msec, struct kyso_secret **ret_pin) KYSO_MUST_CHECK;

static inline void kyso_secret_freep(struct kyso_secret **secret)
{
    *secret = kyso_secret_free(*secret);
}
#define KYSO_SECRET KYSO_CLEANUP(kyso_secret_freep)

#endif
