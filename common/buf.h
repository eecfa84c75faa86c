/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_COMMON_BUF_H
#define KYSO_COMMON_BUF_H

/* A growing byte buffer with a hard maximum, and a cursor that reads bytes with bounds. Both keep
 * the first failure (sticky), so that callers put or get a row of fields and check once. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/macros.h"

struct kyso_buf {
    uint8_t *bytes; /* owned; always followed by a NUL once anything was put */
    size_t length;
    size_t capacity;
    size_t maximum; /* 0: KYSO_BUF_MAX_DEFAULT */
    int error;      /* first failure: -ENOMEM or -EMSGSIZE */
};

#define KYSO_BUF_MAX_DEFAULT ((size_t)1 << 30)

void kyso_buf_done(struct kyso_buf *buf); /* frees the bytes; buf may be used again */
#define KYSO_BUF KYSO_CLEANUP(kyso_buf_done)

/* Makes room for EXTRA bytes after the end; null after a failure. */
uint8_t *kyso_buf_reserve(struct kyso_buf *buf, size_t extra);
void kyso_buf_put(struct kyso_buf *buf, const void *bytes, size_t length);
void kyso_buf_printf(struct kyso_buf *buf, const char *format, ...) KYSO_PRINTF(2, 3);
/* Hands the bytes over (NUL-terminated), leaving BUF empty. Null after a failure or when empty. */
char *kyso_buf_take_string(struct kyso_buf *buf);

/* Integers are little-endian; blobs and strings carry a 32-bit length in front. A null string is
 * put as empty. */
void kyso_buf_put_u8(struct kyso_buf *buf, uint8_t value);
void kyso_buf_put_u16(struct kyso_buf *buf, uint16_t value);
void kyso_buf_put_u32(struct kyso_buf *buf, uint32_t value);
void kyso_buf_put_u64(struct kyso_buf *buf, uint64_t value);
void kyso_buf_put_blob(struct kyso_buf *buf, const void *bytes, size_t length);
void kyso_buf_put_string(struct kyso_buf *buf, const char *text);

struct kyso_cursor {
    const uint8_t *next;
    const uint8_t *end;
    int error; /* -EBADMSG at the first read past the end, -ENOMEM */
};

struct kyso_cursor kyso_cursor(const void *bytes, size_t length);
uint8_t kyso_cursor_u8(struct kyso_cursor *cursor);
bool kyso_cursor_bool(struct kyso_cursor *cursor); /* a byte; anything but 0 and 1 is -EBADMSG */
uint16_t kyso_cursor_u16(struct kyso_cursor *cursor);
uint32_t kyso_cursor_u32(struct kyso_cursor *cursor);
uint64_t kyso_cursor_u64(struct kyso_cursor *cursor);
/* A number that must be below LIMIT: enums and counts. */
uint32_t kyso_cursor_below(struct kyso_cursor *cursor, uint32_t limit);
/* Borrows a blob; length 0 gives a non-null pointer unless the cursor has failed. */
const uint8_t *kyso_cursor_blob(struct kyso_cursor *cursor, size_t *ret_length);
/* Copies exactly LENGTH bytes (no length in front). */
void kyso_cursor_bytes(struct kyso_cursor *cursor, void *to, size_t length);
/* A malloced, NUL-terminated copy; refuses NUL inside and anything that is not UTF-8. */
char *kyso_cursor_string(struct kyso_cursor *cursor);
/* 0 when everything was read and nothing failed; -EBADMSG or -ENOMEM otherwise. */
int kyso_cursor_end(const struct kyso_cursor *cursor) KYSO_MUST_CHECK;

#endif
