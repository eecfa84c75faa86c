/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/store-audit.h"

#include <string.h>

#include "daemon/store-sql.h"

const char KYSO_STORE_AUDIT_SCHEMA[] =
    "CREATE TABLE audit (seq INTEGER PRIMARY KEY, record TEXT NOT NULL,"
    " hash BLOB NOT NULL) STRICT;";

int kyso_store_audit_add(struct kyso_store *store, const struct kyso_audit_line *line)
{
    KYSO_STATEMENT *statement = NULL;
    int r = kyso_store_prepare(store, "INSERT INTO audit VALUES (?1, ?2, ?3)", &statement);

    if (r != 0)
        return r;
    (void)sqlite3_bind_int64(statement, 1, (sqlite3_int64)line->seq);
    (void)sqlite3_bind_text64(statement, 2, line->record, line->length, SQLITE_TRANSIENT,
                              SQLITE_UTF8);
    (void)sqlite3_bind_blob(statement, 3, line->hash, KYSO_AUDIT_HASH, SQLITE_TRANSIENT);
    return kyso_store_run(store, statement);
}

static struct kyso_audit_line read_row(sqlite3_stmt *statement)
{
    struct kyso_audit_line row = {.seq = (uint64_t)sqlite3_column_int64(statement, 0)};
    const void *hash = sqlite3_column_blob(statement, 2);

    row.record = kyso_store_text(statement, 1);
    row.length = (size_t)sqlite3_column_bytes(statement, 1);
    if (hash != NULL && sqlite3_column_bytes(statement, 2) == KYSO_AUDIT_HASH)
        memcpy(row.hash, hash, KYSO_AUDIT_HASH);
    return row;
}

int kyso_store_audit_each(struct kyso_store *store, uint64_t from, size_t limit,
                          int (*fn)(void *data, const struct kyso_audit_line *line), void *data)
{
    KYSO_STATEMENT *statement = NULL;
    int r = kyso_store_prepare(
        store, "SELECT seq, record, hash FROM audit WHERE seq >= ?1 ORDER BY seq LIMIT ?2",
        &statement);

    if (r != 0)
        return r;
    (void)sqlite3_bind_int64(statement, 1, (sqlite3_int64)from);
    (void)sqlite3_bind_int64(statement, 2, (sqlite3_int64)limit);
    while ((r = sqlite3_step(statement)) == SQLITE_ROW) {
        struct kyso_audit_line row = read_row(statement);
        int result = fn(data, &row);

        if (result != 0)
            return result;
    }
    return r == SQLITE_DONE ? 0 : kyso_store_failed(store, "read the audit log");
}

int kyso_store_audit_last(struct kyso_store *store, uint64_t *ret_seq)
{
    KYSO_STATEMENT *statement = NULL;
    int r = kyso_store_prepare(store, "SELECT coalesce(max(seq), 0) FROM audit", &statement);

    if (r != 0)
        return r;
    if (sqlite3_step(statement) != SQLITE_ROW)
        return kyso_store_failed(store, "read the audit log");
    *ret_seq = (uint64_t)sqlite3_column_int64(statement, 0);
    return 0;
}
