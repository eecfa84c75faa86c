/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "document/remote.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/error.h"
#include "common/memfd.h"
#include "common/outcome.h"
#include "common/text.h"
#include "document/protocol.h"

#define SLICE 4096U
#define UPDATE_MAX ((uint64_t)64 * 1024 * 1024)
#define DEADLINE_USEC (40 * 1000000ULL) /* above the worker's own limit of processor time */

struct kyso_pdf_call {
    struct kyso_call *call;
    kyso_pdf_inspect_fn inspected;
    kyso_pdf_prepare_fn prepared;
    void *data;
};

/* Reads the encoded report out of the answer's memory file. */
static int take_report(struct kyso_frame *answer, struct kyso_pdf_report *ret_report)
{
    KYSO_CLOSE int fd = kyso_frame_take_fd(answer, 0);
    KYSO_FREE uint8_t *bytes = NULL;
    uint64_t size;

    if (answer->type != KYSO_PDF_INSPECT || fd < 0 ||
        kyso_memfd_check(fd, KYSO_PDF_REPORT_MAX, &size) != 0)
        return KYSO_OUTCOME_WORKER_DIED;
    bytes = malloc((size_t)size);
    if (bytes == NULL)
        return kyso_trace(-ENOMEM);
    if (kyso_fd_read_at(fd, bytes, (size_t)size, 0) != 0)
        return KYSO_OUTCOME_WORKER_DIED;
    if (kyso_pdf_read_report(bytes, (size_t)size, ret_report) != 0)
        return KYSO_OUTCOME_WORKER_DIED;
    return 0;
}

static void inspect_answered(void *data, int result, const char *detail, struct kyso_frame *answer)
{
    struct kyso_pdf_call *call = data;
    struct kyso_pdf_report report = {0};

    if (result == 0)
        result = take_report(answer, &report);
    call->inspected(call->data, result, detail, result == 0 ? &report : NULL);
}

static int take_update(struct kyso_frame *answer, struct kyso_pdf_update *ret_update)
{
    KYSO_CLOSE int fd = kyso_frame_take_fd(answer, 0);
    uint64_t size;
    int r;

    if (answer->type != KYSO_PDF_PREPARE || fd < 0 || kyso_memfd_check(fd, UPDATE_MAX, &size) != 0)
        return KYSO_OUTCOME_WORKER_DIED;
    r = kyso_pdf_read_update(answer->body.bytes, answer->body.length, ret_update);
    if (r != 0)
        return r == -ENOMEM ? r : KYSO_OUTCOME_WORKER_DIED;
    if (ret_update->length != size || ret_update->hole_start >= ret_update->hole_end ||
        ret_update->hole_end > ret_update->range_end) {
        kyso_pdf_update_done(ret_update);
        return KYSO_OUTCOME_WORKER_DIED;
    }
    ret_update->bytes = kyso_steal_fd(&fd);
    return 0;
}

static void prepare_answered(void *data, int result, const char *detail, struct kyso_frame *answer)
{
    struct kyso_pdf_call *call = data;
    struct kyso_pdf_update update = {.bytes = -1};

    if (result == 0)
        result = take_update(answer, &update);
    call->prepared(call->data, result, detail, result == 0 ? &update : NULL);
}

static int start(struct kyso_loop *loop, const struct kyso_frame *request, kyso_call_fn fn,
                 struct kyso_pdf_call *call)
{
    static const struct kyso_worker_spec SPEC = {
        .program = "kyso-pdf",
        .deadline_usec = DEADLINE_USEC,
    };

    return kyso_call_start(loop, &SPEC, request, fn, call, &call->call);
}

int kyso_pdf_inspect(struct kyso_loop *loop, int document, kyso_pdf_inspect_fn fn, void *data,
                     struct kyso_pdf_call **ret_call)
{
    KYSO_FRAME struct kyso_frame request = {0};
    struct kyso_pdf_call *call = calloc(1, sizeof(*call));
    int r;

    if (call == NULL)
        return kyso_trace(-ENOMEM);
    call->inspected = fn;
    call->data = data;
    kyso_frame_init(&request, KYSO_PDF_INSPECT);
    r = kyso_frame_attach(&request, document);
    if (r == 0)
        r = start(loop, &request, inspect_answered, call);
    if (r != 0) {
        (void)kyso_pdf_call_free(call);
        return r;
    }
    *ret_call = call;
    return 0;
}

int kyso_pdf_prepare(struct kyso_loop *loop, int document, const struct kyso_pdf_request *request,
                     kyso_pdf_prepare_fn fn, void *data, struct kyso_pdf_call **ret_call)
{
    KYSO_FRAME struct kyso_frame frame = {0};
    struct kyso_pdf_call *call = calloc(1, sizeof(*call));
    int r;

    if (call == NULL)
        return kyso_trace(-ENOMEM);
    call->prepared = fn;
    call->data = data;
    kyso_frame_init(&frame, KYSO_PDF_PREPARE);
    kyso_pdf_put_request(&frame.body, request);
    r = kyso_frame_attach(&frame, document);
    if (r == 0 && request->visible && request->appearance >= 0)
        r = kyso_frame_attach(&frame, request->appearance);
    if (r == 0)
        r = start(loop, &frame, prepare_answered, call);
    if (r != 0) {
        (void)kyso_pdf_call_free(call);
        return r;
    }
    *ret_call = call;
    return 0;
}

struct kyso_pdf_call *kyso_pdf_call_free(struct kyso_pdf_call *call)
{
    if (call != NULL) {
        (void)kyso_call_free(call->call);
        free(call);
    }
    return NULL;
}

static bool only_hex(const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (kyso_text_hex_digit(bytes[i]) < 0)
            return false;
    return true;
}

int kyso_pdf_confirm_hole(int document, uint64_t size, uint64_t hole_start, uint64_t hole_end,
                          uint64_t range_end, bool whole)
{
    uint8_t slice[SLICE];

    if (hole_start == 0 || hole_start >= hole_end || hole_end - hole_start < 2 ||
        hole_end - hole_start > KYSO_PDF_CONTENTS_MAX || hole_end > range_end || range_end > size ||
        (whole && range_end != size))
        return KYSO_OUTCOME_BAD_DOCUMENT;
    for (uint64_t at = hole_start; at < hole_end;) {
        size_t n = hole_end - at < SLICE ? (size_t)(hole_end - at) : SLICE;
        size_t from = at == hole_start ? 1 : 0;
        size_t to = at + n == hole_end ? n - 1 : n;
        int r = kyso_fd_read_at(document, slice, n, at);

        if (r != 0)
            return kyso_trace(r);
        if ((from == 1 && slice[0] != '<') || (to == n - 1 && slice[n - 1] != '>'))
            return KYSO_OUTCOME_BAD_DOCUMENT;
        if (to > from && !only_hex(slice + from, to - from))
            return KYSO_OUTCOME_BAD_DOCUMENT;
        at += n;
    }
    return 0;
}
