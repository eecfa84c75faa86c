/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "document/forms/odt.h"

#include <cairo.h>
#include <stdio.h>
#include <string.h>

#include "config.h"
#include "document/fonts.h"
#include "document/forms/nation.h"
#include "document/forms/odt-writer.h"
#include "document/forms/package.h"
#include "document/forms/page.h"
#include "document/forms/pdf.h"

#define NAMESPACES                                                                                 \
    " xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\""                           \
    " xmlns:style=\"urn:oasis:names:tc:opendocument:xmlns:style:1.0\""                             \
    " xmlns:text=\"urn:oasis:names:tc:opendocument:xmlns:text:1.0\""                               \
    " xmlns:table=\"urn:oasis:names:tc:opendocument:xmlns:table:1.0\""                             \
    " xmlns:fo=\"urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0\""                    \
    " xmlns:svg=\"urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0\""                      \
    " xmlns:meta=\"urn:oasis:names:tc:opendocument:xmlns:meta:1.0\""                               \
    " xmlns:dc=\"http://purl.org/dc/elements/1.1/\" office:version=\"1.2\""
#define XML "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
#define TYPE "application/vnd.oasis.opendocument.text"

/* What stands in one column of a borderless table. */
static void put_text(struct kyso_odt *odt, const struct kyso_sheet_text *text,
                     struct kyso_odt_paragraph look, double column, double rule_share)
{
    if (text->look != KYSO_SHEET_OWN)
        look.look = text->look;
    kyso_odt_paragraph(odt, &look, text->text);
    if (text->rule)
        kyso_odt_rule(odt, column,
                      MIN(column, kyso_type_width(odt->layout, text->text, look.look, look.size)) *
                          rule_share);
}

static void put_texts(struct kyso_odt *odt, GPtrArray *texts, struct kyso_odt_paragraph look,
                      double column)
{
    for (guint i = 0; texts != NULL && i < texts->len; i++)
        put_text(odt, g_ptr_array_index(texts, i), look, column, 1);
}

static void put_nation(struct kyso_odt *odt, double column)
{
    const struct kyso_sheet_text name = {.text = KYSO_NATION_NAME};
    const struct kyso_sheet_text motto = {.text = KYSO_NATION_MOTTO, .rule = true};
    const struct kyso_odt_paragraph look = {
        .look = KYSO_SHEET_BOLD, .size = KYSO_SIZE_HEAD, .align = KYSO_SHEET_CENTER};
    struct kyso_odt_paragraph larger = look;

    larger.size = KYSO_SIZE_TEXT;
    put_text(odt, &name, look, column, 1);
    put_text(odt, &motto, larger, column, 1);
}

static void put_agency(struct kyso_odt *odt, double column)
{
    GPtrArray *agency = odt->sheet->agency;

    for (guint i = 0; agency != NULL && i < agency->len; i++) {
        struct kyso_sheet_text text = *(const struct kyso_sheet_text *)g_ptr_array_index(agency, i);
        bool last = i + 1 == agency->len;
        const struct kyso_odt_paragraph look = {
            .look = last ? KYSO_SHEET_BOLD : KYSO_SHEET_REGULAR,
            .size = KYSO_SIZE_HEAD,
            .align = KYSO_SHEET_CENTER,
        };

        text.rule = text.rule || last;
        put_text(odt, &text, look, column, KYSO_PAGE_AGENCY_RULE);
    }
}

static void open_cell(struct kyso_odt *odt)
{
    g_string_append_printf(
        odt->body, "<table:table-cell table:style-name=\"%s\">",
        kyso_odt_style(odt, "table-cell",
                       "<style:table-cell-properties fo:border=\"none\" fo:padding=\"0pt\"/>"));
}

static void close_cell(struct kyso_odt *odt)
{
    g_string_append(odt->body, "</table:table-cell>");
}

static void open_row(struct kyso_odt *odt)
{
    g_string_append_printf(
        odt->body, "<table:table-row table:style-name=\"%s\">",
        kyso_odt_style(odt, "table-row",
                       "<style:table-row-properties fo:keep-together=\"always\"/>"));
}

static void close_row(struct kyso_odt *odt)
{
    g_string_append(odt->body, "</table:table-row>\n");
}

static void put_head(struct kyso_odt *odt)
{
    const struct kyso_sheet *sheet = odt->sheet;
    const struct kyso_odt_paragraph number = {.look = KYSO_SHEET_REGULAR,
                                              .size = KYSO_SIZE_HEAD,
                                              .align = KYSO_SHEET_CENTER,
                                              .above = KYSO_LEADING};
    struct kyso_odt_paragraph date = number;
    double widths[] = {odt->inner * KYSO_PAGE_AGENCY_SHARE,
                       odt->inner * (1 - KYSO_PAGE_AGENCY_SHARE)};

    date.look = KYSO_SHEET_ITALIC;
    date.size = KYSO_SIZE_TEXT;
    if (sheet->agency == NULL && sheet->reference == NULL) {
        if (sheet->national)
            put_nation(odt, odt->inner);
        if (sheet->date.text != NULL)
            put_text(odt, &sheet->date, date, odt->inner, 1);
        return;
    }
    kyso_odt_open_table(odt, widths, 2);
    open_row(odt);
    open_cell(odt);
    put_agency(odt, widths[0]);
    close_cell(odt);
    open_cell(odt);
    if (sheet->national)
        put_nation(odt, widths[1]);
    close_cell(odt);
    close_row(odt);
    open_row(odt);
    open_cell(odt);
    put_texts(odt, sheet->reference, number, widths[0]);
    close_cell(odt);
    open_cell(odt);
    if (sheet->date.text != NULL)
        put_text(odt, &sheet->date, date, widths[1], 1);
    close_cell(odt);
    close_row(odt);
    g_string_append(odt->body, "</table:table>\n");
}

static void put_title(struct kyso_odt *odt)
{
    const struct kyso_sheet *sheet = odt->sheet;

    for (guint i = 0; sheet->title != NULL && i < sheet->title->len; i++) {
        const struct kyso_odt_paragraph look = {.look = KYSO_SHEET_BOLD,
                                                .size = KYSO_SIZE_TEXT + 1,
                                                .align = KYSO_SHEET_CENTER,
                                                .above = i == 0 ? 3 * KYSO_GAP : 0};

        put_text(odt, g_ptr_array_index(sheet->title, i), look, odt->inner, 1);
    }
    if (sheet->addressee.text != NULL) {
        const struct kyso_odt_paragraph look = {.look = KYSO_SHEET_REGULAR,
                                                .size = KYSO_SIZE_TEXT,
                                                .align = KYSO_SHEET_CENTER,
                                                .above = 2 * KYSO_GAP,
                                                .below = 2 * KYSO_GAP};

        put_text(odt, &sheet->addressee, look, odt->inner, 1);
    }
}

static void put_line(struct kyso_odt *odt, GPtrArray *entries)
{
    struct kyso_line_plan *plan =
        kyso_line_plan_new(odt->layout, entries, odt->inner, KYSO_SIZE_TEXT);

    for (guint i = 0; i < plan->rows->len; i++)
        kyso_odt_row(odt, &g_array_index(plan->rows, struct kyso_line_row, i));
    (void)kyso_line_plan_free(plan);
}

static void put_block(struct kyso_odt *odt, const struct kyso_sheet_block *block)
{
    struct kyso_odt_paragraph look = {
        .look = KYSO_SHEET_REGULAR,
        .size = KYSO_SIZE_TEXT,
        .align = block->align,
        .indent = block->indent ? KYSO_PAGE_INDENT : 0,
        .below = KYSO_GAP,
    };

    switch (block->kind) {
    case KYSO_SHEET_PARAGRAPH:
        put_text(odt, &block->text, look, odt->inner, 1);
        break;
    case KYSO_SHEET_SECTION:
        look.look = KYSO_SHEET_BOLD;
        look.align = KYSO_SHEET_LEFT;
        look.indent = 0;
        look.with_next = true;
        put_text(odt, &block->text, look, odt->inner, 1);
        break;
    case KYSO_SHEET_LINE:
        put_line(odt, block->entries);
        break;
    case KYSO_SHEET_TABLE:
        kyso_odt_table(odt, block->table);
        look.size = KYSO_GAP; /* what separates a table from what follows */
        look.below = 0;
        kyso_odt_paragraph(odt, &look, "");
        break;
    }
}

static void put_side(struct kyso_odt *odt, const struct kyso_sheet_side *side, double column,
                     bool dated)
{
    struct kyso_odt_paragraph look = {.look = KYSO_SHEET_ITALIC,
                                      .size = side->recipients ? KYSO_SIZE_HEAD : KYSO_SIZE_TEXT,
                                      .align =
                                          side->recipients ? KYSO_SHEET_LEFT : KYSO_SHEET_CENTER};

    if (side->date.text != NULL)
        put_text(odt, &side->date, look, column, 1);
    else if (dated && !side->recipients)
        kyso_odt_paragraph(odt, &look, "");
    look.look = KYSO_SHEET_BOLD_ITALIC;
    if (side->heading.text != NULL)
        put_text(odt, &side->heading, look, column, 1);
    look.look = KYSO_SHEET_BOLD;
    put_texts(odt, side->title, look, column);
    look.look = side->recipients ? KYSO_SHEET_REGULAR : KYSO_SHEET_ITALIC;
    look.size = side->recipients ? KYSO_SIZE_SMALL : KYSO_SIZE_TEXT;
    put_texts(odt, side->lines, look, column);
    look.below = side->present && !side->recipients ? KYSO_PAGE_PEN_ROOM - KYSO_SIZE_TEXT : 0;
    kyso_odt_paragraph(odt, &look, "");
}

static void put_signatures(struct kyso_odt *odt)
{
    const struct kyso_odt_paragraph gap = {
        .look = KYSO_SHEET_REGULAR, .size = KYSO_GAP, .align = KYSO_SHEET_LEFT, .with_next = true};
    double widths[] = {odt->inner / 2, odt->inner / 2};
    bool dated = odt->sheet->left.date.text != NULL || odt->sheet->right.date.text != NULL;

    if (!odt->sheet->left.present && !odt->sheet->right.present)
        return;
    kyso_odt_paragraph(odt, &gap, "");
    kyso_odt_open_table(odt, widths, 2);
    open_row(odt);
    open_cell(odt);
    put_side(odt, &odt->sheet->left, widths[0], dated);
    close_cell(odt);
    open_cell(odt);
    put_side(odt, &odt->sheet->right, widths[1], dated);
    close_cell(odt);
    close_row(odt);
    g_string_append(odt->body, "</table:table>\n");
}

static void put_notes(struct kyso_odt *odt)
{
    struct kyso_odt_paragraph look = {.look = KYSO_SHEET_BOLD_ITALIC,
                                      .size = KYSO_SIZE_SMALL,
                                      .align = KYSO_SHEET_LEFT,
                                      .with_next = true};

    if (odt->sheet->notes_heading.text != NULL)
        put_text(odt, &odt->sheet->notes_heading, look, odt->inner, 1);
    look.look = KYSO_SHEET_REGULAR;
    look.align = KYSO_SHEET_JUSTIFY;
    look.with_next = false;
    put_texts(odt, odt->sheet->notes, look, odt->inner);
}

static void put_body(struct kyso_odt *odt)
{
    const struct kyso_odt_paragraph mark = {
        .look = KYSO_SHEET_ITALIC, .size = KYSO_SIZE_SMALL, .align = KYSO_SHEET_RIGHT};

    if (odt->sheet->mark != NULL)
        kyso_odt_paragraph(odt, &mark, odt->sheet->mark);
    put_head(odt);
    put_title(odt);
    for (guint i = 0; i < odt->sheet->blocks->len; i++)
        put_block(odt, g_ptr_array_index(odt->sheet->blocks, i));
    put_signatures(odt);
    put_notes(odt);
}

static char *make_content(struct kyso_odt *odt)
{
    put_body(odt);
    return g_strconcat(XML "<office:document-content" NAMESPACES ">\n<office:automatic-styles>\n",
                       odt->styles->str, "</office:automatic-styles>\n<office:body><office:text>\n",
                       odt->body->str, "</office:text></office:body></office:document-content>\n",
                       NULL);
}

/* The foot stands outside the form's text, as in the PDF. */
static char *make_foot(const struct kyso_sheet *sheet)
{
    GString *foot = g_string_new("<text:p text:style-name=\"Foot\">");

    if (sheet->audit_head != NULL) {
        kyso_odt_text(foot, "Sổ kiểm tra: ");
        kyso_odt_text(foot, sheet->audit_head);
    }
    if (kyso_sheet_count_pages(sheet) > 1)
        g_string_append(foot, "<text:tab/>Trang <text:page-number/>/<text:page-count/>");
    g_string_append(foot, "</text:p>");
    return g_string_free(foot, FALSE);
}

static char *make_styles(const struct kyso_sheet *sheet, double inner)
{
    g_autofree char *foot = make_foot(sheet);
    bool wide = sheet->landscape;

    return g_strdup_printf(
        XML "<office:document-styles" NAMESPACES ">\n"
            "<office:font-face-decls><style:font-face style:name=\"Roman\""
            " svg:font-family=\"&apos;Times New Roman&apos;\" style:font-family-generic=\"roman\""
            " style:font-pitch=\"variable\"/></office:font-face-decls>\n"
            "<office:styles><style:default-style style:family=\"paragraph\">"
            "<style:paragraph-properties fo:orphans=\"2\" fo:widows=\"2\"/>"
            "<style:text-properties style:font-name=\"Roman\" fo:font-size=\"%dpt\""
            " fo:language=\"vi\" fo:country=\"VN\"/></style:default-style>"
            "<style:style style:name=\"Standard\" style:family=\"paragraph\"/>"
            "<style:style style:name=\"Foot\" style:family=\"paragraph\">"
            "<style:paragraph-properties><style:tab-stops>"
            "<style:tab-stop style:position=\"%dpt\" style:type=\"right\"/></style:tab-stops>"
            "</style:paragraph-properties>"
            "<style:text-properties fo:font-size=\"%dpt\"/></style:style>"
            "</office:styles>\n"
            "<office:automatic-styles><style:page-layout style:name=\"Page\">"
            "<style:page-layout-properties fo:page-width=\"%dmm\" fo:page-height=\"%dmm\""
            " style:print-orientation=\"%s\" fo:margin-top=\"20mm\" fo:margin-bottom=\"8mm\""
            " fo:margin-left=\"30mm\" fo:margin-right=\"15mm\"/>"
            "<style:footer-style><style:header-footer-properties svg:height=\"12mm\""
            " fo:margin-top=\"6mm\"/></style:footer-style>"
            "</style:page-layout></office:automatic-styles>\n"
            "<office:master-styles><style:master-page style:name=\"Standard\""
            " style:page-layout-name=\"Page\"><style:footer>%s</style:footer>"
            "</style:master-page></office:master-styles></office:document-styles>\n",
        (int)KYSO_SIZE_TEXT, (int)inner, (int)KYSO_SIZE_FOOT, wide ? 297 : 210, wide ? 210 : 297,
        wide ? "landscape" : "portrait", foot);
}

static char *make_meta(const struct kyso_sheet *sheet)
{
    return g_markup_printf_escaped(XML "<office:document-meta" NAMESPACES "><office:meta>"
                                       "<meta:generator>kyso/%s</meta:generator>"
                                       "<dc:title>%s</dc:title><dc:subject>%s</dc:subject>"
                                       "<dc:language>vi-VN</dc:language>"
                                       "</office:meta></office:document-meta>\n",
                                   KYSO_VERSION, sheet->name, sheet->instrument);
}

static int pack(struct kyso_odt *odt, struct kyso_buf *ret_odt)
{
    static const char MANIFEST[] = XML
        "<manifest:manifest xmlns:manifest=\"urn:oasis:names:tc:opendocument:xmlns:manifest:1.0\""
        " manifest:version=\"1.2\">\n"
        "<manifest:file-entry manifest:full-path=\"/\" manifest:version=\"1.2\""
        " manifest:media-type=\"" TYPE "\"/>\n"
        "<manifest:file-entry manifest:full-path=\"content.xml\""
        " manifest:media-type=\"text/xml\"/>\n"
        "<manifest:file-entry manifest:full-path=\"styles.xml\""
        " manifest:media-type=\"text/xml\"/>\n"
        "<manifest:file-entry manifest:full-path=\"meta.xml\""
        " manifest:media-type=\"text/xml\"/>\n"
        "</manifest:manifest>\n";
    g_autofree char *content = make_content(odt);
    g_autofree char *styles = make_styles(odt->sheet, odt->inner);
    g_autofree char *meta = make_meta(odt->sheet);
    const struct kyso_package_file files[] = {
        {"mimetype", TYPE},
        {"content.xml", content},
        {"styles.xml", styles},
        {"meta.xml", meta},
        {"META-INF/manifest.xml", MANIFEST},
    };

    return kyso_package_make(files, KYSO_ARRAY_LEN(files), ret_odt);
}

int kyso_sheet_set_odt(const struct kyso_sheet *sheet, struct kyso_buf *ret_odt)
{
    cairo_surface_t *nowhere = cairo_recording_surface_create(CAIRO_CONTENT_ALPHA, NULL);
    cairo_t *cr = cairo_create(nowhere);
    struct kyso_odt odt = {
        .sheet = sheet,
        .layout = kyso_fonts_new_layout(cr, true),
        .body = g_string_new(NULL),
        .styles = g_string_new(NULL),
        .names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free),
        .inner = (sheet->landscape ? KYSO_PAGE_LONG : KYSO_PAGE_SHORT) - KYSO_PAGE_LEFT -
                 KYSO_PAGE_RIGHT,
    };
    int r = pack(&odt, ret_odt);

    g_object_unref(odt.layout);
    g_string_free(odt.body, TRUE);
    g_string_free(odt.styles, TRUE);
    g_hash_table_unref(odt.names);
    cairo_destroy(cr);
    cairo_surface_destroy(nowhere);
    return r;
}
