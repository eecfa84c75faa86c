/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/text.h"

#include <stdio.h>
#include <string.h>

/* Length of the UTF-8 letter at BYTES: 0 when wrong, -1 when cut off by the end. */
static int letter(const uint8_t *bytes, size_t length)
{
    static const uint32_t SMALLEST[5] = {0, 0, 0x80, 0x800, 0x10000};
    uint32_t value;
    size_t width;

    if (bytes[0] < 0x80)
        return 1;
    if ((bytes[0] & 0xe0) == 0xc0)
        width = 2;
    else if ((bytes[0] & 0xf0) == 0xe0)
        width = 3;
    else if ((bytes[0] & 0xf8) == 0xf0)
        width = 4;
    else
        return 0;
    value = (uint32_t)bytes[0] & (0x7fu >> width);
    for (size_t i = 1; i < width; i++) {
        if (i >= length)
            return -1;
        if ((bytes[i] & 0xc0) != 0x80)
            return 0;
        value = value << 6 | (bytes[i] & 0x3fu);
    }
    if (value < SMALLEST[width] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
        return 0;
    return (int)width;
}

bool kyso_text_is_utf8(const void *text, size_t length)
{
    const uint8_t *bytes = text;

    for (size_t at = 0; at < length;) {
        int width = letter(bytes + at, length - at);

        if (width <= 0)
            return false;
        at += (size_t)width;
    }
    return true;
}

char *kyso_text_sanitize(const void *raw, size_t length)
{
    const uint8_t *bytes = raw;
    char *text = malloc(3 * length + 1);
    size_t used = 0;

    if (text == NULL)
        return NULL;
    for (size_t at = 0; at < length;) {
        int width = letter(bytes + at, length - at);

        if (width < 0)
            break;
        if (width == 0 || (width == 1 && (bytes[at] < 0x20 || bytes[at] == 0x7f))) {
            memcpy(text + used, "\xef\xbf\xbd", 3);
            used += 3;
            at++;
            continue;
        }
        memcpy(text + used, bytes + at, (size_t)width);
        used += (size_t)width;
        at += (size_t)width;
    }
    while (used > 0 && text[used - 1] == ' ')
        used--;
    text[used] = '\0';
    return text;
}

char *kyso_text_hex(const void *raw, size_t length)
{
    static const char DIGITS[] = "0123456789ABCDEF";
    const uint8_t *bytes = raw;
    char *hex = malloc(2 * length + 1);

    if (hex == NULL)
        return NULL;
    for (size_t i = 0; i < length; i++) {
        hex[2 * i] = DIGITS[bytes[i] >> 4];
        hex[2 * i + 1] = DIGITS[bytes[i] & 15];
    }
    hex[2 * length] = '\0';
    return hex;
}

int kyso_text_hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return -1;
}

bool kyso_text_from_hex(const char *hex, void *raw, size_t length)
{
    uint8_t *bytes = raw;

    if (strlen(hex) != 2 * length)
        return false;
    for (size_t i = 0; i < length; i++) {
        int high = kyso_text_hex_digit((uint8_t)hex[2 * i]);
        int low = kyso_text_hex_digit((uint8_t)hex[2 * i + 1]);

        if (high < 0 || low < 0)
            return false;
        bytes[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

bool kyso_text_to_u64(const char *text, uint64_t maximum, uint64_t *ret_value)
{
    uint64_t value = 0;

    if (*text == '\0')
        return false;
    for (; *text != '\0'; text++) {
        uint64_t next;

        if (*text < '0' || *text > '9')
            return false;
        if (__builtin_mul_overflow(value, 10u, &next) ||
            __builtin_add_overflow(next, (uint64_t)(*text - '0'), &value))
            return false;
    }
    if (value > maximum)
        return false;
    *ret_value = value;
    return true;
}

bool kyso_text_to_day(const char *text, uint32_t *ret_day)
{
    static const uint8_t DAYS[13] = {0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    uint32_t year = 0, month = 0, day = 0;
    bool leap;

    if (strlen(text) != 10 || text[4] != '-' || text[7] != '-')
        return false;
    for (int i = 0; i < 10; i++) {
        if (i == 4 || i == 7)
            continue;
        if (text[i] < '0' || text[i] > '9')
            return false;
        if (i < 4)
            year = year * 10 + (uint32_t)(text[i] - '0');
        else if (i < 7)
            month = month * 10 + (uint32_t)(text[i] - '0');
        else
            day = day * 10 + (uint32_t)(text[i] - '0');
    }
    if (month < 1 || month > 12 || day < 1)
        return false;
    leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    if (day > (uint32_t)DAYS[month] + (month == 2 && leap ? 1u : 0u))
        return false;
    *ret_day = year * 10000 + month * 100 + day;
    return true;
}

void kyso_text_from_day(uint32_t day, char ret_text[KYSO_TEXT_DAY_MAX])
{
    (void)snprintf(ret_text, KYSO_TEXT_DAY_MAX, "%04u-%02u-%02u", day / 10000, day / 100 % 100,
                   day % 100);
}
