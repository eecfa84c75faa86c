/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A PKCS#11 module in front of a real one (OpenSC's): it says on standard error, which for a worker
 * of kysod is the service's log, which of those calls came that could change a token or log in, and
 * passes each on. "recorder: C_Login user", never the PIN. */

#include <dlfcn.h>
#include <p11-kit/pkcs11.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static CK_FUNCTION_LIST *real;
static CK_FUNCTION_LIST list;

static void say(const char *function, const char *note)
{
    (void)dprintf(STDERR_FILENO, "recorder: %s%s\n", function, note);
}

static CK_RV open_session(CK_SLOT_ID slot, CK_FLAGS flags, void *application, CK_NOTIFY notify,
                          CK_SESSION_HANDLE *session)
{
    say("C_OpenSession", (flags & CKF_RW_SESSION) != 0 ? " rw" : " ro");
    return real->C_OpenSession(slot, flags, application, notify, session);
}

static CK_RV login(CK_SESSION_HANDLE session, CK_USER_TYPE user, unsigned char *pin, CK_ULONG n)
{
    say("C_Login", user == CKU_SO ? " so" : user == CKU_USER ? " user" : " context");
    return real->C_Login(session, user, pin, n);
}

/* Everything else that could change what is on a token: said and passed on. */
#define PASS(member, function, parameters, arguments)                                              \
    static CK_RV function parameters                                                               \
    {                                                                                              \
        say(#member, "");                                                                          \
        return real->member arguments;                                                             \
    }
PASS(C_InitToken, init_token,
     (CK_SLOT_ID slot, unsigned char *pin, CK_ULONG n, unsigned char *label), (slot, pin, n, label))
PASS(C_InitPIN, init_pin, (CK_SESSION_HANDLE s, unsigned char *pin, CK_ULONG n), (s, pin, n))
PASS(C_SetPIN, set_pin,
     (CK_SESSION_HANDLE s, unsigned char *old, CK_ULONG n, unsigned char *pin, CK_ULONG m),
     (s, old, n, pin, m))
PASS(C_CreateObject, create_object,
     (CK_SESSION_HANDLE s, CK_ATTRIBUTE *t, CK_ULONG n, CK_OBJECT_HANDLE *o), (s, t, n, o))
PASS(C_CopyObject, copy_object,
     (CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o, CK_ATTRIBUTE *t, CK_ULONG n, CK_OBJECT_HANDLE *c),
     (s, o, t, n, c))
PASS(C_DestroyObject, destroy_object, (CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o), (s, o))
PASS(C_SetAttributeValue, set_attribute_value,
     (CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o, CK_ATTRIBUTE *t, CK_ULONG n), (s, o, t, n))
PASS(C_GenerateKey, generate_key,
     (CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_ATTRIBUTE *t, CK_ULONG n, CK_OBJECT_HANDLE *o),
     (s, m, t, n, o))
PASS(C_GenerateKeyPair, generate_key_pair,
     (CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_ATTRIBUTE *t, CK_ULONG n, CK_ATTRIBUTE *u,
      CK_ULONG k, CK_OBJECT_HANDLE *o, CK_OBJECT_HANDLE *p),
     (s, m, t, n, u, k, o, p))

static int load(void)
{
    CK_RV (*get)(CK_FUNCTION_LIST **);
    void *module = dlopen(KYSO_RECORDED_MODULE, RTLD_NOW | RTLD_LOCAL);
    void *symbol = module != NULL ? dlsym(module, "C_GetFunctionList") : NULL;

    memcpy(&get, &symbol, sizeof(get));
    if (symbol == NULL || get(&real) != CKR_OK)
        return -1;
    list = *real;
    list.C_OpenSession = open_session;
    list.C_Login = login;
    list.C_InitToken = init_token;
    list.C_InitPIN = init_pin;
    list.C_SetPIN = set_pin;
    list.C_CreateObject = create_object;
    list.C_CopyObject = copy_object;
    list.C_DestroyObject = destroy_object;
    list.C_SetAttributeValue = set_attribute_value;
    list.C_GenerateKey = generate_key;
    list.C_GenerateKeyPair = generate_key_pair;
    return 0;
}

__attribute__((visibility("default"))) CK_RV C_GetFunctionList(CK_FUNCTION_LIST **ret_list)
{
    if (real == NULL && load() < 0)
        return CKR_GENERAL_ERROR;
    *ret_list = &list;
    return CKR_OK;
}
