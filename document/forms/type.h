/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DOCUMENT_FORMS_TYPE_H
#define KYSO_DOCUMENT_FORMS_TYPE_H

/* Type for forms: a text with its look, size and width, and the lines it makes. Lengths are points
 * (1/72 inch). Used in kyso-draw after kyso_fonts_load(). */

#include <pango/pango.h>
#include <stdbool.h>

#include "document/forms/sheet.h"

struct kyso_type {
    const char *text;
    enum kyso_sheet_look look; /* not KYSO_SHEET_OWN */
    double size;
    double width; /* lines are broken there; 0: never */
    enum kyso_sheet_align align;
    double indent;  /* of the first line */
    double leading; /* added between lines */
};

/* Puts TYPE into LAYOUT, which may be used again for the next text. */
void kyso_type_set(PangoLayout *layout, const struct kyso_type *type);

double kyso_type_width(PangoLayout *layout, const char *text, enum kyso_sheet_look look,
                       double size);
double kyso_type_height(PangoLayout *layout);

struct kyso_type_line {
    PangoLayoutLine *line; /* lent by the layout until it is set again */
    double x;              /* of its beginning */
    double height;         /* leading included */
    double baseline;       /* below its top */
    double width;
};

/* The lines of LAYOUT, in an array of struct kyso_type_line to be unref'd. */
GArray *kyso_type_lines(PangoLayout *layout);

#endif
