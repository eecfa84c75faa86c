/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DOCUMENT_IMPORT_H
#define KYSO_DOCUMENT_IMPORT_H

/* Brings the first page of another PDF into an update as a form XObject, with everything its
 * resources need under new numbers. */

#include "document/pages.h"
#include "document/pdf-write.h"

/* TURN: clockwise rotation of the page that will show the form; the form's Matrix undoes it.
 * KYSO_PDF_APPEARANCE (in WRITER's file) when FROM's page cannot be used. */
int kyso_pdf_import(struct kyso_pdf_writer *writer, struct kyso_pdf_file *from, uint32_t turn,
                    uint32_t *ret_number) KYSO_MUST_CHECK;

#endif
