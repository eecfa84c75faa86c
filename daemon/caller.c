/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/caller.h"

#include <errno.h>
#include <pwd.h>
#include <string.h>

#include "common/error.h"
#include "common/outcome.h"

#define LOOKUP_TIMEOUT_MSEC 5000
#define JOBS_PER_UID 4
#define BYTES_PER_UID ((uint64_t)256 << 20)
#define JOBS_TOTAL 64
#define BYTES_TOTAL ((uint64_t)1 << 30)

struct kyso_caller {
    struct kyso_callers *callers;
    struct kyso_caller *next;
    char *name, *user, *agent;
    uid_t uid;
    bool watching, gone;
    unsigned int busy; /* callbacks running; not to be forgotten meanwhile */
    struct kyso_caller_hook *hooks;
};

struct holding {
    struct holding *next;
    uid_t uid;
    unsigned int jobs;
    uint64_t bytes;
};

struct kyso_callers {
    struct kyso_bus *bus;
    struct kyso_caller *list;
    struct holding *holdings;
    unsigned int jobs;
    uint64_t bytes;
};

int kyso_callers_new(struct kyso_bus *bus, struct kyso_callers **ret_callers)
{
    struct kyso_callers *callers = calloc(1, sizeof(*callers));

    if (callers == NULL)
        return kyso_trace(-ENOMEM);
    callers->bus = bus;
    *ret_callers = callers;
    return 0;
}

static void caller_free(struct kyso_caller *caller)
{
    free(caller->name);
    free(caller->user);
    free(caller->agent);
    free(caller);
}

struct kyso_callers *kyso_callers_free(struct kyso_callers *callers)
{
    if (callers == NULL)
        return NULL;
    while (callers->list != NULL) {
        struct kyso_caller *caller = callers->list;

        callers->list = caller->next;
        caller_free(caller);
    }
    while (callers->holdings != NULL) {
        struct holding *holding = callers->holdings;

        callers->holdings = holding->next;
        free(holding);
    }
    free(callers);
    return NULL;
}

static struct kyso_caller *find(struct kyso_callers *callers, const char *name)
{
    for (struct kyso_caller *c = callers->list; c != NULL; c = c->next) {
        if (strcmp(c->name, name) == 0)
            return c;
    }
    return NULL;
}

static void maybe_forget(struct kyso_caller *caller)
{
    if (caller->busy > 0 || caller->hooks != NULL)
        return;
    if (!caller->gone && (caller->watching || caller->agent != NULL))
        return;
    for (struct kyso_caller **at = &caller->callers->list; *at != NULL; at = &(*at)->next) {
        if (*at == caller) {
            *at = caller->next;
            caller_free(caller);
            return;
        }
    }
}

struct kyso_caller_lookup {
    struct kyso_callers *callers;
    char *name;
    kyso_caller_fn fn;
    void *data;
    struct kyso_bus_pending *pending;
    struct kyso_source *soon;
};

static char *user_name(uid_t uid)
{
    struct passwd entry, *found = NULL;
    char buffer[4096];

    if (getpwuid_r(uid, &entry, buffer, sizeof(buffer), &found) != 0 || found == NULL)
        return strdup("");
    return strdup(found->pw_name);
}

static struct kyso_caller *add(struct kyso_callers *callers, const char *name, uid_t uid)
{
    struct kyso_caller *caller = calloc(1, sizeof(*caller));

    if (caller == NULL)
        return NULL;
    caller->callers = callers;
    caller->uid = uid;
    caller->name = strdup(name);
    caller->user = user_name(uid);
    if (caller->name == NULL || caller->user == NULL) {
        caller_free(caller);
        return NULL;
    }
    caller->next = callers->list;
    callers->list = caller;
    return caller;
}

static void finish(struct kyso_caller_lookup *lookup, struct kyso_caller *caller)
{
    kyso_caller_fn fn = lookup->fn;
    void *data = lookup->data;

    if (caller != NULL)
        caller->busy++;
    fn(data, caller); /* frees the lookup */
    if (caller != NULL) {
        caller->busy--;
        maybe_forget(caller);
    }
}

/* Reads "UnixUserID" of GetConnectionCredentials; any other shape is nobody. */
static bool read_uid(DBusMessage *reply, uid_t *ret_uid)
{
    DBusMessageIter top, array;

    if (dbus_message_get_type(reply) != DBUS_MESSAGE_TYPE_METHOD_RETURN ||
        !dbus_message_has_signature(reply, "a{sv}") || !dbus_message_iter_init(reply, &top))
        return false;
    dbus_message_iter_recurse(&top, &array);
    for (; dbus_message_iter_get_arg_type(&array) == DBUS_TYPE_DICT_ENTRY;
         dbus_message_iter_next(&array)) {
        DBusMessageIter entry, value;
        const char *key;
        dbus_uint32_t uid;

        dbus_message_iter_recurse(&array, &entry);
        dbus_message_iter_get_basic(&entry, &key);
        dbus_message_iter_next(&entry);
        dbus_message_iter_recurse(&entry, &value);
        if (strcmp(key, "UnixUserID") != 0 ||
            dbus_message_iter_get_arg_type(&value) != DBUS_TYPE_UINT32)
            continue;
        dbus_message_iter_get_basic(&value, &uid);
        *ret_uid = (uid_t)uid;
        return true;
    }
    return false;
}

static void credentials_came(void *data, DBusMessage *reply)
{
    struct kyso_caller_lookup *lookup = data;
    struct kyso_caller *caller = find(lookup->callers, lookup->name);
    uid_t uid;

    if (caller == NULL && read_uid(reply, &uid))
        caller = add(lookup->callers, lookup->name, uid);
    finish(lookup, caller);
}

static void known_already(void *data)
{
    struct kyso_caller_lookup *lookup = data;
    struct kyso_caller *caller = find(lookup->callers, lookup->name);

    finish(lookup, caller != NULL && !caller->gone ? caller : NULL);
}

static int ask(struct kyso_caller_lookup *lookup)
{
    KYSO_MESSAGE DBusMessage *call = dbus_message_new_method_call(
        DBUS_SERVICE_DBUS, DBUS_PATH_DBUS, DBUS_INTERFACE_DBUS, "GetConnectionCredentials");

    if (call == NULL ||
        !dbus_message_append_args(call, DBUS_TYPE_STRING, &lookup->name, DBUS_TYPE_INVALID))
        return kyso_trace(-ENOMEM);
    return kyso_bus_call(lookup->callers->bus, call, LOOKUP_TIMEOUT_MSEC, credentials_came, lookup,
                         &lookup->pending);
}

int kyso_caller_lookup(struct kyso_callers *callers, const char *name, kyso_caller_fn fn,
                       void *data, struct kyso_caller_lookup **ret_lookup)
{
    struct kyso_caller_lookup *lookup = calloc(1, sizeof(*lookup));
    int r = -ENOMEM;

    if (lookup != NULL) {
        lookup->callers = callers;
        lookup->fn = fn;
        lookup->data = data;
        lookup->name = strdup(name);
        if (lookup->name != NULL)
            r = find(callers, name) != NULL ? kyso_loop_defer(kyso_bus_loop(callers->bus),
                                                              known_already, lookup, &lookup->soon)
                                            : ask(lookup);
    }
    if (r < 0) {
        (void)kyso_caller_lookup_free(lookup);
        return kyso_trace(r);
    }
    *ret_lookup = lookup;
    return 0;
}

struct kyso_caller_lookup *kyso_caller_lookup_free(struct kyso_caller_lookup *lookup)
{
    if (lookup == NULL)
        return NULL;
    (void)kyso_bus_pending_free(lookup->pending);
    (void)kyso_source_free(lookup->soon);
    free(lookup->name);
    free(lookup);
    return NULL;
}

const char *kyso_caller_name(const struct kyso_caller *caller)
{
    return caller->name;
}

uid_t kyso_caller_uid(const struct kyso_caller *caller)
{
    return caller->uid;
}

const char *kyso_caller_user(const struct kyso_caller *caller)
{
    return caller->user;
}

void kyso_caller_hook(struct kyso_caller *caller, struct kyso_caller_hook *hook,
                      void (*fn)(void *data), void *data)
{
    *hook = (struct kyso_caller_hook){.fn = fn, .data = data, .caller = caller};
    hook->next = caller->hooks;
    if (hook->next != NULL)
        hook->next->previous = hook;
    caller->hooks = hook;
}

void kyso_caller_unhook(struct kyso_caller_hook *hook)
{
    struct kyso_caller *caller = hook->caller;

    if (caller == NULL)
        return;
    if (hook->previous != NULL)
        hook->previous->next = hook->next;
    else
        caller->hooks = hook->next;
    if (hook->next != NULL)
        hook->next->previous = hook->previous;
    hook->caller = NULL;
    maybe_forget(caller);
}

void kyso_caller_set_watching(struct kyso_caller *caller)
{
    caller->watching = true;
}

void kyso_callers_each_watching(struct kyso_callers *callers,
                                void (*fn)(void *data, const char *name), void *data)
{
    for (struct kyso_caller *c = callers->list; c != NULL; c = c->next) {
        if (c->watching && !c->gone)
            fn(data, c->name);
    }
}

int kyso_caller_set_agent(struct kyso_caller *caller, const char *path)
{
    char *copy = NULL;

    if (path != NULL) {
        copy = strdup(path);
        if (copy == NULL)
            return kyso_trace(-ENOMEM);
    }
    free(caller->agent);
    caller->agent = copy;
    return 0;
}

const char *kyso_caller_agent(const struct kyso_caller *caller)
{
    return caller->agent;
}

static struct holding *holding_of(struct kyso_callers *callers, uid_t uid)
{
    for (struct holding *h = callers->holdings; h != NULL; h = h->next) {
        if (h->uid == uid)
            return h;
    }
    return NULL;
}

int kyso_caller_charge(struct kyso_caller *caller, uint64_t bytes, const char **ret_which)
{
    struct kyso_callers *callers = caller->callers;
    struct holding *holding = holding_of(callers, caller->uid);

    if (holding == NULL) {
        holding = calloc(1, sizeof(*holding));
        if (holding == NULL)
            return kyso_trace(-ENOMEM);
        holding->uid = caller->uid;
        holding->next = callers->holdings;
        callers->holdings = holding;
    }
    *ret_which = holding->jobs >= JOBS_PER_UID            ? "jobs-per-user"
                 : holding->bytes + bytes > BYTES_PER_UID ? "bytes-per-user"
                 : callers->jobs >= JOBS_TOTAL            ? "jobs"
                 : callers->bytes + bytes > BYTES_TOTAL   ? "bytes"
                                                          : NULL;
    if (*ret_which != NULL)
        return KYSO_OUTCOME_LIMIT;
    holding->jobs++;
    holding->bytes += bytes;
    callers->jobs++;
    callers->bytes += bytes;
    return 0;
}

void kyso_caller_release(struct kyso_callers *callers, uid_t uid, uint64_t bytes)
{
    struct holding *holding = holding_of(callers, uid);

    if (holding == NULL || holding->jobs == 0)
        return;
    holding->jobs--;
    holding->bytes -= bytes;
    callers->jobs--;
    callers->bytes -= bytes;
    if (holding->jobs > 0)
        return;
    for (struct holding **at = &callers->holdings; *at != NULL; at = &(*at)->next) {
        if (*at == holding) {
            *at = holding->next;
            free(holding);
            return;
        }
    }
}

void kyso_callers_name_lost(struct kyso_callers *callers, const char *name)
{
    struct kyso_caller *caller = find(callers, name);

    if (caller == NULL)
        return;
    caller->gone = true;
    caller->busy++;
    while (caller->hooks != NULL) {
        struct kyso_caller_hook *hook = caller->hooks;
        void (*fn)(void *data) = hook->fn;
        void *data = hook->data;

        kyso_caller_unhook(hook);
        fn(data);
    }
    caller->busy--;
    maybe_forget(caller);
}
