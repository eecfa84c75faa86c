/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_CLIENT_OPTIONS_H
#define KYSO_CLIENT_OPTIONS_H

/* Inside the library: struct kyso_options of the public header put onto a message. */

#include <dbus/dbus.h>

#include "client/kyso.h"
#include "common/macros.h"

/* Appends a{sv}; OPTIONS may be null. Returns the failure a setter kept, or -ENOMEM. */
int kyso_options_append(const struct kyso_options *options, DBusMessageIter *iter) KYSO_MUST_CHECK;

/* Appends KEY=VALUE texts as a{ss}. KYSO_OUTCOME_BAD_ARGUMENT for what is not UTF-8, -ENOMEM. */
int kyso_fields_append(DBusMessageIter *iter, const char *const *fields, size_t n) KYSO_MUST_CHECK;

#endif
