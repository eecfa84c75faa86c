/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DAEMON_OBJECT_PRIVATE_H
#define KYSO_DAEMON_OBJECT_PRIVATE_H

/* Shared by object.c (calls) and introspect.c (what every object answers about itself). */

#include "daemon/object.h"

struct pending;

struct kyso_objects {
    struct kyso_bus *bus;
    struct kyso_callers *callers;
    struct kyso_object *list;
    struct pending *pending;
};

struct kyso_object {
    struct kyso_objects *objects;
    struct kyso_object *next;
    const struct kyso_interface *const *interfaces;
    void *data;
    char *path, *owner;
};

bool kyso_object_visible(const struct kyso_object *object, const char *caller);
/* InterfacesAdded or InterfacesRemoved to those who watch. */
void kyso_object_announce(struct kyso_object *object, bool added);

#endif
