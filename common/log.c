/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *program_name = "kyso";
static enum kyso_log_level highest_level = KYSO_LOG_INFO;

void kyso_log_open(const char *program, enum kyso_log_level highest)
{
    program_name = program;
    highest_level = highest;
}

void kyso_log(enum kyso_log_level level, const char *format, ...)
{
    char line[1024];
    int saved = errno;
    int prefix, n;
    size_t length;
    va_list args;

    if (level > highest_level)
        return;
    prefix = snprintf(line, sizeof(line), "<%d>%s[%d]: ", (int)level, program_name, (int)getpid());
    if (prefix < 0 || (size_t)prefix >= sizeof(line))
        return;
    va_start(args, format);
    n = vsnprintf(line + prefix, sizeof(line) - (size_t)prefix - 1, format, args);
    va_end(args);
    if (n < 0)
        return;
    /* Control characters would let a token's label forge a second line. */
    for (char *c = line + prefix; *c != '\0'; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = ' ';
    }
    length = strlen(line);
    line[length] = '\n';
    if (write(STDERR_FILENO, line, length + 1) < 0) {
        /* There is nobody left to tell. */
    }
    errno = saved;
}
