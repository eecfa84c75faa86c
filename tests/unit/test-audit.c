/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The audit log: whatever is changed, removed, swapped or put in shows; what is cut off shows
 * against any head that was kept. */

#include "tests/unit/unit.h"

#include <inttypes.h>
#include <openssl/sha.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/outcome.h"
#include "daemon/audit.h"

#define RECORDS 8
#define HEADS (RECORDS + 1)

struct bench {
    char folder[32];
    struct kyso_store *store;
    struct kyso_audit *audit;
    char heads[HEADS][KYSO_AUDIT_HEAD_MAX]; /* after 0, 1, 2 ... records */
};

static void open_bench(struct bench *bench)
{
    assert_int_equal(kyso_store_open(bench->folder, &bench->store), 0);
    assert_int_equal(kyso_audit_new(bench->store, &bench->audit), 0);
}

static void close_bench(struct bench *bench)
{
    bench->audit = kyso_audit_free(bench->audit);
    bench->store = kyso_store_free(bench->store);
}

static int append(struct kyso_audit *audit, const char *event, int64_t number)
{
    struct kyso_audit_entry *entry = kyso_audit_entry(event, NULL);

    kyso_audit_text(entry, "certificate", "Nguyễn Văn \"A\"\n");
    kyso_audit_number(entry, "number", number);
    kyso_audit_flag(entry, "seal", true);
    kyso_audit_hex(entry, "document", (const uint8_t *)"\x01\xFF", 2);
    return kyso_audit_append(audit, entry);
}

static void fill(struct bench *bench)
{
    assert_int_equal(kyso_audit_head(bench->audit, bench->heads[0]), 0);
    for (int i = 0; i < RECORDS; i++) {
        assert_int_equal(append(bench->audit, i % 2 == 0 ? "signed" : "refused", i), 0);
        assert_int_equal(kyso_audit_head(bench->audit, bench->heads[i + 1]), 0);
    }
}

static int set_up(void **state)
{
    static struct bench bench;

    bench = (struct bench){0};
    (void)snprintf(bench.folder, sizeof(bench.folder), "/tmp/kyso-audit-XXXXXX");
    assert_non_null(mkdtemp(bench.folder));
    open_bench(&bench);
    *state = &bench;
    return 0;
}

static int remove_folder(const char *folder)
{
    static const char *const NAMES[] = {"state.db", "state.db-wal", "history", "reserve"};
    char path[64];

    for (size_t i = 0; i < KYSO_ARRAY_LEN(NAMES); i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", folder, NAMES[i]);
        (void)unlink(path);
    }
    return rmdir(folder);
}

static int tear_down(void **state)
{
    struct bench *bench = *state;

    close_bench(bench);
    return remove_folder(bench->folder);
}

/* ---- checking ---- */

struct answer {
    struct kyso_loop *loop;
    struct kyso_audit_finding finding;
    int result;
};

static int pass(void *data, const struct kyso_audit_view *view)
{
    (void)data;
    assert_true(view->line->length > 0 || !view->intact);
    return 0;
}

static void checked(void *data, int result, const struct kyso_audit_finding *finding)
{
    struct answer *answer = data;

    answer->finding = *finding;
    answer->result = result;
    kyso_loop_quit(answer->loop, 0);
}

static struct kyso_audit_finding check(struct bench *bench, const char *const *heads, size_t n)
{
    static const struct kyso_audit_reader READER = {pass, checked};
    struct kyso_audit_walk *walk = NULL;
    struct answer answer = {.result = -1};

    assert_int_equal(kyso_loop_new(&answer.loop), 0);
    assert_int_equal(
        kyso_audit_walk(bench->audit, answer.loop, 1, heads, n, &READER, &answer, &walk), 0);
    assert_int_equal(kyso_loop_run(answer.loop), 0);
    assert_int_equal(answer.result, 0);
    (void)kyso_audit_walk_free(walk);
    (void)kyso_loop_free(answer.loop);
    return answer.finding;
}

static void alter(struct bench *bench, const char *sql)
{
    sqlite3 *db = NULL;
    char path[64];

    close_bench(bench);
    (void)snprintf(path, sizeof(path), "%s/state.db", bench->folder);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    open_bench(bench);
}

/* ---- tests ---- */

static void test_empty_log_is_intact(void **state)
{
    struct bench *bench = *state;
    char head[KYSO_AUDIT_HEAD_MAX];
    const char *heads[] = {head};
    struct kyso_audit_finding finding;

    assert_int_equal(kyso_audit_head(bench->audit, head), 0);
    assert_string_equal(head, "0:00000000000000000000000000000000");
    finding = check(bench, heads, 1);
    assert_true(finding.intact);
    assert_int_equal(finding.records, 0);
}

static void test_every_head_fits_an_untouched_log(void **state)
{
    struct bench *bench = *state;
    const char *heads[HEADS];
    struct kyso_audit_finding finding;

    fill(bench);
    for (size_t i = 0; i < HEADS; i++)
        heads[i] = bench->heads[i];
    for (int round = 0; round < 2; round++) {
        finding = check(bench, heads, HEADS);
        assert_true(finding.intact);
        assert_int_equal(finding.records, RECORDS);
        assert_int_equal(finding.broken_at, 0);
        close_bench(bench);
        open_bench(bench);
    }
}

static int take_line(void *data, const struct kyso_audit_line *row)
{
    memcpy(data, row->record, row->length + 1);
    return 0;
}

static void test_a_record_says_what_it_was_told(void **state)
{
    struct bench *bench = *state;
    char line[KYSO_AUDIT_RECORD_MAX], wanted[512];
    uint64_t seq = 0, at = 0;

    assert_int_equal(append(bench->audit, "signed", -7), 0);
    assert_int_equal(kyso_store_audit_each(bench->store, 1, 1, take_line, line), 0);
    assert_int_equal(sscanf(line, "{\"seq\":%" SCNu64 ",\"at\":%" SCNu64, &seq, &at), 2);
    (void)snprintf(wanted, sizeof(wanted),
                   "{\"seq\":1,\"at\":%" PRIu64 ",\"event\":\"signed\",\"certificate\":"
                   "\"Nguyễn Văn \\\"A\\\"\\n\",\"number\":-7,\"seal\":true,\"document\":\"01FF\"}",
                   at);
    assert_string_equal(line, wanted);
    assert_true(at > 1500000000);
}

/* An inspector needs nothing of ours: SHA-256 over the hash before and the line. */
static int chain_by_hand(void *data, const struct kyso_audit_line *row)
{
    uint8_t *before = data, joined[KYSO_AUDIT_HASH + 1024], hash[SHA256_DIGEST_LENGTH];

    memcpy(joined, before, KYSO_AUDIT_HASH);
    memcpy(joined + KYSO_AUDIT_HASH, row->record, row->length);
    (void)SHA256(joined, KYSO_AUDIT_HASH + row->length, hash);
    assert_memory_equal(hash, row->hash, sizeof(hash));
    memcpy(before, hash, KYSO_AUDIT_HASH);
    return 0;
}

static void test_chain_is_as_documented(void **state)
{
    struct bench *bench = *state;
    uint8_t before[KYSO_AUDIT_HASH] = {0};
    char hex[33] = "";

    fill(bench);
    assert_int_equal(kyso_store_audit_each(bench->store, 1, RECORDS, chain_by_hand, before), 0);
    for (size_t i = 0; i < 16; i++)
        (void)snprintf(hex + 2 * i, 3, "%02X", before[i]);
    assert_string_equal(strchr(bench->heads[RECORDS], ':') + 1, hex);
}

struct flips {
    uint8_t before[KYSO_AUDIT_HASH];
    size_t found, all;
};

static void try_flip(struct flips *flips, const struct kyso_audit_line *row, uint64_t wanted)
{
    struct kyso_audit_front front;

    flips->all++;
    flips->found += !kyso_audit_line_fits(row, wanted, flips->before, &front);
}

static int flip_bits(void *data, const struct kyso_audit_line *row)
{
    struct flips *flips = data;
    struct kyso_audit_line copy = *row;
    struct kyso_audit_front front;
    char line[1024];

    memcpy(line, row->record, row->length + 1);
    copy.record = line;
    assert_true(kyso_audit_line_fits(&copy, row->seq, flips->before, &front));
    for (size_t bit = 0; bit < row->length * 8; bit++) {
        line[bit / 8] = (char)(line[bit / 8] ^ (1 << bit % 8));
        try_flip(flips, &copy, row->seq);
        line[bit / 8] = (char)(line[bit / 8] ^ (1 << bit % 8));
    }
    for (size_t bit = 0; bit < sizeof(copy.hash) * 8; bit++) {
        copy.hash[bit / 8] = (uint8_t)(copy.hash[bit / 8] ^ (1 << bit % 8));
        try_flip(flips, &copy, row->seq);
        copy.hash[bit / 8] = (uint8_t)(copy.hash[bit / 8] ^ (1 << bit % 8));
    }
    for (size_t bit = 0; bit < 64; bit++) {
        copy.seq ^= (uint64_t)1 << bit;
        try_flip(flips, &copy, row->seq);
        copy.seq ^= (uint64_t)1 << bit;
    }
    memcpy(flips->before, row->hash, KYSO_AUDIT_HASH);
    return 0;
}

static void test_every_flipped_bit_shows(void **state)
{
    struct bench *bench = *state;
    struct flips flips = {.all = 0};

    fill(bench);
    assert_int_equal(kyso_store_audit_each(bench->store, 1, RECORDS, flip_bits, &flips), 0);
    UNIT_ALL("flipped bits found", flips.found, flips.all);
}

/* What a thief of the disk may do with SQL, each at its record: where it has to show. */
static const struct {
    const char *sql;
    uint64_t broken_at;
} CHANGES[] = {
    {"UPDATE audit SET record = replace(record, '\"number\":3', '\"number\":4') WHERE seq = 4", 4},
    {"UPDATE audit SET record = replace(record, 'refused', 'signed') WHERE seq = 2", 2},
    {"UPDATE audit SET record = record || ' ' WHERE seq = 8", 8},
    {"UPDATE audit SET record = '' WHERE seq = 5", 5},
    {"UPDATE audit SET hash = zeroblob(32) WHERE seq = 8", 8},
    {"UPDATE audit SET hash = x'00' WHERE seq = 3", 3},
    {"DELETE FROM audit WHERE seq = 1", 2},
    {"DELETE FROM audit WHERE seq = 6", 7},
    {"DELETE FROM audit WHERE seq = 6; UPDATE audit SET seq = seq - 1 WHERE seq > 6", 6},
    {"CREATE TABLE t AS SELECT * FROM audit; UPDATE audit SET (record, hash) ="
     " (SELECT record, hash FROM t WHERE t.seq = 5 - audit.seq + 2) WHERE seq IN (3, 4);"
     " DROP TABLE t",
     3},
    {"INSERT INTO audit SELECT seq + 1, record, hash FROM audit WHERE seq = 8", 9},
    {"INSERT INTO audit VALUES (0, '{}', zeroblob(32))", 0},
};

static void test_changes_show(void **state)
{
    struct bench *bench = *state;
    size_t found = 0;

    for (size_t i = 0; i < KYSO_ARRAY_LEN(CHANGES); i++) {
        struct kyso_audit_finding finding;
        const char *sql = CHANGES[i].sql;

        fill(bench);
        alter(bench, sql);
        finding = check(bench, NULL, 0);
        if (CHANGES[i].broken_at == 0) /* outside the numbers: nobody reads it */
            found += finding.intact && finding.records == RECORDS;
        else if (!finding.intact && finding.broken_at == CHANGES[i].broken_at)
            found++;
        else
            print_message("# not found: %s: at %" PRIu64 "\n", sql, finding.broken_at);
        close_bench(bench);
        assert_int_equal(remove_folder(bench->folder), 0);
        assert_non_null(mkdtemp(strcpy(bench->folder, "/tmp/kyso-audit-XXXXXX")));
        open_bench(bench);
    }
    UNIT_ALL("changes found", found, KYSO_ARRAY_LEN(CHANGES));
}

/* A record of another log is in itself whole; its place gives it away. */
static void test_spliced_record_shows(void **state)
{
    struct bench *bench = *state, other = {.folder = "/tmp/kyso-audit-XXXXXX"};
    char sql[256];
    struct kyso_audit_finding finding;

    assert_non_null(mkdtemp(other.folder));
    open_bench(&other);
    assert_int_equal(append(other.audit, "signed", 99), 0);
    fill(&other);
    close_bench(&other);
    fill(bench);
    (void)snprintf(sql, sizeof(sql),
                   "ATTACH '%s/state.db' AS other; DELETE FROM audit WHERE seq = 4;"
                   "INSERT INTO audit SELECT * FROM other.audit WHERE seq = 4",
                   other.folder);
    alter(bench, sql);
    finding = check(bench, NULL, 0);
    assert_false(finding.intact);
    assert_int_equal(finding.broken_at, 4);
    assert_int_equal(remove_folder(other.folder), 0);
}

static void test_truncation_shows_against_any_head(void **state)
{
    struct bench *bench = *state;
    size_t found = 0, all = 0;

    fill(bench);
    for (int left = RECORDS - 1; left >= 0; left--) {
        char sql[64];

        (void)snprintf(sql, sizeof(sql), "DELETE FROM audit WHERE seq > %d", left);
        alter(bench, sql);
        for (int head = 0; head < HEADS; head++) {
            const char *heads[] = {bench->heads[head]};
            struct kyso_audit_finding finding = check(bench, heads, 1);

            all++;
            found += finding.intact == (head <= left) &&
                     (finding.heads[0] == KYSO_AUDIT_HEAD_MISSING) == (head > left);
        }
    }
    UNIT_ALL("heads against cut logs", found, all);
}

/* Cut off and written anew: the log is whole in itself, but not the one of the printed head. */
static void test_rewritten_end_shows_against_a_head(void **state)
{
    struct bench *bench = *state;
    const char *heads[] = {bench->heads[RECORDS], bench->heads[3]};
    struct kyso_audit_finding finding;

    fill(bench);
    alter(bench, "DELETE FROM audit WHERE seq > 3");
    for (int i = 3; i < RECORDS; i++)
        assert_int_equal(append(bench->audit, "signed", 50 + i), 0);
    finding = check(bench, heads, 2);
    assert_int_equal(finding.broken, 0);
    assert_false(finding.intact);
    assert_int_equal(finding.heads[0], KYSO_AUDIT_HEAD_DIFFERS);
    assert_int_equal(finding.heads[1], KYSO_AUDIT_HEAD_FITS);
}

static void test_what_is_taken_back_leaves_no_record(void **state)
{
    struct bench *bench = *state;
    char head[KYSO_AUDIT_HEAD_MAX];

    fill(bench);
    assert_int_equal(kyso_store_begin(bench->store), 0);
    assert_int_equal(append(bench->audit, "signed", 1), 0);
    assert_int_equal(kyso_store_begin(bench->store), 0);
    assert_int_equal(append(bench->audit, "signed", 2), 0);
    assert_int_equal(kyso_store_end(bench->store, 0), 0);
    assert_int_equal(kyso_store_end(bench->store, KYSO_OUTCOME_REFUSED), KYSO_OUTCOME_REFUSED);
    assert_int_equal(kyso_audit_head(bench->audit, head), 0);
    assert_string_equal(head, bench->heads[RECORDS]);
    assert_int_equal(append(bench->audit, "signed", 3), 0);
    assert_true(check(bench, NULL, 0).intact);
}

static void test_record_too_long_is_refused(void **state)
{
    struct bench *bench = *state;
    struct kyso_audit_entry *entry = kyso_audit_entry("signed", NULL);
    char text[KYSO_AUDIT_RECORD_MAX];
    char head[KYSO_AUDIT_HEAD_MAX];

    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    kyso_audit_text(entry, "reason", text);
    assert_int_equal(kyso_audit_append(bench->audit, entry), KYSO_OUTCOME_LIMIT);
    assert_int_equal(kyso_audit_head(bench->audit, head), 0);
    assert_string_equal(head, "0:00000000000000000000000000000000");
}

static void test_heads_are_read_strictly(void **state KYSO_UNUSED)
{
    static const char *const BAD[] = {"",
                                      ":",
                                      "1",
                                      "1:",
                                      "1:00",
                                      ":00000000000000000000000000000000",
                                      "x:00000000000000000000000000000000",
                                      "-1:00000000000000000000000000000000",
                                      " 1:00000000000000000000000000000000",
                                      "1:0000000000000000000000000000000",
                                      "1:000000000000000000000000000000000",
                                      "1:0000000000000000000000000000000G",
                                      "99999999999999999999:00000000000000000000000000000000"};
    struct kyso_audit_head head;
    size_t refused = 0;

    for (size_t i = 0; i < KYSO_ARRAY_LEN(BAD); i++)
        refused += !kyso_audit_head_read(BAD[i], &head);
    UNIT_ALL("bad heads refused", refused, KYSO_ARRAY_LEN(BAD));
    assert_true(kyso_audit_head_read("12:000102030405060708090A0B0C0D0E0F", &head));
    assert_int_equal(head.seq, 12);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_empty_log_is_intact),
        CASE(test_every_head_fits_an_untouched_log),
        CASE(test_a_record_says_what_it_was_told),
        CASE(test_chain_is_as_documented),
        CASE(test_every_flipped_bit_shows),
        CASE(test_changes_show),
        CASE(test_spliced_record_shows),
        CASE(test_truncation_shows_against_any_head),
        CASE(test_rewritten_end_shows_against_a_head),
        CASE(test_what_is_taken_back_leaves_no_record),
        CASE(test_record_too_long_is_refused),
        cmocka_unit_test(test_heads_are_read_strictly),
    };

    return cmocka_run_group_tests_name("audit", tests, NULL, NULL);
}
