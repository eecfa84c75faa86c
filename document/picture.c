/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "document/picture.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "common/error.h"
#include "common/outcome.h"

#define ALPHA_STEP 17U
#define COLOUR_STEP 15U
#define PNG_HEADER 26 /* signature 8, chunk length and type 8, width, height, depth, colour type   \
                       */

struct reader {
    const uint8_t *next, *end;
};

static cairo_status_t read_some(void *closure, unsigned char *to, unsigned int length)
{
    struct reader *reader = closure;

    if ((size_t)(reader->end - reader->next) < length)
        return CAIRO_STATUS_READ_ERROR;
    memcpy(to, reader->next, length);
    reader->next += length;
    return CAIRO_STATUS_SUCCESS;
}

static uint32_t big_endian(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* What the header promises is judged here, because the decoder allocates first. */
static int check_header(const uint8_t *png, size_t length, const char **ret_detail)
{
    static const uint8_t START[16] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n',
                                      0,    0,   0,   13,  'I',  'H',  'D',  'R'};
    uint32_t width, height;

    *ret_detail = "bad-picture";
    if (length < PNG_HEADER || memcmp(png, START, sizeof(START)) != 0)
        return KYSO_OUTCOME_BAD_ARGUMENT;
    width = big_endian(png + 16);
    height = big_endian(png + 20);
    if (width == 0 || height == 0)
        return KYSO_OUTCOME_BAD_ARGUMENT;
    *ret_detail = "picture-too-large";
    if (width > KYSO_PICTURE_SIDE_MAX || height > KYSO_PICTURE_SIDE_MAX ||
        (uint64_t)width * height * 4 > KYSO_PICTURE_DECODED_MAX)
        return KYSO_OUTCOME_BAD_ARGUMENT;
    return 0;
}

int kyso_picture_read(const uint8_t *png, size_t length, cairo_surface_t **ret_picture,
                      const char **ret_detail)
{
    struct reader reader = {png, png + length};
    KYSO_SURFACE cairo_surface_t *picture = NULL;
    cairo_status_t status;
    int r = check_header(png, length, ret_detail);

    if (r != 0)
        return r;
    picture = cairo_image_surface_create_from_png_stream(read_some, &reader);
    status = cairo_surface_status(picture);
    /* cairo 1.16 says "no memory" for damaged data too; for what check_header() lets in there is
     * enough. */
    if (status != CAIRO_STATUS_SUCCESS) {
        *ret_detail = "bad-picture";
        return KYSO_OUTCOME_BAD_ARGUMENT;
    }
    *ret_picture = KYSO_STEAL(picture);
    return 0;
}

int kyso_picture_reduce(cairo_surface_t *picture, double width, double height,
                        cairo_surface_t **ret_reduced)
{
    double from_width = cairo_image_surface_get_width(picture);
    double from_height = cairo_image_surface_get_height(picture);
    double scale = fmin(width / from_width, height / from_height);
    int to_width, to_height;
    KYSO_SURFACE cairo_surface_t *reduced = NULL;
    cairo_t *cr;

    scale = fmin(scale, 1);
    to_width = (int)fmax(1, round(from_width * scale));
    to_height = (int)fmax(1, round(from_height * scale));
    reduced = cairo_image_surface_create(CAIRO_FORMAT_ARGB32, to_width, to_height);
    cr = cairo_create(reduced);
    cairo_scale(cr, to_width / from_width, to_height / from_height);
    cairo_set_operator(cr, CAIRO_OPERATOR_SOURCE);
    cairo_set_source_surface(cr, picture, 0, 0);
    /* Beyond the edge is the edge's own colour, or the rim of an opaque picture would turn
     * transparent. */
    cairo_pattern_set_extend(cairo_get_source(cr), CAIRO_EXTEND_PAD);
    cairo_pattern_set_filter(cairo_get_source(cr), CAIRO_FILTER_GOOD);
    cairo_paint(cr);
    if (cairo_status(cr) != CAIRO_STATUS_SUCCESS) {
        cairo_destroy(cr);
        return kyso_trace(-ENOMEM);
    }
    cairo_destroy(cr);
    cairo_surface_flush(reduced);
    *ret_reduced = KYSO_STEAL(reduced);
    return 0;
}

/* The nearest of the values 0, STEP, 2 STEP ... 255; STEP divides 255. */
static unsigned int nearest(unsigned int value, unsigned int step)
{
    return (value + step / 2) / step * step;
}

static unsigned int coarse_channel(unsigned int value, unsigned int alpha,
                                   unsigned int coarse_alpha)
{
    unsigned int straight = value * 255 / alpha;

    return nearest(straight > 255 ? 255 : straight, COLOUR_STEP) * coarse_alpha / 255;
}

static uint32_t coarse_pixel(uint32_t pixel)
{
    unsigned int alpha = pixel >> 24, coarse = nearest(alpha, ALPHA_STEP);

    if (coarse == 0)
        return 0;
    return coarse << 24 | coarse_channel(pixel >> 16 & 0xff, alpha, coarse) << 16 |
           coarse_channel(pixel >> 8 & 0xff, alpha, coarse) << 8 |
           coarse_channel(pixel & 0xff, alpha, coarse);
}

void kyso_picture_coarsen(cairo_surface_t *picture)
{
    int width = cairo_image_surface_get_width(picture);
    int height = cairo_image_surface_get_height(picture);
    int stride = cairo_image_surface_get_stride(picture);
    unsigned char *row = cairo_image_surface_get_data(picture);

    for (int y = 0; y < height; y++, row += stride)
        for (int x = 0; x < width; x++) {
            uint32_t pixel;

            memcpy(&pixel, row + 4 * (size_t)x, sizeof(pixel));
            pixel = coarse_pixel(pixel);
            memcpy(row + 4 * (size_t)x, &pixel, sizeof(pixel));
        }
    cairo_surface_mark_dirty(picture);
}
