/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/introspect.h"

#include <errno.h>
#include <string.h>

#include "common/buf.h"
#include "common/log.h"
#include "common/names.h"
#include "common/outcome.h"
#include "daemon/object-private.h"

#define DBUS_INTERFACE_OBJECT_MANAGER "org.freedesktop.DBus.ObjectManager"
#define LIST_ACTION "list"
/* D-Bus Specification, "Introspection Data Format": how a property's change is told. */
#define ANNOTATION_CHANGES "org.freedesktop.DBus.Property.EmitsChangedSignal"

/* Takes the next "name:signature" off *ARGUMENTS; false at the end. */
static bool next_argument(const char **arguments, const char **ret_name, size_t *ret_name_length,
                          const char **ret_signature, size_t *ret_signature_length)
{
    const char *colon;

    while (**arguments == ' ')
        (*arguments)++;
    colon = strchr(*arguments, ':');
    if (colon == NULL)
        return false;
    *ret_name = *arguments;
    *ret_name_length = (size_t)(colon - *arguments);
    *ret_signature = colon + 1;
    *ret_signature_length = strcspn(colon + 1, " ");
    *arguments = colon + 1 + *ret_signature_length;
    return true;
}

void kyso_arguments_signature(const char *arguments, char *signature, size_t size)
{
    const char *name, *type;
    size_t name_length, type_length, used = 0;

    while (next_argument(&arguments, &name, &name_length, &type, &type_length)) {
        if (used + type_length + 1 > size)
            break;
        memcpy(signature + used, type, type_length);
        used += type_length;
    }
    signature[used] = '\0';
}

static void describe_arguments(struct kyso_buf *xml, const char *arguments, const char *direction)
{
    const char *name, *type;
    size_t name_length, type_length;

    while (next_argument(&arguments, &name, &name_length, &type, &type_length))
        kyso_buf_printf(xml, "      <arg name=\"%.*s\" type=\"%.*s\"%s/>\n", (int)name_length, name,
                        (int)type_length, type, direction);
}

static bool listed(const char *const *names, const char *name)
{
    for (; names != NULL && *names != NULL; names++) {
        if (strcmp(*names, name) == 0)
            return true;
    }
    return false;
}

static void describe_property(struct kyso_buf *xml, const struct kyso_interface *interface,
                              const struct kyso_property *property)
{
    bool invalidated = listed(interface->invalidated, property->name);

    kyso_buf_printf(xml, "    <property name=\"%s\" type=\"%s\" access=\"read\"%s>\n",
                    property->name, property->signature, invalidated ? "" : "/");
    if (invalidated)
        kyso_buf_printf(xml, "      <annotation name=\"" ANNOTATION_CHANGES
                             "\" value=\"invalidates\"/>\n    </property>\n");
}

static void describe_interface(struct kyso_buf *xml, const struct kyso_interface *interface)
{
    kyso_buf_printf(xml, "  <interface name=\"%s\">\n", interface->name);
    for (const struct kyso_property *p = interface->properties; p != NULL && p->name != NULL; p++)
        describe_property(xml, interface, p);
    for (const struct kyso_method *m = interface->methods; m != NULL && m->name != NULL; m++) {
        kyso_buf_printf(xml, "    <method name=\"%s\">\n", m->name);
        describe_arguments(xml, m->in, " direction=\"in\"");
        describe_arguments(xml, m->out, " direction=\"out\"");
        kyso_buf_printf(xml, "    </method>\n");
    }
    for (const struct kyso_signal *s = interface->signals; s != NULL && s->name != NULL; s++) {
        kyso_buf_printf(xml, "    <signal name=\"%s\">\n", s->name);
        describe_arguments(xml, s->arguments, "");
        kyso_buf_printf(xml, "    </signal>\n");
    }
    kyso_buf_printf(xml, "  </interface>\n");
}

/* Names the nodes right below PATH, each once; the list is short and unsorted. */
static void describe_children(struct kyso_buf *xml, struct kyso_objects *objects, const char *path,
                              const char *caller)
{
    size_t length = strlen(path) == 1 ? 0 : strlen(path);

    for (struct kyso_object *o = objects->list; o != NULL; o = o->next) {
        const char *child = o->path + length + 1;
        size_t child_length;
        bool seen = false;

        if (!kyso_object_visible(o, caller) || strncmp(o->path, path, length) != 0 ||
            o->path[length] != '/')
            continue;
        child_length = strcspn(child, "/");
        for (struct kyso_object *e = objects->list; e != o; e = e->next)
            seen = seen || (kyso_object_visible(e, caller) &&
                            strncmp(e->path, o->path, length + 1 + child_length) == 0 &&
                            strchr("/", e->path[length + 1 + child_length]) != NULL);
        if (!seen)
            kyso_buf_printf(xml, "  <node name=\"%.*s\"/>\n", (int)child_length, child);
    }
}

static const struct kyso_interface INTROSPECTABLE_INTERFACE;
static const struct kyso_interface OBJECT_MANAGER_INTERFACE;

DBusMessage *kyso_introspect_node(struct kyso_objects *objects, struct kyso_object *object,
                                  DBusMessage *call)
{
    struct kyso_buf xml = {0};
    DBusMessage *reply = NULL;
    const char *text;

    kyso_buf_printf(&xml, DBUS_INTROSPECT_1_0_XML_DOCTYPE_DECL_NODE "<node>\n");
    for (size_t i = 0; object != NULL && object->interfaces[i] != NULL; i++)
        describe_interface(&xml, object->interfaces[i]);
    if (object != NULL) {
        describe_interface(&xml, &KYSO_PROPERTIES_INTERFACE);
        if (strcmp(object->path, KYSO_ROOT_PATH) == 0)
            describe_interface(&xml, &OBJECT_MANAGER_INTERFACE);
    }
    describe_interface(&xml, &INTROSPECTABLE_INTERFACE);
    describe_children(&xml, objects, dbus_message_get_path(call), dbus_message_get_sender(call));
    kyso_buf_printf(&xml, "</node>\n");
    text = (const char *)xml.bytes;
    if (xml.error == 0)
        reply = dbus_message_new_method_return(call);
    if (reply != NULL &&
        !dbus_message_append_args(reply, DBUS_TYPE_STRING, &text, DBUS_TYPE_INVALID)) {
        dbus_message_unref(reply);
        reply = NULL;
    }
    kyso_buf_done(&xml);
    return reply;
}

static void introspect(struct kyso_request *request, void *data KYSO_UNUSED)
{
    KYSO_MESSAGE DBusMessage *reply =
        kyso_introspect_node(request->objects, request->object, request->message);

    kyso_request_reply(request, reply);
}

static bool append_variant(DBusMessageIter *to, const struct kyso_property *property, void *data)
{
    DBusMessageIter value;

    return dbus_message_iter_open_container(to, DBUS_TYPE_VARIANT, property->signature, &value) &&
           property->get(&value, data) && dbus_message_iter_close_container(to, &value);
}

static bool append_entry(DBusMessageIter *array, const struct kyso_property *property, void *data)
{
    DBusMessageIter entry;

    return dbus_message_iter_open_container(array, DBUS_TYPE_DICT_ENTRY, NULL, &entry) &&
           dbus_message_iter_append_basic(&entry, DBUS_TYPE_STRING, &property->name) &&
           append_variant(&entry, property, data) &&
           dbus_message_iter_close_container(array, &entry);
}

/* a{sv} of all properties. */
static bool append_properties(DBusMessageIter *to, const struct kyso_interface *interface,
                              void *data)
{
    DBusMessageIter array;

    if (!dbus_message_iter_open_container(to, DBUS_TYPE_ARRAY, "{sv}", &array))
        return false;
    for (const struct kyso_property *p = interface->properties; p != NULL && p->name != NULL; p++) {
        if (!append_entry(&array, p, data))
            return false;
    }
    return dbus_message_iter_close_container(to, &array);
}

/* a{sa{sv}} of all interfaces. */
static bool append_interfaces(DBusMessageIter *to, struct kyso_object *object)
{
    DBusMessageIter array, entry;

    if (!dbus_message_iter_open_container(to, DBUS_TYPE_ARRAY, "{sa{sv}}", &array))
        return false;
    for (size_t i = 0; object->interfaces[i] != NULL; i++) {
        if (!(dbus_message_iter_open_container(&array, DBUS_TYPE_DICT_ENTRY, NULL, &entry) &&
              dbus_message_iter_append_basic(&entry, DBUS_TYPE_STRING,
                                             &object->interfaces[i]->name) &&
              append_properties(&entry, object->interfaces[i], object->data) &&
              dbus_message_iter_close_container(&array, &entry)))
            return false;
    }
    return dbus_message_iter_close_container(to, &array);
}

static const struct kyso_interface *interface_of(struct kyso_object *object, const char *name)
{
    for (size_t i = 0; object->interfaces[i] != NULL; i++) {
        if (strcmp(object->interfaces[i]->name, name) == 0)
            return object->interfaces[i];
    }
    return NULL;
}

static void get_property(struct kyso_request *request, void *data)
{
    KYSO_MESSAGE DBusMessage *reply = dbus_message_new_method_return(request->message);
    const struct kyso_interface *interface;
    const char *interface_name, *name;
    DBusMessageIter to;

    (void)dbus_message_get_args(request->message, NULL, DBUS_TYPE_STRING, &interface_name,
                                DBUS_TYPE_STRING, &name, DBUS_TYPE_INVALID);
    interface = interface_of(request->object, interface_name);
    for (const struct kyso_property *p = interface != NULL ? interface->properties : NULL;
         p != NULL && p->name != NULL; p++) {
        if (strcmp(p->name, name) != 0)
            continue;
        if (reply != NULL)
            dbus_message_iter_init_append(reply, &to);
        if (reply == NULL || !append_variant(&to, p, data))
            kyso_request_fail(request, -ENOMEM, NULL);
        else
            kyso_request_reply(request, reply);
        return;
    }
    kyso_request_fail(request, KYSO_OUTCOME_NOT_FOUND, "property", name, NULL);
}

static void get_all(struct kyso_request *request, void *data)
{
    KYSO_MESSAGE DBusMessage *reply = dbus_message_new_method_return(request->message);
    const struct kyso_interface *interface;
    const char *name;
    DBusMessageIter to;

    (void)dbus_message_get_args(request->message, NULL, DBUS_TYPE_STRING, &name, DBUS_TYPE_INVALID);
    interface = interface_of(request->object, name);
    if (interface == NULL) {
        kyso_request_fail(request, KYSO_OUTCOME_NOT_FOUND, "interface", name, NULL);
        return;
    }
    if (reply != NULL)
        dbus_message_iter_init_append(reply, &to);
    if (reply == NULL || !append_properties(&to, interface, data))
        kyso_request_fail(request, -ENOMEM, NULL);
    else
        kyso_request_reply(request, reply);
}

static void set_property(struct kyso_request *request, void *data KYSO_UNUSED)
{
    kyso_request_fail(request, KYSO_OUTCOME_UNSUPPORTED, "detail", "read-only", NULL);
}

static bool append_objects(DBusMessageIter *to, struct kyso_objects *objects, const char *caller)
{
    DBusMessageIter array, entry;

    if (!dbus_message_iter_open_container(to, DBUS_TYPE_ARRAY, "{oa{sa{sv}}}", &array))
        return false;
    for (struct kyso_object *o = objects->list; o != NULL; o = o->next) {
        if (strcmp(o->path, KYSO_ROOT_PATH) == 0 || !kyso_object_visible(o, caller))
            continue;
        if (!(dbus_message_iter_open_container(&array, DBUS_TYPE_DICT_ENTRY, NULL, &entry) &&
              dbus_message_iter_append_basic(&entry, DBUS_TYPE_OBJECT_PATH, &o->path) &&
              append_interfaces(&entry, o) && dbus_message_iter_close_container(&array, &entry)))
            return false;
    }
    return dbus_message_iter_close_container(to, &array);
}

static void get_managed_objects(struct kyso_request *request, void *data KYSO_UNUSED)
{
    KYSO_MESSAGE DBusMessage *reply = dbus_message_new_method_return(request->message);
    DBusMessageIter to;

    if (reply != NULL)
        dbus_message_iter_init_append(reply, &to);
    if (reply == NULL ||
        !append_objects(&to, request->objects, kyso_caller_name(request->caller))) {
        kyso_request_fail(request, -ENOMEM, NULL);
        return;
    }
    kyso_caller_set_watching(request->caller);
    kyso_request_reply(request, reply);
}

static const struct kyso_interface INTROSPECTABLE_INTERFACE = {
    .name = DBUS_INTERFACE_INTROSPECTABLE,
    .methods =
        (const struct kyso_method[]){
            {"Introspect", "", "data:s", KYSO_ACTION_FREE, introspect},
            {0},
        },
};

const struct kyso_interface KYSO_PROPERTIES_INTERFACE = {
    .name = DBUS_INTERFACE_PROPERTIES,
    .methods =
        (const struct kyso_method[]){
            {"Get", "interface:s name:s", "value:v", NULL, get_property},
            {"GetAll", "interface:s", "properties:a{sv}", NULL, get_all},
            {"Set", "interface:s name:s value:v", "", NULL, set_property},
            {0},
        },
    .signals =
        (const struct kyso_signal[]){
            {"PropertiesChanged", "interface:s changed:a{sv} invalidated:as"},
            {0},
        },
};

static const struct kyso_interface OBJECT_MANAGER_INTERFACE = {
    .name = DBUS_INTERFACE_OBJECT_MANAGER,
    .methods =
        (const struct kyso_method[]){
            {"GetManagedObjects", "", "objects:a{oa{sa{sv}}}", LIST_ACTION, get_managed_objects},
            {0},
        },
    .signals =
        (const struct kyso_signal[]){
            {"InterfacesAdded", "object:o interfaces:a{sa{sv}}"},
            {"InterfacesRemoved", "object:o interfaces:as"},
            {0},
        },
};

const struct kyso_interface *kyso_standard_interface(const char *name,
                                                     const struct kyso_object *object)
{
    if (strcmp(name, DBUS_INTERFACE_INTROSPECTABLE) == 0)
        return &INTROSPECTABLE_INTERFACE;
    if (strcmp(name, DBUS_INTERFACE_PROPERTIES) == 0)
        return &KYSO_PROPERTIES_INTERFACE;
    if (strcmp(name, DBUS_INTERFACE_OBJECT_MANAGER) == 0 &&
        strcmp(object->path, KYSO_ROOT_PATH) == 0)
        return &OBJECT_MANAGER_INTERFACE;
    return NULL;
}

/* ---- signals, one copy to each caller that may know ---- */

struct send {
    struct kyso_object *object;
    DBusMessage *signal;
};

static void send_to(void *data, const char *name)
{
    struct send *send = data;
    KYSO_MESSAGE DBusMessage *copy = NULL;

    if (!kyso_object_visible(send->object, name))
        return;
    copy = dbus_message_copy(send->signal);
    if (copy == NULL || !dbus_message_set_destination(copy, name))
        kyso_log(KYSO_LOG_ERROR, "a signal was lost: no memory");
    else
        kyso_bus_send(send->object->objects->bus, copy);
}

static void send_signal(struct kyso_object *object, DBusMessage *signal)
{
    struct send send = {object, signal};

    if (object->owner != NULL) {
        send_to(&send, object->owner); /* a caller's own job needs no permission to list */
        return;
    }
    kyso_callers_each_watching(object->objects->callers, send_to, &send);
}

static bool append_interface_names(DBusMessageIter *to, struct kyso_object *object)
{
    DBusMessageIter array;

    if (!dbus_message_iter_open_container(to, DBUS_TYPE_ARRAY, "s", &array))
        return false;
    for (size_t i = 0; object->interfaces[i] != NULL; i++) {
        if (!dbus_message_iter_append_basic(&array, DBUS_TYPE_STRING, &object->interfaces[i]->name))
            return false;
    }
    return dbus_message_iter_close_container(to, &array);
}

void kyso_object_announce(struct kyso_object *object, bool added)
{
    KYSO_MESSAGE DBusMessage *signal =
        dbus_message_new_signal(KYSO_ROOT_PATH, DBUS_INTERFACE_OBJECT_MANAGER,
                                added ? "InterfacesAdded" : "InterfacesRemoved");
    DBusMessageIter to;

    if (signal == NULL)
        return;
    dbus_message_iter_init_append(signal, &to);
    if (dbus_message_iter_append_basic(&to, DBUS_TYPE_OBJECT_PATH, &object->path) &&
        (added ? append_interfaces(&to, object) : append_interface_names(&to, object)))
        send_signal(object, signal);
}

/* a{sv} of the properties in NAMES, and as of those that are told without their value. */
static bool append_changes(DBusMessageIter *to, const struct kyso_object *object,
                           const struct kyso_interface *interface, const char *const *names)
{
    const struct kyso_property *p;
    DBusMessageIter array;
    bool ok = dbus_message_iter_open_container(to, DBUS_TYPE_ARRAY, "{sv}", &array);

    for (p = interface->properties; ok && p != NULL && p->name != NULL; p++) {
        if (listed(names, p->name) && !listed(interface->invalidated, p->name))
            ok = append_entry(&array, p, object->data);
    }
    ok = ok && dbus_message_iter_close_container(to, &array) &&
         dbus_message_iter_open_container(to, DBUS_TYPE_ARRAY, "s", &array);
    for (p = interface->properties; ok && p != NULL && p->name != NULL; p++) {
        if (listed(names, p->name) && listed(interface->invalidated, p->name))
            ok = dbus_message_iter_append_basic(&array, DBUS_TYPE_STRING, &p->name);
    }
    return ok && dbus_message_iter_close_container(to, &array);
}

void kyso_object_changed(struct kyso_object *object, const struct kyso_interface *interface,
                         const char *const *names)
{
    KYSO_MESSAGE DBusMessage *signal =
        dbus_message_new_signal(object->path, DBUS_INTERFACE_PROPERTIES, "PropertiesChanged");
    DBusMessageIter to;

    if (signal == NULL)
        return;
    dbus_message_iter_init_append(signal, &to);
    if (dbus_message_iter_append_basic(&to, DBUS_TYPE_STRING, &interface->name) &&
        append_changes(&to, object, interface, names))
        send_signal(object, signal);
}

void kyso_object_emit(struct kyso_object *object, const char *interface, const char *name)
{
    KYSO_MESSAGE DBusMessage *signal = dbus_message_new_signal(object->path, interface, name);

    if (signal != NULL)
        send_signal(object, signal);
}
