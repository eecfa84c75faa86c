/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cms/check.h"

#include <errno.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "cms/attributes.h"
#include "cms/info.h"
#include "cms/signed-data.h"
#include "common/error.h"
#include "common/outcome.h"

#define RSA_BITS_MIN 2048
#define EC_BITS_MIN 256
#define KEY_ID_TAG 0x80

struct kyso_check {
    struct kyso_chain_trust *trust;
    uint64_t time;
    /* The last signer found VALID. One person often signs many times; a path once found to a root
     * does not depend on what else came along. */
    bool has_known;
    uint8_t known[32];
};

int kyso_check_new(struct kyso_chain_trust *trust, uint64_t time, struct kyso_check **ret_check)
{
    struct kyso_check *check = calloc(1, sizeof(*check));

    if (check == NULL)
        return kyso_trace(-ENOMEM);
    check->trust = trust;
    check->time = time;
    *ret_check = check;
    return 0;
}

struct kyso_check *kyso_check_free(struct kyso_check *check)
{
    free(check);
    return NULL;
}

/* One signature being judged. */
struct subject {
    struct kyso_signed_data data;
    struct kyso_attributes attributes;
    STACK_OF(X509) * certificates;
    X509 *signer; /* one of them */
    const struct kyso_digest *digest;
};

static void subject_done(struct subject *subject)
{
    kyso_signed_data_done(&subject->data);
    kyso_attributes_done(&subject->attributes);
    sk_X509_pop_free(subject->certificates, X509_free);
}

static enum kyso_finding severity(const char *reason)
{
    static const char *const OPEN[] = {
        "too-large",       "too-many-certificates", "no-signer-certificate",
        "bad-certificate", "certificate-too-large", "unsupported-algorithm",
        "unreadable",      "weak-digest",           "weak-key",
    };

    if (*reason == '\0')
        return KYSO_FINDING_VALID;
    for (size_t i = 0; i < KYSO_ARRAY_LEN(OPEN); i++) {
        if (strcmp(OPEN[i], reason) == 0)
            return KYSO_FINDING_UNDETERMINED;
    }
    return KYSO_FINDING_INVALID;
}

static int set_integrity(struct kyso_cms_finding *finding, const char *reason)
{
    finding->integrity = severity(reason);
    finding->integrity_reason = strdup(reason);
    return finding->integrity_reason != NULL ? 0 : kyso_trace(-ENOMEM);
}

static int set_chain(struct kyso_cms_finding *finding, enum kyso_finding chain, const char *reason)
{
    finding->chain = chain;
    finding->chain_reason = strdup(reason);
    return finding->chain_reason != NULL ? 0 : kyso_trace(-ENOMEM);
}

/* Unreadable certificates beside the signer's do no harm: they are left out. */
static int read_certificates(struct subject *subject)
{
    const uint8_t *at = subject->data.certificates.content;
    size_t left = subject->data.certificates.content_length;
    struct kyso_der_item item;

    subject->certificates = sk_X509_new_null();
    if (subject->certificates == NULL)
        return kyso_trace(-ENOMEM);
    while (kyso_der_next(&at, &left, &item)) {
        X509 *certificate =
            item.tag == KYSO_DER_SEQUENCE ? kyso_certificate_read(item.bytes, item.length) : NULL;

        if (certificate != NULL && sk_X509_push(subject->certificates, certificate) <= 0) {
            X509_free(certificate);
            return kyso_trace(-ENOMEM);
        }
    }
    ERR_clear_error();
    return 0;
}

static bool is_signer(const struct kyso_der_item *id, X509 *certificate)
{
    const uint8_t *at = id->content;
    size_t left = id->content_length;
    const ASN1_OCTET_STRING *key_id = X509_get0_subject_key_id(certificate);
    struct kyso_der_item name, serial;
    const unsigned char *name_at, *serial_at;
    X509_NAME *issuer;
    ASN1_INTEGER *number;
    bool same;

    if (id->tag == KEY_ID_TAG)
        return key_id != NULL && (size_t)ASN1_STRING_length(key_id) == id->content_length &&
               memcmp(ASN1_STRING_get0_data(key_id), id->content, id->content_length) == 0;
    if (!kyso_der_next(&at, &left, &name) || !kyso_der_next(&at, &left, &serial) || left != 0)
        return false;
    name_at = name.bytes;
    serial_at = serial.bytes;
    issuer = d2i_X509_NAME(NULL, &name_at, (long)name.length);
    number = d2i_ASN1_INTEGER(NULL, &serial_at, (long)serial.length);
    same = issuer != NULL && number != NULL &&
           X509_NAME_cmp(issuer, X509_get_issuer_name(certificate)) == 0 &&
           ASN1_INTEGER_cmp(number, X509_get0_serialNumber(certificate)) == 0;
    X509_NAME_free(issuer);
    ASN1_INTEGER_free(number);
    return same;
}

/* Two different certificates under one name and number are somebody's trick. */
static const char *find_signer(struct subject *subject)
{
    for (int i = 0; i < sk_X509_num(subject->certificates); i++) {
        X509 *certificate = sk_X509_value(subject->certificates, i);

        if (!is_signer(&subject->data.signer_id, certificate))
            continue;
        if (subject->signer != NULL && X509_cmp(subject->signer, certificate) != 0)
            return "ambiguous-signer";
        subject->signer = certificate;
    }
    ERR_clear_error();
    return subject->signer != NULL ? "" : "no-signer-certificate";
}

static bool digest_is_listed(const struct subject *subject)
{
    const uint8_t *at = subject->data.digest_algorithms.content;
    size_t left = subject->data.digest_algorithms.content_length;
    struct kyso_der_item item;

    while (kyso_der_next(&at, &left, &item)) {
        if (kyso_digest_by_algorithm(&item) == subject->digest)
            return true;
    }
    return false;
}

/* The attributes against the document, the certificate and the algorithms. */
static const char *check_attributes(struct subject *subject, kyso_check_digest_fn digest,
                                    void *data, struct kyso_cms_finding *finding)
{
    struct kyso_attributes *attributes = &subject->attributes;
    uint8_t covered[EVP_MAX_MD_SIZE];
    size_t size = (size_t)EVP_MD_get_size(kyso_digest_md(subject->digest));

    if (digest(data, subject->digest, covered) != 0)
        return "unreadable";
    if (attributes->message_digest.content_length != size ||
        memcmp(attributes->message_digest.content, covered, size) != 0)
        return "wrong-digest";
    if (!kyso_attributes_name_signer(attributes, subject->signer))
        return "signing-certificate-mismatch";
    finding->has_signing_certificate =
        attributes->signing_certificate.tag != 0 || attributes->signing_certificate_v2.tag != 0;
    return kyso_attributes_protect(attributes, &subject->data) ? ""
                                                               : "algorithm-protection-mismatch";
}

static bool weak_key(const EVP_PKEY *key)
{
    return EVP_PKEY_get_bits(key) < (EVP_PKEY_is_a(key, "EC") ? EC_BITS_MIN : RSA_BITS_MIN);
}

static const char *check_value(struct subject *subject, struct kyso_cms_finding *finding)
{
    EVP_PKEY *key = X509_get0_pubkey(subject->signer);
    const char *problem;

    if (key == NULL)
        return "unsupported-algorithm";
    problem = kyso_signature_verify(key, &subject->data.signature_algorithm, subject->digest,
                                    subject->data.signature.content,
                                    subject->data.signature.content_length,
                                    subject->attributes.set.bytes, subject->attributes.set.length);
    finding->weak = subject->digest->weak || weak_key(key);
    if (problem != NULL)
        return problem;
    if (subject->digest->weak)
        return "weak-digest";
    return finding->weak ? "weak-key" : "";
}

/* Digest and attributes, in the order that finds the most telling fault first. */
static const char *check_integrity(struct subject *subject, kyso_check_digest_fn digest, void *data,
                                   struct kyso_cms_finding *finding)
{
    const char *no_signer = find_signer(subject); /* who claims it is told in any case */
    const char *problem = kyso_attributes_read(&subject->data, &subject->attributes);
    bool well_formed;

    if (problem != NULL)
        return problem;
    finding->has_signing_time = subject->attributes.has_signing_time;
    finding->signing_time = subject->attributes.signing_time;
    finding->not_der = subject->data.not_der || subject->attributes.out_of_order;
    finding->has_timestamp = kyso_attributes_timestamp(&subject->data, &well_formed);
    if (!well_formed)
        return "malformed-attribute";
    if (*no_signer != '\0')
        return no_signer;
    subject->digest = kyso_digest_by_algorithm(&subject->data.digest_algorithm);
    if (subject->digest == NULL || kyso_digest_md(subject->digest) == NULL)
        return "unsupported-algorithm";
    if (!digest_is_listed(subject))
        return "algorithm-mismatch";
    problem = check_attributes(subject, digest, data, finding);
    return *problem != '\0' ? problem : check_value(subject, finding);
}

static int check_chain(struct kyso_check *check, struct subject *subject,
                       struct kyso_cms_finding *finding)
{
    struct kyso_chain_result result = {0};
    int r;

    if (subject->signer == NULL)
        return set_chain(finding, KYSO_FINDING_UNDETERMINED, "no-signer-certificate");
    if (check->has_known && finding->has_signer &&
        memcmp(check->known, finding->signer.sha256, sizeof(check->known)) == 0)
        return set_chain(finding, KYSO_FINDING_VALID, "");
    r = kyso_chain_judge(check->trust, subject->signer, subject->certificates, check->time,
                         &result);
    if (r < 0)
        return r;
    if (result.finding == KYSO_FINDING_VALID && finding->has_signer) {
        check->has_known = true;
        memcpy(check->known, finding->signer.sha256, sizeof(check->known));
    }
    r = set_chain(finding, result.finding, result.reason);
    kyso_chain_result_done(&result);
    return r;
}

/* A signer that cannot be described cannot be shown to anybody: no VALID without it. */
static int describe_signer(struct subject *subject, const char **reason,
                           struct kyso_cms_finding *finding)
{
    int r;

    if (subject->signer == NULL)
        return 0;
    r = kyso_certificate_describe(subject->signer, &finding->signer);
    finding->has_signer = r == 0;
    if (r > 0 && severity(*reason) != KYSO_FINDING_INVALID)
        *reason = r == KYSO_OUTCOME_LIMIT ? "certificate-too-large" : "bad-certificate";
    return r < 0 ? r : 0;
}

static int judge(struct kyso_check *check, struct subject *subject, kyso_check_digest_fn digest,
                 void *data, struct kyso_cms_finding *finding)
{
    int r = read_certificates(subject);
    const char *reason;

    if (r < 0)
        return r;
    reason = check_integrity(subject, digest, data, finding);
    r = describe_signer(subject, &reason, finding);
    if (r == 0)
        r = set_integrity(finding, reason);
    if (r == 0)
        r = check_chain(check, subject, finding);
    if (r == 0) {
        finding->digest = strdup(subject->digest != NULL ? subject->digest->name : "");
        r = finding->digest != NULL ? 0 : kyso_trace(-ENOMEM);
    }
    return r;
}

int kyso_check_cms(struct kyso_check *check, const uint8_t *bytes, size_t length,
                   kyso_check_digest_fn digest, void *data, struct kyso_cms_finding *ret_finding)
{
    struct kyso_cms_finding finding = {0};
    struct subject subject = {0};
    const char *problem = kyso_signed_data_read(bytes, length, &subject.data);
    int r;

    if (problem != NULL)
        return kyso_check_failed(problem, ret_finding);
    r = judge(check, &subject, digest, data, &finding);
    subject_done(&subject);
    if (r < 0) {
        kyso_cms_finding_done(&finding);
        return r;
    }
    *ret_finding = finding;
    return 0;
}

int kyso_check_failed(const char *why, struct kyso_cms_finding *ret_finding)
{
    struct kyso_cms_finding finding = {0};
    int r = set_integrity(&finding, why);

    if (r == 0)
        r = set_chain(&finding, KYSO_FINDING_UNDETERMINED, "no-signer-certificate");
    if (r == 0) {
        finding.digest = strdup("");
        r = finding.digest != NULL ? 0 : kyso_trace(-ENOMEM);
    }
    if (r < 0) {
        kyso_cms_finding_done(&finding);
        return r;
    }
    *ret_finding = finding;
    return 0;
}
