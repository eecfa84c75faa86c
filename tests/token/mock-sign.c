/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/token/mock.h"

#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <openssl/rsa.h>
#include <string.h>

enum { SIGNATURE_MAX = 1024 };

bool kyso_mock_can_sign(const struct kyso_mock_key *key, CK_MECHANISM_TYPE mechanism)
{
    switch (mechanism) {
    case CKM_RSA_PKCS:
    case CKM_RSA_X_509:
    case CKM_SHA256_RSA_PKCS:
    case CKM_RSA_PKCS_PSS:
        return EVP_PKEY_get_base_id(key->key) == EVP_PKEY_RSA;
    case CKM_ECDSA:
        return EVP_PKEY_get_base_id(key->key) == EVP_PKEY_EC;
    default:
        return false;
    }
}

/* DER of ECDSA to two numbers of the curve's size. */
static bool flatten(const uint8_t *der, size_t n_der, int n_part, uint8_t *ret_flat)
{
    ECDSA_SIG *parts = d2i_ECDSA_SIG(NULL, &der, (long)n_der);
    bool done = parts && BN_bn2binpad(ECDSA_SIG_get0_r(parts), ret_flat, n_part) == n_part &&
                BN_bn2binpad(ECDSA_SIG_get0_s(parts), ret_flat + n_part, n_part) == n_part;
    ECDSA_SIG_free(parts);
    return done;
}

static bool set_padding(EVP_PKEY_CTX *ctx, CK_MECHANISM_TYPE mechanism)
{
    switch (mechanism) {
    case CKM_RSA_X_509:
        return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING) == 1;
    case CKM_RSA_PKCS_PSS:
        return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
               EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) == 1 &&
               EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) == 1;
    case CKM_SHA256_RSA_PKCS:
        return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1 &&
               EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) == 1;
    case CKM_RSA_PKCS:
        return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1;
    default:
        return true;
    }
}

CK_RV kyso_mock_sign(const struct kyso_mock_key *key, CK_MECHANISM_TYPE mechanism,
                     const uint8_t *data, size_t n_data, uint8_t *ret_signature,
                     size_t *n_signature)
{
    uint8_t digest[EVP_MAX_MD_SIZE], signature[SIGNATURE_MAX], flat[SIGNATURE_MAX];
    size_t n = sizeof signature;
    if (mechanism == CKM_SHA256_RSA_PKCS) {
        unsigned n_digest = 0;
        if (EVP_Digest(data, n_data, digest, &n_digest, EVP_sha256(), NULL) != 1)
            return CKR_FUNCTION_FAILED;
        data = digest;
        n_data = n_digest;
    }
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key->key, NULL);
    bool done = ctx && EVP_PKEY_sign_init(ctx) == 1 && set_padding(ctx, mechanism) &&
                EVP_PKEY_sign(ctx, signature, &n, data, n_data) == 1;
    EVP_PKEY_CTX_free(ctx);
    const uint8_t *result = signature;
    if (done && mechanism == CKM_ECDSA) {
        int n_part = (EVP_PKEY_get_bits(key->key) + 7) / 8;
        done = flatten(signature, n, n_part, flat);
        result = flat;
        n = 2 * (size_t)n_part;
    }
    if (!done)
        return CKR_FUNCTION_FAILED;
    if (n > *n_signature)
        return CKR_BUFFER_TOO_SMALL;
    memcpy(ret_signature, result, n);
    *n_signature = n;
    return CKR_OK;
}
