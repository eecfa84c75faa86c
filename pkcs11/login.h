/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_PKCS11_LOGIN_H
#define KYSO_PKCS11_LOGIN_H

/* The only place that calls C_Login. One consent buys one user login: a process makes a single one,
 * whatever comes of it, and a context login (for keys that ask at each signature) only with the PIN
 * that login has proved right. */

#include "common/secret.h"
#include "pkcs11/module.h"
#include "pkcs11/remote.h"

/* The one user login. PIN: null for the reader's pin pad. -EALREADY when it was spent before. */
int kyso_login_user(const struct kyso_module *module, CK_SESSION_HANDLE session,
                    struct kyso_secret *pin,
                    enum kyso_token_login_result *ret_result) KYSO_MUST_CHECK;

/* After C_SignInit on a key with CKA_ALWAYS_AUTHENTICATE; nothing else may come between the two and
 * C_Sign. KYSO_OUTCOME_PIN_WRONG when the card refuses the PIN it took before, _LOCKED when it is
 * locked now; no other is tried after that. Other failures as kyso_module_outcome(). */
int kyso_login_context(const struct kyso_module *module, CK_SESSION_HANDLE session,
                       struct kyso_secret *pin) KYSO_MUST_CHECK;

/* HMAC-SHA-256 with KEY over SERIAL, a NUL and the PIN. */
int kyso_login_digest(const uint8_t key[32], const char *serial, struct kyso_secret *pin,
                      uint8_t ret_digest[KYSO_PIN_DIGEST_SIZE]) KYSO_MUST_CHECK;

#endif
