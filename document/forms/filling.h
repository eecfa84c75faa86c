/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DOCUMENT_FORMS_FILLING_H
#define KYSO_DOCUMENT_FORMS_FILLING_H

/* What the parts of kyso_form_fill() share: fill.c (the whole form), fill-body.c (blocks and
 * tables), fill-value.c (keys, placeholders, what is known of each value). */

#include "document/forms/fill.h"
#include "document/forms/reader.h"
#include "document/forms/style.h"

#define KYSO_FORM_LABEL_MAX ((size_t)1024) /* bytes */
#define KYSO_FORM_TEXT_MAX ((size_t)8192)
#define KYSO_FORM_LINES_MAX 64 /* of a heading, title, note */
#define KYSO_FORM_BLOCKS_MAX 500
#define KYSO_FORM_COLUMNS_MAX 32
#define KYSO_FORM_FIELDS_MAX 16 /* of one line */
#define KYSO_FORM_CHOICES_MAX 64

/* Where a value is looked for. */
enum kyso_filling_scope {
    KYSO_FILLING_FORM, /* the form's values */
    KYSO_FILLING_EACH, /* the row's, then the form's */
    KYSO_FILLING_CELL, /* the row's only: a row must not show what belongs to another */
};

struct kyso_filling {
    struct kyso_form_reader form_reader, values_reader;
    struct json_object *form;   /* merged */
    struct json_object *fields; /* of the form; null: none */
    struct json_object *values; /* null: none */
    struct json_object *rows;   /* null: none */
    struct kyso_sheet *sheet;
    GHashTable *seen; /* facts that are noted already */
    enum kyso_filling_scope scope;
    size_t row; /* from 1, in a row */
    bool takes_rows;
};

struct kyso_filling_field {
    const char *label, *key, *value, *source, *after, *domain;
    enum kyso_form_style style;
    bool optional;
    struct json_object *boxes, *choices; /* null: none */
};

static inline size_t kyso_filling_rows(const struct kyso_filling *filling)
{
    return filling->rows != NULL ? json_object_array_length(filling->rows) : 0;
}

/* Checks VALUES (parsed) and takes "values", "rows" and "audit-head" out of it. */
int kyso_filling_take_values(struct kyso_filling *filling,
                             struct json_object *values) KYSO_MUST_CHECK;

/* The members that lines and columns share; which others OBJECT may have, the caller checks. */
int kyso_filling_read_field(struct kyso_filling *filling, struct json_object *object,
                            const char *place,
                            struct kyso_filling_field *ret_field) KYSO_MUST_CHECK;

/* TEMPLATE with its placeholders replaced. *RET_ANY: at least one had a value (or there are none).
 */
int kyso_filling_expand(struct kyso_filling *filling, const char *template, const char *place,
                        const char **ret_text, bool *ret_any) KYSO_MUST_CHECK;

/* What FIELD prints; null when there is no value. */
int kyso_filling_value(struct kyso_filling *filling, const struct kyso_filling_field *field,
                       const char *place, const char **ret_text) KYSO_MUST_CHECK;

/* A line (string, or object with text, style and rule) expanded. */
int kyso_filling_text(struct kyso_filling *filling, struct json_object *line, const char *place,
                      struct kyso_sheet_text *ret_text) KYSO_MUST_CHECK;

/* The list of blocks at PLACE, put at the end of the sheet's. */
int kyso_filling_blocks(struct kyso_filling *filling, struct json_object *blocks,
                        const char *place) KYSO_MUST_CHECK;

#endif
