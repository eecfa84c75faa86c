/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_TESTS_TOKEN_MOCK_H
#define KYSO_TESTS_TOKEN_MOCK_H

/* kyso-mock.so, a PKCS#11 v2.40 module for tests that behaves as badly as its configuration says.
 * tests/token/mock.md describes the configuration. One process, one thread; everything hangs on the
 * one struct kyso_mock that C_Initialize makes and C_Finalize frees. */

#include <openssl/evp.h>
#include <p11-kit/pkcs11.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    KYSO_MOCK_TOKENS_MAX = 8,
    KYSO_MOCK_KEYS_MAX = 16,
    KYSO_MOCK_FAULTS_MAX = 32,
    KYSO_MOCK_SESSIONS_MAX = 64,
    KYSO_MOCK_FOUND_MAX = KYSO_MOCK_KEYS_MAX * 3,
};

/* A return value, or what happens instead of returning. */
enum kyso_mock_action {
    KYSO_MOCK_RETURN,
    KYSO_MOCK_HANG,
    KYSO_MOCK_SPIN,
    KYSO_MOCK_CRASH,
    KYSO_MOCK_EXIT,
    KYSO_MOCK_DELAY,
};

struct kyso_mock_result {
    enum kyso_mock_action action;
    CK_RV rv;
};

struct kyso_mock_fault {
    char function[32];
    struct kyso_mock_result result;
    unsigned long delay_ms;
    unsigned long at; /* which call of the process; 0: every one */
    unsigned long seen;
};

enum kyso_mock_flags {
    KYSO_MOCK_FLAGS_LIVE,   /* all three, as they should be */
    KYSO_MOCK_FLAGS_NONE,   /* never any */
    KYSO_MOCK_FLAGS_PIV,    /* never COUNT_LOW */
    KYSO_MOCK_FLAGS_LOW,    /* only ever COUNT_LOW */
    KYSO_MOCK_FLAGS_FROZEN, /* right when the process began, never changed after */
    KYSO_MOCK_FLAGS_ALWAYS_LOW,
    KYSO_MOCK_FLAGS_ALWAYS_FINAL,
    KYSO_MOCK_FLAGS_ALWAYS_LOCKED,
};

enum kyso_mock_lie {
    KYSO_MOCK_LIE_SIGNATURE_LONG = 1 << 0,   /* C_Sign reports more than its buffer holds */
    KYSO_MOCK_LIE_SIGNATURE_SHORT = 1 << 1,  /* ... half a signature */
    KYSO_MOCK_LIE_SIGNATURE_WRONG = 1 << 2,  /* ... bytes that do not verify */
    KYSO_MOCK_LIE_CERT_HUGE = 1 << 3,        /* CKA_VALUE is said to have 2 GiB */
    KYSO_MOCK_LIE_CERT_GROWS = 1 << 4,       /* ... is longer when fetched than when asked */
    KYSO_MOCK_LIE_CERT_UNAVAILABLE = 1 << 5, /* ... has length -1 though CKR_OK */
    KYSO_MOCK_LIE_CERT_GARBAGE = 1 << 6,     /* ... is no certificate */
    KYSO_MOCK_LIE_ID_HUGE = 1 << 7,          /* CKA_ID has 5,000 bytes */
    KYSO_MOCK_LIE_SLOT_COUNT = 1 << 8,       /* C_GetSlotList reports more than there are */
    KYSO_MOCK_LIE_OBJECT_COUNT = 1 << 9,     /* C_FindObjects reports more than its array holds */
    KYSO_MOCK_LIE_OBJECTS_ENDLESS = 1 << 10, /* ... never comes to an end */
};

struct kyso_mock_key {
    uint8_t id[64];
    size_t n_id;
    char label[128];
    EVP_PKEY *key;
    uint8_t *cert; /* DER, or null */
    size_t n_cert;
    bool always_authenticate;
    bool hidden; /* the private key is seen only when logged in */
};

struct kyso_mock_token {
    char name[32];
    char label[128], manufacturer[64], model[32], serial[32], reader[128];
    char changed_serial[32]; /* serial after the call named by change_after */
    char change_after[32], remove_after[32];
    char pin[65];
    unsigned long tries; /* allowed; 0: never locks */
    unsigned long pin_min, pin_max;
    struct kyso_mock_result wrong, last, locked, right, pad;
    struct kyso_mock_result context; /* right PIN for one signature */
    enum kyso_mock_flags flags;
    unsigned lies;
    bool absent, pin_pad, no_login, ignores_pin;
    struct kyso_mock_key keys[KYSO_MOCK_KEYS_MAX];
    size_t n_keys;

    unsigned long frozen_left;
    bool removed, changed, logged_in;
};

struct kyso_mock_session {
    bool used;
    size_t token;
    CK_FLAGS flags;
    bool finding;
    CK_OBJECT_HANDLE found[KYSO_MOCK_FOUND_MAX];
    size_t n_found, found_at;
    const struct kyso_mock_key *sign_key; /* null: no signature begun */
    CK_MECHANISM_TYPE mechanism;
    bool context_ok;
};

struct kyso_mock {
    char state_path[256], log_path[256];
    struct kyso_mock_fault faults[KYSO_MOCK_FAULTS_MAX];
    size_t n_faults;
    struct kyso_mock_token tokens[KYSO_MOCK_TOKENS_MAX];
    size_t n_tokens;
    struct kyso_mock_session sessions[KYSO_MOCK_SESSIONS_MAX];
};

/* mock-conf.c */
/* 0 or negative errno, after a line on stderr that names the line at fault. */
int kyso_mock_new(const char *path, struct kyso_mock **ret_mock);
struct kyso_mock *kyso_mock_free(struct kyso_mock *mock);
const char *kyso_mock_rv_name(CK_RV rv);

/* mock-state.c */
/* Appends "PID TEXT" to the call log. */
void kyso_mock_log(const struct kyso_mock *mock, const char *text);
/* The token's tries left, read afresh from the state file each time. */
unsigned long kyso_mock_tries_left(const struct kyso_mock *mock,
                                   const struct kyso_mock_token *token);
void kyso_mock_set_tries_left(const struct kyso_mock *mock, const struct kyso_mock_token *token,
                              unsigned long left);
/* Returns the value, or does what stands in its place. */
CK_RV kyso_mock_act(const struct kyso_mock_result *result, unsigned long delay_ms);

/* mock-object.c */
/* Handles of a token's objects that match the template. Returns how many. */
size_t kyso_mock_find(const struct kyso_mock *mock, size_t token, const CK_ATTRIBUTE *template,
                      CK_ULONG n_template, CK_OBJECT_HANDLE ret_found[KYSO_MOCK_FOUND_MAX]);
/* The key behind a handle, or null; *ret_class is set to the object's class. */
const struct kyso_mock_key *kyso_mock_object(const struct kyso_mock *mock, size_t token,
                                             CK_OBJECT_HANDLE handle, CK_OBJECT_CLASS *ret_class);
CK_RV kyso_mock_attributes(const struct kyso_mock_token *token, const struct kyso_mock_key *key,
                           CK_OBJECT_CLASS object_class, CK_ATTRIBUTE *template,
                           CK_ULONG n_template);

/* mock-sign.c */
bool kyso_mock_can_sign(const struct kyso_mock_key *key, CK_MECHANISM_TYPE mechanism);
/* Signature as PKCS#11 wants it (ECDSA: r and s side by side). `*n_signature` in: room, out: used.
 */
CK_RV kyso_mock_sign(const struct kyso_mock_key *key, CK_MECHANISM_TYPE mechanism,
                     const uint8_t *data, size_t n_data, uint8_t *ret_signature,
                     size_t *n_signature);

#endif
