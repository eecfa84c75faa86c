/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/kyso.h"

#include <errno.h>
#include <sys/stat.h>

#include "common/error.h"
#include "common/memfd.h"
#include "common/outcome.h"

#define CHUNK ((size_t)256 * 1024)

/* Copies up to the end of FD into OUT. */
static int copy_all(int fd, int out, uint64_t maximum)
{
    KYSO_FREE uint8_t *chunk = malloc(CHUNK);
    uint64_t total = 0;

    if (chunk == NULL)
        return kyso_trace(-ENOMEM);
    for (;;) {
        ssize_t n = read(fd, chunk, CHUNK);
        int r;

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return kyso_trace_errno();
        if (n == 0)
            return total > 0 ? 0 : KYSO_OUTCOME_BAD_DOCUMENT;
        total += (uint64_t)n;
        if (total > maximum)
            return KYSO_OUTCOME_LIMIT;
        r = kyso_fd_write(out, chunk, (size_t)n);
        if (r < 0)
            return r;
    }
}

int kyso_document_load(int fd, uint64_t maximum, int *ret_document)
{
    KYSO_CLOSE int document = -1;
    struct stat status;
    int r;

    if (fstat(fd, &status) < 0)
        return kyso_trace_errno();
    if (S_ISREG(status.st_mode)) {
        if ((uint64_t)status.st_size > maximum)
            return KYSO_OUTCOME_LIMIT;
        if (lseek(fd, 0, SEEK_SET) < 0)
            return kyso_trace_errno();
    }
    r = kyso_memfd_new("document", &document);
    if (r == 0)
        r = copy_all(fd, document, maximum);
    if (r == 0)
        r = kyso_memfd_seal(document);
    if (r != 0)
        return r;
    *ret_document = kyso_steal_fd(&document);
    return 0;
}

int kyso_document_from_bytes(const void *bytes, size_t length, int *ret_document)
{
    if (length == 0)
        return KYSO_OUTCOME_BAD_DOCUMENT;
    return kyso_memfd_from_bytes("document", bytes, length, ret_document);
}
