/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_POLICY_ORDER_DOCUMENT_H
#define KYSO_POLICY_ORDER_DOCUMENT_H

/* The half of the order rule that looks at a document's signatures only, shared by judging a
 * request (order.c) and reporting on a finished document. Private to policy/: others include
 * policy/order.h. */

#include <string.h>

#include "policy/order.h"

/* What a check found: nothing (reason NONE), or why not. */
struct finding {
    enum kyso_reason reason;
    enum kyso_remedy remedy;
    enum kyso_rule rule;
    size_t signature;
};

/* One judging: its inputs, and the warnings gathered on the way. */
struct context {
    const struct kyso_profile *profile;
    const struct kyso_order_request *request; /* null in a report */
    const struct kyso_signature_fact *signatures;
    size_t count;
    enum kyso_kind kind;
    uint32_t warnings;
};

struct order_finding {
    enum kyso_order_result result;
    struct finding finding;
};

static inline struct finding nothing(void)
{
    return (struct finding){.reason = KYSO_REASON_NONE, .signature = KYSO_NO_SIGNATURE};
}

static inline struct finding found(enum kyso_reason reason, enum kyso_rule rule,
                                   enum kyso_remedy remedy, size_t signature)
{
    return (struct finding){reason, remedy, rule, signature};
}

static inline struct finding refused(enum kyso_reason reason, enum kyso_rule rule,
                                     enum kyso_remedy remedy)
{
    return found(reason, rule, remedy, KYSO_NO_SIGNATURE);
}

static inline struct finding unknown_signer(size_t signature)
{
    return found(KYSO_REASON_UNKNOWN_SIGNER, KYSO_RULE_ROSTER, KYSO_REMEDY_ADD_TO_ROSTER,
                 signature);
}

static inline bool same_text(const char *a, const char *b)
{
    return strcmp(a != NULL ? a : "", b != NULL ? b : "") == 0;
}

static inline bool same_key(const uint8_t a[KYSO_FINGERPRINT_SIZE],
                            const uint8_t b[KYSO_FINGERPRINT_SIZE])
{
    return memcmp(a, b, KYSO_FINGERPRINT_SIZE) == 0;
}

/* Nobody's class is known: neither a person nor a seal by the roster. */
static inline bool is_stranger(const struct kyso_signature_fact *fact)
{
    return !fact->is_timestamp && fact->class != KYSO_CLASS_PERSON &&
           fact->class != KYSO_CLASS_SEAL;
}

static inline bool is_person(const struct kyso_signature_fact *fact)
{
    return !fact->is_timestamp && fact->class == KYSO_CLASS_PERSON;
}

static inline bool is_seal(const struct kyso_signature_fact *fact)
{
    return !fact->is_timestamp && fact->class == KYSO_CLASS_SEAL;
}

/* The first signature with a fault that no later check can mend; reason NONE when there is none. */
struct finding kyso_order_find_fault(const struct context *context);

/* What could not be established, and the warnings that say so. The switch lifts a revocation that
 * was not checked and nothing else. A document time stamp is nobody's signature: doubt about it is
 * only shown. */
struct finding kyso_order_find_doubt(struct context *context, bool switched);

/* Warnings about who signed. */
void kyso_order_warn(struct context *context);

/* Does an individual entitle a seal of this organisation and key, having signed below LIMIT? */
struct finding kyso_order_find_entitling(const struct context *context, const char *organisation,
                                         const uint8_t spki[KYSO_FINGERPRINT_SIZE], uint64_t limit,
                                         bool want_authority);

bool kyso_order_wants_authority(const struct kyso_profile *profile);

/* One key never counts as both person and seal, whatever certificates it has. */
struct finding kyso_order_find_shared_key(const struct context *context);

/* The seal that covers least: the one that came first. The count when there is none. */
size_t kyso_order_first_seal(const struct context *context);

/* May the seal be the only signature of this kind of document? */
bool kyso_order_seal_alone(const struct kyso_profile *profile, enum kyso_kind kind);

/* Whether the order was kept, and if not, what shows it. */
struct order_finding kyso_order_find(const struct context *context);

#endif
