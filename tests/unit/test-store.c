/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The record of PIN attempts: kept over a restart, never silently lost, never read when damaged. */

#include "tests/unit/unit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "common/outcome.h"
#include "daemon/store-audit.h"
#include "daemon/store-deadline.h"
#include "daemon/store-document.h"
#include "daemon/store-sql.h"

struct bench {
    char folder[32];
    struct kyso_store *store;
};

static void path_of(const struct bench *bench, const char *name, char path[64])
{
    (void)snprintf(path, 64, "%s/%s", bench->folder, name);
}

static int set_up(void **state)
{
    static struct bench bench;

    (void)snprintf(bench.folder, sizeof(bench.folder), "/tmp/kyso-store-XXXXXX");
    bench.store = NULL;
    assert_non_null(mkdtemp(bench.folder));
    assert_int_equal(kyso_store_open(bench.folder, &bench.store), 0);
    *state = &bench;
    return 0;
}

static int tear_down(void **state)
{
    static const char *const NAMES[] = {"state.db",         "state.db-wal", "state.db-shm",
                                        "state.db-journal", "history",      "reserve"};
    struct bench *bench = *state;
    char path[64];

    bench->store = kyso_store_free(bench->store);
    for (size_t i = 0; i < KYSO_ARRAY_LEN(NAMES); i++) {
        path_of(bench, NAMES[i], path);
        (void)unlink(path);
    }
    return rmdir(bench->folder);
}

static void reopen(struct bench *bench)
{
    bench->store = kyso_store_free(bench->store);
    assert_int_equal(kyso_store_open(bench->folder, &bench->store), 0);
}

static int64_t charge(struct bench *bench, const char *token, uint64_t at)
{
    int64_t attempt = 0;

    assert_int_equal(kyso_store_charge(bench->store, token, at, &attempt), 0);
    return attempt;
}

static void attempt(struct bench *bench, const char *token, struct kyso_settlement settlement)
{
    assert_int_equal(kyso_store_settle(bench->store, charge(bench, token, 1), &settlement), 0);
}

static struct kyso_pin_record record_of(struct bench *bench, const char *token)
{
    struct kyso_pin_record record;

    assert_int_equal(kyso_store_pin_record(bench->store, token, &record), 0);
    return record;
}

#define FAILURE(f, t)                                                                              \
    ((struct kyso_settlement){.result = KYSO_ATTEMPT_FAILURE, .flags = (f), .tries = (t)})
#define RESULT(r) ((struct kyso_settlement){.result = (r), .flags = UINT32_MAX, .tries = -1})

static void test_new_store_knows_nothing(void **state)
{
    struct kyso_pin_record record = record_of(*state, "a");

    assert_int_equal(record.failures, 0);
    assert_int_equal(record.n_times, 0);
    assert_false(record.locked);
    assert_false(record.history_lost);
    assert_int_equal(record.flags, UINT32_MAX);
    assert_int_equal(record.tries, -1);
}

static void test_failures_are_kept(void **state)
{
    struct bench *bench = *state;
    struct kyso_pin_record record;

    attempt(bench, "a", FAILURE(1, 2));
    attempt(bench, "a", FAILURE(3, 1));
    attempt(bench, "b", RESULT(KYSO_ATTEMPT_UNKNOWN_FAILURE));
    for (int round = 0; round < 2; round++) {
        record = record_of(bench, "a");
        assert_int_equal(record.failures, 2);
        assert_int_equal(record.flags, 3);
        assert_int_equal(record.tries, 1);
        assert_false(record.locked);
        record = record_of(bench, "b");
        assert_int_equal(record.failures, 1);
        assert_int_equal(record.flags, UINT32_MAX);
        assert_int_equal(record.tries, -1);
        assert_int_equal(record_of(bench, "c").failures, 0);
        reopen(bench);
    }
}

static void test_what_counts(void **state)
{
    static const struct {
        enum kyso_attempt result;
        uint32_t failures; /* after two failures and this */
    } CASES[] = {
        {KYSO_ATTEMPT_FAILURE, 3},
        {KYSO_ATTEMPT_UNKNOWN_FAILURE, 3},
        {KYSO_ATTEMPT_NOT_MADE, 2},
        {KYSO_ATTEMPT_SUCCESS, 0},
    };
    struct bench *bench = *state;
    size_t right = 0;

    for (size_t i = 0; i < KYSO_ARRAY_LEN(CASES); i++) {
        char token[8];

        (void)snprintf(token, sizeof(token), "t%zu", i);
        attempt(bench, token, FAILURE(1, 2));
        attempt(bench, token, FAILURE(1, 1));
        attempt(bench, token, RESULT(CASES[i].result));
        right += record_of(bench, token).failures == CASES[i].failures;
    }
    UNIT_ALL("results counted rightly", right, KYSO_ARRAY_LEN(CASES));
}

static void test_newest_times_are_at_hand(void **state)
{
    struct bench *bench = *state;
    struct kyso_pin_record record;

    for (uint64_t at = 100; at < 120; at++)
        assert_int_equal(kyso_store_settle(bench->store, charge(bench, "a", at), &FAILURE(1, 2)),
                         0);
    record = record_of(bench, "a");
    assert_int_equal(record.failures, 20);
    assert_int_equal(record.n_times, KYSO_ATTEMPT_TIMES);
    assert_int_equal(record.times[0], 104);
    assert_int_equal(record.times[KYSO_ATTEMPT_TIMES - 1], 119);
}

static int note_crashed(void *data, const char *token)
{
    char *noted = data; /* the tokens' names, one letter each */

    noted[strlen(noted)] = token[0];
    return 0;
}

static int fail_to_note(void *data, const char *token)
{
    (void)data;
    (void)token;
    return -ENOSPC;
}

/* The daemon dies between the record and the answer: nobody knows, so it counts. */
static void test_unsettled_attempt_counts(void **state)
{
    char noted[8] = "";
    struct bench *bench = *state;
    struct kyso_pin_record record;

    attempt(bench, "a", FAILURE(5, 2));
    (void)charge(bench, "a", 2);
    record = record_of(bench, "a");
    assert_int_equal(record.failures, 2);
    assert_int_equal(record.flags, 5); /* still those of the one before */
    assert_int_equal(record.tries, 2);
    (void)charge(bench, "b", 3);
    reopen(bench);
    assert_int_equal(kyso_store_settle_crashed(bench->store, fail_to_note, NULL), -ENOSPC);
    assert_int_equal(record_of(bench, "a").flags, 5); /* a half-noted one stays to be settled */
    assert_int_equal(kyso_store_settle_crashed(bench->store, note_crashed, noted), 0);
    assert_string_equal(noted, "ab");
    record = record_of(bench, "a");
    assert_int_equal(record.failures, 2);
    assert_int_equal(record.flags, UINT32_MAX);
    assert_int_equal(record.tries, -1);
    assert_int_equal(record_of(bench, "b").failures, 1);
    assert_int_equal(kyso_store_settle_crashed(bench->store, note_crashed, noted), 0);
    assert_string_equal(noted, "ab"); /* once each */
}

static void test_lock_and_reset(void **state)
{
    struct bench *bench = *state;
    struct kyso_settlement locking = FAILURE(4, 0);
    struct kyso_pin_record record;

    locking.locked = true;
    attempt(bench, "a", locking);
    reopen(bench);
    record = record_of(bench, "a");
    assert_true(record.locked);
    assert_int_equal(record.flags, 4);
    assert_int_equal(record.tries, 0);
    assert_false(record_of(bench, "b").locked);
    assert_int_equal(kyso_store_reset(bench->store, "a", 3, true), 0);
    record = record_of(bench, "a");
    assert_true(record.locked);
    assert_int_equal(record.failures, 0);
    assert_int_equal(kyso_store_reset(bench->store, "a", 4, false), 0);
    reopen(bench);
    assert_false(record_of(bench, "a").locked);
    assert_int_equal(kyso_store_set_locked(bench->store, "a", 4, 0), 0);
    assert_int_equal(kyso_store_set_locked(bench->store, "a", 6, -1), 0);
    reopen(bench);
    record = record_of(bench, "a");
    assert_true(record.locked);
    assert_int_equal(record.flags, 6);
    assert_int_equal(record.tries, -1);
    attempt(bench, "a", RESULT(KYSO_ATTEMPT_SUCCESS));
    assert_false(record_of(bench, "a").locked);
}

static void test_reset_seen_with_an_attempt(void **state)
{
    struct bench *bench = *state;
    struct kyso_settlement settlement = FAILURE(1, 2);

    for (int i = 0; i < 3; i++)
        attempt(bench, "a", FAILURE(1, 2));
    (void)charge(bench, "b", 1); /* another token's attempts lie between */
    settlement.reset_before = true;
    attempt(bench, "a", settlement);
    (void)charge(bench, "b", 1);
    assert_int_equal(record_of(bench, "a").failures, 1); /* this one alone */
    assert_int_equal(record_of(bench, "b").failures, 2);
    attempt(bench, "a", FAILURE(1, 1));
    reopen(bench);
    assert_int_equal(record_of(bench, "a").failures, 2);
    assert_int_equal(record_of(bench, "b").failures, 2);
}

static void test_no_such_attempt(void **state)
{
    struct bench *bench = *state;

    assert_int_equal(kyso_store_settle(bench->store, 77, &FAILURE(1, 2)),
                     KYSO_OUTCOME_STORE_FAILED);
    attempt(bench, "a", FAILURE(1, 2)); /* and no transaction is left open */
    assert_int_equal(record_of(bench, "a").failures, 1);
}

static void test_lost_database_is_noticed(void **state)
{
    struct bench *bench = *state;
    char path[64];

    attempt(bench, "a", FAILURE(1, 2));
    bench->store = kyso_store_free(bench->store);
    path_of(bench, "state.db", path);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(kyso_store_open(bench->folder, &bench->store), 0);
    assert_true(record_of(bench, "a").history_lost);
    assert_true(record_of(bench, "never seen").history_lost);
    reopen(bench);
    assert_true(record_of(bench, "a").history_lost);
    attempt(bench, "a", FAILURE(1, 2));
    assert_true(record_of(bench, "a").history_lost);
    attempt(bench, "a", RESULT(KYSO_ATTEMPT_SUCCESS)); /* the card's count is full again */
    assert_false(record_of(bench, "a").history_lost);
    assert_true(record_of(bench, "b").history_lost);
}

static int try_open(struct bench *bench)
{
    struct kyso_store *store = NULL;
    int r = kyso_store_open(bench->folder, &store);

    assert_true((store != NULL) == (r == 0));
    (void)kyso_store_free(store);
    return r;
}

/* Whatever is overwritten: either the start is refused or the count is still right. */
static void test_damage_is_refused(void **state)
{
    struct bench *bench = *state;
    size_t safe = 0, refused = 0, all = 0;
    KYSO_FREE uint8_t *good = NULL;
    KYSO_CLOSE int fd = -1;
    struct stat status;
    char path[64];

    for (int i = 0; i < 40; i++)
        attempt(bench, "a", FAILURE(1, 2));
    bench->store = kyso_store_free(bench->store);
    path_of(bench, "state.db", path);
    fd = open(path, O_RDWR | O_CLOEXEC);
    assert_true(fd >= 0 && fstat(fd, &status) == 0);
    good = malloc((size_t)status.st_size);
    assert_int_equal(pread(fd, good, (size_t)status.st_size, 0), status.st_size);
    for (off_t at = 0; at + 64 <= status.st_size; at += 1024, all++) {
        uint8_t noise[64];

        memset(noise, 0xa5, sizeof(noise));
        assert_int_equal(pwrite(fd, good, (size_t)status.st_size, 0), status.st_size);
        assert_int_equal(ftruncate(fd, status.st_size), 0);
        assert_int_equal(pwrite(fd, noise, sizeof(noise), at), sizeof(noise));
        if (kyso_store_open(bench->folder, &bench->store) == 0) {
            safe += record_of(bench, "a").failures >= 40;
            bench->store = kyso_store_free(bench->store);
        } else {
            refused++;
        }
    }
    print_message("# refused %zu\n", refused);
    assert_true(refused > 0);
    UNIT_ALL("damages that lose no count", safe + refused, all);
    assert_int_equal(pwrite(fd, good, (size_t)status.st_size, 0), status.st_size);
    assert_int_equal(ftruncate(fd, status.st_size / 2), 0);
    assert_int_equal(try_open(bench), KYSO_OUTCOME_STORE_FAILED);
    assert_int_equal(ftruncate(fd, 0), 0);
    assert_int_equal(pwrite(fd, "no database at all, but long enough to be looked at", 50, 0), 50);
    assert_int_equal(try_open(bench), KYSO_OUTCOME_STORE_FAILED);
}

static void test_emptied_database_is_a_lost_one(void **state)
{
    struct bench *bench = *state;
    char path[64];

    bench->store = kyso_store_free(bench->store);
    path_of(bench, "state.db", path);
    assert_int_equal(truncate(path, 0), 0);
    assert_int_equal(kyso_store_open(bench->folder, &bench->store), 0);
    assert_true(record_of(bench, "a").history_lost);
}

static int read_number(void *to, int n, char **values, char **names)
{
    (void)n;
    (void)names;
    *(int *)to = atoi(values[0]);
    return 0;
}

/* Reads the version of the closed database and puts VERSION in its place. */
static int exchange_version(struct bench *bench, int version)
{
    sqlite3 *db = NULL;
    char path[64], sql[64];
    int before = -1;

    path_of(bench, "state.db", path);
    (void)snprintf(sql, sizeof(sql), "PRAGMA user_version = %d", version);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "PRAGMA user_version", read_number, &before, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    return before;
}

static void test_later_version_is_refused(void **state)
{
    struct bench *bench = *state;
    int version;

    attempt(bench, "a", FAILURE(1, 2));
    bench->store = kyso_store_free(bench->store);
    version = exchange_version(bench, 1000);
    assert_int_equal(try_open(bench), KYSO_OUTCOME_STORE_FAILED);
    assert_int_equal(exchange_version(bench, version), 1000);
    assert_int_equal(kyso_store_open(bench->folder, &bench->store), 0); /* untouched */
    assert_int_equal(record_of(bench, "a").failures, 1);
}

static int write_holding(void *data, const struct kyso_store_certificate *certificate)
{
    char *text = data, one[64];

    (void)snprintf(one, sizeof(one), "%u:%s:%u:%s ", certificate->sha256[31], certificate->token,
                   (unsigned int)certificate->last_seen,
                   certificate->key == KYSO_TOKEN_KEY_NONE    ? "copy"
                   : certificate->key == KYSO_TOKEN_KEY_SHOWN ? "key"
                                                              : "hidden");
    strncat(text, one, 127 - strlen(text));
    return 0;
}

/* WANTED: "LAST-BYTE:TOKEN:LAST-SEEN:key-or-copy " for each. */
static void assert_holdings(struct bench *bench, const char *wanted)
{
    char text[128] = "";

    assert_int_equal(kyso_store_each_certificate(bench->store, write_holding, text), 0);
    assert_string_equal(text, wanted);
}

/* The database of the first version, as it is on disks: what it holds is kept and the new tables
 * are there. */
static void test_first_version_is_taken_over(void **state)
{
    static const char FIRST[] =
        "CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;"
        "CREATE TABLE token (key TEXT PRIMARY KEY, serial TEXT NOT NULL, manufacturer TEXT NOT "
        "NULL,"
        " model TEXT NOT NULL, label TEXT NOT NULL, module TEXT NOT NULL,"
        " last_seen INTEGER NOT NULL) STRICT;"
        "CREATE TABLE certificate (sha256 BLOB PRIMARY KEY, token TEXT NOT NULL, der BLOB NOT NULL,"
        " has_key INTEGER NOT NULL, always_authenticate INTEGER NOT NULL) STRICT;"
        "CREATE TABLE attempt (id INTEGER PRIMARY KEY AUTOINCREMENT, token TEXT NOT NULL,"
        " at INTEGER NOT NULL, result TEXT NOT NULL, flags INTEGER, tries INTEGER) STRICT;"
        "CREATE INDEX attempt_token ON attempt (token, id);"
        "CREATE TABLE locked (token TEXT PRIMARY KEY, flags INTEGER, tries INTEGER) STRICT;"
        "INSERT INTO attempt (token, at, result) VALUES ('a', 5, 'failure'), ('a', 6, 'intended');"
        "INSERT INTO locked VALUES ('b', 4, 0);"
        "INSERT INTO token VALUES ('a', 's', 'm', 'm', 'l', 'o', 7);"
        "INSERT INTO certificate VALUES (zeroblob(32), 'a', x'640072', 1, 0);"
        "PRAGMA user_version = 1";
    struct bench *bench = *state;
    sqlite3 *db = NULL;
    char path[64];
    uint64_t last = 1;

    bench->store = kyso_store_free(bench->store);
    path_of(bench, "state.db", path);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, FIRST, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    for (int round = 0; round < 2; round++) {
        assert_int_equal(kyso_store_open(bench->folder, &bench->store), 0);
        assert_int_equal(record_of(bench, "a").failures, 2);
        assert_false(record_of(bench, "a").history_lost);
        assert_true(record_of(bench, "b").locked);
        assert_int_equal(kyso_store_audit_last(bench->store, &last), 0);
        assert_int_equal(last, 0);
        assert_holdings(bench, "0:a:7:hidden ");
        bench->store = kyso_store_free(bench->store);
    }
}

static void test_failed_first_start_is_no_loss(void **state)
{
    struct bench *bench = *state;
    sqlite3 *db = NULL;
    char path[64], history[64];

    bench->store = kyso_store_free(bench->store);
    path_of(bench, "state.db", path);
    path_of(bench, "history", history);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(unlink(history), 0);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "CREATE TABLE meta (x)", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    assert_int_equal(try_open(bench), KYSO_OUTCOME_STORE_FAILED);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(kyso_store_open(bench->folder, &bench->store), 0);
    assert_false(record_of(bench, "a").history_lost);
}

static void test_mark_is_looked_after(void **state)
{
    struct bench *bench = *state;
    char path[64], history[64];

    path_of(bench, "state.db", path);
    path_of(bench, "history", history);
    assert_int_equal(unlink(history), 0);
    reopen(bench);
    bench->store = kyso_store_free(bench->store);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(kyso_store_open(bench->folder, &bench->store), 0);
    assert_true(record_of(bench, "a").history_lost);
}

static void test_one_writer(void **state)
{
    struct bench *bench = *state;

    attempt(bench, "a", FAILURE(1, 2));
    assert_int_equal(try_open(bench), KYSO_OUTCOME_STORE_FAILED);
    attempt(bench, "a", FAILURE(1, 2));
    assert_int_equal(record_of(bench, "a").failures, 2);
}

static void test_link_is_not_followed(void **state)
{
    struct bench *bench = *state;
    char path[64];

    bench->store = kyso_store_free(bench->store);
    path_of(bench, "state.db", path);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink("elsewhere.db", path), 0);
    assert_int_equal(try_open(bench), KYSO_OUTCOME_STORE_FAILED);
    path_of(bench, "elsewhere.db", path);
    assert_int_not_equal(access(path, F_OK), 0);
}

struct walk {
    unsigned int tokens, certificates;
    char last[32];
};

static int see_token(void *data, const struct kyso_store_token *token)
{
    struct walk *walk = data;

    walk->tokens++;
    (void)snprintf(walk->last, sizeof(walk->last), "%s", token->label);
    assert_int_equal(token->last_seen, 5);
    return strcmp(token->key, "stop") == 0 ? 9 : 0;
}

static int see_certificate(void *data, const struct kyso_store_certificate *certificate)
{
    struct walk *walk = data;

    walk->certificates++;
    assert_string_equal(certificate->token, "a");
    assert_int_equal(certificate->der_length, 3);
    assert_memory_equal(certificate->der, "d\0r", 3);
    assert_int_equal(certificate->sha256[31], certificate->key == KYSO_TOKEN_KEY_SHOWN ? 1 : 2);
    return 0;
}

static void test_inventory(void **state)
{
    static const uint8_t ONE[32] = {[31] = 1}, TWO[32] = {[31] = 2};
    const struct kyso_store_certificate certificates[] = {
        {ONE, "a", (const uint8_t *)"d\0r", 3, 5, KYSO_TOKEN_KEY_SHOWN},
        {TWO, "a", (const uint8_t *)"d\0r", 3, 5, KYSO_TOKEN_KEY_NONE},
    };
    struct kyso_store_token token = {"a", "serial", "maker", "model", "Thẻ", "module", 5};
    struct bench *bench = *state;
    struct walk walk = {0};

    for (int round = 0; round < 2; round++) /* saved again, it is still one */
        assert_int_equal(kyso_store_save_token(bench->store, &token, certificates, 2), 0);
    reopen(bench);
    assert_int_equal(kyso_store_each_token(bench->store, see_token, &walk), 0);
    assert_int_equal(kyso_store_each_certificate(bench->store, see_certificate, &walk), 0);
    assert_int_equal(walk.tokens, 1);
    assert_int_equal(walk.certificates, 2);
    assert_string_equal(walk.last, "Thẻ");
    token.key = "stop";
    assert_int_equal(kyso_store_save_token(bench->store, &token, NULL, 0), 0);
    assert_int_equal(kyso_store_each_token(bench->store, see_token, &walk), 9);
}

/* Several first signatures of one document lead to it, before and after a start. */
static void test_documents(void **state)
{
    struct bench *bench = *state;
    uint8_t covered[32] = {1}, found[32] = {0};
    const uint8_t first[32] = {7}, second[32] = {8};
    size_t right = 0;

    assert_int_equal(kyso_store_document_find(bench->store, covered, found),
                     KYSO_OUTCOME_NOT_FOUND);
    for (int i = 0; i < 3; i++) {
        covered[31] = (uint8_t)i;
        assert_int_equal(kyso_store_document_add(bench->store, covered, first), 0);
        /* the first word counts */
        assert_int_equal(kyso_store_document_add(bench->store, covered, second), 0);
    }
    reopen(bench);
    for (int i = 0; i < 3; i++) {
        covered[31] = (uint8_t)i;
        assert_int_equal(kyso_store_document_find(bench->store, covered, found), 0);
        right += memcmp(found, first, sizeof(found)) == 0;
    }
    UNIT_ALL("signed copies of one document", right, 3);
    covered[31] = 3;
    assert_int_equal(kyso_store_document_find(bench->store, covered, found),
                     KYSO_OUTCOME_NOT_FOUND);
}

static void test_sealings(void **state)
{
    struct bench *bench = *state;
    const uint8_t one[32] = {1}, other[32] = {[31] = 1};
    bool known = true;

    assert_int_equal(kyso_store_sealing_known(bench->store, one, &known), 0);
    assert_false(known);
    for (int i = 0; i < 2; i++)
        assert_int_equal(kyso_store_sealing_add(bench->store, one), 0);
    reopen(bench);
    assert_int_equal(kyso_store_sealing_known(bench->store, one, &known), 0);
    assert_true(known);
    assert_int_equal(kyso_store_sealing_known(bench->store, other, &known), 0);
    assert_false(known);
}

/* As many reminders as there is room for; then what the full disk left of the reserve. */
static void test_only_attempts_spend_the_reserve(void **state)
{
    struct bench *bench = *state;
    uint8_t certificate[32] = {0};
    char path[64];
    int64_t attempt;
    int r = 0;

    path_of(bench, "reserve", path);
    assert_int_equal(access(path, F_OK), 0);
    assert_int_equal(kyso_store_execute(bench->store, "PRAGMA max_page_count = 1"), 0);
    for (unsigned int call = 0; r == 0 && call < 10000; call++)
        r = kyso_store_reminder_add(bench->store, certificate, call, 1);
    assert_int_equal(r, KYSO_OUTCOME_STORE_FAILED);
    assert_int_equal(access(path, F_OK), 0);
    for (r = 0; r == 0 && access(path, F_OK) == 0;)
        r = kyso_store_charge(bench->store, "token", 1, &attempt);
    assert_int_not_equal(access(path, F_OK), 0);
}

/* One certificate on two tokens, and a token whose certificate is another one by now. */
static void test_no_holding_is_lost(void **state)
{
    static const uint8_t ONE[32] = {[31] = 1}, TWO[32] = {[31] = 2};
    struct kyso_store_certificate one = {ONE, "a", (const uint8_t *)"d",
                                         1,   5,   KYSO_TOKEN_KEY_SHOWN};
    struct kyso_store_certificate two = {TWO, "a", (const uint8_t *)"e",
                                         1,   8,   KYSO_TOKEN_KEY_SHOWN};
    struct kyso_store_token a = {"a", "1", "m", "m", "l", "o", 5},
                            b = {"b", "2", "m", "m", "l", "o", 6};
    struct bench *bench = *state;

    assert_int_equal(kyso_store_save_token(bench->store, &a, &one, 1), 0);
    one.token = "b";
    one.key = KYSO_TOKEN_KEY_NONE;
    one.last_seen = 6;
    assert_int_equal(kyso_store_save_token(bench->store, &b, &one, 1), 0);
    assert_holdings(bench, "1:a:5:key 1:b:6:copy ");
    assert_int_equal(kyso_store_save_token(bench->store, &a, &two, 1), 0); /* renewed */
    assert_holdings(bench, "1:a:5:key 1:b:6:copy 2:a:8:key ");
    one.last_seen = 9;
    assert_int_equal(kyso_store_save_token(bench->store, &b, &one, 1), 0);
    reopen(bench);
    assert_holdings(bench, "1:a:5:key 1:b:9:copy 2:a:8:key ");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_only_attempts_spend_the_reserve),
        CASE(test_new_store_knows_nothing),
        CASE(test_failures_are_kept),
        CASE(test_what_counts),
        CASE(test_newest_times_are_at_hand),
        CASE(test_unsettled_attempt_counts),
        CASE(test_lock_and_reset),
        CASE(test_reset_seen_with_an_attempt),
        CASE(test_no_such_attempt),
        CASE(test_lost_database_is_noticed),
        CASE(test_damage_is_refused),
        CASE(test_emptied_database_is_a_lost_one),
        CASE(test_later_version_is_refused),
        CASE(test_first_version_is_taken_over),
        CASE(test_failed_first_start_is_no_loss),
        CASE(test_mark_is_looked_after),
        CASE(test_one_writer),
        CASE(test_link_is_not_followed),
        CASE(test_inventory),
        CASE(test_documents),
        CASE(test_sealings),
        CASE(test_no_holding_is_lost),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
