/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DAEMON_CHANGE_H
#define KYSO_DAEMON_CHANGE_H

/* What an administrator wants changed in the roster, or in the persons and organisations, and what
 * is wrong with it. Values are text, as in a file: one check of a value stands for the bus, files
 * and tables. */

#include <stdbool.h>
#include <stddef.h>

#include "common/macros.h"

#define KYSO_CHANGE_FIELDS_MAX 32     /* of one change */
#define KYSO_CHANGES_MAX 2000         /* at once; more would keep others waiting */
#define KYSO_CHANGE_PROBLEMS_MAX 1000 /* reported at once */

/* One entry, person or organisation. A field that is not named stays as it is, and is empty in what
 * is new. */
struct kyso_change {
    const char *key; /* fingerprint in hexadecimal, or id; borrowed as all of it */
    const char *fields[KYSO_CHANGE_FIELDS_MAX], *values[KYSO_CHANGE_FIELDS_MAX];
    size_t n;
};

struct kyso_change_problem {
    size_t index;      /* of the change, from 0 */
    const char *field; /* its name, "" for the whole; borrowed from the change or static */
    const char *what;  /* kebab-case, static */
};

struct kyso_change_report {
    size_t added, changed, unchanged;
    struct kyso_change_problem *problems; /* owned; the first of them where there are too many */
    size_t n_problems;
};
void kyso_change_report_done(struct kyso_change_report *report);
int kyso_change_report_add(struct kyso_change_report *report, size_t index, const char *field,
                           const char *what) KYSO_MUST_CHECK;

/* Whether the field at INDEX was named before in the same change. */
bool kyso_change_repeats(const struct kyso_change *change, size_t index);

/* One line of text without control characters and blanks at its ends, of at most MAXIMUM bytes:
 * null, or what is wrong ("too-long", "not-plain-text"). */
const char *kyso_change_check_text(const char *value, size_t maximum);

#endif
