/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy/certificate.h"

#define SECONDS_PER_DAY 86400

static const char *const reason_names[KYSO_CERTIFICATE_REASON_MAX] = {
    [KYSO_CERTIFICATE_USABLE] = "usable",
    [KYSO_CERTIFICATE_NOT_IN_ROSTER] = "not-in-roster",
    [KYSO_CERTIFICATE_WRONG_CLASS] = "wrong-class",
    [KYSO_CERTIFICATE_DATES_REVERSED] = "dates-reversed",
    [KYSO_CERTIFICATE_NOT_YET_VALID] = "not-yet-valid",
    [KYSO_CERTIFICATE_EXPIRED] = "expired",
    [KYSO_CERTIFICATE_NOT_EFFECTIVE_YET] = "not-effective-yet",
    [KYSO_CERTIFICATE_IS_AUTHORITY] = "is-authority",
    [KYSO_CERTIFICATE_UNKNOWN_CRITICAL] = "unknown-critical-extension",
    [KYSO_CERTIFICATE_KEY_USAGE] = "key-usage",
    [KYSO_CERTIFICATE_EXTENDED_KEY_USAGE] = "extended-key-usage",
    [KYSO_CERTIFICATE_LIMITS] = "limits",
};

static bool may_sign(const struct kyso_certificate_fact *fact)
{
    return fact->has_key_usage && (fact->key_usage & (KYSO_KEY_USAGE_DIGITAL_SIGNATURE |
                                                      KYSO_KEY_USAGE_NON_REPUDIATION)) != 0;
}

static bool purpose_fits(const struct kyso_certificate_fact *fact)
{
    return !fact->has_purposes || (fact->purposes & (KYSO_PURPOSE_ANY | KYSO_PURPOSE_EMAIL |
                                                     KYSO_PURPOSE_DOCUMENT_SIGNING)) != 0;
}

static enum kyso_certificate_reason find_reason(const struct kyso_certificate_fact *fact,
                                                enum kyso_class class, int64_t at)
{
    if (fact->class == KYSO_CLASS_UNKNOWN) {
        return KYSO_CERTIFICATE_NOT_IN_ROSTER;
    }
    if (fact->class != class || (class != KYSO_CLASS_PERSON && class != KYSO_CLASS_SEAL)) {
        return KYSO_CERTIFICATE_WRONG_CLASS;
    }
    if (fact->not_before > fact->not_after) {
        return KYSO_CERTIFICATE_DATES_REVERSED;
    }
    if (at < fact->not_before) {
        return KYSO_CERTIFICATE_NOT_YET_VALID;
    }
    if (at > fact->not_after) {
        return KYSO_CERTIFICATE_EXPIRED;
    }
    if (at < fact->effective_from) {
        return KYSO_CERTIFICATE_NOT_EFFECTIVE_YET;
    }
    if (fact->is_authority) {
        return KYSO_CERTIFICATE_IS_AUTHORITY;
    }
    if (fact->unknown_critical) {
        return KYSO_CERTIFICATE_UNKNOWN_CRITICAL;
    }
    if (!may_sign(fact)) {
        return KYSO_CERTIFICATE_KEY_USAGE;
    }
    if (!purpose_fits(fact)) {
        return KYSO_CERTIFICATE_EXTENDED_KEY_USAGE;
    }
    return fact->limits_forbid ? KYSO_CERTIFICATE_LIMITS : KYSO_CERTIFICATE_USABLE;
}

static const char *clause_of(const struct kyso_profile *profile,
                             enum kyso_certificate_reason reason)
{
    switch (reason) {
    case KYSO_CERTIFICATE_NOT_IN_ROSTER:
    case KYSO_CERTIFICATE_WRONG_CLASS:
        return kyso_profile_clause(profile, KYSO_RULE_ROSTER);
    case KYSO_CERTIFICATE_DATES_REVERSED:
    case KYSO_CERTIFICATE_NOT_YET_VALID:
    case KYSO_CERTIFICATE_EXPIRED:
        return kyso_profile_clause(profile, KYSO_RULE_CERTIFICATE_DATE);
    case KYSO_CERTIFICATE_NOT_EFFECTIVE_YET:
        return kyso_profile_clause(profile, KYSO_RULE_EFFECTIVE_DATE);
    case KYSO_CERTIFICATE_IS_AUTHORITY:
    case KYSO_CERTIFICATE_UNKNOWN_CRITICAL:
    case KYSO_CERTIFICATE_KEY_USAGE:
    case KYSO_CERTIFICATE_EXTENDED_KEY_USAGE:
    case KYSO_CERTIFICATE_LIMITS:
        return kyso_profile_clause(profile, KYSO_RULE_CERTIFICATE_USE);
    case KYSO_CERTIFICATE_USABLE:
    case KYSO_CERTIFICATE_REASON_MAX:
        break;
    }
    return "";
}

struct kyso_certificate_verdict kyso_certificate_judge(const struct kyso_profile *profile,
                                                       const struct kyso_certificate_fact *fact,
                                                       enum kyso_class class, int64_t at)
{
    enum kyso_certificate_reason reason = find_reason(fact, class, at);

    return (struct kyso_certificate_verdict){
        .allow = reason == KYSO_CERTIFICATE_USABLE,
        .reason = reason,
        .clause = clause_of(profile, reason),
    };
}

int64_t kyso_certificate_days_left(const struct kyso_certificate_fact *fact, int64_t at)
{
    int64_t seconds;

    if (__builtin_sub_overflow(fact->not_after, at, &seconds)) {
        return fact->not_after < at ? INT64_MIN / SECONDS_PER_DAY : INT64_MAX / SECONDS_PER_DAY;
    }
    /* C divides towards zero; a second past the end is already the day before. */
    return seconds / SECONDS_PER_DAY - (seconds % SECONDS_PER_DAY < 0 ? 1 : 0);
}

const char *kyso_certificate_reason_name(enum kyso_certificate_reason reason)
{
    return (unsigned int)reason < KYSO_CERTIFICATE_REASON_MAX ? reason_names[reason] : "unknown";
}
