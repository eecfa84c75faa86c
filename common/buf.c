/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/buf.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/text.h"

void kyso_buf_done(struct kyso_buf *buf)
{
    free(buf->bytes);
    buf->bytes = NULL;
    buf->length = 0;
    buf->capacity = 0;
    buf->error = 0;
}

uint8_t *kyso_buf_reserve(struct kyso_buf *buf, size_t extra)
{
    size_t maximum = buf->maximum != 0 ? buf->maximum : KYSO_BUF_MAX_DEFAULT;
    size_t needed, capacity;
    uint8_t *grown;

    if (buf->error != 0)
        return NULL;
    if (extra > maximum || buf->length > maximum - extra) {
        buf->error = -EMSGSIZE;
        return NULL;
    }
    needed = buf->length + extra + 1; /* the closing NUL */
    if (needed > buf->capacity) {
        capacity = buf->capacity < 128 ? 128 : buf->capacity;
        while (capacity < needed)
            capacity *= 2;
        grown = realloc(buf->bytes, capacity);
        if (grown == NULL) {
            buf->error = -ENOMEM;
            return NULL;
        }
        buf->bytes = grown;
        buf->capacity = capacity;
    }
    return buf->bytes + buf->length;
}

void kyso_buf_put(struct kyso_buf *buf, const void *bytes, size_t length)
{
    uint8_t *to = kyso_buf_reserve(buf, length);

    if (to == NULL)
        return;
    if (length != 0)
        memcpy(to, bytes, length);
    buf->length += length;
    buf->bytes[buf->length] = 0;
}

void kyso_buf_printf(struct kyso_buf *buf, const char *format, ...)
{
    va_list args;
    int n;
    uint8_t *to;

    va_start(args, format);
    n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (n < 0) {
        if (buf->error == 0)
            buf->error = -EINVAL;
        return;
    }
    to = kyso_buf_reserve(buf, (size_t)n);
    if (to == NULL)
        return;
    va_start(args, format);
    (void)vsnprintf((char *)to, (size_t)n + 1, format, args);
    va_end(args);
    buf->length += (size_t)n;
}

char *kyso_buf_take_string(struct kyso_buf *buf)
{
    char *taken;

    if (buf->error != 0 || buf->bytes == NULL)
        return NULL;
    taken = (char *)buf->bytes;
    buf->bytes = NULL;
    kyso_buf_done(buf);
    return taken;
}

static void put_number(struct kyso_buf *buf, uint64_t value, size_t width)
{
    uint8_t bytes[8];

    for (size_t i = 0; i < width; i++)
        bytes[i] = (uint8_t)(value >> (8 * i));
    kyso_buf_put(buf, bytes, width);
}

void kyso_buf_put_u8(struct kyso_buf *buf, uint8_t value)
{
    put_number(buf, value, 1);
}

void kyso_buf_put_u16(struct kyso_buf *buf, uint16_t value)
{
    put_number(buf, value, 2);
}

void kyso_buf_put_u32(struct kyso_buf *buf, uint32_t value)
{
    put_number(buf, value, 4);
}

void kyso_buf_put_u64(struct kyso_buf *buf, uint64_t value)
{
    put_number(buf, value, 8);
}

void kyso_buf_put_blob(struct kyso_buf *buf, const void *bytes, size_t length)
{
    if (length > UINT32_MAX) {
        if (buf->error == 0)
            buf->error = -EMSGSIZE;
        return;
    }
    kyso_buf_put_u32(buf, (uint32_t)length);
    kyso_buf_put(buf, bytes, length);
}

void kyso_buf_put_string(struct kyso_buf *buf, const char *text)
{
    kyso_buf_put_blob(buf, text, text != NULL ? strlen(text) : 0);
}

struct kyso_cursor kyso_cursor(const void *bytes, size_t length)
{
    struct kyso_cursor cursor = {.next = bytes};

    cursor.end = cursor.next != NULL ? cursor.next + length : NULL;
    return cursor;
}

static const uint8_t *take(struct kyso_cursor *cursor, size_t length)
{
    const uint8_t *taken = cursor->next;

    if (cursor->error != 0)
        return NULL;
    if (taken == NULL || (size_t)(cursor->end - taken) < length) {
        cursor->error = -EBADMSG;
        return NULL;
    }
    cursor->next += length;
    return taken;
}

static uint64_t take_number(struct kyso_cursor *cursor, size_t width)
{
    const uint8_t *bytes = take(cursor, width);
    uint64_t value = 0;

    for (size_t i = 0; bytes != NULL && i < width; i++)
        value |= (uint64_t)bytes[i] << (8 * i);
    return value;
}

uint8_t kyso_cursor_u8(struct kyso_cursor *cursor)
{
    return (uint8_t)take_number(cursor, 1);
}

bool kyso_cursor_bool(struct kyso_cursor *cursor)
{
    uint8_t value = kyso_cursor_u8(cursor);

    if (value > 1 && cursor->error == 0)
        cursor->error = -EBADMSG;
    return value == 1;
}

uint16_t kyso_cursor_u16(struct kyso_cursor *cursor)
{
    return (uint16_t)take_number(cursor, 2);
}

uint32_t kyso_cursor_u32(struct kyso_cursor *cursor)
{
    return (uint32_t)take_number(cursor, 4);
}

uint64_t kyso_cursor_u64(struct kyso_cursor *cursor)
{
    return take_number(cursor, 8);
}

uint32_t kyso_cursor_below(struct kyso_cursor *cursor, uint32_t limit)
{
    uint32_t value = kyso_cursor_u32(cursor);

    if (value >= limit) {
        if (cursor->error == 0)
            cursor->error = -EBADMSG;
        return 0;
    }
    return value;
}

const uint8_t *kyso_cursor_blob(struct kyso_cursor *cursor, size_t *ret_length)
{
    size_t length = kyso_cursor_u32(cursor);
    const uint8_t *bytes = take(cursor, length);

    *ret_length = bytes != NULL ? length : 0;
    return bytes;
}

void kyso_cursor_bytes(struct kyso_cursor *cursor, void *to, size_t length)
{
    const uint8_t *bytes = take(cursor, length);

    if (bytes != NULL)
        memcpy(to, bytes, length);
    else
        memset(to, 0, length);
}

char *kyso_cursor_string(struct kyso_cursor *cursor)
{
    size_t length;
    const uint8_t *bytes = kyso_cursor_blob(cursor, &length);
    char *text;

    if (bytes == NULL)
        return NULL;
    if (memchr(bytes, '\0', length) != NULL || !kyso_text_is_utf8(bytes, length)) {
        cursor->error = -EBADMSG;
        return NULL;
    }
    text = strndup((const char *)bytes, length);
    if (text == NULL)
        cursor->error = -ENOMEM;
    return text;
}

int kyso_cursor_end(const struct kyso_cursor *cursor)
{
    if (cursor->error != 0)
        return cursor->error;
    return cursor->next == cursor->end ? 0 : -EBADMSG;
}
