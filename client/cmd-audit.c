/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* kyso audit: the log of what was done, for inspectors. */

#include "client/command.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "client/audit-file.h"
#include "client/failure.h"
#include "client/i18n.h"
#include "client/map.h"
#include "client/messages.h"
#include "client/moment.h"
#include "client/output.h"
#include "client/result.h"
#include "common/memfd.h"
#include "common/outcome.h"
#include "common/text.h"

#define COPY_SIZE ((size_t)64 * 1024)

struct request {
    bool json, help, force;
    const char *heads[KYSO_AUDIT_HEADS_MAX];
    size_t n_heads;
    const char *event;     /* null: all */
    uint64_t since, until; /* seconds since 1970; UNTIL: before it */
    uint64_t last;         /* only so many of the newest; 0: all */
};

static void print_help(void)
{
    (void)puts(
        _("Usage: kyso audit list [--since DAY] [--until DAY] [--event EVENT] [--last N] [--json]\n"
          "       kyso audit export FILE [--force] [--json]\n"
          "       kyso audit verify [--head HEAD]... [FILE] [--json]\n\n"
          "The log of signatures, refusals, wrong PINs, lockouts, changes, recoveries and\n"
          "releases. “verify” checks every record against the one before it, here or in an\n"
          "exported FILE, and against heads that were printed on forms and reports or stand in\n"
          "the journal: a head that is missing shows that the end of the log was cut off. DAY is\n"
          "YYYY-MM-DD, both days included. --force replaces a FILE that exists. Exit status 0:\n"
          "intact; 20: not intact."));
}

/* ---- list ---- */

struct listing {
    const struct request *request;
    struct json_object *records; /* for --json, and while only the newest are wanted */
};

/* One record on a line: number, time, what, and the rest as key=value. */
static void print_record(struct json_object *record)
{
    struct json_object *seq = json_object_object_get(record, "seq");
    struct json_object *at = json_object_object_get(record, "at");
    struct json_object *event = json_object_object_get(record, "event");
    char text[KYSO_TIME_MAX];

    kyso_format_time(json_object_get_int64(at), text);
    (void)printf("%" PRId64 "  %s  ", json_object_get_int64(seq), text);
    kyso_print_clean(stdout, kyso_message(KYSO_WORDS_EVENT, json_object_get_string(event)));
    json_object_object_foreach(record, key, value)
    {
        if (strcmp(key, "seq") == 0 || strcmp(key, "at") == 0 || strcmp(key, "event") == 0)
            continue;
        (void)putchar(' ');
        kyso_print_clean(stdout, key);
        (void)putchar('=');
        kyso_print_clean(stdout, json_object_get_string(value));
    }
    (void)putchar('\n');
}

static bool wanted(const struct request *request, const struct kyso_audit_front *front)
{
    return (request->event == NULL || strcmp(request->event, front->event) == 0) &&
           front->at >= request->since && front->at < request->until;
}

static int list_record(struct listing *listing, const struct kyso_audit_line *line)
{
    struct json_object *record;
    struct kyso_audit_front front;
    uint64_t last = listing->request->last;

    if (!kyso_audit_read_front(line->record, line->length, &front) ||
        !wanted(listing->request, &front))
        return 0;
    record = json_tokener_parse(line->record);
    if (record == NULL)
        return -EBADMSG;
    if (!listing->request->json && last == 0) {
        print_record(record);
        (void)json_object_put(record);
        return 0;
    }
    if (json_object_array_add(listing->records, record) < 0)
        return -ENOMEM;
    if (last > 0 && json_object_array_length(listing->records) > last)
        (void)json_object_array_del_idx(listing->records, 0, 1);
    return 0;
}

static int list_part(struct listing *listing, FILE *part)
{
    struct kyso_audit_file file = {.stream = part};
    struct kyso_audit_line line;
    int r;

    while ((r = kyso_audit_file_next(&file, &line)) > 0) {
        r = list_record(listing, &line);
        if (r < 0)
            break;
    }
    kyso_audit_file_done(&file);
    return r;
}

/* Fetches the whole log piece by piece and hands each to FN as a stream. */
static int each_part(struct kyso_session *session, int (*fn)(void *data, FILE *part), void *data,
                     struct json_object **ret_failure)
{
    uint64_t next = 1;

    while (next != 0) {
        KYSO_CLOSE int log = -1;
        FILE *part;
        int r = kyso_audit_export(session->client, next, &log, &next);

        if (r == 0 && session->interrupted) {
            *ret_failure = kyso_failure_local(KYSO_OUTCOME_CANCELLED, NULL, NULL);
            return -EINTR;
        }
        if (r != 0) {
            *ret_failure = kyso_failure_of(session->client, r);
            return r;
        }
        part = fdopen(log, "r");
        if (part == NULL) {
            r = -errno;
        } else {
            log = -1; /* the stream owns it now */
            rewind(part);
            r = fn(data, part);
            (void)fclose(part);
        }
        if (r < 0) {
            *ret_failure = kyso_failure_local(KYSO_OUTCOME_FAILED, NULL, strerror(-r));
            return r;
        }
    }
    return 0;
}

static int list_fn(void *data, FILE *part)
{
    return list_part(data, part);
}

static int list(const struct request *request)
{
    KYSO_SESSION struct kyso_session session = {.signals = -1};
    KYSO_JSON struct json_object *records = json_object_new_array();
    struct listing listing = {request, records};
    struct json_object *failure = NULL;
    int status = kyso_begin("audit", request->json, &session);

    if (status != 0)
        return status;
    if (each_part(&session, list_fn, &listing, &failure) != 0)
        return kyso_end_failed("audit", request->json, failure);
    if (request->json) {
        KYSO_JSON struct json_object *answer = json_object_new_object();

        kyso_json_add_string(answer, "command", "audit");
        kyso_json_add(answer, "records", json_object_get(records));
        kyso_json_print(answer, false);
        return 0;
    }
    for (size_t i = 0; i < json_object_array_length(records); i++)
        print_record(json_object_array_get_idx(records, i));
    return 0;
}

/* ---- export ---- */

static int copy_part(void *data, FILE *part)
{
    const int *out = data;
    KYSO_FREE char *chunk = malloc(COPY_SIZE);
    size_t n;
    int r = 0;

    if (chunk == NULL)
        return -ENOMEM;
    while (r == 0 && (n = fread(chunk, 1, COPY_SIZE, part)) > 0)
        r = kyso_fd_write(*out, chunk, n);
    return r == 0 && ferror(part) != 0 ? -EIO : r;
}

static int end_errno(const struct request *request, const char *detail, int r)
{
    return kyso_end_failed("audit", request->json,
                           kyso_failure_local(KYSO_OUTCOME_FAILED, detail, strerror(-r)));
}

static int export(const struct request *request, const char *path)
{
    KYSO_SESSION struct kyso_session session = {.signals = -1};
    KYSO_RESULT struct kyso_result result = {.folder = -1, .fd = -1};
    KYSO_CLOSE int log = -1;
    struct json_object *failure = NULL;
    int r, status = kyso_begin("audit", request->json, &session);

    if (status != 0)
        return status;
    r = kyso_result_open(path, -1, request->force, &result);
    if (r == 0)
        r = kyso_memfd_new("audit", &log);
    if (r != 0)
        return end_errno(request, r == -EEXIST ? "output-exists" : "output-failed", r);
    if (each_part(&session, copy_part, &log, &failure) != 0)
        return kyso_end_failed("audit", request->json, failure);
    r = kyso_result_commit(&result, log);
    if (r != 0)
        return end_errno(request, "output-failed", r);
    if (request->json) {
        KYSO_JSON struct json_object *answer = json_object_new_object();

        kyso_json_add_string(answer, "command", "audit");
        kyso_json_add_string(answer, "output", path);
        kyso_json_print(answer, false);
    }
    return 0;
}

/* ---- verify ---- */

static void print_finding(const struct request *request, bool intact, uint64_t records,
                          uint64_t broken_at, const char *const *states)
{
    (void)printf(ngettext("%llu record: ", "%llu records: ", (unsigned long)records),
                 (unsigned long long)records);
    (void)puts(intact ? _("intact") : _("NOT intact"));
    if (broken_at > 0)
        (void)printf(
            _("  Record %llu does not fit the one before it: something was changed, removed "
              "or put in there.\n"),
            (unsigned long long)broken_at);
    for (size_t i = 0; i < request->n_heads; i++)
        (void)printf("  %s: %s\n", request->heads[i], kyso_message(KYSO_WORDS_STATE, states[i]));
    if (!intact)
        (void)puts(_("  Keep the database as it is and tell whoever inspects this office."));
}

static int end_finding(const struct request *request, bool intact, uint64_t records,
                       uint64_t broken_at, const char *const *states)
{
    int status = intact ? 0 : KYSO_EXIT_NOT_FIT;

    if (request->json) {
        KYSO_JSON struct json_object *answer = json_object_new_object();
        struct json_object *heads = json_object_new_array();

        for (size_t i = 0; i < request->n_heads; i++) {
            struct json_object *head = json_object_new_object();

            kyso_json_add_string(head, "head", request->heads[i]);
            kyso_json_add_string(head, "state", states[i]);
            (void)json_object_array_add(heads, head);
        }
        kyso_json_add_string(answer, "command", "audit");
        kyso_json_add_bool(answer, "intact", intact);
        kyso_json_add_number(answer, "records", (int64_t)records);
        kyso_json_add_number(answer, "broken-at", (int64_t)broken_at);
        kyso_json_add(answer, "heads", heads);
        kyso_json_add_number(answer, "exit-status", status);
        kyso_json_print(answer, false);
    } else {
        print_finding(request, intact, records, broken_at, states);
    }
    return status;
}

/* The log of this computer. */
static int verify_here(const struct request *request)
{
    KYSO_SESSION struct kyso_session session = {.signals = -1};
    const char *states[KYSO_AUDIT_HEADS_MAX];
    struct kyso_map *report = NULL;
    bool intact = false;
    int r, status = kyso_begin("audit", request->json, &session);

    if (status != 0)
        return status;
    r = kyso_audit_verify(session.client, request->heads, request->n_heads, &intact, &report);
    if (r != 0)
        return kyso_end_failed("audit", request->json, kyso_failure_of(session.client, r));
    for (size_t i = 0; i < request->n_heads; i++)
        states[i] = kyso_map_item_string(report, "heads", i);
    status = end_finding(request, intact, (uint64_t)kyso_map_number(report, "records"),
                         (uint64_t)kyso_map_number(report, "broken-at"), states);
    (void)kyso_map_free(report);
    return status;
}

static int read_file(struct kyso_audit_examination *examination, FILE *stream, uint64_t *ret_line)
{
    struct kyso_audit_file file = {.stream = stream};
    struct kyso_audit_front front;
    struct kyso_audit_line line;
    int r;

    while ((r = kyso_audit_file_next(&file, &line)) > 0)
        (void)kyso_audit_examine_line(examination, &line, &front);
    *ret_line = file.number;
    kyso_audit_file_done(&file);
    return r;
}

/* An exported log, without the service: an inspector may be elsewhere. */
static int verify_file(const struct request *request, const char *path)
{
    struct kyso_audit_examination examination;
    const struct kyso_audit_finding *finding;
    const char *states[KYSO_AUDIT_HEADS_MAX];
    FILE *stream = fopen(path, "re");
    uint64_t line = 0;
    int r;

    if (stream == NULL)
        return end_errno(request, "input-failed", -errno);
    kyso_audit_examine_begin(&examination);
    for (size_t i = 0; i < request->n_heads; i++)
        (void)kyso_audit_examine_head(&examination, request->heads[i]);
    r = read_file(&examination, stream, &line);
    (void)fclose(stream);
    if (r == -EBADMSG) {
        char where[48];

        (void)snprintf(where, sizeof(where), _("line %llu"), (unsigned long long)line);
        return kyso_end_failed(
            "audit", request->json,
            kyso_failure_local(KYSO_OUTCOME_BAD_DOCUMENT, "not-an-audit-log", where));
    }
    if (r < 0)
        return end_errno(request, "input-failed", r);
    finding = kyso_audit_examine_end(&examination);
    for (size_t i = 0; i < finding->n_heads; i++)
        states[i] = kyso_audit_head_state_name(finding->heads[i]);
    return end_finding(request, finding->intact && finding->records > 0, finding->records,
                       finding->broken_at, states);
}

/* ---- arguments ---- */

static const char *add_head(struct request *request, const char *text)
{
    struct kyso_audit_head head;

    if (request->n_heads == KYSO_AUDIT_HEADS_MAX)
        return _("At most 32 heads can be checked at once.");
    if (!kyso_audit_head_read(text, &head))
        return _("A head is a number, a colon and 32 hex digits, as printed on forms and reports.");
    request->heads[request->n_heads++] = text;
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
    case 'H':
        return add_head(request, value);
    case 'e':
        request->event = value;
        return NULL;
    case 's':
        return kyso_moment_day(value, 0, &request->since) ? NULL : _("A day is YYYY-MM-DD.");
    case 'u':
        return kyso_moment_day(value, 1, &request->until) ? NULL : _("A day is YYYY-MM-DD.");
    case 'l':
        return kyso_text_to_u64(value, 1000000, &request->last) && request->last > 0
                   ? NULL
                   : _("--last takes a number from 1 to 1000000.");
    default:
        return "";
    }
}

static int parse(struct request *request, int argc, char **argv)
{
    static const struct option OPTIONS[] = {
        {"json", no_argument, NULL, 'j'},
        {"force", no_argument, NULL, 'f'},
        {"head", required_argument, NULL, 'H'},
        {"event", required_argument, NULL, 'e'},
        {"since", required_argument, NULL, 's'},
        {"until", required_argument, NULL, 'u'},
        {"last", required_argument, NULL, 'l'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };

    return kyso_parse_options("audit", argc, argv, "h", OPTIONS, take_option, request);
}

int kyso_cmd_audit(int argc, char **argv)
{
    struct request request = {.until = UINT64_MAX};
    int status = parse(&request, argc, argv);
    int n = argc - optind - 1;
    const char *verb;

    if (status != 0)
        return status;
    if (request.help) {
        print_help();
        return 0;
    }
    verb = n >= 0 ? argv[optind] : "";
    if (strcmp(verb, "list") != 0 && (request.event != NULL || request.since > 0 ||
                                      request.until < UINT64_MAX || request.last > 0))
        return kyso_usage("audit",
                          _("--event, --since, --until and --last belong to “kyso audit list”."));
    if (strcmp(verb, "verify") != 0 && request.n_heads > 0)
        return kyso_usage("audit", _("--head belongs to “kyso audit verify”."));
    if (strcmp(verb, "list") == 0)
        return n == 0 ? list(&request) : kyso_usage("audit", _("There are too many arguments."));
    if (strcmp(verb, "export") == 0)
        return n == 1 ? export(&request, argv[optind + 1])
                      : kyso_usage("audit", _("Export to which file? Name one."));
    if (strcmp(verb, "verify") == 0 && n <= 1)
        return n == 1 ? verify_file(&request, argv[optind + 1]) : verify_here(&request);
    return kyso_usage("audit", _("Say list, export or verify."));
}
