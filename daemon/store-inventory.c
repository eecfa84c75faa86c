/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Tokens and certificates ever seen. */

#include "daemon/store-sql.h"

const char KYSO_STORE_INVENTORY_SCHEMA[] =
    "CREATE TABLE token (key TEXT PRIMARY KEY, serial TEXT NOT NULL, manufacturer TEXT NOT NULL,"
    " model TEXT NOT NULL, label TEXT NOT NULL, module TEXT NOT NULL,"
    " last_seen INTEGER NOT NULL) STRICT;"
    "CREATE TABLE certificate (sha256 BLOB PRIMARY KEY, token TEXT NOT NULL, der BLOB NOT NULL,"
    " has_key INTEGER NOT NULL, always_authenticate INTEGER NOT NULL) STRICT;";

/* A certificate may have been seen on several tokens, and a token with several certificates. */
const char KYSO_STORE_HOLDING_SCHEMA[] =
    "CREATE TABLE holding (sha256 BLOB NOT NULL, token TEXT NOT NULL, last_seen INTEGER NOT NULL,"
    " PRIMARY KEY (sha256, token)) STRICT, WITHOUT ROWID;"
    "INSERT INTO holding SELECT c.sha256, c.token, coalesce(t.last_seen, 0)"
    " FROM certificate AS c LEFT JOIN token AS t ON t.key = c.token;";

/* The key is on a token, not in a certificate: another token may hold a mere copy. Where a token
 * was said to have one it may have been only hidden (KYSO_TOKEN_KEY_HIDDEN). */
const char KYSO_STORE_HOLDING_KEY_SCHEMA[] =
    "ALTER TABLE holding ADD COLUMN key INTEGER NOT NULL DEFAULT 0 CHECK (key BETWEEN 0 AND 2);"
    "UPDATE holding SET key ="
    " (SELECT c.has_key FROM certificate AS c WHERE c.sha256 = holding.sha256)"
    " WHERE sha256 IN (SELECT sha256 FROM certificate);"
    "ALTER TABLE certificate DROP COLUMN token;"
    "ALTER TABLE certificate DROP COLUMN has_key;"
    "ALTER TABLE certificate DROP COLUMN always_authenticate;";

static int save_token_row(struct kyso_store *store, const struct kyso_store_token *token)
{
    KYSO_STATEMENT *statement = NULL;
    int r = kyso_store_prepare(
        store, "INSERT OR REPLACE INTO token VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)", &statement);

    if (r != 0)
        return r;
    kyso_store_bind_text(statement, 1, token->key);
    kyso_store_bind_text(statement, 2, token->serial);
    kyso_store_bind_text(statement, 3, token->manufacturer);
    kyso_store_bind_text(statement, 4, token->model);
    kyso_store_bind_text(statement, 5, token->label);
    kyso_store_bind_text(statement, 6, token->module);
    (void)sqlite3_bind_int64(statement, 7, (sqlite3_int64)token->last_seen);
    return kyso_store_run(store, statement);
}

static int save_certificate(struct kyso_store *store,
                            const struct kyso_store_certificate *certificate)
{
    KYSO_STATEMENT *statement = NULL;
    int r =
        kyso_store_prepare(store, "INSERT OR REPLACE INTO certificate VALUES (?1, ?2)", &statement);

    if (r != 0)
        return r;
    (void)sqlite3_bind_blob(statement, 1, certificate->sha256, 32, SQLITE_TRANSIENT);
    (void)sqlite3_bind_blob64(statement, 2, certificate->der, certificate->der_length,
                              SQLITE_TRANSIENT);
    return kyso_store_run(store, statement);
}

static int save_holding(struct kyso_store *store, const struct kyso_store_certificate *certificate)
{
    KYSO_STATEMENT *statement = NULL;
    int r = kyso_store_prepare(store, "INSERT OR REPLACE INTO holding VALUES (?1, ?2, ?3, ?4)",
                               &statement);

    if (r != 0)
        return r;
    (void)sqlite3_bind_blob(statement, 1, certificate->sha256, 32, SQLITE_TRANSIENT);
    kyso_store_bind_text(statement, 2, certificate->token);
    (void)sqlite3_bind_int64(statement, 3, (sqlite3_int64)certificate->last_seen);
    (void)sqlite3_bind_int(statement, 4, (int)certificate->key);
    return kyso_store_run(store, statement);
}

int kyso_store_save_token(struct kyso_store *store, const struct kyso_store_token *token,
                          const struct kyso_store_certificate *certificates, size_t n)
{
    int r = kyso_store_begin(store);

    if (r == 0)
        r = save_token_row(store, token);
    for (size_t i = 0; r == 0 && i < n; i++) {
        r = save_certificate(store, &certificates[i]);
        if (r == 0)
            r = save_holding(store, &certificates[i]);
    }
    return kyso_store_end(store, r);
}

int kyso_store_each_token(struct kyso_store *store,
                          int (*fn)(void *data, const struct kyso_store_token *token), void *data)
{
    KYSO_STATEMENT *statement = NULL;
    int r = kyso_store_prepare(
        store,
        "SELECT key, serial, manufacturer, model, label, module, last_seen FROM token"
        " ORDER BY key",
        &statement);

    if (r != 0)
        return r;
    while ((r = sqlite3_step(statement)) == SQLITE_ROW) {
        struct kyso_store_token token = {
            .key = (const char *)sqlite3_column_text(statement, 0),
            .serial = (const char *)sqlite3_column_text(statement, 1),
            .manufacturer = (const char *)sqlite3_column_text(statement, 2),
            .model = (const char *)sqlite3_column_text(statement, 3),
            .label = (const char *)sqlite3_column_text(statement, 4),
            .module = (const char *)sqlite3_column_text(statement, 5),
            .last_seen = (uint64_t)sqlite3_column_int64(statement, 6),
        };
        int result = fn(data, &token);

        if (result != 0)
            return result;
    }
    return r == SQLITE_DONE ? 0 : kyso_store_failed(store, "read tokens");
}

int kyso_store_each_certificate(struct kyso_store *store,
                                int (*fn)(void *data,
                                          const struct kyso_store_certificate *certificate),
                                void *data)
{
    KYSO_STATEMENT *statement = NULL;
    int r =
        kyso_store_prepare(store,
                           "SELECT c.sha256, h.token, c.der, h.key, h.last_seen"
                           " FROM holding AS h JOIN certificate AS c ON c.sha256 = h.sha256"
                           " WHERE length(c.sha256) = 32 ORDER BY c.sha256, h.last_seen, h.token",
                           &statement);

    if (r != 0)
        return r;
    while ((r = sqlite3_step(statement)) == SQLITE_ROW) {
        struct kyso_store_certificate certificate = {
            .sha256 = sqlite3_column_blob(statement, 0),
            .token = (const char *)sqlite3_column_text(statement, 1),
            .der = sqlite3_column_blob(statement, 2),
            .der_length = (size_t)sqlite3_column_bytes(statement, 2),
            .key = (enum kyso_token_key)sqlite3_column_int(statement, 3),
            .last_seen = (uint64_t)sqlite3_column_int64(statement, 4),
        };
        int result = fn(data, &certificate);

        if (result != 0)
            return result;
    }
    return r == SQLITE_DONE ? 0 : kyso_store_failed(store, "read certificates");
}
