/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DOCUMENT_PROTOCOL_H
#define KYSO_DOCUMENT_PROTOCOL_H

/* What kysod and kyso-pdf say to each other; one module for both sides. Descriptor 0 of a request
 * is the document; of a prepare request descriptor 1, when there, the drawing. A report or update
 * that comes back lies in a sealed memfd at descriptor 0 of the answer. */

#include "common/wire.h"
#include "document/remote.h"

#define KYSO_PDF_INSPECT 1
#define KYSO_PDF_PREPARE 2

#define KYSO_PDF_REPORT_MAX ((uint64_t)4 * 1024 * 1024) /* bytes of an encoded report */
#define KYSO_PDF_FIELDS_MAX 256U

void kyso_pdf_put_report(struct kyso_buf *buf, const struct kyso_pdf_report *report);
/* -EBADMSG unless it is exactly one report within the limits. */
int kyso_pdf_read_report(const void *bytes, size_t length,
                         struct kyso_pdf_report *ret_report) KYSO_MUST_CHECK;

void kyso_pdf_put_request(struct kyso_buf *buf, const struct kyso_pdf_request *request);
/* The strings are malloced and freed with kyso_pdf_request_done; the descriptor is left -1. */
int kyso_pdf_read_request(const void *bytes, size_t length,
                          struct kyso_pdf_request *ret_request) KYSO_MUST_CHECK;
void kyso_pdf_request_done(struct kyso_pdf_request *request);

void kyso_pdf_put_update(struct kyso_buf *buf, const struct kyso_pdf_update *update);
int kyso_pdf_read_update(const void *bytes, size_t length,
                         struct kyso_pdf_update *ret_update) KYSO_MUST_CHECK;

#endif
