/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/result.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

#include "common/error.h"

#define NAMES_MAX 99U    /* tried for a file whose own name is taken */
#define GROWTH (1 << 20) /* bytes; a signature with its picture appends less as a rule */

/* Takes ".pdf" off; returns the length that is left. */
static size_t without_suffix(const char *name)
{
    size_t n = strlen(name);

    return n > 4 && strcasecmp(name + n - 4, ".pdf") == 0 ? n - 4 : n;
}

/* Length without a ".PART" or ".PART-N" at the end; *RET_COUNT: N, 1 without, 0 when there is none.
 */
static size_t without_part(const char *name, size_t length, const char *part,
                           unsigned int *ret_count)
{
    size_t end = length, digits = 0, n = strlen(part);

    *ret_count = 0;
    while (digits < 4 && digits < end && isdigit((unsigned char)name[end - digits - 1]))
        digits++;
    if (digits > 0 && digits < end && name[end - digits - 1] == '-')
        end -= digits + 1;
    else
        digits = 0;
    if (end <= n + 1 || name[end - n - 1] != '.' || strncmp(name + end - n, part, n) != 0)
        return length;
    *ret_count = digits > 0 ? (unsigned int)strtoul(name + length - digits, NULL, 10) : 1;
    return end - n - 1;
}

static bool is_folder(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

int kyso_result_name_file(const char *input, const char *option, const char *part, char **ret_path)
{
    const char *slash = strrchr(input, '/');
    const char *name = slash == NULL ? input : slash + 1;
    size_t length = without_suffix(name);
    unsigned int count = 0;
    char number[16] = "";
    int n;

    if (option != NULL && !is_folder(option)) {
        *ret_path = strdup(option);
        return *ret_path == NULL ? kyso_trace(-ENOMEM) : 0;
    }
    if (strcmp(part, "sealed") == 0)
        length = without_part(name, length, "signed", &count);
    count = 0;
    length = without_part(name, length, part, &count);
    if (count > 0)
        (void)snprintf(number, sizeof(number), "-%u", count + 1);
    if (option != NULL)
        n = asprintf(ret_path, "%s/%.*s.%s%s.pdf", option, (int)length, name, part, number);
    else
        n = asprintf(ret_path, "%.*s%.*s.%s%s.pdf", (int)(name - input), input, (int)length, name,
                     part, number);
    return n < 0 ? kyso_trace(-ENOMEM) : 0;
}

void kyso_result_done(struct kyso_result *result)
{
    if (result->temporary != NULL)
        (void)unlinkat(result->folder, result->temporary, 0);
    kyso_close(&result->fd);
    kyso_close(&result->folder);
    kyso_freep(&result->name);
    kyso_freep(&result->temporary);
}

static int make_temporary_name(struct kyso_result *result)
{
    uint64_t random;

    if (getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random))
        return kyso_trace(-EIO);
    if (asprintf(&result->temporary, ".%.200s.%016llx", result->name, (unsigned long long)random) <
        0) {
        result->temporary = NULL;
        return kyso_trace(-ENOMEM);
    }
    return 0;
}

/* A file without a name where the file system can; else one with a passing name. */
static int open_temporary(struct kyso_result *result)
{
    int r;

    result->fd = openat(result->folder, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0666);
    if (result->fd >= 0)
        return 0;
    if (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT && errno != EINVAL)
        return -errno;
    r = make_temporary_name(result);
    if (r < 0)
        return r;
    result->fd =
        openat(result->folder, result->temporary, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0666);
    if (result->fd < 0) {
        r = -errno;
        kyso_freep(&result->temporary);
        return r;
    }
    return 0;
}

/* Whether the name is free, or may be replaced. */
static int check_name(const struct kyso_result *result, int input_fd)
{
    struct stat there, input;

    if (fstatat(result->folder, result->name, &there, 0) < 0)
        return errno == ENOENT ? 0 : -errno;
    if (fstat(input_fd, &input) == 0 && input.st_dev == there.st_dev &&
        input.st_ino == there.st_ino)
        return -ELOOP;
    if (!S_ISREG(there.st_mode))
        return -EISDIR;
    return result->replace ? 0 : -EEXIST;
}

/* Room for INPUT_FD (-1: for nothing) and what a signature appends, beyond the file's end. Best
 * effort: not every file system can, and a full one says so. */
static int reserve(const struct kyso_result *result, int input_fd)
{
    struct stat input;

    if (input_fd < 0)
        return 0;
    if (fstat(input_fd, &input) < 0)
        return kyso_trace_errno();
    if (fallocate(result->fd, FALLOC_FL_KEEP_SIZE, 0, input.st_size + GROWTH) == 0)
        return 0;
    return errno == ENOSPC || errno == EDQUOT || errno == EFBIG ? -errno : 0;
}

int kyso_result_open(const char *path, int input_fd, bool replace, struct kyso_result *ret_result)
{
    KYSO_RESULT struct kyso_result result = {.folder = -1, .fd = -1, .replace = replace};
    const char *slash = strrchr(path, '/');
    KYSO_FREE char *folder =
        slash == NULL ? strdup(".") : strndup(path, (size_t)(slash - path) + 1);
    int r;

    result.name = strdup(slash == NULL ? path : slash + 1);
    if (folder == NULL || result.name == NULL)
        return kyso_trace(-ENOMEM);
    if (result.name[0] == '\0')
        return -EISDIR;
    result.folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (result.folder < 0)
        return -errno;
    r = check_name(&result, input_fd);
    if (r == 0)
        r = open_temporary(&result);
    if (r == 0)
        r = reserve(&result, input_fd);
    if (r < 0)
        return r;
    *ret_result = result;
    result = (struct kyso_result){.folder = -1, .fd = -1};
    return 0;
}

static int copy(int from, int to)
{
    off_t at = 0;
    struct stat status;

    if (fstat(from, &status) < 0)
        return kyso_trace_errno();
    while (at < status.st_size) {
        ssize_t n = sendfile(to, from, &at, (size_t)(status.st_size - at));

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : -EIO;
    }
    return 0;
}

/* Gives back what was reserved, if it can be. */
static void give_back(int fd)
{
    struct stat status;

    if (fstat(fd, &status) == 0 && ftruncate(fd, status.st_size) < 0)
        return; /* what is in the file is whole all the same */
}

static int link_nameless(struct kyso_result *result, const char *name)
{
    char path[64];

    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", result->fd);
    if (linkat(AT_FDCWD, path, result->folder, name, AT_SYMLINK_FOLLOW) < 0)
        return -errno;
    return 0;
}

/* rename() that never replaces, also where the file system has no such call. */
static int rename_new(struct kyso_result *result)
{
    if (renameat2(result->folder, result->temporary, result->folder, result->name,
                  RENAME_NOREPLACE) == 0) {
        kyso_freep(&result->temporary);
        return 0;
    }
    if (errno != EINVAL && errno != ENOSYS)
        return -errno;
    if (linkat(result->folder, result->temporary, result->folder, result->name, 0) < 0)
        return -errno;
    return 0; /* the passing name goes with kyso_result_done() */
}

static int give_name(struct kyso_result *result)
{
    int r;

    if (!result->replace)
        return result->temporary == NULL ? link_nameless(result, result->name) : rename_new(result);
    if (result->temporary == NULL) { /* only a rename replaces, and it needs a name */
        r = make_temporary_name(result);
        if (r == 0)
            r = link_nameless(result, result->temporary);
        if (r < 0)
            return r;
    }
    if (renameat(result->folder, result->temporary, result->folder, result->name) < 0)
        return -errno;
    kyso_freep(&result->temporary);
    return 0;
}

int kyso_result_commit(struct kyso_result *result, int document)
{
    int r = copy(document, result->fd);

    if (r == 0)
        give_back(result->fd);
    if (r == 0 && fsync(result->fd) < 0)
        r = -errno;
    if (r == 0)
        r = give_name(result);
    if (r == 0 && fsync(result->folder) < 0 && errno != EINVAL)
        r = -errno;
    return r;
}

/* ---- when that cannot be ---- */

static int save_as(int document, const char *path)
{
    KYSO_CLOSE int fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0600);
    int r;

    if (fd < 0)
        return -errno;
    r = copy(document, fd);
    if (r == 0 && fsync(fd) < 0)
        r = -errno;
    if (r < 0)
        (void)unlink(path);
    return r;
}

/* The first name in FOLDER that is free: NAME-2.pdf, NAME-3.pdf ... */
static int save_in(const char *folder, const char *name, int document, char **ret_path)
{
    int length = (int)without_suffix(name), r = -EEXIST;

    for (unsigned int n = 2; r == -EEXIST && n <= NAMES_MAX; n++) {
        KYSO_FREE char *path = NULL;

        if (asprintf(&path, "%s/%.*s-%u.pdf", folder, length, name, n) < 0) {
            path = NULL;
            return kyso_trace(-ENOMEM);
        }
        r = save_as(document, path);
        if (r == 0)
            *ret_path = KYSO_STEAL(path);
    }
    return r;
}

int kyso_result_rescue(const char *path, int document, char **ret_path)
{
    const char *slash = strrchr(path, '/'), *home = getenv("HOME");
    KYSO_FREE char *beside =
        slash == NULL ? strdup(".") : strndup(path, (size_t)(slash - path) + 1);
    const char *folders[] = {beside, home, "/var/tmp"};
    const char *name = slash == NULL ? path : slash + 1;
    int r = -ENOENT;

    for (size_t i = 0; r != 0 && i < KYSO_ARRAY_LEN(folders); i++) {
        if (folders[i] != NULL)
            r = save_in(folders[i], name, document, ret_path);
    }
    return r;
}
