/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DAEMON_RELEASE_CLERK_H
#define KYSO_DAEMON_RELEASE_CLERK_H

/* For which organisation somebody may issue a document: that of its newest seal, or, as long as
 * nobody has sealed it, that of a person who signed it. Its clerks are the users of its seals
 * (BD17-23.3, LS20-6a). */

#include "daemon/roster.h"

/* Fills in organisation (borrowed from the facts, "" when nobody has signed) and caller_listed. The
 * rest stays zero: a release is no use of a certificate. */
struct kyso_signer_fact kyso_release_clerk(const struct kyso_roster *roster,
                                           const struct kyso_signature_fact *facts, size_t n,
                                           const char *user);

#endif
