/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/form-told.h"

#include <errno.h>
#include <json-c/json.h>
#include <string.h>

#include "common/error.h"
#include "common/memfd.h"
#include "common/outcome.h"
#include "common/text.h"
#include "document/forms/remote.h"

#define TOLD_MAX ((uint64_t)2 << 20) /* bytes: what 200 rows with all their fields may take */
#define CHOICES_MAX 64U
#define JSON_DEPTH 32
#define ENTRIES_MAX 10000U /* of a list: 200 rows with all their fields */

struct kyso_form_told {
    struct json_object *sheet;
};

/* ---- reading ---- */

static struct json_object *member(struct json_object *object, const char *name)
{
    struct json_object *value = NULL;

    (void)json_object_object_get_ex(object, name, &value);
    return value;
}

static size_t length_of(struct json_object *array)
{
    return json_object_is_type(array, json_type_array) ? json_object_array_length(array) : 0;
}

/* "" for what is no text. */
static const char *text_of(struct json_object *value)
{
    return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : "";
}

static bool is_list(struct json_object *value)
{
    return json_object_is_type(value, json_type_array) && length_of(value) <= ENTRIES_MAX;
}

static bool is_sheet(struct json_object *sheet)
{
    return json_object_is_type(sheet, json_type_object) && is_list(member(sheet, "missing")) &&
           is_list(member(sheet, "fields"));
}

/* Null for what is no JSON in UTF-8: json-c itself lets bytes pass that libdbus aborts on. */
static struct json_object *parse(const char *text, size_t length)
{
    struct json_tokener *tokener;
    struct json_object *value;

    if (!kyso_text_is_utf8(text, length))
        return NULL;
    tokener = json_tokener_new_ex(JSON_DEPTH);
    if (tokener == NULL)
        return NULL;
    value = json_tokener_parse_ex(tokener, text, (int)length);
    json_tokener_free(tokener);
    return value;
}

int kyso_form_told_read(int file, struct kyso_form_told **ret_told)
{
    struct kyso_form_told *told;
    KYSO_FREE char *text = NULL;
    uint64_t size;
    int r = kyso_memfd_check(file, TOLD_MAX, &size);

    if (r != 0)
        return r > 0 ? KYSO_OUTCOME_WORKER_DIED : r;
    text = malloc((size_t)size + 1);
    told = calloc(1, sizeof(*told));
    r = text != NULL && told != NULL ? kyso_fd_read_at(file, text, (size_t)size, 0)
                                     : kyso_trace(-ENOMEM);
    if (r == 0) {
        text[size] = '\0';
        told->sheet = parse(text, (size_t)size);
        if (!is_sheet(told->sheet))
            r = KYSO_OUTCOME_WORKER_DIED;
    }
    if (text != NULL)
        explicit_bzero(text, (size_t)size);
    if (r != 0)
        told = kyso_form_told_free(told);
    *ret_told = told;
    return r;
}

struct kyso_form_told *kyso_form_told_free(struct kyso_form_told *told)
{
    if (told != NULL)
        (void)json_object_put(told->sheet);
    free(told);
    return NULL;
}

/* ---- what it says ---- */

const char *kyso_form_told_text(const struct kyso_form_told *told, const char *name)
{
    return text_of(member(told->sheet, name));
}

bool kyso_form_told_complete(const struct kyso_form_told *told)
{
    return json_object_get_boolean(member(told->sheet, "complete"));
}

size_t kyso_form_told_missing(const struct kyso_form_told *told)
{
    return length_of(member(told->sheet, "missing"));
}

size_t kyso_form_told_rows(const struct kyso_form_told *told)
{
    struct json_object *tables = member(told->sheet, "tables");

    return length_of(tables) > 0 ? length_of(member(json_object_array_get_idx(tables, 0), "rows"))
                                 : 0;
}

static void put_texts(struct kyso_dict *dict, const char *key, struct json_object *array)
{
    const char *texts[CHOICES_MAX];
    size_t n = 0;

    for (; n < length_of(array) && n < CHOICES_MAX; n++)
        texts[n] = text_of(json_object_array_get_idx(array, n));
    kyso_dict_strings(dict, key, texts, n);
}

static void put_row(struct kyso_dict *dict, struct json_object *one)
{
    kyso_dict_u32(dict, "row", (uint32_t)json_object_get_int(member(one, "row")));
}

/* Each of the array NAME with these TEXTS, its row and, with WITH_CHOICES, what may be chosen. */
static void put_list(const struct kyso_form_told *told, struct kyso_dict *report, const char *name,
                     const char *const *texts, size_t n_texts, bool with_choices)
{
    struct json_object *array = member(told->sheet, name);
    struct kyso_dict_list list;
    struct kyso_dict dict;

    kyso_dict_list_open(report, name, &list);
    for (size_t i = 0; report->ok && i < length_of(array); i++) {
        struct json_object *one = json_object_array_get_idx(array, i);

        kyso_dict_open(&dict, &list.array);
        for (size_t k = 0; k < n_texts; k++)
            kyso_dict_string(&dict, texts[k], text_of(member(one, texts[k])));
        put_row(&dict, one);
        if (with_choices) {
            kyso_dict_bool(&dict, "optional", json_object_get_boolean(member(one, "optional")));
            put_texts(&dict, "choices", member(one, "choices"));
        }
        report->ok &= kyso_dict_close(&dict);
    }
    kyso_dict_list_close(report, &list);
}

void kyso_form_told_put_missing(const struct kyso_form_told *told, struct kyso_dict *report)
{
    static const char *const TEXTS[] = {"key", "label", "source"};

    put_list(told, report, "missing", TEXTS, KYSO_ARRAY_LEN(TEXTS), false);
}

void kyso_form_told_put_assumed(const struct kyso_form_told *told, struct kyso_dict *report)
{
    put_texts(report, "assumed", member(told->sheet, "assumed"));
}

void kyso_form_told_put_fields(const struct kyso_form_told *told, struct kyso_dict *report)
{
    static const char *const TEXTS[] = {"key", "label", "source", "value", "printed"};

    put_list(told, report, "fields", TEXTS, KYSO_ARRAY_LEN(TEXTS), true);
}
