/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_CMS_PROTOCOL_H
#define KYSO_CMS_PROTOCOL_H

/* The frames between kysod and kyso-cms. Numbers as of common/buf.h.
 *
 * CHECK     body: u64 time, bool anchors, bool intermediates, u32 n, n × 3 u64 (hole start, hole
 *           end, range end). Descriptors: document, then anchors and intermediates when said.
 * DESCRIBE  body: u64 time, bool anchors, bool intermediates, u32 n. Descriptors: a memfd of n
 *           blobs, then anchors and intermediates when said.
 * FINDINGS, DESCRIPTIONS  body: u32 n. Descriptor: a sealed memfd of n findings or results, for 256
 *           of them with their certificates are larger than a frame. */

#include <stddef.h>
#include <stdint.h>

#include "cms/remote.h"
#include "common/buf.h"
#include "common/macros.h"
#include "common/wire.h"

enum kyso_cms_frame {
    KYSO_CMS_CHECK = 1,
    KYSO_CMS_DESCRIBE = 2,
    KYSO_CMS_FINDINGS = 3,
    KYSO_CMS_DESCRIPTIONS = 4,
};

#define KYSO_CMS_ANSWER_MAX ((size_t)64 * 1024 * 1024)
#define KYSO_CMS_PROGRAM "kyso-cms"

/* What both questions share. The descriptors are the frame's. */
struct kyso_cms_request {
    uint64_t time;
    int subject;                /* the document, or the certificates */
    int anchors, intermediates; /* -1: none */
    uint32_t n;
};

/* Begins a request: body up to N, and all descriptors. */
int kyso_cms_put_request(struct kyso_frame *frame, enum kyso_cms_frame type,
                         const struct kyso_cms_request *request) KYSO_MUST_CHECK;
/* Reads the same; CURSOR then stands after N. -EBADMSG. */
int kyso_cms_get_request(const struct kyso_frame *frame, uint32_t maximum,
                         struct kyso_cursor *cursor,
                         struct kyso_cms_request *ret_request) KYSO_MUST_CHECK;

void kyso_cms_put_finding(struct kyso_buf *buf, const struct kyso_cms_finding *finding);
/* To be released also when the cursor has failed. */
void kyso_cms_get_finding(struct kyso_cursor *cursor, struct kyso_cms_finding *finding);
void kyso_cms_put_result(struct kyso_buf *buf, const struct kyso_certificate_result *result);
void kyso_cms_get_result(struct kyso_cursor *cursor, struct kyso_certificate_result *result);

/* The whole content of FD, malloced, at most MAXIMUM bytes; -1 gives nothing. -EMSGSIZE. */
int kyso_cms_read_whole(int fd, size_t maximum, uint8_t **ret_bytes,
                        size_t *ret_length) KYSO_MUST_CHECK;

#endif
