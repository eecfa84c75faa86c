/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/token/piv-card.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * vpcd's protocol: a length in two bytes, big-endian, then that many bytes. One byte is an order to
 * the card, more are an APDU. Only the ATR order and APDUs are answered.
 */
enum {
    ORDER_OFF = 0,
    ORDER_ON = 1,
    ORDER_RESET = 2,
    ORDER_ATR = 4,
};

static const uint64_t retry_usec = 50000;
static const uint64_t gap_usec = 600000;

void kyso_piv_link_insert(struct kyso_piv_card *card, bool gap)
{
    if (card->inserted)
        return;
    card->inserted = true;
    card->retry_usec = gap && card->removed_usec ? card->removed_usec + gap_usec : 0;
}

static void drop_link(struct kyso_piv_card *card)
{
    if (card->fd >= 0)
        close(card->fd);
    card->fd = -1;
    card->n_frame = 0;
    card->answer_usec = 0;
    card->hung = false;
    kyso_piv_applet_reset(&card->applet);
}

void kyso_piv_link_remove(struct kyso_piv_card *card)
{
    if (card->inserted)
        card->removed_usec = kyso_piv_now_usec();
    card->inserted = false;
    drop_link(card);
}

void kyso_piv_link_connect(struct kyso_piv_card *card)
{
    if (!card->inserted || card->fd >= 0 || kyso_piv_now_usec() < card->retry_usec)
        return;
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons(card->port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int one = 1;
    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0 &&
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) == 0) {
        card->fd = fd;
        return;
    }
    if (fd >= 0)
        close(fd);
    card->retry_usec = kyso_piv_now_usec() + retry_usec;
}

void kyso_piv_link_read(struct kyso_piv_card *card)
{
    int one = 1;
    /* vpcd sends length and payload apart: without this, which does not stick, Nagle costs 40 ms
     * each. */
    setsockopt(card->fd, IPPROTO_TCP, TCP_QUICKACK, &one, sizeof one);
    ssize_t n = recv(card->fd, card->frame + card->n_frame, sizeof card->frame - card->n_frame,
                     MSG_DONTWAIT);
    if (n > 0) {
        card->n_frame += (size_t)n;
    } else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
        drop_link(card);
        card->retry_usec = kyso_piv_now_usec() + retry_usec;
    }
}

static void send_frame(struct kyso_piv_card *card, const uint8_t *bytes, size_t n)
{
    uint8_t frame[2 + KYSO_PIV_RESPONSE_MAX];
    frame[0] = (uint8_t)(n >> 8);
    frame[1] = (uint8_t)n;
    memcpy(frame + 2, bytes, n);
    /* One write, for the same reason; a broken connection shows at the next read. */
    if (send(card->fd, frame, n + 2, MSG_NOSIGNAL) < 0)
        shutdown(card->fd, SHUT_RDWR);
}

static void obey(struct kyso_piv_card *card, uint8_t order)
{
    size_t n;
    const uint8_t *atr;
    switch (order) {
    case ORDER_OFF:
    case ORDER_ON:
    case ORDER_RESET:
        kyso_piv_applet_reset(&card->applet);
        break;
    case ORDER_ATR:
        atr = kyso_piv_applet_atr(&card->applet, &n);
        send_frame(card, atr, n);
        break;
    default:
        break;
    }
}

static void write_log(struct kyso_piv_card *card, const uint8_t *apdu, size_t n_apdu,
                      const uint8_t *response, size_t n_response)
{
    if (!card->log)
        return;
    const uint8_t *sw = response + n_response - 2;
    fprintf(card->log, "%llu %02X %02X %02X %02X%02X%s\n", (unsigned long long)card->n_apdus,
            n_apdu > 1 ? apdu[1] : 0u, n_apdu > 2 ? apdu[2] : 0u, n_apdu > 3 ? apdu[3] : 0u, sw[0],
            sw[1], kyso_piv_applet_is_pin(apdu, n_apdu) ? " VERIFY with data" : "");
    fflush(card->log);
}

/* Counts the APDU and says whether a fault ordered for it leaves it to be served. */
static bool arrive(struct kyso_piv_card *card)
{
    card->n_apdus++;
    if (card->n_apdus == card->faults.die_at) {
        card->died = card->quit = true;
        return false;
    }
    if (card->n_apdus == card->faults.pull_at) {
        kyso_piv_link_remove(card);
        return false;
    }
    card->hung = card->n_apdus == card->faults.hang_at;
    card->answer_usec = kyso_piv_now_usec() + card->faults.delay_ms * 1000;
    return true;
}

static void serve_apdu(struct kyso_piv_card *card, const uint8_t *apdu, size_t n_apdu)
{
    uint8_t response[KYSO_PIV_RESPONSE_MAX];
    if (kyso_piv_applet_is_pin(apdu, n_apdu))
        card->n_verifies++;
    size_t n = kyso_piv_applet_run(&card->applet, apdu, n_apdu, response);
    write_log(card, apdu, n_apdu, response, n);
    if (card->n_apdus == card->faults.lose_at)
        kyso_piv_link_remove(card);
    else
        send_frame(card, response, n);
}

void kyso_piv_link_serve(struct kyso_piv_card *card)
{
    while (!card->quit && card->fd >= 0 && !card->hung && card->n_frame >= 2) {
        size_t n = (size_t)card->frame[0] << 8 | card->frame[1];
        if (card->n_frame < 2 + n)
            return;
        if (n > 1) {
            if (card->answer_usec == 0 && !arrive(card))
                return;
            if (card->hung || kyso_piv_now_usec() < card->answer_usec)
                return;
            card->answer_usec = 0;
            serve_apdu(card, card->frame + 2, n);
            if (card->fd < 0)
                return;
        } else if (n == 1) {
            obey(card, card->frame[2]);
        }
        memmove(card->frame, card->frame + 2 + n, card->n_frame - 2 - n);
        card->n_frame -= 2 + n;
    }
}
