/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/object.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/error.h"
#include "common/log.h"
#include "common/names.h"
#include "common/outcome.h"
#include "daemon/introspect.h"
#include "daemon/object-private.h"
#include "daemon/polkit.h"

/* The public part first, so that one is cast from the other. */
struct pending {
    struct kyso_request request;
    struct pending *next, *previous;
    struct kyso_caller_lookup *lookup;
    struct kyso_polkit_question *question;
    struct kyso_caller_hook hook;
    const char *action;
    kyso_method_fn handler;
    void *handler_data;
    void (*drop_fn)(void *data);
    void *drop_data;
};

int kyso_objects_new(struct kyso_bus *bus, struct kyso_callers *callers,
                     struct kyso_objects **ret_objects)
{
    struct kyso_objects *objects = calloc(1, sizeof(*objects));

    if (objects == NULL)
        return kyso_trace(-ENOMEM);
    objects->bus = bus;
    objects->callers = callers;
    *ret_objects = objects;
    return 0;
}

static void pending_free(struct pending *pending)
{
    struct kyso_objects *objects = pending->request.objects;

    if (pending->previous != NULL)
        pending->previous->next = pending->next;
    else
        objects->pending = pending->next;
    if (pending->next != NULL)
        pending->next->previous = pending->previous;
    (void)kyso_caller_lookup_free(pending->lookup);
    (void)kyso_polkit_question_free(pending->question);
    kyso_caller_unhook(&pending->hook);
    dbus_message_unref(pending->request.message);
    free(pending);
}

struct kyso_objects *kyso_objects_free(struct kyso_objects *objects)
{
    if (objects == NULL)
        return NULL;
    while (objects->pending != NULL)
        pending_free(objects->pending);
    while (objects->list != NULL)
        (void)kyso_object_remove(objects->list);
    free(objects);
    return NULL;
}

static struct kyso_object *find(struct kyso_objects *objects, const char *path)
{
    for (struct kyso_object *o = objects->list; o != NULL; o = o->next) {
        if (strcmp(o->path, path) == 0)
            return o;
    }
    return NULL;
}

bool kyso_object_visible(const struct kyso_object *object, const char *caller)
{
    return object->owner == NULL || strcmp(object->owner, caller) == 0;
}

int kyso_object_add(struct kyso_objects *objects, const char *path,
                    const struct kyso_interface *const *interfaces, void *data, const char *owner,
                    struct kyso_object **ret_object)
{
    struct kyso_object *object;

    if (find(objects, path) != NULL)
        return -EEXIST;
    object = calloc(1, sizeof(*object));
    if (object == NULL)
        return kyso_trace(-ENOMEM);
    object->objects = objects;
    object->interfaces = interfaces;
    object->data = data;
    object->path = strdup(path);
    object->owner = owner != NULL ? strdup(owner) : NULL;
    if (object->path == NULL || (owner != NULL && object->owner == NULL)) {
        free(object->path);
        free(object);
        return kyso_trace(-ENOMEM);
    }
    object->next = objects->list;
    objects->list = object;
    kyso_object_announce(object, true);
    *ret_object = object;
    return 0;
}

struct kyso_object *kyso_object_remove(struct kyso_object *object)
{
    if (object == NULL)
        return NULL;
    kyso_object_announce(object, false);
    for (struct kyso_object **at = &object->objects->list; *at != NULL; at = &(*at)->next) {
        if (*at == object) {
            *at = object->next;
            break;
        }
    }
    for (struct pending *p = object->objects->pending; p != NULL; p = p->next) {
        if (p->request.object == object)
            p->request.object = NULL;
    }
    free(object->path);
    free(object->owner);
    free(object);
    return NULL;
}

const char *kyso_object_path(const struct kyso_object *object)
{
    return object->path;
}

void kyso_request_reply(struct kyso_request *request, DBusMessage *reply)
{
    struct pending *pending = (struct pending *)request;

    if (!dbus_message_get_no_reply(request->message) && reply != NULL)
        kyso_bus_send(request->objects->bus, reply);
    pending_free(pending);
}

static void fail_message(struct kyso_objects *objects, DBusMessage *message, const char *name,
                         const char *text)
{
    KYSO_MESSAGE DBusMessage *reply = NULL;

    if (dbus_message_get_no_reply(message))
        return;
    reply = dbus_message_new_error(message, name, text);
    if (reply != NULL)
        kyso_bus_send(objects->bus, reply);
}

void kyso_request_fail(struct kyso_request *request, int result, ...)
{
    struct json_object *details = json_object_new_object();
    const char *key;
    va_list args;

    va_start(args, result);
    while ((key = va_arg(args, const char *)) != NULL) {
        const char *value = va_arg(args, const char *);

        if (details != NULL && value != NULL && *value != '\0')
            json_object_object_add(details, key, json_object_new_string(value));
    }
    va_end(args);
    kyso_log(result < 0 ? KYSO_LOG_ERROR : KYSO_LOG_INFO, "%s of %s: %s %s",
             dbus_message_get_member(request->message), dbus_message_get_sender(request->message),
             kyso_outcome_row(result)->log_name,
             result < 0 ? strerror(-result) : json_object_to_json_string(details));
    fail_message(request->objects, request->message, kyso_outcome_bus_name(result),
                 json_object_to_json_string_ext(details, JSON_C_TO_STRING_PLAIN));
    json_object_put(details);
    pending_free((struct pending *)request);
}

void kyso_request_on_drop(struct kyso_request *request, void (*fn)(void *data), void *data)
{
    struct pending *pending = (struct pending *)request;

    pending->drop_fn = fn;
    pending->drop_data = data;
}

static void caller_left(void *data)
{
    struct pending *pending = data;
    void (*fn)(void *) = pending->drop_fn;
    void *drop_data = pending->drop_data;

    pending_free(pending);
    if (fn != NULL)
        fn(drop_data);
}

static void authorised(void *data, bool allowed)
{
    struct pending *pending = data;

    if (!allowed) {
        kyso_request_fail(&pending->request, KYSO_OUTCOME_NOT_AUTHORISED, "action", pending->action,
                          NULL);
        return;
    }
    if (pending->request.object == NULL) {
        kyso_request_fail(&pending->request, KYSO_OUTCOME_NOT_FOUND, NULL);
        return;
    }
    pending->handler(&pending->request, pending->handler_data);
}

static void ask_authority(struct pending *pending)
{
    char action[128];
    const char *sender = dbus_message_get_sender(pending->request.message);
    int r;

    (void)snprintf(action, sizeof(action), KYSO_ACTION_PREFIX "%s", pending->action);
    pending->question = kyso_polkit_question_free(pending->question);
    r = kyso_polkit_ask(pending->request.objects->bus, sender, action,
                        dbus_message_get_allow_interactive_authorization(pending->request.message),
                        authorised, pending, &pending->question);
    if (r < 0)
        kyso_request_fail(&pending->request, r, NULL);
}

void kyso_request_authorise(struct kyso_request *request, const char *action, kyso_method_fn fn,
                            void *data)
{
    struct pending *pending = (struct pending *)request;

    pending->action = action;
    pending->handler = fn;
    pending->handler_data = data;
    ask_authority(pending);
}

static void caller_found(void *data, struct kyso_caller *caller)
{
    struct pending *pending = data;

    pending->lookup = kyso_caller_lookup_free(pending->lookup);
    if (caller == NULL) {
        kyso_request_fail(&pending->request, KYSO_OUTCOME_NOT_AUTHORISED, "detail",
                          "unknown-caller", NULL);
        return;
    }
    pending->request.caller = caller;
    kyso_caller_hook(caller, &pending->hook, caller_left, pending);
    if (strcmp(pending->action, KYSO_ACTION_FREE) == 0)
        authorised(pending, true);
    else
        ask_authority(pending);
}

/* Starts a request whose arguments are right. */
static void begin(struct kyso_objects *objects, struct kyso_object *object, DBusMessage *message,
                  const char *action, kyso_method_fn handler, void *data)
{
    struct pending *pending = calloc(1, sizeof(*pending));

    if (pending == NULL) {
        fail_message(objects, message, kyso_outcome_bus_name(-ENOMEM), "{}");
        return;
    }
    pending->request = (struct kyso_request){dbus_message_ref(message), NULL, objects, object};
    pending->action = action;
    pending->handler = handler;
    pending->handler_data = data;
    pending->next = objects->pending;
    if (pending->next != NULL)
        pending->next->previous = pending;
    objects->pending = pending;
    if (kyso_caller_lookup(objects->callers, dbus_message_get_sender(message), caller_found,
                           pending, &pending->lookup) < 0)
        kyso_request_fail(&pending->request, -ENOMEM, NULL);
}

static void call_method(struct kyso_object *object, const struct kyso_method *method,
                        DBusMessage *message)
{
    char signature[128];

    kyso_arguments_signature(method->in, signature, sizeof(signature));
    if (!dbus_message_has_signature(message, signature)) {
        fail_message(object->objects, message, kyso_outcome_bus_name(KYSO_OUTCOME_BAD_ARGUMENT),
                     "{\"detail\":\"signature\"}");
        return;
    }
    if (method->action == NULL) {
        fail_message(object->objects, message, kyso_outcome_bus_name(KYSO_OUTCOME_NOT_AUTHORISED),
                     "{}");
        return;
    }
    begin(object->objects, object, message, method->action, method->handler, object->data);
}

static const struct kyso_interface *find_interface(const struct kyso_object *object,
                                                   const char *name)
{
    for (size_t i = 0; object->interfaces[i] != NULL; i++) {
        if (strcmp(object->interfaces[i]->name, name) == 0)
            return object->interfaces[i];
    }
    return NULL;
}

static const struct kyso_method *find_method(const struct kyso_interface *interface,
                                             const char *name)
{
    if (interface->methods == NULL)
        return NULL;
    for (const struct kyso_method *m = interface->methods; m->name != NULL; m++) {
        if (strcmp(m->name, name) == 0)
            return m;
    }
    return NULL;
}

/* Get and GetAll need what the interface they ask about needs. */
static const char *read_action(struct kyso_object *object, DBusMessage *message)
{
    const struct kyso_interface *interface;
    const char *name = NULL;
    DBusMessageIter top;

    if (!dbus_message_iter_init(message, &top) ||
        dbus_message_iter_get_arg_type(&top) != DBUS_TYPE_STRING)
        return NULL;
    dbus_message_iter_get_basic(&top, &name);
    interface = find_interface(object, name);
    return interface != NULL ? interface->read_action : KYSO_ACTION_FREE;
}

static void call_standard(struct kyso_object *object, const struct kyso_interface *interface,
                          DBusMessage *message)
{
    const struct kyso_method *found = find_method(interface, dbus_message_get_member(message));
    struct kyso_method method;

    if (found == NULL) {
        fail_message(object->objects, message, DBUS_ERROR_UNKNOWN_METHOD, "{}");
        return;
    }
    method = *found;
    if (interface == &KYSO_PROPERTIES_INTERFACE) {
        method.action = read_action(object, message);
        if (method.action == NULL)
            method.action = KYSO_ACTION_FREE; /* the signature check refuses it */
    }
    call_method(object, &method, message);
}

static bool is_parent(struct kyso_objects *objects, const char *path, const char *caller)
{
    size_t length = strlen(path);

    for (struct kyso_object *o = objects->list; o != NULL; o = o->next) {
        if (kyso_object_visible(o, caller) && strncmp(o->path, path, length) == 0 &&
            (o->path[length] == '/' || length == 1))
            return true;
    }
    return false;
}

static void call_bare_node(struct kyso_objects *objects, DBusMessage *message)
{
    KYSO_MESSAGE DBusMessage *reply = NULL;

    if (dbus_message_is_method_call(message, DBUS_INTERFACE_INTROSPECTABLE, "Introspect") &&
        is_parent(objects, dbus_message_get_path(message), dbus_message_get_sender(message))) {
        reply = kyso_introspect_node(objects, NULL, message);
        if (reply != NULL)
            kyso_bus_send(objects->bus, reply);
        return;
    }
    fail_message(objects, message, DBUS_ERROR_UNKNOWN_OBJECT, "{}");
}

void kyso_objects_call(struct kyso_objects *objects, DBusMessage *message)
{
    const char *name = dbus_message_get_interface(message);
    const char *member = dbus_message_get_member(message);
    struct kyso_object *object = find(objects, dbus_message_get_path(message));
    const struct kyso_interface *interface;
    const struct kyso_method *method;

    if (dbus_message_is_method_call(message, DBUS_INTERFACE_PEER, "Ping")) {
        KYSO_MESSAGE DBusMessage *reply = dbus_message_new_method_return(message);

        if (reply != NULL)
            kyso_bus_send(objects->bus, reply);
        return;
    }
    if (object == NULL || !kyso_object_visible(object, dbus_message_get_sender(message))) {
        call_bare_node(objects, message);
        return;
    }
    if (name == NULL) {
        fail_message(objects, message, DBUS_ERROR_UNKNOWN_INTERFACE, "{}");
        return;
    }
    interface = kyso_standard_interface(name, object);
    if (interface != NULL) {
        call_standard(object, interface, message);
        return;
    }
    interface = find_interface(object, name);
    method = interface != NULL ? find_method(interface, member) : NULL;
    if (method == NULL)
        fail_message(objects, message,
                     interface == NULL ? DBUS_ERROR_UNKNOWN_INTERFACE : DBUS_ERROR_UNKNOWN_METHOD,
                     "{}");
    else
        call_method(object, method, message);
}
