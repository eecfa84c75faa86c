/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy/order.h"

#include <string.h>

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

static struct finding nothing(void)
{
    return (struct finding){.reason = KYSO_REASON_NONE, .signature = KYSO_NO_SIGNATURE};
}

static struct finding found(enum kyso_reason reason, enum kyso_rule rule, enum kyso_remedy remedy,
                            size_t signature)
{
    return (struct finding){reason, remedy, rule, signature};
}

static struct finding refused(enum kyso_reason reason, enum kyso_rule rule, enum kyso_remedy remedy)
{
    return found(reason, rule, remedy, KYSO_NO_SIGNATURE);
}

static struct finding unknown_signer(size_t signature)
{
    return found(KYSO_REASON_UNKNOWN_SIGNER, KYSO_RULE_ROSTER, KYSO_REMEDY_ADD_TO_ROSTER,
                 signature);
}

static bool same_text(const char *a, const char *b)
{
    return strcmp(a != NULL ? a : "", b != NULL ? b : "") == 0;
}

static bool same_key(const uint8_t a[KYSO_FINGERPRINT_SIZE], const uint8_t b[KYSO_FINGERPRINT_SIZE])
{
    return memcmp(a, b, KYSO_FINGERPRINT_SIZE) == 0;
}

/* Nobody's class is known: neither a person nor a seal by the roster. */
static bool is_stranger(const struct kyso_signature_fact *fact)
{
    return !fact->is_timestamp && fact->class != KYSO_CLASS_PERSON &&
           fact->class != KYSO_CLASS_SEAL;
}

static bool is_person(const struct kyso_signature_fact *fact)
{
    return !fact->is_timestamp && fact->class == KYSO_CLASS_PERSON;
}

static bool is_seal(const struct kyso_signature_fact *fact)
{
    return !fact->is_timestamp && fact->class == KYSO_CLASS_SEAL;
}

static enum kyso_rule rule_of_kind(enum kyso_kind kind)
{
    switch (kind) {
    case KYSO_KIND_SINGLE_AUTHORITY:
        return KYSO_RULE_SINGLE_AUTHORITY;
    case KYSO_KIND_COPY:
        return KYSO_RULE_COPY;
    case KYSO_KIND_SCAN:
        return KYSO_RULE_SCAN;
    case KYSO_KIND_REISSUE:
        return KYSO_RULE_REISSUE;
    case KYSO_KIND_APPROVED:
        return KYSO_RULE_APPROVED;
    case KYSO_KIND_INTERNAL:
        return KYSO_RULE_INTERNAL;
    case KYSO_KIND_ORIGINAL:
    case KYSO_KIND_MAX:
        break;
    }
    return KYSO_RULE_SEAL_NEEDS_PERSON;
}

/* May the seal be the only signature of this kind of document? */
static bool seal_alone_allowed(const struct kyso_profile *profile, enum kyso_kind kind)
{
    return kind != KYSO_KIND_ORIGINAL && (unsigned int)kind < KYSO_KIND_MAX &&
           (profile->seal_only_kinds & 1U << kind) != 0;
}

/* Who acts: the class must fit, and only the holder or the entrusted clerk may use it. */
static struct finding check_actor(const struct context *context)
{
    const struct kyso_signer_fact *signer = &context->request->signer;
    enum kyso_act act = context->request->act;
    enum kyso_class wanted = act == KYSO_ACT_SEAL ? KYSO_CLASS_SEAL : KYSO_CLASS_PERSON;

    if (act == KYSO_ACT_SEAL && !context->profile->seal_class_exists) {
        return refused(KYSO_REASON_NO_SEAL_CLASS, KYSO_RULE_SEAL_CLASS,
                       KYSO_REMEDY_SIGN_BY_AUTHORITY);
    }
    if (act != KYSO_ACT_RELEASE) {
        if (signer->class == KYSO_CLASS_UNKNOWN) {
            return refused(KYSO_REASON_NOT_IN_ROSTER, KYSO_RULE_ROSTER, KYSO_REMEDY_ADD_TO_ROSTER);
        }
        if (signer->class != wanted) {
            return refused(KYSO_REASON_WRONG_CLASS, KYSO_RULE_ROSTER,
                           KYSO_REMEDY_CHOOSE_CERTIFICATE);
        }
    }
    if (act == KYSO_ACT_SIGN_PERSON) {
        if (signer->users_listed && !signer->caller_listed) {
            return refused(KYSO_REASON_NOT_HOLDER, KYSO_RULE_HOLDER, KYSO_REMEDY_ASK_HOLDER);
        }
    } else if (!signer->users_listed || !signer->caller_listed) {
        return refused(KYSO_REASON_NOT_CLERK, KYSO_RULE_CLERK, KYSO_REMEDY_ASK_CLERK);
    }
    if (act != KYSO_ACT_RELEASE && !signer->effective) {
        return refused(KYSO_REASON_NOT_EFFECTIVE_YET, KYSO_RULE_EFFECTIVE_DATE,
                       KYSO_REMEDY_WAIT_EFFECTIVE);
    }
    return nothing();
}

/* What the document is, apart from its kind. */
static struct finding check_document(const struct context *context)
{
    const struct kyso_order_request *request = context->request;

    if (request->secret && context->profile->deny_secret) {
        return refused(KYSO_REASON_SECRET_DOCUMENT, KYSO_RULE_SECRET, KYSO_REMEDY_SIGN_ON_PAPER);
    }
    if (request->law_list && context->profile->deny_law_list) {
        return refused(KYSO_REASON_EXCLUDED_TYPE, KYSO_RULE_LAW_LIST, KYSO_REMEDY_SIGN_ON_PAPER);
    }
    if (request->released) {
        return refused(KYSO_REASON_ALREADY_RELEASED, KYSO_RULE_RELEASE, KYSO_REMEDY_NONE);
    }
    if (request->act != KYSO_ACT_RELEASE && context->profile->tsa_required &&
        !request->time_stamps) {
        return refused(KYSO_REASON_TIME_STAMP_REQUIRED, KYSO_RULE_TIME_STAMP,
                       KYSO_REMEDY_GET_TIME_STAMP);
    }
    return nothing();
}

static struct finding kind_not_allowed(enum kyso_kind kind)
{
    return refused(KYSO_REASON_KIND_NOT_ALLOWED, rule_of_kind(kind), KYSO_REMEDY_DECLARE_KIND);
}

static struct finding check_kind_person(const struct context *context)
{
    const struct kyso_profile *profile = context->profile;
    const struct kyso_order_request *request = context->request;

    switch (context->kind) {
    case KYSO_KIND_ORIGINAL:
        return nothing();
    case KYSO_KIND_INTERNAL:
        return profile->multi_no_issue ? nothing() : kind_not_allowed(context->kind);
    case KYSO_KIND_SINGLE_AUTHORITY:
        if (!profile->release_authority_only) {
            return kind_not_allowed(context->kind);
        }
        return request->signer.authority
                   ? nothing()
                   : refused(KYSO_REASON_NO_AUTHORITY_SIGNATURE, KYSO_RULE_SINGLE_AUTHORITY,
                             KYSO_REMEDY_SIGN_BY_AUTHORITY);
    case KYSO_KIND_SCAN:
        if (!profile->copy_chief_of_office) {
            return kind_not_allowed(context->kind);
        }
        if (!request->signer.digitised_copy_signer) {
            return refused(KYSO_REASON_NO_AUTHORITY_SIGNATURE, KYSO_RULE_SCAN,
                           KYSO_REMEDY_SIGN_BY_AUTHORITY);
        }
        return request->reference_given ? nothing()
                                        : refused(KYSO_REASON_REFERENCE_MISSING, KYSO_RULE_SCAN,
                                                  KYSO_REMEDY_GIVE_REFERENCE);
    case KYSO_KIND_COPY:
    case KYSO_KIND_REISSUE:
    case KYSO_KIND_APPROVED:
    case KYSO_KIND_MAX:
        break;
    }
    return kind_not_allowed(context->kind);
}

/* What X1 to X6 want recorded: number and date of the paper and the clerk's statement for a scan,
 * the source of a copy, who approved; of a reissue one or the other. */
static struct finding check_record(const struct context *context)
{
    const struct kyso_order_request *request = context->request;
    enum kyso_rule rule = rule_of_kind(context->kind);
    bool either = context->kind == KYSO_KIND_REISSUE;

    if (!request->reference_given && !(either && request->reason_given)) {
        return refused(KYSO_REASON_REFERENCE_MISSING, rule, KYSO_REMEDY_GIVE_REFERENCE);
    }
    if (context->kind == KYSO_KIND_SCAN && !request->reason_given) {
        return refused(KYSO_REASON_REASON_MISSING, rule, KYSO_REMEDY_GIVE_REASON);
    }
    return nothing();
}

static struct finding check_kind_seal(const struct context *context)
{
    switch (context->kind) {
    case KYSO_KIND_ORIGINAL:
        return nothing();
    case KYSO_KIND_INTERNAL:
        return refused(KYSO_REASON_INTERNAL_DOCUMENT, KYSO_RULE_INTERNAL, KYSO_REMEDY_DECLARE_KIND);
    case KYSO_KIND_COPY:
    case KYSO_KIND_SCAN:
    case KYSO_KIND_REISSUE:
    case KYSO_KIND_APPROVED:
        return seal_alone_allowed(context->profile, context->kind)
                   ? check_record(context)
                   : kind_not_allowed(context->kind);
    case KYSO_KIND_SINGLE_AUTHORITY:
    case KYSO_KIND_MAX:
        break;
    }
    return kind_not_allowed(context->kind);
}

static struct finding check_kind_release(const struct context *context)
{
    const struct kyso_profile *profile = context->profile;

    switch (context->kind) {
    case KYSO_KIND_ORIGINAL:
        return nothing();
    case KYSO_KIND_INTERNAL:
        return refused(KYSO_REASON_INTERNAL_DOCUMENT, KYSO_RULE_INTERNAL, KYSO_REMEDY_DECLARE_KIND);
    case KYSO_KIND_SINGLE_AUTHORITY:
        return profile->release_authority_only ? nothing() : kind_not_allowed(context->kind);
    case KYSO_KIND_SCAN:
        if (profile->copy_chief_of_office) {
            return nothing();
        }
        break;
    case KYSO_KIND_COPY:
    case KYSO_KIND_REISSUE:
    case KYSO_KIND_APPROVED:
    case KYSO_KIND_MAX:
        break;
    }
    return seal_alone_allowed(profile, context->kind) ? nothing() : kind_not_allowed(context->kind);
}

static struct finding check_kind(const struct context *context)
{
    switch (context->request->act) {
    case KYSO_ACT_SIGN_PERSON:
        return check_kind_person(context);
    case KYSO_ACT_SEAL:
        return check_kind_seal(context);
    case KYSO_ACT_RELEASE:
        return check_kind_release(context);
    case KYSO_ACT_MAX:
        break;
    }
    return kind_not_allowed(context->kind);
}

/* A fault that no later check can mend. */
static enum kyso_reason fault_of(const struct kyso_signature_fact *fact)
{
    if (fact->validity == KYSO_INVALID) {
        return KYSO_REASON_SIGNATURE_INVALID;
    }
    if (fact->changed_after) {
        return KYSO_REASON_CHANGED_AFTER_SIGNING;
    }
    if (!fact->covers_document) {
        return KYSO_REASON_DOCUMENT_NOT_COVERED;
    }
    if (fact->revocation == KYSO_INVALID) {
        return KYSO_REASON_SIGNATURE_REVOKED;
    }
    if ((is_person(fact) || is_seal(fact)) && !fact->effective) {
        return KYSO_REASON_SIGNED_BEFORE_EFFECTIVE;
    }
    return KYSO_REASON_NONE;
}

static struct finding find_fault(const struct context *context)
{
    for (size_t i = 0; i < context->count; i++) {
        enum kyso_reason reason = fault_of(&context->signatures[i]);

        if (reason != KYSO_REASON_NONE) {
            return found(reason,
                         reason == KYSO_REASON_SIGNED_BEFORE_EFFECTIVE ? KYSO_RULE_EFFECTIVE_DATE
                                                                       : KYSO_RULE_SIGNATURES_VALID,
                         KYSO_REMEDY_RESIGN_UNALTERED, i);
        }
    }
    return nothing();
}

/* What could not be established. The switch lifts a revocation that was not checked and nothing
 * else. A document time stamp is nobody's signature: doubt about it is only shown. */
static struct finding find_doubt(struct context *context, bool switched)
{
    struct finding doubt = nothing();

    for (size_t i = 0; i < context->count; i++) {
        const struct kyso_signature_fact *fact = &context->signatures[i];
        bool chain = fact->validity != KYSO_VALID;
        bool revocation = fact->revocation != KYSO_VALID;

        if (fact->is_timestamp) {
            context->warnings |= chain || revocation ? KYSO_WARNING_TIME_STAMP_UNDETERMINED : 0U;
            continue;
        }
        context->warnings |= chain ? KYSO_WARNING_SIGNATURE_UNDETERMINED : 0U;
        context->warnings |= revocation ? KYSO_WARNING_REVOCATION_NOT_CHECKED : 0U;
        if (doubt.reason == KYSO_REASON_SIGNATURE_UNDETERMINED) {
            continue;
        }
        if (chain) {
            doubt = found(KYSO_REASON_SIGNATURE_UNDETERMINED, KYSO_RULE_SIGNATURES_VALID,
                          KYSO_REMEDY_CHECK_CHAIN, i);
        } else if (revocation && !switched && doubt.reason == KYSO_REASON_NONE) {
            doubt = found(KYSO_REASON_REVOCATION_UNDETERMINED, KYSO_RULE_SIGNATURES_VALID,
                          KYSO_REMEDY_CHECK_REVOCATION, i);
        }
    }
    return doubt;
}

static void warn_about_signers(struct context *context)
{
    bool authority = false;
    bool person = false;
    size_t seals = 0;

    for (size_t i = 0; i < context->count; i++) {
        const struct kyso_signature_fact *fact = &context->signatures[i];

        context->warnings |= is_stranger(fact) ? KYSO_WARNING_UNKNOWN_SIGNER : 0U;
        person = person || is_person(fact);
        authority = authority || (is_person(fact) && fact->authority);
        seals += is_seal(fact) ? 1 : 0;
        if (context->profile->tsa_required && !fact->is_timestamp && !fact->time_stamped) {
            context->warnings |= KYSO_WARNING_NO_TIME_STAMP;
        }
    }
    context->warnings |= person && !authority ? KYSO_WARNING_NO_AUTHORITY : 0U;
    context->warnings |= seals > 1 ? KYSO_WARNING_SEALED_COPY : 0U;
}

/* Does an individual entitle a seal of this organisation and key, having signed below LIMIT? */
static struct finding find_entitling(const struct context *context, const char *organisation,
                                     const uint8_t spki[KYSO_FINGERPRINT_SIZE], uint64_t limit,
                                     bool want_authority)
{
    bool person = false;
    bool authorised = false;

    for (size_t i = 0; i < context->count; i++) {
        const struct kyso_signature_fact *fact = &context->signatures[i];

        if (!is_person(fact) || fact->covers_to >= limit || same_key(fact->spki, spki)) {
            continue;
        }
        person = true;
        if (want_authority && !fact->authority) {
            continue;
        }
        authorised = true;
        if (!context->profile->seal_same_organisation ||
            same_text(fact->organisation, organisation)) {
            return nothing();
        }
    }
    if (!person) {
        return refused(KYSO_REASON_NO_SIGNATURE, KYSO_RULE_SEAL_NEEDS_PERSON,
                       KYSO_REMEDY_SIGN_FIRST);
    }
    return refused(authorised ? KYSO_REASON_OTHER_ORGANISATION : KYSO_REASON_NO_AUTHORITY_SIGNATURE,
                   KYSO_RULE_SEAL_NEEDS_PERSON, KYSO_REMEDY_SIGN_BY_AUTHORITY);
}

static bool authority_wanted(const struct kyso_profile *profile)
{
    return profile->seal_requires != KYSO_SEAL_REQUIRES_ANY_INDIVIDUAL;
}

/* One key never counts as both person and seal, whatever certificates it has. */
static struct finding find_shared_key(const struct context *context)
{
    for (size_t i = 0; i < context->count; i++) {
        if (!is_seal(&context->signatures[i])) {
            continue;
        }
        for (size_t j = 0; j < context->count; j++) {
            const struct kyso_signature_fact *other = &context->signatures[j];

            if (is_person(other) && same_key(other->spki, context->signatures[i].spki)) {
                return found(KYSO_REASON_SAME_KEY, KYSO_RULE_SAME_KEY, KYSO_REMEDY_DIFFERENT_KEY,
                             j);
            }
        }
    }
    return nothing();
}

/* The seal that covers least: the one that came first. COUNT when there is none. */
static size_t first_seal(const struct context *context)
{
    size_t first = context->count;

    for (size_t i = 0; i < context->count; i++) {
        if (is_seal(&context->signatures[i]) &&
            (first == context->count ||
             context->signatures[i].covers_to < context->signatures[first].covers_to)) {
            first = i;
        }
    }
    return first;
}

static struct finding check_order_person(const struct context *context)
{
    size_t seal = first_seal(context);
    struct finding finding = find_shared_key(context);

    if (finding.reason != KYSO_REASON_NONE) {
        return finding;
    }
    if (seal == context->count) {
        return nothing();
    }
    if (same_key(context->signatures[seal].spki, context->request->signer.spki)) {
        return found(KYSO_REASON_SAME_KEY, KYSO_RULE_SAME_KEY, KYSO_REMEDY_DIFFERENT_KEY, seal);
    }
    return found(KYSO_REASON_PERSON_AFTER_SEAL, KYSO_RULE_PERSON_AFTER_SEAL,
                 KYSO_REMEDY_RESIGN_ORIGINAL, seal);
}

static struct finding check_order_seal(struct context *context)
{
    const struct kyso_order_request *request = context->request;
    const struct kyso_signer_fact *signer = &request->signer;
    size_t seal = first_seal(context);
    struct finding finding = find_shared_key(context);

    if (finding.reason != KYSO_REASON_NONE) {
        return finding;
    }
    for (size_t i = 0; i < context->count; i++) {
        const struct kyso_signature_fact *fact = &context->signatures[i];

        if (!fact->is_timestamp && !is_seal(fact) && same_key(fact->spki, signer->spki)) {
            return found(KYSO_REASON_SAME_KEY, KYSO_RULE_SAME_KEY, KYSO_REMEDY_DIFFERENT_KEY, i);
        }
    }
    /* Sealing what is sealed already makes a copy of it, and only the declared kind says so. */
    if (context->kind != KYSO_KIND_COPY) {
        if (seal != context->count) {
            return found(KYSO_REASON_ALREADY_SEALED, KYSO_RULE_SECOND_SEAL,
                         KYSO_REMEDY_USE_SEALED_DOCUMENT, seal);
        }
        if (request->sealed_before && context->kind != KYSO_KIND_REISSUE) {
            return refused(KYSO_REASON_SEALED_BEFORE, KYSO_RULE_SECOND_SEAL,
                           KYSO_REMEDY_USE_SEALED_DOCUMENT);
        }
    } else if (seal != context->count) {
        context->warnings |= KYSO_WARNING_SEALED_COPY;
    }
    if (seal_alone_allowed(context->profile, context->kind)) {
        return nothing();
    }
    finding = find_entitling(context, signer->organisation, signer->spki, UINT64_MAX,
                             authority_wanted(context->profile));
    if (finding.reason == KYSO_REASON_NO_SIGNATURE) {
        for (size_t i = 0; i < context->count; i++) {
            /* Somebody signed, but the roster does not know who. */
            if (is_stranger(&context->signatures[i])) {
                return unknown_signer(i);
            }
        }
    }
    return finding;
}

struct order_finding {
    enum kyso_order_result result;
    struct finding finding;
};

static struct order_finding unproved(size_t signature)
{
    return (struct order_finding){
        KYSO_ORDER_NOT_DECIDABLE,
        found(KYSO_REASON_ORDER_UNPROVED, KYSO_RULE_SEAL_NEEDS_PERSON, KYSO_REMEDY_RESIGN_ORIGINAL,
              signature),
    };
}

/* A signature whose class nobody knows leaves the order open when it could be a person after the
 * seal, a seal that a person followed, or an earlier seal of a body that nobody signed for. */
static struct order_finding find_stranger(const struct context *context, size_t seal)
{
    bool first_matters = context->profile->seal_same_organisation &&
                         !seal_alone_allowed(context->profile, context->kind);

    for (size_t i = 0; i < context->count; i++) {
        const struct kyso_signature_fact *fact = &context->signatures[i];
        bool open = seal == context->count || first_matters ||
                    fact->covers_to >= context->signatures[seal].covers_to;

        if (!is_stranger(fact)) {
            continue;
        }
        for (size_t j = 0; j < context->count && !open; j++) {
            open = j != i && !context->signatures[j].is_timestamp &&
                   !is_seal(&context->signatures[j]) &&
                   context->signatures[j].covers_to >= fact->covers_to;
        }
        if (open) {
            return (struct order_finding){
                KYSO_ORDER_NOT_DECIDABLE,
                unknown_signer(i),
            };
        }
    }
    return (struct order_finding){KYSO_ORDER_KEPT, nothing()};
}

/* Persons against the first seal, by what they cover. */
static struct order_finding find_person_after(const struct context *context, size_t seal)
{
    struct order_finding worst = {KYSO_ORDER_KEPT, nothing()};

    for (size_t i = 0; i < context->count; i++) {
        const struct kyso_signature_fact *fact = &context->signatures[i];

        if (!is_person(fact) || fact->covers_to < context->signatures[seal].covers_to) {
            continue;
        }
        if (fact->covers_to > context->signatures[seal].covers_to) {
            return (struct order_finding){
                KYSO_ORDER_BROKEN,
                found(KYSO_REASON_PERSON_AFTER_SEAL, KYSO_RULE_PERSON_AFTER_SEAL,
                      KYSO_REMEDY_RESIGN_ORIGINAL, i),
            };
        }
        worst = unproved(i);
    }
    return worst;
}

/* Another organisation's seal that covers just as much: nothing proves which of them came first. */
static bool seal_is_tied(const struct context *context, size_t seal)
{
    const struct kyso_signature_fact *first = &context->signatures[seal];

    for (size_t i = 0; i < context->count; i++) {
        const struct kyso_signature_fact *fact = &context->signatures[i];

        if (i != seal && is_seal(fact) && fact->covers_to == first->covers_to &&
            !same_text(fact->organisation, first->organisation)) {
            return true;
        }
    }
    return false;
}

/* The first seal: preceded by somebody who entitles it, or of a kind that needs nobody. */
static struct order_finding check_first_seal(const struct context *context, size_t seal)
{
    const struct kyso_signature_fact *fact = &context->signatures[seal];
    struct order_finding order = find_person_after(context, seal);
    struct finding entitling = find_entitling(context, fact->organisation, fact->spki,
                                              fact->covers_to, authority_wanted(context->profile));

    if (order.result != KYSO_ORDER_KEPT) {
        return order;
    }
    if (seal_is_tied(context, seal) && !seal_alone_allowed(context->profile, context->kind)) {
        return unproved(seal);
    }
    if (entitling.reason == KYSO_REASON_NONE ||
        seal_alone_allowed(context->profile, context->kind)) {
        return find_stranger(context, seal);
    }
    for (size_t i = 0; i < context->count; i++) {
        /* A stranger not after the seal may be the very person. */
        if (is_stranger(&context->signatures[i]) &&
            context->signatures[i].covers_to <= fact->covers_to) {
            return (struct order_finding){KYSO_ORDER_NOT_DECIDABLE, unknown_signer(i)};
        }
    }
    entitling.signature = seal;
    return (struct order_finding){KYSO_ORDER_BROKEN, entitling};
}

static struct order_finding find_order(const struct context *context)
{
    struct finding shared = find_shared_key(context);
    size_t seal = first_seal(context);
    size_t signatures = 0;

    for (size_t i = 0; i < context->count; i++) {
        signatures += context->signatures[i].is_timestamp ? 0 : 1;
    }
    if (signatures == 0) {
        return (struct order_finding){
            KYSO_ORDER_NONE,
            refused(KYSO_REASON_NO_SIGNATURE, KYSO_RULE_SEAL_NEEDS_PERSON, KYSO_REMEDY_SIGN_FIRST),
        };
    }
    if (shared.reason != KYSO_REASON_NONE) {
        return (struct order_finding){KYSO_ORDER_BROKEN, shared};
    }
    if (seal == context->count) {
        return find_stranger(context, seal);
    }
    if (context->kind == KYSO_KIND_INTERNAL) {
        return (struct order_finding){
            KYSO_ORDER_BROKEN,
            found(KYSO_REASON_INTERNAL_DOCUMENT, KYSO_RULE_INTERNAL, KYSO_REMEDY_DECLARE_KIND,
                  seal),
        };
    }
    return check_first_seal(context, seal);
}

/* Issued without a seal: the authorised signer alone (X5), or the chief of office on a digitised
 * copy (X7). */
static struct finding check_unsealed_release(const struct context *context)
{
    const char *organisation = context->request->signer.organisation;
    static const uint8_t no_key[KYSO_FINGERPRINT_SIZE];

    if (context->kind == KYSO_KIND_SINGLE_AUTHORITY) {
        struct finding finding = find_entitling(context, organisation, no_key, UINT64_MAX, true);

        if (finding.reason != KYSO_REASON_NONE) {
            finding.rule = KYSO_RULE_SINGLE_AUTHORITY;
            finding.remedy = KYSO_REMEDY_SIGN_BY_AUTHORITY;
        }
        return finding;
    }
    if (context->kind == KYSO_KIND_SCAN && context->profile->copy_chief_of_office) {
        for (size_t i = 0; i < context->count; i++) {
            const struct kyso_signature_fact *fact = &context->signatures[i];

            if (is_person(fact) && fact->digitised_copy_signer &&
                same_text(fact->organisation, organisation)) {
                return nothing();
            }
        }
        return refused(KYSO_REASON_NO_AUTHORITY_SIGNATURE, KYSO_RULE_SCAN,
                       KYSO_REMEDY_SIGN_BY_AUTHORITY);
    }
    return refused(KYSO_REASON_NOT_SEALED, KYSO_RULE_RELEASE,
                   context->profile->seal_class_exists ? KYSO_REMEDY_SEAL_FIRST
                                                       : KYSO_REMEDY_DECLARE_KIND);
}

static struct finding check_order_release(const struct context *context)
{
    struct order_finding order;

    if (first_seal(context) == context->count) {
        return check_unsealed_release(context);
    }
    order = find_order(context);
    return order.result == KYSO_ORDER_KEPT ? nothing() : order.finding;
}

/* A signature that is over a bad one could never lead to a fit document, so a fault refuses a
 * person too. Doubt refuses only the seal and the release: the clerk has to check (BD17-19.2c). */
static struct finding check_signatures(struct context *context)
{
    struct finding finding = find_fault(context);
    struct finding doubt = find_doubt(context, context->request->seal_without_revocation_check);

    if (finding.reason != KYSO_REASON_NONE) {
        return finding;
    }
    return context->request->act == KYSO_ACT_SIGN_PERSON ? nothing() : doubt;
}

static struct finding judge(struct context *context)
{
    struct finding finding = check_actor(context);

    if (finding.reason == KYSO_REASON_NONE) {
        finding = check_document(context);
    }
    if (finding.reason == KYSO_REASON_NONE) {
        finding = check_kind(context);
    }
    warn_about_signers(context);
    if (finding.reason == KYSO_REASON_NONE) {
        finding = check_signatures(context);
    }
    if (finding.reason != KYSO_REASON_NONE) {
        return finding;
    }
    switch (context->request->act) {
    case KYSO_ACT_SIGN_PERSON:
        return check_order_person(context);
    case KYSO_ACT_SEAL:
        return check_order_seal(context);
    case KYSO_ACT_RELEASE:
        return check_order_release(context);
    case KYSO_ACT_MAX:
        break;
    }
    return kind_not_allowed(context->kind);
}

/* The rule that an allowed act rests on. */
static enum kyso_rule allowing_rule(const struct context *context)
{
    if (context->request->act == KYSO_ACT_RELEASE && context->kind == KYSO_KIND_ORIGINAL) {
        return KYSO_RULE_RELEASE;
    }
    return rule_of_kind(context->kind);
}

struct kyso_verdict kyso_order_judge(const struct kyso_profile *profile,
                                     const struct kyso_order_request *request,
                                     const struct kyso_signature_fact *signatures, size_t count)
{
    struct context context = {profile, request, signatures, count, request->kind, 0};
    const char *key;
    const char *problem;
    bool usable = (unsigned int)request->act < KYSO_ACT_MAX &&
                  (unsigned int)request->kind < KYSO_KIND_MAX &&
                  kyso_profile_check(profile, &key, &problem);
    struct finding finding = usable ? judge(&context) : kind_not_allowed(KYSO_KIND_ORIGINAL);
    bool allow = finding.reason == KYSO_REASON_NONE;

    return (struct kyso_verdict){
        .allow = allow,
        .reason = finding.reason,
        .remedy = finding.remedy,
        .clause = kyso_profile_clause(profile, allow ? allowing_rule(&context) : finding.rule),
        .warnings = context.warnings,
        .signature = finding.signature,
        .detail = finding.signature < count ? signatures[finding.signature].changed_rule : NULL,
    };
}

/* The worst finding wins: a fault, then a broken order, then doubt, then an order left open. */
struct kyso_order_report kyso_order_report(const struct kyso_profile *profile, enum kyso_kind kind,
                                           const struct kyso_signature_fact *signatures,
                                           size_t count)
{
    struct context context = {profile, NULL, signatures, count, kind, 0};
    struct order_finding order = find_order(&context);
    struct finding worst = find_fault(&context);
    struct finding doubt = find_doubt(&context, false);
    enum kyso_fitness fitness = KYSO_NOT_FIT;

    warn_about_signers(&context);
    if (first_seal(&context) == count && kind != KYSO_KIND_INTERNAL && profile->seal_class_exists) {
        context.warnings |= KYSO_WARNING_NOT_SEALED;
    }
    if (worst.reason == KYSO_REASON_NONE) {
        if (order.result == KYSO_ORDER_BROKEN || order.result == KYSO_ORDER_NONE) {
            worst = order.finding;
        } else {
            worst = doubt.reason != KYSO_REASON_NONE ? doubt : order.finding;
            fitness = worst.reason == KYSO_REASON_NONE ? KYSO_FIT : KYSO_FITNESS_UNDETERMINED;
        }
    }
    return (struct kyso_order_report){
        .order = order.result,
        .fitness = fitness,
        .reason = worst.reason,
        .remedy = worst.remedy,
        .clause = fitness == KYSO_FIT ? "" : kyso_profile_clause(profile, worst.rule),
        .warnings = context.warnings,
        .signature = worst.signature,
        .detail = worst.signature < count ? signatures[worst.signature].changed_rule : NULL,
    };
}
