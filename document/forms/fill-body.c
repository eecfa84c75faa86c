/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <string.h>

#include "common/outcome.h"
#include "document/forms/filling.h"

#define WIDTH_DEFAULT 10
#define WIDTH_MAX 1000
#define BLANK_MAX 100 /* rows or lines for the pen */
#define EACH_BLANK 2  /* repetitions for the pen */

/* A column as the form says it, beside what the sheet gets of it. */
struct column {
    struct kyso_filling_field field;
    struct kyso_sheet_column *sheet;
    const char *counter; /* "1" or "01"; null: none */
    char place[KYSO_FORM_PATH_MAX];
};

struct columns {
    struct column columns[KYSO_FORM_COLUMNS_MAX];
    size_t n;
    int groups;
    struct kyso_filling *filling;
    GPtrArray *sheet;
};

static struct kyso_sheet_block *add_block(struct kyso_filling *filling, enum kyso_sheet_kind kind)
{
    struct kyso_sheet_block *block = kyso_sheet_take(filling->sheet, sizeof(*block));

    block->kind = kind;
    g_ptr_array_add(filling->sheet->blocks, block);
    return block;
}

static int read_align(struct kyso_form_reader *reader, struct json_object *object,
                      const char *place, enum kyso_sheet_align if_absent,
                      enum kyso_sheet_align *ret_align)
{
    static const char *const NAMES[] = {"justify", "left", "center", "right"};
    const char *name;
    int r = kyso_form_text(reader, object, place, "align", 64, &name);

    *ret_align = if_absent;
    if (r != 0 || name == NULL)
        return r;
    for (size_t i = 0; i < KYSO_ARRAY_LEN(NAMES); i++)
        if (strcmp(NAMES[i], name) == 0) {
            *ret_align = (enum kyso_sheet_align)i;
            return 0;
        }
    return kyso_form_refuse(reader, "unknown-align", place);
}

/* The block itself reads as a line with text and style. */
static int add_paragraph(struct kyso_filling *filling, struct json_object *object,
                         const char *place)
{
    static const char *const MEMBERS[] = {"text", "style", "align", "indent", NULL};
    struct kyso_sheet_block *block = add_block(filling, KYSO_SHEET_PARAGRAPH);
    KYSO_JSON struct json_object *line = json_object_new_object();
    int r = kyso_form_check_members(&filling->form_reader, object, place, MEMBERS);

    if (r == 0)
        r = read_align(&filling->form_reader, object, place, KYSO_SHEET_JUSTIFY, &block->align);
    if (r == 0)
        r = kyso_form_bool(&filling->form_reader, object, place, "indent",
                           block->align == KYSO_SHEET_JUSTIFY, &block->indent);
    for (size_t i = 0; r == 0 && i < 2; i++) {
        struct json_object *value;

        if (json_object_object_get_ex(object, MEMBERS[i], &value))
            (void)json_object_object_add(line, MEMBERS[i], json_object_get(value));
    }
    return r == 0 ? kyso_filling_text(filling, line, place, &block->text) : r;
}

static int add_section(struct kyso_filling *filling, struct json_object *object, const char *place)
{
    static const char *const MEMBERS[] = {"section", NULL};
    char inside[KYSO_FORM_PATH_MAX];
    int r = kyso_form_check_members(&filling->form_reader, object, place, MEMBERS);

    kyso_form_place(inside, place, "section");
    if (r != 0)
        return r;
    return kyso_filling_text(filling, json_object_object_get(object, "section"), inside,
                             &add_block(filling, KYSO_SHEET_SECTION)->text);
}

static int add_entry(struct kyso_filling *filling, struct json_object *object, const char *place,
                     GPtrArray *entries)
{
    static const char *const MEMBERS[] = {"label", "key",         "value", "source",  "as",
                                          "after", "optional",    "boxes", "choices", "domain",
                                          "share", "blank-lines", NULL};
    struct kyso_sheet_entry *entry = kyso_sheet_take(filling->sheet, sizeof(*entry));
    struct kyso_filling_field field = {0};
    int r = kyso_form_check_members(&filling->form_reader, object, place, MEMBERS);

    if (r == 0)
        r = kyso_filling_read_field(filling, object, place, &field);
    if (r == 0)
        r = kyso_form_number(&filling->form_reader, object, place, "share", 1, WIDTH_MAX,
                             WIDTH_DEFAULT, &entry->share);
    if (r == 0)
        r = kyso_form_number(&filling->form_reader, object, place, "blank-lines", 1, BLANK_MAX, 1,
                             &entry->blank_lines);
    if (r == 0)
        r = kyso_filling_value(filling, &field, place, &entry->value);
    if (r != 0)
        return r;
    entry->label = kyso_sheet_copy(filling->sheet, field.label);
    entry->writable = field.key != NULL || field.value != NULL;
    if (entry->value == NULL && field.domain != NULL)
        field.after = field.domain;
    entry->after = field.after != NULL ? kyso_sheet_copy(filling->sheet, field.after) : NULL;
    g_ptr_array_add(entries, entry);
    return 0;
}

static int add_line(struct kyso_filling *filling, struct json_object *object, const char *place)
{
    static const char *const MEMBERS[] = {"line", NULL};
    struct kyso_sheet_block *block = add_block(filling, KYSO_SHEET_LINE);
    char list[KYSO_FORM_PATH_MAX], inside[KYSO_FORM_PATH_MAX];
    struct json_object *fields;
    int r = kyso_form_check_members(&filling->form_reader, object, place, MEMBERS);

    if (r == 0)
        r = kyso_form_list(&filling->form_reader, object, place, "line", KYSO_FORM_FIELDS_MAX,
                           &fields);
    block->entries = kyso_sheet_list(filling->sheet);
    kyso_form_place(list, place, "line");
    for (size_t i = 0; r == 0 && i < json_object_array_length(fields); i++) {
        kyso_form_place_at(inside, list, i);
        r = add_entry(filling, json_object_array_get_idx(fields, i), inside, block->entries);
    }
    if (r == 0 && block->entries->len == 0)
        return kyso_form_refuse(&filling->form_reader, "empty-line", place);
    return r;
}

static int add_column(struct columns *columns, struct json_object *object, const char *place,
                      const char *group)
{
    static const char *const MEMBERS[] = {"label", "width",   "align", "counter", "key",
                                          "value", "source",  "as",    "after",   "optional",
                                          "boxes", "choices", NULL};
    struct kyso_filling *filling = columns->filling;
    struct kyso_form_reader *reader = &filling->form_reader;
    struct column *column = &columns->columns[columns->n];
    int r = kyso_form_check_members(reader, object, place, MEMBERS);

    if (r == 0 && columns->n >= KYSO_FORM_COLUMNS_MAX)
        return kyso_form_refuse(reader, "too-many-columns", place);
    if (r == 0)
        r = kyso_filling_read_field(filling, object, place, &column->field);
    if (r == 0)
        r = kyso_form_text(reader, object, place, "counter", 64, &column->counter);
    if (r == 0 && column->counter != NULL && strcmp(column->counter, "1") != 0 &&
        strcmp(column->counter, "01") != 0)
        return kyso_form_refuse(reader, "bad-counter", place);
    column->sheet = kyso_sheet_take(filling->sheet, sizeof(*column->sheet));
    if (r == 0)
        r = kyso_form_number(reader, object, place, "width", 1, WIDTH_MAX, WIDTH_DEFAULT,
                             &column->sheet->width);
    if (r == 0)
        r = read_align(reader, object, place,
                       column->counter != NULL ? KYSO_SHEET_CENTER : KYSO_SHEET_LEFT,
                       &column->sheet->align);
    if (r != 0)
        return r;
    column->sheet->label = kyso_sheet_copy(filling->sheet, column->field.label);
    column->sheet->group = group;
    column->sheet->group_number = group != NULL ? columns->groups : 0;
    if (column->field.key != NULL)
        column->sheet->key = kyso_sheet_copy(filling->sheet, column->field.key);
    if (column->field.source != NULL)
        column->sheet->source = kyso_sheet_copy(filling->sheet, column->field.source);
    (void)snprintf(column->place, sizeof(column->place), "%s", place);
    g_ptr_array_add(columns->sheet, column->sheet);
    columns->n++;
    return 0;
}

static int add_group(struct columns *columns, struct json_object *object, const char *place)
{
    static const char *const MEMBERS[] = {"group", "columns", NULL};
    struct kyso_form_reader *reader = &columns->filling->form_reader;
    char list[KYSO_FORM_PATH_MAX], inside[KYSO_FORM_PATH_MAX];
    struct json_object *inner = NULL;
    const char *group = NULL;
    int r = kyso_form_check_members(reader, object, place, MEMBERS);

    if (r == 0)
        r = kyso_form_text(reader, object, place, "group", KYSO_FORM_LABEL_MAX, &group);
    if (r == 0)
        r = kyso_form_list(reader, object, place, "columns", KYSO_FORM_COLUMNS_MAX, &inner);
    if (r == 0 && (inner == NULL || json_object_array_length(inner) == 0))
        return kyso_form_refuse(reader, "no-columns", place);
    if (r != 0)
        return r;
    columns->groups++;
    group = kyso_sheet_copy(columns->filling->sheet, group);
    kyso_form_place(list, place, "columns");
    for (size_t i = 0; r == 0 && i < json_object_array_length(inner); i++) {
        kyso_form_place_at(inside, list, i);
        r = add_column(columns, json_object_array_get_idx(inner, i), inside, group);
    }
    return r;
}

static int read_columns(struct columns *columns, struct json_object *table, const char *place)
{
    char list[KYSO_FORM_PATH_MAX], inside[KYSO_FORM_PATH_MAX];
    struct json_object *all = NULL;
    int r = kyso_form_list(&columns->filling->form_reader, table, place, "columns",
                           KYSO_FORM_COLUMNS_MAX, &all);

    kyso_form_place(list, place, "columns");
    for (size_t i = 0; r == 0 && all != NULL && i < json_object_array_length(all); i++) {
        struct json_object *one = json_object_array_get_idx(all, i);

        kyso_form_place_at(inside, list, i);
        if (json_object_is_type(one, json_type_object) &&
            json_object_object_get_ex(one, "group", NULL))
            r = add_group(columns, one, inside);
        else
            r = add_column(columns, one, inside, NULL);
    }
    if (r == 0 && columns->n == 0)
        return kyso_form_refuse(&columns->filling->form_reader, "no-columns", place);
    return r;
}

static const char **new_row(struct columns *columns, GPtrArray *rows)
{
    const char **row = kyso_sheet_take(columns->filling->sheet, columns->n * sizeof(*row));

    for (size_t i = 0; i < columns->n; i++)
        row[i] = "";
    g_ptr_array_add(rows, row);
    return row;
}

static const char *count(struct columns *columns, const struct column *column, size_t number)
{
    char text[24];

    (void)snprintf(text, sizeof(text), column->counter[0] == '0' ? "%02zu" : "%zu", number);
    return kyso_sheet_copy(columns->filling->sheet, text);
}

static int fill_row(struct columns *columns, const char **row, size_t number)
{
    struct kyso_filling *filling = columns->filling;
    int r = 0;

    filling->scope = KYSO_FILLING_CELL;
    filling->row = number;
    for (size_t i = 0; r == 0 && i < columns->n; i++) {
        const struct column *column = &columns->columns[i];
        const char *text = NULL;

        if (column->counter != NULL)
            text = count(columns, column, number);
        else
            r = kyso_filling_value(filling, &column->field, column->place, &text);
        if (r == 0 && text != NULL)
            row[i] = text;
    }
    filling->scope = KYSO_FILLING_FORM;
    filling->row = 0;
    return r;
}

/* A form without rows shows some for the pen, and tells of the first what is missing. */
static int fill_rows(struct columns *columns, GPtrArray *rows, int blank)
{
    size_t given = kyso_filling_rows(columns->filling);
    size_t n = given > 0 ? given : (size_t)blank;
    int r = 0;

    columns->filling->takes_rows = true;
    for (size_t i = 0; r == 0 && i < n; i++) {
        const char **row = new_row(columns, rows);

        if (i < MAX(given, 1)) {
            r = fill_row(columns, row, i + 1);
            continue;
        }
        for (size_t k = 0; k < columns->n; k++)
            row[k] = columns->columns[k].counter != NULL
                         ? count(columns, &columns->columns[k], i + 1)
                         : ((const char **)g_ptr_array_index(rows, 0))[k];
    }
    return r;
}

static int fill_fixed_row(struct columns *columns, struct json_object *texts, const char *place,
                          const char **row, size_t number)
{
    struct kyso_form_reader *reader = &columns->filling->form_reader;
    size_t next = 0;
    int r = 0;

    if (!json_object_is_type(texts, json_type_array))
        return kyso_form_refuse(reader, "not-a-list", place);
    for (size_t i = 0; r == 0 && i < columns->n; i++) {
        const struct column *column = &columns->columns[i];
        char inside[KYSO_FORM_PATH_MAX];
        const char *template, *text = NULL;
        bool any = true;

        if (column->counter != NULL) {
            row[i] = count(columns, column, number);
            continue;
        }
        if (column->field.key != NULL || column->field.value != NULL) {
            r = kyso_filling_value(columns->filling, &column->field, column->place, &text);
        } else {
            kyso_form_place_at(inside, place, next);
            if (next >= json_object_array_length(texts))
                return kyso_form_refuse(reader, "too-few-texts", place);
            r = kyso_form_string(reader, json_object_array_get_idx(texts, next++), inside,
                                 KYSO_FORM_TEXT_MAX, &template);
            if (r == 0)
                r = kyso_filling_expand(columns->filling, template, inside, &text, &any);
        }
        if (r == 0 && text != NULL && any)
            row[i] = text;
    }
    if (r == 0 && next != json_object_array_length(texts))
        return kyso_form_refuse(reader, "too-many-texts", place);
    return r;
}

static int add_table(struct kyso_filling *filling, struct json_object *object, const char *place)
{
    static const char *const OUTER[] = {"table", NULL};
    static const char *const MEMBERS[] = {"columns", "blank-rows", "fixed-rows", NULL};
    struct kyso_form_reader *reader = &filling->form_reader;
    struct kyso_sheet_table *sheet = kyso_sheet_take(filling->sheet, sizeof(*sheet));
    g_autofree struct columns *columns = g_new0(struct columns, 1);
    char inside[KYSO_FORM_PATH_MAX], list[KYSO_FORM_PATH_MAX];
    struct json_object *table = NULL, *fixed = NULL;
    int blank, r = kyso_form_check_members(reader, object, place, OUTER);

    add_block(filling, KYSO_SHEET_TABLE)->table = sheet;
    sheet->columns = columns->sheet = kyso_sheet_list(filling->sheet);
    sheet->rows = kyso_sheet_list(filling->sheet);
    columns->filling = filling;
    kyso_form_place(inside, place, "table");
    if (r == 0)
        r = kyso_form_object(reader, object, place, "table", &table);
    if (r == 0)
        r = kyso_form_check_members(reader, table, inside, MEMBERS);
    if (r == 0)
        r = read_columns(columns, table, inside);
    if (r == 0)
        r = kyso_form_number(reader, table, inside, "blank-rows", 1, BLANK_MAX, 2, &blank);
    if (r == 0)
        r = kyso_form_list(reader, table, inside, "fixed-rows", KYSO_FORM_ROWS_MAX, &fixed);
    if (r != 0)
        return r;
    if (fixed == NULL) {
        sheet->blank = kyso_filling_rows(filling) == 0;
        return fill_rows(columns, sheet->rows, blank);
    }
    kyso_form_place(list, inside, "fixed-rows");
    for (size_t i = 0; r == 0 && i < json_object_array_length(fixed); i++) {
        kyso_form_place_at(inside, list, i);
        r = fill_fixed_row(columns, json_object_array_get_idx(fixed, i), inside,
                           new_row(columns, sheet->rows), i + 1);
    }
    return r;
}

static int add_each(struct kyso_filling *filling, struct json_object *object, const char *place)
{
    static const char *const MEMBERS[] = {"each", NULL};
    size_t given = kyso_filling_rows(filling), n = given > 0 ? given : EACH_BLANK;
    struct json_object *blocks;
    char inside[KYSO_FORM_PATH_MAX];
    int r = kyso_form_check_members(&filling->form_reader, object, place, MEMBERS);

    if (r == 0)
        r = kyso_form_list(&filling->form_reader, object, place, "each", KYSO_FORM_LINES_MAX,
                           &blocks);
    if (r == 0 && filling->scope != KYSO_FILLING_FORM)
        return kyso_form_refuse(&filling->form_reader, "each-in-each", place);
    kyso_form_place(inside, place, "each");
    filling->takes_rows = true;
    filling->scope = KYSO_FILLING_EACH;
    for (size_t i = 0; r == 0 && i < n; i++) {
        filling->row = i + 1;
        r = kyso_filling_blocks(filling, blocks, inside);
    }
    filling->scope = KYSO_FILLING_FORM;
    filling->row = 0;
    return r;
}

int kyso_filling_blocks(struct kyso_filling *filling, struct json_object *blocks, const char *place)
{
    static const struct {
        const char *member;
        int (*add)(struct kyso_filling *filling, struct json_object *object, const char *place);
    } KINDS[] = {
        {"text", add_paragraph}, {"section", add_section}, {"line", add_line},
        {"table", add_table},    {"each", add_each},
    };

    for (size_t i = 0; i < json_object_array_length(blocks); i++) {
        struct json_object *block = json_object_array_get_idx(blocks, i);
        char inside[KYSO_FORM_PATH_MAX];
        size_t kind = 0;
        int r;

        kyso_form_place_at(inside, place, i);
        if (!json_object_is_type(block, json_type_object))
            return kyso_form_refuse(&filling->form_reader, "not-an-object", inside);
        while (kind < KYSO_ARRAY_LEN(KINDS) &&
               !json_object_object_get_ex(block, KINDS[kind].member, NULL))
            kind++;
        if (kind == KYSO_ARRAY_LEN(KINDS))
            return kyso_form_refuse(&filling->form_reader, "unknown-block", inside);
        r = KINDS[kind].add(filling, block, inside);
        if (r != 0)
            return r;
    }
    return 0;
}
