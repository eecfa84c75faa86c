/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The PKCS#11 functions of kyso-mock.so. Each begins with enter(), which logs the call and obeys
 * the faults ordered for it; what no test needs says "not supported", but is logged all the same.
 */
#include "tests/token/mock.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct kyso_mock *mock;

static CK_RV enter_as(const char *function, const char *note)
{
    if (!mock)
        return CKR_CRYPTOKI_NOT_INITIALIZED;
    char text[128];
    snprintf(text, sizeof text, "%s%s", function, note);
    kyso_mock_log(mock, text);
    for (size_t i = 0; i < mock->n_faults; i++) {
        struct kyso_mock_fault *fault = &mock->faults[i];
        if (strcmp(fault->function, function) != 0)
            continue;
        fault->seen++;
        if (fault->at && fault->at != fault->seen)
            continue;
        CK_RV rv = kyso_mock_act(&fault->result, fault->delay_ms);
        if (rv != CKR_OK)
            return rv;
    }
    return CKR_OK;
}

static CK_RV enter(const char *function)
{
    return enter_as(function, "");
}

/* Removal and change of card take effect when the call they wait for has been made. */
static CK_RV leave(struct kyso_mock_token *token, const char *function, CK_RV rv)
{
    if (strcmp(token->remove_after, function) == 0)
        token->removed = true;
    if (strcmp(token->change_after, function) == 0)
        token->changed = true;
    return rv;
}

static CK_RV find_token(CK_SLOT_ID slot, struct kyso_mock_token **ret_token)
{
    if (slot >= mock->n_tokens)
        return CKR_SLOT_ID_INVALID;
    struct kyso_mock_token *token = &mock->tokens[slot];
    if (token->absent || token->removed)
        return CKR_TOKEN_NOT_PRESENT;
    *ret_token = token;
    return CKR_OK;
}

static CK_RV find_session(CK_SESSION_HANDLE handle, struct kyso_mock_session **ret_session,
                          struct kyso_mock_token **ret_token)
{
    if (handle == 0 || handle > KYSO_MOCK_SESSIONS_MAX || !mock->sessions[handle - 1].used)
        return CKR_SESSION_HANDLE_INVALID;
    struct kyso_mock_session *session = &mock->sessions[handle - 1];
    if (mock->tokens[session->token].removed)
        return CKR_DEVICE_REMOVED;
    *ret_session = session;
    *ret_token = &mock->tokens[session->token];
    return CKR_OK;
}

static void pad(CK_UTF8CHAR *field, size_t size, const char *text)
{
    size_t n = strlen(text);
    memset(field, ' ', size);
    memcpy(field, text, n < size ? n : size);
}

static CK_RV mock_Initialize(void *arguments)
{
    (void)arguments;
    if (mock)
        return CKR_CRYPTOKI_ALREADY_INITIALIZED;
    const char *path = getenv("KYSO_MOCK_CONF");
    if (!path || kyso_mock_new(path, &mock) < 0)
        return CKR_FUNCTION_FAILED;
    CK_RV rv = enter("C_Initialize");
    if (rv != CKR_OK)
        mock = kyso_mock_free(mock);
    return rv;
}

static CK_RV mock_Finalize(void *reserved)
{
    (void)reserved;
    CK_RV rv = enter("C_Finalize");
    if (rv == CKR_OK)
        mock = kyso_mock_free(mock);
    return rv;
}

static CK_RV mock_GetInfo(CK_INFO *info)
{
    CK_RV rv = enter("C_GetInfo");
    if (rv != CKR_OK)
        return rv;
    *info = (CK_INFO){.cryptokiVersion = {2, 40}, .libraryVersion = {1, 0}};
    pad(info->manufacturerID, sizeof info->manufacturerID, "kyso");
    pad(info->libraryDescription, sizeof info->libraryDescription, "mock module for tests");
    return CKR_OK;
}

static CK_RV mock_GetSlotList(CK_BBOOL present, CK_SLOT_ID *slots, CK_ULONG *count)
{
    CK_RV rv = enter("C_GetSlotList");
    if (rv != CKR_OK)
        return rv;
    CK_ULONG n = 0;
    bool lies = false;
    for (size_t i = 0; i < mock->n_tokens; i++) {
        const struct kyso_mock_token *token = &mock->tokens[i];
        lies |= token->lies & KYSO_MOCK_LIE_SLOT_COUNT;
        if (present && (token->absent || token->removed))
            continue;
        if (slots && n < *count)
            slots[n] = i;
        n++;
    }
    rv = slots && n > *count ? CKR_BUFFER_TOO_SMALL : CKR_OK;
    *count = slots && lies ? 1000000 : n;
    return rv;
}

static CK_RV mock_GetSlotInfo(CK_SLOT_ID slot, CK_SLOT_INFO *info)
{
    CK_RV rv = enter("C_GetSlotInfo");
    if (rv != CKR_OK)
        return rv;
    if (slot >= mock->n_tokens)
        return CKR_SLOT_ID_INVALID;
    const struct kyso_mock_token *token = &mock->tokens[slot];
    *info = (CK_SLOT_INFO){.flags = CKF_REMOVABLE_DEVICE | CKF_HW_SLOT};
    if (!token->absent && !token->removed)
        info->flags |= CKF_TOKEN_PRESENT;
    pad(info->slotDescription, sizeof info->slotDescription, token->reader);
    pad(info->manufacturerID, sizeof info->manufacturerID, token->manufacturer);
    return CKR_OK;
}

static CK_FLAGS pin_flags(const struct kyso_mock_token *token)
{
    unsigned long left = token->flags == KYSO_MOCK_FLAGS_FROZEN ? token->frozen_left
                                                                : kyso_mock_tries_left(mock, token);
    bool limited = token->tries > 0;
    CK_FLAGS low = left < token->tries && left > 0 ? CKF_USER_PIN_COUNT_LOW : 0;
    CK_FLAGS final = limited && left == 1 ? CKF_USER_PIN_FINAL_TRY : 0;
    CK_FLAGS locked = limited && left == 0 ? CKF_USER_PIN_LOCKED : 0;
    switch (token->flags) {
    case KYSO_MOCK_FLAGS_LIVE:
    case KYSO_MOCK_FLAGS_FROZEN:
        return low | final | locked;
    case KYSO_MOCK_FLAGS_NONE:
        return 0;
    case KYSO_MOCK_FLAGS_PIV:
        return final | locked;
    case KYSO_MOCK_FLAGS_LOW:
        return left != token->tries ? CKF_USER_PIN_COUNT_LOW : 0;
    case KYSO_MOCK_FLAGS_ALWAYS_LOW:
        return CKF_USER_PIN_COUNT_LOW;
    case KYSO_MOCK_FLAGS_ALWAYS_FINAL:
        return CKF_USER_PIN_FINAL_TRY;
    case KYSO_MOCK_FLAGS_ALWAYS_LOCKED:
        return CKF_USER_PIN_LOCKED;
    }
    return 0;
}

static CK_RV mock_GetTokenInfo(CK_SLOT_ID slot, CK_TOKEN_INFO *info)
{
    struct kyso_mock_token *token;
    CK_RV rv = enter("C_GetTokenInfo");
    if (rv == CKR_OK)
        rv = find_token(slot, &token);
    if (rv != CKR_OK)
        return rv;
    *info = (CK_TOKEN_INFO){
        .flags = CKF_TOKEN_INITIALIZED | CKF_USER_PIN_INITIALIZED | CKF_RNG | pin_flags(token),
        .ulMaxSessionCount = CK_EFFECTIVELY_INFINITE,
        .ulMaxRwSessionCount = CK_EFFECTIVELY_INFINITE,
        .ulMaxPinLen = token->pin_max,
        .ulMinPinLen = token->pin_min,
        .ulTotalPublicMemory = CK_UNAVAILABLE_INFORMATION,
        .ulFreePublicMemory = CK_UNAVAILABLE_INFORMATION,
        .ulTotalPrivateMemory = CK_UNAVAILABLE_INFORMATION,
        .ulFreePrivateMemory = CK_UNAVAILABLE_INFORMATION,
    };
    if (!token->no_login)
        info->flags |= CKF_LOGIN_REQUIRED;
    if (token->pin_pad)
        info->flags |= CKF_PROTECTED_AUTHENTICATION_PATH;
    pad(info->label, sizeof info->label, token->label);
    pad(info->manufacturerID, sizeof info->manufacturerID, token->manufacturer);
    pad(info->model, sizeof info->model, token->model);
    pad(info->serialNumber, sizeof info->serialNumber,
        token->changed ? token->changed_serial : token->serial);
    return leave(token, "C_GetTokenInfo", CKR_OK);
}

static const CK_MECHANISM_TYPE mechanisms[] = {CKM_RSA_PKCS, CKM_SHA256_RSA_PKCS, CKM_RSA_X_509,
                                               CKM_RSA_PKCS_PSS, CKM_ECDSA};

static CK_RV mock_GetMechanismList(CK_SLOT_ID slot, CK_MECHANISM_TYPE *list, CK_ULONG *count)
{
    struct kyso_mock_token *token;
    CK_ULONG n = sizeof mechanisms / sizeof *mechanisms;
    CK_RV rv = enter("C_GetMechanismList");
    if (rv == CKR_OK)
        rv = find_token(slot, &token);
    if (rv != CKR_OK)
        return rv;
    if (list && *count < n)
        rv = CKR_BUFFER_TOO_SMALL;
    else if (list)
        memcpy(list, mechanisms, sizeof mechanisms);
    *count = n;
    return rv;
}

static CK_RV mock_GetMechanismInfo(CK_SLOT_ID slot, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO *info)
{
    struct kyso_mock_token *token;
    CK_RV rv = enter("C_GetMechanismInfo");
    if (rv == CKR_OK)
        rv = find_token(slot, &token);
    if (rv != CKR_OK)
        return rv;
    for (size_t i = 0; i < sizeof mechanisms / sizeof *mechanisms; i++) {
        if (mechanisms[i] == type) {
            bool is_ec = type == CKM_ECDSA;
            *info = (CK_MECHANISM_INFO){.ulMinKeySize = is_ec ? 256 : 2048,
                                        .ulMaxKeySize = is_ec ? 521 : 4096,
                                        .flags = CKF_HW | CKF_SIGN};
            return CKR_OK;
        }
    }
    return CKR_MECHANISM_INVALID;
}

static CK_RV mock_OpenSession(CK_SLOT_ID slot, CK_FLAGS flags, void *application, CK_NOTIFY notify,
                              CK_SESSION_HANDLE *ret_session)
{
    (void)application;
    (void)notify;
    struct kyso_mock_token *token;
    CK_RV rv = enter_as("C_OpenSession", flags & CKF_RW_SESSION ? " rw" : " ro");
    if (rv == CKR_OK && !(flags & CKF_SERIAL_SESSION))
        rv = CKR_SESSION_PARALLEL_NOT_SUPPORTED;
    if (rv == CKR_OK)
        rv = find_token(slot, &token);
    if (rv != CKR_OK)
        return rv;
    for (size_t i = 0; i < KYSO_MOCK_SESSIONS_MAX; i++) {
        if (!mock->sessions[i].used) {
            mock->sessions[i] =
                (struct kyso_mock_session){.used = true, .token = slot, .flags = flags};
            *ret_session = i + 1;
            return leave(token, "C_OpenSession", CKR_OK);
        }
    }
    return CKR_SESSION_COUNT;
}

static void close_session(struct kyso_mock_session *session)
{
    size_t token = session->token;
    bool last = true;
    session->used = false;
    for (size_t i = 0; i < KYSO_MOCK_SESSIONS_MAX; i++)
        if (mock->sessions[i].used && mock->sessions[i].token == token)
            last = false;
    if (last)
        mock->tokens[token].logged_in = false;
}

static CK_RV mock_CloseSession(CK_SESSION_HANDLE handle)
{
    CK_RV rv = enter("C_CloseSession");
    if (rv != CKR_OK)
        return rv;
    if (handle == 0 || handle > KYSO_MOCK_SESSIONS_MAX || !mock->sessions[handle - 1].used)
        return CKR_SESSION_HANDLE_INVALID;
    close_session(&mock->sessions[handle - 1]);
    return CKR_OK;
}

static CK_RV mock_CloseAllSessions(CK_SLOT_ID slot)
{
    CK_RV rv = enter("C_CloseAllSessions");
    if (rv != CKR_OK)
        return rv;
    if (slot >= mock->n_tokens)
        return CKR_SLOT_ID_INVALID;
    for (size_t i = 0; i < KYSO_MOCK_SESSIONS_MAX; i++)
        if (mock->sessions[i].used && mock->sessions[i].token == slot)
            close_session(&mock->sessions[i]);
    return CKR_OK;
}

static CK_RV mock_GetSessionInfo(CK_SESSION_HANDLE handle, CK_SESSION_INFO *info)
{
    struct kyso_mock_session *session;
    struct kyso_mock_token *token;
    CK_RV rv = enter("C_GetSessionInfo");
    if (rv == CKR_OK)
        rv = find_session(handle, &session, &token);
    if (rv != CKR_OK)
        return rv;
    bool rw = session->flags & CKF_RW_SESSION;
    *info = (CK_SESSION_INFO){.slotID = session->token, .flags = session->flags};
    if (token->logged_in)
        info->state = rw ? CKS_RW_USER_FUNCTIONS : CKS_RO_USER_FUNCTIONS;
    else
        info->state = rw ? CKS_RW_PUBLIC_SESSION : CKS_RO_PUBLIC_SESSION;
    return CKR_OK;
}

/* A token that refuses its PIN all the same counts that, too. */
static unsigned long left_after(const struct kyso_mock_token *token,
                                const struct kyso_mock_result *right, unsigned long left)
{
    if (right->action != KYSO_MOCK_RETURN || token->tries == 0)
        return token->tries;
    if (right->rv == CKR_PIN_LOCKED)
        return 0;
    return right->rv == CKR_PIN_INCORRECT ? left - 1 : token->tries;
}

/* One PIN against the counter, which is charged before the answer is chosen. */
static CK_RV check_pin(struct kyso_mock_token *token, const CK_UTF8CHAR *pin, CK_ULONG n_pin,
                       const struct kyso_mock_result *right)
{
    if (!pin)
        return token->pin_pad ? kyso_mock_act(&token->pad, 0) : CKR_ARGUMENTS_BAD;
    if (token->ignores_pin)
        return kyso_mock_act(right, 0);
    unsigned long left = kyso_mock_tries_left(mock, token);
    if (token->tries > 0 && left == 0)
        return kyso_mock_act(&token->locked, 0);
    if (n_pin < token->pin_min || n_pin > token->pin_max)
        return CKR_PIN_LEN_RANGE;
    if (n_pin == strlen(token->pin) && CRYPTO_memcmp(pin, token->pin, n_pin) == 0) {
        kyso_mock_set_tries_left(mock, token, left_after(token, right, left));
        return kyso_mock_act(right, 0);
    }
    if (token->tries == 0) {
        kyso_mock_set_tries_left(mock, token, 1);
        return kyso_mock_act(&token->wrong, 0);
    }
    kyso_mock_set_tries_left(mock, token, left - 1);
    return kyso_mock_act(left == 1 ? &token->last : &token->wrong, 0);
}

static CK_RV login(CK_SESSION_HANDLE handle, CK_USER_TYPE user, const CK_UTF8CHAR *pin,
                   CK_ULONG n_pin)
{
    struct kyso_mock_session *session;
    struct kyso_mock_token *token;
    CK_RV rv = find_session(handle, &session, &token);
    if (rv != CKR_OK)
        return rv;
    if (user == CKU_CONTEXT_SPECIFIC) {
        if (!session->sign_key)
            return CKR_OPERATION_NOT_INITIALIZED;
        rv = check_pin(token, pin, n_pin, &token->context);
        session->context_ok = rv == CKR_OK;
    } else if (user == CKU_USER) {
        if (token->logged_in)
            return CKR_USER_ALREADY_LOGGED_IN;
        rv = check_pin(token, pin, n_pin, &token->right);
        token->logged_in = rv == CKR_OK;
    } else {
        return CKR_USER_TYPE_INVALID;
    }
    return leave(token, "C_Login", rv);
}

static CK_RV mock_Login(CK_SESSION_HANDLE handle, CK_USER_TYPE user, CK_UTF8CHAR *pin,
                        CK_ULONG n_pin)
{
    const char *word = user == CKU_USER               ? " user"
                       : user == CKU_SO               ? " so"
                       : user == CKU_CONTEXT_SPECIFIC ? " context"
                                                      : " unknown";
    char text[128];
    snprintf(text, sizeof text, "%s%s", word, pin ? "" : " pad");
    CK_RV rv = enter_as("C_Login", text);
    if (rv == CKR_OK)
        rv = login(handle, user, pin, n_pin);
    if (mock) {
        snprintf(text, sizeof text, "C_Login%s: %s", word, kyso_mock_rv_name(rv));
        kyso_mock_log(mock, text);
    }
    return rv;
}

static CK_RV mock_Logout(CK_SESSION_HANDLE handle)
{
    struct kyso_mock_session *session;
    struct kyso_mock_token *token;
    CK_RV rv = enter("C_Logout");
    if (rv == CKR_OK)
        rv = find_session(handle, &session, &token);
    if (rv != CKR_OK)
        return rv;
    if (!token->logged_in)
        return CKR_USER_NOT_LOGGED_IN;
    token->logged_in = false;
    return CKR_OK;
}

static CK_RV mock_GetAttributeValue(CK_SESSION_HANDLE handle, CK_OBJECT_HANDLE object,
                                    CK_ATTRIBUTE *template, CK_ULONG n_template)
{
    struct kyso_mock_session *session;
    struct kyso_mock_token *token;
    CK_OBJECT_CLASS object_class;
    CK_RV rv = enter("C_GetAttributeValue");
    if (rv == CKR_OK)
        rv = find_session(handle, &session, &token);
    if (rv != CKR_OK)
        return rv;
    const struct kyso_mock_key *key = kyso_mock_object(mock, session->token, object, &object_class);
    if (!key)
        return CKR_OBJECT_HANDLE_INVALID;
    rv = kyso_mock_attributes(token, key, object_class, template, n_template);
    return leave(token, "C_GetAttributeValue", rv);
}

static CK_RV mock_FindObjectsInit(CK_SESSION_HANDLE handle, CK_ATTRIBUTE *template,
                                  CK_ULONG n_template)
{
    struct kyso_mock_session *session;
    struct kyso_mock_token *token;
    CK_RV rv = enter("C_FindObjectsInit");
    if (rv == CKR_OK)
        rv = find_session(handle, &session, &token);
    if (rv != CKR_OK)
        return rv;
    if (session->finding)
        return CKR_OPERATION_ACTIVE;
    session->n_found = kyso_mock_find(mock, session->token, template, n_template, session->found);
    session->found_at = 0;
    session->finding = true;
    return CKR_OK;
}

static CK_RV mock_FindObjects(CK_SESSION_HANDLE handle, CK_OBJECT_HANDLE *objects, CK_ULONG most,
                              CK_ULONG *count)
{
    struct kyso_mock_session *session;
    struct kyso_mock_token *token;
    CK_RV rv = enter("C_FindObjects");
    if (rv == CKR_OK)
        rv = find_session(handle, &session, &token);
    if (rv != CKR_OK)
        return rv;
    if (!session->finding)
        return CKR_OPERATION_NOT_INITIALIZED;
    if (token->lies & KYSO_MOCK_LIE_OBJECTS_ENDLESS && session->found_at == session->n_found)
        session->found_at = 0;
    CK_ULONG n = 0;
    while (n < most && session->found_at < session->n_found)
        objects[n++] = session->found[session->found_at++];
    *count = token->lies & KYSO_MOCK_LIE_OBJECT_COUNT ? most + 1000000 : n;
    return leave(token, "C_FindObjects", CKR_OK);
}

static CK_RV mock_FindObjectsFinal(CK_SESSION_HANDLE handle)
{
    struct kyso_mock_session *session;
    struct kyso_mock_token *token;
    CK_RV rv = enter("C_FindObjectsFinal");
    if (rv == CKR_OK)
        rv = find_session(handle, &session, &token);
    if (rv != CKR_OK)
        return rv;
    if (!session->finding)
        return CKR_OPERATION_NOT_INITIALIZED;
    session->finding = false;
    return CKR_OK;
}

static CK_RV mock_SignInit(CK_SESSION_HANDLE handle, CK_MECHANISM *mechanism,
                           CK_OBJECT_HANDLE object)
{
    struct kyso_mock_session *session;
    struct kyso_mock_token *token;
    CK_OBJECT_CLASS object_class;
    CK_RV rv = enter("C_SignInit");
    if (rv == CKR_OK)
        rv = find_session(handle, &session, &token);
    if (rv != CKR_OK)
        return rv;
    if (session->sign_key)
        return CKR_OPERATION_ACTIVE;
    const struct kyso_mock_key *key = kyso_mock_object(mock, session->token, object, &object_class);
    if (!key || object_class != CKO_PRIVATE_KEY)
        return CKR_KEY_HANDLE_INVALID;
    if (!kyso_mock_can_sign(key, mechanism->mechanism))
        return CKR_MECHANISM_INVALID;
    if (!token->logged_in && !token->no_login)
        return CKR_USER_NOT_LOGGED_IN;
    session->sign_key = key;
    session->mechanism = mechanism->mechanism;
    session->context_ok = false;
    return leave(token, "C_SignInit", CKR_OK);
}

static void lie_about(const struct kyso_mock_token *token, CK_BYTE *signature, CK_ULONG room,
                      CK_ULONG *n)
{
    if (token->lies & KYSO_MOCK_LIE_SIGNATURE_WRONG)
        signature[*n / 2] ^= 1;
    if (token->lies & KYSO_MOCK_LIE_SIGNATURE_SHORT)
        *n /= 2;
    if (token->lies & KYSO_MOCK_LIE_SIGNATURE_LONG)
        *n = room + 100000;
}

static CK_RV mock_Sign(CK_SESSION_HANDLE handle, CK_BYTE *data, CK_ULONG n_data, CK_BYTE *signature,
                       CK_ULONG *n_signature)
{
    struct kyso_mock_session *session;
    struct kyso_mock_token *token;
    CK_RV rv = enter("C_Sign");
    if (rv == CKR_OK)
        rv = find_session(handle, &session, &token);
    if (rv != CKR_OK)
        return rv;
    if (!session->sign_key)
        return CKR_OPERATION_NOT_INITIALIZED;
    uint8_t bytes[1024];
    size_t n = sizeof bytes;
    if (session->sign_key->always_authenticate && !session->context_ok)
        rv = CKR_USER_NOT_LOGGED_IN;
    else
        rv = kyso_mock_sign(session->sign_key, session->mechanism, data, n_data, bytes, &n);
    CK_ULONG room = *n_signature;
    if (rv == CKR_OK && (!signature || n > room)) {
        /* Asking for the size, or offering too little, leaves the operation open (PKCS#11 5.2). */
        *n_signature = n;
        return signature ? CKR_BUFFER_TOO_SMALL : CKR_OK;
    }
    session->sign_key = NULL;
    session->context_ok = false;
    if (rv == CKR_OK) {
        memcpy(signature, bytes, n);
        *n_signature = n;
        lie_about(token, signature, room, n_signature);
    }
    return leave(token, "C_Sign", rv);
}

/* Everything else: the call is on record, and refused. */
#define UNSUPPORTED(name, ...)                                                                     \
    static CK_RV mock_##name(__VA_ARGS__)                                                          \
    {                                                                                              \
        CK_RV rv = enter("C_" #name);                                                              \
        return rv == CKR_OK ? CKR_FUNCTION_NOT_SUPPORTED : rv;                                     \
    }

#define S CK_SESSION_HANDLE
#define B CK_BYTE *
#define N CK_ULONG
#define P CK_ULONG *
#define O CK_OBJECT_HANDLE
#define M CK_MECHANISM *
#define A CK_ATTRIBUTE *

UNSUPPORTED(InitToken, CK_SLOT_ID, B, N, B)
UNSUPPORTED(InitPIN, S, B, N)
UNSUPPORTED(SetPIN, S, B, N, B, N)
UNSUPPORTED(GetOperationState, S, B, P)
UNSUPPORTED(SetOperationState, S, B, N, O, O)
UNSUPPORTED(CreateObject, S, A, N, O *)
UNSUPPORTED(CopyObject, S, O, A, N, O *)
UNSUPPORTED(DestroyObject, S, O)
UNSUPPORTED(GetObjectSize, S, O, P)
UNSUPPORTED(SetAttributeValue, S, O, A, N)
UNSUPPORTED(EncryptInit, S, M, O)
UNSUPPORTED(Encrypt, S, B, N, B, P)
UNSUPPORTED(EncryptUpdate, S, B, N, B, P)
UNSUPPORTED(EncryptFinal, S, B, P)
UNSUPPORTED(DecryptInit, S, M, O)
UNSUPPORTED(Decrypt, S, B, N, B, P)
UNSUPPORTED(DecryptUpdate, S, B, N, B, P)
UNSUPPORTED(DecryptFinal, S, B, P)
UNSUPPORTED(DigestInit, S, M)
UNSUPPORTED(Digest, S, B, N, B, P)
UNSUPPORTED(DigestUpdate, S, B, N)
UNSUPPORTED(DigestKey, S, O)
UNSUPPORTED(DigestFinal, S, B, P)
UNSUPPORTED(SignUpdate, S, B, N)
UNSUPPORTED(SignFinal, S, B, P)
UNSUPPORTED(SignRecoverInit, S, M, O)
UNSUPPORTED(SignRecover, S, B, N, B, P)
UNSUPPORTED(VerifyInit, S, M, O)
UNSUPPORTED(Verify, S, B, N, B, N)
UNSUPPORTED(VerifyUpdate, S, B, N)
UNSUPPORTED(VerifyFinal, S, B, N)
UNSUPPORTED(VerifyRecoverInit, S, M, O)
UNSUPPORTED(VerifyRecover, S, B, N, B, P)
UNSUPPORTED(DigestEncryptUpdate, S, B, N, B, P)
UNSUPPORTED(DecryptDigestUpdate, S, B, N, B, P)
UNSUPPORTED(SignEncryptUpdate, S, B, N, B, P)
UNSUPPORTED(DecryptVerifyUpdate, S, B, N, B, P)
UNSUPPORTED(GenerateKey, S, M, A, N, O *)
UNSUPPORTED(GenerateKeyPair, S, M, A, N, A, N, O *, O *)
UNSUPPORTED(WrapKey, S, M, O, O, B, P)
UNSUPPORTED(UnwrapKey, S, M, O, B, N, A, N, O *)
UNSUPPORTED(DeriveKey, S, M, O, A, N, O *)
UNSUPPORTED(SeedRandom, S, B, N)
UNSUPPORTED(GenerateRandom, S, B, N)
UNSUPPORTED(GetFunctionStatus, S)
UNSUPPORTED(CancelFunction, S)
UNSUPPORTED(WaitForSlotEvent, CK_FLAGS, CK_SLOT_ID *, void *)

#define F(name) .C_##name = mock_##name

static CK_FUNCTION_LIST functions = {
    .version = {2, 40},
    .C_GetFunctionList = C_GetFunctionList,
    F(Initialize),
    F(Finalize),
    F(GetInfo),
    F(GetSlotList),
    F(GetSlotInfo),
    F(GetTokenInfo),
    F(GetMechanismList),
    F(GetMechanismInfo),
    F(InitToken),
    F(InitPIN),
    F(SetPIN),
    F(OpenSession),
    F(CloseSession),
    F(CloseAllSessions),
    F(GetSessionInfo),
    F(GetOperationState),
    F(SetOperationState),
    F(Login),
    F(Logout),
    F(CreateObject),
    F(CopyObject),
    F(DestroyObject),
    F(GetObjectSize),
    F(GetAttributeValue),
    F(SetAttributeValue),
    F(FindObjectsInit),
    F(FindObjects),
    F(FindObjectsFinal),
    F(EncryptInit),
    F(Encrypt),
    F(EncryptUpdate),
    F(EncryptFinal),
    F(DecryptInit),
    F(Decrypt),
    F(DecryptUpdate),
    F(DecryptFinal),
    F(DigestInit),
    F(Digest),
    F(DigestUpdate),
    F(DigestKey),
    F(DigestFinal),
    F(SignInit),
    F(Sign),
    F(SignUpdate),
    F(SignFinal),
    F(SignRecoverInit),
    F(SignRecover),
    F(VerifyInit),
    F(Verify),
    F(VerifyUpdate),
    F(VerifyFinal),
    F(VerifyRecoverInit),
    F(VerifyRecover),
    F(DigestEncryptUpdate),
    F(DecryptDigestUpdate),
    F(SignEncryptUpdate),
    F(DecryptVerifyUpdate),
    F(GenerateKey),
    F(GenerateKeyPair),
    F(WrapKey),
    F(UnwrapKey),
    F(DeriveKey),
    F(SeedRandom),
    F(GenerateRandom),
    F(GetFunctionStatus),
    F(CancelFunction),
    F(WaitForSlotEvent),
};

__attribute__((visibility("default"))) CK_RV C_GetFunctionList(CK_FUNCTION_LIST **ret_list)
{
    *ret_list = &functions;
    return CKR_OK;
}
