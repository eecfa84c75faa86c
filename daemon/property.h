/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DAEMON_PROPERTY_H
#define KYSO_DAEMON_PROPERTY_H

/* Getters of bus properties in one line each. */

#include <dbus/dbus.h>
#include <stdbool.h>
#include <stdint.h>

static inline bool kyso_put_string(DBusMessageIter *to, const char *text)
{
    const char *value = text != NULL ? text : "";

    return dbus_message_iter_append_basic(to, DBUS_TYPE_STRING, &value);
}

static inline bool kyso_put_path(DBusMessageIter *to, const char *path)
{
    return dbus_message_iter_append_basic(to, DBUS_TYPE_OBJECT_PATH, &path);
}

static inline bool kyso_put_bool(DBusMessageIter *to, bool flag)
{
    dbus_bool_t value = flag;

    return dbus_message_iter_append_basic(to, DBUS_TYPE_BOOLEAN, &value);
}

static inline bool kyso_put_u32(DBusMessageIter *to, uint32_t value)
{
    return dbus_message_iter_append_basic(to, DBUS_TYPE_UINT32, &value);
}

static inline bool kyso_put_i32(DBusMessageIter *to, int32_t value)
{
    return dbus_message_iter_append_basic(to, DBUS_TYPE_INT32, &value);
}

static inline bool kyso_put_u64(DBusMessageIter *to, uint64_t value)
{
    return dbus_message_iter_append_basic(to, DBUS_TYPE_UINT64, &value);
}

static inline bool kyso_put_double(DBusMessageIter *to, double value)
{
    return dbus_message_iter_append_basic(to, DBUS_TYPE_DOUBLE, &value);
}

/* Defines GETTER for objects of TYPE: EXPRESSION speaks of `object`. */
#define KYSO_GETTER(getter, put, type, expression)                                                 \
    static bool getter(DBusMessageIter *to, void *data)                                            \
    {                                                                                              \
        const type *object = data;                                                                 \
                                                                                                   \
        return put(to, expression);                                                                \
    }

#endif
