/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DOCUMENT_PDF_JAIL_H
#define KYSO_DOCUMENT_PDF_JAIL_H

/* What kyso-pdf keeps while it reads a stranger's document: no file, no network, no other process. */

#include "common/jail.h"
#include "document/pdf-file.h"

#define KYSO_PDF_CPU_SECONDS 30U

/* Beside the document itself, which is mapped before: the arenas of the document and the drawing,
 * one stream being inflated, the update, libraries and stack. */
static const struct kyso_jail KYSO_PDF_JAIL = {
    .memory = (uint64_t)KYSO_PDF_ARENA_MAX + ((uint64_t)512 << 20),
    .cpu_seconds = KYSO_PDF_CPU_SECONDS,
};

#endif
