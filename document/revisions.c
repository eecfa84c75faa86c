/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "document/revisions.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/outcome.h"
#include "document/judge.h"
#include "document/layout.h"

int kyso_judge_refuse(struct kyso_judge *judge, enum kyso_pdf_rule rule, uint32_t number)
{
    return kyso_pdf_fail(judge->file, rule, "object %u, revision %u", number, judge->now);
}

size_t kyso_judge_entry(const struct kyso_judge *judge, uint32_t number)
{
    const struct kyso_pdf_version *version = kyso_pdf_find(judge->file, number, judge->now);

    if (version == NULL || version->revision != judge->now)
        return SIZE_MAX;
    return (size_t)(version - judge->file->versions) - judge->section->first;
}

static const struct kyso_pdf_version *entry_before(const struct kyso_judge *judge, uint32_t number)
{
    return kyso_pdf_find(judge->file, number, judge->before);
}

bool kyso_judge_is_new(const struct kyso_judge *judge, uint32_t number)
{
    size_t entry = kyso_judge_entry(judge, number);

    return entry != SIZE_MAX && entry_before(judge, number) == NULL &&
           judge->file->versions[judge->section->first + entry].kind != KYSO_PDF_ENTRY_FREE;
}

void kyso_judge_explain(struct kyso_judge *judge, uint32_t number)
{
    size_t entry = kyso_judge_entry(judge, number);

    if (entry != SIZE_MAX)
        judge->explained[entry] = true;
}

static bool is_live(const struct kyso_judge *judge, const struct kyso_judge_use *use)
{
    if (use->source == 0)
        return use->version == judge->before;
    return entry_before(judge, use->source) == &judge->file->versions[use->version];
}

static const struct kyso_judge_use *first_use(const struct kyso_judge *judge, uint32_t number)
{
    size_t low = 0, high = judge->n_uses;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (judge->uses[middle].target < number)
            low = middle + 1;
        else
            high = middle;
    }
    return judge->uses + low;
}

bool kyso_judge_only_used(const struct kyso_judge *judge, uint32_t number, const char *key,
                          uint32_t source)
{
    const struct kyso_judge_use *end = judge->uses + judge->n_uses;

    for (const struct kyso_judge_use *use = first_use(judge, number);
         use < end && use->target == number; use++)
        if (is_live(judge, use) && (!kyso_pdf_text_is(&use->key, key) ||
                                    (source != KYSO_JUDGE_ANY && use->source != source)))
            return false;
    return true;
}

uint32_t kyso_judge_sole_user(const struct kyso_judge *judge, uint32_t number, const char *key)
{
    const struct kyso_judge_use *end = judge->uses + judge->n_uses;
    uint32_t user = 0;

    for (const struct kyso_judge_use *use = first_use(judge, number);
         use < end && use->target == number; use++) {
        if (!is_live(judge, use))
            continue;
        if (user != 0 || !kyso_pdf_text_is(&use->key, key))
            return 0;
        user = use->source;
    }
    return user;
}

static bool used_before(const struct kyso_judge *judge, uint32_t number)
{
    const struct kyso_judge_use *end = judge->uses + judge->n_uses;

    for (const struct kyso_judge_use *use = first_use(judge, number);
         use < end && use->target == number; use++)
        if (is_live(judge, use))
            return true;
    return false;
}

struct collecting {
    struct kyso_judge *judge;
    uint32_t source, version;
};

static int collect(void *data, const struct kyso_pdf_object *object,
                   const struct kyso_pdf_text *key, unsigned int depth KYSO_UNUSED)
{
    struct collecting *collecting = data;
    struct kyso_judge *judge = collecting->judge;
    struct kyso_judge_use *use;

    if (object->type != KYSO_PDF_REFERENCE || object->number >= judge->file->highest ||
        (judge->interesting[object->number / 8] >> object->number % 8 & 1) == 0)
        return 0;
    if (judge->n_uses == judge->uses_room) {
        size_t room = judge->uses_room * 2;
        struct kyso_judge_use *bigger =
            kyso_arena_take(&judge->file->arena, room * sizeof(*bigger));

        if (bigger == NULL)
            return kyso_pdf_no_memory(judge->file);
        memcpy(bigger, judge->uses, judge->n_uses * sizeof(*bigger));
        judge->uses = bigger;
        judge->uses_room = room;
    }
    use = &judge->uses[judge->n_uses++];
    use->target = object->number;
    use->source = collecting->source;
    use->version = collecting->version;
    if (key != NULL) {
        use->key.length = key->length;
        use->key.bytes = kyso_arena_copy(&judge->file->arena, key->bytes, key->length);
        if (use->key.bytes == NULL)
            return kyso_pdf_no_memory(judge->file);
    }
    return 0;
}

static int by_target(const void *a, const void *b)
{
    const struct kyso_judge_use *left = a, *right = b;

    return (left->target > right->target) - (left->target < right->target);
}

/* Notes every reference to the numbers that updates after revision FIRST write. */
static int collect_uses(struct kyso_judge *judge, uint32_t first)
{
    struct kyso_pdf_file *file = judge->file;
    struct collecting collecting = {judge, 0, 0};
    int r = 0;

    judge->uses_room = 256;
    judge->uses = kyso_arena_take(&file->arena, judge->uses_room * sizeof(*judge->uses));
    judge->interesting = kyso_arena_take(&file->arena, file->highest / 8 + 1);
    if (judge->uses == NULL || judge->interesting == NULL)
        return kyso_pdf_no_memory(file);
    for (size_t i = 0; i < file->n_versions; i++)
        if (file->versions[i].revision > first)
            judge->interesting[file->versions[i].number / 8] |=
                (uint8_t)(1U << file->versions[i].number % 8);
    for (size_t i = 0; r == 0 && i < file->n_sections; i++) {
        collecting.version = file->sections[i].revision;
        r = kyso_pdf_visit(&file->sections[i].trailer, collect, &collecting);
    }
    for (size_t i = 0; r == 0 && i < file->n_versions; i++) {
        struct kyso_arena_mark mark = kyso_arena_mark(&file->scratch);
        struct kyso_pdf_object object;

        r = kyso_pdf_load_version(file, &file->scratch, &file->versions[i], &object, NULL);
        collecting.source = file->versions[i].number;
        collecting.version = (uint32_t)i;
        /* A cross-reference stream is a trailer, met above, and no object of the document. */
        if (r == 0 && !(object.type == KYSO_PDF_STREAM &&
                        kyso_pdf_is_name(kyso_pdf_get(&object, "Type"), "XRef")))
            r = kyso_pdf_visit(&object, collect, &collecting);
        kyso_arena_rewind(&file->scratch, mark);
    }
    if (r == 0 && judge->n_uses > 1)
        qsort(judge->uses, judge->n_uses, sizeof(*judge->uses), by_target);
    return r;
}

/* No XRefStm: what readers with and without hybrid support see must not differ in an update. */
static bool known_trailer_key(const struct kyso_pdf_text *key)
{
    static const char *const KNOWN[] = {
        "Size", "Prev", "Root",  "Info",   "ID",     "DocChecksum",
        "Type", "W",    "Index", "Length", "Filter", "DecodeParms",
    };

    for (size_t i = 0; i < KYSO_ARRAY_LEN(KNOWN); i++)
        if (kyso_pdf_text_is(key, KNOWN[i]))
            return true;
    return false;
}

static int check_trailer(struct kyso_judge *judge)
{
    const struct kyso_pdf_object *old = &kyso_pdf_section(judge->file, judge->before)->trailer;
    const struct kyso_pdf_object *new = &judge->section->trailer;
    const struct kyso_pdf_object *old_id = kyso_pdf_get(old, "ID"), *new_id;
    const struct kyso_pdf_object *old_info = kyso_pdf_get(old, "Info"), *new_info;
    bool sound = true;

    for (size_t i = 0; i < new->n_pairs; i++)
        sound &= known_trailer_key(&new->pairs[i].key);
    sound &= kyso_pdf_equal(kyso_pdf_get(old, "Root"), kyso_pdf_get(new, "Root"));
    new_id = kyso_pdf_get(new, "ID");
    if (old_id != NULL)
        sound &= old_id->type == KYSO_PDF_ARRAY && old_id->n_items == 2 && new_id != NULL &&
                 new_id->type == KYSO_PDF_ARRAY && new_id->n_items == 2 &&
                 kyso_pdf_equal(&old_id->items[0], &new_id->items[0]);
    new_info = kyso_pdf_get(new, "Info");
    if (!kyso_pdf_equal(old_info, new_info))
        sound &= new_info != NULL && new_info->type == KYSO_PDF_REFERENCE &&
                 kyso_judge_is_new(judge, new_info->number);
    if (!sound)
        return kyso_pdf_fail(judge->file, KYSO_PDF_TRAILER_CHANGED, "trailer, revision %u",
                             judge->now);
    return 0;
}

static bool in_own_bytes(const struct kyso_judge *judge, const struct kyso_pdf_version *version)
{
    const struct kyso_pdf_revision *revision = &judge->file->revisions[judge->now];
    uint64_t place = kyso_pdf_settle(judge->file, version->place);

    return place >= revision->start && place < revision->end;
}

static int check_entry(struct kyso_judge *judge, const struct kyso_pdf_version *version)
{
    const struct kyso_pdf_version *before = entry_before(judge, version->number);
    const struct kyso_pdf_version *container;

    if (version->kind == KYSO_PDF_ENTRY_FREE) {
        if (before == NULL || before->kind == KYSO_PDF_ENTRY_FREE)
            return 0;
        return kyso_judge_refuse(judge, KYSO_PDF_OBJECT_FREED, version->number);
    }
    /* poppler gives some of its new objects generation 1; nothing older can mean them. */
    if (before == NULL
            ? version->generation > 1
            : before->kind == KYSO_PDF_ENTRY_FREE || before->generation != version->generation)
        return kyso_judge_refuse(judge, KYSO_PDF_GENERATION, version->number);
    if (before == NULL && used_before(judge, version->number))
        return kyso_judge_refuse(judge, KYSO_PDF_DANGLING, version->number);
    if (version->kind == KYSO_PDF_ENTRY_PLAIN)
        return in_own_bytes(judge, version)
                   ? 0
                   : kyso_judge_refuse(judge, KYSO_PDF_OBJECT_OUTSIDE, version->number);
    container = kyso_pdf_find(judge->file, (uint32_t)version->place, judge->now);
    if (container == NULL || container->revision != judge->now ||
        container->kind != KYSO_PDF_ENTRY_PLAIN || !kyso_judge_is_new(judge, container->number))
        return kyso_judge_refuse(judge, KYSO_PDF_OBJECT_OUTSIDE, version->number);
    kyso_judge_explain(judge, container->number);
    return 0;
}

/* Reads every object of the update and looks between them. */
static int load_objects(struct kyso_judge *judge)
{
    struct kyso_pdf_file *file = judge->file;
    const struct kyso_pdf_revision *revision = &file->revisions[judge->now];
    size_t section = revision->section;
    struct kyso_layout layout;
    uint64_t offset = 0;
    int r = kyso_layout_init(file, section, section, &layout);

    for (size_t i = 0; r == 0 && i < judge->section->n; i++) {
        const struct kyso_pdf_version *version = &file->versions[judge->section->first + i];
        uint64_t end = 0;

        r = kyso_pdf_load_version(file, &file->scratch, version, &judge->objects[i], &end);
        if (r == 0 && version->kind == KYSO_PDF_ENTRY_PLAIN)
            kyso_layout_add(&layout, kyso_pdf_settle(file, version->place), end);
    }
    if (r != 0)
        return r;
    if (!kyso_layout_check(file, &layout, revision->start, revision->end, true, &offset))
        return kyso_pdf_fail(file, KYSO_PDF_HIDDEN_CONTENT, "offset %llu, revision %u",
                             (unsigned long long)offset, judge->now);
    return 0;
}

/* The cross-reference stream itself, and what is written again unchanged. */
static int explain_unchanged(struct kyso_judge *judge)
{
    struct kyso_pdf_file *file = judge->file;

    for (size_t i = 0; i < judge->section->n; i++) {
        const struct kyso_pdf_version *version = &file->versions[judge->section->first + i];
        const struct kyso_pdf_version *before = entry_before(judge, version->number);
        uint64_t place = kyso_pdf_settle(file, version->place);
        struct kyso_pdf_object old;
        int r;

        if (version->kind == KYSO_PDF_ENTRY_FREE) {
            judge->explained[i] = true;
        } else if (before == NULL) {
            judge->explained[i] |= version->kind == KYSO_PDF_ENTRY_PLAIN &&
                                   (place == judge->section->place ||
                                    (judge->section->kind == KYSO_PDF_SECTION_HYBRID &&
                                     place == judge->section->hybrid));
        } else {
            r = kyso_pdf_load_version(file, &file->scratch, before, &old, NULL);
            if (r != 0)
                return r;
            judge->explained[i] |= kyso_pdf_equal(&old, &judge->objects[i]);
        }
    }
    return 0;
}

/* poppler leaves forms without content behind that nothing uses. */
static bool is_empty_form(const struct kyso_pdf_object *object)
{
    return object->type == KYSO_PDF_STREAM && object->data_length == 0 &&
           kyso_pdf_is_name(kyso_pdf_get(object, "Subtype"), "Form") &&
           kyso_pdf_get(object, "Type") == NULL;
}

/* What is left over breaks the rule that fits it best. */
static int refuse_rest(struct kyso_judge *judge)
{
    for (size_t i = 0; i < judge->section->n; i++) {
        const struct kyso_pdf_version *version = &judge->file->versions[judge->section->first + i];
        const struct kyso_pdf_version *before = entry_before(judge, version->number);
        struct kyso_pdf_object old;
        int r;

        if (judge->explained[i] || (before == NULL && is_empty_form(&judge->objects[i])))
            continue;
        if (before == NULL)
            return kyso_judge_refuse(judge, KYSO_PDF_HIDDEN_CONTENT, version->number);
        r = kyso_pdf_load_version(judge->file, &judge->file->scratch, before, &old, NULL);
        if (r != 0)
            return r;
        if (old.type == KYSO_PDF_STREAM || judge->objects[i].type == KYSO_PDF_STREAM)
            return kyso_judge_refuse(judge, KYSO_PDF_STREAM_CHANGED, version->number);
        if (kyso_pdf_is_name(kyso_pdf_get(&old, "Type"), "Page"))
            return kyso_judge_refuse(judge, KYSO_PDF_PAGE_CHANGED, version->number);
        return kyso_judge_refuse(judge, KYSO_PDF_OBJECT_CHANGED, version->number);
    }
    return 0;
}

static int take_memory(struct kyso_judge *judge)
{
    struct kyso_arena *arena = &judge->file->scratch;
    size_t n = judge->section->n + 1;

    judge->explained = kyso_arena_take(arena, n * sizeof(*judge->explained));
    judge->objects = kyso_arena_take(arena, n * sizeof(*judge->objects));
    judge->widgets = kyso_arena_take(arena, n * sizeof(*judge->widgets));
    judge->widget_pages = kyso_arena_take(arena, n * sizeof(*judge->widget_pages));
    judge->shown = kyso_arena_take(arena, n * sizeof(*judge->shown));
    judge->n_widgets = 0;
    if (judge->explained == NULL || judge->objects == NULL || judge->widgets == NULL ||
        judge->widget_pages == NULL || judge->shown == NULL)
        return kyso_pdf_no_memory(judge->file);
    return 0;
}

static int judge_revision(struct kyso_judge *judge)
{
    const struct kyso_pdf_revision *revision = &judge->file->revisions[judge->now];
    int r = take_memory(judge);

    if (r == 0 && !revision->sound_tail)
        r = kyso_pdf_fail(judge->file, KYSO_PDF_NO_END, "revision %u", judge->now);
    if (r == 0)
        r = check_trailer(judge);
    for (size_t i = 0; r == 0 && i < judge->section->n; i++)
        r = check_entry(judge, &judge->file->versions[judge->section->first + i]);
    if (r == 0)
        r = load_objects(judge);
    if (r == 0)
        r = explain_unchanged(judge);
    if (r == 0)
        r = kyso_judge_permit(judge);
    if (r == 0)
        r = refuse_rest(judge);
    return r;
}

static void blame(struct kyso_judge *judge)
{
    for (size_t i = 0; i < judge->findings->signatures.n; i++) {
        struct kyso_pdf_signed *one = &judge->findings->signatures.all[i];

        if (one->revision < judge->now && one->later.rule == KYSO_PDF_OK)
            one->later = judge->file->problem;
    }
}

int kyso_pdf_judge_revisions(struct kyso_pdf_file *file, struct kyso_pdf_findings *findings)
{
    struct kyso_judge judge = {.file = file, .findings = findings};
    uint32_t first = findings->signatures.all[0].revision;
    const struct kyso_pdf_object *root;
    int r;

    if (first + 1 >= file->n_revisions)
        return 0;
    r = collect_uses(&judge, first);
    if (r != 0)
        return r;
    for (judge.now = first + 1; judge.now < file->n_revisions; judge.now++) {
        struct kyso_arena_mark mark = kyso_arena_mark(&file->scratch);

        judge.before = judge.now - 1;
        judge.section = kyso_pdf_section(file, judge.now);
        root = kyso_pdf_get(&judge.section->trailer, "Root");
        judge.root = root != NULL && root->type == KYSO_PDF_REFERENCE ? root->number : 0;
        r = judge_revision(&judge);
        kyso_arena_rewind(&file->scratch, mark);
        if (r == KYSO_OUTCOME_BAD_DOCUMENT)
            blame(&judge);
        else if (r != 0)
            return r;
    }
    return 0;
}
