/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DOCUMENT_INFLATE_H
#define KYSO_DOCUMENT_INFLATE_H

/* Decodes FlateDecode data with PNG and TIFF predictors (ISO 32000-1 7.4.4). */

#include <stdint.h>

#include "document/arena.h"

#define KYSO_PDF_INFLATED_MAX ((size_t)128 * 1024 * 1024)

struct kyso_predictor {
    uint32_t kind; /* 1: none, 2: TIFF, 10 to 15: PNG */
    uint32_t colors, bits, columns;
};

/* Decodes into ARENA. 0; KYSO_OUTCOME_BAD_DOCUMENT (damaged); KYSO_OUTCOME_LIMIT (larger than
 * KYSO_PDF_INFLATED_MAX or the budget); -ENOMEM. */
int kyso_inflate(struct kyso_arena *arena, const uint8_t *bytes, size_t length,
                 const struct kyso_predictor *predictor, const uint8_t **ret_bytes,
                 size_t *ret_length) KYSO_MUST_CHECK;

/* A zlib stream of BYTES into ARENA. */
int kyso_deflate(struct kyso_arena *arena, const uint8_t *bytes, size_t length,
                 const uint8_t **ret_bytes, size_t *ret_length) KYSO_MUST_CHECK;

#endif
