/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* OpenSSL's key methods, deprecated in 3.0 for providers, are what lets one key of one process go
 * through C_Sign; a provider for that is ten times this file. */
#define OPENSSL_SUPPRESS_DEPRECATED

/* Why not libp11 for these keys: it asks for their PIN by an OpenSSL UI, which copies it to memory
 * that is neither locked nor ours to wipe, and then logs in where login.c does not see it. */
#include "pkcs11/key.h"

#include <errno.h>
#include <string.h>

#include <openssl/asn1.h>
#include <openssl/decoder.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/rsa.h>

#include "common/error.h"
#include "common/log.h"
#include "common/outcome.h"
#include "pkcs11/login.h"

#define SIGNATURE_MAX 1024 /* bytes: RSA of 8192 bits */

static int rsa_slot = -1, ec_slot = -1; /* where OpenSSL's objects hold the struct kyso_key */

static bool sign_failed(struct kyso_key *key, int outcome)
{
    key->outcome = outcome;
    return false;
}

/* One signature of exactly SIZE bytes. No call of the module may come between the context login and
 * C_Sign: cards forget such a login at the next command. */
static bool sign(struct kyso_key *key, CK_MECHANISM_TYPE type, const unsigned char *data,
                 size_t length, unsigned char *signature, size_t size)
{
    CK_FUNCTION_LIST *f = key->module->f;
    CK_MECHANISM mechanism = {.mechanism = type};
    CK_BYTE input[SIGNATURE_MAX];
    CK_ULONG got = size;
    CK_RV rv;

    if (length > sizeof(input))
        return sign_failed(key, -EINVAL);
    memcpy(input, data, length);
    rv = f->C_SignInit(key->session, &mechanism, key->object);
    if (rv == CKR_OK && key->always_authenticate) {
        int r = kyso_login_context(key->module, key->session, key->pin);

        if (r != 0)
            return sign_failed(key, r);
    }
    if (rv == CKR_OK)
        rv = f->C_Sign(key->session, input, length, signature, &got);
    if (rv != CKR_OK) {
        kyso_log(KYSO_LOG_WARNING, "the token cannot sign: %#lx", rv);
        return sign_failed(key, kyso_module_outcome(rv));
    }
    return got == size || sign_failed(key, KYSO_OUTCOME_TOKEN_FAILED);
}

static int rsa_private_encrypt(int length, const unsigned char *from, unsigned char *to, RSA *rsa,
                               int padding)
{
    struct kyso_key *key = RSA_get_ex_data(rsa, rsa_slot);
    size_t size = (size_t)RSA_size(rsa);

    if (key == NULL || padding != RSA_PKCS1_PADDING || length < 0 ||
        !sign(key, CKM_RSA_PKCS, from, (size_t)length, to, size))
        return -1;
    return (int)size;
}

static ECDSA_SIG *ec_sign(const unsigned char *digest, int length,
                          const BIGNUM *inverse KYSO_UNUSED, const BIGNUM *r KYSO_UNUSED,
                          EC_KEY *ec)
{
    struct kyso_key *key = EC_KEY_get_ex_data(ec, ec_slot);
    size_t order = (size_t)(EC_GROUP_order_bits(EC_KEY_get0_group(ec)) + 7) / 8;
    unsigned char raw[SIGNATURE_MAX];
    ECDSA_SIG *signature;
    BIGNUM *first, *second;

    if (key == NULL || length < 0)
        return NULL;
    /* A digest longer than the order is cut to its leftmost bits (FIPS 186-5 6.4.1). */
    if ((size_t)length > order)
        length = (int)order;
    if (2 * order > sizeof(raw) || !sign(key, CKM_ECDSA, digest, (size_t)length, raw, 2 * order))
        return NULL;
    signature = ECDSA_SIG_new();
    first = BN_bin2bn(raw, (int)order, NULL);
    second = BN_bin2bn(raw + order, (int)order, NULL);
    if (signature == NULL || first == NULL || second == NULL ||
        ECDSA_SIG_set0(signature, first, second) != 1) {
        ECDSA_SIG_free(signature);
        BN_free(first);
        BN_free(second);
        return NULL;
    }
    return signature;
}

static const RSA_METHOD *rsa_method(void)
{
    static RSA_METHOD *method;

    if (method == NULL) {
        method = RSA_meth_dup(RSA_PKCS1_OpenSSL());
        if (method != NULL)
            (void)RSA_meth_set_priv_enc(method, rsa_private_encrypt);
        rsa_slot = RSA_get_ex_new_index(0, NULL, NULL, NULL, NULL);
    }
    return rsa_slot >= 0 ? method : NULL;
}

static const EC_KEY_METHOD *ec_method(void)
{
    static EC_KEY_METHOD *method;
    int (*own_sign)(int, const unsigned char *, int, unsigned char *, unsigned int *,
                    const BIGNUM *, const BIGNUM *, EC_KEY *) = NULL;

    if (method == NULL) {
        method = EC_KEY_METHOD_new(EC_KEY_OpenSSL());
        if (method != NULL) {
            EC_KEY_METHOD_get_sign(method, &own_sign, NULL, NULL);
            EC_KEY_METHOD_set_sign(method, own_sign, NULL, ec_sign);
        }
        ec_slot = EC_KEY_get_ex_new_index(0, NULL, NULL, NULL, NULL);
    }
    return ec_slot >= 0 ? method : NULL;
}

/* Steps over one element of DER, or into it. */
static bool step(const unsigned char **p, const unsigned char *end, bool into, int *ret_tag)
{
    long length = 0;
    int class = 0;
    int flags = ASN1_get_object(p, &length, ret_tag, &class, end - *p);

    if ((flags & 0x80) != 0 || length < 0 || length > end - *p)
        return false;
    if (class != V_ASN1_UNIVERSAL)
        *ret_tag = -1;
    if (!into)
        *p += length;
    return true;
}

/* The SubjectPublicKeyInfo of a certificate (RFC 5280 4.1), which runs from *RET_START. Reading
 * certificates is the business of cms/; this needs the one field. */
static bool find_public_key(const unsigned char *der, size_t length,
                            const unsigned char **ret_start, size_t *ret_length)
{
    const unsigned char *p = der, *end = der + length;
    int tag = 0;

    /* Certificate, TBSCertificate, then the version or already the serial number. */
    if (!step(&p, end, true, &tag) || !step(&p, end, true, &tag) || !step(&p, end, false, &tag))
        return false;
    /* Serial number, algorithm, issuer, validity, subject. */
    for (int left = tag == -1 ? 5 : 4; left > 0; left--) {
        if (!step(&p, end, false, &tag))
            return false;
    }
    *ret_start = p;
    if (!step(&p, end, false, &tag) || tag != V_ASN1_SEQUENCE)
        return false;
    *ret_length = (size_t)(p - *ret_start);
    return true;
}

static EVP_PKEY *read_public_key(const uint8_t *certificate, size_t length)
{
    const unsigned char *start = NULL;
    OSSL_DECODER_CTX *context;
    EVP_PKEY *public_key = NULL;
    size_t left = 0;

    if (length > INT32_MAX || !find_public_key(certificate, length, &start, &left))
        return NULL;
    context = OSSL_DECODER_CTX_new_for_pkey(&public_key, "DER", "SubjectPublicKeyInfo", NULL,
                                            OSSL_KEYMGMT_SELECT_PUBLIC_KEY, NULL, NULL);
    if (context != NULL && OSSL_DECODER_from_data(context, &start, &left) != 1) {
        EVP_PKEY_free(public_key);
        public_key = NULL;
    }
    OSSL_DECODER_CTX_free(context);
    return public_key;
}

static int wrap_rsa(struct kyso_key *key, EVP_PKEY *public_key, EVP_PKEY *wrapped)
{
    const RSA_METHOD *method = rsa_method();
    RSA *given = EVP_PKEY_get1_RSA(public_key);
    RSA *rsa = given != NULL ? RSAPublicKey_dup(given) : NULL;

    RSA_free(given);
    if (rsa == NULL || method == NULL || RSA_set_method(rsa, method) != 1 ||
        RSA_set_ex_data(rsa, rsa_slot, key) != 1 || EVP_PKEY_assign_RSA(wrapped, rsa) != 1) {
        RSA_free(rsa);
        return kyso_trace(-ENOMEM);
    }
    return 0;
}

static int wrap_ec(struct kyso_key *key, EVP_PKEY *public_key, EVP_PKEY *wrapped)
{
    const EC_KEY_METHOD *method = ec_method();
    EC_KEY *given = EVP_PKEY_get1_EC_KEY(public_key);
    EC_KEY *ec = given != NULL ? EC_KEY_dup(given) : NULL;

    EC_KEY_free(given);
    if (ec == NULL || method == NULL || EC_KEY_set_method(ec, method) != 1 ||
        EC_KEY_set_ex_data(ec, ec_slot, key) != 1 || EVP_PKEY_assign_EC_KEY(wrapped, ec) != 1) {
        EC_KEY_free(ec);
        return kyso_trace(-ENOMEM);
    }
    return 0;
}

int kyso_key_always_asking(struct kyso_key *key, const uint8_t *certificate, size_t length,
                           EVP_PKEY **ret_key)
{
    EVP_PKEY *public_key = read_public_key(certificate, length);
    EVP_PKEY *wrapped = public_key != NULL ? EVP_PKEY_new() : NULL;
    int r = KYSO_OUTCOME_BAD_CERTIFICATE;

    if (public_key != NULL && wrapped == NULL)
        r = kyso_trace(-ENOMEM);
    else if (wrapped != NULL && EVP_PKEY_get_base_id(public_key) == EVP_PKEY_RSA)
        r = wrap_rsa(key, public_key, wrapped);
    else if (wrapped != NULL && EVP_PKEY_get_base_id(public_key) == EVP_PKEY_EC)
        r = wrap_ec(key, public_key, wrapped);
    EVP_PKEY_free(public_key);
    if (r != 0)
        EVP_PKEY_free(wrapped);
    else
        *ret_key = wrapped;
    return r;
}
