/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DOCUMENT_FORMS_TELL_H
#define KYSO_DOCUMENT_FORMS_TELL_H

/* A sheet for programs: everything there is to know before printing (JSON, kyso-form(5)), and its
 * table for a spreadsheet (CSV). Used in kyso-draw. */

#include "common/buf.h"
#include "common/macros.h"
#include "document/forms/sheet.h"

/* -ENOMEM, -EMSGSIZE when larger than RET_JSON may grow. */
int kyso_sheet_tell_json(const struct kyso_sheet *sheet, struct kyso_buf *ret_json) KYSO_MUST_CHECK;

/* RFC 4180 in UTF-8 with a byte order mark. The head row has the printed labels; a form without a
 * table gives one row of its values. A cell that a spreadsheet would take for a formula gets an
 * apostrophe in front. */
int kyso_sheet_tell_csv(const struct kyso_sheet *sheet, struct kyso_buf *ret_csv) KYSO_MUST_CHECK;

#endif
