/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DOCUMENT_PDF_TIME_H
#define KYSO_DOCUMENT_PDF_TIME_H

/* The date strings of PDF (ISO 32000-1 7.9.4), as a signer claims them in /M: evidence of nothing.
 */

#include <stdbool.h>
#include <stdint.h>

/* "D:YYYYMMDDHHMMSS" followed by nothing, "Z" (with zero offset) or "+HH'mm'" as seconds since
 * 1970; without an offset it is taken for UTC. False for anything else. */
bool kyso_pdf_time_read(const char *text, uint64_t *ret_seconds);

#endif
