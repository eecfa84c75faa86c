/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "document/prepare.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/outcome.h"
#include "document/import.h"
#include "document/pdf-write.h"

#define RANGE_WIDTH 62U /* three numbers of 20 digits and what parts them */

struct task {
    struct kyso_pdf_file *file;
    const struct kyso_pdf_findings *findings;
    const struct kyso_pdf_request *request;
    struct kyso_pdf_file *appearance;
    const struct kyso_pdf_form_field *field; /* existing, or null */
    const struct kyso_pdf_page *page;
    struct kyso_pdf_rect rect;
    struct kyso_pdf_writer writer;
    char name[64];
    uint32_t signature, widget, form;      /* object numbers */
    size_t range_at, hole_at, hole_length; /* in the update */
};

static uint32_t newest(const struct task *task)
{
    return task->file->n_revisions - 1;
}

static uint16_t generation_of(const struct task *task, uint32_t number)
{
    const struct kyso_pdf_version *version = kyso_pdf_find(task->file, number, newest(task));

    return version != NULL ? version->generation : 0;
}

static int check_locks(struct task *task, const char *name)
{
    for (size_t i = 0; i < task->findings->signatures.n; i++) {
        const struct kyso_pdf_signed *one = &task->findings->signatures.all[i];

        if (one->has_lock && kyso_pdf_lock_covers(&one->lock, name))
            return kyso_pdf_fail(task->file, KYSO_PDF_FIELD_LOCK, "%.64s", name);
        if (one->docmdp == 2 && task->field == NULL && task->request->visible)
            return kyso_pdf_fail(task->file, KYSO_PDF_DOCMDP, "P 2");
    }
    return 0;
}

/* After a signature no box may be larger than what a later reader of ours would accept. */
static int check_area(struct task *task, const struct kyso_pdf_box *box)
{
    if (task->findings->signatures.n > 0 && box->width * box->height > KYSO_PDF_AREA_MAX)
        return kyso_pdf_fail(task->file, KYSO_PDF_FIELD_AREA, "%.0f x %.0f points", box->width,
                             box->height);
    return 0;
}

static int choose_existing(struct task *task)
{
    const struct kyso_pdf_form *form = &task->findings->form;
    struct kyso_pdf_box box;
    uint32_t page;

    task->field = kyso_pdf_form_find(form, task->request->field);
    if (task->field == NULL || !task->field->signature || task->field->value != NULL)
        return kyso_pdf_fail(task->file, KYSO_PDF_NO_SUCH_FIELD, "%.64s", task->request->field);
    if (task->field->number == 0 || (task->request->visible && task->field->widget == 0))
        return kyso_pdf_fail(task->file, KYSO_PDF_DIRECT_OBJECT, "%.64s", task->request->field);
    if (kyso_pdf_field_bound(task->field))
        return kyso_pdf_fail(task->file, KYSO_PDF_FIELD_LOCK, "%.64s", task->request->field);
    page = kyso_pdf_place_field(task->file, &task->findings->pages, task->field, &box);
    task->page = &task->findings->pages.pages[page > 0 ? page - 1 : 0];
    if (task->request->visible && (page == 0 || !(box.width > 0 && box.height > 0)))
        return kyso_pdf_fail(task->file, KYSO_PDF_BOX, "%.64s", task->request->field);
    if (task->request->visible && check_area(task, &box) != 0)
        return KYSO_OUTCOME_BAD_DOCUMENT;
    return check_locks(task, task->field->name);
}

static int choose_new(struct task *task)
{
    const struct kyso_pdf_pages *pages = &task->findings->pages;
    uint32_t number = task->request->visible ? task->request->page : 1;
    size_t n = 1;

    if (number < 1 || number > pages->n)
        return kyso_pdf_fail(task->file, KYSO_PDF_PAGE_NUMBER, "page %u", number);
    task->page = &pages->pages[number - 1];
    if (task->page->number == 0)
        return kyso_pdf_fail(task->file, KYSO_PDF_DIRECT_OBJECT, "page %u", number);
    if (task->request->visible &&
        !kyso_pdf_box_to_rect(task->page, &task->request->box, &task->rect))
        return kyso_pdf_fail(task->file, KYSO_PDF_BOX, "page %u", number);
    if (task->request->visible && check_area(task, &task->request->box) != 0)
        return KYSO_OUTCOME_BAD_DOCUMENT;
    do {
        (void)snprintf(task->name, sizeof(task->name), "KysoSignature%zu", n++);
    } while (kyso_pdf_form_find(&task->findings->form, task->name) != NULL);
    return check_locks(task, task->name);
}

static int choose(struct task *task)
{
    const struct kyso_pdf_problem *why = &task->findings->unsignable;

    if (why->rule != KYSO_PDF_OK)
        return kyso_pdf_fail(task->file, why->rule, "%s", why->detail);
    if (task->findings->signatures.n >= KYSO_PDF_SIGNATURES_MAX)
        return kyso_pdf_fail(task->file, KYSO_PDF_LIMITS, "signatures");
    if (task->request->visible && task->appearance == NULL)
        return kyso_pdf_fail(task->file, KYSO_PDF_APPEARANCE, "none");
    return task->request->field != NULL ? choose_existing(task) : choose_new(task);
}

static void put_optional_text(struct kyso_buf *buf, const char *key, const char *text)
{
    if (text == NULL || *text == '\0')
        return;
    kyso_buf_printf(buf, "\n/%s ", key);
    kyso_pdf_put_text_string(buf, text);
}

static int put_signature(struct task *task)
{
    struct kyso_buf *buf = &task->writer.buf;
    time_t seconds = (time_t)task->request->time;
    struct tm day;
    uint8_t *zeros;

    if (gmtime_r(&seconds, &day) == NULL || day.tm_year < 0 || day.tm_year > 8099)
        return -EINVAL;
    task->hole_length = (size_t)task->request->contents * 2 + 2;
    if (task->request->contents == 0 || task->hole_length > KYSO_PDF_CONTENTS_MAX)
        return kyso_pdf_fail(task->file, KYSO_PDF_LIMITS, "contents");
    kyso_pdf_begin(&task->writer, task->signature, 0);
    kyso_buf_printf(buf, "<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached\n"
                         "/ByteRange [0 ");
    task->range_at = buf->length;
    kyso_buf_printf(buf, "%*s]\n/Contents ", (int)RANGE_WIDTH, "");
    task->hole_at = buf->length;
    zeros = kyso_buf_reserve(buf, task->hole_length);
    if (zeros != NULL) {
        memset(zeros, '0', task->hole_length);
        zeros[0] = '<';
        zeros[task->hole_length - 1] = '>';
        buf->length += task->hole_length;
    }
    kyso_buf_printf(buf, "\n/M (D:%04d%02d%02d%02d%02d%02dZ)", day.tm_year + 1900, day.tm_mon + 1,
                    day.tm_mday, day.tm_hour, day.tm_min, day.tm_sec);
    put_optional_text(buf, "Name", task->request->name);
    put_optional_text(buf, "Reason", task->request->reason);
    put_optional_text(buf, "Location", task->request->location);
    kyso_buf_printf(buf, " >>");
    kyso_pdf_end(&task->writer);
    return 0;
}

static int put_existing_field(struct task *task)
{
    static const char *const V[] = {"V", NULL};
    static const char *const AP[] = {"AP", "AS", NULL};
    static const char *const BOTH[] = {"V", "AP", "AS", NULL};
    const struct kyso_pdf_form_field *field = task->field;
    bool merged = field->widget == field->number;
    struct kyso_buf *buf = &task->writer.buf;

    kyso_pdf_begin(&task->writer, field->number, generation_of(task, field->number));
    kyso_pdf_put_dict_without(&task->writer, field->dict,
                              merged && task->request->visible ? BOTH : V);
    kyso_buf_printf(buf, " /V %u 0 R", task->signature);
    if (merged && task->request->visible)
        kyso_buf_printf(buf, " /AP << /N %u 0 R >>", task->form);
    kyso_buf_printf(buf, " >>");
    kyso_pdf_end(&task->writer);
    if (merged || !task->request->visible)
        return 0;
    kyso_pdf_begin(&task->writer, field->widget, generation_of(task, field->widget));
    kyso_pdf_put_dict_without(&task->writer, field->widget_dict, AP);
    kyso_buf_printf(buf, " /AP << /N %u 0 R >> >>", task->form);
    kyso_pdf_end(&task->writer);
    return 0;
}

static void put_new_field(struct task *task)
{
    struct kyso_buf *buf = &task->writer.buf;

    kyso_pdf_begin(&task->writer, task->widget, 0);
    kyso_buf_printf(buf, "<< /FT /Sig /T (%s) /V %u 0 R /Type /Annot /Subtype /Widget /F 132\n",
                    task->name, task->signature);
    if (task->request->visible)
        kyso_buf_printf(buf, "/Rect [%.4f %.4f %.4f %.4f] /AP << /N %u 0 R >>", task->rect.x0,
                        task->rect.y0, task->rect.x1, task->rect.y1, task->form);
    else
        kyso_buf_printf(buf, "/Rect [0 0 0 0]");
    kyso_buf_printf(buf, " /P %u %u R >>", task->page->number,
                    (unsigned int)generation_of(task, task->page->number));
    kyso_pdf_end(&task->writer);
}

/* "[" the items of LIST as written, the new widget "]" */
static int put_longer_array(struct task *task, const struct kyso_pdf_object *owner, const char *key)
{
    struct kyso_buf *buf = &task->writer.buf;
    const struct kyso_pdf_object *list;
    int r = kyso_pdf_resolve_key(task->file, &task->file->arena, newest(task), owner, key, &list);

    if (r != 0)
        return r;
    if (list != NULL && list->type != KYSO_PDF_ARRAY)
        return kyso_pdf_fail(task->file, KYSO_PDF_OBJECT, "%s", key);
    kyso_buf_printf(buf, " /%s [", key);
    for (size_t i = 0; list != NULL && i < list->n_items; i++) {
        kyso_buf_put(buf, list->items[i].raw, list->items[i].raw_length);
        kyso_buf_put(buf, " ", 1);
    }
    kyso_buf_printf(buf, "%u 0 R]", task->widget);
    return 0;
}

/* The page gets an array of its own: one shared with other pages would show the seal on all. */
static int put_page(struct task *task)
{
    static const char *const ANNOTS[] = {"Annots", NULL};
    struct kyso_pdf_object page;
    int r = kyso_pdf_load(task->file, &task->file->arena, task->page->number, newest(task), &page);

    if (r != 0)
        return r;
    kyso_pdf_begin(&task->writer, task->page->number, generation_of(task, task->page->number));
    kyso_pdf_put_dict_without(&task->writer, &page, ANNOTS);
    r = put_longer_array(task, &page, "Annots");
    kyso_buf_printf(&task->writer.buf, " >>");
    kyso_pdf_end(&task->writer);
    return r;
}

static int put_acroform_entries(struct task *task)
{
    const struct kyso_pdf_object *old = task->findings->form.acroform;
    const struct kyso_pdf_object none = {.type = KYSO_PDF_DICT};
    const char *left_out[4] = {"SigFlags"};
    size_t n = 1;
    int r = 0;

    if (old == NULL)
        old = &none;
    if (task->field == NULL)
        left_out[n++] = "Fields";
    if (task->findings->signatures.n == 0) /* later it would be a change of what was signed */
        left_out[n++] = "NeedAppearances";
    kyso_pdf_put_dict_without(&task->writer, old, left_out);
    if (task->field == NULL)
        r = put_longer_array(task, old, "Fields");
    kyso_buf_printf(&task->writer.buf, " /SigFlags 3 >>");
    return r;
}

static int put_catalog(struct task *task, uint32_t acroform)
{
    static const char *const ACROFORM[] = {"AcroForm", NULL};
    const struct kyso_pdf_object *root =
        kyso_pdf_get(&kyso_pdf_section(task->file, newest(task))->trailer, "Root");
    const struct kyso_pdf_object *catalog;
    int r = kyso_pdf_catalog(task->file, &task->file->arena, newest(task), &catalog);

    if (r != 0)
        return r;
    kyso_pdf_begin(&task->writer, root->number, generation_of(task, root->number));
    kyso_pdf_put_dict_without(&task->writer, catalog, ACROFORM);
    kyso_buf_printf(&task->writer.buf, " /AcroForm ");
    if (acroform != 0)
        kyso_buf_printf(&task->writer.buf, "%u 0 R", acroform);
    else
        r = put_acroform_entries(task);
    kyso_buf_printf(&task->writer.buf, " >>");
    kyso_pdf_end(&task->writer);
    return r;
}

static int put_acroform(struct task *task)
{
    const struct kyso_pdf_form *form = &task->findings->form;
    uint32_t number = form->number;
    int64_t flags;
    int r = 0;

    if (task->field != NULL &&
        kyso_pdf_to_integer(kyso_pdf_get(form->acroform, "SigFlags"), 3, 3, &flags))
        return 0;
    if (form->acroform == NULL)
        number = kyso_pdf_writer_number(&task->writer);
    if (number != 0) {
        kyso_pdf_begin(&task->writer, number, generation_of(task, number));
        r = put_acroform_entries(task);
        kyso_pdf_end(&task->writer);
    }
    if (r == 0 && (number == 0 || form->acroform == NULL))
        r = put_catalog(task, number);
    return r;
}

static int put_all(struct task *task)
{
    int r;

    task->signature = kyso_pdf_writer_number(&task->writer);
    task->widget =
        task->field != NULL ? task->field->widget : kyso_pdf_writer_number(&task->writer);
    r = put_signature(task);
    if (r == 0 && task->request->visible)
        r = kyso_pdf_import(&task->writer, task->appearance, task->page->rotate, &task->form);
    if (r != 0)
        return r;
    if (task->field != NULL) {
        r = put_existing_field(task);
    } else {
        put_new_field(task);
        r = put_page(task);
    }
    if (r == 0)
        r = put_acroform(task);
    if (r == 0)
        r = kyso_pdf_finish(&task->writer);
    return r;
}

/* The values of /ByteRange are known only now; the room left for them is filled with blanks. */
static int fill_range(struct task *task, struct kyso_pdf_made *made)
{
    uint64_t size = task->file->size;
    char text[RANGE_WIDTH + 1];
    int n;

    made->hole_start = size + task->hole_at;
    made->hole_end = made->hole_start + task->hole_length;
    made->range_end = size + task->writer.buf.length;
    n = snprintf(text, sizeof(text), "%llu %llu %llu", (unsigned long long)made->hole_start,
                 (unsigned long long)made->hole_end,
                 (unsigned long long)(made->range_end - made->hole_end));
    if (n < 0 || (size_t)n >= sizeof(text))
        return -EOVERFLOW;
    memcpy(task->writer.buf.bytes + task->range_at, text, (size_t)n);
    return 0;
}

int kyso_pdf_make_update(struct kyso_pdf_file *file, const struct kyso_pdf_findings *findings,
                         const struct kyso_pdf_request *request, struct kyso_pdf_file *appearance,
                         struct kyso_pdf_made *ret_made)
{
    struct task task = {
        .file = file,
        .findings = findings,
        .request = request,
        .appearance = appearance,
    };
    uint32_t next = file->highest > findings->highest_reference ? file->highest
                                                                : findings->highest_reference + 1;
    struct kyso_pdf_made made = {.field = NULL};
    int r = choose(&task);

    if (r != 0)
        return r;
    if (findings->highest_reference >= KYSO_PDF_OBJECTS_MAX)
        return kyso_pdf_fail(file, KYSO_PDF_LIMITS, "reference to %u", findings->highest_reference);
    kyso_pdf_writer_init(&task.writer, file, next);
    r = put_all(&task);
    if (r == 0)
        r = fill_range(&task, &made);
    if (r == 0) {
        made.field = strdup(task.field != NULL ? task.field->name : task.name);
        r = made.field != NULL ? 0 : -ENOMEM;
    }
    if (r == 0) {
        made.bytes = task.writer.buf;
        memset(&task.writer.buf, 0, sizeof(task.writer.buf));
        *ret_made = made;
    }
    kyso_pdf_writer_done(&task.writer);
    return r;
}

void kyso_pdf_made_done(struct kyso_pdf_made *made)
{
    kyso_buf_done(&made->bytes);
    free(made->field);
    made->field = NULL;
}
