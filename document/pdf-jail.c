/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "document/pdf-jail.h"

#include "document/pdf-file.h"

/* The arenas, one stream being inflated, the update, libraries and stack. */
const struct kyso_jail kyso_pdf_jail = {
    .memory = (uint64_t)KYSO_PDF_ARENA_MAX + ((uint64_t)512 << 20),
    .cpu_seconds = 30,
};
