/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DOCUMENT_FONTS_H
#define KYSO_DOCUMENT_FONTS_H

/* The fonts of kyso-draw: named files and nothing of fontconfig's configuration, so that a page
 * does not depend on the machine's other fonts and rules, and the worker neither reads nor rewrites
 * font caches. */

#include <cairo.h>
#include <pango/pango.h>
#include <stdbool.h>

#include "common/macros.h"

#define KYSO_FONT_TEXT "Liberation Serif" /* as wide as Times New Roman */
#define KYSO_FONT_BOXES "DejaVu Sans"     /* boxes to tick */

/* Opens the fonts, so that nothing a stranger sent was looked at before: the upright one for an
 * appearance; for FORMS the bold and slanted ones and the boxes too. -ENOENT (logged) without one
 * of them. Once per process. */
int kyso_fonts_load(bool forms) KYSO_MUST_CHECK;

/* A layout on CR whose glyphs stand where the size puts them and not where a screen's pixels are.
 * FALLBACK: letters that the first family lacks may come from the others. */
PangoLayout *kyso_fonts_new_layout(cairo_t *cr, bool fallback);

#endif
