/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pkcs11/key.h"

#include <errno.h>
#include <string.h>

#include <libp11.h>
#include <openssl/err.h>
#include <openssl/ui.h>

#include "common/error.h"
#include "common/log.h"
#include "common/outcome.h"

/* libp11 may never ask anybody for a PIN: the answer is no. */
static int refuse(UI *ui KYSO_UNUSED)
{
    return 0;
}

static PKCS11_SLOT *find_slot(PKCS11_SLOT *slots, unsigned int n, CK_SLOT_ID id)
{
    for (unsigned int i = 0; i < n; i++) {
        if (PKCS11_get_slotid_from_slot(&slots[i]) == id)
            return &slots[i];
    }
    return NULL;
}

static PKCS11_KEY *find_key(PKCS11_KEY *keys, unsigned int n, const struct kyso_buf *id)
{
    for (unsigned int i = 0; i < n; i++) {
        if (keys[i].id_len == id->length &&
            (id->length == 0 || memcmp(keys[i].id, id->bytes, id->length) == 0))
            return &keys[i];
    }
    return NULL;
}

/* The context and what it lists are kept until the process ends: giving them up would finalise the
 * module under our own session. */
static int from_libp11(const struct kyso_key *key, EVP_PKEY **ret_key)
{
    UI_METHOD *silent = UI_create_method("kyso refuses");
    PKCS11_CTX *context = PKCS11_CTX_new();
    PKCS11_SLOT *slots = NULL, *slot;
    PKCS11_KEY *keys = NULL, *found;
    unsigned int n_slots = 0, n_keys = 0;

    if (context == NULL || silent == NULL || UI_method_set_opener(silent, refuse) != 0)
        return kyso_trace(-ENOMEM);
    if (PKCS11_set_ui_method(context, silent, NULL) != 0 ||
        PKCS11_CTX_load(context, key->path) != 0 ||
        PKCS11_enumerate_slots(context, &slots, &n_slots) != 0)
        return kyso_key_outcome(key, KYSO_OUTCOME_TOKEN_FAILED);
    slot = find_slot(slots, n_slots, key->slot);
    if (slot == NULL || slot->token == NULL)
        return KYSO_OUTCOME_TOKEN_REMOVED;
    if (PKCS11_enumerate_keys(slot->token, &keys, &n_keys) != 0)
        return kyso_key_outcome(key, KYSO_OUTCOME_TOKEN_FAILED);
    found = find_key(keys, n_keys, key->id);
    if (found == NULL)
        return KYSO_OUTCOME_NO_CERTIFICATE;
    *ret_key = PKCS11_get_private_key(found);
    return *ret_key != NULL ? 0 : kyso_key_outcome(key, KYSO_OUTCOME_TOKEN_FAILED);
}

int kyso_key_new(struct kyso_key *key, const uint8_t *certificate, size_t length,
                 EVP_PKEY **ret_key)
{
    if (key->always_authenticate)
        return kyso_key_always_asking(key, certificate, length, ret_key);
    return from_libp11(key, ret_key);
}

int kyso_key_outcome(const struct kyso_key *key, int fallback)
{
    unsigned long error;
    int outcome = key->outcome != 0 ? key->outcome : fallback;

    while ((error = ERR_get_error()) != 0) {
        CK_RV rv = (CK_RV)ERR_GET_REASON(error);

        if (ERR_GET_LIB(error) != ERR_get_CKR_code() || key->outcome != 0)
            continue;
        kyso_log(KYSO_LOG_WARNING, "the token cannot sign: %#lx", rv);
        outcome = kyso_module_outcome(rv);
    }
    return outcome;
}
