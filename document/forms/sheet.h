/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DOCUMENT_FORMS_SHEET_H
#define KYSO_DOCUMENT_FORMS_SHEET_H

/* A filled form before anybody sets it: what is printed, in order, and what is known about each
 * value. PDF, ODT, JSON and CSV are made from the same sheet and so say the same. Used in
 * kyso-draw; texts are UTF-8 in NFC and belong to the sheet. */

#include <glib.h>
#include <stdbool.h>

enum kyso_sheet_look {
    KYSO_SHEET_OWN, /* what the place has by itself */
    KYSO_SHEET_REGULAR,
    KYSO_SHEET_BOLD,
    KYSO_SHEET_ITALIC,
    KYSO_SHEET_BOLD_ITALIC,
};

struct kyso_sheet_text {
    const char *text;
    enum kyso_sheet_look look;
    bool rule; /* a short rule beneath */
};

enum kyso_sheet_align {
    KYSO_SHEET_JUSTIFY,
    KYSO_SHEET_LEFT,
    KYSO_SHEET_CENTER,
    KYSO_SHEET_RIGHT,
};

struct kyso_sheet_entry { /* one field of a line */
    const char *label;
    const char *value; /* null: a line to write on, when WRITABLE */
    bool writable;     /* has a value at all */
    const char *after; /* or null */
    int share;
    int blank_lines;
};

struct kyso_sheet_column {
    const char *label;
    const char *group; /* text of the head above it, or null */
    int group_number;  /* columns of one group share it; 0: none */
    const char *key;   /* null: counted, printed or composed */
    const char *source;
    int width;
    enum kyso_sheet_align align;
};

struct kyso_sheet_table {
    GPtrArray *columns; /* struct kyso_sheet_column */
    GPtrArray *rows;    /* const char *[columns]; an empty cell is "" */
    bool blank;         /* these rows are for the pen */
};

enum kyso_sheet_kind {
    KYSO_SHEET_PARAGRAPH,
    KYSO_SHEET_SECTION,
    KYSO_SHEET_LINE,
    KYSO_SHEET_TABLE
};

struct kyso_sheet_block {
    enum kyso_sheet_kind kind;
    struct kyso_sheet_text text; /* paragraph, section */
    enum kyso_sheet_align align;
    bool indent;
    GPtrArray *entries;             /* line: struct kyso_sheet_entry */
    struct kyso_sheet_table *table; /* table */
};

struct kyso_sheet_side {
    bool present, recipients;
    struct kyso_sheet_text date, heading; /* null texts: none */
    GPtrArray *title, *lines;             /* struct kyso_sheet_text; null: none */
};

/* What a program may want to know of a value, printed or not. */
struct kyso_sheet_fact {
    const char *key, *label, *source;
    const char *value;   /* as given, NFC; null: none */
    const char *printed; /* null: none */
    bool optional;
    size_t row;         /* from 1; 0: not of a row */
    GPtrArray *choices; /* const char *, usual values; null: none */
};

struct kyso_sheet {
    const char *id, *number, *name, *instrument, *clause, *delivery, *mark;
    GPtrArray *assumed; /* const char *; null: none */
    bool landscape, national;
    GPtrArray *agency, *reference; /* left of the heading: lines above and below; null: none */
    struct kyso_sheet_text date;
    GPtrArray *title;
    struct kyso_sheet_text addressee;
    GPtrArray *blocks; /* struct kyso_sheet_block */
    struct kyso_sheet_side left, right;
    struct kyso_sheet_text notes_heading;
    GPtrArray *notes;
    const char *audit_head; /* or null */

    GPtrArray *facts;   /* struct kyso_sheet_fact, in the order of the form */
    GPtrArray *missing; /* some of them */

    GPtrArray *kept; /* everything above, to be freed */
    GPtrArray *lists;
};

struct kyso_sheet *kyso_sheet_new(void);
struct kyso_sheet *kyso_sheet_free(struct kyso_sheet *sheet);

/* Zeroed memory, a list and a copy of a text (composed to NFC), all of which end with the sheet. */
void *kyso_sheet_take(struct kyso_sheet *sheet, size_t size);
GPtrArray *kyso_sheet_list(struct kyso_sheet *sheet);
char *kyso_sheet_copy(struct kyso_sheet *sheet, const char *text);

static inline void kyso_sheet_freep(struct kyso_sheet **sheet)
{
    *sheet = kyso_sheet_free(*sheet);
}
#define KYSO_SHEET __attribute__((cleanup(kyso_sheet_freep)))

#endif
