/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_PKCS11_TOKEN_JAIL_H
#define KYSO_PKCS11_TOKEN_JAIL_H

/* What vendor code inside kyso-token can reach: libraries, its own folder, its configuration and
 * pcscd's socket; not kyso's state, no network, no other program. */

#include "common/macros.h"

/* Enters the jail for good, before any module is loaded. Files: libraries; the folder of MODULE
 * (null: none); /etc/opensc; what SOFTHSM2_CONF names (that file, and its directories.tokendir for
 * writing); and the folders of KYSO_MODULE_FILES (absolute, separated by colons) for writing, which
 * a vendor's module may need. What holds, or lies in, kyso's state folder is refused, and for
 * writing its configuration folder too: -EPERM. System calls: those of common/jail.h and what
 * modules commonly use; sockets of the Unix family alone; threads but no child process. */
int kyso_token_jail_enter(const char *module) KYSO_MUST_CHECK;

#endif
