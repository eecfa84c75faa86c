/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_CMS_INFO_H
#define KYSO_CMS_INFO_H

/* What a certificate says of itself, as text and numbers that are safe to show and to compare. All
 * text is valid UTF-8 without control characters, whatever the certificate holds. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/x509.h>

#include "cms/remote.h"
#include "common/macros.h"

/* Reads exactly one DER certificate of LENGTH bytes; null when it is none. */
X509 *kyso_certificate_read(const uint8_t *der, size_t length);

/* Fills *RET_INFO (to be released with kyso_certificate_info_done). Outcomes:
 * KYSO_OUTCOME_BAD_CERTIFICATE when a field cannot be read, KYSO_OUTCOME_LIMIT above
 * KYSO_CERTIFICATE_MAX. */
int kyso_certificate_describe(X509 *certificate,
                              struct kyso_certificate_info *ret_info) KYSO_MUST_CHECK;

/* Seconds since 1970, 0 for times before; false when TIME is malformed. */
bool kyso_asn1_time(const ASN1_TIME *time, uint64_t *ret_seconds);

/* The extended key usage names a purpose of signing documents; true when there is none. */
bool kyso_certificate_extended_usage_signs(X509 *certificate, bool *ret_present);

static inline void kyso_x509_freep(X509 **certificate)
{
    X509_free(*certificate);
}
#define KYSO_X509 KYSO_CLEANUP(kyso_x509_freep) X509

#endif
