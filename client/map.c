/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/map.h"

#include <errno.h>
#include <string.h>

#include "common/error.h"
#include "common/text.h"

static struct json_object *get(const struct kyso_map *map, const char *key, json_type type)
{
    struct json_object *value = NULL;

    if (map == NULL || !json_object_is_type(kyso_map_to_json(map), json_type_object) ||
        !json_object_object_get_ex(kyso_map_to_json(map), key, &value) ||
        !json_object_is_type(value, type))
        return NULL;
    return value;
}

const char *kyso_map_string(const struct kyso_map *map, const char *key)
{
    struct json_object *value = get(map, key, json_type_string);

    return value == NULL ? "" : json_object_get_string(value);
}

int64_t kyso_map_number(const struct kyso_map *map, const char *key)
{
    struct json_object *value = get(map, key, json_type_int);

    return value == NULL ? 0 : json_object_get_int64(value);
}

double kyso_map_real(const struct kyso_map *map, const char *key)
{
    struct json_object *value = get(map, key, json_type_double);

    return value == NULL ? 0.0 : json_object_get_double(value);
}

bool kyso_map_bool(const struct kyso_map *map, const char *key)
{
    struct json_object *value = get(map, key, json_type_boolean);

    return value != NULL && json_object_get_boolean(value);
}

bool kyso_map_has(const struct kyso_map *map, const char *key)
{
    return map != NULL && json_object_is_type(kyso_map_to_json(map), json_type_object) &&
           json_object_object_get_ex(kyso_map_to_json(map), key, NULL);
}

const struct kyso_map *kyso_map_child(const struct kyso_map *map, const char *key)
{
    return kyso_map_from_json(get(map, key, json_type_object));
}

size_t kyso_map_length(const struct kyso_map *map, const char *key)
{
    struct json_object *list = get(map, key, json_type_array);

    return list == NULL ? 0 : json_object_array_length(list);
}

static struct json_object *item(const struct kyso_map *map, const char *key, size_t index,
                                json_type type)
{
    struct json_object *list = get(map, key, json_type_array);
    struct json_object *value;

    if (list == NULL || index >= json_object_array_length(list))
        return NULL;
    value = json_object_array_get_idx(list, index);
    return json_object_is_type(value, type) ? value : NULL;
}

const struct kyso_map *kyso_map_item(const struct kyso_map *map, const char *key, size_t index)
{
    return kyso_map_from_json(item(map, key, index, json_type_object));
}

const char *kyso_map_item_string(const struct kyso_map *map, const char *key, size_t index)
{
    struct json_object *value = item(map, key, index, json_type_string);

    return value == NULL ? "" : json_object_get_string(value);
}

int64_t kyso_map_item_number(const struct kyso_map *map, const char *key, size_t index)
{
    struct json_object *value = item(map, key, index, json_type_int);

    return value == NULL ? 0 : json_object_get_int64(value);
}

const char *kyso_map_key(const struct kyso_map *map, size_t index)
{
    struct json_object *object = kyso_map_to_json(map);

    if (map == NULL || !json_object_is_type(object, json_type_object))
        return NULL;
    json_object_object_foreach(object, key, value)
    {
        (void)value;
        if (index == 0)
            return key;
        index--;
    }
    return NULL;
}

const char *kyso_map_json(struct kyso_map *map)
{
    return json_object_to_json_string_ext(kyso_map_to_json(map),
                                          JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
}

struct kyso_map *kyso_map_free(struct kyso_map *map)
{
    (void)json_object_put(kyso_map_to_json(map));
    return NULL;
}

static int read_dictionary(DBusMessageIter *array, struct json_object **ret_value)
{
    KYSO_JSON struct json_object *object = json_object_new_object();

    if (object == NULL)
        return -ENOMEM;
    for (; dbus_message_iter_get_arg_type(array) == DBUS_TYPE_DICT_ENTRY;
         (void)dbus_message_iter_next(array)) {
        struct json_object *value = NULL;
        DBusMessageIter entry;
        const char *key;
        int r;

        dbus_message_iter_recurse(array, &entry);
        dbus_message_iter_get_basic(&entry, &key);
        (void)dbus_message_iter_next(&entry);
        r = kyso_map_read(&entry, &value);
        if (r < 0)
            return r;
        if (json_object_object_add(object, key, value) < 0) {
            (void)json_object_put(value);
            return -ENOMEM;
        }
    }
    *ret_value = KYSO_STEAL(object);
    return 0;
}

static int read_list(DBusMessageIter *array, struct json_object **ret_value)
{
    KYSO_JSON struct json_object *list = json_object_new_array();

    if (list == NULL)
        return -ENOMEM;
    for (; dbus_message_iter_get_arg_type(array) != DBUS_TYPE_INVALID;
         (void)dbus_message_iter_next(array)) {
        struct json_object *value = NULL;
        int r = kyso_map_read(array, &value);

        if (r < 0)
            return r;
        if (json_object_array_add(list, value) < 0) {
            (void)json_object_put(value);
            return -ENOMEM;
        }
    }
    *ret_value = KYSO_STEAL(list);
    return 0;
}

static int read_bytes(DBusMessageIter *array, struct json_object **ret_value)
{
    KYSO_FREE char *hex = NULL;
    const uint8_t *bytes = NULL;
    int n = 0;

    dbus_message_iter_get_fixed_array(array, &bytes, &n);
    hex = kyso_text_hex(bytes, (size_t)n);
    if (hex == NULL)
        return -ENOMEM;
    *ret_value = json_object_new_string(hex);
    return *ret_value == NULL ? -ENOMEM : 0;
}

static int read_array(DBusMessageIter *iter, struct json_object **ret_value)
{
    DBusMessageIter array;
    char *text = dbus_message_iter_get_signature(iter);
    bool keyed;

    if (text == NULL)
        return -ENOMEM;
    keyed = strncmp(text, "a{s", 3) == 0 || strncmp(text, "a{o", 3) == 0;
    dbus_free(text);
    dbus_message_iter_recurse(iter, &array);
    if (keyed)
        return read_dictionary(&array, ret_value);
    if (dbus_message_iter_get_element_type(iter) == DBUS_TYPE_BYTE)
        return read_bytes(&array, ret_value);
    return read_list(&array, ret_value);
}

static struct json_object *read_basic(DBusMessageIter *iter, int type)
{
    DBusBasicValue value = {0};

    dbus_message_iter_get_basic(iter, &value);
    switch (type) {
    case DBUS_TYPE_STRING:
    case DBUS_TYPE_OBJECT_PATH:
    case DBUS_TYPE_SIGNATURE:
        return json_object_new_string(value.str);
    case DBUS_TYPE_BOOLEAN:
        return json_object_new_boolean(value.bool_val != 0);
    case DBUS_TYPE_BYTE:
        return json_object_new_int64(value.byt);
    case DBUS_TYPE_INT16:
        return json_object_new_int64(value.i16);
    case DBUS_TYPE_UINT16:
        return json_object_new_int64(value.u16);
    case DBUS_TYPE_INT32:
        return json_object_new_int64(value.i32);
    case DBUS_TYPE_UINT32:
        return json_object_new_int64(value.u32);
    case DBUS_TYPE_INT64:
        return json_object_new_int64(value.i64);
    case DBUS_TYPE_UINT64:
        return json_object_new_uint64(value.u64);
    default:
        return json_object_new_double(value.dbl);
    }
}

int kyso_map_read(DBusMessageIter *iter, struct json_object **ret_value)
{
    DBusMessageIter inside;
    int type = dbus_message_iter_get_arg_type(iter);

    switch (type) {
    case DBUS_TYPE_VARIANT:
        dbus_message_iter_recurse(iter, &inside);
        return kyso_map_read(&inside, ret_value);
    case DBUS_TYPE_STRUCT:
    case DBUS_TYPE_DICT_ENTRY:
        dbus_message_iter_recurse(iter, &inside);
        return read_list(&inside, ret_value);
    case DBUS_TYPE_ARRAY:
        return read_array(iter, ret_value);
    case DBUS_TYPE_UNIX_FD: /* reading it would duplicate it */
        *ret_value = NULL;
        return 0;
    default:
        *ret_value = read_basic(iter, type);
        return *ret_value == NULL ? -ENOMEM : 0;
    }
}
