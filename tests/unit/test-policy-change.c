/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Each start under other rules than the last one is recorded, with the old and the new ones; no
 * other start is. */

#include "tests/unit/store-bench.h"

#include "daemon/policy-change.h"

struct start {
    const char *profile;
    bool unchecked;
    const char *wanted; /* what the new record ends with; null: there is none */
};

#define CHANGED(old, new, was, is)                                                                 \
    ",\"event\":\"policy-changed\",\"old-profile\":\"" old                                         \
    "\",\"new-profile\":\"" new "\",\"old-seal-without-revocation-check\":" was                    \
                                ",\"new-seal-without-revocation-check\":" is "}"

static const struct start STARTS[] = {
    {"lang-son-2020", false, NULL}, /* the first one ever */
    {"lang-son-2020", false, NULL},
    {"lang-son-2020", true, CHANGED("lang-son-2020", "lang-son-2020", "false", "true")},
    {"lang-son-2020", true, NULL},
    {"an-giang-2016", true, CHANGED("lang-son-2020", "an-giang-2016", "true", "true")},
    {"binh-duong-2017", false, CHANGED("an-giang-2016", "binh-duong-2017", "true", "false")},
    {"binh-duong-2017", false, NULL},
};

static int take_end(void *data, const struct kyso_audit_line *line)
{
    const char *comma = memchr(line->record, ',', line->length); /* after the number */
    const char *second = comma != NULL ? strchr(comma + 1, ',') : NULL;

    assert_non_null(second);
    (void)snprintf(data, KYSO_AUDIT_RECORD_MAX, "%s", second);
    return 0;
}

static void start(struct store_bench *bench, const struct start *start)
{
    struct kyso_settings settings = {.seal_without_revocation_check = start->unchecked};
    char end[KYSO_AUDIT_RECORD_MAX] = "";
    uint64_t before, after;

    (void)snprintf(settings.profile.id, sizeof(settings.profile.id), "%s", start->profile);
    assert_int_equal(kyso_store_audit_last(bench->store, &before), 0);
    assert_int_equal(kyso_policy_change_record(bench->store, bench->audit, &settings), 0);
    assert_int_equal(kyso_store_audit_last(bench->store, &after), 0);
    assert_int_equal(after - before, start->wanted != NULL ? 1 : 0);
    if (start->wanted == NULL)
        return;
    assert_int_equal(kyso_store_audit_each(bench->store, after, 1, take_end, end), 0);
    assert_string_equal(end, start->wanted);
}

static void test_every_change_is_recorded(void **state KYSO_UNUSED)
{
    struct store_bench bench;
    size_t starts = 0;

    store_bench_open(&bench);
    for (; starts < KYSO_ARRAY_LEN(STARTS); starts++) {
        start(&bench, &STARTS[starts]);
        store_bench_stop(&bench);
        store_bench_start(&bench);
    }
    UNIT_ALL("starts", starts, KYSO_ARRAY_LEN(STARTS));
    store_bench_remove(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_change_is_recorded)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
