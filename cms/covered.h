/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_CMS_COVERED_H
#define KYSO_CMS_COVERED_H

/* Reads the holes of a PDF's signatures and hashes the bytes that each covers, in slices. The part
 * before the hole is hashed once for all signatures when they are asked in the order of their
 * holes, so that a file of many signatures costs little more than one pass over it. */

#include <stddef.h>
#include <stdint.h>

#include <openssl/evp.h>

#include "cms/algorithm.h"
#include "cms/remote.h"
#include "common/macros.h"

struct kyso_covered {
    int document; /* borrowed; a sealed memfd */
    uint64_t size;
    struct {
        EVP_MD_CTX *context; /* of the bytes [0, position) */
        uint64_t position;
    } running[KYSO_DIGESTS];
    uint8_t *slice;
};

/* Outcomes as of kyso_memfd_check. */
int kyso_covered_open(int document, struct kyso_covered *ret_covered) KYSO_MUST_CHECK;
void kyso_covered_done(struct kyso_covered *covered);

/* Decodes the hole into *RET_BYTES (malloced). Returns null, or "bad-range" (not 0 < start < end <=
 * range end <= size), "too-large", "bad-hex" (not '<', pairs of hex digits, '>'), "unreadable". */
const char *kyso_covered_hole(const struct kyso_covered *covered,
                              const struct kyso_cms_question *question, uint8_t **ret_bytes,
                              size_t *ret_length) KYSO_MUST_CHECK;

/* The digest of [0, hole start) and [hole end, range end) into TO (EVP_MAX_MD_SIZE bytes). */
int kyso_covered_digest(struct kyso_covered *covered, const struct kyso_cms_question *question,
                        const struct kyso_digest *digest, uint8_t *to) KYSO_MUST_CHECK;

#endif
