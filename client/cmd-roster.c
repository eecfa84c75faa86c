/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/command.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "client/columns.h"
#include "client/failure.h"
#include "client/i18n.h"
#include "client/map.h"
#include "client/messages.h"
#include "client/output.h"
#include "client/roster-table.h"
#include "common/names.h"
#include "common/outcome.h"

static void print_help(void)
{
    (void)puts(_(
        "Usage: kyso roster [person | organisation] list [--json]\n"
        "       kyso roster [person | organisation] show KEY [--json]\n"
        "       kyso roster [person | organisation] set KEY [FIELD=VALUE...] [--dry-run] [--json]\n"
        "       kyso roster [person | organisation] remove KEY [--json]\n"
        "       kyso roster [person | organisation] import FILE.csv [--dry-run] [--json]\n"
        "       kyso roster [person | organisation] export [FILE.csv] [--excel] [--force] "
        "[--json]\n\n"
        "Says who is who: whose a certificate is (KEY: its fingerprint), and what the forms need\n"
        "of persons and organisations (KEY: an id). Changes act at once. Everybody who may use\n"
        "kyso may list; the rest is for administrators (root, and the group kyso-admins).\n"
        "Without FIELD=VALUE, set reads such lines from standard input, so that nothing of a\n"
        "person is seen in the list of processes. Tables are CSV in UTF-8, with commas or\n"
        "semicolons; --excel writes one that a Vietnamese spreadsheet opens. Fields:"));
    for (enum kyso_register which = KYSO_REGISTER_ENTRIES; which <= KYSO_REGISTER_ORGANISATIONS;
         which++) {
        static const char *const NAMES[] = {"", "person", "organisation"};
        size_t n;
        const struct kyso_column *columns = kyso_columns(which, &n);

        (void)printf("  kyso roster%s%s", which > 0 ? " " : "", NAMES[which]);
        for (size_t i = 1; i < n; i++)
            (void)printf("%s %s", i % 7 == 1 ? "\n   " : "", columns[i].name);
        (void)putchar('\n');
    }
}

static int fail_with(const struct kyso_roster_request *request, struct kyso_session *session,
                     int result)
{
    return kyso_end_failed("roster", request->json, kyso_failure_of(session->client, result));
}

/* ---- list ---- */

/* The name in the certificate, where the service has ever seen it. */
static const char *name_of(const struct kyso_map *objects, const char *fingerprint)
{
    char path[160];

    (void)snprintf(path, sizeof(path), KYSO_ROOT_PATH "/certificates/%.64s", fingerprint);
    return kyso_map_string(kyso_map_child(kyso_map_child(objects, path), KYSO_IFACE_CERTIFICATE),
                           "CommonName");
}

static void print_part(const char *before, const char *text)
{
    if (*text == '\0')
        return;
    (void)fputs(before, stdout);
    kyso_print_clean(stdout, text);
}

static void print_entry_line(const struct kyso_map *objects, const struct kyso_map *entry)
{
    const char *fingerprint = kyso_map_string(entry, "fingerprint");

    (void)printf("%s  %s", fingerprint,
                 kyso_message(KYSO_WORDS_STATE, kyso_map_string(entry, "class")));
    print_part("  ", name_of(objects, fingerprint));
    print_part(", ", kyso_map_string(entry, "title"));
    print_part(", ", kyso_map_string(entry, "organisation-name"));
    for (size_t i = 0; i < kyso_map_length(entry, "users"); i++)
        print_part(i == 0 ? "  (" : ", ", kyso_map_item_string(entry, "users", i));
    (void)puts(kyso_map_length(entry, "users") > 0 ? ")" : "");
}

static void print_list(const struct kyso_roster_request *request, const struct kyso_map *objects,
                       const struct kyso_map *list)
{
    bool entries = request->which == KYSO_REGISTER_ENTRIES;
    const char *key = entries ? "entries" : "ids";
    size_t n = kyso_map_length(list, key);

    if (request->json) {
        KYSO_JSON struct json_object *answer = json_object_new_object();

        kyso_json_add_string(answer, "command", "roster");
        kyso_json_add(answer, key,
                      json_object_get(json_object_object_get(kyso_map_to_json(list), key)));
        kyso_json_add_number(answer, "exit-status", 0);
        kyso_json_print(answer, false);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        if (entries) {
            print_entry_line(objects, kyso_map_item(list, key, i));
        } else {
            print_part("", kyso_map_item_string(list, key, i));
            (void)putchar('\n');
        }
    }
    if (n == 0)
        (void)puts(_("Nothing is recorded yet."));
}

static int list_all(const struct kyso_roster_request *request)
{
    KYSO_SESSION struct kyso_session session = {.signals = -1};
    struct kyso_map *list = NULL, *objects = NULL;
    int status = kyso_begin("roster", request->json, &session), r;

    if (status != 0)
        return status;
    r = kyso_register_list(session.client, request->which, &list);
    if (r == 0 && request->which == KYSO_REGISTER_ENTRIES && !request->json)
        r = kyso_objects(session.client, &objects);
    if (r == 0)
        print_list(request, objects, list);
    else
        status = fail_with(request, &session, r);
    (void)kyso_map_free(list);
    (void)kyso_map_free(objects);
    return status;
}

/* ---- show ---- */

static void print_fields(const struct kyso_roster_request *request, const struct kyso_map *map)
{
    size_t n;
    const struct kyso_column *columns = kyso_columns(request->which, &n);

    if (request->json) {
        KYSO_JSON struct json_object *answer = json_object_new_object();

        kyso_json_add_string(answer, "command", "roster");
        kyso_json_add(answer, "entry", json_object_get(kyso_map_to_json(map)));
        kyso_json_add_number(answer, "exit-status", 0);
        kyso_json_print(answer, false);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        KYSO_FREE char *text = kyso_column_text(&columns[i], map);

        if (text == NULL || *text == '\0')
            continue;
        (void)printf("%s ", _(columns[i].label));
        kyso_print_clean(stdout, text);
        (void)printf("  [%s]\n", columns[i].name);
    }
}

static const struct kyso_map *entry_named(const struct kyso_map *list, const char *fingerprint)
{
    for (size_t i = 0; i < kyso_map_length(list, "entries"); i++) {
        const struct kyso_map *entry = kyso_map_item(list, "entries", i);

        if (strcasecmp(kyso_map_string(entry, "fingerprint"), fingerprint) == 0)
            return entry;
    }
    return NULL;
}

static int show_entry(const struct kyso_roster_request *request, struct kyso_session *session,
                      const char *key)
{
    struct kyso_map *list = NULL;
    const struct kyso_map *entry;
    int status = 0, r = kyso_register_list(session->client, request->which, &list);

    if (r != 0)
        return fail_with(request, session, r);
    entry = entry_named(list, key);
    if (entry != NULL)
        print_fields(request, entry);
    else
        status = kyso_end_failed("roster", request->json,
                                 kyso_failure_local(KYSO_OUTCOME_NOT_FOUND, "roster-entry", NULL));
    (void)kyso_map_free(list);
    return status;
}

static int show(const struct kyso_roster_request *request, const char *key)
{
    KYSO_SESSION struct kyso_session session = {.signals = -1};
    struct kyso_map *found = NULL;
    int status = kyso_begin("roster", request->json, &session), r;

    if (status != 0)
        return status;
    if (request->which == KYSO_REGISTER_ENTRIES)
        return show_entry(request, &session, key);
    r = kyso_register_get(session.client, request->which, key, &found);
    if (r != 0)
        return fail_with(request, &session, r);
    print_fields(request, found);
    (void)kyso_map_free(found);
    return 0;
}

/* ---- set and remove ---- */

static int done(const struct kyso_roster_request *request)
{
    KYSO_JSON struct json_object *answer = NULL;

    if (!request->json)
        return 0;
    answer = json_object_new_object();
    kyso_json_add_string(answer, "command", "roster");
    kyso_json_add_bool(answer, "done", !request->dry_run);
    kyso_json_add_number(answer, "exit-status", 0);
    kyso_json_print(answer, false);
    return 0;
}

/* Ends with one field's problem, as the service would. */
static int field_failed(const struct kyso_roster_request *request, const char *field,
                        const char *what)
{
    struct json_object *failure = kyso_failure_local(KYSO_OUTCOME_BAD_ARGUMENT, what, NULL);

    if (failure != NULL)
        kyso_json_add_string(failure, "option", field);
    return kyso_end_failed("roster", request->json, failure);
}

/* Takes "field = value" apart, in place. Null, or what is wrong, with *RET_FIELD. */
static const char *put_assignment(enum kyso_register which, char *text,
                                  struct kyso_options *options, const char **ret_field)
{
    char *equals = strchr(text, '=');
    const struct kyso_column *column;
    size_t length;

    *ret_field = text;
    if (equals == NULL)
        return "no-value";
    *equals++ = '\0';
    length = strlen(text);
    while (length > 0 && (text[length - 1] == ' ' || text[length - 1] == '\t'))
        text[--length] = '\0';
    equals += strspn(equals, " \t");
    length = strlen(equals);
    while (length > 0 && strchr(" \t\r\n", equals[length - 1]) != NULL)
        equals[--length] = '\0';
    column = kyso_column_named(which, text);
    return column == NULL ? "unknown-field" : kyso_column_put(column, equals, options);
}

/* 0, or the exit status. */
static int read_assignments(const struct kyso_roster_request *request, char **words, int n,
                            struct kyso_options *options)
{
    char line[4096];
    const char *field = "", *what = NULL;

    for (int i = 0; what == NULL && i < n; i++)
        what = put_assignment(request->which, words[i], options, &field);
    while (n == 0 && what == NULL && fgets(line, sizeof(line), stdin) != NULL) {
        char *text = line + strspn(line, " \t");

        if (*text != '\0' && strchr("#\r\n", *text) == NULL)
            what = put_assignment(request->which, text, options, &field);
    }
    return what != NULL ? field_failed(request, field, what) : 0;
}

/* A dry run is an import of one row. */
static int try_set(const struct kyso_roster_request *request, struct kyso_session *session,
                   struct kyso_options *fields)
{
    const struct kyso_options *rows[] = {fields};
    struct kyso_options *options = kyso_options_new();
    struct kyso_map *report = NULL;
    const struct kyso_map *problem;
    int status = 0, r;

    kyso_options_bool(options, "dry-run", true);
    r = kyso_register_import(session->client, request->which, rows, 1, options, &report);
    (void)kyso_options_free(options);
    if (r != 0)
        return fail_with(request, session, r);
    problem = kyso_map_item(report, "problems", 0);
    if (problem != NULL)
        status = field_failed(request, kyso_map_string(problem, "field"),
                              kyso_map_string(problem, "problem"));
    (void)kyso_map_free(report);
    return status == 0 ? done(request) : status;
}

static int set_fields(const struct kyso_roster_request *request, const char *key, char **words,
                      int n, struct kyso_options *options)
{
    KYSO_SESSION struct kyso_session session = {.signals = -1};
    size_t n_columns;
    int status, r;

    if (request->dry_run)
        kyso_options_string(options, kyso_columns(request->which, &n_columns)->name, key);
    status = read_assignments(request, words, n, options);
    if (status == 0)
        status = kyso_begin("roster", request->json, &session);
    if (status != 0)
        return status;
    if (request->dry_run)
        return try_set(request, &session, options);
    r = kyso_register_set(session.client, request->which, key, options);
    return r != 0 ? fail_with(request, &session, r) : done(request);
}

static int set(const struct kyso_roster_request *request, const char *key, char **words, int n)
{
    struct kyso_options *options = kyso_options_new();
    int status = set_fields(request, key, words, n, options);

    (void)kyso_options_free(options);
    return status;
}

static int remove_one(const struct kyso_roster_request *request, const char *key)
{
    KYSO_SESSION struct kyso_session session = {.signals = -1};
    int status = kyso_begin("roster", request->json, &session), r;

    if (status != 0)
        return status;
    r = kyso_register_remove(session.client, request->which, key);
    return r != 0 ? fail_with(request, &session, r) : done(request);
}

/* ---- the command line ---- */

static int parse(struct kyso_roster_request *request, int argc, char **argv)
{
    static const struct option OPTIONS[] = {
        {"json", no_argument, NULL, 'j'},  {"dry-run", no_argument, NULL, 'd'},
        {"excel", no_argument, NULL, 'e'}, {"force", no_argument, NULL, 'f'},
        {"help", no_argument, NULL, 'h'},  {NULL, 0, NULL, 0},
    };
    int option;

    while ((option = getopt_long(argc, argv, "h", OPTIONS, NULL)) != -1) {
        if (option == 'h')
            request->help = true;
        else if (option == 'j')
            request->json = true;
        else if (option == 'd')
            request->dry_run = true;
        else if (option == 'e')
            request->excel = true;
        else if (option == 'f')
            request->force = true;
        else
            return kyso_usage("roster", NULL);
    }
    return 0;
}

/* WORDS: the verb and its N - 1 arguments. */
static int run(const struct kyso_roster_request *request, char **words, int n)
{
    const char *verb = n > 0 ? words[0] : "list";
    KYSO_FREE char *key = n > 1 ? kyso_column_key(request->which, words[1]) : NULL;

    if (request->dry_run && strcmp(verb, "set") != 0 && strcmp(verb, "import") != 0)
        return kyso_usage("roster", _("--dry-run belongs to set and import."));
    if ((request->excel || request->force) && strcmp(verb, "export") != 0)
        return kyso_usage("roster", _("--excel and --force belong to export."));
    if (strcmp(verb, "list") == 0 && n <= 1)
        return list_all(request);
    if (strcmp(verb, "export") == 0 && n <= 2)
        return kyso_roster_export_file(request, n == 2 ? words[1] : NULL);
    if (strcmp(verb, "import") == 0 && n == 2)
        return kyso_roster_import_file(request, words[1]);
    if (strcmp(verb, "show") == 0 && n == 2 && key != NULL)
        return show(request, key);
    if (strcmp(verb, "set") == 0 && n >= 2 && key != NULL)
        return set(request, key, words + 2, n - 2);
    if (strcmp(verb, "remove") == 0 && n == 2 && key != NULL)
        return remove_one(request, key);
    return kyso_usage("roster",
                      _("Say list, show KEY, set KEY, remove KEY, import FILE or export."));
}

int kyso_cmd_roster(int argc, char **argv)
{
    struct kyso_roster_request request = {.which = KYSO_REGISTER_ENTRIES};
    int status = parse(&request, argc, argv);
    char **words = argv + optind;
    int n = argc - optind;

    if (status != 0)
        return status;
    if (request.help) {
        print_help();
        return 0;
    }
    if (n > 0 && strcmp(words[0], "person") == 0)
        request.which = KYSO_REGISTER_PERSONS;
    else if (n > 0 && strcmp(words[0], "organisation") == 0)
        request.which = KYSO_REGISTER_ORGANISATIONS;
    return request.which == KYSO_REGISTER_ENTRIES ? run(&request, words, n)
                                                  : run(&request, words + 1, n - 1);
}
