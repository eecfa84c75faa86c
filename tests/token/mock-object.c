/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/token/mock.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/objects.h>
#include <openssl/x509.h>
#include <string.h>

/* A handle is 1 + 3 * key + class, where class is 0 private key, 1 public key, 2 certificate. */
static const CK_OBJECT_CLASS classes[] = {CKO_PRIVATE_KEY, CKO_PUBLIC_KEY, CKO_CERTIFICATE};

enum { N_CLASSES = 3, VALUE_MAX = 16384, ID_HUGE = 5000 };

struct value {
    size_t n;
    uint8_t bytes[VALUE_MAX];
};

static bool set_bytes(struct value *value, const void *bytes, size_t n)
{
    if (n > sizeof value->bytes)
        return false;
    memcpy(value->bytes, bytes, n);
    value->n = n;
    return true;
}

static bool set_ulong(struct value *value, CK_ULONG number)
{
    return set_bytes(value, &number, sizeof number);
}

static bool set_bool(struct value *value, bool is)
{
    CK_BBOOL byte = is ? CK_TRUE : CK_FALSE;
    return set_bytes(value, &byte, sizeof byte);
}

static bool set_number(struct value *value, EVP_PKEY *key, const char *name)
{
    BIGNUM *number = NULL;
    if (EVP_PKEY_get_bn_param(key, name, &number) != 1)
        return false;
    int n = BN_bn2bin(number, value->bytes);
    BN_free(number);
    value->n = (size_t)n;
    return true;
}

static bool set_curve(struct value *value, EVP_PKEY *key)
{
    char group[64];
    if (EVP_PKEY_get_group_name(key, group, sizeof group, NULL) != 1)
        return false;
    ASN1_OBJECT *object = OBJ_txt2obj(group, 0);
    uint8_t *der = NULL;
    int n = i2d_ASN1_OBJECT(object, &der);
    ASN1_OBJECT_free(object);
    bool done = n > 0 && set_bytes(value, der, (size_t)n);
    OPENSSL_free(der);
    return done;
}

static bool set_point(struct value *value, EVP_PKEY *key)
{
    uint8_t *point = NULL, *der = NULL;
    size_t n_point = EVP_PKEY_get1_encoded_public_key(key, &point);
    ASN1_OCTET_STRING *octets = ASN1_OCTET_STRING_new();
    int n = -1;
    if (n_point > 0 && octets && ASN1_OCTET_STRING_set(octets, point, (int)n_point) == 1)
        n = i2d_ASN1_OCTET_STRING(octets, &der);
    bool done = n > 0 && set_bytes(value, der, (size_t)n);
    ASN1_OCTET_STRING_free(octets);
    OPENSSL_free(point);
    OPENSSL_free(der);
    return done;
}

static bool set_from_cert(struct value *value, const struct kyso_mock_key *key,
                          CK_ATTRIBUTE_TYPE type)
{
    const uint8_t *at = key->cert;
    X509 *cert = d2i_X509(NULL, &at, (long)key->n_cert);
    uint8_t *der = NULL;
    int n = -1;
    if (cert && type == CKA_SUBJECT)
        n = i2d_X509_NAME(X509_get_subject_name(cert), &der);
    else if (cert && type == CKA_ISSUER)
        n = i2d_X509_NAME(X509_get_issuer_name(cert), &der);
    else if (cert)
        n = i2d_ASN1_INTEGER(X509_get0_serialNumber(cert), &der);
    bool done = n > 0 && set_bytes(value, der, (size_t)n);
    OPENSSL_free(der);
    X509_free(cert);
    return done;
}

static bool cert_attribute(const struct kyso_mock_token *token, const struct kyso_mock_key *key,
                           CK_ATTRIBUTE_TYPE type, struct value *ret_value)
{
    switch (type) {
    case CKA_CERTIFICATE_TYPE:
        return set_ulong(ret_value, CKC_X_509);
    case CKA_VALUE:
        if (token->lies & KYSO_MOCK_LIE_CERT_GARBAGE)
            return set_bytes(ret_value, "\x30\x82\xff\xff certificate?", 17);
        return set_bytes(ret_value, key->cert, key->n_cert);
    case CKA_SUBJECT:
    case CKA_ISSUER:
    case CKA_SERIAL_NUMBER:
        return set_from_cert(ret_value, key, type);
    default:
        return false;
    }
}

static bool key_attribute(const struct kyso_mock_key *key, CK_OBJECT_CLASS object_class,
                          CK_ATTRIBUTE_TYPE type, struct value *ret_value)
{
    bool is_private = object_class == CKO_PRIVATE_KEY;
    bool is_rsa = EVP_PKEY_get_base_id(key->key) == EVP_PKEY_RSA;
    switch (type) {
    case CKA_KEY_TYPE:
        return set_ulong(ret_value, is_rsa ? CKK_RSA : CKK_EC);
    case CKA_SIGN:
    case CKA_SENSITIVE:
        return set_bool(ret_value, is_private);
    case CKA_VERIFY:
        return set_bool(ret_value, !is_private);
    case CKA_DECRYPT:
    case CKA_EXTRACTABLE:
        return set_bool(ret_value, false);
    case CKA_ALWAYS_AUTHENTICATE:
        return is_private && set_bool(ret_value, key->always_authenticate);
    case CKA_MODULUS:
        return is_rsa && set_number(ret_value, key->key, OSSL_PKEY_PARAM_RSA_N);
    case CKA_PUBLIC_EXPONENT:
        return is_rsa && set_number(ret_value, key->key, OSSL_PKEY_PARAM_RSA_E);
    case CKA_MODULUS_BITS:
        return is_rsa && set_ulong(ret_value, (CK_ULONG)EVP_PKEY_get_bits(key->key));
    case CKA_EC_PARAMS:
        return !is_rsa && set_curve(ret_value, key->key);
    case CKA_EC_POINT:
        return !is_rsa && set_point(ret_value, key->key);
    default:
        return false;
    }
}

static bool attribute(const struct kyso_mock_token *token, const struct kyso_mock_key *key,
                      CK_OBJECT_CLASS object_class, CK_ATTRIBUTE_TYPE type, struct value *ret_value)
{
    switch (type) {
    case CKA_CLASS:
        return set_ulong(ret_value, object_class);
    case CKA_TOKEN:
        return set_bool(ret_value, true);
    case CKA_PRIVATE:
        return set_bool(ret_value, object_class == CKO_PRIVATE_KEY);
    case CKA_MODIFIABLE:
        return set_bool(ret_value, false);
    case CKA_LABEL:
        return set_bytes(ret_value, key->label, strlen(key->label));
    case CKA_ID:
        if (!(token->lies & KYSO_MOCK_LIE_ID_HUGE))
            return set_bytes(ret_value, key->id, key->n_id);
        memset(ret_value->bytes, 0xAA, ID_HUGE);
        ret_value->n = ID_HUGE;
        return true;
    default:
        return object_class == CKO_CERTIFICATE ? cert_attribute(token, key, type, ret_value)
                                               : key_attribute(key, object_class, type, ret_value);
    }
}

const struct kyso_mock_key *kyso_mock_object(const struct kyso_mock *mock, size_t token_index,
                                             CK_OBJECT_HANDLE handle, CK_OBJECT_CLASS *ret_class)
{
    const struct kyso_mock_token *token = &mock->tokens[token_index];
    if (handle == 0 || (handle - 1) / N_CLASSES >= token->n_keys)
        return NULL;
    const struct kyso_mock_key *key = &token->keys[(handle - 1) / N_CLASSES];
    CK_OBJECT_CLASS object_class = classes[(handle - 1) % N_CLASSES];
    if (object_class == CKO_CERTIFICATE ? !key->cert : !key->key)
        return NULL;
    if (object_class == CKO_PRIVATE_KEY && key->hidden && !token->logged_in)
        return NULL;
    *ret_class = object_class;
    return key;
}

static bool matches(const struct kyso_mock_token *token, const struct kyso_mock_key *key,
                    CK_OBJECT_CLASS object_class, const CK_ATTRIBUTE *template, CK_ULONG n_template)
{
    for (CK_ULONG i = 0; i < n_template; i++) {
        struct value value;
        if (!attribute(token, key, object_class, template[i].type, &value) ||
            value.n != template[i].ulValueLen ||
            memcmp(value.bytes, template[i].pValue, value.n) != 0)
            return false;
    }
    return true;
}

size_t kyso_mock_find(const struct kyso_mock *mock, size_t token_index,
                      const CK_ATTRIBUTE *template, CK_ULONG n_template,
                      CK_OBJECT_HANDLE ret_found[KYSO_MOCK_FOUND_MAX])
{
    const struct kyso_mock_token *token = &mock->tokens[token_index];
    size_t n = 0;
    for (CK_OBJECT_HANDLE handle = 1; handle <= token->n_keys * N_CLASSES; handle++) {
        CK_OBJECT_CLASS object_class;
        const struct kyso_mock_key *key =
            kyso_mock_object(mock, token_index, handle, &object_class);
        if (key && matches(token, key, object_class, template, n_template))
            ret_found[n++] = handle;
    }
    return n;
}

/* The lies about a certificate's length; what is written stays inside the caller's room. */
static bool lie(const struct kyso_mock_token *token, CK_ATTRIBUTE *asked, struct value *value)
{
    if (asked->type != CKA_VALUE)
        return false;
    if (token->lies & KYSO_MOCK_LIE_CERT_UNAVAILABLE) {
        asked->ulValueLen = CK_UNAVAILABLE_INFORMATION;
        return true;
    }
    if (token->lies & KYSO_MOCK_LIE_CERT_HUGE && !asked->pValue) {
        asked->ulValueLen = 0x80000000UL;
        return true;
    }
    if (token->lies & KYSO_MOCK_LIE_CERT_GROWS && asked->pValue) {
        memcpy(asked->pValue, value->bytes,
               asked->ulValueLen < value->n ? asked->ulValueLen : value->n);
        asked->ulValueLen += 4096;
        return true;
    }
    return false;
}

CK_RV kyso_mock_attributes(const struct kyso_mock_token *token, const struct kyso_mock_key *key,
                           CK_OBJECT_CLASS object_class, CK_ATTRIBUTE *template,
                           CK_ULONG n_template)
{
    CK_RV rv = CKR_OK;
    for (CK_ULONG i = 0; i < n_template; i++) {
        struct value value;
        CK_ATTRIBUTE *asked = &template[i];
        if (!attribute(token, key, object_class, asked->type, &value)) {
            asked->ulValueLen = CK_UNAVAILABLE_INFORMATION;
            rv = CKR_ATTRIBUTE_TYPE_INVALID;
        } else if (lie(token, asked, &value)) {
            continue;
        } else if (asked->pValue && asked->ulValueLen < value.n) {
            asked->ulValueLen = CK_UNAVAILABLE_INFORMATION;
            rv = CKR_BUFFER_TOO_SMALL;
        } else {
            if (asked->pValue)
                memcpy(asked->pValue, value.bytes, value.n);
            asked->ulValueLen = value.n;
        }
    }
    return rv;
}
