/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy/order-document.h"

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
        if (!signer->caller_listed) {
            return refused(KYSO_REASON_NOT_HOLDER, KYSO_RULE_HOLDER, KYSO_REMEDY_ASK_HOLDER);
        }
    } else if (!signer->caller_listed) {
        return refused(KYSO_REASON_NOT_CLERK, KYSO_RULE_CLERK, KYSO_REMEDY_ASK_CLERK);
    }
    if (act != KYSO_ACT_RELEASE && !signer->effective) {
        return refused(KYSO_REASON_NOT_EFFECTIVE_YET, KYSO_RULE_EFFECTIVE_DATE,
                       KYSO_REMEDY_WAIT_EFFECTIVE);
    }
    return nothing();
}

#define MADE_ANEW (1U << KYSO_KIND_COPY | 1U << KYSO_KIND_SCAN | 1U << KYSO_KIND_REISSUE)

static bool is_made_anew(enum kyso_kind kind)
{
    return (unsigned int)kind < KYSO_KIND_MAX && (MADE_ANEW & 1U << kind) != 0;
}

bool kyso_order_is_sealed_before(const struct kyso_order_request *request)
{
    return request->act == KYSO_ACT_SEAL && request->sealed_before &&
           request->kind != KYSO_KIND_COPY && request->kind != KYSO_KIND_REISSUE;
}

bool kyso_order_is_closed(const struct kyso_order_request *request)
{
    bool sent_again = request->act == KYSO_ACT_RELEASE && request->file_released;

    return request->released &&
           (!is_made_anew(request->kind) || !request->reference_given || sent_again);
}

/* What became of the document says no, and what else it could be. */
static struct finding closed(const struct context *context)
{
    bool other_kind = context->request->act == KYSO_ACT_SEAL &&
                      (context->profile->seal_only_kinds & MADE_ANEW) != 0;

    return refused(KYSO_REASON_ALREADY_RELEASED, KYSO_RULE_RELEASE,
                   other_kind ? KYSO_REMEDY_DECLARE_KIND : KYSO_REMEDY_NONE);
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
    if (kyso_order_is_closed(request) && !is_made_anew(context->kind)) {
        return closed(context);
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
        return kyso_order_seal_alone(context->profile, context->kind)
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
    return kyso_order_seal_alone(profile, context->kind) ? nothing()
                                                         : kind_not_allowed(context->kind);
}

/* Once the profile knows the kind: what was issued is copied or issued again only with a reference,
 * and the very file that was sent out is no copy of itself. */
static struct finding check_made_anew(const struct context *context)
{
    if (!kyso_order_is_closed(context->request)) {
        return nothing();
    }
    return context->request->reference_given
               ? closed(context)
               : refused(KYSO_REASON_REFERENCE_MISSING, rule_of_kind(context->kind),
                         KYSO_REMEDY_GIVE_REFERENCE);
}

/* By which way it is sent out (BD17-19.3, AG16-4.2, TB16-10.1.t1). */
static struct finding check_channel(struct context *context)
{
    const struct kyso_profile *profile = context->profile;
    enum kyso_channel channel = context->request->channel;
    bool known = channel > KYSO_CHANNEL_UNKNOWN && channel < KYSO_CHANNEL_MAX;
    bool named = known && (profile->release_channels & 1U << channel) != 0;

    if (context->request->act != KYSO_ACT_RELEASE) {
        return nothing();
    }
    if (!known || (profile->release_channels_only && !named)) {
        return refused(KYSO_REASON_CHANNEL_NOT_ALLOWED,
                       profile->release_channels != 0 ? KYSO_RULE_CHANNEL : KYSO_RULE_RELEASE,
                       KYSO_REMEDY_CHOOSE_CHANNEL);
    }
    /* Where the text names none, none is out of the ordinary. */
    if (profile->release_channels != 0 && !named) {
        context->warnings |= KYSO_WARNING_CHANNEL_NOT_NAMED;
    }
    return nothing();
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

static struct finding check_order_person(const struct context *context)
{
    size_t seal = kyso_order_first_seal(context);
    struct finding finding = kyso_order_find_shared_key(context);

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
    size_t seal = kyso_order_first_seal(context);
    struct finding finding = kyso_order_find_shared_key(context);

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
        if (kyso_order_is_sealed_before(request)) {
            return refused(KYSO_REASON_SEALED_BEFORE, KYSO_RULE_SECOND_SEAL,
                           KYSO_REMEDY_USE_SEALED_DOCUMENT);
        }
    } else if (seal != context->count) {
        context->warnings |= KYSO_WARNING_SEALED_COPY;
    }
    if (kyso_order_seal_alone(context->profile, context->kind)) {
        return nothing();
    }
    finding = kyso_order_find_entitling(context, signer->organisation, signer->spki, UINT64_MAX,
                                        kyso_order_wants_authority(context->profile));
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

/* Issued without a seal: the authorised signer alone (X5), or the chief of office on a digitised
 * copy (X7). */
static struct finding check_unsealed_release(const struct context *context)
{
    const char *organisation = context->request->signer.organisation;
    static const uint8_t no_key[KYSO_FINGERPRINT_SIZE];

    if (context->kind == KYSO_KIND_SINGLE_AUTHORITY) {
        struct finding finding =
            kyso_order_find_entitling(context, organisation, no_key, UINT64_MAX, true);

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

    if (kyso_order_first_seal(context) == context->count) {
        return check_unsealed_release(context);
    }
    order = kyso_order_find(context);
    return order.result == KYSO_ORDER_KEPT ? nothing() : order.finding;
}

/* The collective signature (AG16-8.1a) and that of the authorised signer (8.1b) are made on the
 * date of issue; a signing time that nobody told cannot be compared. */
static struct finding check_issue_date(const struct context *context)
{
    if (!context->profile->date_equals_issue) {
        return nothing();
    }
    for (size_t i = 0; i < context->count; i++) {
        const struct kyso_signature_fact *fact = &context->signatures[i];

        if ((is_seal(fact) || (is_person(fact) && fact->authority)) && fact->day != 0 &&
            fact->day != context->request->issue_day) {
            return found(KYSO_REASON_DATE_DIFFERS, KYSO_RULE_ISSUE_DATE, KYSO_REMEDY_MATCH_DATE, i);
        }
    }
    return nothing();
}

/* A signature that is over a bad one could never lead to a fit document, so a fault refuses a
 * person too. Doubt refuses only the seal and the release: the clerk has to check (BD17-19.2c). */
static struct finding check_signatures(struct context *context)
{
    struct finding finding = kyso_order_find_fault(context);
    struct finding doubt =
        kyso_order_find_doubt(context, context->request->seal_without_revocation_check);

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
    if (finding.reason == KYSO_REASON_NONE) {
        finding = check_made_anew(context);
    }
    if (finding.reason == KYSO_REASON_NONE) {
        finding = check_channel(context);
    }
    kyso_order_warn(context);
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
        finding = check_order_release(context);
        return finding.reason == KYSO_REASON_NONE ? check_issue_date(context) : finding;
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
