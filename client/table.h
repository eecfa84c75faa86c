/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_CLIENT_TABLE_H
#define KYSO_CLIENT_TABLE_H

/* Tables as spreadsheets write and read them: CSV by RFC 4180, in UTF-8 with or without a byte
 * order mark, with commas or (as Vietnamese spreadsheets do) semicolons between the cells. */

#include <stddef.h>

#include "common/buf.h"
#include "common/macros.h"

#define KYSO_TABLE_MAX ((size_t)16 << 20) /* bytes of a file */

struct kyso_table_row {
    unsigned int line; /* of the file, from 1, where the row begins */
    char **cells;      /* as they are meant, without the apostrophes of write */
    size_t n;
};

struct kyso_table {
    struct kyso_table_row *rows; /* the first has the names of the columns */
    size_t n;
};
void kyso_table_done(struct kyso_table *table);
#define KYSO_TABLE KYSO_CLEANUP(kyso_table_done)

/* KYSO_OUTCOME_BAD_ARGUMENT with *RET_WHAT ("input-empty", "not-utf8-table", "bad-quotes") and the
 * line; -ENOMEM. Empty lines are no rows. */
int kyso_table_read(const void *bytes, size_t length, struct kyso_table *ret_table,
                    const char **ret_what, unsigned int *ret_line) KYSO_MUST_CHECK;

/* Appends a row: every cell in quotes. A cell that a spreadsheet would take for a formula gets an
 * apostrophe in front, which reading takes away again. */
void kyso_table_write(struct kyso_buf *buf, const char *const *cells, size_t n, char separator);

#endif
