/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DAEMON_INTROSPECT_H
#define KYSO_DAEMON_INTROSPECT_H

/* What every object answers about itself, made from its tables: Introspectable, Properties and, at
 * the root object, ObjectManager. */

#include "daemon/object.h"

extern const struct kyso_interface KYSO_PROPERTIES_INTERFACE;

/* The standard interface NAME if OBJECT has it, or null. */
const struct kyso_interface *kyso_standard_interface(const char *name,
                                                     const struct kyso_object *object);

/* Reply to Introspect; OBJECT null for a path that only has children. */
DBusMessage *kyso_introspect_node(struct kyso_objects *objects, struct kyso_object *object,
                                  DBusMessage *call);

/* "name:sig name:sig" to "sigsig". */
void kyso_arguments_signature(const char *arguments, char *signature, size_t size);

#endif
