/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Everything kyso-pdf does with a stranger's bytes. With libFuzzer, from the root of the tree:
 *   clang -g -O1 -fsanitize=fuzzer,address,undefined -D_GNU_SOURCE -I. -Ibuild \
 *     tests/fuzz/fuzz-pdf.c $(the sources of document_core and common) -lz -lm -lseccomp
 * The ordinary tests replay it (tests/fuzz/replay.c). */

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "document/prepare.h"
#include "document/protocol.h"
#include "tests/fuzz/fuzz.h"

static void report_and_back(struct kyso_pdf_file *file, const struct kyso_pdf_findings *findings)
{
    struct kyso_buf KYSO_BUF encoded = {.maximum = KYSO_PDF_REPORT_MAX};
    struct kyso_pdf_report report, back;

    if (kyso_pdf_make_report(file, findings, &report) != 0)
        return;
    kyso_pdf_put_report(&encoded, &report);
    kyso_pdf_report_done(&report);
    /* What we encode ourselves has to be readable again. */
    if (encoded.error == 0) {
        if (kyso_pdf_read_report(encoded.bytes, encoded.length, &back) != 0)
            abort();
        kyso_pdf_report_done(&back);
    }
}

static void sign(struct kyso_pdf_file *file, const struct kyso_pdf_findings *findings,
                 const struct kyso_pdf_request *request)
{
    struct kyso_pdf_made made;

    if (kyso_pdf_make_update(file, findings, request, request->visible ? file : NULL, &made) != 0)
        return;
    if (made.hole_start >= made.hole_end || made.range_end != file->size + made.bytes.length ||
        made.hole_start < file->size)
        abort();
    kyso_pdf_made_done(&made);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct kyso_pdf_request invisible = {
        .reason = "r",
        .time = 1780272000,
        .contents = 64,
        .appearance = -1,
        .page = 1,
    };
    const struct kyso_pdf_request visible = {
        .visible = true,
        .page = 1,
        .box = {1, 1, 20, 20},
        .contents = 64,
        .appearance = -1,
    };
    struct kyso_pdf_findings findings;
    struct kyso_pdf_file *file = NULL;

    if (size > 0 && kyso_pdf_open(data, size, &file) == 0 &&
        kyso_pdf_examine(file, &findings) == 0) {
        report_and_back(file, &findings);
        sign(file, &findings, &invisible);
        sign(file, &findings, &visible);
    }
    (void)kyso_pdf_close(file);
    return 0;
}
