/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Strangers' CMS: right ones of every kind are VALID, and each deviation has its word. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include <openssl/cms.h>
#include <openssl/rsa.h>

#include "cms/build.h"
#include "cms/check.h"
#include "cms/signed-data.h"
#include "tests/support/forge.h"
#include "tests/support/pki.h"

static const char LETTER[] = "%PDF-1.7 công văn số 12/UBND";

static struct pki_cert root, issuing, person, person_ec, other, weak, edwards;
static struct kyso_chain_trust *trust;
static struct kyso_check *check;
static uint8_t covered[KYSO_DIGESTS][EVP_MAX_MD_SIZE];

static int digest_letter(void *data KYSO_UNUSED, const struct kyso_digest *digest, uint8_t *to)
{
    return EVP_Digest(LETTER, strlen(LETTER), to, NULL, kyso_digest_md(digest), NULL) == 1 ? 0 : -5;
}

static int setup(void **state KYSO_UNUSED)
{
    struct kyso_buf anchors = { 0 };

    root = pki_make(&(struct pki_recipe){ .common_name = "Gốc", .is_ca = true }, NULL);
    issuing = pki_make(&(struct pki_recipe){ .common_name = "Cấp phát", .is_ca = true }, &root);
    person = pki_make(&(struct pki_recipe){ .common_name = "Nguyễn Văn Ánh", .key = "RSA-2048" },
                      &issuing);
    person_ec = pki_make(&(struct pki_recipe){ .common_name = "Lê Thị Bưởi" }, &issuing);
    other = pki_make(&(struct pki_recipe){ .common_name = "Trần Văn Cũng", .key = "RSA-2048" },
                     &issuing);
    weak = pki_make(&(struct pki_recipe){ .common_name = "Khóa yếu", .key = "RSA-1024" }, &issuing);
    edwards = pki_make(&(struct pki_recipe){ .common_name = "Ed", .key = "ED25519" }, &issuing);
    kyso_buf_put_blob(&anchors, root.der, root.length);
    assert_int_equal(kyso_chain_trust_new(anchors.bytes, anchors.length, NULL, 0, &trust), 0);
    kyso_buf_done(&anchors);
    assert_int_equal(kyso_check_new(trust, PKI_NOW, &check), 0);
    for (size_t i = 0; i < KYSO_DIGESTS; i++) {
        static const char *const NAMES[KYSO_DIGESTS] = { "SHA256", "SHA384", "SHA512", "SHA1",
                                                         "MD5" };
        const struct kyso_digest *digest = kyso_digest_by_name(NAMES[i]);

        assert_int_equal(digest_letter(NULL, digest, covered[kyso_digest_index(digest)]), 0);
    }
    return 0;
}

static int teardown(void **state KYSO_UNUSED)
{
    check = kyso_check_free(check);
    trust = kyso_chain_trust_free(trust);
    pki_done(&root);
    pki_done(&issuing);
    pki_done(&person);
    pki_done(&person_ec);
    pki_done(&other);
    pki_done(&weak);
    pki_done(&edwards);
    return 0;
}

static const uint8_t *covered_by(const char *digest)
{
    return covered[kyso_digest_index(kyso_digest_by_name(digest != NULL ? digest : "SHA256"))];
}

static struct kyso_cms_finding judge_bytes(const uint8_t *bytes, size_t length)
{
    struct kyso_cms_finding finding;

    assert_int_equal(kyso_check_cms(check, bytes, length, digest_letter, NULL, &finding), 0);
    assert_non_null(finding.integrity_reason);
    assert_non_null(finding.chain_reason);
    assert_non_null(finding.digest);
    return finding;
}

/* Fills in what every forgery shares, makes it and judges it. */
static struct kyso_cms_finding judge(struct forge forge)
{
    static const struct pki_cert *more[] = { &issuing, NULL };
    KYSO_BUF struct kyso_buf cms = { 0 };

    if (forge.signer == NULL)
        forge.signer = &person;
    if (forge.more == NULL)
        forge.more = more;
    if (forge.covered == NULL)
        forge.covered = covered_by(forge.digest);
    forge_cms(&forge, &cms);
    return judge_bytes(cms.bytes, cms.length);
}

static void expect(struct kyso_cms_finding *finding, enum kyso_finding integrity,
                   const char *reason)
{
    assert_string_equal(finding->integrity_reason, reason);
    assert_int_equal(finding->integrity, integrity);
    kyso_cms_finding_done(finding);
}

static void expect_valid(struct forge forge)
{
    struct kyso_cms_finding finding = judge(forge);

    assert_string_equal(finding.chain_reason, "");
    assert_int_equal(finding.chain, KYSO_FINDING_VALID);
    assert_true(finding.has_signer);
    assert_false(finding.weak);
    assert_string_equal(finding.digest, forge.digest != NULL ? forge.digest : "SHA256");
    expect(&finding, KYSO_FINDING_VALID, "");
}

static void expect_word(struct forge forge, enum kyso_finding integrity, const char *reason)
{
    struct kyso_cms_finding finding = judge(forge);

    expect(&finding, integrity, reason);
}

static void right_ones(void **state KYSO_UNUSED)
{
    static const struct forge ROWS[] = {
        { 0 },
        { .digest = "SHA384" },
        { .digest = "SHA512" },
        { .scheme = FORGE_NAMED_RSA },
        { .scheme = FORGE_NAMED_RSA, .digest = "SHA512" },
        { .scheme = FORGE_PSS },
        { .scheme = FORGE_PSS, .digest = "SHA384" },
        { .signer = &person_ec },
        { .signer = &person_ec, .digest = "SHA512" },
        { .signer = &person_ec, .scheme = FORGE_EC_KEY_OID },
        { .issuer_serial = true },
        { .signing_certificate_v1 = true },
        { .signing_certificate_v1 = true, .issuer_serial = true },
        { .signing_certificate_sha512 = true },
        { .key_id = true },
        { .protection = true },
        { .protection = true, .scheme = FORGE_PSS },
        { .junk_certificates = KYSO_CMS_CERTIFICATES_MAX - 2 },
    };
    size_t done = 0;

    for (size_t i = 0; i < KYSO_ARRAY_LEN(ROWS); i++, done++)
        expect_valid(ROWS[i]);
    print_message("# %zu of %zu right ones\n", done, KYSO_ARRAY_LEN(ROWS));
    assert_int_equal(done, KYSO_ARRAY_LEN(ROWS));
}

static void wrong_ones(void **state KYSO_UNUSED)
{
    static const struct forge_bytes LETTER_BYTES = { LETTER, sizeof(LETTER) - 1 };
    static uint8_t another[EVP_MAX_MD_SIZE] = { 1, 2, 3 };
    const struct row {
        struct forge forge;
        const char *word;
    } rows[] = {
        { { .covered = another }, "wrong-digest" },
        { { .wrong_value = true }, "bad-signature" },
        { { .wrong_value = true, .signer = &person_ec }, "bad-signature" },
        { { .wrong_value = true, .scheme = FORGE_PSS }, "bad-signature" },
        { { .key = other.key }, "bad-signature" },
        { { .no_attributes = true, .content = LETTER_BYTES }, "no-signed-attributes" },
        { { .content_inside = true, .content = LETTER_BYTES }, "content-inside" },
        { { .content_inside = true }, "content-inside" },
        { { .no_content_type = true }, "content-type" },
        { { .wrong_content_type = true }, "content-type" },
        { { .encapsulated_type_other = true }, "wrong-content-type" },
        { { .no_message_digest = true }, "message-digest-missing" },
        { { .duplicate_digest = true }, "duplicate-attribute" },
        { { .two_values = true }, "malformed-attribute" },
        { { .torn_attribute = true }, "malformed" },
        { { .torn_unsigned = true }, "malformed-attribute" },
        { { .referenced = &other }, "signing-certificate-mismatch" },
        { { .referenced = &other, .signing_certificate_v1 = true },
          "signing-certificate-mismatch" },
        { { .referenced = &other, .signing_certificate_sha512 = true },
          "signing-certificate-mismatch" },
        { { .wrong_issuer_serial = true }, "signing-certificate-mismatch" },
        { { .wrong_protection = true }, "algorithm-protection-mismatch" },
        { { .two_signers = true }, "several-signers" },
        { { .no_signer = true }, "no-signer" },
        { { .not_signed_data = true }, "not-signed-data" },
        { { .other_digest_listed = true }, "algorithm-mismatch" },
        { { .scheme = FORGE_NAMED_RSA, .claimed_digest = "SHA512",
            .covered = covered_by("SHA512") },
          "wrong-digest" }, /* a digest of 32 bytes where 64 are due */
        { { .scheme = FORGE_EC_KEY_OID }, "algorithm-mismatch" }, /* an RSA key */
    };
    size_t done = 0;

    for (size_t i = 0; i < KYSO_ARRAY_LEN(rows); i++, done++)
        expect_word(rows[i].forge, KYSO_FINDING_INVALID, rows[i].word);
    print_message("# %zu of %zu wrong ones\n", done, KYSO_ARRAY_LEN(rows));
    assert_int_equal(done, KYSO_ARRAY_LEN(rows));
}

static void undecided_ones(void **state KYSO_UNUSED)
{
    const struct row {
        struct forge forge;
        const char *word;
        bool weak;
    } rows[] = {
        { { .no_certificates = true }, "no-signer-certificate", false },
        { { .named = &other }, "no-signer-certificate", false },
        { { .claimed_digest = "SHA3-256" }, "unsupported-algorithm", false },
        { { .digest = "SHA1" }, "weak-digest", true },
        { { .digest = "SHA1", .signer = &person_ec }, "weak-digest", true },
        { { .digest = "MD5" }, "weak-digest", true },
        { { .signer = &weak }, "weak-key", true },
        { { .junk_certificates = KYSO_CMS_CERTIFICATES_MAX }, "too-many-certificates", false },
    };
    size_t done = 0;

    for (size_t i = 0; i < KYSO_ARRAY_LEN(rows); i++, done++) {
        struct kyso_cms_finding finding = judge(rows[i].forge);

        assert_int_equal(finding.weak, rows[i].weak);
        expect(&finding, KYSO_FINDING_UNDETERMINED, rows[i].word);
    }
    print_message("# %zu of %zu undecided ones\n", done, KYSO_ARRAY_LEN(rows));
    assert_int_equal(done, KYSO_ARRAY_LEN(rows));
    /* A weak digest does not hide that the value is wrong. */
    expect_word((struct forge){ .digest = "SHA1", .wrong_value = true }, KYSO_FINDING_INVALID,
                "bad-signature");
}

static void what_is_told(void **state KYSO_UNUSED)
{
    struct kyso_cms_finding finding = judge((struct forge){ 0 });

    assert_true(finding.has_signing_certificate);
    assert_false(finding.has_signing_time);
    assert_false(finding.has_timestamp);
    assert_false(finding.not_der);
    assert_string_equal(finding.signer.common_name, "Nguyễn Văn Ánh");
    expect(&finding, KYSO_FINDING_VALID, "");

    finding = judge((struct forge){ .no_signing_certificate = true });
    assert_false(finding.has_signing_certificate);
    expect(&finding, KYSO_FINDING_VALID, "");

    finding = judge((struct forge){ .signing_time = true, .timestamp = true });
    assert_true(finding.has_signing_time);
    assert_int_equal(finding.signing_time, PKI_NOW);
    assert_true(finding.has_timestamp);
    expect(&finding, KYSO_FINDING_VALID, "");

    finding = judge((struct forge){ .unsorted = true });
    assert_true(finding.not_der);
    expect(&finding, KYSO_FINDING_VALID, "");

    /* Who claims a signature is told even when it is wrong. */
    finding = judge((struct forge){ .no_message_digest = true });
    assert_true(finding.has_signer);
    assert_false(finding.has_signing_certificate);
    expect(&finding, KYSO_FINDING_INVALID, "message-digest-missing");
}

/* Two certificates with one issuer and number: which one signed must not be the forger's choice. */
static void ambiguous_signer(void **state KYSO_UNUSED)
{
    struct pki_cert twin = pki_make(
        &(struct pki_recipe){ .common_name = "Nguyễn Văn Ánh", .shared_key = other.key }, &issuing);
    const struct pki_cert *more[] = { &twin, NULL };
    const struct pki_cert *same[] = { &person, &issuing, NULL };
    unsigned char *der = NULL;
    int length;

    assert_int_equal(X509_set_serialNumber(
                         twin.x509, (ASN1_INTEGER *)(uintptr_t)X509_get0_serialNumber(person.x509)),
                     1);
    assert_true(X509_sign(twin.x509, issuing.key, EVP_sha256()) > 0);
    length = i2d_X509(twin.x509, &der);
    free(twin.der);
    twin.der = malloc((size_t)length);
    memcpy(twin.der, der, (size_t)length);
    twin.length = (size_t)length;
    OPENSSL_free(der);
    expect_word((struct forge){ .more = more }, KYSO_FINDING_INVALID, "ambiguous-signer");
    expect_valid((struct forge){ .more = same });
    pki_done(&twin);
}

static void ours(struct kyso_buf *cms)
{
    const struct kyso_cms_certificate chain[] = { { person.der, person.length },
                                                  { issuing.der, issuing.length } };

    assert_int_equal(kyso_cms_build(person.key, chain, 2, covered_by("SHA256"), cms), 0);
}

/* OpenSSL's own signers, which share no code with the forger: as other programs sign PDFs. */
static struct kyso_buf by_openssl(unsigned int flags, const EVP_MD *md, const struct pki_cert *by,
                                  bool pss)
{
    STACK_OF(X509) *certificates = sk_X509_new_null();
    BIO *content = BIO_new_mem_buf(LETTER, (int)strlen(LETTER));
    CMS_ContentInfo *cms;
    CMS_SignerInfo *signer;
    struct kyso_buf made = { 0 };
    unsigned char *der = NULL;
    int length;

    assert_true(sk_X509_push(certificates, issuing.x509) > 0);
    flags |= CMS_DETACHED | CMS_BINARY | CMS_PARTIAL;
    cms = CMS_sign(NULL, NULL, certificates, NULL, flags);
    assert_non_null(cms);
    signer = CMS_add1_signer(cms, by->x509, by->key, md, flags | (pss ? CMS_KEY_PARAM : 0));
    assert_non_null(signer);
    if (pss)
        assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(CMS_SignerInfo_get0_pkey_ctx(signer),
                                                      RSA_PKCS1_PSS_PADDING),
                         1);
    assert_int_equal(CMS_final(cms, content, NULL, flags), 1);
    length = i2d_CMS_ContentInfo(cms, &der);
    assert_true(length > 0);
    kyso_buf_put(&made, der, (size_t)length);
    OPENSSL_free(der);
    CMS_ContentInfo_free(cms);
    BIO_free(content);
    sk_X509_free(certificates);
    return made;
}

static void others_signers(void **state KYSO_UNUSED)
{
    const struct {
        unsigned int flags;
        const EVP_MD *md;
        const struct pki_cert *by;
        bool pss;
        const char *word;
        bool has_signing_certificate;
    } rows[] = {
        { 0, EVP_sha256(), &person, false, "", false },
        { 0, EVP_sha512(), &person, false, "", false },
        { CMS_CADES, EVP_sha256(), &person, false, "", true },
        { CMS_CADES, EVP_sha384(), &person, false, "", true },
        { CMS_CADES | CMS_NOSMIMECAP, EVP_sha256(), &person_ec, false, "", true },
        { CMS_CADES, EVP_sha256(), &person, true, "", true },
        { CMS_CADES, EVP_sha512(), &person, true, "", true },
        { CMS_USE_KEYID, EVP_sha256(), &person, false, "", false },
        { CMS_NOATTR, EVP_sha256(), &person, false, "no-signed-attributes", false },
        { CMS_NOCERTS, EVP_sha256(), &person, false, "no-signer-certificate", false },
        { 0, EVP_sha1(), &person, false, "weak-digest", false },
        { 0, EVP_sha224(), &person, false, "unsupported-algorithm", false },
    };
    size_t done = 0;

    for (size_t i = 0; i < KYSO_ARRAY_LEN(rows); i++, done++) {
        struct kyso_buf cms = by_openssl(rows[i].flags, rows[i].md, rows[i].by, rows[i].pss);
        struct kyso_cms_finding finding = judge_bytes(cms.bytes, cms.length);

        assert_string_equal(finding.integrity_reason, rows[i].word);
        assert_int_equal(finding.has_signing_certificate, rows[i].has_signing_certificate);
        if (*rows[i].word == '\0') {
            assert_true(finding.has_signing_time);
            assert_int_equal(finding.chain, KYSO_FINDING_VALID);
            assert_false(finding.not_der);
        }
        kyso_cms_finding_done(&finding);
        kyso_buf_done(&cms);
    }
    print_message("# %zu of %zu of others\n", done, KYSO_ARRAY_LEN(rows));
    assert_int_equal(done, KYSO_ARRAY_LEN(rows));
}

static void what_we_build(void **state KYSO_UNUSED)
{
    KYSO_BUF struct kyso_buf cms = { 0 };
    struct kyso_cms_finding finding;

    ours(&cms);
    finding = judge_bytes(cms.bytes, cms.length);
    assert_true(finding.has_signing_certificate);
    assert_false(finding.not_der);
    assert_int_equal(finding.chain, KYSO_FINDING_VALID);
    expect(&finding, KYSO_FINDING_VALID, "");
}

static void after_the_cms(void **state KYSO_UNUSED)
{
    static const uint8_t ZEROS[2000] = { 0 };
    KYSO_BUF struct kyso_buf cms = { 0 };
    struct kyso_cms_finding finding;

    ours(&cms);
    kyso_buf_put(&cms, ZEROS, sizeof(ZEROS));
    finding = judge_bytes(cms.bytes, cms.length);
    expect(&finding, KYSO_FINDING_VALID, "");
    cms.bytes[cms.length - 1] = 1;
    finding = judge_bytes(cms.bytes, cms.length);
    expect(&finding, KYSO_FINDING_INVALID, "trailing-data");
    cms.bytes[cms.length - 1] = 0;
    cms.bytes[cms.length - sizeof(ZEROS)] = 0x20;
    finding = judge_bytes(cms.bytes, cms.length);
    expect(&finding, KYSO_FINDING_INVALID, "trailing-data");
}

static void ber(void **state KYSO_UNUSED)
{
    static const uint8_t ZEROS[100] = { 0 };
    KYSO_BUF struct kyso_buf cms = { 0 };
    KYSO_BUF struct kyso_buf loose = { 0 };
    struct kyso_cms_finding finding;

    ours(&cms);
    forge_to_ber(&cms, &loose);
    kyso_buf_put(&loose, ZEROS, sizeof(ZEROS));
    finding = judge_bytes(loose.bytes, loose.length);
    assert_true(finding.not_der);
    expect(&finding, KYSO_FINDING_VALID, "");
    loose.bytes[loose.length - 1] = 7;
    finding = judge_bytes(loose.bytes, loose.length);
    expect(&finding, KYSO_FINDING_INVALID, "trailing-data");
}

static void sizes(void **state KYSO_UNUSED)
{
    size_t huge = (size_t)23 * 1024 * 1024;
    uint8_t *stuffed = calloc(1, huge);
    KYSO_BUF struct kyso_buf cms = { 0 };
    KYSO_BUF struct kyso_buf filled = { 0 };
    struct kyso_cms_finding finding;

    assert_non_null(stuffed);
    ours(&cms);
    memcpy(stuffed, cms.bytes, cms.length);
    finding = judge_bytes(stuffed, huge);
    expect(&finding, KYSO_FINDING_UNDETERMINED, "too-large");
    finding = judge_bytes(stuffed, KYSO_CMS_MAX);
    expect(&finding, KYSO_FINDING_VALID, "");
    finding = judge_bytes(stuffed, KYSO_CMS_MAX + 1);
    expect(&finding, KYSO_FINDING_UNDETERMINED, "too-large");
    finding = judge_bytes(stuffed, 0);
    expect(&finding, KYSO_FINDING_INVALID, "malformed");
    /* A length that reaches beyond what is there. */
    kyso_buf_put(&filled, "\x30\x84\x7f\xff\xff\xff", 6);
    finding = judge_bytes(filled.bytes, filled.length);
    expect(&finding, KYSO_FINDING_INVALID, "malformed");
    free(stuffed);
}

/* Every prefix of a CMS is malformed; none reads past its end (the sanitizers watch). */
static void cut_off(void **state KYSO_UNUSED)
{
    KYSO_BUF struct kyso_buf cms = { 0 };
    size_t done = 0;

    ours(&cms);
    for (size_t length = 0; length < cms.length; length += 7, done++) {
        uint8_t *exact = malloc(length + 1);
        struct kyso_cms_finding finding;

        memcpy(exact, cms.bytes, length);
        finding = judge_bytes(exact, length);
        expect(&finding, KYSO_FINDING_INVALID, "malformed");
        free(exact);
    }
    print_message("# %zu of %zu prefixes\n", done, (cms.length + 6) / 7);
    assert_int_equal(done, (cms.length + 6) / 7);
}

/* Each byte of the CMS altered in turn is never VALID with a chain: the intermediate's certificate
 * belongs to the path, and all else is signed or has to agree with what is. */
static void every_byte_altered(void **state KYSO_UNUSED)
{
    KYSO_BUF struct kyso_buf cms = { 0 };
    size_t accepted = 0, tried = 0;

    ours(&cms);
    for (size_t i = 0; i < cms.length; i++) {
        static const uint8_t MASKS[] = { 0x01, 0x80, 0xff };

        for (size_t j = 0; j < KYSO_ARRAY_LEN(MASKS); j++, tried++) {
            struct kyso_cms_finding finding;

            cms.bytes[i] ^= MASKS[j];
            /* A fresh judge: what an earlier round found must not help this one. */
            check = kyso_check_free(check);
            assert_int_equal(kyso_check_new(trust, PKI_NOW, &check), 0);
            finding = judge_bytes(cms.bytes, cms.length);
            if (finding.integrity == KYSO_FINDING_VALID && finding.chain == KYSO_FINDING_VALID) {
                print_message("# accepted: byte %zu of %zu xor %02x\n", i, cms.length, MASKS[j]);
                accepted++;
            }
            kyso_cms_finding_done(&finding);
            cms.bytes[i] ^= MASKS[j];
        }
    }
    print_message("# %zu of %zu altered ones refused\n", tried - accepted, tried);
    assert_true(tried > 3000);
    assert_int_equal(accepted, 0);
}

static void unsupported_key(void **state KYSO_UNUSED)
{
    /* Signed with RSA, claimed by an Ed25519 certificate. */
    struct kyso_cms_finding finding =
        judge((struct forge){ .signer = &person, .named = &edwards, .referenced = &edwards,
                              .more = (const struct pki_cert *const[]){ &edwards, NULL } });

    expect(&finding, KYSO_FINDING_INVALID, "algorithm-mismatch");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(right_ones),      cmocka_unit_test(wrong_ones),
        cmocka_unit_test(undecided_ones),  cmocka_unit_test(what_is_told),
        cmocka_unit_test(ambiguous_signer), cmocka_unit_test(what_we_build),
        cmocka_unit_test(others_signers),
        cmocka_unit_test(after_the_cms),   cmocka_unit_test(ber),
        cmocka_unit_test(sizes),           cmocka_unit_test(cut_off),
        cmocka_unit_test(every_byte_altered), cmocka_unit_test(unsupported_key),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
