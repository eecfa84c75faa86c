/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_CMS_ATTRIBUTES_H
#define KYSO_CMS_ATTRIBUTES_H

/* The signed attributes of a CMS signer, and the few unsigned ones that are noted. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/x509.h>

#include "cms/signed-data.h"
#include "common/buf.h"

struct kyso_attributes {
    struct kyso_buf set; /* owned: the SET OF in DER's order, as it was signed */
    bool out_of_order;
    struct kyso_der_item message_digest; /* content: the value */
    /* Tag 0 when absent; content: SigningCertificate(V2), ESSCertID(v2)s within. */
    struct kyso_der_item signing_certificate, signing_certificate_v2;
    struct kyso_der_item algorithm_protection; /* tag 0 when absent (RFC 6211) */
    bool has_signing_time;
    uint64_t signing_time;
};

/* Reads the signed attributes. Borrows from DATA. Returns null, or why they cannot be:
 * "no-signed-attributes", "malformed-attribute", "duplicate-attribute", "content-type",
 * "message-digest-missing". */
const char *kyso_attributes_read(const struct kyso_signed_data *data,
                                 struct kyso_attributes *ret_attributes) KYSO_MUST_CHECK;
void kyso_attributes_done(struct kyso_attributes *attributes);

/* Whether each signing-certificate attribute that is there names SIGNER: hash, and issuer and
 * serial number when given. */
bool kyso_attributes_name_signer(const struct kyso_attributes *attributes, X509 *signer);

/* Whether algorithm protection, when it is there, names the signer's algorithms. */
bool kyso_attributes_protect(const struct kyso_attributes *attributes,
                             const struct kyso_signed_data *data);

/* Whether there is a signature time stamp among the unsigned attributes. False in RET_WELL_FORMED
 * when those are malformed. */
bool kyso_attributes_timestamp(const struct kyso_signed_data *data, bool *ret_well_formed);

#endif
