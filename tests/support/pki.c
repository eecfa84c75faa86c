/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/support/pki.h"

#include <assert.h>
#include <string.h>

#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "common/macros.h"

/* RSA keys take long to make; each kind is made once and given out in turn. */
#define POOL 3
static struct {
    char kind[16];
    EVP_PKEY *keys[POOL];
    unsigned int next;
} pool[4];

static EVP_PKEY *rsa(const char *kind)
{
    size_t i = 0;
    EVP_PKEY **slot;

    while (i < KYSO_ARRAY_LEN(pool) && pool[i].kind[0] != '\0' && strcmp(pool[i].kind, kind) != 0)
        i++;
    assert(i < KYSO_ARRAY_LEN(pool));
    (void)strncpy(pool[i].kind, kind, sizeof(pool[i].kind) - 1);
    slot = &pool[i].keys[pool[i].next++ % POOL];
    if (*slot == NULL)
        *slot = EVP_RSA_gen(strtoul(kind + 4, NULL, 10));
    assert(*slot != NULL && EVP_PKEY_up_ref(*slot) == 1);
    return *slot;
}

EVP_PKEY *pki_key(const char *kind)
{
    EVP_PKEY *key;

    if (strncmp(kind, "RSA-", 4) == 0)
        return rsa(kind);
    if (strncmp(kind, "EC-", 3) == 0)
        key = EVP_EC_gen(kind + 3);
    else
        key = EVP_PKEY_Q_keygen(NULL, NULL, kind);
    assert(key != NULL);
    return key;
}

static void add_name(X509_NAME *name, const char *field, const char *value)
{
    int r = value == NULL || X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8,
                                                        (const unsigned char *)value, -1, -1, 0);

    assert(r == 1);
}

static void add_extension(X509 *x509, X509V3_CTX *context, int nid, const char *value)
{
    X509_EXTENSION *extension;
    int r;

    if (value == NULL || *value == '\0')
        return;
    extension = X509V3_EXT_conf_nid(NULL, context, nid, value);
    assert(extension != NULL);
    r = X509_add_ext(x509, extension, -1);
    assert(r == 1);
    X509_EXTENSION_free(extension);
}

static void add_unknown(X509 *x509)
{
    ASN1_OBJECT *oid = OBJ_txt2obj("1.3.6.1.4.1.99999.1", 1);
    ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
    X509_EXTENSION *extension;
    int r = ASN1_OCTET_STRING_set(value, (const unsigned char *)"\x05", 2);

    assert(r == 1);
    extension = X509_EXTENSION_create_by_OBJ(NULL, oid, 1, value);
    r = X509_add_ext(x509, extension, -1);
    assert(r == 1);
    X509_EXTENSION_free(extension);
    ASN1_OCTET_STRING_free(value);
    ASN1_OBJECT_free(oid);
}

static void add_extensions(X509 *x509, const struct pki_recipe *recipe, X509 *issuer)
{
    X509V3_CTX context;

    X509V3_set_ctx(&context, issuer, x509, NULL, NULL, 0);
    add_extension(x509, &context, NID_basic_constraints,
                  recipe->basic_constraints != NULL ? recipe->basic_constraints
                  : recipe->is_ca                   ? "critical,CA:TRUE"
                                                    : "critical,CA:FALSE");
    add_extension(x509, &context, NID_key_usage,
                  recipe->key_usage != NULL ? recipe->key_usage
                  : recipe->is_ca           ? "critical,keyCertSign,cRLSign"
                                            : "critical,digitalSignature,nonRepudiation");
    add_extension(x509, &context, NID_subject_key_identifier, "hash");
    add_extension(x509, &context, NID_authority_key_identifier, "keyid");
    add_extension(x509, &context, NID_ext_key_usage, recipe->extended_usage);
    add_extension(x509, &context, NID_name_constraints, recipe->name_constraints);
    add_extension(x509, &context, NID_subject_alt_name, recipe->alternative_name);
    if (recipe->unknown_critical)
        add_unknown(x509);
}

static void set_basics(X509 *x509, const struct pki_recipe *recipe, EVP_PKEY *key)
{
    static long serial = 0x1000;
    X509_NAME *name = X509_get_subject_name(x509);
    bool usual = recipe->from_days == 0 && recipe->to_days == 0;
    int64_t from = usual ? -365 : recipe->from_days;
    int64_t to = usual ? 365 : recipe->to_days;
    int r = X509_set_version(x509, X509_VERSION_3);

    assert(r == 1);
    r = ASN1_INTEGER_set(X509_get_serialNumber(x509), ++serial);
    assert(r == 1);
    assert(ASN1_TIME_set(X509_getm_notBefore(x509), (time_t)PKI_NOW + from * PKI_DAY) != NULL);
    assert(ASN1_TIME_set(X509_getm_notAfter(x509), (time_t)PKI_NOW + to * PKI_DAY) != NULL);
    add_name(name, "C", "VN");
    add_name(name, "O", recipe->organisation);
    add_name(name, "title", recipe->title);
    add_name(name, "CN", recipe->common_name);
    add_name(name, "emailAddress", recipe->email);
    r = X509_set_pubkey(x509, key);
    assert(r == 1);
}

struct pki_cert pki_make(const struct pki_recipe *recipe, const struct pki_cert *issuer)
{
    struct pki_cert cert = { .x509 = X509_new() };
    EVP_PKEY *by;
    unsigned char *der = NULL;
    int r;

    if (recipe->shared_key != NULL) {
        cert.key = recipe->shared_key;
        r = EVP_PKEY_up_ref(cert.key);
        assert(r == 1);
    } else {
        cert.key = pki_key(recipe->key != NULL ? recipe->key : "EC-P-256");
    }
    set_basics(cert.x509, recipe, cert.key);
    r = X509_set_issuer_name(cert.x509, issuer != NULL ? X509_get_subject_name(issuer->x509)
                                                       : X509_get_subject_name(cert.x509));
    assert(r == 1);
    add_extensions(cert.x509, recipe, issuer != NULL ? issuer->x509 : cert.x509);
    by = issuer != NULL ? issuer->key : cert.key;
    if (recipe->signed_by != NULL)
        by = recipe->signed_by;
    r = X509_sign(cert.x509, by, recipe->digest != NULL ? recipe->digest : EVP_sha256());
    assert(r > 0);
    r = i2d_X509(cert.x509, &der);
    assert(r > 0);
    cert.length = (size_t)r;
    cert.der = malloc(cert.length);
    assert(cert.der != NULL);
    memcpy(cert.der, der, cert.length);
    OPENSSL_free(der);
    if (recipe->wrong_signature) { /* the signature value ends the certificate */
        const unsigned char *at = cert.der;

        cert.der[cert.length - 5] ^= 1;
        X509_free(cert.x509);
        cert.x509 = d2i_X509(NULL, &at, (long)cert.length);
        assert(cert.x509 != NULL);
    }
    return cert;
}

void pki_done(struct pki_cert *cert)
{
    EVP_PKEY_free(cert->key);
    X509_free(cert->x509);
    free(cert->der);
    *cert = (struct pki_cert){ 0 };
}
