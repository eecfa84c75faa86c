/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "document/forms/fill.h"

#include <stdio.h>
#include <string.h>

#include "common/outcome.h"
#include "document/forms/filling.h"
#include "document/forms/merge.h"

static int read_lines(struct kyso_filling *filling, struct json_object *object, const char *place,
                      const char *name, GPtrArray **ret_lines)
{
    char list[KYSO_FORM_PATH_MAX], inside[KYSO_FORM_PATH_MAX];
    struct json_object *lines;
    int r = kyso_form_list(&filling->form_reader, object, place, name, KYSO_FORM_LINES_MAX, &lines);

    if (r != 0 || lines == NULL)
        return r;
    *ret_lines = kyso_sheet_list(filling->sheet);
    kyso_form_place(list, place, name);
    for (size_t i = 0; r == 0 && i < json_object_array_length(lines); i++) {
        struct kyso_sheet_text *text = kyso_sheet_take(filling->sheet, sizeof(*text));

        kyso_form_place_at(inside, list, i);
        r = kyso_filling_text(filling, json_object_array_get_idx(lines, i), inside, text);
        g_ptr_array_add(*ret_lines, text);
    }
    return r;
}

static int read_line(struct kyso_filling *filling, struct json_object *object, const char *place,
                     const char *name, struct kyso_sheet_text *ret_text)
{
    char inside[KYSO_FORM_PATH_MAX];
    struct json_object *line;

    if (!json_object_object_get_ex(object, name, &line))
        return 0;
    kyso_form_place(inside, place, name);
    return kyso_filling_text(filling, line, inside, ret_text);
}

static int read_name(struct kyso_filling *filling, const char *name, bool required,
                     const char **ret_name)
{
    const char *text;
    int r =
        kyso_form_text(&filling->form_reader, filling->form, "", name, KYSO_FORM_LABEL_MAX, &text);

    if (r == 0 && text == NULL && required)
        return kyso_form_refuse(&filling->form_reader, "no-member", name);
    if (r == 0 && text != NULL)
        *ret_name = kyso_sheet_copy(filling->sheet, text);
    return r;
}

static int read_assumed(struct kyso_filling *filling)
{
    struct json_object *list;
    int r = kyso_form_list(&filling->form_reader, filling->form, "", "assumed", KYSO_FORM_LINES_MAX,
                           &list);

    if (r != 0 || list == NULL)
        return r;
    filling->sheet->assumed = kyso_sheet_list(filling->sheet);
    for (size_t i = 0; r == 0 && i < json_object_array_length(list); i++) {
        const char *text = "";

        r = kyso_form_string(&filling->form_reader, json_object_array_get_idx(list, i), "assumed",
                             KYSO_FORM_TEXT_MAX, &text);
        g_ptr_array_add(filling->sheet->assumed, kyso_sheet_copy(filling->sheet, text));
    }
    return r;
}

static int read_names(struct kyso_filling *filling)
{
    struct kyso_sheet *sheet = filling->sheet;
    const char *page = NULL;
    int format, r;

    r = kyso_form_number(&filling->form_reader, filling->form, "", "format", 1, 1, 0, &format);
    if (r == 0)
        r = read_name(filling, "id", true, &sheet->id);
    if (r == 0)
        r = read_name(filling, "number", true, &sheet->number);
    if (r == 0)
        r = read_name(filling, "name", true, &sheet->name);
    if (r == 0)
        r = read_name(filling, "instrument", true, &sheet->instrument);
    if (r == 0)
        r = read_name(filling, "clause", true, &sheet->clause);
    if (r == 0)
        r = read_name(filling, "delivery", false, &sheet->delivery);
    if (r == 0)
        r = read_name(filling, "mark", false, &sheet->mark);
    if (r == 0)
        r = read_name(filling, "page", false, &page);
    if (r != 0)
        return r;
    sheet->landscape = page != NULL && strcmp(page, "landscape") == 0;
    if (page != NULL && !sheet->landscape && strcmp(page, "portrait") != 0)
        return kyso_form_refuse(&filling->form_reader, "unknown-page", "page");
    return read_assumed(filling);
}

static int read_head(struct kyso_filling *filling)
{
    static const char *const MEMBERS[] = {"national", "agency", "number", "date", NULL};
    struct kyso_sheet *sheet = filling->sheet;
    struct json_object *head;
    int r = kyso_form_object(&filling->form_reader, filling->form, "", "head", &head);

    if (r != 0 || head == NULL)
        return r;
    r = kyso_form_check_members(&filling->form_reader, head, "head", MEMBERS);
    if (r == 0)
        r = kyso_form_bool(&filling->form_reader, head, "head", "national", false,
                           &sheet->national);
    if (r == 0)
        r = read_lines(filling, head, "head", "agency", &sheet->agency);
    if (r == 0)
        r = read_lines(filling, head, "head", "number", &sheet->reference);
    if (r == 0)
        r = read_line(filling, head, "head", "date", &sheet->date);
    return r;
}

static int read_side(struct kyso_filling *filling, struct json_object *signatures, const char *name,
                     struct kyso_sheet_side *side)
{
    static const char *const SIGNED[] = {"date", "title", "how", NULL};
    static const char *const LIST[] = {"heading", "recipients", NULL};
    char place[KYSO_FORM_PATH_MAX];
    struct json_object *object;
    int r = kyso_form_object(&filling->form_reader, signatures, "signatures", name, &object);

    if (r != 0 || object == NULL)
        return r;
    kyso_form_place(place, "signatures", name);
    side->present = true;
    side->recipients = json_object_object_get_ex(object, "recipients", NULL);
    r = kyso_form_check_members(&filling->form_reader, object, place,
                                side->recipients ? LIST : SIGNED);
    if (r == 0)
        r = read_line(filling, object, place, "date", &side->date);
    if (r == 0)
        r = read_line(filling, object, place, "heading", &side->heading);
    if (r == 0)
        r = read_lines(filling, object, place, "title", &side->title);
    if (r == 0)
        r = read_lines(filling, object, place, side->recipients ? "recipients" : "how",
                       &side->lines);
    return r;
}

static int read_feet(struct kyso_filling *filling)
{
    static const char *const SIDES[] = {"left", "right", NULL};
    static const char *const NOTES[] = {"heading", "lines", NULL};
    struct kyso_form_reader *reader = &filling->form_reader;
    struct json_object *signatures, *notes = NULL;
    int r = kyso_form_object(reader, filling->form, "", "signatures", &signatures);

    if (r == 0 && signatures != NULL) {
        r = kyso_form_check_members(reader, signatures, "signatures", SIDES);
        if (r == 0)
            r = read_side(filling, signatures, "left", &filling->sheet->left);
        if (r == 0)
            r = read_side(filling, signatures, "right", &filling->sheet->right);
    }
    if (r == 0)
        r = kyso_form_object(reader, filling->form, "", "notes", &notes);
    if (r != 0 || notes == NULL)
        return r;
    r = kyso_form_check_members(reader, notes, "notes", NOTES);
    if (r == 0)
        r = read_line(filling, notes, "notes", "heading", &filling->sheet->notes_heading);
    if (r == 0)
        r = read_lines(filling, notes, "notes", "lines", &filling->sheet->notes);
    return r;
}

static int fill(struct kyso_filling *filling)
{
    struct json_object *body = NULL;
    int r = read_names(filling);

    if (r == 0)
        r = kyso_form_object(&filling->form_reader, filling->form, "", "fields", &filling->fields);
    if (r == 0)
        r = read_head(filling);
    if (r == 0)
        r = read_lines(filling, filling->form, "", "title", &filling->sheet->title);
    if (r == 0)
        r = read_line(filling, filling->form, "", "addressee", &filling->sheet->addressee);
    if (r == 0)
        r = kyso_form_list(&filling->form_reader, filling->form, "", "body", KYSO_FORM_BLOCKS_MAX,
                           &body);
    if (r == 0 && body == NULL)
        return kyso_form_refuse(&filling->form_reader, "no-member", "body");
    if (r == 0)
        r = kyso_filling_blocks(filling, body, "body");
    if (r == 0)
        r = read_feet(filling);
    if (r == 0 && !filling->takes_rows && kyso_filling_rows(filling) > 0)
        return kyso_form_refuse(&filling->values_reader, "rows-not-wanted", "rows");
    return r;
}

int kyso_form_fill(const struct kyso_form_input *input, struct kyso_sheet **ret_sheet,
                   char ret_detail[KYSO_FORM_DETAIL_MAX])
{
    KYSO_JSON struct json_object *form = NULL;
    KYSO_JSON struct json_object *values = NULL;
    KYSO_SHEET struct kyso_sheet *sheet = kyso_sheet_new();
    struct kyso_filling filling = {
        .form_reader = {.what = "bad-form"},
        .values_reader = {.what = "bad-values"},
        .sheet = sheet,
    };
    int r = kyso_form_merge(&filling.form_reader, input->form, input->form_length, &form);

    if (r == 0)
        r = kyso_form_parse(&filling.values_reader, input->values, input->values_length, &values);
    if (r == 0)
        r = kyso_filling_take_values(&filling, values);
    if (r == 0) {
        filling.form = form;
        filling.seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        r = fill(&filling);
        g_hash_table_unref(filling.seen);
    }
    if (r > 0)
        (void)snprintf(ret_detail, KYSO_FORM_DETAIL_MAX, "%s",
                       filling.form_reader.detail[0] != '\0' ? filling.form_reader.detail
                                                             : filling.values_reader.detail);
    if (r == 0)
        *ret_sheet = g_steal_pointer(&sheet);
    return r;
}
