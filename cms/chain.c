/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cms/chain.h"

#include <errno.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "cms/info.h"
#include "common/buf.h"
#include "common/error.h"
#include "common/log.h"

#define SECURITY_LEVEL 2 /* OpenSSL's name for 112 bits: RSA 2048, SHA-224 */
#define RSA_BITS_MIN 2048
#define EC_BITS_MIN 256
#define DEPTH_MAX 16 /* beyond KYSO_CHAIN_MAX, so as to tell a long chain from an unknown one */

struct kyso_chain_trust {
    X509_STORE *store;
    STACK_OF(X509) * anchors, *intermediates;
};

struct kyso_chain_trust *kyso_chain_trust_free(struct kyso_chain_trust *trust)
{
    if (trust == NULL)
        return NULL;
    X509_STORE_free(trust->store);
    sk_X509_pop_free(trust->anchors, X509_free);
    sk_X509_pop_free(trust->intermediates, X509_free);
    free(trust);
    return NULL;
}

static int push(STACK_OF(X509) * list, X509 *certificate)
{
    if (sk_X509_num(list) >= KYSO_TRUST_CERTIFICATES_MAX) {
        X509_free(certificate);
        return kyso_trace(-EMSGSIZE);
    }
    if (sk_X509_push(list, certificate) <= 0) {
        X509_free(certificate);
        return kyso_trace(-ENOMEM);
    }
    return 0;
}

/* A file's content: one DER certificate, or any number of PEM ones. */
static int read_file(const uint8_t *bytes, size_t length, STACK_OF(X509) * list)
{
    X509 *certificate = kyso_certificate_read(bytes, length);
    int found = 0, r = 0;
    BIO *bio;

    if (certificate != NULL)
        return push(list, certificate);
    bio = BIO_new_mem_buf(bytes, (int)length);
    if (bio == NULL)
        return kyso_trace(-ENOMEM);
    while (r == 0 && (certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL) {
        found++;
        r = push(list, certificate);
    }
    BIO_free(bio);
    ERR_clear_error();
    if (found == 0)
        kyso_log(KYSO_LOG_WARNING, "a file of trusted certificates (%zu bytes) holds none", length);
    return r;
}

static int read_row(const void *bytes, size_t length, STACK_OF(X509) * list)
{
    struct kyso_cursor cursor = kyso_cursor(bytes, length);
    int r = 0;

    if (length > KYSO_TRUST_MAX)
        return kyso_trace(-EMSGSIZE);
    while (r == 0 && cursor.error == 0 && cursor.next != cursor.end) {
        size_t size;
        const uint8_t *file = kyso_cursor_blob(&cursor, &size);

        if (cursor.error == 0)
            r = read_file(file, size, list);
    }
    return r != 0 ? r : kyso_trace(kyso_cursor_end(&cursor));
}

/* A root may be of version 1, from before there were extensions. */
static bool may_anchor(X509 *certificate)
{
    return X509_check_ca(certificate) > 0;
}

static int fill_store(struct kyso_chain_trust *trust)
{
    for (int i = sk_X509_num(trust->anchors); i-- > 0;) {
        X509 *anchor = sk_X509_value(trust->anchors, i);

        if (!may_anchor(anchor)) {
            kyso_log(KYSO_LOG_WARNING, "a root certificate is left out: it is no CA");
            X509_free(sk_X509_delete(trust->anchors, i));
        } else if (X509_STORE_add_cert(trust->store, anchor) != 1) {
            return kyso_trace(-ENOMEM);
        }
    }
    return 0;
}

int kyso_chain_trust_new(const void *anchors, size_t anchors_length, const void *intermediates,
                         size_t intermediates_length, struct kyso_chain_trust **ret_trust)
{
    struct kyso_chain_trust *trust = calloc(1, sizeof(*trust));
    int r = 0;

    if (trust == NULL)
        return kyso_trace(-ENOMEM);
    trust->store = X509_STORE_new();
    trust->anchors = sk_X509_new_null();
    trust->intermediates = sk_X509_new_null();
    if (trust->store == NULL || trust->anchors == NULL || trust->intermediates == NULL)
        r = kyso_trace(-ENOMEM);
    if (r == 0)
        r = read_row(anchors, anchors_length, trust->anchors);
    if (r == 0)
        r = read_row(intermediates, intermediates_length, trust->intermediates);
    if (r == 0)
        r = fill_store(trust);
    if (r < 0) {
        (void)kyso_chain_trust_free(trust);
        return r;
    }
    *ret_trust = trust;
    return 0;
}

void kyso_chain_result_done(struct kyso_chain_result *result)
{
    for (size_t i = 0; i < result->n_path; i++)
        X509_free(result->path[i]);
    *result = (struct kyso_chain_result){0};
}

/* Every reason, the one to be told first on top. */
enum reason {
    WHY_BAD_SIGNATURE,
    WHY_MALFORMED,
    WHY_UNKNOWN_CRITICAL,
    WHY_CA_KEY_USAGE, /* a CA all the same, or it would be no CA */
    WHY_NOT_A_CA,
    WHY_PATH_LENGTH,
    WHY_NAME_CONSTRAINTS,
    WHY_SIGNER_IS_CA,
    WHY_KEY_USAGE,
    WHY_EXTENDED_KEY_USAGE,
    WHY_POLICY_FAILURE, /* also whatever OpenSSL may find and is not named here */
    WHY_SELF_SIGNED,
    WHY_UNKNOWN_ISSUER,
    WHY_TOO_LONG,
    WHY_UNSUPPORTED_KEY,
    WHY_WEAK_KEY,
    WHY_WEAK_DIGEST,
    WHY_NOT_YET_VALID,
    WHY_EXPIRED,
    WHY_ISSUER_NOT_YET_VALID,
    WHY_ISSUER_EXPIRED,
    REASONS,
};

static const struct {
    enum kyso_finding finding;
    const char *word;
} REASON_ROWS[REASONS] = {
    [WHY_BAD_SIGNATURE] = {KYSO_FINDING_INVALID, "bad-signature"},
    [WHY_MALFORMED] = {KYSO_FINDING_INVALID, "malformed-certificate"},
    [WHY_UNKNOWN_CRITICAL] = {KYSO_FINDING_INVALID, "unknown-critical-extension"},
    [WHY_CA_KEY_USAGE] = {KYSO_FINDING_INVALID, "ca-key-usage"},
    [WHY_NOT_A_CA] = {KYSO_FINDING_INVALID, "not-a-ca"},
    [WHY_PATH_LENGTH] = {KYSO_FINDING_INVALID, "path-length"},
    [WHY_NAME_CONSTRAINTS] = {KYSO_FINDING_INVALID, "name-constraints"},
    [WHY_SIGNER_IS_CA] = {KYSO_FINDING_INVALID, "signer-is-ca"},
    [WHY_KEY_USAGE] = {KYSO_FINDING_INVALID, "key-usage"},
    [WHY_EXTENDED_KEY_USAGE] = {KYSO_FINDING_INVALID, "extended-key-usage"},
    [WHY_POLICY_FAILURE] = {KYSO_FINDING_INVALID, "policy-failure"},
    [WHY_SELF_SIGNED] = {KYSO_FINDING_UNDETERMINED, "self-signed-not-trusted"},
    [WHY_UNKNOWN_ISSUER] = {KYSO_FINDING_UNDETERMINED, "unknown-issuer"},
    [WHY_TOO_LONG] = {KYSO_FINDING_UNDETERMINED, "chain-too-long"},
    [WHY_UNSUPPORTED_KEY] = {KYSO_FINDING_UNDETERMINED, "unsupported-key"},
    [WHY_WEAK_KEY] = {KYSO_FINDING_UNDETERMINED, "weak-key"},
    [WHY_WEAK_DIGEST] = {KYSO_FINDING_UNDETERMINED, "weak-digest"},
    [WHY_NOT_YET_VALID] = {KYSO_FINDING_UNDETERMINED, "not-yet-valid"},
    [WHY_EXPIRED] = {KYSO_FINDING_UNDETERMINED, "expired"},
    [WHY_ISSUER_NOT_YET_VALID] = {KYSO_FINDING_UNDETERMINED, "issuer-not-yet-valid"},
    [WHY_ISSUER_EXPIRED] = {KYSO_FINDING_UNDETERMINED, "issuer-expired"},
};

static enum reason reason_of(int error, int depth)
{
    switch (error) {
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        return WHY_UNKNOWN_ISSUER;
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
        return WHY_SELF_SIGNED;
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
    case X509_V_ERR_UNABLE_TO_DECRYPT_CERT_SIGNATURE:
    case X509_V_ERR_SIGNATURE_ALGORITHM_MISMATCH:
        return WHY_BAD_SIGNATURE;
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return depth == 0 ? WHY_NOT_YET_VALID : WHY_ISSUER_NOT_YET_VALID;
    case X509_V_ERR_CERT_HAS_EXPIRED:
        return depth == 0 ? WHY_EXPIRED : WHY_ISSUER_EXPIRED;
    case X509_V_ERR_CERT_CHAIN_TOO_LONG:
        return WHY_TOO_LONG;
    case X509_V_ERR_INVALID_CA:
    case X509_V_ERR_INVALID_NON_CA:
    case X509_V_ERR_KEYUSAGE_NO_CERTSIGN:
        return WHY_NOT_A_CA;
    case X509_V_ERR_PATH_LENGTH_EXCEEDED:
        return WHY_PATH_LENGTH;
    case X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION:
        return WHY_UNKNOWN_CRITICAL;
    case X509_V_ERR_EE_KEY_TOO_SMALL:
    case X509_V_ERR_CA_KEY_TOO_SMALL:
        return WHY_WEAK_KEY;
    case X509_V_ERR_CA_MD_TOO_WEAK:
        return WHY_WEAK_DIGEST;
    case X509_V_ERR_PERMITTED_VIOLATION:
    case X509_V_ERR_EXCLUDED_VIOLATION:
    case X509_V_ERR_SUBTREE_MINMAX:
    case X509_V_ERR_UNSUPPORTED_CONSTRAINT_TYPE:
    case X509_V_ERR_UNSUPPORTED_CONSTRAINT_SYNTAX:
    case X509_V_ERR_UNSUPPORTED_NAME_SYNTAX:
        return WHY_NAME_CONSTRAINTS;
    case X509_V_ERR_ERROR_IN_CERT_NOT_BEFORE_FIELD:
    case X509_V_ERR_ERROR_IN_CERT_NOT_AFTER_FIELD:
    case X509_V_ERR_UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY:
    case X509_V_ERR_INVALID_EXTENSION:
        return WHY_MALFORMED;
    default:
        return WHY_POLICY_FAILURE;
    }
}

/* One judgement under way: which reasons were met. */
struct judgement {
    bool met[REASONS];
};

/* Notes each problem and lets OpenSSL go on, so that an expired certificate with a forged signature
 * is told as forged. Nothing noted is ever taken back. */
static int note(int ok, X509_STORE_CTX *context)
{
    struct judgement *judgement = X509_STORE_CTX_get_app_data(context);

    if (ok == 0)
        judgement->met[reason_of(X509_STORE_CTX_get_error(context),
                                 X509_STORE_CTX_get_error_depth(context))] = true;
    return 1;
}

/* Key sizes and curves of each certificate on the path: OpenSSL measures strength, but lets curves
 * through that are spelled out in numbers. */
static void check_key(X509 *certificate, struct judgement *judgement)
{
    const EVP_PKEY *key = X509_get0_pubkey(certificate);
    char group[64] = "";
    int explicit_curve = 0;

    if (key == NULL) {
        judgement->met[WHY_UNSUPPORTED_KEY] = true;
        return;
    }
    if (EVP_PKEY_is_a(key, "RSA") || EVP_PKEY_is_a(key, "RSA-PSS")) {
        if (EVP_PKEY_get_bits(key) < RSA_BITS_MIN)
            judgement->met[WHY_WEAK_KEY] = true;
    } else if (EVP_PKEY_is_a(key, "EC")) {
        (void)EVP_PKEY_get_int_param(key, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS,
                                     &explicit_curve);
        if (explicit_curve != 0 || EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) != 1)
            judgement->met[WHY_UNSUPPORTED_KEY] = true;
        else if (EVP_PKEY_get_bits(key) < EC_BITS_MIN)
            judgement->met[WHY_WEAK_KEY] = true;
    } else {
        judgement->met[WHY_UNSUPPORTED_KEY] = true;
    }
}

static void check_signer(X509 *signer, struct judgement *judgement)
{
    uint32_t flags = X509_get_extension_flags(signer);
    bool present;

    if ((flags & EXFLAG_INVALID) != 0)
        judgement->met[WHY_MALFORMED] = true;
    if ((flags & EXFLAG_CRITICAL) != 0)
        judgement->met[WHY_UNKNOWN_CRITICAL] = true;
    if ((flags & EXFLAG_CA) != 0)
        judgement->met[WHY_SIGNER_IS_CA] = true;
    if ((flags & EXFLAG_KUSAGE) != 0 &&
        (X509_get_key_usage(signer) & (KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION)) == 0)
        judgement->met[WHY_KEY_USAGE] = true;
    if (!kyso_certificate_extended_usage_signs(signer, &present))
        judgement->met[WHY_EXTENDED_KEY_USAGE] = true;
}

static void check_intermediate(X509 *issuer, struct judgement *judgement)
{
    uint32_t flags = X509_get_extension_flags(issuer);

    if ((flags & EXFLAG_INVALID) != 0)
        judgement->met[WHY_MALFORMED] = true;
    if ((flags & EXFLAG_CA) == 0) /* basicConstraints with cA, nothing older */
        judgement->met[WHY_NOT_A_CA] = true;
    else if ((flags & EXFLAG_KUSAGE) != 0 && (X509_get_key_usage(issuer) & KU_KEY_CERT_SIGN) == 0)
        judgement->met[WHY_CA_KEY_USAGE] = true;
}

static bool is_anchor(const struct kyso_chain_trust *trust, const X509 *certificate)
{
    for (int i = 0; i < sk_X509_num(trust->anchors); i++) {
        if (X509_cmp(sk_X509_value(trust->anchors, i), certificate) == 0)
            return true;
    }
    return false;
}

/* Our own look at the chain that OpenSSL built, on top of its verdict. True when it ends in one of
 * the administrator's roots. */
static bool check_path(const struct kyso_chain_trust *trust, STACK_OF(X509) * chain,
                       struct judgement *judgement)
{
    int n = sk_X509_num(chain);
    bool anchored = n > 1 && is_anchor(trust, sk_X509_value(chain, n - 1));

    for (int i = 0; i < n; i++) {
        check_key(sk_X509_value(chain, i), judgement);
        if (i > 0 && (i < n - 1 || !anchored))
            check_intermediate(sk_X509_value(chain, i), judgement);
    }
    if (n - 1 > KYSO_CHAIN_MAX)
        judgement->met[WHY_TOO_LONG] = true;
    return anchored;
}

static int take_path(STACK_OF(X509) * chain, struct kyso_chain_result *result)
{
    for (int i = 1; i < sk_X509_num(chain); i++) { /* at most KYSO_CHAIN_MAX: checked above */
        X509 *issuer = sk_X509_value(chain, i);

        if (X509_up_ref(issuer) != 1)
            return kyso_trace(-EIO);
        result->path[result->n_path++] = issuer;
    }
    return 0;
}

static int conclude(const struct kyso_chain_trust *trust, X509_STORE_CTX *context, X509 *signer,
                    int verified, struct judgement *judgement, struct kyso_chain_result *result)
{
    STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(context);
    bool anchored = chain != NULL && check_path(trust, chain, judgement);
    int r = 0;

    check_signer(signer, judgement);
    for (size_t i = 0; i < REASONS; i++) {
        if (judgement->met[i]) {
            result->finding = REASON_ROWS[i].finding;
            result->reason = REASON_ROWS[i].word;
            break;
        }
    }
    if (result->reason == NULL) {
        bool good = verified == 1 && anchored;

        result->finding = good ? KYSO_FINDING_VALID : KYSO_FINDING_UNDETERMINED;
        result->reason = good ? "" : REASON_ROWS[WHY_UNKNOWN_ISSUER].word;
    }
    if (anchored && !judgement->met[WHY_TOO_LONG])
        r = take_path(chain, result);
    return r;
}

/* What came along first, then the administrator's: borrowed certificates in a new list. */
static STACK_OF(X509) * candidates(const struct kyso_chain_trust *trust, STACK_OF(X509) * extra)
{
    STACK_OF(X509) *all = extra != NULL ? sk_X509_dup(extra) : sk_X509_new_null();

    for (int i = 0; all != NULL && i < sk_X509_num(trust->intermediates); i++) {
        if (sk_X509_push(all, sk_X509_value(trust->intermediates, i)) <= 0) {
            sk_X509_free(all);
            return NULL;
        }
    }
    return all;
}

int kyso_chain_judge(struct kyso_chain_trust *trust, X509 *signer, STACK_OF(X509) * extra,
                     uint64_t time, struct kyso_chain_result *ret_result)
{
    struct judgement judgement = {0};
    struct kyso_chain_result result = {0};
    STACK_OF(X509) *all = candidates(trust, extra);
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    int r = -ENOMEM;

    if (all != NULL && context != NULL &&
        X509_STORE_CTX_init(context, trust->store, signer, all) == 1) {
        X509_VERIFY_PARAM *parameters = X509_STORE_CTX_get0_param(context);

        /* An anchor need not be self-signed: the administrator may trust one issuing CA alone. */
        (void)X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_PARTIAL_CHAIN);
        X509_VERIFY_PARAM_set_time(parameters, (time_t)time);
        X509_VERIFY_PARAM_set_depth(parameters, DEPTH_MAX);
        X509_VERIFY_PARAM_set_auth_level(parameters, SECURITY_LEVEL);
        X509_STORE_CTX_set_verify_cb(context, note);
        (void)X509_STORE_CTX_set_app_data(context, &judgement);
        r = conclude(trust, context, signer, X509_verify_cert(context), &judgement, &result);
    }
    X509_STORE_CTX_free(context);
    sk_X509_free(all);
    ERR_clear_error();
    if (r < 0) {
        kyso_chain_result_done(&result);
        return kyso_trace(r);
    }
    *ret_result = result;
    return 0;
}
