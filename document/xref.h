/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DOCUMENT_XREF_H
#define KYSO_DOCUMENT_XREF_H

/* The chain of cross-reference sections (ISO 32000-1 7.5.4, 7.5.8): tables, streams, hybrids,
 * linearized pairs. */

#include "document/pdf-file.h"

/* Fills FILE's sections, revisions and versions from its tail backwards. */
int kyso_xref_read(struct kyso_pdf_file *file) KYSO_MUST_CHECK;

#endif
