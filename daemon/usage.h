/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DAEMON_USAGE_H
#define KYSO_DAEMON_USAGE_H

/* What a period's records add up to: the numbers of the periodic reports (TB16 Mẫu số 07,
 * BD17-23.6, AG16-22.8) and, for each, the records behind it. Everything comes from the audit log,
 * read once in slices, after which nothing is left to do; a log that does not verify is counted all
 * the same, and said. Documents are counted once however often they were signed; requests
 * once for each subject. */

#include "common/buf.h"
#include "daemon/audit.h"
#include "policy/order.h"

/* Numbers that exist for each class of certificates, and those that do not. */
enum kyso_usage_by_class {
    KYSO_USAGE_SIGNATURES = 0,
    KYSO_USAGE_DOCUMENTS,            /* distinct */
    KYSO_USAGE_NEW_REQUESTS,         /* đề nghị cấp mới */
    KYSO_USAGE_REPLACEMENT_REQUESTS, /* đề nghị cấp lại */
    KYSO_USAGE_RENEWAL_REQUESTS,     /* đề nghị gia hạn */
    KYSO_USAGE_REVOCATION_REQUESTS,  /* đề nghị thu hồi */
    KYSO_USAGE_BY_CLASS_MAX
};
enum kyso_usage_plain {
    KYSO_USAGE_REFUSALS = 0,
    KYSO_USAGE_PIN_FAILURES,
    KYSO_USAGE_LOCKOUTS,
    KYSO_USAGE_UNLOCKS,
    KYSO_USAGE_RECOVERY_REQUESTS, /* sent */
    KYSO_USAGE_RECOVERIES,
    KYSO_USAGE_RELEASED, /* distinct documents */
    KYSO_USAGE_PLAIN_MAX
};

/* A number of either list: for each class person, seal, device in turn, then the plain ones. */
#define KYSO_USAGE_CLASSES 3
#define KYSO_USAGE_NUMBERS (KYSO_USAGE_BY_CLASS_MAX * KYSO_USAGE_CLASSES + KYSO_USAGE_PLAIN_MAX)
/* KYSO_USAGE_NUMBERS for a class without numbers. */
size_t kyso_usage_number_of(enum kyso_usage_by_class number, enum kyso_class class);
size_t kyso_usage_plain_number(enum kyso_usage_plain number);
/* The word of forms without "report.": "person-signatures", "released" ... */
const char *kyso_usage_name(size_t number);

struct kyso_usage_certificate {
    uint8_t sha256[KYSO_FINGERPRINT_SIZE];
    uint64_t signatures, documents, refusals;
};

struct kyso_usage_token {
    char *key; /* as of the store */
    uint64_t lockouts, unlocks;
};

/* How much may be told apart in one count: a letter that a person signed, that was sealed and
 * issued is five such things. About 100 MB, while the log is read. */
#define KYSO_USAGE_DISTINCT_MAX 1000000
/* Bytes of evidence for one number. */
#define KYSO_USAGE_EVIDENCE_MAX ((size_t)64 * 1024 * 1024)

struct kyso_usage {
    uint64_t numbers[KYSO_USAGE_NUMBERS];
    /* For each number its records as lines of CSV, "NAME,RECORD,TIME"; of a document the first
     * record in the period. Empty when nobody asked. */
    struct kyso_buf evidence[KYSO_USAGE_NUMBERS];
    struct kyso_usage_certificate *certificates; /* by fingerprint */
    size_t n_certificates;
    struct kyso_usage_token *tokens; /* in the order they came */
    size_t n_tokens;
    struct kyso_audit_finding log; /* what reading the log has shown */
};
void kyso_usage_done(struct kyso_usage *usage);
/* All the evidence below a line of headings, as a sealed memory file. */
int kyso_usage_evidence(const struct kyso_usage *usage, int *ret_file) KYSO_MUST_CHECK;

/* Counts the records with FROM <= at < UNTIL (seconds since 1970). FN once: 0 with the usage (its
 * contents may be taken over), KYSO_OUTCOME_LIMIT (the two above),
 * KYSO_OUTCOME_STORE_FAILED, negative errno. The count may be freed in
 * FN, and has to be freed by its owner; freed earlier it is over. */
struct kyso_usage_count;
typedef void (*kyso_usage_fn)(void *data, int result, struct kyso_usage *usage);
int kyso_usage_count(struct kyso_audit *audit, struct kyso_loop *loop, uint64_t from,
                     uint64_t until, bool with_evidence, kyso_usage_fn fn, void *data,
                     struct kyso_usage_count **ret_count) KYSO_MUST_CHECK;
struct kyso_usage_count *kyso_usage_count_free(struct kyso_usage_count *count);

#endif
