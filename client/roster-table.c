/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/roster-table.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "client/columns.h"
#include "client/command.h"
#include "client/failure.h"
#include "client/i18n.h"
#include "client/map.h"
#include "client/messages.h"
#include "client/output.h"
#include "client/result.h"
#include "client/table.h"
#include "common/memfd.h"
#include "common/outcome.h"

#define COLUMNS_MAX 64

void kyso_roster_complain(const char *file, unsigned int line, const char *field, const char *what)
{
    const char *next = kyso_message_next(KYSO_WORDS_DETAIL, what);

    (void)fputs("kyso: ", stderr);
    kyso_print_clean(stderr, file);
    if (line > 0)
        (void)fprintf(stderr, ":%u", line);
    if (*field != '\0') {
        (void)fputs(": ", stderr);
        kyso_print_clean(stderr, field);
    }
    (void)fprintf(stderr, ": %s%s%s\n", kyso_message(KYSO_WORDS_DETAIL, what),
                  *next != '\0' ? " " : "", next);
}

/* ---- import ---- */

struct import {
    const struct kyso_roster_request *request;
    const char *file;
    struct kyso_table table;
    const struct kyso_column *columns[COLUMNS_MAX]; /* of the table */
    struct kyso_options **rows;                     /* as the bus wants them */
    size_t n_rows;
    struct json_object *problems; /* for --json */
    size_t n_problems;
    struct kyso_map *report;
};

static void import_done(struct import *import)
{
    kyso_table_done(&import->table);
    for (size_t i = 0; i < import->n_rows; i++)
        (void)kyso_options_free(import->rows[i]);
    free(import->rows);
    (void)json_object_put(import->problems);
    (void)kyso_map_free(import->report);
}

static void complain(struct import *import, unsigned int line, const char *field, const char *what)
{
    struct json_object *problem;

    import->n_problems++;
    if (!import->request->json) {
        kyso_roster_complain(import->file, line, field, what);
        return;
    }
    problem = json_object_new_object();
    if (problem == NULL)
        return;
    kyso_json_add_number(problem, "line", line);
    kyso_json_add_string(problem, "column", field);
    kyso_json_add_string(problem, "problem", what);
    kyso_json_add_string(problem, "message", kyso_message(KYSO_WORDS_DETAIL, what));
    kyso_json_add_string(problem, "next", kyso_message_next(KYSO_WORDS_DETAIL, what));
    (void)json_object_array_add(import->problems, problem);
}

static void check_header(struct import *import)
{
    const struct kyso_table_row *header = &import->table.rows[0];
    const struct kyso_column *key;
    size_t n;
    bool has_key = false;

    key = kyso_columns(import->request->which, &n);
    if (header->n > COLUMNS_MAX) {
        complain(import, header->line, "", "too-many-cells");
        return;
    }
    for (size_t i = 0; i < header->n; i++) {
        import->columns[i] = kyso_column_named(import->request->which, header->cells[i]);
        if (import->columns[i] == NULL)
            complain(import, header->line, header->cells[i], "unknown-column");
        for (size_t j = 0; j < i; j++) {
            if (import->columns[i] != NULL && import->columns[j] == import->columns[i])
                complain(import, header->line, header->cells[i], "column-given-twice");
        }
        has_key |= import->columns[i] == key;
    }
    if (!has_key)
        complain(import, header->line, key->name, "column-missing");
}

static void take_row(struct import *import, const struct kyso_table_row *row)
{
    size_t n = import->table.rows[0].n;
    struct kyso_options *options = kyso_options_new();

    import->rows[import->n_rows++] = options;
    if (row->n != n) {
        complain(import, row->line, "", row->n < n ? "too-few-cells" : "too-many-cells");
        return;
    }
    for (size_t i = 0; i < n; i++) {
        const struct kyso_column *column = import->columns[i];
        KYSO_FREE char *key = kyso_column_key(import->request->which, row->cells[i]);
        bool is_key = strcmp(column->name, "fingerprint") == 0;
        const char *what =
            kyso_column_put(column, is_key && key != NULL ? key : row->cells[i], options);

        if (what != NULL)
            complain(import, row->line, column->name, what);
    }
}

/* From the table to rows for the bus; problems are told. */
static int take_table(struct import *import)
{
    check_header(import);
    if (import->n_problems > 0)
        return 0;
    import->rows = calloc(import->table.n, sizeof(struct kyso_options *));
    if (import->rows == NULL)
        return -ENOMEM;
    for (size_t i = 1; i < import->table.n; i++)
        take_row(import, &import->table.rows[i]);
    if (import->n_rows == 0)
        complain(import, 0, "", "input-empty");
    return 0;
}

/* Reads the table. 0, or the exit status when that was told. */
static int read_table(struct import *import)
{
    KYSO_CLOSE int fd = -1;
    KYSO_CLOSE int document = -1;
    KYSO_FREE uint8_t *bytes = NULL;
    struct json_object *failure = NULL;
    const char *what;
    unsigned int line;
    struct stat status;
    int r = kyso_load_file(import->file, &fd, &document, &failure);

    if (r != 0)
        return kyso_end_failed("roster", import->request->json, failure);
    if (fstat(document, &status) < 0 || status.st_size > (off_t)KYSO_TABLE_MAX)
        return kyso_end_failed("roster", import->request->json,
                               kyso_failure_local(KYSO_OUTCOME_LIMIT, "input-too-large", NULL));
    bytes = malloc((size_t)status.st_size + 1);
    r = bytes == NULL ? -ENOMEM : kyso_fd_read_at(document, bytes, (size_t)status.st_size, 0);
    if (r == 0)
        r = kyso_table_read(bytes, (size_t)status.st_size, &import->table, &what, &line);
    if (r > 0)
        complain(import, line, "", what);
    else if (r == 0)
        r = take_table(import);
    return r < 0 ? kyso_end_failed("roster", import->request->json,
                                   kyso_failure_local(KYSO_OUTCOME_FAILED, NULL, strerror(-r)))
                 : 0;
}

/* What the service found; it counts rows from 0, people count lines of the file. */
static void take_report(struct import *import)
{
    for (size_t i = 0; i < kyso_map_length(import->report, "problems"); i++) {
        const struct kyso_map *problem = kyso_map_item(import->report, "problems", i);
        size_t index = (size_t)kyso_map_number(problem, "index");
        unsigned int line = index + 1 < import->table.n ? import->table.rows[index + 1].line : 0;

        complain(import, line, kyso_map_string(problem, "field"),
                 kyso_map_string(problem, "problem"));
    }
}

static int send_rows(struct import *import)
{
    KYSO_SESSION struct kyso_session session = {.signals = -1};
    struct kyso_options *options = kyso_options_new();
    int status = kyso_begin("roster", import->request->json, &session), r;

    kyso_options_bool(options, "dry-run", import->request->dry_run);
    r = status != 0 ? 0
                    : kyso_register_import(session.client, import->request->which,
                                           (const struct kyso_options *const *)import->rows,
                                           import->n_rows, options, &import->report);
    (void)kyso_options_free(options);
    if (r != 0)
        return kyso_end_failed("roster", import->request->json, kyso_failure_of(session.client, r));
    if (status == 0)
        take_report(import);
    return status;
}

static void print_json(struct import *import, int status)
{
    KYSO_JSON struct json_object *answer = json_object_new_object();
    static const char *const NUMBERS[] = {"added", "changed", "unchanged"};

    if (answer == NULL)
        return;
    kyso_json_add_string(answer, "command", "roster");
    kyso_json_add_string(answer, "input", import->file);
    kyso_json_add_bool(answer, "done", kyso_map_bool(import->report, "done"));
    for (size_t i = 0; i < KYSO_ARRAY_LEN(NUMBERS); i++)
        kyso_json_add_number(answer, NUMBERS[i], kyso_map_number(import->report, NUMBERS[i]));
    kyso_json_add(answer, "problems", json_object_get(import->problems));
    kyso_json_add_number(answer, "exit-status", status);
    kyso_json_print(answer, false);
}

static void print_outcome(const struct import *import)
{
    if (import->n_problems > 0)
        (void)fprintf(stderr,
                      ngettext("kyso: %zu problem; nothing was changed.\n",
                               "kyso: %zu problems; nothing was changed.\n",
                               (unsigned long)import->n_problems),
                      import->n_problems);
    else
        (void)printf(
            import->request->dry_run
                ? _("Would be: %" PRId64 " new, %" PRId64 " changed, %" PRId64 " unchanged.\n")
                : _("%" PRId64 " new, %" PRId64 " changed, %" PRId64 " unchanged.\n"),
            kyso_map_number(import->report, "added"), kyso_map_number(import->report, "changed"),
            kyso_map_number(import->report, "unchanged"));
}

int kyso_roster_import_file(const struct kyso_roster_request *request, const char *file)
{
    struct import import = {.request = request, .file = file};
    int status;

    import.problems = json_object_new_array();
    status = read_table(&import);
    if (status == 0 && import.n_problems == 0)
        status = send_rows(&import);
    if (status == 0) {
        status = import.n_problems > 0 ? KYSO_EXIT_USAGE : 0;
        if (request->json)
            print_json(&import, status);
        else
            print_outcome(&import);
    }
    import_done(&import);
    return status;
}

/* ---- export ---- */

static void write_header(enum kyso_register which, char separator, struct kyso_buf *buf)
{
    const char *cells[COLUMNS_MAX];
    size_t n;
    const struct kyso_column *columns = kyso_columns(which, &n);

    for (size_t i = 0; i < n; i++)
        cells[i] = columns[i].name;
    kyso_table_write(buf, cells, n, separator);
}

static void write_row(enum kyso_register which, const struct kyso_map *map, char separator,
                      struct kyso_buf *buf)
{
    char *cells[COLUMNS_MAX];
    size_t n;
    const struct kyso_column *columns = kyso_columns(which, &n);

    for (size_t i = 0; i < n; i++) {
        cells[i] = kyso_column_text(&columns[i], map);
        if (cells[i] == NULL && buf->error == 0)
            buf->error = -ENOMEM;
    }
    if (buf->error == 0)
        kyso_table_write(buf, (const char *const *)cells, n, separator);
    for (size_t i = 0; i < n; i++)
        free(cells[i]);
}

/* All rows of the register. */
static int write_rows(struct kyso_client *client, enum kyso_register which, char separator,
                      struct kyso_buf *buf, size_t *ret_n)
{
    struct kyso_map *list = NULL;
    int r = kyso_register_get_all(client, which, &list);

    *ret_n = kyso_map_length(list, "entries");
    for (size_t i = 0; r == 0 && i < *ret_n; i++)
        write_row(which, kyso_map_item(list, "entries", i), separator, buf);
    (void)kyso_map_free(list);
    return r == 0 ? buf->error : r;
}

/* Standard output, or a new file that only its owner reads. */
static int put_out(const char *file, bool force, const struct kyso_buf *buf,
                   struct json_object **ret_failure)
{
    KYSO_RESULT struct kyso_result result = {-1, -1, NULL, NULL, false};
    KYSO_CLOSE int document = -1;
    int r;

    if (file == NULL) {
        if (fwrite(buf->bytes, 1, buf->length, stdout) == buf->length && fflush(stdout) == 0)
            return 0;
        *ret_failure = kyso_failure_local(KYSO_OUTCOME_FAILED, "output-failed", strerror(errno));
        return 1;
    }
    (void)umask(077);
    r = kyso_result_open(file, -1, force, &result);
    if (r == 0)
        r = kyso_document_from_bytes(buf->bytes, buf->length, &document);
    if (r == 0)
        r = kyso_result_commit(&result, document);
    if (r == 0)
        return 0;
    *ret_failure = r == -EEXIST ? kyso_failure_local(KYSO_OUTCOME_FAILED, "output-exists", NULL)
                                : kyso_failure_local(KYSO_OUTCOME_FAILED, "output-failed",
                                                     r < 0 ? strerror(-r) : NULL);
    return 1;
}

static void print_exported(const struct kyso_roster_request *request, const char *file, size_t n)
{
    KYSO_JSON struct json_object *answer = NULL;

    if (!request->json) {
        if (file != NULL)
            (void)printf(ngettext("%zu row written.\n", "%zu rows written.\n", (unsigned long)n),
                         n);
        return;
    }
    answer = json_object_new_object();
    if (answer == NULL)
        return;
    kyso_json_add_string(answer, "command", "roster");
    kyso_json_add_string(answer, "output", file);
    kyso_json_add_number(answer, "rows", (int64_t)n);
    kyso_json_add_number(answer, "exit-status", 0);
    kyso_json_print(answer, false);
}

int kyso_roster_export_file(const struct kyso_roster_request *request, const char *file)
{
    KYSO_SESSION struct kyso_session session = {.signals = -1};
    KYSO_BUF struct kyso_buf buf = {0};
    struct json_object *failure = NULL;
    char separator = request->excel ? ';' : ',';
    size_t n = 0;
    int status, r;

    if (request->json && file == NULL)
        return kyso_usage("roster", _("With --json, name the file to export to."));
    status = kyso_begin("roster", request->json, &session);
    if (status != 0)
        return status;
    if (request->excel)
        kyso_buf_put(&buf, "\xef\xbb\xbf", 3);
    write_header(request->which, separator, &buf);
    r = write_rows(session.client, request->which, separator, &buf, &n);
    if (r != 0)
        return kyso_end_failed("roster", request->json, kyso_failure_of(session.client, r));
    if (put_out(file, request->force, &buf, &failure) != 0)
        return kyso_end_failed("roster", request->json, failure);
    print_exported(request, file, n);
    return 0;
}
