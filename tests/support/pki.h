/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_TESTS_SUPPORT_PKI_H
#define KYSO_TESTS_SUPPORT_PKI_H

/* Makes keys and certificates in memory for tests, right ones and wrong ones. Everything asserts:
 * a fixture that cannot be made fails the test. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/evp.h>
#include <openssl/x509.h>

/* The time at which tests judge: 2026-06-01 00:00:00 UTC. */
#define PKI_NOW ((uint64_t)1780272000)
#define PKI_DAY ((int64_t)86400)

struct pki_cert {
    EVP_PKEY *key;
    X509 *x509;
    uint8_t *der;
    size_t length;
};

struct pki_recipe {
    const char *common_name;      /* UTF-8; null: no CN */
    const char *key;              /* "RSA-2048", "EC-P-256", ...; null: EC P-256 */
    EVP_PKEY *shared_key;         /* use this key instead */
    int64_t from_days, to_days;   /* from PKI_NOW; both 0: -365 and +365 */
    const char *key_usage;        /* OpenSSL's words; null: by CA; "" for none */
    const char *basic_constraints; /* null: by CA; "" for none */
    const char *extended_usage;   /* null: none */
    const char *name_constraints; /* null: none */
    const char *alternative_name; /* null: none */
    bool is_ca;
    bool unknown_critical;        /* a critical extension nobody knows */
    const EVP_MD *digest;         /* null: SHA-256 */
    bool wrong_signature;         /* a bit of the signature flipped */
    EVP_PKEY *signed_by;          /* in place of the issuer's key */
    const char *organisation, *title, *email;
};

/* Issued by ISSUER, or by itself when null. */
struct pki_cert pki_make(const struct pki_recipe *recipe, const struct pki_cert *issuer);
void pki_done(struct pki_cert *cert);
EVP_PKEY *pki_key(const char *kind);

#endif
