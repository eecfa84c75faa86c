/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DOCUMENT_FORMS_PAGE_H
#define KYSO_DOCUMENT_FORMS_PAGE_H

/* The pages of a PDF, filled from top to bottom. Everything is set twice: first without ink, to
 * know how many pages there are. Lengths are points; y grows downwards. Used in kyso-draw: pdf.c
 * (the form) and pdf-table.c. */

#include <cairo.h>
#include <pango/pango.h>
#include <stdbool.h>
#include <stddef.h>

#include "document/forms/sheet.h"
#include "document/forms/type.h"

#define KYSO_MM (72.0 / 25.4)

#define KYSO_PAGE_TOP (20 * KYSO_MM)
#define KYSO_PAGE_BOTTOM (20 * KYSO_MM)
#define KYSO_PAGE_LEFT (30 * KYSO_MM)
#define KYSO_PAGE_RIGHT (15 * KYSO_MM)
#define KYSO_PAGE_SHORT (210 * KYSO_MM) /* A4 */
#define KYSO_PAGE_LONG (297 * KYSO_MM)

#define KYSO_SIZE_TEXT 13.0
#define KYSO_SIZE_HEAD 12.0
#define KYSO_SIZE_SMALL 11.0 /* notes, recipients */
#define KYSO_SIZE_FOOT 8.0
#define KYSO_LEADING 2.5
#define KYSO_GAP 5.0 /* between blocks */

#define KYSO_PAGE_INDENT (10 * KYSO_MM)
#define KYSO_PAGE_AGENCY_SHARE 0.453 /* of the width, for the left side of a heading */
#define KYSO_PAGE_AGENCY_RULE 0.4   /* of its line's width, for the rule beneath */
#define KYSO_PAGE_PEN_ROOM 72.0     /* below a signature block */
#define KYSO_PAGE_BLANK_ROW 20.0    /* height of a table's row for the pen */

struct kyso_page {
    const struct kyso_sheet *sheet;
    cairo_t *cr;
    PangoLayout *layout;  /* for a block */
    PangoLayout *scratch; /* for single words and for measuring */
    bool ink;
    double width, height, bottom;
    double y;
    bool fresh; /* nothing on this page yet */
    unsigned int number, pages;
};

/* Ends this page with its foot. */
void kyso_page_end(struct kyso_page *page);
void kyso_page_next(struct kyso_page *page);
/* Whether HEIGHT more fits; true on a fresh page, where nothing is won by another one. */
bool kyso_page_has_room(const struct kyso_page *page, double height);
/* The next page when HEIGHT does not fit. */
void kyso_page_need(struct kyso_page *page, double height);

static inline double kyso_page_inner(const struct kyso_page *page)
{
    return page->width - KYSO_PAGE_LEFT - KYSO_PAGE_RIGHT;
}

/* One line with its left end at X and its top at Y. */
void kyso_page_line(struct kyso_page *page, const struct kyso_type_line *line, double x, double y);
/* A text without a break at X, its baseline at Y. */
void kyso_page_words(struct kyso_page *page, const char *text, enum kyso_sheet_look look,
                     double size, double x, double y);
/* A dotted leader and a rule, both at height Y. */
void kyso_page_leader(struct kyso_page *page, double from, double to, double y);
void kyso_page_rule(struct kyso_page *page, double from, double to, double y);
void kyso_page_box(struct kyso_page *page, double x, double y, double width, double height);

/* TYPE at X from the page's y on, over as many pages as it takes. */
void kyso_page_flow(struct kyso_page *page, const struct kyso_type *type, double x);

/* Size of a table's type. */
double kyso_page_table_size(size_t columns, bool landscape);
/* The table at the page's y; its head is repeated on every page. */
void kyso_page_table(struct kyso_page *page, const struct kyso_sheet_table *table);

#endif
