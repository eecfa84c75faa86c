/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/token/mock.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

enum { STATE_MAX = 4096 };

/* A test that cannot see what was called would pass for the wrong reason. */
static void give_up(const char *path)
{
    perror(path);
    abort();
}

void kyso_mock_log(const struct kyso_mock *mock, const char *text)
{
    if (!*mock->log_path)
        return;
    char line[256];
    int n = snprintf(line, sizeof line, "%d %s\n", (int)getpid(), text);
    int fd = open(mock->log_path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, line, (size_t)n) != n)
        give_up(mock->log_path);
    close(fd);
}

/* The state file: lines "NAME LEFT", rewritten in place under a lock. */
static int open_state(const struct kyso_mock *mock, char ret_text[static STATE_MAX])
{
    int fd = open(mock->state_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || flock(fd, LOCK_EX) < 0)
        give_up(mock->state_path);
    ssize_t n = read(fd, ret_text, STATE_MAX - 1);
    if (n < 0)
        give_up(mock->state_path);
    ret_text[n] = '\0';
    return fd;
}

/* Where the line of `name` begins, or null. */
static char *find_line(char *text, const char *name)
{
    size_t n = strlen(name);
    for (char *line = text; *line;) {
        if (strncmp(line, name, n) == 0 && line[n] == ' ')
            return line;
        line += strcspn(line, "\n");
        line += *line == '\n';
    }
    return NULL;
}

unsigned long kyso_mock_tries_left(const struct kyso_mock *mock,
                                   const struct kyso_mock_token *token)
{
    char text[STATE_MAX];
    int fd = open_state(mock, text);
    const char *line = find_line(text, token->name);
    close(fd);
    return line ? strtoul(line + strlen(token->name), NULL, 10) : token->tries;
}

void kyso_mock_set_tries_left(const struct kyso_mock *mock, const struct kyso_mock_token *token,
                              unsigned long left)
{
    char text[STATE_MAX], added[64];
    int fd = open_state(mock, text);
    char *line = find_line(text, token->name);
    if (line) {
        char *next = line + strcspn(line, "\n");
        next += *next == '\n';
        memmove(line, next, strlen(next) + 1);
    }
    size_t n = strlen(text);
    int n_added = snprintf(added, sizeof added, "%s %lu\n", token->name, left);
    if (n + (size_t)n_added >= sizeof text)
        give_up(mock->state_path);
    memcpy(text + n, added, (size_t)n_added);
    n += (size_t)n_added;
    if (ftruncate(fd, 0) < 0 || pwrite(fd, text, n, 0) != (ssize_t)n || fsync(fd) < 0)
        give_up(mock->state_path);
    close(fd);
}

CK_RV kyso_mock_act(const struct kyso_mock_result *result, unsigned long delay_ms)
{
    struct timespec wait = {.tv_sec = (time_t)(delay_ms / 1000),
                            .tv_nsec = (long)(delay_ms % 1000) * 1000000};
    switch (result->action) {
    case KYSO_MOCK_HANG:
        for (;;) /* a call that every jail lets through: hanging is not being killed */
            nanosleep(&(struct timespec){.tv_sec = 3600}, NULL);
    case KYSO_MOCK_SPIN:
        for (volatile unsigned spins = 0;; spins++)
            continue;
    case KYSO_MOCK_CRASH:
        signal(SIGSEGV, SIG_DFL);
        raise(SIGSEGV);
        abort();
    case KYSO_MOCK_EXIT:
        _exit(0);
    case KYSO_MOCK_DELAY:
        while (nanosleep(&wait, &wait) < 0)
            continue;
        return CKR_OK;
    case KYSO_MOCK_RETURN:
        return result->rv;
    }
    return result->rv;
}
