/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "document/signatures.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/outcome.h"

static const char *const SUB_FILTERS[] = {
    "adbe.pkcs7.detached",
    "ETSI.CAdES.detached",
    "ETSI.RFC3161",
};

static void flaw(struct kyso_pdf_signed *one, enum kyso_pdf_rule rule)
{
    if (one->flaw.rule != KYSO_PDF_OK)
        return;
    one->flaw.rule = rule;
    (void)snprintf(one->flaw.detail, sizeof(one->flaw.detail), "object %u", one->number);
}

/* [0 a b c], each where it has to be; fills the places of ONE. */
static bool read_range(const struct kyso_pdf_file *file, struct kyso_pdf_signed *one)
{
    const struct kyso_pdf_object *range = kyso_pdf_get(&one->dict, "ByteRange");
    int64_t n[4];

    if (range == NULL || range->type != KYSO_PDF_ARRAY || range->n_items != 4)
        return false;
    for (size_t i = 0; i < 4; i++)
        if (!kyso_pdf_to_integer(&range->items[i], 0, INT64_MAX / 4, &n[i]))
            return false;
    if (n[0] != 0 || n[2] < n[1] || (uint64_t)(n[2] + n[3]) > file->size)
        return false;
    one->hole_start = (uint64_t)n[1];
    one->hole_end = (uint64_t)n[2];
    one->range_end = (uint64_t)(n[2] + n[3]);
    return true;
}

static bool hole_is_contents(const struct kyso_pdf_file *file, const struct kyso_pdf_signed *one)
{
    const struct kyso_pdf_object *contents = kyso_pdf_get(&one->dict, "Contents");

    if (contents == NULL || contents->type != KYSO_PDF_STRING || !contents->hex ||
        contents->raw != file->bytes + one->hole_start ||
        contents->raw_length != one->hole_end - one->hole_start ||
        contents->raw_length > KYSO_PDF_CONTENTS_MAX || contents->raw_length % 2 != 0)
        return false;
    for (size_t i = 1; i + 1 < contents->raw_length; i++)
        if (kyso_lexer_is_blank(contents->raw[i]))
            return false;
    return true;
}

/* A range may end just after %%EOF or after one end of line behind it. */
static bool ends_revision(const struct kyso_pdf_file *file, uint32_t revision, uint64_t end)
{
    uint64_t eof = file->revisions[revision].end;

    if (eof == 0 || end < eof || end > eof + 2)
        return false;
    if (end == eof)
        return true;
    if (end == eof + 1)
        return file->bytes[eof] == '\n' || file->bytes[eof] == '\r';
    return file->bytes[eof] == '\r' && file->bytes[eof + 1] == '\n';
}

static void read_transform(struct kyso_pdf_file *file, struct kyso_pdf_signed *one,
                           const struct kyso_pdf_object *item)
{
    const struct kyso_pdf_object *reference, *parms, *fields, *level;
    int64_t p = 2;

    if (kyso_pdf_resolve(file, &file->arena, one->revision, item, &reference) != 0 ||
        kyso_pdf_resolve_key(file, &file->arena, one->revision, reference, "TransformParams",
                             &parms) != 0)
        return;
    if (kyso_pdf_is_name(kyso_pdf_get(reference, "TransformMethod"), "DocMDP")) {
        level = kyso_pdf_get(parms, "P");
        if (level != NULL && !kyso_pdf_to_integer(level, 1, 3, &p))
            p = 1;
        one->docmdp = (uint32_t)p;
    }
    if (!kyso_pdf_is_name(kyso_pdf_get(reference, "TransformMethod"), "FieldMDP"))
        return;
    one->has_lock = true;
    if (kyso_pdf_resolve_key(file, &file->arena, one->revision, parms, "Fields", &fields) != 0 ||
        fields == NULL || fields->type != KYSO_PDF_ARRAY)
        fields = NULL;
    one->lock.names = fields;
    one->lock.exclude = kyso_pdf_is_name(kyso_pdf_get(parms, "Action"), "Exclude");
    one->lock.all = fields == NULL || (!one->lock.exclude &&
                                       !kyso_pdf_is_name(kyso_pdf_get(parms, "Action"), "Include"));
}

static int read_transforms(struct kyso_pdf_file *file, struct kyso_pdf_signed *one)
{
    const struct kyso_pdf_object *list;
    int r = kyso_pdf_resolve_key(file, &file->arena, one->revision, &one->dict, "Reference", &list);

    if (r != 0)
        return r;
    for (size_t i = 0; list != NULL && list->type == KYSO_PDF_ARRAY && i < list->n_items && i < 16;
         i++)
        read_transform(file, one, &list->items[i]);
    return 0;
}

/* The field said the same when the signature was made. */
static int check_field_then(struct kyso_pdf_file *file, struct kyso_pdf_signed *one)
{
    struct kyso_pdf_object then;
    int r;

    if (one->field->number == 0) {
        flaw(one, KYSO_PDF_SIGNATURE_DIRECT);
        return 0;
    }
    r = kyso_pdf_load(file, &file->arena, one->field->number, one->revision, &then);
    if (r == 0 && !kyso_pdf_is_reference(kyso_pdf_get(&then, "V"), one->number))
        flaw(one, KYSO_PDF_SIGNATURE_REPLACED);
    return r;
}

static void check_places(struct kyso_pdf_file *file, struct kyso_pdf_signed *one)
{
    const struct kyso_pdf_revision *revision = &file->revisions[one->revision];

    if (!read_range(file, one)) {
        flaw(one, KYSO_PDF_BYTE_RANGE);
        return;
    }
    if (!hole_is_contents(file, one) || one->hole_start < revision->start)
        flaw(one, KYSO_PDF_HOLE);
    if (!ends_revision(file, one->revision, one->range_end))
        flaw(one, KYSO_PDF_RANGE_END);
    if (!revision->sound_tail)
        flaw(one, KYSO_PDF_PREFIX);
}

static bool known_sub_filter(const struct kyso_pdf_object *dict)
{
    for (size_t i = 0; i < KYSO_ARRAY_LEN(SUB_FILTERS); i++)
        if (kyso_pdf_is_name(kyso_pdf_get(dict, "SubFilter"), SUB_FILTERS[i]))
            return true;
    return false;
}

static int read_signature(struct kyso_pdf_file *file, struct kyso_pdf_signed *one)
{
    const struct kyso_pdf_object *value = one->field->value;
    uint32_t newest = file->n_revisions - 1;
    const struct kyso_pdf_version *version;
    int r;

    one->revision = newest;
    version = value->type == KYSO_PDF_REFERENCE ? kyso_pdf_find(file, value->number, newest) : NULL;
    if (version == NULL || version->kind != KYSO_PDF_ENTRY_PLAIN) {
        one->number = value->type == KYSO_PDF_REFERENCE ? value->number : 0;
        flaw(one, KYSO_PDF_SIGNATURE_DIRECT);
        return 0;
    }
    one->number = version->number;
    one->revision = version->revision;
    if (version->older != 0 && file->versions[version->older - 1].kind != KYSO_PDF_ENTRY_FREE)
        flaw(one, KYSO_PDF_SIGNATURE_REPLACED);
    r = kyso_pdf_load_version(file, &file->arena, version, &one->dict, NULL);
    if (r == KYSO_OUTCOME_BAD_DOCUMENT) {
        flaw(one, file->problem.rule);
        return 0;
    }
    if (r != 0)
        return r;
    if (one->dict.type != KYSO_PDF_DICT) {
        flaw(one, KYSO_PDF_OBJECT);
        return 0;
    }
    check_places(file, one);
    if (!known_sub_filter(&one->dict))
        flaw(one, KYSO_PDF_SUB_FILTER);
    one->timestamp = kyso_pdf_is_name(kyso_pdf_get(&one->dict, "Type"), "DocTimeStamp") ||
                     kyso_pdf_is_name(kyso_pdf_get(&one->dict, "SubFilter"), "ETSI.RFC3161");
    r = read_transforms(file, one);
    if (r == 0)
        r = check_field_then(file, one);
    return r;
}

static int by_revision(const void *a, const void *b)
{
    const struct kyso_pdf_signed *left = a, *right = b;

    if (left->revision != right->revision)
        return left->revision < right->revision ? -1 : 1;
    return (left->hole_start > right->hole_start) - (left->hole_start < right->hole_start);
}

/* Ranges all begin at 0 and end with their revision, so two of one revision are the only pairs that
 * share bytes without one lying inside the other. */
static void find_overlaps(struct kyso_pdf_signatures *signatures)
{
    for (size_t i = 1; i < signatures->n; i++) {
        struct kyso_pdf_signed *one = &signatures->all[i], *before = one - 1;

        if (one->revision != before->revision && before->range_end <= one->hole_start)
            continue;
        if (one->range_end != 0 && before->range_end != 0) {
            flaw(one, KYSO_PDF_OVERLAP);
            flaw(before, KYSO_PDF_OVERLAP);
        }
    }
}

int kyso_pdf_read_signatures(struct kyso_pdf_file *file, const struct kyso_pdf_form *form,
                             struct kyso_pdf_signatures *ret_signatures)
{
    struct kyso_pdf_signatures signatures = {.n = 0};
    int r = 0;

    if (form->n_signed > 0) {
        signatures.all = kyso_arena_take(&file->arena, form->n_signed * sizeof(*signatures.all));
        if (signatures.all == NULL)
            return kyso_pdf_no_memory(file);
    }
    for (size_t i = 0; r == 0 && i < form->n; i++) {
        if (!form->fields[i].signature || form->fields[i].value == NULL)
            continue;
        signatures.all[signatures.n].field = &form->fields[i];
        r = read_signature(file, &signatures.all[signatures.n++]);
    }
    if (r != 0)
        return r;
    if (signatures.n > 1)
        qsort(signatures.all, signatures.n, sizeof(*signatures.all), by_revision);
    find_overlaps(&signatures);
    *ret_signatures = signatures;
    return 0;
}

bool kyso_pdf_lock_covers(const struct kyso_pdf_lock *lock, const char *name)
{
    bool named = false;

    if (lock->all)
        return true;
    for (size_t i = 0; i < lock->names->n_items; i++) {
        KYSO_FREE char *listed = kyso_pdf_text_string(&lock->names->items[i], 2048);
        size_t length = listed != NULL ? strlen(listed) : 0;

        /* Without memory, or naming a parent: the cautious answer. */
        if (listed == NULL)
            return true;
        named |= strncmp(listed, name, length) == 0 && (name[length] == 0 || name[length] == '.');
    }
    return lock->exclude ? !named : named;
}
