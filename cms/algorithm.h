/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_CMS_ALGORITHM_H
#define KYSO_CMS_ALGORITHM_H

/* The digests and signature algorithms that are judged, and the one place that verifies a value. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/evp.h>

#include "cms/der.h"
#include "common/macros.h"

struct kyso_digest {
    const char *name; /* "SHA256" ... */
    const char *oid;  /* content bytes */
    size_t oid_length;
    bool weak; /* verified still, but never VALID */
};

#define KYSO_DIGESTS 5

/* Static rows; null for what is not judged. */
const struct kyso_digest *kyso_digest_by_name(const char *name);
const struct kyso_digest *kyso_digest_by_algorithm(const struct kyso_der_item *algorithm);
const EVP_MD *kyso_digest_md(const struct kyso_digest *digest);
size_t kyso_digest_index(const struct kyso_digest *digest); /* below KYSO_DIGESTS */

/* Verifies VALUE over SIGNED with KEY as ALGORITHM says. DIGEST is what the signer names; the
 * algorithm has to agree with it and with the key. Null when right, or "unsupported-algorithm",
 * "algorithm-mismatch", "bad-signature". */
const char *kyso_signature_verify(EVP_PKEY *key, const struct kyso_der_item *algorithm,
                                  const struct kyso_digest *digest, const uint8_t *value,
                                  size_t value_length, const uint8_t *signed_bytes,
                                  size_t signed_length) KYSO_MUST_CHECK;

/* Fetches everything needed, before the process gives its files up. */
int kyso_algorithm_prepare(void) KYSO_MUST_CHECK;

#endif
