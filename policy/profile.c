/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy/profile.h"

#include <string.h>

#include "policy/calendar.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

enum value_type {
    VALUE_ID,     /* lower case letters, digits, '-' */
    VALUE_TEXT,   /* anything without control bytes, not empty */
    VALUE_WORD,   /* one of choices */
    VALUE_WORDS,  /* comma list of distinct choices, or "none" */
    VALUE_BOOL,   /* "yes" or "no" */
    VALUE_NUMBER, /* decimal, at most max */
    VALUE_MONTHS, /* comma list of periods in months that divide a year, or "none" */
    VALUE_DATE,   /* YYYY-MM-DD, or "none" */
    VALUE_STATUS,
    VALUE_REQUIRES,
    VALUE_KINDS,    /* comma list of kinds, or "none" */
    VALUE_CHANNELS, /* comma list of channels, or "none" */
};

struct key_row {
    const char *key;
    enum value_type type;
    size_t offset;
    size_t size;
    uint32_t max;        /* of VALUE_NUMBER */
    const char *choices; /* of VALUE_WORD and VALUE_WORDS, separated by spaces */
};

#define ROW(key_, type_, member_, max_, choices_)                                                  \
    {                                                                                              \
        (key_), (type_), offsetof(struct kyso_profile, member_),                                   \
            sizeof(((struct kyso_profile *)0)->member_), (max_), (choices_)                        \
    }

#define LINE_WORDS "signed-by title email tax-code organisation superior-body time"

/* Every parameter of a profile. The words of a choice list are what the drawing code understands;
 * a new word needs its meaning there first. */
static const struct key_row keys[] = {
    ROW("id", VALUE_ID, id, 0, NULL),
    ROW("name", VALUE_TEXT, name, 0, NULL),
    ROW("instrument", VALUE_TEXT, instrument, 0, NULL),
    ROW("status", VALUE_STATUS, status, 0, NULL),
    ROW("valid_from", VALUE_DATE, valid_from, 0, NULL),
    ROW("valid_to", VALUE_DATE, valid_to, 0, NULL),
    ROW("trust", VALUE_WORD, trust, 0, "specialised any"),
    ROW("seal.class_exists", VALUE_BOOL, seal_class_exists, 0, NULL),
    ROW("seal.requires", VALUE_REQUIRES, seal_requires, 0, NULL),
    ROW("seal.same_organisation", VALUE_BOOL, seal_same_organisation, 0, NULL),
    ROW("seal.only_kinds", VALUE_KINDS, seal_only_kinds, 0, NULL),
    ROW("release.authority_only", VALUE_BOOL, release_authority_only, 0, NULL),
    ROW("release.channels", VALUE_CHANNELS, release_channels, 0, NULL),
    ROW("release.channels_only", VALUE_BOOL, release_channels_only, 0, NULL),
    ROW("multi.no_issue", VALUE_BOOL, multi_no_issue, 0, NULL),
    ROW("copy.chief_of_office", VALUE_BOOL, copy_chief_of_office, 0, NULL),
    ROW("deny.secret", VALUE_BOOL, deny_secret, 0, NULL),
    ROW("deny.law_list", VALUE_BOOL, deny_law_list, 0, NULL),
    ROW("tsa.required", VALUE_BOOL, tsa_required, 0, NULL),
    ROW("date.equals_issue", VALUE_BOOL, date_equals_issue, 0, NULL),
    ROW("appearance.individual.image", VALUE_WORD, appearance_individual_image, 0,
        "none logo signature signature-and-seal"),
    ROW("appearance.individual.lines", VALUE_WORDS, appearance_individual_lines, 0, LINE_WORDS),
    ROW("appearance.individual.place", VALUE_WORD, appearance_individual_place, 0,
        "handwritten any"),
    ROW("appearance.individual.colour", VALUE_WORD, appearance_individual_colour, 0, "any blue"),
    ROW("appearance.seal.image", VALUE_WORD, appearance_seal_image, 0,
        "none logo seal signature-and-seal"),
    ROW("appearance.seal.lines", VALUE_WORDS, appearance_seal_lines, 0, LINE_WORDS),
    ROW("appearance.seal.place", VALUE_WORD, appearance_seal_place, 0,
        "top-left-first-page left-over-signature handwritten any"),
    ROW("appearance.seal.colour", VALUE_WORD, appearance_seal_colour, 0, "any red"),
    ROW("appearance.seal.real_size", VALUE_BOOL, appearance_seal_real_size, 0, NULL),
    ROW("appearance.seal.overlap_percent", VALUE_NUMBER, appearance_seal_overlap_percent, 100,
        NULL),
    ROW("appearance.box.min_width_mm", VALUE_NUMBER, appearance_box_min_width_mm, 1000, NULL),
    ROW("appearance.box.max_width_mm", VALUE_NUMBER, appearance_box_max_width_mm, 1000, NULL),
    ROW("appearance.box.min_height_mm", VALUE_NUMBER, appearance_box_min_height_mm, 1000, NULL),
    ROW("appearance.box.max_height_mm", VALUE_NUMBER, appearance_box_max_height_mm, 1000, NULL),
    ROW("recovery.form", VALUE_TEXT, recovery_form, 0, NULL),
    ROW("recovery.upstream", VALUE_TEXT, recovery_upstream, 0, NULL),
    ROW("recovery.note", VALUE_TEXT, recovery_note, 0, NULL),
    ROW("recovery.addressee", VALUE_TEXT, recovery_addressee, 0, NULL),
    ROW("recovery.delivery", VALUE_TEXT, recovery_delivery, 0, NULL),
    ROW("recovery.signatories", VALUE_WORDS, recovery_signatories, 0, "subscriber agency"),
    ROW("recovery.escalate_hours", VALUE_NUMBER, recovery_escalate_hours, 8760, NULL),
    ROW("recovery.electronic", VALUE_WORDS, recovery_electronic, 0, "request upstream revocation"),
    ROW("lost.form", VALUE_TEXT, lost_form, 0, NULL),
    ROW("revoke.form", VALUE_TEXT, revoke_form, 0, NULL),
    ROW("revoke.deadline_hours", VALUE_NUMBER, revoke_deadline_hours, 8760, NULL),
    ROW("token.return_workdays", VALUE_NUMBER, token_return_workdays, 366, NULL),
    ROW("handover.workdays", VALUE_NUMBER, handover_workdays, 366, NULL),
    ROW("renew.once", VALUE_BOOL, renew_once, 0, NULL),
    ROW("renew.min_days", VALUE_NUMBER, renew_min_days, 3660, NULL),
    ROW("renew.submit_workdays", VALUE_NUMBER, renew_submit_workdays, 366, NULL),
    ROW("validity.max_new_years", VALUE_NUMBER, validity_max_new_years, 100, NULL),
    ROW("validity.max_renewed_years", VALUE_NUMBER, validity_max_renewed_years, 100, NULL),
    ROW("token.secrecy", VALUE_TEXT, token_secrecy, 0, NULL),
    ROW("report.months", VALUE_MONTHS, report_months, 0, NULL),
    ROW("report.due_month", VALUE_NUMBER, report_due_month, 12, NULL),
    ROW("report.form", VALUE_TEXT, report_form, 0, NULL),
};

_Static_assert(ARRAY_LEN(keys) <= 64, "keys_given holds one bit per key");
_Static_assert(KYSO_RULE_MAX <= 64, "clauses_given holds one bit per rule");

static const char *const kind_names[KYSO_KIND_MAX] = {
    [KYSO_KIND_ORIGINAL] = "original", [KYSO_KIND_SINGLE_AUTHORITY] = "single-authority",
    [KYSO_KIND_COPY] = "copy",         [KYSO_KIND_SCAN] = "scan",
    [KYSO_KIND_REISSUE] = "reissue",   [KYSO_KIND_APPROVED] = "approved",
    [KYSO_KIND_INTERNAL] = "internal",
};

static const char *const channel_names[KYSO_CHANNEL_MAX] = {
    [KYSO_CHANNEL_OFFICIAL_MAIL] = "official-mail",
    [KYSO_CHANNEL_DOCUMENT_SYSTEM] = "document-system",
    [KYSO_CHANNEL_PORTAL] = "portal",
    [KYSO_CHANNEL_ONE_STOP] = "one-stop",
    [KYSO_CHANNEL_SOCIAL_INSURANCE] = "social-insurance",
    [KYSO_CHANNEL_OTHER] = "other",
};

static const char *const status_names[KYSO_PROFILE_STATUS_MAX] = {
    [KYSO_PROFILE_EFFECTIVE] = "effective",
    [KYSO_PROFILE_REPEALED] = "repealed",
    [KYSO_PROFILE_DRAFT] = "draft",
    [KYSO_PROFILE_GUIDANCE] = "guidance",
};

static const char *const requires_names[KYSO_SEAL_REQUIRES_MAX] = {
    [KYSO_SEAL_REQUIRES_AUTHORITY] = "authority",
    [KYSO_SEAL_REQUIRES_ANY_INDIVIDUAL] = "any-individual",
};

static const char *const rule_keys[KYSO_RULE_MAX] = {
    [KYSO_RULE_SEAL_NEEDS_PERSON] = "clauses.seal-needs-person",
    [KYSO_RULE_SEAL_CLASS] = "clauses.seal-class",
    [KYSO_RULE_SIGNATURES_VALID] = "clauses.signatures-valid",
    [KYSO_RULE_PERSON_AFTER_SEAL] = "clauses.person-after-seal",
    [KYSO_RULE_SECOND_SEAL] = "clauses.second-seal",
    [KYSO_RULE_SAME_KEY] = "clauses.same-key",
    [KYSO_RULE_CLERK] = "clauses.clerk",
    [KYSO_RULE_HOLDER] = "clauses.holder",
    [KYSO_RULE_ROSTER] = "clauses.roster",
    [KYSO_RULE_EFFECTIVE_DATE] = "clauses.effective-date",
    [KYSO_RULE_TIME_STAMP] = "clauses.time-stamp",
    [KYSO_RULE_SECRET] = "clauses.secret",
    [KYSO_RULE_LAW_LIST] = "clauses.law-list",
    [KYSO_RULE_INTERNAL] = "clauses.internal",
    [KYSO_RULE_SINGLE_AUTHORITY] = "clauses.single-authority",
    [KYSO_RULE_COPY] = "clauses.copy",
    [KYSO_RULE_SCAN] = "clauses.scan",
    [KYSO_RULE_REISSUE] = "clauses.reissue",
    [KYSO_RULE_APPROVED] = "clauses.approved",
    [KYSO_RULE_RELEASE] = "clauses.release",
    [KYSO_RULE_CERTIFICATE_DATE] = "clauses.certificate-date",
    [KYSO_RULE_CERTIFICATE_USE] = "clauses.certificate-use",
    [KYSO_RULE_LOCKOUT] = "clauses.lockout",
    [KYSO_RULE_ISSUE_DATE] = "clauses.issue-date",
    [KYSO_RULE_CHANNEL] = "clauses.channel",
    [KYSO_RULE_RECOVERY_ESCALATION] = "clauses.recovery-escalation",
    [KYSO_RULE_REVOCATION] = "clauses.revocation",
    [KYSO_RULE_TOKEN_RETURN] = "clauses.token-return",
    [KYSO_RULE_HANDOVER] = "clauses.handover",
    [KYSO_RULE_RENEWAL_LIST] = "clauses.renewal-list",
    [KYSO_RULE_RENEWAL] = "clauses.renewal",
    [KYSO_RULE_REPORT] = "clauses.report",
    [KYSO_RULE_RECOVER_WRONG_PIN] = "clauses.recover-wrong-pin",
    [KYSO_RULE_RECOVER_FORGOTTEN_PIN] = "clauses.recover-forgotten-pin",
    [KYSO_RULE_REVOKE_LOST] = "clauses.revoke-lost",
    [KYSO_RULE_REVOKE_EXPOSED] = "clauses.revoke-exposed",
    [KYSO_RULE_REVOKE_COPIED] = "clauses.revoke-copied",
    [KYSO_RULE_REVOKE_BROKEN] = "clauses.revoke-broken",
    [KYSO_RULE_RECOVERY_FORM] = "clauses.recovery-form",
    [KYSO_RULE_RECOVERY_UPSTREAM] = "clauses.recovery-upstream",
    [KYSO_RULE_RECOVERY_UNLOCK] = "clauses.recovery-unlock",
    [KYSO_RULE_LOST_FORM] = "clauses.lost-form",
    [KYSO_RULE_REVOKE_FORM] = "clauses.revoke-form",
    [KYSO_RULE_ELECTRONIC_REQUEST] = "clauses.electronic-request",
    [KYSO_RULE_ELECTRONIC_UPSTREAM] = "clauses.electronic-upstream",
    [KYSO_RULE_ELECTRONIC_REVOCATION] = "clauses.electronic-revocation",
};

#define CLAUSE_PREFIX_LEN (sizeof("clauses.") - 1)

/* Kinds a seal may be the only signature of; the others contradict themselves. */
#define SEALABLE_KINDS                                                                             \
    (1U << KYSO_KIND_COPY | 1U << KYSO_KIND_SCAN | 1U << KYSO_KIND_REISSUE |                       \
     1U << KYSO_KIND_APPROVED)

static bool word_is(const char *word, size_t len, const char *name)
{
    return strlen(name) == len && memcmp(word, name, len) == 0;
}

/* Index of the word in a table of names, or -1. */
static int find_name(const char *const *names, size_t count, const char *word, size_t len)
{
    for (size_t i = 0; i < count; i++) {
        if (names[i] != NULL && word_is(word, len, names[i])) {
            return (int)i;
        }
    }
    return -1;
}

/* Position of the word among space-separated choices, or -1. */
static int find_choice(const char *choices, const char *word, size_t len)
{
    int index = 0;

    for (const char *p = choices; *p != '\0'; index++) {
        size_t n = strcspn(p, " ");

        if (n == len && memcmp(p, word, n) == 0) {
            return index;
        }
        p += n;
        p += strspn(p, " ");
    }
    return -1;
}

static bool text_ok(const char *value)
{
    if (*value == '\0') {
        return false;
    }
    for (const char *p = value; *p != '\0'; p++) {
        if ((unsigned char)*p < 0x20 || *p == 0x7f) {
            return false;
        }
    }
    return true;
}

static bool id_ok(const char *value)
{
    return *value != '\0' && value[strspn(value, "abcdefghijklmnopqrstuvwxyz0123456789-")] == '\0';
}

/* All of LEN bytes as a decimal number up to MAX. */
static bool parse_number(const char *value, size_t len, uint32_t max, uint32_t *ret)
{
    uint32_t number = 0;

    if (len == 0 || len > 9) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        if (value[i] < '0' || value[i] > '9') {
            return false;
        }
        number = number * 10 + (uint32_t)(value[i] - '0');
    }
    if (number > max) {
        return false;
    }
    *ret = number;
    return true;
}

static bool parse_date(const char *value, uint32_t *ret)
{
    uint32_t year;
    uint32_t month;
    uint32_t day;

    if (strcmp(value, "none") == 0) {
        *ret = 0;
        return true;
    }
    if (strlen(value) != 10 || value[4] != '-' || value[7] != '-' ||
        !parse_number(value, 4, 9999, &year) || !parse_number(value + 5, 2, 12, &month) ||
        !parse_number(value + 8, 2, 31, &day) ||
        !kyso_calendar_is_date(year * 10000 + month * 100 + day)) {
        return false;
    }
    *ret = year * 10000 + month * 100 + day;
    return true;
}

/* One bit for each word of a comma list; false for an unknown or repeated word. "none" is empty. */
static bool parse_list(const struct key_row *row, const char *value, uint32_t *ret)
{
    uint32_t set = 0;
    const char *p = value;

    if (strcmp(value, "none") == 0) {
        *ret = 0;
        return true;
    }
    for (;;) {
        size_t len = strcspn(p, ",");
        uint32_t month;
        int index = -1;

        if (row->type == VALUE_KINDS) {
            index = find_name(kind_names, KYSO_KIND_MAX, p, len);
        } else if (row->type == VALUE_CHANNELS) {
            index = find_name(channel_names, KYSO_CHANNEL_MAX, p, len);
        } else if (row->type == VALUE_WORDS) {
            index = find_choice(row->choices, p, len);
        } else if (parse_number(p, len, 12, &month) && month > 0 && 12 % month == 0) {
            index = (int)month;
        }
        if (index < 0 || (set & 1U << index) != 0) {
            return false;
        }
        set |= 1U << index;
        p += len;
        if (*p == '\0') {
            break;
        }
        p++;
    }
    *ret = set;
    return true;
}

static void store_text(char *field, const char *value)
{
    memcpy(field, value, strlen(value) + 1);
}

static bool store_bool(bool *field, const char *value)
{
    bool yes = strcmp(value, "yes") == 0;

    if (!yes && strcmp(value, "no") != 0) {
        return false;
    }
    *field = yes;
    return true;
}

/* An enum field from its table of names. FIELD has the size of an unsigned int. */
static bool store_name(void *field, const char *const *names, size_t count, const char *value)
{
    int index = find_name(names, count, value, strlen(value));

    if (index < 0) {
        return false;
    }
    memcpy(field, &(unsigned int){(unsigned int)index}, sizeof(unsigned int));
    return true;
}

_Static_assert(sizeof(enum kyso_profile_status) == sizeof(unsigned int), "store_name");
_Static_assert(sizeof(enum kyso_seal_requires) == sizeof(unsigned int), "store_name");

/* Null when stored, else the problem. */
static const char *store(struct kyso_profile *profile, const struct key_row *row, const char *value)
{
    void *field = (char *)profile + row->offset;
    bool is_text = row->type == VALUE_ID || row->type == VALUE_TEXT || row->type == VALUE_WORD ||
                   row->type == VALUE_WORDS;
    uint32_t set;
    bool ok = false;

    if (is_text && strlen(value) >= row->size) {
        return "too-long";
    }
    switch (row->type) {
    case VALUE_ID:
        ok = id_ok(value);
        break;
    case VALUE_TEXT:
        ok = text_ok(value);
        break;
    case VALUE_WORD:
        ok = find_choice(row->choices, value, strlen(value)) >= 0;
        break;
    case VALUE_WORDS:
        ok = parse_list(row, value, &set);
        break;
    case VALUE_MONTHS:
    case VALUE_KINDS:
    case VALUE_CHANNELS:
        ok = parse_list(row, value, field);
        break;
    case VALUE_BOOL:
        ok = store_bool(field, value);
        break;
    case VALUE_NUMBER:
        ok = parse_number(value, strlen(value), row->max, field);
        break;
    case VALUE_DATE:
        ok = parse_date(value, field);
        break;
    case VALUE_STATUS:
        ok = store_name(field, status_names, KYSO_PROFILE_STATUS_MAX, value);
        break;
    case VALUE_REQUIRES:
        ok = store_name(field, requires_names, KYSO_SEAL_REQUIRES_MAX, value);
        break;
    }
    if (!ok) {
        return "bad-value";
    }
    if (is_text) {
        store_text(field, value);
    }
    return NULL;
}

static const char *set_clause(struct kyso_profile *profile, const char *key, const char *value)
{
    int rule = find_name(rule_keys, KYSO_RULE_MAX, key, strlen(key));

    if (rule < 0) {
        return "unknown-key";
    }
    if ((profile->clauses_given & UINT64_C(1) << rule) != 0) {
        return "given-twice";
    }
    if (strlen(value) >= KYSO_CLAUSE_MAX) {
        return "too-long";
    }
    if (!text_ok(value)) {
        return "bad-value";
    }
    store_text(profile->clauses[rule], value);
    profile->clauses_given |= UINT64_C(1) << rule;
    return NULL;
}

static const char *set_key(struct kyso_profile *profile, const char *key, const char *value)
{
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        const char *problem;

        if (strcmp(keys[i].key, key) != 0) {
            continue;
        }
        if ((profile->keys_given & UINT64_C(1) << i) != 0) {
            return "given-twice";
        }
        problem = store(profile, &keys[i], value);
        if (problem == NULL) {
            profile->keys_given |= UINT64_C(1) << i;
        }
        return problem;
    }
    return "unknown-key";
}

void kyso_profile_init(struct kyso_profile *profile)
{
    memset(profile, 0, sizeof(*profile));
}

bool kyso_profile_set(struct kyso_profile *profile, const char *key, const char *value,
                      const char **ret_problem)
{
    const char *problem;

    if (strncmp(key, "clauses.", CLAUSE_PREFIX_LEN) == 0) {
        problem = set_clause(profile, key, value);
    } else {
        problem = set_key(profile, key, value);
    }
    if (problem != NULL) {
        *ret_problem = problem;
        return false;
    }
    return true;
}

/* A rule of a release and the clause that sets it are there together or not at all. Null, or the
 * key that is wrong. */
static const char *release_contradiction(const struct kyso_profile *p)
{
    bool dated = strcmp(p->clauses[KYSO_RULE_ISSUE_DATE], "none") != 0;
    bool named = strcmp(p->clauses[KYSO_RULE_CHANNEL], "none") != 0;

    if (p->release_channels_only && p->release_channels == 0) {
        return "release.channels_only";
    }
    if (dated != p->date_equals_issue) {
        return rule_keys[KYSO_RULE_ISSUE_DATE];
    }
    return named == (p->release_channels != 0) ? NULL : rule_keys[KYSO_RULE_CHANNEL];
}

static bool is_given(const char *value)
{
    return strcmp(value, "none") != 0;
}

/* WORD among the comma list VALUE. */
static bool lists(const char *value, const char *word)
{
    size_t length = strlen(word);

    for (const char *at = value; at != NULL; at = strchr(at, ',')) {
        at += *at == ',' ? 1 : 0;
        if (strncmp(at, word, length) == 0 && (at[length] == ',' || at[length] == '\0'))
            return true;
    }
    return false;
}

/* A term, a form or a leave and the clause that it rests on are there together or not at all. Null,
 * or the clause's key. */
static const char *without_clause(const struct kyso_profile *p)
{
    const struct {
        enum kyso_rule rule;
        bool given;
    } rows[] = {
        {KYSO_RULE_RECOVERY_ESCALATION, p->recovery_escalate_hours != 0},
        {KYSO_RULE_REVOCATION, p->revoke_deadline_hours != 0},
        {KYSO_RULE_TOKEN_RETURN, p->token_return_workdays != 0},
        {KYSO_RULE_HANDOVER, p->handover_workdays != 0},
        {KYSO_RULE_RENEWAL_LIST, p->renew_submit_workdays != 0},
        {KYSO_RULE_RENEWAL, true}, /* a certificate's end is always announced */
        {KYSO_RULE_REPORT, p->report_due_month != 0},
        {KYSO_RULE_RECOVER_WRONG_PIN, true}, /* every incident has its way */
        {KYSO_RULE_RECOVER_FORGOTTEN_PIN, true},
        {KYSO_RULE_REVOKE_LOST, true},
        {KYSO_RULE_REVOKE_EXPOSED, true},
        {KYSO_RULE_REVOKE_COPIED, true},
        {KYSO_RULE_REVOKE_BROKEN, true},
        {KYSO_RULE_RECOVERY_FORM, true},
        {KYSO_RULE_RECOVERY_UPSTREAM, is_given(p->recovery_upstream)},
        {KYSO_RULE_RECOVERY_UNLOCK, true},
        {KYSO_RULE_LOST_FORM, is_given(p->lost_form)},
        {KYSO_RULE_REVOKE_FORM, true},
        {KYSO_RULE_ELECTRONIC_REQUEST, lists(p->recovery_electronic, "request")},
        {KYSO_RULE_ELECTRONIC_UPSTREAM, lists(p->recovery_electronic, "upstream")},
        {KYSO_RULE_ELECTRONIC_REVOCATION, lists(p->recovery_electronic, "revocation")},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (is_given(p->clauses[rows[i].rule]) != rows[i].given) {
            return rule_keys[rows[i].rule];
        }
    }
    return NULL;
}

/* The first key that contradicts another, or null. */
static const char *contradiction(const struct kyso_profile *p)
{
    if (p->valid_to != 0 && (p->valid_from == 0 || p->valid_to < p->valid_from)) {
        return "valid_to";
    }
    if (p->valid_from == 0 && p->status != KYSO_PROFILE_DRAFT) {
        return "valid_from";
    }
    if ((p->seal_only_kinds & ~SEALABLE_KINDS) != 0 ||
        (!p->seal_class_exists && p->seal_only_kinds != 0)) {
        return "seal.only_kinds";
    }
    /* Somebody must be able to issue: with a seal, or on the authority's signature alone. */
    if (!p->seal_class_exists && !p->release_authority_only) {
        return "release.authority_only";
    }
    if (p->appearance_box_min_width_mm > p->appearance_box_max_width_mm) {
        return "appearance.box.min_width_mm";
    }
    if (p->appearance_box_min_height_mm > p->appearance_box_max_height_mm) {
        return "appearance.box.min_height_mm";
    }
    if ((p->report_months != 0) != (p->report_due_month != 0)) {
        return "report.due_month";
    }
    if (without_clause(p) != NULL) {
        return without_clause(p);
    }
    if (!is_given(p->recovery_form)) {
        return "recovery.form";
    }
    if (!is_given(p->revoke_form)) {
        return "revoke.form";
    }
    if (release_contradiction(p) != NULL) {
        return release_contradiction(p);
    }
    /* Who has a term is told when it has passed. */
    return is_given(p->recovery_note) != (p->recovery_escalate_hours != 0) ? "recovery.note" : NULL;
}

bool kyso_profile_check(const struct kyso_profile *profile, const char **ret_key,
                        const char **ret_problem)
{
    const char *key;

    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        if ((profile->keys_given & UINT64_C(1) << i) == 0) {
            *ret_key = keys[i].key;
            *ret_problem = "missing";
            return false;
        }
    }
    for (unsigned int i = 0; i < KYSO_RULE_MAX; i++) {
        if ((profile->clauses_given & UINT64_C(1) << i) == 0) {
            *ret_key = rule_keys[i];
            *ret_problem = "missing";
            return false;
        }
    }
    key = contradiction(profile);
    if (key != NULL) {
        *ret_key = key;
        *ret_problem = "contradiction";
        return false;
    }
    return true;
}

bool kyso_profile_in_force(const struct kyso_profile *profile, uint32_t date)
{
    if (profile->status == KYSO_PROFILE_DRAFT || profile->valid_from == 0) {
        return false;
    }
    return date >= profile->valid_from && (profile->valid_to == 0 || date <= profile->valid_to);
}

const char *kyso_profile_clause(const struct kyso_profile *profile, enum kyso_rule rule)
{
    return (unsigned int)rule < KYSO_RULE_MAX ? profile->clauses[rule] : "";
}

const char *kyso_kind_name(enum kyso_kind kind)
{
    return (unsigned int)kind < KYSO_KIND_MAX ? kind_names[kind] : "unknown";
}

bool kyso_kind_from_name(const char *name, enum kyso_kind *ret_kind)
{
    int index = find_name(kind_names, KYSO_KIND_MAX, name, strlen(name));

    if (index < 0) {
        return false;
    }
    *ret_kind = (enum kyso_kind)index;
    return true;
}

const char *kyso_channel_name(enum kyso_channel channel)
{
    return channel > KYSO_CHANNEL_UNKNOWN && channel < KYSO_CHANNEL_MAX ? channel_names[channel]
                                                                        : "unknown";
}

bool kyso_channel_from_name(const char *name, enum kyso_channel *ret_channel)
{
    int index = find_name(channel_names, KYSO_CHANNEL_MAX, name, strlen(name));

    if (index < 0) {
        return false;
    }
    *ret_channel = (enum kyso_channel)index;
    return true;
}

const char *kyso_profile_status_name(enum kyso_profile_status status)
{
    return (unsigned int)status < KYSO_PROFILE_STATUS_MAX ? status_names[status] : "unknown";
}

const char *kyso_rule_name(enum kyso_rule rule)
{
    return (unsigned int)rule < KYSO_RULE_MAX ? rule_keys[rule] + CLAUSE_PREFIX_LEN : "unknown";
}

const char *kyso_profile_key(size_t index)
{
    return index < ARRAY_LEN(keys) ? keys[index].key : NULL;
}
