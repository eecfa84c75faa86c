/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "common/error.h"
#include "common/outcome.h"
#include "common/text.h"
#include "daemon/release.h"

#define LIST_MAX 5000U /* of one answer: a few megabytes */

struct putting {
    const struct kyso_roster *roster;
    DBusMessageIter *array;
    const uint8_t *file; /* the one that is asked about, or null */
    size_t n;
};

const char *kyso_release_organisation_name(const struct kyso_roster *roster, const char *id)
{
    const struct kyso_roster_entry *entry;

    for (size_t i = 0; (entry = kyso_roster_at(roster, i)) != NULL; i++) {
        if (entry->organisation != NULL && strcmp(entry->organisation, id) == 0)
            return entry->organisation_name != NULL ? entry->organisation_name : id;
    }
    return id;
}

size_t kyso_release_split_signers(char *signers, const char **list)
{
    char *rest = signers, *word;
    size_t n = 0;

    while (n < KYSO_PDF_SIGNATURES_MAX && (word = strsep(&rest, " ")) != NULL) {
        if (*word != '\0')
            list[n++] = word;
    }
    return n;
}

static void put_signers(struct kyso_dict *entry, const char *signers)
{
    const char *list[KYSO_PDF_SIGNATURES_MAX];
    KYSO_FREE char *copy = strdup(signers);

    if (copy == NULL)
        entry->ok = false;
    else
        kyso_dict_strings(entry, "signers", list, kyso_release_split_signers(copy, list));
}

static void put_texts(struct kyso_dict *entry, const struct kyso_roster *roster,
                      const struct kyso_store_release *release)
{
    char date[KYSO_TEXT_DAY_MAX];

    kyso_text_from_day(release->date, date);
    kyso_dict_string(entry, "number", release->number);
    kyso_dict_string(entry, "date", date);
    kyso_dict_string(entry, "channel", release->channel);
    kyso_dict_string(entry, "channel-text", release->channel_text);
    kyso_dict_string(entry, "kind", release->kind);
    kyso_dict_string(entry, "reference", release->reference);
    kyso_dict_string(entry, "note", release->note);
    kyso_dict_string(entry, "organisation", release->organisation);
    kyso_dict_string(entry, "organisation-name",
                     kyso_release_organisation_name(roster, release->organisation));
    kyso_dict_string(entry, "profile", release->profile);
    kyso_dict_string(entry, "clause", release->clause);
    kyso_dict_string(entry, "user", release->user);
}

static int put(void *data, const struct kyso_store_release *release)
{
    struct putting *putting = data;
    KYSO_FREE char *document = kyso_text_hex(release->document, KYSO_STORE_DIGEST);
    KYSO_FREE char *file = kyso_text_hex(release->file, KYSO_STORE_DIGEST);
    struct kyso_dict entry;

    if (putting->n++ == LIST_MAX)
        return KYSO_OUTCOME_LIMIT;
    kyso_dict_open(&entry, putting->array);
    kyso_dict_u64(&entry, "at", release->at);
    put_texts(&entry, putting->roster, release);
    kyso_dict_string(&entry, "document", document);
    kyso_dict_string(&entry, "digest", file);
    kyso_dict_u32(&entry, "uid", release->uid);
    if (putting->file != NULL)
        kyso_dict_bool(&entry, "this-file",
                       memcmp(release->file, putting->file, KYSO_STORE_DIGEST) == 0);
    put_signers(&entry, release->signers);
    if (document == NULL || file == NULL)
        entry.ok = false;
    return kyso_dict_close(&entry) ? 0 : kyso_trace(-ENOMEM);
}

int kyso_release_look_up(struct kyso_daemon *daemon, const struct kyso_examination *found,
                         struct kyso_release_earlier *ret_earlier)
{
    struct kyso_release_earlier earlier = {.released = false};
    int r = KYSO_OUTCOME_NOT_FOUND;

    if (found->identified)
        r = kyso_store_release_of(daemon->store, found->identity, found->sha256, &earlier.first,
                                  &earlier.file_released);
    if (r != 0 && r != KYSO_OUTCOME_NOT_FOUND)
        return r;
    earlier.released = r == 0;
    *ret_earlier = earlier;
    return 0;
}

static int put_known(struct kyso_daemon *daemon, const struct kyso_examination *found,
                     DBusMessageIter *array)
{
    struct kyso_store_release_query query = {.document = found->identity};
    struct putting putting = {.roster = daemon->roster, .array = array, .file = found->sha256};

    return found->identified
               ? kyso_store_release_each(daemon->store, &query, LIST_MAX, put, &putting)
               : 0;
}

int kyso_release_put_known(struct kyso_daemon *daemon, const struct kyso_examination *found,
                           DBusMessageIter *to)
{
    DBusMessageIter array;
    int r;

    if (!dbus_message_iter_open_container(to, DBUS_TYPE_ARRAY, "a{sv}", &array))
        return kyso_trace(-ENOMEM);
    r = put_known(daemon, found, &array);
    if (r != 0)
        dbus_message_iter_abandon_container(to, &array);
    else if (!dbus_message_iter_close_container(to, &array))
        r = -ENOMEM;
    return r < 0 ? kyso_trace(r) : r;
}

int kyso_release_report_known(struct kyso_daemon *daemon, const struct kyso_examination *found,
                              struct kyso_dict *report)
{
    struct kyso_dict_list list;
    int r = 0;

    kyso_dict_list_open(report, "releases", &list);
    if (report->ok)
        r = put_known(daemon, found, &list.array);
    if (r == 0)
        kyso_dict_list_close(report, &list);
    return r;
}

void kyso_release_list(struct kyso_request *request, void *data)
{
    KYSO_MESSAGE DBusMessage *message = dbus_message_new_method_return(request->message);
    struct kyso_daemon *daemon = data;
    struct kyso_store_release_query query = {.document = NULL};
    const char *detail = NULL, *name = NULL;
    DBusMessageIter iter, to, array;
    struct putting putting = {.roster = daemon->roster, .array = &array};
    int r;

    (void)dbus_message_iter_init(request->message, &iter);
    dbus_message_iter_get_basic(&iter, &query.since);
    (void)dbus_message_iter_next(&iter);
    dbus_message_iter_get_basic(&iter, &query.until);
    (void)dbus_message_iter_next(&iter);
    dbus_message_iter_get_basic(&iter, &query.number);
    (void)dbus_message_iter_next(&iter);
    r = kyso_options_read(&iter, NULL, 0, &detail, &name);
    if (r == 0 && (query.since > INT64_MAX || query.until > INT64_MAX)) {
        detail = "period";
        r = KYSO_OUTCOME_BAD_ARGUMENT;
    }
    if (r == 0 && message == NULL)
        r = -ENOMEM;
    if (r == 0) {
        dbus_message_iter_init_append(message, &to);
        if (!dbus_message_iter_open_container(&to, DBUS_TYPE_ARRAY, "a{sv}", &array))
            r = -ENOMEM;
    }
    if (r == 0) {
        r = kyso_store_release_each(daemon->store, &query, LIST_MAX + 1, put, &putting);
        if (r != 0)
            dbus_message_iter_abandon_container(&to, &array);
    }
    if (r == KYSO_OUTCOME_LIMIT)
        detail = "releases";
    if (r == 0 && !dbus_message_iter_close_container(&to, &array))
        r = -ENOMEM;
    if (r != 0)
        kyso_request_fail(request, r, "detail", detail, "option", name, NULL);
    else
        kyso_request_reply(request, message);
}
