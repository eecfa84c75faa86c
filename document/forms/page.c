/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "document/forms/page.h"

#include <pango/pangocairo.h>
#include <stdio.h>

#define DOT 0.8
#define DOT_STEP 3.0
#define RULE 0.7
#define FOOT_BELOW (9 * KYSO_MM) /* the last line of the text */

static void foot_words(struct kyso_page *page, const char *text, double x)
{
    kyso_page_words(page, text, KYSO_SHEET_REGULAR, KYSO_SIZE_FOOT, x, page->bottom + FOOT_BELOW);
}

void kyso_page_end(struct kyso_page *page)
{
    char text[160];
    double width;

    if (page->sheet->audit_head != NULL) {
        (void)snprintf(text, sizeof(text), "Sổ kiểm tra: %s", page->sheet->audit_head);
        foot_words(page, text, KYSO_PAGE_LEFT);
    }
    if (page->pages > 1) {
        (void)snprintf(text, sizeof(text), "Trang %u/%u", page->number, page->pages);
        width = kyso_type_width(page->scratch, text, KYSO_SHEET_REGULAR, KYSO_SIZE_FOOT);
        foot_words(page, text, page->width - KYSO_PAGE_RIGHT - width);
    }
    if (page->ink)
        cairo_show_page(page->cr);
}

void kyso_page_next(struct kyso_page *page)
{
    kyso_page_end(page);
    page->number++;
    page->y = KYSO_PAGE_TOP;
    page->fresh = true;
}

bool kyso_page_has_room(const struct kyso_page *page, double height)
{
    return page->fresh || page->y + height <= page->bottom;
}

void kyso_page_need(struct kyso_page *page, double height)
{
    if (!kyso_page_has_room(page, height))
        kyso_page_next(page);
}

void kyso_page_line(struct kyso_page *page, const struct kyso_type_line *line, double x, double y)
{
    if (!page->ink)
        return;
    cairo_move_to(page->cr, x + line->x, y + line->baseline);
    pango_cairo_show_layout_line(page->cr, line->line);
}

void kyso_page_words(struct kyso_page *page, const char *text, enum kyso_sheet_look look,
                     double size, double x, double y)
{
    const struct kyso_type type = {.text = text, .look = look, .size = size};

    if (!page->ink || *text == '\0')
        return;
    kyso_type_set(page->scratch, &type);
    cairo_move_to(page->cr, x, y);
    pango_cairo_show_layout_line(page->cr, pango_layout_get_line_readonly(page->scratch, 0));
}

void kyso_page_leader(struct kyso_page *page, double from, double to, double y)
{
    static const double DASHES[] = {0, DOT_STEP};

    if (!page->ink || to <= from)
        return;
    cairo_save(page->cr);
    cairo_set_line_cap(page->cr, CAIRO_LINE_CAP_ROUND);
    cairo_set_line_width(page->cr, DOT);
    cairo_set_dash(page->cr, DASHES, 2, 0);
    cairo_move_to(page->cr, from, y);
    cairo_line_to(page->cr, to, y);
    cairo_stroke(page->cr);
    cairo_restore(page->cr);
}

void kyso_page_rule(struct kyso_page *page, double from, double to, double y)
{
    if (!page->ink)
        return;
    cairo_set_line_width(page->cr, RULE);
    cairo_move_to(page->cr, from, y);
    cairo_line_to(page->cr, to, y);
    cairo_stroke(page->cr);
}

void kyso_page_box(struct kyso_page *page, double x, double y, double width, double height)
{
    if (!page->ink)
        return;
    cairo_set_line_width(page->cr, RULE);
    cairo_rectangle(page->cr, x, y, width, height);
    cairo_stroke(page->cr);
}

void kyso_page_flow(struct kyso_page *page, const struct kyso_type *type, double x)
{
    g_autoptr(GArray) lines = NULL;

    kyso_type_set(page->layout, type);
    lines = kyso_type_lines(page->layout);
    for (guint i = 0; i < lines->len; i++) {
        const struct kyso_type_line *line = &g_array_index(lines, struct kyso_type_line, i);
        bool before_last = i + 2 == lines->len && i > 0;

        /* The last line does not go to the next page alone. */
        kyso_page_need(page, before_last ? 2 * line->height : line->height);
        kyso_page_line(page, line, x, page->y);
        page->y += line->height;
        page->fresh = false;
    }
}
