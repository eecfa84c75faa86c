/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DAEMON_OBJECT_H
#define KYSO_DAEMON_OBJECT_H

/* Objects on the bus from constant tables: what may be called, with which arguments, under which
 * polkit action. Default deny lives here: a method without an action is refused, and whatever is
 * not in a table does not exist. Argument types are checked, the caller is found and the authority
 * has said yes before a handler runs. */

#include <stdbool.h>

#include "daemon/bus.h"
#include "daemon/caller.h"

/* For what needs no authority's yes: facts about the service itself, and a caller's own things. */
#define KYSO_ACTION_FREE "free"

struct kyso_objects;
struct kyso_object;

/* One method call that waits for its answer. Owned by the object layer until a reply or failure is
 * given; when its caller leaves before, `dropped` (if set) is called and the request is gone. */
struct kyso_request {
    DBusMessage *message;
    struct kyso_caller *caller;
    struct kyso_objects *objects;
    struct kyso_object *object;
};

typedef void (*kyso_method_fn)(struct kyso_request *request, void *object_data);

struct kyso_method {
    const char *name;
    const char *in, *out; /* "name:signature name:signature", "" when none */
    const char *action;   /* polkit action without prefix, KYSO_ACTION_FREE; null: refused */
    kyso_method_fn handler;
};

struct kyso_property {
    const char *name;
    const char *signature;
    /* Appends one value of that signature. */
    bool (*get)(DBusMessageIter *to, void *object_data);
};

struct kyso_signal {
    const char *name;
    const char *arguments;
};

struct kyso_interface {
    const char *name;
    const char *read_action;           /* for properties */
    const struct kyso_method *methods; /* ended by a null name; or null */
    const struct kyso_property *properties;
    /* Of long values: a change is told without the new one (EmitsChangedSignal "invalidates").
     * Null-terminated, or null. */
    const char *const *invalidated;
    const struct kyso_signal *signals;
};

int kyso_objects_new(struct kyso_bus *bus, struct kyso_callers *callers,
                     struct kyso_objects **ret_objects) KYSO_MUST_CHECK;
struct kyso_objects *kyso_objects_free(struct kyso_objects *objects);

/* Puts an object with these interfaces (null-terminated, static) at PATH. With OWNER only that
 * unique name sees and reaches it. Tells the watching callers. -EEXIST when PATH is taken. */
int kyso_object_add(struct kyso_objects *objects, const char *path,
                    const struct kyso_interface *const *interfaces, void *data, const char *owner,
                    struct kyso_object **ret_object) KYSO_MUST_CHECK;
struct kyso_object *kyso_object_remove(struct kyso_object *object);
const char *kyso_object_path(const struct kyso_object *object);

/* PropertiesChanged with every property of INTERFACE in the null-terminated list NAMES. */
void kyso_object_changed(struct kyso_object *object, const struct kyso_interface *interface,
                         const char *const *names);
/* A signal without arguments. */
void kyso_object_emit(struct kyso_object *object, const char *interface, const char *name);

/* Takes in a method call (from the bus's handler). */
void kyso_objects_call(struct kyso_objects *objects, DBusMessage *message);

/* Answers. Both end the request. DETAILS: key, value, key, value ..., NULL; strings. */
void kyso_request_reply(struct kyso_request *request, DBusMessage *reply);
void kyso_request_fail(struct kyso_request *request, int result, ...) __attribute__((sentinel));
/* Sees to it that FN(DATA) runs if the caller leaves before the answer; FN must forget the request.
 */
void kyso_request_on_drop(struct kyso_request *request, void (*fn)(void *data), void *data);

/* Extends a request's authorisation: asks for ACTION as well, then FN runs or the caller is told
 * no. */
void kyso_request_authorise(struct kyso_request *request, const char *action, kyso_method_fn fn,
                            void *data);

#endif
