/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/answer.h"

#include <errno.h>

#include "client/map.h"
#include "client/options.h"
#include "common/error.h"
#include "common/names.h"
#include "common/outcome.h"

static bool append_period(DBusMessageIter *iter, uint64_t from, uint64_t until)
{
    dbus_uint64_t first = from, end = until;

    return dbus_message_iter_append_basic(iter, DBUS_TYPE_UINT64, &first) &&
           dbus_message_iter_append_basic(iter, DBUS_TYPE_UINT64, &end);
}

int kyso_report_count(struct kyso_client *client, uint64_t from, uint64_t until,
                      struct kyso_map **ret_numbers, int *ret_evidence)
{
    KYSO_MESSAGE DBusMessage *call = kyso_bus_method(KYSO_ROOT_PATH, KYSO_IFACE_REPORT, "Count");
    KYSO_MESSAGE DBusMessage *reply = NULL;
    struct json_object *numbers = NULL;
    DBusMessageIter iter;
    int r;

    if (client->calling)
        return kyso_trace(-EDEADLK);
    if (call == NULL)
        return kyso_trace(-ENOMEM);
    dbus_message_iter_init_append(call, &iter);
    if (!append_period(&iter, from, until) || kyso_options_append(NULL, &iter) < 0)
        return kyso_trace(-ENOMEM);
    r = kyso_bus_call(client, call, -1, &reply);
    if (r == 0)
        r = kyso_answer_begin(client, reply, "a{sv}h", &iter);
    if (r == 0)
        r = kyso_map_read(&iter, &numbers);
    if (r != 0)
        return r;
    (void)dbus_message_iter_next(&iter);
    r = kyso_answer_file(client, &iter, ret_evidence);
    if (r != 0) {
        json_object_put(numbers);
        return r;
    }
    *ret_numbers = kyso_map_from_json(numbers);
    return 0;
}

int kyso_report_make(struct kyso_client *client, const struct kyso_report *report, int *ret_file,
                     bool *ret_log_intact)
{
    KYSO_MESSAGE DBusMessage *call = kyso_bus_method(KYSO_ROOT_PATH, KYSO_IFACE_REPORT, "Make");
    KYSO_MESSAGE DBusMessage *reply = NULL;
    dbus_bool_t intact = FALSE;
    DBusMessageIter iter;
    int r;

    if (client->calling)
        return kyso_trace(-EDEADLK);
    if (call == NULL)
        return kyso_trace(-ENOMEM);
    dbus_message_iter_init_append(call, &iter);
    r = kyso_bus_append_text(client, &iter, report->form);
    if (r == 0)
        r = kyso_bus_append_text(client, &iter, report->format);
    if (r != 0)
        return r;
    if (!append_period(&iter, report->from, report->until))
        return kyso_trace(-ENOMEM);
    r = kyso_fields_append(&iter, report->fields, report->n_fields);
    if (r == 0)
        r = kyso_options_append(report->options, &iter);
    if (r > 0)
        return kyso_client_fail(client, r, "not-utf8");
    if (r == 0)
        r = kyso_bus_call(client, call, -1, &reply);
    if (r == 0)
        r = kyso_answer_begin(client, reply, "hb", &iter);
    if (r == 0)
        r = kyso_answer_file(client, &iter, ret_file);
    if (r != 0)
        return r;
    dbus_message_iter_get_basic(&iter, &intact);
    *ret_log_intact = intact;
    return 0;
}

int kyso_form_make(struct kyso_client *client, const struct kyso_form *form, int *ret_file)
{
    KYSO_MESSAGE DBusMessage *call = kyso_bus_method(KYSO_ROOT_PATH, KYSO_IFACE_FORMS, "Make");
    KYSO_MESSAGE DBusMessage *reply = NULL;
    DBusMessageIter iter;
    int r;

    if (client->calling)
        return kyso_trace(-EDEADLK);
    if (call == NULL)
        return kyso_trace(-ENOMEM);
    dbus_message_iter_init_append(call, &iter);
    r = kyso_bus_append_text(client, &iter, form->form);
    if (r == 0)
        r = kyso_bus_append_text(client, &iter, form->format);
    if (r != 0)
        return r;
    r = kyso_fields_append(&iter, form->fields, form->n_fields);
    if (r == 0)
        r = kyso_options_append(form->options, &iter);
    if (r > 0)
        return kyso_client_fail(client, r, "not-utf8");
    if (r == 0)
        r = kyso_bus_call(client, call, -1, &reply);
    if (r == 0)
        r = kyso_answer_begin(client, reply, "h", &iter);
    return r == 0 ? kyso_answer_file(client, &iter, ret_file) : r;
}
