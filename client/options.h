/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_CLIENT_OPTIONS_H
#define KYSO_CLIENT_OPTIONS_H

/* Inside the library: struct kyso_options of the public header put onto a message. */

#include <dbus/dbus.h>

#include "client/kyso.h"
#include "common/macros.h"

/* Appends a{sv}; OPTIONS may be null. Returns the failure a setter kept, or -ENOMEM. */
int kyso_options_append(const struct kyso_options *options, DBusMessageIter *iter) KYSO_MUST_CHECK;

#endif
