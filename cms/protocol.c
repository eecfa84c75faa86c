/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cms/protocol.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "common/error.h"
#include "common/memfd.h"

void kyso_certificate_info_done(struct kyso_certificate_info *info)
{
    free(info->der);
    free(info->subject);
    free(info->issuer);
    free(info->common_name);
    free(info->organisation);
    free(info->title);
    free(info->email);
    free(info->serial);
    *info = (struct kyso_certificate_info){0};
}

void kyso_cms_finding_done(struct kyso_cms_finding *finding)
{
    free(finding->integrity_reason);
    free(finding->chain_reason);
    free(finding->digest);
    kyso_certificate_info_done(&finding->signer);
    *finding = (struct kyso_cms_finding){0};
}

void kyso_certificate_result_done(struct kyso_certificate_result *result)
{
    kyso_certificate_info_done(&result->info);
    free(result->chain_reason);
    for (size_t i = 0; i < KYSO_CHAIN_MAX; i++)
        free(result->path[i]);
    *result = (struct kyso_certificate_result){0};
}

int kyso_cms_put_request(struct kyso_frame *frame, enum kyso_cms_frame type,
                         const struct kyso_cms_request *request)
{
    int r;

    kyso_frame_init(frame, (uint16_t)type);
    kyso_buf_put_u64(&frame->body, request->time);
    kyso_buf_put_u8(&frame->body, request->anchors >= 0);
    kyso_buf_put_u8(&frame->body, request->intermediates >= 0);
    kyso_buf_put_u32(&frame->body, request->n);
    r = kyso_frame_attach(frame, request->subject);
    if (r == 0 && request->anchors >= 0)
        r = kyso_frame_attach(frame, request->anchors);
    if (r == 0 && request->intermediates >= 0)
        r = kyso_frame_attach(frame, request->intermediates);
    return r;
}

int kyso_cms_get_request(const struct kyso_frame *frame, uint32_t maximum,
                         struct kyso_cursor *cursor, struct kyso_cms_request *ret_request)
{
    struct kyso_cms_request request = {.anchors = -1, .intermediates = -1};
    bool anchors, intermediates;
    size_t at = 1;

    request.time = kyso_cursor_u64(cursor);
    anchors = kyso_cursor_bool(cursor);
    intermediates = kyso_cursor_bool(cursor);
    request.n = kyso_cursor_below(cursor, maximum + 1);
    if (cursor->error != 0)
        return kyso_trace(cursor->error);
    if (request.n == 0 || frame->n_fds != 1u + anchors + intermediates)
        return kyso_trace(-EBADMSG);
    request.subject = frame->fds[0];
    if (anchors)
        request.anchors = frame->fds[at++];
    if (intermediates)
        request.intermediates = frame->fds[at];
    *ret_request = request;
    return 0;
}

static void put_info(struct kyso_buf *buf, const struct kyso_certificate_info *info)
{
    kyso_buf_put_blob(buf, info->der, info->der_length);
    kyso_buf_put(buf, info->sha256, sizeof(info->sha256));
    kyso_buf_put(buf, info->spki_sha256, sizeof(info->spki_sha256));
    kyso_buf_put_string(buf, info->subject);
    kyso_buf_put_string(buf, info->issuer);
    kyso_buf_put_string(buf, info->common_name);
    kyso_buf_put_string(buf, info->organisation);
    kyso_buf_put_string(buf, info->title);
    kyso_buf_put_string(buf, info->email);
    kyso_buf_put_string(buf, info->serial);
    kyso_buf_put_u64(buf, info->not_before);
    kyso_buf_put_u64(buf, info->not_after);
    kyso_buf_put_u8(buf, info->has_key_usage);
    kyso_buf_put_u32(buf, info->key_usage);
    kyso_buf_put_u8(buf, info->has_extended_usage);
    kyso_buf_put_u8(buf, info->extended_usage_signs);
    kyso_buf_put_u8(buf, info->is_ca);
    kyso_buf_put_u8(buf, info->unknown_critical);
    kyso_buf_put_u8(buf, info->key_rsa);
    kyso_buf_put_u8(buf, info->key_ec);
    kyso_buf_put_u32(buf, info->key_bits);
}

static uint8_t *get_der(struct kyso_cursor *cursor, size_t *ret_length)
{
    size_t length = 0;
    const uint8_t *bytes = kyso_cursor_blob(cursor, &length);
    uint8_t *copy;

    if (cursor->error == 0 && (length == 0 || length > KYSO_CERTIFICATE_MAX))
        cursor->error = -EBADMSG;
    if (cursor->error != 0)
        return NULL;
    copy = malloc(length);
    if (copy == NULL) {
        cursor->error = -ENOMEM;
        return NULL;
    }
    memcpy(copy, bytes, length);
    *ret_length = length;
    return copy;
}

static void get_info(struct kyso_cursor *cursor, struct kyso_certificate_info *info)
{
    info->der = get_der(cursor, &info->der_length);
    kyso_cursor_bytes(cursor, info->sha256, sizeof(info->sha256));
    kyso_cursor_bytes(cursor, info->spki_sha256, sizeof(info->spki_sha256));
    info->subject = kyso_cursor_string(cursor);
    info->issuer = kyso_cursor_string(cursor);
    info->common_name = kyso_cursor_string(cursor);
    info->organisation = kyso_cursor_string(cursor);
    info->title = kyso_cursor_string(cursor);
    info->email = kyso_cursor_string(cursor);
    info->serial = kyso_cursor_string(cursor);
    info->not_before = kyso_cursor_u64(cursor);
    info->not_after = kyso_cursor_u64(cursor);
    info->has_key_usage = kyso_cursor_bool(cursor);
    info->key_usage = kyso_cursor_u32(cursor);
    info->has_extended_usage = kyso_cursor_bool(cursor);
    info->extended_usage_signs = kyso_cursor_bool(cursor);
    info->is_ca = kyso_cursor_bool(cursor);
    info->unknown_critical = kyso_cursor_bool(cursor);
    info->key_rsa = kyso_cursor_bool(cursor);
    info->key_ec = kyso_cursor_bool(cursor);
    info->key_bits = kyso_cursor_u32(cursor);
}

static enum kyso_finding get_verdict(struct kyso_cursor *cursor)
{
    return (enum kyso_finding)kyso_cursor_below(cursor, KYSO_FINDING_UNDETERMINED + 1);
}

void kyso_cms_put_finding(struct kyso_buf *buf, const struct kyso_cms_finding *finding)
{
    kyso_buf_put_u32(buf, finding->integrity);
    kyso_buf_put_string(buf, finding->integrity_reason);
    kyso_buf_put_u32(buf, finding->chain);
    kyso_buf_put_string(buf, finding->chain_reason);
    kyso_buf_put_u8(buf, finding->has_signing_certificate);
    kyso_buf_put_u8(buf, finding->has_signing_time);
    kyso_buf_put_u64(buf, finding->signing_time);
    kyso_buf_put_u8(buf, finding->has_timestamp);
    kyso_buf_put_string(buf, finding->digest);
    kyso_buf_put_u8(buf, finding->not_der);
    kyso_buf_put_u8(buf, finding->weak);
    kyso_buf_put_u8(buf, finding->has_signer);
    if (finding->has_signer)
        put_info(buf, &finding->signer);
}

void kyso_cms_get_finding(struct kyso_cursor *cursor, struct kyso_cms_finding *finding)
{
    finding->integrity = get_verdict(cursor);
    finding->integrity_reason = kyso_cursor_string(cursor);
    finding->chain = get_verdict(cursor);
    finding->chain_reason = kyso_cursor_string(cursor);
    finding->has_signing_certificate = kyso_cursor_bool(cursor);
    finding->has_signing_time = kyso_cursor_bool(cursor);
    finding->signing_time = kyso_cursor_u64(cursor);
    finding->has_timestamp = kyso_cursor_bool(cursor);
    finding->digest = kyso_cursor_string(cursor);
    finding->not_der = kyso_cursor_bool(cursor);
    finding->weak = kyso_cursor_bool(cursor);
    finding->has_signer = kyso_cursor_bool(cursor);
    if (finding->has_signer)
        get_info(cursor, &finding->signer);
}

void kyso_cms_put_result(struct kyso_buf *buf, const struct kyso_certificate_result *result)
{
    kyso_buf_put_u8(buf, result->readable);
    kyso_buf_put_u32(buf, result->chain);
    kyso_buf_put_string(buf, result->chain_reason);
    if (result->readable)
        put_info(buf, &result->info);
    kyso_buf_put_u32(buf, (uint32_t)result->n_path);
    for (size_t i = 0; i < result->n_path; i++)
        kyso_buf_put_blob(buf, result->path[i], result->path_length[i]);
}

void kyso_cms_get_result(struct kyso_cursor *cursor, struct kyso_certificate_result *result)
{
    result->readable = kyso_cursor_bool(cursor);
    result->chain = get_verdict(cursor);
    result->chain_reason = kyso_cursor_string(cursor);
    if (result->readable)
        get_info(cursor, &result->info);
    result->n_path = kyso_cursor_below(cursor, KYSO_CHAIN_MAX + 1);
    for (size_t i = 0; i < result->n_path; i++)
        result->path[i] = get_der(cursor, &result->path_length[i]);
}

int kyso_cms_read_whole(int fd, size_t maximum, uint8_t **ret_bytes, size_t *ret_length)
{
    KYSO_FREE uint8_t *bytes = NULL;
    struct stat status;
    int r;

    if (fd < 0) {
        *ret_bytes = NULL;
        *ret_length = 0;
        return 0;
    }
    if (fstat(fd, &status) < 0)
        return kyso_trace_errno();
    if (!S_ISREG(status.st_mode))
        return kyso_trace(-EBADMSG);
    if ((uint64_t)status.st_size > maximum)
        return kyso_trace(-EMSGSIZE);
    bytes = malloc((size_t)status.st_size + 1);
    if (bytes == NULL)
        return kyso_trace(-ENOMEM);
    r = kyso_fd_read_at(fd, bytes, (size_t)status.st_size, 0);
    if (r < 0)
        return r;
    *ret_bytes = KYSO_STEAL(bytes);
    *ret_length = (size_t)status.st_size;
    return 0;
}
