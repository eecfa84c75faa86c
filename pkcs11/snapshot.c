/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pkcs11/snapshot.h"

#include <errno.h>
#include <string.h>

#include <openssl/evp.h>

#include "common/error.h"
#include "common/outcome.h"
#include "pkcs11/protocol.h"

#define LABEL_MAX 256

static uint32_t pin_size(CK_ULONG size)
{
    return size <= UINT16_MAX ? (uint32_t)size : 0;
}

int kyso_snapshot_read_info(const struct kyso_module *module, CK_SLOT_ID slot,
                            struct kyso_token_snapshot *ret_snapshot)
{
    struct kyso_token_snapshot snapshot = {.pin_tries = -1};
    CK_TOKEN_INFO info;
    CK_RV rv = module->f->C_GetTokenInfo(slot, &info);

    if (rv != CKR_OK)
        return kyso_module_outcome(rv);
    snapshot.serial = kyso_module_text(info.serialNumber, sizeof(info.serialNumber));
    snapshot.manufacturer = kyso_module_text(info.manufacturerID, sizeof(info.manufacturerID));
    snapshot.model = kyso_module_text(info.model, sizeof(info.model));
    snapshot.label = kyso_module_text(info.label, sizeof(info.label));
    if (snapshot.serial == NULL || snapshot.manufacturer == NULL || snapshot.model == NULL ||
        snapshot.label == NULL) {
        kyso_token_snapshot_done(&snapshot);
        return kyso_trace(-ENOMEM);
    }
    snapshot.pin_flags = kyso_module_pin_flags(info.flags);
    snapshot.pin_min = pin_size(info.ulMinPinLen);
    snapshot.pin_max = pin_size(info.ulMaxPinLen);
    snapshot.pin_pad = (info.flags & CKF_PROTECTED_AUTHENTICATION_PATH) != 0;
    snapshot.login_required = (info.flags & CKF_LOGIN_REQUIRED) != 0;
    *ret_snapshot = snapshot;
    return 0;
}

bool kyso_snapshot_is_piv(const struct kyso_token_snapshot *snapshot)
{
    return strcmp(snapshot->manufacturer, "piv_II") == 0 &&
           strncmp(snapshot->model, "PKCS#15", 7) == 0;
}

/* The keys of the certificate's id: private ones when they are shown. */
static int read_key(const struct kyso_module *module, CK_SESSION_HANDLE session,
                    bool login_required, struct kyso_token_certificate *certificate)
{
    const struct kyso_buf id = {.bytes = certificate->id, .length = certificate->id_length};
    CK_OBJECT_HANDLE key = 0;
    int r = kyso_snapshot_key(module, session, &id, &key);

    if (r == KYSO_OUTCOME_NO_CERTIFICATE) {
        certificate->key = login_required ? KYSO_TOKEN_KEY_HIDDEN : KYSO_TOKEN_KEY_NONE;
        return 0;
    }
    if (r != 0)
        return r;
    if (kyso_module_flag(module, session, key, CKA_SIGN, true))
        certificate->key = KYSO_TOKEN_KEY_SHOWN;
    certificate->always_authenticate =
        kyso_module_flag(module, session, key, CKA_ALWAYS_AUTHENTICATE, false);
    return 0;
}

static int read_certificate(const struct kyso_module *module, CK_SESSION_HANDLE session,
                            CK_OBJECT_HANDLE object, bool login_required,
                            struct kyso_token_certificate *certificate)
{
    KYSO_BUF struct kyso_buf der = {0};
    KYSO_BUF struct kyso_buf id = {0};
    KYSO_BUF struct kyso_buf label = {0};
    int r =
        kyso_module_attribute(module, session, object, CKA_VALUE, KYSO_TOKEN_CERTIFICATE_MAX, &der);

    if (r == 0 && der.length == 0)
        r = KYSO_OUTCOME_NOT_FOUND;
    if (r == 0)
        r = kyso_module_attribute(module, session, object, CKA_ID, sizeof(certificate->id), &id);
    if (r != 0)
        return r;
    r = kyso_module_attribute(module, session, object, CKA_LABEL, LABEL_MAX, &label);
    if (r != 0 && r != KYSO_OUTCOME_NOT_FOUND)
        return r;
    if (id.length > 0)
        memcpy(certificate->id, id.bytes, id.length);
    certificate->id_length = id.length;
    certificate->label =
        kyso_module_text(label.length > 0 ? label.bytes : (const CK_UTF8CHAR *)"", label.length);
    if (certificate->label == NULL)
        return kyso_trace(-ENOMEM);
    certificate->der_length = der.length;
    certificate->der = KYSO_STEAL(der.bytes);
    return read_key(module, session, login_required, certificate);
}

static int read_certificates(const struct kyso_module *module, CK_SESSION_HANDLE session,
                             struct kyso_token_snapshot *snapshot)
{
    CK_OBJECT_HANDLE objects[KYSO_TOKEN_CERTIFICATES_MAX];
    size_t n = 0;
    int r = kyso_module_find(module, session, CKO_CERTIFICATE, NULL, objects,
                             KYSO_ARRAY_LEN(objects), &n);

    if (r != 0 || n == 0)
        return r;
    snapshot->certificates = calloc(n, sizeof(*snapshot->certificates));
    if (snapshot->certificates == NULL)
        return kyso_trace(-ENOMEM);
    for (size_t i = 0; i < n; i++) {
        struct kyso_token_certificate *certificate =
            &snapshot->certificates[snapshot->n_certificates];

        r = read_certificate(module, session, objects[i], snapshot->login_required, certificate);
        if (r == 0) {
            snapshot->n_certificates++;
            continue;
        }
        kyso_token_certificate_done(certificate);
        /* One that has no value or is too large says nothing about the others. */
        if (r != KYSO_OUTCOME_NOT_FOUND)
            return r;
    }
    return 0;
}

int kyso_snapshot_read(const struct kyso_module *module, CK_SLOT_ID slot,
                       struct kyso_token_snapshot *ret_snapshot)
{
    struct kyso_token_snapshot snapshot = {0};
    CK_SESSION_HANDLE session;
    int r = kyso_snapshot_read_info(module, slot, &snapshot);

    if (r != 0)
        return r;
    r = kyso_module_session(module, slot, &session);
    if (r == 0)
        r = read_certificates(module, session, &snapshot);
    if (r == 0)
        (void)module->f->C_CloseSession(session);
    if (r != 0) {
        kyso_token_snapshot_done(&snapshot);
        return r;
    }
    *ret_snapshot = snapshot;
    return 0;
}

static int has_digest(const struct kyso_buf *der, const uint8_t sha256[32])
{
    uint8_t digest[32];

    if (EVP_Digest(der->bytes, der->length, digest, NULL, EVP_sha256(), NULL) != 1)
        return kyso_trace(-ENOMEM);
    return memcmp(digest, sha256, sizeof(digest)) == 0 ? 0 : KYSO_OUTCOME_NO_CERTIFICATE;
}

static int has_certificate(const struct kyso_module *module, CK_SESSION_HANDLE session,
                           CK_OBJECT_HANDLE object, const uint8_t sha256[32],
                           struct kyso_buf *ret_id)
{
    KYSO_BUF struct kyso_buf der = {0};
    int r =
        kyso_module_attribute(module, session, object, CKA_VALUE, KYSO_TOKEN_CERTIFICATE_MAX, &der);

    if (r == 0)
        r = der.length > 0 ? has_digest(&der, sha256) : KYSO_OUTCOME_NO_CERTIFICATE;
    if (r == 0)
        r = kyso_module_attribute(module, session, object, CKA_ID,
                                  sizeof(((struct kyso_token_certificate *)NULL)->id), ret_id);
    return r == KYSO_OUTCOME_NOT_FOUND ? KYSO_OUTCOME_NO_CERTIFICATE : r;
}

int kyso_snapshot_find(const struct kyso_module *module, CK_SESSION_HANDLE session,
                       const uint8_t sha256[32], struct kyso_buf *ret_id)
{
    CK_OBJECT_HANDLE objects[KYSO_TOKEN_CERTIFICATES_MAX];
    size_t n = 0;
    int r = kyso_module_find(module, session, CKO_CERTIFICATE, NULL, objects,
                             KYSO_ARRAY_LEN(objects), &n);

    if (r != 0)
        return r;
    for (size_t i = 0; i < n; i++) {
        r = has_certificate(module, session, objects[i], sha256, ret_id);
        if (r != KYSO_OUTCOME_NO_CERTIFICATE)
            return r;
    }
    return KYSO_OUTCOME_NO_CERTIFICATE;
}

int kyso_snapshot_key(const struct kyso_module *module, CK_SESSION_HANDLE session,
                      const struct kyso_buf *id, CK_OBJECT_HANDLE *ret_key)
{
    CK_OBJECT_HANDLE key = 0;
    size_t n = 0;
    int r = kyso_module_find(module, session, CKO_PRIVATE_KEY, id, &key, 1, &n);

    if (r != 0)
        return r;
    if (n == 0)
        return KYSO_OUTCOME_NO_CERTIFICATE;
    *ret_key = key;
    return 0;
}
