/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_POLICY_PROFILE_H
#define KYSO_POLICY_PROFILE_H

/* One province's rules as dated data. Reading a file is not pure, so the daemon parses the ini file
 * and feeds every pair to kyso_profile_set(); keys of the section [profile] go in as they are, keys
 * of [clauses] with "clauses." in front. An unknown key, a value out of range and a key given twice
 * are refused, and kyso_profile_check() names the first thing that is still missing: a profile that
 * passes has every parameter, none by silence. A profile owns all its text (no pointers), may be
 * copied by value, and is immutable once checked. Used by kysod and by tests.
 *
 * A clause is an identifier of the instrument ("LS20-6b.t4"), or "P:" and the clause it leans on
 * where the text is silent and the product proposes a default, or a product conclusion ("K-07"), or
 * "none" for a rule or a term that the province does not have. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KYSO_PROFILE_TEXT_MAX 192 /* bytes of the longest value, with its zero */
#define KYSO_CLAUSE_MAX 48        /* bytes of the longest clause, with its zero */

/* What the caller declares a document to be; the exceptions of the order rule hang on it. */
enum kyso_kind {
    KYSO_KIND_ORIGINAL = 0,     /* ordinary issued letter: person first, then seal */
    KYSO_KIND_SINGLE_AUTHORITY, /* issued on the authorised signer's signature alone (X5) */
    KYSO_KIND_COPY,             /* copy the organisation itself makes (X3) */
    KYSO_KIND_SCAN,             /* scan of signed and stamped paper (X1, X7) */
    KYSO_KIND_REISSUE,          /* paper original issued again (X2) */
    KYSO_KIND_APPROVED,         /* authorised signer asked for issue, recorded elsewhere (X6) */
    KYSO_KIND_INTERNAL,         /* not issued: no seal, no release (X4, X8) */
    KYSO_KIND_MAX
};

/* How an issued document is sent out. */
enum kyso_channel {
    KYSO_CHANNEL_UNKNOWN = 0,      /* not told */
    KYSO_CHANNEL_OFFICIAL_MAIL,    /* mailboxes of the province */
    KYSO_CHANNEL_DOCUMENT_SYSTEM,  /* linked document-management software, e-office network */
    KYSO_CHANNEL_PORTAL,           /* posted on the provincial portal */
    KYSO_CHANNEL_ONE_STOP,         /* one-stop network of the e-government */
    KYSO_CHANNEL_SOCIAL_INSURANCE, /* filing with the social insurance */
    KYSO_CHANNEL_OTHER,            /* described in words */
    KYSO_CHANNEL_MAX
};

enum kyso_profile_status {
    KYSO_PROFILE_EFFECTIVE = 0,
    KYSO_PROFILE_REPEALED,
    KYSO_PROFILE_DRAFT,
    KYSO_PROFILE_GUIDANCE,
    KYSO_PROFILE_STATUS_MAX
};

enum kyso_seal_requires {
    KYSO_SEAL_REQUIRES_AUTHORITY = 0, /* an authorised signer of the organisation */
    KYSO_SEAL_REQUIRES_ANY_INDIVIDUAL,
    KYSO_SEAL_REQUIRES_MAX
};

/* Every rule the policy can invoke; each has its clause in the profile. */
enum kyso_rule {
    KYSO_RULE_SEAL_NEEDS_PERSON = 0, /* seal only after an entitled individual */
    KYSO_RULE_SEAL_CLASS,            /* whether a seal certificate exists at all */
    KYSO_RULE_SIGNATURES_VALID,      /* every earlier signature valid before sealing, release */
    KYSO_RULE_PERSON_AFTER_SEAL,
    KYSO_RULE_SECOND_SEAL,
    KYSO_RULE_SAME_KEY,
    KYSO_RULE_CLERK,  /* only the entrusted clerk seals and releases */
    KYSO_RULE_HOLDER, /* a personal certificate is used by its holder only */
    KYSO_RULE_ROSTER, /* class and authority come from the roster */
    KYSO_RULE_EFFECTIVE_DATE,
    KYSO_RULE_TIME_STAMP,
    KYSO_RULE_SECRET,
    KYSO_RULE_LAW_LIST,
    KYSO_RULE_INTERNAL,
    KYSO_RULE_SINGLE_AUTHORITY,
    KYSO_RULE_COPY,
    KYSO_RULE_SCAN,
    KYSO_RULE_REISSUE,
    KYSO_RULE_APPROVED,
    KYSO_RULE_RELEASE,          /* what may be issued, and that issue closes the document */
    KYSO_RULE_CERTIFICATE_DATE, /* signed while the certificate is valid */
    KYSO_RULE_CERTIFICATE_USE,  /* limits of purpose and scope of the certificate */
    KYSO_RULE_LOCKOUT,          /* lock after too many wrong PINs, recovery only by procedure */
    /* Of a release; "none" where the province does not have them. */
    KYSO_RULE_ISSUE_DATE, /* signed on the date of issue */
    KYSO_RULE_CHANNEL,    /* ways to send a document out */
    /* Terms (policy/deadline). Their clause is "none" where the province sets no such term. */
    KYSO_RULE_RECOVERY_ESCALATION, /* report a recovery that is not done in time */
    KYSO_RULE_REVOCATION,          /* pass a request for revocation on */
    KYSO_RULE_TOKEN_RETURN,        /* withdraw the token of a revoked or expired certificate */
    KYSO_RULE_HANDOVER,            /* hand a token that was received to its subscriber */
    KYSO_RULE_RENEWAL_LIST,        /* submit a request for renewal */
    KYSO_RULE_RENEWAL, /* when and how often a certificate may be renewed; never "none" */
    KYSO_RULE_REPORT,
    /* What an incident with a token leads to (policy/recovery), and on what rests that. */
    KYSO_RULE_RECOVER_WRONG_PIN,
    KYSO_RULE_RECOVER_FORGOTTEN_PIN,
    KYSO_RULE_REVOKE_LOST,
    KYSO_RULE_REVOKE_EXPOSED,
    KYSO_RULE_REVOKE_COPIED,
    KYSO_RULE_REVOKE_BROKEN,
    KYSO_RULE_RECOVERY_FORM,
    KYSO_RULE_RECOVERY_UPSTREAM, /* "none" where whoever receives requests collects them */
    KYSO_RULE_RECOVERY_UNLOCK,   /* who may unlock a token: never kyso */
    KYSO_RULE_LOST_FORM,         /* "none" where no such record is asked for */
    KYSO_RULE_REVOKE_FORM,
    /* Whether a form may go as an electronically signed document; "none" where it may not. */
    KYSO_RULE_ELECTRONIC_REQUEST,
    KYSO_RULE_ELECTRONIC_UPSTREAM,
    KYSO_RULE_ELECTRONIC_REVOCATION,
    KYSO_RULE_MAX
};

struct kyso_profile {
    char id[64]; /* "lang-son-2020"; lower case, digits, '-' */
    char name[KYSO_PROFILE_TEXT_MAX];
    char instrument[KYSO_PROFILE_TEXT_MAX]; /* prefix of its clauses and its title */
    enum kyso_profile_status status;
    uint32_t valid_from;               /* yyyymmdd; 0: never came into force */
    uint32_t valid_to;                 /* yyyymmdd, last day; 0: no end known */
    char trust[KYSO_PROFILE_TEXT_MAX]; /* "specialised" or "any": which authorities count */

    bool seal_class_exists;
    enum kyso_seal_requires seal_requires;
    bool seal_same_organisation; /* the entitling signer belongs to the seal's organisation */
    uint32_t seal_only_kinds;    /* bit set of 1 << enum kyso_kind: sealed without a person */
    bool release_authority_only;
    uint32_t release_channels;  /* bit set of 1 << enum kyso_channel; 0: the text names none */
    bool release_channels_only; /* sending is valid by these only */
    bool multi_no_issue;
    bool copy_chief_of_office;
    bool deny_secret;
    bool deny_law_list;
    bool tsa_required;
    bool date_equals_issue;

    /* Appearance: words of fixed lists (see the key table in profile.c), drawn elsewhere. */
    char appearance_individual_image[KYSO_PROFILE_TEXT_MAX];
    char appearance_individual_lines[KYSO_PROFILE_TEXT_MAX]; /* comma list in drawing order */
    char appearance_individual_place[KYSO_PROFILE_TEXT_MAX];
    char appearance_individual_colour[KYSO_PROFILE_TEXT_MAX];
    char appearance_seal_image[KYSO_PROFILE_TEXT_MAX];
    char appearance_seal_lines[KYSO_PROFILE_TEXT_MAX];
    char appearance_seal_place[KYSO_PROFILE_TEXT_MAX];
    char appearance_seal_colour[KYSO_PROFILE_TEXT_MAX];
    bool appearance_seal_real_size;
    uint32_t appearance_seal_overlap_percent; /* of the signature's width; 0: no overlap */
    uint32_t appearance_box_min_width_mm;     /* 0 where the text gives no size */
    uint32_t appearance_box_max_width_mm;
    uint32_t appearance_box_min_height_mm;
    uint32_t appearance_box_max_height_mm;

    char recovery_form[KYSO_PROFILE_TEXT_MAX];     /* "BD17-M14", by the name of its file */
    char recovery_upstream[KYSO_PROFILE_TEXT_MAX]; /* "BD17-M15" or "none" */
    char recovery_note[KYSO_PROFILE_TEXT_MAX]; /* to the Director when it is overdue, or "none" */
    /* The next two stand for revocation as well: no province sends the two elsewhere or has others
     * sign them. */
    char recovery_addressee[KYSO_PROFILE_TEXT_MAX];
    char recovery_signatories[KYSO_PROFILE_TEXT_MAX]; /* "agency,subscriber" or "agency" */
    char recovery_delivery[KYSO_PROFILE_TEXT_MAX];    /* where the request is handed in */
    uint32_t recovery_escalate_hours;                 /* 0: no such deadline */
    /* What may go as an electronically signed document: "request", "upstream", "revocation". */
    char recovery_electronic[KYSO_PROFILE_TEXT_MAX];
    char lost_form[KYSO_PROFILE_TEXT_MAX]; /* record of a lost token, or "none" */
    char revoke_form[KYSO_PROFILE_TEXT_MAX];
    uint32_t revoke_deadline_hours;
    uint32_t token_return_workdays;
    uint32_t handover_workdays;
    bool renew_once;
    uint32_t renew_min_days;
    uint32_t renew_submit_workdays;
    uint32_t validity_max_new_years;
    uint32_t validity_max_renewed_years;
    char token_secrecy[KYSO_PROFILE_TEXT_MAX];
    uint32_t report_months;    /* bit set of 1 << months: the periods reported on; 0: none */
    uint32_t report_due_month; /* in which the longest report is due; the others follow in steps
                                * of their period; 0: no periodic report */
    char report_form[KYSO_PROFILE_TEXT_MAX];

    char clauses[KYSO_RULE_MAX][KYSO_CLAUSE_MAX];

    uint64_t keys_given; /* which keys of the table were set; owned by profile.c */
    uint64_t clauses_given;
};

/* An empty profile, before the first key. It fails kyso_profile_check(). */
void kyso_profile_init(struct kyso_profile *profile);

/* Takes one pair. True when taken; false leaves the profile as it was and puts a stable word into
 * *RET_PROBLEM: "unknown-key", "bad-value", "too-long" or "given-twice" (static storage). */
bool kyso_profile_set(struct kyso_profile *profile, const char *key, const char *value,
                      const char **ret_problem) __attribute__((warn_unused_result));

/* True when every key is there and the values agree with each other. Otherwise *RET_KEY is the
 * first key (static storage) that is missing or contradicts another, and *RET_PROBLEM is "missing"
 * or "contradiction". */
bool kyso_profile_check(const struct kyso_profile *profile, const char **ret_key,
                        const char **ret_problem) __attribute__((warn_unused_result));

/* Whether the instrument was in force on DATE (yyyymmdd). A draft never is; guidance counts from
 * its date. */
bool kyso_profile_in_force(const struct kyso_profile *profile, uint32_t date);

/* The clause behind a rule; never null, "" only in a profile that was not checked. */
const char *kyso_profile_clause(const struct kyso_profile *profile, enum kyso_rule rule);

/* Stable words for bus, files and --json. The _from_name functions return false for other words. */
const char *kyso_kind_name(enum kyso_kind kind);
bool kyso_kind_from_name(const char *name, enum kyso_kind *ret_kind)
    __attribute__((warn_unused_result));
const char *kyso_channel_name(enum kyso_channel channel);
/* False for "unknown", too: nobody may choose it. */
bool kyso_channel_from_name(const char *name, enum kyso_channel *ret_channel)
    __attribute__((warn_unused_result));
const char *kyso_profile_status_name(enum kyso_profile_status status);
const char *kyso_rule_name(enum kyso_rule rule);

/* The keys of [profile] in their order; null past the last. For documentation and tests. */
const char *kyso_profile_key(size_t index);

#endif
