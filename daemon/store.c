/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/store.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "common/error.h"
#include "common/log.h"
#include "common/outcome.h"
#include "daemon/store-sql.h"

#define RESERVE_BYTES                                                                              \
    (128 << 10) /* given back on a full disk so that attempts are still counted                    \
                 */

static const char META_SCHEMA[] =
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;";

/* What each version added; a database of version N has had the first N lists. */
static const char *const VERSION_1[] = {META_SCHEMA, KYSO_STORE_INVENTORY_SCHEMA,
                                        KYSO_STORE_PIN_SCHEMA, NULL};
static const char *const VERSION_2[] = {
    KYSO_STORE_AUDIT_SCHEMA,    KYSO_STORE_HOLDING_SCHEMA,  KYSO_STORE_ROSTER_SCHEMA,
    KYSO_STORE_DEADLINE_SCHEMA, KYSO_STORE_DOCUMENT_SCHEMA, KYSO_STORE_SETTING_SCHEMA,
    KYSO_STORE_RELEASE_SCHEMA,  KYSO_STORE_RECOVERY_SCHEMA, NULL};
static const char *const VERSION_3[] = {KYSO_STORE_HOLDING_KEY_SCHEMA, KYSO_STORE_SEALING_SCHEMA,
                                        NULL};
static const char *const *const VERSIONS[] = {VERSION_1, VERSION_2, VERSION_3};
#define SCHEMA_VERSION KYSO_ARRAY_LEN(VERSIONS)

struct kyso_store {
    sqlite3 *db;
    char folder[PATH_MAX];
    bool reserve_spent, full; /* FULL: why the last call failed */
    unsigned int depth;       /* of transactions within each other */
    int result;               /* of the outermost one, so far */
    void (*committed)(void *data);
    void *committed_data;
};

int kyso_store_failed(struct kyso_store *store, const char *what)
{
    store->full = store->db != NULL && sqlite3_errcode(store->db) == SQLITE_FULL;
    kyso_log(KYSO_LOG_ERROR, "store: %s: %s", what,
             store->db != NULL ? sqlite3_errmsg(store->db) : "not open");
    return KYSO_OUTCOME_STORE_FAILED;
}

void kyso_store_finalize(sqlite3_stmt **statement)
{
    (void)sqlite3_finalize(*statement);
    *statement = NULL;
}

int kyso_store_execute(struct kyso_store *store, const char *sql)
{
    return sqlite3_exec(store->db, sql, NULL, NULL, NULL) == SQLITE_OK
               ? 0
               : kyso_store_failed(store, sql);
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

/* On a full disk the reserve is given up, once, for one more try. */
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

int kyso_store_run(struct kyso_store *store, sqlite3_stmt *statement)
{
    return sqlite3_step(statement) == SQLITE_DONE ? 0 : kyso_store_failed(store, "write");
}

int kyso_store_prepare(struct kyso_store *store, const char *sql, sqlite3_stmt **ret_statement)
{
    return sqlite3_prepare_v2(store->db, sql, -1, ret_statement, NULL) == SQLITE_OK
               ? 0
               : kyso_store_failed(store, sql);
}

int64_t kyso_store_last_id(struct kyso_store *store)
{
    return sqlite3_last_insert_rowid(store->db);
}

int kyso_store_changes(struct kyso_store *store)
{
    return sqlite3_changes(store->db);
}

void kyso_store_bind_text(sqlite3_stmt *statement, int index, const char *text)
{
    (void)sqlite3_bind_text(statement, index, text, -1, SQLITE_TRANSIENT);
}

const char *kyso_store_text(sqlite3_stmt *statement, int column)
{
    const char *text = (const char *)sqlite3_column_text(statement, column);

    return text != NULL ? text : "";
}

/* ---- transactions ---- */

int kyso_store_begin(struct kyso_store *store)
{
    if (store->depth++ == 0)
        store->result = kyso_store_execute(store, "BEGIN IMMEDIATE");
    return store->result;
}

int kyso_store_end(struct kyso_store *store, int result)
{
    int r;

    if (store->result == 0)
        store->result = result;
    r = store->result;
    if (--store->depth > 0)
        return r;
    if (r == 0)
        r = kyso_store_execute(store, "COMMIT");
    if (r != 0 && sqlite3_get_autocommit(store->db) == 0)
        (void)sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    if (r == 0 && store->committed != NULL)
        store->committed(store->committed_data);
    return r;
}

int kyso_store_transact(struct kyso_store *store, int (*fn)(struct kyso_store *store, void *data),
                        void *data)
{
    int r;

    do {
        r = kyso_store_begin(store);
        if (r == 0)
            r = fn(store, data);
        r = kyso_store_end(store, r);
    } while (r == KYSO_OUTCOME_STORE_FAILED && store->full && store->depth == 0 &&
             spend_reserve(store));
    return r;
}

int kyso_store_forget(struct kyso_store *store)
{
    return sqlite3_wal_checkpoint_v2(store->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL) ==
                   SQLITE_OK
               ? 0
               : kyso_store_failed(store, "empty the journal");
}

void kyso_store_on_commit(struct kyso_store *store, void (*fn)(void *data), void *data)
{
    store->committed = fn;
    store->committed_data = data;
}

/* ---- opening ---- */

static int query_number(struct kyso_store *store, const char *sql, int64_t *ret_number)
{
    KYSO_STATEMENT *statement = NULL;
    int r = kyso_store_prepare(store, sql, &statement);

    if (r != 0)
        return r;
    if (sqlite3_step(statement) != SQLITE_ROW)
        return kyso_store_failed(store, sql);
    *ret_number = sqlite3_column_int64(statement, 0);
    return 0;
}

static int check_table(struct kyso_store *store, const char *table)
{
    KYSO_STATEMENT *statement = NULL;
    const char *answer;
    char sql[128];
    int r;

    (void)snprintf(sql, sizeof(sql), "PRAGMA integrity_check('%.64s')", table);
    r = kyso_store_prepare(store, sql, &statement);
    if (r != 0)
        return r;
    if (sqlite3_step(statement) != SQLITE_ROW)
        return kyso_store_failed(store, "integrity check");
    answer = kyso_store_text(statement, 0);
    if (strcmp(answer, "ok") != 0) {
        kyso_log(KYSO_LOG_ERROR, "store: the table %s is damaged: %s", table, answer);
        return KYSO_OUTCOME_STORE_FAILED;
    }
    return 0;
}

/* A start must not wait for what grows with every signature: the audit log, which has a chain of
 * its own and is checked when somebody asks (daemon/audit.h), and the lists of documents and of
 * what was sealed. */
static int check_integrity(struct kyso_store *store)
{
    KYSO_STATEMENT *statement = NULL;
    int r = kyso_store_prepare(store,
                               "SELECT name FROM sqlite_schema WHERE type = 'table'"
                               " AND name NOT IN ('audit', 'document', 'sealing')"
                               " UNION ALL SELECT 'sqlite_schema'",
                               &statement);
    int step = SQLITE_DONE;

    while (r == 0 && (step = sqlite3_step(statement)) == SQLITE_ROW)
        r = check_table(store, kyso_store_text(statement, 0));
    if (r == 0 && step != SQLITE_DONE)
        r = kyso_store_failed(store, "integrity check");
    return r;
}

static int set_version(struct kyso_store *store, size_t version)
{
    char sql[48];

    (void)snprintf(sql, sizeof(sql), "PRAGMA user_version = %zu", version);
    return kyso_store_execute(store, sql);
}

/* Takes a database from VERSION (0: empty) to ours; all or nothing. */
static int migrate(struct kyso_store *store, size_t version, bool lost)
{
    int r = kyso_store_begin(store);

    for (size_t v = version; r == 0 && v < SCHEMA_VERSION; v++) {
        for (size_t i = 0; r == 0 && VERSIONS[v][i] != NULL; i++)
            r = kyso_store_execute(store, VERSIONS[v][i]);
    }
    if (r == 0 && lost)
        r = kyso_store_execute(store, "INSERT INTO meta VALUES ('history-lost', unixepoch())");
    if (r == 0)
        r = set_version(store, SCHEMA_VERSION);
    return kyso_store_end(store, r);
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
        return kyso_store_failed(store, "cannot write the state folder");
    return 0;
}

/* The journal is written back early and so stays small: on a full disk it is the journal that eats
 * the reserve, not the few bytes of an attempt. */
static int set_up(struct kyso_store *store)
{
    int64_t version;
    bool lost = false;
    int r = kyso_store_execute(store, "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL;"
                                      "PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF;"
                                      "PRAGMA secure_delete = ON;"
                                      "PRAGMA cell_size_check = ON; PRAGMA foreign_keys = ON;"
                                      "PRAGMA wal_autocheckpoint = 8");

    if (r == 0)
        r = query_number(store, "PRAGMA user_version", &version);
    if (r == 0)
        r = check_integrity(store);
    if (r != 0)
        return r;
    if (version < 0 || (uint64_t)version > SCHEMA_VERSION) {
        kyso_log(KYSO_LOG_ERROR, "store: made by a later kyso (version %lld)", (long long)version);
        return KYSO_OUTCOME_STORE_FAILED;
    }
    if (version == 0) {
        lost = has_existed(store);
        if (lost)
            kyso_log(KYSO_LOG_ERROR, "store: the database is gone: PIN history is lost");
    }
    if ((uint64_t)version < SCHEMA_VERSION)
        r = migrate(store, (size_t)version, lost);
    if (r == 0)
        r = mark_existence(store);
    return r;
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
        r = kyso_store_failed(store, "open");
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
