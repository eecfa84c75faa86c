/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/store-roster.h"

#include "daemon/store-sql.h"

const char KYSO_STORE_ROSTER_SCHEMA[] =
    "CREATE TABLE roster (sha256 BLOB PRIMARY KEY, removed INTEGER NOT NULL, class TEXT NOT NULL,"
    " authority INTEGER NOT NULL, digitised_copy_signer INTEGER NOT NULL,"
    " organisation TEXT NOT NULL, title TEXT NOT NULL, effective INTEGER NOT NULL,"
    " renewals INTEGER NOT NULL, holder TEXT NOT NULL, manager TEXT NOT NULL,"
    " users TEXT NOT NULL) STRICT;"
    "CREATE TABLE person (id TEXT NOT NULL, field TEXT NOT NULL, value TEXT NOT NULL,"
    " PRIMARY KEY (id, field)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE organisation (id TEXT NOT NULL, field TEXT NOT NULL, value TEXT NOT NULL,"
    " PRIMARY KEY (id, field)) STRICT, WITHOUT ROWID;";

int kyso_store_roster_save(struct kyso_store *store, const struct kyso_store_roster_row *row)
{
    KYSO_STATEMENT *statement = NULL;
    int r = kyso_store_prepare(store,
                               "INSERT OR REPLACE INTO roster VALUES"
                               " (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
                               &statement);

    if (r != 0)
        return r;
    (void)sqlite3_bind_blob(statement, 1, row->sha256, 32, SQLITE_TRANSIENT);
    (void)sqlite3_bind_int(statement, 2, row->removed);
    kyso_store_bind_text(statement, 3, row->class);
    (void)sqlite3_bind_int(statement, 4, row->authority);
    (void)sqlite3_bind_int(statement, 5, row->digitised_copy_signer);
    kyso_store_bind_text(statement, 6, row->organisation);
    kyso_store_bind_text(statement, 7, row->title);
    (void)sqlite3_bind_int64(statement, 8, row->effective);
    (void)sqlite3_bind_int64(statement, 9, row->renewals);
    kyso_store_bind_text(statement, 10, row->holder);
    kyso_store_bind_text(statement, 11, row->manager);
    kyso_store_bind_text(statement, 12, row->users);
    return kyso_store_run(store, statement);
}

static struct kyso_store_roster_row read_row(sqlite3_stmt *statement)
{
    return (struct kyso_store_roster_row){
        .sha256 = sqlite3_column_blob(statement, 0),
        .removed = sqlite3_column_int(statement, 1) != 0,
        .class = kyso_store_text(statement, 2),
        .authority = sqlite3_column_int(statement, 3) != 0,
        .digitised_copy_signer = sqlite3_column_int(statement, 4) != 0,
        .organisation = kyso_store_text(statement, 5),
        .title = kyso_store_text(statement, 6),
        .effective = (uint32_t)sqlite3_column_int64(statement, 7),
        .renewals = (uint32_t)sqlite3_column_int64(statement, 8),
        .holder = kyso_store_text(statement, 9),
        .manager = kyso_store_text(statement, 10),
        .users = kyso_store_text(statement, 11),
    };
}

#define COLUMNS                                                                                    \
    "sha256, removed, class, authority, digitised_copy_signer, organisation, title, effective,"    \
    " renewals, holder, manager, users"

static int walk(struct kyso_store *store, sqlite3_stmt *statement,
                int (*fn)(void *data, const struct kyso_store_roster_row *row), void *data)
{
    int r;

    while ((r = sqlite3_step(statement)) == SQLITE_ROW) {
        struct kyso_store_roster_row row = read_row(statement);
        int result = fn(data, &row);

        if (result != 0)
            return result;
    }
    return r == SQLITE_DONE ? 0 : kyso_store_failed(store, "read the roster");
}

int kyso_store_roster_one(struct kyso_store *store, const uint8_t sha256[32],
                          int (*fn)(void *data, const struct kyso_store_roster_row *row),
                          void *data)
{
    KYSO_STATEMENT *statement = NULL;
    int r =
        kyso_store_prepare(store, "SELECT " COLUMNS " FROM roster WHERE sha256 = ?1", &statement);

    if (r != 0)
        return r;
    (void)sqlite3_bind_blob(statement, 1, sha256, 32, SQLITE_TRANSIENT);
    return walk(store, statement, fn, data);
}

int kyso_store_roster_each(struct kyso_store *store,
                           int (*fn)(void *data, const struct kyso_store_roster_row *row),
                           void *data)
{
    KYSO_STATEMENT *statement = NULL;
    int r = kyso_store_prepare(
        store, "SELECT " COLUMNS " FROM roster WHERE length(sha256) = 32 ORDER BY sha256",
        &statement);

    return r == 0 ? walk(store, statement, fn, data) : r;
}

/* ---- persons and organisations ---- */

/* The same statement on each of the two tables. */
#define ON_BOTH(before, after)                                                                     \
    {                                                                                              \
        [KYSO_PARTY_PERSON] = before " person " after, [KYSO_PARTY_ORGANISATION] =                 \
                                                           before " organisation " after           \
    }

static int delete_fields(struct kyso_store *store, enum kyso_party_kind kind, const char *id)
{
    static const char *const SQL[KYSO_PARTY_KINDS] = ON_BOTH("DELETE FROM", "WHERE id = ?1");
    KYSO_STATEMENT *statement = NULL;
    int r = kyso_store_prepare(store, SQL[kind], &statement);

    if (r != 0)
        return r;
    kyso_store_bind_text(statement, 1, id);
    return kyso_store_run(store, statement);
}

static int add_field(struct kyso_store *store, enum kyso_party_kind kind, const char *id,
                     const char *field, const char *value)
{
    static const char *const SQL[KYSO_PARTY_KINDS] = ON_BOTH("INSERT INTO", "VALUES (?1, ?2, ?3)");
    KYSO_STATEMENT *statement = NULL;
    int r = kyso_store_prepare(store, SQL[kind], &statement);

    if (r != 0)
        return r;
    kyso_store_bind_text(statement, 1, id);
    kyso_store_bind_text(statement, 2, field);
    kyso_store_bind_text(statement, 3, value);
    return kyso_store_run(store, statement);
}

int kyso_store_party_save(struct kyso_store *store, enum kyso_party_kind kind, const char *id,
                          const char *const *fields, const char *const *values, size_t n)
{
    int r = kyso_store_begin(store);

    if (r == 0)
        r = delete_fields(store, kind, id);
    for (size_t i = 0; r == 0 && i < n; i++) {
        if (values[i][0] != '\0')
            r = add_field(store, kind, id, fields[i], values[i]);
    }
    return kyso_store_end(store, r);
}

int kyso_store_party_remove(struct kyso_store *store, enum kyso_party_kind kind, const char *id)
{
    return delete_fields(store, kind, id);
}

int kyso_store_party_fields(struct kyso_store *store, enum kyso_party_kind kind, const char *id,
                            int (*fn)(void *data, const char *field, const char *value), void *data)
{
    static const char *const SQL[KYSO_PARTY_KINDS] =
        ON_BOTH("SELECT field, value FROM", "WHERE id = ?1");
    KYSO_STATEMENT *statement = NULL;
    int r = kyso_store_prepare(store, SQL[kind], &statement);

    if (r != 0)
        return r;
    kyso_store_bind_text(statement, 1, id);
    while ((r = sqlite3_step(statement)) == SQLITE_ROW) {
        int result = fn(data, kyso_store_text(statement, 0), kyso_store_text(statement, 1));

        if (result != 0)
            return result;
    }
    return r == SQLITE_DONE ? 0 : kyso_store_failed(store, "read a party");
}

int kyso_store_party_each(struct kyso_store *store, enum kyso_party_kind kind, const char *field,
                          int (*fn)(void *data, const char *id, const char *value), void *data)
{
    static const char *const SQL[KYSO_PARTY_KINDS] =
        ON_BOTH("SELECT id, max(CASE WHEN field = ?1 THEN value ELSE '' END) FROM",
                "GROUP BY id ORDER BY id");
    KYSO_STATEMENT *statement = NULL;
    int r = kyso_store_prepare(store, SQL[kind], &statement);

    if (r != 0)
        return r;
    kyso_store_bind_text(statement, 1, field);
    while ((r = sqlite3_step(statement)) == SQLITE_ROW) {
        int result = fn(data, kyso_store_text(statement, 0), kyso_store_text(statement, 1));

        if (result != 0)
            return result;
    }
    return r == SQLITE_DONE ? 0 : kyso_store_failed(store, "read parties");
}

int kyso_store_party_in_use(struct kyso_store *store, enum kyso_party_kind kind, const char *id,
                            bool *ret_in_use)
{
    static const char *const SQL[KYSO_PARTY_KINDS] = {
        [KYSO_PARTY_PERSON] = "SELECT EXISTS (SELECT 1 FROM roster WHERE NOT removed"
                              " AND (holder = ?1 OR manager = ?1))",
        [KYSO_PARTY_ORGANISATION] =
            "SELECT EXISTS (SELECT 1 FROM roster WHERE NOT removed AND organisation = ?1)"
            " OR EXISTS (SELECT 1 FROM person WHERE field = 'organisation' AND value = ?1)",
    };
    KYSO_STATEMENT *statement = NULL;
    int r = kyso_store_prepare(store, SQL[kind], &statement);

    if (r != 0)
        return r;
    kyso_store_bind_text(statement, 1, id);
    if (sqlite3_step(statement) != SQLITE_ROW)
        return kyso_store_failed(store, "read the roster");
    *ret_in_use = sqlite3_column_int(statement, 0) != 0;
    return 0;
}
