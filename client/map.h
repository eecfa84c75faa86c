/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_CLIENT_MAP_H
#define KYSO_CLIENT_MAP_H

/* struct kyso_map of the public header is a json-c object under another name; inside the library
 * this is how one becomes the other, and how bus values become either. */

#include <dbus/dbus.h>
#include <json-c/json.h>

#include "client/kyso.h"
#include "common/macros.h"

static inline struct json_object *kyso_map_to_json(const struct kyso_map *map)
{
    return (struct json_object *)(uintptr_t)map;
}

static inline struct kyso_map *kyso_map_from_json(struct json_object *object)
{
    return (struct kyso_map *)(void *)object;
}

/* The value at ITER as a new JSON value: dictionaries with string keys become objects, byte arrays
 * hex, descriptors null. -ENOMEM. A null *RET_VALUE is JSON's null. */
int kyso_map_read(DBusMessageIter *iter, struct json_object **ret_value) KYSO_MUST_CHECK;

static inline void kyso_json_put(struct json_object **object)
{
    (void)json_object_put(*object);
    *object = NULL;
}
#define KYSO_JSON KYSO_CLEANUP(kyso_json_put)

#endif
