/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "document/lexer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/outcome.h"
#include "common/text.h"

static int read_value(struct kyso_lexer *lexer, unsigned int depth, struct kyso_pdf_object *ret);

bool kyso_lexer_is_blank(uint8_t byte)
{
    return byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t' || byte == '\f' || byte == 0;
}

static bool is_delimiter(uint8_t byte)
{
    return byte != 0 && strchr("()<>[]{}/%", byte) != NULL;
}

bool kyso_lexer_is_regular(uint8_t byte)
{
    return !kyso_lexer_is_blank(byte) && !is_delimiter(byte);
}

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

void kyso_lexer_skip_space(struct kyso_lexer *lexer)
{
    while (lexer->at < lexer->end && kyso_lexer_is_blank(*lexer->at))
        lexer->at++;
}

void kyso_lexer_skip_blanks(struct kyso_lexer *lexer)
{
    for (;;) {
        kyso_lexer_skip_space(lexer);
        if (lexer->at == lexer->end || *lexer->at != '%')
            return;
        while (lexer->at < lexer->end && *lexer->at != '\n' && *lexer->at != '\r')
            lexer->at++;
    }
}

bool kyso_lexer_word_here(struct kyso_lexer *lexer, const char *word)
{
    size_t length = strlen(word);

    if ((size_t)(lexer->end - lexer->at) < length || memcmp(lexer->at, word, length) != 0)
        return false;
    if (lexer->at + length < lexer->end && kyso_lexer_is_regular(lexer->at[length]))
        return false;
    lexer->at += length;
    return true;
}

bool kyso_lexer_word(struct kyso_lexer *lexer, const char *word)
{
    kyso_lexer_skip_blanks(lexer);
    return kyso_lexer_word_here(lexer, word);
}

bool kyso_lexer_unsigned(struct kyso_lexer *lexer, uint64_t maximum, uint64_t *ret_value)
{
    const uint8_t *at = lexer->at;
    uint64_t value = 0;

    while (at < lexer->end && is_digit(*at) && at - lexer->at < 20)
        value = value * 10 + (uint64_t)(*at++ - '0');
    if (at == lexer->at || at - lexer->at > 19 || value > maximum)
        return false;
    if (at < lexer->end && kyso_lexer_is_regular(*at))
        return false;
    lexer->at = at;
    *ret_value = value;
    return true;
}

bool kyso_lexer_header(struct kyso_lexer *lexer, uint32_t *ret_number, uint16_t *ret_generation)
{
    uint64_t number, generation;

    if (!kyso_lexer_unsigned(lexer, UINT32_MAX, &number))
        return false;
    kyso_lexer_skip_space(lexer);
    if (!kyso_lexer_unsigned(lexer, UINT16_MAX, &generation))
        return false;
    kyso_lexer_skip_space(lexer);
    if (!kyso_lexer_word_here(lexer, "obj"))
        return false;
    *ret_number = (uint32_t)number;
    *ret_generation = (uint16_t)generation;
    return true;
}

static int bad(struct kyso_lexer *lexer, enum kyso_pdf_rule rule)
{
    lexer->rule = rule;
    return KYSO_OUTCOME_BAD_DOCUMENT;
}

static int no_memory(struct kyso_lexer *lexer)
{
    if (lexer->arena->budget->spent)
        return bad(lexer, KYSO_PDF_LIMITS);
    return -ENOMEM;
}

static int read_name(struct kyso_lexer *lexer, struct kyso_pdf_text *ret_text)
{
    const uint8_t *start = ++lexer->at;
    uint8_t *decoded;
    size_t n = 0;
    bool escaped = false;

    for (; lexer->at < lexer->end && kyso_lexer_is_regular(*lexer->at); lexer->at++)
        escaped |= *lexer->at == '#';
    ret_text->bytes = start;
    ret_text->length = (size_t)(lexer->at - start);
    if (!escaped)
        return 0;
    decoded = kyso_arena_take(lexer->arena, ret_text->length);
    if (decoded == NULL)
        return no_memory(lexer);
    for (const uint8_t *p = start; p < lexer->at; p++) {
        if (*p != '#') {
            decoded[n++] = *p;
            continue;
        }
        if (lexer->at - p < 3 || kyso_text_hex_digit(p[1]) < 0 || kyso_text_hex_digit(p[2]) < 0)
            return bad(lexer, KYSO_PDF_OBJECT);
        decoded[n++] = (uint8_t)(kyso_text_hex_digit(p[1]) << 4 | kyso_text_hex_digit(p[2]));
        p += 2;
    }
    ret_text->bytes = decoded;
    ret_text->length = n;
    return 0;
}

static int read_hex_string(struct kyso_lexer *lexer, struct kyso_pdf_object *ret)
{
    const uint8_t *start = ++lexer->at;
    uint8_t *decoded;
    size_t n = 0;

    while (lexer->at < lexer->end && *lexer->at != '>')
        lexer->at++;
    if (lexer->at == lexer->end)
        return bad(lexer, KYSO_PDF_OBJECT);
    decoded = kyso_arena_take(lexer->arena, (size_t)(lexer->at - start) / 2 + 1);
    if (decoded == NULL)
        return no_memory(lexer);
    for (const uint8_t *p = start; p < lexer->at; p++) {
        int digit = kyso_text_hex_digit(*p);

        if (digit < 0 && kyso_lexer_is_blank(*p))
            continue;
        if (digit < 0)
            return bad(lexer, KYSO_PDF_OBJECT);
        decoded[n / 2] = (uint8_t)(decoded[n / 2] | digit << (n % 2 == 0 ? 4 : 0));
        n++;
    }
    lexer->at++;
    ret->type = KYSO_PDF_STRING;
    ret->hex = true;
    ret->text.bytes = decoded;
    ret->text.length = (n + 1) / 2;
    return 0;
}

/* Finds the closing bracket; *RET_PLAIN when the bytes between need no decoding. */
static bool end_of_literal(const struct kyso_lexer *lexer, const uint8_t **ret_end, bool *ret_plain)
{
    size_t open = 1;
    bool plain = true;

    for (const uint8_t *p = lexer->at + 1; p < lexer->end; p++) {
        if (*p == '\\') {
            plain = false;
            p++;
        } else if (*p == '\r') {
            plain = false;
        } else if (*p == '(') {
            open++;
        } else if (*p == ')' && --open == 0) {
            *ret_end = p;
            *ret_plain = plain;
            return true;
        }
    }
    return false;
}

static size_t decode_escape(const uint8_t *p, const uint8_t *end, uint8_t *out, size_t *n)
{
    static const char FROM[] = "nrtbf";
    static const char TO[] = "\n\r\t\b\f";
    const char *found = *p != 0 ? strchr(FROM, *p) : NULL;
    unsigned int value = 0;
    size_t used = 0;

    if (found != NULL) {
        out[(*n)++] = (uint8_t)TO[found - FROM];
        return 1;
    }
    if (*p == '\r' || *p == '\n') /* a line that goes on */
        return *p == '\r' && end - p > 1 && p[1] == '\n' ? 2 : 1;
    while (used < 3 && p + used < end && p[used] >= '0' && p[used] <= '7')
        value = value * 8 + (unsigned int)(p[used++] - '0');
    out[(*n)++] = used > 0 ? (uint8_t)value : *p;
    return used > 0 ? used : 1;
}

static int read_literal(struct kyso_lexer *lexer, struct kyso_pdf_object *ret)
{
    const uint8_t *start = lexer->at + 1;
    const uint8_t *end;
    uint8_t *decoded;
    size_t n = 0;
    bool plain;

    if (!end_of_literal(lexer, &end, &plain))
        return bad(lexer, KYSO_PDF_OBJECT);
    lexer->at = end + 1;
    ret->type = KYSO_PDF_STRING;
    ret->text.bytes = start;
    ret->text.length = (size_t)(end - start);
    if (plain)
        return 0;
    decoded = kyso_arena_take(lexer->arena, ret->text.length);
    if (decoded == NULL)
        return no_memory(lexer);
    for (const uint8_t *p = start; p < end;) {
        if (*p == '\\' && p + 1 < end) {
            p += 1 + decode_escape(p + 1, end, decoded, &n);
        } else if (*p == '\r') {
            decoded[n++] = '\n';
            p += end - p > 1 && p[1] == '\n' ? 2 : 1;
        } else {
            decoded[n++] = *p++;
        }
    }
    ret->text.bytes = decoded;
    ret->text.length = n;
    return 0;
}

static bool read_fraction(const uint8_t **at, const uint8_t *end, double *value)
{
    double scale = 0.1;
    const uint8_t *p = *at;

    for (; p < end && is_digit(*p); p++, scale /= 10)
        *value += scale * (*p - '0');
    *at = p;
    return p == end || !kyso_lexer_is_regular(*p);
}

static int read_number(struct kyso_lexer *lexer, struct kyso_pdf_object *ret)
{
    const uint8_t *p = lexer->at;
    bool negative = *p == '-';
    bool digits = false;
    int64_t whole = 0;
    double real;

    if (*p == '-' || *p == '+')
        p++;
    for (; p < lexer->end && is_digit(*p); p++) {
        if (whole > (INT64_MAX - 9) / 10)
            return bad(lexer, KYSO_PDF_OBJECT);
        whole = whole * 10 + (*p - '0');
        digits = true;
    }
    if (p == lexer->end || !kyso_lexer_is_regular(*p)) {
        if (!digits)
            return bad(lexer, KYSO_PDF_OBJECT);
        ret->type = KYSO_PDF_INTEGER;
        ret->integer = negative ? -whole : whole;
        lexer->at = p;
        return 0;
    }
    if (*p != '.')
        return bad(lexer, KYSO_PDF_OBJECT);
    p++;
    digits |= p < lexer->end && is_digit(*p);
    real = (double)whole;
    if (!digits || !read_fraction(&p, lexer->end, &real))
        return bad(lexer, KYSO_PDF_OBJECT);
    ret->type = KYSO_PDF_REAL;
    ret->real = negative ? -real : real;
    lexer->at = p;
    return 0;
}

/* After an unsigned integer: "G R" makes it a reference. */
static void try_reference(struct kyso_lexer *lexer, struct kyso_pdf_object *ret)
{
    struct kyso_lexer ahead = *lexer;
    uint64_t generation;

    if (ret->type != KYSO_PDF_INTEGER || ret->integer < 0 || ret->integer > UINT32_MAX ||
        !is_digit(ret->raw[0]))
        return;
    kyso_lexer_skip_blanks(&ahead);
    if (!kyso_lexer_unsigned(&ahead, UINT16_MAX, &generation))
        return;
    kyso_lexer_skip_blanks(&ahead);
    if (!kyso_lexer_word_here(&ahead, "R"))
        return;
    ret->number = (uint32_t)ret->integer;
    ret->generation = (uint16_t)generation;
    ret->type = KYSO_PDF_REFERENCE;
    lexer->at = ahead.at;
}

/* Doubles the room of a growing row in the arena. */
static void *grow(struct kyso_arena *arena, void *old, size_t n, size_t *capacity, size_t size)
{
    size_t wanted = *capacity == 0 ? 8 : *capacity * 2;
    void *bigger;

    if (n < *capacity)
        return old;
    bigger = kyso_arena_take(arena, wanted * size);
    if (bigger == NULL)
        return NULL;
    if (n > 0)
        memcpy(bigger, old, n * size);
    *capacity = wanted;
    return bigger;
}

static int read_array(struct kyso_lexer *lexer, unsigned int depth, struct kyso_pdf_object *ret)
{
    struct kyso_pdf_object *items = NULL;
    size_t n = 0, capacity = 0;

    lexer->at++;
    for (;;) {
        int r;

        kyso_lexer_skip_blanks(lexer);
        if (lexer->at == lexer->end)
            return bad(lexer, KYSO_PDF_OBJECT);
        if (*lexer->at == ']')
            break;
        items = grow(lexer->arena, items, n, &capacity, sizeof(*items));
        if (items == NULL)
            return no_memory(lexer);
        r = read_value(lexer, depth + 1, &items[n]);
        if (r != 0)
            return r;
        n++;
    }
    lexer->at++;
    ret->type = KYSO_PDF_ARRAY;
    ret->items = items;
    ret->n_items = n;
    return 0;
}

static int compare_keys(const void *a, const void *b)
{
    const struct kyso_pdf_text *left = *(const struct kyso_pdf_text *const *)a;
    const struct kyso_pdf_text *right = *(const struct kyso_pdf_text *const *)b;
    size_t shorter = left->length < right->length ? left->length : right->length;
    int r = memcmp(left->bytes, right->bytes, shorter);

    if (r != 0)
        return r;
    return (left->length > right->length) - (left->length < right->length);
}

static int check_doubles(struct kyso_lexer *lexer, const struct kyso_pdf_pair *pairs, size_t n)
{
    const struct kyso_pdf_text **keys;

    if (n < 2)
        return 0;
    if (n <= 16) {
        for (size_t i = 0; i < n; i++)
            for (size_t j = i + 1; j < n; j++)
                if (pairs[i].key.length == pairs[j].key.length &&
                    memcmp(pairs[i].key.bytes, pairs[j].key.bytes, pairs[i].key.length) == 0)
                    return bad(lexer, KYSO_PDF_DUPLICATE_KEY);
        return 0;
    }
    keys = kyso_arena_take(lexer->arena, n * sizeof(*keys));
    if (keys == NULL)
        return no_memory(lexer);
    for (size_t i = 0; i < n; i++)
        keys[i] = &pairs[i].key;
    qsort(keys, n, sizeof(*keys), compare_keys);
    for (size_t i = 1; i < n; i++)
        if (compare_keys(&keys[i - 1], &keys[i]) == 0)
            return bad(lexer, KYSO_PDF_DUPLICATE_KEY);
    return 0;
}

static int read_dict(struct kyso_lexer *lexer, unsigned int depth, struct kyso_pdf_object *ret)
{
    struct kyso_pdf_pair *pairs = NULL;
    size_t n = 0, capacity = 0;
    int r;

    lexer->at += 2;
    for (;;) {
        kyso_lexer_skip_blanks(lexer);
        if (lexer->end - lexer->at < 2)
            return bad(lexer, KYSO_PDF_OBJECT);
        if (lexer->at[0] == '>' && lexer->at[1] == '>')
            break;
        if (*lexer->at != '/')
            return bad(lexer, KYSO_PDF_OBJECT);
        pairs = grow(lexer->arena, pairs, n, &capacity, sizeof(*pairs));
        if (pairs == NULL)
            return no_memory(lexer);
        r = read_name(lexer, &pairs[n].key);
        if (r == 0)
            r = read_value(lexer, depth + 1, &pairs[n].value);
        if (r != 0)
            return r;
        n++;
    }
    lexer->at += 2;
    ret->type = KYSO_PDF_DICT;
    ret->pairs = pairs;
    ret->n_pairs = n;
    return check_doubles(lexer, pairs, n);
}

static int read_keyword(struct kyso_lexer *lexer, struct kyso_pdf_object *ret)
{
    if (kyso_lexer_word_here(lexer, "null")) {
        ret->type = KYSO_PDF_NULL;
        return 0;
    }
    ret->type = KYSO_PDF_BOOLEAN;
    if (kyso_lexer_word_here(lexer, "true")) {
        ret->boolean = true;
        return 0;
    }
    if (kyso_lexer_word_here(lexer, "false"))
        return 0;
    return bad(lexer, KYSO_PDF_OBJECT);
}

static int read_value(struct kyso_lexer *lexer, unsigned int depth, struct kyso_pdf_object *ret)
{
    uint8_t first;
    int r;

    if (depth > KYSO_PDF_DEPTH_MAX)
        return bad(lexer, KYSO_PDF_LIMITS);
    kyso_lexer_skip_blanks(lexer);
    if (lexer->at == lexer->end)
        return bad(lexer, KYSO_PDF_OBJECT);
    memset(ret, 0, sizeof(*ret));
    ret->raw = lexer->at;
    first = *lexer->at;
    if (first == '/') {
        ret->type = KYSO_PDF_NAME;
        r = read_name(lexer, &ret->text);
    } else if (first == '(') {
        r = read_literal(lexer, ret);
    } else if (first == '[') {
        r = read_array(lexer, depth, ret);
    } else if (first == '<') {
        bool dict = lexer->end - lexer->at > 1 && lexer->at[1] == '<';

        r = dict ? read_dict(lexer, depth, ret) : read_hex_string(lexer, ret);
    } else if (is_digit(first) || first == '-' || first == '+' || first == '.') {
        r = read_number(lexer, ret);
        if (r == 0)
            try_reference(lexer, ret);
    } else {
        r = read_keyword(lexer, ret);
    }
    ret->raw_length = (size_t)(lexer->at - ret->raw);
    return r;
}

int kyso_lexer_value(struct kyso_lexer *lexer, struct kyso_pdf_object *ret_object)
{
    struct kyso_pdf_object object;
    int r = read_value(lexer, 0, &object);

    if (r == 0)
        *ret_object = object;
    return r;
}
