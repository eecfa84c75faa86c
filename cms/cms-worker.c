/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kyso-cms: judges strangers' signatures and certificates, one question per process. It reads the
 * descriptors that came with the question and has no file and no network of its own. */
#include <errno.h>
#include <string.h>
#include <time.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "cms/check.h"
#include "cms/cms-jail.h"
#include "cms/covered.h"
#include "cms/info.h"
#include "cms/protocol.h"
#include "common/error.h"
#include "common/log.h"
#include "common/memfd.h"
#include "common/outcome.h"
#include "common/worker.h"

#define DESCRIBED_BYTES_MAX ((size_t)32 * 1024 * 1024)

static int read_trust(const struct kyso_cms_request *request, struct kyso_chain_trust **ret_trust)
{
    KYSO_FREE uint8_t *anchors = NULL;
    KYSO_FREE uint8_t *intermediates = NULL;
    size_t anchors_length = 0, intermediates_length = 0;
    int r = kyso_cms_read_whole(request->anchors, KYSO_TRUST_MAX, &anchors, &anchors_length);

    if (r == 0)
        r = kyso_cms_read_whole(request->intermediates, KYSO_TRUST_MAX, &intermediates,
                                &intermediates_length);
    if (r == 0)
        r = kyso_chain_trust_new(anchors, anchors_length, intermediates, intermediates_length,
                                 ret_trust);
    return r;
}

static int send_answer(int socket, enum kyso_cms_frame type, uint32_t n, struct kyso_buf *buf)
{
    KYSO_FRAME struct kyso_frame frame = {0};
    KYSO_CLOSE int fd = -1;
    int r = buf->error == -EMSGSIZE ? KYSO_OUTCOME_LIMIT : buf->error;

    if (r == 0)
        r = kyso_memfd_from_bytes("answer", buf->bytes, buf->length, &fd);
    kyso_frame_init(&frame, (uint16_t)type);
    kyso_buf_put_u32(&frame.body, n);
    if (r == 0)
        r = kyso_frame_attach(&frame, fd);
    return r == 0 ? kyso_wire_send(socket, &frame) : r;
}

struct asked {
    struct kyso_cms_question question;
    struct kyso_cms_finding finding;
    uint32_t order;
};

/* One question on its way through the digest function. */
struct reading {
    struct kyso_covered *covered;
    const struct kyso_cms_question *question;
};

static int digest_covered(void *data, const struct kyso_digest *digest, uint8_t *to)
{
    const struct reading *reading = data;

    return kyso_covered_digest(reading->covered, reading->question, digest, to);
}

static int check_one(struct kyso_check *check, struct kyso_covered *covered, struct asked *asked)
{
    KYSO_FREE uint8_t *bytes = NULL;
    size_t length = 0;
    struct reading reading = {covered, &asked->question};
    const char *problem = kyso_covered_hole(covered, &asked->question, &bytes, &length);

    if (problem != NULL)
        return kyso_check_failed(problem, &asked->finding);
    return kyso_check_cms(check, bytes, length, digest_covered, &reading, &asked->finding);
}

static int by_hole(const void *left, const void *right)
{
    const struct asked *a = left, *b = right;

    return (a->question.hole_start > b->question.hole_start) -
           (a->question.hole_start < b->question.hole_start);
}

static int by_order(const void *left, const void *right)
{
    const struct asked *a = left, *b = right;

    return (a->order > b->order) - (a->order < b->order);
}

/* Judges in the order of the holes, so that the document is hashed once, not once per signature. */
static int check_all(const struct kyso_cms_request *request, struct kyso_check *check,
                     struct asked *asked)
{
    struct kyso_covered covered = {0};
    int r = kyso_covered_open(request->subject, &covered);

    qsort(asked, request->n, sizeof(*asked), by_hole);
    for (uint32_t i = 0; r == 0 && i < request->n; i++)
        r = check_one(check, &covered, &asked[i]);
    qsort(asked, request->n, sizeof(*asked), by_order);
    kyso_covered_done(&covered);
    return r;
}

static int answer_check(int socket, const struct kyso_cms_request *request,
                        struct kyso_cursor *cursor)
{
    KYSO_BUF struct kyso_buf answer = {.maximum = KYSO_CMS_ANSWER_MAX};
    KYSO_FREE struct asked *asked = calloc(request->n, sizeof(*asked));
    struct kyso_chain_trust *trust = NULL;
    struct kyso_check *check = NULL;
    int r;

    if (asked == NULL)
        return kyso_trace(-ENOMEM);
    for (uint32_t i = 0; i < request->n; i++) {
        asked[i].order = i;
        asked[i].question.hole_start = kyso_cursor_u64(cursor);
        asked[i].question.hole_end = kyso_cursor_u64(cursor);
        asked[i].question.range_end = kyso_cursor_u64(cursor);
    }
    r = kyso_cursor_end(cursor);
    if (r == 0)
        r = read_trust(request, &trust);
    if (r == 0)
        r = kyso_check_new(trust, request->time, &check);
    if (r == 0)
        r = check_all(request, check, asked);
    for (uint32_t i = 0; i < request->n; i++) {
        if (r == 0)
            kyso_cms_put_finding(&answer, &asked[i].finding);
        kyso_cms_finding_done(&asked[i].finding);
    }
    if (r == 0)
        r = send_answer(socket, KYSO_CMS_FINDINGS, request->n, &answer);
    (void)kyso_check_free(check);
    (void)kyso_chain_trust_free(trust);
    return r;
}

static int copy_path(const struct kyso_chain_result *chain, struct kyso_certificate_result *result)
{
    for (size_t i = 0; i < chain->n_path; i++) {
        unsigned char *der = NULL;
        int length = i2d_X509(chain->path[i], &der);

        if (length <= 0 || length > (int)KYSO_CERTIFICATE_MAX) {
            OPENSSL_free(der);
            return kyso_trace(-EIO);
        }
        result->path[i] = malloc((size_t)length);
        if (result->path[i] != NULL) {
            memcpy(result->path[i], der, (size_t)length);
            result->path_length[i] = (size_t)length;
            result->n_path = i + 1;
        }
        OPENSSL_free(der);
        if (result->path[i] == NULL)
            return kyso_trace(-ENOMEM);
    }
    return 0;
}

static int describe_one(struct kyso_chain_trust *trust, uint64_t time, X509 *certificate,
                        STACK_OF(X509) * issuers, struct kyso_certificate_result *result)
{
    struct kyso_chain_result chain = {.finding = KYSO_FINDING_UNDETERMINED,
                                      .reason = "malformed-certificate"};
    int r = certificate != NULL ? kyso_certificate_describe(certificate, &result->info)
                                : KYSO_OUTCOME_BAD_CERTIFICATE;

    result->readable = r == 0;
    if (r == 0)
        r = kyso_chain_judge(trust, certificate, issuers, time, &chain);
    if (r < 0)
        return r;
    result->chain = result->readable ? chain.finding : KYSO_FINDING_INVALID;
    result->chain_reason = strdup(chain.reason);
    r = result->chain_reason != NULL ? copy_path(&chain, result) : -ENOMEM;
    kyso_chain_result_done(&chain);
    return r;
}

/* Reads the N blobs into CERTIFICATES (null for what is none), and those of CAs into ISSUERS, which
 * takes no references. */
static int read_certificates(const struct kyso_cms_request *request, X509 **certificates,
                             STACK_OF(X509) * issuers)
{
    KYSO_FREE uint8_t *bytes = NULL;
    struct kyso_cursor cursor;
    size_t length = 0;
    int r = kyso_cms_read_whole(request->subject, DESCRIBED_BYTES_MAX, &bytes, &length);

    if (r < 0)
        return r == -EMSGSIZE ? KYSO_OUTCOME_LIMIT : r;
    cursor = kyso_cursor(bytes, length);
    for (uint32_t i = 0; i < request->n; i++) {
        size_t size = 0;
        const uint8_t *der = kyso_cursor_blob(&cursor, &size);

        if (cursor.error != 0)
            return kyso_trace(cursor.error);
        certificates[i] = size <= KYSO_CERTIFICATE_MAX ? kyso_certificate_read(der, size) : NULL;
        if (certificates[i] != NULL && X509_check_ca(certificates[i]) > 0 &&
            sk_X509_push(issuers, certificates[i]) <= 0)
            return kyso_trace(-ENOMEM);
    }
    ERR_clear_error();
    return kyso_cursor_end(&cursor);
}

static int describe_all(const struct kyso_cms_request *request, struct kyso_chain_trust *trust,
                        struct kyso_buf *answer)
{
    KYSO_FREE X509 **certificates = calloc(request->n, sizeof(X509 *));
    STACK_OF(X509) *issuers = sk_X509_new_null();
    int r = certificates != NULL && issuers != NULL ? 0 : -ENOMEM;

    if (r == 0)
        r = read_certificates(request, certificates, issuers);
    for (uint32_t i = 0; r == 0 && i < request->n; i++) {
        struct kyso_certificate_result result = {0};

        r = describe_one(trust, request->time, certificates[i], issuers, &result);
        if (r == 0)
            kyso_cms_put_result(answer, &result);
        kyso_certificate_result_done(&result);
    }
    for (uint32_t i = 0; certificates != NULL && i < request->n; i++)
        X509_free(certificates[i]);
    sk_X509_free(issuers);
    return r;
}

static int answer_describe(int socket, const struct kyso_cms_request *request,
                           const struct kyso_cursor *cursor)
{
    KYSO_BUF struct kyso_buf answer = {.maximum = KYSO_CMS_ANSWER_MAX};
    struct kyso_chain_trust *trust = NULL;
    int r = kyso_cursor_end(cursor);

    if (r == 0)
        r = read_trust(request, &trust);
    if (r == 0)
        r = describe_all(request, trust, &answer);
    if (r == 0)
        r = send_answer(socket, KYSO_CMS_DESCRIPTIONS, request->n, &answer);
    (void)kyso_chain_trust_free(trust);
    return r;
}

static int serve(int socket)
{
    KYSO_FRAME struct kyso_frame frame = {0};
    struct kyso_cms_request request;
    struct kyso_cursor cursor;
    int r = kyso_wire_receive(socket, &frame);

    if (r < 0)
        return r;
    cursor = kyso_frame_cursor(&frame);
    switch (frame.type) {
    case KYSO_CMS_CHECK:
        r = kyso_cms_get_request(&frame, KYSO_CMS_QUESTIONS_MAX, &cursor, &request);
        return r == 0 ? answer_check(socket, &request, &cursor) : r;
    case KYSO_CMS_DESCRIBE:
        r = kyso_cms_get_request(&frame, KYSO_CMS_DESCRIBE_MAX, &cursor, &request);
        return r == 0 ? answer_describe(socket, &request, &cursor) : r;
    default:
        return kyso_trace(-EBADMSG);
    }
}

/* What might want a file happens before the jail: OpenSSL reads no configuration file, algorithms
 * are fetched, and the C library learns the time zone, for which gmtime() would open a file. */
static int prepare(void)
{
    tzset();
    if (OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT, NULL) != 1)
        return kyso_trace(-ENOSYS);
    return kyso_algorithm_prepare();
}

int main(void)
{
    int r;

    kyso_log_open(KYSO_CMS_PROGRAM, KYSO_LOG_NOTICE);
    r = prepare();
    if (r == 0)
        r = kyso_jail_enter(&KYSO_CMS_JAIL);
    if (r < 0) {
        kyso_log(KYSO_LOG_ERROR, "cannot start: %s", strerrordesc_np(-r));
        return EXIT_FAILURE;
    }
    r = serve(KYSO_WORKER_SOCKET);
    if (r == 0)
        return EXIT_SUCCESS;
    if (r == -EMSGSIZE)
        r = KYSO_OUTCOME_LIMIT;
    return kyso_wire_send_failure(KYSO_WORKER_SOCKET, r, NULL) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
