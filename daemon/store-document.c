/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/store-document.h"

#include <string.h>

#include "common/outcome.h"
#include "daemon/store-sql.h"

const char KYSO_STORE_DOCUMENT_SCHEMA[] =
    "CREATE TABLE document (covered BLOB PRIMARY KEY, document BLOB NOT NULL)"
    " STRICT, WITHOUT ROWID;";

const char KYSO_STORE_SEALING_SCHEMA[] =
    "CREATE TABLE sealing (covered BLOB PRIMARY KEY) STRICT, WITHOUT ROWID;";

int kyso_store_document_add(struct kyso_store *store, const uint8_t covered[KYSO_STORE_DIGEST],
                            const uint8_t document[KYSO_STORE_DIGEST])
{
    KYSO_STATEMENT *statement = NULL;
    int r = kyso_store_prepare(store, "INSERT OR IGNORE INTO document VALUES (?1, ?2)", &statement);

    if (r != 0)
        return r;
    (void)sqlite3_bind_blob(statement, 1, covered, KYSO_STORE_DIGEST, SQLITE_TRANSIENT);
    (void)sqlite3_bind_blob(statement, 2, document, KYSO_STORE_DIGEST, SQLITE_TRANSIENT);
    return kyso_store_run(store, statement);
}

int kyso_store_document_find(struct kyso_store *store, const uint8_t covered[KYSO_STORE_DIGEST],
                             uint8_t ret_document[KYSO_STORE_DIGEST])
{
    KYSO_STATEMENT *statement = NULL;
    int r =
        kyso_store_prepare(store, "SELECT document FROM document WHERE covered = ?1", &statement);

    if (r != 0)
        return r;
    (void)sqlite3_bind_blob(statement, 1, covered, KYSO_STORE_DIGEST, SQLITE_TRANSIENT);
    r = sqlite3_step(statement);
    if (r == SQLITE_DONE)
        return KYSO_OUTCOME_NOT_FOUND;
    if (r != SQLITE_ROW || sqlite3_column_bytes(statement, 0) != KYSO_STORE_DIGEST)
        return kyso_store_failed(store, "read a document");
    memcpy(ret_document, sqlite3_column_blob(statement, 0), KYSO_STORE_DIGEST);
    return 0;
}

int kyso_store_sealing_add(struct kyso_store *store, const uint8_t covered[KYSO_STORE_DIGEST])
{
    KYSO_STATEMENT *statement = NULL;
    int r = kyso_store_prepare(store, "INSERT OR IGNORE INTO sealing VALUES (?1)", &statement);

    if (r != 0)
        return r;
    (void)sqlite3_bind_blob(statement, 1, covered, KYSO_STORE_DIGEST, SQLITE_TRANSIENT);
    return kyso_store_run(store, statement);
}

int kyso_store_sealing_known(struct kyso_store *store, const uint8_t covered[KYSO_STORE_DIGEST],
                             bool *ret_known)
{
    KYSO_STATEMENT *statement = NULL;
    int r = kyso_store_prepare(store, "SELECT 1 FROM sealing WHERE covered = ?1", &statement);

    if (r != 0)
        return r;
    (void)sqlite3_bind_blob(statement, 1, covered, KYSO_STORE_DIGEST, SQLITE_TRANSIENT);
    r = sqlite3_step(statement);
    if (r != SQLITE_ROW && r != SQLITE_DONE)
        return kyso_store_failed(store, "read a sealing");
    *ret_known = r == SQLITE_ROW;
    return 0;
}
