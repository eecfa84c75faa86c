/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_TESTS_TOKEN_PIV_STORE_H
#define KYSO_TESTS_TOKEN_PIV_STORE_H

/*
 * What an emulated PIV card keeps: a folder made by a test.
 *
 *   pin, puk      first values, digits, one line (6 to 8 characters)
 *   guid          32 hex digits; the last 16 become the token's serial (made up when absent)
 *   9a.key 9a.crt key in PEM (RSA-2048, P-256 or P-384), certificate in PEM or DER;
 *                 likewise 9c, 9d, 9e; each may be absent
 *   state         written by the card: PIN, PUK, tries left and allowed, GUID
 *
 * One process uses a folder at a time. `state` wins over pin, puk and guid once it exists.
 */

#include <openssl/evp.h>
#include <stddef.h>
#include <stdint.h>

enum {
    KYSO_PIV_PIN_SIZE = 8,
    KYSO_PIV_GUID_SIZE = 16,
    KYSO_PIV_N_SLOTS = 4,
};

struct kyso_piv_slot {
    uint8_t id; /* 0x9A, 0x9C, 0x9D, 0x9E */
    EVP_PKEY *key;
    uint8_t *cert; /* DER */
    size_t n_cert;
};

/* PIN and PUK as they travel: padded with 0xFF to eight bytes (SP 800-73-4 part 2, 2.4.3). */
struct kyso_piv_store {
    char *dir;
    uint8_t pin[KYSO_PIV_PIN_SIZE];
    uint8_t puk[KYSO_PIV_PIN_SIZE];
    unsigned pin_tries;
    unsigned puk_tries;
    unsigned max_tries;
    uint8_t guid[KYSO_PIV_GUID_SIZE];
    struct kyso_piv_slot slots[KYSO_PIV_N_SLOTS];
};

/* Reads the folder; `max_tries` and `guid` (or null) are used only when it has no state yet.
 * 0 or negative errno, with a line on stderr that names the file at fault. */
int kyso_piv_store_load(const char *dir, unsigned max_tries, const char *guid,
                        struct kyso_piv_store **ret_store) __attribute__((warn_unused_result));
struct kyso_piv_store *kyso_piv_store_free(struct kyso_piv_store *store);

/* Writes `state` so that it survives a power cut: temporary file, fsync, rename, fsync of the
 * folder. */
int kyso_piv_store_save(const struct kyso_piv_store *store) __attribute__((warn_unused_result));

/* The slot, or null when the card has no such slot. */
const struct kyso_piv_slot *kyso_piv_store_slot(const struct kyso_piv_store *store, uint8_t id);

#endif
