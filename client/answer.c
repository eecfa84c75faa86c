/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/answer.h"

#include <errno.h>

#include "client/map.h"
#include "common/error.h"
#include "common/memfd.h"
#include "common/outcome.h"

static int bad_answer(struct kyso_client *client)
{
    return kyso_client_fail(client, KYSO_OUTCOME_FAILED, "bad-answer");
}

int kyso_answer_begin(struct kyso_client *client, DBusMessage *reply, const char *signature,
                      DBusMessageIter *ret_iter)
{
    return dbus_message_has_signature(reply, signature) && dbus_message_iter_init(reply, ret_iter)
               ? 0
               : bad_answer(client);
}

int kyso_answer_file(struct kyso_client *client, DBusMessageIter *iter, int *ret_file)
{
    KYSO_CLOSE int file = -1;
    uint64_t size;

    dbus_message_iter_get_basic(iter, &file);
    if (file < 0)
        return kyso_trace(-EMFILE);
    if (kyso_memfd_check(file, UINT64_MAX, &size) != 0)
        return bad_answer(client);
    (void)dbus_message_iter_next(iter);
    *ret_file = kyso_steal_fd(&file);
    return 0;
}

int kyso_answer_value(struct kyso_client *client, DBusMessage *reply, const char *signature,
                      const char *name, struct kyso_map **ret_map)
{
    KYSO_JSON struct json_object *value = NULL;
    KYSO_JSON struct json_object *map = NULL;
    DBusMessageIter iter;
    int r = kyso_answer_begin(client, reply, signature, &iter);

    if (r == 0)
        r = kyso_map_read(&iter, &value);
    if (r != 0)
        return r;
    if (name == NULL) {
        *ret_map = kyso_map_from_json(KYSO_STEAL(value));
        return 0;
    }
    map = json_object_new_object();
    if (map == NULL || json_object_object_add(map, name, value) < 0)
        return kyso_trace(-ENOMEM);
    (void)KYSO_STEAL(value); /* the map owns it now */
    *ret_map = kyso_map_from_json(KYSO_STEAL(map));
    return 0;
}

int kyso_answer_report(struct kyso_client *client, DBusMessage *reply, int *ret_file,
                       struct kyso_map **ret_report)
{
    KYSO_CLOSE int file = -1;
    struct json_object *report = NULL;
    DBusMessageIter iter;
    int r = kyso_answer_begin(client, reply, "ha{sv}", &iter);

    if (r == 0)
        r = kyso_answer_file(client, &iter, &file);
    if (r == 0)
        r = kyso_map_read(&iter, &report);
    if (r != 0)
        return r;
    *ret_file = kyso_steal_fd(&file);
    *ret_report = kyso_map_from_json(report);
    return 0;
}
