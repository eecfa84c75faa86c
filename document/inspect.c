/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "document/inspect.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/outcome.h"
#include "document/revisions.h"
#include "document/shadow.h"

#define TEXT_MAX 256U
#define SEARCHED_PAGES_MAX 5000U

static void forbid(struct kyso_pdf_findings *findings, const struct kyso_pdf_problem *problem)
{
    if (findings->unsignable.rule == KYSO_PDF_OK)
        findings->unsignable = *problem;
}

/* What certifications say about one more signature. */
static void obey_signatures(struct kyso_pdf_findings *findings)
{
    for (size_t i = 0; i < findings->signatures.n; i++) {
        const struct kyso_pdf_signed *one = &findings->signatures.all[i];
        struct kyso_pdf_problem problem = {KYSO_PDF_DOCMDP, "P 1"};

        if (one->docmdp == 1)
            forbid(findings, &problem);
    }
}

/* What is unsound counts against the signatures that cover it, as a later change against others. */
static void blame_signatures(struct kyso_pdf_findings *findings,
                             const struct kyso_pdf_problem *problem, uint32_t revision)
{
    forbid(findings, problem);
    for (size_t i = 0; i < findings->signatures.n; i++) {
        struct kyso_pdf_signed *one = &findings->signatures.all[i];

        if (revision <= one->revision) {
            if (one->flaw.rule == KYSO_PDF_OK)
                one->flaw = *problem;
        } else if (one->later.rule == KYSO_PDF_OK) {
            one->later = *problem;
        }
    }
}

/* Reads pages, form and signatures. Pages that cannot be read are told in *RET_PAGES when there are
 * signatures to report, for a broken update must not hide what was signed before it. */
static int read_parts(struct kyso_pdf_file *file, struct kyso_pdf_findings *findings,
                      struct kyso_pdf_problem *ret_pages)
{
    uint32_t newest = file->n_revisions - 1;
    int pages = kyso_pdf_read_pages(file, newest, &findings->pages);
    int r;

    if (pages < 0)
        return pages;
    if (pages > 0)
        *ret_pages = file->problem;
    r = kyso_pdf_read_form(file, newest, &findings->form);
    if (r == 0)
        r = kyso_pdf_read_signatures(file, &findings->form, &findings->signatures);
    if (r >= 0 && pages > 0 && (r > 0 || findings->signatures.n == 0)) {
        file->problem = *ret_pages;
        r = pages;
    }
    return r;
}

int kyso_pdf_examine(struct kyso_pdf_file *file, struct kyso_pdf_findings *ret_findings)
{
    struct kyso_pdf_findings findings = {.unsigned_tail = false};
    struct kyso_pdf_problem pages = {.rule = KYSO_PDF_OK};
    uint32_t newest = file->n_revisions - 1;
    struct kyso_pdf_scan scan;
    int r = read_parts(file, &findings, &pages);

    if (r == 0)
        r = kyso_pdf_scan(file, &findings.signatures, &scan);
    if (r != 0)
        return r;
    findings.highest_reference = scan.highest_reference;
    if (scan.problem.rule != KYSO_PDF_OK) {
        blame_signatures(&findings, &scan.problem, scan.revision);
    } else if (findings.signatures.n > 0) {
        r = kyso_pdf_judge_revisions(file, &findings);
        if (r != 0)
            return r;
    }
    if (pages.rule != KYSO_PDF_OK)
        blame_signatures(&findings, &pages, newest);
    if (findings.signatures.n > 0)
        findings.unsigned_tail =
            findings.signatures.all[findings.signatures.n - 1].revision < newest;
    obey_signatures(&findings);
    *ret_findings = findings;
    return 0;
}

static bool page_lists(struct kyso_pdf_file *file, uint32_t page, uint32_t widget)
{
    struct kyso_arena_mark mark = kyso_arena_mark(&file->scratch);
    uint32_t newest = file->n_revisions - 1;
    const struct kyso_pdf_object *annots = NULL;
    struct kyso_pdf_object dict;
    bool found = false;

    if (page != 0 && kyso_pdf_load(file, &file->scratch, page, newest, &dict) == 0 &&
        kyso_pdf_resolve_key(file, &file->scratch, newest, &dict, "Annots", &annots) == 0 &&
        annots != NULL && annots->type == KYSO_PDF_ARRAY)
        for (size_t i = 0; !found && i < annots->n_items; i++)
            found = kyso_pdf_is_reference(&annots->items[i], widget);
    kyso_arena_rewind(&file->scratch, mark);
    return found;
}

uint32_t kyso_pdf_place_field(struct kyso_pdf_file *file, const struct kyso_pdf_pages *pages,
                              const struct kyso_pdf_form_field *field, struct kyso_pdf_box *ret_box)
{
    const struct kyso_pdf_object *p = kyso_pdf_get(field->widget_dict, "P");
    struct kyso_pdf_rect rect;
    uint32_t page = 0;

    *ret_box = (struct kyso_pdf_box){0};
    if (field->widget_dict == NULL)
        return 0;
    if (p != NULL && p->type == KYSO_PDF_REFERENCE)
        page = kyso_pdf_page_of(pages, p->number);
    for (size_t i = 0; page == 0 && field->widget != 0 && i < pages->n && i < SEARCHED_PAGES_MAX;
         i++)
        if (page_lists(file, pages->pages[i].number, field->widget))
            page = (uint32_t)(i + 1);
    if (page != 0 &&
        kyso_pdf_to_rect(file, file->n_revisions - 1, kyso_pdf_get(field->widget_dict, "Rect"),
                         &rect) &&
        rect.x1 > rect.x0 && rect.y1 > rect.y0)
        *ret_box = kyso_pdf_rect_to_box(&pages->pages[page - 1], &rect);
    return page;
}

bool kyso_pdf_field_bound(const struct kyso_pdf_form_field *field)
{
    return kyso_pdf_get(field->dict, "Lock") != NULL || kyso_pdf_get(field->dict, "SV") != NULL ||
           kyso_pdf_get(field->widget_dict, "Lock") != NULL ||
           kyso_pdf_get(field->widget_dict, "SV") != NULL;
}

static char *name_string(const struct kyso_pdf_object *object)
{
    if (object == NULL || object->type != KYSO_PDF_NAME || object->text.length > 64)
        return strdup("");
    for (size_t i = 0; i < object->text.length; i++)
        if (object->text.bytes[i] < 0x21 || object->text.bytes[i] > 0x7e)
            return strdup("");
    return strndup((const char *)object->text.bytes, object->text.length);
}

static char *said(struct kyso_pdf_file *file, const struct kyso_pdf_signed *one, const char *key)
{
    const struct kyso_pdf_object *value;

    if (kyso_pdf_resolve_key(file, &file->arena, one->revision, &one->dict, key, &value) != 0)
        value = NULL;
    return kyso_pdf_text_string(value, TEXT_MAX);
}

static int report_signature(struct kyso_pdf_file *file, const struct kyso_pdf_findings *findings,
                            const struct kyso_pdf_signed *one, struct kyso_pdf_signature *ret)
{
    ret->field = strdup(one->field->name);
    ret->sub_filter = name_string(kyso_pdf_get(&one->dict, "SubFilter"));
    ret->name = said(file, one, "Name");
    ret->reason = said(file, one, "Reason");
    ret->location = said(file, one, "Location");
    ret->time = said(file, one, "M");
    ret->flaw_detail = strdup(one->flaw.detail);
    ret->later_detail = strdup(one->later.detail);
    ret->hole_start = one->hole_start;
    ret->hole_end = one->hole_end;
    ret->range_end = one->range_end;
    ret->revision = one->revision;
    ret->page = kyso_pdf_place_field(file, &findings->pages, one->field, &ret->box);
    ret->timestamp = one->timestamp;
    ret->docmdp = one->docmdp;
    ret->flaw = one->flaw.rule;
    ret->later = one->later.rule;
    if (ret->field == NULL || ret->sub_filter == NULL || ret->name == NULL || ret->reason == NULL ||
        ret->location == NULL || ret->time == NULL || ret->flaw_detail == NULL ||
        ret->later_detail == NULL)
        return -ENOMEM;
    return 0;
}

static int report_fields(struct kyso_pdf_file *file, const struct kyso_pdf_findings *findings,
                         struct kyso_pdf_report *report)
{
    report->fields = calloc(findings->form.n + 1, sizeof(*report->fields));
    if (report->fields == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < findings->form.n && report->n_fields < KYSO_PDF_SIGNATURES_MAX; i++) {
        const struct kyso_pdf_form_field *field = &findings->form.fields[i];
        struct kyso_pdf_field *out = &report->fields[report->n_fields];

        if (!field->signature || field->value != NULL)
            continue;
        report->n_fields++;
        out->name = strdup(field->name);
        if (out->name == NULL)
            return -ENOMEM;
        out->page = kyso_pdf_place_field(file, &findings->pages, field, &out->box);
        out->locked = kyso_pdf_field_bound(field);
        for (size_t j = 0; j < findings->signatures.n; j++)
            out->locked |= findings->signatures.all[j].has_lock &&
                           kyso_pdf_lock_covers(&findings->signatures.all[j].lock, field->name);
    }
    return 0;
}

int kyso_pdf_make_report(struct kyso_pdf_file *file, const struct kyso_pdf_findings *findings,
                         struct kyso_pdf_report *ret_report)
{
    struct kyso_pdf_report report = {
        .pages = (uint32_t)findings->pages.n,
        .revisions = file->n_revisions,
        .unsignable = findings->unsignable.rule,
        .unsigned_tail = findings->unsigned_tail,
    };
    int r;

    report.unsignable_detail = strdup(findings->unsignable.detail);
    report.signatures = calloc(findings->signatures.n + 1, sizeof(*report.signatures));
    r = report.unsignable_detail == NULL || report.signatures == NULL ? -ENOMEM : 0;
    for (size_t i = 0; r == 0 && i < findings->signatures.n; i++) {
        report.n_signatures++;
        r = report_signature(file, findings, &findings->signatures.all[i], &report.signatures[i]);
    }
    if (r == 0)
        r = report_fields(file, findings, &report);
    if (r != 0) {
        kyso_pdf_report_done(&report);
        return r;
    }
    *ret_report = report;
    return 0;
}
