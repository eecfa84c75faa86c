/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_CMS_CMS_JAIL_H
#define KYSO_CMS_CMS_JAIL_H

/* The jail of kyso-cms: no file, no network, 256 MiB, 10 s of CPU. */

#include "common/jail.h"

extern const struct kyso_jail KYSO_CMS_JAIL;

#endif
