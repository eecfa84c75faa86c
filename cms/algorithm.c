/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cms/algorithm.h"

#include <errno.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "cms/signed-data.h"
#include "common/error.h"

#define SALT_MAX 512

enum { DIGEST_SHA256, DIGEST_SHA384, DIGEST_SHA512, DIGEST_SHA1, DIGEST_MD5 };

#define OID(bytes) (bytes), sizeof(bytes) - 1

static const struct kyso_digest DIGESTS[KYSO_DIGESTS] = {
    [DIGEST_SHA256] = {"SHA256", OID("\x60\x86\x48\x01\x65\x03\x04\x02\x01"), false},
    [DIGEST_SHA384] = {"SHA384", OID("\x60\x86\x48\x01\x65\x03\x04\x02\x02"), false},
    [DIGEST_SHA512] = {"SHA512", OID("\x60\x86\x48\x01\x65\x03\x04\x02\x03"), false},
    [DIGEST_SHA1] = {"SHA1", OID("\x2b\x0e\x03\x02\x1a"), true},
    [DIGEST_MD5] = {"MD5", OID("\x2a\x86\x48\x86\xf7\x0d\x02\x05"), true},
};

enum scheme { RSA_PKCS1, RSA_PSS, ECDSA };

/* DIGEST -1: whatever the signer names. */
static const struct algorithm {
    const char *oid;
    size_t oid_length;
    enum scheme scheme;
    int digest;
} ALGORITHMS[] = {
    {OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01"), RSA_PKCS1, -1},
    {OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b"), RSA_PKCS1, DIGEST_SHA256},
    {OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c"), RSA_PKCS1, DIGEST_SHA384},
    {OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0d"), RSA_PKCS1, DIGEST_SHA512},
    {OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05"), RSA_PKCS1, DIGEST_SHA1},
    {OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x04"), RSA_PKCS1, DIGEST_MD5},
    {OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a"), RSA_PSS, -1},
    {OID("\x2a\x86\x48\xce\x3d\x04\x03\x02"), ECDSA, DIGEST_SHA256},
    {OID("\x2a\x86\x48\xce\x3d\x04\x03\x03"), ECDSA, DIGEST_SHA384},
    {OID("\x2a\x86\x48\xce\x3d\x04\x03\x04"), ECDSA, DIGEST_SHA512},
    {OID("\x2a\x86\x48\xce\x3d\x04\x01"), ECDSA, DIGEST_SHA1},
    {OID("\x2a\x86\x48\xce\x3d\x02\x01"), ECDSA, -1}, /* the key's own name; older programs */
};

static EVP_MD *fetched[KYSO_DIGESTS];

const struct kyso_digest *kyso_digest_by_name(const char *name)
{
    for (size_t i = 0; i < KYSO_DIGESTS; i++) {
        if (strcmp(DIGESTS[i].name, name) == 0)
            return &DIGESTS[i];
    }
    return NULL;
}

size_t kyso_digest_index(const struct kyso_digest *digest)
{
    return (size_t)(digest - DIGESTS);
}

const EVP_MD *kyso_digest_md(const struct kyso_digest *digest)
{
    size_t index = kyso_digest_index(digest);

    if (fetched[index] == NULL)
        fetched[index] = EVP_MD_fetch(NULL, digest->name, NULL);
    return fetched[index];
}

/* AlgorithmIdentifier with absent or null parameters. */
const struct kyso_digest *kyso_digest_by_algorithm(const struct kyso_der_item *algorithm)
{
    const uint8_t *at = algorithm->content;
    size_t left = algorithm->content_length;
    struct kyso_der_item oid, parameters;

    if (algorithm->tag != KYSO_DER_SEQUENCE || !kyso_der_next(&at, &left, &oid))
        return NULL;
    if (left > 0 && (!kyso_der_next(&at, &left, &parameters) || left != 0 ||
                     parameters.tag != KYSO_DER_NULL || parameters.content_length != 0))
        return NULL;
    for (size_t i = 0; i < KYSO_DIGESTS; i++) {
        if (kyso_der_is_oid(&oid, DIGESTS[i].oid, DIGESTS[i].oid_length))
            return &DIGESTS[i];
    }
    return NULL;
}

static const struct algorithm *find_algorithm(const struct kyso_der_item *algorithm,
                                              struct kyso_der_item *ret_parameters)
{
    const uint8_t *at = algorithm->content;
    size_t left = algorithm->content_length;
    struct kyso_der_item oid;
    struct kyso_der_item parameters = {0};

    if (!kyso_der_next(&at, &left, &oid) ||
        (left > 0 && (!kyso_der_next(&at, &left, &parameters) || left != 0)))
        return NULL;
    for (size_t i = 0; i < KYSO_ARRAY_LEN(ALGORITHMS); i++) {
        if (kyso_der_is_oid(&oid, ALGORITHMS[i].oid, ALGORITHMS[i].oid_length)) {
            *ret_parameters = parameters;
            return &ALGORITHMS[i];
        }
    }
    return NULL;
}

static bool fits_key(enum scheme scheme, const EVP_PKEY *key)
{
    switch (scheme) {
    case RSA_PKCS1:
        return EVP_PKEY_is_a(key, "RSA");
    case RSA_PSS:
        return EVP_PKEY_is_a(key, "RSA") || EVP_PKEY_is_a(key, "RSA-PSS");
    case ECDSA:
        return EVP_PKEY_is_a(key, "EC");
    }
    return false;
}

/* RSASSA-PSS-params are read elsewhere; the others have none, or a null, or the name of the key's
 * curve where older programs write the key's algorithm. */
static bool fits_parameters(const struct algorithm *algorithm,
                            const struct kyso_der_item *parameters)
{
    if (algorithm->scheme == RSA_PSS || parameters->tag == 0)
        return true;
    if (parameters->tag == KYSO_DER_NULL)
        return parameters->content_length == 0;
    return algorithm->scheme == ECDSA && algorithm->digest < 0 && parameters->tag == KYSO_DER_OID;
}

static const struct kyso_digest *digest_of(const X509_ALGOR *algorithm)
{
    const ASN1_OBJECT *oid;

    X509_ALGOR_get0(&oid, NULL, NULL, algorithm);
    for (size_t i = 0; i < KYSO_DIGESTS; i++) {
        if (OBJ_length(oid) == DIGESTS[i].oid_length &&
            memcmp(OBJ_get0_data(oid), DIGESTS[i].oid, DIGESTS[i].oid_length) == 0)
            return &DIGESTS[i];
    }
    return NULL;
}

/* The digest of MGF1, the only mask function there is. */
static const struct kyso_digest *mask_of(const X509_ALGOR *function)
{
    const struct kyso_digest *digest = NULL;
    const ASN1_OBJECT *oid;
    const void *value;
    int kind;

    X509_ALGOR_get0(&oid, &kind, &value, function);
    if (OBJ_obj2nid(oid) == NID_mgf1 && kind == V_ASN1_SEQUENCE) {
        X509_ALGOR *hash = ASN1_item_unpack(value, ASN1_ITEM_rptr(X509_ALGOR));

        if (hash != NULL)
            digest = digest_of(hash);
        X509_ALGOR_free(hash);
    }
    return digest;
}

/* Reads RSASSA-PSS-params (RFC 4055 3.1); what is absent is SHA-1 and a salt of 20. */
static bool read_pss(const struct kyso_der_item *parameters, const struct kyso_digest *digest,
                     const struct kyso_digest **ret_mask, int *ret_salt)
{
    const unsigned char *at = parameters->bytes;
    RSA_PSS_PARAMS *pss = NULL;
    const struct kyso_digest *hash = &DIGESTS[DIGEST_SHA1], *mask = &DIGESTS[DIGEST_SHA1];
    long salt = 20, trailer = 1;
    bool good;

    if (parameters->tag == KYSO_DER_SEQUENCE)
        pss = d2i_RSA_PSS_PARAMS(NULL, &at, (long)parameters->length);
    if (pss == NULL)
        return false;
    if (pss->hashAlgorithm != NULL)
        hash = digest_of(pss->hashAlgorithm);
    if (pss->maskGenAlgorithm != NULL)
        mask = mask_of(pss->maskGenAlgorithm);
    if (pss->saltLength != NULL)
        salt = ASN1_INTEGER_get(pss->saltLength);
    if (pss->trailerField != NULL)
        trailer = ASN1_INTEGER_get(pss->trailerField);
    good = hash == digest && mask != NULL && salt >= 0 && salt <= SALT_MAX && trailer == 1;
    RSA_PSS_PARAMS_free(pss);
    if (good) {
        *ret_mask = mask;
        *ret_salt = (int)salt;
    }
    return good;
}

static const char *verify_value(EVP_PKEY *key, const struct kyso_digest *digest,
                                const struct kyso_digest *mask, int salt, const uint8_t *value,
                                size_t value_length, const uint8_t *bytes, size_t length)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *key_context = NULL;
    const char *problem = "unsupported-algorithm";
    const EVP_MD *md = kyso_digest_md(digest);
    bool ready = context != NULL && EVP_DigestVerifyInit(context, &key_context, md, NULL, key) == 1;

    if (ready && mask != NULL)
        ready = EVP_PKEY_CTX_set_rsa_padding(key_context, RSA_PKCS1_PSS_PADDING) == 1 &&
                EVP_PKEY_CTX_set_rsa_mgf1_md(key_context, kyso_digest_md(mask)) == 1 &&
                EVP_PKEY_CTX_set_rsa_pss_saltlen(key_context, salt) == 1;
    if (ready)
        problem = EVP_DigestVerify(context, value, value_length, bytes, length) == 1
                      ? NULL
                      : "bad-signature";
    EVP_MD_CTX_free(context);
    ERR_clear_error();
    return problem;
}

const char *kyso_signature_verify(EVP_PKEY *key, const struct kyso_der_item *algorithm,
                                  const struct kyso_digest *digest, const uint8_t *value,
                                  size_t value_length, const uint8_t *signed_bytes,
                                  size_t signed_length)
{
    struct kyso_der_item parameters;
    const struct algorithm *found = find_algorithm(algorithm, &parameters);
    const struct kyso_digest *mask = NULL;
    int salt = 0;

    if (found == NULL)
        return "unsupported-algorithm";
    if (!fits_key(found->scheme, key) || !fits_parameters(found, &parameters) ||
        (found->digest >= 0 && &DIGESTS[found->digest] != digest) ||
        (found->scheme == RSA_PSS && !read_pss(&parameters, digest, &mask, &salt)))
        return "algorithm-mismatch";
    return verify_value(key, digest, mask, salt, value, value_length, signed_bytes, signed_length);
}

int kyso_algorithm_prepare(void)
{
    for (size_t i = 0; i < KYSO_DIGESTS; i++) {
        if (kyso_digest_md(&DIGESTS[i]) == NULL && !DIGESTS[i].weak)
            return kyso_trace(-ENOSYS);
    }
    return 0;
}
