/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* May a certificate act: a table with one fault at a time, then every combination against an
 * oracle that counts obstacles instead of ordering them. */

#include "tests/unit/profile-file.h"

#include "policy/certificate.h"

#define BEFORE 1000
#define FROM 2000
#define EFFECTIVE 3000
#define UNTIL 9000

static const struct kyso_certificate_fact good_seal = {
    .class = KYSO_CLASS_SEAL,
    .not_before = FROM,
    .not_after = UNTIL,
    .effective_from = EFFECTIVE,
    .has_key_usage = true,
    .key_usage = KYSO_KEY_USAGE_DIGITAL_SIGNATURE,
};

struct row {
    const char *what;
    enum shipped profile;
    struct kyso_certificate_fact fact;
    enum kyso_class class;
    int64_t at;
    enum kyso_certificate_reason reason;
    const char *name;
    const char *clause;
};

/* One twist at a time of a good certificate. */
enum twist {
    NO_USAGE = 1 << 0,
    ENCRYPTS = 1 << 1,
    PURPOSES = 1 << 2,
    LOG_ON = 1 << 3,
    MAIL = 1 << 4,
    DOCUMENTS = 1 << 5,
    ANYTHING = 1 << 6,
    CA = 1 << 7,
    CRITICAL = 1 << 8,
    LIMITS = 1 << 9,
};

#define WHEN(twists, bit, value) (((twists) & (bit)) != 0 ? (uint32_t)(value) : 0U)
#define FACT(class_, from_, twists)                                                                \
    {                                                                                              \
        .class = KYSO_CLASS_##class_, .not_before = (from_), .not_after = UNTIL,                   \
        .effective_from = KYSO_CLASS_##class_ == KYSO_CLASS_SEAL ? EFFECTIVE : KYSO_NO_DATE,       \
        .has_key_usage = ((twists)&NO_USAGE) == 0,                                                 \
        .key_usage = ((twists)&ENCRYPTS) != 0                 ? KYSO_KEY_USAGE_OTHER               \
                     : KYSO_CLASS_##class_ == KYSO_CLASS_SEAL ? KYSO_KEY_USAGE_NON_REPUDIATION     \
                                                              : KYSO_KEY_USAGE_DIGITAL_SIGNATURE,  \
        .has_purposes = ((twists)&PURPOSES) != 0,                                                  \
        .purposes = WHEN(twists, LOG_ON, KYSO_PURPOSE_OTHER) |                                     \
                    WHEN(twists, MAIL, KYSO_PURPOSE_EMAIL) |                                       \
                    WHEN(twists, DOCUMENTS, KYSO_PURPOSE_DOCUMENT_SIGNING) |                       \
                    WHEN(twists, ANYTHING, KYSO_PURPOSE_ANY),                                      \
        .is_authority = ((twists)&CA) != 0, .unknown_critical = ((twists)&CRITICAL) != 0,          \
        .limits_forbid = ((twists)&LIMITS) != 0                                                    \
    }
#define SEAL(twists) FACT(SEAL, FROM, twists)
#define PERSON(twists) FACT(PERSON, FROM, twists)

static const struct row rows[] = {
    {"seal, non-repudiation", LS20, SEAL(0), KYSO_CLASS_SEAL, EFFECTIVE, KYSO_CERTIFICATE_USABLE,
     "usable", ""},
    {"person without effective date", LS20, PERSON(0), KYSO_CLASS_PERSON, FROM,
     KYSO_CERTIFICATE_USABLE, "usable", ""},
    {"last second", BD17, SEAL(0), KYSO_CLASS_SEAL, UNTIL, KYSO_CERTIFICATE_USABLE, "usable", ""},
    {"a second later", BD17, SEAL(0), KYSO_CLASS_SEAL, UNTIL + 1, KYSO_CERTIFICATE_EXPIRED,
     "expired", "BD17-5.1"},
    {"a second early", BD17, SEAL(0), KYSO_CLASS_SEAL, FROM - 1, KYSO_CERTIFICATE_NOT_YET_VALID,
     "not-yet-valid", "BD17-5.1"},
    {"before publication", BD17, SEAL(0), KYSO_CLASS_SEAL, EFFECTIVE - 1,
     KYSO_CERTIFICATE_NOT_EFFECTIVE_YET, "not-effective-yet", "BD17-11.2d"},
    {"not in the roster", LS20, FACT(UNKNOWN, FROM, 0), KYSO_CLASS_SEAL, FROM,
     KYSO_CERTIFICATE_NOT_IN_ROSTER, "not-in-roster", "K-08"},
    {"a person's as the seal", LS20, PERSON(0), KYSO_CLASS_SEAL, FROM, KYSO_CERTIFICATE_WRONG_CLASS,
     "wrong-class", "K-08"},
    {"the seal as a person", LS20, SEAL(0), KYSO_CLASS_PERSON, EFFECTIVE,
     KYSO_CERTIFICATE_WRONG_CLASS, "wrong-class", "K-08"},
    {"a device as itself", LS20, FACT(DEVICE, FROM, 0), KYSO_CLASS_DEVICE, FROM,
     KYSO_CERTIFICATE_WRONG_CLASS, "wrong-class", "K-08"},
    {"asked for nothing", LS20, SEAL(0), KYSO_CLASS_UNKNOWN, EFFECTIVE,
     KYSO_CERTIFICATE_WRONG_CLASS, "wrong-class", "K-08"},
    {"valid for one second", LS20, FACT(SEAL, UNTIL, 0), KYSO_CLASS_SEAL, UNTIL,
     KYSO_CERTIFICATE_USABLE, "usable", ""},
    {"dates reversed", LS20, FACT(SEAL, UNTIL + 2, 0), KYSO_CLASS_SEAL, UNTIL + 1,
     KYSO_CERTIFICATE_DATES_REVERSED, "dates-reversed", "P:LS20-1"},
    {"an issuer's", AG16, SEAL(CA), KYSO_CLASS_SEAL, EFFECTIVE, KYSO_CERTIFICATE_IS_AUTHORITY,
     "is-authority", "AG16-9.7"},
    {"unknown critical limit", AG16, SEAL(CRITICAL), KYSO_CLASS_SEAL, EFFECTIVE,
     KYSO_CERTIFICATE_UNKNOWN_CRITICAL, "unknown-critical-extension", "AG16-9.7"},
    {"no key usage", BD14, PERSON(NO_USAGE), KYSO_CLASS_PERSON, FROM, KYSO_CERTIFICATE_KEY_USAGE,
     "key-usage", "BD14-3.4g"},
    {"encryption only", BD17, PERSON(ENCRYPTS), KYSO_CLASS_PERSON, FROM, KYSO_CERTIFICATE_KEY_USAGE,
     "key-usage", "BD17-6.7"},
    {"log-on only", BD17, PERSON(PURPOSES | LOG_ON), KYSO_CLASS_PERSON, FROM,
     KYSO_CERTIFICATE_EXTENDED_KEY_USAGE, "extended-key-usage", "BD17-6.7"},
    {"an empty list of purposes", BD17, PERSON(PURPOSES), KYSO_CLASS_PERSON, FROM,
     KYSO_CERTIFICATE_EXTENDED_KEY_USAGE, "extended-key-usage", "BD17-6.7"},
    {"log-on and mail", BD17, PERSON(PURPOSES | LOG_ON | MAIL), KYSO_CLASS_PERSON, FROM,
     KYSO_CERTIFICATE_USABLE, "usable", ""},
    {"document signing", BD17, PERSON(PURPOSES | DOCUMENTS), KYSO_CLASS_PERSON, FROM,
     KYSO_CERTIFICATE_USABLE, "usable", ""},
    {"any purpose", BD17, PERSON(PURPOSES | ANYTHING), KYSO_CLASS_PERSON, FROM,
     KYSO_CERTIFICATE_USABLE, "usable", ""},
    {"limits forbid", BD17, PERSON(LIMITS), KYSO_CLASS_PERSON, FROM, KYSO_CERTIFICATE_LIMITS,
     "limits", "BD17-6.7"},
};

static void test_table(void **state)
{
    size_t seen = 0;

    (void)state;
    for (size_t i = 0; i < KYSO_ARRAY_LEN(rows); i++) {
        struct kyso_profile profile;
        struct kyso_certificate_verdict verdict;

        profile_load(rows[i].profile, &profile);
        verdict = kyso_certificate_judge(&profile, &rows[i].fact, rows[i].class, rows[i].at);
        if (verdict.reason != rows[i].reason) {
            fail_msg("%s: %s", rows[i].what, kyso_certificate_reason_name(verdict.reason));
        }
        assert_int_equal(verdict.allow, rows[i].reason == KYSO_CERTIFICATE_USABLE);
        assert_string_equal(kyso_certificate_reason_name(verdict.reason), rows[i].name);
        assert_string_equal(verdict.clause, rows[i].clause);
        seen++;
    }
    print_message("# %zu of %zu rows\n", seen, KYSO_ARRAY_LEN(rows));
}

/* How many obstacles there are, in no order. */
static unsigned int obstacles(const struct kyso_certificate_fact *f, enum kyso_class wanted,
                              int64_t at)
{
    bool in_dates = at >= f->not_before && at <= f->not_after;
    bool signs = f->has_key_usage && f->key_usage % 4 != 0;
    bool fits = !f->has_purposes || f->purposes % 8 != 0;
    bool right_class = (wanted == KYSO_CLASS_PERSON && f->class == KYSO_CLASS_PERSON) ||
                       (wanted == KYSO_CLASS_SEAL && f->class == KYSO_CLASS_SEAL);

    return (unsigned int)(!in_dates + !signs + !fits + !right_class + f->is_authority +
                          f->unknown_critical + f->limits_forbid + (at < f->effective_from));
}

static const int64_t times[] = {INT64_MIN, BEFORE, FROM, EFFECTIVE, UNTIL, UNTIL + 1, INT64_MAX};

static void spread(unsigned int bits, struct kyso_certificate_fact *fact)
{
    fact->class = (enum kyso_class)(bits & 3);
    fact->has_key_usage = (bits >> 2 & 1) != 0;
    fact->key_usage = bits >> 3 & 7;
    fact->has_purposes = (bits >> 6 & 1) != 0;
    fact->purposes = bits >> 7 & 15;
    fact->is_authority = (bits >> 11 & 1) != 0;
    fact->unknown_critical = (bits >> 12 & 1) != 0;
    fact->limits_forbid = (bits >> 13 & 1) != 0;
    fact->effective_from = (bits >> 14 & 1) != 0 ? EFFECTIVE : KYSO_NO_DATE;
}

static void test_every_combination(void **state)
{
    struct kyso_profile profile;
    size_t agreed = 0;
    size_t allowed = 0;

    (void)state;
    profile_load(LS20, &profile);
    for (unsigned int bits = 0; bits < 1U << 15; bits++) {
        struct kyso_certificate_fact fact = good_seal;

        spread(bits, &fact);
        for (unsigned int wanted = 0; wanted < KYSO_CLASS_MAX; wanted++) {
            for (size_t t = 0; t < KYSO_ARRAY_LEN(times); t++) {
                struct kyso_certificate_verdict verdict =
                    kyso_certificate_judge(&profile, &fact, (enum kyso_class)wanted, times[t]);
                bool free = obstacles(&fact, (enum kyso_class)wanted, times[t]) == 0;

                assert_int_equal(verdict.allow, free);
                assert_int_equal(verdict.reason == KYSO_CERTIFICATE_USABLE, free);
                assert_int_equal(*verdict.clause == '\0', free);
                allowed += free ? 1 : 0;
                agreed++;
            }
        }
    }
    assert_int_equal(agreed, (1U << 15) * KYSO_CLASS_MAX * KYSO_ARRAY_LEN(times));
    assert_true(allowed > 0 && allowed < agreed / 10);
    print_message("# %zu of %zu combinations agree, %zu allowed\n", agreed, agreed, allowed);
}

static void test_days_left(void **state)
{
    struct kyso_certificate_fact fact = {.not_before = 0, .not_after = 10 * 86400};

    (void)state;
    assert_int_equal(kyso_certificate_days_left(&fact, 0), 10);
    assert_int_equal(kyso_certificate_days_left(&fact, 1), 9);
    assert_int_equal(kyso_certificate_days_left(&fact, 9 * 86400 + 1), 0);
    assert_int_equal(kyso_certificate_days_left(&fact, 10 * 86400), 0);
    assert_int_equal(kyso_certificate_days_left(&fact, 10 * 86400 + 1), -1);
    assert_int_equal(kyso_certificate_days_left(&fact, 11 * 86400), -1);
    assert_int_equal(kyso_certificate_days_left(&fact, 11 * 86400 + 1), -2);
    assert_true(kyso_certificate_days_left(&fact, INT64_MIN) > 0);
    fact.not_after = INT64_MIN;
    assert_true(kyso_certificate_days_left(&fact, INT64_MAX) < 0);
}

static void test_names_differ(void **state)
{
    (void)state;
    for (unsigned int i = 0; i < KYSO_CERTIFICATE_REASON_MAX; i++) {
        for (unsigned int j = 0; j < i; j++) {
            assert_string_not_equal(kyso_certificate_reason_name((enum kyso_certificate_reason)i),
                                    kyso_certificate_reason_name((enum kyso_certificate_reason)j));
        }
    }
    assert_string_equal(kyso_certificate_reason_name(KYSO_CERTIFICATE_REASON_MAX), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_every_combination),
        cmocka_unit_test(test_days_left),
        cmocka_unit_test(test_names_differ),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
