/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_PKCS11_REMOTE_H
#define KYSO_PKCS11_REMOTE_H

/* kysod's side of kyso-token, which runs three ways: watch (PC/SC events), scan (one snapshot of
 * one reader's token) and sign (one login for one job). Strings that come from a token are valid
 * UTF-8 here. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/loop.h"
#include "common/worker.h"

/* ---- watch ---- */

enum kyso_reader_state { KYSO_READER_EMPTY, KYSO_READER_PRESENT, KYSO_READER_MUTE };

struct kyso_reader {
    char *name;
    enum kyso_reader_state state;
    uint32_t events; /* PC/SC's count of insertions and removals: another number, another epoch */
};

struct kyso_token_watch;
/* FN is called with all readers after every change. AVAILABLE is false while PC/SC's daemon cannot
 * be reached; the watch goes on trying by itself (waiting for its socket, with back-off) and
 * restarts its worker when that dies. */
typedef void (*kyso_token_watch_fn)(void *data, bool available, const struct kyso_reader *readers,
                                    size_t n);
int kyso_token_watch_new(struct kyso_loop *loop, kyso_token_watch_fn fn, void *data,
                         struct kyso_token_watch **ret_watch) KYSO_MUST_CHECK;
struct kyso_token_watch *kyso_token_watch_free(struct kyso_token_watch *watch);

/* ---- scan ---- */

/* Which module and reader. With READER set the worker writes its own OPENSC_CONF (a memory file or
 * in its private folder) that ignores every other reader. READER null: a module without PC/SC
 * readers (SoftHSM): each of its tokens is one. */
struct kyso_token_target {
    const char *module;             /* absolute path, from root-owned configuration */
    const char *reader;             /* PC/SC name, or null */
    const char *const *others;      /* the other readers' names, null-terminated */
    const char *serial;             /* expected serial, or null (scan): only that token */
    const char *const *environment; /* extra, from root-owned configuration; or null */
};

enum kyso_token_pin_flag {
    KYSO_TOKEN_PIN_COUNT_LOW = 1,
    KYSO_TOKEN_PIN_FINAL_TRY = 2,
    KYSO_TOKEN_PIN_LOCKED = 4
};

/* Whether a token has the private key of a certificate of its. The store keeps the numbers. */
enum kyso_token_key {
    KYSO_TOKEN_KEY_NONE,
    KYSO_TOKEN_KEY_HIDDEN, /* keys are not shown before a login: assumed there */
    KYSO_TOKEN_KEY_SHOWN,
    KYSO_TOKEN_KEY_MAX
};

struct kyso_token_certificate {
    uint8_t *der;
    size_t der_length;
    uint8_t id[64]; /* CKA_ID */
    size_t id_length;
    char *label;
    enum kyso_token_key key; /* of that id, which can sign */
    bool always_authenticate;
};

struct kyso_token_snapshot {
    char *serial, *manufacturer, *model, *label;
    uint32_t pin_flags;        /* enum kyso_token_pin_flag */
    int pin_tries;             /* the card's own count, or -1 */
    uint32_t pin_min, pin_max; /* bytes; 0: not told */
    bool pin_pad;              /* CKF_PROTECTED_AUTHENTICATION_PATH */
    bool login_required;
    struct kyso_token_certificate *certificates;
    size_t n_certificates;
};
void kyso_token_snapshot_done(struct kyso_token_snapshot *snapshot);

struct kyso_token_scan;
/* FN: 0 with the tokens found (usually one; contents taken over), KYSO_OUTCOME_TOKEN_MISSING,
 * KYSO_OUTCOME_TOKEN_FAILED, _TIMED_OUT, _WORKER_DIED, negative errno. */
typedef void (*kyso_token_scan_fn)(void *data, int result, struct kyso_token_snapshot *tokens,
                                   size_t n);
int kyso_token_scan(struct kyso_loop *loop, const struct kyso_token_target *target,
                    kyso_token_scan_fn fn, void *data,
                    struct kyso_token_scan **ret_scan) KYSO_MUST_CHECK;
struct kyso_token_scan *kyso_token_scan_free(struct kyso_token_scan *scan);

/* ---- sign ---- */

#define KYSO_PIN_DIGEST_SIZE 32

struct kyso_token_sign_job {
    struct kyso_token_target target; /* with the serial */
    uint8_t certificate_sha256[32];  /* must be found on the token, unchanged */
    /* The chain to embed, signer first; DER. */
    const uint8_t *const *chain;
    const size_t *chain_length;
    size_t n_chain;
    /* HMAC-SHA-256 key for the digest of serial + NUL + PIN, and the digests known to be wrong. */
    uint8_t digest_key[32];
    const uint8_t (*known_wrong)[KYSO_PIN_DIGEST_SIZE];
    size_t n_known_wrong;
};

/* What C_Login said, before judgement by policy/lockout. */
enum kyso_token_login_result {
    KYSO_TOKEN_LOGIN_OK,
    KYSO_TOKEN_LOGIN_INCORRECT,
    KYSO_TOKEN_LOGIN_LOCKED,
    KYSO_TOKEN_LOGIN_GENERAL_ERROR, /* general error, function failed, device error, other */
    KYSO_TOKEN_LOGIN_REMOVED,
    KYSO_TOKEN_LOGIN_ALREADY,      /* already logged in: never read as a checked PIN */
    KYSO_TOKEN_LOGIN_CANCELLED,    /* at the pin pad */
    KYSO_TOKEN_LOGIN_PIN_REJECTED, /* CKR_PIN_LEN_RANGE, CKR_PIN_INVALID: before the card */
};

struct kyso_token_login {
    enum kyso_token_login_result result;
    uint32_t flags_before, flags_after;       /* enum kyso_token_pin_flag */
    int tries_before, tries_after;            /* the card's own, or -1 */
    uint8_t pin_digest[KYSO_PIN_DIGEST_SIZE]; /* of the PIN that failed; zero otherwise */
};

struct kyso_token_sign;

/* The conversation, in order: ready → (kysod asks for the PIN) kyso_token_sign_pin → charge →
 * (kysod records the attempt durably) kyso_token_sign_go → login → kyso_token_sign_digest for each
 * document → signed → kyso_token_sign_finish → end. Each callback may free the sign. Digests may
 * be given ahead of the answers. A call that comes after the worker has failed does nothing and
 * returns 0: `end` is on the way. A call out of order is -EPROTO. */
struct kyso_token_sign_handler {
    /* The token is open and is the right one; its fresh PIN state. */
    void (*ready)(void *data, uint32_t pin_flags, int pin_tries, bool pin_pad,
                  bool always_authenticate);
    /* The PIN is read and is not known to be wrong: record the attempt, then say go. */
    void (*charge)(void *data);
    void (*login)(void *data, const struct kyso_token_login *login);
    /* A CMS over the digest given last. */
    void (*signed_)(void *data, const uint8_t *cms, size_t length);
    /* Once, at the end: 0 after finish; else KYSO_OUTCOME_TOKEN_MISSING, _TOKEN_REMOVED,
     * _TOKEN_CHANGED, _NO_CERTIFICATE, _PIN_KNOWN_WRONG, _PIN_INVALID, _PROMPT_TIMEOUT, _CANCELLED,
     * _LOCKED, _BAD_CERTIFICATE, _TOKEN_FAILED, _TIMED_OUT, _WORKER_DIED or a negative errno;
     * _PIN_WRONG when the card took the PIN at login and refused it for a signature (a try may be
     * spent), _LOCKED when that locked it. After a login that was not ok the worker ends by itself
     * with 0: the login told it. */
    void (*end)(void *data, int result);
};

int kyso_token_sign_new(struct kyso_loop *loop, const struct kyso_token_sign_job *job,
                        const struct kyso_token_sign_handler *handler, void *data,
                        struct kyso_token_sign **ret_sign) KYSO_MUST_CHECK;
/* PIN_PIPE: a pipe the PIN arrives in (duplicated), or -1 for the reader's pin pad. */
int kyso_token_sign_pin(struct kyso_token_sign *sign, int pin_pipe) KYSO_MUST_CHECK;
int kyso_token_sign_go(struct kyso_token_sign *sign) KYSO_MUST_CHECK;
int kyso_token_sign_digest(struct kyso_token_sign *sign, const uint8_t sha256[32]) KYSO_MUST_CHECK;
int kyso_token_sign_finish(struct kyso_token_sign *sign) KYSO_MUST_CHECK;
/* Ends the worker at once when it still runs; the card is reset by its closing. */
struct kyso_token_sign *kyso_token_sign_free(struct kyso_token_sign *sign);

#endif
