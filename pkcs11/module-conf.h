/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_PKCS11_MODULE_CONF_H
#define KYSO_PKCS11_MODULE_CONF_H

/* The configuration OpenSC runs with inside kyso-token: no login outlives its session or is shared,
 * no PIN is kept, and every reader but one is left alone. Other modules do not read it. */

#include "common/buf.h"
#include "common/macros.h"

/* Appends the text for READER with OTHERS (null-terminated) ignored. OpenSC ignores a reader whose
 * name contains a given piece of text, so an other reader whose name is part of READER's cannot be
 * ignored; the caller still picks its slot by the whole name. */
void kyso_module_conf(const char *reader, const char *const *others, struct kyso_buf *ret_text);

/* Puts that text into a memory file and makes OPENSC_CONF name it, for this process. */
int kyso_module_conf_apply(const char *reader, const char *const *others) KYSO_MUST_CHECK;

#endif
