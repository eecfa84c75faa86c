/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_CMS_BUILD_H
#define KYSO_CMS_BUILD_H

/* Builds the detached CMS of a PAdES B-B signature (ETSI EN 319 142-1 6.3, RFC 5652): content-type,
 * message-digest, signing-certificate-v2 (RFC 5035) and nothing else signed — no signing-time, no
 * S/MIME capabilities — with the chain embedded. The signer needs only the document's digest. Runs
 * inside kyso-token around a key object; also used by tests with software keys. */

#include <stddef.h>
#include <stdint.h>

#include <openssl/evp.h>

#include "common/buf.h"
#include "common/macros.h"

struct kyso_cms_certificate {
    const uint8_t *bytes; /* DER */
    size_t length;
};

/* SHA-256 is the digest of the document and of the signed attributes. Keys: RSA (PKCS #1 v1.5) of
 * 2048 bits or more, EC P-256/384/521. CHAIN: the signer's certificate first. Appends the DER to
 * RET_CMS. Outcomes: KYSO_OUTCOME_BAD_CERTIFICATE (unreadable, or not of KEY),
 * KYSO_OUTCOME_TOKEN_FAILED (the key refused; the cause is left in OpenSSL's error queue). */
int kyso_cms_build(EVP_PKEY *key, const struct kyso_cms_certificate *chain, size_t n_chain,
                   const uint8_t digest[32], struct kyso_buf *ret_cms) KYSO_MUST_CHECK;

/* An upper bound of that CMS's size in bytes for planning the hole, with ALLOWANCE for unsigned
 * attributes added later. */
size_t kyso_cms_size(const struct kyso_cms_certificate *chain, size_t n_chain, size_t allowance);

#endif
