/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_COMMON_CONF_H
#define KYSO_COMMON_CONF_H

/* Reads configuration: UTF-8 text of `[section]` or `[section name]` lines, `key = value` lines,
 * blank lines and lines that begin with '#'. Files of the administrator must belong to root and be
 * writable by nobody else, for what they say decides who may sign. */

#include <stdbool.h>
#include <stddef.h>

#include "common/macros.h"

#define KYSO_CONF_MAX ((size_t)4 * 1024 * 1024) /* bytes of one file */

/* Called for each section line (KEY and VALUE null) and each key. NAME is "" when the section has
 * none. Returns null to go on, or a word that says what is wrong (static storage). */
typedef const char *(*kyso_conf_fn)(void *data, const char *section, const char *name,
                                    const char *key, const char *value);

struct kyso_conf_problem {
    char file[256];
    unsigned int line;
    const char *what; /* kebab-case, static */
};

/* Reads FILE. 0; -ENOENT; KYSO_OUTCOME_BAD_ARGUMENT with *RET_PROBLEM filled. With TRUSTED the
 * owner and mode are checked first ("not-root-owned", "writable-by-others"). */
int kyso_conf_read(const char *file, bool trusted, kyso_conf_fn fn, void *data,
                   struct kyso_conf_problem *ret_problem) KYSO_MUST_CHECK;

/* The same for each file of FOLDER whose name ends in SUFFIX, in the order of their names; a
 * missing folder is an empty one. */
int kyso_conf_read_folder(const char *folder, const char *suffix, bool trusted, kyso_conf_fn fn,
                          void *data, struct kyso_conf_problem *ret_problem) KYSO_MUST_CHECK;

/* Calls FN with each such file's path in the order of their names; stops at the first non-zero. */
int kyso_conf_walk(const char *folder, const char *suffix, int (*fn)(void *data, const char *path),
                   void *data) KYSO_MUST_CHECK;

/* Reads a whole file of at most MAXIMUM bytes into *RET_TEXT (malloced, NUL-terminated). */
int kyso_conf_load(const char *file, bool trusted, size_t maximum, char **ret_text,
                   size_t *ret_length, struct kyso_conf_problem *ret_problem) KYSO_MUST_CHECK;

/* "yes" or "no". */
bool kyso_conf_to_bool(const char *value, bool *ret_value);

#endif
