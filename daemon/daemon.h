/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DAEMON_DAEMON_H
#define KYSO_DAEMON_DAEMON_H

/* What every part of kysod may reach; made and taken down by main. */

#include "daemon/audit.h"
#include "daemon/caller.h"
#include "daemon/counter.h"
#include "daemon/deadlines.h"
#include "daemon/inventory.h"
#include "daemon/object.h"
#include "daemon/roster.h"
#include "daemon/settings.h"
#include "daemon/store.h"
#include "daemon/tokens.h"

struct kyso_recovery_desk;

struct kyso_daemon {
    struct kyso_loop *loop;
    struct kyso_bus *bus;
    struct kyso_callers *callers;
    struct kyso_objects *objects;
    struct kyso_object *root;
    struct kyso_settings *config;
    struct kyso_roster *roster;
    struct kyso_store *store;
    struct kyso_audit *audit;
    struct kyso_counter *counter;
    struct kyso_inventory *inventory;
    struct kyso_tokens *tokens;
    struct kyso_calendar calendar;
    struct kyso_deadlines *deadlines;
    struct kyso_recovery_desk *desk;
};

/* Interfaces of the root object; object data is the struct kyso_daemon. */
extern const struct kyso_interface KYSO_MANAGER_INTERFACE, KYSO_SIGNER_INTERFACE,
    KYSO_VERIFIER_INTERFACE, KYSO_RELEASE_INTERFACE, KYSO_AUDIT_INTERFACE, KYSO_ROSTER_INTERFACE,
    KYSO_DEADLINES_INTERFACE, KYSO_REPORT_INTERFACE, KYSO_FORMS_INTERFACE, KYSO_RECOVERY_INTERFACE;

/* Ends every job that still runs (wiping PINs, resetting cards). */
void kyso_signer_stop(void);
void kyso_verifier_stop(void);
void kyso_release_stop(void);
void kyso_auditor_stop(void);
void kyso_reporter_stop(void);
void kyso_former_stop(void);

#endif
