/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "document/forms/filling.h"
#include "document/forms/odt-writer.h"
#include "document/forms/page.h"

static const struct kyso_sheet_column *column_of(const struct kyso_sheet_table *table, guint i)
{
    return g_ptr_array_index(table->columns, i);
}

static void open_cell(struct kyso_odt *odt, const char *spans, bool head)
{
    const char *style =
        kyso_odt_style(odt, "table-cell",
                       head ? "<style:table-cell-properties fo:border=\"0.7pt solid #000000\""
                              " fo:padding=\"3pt\" style:vertical-align=\"middle\"/>"
                            : "<style:table-cell-properties fo:border=\"0.7pt solid #000000\""
                              " fo:padding=\"3pt\"/>");

    g_string_append_printf(odt->body, "<table:table-cell table:style-name=\"%s\"%s>", style, spans);
}

static void put_cell(struct kyso_odt *odt, const struct kyso_odt_paragraph *look, const char *text,
                     const char *spans)
{
    open_cell(odt, spans, look->look == KYSO_SHEET_BOLD);
    kyso_odt_paragraph(odt, look, text);
    g_string_append(odt->body, "</table:table-cell>");
}

static void open_row(struct kyso_odt *odt, double height)
{
    g_autofree char *properties = g_strdup_printf(
        "<style:table-row-properties style:min-row-height=\"%dpt\" fo:keep-together=\"always\"/>",
        (int)height);

    g_string_append_printf(odt->body, "<table:table-row table:style-name=\"%s\">",
                           kyso_odt_style(odt, "table-row", properties));
}

static void close_row(struct kyso_odt *odt)
{
    g_string_append(odt->body, "</table:table-row>\n");
}

static guint group_end(const struct kyso_sheet_table *table, guint first)
{
    int group = column_of(table, first)->group_number;
    guint end = first + 1;

    while (group != 0 && end < table->columns->len && column_of(table, end)->group_number == group)
        end++;
    return end;
}

static void put_covered(struct kyso_odt *odt, guint n)
{
    while (n-- > 0)
        g_string_append(odt->body, "<table:covered-table-cell/>");
}

/* The groups, and the labels of columns that have none. */
static void put_first_row(struct kyso_odt *odt, const struct kyso_sheet_table *table,
                          const struct kyso_odt_paragraph *look)
{
    open_row(odt, 0);
    for (guint i = 0; i < table->columns->len;) {
        const struct kyso_sheet_column *column = column_of(table, i);
        guint end = group_end(table, i);
        g_autofree char *spans = g_strdup_printf(" table:number-columns-spanned=\"%u\"", end - i);

        if (column->group == NULL)
            put_cell(odt, look, column->label, " table:number-rows-spanned=\"2\"");
        else
            put_cell(odt, look, column->group, spans);
        put_covered(odt, end - i - 1);
        i = end;
    }
    close_row(odt);
}

static void put_head(struct kyso_odt *odt, const struct kyso_sheet_table *table, double size)
{
    const struct kyso_odt_paragraph look = {
        .look = KYSO_SHEET_BOLD, .size = size, .align = KYSO_SHEET_CENTER};
    bool groups = false;

    for (guint i = 0; i < table->columns->len; i++)
        groups = groups || column_of(table, i)->group != NULL;
    g_string_append(odt->body, "<table:table-header-rows>");
    if (groups)
        put_first_row(odt, table, &look);
    open_row(odt, 0);
    for (guint i = 0; i < table->columns->len; i++) {
        const struct kyso_sheet_column *column = column_of(table, i);

        if (groups && column->group == NULL)
            put_covered(odt, 1);
        else
            put_cell(odt, &look, column->label, "");
    }
    close_row(odt);
    g_string_append(odt->body, "</table:table-header-rows>");
}

void kyso_odt_table(struct kyso_odt *odt, const struct kyso_sheet_table *table)
{
    double size = kyso_page_table_size(table->columns->len, odt->sheet->landscape);
    double widths[KYSO_FORM_COLUMNS_MAX];
    guint n = MIN(table->columns->len, KYSO_FORM_COLUMNS_MAX);
    int all = 0;

    for (guint i = 0; i < n; i++)
        all += column_of(table, i)->width;
    for (guint i = 0; i < n; i++)
        widths[i] = odt->inner * column_of(table, i)->width / all;
    kyso_odt_open_table(odt, widths, n);
    put_head(odt, table, size);
    for (guint i = 0; i < table->rows->len; i++) {
        const char *const *cells = g_ptr_array_index(table->rows, i);

        open_row(odt, table->blank ? KYSO_PAGE_BLANK_ROW : 0);
        for (guint k = 0; k < n; k++) {
            const struct kyso_odt_paragraph look = {
                .look = KYSO_SHEET_REGULAR, .size = size, .align = column_of(table, k)->align};

            put_cell(odt, &look, cells[k], "");
        }
        close_row(odt);
    }
    g_string_append(odt->body, "</table:table>\n");
}
