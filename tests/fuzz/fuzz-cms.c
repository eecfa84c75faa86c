/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes as CMS, as a certificate and as a row of trusted files. What may not happen: a crash,
 * an unfinished finding, text that is not UTF-8, or a VALID signature of anybody but the seeds'
 * signers over anything but their letter. */
#include <stdlib.h>
#include <string.h>

#include "cms/check.h"
#include "cms/info.h"
#include "common/buf.h"
#include "common/text.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/forge.h"
#include "tests/support/pki.h"

static const char LETTER[] = "%PDF-1.7 mồi thử";

static struct pki_cert root, issuing, person, person_ec;
static struct kyso_chain_trust *trust;

static void must(bool holds)
{
    if (!holds)
        abort();
}

static int digest_letter(void *data KYSO_UNUSED, const struct kyso_digest *digest, uint8_t *to)
{
    return EVP_Digest(LETTER, strlen(LETTER), to, NULL, kyso_digest_md(digest), NULL) == 1 ? 0 : -5;
}

static void prepare(void)
{
    struct kyso_buf row = {0};

    if (trust != NULL)
        return;
    root = pki_make(&(struct pki_recipe){.common_name = "Gốc", .is_ca = true}, NULL);
    issuing = pki_make(&(struct pki_recipe){.common_name = "Cấp phát", .is_ca = true}, &root);
    person = pki_make(&(struct pki_recipe){.common_name = "Ánh",
                                           .key = "RSA-2048",
                                           .alternative_name = "email:anh@ubnd.gov.vn",
                                           .extended_usage = "emailProtection"},
                      &issuing);
    person_ec = pki_make(&(struct pki_recipe){.common_name = "Bưởi"}, &issuing);
    kyso_buf_put_blob(&row, root.der, root.length);
    must(kyso_chain_trust_new(row.bytes, row.length, NULL, 0, &trust) == 0);
    kyso_buf_done(&row);
}

static void check_text(const char *text)
{
    must(text != NULL && kyso_text_is_utf8(text, strlen(text)));
}

static void check_info(const struct kyso_certificate_info *info)
{
    check_text(info->subject);
    check_text(info->issuer);
    check_text(info->common_name);
    check_text(info->organisation);
    check_text(info->title);
    check_text(info->email);
    check_text(info->serial);
    must(info->der != NULL && info->der_length > 0);
}

static bool is_one_of_ours(const struct kyso_certificate_info *info)
{
    return (info->der_length == person.length &&
            memcmp(info->der, person.der, person.length) == 0) ||
           (info->der_length == person_ec.length &&
            memcmp(info->der, person_ec.der, person_ec.length) == 0);
}

static void as_cms(const uint8_t *bytes, size_t length)
{
    struct kyso_check *check = NULL;
    struct kyso_cms_finding finding;

    must(kyso_check_new(trust, PKI_NOW, &check) == 0);
    must(kyso_check_cms(check, bytes, length, digest_letter, NULL, &finding) == 0);
    check_text(finding.integrity_reason);
    check_text(finding.chain_reason);
    check_text(finding.digest);
    must((finding.integrity == KYSO_FINDING_VALID) == (*finding.integrity_reason == '\0'));
    must((finding.chain == KYSO_FINDING_VALID) == (*finding.chain_reason == '\0'));
    if (finding.has_signer)
        check_info(&finding.signer);
    if (finding.integrity == KYSO_FINDING_VALID && finding.chain == KYSO_FINDING_VALID)
        must(finding.has_signer && is_one_of_ours(&finding.signer));
    kyso_cms_finding_done(&finding);
    (void)kyso_check_free(check);
}

static void as_certificate(const uint8_t *bytes, size_t length)
{
    KYSO_X509 *certificate = kyso_certificate_read(bytes, length);
    struct kyso_certificate_info info;
    struct kyso_chain_result result;

    if (certificate == NULL)
        return;
    if (kyso_certificate_describe(certificate, &info) == 0) {
        check_info(&info);
        kyso_certificate_info_done(&info);
    }
    must(kyso_chain_judge(trust, certificate, NULL, PKI_NOW, &result) == 0);
    kyso_chain_result_done(&result);
}

static void as_trust(const uint8_t *bytes, size_t length)
{
    struct kyso_chain_trust *made = NULL;

    if (kyso_chain_trust_new(bytes, length, bytes, length, &made) == 0)
        (void)kyso_chain_trust_free(made);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    prepare();
    as_cms(bytes, length);
    as_certificate(bytes, length);
    as_trust(bytes, length);
    return 0;
}

static uint8_t *copy(const uint8_t *bytes, size_t length, size_t *ret_length)
{
    uint8_t *to = malloc(length);

    must(to != NULL);
    memcpy(to, bytes, length);
    *ret_length = length;
    return to;
}

uint8_t *fuzz_seed(size_t index, size_t *ret_length)
{
    static const struct pki_cert *const more[] = {&issuing, NULL};
    const struct forge forges[] = {
        {.signer = &person, .more = more, .issuer_serial = true, .protection = true},
        {.signer = &person, .more = more, .scheme = FORGE_PSS, .signing_time = true},
        {.signer = &person_ec, .more = more, .digest = "SHA512", .timestamp = true},
        {.signer = &person_ec, .more = more, .key_id = true, .signing_certificate_v1 = true},
    };
    uint8_t covered[EVP_MAX_MD_SIZE];
    struct forge forge;
    struct kyso_buf cms = {0}, loose = {0};
    uint8_t *seed;

    prepare();
    if (index == KYSO_ARRAY_LEN(forges) + 1)
        return copy(person.der, person.length, ret_length);
    if (index > KYSO_ARRAY_LEN(forges))
        return NULL;
    forge = forges[index % KYSO_ARRAY_LEN(forges)]; /* the last one is the first in BER */
    must(digest_letter(NULL, kyso_digest_by_name(forge.digest != NULL ? forge.digest : "SHA256"),
                       covered) == 0);
    forge.covered = covered;
    forge_cms(&forge, &cms);
    forge_to_ber(&cms, &loose);
    seed = index < KYSO_ARRAY_LEN(forges) ? copy(cms.bytes, cms.length, ret_length)
                                          : copy(loose.bytes, loose.length, ret_length);
    kyso_buf_done(&cms);
    kyso_buf_done(&loose);
    return seed;
}
