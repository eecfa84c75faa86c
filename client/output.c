/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/output.h"

#include <ctype.h>
#include <string.h>
#include <time.h>

#include "common/macros.h"
#include "common/text.h"

void kyso_print_clean(FILE *stream, const char *text)
{
    KYSO_FREE char *clean = kyso_text_sanitize(text, strlen(text));

    if (clean != NULL)
        (void)fputs(clean, stream);
}

void kyso_print_line(int indent, const char *label, const char *text)
{
    if (text[0] == '\0')
        return;
    (void)printf("%*s%s ", indent, "", label);
    kyso_print_clean(stdout, text);
    (void)putchar('\n');
}

void kyso_json_add(struct json_object *object, const char *key, struct json_object *value)
{
    if (value != NULL && json_object_object_add(object, key, value) < 0)
        (void)json_object_put(value);
}

void kyso_json_add_string(struct json_object *object, const char *key, const char *value)
{
    kyso_json_add(object, key, json_object_new_string(value));
}

void kyso_json_add_number(struct json_object *object, const char *key, int64_t value)
{
    kyso_json_add(object, key, json_object_new_int64(value));
}

void kyso_json_add_bool(struct json_object *object, const char *key, bool value)
{
    kyso_json_add(object, key, json_object_new_boolean(value));
}

static char *kebab(const char *name)
{
    char *word = malloc(2 * strlen(name) + 1);
    char *to = word;

    for (const char *c = name; word != NULL && *c != '\0'; c++) {
        if (isupper((unsigned char)*c) && to != word)
            *to++ = '-';
        *to++ = (char)tolower((unsigned char)*c);
    }
    if (word != NULL)
        *to = '\0';
    return word;
}

struct json_object *kyso_json_from_map(const struct kyso_map *map)
{
    struct json_object *copy = json_object_new_object();
    struct json_object *all =
        map == NULL ? NULL : json_tokener_parse(kyso_map_json((struct kyso_map *)(uintptr_t)map));

    if (copy != NULL && json_object_is_type(all, json_type_object)) {
        json_object_object_foreach(all, key, value)
        {
            KYSO_FREE char *name = kebab(key);

            if (name != NULL)
                kyso_json_add(copy, name, json_object_get(value));
        }
    }
    (void)json_object_put(all);
    return copy;
}

void kyso_json_print(struct json_object *object, bool one_line)
{
    int style = JSON_C_TO_STRING_NOSLASHESCAPE |
                (one_line ? JSON_C_TO_STRING_PLAIN : JSON_C_TO_STRING_PRETTY);

    (void)printf("%s\n", json_object_to_json_string_ext(object, style));
    (void)fflush(stdout);
}

void kyso_format_time(int64_t seconds, char text[KYSO_TIME_MAX])
{
    time_t t = (time_t)seconds;
    struct tm tm;
    size_t n = 0;

    if (localtime_r(&t, &tm) != NULL)
        n = strftime(text, KYSO_TIME_MAX, "%Y-%m-%d %H:%M:%S %z", &tm);
    if (n == 0)
        n = (size_t)snprintf(text, KYSO_TIME_MAX, "%lld", (long long)seconds);
    if (n > 4 && n + 1 < KYSO_TIME_MAX && (text[n - 5] == '+' || text[n - 5] == '-')) {
        memmove(text + n - 1, text + n - 2, 3); /* +0700 → +07:00 */
        text[n - 2] = ':';
    }
}

void kyso_format_day(int64_t seconds, char text[KYSO_TIME_MAX])
{
    time_t t = (time_t)seconds;
    struct tm tm;

    if (localtime_r(&t, &tm) == NULL || strftime(text, KYSO_TIME_MAX, "%Y-%m-%d", &tm) == 0)
        (void)snprintf(text, KYSO_TIME_MAX, "%lld", (long long)seconds);
}
