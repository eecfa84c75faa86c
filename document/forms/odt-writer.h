/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DOCUMENT_FORMS_ODT_WRITER_H
#define KYSO_DOCUMENT_FORMS_ODT_WRITER_H

/* The pieces of an OpenDocument text: paragraphs and cells with the styles they need, each style
 * written once. Everything that is not ours is escaped. Used in kyso-draw: odt.c (the form) and
 * odt-table.c. Lengths are points. */

#include <glib.h>
#include <pango/pango.h>
#include <stdbool.h>

#include "document/forms/line.h"
#include "document/forms/sheet.h"

struct kyso_odt {
    const struct kyso_sheet *sheet;
    PangoLayout *layout; /* for measuring */
    GString *body, *styles;
    GHashTable *names; /* of the styles that are written, by what they say */
    double inner;      /* width of the text */
    unsigned int tables;
};

struct kyso_odt_paragraph {
    enum kyso_sheet_look look; /* not KYSO_SHEET_OWN */
    double size;
    enum kyso_sheet_align align;
    double indent, above, below; /* of the first line; before and after the paragraph */
    bool with_next;              /* stays on the page of the next one */
};

/* Name of the style of FAMILY ("paragraph", "table-cell" ...) with PROPERTIES (XML). */
const char *kyso_odt_style(struct kyso_odt *odt, const char *family, const char *properties);

/* TEXT escaped, blanks kept. */
void kyso_odt_text(GString *into, const char *text);
void kyso_odt_paragraph(struct kyso_odt *odt, const struct kyso_odt_paragraph *look,
                        const char *text);
/* A rule of WIDTH in the middle of a column of COLUMN. */
void kyso_odt_rule(struct kyso_odt *odt, double column, double width);
/* One row of a planned line. */
void kyso_odt_row(struct kyso_odt *odt, const struct kyso_line_row *row);

/* A table of N columns with these widths, which a caller fills and ends with "</table:table>". */
void kyso_odt_open_table(struct kyso_odt *odt, const double *widths, size_t n);
void kyso_odt_table(struct kyso_odt *odt, const struct kyso_sheet_table *table);

#endif
