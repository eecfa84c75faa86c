/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "document/forms/type.h"

#include <math.h>

#include "document/fonts.h"

static double points(int units)
{
    return (double)units / PANGO_SCALE;
}

static int units(double points)
{
    return (int)lround(points * PANGO_SCALE);
}

static void set_font(PangoLayout *layout, enum kyso_sheet_look look, double size)
{
    PangoFontDescription *font = pango_font_description_new();
    bool bold = look == KYSO_SHEET_BOLD || look == KYSO_SHEET_BOLD_ITALIC;
    bool italic = look == KYSO_SHEET_ITALIC || look == KYSO_SHEET_BOLD_ITALIC;

    pango_font_description_set_family_static(font, KYSO_FONT_TEXT ", " KYSO_FONT_BOXES);
    pango_font_description_set_weight(font, bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
    pango_font_description_set_style(font, italic ? PANGO_STYLE_ITALIC : PANGO_STYLE_NORMAL);
    pango_font_description_set_absolute_size(font, size * PANGO_SCALE);
    pango_layout_set_font_description(layout, font);
    pango_font_description_free(font);
}

void kyso_type_set(PangoLayout *layout, const struct kyso_type *type)
{
    static const PangoAlignment ALIGNMENTS[] = {
        [KYSO_SHEET_JUSTIFY] = PANGO_ALIGN_LEFT,
        [KYSO_SHEET_LEFT] = PANGO_ALIGN_LEFT,
        [KYSO_SHEET_CENTER] = PANGO_ALIGN_CENTER,
        [KYSO_SHEET_RIGHT] = PANGO_ALIGN_RIGHT,
    };

    set_font(layout, type->look, type->size);
    pango_layout_set_width(layout, type->width > 0 ? units(type->width) : -1);
    pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR);
    pango_layout_set_alignment(layout, ALIGNMENTS[type->align]);
    pango_layout_set_justify(layout, type->align == KYSO_SHEET_JUSTIFY);
    pango_layout_set_indent(layout, units(type->indent));
    pango_layout_set_spacing(layout, units(type->leading));
    pango_layout_set_text(layout, type->text, -1);
}

double kyso_type_width(PangoLayout *layout, const char *text, enum kyso_sheet_look look,
                       double size)
{
    const struct kyso_type type = {.text = text, .look = look, .size = size};
    PangoRectangle logical;

    kyso_type_set(layout, &type);
    pango_layout_get_extents(layout, NULL, &logical);
    return points(logical.width);
}

double kyso_type_height(PangoLayout *layout)
{
    PangoRectangle logical;

    pango_layout_get_extents(layout, NULL, &logical);
    return points(logical.height);
}

GArray *kyso_type_lines(PangoLayout *layout)
{
    GArray *lines = g_array_new(FALSE, TRUE, sizeof(struct kyso_type_line));
    PangoLayoutIter *iter = pango_layout_get_iter(layout);

    do {
        struct kyso_type_line line = {.line = pango_layout_iter_get_line_readonly(iter)};
        PangoRectangle logical;
        int top, bottom;

        pango_layout_iter_get_line_extents(iter, NULL, &logical);
        pango_layout_iter_get_line_yrange(iter, &top, &bottom);
        line.x = points(logical.x);
        line.width = points(logical.width);
        line.height = points(bottom - top);
        line.baseline = points(pango_layout_iter_get_baseline(iter) - top);
        g_array_append_val(lines, line);
    } while (pango_layout_iter_next_line(iter));
    pango_layout_iter_free(iter);
    return lines;
}
