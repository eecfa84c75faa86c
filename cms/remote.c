/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cms/remote.h"

#include <errno.h>

#include "cms/protocol.h"
#include "common/error.h"
#include "common/memfd.h"
#include "common/outcome.h"

struct kyso_cms_call {
    struct kyso_call *call;
    uint32_t n;
    uint16_t expected; /* type of the answer */
    kyso_cms_check_fn check;
    kyso_cms_describe_fn describe;
    void *data;
};

static uint64_t deadline_usec = KYSO_CMS_DEADLINE_USEC;

void kyso_cms_set_deadline(uint64_t usec)
{
    deadline_usec = usec;
}

struct kyso_cms_call *kyso_cms_call_free(struct kyso_cms_call *call)
{
    if (call == NULL)
        return NULL;
    (void)kyso_call_free(call->call);
    free(call);
    return NULL;
}

/* The answer's memory file, sealed so that it stays as it was read. */
static int read_answer(const struct kyso_cms_call *call, struct kyso_frame *frame,
                       uint8_t **ret_bytes, size_t *ret_length)
{
    struct kyso_cursor cursor = kyso_frame_cursor(frame);
    uint32_t n = kyso_cursor_u32(&cursor);
    uint64_t size;

    if (kyso_cursor_end(&cursor) < 0 || frame->type != call->expected || frame->n_fds != 1 ||
        n != call->n || kyso_memfd_check(frame->fds[0], KYSO_CMS_ANSWER_MAX, &size) != 0)
        return KYSO_OUTCOME_WORKER_DIED;
    return kyso_cms_read_whole(frame->fds[0], KYSO_CMS_ANSWER_MAX, ret_bytes, ret_length);
}

/* A worker that a stranger's bytes took over is held to the protocol like a stranger. */
static int broken_answer(const struct kyso_cursor *cursor)
{
    int r = kyso_cursor_end(cursor);

    return r == -EBADMSG ? KYSO_OUTCOME_WORKER_DIED : r;
}

static void deliver_findings(struct kyso_cms_call *call, const uint8_t *bytes, size_t length)
{
    struct kyso_cursor cursor = kyso_cursor(bytes, length);
    KYSO_FREE struct kyso_cms_finding *findings = calloc(call->n, sizeof(*findings));
    int r = findings != NULL ? 0 : -ENOMEM;

    for (size_t i = 0; r == 0 && i < call->n && cursor.error == 0; i++)
        kyso_cms_get_finding(&cursor, &findings[i]);
    if (r == 0)
        r = broken_answer(&cursor);
    if (r == 0) {
        call->check(call->data, 0, findings, call->n); /* may free the call */
        return;
    }
    for (size_t i = 0; findings != NULL && i < call->n; i++)
        kyso_cms_finding_done(&findings[i]);
    call->check(call->data, r, NULL, 0);
}

static void deliver_results(struct kyso_cms_call *call, const uint8_t *bytes, size_t length)
{
    struct kyso_cursor cursor = kyso_cursor(bytes, length);
    KYSO_FREE struct kyso_certificate_result *results = calloc(call->n, sizeof(*results));
    int r = results != NULL ? 0 : -ENOMEM;

    for (size_t i = 0; r == 0 && i < call->n && cursor.error == 0; i++)
        kyso_cms_get_result(&cursor, &results[i]);
    if (r == 0)
        r = broken_answer(&cursor);
    if (r == 0) {
        call->describe(call->data, 0, results, call->n); /* may free the call */
        return;
    }
    for (size_t i = 0; results != NULL && i < call->n; i++)
        kyso_certificate_result_done(&results[i]);
    call->describe(call->data, r, NULL, 0);
}

static void answered(void *data, int result, const char *detail KYSO_UNUSED,
                     struct kyso_frame *frame)
{
    struct kyso_cms_call *call = data;
    KYSO_FREE uint8_t *bytes = NULL;
    size_t length = 0;

    if (result == 0)
        result = read_answer(call, frame, &bytes, &length);
    if (result != 0 && call->check != NULL)
        call->check(call->data, result, NULL, 0);
    else if (result != 0)
        call->describe(call->data, result, NULL, 0);
    else if (call->check != NULL)
        deliver_findings(call, bytes, length);
    else
        deliver_results(call, bytes, length);
}

static int start(struct kyso_loop *loop, struct kyso_frame *frame, const struct kyso_cms_call *wish,
                 struct kyso_cms_call **ret_call)
{
    const struct kyso_worker_spec spec = {.program = KYSO_CMS_PROGRAM,
                                          .deadline_usec = deadline_usec};
    struct kyso_cms_call *call = malloc(sizeof(*call));
    int r;

    if (call == NULL)
        return kyso_trace(-ENOMEM);
    *call = *wish;
    r = kyso_call_start(loop, &spec, frame, answered, call, &call->call);
    if (r < 0) {
        free(call);
        return kyso_trace(r);
    }
    *ret_call = call;
    return 0;
}

int kyso_cms_check(struct kyso_loop *loop, int document, const struct kyso_cms_question *questions,
                   size_t n, const struct kyso_trust *trust, uint64_t time, kyso_cms_check_fn fn,
                   void *data, struct kyso_cms_call **ret_call)
{
    KYSO_FRAME struct kyso_frame frame = {0};
    const struct kyso_cms_call wish = {
        .n = (uint32_t)n, .expected = KYSO_CMS_FINDINGS, .check = fn, .data = data};
    int r;

    if (n == 0)
        return kyso_trace(-EINVAL);
    if (n > KYSO_CMS_QUESTIONS_MAX)
        return KYSO_OUTCOME_LIMIT;
    r = kyso_cms_put_request(&frame, KYSO_CMS_CHECK,
                             &(struct kyso_cms_request){time, document, trust->anchors,
                                                        trust->intermediates, (uint32_t)n});
    for (size_t i = 0; r == 0 && i < n; i++) {
        kyso_buf_put_u64(&frame.body, questions[i].hole_start);
        kyso_buf_put_u64(&frame.body, questions[i].hole_end);
        kyso_buf_put_u64(&frame.body, questions[i].range_end);
    }
    return r == 0 ? start(loop, &frame, &wish, ret_call) : kyso_trace(r);
}

static int pack(const struct kyso_der *certificates, size_t n, int *ret_fd)
{
    KYSO_BUF struct kyso_buf blobs = {0};

    for (size_t i = 0; i < n; i++)
        kyso_buf_put_blob(&blobs, certificates[i].bytes, certificates[i].length);
    if (blobs.error != 0)
        return kyso_trace(blobs.error);
    return kyso_memfd_from_bytes("certificates", blobs.bytes, blobs.length, ret_fd);
}

int kyso_cms_describe(struct kyso_loop *loop, const struct kyso_der *certificates, size_t n,
                      const struct kyso_trust *trust, uint64_t time, kyso_cms_describe_fn fn,
                      void *data, struct kyso_cms_call **ret_call)
{
    KYSO_FRAME struct kyso_frame frame = {0};
    KYSO_CLOSE int packed = -1;
    const struct kyso_cms_call wish = {
        .n = (uint32_t)n, .expected = KYSO_CMS_DESCRIPTIONS, .describe = fn, .data = data};
    int r;

    if (n == 0)
        return kyso_trace(-EINVAL);
    if (n > KYSO_CMS_DESCRIBE_MAX)
        return KYSO_OUTCOME_LIMIT;
    r = pack(certificates, n, &packed);
    if (r == 0)
        r = kyso_cms_put_request(&frame, KYSO_CMS_DESCRIBE,
                                 &(struct kyso_cms_request){time, packed, trust->anchors,
                                                            trust->intermediates, (uint32_t)n});
    return r == 0 ? start(loop, &frame, &wish, ret_call) : kyso_trace(r);
}
