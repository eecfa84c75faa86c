/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_CMS_CHECK_H
#define KYSO_CMS_CHECK_H

/* Judges one stranger's CMS over the bytes of a document: adbe.pkcs7.detached and
 * ETSI.CAdES.detached alike (RFC 5652, EN 319 122-1).
 *
 * Integrity, after EN 319 102-1: INVALID (FORMAT_FAILURE, HASH_FAILURE, SIG_CRYPTO_FAILURE) with
 *   the words of cms/signed-data.h and cms/attributes.h (but see below), "bad-range" and "bad-hex"
 *   of cms/covered.h, "wrong-digest", "bad-signature", "algorithm-mismatch", "ambiguous-signer",
 *   "signing-certificate-mismatch", "algorithm-protection-mismatch";
 * UNDETERMINED with "too-large", "too-many-certificates", "no-signer-certificate",
 *   "certificate-too-large", "bad-certificate", "unsupported-algorithm", "unreadable", and, where
 *   all else is right, "weak-digest" and "weak-key".
 * The chain of a signature whose signer is unknown is UNDETERMINED with "no-signer-certificate". */

#include <stddef.h>
#include <stdint.h>

#include "cms/algorithm.h"
#include "cms/chain.h"
#include "cms/remote.h"
#include "common/macros.h"

/* Puts the digest of the covered bytes into TO (EVP_MAX_MD_SIZE bytes). */
typedef int (*kyso_check_digest_fn)(void *data, const struct kyso_digest *digest, uint8_t *to);

struct kyso_check;

/* For any number of signatures judged by the same roots as of the same TIME. Borrows TRUST. */
int kyso_check_new(struct kyso_chain_trust *trust, uint64_t time,
                   struct kyso_check **ret_check) KYSO_MUST_CHECK;
struct kyso_check *kyso_check_free(struct kyso_check *check);

/* Judges the CMS in BYTES (zeros after it are allowed, as in a hole). *RET_FINDING is always whole
 * after 0; negative errno only for want of memory. */
int kyso_check_cms(struct kyso_check *check, const uint8_t *bytes, size_t length,
                   kyso_check_digest_fn digest, void *data,
                   struct kyso_cms_finding *ret_finding) KYSO_MUST_CHECK;

/* A finding that says no more than WHY the CMS could not be looked at ("bad-range" and so on). */
int kyso_check_failed(const char *why, struct kyso_cms_finding *ret_finding) KYSO_MUST_CHECK;

#endif
