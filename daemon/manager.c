/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* org.kyso.Kyso1.Manager: facts about the service, and the callers' PIN agents. */

#include <errno.h>
#include <string.h>

#include "common/names.h"
#include "common/outcome.h"
#include "config.h"
#include "daemon/daemon.h"
#include "daemon/dict.h"
#include "daemon/property.h"

#define GET(getter, put, expression) KYSO_GETTER(getter, put, struct kyso_daemon, expression)
GET(get_version, kyso_put_string, object != NULL ? KYSO_VERSION : "")
GET(get_profile, kyso_put_string, object->config->profile.id)
GET(get_available, kyso_put_bool, object->tokens != NULL && kyso_tokens_available(object->tokens))

static void answer(struct kyso_request *request)
{
    KYSO_MESSAGE DBusMessage *reply = dbus_message_new_method_return(request->message);

    kyso_request_reply(request, reply);
}

static void register_agent(struct kyso_request *request, void *data KYSO_UNUSED)
{
    const char *path, *detail = NULL, *name = NULL;
    DBusMessageIter iter;
    int r;

    (void)dbus_message_iter_init(request->message, &iter);
    dbus_message_iter_get_basic(&iter, &path);
    (void)dbus_message_iter_next(&iter);
    r = kyso_options_read(&iter, NULL, 0, &detail, &name);
    if (r == 0)
        r = kyso_caller_set_agent(request->caller, path);
    if (r != 0)
        kyso_request_fail(request, r, "detail", detail, "option", name, NULL);
    else
        answer(request);
}

static void unregister_agent(struct kyso_request *request, void *data KYSO_UNUSED)
{
    const char *path, *registered = kyso_caller_agent(request->caller);

    (void)dbus_message_get_args(request->message, NULL, DBUS_TYPE_OBJECT_PATH, &path,
                                DBUS_TYPE_INVALID);
    if (registered == NULL || strcmp(registered, path) != 0) {
        kyso_request_fail(request, KYSO_OUTCOME_NOT_FOUND, "detail", "agent", NULL);
        return;
    }
    if (kyso_caller_set_agent(request->caller, NULL) < 0)
        kyso_request_fail(request, -ENOMEM, NULL);
    else
        answer(request);
}

const struct kyso_interface KYSO_MANAGER_INTERFACE = {
    .name = KYSO_IFACE_MANAGER,
    .read_action = KYSO_ACTION_FREE,
    .methods =
        (const struct kyso_method[]){
            {"RegisterPinAgent", "agent:o options:a{sv}", "", KYSO_ACTION_FREE, register_agent},
            {"UnregisterPinAgent", "agent:o", "", KYSO_ACTION_FREE, unregister_agent},
            {0},
        },
    .properties =
        (const struct kyso_property[]){
            {"Version", "s", get_version},
            {"Profile", "s", get_profile},
            {"ReadersAvailable", "b", get_available},
            {0},
        },
};
