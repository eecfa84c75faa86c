/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DOCUMENT_DRAW_JAIL_H
#define KYSO_DOCUMENT_DRAW_JAIL_H

/* The jail of kyso-draw: fonts to read and nothing else. Exported so that a test can put a probe
 * into the very same one. */

#include "common/jail.h"

extern const struct kyso_jail kyso_draw_jail;

#endif
