/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Paths to the administrator's roots: what is accepted, and each way of being refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "cms/chain.h"
#include "cms/info.h"
#include "common/buf.h"
#include "tests/support/pki.h"

static struct pki_cert root, issuing, stranger_root, stranger_issuing, person;
static struct kyso_chain_trust *trust;

static struct kyso_chain_trust *trust_of(const struct pki_cert *anchor,
                                         const struct pki_cert *intermediate)
{
    KYSO_BUF struct kyso_buf anchors = { 0 };
    KYSO_BUF struct kyso_buf intermediates = { 0 };
    struct kyso_chain_trust *made;

    kyso_buf_put_blob(&anchors, anchor->der, anchor->length);
    if (intermediate != NULL)
        kyso_buf_put_blob(&intermediates, intermediate->der, intermediate->length);
    assert_int_equal(kyso_chain_trust_new(anchors.bytes, anchors.length, intermediates.bytes,
                                          intermediates.length, &made),
                     0);
    return made;
}

static int setup(void **state KYSO_UNUSED)
{
    root = pki_make(&(struct pki_recipe){ .common_name = "Gốc", .is_ca = true }, NULL);
    issuing = pki_make(&(struct pki_recipe){ .common_name = "Cấp phát", .is_ca = true }, &root);
    /* A stranger's authority under the very same names. */
    stranger_root = pki_make(&(struct pki_recipe){ .common_name = "Gốc", .is_ca = true }, NULL);
    stranger_issuing =
        pki_make(&(struct pki_recipe){ .common_name = "Cấp phát", .is_ca = true }, &stranger_root);
    person = pki_make(&(struct pki_recipe){ .common_name = "Nguyễn Văn Ánh" }, &issuing);
    trust = trust_of(&root, &issuing);
    return 0;
}

static int teardown(void **state KYSO_UNUSED)
{
    trust = kyso_chain_trust_free(trust);
    pki_done(&root);
    pki_done(&issuing);
    pki_done(&stranger_root);
    pki_done(&stranger_issuing);
    pki_done(&person);
    return 0;
}

static void judge_at(struct kyso_chain_trust *by, const struct pki_cert *cert,
                     const struct pki_cert *const *extra, uint64_t time,
                     enum kyso_finding finding, const char *reason, size_t n_path)
{
    STACK_OF(X509) *along = sk_X509_new_null();
    struct kyso_chain_result result;

    for (; extra != NULL && *extra != NULL; extra++)
        assert_true(sk_X509_push(along, (*extra)->x509) > 0);
    assert_int_equal(kyso_chain_judge(by, cert->x509, along, time, &result), 0);
    assert_string_equal(result.reason, reason);
    assert_int_equal(result.finding, finding);
    assert_int_equal(result.n_path, n_path);
    kyso_chain_result_done(&result);
    sk_X509_free(along);
}

/* One certificate made by RECIPE under ISSUER, judged now by the usual roots. */
static void row(const struct pki_recipe *recipe, const struct pki_cert *issuer,
                enum kyso_finding finding, const char *reason, size_t n_path)
{
    struct pki_cert cert = pki_make(recipe, issuer);
    const struct pki_cert *extra[] = { issuer, NULL };

    judge_at(trust, &cert, extra, PKI_NOW, finding, reason, n_path);
    pki_done(&cert);
}

static void accepted(void **state KYSO_UNUSED)
{
    static const struct pki_recipe ROWS[] = {
        { .common_name = "Nguyễn Văn Ánh" },
        { .common_name = "RSA", .key = "RSA-2048" },
        { .common_name = "P-384", .key = "EC-P-384" },
        { .common_name = "Chỉ chống chối bỏ", .key_usage = "critical,nonRepudiation" },
        { .common_name = "Chỉ chữ ký số", .key_usage = "digitalSignature" },
        { .common_name = "Không nói", .key_usage = "" },
        { .common_name = "Không ràng buộc", .basic_constraints = "" },
        { .common_name = "Thư điện tử", .extended_usage = "emailProtection,clientAuth" },
        { .common_name = "Ký tài liệu", .extended_usage = "1.3.6.1.5.5.7.3.36" },
        { .common_name = "Bất kỳ", .extended_usage = "anyExtendedKeyUsage" },
        { .common_name = "Adobe", .extended_usage = "1.2.840.113583.1.1.5" },
    };
    size_t done = 0;

    for (size_t i = 0; i < KYSO_ARRAY_LEN(ROWS); i++, done++)
        row(&ROWS[i], &issuing, KYSO_FINDING_VALID, "", 2);
    print_message("# %zu of %zu accepted\n", done, KYSO_ARRAY_LEN(ROWS));
    assert_int_equal(done, KYSO_ARRAY_LEN(ROWS));
    row(&ROWS[0], &root, KYSO_FINDING_VALID, "", 1);
    /* The administrator's intermediates serve when nothing came along. */
    judge_at(trust, &person, NULL, PKI_NOW, KYSO_FINDING_VALID, "", 2);
}

/* Certificates that say they are the individual's and are not (and what each forger forgot). */
static void forged(void **state KYSO_UNUSED)
{
    static const char NAME[] = "Nguyễn Văn Ánh";
    EVP_PKEY *thief = pki_key("EC-P-256");
    struct pki_cert fake_ca = pki_make(&(struct pki_recipe){ .common_name = "Cấp phát phụ" },
                                       &issuing); /* a person's certificate, no CA */
    struct pki_cert copied_ca = pki_make(
        &(struct pki_recipe){ .common_name = "Cấp phát", .is_ca = true, .shared_key = thief },
        &root); /* issued to a thief under the CA's name by a signature of nobody's */
    const struct forged_row {
        struct pki_recipe recipe;
        const struct pki_cert *issuer;
        enum kyso_finding finding;
        const char *reason;
        size_t n_path;
    } rows[] = {
        /* self-signed with the right name */
        { { .common_name = NAME }, NULL, KYSO_FINDING_UNDETERMINED, "self-signed-not-trusted", 0 },
        /* self-signed under the name of the trusted root */
        { { .common_name = "Gốc" }, NULL, KYSO_FINDING_UNDETERMINED, "self-signed-not-trusted", 0 },
        { { .common_name = "Gốc", .is_ca = true }, NULL, KYSO_FINDING_INVALID, "signer-is-ca", 0 },
        /* a stranger's root and intermediate of the same names as ours */
        { { .common_name = NAME }, &stranger_root, KYSO_FINDING_UNDETERMINED, NULL, 0 },
        { { .common_name = NAME }, &stranger_issuing, KYSO_FINDING_UNDETERMINED, NULL, 0 },
        /* named as issued by our CA, signed by a thief */
        { { .common_name = NAME, .signed_by = thief }, &issuing, KYSO_FINDING_INVALID,
          "bad-signature", 2 },
        { { .common_name = NAME, .wrong_signature = true }, &issuing, KYSO_FINDING_INVALID,
          "bad-signature", 2 },
        { { .common_name = NAME, .signed_by = thief }, &root, KYSO_FINDING_INVALID,
          "bad-signature", 1 },
        /* issued by a person's certificate */
        { { .common_name = NAME }, &fake_ca, KYSO_FINDING_INVALID, "not-a-ca", 3 },
        /* wrong purposes */
        { { .common_name = NAME, .key_usage = "critical,keyEncipherment" }, &issuing,
          KYSO_FINDING_INVALID, "key-usage", 2 },
        { { .common_name = NAME, .extended_usage = "serverAuth" }, &issuing, KYSO_FINDING_INVALID,
          "extended-key-usage", 2 },
        { { .common_name = NAME, .extended_usage = "timeStamping" }, &issuing,
          KYSO_FINDING_INVALID, "extended-key-usage", 2 },
        { { .common_name = NAME, .is_ca = true,
            .key_usage = "critical,keyCertSign,digitalSignature" },
          &issuing, KYSO_FINDING_INVALID, "signer-is-ca", 2 },
        { { .common_name = NAME, .unknown_critical = true }, &issuing, KYSO_FINDING_INVALID,
          "unknown-critical-extension", 2 },
        /* out of time; a forged and expired one is told as forged */
        { { .common_name = NAME, .from_days = -400, .to_days = -1 }, &issuing,
          KYSO_FINDING_UNDETERMINED, "expired", 2 },
        { { .common_name = NAME, .from_days = 1, .to_days = 100 }, &issuing,
          KYSO_FINDING_UNDETERMINED, "not-yet-valid", 2 },
        { { .common_name = NAME, .from_days = -400, .to_days = -1, .wrong_signature = true },
          &issuing, KYSO_FINDING_INVALID, "bad-signature", 2 },
        /* too weak */
        { { .common_name = NAME, .key = "RSA-1024" }, &issuing, KYSO_FINDING_UNDETERMINED,
          "weak-key", 2 },
        { { .common_name = NAME, .key = "EC-P-224" }, &issuing, KYSO_FINDING_UNDETERMINED,
          "weak-key", 2 },
        { { .common_name = NAME, .key = "ED25519" }, &issuing, KYSO_FINDING_UNDETERMINED,
          "unsupported-key", 2 },
        { { .common_name = NAME, .digest = EVP_sha1() }, &issuing, KYSO_FINDING_UNDETERMINED,
          "weak-digest", 2 },
    };
    size_t done = 0;

    for (size_t i = 0; i < KYSO_ARRAY_LEN(rows); i++, done++) {
        struct pki_cert cert = pki_make(&rows[i].recipe, rows[i].issuer);
        const struct pki_cert *extra[] = { rows[i].issuer, &issuing, NULL };

        if (rows[i].issuer == NULL)
            extra[0] = NULL;
        if (rows[i].reason != NULL) {
            judge_at(trust, &cert, extra, PKI_NOW, rows[i].finding, rows[i].reason,
                     rows[i].n_path);
        } else { /* which of two true words is told depends on what came along first */
            struct kyso_chain_result result;

            assert_int_equal(kyso_chain_judge(trust, cert.x509, NULL, PKI_NOW, &result), 0);
            assert_int_not_equal(result.finding, KYSO_FINDING_VALID);
            kyso_chain_result_done(&result);
        }
        pki_done(&cert);
    }
    print_message("# %zu of %zu forged\n", done, KYSO_ARRAY_LEN(rows));
    assert_int_equal(done, KYSO_ARRAY_LEN(rows));
    EVP_PKEY_free(thief);
    pki_done(&fake_ca);
    pki_done(&copied_ca);
}

/* An intermediate made by RECIPE under our root, and a person under it. */
static void intermediate_row(const struct pki_recipe *recipe, enum kyso_finding finding,
                             const char *reason, size_t n_path)
{
    struct pki_cert middle = pki_make(recipe, &root);

    row(&(struct pki_recipe){ .common_name = "Người ký" }, &middle, finding, reason, n_path);
    pki_done(&middle);
}

static void intermediates(void **state KYSO_UNUSED)
{
    intermediate_row(&(struct pki_recipe){ .common_name = "M", .is_ca = true }, KYSO_FINDING_VALID,
                     "", 2);
    intermediate_row(&(struct pki_recipe){ .common_name = "M", .is_ca = true, .key_usage = "" },
                     KYSO_FINDING_VALID, "", 2);
    intermediate_row(&(struct pki_recipe){ .common_name = "M", .is_ca = true,
                                           .key_usage = "critical,cRLSign" },
                     KYSO_FINDING_INVALID, "ca-key-usage", 2);
    intermediate_row(&(struct pki_recipe){ .common_name = "M", .basic_constraints = "",
                                           .key_usage = "critical,keyCertSign" },
                     KYSO_FINDING_INVALID, "not-a-ca", 2);
    intermediate_row(&(struct pki_recipe){ .common_name = "M", .is_ca = true, .from_days = -900,
                                           .to_days = -1 },
                     KYSO_FINDING_UNDETERMINED, "issuer-expired", 2);
    intermediate_row(&(struct pki_recipe){ .common_name = "M", .is_ca = true, .from_days = 2,
                                           .to_days = 9 },
                     KYSO_FINDING_UNDETERMINED, "issuer-not-yet-valid", 2);
    intermediate_row(&(struct pki_recipe){ .common_name = "M", .is_ca = true,
                                           .unknown_critical = true },
                     KYSO_FINDING_INVALID, "unknown-critical-extension", 2);
    intermediate_row(&(struct pki_recipe){ .common_name = "M", .is_ca = true, .key = "RSA-1024" },
                     KYSO_FINDING_UNDETERMINED, "weak-key", 2);
    intermediate_row(&(struct pki_recipe){ .common_name = "M", .is_ca = true,
                                           .wrong_signature = true },
                     KYSO_FINDING_INVALID, "bad-signature", 2);
    intermediate_row(&(struct pki_recipe){ .common_name = "M", .is_ca = true,
                                           .digest = EVP_sha1() },
                     KYSO_FINDING_UNDETERMINED, "weak-digest", 2);
}

static void path_length(void **state KYSO_UNUSED)
{
    struct pki_cert last = pki_make(&(struct pki_recipe){ .common_name = "Cuối", .is_ca = true,
                                                          .basic_constraints =
                                                              "critical,CA:TRUE,pathlen:0" },
                                    &root);
    struct pki_cert beyond =
        pki_make(&(struct pki_recipe){ .common_name = "Vượt", .is_ca = true }, &last);
    struct pki_cert cert = pki_make(&(struct pki_recipe){ .common_name = "A" }, &beyond);
    struct pki_cert good = pki_make(&(struct pki_recipe){ .common_name = "B" }, &last);
    const struct pki_cert *extra[] = { &beyond, &last, NULL };

    judge_at(trust, &cert, extra, PKI_NOW, KYSO_FINDING_INVALID, "path-length", 3);
    judge_at(trust, &good, extra, PKI_NOW, KYSO_FINDING_VALID, "", 2);
    pki_done(&last);
    pki_done(&beyond);
    pki_done(&cert);
    pki_done(&good);
}

static void long_chains(void **state KYSO_UNUSED)
{
    struct pki_cert row_of_cas[10];
    const struct pki_cert *extra[11] = { 0 };
    const struct pki_cert *issuer = &root;

    for (size_t i = 0; i < 10; i++) {
        char name[16];

        (void)snprintf(name, sizeof(name), "CA %zu", i);
        row_of_cas[i] =
            pki_make(&(struct pki_recipe){ .common_name = name, .is_ca = true }, issuer);
        extra[i] = issuer = &row_of_cas[i];
    }
    for (size_t i = 0; i < 10; i++) {
        struct pki_cert cert = pki_make(&(struct pki_recipe){ .common_name = "A" }, &row_of_cas[i]);
        bool fits = i + 2 <= KYSO_CHAIN_MAX; /* that many issuers, the root with them */

        judge_at(trust, &cert, extra, PKI_NOW,
                 fits ? KYSO_FINDING_VALID : KYSO_FINDING_UNDETERMINED,
                 fits ? "" : "chain-too-long", fits ? i + 2 : 0);
        pki_done(&cert);
    }
    for (size_t i = 0; i < 10; i++)
        pki_done(&row_of_cas[i]);
}

static void name_constraints(void **state KYSO_UNUSED)
{
    struct pki_cert narrow =
        pki_make(&(struct pki_recipe){ .common_name = "Hẹp", .is_ca = true,
                                       .name_constraints = "critical,permitted;email:.gov.vn" },
                 &root);

    row(&(struct pki_recipe){ .common_name = "A", .alternative_name = "email:a@ubnd.gov.vn" },
        &narrow, KYSO_FINDING_VALID, "", 2);
    row(&(struct pki_recipe){ .common_name = "A", .alternative_name = "email:a@example.com" },
        &narrow, KYSO_FINDING_INVALID, "name-constraints", 2);
    pki_done(&narrow);
}

static void anchors(void **state KYSO_UNUSED)
{
    struct kyso_chain_trust *by_issuing = trust_of(&issuing, NULL);
    struct kyso_chain_trust *by_person = trust_of(&person, &issuing);
    struct kyso_chain_trust *nothing;
    const struct pki_cert *extra[] = { &issuing, &root, NULL };

    /* An issuing CA alone may be trusted; the path then ends there. */
    judge_at(by_issuing, &person, extra, PKI_NOW, KYSO_FINDING_VALID, "", 1);
    /* A person's own certificate among the roots vouches for nobody. */
    judge_at(by_person, &person, extra, PKI_NOW, KYSO_FINDING_UNDETERMINED,
             "self-signed-not-trusted", 0);
    /* No roots, no trust; and never those of the system. */
    assert_int_equal(kyso_chain_trust_new(NULL, 0, NULL, 0, &nothing), 0);
    judge_at(nothing, &person, extra, PKI_NOW, KYSO_FINDING_UNDETERMINED,
             "self-signed-not-trusted", 0);
    judge_at(nothing, &person, NULL, PKI_NOW, KYSO_FINDING_UNDETERMINED, "unknown-issuer", 0);
    (void)kyso_chain_trust_free(by_issuing);
    (void)kyso_chain_trust_free(by_person);
    (void)kyso_chain_trust_free(nothing);
}

static void times(void **state KYSO_UNUSED)
{
    uint64_t start = PKI_NOW - 365 * (uint64_t)PKI_DAY, end = PKI_NOW + 365 * (uint64_t)PKI_DAY;

    judge_at(trust, &person, NULL, start, KYSO_FINDING_VALID, "", 2);
    judge_at(trust, &person, NULL, end - 1, KYSO_FINDING_VALID, "", 2);
    judge_at(trust, &person, NULL, start - 1, KYSO_FINDING_UNDETERMINED, "not-yet-valid", 2);
    judge_at(trust, &person, NULL, end + 1, KYSO_FINDING_UNDETERMINED, "expired", 2);
    judge_at(trust, &person, NULL, 0, KYSO_FINDING_UNDETERMINED, "not-yet-valid", 2);
}

static void pem_files(void **state KYSO_UNUSED)
{
    KYSO_BUF struct kyso_buf files = { 0 };
    BIO *bio = BIO_new(BIO_s_mem());
    struct kyso_chain_trust *made;
    char *text;
    long length;

    /* Two in one PEM file, text between; beside it a file that is nothing of the kind. */
    assert_int_equal(PEM_write_bio_X509(bio, stranger_root.x509), 1);
    assert_true(BIO_puts(bio, "# gốc thứ hai\n") > 0);
    assert_int_equal(PEM_write_bio_X509(bio, root.x509), 1);
    length = BIO_get_mem_data(bio, &text);
    kyso_buf_put_blob(&files, "not a certificate", 17);
    kyso_buf_put_blob(&files, text, (size_t)length);
    kyso_buf_put_blob(&files, "", 0);
    BIO_free(bio);
    assert_int_equal(kyso_chain_trust_new(files.bytes, files.length, NULL, 0, &made), 0);
    judge_at(made, &person, (const struct pki_cert *const[]){ &issuing, NULL }, PKI_NOW,
             KYSO_FINDING_VALID, "", 2);
    (void)kyso_chain_trust_free(made);
    assert_int_equal(kyso_chain_trust_new(files.bytes, files.length - 1, NULL, 0, &made),
                     -EBADMSG);
    assert_int_equal(kyso_chain_trust_new(files.bytes, KYSO_TRUST_MAX + 1, NULL, 0, &made),
                     -EMSGSIZE);
}

static void described(void **state KYSO_UNUSED)
{
    struct pki_cert cert = pki_make(
        &(struct pki_recipe){ .common_name = "Nguyễn Thị Ước, \"B\"",
                              .organisation = "Ủy ban nhân dân tỉnh",
                              .title = "Chủ tịch",
                              .key = "RSA-2048",
                              .extended_usage = "emailProtection",
                              .alternative_name = "email:uoc@ubnd.gov.vn" },
        &issuing);
    struct kyso_certificate_info info;
    uint8_t hash[32];
    unsigned char *spki = NULL;
    int length = i2d_PUBKEY(cert.key, &spki);

    assert_int_equal(kyso_certificate_describe(cert.x509, &info), 0);
    assert_string_equal(info.common_name, "Nguyễn Thị Ước, \"B\"");
    assert_string_equal(info.organisation, "Ủy ban nhân dân tỉnh");
    assert_string_equal(info.title, "Chủ tịch");
    assert_string_equal(info.email, "uoc@ubnd.gov.vn");
    assert_string_equal(info.subject, "CN=Nguyễn Thị Ước\\, \\\"B\\\",title=Chủ tịch,"
                                      "O=Ủy ban nhân dân tỉnh,C=VN");
    assert_string_equal(info.issuer, "CN=Cấp phát,C=VN");
    assert_int_equal(strlen(info.serial), 4);
    assert_int_equal(info.not_before, PKI_NOW - 365 * (uint64_t)PKI_DAY);
    assert_int_equal(info.not_after, PKI_NOW + 365 * (uint64_t)PKI_DAY);
    assert_true(info.has_key_usage);
    assert_int_equal(info.key_usage, KYSO_KU_DIGITAL_SIGNATURE | KYSO_KU_NON_REPUDIATION);
    assert_true(info.has_extended_usage && info.extended_usage_signs);
    assert_false(info.is_ca || info.unknown_critical || info.key_ec);
    assert_true(info.key_rsa);
    assert_int_equal(info.key_bits, 2048);
    assert_int_equal(info.der_length, cert.length);
    assert_memory_equal(info.der, cert.der, cert.length);
    assert_int_equal(EVP_Digest(cert.der, cert.length, hash, NULL, EVP_sha256(), NULL), 1);
    assert_memory_equal(info.sha256, hash, 32);
    assert_int_equal(EVP_Digest(spki, (size_t)length, hash, NULL, EVP_sha256(), NULL), 1);
    assert_memory_equal(info.spki_sha256, hash, 32);
    OPENSSL_free(spki);
    kyso_certificate_info_done(&info);
    pki_done(&cert);

    assert_int_equal(kyso_certificate_describe(issuing.x509, &info), 0);
    assert_true(info.is_ca && info.key_ec && !info.key_rsa);
    assert_int_equal(info.key_bits, 256);
    assert_true(info.key_usage & KYSO_KU_KEY_CERT_SIGN);
    assert_false(info.has_extended_usage || info.extended_usage_signs);
    assert_string_equal(info.email, "");
    kyso_certificate_info_done(&info);
}

/* Text that a certificate must not be able to smuggle onto a screen or into a log. */
static void hostile_text(void **state KYSO_UNUSED)
{
    struct pki_cert cert = pki_make(
        &(struct pki_recipe){ .common_name = "A\x1b[2J\nB", .unknown_critical = true }, &issuing);
    struct kyso_certificate_info info;

    assert_int_equal(kyso_certificate_describe(cert.x509, &info), 0);
    assert_string_equal(info.common_name, "A\xef\xbf\xbd[2J\xef\xbf\xbd" "B");
    assert_null(strpbrk(info.subject, "\x1b\n"));
    assert_true(info.unknown_critical);
    kyso_certificate_info_done(&info);
    pki_done(&cert);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepted),     cmocka_unit_test(forged),
        cmocka_unit_test(intermediates), cmocka_unit_test(path_length),
        cmocka_unit_test(long_chains),  cmocka_unit_test(name_constraints),
        cmocka_unit_test(anchors),      cmocka_unit_test(times),
        cmocka_unit_test(pem_files),    cmocka_unit_test(described),
        cmocka_unit_test(hostile_text),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
