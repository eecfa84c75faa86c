/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_TESTS_CONF_FOLDER_H
#define KYSO_TESTS_CONF_FOLDER_H

/* A configuration folder of the test's own. */

#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "common/memfd.h"
#include "tests/unit/unit.h"

static inline void conf_folder_make(char folder[32])
{
    (void)snprintf(folder, 32, "/tmp/kyso-etc-XXXXXX");
    assert_non_null(mkdtemp(folder));
}

/* NAME may lie in one folder below, which is made. */
static inline void conf_folder_write(const char *folder, const char *name, const char *text)
{
    KYSO_CLOSE int fd = -1;
    char path[1024];
    char *slash;

    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    slash = strchr(path + strlen(folder) + 1, '/');
    if (slash != NULL) {
        *slash = '\0';
        (void)mkdir(path, 0755);
        *slash = '/';
    }
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    assert_true(fd >= 0);
    assert_int_equal(fchmod(fd, 0644), 0);
    assert_int_equal(kyso_fd_write(fd, text, strlen(text)), 0);
}

static inline int conf_folder_remove_one(const char *path, const struct stat *status KYSO_UNUSED,
                                         int kind KYSO_UNUSED, struct FTW *at KYSO_UNUSED)
{
    return remove(path);
}

static inline void conf_folder_remove(const char *folder)
{
    assert_int_equal(nftw(folder, conf_folder_remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

#endif
