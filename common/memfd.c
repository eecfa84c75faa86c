/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/memfd.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "common/error.h"
#include "common/outcome.h"

#define SIZE_SEALS (F_SEAL_GROW | F_SEAL_SHRINK)
#define CONTENT_SEALS (F_SEAL_WRITE | SIZE_SEALS)

int kyso_memfd_new(const char *name, int *ret_fd)
{
    int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);

    if (fd < 0)
        return kyso_trace_errno();
    *ret_fd = fd;
    return 0;
}

int kyso_memfd_seal(int fd)
{
    if (fcntl(fd, F_ADD_SEALS, CONTENT_SEALS | F_SEAL_SEAL) < 0)
        return kyso_trace_errno();
    return 0;
}

int kyso_memfd_fix_size(int fd)
{
    if (fcntl(fd, F_ADD_SEALS, SIZE_SEALS) < 0)
        return kyso_trace_errno();
    return 0;
}

int kyso_memfd_from_bytes(const char *name, const void *bytes, size_t length, int *ret_fd)
{
    KYSO_CLOSE int fd = -1;
    int r = kyso_memfd_new(name, &fd);

    if (r == 0)
        r = kyso_fd_write(fd, bytes, length);
    if (r == 0)
        r = kyso_memfd_seal(fd);
    if (r < 0)
        return r;
    *ret_fd = kyso_steal_fd(&fd);
    return 0;
}

static int check(int fd, int needed, uint64_t maximum, uint64_t *ret_size)
{
    struct stat status;
    struct statfs system;
    int flags = fcntl(fd, F_GETFL);
    int seals = fcntl(fd, F_GET_SEALS);

    if (flags < 0 || (flags & O_PATH) != 0 || (flags & O_ACCMODE) == O_WRONLY || seals < 0 ||
        (seals & needed) != needed)
        return KYSO_OUTCOME_DOCUMENT_UNSEALED;
    if (fstat(fd, &status) < 0 || fstatfs(fd, &system) < 0)
        return kyso_trace_errno();
    if (!S_ISREG(status.st_mode) || system.f_type != TMPFS_MAGIC)
        return KYSO_OUTCOME_DOCUMENT_UNSEALED;
    if (status.st_size <= 0)
        return KYSO_OUTCOME_BAD_DOCUMENT;
    if ((uint64_t)status.st_size > maximum)
        return KYSO_OUTCOME_LIMIT;
    *ret_size = (uint64_t)status.st_size;
    return 0;
}

int kyso_memfd_check(int fd, uint64_t maximum, uint64_t *ret_size)
{
    return check(fd, CONTENT_SEALS, maximum, ret_size);
}

int kyso_memfd_check_size(int fd, uint64_t maximum, uint64_t *ret_size)
{
    return check(fd, SIZE_SEALS, maximum, ret_size);
}

int kyso_fd_read_at(int fd, void *bytes, size_t length, uint64_t offset)
{
    uint8_t *to = bytes;

    while (length > 0) {
        ssize_t n = pread(fd, to, length, (off_t)offset);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return kyso_trace_errno();
        if (n == 0)
            return kyso_trace(-EIO);
        to += n;
        offset += (uint64_t)n;
        length -= (size_t)n;
    }
    return 0;
}

int kyso_fd_write_at(int fd, const void *bytes, size_t length, uint64_t offset)
{
    const uint8_t *from = bytes;

    while (length > 0) {
        ssize_t n = pwrite(fd, from, length, (off_t)offset);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return kyso_trace_errno();
        from += n;
        offset += (uint64_t)n;
        length -= (size_t)n;
    }
    return 0;
}

int kyso_fd_write(int fd, const void *bytes, size_t length)
{
    const uint8_t *from = bytes;

    while (length > 0) {
        ssize_t n = write(fd, from, length);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return kyso_trace_errno();
        from += n;
        length -= (size_t)n;
    }
    return 0;
}
