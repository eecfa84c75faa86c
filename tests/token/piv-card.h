/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_TESTS_TOKEN_PIV_CARD_H
#define KYSO_TESTS_TOKEN_PIV_CARD_H

/*
 * The running card: one applet, its wire to vpcd, and the faults a test ordered. Used by the one
 * thread of piv-card: piv-card.c owns it, piv-link.c moves bytes, piv-control.c takes orders.
 */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "tests/token/piv-applet.h"

enum {
    KYSO_PIV_CONTROLS_MAX = 8,
    KYSO_PIV_CONTROL_LINE_MAX = 4096,
    KYSO_PIV_FRAME_MAX = 2 + 65535,
};

/* Counters since the last reset-count; the *_at values are 1-based, 0 means never. */
struct kyso_piv_faults {
    uint64_t delay_ms;
    uint64_t hang_at; /* no answer from this APDU on, until resumed or pulled */
    uint64_t die_at;  /* the process ends instead of taking this APDU */
    uint64_t pull_at; /* the card is removed instead of taking this APDU */
    uint64_t lose_at; /* the card takes this APDU, then is removed before it answers */
};

struct kyso_piv_control {
    int fd; /* -1: free */
    size_t n;
    char line[KYSO_PIV_CONTROL_LINE_MAX];
};

struct kyso_piv_card {
    struct kyso_piv_applet applet;
    struct kyso_piv_faults faults;
    unsigned max_tries;
    uint16_t port;
    FILE *log; /* or null */

    bool inserted;         /* wants a connection */
    int fd;                /* to vpcd; -1: none */
    uint64_t retry_usec;   /* when to try to connect again */
    uint64_t removed_usec; /* when the card was last pulled */
    bool hung;
    uint64_t answer_usec; /* when the held APDU may be answered; 0: none held */
    uint64_t n_apdus;
    uint64_t n_verifies;
    size_t n_frame;
    uint8_t frame[KYSO_PIV_FRAME_MAX];

    char *control_path;
    int control_fd; /* -1: none */
    struct kyso_piv_control controls[KYSO_PIV_CONTROLS_MAX];
    bool quit;
    bool died; /* ordered by die_at */
};

uint64_t kyso_piv_now_usec(void);

/* piv-link.c */
/* Puts the card in. With GAP not before a hand could: pcscd looks every 0.4 s, and a card that
 * failed an APDU and is back before the next look stays unseen. */
void kyso_piv_link_insert(struct kyso_piv_card *card, bool gap);
void kyso_piv_link_remove(struct kyso_piv_card *card);
/* Connects when it is time to. vpcd listens, so an absent pcscd shows as a refused connection. */
void kyso_piv_link_connect(struct kyso_piv_card *card);
/* Takes what vpcd sent; a closed connection means that pcscd went away and is tried again. */
void kyso_piv_link_read(struct kyso_piv_card *card);
/* Answers what is complete, due and not held by a fault. */
void kyso_piv_link_serve(struct kyso_piv_card *card);

/* piv-control.c */
int kyso_piv_control_listen(struct kyso_piv_card *card) __attribute__((warn_unused_result));
void kyso_piv_control_accept(struct kyso_piv_card *card);
void kyso_piv_control_read(struct kyso_piv_card *card, struct kyso_piv_control *control);
/* Client side: one order, its answer on stdout. Returns an exit status. */
int kyso_piv_control_ask(const char *path, char **words, int n_words);

#endif
