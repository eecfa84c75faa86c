/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cms/attributes.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "cms/algorithm.h"
#include "cms/info.h"

#define ATTRIBUTES_MAX 64

#define OID(bytes)                                                                                 \
    {                                                                                              \
        (bytes), sizeof(bytes) - 1                                                                 \
    }

enum known {
    CONTENT_TYPE,
    MESSAGE_DIGEST,
    SIGNING_TIME,
    SIGNING_CERTIFICATE,
    SIGNING_CERTIFICATE_V2,
    ALGORITHM_PROTECTION,
    KNOWN,
};

static const struct {
    const char *oid;
    size_t length;
} KNOWN_OIDS[KNOWN] = {
    [CONTENT_TYPE] = OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x03"),
    [MESSAGE_DIGEST] = OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x04"),
    [SIGNING_TIME] = OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x05"),
    [SIGNING_CERTIFICATE] = OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x0c"),
    [SIGNING_CERTIFICATE_V2] = OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x2f"),
    [ALGORITHM_PROTECTION] = OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x34"),
};

static const char OID_DATA[] = "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01";
static const char OID_TIMESTAMP[] = "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x0e";

struct attribute {
    struct kyso_der_item type, values; /* VALUES: content of the SET */
};

static bool read_attribute(const struct kyso_der_item *item, struct attribute *ret_attribute)
{
    const uint8_t *at = item->content;
    size_t left = item->content_length;

    return item->tag == KYSO_DER_SEQUENCE && kyso_der_next(&at, &left, &ret_attribute->type) &&
           ret_attribute->type.tag == KYSO_DER_OID &&
           kyso_der_next(&at, &left, &ret_attribute->values) &&
           ret_attribute->values.tag == KYSO_DER_SET && left == 0;
}

/* The one value of an attribute that may have but one. */
static bool single_value(const struct kyso_der_item *values, struct kyso_der_item *ret_value)
{
    return kyso_der_read(values->content, values->content_length, ret_value) &&
           ret_value->length == values->content_length;
}

static bool read_time(const struct kyso_der_item *value, uint64_t *ret_time)
{
    const unsigned char *at = value->bytes;
    ASN1_TIME *time = d2i_ASN1_TIME(NULL, &at, (long)value->length);
    bool good = kyso_asn1_time(time, ret_time);

    ASN1_TIME_free(time);
    ERR_clear_error();
    return good;
}

static const char *take_known(struct kyso_attributes *attributes, enum known known,
                              const struct kyso_der_item *value)
{
    switch (known) {
    case CONTENT_TYPE:
        return kyso_der_is_oid(value, OID_DATA, sizeof(OID_DATA) - 1) ? NULL : "content-type";
    case MESSAGE_DIGEST:
        attributes->message_digest = *value;
        return value->tag == KYSO_DER_OCTETS ? NULL : "malformed-attribute";
    case SIGNING_TIME:
        attributes->has_signing_time = true;
        return read_time(value, &attributes->signing_time) ? NULL : "malformed-attribute";
    case SIGNING_CERTIFICATE:
        attributes->signing_certificate = *value;
        break;
    case SIGNING_CERTIFICATE_V2:
        attributes->signing_certificate_v2 = *value;
        break;
    case ALGORITHM_PROTECTION:
        attributes->algorithm_protection = *value;
        break;
    case KNOWN:
        return NULL;
    }
    return value->tag == KYSO_DER_SEQUENCE ? NULL : "malformed-attribute";
}

/* Reads all of them; ITEMS keeps each for sorting. */
static const char *read_all(const struct kyso_der_item *set, struct kyso_attributes *attributes,
                            struct kyso_der_item *items, size_t *ret_n)
{
    struct kyso_der_item types[ATTRIBUTES_MAX];
    const uint8_t *at = set->content;
    size_t left = set->content_length, n = 0;
    bool seen[KNOWN + 1] = {false};

    while (left > 0) {
        struct attribute attribute;
        struct kyso_der_item value;
        enum known known = 0;
        const char *problem;

        if (n >= ATTRIBUTES_MAX || !kyso_der_next(&at, &left, &items[n]) ||
            !read_attribute(&items[n], &attribute))
            return "malformed-attribute";
        for (size_t i = 0; i < n; i++) {
            if (kyso_der_is_oid(&types[i], attribute.type.content, attribute.type.content_length))
                return "duplicate-attribute";
        }
        types[n++] = attribute.type;
        while (known < KNOWN &&
               !kyso_der_is_oid(&attribute.type, KNOWN_OIDS[known].oid, KNOWN_OIDS[known].length))
            known++;
        seen[known] = true;
        if (known == KNOWN)
            continue;
        if (!single_value(&attribute.values, &value))
            return "malformed-attribute";
        problem = take_known(attributes, known, &value);
        if (problem != NULL)
            return problem;
    }
    *ret_n = n;
    if (!seen[CONTENT_TYPE])
        return "content-type";
    return seen[MESSAGE_DIGEST] ? NULL : "message-digest-missing";
}

const char *kyso_attributes_read(const struct kyso_signed_data *data,
                                 struct kyso_attributes *ret_attributes)
{
    struct kyso_attributes attributes = {0};
    struct kyso_der_item items[ATTRIBUTES_MAX];
    const char *problem;
    size_t n = 0;

    if (data->attributes.tag == 0 || data->attributes.content_length == 0)
        return "no-signed-attributes";
    problem = read_all(&data->attributes, &attributes, items, &n);
    if (problem != NULL)
        return problem;
    kyso_der_put_set(&attributes.set, KYSO_DER_SET, items, n);
    if (attributes.set.error != 0) {
        kyso_attributes_done(&attributes);
        return "malformed-attribute";
    }
    attributes.out_of_order = attributes.set.length != data->attributes.length ||
                              memcmp(attributes.set.bytes + 1, data->attributes.bytes + 1,
                                     attributes.set.length - 1) != 0;
    *ret_attributes = attributes;
    return NULL;
}

void kyso_attributes_done(struct kyso_attributes *attributes)
{
    kyso_buf_done(&attributes->set);
    *attributes = (struct kyso_attributes){0};
}

/* IssuerSerial: GeneralNames with one directoryName, and the serial number. */
static bool is_issuer_serial(const struct kyso_der_item *item, X509 *signer)
{
    const uint8_t *at = item->content;
    size_t left = item->content_length;
    struct kyso_der_item names, serial;
    const unsigned char *names_at, *serial_at;
    GENERAL_NAMES *general;
    ASN1_INTEGER *number;
    bool same;

    if (!kyso_der_next(&at, &left, &names) || !kyso_der_next(&at, &left, &serial) || left != 0)
        return false;
    names_at = names.bytes;
    serial_at = serial.bytes;
    general = d2i_GENERAL_NAMES(NULL, &names_at, (long)names.length);
    number = d2i_ASN1_INTEGER(NULL, &serial_at, (long)serial.length);
    same = general != NULL && number != NULL && sk_GENERAL_NAME_num(general) == 1 &&
           sk_GENERAL_NAME_value(general, 0)->type == GEN_DIRNAME &&
           X509_NAME_cmp(sk_GENERAL_NAME_value(general, 0)->d.directoryName,
                         X509_get_issuer_name(signer)) == 0 &&
           ASN1_INTEGER_cmp(number, X509_get0_serialNumber(signer)) == 0;
    GENERAL_NAMES_free(general);
    ASN1_INTEGER_free(number);
    ERR_clear_error();
    return same;
}

/* The first ESSCertID or ESSCertIDv2 is the signer's (RFC 5035 4). */
static bool names_signer(const struct kyso_der_item *attribute, const char *digest, X509 *signer)
{
    struct kyso_der_item list, id, hash, next;
    const uint8_t *at;
    size_t left;
    uint8_t expected[EVP_MAX_MD_SIZE];
    unsigned int length;
    const struct kyso_digest *kind = kyso_digest_by_name(digest);

    if (!kyso_der_read(attribute->content, attribute->content_length, &list) ||
        list.tag != KYSO_DER_SEQUENCE || !kyso_der_read(list.content, list.content_length, &id) ||
        id.tag != KYSO_DER_SEQUENCE)
        return false;
    at = id.content;
    left = id.content_length;
    if (!kyso_der_next(&at, &left, &hash))
        return false;
    if (attribute->tag == KYSO_DER_SEQUENCE && hash.tag == KYSO_DER_SEQUENCE) {
        kind = kyso_digest_by_algorithm(&hash);
        if (!kyso_der_next(&at, &left, &hash))
            return false;
    }
    if (kind == NULL || hash.tag != KYSO_DER_OCTETS ||
        X509_digest(signer, kyso_digest_md(kind), expected, &length) != 1 ||
        hash.content_length != length || memcmp(hash.content, expected, length) != 0)
        return false;
    if (left == 0)
        return true;
    return kyso_der_next(&at, &left, &next) && left == 0 && is_issuer_serial(&next, signer);
}

bool kyso_attributes_name_signer(const struct kyso_attributes *attributes, X509 *signer)
{
    if (attributes->signing_certificate_v2.tag != 0 &&
        !names_signer(&attributes->signing_certificate_v2, "SHA256", signer))
        return false;
    return attributes->signing_certificate.tag == 0 ||
           names_signer(&attributes->signing_certificate, "SHA1", signer);
}

bool kyso_attributes_protect(const struct kyso_attributes *attributes,
                             const struct kyso_signed_data *data)
{
    const struct kyso_der_item *protection = &attributes->algorithm_protection;
    const uint8_t *at = protection->content;
    size_t left = protection->content_length;
    struct kyso_der_item digest, signature;

    if (protection->tag == 0)
        return true;
    if (!kyso_der_next(&at, &left, &digest) || !kyso_der_next(&at, &left, &signature) || left != 0)
        return false;
    return kyso_digest_by_algorithm(&digest) == kyso_digest_by_algorithm(&data->digest_algorithm) &&
           signature.tag == 0xa1 && /* [1] signatureAlgorithm */
           signature.content_length == data->signature_algorithm.content_length &&
           memcmp(signature.content, data->signature_algorithm.content, signature.content_length) ==
               0;
}

bool kyso_attributes_timestamp(const struct kyso_signed_data *data, bool *ret_well_formed)
{
    const uint8_t *at = data->unsigned_attributes.content;
    size_t left = data->unsigned_attributes.content_length;
    struct kyso_der_item item;
    bool found = false, well_formed = true;

    while (well_formed && kyso_der_next(&at, &left, &item)) {
        struct attribute attribute;

        well_formed = read_attribute(&item, &attribute);
        found = found || (well_formed && kyso_der_is_oid(&attribute.type, OID_TIMESTAMP,
                                                         sizeof(OID_TIMESTAMP) - 1));
    }
    *ret_well_formed = well_formed && left == 0;
    return found;
}
