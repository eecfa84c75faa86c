/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DOCUMENT_PAGES_H
#define KYSO_DOCUMENT_PAGES_H

/* The page tree (ISO 32000-1 7.7.3), with inherited boxes and rotation worked out, and the way from
 * what a viewer shows to the page's own coordinates. */

#include "document/pdf-file.h"
#include "document/remote.h"

/* Square points of the largest box that the regulations know, 80 x 40 mm, and a little for
 * rounding: what is added to a signed page must not cover more. */
#define KYSO_PDF_AREA_MAX (80.0 / 25.4 * 72.0 * 40.0 / 25.4 * 72.0 * 1.01)

struct kyso_pdf_rect { /* user space units, x0 <= x1, y0 <= y1 */
    double x0, y0, x1, y1;
};

struct kyso_pdf_page {
    uint32_t number;           /* 0: a direct object, which cannot be overwritten */
    uint32_t rotate;           /* 0, 90, 180, 270: clockwise when shown */
    double user_unit;          /* user space units are this many points */
    struct kyso_pdf_rect crop; /* CropBox within MediaBox */
};

struct kyso_pdf_pages {
    struct kyso_pdf_page *pages; /* in FILE's arena */
    size_t n;
};

/* Walks the tree of REVISION. KYSO_PDF_PAGES when it is malformed. */
int kyso_pdf_read_pages(struct kyso_pdf_file *file, uint32_t revision,
                        struct kyso_pdf_pages *ret_pages) KYSO_MUST_CHECK;

/* The catalog at REVISION. */
int kyso_pdf_catalog(struct kyso_pdf_file *file, struct kyso_arena *arena, uint32_t revision,
                     const struct kyso_pdf_object **ret_catalog) KYSO_MUST_CHECK;

/* Four numbers, references followed, corners put in order; false when it is no rectangle. */
bool kyso_pdf_to_rect(struct kyso_pdf_file *file, uint32_t revision,
                      const struct kyso_pdf_object *object, struct kyso_pdf_rect *ret_rect);

/* A box as shown to user space; false when it is empty or leaves the page. */
bool kyso_pdf_box_to_rect(const struct kyso_pdf_page *page, const struct kyso_pdf_box *box,
                          struct kyso_pdf_rect *ret_rect);
struct kyso_pdf_box kyso_pdf_rect_to_box(const struct kyso_pdf_page *page,
                                         const struct kyso_pdf_rect *rect);

/* 1-based number of the page that is object NUMBER; 0: none. */
uint32_t kyso_pdf_page_of(const struct kyso_pdf_pages *pages, uint32_t number);

#endif
