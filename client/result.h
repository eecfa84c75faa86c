/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_CLIENT_RESULT_H
#define KYSO_CLIENT_RESULT_H

/* The file a signed document becomes: named after its input, written whole or not at all. */

#include <stdbool.h>

#include "common/macros.h"

/* Where the result for INPUT goes: OPTION (from -o) when it is a file; else INPUT's name with PART
 * ("signed", "sealed") before ".pdf", in the folder OPTION or beside INPUT. A ".signed" part is
 * replaced by ".sealed"; a further person's signature counts up ("letter.signed-2.pdf"). */
int kyso_result_name_file(const char *input, const char *option, const char *part,
                          char **ret_path) KYSO_MUST_CHECK;

struct kyso_result {
    int folder;
    int fd;
    char *name;      /* within the folder */
    char *temporary; /* its name until then; null: it has none (O_TMPFILE) */
    bool replace;
};
void kyso_result_done(struct kyso_result *result); /* removes what was not committed */
#define KYSO_RESULT KYSO_CLEANUP(kyso_result_done)

/* Opens a place for PATH before anything is signed, so that a full or forbidden folder costs
 * neither a PIN entry nor a seal that is given once; where the file system can, room is kept for
 * the input and a signature. INPUT_FD is the file it comes from. -EEXIST when PATH exists and
 * REPLACE is false; -ELOOP when it is the input itself; other errno values of the system. */
int kyso_result_open(const char *path, int input_fd, bool replace,
                     struct kyso_result *ret_result) KYSO_MUST_CHECK;
/* Copies DOCUMENT (a memory file) into it and gives it its name, durably. -EEXIST when somebody
 * took the name meanwhile. */
int kyso_result_commit(struct kyso_result *result, int document) KYSO_MUST_CHECK;
/* Where DOCUMENT cannot become PATH but must not be lost, for a seal is given once: under the first
 * name that is free, counted up, beside PATH, in the home folder or in /var/tmp, for the user
 * alone.
 */
int kyso_result_rescue(const char *path, int document, char **ret_path) KYSO_MUST_CHECK;

#endif
