/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DOCUMENT_FORMS_WORK_H
#define KYSO_DOCUMENT_FORMS_WORK_H

/* What kyso-draw does with a KYSO_FORM_REQUEST. */

#include "common/wire.h"
#include "document/forms/fill.h"
#include "document/forms/remote.h"

/* Fills the form and sets it in FORMAT, with FORM and VALUES as bytes. Fonts for PDF and ODT must
 * be loaded. */
int kyso_form_make(const struct kyso_form_input *input, enum kyso_form_format format,
                   struct kyso_buf *ret_file,
                   char ret_detail[KYSO_FORM_DETAIL_MAX]) KYSO_MUST_CHECK;

/* The same for FRAME, which is KYSO_FORM_REQUEST: loads the fonts, reads the files, and leaves what
 * was set in a sealed memory file. */
int kyso_form_work(struct kyso_frame *frame, int *ret_file,
                   char ret_detail[KYSO_FORM_DETAIL_MAX]) KYSO_MUST_CHECK;

#endif
