/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pkcs11/remote.h"

#include <errno.h>

#include "common/clock.h"
#include "common/error.h"
#include "common/log.h"
#include "common/outcome.h"
#include "pkcs11/protocol.h"

#define SCAN_DEADLINE (10 * KYSO_USEC_PER_SEC)
#define TOKENS_MAX 64

struct kyso_token_scan {
    struct kyso_worker *worker;
    kyso_token_scan_fn fn;
    void *data;
    struct kyso_token_snapshot tokens[TOKENS_MAX];
    size_t n;
};

/* Tells the caller once; the scan may be freed in there. */
static void report(struct kyso_token_scan *scan, int result)
{
    kyso_token_scan_fn fn = scan->fn;

    scan->worker = kyso_worker_free(scan->worker);
    if (fn == NULL)
        return;
    scan->fn = NULL;
    if (result == 0 && scan->n == 0)
        result = KYSO_OUTCOME_TOKEN_MISSING;
    if (result == 0)
        fn(scan->data, 0, scan->tokens, scan->n);
    else
        fn(scan->data, result, NULL, 0);
}

static int add_certificate(struct kyso_token_scan *scan, const struct kyso_frame *frame)
{
    struct kyso_token_snapshot *token = &scan->tokens[scan->n - 1];
    struct kyso_token_certificate *grown;
    int r;

    if (scan->n == 0 || token->n_certificates >= KYSO_TOKEN_CERTIFICATES_MAX)
        return kyso_trace(-EBADMSG);
    grown = reallocarray(token->certificates, token->n_certificates + 1, sizeof(*grown));
    if (grown == NULL)
        return kyso_trace(-ENOMEM);
    token->certificates = grown;
    r = kyso_token_get_certificate(frame, &grown[token->n_certificates]);
    if (r == 0)
        token->n_certificates++;
    return r;
}

static void failure(struct kyso_token_scan *scan, const struct kyso_frame *frame)
{
    KYSO_FREE char *detail = NULL;
    int r = kyso_wire_read_failure(frame, &detail);

    if (detail != NULL && detail[0] != '\0')
        kyso_log(KYSO_LOG_INFO, "token scan failed: %s (%d)", detail, r);
    report(scan, r == -EBADMSG ? KYSO_OUTCOME_WORKER_DIED : r);
}

static void scan_frame(void *data, struct kyso_frame *frame)
{
    struct kyso_token_scan *scan = data;
    int r = -EBADMSG;

    switch (frame->type) {
    case KYSO_WIRE_FAILURE:
        failure(scan, frame);
        return;
    case KYSO_TOKEN_SCANNED:
        report(scan, 0);
        return;
    case KYSO_TOKEN_SNAPSHOT:
        if (scan->n < TOKENS_MAX)
            r = kyso_token_get_snapshot(frame, &scan->tokens[scan->n]);
        if (r == 0)
            scan->n++;
        break;
    case KYSO_TOKEN_CERTIFICATE:
        r = scan->n > 0 ? add_certificate(scan, frame) : -EBADMSG;
        break;
    default:
        break;
    }
    if (r < 0)
        report(scan, r == -EBADMSG ? KYSO_OUTCOME_WORKER_DIED : r);
}

static void scan_end(void *data, int result)
{
    report(data, result != 0 ? result : KYSO_OUTCOME_WORKER_DIED);
}

static int start(struct kyso_token_scan *scan, struct kyso_loop *loop,
                 const struct kyso_token_target *target)
{
    static const struct kyso_worker_handler HANDLER = {scan_frame, scan_end};
    const struct kyso_worker_spec spec = {.program = "kyso-token",
                                          .argument = "scan",
                                          .environment = target->environment,
                                          .deadline_usec = SCAN_DEADLINE};
    KYSO_FRAME struct kyso_frame frame = {0};
    int r;

    kyso_frame_init(&frame, KYSO_TOKEN_TARGET);
    r = kyso_token_put_target(&frame, target);
    if (r == 0)
        r = kyso_worker_start(loop, &spec, &HANDLER, scan, &scan->worker);
    if (r == 0)
        r = kyso_worker_send(scan->worker, &frame);
    return kyso_trace(r);
}

int kyso_token_scan(struct kyso_loop *loop, const struct kyso_token_target *target,
                    kyso_token_scan_fn fn, void *data, struct kyso_token_scan **ret_scan)
{
    struct kyso_token_scan *scan = calloc(1, sizeof(*scan));
    int r;

    if (scan == NULL)
        return kyso_trace(-ENOMEM);
    scan->fn = fn;
    scan->data = data;
    r = start(scan, loop, target);
    if (r < 0) {
        (void)kyso_token_scan_free(scan);
        return r;
    }
    *ret_scan = scan;
    return 0;
}

struct kyso_token_scan *kyso_token_scan_free(struct kyso_token_scan *scan)
{
    if (scan == NULL)
        return NULL;
    (void)kyso_worker_free(scan->worker);
    for (size_t i = 0; i < scan->n; i++)
        kyso_token_snapshot_done(&scan->tokens[i]);
    free(scan);
    return NULL;
}
