/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/error.h"

#include <string.h>

#include "common/log.h"

int kyso_trace_at(int result, const char *file, int line, const char *function)
{
    if (result < 0)
        kyso_log(KYSO_LOG_DEBUG, "trace: %s:%d %s: %s", file, line, function, strerror(-result));
    return result;
}
