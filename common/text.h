/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_COMMON_TEXT_H
#define KYSO_COMMON_TEXT_H

/* Checked conversions between text and bytes. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/macros.h"

/* Strict UTF-8 (RFC 3629): no overlong forms, surrogates or values past U+10FFFF. */
bool kyso_text_is_utf8(const void *bytes, size_t length);

/* A malloced string of LENGTH bytes made valid UTF-8: each bad byte, NUL and control character
 * becomes U+FFFD; a letter cut off at the end is dropped; trailing blanks go. Null without memory.
 */
char *kyso_text_sanitize(const void *bytes, size_t length);

/* Upper-case hexadecimal without separators, malloced. */
char *kyso_text_hex(const void *bytes, size_t length);
/* The value of a hexadecimal digit of either case; -1 when it is none. */
int kyso_text_hex_digit(uint8_t c);
/* Exactly LENGTH bytes from 2 × LENGTH hex digits and nothing else; false otherwise. */
bool kyso_text_from_hex(const char *hex, void *bytes, size_t length);

/* A decimal number without sign, blank or overflow, at most MAXIMUM. */
bool kyso_text_to_u64(const char *text, uint64_t maximum, uint64_t *ret_value);

/* "YYYY-MM-DD" as the number YYYYMMDD; false when no such day. */
bool kyso_text_to_day(const char *text, uint32_t *ret_day);
#define KYSO_TEXT_DAY_MAX 16U /* bytes of a day as text, with its zero */
void kyso_text_from_day(uint32_t day, char ret_text[KYSO_TEXT_DAY_MAX]);

#endif
