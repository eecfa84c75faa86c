/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DAEMON_POLICY_CHANGE_H
#define KYSO_DAEMON_POLICY_CHANGE_H

/* Rules change by configuration and a restart; the audit log says when, so that each verdict in it
 * can be read against the rules of its day. */

#include "daemon/audit.h"
#include "daemon/settings.h"
#include "daemon/store.h"

/* At start: appends "policy-changed" when the profile or seal-without-revocation-check is another
 * than at the last start, and keeps what is in force now. Nothing is appended at the first start.
 * KYSO_OUTCOME_STORE_FAILED: rules that nobody would find recorded must not be applied. */
int kyso_policy_change_record(struct kyso_store *store, struct kyso_audit *audit,
                              const struct kyso_settings *settings) KYSO_MUST_CHECK;

#endif
