/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DAEMON_STORE_SETTING_H
#define KYSO_DAEMON_STORE_SETTING_H

/* What was configured when the daemon started last, by key. */

#include "daemon/store.h"

#define KYSO_STORE_SETTING_MAX 128U /* bytes of a value, with its zero; longer ones are cut */

int kyso_store_setting_put(struct kyso_store *store, const char *key,
                           const char *value) KYSO_MUST_CHECK;
/* KYSO_OUTCOME_NOT_FOUND, KYSO_OUTCOME_STORE_FAILED. */
int kyso_store_setting_get(struct kyso_store *store, const char *key,
                           char ret_value[KYSO_STORE_SETTING_MAX]) KYSO_MUST_CHECK;

#endif
