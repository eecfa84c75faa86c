/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define ZLIB_CONST
#include "document/inflate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "common/outcome.h"

/* Inflates into a malloced buffer that is at most LIMIT bytes long. */
static int inflate_all(const uint8_t *bytes, size_t length, size_t limit, uint8_t **ret_bytes,
                       size_t *ret_length)
{
    size_t capacity = length < limit / 4 ? length * 4 + 256 : limit;
    KYSO_FREE uint8_t *out = malloc(capacity);
    z_stream z = {0};
    size_t produced = 0;
    int r = 0, status = Z_OK;

    if (length > UINT32_MAX)
        return KYSO_OUTCOME_LIMIT;
    if (out == NULL || inflateInit(&z) != Z_OK)
        return -ENOMEM;
    z.next_in = bytes;
    z.avail_in = (uInt)length;
    while (r == 0 && status != Z_STREAM_END) {
        if (produced == capacity) {
            size_t wanted = capacity > limit / 2 ? limit : capacity * 2;
            uint8_t *bigger = wanted > capacity ? realloc(out, wanted) : NULL;

            if (bigger == NULL) {
                r = wanted > capacity ? -ENOMEM : KYSO_OUTCOME_LIMIT;
                break;
            }
            out = bigger;
            capacity = wanted;
        }
        z.next_out = out + produced;
        z.avail_out = (uInt)(capacity - produced);
        status = inflate(&z, Z_NO_FLUSH);
        produced = (size_t)(z.next_out - out);
        if (status != Z_OK && status != Z_STREAM_END)
            r = KYSO_OUTCOME_BAD_DOCUMENT;
    }
    (void)inflateEnd(&z);
    if (r != 0)
        return r;
    *ret_bytes = KYSO_STEAL(out);
    *ret_length = produced;
    return 0;
}

static uint8_t paeth(uint8_t left, uint8_t up, uint8_t corner)
{
    int estimate = left + up - corner;
    int a = abs(estimate - left), b = abs(estimate - up), c = abs(estimate - corner);

    if (a <= b && a <= c)
        return left;
    return b <= c ? up : corner;
}

static bool undo_png_row(uint8_t kind, const uint8_t *in, const uint8_t *above, uint8_t *out,
                         size_t row, size_t pixel)
{
    if (kind > 4)
        return false;
    for (size_t i = 0; i < row; i++) {
        uint8_t left = i >= pixel ? out[i - pixel] : 0;
        uint8_t up = above != NULL ? above[i] : 0;
        uint8_t corner = above != NULL && i >= pixel ? above[i - pixel] : 0;
        unsigned int add = kind == 1   ? left
                           : kind == 2 ? up
                           : kind == 3 ? ((unsigned int)left + up) / 2
                           : kind == 4 ? paeth(left, up, corner)
                                       : 0;

        out[i] = (uint8_t)(in[i] + add);
    }
    return true;
}

static int undo_png(struct kyso_arena *arena, const uint8_t *in, size_t length, size_t row,
                    size_t pixel, const uint8_t **ret_bytes, size_t *ret_length)
{
    size_t rows = length / (row + 1);
    uint8_t *out;

    if (length % (row + 1) != 0)
        return KYSO_OUTCOME_BAD_DOCUMENT;
    out = kyso_arena_take(arena, rows * row);
    if (out == NULL)
        return arena->budget->spent ? KYSO_OUTCOME_LIMIT : -ENOMEM;
    for (size_t i = 0; i < rows; i++) {
        const uint8_t *from = in + i * (row + 1);

        if (!undo_png_row(from[0], from + 1, i > 0 ? out + (i - 1) * row : NULL, out + i * row, row,
                          pixel))
            return KYSO_OUTCOME_BAD_DOCUMENT;
    }
    *ret_bytes = out;
    *ret_length = rows * row;
    return 0;
}

static int undo_tiff(struct kyso_arena *arena, const uint8_t *in, size_t length, size_t row,
                     size_t colors, const uint8_t **ret_bytes, size_t *ret_length)
{
    uint8_t *out = kyso_arena_copy(arena, in, length);

    if (out == NULL)
        return arena->budget->spent ? KYSO_OUTCOME_LIMIT : -ENOMEM;
    for (size_t i = 0; i < length; i++)
        if (i % row >= colors)
            out[i] = (uint8_t)(out[i] + out[i - colors]);
    *ret_bytes = out;
    *ret_length = length;
    return 0;
}

static int undo(struct kyso_arena *arena, const struct kyso_predictor *predictor,
                const uint8_t *bytes, size_t length, const uint8_t **ret_bytes, size_t *ret_length)
{
    uint64_t bits = (uint64_t)predictor->colors * predictor->bits;
    uint64_t row = (bits * predictor->columns + 7) / 8;
    size_t pixel = (size_t)(bits + 7) / 8;

    if (row == 0 || row > KYSO_PDF_INFLATED_MAX)
        return KYSO_OUTCOME_BAD_DOCUMENT;
    if (predictor->kind >= 10)
        return undo_png(arena, bytes, length, (size_t)row, pixel, ret_bytes, ret_length);
    if (predictor->kind == 2 && predictor->bits == 8)
        return undo_tiff(arena, bytes, length, (size_t)row, predictor->colors, ret_bytes,
                         ret_length);
    return KYSO_OUTCOME_BAD_DOCUMENT;
}

int kyso_inflate(struct kyso_arena *arena, const uint8_t *bytes, size_t length,
                 const struct kyso_predictor *predictor, const uint8_t **ret_bytes,
                 size_t *ret_length)
{
    size_t left = arena->budget->left;
    size_t limit = left < KYSO_PDF_INFLATED_MAX ? left : KYSO_PDF_INFLATED_MAX;
    KYSO_FREE uint8_t *out = NULL;
    size_t produced;
    const uint8_t *copy;
    int r = inflate_all(bytes, length, limit, &out, &produced);

    if (r != 0)
        return r;
    if (predictor->kind != 1)
        return undo(arena, predictor, out, produced, ret_bytes, ret_length);
    copy = kyso_arena_copy(arena, out, produced);
    if (copy == NULL)
        return arena->budget->spent ? KYSO_OUTCOME_LIMIT : -ENOMEM;
    *ret_bytes = copy;
    *ret_length = produced;
    return 0;
}

int kyso_deflate(struct kyso_arena *arena, const uint8_t *bytes, size_t length,
                 const uint8_t **ret_bytes, size_t *ret_length)
{
    uLongf room = compressBound(length);
    uint8_t *out = kyso_arena_take(arena, room);

    if (out == NULL || compress2(out, &room, bytes, length, Z_BEST_COMPRESSION) != Z_OK)
        return -ENOMEM;
    *ret_bytes = out;
    *ret_length = room;
    return 0;
}
