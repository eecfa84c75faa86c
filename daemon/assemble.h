/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DAEMON_ASSEMBLE_H
#define KYSO_DAEMON_ASSEMBLE_H

/* Puts a document and its update together and hashes what the signature will cover, in slices so
 * that the loop goes on. What is signed is decided here, from the bytes. */

#include <stdint.h>

#include "common/loop.h"

struct kyso_assembly;

/* FN: 0, the new memory file (taken over, not sealed yet: the hole is still empty) and SHA-256 of
 * all bytes outside the hole; or a negative errno. */
typedef void (*kyso_assemble_fn)(void *data, int result, int file, const uint8_t sha256[32]);

int kyso_assemble(struct kyso_loop *loop, int document, uint64_t document_length, int update,
                  uint64_t update_length, uint64_t hole_start, uint64_t hole_end,
                  kyso_assemble_fn fn, void *data,
                  struct kyso_assembly **ret_assembly) KYSO_MUST_CHECK;
struct kyso_assembly *kyso_assembly_free(struct kyso_assembly *assembly);

/* Writes the CMS as hex into the hole, the rest stays zeros. KYSO_OUTCOME_LIMIT when too large. */
int kyso_assemble_fill(int file, uint64_t hole_start, uint64_t hole_end, const uint8_t *cms,
                       size_t length) KYSO_MUST_CHECK;

#endif
