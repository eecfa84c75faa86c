/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a form is filled with: the words of forms for what the store and certificates say, rows, and
 * that what a person filled in stays. */

#include "tests/unit/unit.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/memfd.h"
#include "daemon/form-values.h"

struct bench {
    char folder[32];
    struct kyso_store *store;
    struct kyso_audit *audit;
};

static int set_up(void **state)
{
    static struct bench bench;

    (void)snprintf(bench.folder, sizeof(bench.folder), "/tmp/kyso-form-XXXXXX");
    assert_non_null(mkdtemp(bench.folder));
    assert_int_equal(kyso_store_open(bench.folder, &bench.store), 0);
    assert_int_equal(kyso_audit_new(bench.store, &bench.audit), 0);
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

/* What the values became, as JSON. */
static struct json_object *sealed(struct bench *bench, struct kyso_form_values *values)
{
    char text[8192];
    struct json_object *all;
    uint64_t size;
    int file = -1;

    assert_int_equal(kyso_form_values_seal(values, bench->audit, &file), 0);
    assert_int_equal(kyso_memfd_check(file, sizeof(text) - 1, &size), 0);
    assert_int_equal(kyso_fd_read_at(file, text, (size_t)size, 0), 0);
    text[size] = '\0';
    assert_int_equal(close(file), 0);
    all = json_tokener_parse(text);
    assert_non_null(all);
    return all;
}

static const char *word(struct json_object *object, const char *key)
{
    struct json_object *value = NULL;

    return json_object_object_get_ex(object, key, &value) ? json_object_get_string(value) : NULL;
}

static void test_certificate(void **state)
{
    static char subject[] = "CN=Nguyễn Văn An,title=Phó Giám đốc,O=Sở Nội vụ\\, tỉnh Lạng Sơn,C=VN";
    struct kyso_token_entry token = {.serial = (char[]){"5000123"}};
    struct kyso_certificate_entry certificate = {
        .token = &token,
        .described = {.info = {.subject = subject,
                               .issuer = (char[]){""},
                               .common_name = (char[]){"Nguyễn Văn An"},
                               .email = (char[]){"an@example.vn"},
                               .serial = (char[]){"0A1B"},
                               .not_before = 1767200399,
                               .not_after = 1767200400}}};
    struct kyso_roster_entry roster = {.class = KYSO_CLASS_SEAL, .effective = 20260201};
    struct kyso_form_values *values = kyso_form_values_new();
    struct json_object *all, *found = NULL;

    kyso_form_values_certificate(values, &certificate, &roster);
    all = sealed(*state, values);
    assert_true(json_object_object_get_ex(all, "values", &found));
    assert_string_equal(word(found, "cert.subject"),
                        "C=VN, O=Sở Nội vụ, tỉnh Lạng Sơn, title=Phó Giám đốc, CN=Nguyễn Văn An");
    assert_string_equal(word(found, "cert.name"), "Nguyễn Văn An");
    assert_string_equal(word(found, "cert.mail"), "an@example.vn");
    assert_string_equal(word(found, "cert.serial"), "0A1B");
    assert_string_equal(word(found, "token.serial"), "5000123");
    /* one second before and at midnight in Vietnam */
    assert_string_equal(word(found, "cert.issued"), "2025-12-31");
    assert_string_equal(word(found, "cert.expires"), "2026-01-01");
    assert_string_equal(word(found, "cert.effective"), "2026-02-01");
    assert_string_equal(word(found, "cert.class"), "cơ quan, tổ chức");
    assert_string_equal(word(all, "audit-head"), "0:00000000000000000000000000000000");
    assert_false(json_object_object_get_ex(all, "rows", NULL));
    json_object_put(all);
    (void)kyso_form_values_free(values);
}

/* Every field of a person and of an organisation is there under the word of forms. */
static void test_parties(void **state)
{
    static const char *const ROLES[] = {"person.", "coordinator."};
    struct kyso_form_values *values = kyso_form_values_new();
    struct kyso_party person = {.kind = KYSO_PARTY_PERSON};
    struct kyso_party organisation = {.kind = KYSO_PARTY_ORGANISATION};
    struct json_object *all, *found = NULL;
    size_t n_person, n_organisation, right = 0;
    const char *const *of_person = kyso_party_field_names(KYSO_PARTY_PERSON, &n_person);
    const char *const *of_organisation =
        kyso_party_field_names(KYSO_PARTY_ORGANISATION, &n_organisation);

    for (size_t i = 0; i < n_person; i++)
        person.values[i] = strdup(of_person[i]);
    for (size_t i = 0; i < n_organisation; i++)
        organisation.values[i] = strdup(of_organisation[i]);
    for (size_t i = 0; i < KYSO_ARRAY_LEN(ROLES); i++)
        kyso_form_values_person(values, ROLES[i], &person);
    kyso_form_values_organisation(values, "", &organisation);
    all = sealed(*state, values);
    assert_true(json_object_object_get_ex(all, "values", &found));
    json_object_object_foreach(found, key, value)
    {
        const char *text = json_object_get_string(value);
        const char *last = strrchr(key, '.') + 1;

        right += strcmp(last, text) == 0 ||
                 (strcmp(last, "id-issued") == 0 && strcmp(text, "id-date") == 0) ||
                 (strcmp(last, "position") == 0 && strcmp(text, "post") == 0) ||
                 (strcmp(last, "address") == 0 && strcmp(text, "home-address") == 0) ||
                 (strcmp(last, "superior") == 0 && strcmp(text, "parent") == 0) ||
                 (strcmp(last, "full-name") == 0 && strcmp(text, "name, superiors") == 0);
    }
    UNIT_ALL("fields under their words", right, 2 * n_person + n_organisation + 1);
    json_object_put(all);
    kyso_party_done(&person);
    kyso_party_done(&organisation);
    (void)kyso_form_values_free(values);
}

static void test_first_value_stays_and_rows_follow(void **state)
{
    struct kyso_form_values *values = kyso_form_values_new();
    struct json_object *all, *found = NULL;

    kyso_form_values_text(values, "doc.", "number", "12/CV");
    kyso_form_values_text(values, "doc.", "number", "another");
    kyso_form_values_text(values, "doc.", "place", "");
    kyso_form_values_text(values, "doc.", "place", NULL);
    kyso_form_values_day(values, "doc.", "date", 0);
    for (uint64_t i = 1; i <= 2; i++) {
        kyso_form_values_row(values);
        kyso_form_values_number(values, "count.", "documents", i);
    }
    all = sealed(*state, values);
    assert_true(json_object_object_get_ex(all, "values", &found));
    assert_int_equal(json_object_object_length(found), 1);
    assert_string_equal(word(found, "doc.number"), "12/CV");
    assert_true(json_object_object_get_ex(all, "rows", &found));
    assert_int_equal(json_object_array_length(found), 2);
    assert_string_equal(word(json_object_array_get_idx(found, 1), "count.documents"), "2");
    json_object_put(all);
    (void)kyso_form_values_free(values);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_certificate),
        CASE(test_parties),
        CASE(test_first_value_stays_and_rows_follow),
    };

    return cmocka_run_group_tests_name("form-values", tests, NULL, NULL);
}
