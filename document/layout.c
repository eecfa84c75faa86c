/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "document/layout.h"

#include <stdlib.h>
#include <string.h>

int kyso_layout_init(struct kyso_pdf_file *file, size_t first, size_t last,
                     struct kyso_layout *ret_layout)
{
    struct kyso_layout layout = {.n = 0};

    for (size_t i = first; i <= last; i++)
        layout.room += file->sections[i].n + 3;
    layout.spans = kyso_arena_take(&file->scratch, layout.room * sizeof(*layout.spans));
    if (layout.spans == NULL)
        return kyso_pdf_no_memory(file);
    for (size_t i = first; i <= last; i++) {
        const struct kyso_pdf_section *section = &file->sections[i];
        const struct kyso_pdf_revision *revision = &file->revisions[section->revision];
        bool owns_tail =
            file->linearized && section->revision == 0 ? i == 0 : revision->section == i;

        kyso_layout_add(&layout, section->place, section->after);
        if (section->kind == KYSO_PDF_SECTION_HYBRID)
            kyso_layout_add(&layout, section->hybrid, section->hybrid_end);
        if (owns_tail && revision->end > section->after)
            kyso_layout_add(&layout, section->after, revision->end);
    }
    *ret_layout = layout;
    return 0;
}

void kyso_layout_add(struct kyso_layout *layout, uint64_t start, uint64_t end)
{
    if (layout->n < layout->room) {
        layout->spans[layout->n].start = start;
        layout->spans[layout->n++].end = end;
    }
}

static int by_start(const void *a, const void *b)
{
    const struct kyso_layout_span *left = a, *right = b;

    if (left->start != right->start)
        return left->start < right->start ? -1 : 1;
    return (left->end > right->end) - (left->end < right->end);
}

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

/* Steps back over blanks, then over digits; null when there is no digit. */
static const uint8_t *back_over_number(const uint8_t *start, const uint8_t *at)
{
    const uint8_t *end;

    while (at > start && kyso_lexer_is_blank(at[-1]))
        at--;
    end = at;
    while (at > start && is_digit(at[-1]))
        at--;
    return at < end ? at : NULL;
}

/* "N G obj" begins somewhere in here, in a comment or not. */
static bool holds_object(const uint8_t *start, const uint8_t *end)
{
    const uint8_t *at = start;

    while (end - at >= 3) {
        const uint8_t *found = memmem(at, (size_t)(end - at), "obj", 3);
        const uint8_t *number;

        if (found == NULL)
            return false;
        at = found + 3;
        if (at < end && kyso_lexer_is_regular(*at))
            continue;
        number = back_over_number(start, found);
        if (number != NULL && back_over_number(start, number) != NULL)
            return true;
    }
    return false;
}

static bool gap_is_clean(const uint8_t *at, const uint8_t *end, bool strict)
{
    if (holds_object(at, end))
        return false;
    while (strict && at < end) {
        if (*at == '%') {
            while (at < end && *at != '\n' && *at != '\r')
                at++;
        } else if (!kyso_lexer_is_blank(*at++)) {
            return false;
        }
    }
    return true;
}

bool kyso_layout_check(const struct kyso_pdf_file *file, struct kyso_layout *layout, uint64_t from,
                       uint64_t to, bool strict, uint64_t *ret_offset)
{
    uint64_t at = from;

    qsort(layout->spans, layout->n, sizeof(*layout->spans), by_start);
    for (size_t i = 0; i < layout->n; i++) {
        const struct kyso_layout_span *span = &layout->spans[i];
        bool same = i > 0 && span->start == span[-1].start && span->end == span[-1].end;

        if (same) /* a cross-reference stream is a section and, mostly, an entry */
            continue;
        if (span->start < at || span->end > to || span->end < span->start ||
            !gap_is_clean(file->bytes + at, file->bytes + span->start, strict)) {
            *ret_offset = span->start < at ? span->start : at;
            return false;
        }
        at = span->end;
    }
    *ret_offset = at;
    return at <= to && gap_is_clean(file->bytes + at, file->bytes + to, strict);
}
