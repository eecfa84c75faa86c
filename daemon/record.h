/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DAEMON_RECORD_H
#define KYSO_DAEMON_RECORD_H

/* What the audit records of signatures, releases and refusals have in common (doc/audit.md). */

#include "daemon/examine.h"

/* Which file came, and which document it is. */
void kyso_record_document(struct kyso_audit_entry *entry, const struct kyso_examination *found);
/* On which rules, with which warnings. */
void kyso_record_verdict(struct kyso_audit_entry *entry, const struct kyso_settings *config,
                         const struct kyso_verdict *verdict);
/* What was refused and why; RULE: what the document breaks, or null. */
void kyso_record_refusal(struct kyso_audit_entry *entry, enum kyso_act act,
                         const struct kyso_verdict *verdict, const char *rule);

#endif
