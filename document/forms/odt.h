/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DOCUMENT_FORMS_ODT_H
#define KYSO_DOCUMENT_FORMS_ODT_H

/* A sheet set as OpenDocument text (ODF 1.2), for whoever has to change it before it is printed:
 * the same content, type and margins as the PDF. Same sheet, same bytes. Used in kyso-draw after
 * kyso_fonts_load(true), for fields of a line stand where their widths put them. */

#include "common/buf.h"
#include "common/macros.h"
#include "document/forms/sheet.h"

/* -EMSGSIZE when larger than RET_ODT may grow. */
int kyso_sheet_set_odt(const struct kyso_sheet *sheet, struct kyso_buf *ret_odt) KYSO_MUST_CHECK;

#endif
