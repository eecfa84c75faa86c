/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DOCUMENT_FORMS_PACKAGE_H
#define KYSO_DOCUMENT_FORMS_PACKAGE_H

/* Files packed into one as OpenDocument wants them: a zip whose first, "mimetype", is stored. Same
 * files, same bytes. Used in kyso-draw. */

#include "common/buf.h"
#include "common/macros.h"

struct kyso_package_file {
    const char *name, *text;
};

/* -EIO when libzip fails, -EMSGSIZE when larger than RET_PACKAGE may grow. */
int kyso_package_make(const struct kyso_package_file *files, size_t n,
                      struct kyso_buf *ret_package) KYSO_MUST_CHECK;

#endif
