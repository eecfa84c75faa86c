/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/store-recovery.h"

#include "daemon/store-sql.h"

#define FINGERPRINT 32 /* bytes */

/* The index is what makes it certain that one lock has one request, whatever asked for it. */
const char KYSO_STORE_RECOVERY_SCHEMA[] =
    "CREATE TABLE recovery (id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL,"
    " state TEXT NOT NULL, incident TEXT NOT NULL, profile TEXT NOT NULL, form TEXT NOT NULL,"
    " token TEXT NOT NULL, serial TEXT NOT NULL, certificates BLOB NOT NULL,"
    " created INTEGER NOT NULL, sent_at INTEGER NOT NULL, closed_at INTEGER NOT NULL,"
    " sent_to TEXT NOT NULL, sent_how TEXT NOT NULL, reason TEXT NOT NULL,"
    " letter INTEGER NOT NULL, overdue INTEGER NOT NULL, was_locked INTEGER NOT NULL,"
    " settled INTEGER NOT NULL, attempt INTEGER NOT NULL) STRICT;"
    "CREATE UNIQUE INDEX recovery_token ON recovery (token)"
    " WHERE kind = 'recovery' AND settled = 0;"
    "CREATE TABLE recovery_field (request INTEGER NOT NULL REFERENCES recovery (id),"
    " key TEXT NOT NULL, value TEXT NOT NULL,"
    " PRIMARY KEY (request, key)) STRICT, WITHOUT ROWID;";

#define COLUMNS                                                                                    \
    "id, kind, state, incident, profile, form, token, serial, certificates, created, sent_at,"     \
    " closed_at, sent_to, sent_how, reason, letter, overdue, was_locked, settled, attempt"

int kyso_store_recovery_save(struct kyso_store *store, const struct kyso_store_recovery *row,
                             int64_t *ret_id)
{
    KYSO_STATEMENT *statement = NULL;
    int r = kyso_store_prepare(store,
                               "INSERT INTO recovery (" COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6,"
                               " ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)"
                               " ON CONFLICT (id) DO UPDATE SET state = ?3, sent_at = ?11,"
                               " closed_at = ?12, sent_to = ?13, sent_how = ?14, reason = ?15,"
                               " letter = ?16, overdue = ?17, was_locked = ?18, settled = ?19",
                               &statement);

    if (r != 0)
        return r;
    if (row->id != 0)
        (void)sqlite3_bind_int64(statement, 1, row->id);
    kyso_store_bind_text(statement, 2, row->kind);
    kyso_store_bind_text(statement, 3, row->state);
    kyso_store_bind_text(statement, 4, row->incident);
    kyso_store_bind_text(statement, 5, row->profile);
    kyso_store_bind_text(statement, 6, row->form);
    kyso_store_bind_text(statement, 7, row->token);
    kyso_store_bind_text(statement, 8, row->serial);
    (void)sqlite3_bind_blob64(statement, 9, row->n_certificates > 0 ? row->certificates : NULL,
                              row->n_certificates * FINGERPRINT, SQLITE_TRANSIENT);
    if (row->n_certificates == 0)
        (void)sqlite3_bind_zeroblob(statement, 9, 0);
    (void)sqlite3_bind_int64(statement, 10, (sqlite3_int64)row->created);
    (void)sqlite3_bind_int64(statement, 11, (sqlite3_int64)row->sent_at);
    (void)sqlite3_bind_int64(statement, 12, (sqlite3_int64)row->closed_at);
    kyso_store_bind_text(statement, 13, row->sent_to);
    kyso_store_bind_text(statement, 14, row->sent_how);
    kyso_store_bind_text(statement, 15, row->reason);
    (void)sqlite3_bind_int64(statement, 16, row->letter);
    (void)sqlite3_bind_int(statement, 17, row->overdue);
    (void)sqlite3_bind_int(statement, 18, row->was_locked);
    (void)sqlite3_bind_int(statement, 19, row->settled);
    (void)sqlite3_bind_int64(statement, 20, row->attempt);
    r = kyso_store_run(store, statement);
    if (r == 0)
        *ret_id = row->id != 0 ? row->id : kyso_store_last_id(store);
    return r;
}

static struct kyso_store_recovery read_row(sqlite3_stmt *statement)
{
    return (struct kyso_store_recovery){
        .id = sqlite3_column_int64(statement, 0),
        .kind = kyso_store_text(statement, 1),
        .state = kyso_store_text(statement, 2),
        .incident = kyso_store_text(statement, 3),
        .profile = kyso_store_text(statement, 4),
        .form = kyso_store_text(statement, 5),
        .token = kyso_store_text(statement, 6),
        .serial = kyso_store_text(statement, 7),
        .certificates = sqlite3_column_blob(statement, 8),
        .n_certificates = (size_t)sqlite3_column_bytes(statement, 8) / FINGERPRINT,
        .created = (uint64_t)sqlite3_column_int64(statement, 9),
        .sent_at = (uint64_t)sqlite3_column_int64(statement, 10),
        .closed_at = (uint64_t)sqlite3_column_int64(statement, 11),
        .sent_to = kyso_store_text(statement, 12),
        .sent_how = kyso_store_text(statement, 13),
        .reason = kyso_store_text(statement, 14),
        .letter = sqlite3_column_int64(statement, 15),
        .overdue = sqlite3_column_int(statement, 16) != 0,
        .was_locked = sqlite3_column_int(statement, 17) != 0,
        .settled = sqlite3_column_int(statement, 18) != 0,
        .attempt = sqlite3_column_int64(statement, 19),
    };
}

int kyso_store_recovery_each(struct kyso_store *store, size_t closed,
                             int (*fn)(void *data, const struct kyso_store_recovery *row),
                             void *data)
{
    KYSO_STATEMENT *statement = NULL;
    int r = kyso_store_prepare(
        store,
        "SELECT " COLUMNS " FROM recovery WHERE state IN ('drafted', 'sent') OR settled = 0"
        " OR id IN (SELECT id FROM recovery ORDER BY id DESC LIMIT ?1) ORDER BY id",
        &statement);

    if (r != 0)
        return r;
    (void)sqlite3_bind_int64(statement, 1, (sqlite3_int64)closed);
    while ((r = sqlite3_step(statement)) == SQLITE_ROW) {
        struct kyso_store_recovery row = read_row(statement);
        int result = fn(data, &row);

        if (result != 0)
            return result;
    }
    return r == SQLITE_DONE ? 0 : kyso_store_failed(store, "read the requests");
}

int kyso_store_recovery_fill(struct kyso_store *store, int64_t id, const char *key,
                             const char *value)
{
    KYSO_STATEMENT *statement = NULL;
    int r = kyso_store_prepare(store,
                               value[0] != '\0'
                                   ? "INSERT OR REPLACE INTO recovery_field VALUES (?1, ?2, ?3)"
                                   : "DELETE FROM recovery_field WHERE request = ?1 AND key = ?2",
                               &statement);

    if (r != 0)
        return r;
    (void)sqlite3_bind_int64(statement, 1, id);
    kyso_store_bind_text(statement, 2, key);
    if (value[0] != '\0')
        kyso_store_bind_text(statement, 3, value);
    return kyso_store_run(store, statement);
}

int kyso_store_recovery_fields(struct kyso_store *store, int64_t id,
                               int (*fn)(void *data, const char *key, const char *value),
                               void *data)
{
    KYSO_STATEMENT *statement = NULL;
    int r = kyso_store_prepare(
        store, "SELECT key, value FROM recovery_field WHERE request = ?1 ORDER BY key", &statement);

    if (r != 0)
        return r;
    (void)sqlite3_bind_int64(statement, 1, id);
    while ((r = sqlite3_step(statement)) == SQLITE_ROW) {
        int result = fn(data, kyso_store_text(statement, 0), kyso_store_text(statement, 1));

        if (result != 0)
            return result;
    }
    return r == SQLITE_DONE ? 0 : kyso_store_failed(store, "read the requests' fields");
}
