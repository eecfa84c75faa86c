/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "document/form.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/outcome.h"

#define NAME_MAX_BYTES 512U
#define FIELDS_MAX 200000U

struct walk {
    struct kyso_pdf_file *file;
    uint32_t revision;
    uint8_t *visited;
    struct kyso_pdf_form *form;
    size_t room;
};

struct level { /* what a field has from its parents */
    const char *name;
    bool signature;
    const struct kyso_pdf_object *value;
};

static int full_name(struct walk *walk, const char *parent, const struct kyso_pdf_object *title,
                     const char **ret_name)
{
    KYSO_FREE char *part = kyso_pdf_text_string(title, NAME_MAX_BYTES);
    size_t before = strlen(parent);
    char *name;

    if (part == NULL)
        return -ENOMEM;
    if (before + strlen(part) > 4 * NAME_MAX_BYTES)
        return kyso_pdf_fail(walk->file, KYSO_PDF_LIMITS, "field name");
    name = kyso_arena_take(&walk->file->arena, before + strlen(part) + 2);
    if (name == NULL)
        return kyso_pdf_no_memory(walk->file);
    if (before > 0) {
        memcpy(name, parent, before);
        name[before++] = '.';
    }
    memcpy(name + before, part, strlen(part));
    *ret_name = name;
    return 0;
}

static int add_field(struct walk *walk, const struct kyso_pdf_form_field *field)
{
    struct kyso_pdf_form *form = walk->form;

    if (form->n == FIELDS_MAX)
        return kyso_pdf_fail(walk->file, KYSO_PDF_LIMITS, "fields");
    if (form->n == walk->room) {
        size_t room = walk->room == 0 ? 16 : walk->room * 2;
        struct kyso_pdf_form_field *bigger =
            kyso_arena_take(&walk->file->arena, room * sizeof(*bigger));

        if (bigger == NULL)
            return kyso_pdf_no_memory(walk->file);
        if (form->n > 0)
            memcpy(bigger, form->fields, form->n * sizeof(*bigger));
        form->fields = bigger;
        walk->room = room;
    }
    form->fields[form->n++] = *field;
    if (field->signature && field->value != NULL && ++form->n_signed > KYSO_PDF_SIGNATURES_MAX)
        return kyso_pdf_fail(walk->file, KYSO_PDF_LIMITS, "signatures");
    return 0;
}

/* A kid without a name is one of its parent's widgets. */
static void note_widget(struct walk *walk, size_t parent, const struct kyso_pdf_object *dict,
                        uint32_t number)
{
    struct kyso_pdf_form_field *field;

    if (parent == SIZE_MAX)
        return;
    field = &walk->form->fields[parent];
    field->widget = field->widget_dict == NULL ? number : 0;
    field->widget_dict = dict;
}

static int bad_form(struct walk *walk, uint32_t number)
{
    return kyso_pdf_fail(walk->file, KYSO_PDF_OBJECT, "field object %u", number);
}

static int visit(struct walk *walk, uint32_t number)
{
    if (number == 0)
        return 0;
    if (number >= walk->file->highest || (walk->visited[number / 8] >> number % 8 & 1) != 0)
        return bad_form(walk, number);
    walk->visited[number / 8] |= (uint8_t)(1U << number % 8);
    return 0;
}

static int walk_field(struct walk *walk, const struct kyso_pdf_object *reference,
                      struct level level, size_t parent, unsigned int depth)
{
    struct kyso_arena *arena = &walk->file->arena;
    const struct kyso_pdf_object *dict, *kids, *type, *title;
    struct kyso_pdf_form_field field = {.name = ""};
    uint32_t number = reference->type == KYSO_PDF_REFERENCE ? reference->number : 0;
    int r = depth > KYSO_PDF_DEPTH_MAX
                ? kyso_pdf_fail(walk->file, KYSO_PDF_LIMITS, "depth of fields")
                : visit(walk, number);

    if (r == 0)
        r = kyso_pdf_resolve(walk->file, arena, walk->revision, reference, &dict);
    if (r != 0)
        return r;
    if (dict == NULL || dict->type != KYSO_PDF_DICT)
        return bad_form(walk, number);
    r = kyso_pdf_resolve_key(walk->file, arena, walk->revision, dict, "T", &title);
    if (r == 0)
        r = kyso_pdf_resolve_key(walk->file, arena, walk->revision, dict, "FT", &type);
    if (r == 0)
        r = kyso_pdf_resolve_key(walk->file, arena, walk->revision, dict, "Kids", &kids);
    if (r != 0)
        return r;
    if (title == NULL && depth > 0) {
        note_widget(walk, parent, dict, number);
        return kids == NULL ? 0 : bad_form(walk, number);
    }
    r = full_name(walk, level.name, title, &field.name);
    if (r != 0)
        return r;
    field.number = number;
    field.dict = dict;
    field.signature = type != NULL ? kyso_pdf_is_name(type, "Sig") : level.signature;
    field.value = kyso_pdf_get(dict, "V");
    if (field.value == NULL || field.value->type == KYSO_PDF_NULL)
        field.value = level.value;
    if (kids == NULL && kyso_pdf_is_name(kyso_pdf_get(dict, "Subtype"), "Widget")) {
        field.widget = number;
        field.widget_dict = dict;
    }
    r = add_field(walk, &field);
    if (r != 0 || kids == NULL)
        return r;
    if (kids->type != KYSO_PDF_ARRAY)
        return bad_form(walk, number);
    level = (struct level){field.name, field.signature, NULL};
    parent = walk->form->n - 1;
    for (size_t i = 0; r == 0 && i < kids->n_items; i++)
        r = walk_field(walk, &kids->items[i], level, parent, depth + 1);
    return r;
}

int kyso_pdf_read_form(struct kyso_pdf_file *file, uint32_t revision,
                       struct kyso_pdf_form *ret_form)
{
    struct kyso_pdf_form form = {.n = 0};
    struct walk walk = {.file = file, .revision = revision, .form = &form};
    const struct kyso_pdf_object *catalog, *entry, *fields;
    int r = kyso_pdf_catalog(file, &file->arena, revision, &catalog);

    if (r != 0)
        return r;
    entry = kyso_pdf_get(catalog, "AcroForm");
    r = kyso_pdf_resolve(file, &file->arena, revision, entry, &form.acroform);
    if (r != 0)
        return r;
    if (form.acroform == NULL) {
        *ret_form = form;
        return 0;
    }
    if (form.acroform->type != KYSO_PDF_DICT)
        return kyso_pdf_fail(file, KYSO_PDF_OBJECT, "AcroForm");
    form.number = entry->type == KYSO_PDF_REFERENCE ? entry->number : 0;
    r = kyso_pdf_resolve_key(file, &file->arena, revision, form.acroform, "Fields", &fields);
    if (r != 0)
        return r;
    if (fields != NULL && fields->type != KYSO_PDF_ARRAY)
        return kyso_pdf_fail(file, KYSO_PDF_OBJECT, "Fields");
    walk.visited = kyso_arena_take(&file->arena, file->highest / 8 + 1);
    if (walk.visited == NULL)
        return kyso_pdf_no_memory(file);
    for (size_t i = 0; r == 0 && fields != NULL && i < fields->n_items; i++)
        r = walk_field(&walk, &fields->items[i], (struct level){"", false, NULL}, SIZE_MAX, 0);
    if (r == 0)
        *ret_form = form;
    return r;
}

const struct kyso_pdf_form_field *kyso_pdf_form_find(const struct kyso_pdf_form *form,
                                                     const char *name)
{
    for (size_t i = 0; i < form->n; i++)
        if (strcmp(form->fields[i].name, name) == 0)
            return &form->fields[i];
    return NULL;
}
