/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/table.h"

#include <csv.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "common/error.h"
#include "common/outcome.h"
#include "common/text.h"

static const uint8_t MARK[] = {0xef, 0xbb, 0xbf};

static void row_done(struct kyso_table_row *row)
{
    for (size_t i = 0; i < row->n; i++)
        free(row->cells[i]);
    free(row->cells);
    *row = (struct kyso_table_row){0};
}

void kyso_table_done(struct kyso_table *table)
{
    for (size_t i = 0; i < table->n; i++)
        row_done(&table->rows[i]);
    free(table->rows);
    *table = (struct kyso_table){0};
}

/* Where a formula would begin behind apostrophes: such a cell is kept from being one by another
 * apostrophe. */
static bool needs_apostrophe(const char *cell)
{
    const char *first = cell + strspn(cell, "'");

    return *first != '\0' && strchr("=+-@\t\r", *first) != NULL;
}

/* ---- reading ---- */

struct reading {
    struct kyso_table *table;
    struct kyso_table_row row; /* the one that is being read */
    unsigned int line;
    bool row_ended, failed;
};

static void take_cell(void *bytes, size_t length, void *data)
{
    struct reading *reading = data;
    struct kyso_table_row *row = &reading->row;
    char **grown = reallocarray(row->cells, row->n + 1, sizeof(*grown));
    const char *text = bytes;

    if (grown == NULL) {
        reading->failed = true;
        return;
    }
    row->cells = grown;
    if (length > 1 && text[0] == '\'' && needs_apostrophe(text)) {
        text++;
        length--;
    }
    grown[row->n] = strndup(text, length);
    if (grown[row->n] == NULL)
        reading->failed = true;
    else
        row->n++;
}

static bool is_blank(const struct kyso_table_row *row)
{
    for (size_t i = 0; i < row->n; i++) {
        if (row->cells[i][0] != '\0')
            return false;
    }
    return true;
}

static void take_row(int ended_by, void *data)
{
    struct reading *reading = data;
    struct kyso_table_row *grown;

    (void)ended_by;
    reading->row_ended = true;
    if (!is_blank(&reading->row)) {
        grown = reallocarray(reading->table->rows, reading->table->n + 1, sizeof(*grown));
        if (grown != NULL) {
            reading->table->rows = grown;
            grown[reading->table->n++] = reading->row;
            reading->row = (struct kyso_table_row){0};
            return;
        }
        reading->failed = true;
    }
    row_done(&reading->row); /* a spreadsheet's row of empty cells, mostly */
}

static bool is_blank_line(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (text[i] != '\r' && text[i] != '\n' && text[i] != ' ')
            return false;
    }
    return true;
}

/* Feeds line after line, so that each row knows where it begins. */
static int feed(struct csv_parser *parser, const char *text, size_t length, struct reading *reading)
{
    bool open = false; /* the row goes on from the line before */

    for (const char *at = text, *end = text + length; at < end;) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        size_t n = newline != NULL ? (size_t)(newline - at) + 1 : (size_t)(end - at);

        reading->line++;
        if (!open)
            reading->row.line = reading->line;
        reading->row_ended = false;
        if (csv_parse(parser, at, n, take_cell, take_row, reading) != n)
            return csv_error(parser) == CSV_EPARSE ? KYSO_OUTCOME_BAD_ARGUMENT
                                                   : kyso_trace(-ENOMEM);
        open = !reading->row_ended && !is_blank_line(at, n);
        at += n;
    }
    return csv_fini(parser, take_cell, take_row, reading) == 0 ? 0 : KYSO_OUTCOME_BAD_ARGUMENT;
}

/* By the first line, outside its quotation marks. */
static unsigned char separator_of(const char *text, size_t length)
{
    size_t commas = 0, semicolons = 0;
    bool quoted = false;

    for (size_t i = 0; i < length && text[i] != '\n'; i++) {
        quoted ^= text[i] == '"';
        commas += !quoted && text[i] == ',';
        semicolons += !quoted && text[i] == ';';
    }
    return semicolons > commas ? ';' : ',';
}

static int parse(const char *text, size_t length, struct reading *reading)
{
    struct csv_parser parser;
    int r;

    if (csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI | CSV_APPEND_NULL) != 0)
        return kyso_trace(-ENOMEM);
    csv_set_delim(&parser, separator_of(text, length));
    r = feed(&parser, text, length, reading);
    csv_free(&parser);
    if (r == 0 && reading->failed)
        r = kyso_trace(-ENOMEM);
    return r;
}

int kyso_table_read(const void *bytes, size_t length, struct kyso_table *ret_table,
                    const char **ret_what, unsigned int *ret_line)
{
    KYSO_TABLE struct kyso_table table = {0};
    struct reading reading = {.table = &table};
    const char *text = bytes;
    int r;

    *ret_line = 0;
    *ret_what = "not-utf8-table";
    if (length >= sizeof(MARK) && memcmp(bytes, MARK, sizeof(MARK)) == 0) {
        text += sizeof(MARK);
        length -= sizeof(MARK);
    }
    if (memchr(text, '\0', length) != NULL || !kyso_text_is_utf8(text, length))
        return KYSO_OUTCOME_BAD_ARGUMENT;
    r = parse(text, length, &reading);
    row_done(&reading.row);
    if (r != 0) {
        *ret_what = "bad-quotes";
        *ret_line = reading.line;
        return r;
    }
    *ret_what = "input-empty";
    if (table.n == 0)
        return KYSO_OUTCOME_BAD_ARGUMENT;
    *ret_table = table;
    table = (struct kyso_table){0};
    return 0;
}

/* ---- writing ---- */

static void write_cell(struct kyso_buf *buf, const char *cell)
{
    KYSO_BUF struct kyso_buf text = {0};
    uint8_t *to;

    kyso_buf_printf(&text, "%s%s", needs_apostrophe(cell) ? "'" : "", cell);
    to = text.error == 0 ? kyso_buf_reserve(buf, 2 * text.length + 2) : NULL;
    if (to != NULL)
        buf->length += csv_write(to, 2 * text.length + 2, text.bytes, text.length);
    else if (buf->error == 0)
        buf->error = -ENOMEM;
}

void kyso_table_write(struct kyso_buf *buf, const char *const *cells, size_t n, char separator)
{
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            kyso_buf_put(buf, &separator, 1);
        write_cell(buf, cells[i]);
    }
    kyso_buf_put(buf, "\r\n", 2);
}
