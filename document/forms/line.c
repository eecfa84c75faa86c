/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "document/forms/line.h"

#include "document/forms/type.h"

#define GAP 12.0    /* between two fields */
#define SPACE 3.0   /* around a leader */
#define LEADER 48.0 /* at least so long, to be written on */

struct wanted {
    const struct kyso_sheet_entry *entry;
    const char *text;
    double text_width, after_width;
    double width; /* at least */
};

struct planner {
    struct kyso_line_plan *plan;
    PangoLayout *layout;
    double width, size;
};

static double measure(struct planner *planner, const char *text)
{
    return kyso_type_width(planner->layout, text, KYSO_SHEET_REGULAR, planner->size);
}

static bool is_blank(const struct kyso_sheet_entry *entry)
{
    return entry->writable && entry->value == NULL;
}

static struct wanted want(struct planner *planner, const struct kyso_sheet_entry *entry)
{
    struct wanted wanted = {.entry = entry};
    bool blank = is_blank(entry);
    const char *value = entry->value != NULL ? entry->value : "";
    const char *after = !blank && entry->after != NULL ? entry->after : "";
    char *text = g_strconcat(entry->label, *entry->label != '\0' && *value != '\0' ? " " : "",
                             value, *after != '\0' ? " " : "", after, NULL);

    g_ptr_array_add(planner->plan->texts, text);
    wanted.text = text;
    wanted.text_width = measure(planner, text);
    wanted.width = wanted.text_width;
    if (!blank)
        return wanted;
    wanted.after_width = entry->after != NULL ? measure(planner, entry->after) : 0;
    wanted.width += SPACE + LEADER + (entry->after != NULL ? SPACE + wanted.after_width : 0);
    return wanted;
}

static struct kyso_line_row *add_row(struct planner *planner)
{
    struct kyso_line_row row = {
        .pieces = g_array_new(FALSE, TRUE, sizeof(struct kyso_line_piece)),
    };

    g_array_append_val(planner->plan->rows, row);
    return &g_array_index(planner->plan->rows, struct kyso_line_row, planner->plan->rows->len - 1);
}

/* The piece from X on; the leader may go to END. */
static void add_piece(struct kyso_line_row *row, const struct wanted *wanted, double x, double end)
{
    struct kyso_line_piece piece = {.text = wanted->text, .x = x};

    if (is_blank(wanted->entry)) {
        piece.leader_from = x + wanted->text_width + SPACE;
        piece.leader_to = end;
        if (wanted->entry->after != NULL) {
            piece.after = wanted->entry->after;
            piece.after_x = end - wanted->after_width;
            piece.leader_to = piece.after_x - SPACE;
        }
    }
    g_array_append_val(row->pieces, piece);
}

/* FIRST to LAST (not included) fit beside each other. Each begins where its share of the line does,
 * so that fields of successive lines stand below each other, or later when the ones before it need
 * more. */
static void place_row(struct planner *planner, const struct wanted *wanted, size_t first,
                      size_t last)
{
    struct kyso_line_row *row = add_row(planner);
    double shares = 0, before = 0, rest = -GAP, x = 0;

    for (size_t i = first; i < last; i++) {
        shares += wanted[i].entry->share;
        rest += wanted[i].width + GAP;
    }
    for (size_t i = first; i < last; i++) {
        double end = planner->width, next = 0;

        rest -= wanted[i].width + GAP;
        before += wanted[i].entry->share;
        if (i + 1 < last) {
            next = planner->width * before / shares;
            next = CLAMP(next, x + wanted[i].width + GAP, planner->width - rest);
            end = next - GAP;
        }
        add_piece(row, &wanted[i], x, end);
        x = next;
    }
}

/* A field alone: as long as it is, and with more lines to write on. */
static void place_alone(struct planner *planner, const struct wanted *wanted)
{
    struct kyso_line_row *row = add_row(planner);
    bool blank = is_blank(wanted->entry);
    struct wanted below = *wanted;

    row->wrapped = wanted->width > planner->width;
    if (row->wrapped && blank) { /* no room behind the label: the leader gets the line below */
        struct kyso_line_piece label = {.text = wanted->text};

        g_array_append_val(row->pieces, label);
        below.text = "";
        below.text_width = -SPACE;
        row = add_row(planner);
    }
    add_piece(row, &below, 0, planner->width);
    for (int i = 1; blank && i < wanted->entry->blank_lines; i++)
        (void)add_row(planner);
}

struct kyso_line_plan *kyso_line_plan_new(PangoLayout *layout, GPtrArray *entries, double width,
                                          double size)
{
    struct kyso_line_plan *plan = g_new0(struct kyso_line_plan, 1);
    struct planner planner = {plan, layout, width, size};
    g_autofree struct wanted *wanted = g_new0(struct wanted, entries->len);
    size_t first = 0;

    plan->rows = g_array_new(FALSE, TRUE, sizeof(struct kyso_line_row));
    plan->texts = g_ptr_array_new_with_free_func(g_free);
    for (size_t i = 0; i < entries->len; i++)
        wanted[i] = want(&planner, g_ptr_array_index(entries, i));
    while (first < entries->len) {
        double used = wanted[first].width;
        size_t last = first + 1;

        while (last < entries->len && used + GAP + wanted[last].width <= width)
            used += GAP + wanted[last++].width;
        if (last == first + 1)
            place_alone(&planner, &wanted[first]);
        else
            place_row(&planner, wanted, first, last);
        first = last;
    }
    return plan;
}

struct kyso_line_plan *kyso_line_plan_free(struct kyso_line_plan *plan)
{
    for (size_t i = 0; i < plan->rows->len; i++)
        g_array_unref(g_array_index(plan->rows, struct kyso_line_row, i).pieces);
    g_array_unref(plan->rows);
    g_ptr_array_unref(plan->texts);
    g_free(plan);
    return NULL;
}
