/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DAEMON_EXAMINE_H
#define KYSO_DAEMON_EXAMINE_H

/* A document as the policy sees it: structure from kyso-pdf, confirmed from the bytes; signatures
 * from kyso-cms; who from the roster; which document it is from its bytes and the store. */

#include "daemon/daemon.h"
#include "document/remote.h"
#include "policy/order.h"

struct kyso_examination {
    struct kyso_pdf_report pdf;
    struct kyso_cms_finding *findings; /* as pdf.signatures; zero where `judged` is false */
    bool *judged;
    struct kyso_signature_fact *facts; /* as pdf.signatures */
    char **organisations;              /* of the facts: the roster may change meanwhile */
    size_t n;
    uint8_t sha256[32]; /* of the file as it is */
    /* The document behind the file, whoever signed which copy of it: its digest before the first
     * signature where that was made here, else the digest that the first signature covers.
     * IDENTIFIED: false when the first signature's structure is not sound. */
    bool identified;
    uint8_t identity[32];
    uint8_t covered[32];       /* by the first signature; zeros without one */
    bool is_signed;            /* there is a sound first signature that is no time stamp ... */
    uint8_t signed_sha256[32]; /* ... and this is the digest of what it covers */
};
/* Says anew who signed, by the roster of this moment. -ENOMEM. */
int kyso_examination_join(struct kyso_examination *examination,
                          const struct kyso_roster *roster) KYSO_MUST_CHECK;
void kyso_examination_done(struct kyso_examination *examination);

/* When the signer claims to have signed, seconds since 1970: the CMS's own time where others put
 * one, else the dictionary's. 0: not told. */
uint64_t kyso_examination_time(const struct kyso_examination *examination, size_t i);

struct kyso_examine;
/* FN: 0 with the examination (contents taken over), or what kyso_pdf_inspect and kyso_cms_check
 * answer, with a detail; KYSO_OUTCOME_STORE_FAILED. */
typedef void (*kyso_examine_fn)(void *data, int result, const char *detail,
                                struct kyso_examination *examination);
int kyso_examine(struct kyso_daemon *daemon, int document, uint64_t size, kyso_examine_fn fn,
                 void *data, struct kyso_examine **ret_examine) KYSO_MUST_CHECK;
struct kyso_examine *kyso_examine_free(struct kyso_examine *examine);

#endif
