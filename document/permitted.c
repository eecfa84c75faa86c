/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The changes that a signed file may see: new signatures and what goes with them. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/outcome.h"
#include "document/judge.h"

#define CLOSURE_DEPTH_MAX 32U

static int resolve(struct kyso_judge *judge, uint32_t revision,
                   const struct kyso_pdf_object *object, const struct kyso_pdf_object **ret)
{
    *ret = NULL;
    return kyso_pdf_resolve(judge->file, &judge->file->scratch, revision, object, ret);
}

/* The same place in the file before and now. When the object that the new value names is part of
 * the update it is explained, provided that nothing else used what it overwrites. */
static int follow(struct kyso_judge *judge, const struct kyso_pdf_object *old_value,
                  const struct kyso_pdf_object *new_value, const char *key, uint32_t source,
                  enum kyso_pdf_rule rule, const struct kyso_pdf_object **ret_old,
                  const struct kyso_pdf_object **ret_new)
{
    int r = resolve(judge, judge->before, old_value, ret_old);

    if (r == 0)
        r = resolve(judge, judge->now, new_value, ret_new);
    if (r != 0 || new_value == NULL || new_value->type != KYSO_PDF_REFERENCE ||
        kyso_judge_entry(judge, new_value->number) == SIZE_MAX)
        return r;
    if (!kyso_judge_is_new(judge, new_value->number) &&
        (!kyso_pdf_equal(old_value, new_value) ||
         !kyso_judge_only_used(judge, new_value->number, key, source)))
        return kyso_judge_refuse(judge, rule, new_value->number);
    kyso_judge_explain(judge, new_value->number);
    return 0;
}

static bool one_of(const struct kyso_pdf_text *key, const char *const *list)
{
    for (; *list != NULL; list++)
        if (kyso_pdf_text_is(key, *list))
            return true;
    return false;
}

static const struct kyso_pdf_object *value_of(const struct kyso_pdf_object *dict,
                                              const struct kyso_pdf_text *key)
{
    for (size_t i = 0; kyso_pdf_is_dict(dict) && i < dict->n_pairs; i++)
        if (dict->pairs[i].key.length == key->length &&
            memcmp(dict->pairs[i].key.bytes, key->bytes, key->length) == 0)
            return &dict->pairs[i].value;
    return NULL;
}

/* Whether two dictionaries say the same but for the keys FREE. */
static bool same_but(const struct kyso_pdf_object *old, const struct kyso_pdf_object *new,
                     const char *const *free_keys)
{
    if (old->type != KYSO_PDF_DICT || new->type != KYSO_PDF_DICT)
        return false;
    for (size_t i = 0; i < old->n_pairs; i++)
        if (!one_of(&old->pairs[i].key, free_keys) &&
            !kyso_pdf_equal(&old->pairs[i].value, value_of(new, &old->pairs[i].key)))
            return false;
    for (size_t i = 0; i < new->n_pairs; i++)
        if (!one_of(&new->pairs[i].key, free_keys) && value_of(old, &new->pairs[i].key) == NULL)
            return false;
    return true;
}

static bool only_keys(const struct kyso_pdf_object *dict, const char *const *known)
{
    for (size_t i = 0; i < dict->n_pairs; i++)
        if (!one_of(&dict->pairs[i].key, known))
            return false;
    return true;
}

struct closure {
    struct kyso_judge *judge;
    unsigned int depth;
};

/* What an appearance or signature dictionary may never hold. */
static bool is_forbidden(const struct kyso_pdf_object *dict)
{
    static const char *const TYPES[] = {"Catalog", "Pages", "Page", "Annot",       "Action",
                                        "OCG",     "OCMD",  "Sig",  "DocTimeStamp"};

    if (kyso_pdf_get(dict, "AA") != NULL || kyso_pdf_get(dict, "JS") != NULL ||
        kyso_pdf_get(dict, "OC") != NULL)
        return true;
    for (size_t i = 0; i < KYSO_ARRAY_LEN(TYPES); i++)
        if (kyso_pdf_is_name(kyso_pdf_get(dict, "Type"), TYPES[i]))
            return true;
    return kyso_pdf_is_name(kyso_pdf_get(dict, "Subtype"), "PS");
}

static int visit_closure(void *data, const struct kyso_pdf_object *object,
                         const struct kyso_pdf_text *key KYSO_UNUSED,
                         unsigned int depth KYSO_UNUSED)
{
    struct closure *closure = data;
    struct kyso_judge *judge = closure->judge;
    size_t entry;
    int r;

    if (kyso_pdf_is_dict(object) && is_forbidden(object))
        return kyso_judge_refuse(judge, KYSO_PDF_FIELD, 0);
    if (object->type != KYSO_PDF_REFERENCE || !kyso_judge_is_new(judge, object->number))
        return 0;
    entry = kyso_judge_entry(judge, object->number);
    if (judge->explained[entry])
        return 0;
    judge->explained[entry] = true;
    if (closure->depth >= CLOSURE_DEPTH_MAX)
        return kyso_judge_refuse(judge, KYSO_PDF_LIMITS, object->number);
    closure->depth++;
    r = kyso_pdf_visit(&judge->objects[entry], visit_closure, closure);
    closure->depth--;
    return r;
}

/* Explains the new objects that VALUE needs. */
static int explain_closure(struct kyso_judge *judge, const struct kyso_pdf_object *value)
{
    struct closure closure = {judge, 0};

    return value != NULL ? kyso_pdf_visit(value, visit_closure, &closure) : 0;
}

static const struct kyso_pdf_signed *signed_now(const struct kyso_judge *judge, uint32_t field)
{
    for (size_t i = 0; i < judge->findings->signatures.n; i++) {
        const struct kyso_pdf_signed *one = &judge->findings->signatures.all[i];

        if (one->revision == judge->now && one->field->number == field)
            return one;
    }
    return NULL;
}

/* The signature dictionary of a field that is signed in this revision. */
static int check_value(struct kyso_judge *judge, const struct kyso_pdf_signed *one)
{
    static const char *const KNOWN[] = {
        "Type",   "Filter",   "SubFilter",     "Contents",    "ByteRange",  "M",    "Name",
        "Reason", "Location", "Reference",     "ContactInfo", "Prop_Build", "Cert", "Prop_AuthTime",
        "R",      "V",        "Prop_AuthType", "Changes",     NULL,
    };

    if (one->flaw.rule != KYSO_PDF_OK || !kyso_judge_is_new(judge, one->number) ||
        !only_keys(&one->dict, KNOWN))
        return kyso_judge_refuse(judge, KYSO_PDF_FIELD, one->number);
    kyso_judge_explain(judge, one->number);
    for (size_t i = 0; i < one->dict.n_pairs; i++) {
        int r = explain_closure(judge, &one->dict.pairs[i].value);

        if (r != 0)
            return r;
    }
    return 0;
}

/* What earlier signatures say about signing FIELD now. */
static int check_locks(struct kyso_judge *judge, const struct kyso_pdf_signed *one, bool added)
{
    for (size_t i = 0; i < judge->findings->signatures.n; i++) {
        const struct kyso_pdf_signed *other = &judge->findings->signatures.all[i];

        if (other->revision >= judge->now)
            continue;
        if (other->has_lock && kyso_pdf_lock_covers(&other->lock, one->field->name))
            return kyso_judge_refuse(judge, KYSO_PDF_FIELD_LOCK, one->field->number);
        if (other->docmdp == 1 && !one->timestamp)
            return kyso_judge_refuse(judge, KYSO_PDF_DOCMDP, one->field->number);
        if (other->docmdp == 2 && added && kyso_pdf_get(one->field->dict, "AP") != NULL)
            return kyso_judge_refuse(judge, KYSO_PDF_DOCMDP, one->field->number);
    }
    return 0;
}

/* /AP of a field: one normal appearance, a new form of its own. */
static int check_appearance(struct kyso_judge *judge, const struct kyso_pdf_object *widget,
                            uint32_t number)
{
    static const char *const KNOWN[] = {"N", NULL};
    const struct kyso_pdf_object *entry = kyso_pdf_get(widget, "AP");
    const struct kyso_pdf_object *appearance, *normal, *form, *state;
    int r = resolve(judge, judge->now, entry, &appearance);

    state = kyso_pdf_get(widget, "AS");
    if (state != NULL && state->type != KYSO_PDF_NAME)
        return kyso_judge_refuse(judge, KYSO_PDF_FIELD, number);

    if (r != 0 || appearance == NULL)
        return r;
    if (appearance->type != KYSO_PDF_DICT || !only_keys(appearance, KNOWN))
        return kyso_judge_refuse(judge, KYSO_PDF_FIELD, number);
    normal = kyso_pdf_get(appearance, "N");
    if (normal == NULL)
        return 0;
    r = resolve(judge, judge->now, normal, &form);
    if (r != 0)
        return r;
    if (normal->type != KYSO_PDF_REFERENCE || !kyso_judge_is_new(judge, normal->number) ||
        form == NULL || form->type != KYSO_PDF_STREAM ||
        !kyso_pdf_is_name(kyso_pdf_get(form, "Subtype"), "Form"))
        return kyso_judge_refuse(judge, KYSO_PDF_FIELD, number);
    return explain_closure(judge, entry);
}

/* A field's rectangle is small enough for what it is. A document time stamp speaks for nobody and
 * anybody can make one: after a signature it may show nothing. */
static int check_area(struct kyso_judge *judge, const struct kyso_pdf_signed *one,
                      const struct kyso_pdf_object *field, uint32_t number, uint32_t *ret_page)
{
    const struct kyso_pdf_object *rect = kyso_pdf_get(field, "Rect");
    const struct kyso_pdf_object *owner = kyso_pdf_get(field, "P");
    const struct kyso_pdf_pages *pages = &judge->findings->pages;
    struct kyso_pdf_rect box = {0, 0, 0, 0};
    double unit = 1;
    uint32_t page;

    *ret_page = 0;
    if (owner != NULL) {
        page = owner->type == KYSO_PDF_REFERENCE ? kyso_pdf_page_of(pages, owner->number) : 0;
        if (page == 0)
            return kyso_judge_refuse(judge, KYSO_PDF_FIELD, number);
        unit = pages->pages[page - 1].user_unit;
        *ret_page = owner->number;
    } else {
        for (size_t i = 0; i < pages->n; i++)
            unit = pages->pages[i].user_unit > unit ? pages->pages[i].user_unit : unit;
    }
    if (rect != NULL && !kyso_pdf_to_rect(judge->file, judge->now, rect, &box))
        return kyso_judge_refuse(judge, KYSO_PDF_FIELD, number);
    if ((box.x1 - box.x0) * (box.y1 - box.y0) * unit * unit > KYSO_PDF_AREA_MAX ||
        (one->timestamp && box.x1 > box.x0 && box.y1 > box.y0))
        return kyso_judge_refuse(judge, KYSO_PDF_FIELD_AREA, number);
    return 0;
}

static bool unique_name(const struct kyso_judge *judge, const struct kyso_pdf_form_field *field)
{
    size_t n = 0;

    for (size_t i = 0; i < judge->findings->form.n; i++)
        n += strcmp(judge->findings->form.fields[i].name, field->name) == 0;
    return n == 1 && field->name[0] != '\0' && strchr(field->name, '.') == NULL;
}

static int check_new_field(struct kyso_judge *judge, uint32_t number)
{
    static const char *const KNOWN[] = {
        "FT", "T",  "V", "Type", "Subtype", "Rect", "P", "F", "AP",   "DA", "MK",
        "Ff", "TU", "M", "NM",   "Border",  "BS",   "H", "Q", "Lock", "AS", NULL,
    };
    const struct kyso_pdf_signed *one = signed_now(judge, number);
    const struct kyso_pdf_object *field;
    uint32_t page;
    int r;

    if (!kyso_judge_is_new(judge, number))
        return kyso_judge_refuse(judge, KYSO_PDF_FIELD, number);
    field = &judge->objects[kyso_judge_entry(judge, number)];
    if (one == NULL || field->type != KYSO_PDF_DICT || !only_keys(field, KNOWN) ||
        !kyso_pdf_is_name(kyso_pdf_get(field, "FT"), "Sig") ||
        !kyso_pdf_is_reference(kyso_pdf_get(field, "V"), one->number) ||
        !unique_name(judge, one->field))
        return kyso_judge_refuse(judge, KYSO_PDF_FIELD, number);
    kyso_judge_explain(judge, number);
    r = check_value(judge, one);
    if (r == 0)
        r = check_locks(judge, one, true);
    if (r == 0)
        r = check_area(judge, one, field, number, &page);
    if (r == 0)
        r = check_appearance(judge, field, number);
    if (r == 0)
        r = explain_closure(judge, kyso_pdf_get(field, "MK"));
    if (r == 0)
        r = explain_closure(judge, kyso_pdf_get(field, "Lock"));
    if (r != 0)
        return r;
    judge->widgets[judge->n_widgets] = number;
    judge->widget_pages[judge->n_widgets++] = page;
    return 0;
}

/* An empty signature field that was there, or its widget, gaining value and appearance. */
static int check_signed_field(struct kyso_judge *judge, const struct kyso_pdf_object *old,
                              const struct kyso_pdf_object *new, uint32_t number, bool *ret_is_one)
{
    static const char *const GAINS[] = {"V", "AP", "M", NULL};
    static const char *const WIDGET_GAINS[] = {"AP", "M", NULL};
    const struct kyso_pdf_signed *one = signed_now(judge, number);
    const struct kyso_pdf_object *parent = kyso_pdf_get(old, "Parent");
    bool widget = one == NULL && parent != NULL && parent->type == KYSO_PDF_REFERENCE;
    uint32_t page;
    int r;

    if (widget)
        one = signed_now(judge, parent->number);
    *ret_is_one =
        one != NULL && one->field->number != 0 && (!widget || one->field->widget == number);
    if (!*ret_is_one)
        return 0;
    if (kyso_pdf_get(old, "V") != NULL || !same_but(old, new, widget ? WIDGET_GAINS : GAINS))
        return kyso_judge_refuse(judge, KYSO_PDF_OBJECT_CHANGED, number);
    if (!widget && !kyso_pdf_is_reference(kyso_pdf_get(new, "V"), one->number))
        return kyso_judge_refuse(judge, KYSO_PDF_FIELD, number);
    kyso_judge_explain(judge, number);
    r = check_value(judge, one);
    if (r == 0)
        r = check_locks(judge, one, false);
    if (r == 0 && !kyso_pdf_equal(kyso_pdf_get(old, "AP"), kyso_pdf_get(new, "AP"))) {
        r = check_area(judge, one, new, number, &page);
        if (r == 0)
            r = check_appearance(judge, new, number);
    }
    return r;
}

static int check_more_fields(struct kyso_judge *judge, const struct kyso_pdf_object *old,
                             const struct kyso_pdf_object *new)
{
    size_t n_old = old != NULL ? old->n_items : 0;

    if (new == NULL)
        return old == NULL ? 0 : kyso_judge_refuse(judge, KYSO_PDF_ACROFORM_CHANGED, 0);
    if ((old != NULL && old->type != KYSO_PDF_ARRAY) || new->type != KYSO_PDF_ARRAY ||
        new->n_items < n_old)
        return kyso_judge_refuse(judge, KYSO_PDF_ACROFORM_CHANGED, 0);
    for (size_t i = 0; i < n_old; i++)
        if (!kyso_pdf_equal(&old->items[i], &new->items[i]))
            return kyso_judge_refuse(judge, KYSO_PDF_ACROFORM_CHANGED, 0);
    for (size_t i = n_old; i < new->n_items; i++) {
        int r;

        if (new->items[i].type != KYSO_PDF_REFERENCE)
            return kyso_judge_refuse(judge, KYSO_PDF_FIELD, 0);
        for (size_t j = n_old; j < i; j++)
            if (kyso_pdf_equal(&new->items[i], &new->items[j]))
                return kyso_judge_refuse(judge, KYSO_PDF_FIELD, new->items[i].number);
        r = check_new_field(judge, new->items[i].number);
        if (r != 0)
            return r;
    }
    return 0;
}

/* Default resources only grow: every name keeps its meaning, new names have new objects. */
static int check_resources(struct kyso_judge *judge, const struct kyso_pdf_object *old_value,
                           const struct kyso_pdf_object *new_value)
{
    const struct kyso_pdf_object *old, *new;
    int r = follow(judge, old_value, new_value, "DR", KYSO_JUDGE_ANY, KYSO_PDF_ACROFORM_CHANGED,
                   &old, &new);

    if (r != 0 || (old == NULL && new == NULL))
        return r;
    if (new == NULL || new->type != KYSO_PDF_DICT || (old != NULL && old->type != KYSO_PDF_DICT))
        return kyso_judge_refuse(judge, KYSO_PDF_ACROFORM_CHANGED, 0);
    for (size_t i = 0; r == 0 && old != NULL && i < old->n_pairs; i++)
        if (value_of(new, &old->pairs[i].key) == NULL)
            return kyso_judge_refuse(judge, KYSO_PDF_ACROFORM_CHANGED, 0);
    for (size_t i = 0; r == 0 && i < new->n_pairs; i++) {
        const struct kyso_pdf_object *was, *is, *old_entry = value_of(old, &new->pairs[i].key);
        KYSO_FREE char *key =
            strndup((const char *)new->pairs[i].key.bytes, new->pairs[i].key.length);

        if (key == NULL)
            return -ENOMEM;
        if (kyso_pdf_equal(old_entry, &new->pairs[i].value) &&
            new->pairs[i].value.type != KYSO_PDF_REFERENCE)
            continue;
        r = follow(judge, old_entry, &new->pairs[i].value, key, KYSO_JUDGE_ANY,
                   KYSO_PDF_ACROFORM_CHANGED, &was, &is);
        for (size_t j = 0; r == 0 && kyso_pdf_is_dict(was) && j < was->n_pairs; j++)
            if (!kyso_pdf_equal(&was->pairs[j].value, value_of(is, &was->pairs[j].key)))
                return kyso_judge_refuse(judge, KYSO_PDF_ACROFORM_CHANGED, 0);
        if (r == 0)
            r = explain_closure(judge, is);
    }
    return r;
}

static int check_sig_flags(struct kyso_judge *judge, const struct kyso_pdf_object *old,
                           const struct kyso_pdf_object *new)
{
    int64_t before = 0, now = 0;

    if ((old != NULL && !kyso_pdf_to_integer(old, 0, 3, &before)) ||
        (new != NULL && !kyso_pdf_to_integer(new, 0, 3, &now)) || (before & ~now) != 0)
        return kyso_judge_refuse(judge, KYSO_PDF_ACROFORM_CHANGED, 0);
    return 0;
}

static int check_acroform(struct kyso_judge *judge, const struct kyso_pdf_object *old_catalog,
                          const struct kyso_pdf_object *new_catalog)
{
    static const char *const OURS[] = {"Fields", "SigFlags", "DR", "DA", "NeedAppearances", NULL};
    static const struct kyso_pdf_object NONE = {.type = KYSO_PDF_DICT};
    const struct kyso_pdf_object *old, *new, *entry = kyso_pdf_get(new_catalog, "AcroForm");
    const struct kyso_pdf_object *was, *is, *need;
    uint32_t source =
        entry != NULL && entry->type == KYSO_PDF_REFERENCE ? entry->number : judge->root;
    int r = follow(judge, kyso_pdf_get(old_catalog, "AcroForm"), entry, "AcroForm", judge->root,
                   KYSO_PDF_ACROFORM_CHANGED, &old, &new);

    if (r != 0 || (old == NULL && new == NULL))
        return r;
    if (old == NULL)
        old = &NONE;
    if (new == NULL || !same_but(old, new, OURS))
        return kyso_judge_refuse(judge, KYSO_PDF_ACROFORM_CHANGED, source);
    need = kyso_pdf_get(new, "NeedAppearances");
    if (!kyso_pdf_equal(kyso_pdf_get(old, "NeedAppearances"), need) &&
        (need == NULL || need->type != KYSO_PDF_BOOLEAN || need->boolean))
        return kyso_judge_refuse(judge, KYSO_PDF_ACROFORM_CHANGED, source);
    if (kyso_pdf_get(old, "DA") != NULL &&
        !kyso_pdf_equal(kyso_pdf_get(old, "DA"), kyso_pdf_get(new, "DA")))
        return kyso_judge_refuse(judge, KYSO_PDF_ACROFORM_CHANGED, source);
    r = check_sig_flags(judge, kyso_pdf_get(old, "SigFlags"), kyso_pdf_get(new, "SigFlags"));
    if (r == 0)
        r = follow(judge, kyso_pdf_get(old, "Fields"), kyso_pdf_get(new, "Fields"), "Fields",
                   source, KYSO_PDF_ACROFORM_CHANGED, &was, &is);
    if (r == 0)
        r = check_more_fields(judge, was, is);
    if (r == 0)
        r = check_resources(judge, kyso_pdf_get(old, "DR"), kyso_pdf_get(new, "DR"));
    return r;
}

/* A list of certificates or revocation data: what was there stays, new streams may follow. */
static int check_list(struct kyso_judge *judge, const struct kyso_pdf_object *old_dict,
                      const struct kyso_pdf_object *new_dict, const char *key)
{
    static const char *const PLAIN[] = {"Length", "Filter", "DecodeParms", "Type", NULL};
    const struct kyso_pdf_object *old, *new;
    int r = follow(judge, kyso_pdf_get(old_dict, key), kyso_pdf_get(new_dict, key), key,
                   KYSO_JUDGE_ANY, KYSO_PDF_CATALOG_CHANGED, &old, &new);
    size_t kept = 0;

    if (r != 0 || (old == NULL && new == NULL))
        return r;
    if (new == NULL || new->type != KYSO_PDF_ARRAY || (old != NULL && old->type != KYSO_PDF_ARRAY))
        return kyso_judge_refuse(judge, KYSO_PDF_CATALOG_CHANGED, judge->root);
    for (size_t i = 0; i < new->n_items; i++) {
        const struct kyso_pdf_object *item = &new->items[i];
        size_t entry;

        if (old != NULL && kept < old->n_items && kyso_pdf_equal(&old->items[kept], item)) {
            kept++;
            continue;
        }
        if (item->type != KYSO_PDF_REFERENCE)
            return kyso_judge_refuse(judge, KYSO_PDF_CATALOG_CHANGED, judge->root);
        if (!kyso_judge_is_new(judge, item->number))
            continue;
        entry = kyso_judge_entry(judge, item->number);
        if (judge->objects[entry].type != KYSO_PDF_STREAM ||
            !only_keys(&judge->objects[entry], PLAIN))
            return kyso_judge_refuse(judge, KYSO_PDF_CATALOG_CHANGED, item->number);
        kyso_judge_explain(judge, item->number);
    }
    if (old != NULL && kept < old->n_items)
        return kyso_judge_refuse(judge, KYSO_PDF_CATALOG_CHANGED, judge->root);
    return 0;
}

static int check_vri(struct kyso_judge *judge, const struct kyso_pdf_object *old_dss,
                     const struct kyso_pdf_object *new_dss)
{
    static const char *const KNOWN[] = {"Type", "Cert", "CRL", "OCSP", "TU", "TS", NULL};
    static const char *const LISTS[] = {"Cert", "CRL", "OCSP"};
    const struct kyso_pdf_object *old, *new;
    int r = follow(judge, kyso_pdf_get(old_dss, "VRI"), kyso_pdf_get(new_dss, "VRI"), "VRI",
                   KYSO_JUDGE_ANY, KYSO_PDF_CATALOG_CHANGED, &old, &new);

    if (r != 0 || (old == NULL && new == NULL))
        return r;
    if (new == NULL || new->type != KYSO_PDF_DICT)
        return kyso_judge_refuse(judge, KYSO_PDF_CATALOG_CHANGED, judge->root);
    for (size_t i = 0; kyso_pdf_is_dict(old) && i < old->n_pairs; i++)
        if (value_of(new, &old->pairs[i].key) == NULL)
            return kyso_judge_refuse(judge, KYSO_PDF_CATALOG_CHANGED, judge->root);
    for (size_t i = 0; r == 0 && i < new->n_pairs; i++) {
        KYSO_FREE char *key =
            strndup((const char *)new->pairs[i].key.bytes, new->pairs[i].key.length);
        const struct kyso_pdf_object *was, *is;

        if (key == NULL)
            return -ENOMEM;
        r = follow(judge, value_of(old, &new->pairs[i].key), &new->pairs[i].value, key,
                   KYSO_JUDGE_ANY, KYSO_PDF_CATALOG_CHANGED, &was, &is);
        if (r == 0 && (is == NULL || is->type != KYSO_PDF_DICT || !only_keys(is, KNOWN)))
            return kyso_judge_refuse(judge, KYSO_PDF_CATALOG_CHANGED, judge->root);
        for (size_t j = 0; r == 0 && j < KYSO_ARRAY_LEN(LISTS); j++)
            r = check_list(judge, was, is, LISTS[j]);
        if (r == 0)
            r = explain_closure(judge, kyso_pdf_get(is, "TS"));
    }
    return r;
}

static int check_dss(struct kyso_judge *judge, const struct kyso_pdf_object *old_catalog,
                     const struct kyso_pdf_object *new_catalog)
{
    static const char *const KNOWN[] = {"Type", "VRI", "Certs", "OCSPs", "CRLs", NULL};
    static const char *const LISTS[] = {"Certs", "OCSPs", "CRLs"};
    const struct kyso_pdf_object *old, *new;
    int r = follow(judge, kyso_pdf_get(old_catalog, "DSS"), kyso_pdf_get(new_catalog, "DSS"), "DSS",
                   judge->root, KYSO_PDF_CATALOG_CHANGED, &old, &new);

    if (r != 0 || (old == NULL && new == NULL))
        return r;
    if (new == NULL || new->type != KYSO_PDF_DICT || !only_keys(new, KNOWN))
        return kyso_judge_refuse(judge, KYSO_PDF_CATALOG_CHANGED, judge->root);
    for (size_t i = 0; r == 0 && i < KYSO_ARRAY_LEN(LISTS); i++)
        r = check_list(judge, old, new, LISTS[i]);
    return r == 0 ? check_vri(judge, old, new) : r;
}

static bool is_xml(struct kyso_judge *judge, uint32_t revision,
                   const struct kyso_pdf_object *stream)
{
    const uint8_t *bytes;
    size_t length;

    if (stream == NULL || stream->type != KYSO_PDF_STREAM ||
        !kyso_pdf_is_name(kyso_pdf_get(stream, "Subtype"), "XML") ||
        kyso_pdf_decode(judge->file, &judge->file->scratch, revision, stream, &bytes, &length) != 0)
        return false;
    for (size_t i = 0; i < length; i++)
        if (!kyso_lexer_is_blank(bytes[i]) && bytes[i] != 0xef && bytes[i] != 0xbb &&
            bytes[i] != 0xbf)
            return bytes[i] == '<';
    return false;
}

static int check_metadata(struct kyso_judge *judge, const struct kyso_pdf_object *old_catalog,
                          const struct kyso_pdf_object *new_catalog)
{
    const struct kyso_pdf_object *old_value = kyso_pdf_get(old_catalog, "Metadata");
    const struct kyso_pdf_object *new_value = kyso_pdf_get(new_catalog, "Metadata");
    const struct kyso_pdf_object *old, *new;
    int r;

    if (new_value == NULL && old_value == NULL)
        return 0;
    if (new_value != NULL && new_value->type == KYSO_PDF_REFERENCE &&
        kyso_pdf_equal(old_value, new_value) &&
        kyso_judge_entry(judge, new_value->number) == SIZE_MAX)
        return 0;
    r = follow(judge, old_value, new_value, "Metadata", judge->root, KYSO_PDF_STREAM_CHANGED, &old,
               &new);
    if (r != 0)
        return r;
    if (!is_xml(judge, judge->now, new) || (old != NULL && !is_xml(judge, judge->before, old)))
        return kyso_judge_refuse(judge, KYSO_PDF_STREAM_CHANGED, judge->root);
    return 0;
}

static int check_catalog(struct kyso_judge *judge)
{
    static const char *const FREE_KEYS[] = {
        "AcroForm", "DSS", "Extensions", "Metadata", "Version", NULL,
    };
    const struct kyso_pdf_object *old, *new, *version;
    struct kyso_arena *arena = &judge->file->scratch;
    int r = kyso_pdf_catalog(judge->file, arena, judge->before, &old);

    if (r == 0)
        r = kyso_pdf_catalog(judge->file, arena, judge->now, &new);
    if (r != 0)
        return r;
    if (kyso_judge_entry(judge, judge->root) != SIZE_MAX) {
        version = kyso_pdf_get(new, "Version");
        if (!same_but(old, new, FREE_KEYS) ||
            !kyso_judge_only_used(judge, judge->root, "Root", 0) ||
            (version != NULL && version->type != KYSO_PDF_NAME))
            return kyso_judge_refuse(judge, KYSO_PDF_CATALOG_CHANGED, judge->root);
        kyso_judge_explain(judge, judge->root);
        r = explain_closure(judge, kyso_pdf_get(new, "Extensions"));
    }
    if (r == 0)
        r = check_acroform(judge, old, new);
    if (r == 0)
        r = check_dss(judge, old, new);
    if (r == 0)
        r = check_metadata(judge, old, new);
    return r;
}

static int check_info(struct kyso_judge *judge)
{
    const struct kyso_pdf_object *value = kyso_pdf_get(&judge->section->trailer, "Info");
    const struct kyso_pdf_object *old_value =
        kyso_pdf_get(&kyso_pdf_section(judge->file, judge->before)->trailer, "Info");
    const struct kyso_pdf_object *old, *new;
    int r;

    if (value == NULL || value->type != KYSO_PDF_REFERENCE ||
        kyso_judge_entry(judge, value->number) == SIZE_MAX)
        return 0;
    r = follow(judge, old_value, value, "Info", 0, KYSO_PDF_INFO_CHANGED, &old, &new);
    if (r != 0)
        return r;
    if (new == NULL || new->type != KYSO_PDF_DICT)
        return kyso_judge_refuse(judge, KYSO_PDF_INFO_CHANGED, value->number);
    for (size_t i = 0; i < new->n_pairs; i++)
        if (new->pairs[i].value.type == KYSO_PDF_REFERENCE ||
            new->pairs[i].value.type == KYSO_PDF_ARRAY || kyso_pdf_is_dict(&new->pairs[i].value))
            return kyso_judge_refuse(judge, KYSO_PDF_INFO_CHANGED, value->number);
    return 0;
}

/* A page's list of annotations gains new signatures' widgets, each on its own page and once. */
static int check_more_annots(struct kyso_judge *judge, const struct kyso_pdf_object *old,
                             const struct kyso_pdf_object *new, uint32_t page)
{
    size_t n_old = old != NULL ? old->n_items : 0;

    if (new == NULL && old == NULL)
        return 0;
    if (new == NULL || new->type != KYSO_PDF_ARRAY ||
        (old != NULL && old->type != KYSO_PDF_ARRAY) || new->n_items < n_old)
        return kyso_judge_refuse(judge, KYSO_PDF_PAGE_CHANGED, page);
    for (size_t i = 0; i < n_old; i++)
        if (!kyso_pdf_equal(&old->items[i], &new->items[i]))
            return kyso_judge_refuse(judge, KYSO_PDF_PAGE_CHANGED, page);
    for (size_t i = n_old; i < new->n_items; i++) {
        size_t widget = 0;

        while (widget < judge->n_widgets &&
               !kyso_pdf_is_reference(&new->items[i], judge->widgets[widget]))
            widget++;
        if (widget == judge->n_widgets || judge->shown[widget] ||
            (judge->widget_pages[widget] != 0 && judge->widget_pages[widget] != page))
            return kyso_judge_refuse(judge, KYSO_PDF_ANNOTATION_ADDED, page);
        judge->shown[widget] = true;
    }
    return 0;
}

static int check_page(struct kyso_judge *judge, const struct kyso_pdf_object *old,
                      const struct kyso_pdf_object *new, uint32_t number)
{
    static const char *const ANNOTS[] = {"Annots", NULL};
    const struct kyso_pdf_object *was, *is;
    int r;

    if (!same_but(old, new, ANNOTS))
        return kyso_judge_refuse(judge, KYSO_PDF_PAGE_CHANGED, number);
    kyso_judge_explain(judge, number);
    r = follow(judge, kyso_pdf_get(old, "Annots"), kyso_pdf_get(new, "Annots"), "Annots", number,
               KYSO_PDF_PAGE_CHANGED, &was, &is);
    return r == 0 ? check_more_annots(judge, was, is, number) : r;
}

/* An array that is one page's list of annotations and nothing else. */
static int check_annots_array(struct kyso_judge *judge, const struct kyso_pdf_object *old,
                              const struct kyso_pdf_object *new, uint32_t number)
{
    uint32_t page = kyso_judge_sole_user(judge, number, "Annots");

    if (page == 0 || kyso_pdf_page_of(&judge->findings->pages, page) == 0)
        return 0;
    kyso_judge_explain(judge, number);
    return check_more_annots(judge, old, new, page);
}

static int check_overwritten(struct kyso_judge *judge, size_t entry)
{
    const struct kyso_pdf_version *version = &judge->file->versions[judge->section->first + entry];
    const struct kyso_pdf_object *new = &judge->objects[entry];
    struct kyso_pdf_object old;
    bool is_field = false;
    int r = kyso_pdf_load(judge->file, &judge->file->scratch, version->number, judge->before, &old);

    if (r != 0)
        return r;
    if (kyso_pdf_is_name(kyso_pdf_get(&old, "Type"), "Page") &&
        kyso_pdf_page_of(&judge->findings->pages, version->number) != 0)
        return check_page(judge, &old, new, version->number);
    if (old.type == KYSO_PDF_ARRAY && new->type == KYSO_PDF_ARRAY)
        return check_annots_array(judge, &old, new, version->number);
    if (old.type == KYSO_PDF_DICT && new->type == KYSO_PDF_DICT)
        r = check_signed_field(judge, &old, new, version->number, &is_field);
    return r;
}

int kyso_judge_permit(struct kyso_judge *judge)
{
    int r = check_catalog(judge);

    if (r == 0)
        r = check_info(judge);
    for (size_t i = 0; r == 0 && i < judge->section->n; i++)
        if (!judge->explained[i] &&
            !kyso_judge_is_new(judge, judge->file->versions[judge->section->first + i].number))
            r = check_overwritten(judge, i);
    return r;
}
