/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "document/forms/merge.h"

#include <errno.h>
#include <string.h>

#include "common/error.h"

static const char *const MEMBERS[] = {
    "format",   "id",      "base",       "number", "name", "instrument", "clause",
    "delivery", "assumed", "mark",       "page",   "head", "title",      "addressee",
    "fields",   "body",    "signatures", "notes",  NULL,
};

static int put(struct json_object *into, const char *name, struct json_object *value)
{
    struct json_object *held = json_object_get(value);

    if (json_object_object_add(into, name, held) < 0) {
        (void)json_object_put(held);
        return kyso_trace(-ENOMEM);
    }
    return 0;
}

static int put_all(struct json_object *into, struct json_object *from)
{
    json_object_object_foreach(from, name, value)
    {
        int r = put(into, name, value);

        if (r < 0)
            return r;
    }
    return 0;
}

/* Single fields are replaced, so that a form need not repeat what it does not change. */
static int put_fields(struct json_object *into, struct json_object *fields)
{
    KYSO_JSON struct json_object *merged = json_object_new_object();
    struct json_object *old;
    int r = 0;

    if (merged == NULL)
        return kyso_trace(-ENOMEM);
    if (json_object_object_get_ex(into, "fields", &old))
        r = put_all(merged, old);
    if (r == 0)
        r = put_all(merged, fields);
    return r == 0 ? put(into, "fields", merged) : r;
}

static int overlay(struct kyso_form_reader *reader, struct json_object *into,
                   struct json_object *form, const char *place)
{
    struct json_object *fields;
    int r = kyso_form_check_members(reader, form, place, MEMBERS);

    if (r == 0)
        r = kyso_form_object(reader, form, place, "fields", &fields);
    json_object_object_foreach(form, name, value)
    {
        if (r != 0)
            return r;
        if (strcmp(name, "fields") == 0)
            r = put_fields(into, value);
        else if (strcmp(name, "base") != 0)
            r = put(into, name, value);
    }
    return r;
}

/* FORM names NEXT as its base, and the last of the chain names none. */
static int check_base(struct kyso_form_reader *reader, struct json_object *form,
                      struct json_object *next, const char *place)
{
    const char *base = NULL, *id = NULL;
    int r;

    if (!json_object_is_type(form, json_type_object))
        return kyso_form_refuse(reader, "not-an-object", place);
    r = kyso_form_text(reader, form, place, "base", 64, &base);
    if (r == 0 && next != NULL && json_object_is_type(next, json_type_object))
        r = kyso_form_text(reader, next, place, "id", 64, &id);
    if (r == 0 && (base == NULL) != (next == NULL))
        return kyso_form_refuse(reader, "bad-base", place);
    if (r == 0 && base != NULL && (id == NULL || strcmp(base, id) != 0))
        return kyso_form_refuse(reader, "bad-base", place);
    return r;
}

int kyso_form_merge(struct kyso_form_reader *reader, const char *text, size_t length,
                    struct json_object **ret_form)
{
    KYSO_JSON struct json_object *json = NULL;
    KYSO_JSON struct json_object *merged = json_object_new_object();
    bool list;
    size_t n;
    int r;

    if (merged == NULL)
        return kyso_trace(-ENOMEM);
    r = kyso_form_parse(reader, text, length, &json);
    if (r != 0)
        return r;
    list = json_object_is_type(json, json_type_array);
    n = list ? json_object_array_length(json) : 1;
    if (n == 0 || n > KYSO_FORM_BASES_MAX + 1)
        return kyso_form_refuse(reader, "too-many-bases", "");
    for (size_t i = n; r == 0 && i-- > 0;) {
        struct json_object *form = list ? json_object_array_get_idx(json, i) : json;
        struct json_object *next = i + 1 < n ? json_object_array_get_idx(json, i + 1) : NULL;
        char place[KYSO_FORM_PATH_MAX] = "";

        if (list && i > 0)
            kyso_form_place_at(place, "base", i);
        r = check_base(reader, form, next, place);
        if (r == 0)
            r = overlay(reader, merged, form, place);
    }
    if (r != 0)
        return r;
    *ret_form = KYSO_STEAL(merged);
    return 0;
}
