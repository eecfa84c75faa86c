/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_PKCS11_SNAPSHOT_H
#define KYSO_PKCS11_SNAPSHOT_H

/* Reads what a token shows without a login: its names, PIN state and certificates. */

#include "pkcs11/module.h"
#include "pkcs11/remote.h"

/* RET_SNAPSHOT is to be released with kyso_token_snapshot_done(); its pin_tries is -1. */
int kyso_snapshot_read(const struct kyso_module *module, CK_SLOT_ID slot,
                       struct kyso_token_snapshot *ret_snapshot) KYSO_MUST_CHECK;

/* The names and PIN state alone. */
int kyso_snapshot_read_info(const struct kyso_module *module, CK_SLOT_ID slot,
                            struct kyso_token_snapshot *ret_snapshot) KYSO_MUST_CHECK;

/* Whether the card behind SNAPSHOT answers PIV's VERIFY. */
bool kyso_snapshot_is_piv(const struct kyso_token_snapshot *snapshot);

/* Finds the certificate whose DER has this SHA-256: its CKA_ID is put into RET_ID.
 * KYSO_OUTCOME_NO_CERTIFICATE when the token has none. */
int kyso_snapshot_find(const struct kyso_module *module, CK_SESSION_HANDLE session,
                       const uint8_t sha256[32], struct kyso_buf *ret_id) KYSO_MUST_CHECK;

/* The private key of that id; KYSO_OUTCOME_NO_CERTIFICATE when none is shown. */
int kyso_snapshot_key(const struct kyso_module *module, CK_SESSION_HANDLE session,
                      const struct kyso_buf *id, CK_OBJECT_HANDLE *ret_key) KYSO_MUST_CHECK;

#endif
