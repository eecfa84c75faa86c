/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_TESTS_UNIT_H
#define KYSO_TESTS_UNIT_H

/* What cmocka wants included before it, and the few helpers that several unit tests share. */

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/macros.h"

/* Says "N of N" and fails when not all, or none, were as they should be. */
#define UNIT_ALL(what, good, all)                                                                  \
    do {                                                                                           \
        size_t unit_good_ = (good), unit_all_ = (all);                                             \
                                                                                                   \
        print_message("# %s: %zu of %zu\n", what, unit_good_, unit_all_);                          \
        assert_true(unit_all_ > 0);                                                                \
        assert_int_equal(unit_good_, unit_all_);                                                   \
    } while (0)

/* Open descriptors of this process, to find those that were not closed. */
static inline size_t unit_count_fds(void)
{
    DIR *folder = opendir("/proc/self/fd");
    size_t n = 0;

    assert_non_null(folder);
    while (readdir(folder) != NULL)
        n++;
    assert_int_equal(closedir(folder), 0);
    return n;
}

#endif
