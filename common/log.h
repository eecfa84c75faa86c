/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_COMMON_LOG_H
#define KYSO_COMMON_LOG_H

/* One line per event to stderr, with the "<N>" priority prefix that the journal understands when
 * stderr is its stream. Whoever turns an error into a reply logs it, once. Never log a message, a
 * PIN, a document or personal data: name the fields. */

#include <stdbool.h>

#include "common/macros.h"

enum kyso_log_level {
    KYSO_LOG_ERROR = 3,
    KYSO_LOG_WARNING = 4,
    KYSO_LOG_NOTICE = 5,
    KYSO_LOG_INFO = 6,
    KYSO_LOG_DEBUG = 7,
};

/* Sets the program's name in each line and the highest level written. */
void kyso_log_open(const char *program, enum kyso_log_level highest);

void kyso_log(enum kyso_log_level level, const char *format, ...) KYSO_PRINTF(2, 3);

#endif
