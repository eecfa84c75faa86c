/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* kyso report: what a period adds up to, and the periodic reports. */

#include "client/command.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "client/failure.h"
#include "client/i18n.h"
#include "client/map.h"
#include "client/messages.h"
#include "client/moment.h"
#include "client/output.h"
#include "client/result.h"
#include "common/outcome.h"

struct request {
    bool json, help, force;
    uint64_t since, until; /* seconds since 1970; UNTIL: before it */
    const char *output, *format, *organisation, *evidence;
};

static void print_help(void)
{
    (void)puts(
        _("Usage: kyso report [--since DAY] [--until DAY] [--evidence FILE] [--force] [--json]\n"
          "       kyso report FORM --output FILE [--force] [--format pdf|odt|csv|json] [--json]\n"
          "                   [--organisation ID] [--since DAY] [--until DAY] [KEY=VALUE...]\n\n"
          "Adds up what was signed, refused, locked, recovered and released in a period, both\n"
          "days (YYYY-MM-DD) included; this year unless given. --evidence writes the records\n"
          "behind each number as CSV. With FORM (TB16-M07, BD17-23-6, AG16-22-8) the report is\n"
          "set; KEY=VALUE fills in what only a person knows, such as doc.number=12/BC. --force\n"
          "replaces a FILE that exists."));
}

/* ---- numbers ---- */

static void print_numbers(const struct kyso_map *numbers)
{
    const char *key;

    for (size_t i = 0; (key = kyso_map_key(numbers, i)) != NULL; i++) {
        if (strcmp(key, "log-intact") == 0)
            continue;
        (void)printf("%8lld  ", (long long)kyso_map_number(numbers, key));
        kyso_print_clean(stdout, kyso_message(KYSO_WORDS_NUMBER, key));
        (void)putchar('\n');
    }
    if (!kyso_map_bool(numbers, "log-intact"))
        (void)puts(_("The audit log is NOT intact: see “kyso audit verify”."));
}

static int end_errno(const struct request *request, const char *detail, int r)
{
    return kyso_end_failed("report", request->json,
                           kyso_failure_local(KYSO_OUTCOME_FAILED, detail, strerror(-r)));
}

/* Writes DOCUMENT to PATH, whole or not at all; the exit status. */
static int write_file(const struct request *request, const char *path, int document)
{
    KYSO_RESULT struct kyso_result result = {.folder = -1, .fd = -1};
    int r = kyso_result_open(path, -1, request->force, &result);

    if (r == 0)
        r = kyso_result_commit(&result, document);
    return r == 0 ? 0 : end_errno(request, r == -EEXIST ? "output-exists" : "output-failed", r);
}

static int count(const struct request *request)
{
    KYSO_SESSION struct kyso_session session = {.signals = -1};
    KYSO_CLOSE int evidence = -1;
    struct kyso_map *numbers = NULL;
    int status = kyso_begin("report", request->json, &session), r;

    if (status != 0)
        return status;
    r = kyso_report_count(session.client, request->since, request->until, &numbers, &evidence);
    if (r != 0)
        return kyso_end_failed("report", request->json, kyso_failure_of(session.client, r));
    if (request->evidence != NULL)
        status = write_file(request, request->evidence, evidence);
    if (status == 0 && request->json) {
        KYSO_JSON struct json_object *answer = json_object_new_object();

        kyso_json_add_string(answer, "command", "report");
        kyso_json_add(answer, "numbers", kyso_json_from_map(numbers));
        kyso_json_add_number(answer, "exit-status", 0);
        kyso_json_print(answer, false);
    } else if (status == 0) {
        print_numbers(numbers);
    }
    (void)kyso_map_free(numbers);
    return status;
}

/* ---- reports ---- */

static int make(const struct request *request, const char *form, char **fields, int n)
{
    KYSO_SESSION struct kyso_session session = {.signals = -1};
    struct kyso_options *options = kyso_options_new();
    struct kyso_report report = {.form = form,
                                 .format = request->format,
                                 .from = request->since,
                                 .until = request->until,
                                 .fields = (const char *const *)fields,
                                 .n_fields = (size_t)n,
                                 .options = options};
    KYSO_CLOSE int file = -1;
    bool intact = true;
    int status = kyso_begin("report", request->json, &session), r = 0;

    if (status == 0) {
        if (request->organisation != NULL)
            kyso_options_string(options, "organisation", request->organisation);
        r = kyso_report_make(session.client, &report, &file, &intact);
        status = r == 0
                     ? write_file(request, request->output, file)
                     : kyso_end_failed("report", request->json, kyso_failure_of(session.client, r));
    }
    options = kyso_options_free(options);
    if (status == 0 && !intact)
        (void)fprintf(stderr, "%s\n", _("The audit log is NOT intact: see “kyso audit verify”."));
    if (status == 0 && request->json) {
        KYSO_JSON struct json_object *answer = json_object_new_object();

        kyso_json_add_string(answer, "command", "report");
        kyso_json_add_string(answer, "output", request->output);
        kyso_json_add_bool(answer, "log-intact", intact);
        kyso_json_add_number(answer, "exit-status", 0);
        kyso_json_print(answer, false);
    }
    return status;
}

/* ---- arguments ---- */

/* This year, up to its end, where no day is given. */
static void set_period(struct request *request)
{
    int year = kyso_moment_report_year();
    char day[32];

    (void)snprintf(day, sizeof(day), "%04d-01-01", year);
    if (request->since == 0)
        (void)kyso_moment_report_day(day, 0, &request->since);
    (void)snprintf(day, sizeof(day), "%04d-12-31", year);
    if (request->until == 0)
        (void)kyso_moment_report_day(day, 1, &request->until);
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
    case 'e':
        request->evidence = value;
        return NULL;
    case 's':
        return kyso_moment_report_day(value, 0, &request->since) ? NULL : _("A day is YYYY-MM-DD.");
    case 'u':
        return kyso_moment_report_day(value, 1, &request->until) ? NULL : _("A day is YYYY-MM-DD.");
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
        {"evidence", required_argument, NULL, 'e'},
        {"since", required_argument, NULL, 's'},
        {"until", required_argument, NULL, 'u'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };

    return kyso_parse_options("report", argc, argv, "ho:", OPTIONS, take_option, request);
}

int kyso_cmd_report(int argc, char **argv)
{
    struct request request = {.format = "pdf"};
    int status = parse(&request, argc, argv);
    int n = argc - optind - 1;

    if (status != 0)
        return status;
    if (request.help) {
        print_help();
        return 0;
    }
    set_period(&request);
    if (n < 0)
        return request.output == NULL
                   ? count(&request)
                   : kyso_usage("report", _("Which report? Name its form before --output."));
    if (request.evidence != NULL)
        return kyso_usage("report", _("--evidence belongs to the numbers: leave the form out."));
    if (request.output == NULL)
        return kyso_usage("report", _("Where to? Name a file with --output."));
    status = kyso_check_fields("report", argv + optind + 1, n);
    return status != 0 ? status : make(&request, argv[optind], argv + optind + 1, n);
}
