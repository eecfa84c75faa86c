/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cms/der.h"

#include <string.h>

#define DEPTH_MAX 32
#define CONSTRUCTED 0x20

void kyso_der_put(struct kyso_buf *buf, uint8_t tag, const void *bytes, size_t length)
{
    kyso_buf_put_u8(buf, tag);
    if (length < 0x80) {
        kyso_buf_put_u8(buf, (uint8_t)length);
    } else {
        unsigned int width = 1;

        while (width < sizeof(length) && length >> (8 * width) != 0)
            width++;
        kyso_buf_put_u8(buf, (uint8_t)(0x80 | width));
        while (width-- > 0)
            kyso_buf_put_u8(buf, (uint8_t)(length >> (8 * width)));
    }
    kyso_buf_put(buf, bytes, length);
}

void kyso_der_wrap(struct kyso_buf *buf, uint8_t tag, struct kyso_buf *content)
{
    if (content->error != 0 && buf->error == 0)
        buf->error = content->error;
    kyso_der_put(buf, tag, content->bytes, content->length);
    kyso_buf_done(content);
}

/* Octet strings compare with zero octets appended to the shorter, so a prefix comes first. */
static int compare(const void *left, const void *right)
{
    const struct kyso_der_item *a = left, *b = right;
    int order = memcmp(a->bytes, b->bytes, a->length < b->length ? a->length : b->length);

    if (order != 0)
        return order;
    return (a->length > b->length) - (a->length < b->length);
}

void kyso_der_put_set(struct kyso_buf *buf, uint8_t tag, struct kyso_der_item *items, size_t n)
{
    struct kyso_buf content = {0};

    qsort(items, n, sizeof(*items), compare);
    for (size_t i = 0; i < n; i++)
        kyso_buf_put(&content, items[i].bytes, items[i].length);
    kyso_der_wrap(buf, tag, &content);
}

bool kyso_der_read(const uint8_t *bytes, size_t length, struct kyso_der_item *ret_item)
{
    struct kyso_der_item item = {.bytes = bytes};
    size_t header = 2;

    if (length < 2 || (bytes[0] & 0x1f) == 0x1f || bytes[1] == 0x80)
        return false;
    item.tag = bytes[0];
    item.content_length = bytes[1];
    if (bytes[1] > 0x80) {
        size_t width = bytes[1] & 0x7fu;

        if (width > 4 || length < 2 + width || bytes[2] == 0)
            return false;
        item.content_length = 0;
        for (size_t i = 0; i < width; i++)
            item.content_length = item.content_length << 8 | bytes[2 + i];
        if (item.content_length < 0x80)
            return false;
        header += width;
    }
    if (item.content_length > length - header)
        return false;
    item.content = bytes + header;
    item.length = header + item.content_length;
    *ret_item = item;
    return true;
}

static bool strict_row(const uint8_t *bytes, size_t length, int depth)
{
    if (depth > DEPTH_MAX)
        return false;
    while (length > 0) {
        struct kyso_der_item item;

        if (!kyso_der_read(bytes, length, &item))
            return false;
        if ((item.tag & CONSTRUCTED) != 0 &&
            !strict_row(item.content, item.content_length, depth + 1))
            return false;
        bytes += item.length;
        length -= item.length;
    }
    return true;
}

bool kyso_der_is_strict(const uint8_t *bytes, size_t length)
{
    struct kyso_der_item item;

    return kyso_der_read(bytes, length, &item) && item.length == length &&
           strict_row(bytes, length, 0);
}
