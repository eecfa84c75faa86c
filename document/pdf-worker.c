/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* kyso-pdf: reads one request about one stranger's PDF, answers it and ends. */

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "common/error.h"
#include "common/log.h"
#include "common/memfd.h"
#include "common/outcome.h"
#include "document/pdf-jail.h"
#include "document/prepare.h"
#include "document/protocol.h"

struct mapped {
    const uint8_t *bytes;
    size_t size;
};

/* Maps a sealed memory file; nothing in it is looked at. */
static int map_document(int fd, struct mapped *ret)
{
    uint64_t size;
    void *bytes;
    int r = kyso_memfd_check_size(fd, INT64_MAX, &size);

    if (r != 0)
        return r;
    bytes = mmap(NULL, (size_t)size, PROT_READ, MAP_SHARED, fd, 0);
    if (bytes == MAP_FAILED)
        return kyso_trace_errno();
    ret->bytes = bytes;
    ret->size = (size_t)size;
    return 0;
}

static int open_examined(const struct mapped *document, struct kyso_pdf_file **ret_file,
                         struct kyso_pdf_findings *ret_findings)
{
    int r = kyso_pdf_open(document->bytes, document->size, ret_file);

    if (r == 0)
        r = kyso_pdf_examine(*ret_file, ret_findings);
    return r;
}

static int answer_with(uint16_t type, const void *bytes, size_t length, const char *name,
                       struct kyso_frame *answer)
{
    KYSO_CLOSE int fd = -1;
    int r;

    kyso_frame_init(answer, type);
    r = kyso_memfd_from_bytes(name, bytes, length, &fd);
    if (r == 0)
        r = kyso_frame_attach(answer, fd);
    return r;
}

static int do_inspect(const struct mapped *document, struct kyso_pdf_file **file,
                      struct kyso_frame *answer)
{
    struct kyso_buf KYSO_BUF encoded = {.maximum = KYSO_PDF_REPORT_MAX};
    struct kyso_pdf_findings findings;
    struct kyso_pdf_report report;
    int r = open_examined(document, file, &findings);

    if (r == 0)
        r = kyso_pdf_make_report(*file, &findings, &report);
    if (r != 0)
        return r;
    kyso_pdf_put_report(&encoded, &report);
    kyso_pdf_report_done(&report);
    if (encoded.error != 0)
        return kyso_trace(encoded.error);
    return answer_with(KYSO_PDF_INSPECT, encoded.bytes, encoded.length, "kyso-report", answer);
}

static int put_made(const struct kyso_pdf_made *made, struct kyso_frame *answer)
{
    struct kyso_pdf_update update = {
        .length = made->bytes.length,
        .hole_start = made->hole_start,
        .hole_end = made->hole_end,
        .range_end = made->range_end,
        .field = made->field,
    };
    int r =
        answer_with(KYSO_PDF_PREPARE, made->bytes.bytes, made->bytes.length, "kyso-update", answer);

    if (r == 0)
        kyso_pdf_put_update(&answer->body, &update);
    return r;
}

static int do_prepare(const struct mapped *document, const struct mapped *drawing,
                      const struct kyso_frame *request, struct kyso_pdf_file **file,
                      struct kyso_frame *answer)
{
    struct kyso_pdf_file *appearance = NULL;
    struct kyso_pdf_request wanted;
    struct kyso_pdf_findings findings;
    struct kyso_pdf_made made;
    int r = kyso_pdf_read_request(request->body.bytes, request->body.length, &wanted);

    if (r != 0)
        return r;
    r = open_examined(document, file, &findings);
    if (r == 0 && wanted.visible && drawing->bytes != NULL) {
        r = kyso_pdf_open(drawing->bytes, drawing->size, &appearance);
        if (r > 0)
            r = kyso_pdf_fail(*file, KYSO_PDF_APPEARANCE, "unreadable");
    }
    if (r == 0)
        r = kyso_pdf_make_update(*file, &findings, &wanted, appearance, &made);
    if (r == 0) {
        r = put_made(&made, answer);
        kyso_pdf_made_done(&made);
    }
    (void)kyso_pdf_close(appearance);
    kyso_pdf_request_done(&wanted);
    return r;
}

/* Maps what came, enters the jail, and only then reads it. */
static int handle(struct kyso_frame *request, struct kyso_pdf_file **file,
                  struct kyso_frame *answer)
{
    struct kyso_jail jail = kyso_pdf_jail;
    struct mapped document = {NULL, 0}, drawing = {NULL, 0};
    int r = request->n_fds >= 1 && request->n_fds <= 2 ? 0 : -EBADMSG;

    if (r == 0)
        r = map_document(request->fds[0], &document);
    if (r == 0 && request->n_fds == 2)
        r = map_document(request->fds[1], &drawing);
    jail.memory += (uint64_t)document.size + drawing.size;
    if (r == 0)
        r = kyso_jail_enter(&jail);
    if (r != 0)
        return r;
    if (request->type == KYSO_PDF_INSPECT)
        return do_inspect(&document, file, answer);
    if (request->type == KYSO_PDF_PREPARE)
        return do_prepare(&document, &drawing, request, file, answer);
    return -EBADMSG;
}

int main(void)
{
    KYSO_FRAME struct kyso_frame request = {0};
    KYSO_FRAME struct kyso_frame answer = {0};
    struct kyso_pdf_file *file = NULL;
    const char *detail = NULL;
    int r;

    kyso_log_open("kyso-pdf", KYSO_LOG_NOTICE);
    if (kyso_jail_harden() != 0 || kyso_wire_receive(KYSO_WORKER_SOCKET, &request) != 0)
        return EXIT_FAILURE;
    r = handle(&request, &file, &answer);
    if (r == 0) {
        r = kyso_wire_send(KYSO_WORKER_SOCKET, &answer);
        return r == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
    }
    if (r == KYSO_OUTCOME_BAD_DOCUMENT && file != NULL) {
        detail = kyso_pdf_rule_name(file->problem.rule);
        if (file->problem.rule == KYSO_PDF_LIMITS)
            r = KYSO_OUTCOME_LIMIT;
    }
    r = kyso_wire_send_failure(KYSO_WORKER_SOCKET, r, detail);
    return r == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
