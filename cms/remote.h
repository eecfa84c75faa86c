/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_CMS_REMOTE_H
#define KYSO_CMS_REMOTE_H

/* kysod's side of kyso-cms: asks a fresh worker about a stranger's CMS and certificates. Times are
 * seconds since 1970. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/clock.h"
#include "common/loop.h"
#include "common/worker.h"

#define KYSO_CERTIFICATE_MAX ((size_t)16 * 1024) /* bytes of DER */
#define KYSO_CHAIN_MAX 8
#define KYSO_CMS_QUESTIONS_MAX 256 /* signatures of one file */
#define KYSO_CMS_DESCRIBE_MAX 4096 /* certificates described at once; 32 MiB of them */
#define KYSO_CMS_DEADLINE_USEC (30 * KYSO_USEC_PER_SEC)

enum kyso_finding { KYSO_FINDING_VALID, KYSO_FINDING_INVALID, KYSO_FINDING_UNDETERMINED };

enum kyso_certificate_usage { /* bits of RFC 5280 4.2.1.3, as numbered there */
                              KYSO_KU_DIGITAL_SIGNATURE = 1 << 0,
                              KYSO_KU_NON_REPUDIATION = 1 << 1,
                              KYSO_KU_KEY_CERT_SIGN = 1 << 5,
};

struct kyso_certificate_info {
    uint8_t *der; /* owned */
    size_t der_length;
    uint8_t sha256[32];      /* of the DER: the certificate's identity in kyso */
    uint8_t spki_sha256[32]; /* of SubjectPublicKeyInfo: the key's identity */
    char *subject, *issuer;  /* RFC 2253 order, UTF-8 */
    char *common_name;       /* subject CN or "" */
    char *organisation;      /* subject O or "" */
    char *title;             /* subject title or "" */
    char *email;             /* rfc822Name or emailAddress, or "" */
    char *serial;            /* upper-case hex */
    uint64_t not_before, not_after;
    bool has_key_usage;
    uint32_t key_usage; /* enum kyso_certificate_usage; all bits of the extension */
    bool has_extended_usage, extended_usage_signs; /* e-mail protection, document signing, any */
    bool is_ca;
    bool unknown_critical; /* a critical extension nobody here understands */
    bool key_rsa, key_ec;
    uint32_t key_bits;
};
void kyso_certificate_info_done(struct kyso_certificate_info *info);

/* A set of DER certificates in a sealed memfd: u32 length + bytes, each. Made from files once at
 * start by kysod (which copies bytes, not parses: PEM is decoded by the worker). */
struct kyso_trust {
    int anchors;       /* memfd: the administrator's roots, each blob a PEM or DER file; or -1 */
    int intermediates; /* memfd; -1: none */
};

struct kyso_cms_question {
    uint64_t hole_start, hole_end, range_end; /* of a PDF signature in DOCUMENT */
};

struct kyso_cms_finding {
    enum kyso_finding integrity;  /* digest, signature value, attributes, structure */
    char *integrity_reason;       /* a word of cms/check.h; "" when valid */
    enum kyso_finding chain;      /* to the administrator's roots at the time of judgement */
    char *chain_reason;           /* a word of cms/chain.h; "" when valid */
    bool has_signing_certificate; /* signing-certificate(-v2) present and matching */
    bool has_signing_time;        /* in the CMS (allowed elsewhere, forbidden by PAdES baseline) */
    uint64_t signing_time;
    bool has_timestamp; /* a signature time stamp is there (not judged yet) */
    char *digest;       /* "SHA256" ... */
    bool not_der;       /* BER where PDF wants DER: tolerated, told */
    bool weak;          /* SHA-1/MD5, RSA below 2048 bits, EC below 256 */
    bool has_signer;
    struct kyso_certificate_info signer; /* when has_signer */
};
void kyso_cms_finding_done(struct kyso_cms_finding *finding);

struct kyso_cms_call;
struct kyso_cms_call *kyso_cms_call_free(struct kyso_cms_call *call);

/* How long a worker may take from now on, in place of KYSO_CMS_DEADLINE_USEC. */
void kyso_cms_set_deadline(uint64_t usec);

/* Judges each of the N (1 to KYSO_CMS_QUESTIONS_MAX) signatures of a PDF: the worker reads holes
 * and covered bytes from DOCUMENT (a sealed memfd) itself. FN is called once, from the loop, unless
 * the call is freed before; it gets N findings in the order of the questions, whose contents it
 * takes over (kyso_cms_finding_done each; the array is not its own), or a failure:
 * KYSO_OUTCOME_LIMIT, _DOCUMENT_UNSEALED, _BAD_DOCUMENT, _TIMED_OUT, _WORKER_DIED, negative errno.
 * The call may be freed inside FN and has to be freed by its owner. Returns KYSO_OUTCOME_LIMIT or
 * -EINVAL at once for an N out of bounds. */
typedef void (*kyso_cms_check_fn)(void *data, int result, struct kyso_cms_finding *findings,
                                  size_t n);
int kyso_cms_check(struct kyso_loop *loop, int document, const struct kyso_cms_question *questions,
                   size_t n, const struct kyso_trust *trust, uint64_t time, kyso_cms_check_fn fn,
                   void *data, struct kyso_cms_call **ret_call) KYSO_MUST_CHECK;

/* Describes N (1 to KYSO_CMS_DESCRIBE_MAX) certificates that a token holds, and finds for each the
 * chain up to a root of the administrator, with the other certificates of the token as possible
 * intermediates. RESULT 0 with N results in order; FN and the call as of kyso_cms_check. */
struct kyso_der {
    const uint8_t *bytes;
    size_t length;
};
struct kyso_certificate_result {
    bool readable; /* false: INFO is empty, it is no certificate */
    struct kyso_certificate_info info;
    enum kyso_finding chain;
    char *chain_reason;
    uint8_t *path[KYSO_CHAIN_MAX]; /* issuers to embed: intermediates then root; owned */
    size_t path_length[KYSO_CHAIN_MAX];
    size_t n_path;
};
void kyso_certificate_result_done(struct kyso_certificate_result *result);
typedef void (*kyso_cms_describe_fn)(void *data, int result,
                                     struct kyso_certificate_result *results, size_t n);
int kyso_cms_describe(struct kyso_loop *loop, const struct kyso_der *certificates, size_t n,
                      const struct kyso_trust *trust, uint64_t time, kyso_cms_describe_fn fn,
                      void *data, struct kyso_cms_call **ret_call) KYSO_MUST_CHECK;

#endif
