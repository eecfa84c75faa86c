/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* org.kyso.Kyso1.Roster: who is who, read by those who may list, changed by administrators. Values
 * of persons and organisations go into no log line: what is wrong is said by the field's name. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/error.h"
#include "common/names.h"
#include "common/outcome.h"
#include "common/text.h"
#include "daemon/change-message.h"
#include "daemon/daemon.h"
#include "daemon/dict.h"
#include "daemon/party.h"

static const struct kyso_field_kind ENTRY_KINDS[] = {
    {"authority", "b"}, {"digitised-copy-signer", "b"}, {"renewals", "u"}, {"users", "as"}, {0}};
static const struct kyso_field_kind PARTY_KINDS[] = {{0}};

/* ---- answers ---- */

static void answer(struct kyso_request *request)
{
    KYSO_MESSAGE DBusMessage *reply = dbus_message_new_method_return(request->message);

    kyso_request_reply(request, reply);
}

/* What an import does to entries (null), persons or organisations. */
static int import(struct kyso_request *request, struct kyso_roster *roster,
                  const enum kyso_party_kind *kind, const struct kyso_changes *changes,
                  bool dry_run, struct kyso_change_report *ret_report)
{
    return kind == NULL ? kyso_roster_import(roster, request->caller, changes->list, changes->n,
                                             dry_run, ret_report)
                        : kyso_party_import(roster, *kind, request->caller, changes->list,
                                            changes->n, dry_run, ret_report);
}

/* Takes the key off the front of the arguments; ITER is at the next one. */
static const char *first_argument(struct kyso_request *request, DBusMessageIter *iter)
{
    const char *key = "";

    (void)dbus_message_iter_init(request->message, iter);
    dbus_message_iter_get_basic(iter, &key);
    (void)dbus_message_iter_next(iter);
    return key;
}

static void set_one(struct kyso_request *request, struct kyso_roster *roster,
                    const enum kyso_party_kind *kind)
{
    KYSO_CHANGES struct kyso_changes changes = {0};
    struct kyso_change_report report = {0};
    const char *key, *detail = NULL, *field = NULL;
    DBusMessageIter iter;
    int r;

    key = first_argument(request, &iter);
    r = kyso_changes_read_one(&iter, key, kind == NULL ? ENTRY_KINDS : PARTY_KINDS, &changes,
                              &detail, &field);
    if (r == 0)
        r = import(request, roster, kind, &changes, false, &report);
    if (r == 0 && report.n_problems > 0) {
        detail = report.problems[0].what;
        field = report.problems[0].field;
        r = KYSO_OUTCOME_BAD_ARGUMENT;
    }
    if (r != 0)
        kyso_request_fail(request, r, "detail", detail, "option", field, NULL);
    else
        answer(request);
    kyso_change_report_done(&report);
}

static void reply_report(struct kyso_request *request, const struct kyso_change_report *report,
                         const struct kyso_changes *changes, bool done)
{
    KYSO_MESSAGE DBusMessage *reply = dbus_message_new_method_return(request->message);
    DBusMessageIter to;

    if (reply != NULL) {
        dbus_message_iter_init_append(reply, &to);
        kyso_change_report_put(&to, report, changes, done);
    }
    kyso_request_reply(request, reply);
}

static void import_many(struct kyso_request *request, struct kyso_roster *roster,
                        const enum kyso_party_kind *kind)
{
    KYSO_CHANGES struct kyso_changes changes = {0};
    struct kyso_change_report report = {0};
    const char *detail = NULL, *field = NULL;
    bool dry_run = false;
    const struct kyso_option options[] = {{"dry-run", "b", &dry_run, 0}};
    DBusMessageIter iter, entries;
    int r;

    (void)dbus_message_iter_init(request->message, &iter);
    entries = iter;
    (void)dbus_message_iter_next(&iter);
    r = kyso_options_read(&iter, options, KYSO_ARRAY_LEN(options), &detail, &field);
    if (r == 0)
        r = kyso_changes_read(&entries, kind == NULL ? "fingerprint" : "id",
                              kind == NULL ? ENTRY_KINDS : PARTY_KINDS, &changes, &detail, &field);
    if (r == 0)
        r = import(request, roster, kind, &changes, dry_run, &report);
    if (r != 0)
        kyso_request_fail(request, r, "detail", detail, "option", field, NULL);
    else
        reply_report(request, &report, &changes, !dry_run && report.n_problems == 0);
    kyso_change_report_done(&report);
}

/* ---- entries ---- */

static void set_entry(struct kyso_request *request, void *data)
{
    set_one(request, ((struct kyso_daemon *)data)->roster, NULL);
}

static void import_entries(struct kyso_request *request, void *data)
{
    import_many(request, ((struct kyso_daemon *)data)->roster, NULL);
}

static void remove_entry(struct kyso_request *request, void *data)
{
    struct kyso_daemon *daemon = data;
    uint8_t sha256[KYSO_FINGERPRINT_SIZE];
    DBusMessageIter iter;
    int r = KYSO_OUTCOME_BAD_ARGUMENT;

    if (kyso_text_from_hex(first_argument(request, &iter), sha256, sizeof(sha256)))
        r = kyso_roster_remove(daemon->roster, request->caller, sha256);
    if (r != 0)
        kyso_request_fail(request, r, "detail",
                          r == KYSO_OUTCOME_BAD_ARGUMENT ? "bad-fingerprint" : "roster-entry",
                          "option", "fingerprint", NULL);
    else
        answer(request);
}

static void put_entry(struct kyso_dict *dict, const struct kyso_roster_entry *entry)
{
    KYSO_FREE char *hex = kyso_text_hex(entry->sha256, sizeof(entry->sha256));
    char day[KYSO_TEXT_DAY_MAX] = "";

    if (entry->effective != 0)
        kyso_text_from_day(entry->effective, day);
    kyso_dict_string(dict, "fingerprint", hex);
    kyso_dict_string(dict, "class", kyso_class_name(entry->class));
    kyso_dict_bool(dict, "authority", entry->authority);
    kyso_dict_bool(dict, "digitised-copy-signer", entry->digitised_copy_signer);
    kyso_dict_string(dict, "organisation", entry->organisation);
    kyso_dict_string(dict, "organisation-name", entry->organisation_name);
    kyso_dict_string(dict, "title", entry->title);
    kyso_dict_string(dict, "effective", day);
    kyso_dict_u32(dict, "renewals", entry->renewals);
    kyso_dict_string(dict, "holder", entry->holder);
    kyso_dict_string(dict, "manager", entry->manager);
    kyso_dict_strings(dict, "users", (const char *const *)entry->users, entry->n_users);
}

static bool put_entries(DBusMessageIter *to, const struct kyso_roster *roster)
{
    const struct kyso_roster_entry *entry;
    DBusMessageIter array;
    struct kyso_dict dict;
    bool ok = dbus_message_iter_open_container(to, DBUS_TYPE_ARRAY, "a{sv}", &array);

    for (size_t i = 0; ok && (entry = kyso_roster_at(roster, i)) != NULL; i++) {
        kyso_dict_open(&dict, &array);
        put_entry(&dict, entry);
        ok = kyso_dict_close(&dict);
    }
    return ok && dbus_message_iter_close_container(to, &array);
}

/* Reads the a{sv} without any option at ITER; false: the request has failed. */
static bool no_options(struct kyso_request *request, DBusMessageIter *iter)
{
    const char *detail = NULL, *name = NULL;
    int r = kyso_options_read(iter, NULL, 0, &detail, &name);

    if (r != 0)
        kyso_request_fail(request, r, "detail", detail, "option", name, NULL);
    return r == 0;
}

static void list_entries(struct kyso_request *request, void *data)
{
    struct kyso_daemon *daemon = data;
    KYSO_MESSAGE DBusMessage *reply = NULL;
    DBusMessageIter iter, to;

    (void)dbus_message_iter_init(request->message, &iter);
    if (!no_options(request, &iter))
        return;
    reply = dbus_message_new_method_return(request->message);
    if (reply != NULL)
        dbus_message_iter_init_append(reply, &to);
    if (reply == NULL || !put_entries(&to, daemon->roster))
        kyso_request_fail(request, -ENOMEM, NULL);
    else
        kyso_request_reply(request, reply);
}

/* ---- persons and organisations ---- */

static void remove_party(struct kyso_request *request, struct kyso_daemon *daemon,
                         enum kyso_party_kind kind)
{
    DBusMessageIter iter;
    const char *id = first_argument(request, &iter);
    int r = kyso_party_remove(daemon->roster, kind, request->caller, id);

    if (r != 0)
        kyso_request_fail(request, r, "detail", r == KYSO_OUTCOME_BAD_ARGUMENT ? "in-use" : "party",
                          "option", "id", NULL);
    else
        answer(request);
}

static void put_party(DBusMessageIter *to, const struct kyso_party *party)
{
    size_t n;
    const char *const *names = kyso_party_field_names(party->kind, &n);
    struct kyso_dict dict;

    kyso_dict_open(&dict, to);
    kyso_dict_string(&dict, "id", party->id);
    for (size_t i = 0; i < n; i++)
        kyso_dict_string(&dict, names[i], party->values[i]);
    (void)kyso_dict_close(&dict);
}

/* Who looked at the details of a person (K-17), of ID or (null) of everybody, is in the log before
 * they leave. An organisation's are no secret. */
static int record_reading(const struct kyso_request *request, struct kyso_daemon *daemon,
                          enum kyso_party_kind kind, const char *id)
{
    struct kyso_audit_entry *entry;

    if (kind != KYSO_PARTY_PERSON)
        return 0;
    entry = kyso_audit_entry("person-read", request->caller);
    if (id != NULL)
        kyso_audit_text(entry, "person", id);
    return kyso_audit_append(daemon->audit, entry);
}

static void get_party(struct kyso_request *request, struct kyso_daemon *daemon,
                      enum kyso_party_kind kind)
{
    KYSO_MESSAGE DBusMessage *reply = NULL;
    KYSO_PARTY struct kyso_party party = {0};
    DBusMessageIter iter, to;
    const char *id = first_argument(request, &iter);
    int r = kyso_party_load(daemon->store, kind, id, &party);

    if (r != 0) {
        kyso_request_fail(request, r, "detail", "party", "option", "id", NULL);
        return;
    }
    r = record_reading(request, daemon, kind, id);
    if (r != 0) {
        kyso_request_fail(request, r, NULL);
        return;
    }
    reply = dbus_message_new_method_return(request->message);
    if (reply != NULL) {
        dbus_message_iter_init_append(reply, &to);
        put_party(&to, &party);
    }
    kyso_request_reply(request, reply);
}

struct getting {
    struct kyso_store *store;
    enum kyso_party_kind kind;
    DBusMessageIter array;
};

static int put_one(void *data, const char *id, const char *value KYSO_UNUSED)
{
    struct getting *getting = data;
    KYSO_PARTY struct kyso_party party = {0};
    int r = kyso_party_load(getting->store, getting->kind, id, &party);

    if (r == 0)
        put_party(&getting->array, &party);
    return r;
}

static int put_id(void *data, const char *id, const char *value KYSO_UNUSED)
{
    struct getting *getting = data;

    return dbus_message_iter_append_basic(&getting->array, DBUS_TYPE_STRING, &id) ? 0 : -ENOMEM;
}

/* An answer that lists all of KIND, an ELEMENT by PUT for each. */
static int list_all(const struct kyso_request *request, struct kyso_store *store,
                    enum kyso_party_kind kind, const char *element,
                    int (*put)(void *data, const char *id, const char *value),
                    DBusMessage **ret_reply)
{
    KYSO_MESSAGE DBusMessage *reply = dbus_message_new_method_return(request->message);
    struct getting getting = {.store = store, .kind = kind};
    DBusMessageIter to;
    int r;

    if (reply == NULL)
        return kyso_trace(-ENOMEM);
    dbus_message_iter_init_append(reply, &to);
    if (!dbus_message_iter_open_container(&to, DBUS_TYPE_ARRAY, element, &getting.array))
        return kyso_trace(-ENOMEM);
    r = kyso_store_party_each(store, kind, "", put, &getting);
    if (r != 0) {
        dbus_message_iter_abandon_container(&to, &getting.array);
        return r;
    }
    if (!dbus_message_iter_close_container(&to, &getting.array))
        return kyso_trace(-ENOMEM);
    *ret_reply = KYSO_STEAL(reply);
    return 0;
}

/* All of them in one answer, for a table: the authority is asked once, not for each. */
static void get_parties(struct kyso_request *request, struct kyso_daemon *daemon,
                        enum kyso_party_kind kind)
{
    KYSO_MESSAGE DBusMessage *reply = NULL;
    DBusMessageIter iter;
    int r;

    (void)dbus_message_iter_init(request->message, &iter);
    if (!no_options(request, &iter))
        return;
    r = list_all(request, daemon->store, kind, "a{sv}", put_one, &reply);
    if (r == 0)
        r = record_reading(request, daemon, kind, NULL);
    if (r != 0)
        kyso_request_fail(request, r, NULL);
    else
        kyso_request_reply(request, reply);
}

static void list_parties(struct kyso_request *request, struct kyso_daemon *daemon,
                         enum kyso_party_kind kind)
{
    KYSO_MESSAGE DBusMessage *reply = NULL;
    DBusMessageIter iter;
    int r;

    (void)dbus_message_iter_init(request->message, &iter);
    if (!no_options(request, &iter))
        return;
    r = list_all(request, daemon->store, kind, "s", put_id, &reply);
    if (r != 0)
        kyso_request_fail(request, r, NULL);
    else
        kyso_request_reply(request, reply);
}

static const enum kyso_party_kind PERSON = KYSO_PARTY_PERSON,
                                  ORGANISATION = KYSO_PARTY_ORGANISATION;

static void set_person(struct kyso_request *request, void *data)
{
    set_one(request, ((struct kyso_daemon *)data)->roster, &PERSON);
}

static void set_organisation(struct kyso_request *request, void *data)
{
    set_one(request, ((struct kyso_daemon *)data)->roster, &ORGANISATION);
}

static void import_persons(struct kyso_request *request, void *data)
{
    import_many(request, ((struct kyso_daemon *)data)->roster, &PERSON);
}

static void import_organisations(struct kyso_request *request, void *data)
{
    import_many(request, ((struct kyso_daemon *)data)->roster, &ORGANISATION);
}

static void remove_person(struct kyso_request *request, void *data)
{
    remove_party(request, data, KYSO_PARTY_PERSON);
}

static void remove_organisation(struct kyso_request *request, void *data)
{
    remove_party(request, data, KYSO_PARTY_ORGANISATION);
}

static void get_person(struct kyso_request *request, void *data)
{
    get_party(request, data, KYSO_PARTY_PERSON);
}

static void get_organisation(struct kyso_request *request, void *data)
{
    get_party(request, data, KYSO_PARTY_ORGANISATION);
}

static void get_persons(struct kyso_request *request, void *data)
{
    get_parties(request, data, KYSO_PARTY_PERSON);
}

static void get_organisations(struct kyso_request *request, void *data)
{
    get_parties(request, data, KYSO_PARTY_ORGANISATION);
}

static void list_persons(struct kyso_request *request, void *data)
{
    list_parties(request, data, KYSO_PARTY_PERSON);
}

static void list_organisations(struct kyso_request *request, void *data)
{
    list_parties(request, data, KYSO_PARTY_ORGANISATION);
}

#define IMPORT_OUT "report:a{sv}"

const struct kyso_interface KYSO_ROSTER_INTERFACE = {
    .name = KYSO_IFACE_ROSTER,
    .methods =
        (const struct kyso_method[]){
            {"List", "options:a{sv}", "entries:aa{sv}", "list", list_entries},
            {"Set", "fingerprint:s entry:a{sv}", "", "roster", set_entry},
            {"Remove", "fingerprint:s", "", "roster", remove_entry},
            {"Import", "entries:aa{sv} options:a{sv}", IMPORT_OUT, "roster", import_entries},
            {"ListPersons", "options:a{sv}", "ids:as", "list", list_persons},
            {"GetPerson", "id:s", "person:a{sv}", "roster", get_person},
            {"GetPersons", "options:a{sv}", "persons:aa{sv}", "roster", get_persons},
            {"SetPerson", "id:s person:a{sv}", "", "roster", set_person},
            {"RemovePerson", "id:s", "", "roster", remove_person},
            {"ImportPersons", "persons:aa{sv} options:a{sv}", IMPORT_OUT, "roster", import_persons},
            {"ListOrganisations", "options:a{sv}", "ids:as", "list", list_organisations},
            {"GetOrganisation", "id:s", "organisation:a{sv}", "roster", get_organisation},
            {"GetOrganisations", "options:a{sv}", "organisations:aa{sv}", "roster",
             get_organisations},
            {"SetOrganisation", "id:s organisation:a{sv}", "", "roster", set_organisation},
            {"RemoveOrganisation", "id:s", "", "roster", remove_organisation},
            {"ImportOrganisations", "organisations:aa{sv} options:a{sv}", IMPORT_OUT, "roster",
             import_organisations},
            {0},
        },
};
