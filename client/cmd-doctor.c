/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/command.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "client/doctor.h"
#include "client/failure.h"
#include "client/i18n.h"
#include "client/map.h"
#include "client/messages.h"
#include "client/output.h"
#include "client/tokens.h"
#include "common/names.h"
#include "config.h"

#define PCSCD_SOCKET "/run/pcscd/pcscd.comm"

static const char *const HEALTH_WORDS[] = {"good", "note", "open-door", "broken"};

void kyso_doctor_add(struct json_object *list, const char *check, enum kyso_health health,
                     const char *what, const char *more, const char *next)
{
    struct json_object *finding = json_object_new_object();

    if (finding == NULL)
        return;
    kyso_json_add_string(finding, "check", check);
    kyso_json_add_string(finding, "health", HEALTH_WORDS[health]);
    kyso_json_add_string(finding, "message", what);
    if (more != NULL)
        kyso_json_add_string(finding, "detail", more);
    kyso_json_add_string(finding, "next", next);
    if (json_object_array_add(list, finding) < 0)
        (void)json_object_put(finding);
}

static void add_failure(struct json_object *list, const char *check, struct json_object *failure)
{
    struct json_object *message = NULL, *next = NULL, *why = NULL;

    if (failure == NULL)
        return;
    kyso_failure_explain(failure);
    (void)json_object_object_get_ex(failure, "message", &message);
    (void)json_object_object_get_ex(failure, "next", &next);
    (void)json_object_object_get_ex(failure, "why", &why);
    kyso_doctor_add(list, check, KYSO_HEALTH_BROKEN, json_object_get_string(message),
                    why == NULL ? NULL : json_object_get_string(why), json_object_get_string(next));
    (void)json_object_put(failure);
}

static void check_version(struct json_object *list, const struct kyso_map *service)
{
    const char *version = kyso_map_string(service, "Version");

    if (strcmp(version, KYSO_VERSION) == 0)
        kyso_doctor_add(list, "service", KYSO_HEALTH_GOOD, _("The signing service answers."),
                        version, "");
    else
        kyso_doctor_add(
            list, "service", KYSO_HEALTH_NOTE,
            _("The signing service answers, but has another version than this program."), version,
            kyso_message_next(KYSO_WORDS_DETAIL, "other-version"));
}

static void check_service(struct json_object *list, const struct kyso_map *service)
{
    const char *profile = kyso_map_string(service, "Profile");

    check_version(list, service);
    if (profile[0] != '\0')
        kyso_doctor_add(list, "profile", KYSO_HEALTH_GOOD, _("Rules in force:"), profile, "");
    else
        kyso_doctor_add(list, "profile", KYSO_HEALTH_BROKEN, _("No rules (profile) are in force."),
                        NULL, _("Ask the administrator to choose a profile in /etc/kyso."));
    if (kyso_map_bool(service, "ReadersAvailable"))
        kyso_doctor_add(list, "readers", KYSO_HEALTH_GOOD,
                        _("The service can reach the smart card daemon pcscd."), NULL, "");
    else
        kyso_doctor_add(list, "readers", KYSO_HEALTH_BROKEN,
                        _("The service cannot reach the smart card daemon pcscd."), NULL,
                        _("Look at “systemctl status pcscd.socket”; if pcscd asks polkit, the user "
                          "kyso needs the right org.debian.pcsc-lite.access_pcsc."));
}

static void check_token(struct json_object *list, const struct kyso_map *token)
{
    const char *state = kyso_map_string(token, "PinState");
    const char *serial = kyso_map_string(token, "Serial");

    if (strcmp(state, "locked") == 0)
        kyso_doctor_add(list, "token", KYSO_HEALTH_BROKEN,
                        kyso_message(KYSO_WORDS_OUTCOME, "locked"), serial,
                        kyso_message_next(KYSO_WORDS_OUTCOME, "locked"));
    else if (strcmp(state, "final-try") == 0)
        kyso_doctor_add(list, "token", KYSO_HEALTH_NOTE, _("A token has one try left."), serial,
                        kyso_message_next(KYSO_WORDS_OUTCOME, "pin-last-try"));
    else
        kyso_doctor_add(list, "token", KYSO_HEALTH_GOOD, _("A token is known."), serial, "");
}

static void check_certificate(struct json_object *list, const struct kyso_map *certificate)
{
    const char *problem = kyso_map_string(certificate, "Problem");
    const char *name = kyso_map_string(certificate, "CommonName");

    if (problem[0] != '\0')
        kyso_doctor_add(list, "certificate", KYSO_HEALTH_NOTE,
                        kyso_message(KYSO_WORDS_CERTIFICATE, problem), name,
                        kyso_message_next(KYSO_WORDS_CERTIFICATE, problem));
}

static void check_objects(struct json_object *list, const struct kyso_map *objects)
{
    const char *path;
    size_t n = 0;

    for (size_t i = 0; (path = kyso_map_key(objects, i)) != NULL; i++) {
        const struct kyso_map *object = kyso_map_child(objects, path);

        if (kyso_map_child(object, KYSO_IFACE_TOKEN) != NULL) {
            check_token(list, kyso_map_child(object, KYSO_IFACE_TOKEN));
            n++;
        }
        if (kyso_map_child(object, KYSO_IFACE_CERTIFICATE) != NULL)
            check_certificate(list, kyso_map_child(object, KYSO_IFACE_CERTIFICATE));
    }
    if (n == 0)
        kyso_doctor_add(list, "token", KYSO_HEALTH_NOTE, _("No token is known."), NULL,
                        _("Plug one in. If it does not appear, its driver is missing: see the "
                          "drivers below."));
}

static void check_bus(struct json_object *list)
{
    KYSO_SESSION struct kyso_session session = {.signals = -1};
    struct kyso_map *service = NULL, *objects = NULL;
    int r = kyso_session_open(&session);

    if (r != 0) {
        kyso_doctor_add(list, "bus", KYSO_HEALTH_BROKEN,
                        kyso_message(KYSO_WORDS_DETAIL, "bus-unavailable"), NULL,
                        kyso_message_next(KYSO_WORDS_DETAIL, "bus-unavailable"));
        return;
    }
    kyso_doctor_add(list, "bus", KYSO_HEALTH_GOOD, _("The system message bus answers."), NULL, "");
    r = kyso_service(session.client, &service);
    if (r != 0) {
        add_failure(list, "service", kyso_failure_of(session.client, r));
        return;
    }
    check_service(list, service);
    (void)kyso_map_free(service);
    r = kyso_objects(session.client, &objects);
    if (r != 0)
        add_failure(list, "objects", kyso_failure_of(session.client, r));
    else
        check_objects(list, objects);
    (void)kyso_map_free(objects);
}

static const char *string_of(struct json_object *finding, const char *key)
{
    struct json_object *value;

    return json_object_object_get_ex(finding, key, &value) ? json_object_get_string(value) : "";
}

static void print_finding(struct json_object *finding, bool colour)
{
    const char *health = string_of(finding, "health");
    const char *detail = string_of(finding, "detail"), *next = string_of(finding, "next");
    const char *mark = _("ok"), *code = "32";

    if (strcmp(health, "broken") == 0) {
        mark = _("BROKEN");
        code = "1;31";
    } else if (strcmp(health, "open-door") == 0) {
        mark = _("OPEN DOOR");
        code = "31";
    } else if (strcmp(health, "note") == 0) {
        mark = _("note");
        code = "33";
    }
    if (colour)
        (void)printf("\033[%sm%s\033[0m: ", code, mark);
    else
        (void)printf("%s: ", mark);
    kyso_print_clean(stdout, string_of(finding, "message"));
    if (detail[0] != '\0') {
        (void)putchar(' ');
        kyso_print_clean(stdout, detail);
    }
    (void)putchar('\n');
    if (next[0] != '\0')
        (void)printf("  %s %s\n", _("Next:"), next);
}

static int print_findings(struct json_object *list, bool json)
{
    KYSO_JSON struct json_object *answer = json_object_new_object();
    bool colour = isatty(STDOUT_FILENO) == 1 && getenv("NO_COLOR") == NULL;
    int status = 0;

    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *finding = json_object_array_get_idx(list, i);

        if (strcmp(string_of(finding, "health"), "broken") == 0)
            status = 1;
        if (!json)
            print_finding(finding, colour);
    }
    if (!json) {
        (void)puts(status == 0 ? _("Nothing found that keeps signing from working.")
                               : _("What is marked BROKEN keeps signing from working."));
        return status;
    }
    kyso_json_add_string(answer, "command", "doctor");
    kyso_json_add(answer, "findings", json_object_get(list));
    kyso_json_add_number(answer, "exit-status", status);
    kyso_json_print(answer, false);
    return status;
}

int kyso_cmd_doctor(int argc, char **argv)
{
    static const struct option OPTIONS[] = {
        {"json", no_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    KYSO_JSON struct json_object *list = json_object_new_array();
    bool json = false;
    int option;

    while ((option = getopt_long(argc, argv, "h", OPTIONS, NULL)) != -1) {
        if (option == 'h') {
            (void)puts(_("Usage: kyso doctor [--json]\n\n"
                         "Looks for what keeps signing from working and says what to do about it.\n"
                         "Exit status 1 when something does."));
            return 0;
        }
        if (option != 'j')
            return kyso_usage("doctor", NULL);
        json = true;
    }
    if (optind != argc)
        return kyso_usage("doctor", _("There are too many arguments."));
    check_bus(list);
    kyso_doctor_session(list);
    kyso_doctor_pcscd(list, PCSCD_SOCKET);
    kyso_doctor_modules(list, KYSO_CONFIG_DIR "/modules.d");
    return print_findings(list, json);
}
