/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "document/pdf-object.h"

#include <stdlib.h>
#include <string.h>

#include "common/text.h"

bool kyso_pdf_text_is(const struct kyso_pdf_text *text, const char *word)
{
    size_t length = strlen(word);

    return text->length == length && memcmp(text->bytes, word, length) == 0;
}

bool kyso_pdf_is_dict(const struct kyso_pdf_object *object)
{
    return object != NULL && (object->type == KYSO_PDF_DICT || object->type == KYSO_PDF_STREAM);
}

const struct kyso_pdf_object *kyso_pdf_get(const struct kyso_pdf_object *dict, const char *key)
{
    if (!kyso_pdf_is_dict(dict))
        return NULL;
    for (size_t i = 0; i < dict->n_pairs; i++)
        if (kyso_pdf_text_is(&dict->pairs[i].key, key))
            return &dict->pairs[i].value;
    return NULL;
}

bool kyso_pdf_is_name(const struct kyso_pdf_object *object, const char *name)
{
    return object != NULL && object->type == KYSO_PDF_NAME && kyso_pdf_text_is(&object->text, name);
}

bool kyso_pdf_is_reference(const struct kyso_pdf_object *object, uint32_t number)
{
    return object != NULL && object->type == KYSO_PDF_REFERENCE && object->number == number;
}

bool kyso_pdf_to_real(const struct kyso_pdf_object *object, double *ret_value)
{
    if (object == NULL)
        return false;
    if (object->type == KYSO_PDF_INTEGER) {
        *ret_value = (double)object->integer;
        return true;
    }
    if (object->type == KYSO_PDF_REAL) {
        *ret_value = object->real;
        return true;
    }
    return false;
}

bool kyso_pdf_to_integer(const struct kyso_pdf_object *object, int64_t minimum, int64_t maximum,
                         int64_t *ret_value)
{
    if (object == NULL || object->type != KYSO_PDF_INTEGER || object->integer < minimum ||
        object->integer > maximum)
        return false;
    *ret_value = object->integer;
    return true;
}

static int visit(const struct kyso_pdf_object *object, const struct kyso_pdf_text *key,
                 unsigned int depth, kyso_pdf_visit_fn fn, void *data)
{
    int r = fn(data, object, key, depth);

    if (object->type == KYSO_PDF_ARRAY)
        for (size_t i = 0; r == 0 && i < object->n_items; i++)
            r = visit(&object->items[i], key, depth + 1, fn, data);
    if (kyso_pdf_is_dict(object))
        for (size_t i = 0; r == 0 && i < object->n_pairs; i++)
            r = visit(&object->pairs[i].value, &object->pairs[i].key, depth + 1, fn, data);
    return r;
}

int kyso_pdf_visit(const struct kyso_pdf_object *object, kyso_pdf_visit_fn fn, void *data)
{
    return visit(object, NULL, 0, fn, data);
}

static bool text_equal(const struct kyso_pdf_text *a, const struct kyso_pdf_text *b)
{
    return a->length == b->length && memcmp(a->bytes, b->bytes, a->length) == 0;
}

static bool dict_equal(const struct kyso_pdf_object *a, const struct kyso_pdf_object *b)
{
    if (a->n_pairs != b->n_pairs)
        return false;
    for (size_t i = 0; i < a->n_pairs; i++) {
        const struct kyso_pdf_object *other = NULL;

        /* Writers keep the order nearly always; search only when they did not. */
        if (text_equal(&a->pairs[i].key, &b->pairs[i].key))
            other = &b->pairs[i].value;
        for (size_t j = 0; other == NULL && j < b->n_pairs; j++)
            if (text_equal(&a->pairs[i].key, &b->pairs[j].key))
                other = &b->pairs[j].value;
        if (other == NULL || !kyso_pdf_equal(&a->pairs[i].value, other))
            return false;
    }
    return true;
}

static bool array_equal(const struct kyso_pdf_object *a, const struct kyso_pdf_object *b)
{
    if (a->n_items != b->n_items)
        return false;
    for (size_t i = 0; i < a->n_items; i++)
        if (!kyso_pdf_equal(&a->items[i], &b->items[i]))
            return false;
    return true;
}

bool kyso_pdf_equal(const struct kyso_pdf_object *a, const struct kyso_pdf_object *b)
{
    double left, right;

    if (a == NULL || b == NULL)
        return a == b;
    if (kyso_pdf_to_real(a, &left) && kyso_pdf_to_real(b, &right))
        return left >= right && left <= right;
    if (a->type != b->type)
        return false;
    switch (a->type) {
    case KYSO_PDF_NULL:
        return true;
    case KYSO_PDF_BOOLEAN:
        return a->boolean == b->boolean;
    case KYSO_PDF_STRING:
    case KYSO_PDF_NAME:
        return text_equal(&a->text, &b->text);
    case KYSO_PDF_ARRAY:
        return array_equal(a, b);
    case KYSO_PDF_DICT:
        return dict_equal(a, b);
    case KYSO_PDF_REFERENCE:
        return a->number == b->number && a->generation == b->generation;
    case KYSO_PDF_STREAM:
        return dict_equal(a, b) && a->data_length == b->data_length &&
               memcmp(a->data, b->data, a->data_length) == 0;
    case KYSO_PDF_INTEGER:
    case KYSO_PDF_REAL:
        break;
    }
    return false;
}

/* PDFDocEncoding where it differs from Latin-1 (Annex D.2). */
static uint32_t from_pdfdoc(uint8_t byte)
{
    static const uint16_t LOW[8] = {0x02d8, 0x02c7, 0x02c6, 0x02d9, 0x02dd, 0x02db, 0x02da, 0x02dc};
    static const uint16_t HIGH[33] = {
        0x2022, 0x2020, 0x2021, 0x2026, 0x2014, 0x2013, 0x0192, 0x2044, 0x2039, 0x203a, 0x2212,
        0x2030, 0x201e, 0x201c, 0x201d, 0x2018, 0x2019, 0x201a, 0x2122, 0xfb01, 0xfb02, 0x0141,
        0x0152, 0x0160, 0x0178, 0x017d, 0x0131, 0x0142, 0x0153, 0x0161, 0x017e, 0xfffd, 0x20ac,
    };

    if (byte >= 0x18 && byte < 0x20)
        return LOW[byte - 0x18];
    if (byte >= 0x80 && byte <= 0xa0)
        return HIGH[byte - 0x80];
    return byte;
}

static size_t encode_utf8(uint32_t letter, uint8_t out[4])
{
    if (letter < 0x20 || letter == 0x7f || (letter >= 0xd800 && letter < 0xe000) ||
        letter > 0x10ffff)
        letter = 0xfffd;
    if (letter < 0x80) {
        out[0] = (uint8_t)letter;
        return 1;
    }
    if (letter < 0x800) {
        out[0] = (uint8_t)(0xc0 | letter >> 6);
        out[1] = (uint8_t)(0x80 | (letter & 0x3f));
        return 2;
    }
    if (letter < 0x10000) {
        out[0] = (uint8_t)(0xe0 | letter >> 12);
        out[1] = (uint8_t)(0x80 | (letter >> 6 & 0x3f));
        out[2] = (uint8_t)(0x80 | (letter & 0x3f));
        return 3;
    }
    out[0] = (uint8_t)(0xf0 | letter >> 18);
    out[1] = (uint8_t)(0x80 | (letter >> 12 & 0x3f));
    out[2] = (uint8_t)(0x80 | (letter >> 6 & 0x3f));
    out[3] = (uint8_t)(0x80 | (letter & 0x3f));
    return 4;
}

static uint32_t next_utf16(const uint8_t *bytes, size_t length, size_t *at)
{
    uint32_t unit = (uint32_t)bytes[*at] << 8 | bytes[*at + 1];
    uint32_t low;

    *at += 2;
    if (unit < 0xd800 || unit >= 0xdc00 || *at + 2 > length)
        return unit;
    low = (uint32_t)bytes[*at] << 8 | bytes[*at + 1];
    if (low < 0xdc00 || low >= 0xe000)
        return 0xfffd;
    *at += 2;
    return 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
}

static bool put_letter(struct kyso_buf *buf, uint32_t letter, size_t maximum)
{
    uint8_t bytes[4];
    size_t n = encode_utf8(letter, bytes);

    if (buf->length + n > maximum)
        return false;
    kyso_buf_put(buf, bytes, n);
    return true;
}

char *kyso_pdf_text_string(const struct kyso_pdf_object *object, size_t maximum)
{
    struct kyso_buf buf = {0};
    const uint8_t *bytes;
    size_t length, at = 0;

    if (object == NULL || object->type != KYSO_PDF_STRING || object->text.length == 0)
        return strdup("");
    bytes = object->text.bytes;
    length = object->text.length;
    if (length >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0)
        return kyso_text_sanitize(bytes + 3, length - 3 < maximum ? length - 3 : maximum);
    if (length >= 2 && bytes[0] == 0xfe && bytes[1] == 0xff) {
        at = 2;
        while (at + 2 <= length)
            if (!put_letter(&buf, next_utf16(bytes, length, &at), maximum))
                break;
    } else {
        while (at < length)
            if (!put_letter(&buf, from_pdfdoc(bytes[at++]), maximum))
                break;
    }
    if (buf.error != 0) {
        kyso_buf_done(&buf);
        return NULL;
    }
    return buf.length == 0 ? strdup("") : kyso_buf_take_string(&buf);
}

static bool plain_ascii(const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < 0x20 || (unsigned char)*text >= 0x7f)
            return false;
    return true;
}

static uint32_t next_utf8(const uint8_t **at)
{
    const uint8_t *p = *at;
    uint32_t letter = p[0];
    size_t more = letter >= 0xf0 ? 3 : letter >= 0xe0 ? 2 : letter >= 0xc0 ? 1 : 0;

    if (more > 0)
        letter &= 0x3fU >> more;
    *at += 1;
    for (; more > 0 && (**at & 0xc0) == 0x80; more--, *at += 1)
        letter = letter << 6 | (**at & 0x3fU);
    return letter;
}

void kyso_pdf_put_text_string(struct kyso_buf *buf, const char *text)
{
    if (plain_ascii(text)) {
        kyso_buf_put(buf, "(", 1);
        for (; *text != '\0'; text++) {
            if (strchr("()\\", *text) != NULL)
                kyso_buf_put(buf, "\\", 1);
            kyso_buf_put(buf, text, 1);
        }
        kyso_buf_put(buf, ")", 1);
        return;
    }
    kyso_buf_printf(buf, "<FEFF");
    for (const uint8_t *at = (const uint8_t *)text; *at != '\0';) {
        uint32_t letter = next_utf8(&at);

        if (letter >= 0x10000)
            kyso_buf_printf(buf, "%04X%04X", 0xd800 + ((letter - 0x10000) >> 10),
                            0xdc00 + ((letter - 0x10000) & 0x3ff));
        else
            kyso_buf_printf(buf, "%04X", letter);
    }
    kyso_buf_put(buf, ">", 1);
}

void kyso_pdf_put_name(struct kyso_buf *buf, const struct kyso_pdf_text *name)
{
    kyso_buf_put(buf, "/", 1);
    for (size_t i = 0; i < name->length; i++) {
        uint8_t byte = name->bytes[i];

        if (byte <= 0x20 || byte >= 0x7f || strchr("()<>[]{}/%#", byte) != NULL)
            kyso_buf_printf(buf, "#%02X", (unsigned int)byte);
        else
            kyso_buf_put(buf, &byte, 1);
    }
}
