/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/command.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "client/failure.h"
#include "client/i18n.h"
#include "client/map.h"
#include "client/messages.h"
#include "client/moment.h"
#include "client/output.h"
#include "common/outcome.h"
#include "common/text.h"

#define OTHER "other:" /* a channel in words */

struct request {
    bool json, help;
    bool of_release, of_list; /* which options were given */
    const char *number, *date;
    const char *channel; /* as typed */
    uint64_t since, until;
    struct kyso_options *options;
};

enum {
    OPT_NUMBER = 256,
    OPT_DATE,
    OPT_CHANNEL,
    OPT_KIND,
    OPT_REFERENCE,
    OPT_NOTE,
    OPT_AGAIN,
    OPT_SINCE,
    OPT_UNTIL,
    OPT_JSON
};

static const struct option LONG_OPTIONS[] = {
    {"number", required_argument, NULL, OPT_NUMBER},
    {"date", required_argument, NULL, OPT_DATE},
    {"channel", required_argument, NULL, OPT_CHANNEL},
    {"kind", required_argument, NULL, OPT_KIND},
    {"reference", required_argument, NULL, OPT_REFERENCE},
    {"note", required_argument, NULL, OPT_NOTE},
    {"again", no_argument, NULL, OPT_AGAIN},
    {"since", required_argument, NULL, OPT_SINCE},
    {"until", required_argument, NULL, OPT_UNTIL},
    {"json", no_argument, NULL, OPT_JSON},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static void print_help(void)
{
    (void)puts(_(
        "Usage: kyso release FILE --number N --date DATE --channel CHANNEL [OPTION...]\n"
        "       kyso release list [--since DATE] [--until DATE]\n"
        "       kyso release show FILE|N\n\n"
        "Issues a document for the organisation: checks every signature and the authority behind\n"
        "it, enters the document into the register and closes it to further signatures.\n"));
    (void)puts(
        _("      --number N       as in the office's register, with its symbol: 12/QĐ-UBND\n"
          "      --date DATE      date of issue, YYYY-MM-DD\n"
          "      --channel CHANNEL\n"
          "                       official-mail, document-system, portal, one-stop,\n"
          "                       social-insurance, or other:TEXT\n"
          "      --kind KIND      original, single-authority, copy, scan, reissue, approved\n"
          "      --reference TEXT what a copy, scan or reissue was made from\n"
          "      --note TEXT      kept in the register\n"
          "      --again          the register has this number for another document, rightly\n"
          "      --since DATE --until DATE\n"
          "                       list: what was entered from one day to the other\n"
          "      --json           as JSON"));
}

/* ---- arguments ---- */

/* Null, or what is wrong. */
static const char *take_channel(struct request *request)
{
    size_t n = strlen(OTHER);

    request->channel = optarg;
    if (strncmp(optarg, OTHER, n) == 0 && optarg[n] != '\0') {
        kyso_options_string(request->options, "channel-text", optarg + n);
        request->channel = "other";
        return NULL;
    }
    return strncmp(optarg, OTHER, n - 1) == 0 && (optarg[n - 1] == ':' || optarg[n - 1] == '\0')
               ? _("Say what the other channel is: --channel other:TEXT.")
               : NULL;
}

static const char *take_day(int option, struct request *request)
{
    const char *problem = _("A date is written YYYY-MM-DD.");
    uint32_t day;

    switch (option) {
    case OPT_SINCE:
        return kyso_moment_day(optarg, 0, &request->since) ? NULL : problem;
    case OPT_UNTIL:
        return kyso_moment_day(optarg, 1, &request->until) ? NULL : problem;
    default:
        request->date = optarg;
        return kyso_text_to_day(optarg, &day) ? NULL : problem;
    }
}

/* One option; null, or what is wrong with it ("": getopt has said it). */
static const char *take_option(struct request *request, int option)
{
    request->of_list |= option == OPT_SINCE || option == OPT_UNTIL;
    request->of_release |= option >= OPT_NUMBER && option <= OPT_AGAIN;
    switch (option) {
    case OPT_NUMBER:
        request->number = optarg;
        return NULL;
    case OPT_DATE:
    case OPT_SINCE:
    case OPT_UNTIL:
        return take_day(option, request);
    case OPT_CHANNEL:
        return take_channel(request);
    case OPT_KIND:
        kyso_options_string(request->options, "kind", optarg);
        return NULL;
    case OPT_REFERENCE:
        kyso_options_string(request->options, "reference", optarg);
        return NULL;
    case OPT_NOTE:
        kyso_options_string(request->options, "note", optarg);
        return NULL;
    case OPT_AGAIN:
        kyso_options_bool(request->options, "again", true);
        return NULL;
    case OPT_JSON:
        request->json = true;
        return NULL;
    case 'h':
        request->help = true;
        return NULL;
    default:
        return "";
    }
}

/* ---- what the register has ---- */

static const char *channel_of(const struct kyso_map *release)
{
    const char *text = kyso_map_string(release, "channel-text");

    return text[0] != '\0' ? text
                           : kyso_message(KYSO_WORDS_STATE, kyso_map_string(release, "channel"));
}

static void print_line(const struct kyso_map *release)
{
    char at[KYSO_TIME_MAX];

    kyso_format_time(kyso_map_number(release, "at"), at);
    kyso_print_clean(stdout, kyso_map_string(release, "date"));
    (void)fputs("  ", stdout);
    kyso_print_clean(stdout, kyso_map_string(release, "number"));
    (void)fputs("  ", stdout);
    kyso_print_clean(stdout, kyso_map_string(release, "organisation-name"));
    (void)fputs("  ", stdout);
    kyso_print_clean(stdout, channel_of(release));
    (void)printf("  (%s, ", at);
    kyso_print_clean(stdout, kyso_map_string(release, "user"));
    (void)puts(")");
}

static void print_release(const struct kyso_map *release)
{
    char at[KYSO_TIME_MAX];

    kyso_format_time(kyso_map_number(release, "at"), at);
    kyso_print_line(0, _("Number:"), kyso_map_string(release, "number"));
    kyso_print_line(2, _("Date of issue:"), kyso_map_string(release, "date"));
    kyso_print_line(2, _("Organisation:"), kyso_map_string(release, "organisation-name"));
    kyso_print_line(2, _("Channel:"), channel_of(release));
    kyso_print_line(2, _("Kind:"),
                    kyso_message(KYSO_WORDS_STATE, kyso_map_string(release, "kind")));
    kyso_print_line(2, _("Reference:"), kyso_map_string(release, "reference"));
    kyso_print_line(2, _("Remark:"), kyso_map_string(release, "note"));
    kyso_print_line(2, _("Recorded:"), at);
    kyso_print_line(2, _("By:"), kyso_map_string(release, "user"));
    kyso_print_line(2, _("File (SHA-256):"), kyso_map_string(release, "digest"));
    if (kyso_map_has(release, "this-file") && !kyso_map_bool(release, "this-file"))
        kyso_print_line(2, _("Note:"), _("another file of the same document was sent out"));
    for (size_t i = 0; i < kyso_map_length(release, "signers"); i++)
        kyso_print_line(2, _("Signed with:"), kyso_map_item_string(release, "signers", i));
}

static void print_releases(const struct kyso_map *releases, bool whole)
{
    size_t n = kyso_map_length(releases, "releases");

    for (size_t i = 0; i < n; i++)
        (whole ? print_release : print_line)(kyso_map_item(releases, "releases", i));
    if (n == 0)
        (void)puts(_("Nothing was issued in this period."));
}

/* Takes RELEASES over. */
static int end_releases(const struct request *request, struct kyso_map *releases, bool whole)
{
    KYSO_JSON struct json_object *answer = NULL;

    if (whole && kyso_map_length(releases, "releases") == 0) {
        (void)kyso_map_free(releases);
        return kyso_end_failed("release", request->json,
                               kyso_failure_local(KYSO_OUTCOME_NOT_FOUND, "no-release", NULL));
    }
    answer = kyso_json_from_map(releases);
    if (!request->json) {
        print_releases(releases, whole);
    } else if (answer != NULL) {
        kyso_json_add_string(answer, "command", "release");
        kyso_json_add_number(answer, "exit-status", 0);
        kyso_json_print(answer, false);
    }
    (void)kyso_map_free(releases);
    return 0;
}

static int list(const struct request *request)
{
    KYSO_SESSION struct kyso_session session = {.signals = -1};
    struct kyso_map *releases = NULL;
    int status = kyso_begin("release", request->json, &session);
    int r;

    if (status != 0)
        return status;
    r = kyso_list_releases(session.client, request->since, request->until, "", &releases);
    if (r != 0)
        return kyso_end_failed("release", request->json, kyso_failure_of(session.client, r));
    return end_releases(request, releases, false);
}

/* A name that is a file is meant as one; anything else is a number. */
static int show(const struct request *request, const char *what)
{
    KYSO_SESSION struct kyso_session session = {.signals = -1};
    KYSO_CLOSE int fd = -1, document = -1;
    struct json_object *failure = NULL;
    struct kyso_map *releases = NULL;
    bool is_file = access(what, F_OK) == 0;
    int status = 0, r;

    if (is_file)
        status = kyso_load_file(what, &fd, &document, &failure);
    if (status != 0)
        return kyso_end_failed("release", request->json, failure);
    status = kyso_begin("release", request->json, &session);
    if (status != 0)
        return status;
    r = is_file ? kyso_find_releases(session.client, document, &releases)
                : kyso_list_releases(session.client, 0, 0, what, &releases);
    if (r != 0)
        return kyso_end_failed("release", request->json, kyso_failure_of(session.client, r));
    return end_releases(request, releases, true);
}

/* ---- issuing ---- */

static void print_done(const char *file, const struct kyso_map *report)
{
    kyso_print_line(0, _("Issued:"), file);
    kyso_print_line(2, _("Number:"), kyso_map_string(report, "number"));
    kyso_print_line(2, _("Date of issue:"), kyso_map_string(report, "date"));
    kyso_print_line(2, _("Organisation:"), kyso_map_string(report, "organisation-name"));
    for (size_t i = 0; i < kyso_map_length(report, "warnings"); i++)
        kyso_print_line(
            2, _("Note:"),
            kyso_message(KYSO_WORDS_WARNING, kyso_map_item_string(report, "warnings", i)));
}

static int release(const struct request *request, const char *file)
{
    KYSO_SESSION struct kyso_session session = {.signals = -1};
    KYSO_JSON struct json_object *answer = NULL;
    KYSO_CLOSE int fd = -1, document = -1;
    struct json_object *failure = NULL;
    struct kyso_map *report = NULL;
    int status = kyso_load_file(file, &fd, &document, &failure);
    int r;

    if (status != 0)
        return kyso_end_failed("release", request->json, failure);
    status = kyso_begin("release", request->json, &session);
    if (status != 0)
        return status;
    r = kyso_release(session.client, document, request->number, request->date, request->channel,
                     request->options, &report);
    if (r != 0)
        return kyso_end_failed("release", request->json, kyso_failure_of(session.client, r));
    answer = json_object_new_object();
    if (!request->json) {
        print_done(file, report);
    } else if (answer != NULL) {
        kyso_json_add_string(answer, "command", "release");
        kyso_json_add_string(answer, "input", file);
        kyso_json_add_string(answer, "outcome", "done");
        kyso_json_add(answer, "report", kyso_json_from_map(report));
        kyso_json_add_number(answer, "exit-status", 0);
        kyso_json_print(answer, false);
    }
    (void)kyso_map_free(report);
    return 0;
}

/* What the words after the options ask for. */
static int run(const struct request *request, char **words, int n)
{
    bool listing = n == 1 && strcmp(words[0], "list") == 0;
    bool showing = n > 0 && strcmp(words[0], "show") == 0;

    if (request->of_list && !listing)
        return kyso_usage("release", _("--since and --until belong to “kyso release list”."));
    if (request->of_release && (listing || showing))
        return kyso_usage("release", _("This option belongs to issuing a document."));
    if (listing)
        return list(request);
    if (showing)
        return n == 2 ? show(request, words[1])
                      : kyso_usage("release", _("Which document? Name one file or one number."));
    if (n != 1)
        return kyso_usage("release", _("Which document? Name one file."));
    if (request->number == NULL || request->date == NULL || request->channel == NULL)
        return kyso_usage("release", _("Give --number, --date and --channel."));
    return release(request, words[0]);
}

int kyso_cmd_release(int argc, char **argv)
{
    struct request request = {.options = kyso_options_new()};
    const char *problem = NULL;
    int option, status;

    while (problem == NULL && (option = getopt_long(argc, argv, "h", LONG_OPTIONS, NULL)) != -1)
        problem = take_option(&request, option);
    if (problem != NULL) {
        status = kyso_usage("release", problem[0] == '\0' ? NULL : problem);
    } else if (request.help) {
        print_help();
        status = 0;
    } else {
        status = run(&request, argv + optind, argc - optind);
    }
    request.options = kyso_options_free(request.options);
    return status;
}
