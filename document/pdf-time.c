/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "document/pdf-time.h"

#include <string.h>
#include <time.h>

/* WIDTH digits at *TEXT, at least LOW and at most HIGH. */
static bool number(const char **text, int width, int low, int high, int *ret_value)
{
    int value = 0;

    for (int i = 0; i < width; i++) {
        if ((*text)[i] < '0' || (*text)[i] > '9')
            return false;
        value = value * 10 + ((*text)[i] - '0');
    }
    *text += width;
    *ret_value = value;
    return value >= low && value <= high;
}

/* Seconds east of UTC of what follows the time of day. */
static bool offset(const char *text, int *ret_seconds)
{
    char sign = *text;
    int hours, minutes;

    *ret_seconds = 0;
    if (sign == '\0' || strcmp(text, "Z") == 0)
        return true;
    if (strchr("+-Z", sign) == NULL)
        return false;
    text++;
    if (!number(&text, 2, 0, 23, &hours) || *text++ != '\'' || !number(&text, 2, 0, 59, &minutes) ||
        (strcmp(text, "") != 0 && strcmp(text, "'") != 0) ||
        (sign == 'Z' && (hours != 0 || minutes != 0)))
        return false;
    *ret_seconds = (hours * 60 + minutes) * 60 * (sign == '-' ? -1 : 1);
    return true;
}

bool kyso_pdf_time_read(const char *text, uint64_t *ret_seconds)
{
    struct tm parts = {0};
    struct tm given;
    int east;
    time_t seconds;

    if (strncmp(text, "D:", 2) != 0)
        return false;
    text += 2;
    if (!number(&text, 4, 1970, 9999, &parts.tm_year) || !number(&text, 2, 1, 12, &parts.tm_mon) ||
        !number(&text, 2, 1, 31, &parts.tm_mday) || !number(&text, 2, 0, 23, &parts.tm_hour) ||
        !number(&text, 2, 0, 59, &parts.tm_min) || !number(&text, 2, 0, 59, &parts.tm_sec) ||
        !offset(text, &east))
        return false;
    parts.tm_year -= 1900;
    parts.tm_mon -= 1;
    given = parts;
    seconds = timegm(&parts);
    if (parts.tm_mday != given.tm_mday || seconds < east) /* the 31st of a shorter month */
        return false;
    *ret_seconds = (uint64_t)(seconds - east);
    return true;
}
