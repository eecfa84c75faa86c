/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "document/shadow.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/outcome.h"
#include "document/layout.h"

static const char *const ACTIONS[] = {
    /* that act on the file or its look without being followed */
    "JavaScript", "Launch", "SubmitForm",       "ImportData", "Hide",  "SetOCGState",
    "Rendition",  "GoToE",  "RichMediaExecute", "Sound",      "Movie", "Trans",
};

static const char *const MEDIA[] = {"RichMedia", "Screen", "3D", "Movie", "Sound"};

struct scan {
    struct kyso_pdf_file *file;
    struct kyso_pdf_scan result;
    const struct kyso_pdf_signatures *signatures;
    bool is_signed;
    uint32_t newest;
    uint8_t *reached;
    uint32_t *queue;
    size_t n_queue;
    uint32_t number; /* of the object at hand */
    struct kyso_layout layout;
};

static bool is_reached(const struct scan *scan, uint32_t number)
{
    return (scan->reached[number / 8] >> number % 8 & 1) != 0;
}

static void found(struct scan *scan, enum kyso_pdf_rule rule, uint32_t revision)
{
    struct kyso_pdf_scan *result = &scan->result;

    if (result->problem.rule != KYSO_PDF_OK)
        return;
    (void)kyso_pdf_fail(scan->file, rule, "object %u", scan->number);
    result->problem = scan->file->problem;
    result->revision = revision;
}

static bool one_of(const struct kyso_pdf_object *name, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (kyso_pdf_is_name(name, list[i]))
            return true;
    return false;
}

static bool is_action(const struct kyso_pdf_object *dict)
{
    const struct kyso_pdf_object *type = kyso_pdf_get(dict, "Type");

    return kyso_pdf_get(dict, "JS") != NULL ||
           ((type == NULL || kyso_pdf_is_name(type, "Action")) && kyso_pdf_get(dict, "P") == NULL &&
            one_of(kyso_pdf_get(dict, "S"), ACTIONS, KYSO_ARRAY_LEN(ACTIONS)));
}

/* /AA means something in pages, annotations, fields and the catalog; elsewhere it is a name. */
static bool has_triggers(const struct kyso_pdf_object *dict)
{
    const struct kyso_pdf_object *triggers = kyso_pdf_get(dict, "AA");

    return triggers != NULL && triggers->type != KYSO_PDF_NULL &&
           (kyso_pdf_get(dict, "Type") != NULL || kyso_pdf_get(dict, "Subtype") != NULL ||
            kyso_pdf_get(dict, "FT") != NULL || kyso_pdf_get(dict, "T") != NULL ||
            kyso_pdf_get(dict, "Kids") != NULL);
}

/* Content that lies in another file. */
static bool is_elsewhere(const struct kyso_pdf_object *dict)
{
    return dict->type == KYSO_PDF_STREAM &&
           (kyso_pdf_get(dict, "F") != NULL ||
            (kyso_pdf_is_name(kyso_pdf_get(dict, "Subtype"), "Form") &&
             kyso_pdf_get(dict, "Ref") != NULL));
}

static void judge_dict(struct scan *scan, const struct kyso_pdf_object *dict)
{
    if (is_elsewhere(dict) || is_action(dict) || has_triggers(dict) ||
        (kyso_pdf_get(dict, "Rect") != NULL &&
         one_of(kyso_pdf_get(dict, "Subtype"), MEDIA, KYSO_ARRAY_LEN(MEDIA))))
        found(scan, KYSO_PDF_ACTIVE_CONTENT, scan->newest);
}

static int visit_reached(void *data, const struct kyso_pdf_object *object,
                         const struct kyso_pdf_text *key KYSO_UNUSED,
                         unsigned int depth KYSO_UNUSED)
{
    struct scan *scan = data;

    if (kyso_pdf_is_dict(object) && !scan->is_signed)
        judge_dict(scan, object);
    if (object->type != KYSO_PDF_REFERENCE)
        return 0;
    if (object->number > scan->result.highest_reference)
        scan->result.highest_reference = object->number;
    if (object->number < scan->file->highest && !is_reached(scan, object->number)) {
        scan->reached[object->number / 8] |= (uint8_t)(1U << object->number % 8);
        scan->queue[scan->n_queue++] = object->number;
    }
    return 0;
}

static int visit_other(void *data, const struct kyso_pdf_object *object,
                       const struct kyso_pdf_text *key KYSO_UNUSED, unsigned int depth KYSO_UNUSED)
{
    struct scan *scan = data;

    if (object->type == KYSO_PDF_REFERENCE && object->number > scan->result.highest_reference)
        scan->result.highest_reference = object->number;
    return 0;
}

/* A signature dictionary that no field holds: somebody took it out of the form. */
static bool is_lost_signature(const struct scan *scan, const struct kyso_pdf_object *object)
{
    const struct kyso_pdf_object *range = kyso_pdf_get(object, "ByteRange");
    const struct kyso_pdf_object *contents = kyso_pdf_get(object, "Contents");

    if (range == NULL || contents == NULL || contents->type != KYSO_PDF_STRING)
        return false;
    for (size_t i = 0; i < scan->signatures->n; i++)
        if (scan->signatures->all[i].number == scan->number)
            return false;
    return true;
}

/* Where the bytes end that an entry of REVISION may mean: were it longer, what is appended to a
 * signed file could give a meaning to an entry that had none when it was signed. */
static uint64_t own_end(const struct scan *scan, uint32_t revision)
{
    while (revision < scan->newest && scan->file->revisions[revision].end == 0)
        revision++;
    return scan->file->revisions[revision].end;
}

/* Loads one entry and hands what is in it to FN; unsound objects are findings, not failures. */
static int look_at(struct scan *scan, const struct kyso_pdf_version *version, kyso_pdf_visit_fn fn,
                   struct kyso_pdf_object *object)
{
    uint64_t end = 0;
    int r = kyso_pdf_load_version(scan->file, &scan->file->scratch, version, object, &end);

    scan->number = version->number;
    if (r == KYSO_OUTCOME_BAD_DOCUMENT) {
        struct kyso_pdf_problem problem = scan->file->problem;

        if (scan->result.problem.rule == KYSO_PDF_OK) {
            scan->result.problem = problem;
            scan->result.revision = version->revision;
        }
        memset(object, 0, sizeof(*object));
        return 0;
    }
    if (r != 0)
        return r;
    if (is_lost_signature(scan, object))
        found(scan, KYSO_PDF_SIGNATURE_REPLACED, version->revision);
    if (version->kind == KYSO_PDF_ENTRY_PLAIN && end > own_end(scan, version->revision))
        found(scan, KYSO_PDF_OBJECT_OUTSIDE, version->revision);
    if (version->kind == KYSO_PDF_ENTRY_PLAIN)
        kyso_layout_add(&scan->layout, kyso_pdf_settle(scan->file, version->place), end);
    return kyso_pdf_visit(object, fn, scan);
}

static int follow_queue(struct scan *scan)
{
    int r = 0;

    while (r == 0 && scan->n_queue > 0) {
        struct kyso_arena_mark mark = kyso_arena_mark(&scan->file->scratch);
        uint32_t number = scan->queue[--scan->n_queue];
        const struct kyso_pdf_version *version = kyso_pdf_find(scan->file, number, scan->newest);
        struct kyso_pdf_object object;

        if (version != NULL)
            r = look_at(scan, version, visit_reached, &object);
        kyso_arena_rewind(&scan->file->scratch, mark);
    }
    return r;
}

static bool is_cross_reference(const struct kyso_pdf_object *object)
{
    return object->type == KYSO_PDF_STREAM &&
           kyso_pdf_is_name(kyso_pdf_get(object, "Type"), "XRef");
}

/* What nothing refers to but could be shown by an update that only moves a reference. */
static bool could_be_shown(const struct kyso_pdf_object *object)
{
    static const char *const TYPES[] = {"Catalog", "Pages", "Page", "Annot"};

    return one_of(kyso_pdf_get(object, "Type"), TYPES, KYSO_ARRAY_LEN(TYPES)) ||
           kyso_pdf_is_name(kyso_pdf_get(object, "Subtype"), "Widget");
}

static int look_at_rest(struct scan *scan)
{
    struct kyso_pdf_file *file = scan->file;
    int r = 0;

    for (size_t i = 0; r == 0 && i < file->n_versions; i++) {
        const struct kyso_pdf_version *version = &file->versions[i];
        bool live = kyso_pdf_find(file, version->number, scan->newest) == version;
        struct kyso_arena_mark mark = kyso_arena_mark(&file->scratch);
        struct kyso_pdf_object object;

        if (version->kind == KYSO_PDF_ENTRY_FREE || (live && is_reached(scan, version->number)))
            continue;
        r = look_at(scan, version, visit_other, &object);
        if (r == 0 && version->number == 0)
            found(scan, KYSO_PDF_XREF, version->revision);
        if (r == 0 && live && !scan->is_signed && !is_cross_reference(&object) &&
            could_be_shown(&object))
            found(scan, KYSO_PDF_HIDDEN_CONTENT, scan->newest);
        kyso_arena_rewind(&file->scratch, mark);
    }
    return r;
}

static bool opens_quietly(const struct kyso_pdf_object *action)
{
    return action == NULL || action->type == KYSO_PDF_ARRAY ||
           (action->type == KYSO_PDF_DICT && kyso_pdf_is_name(kyso_pdf_get(action, "S"), "GoTo") &&
            kyso_pdf_get(action, "Next") == NULL);
}

static int resolve(struct scan *scan, const struct kyso_pdf_object *dict, const char *key,
                   const struct kyso_pdf_object **ret)
{
    *ret = NULL;
    return kyso_pdf_resolve_key(scan->file, &scan->file->arena, scan->newest, dict, key, ret);
}

/* Layers that are not shown, or that show themselves by circumstance. */
static bool hides_layers(struct scan *scan, const struct kyso_pdf_object *config)
{
    const struct kyso_pdf_object *off, *events, *base = kyso_pdf_get(config, "BaseState");

    if (resolve(scan, config, "OFF", &off) != 0 || resolve(scan, config, "AS", &events) != 0)
        return true;
    return (off != NULL && (off->type != KYSO_PDF_ARRAY || off->n_items > 0)) ||
           (events != NULL && (events->type != KYSO_PDF_ARRAY || events->n_items > 0)) ||
           (base != NULL && !kyso_pdf_is_name(base, "ON"));
}

static int judge_catalog(struct scan *scan)
{
    const struct kyso_pdf_object *catalog, *open, *form, *layers, *config, *names, *scripts;
    int r = kyso_pdf_catalog(scan->file, &scan->file->arena, scan->newest, &catalog);

    if (r == 0)
        r = resolve(scan, catalog, "OpenAction", &open);
    if (r == 0)
        r = resolve(scan, catalog, "AcroForm", &form);
    if (r == 0)
        r = resolve(scan, catalog, "OCProperties", &layers);
    if (r == 0)
        r = resolve(scan, catalog, "Names", &names);
    if (r == 0)
        r = resolve(scan, layers, "D", &config);
    if (r == 0)
        r = resolve(scan, names, "JavaScript", &scripts);
    if (r != 0)
        return r;
    scan->number =
        kyso_pdf_get(&kyso_pdf_section(scan->file, scan->newest)->trailer, "Root")->number;
    if (!opens_quietly(open) || scripts != NULL)
        found(scan, KYSO_PDF_ACTIVE_CONTENT, scan->newest);
    if (kyso_pdf_get(form, "XFA") != NULL)
        found(scan, KYSO_PDF_XFA, scan->newest);
    if (layers != NULL && (config == NULL || hides_layers(scan, config)))
        found(scan, KYSO_PDF_HIDDEN_CONTENT, scan->newest);
    return 0;
}

static int prepare(struct scan *scan)
{
    struct kyso_pdf_file *file = scan->file;

    scan->newest = file->n_revisions - 1;
    scan->reached = kyso_arena_take(&file->arena, file->highest / 8 + 1);
    scan->queue = kyso_arena_take(&file->arena, ((size_t)file->highest + 1) * sizeof(uint32_t));
    if (scan->reached == NULL || scan->queue == NULL)
        return kyso_pdf_no_memory(file);
    return kyso_layout_init(file, 0, file->n_sections - 1, &scan->layout);
}

int kyso_pdf_scan(struct kyso_pdf_file *file, const struct kyso_pdf_signatures *signatures,
                  struct kyso_pdf_scan *ret_scan)
{
    bool is_signed = signatures->n > 0;
    struct kyso_arena_mark mark = kyso_arena_mark(&file->scratch);
    struct scan scan = {.file = file, .signatures = signatures, .is_signed = is_signed};
    uint64_t offset;
    int r = prepare(&scan);

    if (r == 0 && !is_signed)
        r = judge_catalog(&scan);
    for (size_t i = 0; r == 0 && i < file->n_sections; i++)
        r = kyso_pdf_visit(&file->sections[i].trailer, visit_reached, &scan);
    if (r == 0)
        r = follow_queue(&scan);
    if (r == 0)
        r = look_at_rest(&scan);
    if (r == 0 && !is_signed && scan.result.problem.rule == KYSO_PDF_OK &&
        !kyso_layout_check(file, &scan.layout, 0, file->size, false, &offset)) {
        (void)kyso_pdf_fail(file, KYSO_PDF_HIDDEN_CONTENT, "offset %llu",
                            (unsigned long long)offset);
        scan.result.problem = file->problem;
        scan.result.revision = scan.newest;
    }
    kyso_arena_rewind(&file->scratch, mark);
    if (r == 0)
        *ret_scan = scan.result;
    return r;
}
