/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A token on the bus: org.kyso.Kyso1.Token. */

#include "common/names.h"
#include "daemon/inventory.h"
#include "daemon/property.h"

#define GET(getter, put, expression) KYSO_GETTER(getter, put, struct kyso_token_entry, expression)

GET(get_serial, kyso_put_string, object->serial)
GET(get_label, kyso_put_string, object->label)
GET(get_manufacturer, kyso_put_string, object->manufacturer)
GET(get_model, kyso_put_string, object->model)
GET(get_module, kyso_put_string, object->module)
GET(get_reader, kyso_put_string, object->reader)
GET(get_present, kyso_put_bool, object->present)
GET(get_busy, kyso_put_bool, object->jobs > 0)
GET(get_pin_state, kyso_put_string, kyso_pin_state_name(object->verdict.state))
GET(get_pin_failures, kyso_put_u32, object->verdict.recorded)
GET(get_card_tries, kyso_put_i32, object->view.tries)
GET(get_pin_pad, kyso_put_bool, object->pin_pad)
GET(get_last_seen, kyso_put_u64, object->last_seen)

static bool get_failure_times(DBusMessageIter *to, void *data)
{
    const struct kyso_token_entry *token = data;
    struct kyso_pin_record record;
    DBusMessageIter array;
    bool ok = dbus_message_iter_open_container(to, DBUS_TYPE_ARRAY, "t", &array);

    if (kyso_store_pin_record(token->inventory->store, token->key, &record) != 0)
        record.n_times = 0;
    for (size_t i = 0; ok && i < record.n_times; i++)
        ok = kyso_put_u64(&array, record.times[i]);
    return ok && dbus_message_iter_close_container(to, &array);
}

static bool get_history_lost(DBusMessageIter *to, void *data)
{
    const struct kyso_token_entry *token = data;
    struct kyso_pin_record record;

    return kyso_put_bool(to,
                         kyso_store_pin_record(token->inventory->store, token->key, &record) != 0 ||
                             record.history_lost);
}

static bool get_certificates(DBusMessageIter *to, void *data)
{
    const struct kyso_token_entry *token = data;
    DBusMessageIter array;
    bool ok = dbus_message_iter_open_container(to, DBUS_TYPE_ARRAY, "o", &array);

    for (struct kyso_certificate_entry *c = token->inventory->certificates; ok && c != NULL;
         c = c->next) {
        if (kyso_inventory_holding(c, token) != NULL)
            ok = kyso_put_path(&array, kyso_object_path(c->object));
    }
    return ok && dbus_message_iter_close_container(to, &array);
}

const struct kyso_interface KYSO_TOKEN_INTERFACE = {
    .name = KYSO_IFACE_TOKEN,
    .read_action = "list",
    .properties =
        (const struct kyso_property[]){
            {"Serial", "s", get_serial},
            {"Label", "s", get_label},
            {"Manufacturer", "s", get_manufacturer},
            {"Model", "s", get_model},
            {"Module", "s", get_module},
            {"Reader", "s", get_reader},
            {"Present", "b", get_present},
            {"Busy", "b", get_busy},
            {"PinState", "s", get_pin_state},
            {"PinFailures", "u", get_pin_failures},
            {"PinFailureTimes", "at", get_failure_times},
            {"HistoryLost", "b", get_history_lost},
            {"CardTries", "i", get_card_tries},
            {"PinPad", "b", get_pin_pad},
            {"Certificates", "ao", get_certificates},
            {"LastSeen", "t", get_last_seen},
            {0},
        },
    .signals =
        (const struct kyso_signal[]){
            {"PinLocked", ""},
            {"PinUnlocked", ""},
            {0},
        },
};
