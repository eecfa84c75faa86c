/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/store-setting.h"

#include <stdio.h>

#include "common/outcome.h"
#include "daemon/store-sql.h"

const char KYSO_STORE_SETTING_SCHEMA[] =
    "CREATE TABLE setting (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;";

int kyso_store_setting_put(struct kyso_store *store, const char *key, const char *value)
{
    KYSO_STATEMENT *statement = NULL;
    int r = kyso_store_prepare(store, "INSERT OR REPLACE INTO setting VALUES (?1, ?2)", &statement);

    if (r != 0)
        return r;
    kyso_store_bind_text(statement, 1, key);
    kyso_store_bind_text(statement, 2, value);
    return kyso_store_run(store, statement);
}

int kyso_store_setting_get(struct kyso_store *store, const char *key,
                           char ret_value[KYSO_STORE_SETTING_MAX])
{
    KYSO_STATEMENT *statement = NULL;
    int r = kyso_store_prepare(store, "SELECT value FROM setting WHERE key = ?1", &statement);

    if (r != 0)
        return r;
    kyso_store_bind_text(statement, 1, key);
    r = sqlite3_step(statement);
    if (r == SQLITE_DONE)
        return KYSO_OUTCOME_NOT_FOUND;
    if (r != SQLITE_ROW)
        return kyso_store_failed(store, "read a setting");
    (void)snprintf(ret_value, KYSO_STORE_SETTING_MAX, "%s", kyso_store_text(statement, 0));
    return 0;
}
