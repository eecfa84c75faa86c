/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/doctor.h"

#include <dbus/dbus.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "client/i18n.h"
#include "common/conf.h"
#include "common/outcome.h"

#define LOGIN1_MSEC 5000

void kyso_doctor_pcscd(struct json_object *list, const char *socket_path)
{
    struct stat status;
    char mode[32];

    if (stat(socket_path, &status) < 0) {
        kyso_doctor_add(list, "pcscd-socket", KYSO_HEALTH_BROKEN,
                        _("The smart card daemon pcscd is not there."), socket_path,
                        _("Install pcscd and start it: systemctl enable --now pcscd.socket"));
        return;
    }
    (void)snprintf(mode, sizeof(mode), "%04o", (unsigned int)(status.st_mode & 07777));
    if ((status.st_mode & S_IWOTH) != 0)
        kyso_doctor_add(
            list, "pcscd-socket", KYSO_HEALTH_DOOR,
            _("Every program on this machine can speak to the tokens past kyso (pcscd's socket)."),
            mode,
            _("If the administrator wants it closed: create the group pcsc-users with the user "
              "kyso "
              "in it, write “[Socket]”, “SocketMode=0660” and “SocketGroup=pcsc-users” into "
              "/etc/systemd/system/pcscd.socket.d/kyso.conf, then run systemctl daemon-reload and "
              "systemctl restart pcscd.socket."));
    else
        kyso_doctor_add(list, "pcscd-socket", KYSO_HEALTH_GOOD,
                        _("Only chosen programs can speak to the tokens past kyso."), mode, "");
}

struct modules {
    struct json_object *list;
    size_t n;
};

static const char *take_module(void *data, const char *section, const char *name, const char *key,
                               const char *value)
{
    struct modules *modules = data;

    (void)section;
    (void)name;
    if (key == NULL || strcmp(key, "path") != 0)
        return NULL;
    modules->n++;
    if (access(value, R_OK) == 0)
        kyso_doctor_add(modules->list, "module", KYSO_HEALTH_GOOD,
                        _("A token driver (PKCS#11 module) is installed."), value, "");
    else
        kyso_doctor_add(modules->list, "module", KYSO_HEALTH_NOTE,
                        _("A configured token driver (PKCS#11 module) is not installed."), value,
                        _("If you use its tokens, install it; otherwise ignore this."));
    return NULL;
}

void kyso_doctor_modules(struct json_object *list, const char *folder)
{
    struct kyso_conf_problem problem = {0};
    struct modules modules = {list, 0};
    int r = kyso_conf_read_folder(folder, ".conf", false, take_module, &modules, &problem);
    char where[320];

    if (r == KYSO_OUTCOME_BAD_ARGUMENT) {
        (void)snprintf(where, sizeof(where), "%s:%u: %s", problem.file, problem.line, problem.what);
        kyso_doctor_add(list, "modules", KYSO_HEALTH_BROKEN,
                        _("The list of token drivers cannot be understood."), where,
                        _("Mend the line named."));
    } else if (r < 0) {
        kyso_doctor_add(list, "modules", KYSO_HEALTH_NOTE,
                        _("The list of token drivers cannot be read from here."), folder,
                        _("Run “kyso doctor” as root to see it."));
    } else if (modules.n == 0) {
        kyso_doctor_add(list, "modules", KYSO_HEALTH_BROKEN,
                        _("No token driver (PKCS#11 module) is configured."), folder,
                        _("Install OpenSC or the token maker's driver and name it there."));
    }
}

/* Asks login1; the answer is to be unreferenced, null after any failure. */
static DBusMessage *ask(DBusConnection *bus, DBusMessage *call)
{
    DBusMessage *reply = NULL;

    if (call != NULL) {
        reply = dbus_connection_send_with_reply_and_block(bus, call, LOGIN1_MSEC, NULL);
        dbus_message_unref(call);
    }
    return reply;
}

/* Whether our own session is active: 1 yes, 0 no, -1 there is none, -2 login1 does not answer. */
static int session_state(DBusConnection *bus)
{
    DBusMessage *call = dbus_message_new_method_call("org.freedesktop.login1",
                                                     "/org/freedesktop/login1/session/auto",
                                                     DBUS_INTERFACE_PROPERTIES, "Get");
    const char *interface = "org.freedesktop.login1.Session", *name = "Active";
    DBusMessageIter iter, variant;
    DBusMessage *reply;
    dbus_bool_t active = FALSE;
    int state = -1;

    if (!dbus_bus_name_has_owner(bus, "org.freedesktop.login1", NULL)) {
        if (call != NULL)
            dbus_message_unref(call);
        return -2;
    }
    if (call != NULL)
        (void)dbus_message_append_args(call, DBUS_TYPE_STRING, &interface, DBUS_TYPE_STRING, &name,
                                       DBUS_TYPE_INVALID);
    reply = ask(bus, call);
    if (reply == NULL)
        return -1;
    if (dbus_message_has_signature(reply, "v") && dbus_message_iter_init(reply, &iter)) {
        dbus_message_iter_recurse(&iter, &variant);
        if (dbus_message_iter_get_arg_type(&variant) == DBUS_TYPE_BOOLEAN) {
            dbus_message_iter_get_basic(&variant, &active);
            state = active ? 1 : 0;
        }
    }
    dbus_message_unref(reply);
    return state;
}

void kyso_doctor_session(struct json_object *list)
{
    DBusConnection *bus = dbus_bus_get_private(DBUS_BUS_SYSTEM, NULL);
    int state = -2;

    if (bus != NULL) {
        dbus_connection_set_exit_on_disconnect(bus, FALSE);
        state = session_state(bus);
        dbus_connection_close(bus);
        dbus_connection_unref(bus);
    }
    if (state == 1)
        kyso_doctor_add(list, "session", KYSO_HEALTH_GOOD, _("You work in an active session."),
                        NULL, "");
    else if (state == -2)
        kyso_doctor_add(
            list, "session", KYSO_HEALTH_NOTE,
            _("It is not known whether your session is active (logind does not answer)."), NULL,
            _("If signing is not allowed, ask the administrator."));
    else
        kyso_doctor_add(list, "session", KYSO_HEALTH_NOTE,
                        _("You do not work in an active session at this machine."), NULL,
                        _("Signing is allowed only there, unless the administrator decided "
                          "otherwise: log in at the machine itself."));
}
