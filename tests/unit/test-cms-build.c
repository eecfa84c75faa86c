/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The CMS that kyso makes: what is in it, what is not, and what others say of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include <openssl/cms.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "cms/build.h"
#include "cms/der.h"
#include "common/memfd.h"
#include "common/outcome.h"
#include "common/text.h"
#include "tests/support/pki.h"

static const char LETTER[] = "%PDF-1.7 công văn số 12/UBND";

struct world {
    struct pki_cert root, issuing, person;
    struct kyso_cms_certificate chain[3];
    uint8_t digest[32];
};

static struct world make_world(const char *key)
{
    struct world w = {
        .root = pki_make(&(struct pki_recipe){ .common_name = "Gốc thử nghiệm", .is_ca = true },
                         NULL),
    };

    w.issuing = pki_make(&(struct pki_recipe){ .common_name = "Cấp phát", .is_ca = true }, &w.root);
    w.person = pki_make(&(struct pki_recipe){ .common_name = "Nguyễn Văn Ánh", .key = key },
                        &w.issuing);
    w.chain[0] = (struct kyso_cms_certificate){ w.person.der, w.person.length };
    w.chain[1] = (struct kyso_cms_certificate){ w.issuing.der, w.issuing.length };
    w.chain[2] = (struct kyso_cms_certificate){ w.root.der, w.root.length };
    assert_int_equal(EVP_Digest(LETTER, strlen(LETTER), w.digest, NULL, EVP_sha256(), NULL), 1);
    return w;
}

static void world_done(struct world *w)
{
    pki_done(&w->root);
    pki_done(&w->issuing);
    pki_done(&w->person);
}

static void write_file(const char *path, const void *bytes, size_t length)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(kyso_fd_write(fd, bytes, length), 0);
    (void)close(fd);
}

/* Asks the openssl command, which shares none of our code. */
static bool outside_judge(const struct world *w, const struct kyso_buf *cms, const char *content)
{
    char folder[] = "/tmp/kyso-test-XXXXXX";
    char command[600], path[64];
    FILE *pem;
    int status;

    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof(path), "%s/cms", folder);
    write_file(path, cms->bytes, cms->length);
    (void)snprintf(path, sizeof(path), "%s/letter", folder);
    write_file(path, content, strlen(content));
    (void)snprintf(path, sizeof(path), "%s/root.pem", folder);
    pem = fopen(path, "we");
    assert_non_null(pem);
    assert_int_equal(PEM_write_X509(pem, w->root.x509), 1);
    (void)fclose(pem);
    (void)snprintf(command, sizeof(command),
                   "openssl cms -verify -cades -binary -inform DER -in %s/cms -content %s/letter "
                   "-CAfile %s/root.pem -attime %llu -purpose any -out /dev/null >%s/log 2>&1; "
                   "s=$?; rm -r %s; exit $s",
                   folder, folder, folder, (unsigned long long)PKI_NOW, folder, folder);
    status = system(command);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status) == 0;
}

#define PDF_HOLE 8192 /* bytes of CMS */

/* The smallest PDF with one signature field; OFFSETS get what the byte range needs. */
static void write_pdf(struct kyso_buf *pdf, size_t *hole_start, size_t *hole_end)
{
    static const char *const OBJECTS[] = {
        "<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [4 0 R] /SigFlags 3 >> >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] /Annots [4 0 R] >>",
        "<< /Type /Annot /Subtype /Widget /FT /Sig /T (K) /Rect [0 0 0 0] /F 132 /P 3 0 R /V 5 0 R "
        ">>",
    };
    size_t offsets[5], range, xref;
    char text[64];

    kyso_buf_printf(pdf, "%%PDF-1.7\n");
    for (size_t i = 0; i < 4; i++) {
        offsets[i] = pdf->length;
        kyso_buf_printf(pdf, "%zu 0 obj\n%s\nendobj\n", i + 1, OBJECTS[i]);
    }
    offsets[4] = pdf->length;
    kyso_buf_printf(pdf, "5 0 obj\n<< /Type /Sig /Filter /Adobe.PPKLite "
                         "/SubFilter /ETSI.CAdES.detached /ByteRange ");
    range = pdf->length;
    kyso_buf_printf(pdf, "%40s /Contents ", "");
    *hole_start = pdf->length;
    kyso_buf_printf(pdf, "<%0*d>", 2 * PDF_HOLE, 0);
    *hole_end = pdf->length;
    kyso_buf_printf(pdf, " >>\nendobj\n");
    xref = pdf->length;
    kyso_buf_printf(pdf, "xref\n0 6\n0000000000 65535 f \n");
    for (size_t i = 0; i < 5; i++)
        kyso_buf_printf(pdf, "%010zu 00000 n \n", offsets[i]);
    kyso_buf_printf(pdf, "trailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n%zu\n%%%%EOF\n", xref);
    assert_int_equal(pdf->error, 0);
    (void)snprintf(text, sizeof(text), "[0 %zu %zu %zu]", *hole_start, *hole_end,
                   pdf->length - *hole_end);
    memcpy(pdf->bytes + range, text, strlen(text));
}

static bool pdfsig_says(const struct kyso_buf *pdf, const char *words)
{
    char path[] = "/tmp/kyso-test-XXXXXX", command[256];
    int fd = mkstemp(path), status;

    assert_true(fd >= 0);
    assert_int_equal(kyso_fd_write(fd, pdf->bytes, pdf->length), 0);
    (void)close(fd);
    (void)snprintf(command, sizeof(command), "pdfsig -nocert %s 2>&1 | grep -qF '%s'", path, words);
    status = system(command);
    (void)unlink(path);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status) == 0;
}

static void in_a_pdf(const char *kind)
{
    struct world w = make_world(kind);
    KYSO_BUF struct kyso_buf pdf = { 0 };
    KYSO_BUF struct kyso_buf cms = { 0 };
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    size_t start = 0, end = 0;
    char *hex;

    write_pdf(&pdf, &start, &end);
    assert_int_equal(EVP_DigestInit_ex(context, EVP_sha256(), NULL), 1);
    assert_int_equal(EVP_DigestUpdate(context, pdf.bytes, start), 1);
    assert_int_equal(EVP_DigestUpdate(context, pdf.bytes + end, pdf.length - end), 1);
    assert_int_equal(EVP_DigestFinal_ex(context, w.digest, NULL), 1);
    EVP_MD_CTX_free(context);
    assert_int_equal(kyso_cms_build(w.person.key, w.chain, 3, w.digest, &cms), 0);
    hex = kyso_text_hex(cms.bytes, cms.length);
    memcpy(pdf.bytes + start + 1, hex, strlen(hex));
    free(hex);
    assert_true(pdfsig_says(&pdf, "Signature is Valid."));
    assert_true(pdfsig_says(&pdf, "Total document signed"));
    assert_true(pdfsig_says(&pdf, "ETSI.CAdES.detached"));
    pdf.bytes[end + 3] ^= 0x20;
    assert_false(pdfsig_says(&pdf, "Signature is Valid."));
    world_done(&w);
}

static void poppler_agrees(void **state KYSO_UNUSED)
{
    in_a_pdf("RSA-2048");
    in_a_pdf("EC-P-256");
    in_a_pdf("EC-P-384");
}

static CMS_ContentInfo *parse(const struct kyso_buf *cms)
{
    const unsigned char *at = cms->bytes;
    CMS_ContentInfo *info = d2i_CMS_ContentInfo(NULL, &at, (long)cms->length);

    assert_non_null(info);
    assert_ptr_equal(at, cms->bytes + cms->length);
    return info;
}

static void check_contents(const struct world *w, const struct kyso_buf *cms)
{
    CMS_ContentInfo *info = parse(cms);
    STACK_OF(CMS_SignerInfo) *signers = CMS_get0_SignerInfos(info);
    CMS_SignerInfo *signer;
    STACK_OF(X509) *certificates = CMS_get1_certs(info);
    unsigned char *again = NULL;
    int length = i2d_CMS_ContentInfo(info, &again);

    assert_int_equal(sk_CMS_SignerInfo_num(signers), 1);
    signer = sk_CMS_SignerInfo_value(signers, 0);
    assert_int_equal(CMS_is_detached(info), 1);
    assert_int_equal(CMS_SignerInfo_cert_cmp(signer, w->person.x509), 0);
    assert_int_equal(sk_X509_num(certificates), 3);
    assert_int_equal(CMS_signed_get_attr_count(signer), 3);
    assert_true(CMS_signed_get_attr_by_NID(signer, NID_pkcs9_contentType, -1) >= 0);
    assert_true(CMS_signed_get_attr_by_NID(signer, NID_pkcs9_messageDigest, -1) >= 0);
    assert_true(CMS_signed_get_attr_by_NID(signer, NID_id_smime_aa_signingCertificateV2, -1) >= 0);
    assert_int_equal(CMS_signed_get_attr_by_NID(signer, NID_pkcs9_signingTime, -1), -1);
    assert_int_equal(CMS_signed_get_attr_by_NID(signer, NID_SMIMECapabilities, -1), -1);
    assert_int_equal(CMS_unsigned_get_attr_count(signer), -1);
    /* OpenSSL sorts its sets: equal bytes mean that ours are in DER's order already. */
    assert_int_equal((size_t)length, cms->length);
    assert_memory_equal(again, cms->bytes, cms->length);
    assert_true(kyso_der_is_strict(cms->bytes, cms->length));
    OPENSSL_free(again);
    sk_X509_pop_free(certificates, X509_free);
    CMS_ContentInfo_free(info);
}

static void one_kind(const char *key)
{
    struct world w = make_world(key);
    KYSO_BUF struct kyso_buf cms = { 0 };

    assert_int_equal(kyso_cms_build(w.person.key, w.chain, 3, w.digest, &cms), 0);
    check_contents(&w, &cms);
    assert_true(outside_judge(&w, &cms, LETTER));
    assert_false(outside_judge(&w, &cms, "another letter"));
    assert_true(kyso_cms_size(w.chain, 3, 0) >= cms.length);
    assert_true(kyso_cms_size(w.chain, 3, 0) < cms.length + 4096);
    assert_int_equal(kyso_cms_size(w.chain, 3, 5000), kyso_cms_size(w.chain, 3, 0) + 5000);
    world_done(&w);
}

static void every_key_kind(void **state KYSO_UNUSED)
{
    static const char *const KINDS[] = { "RSA-2048", "RSA-3072", "EC-P-256", "EC-P-384",
                                         "EC-P-521" };
    size_t done = 0;

    for (size_t i = 0; i < KYSO_ARRAY_LEN(KINDS); i++, done++)
        one_kind(KINDS[i]);
    print_message("# %zu of %zu key kinds\n", done, KYSO_ARRAY_LEN(KINDS));
    assert_int_equal(done, KYSO_ARRAY_LEN(KINDS));
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations" /* what libp11 still builds upon */
/* A key as libp11 makes one: a legacy RSA object whose own method does the private operation and
 * which holds no private number at all. */
static RSA *behind; /* the real key, out of the object's reach */
static int method_calls;

static int token_sign(int length, const unsigned char *from, unsigned char *to,
                      RSA *rsa KYSO_UNUSED, int padding)
{
    method_calls++;
    return RSA_private_encrypt(length, from, to, behind, padding);
}

static int token_refuses(int length KYSO_UNUSED, const unsigned char *from KYSO_UNUSED,
                         unsigned char *to KYSO_UNUSED, RSA *rsa KYSO_UNUSED,
                         int padding KYSO_UNUSED)
{
    method_calls++;
    ERR_raise(ERR_LIB_USER, ERR_R_OPERATION_FAIL);
    return -1;
}

static EVP_PKEY *token_key(EVP_PKEY *real, RSA_METHOD *method)
{
    EVP_PKEY *key = EVP_PKEY_new();
    RSA *rsa = RSA_new();
    BIGNUM *n = NULL, *e = NULL;

    behind = EVP_PKEY_get1_RSA(real);
    assert_non_null(behind);
    assert_int_equal(EVP_PKEY_get_bn_param(real, "n", &n), 1);
    assert_int_equal(EVP_PKEY_get_bn_param(real, "e", &e), 1);
    assert_int_equal(RSA_set0_key(rsa, n, e, NULL), 1);
    assert_int_equal(RSA_set_method(rsa, method), 1);
    assert_int_equal(EVP_PKEY_assign_RSA(key, rsa), 1);
    return key;
}

static void key_object_of_a_token(void **state KYSO_UNUSED)
{
    struct world w = make_world("RSA-2048");
    RSA_METHOD *method = RSA_meth_dup(RSA_get_default_method());
    EVP_PKEY *key;
    KYSO_BUF struct kyso_buf cms = { 0 };

    assert_int_equal(RSA_meth_set_priv_enc(method, token_sign), 1);
    key = token_key(w.person.key, method);
    method_calls = 0;
    assert_int_equal(kyso_cms_build(key, w.chain, 3, w.digest, &cms), 0);
    assert_int_equal(method_calls, 1); /* a token may ask for its PIN each time */
    check_contents(&w, &cms);
    assert_true(outside_judge(&w, &cms, LETTER));
    EVP_PKEY_free(key);
    kyso_buf_done(&cms);

    assert_int_equal(RSA_meth_set_priv_enc(method, token_refuses), 1);
    RSA_free(behind);
    key = token_key(w.person.key, method);
    ERR_clear_error();
    assert_int_equal(kyso_cms_build(key, w.chain, 3, w.digest, &cms), KYSO_OUTCOME_TOKEN_FAILED);
    assert_int_equal(cms.length, 0);
    assert_int_equal(ERR_GET_LIB(ERR_peek_error()), ERR_LIB_USER); /* the cause can be read */
    ERR_clear_error();
    EVP_PKEY_free(key);
    RSA_free(behind);
    RSA_meth_free(method);
    world_done(&w);
}

/* An EC key whose object tells nothing but how to sign. */
static EC_KEY *behind_ec;

static ECDSA_SIG *token_sign_ec(const unsigned char *digest, int length,
                                const BIGNUM *kinv KYSO_UNUSED, const BIGNUM *r KYSO_UNUSED,
                                EC_KEY *key KYSO_UNUSED)
{
    method_calls++;
    return ECDSA_do_sign(digest, length, behind_ec);
}

static void ec_key_object_of_a_token(void **state KYSO_UNUSED)
{
    struct world w = make_world("EC-P-256");
    EC_KEY_METHOD *method = EC_KEY_METHOD_new(EC_KEY_OpenSSL());
    EC_KEY *ec = EC_KEY_new();
    EVP_PKEY *key = EVP_PKEY_new();
    int (*sign)(int, const unsigned char *, int, unsigned char *, unsigned int *, const BIGNUM *,
                const BIGNUM *, EC_KEY *);
    int (*setup)(EC_KEY *, BN_CTX *, BIGNUM **, BIGNUM **);
    KYSO_BUF struct kyso_buf cms = { 0 };

    behind_ec = EVP_PKEY_get1_EC_KEY(w.person.key);
    EC_KEY_METHOD_get_sign(method, &sign, &setup, NULL);
    EC_KEY_METHOD_set_sign(method, sign, setup, token_sign_ec);
    assert_int_equal(EC_KEY_set_group(ec, EC_KEY_get0_group(behind_ec)), 1);
    assert_int_equal(EC_KEY_set_public_key(ec, EC_KEY_get0_public_key(behind_ec)), 1);
    assert_int_equal(EC_KEY_set_method(ec, method), 1);
    assert_int_equal(EVP_PKEY_assign_EC_KEY(key, ec), 1);
    method_calls = 0;
    assert_int_equal(kyso_cms_build(key, w.chain, 3, w.digest, &cms), 0);
    assert_int_equal(method_calls, 1);
    assert_true(outside_judge(&w, &cms, LETTER));
    EVP_PKEY_free(key);
    EC_KEY_free(behind_ec);
    EC_KEY_METHOD_free(method);
    world_done(&w);
}
#pragma GCC diagnostic pop

static void refusals(void **state KYSO_UNUSED)
{
    struct world w = make_world("RSA-2048");
    struct pki_cert weak =
        pki_make(&(struct pki_recipe){ .common_name = "Yếu", .key = "RSA-1024" }, &w.issuing);
    struct pki_cert edwards = pki_make(
        &(struct pki_recipe){ .common_name = "Khác", .key = "EC-secp256k1" }, &w.issuing);
    struct kyso_cms_certificate chain[2] = { w.chain[0], { (const uint8_t *)"\x30\x00", 2 } };
    EVP_PKEY *other_rsa = pki_key("RSA-2048"), *other_kind = pki_key("EC-P-256");
    KYSO_BUF struct kyso_buf cms = { 0 };

    assert_int_equal(kyso_cms_build(w.person.key, w.chain, 0, w.digest, &cms),
                     KYSO_OUTCOME_BAD_CERTIFICATE);
    assert_int_equal(kyso_cms_build(w.person.key, chain, 2, w.digest, &cms),
                     KYSO_OUTCOME_BAD_CERTIFICATE);
    chain[0].length--;
    assert_int_equal(kyso_cms_build(w.person.key, chain, 1, w.digest, &cms),
                     KYSO_OUTCOME_BAD_CERTIFICATE);
    assert_int_equal(kyso_cms_build(other_rsa, w.chain, 3, w.digest, &cms),
                     KYSO_OUTCOME_BAD_CERTIFICATE);
    assert_int_equal(kyso_cms_build(other_kind, w.chain, 3, w.digest, &cms),
                     KYSO_OUTCOME_BAD_CERTIFICATE);
    chain[0] = (struct kyso_cms_certificate){ weak.der, weak.length };
    assert_int_equal(kyso_cms_build(weak.key, chain, 1, w.digest, &cms),
                     KYSO_OUTCOME_BAD_CERTIFICATE);
    chain[0] = (struct kyso_cms_certificate){ edwards.der, edwards.length };
    assert_int_equal(kyso_cms_build(edwards.key, chain, 1, w.digest, &cms),
                     KYSO_OUTCOME_BAD_CERTIFICATE);
    assert_int_equal(cms.length, 0);
    EVP_PKEY_free(other_rsa);
    EVP_PKEY_free(other_kind);
    pki_done(&weak);
    pki_done(&edwards);
    world_done(&w);
}

static void same_certificate_twice(void **state KYSO_UNUSED)
{
    struct world w = make_world("EC-P-256");
    struct kyso_cms_certificate chain[4] = { w.chain[0], w.chain[1], w.chain[2], w.chain[1] };
    KYSO_BUF struct kyso_buf cms = { 0 };

    assert_int_equal(kyso_cms_build(w.person.key, chain, 4, w.digest, &cms), 0);
    check_contents(&w, &cms);
    world_done(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key_kind),
        cmocka_unit_test(poppler_agrees),
        cmocka_unit_test(key_object_of_a_token),
        cmocka_unit_test(ec_key_object_of_a_token),
        cmocka_unit_test(refusals),
        cmocka_unit_test(same_certificate_twice),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
