/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DAEMON_REFUSAL_H
#define KYSO_DAEMON_REFUSAL_H

/* How a refusal by the order rule is told to who asked. */

#include "daemon/examine.h"
#include "daemon/store-release.h"

/* The rule of documents behind VERDICT, or null. Static storage. */
const char *kyso_refusal_rule(const struct kyso_verdict *verdict,
                              const struct kyso_examination *found);

/* Ends REQUEST with KYSO_OUTCOME_REFUSED. EARLIER: the release that stands in the way, or null. */
void kyso_refusal_answer(struct kyso_request *request, const struct kyso_settings *config,
                         const struct kyso_verdict *verdict, const struct kyso_examination *found,
                         const struct kyso_store_release_mark *earlier);

#endif
