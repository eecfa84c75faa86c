/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DOCUMENT_INSPECT_H
#define KYSO_DOCUMENT_INSPECT_H

/* Everything kyso finds out about one file, for the report and for the next update. */

#include "document/signatures.h"

struct kyso_pdf_findings {
    struct kyso_pdf_pages pages;
    struct kyso_pdf_form form;
    struct kyso_pdf_signatures signatures;
    struct kyso_pdf_problem unsignable; /* rule 0: may be signed */
    uint32_t highest_reference;         /* largest object number that anything refers to */
    bool unsigned_tail;
};

/* What a later revision or a shadow check found lives in the signatures and in UNSIGNABLE; only a
 * file that cannot be read at all is KYSO_OUTCOME_BAD_DOCUMENT (with FILE's problem). */
int kyso_pdf_examine(struct kyso_pdf_file *file,
                     struct kyso_pdf_findings *ret_findings) KYSO_MUST_CHECK;

/* The report that goes to kysod, malloced. */
int kyso_pdf_make_report(struct kyso_pdf_file *file, const struct kyso_pdf_findings *findings,
                         struct kyso_pdf_report *ret_report) KYSO_MUST_CHECK;

/* 1-based page that shows FIELD's widget, and its box there; 0 and zeros when none does. */
uint32_t kyso_pdf_place_field(struct kyso_pdf_file *file, const struct kyso_pdf_pages *pages,
                              const struct kyso_pdf_form_field *field,
                              struct kyso_pdf_box *ret_box);

/* Lock or seed value dictionaries that kyso cannot obey (12.7.4.5). */
bool kyso_pdf_field_bound(const struct kyso_pdf_form_field *field);

#endif
