/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The register of releases: what was entered is found again by document, by number and by time, and
 * what stands in the way of another release is named. */

#include "tests/unit/store-bench.h"

#include "common/outcome.h"
#include "daemon/store-release.h"

#define HOME "Ủy ban nhân dân tỉnh Lạng Sơn"
#define AWAY "Sở Nội vụ"

struct row {
    uint8_t document, file; /* first byte of the digest */
    const char *organisation, *number;
    uint32_t date;
    uint64_t at;
};

static const struct row ROWS[] = {
    {1, 11, HOME, "12/QĐ-UBND", 20251231, 1000}, {2, 21, HOME, "12/QĐ-UBND", 20260105, 2000},
    {1, 12, HOME, "7/SY-UBND", 20260106, 3000},  {3, 31, AWAY, "12/QĐ-UBND", 20260107, 4000},
    {4, 41, HOME, "13/QĐ-UBND", 20260108, 4000}, {5, 51, HOME, "12/CV-UBND", 20260109, 3999},
};

static const uint8_t *digest(uint8_t first)
{
    static uint8_t digests[256][KYSO_STORE_DIGEST];

    digests[first][0] = first;
    return digests[first];
}

static int set_up(void **state)
{
    static struct store_bench bench;

    store_bench_open(&bench);
    for (size_t i = 0; i < KYSO_ARRAY_LEN(ROWS); i++) {
        struct kyso_store_release release = {.at = ROWS[i].at,
                                             .document = digest(ROWS[i].document),
                                             .file = digest(ROWS[i].file),
                                             .organisation = ROWS[i].organisation,
                                             .number = ROWS[i].number,
                                             .date = ROWS[i].date,
                                             .channel = "other",
                                             .channel_text = "Bưu điện",
                                             .kind = "original",
                                             .reference = "1/CV",
                                             .note = "Ghi chú",
                                             .signers = "AA BB",
                                             .profile = "lang-son-2020",
                                             .clause = "P:LS20-6b.t3",
                                             .user = "clerk",
                                             .uid = 64612};

        assert_int_equal(kyso_store_release_add(bench.store, &release), 0);
    }
    store_bench_stop(&bench);
    store_bench_start(&bench);
    *state = &bench;
    return 0;
}

static int tear_down(void **state)
{
    store_bench_remove(*state);
    return 0;
}

/* The files found, as letters: a for the first row. */
static int note(void *data, const struct kyso_store_release *release)
{
    char *found = data;

    for (size_t i = 0; i < KYSO_ARRAY_LEN(ROWS); i++) {
        if (release->file[0] == ROWS[i].file)
            found[strlen(found)] = (char)('a' + i);
    }
    return 0;
}

static void test_each_query(void **state)
{
    const struct {
        struct kyso_store_release_query query;
        size_t limit;
        const char *wanted;
    } QUERIES[] = {
        {{.since = 0}, 100, "abcdef"},
        {{.since = 0}, 2, "ab"},
        {{.since = 2000}, 100, "bcdef"},
        {{.since = 2001}, 100, "cdef"},
        {{.until = 4000}, 100, "abcf"},
        {{.until = 4001}, 100, "abcdef"},
        {{.since = 3999, .until = 4000}, 100, "f"},
        {{.since = 4001}, 100, ""},
        {{.document = digest(1)}, 100, "ac"},
        {{.document = digest(1), .number = "7/SY-UBND"}, 100, "c"},
        {{.document = digest(1), .since = 1001}, 100, "c"},
        {{.document = digest(9)}, 100, ""},
        {{.number = "12/QĐ-UBND"}, 100, "abd"},
        {{.number = "12/QĐ-UBND", .until = 2001}, 100, "ab"},
        {{.number = "12"}, 100, ""},
        {{.number = ""}, 100, "abcdef"},
    };
    struct store_bench *bench = *state;
    size_t right = 0;

    for (size_t i = 0; i < KYSO_ARRAY_LEN(QUERIES); i++) {
        char found[16] = "";

        assert_int_equal(
            kyso_store_release_each(bench->store, &QUERIES[i].query, QUERIES[i].limit, note, found),
            0);
        if (strcmp(found, QUERIES[i].wanted) == 0)
            right++;
        else
            print_message("# query %zu: %s instead of %s\n", i, found, QUERIES[i].wanted);
    }
    UNIT_ALL("queries", right, KYSO_ARRAY_LEN(QUERIES));
}

static int compare(void *data, const struct kyso_store_release *release)
{
    size_t *seen = data;
    const struct row *row = &ROWS[*seen];

    assert_int_equal(release->at, row->at);
    assert_memory_equal(release->document, digest(row->document), KYSO_STORE_DIGEST);
    assert_memory_equal(release->file, digest(row->file), KYSO_STORE_DIGEST);
    assert_string_equal(release->organisation, row->organisation);
    assert_string_equal(release->number, row->number);
    assert_int_equal(release->date, row->date);
    assert_string_equal(release->channel, "other");
    assert_string_equal(release->channel_text, "Bưu điện");
    assert_string_equal(release->kind, "original");
    assert_string_equal(release->reference, "1/CV");
    assert_string_equal(release->note, "Ghi chú");
    assert_string_equal(release->signers, "AA BB");
    assert_string_equal(release->profile, "lang-son-2020");
    assert_string_equal(release->clause, "P:LS20-6b.t3");
    assert_string_equal(release->user, "clerk");
    assert_int_equal(release->uid, 64612);
    (*seen)++;
    return *seen == 4 ? 9 : 0;
}

static void test_what_was_entered_is_there(void **state)
{
    struct kyso_store_release_query any = {.since = 0};
    struct store_bench *bench = *state;
    size_t seen = 0;

    /* what the callback returns ends the walk */
    assert_int_equal(kyso_store_release_each(bench->store, &any, 100, compare, &seen), 9);
    assert_int_equal(seen, 4);
}

static void test_earlier_release_of_a_document(void **state)
{
    struct store_bench *bench = *state;
    struct kyso_store_release_mark mark = {.number = ""};
    bool same_file = false;

    assert_int_equal(kyso_store_release_of(bench->store, digest(1), digest(12), &mark, &same_file),
                     0);
    assert_string_equal(mark.number, "12/QĐ-UBND");
    assert_int_equal(mark.date, 20251231);
    assert_int_equal(mark.at, 1000);
    assert_true(same_file);
    assert_int_equal(kyso_store_release_of(bench->store, digest(1), digest(13), &mark, &same_file),
                     0);
    assert_false(same_file);
    assert_int_equal(kyso_store_release_of(bench->store, digest(9), digest(11), &mark, &same_file),
                     KYSO_OUTCOME_NOT_FOUND);
}

static void test_a_number_is_given_once_a_year(void **state)
{
    static const struct {
        const char *organisation, *number;
        uint32_t date;
        uint8_t document;
        uint32_t taken; /* the date of who has it; 0: it is free */
    } ASKED[] = {
        {HOME, "12/QĐ-UBND", 20260901, 9, 20260105}, {HOME, "12/QĐ-UBND", 20251201, 9, 20251231},
        {HOME, "12/QĐ-UBND", 20270101, 9, 0},        {HOME, "12/QĐ-UBND", 20260901, 2, 0},
        {AWAY, "12/QĐ-UBND", 20260901, 9, 20260107}, {AWAY, "12/QĐ-UBND", 20251201, 9, 0},
        {"", "12/QĐ-UBND", 20260901, 9, 0},          {HOME, "14/QĐ-UBND", 20260901, 9, 0},
    };
    struct store_bench *bench = *state;
    size_t right = 0;

    for (size_t i = 0; i < KYSO_ARRAY_LEN(ASKED); i++) {
        struct kyso_store_release_mark mark = {.date = 0};
        int r = kyso_store_release_numbered(bench->store, ASKED[i].organisation, ASKED[i].number,
                                            ASKED[i].date, digest(ASKED[i].document), &mark);

        if (r == (ASKED[i].taken != 0 ? 0 : KYSO_OUTCOME_NOT_FOUND) && mark.date == ASKED[i].taken)
            right++;
        else
            print_message("# number %zu: %d, %u\n", i, r, mark.date);
    }
    UNIT_ALL("numbers", right, KYSO_ARRAY_LEN(ASKED));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_each_query),
        CASE(test_what_was_entered_is_there),
        CASE(test_earlier_release_of_a_document),
        CASE(test_a_number_is_given_once_a_year),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
