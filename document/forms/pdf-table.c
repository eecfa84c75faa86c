/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>

#include "common/macros.h"
#include "document/fonts.h"
#include "document/forms/filling.h"
#include "document/forms/page.h"

#define PADDING 3.0
#define SHRINK 0.8 /* of the size, at most, to keep a word whole */

struct column {
    double x, width;
    PangoLayout *layout; /* of the cell of the row that is being set */
    GArray *lines;       /* struct kyso_type_line */
    guint next;          /* line to be set */
};

struct setting {
    struct kyso_page *page;
    const struct kyso_sheet_table *table;
    struct column columns[KYSO_FORM_COLUMNS_MAX];
    guint n;
    double size;
    double head_heights[2]; /* of the groups, of the labels */
};

double kyso_page_table_size(size_t columns, bool landscape)
{
    double size = columns <= 5 ? 12 : columns <= 8 ? 11 : 10;

    return columns > 5 && !landscape ? size - 1 : size;
}

static const struct kyso_sheet_column *column_of(const struct setting *setting, guint i)
{
    return g_ptr_array_index(setting->table->columns, i);
}

static void place_columns(struct setting *setting)
{
    double inner = kyso_page_inner(setting->page), x = KYSO_PAGE_LEFT;
    int all = 0;

    for (guint i = 0; i < setting->n; i++)
        all += column_of(setting, i)->width;
    for (guint i = 0; i < setting->n; i++) {
        struct column *column = &setting->columns[i];

        column->x = x;
        column->width = inner * column_of(setting, i)->width / all;
        column->layout = kyso_fonts_new_layout(setting->page->cr, true);
        x += column->width;
    }
}

/* The widest word that may be wider than WIDTH; no letter is wider than high. */
static double widest_word(struct setting *setting, const char *text, enum kyso_sheet_look look,
                          double width)
{
    g_auto(GStrv) words = g_strsplit(text, " ", -1);
    double widest = 0;

    for (char **word = words; *word != NULL; word++)
        if ((double)g_utf8_strlen(*word, -1) * setting->size > width)
            widest =
                fmax(widest, kyso_type_width(setting->page->scratch, *word, look, setting->size));
    return widest;
}

/* A word that is a little too wide is set smaller; one that is much too wide (a serial number) is
 * broken instead. */
static double fit_size(struct setting *setting, const char *text, enum kyso_sheet_look look,
                       double width)
{
    double widest = widest_word(setting, text, look, width);

    if (widest > width && widest * SHRINK <= width)
        return floor(setting->size * width / widest * 10) / 10;
    return setting->size;
}

/* TEXT broken to WIDTH in the layout of COLUMN; its height. */
static double set_cell(struct setting *setting, struct column *column, const char *text,
                       enum kyso_sheet_look look, enum kyso_sheet_align align, double width)
{
    double inner = fmax(width - 2 * PADDING, setting->size); /* room for a letter at least */
    const struct kyso_type type = {
        .text = text,
        .look = look,
        .size = fit_size(setting, text, look, inner),
        .width = inner,
        .align = align,
    };
    double height = 0;

    kyso_type_set(column->layout, &type);
    if (column->lines != NULL)
        g_array_unref(column->lines);
    column->lines = kyso_type_lines(column->layout);
    column->next = 0;
    for (guint i = 0; i < column->lines->len; i++)
        height += g_array_index(column->lines, struct kyso_type_line, i).height;
    return height;
}

/* Sets the lines of COLUMN that fit into HEIGHT at Y, at least one; how high they are. Without PUT
 * it only looks. */
static double put_lines(struct setting *setting, struct column *column, double y, double height,
                        bool put)
{
    double used = 0;
    guint next = column->next;

    for (; next < column->lines->len; next++) {
        const struct kyso_type_line *line =
            &g_array_index(column->lines, struct kyso_type_line, next);

        if (used + line->height > height && next > column->next)
            break;
        if (put)
            kyso_page_line(setting->page, line, column->x + PADDING, y + used);
        used += line->height;
    }
    if (put)
        column->next = next;
    return used;
}

static guint group_end(const struct setting *setting, guint first)
{
    int group = column_of(setting, first)->group_number;
    guint end = first + 1;

    while (group != 0 && end < setting->n && column_of(setting, end)->group_number == group)
        end++;
    return end;
}

static double span(const struct setting *setting, guint first, guint end)
{
    return setting->columns[end - 1].x + setting->columns[end - 1].width -
           setting->columns[first].x;
}

/* A cell of the head, in the page's own layout, for those of the columns hold a row. */
static double set_head_cell(struct setting *setting, struct column *cell, const char *text)
{
    cell->layout = setting->page->layout;
    return set_cell(setting, cell, text, KYSO_SHEET_BOLD, KYSO_SHEET_CENTER, cell->width);
}

static double measure_head_cell(struct setting *setting, const char *text, double width)
{
    struct column cell = {.width = width};
    double height = set_head_cell(setting, &cell, text);

    g_array_unref(cell.lines);
    return height + 2 * PADDING;
}

static void put_head_cell(struct setting *setting, struct column cell, const char *text, double y,
                          double height)
{
    double used = set_head_cell(setting, &cell, text);

    kyso_page_box(setting->page, cell.x, y, cell.width, height);
    (void)put_lines(setting, &cell, y + (height - used) / 2, INFINITY, true);
    g_array_unref(cell.lines);
}

static void measure_head(struct setting *setting)
{
    double alone = 0, *heights = setting->head_heights;

    for (guint i = 0; i < setting->n;) {
        const struct kyso_sheet_column *column = column_of(setting, i);
        guint end = group_end(setting, i);

        if (column->group != NULL)
            heights[0] =
                fmax(heights[0], measure_head_cell(setting, column->group, span(setting, i, end)));
        for (; i < end; i++) {
            double height =
                measure_head_cell(setting, column_of(setting, i)->label, setting->columns[i].width);

            if (column->group != NULL)
                heights[1] = fmax(heights[1], height);
            else
                alone = fmax(alone, height);
        }
    }
    heights[1] = fmax(heights[1], alone - heights[0]);
}

static void put_head(struct setting *setting)
{
    const double *heights = setting->head_heights;
    double y = setting->page->y;

    for (guint i = 0; i < setting->n;) {
        const struct kyso_sheet_column *column = column_of(setting, i);
        guint end = group_end(setting, i);

        if (column->group != NULL)
            put_head_cell(
                setting,
                (struct column){.x = setting->columns[i].x, .width = span(setting, i, end)},
                column->group, y, heights[0]);
        for (; i < end; i++) {
            bool alone = column->group == NULL;

            put_head_cell(
                setting,
                (struct column){.x = setting->columns[i].x, .width = setting->columns[i].width},
                column_of(setting, i)->label, alone ? y : y + heights[0],
                alone ? heights[0] + heights[1] : heights[1]);
        }
    }
    setting->page->y += heights[0] + heights[1];
}

static void next_page(struct setting *setting)
{
    kyso_page_next(setting->page);
    put_head(setting);
}

static bool all_set(const struct setting *setting)
{
    for (guint i = 0; i < setting->n; i++)
        if (setting->columns[i].next < setting->columns[i].lines->len)
            return false;
    return true;
}

/* As much of the row as fits on this page, but of every cell at least a line. */
static void put_part(struct setting *setting, double least)
{
    struct kyso_page *page = setting->page;
    double room = page->bottom - page->y - 2 * PADDING, height = least;

    for (guint i = 0; i < setting->n; i++)
        height = fmax(height, put_lines(setting, &setting->columns[i], 0, room, false));
    for (guint i = 0; i < setting->n; i++) {
        struct column *column = &setting->columns[i];

        kyso_page_box(page, column->x, page->y, column->width, height + 2 * PADDING);
        (void)put_lines(setting, column, page->y + PADDING, room, true);
    }
    page->y += height + 2 * PADDING;
    page->fresh = false;
}

/* A row stays whole, unless it is higher than a page. */
static void put_row(struct setting *setting, const char *const *cells)
{
    struct kyso_page *page = setting->page;
    double head = setting->head_heights[0] + setting->head_heights[1];
    double least = setting->table->blank ? KYSO_PAGE_BLANK_ROW - 2 * PADDING : 0, height = least;

    for (guint i = 0; i < setting->n; i++)
        height = fmax(height, set_cell(setting, &setting->columns[i], cells[i], KYSO_SHEET_REGULAR,
                                       column_of(setting, i)->align, setting->columns[i].width));
    height += 2 * PADDING;
    if (page->y + height > page->bottom && (height <= page->bottom - KYSO_PAGE_TOP - head ||
                                            page->y + 2 * KYSO_PAGE_BLANK_ROW > page->bottom))
        next_page(setting);
    put_part(setting, least);
    while (!all_set(setting)) {
        next_page(setting);
        put_part(setting, 0);
    }
}

void kyso_page_table(struct kyso_page *page, const struct kyso_sheet_table *table)
{
    g_autofree struct setting *setting = g_new0(struct setting, 1);

    setting->page = page;
    setting->table = table;
    setting->n = MIN(table->columns->len, KYSO_FORM_COLUMNS_MAX);
    setting->size = kyso_page_table_size(setting->n, page->sheet->landscape);
    place_columns(setting);
    measure_head(setting);
    /* The head with at least one row. */
    kyso_page_need(page,
                   setting->head_heights[0] + setting->head_heights[1] + 2 * KYSO_PAGE_BLANK_ROW);
    put_head(setting);
    page->fresh = false;
    for (guint i = 0; i < table->rows->len; i++)
        put_row(setting, g_ptr_array_index(table->rows, i));
    for (guint i = 0; i < setting->n; i++) {
        if (setting->columns[i].lines != NULL)
            g_array_unref(setting->columns[i].lines);
        g_object_unref(setting->columns[i].layout);
    }
}
