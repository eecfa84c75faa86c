/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cms/info.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include <openssl/x509v3.h>

#include "common/error.h"
#include "common/outcome.h"
#include "common/text.h"

#define KEY_USAGE_BITS 9 /* RFC 5280 4.2.1.3 */

X509 *kyso_certificate_read(const uint8_t *der, size_t length)
{
    const unsigned char *at = der;
    X509 *certificate = length <= INT32_MAX ? d2i_X509(NULL, &at, (long)length) : NULL;

    if (certificate != NULL && at != der + length) {
        X509_free(certificate);
        return NULL;
    }
    return certificate;
}

bool kyso_asn1_time(const ASN1_TIME *time, uint64_t *ret_seconds)
{
    struct tm parts = {0};
    time_t seconds;

    if (time == NULL || ASN1_TIME_to_tm(time, &parts) != 1)
        return false;
    seconds = timegm(&parts);
    *ret_seconds = seconds > 0 ? (uint64_t)seconds : 0;
    return true;
}

/* RFC 2253 order with letters beyond ASCII left as UTF-8 instead of \XX. */
static char *name_text(const X509_NAME *name)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *bytes = NULL;
    char *text = NULL;
    long length;

    if (bio == NULL)
        return NULL;
    if (X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB) >=
        0) {
        length = BIO_get_mem_data(bio, &bytes);
        text = kyso_text_sanitize(bytes, (size_t)length);
    }
    BIO_free(bio);
    return text;
}

static char *string_text(const ASN1_STRING *string)
{
    unsigned char *utf8 = NULL;
    int length = string != NULL ? ASN1_STRING_to_UTF8(&utf8, string) : -1;
    char *text = length > 0 ? kyso_text_sanitize(utf8, (size_t)length) : strdup("");

    OPENSSL_free(utf8);
    return text;
}

/* The first value of that kind; "" when there is none. */
static char *name_field(const X509_NAME *name, int nid)
{
    int at = X509_NAME_get_index_by_NID(name, nid, -1);

    return string_text(at >= 0 ? X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)) : NULL);
}

static char *email_text(X509 *certificate)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    char *text = NULL;

    for (int i = 0; names != NULL && text == NULL && i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

        if (name->type == GEN_EMAIL)
            text = string_text(name->d.rfc822Name);
    }
    GENERAL_NAMES_free(names);
    return text != NULL ? text
                        : name_field(X509_get_subject_name(certificate), NID_pkcs9_emailAddress);
}

static char *serial_text(X509 *certificate)
{
    const ASN1_INTEGER *serial = X509_get0_serialNumber(certificate);
    char *hex = kyso_text_hex(ASN1_STRING_get0_data(serial), (size_t)ASN1_STRING_length(serial));
    char *signed_hex = NULL;

    if (hex == NULL || ASN1_STRING_type(serial) != V_ASN1_NEG_INTEGER)
        return hex;
    if (asprintf(&signed_hex, "-%s", hex) < 0)
        signed_hex = NULL;
    free(hex);
    return signed_hex;
}

static int fill_texts(X509 *certificate, struct kyso_certificate_info *info)
{
    const X509_NAME *subject = X509_get_subject_name(certificate);

    info->subject = name_text(subject);
    info->issuer = name_text(X509_get_issuer_name(certificate));
    info->common_name = name_field(subject, NID_commonName);
    info->organisation = name_field(subject, NID_organizationName);
    info->title = name_field(subject, NID_title);
    info->email = email_text(certificate);
    info->serial = serial_text(certificate);
    if (info->subject == NULL || info->issuer == NULL || info->common_name == NULL ||
        info->organisation == NULL || info->title == NULL || info->email == NULL ||
        info->serial == NULL)
        return kyso_trace(-ENOMEM);
    return 0;
}

static int fill_identity(X509 *certificate, struct kyso_certificate_info *info)
{
    unsigned char *der = NULL, *spki = NULL;
    int length = i2d_X509(certificate, &der);
    int spki_length = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &spki);
    int r = KYSO_OUTCOME_BAD_CERTIFICATE;

    if (length > (int)KYSO_CERTIFICATE_MAX) {
        r = KYSO_OUTCOME_LIMIT;
    } else if (length > 0 && spki_length > 0 &&
               EVP_Digest(der, (size_t)length, info->sha256, NULL, EVP_sha256(), NULL) == 1 &&
               EVP_Digest(spki, (size_t)spki_length, info->spki_sha256, NULL, EVP_sha256(), NULL) ==
                   1) {
        info->der = malloc((size_t)length);
        r = info->der != NULL ? 0 : -ENOMEM;
    }
    if (r == 0) {
        memcpy(info->der, der, (size_t)length);
        info->der_length = (size_t)length;
    }
    OPENSSL_free(der);
    OPENSSL_free(spki);
    return kyso_trace(r);
}

bool kyso_certificate_extended_usage_signs(X509 *certificate, bool *ret_present)
{
    /* E-mail protection, any, and document signing of RFC 9336, Microsoft and Adobe. */
    static const char *const SIGNING[] = {"1.3.6.1.5.5.7.3.4", "2.5.29.37.0", "1.3.6.1.5.5.7.3.36",
                                          "1.3.6.1.4.1.311.10.3.12", "1.2.840.113583.1.1.5"};
    EXTENDED_KEY_USAGE *usages = X509_get_ext_d2i(certificate, NID_ext_key_usage, NULL, NULL);
    bool present = X509_get_ext_by_NID(certificate, NID_ext_key_usage, -1) >= 0;
    bool signs = false;

    for (int i = 0; usages != NULL && i < sk_ASN1_OBJECT_num(usages); i++) {
        char oid[64] = "";

        (void)OBJ_obj2txt(oid, sizeof(oid), sk_ASN1_OBJECT_value(usages, i), 1);
        for (size_t j = 0; j < KYSO_ARRAY_LEN(SIGNING); j++)
            signs = signs || strcmp(oid, SIGNING[j]) == 0;
    }
    EXTENDED_KEY_USAGE_free(usages);
    *ret_present = present;
    return signs || !present;
}

static void fill_usage(X509 *certificate, struct kyso_certificate_info *info)
{
    ASN1_BIT_STRING *usage = X509_get_ext_d2i(certificate, NID_key_usage, NULL, NULL);
    bool signs = kyso_certificate_extended_usage_signs(certificate, &info->has_extended_usage);
    uint32_t flags = X509_get_extension_flags(certificate);

    info->has_key_usage = X509_get_ext_by_NID(certificate, NID_key_usage, -1) >= 0;
    for (int i = 0; usage != NULL && i < KEY_USAGE_BITS; i++) {
        if (ASN1_BIT_STRING_get_bit(usage, i) == 1)
            info->key_usage |= UINT32_C(1) << i;
    }
    ASN1_BIT_STRING_free(usage);
    info->extended_usage_signs = info->has_extended_usage && signs;
    info->is_ca = (flags & EXFLAG_CA) != 0;
    info->unknown_critical = (flags & EXFLAG_CRITICAL) != 0;
}

int kyso_certificate_describe(X509 *certificate, struct kyso_certificate_info *ret_info)
{
    struct kyso_certificate_info info = {0};
    const EVP_PKEY *key = X509_get0_pubkey(certificate);
    int r = 0;

    if (!kyso_asn1_time(X509_get0_notBefore(certificate), &info.not_before) ||
        !kyso_asn1_time(X509_get0_notAfter(certificate), &info.not_after))
        r = KYSO_OUTCOME_BAD_CERTIFICATE;
    if (r == 0)
        r = fill_identity(certificate, &info);
    if (r == 0)
        r = fill_texts(certificate, &info);
    if (r != 0) {
        kyso_certificate_info_done(&info);
        return r;
    }
    fill_usage(certificate, &info);
    if (key != NULL) { /* a key of an unknown kind is neither RSA nor EC and has no size */
        int kind = EVP_PKEY_get_base_id(key);

        info.key_rsa = kind == EVP_PKEY_RSA || kind == EVP_PKEY_RSA_PSS;
        info.key_ec = kind == EVP_PKEY_EC;
        info.key_bits = (uint32_t)EVP_PKEY_get_bits(key);
    }
    *ret_info = info;
    return 0;
}
