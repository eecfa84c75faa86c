/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy/order.h"

#include <string.h>

/* The stable words of the order rule, apart from the rule itself. */

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

static const char *const class_names[KYSO_CLASS_MAX] = {
    [KYSO_CLASS_UNKNOWN] = "unknown",
    [KYSO_CLASS_PERSON] = "person",
    [KYSO_CLASS_SEAL] = "seal",
    [KYSO_CLASS_DEVICE] = "device",
};

static const char *const act_names[KYSO_ACT_MAX] = {
    [KYSO_ACT_SIGN_PERSON] = "sign-person",
    [KYSO_ACT_SEAL] = "seal",
    [KYSO_ACT_RELEASE] = "release",
};

static const char *const reason_names[KYSO_REASON_MAX] = {
    [KYSO_REASON_NONE] = "none",
    [KYSO_REASON_NO_SEAL_CLASS] = "no-seal-class",
    [KYSO_REASON_NOT_IN_ROSTER] = "not-in-roster",
    [KYSO_REASON_WRONG_CLASS] = "wrong-class",
    [KYSO_REASON_NOT_HOLDER] = "not-holder",
    [KYSO_REASON_NOT_CLERK] = "not-clerk",
    [KYSO_REASON_NOT_EFFECTIVE_YET] = "not-effective-yet",
    [KYSO_REASON_SECRET_DOCUMENT] = "secret-document",
    [KYSO_REASON_EXCLUDED_TYPE] = "excluded-type",
    [KYSO_REASON_ALREADY_RELEASED] = "already-released",
    [KYSO_REASON_TIME_STAMP_REQUIRED] = "time-stamp-required",
    [KYSO_REASON_KIND_NOT_ALLOWED] = "kind-not-allowed",
    [KYSO_REASON_INTERNAL_DOCUMENT] = "internal-document",
    [KYSO_REASON_REFERENCE_MISSING] = "reference-missing",
    [KYSO_REASON_REASON_MISSING] = "reason-missing",
    [KYSO_REASON_NO_SIGNATURE] = "no-signature",
    [KYSO_REASON_NO_AUTHORITY_SIGNATURE] = "no-authority-signature",
    [KYSO_REASON_OTHER_ORGANISATION] = "other-organisation",
    [KYSO_REASON_SIGNATURE_INVALID] = "signature-invalid",
    [KYSO_REASON_SIGNATURE_REVOKED] = "signature-revoked",
    [KYSO_REASON_SIGNATURE_UNDETERMINED] = "signature-undetermined",
    [KYSO_REASON_REVOCATION_UNDETERMINED] = "revocation-undetermined",
    [KYSO_REASON_SIGNED_BEFORE_EFFECTIVE] = "signed-before-effective",
    [KYSO_REASON_CHANGED_AFTER_SIGNING] = "changed-after-signing",
    [KYSO_REASON_DOCUMENT_NOT_COVERED] = "document-not-covered",
    [KYSO_REASON_PERSON_AFTER_SEAL] = "person-after-seal",
    [KYSO_REASON_ALREADY_SEALED] = "already-sealed",
    [KYSO_REASON_SEALED_BEFORE] = "sealed-before",
    [KYSO_REASON_SAME_KEY] = "same-key",
    [KYSO_REASON_NOT_SEALED] = "not-sealed",
    [KYSO_REASON_UNKNOWN_SIGNER] = "unknown-signer",
    [KYSO_REASON_ORDER_UNPROVED] = "order-unproved",
    [KYSO_REASON_CHANNEL_NOT_ALLOWED] = "channel-not-allowed",
    [KYSO_REASON_DATE_DIFFERS] = "date-differs",
};

static const char *const remedy_names[KYSO_REMEDY_MAX] = {
    [KYSO_REMEDY_NONE] = "none",
    [KYSO_REMEDY_SIGN_FIRST] = "sign-first",
    [KYSO_REMEDY_SIGN_BY_AUTHORITY] = "sign-by-authority",
    [KYSO_REMEDY_RESIGN_UNALTERED] = "resign-unaltered-copy",
    [KYSO_REMEDY_RESIGN_ORIGINAL] = "resign-original",
    [KYSO_REMEDY_DECLARE_KIND] = "declare-kind",
    [KYSO_REMEDY_GIVE_REFERENCE] = "give-reference",
    [KYSO_REMEDY_GIVE_REASON] = "give-reason",
    [KYSO_REMEDY_CHECK_REVOCATION] = "check-revocation",
    [KYSO_REMEDY_CHECK_CHAIN] = "check-chain",
    [KYSO_REMEDY_ADD_TO_ROSTER] = "add-to-roster",
    [KYSO_REMEDY_CHOOSE_CERTIFICATE] = "choose-certificate",
    [KYSO_REMEDY_ASK_HOLDER] = "ask-holder",
    [KYSO_REMEDY_ASK_CLERK] = "ask-clerk",
    [KYSO_REMEDY_WAIT_EFFECTIVE] = "wait-effective",
    [KYSO_REMEDY_GET_TIME_STAMP] = "get-time-stamp",
    [KYSO_REMEDY_SIGN_ON_PAPER] = "sign-on-paper",
    [KYSO_REMEDY_SEAL_FIRST] = "seal-first",
    [KYSO_REMEDY_USE_SEALED_DOCUMENT] = "use-sealed-document",
    [KYSO_REMEDY_DIFFERENT_KEY] = "different-key",
    [KYSO_REMEDY_CHOOSE_CHANNEL] = "choose-channel",
    [KYSO_REMEDY_MATCH_DATE] = "match-date",
};

static const char *const warning_names[KYSO_WARNING_COUNT] = {
    "no-authority",
    "revocation-not-checked",
    "signature-undetermined",
    "unknown-signer",
    "time-stamp-undetermined",
    "no-time-stamp",
    "not-sealed",
    "sealed-copy",
    "channel-not-named",
};

const char *kyso_class_name(enum kyso_class class)
{
    return (unsigned int)class < KYSO_CLASS_MAX ? class_names[class] : "unknown";
}

bool kyso_class_from_name(const char *name, enum kyso_class *ret_class)
{
    for (unsigned int i = 0; i < KYSO_CLASS_MAX; i++) {
        if (strcmp(class_names[i], name) == 0) {
            *ret_class = (enum kyso_class)i;
            return true;
        }
    }
    return false;
}

const char *kyso_act_name(enum kyso_act act)
{
    return (unsigned int)act < KYSO_ACT_MAX ? act_names[act] : "unknown";
}

const char *kyso_validity_name(enum kyso_validity validity)
{
    switch (validity) {
    case KYSO_VALID:
        return "valid";
    case KYSO_INVALID:
        return "invalid";
    case KYSO_UNDETERMINED:
        break;
    }
    return "undetermined";
}

const char *kyso_reason_name(enum kyso_reason reason)
{
    return (unsigned int)reason < KYSO_REASON_MAX ? reason_names[reason] : "unknown";
}

const char *kyso_remedy_name(enum kyso_remedy remedy)
{
    return (unsigned int)remedy < KYSO_REMEDY_MAX ? remedy_names[remedy] : "none";
}

const char *kyso_order_result_name(enum kyso_order_result result)
{
    switch (result) {
    case KYSO_ORDER_KEPT:
        return "kept";
    case KYSO_ORDER_BROKEN:
        return "broken";
    case KYSO_ORDER_NONE:
        return "none";
    case KYSO_ORDER_NOT_DECIDABLE:
    case KYSO_ORDER_RESULT_MAX:
        break;
    }
    return "not-decidable";
}

const char *kyso_fitness_name(enum kyso_fitness fitness)
{
    switch (fitness) {
    case KYSO_FIT:
        return "fit";
    case KYSO_NOT_FIT:
        return "not-fit";
    case KYSO_FITNESS_UNDETERMINED:
    case KYSO_FITNESS_MAX:
        break;
    }
    return "undetermined";
}

const char *kyso_warning_name(size_t index)
{
    return index < ARRAY_LEN(warning_names) ? warning_names[index] : NULL;
}

size_t kyso_warning_names(uint32_t bits, const char *ret_names[KYSO_WARNING_COUNT])
{
    size_t n = 0;

    for (size_t i = 0; i < KYSO_WARNING_COUNT; i++) {
        if ((bits & 1U << i) != 0) {
            ret_names[n++] = warning_names[i];
        }
    }
    return n;
}
