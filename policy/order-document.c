/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy/order-document.h"

bool kyso_order_seal_alone(const struct kyso_profile *profile, enum kyso_kind kind)
{
    return kind != KYSO_KIND_ORIGINAL && (unsigned int)kind < KYSO_KIND_MAX &&
           (profile->seal_only_kinds & 1U << kind) != 0;
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

struct finding kyso_order_find_fault(const struct context *context)
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

struct finding kyso_order_find_doubt(struct context *context, bool switched)
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

void kyso_order_warn(struct context *context)
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

struct finding kyso_order_find_entitling(const struct context *context, const char *organisation,
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

bool kyso_order_wants_authority(const struct kyso_profile *profile)
{
    return profile->seal_requires != KYSO_SEAL_REQUIRES_ANY_INDIVIDUAL;
}

struct finding kyso_order_find_shared_key(const struct context *context)
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

size_t kyso_order_first_seal(const struct context *context)
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
                         !kyso_order_seal_alone(context->profile, context->kind);

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
    struct finding entitling =
        kyso_order_find_entitling(context, fact->organisation, fact->spki, fact->covers_to,
                                  kyso_order_wants_authority(context->profile));

    if (order.result != KYSO_ORDER_KEPT) {
        return order;
    }
    if (seal_is_tied(context, seal) && !kyso_order_seal_alone(context->profile, context->kind)) {
        return unproved(seal);
    }
    if (entitling.reason == KYSO_REASON_NONE ||
        kyso_order_seal_alone(context->profile, context->kind)) {
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

struct order_finding kyso_order_find(const struct context *context)
{
    struct finding shared = kyso_order_find_shared_key(context);
    size_t seal = kyso_order_first_seal(context);
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

/* The worst finding wins: a fault, then a broken order, then doubt, then an order left open. */
struct kyso_order_report kyso_order_report(const struct kyso_profile *profile, enum kyso_kind kind,
                                           const struct kyso_signature_fact *signatures,
                                           size_t count)
{
    struct context context = {profile, NULL, signatures, count, kind, 0};
    struct order_finding order = kyso_order_find(&context);
    struct finding worst = kyso_order_find_fault(&context);
    struct finding doubt = kyso_order_find_doubt(&context, false);
    enum kyso_fitness fitness = KYSO_NOT_FIT;

    kyso_order_warn(&context);
    if (kyso_order_first_seal(&context) == count && kind != KYSO_KIND_INTERNAL &&
        profile->seal_class_exists) {
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
