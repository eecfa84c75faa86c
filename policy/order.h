/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_POLICY_ORDER_H
#define KYSO_POLICY_ORDER_H

/* The order rule: first a person, then the organisation's seal. Pure functions from facts (what the
 * workers found, what the roster says, who asks) to a verdict. kysod gathers the facts; nothing
 * here reads a clock, a file or a certificate, and nothing here can be overridden by an
 * authorisation.
 *
 * Order is proved by what each signature covers (covers_to), never by a date written in the file.
 * A fact that was not established keeps its zero value, and every zero value leads to refusal. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/profile.h"

enum kyso_validity {
    KYSO_UNDETERMINED = 0, /* could not be established, or was not checked */
    KYSO_INVALID,
    KYSO_VALID
};

/* Class of a certificate in the roster (BD17-7); never guessed from the certificate. */
enum kyso_class {
    KYSO_CLASS_UNKNOWN = 0, /* not in the roster */
    KYSO_CLASS_PERSON,
    KYSO_CLASS_SEAL,
    KYSO_CLASS_DEVICE, /* device, service, software: never signs letters */
    KYSO_CLASS_MAX
};

enum kyso_act {
    KYSO_ACT_SIGN_PERSON = 0,
    KYSO_ACT_SEAL,
    KYSO_ACT_RELEASE, /* the clerk's act of issuing */
    KYSO_ACT_MAX
};

#define KYSO_FINGERPRINT_SIZE 32 /* bytes, SHA-256 */

/* One signature field of the document, as found by the workers and joined with the roster. */
struct kyso_signature_fact {
    enum kyso_validity validity;   /* integrity and chain together: the worse of the two */
    enum kyso_validity revocation; /* VALID: good; INVALID: revoked or suspended */
    enum kyso_class class;
    bool authority;             /* roster: "người có thẩm quyền" */
    bool digitised_copy_signer; /* roster: chief of office or equal (X7) */
    const char *organisation;   /* roster, UTF-8; null is the same as "" */
    uint8_t spki[KYSO_FINGERPRINT_SIZE];
    uint8_t certificate[KYSO_FINGERPRINT_SIZE];
    bool effective;           /* made on or after the roster's effective date */
    bool covers_document;     /* reaches the end of the file, or only permitted additions follow */
    bool changed_after;       /* something else than permitted additions follows */
    const char *changed_rule; /* name of the rule that it or what follows it breaks; may be null */
    bool is_timestamp;        /* a document time stamp, not somebody's signature */
    bool time_stamped;        /* carries a valid time stamp from an accepted authority */
    uint64_t covers_to;       /* bytes of the file its range reaches; the proof of order */
    uint32_t day;             /* yyyymmdd of signing, as far as it is told; 0: unknown */
};

/* The certificate that is to act, joined with the roster. For a release: the clerk's organisation.
 */
struct kyso_signer_fact {
    enum kyso_class class;
    bool authority;
    bool digitised_copy_signer;
    const char *organisation;
    uint8_t spki[KYSO_FINGERPRINT_SIZE];
    bool effective;     /* now is on or after the roster's effective date (K-09) */
    bool caller_listed; /* the roster names the caller: its holder, or clerk of the seal */
};

struct kyso_order_request {
    enum kyso_act act;
    enum kyso_kind kind;
    bool reference_given; /* number and date of the paper, source of a copy, who approved when */
    bool
        reason_given; /* reason, or for a scan the clerk's statement that it bears sign and stamp */
    bool secret;      /* declared on the state-secret list */
    bool law_list;    /* declared one of the types the Law excludes (land titles, births, ...) */
    bool released;    /* the document was issued: closed to further signatures (K-13) */
    bool file_released; /* and it was this very file that was sent out */
    bool sealed_before; /* the bytes the individual signed were sealed in another file (replay) */
    bool time_stamps;   /* a time stamp can be had for this job (K-07) */
    bool seal_without_revocation_check; /* the administrator's switch */
    enum kyso_channel channel;          /* of a release */
    uint32_t issue_day;                 /* of a release: yyyymmdd, as in the register */
    struct kyso_signer_fact signer;
};

enum kyso_reason {
    KYSO_REASON_NONE = 0,
    KYSO_REASON_NO_SEAL_CLASS,
    KYSO_REASON_NOT_IN_ROSTER,
    KYSO_REASON_WRONG_CLASS,
    KYSO_REASON_NOT_HOLDER,
    KYSO_REASON_NOT_CLERK,
    KYSO_REASON_NOT_EFFECTIVE_YET,
    KYSO_REASON_SECRET_DOCUMENT,
    KYSO_REASON_EXCLUDED_TYPE,
    KYSO_REASON_ALREADY_RELEASED,
    KYSO_REASON_TIME_STAMP_REQUIRED,
    KYSO_REASON_KIND_NOT_ALLOWED,
    KYSO_REASON_INTERNAL_DOCUMENT,
    KYSO_REASON_REFERENCE_MISSING,
    KYSO_REASON_REASON_MISSING,
    KYSO_REASON_NO_SIGNATURE,
    KYSO_REASON_NO_AUTHORITY_SIGNATURE,
    KYSO_REASON_OTHER_ORGANISATION,
    KYSO_REASON_SIGNATURE_INVALID,
    KYSO_REASON_SIGNATURE_REVOKED,
    KYSO_REASON_SIGNATURE_UNDETERMINED,
    KYSO_REASON_REVOCATION_UNDETERMINED,
    KYSO_REASON_SIGNED_BEFORE_EFFECTIVE,
    KYSO_REASON_CHANGED_AFTER_SIGNING,
    KYSO_REASON_DOCUMENT_NOT_COVERED,
    KYSO_REASON_PERSON_AFTER_SEAL,
    KYSO_REASON_ALREADY_SEALED,
    KYSO_REASON_SEALED_BEFORE,
    KYSO_REASON_SAME_KEY,
    KYSO_REASON_NOT_SEALED,
    KYSO_REASON_UNKNOWN_SIGNER,
    KYSO_REASON_ORDER_UNPROVED,
    KYSO_REASON_CHANNEL_NOT_ALLOWED,
    KYSO_REASON_DATE_DIFFERS,
    KYSO_REASON_MAX
};

/* What would make it allowed. */
enum kyso_remedy {
    KYSO_REMEDY_NONE = 0,
    KYSO_REMEDY_SIGN_FIRST,        /* let an individual sign, then seal */
    KYSO_REMEDY_SIGN_BY_AUTHORITY, /* let an authorised signer of the organisation sign */
    KYSO_REMEDY_RESIGN_UNALTERED,  /* start again from a copy without the bad signature */
    KYSO_REMEDY_RESIGN_ORIGINAL,   /* collect individual signatures before the seal */
    KYSO_REMEDY_DECLARE_KIND,      /* another kind may fit */
    KYSO_REMEDY_GIVE_REFERENCE,
    KYSO_REMEDY_GIVE_REASON,
    KYSO_REMEDY_CHECK_REVOCATION,   /* fetch CRL or OCSP and ask again */
    KYSO_REMEDY_CHECK_CHAIN,        /* install the authority's certificates and ask again */
    KYSO_REMEDY_ADD_TO_ROSTER,      /* administrator records the certificate */
    KYSO_REMEDY_CHOOSE_CERTIFICATE, /* use a certificate of the right class */
    KYSO_REMEDY_ASK_HOLDER,         /* the holder signs */
    KYSO_REMEDY_ASK_CLERK,          /* the entrusted clerk does it */
    KYSO_REMEDY_WAIT_EFFECTIVE,
    KYSO_REMEDY_GET_TIME_STAMP,
    KYSO_REMEDY_SIGN_ON_PAPER,       /* not a document for digital signatures */
    KYSO_REMEDY_SEAL_FIRST,          /* seal, then release */
    KYSO_REMEDY_USE_SEALED_DOCUMENT, /* it is sealed already; a copy is declared as such */
    KYSO_REMEDY_DIFFERENT_KEY,       /* obtain separate keys for person and seal */
    KYSO_REMEDY_CHOOSE_CHANNEL,      /* send it by a channel that the rules name */
    KYSO_REMEDY_MATCH_DATE,          /* issue it with the date of its signatures */
    KYSO_REMEDY_MAX
};

/* Bits of struct kyso_verdict.warnings: allowed (or judged), yet to be shown. */
enum kyso_warning {
    KYSO_WARNING_NO_AUTHORITY = 1 << 0, /* nobody among the signers has authority */
    KYSO_WARNING_REVOCATION_NOT_CHECKED = 1
                                          << 1, /* the switch was used, or it does not matter yet */
    KYSO_WARNING_SIGNATURE_UNDETERMINED = 1
                                          << 2, /* an earlier signature could not be established */
    KYSO_WARNING_UNKNOWN_SIGNER = 1 << 3,       /* an earlier signer is not in the roster */
    KYSO_WARNING_TIME_STAMP_UNDETERMINED = 1 << 4, /* a document time stamp is not established */
    KYSO_WARNING_NO_TIME_STAMP = 1 << 5,           /* the profile wants one, a signature has none */
    KYSO_WARNING_NOT_SEALED = 1 << 6,              /* report: individuals only, no seal yet */
    KYSO_WARNING_SEALED_COPY = 1 << 7,       /* the seal goes over an earlier seal, as a copy */
    KYSO_WARNING_CHANNEL_NOT_NAMED = 1 << 8, /* sent by a channel that the rules do not name */
};
#define KYSO_WARNING_COUNT 9

#define KYSO_NO_SIGNATURE SIZE_MAX

struct kyso_verdict {
    bool allow;
    enum kyso_reason reason;
    enum kyso_remedy remedy;
    const char *clause; /* borrowed from the profile; "" when allowed without a rule to name */
    uint32_t warnings;  /* bits of enum kyso_warning */
    size_t signature;   /* index of the signature behind a refusal, or KYSO_NO_SIGNATURE */
    const char *detail; /* its changed_rule, or null; borrowed from the facts */
};

/* May this act happen now? SIGNATURES are all signature fields of the outer document as it stands,
 * in any order; may be null when COUNT is 0. Strings in the verdict live as long as PROFILE and
 * SIGNATURES. PROFILE must have passed kyso_profile_check(); one that did not is refused as
 * "kind-not-allowed". When allowed, clause names the rule that allows it. */
struct kyso_verdict kyso_order_judge(const struct kyso_profile *profile,
                                     const struct kyso_order_request *request,
                                     const struct kyso_signature_fact *signatures, size_t count);

/* Whether an earlier release closes the document to REQUEST (K-13). A copy, a scan and a reissue
 * are documents of their own that name what they were made from; whether the profile knows the kind
 * is for kyso_order_judge(). */
bool kyso_order_is_closed(const struct kyso_order_request *request);
/* Whether REQUEST would put a second seal on what a person signed once. */
bool kyso_order_is_sealed_before(const struct kyso_order_request *request);

enum kyso_order_result {
    KYSO_ORDER_NOT_DECIDABLE = 0,
    KYSO_ORDER_KEPT, /* also individuals alone: nothing to break yet */
    KYSO_ORDER_BROKEN,
    KYSO_ORDER_NONE, /* nobody signed */
    KYSO_ORDER_RESULT_MAX
};

enum kyso_fitness {
    KYSO_FITNESS_UNDETERMINED = 0, /* exit 21 */
    KYSO_FIT,                      /* exit 0 */
    KYSO_NOT_FIT,                  /* exit 20 */
    KYSO_FITNESS_MAX
};

struct kyso_order_report {
    enum kyso_order_result order;
    enum kyso_fitness fitness;
    enum kyso_reason reason; /* of the worst finding; NONE when fit */
    enum kyso_remedy remedy;
    const char *clause;
    uint32_t warnings;
    size_t signature;
    const char *detail;
};

/* Judges a finished document that was received or made. KIND is what the reader declares it to be
 * (ORIGINAL when nothing is known): a seal alone is in order only for a kind the profile lets the
 * seal sign alone. The administrator's switch plays no part: a revocation that was not checked is
 * not established (K-20). */
struct kyso_order_report kyso_order_report(const struct kyso_profile *profile, enum kyso_kind kind,
                                           const struct kyso_signature_fact *signatures,
                                           size_t count);

/* Stable kebab-case words for bus, audit and --json; never null. */
const char *kyso_class_name(enum kyso_class class);
bool kyso_class_from_name(const char *name, enum kyso_class *ret_class)
    __attribute__((warn_unused_result));
const char *kyso_act_name(enum kyso_act act);
const char *kyso_validity_name(enum kyso_validity validity);
const char *kyso_reason_name(enum kyso_reason reason);
const char *kyso_remedy_name(enum kyso_remedy remedy);
const char *kyso_order_result_name(enum kyso_order_result result);
const char *kyso_fitness_name(enum kyso_fitness fitness);

/* The word of the warning bit 1 << INDEX; null from KYSO_WARNING_COUNT on. */
const char *kyso_warning_name(size_t index);
/* The words of all BITS in their order; returns how many. */
size_t kyso_warning_names(uint32_t bits, const char *ret_names[KYSO_WARNING_COUNT]);

#endif
