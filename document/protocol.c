/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "document/protocol.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void put_double(struct kyso_buf *buf, double value)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof(bits));
    kyso_buf_put_u64(buf, bits);
}

/* Anything that is not a plain number of points is refused. */
static double get_double(struct kyso_cursor *cursor)
{
    uint64_t bits = kyso_cursor_u64(cursor);
    double value;

    memcpy(&value, &bits, sizeof(value));
    if (!(value > -1e9 && value < 1e9)) {
        if (cursor->error == 0)
            cursor->error = -EBADMSG;
        return 0;
    }
    return value;
}

static void put_box(struct kyso_buf *buf, const struct kyso_pdf_box *box)
{
    put_double(buf, box->x);
    put_double(buf, box->y);
    put_double(buf, box->width);
    put_double(buf, box->height);
}

static void get_box(struct kyso_cursor *cursor, struct kyso_pdf_box *box)
{
    box->x = get_double(cursor);
    box->y = get_double(cursor);
    box->width = get_double(cursor);
    box->height = get_double(cursor);
}

static void put_signature(struct kyso_buf *buf, const struct kyso_pdf_signature *one)
{
    kyso_buf_put_string(buf, one->field);
    kyso_buf_put_string(buf, one->sub_filter);
    kyso_buf_put_string(buf, one->name);
    kyso_buf_put_string(buf, one->reason);
    kyso_buf_put_string(buf, one->location);
    kyso_buf_put_string(buf, one->time);
    kyso_buf_put_u64(buf, one->hole_start);
    kyso_buf_put_u64(buf, one->hole_end);
    kyso_buf_put_u64(buf, one->range_end);
    kyso_buf_put_u32(buf, one->revision);
    kyso_buf_put_u32(buf, one->page);
    put_box(buf, &one->box);
    kyso_buf_put_u8(buf, one->timestamp);
    kyso_buf_put_u32(buf, one->docmdp);
    kyso_buf_put_u32(buf, one->flaw);
    kyso_buf_put_string(buf, one->flaw_detail);
    kyso_buf_put_u32(buf, one->later);
    kyso_buf_put_string(buf, one->later_detail);
}

static void get_signature(struct kyso_cursor *cursor, struct kyso_pdf_signature *one)
{
    one->field = kyso_cursor_string(cursor);
    one->sub_filter = kyso_cursor_string(cursor);
    one->name = kyso_cursor_string(cursor);
    one->reason = kyso_cursor_string(cursor);
    one->location = kyso_cursor_string(cursor);
    one->time = kyso_cursor_string(cursor);
    one->hole_start = kyso_cursor_u64(cursor);
    one->hole_end = kyso_cursor_u64(cursor);
    one->range_end = kyso_cursor_u64(cursor);
    one->revision = kyso_cursor_u32(cursor);
    one->page = kyso_cursor_u32(cursor);
    get_box(cursor, &one->box);
    one->timestamp = kyso_cursor_bool(cursor);
    one->docmdp = kyso_cursor_below(cursor, 4);
    one->flaw = (enum kyso_pdf_rule)kyso_cursor_below(cursor, KYSO_PDF_RULE_MAX);
    one->flaw_detail = kyso_cursor_string(cursor);
    one->later = (enum kyso_pdf_rule)kyso_cursor_below(cursor, KYSO_PDF_RULE_MAX);
    one->later_detail = kyso_cursor_string(cursor);
}

void kyso_pdf_put_report(struct kyso_buf *buf, const struct kyso_pdf_report *report)
{
    kyso_buf_put_u32(buf, report->pages);
    kyso_buf_put_u32(buf, report->revisions);
    kyso_buf_put_u32(buf, report->unsignable);
    kyso_buf_put_string(buf, report->unsignable_detail);
    kyso_buf_put_u8(buf, report->unsigned_tail);
    kyso_buf_put_u32(buf, (uint32_t)report->n_signatures);
    for (size_t i = 0; i < report->n_signatures; i++)
        put_signature(buf, &report->signatures[i]);
    kyso_buf_put_u32(buf, (uint32_t)report->n_fields);
    for (size_t i = 0; i < report->n_fields; i++) {
        const struct kyso_pdf_field *field = &report->fields[i];

        kyso_buf_put_string(buf, field->name);
        kyso_buf_put_u32(buf, field->page);
        put_box(buf, &field->box);
        kyso_buf_put_u8(buf, field->locked);
    }
}

static int get_report(struct kyso_cursor *cursor, struct kyso_pdf_report *report)
{
    size_t n;

    report->pages = kyso_cursor_u32(cursor);
    report->revisions = kyso_cursor_u32(cursor);
    report->unsignable = (enum kyso_pdf_rule)kyso_cursor_below(cursor, KYSO_PDF_RULE_MAX);
    report->unsignable_detail = kyso_cursor_string(cursor);
    report->unsigned_tail = kyso_cursor_bool(cursor);
    n = kyso_cursor_below(cursor, KYSO_PDF_SIGNATURES_MAX + 1);
    report->signatures = calloc(n + 1, sizeof(*report->signatures));
    if (report->signatures == NULL)
        return -ENOMEM;
    report->n_signatures = n;
    for (size_t i = 0; i < n; i++)
        get_signature(cursor, &report->signatures[i]);
    n = kyso_cursor_below(cursor, KYSO_PDF_FIELDS_MAX + 1);
    report->fields = calloc(n + 1, sizeof(*report->fields));
    if (report->fields == NULL)
        return -ENOMEM;
    report->n_fields = n;
    for (size_t i = 0; i < n; i++) {
        report->fields[i].name = kyso_cursor_string(cursor);
        report->fields[i].page = kyso_cursor_u32(cursor);
        get_box(cursor, &report->fields[i].box);
        report->fields[i].locked = kyso_cursor_bool(cursor);
    }
    return kyso_cursor_end(cursor);
}

int kyso_pdf_read_report(const void *bytes, size_t length, struct kyso_pdf_report *ret_report)
{
    struct kyso_cursor cursor = kyso_cursor(bytes, length);
    struct kyso_pdf_report report = {0};
    int r = get_report(&cursor, &report);

    if (r != 0) {
        kyso_pdf_report_done(&report);
        return r;
    }
    *ret_report = report;
    return 0;
}

void kyso_pdf_report_done(struct kyso_pdf_report *report)
{
    for (size_t i = 0; i < report->n_signatures; i++) {
        struct kyso_pdf_signature *one = &report->signatures[i];

        free(one->field);
        free(one->sub_filter);
        free(one->name);
        free(one->reason);
        free(one->location);
        free(one->time);
        free(one->flaw_detail);
        free(one->later_detail);
    }
    for (size_t i = 0; i < report->n_fields; i++)
        free(report->fields[i].name);
    free(report->signatures);
    free(report->fields);
    free(report->unsignable_detail);
    memset(report, 0, sizeof(*report));
}

void kyso_pdf_put_request(struct kyso_buf *buf, const struct kyso_pdf_request *request)
{
    kyso_buf_put_string(buf, request->field);
    kyso_buf_put_u8(buf, request->visible);
    kyso_buf_put_u32(buf, request->page);
    put_box(buf, &request->box);
    kyso_buf_put_string(buf, request->name);
    kyso_buf_put_string(buf, request->reason);
    kyso_buf_put_string(buf, request->location);
    kyso_buf_put_u64(buf, request->time);
    kyso_buf_put_u32(buf, request->contents);
}

/* An empty string stands for none. */
static const char *get_optional(struct kyso_cursor *cursor)
{
    char *text = kyso_cursor_string(cursor);

    if (text != NULL && *text == '\0') {
        free(text);
        return NULL;
    }
    return text;
}

int kyso_pdf_read_request(const void *bytes, size_t length, struct kyso_pdf_request *ret_request)
{
    struct kyso_cursor cursor = kyso_cursor(bytes, length);
    struct kyso_pdf_request request = {.appearance = -1};
    int r;

    request.field = get_optional(&cursor);
    request.visible = kyso_cursor_bool(&cursor);
    request.page = kyso_cursor_u32(&cursor);
    get_box(&cursor, &request.box);
    request.name = get_optional(&cursor);
    request.reason = get_optional(&cursor);
    request.location = get_optional(&cursor);
    request.time = kyso_cursor_u64(&cursor);
    request.contents = kyso_cursor_u32(&cursor);
    r = kyso_cursor_end(&cursor);
    if (r != 0) {
        kyso_pdf_request_done(&request);
        return r;
    }
    *ret_request = request;
    return 0;
}

void kyso_pdf_request_done(struct kyso_pdf_request *request)
{
    free((void *)(uintptr_t)request->field);
    free((void *)(uintptr_t)request->name);
    free((void *)(uintptr_t)request->reason);
    free((void *)(uintptr_t)request->location);
    memset(request, 0, sizeof(*request));
    request->appearance = -1;
}

void kyso_pdf_put_update(struct kyso_buf *buf, const struct kyso_pdf_update *update)
{
    kyso_buf_put_u64(buf, update->length);
    kyso_buf_put_u64(buf, update->hole_start);
    kyso_buf_put_u64(buf, update->hole_end);
    kyso_buf_put_u64(buf, update->range_end);
    kyso_buf_put_string(buf, update->field);
}

int kyso_pdf_read_update(const void *bytes, size_t length, struct kyso_pdf_update *ret_update)
{
    struct kyso_cursor cursor = kyso_cursor(bytes, length);
    struct kyso_pdf_update update = {.bytes = -1};
    int r;

    update.length = kyso_cursor_u64(&cursor);
    update.hole_start = kyso_cursor_u64(&cursor);
    update.hole_end = kyso_cursor_u64(&cursor);
    update.range_end = kyso_cursor_u64(&cursor);
    update.field = kyso_cursor_string(&cursor);
    r = kyso_cursor_end(&cursor);
    if (r != 0) {
        kyso_pdf_update_done(&update);
        return r;
    }
    *ret_update = update;
    return 0;
}

void kyso_pdf_update_done(struct kyso_pdf_update *update)
{
    kyso_close(&update->bytes);
    free(update->field);
    update->field = NULL;
}
