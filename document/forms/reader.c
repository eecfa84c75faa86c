/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "document/forms/reader.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "common/error.h"
#include "common/outcome.h"
#include "common/text.h"
#include "document/drawable.h"

int kyso_form_refuse(struct kyso_form_reader *reader, const char *word, const char *place)
{
    if (reader->detail[0] == '\0')
        (void)snprintf(reader->detail, sizeof(reader->detail), "%s %s%s%s", reader->what, word,
                       *place != '\0' ? " " : "", place);
    return KYSO_OUTCOME_BAD_ARGUMENT;
}

/* json-c takes hundreds of bytes for an object of two: counted before it gets to allocate. */
static const char *weigh(const char *text, size_t length)
{
    size_t objects = 0, items = 0, depth = 0;
    bool in_string = false;

    for (size_t i = 0; i < length; i++) {
        char c = text[i];

        if (in_string) {
            i += c == '\\';
            in_string = c != '"';
            continue;
        }
        in_string = c == '"';
        objects += c == '{';
        items += c == ',' || c == ':' || c == '[' || c == '{';
        depth += c == '{' || c == '[';
        if (depth > KYSO_FORM_DEPTH_MAX)
            return "too-deep";
        if (objects > KYSO_FORM_OBJECTS_MAX || items > 2 * KYSO_FORM_ITEMS_MAX)
            return "too-many-values";
        if ((c == '}' || c == ']') && depth > 0)
            depth--;
    }
    return NULL;
}

int kyso_form_parse(struct kyso_form_reader *reader, const char *text, size_t length,
                    struct json_object **ret_json)
{
    struct json_object *json;
    struct json_tokener *tokener;
    const char *word = weigh(text, length);
    bool whole;

    if (!kyso_text_is_utf8(text, length))
        return kyso_form_refuse(reader, "not-utf-8", "");
    if (word != NULL)
        return kyso_form_refuse(reader, word, "");
    if (length > INT_MAX)
        return KYSO_OUTCOME_LIMIT;
    tokener = json_tokener_new_ex(KYSO_FORM_DEPTH_MAX + 1);
    if (tokener == NULL)
        return kyso_trace(-ENOMEM);
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
    json = json_tokener_parse_ex(tokener, text, (int)length);
    whole = json_tokener_get_error(tokener) == json_tokener_success && json != NULL;
    json_tokener_free(tokener);
    if (!whole) {
        (void)json_object_put(json);
        return kyso_form_refuse(reader, "not-json", "");
    }
    *ret_json = json;
    return 0;
}

void kyso_form_place(char ret_place[KYSO_FORM_PATH_MAX], const char *place, const char *member)
{
    (void)snprintf(ret_place, KYSO_FORM_PATH_MAX, "%s%s%.64s", place, *place != '\0' ? "." : "",
                   member);
}

void kyso_form_place_at(char ret_place[KYSO_FORM_PATH_MAX], const char *place, size_t index)
{
    (void)snprintf(ret_place, KYSO_FORM_PATH_MAX, "%s[%zu]", place, index);
}

int kyso_form_check_members(struct kyso_form_reader *reader, struct json_object *object,
                            const char *place, const char *const *allowed)
{
    if (!json_object_is_type(object, json_type_object))
        return kyso_form_refuse(reader, "not-an-object", place);
    json_object_object_foreach(object, name, value)
    {
        const char *const *known = allowed;
        char inside[KYSO_FORM_PATH_MAX];

        (void)value;
        while (*known != NULL && strcmp(*known, name) != 0)
            known++;
        kyso_form_place(inside, place, name);
        if (*known == NULL)
            return kyso_form_refuse(reader, "unknown-member", kyso_drawable(name) ? inside : place);
    }
    return 0;
}

/* Null in *RET_VALUE when it is not there. */
static int member(struct kyso_form_reader *reader, struct json_object *object, const char *place,
                  const char *name, enum json_type type, const char *word,
                  char ret_place[KYSO_FORM_PATH_MAX], struct json_object **ret_value)
{
    struct json_object *value = NULL;

    kyso_form_place(ret_place, place, name);
    if (json_object_object_get_ex(object, name, &value) && !json_object_is_type(value, type))
        return kyso_form_refuse(reader, word, ret_place);
    *ret_value = value;
    return 0;
}

int kyso_form_string(struct kyso_form_reader *reader, struct json_object *string, const char *place,
                     size_t maximum, const char **ret_text)
{
    const char *text;
    size_t length;

    if (!json_object_is_type(string, json_type_string))
        return kyso_form_refuse(reader, "not-a-string", place);
    text = json_object_get_string(string);
    length = (size_t)json_object_get_string_len(string);
    if (length > maximum)
        return kyso_form_refuse(reader, "text-too-long", place);
    /* A NUL inside makes it shorter for us than for others. */
    if (strlen(text) != length || !kyso_text_is_utf8(text, length) || !kyso_drawable(text))
        return kyso_form_refuse(reader, "control-character", place);
    *ret_text = text;
    return 0;
}

int kyso_form_text(struct kyso_form_reader *reader, struct json_object *object, const char *place,
                   const char *name, size_t maximum, const char **ret_text)
{
    struct json_object *value;
    char inside[KYSO_FORM_PATH_MAX];
    int r = member(reader, object, place, name, json_type_string, "not-a-string", inside, &value);

    *ret_text = NULL;
    if (r != 0 || value == NULL)
        return r;
    return kyso_form_string(reader, value, inside, maximum, ret_text);
}

int kyso_form_list(struct kyso_form_reader *reader, struct json_object *object, const char *place,
                   const char *name, size_t maximum, struct json_object **ret_list)
{
    char inside[KYSO_FORM_PATH_MAX];
    int r = member(reader, object, place, name, json_type_array, "not-a-list", inside, ret_list);

    if (r == 0 && *ret_list != NULL && json_object_array_length(*ret_list) > maximum)
        return kyso_form_refuse(reader, "list-too-long", inside);
    return r;
}

int kyso_form_object(struct kyso_form_reader *reader, struct json_object *object, const char *place,
                     const char *name, struct json_object **ret_object)
{
    char inside[KYSO_FORM_PATH_MAX];

    return member(reader, object, place, name, json_type_object, "not-an-object", inside,
                  ret_object);
}

int kyso_form_bool(struct kyso_form_reader *reader, struct json_object *object, const char *place,
                   const char *name, bool if_absent, bool *ret_value)
{
    struct json_object *value;
    char inside[KYSO_FORM_PATH_MAX];
    int r =
        member(reader, object, place, name, json_type_boolean, "not-true-or-false", inside, &value);

    *ret_value = r == 0 && value != NULL ? json_object_get_boolean(value) : if_absent;
    return r;
}

int kyso_form_number(struct kyso_form_reader *reader, struct json_object *object, const char *place,
                     const char *name, int minimum, int maximum, int if_absent, int *ret_value)
{
    struct json_object *value;
    char inside[KYSO_FORM_PATH_MAX];
    int r = member(reader, object, place, name, json_type_int, "not-a-number", inside, &value);
    int64_t number = r == 0 && value != NULL ? json_object_get_int64(value) : if_absent;

    if (r == 0 && (number < minimum || number > maximum))
        return kyso_form_refuse(reader, "bad-number", inside);
    *ret_value = (int)number;
    return r;
}

bool kyso_form_is_key(const char *key, size_t length)
{
    bool at_start = true; /* of a word */

    if (length > 64)
        return false;
    for (size_t i = 0; i < length; i++) {
        bool letter = (key[i] >= 'a' && key[i] <= 'z') || (key[i] >= '0' && key[i] <= '9');

        if (!letter && (at_start || (key[i] != '.' && key[i] != '-')))
            return false;
        at_start = key[i] == '.' || key[i] == '-';
    }
    return !at_start;
}
