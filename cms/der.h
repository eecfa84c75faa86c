/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_CMS_DER_H
#define KYSO_CMS_DER_H

/* Writes and reads single DER elements (X.690): definite, shortest lengths, one-byte tags. Enough
 * for putting a CMS together and for finding the bytes of one exactly; values are OpenSSL's. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"

enum {
    KYSO_DER_INTEGER = 0x02,
    KYSO_DER_OCTETS = 0x04,
    KYSO_DER_NULL = 0x05,
    KYSO_DER_OID = 0x06,
    KYSO_DER_SEQUENCE = 0x30,
    KYSO_DER_SET = 0x31,
    KYSO_DER_CONTEXT_0 = 0xa0,
    KYSO_DER_CONTEXT_4 = 0xa4,
};

/* Appends tag, length and LENGTH content bytes. */
void kyso_der_put(struct kyso_buf *buf, uint8_t tag, const void *bytes, size_t length);
/* The same with a buffer's bytes as content, which is then freed; its failure passes on. */
void kyso_der_wrap(struct kyso_buf *buf, uint8_t tag, struct kyso_buf *content);

/* An element borrowed from bytes of others. */
struct kyso_der_item {
    const uint8_t *bytes; /* where the element begins */
    size_t length;        /* of all of it */
    const uint8_t *content;
    size_t content_length;
    uint8_t tag;
};

/* Appends the N elements in DER's order of a SET OF under TAG (X.690 11.6). Reorders ITEMS. */
void kyso_der_put_set(struct kyso_buf *buf, uint8_t tag, struct kyso_der_item *items, size_t n);

/* Reads the element at the beginning of BYTES. False when it is cut off, has a length that is not
 * the shortest or not definite, or a tag of several bytes. */
bool kyso_der_read(const uint8_t *bytes, size_t length, struct kyso_der_item *ret_item);

/* Whether the element and everything constructed in it is read so, not deeper than 32 levels, and
 * whether each SET (tag 0x31) and the content of context tags is well-formed in turn. */
bool kyso_der_is_strict(const uint8_t *bytes, size_t length);

#endif
