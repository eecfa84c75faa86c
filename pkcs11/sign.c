/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#include <openssl/crypto.h>

#include "cms/build.h"
#include "common/error.h"
#include "common/log.h"
#include "common/outcome.h"
#include "common/secret.h"
#include "pkcs11/card.h"
#include "pkcs11/guard.h"
#include "pkcs11/key.h"
#include "pkcs11/login.h"
#include "pkcs11/protocol.h"
#include "pkcs11/snapshot.h"
#include "pkcs11/start.h"
#include "pkcs11/worker.h"

#define PROMPT_MSEC 120000 /* how long a person may take over the PIN (design limit) */

struct job {
    int socket;
    struct kyso_token_order order;
    struct kyso_card card;
    struct kyso_module module;
    CK_SLOT_ID slot;
    CK_SESSION_HANDLE session;
    struct kyso_buf id; /* CKA_ID of certificate and key */
    struct kyso_token_snapshot info;
    struct kyso_secret *pin;
    bool pin_pad;
    bool last_try_known; /* kysod was told, and goes on only with the user's explicit yes */
    struct kyso_key key;
    EVP_PKEY *pkey;
    bool identified;      /* this token signed before in this job */
    atomic_bool finished; /* kysod has all it asked for */
    bool doubt;           /* a call of the module failed: it is not to be called again */
};

static int receive_any(struct job *job, struct kyso_frame *frame)
{
    int r;

    kyso_guard_set_waiting(true);
    r = kyso_wire_receive(job->socket, frame);
    kyso_guard_set_waiting(false);
    return r;
}

static int receive(struct job *job, uint16_t type, struct kyso_frame *frame)
{
    int r = receive_any(job, frame);

    if (r == 0 && frame->type != type)
        r = kyso_trace(-EBADMSG);
    return r;
}

static int send_empty(struct job *job, uint16_t type)
{
    KYSO_FRAME struct kyso_frame frame = {0};

    kyso_frame_init(&frame, type);
    return kyso_wire_send(job->socket, &frame);
}

/* Looks at one slot: its token must have the serial and hold the certificate. */
static int try_slot(struct job *job, CK_SLOT_ID slot)
{
    struct kyso_token_snapshot info = {0};
    int r = kyso_snapshot_read_info(&job->module, slot, &info);

    if (r == 0 && strcmp(info.serial, job->order.serial) != 0)
        r = KYSO_OUTCOME_TOKEN_CHANGED;
    if (r == 0)
        r = kyso_module_session(&job->module, slot, &job->session);
    if (r == 0) {
        job->id.length = 0;
        r = kyso_snapshot_find(&job->module, job->session, job->order.certificate_sha256, &job->id);
        if (r == KYSO_OUTCOME_NO_CERTIFICATE)
            (void)job->module.f->C_CloseSession(job->session);
    }
    if (r != 0) {
        kyso_token_snapshot_done(&info);
        return r;
    }
    job->slot = slot;
    job->info = info;
    return 0;
}

/* A token may fill several slots (one per PIN): the one with the certificate counts. */
static int find_token(struct job *job)
{
    CK_SLOT_ID slots[KYSO_SLOTS_MAX];
    int result = KYSO_OUTCOME_TOKEN_MISSING;
    size_t n = 0;
    int r =
        kyso_module_slots(&job->module, job->order.reader, job->order.others[0] == NULL, slots, &n);

    if (r != 0)
        return r;
    for (size_t i = 0; i < n; i++) {
        r = try_slot(job, slots[i]);
        if (r == 0 || (r != KYSO_OUTCOME_TOKEN_CHANGED && r != KYSO_OUTCOME_NO_CERTIFICATE))
            return r;
        /* Without a reader, tokens of other serials are no sign of a swap. */
        if (r == KYSO_OUTCOME_NO_CERTIFICATE || job->order.reader != NULL)
            result = result == KYSO_OUTCOME_NO_CERTIFICATE ? result : r;
    }
    return result;
}

static bool key_asks(struct job *job)
{
    CK_OBJECT_HANDLE key = 0;

    /* Most tokens hide private keys before login: then nothing is known yet. */
    return kyso_snapshot_key(&job->module, job->session, &job->id, &key) == 0 &&
           kyso_module_flag(&job->module, job->session, key, CKA_ALWAYS_AUTHENTICATE, false);
}

static int card_tries(struct job *job, bool select)
{
    return kyso_snapshot_is_piv(&job->info) ? kyso_card_piv_tries(&job->card, select) : -1;
}

static bool is_last_try(const struct job *job, int tries)
{
    return (job->info.pin_flags & KYSO_TOKEN_PIN_FINAL_TRY) != 0 || tries == 1;
}

static int send_ready(struct job *job)
{
    KYSO_FRAME struct kyso_frame frame = {0};
    const struct kyso_token_ready ready = {
        .pin_flags = job->info.pin_flags,
        .pin_tries = card_tries(job, false),
        .pin_pad = job->info.pin_pad,
        .always_authenticate = key_asks(job),
    };
    int r;

    if ((job->info.pin_flags & KYSO_TOKEN_PIN_LOCKED) != 0)
        return KYSO_OUTCOME_LOCKED;
    job->last_try_known = is_last_try(job, ready.pin_tries);
    kyso_frame_init(&frame, KYSO_TOKEN_READY);
    r = kyso_token_put_ready(&frame, &ready);
    return r == 0 ? kyso_wire_send(job->socket, &frame) : r;
}

static int check_pin(struct job *job)
{
    size_t length = kyso_secret_length(job->pin);
    uint8_t digest[KYSO_PIN_DIGEST_SIZE];
    int r;

    if (length < job->info.pin_min || (job->info.pin_max != 0 && length > job->info.pin_max))
        return KYSO_OUTCOME_PIN_INVALID;
    r = kyso_login_digest(job->order.digest_key, job->order.serial, job->pin, digest);
    for (size_t i = 0; r == 0 && i < job->order.n_known_wrong; i++) {
        if (CRYPTO_memcmp(digest, job->order.known_wrong[i], sizeof(digest)) == 0)
            r = KYSO_OUTCOME_PIN_KNOWN_WRONG;
    }
    explicit_bzero(digest, sizeof(digest));
    return r;
}

static int receive_pin(struct job *job)
{
    KYSO_FRAME struct kyso_frame frame = {0};
    KYSO_CLOSE int pipe = -1;
    int r = receive(job, KYSO_TOKEN_PIN, &frame);

    if (r != 0)
        return r;
    pipe = kyso_frame_take_fd(&frame, 0);
    if (pipe < 0) {
        job->pin_pad = job->info.pin_pad;
        return job->pin_pad ? 0 : KYSO_OUTCOME_PIN_INVALID;
    }
    kyso_guard_set_waiting(true);
    r = kyso_secret_read_pin(pipe, PROMPT_MSEC, &job->pin);
    kyso_guard_set_waiting(false);
    if (r == 0)
        r = send_empty(job, KYSO_TOKEN_PIN_READ);
    return r == 0 ? check_pin(job) : r;
}

/* Whether the token is still the one the job began with; the module is asked only where PC/SC's
 * count of insertions does not answer already. */
static int check_identity(struct job *job, bool ask_module)
{
    struct kyso_token_snapshot now = {0};
    bool present = false;
    bool same = kyso_card_same(&job->card, &present);
    CK_ULONG slots = 0;
    int r;

    if (same && !ask_module)
        return 0;
    if (!present)
        return KYSO_OUTCOME_TOKEN_REMOVED;
    /* OpenSC goes on telling the old card's serial until it is asked for its slots. */
    if (!same)
        (void)job->module.f->C_GetSlotList(CK_TRUE, NULL, &slots);
    r = kyso_snapshot_read_info(&job->module, job->slot, &now);
    if (r == 0 && strcmp(now.serial, job->order.serial) != 0)
        r = KYSO_OUTCOME_TOKEN_CHANGED;
    else if (r == 0 && !same)
        r = KYSO_OUTCOME_TOKEN_REMOVED; /* and back again: its login is gone */
    else if (r == 0)
        job->info.pin_flags = now.pin_flags;
    else
        r = same ? r : KYSO_OUTCOME_TOKEN_REMOVED;
    kyso_token_snapshot_done(&now);
    return r;
}

/* While a person looks for the PIN another program may spend tries: what was the last but one then
 * may be the last now, and nobody was asked about that. */
static int look_before_login(struct job *job, int *ret_tries)
{
    int r = check_identity(job, true);

    if (r != 0)
        return r;
    if ((job->info.pin_flags & KYSO_TOKEN_PIN_LOCKED) != 0)
        return KYSO_OUTCOME_LOCKED;
    *ret_tries = card_tries(job, false);
    if (*ret_tries == 0)
        return KYSO_OUTCOME_LOCKED;
    return is_last_try(job, *ret_tries) && !job->last_try_known ? KYSO_OUTCOME_PIN_LAST_TRY : 0;
}

/* Reads the flags after a login that failed. OpenSC may lock itself up when it is called after a
 * pull during a login, so PC/SC is asked first. */
static int read_flags_after(struct job *job, struct kyso_token_login *login)
{
    int r;

    if (login->result == KYSO_TOKEN_LOGIN_REMOVED)
        return 0;
    if (login->result == KYSO_TOKEN_LOGIN_GENERAL_ERROR && !kyso_card_same_soon(&job->card)) {
        login->result = KYSO_TOKEN_LOGIN_REMOVED;
        return 0;
    }
    job->info.pin_flags = 0;
    r = check_identity(job, true);
    if (r == 0)
        login->flags_after = job->info.pin_flags;
    return r < 0 ? r : 0;
}

static int failed_login(struct job *job, struct kyso_token_login *login)
{
    int r = read_flags_after(job, login);

    if (r == 0 && job->pin != NULL && login->result != KYSO_TOKEN_LOGIN_REMOVED)
        r = kyso_login_digest(job->order.digest_key, job->order.serial, job->pin,
                              login->pin_digest);
    job->pin = kyso_secret_free(job->pin);
    if (r < 0)
        return r;
    if (login->result == KYSO_TOKEN_LOGIN_INCORRECT || login->result == KYSO_TOKEN_LOGIN_LOCKED) {
        kyso_module_close(&job->module);
        login->tries_after = card_tries(job, true);
    } else {
        job->doubt = true;
    }
    return 0;
}

/* *RET_GOES_ON: the login was ok. */
static int log_in(struct job *job, bool *ret_goes_on)
{
    KYSO_FRAME struct kyso_frame frame = {0};
    struct kyso_token_login login = {.tries_after = -1};
    int r = look_before_login(job, &login.tries_before);

    if (r != 0)
        return r;
    login.flags_before = job->info.pin_flags;
    login.flags_after = job->info.pin_flags;
    r = kyso_login_user(&job->module, job->session, job->pin, &login.result);
    if (r == 0 && login.result != KYSO_TOKEN_LOGIN_OK)
        r = failed_login(job, &login);
    else if (r == 0)
        login.flags_after = 0;
    if (r != 0)
        return r;
    kyso_frame_init(&frame, KYSO_TOKEN_LOGIN);
    r = kyso_token_put_login(&frame, &login);
    if (r == 0)
        r = kyso_wire_send(job->socket, &frame);
    *ret_goes_on = r == 0 && login.result == KYSO_TOKEN_LOGIN_OK;
    explicit_bzero(&login, sizeof(login));
    return r;
}

static int open_key(struct job *job)
{
    struct kyso_key *key = &job->key;
    int r;

    *key = (struct kyso_key){.module = &job->module,
                             .path = job->order.module,
                             .slot = job->slot,
                             .session = job->session,
                             .id = &job->id};
    r = kyso_snapshot_key(&job->module, job->session, &job->id, &key->object);
    if (r != 0)
        return r;
    key->always_authenticate =
        kyso_module_flag(&job->module, job->session, key->object, CKA_ALWAYS_AUTHENTICATE, false);
    if (key->always_authenticate)
        key->pin = job->pin;
    else
        job->pin = kyso_secret_free(job->pin); /* nothing needs it any more */
    return kyso_key_new(key, job->order.chain[0], job->order.chain_length[0], &job->pkey);
}

/* The token's identity is checked before a signature is begun: with a key that always
 * authenticates nothing may come between its login and C_Sign. With a PC/SC reader the count of
 * insertions proves it without a command to the card. */
static int sign_one(struct job *job, const uint8_t digest[32])
{
    KYSO_FRAME struct kyso_frame frame = {0};
    KYSO_BUF struct kyso_buf cms = {.maximum = KYSO_TOKEN_CMS_MAX};
    struct kyso_cms_certificate chain[KYSO_TOKEN_CHAIN_MAX];
    int r = check_identity(job, !job->identified || !job->card.open);

    if (r != 0)
        return r;
    job->identified = true;
    for (size_t i = 0; i < job->order.n_chain; i++)
        chain[i] = (struct kyso_cms_certificate){job->order.chain[i], job->order.chain_length[i]};
    job->key.outcome = 0;
    r = kyso_cms_build(job->pkey, chain, job->order.n_chain, digest, &cms);
    if (r != 0)
        return kyso_key_outcome(&job->key, r);
    kyso_frame_init(&frame, KYSO_TOKEN_SIGNED);
    r = kyso_token_put_cms(&frame, cms.bytes, cms.length);
    return r == 0 ? kyso_wire_send(job->socket, &frame) : r;
}

static int sign_all(struct job *job)
{
    int r = open_key(job);

    while (r == 0) {
        KYSO_FRAME struct kyso_frame frame = {0};
        uint8_t digest[32];

        r = receive_any(job, &frame);
        if (r == 0 && frame.type == KYSO_TOKEN_FINISH)
            return kyso_token_get_nothing(&frame);
        if (r == 0 && frame.type != KYSO_TOKEN_DIGEST)
            r = kyso_trace(-EBADMSG);
        if (r == 0)
            r = kyso_token_get_digest(&frame, digest);
        if (r == 0)
            r = sign_one(job, digest);
    }
    return r;
}

/* Leaves the card logged out. After a failed call the module is not called again, for it may hang:
 * the end of the process closes its PC/SC connection inside its transaction, and pcscd then resets
 * the card. */
static void close_token(struct job *job)
{
    job->pin = kyso_secret_free(job->pin);
    EVP_PKEY_free(job->pkey);
    job->pkey = NULL;
    if (!job->doubt && job->module.f != NULL) {
        (void)job->module.f->C_Logout(job->session);
        (void)job->module.f->C_CloseAllSessions(job->slot);
        kyso_module_close(&job->module);
    }
    kyso_card_close(&job->card);
}

/* The guard's last word, from its thread. */
static void give_up(void *data)
{
    struct job *job = data;

    if (atomic_load(&job->finished))
        (void)!send_empty(job, KYSO_TOKEN_FINISHED);
    else
        (void)!kyso_wire_send_failure(job->socket, KYSO_OUTCOME_TOKEN_REMOVED, "module-hangs");
}

static int prepare(struct job *job)
{
    KYSO_FRAME struct kyso_frame frame = {0};
    uint8_t digest[32];
    int r = receive(job, KYSO_TOKEN_JOB, &frame);

    if (r == 0)
        r = kyso_token_get_order(&frame, &job->order);
    if (r != 0)
        return r;
    if (job->order.serial == NULL ||
        EVP_Digest(job->order.chain[0], job->order.chain_length[0], digest, NULL, EVP_sha256(),
                   NULL) != 1 ||
        memcmp(digest, job->order.certificate_sha256, sizeof(digest)) != 0)
        return kyso_trace(-EINVAL);
    r = kyso_token_start(&job->order, give_up, job, &job->card, &job->module);
    return r == 0 ? find_token(job) : r;
}

static int converse(struct job *job)
{
    KYSO_FRAME struct kyso_frame go = {0};
    bool goes_on = false;
    int tries = -1;
    int r = prepare(job);

    if (r == 0)
        r = send_ready(job);
    if (r == 0)
        r = receive_pin(job);
    if (r == 0) /* before an attempt is recorded that will not be made, and once more after it */
        r = look_before_login(job, &tries);
    if (r == 0)
        r = send_empty(job, KYSO_TOKEN_CHARGE);
    if (r == 0)
        r = receive(job, KYSO_TOKEN_GO, &go);
    if (r == 0)
        r = log_in(job, &goes_on);
    if (r != 0 || !goes_on)
        return r;
    r = sign_all(job);
    if (r != 0) {
        job->doubt = r == KYSO_OUTCOME_LOCKED; /* found only now: the login was ok */
        return r;
    }
    atomic_store(&job->finished, true);
    close_token(job);
    return send_empty(job, KYSO_TOKEN_FINISHED);
}

/* A module's own failure may be a pull that it did not understand, and so may a token on which it
 * finds nothing. */
static int judge(struct job *job, int r)
{
    bool may_be_pull = r == KYSO_OUTCOME_TOKEN_FAILED || r == KYSO_OUTCOME_NO_CERTIFICATE;

    job->doubt = job->doubt || r == KYSO_OUTCOME_TOKEN_FAILED || r == KYSO_OUTCOME_TOKEN_REMOVED ||
                 r == KYSO_OUTCOME_TOKEN_CHANGED || r == KYSO_OUTCOME_PIN_WRONG;
    if (may_be_pull && job->module.f != NULL && !kyso_card_same_soon(&job->card))
        return KYSO_OUTCOME_TOKEN_REMOVED;
    return r;
}

int kyso_token_run_sign(int socket)
{
    struct job job = {.socket = socket};
    int r = converse(&job);

    if (r != 0 && r != -EPIPE) { /* -EPIPE: kysod is gone or has ended the job */
        r = judge(&job, r);
        r = kyso_wire_send_failure(socket, r, "sign");
    }
    close_token(&job);
    kyso_token_snapshot_done(&job.info);
    kyso_buf_done(&job.id);
    kyso_token_order_done(&job.order);
    return r == 0 ? 0 : 1;
}
