/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/store-deadline.h"

#include "common/outcome.h"
#include "daemon/store-sql.h"

const char KYSO_STORE_DEADLINE_SCHEMA[] =
    "CREATE TABLE term (id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL,"
    " certificate BLOB, note TEXT NOT NULL, begun INTEGER NOT NULL,"
    " finished INTEGER NOT NULL DEFAULT 0) STRICT;"
    "CREATE INDEX term_running ON term (id) WHERE finished = 0;"
    "CREATE TABLE reminder (certificate BLOB NOT NULL, call INTEGER NOT NULL, at INTEGER NOT NULL,"
    " PRIMARY KEY (certificate, call)) STRICT;";

static void bind_fingerprint(sqlite3_stmt *statement, int index, const uint8_t *certificate)
{
    if (certificate != NULL)
        (void)sqlite3_bind_blob(statement, index, certificate, 32, SQLITE_TRANSIENT);
}

int kyso_store_term_add(struct kyso_store *store, const struct kyso_store_term *term,
                        int64_t *ret_id)
{
    KYSO_STATEMENT *statement = NULL;
    int r = kyso_store_prepare(
        store, "INSERT INTO term (kind, certificate, note, begun) VALUES (?1, ?2, ?3, ?4)",
        &statement);

    if (r != 0)
        return r;
    kyso_store_bind_text(statement, 1, term->kind);
    bind_fingerprint(statement, 2, term->certificate);
    kyso_store_bind_text(statement, 3, term->note);
    (void)sqlite3_bind_int64(statement, 4, (sqlite3_int64)term->begun);
    r = kyso_store_run(store, statement);
    if (r == 0)
        *ret_id = kyso_store_last_id(store);
    return r;
}

int kyso_store_term_finish(struct kyso_store *store, int64_t id, uint64_t at)
{
    KYSO_STATEMENT *statement = NULL;
    int r = kyso_store_prepare(
        store, "UPDATE term SET finished = ?2 WHERE id = ?1 AND finished = 0", &statement);

    if (r != 0)
        return r;
    (void)sqlite3_bind_int64(statement, 1, id);
    (void)sqlite3_bind_int64(statement, 2, (sqlite3_int64)at);
    r = kyso_store_run(store, statement);
    return r == 0 && kyso_store_changes(store) == 0 ? KYSO_OUTCOME_NOT_FOUND : r;
}

int kyso_store_each_term(struct kyso_store *store,
                         int (*fn)(void *data, const struct kyso_store_term *term), void *data)
{
    KYSO_STATEMENT *statement = NULL;
    int r = kyso_store_prepare(
        store, "SELECT id, kind, certificate, note, begun FROM term WHERE finished = 0 ORDER BY id",
        &statement);

    if (r != 0)
        return r;
    while ((r = sqlite3_step(statement)) == SQLITE_ROW) {
        struct kyso_store_term term = {
            .id = sqlite3_column_int64(statement, 0),
            .kind = kyso_store_text(statement, 1),
            .certificate =
                sqlite3_column_bytes(statement, 2) == 32 ? sqlite3_column_blob(statement, 2) : NULL,
            .note = kyso_store_text(statement, 3),
            .begun = (uint64_t)sqlite3_column_int64(statement, 4),
        };
        int result = fn(data, &term);

        if (result != 0)
            return result;
    }
    return r == SQLITE_DONE ? 0 : kyso_store_failed(store, "read terms");
}

int kyso_store_reminder_add(struct kyso_store *store, const uint8_t certificate[32],
                            unsigned int call, uint64_t at)
{
    KYSO_STATEMENT *statement = NULL;
    int r = kyso_store_prepare(
        store, "INSERT INTO reminder VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING", &statement);

    if (r != 0)
        return r;
    bind_fingerprint(statement, 1, certificate);
    (void)sqlite3_bind_int64(statement, 2, call);
    (void)sqlite3_bind_int64(statement, 3, (sqlite3_int64)at);
    return kyso_store_run(store, statement);
}

int kyso_store_reminders(struct kyso_store *store, const uint8_t certificate[32],
                         uint32_t *ret_calls)
{
    KYSO_STATEMENT *statement = NULL;
    uint32_t calls = 0;
    int r =
        kyso_store_prepare(store, "SELECT call FROM reminder WHERE certificate = ?1", &statement);

    if (r != 0)
        return r;
    bind_fingerprint(statement, 1, certificate);
    while ((r = sqlite3_step(statement)) == SQLITE_ROW)
        calls |= 1U << (sqlite3_column_int(statement, 0) & 31);
    if (r != SQLITE_DONE)
        return kyso_store_failed(store, "read reminders");
    *ret_calls = calls;
    return 0;
}

int kyso_store_number(struct kyso_store *store, const char *key, int64_t *ret_value)
{
    KYSO_STATEMENT *statement = NULL;
    int r = kyso_store_prepare(store, "SELECT coalesce((SELECT value FROM meta WHERE key = ?1), 0)",
                               &statement);

    if (r != 0)
        return r;
    kyso_store_bind_text(statement, 1, key);
    if (sqlite3_step(statement) != SQLITE_ROW)
        return kyso_store_failed(store, "read a number");
    *ret_value = sqlite3_column_int64(statement, 0);
    return 0;
}

int kyso_store_set_number(struct kyso_store *store, const char *key, int64_t value)
{
    KYSO_STATEMENT *statement = NULL;
    int r = kyso_store_prepare(store, "INSERT OR REPLACE INTO meta VALUES (?1, ?2)", &statement);

    if (r != 0)
        return r;
    kyso_store_bind_text(statement, 1, key);
    (void)sqlite3_bind_int64(statement, 2, value);
    return kyso_store_run(store, statement);
}
