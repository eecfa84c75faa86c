/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* kyso form: the official forms, listed and made. */

#include "client/command.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/failure.h"
#include "client/i18n.h"
#include "client/map.h"
#include "client/messages.h"
#include "client/output.h"
#include "client/result.h"
#include "common/outcome.h"
#include "config.h"

#define FOLDER KYSO_PKGDATADIR "/forms"
#define BASES_MAX 4 /* a base may have a base */
#define LIST_MAX 32 /* certificates, persons and roles of one form */

struct list {
    const char *values[LIST_MAX];
    size_t n;
};

struct request {
    bool json, help, force;
    const char *output, *format, *organisation, *purpose;
    struct list certificates, persons, roles;
};

static void print_help(void)
{
    (void)puts(
        _("Usage: kyso form list [--json]\n"
          "       kyso form show FORM [--json] [OPTION...] [KEY=VALUE...]\n"
          "       kyso form make FORM --output FILE [--force] [--format pdf|odt|csv|json]\n"
          "                      [--json] [OPTION...] [KEY=VALUE...]\n\n"
          "list names the forms that are installed; show tells the fields of one with their\n"
          "values and what is missing; make sets it. Options: --certificate FINGERPRINT and\n"
          "--person ID (each may come up to 32 times, a row each in a form with a table),\n"
          "--role ROLE=ID (the person in another part of the form, such as receiver),\n"
          "--organisation ID, --purpose new|reissue|renew|revoke|recover|other (what reports\n"
          "count it as). KEY=VALUE fills in what only a person knows. --force replaces a FILE\n"
          "that exists."));
}

/* ---- list ---- */

static const char *text_of(struct json_object *form, const char *key)
{
    struct json_object *value = NULL;

    return json_object_object_get_ex(form, key, &value) ? json_object_get_string(value) : "";
}

static int is_form(const struct dirent *entry)
{
    const char *end = strrchr(entry->d_name, '.');

    return entry->d_name[0] != '.' && end != NULL && strcmp(end, ".json") == 0;
}

/* The form in the file of this name; null when the file is none. */
static struct json_object *read_form(const char *name)
{
    char path[512];
    struct json_object *form;

    (void)snprintf(path, sizeof(path), FOLDER "/%.200s", name);
    form = json_object_from_file(path);
    if (json_object_is_type(form, json_type_object))
        return form;
    (void)json_object_put(form);
    return NULL;
}

/* Adds to ENTRY what FORM says of itself and ENTRY does not say yet. */
static void describe(struct json_object *entry, struct json_object *form)
{
    static const char *const KEYS[] = {"id", "number", "name", "clause", "instrument"};

    for (size_t i = 0; i < KYSO_ARRAY_LEN(KEYS); i++) {
        if (text_of(entry, KEYS[i])[0] == '\0')
            kyso_json_add_string(entry, KEYS[i], text_of(form, KEYS[i]));
    }
}

/* False when the file is no form, or has no base where it names one. */
static bool list_form(const char *name, struct json_object *all)
{
    struct json_object *form = read_form(name), *entry;
    char base[256];

    if (form == NULL)
        return false;
    entry = json_object_new_object();
    describe(entry, form);
    /* A form inherits what it does not say itself from its base (kyso-form(5)). */
    for (size_t depth = 0; form != NULL && text_of(form, "base")[0] != '\0' && depth < BASES_MAX;
         depth++) {
        (void)snprintf(base, sizeof(base), "%.200s.json", text_of(form, "base"));
        (void)json_object_put(form);
        form = read_form(base);
        if (form != NULL)
            describe(entry, form);
    }
    if (form == NULL) {
        (void)json_object_put(entry);
        return false;
    }
    (void)json_object_array_add(all, entry);
    (void)json_object_put(form);
    return true;
}

static void print_form(struct json_object *form)
{
    (void)printf("%-12s", text_of(form, "id"));
    kyso_print_clean(stdout, text_of(form, "number"));
    (void)fputs(": ", stdout);
    kyso_print_clean(stdout, text_of(form, "name"));
    (void)printf(" (%s)\n", text_of(form, "clause"));
}

static int list(const struct request *request)
{
    KYSO_JSON struct json_object *answer = json_object_new_object();
    struct json_object *all = json_object_new_array();
    struct dirent **names = NULL;
    int n = scandir(FOLDER, &names, is_form, versionsort), status = 0;

    if (n < 0) {
        json_object_put(all);
        return kyso_end_failed(
            "form", request->json,
            kyso_failure_local(KYSO_OUTCOME_FAILED, "input-failed", strerror(errno)));
    }
    for (int i = 0; i < n; i++) {
        if (!list_form(names[i]->d_name, all)) {
            status = 1;
            (void)fprintf(stderr, _("kyso form: %s/%s is damaged; install kyso again.\n"), FOLDER,
                          names[i]->d_name);
        }
        free(names[i]);
    }
    free(names);
    kyso_json_add_string(answer, "command", "form");
    kyso_json_add(answer, "forms", all);
    kyso_json_add_number(answer, "exit-status", status);
    if (request->json)
        kyso_json_print(answer, false);
    for (size_t i = 0; !request->json && i < json_object_array_length(all); i++)
        print_form(json_object_array_get_idx(all, i));
    return status;
}

/* ---- show and make ---- */

static void set_options(const struct request *request, struct kyso_options *options)
{
    if (request->certificates.n > 0)
        kyso_options_strings(options, "certificates", request->certificates.values,
                             request->certificates.n);
    if (request->persons.n > 0)
        kyso_options_strings(options, "persons", request->persons.values, request->persons.n);
    if (request->roles.n > 0)
        kyso_options_strings(options, "roles", request->roles.values, request->roles.n);
    if (request->organisation != NULL)
        kyso_options_string(options, "organisation", request->organisation);
    if (request->purpose != NULL)
        kyso_options_string(options, "purpose", request->purpose);
}

/* The form in a memory file, or the exit status. */
static int fetch(const struct request *request, const char *format, char **words, int n,
                 int *ret_file)
{
    KYSO_SESSION struct kyso_session session = {.signals = -1};
    struct kyso_options *options = kyso_options_new();
    struct kyso_form form = {.form = words[0],
                             .format = format,
                             .fields = (const char *const *)words + 1,
                             .n_fields = (size_t)n - 1,
                             .options = options};
    int status = kyso_begin("form", request->json, &session), r;

    if (status == 0) {
        set_options(request, options);
        r = kyso_form_make(session.client, &form, ret_file);
        if (r != 0)
            status = kyso_end_failed("form", request->json, kyso_failure_of(session.client, r));
    }
    options = kyso_options_free(options);
    return status;
}

static void print_field(struct json_object *field, const char *mark)
{
    (void)printf("%s %-32s ", mark, text_of(field, "key"));
    kyso_print_clean(stdout, text_of(field, "label"));
    if (text_of(field, "value")[0] != '\0') {
        (void)fputs(" = ", stdout);
        kyso_print_clean(stdout, text_of(field, "value"));
    }
    (void)putchar('\n');
}

static void print_list(struct json_object *told, const char *key, const char *mark)
{
    struct json_object *list = NULL;

    if (!json_object_object_get_ex(told, key, &list) || !json_object_is_type(list, json_type_array))
        return;
    for (size_t i = 0; i < json_object_array_length(list); i++)
        print_field(json_object_array_get_idx(list, i), mark);
}

static int show(const struct request *request, char **words, int n)
{
    KYSO_CLOSE int file = -1;
    KYSO_JSON struct json_object *told = NULL;
    int status = fetch(request, "json", words, n, &file);

    if (status != 0)
        return status;
    (void)lseek(file, 0, SEEK_SET);
    told = json_object_from_fd(file);
    if (!json_object_is_type(told, json_type_object))
        return kyso_end_failed("form", request->json,
                               kyso_failure_local(KYSO_OUTCOME_FAILED, "bad-answer", NULL));
    if (request->json) {
        kyso_json_add_string(told, "command", "form");
        kyso_json_print(told, false);
        return 0;
    }
    (void)puts(text_of(told, "name"));
    print_list(told, "fields", " ");
    (void)puts(_("Missing:"));
    print_list(told, "missing", "!");
    return 0;
}

static int make(const struct request *request, char **words, int n)
{
    KYSO_RESULT struct kyso_result result = {.folder = -1, .fd = -1};
    KYSO_CLOSE int file = -1;
    int r = kyso_result_open(request->output, -1, request->force, &result), status = 0;

    if (r == 0) {
        status = fetch(request, request->format, words, n, &file);
        if (status != 0)
            return status;
        r = kyso_result_commit(&result, file);
    }
    if (r != 0)
        return kyso_end_failed("form", request->json,
                               kyso_failure_local(KYSO_OUTCOME_FAILED,
                                                  r == -EEXIST ? "output-exists" : "output-failed",
                                                  strerror(-r)));
    if (request->json) {
        KYSO_JSON struct json_object *answer = json_object_new_object();

        kyso_json_add_string(answer, "command", "form");
        kyso_json_add_string(answer, "output", request->output);
        kyso_json_add_number(answer, "exit-status", 0);
        kyso_json_print(answer, false);
    }
    return 0;
}

/* ---- arguments ---- */

static const char *add(struct list *list, const char *value)
{
    if (list->n == LIST_MAX)
        return _("At most 32 of each can be named.");
    list->values[list->n++] = value;
    return NULL;
}

static const char *take_option(void *data, int option, const char *value)
{
    struct request *request = data;

    switch (option) {
    case 'j':
        request->json = true;
        return NULL;
    case 'f':
        request->force = true;
        return NULL;
    case 'h':
        request->help = true;
        return NULL;
    case 'o':
        request->output = value;
        return NULL;
    case 'F':
        request->format = value;
        return NULL;
    case 'O':
        request->organisation = value;
        return NULL;
    case 'P':
        request->purpose = value;
        return NULL;
    case 'c':
        return add(&request->certificates, value);
    case 'p':
        return add(&request->persons, value);
    case 'r':
        return add(&request->roles, value);
    default:
        return "";
    }
}

static int parse(struct request *request, int argc, char **argv)
{
    static const struct option OPTIONS[] = {
        {"json", no_argument, NULL, 'j'},
        {"force", no_argument, NULL, 'f'},
        {"output", required_argument, NULL, 'o'},
        {"format", required_argument, NULL, 'F'},
        {"organisation", required_argument, NULL, 'O'},
        {"purpose", required_argument, NULL, 'P'},
        {"certificate", required_argument, NULL, 'c'},
        {"person", required_argument, NULL, 'p'},
        {"role", required_argument, NULL, 'r'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };

    return kyso_parse_options("form", argc, argv, "ho:", OPTIONS, take_option, request);
}

int kyso_cmd_form(int argc, char **argv)
{
    struct request request = {.format = "pdf"};
    int status = parse(&request, argc, argv);
    int n = argc - optind - 1; /* words behind the verb */
    const char *verb;

    if (status != 0)
        return status;
    if (request.help) {
        print_help();
        return 0;
    }
    verb = n >= 0 ? argv[optind] : "";
    if (strcmp(verb, "list") == 0 && n == 0)
        return request.output == NULL
                   ? list(&request)
                   : kyso_usage("form", _("--output belongs to “kyso form make”."));
    if ((strcmp(verb, "show") != 0 && strcmp(verb, "make") != 0) || n < 1)
        return kyso_usage("form", _("Say list, show FORM or make FORM."));
    status = kyso_check_fields("form", argv + optind + 2, n - 1);
    if (status != 0)
        return status;
    if (strcmp(verb, "show") == 0)
        return show(&request, argv + optind + 1, n);
    return request.output != NULL ? make(&request, argv + optind + 1, n)
                                  : kyso_usage("form", _("Where to? Name a file with --output."));
}
