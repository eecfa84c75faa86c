/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pkcs11/module.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>

#include "common/error.h"
#include "common/log.h"
#include "common/outcome.h"
#include "common/text.h"
#include "pkcs11/remote.h"

static int initialise(CK_FUNCTION_LIST *f)
{
    CK_C_INITIALIZE_ARGS arguments = {.flags = CKF_OS_LOCKING_OK};
    CK_RV rv = f->C_Initialize(&arguments);

    /* This program calls the module from one thread, so one that knows no locks will do. */
    if (rv == CKR_CANT_LOCK || rv == CKR_ARGUMENTS_BAD)
        rv = f->C_Initialize(NULL);
    if (rv == CKR_OK)
        return 0;
    kyso_log(KYSO_LOG_WARNING, "the module refuses to start: %#lx", rv);
    return KYSO_OUTCOME_TOKEN_FAILED;
}

int kyso_module_open(const char *path, struct kyso_module *ret_module)
{
    struct kyso_module module = {0};
    CK_C_GetFunctionList get_list;
    void *symbol;
    int r;

    if (path == NULL || path[0] != '/')
        return kyso_trace(-EINVAL);
    module.library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (module.library == NULL) {
        kyso_log(KYSO_LOG_WARNING, "the module cannot be loaded: %s", dlerror());
        return KYSO_OUTCOME_TOKEN_FAILED;
    }
    symbol = dlsym(module.library, "C_GetFunctionList");
    memcpy(&get_list, &symbol, sizeof(get_list)); /* POSIX's way from an object to a function */
    if (symbol == NULL || get_list(&module.f) != CKR_OK || module.f == NULL) {
        kyso_log(KYSO_LOG_WARNING, "%s is no PKCS#11 module", path);
        return KYSO_OUTCOME_TOKEN_FAILED;
    }
    r = initialise(module.f);
    if (r == 0)
        *ret_module = module;
    return r;
}

void kyso_module_close(struct kyso_module *module)
{
    if (module->f == NULL)
        return;
    (void)module->f->C_Finalize(NULL);
    module->f = NULL;
}

int kyso_module_outcome(CK_RV rv)
{
    switch (rv) {
    case CKR_DEVICE_REMOVED:
    case CKR_TOKEN_NOT_PRESENT:
    case CKR_SESSION_HANDLE_INVALID:
    case CKR_SESSION_CLOSED:
    case CKR_SLOT_ID_INVALID:
        return KYSO_OUTCOME_TOKEN_REMOVED;
    default:
        return KYSO_OUTCOME_TOKEN_FAILED;
    }
}

char *kyso_module_text(const CK_UTF8CHAR *field, size_t length)
{
    return kyso_text_sanitize(field, strnlen((const char *)field, length));
}

/* A slot's description holds 64 bytes of a reader's name, which may be longer. */
static bool describes(const CK_SLOT_INFO *info, const char *reader)
{
    KYSO_FREE char *description =
        kyso_module_text(info->slotDescription, sizeof(info->slotDescription));
    KYSO_FREE char *wanted = NULL;
    size_t length = strlen(reader);

    if (length > sizeof(info->slotDescription))
        length = sizeof(info->slotDescription);
    wanted = kyso_text_sanitize(reader, length);
    return description != NULL && wanted != NULL && strcmp(description, wanted) == 0;
}

static bool has_token(const struct kyso_module *module, CK_SLOT_ID slot)
{
    CK_TOKEN_INFO info;

    return module->f->C_GetTokenInfo(slot, &info) == CKR_OK &&
           (info.flags & CKF_TOKEN_INITIALIZED) != 0;
}

static int list_slots(const struct kyso_module *module, CK_SLOT_ID *slots, CK_ULONG *n)
{
    /* Asking for the number makes OpenSC look for readers anew; a second call alone would not. */
    CK_RV rv = module->f->C_GetSlotList(CK_TRUE, NULL, n);

    if (rv == CKR_OK && *n > 0) {
        *n = KYSO_SLOTS_MAX;
        rv = module->f->C_GetSlotList(CK_TRUE, slots, n);
    }
    if (rv == CKR_OK && *n <= KYSO_SLOTS_MAX)
        return 0;
    kyso_log(KYSO_LOG_WARNING, "the module cannot list its slots: %#lx", rv);
    return kyso_module_outcome(rv);
}

int kyso_module_slots(const struct kyso_module *module, const char *reader, bool alone,
                      CK_SLOT_ID ret_slots[KYSO_SLOTS_MAX], size_t *ret_n)
{
    CK_SLOT_ID slots[KYSO_SLOTS_MAX];
    CK_ULONG total = 0;
    size_t matching = 0, n = 0;
    int r = list_slots(module, slots, &total);

    if (r != 0)
        return r;
    for (CK_ULONG i = 0; i < total; i++) {
        CK_SLOT_INFO info;

        if (reader != NULL &&
            (module->f->C_GetSlotInfo(slots[i], &info) != CKR_OK || !describes(&info, reader)))
            continue;
        matching++;
        if (has_token(module, slots[i]))
            ret_slots[n++] = slots[i];
    }
    for (CK_ULONG i = 0; matching == 0 && alone && i < total; i++) {
        if (has_token(module, slots[i]))
            ret_slots[n++] = slots[i];
    }
    *ret_n = n;
    return 0;
}

uint32_t kyso_module_pin_flags(CK_FLAGS flags)
{
    uint32_t pin = 0;

    if ((flags & CKF_USER_PIN_COUNT_LOW) != 0)
        pin |= KYSO_TOKEN_PIN_COUNT_LOW;
    if ((flags & CKF_USER_PIN_FINAL_TRY) != 0)
        pin |= KYSO_TOKEN_PIN_FINAL_TRY;
    if ((flags & CKF_USER_PIN_LOCKED) != 0)
        pin |= KYSO_TOKEN_PIN_LOCKED;
    return pin;
}

int kyso_module_session(const struct kyso_module *module, CK_SLOT_ID slot,
                        CK_SESSION_HANDLE *ret_session)
{
    CK_RV rv = module->f->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, ret_session);

    return rv == CKR_OK ? 0 : kyso_module_outcome(rv);
}

int kyso_module_find(const struct kyso_module *module, CK_SESSION_HANDLE session,
                     CK_OBJECT_CLASS class, const struct kyso_buf *id,
                     CK_OBJECT_HANDLE *ret_objects, size_t maximum, size_t *ret_n)
{
    CK_ATTRIBUTE template[2] = {{CKA_CLASS, &class, sizeof(class)}};
    CK_ULONG found = 0, parts = 1;
    size_t n = 0;
    CK_RV rv, last;

    if (id != NULL)
        template[parts++] = (CK_ATTRIBUTE){CKA_ID, id->bytes, id->length};
    rv = module->f->C_FindObjectsInit(session, template, parts);
    if (rv != CKR_OK)
        return kyso_module_outcome(rv);
    do {
        found = 0;
        rv = module->f->C_FindObjects(session, ret_objects + n, maximum - n, &found);
        if (rv == CKR_OK && found > maximum - n)
            rv = CKR_GENERAL_ERROR;
        n += rv == CKR_OK ? found : 0;
    } while (rv == CKR_OK && found > 0 && n < maximum);
    last = module->f->C_FindObjectsFinal(session);
    if (rv == CKR_OK)
        rv = last;
    if (rv != CKR_OK)
        return kyso_module_outcome(rv);
    *ret_n = n;
    return 0;
}

int kyso_module_attribute(const struct kyso_module *module, CK_SESSION_HANDLE session,
                          CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type, size_t maximum,
                          struct kyso_buf *ret_value)
{
    CK_ATTRIBUTE attribute = {.type = type};
    CK_RV rv = module->f->C_GetAttributeValue(session, object, &attribute, 1);

    if (rv == CKR_ATTRIBUTE_TYPE_INVALID || rv == CKR_ATTRIBUTE_SENSITIVE)
        return KYSO_OUTCOME_NOT_FOUND;
    if (rv != CKR_OK)
        return kyso_module_outcome(rv);
    if (attribute.ulValueLen > maximum) /* and CK_UNAVAILABLE_INFORMATION */
        return KYSO_OUTCOME_NOT_FOUND;
    attribute.pValue = kyso_buf_reserve(ret_value, attribute.ulValueLen);
    if (attribute.pValue == NULL)
        return kyso_trace(ret_value->error);
    maximum = attribute.ulValueLen;
    rv = module->f->C_GetAttributeValue(session, object, &attribute, 1);
    if (rv != CKR_OK)
        return kyso_module_outcome(rv);
    ret_value->length += attribute.ulValueLen <= maximum ? attribute.ulValueLen : 0;
    return 0;
}

bool kyso_module_flag(const struct kyso_module *module, CK_SESSION_HANDLE session,
                      CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type, bool fallback)
{
    CK_BBOOL value = CK_FALSE;
    CK_ATTRIBUTE attribute = {type, &value, sizeof(value)};

    if (module->f->C_GetAttributeValue(session, object, &attribute, 1) != CKR_OK ||
        attribute.ulValueLen != sizeof(value))
        return fallback;
    return value != CK_FALSE;
}
