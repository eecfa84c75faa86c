/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Profiles are data: every shipped file is complete and says what the provinces' texts say (the
 * parameter sheet of the requirements), and nothing unknown or half-said is taken. */

#include "tests/unit/profile-file.h"

#include <stdlib.h>

static void test_shipped_profiles_complete(void **state)
{
    size_t good = 0;

    (void)state;
    for (unsigned int i = 0; i < SHIPPED; i++) {
        struct kyso_profile profile;
        const char *key = "";
        const char *problem = "";

        profile_load((enum shipped)i, &profile);
        if (!kyso_profile_check(&profile, &key, &problem)) {
            fail_msg("%s: %s %s", shipped_ids[i], key, problem);
        }
        assert_string_equal(profile.id, shipped_ids[i]);
        for (unsigned int rule = 0; rule < KYSO_RULE_MAX; rule++) {
            assert_true(*kyso_profile_clause(&profile, (enum kyso_rule)rule) != '\0');
        }
        good++;
    }
    assert_int_equal(good, 5);
    print_message("# %zu of %d shipped profiles\n", good, SHIPPED);
}

static void test_check_names_each_missing_key(void **state)
{
    size_t keys = 0;
    size_t named = 0;

    (void)state;
    for (size_t i = 0; kyso_profile_key(i) != NULL; i++) {
        struct kyso_profile profile;
        const char *key = "";
        const char *problem = "";

        profile_load_without(LS20, kyso_profile_key(i), &profile);
        assert_false(kyso_profile_check(&profile, &key, &problem));
        assert_string_equal(key, kyso_profile_key(i));
        assert_string_equal(problem, "missing");
        keys++;
    }
    for (unsigned int rule = 0; rule < KYSO_RULE_MAX; rule++) {
        struct kyso_profile profile;
        const char *key = "";
        const char *problem = "";
        char full[128];

        (void)snprintf(full, sizeof(full), "clauses.%s", kyso_rule_name((enum kyso_rule)rule));
        profile_load_without(LS20, full, &profile);
        assert_false(kyso_profile_check(&profile, &key, &problem));
        assert_string_equal(key, full);
        assert_string_equal(problem, "missing");
        named++;
    }
    assert_true(keys >= 40);
    assert_int_equal(named, KYSO_RULE_MAX);
    print_message("# %zu keys and %zu clauses, each named when missing\n", keys, named);
}

static void test_empty_profile_fails(void **state)
{
    struct kyso_profile profile;
    const char *key = "";
    const char *problem = "";

    (void)state;
    kyso_profile_init(&profile);
    assert_false(kyso_profile_check(&profile, &key, &problem));
    assert_string_equal(key, "id");
}

struct bad_row {
    const char *key;
    const char *value;
    const char *problem;
};

#define TEN "0123456789"
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN

static const struct bad_row bad_rows[] = {
    {"", "x", "unknown-key"},
    {"Id", "x", "unknown-key"},
    {"seal.require", "authority", "unknown-key"},
    {"clauses.", "x", "unknown-key"},
    {"clauses.seal", "LS20-6b", "unknown-key"},
    {"seal-needs-person", "LS20-6b", "unknown-key"},
    {"id", "", "bad-value"},
    {"id", "Lang Son", "bad-value"},
    {"id", "../x", "bad-value"},
    {"id", TEN TEN TEN TEN TEN TEN "1234", "too-long"},
    {"name", "", "bad-value"},
    {"name", "a\nb", "bad-value"},
    {"name", HUNDRED HUNDRED, "too-long"},
    {"status", "active", "bad-value"},
    {"status", "", "bad-value"},
    {"valid_from", "2020-02-30", "bad-value"},
    {"valid_from", "2019-02-29", "bad-value"},
    {"valid_from", "2100-02-29", "bad-value"},
    {"valid_from", "2020-00-10", "bad-value"},
    {"valid_from", "2020-13-10", "bad-value"},
    {"valid_from", "2020-01-00", "bad-value"},
    {"valid_from", "2020-1-1", "bad-value"},
    {"valid_from", "22/07/2020", "bad-value"},
    {"valid_from", "+020-01-01", "bad-value"},
    {"valid_from", "0020-01-01", "bad-value"},
    {"valid_from", "2020-01-011", "bad-value"},
    {"trust", "everybody", "bad-value"},
    {"trust", "specialised any", "bad-value"},
    {"trust", "", "bad-value"},
    {"seal.class_exists", "true", "bad-value"},
    {"seal.class_exists", "YES", "bad-value"},
    {"seal.requires", "nobody", "bad-value"},
    {"seal.only_kinds", "copy,", "bad-value"},
    {"seal.only_kinds", "copy,copy", "bad-value"},
    {"seal.only_kinds", "copy, scan", "bad-value"},
    {"seal.only_kinds", "none,copy", "bad-value"},
    {"seal.only_kinds", "", "bad-value"},
    {"seal.only_kinds", "original ", "bad-value"},
    {"release.channels", "fax", "bad-value"},
    {"release.channels", "unknown", "bad-value"},
    {"release.channels", "portal,portal", "bad-value"},
    {"release.channels", "portal,none", "bad-value"},
    {"release.channels", "", "bad-value"},
    {"release.channels_only", "maybe", "bad-value"},
    {"appearance.seal.place", "middle", "bad-value"},
    {"appearance.seal.lines", "signed-by,phone", "bad-value"},
    {"appearance.seal.overlap_percent", "101", "bad-value"},
    {"appearance.seal.overlap_percent", "-1", "bad-value"},
    {"appearance.seal.overlap_percent", "33%", "bad-value"},
    {"appearance.seal.overlap_percent", "", "bad-value"},
    {"renew.min_days", "4294967297", "bad-value"},
    {"report.months", "13", "bad-value"},
    {"report.months", "0", "bad-value"},
    {"report.months", "6,6", "bad-value"},
    {"report.months", "5", "bad-value"},
    {"report.months", "6,9", "bad-value"},
    {"report.months", "6,", "bad-value"},
    {"report.due_month", "13", "bad-value"},
    {"report.due_month", "November", "bad-value"},
    {"renew.submit_workdays", "367", "bad-value"},
    {"clauses.clerk", "", "bad-value"},
    {"clauses.clerk", HUNDRED, "too-long"},
    {"clauses.clerk", TEN TEN TEN TEN "12345678", "too-long"},
    {"valid_from", "1899-12-31", "bad-value"},
};

static void test_bad_pairs_refused(void **state)
{
    size_t refused = 0;

    (void)state;
    for (size_t i = 0; i < KYSO_ARRAY_LEN(bad_rows); i++) {
        struct kyso_profile profile;
        struct kyso_profile before;
        const char *problem = "";

        kyso_profile_init(&profile);
        before = profile;
        if (kyso_profile_set(&profile, bad_rows[i].key, bad_rows[i].value, &problem)) {
            fail_msg("taken: %s = %s", bad_rows[i].key, bad_rows[i].value);
        }
        assert_string_equal(problem, bad_rows[i].problem);
        assert_memory_equal(&profile, &before, sizeof(profile));
        refused++;
    }
    assert_int_equal(refused, KYSO_ARRAY_LEN(bad_rows));
    print_message("# %zu of %zu bad pairs refused\n", refused, KYSO_ARRAY_LEN(bad_rows));
}

/* The longest values that fit are kept whole. */
static void test_longest_values(void **state)
{
    struct kyso_profile profile;
    const char *problem = "";
    char text[KYSO_PROFILE_TEXT_MAX];

    (void)state;
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    kyso_profile_init(&profile);
    assert_true(kyso_profile_set(&profile, "name", text, &problem));
    assert_string_equal(profile.name, text);
    text[KYSO_CLAUSE_MAX - 1] = '\0';
    assert_true(kyso_profile_set(&profile, "clauses.clerk", text, &problem));
    assert_string_equal(kyso_profile_clause(&profile, KYSO_RULE_CLERK), text);
    assert_true(kyso_profile_set(&profile, "id", text, &problem));
    assert_true(kyso_profile_set(&profile, "valid_from", "1900-01-01", &problem));
    assert_int_equal(profile.valid_from, 19000101);
}

static void test_nothing_given_twice(void **state)
{
    struct kyso_profile profile;
    const char *problem = "";

    (void)state;
    kyso_profile_init(&profile);
    assert_true(kyso_profile_set(&profile, "seal.requires", "authority", &problem));
    assert_false(kyso_profile_set(&profile, "seal.requires", "any-individual", &problem));
    assert_string_equal(problem, "given-twice");
    assert_int_equal(profile.seal_requires, KYSO_SEAL_REQUIRES_AUTHORITY);
    assert_true(kyso_profile_set(&profile, "clauses.clerk", "LS20-6a", &problem));
    assert_false(kyso_profile_set(&profile, "clauses.clerk", "BD17-23.3", &problem));
    assert_string_equal(problem, "given-twice");
    assert_string_equal(kyso_profile_clause(&profile, KYSO_RULE_CLERK), "LS20-6a");
}

struct contradiction_row {
    const char *key[2]; /* replaced in the Lang Son profile */
    const char *value[2];
    const char *named;
};

static const struct contradiction_row contradiction_rows[] = {
    {{"valid_to"}, {"2020-07-21"}, "valid_to"},
    {{"valid_from"}, {"none"}, "valid_from"},
    {{"valid_from", "valid_to"}, {"none", "2021-01-01"}, "valid_to"},
    {{"seal.only_kinds"}, {"original"}, "seal.only_kinds"},
    {{"seal.only_kinds"}, {"internal,copy"}, "seal.only_kinds"},
    {{"seal.only_kinds"}, {"single-authority"}, "seal.only_kinds"},
    {{"seal.class_exists"}, {"no"}, "seal.only_kinds"},
    {{"seal.class_exists", "seal.only_kinds"}, {"no", "none"}, "release.authority_only"},
    {{"appearance.box.min_width_mm"}, {"1"}, "appearance.box.min_width_mm"},
    {{"appearance.box.min_height_mm"}, {"1"}, "appearance.box.min_height_mm"},
    {{"release.channels_only"}, {"yes"}, "release.channels_only"},
    {{"release.channels"}, {"portal"}, "clauses.channel"},
    {{"channel"}, {"LS20-6b.t3"}, "clauses.channel"},
    {{"date.equals_issue"}, {"yes"}, "clauses.issue-date"},
    {{"issue-date"}, {"LS20-6b.t3"}, "clauses.issue-date"},
    {{"report.months"}, {"6,12"}, "report.due_month"},
    {{"report.due_month"}, {"11"}, "report.due_month"},
    {{"report.months", "report.due_month"}, {"12", "11"}, "clauses.report"},
    {{"report"}, {"TB16-13.6"}, "clauses.report"},
    {{"recovery.escalate_hours"}, {"24"}, "clauses.recovery-escalation"},
    {{"recovery-escalation"}, {"BD17-16.2c"}, "clauses.recovery-escalation"},
    {{"revoke.deadline_hours"}, {"24"}, "clauses.revocation"},
    {{"revocation"}, {"BD17-12.3a"}, "clauses.revocation"},
    {{"token.return_workdays"}, {"5"}, "clauses.token-return"},
    {{"token-return"}, {"BD17-13.3a"}, "clauses.token-return"},
    {{"handover.workdays"}, {"3"}, "clauses.handover"},
    {{"handover"}, {"BD17-11.2c"}, "clauses.handover"},
    {{"renew.submit_workdays"}, {"3"}, "clauses.renewal-list"},
    {{"renewal-list"}, {"BD17-11.3b.t2"}, "clauses.renewal-list"},
    {{"renewal"}, {"none"}, "clauses.renewal"},
    {{"recover-wrong-pin"}, {"none"}, "clauses.recover-wrong-pin"},
    {{"revoke-broken"}, {"none"}, "clauses.revoke-broken"},
    {{"recovery-upstream"}, {"BD17-16.2b"}, "clauses.recovery-upstream"},
    {{"recovery.upstream"}, {"BD17-M15"}, "clauses.recovery-upstream"},
    {{"lost.form"}, {"none"}, "clauses.lost-form"},
    {{"recovery.electronic"}, {"none"}, "clauses.electronic-request"},
    {{"recovery.electronic"}, {"revocation"}, "clauses.electronic-request"},
    {{"recovery.electronic"}, {"request,revocation,upstream"}, "clauses.electronic-upstream"},
    {{"electronic-revocation"}, {"none"}, "clauses.electronic-revocation"},
    {{"recovery.form"}, {"none"}, "recovery.form"},
    {{"revoke.form"}, {"none"}, "revoke.form"},
    {{"recovery.note"}, {"BD17-16-2c"}, "recovery.note"},
};

struct replacing {
    struct kyso_profile *profile;
    const struct contradiction_row *row;
};

static const char *take_replaced(void *data, const char *section, const char *name, const char *key,
                                 const char *value)
{
    struct replacing *replacing = data;
    struct profile_loading loading = {replacing->profile, NULL};

    for (size_t i = 0; key != NULL && i < 2; i++) {
        if (replacing->row->key[i] != NULL && strcmp(replacing->row->key[i], key) == 0) {
            value = replacing->row->value[i];
        }
    }
    return profile_take(&loading, section, name, key, value);
}

static void test_contradictions_named(void **state)
{
    size_t found = 0;

    (void)state;
    for (size_t i = 0; i < KYSO_ARRAY_LEN(contradiction_rows); i++) {
        struct kyso_profile profile;
        struct replacing replacing = {&profile, &contradiction_rows[i]};
        struct kyso_conf_problem problem;
        const char *key = "";
        const char *what = "";

        kyso_profile_init(&profile);
        assert_int_equal(kyso_conf_read(KYSO_PROFILE_DIR "/lang-son-2020.conf", false,
                                        take_replaced, &replacing, &problem),
                         0);
        assert_false(kyso_profile_check(&profile, &key, &what));
        assert_string_equal(key, contradiction_rows[i].named);
        assert_string_equal(what, "contradiction");
        found++;
    }
    assert_int_equal(found, KYSO_ARRAY_LEN(contradiction_rows));
    print_message("# %zu of %zu contradictions named\n", found, KYSO_ARRAY_LEN(contradiction_rows));
}

#define KIND_BIT(kind) (1U << KYSO_KIND_##kind)

/* The sheet of parameters, typed again from the requirements (section 22): order and time. */
struct order_sheet {
    enum shipped profile;
    enum kyso_profile_status status;
    uint32_t from;
    uint32_t to;
    bool seal_class;
    enum kyso_seal_requires requires;
    uint32_t only_kinds;
    bool authority_only;
    bool chief;
    bool tsa;
    bool date_equals_issue;
};

static const struct order_sheet order_sheets[] = {
    {BD17, KYSO_PROFILE_EFFECTIVE, 20170615, 0, true, KYSO_SEAL_REQUIRES_ANY_INDIVIDUAL,
     KIND_BIT(SCAN) | KIND_BIT(REISSUE), true, false, true, false},
    {BD14, KYSO_PROFILE_REPEALED, 20150109, 20170614, false, KYSO_SEAL_REQUIRES_ANY_INDIVIDUAL, 0,
     true, true, true, false},
    {TB16, KYSO_PROFILE_DRAFT, 0, 0, true, KYSO_SEAL_REQUIRES_ANY_INDIVIDUAL, 0, true, false, false,
     false},
    {LS20, KYSO_PROFILE_GUIDANCE, 20200722, 0, true, KYSO_SEAL_REQUIRES_AUTHORITY, KIND_BIT(COPY),
     false, false, false, false},
    {AG16, KYSO_PROFILE_EFFECTIVE, 20161009, 0, true, KYSO_SEAL_REQUIRES_ANY_INDIVIDUAL,
     KIND_BIT(SCAN) | KIND_BIT(APPROVED), true, false, false, true},
};

static void test_sheet_order(void **state)
{
    (void)state;
    for (size_t i = 0; i < KYSO_ARRAY_LEN(order_sheets); i++) {
        const struct order_sheet *sheet = &order_sheets[i];
        struct kyso_profile profile;

        profile_load(sheet->profile, &profile);
        assert_int_equal(profile.status, sheet->status);
        assert_int_equal(profile.valid_from, sheet->from);
        assert_int_equal(profile.valid_to, sheet->to);
        assert_int_equal(profile.seal_class_exists, sheet->seal_class);
        assert_int_equal(profile.seal_requires, sheet->requires);
        assert_int_equal(profile.seal_only_kinds, sheet->only_kinds);
        assert_int_equal(profile.release_authority_only, sheet->authority_only);
        assert_int_equal(profile.copy_chief_of_office, sheet->chief);
        assert_int_equal(profile.tsa_required, sheet->tsa);
        assert_int_equal(profile.date_equals_issue, sheet->date_equals_issue);
        assert_true(profile.multi_no_issue);
        assert_true(profile.deny_secret);
        assert_true(profile.deny_law_list);
    }
    assert_int_equal(KYSO_ARRAY_LEN(order_sheets), SHIPPED);
    print_message("# %zu of %d profiles as in the sheet\n", KYSO_ARRAY_LEN(order_sheets), SHIPPED);
}

#define CHANNEL_BIT(channel) (1U << KYSO_CHANNEL_##channel)

/* Section 10 and row 24 of section 21: how documents are sent out. */
struct channel_sheet {
    enum shipped profile;
    uint32_t channels;
    bool only;
    const char *clause;
};

static const struct channel_sheet channel_sheets[] = {
    {BD17, CHANNEL_BIT(OFFICIAL_MAIL) | CHANNEL_BIT(DOCUMENT_SYSTEM) | CHANNEL_BIT(PORTAL), true,
     "BD17-19.3"},
    {BD14, CHANNEL_BIT(OFFICIAL_MAIL) | CHANNEL_BIT(DOCUMENT_SYSTEM) | CHANNEL_BIT(PORTAL), true,
     "BD14-10.3c"},
    {TB16,
     CHANNEL_BIT(OFFICIAL_MAIL) | CHANNEL_BIT(DOCUMENT_SYSTEM) | CHANNEL_BIT(ONE_STOP) |
         CHANNEL_BIT(SOCIAL_INSURANCE) | CHANNEL_BIT(OTHER),
     false, "TB16-10.1.t1"},
    {LS20, 0, false, "none"},
    {AG16, CHANNEL_BIT(OFFICIAL_MAIL) | CHANNEL_BIT(DOCUMENT_SYSTEM), false, "AG16-4.2"},
};

static void test_sheet_channels(void **state)
{
    (void)state;
    for (size_t i = 0; i < KYSO_ARRAY_LEN(channel_sheets); i++) {
        const struct channel_sheet *sheet = &channel_sheets[i];
        struct kyso_profile profile;

        profile_load(sheet->profile, &profile);
        assert_int_equal(profile.release_channels, sheet->channels);
        assert_int_equal(profile.release_channels_only, sheet->only);
        assert_string_equal(kyso_profile_clause(&profile, KYSO_RULE_CHANNEL), sheet->clause);
        assert_string_equal(kyso_profile_clause(&profile, KYSO_RULE_ISSUE_DATE),
                            sheet->profile == AG16 ? "AG16-8.1" : "none");
    }
    assert_int_equal(KYSO_ARRAY_LEN(channel_sheets), SHIPPED);
    print_message("# %zu of %d profiles as in the sheet\n", KYSO_ARRAY_LEN(channel_sheets),
                  SHIPPED);
}

/* Forms, deadlines and custody. */
struct form_sheet {
    enum shipped profile;
    const char *form;
    const char *upstream;
    const char *addressee;
    uint32_t escalate_hours;
    uint32_t revoke_hours;
    uint32_t return_workdays;
    uint32_t handover_workdays;
    bool renew_once;
    uint32_t renew_min_days;
    uint32_t max_new;
    uint32_t max_renewed;
    const char *secrecy;
};

static const struct form_sheet form_sheets[] = {
    {BD17, "BD17-M14", "BD17-M15", "Giám đốc Sở Thông tin và Truyền thông", 24, 24, 5, 3, true, 60,
     10, 5, "Mật"},
    {BD14, "BD14-8-2", "none", "Sở Thông tin và Truyền thông", 0, 0, 0, 0, false, 0, 5, 0,
     "Tối mật"},
    {TB16, "TB16-M09", "none", "Sở Thông tin và Truyền thông", 0, 0, 0, 0, true, 60, 10, 5,
     "như con dấu; tài sản công"},
    {LS20, "LS20-M07", "none", "Sở Thông tin và Truyền thông tỉnh Lạng Sơn", 0, 0, 0, 0, false, 0,
     0, 0, "none"},
    {AG16, "TT08-14", "TT08-15", "Người quản lý thuê bao", 0, 0, 5, 0, true, 60, 0, 0, "Mật"},
};

static void test_sheet_forms(void **state)
{
    (void)state;
    for (size_t i = 0; i < KYSO_ARRAY_LEN(form_sheets); i++) {
        const struct form_sheet *sheet = &form_sheets[i];
        struct kyso_profile profile;

        profile_load(sheet->profile, &profile);
        assert_string_equal(profile.recovery_form, sheet->form);
        assert_string_equal(profile.recovery_upstream, sheet->upstream);
        assert_string_equal(profile.recovery_addressee, sheet->addressee);
        assert_int_equal(profile.recovery_escalate_hours, sheet->escalate_hours);
        assert_int_equal(profile.revoke_deadline_hours, sheet->revoke_hours);
        assert_int_equal(profile.token_return_workdays, sheet->return_workdays);
        assert_int_equal(profile.handover_workdays, sheet->handover_workdays);
        assert_int_equal(profile.renew_once, sheet->renew_once);
        assert_int_equal(profile.renew_min_days, sheet->renew_min_days);
        assert_int_equal(profile.validity_max_new_years, sheet->max_new);
        assert_int_equal(profile.validity_max_renewed_years, sheet->max_renewed);
        assert_string_equal(profile.token_secrecy, sheet->secrecy);
    }
    assert_int_equal(KYSO_ARRAY_LEN(form_sheets), SHIPPED);
    print_message("# %zu of %d profiles as in the sheet\n", KYSO_ARRAY_LEN(form_sheets), SHIPPED);
}

/* LS20-7: blue signature, red seal of real size over a third of it. BD17-19.1b, 19.1c: logo and
 * lines, the seal on the top left of the first page. AG16-8.2d.s3: the box. */
static void test_sheet_appearance(void **state)
{
    struct kyso_profile p;

    (void)state;
    profile_load(LS20, &p);
    assert_string_equal(p.appearance_individual_image, "signature");
    assert_string_equal(p.appearance_individual_colour, "blue");
    assert_string_equal(p.appearance_individual_place, "handwritten");
    assert_string_equal(p.appearance_seal_image, "seal");
    assert_string_equal(p.appearance_seal_colour, "red");
    assert_string_equal(p.appearance_seal_place, "left-over-signature");
    assert_true(p.appearance_seal_real_size);
    assert_int_equal(p.appearance_seal_overlap_percent, 33);
    profile_load(BD17, &p);
    assert_string_equal(p.appearance_individual_image, "logo");
    assert_string_equal(p.appearance_individual_lines, "signed-by,title,email,organisation,time");
    assert_string_equal(p.appearance_seal_lines, "signed-by,email,tax-code,superior-body,time");
    assert_string_equal(p.appearance_seal_place, "top-left-first-page");
    assert_false(p.appearance_seal_real_size);
    profile_load(AG16, &p);
    assert_int_equal(p.appearance_box_min_width_mm, 65);
    assert_int_equal(p.appearance_box_max_width_mm, 80);
    assert_int_equal(p.appearance_box_min_height_mm, 35);
    assert_int_equal(p.appearance_box_max_height_mm, 40);
}

#define PERIOD(months) (1U << (months))

/* Terms (sections 13 to 17 and 22), each with the clause that sets it. BD17 and AG16 name no month
 * for their reports: theirs end with the half-years of the calendar. */
struct term_sheet {
    enum shipped profile;
    uint32_t submit_workdays, report_months, report_due_month;
    const char *clauses[KYSO_RULE_REPORT - KYSO_RULE_RECOVERY_ESCALATION + 1];
};

static const struct term_sheet term_sheets[] = {
    {BD17,
     3,
     PERIOD(6) | PERIOD(12),
     12,
     {"BD17-16.2c", "BD17-12.3a", "BD17-13.3a", "BD17-11.2c", "BD17-11.3b.t2", "BD17-11.3a.t1",
      "BD17-23.6"}},
    {BD14, 0, 0, 0, {"none", "none", "none", "none", "none", "K-10", "none"}},
    {TB16, 0, PERIOD(12), 11, {"none", "none", "none", "none", "none", "TB16-5.1", "TB16-13.6"}},
    {LS20, 0, 0, 0, {"none", "none", "none", "none", "none", "K-10", "none"}},
    {AG16,
     0,
     PERIOD(6),
     12,
     {"none", "none", "AG16-17.3a", "none", "none", "AG16-12.1", "AG16-22.8"}},
};

static void test_sheet_terms(void **state)
{
    size_t clauses = 0;

    (void)state;
    for (size_t i = 0; i < KYSO_ARRAY_LEN(term_sheets); i++) {
        const struct term_sheet *sheet = &term_sheets[i];
        struct kyso_profile profile;

        profile_load(sheet->profile, &profile);
        assert_int_equal(profile.renew_submit_workdays, sheet->submit_workdays);
        assert_int_equal(profile.report_months, sheet->report_months);
        assert_int_equal(profile.report_due_month, sheet->report_due_month);
        for (size_t k = 0; k < KYSO_ARRAY_LEN(sheet->clauses); k++) {
            enum kyso_rule rule = (enum kyso_rule)(KYSO_RULE_RECOVERY_ESCALATION + k);

            assert_string_equal(kyso_profile_clause(&profile, rule), sheet->clauses[k]);
            clauses++;
        }
    }
    assert_int_equal(clauses, SHIPPED * 7);
    print_message("# %zu of %d clauses of terms as in the sheet\n", clauses, SHIPPED * 7);
}

static void test_in_force(void **state)
{
    struct kyso_profile p;

    (void)state;
    profile_load(BD14, &p);
    assert_false(kyso_profile_in_force(&p, 20150108));
    assert_true(kyso_profile_in_force(&p, 20150109));
    assert_true(kyso_profile_in_force(&p, 20170614));
    assert_false(kyso_profile_in_force(&p, 20170615));
    profile_load(BD17, &p);
    assert_false(kyso_profile_in_force(&p, 20170614));
    assert_true(kyso_profile_in_force(&p, 20170615));
    assert_true(kyso_profile_in_force(&p, 20991231));
    profile_load(LS20, &p);
    assert_true(kyso_profile_in_force(&p, 20200722));
    profile_load(TB16, &p);
    assert_false(kyso_profile_in_force(&p, 20991231));
}

static void test_names(void **state)
{
    (void)state;
    for (unsigned int i = 0; i < KYSO_KIND_MAX; i++) {
        enum kyso_kind kind = KYSO_KIND_MAX;

        assert_true(kyso_kind_from_name(kyso_kind_name((enum kyso_kind)i), &kind));
        assert_int_equal(kind, i);
    }
    assert_false(kyso_kind_from_name("draft", &(enum kyso_kind){KYSO_KIND_ORIGINAL}));
    assert_false(kyso_kind_from_name("", &(enum kyso_kind){KYSO_KIND_ORIGINAL}));
    assert_string_equal(kyso_kind_name(KYSO_KIND_MAX), "unknown");
    for (unsigned int i = KYSO_CHANNEL_UNKNOWN + 1; i < KYSO_CHANNEL_MAX; i++) {
        enum kyso_channel channel = KYSO_CHANNEL_MAX;

        assert_true(kyso_channel_from_name(kyso_channel_name((enum kyso_channel)i), &channel));
        assert_int_equal(channel, i);
    }
    assert_false(kyso_channel_from_name("unknown", &(enum kyso_channel){KYSO_CHANNEL_OTHER}));
    assert_false(kyso_channel_from_name("", &(enum kyso_channel){KYSO_CHANNEL_OTHER}));
    assert_string_equal(kyso_channel_name(KYSO_CHANNEL_UNKNOWN), "unknown");
    assert_string_equal(kyso_channel_name(KYSO_CHANNEL_MAX), "unknown");
    for (unsigned int i = 0; i < KYSO_RULE_MAX; i++) {
        for (unsigned int j = 0; j < i; j++) {
            assert_string_not_equal(kyso_rule_name((enum kyso_rule)i),
                                    kyso_rule_name((enum kyso_rule)j));
        }
    }
    assert_string_equal(kyso_profile_status_name(KYSO_PROFILE_GUIDANCE), "guidance");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shipped_profiles_complete),
        cmocka_unit_test(test_check_names_each_missing_key),
        cmocka_unit_test(test_empty_profile_fails),
        cmocka_unit_test(test_bad_pairs_refused),
        cmocka_unit_test(test_longest_values),
        cmocka_unit_test(test_nothing_given_twice),
        cmocka_unit_test(test_contradictions_named),
        cmocka_unit_test(test_sheet_order),
        cmocka_unit_test(test_sheet_channels),
        cmocka_unit_test(test_sheet_forms),
        cmocka_unit_test(test_sheet_appearance),
        cmocka_unit_test(test_sheet_terms),
        cmocka_unit_test(test_in_force),
        cmocka_unit_test(test_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
