/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DOCUMENT_PDF_OBJECT_H
#define KYSO_DOCUMENT_PDF_OBJECT_H

/* Values of a PDF (ISO 32000-1 7.3) as read from bytes. They live in an arena and point into the
 * bytes they were read from, which outlive them; they are never changed. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "document/arena.h"

enum kyso_pdf_type {
    KYSO_PDF_NULL,
    KYSO_PDF_BOOLEAN,
    KYSO_PDF_INTEGER,
    KYSO_PDF_REAL,
    KYSO_PDF_STRING,
    KYSO_PDF_NAME,
    KYSO_PDF_ARRAY,
    KYSO_PDF_DICT,
    KYSO_PDF_REFERENCE,
    KYSO_PDF_STREAM,
};

struct kyso_pdf_text { /* decoded bytes of a string or name */
    const uint8_t *bytes;
    size_t length;
};

struct kyso_pdf_pair;

struct kyso_pdf_object {
    enum kyso_pdf_type type;
    bool hex;           /* a string written as <...> */
    const uint8_t *raw; /* as written, without blanks around; of a stream: its dictionary */
    size_t raw_length;
    union {
        bool boolean;
        int64_t integer;
        double real;
        struct kyso_pdf_text text;
        struct {
            const struct kyso_pdf_object *items;
            size_t n_items;
        };
        struct {
            const struct kyso_pdf_pair *pairs; /* dictionary, also of a stream */
            size_t n_pairs;
            const uint8_t *data; /* stream: as stored */
            size_t data_length;
        };
        struct {
            uint32_t number;
            uint16_t generation;
        };
    };
};

struct kyso_pdf_pair {
    struct kyso_pdf_text key;
    struct kyso_pdf_object value;
};

/* The value of KEY in a dictionary or stream; null when it has none or is neither. */
const struct kyso_pdf_object *kyso_pdf_get(const struct kyso_pdf_object *dict, const char *key);

bool kyso_pdf_text_is(const struct kyso_pdf_text *text, const char *word);
bool kyso_pdf_is_name(const struct kyso_pdf_object *object, const char *name); /* null: false */
bool kyso_pdf_is_dict(const struct kyso_pdf_object *object); /* or a stream; null: false */
bool kyso_pdf_is_reference(const struct kyso_pdf_object *object, uint32_t number);
/* A number of either kind; false otherwise. */
bool kyso_pdf_to_real(const struct kyso_pdf_object *object, double *ret_value);
/* An integer from MINIMUM to MAXIMUM. */
bool kyso_pdf_to_integer(const struct kyso_pdf_object *object, int64_t minimum, int64_t maximum,
                         int64_t *ret_value);

/* Calls FN for OBJECT and everything direct inside it, outside first. KEY is the innermost
 * dictionary key around it (null: none), DEPTH counts the values around it. Stops at the first
 * non-zero. */
typedef int (*kyso_pdf_visit_fn)(void *data, const struct kyso_pdf_object *object,
                                 const struct kyso_pdf_text *key, unsigned int depth);
int kyso_pdf_visit(const struct kyso_pdf_object *object, kyso_pdf_visit_fn fn, void *data);

/* Whether two values say the same: direct parts alike (dictionaries in any order), references to
 * the same object. Nothing is followed. Both null: true. */
bool kyso_pdf_equal(const struct kyso_pdf_object *a, const struct kyso_pdf_object *b);

/* A text string (7.9.2.2: PDFDocEncoding, UTF-16BE or UTF-8 with a mark) as malloced UTF-8 of at
 * most MAXIMUM bytes (cut at a letter), control characters replaced. "" when not a string. */
char *kyso_pdf_text_string(const struct kyso_pdf_object *object, size_t maximum);

/* Appends TEXT (UTF-8) as a text string token: a literal when ASCII, otherwise UTF-16BE in hex. */
void kyso_pdf_put_text_string(struct kyso_buf *buf, const char *text);
/* Appends "/Name" with what is special escaped. */
void kyso_pdf_put_name(struct kyso_buf *buf, const struct kyso_pdf_text *name);

#endif
