/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/support/forge.h"

#include <assert.h>
#include <string.h>

#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "cms/algorithm.h"
#include "cms/der.h"

#define OID(text) (text), sizeof(text) - 1
#define ATTRIBUTES_MAX 12

static const struct row {
    const char *name, *rsa, *ecdsa;
} DIGESTS[] = {
    { "SHA256", "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b", "\x2a\x86\x48\xce\x3d\x04\x03\x02" },
    { "SHA384", "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c", "\x2a\x86\x48\xce\x3d\x04\x03\x03" },
    { "SHA512", "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0d", "\x2a\x86\x48\xce\x3d\x04\x03\x04" },
    { "SHA1", "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05", "\x2a\x86\x48\xce\x3d\x04\x01" },
    { "MD5", "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x04", NULL },
};

static const struct row *row_of(const char *digest)
{
    for (size_t i = 0; i < KYSO_ARRAY_LEN(DIGESTS); i++) {
        if (strcmp(DIGESTS[i].name, digest) == 0)
            return &DIGESTS[i];
    }
    assert(false);
    return NULL;
}

static void put_digest_algorithm(struct kyso_buf *buf, const char *name)
{
    const struct kyso_digest *digest = kyso_digest_by_name(name);
    struct kyso_buf inner = { 0 };

    if (digest != NULL)
        kyso_der_put(&inner, KYSO_DER_OID, digest->oid, digest->oid_length);
    else /* SHA3-256, which is not judged */
        kyso_der_put(&inner, KYSO_DER_OID, OID("\x60\x86\x48\x01\x65\x03\x04\x02\x08"));
    kyso_der_put(&inner, KYSO_DER_NULL, NULL, 0);
    kyso_der_wrap(buf, KYSO_DER_SEQUENCE, &inner);
}

static void put_pss(struct kyso_buf *buf, const char *digest)
{
    struct kyso_buf hash = { 0 }, mask = { 0 }, parameters = { 0 }, inner = { 0 }, salt = { 0 };

    put_digest_algorithm(&hash, digest);
    kyso_der_put(&mask, KYSO_DER_OID, OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08"));
    put_digest_algorithm(&mask, digest);
    kyso_der_wrap(&inner, KYSO_DER_SEQUENCE, &mask);
    kyso_der_put(&salt, KYSO_DER_INTEGER, "\x20", 1);
    kyso_der_wrap(&parameters, 0xa0, &hash);
    kyso_der_wrap(&parameters, 0xa1, &inner);
    kyso_der_wrap(&parameters, 0xa2, &salt);
    kyso_der_put(&inner, KYSO_DER_OID, OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a"));
    kyso_der_wrap(&inner, KYSO_DER_SEQUENCE, &parameters);
    kyso_buf_put(buf, inner.bytes, inner.length);
    kyso_buf_done(&inner);
}

/* The content of the AlgorithmIdentifier. */
static void put_signature_algorithm(struct kyso_buf *buf, const struct forge *forge,
                                    const char *digest)
{
    bool rsa = EVP_PKEY_is_a(forge->signer->key, "RSA");
    const char *named = rsa ? row_of(digest)->rsa : row_of(digest)->ecdsa;

    switch (forge->scheme) {
    case FORGE_PSS:
        put_pss(buf, digest);
        return;
    case FORGE_NAMED_RSA:
        kyso_der_put(buf, KYSO_DER_OID, named, strlen(named));
        kyso_der_put(buf, KYSO_DER_NULL, NULL, 0);
        return;
    case FORGE_EC_KEY_OID:
        kyso_der_put(buf, KYSO_DER_OID, OID("\x2a\x86\x48\xce\x3d\x02\x01"));
        return;
    case FORGE_BY_KEY:
        break;
    }
    if (rsa) {
        kyso_der_put(buf, KYSO_DER_OID, OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01"));
        kyso_der_put(buf, KYSO_DER_NULL, NULL, 0);
    } else {
        kyso_der_put(buf, KYSO_DER_OID, named, strlen(named));
    }
}

static void put_serial(struct kyso_buf *buf, X509 *certificate)
{
    unsigned char *der = NULL;
    int length = i2d_ASN1_INTEGER(X509_get0_serialNumber(certificate), &der);

    assert(length > 0);
    kyso_buf_put(buf, der, (size_t)length);
    OPENSSL_free(der);
}

static void put_issuer(struct kyso_buf *buf, X509 *certificate)
{
    const unsigned char *der;
    size_t length;
    int r = X509_NAME_get0_der(X509_get_issuer_name(certificate), &der, &length);

    assert(r == 1);
    kyso_buf_put(buf, der, length);
}

static void put_attribute(struct kyso_buf *buf, const char *oid, size_t length,
                          struct kyso_buf *values)
{
    struct kyso_buf pair = { 0 };

    kyso_der_put(&pair, KYSO_DER_OID, oid, length);
    kyso_der_wrap(&pair, KYSO_DER_SET, values);
    kyso_der_wrap(buf, KYSO_DER_SEQUENCE, &pair);
}

static void put_signing_certificate(struct kyso_buf *buf, const struct forge *forge)
{
    const struct pki_cert *cert = forge->referenced != NULL ? forge->referenced : forge->signer;
    const EVP_MD *md = forge->signing_certificate_v1       ? EVP_sha1()
                       : forge->signing_certificate_sha512 ? EVP_sha512()
                                                           : EVP_sha256();
    struct kyso_buf id = { 0 }, wrapped = { 0 }, list = { 0 }, value = { 0 };
    uint8_t hash[EVP_MAX_MD_SIZE];
    unsigned int size;
    int r = EVP_Digest(cert->der, cert->length, hash, &size, md, NULL);

    assert(r == 1);
    if (forge->signing_certificate_sha512)
        put_digest_algorithm(&id, "SHA512");
    kyso_der_put(&id, KYSO_DER_OCTETS, hash, size);
    if (forge->issuer_serial || forge->wrong_issuer_serial) {
        struct kyso_buf issuer = { 0 }, directory = { 0 }, pair = { 0 };

        put_issuer(&issuer, cert->x509);
        kyso_der_wrap(&directory, KYSO_DER_CONTEXT_4, &issuer);
        kyso_der_wrap(&pair, KYSO_DER_SEQUENCE, &directory);
        if (forge->wrong_issuer_serial)
            kyso_der_put(&pair, KYSO_DER_INTEGER, "\x01", 1);
        else
            put_serial(&pair, cert->x509);
        kyso_der_wrap(&id, KYSO_DER_SEQUENCE, &pair);
    }
    kyso_der_wrap(&wrapped, KYSO_DER_SEQUENCE, &id);
    kyso_der_wrap(&list, KYSO_DER_SEQUENCE, &wrapped);
    kyso_der_wrap(&value, KYSO_DER_SEQUENCE, &list);
    if (forge->signing_certificate_v1)
        put_attribute(buf, OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x0c"), &value);
    else
        put_attribute(buf, OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x2f"), &value);
}

static void put_message_digest(struct kyso_buf *buf, const struct forge *forge, size_t size,
                               bool wrong)
{
    struct kyso_buf values = { 0 };
    uint8_t digest[EVP_MAX_MD_SIZE];

    memcpy(digest, forge->covered, size);
    if (wrong)
        digest[0] ^= 1;
    if (forge->torn_attribute)
        kyso_buf_put(&values, "\x04\x7f", 2);
    else
        kyso_der_put(&values, KYSO_DER_OCTETS, digest, size);
    if (forge->two_values)
        kyso_der_put(&values, KYSO_DER_OCTETS, "x", 1);
    put_attribute(buf, OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x04"), &values);
}

static void put_protection(struct kyso_buf *buf, const struct forge *forge, const char *digest)
{
    struct kyso_buf inner = { 0 }, both = { 0 }, value = { 0 };

    put_digest_algorithm(&both, forge->wrong_protection ? "SHA1" : digest);
    put_signature_algorithm(&inner, forge, digest);
    kyso_der_wrap(&both, 0xa1, &inner);
    kyso_der_wrap(&value, KYSO_DER_SEQUENCE, &both);
    put_attribute(buf, OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x34"), &value);
}

static size_t fill_attributes(const struct forge *forge, const char *digest,
                              struct kyso_buf *attributes)
{
    size_t size = (size_t)EVP_MD_get_size(EVP_get_digestbyname(digest));
    struct kyso_buf value = { 0 };
    size_t n = 0;

    if (!forge->no_content_type) {
        if (forge->wrong_content_type)
            kyso_der_put(&value, KYSO_DER_OID, OID("\x2a\x86\x48\x86\xf7\x0d\x01\x07\x05"));
        else
            kyso_der_put(&value, KYSO_DER_OID, OID("\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01"));
        put_attribute(&attributes[n++], OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x03"), &value);
    }
    if (forge->duplicate_digest)
        put_message_digest(&attributes[n++], forge, size, true);
    if (!forge->no_message_digest)
        put_message_digest(&attributes[n++], forge, size, false);
    if (!forge->no_signing_certificate)
        put_signing_certificate(&attributes[n++], forge);
    if (forge->signing_time) {
        kyso_der_put(&value, 0x17, "260601000000Z", 13);
        put_attribute(&attributes[n++], OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x05"), &value);
    }
    if (forge->protection || forge->wrong_protection)
        put_protection(&attributes[n++], forge, digest);
    return n;
}

/* The SET OF that is signed, in DER's order, and the same as it will stand in the file. */
static void make_attributes(const struct forge *forge, const char *digest, struct kyso_buf *sorted,
                            struct kyso_buf *in_file)
{
    struct kyso_buf attributes[ATTRIBUTES_MAX] = { { 0 } };
    struct kyso_der_item items[ATTRIBUTES_MAX] = { { 0 } };
    struct kyso_buf reversed = { 0 };
    size_t n = fill_attributes(forge, digest, attributes);

    for (size_t i = 0; i < n; i++) {
        items[i].bytes = attributes[i].bytes;
        items[i].length = attributes[i].length;
    }
    kyso_der_put_set(sorted, KYSO_DER_SET, items, n);
    for (size_t i = n; i-- > 0;)
        kyso_buf_put(&reversed, items[i].bytes, items[i].length);
    if (forge->unsorted)
        kyso_der_wrap(in_file, KYSO_DER_CONTEXT_0, &reversed);
    else
        kyso_der_put_set(in_file, KYSO_DER_CONTEXT_0, items, n);
    kyso_buf_done(&reversed);
    for (size_t i = 0; i < n; i++)
        kyso_buf_done(&attributes[i]);
}

static void put_value(struct kyso_buf *buf, const struct forge *forge, const char *digest,
                      const uint8_t *bytes, size_t length)
{
    EVP_PKEY *key = forge->key != NULL ? forge->key : forge->signer->key;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *key_context;
    uint8_t value[2048];
    size_t size = sizeof(value);
    int r = EVP_DigestSignInit(context, &key_context, EVP_get_digestbyname(digest), NULL, key);

    assert(r == 1);
    if (forge->scheme == FORGE_PSS) {
        r = EVP_PKEY_CTX_set_rsa_padding(key_context, RSA_PKCS1_PSS_PADDING);
        assert(r == 1);
        r = EVP_PKEY_CTX_set_rsa_pss_saltlen(key_context, 32);
        assert(r == 1);
    }
    r = EVP_DigestSign(context, value, &size, bytes, length);
    assert(r == 1);
    if (forge->wrong_value)
        value[size - 3] ^= 1;
    EVP_MD_CTX_free(context);
    kyso_der_put(buf, KYSO_DER_OCTETS, value, size);
}

static void put_unsigned(struct kyso_buf *buf, const struct forge *forge)
{
    struct kyso_buf value = { 0 }, all = { 0 };

    if (!forge->timestamp && !forge->torn_unsigned)
        return;
    kyso_der_put(&value, KYSO_DER_SEQUENCE, NULL, 0);
    if (forge->torn_unsigned)
        kyso_der_put(&all, KYSO_DER_OCTETS, "?", 1);
    else
        put_attribute(&all, OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x0e"), &value);
    kyso_buf_done(&value);
    kyso_der_wrap(buf, 0xa1, &all);
}

static void put_signer_id(struct kyso_buf *buf, const struct forge *forge)
{
    const struct pki_cert *named = forge->named != NULL ? forge->named : forge->signer;
    struct kyso_buf pair = { 0 };

    if (forge->key_id) {
        const ASN1_OCTET_STRING *id = X509_get0_subject_key_id(named->x509);

        kyso_der_put(buf, 0x80, ASN1_STRING_get0_data(id), (size_t)ASN1_STRING_length(id));
        return;
    }
    put_issuer(&pair, named->x509);
    put_serial(&pair, named->x509);
    kyso_der_wrap(buf, KYSO_DER_SEQUENCE, &pair);
}

static void put_signer(struct kyso_buf *buf, const struct forge *forge, const char *digest)
{
    struct kyso_buf signer = { 0 }, sorted = { 0 }, in_file = { 0 }, algorithm = { 0 };

    make_attributes(forge, digest, &sorted, &in_file);
    kyso_der_put(&signer, KYSO_DER_INTEGER, forge->key_id ? "\x03" : "\x01", 1);
    put_signer_id(&signer, forge);
    put_digest_algorithm(&signer,
                         forge->claimed_digest != NULL ? forge->claimed_digest : digest);
    if (!forge->no_attributes)
        kyso_buf_put(&signer, in_file.bytes, in_file.length);
    put_signature_algorithm(&algorithm, forge, digest);
    kyso_der_wrap(&signer, KYSO_DER_SEQUENCE, &algorithm);
    if (forge->no_attributes)
        put_value(&signer, forge, digest, forge->content.bytes, forge->content.length);
    else
        put_value(&signer, forge, digest, sorted.bytes, sorted.length);
    put_unsigned(&signer, forge);
    kyso_der_wrap(buf, KYSO_DER_SEQUENCE, &signer);
    kyso_buf_done(&sorted);
    kyso_buf_done(&in_file);
}

static void put_certificates(struct kyso_buf *buf, const struct forge *forge)
{
    struct kyso_buf set = { 0 };

    if (forge->no_certificates)
        return;
    kyso_buf_put(&set, forge->signer->der, forge->signer->length);
    for (size_t i = 0; forge->more != NULL && forge->more[i] != NULL; i++)
        kyso_buf_put(&set, forge->more[i]->der, forge->more[i]->length);
    for (int i = 0; i < forge->junk_certificates; i++)
        kyso_der_put(&set, KYSO_DER_SEQUENCE, "\x05", 2);
    kyso_der_wrap(buf, KYSO_DER_CONTEXT_0, &set);
}

static void put_content_info(struct kyso_buf *buf, const struct forge *forge)
{
    struct kyso_buf info = { 0 }, content = { 0 };

    if (forge->encapsulated_type_other)
        kyso_der_put(&info, KYSO_DER_OID, OID("\x2a\x86\x48\x86\xf7\x0d\x01\x07\x05"));
    else
        kyso_der_put(&info, KYSO_DER_OID, OID("\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01"));
    if (forge->content_inside) {
        kyso_der_put(&content, KYSO_DER_OCTETS, forge->content.bytes, forge->content.length);
        kyso_der_wrap(&info, KYSO_DER_CONTEXT_0, &content);
    }
    kyso_der_wrap(buf, KYSO_DER_SEQUENCE, &info);
}

void forge_cms(const struct forge *forge, struct kyso_buf *ret_cms)
{
    const char *digest = forge->digest != NULL ? forge->digest : "SHA256";
    struct kyso_buf data = { 0 }, inner = { 0 }, body = { 0 }, content = { 0 };

    kyso_der_put(&data, KYSO_DER_INTEGER, forge->key_id ? "\x03" : "\x01", 1);
    put_digest_algorithm(&inner, forge->other_digest_listed      ? "SHA1"
                                 : forge->claimed_digest != NULL ? forge->claimed_digest
                                                                 : digest);
    kyso_der_wrap(&data, KYSO_DER_SET, &inner);
    put_content_info(&data, forge);
    put_certificates(&data, forge);
    if (!forge->no_signer)
        put_signer(&inner, forge, digest);
    if (forge->two_signers)
        put_signer(&inner, forge, digest);
    kyso_der_wrap(&data, KYSO_DER_SET, &inner);
    if (forge->not_signed_data)
        kyso_der_put(&body, KYSO_DER_OID, OID("\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03"));
    else
        kyso_der_put(&body, KYSO_DER_OID, OID("\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"));
    kyso_der_wrap(&content, KYSO_DER_SEQUENCE, &data);
    kyso_der_wrap(&body, KYSO_DER_CONTEXT_0, &content);
    kyso_der_wrap(ret_cms, KYSO_DER_SEQUENCE, &body);
    assert(ret_cms->error == 0);
}

void forge_to_ber(const struct kyso_buf *der, struct kyso_buf *ret_ber)
{
    struct kyso_der_item info, type, content, data;
    bool whole = kyso_der_read(der->bytes, der->length, &info) &&
                 kyso_der_read(info.content, info.content_length, &type) &&
                 kyso_der_read(type.bytes + type.length, info.content_length - type.length,
                               &content) &&
                 kyso_der_read(content.content, content.content_length, &data);

    assert(whole);
    kyso_buf_put(ret_ber, "\x30\x80", 2);
    kyso_buf_put(ret_ber, type.bytes, type.length);
    kyso_buf_put(ret_ber, "\xa0\x80\x30\x80", 4);
    kyso_buf_put(ret_ber, data.content, data.content_length);
    kyso_buf_put(ret_ber, "\0\0\0\0\0\0", 6);
}
