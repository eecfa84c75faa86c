/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DOCUMENT_FORMS_STYLE_H
#define KYSO_DOCUMENT_FORMS_STYLE_H

/* How a form prints one value: dates, capitals, numbers in words. Names as in kyso-form(5). Used in
 * kyso-draw. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/macros.h"

enum kyso_form_style {
    KYSO_FORM_STYLE_TEXT,
    KYSO_FORM_STYLE_CAPITALS,
    KYSO_FORM_STYLE_DATE,
    KYSO_FORM_STYLE_DATE_WORDS,
    KYSO_FORM_STYLE_DAY,
    KYSO_FORM_STYLE_MONTH,
    KYSO_FORM_STYLE_YEAR,
    KYSO_FORM_STYLE_YEAR_2,
    KYSO_FORM_STYLE_HOUR,
    KYSO_FORM_STYLE_MINUTE,
    KYSO_FORM_STYLE_NUMBER,
    KYSO_FORM_STYLE_NUMBER_2,
    KYSO_FORM_STYLE_WORDS,
    KYSO_FORM_STYLE_MAX
};

/* False when there is no style of that name (LENGTH bytes). */
bool kyso_form_style_find(const char *name, size_t length, enum kyso_form_style *ret_style);

/* VALUE (UTF-8) as STYLE prints it, in NFC, without blanks at its ends; to be g_free'd. Null with
 * *RET_WORD bad-date or bad-number when VALUE is nothing of the kind. Empty for an empty value, and
 * for hour and minute of a date that has none. */
char *kyso_form_style_print(enum kyso_form_style style, const char *value, const char **ret_word);

/* What stands in running text where there is no value: dots, or words with dots. */
const char *kyso_form_style_blank(enum kyso_form_style style);

#endif
