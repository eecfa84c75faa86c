/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DOCUMENT_SIGNATURES_H
#define KYSO_DOCUMENT_SIGNATURES_H

/* The signatures of a file and whether each one's own structure is sound. */

#include "document/form.h"

struct kyso_pdf_lock { /* what one signature forbids to change (FieldMDP, 12.8.2.4) */
    bool all;
    bool exclude;                        /* NAMES are those left free */
    const struct kyso_pdf_object *names; /* array of strings; null with ALL */
};

struct kyso_pdf_signed {
    const struct kyso_pdf_form_field *field;
    uint32_t number; /* of the signature dictionary; 0: direct */
    uint32_t revision;
    uint32_t page; /* 1-based; 0: none */
    struct kyso_pdf_object dict;
    uint64_t hole_start, hole_end, range_end;
    bool timestamp;
    uint32_t docmdp; /* 0: none */
    bool has_lock;
    struct kyso_pdf_lock lock;
    struct kyso_pdf_problem flaw;
    struct kyso_pdf_problem later;
};

struct kyso_pdf_signatures {
    struct kyso_pdf_signed *all; /* in FILE's arena, in the order of their revisions */
    size_t n;
};

/* Looks at each signed field of FORM (read at the newest revision). */
int kyso_pdf_read_signatures(struct kyso_pdf_file *file, const struct kyso_pdf_form *form,
                             struct kyso_pdf_signatures *ret_signatures) KYSO_MUST_CHECK;

bool kyso_pdf_lock_covers(const struct kyso_pdf_lock *lock, const char *name);

#endif
