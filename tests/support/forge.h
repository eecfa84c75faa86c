/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_TESTS_SUPPORT_FORGE_H
#define KYSO_TESTS_SUPPORT_FORGE_H

/* Makes CMS as others make them and as forgers would: each deviation is signed as it stands, so
 * that a check which looks at the signature value alone would let it through. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/evp.h>

#include "common/buf.h"
#include "tests/support/pki.h"

enum forge_scheme { FORGE_BY_KEY, FORGE_PSS, FORGE_NAMED_RSA, FORGE_EC_KEY_OID };

/* A DER value that replaces one attribute's SET of values. */
struct forge_bytes {
    const void *bytes;
    size_t length;
};

struct forge {
    const struct pki_cert *signer;
    const struct pki_cert *const *more; /* further certificates, null-terminated; may be null */
    const char *digest;                 /* null: "SHA256" */
    enum forge_scheme scheme;
    const uint8_t *covered;             /* digest of the document in that digest's size */
    const struct pki_cert *named;       /* who signer id names; null: SIGNER */
    const struct pki_cert *referenced;  /* who signing-certificate names; null: SIGNER */
    EVP_PKEY *key;                      /* signs; null: SIGNER's */
    bool no_attributes;                 /* the value is over the document itself (CONTENT) */
    struct forge_bytes content;         /* eContent; or what NO_ATTRIBUTES signs */
    bool content_inside;
    bool no_content_type, no_message_digest, no_signing_certificate;
    bool wrong_content_type;
    bool signing_certificate_v1, signing_certificate_sha512, issuer_serial, wrong_issuer_serial;
    bool duplicate_digest;              /* message-digest twice, the second one right */
    bool two_values;                    /* message-digest with two values */
    bool torn_attribute;
    bool signing_time;
    bool protection, wrong_protection;  /* RFC 6211 */
    bool timestamp;                     /* an unsigned attribute of that type */
    bool torn_unsigned;
    bool unsorted;                      /* attributes out of order in the file */
    bool two_signers, no_signer;
    bool no_certificates;
    bool key_id;                        /* signer id by subjectKeyIdentifier */
    bool other_digest_listed;           /* digestAlgorithms without the signer's */
    bool wrong_value;                   /* a bit of the signature value flipped */
    bool encapsulated_type_other;       /* eContentType is not id-data */
    bool not_signed_data;
    const char *claimed_digest;         /* what SignerInfo names while DIGEST is used */
    int junk_certificates;              /* that many copies of junk in the set */
};

/* Appends the DER. */
void forge_cms(const struct forge *forge, struct kyso_buf *ret_cms);

/* The same CMS with outer lengths indefinite. */
void forge_to_ber(const struct kyso_buf *der, struct kyso_buf *ret_ber);

#endif
