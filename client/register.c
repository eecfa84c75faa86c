/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Who is who: calls of org.kyso.Kyso1.Roster. */

#include <errno.h>
#include <string.h>

#include "client/answer.h"
#include "client/map.h"
#include "client/options.h"
#include "common/error.h"
#include "common/names.h"
#include "common/outcome.h"
#include "common/text.h"

#define IMPORT_MSEC 120000 /* thousands of rows on a slow disk */

/* The methods' names: those of the entries, persons, organisations. */
static const struct {
    const char *list, *get, *get_all, *set, *remove, *import;
} METHODS[] = {
    [KYSO_REGISTER_ENTRIES] = {"List", NULL, "List", "Set", "Remove", "Import"},
    [KYSO_REGISTER_PERSONS] = {"ListPersons", "GetPerson", "GetPersons", "SetPerson",
                               "RemovePerson", "ImportPersons"},
    [KYSO_REGISTER_ORGANISATIONS] = {"ListOrganisations", "GetOrganisation", "GetOrganisations",
                                     "SetOrganisation", "RemoveOrganisation",
                                     "ImportOrganisations"},
};

static DBusMessage *call_of(const char *method)
{
    return kyso_bus_method(KYSO_ROOT_PATH, KYSO_IFACE_ROSTER, method);
}

static int append_options(struct kyso_client *client, DBusMessageIter *iter,
                          const struct kyso_options *options)
{
    int r = kyso_options_append(options, iter);

    return r > 0 ? kyso_client_fail(client, r, "not-utf8") : r;
}

static int call_without_key(struct kyso_client *client, const char *method, const char *signature,
                            const char *name, struct kyso_map **ret_map)
{
    KYSO_MESSAGE DBusMessage *call = call_of(method);
    KYSO_MESSAGE DBusMessage *reply = NULL;
    DBusMessageIter iter;
    int r;

    if (call == NULL)
        return kyso_trace(-ENOMEM);
    dbus_message_iter_init_append(call, &iter);
    r = append_options(client, &iter, NULL);
    if (r == 0)
        r = kyso_bus_call(client, call, KYSO_CALL_MSEC, &reply);
    return r == 0 ? kyso_answer_value(client, reply, signature, name, ret_map) : r;
}

int kyso_register_list(struct kyso_client *client, enum kyso_register which,
                       struct kyso_map **ret_list)
{
    bool entries = which == KYSO_REGISTER_ENTRIES;

    return call_without_key(client, METHODS[which].list, entries ? "aa{sv}" : "as",
                            entries ? "entries" : "ids", ret_list);
}

int kyso_register_get_all(struct kyso_client *client, enum kyso_register which,
                          struct kyso_map **ret_list)
{
    return call_without_key(client, METHODS[which].get_all, "aa{sv}", "entries", ret_list);
}

/* A call with a key, and fields unless METHOD has none. */
static int call_with_key(struct kyso_client *client, const char *method, const char *key,
                         bool has_fields, const struct kyso_options *fields,
                         DBusMessage **ret_reply)
{
    KYSO_MESSAGE DBusMessage *call = call_of(method);
    DBusMessageIter iter;
    int r;

    if (call == NULL)
        return kyso_trace(-ENOMEM);
    dbus_message_iter_init_append(call, &iter);
    r = kyso_bus_append_text(client, &iter, key);
    if (r == 0 && has_fields)
        r = append_options(client, &iter, fields);
    return r == 0 ? kyso_bus_call(client, call, KYSO_CALL_MSEC, ret_reply) : r;
}

int kyso_register_get(struct kyso_client *client, enum kyso_register which, const char *key,
                      struct kyso_map **ret_found)
{
    KYSO_MESSAGE DBusMessage *reply = NULL;
    int r;

    if (METHODS[which].get == NULL)
        return kyso_client_fail(client, KYSO_OUTCOME_UNSUPPORTED, NULL);
    r = call_with_key(client, METHODS[which].get, key, false, NULL, &reply);
    return r == 0 ? kyso_answer_value(client, reply, "a{sv}", NULL, ret_found) : r;
}

int kyso_register_set(struct kyso_client *client, enum kyso_register which, const char *key,
                      const struct kyso_options *fields)
{
    KYSO_MESSAGE DBusMessage *reply = NULL;

    return call_with_key(client, METHODS[which].set, key, true, fields, &reply);
}

int kyso_register_remove(struct kyso_client *client, enum kyso_register which, const char *key)
{
    KYSO_MESSAGE DBusMessage *reply = NULL;

    return call_with_key(client, METHODS[which].remove, key, false, NULL, &reply);
}

static int append_rows(struct kyso_client *client, DBusMessageIter *iter,
                       const struct kyso_options *const *rows, size_t n)
{
    DBusMessageIter array;
    int r = 0;

    if (!dbus_message_iter_open_container(iter, DBUS_TYPE_ARRAY, "a{sv}", &array))
        return kyso_trace(-ENOMEM);
    for (size_t i = 0; r == 0 && i < n; i++)
        r = append_options(client, &array, rows[i]);
    if (r != 0)
        return r;
    return dbus_message_iter_close_container(iter, &array) ? 0 : kyso_trace(-ENOMEM);
}

int kyso_register_import(struct kyso_client *client, enum kyso_register which,
                         const struct kyso_options *const *rows, size_t n,
                         const struct kyso_options *options, struct kyso_map **ret_report)
{
    KYSO_MESSAGE DBusMessage *call = call_of(METHODS[which].import);
    KYSO_MESSAGE DBusMessage *reply = NULL;
    DBusMessageIter iter;
    int r;

    if (call == NULL)
        return kyso_trace(-ENOMEM);
    dbus_message_iter_init_append(call, &iter);
    r = append_rows(client, &iter, rows, n);
    if (r == 0)
        r = append_options(client, &iter, options);
    if (r == 0)
        r = kyso_bus_call(client, call, IMPORT_MSEC, &reply);
    return r == 0 ? kyso_answer_value(client, reply, "a{sv}", NULL, ret_report) : r;
}
