/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DAEMON_SIGNING_H
#define KYSO_DAEMON_SIGNING_H

/* One signature from call to answer. signer.c takes the call apart and chooses the certificate,
 * signing.c makes the document ready and asks the policy, signing-token.c asks for the PIN and lets
 * the token sign, signing-record.c tells the audit log. Every way out goes through
 * kyso_signing_fail() or kyso_signing_maybe_reply(). */

#include "daemon/assemble.h"
#include "daemon/daemon.h"
#include "daemon/dict.h"
#include "daemon/digest.h"
#include "daemon/examine.h"
#include "daemon/job.h"
#include "daemon/prompt.h"
#include "daemon/release.h"

struct kyso_signing {
    struct kyso_signing *next;
    struct kyso_daemon *daemon;
    struct kyso_request *request; /* null once answered */
    struct kyso_job *job;
    bool seal;

    /* what was asked for */
    int document;
    uint64_t size;
    const char *fingerprint;
    enum kyso_kind kind;
    const char *kind_word, *field, *reason, *location, *reference;
    struct kyso_strings lines;
    int picture;
    uint32_t page;
    double box[4];
    bool allow_last_try, send_known_wrong;

    struct kyso_certificate_entry *certificate;
    struct kyso_examination before;
    struct kyso_examine *examine;
    struct kyso_release_earlier earlier;
    bool sealed_before; /* what the first signer signed, maybe in another file */
    struct kyso_verdict verdict;
    struct kyso_draw_call *drawing;
    int appearance;
    struct kyso_pdf_call *pdf;
    struct kyso_pdf_update update;
    struct kyso_assembly *assembly;
    int result; /* the new document; writable until sealed */
    uint64_t result_size;
    uint8_t sha256[32]; /* of what the new signature covers */
    struct kyso_cms_call *checking;
    struct kyso_digest *hashing;

    /* the token */
    struct kyso_token_entry *holder; /* the one claimed, kept for the record; null before */
    bool claimed;
    struct kyso_token_target target;
    struct kyso_token_sign *token;
    struct kyso_prompt *prompt;
    struct kyso_source *prompt_deadline;
    struct kyso_source *removal; /* runs out when the token was pulled and the worker hangs on */
    struct kyso_pin_view view;   /* fresh, before the login */
    int64_t attempt;
    bool attempted, settled, signed_once;

    /* what the token signed */
    bool verified, hashed;
    uint8_t result_sha256[32];
};

/* Goes on with a signing whose request, options and certificate are set. */
void kyso_signing_start(struct kyso_signing *signing);
/* From signing.c to signing-token.c: the document is ready and may be signed. */
void kyso_signing_ask_token(struct kyso_signing *signing);
/* Judges once more, by the roster of this moment, before the PIN is used; false: it was refused,
 * and SIGNING is gone. */
bool kyso_signing_may_go_on(struct kyso_signing *signing);
/* Back again: CMS over the digest. */
void kyso_signing_signed(struct kyso_signing *signing, const uint8_t *cms, size_t length);

/* Answers once the result is verified, hashed and recorded, and the card is logged out. */
void kyso_signing_maybe_reply(struct kyso_signing *signing);
/* Appends "signed" or "sealed"; with a first signature notes which document it is, with a seal that
 * what was signed has one; all or none. KYSO_OUTCOME_STORE_FAILED, KYSO_OUTCOME_LIMIT: nobody may
 * get the document. */
int kyso_signing_record(const struct kyso_signing *signing) KYSO_MUST_CHECK;
/* Appends "refused" for the verdict. Results as above. */
int kyso_signing_record_refusal(const struct kyso_signing *signing) KYSO_MUST_CHECK;
/* An attempt that was recorded and whose end nobody will learn counts as a failure. */
void kyso_signing_settle_lost(struct kyso_signing *signing);

/* Tells the agent why its question stands no longer; nothing when there is none. */
void kyso_signing_end_prompt(struct kyso_signing *signing, int result);

#define KYSO_SIGNING_RESULT_(result, ...) (result)
/* Answers with a result and its details, as kyso_request_fail, and frees. */
#define kyso_signing_fail(signing, ...)                                                            \
    do {                                                                                           \
        struct kyso_signing *failed_ = (signing);                                                  \
        struct kyso_request *request_ = failed_->request;                                          \
                                                                                                   \
        failed_->request = NULL;                                                                   \
        kyso_signing_end_prompt(failed_, KYSO_SIGNING_RESULT_(__VA_ARGS__, 0));                    \
        kyso_request_fail(request_, __VA_ARGS__, NULL);                                            \
        kyso_signing_free(failed_);                                                                \
    } while (0)
void kyso_signing_free(struct kyso_signing *signing);

#endif
