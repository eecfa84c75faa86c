/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/record.h"

void kyso_record_document(struct kyso_audit_entry *entry, const struct kyso_examination *found)
{
    kyso_audit_hex(entry, "input", found->sha256, sizeof(found->sha256));
    if (found->identified)
        kyso_audit_hex(entry, "document", found->identity, sizeof(found->identity));
}

void kyso_record_verdict(struct kyso_audit_entry *entry, const struct kyso_settings *config,
                         const struct kyso_verdict *verdict)
{
    const char *warnings[KYSO_WARNING_COUNT];
    size_t n = kyso_warning_names(verdict->warnings, warnings);

    kyso_audit_text(entry, "profile", config->profile.id);
    kyso_audit_text(entry, "clause", verdict->clause);
    kyso_audit_texts(entry, "warnings", warnings, n);
}

void kyso_record_refusal(struct kyso_audit_entry *entry, enum kyso_act act,
                         const struct kyso_verdict *verdict, const char *rule)
{
    kyso_audit_text(entry, "act", kyso_act_name(act));
    kyso_audit_text(entry, "reason", kyso_reason_name(verdict->reason));
    kyso_audit_text(entry, "remedy", kyso_remedy_name(verdict->remedy));
    kyso_audit_text(entry, "rule", rule);
}
