/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Makes sample pictures: `seal-picture OUT.png` a round red seal, `seal-picture OUT.png signature`
 * a handwritten signature in blue ink. Both are transparent around the ink. */

#include <math.h>
#include <pango/pangocairo.h>
#include <stdio.h>
#include <string.h>

#define SIDE 600.0

/* One letter after the other around the origin, from angle FROM to angle TO off the vertical;
 * above it for a positive RADIUS, below it and still upright for a negative one. */
static void text_on_circle(cairo_t *cr, const char *text, double radius, double from, double to)
{
    PangoLayout *layout = pango_cairo_create_layout(cr);
    PangoFontDescription *font = pango_font_description_from_string("Liberation Serif Bold");
    long letters = g_utf8_strlen(text, -1);

    pango_font_description_set_absolute_size(font, 50 * PANGO_SCALE);
    pango_layout_set_font_description(layout, font);
    for (long i = 0; i < letters; i++) {
        const char *letter = g_utf8_offset_to_pointer(text, i);
        double angle = letters > 1 ? from + (to - from) * (double)i / (double)(letters - 1) : from;
        int width, height;

        pango_layout_set_text(layout, letter, g_utf8_skip[(unsigned char)*letter]);
        pango_layout_get_pixel_size(layout, &width, &height);
        cairo_save(cr);
        cairo_rotate(cr, angle);
        cairo_move_to(cr, -width / 2.0, -radius - height / 2.0);
        pango_cairo_show_layout(cr, layout);
        cairo_restore(cr);
    }
    pango_font_description_free(font);
    g_object_unref(layout);
}

static void star(cairo_t *cr, double radius)
{
    for (int i = 0; i < 10; i++) {
        double angle = i * G_PI / 5, reach = i % 2 == 0 ? radius : radius * 0.382;

        cairo_line_to(cr, reach * sin(angle), -reach * cos(angle));
    }
    cairo_close_path(cr);
    cairo_fill(cr);
}

static void draw_seal(cairo_t *cr)
{
    cairo_set_source_rgb(cr, 0.82, 0.06, 0.10);
    cairo_translate(cr, SIDE / 2, SIDE / 2);
    cairo_set_line_width(cr, 12);
    cairo_arc(cr, 0, 0, SIDE * 0.48, 0, 2 * G_PI);
    cairo_stroke(cr);
    cairo_set_line_width(cr, 5);
    cairo_arc(cr, 0, 0, SIDE * 0.45, 0, 2 * G_PI);
    cairo_stroke(cr);
    cairo_arc(cr, 0, 0, SIDE * 0.31, 0, 2 * G_PI);
    cairo_stroke(cr);
    text_on_circle(cr, "ỦY BAN NHÂN DÂN", SIDE * 0.38, -1.35, 1.35);
    text_on_circle(cr, "HUYỆN MẪU", -SIDE * 0.38, 0.75, -0.75);
    cairo_new_path(cr);
    star(cr, SIDE * 0.17);
}

static void draw_signature(cairo_t *cr)
{
    cairo_set_source_rgb(cr, 0.07, 0.16, 0.62);
    cairo_set_line_cap(cr, CAIRO_LINE_CAP_ROUND);
    cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
    cairo_set_line_width(cr, 7);
    cairo_move_to(cr, 60, 210);
    cairo_curve_to(cr, 110, 40, 170, 20, 150, 130);
    cairo_curve_to(cr, 130, 250, 90, 260, 120, 180);
    cairo_curve_to(cr, 160, 90, 215, 110, 205, 170);
    cairo_curve_to(cr, 195, 225, 240, 205, 262, 150);
    cairo_curve_to(cr, 280, 105, 300, 130, 288, 175);
    cairo_curve_to(cr, 282, 215, 330, 190, 350, 140);
    cairo_curve_to(cr, 372, 90, 400, 60, 392, 120);
    cairo_curve_to(cr, 380, 210, 420, 215, 520, 95);
    cairo_stroke(cr);
    cairo_set_line_width(cr, 4);
    cairo_move_to(cr, 80, 262);
    cairo_curve_to(cr, 220, 215, 380, 235, 545, 205);
    cairo_stroke(cr);
}

int main(int argc, char **argv)
{
    int signature = argc == 3 && strcmp(argv[2], "signature") == 0;
    cairo_surface_t *picture;
    cairo_status_t status;
    cairo_t *cr;

    if (argc != 2 && !signature) {
        (void)fprintf(stderr, "usage: %s OUT.png [signature]\n", argv[0]);
        return 2;
    }
    picture =
        cairo_image_surface_create(CAIRO_FORMAT_ARGB32, (int)SIDE, signature ? 300 : (int)SIDE);
    cr = cairo_create(picture);
    if (signature)
        draw_signature(cr);
    else
        draw_seal(cr);
    cairo_destroy(cr);
    status = cairo_surface_write_to_png(picture, argv[1]);
    cairo_surface_destroy(picture);
    if (status != CAIRO_STATUS_SUCCESS) {
        (void)fprintf(stderr, "%s: %s\n", argv[1], cairo_status_to_string(status));
        return 1;
    }
    return 0;
}
