/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Sets an official form as kysod does, with the real kyso-draw in its jail.
 *
 *   set-form WORKERS FOLDER ID FORMAT VALUES OUT
 *
 * WORKERS: folder of kyso-draw. FORMAT: pdf, odt, json or csv. On a refusal it prints the outcome
 * and its detail, and ends with 3. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/buf.h"
#include "common/log.h"
#include "common/loop.h"
#include "common/memfd.h"
#include "common/outcome.h"
#include "common/worker.h"
#include "document/forms/remote.h"

struct answer {
    struct kyso_loop *loop;
    int result, file;
    char detail[256];
};

static void answered(void *data, int result, const char *detail, int file)
{
    struct answer *answer = data;

    answer->result = result;
    answer->file = file;
    (void)snprintf(answer->detail, sizeof(answer->detail), "%s", detail != NULL ? detail : "");
    kyso_loop_quit(answer->loop, 0);
}

/* The whole of FD in BUF. */
static int read_whole(int fd, struct kyso_buf *buf)
{
    struct stat status;
    uint8_t *to;

    if (fd < 0 || fstat(fd, &status) < 0)
        return -errno;
    to = kyso_buf_reserve(buf, (size_t)status.st_size);
    buf->length = (size_t)status.st_size;
    return to != NULL ? kyso_fd_read_at(fd, to, (size_t)status.st_size, 0) : -ENOMEM;
}

static int seal_file(const char *path, int *ret_fd)
{
    KYSO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
    KYSO_BUF struct kyso_buf bytes = {0};
    int r = read_whole(fd, &bytes);

    return r == 0 ? kyso_memfd_from_bytes("values", bytes.bytes, bytes.length, ret_fd) : r;
}

static int write_file(int from, const char *path)
{
    KYSO_CLOSE int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    KYSO_BUF struct kyso_buf bytes = {0};
    int r = fd >= 0 ? read_whole(from, &bytes) : -errno;

    return r == 0 ? kyso_fd_write(fd, bytes.bytes, bytes.length) : r;
}

static int find_format(const char *name, enum kyso_form_format *ret_format)
{
    static const char *const NAMES[KYSO_FORM_FORMAT_MAX] = {"pdf", "odt", "json", "csv"};

    for (size_t i = 0; i < KYSO_FORM_FORMAT_MAX; i++)
        if (strcmp(NAMES[i], name) == 0) {
            *ret_format = (enum kyso_form_format)i;
            return 0;
        }
    return -EINVAL;
}

static int set(const struct kyso_form_request *request, struct answer *answer)
{
    struct kyso_form_call *call = NULL;
    int r = kyso_form_set(answer->loop, request, answered, answer, &call);

    if (r != 0)
        return r;
    r = kyso_loop_run(answer->loop);
    (void)kyso_form_call_free(call);
    return r < 0 ? r : answer->result;
}

static int run(char **arguments, struct answer *answer)
{
    struct kyso_form_request request = {-1, -1, KYSO_FORM_PDF};
    int r = kyso_loop_new(&answer->loop);

    kyso_worker_set_directory(arguments[1]);
    if (r == 0)
        r = find_format(arguments[4], &request.format);
    if (r == 0)
        r = kyso_form_open(arguments[2], arguments[3], false, &request.form);
    if (r == 0)
        r = seal_file(arguments[5], &request.values);
    if (r == 0)
        r = set(&request, answer);
    kyso_close(&request.form);
    kyso_close(&request.values);
    (void)kyso_loop_free(answer->loop);
    return r == 0 ? write_file(answer->file, arguments[6]) : r;
}

int main(int argc, char **argv)
{
    struct answer answer = {.file = -1};
    int r;

    if (argc != 7)
        return EXIT_FAILURE;
    kyso_log_open("set-form", KYSO_LOG_INFO);
    r = run(argv, &answer);
    kyso_close(&answer.file);
    if (r > 0)
        (void)printf("%s: %s\n", kyso_outcome_row(r)->log_name, answer.detail);
    if (r < 0)
        (void)fprintf(stderr, "set-form: errno %d\n", -r);
    return r == 0 ? EXIT_SUCCESS : r > 0 ? 3 : EXIT_FAILURE;
}
