/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DOCUMENT_FORMS_LINE_H
#define KYSO_DOCUMENT_FORMS_LINE_H

/* Where the fields of a line stand: several beside each other while they fit, a long one alone and
 * wrapped, a dotted leader where there is no value. PDF and ODT set the same plan. Used in
 * kyso-draw. */

#include <pango/pango.h>

#include "document/forms/sheet.h"

struct kyso_line_piece {
    const char *text; /* label and value */
    double x;
    double leader_from, leader_to; /* equal: no leader */
    const char *after;             /* behind the leader; null: nothing */
    double after_x;
};

struct kyso_line_row {
    GArray *pieces; /* struct kyso_line_piece; none: the leader goes from end to end */
    bool wrapped;   /* its one piece is longer than the line */
};

struct kyso_line_plan {
    GArray *rows; /* struct kyso_line_row */
    GPtrArray *texts;
};

/* WIDTH and SIZE in points; LAYOUT is for measuring. */
struct kyso_line_plan *kyso_line_plan_new(PangoLayout *layout, GPtrArray *entries, double width,
                                          double size);
struct kyso_line_plan *kyso_line_plan_free(struct kyso_line_plan *plan);

#endif
