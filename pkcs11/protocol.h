/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_PKCS11_PROTOCOL_H
#define KYSO_PKCS11_PROTOCOL_H

/* The frames between kysod and kyso-token, written and read by one module for both sides. Every
 * string is valid UTF-8. "→" is to the worker, "←" to kysod. */

#include "common/wire.h"
#include "pkcs11/remote.h"

#define KYSO_TOKEN_READERS_MAX 64
#define KYSO_TOKEN_CERTIFICATES_MAX 64
#define KYSO_TOKEN_CERTIFICATE_MAX ((size_t)16 * 1024) /* bytes of DER */
#define KYSO_TOKEN_CHAIN_MAX 9                         /* the signer and its path */
#define KYSO_TOKEN_WRONG_MAX 64                        /* digests of PINs known to be wrong */
#define KYSO_TOKEN_CMS_MAX ((size_t)256 * 1024)
#define KYSO_TOKEN_CMS_INLINE ((size_t)96 * 1024) /* a longer CMS travels in a memfd */

enum kyso_token_frame {
    KYSO_TOKEN_READERS = 1, /* ← watch: all readers */
    KYSO_TOKEN_TARGET,      /* → scan: which module and reader */
    KYSO_TOKEN_SNAPSHOT,    /* ← scan: one token, without its certificates */
    KYSO_TOKEN_CERTIFICATE, /* ← scan: a certificate of the token told last */
    KYSO_TOKEN_SCANNED,     /* ← scan: no more tokens */
    KYSO_TOKEN_JOB,         /* → sign: struct kyso_token_sign_job; the chain is in a memfd */
    KYSO_TOKEN_READY,       /* ← sign */
    KYSO_TOKEN_PIN,         /* → sign: the pipe, or none for the pin pad */
    KYSO_TOKEN_PIN_READ,    /* ← sign: empty; nobody is waited for any more */
    KYSO_TOKEN_CHARGE,      /* ← sign: empty */
    KYSO_TOKEN_GO,          /* → sign: empty */
    KYSO_TOKEN_LOGIN,       /* ← sign: struct kyso_token_login */
    KYSO_TOKEN_DIGEST,      /* → sign: 32 bytes */
    KYSO_TOKEN_SIGNED,      /* ← sign: the CMS */
    KYSO_TOKEN_FINISH,      /* → sign: empty */
    KYSO_TOKEN_FINISHED,    /* ← sign: empty; logged out, module closed */
};

struct kyso_token_ready {
    uint32_t pin_flags;
    int pin_tries;
    bool pin_pad, always_authenticate;
};

/* A target or job as the worker received it: owns all it points to. */
struct kyso_token_order {
    char *module, *reader, *serial; /* reader and serial: null when not given */
    char **others;                  /* null-terminated, never null */
    uint8_t certificate_sha256[32];
    uint8_t digest_key[32];
    uint8_t (*known_wrong)[KYSO_PIN_DIGEST_SIZE];
    size_t n_known_wrong;
    uint8_t *chain_bytes;
    const uint8_t *chain[KYSO_TOKEN_CHAIN_MAX];
    size_t chain_length[KYSO_TOKEN_CHAIN_MAX];
    size_t n_chain;
};
void kyso_token_order_done(struct kyso_token_order *order); /* wipes the keys */

/* Put: fill a frame that kyso_frame_init() made; -EMSGSIZE, -ENOMEM, -EINVAL. Get: -EBADMSG for
 * anything malformed, -ENOMEM; the result is empty then. */
int kyso_token_put_target(struct kyso_frame *frame,
                          const struct kyso_token_target *target) KYSO_MUST_CHECK;
int kyso_token_put_job(struct kyso_frame *frame,
                       const struct kyso_token_sign_job *job) KYSO_MUST_CHECK;
/* Either of the two frames above. */
int kyso_token_get_order(struct kyso_frame *frame,
                         struct kyso_token_order *ret_order) KYSO_MUST_CHECK;

int kyso_token_put_readers(struct kyso_frame *frame, bool available,
                           const struct kyso_reader *readers, size_t n) KYSO_MUST_CHECK;
/* RET_READERS has room for KYSO_TOKEN_READERS_MAX. */
int kyso_token_get_readers(const struct kyso_frame *frame, bool *ret_available,
                           struct kyso_reader *ret_readers, size_t *ret_n) KYSO_MUST_CHECK;
void kyso_token_readers_done(struct kyso_reader *readers, size_t n);

/* Without the certificates. */
int kyso_token_put_snapshot(struct kyso_frame *frame,
                            const struct kyso_token_snapshot *snapshot) KYSO_MUST_CHECK;
int kyso_token_get_snapshot(const struct kyso_frame *frame,
                            struct kyso_token_snapshot *ret_snapshot) KYSO_MUST_CHECK;
int kyso_token_put_certificate(struct kyso_frame *frame,
                               const struct kyso_token_certificate *certificate) KYSO_MUST_CHECK;
int kyso_token_get_certificate(const struct kyso_frame *frame,
                               struct kyso_token_certificate *ret_certificate) KYSO_MUST_CHECK;
void kyso_token_certificate_done(struct kyso_token_certificate *certificate);

int kyso_token_put_ready(struct kyso_frame *frame,
                         const struct kyso_token_ready *ready) KYSO_MUST_CHECK;
int kyso_token_get_ready(const struct kyso_frame *frame,
                         struct kyso_token_ready *ret_ready) KYSO_MUST_CHECK;
int kyso_token_put_login(struct kyso_frame *frame,
                         const struct kyso_token_login *login) KYSO_MUST_CHECK;
int kyso_token_get_login(const struct kyso_frame *frame,
                         struct kyso_token_login *ret_login) KYSO_MUST_CHECK;
int kyso_token_put_digest(struct kyso_frame *frame, const uint8_t digest[32]) KYSO_MUST_CHECK;
int kyso_token_get_digest(const struct kyso_frame *frame, uint8_t ret_digest[32]) KYSO_MUST_CHECK;
int kyso_token_put_cms(struct kyso_frame *frame, const uint8_t *cms, size_t length) KYSO_MUST_CHECK;
/* RET_CMS is malloced. */
int kyso_token_get_cms(struct kyso_frame *frame, uint8_t **ret_cms,
                       size_t *ret_length) KYSO_MUST_CHECK;
/* 0 when the body of FRAME is empty. */
int kyso_token_get_nothing(const struct kyso_frame *frame) KYSO_MUST_CHECK;

#endif
