/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/change.h"

#include <errno.h>
#include <string.h>

#include "common/error.h"
#include "common/text.h"

void kyso_change_report_done(struct kyso_change_report *report)
{
    free(report->problems);
    *report = (struct kyso_change_report){0};
}

int kyso_change_report_add(struct kyso_change_report *report, size_t index, const char *field,
                           const char *what)
{
    struct kyso_change_problem *grown;

    if (report->n_problems == KYSO_CHANGE_PROBLEMS_MAX)
        return 0;
    grown = reallocarray(report->problems, report->n_problems + 1, sizeof(*grown));
    if (grown == NULL)
        return kyso_trace(-ENOMEM);
    report->problems = grown;
    grown[report->n_problems++] =
        (struct kyso_change_problem){.index = index, .field = field, .what = what};
    return 0;
}

bool kyso_change_repeats(const struct kyso_change *change, size_t index)
{
    for (size_t i = 0; i < index; i++) {
        if (strcmp(change->fields[i], change->fields[index]) == 0)
            return true;
    }
    return false;
}

const char *kyso_change_check_text(const char *value, size_t maximum)
{
    size_t length = strlen(value);

    if (length > maximum)
        return "too-long";
    if (length > 0 && (value[0] == ' ' || value[length - 1] == ' '))
        return "not-plain-text";
    for (const char *c = value; *c != '\0'; c++) {
        if ((uint8_t)*c < 0x20 || *c == 0x7f)
            return "not-plain-text";
    }
    return kyso_text_is_utf8(value, length) ? NULL : "not-plain-text";
}
