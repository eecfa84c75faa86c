/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_CLIENT_OUTPUT_H
#define KYSO_CLIENT_OUTPUT_H

/* What the command writes: lines for people, JSON for programs. */

#include <json-c/json.h>
#include <stdint.h>
#include <stdio.h>

#include "client/kyso.h"

/* Writes TEXT with control characters replaced: a token's label or a file's name must not move the
 * cursor or recolour the screen. */
void kyso_print_clean(FILE *stream, const char *text);
/* "  LABEL TEXT" on stdout, INDENT blanks in; nothing for an empty text. */
void kyso_print_line(int indent, const char *label, const char *text);

/* Adds to OBJECT; without memory the key is left out. VALUE of add is taken over. */
void kyso_json_add(struct json_object *object, const char *key, struct json_object *value);
void kyso_json_add_string(struct json_object *object, const char *key, const char *value);
void kyso_json_add_number(struct json_object *object, const char *key, int64_t value);
void kyso_json_add_bool(struct json_object *object, const char *key, bool value);
/* A copy of MAP with its keys in kebab-case ("PinState" → "pin-state"), as --json has them. */
struct json_object *kyso_json_from_map(const struct kyso_map *map);

/* One object to stdout: on one line, or indented. */
void kyso_json_print(struct json_object *object, bool one_line);

#define KYSO_TIME_MAX 40 /* bytes of a time as text */
/* Seconds since 1970 as "2026-11-20 09:30:00 +07:00" in local time, or the day alone. */
void kyso_format_time(int64_t seconds, char text[KYSO_TIME_MAX]);
void kyso_format_day(int64_t seconds, char text[KYSO_TIME_MAX]);

#endif
