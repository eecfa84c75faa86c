/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* kyso recovery: requests for a token that no longer serves. */

#include "client/command.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "client/clause.h"
#include "client/failure.h"
#include "client/i18n.h"
#include "client/map.h"
#include "client/messages.h"
#include "client/moment.h"
#include "client/output.h"
#include "client/result.h"
#include "common/names.h"
#include "common/outcome.h"
#include "common/text.h"

#define COMMAND "recovery"
#define ROWS_MAX 200

struct request {
    bool json, help, force, all;
    const char *incident, *output, *format, *form, *to, *how, *reason, *certificate, *pin_fd;
    uint64_t at;
};

static void print_help(void)
{
    (void)puts(_(
        "Usage: kyso recovery list [--all]\n"
        "       kyso recovery show ID [--form FORM]\n"
        "       kyso recovery new SERIAL --incident INCIDENT [--cert FINGERPRINT]\n"
        "       kyso recovery fill ID KEY=VALUE...\n"
        "       kyso recovery render ID [-o, --output FILE] [--force]\n"
        "                            [--format pdf|odt|json|csv] [--form FORM]\n"
        "       kyso recovery combine ID...\n"
        "       kyso recovery sign ID [--cert FINGERPRINT] [-o, --output FILE] [--force]\n"
        "                          [--form FORM] [--pin-fd N]\n"
        "       kyso recovery sent ID --to WHOM --how HOW [--at TIME]\n"
        "       kyso recovery recovered ID | revoked ID\n"
        "       kyso recovery refused ID --reason TEXT | cancel ID --reason TEXT\n\n"
        "A token that locks has its request drafted by itself, and one that answers again has\n"
        "it marked recovered by itself; kyso never unlocks a token. INCIDENT is wrong-pin or\n"
        "forgotten-pin (recovery), lost, exposed, copied or broken (revocation). show lists what\n"
        "is missing and who fills it in; combine puts several requests into one letter to\n"
        "whoever unlocks; sign signs the form electronically with another certificate, where\n"
        "the rules allow it. TIME is YYYY-MM-DD or YYYY-MM-DDTHH:MM. --force replaces a FILE\n"
        "that exists. All of these know --json."));
}

/* ---- finding ---- */

static const struct kyso_map *request_at(const struct kyso_map *objects, const char *path)
{
    return kyso_map_child(kyso_map_child(objects, path), KYSO_IFACE_RECOVERY);
}

/* A request's path from its number. */
static bool path_of(const char *id, char *path, size_t size)
{
    uint64_t number;

    if (!kyso_text_to_u64(id, INT64_MAX, &number))
        return false;
    (void)snprintf(path, size, KYSO_ROOT_PATH "/recovery/%" PRIu64, number);
    return true;
}

static bool is_open(const struct kyso_map *request)
{
    const char *state = kyso_map_string(request, "State");

    return strcmp(state, "drafted") == 0 || strcmp(state, "sent") == 0;
}

static int end_failed(const struct request *request, struct json_object *failure)
{
    return kyso_end_failed(COMMAND, request->json, failure);
}

static int end_of_call(const struct request *request, struct kyso_session *session, int r)
{
    return end_failed(request, kyso_failure_of(session->client, r));
}

/* Says what was done: the request's number, or whatever ANSWER has. */
static int end_done(const struct request *request, const char *path, const char *text)
{
    const char *id = strrchr(path, '/');
    KYSO_JSON struct json_object *answer = NULL;

    if (!request->json) {
        (void)printf(_("Request %s: %s\n"), id != NULL ? id + 1 : path, text);
        return 0;
    }
    answer = json_object_new_object();
    kyso_json_add_string(answer, "command", COMMAND);
    kyso_json_add_string(answer, "path", path);
    kyso_json_add_string(answer, "id", id != NULL ? id + 1 : path);
    kyso_json_add_number(answer, "exit-status", 0);
    kyso_json_print(answer, false);
    return 0;
}

/* ---- list and show ---- */

static void put(const char *text)
{
    kyso_print_clean(stdout, text);
}

static void line(const char *label, const char *text)
{
    if (text[0] == '\0')
        return;
    (void)printf("  %s ", label);
    put(text);
    (void)putchar('\n');
}

static void line_time(const char *label, int64_t seconds)
{
    char text[KYSO_TIME_MAX];

    if (seconds <= 0)
        return;
    kyso_format_time(seconds, text);
    line(label, text);
}

static const char *word(const struct kyso_map *request, const char *key)
{
    return kyso_message(KYSO_WORDS_REQUEST, kyso_map_string(request, key));
}

static void print_line(const struct kyso_map *request)
{
    (void)printf("%" PRId64 "  ", kyso_map_number(request, "Id"));
    put(word(request, "State"));
    if (kyso_map_bool(request, "Overdue") && is_open(request))
        (void)printf(", %s", _("OVERDUE"));
    (void)printf("  %s", kyso_map_string(request, "Form"));
    if (kyso_map_string(request, "Incident")[0] != '\0') {
        (void)fputs("  ", stdout);
        put(kyso_map_string(request, "TokenSerial"));
        (void)fputs("  ", stdout);
        put(word(request, "Incident"));
    } else {
        (void)printf(ngettext("  %zu token", "  %zu tokens",
                              (unsigned long)kyso_map_length(request, "Requests")),
                     kyso_map_length(request, "Requests"));
    }
    (void)putchar('\n');
}

static int list(const struct request *request)
{
    KYSO_SESSION struct kyso_session session = {.signals = -1};
    KYSO_JSON struct json_object *answer = json_object_new_object();
    struct json_object *requests = json_object_new_array();
    struct kyso_map *objects = NULL;
    const char *path;
    size_t n = 0;
    int status = kyso_begin(COMMAND, request->json, &session), r;

    kyso_json_add(answer, "requests", requests);
    if (status != 0)
        return status;
    r = kyso_objects(session.client, &objects);
    if (r != 0)
        return end_of_call(request, &session, r);
    for (size_t i = 0; (path = kyso_map_key(objects, i)) != NULL; i++) {
        const struct kyso_map *found = request_at(objects, path);
        struct json_object *copy;

        if (found == NULL || (!request->all && !is_open(found)))
            continue;
        n++;
        if (!request->json) {
            print_line(found);
            continue;
        }
        copy = kyso_json_from_map(found);
        kyso_json_add_string(copy, "path", path);
        (void)json_object_array_add(requests, copy);
    }
    if (request->json) {
        kyso_json_add_string(answer, "command", COMMAND);
        kyso_json_add_number(answer, "exit-status", 0);
        kyso_json_print(answer, false);
    } else if (n == 0) {
        (void)puts(_("No request is open."));
    }
    (void)kyso_map_free(objects);
    return 0;
}

static void print_request(const struct kyso_map *request)
{
    KYSO_FREE char *clause = kyso_clause_spell(kyso_map_string(request, "Clause"));
    KYSO_FREE char *electronic = kyso_clause_spell(kyso_map_string(request, "ElectronicClause"));

    print_line(request);
    line(_("What:"), word(request, "Kind"));
    line(_("Clause:"), clause != NULL ? clause : "");
    line(_("Hand in at:"), kyso_map_string(request, "Delivery"));
    line(_("May be signed electronically:"), electronic != NULL ? electronic : "");
    line_time(_("Drafted:"), kyso_map_number(request, "Created"));
    line_time(_("Sent:"), kyso_map_number(request, "SentAt"));
    line(_("Sent to:"), kyso_map_string(request, "SentTo"));
    line(_("How:"), kyso_map_string(request, "SentHow"));
    line_time(_("Due:"), kyso_map_number(request, "Due"));
    line_time(_("Ended:"), kyso_map_number(request, "ClosedAt"));
    line(_("Reason:"), kyso_map_string(request, "Reason"));
    for (size_t i = 0; i < kyso_map_length(request, "Forms"); i++)
        line(_("Form:"), kyso_map_item_string(request, "Forms", i));
}

/* Without the colon that the form prints behind some labels and not behind others. */
static void print_label(FILE *stream, const char *label)
{
    size_t n = strlen(label);
    KYSO_FREE char *bare = NULL;

    while (n > 0 && (label[n - 1] == ':' || label[n - 1] == ' '))
        n--;
    bare = strndup(label, n);
    kyso_print_clean(stream, bare != NULL ? bare : label);
}

static void print_missing(FILE *stream, const struct kyso_map *report)
{
    size_t n = kyso_map_length(report, "missing");

    if (n > 0)
        (void)fprintf(stream, "  %s\n", _("Missing, and left to the pen:"));
    for (size_t i = 0; i < n; i++) {
        const struct kyso_map *one = kyso_map_item(report, "missing", i);
        const char *source = kyso_map_string(one, "source");

        (void)fputs("    ", stream);
        print_label(stream, kyso_map_string(one, "label"));
        (void)fprintf(stream, " (%s", kyso_map_string(one, "key"));
        if (kyso_map_number(one, "row") > 0)
            (void)fprintf(stream, _(", row %" PRId64), kyso_map_number(one, "row"));
        (void)fprintf(stream, "): %s. %s\n", kyso_message(KYSO_WORDS_REQUEST, source),
                      kyso_message_next(KYSO_WORDS_REQUEST, source));
    }
    for (size_t i = 0; i < kyso_map_length(report, "warnings"); i++) {
        const char *warning = kyso_map_item_string(report, "warnings", i);
        const char *next = kyso_message_next(KYSO_WORDS_REQUEST, warning);

        (void)fprintf(stream, "  %s %s%s%s\n", _("Note:"),
                      kyso_message(KYSO_WORDS_REQUEST, warning), next[0] != '\0' ? " " : "", next);
    }
}

static void print_fields(const struct kyso_map *report)
{
    for (size_t i = 0; i < kyso_map_length(report, "fields"); i++) {
        const struct kyso_map *field = kyso_map_item(report, "fields", i);
        const char *printed = kyso_map_string(field, "printed");

        if (printed[0] == '\0')
            continue;
        (void)fputs("    ", stdout);
        print_label(stdout, kyso_map_string(field, "label"));
        (void)fputs(": ", stdout);
        put(printed);
        (void)putchar('\n');
    }
}

static struct kyso_options *form_options(const struct request *request)
{
    struct kyso_options *options = kyso_options_new();

    if (options != NULL && request->form != NULL)
        kyso_options_string(options, "form", request->form);
    return options;
}

static int show(const struct request *request, const char *path)
{
    KYSO_SESSION struct kyso_session session = {.signals = -1};
    struct kyso_options *options = form_options(request);
    struct kyso_map *objects = NULL, *report = NULL;
    const struct kyso_map *found;
    int status = kyso_begin(COMMAND, request->json, &session), r;

    if (status != 0) {
        (void)kyso_options_free(options);
        return status;
    }
    r = kyso_objects(session.client, &objects);
    if (r == 0)
        r = kyso_recovery_preview(session.client, path, options, &report);
    (void)kyso_options_free(options);
    if (r != 0) {
        (void)kyso_map_free(objects);
        return end_of_call(request, &session, r);
    }
    found = request_at(objects, path);
    if (request->json) {
        KYSO_JSON struct json_object *answer = kyso_json_from_map(found);

        kyso_json_add_string(answer, "command", COMMAND);
        kyso_json_add(answer, "report", kyso_json_from_map(report));
        kyso_json_add_number(answer, "exit-status", 0);
        kyso_json_print(answer, false);
    } else {
        print_request(found);
        print_fields(report);
        print_missing(stdout, report);
    }
    (void)kyso_map_free(report);
    (void)kyso_map_free(objects);
    return 0;
}

/* ---- new, fill, combine ---- */

/* The object that SERIAL and --cert name. */
static const char *target_of(const struct kyso_map *objects, const struct request *request,
                             const char *serial)
{
    const char *path;

    for (size_t i = 0; (path = kyso_map_key(objects, i)) != NULL; i++) {
        const struct kyso_map *interfaces = kyso_map_child(objects, path);
        const struct kyso_map *token = kyso_map_child(interfaces, KYSO_IFACE_TOKEN);
        const struct kyso_map *certificate = kyso_map_child(interfaces, KYSO_IFACE_CERTIFICATE);

        if (request->certificate != NULL
                ? certificate != NULL && strcasecmp(kyso_map_string(certificate, "Fingerprint"),
                                                    request->certificate) == 0
                : token != NULL && strcmp(kyso_map_string(token, "Serial"), serial) == 0)
            return path;
    }
    return NULL;
}

static int start(const struct request *request, const char *serial)
{
    KYSO_SESSION struct kyso_session session = {.signals = -1};
    struct kyso_map *objects = NULL, *made = NULL;
    const char *target;
    int status = kyso_begin(COMMAND, request->json, &session), r;

    if (status != 0)
        return status;
    r = kyso_objects(session.client, &objects);
    if (r != 0)
        return end_of_call(request, &session, r);
    target = target_of(objects, request, serial);
    if (target == NULL) {
        (void)kyso_map_free(objects);
        return end_failed(request, kyso_failure_local(KYSO_OUTCOME_NOT_FOUND, "no-token", NULL));
    }
    r = kyso_recovery_start(session.client, target, request->incident, &made);
    (void)kyso_map_free(objects);
    if (r != 0)
        return end_of_call(request, &session, r);
    status = end_done(request, kyso_map_string(made, "request"), _("drafted"));
    (void)kyso_map_free(made);
    return status;
}

static int fill(const struct request *request, const char *path, char **words, int n)
{
    KYSO_SESSION struct kyso_session session = {.signals = -1};
    int status, r;

    if (n < 1)
        return kyso_usage(COMMAND, _("Fill in what? Give KEY=VALUE, at most 64 of them."));
    status = kyso_check_fields(COMMAND, words, n);
    if (status == 0)
        status = kyso_begin(COMMAND, request->json, &session);
    if (status != 0)
        return status;
    r = kyso_recovery_fill(session.client, path, (const char *const *)words, (size_t)n);
    return r != 0 ? end_of_call(request, &session, r) : end_done(request, path, _("filled in"));
}

static int combine(const struct request *request, char **ids, int n)
{
    KYSO_SESSION struct kyso_session session = {.signals = -1};
    static char paths[ROWS_MAX][64];
    const char *rows[ROWS_MAX];
    struct kyso_map *made = NULL;
    int status, r;

    if (n < 1 || n > ROWS_MAX)
        return kyso_usage(COMMAND, _("Combine which requests? Give 1 to 200 numbers."));
    for (int i = 0; i < n; i++) {
        if (!path_of(ids[i], paths[i], sizeof(paths[i])))
            return kyso_usage(COMMAND, _("A request is named by its number."));
        rows[i] = paths[i];
    }
    status = kyso_begin(COMMAND, request->json, &session);
    if (status != 0)
        return status;
    r = kyso_recovery_combine(session.client, rows, (size_t)n, &made);
    if (r != 0)
        return end_of_call(request, &session, r);
    status = end_done(request, kyso_map_string(made, "letter"), _("combined into this letter"));
    (void)kyso_map_free(made);
    return status;
}

/* ---- render and sign ---- */

static int end_errno(const struct request *request, const char *detail, int r)
{
    return end_failed(request, kyso_failure_local(KYSO_OUTCOME_FAILED, detail, strerror(-r)));
}

/* Makes the form into FILE; *RET_REPORT is to be freed. 0, or the exit status. */
static int make(const struct request *request, struct kyso_session *session, const char *path,
                const char *format, const char *file, struct kyso_map **ret_report)
{
    KYSO_RESULT struct kyso_result result = {.folder = -1, .fd = -1};
    struct kyso_options *options = form_options(request);
    KYSO_CLOSE int form = -1;
    int r = kyso_result_open(file, -1, request->force, &result);

    if (r != 0) {
        (void)kyso_options_free(options);
        return end_errno(request, r == -EEXIST ? "output-exists" : "output-failed", r);
    }
    r = kyso_recovery_render(session->client, path, format, options, &form, ret_report);
    (void)kyso_options_free(options);
    if (r != 0)
        return end_of_call(request, session, r);
    r = kyso_result_commit(&result, form);
    return r != 0 ? end_errno(request, "output-failed", r) : 0;
}

/* FORM-ID.EXTENSION when nobody names a file. */
static int file_name(const struct request *request, const struct kyso_map *objects,
                     const char *path, const char *extension, char *name, size_t size)
{
    const struct kyso_map *found = request_at(objects, path);
    const char *form = request->form != NULL ? request->form : kyso_map_string(found, "Form");

    if (found == NULL)
        return end_failed(request, kyso_failure_local(KYSO_OUTCOME_NOT_FOUND, "request", NULL));
    (void)snprintf(name, size, "%.64s-%" PRId64 ".%s", form, kyso_map_number(found, "Id"),
                   extension);
    return 0;
}

static int render(const struct request *request, const char *path)
{
    KYSO_SESSION struct kyso_session session = {.signals = -1};
    const char *format = request->format != NULL ? request->format : "pdf";
    struct kyso_map *objects = NULL, *report = NULL;
    char name[128];
    int status = kyso_begin(COMMAND, request->json, &session), r;

    if (status != 0)
        return status;
    r = kyso_objects(session.client, &objects);
    if (r != 0)
        return end_of_call(request, &session, r);
    status = file_name(request, objects, path, format, name, sizeof(name));
    (void)kyso_map_free(objects);
    if (status == 0)
        status = make(request, &session, path, format,
                      request->output != NULL ? request->output : name, &report);
    if (status == 0 && request->json) {
        KYSO_JSON struct json_object *answer = json_object_new_object();

        kyso_json_add_string(answer, "command", COMMAND);
        kyso_json_add_string(answer, "output", request->output != NULL ? request->output : name);
        kyso_json_add(answer, "report", kyso_json_from_map(report));
        kyso_json_add_number(answer, "exit-status", 0);
        kyso_json_print(answer, false);
    } else if (status == 0) {
        (void)printf(_("Made: %s\n"), request->output != NULL ? request->output : name);
        print_missing(stdout, report);
    }
    (void)kyso_map_free(report);
    return status;
}

static bool about(const struct kyso_map *objects, const struct kyso_map *request,
                  const char *fingerprint)
{
    for (size_t i = 0; i < kyso_map_length(request, "Certificates"); i++) {
        if (strcasecmp(kyso_map_item_string(request, "Certificates", i), fingerprint) == 0)
            return true;
    }
    for (size_t i = 0; i < kyso_map_length(request, "Requests"); i++) {
        const struct kyso_map *row =
            request_at(objects, kyso_map_item_string(request, "Requests", i));

        if (row != NULL && about(objects, row, fingerprint))
            return true;
    }
    return false;
}

/* Another person's certificate that is plugged in and can sign; null when none or several. */
static const char *another(const struct kyso_map *objects, const struct kyso_map *request)
{
    const char *path, *found = NULL;

    for (size_t i = 0; (path = kyso_map_key(objects, i)) != NULL; i++) {
        const struct kyso_map *certificate =
            kyso_map_child(kyso_map_child(objects, path), KYSO_IFACE_CERTIFICATE);
        const char *fingerprint = kyso_map_string(certificate, "Fingerprint");

        if (certificate == NULL || !kyso_map_bool(certificate, "Present") ||
            strcmp(kyso_map_string(certificate, "Class"), "person") != 0 ||
            kyso_map_string(certificate, "Problem")[0] != '\0' ||
            about(objects, request, fingerprint))
            continue;
        if (found != NULL)
            return NULL;
        found = fingerprint;
    }
    return found;
}

/* Null, or why this form is not signed, or not with this certificate. */
static struct json_object *check_signing(const struct request *request,
                                         const struct kyso_map *objects,
                                         const struct kyso_map *found, const char *certificate)
{
    struct json_object *failure = NULL;

    if (kyso_map_string(found, "ElectronicClause")[0] == '\0') {
        failure = kyso_failure_local(KYSO_OUTCOME_REFUSED, NULL, NULL);
        kyso_json_add_string(failure, "reason", "not-electronic");
    } else if (request->certificate != NULL && about(objects, found, request->certificate)) {
        failure = kyso_failure_local(KYSO_OUTCOME_REFUSED, NULL, NULL);
        kyso_json_add_string(failure, "reason", "own-token");
    } else if (certificate == NULL) {
        failure = kyso_failure_local(KYSO_OUTCOME_NO_CERTIFICATE, "no-other-certificate", NULL);
    }
    return failure;
}

/* The ordinary signing command does the rest. */
static int sign_file(const struct request *request, const char *file, const char *certificate)
{
    const char *words[12] = {"sign", "--cert", certificate};
    int n = 3;

    if (request->json)
        words[n++] = "--json";
    if (request->force)
        words[n++] = "--force";
    if (request->pin_fd != NULL) {
        words[n++] = "--pin-fd";
        words[n++] = request->pin_fd;
    }
    if (request->output != NULL) {
        words[n++] = "--output";
        words[n++] = request->output;
    }
    words[n++] = file;
    optind = 0;
    return kyso_cmd_sign(n, (char **)(uintptr_t)words);
}

static int sign(const struct request *request, const char *path)
{
    char name[128], fingerprint[80] = "";
    struct kyso_map *objects = NULL, *report = NULL;
    int status, r;

    {
        KYSO_SESSION struct kyso_session session = {.signals = -1};
        const struct kyso_map *found;
        const char *certificate;
        struct json_object *failure;

        status = kyso_begin(COMMAND, request->json, &session);
        if (status != 0)
            return status;
        r = kyso_objects(session.client, &objects);
        if (r != 0)
            return end_of_call(request, &session, r);
        status = file_name(request, objects, path, "pdf", name, sizeof(name));
        if (status == 0) {
            found = request_at(objects, path);
            certificate =
                request->certificate != NULL ? request->certificate : another(objects, found);
            failure = check_signing(request, objects, found, certificate);
            if (failure != NULL)
                status = end_failed(request, failure);
            else
                (void)snprintf(fingerprint, sizeof(fingerprint), "%s", certificate);
        }
        if (status == 0)
            status = make(request, &session, path, "pdf", name, &report);
        if (status == 0 && !request->json)
            print_missing(stdout, report);
        (void)kyso_map_free(report);
        (void)kyso_map_free(objects);
    }
    return status == 0 ? sign_file(request, name, fingerprint) : status;
}

/* ---- sent and ended ---- */

static int sent(const struct request *request, const char *path)
{
    KYSO_SESSION struct kyso_session session = {.signals = -1};
    int status, r;

    if (request->to == NULL || request->how == NULL)
        return kyso_usage(COMMAND, _("Sent to whom, and how? Give --to and --how."));
    status = kyso_begin(COMMAND, request->json, &session);
    if (status != 0)
        return status;
    r = kyso_recovery_sent(session.client, path, request->to, request->how, request->at);
    return r != 0 ? end_of_call(request, &session, r) : end_done(request, path, _("sent"));
}

static int end_request(const struct request *request, const char *path, enum kyso_recovery_end end)
{
    static const char *const TEXTS[] = {N_("recovered"), N_("certificate revoked"), N_("refused"),
                                        N_("withdrawn")};
    KYSO_SESSION struct kyso_session session = {.signals = -1};
    bool with_reason = end == KYSO_RECOVERY_END_REFUSED || end == KYSO_RECOVERY_END_CANCELLED;
    int status, r;

    if (with_reason && request->reason == NULL)
        return kyso_usage(COMMAND, _("Why? Give --reason."));
    status = kyso_begin(COMMAND, request->json, &session);
    if (status != 0)
        return status;
    r = kyso_recovery_end(session.client, path, end, with_reason ? request->reason : "");
    return r != 0 ? end_of_call(request, &session, r) : end_done(request, path, _(TEXTS[end]));
}

/* ---- arguments ---- */

static const char *take_option(void *data, int option, const char *value)
{
    struct request *request = data;
    const struct {
        int option;
        const char **to;
    } TEXTS[] = {
        {'i', &request->incident},    {'o', &request->output}, {'F', &request->format},
        {'f', &request->form},        {'t', &request->to},     {'w', &request->how},
        {'c', &request->certificate}, {'p', &request->pin_fd}, {'r', &request->reason},
    };

    for (size_t i = 0; i < KYSO_ARRAY_LEN(TEXTS); i++) {
        if (TEXTS[i].option == option) {
            *TEXTS[i].to = value;
            return NULL;
        }
    }
    switch (option) {
    case 'j':
        request->json = true;
        return NULL;
    case 'h':
        request->help = true;
        return NULL;
    case 'a':
        request->all = true;
        return NULL;
    case 'x':
        request->force = true;
        return NULL;
    case 'T':
        return kyso_moment_read(value, &request->at)
                   ? NULL
                   : _("A time is YYYY-MM-DD or YYYY-MM-DDTHH:MM.");
    default:
        return "";
    }
}

static int parse(struct request *request, int argc, char **argv)
{
    static const struct option OPTIONS[] = {
        {"json", no_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},
        {"all", no_argument, NULL, 'a'},
        {"force", no_argument, NULL, 'x'},
        {"incident", required_argument, NULL, 'i'},
        {"output", required_argument, NULL, 'o'},
        {"format", required_argument, NULL, 'F'},
        {"form", required_argument, NULL, 'f'},
        {"to", required_argument, NULL, 't'},
        {"how", required_argument, NULL, 'w'},
        {"at", required_argument, NULL, 'T'},
        {"reason", required_argument, NULL, 'r'},
        {"cert", required_argument, NULL, 'c'},
        {"pin-fd", required_argument, NULL, 'p'},
        {NULL, 0, NULL, 0},
    };

    return kyso_parse_options(COMMAND, argc, argv, "ho:", OPTIONS, take_option, request);
}

/* The verbs that take one request. */
static int run_verb(const struct request *request, const char *verb, const char *path)
{
    static const char *const ENDS[] = {"recovered", "revoked", "refused", "cancel"};

    if (strcmp(verb, "show") == 0)
        return show(request, path);
    if (strcmp(verb, "render") == 0)
        return render(request, path);
    if (strcmp(verb, "sign") == 0)
        return sign(request, path);
    if (strcmp(verb, "sent") == 0)
        return sent(request, path);
    for (unsigned int i = 0; i < KYSO_ARRAY_LEN(ENDS); i++) {
        if (strcmp(verb, ENDS[i]) == 0)
            return end_request(request, path, (enum kyso_recovery_end)i);
    }
    return kyso_usage(COMMAND, _("Say list, show, new, fill, render, combine, sign, sent, "
                                 "recovered, revoked, refused or cancel."));
}

int kyso_cmd_recovery(int argc, char **argv)
{
    struct request request = {0};
    int status = parse(&request, argc, argv);
    int n = argc - optind - 1;
    char **words = argv + optind + 1;
    const char *verb;
    char path[64];

    if (status != 0)
        return status;
    if (request.help) {
        print_help();
        return 0;
    }
    verb = n >= 0 ? argv[optind] : "list";
    if (strcmp(verb, "list") == 0 && n <= 0)
        return list(&request);
    if (strcmp(verb, "new") == 0)
        return n == 1 && request.incident != NULL
                   ? start(&request, words[0])
                   : kyso_usage(COMMAND, _("Which token, and what happened? Give its serial number "
                                           "and --incident."));
    if (strcmp(verb, "combine") == 0)
        return combine(&request, words, n);
    if (n < 1 || !path_of(words[0], path, sizeof(path)))
        return kyso_usage(COMMAND, _("Which request? Give its number (“kyso recovery list”)."));
    if (strcmp(verb, "fill") == 0)
        return fill(&request, path, words + 1, n - 1);
    return n == 1 ? run_verb(&request, verb, path)
                  : kyso_usage(COMMAND, _("There are too many arguments."));
}
