/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cms/build.h"

#include <errno.h>
#include <string.h>

#include <openssl/objects.h>
#include <openssl/x509.h>

#include "cms/der.h"
#include "common/error.h"
#include "common/outcome.h"

/* OpenSSL's CMS_sign() is not used: it adds a signing time and S/MIME capabilities, which the PAdES
 * baseline forbids, and wants the content where the digest is all that there is. */

#define RSA_BITS_MIN 2048
#define DIGEST_SIZE 32
#define ATTRIBUTES 3
/* Headers, names and attributes beside certificates and signature: generous. */
#define FRAME_SIZE 512
#define SIGNATURE_MAX 1024 /* RSA-8192; ECDSA is far below */

static const uint8_t OID_SIGNED_DATA[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02};
static const uint8_t OID_DATA[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01};
static const uint8_t OID_CONTENT_TYPE[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x03};
static const uint8_t OID_MESSAGE_DIGEST[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x04};
static const uint8_t OID_SIGNING_CERTIFICATE_V2[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d,
                                                     0x01, 0x09, 0x10, 0x02, 0x2f};
static const uint8_t OID_SHA256[] = {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01};
static const uint8_t OID_RSA[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01};
static const uint8_t OID_ECDSA_SHA256[] = {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02};

static const uint8_t VERSION_1[] = {1};

static void x509_freep(X509 **certificate)
{
    X509_free(*certificate);
}
#define X509_AUTO KYSO_CLEANUP(x509_freep)

static void md_ctx_freep(EVP_MD_CTX **context)
{
    EVP_MD_CTX_free(*context);
}
#define MD_CTX_AUTO KYSO_CLEANUP(md_ctx_freep)

#define KYSO_BUF_AUTO KYSO_BUF struct kyso_buf

static X509 *read_certificate(const struct kyso_cms_certificate *from)
{
    const uint8_t *at = from->bytes;
    X509 *certificate = d2i_X509(NULL, &at, (long)from->length);

    if (certificate != NULL && at != from->bytes + from->length) {
        X509_free(certificate);
        return NULL;
    }
    return certificate;
}

static bool usable_key(X509 *certificate, EVP_PKEY *key)
{
    EVP_PKEY *public = X509_get0_pubkey(certificate);
    char group[32] = "";

    if (public == NULL || EVP_PKEY_get_base_id(public) != EVP_PKEY_get_base_id(key))
        return false;
    if (EVP_PKEY_get_base_id(public) == EVP_PKEY_RSA)
        return EVP_PKEY_get_bits(public) >= RSA_BITS_MIN;
    if (EVP_PKEY_get_base_id(public) != EVP_PKEY_EC ||
        EVP_PKEY_get_group_name(public, group, sizeof(group), NULL) != 1)
        return false;
    return strcmp(group, SN_X9_62_prime256v1) == 0 || strcmp(group, SN_secp384r1) == 0 ||
           strcmp(group, SN_secp521r1) == 0;
}

/* The issuer's name and the serial number, as both stand in the certificate. */
static int put_issuer_serial(struct kyso_buf *buf, X509 *certificate, bool as_general_name)
{
    const X509_NAME *issuer = X509_get_issuer_name(certificate);
    KYSO_BUF_AUTO pair = {0};
    const unsigned char *name;
    size_t name_length;
    unsigned char *serial = NULL;
    int serial_length = i2d_ASN1_INTEGER(X509_get0_serialNumber(certificate), &serial);

    if (serial_length <= 0 || X509_NAME_get0_der(issuer, &name, &name_length) != 1) {
        OPENSSL_free(serial);
        return KYSO_OUTCOME_BAD_CERTIFICATE;
    }
    if (as_general_name) { /* GeneralNames of one directoryName, which is tagged explicitly */
        KYSO_BUF_AUTO directory = {0};

        kyso_der_put(&directory, KYSO_DER_CONTEXT_4, name, name_length);
        kyso_der_wrap(&pair, KYSO_DER_SEQUENCE, &directory);
    } else {
        kyso_buf_put(&pair, name, name_length);
    }
    kyso_buf_put(&pair, serial, (size_t)serial_length);
    OPENSSL_free(serial);
    kyso_der_wrap(buf, KYSO_DER_SEQUENCE, &pair);
    return 0;
}

/* SigningCertificateV2 with one ESSCertIDv2, whose hash algorithm is the default, SHA-256. */
static int put_signing_certificate(struct kyso_buf *buf, X509 *certificate,
                                   const struct kyso_cms_certificate *der)
{
    KYSO_BUF_AUTO id = {0};
    KYSO_BUF_AUTO wrapped = {0};
    KYSO_BUF_AUTO list = {0};
    uint8_t hash[DIGEST_SIZE];
    int r;

    if (EVP_Digest(der->bytes, der->length, hash, NULL, EVP_sha256(), NULL) != 1)
        return kyso_trace(-EIO);
    kyso_der_put(&id, KYSO_DER_OCTETS, hash, sizeof(hash));
    r = put_issuer_serial(&id, certificate, true);
    if (r != 0)
        return r;
    kyso_der_wrap(&wrapped, KYSO_DER_SEQUENCE, &id);
    kyso_der_wrap(&list, KYSO_DER_SEQUENCE, &wrapped);
    kyso_der_wrap(buf, KYSO_DER_SEQUENCE, &list);
    return 0;
}

static void put_attribute(struct kyso_buf *buf, const uint8_t *oid, size_t oid_length,
                          struct kyso_buf *value)
{
    KYSO_BUF_AUTO pair = {0};

    kyso_der_put(&pair, KYSO_DER_OID, oid, oid_length);
    kyso_der_wrap(&pair, KYSO_DER_SET, value);
    kyso_der_wrap(buf, KYSO_DER_SEQUENCE, &pair);
}

/* The signed attributes as the SET OF that is signed. */
static int make_attributes(X509 *certificate, const struct kyso_cms_certificate *der,
                           const uint8_t *digest, struct kyso_buf *ret_set)
{
    struct kyso_buf attributes[ATTRIBUTES] = {{0}};
    struct kyso_der_item items[ATTRIBUTES] = {{0}};
    KYSO_BUF_AUTO value = {0};
    int r;

    kyso_der_put(&value, KYSO_DER_OID, OID_DATA, sizeof(OID_DATA));
    put_attribute(&attributes[0], OID_CONTENT_TYPE, sizeof(OID_CONTENT_TYPE), &value);
    kyso_der_put(&value, KYSO_DER_OCTETS, digest, DIGEST_SIZE);
    put_attribute(&attributes[1], OID_MESSAGE_DIGEST, sizeof(OID_MESSAGE_DIGEST), &value);
    r = put_signing_certificate(&value, certificate, der);
    if (r == 0)
        put_attribute(&attributes[2], OID_SIGNING_CERTIFICATE_V2,
                      sizeof(OID_SIGNING_CERTIFICATE_V2), &value);
    for (size_t i = 0; i < ATTRIBUTES; i++) {
        items[i].bytes = attributes[i].bytes;
        items[i].length = attributes[i].length;
        if (r == 0)
            r = attributes[i].error;
    }
    if (r == 0)
        kyso_der_put_set(ret_set, KYSO_DER_SET, items, ATTRIBUTES);
    for (size_t i = 0; i < ATTRIBUTES; i++)
        kyso_buf_done(&attributes[i]);
    return r != 0 ? r : ret_set->error;
}

/* Signs with KEY, then verifies with the certificate: a key object may be unable to tell its public
 * half, and what leaves here is a signature of that certificate or nothing. */
static int sign(EVP_PKEY *key, X509 *certificate, const struct kyso_buf *set,
                struct kyso_buf *ret_signature)
{
    MD_CTX_AUTO EVP_MD_CTX *signing = EVP_MD_CTX_new();
    MD_CTX_AUTO EVP_MD_CTX *checking = EVP_MD_CTX_new();
    size_t length = SIGNATURE_MAX;
    uint8_t *to = kyso_buf_reserve(ret_signature, length);

    if (signing == NULL || checking == NULL || to == NULL)
        return kyso_trace(-ENOMEM);
    if (EVP_DigestSignInit(signing, NULL, EVP_sha256(), NULL, key) != 1 ||
        EVP_DigestSign(signing, to, &length, set->bytes, set->length) != 1)
        return KYSO_OUTCOME_TOKEN_FAILED;
    if (EVP_DigestVerifyInit(checking, NULL, EVP_sha256(), NULL, X509_get0_pubkey(certificate)) !=
            1 ||
        EVP_DigestVerify(checking, to, length, set->bytes, set->length) != 1)
        return KYSO_OUTCOME_BAD_CERTIFICATE;
    ret_signature->length += length;
    return 0;
}

static void put_algorithm(struct kyso_buf *buf, const uint8_t *oid, size_t length, bool with_null)
{
    KYSO_BUF_AUTO algorithm = {0};

    kyso_der_put(&algorithm, KYSO_DER_OID, oid, length);
    if (with_null)
        kyso_der_put(&algorithm, KYSO_DER_NULL, NULL, 0);
    kyso_der_wrap(buf, KYSO_DER_SEQUENCE, &algorithm);
}

static int put_signer(struct kyso_buf *buf, EVP_PKEY *key, X509 *certificate,
                      const struct kyso_cms_certificate *der, const uint8_t *digest)
{
    KYSO_BUF_AUTO set = {0};
    KYSO_BUF_AUTO signature = {0};
    KYSO_BUF_AUTO signer = {0};
    int r = make_attributes(certificate, der, digest, &set);

    if (r == 0)
        r = sign(key, certificate, &set, &signature);
    if (r != 0)
        return r;
    kyso_der_put(&signer, KYSO_DER_INTEGER, VERSION_1, sizeof(VERSION_1));
    r = put_issuer_serial(&signer, certificate, false);
    if (r != 0)
        return r;
    put_algorithm(&signer, OID_SHA256, sizeof(OID_SHA256), false);
    set.bytes[0] = KYSO_DER_CONTEXT_0; /* RFC 5652 5.4: signed as SET OF, sent as [0] */
    kyso_buf_put(&signer, set.bytes, set.length);
    if (EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA)
        put_algorithm(&signer, OID_RSA, sizeof(OID_RSA), true);
    else
        put_algorithm(&signer, OID_ECDSA_SHA256, sizeof(OID_ECDSA_SHA256), false);
    kyso_der_wrap(&signer, KYSO_DER_OCTETS, &signature);
    kyso_der_wrap(buf, KYSO_DER_SEQUENCE, &signer);
    return 0;
}

/* The chain as a SET: sorted, and no certificate twice. */
static int put_certificates(struct kyso_buf *buf, const struct kyso_cms_certificate *chain,
                            size_t n_chain)
{
    KYSO_FREE struct kyso_der_item *items = calloc(n_chain, sizeof(*items));
    size_t n = 0;

    if (items == NULL)
        return kyso_trace(-ENOMEM);
    for (size_t i = 0; i < n_chain; i++) {
        bool known = false;

        for (size_t j = 0; j < n; j++)
            known = known || (items[j].length == chain[i].length &&
                              memcmp(items[j].bytes, chain[i].bytes, chain[i].length) == 0);
        if (!known)
            items[n++] = (struct kyso_der_item){.bytes = chain[i].bytes, .length = chain[i].length};
    }
    kyso_der_put_set(buf, KYSO_DER_CONTEXT_0, items, n);
    return 0;
}

static int put_signed_data(struct kyso_buf *buf, EVP_PKEY *key, X509 *certificate,
                           const struct kyso_cms_certificate *chain, size_t n_chain,
                           const uint8_t *digest)
{
    KYSO_BUF_AUTO data = {0};
    KYSO_BUF_AUTO inner = {0};
    int r;

    kyso_der_put(&data, KYSO_DER_INTEGER, VERSION_1, sizeof(VERSION_1));
    put_algorithm(&inner, OID_SHA256, sizeof(OID_SHA256), false);
    kyso_der_wrap(&data, KYSO_DER_SET, &inner);
    kyso_der_put(&inner, KYSO_DER_OID, OID_DATA, sizeof(OID_DATA)); /* detached: a type alone */
    kyso_der_wrap(&data, KYSO_DER_SEQUENCE, &inner);
    r = put_certificates(&data, chain, n_chain);
    if (r == 0)
        r = put_signer(&inner, key, certificate, &chain[0], digest);
    if (r != 0)
        return r;
    kyso_der_wrap(&data, KYSO_DER_SET, &inner);
    kyso_der_wrap(buf, KYSO_DER_SEQUENCE, &data);
    return 0;
}

int kyso_cms_build(EVP_PKEY *key, const struct kyso_cms_certificate *chain, size_t n_chain,
                   const uint8_t digest[32], struct kyso_buf *ret_cms)
{
    X509_AUTO X509 *signer = NULL;
    KYSO_BUF_AUTO data = {0};
    KYSO_BUF_AUTO content = {0};
    int r;

    if (n_chain == 0)
        return KYSO_OUTCOME_BAD_CERTIFICATE;
    for (size_t i = n_chain; i-- > 0;) { /* the signer's own is read last and kept */
        X509_free(signer);
        signer = read_certificate(&chain[i]);
        if (signer == NULL)
            return KYSO_OUTCOME_BAD_CERTIFICATE;
    }
    if (!usable_key(signer, key))
        return KYSO_OUTCOME_BAD_CERTIFICATE;
    r = put_signed_data(&data, key, signer, chain, n_chain, digest);
    if (r != 0)
        return kyso_trace(r);
    kyso_der_put(&content, KYSO_DER_OID, OID_SIGNED_DATA, sizeof(OID_SIGNED_DATA));
    kyso_der_wrap(&content, KYSO_DER_CONTEXT_0, &data);
    kyso_der_wrap(ret_cms, KYSO_DER_SEQUENCE, &content);
    return kyso_trace(ret_cms->error);
}

size_t kyso_cms_size(const struct kyso_cms_certificate *chain, size_t n_chain, size_t allowance)
{
    size_t size = FRAME_SIZE + SIGNATURE_MAX + allowance;

    for (size_t i = 0; i < n_chain; i++)
        size += chain[i].length;
    /* The issuer's name stands in the signer twice; it is no longer than the certificate. */
    if (n_chain > 0)
        size += 2 * chain[0].length;
    return size;
}
