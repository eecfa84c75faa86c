/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DOCUMENT_DRAWABLE_H
#define KYSO_DOCUMENT_DRAWABLE_H

/* Which characters may stand in a text that people are to read on a page. Used in kyso-draw. */

#include <stdbool.h>

/* Control and format characters (bidi overrides among them) have no picture of their own, but can
 * make the rest read otherwise than it is. TEXT is valid UTF-8. */
bool kyso_drawable(const char *text);

#endif
