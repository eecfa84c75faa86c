/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/command.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/timerfd.h>

#include "client/failure.h"
#include "client/i18n.h"
#include "client/map.h"
#include "client/messages.h"
#include "client/output.h"
#include "client/result.h"
#include "client/terminal.h"
#include "common/outcome.h"
#include "common/text.h"

#define LINES_MAX 32

struct request {
    const char *command;
    bool seal, json, force, help;
    const char *output, *certificate, *picture;
    const char *lines[LINES_MAX];
    size_t n_lines;
    double box[4];
    bool has_box;
    uint64_t page;
    int pin_fd;
    struct kyso_options *options;
    char **files;
    size_t n_files;
};

enum {
    OPT_CERT = 256,
    OPT_FIELD,
    OPT_PAGE,
    OPT_BOX,
    OPT_PICTURE,
    OPT_LINE,
    OPT_REASON,
    OPT_LOCATION,
    OPT_KIND,
    OPT_REFERENCE,
    OPT_LAST_TRY,
    OPT_KNOWN_WRONG,
    OPT_PIN_FD,
    OPT_FORCE,
    OPT_JSON
};

static const struct option LONG_OPTIONS[] = {
    {"output", required_argument, NULL, 'o'},
    {"cert", required_argument, NULL, OPT_CERT},
    {"field", required_argument, NULL, OPT_FIELD},
    {"page", required_argument, NULL, OPT_PAGE},
    {"box", required_argument, NULL, OPT_BOX},
    {"picture", required_argument, NULL, OPT_PICTURE},
    {"line", required_argument, NULL, OPT_LINE},
    {"reason", required_argument, NULL, OPT_REASON},
    {"location", required_argument, NULL, OPT_LOCATION},
    {"kind", required_argument, NULL, OPT_KIND},
    {"reference", required_argument, NULL, OPT_REFERENCE},
    {"allow-last-try", no_argument, NULL, OPT_LAST_TRY},
    {"send-known-wrong", no_argument, NULL, OPT_KNOWN_WRONG},
    {"pin-fd", required_argument, NULL, OPT_PIN_FD},
    {"force", no_argument, NULL, OPT_FORCE},
    {"json", no_argument, NULL, OPT_JSON},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static void print_help(bool seal)
{
    if (seal)
        (void)puts(
            _("Usage: kyso seal FILE... [OPTION...]\n\n"
              "Signs documents for the organisation. The individual's signature comes first;\n"
              "NAME.pdf becomes NAME.sealed.pdf beside it."));
    else
        (void)puts(
            _("Usage: kyso sign FILE... [OPTION...]\n\n"
              "Signs documents as an individual. NAME.pdf becomes NAME.signed.pdf beside it."));
    (void)puts(
        _("\n  -o, --output OUT     file, or folder for several documents\n"
          "      --force          replace an output that exists (never the input)\n"
          "      --cert FPR       certificate, by its SHA-256 fingerprint\n"
          "      --field NAME     use this empty signature field\n"
          "      --page N --box L,B,W,H\n"
          "                       show the signature on page N; points from the lower left corner\n"
          "      --picture PNG    picture in the box\n"
          "      --line TEXT      line of text in the box; may be repeated\n"
          "      --reason TEXT    reason, kept in the signature\n"
          "      --location TEXT  place, kept in the signature"));
    if (seal)
        (void)puts(_("      --kind KIND      original, copy, scan, reissue, approved\n"
                     "      --reference TEXT source of a copy, paper's number and date, approval"));
    else
        (void)puts(_("      --kind KIND      original, single-authority, internal"));
    (void)puts(_("      --pin-fd N       read PINs from descriptor N, one line for each document\n"
                 "      --allow-last-try use the last try before the token locks\n"
                 "      --send-known-wrong\n"
                 "                       send a PIN that was wrong before\n"
                 "      --json           report as JSON"));
}

static bool parse_box(const char *text, double box[4])
{
    for (int i = 0; i < 4; i++) {
        char *end;

        box[i] = strtod(text, &end);
        if (end == text || *end != (i < 3 ? ',' : '\0') || !(box[i] > -1e6 && box[i] < 1e6))
            return false;
        text = end + 1;
    }
    return box[2] > 0 && box[3] > 0;
}

static bool parse_number(const char *text, uint64_t minimum, uint64_t maximum, uint64_t *ret)
{
    return kyso_text_to_u64(text, maximum, ret) && *ret >= minimum;
}

/* Options that go to the service as they are given. */
static bool pass_on(struct request *request, int option)
{
    static const struct {
        int option;
        const char *key;
    } TEXTS[] =
        {
            {OPT_FIELD, "field"}, {OPT_REASON, "reason"},       {OPT_LOCATION, "location"},
            {OPT_KIND, "kind"},   {OPT_REFERENCE, "reference"},
        },
      SWITCHES[] = {
          {OPT_LAST_TRY, "allow-last-try"},
          {OPT_KNOWN_WRONG, "send-known-wrong"},
      };

    for (size_t i = 0; i < KYSO_ARRAY_LEN(TEXTS); i++) {
        if (TEXTS[i].option == option) {
            kyso_options_string(request->options, TEXTS[i].key, optarg);
            return true;
        }
    }
    for (size_t i = 0; i < KYSO_ARRAY_LEN(SWITCHES); i++) {
        if (SWITCHES[i].option == option) {
            kyso_options_bool(request->options, SWITCHES[i].key, true);
            return true;
        }
    }
    return false;
}

/* Options with a value of some form; null, or what is wrong with it. */
static const char *take_value(struct request *request, int option)
{
    uint64_t number;

    switch (option) {
    case OPT_LINE:
        if (request->n_lines == LINES_MAX)
            return _("There are too many --line.");
        request->lines[request->n_lines++] = optarg;
        return NULL;
    case OPT_PAGE:
        return parse_number(optarg, 1, UINT32_MAX, &request->page)
                   ? NULL
                   : _("--page wants the number of a page, from 1.");
    case OPT_BOX:
        request->has_box = parse_box(optarg, request->box);
        return request->has_box ? NULL
                                : _("--box wants left,bottom,width,height in points, for example "
                                    "100,200,180,100.");
    case OPT_PIN_FD:
        if (!parse_number(optarg, 0, 1 << 20, &number) || fcntl((int)number, F_GETFD) < 0)
            return _("--pin-fd wants the number of an open descriptor.");
        request->pin_fd = (int)number;
        return NULL;
    default:
        return "";
    }
}

/* One option; null, or what is wrong with it ("": getopt has said it). */
static const char *take_option(struct request *request, int option)
{
    if (option == OPT_REFERENCE && !request->seal)
        return _("--reference belongs to “kyso seal”.");
    if (pass_on(request, option))
        return NULL;
    switch (option) {
    case 'o':
        request->output = optarg;
        return NULL;
    case 'h':
        request->help = true;
        return NULL;
    case OPT_CERT:
        request->certificate = optarg;
        return NULL;
    case OPT_PICTURE:
        request->picture = optarg;
        return NULL;
    case OPT_FORCE:
        request->force = true;
        return NULL;
    case OPT_JSON:
        request->json = true;
        return NULL;
    default:
        return take_value(request, option);
    }
}

/* What belongs together; null, or what is wrong. */
static const char *check(struct request *request)
{
    struct stat status;

    if (request->n_files == 0)
        return _("Which document? Name at least one file.");
    if ((request->page != 0) != request->has_box)
        return _("--page and --box belong together.");
    if (request->n_files > 1 && request->output != NULL &&
        (stat(request->output, &status) < 0 || !S_ISDIR(status.st_mode)))
        return _("With several documents -o must be a folder.");
    for (size_t i = 0; i < request->n_files; i++) {
        if (strcmp(request->files[i], "-") == 0)
            return _("A document to sign must be a file.");
    }
    if (request->has_box) {
        kyso_options_number(request->options, "page", (uint32_t)request->page);
        kyso_options_box(request->options, "box", request->box);
    }
    if (request->n_lines > 0)
        kyso_options_strings(request->options, "lines", request->lines, request->n_lines);
    return NULL;
}

static int parse(struct request *request, int argc, char **argv)
{
    const char *problem;
    int option;

    while ((option = getopt_long(argc, argv, "o:h", LONG_OPTIONS, NULL)) != -1) {
        problem = take_option(request, option);
        if (problem != NULL)
            return kyso_usage(request->command, problem[0] == '\0' ? NULL : problem);
    }
    if (request->help)
        return 0;
    request->files = argv + optind;
    request->n_files = (size_t)(argc - optind);
    problem = check(request);
    return problem == NULL ? 0 : kyso_usage(request->command, problem);
}

static int load_picture(struct request *request, struct json_object **ret_failure)
{
    KYSO_CLOSE int fd = -1, picture = -1;
    int status;

    if (request->picture == NULL)
        return 0;
    status = kyso_load_file(request->picture, &fd, &picture, ret_failure);
    if (status != 0) {
        kyso_json_add_string(*ret_failure, "picture", request->picture);
        return status;
    }
    kyso_options_fd(request->options, "picture", picture);
    return 0;
}

static struct json_object *result_failure(int r, const char *path)
{
    struct json_object *failure;

    if (r == -EEXIST)
        failure = kyso_failure_local(KYSO_OUTCOME_FAILED, "output-exists", NULL);
    else if (r == -ELOOP)
        failure = kyso_failure_local(KYSO_OUTCOME_FAILED, "output-is-input", NULL);
    else
        failure = kyso_failure_local(KYSO_OUTCOME_FAILED, "output-failed", strerror(-r));
    kyso_json_add_string(failure, "output", path);
    return failure;
}

struct work {
    struct kyso_session *session;
    struct kyso_terminal *terminal;
    const struct request *request;
};

static struct json_object *call_failure(const struct work *work, int r)
{
    const char *detail = NULL;
    int trouble = kyso_terminal_trouble(work->terminal, &detail);

    /* The service only knows that no PIN came; this side knows why. */
    if (trouble != 0 && r == KYSO_OUTCOME_CANCELLED && !work->session->interrupted)
        return kyso_failure_local(trouble, detail, NULL);
    return kyso_failure_of(work->session->client, r);
}

/* The document is signed, and could not be written as PATH. */
static struct json_object *rescue(int r, const char *path, int document)
{
    struct json_object *failure = result_failure(r, path);
    KYSO_FREE char *saved = NULL;

    if (kyso_result_rescue(path, document, &saved) == 0)
        kyso_json_add_string(failure, "saved-as", saved);
    return failure;
}

/* Signs what DOCUMENT holds into RESULT. */
static struct json_object *sign_into(const struct work *work, int document,
                                     struct kyso_result *result, const char *path,
                                     struct json_object *entry)
{
    const struct request *request = work->request;
    KYSO_CLOSE int signed_document = -1;
    struct kyso_map *report = NULL;
    int r = (request->seal ? kyso_seal : kyso_sign)(work->session->client, document,
                                                    request->certificate, request->options,
                                                    &signed_document, &report);

    kyso_terminal_end_question(work->terminal);
    if (r != 0)
        return call_failure(work, r);
    kyso_json_add(entry, "report", kyso_json_from_map(report));
    (void)kyso_map_free(report);
    r = kyso_result_commit(result, signed_document);
    if (r != 0)
        return rescue(r, path, signed_document);
    kyso_json_add_string(entry, "output", path);
    return NULL;
}

/* One document from file to file; null when done, else the failure. */
static struct json_object *sign_file(const struct work *work, const char *file,
                                     struct json_object *entry)
{
    const struct request *request = work->request;
    KYSO_RESULT struct kyso_result result = {.folder = -1, .fd = -1};
    KYSO_CLOSE int fd = -1, document = -1;
    KYSO_FREE char *path = NULL;
    struct json_object *failure = NULL;
    int r;

    if (kyso_load_file(file, &fd, &document, &failure) != 0)
        return failure;
    r = kyso_result_name_file(file, request->output, request->seal ? "sealed" : "signed", &path);
    if (r < 0)
        return kyso_failure_local(KYSO_OUTCOME_FAILED, "out-of-memory", NULL);
    r = kyso_result_open(path, fd, request->force, &result);
    if (r < 0)
        return result_failure(r, path);
    kyso_terminal_set_document(work->terminal, file);
    return sign_into(work, document, &result, path, entry);
}

static void print_done(const struct request *request, struct json_object *entry)
{
    struct json_object *report = NULL, *list = NULL;
    const char *output = "";

    if (json_object_object_get_ex(entry, "output", &list))
        output = json_object_get_string(list);
    (void)fputs(request->seal ? _("Sealed: ") : _("Signed: "), stdout);
    kyso_print_clean(stdout, output);
    (void)putchar('\n');
    if (!json_object_object_get_ex(entry, "report", &report) ||
        !json_object_object_get_ex(report, "warnings", &list) ||
        !json_object_is_type(list, json_type_array))
        return;
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        const char *word = json_object_get_string(json_object_array_get_idx(list, i));

        (void)printf("  %s ", _("Note:"));
        kyso_print_clean(stdout, kyso_message(KYSO_WORDS_WARNING, word));
        (void)putchar('\n');
    }
}

/* After trouble with the PIN or token, or an interruption, further documents would only do harm. */
static bool goes_on(const struct work *work, int status)
{
    const char *detail;

    return !work->session->interrupted && status <= 3 &&
           kyso_terminal_trouble(work->terminal, &detail) == 0;
}

static void add_failure(const struct request *request, const char *file, struct json_object *entry,
                        struct json_object *failure)
{
    if (!request->json)
        kyso_failure_print(file, failure);
    if (failure == NULL)
        return;
    kyso_failure_explain(failure);
    json_object_object_foreach(failure, key, value)
        kyso_json_add(entry, key, json_object_get(value));
    (void)json_object_put(failure);
}

static void add_not_tried(const struct request *request, const char *file,
                          struct json_object *entry)
{
    kyso_json_add_string(entry, "outcome", "not-tried");
    if (!request->json) {
        (void)fputs("kyso: ", stderr);
        kyso_print_clean(stderr, file);
        (void)fprintf(stderr, ": %s\n", kyso_message(KYSO_WORDS_DETAIL, "not-tried"));
    }
}

static int sign_all(const struct work *work, struct json_object *documents)
{
    const struct request *request = work->request;
    int first = 0, status = 0;

    for (size_t i = 0; i < request->n_files; i++) {
        struct json_object *entry = json_object_new_object();
        struct json_object *failure;

        if (entry == NULL || json_object_array_add(documents, entry) < 0)
            return 1;
        kyso_json_add_string(entry, "input", request->files[i]);
        if (!goes_on(work, status)) {
            add_not_tried(request, request->files[i], entry);
            continue;
        }
        failure = sign_file(work, request->files[i], entry);
        if (failure == NULL) {
            kyso_json_add_string(entry, "outcome", "done");
            if (!request->json)
                print_done(request, entry);
            continue;
        }
        status = kyso_failure_status(failure);
        if (first == 0)
            first = status;
        add_failure(request, request->files[i], entry, failure);
    }
    return first;
}

/* Of all states only one may need the person to do something, and only when it lasts. */
struct progress {
    struct kyso_client *client;
    int timer; /* runs while a token is waited for; -1: nobody looks on */
};

static void on_progress(void *data, const char *state, double progress)
{
    struct progress *follow = data;
    bool waiting = strcmp(state, "waiting-for-token") == 0;
    struct itimerspec delay = {.it_value = {.tv_sec = waiting ? 1 : 0}};

    (void)progress;
    (void)timerfd_settime(follow->timer, 0, &delay, NULL);
}

static void on_long_wait(void *data, int fd)
{
    uint64_t times;

    (void)data;
    if (read(fd, &times, sizeof(times)) == (ssize_t)sizeof(times))
        (void)fprintf(stderr, "%s\n", kyso_message(KYSO_WORDS_STATE, "waiting-for-token"));
}

static void progress_done(struct progress *follow)
{
    if (follow->timer < 0)
        return;
    kyso_client_on_progress(follow->client, NULL, NULL);
    kyso_client_remove_fd(follow->client, follow->timer);
    kyso_close(&follow->timer);
}

/* Progress is for somebody who looks on; the service tells it to those who asked for its objects.
 */
static void follow_progress(struct progress *follow)
{
    struct kyso_map *objects = NULL;

    if (isatty(STDERR_FILENO) != 1 || kyso_objects(follow->client, &objects) != 0)
        return;
    (void)kyso_map_free(objects);
    follow->timer = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
    if (follow->timer < 0 ||
        kyso_client_add_fd(follow->client, follow->timer, on_long_wait, follow) != 0)
        return;
    kyso_client_on_progress(follow->client, on_progress, follow);
}

static int run(const struct request *request)
{
    KYSO_SESSION struct kyso_session session = {.signals = -1};
    KYSO_JSON struct json_object *answer = json_object_new_object();
    struct json_object *documents = json_object_new_array();
    struct kyso_terminal *terminal = NULL;
    struct progress follow = {.timer = -1};
    int status, r;

    status = kyso_begin(request->command, request->json, &session);
    if (status != 0) {
        (void)json_object_put(documents);
        return status;
    }
    r = kyso_terminal_new(&session, request->pin_fd, &terminal);
    if (r != 0) {
        (void)json_object_put(documents);
        return kyso_end_failed(request->command, request->json, kyso_failure_of(session.client, r));
    }
    follow.client = session.client;
    follow_progress(&follow);
    status = sign_all(&(struct work){&session, terminal, request}, documents);
    progress_done(&follow);
    (void)kyso_terminal_free(terminal);
    kyso_json_add_string(answer, "command", request->command);
    kyso_json_add(answer, "documents", documents);
    kyso_json_add_number(answer, "exit-status", status);
    if (request->json)
        kyso_json_print(answer, false);
    return status;
}

int kyso_cmd_sign(int argc, char **argv)
{
    struct request request = {.command = argv[0], .certificate = "", .pin_fd = -1};
    struct json_object *failure = NULL;
    int status;

    request.seal = strcmp(argv[0], "seal") == 0;
    request.options = kyso_options_new();
    status = parse(&request, argc, argv);
    if (status == 0 && request.help) {
        print_help(request.seal);
    } else if (status == 0) {
        status = load_picture(&request, &failure);
        if (status != 0)
            (void)kyso_end_failed(request.command, request.json, failure);
        else
            status = run(&request);
    }
    request.options = kyso_options_free(request.options);
    return status;
}
