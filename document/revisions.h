/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DOCUMENT_REVISIONS_H
#define KYSO_DOCUMENT_REVISIONS_H

/* "Only permitted additions since": compares each revision after the first signature with the one
 * before it, and tells every earlier signature the first rule that is broken. */

#include "document/inspect.h"

/* Sets `later` of each signature in FINDINGS. */
int kyso_pdf_judge_revisions(struct kyso_pdf_file *file,
                             struct kyso_pdf_findings *findings) KYSO_MUST_CHECK;

#endif
