/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_CLIENT_I18N_H
#define KYSO_CLIENT_I18N_H

/* Texts for people: English in the source, the others in po/. */

#include <libintl.h>

#define _(text) gettext(text)
#define N_(text) text /* marked for po/, translated when shown */

#endif
