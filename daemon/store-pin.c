/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* PIN attempts: what was tried on each token, and which are locked. */

#include <errno.h>
#include <string.h>
#include <time.h>

#include "common/error.h"
#include "common/log.h"
#include "common/outcome.h"
#include "daemon/store-sql.h"

/* One list for the words in the database and the enum. */
static const char *const ATTEMPT_WORDS[] = {"intended",        "success",  "failure",
                                            "unknown-failure", "not-made", "reset"};

const char KYSO_STORE_PIN_SCHEMA[] =
    "CREATE TABLE attempt (id INTEGER PRIMARY KEY AUTOINCREMENT, token TEXT NOT NULL,"
    " at INTEGER NOT NULL, result TEXT NOT NULL, flags INTEGER, tries INTEGER) STRICT;"
    "CREATE INDEX attempt_token ON attempt (token, id);"
    "CREATE TABLE locked (token TEXT PRIMARY KEY, flags INTEGER, tries INTEGER) STRICT;";

/* ---- after a crash ---- */

struct crashed {
    kyso_store_crashed_fn *fn;
    void *data;
    uint32_t n;
};

/* The oldest attempt without a result; *RET_TOKEN stays null when there is none. */
static int find_crashed(struct kyso_store *store, int64_t *ret_attempt, char **ret_token)
{
    KYSO_STATEMENT *statement = NULL;
    int r = kyso_store_prepare(
        store, "SELECT id, token FROM attempt WHERE result = 'intended' ORDER BY id LIMIT 1",
        &statement);

    if (r != 0)
        return r;
    r = sqlite3_step(statement);
    if (r == SQLITE_DONE)
        return 0;
    if (r != SQLITE_ROW)
        return kyso_store_failed(store, "read attempts");
    *ret_attempt = sqlite3_column_int64(statement, 0);
    *ret_token = strdup(kyso_store_text(statement, 1));
    return *ret_token != NULL ? 0 : kyso_trace(-ENOMEM);
}

static int settle_crashed(struct kyso_store *store, void *data)
{
    struct crashed *crashed = data;
    int r = 0;

    while (r == 0) {
        KYSO_STATEMENT *statement = NULL;
        KYSO_FREE char *token = NULL;
        int64_t attempt = 0;

        r = find_crashed(store, &attempt, &token);
        if (r != 0 || token == NULL)
            return r;
        r = kyso_store_prepare(store, "UPDATE attempt SET result = 'unknown-failure' WHERE id = ?1",
                               &statement);
        if (r != 0)
            return r;
        (void)sqlite3_bind_int64(statement, 1, attempt);
        r = kyso_store_run(store, statement);
        if (r == 0)
            r = crashed->fn(crashed->data, token);
        crashed->n++;
    }
    return r;
}

int kyso_store_settle_crashed(struct kyso_store *store, kyso_store_crashed_fn *fn, void *data)
{
    struct crashed crashed = {fn, data, 0};
    int r = kyso_store_transact(store, settle_crashed, &crashed);

    if (r == 0 && crashed.n > 0)
        kyso_log(KYSO_LOG_WARNING, "store: %u PIN attempt(s) without a result count as failures",
                 crashed.n);
    return r;
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
    KYSO_STATEMENT *statement = NULL;
    int r = kyso_store_prepare(
        store,
        "SELECT at, flags, tries, result = 'intended' FROM attempt WHERE token = ?1 AND id >"
        " coalesce((SELECT max(id) FROM attempt WHERE token = ?1 AND"
        " result IN ('success', 'reset')), 0)"
        " AND result IN ('failure', 'unknown-failure', 'intended') ORDER BY id",
        &statement);

    if (r != 0)
        return r;
    kyso_store_bind_text(statement, 1, token);
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
    return r == SQLITE_DONE ? 0 : kyso_store_failed(store, "read attempts");
}

int kyso_store_pin_record(struct kyso_store *store, const char *token,
                          struct kyso_pin_record *ret_record)
{
    struct kyso_pin_record record = {.flags = UINT32_MAX, .tries = -1};
    KYSO_STATEMENT *statement = NULL;
    int r = read_failures(store, token, &record);

    if (r == 0)
        r = kyso_store_prepare(
            store,
            "SELECT (SELECT count(*) FROM meta WHERE key = 'history-lost') AND NOT EXISTS"
            " (SELECT 1 FROM attempt WHERE token = ?1 AND result IN ('success', 'reset')),"
            " locked.token IS NOT NULL, locked.flags, locked.tries"
            " FROM (SELECT 1) LEFT JOIN locked ON locked.token = ?1",
            &statement);
    if (r != 0)
        return r;
    kyso_store_bind_text(statement, 1, token);
    if (sqlite3_step(statement) != SQLITE_ROW)
        return kyso_store_failed(store, "read state");
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
    KYSO_STATEMENT *statement = NULL;
    int r = kyso_store_prepare(store, "INSERT INTO attempt (token, at, result) VALUES (?1, ?2, ?3)",
                               &statement);

    if (r != 0)
        return r;
    kyso_store_bind_text(statement, 1, token);
    (void)sqlite3_bind_int64(statement, 2, (sqlite3_int64)at);
    kyso_store_bind_text(statement, 3, ATTEMPT_WORDS[result]);
    return kyso_store_run(store, statement);
}

struct charging {
    const char *token;
    uint64_t at;
};

static int charge(struct kyso_store *store, void *data)
{
    const struct charging *charging = data;

    return insert_attempt(store, charging->token, charging->at, KYSO_ATTEMPT_INTENDED);
}

int kyso_store_charge(struct kyso_store *store, const char *token, uint64_t at,
                      int64_t *ret_attempt)
{
    struct charging charging = {token, at};
    int r = kyso_store_transact(store, charge, &charging);

    if (r == 0)
        *ret_attempt = kyso_store_last_id(store);
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
    KYSO_STATEMENT *statement = NULL;
    int r =
        kyso_store_prepare(store, "INSERT OR REPLACE INTO locked VALUES (?1, ?2, ?3)", &statement);

    if (r != 0)
        return r;
    kyso_store_bind_text(statement, 1, token);
    bind_state(statement, 2, flags, tries);
    return kyso_store_run(store, statement);
}

static int clear_locked(struct kyso_store *store, const char *token)
{
    KYSO_STATEMENT *statement = NULL;
    int r = kyso_store_prepare(store, "DELETE FROM locked WHERE token = ?1", &statement);

    if (r != 0)
        return r;
    kyso_store_bind_text(statement, 1, token);
    return kyso_store_run(store, statement);
}

static int token_of(struct kyso_store *store, int64_t attempt, char **ret_token)
{
    KYSO_STATEMENT *statement = NULL;
    int r = kyso_store_prepare(store, "SELECT token FROM attempt WHERE id = ?1", &statement);

    if (r != 0)
        return r;
    (void)sqlite3_bind_int64(statement, 1, attempt);
    if (sqlite3_step(statement) != SQLITE_ROW)
        return kyso_store_failed(store, "no such attempt");
    *ret_token = strdup((const char *)sqlite3_column_text(statement, 0));
    return *ret_token != NULL ? 0 : kyso_trace(-ENOMEM);
}

/* The reset is found out after the attempt was recorded; the attempt moves behind it. */
static int reset_before(struct kyso_store *store, const char *token, int64_t *attempt)
{
    KYSO_STATEMENT *statement = NULL;
    int64_t behind;
    int r = insert_attempt(store, token, (uint64_t)time(NULL), KYSO_ATTEMPT_RESET);

    behind = kyso_store_last_id(store) + 1;
    if (r == 0)
        r = kyso_store_prepare(store, "UPDATE attempt SET id = ?2 WHERE id = ?1", &statement);
    if (r != 0)
        return r;
    (void)sqlite3_bind_int64(statement, 1, *attempt);
    (void)sqlite3_bind_int64(statement, 2, behind);
    *attempt = behind;
    return kyso_store_run(store, statement);
}

static int settle_row(struct kyso_store *store, int64_t attempt,
                      const struct kyso_settlement *settlement)
{
    KYSO_STATEMENT *statement = NULL;
    int r = kyso_store_prepare(
        store, "UPDATE attempt SET result = ?2, flags = ?3, tries = ?4 WHERE id = ?1", &statement);

    if (r != 0)
        return r;
    (void)sqlite3_bind_int64(statement, 1, attempt);
    kyso_store_bind_text(statement, 2, ATTEMPT_WORDS[settlement->result]);
    bind_state(statement, 3, settlement->flags, settlement->tries);
    return kyso_store_run(store, statement);
}

struct settling {
    int64_t attempt;
    const struct kyso_settlement *settlement;
};

static int settle(struct kyso_store *store, void *data)
{
    const struct settling *settling = data;
    const struct kyso_settlement *settlement = settling->settlement;
    int64_t attempt = settling->attempt;
    KYSO_FREE char *token = NULL;
    int r = token_of(store, attempt, &token);

    if (r == 0 && settlement->reset_before)
        r = reset_before(store, token, &attempt);
    if (r == 0)
        r = settle_row(store, attempt, settlement);
    if (r != 0)
        return r;
    return settlement->locked
               ? kyso_store_set_locked(store, token, settlement->flags, settlement->tries)
               : clear_locked(store, token);
}

int kyso_store_settle(struct kyso_store *store, int64_t attempt,
                      const struct kyso_settlement *settlement)
{
    struct settling settling = {attempt, settlement};

    return kyso_store_transact(store, settle, &settling);
}

int kyso_store_reset(struct kyso_store *store, const char *token, uint64_t at, bool locked)
{
    int r = kyso_store_begin(store);

    if (r == 0)
        r = insert_attempt(store, token, at, KYSO_ATTEMPT_RESET);
    if (r == 0 && !locked)
        r = clear_locked(store, token);
    return kyso_store_end(store, r);
}

static int query_attempts(struct kyso_store *store, const char *sql, const char *token,
                          int64_t after, int64_t *ret_number)
{
    KYSO_STATEMENT *statement = NULL;
    int r = kyso_store_prepare(store, sql, &statement);

    if (r != 0)
        return r;
    kyso_store_bind_text(statement, 1, token);
    (void)sqlite3_bind_int64(statement, 2, after);
    if (sqlite3_step(statement) != SQLITE_ROW)
        return kyso_store_failed(store, "read attempts");
    *ret_number = sqlite3_column_int64(statement, 0);
    return 0;
}

int kyso_store_newest_attempt(struct kyso_store *store, const char *token, int64_t *ret_attempt)
{
    return query_attempts(store,
                          "SELECT coalesce(max(id), 0) FROM attempt WHERE token = ?1 AND id > ?2",
                          token, 0, ret_attempt);
}

int kyso_store_succeeded_after(struct kyso_store *store, const char *token, int64_t after,
                               bool *ret_succeeded)
{
    int64_t successes;
    int r = query_attempts(store,
                           "SELECT count(*) FROM attempt WHERE token = ?1 AND id > ?2"
                           " AND result = 'success'",
                           token, after, &successes);

    if (r == 0)
        *ret_succeeded = successes > 0;
    return r;
}
