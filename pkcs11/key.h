/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_PKCS11_KEY_H
#define KYSO_PKCS11_KEY_H

/* A token's private key as an OpenSSL key, so that cms/ signs with it as with any other. */

#include <openssl/evp.h>

#include "common/secret.h"
#include "pkcs11/module.h"

struct kyso_key {
    const struct kyso_module *module;
    CK_SESSION_HANDLE session;
    CK_OBJECT_HANDLE object;
    bool always_authenticate;
    struct kyso_secret *pin; /* borrowed; null at a pin pad. For always_authenticate only */
    int outcome;             /* why the last signature failed; 0 when the module was not the cause */
};

/* RET_KEY signs through KEY (borrowed, must outlive it). CERTIFICATE (DER) gives the public part.
 * KYSO_OUTCOME_BAD_CERTIFICATE when it has no RSA or EC key. */
int kyso_key_new(struct kyso_key *key, const uint8_t *certificate, size_t length,
                 EVP_PKEY **ret_key) KYSO_MUST_CHECK;

#endif
