/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_PKCS11_KEY_H
#define KYSO_PKCS11_KEY_H

/* A token's private key as an OpenSSL key, so that cms/ signs with it as with any other. Ordinary
 * keys come by libp11, which finds the module initialised and the token logged in and never sees a
 * PIN; keys that ask at every signature by a key method of our own. */

#include <openssl/evp.h>

#include "common/secret.h"
#include "pkcs11/module.h"

struct kyso_key {
    const struct kyso_module *module;
    const char *path; /* the module's */
    CK_SLOT_ID slot;
    CK_SESSION_HANDLE session;
    CK_OBJECT_HANDLE object;
    const struct kyso_buf *id; /* CKA_ID */
    bool always_authenticate;
    struct kyso_secret *pin; /* borrowed; null at a pin pad. For always_authenticate only */
    int outcome;             /* why the last signature failed, where that is known here */
};

/* RET_KEY signs through KEY (borrowed with all it points to, must outlive it) after the user login.
 * CERTIFICATE (DER) gives the public part. KYSO_OUTCOME_BAD_CERTIFICATE when it has no RSA or EC
 * key, KYSO_OUTCOME_NO_CERTIFICATE when the key is not to be found, KYSO_OUTCOME_TOKEN_FAILED. */
int kyso_key_new(struct kyso_key *key, const uint8_t *certificate, size_t length,
                 EVP_PKEY **ret_key) KYSO_MUST_CHECK;

/* Why the last signature failed: FALLBACK unless the module said more. Empties OpenSSL's queue. */
int kyso_key_outcome(const struct kyso_key *key, int fallback);

/* kyso_key_new() for a key with always_authenticate. */
int kyso_key_always_asking(struct kyso_key *key, const uint8_t *certificate, size_t length,
                           EVP_PKEY **ret_key) KYSO_MUST_CHECK;

#endif
