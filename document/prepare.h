/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DOCUMENT_PREPARE_H
#define KYSO_DOCUMENT_PREPARE_H

/* Makes the update that appends one signature whose hole is still empty. */

#include "document/inspect.h"

struct kyso_pdf_made {
    struct kyso_buf bytes;                    /* to append */
    uint64_t hole_start, hole_end, range_end; /* in the resulting file */
    char *field;                              /* malloced */
};

/* APPEARANCE: the opened drawing, or null; REQUEST's descriptor is not looked at. Refusals leave
 * their rule in FILE's problem. */
int kyso_pdf_make_update(struct kyso_pdf_file *file, const struct kyso_pdf_findings *findings,
                         const struct kyso_pdf_request *request, struct kyso_pdf_file *appearance,
                         struct kyso_pdf_made *ret_made) KYSO_MUST_CHECK;
void kyso_pdf_made_done(struct kyso_pdf_made *made);

#endif
