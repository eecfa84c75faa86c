/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pkcs11/card.h"

#include <errno.h>
#include <string.h>

#include "common/clock.h"
#include "common/error.h"
#include "common/outcome.h"

#define NOTICE_MSEC 1000U /* above the longest poll of a reader driver seen (400 ms) */
#define COUNT_SHIFT 16    /* the upper half of dwEventState counts insertions and removals */

static int state_now(const struct kyso_card *card, DWORD known, DWORD wait, DWORD *ret_state)
{
    SCARD_READERSTATE state = {.szReader = card->reader, .dwCurrentState = known};
    LONG rv = SCardGetStatusChange(card->context, wait, &state, 1);

    if (rv != SCARD_S_SUCCESS && rv != SCARD_E_TIMEOUT)
        return KYSO_OUTCOME_TOKEN_MISSING;
    *ret_state = state.dwEventState;
    return 0;
}

int kyso_card_open(const char *reader, struct kyso_card *ret_card)
{
    struct kyso_card card = {.reader = strdup(reader)};
    DWORD state = 0;
    int r;

    if (card.reader == NULL)
        return kyso_trace(-ENOMEM);
    if (SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &card.context) != SCARD_S_SUCCESS) {
        free(card.reader);
        return KYSO_OUTCOME_TOKEN_MISSING;
    }
    card.open = true;
    r = state_now(&card, SCARD_STATE_UNAWARE, 0, &state);
    if (r == 0 && (state & SCARD_STATE_PRESENT) == 0)
        r = KYSO_OUTCOME_TOKEN_MISSING;
    if (r != 0) {
        kyso_card_close(&card);
        return r;
    }
    card.events = state >> COUNT_SHIFT;
    *ret_card = card;
    return 0;
}

void kyso_card_close(struct kyso_card *card)
{
    if (card->open)
        (void)SCardReleaseContext(card->context);
    free(card->reader);
    *card = (struct kyso_card){0};
}

bool kyso_card_same(const struct kyso_card *card, bool *ret_present)
{
    DWORD state = 0;

    *ret_present = true;
    if (!card->open)
        return true;
    if (state_now(card, SCARD_STATE_UNAWARE, 0, &state) != 0)
        state = 0;
    *ret_present = (state & SCARD_STATE_PRESENT) != 0;
    return *ret_present && state >> COUNT_SHIFT == card->events;
}

bool kyso_card_same_soon(const struct kyso_card *card)
{
    uint64_t end = kyso_clock_boottime_usec() + NOTICE_MSEC * 1000;
    DWORD known = SCARD_STATE_UNAWARE;

    while (card->open) {
        uint64_t now = kyso_clock_boottime_usec();
        bool present;

        if (!kyso_card_same(card, &present))
            return false;
        if (now >= end)
            return true;
        /* Wakes for other marks too, such as another client letting go. */
        if (state_now(card, known, (DWORD)((end - now) / 1000 + 1), &known) != 0)
            return false;
        known &= ~(DWORD)SCARD_STATE_CHANGED;
    }
    return true;
}

void kyso_card_wait_change(const struct kyso_card *card)
{
    DWORD known = SCARD_STATE_UNAWARE;
    bool present;

    while (kyso_card_same(card, &present)) {
        if (state_now(card, known, INFINITE, &known) != 0)
            return;
        known &= ~(DWORD)SCARD_STATE_CHANGED;
    }
}

static bool transmit(SCARDHANDLE handle, DWORD protocol, const BYTE *command, DWORD length,
                     unsigned int *ret_status)
{
    BYTE answer[258];
    DWORD got = sizeof(answer);
    LONG rv = SCardTransmit(handle, protocol == SCARD_PROTOCOL_T0 ? SCARD_PCI_T0 : SCARD_PCI_T1,
                            command, length, NULL, answer, &got);

    if (rv != SCARD_S_SUCCESS || got < 2)
        return false;
    *ret_status = (unsigned int)answer[got - 2] << 8 | answer[got - 1];
    return true;
}

static int ask_tries(SCARDHANDLE handle, DWORD protocol, bool select)
{
    static const BYTE SELECT[] = {0x00, 0xA4, 0x04, 0x00, 0x09, 0xA0, 0x00, 0x00,
                                  0x03, 0x08, 0x00, 0x00, 0x10, 0x00, 0x00};
    static const BYTE EMPTY_VERIFY[] = {0x00, 0x20, 0x00, 0x80};
    unsigned int status = 0;

    if (select && (!transmit(handle, protocol, SELECT, sizeof(SELECT), &status) ||
                   (status != 0x9000 && status >> 8 != 0x61)))
        return -1;
    if (!transmit(handle, protocol, EMPTY_VERIFY, sizeof(EMPTY_VERIFY), &status))
        return -1;
    if (status == 0x6983)
        return 0;
    return status >> 4 == 0x63C ? (int)(status & 0xF) : -1;
}

int kyso_card_piv_tries(const struct kyso_card *card, bool select)
{
    SCARDHANDLE handle;
    DWORD protocol = 0;
    int tries = -1;

    if (!card->open ||
        SCardConnect(card->context, card->reader, SCARD_SHARE_SHARED,
                     SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1, &handle, &protocol) != SCARD_S_SUCCESS)
        return -1;
    if (SCardBeginTransaction(handle) == SCARD_S_SUCCESS) {
        tries = ask_tries(handle, protocol, select);
        (void)SCardEndTransaction(handle, SCARD_LEAVE_CARD);
    }
    (void)SCardDisconnect(handle, SCARD_LEAVE_CARD);
    return tries;
}
