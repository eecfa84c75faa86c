/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "document/xref.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/outcome.h"

#define TAIL_WINDOW 1024U
#define ENTRY_SIZE 20U

static struct kyso_lexer lexer_at(struct kyso_pdf_file *file, uint64_t offset)
{
    struct kyso_lexer lexer = {
        .at = file->bytes + (offset < file->size ? offset : file->size),
        .end = file->bytes + file->size,
        .arena = &file->arena,
    };

    return lexer;
}

static uint64_t place_of(const struct kyso_pdf_file *file, const struct kyso_lexer *lexer)
{
    return (uint64_t)(lexer->at - file->bytes);
}

/* From just after a trailer: comments, "startxref N %%EOF". */
static bool read_tail(struct kyso_pdf_file *file, uint64_t offset, uint64_t *ret_startxref,
                      uint64_t *ret_end)
{
    struct kyso_lexer lexer = lexer_at(file, offset);

    for (;;) {
        kyso_lexer_skip_space(&lexer);
        if (lexer.at == lexer.end || *lexer.at != '%')
            break;
        if (lexer.end - lexer.at >= 5 && memcmp(lexer.at, "%%EOF", 5) == 0)
            return false;
        while (lexer.at < lexer.end && *lexer.at != '\n' && *lexer.at != '\r')
            lexer.at++;
    }
    if (!kyso_lexer_word_here(&lexer, "startxref"))
        return false;
    kyso_lexer_skip_space(&lexer);
    if (!kyso_lexer_unsigned(&lexer, INT64_MAX, ret_startxref))
        return false;
    kyso_lexer_skip_space(&lexer);
    if (lexer.end - lexer.at < 5 || memcmp(lexer.at, "%%EOF", 5) != 0)
        return false;
    *ret_end = place_of(file, &lexer) + 5;
    return true;
}

static const uint8_t *find_last(const struct kyso_pdf_file *file, const char *word)
{
    size_t length = strlen(word);
    size_t window = file->size < TAIL_WINDOW ? file->size : TAIL_WINDOW;
    const uint8_t *low = file->bytes + (file->size - window);

    if (file->size < length)
        return NULL;
    for (const uint8_t *p = file->bytes + file->size - length; p >= low; p--)
        if (memcmp(p, word, length) == 0)
            return p;
    return NULL;
}

static int read_file_tail(struct kyso_pdf_file *file, uint64_t *ret_startxref, uint64_t *ret_end)
{
    const uint8_t *word = find_last(file, "startxref");
    uint64_t startxref = 0, end = 0;

    if (word == NULL || !read_tail(file, (uint64_t)(word - file->bytes), &startxref, &end))
        return kyso_pdf_fail(file, KYSO_PDF_NO_END, "offset %zu", file->size);
    for (uint64_t at = end; at < file->size; at++)
        if (file->bytes[at] != '\n' && file->bytes[at] != '\r')
            return kyso_pdf_fail(file, KYSO_PDF_TRAILING_BYTES, "offset %llu",
                                 (unsigned long long)at);
    *ret_startxref = startxref;
    *ret_end = end;
    return 0;
}

static int bad_xref(struct kyso_pdf_file *file, uint64_t place)
{
    return kyso_pdf_fail(file, KYSO_PDF_XREF, "offset %llu", (unsigned long long)place);
}

/* Takes "start count" and its end of line, leaving the lexer at the first entry. */
static bool read_subsection(struct kyso_lexer *lexer, uint64_t *ret_start, uint64_t *ret_count)
{
    if (!kyso_lexer_unsigned(lexer, UINT32_MAX, ret_start))
        return false;
    while (lexer->at < lexer->end && *lexer->at == ' ')
        lexer->at++;
    if (!kyso_lexer_unsigned(lexer, UINT32_MAX, ret_count))
        return false;
    while (lexer->at < lexer->end && *lexer->at == ' ')
        lexer->at++;
    if (lexer->at < lexer->end && *lexer->at == '\r') {
        lexer->at++;
        if (lexer->at < lexer->end && *lexer->at == '\n')
            lexer->at++;
        return true;
    }
    return lexer->at < lexer->end && *lexer->at++ == '\n';
}

/* Calls FN for each subsection; leaves the lexer after the word "trailer". */
static int walk_table(struct kyso_pdf_file *file, struct kyso_lexer *lexer,
                      int (*fn)(struct kyso_pdf_file *file, const uint8_t *entries, uint64_t start,
                                uint64_t count, uint32_t revision),
                      uint32_t revision)
{
    for (;;) {
        uint64_t start, count;

        kyso_lexer_skip_space(lexer);
        if (kyso_lexer_word_here(lexer, "trailer"))
            return 0;
        if (!read_subsection(lexer, &start, &count))
            return bad_xref(file, place_of(file, lexer));
        if (start > KYSO_PDF_OBJECTS_MAX || count > KYSO_PDF_OBJECTS_MAX ||
            start + count > KYSO_PDF_OBJECTS_MAX)
            return kyso_pdf_fail(file, KYSO_PDF_LIMITS, "objects");
        if ((uint64_t)(lexer->end - lexer->at) < count * ENTRY_SIZE)
            return bad_xref(file, place_of(file, lexer));
        if (fn != NULL) {
            int r = fn(file, lexer->at, start, count, revision);

            if (r != 0)
                return r;
        }
        lexer->at += count * ENTRY_SIZE;
    }
}

static int load_xref_stream(struct kyso_pdf_file *file, uint64_t place, uint32_t *ret_number,
                            struct kyso_pdf_object *ret_stream, uint64_t *ret_end)
{
    int r = kyso_pdf_load_at(file, &file->arena, place, 0, ret_number, ret_stream, ret_end);

    if (r != 0)
        return r < 0 || file->problem.rule == KYSO_PDF_LIMITS ? r : bad_xref(file, place);
    if (ret_stream->type != KYSO_PDF_STREAM ||
        !kyso_pdf_is_name(kyso_pdf_get(ret_stream, "Type"), "XRef"))
        return bad_xref(file, place);
    return 0;
}

static int read_table_section(struct kyso_pdf_file *file, struct kyso_lexer *lexer,
                              struct kyso_pdf_section *section)
{
    const struct kyso_pdf_object *hybrid;
    uint32_t number;
    int r = walk_table(file, lexer, NULL, 0);

    if (r != 0)
        return r;
    r = kyso_lexer_value(lexer, &section->trailer);
    if (r < 0)
        return r;
    if (r > 0)
        return kyso_pdf_fail(file, lexer->rule, "trailer at %llu",
                             (unsigned long long)section->place);
    if (section->trailer.type != KYSO_PDF_DICT)
        return bad_xref(file, section->place);
    section->after = place_of(file, lexer);
    hybrid = kyso_pdf_get(&section->trailer, "XRefStm");
    if (hybrid == NULL)
        return 0;
    if (hybrid->type != KYSO_PDF_INTEGER || hybrid->integer <= 0 ||
        (uint64_t)hybrid->integer >= section->place)
        return bad_xref(file, section->place);
    section->kind = KYSO_PDF_SECTION_HYBRID;
    section->hybrid = kyso_pdf_settle(file, (uint64_t)hybrid->integer);
    return load_xref_stream(file, section->hybrid, &number, &section->hybrid_stream,
                            &section->hybrid_end);
}

static int read_section(struct kyso_pdf_file *file, uint64_t offset,
                        struct kyso_pdf_section *section)
{
    struct kyso_lexer lexer;

    if (offset == 0 || offset >= file->size)
        return bad_xref(file, offset);
    section->place = kyso_pdf_settle(file, offset);
    lexer = lexer_at(file, section->place);
    if (kyso_lexer_word_here(&lexer, "xref"))
        return read_table_section(file, &lexer, section);
    section->kind = KYSO_PDF_SECTION_STREAM;
    return load_xref_stream(file, section->place, &section->number, &section->trailer,
                            &section->after);
}

/* The first object of the file says /Linearized. */
static bool says_linearized(struct kyso_pdf_file *file)
{
    struct kyso_lexer lexer = lexer_at(file, 0);
    struct kyso_pdf_object first;
    uint32_t number;
    uint16_t generation;

    kyso_lexer_skip_blanks(&lexer);
    return kyso_lexer_header(&lexer, &number, &generation) &&
           kyso_lexer_value(&lexer, &first) == 0 && kyso_pdf_get(&first, "Linearized") != NULL;
}

static int read_chain(struct kyso_pdf_file *file, uint64_t startxref)
{
    uint64_t offset = startxref;
    bool last = false;

    for (size_t n = 0; !last; n++) {
        struct kyso_pdf_section *section = &file->sections[n];
        const struct kyso_pdf_object *prev;
        int r;

        if (n >= KYSO_PDF_SECTIONS_MAX)
            return kyso_pdf_fail(file, KYSO_PDF_LIMITS, "sections");
        r = read_section(file, offset, section);
        if (r != 0)
            return r;
        file->n_sections = n + 1;
        if (kyso_pdf_get(&section->trailer, "Encrypt") != NULL)
            return kyso_pdf_fail(file, KYSO_PDF_ENCRYPTED, "revision at %llu",
                                 (unsigned long long)section->place);
        prev = kyso_pdf_get(&section->trailer, "Prev");
        if (n > 0 && section->place >= section[-1].place) {
            /* Only the older half of a linearized file lies behind the newer one. */
            if (prev != NULL || !says_linearized(file))
                return bad_xref(file, section->place);
            file->linearized = true;
        }
        last = prev == NULL;
        if (!last && (prev->type != KYSO_PDF_INTEGER || prev->integer <= 0))
            return bad_xref(file, section->place);
        offset = last ? 0 : (uint64_t)prev->integer;
    }
    return 0;
}

static void reverse_sections(struct kyso_pdf_file *file)
{
    for (size_t i = 0; i < file->n_sections / 2; i++) {
        struct kyso_pdf_section kept = file->sections[i];

        file->sections[i] = file->sections[file->n_sections - 1 - i];
        file->sections[file->n_sections - 1 - i] = kept;
    }
}

/* Steps over the dead trailer that Acrobat leaves after the main cross-reference stream. */
static uint64_t skip_dead_trailer(struct kyso_pdf_file *file,
                                  const struct kyso_pdf_section *section)
{
    struct kyso_lexer lexer = lexer_at(file, section->after);
    struct kyso_pdf_object trailer;

    if (section->kind != KYSO_PDF_SECTION_STREAM || !kyso_lexer_word(&lexer, "trailer") ||
        kyso_lexer_value(&lexer, &trailer) != 0)
        return section->after;
    return place_of(file, &lexer);
}

static int place_revisions(struct kyso_pdf_file *file)
{
    uint32_t revision = 0;
    uint64_t start = 0;

    for (size_t i = 0; i < file->n_sections; i++) {
        struct kyso_pdf_section *section = &file->sections[i];
        struct kyso_pdf_revision *at = &file->revisions[revision];
        uint64_t after = section->after, startxref = 0, end = 0;
        bool tail;

        section->revision = revision;
        if (i == 0 && file->linearized) {
            after = skip_dead_trailer(file, section);
            section = &file->sections[++i];
            section->revision = revision;
        }
        tail = read_tail(file, after, &startxref, &end);
        at->section = i;
        at->start = start;
        at->end = tail ? end : 0;
        at->sound_tail = tail && kyso_pdf_settle(file, startxref) == section->place;
        if (section->place < start)
            return bad_xref(file, section->place);
        start = tail ? end : after;
        revision++;
    }
    file->n_revisions = revision;
    return 0;
}

/* Adds one entry on top of what older sections said about NUMBER. */
static int add_entry(struct kyso_pdf_file *file, const struct kyso_pdf_version *entry)
{
    uint32_t *head = &file->heads[entry->number];
    struct kyso_pdf_version *newest;

    if (file->n_versions == file->versions_room)
        return kyso_pdf_fail(file, KYSO_PDF_LIMITS, "objects");
    newest = &file->versions[file->n_versions];
    *newest = *entry;
    newest->older = *head;
    *head = (uint32_t)++file->n_versions;
    return 0;
}

static int make_room(struct kyso_pdf_file *file, uint64_t highest, uint64_t entries)
{
    uint64_t heads = highest + 1 > file->n_heads ? highest + 1 : file->n_heads;
    uint64_t room = file->n_versions + entries;

    if (heads > KYSO_PDF_OBJECTS_MAX + 1 || room > KYSO_PDF_OBJECTS_MAX + KYSO_PDF_SECTIONS_MAX)
        return kyso_pdf_fail(file, KYSO_PDF_LIMITS, "objects");
    if (heads > file->n_heads) {
        uint32_t *bigger = realloc(file->heads, (heads + heads / 2) * sizeof(*bigger));

        if (bigger == NULL)
            return -ENOMEM;
        heads += heads / 2;
        memset(bigger + file->n_heads, 0, (heads - file->n_heads) * sizeof(*bigger));
        file->heads = bigger;
        file->n_heads = heads;
    }
    if (room > file->versions_room) {
        struct kyso_pdf_version *bigger =
            realloc(file->versions, (room + room / 2) * sizeof(*bigger));

        if (bigger == NULL)
            return -ENOMEM;
        file->versions = bigger;
        file->versions_room = room + room / 2;
    }
    return 0;
}

static bool read_table_entry(const uint8_t *bytes, struct kyso_pdf_version *entry)
{
    uint64_t place = 0;
    uint32_t generation = 0;

    for (size_t i = 0; i < 16; i++) {
        if (i == 10 ? bytes[i] != ' ' : bytes[i] < '0' || bytes[i] > '9')
            return false;
        if (i < 10)
            place = place * 10 + (uint64_t)(bytes[i] - '0');
        if (i > 10)
            generation = generation * 10 + (uint32_t)(bytes[i] - '0');
    }
    if (bytes[16] != ' ' || (bytes[17] != 'n' && bytes[17] != 'f') || generation > UINT16_MAX)
        return false;
    if (!(bytes[18] == ' ' && (bytes[19] == '\n' || bytes[19] == '\r')) &&
        !(bytes[18] == '\r' && bytes[19] == '\n'))
        return false;
    entry->kind = bytes[17] == 'n' ? KYSO_PDF_ENTRY_PLAIN : KYSO_PDF_ENTRY_FREE;
    entry->place = place;
    entry->generation = (uint16_t)generation;
    return true;
}

static bool has_entry(const struct kyso_pdf_file *file, uint32_t number, size_t first)
{
    return number < file->n_heads && file->heads[number] > first;
}

static int add_subsection(struct kyso_pdf_file *file, const uint8_t *entries, uint64_t start,
                          uint64_t count, uint32_t revision)
{
    size_t first = file->sections[file->n_sections - 1].first;
    int r;

    if (count == 0)
        return 0;
    r = make_room(file, start + count - 1, count);
    for (uint64_t i = 0; r == 0 && i < count; i++) {
        struct kyso_pdf_version entry = {
            .number = (uint32_t)(start + i),
            .revision = (uint16_t)revision,
        };

        if (!read_table_entry(entries + i * ENTRY_SIZE, &entry))
            return kyso_pdf_fail(file, KYSO_PDF_XREF, "entry of object %u", entry.number);
        if (has_entry(file, entry.number, first))
            return kyso_pdf_fail(file, KYSO_PDF_XREF, "two entries of object %u", entry.number);
        r = add_entry(file, &entry);
    }
    return r;
}

struct widths {
    size_t field[3];
    size_t row;
};

static bool read_widths(const struct kyso_pdf_object *stream, struct widths *widths)
{
    const struct kyso_pdf_object *w = kyso_pdf_get(stream, "W");

    widths->row = 0;
    if (w == NULL || w->type != KYSO_PDF_ARRAY || w->n_items != 3)
        return false;
    for (size_t i = 0; i < 3; i++) {
        int64_t value;

        if (!kyso_pdf_to_integer(&w->items[i], 0, 8, &value))
            return false;
        widths->field[i] = (size_t)value;
        widths->row += (size_t)value;
    }
    return widths->field[1] > 0;
}

static bool read_row(const uint8_t *bytes, const struct widths *widths,
                     struct kyso_pdf_version *entry)
{
    uint64_t fields[3] = {1, 0, 0};

    for (size_t i = 0; i < 3; i++) {
        if (widths->field[i] > 0)
            fields[i] = 0;
        for (size_t j = 0; j < widths->field[i]; j++)
            fields[i] = fields[i] << 8 | *bytes++;
    }
    entry->place = fields[1];
    switch (fields[0]) {
    case 0:
        entry->kind = KYSO_PDF_ENTRY_FREE;
        entry->generation = (uint16_t)fields[2];
        return true;
    case 1:
        entry->kind = KYSO_PDF_ENTRY_PLAIN;
        entry->generation = (uint16_t)fields[2];
        return fields[2] <= UINT16_MAX;
    case 2:
        entry->kind = KYSO_PDF_ENTRY_COMPRESSED;
        entry->index = (uint32_t)fields[2];
        return fields[1] <= KYSO_PDF_OBJECTS_MAX && fields[2] <= KYSO_PDF_OBJECTS_MAX;
    default:
        return false;
    }
}

/* HYBRID: entries that the table already gives in full stay as they are (7.5.8.4). */
static int add_row(struct kyso_pdf_file *file, const struct kyso_pdf_version *entry, bool hybrid,
                   size_t first)
{
    struct kyso_pdf_version *there;

    if (!has_entry(file, entry->number, first))
        return hybrid && entry->kind == KYSO_PDF_ENTRY_FREE ? 0 : add_entry(file, entry);
    if (!hybrid)
        return kyso_pdf_fail(file, KYSO_PDF_XREF, "two entries of object %u", entry->number);
    there = &file->versions[file->heads[entry->number] - 1];
    if (there->kind == KYSO_PDF_ENTRY_FREE && entry->kind != KYSO_PDF_ENTRY_FREE) {
        uint32_t older = there->older;

        *there = *entry;
        there->older = older;
    }
    return 0;
}

static int add_rows(struct kyso_pdf_file *file, const uint8_t **at, const uint8_t *end,
                    const struct widths *widths, uint64_t start, uint64_t count,
                    struct kyso_pdf_section *section, bool hybrid)
{
    int r;

    if (start > KYSO_PDF_OBJECTS_MAX || count > KYSO_PDF_OBJECTS_MAX ||
        start + count > KYSO_PDF_OBJECTS_MAX)
        return kyso_pdf_fail(file, KYSO_PDF_LIMITS, "objects");
    if ((uint64_t)(end - *at) < count * widths->row)
        return bad_xref(file, section->place);
    if (count == 0)
        return 0;
    r = make_room(file, start + count - 1, count);
    for (uint64_t i = 0; r == 0 && i < count; i++, *at += widths->row) {
        struct kyso_pdf_version entry = {
            .number = (uint32_t)(start + i),
            .revision = (uint16_t)section->revision,
        };

        if (!read_row(*at, widths, &entry))
            return kyso_pdf_fail(file, KYSO_PDF_XREF, "entry of object %u", entry.number);
        r = add_row(file, &entry, hybrid, section->first);
    }
    return r;
}

static int add_stream(struct kyso_pdf_file *file, const struct kyso_pdf_object *stream,
                      struct kyso_pdf_section *section, bool hybrid)
{
    const struct kyso_pdf_object *index = kyso_pdf_get(stream, "Index");
    struct kyso_arena_mark mark = kyso_arena_mark(&file->scratch);
    struct widths widths;
    const uint8_t *at;
    size_t length;
    int64_t start, count;
    int r;

    if (!read_widths(stream, &widths) ||
        !kyso_pdf_to_integer(kyso_pdf_get(stream, "Size"), 0, INT64_MAX, &count))
        return bad_xref(file, section->place);
    r = kyso_pdf_decode(file, &file->scratch, 0, stream, &at, &length);
    if (r != 0)
        return r < 0 || file->problem.rule == KYSO_PDF_LIMITS ? r : bad_xref(file, section->place);
    if (index == NULL) {
        r = add_rows(file, &at, at + length, &widths, 0, (uint64_t)count, section, hybrid);
    } else {
        const uint8_t *end = at + length;

        if (index->type != KYSO_PDF_ARRAY || index->n_items % 2 != 0)
            return bad_xref(file, section->place);
        for (size_t i = 0; r == 0 && i < index->n_items; i += 2) {
            if (!kyso_pdf_to_integer(&index->items[i], 0, INT64_MAX / 2, &start) ||
                !kyso_pdf_to_integer(&index->items[i + 1], 0, INT64_MAX / 2, &count))
                return bad_xref(file, section->place);
            r = add_rows(file, &at, end, &widths, (uint64_t)start, (uint64_t)count, section,
                         hybrid);
        }
    }
    kyso_arena_rewind(&file->scratch, mark);
    return r;
}

static int add_section(struct kyso_pdf_file *file, struct kyso_pdf_section *section)
{
    struct kyso_lexer lexer = lexer_at(file, section->place);
    int64_t size;
    int r;

    section->first = file->n_versions;
    if (!kyso_pdf_to_integer(kyso_pdf_get(&section->trailer, "Size"), 1, KYSO_PDF_OBJECTS_MAX,
                             &size))
        return bad_xref(file, section->place);
    if (size > file->highest)
        file->highest = (uint32_t)size;
    if (section->kind == KYSO_PDF_SECTION_STREAM) {
        r = add_stream(file, &section->trailer, section, false);
    } else {
        r = kyso_lexer_word_here(&lexer, "xref") ? 0 : bad_xref(file, section->place);
        if (r == 0)
            r = walk_table(file, &lexer, add_subsection, section->revision);
        if (r == 0 && section->kind == KYSO_PDF_SECTION_HYBRID)
            r = add_stream(file, &section->hybrid_stream, section, true);
    }
    section->n = file->n_versions - section->first;
    return r;
}

int kyso_xref_read(struct kyso_pdf_file *file)
{
    uint64_t startxref = 0, end = 0;
    size_t n;
    int r = read_file_tail(file, &startxref, &end);

    if (r != 0)
        return r;
    file->sections = kyso_arena_take(&file->arena, KYSO_PDF_SECTIONS_MAX * sizeof(*file->sections));
    file->revisions =
        kyso_arena_take(&file->arena, KYSO_PDF_SECTIONS_MAX * sizeof(*file->revisions));
    if (file->sections == NULL || file->revisions == NULL)
        return kyso_pdf_no_memory(file);
    r = read_chain(file, startxref);
    if (r != 0)
        return r;
    reverse_sections(file);
    r = place_revisions(file);
    if (r != 0)
        return r;
    if (file->revisions[file->n_revisions - 1].end != end ||
        !file->revisions[file->n_revisions - 1].sound_tail)
        return kyso_pdf_fail(file, KYSO_PDF_NO_END, "offset %llu", (unsigned long long)end);
    n = file->n_sections;
    for (file->n_sections = 1; r == 0 && file->n_sections <= n; file->n_sections++)
        r = add_section(file, &file->sections[file->n_sections - 1]);
    file->n_sections = n;
    if (r == 0 && file->n_heads > 0)
        for (size_t i = 0; i < file->n_versions; i++)
            if (file->versions[i].number >= file->highest)
                file->highest = file->versions[i].number + 1;
    return r;
}
