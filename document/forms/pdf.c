/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "document/forms/pdf.h"

#include <cairo-pdf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/error.h"
#include "common/outcome.h"
#include "common/text.h"
#include "document/fonts.h"
#include "document/forms/line.h"
#include "document/forms/nation.h"
#include "document/forms/page.h"
#include "document/picture.h"

#define GUTTER 6.0 /* between two columns */
#define RULE_GAP 5.0
#define SIGNATURE_GAP (2 * KYSO_GAP)

/* A column of lines that stands at a place and is never broken over pages. */
struct stack {
    struct kyso_page *page;
    double x, width, y;
    enum kyso_sheet_align align;
    bool ink;
};

static void stack_text(struct stack *stack, const struct kyso_sheet_text *text,
                       enum kyso_sheet_look own, double size, double rule_share)
{
    struct kyso_page *page = stack->page;
    const struct kyso_type type = {
        .text = text->text,
        .look = text->look != KYSO_SHEET_OWN ? text->look : own,
        .size = size,
        .width = stack->width,
        .align = stack->align,
    };
    g_autoptr(GArray) lines = NULL;
    double rule = 0;

    kyso_type_set(page->layout, &type);
    lines = kyso_type_lines(page->layout);
    for (guint i = 0; i < lines->len; i++) {
        const struct kyso_type_line *line = &g_array_index(lines, struct kyso_type_line, i);

        if (stack->ink)
            kyso_page_line(page, line, stack->x, stack->y);
        stack->y += line->height;
        rule = line->width;
    }
    if (!text->rule)
        return;
    rule *= rule_share;
    if (stack->ink)
        kyso_page_rule(page, stack->x + (stack->width - rule) / 2,
                       stack->x + (stack->width + rule) / 2, stack->y + RULE_GAP / 2);
    stack->y += RULE_GAP;
}

static void stack_texts(struct stack *stack, GPtrArray *texts, enum kyso_sheet_look own,
                        double size)
{
    for (guint i = 0; texts != NULL && i < texts->len; i++)
        stack_text(stack, g_ptr_array_index(texts, i), own, size, 1);
}

/* The last line of an agency is the one that the letter comes from. */
static void stack_agency(struct stack *stack, GPtrArray *agency)
{
    for (guint i = 0; agency != NULL && i < agency->len; i++) {
        struct kyso_sheet_text text = *(const struct kyso_sheet_text *)g_ptr_array_index(agency, i);
        bool last = i + 1 == agency->len;

        text.rule = text.rule || last;
        stack_text(stack, &text, last ? KYSO_SHEET_BOLD : KYSO_SHEET_REGULAR, KYSO_SIZE_HEAD,
                   KYSO_PAGE_AGENCY_RULE);
    }
}

static void stack_nation(struct stack *stack)
{
    const struct kyso_sheet_text name = {.text = KYSO_NATION_NAME};
    const struct kyso_sheet_text motto = {.text = KYSO_NATION_MOTTO, .rule = true};

    stack_text(stack, &name, KYSO_SHEET_BOLD, KYSO_SIZE_HEAD, 1);
    stack_text(stack, &motto, KYSO_SHEET_BOLD, KYSO_SIZE_TEXT, 1);
}

static void set_mark(struct kyso_page *page)
{
    const char *mark = page->sheet->mark;
    double width;

    if (mark == NULL)
        return;
    width = kyso_type_width(page->scratch, mark, KYSO_SHEET_ITALIC, KYSO_SIZE_SMALL);
    kyso_page_words(page, mark, KYSO_SHEET_ITALIC, KYSO_SIZE_SMALL,
                    page->width - KYSO_PAGE_RIGHT - width, KYSO_PAGE_TOP - 8);
}

static struct stack new_stack(struct kyso_page *page, double x, double width)
{
    return (struct stack){.page = page,
                          .x = x,
                          .width = width,
                          .y = page->y,
                          .align = KYSO_SHEET_CENTER,
                          .ink = page->ink};
}

static void set_head(struct kyso_page *page)
{
    const struct kyso_sheet *sheet = page->sheet;
    bool beside = sheet->agency != NULL || sheet->reference != NULL;
    double inner = kyso_page_inner(page);
    double right_x = beside ? inner * KYSO_PAGE_AGENCY_SHARE : 0;
    struct stack left = new_stack(page, KYSO_PAGE_LEFT, right_x);
    struct stack right = new_stack(page, KYSO_PAGE_LEFT + right_x, inner - right_x);

    set_mark(page);
    stack_agency(&left, sheet->agency);
    if (sheet->national)
        stack_nation(&right);
    left.y = right.y = MAX(left.y, right.y) + KYSO_GAP;
    stack_texts(&left, sheet->reference, KYSO_SHEET_REGULAR, KYSO_SIZE_HEAD);
    if (sheet->date.text != NULL)
        stack_text(&right, &sheet->date, KYSO_SHEET_ITALIC, KYSO_SIZE_TEXT, 1);
    page->y = MAX(left.y, right.y);
    page->fresh = false;
}

static void set_paragraph(struct kyso_page *page, const struct kyso_sheet_text *text,
                          enum kyso_sheet_look own, double size, enum kyso_sheet_align align,
                          double indent)
{
    const struct kyso_type type = {
        .text = text->text,
        .look = text->look != KYSO_SHEET_OWN ? text->look : own,
        .size = size,
        .width = kyso_page_inner(page),
        .align = align,
        .indent = indent,
        .leading = KYSO_LEADING,
    };

    kyso_page_flow(page, &type, KYSO_PAGE_LEFT);
}

static void set_title(struct kyso_page *page)
{
    const struct kyso_sheet *sheet = page->sheet;

    page->y += 3 * KYSO_GAP;
    for (guint i = 0; sheet->title != NULL && i < sheet->title->len; i++)
        set_paragraph(page, g_ptr_array_index(sheet->title, i), KYSO_SHEET_BOLD, KYSO_SIZE_TEXT + 1,
                      KYSO_SHEET_CENTER, 0);
    if (sheet->addressee.text != NULL) {
        page->y += 2 * KYSO_GAP;
        set_paragraph(page, &sheet->addressee, KYSO_SHEET_REGULAR, KYSO_SIZE_TEXT,
                      KYSO_SHEET_CENTER, 0);
    }
    page->y += 2 * KYSO_GAP;
}

static void set_row(struct kyso_page *page, const struct kyso_line_row *row)
{
    double height, baseline;
    const struct kyso_type type = {
        .text = "Ệ", .look = KYSO_SHEET_REGULAR, .size = KYSO_SIZE_TEXT, .leading = KYSO_LEADING};
    g_autoptr(GArray) lines = NULL;

    kyso_type_set(page->layout, &type);
    lines = kyso_type_lines(page->layout);
    height = g_array_index(lines, struct kyso_type_line, 0).height + KYSO_GAP;
    kyso_page_need(page, height);
    baseline = page->y + g_array_index(lines, struct kyso_type_line, 0).baseline;
    if (row->pieces->len == 0)
        kyso_page_leader(page, KYSO_PAGE_LEFT, KYSO_PAGE_LEFT + kyso_page_inner(page), baseline);
    for (guint i = 0; i < row->pieces->len; i++) {
        const struct kyso_line_piece *piece =
            &g_array_index(row->pieces, struct kyso_line_piece, i);

        kyso_page_words(page, piece->text, KYSO_SHEET_REGULAR, KYSO_SIZE_TEXT,
                        KYSO_PAGE_LEFT + piece->x, baseline);
        kyso_page_leader(page, KYSO_PAGE_LEFT + piece->leader_from,
                         KYSO_PAGE_LEFT + piece->leader_to, baseline);
        if (piece->after != NULL)
            kyso_page_words(page, piece->after, KYSO_SHEET_REGULAR, KYSO_SIZE_TEXT,
                            KYSO_PAGE_LEFT + piece->after_x, baseline);
    }
    page->y += height;
    page->fresh = false;
}

static void set_line(struct kyso_page *page, GPtrArray *entries)
{
    struct kyso_line_plan *plan =
        kyso_line_plan_new(page->scratch, entries, kyso_page_inner(page), KYSO_SIZE_TEXT);

    for (guint i = 0; i < plan->rows->len; i++) {
        const struct kyso_line_row *row = &g_array_index(plan->rows, struct kyso_line_row, i);

        if (row->wrapped) {
            const struct kyso_sheet_text text = {
                .text = g_array_index(row->pieces, struct kyso_line_piece, 0).text};

            set_paragraph(page, &text, KYSO_SHEET_REGULAR, KYSO_SIZE_TEXT, KYSO_SHEET_LEFT, 0);
            page->y += KYSO_GAP;
        } else {
            set_row(page, row);
        }
    }
    (void)kyso_line_plan_free(plan);
}

static void set_section(struct kyso_page *page, const struct kyso_sheet_text *text)
{
    /* With two lines of what it is about, or not at all. */
    kyso_page_need(page, 4 * KYSO_SIZE_TEXT + 2 * KYSO_GAP);
    set_paragraph(page, text, KYSO_SHEET_BOLD, KYSO_SIZE_TEXT, KYSO_SHEET_LEFT, 0);
}

static void set_block(struct kyso_page *page, const struct kyso_sheet_block *block)
{
    switch (block->kind) {
    case KYSO_SHEET_PARAGRAPH:
        set_paragraph(page, &block->text, KYSO_SHEET_REGULAR, KYSO_SIZE_TEXT, block->align,
                      block->indent ? KYSO_PAGE_INDENT : 0);
        page->y += KYSO_GAP;
        break;
    case KYSO_SHEET_SECTION:
        set_section(page, &block->text);
        page->y += KYSO_GAP;
        break;
    case KYSO_SHEET_LINE:
        set_line(page, block->entries);
        break;
    case KYSO_SHEET_TABLE:
        kyso_page_table(page, block->table);
        page->y += 2 * KYSO_GAP;
        break;
    }
}

/* DATED: the other side has a date; then what follows begins below it on both. */
static void stack_side(struct stack *stack, const struct kyso_sheet_side *side, bool dated)
{
    static const struct kyso_sheet_text NO_DATE = {.text = ""};

    if (side->recipients) {
        stack->align = KYSO_SHEET_LEFT;
        if (side->heading.text != NULL)
            stack_text(stack, &side->heading, KYSO_SHEET_BOLD_ITALIC, KYSO_SIZE_HEAD, 1);
        stack_texts(stack, side->lines, KYSO_SHEET_REGULAR, KYSO_SIZE_SMALL);
        return;
    }
    if (side->date.text != NULL || dated)
        stack_text(stack, side->date.text != NULL ? &side->date : &NO_DATE, KYSO_SHEET_ITALIC,
                   KYSO_SIZE_TEXT, 1);
    stack_texts(stack, side->title, KYSO_SHEET_BOLD, KYSO_SIZE_TEXT);
    stack_texts(stack, side->lines, KYSO_SHEET_ITALIC, KYSO_SIZE_TEXT);
    if (side->present)
        stack->y += KYSO_PAGE_PEN_ROOM;
}

static bool is_signed(const struct kyso_sheet *sheet)
{
    return sheet->left.present || sheet->right.present;
}

/* Both sides at the page's y; returns how high they are. */
static double stack_signatures(struct kyso_page *page, bool ink)
{
    const struct kyso_sheet *sheet = page->sheet;
    double inner = kyso_page_inner(page), half = (inner - GUTTER) / 2;
    struct stack left = new_stack(page, KYSO_PAGE_LEFT, half);
    struct stack right = new_stack(page, KYSO_PAGE_LEFT + inner - half, half);
    bool dated = sheet->left.date.text != NULL || sheet->right.date.text != NULL;

    left.ink = right.ink = ink;
    stack_side(&left, &sheet->left, dated);
    stack_side(&right, &sheet->right, dated);
    return MAX(left.y, right.y) - page->y;
}

static void set_signatures(struct kyso_page *page)
{
    if (!is_signed(page->sheet))
        return;
    page->y += SIGNATURE_GAP;
    kyso_page_need(page, stack_signatures(page, false));
    page->y += stack_signatures(page, page->ink);
    page->fresh = false;
}

/* Whether BLOCK and the signatures end on this page, on which they are tried without ink. Also when
 * BLOCK alone does not: then its end has the signatures below it anyway. */
static bool fits_with_signatures(struct kyso_page *trial, const struct kyso_sheet_block *block)
{
    unsigned int number = trial->number;

    set_block(trial, block);
    trial->y += SIGNATURE_GAP;
    return trial->number != number || kyso_page_has_room(trial, stack_signatures(trial, false));
}

/* The last block, when it is text: it follows the signatures to the next page, which would else say
 * nothing but who signs. */
static void set_last_block(struct kyso_page *page, const struct kyso_sheet_block *block)
{
    struct kyso_page here = *page, next = *page;

    here.ink = next.ink = false;
    kyso_page_next(&next);
    if (is_signed(page->sheet) && !page->fresh &&
        (block->kind == KYSO_SHEET_PARAGRAPH || block->kind == KYSO_SHEET_LINE) &&
        !fits_with_signatures(&here, block) && fits_with_signatures(&next, block))
        kyso_page_next(page);
    set_block(page, block);
}

static void set_notes(struct kyso_page *page)
{
    const struct kyso_sheet *sheet = page->sheet;

    if (sheet->notes_heading.text != NULL) {
        page->y += KYSO_GAP;
        kyso_page_need(page, 4 * KYSO_SIZE_SMALL);
        set_paragraph(page, &sheet->notes_heading, KYSO_SHEET_BOLD_ITALIC, KYSO_SIZE_SMALL,
                      KYSO_SHEET_LEFT, 0);
    }
    for (guint i = 0; sheet->notes != NULL && i < sheet->notes->len; i++)
        set_paragraph(page, g_ptr_array_index(sheet->notes, i), KYSO_SHEET_REGULAR, KYSO_SIZE_SMALL,
                      KYSO_SHEET_JUSTIFY, 0);
}

static void set_all(struct kyso_page *page)
{
    const GPtrArray *blocks = page->sheet->blocks;

    page->number = 1;
    page->y = KYSO_PAGE_TOP;
    page->fresh = true;
    set_head(page);
    set_title(page);
    for (guint i = 0; i + 1 < blocks->len; i++)
        set_block(page, g_ptr_array_index(blocks, i));
    if (blocks->len > 0)
        set_last_block(page, g_ptr_array_index(blocks, blocks->len - 1));
    set_signatures(page);
    set_notes(page);
    kyso_page_end(page);
}

static int check_glyphs(const struct kyso_sheet *sheet, PangoLayout *layout,
                        char ret_detail[KYSO_FORM_DETAIL_MAX])
{
    for (guint i = 0; i < sheet->facts->len; i++) {
        const struct kyso_sheet_fact *fact = g_ptr_array_index(sheet->facts, i);

        if (fact->printed == NULL)
            continue;
        (void)kyso_type_width(layout, fact->printed, KYSO_SHEET_REGULAR, KYSO_SIZE_TEXT);
        if (pango_layout_get_unknown_glyphs_count(layout) != 0) {
            (void)snprintf(ret_detail, KYSO_FORM_DETAIL_MAX, "missing-glyph %s", fact->key);
            return KYSO_OUTCOME_BAD_ARGUMENT;
        }
    }
    return 0;
}

static cairo_status_t write_some(void *closure, const unsigned char *bytes, unsigned int length)
{
    struct kyso_buf *pdf = closure;

    kyso_buf_put(pdf, bytes, length);
    return pdf->error == 0 ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

/* The same form on the same day is the same file: its date is the form's own. */
static void set_metadata(cairo_surface_t *surface, const struct kyso_sheet *sheet)
{
    char day[11] = "2000-01-01", date[32];
    uint32_t number;

    for (guint i = 0; i < sheet->facts->len; i++) {
        const struct kyso_sheet_fact *fact = g_ptr_array_index(sheet->facts, i);

        if (strcmp(fact->key, "doc.date") == 0 && fact->value != NULL)
            (void)snprintf(day, sizeof(day), "%s", fact->value);
    }
    if (!kyso_text_to_day(day, &number))
        (void)snprintf(day, sizeof(day), "2000-01-01");
    (void)snprintf(date, sizeof(date), "%sT00:00:00Z", day);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, sheet->name);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_SUBJECT, sheet->instrument);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATOR, "kyso");
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE, date);
}

static struct kyso_page new_page(const struct kyso_sheet *sheet, cairo_surface_t *surface)
{
    struct kyso_page page = {
        .sheet = sheet,
        .cr = cairo_create(surface),
        .width = sheet->landscape ? KYSO_PAGE_LONG : KYSO_PAGE_SHORT,
        .height = sheet->landscape ? KYSO_PAGE_SHORT : KYSO_PAGE_LONG,
    };

    page.bottom = page.height - KYSO_PAGE_BOTTOM;
    page.layout = kyso_fonts_new_layout(page.cr, true);
    page.scratch = kyso_fonts_new_layout(page.cr, true);
    return page;
}

static void page_done(struct kyso_page *page)
{
    g_object_unref(page->layout);
    g_object_unref(page->scratch);
    cairo_destroy(page->cr);
}

unsigned int kyso_sheet_count_pages(const struct kyso_sheet *sheet)
{
    KYSO_SURFACE cairo_surface_t *nowhere =
        cairo_recording_surface_create(CAIRO_CONTENT_ALPHA, NULL);
    struct kyso_page page = new_page(sheet, nowhere);

    set_all(&page);
    page_done(&page);
    return page.number;
}

int kyso_sheet_set_pdf(const struct kyso_sheet *sheet, struct kyso_buf *ret_pdf,
                       char ret_detail[KYSO_FORM_DETAIL_MAX])
{
    KYSO_SURFACE cairo_surface_t *surface = cairo_pdf_surface_create_for_stream(
        write_some, ret_pdf, sheet->landscape ? KYSO_PAGE_LONG : KYSO_PAGE_SHORT,
        sheet->landscape ? KYSO_PAGE_SHORT : KYSO_PAGE_LONG);
    struct kyso_page page = new_page(sheet, surface);
    int r;

    set_metadata(surface, sheet);
    r = check_glyphs(sheet, page.scratch, ret_detail);
    if (r == 0) {
        set_all(&page);
        page.pages = page.number;
        page.ink = true;
        set_all(&page);
    }
    page_done(&page);
    cairo_surface_finish(surface);
    if (r != 0)
        return r;
    if (ret_pdf->error == -EMSGSIZE)
        return KYSO_OUTCOME_LIMIT;
    return cairo_surface_status(surface) == CAIRO_STATUS_SUCCESS ? 0 : kyso_trace(-EIO);
}
