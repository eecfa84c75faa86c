/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pkcs11/protocol.h"

#include <errno.h>
#include <string.h>

#include "common/error.h"
#include "common/memfd.h"

#define TRIES_NONE UINT32_MAX /* on the wire for -1 */
#define PIN_FLAGS_LIMIT 8     /* one above all enum kyso_token_pin_flag together */

static const char *or_empty(const char *text)
{
    return text != NULL ? text : "";
}

static char *null_when_empty(char *text)
{
    if (text == NULL || text[0] != '\0')
        return text;
    free(text);
    return NULL;
}

static void put_tries(struct kyso_buf *body, int tries)
{
    kyso_buf_put_u32(body, tries < 0 ? TRIES_NONE : (uint32_t)tries);
}

static int get_tries(struct kyso_cursor *cursor)
{
    uint32_t tries = kyso_cursor_u32(cursor);

    return tries > 255 ? -1 : (int)tries;
}

static void put_target(struct kyso_buf *body, const struct kyso_token_target *target)
{
    uint32_t n = 0;

    while (target->others != NULL && target->others[n] != NULL && n < KYSO_TOKEN_READERS_MAX)
        n++;
    kyso_buf_put_string(body, target->module);
    kyso_buf_put_string(body, or_empty(target->reader));
    kyso_buf_put_string(body, or_empty(target->serial));
    kyso_buf_put_u32(body, n);
    for (uint32_t i = 0; i < n; i++)
        kyso_buf_put_string(body, target->others[i]);
}

int kyso_token_put_target(struct kyso_frame *frame, const struct kyso_token_target *target)
{
    put_target(&frame->body, target);
    return kyso_trace(frame->body.error);
}

static int attach_chain(struct kyso_frame *frame, const struct kyso_token_sign_job *job)
{
    KYSO_BUF struct kyso_buf chain = {.maximum =
                                          KYSO_TOKEN_CHAIN_MAX * (KYSO_TOKEN_CERTIFICATE_MAX + 4)};
    KYSO_CLOSE int fd = -1;
    int r;

    if (job->n_chain == 0 || job->n_chain > KYSO_TOKEN_CHAIN_MAX)
        return kyso_trace(-EINVAL);
    kyso_buf_put_u32(&chain, (uint32_t)job->n_chain);
    for (size_t i = 0; i < job->n_chain; i++)
        kyso_buf_put_blob(&chain, job->chain[i], job->chain_length[i]);
    if (chain.error != 0)
        return kyso_trace(chain.error);
    r = kyso_memfd_from_bytes("kyso-chain", chain.bytes, chain.length, &fd);
    if (r == 0)
        r = kyso_frame_attach(frame, fd);
    return r;
}

int kyso_token_put_job(struct kyso_frame *frame, const struct kyso_token_sign_job *job)
{
    struct kyso_buf *body = &frame->body;

    if (job->n_known_wrong > KYSO_TOKEN_WRONG_MAX)
        return kyso_trace(-EINVAL);
    put_target(body, &job->target);
    kyso_buf_put(body, job->certificate_sha256, sizeof(job->certificate_sha256));
    kyso_buf_put(body, job->digest_key, sizeof(job->digest_key));
    kyso_buf_put_u32(body, (uint32_t)job->n_known_wrong);
    for (size_t i = 0; i < job->n_known_wrong; i++)
        kyso_buf_put(body, job->known_wrong[i], KYSO_PIN_DIGEST_SIZE);
    if (body->error != 0)
        return kyso_trace(body->error);
    return attach_chain(frame, job);
}

void kyso_token_order_done(struct kyso_token_order *order)
{
    free(order->module);
    free(order->reader);
    free(order->serial);
    for (char **other = order->others; other != NULL && *other != NULL; other++)
        free(*other);
    free(order->others);
    if (order->known_wrong != NULL)
        explicit_bzero(order->known_wrong, order->n_known_wrong * KYSO_PIN_DIGEST_SIZE);
    free(order->known_wrong);
    free(order->chain_bytes);
    explicit_bzero(order, sizeof(*order));
}

static int get_others(struct kyso_cursor *cursor, struct kyso_token_order *order)
{
    uint32_t n = kyso_cursor_below(cursor, KYSO_TOKEN_READERS_MAX + 1);

    if (cursor->error != 0)
        return kyso_trace(cursor->error);
    order->others = calloc(n + 1U, sizeof(*order->others));
    if (order->others == NULL)
        return kyso_trace(-ENOMEM);
    for (uint32_t i = 0; i < n; i++) {
        order->others[i] = kyso_cursor_string(cursor);
        if (order->others[i] == NULL)
            return kyso_trace(cursor->error != 0 ? cursor->error : -ENOMEM);
    }
    return 0;
}

static int get_chain(struct kyso_frame *frame, struct kyso_token_order *order)
{
    KYSO_CLOSE int fd = kyso_frame_take_fd(frame, 0);
    struct kyso_cursor cursor;
    uint64_t size = 0;
    int r;

    if (fd < 0)
        return kyso_trace(-EBADMSG);
    r = kyso_memfd_check(fd, KYSO_TOKEN_CHAIN_MAX * (KYSO_TOKEN_CERTIFICATE_MAX + 4) + 4, &size);
    if (r != 0)
        return kyso_trace(r < 0 ? r : -EBADMSG);
    order->chain_bytes = malloc(size);
    if (order->chain_bytes == NULL)
        return kyso_trace(-ENOMEM);
    r = kyso_fd_read_at(fd, order->chain_bytes, size, 0);
    if (r < 0)
        return r;
    cursor = kyso_cursor(order->chain_bytes, size);
    order->n_chain = kyso_cursor_below(&cursor, KYSO_TOKEN_CHAIN_MAX + 1);
    for (size_t i = 0; i < order->n_chain; i++)
        order->chain[i] = kyso_cursor_blob(&cursor, &order->chain_length[i]);
    return kyso_trace(order->n_chain == 0 ? -EBADMSG : kyso_cursor_end(&cursor));
}

static int get_job(struct kyso_frame *frame, struct kyso_cursor *cursor,
                   struct kyso_token_order *order)
{
    uint32_t n;

    kyso_cursor_bytes(cursor, order->certificate_sha256, sizeof(order->certificate_sha256));
    kyso_cursor_bytes(cursor, order->digest_key, sizeof(order->digest_key));
    n = kyso_cursor_below(cursor, KYSO_TOKEN_WRONG_MAX + 1);
    if (cursor->error != 0)
        return kyso_trace(cursor->error);
    order->known_wrong = calloc(n + 1U, sizeof(*order->known_wrong));
    if (order->known_wrong == NULL)
        return kyso_trace(-ENOMEM);
    order->n_known_wrong = n;
    for (uint32_t i = 0; i < n; i++)
        kyso_cursor_bytes(cursor, order->known_wrong[i], KYSO_PIN_DIGEST_SIZE);
    return get_chain(frame, order);
}

static int get_order(struct kyso_frame *frame, struct kyso_token_order *order)
{
    struct kyso_cursor cursor = kyso_frame_cursor(frame);
    int r;

    order->module = kyso_cursor_string(&cursor);
    order->reader = null_when_empty(kyso_cursor_string(&cursor));
    order->serial = null_when_empty(kyso_cursor_string(&cursor));
    r = get_others(&cursor, order);
    if (r == 0 && frame->type == KYSO_TOKEN_JOB)
        r = get_job(frame, &cursor, order);
    return r == 0 ? kyso_trace(kyso_cursor_end(&cursor)) : r;
}

int kyso_token_get_order(struct kyso_frame *frame, struct kyso_token_order *ret_order)
{
    struct kyso_token_order order = {0};
    int r = get_order(frame, &order);

    if (r < 0)
        kyso_token_order_done(&order);
    else
        *ret_order = order;
    return r;
}

int kyso_token_put_readers(struct kyso_frame *frame, bool available,
                           const struct kyso_reader *readers, size_t n)
{
    kyso_buf_put_u8(&frame->body, available);
    kyso_buf_put_u32(&frame->body, (uint32_t)n);
    for (size_t i = 0; i < n; i++) {
        kyso_buf_put_string(&frame->body, readers[i].name);
        kyso_buf_put_u8(&frame->body, (uint8_t)readers[i].state);
        kyso_buf_put_u32(&frame->body, readers[i].events);
    }
    return kyso_trace(frame->body.error);
}

void kyso_token_readers_done(struct kyso_reader *readers, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        free(readers[i].name);
        readers[i].name = NULL;
    }
}

int kyso_token_get_readers(const struct kyso_frame *frame, bool *ret_available,
                           struct kyso_reader *ret_readers, size_t *ret_n)
{
    struct kyso_cursor cursor = kyso_frame_cursor(frame);
    bool available = kyso_cursor_bool(&cursor);
    uint32_t n = kyso_cursor_below(&cursor, KYSO_TOKEN_READERS_MAX + 1);
    int r;

    if (cursor.error != 0)
        return kyso_trace(cursor.error);
    for (uint32_t i = 0; i < n; i++) {
        ret_readers[i].name = kyso_cursor_string(&cursor);
        ret_readers[i].state = (enum kyso_reader_state)(uint8_t)kyso_cursor_u8(&cursor);
        ret_readers[i].events = kyso_cursor_u32(&cursor);
        if (ret_readers[i].state > KYSO_READER_MUTE)
            cursor.error = -EBADMSG;
    }
    r = kyso_cursor_end(&cursor);
    if (r < 0) {
        kyso_token_readers_done(ret_readers, n);
        return kyso_trace(r);
    }
    *ret_available = available;
    *ret_n = n;
    return 0;
}

int kyso_token_put_snapshot(struct kyso_frame *frame, const struct kyso_token_snapshot *snapshot)
{
    struct kyso_buf *body = &frame->body;

    kyso_buf_put_string(body, snapshot->serial);
    kyso_buf_put_string(body, snapshot->manufacturer);
    kyso_buf_put_string(body, snapshot->model);
    kyso_buf_put_string(body, snapshot->label);
    kyso_buf_put_u32(body, snapshot->pin_flags);
    put_tries(body, snapshot->pin_tries);
    kyso_buf_put_u32(body, snapshot->pin_min);
    kyso_buf_put_u32(body, snapshot->pin_max);
    kyso_buf_put_u8(body, snapshot->pin_pad);
    kyso_buf_put_u8(body, snapshot->login_required);
    return kyso_trace(body->error);
}

int kyso_token_get_snapshot(const struct kyso_frame *frame,
                            struct kyso_token_snapshot *ret_snapshot)
{
    struct kyso_cursor cursor = kyso_frame_cursor(frame);
    struct kyso_token_snapshot snapshot = {0};
    int r;

    snapshot.serial = kyso_cursor_string(&cursor);
    snapshot.manufacturer = kyso_cursor_string(&cursor);
    snapshot.model = kyso_cursor_string(&cursor);
    snapshot.label = kyso_cursor_string(&cursor);
    snapshot.pin_flags = kyso_cursor_below(&cursor, PIN_FLAGS_LIMIT);
    snapshot.pin_tries = get_tries(&cursor);
    snapshot.pin_min = kyso_cursor_u32(&cursor);
    snapshot.pin_max = kyso_cursor_u32(&cursor);
    snapshot.pin_pad = kyso_cursor_bool(&cursor);
    snapshot.login_required = kyso_cursor_bool(&cursor);
    r = kyso_cursor_end(&cursor);
    if (r < 0) {
        kyso_token_snapshot_done(&snapshot);
        return kyso_trace(r);
    }
    *ret_snapshot = snapshot;
    return 0;
}

int kyso_token_put_certificate(struct kyso_frame *frame,
                               const struct kyso_token_certificate *certificate)
{
    struct kyso_buf *body = &frame->body;

    kyso_buf_put_blob(body, certificate->der, certificate->der_length);
    kyso_buf_put_blob(body, certificate->id, certificate->id_length);
    kyso_buf_put_string(body, certificate->label);
    kyso_buf_put_u8(body, certificate->key);
    kyso_buf_put_u8(body, certificate->always_authenticate);
    return kyso_trace(body->error);
}

void kyso_token_certificate_done(struct kyso_token_certificate *certificate)
{
    free(certificate->der);
    free(certificate->label);
    *certificate = (struct kyso_token_certificate){0};
}

int kyso_token_get_certificate(const struct kyso_frame *frame,
                               struct kyso_token_certificate *ret_certificate)
{
    struct kyso_cursor cursor = kyso_frame_cursor(frame);
    struct kyso_token_certificate certificate = {0};
    const uint8_t *der = kyso_cursor_blob(&cursor, &certificate.der_length);
    const uint8_t *id = kyso_cursor_blob(&cursor, &certificate.id_length);
    int r;

    certificate.label = kyso_cursor_string(&cursor);
    certificate.key = kyso_cursor_u8(&cursor);
    certificate.always_authenticate = kyso_cursor_bool(&cursor);
    r = kyso_cursor_end(&cursor);
    if (r == 0 && (certificate.id_length > sizeof(certificate.id) || certificate.der_length == 0 ||
                   certificate.der_length > KYSO_TOKEN_CERTIFICATE_MAX ||
                   certificate.key >= KYSO_TOKEN_KEY_MAX))
        r = -EBADMSG;
    if (r == 0) {
        certificate.der = malloc(certificate.der_length);
        r = certificate.der == NULL ? -ENOMEM : 0;
    }
    if (r < 0) {
        kyso_token_certificate_done(&certificate);
        return kyso_trace(r);
    }
    memcpy(certificate.der, der, certificate.der_length);
    memcpy(certificate.id, id, certificate.id_length);
    *ret_certificate = certificate;
    return 0;
}

int kyso_token_put_ready(struct kyso_frame *frame, const struct kyso_token_ready *ready)
{
    kyso_buf_put_u32(&frame->body, ready->pin_flags);
    put_tries(&frame->body, ready->pin_tries);
    kyso_buf_put_u8(&frame->body, ready->pin_pad);
    kyso_buf_put_u8(&frame->body, ready->always_authenticate);
    return kyso_trace(frame->body.error);
}

int kyso_token_get_ready(const struct kyso_frame *frame, struct kyso_token_ready *ret_ready)
{
    struct kyso_cursor cursor = kyso_frame_cursor(frame);

    ret_ready->pin_flags = kyso_cursor_below(&cursor, PIN_FLAGS_LIMIT);
    ret_ready->pin_tries = get_tries(&cursor);
    ret_ready->pin_pad = kyso_cursor_bool(&cursor);
    ret_ready->always_authenticate = kyso_cursor_bool(&cursor);
    return kyso_trace(kyso_cursor_end(&cursor));
}

int kyso_token_put_login(struct kyso_frame *frame, const struct kyso_token_login *login)
{
    struct kyso_buf *body = &frame->body;

    kyso_buf_put_u32(body, login->result);
    kyso_buf_put_u32(body, login->flags_before);
    kyso_buf_put_u32(body, login->flags_after);
    put_tries(body, login->tries_before);
    put_tries(body, login->tries_after);
    kyso_buf_put(body, login->pin_digest, sizeof(login->pin_digest));
    return kyso_trace(body->error);
}

int kyso_token_get_login(const struct kyso_frame *frame, struct kyso_token_login *ret_login)
{
    struct kyso_cursor cursor = kyso_frame_cursor(frame);

    ret_login->result =
        (enum kyso_token_login_result)kyso_cursor_below(&cursor, KYSO_TOKEN_LOGIN_PIN_REJECTED + 1);
    ret_login->flags_before = kyso_cursor_below(&cursor, PIN_FLAGS_LIMIT);
    ret_login->flags_after = kyso_cursor_below(&cursor, PIN_FLAGS_LIMIT);
    ret_login->tries_before = get_tries(&cursor);
    ret_login->tries_after = get_tries(&cursor);
    kyso_cursor_bytes(&cursor, ret_login->pin_digest, sizeof(ret_login->pin_digest));
    return kyso_trace(kyso_cursor_end(&cursor));
}

int kyso_token_put_digest(struct kyso_frame *frame, const uint8_t digest[32])
{
    kyso_buf_put(&frame->body, digest, 32);
    return kyso_trace(frame->body.error);
}

int kyso_token_get_digest(const struct kyso_frame *frame, uint8_t ret_digest[32])
{
    struct kyso_cursor cursor = kyso_frame_cursor(frame);

    kyso_cursor_bytes(&cursor, ret_digest, 32);
    return kyso_trace(kyso_cursor_end(&cursor));
}

int kyso_token_put_cms(struct kyso_frame *frame, const uint8_t *cms, size_t length)
{
    KYSO_CLOSE int fd = -1;
    int r;

    if (length <= KYSO_TOKEN_CMS_INLINE) {
        kyso_buf_put(&frame->body, cms, length);
        return kyso_trace(frame->body.error);
    }
    r = kyso_memfd_from_bytes("kyso-cms", cms, length, &fd);
    return r == 0 ? kyso_frame_attach(frame, fd) : r;
}

int kyso_token_get_cms(struct kyso_frame *frame, uint8_t **ret_cms, size_t *ret_length)
{
    KYSO_CLOSE int fd = kyso_frame_take_fd(frame, 0);
    KYSO_FREE uint8_t *cms = NULL;
    uint64_t size = frame->body.length;
    int r = 0;

    if (fd >= 0)
        r = kyso_memfd_check(fd, KYSO_TOKEN_CMS_MAX, &size);
    if (r != 0 || size == 0)
        return kyso_trace(r < 0 ? r : -EBADMSG);
    cms = malloc(size);
    if (cms == NULL)
        return kyso_trace(-ENOMEM);
    if (fd >= 0)
        r = kyso_fd_read_at(fd, cms, size, 0);
    else
        memcpy(cms, frame->body.bytes, size);
    if (r < 0)
        return r;
    *ret_cms = KYSO_STEAL(cms);
    *ret_length = size;
    return 0;
}

int kyso_token_get_nothing(const struct kyso_frame *frame)
{
    return kyso_trace(frame->body.length == 0 ? 0 : -EBADMSG);
}

void kyso_token_snapshot_done(struct kyso_token_snapshot *snapshot)
{
    for (size_t i = 0; i < snapshot->n_certificates; i++)
        kyso_token_certificate_done(&snapshot->certificates[i]);
    free(snapshot->certificates);
    free(snapshot->serial);
    free(snapshot->manufacturer);
    free(snapshot->model);
    free(snapshot->label);
    *snapshot = (struct kyso_token_snapshot){0};
}
