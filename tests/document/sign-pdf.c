/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Signs a PDF with a throw-away software key, without daemon or token, for tests of what follows:
 *   sign-pdf [--name CN] [--field NAME] [--contents BYTES] [--box PAGE,X,Y,W,H --draw DRAWING]
 *            IN OUT
 *   sign-pdf --inspect FILE */

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <openssl/evp.h>

#include "cms/build.h"
#include "document/prepare.h"
#include "tests/support/pki.h"

#define CONTENTS 16384U

static const uint8_t *map_file(const char *path, size_t *ret_size)
{
    KYSO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat status;
    void *bytes;

    if (fd < 0 || fstat(fd, &status) < 0 || status.st_size <= 0)
        return NULL;
    bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (bytes == MAP_FAILED)
        return NULL;
    *ret_size = (size_t)status.st_size;
    return bytes;
}

static struct kyso_pdf_file *open_file(const char *path, struct kyso_pdf_findings *ret_findings)
{
    struct kyso_pdf_file *file = NULL;
    size_t size = 0;
    const uint8_t *bytes = map_file(path, &size);
    int r;

    if (bytes == NULL) {
        perror(path);
        return NULL;
    }
    r = kyso_pdf_open(bytes, size, &file);
    if (r == 0 && ret_findings != NULL)
        r = kyso_pdf_examine(file, ret_findings);
    if (r != 0) {
        printf("unreadable %s (%s)\n",
               r > 0 && file != NULL ? kyso_pdf_rule_name(file->problem.rule) : "error",
               r > 0 && file != NULL ? file->problem.detail : strerror(-r));
        return kyso_pdf_close(file);
    }
    return file;
}

static int inspect(const char *path)
{
    struct kyso_pdf_findings findings;
    struct kyso_pdf_file *file = open_file(path, &findings);
    struct kyso_pdf_report report;

    if (file == NULL)
        return 1;
    if (kyso_pdf_make_report(file, &findings, &report) != 0) {
        (void)kyso_pdf_close(file);
        return 1;
    }
    printf("pages %u revisions %u unsignable %s (%s) tail %d\n", report.pages, report.revisions,
           kyso_pdf_rule_name(report.unsignable), report.unsignable_detail, report.unsigned_tail);
    for (size_t i = 0; i < report.n_signatures; i++) {
        const struct kyso_pdf_signature *one = &report.signatures[i];

        printf("signature %s revision %u page %u box %.1f,%.1f,%.1f,%.1f flaw %s (%s) later %s "
               "(%s) name \"%s\" reason \"%s\" docmdp %u %s\n",
               one->field, one->revision, one->page, one->box.x, one->box.y, one->box.width,
               one->box.height, kyso_pdf_rule_name(one->flaw), one->flaw_detail,
               kyso_pdf_rule_name(one->later), one->later_detail, one->name, one->reason,
               one->docmdp, one->sub_filter);
    }
    for (size_t i = 0; i < report.n_fields; i++)
        printf("field %s page %u box %.1f,%.1f,%.1f,%.1f locked %d\n", report.fields[i].name,
               report.fields[i].page, report.fields[i].box.x, report.fields[i].box.y,
               report.fields[i].box.width, report.fields[i].box.height, report.fields[i].locked);
    kyso_pdf_report_done(&report);
    (void)kyso_pdf_close(file);
    return 0;
}

/* Hashes what the range covers, makes the CMS and writes its digits into the hole. */
static int fill_hole(uint8_t *bytes, const struct kyso_pdf_made *made, const char *name)
{
    static const char DIGITS[] = "0123456789abcdef";
    struct pki_recipe recipe = {.common_name = name};
    struct pki_cert signer = pki_make(&recipe, NULL);
    struct kyso_cms_certificate chain = {signer.der, signer.length};
    struct kyso_buf KYSO_BUF cms = {0};
    uint8_t digest[32];
    EVP_MD_CTX *hash = EVP_MD_CTX_new();
    int r = hash != NULL && EVP_DigestInit_ex(hash, EVP_sha256(), NULL) == 1 &&
                    EVP_DigestUpdate(hash, bytes, made->hole_start) == 1 &&
                    EVP_DigestUpdate(hash, bytes + made->hole_end,
                                     made->range_end - made->hole_end) == 1 &&
                    EVP_DigestFinal_ex(hash, digest, NULL) == 1
                ? 0
                : -1;

    EVP_MD_CTX_free(hash);
    if (r == 0)
        r = kyso_cms_build(signer.key, &chain, 1, digest, &cms);
    pki_done(&signer);
    if (r != 0 || 2 * cms.length + 2 > made->hole_end - made->hole_start)
        return -1;
    for (size_t i = 0; i < cms.length; i++) {
        bytes[made->hole_start + 1 + 2 * i] = (uint8_t)DIGITS[cms.bytes[i] >> 4];
        bytes[made->hole_start + 2 + 2 * i] = (uint8_t)DIGITS[cms.bytes[i] & 15];
    }
    return 0;
}

static int write_signed(const struct kyso_pdf_file *file, const struct kyso_pdf_made *made,
                        const char *name, const char *path)
{
    KYSO_FREE uint8_t *bytes = malloc(file->size + made->bytes.length);
    FILE *out;
    int r;

    if (bytes == NULL)
        return -1;
    memcpy(bytes, file->bytes, file->size);
    memcpy(bytes + file->size, made->bytes.bytes, made->bytes.length);
    r = fill_hole(bytes, made, name);
    out = r == 0 ? fopen(path, "wb") : NULL;
    if (out == NULL)
        return -1;
    if (fwrite(bytes, 1, file->size + made->bytes.length, out) != file->size + made->bytes.length)
        r = -1;
    return fclose(out) == 0 ? r : -1;
}

static int sign(const struct kyso_pdf_request *request, const char *name, const char *drawing,
                const char *in, const char *out)
{
    struct kyso_pdf_findings findings;
    struct kyso_pdf_file *appearance = NULL;
    struct kyso_pdf_file *file = open_file(in, &findings);
    struct kyso_pdf_made made;
    int r;

    if (file == NULL)
        return 1;
    if (drawing != NULL)
        appearance = open_file(drawing, NULL);
    r = kyso_pdf_make_update(file, &findings, request, appearance, &made);
    if (r == 0) {
        r = write_signed(file, &made, name, out);
        kyso_pdf_made_done(&made);
    } else {
        printf("refused %s (%s)\n", kyso_pdf_rule_name(file->problem.rule), file->problem.detail);
    }
    (void)kyso_pdf_close(appearance);
    (void)kyso_pdf_close(file);
    return r == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
    struct kyso_pdf_request request = {
        .appearance = -1,
        .reason = "Ký số thử nghiệm",
        .location = "Test (bench)",
        .time = PKI_NOW,
        .contents = CONTENTS,
        .page = 1,
    };
    const char *name = "Throw-away signer", *drawing = NULL;
    int i = 1;

    if (argc == 3 && strcmp(argv[1], "--inspect") == 0)
        return inspect(argv[2]);
    for (; i + 3 < argc; i += 2) {
        struct kyso_pdf_box *box = &request.box;

        if (strcmp(argv[i], "--name") == 0) {
            name = argv[i + 1];
        } else if (strcmp(argv[i], "--field") == 0) {
            request.field = argv[i + 1];
        } else if (strcmp(argv[i], "--contents") == 0) {
            request.contents = (uint32_t)strtoul(argv[i + 1], NULL, 10);
        } else if (strcmp(argv[i], "--draw") == 0) {
            drawing = argv[i + 1];
            request.visible = true;
        } else if (strcmp(argv[i], "--box") != 0 ||
                   sscanf(argv[i + 1], "%u,%lf,%lf,%lf,%lf", &request.page, &box->x, &box->y,
                          &box->width, &box->height) != 5) {
            break;
        }
    }
    if (i + 2 != argc) {
        fprintf(stderr,
                "usage: sign-pdf [--name CN] [--field NAME] "
                "[--contents BYTES] [--box PAGE,X,Y,W,H --draw DRAWING] IN OUT | --inspect FILE\n");
        return 2;
    }
    request.name = name;
    return sign(&request, name, drawing, argv[i], argv[i + 1]);
}
