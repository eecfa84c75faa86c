/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_PKCS11_MODULE_H
#define KYSO_PKCS11_MODULE_H

/* A vendor's PKCS#11 module inside a worker: loading it, its tokens and objects. Nothing here logs
 * in, writes an object or opens a read-write session. A process loads one module, once. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <p11-kit/pkcs11.h>

#include "common/buf.h"
#include "common/macros.h"

struct kyso_module {
    void *library;
    CK_FUNCTION_LIST *f; /* null until open */
};

/* Loads PATH and initialises it with the system's locks. KYSO_OUTCOME_TOKEN_FAILED when it is no
 * module or refuses. */
int kyso_module_open(const char *path, struct kyso_module *ret_module) KYSO_MUST_CHECK;
/* Finalises, which ends every session and login of this process. The library stays mapped:
 * unloading vendor code that started threads is no safer than ending the process. */
void kyso_module_close(struct kyso_module *module);

/* The outcome a failed call stands for: KYSO_OUTCOME_TOKEN_REMOVED or KYSO_OUTCOME_TOKEN_FAILED. */
int kyso_module_outcome(CK_RV rv);

#define KYSO_SLOTS_MAX 64

/* The slots with an initialised token in READER (null: in any); a module that has more than
 * KYSO_SLOTS_MAX has failed. With ALONE (no other reader exists) a module that names its slots in
 * its own way is believed too. */
int kyso_module_slots(const struct kyso_module *module, const char *reader, bool alone,
                      CK_SLOT_ID ret_slots[KYSO_SLOTS_MAX], size_t *ret_n) KYSO_MUST_CHECK;

/* A fixed field, blank- or NUL-padded, as valid UTF-8; malloced, null without memory. */
char *kyso_module_text(const CK_UTF8CHAR *field, size_t length);

/* enum kyso_token_pin_flag of a token's flags. */
uint32_t kyso_module_pin_flags(CK_FLAGS flags);

/* A read-only session. */
int kyso_module_session(const struct kyso_module *module, CK_SLOT_ID slot,
                        CK_SESSION_HANDLE *ret_session) KYSO_MUST_CHECK;

/* Handles of the objects of CLASS (with CKA_ID equal to ID unless null), at most MAXIMUM. */
int kyso_module_find(const struct kyso_module *module, CK_SESSION_HANDLE session,
                     CK_OBJECT_CLASS class, const struct kyso_buf *id,
                     CK_OBJECT_HANDLE *ret_objects, size_t maximum, size_t *ret_n) KYSO_MUST_CHECK;

/* Appends the value of an attribute to RET_VALUE; KYSO_OUTCOME_NOT_FOUND when the object has none
 * or it is longer than MAXIMUM bytes. */
int kyso_module_attribute(const struct kyso_module *module, CK_SESSION_HANDLE session,
                          CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type, size_t maximum,
                          struct kyso_buf *ret_value) KYSO_MUST_CHECK;
/* A CK_BBOOL attribute; FALLBACK when the object has none. */
bool kyso_module_flag(const struct kyso_module *module, CK_SESSION_HANDLE session,
                      CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type, bool fallback);

#endif
