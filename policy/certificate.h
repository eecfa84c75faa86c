/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_POLICY_CERTIFICATE_H
#define KYSO_POLICY_CERTIFICATE_H

/* May this certificate act as a person or as the seal at a given time? The facts come from the CMS
 * side and the roster; time is passed in. Limits of purpose in the certificate are honoured
 * (BD17-6.7, BD14-3.4g, AG16-9.7). Revocation is not judged here: it belongs to the chain. */

#include <stdbool.h>
#include <stdint.h>

#include "policy/order.h"
#include "policy/profile.h"

/* keyUsage bits that matter here. */
enum kyso_key_usage {
    KYSO_KEY_USAGE_DIGITAL_SIGNATURE = 1 << 0,
    KYSO_KEY_USAGE_NON_REPUDIATION = 1 << 1,
    KYSO_KEY_USAGE_OTHER = 1 << 2, /* any other bit */
};

/* extendedKeyUsage purposes that matter here. */
enum kyso_purpose {
    KYSO_PURPOSE_ANY = 1 << 0,
    KYSO_PURPOSE_EMAIL = 1 << 1,            /* emailProtection */
    KYSO_PURPOSE_DOCUMENT_SIGNING = 1 << 2, /* RFC 9336, and the vendors' own */
    KYSO_PURPOSE_OTHER = 1 << 3, /* TLS, code, OCSP, time stamps, smart card log-on, ... */
};

#define KYSO_NO_DATE INT64_MIN /* the roster records no effective date */

struct kyso_certificate_fact {
    enum kyso_class class;
    int64_t not_before;     /* seconds since 1970-01-01 UTC */
    int64_t not_after;      /* last second, inclusive */
    int64_t effective_from; /* start of the roster's effective date, or KYSO_NO_DATE */
    bool has_key_usage;
    uint32_t key_usage; /* bits of enum kyso_key_usage */
    bool has_purposes;
    uint32_t purposes;     /* bits of enum kyso_purpose */
    bool is_authority;     /* basicConstraints CA: an issuer's certificate, not a subscriber's */
    bool unknown_critical; /* a critical extension nobody here understands may be a limit */
    bool limits_forbid;    /* the certificate's policy or the roster forbids this use */
};

enum kyso_certificate_reason {
    KYSO_CERTIFICATE_USABLE = 0,
    KYSO_CERTIFICATE_NOT_IN_ROSTER,
    KYSO_CERTIFICATE_WRONG_CLASS,
    KYSO_CERTIFICATE_DATES_REVERSED,
    KYSO_CERTIFICATE_NOT_YET_VALID,
    KYSO_CERTIFICATE_EXPIRED,
    KYSO_CERTIFICATE_NOT_EFFECTIVE_YET,
    KYSO_CERTIFICATE_IS_AUTHORITY,
    KYSO_CERTIFICATE_UNKNOWN_CRITICAL,
    KYSO_CERTIFICATE_KEY_USAGE,
    KYSO_CERTIFICATE_EXTENDED_KEY_USAGE,
    KYSO_CERTIFICATE_LIMITS,
    KYSO_CERTIFICATE_REASON_MAX
};

struct kyso_certificate_verdict {
    bool allow;
    enum kyso_certificate_reason reason; /* the first that applies, in the order above */
    const char *clause;                  /* borrowed from the profile; "" when allowed */
};

/* May the certificate act as CLASS (person or seal; anything else is refused) at AT? A certificate
 * without keyUsage is refused: its purpose cannot be shown. Without extendedKeyUsage it is not
 * limited by one. */
struct kyso_certificate_verdict kyso_certificate_judge(const struct kyso_profile *profile,
                                                       const struct kyso_certificate_fact *fact,
                                                       enum kyso_class class, int64_t at);

/* Whole days until not_after, rounded down; 0 on the last day, negative when expired. */
int64_t kyso_certificate_days_left(const struct kyso_certificate_fact *fact, int64_t at);

/* Stable kebab-case word; never null. */
const char *kyso_certificate_reason_name(enum kyso_certificate_reason reason);

#endif
