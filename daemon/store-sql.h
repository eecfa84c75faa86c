/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DAEMON_STORE_SQL_H
#define KYSO_DAEMON_STORE_SQL_H

/* For the files store-*.c alone: statements on the one database. Every failure is logged here and
 * becomes KYSO_OUTCOME_STORE_FAILED, so that the tables' files only forward it. */

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/store.h"

/* What each file adds to a new or older database, one string of SQL each. */
extern const char KYSO_STORE_PIN_SCHEMA[], KYSO_STORE_INVENTORY_SCHEMA[], KYSO_STORE_AUDIT_SCHEMA[],
    KYSO_STORE_ROSTER_SCHEMA[], KYSO_STORE_DEADLINE_SCHEMA[], KYSO_STORE_DOCUMENT_SCHEMA[],
    KYSO_STORE_HOLDING_SCHEMA[], KYSO_STORE_HOLDING_KEY_SCHEMA[], KYSO_STORE_SEALING_SCHEMA[],
    KYSO_STORE_RELEASE_SCHEMA[], KYSO_STORE_SETTING_SCHEMA[], KYSO_STORE_RECOVERY_SCHEMA[];

int kyso_store_failed(struct kyso_store *store, const char *what) KYSO_MUST_CHECK;
int kyso_store_execute(struct kyso_store *store, const char *sql) KYSO_MUST_CHECK;
int kyso_store_prepare(struct kyso_store *store, const char *sql,
                       sqlite3_stmt **ret_statement) KYSO_MUST_CHECK;
/* Runs a statement that gives no rows. The reserve of PIN attempts is not for it: see
 * kyso_store_transact(). */
int kyso_store_run(struct kyso_store *store, sqlite3_stmt *statement) KYSO_MUST_CHECK;
int64_t kyso_store_last_id(struct kyso_store *store);
int kyso_store_changes(struct kyso_store *store); /* rows that the last statement changed */

/* Copies TEXT; null binds NULL. */
void kyso_store_bind_text(sqlite3_stmt *statement, int index, const char *text);
/* Never null. */
const char *kyso_store_text(sqlite3_stmt *statement, int column);

void kyso_store_finalize(sqlite3_stmt **statement);
#define KYSO_STATEMENT KYSO_CLEANUP(kyso_store_finalize) sqlite3_stmt

#endif
