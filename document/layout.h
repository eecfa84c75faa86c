/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DOCUMENT_LAYOUT_H
#define KYSO_DOCUMENT_LAYOUT_H

/* Which bytes of a file belong to something, so that nothing hides in between. */

#include "document/pdf-file.h"

struct kyso_layout {
    struct kyso_layout_span {
        uint64_t start, end;
    } * spans; /* in the scratch arena of the file */
    size_t n, room;
};

/* Room for every entry of sections FIRST to LAST and what the sections themselves take. */
int kyso_layout_init(struct kyso_pdf_file *file, size_t first, size_t last,
                     struct kyso_layout *ret_layout) KYSO_MUST_CHECK;
void kyso_layout_add(struct kyso_layout *layout, uint64_t start, uint64_t end);

/* Looks at the bytes of [FROM, TO) that no span covers. STRICT: only blanks and comments that hold
 * no object may be there; otherwise anything but the beginning of an object. False: *RET_OFFSET
 * says where; two spans that share bytes are refused too. */
bool kyso_layout_check(const struct kyso_pdf_file *file, struct kyso_layout *layout, uint64_t from,
                       uint64_t to, bool strict, uint64_t *ret_offset);

#endif
