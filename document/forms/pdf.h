/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DOCUMENT_FORMS_PDF_H
#define KYSO_DOCUMENT_FORMS_PDF_H

/* A sheet set as PDF: A4, the margins and type of Vietnamese official letters, fonts embedded. Same
 * sheet, same bytes. Used in kyso-draw after kyso_fonts_load(true). */

#include "common/buf.h"
#include "common/macros.h"
#include "document/forms/fill.h"
#include "document/forms/sheet.h"

/* KYSO_OUTCOME_BAD_ARGUMENT with "missing-glyph KEY" (or "missing-glyph", in the form's own text)
 * for a letter that no font of ours has; KYSO_OUTCOME_LIMIT when larger than RET_PDF may grow. */
int kyso_sheet_set_pdf(const struct kyso_sheet *sheet, struct kyso_buf *ret_pdf,
                       char ret_detail[KYSO_FORM_DETAIL_MAX]) KYSO_MUST_CHECK;

/* How many pages that makes. */
unsigned int kyso_sheet_count_pages(const struct kyso_sheet *sheet);

#endif
