/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/conf.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/error.h"
#include "common/memfd.h"
#include "common/outcome.h"
#include "common/text.h"

static int problem(struct kyso_conf_problem *report, const char *file, unsigned int line,
                   const char *what)
{
    (void)snprintf(report->file, sizeof(report->file), "%s", file);
    report->line = line;
    report->what = what;
    return KYSO_OUTCOME_BAD_ARGUMENT;
}

int kyso_conf_load(const char *file, bool trusted, size_t maximum, char **ret_text,
                   size_t *ret_length, struct kyso_conf_problem *ret_problem)
{
    KYSO_CLOSE int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    KYSO_FREE char *text = NULL;
    struct stat status;
    int r;

    if (fd < 0)
        return errno == ENOENT ? -ENOENT : kyso_trace_errno();
    if (fstat(fd, &status) < 0)
        return kyso_trace_errno();
    if (!S_ISREG(status.st_mode))
        return problem(ret_problem, file, 0, "not-a-file");
    if (trusted && status.st_uid != 0)
        return problem(ret_problem, file, 0, "not-root-owned");
    if (trusted && (status.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        return problem(ret_problem, file, 0, "writable-by-others");
    if (status.st_size < 0 || (uint64_t)status.st_size > maximum)
        return problem(ret_problem, file, 0, "too-large");
    text = malloc((size_t)status.st_size + 1);
    if (text == NULL)
        return kyso_trace(-ENOMEM);
    r = kyso_fd_read_at(fd, text, (size_t)status.st_size, 0);
    if (r < 0)
        return r;
    text[status.st_size] = '\0';
    *ret_length = (size_t)status.st_size;
    *ret_text = KYSO_STEAL(text);
    return 0;
}

static char *trim(char *text)
{
    size_t length;

    while (*text == ' ' || *text == '\t')
        text++;
    length = strlen(text);
    while (length > 0 && strchr(" \t\r", text[length - 1]) != NULL)
        text[--length] = '\0';
    return text;
}

struct position {
    char section[64];
    char name[256];
    bool inside;
};

static const char *read_section(char *line, struct position *at, kyso_conf_fn fn, void *data)
{
    char *close = strchr(line, ']'), *blank;

    if (close == NULL || close[1] != '\0')
        return "bad-section-line";
    *close = '\0';
    line = trim(line + 1);
    blank = strchr(line, ' ');
    if (blank != NULL)
        *blank = '\0';
    if (*line == '\0' || strlen(line) >= sizeof(at->section) ||
        (blank != NULL && strlen(blank + 1) >= sizeof(at->name)))
        return "bad-section-line";
    (void)snprintf(at->section, sizeof(at->section), "%s", line);
    (void)snprintf(at->name, sizeof(at->name), "%s", blank != NULL ? trim(blank + 1) : "");
    at->inside = true;
    return fn(data, at->section, at->name, NULL, NULL);
}

static const char *read_line(char *line, struct position *at, kyso_conf_fn fn, void *data)
{
    char *equals;

    line = trim(line);
    if (*line == '\0' || *line == '#')
        return NULL;
    if (*line == '[')
        return read_section(line, at, fn, data);
    equals = strchr(line, '=');
    if (equals == NULL)
        return "no-equals-sign";
    if (!at->inside)
        return "key-before-section";
    *equals = '\0';
    return fn(data, at->section, at->name, trim(line), trim(equals + 1));
}

int kyso_conf_read(const char *file, bool trusted, kyso_conf_fn fn, void *data,
                   struct kyso_conf_problem *ret_problem)
{
    KYSO_FREE char *text = NULL;
    struct position at = {0};
    unsigned int number = 0;
    size_t length;
    int r = kyso_conf_load(file, trusted, KYSO_CONF_MAX, &text, &length, ret_problem);

    if (r != 0)
        return r;
    if (memchr(text, '\0', length) != NULL || !kyso_text_is_utf8(text, length))
        return problem(ret_problem, file, 0, "not-utf8-text");
    for (char *line = text, *next; line != NULL; line = next) {
        const char *what;

        next = strchr(line, '\n');
        if (next != NULL)
            *next++ = '\0';
        number++;
        what = read_line(line, &at, fn, data);
        if (what != NULL)
            return problem(ret_problem, file, number, what);
    }
    return 0;
}

static bool ends_with(const char *text, const char *suffix)
{
    size_t a = strlen(text), b = strlen(suffix);

    return a > b && strcmp(text + a - b, suffix) == 0;
}

int kyso_conf_walk(const char *folder, const char *suffix, int (*fn)(void *data, const char *path),
                   void *data)
{
    struct dirent **entries;
    int n = scandir(folder, &entries, NULL, alphasort), r = 0;

    if (n < 0)
        return errno == ENOENT ? 0 : kyso_trace_errno();
    for (int i = 0; i < n; i++) {
        char path[PATH_MAX];

        if (r == 0 && entries[i]->d_name[0] != '.' && ends_with(entries[i]->d_name, suffix)) {
            int length = snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);

            r = length > 0 && (size_t)length < sizeof(path) ? fn(data, path) : -ENAMETOOLONG;
        }
        free(entries[i]);
    }
    free(entries);
    return r;
}

struct folder_reader {
    bool trusted;
    kyso_conf_fn fn;
    void *data;
    struct kyso_conf_problem *report;
};

static int read_one(void *data, const char *path)
{
    struct folder_reader *reader = data;

    return kyso_conf_read(path, reader->trusted, reader->fn, reader->data, reader->report);
}

int kyso_conf_read_folder(const char *folder, const char *suffix, bool trusted, kyso_conf_fn fn,
                          void *data, struct kyso_conf_problem *ret_problem)
{
    struct folder_reader reader = {trusted, fn, data, ret_problem};

    return kyso_conf_walk(folder, suffix, read_one, &reader);
}

bool kyso_conf_to_bool(const char *value, bool *ret_value)
{
    if (strcmp(value, "yes") == 0)
        *ret_value = true;
    else if (strcmp(value, "no") == 0)
        *ret_value = false;
    else
        return false;
    return true;
}
