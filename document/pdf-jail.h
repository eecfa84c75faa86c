/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DOCUMENT_PDF_JAIL_H
#define KYSO_DOCUMENT_PDF_JAIL_H

/* The jail of kyso-pdf: no file, no network, no other process. Its memory comes on top of the
 * documents, which are mapped before. Exported so that a test can put a probe into the very same.
 */

#include "common/jail.h"

extern const struct kyso_jail kyso_pdf_jail;

#endif
