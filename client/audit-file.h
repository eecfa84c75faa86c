/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_CLIENT_AUDIT_FILE_H
#define KYSO_CLIENT_AUDIT_FILE_H

/* An exported audit log read line by line: "HASH RECORD", as org.kyso.Kyso1.Audit describes it. */

#include "common/audit-chain.h"

#include <stdio.h>

struct kyso_audit_file {
    FILE *stream; /* borrowed */
    char *text;
    size_t size;
    uint64_t number; /* of the line, from 1 */
};

/* The next line, valid until the next call: 1; 0 at the end; -EBADMSG for a line that is none,
 * another negative errno when the file cannot be read. A line's number is that in its record, or 0
 * when the record cannot be read. */
int kyso_audit_file_next(struct kyso_audit_file *file,
                         struct kyso_audit_line *ret_line) KYSO_MUST_CHECK;
void kyso_audit_file_done(struct kyso_audit_file *file);

#endif
