/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pkcs11/login.h"

#include <errno.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "common/error.h"
#include "common/log.h"
#include "common/outcome.h"

/* Of this process, not of a session: a second consent is a second process. */
static bool spent;    /* the user login was made */
static bool accepted; /* and the token said yes */

static enum kyso_token_login_result judge(CK_RV rv)
{
    switch (rv) {
    case CKR_OK:
        return KYSO_TOKEN_LOGIN_OK;
    case CKR_PIN_INCORRECT:
        return KYSO_TOKEN_LOGIN_INCORRECT;
    case CKR_PIN_LOCKED:
        return KYSO_TOKEN_LOGIN_LOCKED;
    case CKR_PIN_LEN_RANGE:
    case CKR_PIN_INVALID:
        return KYSO_TOKEN_LOGIN_PIN_REJECTED;
    case CKR_USER_ALREADY_LOGGED_IN:
    case CKR_USER_ANOTHER_ALREADY_LOGGED_IN:
        return KYSO_TOKEN_LOGIN_ALREADY;
    case CKR_FUNCTION_CANCELED:
    case CKR_CANCEL:
        return KYSO_TOKEN_LOGIN_CANCELLED;
    default:
        return kyso_module_outcome(rv) == KYSO_OUTCOME_TOKEN_REMOVED
                   ? KYSO_TOKEN_LOGIN_REMOVED
                   : KYSO_TOKEN_LOGIN_GENERAL_ERROR;
    }
}

static CK_RV log_in(const struct kyso_module *module, CK_SESSION_HANDLE session, CK_USER_TYPE user,
                    struct kyso_secret *pin)
{
    if (pin == NULL)
        return module->f->C_Login(session, user, NULL, 0);
    return module->f->C_Login(session, user, kyso_secret_bytes(pin), kyso_secret_length(pin));
}

int kyso_login_user(const struct kyso_module *module, CK_SESSION_HANDLE session,
                    struct kyso_secret *pin, enum kyso_token_login_result *ret_result)
{
    CK_RV rv;

    if (spent)
        return kyso_trace(-EALREADY);
    spent = true;
    rv = log_in(module, session, CKU_USER, pin);
    accepted = rv == CKR_OK;
    if (rv != CKR_OK)
        kyso_log(KYSO_LOG_INFO, "the token refuses the login: %#lx", rv);
    *ret_result = judge(rv);
    return 0;
}

int kyso_login_context(const struct kyso_module *module, CK_SESSION_HANDLE session,
                       struct kyso_secret *pin)
{
    CK_RV rv;

    if (!accepted)
        return kyso_trace(-EPERM);
    rv = log_in(module, session, CKU_CONTEXT_SPECIFIC, pin);
    if (rv == CKR_OK)
        return 0;
    accepted = false;
    kyso_log(KYSO_LOG_WARNING, "the token refuses the login for a signature: %#lx", rv);
    if (rv == CKR_PIN_LOCKED)
        return KYSO_OUTCOME_LOCKED;
    return rv == CKR_PIN_INCORRECT ? KYSO_OUTCOME_PIN_WRONG : kyso_module_outcome(rv);
}

int kyso_login_digest(const uint8_t key[32], const char *serial, struct kyso_secret *pin,
                      uint8_t ret_digest[KYSO_PIN_DIGEST_SIZE])
{
    char sha256[] = "SHA256";
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, sha256, 0),
        OSSL_PARAM_construct_end(),
    };
    EVP_MAC *mac = EVP_MAC_fetch(NULL, OSSL_MAC_NAME_HMAC, NULL);
    EVP_MAC_CTX *context = mac != NULL ? EVP_MAC_CTX_new(mac) : NULL;
    size_t length = 0;
    /* OpenSSL cleanses the context's block, which holds the PIN for a moment, when it frees it. */
    bool done = context != NULL && EVP_MAC_init(context, key, 32, parameters) == 1 &&
                EVP_MAC_update(context, (const unsigned char *)serial, strlen(serial) + 1) == 1 &&
                EVP_MAC_update(context, kyso_secret_bytes(pin), kyso_secret_length(pin)) == 1 &&
                EVP_MAC_final(context, ret_digest, &length, KYSO_PIN_DIGEST_SIZE) == 1;

    EVP_MAC_CTX_free(context);
    EVP_MAC_free(mac);
    return done && length == KYSO_PIN_DIGEST_SIZE ? 0 : kyso_trace(-ENOMEM);
}
