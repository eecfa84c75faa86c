/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_CLIENT_COLUMNS_H
#define KYSO_CLIENT_COLUMNS_H

/* The fields of the roster, of persons and of organisations: as columns of a table, as FIELD=VALUE
 * and as lines for people. */

#include "client/kyso.h"

enum kyso_column_kind {
    KYSO_COLUMN_TEXT,
    KYSO_COLUMN_BOOL,   /* yes, no; "" is no */
    KYSO_COLUMN_NUMBER, /* "" is 0 */
    KYSO_COLUMN_LIST    /* separated by commas */
};

struct kyso_column {
    const char *name; /* as on the bus */
    enum kyso_column_kind kind;
    const char *label; /* msgid */
};

/* The columns of WHICH, the key first; *RET_N of them. */
const struct kyso_column *kyso_columns(enum kyso_register which, size_t *ret_n);
/* The column of this name; null when there is none. */
const struct kyso_column *kyso_column_named(enum kyso_register which, const char *name);

/* Puts TEXT as the column's value. Null, or what is wrong with it: a word of KYSO_WORDS_DETAIL. */
const char *kyso_column_put(const struct kyso_column *column, const char *text,
                            struct kyso_options *options);
/* The value as text, malloced; null without memory. */
char *kyso_column_text(const struct kyso_column *column, const struct kyso_map *map);

/* A fingerprint as people copy it, with colons or blanks, as the bus wants it; other keys as they
 * are. Malloced; null without memory. */
char *kyso_column_key(enum kyso_register which, const char *text);

#endif
