/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DOCUMENT_SHADOW_H
#define KYSO_DOCUMENT_SHADOW_H

/* Goes over every object once. Without signatures: what could change the look of the file after
 * it is signed (scripts, hidden layers, pages that nothing shows, two definitions of one number).
 * With signatures: only whether every object is sound. */

#include "document/signatures.h"

struct kyso_pdf_scan {
    struct kyso_pdf_problem problem; /* the first; rule 0: none */
    uint32_t revision;               /* where it was found */
    uint32_t highest_reference;
};

/* SIGNATURES: those that fields show. A signature that no field shows any more is a finding. */
int kyso_pdf_scan(struct kyso_pdf_file *file, const struct kyso_pdf_signatures *signatures,
                  struct kyso_pdf_scan *ret_scan) KYSO_MUST_CHECK;

#endif
