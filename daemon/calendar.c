/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/calendar.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "common/outcome.h"
#include "common/text.h"

#define SUFFIX ".conf"

struct reader {
    struct kyso_calendar calendar;
    struct kyso_conf_problem *problem;
    uint32_t year; /* of the file that is read */
};

static const char *year_key(struct reader *reader, const char *key, const char *value)
{
    const char *problem = NULL;
    bool decided;

    if (strcmp(key, "decided") != 0)
        return "unknown-key";
    if (!kyso_conf_to_bool(value, &decided))
        return "bad-value";
    return kyso_calendar_add_year(&reader->calendar, reader->year, decided, &problem) ? NULL
                                                                                      : problem;
}

static const char *day_key(struct reader *reader, bool worked, const char *key, const char *value)
{
    const char *problem = NULL;
    uint32_t date;
    bool taken;

    if (!kyso_text_to_day(key, &date))
        return "bad-date";
    if (date / 10000 != reader->year)
        return "other-year";
    if (*value == '\0')
        return "day-without-name";
    taken = worked ? kyso_calendar_add_day_worked(&reader->calendar, date, &problem)
                   : kyso_calendar_add_day_off(&reader->calendar, date, &problem);
    return taken ? NULL : problem;
}

static const char *calendar_key(void *data, const char *section, const char *name, const char *key,
                                const char *value)
{
    struct reader *reader = data;
    uint64_t year;

    if (strcmp(section, "calendar") == 0) {
        if (!kyso_text_to_u64(name, UINT32_MAX, &year) || year != reader->year)
            return "other-year";
        return key == NULL ? NULL : year_key(reader, key, value);
    }
    if (*name != '\0' || (strcmp(section, "days-off") != 0 && strcmp(section, "days-worked") != 0))
        return "unknown-section";
    return key == NULL ? NULL : day_key(reader, strcmp(section, "days-worked") == 0, key, value);
}

static int problem(struct reader *reader, const char *path, const char *what)
{
    *reader->problem = (struct kyso_conf_problem){.what = what};
    (void)snprintf(reader->problem->file, sizeof(reader->problem->file), "%.250s", path);
    return KYSO_OUTCOME_BAD_ARGUMENT;
}

/* The year that "…/YYYY.conf" is about. */
static bool year_of(const char *path, uint32_t *ret_year)
{
    const char *name = strrchr(path, '/') + 1;
    char digits[5] = "";
    uint64_t year;

    if (strlen(name) != 4 + strlen(SUFFIX))
        return false;
    memcpy(digits, name, 4);
    if (!kyso_text_to_u64(digits, 9999, &year))
        return false;
    *ret_year = (uint32_t)year;
    return true;
}

static bool is_known(const struct reader *reader)
{
    return kyso_calendar_year_data(&reader->calendar, reader->year) != KYSO_CALENDAR_MISSING;
}

/* A year that is known already is the administrator's, whose files come first. */
static int read_year(void *data, const char *path)
{
    struct reader *reader = data;
    int r;

    if (!year_of(path, &reader->year))
        return problem(reader, path, "bad-file-name");
    if (is_known(reader))
        return 0;
    r = kyso_conf_read(path, true, calendar_key, reader, reader->problem);
    if (r == 0 && !is_known(reader))
        return problem(reader, path, "year-not-given");
    return r;
}

int kyso_calendar_load(const char *folder, const char *data, struct kyso_calendar *ret_calendar,
                       struct kyso_conf_problem *ret_problem)
{
    struct reader reader = {.problem = ret_problem};
    char path[PATH_MAX];
    int r;

    kyso_calendar_init(&reader.calendar);
    (void)snprintf(path, sizeof(path), "%s/calendar.d", folder);
    r = kyso_conf_walk(path, SUFFIX, read_year, &reader);
    if (r == 0) {
        (void)snprintf(path, sizeof(path), "%s/calendar", data);
        r = kyso_conf_walk(path, SUFFIX, read_year, &reader);
    }
    if (r == 0)
        *ret_calendar = reader.calendar;
    return r;
}
