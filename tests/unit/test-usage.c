/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a period's records add up to: once for each document and request, by the second, with the
 * records behind each number. */

#include "tests/unit/unit.h"

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "daemon/usage.h"

#define FROM 1000000
#define UNTIL 2000000

static uint64_t now = FROM;

/* The daemon's clock, by the linker. */
uint64_t __wrap_kyso_clock_wall_usec(void); /* NOLINT(bugprone-reserved-identifier) */
uint64_t __wrap_kyso_clock_wall_usec(void)
{
    return now * KYSO_USEC_PER_SEC;
}

struct bench {
    char folder[32];
    struct kyso_store *store;
    struct kyso_audit *audit;
};

static int set_up(void **state)
{
    static struct bench bench;

    (void)snprintf(bench.folder, sizeof(bench.folder), "/tmp/kyso-usage-XXXXXX");
    assert_non_null(mkdtemp(bench.folder));
    assert_int_equal(kyso_store_open(bench.folder, &bench.store), 0);
    assert_int_equal(kyso_audit_new(bench.store, &bench.audit), 0);
    now = FROM;
    *state = &bench;
    return 0;
}

static int tear_down(void **state)
{
    static const char *const NAMES[] = {"state.db", "state.db-wal", "history", "reserve"};
    struct bench *bench = *state;
    char path[64];

    bench->audit = kyso_audit_free(bench->audit);
    bench->store = kyso_store_free(bench->store);
    for (size_t i = 0; i < KYSO_ARRAY_LEN(NAMES); i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", bench->folder, NAMES[i]);
        (void)unlink(path);
    }
    return rmdir(bench->folder);
}

/* ---- records ---- */

static void append(struct bench *bench, struct kyso_audit_entry *entry)
{
    assert_int_equal(kyso_audit_append(bench->audit, entry), 0);
}

static void put_digest(struct kyso_audit_entry *entry, const char *key, uint8_t byte)
{
    uint8_t digest[32];

    memset(digest, byte, sizeof(digest));
    kyso_audit_hex(entry, key, digest, sizeof(digest));
}

static void signature(struct bench *bench, const char *event, const char *class,
                      uint8_t certificate, uint8_t document)
{
    struct kyso_audit_entry *entry = kyso_audit_entry(event, NULL);

    put_digest(entry, "certificate", certificate);
    kyso_audit_text(entry, "class", class);
    put_digest(entry, "input", (uint8_t)(100 + document));
    if (document != 0)
        put_digest(entry, "document", document);
    append(bench, entry);
}

static void plain(struct bench *bench, const char *event)
{
    append(bench, kyso_audit_entry(event, NULL));
}

static void form(struct bench *bench, const char *purpose, const char *class,
                 const char *const *subjects, size_t n)
{
    struct kyso_audit_entry *entry = kyso_audit_entry("form-made", NULL);

    kyso_audit_text(entry, "purpose", purpose);
    kyso_audit_text(entry, "class", class);
    kyso_audit_texts(entry, "subjects", subjects, n);
    append(bench, entry);
}

/* ---- counting ---- */

struct answer {
    struct kyso_loop *loop;
    struct kyso_usage usage;
    int result;
};

static void counted(void *data, int result, struct kyso_usage *usage)
{
    struct answer *answer = data;

    answer->result = result;
    answer->usage = *usage;
    *usage = (struct kyso_usage){0};
    kyso_loop_quit(answer->loop, 0);
}

static struct kyso_usage count(struct bench *bench)
{
    struct kyso_usage_count *counting = NULL;
    struct answer answer = {.result = -1};

    assert_int_equal(kyso_loop_new(&answer.loop), 0);
    assert_int_equal(
        kyso_usage_count(bench->audit, answer.loop, FROM, UNTIL, true, counted, &answer, &counting),
        0);
    assert_int_equal(kyso_loop_run(answer.loop), 0);
    assert_int_equal(answer.result, 0);
    (void)kyso_usage_count_free(counting);
    (void)kyso_loop_free(answer.loop);
    return answer.usage;
}

static uint64_t by_name(const struct kyso_usage *usage, const char *name)
{
    for (size_t i = 0; i < KYSO_USAGE_NUMBERS; i++) {
        if (strcmp(kyso_usage_name(i), name) == 0)
            return usage->numbers[i];
    }
    fail_msg("no number is called %s", name);
    return 0;
}

/* The records of one number: as many as it says, each once, in the period. Ends what it reads. */
static uint64_t check_lines(const char *name, char *lines)
{
    uint64_t last = 0, n = 0;
    char *rest = lines;

    for (char *line; (line = strtok_r(rest, "\r\n", &rest)) != NULL; n++) {
        char number[64], time[40];
        uint64_t seq;
        struct tm tm = {0};

        assert_int_equal(sscanf(line, "%63[^,],%" SCNu64 ",%39s", number, &seq, time), 3);
        assert_string_equal(number, name);
        assert_true(seq >= last); /* one form may bring several subjects */
        last = seq;
        assert_non_null(strptime(time, "%Y-%m-%dT%H:%M:%S%z", &tm));
        tm.tm_isdst = -1;
        assert_in_range(mktime(&tm), FROM, UNTIL - 1);
    }
    return n;
}

static void check_evidence(const struct kyso_usage *usage)
{
    size_t right = 0, length = strlen("number,record,time\r\n");
    int file = -1;

    for (size_t i = 0; i < KYSO_USAGE_NUMBERS; i++) {
        const struct kyso_buf *evidence = &usage->evidence[i];
        KYSO_FREE char *lines = evidence->length > 0
                                    ? strndup((const char *)evidence->bytes, evidence->length)
                                    : strdup("");

        length += usage->evidence[i].length;
        right += check_lines(kyso_usage_name(i), lines) == usage->numbers[i];
    }
    UNIT_ALL("numbers with their evidence", right, KYSO_USAGE_NUMBERS);
    assert_int_equal(kyso_usage_evidence(usage, &file), 0);
    assert_int_equal(lseek(file, 0, SEEK_END), (off_t)length);
    assert_int_equal(close(file), 0);
}

static void test_names_are_all_different(void **state KYSO_UNUSED)
{
    size_t different = 0;

    for (size_t i = 0; i < KYSO_USAGE_NUMBERS; i++) {
        size_t same = 0;

        for (size_t j = 0; j < KYSO_USAGE_NUMBERS; j++)
            same += strcmp(kyso_usage_name(i), kyso_usage_name(j)) == 0;
        different += same == 1 && kyso_usage_name(i)[0] != '\0';
    }
    UNIT_ALL("names", different, KYSO_USAGE_NUMBERS);
    assert_string_equal(kyso_usage_name(KYSO_USAGE_NUMBERS), "");
    assert_string_equal(
        kyso_usage_name(kyso_usage_number_of(KYSO_USAGE_DOCUMENTS, KYSO_CLASS_SEAL)),
        "organisation-signed");
    assert_string_equal(
        kyso_usage_name(kyso_usage_number_of(KYSO_USAGE_REPLACEMENT_REQUESTS, KYSO_CLASS_SEAL)),
        "organisation-replacement-requests");
    assert_int_equal(kyso_usage_number_of(KYSO_USAGE_DOCUMENTS, KYSO_CLASS_UNKNOWN),
                     KYSO_USAGE_NUMBERS);
}

static void test_documents_count_once(void **state)
{
    struct bench *bench = *state;
    struct kyso_usage usage;

    signature(bench, "signed", "person", 1, 7);
    signature(bench, "signed", "person", 1, 7); /* again */
    signature(bench, "signed", "person", 2, 7); /* a second signer */
    signature(bench, "sealed", "seal", 3, 7);
    signature(bench, "signed", "person", 1, 8);
    signature(bench, "signed", "person", 1, 0); /* no identity: its input */
    signature(bench, "refused", "person", 1, 9);
    signature(bench, "refused", "unknown", 4, 9);
    usage = count(bench);
    assert_int_equal(by_name(&usage, "person-signatures"), 5);
    assert_int_equal(by_name(&usage, "person-signed"), 3);
    assert_int_equal(by_name(&usage, "organisation-signatures"), 1);
    assert_int_equal(by_name(&usage, "organisation-signed"), 1);
    assert_int_equal(by_name(&usage, "device-signatures"), 0);
    assert_int_equal(by_name(&usage, "refusals"), 2);
    assert_int_equal(usage.n_certificates, 4);
    assert_int_equal(usage.certificates[0].sha256[0], 1);
    assert_int_equal(usage.certificates[0].signatures, 4);
    assert_int_equal(usage.certificates[0].documents, 3);
    assert_int_equal(usage.certificates[0].refusals, 1);
    assert_int_equal(usage.certificates[1].documents, 1);
    assert_int_equal(usage.certificates[2].documents, 1);
    assert_int_equal(usage.certificates[3].refusals, 1);
    check_evidence(&usage);
    kyso_usage_done(&usage);
}

static void test_requests_count_each_subject_once(void **state)
{
    static const char *const TWO[] = {"a", "b"}, *const ONE[] = {"b"};
    struct bench *bench = *state;
    struct kyso_audit_entry *entry;
    struct kyso_usage usage;

    form(bench, "new", "person", TWO, 2);
    form(bench, "new", "person", ONE, 1); /* made again, as another file */
    form(bench, "new", "seal", ONE, 1);
    form(bench, "reissue", "person", ONE, 1);
    form(bench, "renew", "seal", TWO, 2);
    form(bench, "revoke", "device", ONE, 1);
    form(bench, "lunch", "person", ONE, 1);
    for (int i = 0; i < 2; i++) {
        entry = kyso_audit_entry("form-made", NULL);
        kyso_audit_text(entry, "purpose", "revoke");
        kyso_audit_text(entry, "class", "person");
        kyso_audit_number(entry, "request", 12);
        append(bench, entry);
    }
    usage = count(bench);
    assert_int_equal(by_name(&usage, "person-new-requests"), 2);
    assert_int_equal(by_name(&usage, "organisation-new-requests"), 1);
    assert_int_equal(by_name(&usage, "person-replacement-requests"), 1);
    assert_int_equal(by_name(&usage, "organisation-renewal-requests"), 2);
    assert_int_equal(by_name(&usage, "device-revocation-requests"), 1);
    assert_int_equal(by_name(&usage, "person-revocation-requests"), 1);
    check_evidence(&usage);
    kyso_usage_done(&usage);
}

/* What nobody's kysod has written is counted as far as it goes, and harms nothing. */
static void test_strange_records(void **state)
{
    static const char *const MORE[] = {
        "\"subjects\":[null,\"a\",{},7]",
        "\"subjects\":{}",
        "\"subjects\":null",
        "\"request\":null",
        "\"request\":[null]",
    };
    struct bench *bench = *state;
    struct kyso_usage usage;
    char record[256];

    for (size_t i = 0; i < KYSO_ARRAY_LEN(MORE); i++) {
        struct kyso_audit_line line = {.record = record, .seq = i + 1};
        int n = snprintf(record, sizeof(record),
                         "{\"seq\":%zu,\"at\":%" PRIu64
                         ",\"event\":\"form-made\",\"purpose\":\"new\",\"class\":\"person\",%s}",
                         i + 1, (uint64_t)FROM, MORE[i]);

        line.length = (size_t)n;
        assert_int_equal(kyso_store_audit_add(bench->store, &line), 0);
    }
    usage = count(bench);
    assert_int_equal(by_name(&usage, "person-new-requests"), 4); /* the three texts and a list */
    kyso_usage_done(&usage);
}

static void test_plain_events(void **state)
{
    static const struct {
        const char *event, *name;
        uint64_t times;
    } EVENTS[] = {
        {"pin-failed", "pin-failures", 5},       {"pin-locked", "lockouts", 4},
        {"pin-unlocked", "unlocks", 3},          {"recovery-sent", "recovery-requests", 2},
        {"recovery-recovered", "recoveries", 1},
    };
    struct bench *bench = *state;
    struct kyso_usage usage;
    size_t right = 0;

    for (size_t i = 0; i < KYSO_ARRAY_LEN(EVENTS); i++) {
        for (uint64_t n = 0; n < EVENTS[i].times; n++)
            plain(bench, EVENTS[i].event);
    }
    plain(bench, "recovery-drafted");
    plain(bench, "roster-changed");
    signature(bench, "released", "", 1, 5);
    signature(bench, "released", "", 1, 5);
    usage = count(bench);
    for (size_t i = 0; i < KYSO_ARRAY_LEN(EVENTS); i++)
        right += by_name(&usage, EVENTS[i].name) == EVENTS[i].times;
    UNIT_ALL("events", right, KYSO_ARRAY_LEN(EVENTS));
    assert_int_equal(by_name(&usage, "released"), 1);
    assert_int_equal(usage.n_tokens, 1);
    assert_int_equal(usage.tokens[0].lockouts, 4);
    assert_int_equal(usage.tokens[0].unlocks, 3);
    check_evidence(&usage);
    kyso_usage_done(&usage);
}

static void test_the_period_by_the_second(void **state)
{
    static const struct {
        uint64_t at;
        bool counts;
    } MOMENTS[] = {{FROM - 1, false}, {FROM, true}, {UNTIL - 1, true}, {UNTIL, false}};
    struct bench *bench = *state;
    struct kyso_usage usage;
    uint64_t wanted = 0;

    for (size_t i = 0; i < KYSO_ARRAY_LEN(MOMENTS); i++) {
        now = MOMENTS[i].at;
        plain(bench, "pin-failed");
        signature(bench, "signed", "person", 1, (uint8_t)(10 + i));
        wanted += MOMENTS[i].counts;
    }
    usage = count(bench);
    assert_int_equal(by_name(&usage, "pin-failures"), wanted);
    assert_int_equal(by_name(&usage, "person-signed"), wanted);
    assert_int_equal(usage.certificates[0].documents, wanted);
    assert_int_equal(usage.log.records, 2 * KYSO_ARRAY_LEN(MOMENTS));
    assert_true(usage.log.intact);
    check_evidence(&usage);
    kyso_usage_done(&usage);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_are_all_different),
        CASE(test_documents_count_once),
        CASE(test_requests_count_each_subject_once),
        CASE(test_strange_records),
        CASE(test_plain_events),
        CASE(test_the_period_by_the_second),
    };

    return cmocka_run_group_tests_name("usage", tests, NULL, NULL);
}
