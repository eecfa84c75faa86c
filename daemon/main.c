/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* kysod: sets up, runs, takes down in reverse. */

#include <errno.h>
#include <getopt.h>
#include <openssl/evp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "common/error.h"
#include "common/jail.h"
#include "common/log.h"
#include "common/names.h"
#include "common/outcome.h"
#include "config.h"
#include "daemon/calendar.h"
#include "daemon/daemon.h"
#include "daemon/policy-change.h"
#include "daemon/recovery-desk.h"

static const struct kyso_interface *const ROOT_INTERFACES[] = {
    &KYSO_MANAGER_INTERFACE,
    &KYSO_SIGNER_INTERFACE,
    &KYSO_VERIFIER_INTERFACE,
    &KYSO_RELEASE_INTERFACE,
    &KYSO_AUDIT_INTERFACE,
    &KYSO_ROSTER_INTERFACE,
    &KYSO_DEADLINES_INTERFACE,
    &KYSO_REPORT_INTERFACE,
    &KYSO_FORMS_INTERFACE,
    &KYSO_RECOVERY_INTERFACE,
    NULL,
};

static void call_came(void *data, DBusMessage *message)
{
    struct kyso_daemon *daemon = data;

    if (daemon->objects != NULL)
        kyso_objects_call(daemon->objects, message);
}

static void name_changed(void *data, DBusMessage *message)
{
    struct kyso_daemon *daemon = data;
    const char *name, *old, *new;

    if (daemon->callers != NULL &&
        dbus_message_get_args(message, NULL, DBUS_TYPE_STRING, &name, DBUS_TYPE_STRING, &old,
                              DBUS_TYPE_STRING, &new, DBUS_TYPE_INVALID) &&
        name[0] == ':' && *new == '\0')
        kyso_callers_name_lost(daemon->callers, name);
}

static void bus_lost(void *data)
{
    struct kyso_daemon *daemon = data;

    kyso_log(KYSO_LOG_ERROR, "the bus is gone");
    kyso_loop_quit(daemon->loop, 1);
}

static const struct kyso_bus_handler BUS_HANDLER = {call_came, name_changed, bus_lost};

static void asked_to_end(void *data)
{
    struct kyso_daemon *daemon = data;

    kyso_log(KYSO_LOG_INFO, "asked to end");
    kyso_loop_quit(daemon->loop, 0);
}

static void ready(void *data)
{
    struct kyso_daemon *daemon = data;

    kyso_recovery_desk_start(daemon->desk);
    if (kyso_bus_own(daemon->bus, KYSO_BUS_NAME) < 0)
        kyso_loop_quit(daemon->loop, 1);
    else
        kyso_log(KYSO_LOG_INFO, "version %s, profile %s, ready", KYSO_VERSION,
                 daemon->config->profile.id);
}

static void say_problem(int result, const struct kyso_conf_problem *problem)
{
    kyso_log(KYSO_LOG_ERROR, "configuration: %s:%u: %s", problem->file, problem->line,
             result < 0 ? strerror(-result) : problem->what);
}

static int open_roster(struct kyso_daemon *daemon)
{
    struct kyso_conf_problem problem = {.what = "unreadable"};
    int r =
        kyso_roster_open(daemon->store, daemon->audit, KYSO_CONFIG_DIR, &daemon->roster, &problem);

    if (r != 0 && r != KYSO_OUTCOME_STORE_FAILED)
        say_problem(r, &problem);
    return r;
}

static int load_configuration(struct kyso_daemon *daemon)
{
    struct kyso_conf_problem problem = {.what = "unreadable"};
    int r = kyso_settings_load(KYSO_CONFIG_DIR, KYSO_PKGDATADIR, &daemon->config, &problem);

    if (r == 0)
        r = kyso_calendar_load(KYSO_CONFIG_DIR, KYSO_PKGDATADIR, &daemon->calendar, &problem);
    if (r != 0)
        say_problem(r, &problem);
    else if (daemon->config->n_roots == 0)
        kyso_log(KYSO_LOG_WARNING, "configuration: no root certificate in " KYSO_CONFIG_DIR
                                   "/roots.d: no signature can be found valid");
    return r;
}

static int add_signal(struct kyso_daemon *daemon, int signo)
{
    struct kyso_source *source;

    return kyso_loop_add_signal(daemon->loop, signo, asked_to_end, daemon, &source);
}

static int set_up(struct kyso_daemon *daemon)
{
    int r = load_configuration(daemon);

    if (r == 0)
        r = kyso_loop_new(&daemon->loop);
    if (r == 0)
        r = add_signal(daemon, SIGTERM);
    if (r == 0)
        r = add_signal(daemon, SIGINT);
    if (r == 0)
        r = kyso_store_open(KYSO_STATE_DIR, &daemon->store);
    if (r == 0)
        r = kyso_audit_new(daemon->store, &daemon->audit);
    if (r == 0)
        r = kyso_policy_change_record(daemon->store, daemon->audit, daemon->config);
    if (r == 0)
        r = open_roster(daemon);
    if (r == 0)
        r = kyso_counter_new(daemon->store, daemon->audit, &daemon->counter);
    if (r == 0)
        r = kyso_bus_new(daemon->loop, &BUS_HANDLER, daemon, &daemon->bus);
    if (r == 0)
        r = kyso_callers_new(daemon->bus, &daemon->callers);
    if (r == 0)
        r = kyso_objects_new(daemon->bus, daemon->callers, &daemon->objects);
    if (r == 0)
        r = kyso_object_add(daemon->objects, KYSO_ROOT_PATH, ROOT_INTERFACES, daemon, NULL,
                            &daemon->root);
    if (r == 0)
        r = kyso_inventory_new(daemon->objects, daemon->store, daemon->counter, daemon->config,
                               daemon->roster, &daemon->inventory);
    if (r == 0)
        r = kyso_deadlines_new(daemon, &daemon->calendar, &daemon->deadlines);
    if (r == 0)
        r = kyso_recovery_desk_new(daemon, &daemon->desk);
    if (r == 0)
        r = kyso_tokens_new(daemon->loop, daemon->inventory, ready, daemon, &daemon->tokens);
    return r;
}

static void take_down(struct kyso_daemon *daemon)
{
    kyso_signer_stop();
    kyso_verifier_stop();
    kyso_release_stop();
    kyso_auditor_stop();
    kyso_reporter_stop();
    kyso_former_stop();
    (void)kyso_tokens_free(daemon->tokens);
    (void)kyso_recovery_desk_free(daemon->desk);
    (void)kyso_deadlines_free(daemon->deadlines);
    (void)kyso_inventory_free(daemon->inventory);
    (void)kyso_objects_free(daemon->objects);
    (void)kyso_callers_free(daemon->callers);
    (void)kyso_bus_free(daemon->bus);
    (void)kyso_counter_free(daemon->counter);
    (void)kyso_roster_free(daemon->roster);
    (void)kyso_audit_free(daemon->audit);
    (void)kyso_store_free(daemon->store);
    (void)kyso_loop_free(daemon->loop);
    (void)kyso_settings_free(daemon->config);
    dbus_shutdown();
}

static int run(void)
{
    struct kyso_daemon daemon = {0};
    int r = set_up(&daemon);

    if (r == 0)
        r = kyso_loop_run(daemon.loop);
    take_down(&daemon);
    if (r < 0)
        kyso_log(KYSO_LOG_ERROR, "ended: %s", strerror(-r));
    return r == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
    static const struct option OPTIONS[] = {
        {"version", no_argument, NULL, 'V'},
        {"help", no_argument, NULL, 'h'},
        {"debug", no_argument, NULL, 'd'},
        {0},
    };
    enum kyso_log_level level = KYSO_LOG_INFO;
    int option;

    while ((option = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1) {
        switch (option) {
        case 'V':
            return puts("kysod " KYSO_VERSION) < 0;
        case 'h':
            return puts("Usage: kysod [--debug] [--help] [--version]\n"
                        "See kysod(8). It is started by the bus.") < 0;
        case 'd':
            level = KYSO_LOG_DEBUG;
            break;
        default:
            return 2;
        }
    }
    if (optind < argc)
        return 2;
    kyso_log_open("kysod", level);
    if (kyso_jail_harden() < 0) {
        kyso_log(KYSO_LOG_ERROR, "cannot give up what is not needed");
        return 1;
    }
    return run();
}
