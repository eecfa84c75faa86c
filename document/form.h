/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DOCUMENT_FORM_H
#define KYSO_DOCUMENT_FORM_H

/* The interactive form's fields (ISO 32000-1 12.7): every full name, and the signature fields. */

#include "document/pages.h"

struct kyso_pdf_form_field {
    const char *name; /* full, UTF-8; in FILE's arena */
    uint32_t number;  /* 0: a direct object */
    uint32_t widget;  /* its only widget (itself or its kid); 0: none or several */
    bool signature;   /* /FT /Sig */
    const struct kyso_pdf_object *value;       /* /V as written; null: empty */
    const struct kyso_pdf_object *dict;        /* the field */
    const struct kyso_pdf_object *widget_dict; /* null: none */
};

struct kyso_pdf_form {
    const struct kyso_pdf_object *acroform; /* null: none */
    uint32_t number;                        /* of the AcroForm; 0: direct in the catalog, or none */
    struct kyso_pdf_form_field *fields;     /* those that have a name, parents before kids */
    size_t n;
    size_t n_signed;
};

/* Refuses (KYSO_PDF_LIMITS) more than KYSO_PDF_SIGNATURES_MAX signed fields. */
int kyso_pdf_read_form(struct kyso_pdf_file *file, uint32_t revision,
                       struct kyso_pdf_form *ret_form) KYSO_MUST_CHECK;

const struct kyso_pdf_form_field *kyso_pdf_form_find(const struct kyso_pdf_form *form,
                                                     const char *name);

#endif
