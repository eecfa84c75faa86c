/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DOCUMENT_APPEARANCE_H
#define KYSO_DOCUMENT_APPEARANCE_H

/* Draws what a reader sees of a signature: a one-page PDF of exactly the box's size with an
 * optional picture and lines of Vietnamese text. Same request, same bytes. Used in kyso-draw only,
 * after kyso_fonts_load().
 * Lengths are points (1/72 inch). */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/macros.h"

#define KYSO_APPEARANCE_SIDE_MAX 14400.0 /* points, the largest page of PDF 1.7 */
#define KYSO_APPEARANCE_LINES_MAX 32U
#define KYSO_APPEARANCE_LINE_MAX 512U /* bytes of one line */

struct kyso_appearance {
    double width, height;
    const uint8_t *picture; /* PNG; null: none */
    size_t picture_length;
    bool picture_left;        /* picture left and text right; otherwise picture above, text below */
    const char *const *lines; /* UTF-8, NFC or NFD: both give the same page */
    size_t n_lines;
};

/* Puts the PDF into *RET_PDF. KYSO_OUTCOME_BAD_ARGUMENT with *RET_DETAIL (static storage)
 * "bad-picture", "picture-too-large", "missing-glyph" (also for control and bidi characters, which
 * would make the text read otherwise than it is), "box-too-small" or "too-much-text". */
int kyso_appearance_draw(const struct kyso_appearance *appearance, struct kyso_buf *ret_pdf,
                         const char **ret_detail) KYSO_MUST_CHECK;

#endif
