/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "document/forms/tell.h"

#include <errno.h>
#include <json-c/json.h>
#include <string.h>

#include "common/error.h"

/* json-c's calls fail only without memory, and a null value is a member all the same. */
static void put(struct json_object *into, const char *name, struct json_object *value)
{
    (void)json_object_object_add(into, name, value);
}

static struct json_object *string(const char *text)
{
    return text != NULL ? json_object_new_string(text) : NULL;
}

static struct json_object *strings(GPtrArray *list)
{
    struct json_object *array = json_object_new_array();

    for (size_t i = 0; list != NULL && i < list->len; i++)
        (void)json_object_array_add(array, string(g_ptr_array_index(list, i)));
    return array;
}

static void put_texts(struct json_object *array, GPtrArray *list)
{
    for (size_t i = 0; list != NULL && i < list->len; i++) {
        const struct kyso_sheet_text *text = g_ptr_array_index(list, i);

        (void)json_object_array_add(array, string(text->text));
    }
}

static struct json_object *texts(GPtrArray *list)
{
    struct json_object *array = json_object_new_array();

    put_texts(array, list);
    return array;
}

static struct json_object *side(const struct kyso_sheet_side *side)
{
    struct json_object *array = json_object_new_array();

    if (side->date.text != NULL)
        (void)json_object_array_add(array, string(side->date.text));
    if (side->heading.text != NULL)
        (void)json_object_array_add(array, string(side->heading.text));
    put_texts(array, side->title);
    put_texts(array, side->lines);
    return array;
}

static struct json_object *facts(const struct kyso_sheet *sheet)
{
    struct json_object *array = json_object_new_array();

    for (size_t i = 0; i < sheet->facts->len; i++) {
        const struct kyso_sheet_fact *fact = g_ptr_array_index(sheet->facts, i);
        struct json_object *one = json_object_new_object();

        put(one, "label", string(fact->label));
        put(one, "key", string(fact->key));
        if (fact->row > 0)
            put(one, "row", json_object_new_int64((int64_t)fact->row));
        put(one, "source", string(fact->source));
        put(one, "value", string(fact->value));
        put(one, "printed", string(fact->printed));
        if (fact->optional)
            put(one, "optional", json_object_new_boolean(true));
        if (fact->choices != NULL)
            put(one, "choices", strings(fact->choices));
        (void)json_object_array_add(array, one);
    }
    return array;
}

static struct json_object *missing(const struct kyso_sheet *sheet)
{
    struct json_object *array = json_object_new_array();

    for (size_t i = 0; i < sheet->missing->len; i++) {
        const struct kyso_sheet_fact *fact = g_ptr_array_index(sheet->missing, i);
        struct json_object *one = json_object_new_object();

        put(one, "key", string(fact->key));
        put(one, "label", string(fact->label));
        put(one, "source", string(fact->source));
        if (fact->row > 0)
            put(one, "row", json_object_new_int64((int64_t)fact->row));
        (void)json_object_array_add(array, one);
    }
    return array;
}

static struct json_object *table(const struct kyso_sheet_table *table)
{
    struct json_object *one = json_object_new_object();
    struct json_object *columns = json_object_new_array(), *rows = json_object_new_array();

    for (size_t i = 0; i < table->columns->len; i++) {
        const struct kyso_sheet_column *column = g_ptr_array_index(table->columns, i);
        struct json_object *head = json_object_new_object();

        put(head, "label", string(column->label));
        if (column->group != NULL)
            put(head, "group", string(column->group));
        put(head, "key", string(column->key));
        put(head, "source", string(column->source));
        (void)json_object_array_add(columns, head);
    }
    for (size_t i = 0; !table->blank && i < table->rows->len; i++) {
        const char *const *cells = g_ptr_array_index(table->rows, i);
        struct json_object *row = json_object_new_array();

        for (size_t k = 0; k < table->columns->len; k++)
            (void)json_object_array_add(row, string(cells[k]));
        (void)json_object_array_add(rows, row);
    }
    put(one, "columns", columns);
    put(one, "rows", rows);
    return one;
}

static struct json_object *tables(const struct kyso_sheet *sheet)
{
    struct json_object *array = json_object_new_array();

    for (size_t i = 0; i < sheet->blocks->len; i++) {
        const struct kyso_sheet_block *block = g_ptr_array_index(sheet->blocks, i);

        if (block->kind == KYSO_SHEET_TABLE)
            (void)json_object_array_add(array, table(block->table));
    }
    return array;
}

static struct json_object *sheet_object(const struct kyso_sheet *sheet)
{
    struct json_object *json = json_object_new_object();
    struct json_object *signatures = json_object_new_object();

    put(json, "id", string(sheet->id));
    put(json, "number", string(sheet->number));
    put(json, "name", string(sheet->name));
    put(json, "title", texts(sheet->title));
    put(json, "instrument", string(sheet->instrument));
    put(json, "clause", string(sheet->clause));
    put(json, "addressee", string(sheet->addressee.text));
    put(json, "delivery", string(sheet->delivery));
    put(json, "assumed", strings(sheet->assumed));
    put(json, "complete", json_object_new_boolean(sheet->missing->len == 0));
    put(json, "missing", missing(sheet));
    put(json, "fields", facts(sheet));
    put(json, "tables", tables(sheet));
    put(signatures, "left", side(&sheet->left));
    put(signatures, "right", side(&sheet->right));
    put(json, "signatures", signatures);
    put(json, "notes", texts(sheet->notes));
    put(json, "audit-head", string(sheet->audit_head));
    return json;
}

int kyso_sheet_tell_json(const struct kyso_sheet *sheet, struct kyso_buf *ret_json)
{
    struct json_object *json = sheet_object(sheet);
    size_t length;
    const char *text = json_object_to_json_string_length(
        json, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE, &length);

    if (text != NULL) {
        kyso_buf_put(ret_json, text, length);
        kyso_buf_put(ret_json, "\n", 1);
    }
    (void)json_object_put(json);
    return text != NULL ? ret_json->error : kyso_trace(-ENOMEM);
}

/* Spreadsheets take these for a formula, the wide forms of the first four included. */
static bool looks_like_formula(const char *cell)
{
    gunichar first = g_utf8_get_char(cell);

    return first != 0 && (strchr("=+-@\t\r\n|%", (int)MIN(first, 0x7f)) != NULL ||
                          first == 0xff1d || first == 0xff0b || first == 0xff0d || first == 0xff20);
}

static void put_cell(struct kyso_buf *csv, const char *cell, bool last)
{
    kyso_buf_put(csv, "\"", 1);
    if (looks_like_formula(cell))
        kyso_buf_put(csv, "'", 1);
    for (; *cell != '\0'; cell++)
        kyso_buf_put(csv, *cell == '"' ? "\"\"" : cell, *cell == '"' ? 2 : 1);
    kyso_buf_put(csv, last ? "\"\r\n" : "\",", last ? 3 : 2);
}

static void put_table(struct kyso_buf *csv, const struct kyso_sheet_table *table)
{
    size_t n = table->columns->len;

    for (size_t i = 0; i < n; i++) {
        const struct kyso_sheet_column *column = g_ptr_array_index(table->columns, i);

        put_cell(csv, column->label, i + 1 == n);
    }
    for (size_t i = 0; !table->blank && i < table->rows->len; i++) {
        const char *const *cells = g_ptr_array_index(table->rows, i);

        for (size_t k = 0; k < n; k++)
            put_cell(csv, cells[k], k + 1 == n);
    }
}

static void put_facts(struct kyso_buf *csv, const struct kyso_sheet *sheet)
{
    size_t n = sheet->facts->len;

    for (size_t row = 0; row < 2; row++)
        for (size_t i = 0; i < n; i++) {
            const struct kyso_sheet_fact *fact = g_ptr_array_index(sheet->facts, i);
            const char *printed = fact->printed != NULL ? fact->printed : "";

            put_cell(csv, row == 0 ? fact->label : printed, i + 1 == n);
        }
}

int kyso_sheet_tell_csv(const struct kyso_sheet *sheet, struct kyso_buf *ret_csv)
{
    bool any = false;

    kyso_buf_put(ret_csv, "\xef\xbb\xbf", 3);
    for (size_t i = 0; i < sheet->blocks->len; i++) {
        const struct kyso_sheet_block *block = g_ptr_array_index(sheet->blocks, i);

        if (block->kind != KYSO_SHEET_TABLE)
            continue;
        if (any)
            kyso_buf_put(ret_csv, "\r\n", 2);
        put_table(ret_csv, block->table);
        any = true;
    }
    if (!any)
        put_facts(ret_csv, sheet);
    return ret_csv->error;
}
