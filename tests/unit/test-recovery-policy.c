/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What each incident leads to in each province, row by row with its clause, typed again from the
 * requirements (sections 13, 14, 21 rows 31 to 37, 22); then the life of a request over all
 * combinations against a table that is written as words. */

#include "tests/unit/profile-file.h"

#include "common/macros.h"
#include "policy/recovery.h"
#include "tests/unit/unit.h"

/* ---- triage ---- */

#define DIRECTOR "Giám đốc Sở Thông tin và Truyền thông"
#define SO "Sở Thông tin và Truyền thông"
#define SO_LS "Sở Thông tin và Truyền thông tỉnh Lạng Sơn"
#define MANAGER "Người quản lý thuê bao"
#define CENTRE "Trung tâm Thông tin điện tử"
#define BOTH "agency,subscriber"

struct triage_row {
    enum shipped profile;
    enum kyso_incident incident;
    const char *kind, *triage_clause;
    const char *form, *form_clause;
    const char *lost_form, *lost_clause;
    const char *addressee, *delivery, *signatories;
    const char *electronic_clause;
};

/* K-06 separates; the clause is of the instrument, "P:" where it is silent: BD17-16 and AG16-20 do
 * not name the forgotten PIN, TB16 neither lockout nor loss, LS20 no trigger at all,
 * BD14-7.1 and LS20-4 no broken token (row 39). */
static const struct triage_row triage_rows[] = {
    {BD17, KYSO_INCIDENT_WRONG_PIN, "recovery", "BD17-16.1", "BD17-M14", "BD17-16.2a", "", "",
     DIRECTOR, CENTRE, BOTH, "P:BD17-16.2a"},
    {BD17, KYSO_INCIDENT_FORGOTTEN_PIN, "recovery", "P:BD17-16.2", "BD17-M14", "BD17-16.2a", "", "",
     DIRECTOR, CENTRE, BOTH, "P:BD17-16.2a"},
    {BD17, KYSO_INCIDENT_LOST, "revocation", "BD17-12.1b", "BD17-M09", "BD17-12.1b", "", "",
     DIRECTOR, DIRECTOR, BOTH, "BD17-12.2đ"},
    {BD17, KYSO_INCIDENT_EXPOSED, "revocation", "BD17-12.1b", "BD17-M09", "BD17-12.1b", "", "",
     DIRECTOR, DIRECTOR, BOTH, "BD17-12.2đ"},
    {BD17, KYSO_INCIDENT_COPIED, "revocation", "BD17-12.1b", "BD17-M09", "BD17-12.1b", "", "",
     DIRECTOR, DIRECTOR, BOTH, "BD17-12.2đ"},
    {BD17, KYSO_INCIDENT_BROKEN, "revocation", "BD17-12.1b", "BD17-M09", "BD17-12.1b", "", "",
     DIRECTOR, DIRECTOR, BOTH, "BD17-12.2đ"},
    {BD14, KYSO_INCIDENT_WRONG_PIN, "recovery", "BD14-8.1a", "BD14-8-2", "BD14-8.2", "", "", SO,
     CENTRE, BOTH, ""},
    {BD14, KYSO_INCIDENT_FORGOTTEN_PIN, "recovery", "BD14-8.1a", "BD14-8-2", "BD14-8.2", "", "", SO,
     CENTRE, BOTH, ""},
    {BD14, KYSO_INCIDENT_LOST, "revocation", "BD14-7.1d", "BD14-M04", "BD14-7.1d", "", "", SO, SO,
     BOTH, ""},
    {BD14, KYSO_INCIDENT_EXPOSED, "revocation", "BD14-7.1d", "BD14-M04", "BD14-7.1d", "", "", SO,
     SO, BOTH, ""},
    {BD14, KYSO_INCIDENT_COPIED, "revocation", "BD14-7.1d", "BD14-M04", "BD14-7.1d", "", "", SO, SO,
     BOTH, ""},
    {BD14, KYSO_INCIDENT_BROKEN, "revocation", "P:BD14-7.1d", "BD14-M04", "BD14-7.1d", "", "", SO,
     SO, BOTH, ""},
    {TB16, KYSO_INCIDENT_WRONG_PIN, "recovery", "P:TB16-10.3", "TB16-M09", "TB16-10.3", "", "", SO,
     SO, BOTH, "P:TB16-10.3"},
    {TB16, KYSO_INCIDENT_FORGOTTEN_PIN, "recovery", "TB16-10.3", "TB16-M09", "TB16-10.3", "", "",
     SO, SO, BOTH, "P:TB16-10.3"},
    {TB16, KYSO_INCIDENT_LOST, "revocation", "P:TB16-6.1", "TB16-M05", "TB16-6.2", "", "", SO, SO,
     BOTH, ""},
    {TB16, KYSO_INCIDENT_EXPOSED, "revocation", "P:TB16-6.1", "TB16-M05", "TB16-6.2", "", "", SO,
     SO, BOTH, ""},
    {TB16, KYSO_INCIDENT_COPIED, "revocation", "P:TB16-6.1", "TB16-M05", "TB16-6.2", "", "", SO, SO,
     BOTH, ""},
    {TB16, KYSO_INCIDENT_BROKEN, "revocation", "TB16-6.1", "TB16-M05", "TB16-6.2", "", "", SO, SO,
     BOTH, ""},
    {LS20, KYSO_INCIDENT_WRONG_PIN, "recovery", "P:LS20-5", "LS20-M07", "LS20-5", "", "", SO_LS,
     SO_LS, "agency", "LS20-2i"},
    {LS20, KYSO_INCIDENT_FORGOTTEN_PIN, "recovery", "P:LS20-5", "LS20-M07", "LS20-5", "", "", SO_LS,
     SO_LS, "agency", "LS20-2i"},
    {LS20, KYSO_INCIDENT_LOST, "revocation", "LS20-4.t3", "LS20-M04", "LS20-4.t1", "LS20-M06",
     "LS20-4.t3", SO_LS, SO_LS, "agency", "LS20-2i"},
    {LS20, KYSO_INCIDENT_EXPOSED, "revocation", "P:LS20-4.t1", "LS20-M04", "LS20-4.t1", "", "",
     SO_LS, SO_LS, "agency", "LS20-2i"},
    {LS20, KYSO_INCIDENT_COPIED, "revocation", "P:LS20-4.t1", "LS20-M04", "LS20-4.t1", "", "",
     SO_LS, SO_LS, "agency", "LS20-2i"},
    {LS20, KYSO_INCIDENT_BROKEN, "revocation", "P:LS20-4.t1", "LS20-M04", "LS20-4.t1", "", "",
     SO_LS, SO_LS, "agency", "LS20-2i"},
    {AG16, KYSO_INCIDENT_WRONG_PIN, "recovery", "AG16-20.1a", "TT08-14", "AG16-20.2", "", "",
     MANAGER, SO, BOTH, "P:AG16-20.2"},
    {AG16, KYSO_INCIDENT_FORGOTTEN_PIN, "recovery", "P:AG16-20.2", "TT08-14", "AG16-20.2", "", "",
     MANAGER, SO, BOTH, "P:AG16-20.2"},
    {AG16, KYSO_INCIDENT_LOST, "revocation", "AG16-14.1b", "TT08-09", "AG16-15.2", "", "", MANAGER,
     MANAGER, BOTH, "AG16-15.5"},
    {AG16, KYSO_INCIDENT_EXPOSED, "revocation", "AG16-14.1b", "TT08-09", "AG16-15.2", "", "",
     MANAGER, MANAGER, BOTH, "AG16-15.5"},
    {AG16, KYSO_INCIDENT_COPIED, "revocation", "AG16-14.1b", "TT08-09", "AG16-15.2", "", "",
     MANAGER, MANAGER, BOTH, "AG16-15.5"},
    {AG16, KYSO_INCIDENT_BROKEN, "revocation", "AG16-14.1b", "TT08-09", "AG16-15.2", "", "",
     MANAGER, MANAGER, BOTH, "AG16-15.5"},
};

static bool same(const char *what, const char *found, const char *wanted)
{
    if (strcmp(found, wanted) == 0)
        return true;
    print_message("# %s: found “%s”, wanted “%s”\n", what, found, wanted);
    return false;
}

static bool as_in_row(const struct triage_row *row)
{
    struct kyso_recovery_path path;
    struct kyso_profile profile;
    bool good = true;

    profile_load(row->profile, &profile);
    path = kyso_recovery_path(&profile, row->incident);
    good &= same("kind", kyso_recovery_kind_name(path.kind), row->kind);
    good &= same("triage", path.triage_clause, row->triage_clause);
    good &= same("form", path.form, row->form);
    good &= same("form clause", path.form_clause, row->form_clause);
    good &= same("lost form", path.lost_form, row->lost_form);
    good &= same("lost clause", path.lost_clause, row->lost_clause);
    good &= same("addressee", path.addressee, row->addressee);
    good &= same("delivery", path.delivery, row->delivery);
    good &= same("signatories", path.signatories, row->signatories);
    good &= same("electronic", path.electronic_clause, row->electronic_clause);
    if (!good)
        print_message("# in %s, %s\n", profile.id, kyso_incident_name(row->incident));
    return good;
}

static void test_every_incident_in_every_province(void **state KYSO_UNUSED)
{
    bool met[SHIPPED][KYSO_INCIDENT_MAX] = {{false}};
    size_t good = 0, all = 0;

    for (size_t i = 0; i < KYSO_ARRAY_LEN(triage_rows); i++) {
        met[triage_rows[i].profile][triage_rows[i].incident] = true;
        good += as_in_row(&triage_rows[i]);
    }
    for (unsigned int p = 0; p < SHIPPED; p++) {
        for (unsigned int i = 0; i < KYSO_INCIDENT_MAX; i++)
            all += met[p][i];
    }
    assert_int_equal(all, SHIPPED * KYSO_INCIDENT_MAX);
    UNIT_ALL("incidents of all provinces", good, all);
}

/* Rows 35 to 37, and 16.2c: only Bình Dương counts hours. */
static void test_what_follows_a_request(void **state KYSO_UNUSED)
{
    static const struct {
        enum shipped profile;
        const char *upstream, *upstream_clause, *unlock_clause, *note;
        uint32_t hours;
        const char *escalation_clause, *letter_clause;
    } ROWS[] = {
        {BD17, "BD17-M15", "BD17-16.2b", "BD17-16.2b", "BD17-16-2c", 24, "BD17-16.2c",
         "BD17-16.2b"},
        {BD14, "", "", "P:BD14-8.2", "", 0, "", ""},
        {TB16, "", "", "TB16-10.3", "", 0, "", ""},
        {LS20, "", "", "LS20-8", "", 0, "", ""},
        {AG16, "TT08-15", "AG16-20.3b", "AG16-20.1c", "", 0, "", "AG16-20.3b"},
    };
    size_t good = 0;

    for (size_t i = 0; i < KYSO_ARRAY_LEN(ROWS); i++) {
        struct kyso_recovery_path path;
        struct kyso_profile profile;

        profile_load(ROWS[i].profile, &profile);
        path = kyso_recovery_path(&profile, KYSO_INCIDENT_WRONG_PIN);
        good += same("upstream", path.upstream, ROWS[i].upstream) &&
                same("clause", path.upstream_clause, ROWS[i].upstream_clause) &&
                same("unlock", path.unlock_clause, ROWS[i].unlock_clause) &&
                same("note", path.note, ROWS[i].note) && path.escalate_hours == ROWS[i].hours &&
                same("escalation", path.escalation_clause, ROWS[i].escalation_clause) &&
                same("letter", kyso_recovery_electronic(&profile, KYSO_RECOVERY_LETTER),
                     ROWS[i].letter_clause);
        path = kyso_recovery_path(&profile, KYSO_INCIDENT_LOST);
        assert_string_equal(path.upstream, ""); /* lists for revocation are another form */
        assert_int_equal(path.escalate_hours, 0);
    }
    assert_int_equal(KYSO_ARRAY_LEN(ROWS), SHIPPED);
    UNIT_ALL("provinces", good, SHIPPED);
}

/* ---- life ---- */

/* One letter for each state; "-": any. What comes after ACT, or why not. The first row that fits
 * counts. */
struct life_row {
    const char *kind;   /* "r", "v", "l": recovery, revocation, letter; several */
    const char *states; /* "d", "s", "x": drafted, sent, closed in any way; several */
    const char *act;
    const char *when; /* "": always; "combined", "note", "no-upstream" */
    const char *result;
};

static const char *const act_names[KYSO_RECOVERY_ACT_MAX] = {
    [KYSO_RECOVERY_ACT_START] = "start",         [KYSO_RECOVERY_ACT_FILL] = "fill",
    [KYSO_RECOVERY_ACT_COMBINE] = "combine",     [KYSO_RECOVERY_ACT_SEND] = "send",
    [KYSO_RECOVERY_ACT_RECOVERED] = "recovered", [KYSO_RECOVERY_ACT_REVOKED] = "revoked",
    [KYSO_RECOVERY_ACT_REFUSED] = "refused",     [KYSO_RECOVERY_ACT_CANCEL] = "cancel",
};

static const struct life_row life_rows[] = {
    {"rvl", "x", "-", "", "already-closed"},
    {"rvl", "s", "fill", "note", "sent"},
    {"rvl", "s", "fill", "", "already-sent"},
    {"rvl", "d", "fill", "", "drafted"},
    {"l", "ds", "combine", "", "is-a-letter"},
    {"v", "ds", "combine", "", "not-a-recovery"},
    {"r", "ds", "combine", "no-upstream", "no-upstream-form"},
    {"r", "ds", "combine", "combined", "combined"},
    {"r", "d", "combine", "", "drafted"},
    {"r", "s", "combine", "", "sent"},
    {"rvl", "d", "send", "", "sent"},
    {"rvl", "s", "send", "", "already-sent"},
    {"v", "ds", "recovered", "", "not-a-recovery"},
    {"rl", "d", "recovered", "", "not-sent"},
    {"rl", "s", "recovered", "", "recovered"},
    {"rl", "ds", "revoked", "", "not-a-revocation"},
    {"v", "d", "revoked", "", "not-sent"},
    {"v", "s", "revoked", "", "revoked"},
    {"rvl", "d", "refused", "", "not-sent"},
    {"rvl", "s", "refused", "", "refused"},
    {"l", "s", "cancel", "", "already-sent"},
    {"rvl", "ds", "cancel", "", "cancelled"},
};

static bool fits(const struct life_row *row, const struct kyso_recovery_fact *fact,
                 enum kyso_recovery_act act, bool upstream)
{
    static const char STATE_LETTERS[] = "dsxxxx", KIND_LETTERS[] = "rvl";

    if (strchr(row->kind, KIND_LETTERS[fact->kind]) == NULL ||
        strchr(row->states, STATE_LETTERS[fact->state]) == NULL ||
        (strcmp(row->act, "-") != 0 && strcmp(row->act, act_names[act]) != 0))
        return false;
    if (strcmp(row->when, "combined") == 0)
        return fact->combined;
    if (strcmp(row->when, "note") == 0)
        return fact->note;
    return strcmp(row->when, "no-upstream") == 0 ? !upstream : true;
}

static const char *oracle(const struct kyso_recovery_fact *fact, enum kyso_recovery_act act,
                          bool upstream)
{
    if (act == KYSO_RECOVERY_ACT_START) {
        if (fact->revocation_open)
            return "revocation-open";
        return fact->recovery_open && fact->kind == KYSO_RECOVERY_REQUEST ? "recovery-open"
                                                                          : "drafted";
    }
    for (size_t i = 0; i < KYSO_ARRAY_LEN(life_rows); i++) {
        if (fits(&life_rows[i], fact, act, upstream))
            return life_rows[i].result;
    }
    fail_msg("no row for %s", act_names[act]);
    return "";
}

static bool judged_right(const struct kyso_profile *profile, const struct kyso_recovery_fact *fact,
                         enum kyso_recovery_act act)
{
    struct kyso_recovery_verdict verdict = kyso_recovery_judge(profile, fact, act);
    bool upstream = strcmp(profile->recovery_upstream, "none") != 0;
    const char *found = verdict.refusal != KYSO_RECOVERY_MAY
                            ? kyso_recovery_refusal_name(verdict.refusal)
                            : kyso_recovery_state_name(verdict.next);

    assert_non_null(verdict.clause);
    assert_int_equal(verdict.supersedes, act == KYSO_RECOVERY_ACT_START &&
                                             fact->kind == KYSO_RECOVERY_REVOCATION &&
                                             fact->recovery_open && !fact->revocation_open);
    return same(act_names[act], found, oracle(fact, act, upstream));
}

static void test_every_act_in_every_state(void **state KYSO_UNUSED)
{
    size_t good = 0, all = 0;

    for (unsigned int p = 0; p < SHIPPED; p++) {
        struct kyso_profile profile;

        profile_load((enum shipped)p, &profile);
        for (unsigned int n = 0;
             n < KYSO_RECOVERY_KIND_MAX * KYSO_RECOVERY_STATE_MAX * KYSO_RECOVERY_ACT_MAX * 16;
             n++) {
            unsigned int rest = n / 16;
            struct kyso_recovery_fact fact = {
                .kind = (enum kyso_recovery_kind)(rest % KYSO_RECOVERY_KIND_MAX),
                .state = (enum kyso_recovery_state)(rest / KYSO_RECOVERY_KIND_MAX %
                                                    KYSO_RECOVERY_STATE_MAX),
                .combined = (n & 1) != 0,
                .note = (n & 2) != 0,
                .recovery_open = (n & 4) != 0,
                .revocation_open = (n & 8) != 0,
            };

            all++;
            good += judged_right(
                &profile, &fact,
                (enum kyso_recovery_act)(rest / KYSO_RECOVERY_KIND_MAX / KYSO_RECOVERY_STATE_MAX));
        }
    }
    assert_int_equal(all, 5 * 3 * 6 * 8 * 16);
    UNIT_ALL("acts, kinds and states", good, all);
}

/* Whoever is refused is told on which clause, where there is one. */
static void test_refusals_name_their_clause(void **state KYSO_UNUSED)
{
    static const struct {
        struct kyso_recovery_fact fact;
        enum kyso_recovery_act act;
        const char *clause;
    } ROWS[] = {
        {{.kind = KYSO_RECOVERY_REQUEST, .revocation_open = true},
         KYSO_RECOVERY_ACT_START,
         "BD17-12.1b"},
        {{.kind = KYSO_RECOVERY_REQUEST, .recovery_open = true},
         KYSO_RECOVERY_ACT_START,
         "BD17-16.2a"},
        {{.kind = KYSO_RECOVERY_LETTER}, KYSO_RECOVERY_ACT_COMBINE, "BD17-16.2b"},
        {{.kind = KYSO_RECOVERY_REVOCATION}, KYSO_RECOVERY_ACT_COMBINE, "BD17-16.2b"},
        {{.kind = KYSO_RECOVERY_REVOCATION}, KYSO_RECOVERY_ACT_RECOVERED, "BD17-12.1b"},
        {{.kind = KYSO_RECOVERY_REQUEST}, KYSO_RECOVERY_ACT_REVOKED, "BD17-12.1b"},
    };
    struct kyso_profile profile;
    size_t good = 0;

    profile_load(BD17, &profile);
    for (size_t i = 0; i < KYSO_ARRAY_LEN(ROWS); i++) {
        struct kyso_recovery_verdict verdict =
            kyso_recovery_judge(&profile, &ROWS[i].fact, ROWS[i].act);

        good +=
            verdict.refusal != KYSO_RECOVERY_MAY && same("clause", verdict.clause, ROWS[i].clause);
    }
    UNIT_ALL("refusals with a clause", good, KYSO_ARRAY_LEN(ROWS));
}

/* ---- fields and words ---- */

static void test_fields_that_people_fill_in(void **state KYSO_UNUSED)
{
    static const char *const MAY[] = {
        "doc.number",   "doc.place",   "doc.date",    "coordinator", "contact",       "reason",
        "token.serial", "cert.issued", "note.number", "note.place",  "upstream.name", "sender",
    };
    /* Personal data has its own place; what the certificate says is not for writing over. */
    static const char *const MAY_NOT[] = {
        "",
        "person.name",
        "person.id-number",
        "person.birth-date",
        "org.name",
        "cert.mail",
        "coordinator.name",
        "contact.id",
        "cert.subject",
        "cert.serial",
        "doc",
        "doc.number ",
        "note",
        "note.A",
        "note.a b",
        "audit",
        "token.serial.x",
        "Reason",
    };
    size_t good = 0;

    for (size_t i = 0; i < KYSO_ARRAY_LEN(MAY); i++)
        good += kyso_recovery_field(MAY[i]);
    for (size_t i = 0; i < KYSO_ARRAY_LEN(MAY_NOT); i++)
        good += !kyso_recovery_field(MAY_NOT[i]);
    UNIT_ALL("keys", good, KYSO_ARRAY_LEN(MAY) + KYSO_ARRAY_LEN(MAY_NOT));
    assert_true(kyso_recovery_field_of_note("note.number"));
    assert_false(kyso_recovery_field_of_note("doc.number"));
}

static void test_words(void **state KYSO_UNUSED)
{
    enum kyso_incident incident = KYSO_INCIDENT_MAX;
    enum kyso_recovery_kind kind = KYSO_RECOVERY_KIND_MAX;
    enum kyso_recovery_state request_state = KYSO_RECOVERY_STATE_MAX;
    size_t words = 0;

    for (unsigned int i = 0; i < KYSO_INCIDENT_MAX; i++) {
        assert_true(kyso_incident_from_name(kyso_incident_name(i), &incident));
        words += incident == i;
    }
    for (unsigned int i = 0; i < KYSO_RECOVERY_KIND_MAX; i++) {
        assert_true(kyso_recovery_kind_from_name(kyso_recovery_kind_name(i), &kind));
        words += kind == i;
    }
    for (unsigned int i = 0; i < KYSO_RECOVERY_STATE_MAX; i++) {
        assert_true(kyso_recovery_state_from_name(kyso_recovery_state_name(i), &request_state));
        words += request_state == i;
    }
    UNIT_ALL("words", words, KYSO_INCIDENT_MAX + KYSO_RECOVERY_KIND_MAX + KYSO_RECOVERY_STATE_MAX);
    assert_false(kyso_incident_from_name("stolen", &incident));
    assert_string_equal(kyso_recovery_refusal_name(KYSO_RECOVERY_REFUSAL_MAX), "unknown");
    assert_string_equal(kyso_incident_name(KYSO_INCIDENT_MAX), "unknown");
}

/* Whatever comes in, nobody gets a token back that may be in foreign hands. */
static void test_an_unknown_incident_is_a_loss(void **state KYSO_UNUSED)
{
    struct kyso_profile profile;

    profile_load(LS20, &profile);
    assert_int_equal(kyso_recovery_path(&profile, KYSO_INCIDENT_MAX).kind,
                     KYSO_RECOVERY_REVOCATION);
    assert_string_equal(kyso_recovery_path(&profile, KYSO_INCIDENT_MAX).lost_form, "LS20-M06");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_incident_in_every_province),
        cmocka_unit_test(test_what_follows_a_request),
        cmocka_unit_test(test_every_act_in_every_state),
        cmocka_unit_test(test_refusals_name_their_clause),
        cmocka_unit_test(test_fields_that_people_fill_in),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_an_unknown_incident_is_a_loss),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
