/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy/recovery.h"

#include <string.h>

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

static const char *const incident_names[KYSO_INCIDENT_MAX] = {
    [KYSO_INCIDENT_WRONG_PIN] = "wrong-pin", [KYSO_INCIDENT_FORGOTTEN_PIN] = "forgotten-pin",
    [KYSO_INCIDENT_LOST] = "lost",           [KYSO_INCIDENT_EXPOSED] = "exposed",
    [KYSO_INCIDENT_COPIED] = "copied",       [KYSO_INCIDENT_BROKEN] = "broken",
};

static const char *const kind_names[KYSO_RECOVERY_KIND_MAX] = {
    [KYSO_RECOVERY_REQUEST] = "recovery",
    [KYSO_RECOVERY_REVOCATION] = "revocation",
    [KYSO_RECOVERY_LETTER] = "letter",
};

static const char *const state_names[KYSO_RECOVERY_STATE_MAX] = {
    [KYSO_RECOVERY_DRAFTED] = "drafted",     [KYSO_RECOVERY_SENT] = "sent",
    [KYSO_RECOVERY_RECOVERED] = "recovered", [KYSO_RECOVERY_REVOKED] = "revoked",
    [KYSO_RECOVERY_REFUSED] = "refused",     [KYSO_RECOVERY_CANCELLED] = "cancelled",
};

static const char *const refusal_names[KYSO_RECOVERY_REFUSAL_MAX] = {
    [KYSO_RECOVERY_MAY] = "",
    [KYSO_RECOVERY_NO_RECOVERY_OPEN] = "recovery-open",
    [KYSO_RECOVERY_NO_REVOCATION_OPEN] = "revocation-open",
    [KYSO_RECOVERY_NO_CLOSED] = "already-closed",
    [KYSO_RECOVERY_NO_SENT] = "already-sent",
    [KYSO_RECOVERY_NO_NOT_SENT] = "not-sent",
    [KYSO_RECOVERY_NO_NOT_RECOVERY] = "not-a-recovery",
    [KYSO_RECOVERY_NO_NOT_REVOCATION] = "not-a-revocation",
    [KYSO_RECOVERY_NO_LETTER] = "is-a-letter",
    [KYSO_RECOVERY_NO_COMBINED] = "combined",
    [KYSO_RECOVERY_NO_UPSTREAM] = "no-upstream-form",
};

static int find_name(const char *const *names, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(names[i], name) == 0)
            return (int)i;
    }
    return -1;
}

/* ---- triage ---- */

/* "none" is how a profile says that there is no such thing. */
static const char *given(const char *value)
{
    return strcmp(value, "none") == 0 ? "" : value;
}

static const char *clause(const struct kyso_profile *profile, enum kyso_rule rule)
{
    return given(kyso_profile_clause(profile, rule));
}

static enum kyso_rule triage_rule(enum kyso_incident incident)
{
    switch (incident) {
    case KYSO_INCIDENT_WRONG_PIN:
        return KYSO_RULE_RECOVER_WRONG_PIN;
    case KYSO_INCIDENT_FORGOTTEN_PIN:
        return KYSO_RULE_RECOVER_FORGOTTEN_PIN;
    case KYSO_INCIDENT_EXPOSED:
        return KYSO_RULE_REVOKE_EXPOSED;
    case KYSO_INCIDENT_COPIED:
        return KYSO_RULE_REVOKE_COPIED;
    case KYSO_INCIDENT_BROKEN:
        return KYSO_RULE_REVOKE_BROKEN;
    case KYSO_INCIDENT_LOST:
    case KYSO_INCIDENT_MAX:
        break;
    }
    return KYSO_RULE_REVOKE_LOST;
}

static bool is_recovery(enum kyso_incident incident)
{
    return incident == KYSO_INCIDENT_WRONG_PIN || incident == KYSO_INCIDENT_FORGOTTEN_PIN;
}

const char *kyso_recovery_electronic(const struct kyso_profile *profile,
                                     enum kyso_recovery_kind kind)
{
    switch (kind) {
    case KYSO_RECOVERY_REQUEST:
        return clause(profile, KYSO_RULE_ELECTRONIC_REQUEST);
    case KYSO_RECOVERY_REVOCATION:
        return clause(profile, KYSO_RULE_ELECTRONIC_REVOCATION);
    case KYSO_RECOVERY_LETTER:
        return clause(profile, KYSO_RULE_ELECTRONIC_UPSTREAM);
    case KYSO_RECOVERY_KIND_MAX:
        break;
    }
    return "";
}

static void add_recovery(struct kyso_recovery_path *path, const struct kyso_profile *profile)
{
    path->kind = KYSO_RECOVERY_REQUEST;
    path->form = profile->recovery_form;
    path->form_clause = clause(profile, KYSO_RULE_RECOVERY_FORM);
    path->delivery = profile->recovery_delivery;
    path->upstream = given(profile->recovery_upstream);
    path->upstream_clause = clause(profile, KYSO_RULE_RECOVERY_UPSTREAM);
    path->unlock_clause = clause(profile, KYSO_RULE_RECOVERY_UNLOCK);
    path->note = given(profile->recovery_note);
    path->escalate_hours = profile->recovery_escalate_hours;
    path->escalation_clause = clause(profile, KYSO_RULE_RECOVERY_ESCALATION);
}

static void add_revocation(struct kyso_recovery_path *path, const struct kyso_profile *profile,
                           bool is_lost)
{
    path->kind = KYSO_RECOVERY_REVOCATION;
    path->form = profile->revoke_form;
    path->form_clause = clause(profile, KYSO_RULE_REVOKE_FORM);
    path->delivery = profile->recovery_addressee; /* nothing says otherwise, as for Mẫu 14 */
    if (is_lost) {
        path->lost_form = given(profile->lost_form);
        path->lost_clause = clause(profile, KYSO_RULE_LOST_FORM);
    }
}

struct kyso_recovery_path kyso_recovery_path(const struct kyso_profile *profile,
                                             enum kyso_incident incident)
{
    enum kyso_rule rule = triage_rule(incident);
    struct kyso_recovery_path path = {
        .triage_clause = clause(profile, rule),
        .lost_form = "",
        .lost_clause = "",
        .addressee = profile->recovery_addressee,
        .signatories = profile->recovery_signatories,
        .upstream = "",
        .upstream_clause = "",
        .unlock_clause = "",
        .note = "",
        .escalation_clause = "",
    };

    if (is_recovery(incident))
        add_recovery(&path, profile);
    else
        add_revocation(&path, profile, rule == KYSO_RULE_REVOKE_LOST);
    path.electronic_clause = kyso_recovery_electronic(profile, path.kind);
    return path;
}

/* ---- life ---- */

bool kyso_recovery_is_open(enum kyso_recovery_state state)
{
    return state == KYSO_RECOVERY_DRAFTED || state == KYSO_RECOVERY_SENT;
}

static struct kyso_recovery_verdict refuse(enum kyso_recovery_refusal refusal, const char *clause)
{
    return (struct kyso_recovery_verdict){.refusal = refusal, .clause = clause};
}

static struct kyso_recovery_verdict allow(enum kyso_recovery_state next)
{
    return (struct kyso_recovery_verdict){.next = next, .clause = ""};
}

/* A token that is to be revoked is not recovered: who lost it would get a working one back. */
static struct kyso_recovery_verdict judge_start(const struct kyso_profile *profile,
                                                const struct kyso_recovery_fact *fact)
{
    struct kyso_recovery_verdict verdict = allow(KYSO_RECOVERY_DRAFTED);

    if (fact->revocation_open)
        return refuse(KYSO_RECOVERY_NO_REVOCATION_OPEN, clause(profile, KYSO_RULE_REVOKE_LOST));
    if (fact->kind == KYSO_RECOVERY_REQUEST && fact->recovery_open)
        return refuse(KYSO_RECOVERY_NO_RECOVERY_OPEN, clause(profile, KYSO_RULE_RECOVERY_FORM));
    verdict.supersedes = fact->kind == KYSO_RECOVERY_REVOCATION && fact->recovery_open;
    return verdict;
}

static struct kyso_recovery_verdict judge_combine(const struct kyso_profile *profile,
                                                  const struct kyso_recovery_fact *fact)
{
    if (fact->kind == KYSO_RECOVERY_LETTER)
        return refuse(KYSO_RECOVERY_NO_LETTER, clause(profile, KYSO_RULE_RECOVERY_UPSTREAM));
    if (fact->kind != KYSO_RECOVERY_REQUEST)
        return refuse(KYSO_RECOVERY_NO_NOT_RECOVERY, clause(profile, KYSO_RULE_RECOVERY_UPSTREAM));
    if (given(profile->recovery_upstream)[0] == '\0')
        return refuse(KYSO_RECOVERY_NO_UPSTREAM, "");
    return fact->combined ? refuse(KYSO_RECOVERY_NO_COMBINED, "") : allow(fact->state);
}

/* A person may hand in a request that somebody has put into a letter already, as long as the letter
 * has not gone; afterwards it is the letter that is answered. */
static struct kyso_recovery_verdict judge_send(const struct kyso_recovery_fact *fact)
{
    if (fact->state == KYSO_RECOVERY_SENT)
        return refuse(KYSO_RECOVERY_NO_SENT, "");
    return allow(KYSO_RECOVERY_SENT);
}

static struct kyso_recovery_verdict judge_open(const struct kyso_profile *profile,
                                               const struct kyso_recovery_fact *fact,
                                               enum kyso_recovery_act act)
{
    switch (act) {
    case KYSO_RECOVERY_ACT_FILL: /* what has been sent stays as it was sent */
        return fact->state == KYSO_RECOVERY_DRAFTED || fact->note
                   ? allow(fact->state)
                   : refuse(KYSO_RECOVERY_NO_SENT, "");
    case KYSO_RECOVERY_ACT_COMBINE:
        return judge_combine(profile, fact);
    case KYSO_RECOVERY_ACT_SEND:
        return judge_send(fact);
    case KYSO_RECOVERY_ACT_RECOVERED:
        if (fact->kind == KYSO_RECOVERY_REVOCATION)
            return refuse(KYSO_RECOVERY_NO_NOT_RECOVERY, clause(profile, KYSO_RULE_REVOKE_FORM));
        return fact->state == KYSO_RECOVERY_SENT ? allow(KYSO_RECOVERY_RECOVERED)
                                                 : refuse(KYSO_RECOVERY_NO_NOT_SENT, "");
    case KYSO_RECOVERY_ACT_REVOKED:
        if (fact->kind != KYSO_RECOVERY_REVOCATION)
            return refuse(KYSO_RECOVERY_NO_NOT_REVOCATION, clause(profile, KYSO_RULE_REVOKE_FORM));
        return fact->state == KYSO_RECOVERY_SENT ? allow(KYSO_RECOVERY_REVOKED)
                                                 : refuse(KYSO_RECOVERY_NO_NOT_SENT, "");
    case KYSO_RECOVERY_ACT_REFUSED:
        return fact->state == KYSO_RECOVERY_SENT ? allow(KYSO_RECOVERY_REFUSED)
                                                 : refuse(KYSO_RECOVERY_NO_NOT_SENT, "");
    case KYSO_RECOVERY_ACT_CANCEL:
        if (fact->kind == KYSO_RECOVERY_LETTER && fact->state == KYSO_RECOVERY_SENT)
            return refuse(KYSO_RECOVERY_NO_SENT, "");
        return allow(KYSO_RECOVERY_CANCELLED);
    case KYSO_RECOVERY_ACT_START:
    case KYSO_RECOVERY_ACT_MAX:
        break;
    }
    return refuse(KYSO_RECOVERY_NO_CLOSED, "");
}

struct kyso_recovery_verdict kyso_recovery_judge(const struct kyso_profile *profile,
                                                 const struct kyso_recovery_fact *fact,
                                                 enum kyso_recovery_act act)
{
    if (act == KYSO_RECOVERY_ACT_START)
        return judge_start(profile, fact);
    if (!kyso_recovery_is_open(fact->state))
        return refuse(KYSO_RECOVERY_NO_CLOSED, "");
    return judge_open(profile, fact, act);
}

/* ---- fields ---- */

static bool is_among(const char *key, const char *const *keys, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(key, keys[i]) == 0)
            return true;
    }
    return false;
}

bool kyso_recovery_field_of_note(const char *key)
{
    static const char *const KEYS[] = {
        "note.number", "note.place", "note.date", "note.result", "letter.number",
    };

    return is_among(key, KEYS, ARRAY_LEN(KEYS));
}

bool kyso_recovery_field(const char *key)
{
    static const char *const KEYS[] = {
        "doc.number", "doc.place", "doc.date",      "coordinator",  "contact",     "sender",
        "reason",     "remark",    "meeting.place", "token.serial", "cert.issued", "upstream.name",
    };

    return is_among(key, KEYS, ARRAY_LEN(KEYS)) || kyso_recovery_field_of_note(key);
}

/* ---- words ---- */

const char *kyso_incident_name(enum kyso_incident incident)
{
    return (unsigned int)incident < KYSO_INCIDENT_MAX ? incident_names[incident] : "unknown";
}

bool kyso_incident_from_name(const char *name, enum kyso_incident *ret_incident)
{
    int index = find_name(incident_names, KYSO_INCIDENT_MAX, name);

    if (index >= 0)
        *ret_incident = (enum kyso_incident)index;
    return index >= 0;
}

const char *kyso_recovery_kind_name(enum kyso_recovery_kind kind)
{
    return (unsigned int)kind < KYSO_RECOVERY_KIND_MAX ? kind_names[kind] : "unknown";
}

bool kyso_recovery_kind_from_name(const char *name, enum kyso_recovery_kind *ret_kind)
{
    int index = find_name(kind_names, KYSO_RECOVERY_KIND_MAX, name);

    if (index >= 0)
        *ret_kind = (enum kyso_recovery_kind)index;
    return index >= 0;
}

const char *kyso_recovery_state_name(enum kyso_recovery_state state)
{
    return (unsigned int)state < KYSO_RECOVERY_STATE_MAX ? state_names[state] : "unknown";
}

bool kyso_recovery_state_from_name(const char *name, enum kyso_recovery_state *ret_state)
{
    int index = find_name(state_names, KYSO_RECOVERY_STATE_MAX, name);

    if (index >= 0)
        *ret_state = (enum kyso_recovery_state)index;
    return index >= 0;
}

const char *kyso_recovery_refusal_name(enum kyso_recovery_refusal refusal)
{
    return (unsigned int)refusal < KYSO_RECOVERY_REFUSAL_MAX ? refusal_names[refusal] : "unknown";
}
