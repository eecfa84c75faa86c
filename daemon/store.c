/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/store.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/error.h"
#include "common/log.h"
#include "common/outcome.h"

#define SCHEMA_VERSION 1
#define RESERVE_BYTES                                                                              \
    (128 << 10) /* given back on a full disk so that attempts are still counted                    \
                 */

/* One list for the words in the database and the enum. */
static const char *const ATTEMPT_WORDS[] = {"intended",        "success",  "failure",
                                            "unknown-failure", "not-made", "reset"};

static const char SCHEMA[] =
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;"
    "CREATE TABLE token (key TEXT PRIMARY KEY, serial TEXT NOT NULL, manufacturer TEXT NOT NULL,"
    " model TEXT NOT NULL, label TEXT NOT NULL, module TEXT NOT NULL,"
    " last_seen INTEGER NOT NULL) STRICT;"
    "CREATE TABLE certificate (sha256 BLOB PRIMARY KEY, token TEXT NOT NULL, der BLOB NOT NULL,"
    " has_key INTEGER NOT NULL, always_authenticate INTEGER NOT NULL) STRICT;"
    "CREATE TABLE attempt (id INTEGER PRIMARY KEY AUTOINCREMENT, token TEXT NOT NULL,"
    " at INTEGER NOT NULL, result TEXT NOT NULL, flags INTEGER, tries INTEGER) STRICT;"
    "CREATE INDEX attempt_token ON attempt (token, id);"
    "CREATE TABLE locked (token TEXT PRIMARY KEY, flags INTEGER, tries INTEGER) STRICT;";

struct kyso_store {
    sqlite3 *db;
    char folder[PATH_MAX];
    bool reserve_spent, full; /* FULL: why the last call failed */
};

static int failed(struct kyso_store *store, const char *what)
{
    store->full = store->db != NULL && sqlite3_errcode(store->db) == SQLITE_FULL;
    kyso_log(KYSO_LOG_ERROR, "store: %s: %s", what,
             store->db != NULL ? sqlite3_errmsg(store->db) : "not open");
    return KYSO_OUTCOME_STORE_FAILED;
}

static void finalize(sqlite3_stmt **statement)
{
    (void)sqlite3_finalize(*statement);
    *statement = NULL;
}
#define STATEMENT KYSO_CLEANUP(finalize) sqlite3_stmt

static int execute(struct kyso_store *store, const char *sql)
{
    return sqlite3_exec(store->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : failed(store, sql);
}

/* ---- the reserve ---- */

static void reserve_path(struct kyso_store *store, char path[PATH_MAX])
{
    (void)snprintf(path, PATH_MAX, "%.4000s/reserve", store->folder);
}

static void make_reserve(struct kyso_store *store)
{
    char path[PATH_MAX];
    KYSO_CLOSE int fd = -1;

    reserve_path(store, path);
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || posix_fallocate(fd, 0, RESERVE_BYTES) != 0) {
        kyso_log(KYSO_LOG_WARNING, "store: no room for the reserve of PIN attempts");
        (void)unlink(path);
        store->reserve_spent = true;
    }
}

/* On a full disk the reserve is given up, once, for one more try of the same statement. */
static bool spend_reserve(struct kyso_store *store)
{
    char path[PATH_MAX];

    if (store->reserve_spent)
        return false;
    store->reserve_spent = true;
    reserve_path(store, path);
    kyso_log(KYSO_LOG_ERROR, "store: the disk is full; the reserve is used now");
    return unlink(path) == 0;
}

/* A statement inside a transaction is not tried again by itself: SQLite has rolled back what came
 * before it. */
static int run(struct kyso_store *store, sqlite3_stmt *statement)
{
    bool alone = sqlite3_get_autocommit(store->db) != 0;
    int r = sqlite3_step(statement);

    if (r == SQLITE_FULL && alone && spend_reserve(store)) {
        (void)sqlite3_reset(statement);
        r = sqlite3_step(statement);
    }
    return r == SQLITE_DONE ? 0 : failed(store, "write");
}

static int prepare(struct kyso_store *store, const char *sql, sqlite3_stmt **ret_statement)
{
    return sqlite3_prepare_v2(store->db, sql, -1, ret_statement, NULL) == SQLITE_OK
               ? 0
               : failed(store, sql);
}

static void bind_text(sqlite3_stmt *statement, int index, const char *text)
{
    (void)sqlite3_bind_text(statement, index, text, -1, SQLITE_TRANSIENT);
}

/* ---- opening ---- */

static int query_number(struct kyso_store *store, const char *sql, int64_t *ret_number)
{
    STATEMENT *statement = NULL;
    int r = prepare(store, sql, &statement);

    if (r != 0)
        return r;
    if (sqlite3_step(statement) != SQLITE_ROW)
        return failed(store, sql);
    *ret_number = sqlite3_column_int64(statement, 0);
    return 0;
}

static int check_integrity(struct kyso_store *store)
{
    STATEMENT *statement = NULL;
    int r = prepare(store, "PRAGMA integrity_check(1)", &statement);
    const char *answer;

    if (r != 0)
        return r;
    if (sqlite3_step(statement) != SQLITE_ROW)
        return failed(store, "integrity check");
    answer = (const char *)sqlite3_column_text(statement, 0);
    if (answer == NULL || strcmp(answer, "ok") != 0) {
        kyso_log(KYSO_LOG_ERROR, "store: the database is damaged: %s", answer ? answer : "?");
        return KYSO_OUTCOME_STORE_FAILED;
    }
    return 0;
}

static int create(struct kyso_store *store, bool lost)
{
    int r = execute(store, "BEGIN IMMEDIATE");

    if (r == 0)
        r = execute(store, SCHEMA);
    if (r == 0 && lost)
        r = execute(store, "INSERT INTO meta VALUES ('history-lost', unixepoch())");
    if (r == 0)
        r = execute(store, "PRAGMA user_version = 1");
    return r == 0 ? execute(store, "COMMIT") : r;
}

static void history_path(struct kyso_store *store, char path[PATH_MAX])
{
    (void)snprintf(path, PATH_MAX, "%.4000s/history", store->folder);
}

static bool has_existed(struct kyso_store *store)
{
    char path[PATH_MAX];

    history_path(store, path);
    return access(path, F_OK) == 0;
}

/* A file beside the database that says that there was one. Made after the database, so that a crash
 * between the two raises no false alarm, and looked after at every start. */
static int mark_existence(struct kyso_store *store)
{
    char path[PATH_MAX];
    KYSO_CLOSE int folder = -1;
    KYSO_CLOSE int fd = -1;

    history_path(store, path);
    fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    folder = open(store->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || folder < 0 || fsync(fd) < 0 || fsync(folder) < 0)
        return failed(store, "cannot write the state folder");
    return 0;
}

static int settle_crashed(struct kyso_store *store)
{
    int r =
        execute(store, "UPDATE attempt SET result = 'unknown-failure' WHERE result = 'intended'");

    if (r == 0 && sqlite3_changes(store->db) > 0)
        kyso_log(KYSO_LOG_WARNING, "store: %d PIN attempt(s) without a result count as failures",
                 sqlite3_changes(store->db));
    return r;
}

/* The journal is written back early and so stays small: on a full disk it is the journal that eats
 * the reserve, not the few bytes of an attempt. */
static int set_up(struct kyso_store *store)
{
    int64_t version;
    bool existed;
    int r = execute(store, "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL;"
                           "PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF;"
                           "PRAGMA cell_size_check = ON; PRAGMA foreign_keys = ON;"
                           "PRAGMA wal_autocheckpoint = 8");

    if (r == 0)
        r = query_number(store, "PRAGMA user_version", &version);
    if (r == 0)
        r = check_integrity(store);
    if (r != 0)
        return r;
    if (version > SCHEMA_VERSION) {
        kyso_log(KYSO_LOG_ERROR, "store: made by a later kyso (version %lld)", (long long)version);
        return KYSO_OUTCOME_STORE_FAILED;
    }
    if (version == 0) {
        existed = has_existed(store);
        if (existed)
            kyso_log(KYSO_LOG_ERROR, "store: the database is gone: PIN history is lost");
        r = create(store, existed);
    }
    if (r == 0)
        r = mark_existence(store);
    return r == 0 ? settle_crashed(store) : r;
}

int kyso_store_open(const char *folder, struct kyso_store **ret_store)
{
    struct kyso_store *store = calloc(1, sizeof(*store));
    char path[PATH_MAX];
    int r;

    if (store == NULL)
        return kyso_trace(-ENOMEM);
    (void)snprintf(store->folder, sizeof(store->folder), "%s", folder);
    (void)snprintf(path, sizeof(path), "%.4000s/state.db", store->folder);
    make_reserve(store);
    if (sqlite3_open_v2(path, &store->db,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOFOLLOW,
                        NULL) != SQLITE_OK)
        r = failed(store, "open");
    else
        r = set_up(store);
    if (r != 0) {
        (void)kyso_store_free(store);
        return r;
    }
    *ret_store = store;
    return 0;
}

struct kyso_store *kyso_store_free(struct kyso_store *store)
{
    if (store == NULL)
        return NULL;
    (void)sqlite3_close(store->db);
    free(store);
    return NULL;
}

/* ---- attempts ---- */

static uint32_t column_flags(sqlite3_stmt *statement, int column)
{
    return sqlite3_column_type(statement, column) == SQLITE_NULL
               ? UINT32_MAX
               : (uint32_t)sqlite3_column_int64(statement, column);
}

static int column_tries(sqlite3_stmt *statement, int column)
{
    return sqlite3_column_type(statement, column) == SQLITE_NULL
               ? -1
               : sqlite3_column_int(statement, column);
}

static int read_failures(struct kyso_store *store, const char *token,
                         struct kyso_pin_record *record)
{
    STATEMENT *statement = NULL;
    int r = prepare(
        store,
        "SELECT at, flags, tries, result = 'intended' FROM attempt WHERE token = ?1 AND id >"
        " coalesce((SELECT max(id) FROM attempt WHERE token = ?1 AND"
        " result IN ('success', 'reset')), 0)"
        " AND result IN ('failure', 'unknown-failure', 'intended') ORDER BY id",
        &statement);

    if (r != 0)
        return r;
    bind_text(statement, 1, token);
    while ((r = sqlite3_step(statement)) == SQLITE_ROW) {
        if (record->n_times == KYSO_ATTEMPT_TIMES) {
            record->n_times--;
            memmove(record->times, record->times + 1, record->n_times * sizeof(record->times[0]));
        }
        record->times[record->n_times++] = (uint64_t)sqlite3_column_int64(statement, 0);
        record->failures++;
        if (sqlite3_column_int(statement, 3) != 0)
            continue; /* not settled: it has no flags yet, those of the one before still count */
        record->flags = column_flags(statement, 1);
        record->tries = column_tries(statement, 2);
    }
    return r == SQLITE_DONE ? 0 : failed(store, "read attempts");
}

int kyso_store_pin_record(struct kyso_store *store, const char *token,
                          struct kyso_pin_record *ret_record)
{
    struct kyso_pin_record record = {.flags = UINT32_MAX, .tries = -1};
    STATEMENT *statement = NULL;
    int r = read_failures(store, token, &record);

    if (r == 0)
        r = prepare(store,
                    "SELECT (SELECT count(*) FROM meta WHERE key = 'history-lost') AND NOT EXISTS"
                    " (SELECT 1 FROM attempt WHERE token = ?1 AND result IN ('success', 'reset')),"
                    " locked.token IS NOT NULL, locked.flags, locked.tries"
                    " FROM (SELECT 1) LEFT JOIN locked ON locked.token = ?1",
                    &statement);
    if (r != 0)
        return r;
    bind_text(statement, 1, token);
    if (sqlite3_step(statement) != SQLITE_ROW)
        return failed(store, "read state");
    record.history_lost = sqlite3_column_int(statement, 0) != 0;
    record.locked = sqlite3_column_int(statement, 1) != 0;
    if (record.locked) {
        record.flags = column_flags(statement, 2);
        record.tries = column_tries(statement, 3);
    }
    *ret_record = record;
    return 0;
}

static int insert_attempt(struct kyso_store *store, const char *token, uint64_t at,
                          enum kyso_attempt result)
{
    STATEMENT *statement = NULL;
    int r =
        prepare(store, "INSERT INTO attempt (token, at, result) VALUES (?1, ?2, ?3)", &statement);

    if (r != 0)
        return r;
    bind_text(statement, 1, token);
    (void)sqlite3_bind_int64(statement, 2, (sqlite3_int64)at);
    bind_text(statement, 3, ATTEMPT_WORDS[result]);
    return run(store, statement);
}

int kyso_store_charge(struct kyso_store *store, const char *token, uint64_t at,
                      int64_t *ret_attempt)
{
    int r = insert_attempt(store, token, at, KYSO_ATTEMPT_INTENDED);

    if (r == 0)
        *ret_attempt = sqlite3_last_insert_rowid(store->db);
    return r;
}

static void bind_state(sqlite3_stmt *statement, int index, uint32_t flags, int tries)
{
    if (flags != UINT32_MAX)
        (void)sqlite3_bind_int64(statement, index, flags);
    if (tries >= 0)
        (void)sqlite3_bind_int(statement, index + 1, tries);
}

int kyso_store_set_locked(struct kyso_store *store, const char *token, uint32_t flags, int tries)
{
    STATEMENT *statement = NULL;
    int r = prepare(store, "INSERT OR REPLACE INTO locked VALUES (?1, ?2, ?3)", &statement);

    if (r != 0)
        return r;
    bind_text(statement, 1, token);
    bind_state(statement, 2, flags, tries);
    return run(store, statement);
}

static int clear_locked(struct kyso_store *store, const char *token)
{
    STATEMENT *statement = NULL;
    int r = prepare(store, "DELETE FROM locked WHERE token = ?1", &statement);

    if (r != 0)
        return r;
    bind_text(statement, 1, token);
    return run(store, statement);
}

static int token_of(struct kyso_store *store, int64_t attempt, char **ret_token)
{
    STATEMENT *statement = NULL;
    int r = prepare(store, "SELECT token FROM attempt WHERE id = ?1", &statement);

    if (r != 0)
        return r;
    (void)sqlite3_bind_int64(statement, 1, attempt);
    if (sqlite3_step(statement) != SQLITE_ROW)
        return failed(store, "no such attempt");
    *ret_token = strdup((const char *)sqlite3_column_text(statement, 0));
    return *ret_token != NULL ? 0 : kyso_trace(-ENOMEM);
}

/* The reset is found out after the attempt was recorded; the attempt moves behind it. */
static int reset_before(struct kyso_store *store, const char *token, int64_t *attempt)
{
    STATEMENT *statement = NULL;
    int64_t behind;
    int r = insert_attempt(store, token, (uint64_t)time(NULL), KYSO_ATTEMPT_RESET);

    behind = sqlite3_last_insert_rowid(store->db) + 1;
    if (r == 0)
        r = prepare(store, "UPDATE attempt SET id = ?2 WHERE id = ?1", &statement);
    if (r != 0)
        return r;
    (void)sqlite3_bind_int64(statement, 1, *attempt);
    (void)sqlite3_bind_int64(statement, 2, behind);
    *attempt = behind;
    return run(store, statement);
}

static int settle_row(struct kyso_store *store, int64_t attempt,
                      const struct kyso_settlement *settlement)
{
    STATEMENT *statement = NULL;
    int r = prepare(store, "UPDATE attempt SET result = ?2, flags = ?3, tries = ?4 WHERE id = ?1",
                    &statement);

    if (r != 0)
        return r;
    (void)sqlite3_bind_int64(statement, 1, attempt);
    bind_text(statement, 2, ATTEMPT_WORDS[settlement->result]);
    bind_state(statement, 3, settlement->flags, settlement->tries);
    return run(store, statement);
}

static int end_transaction(struct kyso_store *store, int r)
{
    if (r == 0)
        r = execute(store, "COMMIT");
    if (r != 0 && sqlite3_get_autocommit(store->db) == 0)
        (void)sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    return r;
}

static int settle_once(struct kyso_store *store, int64_t attempt,
                       const struct kyso_settlement *settlement)
{
    KYSO_FREE char *token = NULL;
    int r = execute(store, "BEGIN IMMEDIATE");

    if (r == 0)
        r = token_of(store, attempt, &token);
    if (r == 0 && settlement->reset_before)
        r = reset_before(store, token, &attempt);
    if (r == 0)
        r = settle_row(store, attempt, settlement);
    if (r == 0)
        r = settlement->locked
                ? kyso_store_set_locked(store, token, settlement->flags, settlement->tries)
                : clear_locked(store, token);
    return end_transaction(store, r);
}

int kyso_store_settle(struct kyso_store *store, int64_t attempt,
                      const struct kyso_settlement *settlement)
{
    int r = settle_once(store, attempt, settlement);

    if (r == KYSO_OUTCOME_STORE_FAILED && store->full && spend_reserve(store))
        r = settle_once(store, attempt, settlement);
    return r;
}

int kyso_store_reset(struct kyso_store *store, const char *token, uint64_t at, bool locked)
{
    int r = execute(store, "BEGIN IMMEDIATE");

    if (r == 0)
        r = insert_attempt(store, token, at, KYSO_ATTEMPT_RESET);
    if (r == 0 && !locked)
        r = clear_locked(store, token);
    return end_transaction(store, r);
}

/* ---- inventory ---- */

static int save_token_row(struct kyso_store *store, const struct kyso_store_token *token)
{
    STATEMENT *statement = NULL;
    int r = prepare(store, "INSERT OR REPLACE INTO token VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                    &statement);

    if (r != 0)
        return r;
    bind_text(statement, 1, token->key);
    bind_text(statement, 2, token->serial);
    bind_text(statement, 3, token->manufacturer);
    bind_text(statement, 4, token->model);
    bind_text(statement, 5, token->label);
    bind_text(statement, 6, token->module);
    (void)sqlite3_bind_int64(statement, 7, (sqlite3_int64)token->last_seen);
    return run(store, statement);
}

static int save_certificate(struct kyso_store *store,
                            const struct kyso_store_certificate *certificate)
{
    STATEMENT *statement = NULL;
    int r = prepare(store, "INSERT OR REPLACE INTO certificate VALUES (?1, ?2, ?3, ?4, ?5)",
                    &statement);

    if (r != 0)
        return r;
    (void)sqlite3_bind_blob(statement, 1, certificate->sha256, 32, SQLITE_TRANSIENT);
    bind_text(statement, 2, certificate->token);
    (void)sqlite3_bind_blob64(statement, 3, certificate->der, certificate->der_length,
                              SQLITE_TRANSIENT);
    (void)sqlite3_bind_int(statement, 4, certificate->has_key);
    (void)sqlite3_bind_int(statement, 5, certificate->always_authenticate);
    return run(store, statement);
}

int kyso_store_save_token(struct kyso_store *store, const struct kyso_store_token *token,
                          const struct kyso_store_certificate *certificates, size_t n)
{
    int r = execute(store, "BEGIN IMMEDIATE");

    if (r == 0)
        r = save_token_row(store, token);
    for (size_t i = 0; r == 0 && i < n; i++)
        r = save_certificate(store, &certificates[i]);
    return end_transaction(store, r);
}

int kyso_store_each_token(struct kyso_store *store,
                          int (*fn)(void *data, const struct kyso_store_token *token), void *data)
{
    STATEMENT *statement = NULL;
    int r = prepare(store,
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
    return r == SQLITE_DONE ? 0 : failed(store, "read tokens");
}

int kyso_store_each_certificate(struct kyso_store *store,
                                int (*fn)(void *data,
                                          const struct kyso_store_certificate *certificate),
                                void *data)
{
    STATEMENT *statement = NULL;
    int r = prepare(store,
                    "SELECT sha256, token, der, has_key, always_authenticate FROM certificate"
                    " WHERE length(sha256) = 32 ORDER BY sha256",
                    &statement);

    if (r != 0)
        return r;
    while ((r = sqlite3_step(statement)) == SQLITE_ROW) {
        struct kyso_store_certificate certificate = {
            .sha256 = sqlite3_column_blob(statement, 0),
            .token = (const char *)sqlite3_column_text(statement, 1),
            .der = sqlite3_column_blob(statement, 2),
            .der_length = (size_t)sqlite3_column_bytes(statement, 2),
            .has_key = sqlite3_column_int(statement, 3) != 0,
            .always_authenticate = sqlite3_column_int(statement, 4) != 0,
        };
        int result = fn(data, &certificate);

        if (result != 0)
            return result;
    }
    return r == SQLITE_DONE ? 0 : failed(store, "read certificates");
}
