/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/audit-file.h"

#include <errno.h>
#include <string.h>

#include "common/text.h"

#define HASH_DIGITS (2 * (size_t)KYSO_AUDIT_HASH)

int kyso_audit_file_next(struct kyso_audit_file *file, struct kyso_audit_line *ret_line)
{
    struct kyso_audit_front front;
    ssize_t n;

    errno = 0;
    n = getline(&file->text, &file->size, file->stream);
    if (n < 0)
        return feof(file->stream) ? 0 : -(errno != 0 ? errno : EIO);
    file->number++;
    if (n > 0 && file->text[n - 1] == '\n')
        file->text[--n] = '\0';
    if ((size_t)n <= HASH_DIGITS || (size_t)n > HASH_DIGITS + 1 + KYSO_AUDIT_RECORD_MAX ||
        file->text[HASH_DIGITS] != ' ' || strlen(file->text) != (size_t)n)
        return -EBADMSG;
    file->text[HASH_DIGITS] = '\0';
    if (!kyso_text_from_hex(file->text, ret_line->hash, sizeof(ret_line->hash)))
        return -EBADMSG;
    ret_line->record = file->text + HASH_DIGITS + 1;
    ret_line->length = (size_t)n - HASH_DIGITS - 1;
    (void)kyso_audit_read_front(ret_line->record, ret_line->length, &front);
    ret_line->seq = front.seq;
    return 1;
}

void kyso_audit_file_done(struct kyso_audit_file *file)
{
    kyso_freep(&file->text);
    file->size = 0;
}
