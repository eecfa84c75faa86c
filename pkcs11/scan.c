/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "common/error.h"
#include "common/outcome.h"
#include "pkcs11/card.h"
#include "pkcs11/protocol.h"
#include "pkcs11/snapshot.h"
#include "pkcs11/start.h"
#include "pkcs11/worker.h"

struct scan {
    struct kyso_token_order order;
    struct kyso_card card;
    struct kyso_module module;
    struct kyso_token_snapshot tokens[KYSO_SLOTS_MAX];
    size_t n;
};

static int receive_target(int socket, struct kyso_token_order *order)
{
    KYSO_FRAME struct kyso_frame frame = {0};
    int r = kyso_wire_receive(socket, &frame);

    if (r == 0 && frame.type != KYSO_TOKEN_TARGET)
        r = kyso_trace(-EBADMSG);
    return r == 0 ? kyso_token_get_order(&frame, order) : r;
}

static int read_tokens(struct scan *scan)
{
    CK_SLOT_ID slots[KYSO_SLOTS_MAX];
    size_t n = 0;
    int r = kyso_module_slots(&scan->module, scan->order.reader, scan->order.others[0] == NULL,
                              slots, &n);

    for (size_t i = 0; r == 0 && i < n; i++) {
        struct kyso_token_snapshot *token = &scan->tokens[scan->n];

        r = kyso_snapshot_read(&scan->module, slots[i], token);
        if (r != 0)
            break;
        if (scan->order.serial != NULL && strcmp(scan->order.serial, token->serial) != 0)
            kyso_token_snapshot_done(token);
        else
            scan->n++;
    }
    return r;
}

static int send_token(int socket, const struct kyso_token_snapshot *token)
{
    KYSO_FRAME struct kyso_frame frame = {0};
    int r;

    kyso_frame_init(&frame, KYSO_TOKEN_SNAPSHOT);
    r = kyso_token_put_snapshot(&frame, token);
    if (r == 0)
        r = kyso_wire_send(socket, &frame);
    for (size_t i = 0; r == 0 && i < token->n_certificates; i++) {
        kyso_frame_done(&frame);
        kyso_frame_init(&frame, KYSO_TOKEN_CERTIFICATE);
        r = kyso_token_put_certificate(&frame, &token->certificates[i]);
        if (r == 0)
            r = kyso_wire_send(socket, &frame);
    }
    return r;
}

static int send_all(int socket, const struct scan *scan)
{
    KYSO_FRAME struct kyso_frame frame = {0};
    int r = 0;

    for (size_t i = 0; r == 0 && i < scan->n; i++)
        r = send_token(socket, &scan->tokens[i]);
    kyso_frame_init(&frame, KYSO_TOKEN_SCANNED);
    return r == 0 ? kyso_wire_send(socket, &frame) : r;
}

static void give_up(void *data)
{
    (void)!kyso_wire_send_failure(*(int *)data, KYSO_OUTCOME_TOKEN_MISSING, "module-hangs");
}

static int run(int socket, struct scan *scan)
{
    int r = receive_target(socket, &scan->order);

    if (r == 0)
        r = kyso_token_start(&scan->order, give_up, &socket, &scan->card, &scan->module);
    if (r == 0)
        r = read_tokens(scan);
    if (r != 0)
        return r == KYSO_OUTCOME_TOKEN_REMOVED ? KYSO_OUTCOME_TOKEN_MISSING : r;
    kyso_module_close(&scan->module);
    /* Only now: the question must not come between the module and its card. */
    for (size_t i = 0; i < scan->n; i++) {
        if (kyso_snapshot_is_piv(&scan->tokens[i]))
            scan->tokens[i].pin_tries = kyso_card_piv_tries(&scan->card, true);
    }
    return send_all(socket, scan);
}

int kyso_token_run_scan(int socket)
{
    struct scan scan = {0};
    int r = run(socket, &scan);

    if (r != 0)
        r = kyso_wire_send_failure(socket, r, "scan");
    for (size_t i = 0; i < scan.n; i++)
        kyso_token_snapshot_done(&scan.tokens[i]);
    kyso_card_close(&scan.card);
    kyso_token_order_done(&scan.order);
    return r == 0 ? 0 : 1;
}
