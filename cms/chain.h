/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_CMS_CHAIN_H
#define KYSO_CMS_CHAIN_H

/* The path from a signer's certificate to one of the administrator's roots and to no other: never
 * the system's, never a default folder. Revocation is not looked at here.
 *
 * Findings follow ETSI EN 319 102-1 5.1.3. INVALID is what no further knowledge can mend:
 *   bad-signature, not-a-ca, ca-key-usage, path-length, unknown-critical-extension,
 *   name-constraints, malformed-certificate, key-usage, extended-key-usage, signer-is-ca,
 *   policy-failure.
 * UNDETERMINED is what another root, a proof of time or another measure of strength could:
 *   unknown-issuer and self-signed-not-trusted (NO_CERTIFICATE_CHAIN_FOUND),
 *   expired, not-yet-valid, issuer-expired, issuer-not-yet-valid (OUT_OF_BOUNDS_NO_POE),
 *   weak-key, weak-digest, unsupported-key (CRYPTO_CONSTRAINTS_FAILURE_NO_POE), chain-too-long.
 * VALID has the reason "". Where several hold, an INVALID one is told first. */

#include <stddef.h>
#include <stdint.h>

#include <openssl/x509.h>

#include "cms/remote.h"
#include "common/macros.h"

#define KYSO_TRUST_MAX ((size_t)4 * 1024 * 1024) /* bytes of anchors, and of intermediates */
#define KYSO_TRUST_CERTIFICATES_MAX 1024

struct kyso_chain_trust;

/* Reads rows of blobs (u32 length + bytes, each the content of a PEM or DER file); either may be
 * empty. What is no certificate is logged and left out, and so is an anchor that is no CA: a
 * person's certificate must not vouch for itself. -EBADMSG when the rows are torn, -EMSGSIZE above
 * the limits. */
int kyso_chain_trust_new(const void *anchors, size_t anchors_length, const void *intermediates,
                         size_t intermediates_length,
                         struct kyso_chain_trust **ret_trust) KYSO_MUST_CHECK;
struct kyso_chain_trust *kyso_chain_trust_free(struct kyso_chain_trust *trust);

struct kyso_chain_result {
    enum kyso_finding finding;
    const char *reason;         /* static */
    X509 *path[KYSO_CHAIN_MAX]; /* issuers up to the root, when a root was reached; owned */
    size_t n_path;
};
void kyso_chain_result_done(struct kyso_chain_result *result);

/* Judges SIGNER as of TIME (seconds since 1970). EXTRA: certificates that came along, used as
 * possible intermediates and nothing more; may be null. */
int kyso_chain_judge(struct kyso_chain_trust *trust, X509 *signer, STACK_OF(X509) * extra,
                     uint64_t time, struct kyso_chain_result *ret_result) KYSO_MUST_CHECK;

#endif
