/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DAEMON_DIGEST_H
#define KYSO_DAEMON_DIGEST_H

/* SHA-256 over bytes of a file, in slices so that the loop goes on, without a copy of the file. */

#include <stdint.h>

#include "common/loop.h"

#define KYSO_DIGEST_SIZE 32 /* bytes */

struct kyso_digest;

/* Called once: 0 and the digest, or a negative errno. */
typedef void (*kyso_digest_fn)(void *data, int result, const uint8_t sha256[KYSO_DIGEST_SIZE]);

/* Over the first LENGTH bytes of FILE (borrowed) but those in [HOLE_START, HOLE_END), which may be
 * empty. The digest may be freed in FN and has to be freed by its owner; freed earlier it is over.
 */
int kyso_digest_new(struct kyso_loop *loop, int file, uint64_t length, uint64_t hole_start,
                    uint64_t hole_end, kyso_digest_fn fn, void *data,
                    struct kyso_digest **ret_digest) KYSO_MUST_CHECK;
struct kyso_digest *kyso_digest_free(struct kyso_digest *digest);

#endif
