/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "document/appearance.h"

#include <cairo-pdf.h>
#include <errno.h>
#include <math.h>
#include <pango/pangocairo.h>
#include <string.h>

#include "common/error.h"
#include "common/outcome.h"
#include "document/drawable.h"
#include "document/fonts.h"
#include "document/picture.h"

#define FONT_LARGEST 10.0
#define FONT_SMALLEST 4.0 /* below that nobody reads it on paper */
#define FONT_STEP 0.25
#define MARGIN 2.0
#define GAP 5.0           /* between picture and text */
#define PICTURE_LEAST 8.0 /* points: a smaller picture is a smudge */
#define LEFT_SHARE 0.40   /* of the width, at most, for a picture on the left */
#define BELOW_SHARE 0.45  /* of the height, at most, for text below a picture */
#define WRAP_GAIN 1.6     /* lines are broken only where that lets the letters grow so much */
/* Bytes of the page, for which details of the picture are given up: with the 32 KiB for the
 * signature itself a file then grows by no more than 60 kB. */
#define SIZE_GOAL ((size_t)28 * 1000)

struct area {
    double x, y, width, height;
};

static void set_size(PangoLayout *layout, double size)
{
    PangoFontDescription *font = pango_font_description_new();

    pango_font_description_set_family_static(font, KYSO_FONT_TEXT);
    pango_font_description_set_absolute_size(font, size * PANGO_SCALE);
    pango_layout_set_font_description(layout, font);
    pango_font_description_free(font);
    /* What continues a broken line stands a little further in. */
    pango_layout_set_indent(layout, -(int)(size * PANGO_SCALE));
}

/* The lines as one normalised text: Liberation Serif has the composed letters U+1EA0 to U+1EF9, and
 * stacking marks on the fly looks worse. */
static int join_lines(const struct kyso_appearance *appearance, char **ret_text,
                      const char **ret_detail)
{
    KYSO_BUF struct kyso_buf text = {0};

    *ret_detail = "too-much-text";
    if (appearance->n_lines > KYSO_APPEARANCE_LINES_MAX)
        return KYSO_OUTCOME_BAD_ARGUMENT;
    for (size_t i = 0; i < appearance->n_lines; i++) {
        char *composed;

        if (strlen(appearance->lines[i]) > KYSO_APPEARANCE_LINE_MAX)
            return KYSO_OUTCOME_BAD_ARGUMENT;
        composed = g_utf8_normalize(appearance->lines[i], -1, G_NORMALIZE_NFC);
        if (composed == NULL || !kyso_drawable(composed)) {
            g_free(composed);
            *ret_detail = "missing-glyph";
            return KYSO_OUTCOME_BAD_ARGUMENT;
        }
        kyso_buf_printf(&text, "%s%s", i > 0 ? "\n" : "", composed);
        g_free(composed);
    }
    kyso_buf_put(&text, "", 0);
    *ret_text = kyso_buf_take_string(&text);
    return *ret_text != NULL ? 0 : kyso_trace(-ENOMEM);
}

static bool fits(PangoLayout *layout, double size, bool wrap, double width, double height)
{
    PangoRectangle logical;

    set_size(layout, size);
    pango_layout_set_width(layout, wrap ? (int)(width * PANGO_SCALE) : -1);
    pango_layout_get_extents(layout, NULL, &logical);
    return logical.width <= width * PANGO_SCALE && logical.height <= height * PANGO_SCALE;
}

/* The largest size at which the text fits; 0 when none does. */
static double largest(PangoLayout *layout, bool wrap, double width, double height)
{
    for (double size = FONT_LARGEST; size >= FONT_SMALLEST; size -= FONT_STEP)
        if (fits(layout, size, wrap, width, height))
            return size;
    return 0;
}

/* Leaves LAYOUT as it is to be shown and gives its height. */
static int fit_text(PangoLayout *layout, double width, double height, double *ret_height,
                    const char **ret_detail)
{
    double whole = largest(layout, false, width, height);
    double broken = whole < FONT_LARGEST ? largest(layout, true, width, height) : 0;
    bool wrap = broken > whole * WRAP_GAIN;
    PangoRectangle logical;

    *ret_detail = "box-too-small";
    if (width <= 0 || height <= 0 || fmax(whole, broken) <= 0)
        return KYSO_OUTCOME_BAD_ARGUMENT;
    set_size(layout, wrap ? broken : whole);
    /* A given width in both cases, so that centred lines are centred in the box. */
    pango_layout_set_width(layout, (int)ceil(width * PANGO_SCALE));
    pango_layout_get_extents(layout, NULL, &logical);
    *ret_height = (double)logical.height / PANGO_SCALE;
    return 0;
}

/* Where the picture, keeping its shape, stands in the middle of AREA. */
static struct area place(cairo_surface_t *picture, const struct area *area)
{
    double width = cairo_image_surface_get_width(picture);
    double height = cairo_image_surface_get_height(picture);
    double scale = fmin(area->width / width, area->height / height);

    return (struct area){area->x + (area->width - width * scale) / 2,
                         area->y + (area->height - height * scale) / 2, width * scale,
                         height * scale};
}

/* Divides the box; *RET_PICTURE and *RET_TEXT have no width when there is nothing to show. */
static int divide(const struct kyso_appearance *appearance, cairo_surface_t *picture,
                  PangoLayout *layout, struct area *ret_picture, struct area *ret_text,
                  const char **ret_detail)
{
    struct area all = {MARGIN, MARGIN, appearance->width - 2 * MARGIN,
                       appearance->height - 2 * MARGIN};
    struct area for_picture = all, for_text = all;
    double text_height;
    int r = 0;

    *ret_detail = "box-too-small";
    if (all.width <= 0 || all.height <= 0)
        return KYSO_OUTCOME_BAD_ARGUMENT;
    if (picture != NULL && layout != NULL && appearance->picture_left) {
        for_picture.width = all.width * LEFT_SHARE;
        for_picture.width = place(picture, &for_picture).width;
        for_text.x += for_picture.width + GAP;
        for_text.width -= for_picture.width + GAP;
    }
    if (layout != NULL) {
        bool below = picture != NULL && !appearance->picture_left;

        pango_layout_set_alignment(layout, below ? PANGO_ALIGN_CENTER : PANGO_ALIGN_LEFT);
        r = fit_text(layout, for_text.width, all.height * (below ? BELOW_SHARE : 1), &text_height,
                     ret_detail);
        if (r != 0)
            return r;
        for_text.y += below ? all.height - text_height : (all.height - text_height) / 2;
        if (below)
            for_picture.height -= text_height + MARGIN;
    }
    if (picture != NULL) {
        for_picture = place(picture, &for_picture);
        if (fmax(for_picture.width, for_picture.height) < PICTURE_LEAST)
            return KYSO_OUTCOME_BAD_ARGUMENT;
    }
    *ret_picture = for_picture;
    *ret_text = for_text;
    return 0;
}

static cairo_status_t write_some(void *closure, const unsigned char *bytes, unsigned int length)
{
    struct kyso_buf *pdf = closure;

    kyso_buf_put(pdf, bytes, length);
    return pdf->error == 0 ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

static int show_picture(cairo_t *cr, cairo_surface_t *picture, const struct area *area, double dpi)
{
    KYSO_SURFACE cairo_surface_t *reduced = NULL;
    int r = kyso_picture_reduce(picture, fmax(1, area->width * dpi / 72),
                                fmax(1, area->height * dpi / 72), &reduced);

    if (r < 0)
        return r;
    kyso_picture_coarsen(reduced);
    cairo_save(cr);
    cairo_translate(cr, area->x, area->y);
    cairo_scale(cr, area->width / cairo_image_surface_get_width(reduced),
                area->height / cairo_image_surface_get_height(reduced));
    cairo_set_source_surface(cr, reduced, 0, 0);
    cairo_paint(cr);
    cairo_restore(cr);
    return 0;
}

/* One try at the whole page with the picture at DPI. */
static int draw_page(const struct kyso_appearance *appearance, cairo_surface_t *picture,
                     const char *text, double dpi, struct kyso_buf *pdf, const char **ret_detail)
{
    KYSO_SURFACE cairo_surface_t *page =
        cairo_pdf_surface_create_for_stream(write_some, pdf, appearance->width, appearance->height);
    cairo_t *cr = cairo_create(page);
    PangoLayout *layout = *text != '\0' ? kyso_fonts_new_layout(cr, false) : NULL;
    struct area picture_area = {0}, text_area = {0};
    int r = 0;

    cairo_pdf_surface_set_metadata(page, CAIRO_PDF_METADATA_CREATE_DATE, "2000-01-01T00:00:00Z");
    if (layout != NULL) {
        pango_layout_set_text(layout, text, -1);
        set_size(layout, FONT_LARGEST);
        if (pango_layout_get_unknown_glyphs_count(layout) != 0) {
            *ret_detail = "missing-glyph";
            r = KYSO_OUTCOME_BAD_ARGUMENT;
        }
    }
    if (r == 0)
        r = divide(appearance, picture, layout, &picture_area, &text_area, ret_detail);
    if (r == 0 && picture != NULL)
        r = show_picture(cr, picture, &picture_area, dpi);
    if (r == 0 && layout != NULL) {
        cairo_move_to(cr, text_area.x, text_area.y);
        pango_cairo_show_layout(cr, layout);
    }
    if (layout != NULL)
        g_object_unref(layout);
    cairo_show_page(cr);
    cairo_destroy(cr);
    cairo_surface_finish(page);
    if (r == 0 && cairo_surface_status(page) != CAIRO_STATUS_SUCCESS)
        r = kyso_trace(-EIO);
    return r;
}

int kyso_appearance_draw(const struct kyso_appearance *appearance, struct kyso_buf *ret_pdf,
                         const char **ret_detail)
{
    static const double DPI[] = {180, 150, 120, 90};
    KYSO_SURFACE cairo_surface_t *picture = NULL;
    KYSO_FREE char *text = NULL;
    int r;

    *ret_detail = "box-too-small";
    if (!(appearance->width > 0 && appearance->height > 0 &&
          appearance->width <= KYSO_APPEARANCE_SIDE_MAX &&
          appearance->height <= KYSO_APPEARANCE_SIDE_MAX))
        return KYSO_OUTCOME_BAD_ARGUMENT;
    r = join_lines(appearance, &text, ret_detail);
    if (r == 0 && appearance->picture != NULL)
        r = kyso_picture_read(appearance->picture, appearance->picture_length, &picture,
                              ret_detail);
    for (size_t i = 0; r == 0 && i < KYSO_ARRAY_LEN(DPI); i++) {
        kyso_buf_done(ret_pdf);
        r = draw_page(appearance, picture, text, DPI[i], ret_pdf, ret_detail);
        if (picture == NULL || ret_pdf->length <= SIZE_GOAL)
            break;
    }
    return r;
}
