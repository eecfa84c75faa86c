/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "document/import.h"

#include <errno.h>
#include <string.h>

#include "common/outcome.h"

#define IMPORTED_MAX 10000U

struct import {
    struct kyso_pdf_writer *writer;
    struct kyso_pdf_file *from;
    uint32_t newest;
    uint32_t *numbers; /* old -> new; 0: not met yet */
    uint32_t *queue;
    size_t n_queue, at;
    bool failed;
};

static int unusable(struct import *import, const char *what)
{
    return kyso_pdf_fail(import->writer->file, KYSO_PDF_APPEARANCE, "%s", what);
}

static uint32_t new_number(struct import *import, uint32_t old)
{
    if (old >= import->from->highest || import->n_queue >= IMPORTED_MAX) {
        import->failed = true;
        return 0;
    }
    if (import->numbers[old] == 0) {
        import->numbers[old] = kyso_pdf_writer_number(import->writer);
        import->queue[import->n_queue++] = old;
    }
    return import->numbers[old];
}

static void put_value(struct import *import, struct kyso_buf *buf,
                      const struct kyso_pdf_object *object);

/* The entries of DICT without KEYS (null-ended). */
static void put_entries(struct import *import, struct kyso_buf *buf,
                        const struct kyso_pdf_object *dict, const char *const *keys)
{
    for (size_t i = 0; i < dict->n_pairs; i++) {
        const char *const *key = keys;

        while (*key != NULL && !kyso_pdf_text_is(&dict->pairs[i].key, *key))
            key++;
        if (*key != NULL)
            continue;
        kyso_pdf_put_name(buf, &dict->pairs[i].key);
        kyso_buf_put(buf, " ", 1);
        put_value(import, buf, &dict->pairs[i].value);
        kyso_buf_put(buf, " ", 1);
    }
}

static void put_value(struct import *import, struct kyso_buf *buf,
                      const struct kyso_pdf_object *object)
{
    static const char *const NONE[] = {NULL};

    switch (object->type) {
    case KYSO_PDF_REFERENCE:
        kyso_buf_printf(buf, "%u 0 R", new_number(import, object->number));
        break;
    case KYSO_PDF_ARRAY:
        kyso_buf_put(buf, "[", 1);
        for (size_t i = 0; i < object->n_items; i++) {
            if (i > 0)
                kyso_buf_put(buf, " ", 1);
            put_value(import, buf, &object->items[i]);
        }
        kyso_buf_put(buf, "]", 1);
        break;
    case KYSO_PDF_DICT:
    case KYSO_PDF_STREAM:
        kyso_buf_put(buf, "<< ", 3);
        put_entries(import, buf, object, NONE);
        kyso_buf_put(buf, ">>", 2);
        break;
    case KYSO_PDF_NULL:
    case KYSO_PDF_BOOLEAN:
    case KYSO_PDF_INTEGER:
    case KYSO_PDF_REAL:
    case KYSO_PDF_STRING:
    case KYSO_PDF_NAME:
        kyso_buf_put(buf, object->raw, object->raw_length);
        break;
    }
}

static int copy_object(struct import *import, uint32_t old)
{
    static const char *const LENGTH[] = {"Length", NULL};
    struct kyso_buf KYSO_BUF text = {.maximum = KYSO_PDF_UPDATE_MAX};
    struct kyso_pdf_object object;
    int r = kyso_pdf_load(import->from, &import->from->arena, old, import->newest, &object);

    if (r != 0)
        return r < 0 ? r : unusable(import, "object");
    if (object.type == KYSO_PDF_STREAM) {
        put_entries(import, &text, &object, LENGTH);
        kyso_pdf_put_stream(import->writer, import->numbers[old],
                            text.bytes != NULL ? (const char *)text.bytes : "", text.length,
                            object.data, object.data_length);
        return text.error;
    }
    kyso_pdf_begin(import->writer, import->numbers[old], 0);
    put_value(import, &import->writer->buf, &object);
    kyso_pdf_end(import->writer);
    return 0;
}

/* The content as one stream: its dictionary entries into DICT, its bytes as they are stored. */
static int gather_content(struct import *import, const struct kyso_pdf_object *page,
                          struct kyso_buf *dict, struct kyso_buf *joined, const uint8_t **ret_bytes,
                          size_t *ret_length)
{
    static const char *const LENGTH[] = {"Length", NULL};
    const struct kyso_pdf_object *contents, *part;
    struct kyso_arena *arena = &import->from->arena;
    int r = kyso_pdf_resolve_key(import->from, arena, import->newest, page, "Contents", &contents);

    if (r == 0 && contents != NULL && contents->type == KYSO_PDF_STREAM) {
        put_entries(import, dict, contents, LENGTH);
        *ret_bytes = contents->data;
        *ret_length = contents->data_length;
        return 0;
    }
    if (r != 0 || contents == NULL || contents->type != KYSO_PDF_ARRAY)
        return r < 0 ? r : unusable(import, "contents");
    for (size_t i = 0; i < contents->n_items; i++) {
        const uint8_t *bytes;
        size_t length;

        r = kyso_pdf_resolve(import->from, arena, import->newest, &contents->items[i], &part);
        if (r == 0 && (part == NULL || part->type != KYSO_PDF_STREAM))
            return unusable(import, "contents");
        if (r == 0)
            r = kyso_pdf_decode(import->from, arena, import->newest, part, &bytes, &length);
        if (r != 0)
            return r < 0 ? r : unusable(import, "contents");
        kyso_buf_put(joined, bytes, length);
        kyso_buf_put(joined, "\n", 1);
    }
    r = joined->error != 0
            ? joined->error
            : kyso_deflate(arena, joined->bytes, joined->length, ret_bytes, ret_length);
    kyso_buf_printf(dict, "/Filter /FlateDecode ");
    return r;
}

/* Resources may be inherited from the page tree; the only page is reached through /Parent. */
static int find_resources(struct import *import, const struct kyso_pdf_object *page,
                          const struct kyso_pdf_object **ret)
{
    const struct kyso_pdf_object *node = page;

    for (unsigned int i = 0; i < KYSO_PDF_DEPTH_MAX && node != NULL; i++) {
        const struct kyso_pdf_object *resources = kyso_pdf_get(node, "Resources");
        int r;

        if (resources != NULL) {
            *ret = resources;
            return 0;
        }
        r = kyso_pdf_resolve_key(import->from, &import->from->arena, import->newest, node, "Parent",
                                 &node);
        if (r != 0)
            return r < 0 ? r : unusable(import, "resources");
    }
    *ret = NULL;
    return 0;
}

static const char *matrix_of(uint32_t turn)
{
    switch (turn) {
    case 90:
        return "0 1 -1 0 0 0";
    case 180:
        return "-1 0 0 -1 0 0";
    case 270:
        return "0 -1 1 0 0 0";
    default:
        return "1 0 0 1 0 0";
    }
}

static int put_form(struct import *import, const struct kyso_pdf_page *page, uint32_t turn,
                    uint32_t number)
{
    struct kyso_buf KYSO_BUF dict = {0};
    struct kyso_buf KYSO_BUF joined = {.maximum = KYSO_PDF_UPDATE_MAX};
    const struct kyso_pdf_object *resources, *group;
    struct kyso_pdf_object object;
    const uint8_t *bytes;
    size_t length;
    int r =
        kyso_pdf_load(import->from, &import->from->arena, page->number, import->newest, &object);

    if (r == 0)
        r = gather_content(import, &object, &dict, &joined, &bytes, &length);
    if (r == 0)
        r = find_resources(import, &object, &resources);
    if (r != 0)
        return r < 0 ? r : unusable(import, "page");
    kyso_buf_printf(&dict, "/Type /XObject /Subtype /Form /BBox [%.4f %.4f %.4f %.4f] ",
                    page->crop.x0, page->crop.y0, page->crop.x1, page->crop.y1);
    kyso_buf_printf(&dict, "/Matrix [%s] /Resources ", matrix_of(turn));
    if (resources != NULL)
        put_value(import, &dict, resources);
    else
        kyso_buf_printf(&dict, "<< >>");
    group = kyso_pdf_get(&object, "Group");
    if (group != NULL) {
        kyso_buf_printf(&dict, " /Group ");
        put_value(import, &dict, group);
    }
    if (dict.error != 0)
        return dict.error;
    kyso_pdf_put_stream(import->writer, number, (const char *)dict.bytes, dict.length, bytes,
                        length);
    return 0;
}

int kyso_pdf_import(struct kyso_pdf_writer *writer, struct kyso_pdf_file *from, uint32_t turn,
                    uint32_t *ret_number)
{
    struct import import = {.writer = writer, .from = from, .newest = from->n_revisions - 1};
    uint32_t number = kyso_pdf_writer_number(writer);
    struct kyso_pdf_pages pages;
    int r = kyso_pdf_read_pages(from, import.newest, &pages);

    if (r != 0)
        return r < 0 ? r : unusable(&import, "pages");
    if (pages.n != 1 || pages.pages[0].number == 0 || pages.pages[0].rotate != 0 ||
        pages.pages[0].crop.x1 <= pages.pages[0].crop.x0 ||
        pages.pages[0].crop.y1 <= pages.pages[0].crop.y0)
        return unusable(&import, "page");
    import.numbers = kyso_arena_take(&from->arena, ((size_t)from->highest + 1) * sizeof(uint32_t));
    import.queue = kyso_arena_take(&from->arena, (IMPORTED_MAX + 1) * sizeof(uint32_t));
    if (import.numbers == NULL || import.queue == NULL)
        return kyso_pdf_no_memory(from);
    r = put_form(&import, &pages.pages[0], turn, number);
    while (r == 0 && import.at < import.n_queue)
        r = copy_object(&import, import.queue[import.at++]);
    if (r == 0 && import.failed)
        return unusable(&import, "objects");
    if (r == 0)
        *ret_number = number;
    return r;
}
