/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_CLIENT_ROSTER_H
#define KYSO_CLIENT_ROSTER_H

/* Proposes the entry of the administrator's roster for a certificate. A proposal only: who a
 * certificate belongs to is decided by people, never read off the certificate. */

#include "client/kyso.h"

/* Prints an entry for each certificate of TOKEN, in the form of /etc/kyso/roster.d, and the command
 * that records it. */
void kyso_roster_print(const struct kyso_map *objects, const struct kyso_map *token);

/* The value of the first TYPE (such as "O") in SUBJECT (RFC 4514 text), unescaped; malloced, ""
 * when there is none, null without memory. */
char *kyso_roster_subject_part(const char *subject, const char *type);

#endif
