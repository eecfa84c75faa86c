/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "document/forms/odt-writer.h"

#include "document/forms/page.h"

/* Numbers with a point in every language. */
static const char *pt(double points, char buffer[G_ASCII_DTOSTR_BUF_SIZE])
{
    return g_ascii_formatd(buffer, G_ASCII_DTOSTR_BUF_SIZE, "%.2f", points);
}

const char *kyso_odt_style(struct kyso_odt *odt, const char *family, const char *properties)
{
    g_autofree char *said = g_strconcat(family, " ", properties, NULL);
    const char *known = g_hash_table_lookup(odt->names, said);
    char *name;

    if (known != NULL)
        return known;
    name = g_strdup_printf("S%u", g_hash_table_size(odt->names) + 1);
    g_string_append_printf(odt->styles,
                           "<style:style style:name=\"%s\" style:family=\"%s\">%s</style:style>\n",
                           name, family, properties);
    (void)g_hash_table_insert(odt->names, g_steal_pointer(&said), name);
    return name;
}

/* ODF takes blanks at the start and after another blank for one, or none. */
void kyso_odt_text(GString *into, const char *text)
{
    bool after_blank = true;

    for (; *text != '\0'; text += g_utf8_skip[(unsigned char)*text]) {
        if (*text == ' ' && after_blank) {
            g_string_append(into, "<text:s/>");
            continue;
        }
        after_blank = *text == ' ';
        if (*text == '&')
            g_string_append(into, "&amp;");
        else if (*text == '<')
            g_string_append(into, "&lt;");
        else if (*text == '>')
            g_string_append(into, "&gt;");
        else
            g_string_append_len(into, text, g_utf8_skip[(unsigned char)*text]);
    }
}

static void put_type(GString *into, enum kyso_sheet_look look, double size)
{
    bool bold = look == KYSO_SHEET_BOLD || look == KYSO_SHEET_BOLD_ITALIC;
    bool italic = look == KYSO_SHEET_ITALIC || look == KYSO_SHEET_BOLD_ITALIC;
    char buffer[G_ASCII_DTOSTR_BUF_SIZE];

    g_string_append_printf(into, "<style:text-properties fo:font-size=\"%spt\"", pt(size, buffer));
    if (bold)
        g_string_append(into, " fo:font-weight=\"bold\"");
    if (italic)
        g_string_append(into, " fo:font-style=\"italic\"");
    g_string_append(into, "/>");
}

static void put_length(GString *into, const char *name, double length)
{
    char buffer[G_ASCII_DTOSTR_BUF_SIZE];

    g_string_append_printf(into, " %s=\"%spt\"", name, pt(length, buffer));
}

static void open_paragraph(struct kyso_odt *odt, const char *properties)
{
    g_string_append_printf(odt->body, "<text:p text:style-name=\"%s\">",
                           kyso_odt_style(odt, "paragraph", properties));
}

static void close_paragraph(struct kyso_odt *odt)
{
    g_string_append(odt->body, "</text:p>\n");
}

void kyso_odt_paragraph(struct kyso_odt *odt, const struct kyso_odt_paragraph *look,
                        const char *text)
{
    static const char *const ALIGNMENTS[] = {"justify", "start", "center", "end"};
    g_autoptr(GString) properties = g_string_new("<style:paragraph-properties");

    put_length(properties, "fo:text-indent", look->indent);
    put_length(properties, "fo:margin-top", look->above);
    put_length(properties, "fo:margin-bottom", look->below);
    g_string_append_printf(properties, " fo:text-align=\"%s\"%s/>", ALIGNMENTS[look->align],
                           look->with_next ? " fo:keep-with-next=\"always\"" : "");
    put_type(properties, look->look, look->size);
    open_paragraph(odt, properties->str);
    kyso_odt_text(odt->body, text);
    close_paragraph(odt);
}

/* An empty paragraph, as narrow as the rule and with a border beneath. */
void kyso_odt_rule(struct kyso_odt *odt, double column, double width)
{
    g_autoptr(GString) properties = g_string_new("<style:paragraph-properties");

    put_length(properties, "fo:margin-left", (column - width) / 2);
    put_length(properties, "fo:margin-right", (column - width) / 2);
    g_string_append(properties, " fo:border-bottom=\"0.7pt solid #000000\" fo:padding=\"0pt\"/>");
    put_type(properties, KYSO_SHEET_REGULAR, 2);
    open_paragraph(odt, properties->str);
    close_paragraph(odt);
}

static void put_tab(GString *stops, double position, double end, bool leader)
{
    g_string_append(stops, "<style:tab-stop");
    put_length(stops, "style:position", position);
    /* A tab to the very end of the line would break it. */
    g_string_append_printf(stops, " style:type=\"%s\"", position >= end - 0.5 ? "right" : "left");
    if (leader)
        g_string_append(stops, " style:leader-style=\"dotted\" style:leader-text=\".\"");
    g_string_append(stops, "/>");
}

static void put_stops(struct kyso_odt *odt, const struct kyso_line_row *row, GString *stops)
{
    if (row->pieces->len == 0)
        put_tab(stops, odt->inner, odt->inner, true);
    for (guint i = 0; i < row->pieces->len; i++) {
        const struct kyso_line_piece *piece =
            &g_array_index(row->pieces, struct kyso_line_piece, i);

        if (i > 0)
            put_tab(stops, piece->x, odt->inner, false);
        if (piece->leader_to > piece->leader_from)
            put_tab(stops, piece->leader_to, odt->inner, true);
    }
}

void kyso_odt_row(struct kyso_odt *odt, const struct kyso_line_row *row)
{
    g_autoptr(GString) properties = g_string_new("<style:paragraph-properties");

    put_length(properties, "fo:margin-bottom", KYSO_GAP);
    g_string_append(properties, "><style:tab-stops>");
    if (!row->wrapped)
        put_stops(odt, row, properties);
    g_string_append(properties, "</style:tab-stops></style:paragraph-properties>");
    put_type(properties, KYSO_SHEET_REGULAR, KYSO_SIZE_TEXT);
    open_paragraph(odt, properties->str);
    if (row->pieces->len == 0)
        g_string_append(odt->body, "<text:tab/>");
    for (guint i = 0; i < row->pieces->len; i++) {
        const struct kyso_line_piece *piece =
            &g_array_index(row->pieces, struct kyso_line_piece, i);

        if (i > 0)
            g_string_append(odt->body, "<text:tab/>");
        kyso_odt_text(odt->body, piece->text);
        if (piece->leader_to > piece->leader_from)
            g_string_append(odt->body, "<text:tab/>");
        if (piece->after != NULL)
            kyso_odt_text(odt->body, piece->after);
    }
    close_paragraph(odt);
}

void kyso_odt_open_table(struct kyso_odt *odt, const double *widths, size_t n)
{
    g_autoptr(GString) properties = g_string_new("<style:table-properties");

    put_length(properties, "style:width", odt->inner);
    g_string_append(properties, " table:align=\"left\" table:border-model=\"collapsing\"/>");
    g_string_append_printf(odt->body, "<table:table table:name=\"T%u\" table:style-name=\"%s\">\n",
                           ++odt->tables, kyso_odt_style(odt, "table", properties->str));
    for (size_t i = 0; i < n; i++) {
        g_string_assign(properties, "<style:table-column-properties");
        put_length(properties, "style:column-width", widths[i]);
        g_string_append(properties, "/>");
        g_string_append_printf(odt->body, "<table:table-column table:style-name=\"%s\"/>\n",
                               kyso_odt_style(odt, "table-column", properties->str));
    }
}
