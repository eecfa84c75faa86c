/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <string.h>

#include "common/outcome.h"
#include "document/forms/filling.h"

#define BOX_EMPTY "☐"
#define BOX_TICKED "☑"

/* Keys that every form may use in a text; a form's own entry goes before. */
static const struct {
    const char *key, *label, *source;
} KNOWN[] = {
    {"org.superior", "Tên cơ quan chủ quản", "ORG"},
    {"org.name", "Tên cơ quan, tổ chức", "ORG"},
    {"doc.number", "Số, ký hiệu", "IN"},
    {"doc.place", "Địa danh", "ORG"},
    {"doc.date", "Ngày, tháng, năm", "CLK"},
    {"rows.count", "Số lượng", "LOG"},
    {"row.number", "Số thứ tự", "FIX"},
};

static const char *const SOURCES[] = {
    "TOK",  "CERT:subject", "CERT:cn", "CERT:mail", "CERT:serial", "CERT:from", "CERT:to", "REG",
    "PROF", "ORG",          "IN",      "CLK",       "LOG",         "FIX",       "INK",
};

static bool is_source(const char *source)
{
    for (size_t i = 0; i < KYSO_ARRAY_LEN(SOURCES); i++)
        if (strcmp(SOURCES[i], source) == 0)
            return true;
    return false;
}

static int check_values(struct kyso_filling *filling, struct json_object *values, const char *place)
{
    struct kyso_form_reader *reader = &filling->values_reader;

    if (!json_object_is_type(values, json_type_object))
        return kyso_form_refuse(reader, "not-an-object", place);
    if (json_object_object_length(values) > KYSO_FORM_KEYS_MAX)
        return kyso_form_refuse(reader, "too-many-keys", place);
    json_object_object_foreach(values, key, value)
    {
        char inside[KYSO_FORM_PATH_MAX];
        const char *text;
        int r;

        if (!kyso_form_is_key(key, strlen(key)))
            return kyso_form_refuse(reader, "bad-key", place);
        kyso_form_place(inside, place, key);
        r = kyso_form_string(reader, value, inside, KYSO_FORM_VALUE_MAX, &text);
        if (r != 0)
            return r;
    }
    return 0;
}

int kyso_filling_take_values(struct kyso_filling *filling, struct json_object *values)
{
    static const char *const MEMBERS[] = {"values", "rows", "audit-head", NULL};
    struct kyso_form_reader *reader = &filling->values_reader;
    const char *audit_head;
    int r = kyso_form_check_members(reader, values, "", MEMBERS);

    if (r == 0)
        r = kyso_form_object(reader, values, "", "values", &filling->values);
    if (r == 0)
        r = kyso_form_list(reader, values, "", "rows", SIZE_MAX, &filling->rows);
    if (r == 0)
        r = kyso_form_text(reader, values, "", "audit-head", 128, &audit_head);
    if (r != 0)
        return r;
    if (audit_head != NULL && *audit_head != '\0')
        filling->sheet->audit_head = kyso_sheet_copy(filling->sheet, audit_head);
    if (kyso_filling_rows(filling) > KYSO_FORM_ROWS_MAX)
        return kyso_form_refuse(reader, "too-many-rows", "rows");
    if (filling->values != NULL)
        r = check_values(filling, filling->values, "values");
    for (size_t i = 0; r == 0 && i < kyso_filling_rows(filling); i++) {
        char place[KYSO_FORM_PATH_MAX];

        kyso_form_place_at(place, "rows", i);
        r = check_values(filling, json_object_array_get_idx(filling->rows, i), place);
    }
    return r;
}

static int read_choices(struct kyso_form_reader *reader, struct json_object *object,
                        const char *place, struct json_object **ret_choices)
{
    char list[KYSO_FORM_PATH_MAX], inside[KYSO_FORM_PATH_MAX];
    const char *choice;
    int r = kyso_form_list(reader, object, place, "choices", KYSO_FORM_CHOICES_MAX, ret_choices);

    kyso_form_place(list, place, "choices");
    for (size_t i = 0; r == 0 && *ret_choices != NULL && i < json_object_array_length(*ret_choices);
         i++) {
        kyso_form_place_at(inside, list, i);
        r = kyso_form_string(reader, json_object_array_get_idx(*ret_choices, i), inside,
                             KYSO_FORM_LABEL_MAX, &choice);
    }
    return r;
}

static int read_boxes(struct kyso_form_reader *reader, struct json_object *object,
                      const char *place, struct json_object **ret_boxes)
{
    char inside[KYSO_FORM_PATH_MAX];
    const char *label;
    int r = kyso_form_object(reader, object, place, "boxes", ret_boxes);

    if (r != 0 || *ret_boxes == NULL)
        return r;
    kyso_form_place(inside, place, "boxes");
    if (json_object_object_length(*ret_boxes) > KYSO_FORM_CHOICES_MAX)
        return kyso_form_refuse(reader, "list-too-long", inside);
    json_object_object_foreach(*ret_boxes, name, value)
    {
        (void)name;
        r = kyso_form_string(reader, value, inside, KYSO_FORM_LABEL_MAX, &label);
        if (r != 0)
            return r;
    }
    return 0;
}

static int read_style(struct kyso_form_reader *reader, struct json_object *object,
                      const char *place, enum kyso_form_style *ret_style)
{
    const char *name;
    int r = kyso_form_text(reader, object, place, "as", 64, &name);

    *ret_style = KYSO_FORM_STYLE_TEXT;
    if (r == 0 && name != NULL && !kyso_form_style_find(name, strlen(name), ret_style))
        return kyso_form_refuse(reader, "unknown-style", place);
    return r;
}

int kyso_filling_read_field(struct kyso_filling *filling, struct json_object *object,
                            const char *place, struct kyso_filling_field *ret_field)
{
    struct kyso_form_reader *reader = &filling->form_reader;
    struct kyso_filling_field field = {0};
    int r = kyso_form_text(reader, object, place, "label", KYSO_FORM_LABEL_MAX, &field.label);

    if (r == 0)
        r = kyso_form_text(reader, object, place, "key", SIZE_MAX, &field.key);
    if (r == 0)
        r = kyso_form_text(reader, object, place, "value", KYSO_FORM_TEXT_MAX, &field.value);
    if (r == 0)
        r = kyso_form_text(reader, object, place, "source", 64, &field.source);
    if (r == 0)
        r = kyso_form_text(reader, object, place, "after", KYSO_FORM_LABEL_MAX, &field.after);
    if (r == 0)
        r = kyso_form_text(reader, object, place, "domain", KYSO_FORM_LABEL_MAX, &field.domain);
    if (r == 0)
        r = kyso_form_bool(reader, object, place, "optional", false, &field.optional);
    if (r == 0)
        r = read_style(reader, object, place, &field.style);
    if (r == 0)
        r = read_boxes(reader, object, place, &field.boxes);
    if (r == 0)
        r = read_choices(reader, object, place, &field.choices);
    if (r != 0)
        return r;
    if (field.label == NULL)
        return kyso_form_refuse(reader, "no-label", place);
    if (field.key != NULL && !kyso_form_is_key(field.key, strlen(field.key)))
        return kyso_form_refuse(reader, "bad-key", place);
    if (field.key != NULL && field.value != NULL)
        return kyso_form_refuse(reader, "key-and-value", place);
    if (field.key != NULL && (field.source == NULL || !is_source(field.source)))
        return kyso_form_refuse(reader, "bad-source", place);
    *ret_field = field;
    return 0;
}

/* The value of KEY as it was given, or null. BUFFER holds what is counted. */
static const char *look_up(struct kyso_filling *filling, const char *key, char buffer[24])
{
    struct json_object *row, *value = NULL;
    size_t rows = kyso_filling_rows(filling);

    if (strcmp(key, "rows.count") == 0) {
        (void)snprintf(buffer, 24, "%zu", rows);
        return rows > 0 ? buffer : NULL;
    }
    if (strcmp(key, "row.number") == 0) {
        (void)snprintf(buffer, 24, "%zu", filling->row);
        return filling->row > 0 ? buffer : NULL;
    }
    if (filling->scope != KYSO_FILLING_FORM && filling->row > 0 && filling->row <= rows) {
        row = json_object_array_get_idx(filling->rows, filling->row - 1);
        if (json_object_object_get_ex(row, key, &value))
            return json_object_get_string(value);
    }
    if (filling->scope != KYSO_FILLING_CELL && filling->values != NULL &&
        json_object_object_get_ex(filling->values, key, &value))
        return json_object_get_string(value);
    return NULL;
}

static GPtrArray *copy_choices(struct kyso_filling *filling, struct json_object *choices)
{
    GPtrArray *list = kyso_sheet_list(filling->sheet);

    for (size_t i = 0; i < json_object_array_length(choices); i++) {
        const char *choice = json_object_get_string(json_object_array_get_idx(choices, i));

        g_ptr_array_add(list, kyso_sheet_copy(filling->sheet, choice));
    }
    return list;
}

static void note(struct kyso_filling *filling, const struct kyso_filling_field *field,
                 const char *raw, const char *printed)
{
    size_t row = filling->scope == KYSO_FILLING_FORM ? 0 : filling->row;
    struct kyso_sheet_fact *fact;

    /* Without rows, the first one stands for all that are for the pen. */
    if (strcmp(field->key, "row.number") == 0 || row > MAX(kyso_filling_rows(filling), 1) ||
        !g_hash_table_add(filling->seen,
                          g_strdup_printf("%zu %s %s", row, field->key, field->label)))
        return;
    fact = kyso_sheet_take(filling->sheet, sizeof(*fact));
    fact->key = kyso_sheet_copy(filling->sheet, field->key);
    fact->label = kyso_sheet_copy(filling->sheet, field->label);
    fact->source = kyso_sheet_copy(filling->sheet, field->source);
    fact->value = printed != NULL ? kyso_sheet_copy(filling->sheet, raw) : NULL;
    fact->printed = printed;
    fact->optional = field->optional;
    fact->row = row;
    if (field->choices != NULL && row <= 1)
        fact->choices = copy_choices(filling, field->choices);
    g_ptr_array_add(filling->sheet->facts, fact);
    if (printed == NULL && !field->optional && strcmp(field->source, "FIX") != 0 &&
        strcmp(field->source, "INK") != 0)
        g_ptr_array_add(filling->sheet->missing, fact);
}

static int refuse_value(struct kyso_filling *filling, const char *word, const char *key)
{
    char place[KYSO_FORM_PATH_MAX], inside[KYSO_FORM_PATH_MAX];

    if (filling->scope == KYSO_FILLING_FORM)
        (void)snprintf(place, sizeof(place), "values");
    else
        kyso_form_place_at(place, "rows", filling->row - 1);
    kyso_form_place(inside, place, key);
    return kyso_form_refuse(&filling->values_reader, word, inside);
}

/* A mail address that lacks its end gets the printed one. */
static const char *with_domain(struct kyso_filling *filling, const char *text, const char *domain)
{
    bool add = domain != NULL && strchr(text, '@') == NULL;
    g_autofree char *whole = g_strconcat(text, add ? domain : "", NULL);

    return kyso_sheet_copy(filling->sheet, whole);
}

/* What KEY's value is in print; null when there is none, so that INK stays the pen's. */
static int print(struct kyso_filling *filling, const struct kyso_filling_field *field,
                 const char **ret_text)
{
    char buffer[24];
    const char *raw =
        strcmp(field->source, "INK") != 0 ? look_up(filling, field->key, buffer) : NULL;
    const char *word = "bad-value", *printed = NULL;

    if (raw != NULL) {
        g_autofree char *text = kyso_form_style_print(field->style, raw, &word);

        if (text == NULL)
            return refuse_value(filling, word, field->key);
        if (*text != '\0')
            printed = with_domain(filling, text, field->domain);
    }
    note(filling, field, raw, printed);
    *ret_text = printed;
    return 0;
}

static int print_boxes(struct kyso_filling *filling, const struct kyso_filling_field *field,
                       const char **ret_text)
{
    g_autoptr(GString) boxes = g_string_new(NULL);
    const char *given, *ticked = NULL;
    char buffer[24];

    given = look_up(filling, field->key, buffer);
    json_object_object_foreach(field->boxes, value, label)
    {
        bool tick = given != NULL && strcmp(given, value) == 0;
        const char *text = json_object_get_string(label);

        if (tick)
            ticked = *text != '\0' ? kyso_sheet_copy(filling->sheet, text) : BOX_TICKED;
        g_string_append_printf(boxes, "%s%s%s%s", boxes->len > 0 ? "   " : "",
                               tick ? BOX_TICKED : BOX_EMPTY, *text != '\0' ? " " : "", text);
    }
    if (given != NULL && *given != '\0' && ticked == NULL)
        return refuse_value(filling, "unknown-choice", field->key);
    note(filling, field, given, ticked);
    *ret_text = kyso_sheet_copy(filling->sheet, boxes->str);
    return 0;
}

int kyso_filling_value(struct kyso_filling *filling, const struct kyso_filling_field *field,
                       const char *place, const char **ret_text)
{
    const char *text;
    bool any;
    int r;

    *ret_text = NULL;
    if (field->key != NULL)
        return field->boxes != NULL ? print_boxes(filling, field, ret_text)
                                    : print(filling, field, ret_text);
    if (field->value == NULL)
        return 0;
    r = kyso_filling_expand(filling, field->value, place, &text, &any);
    if (r == 0 && any)
        *ret_text = text;
    return r;
}

/* What is known of a key that stands in a text. */
static int find_field(struct kyso_filling *filling, const char *key, const char *place,
                      struct kyso_filling_field *ret_field)
{
    static const char *const MEMBERS[] = {"label", "source", "optional", "choices", NULL};
    struct json_object *entry = NULL;
    char inside[KYSO_FORM_PATH_MAX];
    int r;

    kyso_form_place(inside, "fields", key);
    if (filling->fields != NULL && json_object_object_get_ex(filling->fields, key, &entry)) {
        r = kyso_form_check_members(&filling->form_reader, entry, inside, MEMBERS);
        if (r == 0)
            r = kyso_filling_read_field(filling, entry, inside, ret_field);
        if (r == 0 && (ret_field->source == NULL || !is_source(ret_field->source)))
            return kyso_form_refuse(&filling->form_reader, "bad-source", inside);
        return r;
    }
    for (size_t i = 0; i < KYSO_ARRAY_LEN(KNOWN); i++)
        if (strcmp(KNOWN[i].key, key) == 0) {
            *ret_field =
                (struct kyso_filling_field){.label = KNOWN[i].label, .source = KNOWN[i].source};
            return 0;
        }
    return kyso_form_refuse(&filling->form_reader, "unknown-field", place);
}

/* INSIDE: what stands between the braces, LENGTH bytes. */
static int put_placeholder(struct kyso_filling *filling, const char *inside, size_t length,
                           const char *place, GString *into, bool *ret_has_value)
{
    struct kyso_filling_field field = {0};
    enum kyso_form_style style = KYSO_FORM_STYLE_TEXT;
    const char *colon = memchr(inside, ':', length), *text;
    size_t key_length = colon != NULL ? (size_t)(colon - inside) : length;
    char key[65];
    int r;

    if (!kyso_form_is_key(inside, key_length))
        return kyso_form_refuse(&filling->form_reader, "bad-key", place);
    if (colon != NULL && !kyso_form_style_find(colon + 1, length - key_length - 1, &style))
        return kyso_form_refuse(&filling->form_reader, "unknown-style", place);
    (void)snprintf(key, sizeof(key), "%.*s", (int)key_length, inside);
    r = find_field(filling, key, place, &field);
    field.key = key;
    field.style = style;
    if (r == 0)
        r = print(filling, &field, &text);
    if (r != 0)
        return r;
    *ret_has_value = text != NULL;
    g_string_append(into, text != NULL ? text : kyso_form_style_blank(style));
    return 0;
}

int kyso_filling_expand(struct kyso_filling *filling, const char *template, const char *place,
                        const char **ret_text, bool *ret_any)
{
    g_autoptr(GString) text = g_string_new(NULL);
    size_t found = 0, with_value = 0;

    for (const char *p = template; *p != '\0';) {
        const char *end;
        bool has_value;
        int r;

        if ((p[0] == '{' || p[0] == '}') && p[1] == p[0]) {
            g_string_append_c(text, *p);
            p += 2;
            continue;
        }
        if (*p != '{' && *p != '}') {
            g_string_append_c(text, *p++);
            continue;
        }
        end = strchr(p, '}');
        if (*p == '}' || end == NULL)
            return kyso_form_refuse(&filling->form_reader, "single-brace", place);
        r = put_placeholder(filling, p + 1, (size_t)(end - p - 1), place, text, &has_value);
        if (r != 0)
            return r;
        found++;
        with_value += has_value;
        p = end + 1;
    }
    *ret_text = kyso_sheet_copy(filling->sheet, text->str);
    *ret_any = found == 0 || with_value > 0;
    return 0;
}

int kyso_filling_text(struct kyso_filling *filling, struct json_object *line, const char *place,
                      struct kyso_sheet_text *ret_text)
{
    static const char *const MEMBERS[] = {"text", "style", "rule", NULL};
    static const char *const LOOKS[] = {"", "regular", "bold", "italic", "bold-italic"};
    struct kyso_form_reader *reader = &filling->form_reader;
    const char *template = NULL, *look = NULL;
    bool any;
    int r;

    *ret_text = (struct kyso_sheet_text){0};
    if (json_object_is_type(line, json_type_string)) {
        r = kyso_form_string(reader, line, place, KYSO_FORM_TEXT_MAX, &template);
    } else {
        r = kyso_form_check_members(reader, line, place, MEMBERS);
        if (r == 0)
            r = kyso_form_text(reader, line, place, "text", KYSO_FORM_TEXT_MAX, &template);
        if (r == 0)
            r = kyso_form_text(reader, line, place, "style", 64, &look);
        if (r == 0)
            r = kyso_form_bool(reader, line, place, "rule", false, &ret_text->rule);
    }
    if (r != 0)
        return r;
    if (template == NULL)
        return kyso_form_refuse(reader, "no-text", place);
    for (size_t i = 1; look != NULL && i < KYSO_ARRAY_LEN(LOOKS); i++)
        if (strcmp(LOOKS[i], look) == 0)
            ret_text->look = (enum kyso_sheet_look)i;
    if (look != NULL && ret_text->look == KYSO_SHEET_OWN)
        return kyso_form_refuse(reader, "unknown-style", place);
    return kyso_filling_expand(filling, template, place, &ret_text->text, &any);
}
