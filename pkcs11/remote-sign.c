/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pkcs11/remote.h"

#include <errno.h>

#include "common/clock.h"
#include "common/error.h"
#include "common/log.h"
#include "common/outcome.h"
#include "pkcs11/protocol.h"

#define CALL_DEADLINE (30 * KYSO_USEC_PER_SEC)
#define PIN_PAD_DEADLINE (120 * KYSO_USEC_PER_SEC)
/* After its last word a worker only closes the module, which may hang. */
#define ENDING_DEADLINE (5 * KYSO_USEC_PER_SEC)

enum phase { OPENING, PIN_AWAITED, PIN_SENT, CHARGED, LOGGING_IN, LOGGED_IN, FINISHING, ENDED };

struct kyso_token_sign {
    struct kyso_worker *worker;
    const struct kyso_token_sign_handler *handler;
    void *data;
    enum phase phase;
    bool pin_pad, always_authenticate;
    size_t asked; /* digests given and not yet signed */
    bool told;    /* RESULT is the worker's own word */
    int result;
};

static void end(struct kyso_token_sign *sign, int result)
{
    if (sign->phase == ENDED)
        return;
    sign->phase = ENDED;
    sign->worker = kyso_worker_free(sign->worker);
    sign->handler->end(sign->data, result); /* may free the sign */
}

/* The worker's last word is kept until it has ended: only then the card is free again. */
static void ending(struct kyso_token_sign *sign, int result)
{
    sign->phase = FINISHING;
    sign->told = true;
    sign->result = result;
    if (kyso_worker_set_deadline(sign->worker, ENDING_DEADLINE) < 0)
        end(sign, result);
}

static void failure(struct kyso_token_sign *sign, const struct kyso_frame *frame)
{
    KYSO_FREE char *detail = NULL;
    int r = kyso_wire_read_failure(frame, &detail);

    if (detail != NULL && detail[0] != '\0')
        kyso_log(KYSO_LOG_INFO, "token job failed: %s (%d)", detail, r);
    ending(sign, r == -EBADMSG ? KYSO_OUTCOME_WORKER_DIED : r);
}

static int on_ready(struct kyso_token_sign *sign, const struct kyso_frame *frame)
{
    struct kyso_token_ready ready;
    int r = kyso_token_get_ready(frame, &ready);

    if (r == 0)
        r = kyso_worker_set_deadline(sign->worker, 0);
    if (r < 0)
        return r;
    sign->phase = PIN_AWAITED;
    sign->pin_pad = ready.pin_pad;
    sign->always_authenticate = ready.always_authenticate;
    sign->handler->ready(sign->data, ready.pin_flags, ready.pin_tries, ready.pin_pad,
                         ready.always_authenticate);
    return 0;
}

static int on_login(struct kyso_token_sign *sign, const struct kyso_frame *frame)
{
    struct kyso_token_login login;
    int r = kyso_token_get_login(frame, &login);

    if (r == 0 && login.result == KYSO_TOKEN_LOGIN_OK) {
        sign->phase = LOGGED_IN;
        r = kyso_worker_set_deadline(sign->worker, 0);
    } else if (r == 0) {
        sign->phase = FINISHING;
        sign->told = true;
        r = kyso_worker_set_deadline(sign->worker, ENDING_DEADLINE);
    }
    if (r == 0)
        sign->handler->login(sign->data, &login);
    return r;
}

static int on_signed(struct kyso_token_sign *sign, struct kyso_frame *frame)
{
    KYSO_FREE uint8_t *cms = NULL;
    size_t length = 0;
    int r = sign->asked > 0 ? kyso_token_get_cms(frame, &cms, &length) : -EBADMSG;

    if (r == 0 && --sign->asked == 0)
        r = kyso_worker_set_deadline(sign->worker, 0);
    else if (r == 0)
        r = kyso_worker_set_deadline(sign->worker,
                                     sign->pin_pad ? PIN_PAD_DEADLINE : CALL_DEADLINE);
    if (r == 0)
        sign->handler->signed_(sign->data, cms, length);
    return r;
}

static int dispatch(struct kyso_token_sign *sign, struct kyso_frame *frame)
{
    if (frame->type == KYSO_TOKEN_READY && sign->phase == OPENING)
        return on_ready(sign, frame);
    if (frame->type == KYSO_TOKEN_PIN_READ && sign->phase == PIN_SENT)
        return kyso_worker_set_deadline(sign->worker, CALL_DEADLINE);
    if (frame->type == KYSO_TOKEN_CHARGE && sign->phase == PIN_SENT) {
        sign->phase = CHARGED;
        sign->handler->charge(sign->data);
        return 0;
    }
    if (frame->type == KYSO_TOKEN_LOGIN && sign->phase == LOGGING_IN)
        return on_login(sign, frame);
    if (frame->type == KYSO_TOKEN_SIGNED && sign->phase == LOGGED_IN)
        return on_signed(sign, frame);
    if (frame->type == KYSO_TOKEN_FINISHED && sign->phase == FINISHING && !sign->told) {
        ending(sign, 0);
        return 0;
    }
    return kyso_trace(-EBADMSG);
}

static void sign_frame(void *data, struct kyso_frame *frame)
{
    struct kyso_token_sign *sign = data;
    int r;

    if (sign->told) /* its last word was said */
        return;
    if (frame->type == KYSO_WIRE_FAILURE) {
        failure(sign, frame);
        return;
    }
    r = dispatch(sign, frame); /* the sign may be gone when this is 0 */
    if (r < 0)
        end(sign, r == -EBADMSG ? KYSO_OUTCOME_WORKER_DIED : r);
}

static void sign_end(void *data, int result)
{
    struct kyso_token_sign *sign = data;

    if (sign->told)
        result = sign->result;
    else if (result == 0)
        result = KYSO_OUTCOME_WORKER_DIED;
    end(sign, result);
}

static int start(struct kyso_token_sign *sign, struct kyso_loop *loop,
                 const struct kyso_token_sign_job *job)
{
    static const struct kyso_worker_handler HANDLER = {sign_frame, sign_end};
    const struct kyso_worker_spec spec = {.program = "kyso-token",
                                          .argument = "sign",
                                          .environment = job->target.environment,
                                          .deadline_usec = CALL_DEADLINE};
    KYSO_FRAME struct kyso_frame frame = {0};
    int r;

    kyso_frame_init(&frame, KYSO_TOKEN_JOB);
    r = kyso_token_put_job(&frame, job);
    if (r == 0)
        r = kyso_worker_start(loop, &spec, &HANDLER, sign, &sign->worker);
    if (r == 0)
        r = kyso_worker_send(sign->worker, &frame);
    return kyso_trace(r);
}

int kyso_token_sign_new(struct kyso_loop *loop, const struct kyso_token_sign_job *job,
                        const struct kyso_token_sign_handler *handler, void *data,
                        struct kyso_token_sign **ret_sign)
{
    struct kyso_token_sign *sign;
    int r;

    if (job->target.serial == NULL)
        return kyso_trace(-EINVAL);
    sign = calloc(1, sizeof(*sign));
    if (sign == NULL)
        return kyso_trace(-ENOMEM);
    sign->handler = handler;
    sign->data = data;
    r = start(sign, loop, job);
    if (r < 0) {
        (void)kyso_token_sign_free(sign);
        return r;
    }
    *ret_sign = sign;
    return 0;
}

/* Sends an order that belongs to PHASE and moves on to NEXT, with a deadline for the answer. A
 * worker that has failed meanwhile is no error here: its end is on the way. */
static int order(struct kyso_token_sign *sign, enum phase phase, enum phase next,
                 struct kyso_frame *frame, uint64_t deadline)
{
    int r;

    if (sign->told)
        return 0;
    if (sign->phase != phase)
        return kyso_trace(-EPROTO);
    r = kyso_worker_send(sign->worker, frame);
    if (r == -EPIPE)
        return 0;
    if (r == 0)
        r = kyso_worker_set_deadline(sign->worker, deadline);
    if (r == 0)
        sign->phase = next;
    return kyso_trace(r);
}

int kyso_token_sign_pin(struct kyso_token_sign *sign, int pin_pipe)
{
    KYSO_FRAME struct kyso_frame frame = {0};
    int r = 0;

    kyso_frame_init(&frame, KYSO_TOKEN_PIN);
    if (pin_pipe >= 0)
        r = kyso_frame_attach(&frame, pin_pipe);
    /* No deadline until it is read: a person may still be typing, and the worker reads with the
     * prompt's own. */
    return r == 0 ? order(sign, PIN_AWAITED, PIN_SENT, &frame, 0) : r;
}

int kyso_token_sign_go(struct kyso_token_sign *sign)
{
    KYSO_FRAME struct kyso_frame frame = {0};

    kyso_frame_init(&frame, KYSO_TOKEN_GO);
    return order(sign, CHARGED, LOGGING_IN, &frame,
                 sign->pin_pad ? PIN_PAD_DEADLINE : CALL_DEADLINE);
}

int kyso_token_sign_digest(struct kyso_token_sign *sign, const uint8_t sha256[32])
{
    KYSO_FRAME struct kyso_frame frame = {0};
    int r;

    kyso_frame_init(&frame, KYSO_TOKEN_DIGEST);
    r = kyso_token_put_digest(&frame, sha256);
    if (r == 0)
        r = order(sign, LOGGED_IN, LOGGED_IN, &frame,
                  sign->pin_pad ? PIN_PAD_DEADLINE : CALL_DEADLINE);
    if (r == 0)
        sign->asked++;
    return r;
}

int kyso_token_sign_finish(struct kyso_token_sign *sign)
{
    KYSO_FRAME struct kyso_frame frame = {0};

    kyso_frame_init(&frame, KYSO_TOKEN_FINISH);
    return order(sign, LOGGED_IN, FINISHING, &frame, CALL_DEADLINE);
}

struct kyso_token_sign *kyso_token_sign_free(struct kyso_token_sign *sign)
{
    if (sign == NULL)
        return NULL;
    (void)kyso_worker_free(sign->worker);
    free(sign);
    return NULL;
}
