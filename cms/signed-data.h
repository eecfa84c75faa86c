/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_CMS_SIGNED_DATA_H
#define KYSO_CMS_SIGNED_DATA_H

/* Takes a stranger's detached SignedData (RFC 5652) apart by hand, strictly: one signer, no content
 * inside, every element where it belongs and nothing after it. Only the pieces are found here;
 * nothing is believed.
 *
 * PDF wants DER. Other programs' signatures in BER are tolerated: OpenSSL writes them anew in DER,
 * which is what the signed attributes were signed in anyway (RFC 5652 5.4); the caller is told. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cms/der.h"
#include "common/macros.h"

#define KYSO_CMS_MAX ((size_t)128 * 1024) /* bytes of DER */
#define KYSO_CMS_CERTIFICATES_MAX 64

struct kyso_signed_data {
    bool not_der;       /* was BER, or its attributes were out of order */
    uint8_t *rewritten; /* owned; what the items below borrow from when it was BER */
    struct kyso_der_item digest_algorithms; /* content: AlgorithmIdentifiers */
    struct kyso_der_item certificates;      /* content: CertificateChoices; empty when absent */
    size_t n_certificates;                  /* X.509 ones */
    struct kyso_der_item signer_id;         /* issuerAndSerialNumber, or [0] key identifier */
    struct kyso_der_item digest_algorithm;
    struct kyso_der_item attributes; /* [0]; tag 0 when absent */
    struct kyso_der_item signature_algorithm;
    struct kyso_der_item signature;           /* content: the value */
    struct kyso_der_item unsigned_attributes; /* [1]; tag 0 when absent */
};

/* Reads the CMS at the beginning of BYTES, which zeros fill up to LENGTH. Borrows BYTES. Returns
 * null, or why it cannot be: "too-large", "malformed", "trailing-data", "not-signed-data",
 * "content-inside", "wrong-content-type", "no-signer", "several-signers",
 * "too-many-certificates". */
const char *kyso_signed_data_read(const uint8_t *bytes, size_t length,
                                  struct kyso_signed_data *ret_data) KYSO_MUST_CHECK;
void kyso_signed_data_done(struct kyso_signed_data *data);

/* Walks the elements of a row one by one. False at the end, and at anything malformed (then
 * *LENGTH stays above 0). */
bool kyso_der_next(const uint8_t **bytes, size_t *length, struct kyso_der_item *ret_item);

/* Whether ITEM is an object identifier with these content bytes. */
bool kyso_der_is_oid(const struct kyso_der_item *item, const void *oid, size_t length);

#endif
