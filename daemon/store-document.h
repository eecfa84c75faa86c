/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DAEMON_STORE_DOCUMENT_H
#define KYSO_DAEMON_STORE_DOCUMENT_H

/* Which document a signed file is: from the digest that a document's first signature covers
 * to the digest of the document before it; and which first signers' work a seal followed already.
 * All digests are SHA-256. */

#include "daemon/store.h"

#define KYSO_STORE_DIGEST 32 /* bytes */

/* The first word counts: a digest that is known already stays as it is.
 * KYSO_OUTCOME_STORE_FAILED. */
int kyso_store_document_add(struct kyso_store *store, const uint8_t covered[KYSO_STORE_DIGEST],
                            const uint8_t document[KYSO_STORE_DIGEST]) KYSO_MUST_CHECK;
/* KYSO_OUTCOME_NOT_FOUND when no first signature made here covers this; KYSO_OUTCOME_STORE_FAILED.
 */
int kyso_store_document_find(struct kyso_store *store, const uint8_t covered[KYSO_STORE_DIGEST],
                             uint8_t ret_document[KYSO_STORE_DIGEST]) KYSO_MUST_CHECK;

/* A seal was put on a document whose first signature that is no time stamp covers this; twice is
 * once.
 * KYSO_OUTCOME_STORE_FAILED. */
int kyso_store_sealing_add(struct kyso_store *store,
                           const uint8_t covered[KYSO_STORE_DIGEST]) KYSO_MUST_CHECK;
int kyso_store_sealing_known(struct kyso_store *store, const uint8_t covered[KYSO_STORE_DIGEST],
                             bool *ret_known) KYSO_MUST_CHECK;

#endif
