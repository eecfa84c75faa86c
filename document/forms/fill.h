/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DOCUMENT_FORMS_FILL_H
#define KYSO_DOCUMENT_FORMS_FILL_H

/* A form as data (kyso-form(5)) and values made a sheet. Used in kyso-draw. */

#include <stddef.h>

#include "common/macros.h"
#include "document/forms/sheet.h"

#define KYSO_FORM_ROWS_MAX 1000
#define KYSO_FORM_KEYS_MAX 500             /* of the values and of one row */
#define KYSO_FORM_VALUE_MAX ((size_t)4096) /* bytes of one value */
#define KYSO_FORM_DETAIL_MAX 256

struct kyso_form_input {
    const char *form, *values; /* JSON */
    size_t form_length, values_length;
};

/* KYSO_OUTCOME_BAD_ARGUMENT with "bad-form WORD PLACE" or "bad-values WORD PLACE" in RET_DETAIL. */
int kyso_form_fill(const struct kyso_form_input *input, struct kyso_sheet **ret_sheet,
                   char ret_detail[KYSO_FORM_DETAIL_MAX]) KYSO_MUST_CHECK;

#endif
