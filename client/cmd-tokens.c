/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/command.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "client/failure.h"
#include "client/i18n.h"
#include "client/map.h"
#include "client/messages.h"
#include "client/output.h"
#include "client/roster.h"
#include "client/tokens.h"
#include "common/names.h"
#include "common/outcome.h"

static void print_help(void)
{
    (void)puts(
        _("Usage: kyso tokens list [--json]\n"
          "       kyso tokens show [SERIAL] [--roster] [--json]\n"
          "       kyso tokens watch [--json]\n\n"
          "list shows each token and its certificates on a line, show all about them, watch\n"
          "what changes until interrupted. --roster proposes the roster entry that an\n"
          "administrator checks and records with “kyso roster set”."));
}

struct request {
    bool json, roster, help;
    const char *serial; /* null: all */
};

static bool wanted(const struct request *request, const struct kyso_map *token)
{
    return request->serial == NULL ||
           strcmp(request->serial, kyso_map_string(token, "Serial")) == 0;
}

/* Calls FN for each wanted token; their number. */
static size_t each_token(const struct kyso_map *objects, const struct request *request,
                         void (*fn)(const struct kyso_map *objects, const struct kyso_map *token))
{
    const char *path;
    size_t n = 0;

    for (size_t i = 0; (path = kyso_map_key(objects, i)) != NULL; i++) {
        const struct kyso_map *token =
            kyso_map_child(kyso_map_child(objects, path), KYSO_IFACE_TOKEN);

        if (token == NULL || !wanted(request, token))
            continue;
        if (n++ > 0 && fn == kyso_token_show)
            (void)putchar('\n');
        fn(objects, token);
    }
    return n;
}

static void print_json(const struct kyso_map *objects, const struct request *request)
{
    KYSO_JSON struct json_object *answer = json_object_new_object();
    struct json_object *tokens = json_object_new_array();
    const char *path;

    for (size_t i = 0; (path = kyso_map_key(objects, i)) != NULL; i++) {
        const struct kyso_map *token =
            kyso_map_child(kyso_map_child(objects, path), KYSO_IFACE_TOKEN);

        if (token != NULL && wanted(request, token))
            (void)json_object_array_add(tokens, kyso_token_json(objects, path, token));
    }
    kyso_json_add_string(answer, "command", "tokens");
    kyso_json_add(answer, "tokens", tokens);
    kyso_json_add_number(answer, "exit-status", 0);
    kyso_json_print(answer, false);
}

static int print_objects(const struct kyso_map *objects, const struct request *request, bool all)
{
    size_t n;

    if (request->serial != NULL && each_token(objects, request, kyso_token_ignore) == 0) {
        struct json_object *failure = kyso_failure_local(KYSO_OUTCOME_NOT_FOUND, "no-token", NULL);

        kyso_json_add_string(failure, "serial", request->serial);
        return kyso_end_failed("tokens", request->json, failure);
    }
    if (request->json && !request->roster) {
        print_json(objects, request);
        return 0;
    }
    if (request->roster)
        n = each_token(objects, request, kyso_roster_print);
    else
        n = each_token(objects, request, all ? kyso_token_show : kyso_token_line);
    if (n == 0)
        (void)puts(_("No token is known. Plug one in; if it does not appear, run “kyso doctor”."));
    return 0;
}

static int look(const struct request *request, bool all)
{
    KYSO_SESSION struct kyso_session session = {.signals = -1};
    struct kyso_map *objects = NULL;
    int status = kyso_begin("tokens", request->json, &session), r;

    if (status != 0)
        return status;
    r = kyso_objects(session.client, &objects);
    if (r != 0)
        return kyso_end_failed("tokens", request->json, kyso_failure_of(session.client, r));
    status = print_objects(objects, request, all);
    (void)kyso_map_free(objects);
    return status;
}

struct watch {
    bool json, again;
};

static void on_event(void *data, const struct kyso_map *event)
{
    struct watch *watch = data;

    watch->again |= strcmp(kyso_map_string(event, "event"), "service-back") == 0;
    if (!watch->json) {
        kyso_event_line(event);
    } else {
        KYSO_JSON struct json_object *copy = kyso_json_from_map(event);

        kyso_json_print(copy, true);
    }
}

/* The state as it is now: one event for each token and certificate. */
static int print_state(struct kyso_session *session, struct watch *watch)
{
    struct kyso_map *objects = NULL;
    const char *path;
    int r = kyso_objects(session->client, &objects);

    watch->again = false;
    if (r != 0)
        return kyso_end_failed("tokens", watch->json, kyso_failure_of(session->client, r));
    for (size_t i = 0; (path = kyso_map_key(objects, i)) != NULL; i++) {
        KYSO_JSON struct json_object *event = json_object_new_object();

        if (event == NULL)
            break;
        kyso_json_add_string(event, "event", "present");
        kyso_json_add_string(event, "path", path);
        kyso_json_add(event, "interfaces",
                      json_object_get(kyso_map_to_json(kyso_map_child(objects, path))));
        on_event(watch, kyso_map_from_json(event));
    }
    (void)kyso_map_free(objects);
    return 0;
}

static int watch_tokens(const struct request *request)
{
    KYSO_SESSION struct kyso_session session = {.signals = -1};
    struct watch watch = {.json = request->json, .again = true};
    int status = kyso_begin("tokens", request->json, &session);

    if (status != 0)
        return status;
    kyso_client_on_event(session.client, on_event, &watch);
    while (!session.interrupted && !ferror(stdout)) {
        int r;

        if (watch.again) {
            status = print_state(&session, &watch);
            if (status != 0)
                return session.interrupted ? 0 : status;
        }
        r = kyso_client_wait(session.client, -1);
        if (r != 0)
            return kyso_end_failed("tokens", request->json, kyso_failure_of(session.client, r));
        (void)fflush(stdout);
    }
    return 0;
}

static int parse(struct request *request, int argc, char **argv)
{
    static const struct option OPTIONS[] = {
        {"json", no_argument, NULL, 'j'},
        {"roster", no_argument, NULL, 'r'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int option;

    while ((option = getopt_long(argc, argv, "h", OPTIONS, NULL)) != -1) {
        if (option == 'h')
            request->help = true;
        else if (option == 'j')
            request->json = true;
        else if (option == 'r')
            request->roster = true;
        else
            return kyso_usage("tokens", NULL);
    }
    return 0;
}

int kyso_cmd_tokens(int argc, char **argv)
{
    struct request request = {0};
    const char *verb;
    int status = parse(&request, argc, argv);
    int n = argc - optind;

    if (status != 0)
        return status;
    if (request.help) {
        print_help();
        return 0;
    }
    verb = n > 0 ? argv[optind] : "list";
    if (strcmp(verb, "show") == 0 && n <= 2) {
        request.serial = n == 2 ? argv[optind + 1] : NULL;
        return look(&request, true);
    }
    if (n > 1 || request.roster)
        return kyso_usage("tokens", _("There are too many arguments."));
    if (strcmp(verb, "list") == 0)
        return look(&request, false);
    if (strcmp(verb, "watch") == 0)
        return watch_tokens(&request);
    return kyso_usage("tokens", _("Say list, show or watch."));
}
