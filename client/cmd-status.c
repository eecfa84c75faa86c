/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* kyso status: what has to be done and by when; and the terms that somebody enters. */

#include "client/command.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "client/clause.h"
#include "client/failure.h"
#include "client/i18n.h"
#include "client/map.h"
#include "client/messages.h"
#include "client/moment.h"
#include "client/output.h"
#include "common/names.h"

struct request {
    bool json, help;
    const char *certificate, *note;
    uint64_t at; /* 0: now */
};

static void print_help(void)
{
    (void)puts(
        _("Usage: kyso status [--json]\n"
          "       kyso status begin KIND [--at TIME] [--certificate FINGERPRINT] [--note TEXT]\n"
          "                         [--json]\n"
          "       kyso status finish ID [--at TIME] [--json]\n\n"
          "Shows locked tokens, certificates that end, running terms and the next report, the\n"
          "most urgent first. begin watches a term: KIND is revocation (a request came in),\n"
          "token-return (a certificate was revoked), handover (a token came in) or renewal-list\n"
          "(a request came in). finish says that what was to be done is done; “finish report”\n"
          "that the report was handed in. TIME is YYYY-MM-DD or YYYY-MM-DDTHH:MM."));
}

/* ---- showing ---- */

static const char *common_name(const struct kyso_map *objects, const char *fingerprint)
{
    const char *path;

    for (size_t i = 0; (path = kyso_map_key(objects, i)) != NULL; i++) {
        const struct kyso_map *certificate =
            kyso_map_child(kyso_map_child(objects, path), KYSO_IFACE_CERTIFICATE);

        if (certificate != NULL &&
            strcmp(kyso_map_string(certificate, "Fingerprint"), fingerprint) == 0)
            return kyso_map_string(certificate, "CommonName");
    }
    return "";
}

static void print_part(const char *before, const char *text)
{
    if (text[0] == '\0')
        return;
    (void)fputs(before, stdout);
    kyso_print_clean(stdout, text);
}

static void print_deadline(const struct kyso_map *objects, const struct kyso_map *deadline)
{
    const char *advice = kyso_map_string(deadline, "advice");
    KYSO_FREE char *clause = kyso_clause_spell(kyso_map_string(deadline, "clause"));

    (void)printf("%-10s  ", kyso_map_string(deadline, "due-date"));
    kyso_print_clean(stdout, kyso_message(KYSO_WORDS_STATE, kyso_map_string(deadline, "state")));
    print_part(": ", kyso_message(KYSO_WORDS_STATE, kyso_map_string(deadline, "kind")));
    print_part(", ", common_name(objects, kyso_map_string(deadline, "certificate")));
    print_part(", ", kyso_map_string(deadline, "note"));
    if (strcmp(advice, "none") != 0)
        print_part(": ", kyso_message(KYSO_WORDS_STATE, advice));
    (void)printf("  [%s]\n", kyso_map_string(deadline, "id"));
    print_part("            ", clause != NULL ? clause : "");
    if (clause != NULL && clause[0] != '\0')
        (void)putchar('\n');
    if (strcmp(kyso_map_string(deadline, "calendar"), "missing") == 0)
        (void)printf("            %s\n",
                     _("The public holidays of that year are not known: see kyso.conf(5)."));
}

static void print_tokens(const struct kyso_map *objects)
{
    const char *path;

    for (size_t i = 0; (path = kyso_map_key(objects, i)) != NULL; i++) {
        const struct kyso_map *token =
            kyso_map_child(kyso_map_child(objects, path), KYSO_IFACE_TOKEN);
        const char *state = token != NULL ? kyso_map_string(token, "PinState") : "ok";

        if (strcmp(state, "ok") == 0 || strcmp(state, "unknown") == 0)
            continue;
        print_part("", kyso_map_string(token, "Serial"));
        print_part("  ", kyso_map_string(token, "Label"));
        print_part(": ", kyso_message(KYSO_WORDS_STATE, state));
        (void)putchar('\n');
    }
}

static bool is_open(const struct kyso_map *deadline)
{
    return strcmp(kyso_map_string(deadline, "state"), "done") != 0;
}

static void print_all(const struct kyso_map *service, const struct kyso_map *objects,
                      const struct kyso_map *deadlines)
{
    size_t n = kyso_map_length(deadlines, "Deadlines"), shown = 0;

    print_part("", _("Rules in force:"));
    print_part(" ", kyso_map_string(service, "Profile"));
    (void)putchar('\n');
    print_tokens(objects);
    for (size_t i = 0; i < n; i++) {
        const struct kyso_map *deadline = kyso_map_item(deadlines, "Deadlines", i);

        if (!is_open(deadline))
            continue;
        print_deadline(objects, deadline);
        shown++;
    }
    if (shown == 0)
        (void)puts(_("Nothing has to be done."));
}

static void print_json(const struct kyso_map *service, struct kyso_map *deadlines)
{
    KYSO_JSON struct json_object *answer = json_object_new_object();
    struct json_object *list = json_object_object_get(kyso_map_to_json(deadlines), "Deadlines");

    kyso_json_add_string(answer, "command", "status");
    kyso_json_add_string(answer, "profile", kyso_map_string(service, "Profile"));
    kyso_json_add(answer, "deadlines", json_object_get(list));
    kyso_json_add_number(answer, "exit-status", 0);
    kyso_json_print(answer, false);
}

static int show(const struct request *request)
{
    KYSO_SESSION struct kyso_session session = {.signals = -1};
    struct kyso_map *service = NULL, *objects = NULL, *deadlines = NULL;
    int status = kyso_begin("status", request->json, &session), r;

    if (status != 0)
        return status;
    r = kyso_service(session.client, &service);
    if (r == 0)
        r = kyso_objects(session.client, &objects);
    if (r == 0)
        r = kyso_deadlines(session.client, &deadlines);
    if (r != 0)
        status = kyso_end_failed("status", request->json, kyso_failure_of(session.client, r));
    else if (request->json)
        print_json(service, deadlines);
    else
        print_all(service, objects, deadlines);
    (void)kyso_map_free(service);
    (void)kyso_map_free(objects);
    (void)kyso_map_free(deadlines);
    return status;
}

/* ---- changing ---- */

static int end_done(const struct request *request, const char *id)
{
    KYSO_JSON struct json_object *answer = json_object_new_object();

    kyso_json_add_string(answer, "command", "status");
    kyso_json_add_string(answer, "id", id);
    kyso_json_add_number(answer, "exit-status", 0);
    if (request->json)
        kyso_json_print(answer, false);
    else
        (void)puts(id);
    return 0;
}

static int begin(const struct request *request, const char *kind)
{
    KYSO_SESSION struct kyso_session session = {.signals = -1};
    struct kyso_options *options = kyso_options_new();
    struct kyso_map *id = NULL;
    int status = kyso_begin("status", request->json, &session), r;

    if (status == 0) {
        if (request->certificate != NULL)
            kyso_options_string(options, "certificate", request->certificate);
        if (request->note != NULL)
            kyso_options_string(options, "note", request->note);
        r = kyso_deadline_begin(session.client, kind, request->at, options, &id);
        status = r == 0
                     ? end_done(request, kyso_map_string(id, "id"))
                     : kyso_end_failed("status", request->json, kyso_failure_of(session.client, r));
    }
    (void)kyso_map_free(id);
    options = kyso_options_free(options);
    return status;
}

static int finish(const struct request *request, const char *id)
{
    KYSO_SESSION struct kyso_session session = {.signals = -1};
    int status = kyso_begin("status", request->json, &session), r;

    if (status != 0)
        return status;
    r = kyso_deadline_finish(session.client, id, request->at);
    return r == 0 ? end_done(request, id)
                  : kyso_end_failed("status", request->json, kyso_failure_of(session.client, r));
}

/* ---- arguments ---- */

static int parse(struct request *request, int argc, char **argv)
{
    static const struct option OPTIONS[] = {
        {"json", no_argument, NULL, 'j'},       {"at", required_argument, NULL, 'a'},
        {"note", required_argument, NULL, 'n'}, {"certificate", required_argument, NULL, 'c'},
        {"help", no_argument, NULL, 'h'},       {NULL, 0, NULL, 0},
    };
    int option;

    while ((option = getopt_long(argc, argv, "h", OPTIONS, NULL)) != -1) {
        if (option == 'j')
            request->json = true;
        else if (option == 'h')
            request->help = true;
        else if (option == 'n')
            request->note = optarg;
        else if (option == 'c')
            request->certificate = optarg;
        else if (option != 'a')
            return kyso_usage("status", NULL);
        else if (!kyso_moment_read(optarg, &request->at))
            return kyso_usage("status", _("A time is YYYY-MM-DD or YYYY-MM-DDTHH:MM."));
    }
    return 0;
}

int kyso_cmd_status(int argc, char **argv)
{
    struct request request = {0};
    int status = parse(&request, argc, argv);
    int n = argc - optind;

    if (status != 0)
        return status;
    if (request.help) {
        print_help();
        return 0;
    }
    if (n == 0)
        return show(&request);
    if (n == 2 && strcmp(argv[optind], "begin") == 0)
        return begin(&request, argv[optind + 1]);
    if (n == 2 && strcmp(argv[optind], "finish") == 0)
        return finish(&request, argv[optind + 1]);
    return kyso_usage("status", _("Say nothing, begin KIND or finish ID."));
}
