/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/token/piv-applet.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <string.h>

enum {
    SW_OK = 0x9000,
    SW_MORE = 0x6100,
    SW_TRIES = 0x63C0,
    SW_MEMORY = 0x6581,
    SW_LENGTH = 0x6700,
    SW_CHAIN = 0x6884,
    SW_SECURITY = 0x6982,
    SW_BLOCKED = 0x6983,
    SW_DATA = 0x6A80,
    SW_NOT_FOUND = 0x6A82,
    SW_P1P2 = 0x6A86,
    SW_REFERENCE = 0x6A88,
    SW_INS = 0x6D00,
    SW_CLA = 0x6E00,
};

enum {
    INS_VERIFY = 0x20,
    INS_CHANGE = 0x24,
    INS_RESET_RETRY = 0x2C,
    INS_AUTHENTICATE = 0x87,
    INS_SELECT = 0xA4,
    INS_GET_RESPONSE = 0xC0,
    INS_GET_DATA = 0xCB,
    INS_YUBIKEY_SERIAL = 0xF8,
    INS_YUBIKEY_VERSION = 0xFD,
};

struct command {
    uint8_t cla, ins, p1, p2;
    const uint8_t *data;
    size_t n_data;
    size_t n_expected; /* Le: 0 none, otherwise 1..256 */
};

struct out {
    uint8_t *at;
    size_t n;
    size_t size;
};

static void put(struct out *out, const void *bytes, size_t n)
{
    if (n > out->size - out->n)
        n = out->size - out->n;
    memcpy(out->at + out->n, bytes, n);
    out->n += n;
}

static void put_byte(struct out *out, unsigned value)
{
    uint8_t byte = (uint8_t)value;
    put(out, &byte, 1);
}

static void put_length(struct out *out, size_t n)
{
    if (n >= 0x100) {
        put_byte(out, 0x82);
        put_byte(out, (unsigned)(n >> 8));
    } else if (n >= 0x80) {
        put_byte(out, 0x81);
    }
    put_byte(out, (unsigned)(n & 0xFF));
}

static void put_tlv(struct out *out, unsigned tag, const void *bytes, size_t n)
{
    put_byte(out, tag);
    put_length(out, n);
    put(out, bytes, n);
}

/* Finds `tag` (one byte) among the TLVs of `data`. */
static bool find_tlv(const uint8_t *data, size_t n, uint8_t tag, const uint8_t **ret_value,
                     size_t *ret_n)
{
    size_t at = 0;
    while (n - at >= 2) {
        uint8_t found = data[at++];
        size_t length = data[at++];
        if (length == 0x81 && at < n) {
            length = data[at++];
        } else if (length == 0x82 && n - at >= 2) {
            length = (size_t)data[at] << 8 | data[at + 1];
            at += 2;
        } else if (length >= 0x80) {
            return false;
        }
        if (length > n - at)
            return false;
        if (found == tag) {
            *ret_value = data + at;
            *ret_n = length;
            return true;
        }
        at += length;
    }
    return false;
}

void kyso_piv_applet_reset(struct kyso_piv_applet *applet)
{
    applet->pin_ok = applet->pin_fresh = false;
    applet->chain_ins = 0;
    applet->n_chain = applet->n_rest = applet->rest_at = 0;
}

const uint8_t *kyso_piv_applet_atr(const struct kyso_piv_applet *applet, size_t *ret_n)
{
    /* T=1 only; the historical bytes name the PIV application. */
    static const uint8_t piv[] = {0x3B, 0x8B, 0x80, 0x01, 0x80, 0xF9, 0xA0, 0x00,
                                  0x00, 0x03, 0x08, 0x00, 0x00, 0x10, 0x00, 0xC8};
    static const uint8_t yubikey[] = {0x3B, 0xFD, 0x13, 0x00, 0x00, 0x81, 0x31, 0xFE,
                                      0x15, 0x80, 0x73, 0xC0, 0x21, 0xC0, 0x57, 0x59,
                                      0x75, 0x62, 0x69, 0x4B, 0x65, 0x79, 0x40};
    *ret_n = applet->quirks.yubikey ? sizeof yubikey : sizeof piv;
    return applet->quirks.yubikey ? yubikey : piv;
}

static unsigned run_select(const struct command *command, struct out *out)
{
    static const uint8_t rid[] = {0xA0, 0x00, 0x00, 0x03, 0x08};
    static const uint8_t property[] = {0x61, 0x11, 0x4F, 0x06, 0x00, 0x00, 0x10, 0x00, 0x01, 0x00,
                                       0x79, 0x07, 0x4F, 0x05, 0xA0, 0x00, 0x00, 0x03, 0x08};
    if (command->p1 != 0x04)
        return SW_P1P2;
    if (command->n_data < sizeof rid || memcmp(command->data, rid, sizeof rid) != 0)
        return SW_NOT_FOUND;
    put(out, property, sizeof property);
    return SW_OK;
}

static void put_chuid(const struct kyso_piv_applet *applet, struct out *out)
{
    static const uint8_t fascn[25] = {0xD4, 0xE7, 0x39, 0xDA, 0x73, 0x9C, 0xED, 0x39, 0xCE,
                                      0x73, 0x9D, 0xA1, 0x68, 0x5A, 0x08, 0xC9, 0x2A, 0xDE,
                                      0x0A, 0x61, 0x84, 0xE7, 0x39, 0xC3, 0xE2};
    put_tlv(out, 0x30, fascn, sizeof fascn);
    put_tlv(out, 0x34, applet->store->guid, KYSO_PIV_GUID_SIZE);
    put_tlv(out, 0x35, "20401231", 8);
    put_tlv(out, 0x3E, "", 0);
    put_tlv(out, 0xFE, "", 0);
}

static void put_capabilities(const struct kyso_piv_applet *applet, struct out *out)
{
    uint8_t id[21] = {0xA0, 0x00, 0x00, 0x01, 0x16, 0xFF, 0x02};
    memcpy(id + 7, applet->store->guid + 2, 14);
    put_tlv(out, 0xF0, id, sizeof id);
    put_tlv(out, 0xF1, "\x21", 1);
    put_tlv(out, 0xF2, "\x21", 1);
    put_tlv(out, 0xF3, "", 0);
    put_tlv(out, 0xF4, "\x00", 1);
    put_tlv(out, 0xF5, "\x10", 1);
    for (unsigned tag = 0xF6; tag <= 0xFE; tag++)
        if (tag != 0xF8 && tag != 0xF9)
            put_tlv(out, tag, "", 0);
}

static void put_printed(struct out *out)
{
    put_tlv(out, 0x01, "TEST CARD", 9);
    put_tlv(out, 0x02, "EMULATED", 8);
    put_tlv(out, 0x04, "2040DEC31", 9);
    put_tlv(out, 0x05, "0000000001", 10);
    put_tlv(out, 0x06, "KYSOTEST", 8);
    put_tlv(out, 0xFE, "", 0);
}

static bool put_certificate(const struct kyso_piv_applet *applet, uint8_t id, struct out *out)
{
    const struct kyso_piv_slot *slot = kyso_piv_store_slot(applet->store, id);
    if (!slot || !slot->cert)
        return false;
    put_tlv(out, 0x70, slot->cert, slot->n_cert);
    put_tlv(out, 0x71, "\x00", 1);
    put_tlv(out, 0xFE, "", 0);
    return true;
}

static unsigned run_get_data(const struct kyso_piv_applet *applet, const struct command *command,
                             struct out *out)
{
    static const uint8_t discovery[] = {0x7E, 0x12, 0x4F, 0x0B, 0xA0, 0x00, 0x00, 0x03, 0x08, 0x00,
                                        0x00, 0x10, 0x00, 0x01, 0x00, 0x5F, 0x2F, 0x02, 0x40, 0x00};
    const uint8_t *tag;
    size_t n_tag;
    if (command->p1 != 0x3F || command->p2 != 0xFF)
        return SW_P1P2;
    if (!find_tlv(command->data, command->n_data, 0x5C, &tag, &n_tag))
        return SW_DATA;
    if (n_tag == 1 && tag[0] == 0x7E) {
        put(out, discovery, sizeof discovery);
        return SW_OK;
    }
    if (n_tag != 3 || tag[0] != 0x5F || tag[1] != 0xC1)
        return SW_NOT_FOUND;

    uint8_t bytes[KYSO_PIV_OBJECT_MAX - 8];
    struct out body = {.at = bytes, .size = sizeof bytes};
    bool known = true;
    switch (tag[2]) {
    case 0x01:
        known = put_certificate(applet, 0x9E, &body);
        break;
    case 0x02:
        put_chuid(applet, &body);
        break;
    case 0x05:
        known = put_certificate(applet, 0x9A, &body);
        break;
    case 0x07:
        put_capabilities(applet, &body);
        break;
    case 0x09:
        if (!applet->pin_ok)
            return SW_SECURITY;
        put_printed(&body);
        break;
    case 0x0A:
        known = put_certificate(applet, 0x9C, &body);
        break;
    case 0x0B:
        known = put_certificate(applet, 0x9D, &body);
        break;
    default:
        known = false;
        break;
    }
    if (!known)
        return SW_NOT_FOUND;
    put_tlv(out, 0x53, bytes, body.n);
    return SW_OK;
}

/* Compares with a try taken durably first, so that pulling the plug never gives a try back. */
static unsigned check_secret(struct kyso_piv_applet *applet, unsigned *tries, const uint8_t *secret,
                             const uint8_t *given)
{
    struct kyso_piv_store *store = applet->store;
    if (*tries == 0)
        return applet->quirks.blocked_63c0 ? SW_TRIES : SW_BLOCKED;
    (*tries)--;
    if (kyso_piv_store_save(store) < 0)
        return SW_MEMORY;
    if (CRYPTO_memcmp(secret, given, KYSO_PIV_PIN_SIZE) == 0) {
        *tries = store->max_tries;
        return kyso_piv_store_save(store) < 0 ? SW_MEMORY : SW_OK;
    }
    if (*tries == 0 && applet->quirks.last_wrong == KYSO_PIV_LAST_WRONG_6983)
        return SW_BLOCKED;
    return SW_TRIES | *tries;
}

static unsigned run_verify(struct kyso_piv_applet *applet, const struct command *command)
{
    struct kyso_piv_store *store = applet->store;
    if (command->p2 != 0x80)
        return SW_REFERENCE;
    if (command->p1 == 0xFF && command->n_data == 0) {
        applet->pin_ok = false;
        return SW_OK;
    }
    if (command->p1 != 0x00)
        return SW_P1P2;
    if (command->n_data == 0) {
        if (applet->pin_ok)
            return SW_OK;
        if (store->pin_tries == 0)
            return applet->quirks.blocked_empty_63c0 || applet->quirks.blocked_63c0 ? SW_TRIES
                                                                                    : SW_BLOCKED;
        return SW_TRIES | store->pin_tries;
    }
    if (command->n_data != KYSO_PIV_PIN_SIZE)
        return SW_DATA;
    unsigned sw = check_secret(applet, &store->pin_tries, store->pin, command->data);
    applet->pin_ok = applet->pin_fresh = sw == SW_OK;
    return sw;
}

/* Four to eight characters, then only padding. */
static bool is_pin_form(const uint8_t *pin)
{
    size_t n = 0;
    while (n < KYSO_PIV_PIN_SIZE && pin[n] != 0xFF)
        n++;
    for (size_t i = n; i < KYSO_PIV_PIN_SIZE; i++)
        if (pin[i] != 0xFF)
            return false;
    for (size_t i = 0; i < n; i++)
        if (pin[i] <= ' ' || pin[i] > '~')
            return false;
    return n >= 4;
}

static unsigned run_change(struct kyso_piv_applet *applet, const struct command *command)
{
    struct kyso_piv_store *store = applet->store;
    bool is_puk = command->p2 == 0x81;
    if (command->p2 != 0x80 && !is_puk)
        return SW_REFERENCE;
    if (command->n_data != 2 * KYSO_PIV_PIN_SIZE || !is_pin_form(command->data + KYSO_PIV_PIN_SIZE))
        return SW_DATA;
    uint8_t *secret = is_puk ? store->puk : store->pin;
    unsigned sw =
        check_secret(applet, is_puk ? &store->puk_tries : &store->pin_tries, secret, command->data);
    if (!is_puk)
        applet->pin_ok = sw == SW_OK;
    if (sw != SW_OK)
        return sw;
    memcpy(secret, command->data + KYSO_PIV_PIN_SIZE, KYSO_PIV_PIN_SIZE);
    return kyso_piv_store_save(store) < 0 ? SW_MEMORY : SW_OK;
}

static unsigned run_reset_retry(struct kyso_piv_applet *applet, const struct command *command)
{
    struct kyso_piv_store *store = applet->store;
    if (command->p2 != 0x80)
        return SW_REFERENCE;
    if (command->n_data != 2 * KYSO_PIV_PIN_SIZE || !is_pin_form(command->data + KYSO_PIV_PIN_SIZE))
        return SW_DATA;
    unsigned sw = check_secret(applet, &store->puk_tries, store->puk, command->data);
    if (sw != SW_OK)
        return sw;
    memcpy(store->pin, command->data + KYSO_PIV_PIN_SIZE, KYSO_PIV_PIN_SIZE);
    store->pin_tries = store->max_tries;
    return kyso_piv_store_save(store) < 0 ? SW_MEMORY : SW_OK;
}

static unsigned algorithm_of(EVP_PKEY *key)
{
    switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_RSA:
        return EVP_PKEY_get_bits(key) == 2048 ? 0x07 : 0;
    case EVP_PKEY_EC:
        return EVP_PKEY_get_bits(key) == 256 ? 0x11 : EVP_PKEY_get_bits(key) == 384 ? 0x14 : 0;
    default:
        return 0;
    }
}

/* RSA: the bare private operation, as a card does; EC: ECDSA over the bytes given. */
static bool private_operation(EVP_PKEY *key, const uint8_t *data, size_t n_data,
                              uint8_t *ret_result, size_t *n_result)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
    bool done = false;
    if (ctx && EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA)
        done = EVP_PKEY_decrypt_init(ctx) == 1 &&
               EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING) == 1 &&
               EVP_PKEY_decrypt(ctx, ret_result, n_result, data, n_data) == 1;
    else if (ctx)
        done = EVP_PKEY_sign_init(ctx) == 1 &&
               EVP_PKEY_sign(ctx, ret_result, n_result, data, n_data) == 1;
    EVP_PKEY_CTX_free(ctx);
    return done;
}

static void put_authentication(struct out *out, unsigned tag, const uint8_t *value, size_t n)
{
    uint8_t bytes[1024];
    struct out body = {.at = bytes, .size = sizeof bytes};
    put_tlv(&body, tag, value, n);
    put_tlv(out, 0x7C, bytes, body.n);
}

static unsigned run_authenticate(struct kyso_piv_applet *applet, const struct command *command,
                                 const uint8_t *data, size_t n_data, struct out *out)
{
    const uint8_t *template, *challenge;
    size_t n_template, n_challenge;
    if (!find_tlv(data, n_data, 0x7C, &template, &n_template) ||
        !find_tlv(template, n_template, 0x81, &challenge, &n_challenge))
        return SW_DATA;
    if (command->p2 == 0x9B) {
        /* Asking the management key for a challenge is how clients get random bytes. */
        uint8_t random[8];
        if (n_challenge != 0 || RAND_bytes(random, sizeof random) != 1)
            return SW_DATA;
        put_authentication(out, 0x81, random, sizeof random);
        return SW_OK;
    }
    const struct kyso_piv_slot *slot = kyso_piv_store_slot(applet->store, command->p2);
    if (!slot || !slot->key || command->p1 != algorithm_of(slot->key))
        return SW_P1P2;
    if (slot->id == 0x9C ? !applet->pin_fresh : slot->id != 0x9E && !applet->pin_ok)
        return SW_SECURITY;
    uint8_t result[512];
    size_t n_result = sizeof result;
    if (n_challenge == 0 ||
        !private_operation(slot->key, challenge, n_challenge, result, &n_result))
        return SW_DATA;
    put_authentication(out, 0x82, result, n_result);
    return SW_OK;
}

static unsigned run_whole(struct kyso_piv_applet *applet, const struct command *command,
                          const uint8_t *data, size_t n_data, struct out *out)
{
    static const uint8_t version[] = {5, 2, 7};
    switch (command->ins) {
    case INS_SELECT:
        return run_select(command, out);
    case INS_GET_DATA:
        return run_get_data(applet, command, out);
    case INS_VERIFY:
        return run_verify(applet, command);
    case INS_CHANGE:
        return run_change(applet, command);
    case INS_RESET_RETRY:
        return run_reset_retry(applet, command);
    case INS_AUTHENTICATE:
        return run_authenticate(applet, command, data, n_data, out);
    case INS_YUBIKEY_VERSION:
        if (!applet->quirks.yubikey)
            return SW_INS;
        put(out, version, sizeof version);
        return SW_OK;
    case INS_YUBIKEY_SERIAL:
        if (!applet->quirks.yubikey)
            return SW_INS;
        put(out, applet->store->guid + KYSO_PIV_GUID_SIZE - 4, 4);
        return SW_OK;
    default:
        return SW_INS;
    }
}

/* Short APDUs only (ISO 7816-4 cases 1 to 4); extended ones are refused as the wrong length. */
static unsigned parse(const uint8_t *apdu, size_t n, struct command *ret_command)
{
    if (n < 4)
        return SW_LENGTH;
    struct command command = {.cla = apdu[0], .ins = apdu[1], .p1 = apdu[2], .p2 = apdu[3]};
    if (n == 5) {
        command.n_expected = apdu[4] ? apdu[4] : 256;
    } else if (n > 5) {
        command.n_data = apdu[4];
        command.data = apdu + 5;
        if (command.n_data == 0 || n < 5 + command.n_data || n > 6 + command.n_data)
            return SW_LENGTH;
        if (n == 6 + command.n_data)
            command.n_expected = apdu[n - 1] ? apdu[n - 1] : 256;
    }
    *ret_command = command;
    return SW_OK;
}

/* Takes one link of a chain. Returns SW_OK with *ret_whole when the command is complete. */
static unsigned gather(struct kyso_piv_applet *applet, const struct command *command,
                       bool *ret_whole)
{
    if (applet->chain_ins && applet->chain_ins != command->ins) {
        applet->chain_ins = 0;
        return SW_CHAIN;
    }
    if (!applet->chain_ins)
        applet->n_chain = 0;
    if (command->n_data > sizeof applet->chain - applet->n_chain) {
        applet->chain_ins = 0;
        return SW_LENGTH;
    }
    if (command->n_data)
        memcpy(applet->chain + applet->n_chain, command->data, command->n_data);
    applet->n_chain += command->n_data;
    *ret_whole = !(command->cla & 0x10);
    applet->chain_ins = *ret_whole ? 0 : command->ins;
    return SW_OK;
}

static unsigned run_command(struct kyso_piv_applet *applet, const struct command *command)
{
    if (command->ins == INS_GET_RESPONSE)
        return applet->n_rest > applet->rest_at ? SW_OK : SW_P1P2;
    applet->n_rest = applet->rest_at = 0;
    bool whole = false;
    unsigned sw = gather(applet, command, &whole);
    bool keeps_fresh = command->ins == INS_VERIFY && command->n_data > 0;
    if (sw == SW_OK && !whole && command->ins == INS_AUTHENTICATE)
        keeps_fresh = true;
    if (sw == SW_OK && whole) {
        struct out out = {.at = applet->rest, .size = sizeof applet->rest};
        sw = run_whole(applet, command, applet->chain, applet->n_chain, &out);
        applet->n_rest = sw == SW_OK ? out.n : 0;
    }
    if (!keeps_fresh)
        applet->pin_fresh = false;
    return sw;
}

size_t kyso_piv_applet_run(struct kyso_piv_applet *applet, const uint8_t *apdu, size_t n_apdu,
                           uint8_t ret_response[static KYSO_PIV_RESPONSE_MAX])
{
    struct command command;
    size_t n = 0;
    unsigned sw = parse(apdu, n_apdu, &command);
    if (sw == SW_OK && (command.cla & ~0x10u) != 0)
        sw = SW_CLA;
    if (sw == SW_OK)
        sw = run_command(applet, &command);
    if (sw == SW_OK) {
        size_t left = applet->n_rest - applet->rest_at;
        n = left < command.n_expected ? left : command.n_expected;
        memcpy(ret_response, applet->rest + applet->rest_at, n);
        applet->rest_at += n;
        left -= n;
        if (left > 0)
            sw = SW_MORE | (left > 0xFF ? 0 : (unsigned)left);
    }
    ret_response[n] = (uint8_t)(sw >> 8);
    ret_response[n + 1] = (uint8_t)sw;
    return n + 2;
}

bool kyso_piv_applet_is_pin(const uint8_t *apdu, size_t n_apdu)
{
    return n_apdu > 5 && apdu[1] == INS_VERIFY;
}
