/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "document/pages.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/outcome.h"

#define SLACK 0.01 /* points by which a box may leave the page for rounding */
#define COORDINATE_MAX 1e7

struct inherited {
    struct kyso_pdf_rect media, crop;
    bool has_media, has_crop;
    int64_t rotate;
};

struct walk {
    struct kyso_pdf_file *file;
    uint32_t revision;
    uint8_t *visited; /* one bit per number */
    struct kyso_pdf_page *pages;
    size_t n, room;
};

int kyso_pdf_catalog(struct kyso_pdf_file *file, struct kyso_arena *arena, uint32_t revision,
                     const struct kyso_pdf_object **ret_catalog)
{
    const struct kyso_pdf_object *root =
        kyso_pdf_get(&kyso_pdf_section(file, revision)->trailer, "Root");
    const struct kyso_pdf_object *catalog;
    int r;

    if (root == NULL || root->type != KYSO_PDF_REFERENCE)
        return kyso_pdf_fail(file, KYSO_PDF_OBJECT, "Root");
    r = kyso_pdf_resolve(file, arena, revision, root, &catalog);
    if (r != 0)
        return r;
    if (catalog == NULL || catalog->type != KYSO_PDF_DICT)
        return kyso_pdf_fail(file, KYSO_PDF_OBJECT, "Root");
    *ret_catalog = catalog;
    return 0;
}

static double smaller(double a, double b)
{
    return a < b ? a : b;
}

static double larger(double a, double b)
{
    return a > b ? a : b;
}

bool kyso_pdf_to_rect(struct kyso_pdf_file *file, uint32_t revision,
                      const struct kyso_pdf_object *object, struct kyso_pdf_rect *ret_rect)
{
    const struct kyso_pdf_object *array;
    double n[4];

    if (kyso_pdf_resolve(file, &file->arena, revision, object, &array) != 0 || array == NULL ||
        array->type != KYSO_PDF_ARRAY || array->n_items != 4)
        return false;
    for (size_t i = 0; i < 4; i++) {
        const struct kyso_pdf_object *item;

        if (kyso_pdf_resolve(file, &file->arena, revision, &array->items[i], &item) != 0 ||
            !kyso_pdf_to_real(item, &n[i]) || !(fabs(n[i]) < COORDINATE_MAX))
            return false;
    }
    ret_rect->x0 = smaller(n[0], n[2]);
    ret_rect->y0 = smaller(n[1], n[3]);
    ret_rect->x1 = larger(n[0], n[2]);
    ret_rect->y1 = larger(n[1], n[3]);
    return true;
}

static int bad_pages(struct walk *walk, uint32_t number)
{
    return kyso_pdf_fail(walk->file, KYSO_PDF_PAGES, "object %u", number);
}

/* Takes over what NODE says itself. */
static int inherit(struct walk *walk, const struct kyso_pdf_object *node, uint32_t number,
                   struct inherited *state)
{
    const struct kyso_pdf_object *media = kyso_pdf_get(node, "MediaBox");
    const struct kyso_pdf_object *crop = kyso_pdf_get(node, "CropBox");
    const struct kyso_pdf_object *rotate;
    int r = kyso_pdf_resolve_key(walk->file, &walk->file->arena, walk->revision, node, "Rotate",
                                 &rotate);

    if (r != 0)
        return r;
    if (media != NULL) {
        if (!kyso_pdf_to_rect(walk->file, walk->revision, media, &state->media))
            return bad_pages(walk, number);
        state->has_media = true;
    }
    if (crop != NULL) {
        if (!kyso_pdf_to_rect(walk->file, walk->revision, crop, &state->crop))
            return bad_pages(walk, number);
        state->has_crop = true;
    }
    if (rotate != NULL &&
        (!kyso_pdf_to_integer(rotate, -3600, 3600, &state->rotate) || state->rotate % 90 != 0))
        return bad_pages(walk, number);
    return 0;
}

static int add_page(struct walk *walk, const struct kyso_pdf_object *node, uint32_t number,
                    const struct inherited *state)
{
    struct kyso_pdf_page page = {.number = number, .user_unit = 1, .crop = state->media};
    const struct kyso_pdf_object *unit;
    int r = kyso_pdf_resolve_key(walk->file, &walk->file->arena, walk->revision, node, "UserUnit",
                                 &unit);

    if (r != 0)
        return r;
    if (!state->has_media)
        return bad_pages(walk, number);
    if (unit != NULL && (!kyso_pdf_to_real(unit, &page.user_unit) ||
                         !(page.user_unit >= 0.001 && page.user_unit <= 100000)))
        return bad_pages(walk, number);
    if (state->has_crop) {
        page.crop.x0 = larger(state->crop.x0, state->media.x0);
        page.crop.y0 = larger(state->crop.y0, state->media.y0);
        page.crop.x1 = smaller(state->crop.x1, state->media.x1);
        page.crop.y1 = smaller(state->crop.y1, state->media.y1);
        if (page.crop.x1 <= page.crop.x0 || page.crop.y1 <= page.crop.y0)
            page.crop = state->media;
    }
    page.rotate = (uint32_t)((state->rotate % 360 + 360) % 360);
    if (walk->n == walk->room) {
        size_t room = walk->room == 0 ? 16 : walk->room * 2;
        struct kyso_pdf_page *bigger = kyso_arena_take(&walk->file->arena, room * sizeof(*bigger));

        if (bigger == NULL)
            return kyso_pdf_no_memory(walk->file);
        if (walk->n > 0)
            memcpy(bigger, walk->pages, walk->n * sizeof(*bigger));
        walk->pages = bigger;
        walk->room = room;
    }
    walk->pages[walk->n++] = page;
    return 0;
}

static int walk_node(struct walk *walk, const struct kyso_pdf_object *reference,
                     struct inherited state, unsigned int depth)
{
    const struct kyso_pdf_object *node, *kids;
    uint32_t number = reference->type == KYSO_PDF_REFERENCE ? reference->number : 0;
    int r;

    if (depth > KYSO_PDF_DEPTH_MAX)
        return kyso_pdf_fail(walk->file, KYSO_PDF_LIMITS, "depth of pages");
    if (number >= walk->file->highest)
        return bad_pages(walk, number);
    if (number != 0) {
        if ((walk->visited[number / 8] >> number % 8 & 1) != 0)
            return bad_pages(walk, number);
        walk->visited[number / 8] |= (uint8_t)(1U << number % 8);
    }
    r = kyso_pdf_resolve(walk->file, &walk->file->arena, walk->revision, reference, &node);
    if (r != 0)
        return r;
    if (node == NULL || node->type != KYSO_PDF_DICT)
        return bad_pages(walk, number);
    r = inherit(walk, node, number, &state);
    if (r == 0)
        r = kyso_pdf_resolve_key(walk->file, &walk->file->arena, walk->revision, node, "Kids",
                                 &kids);
    if (r != 0)
        return r;
    if (kyso_pdf_is_name(kyso_pdf_get(node, "Type"), "Page") && kids == NULL)
        return add_page(walk, node, number, &state);
    if (!kyso_pdf_is_name(kyso_pdf_get(node, "Type"), "Pages") || kids == NULL ||
        kids->type != KYSO_PDF_ARRAY)
        return bad_pages(walk, number);
    for (size_t i = 0; r == 0 && i < kids->n_items; i++)
        r = walk_node(walk, &kids->items[i], state, depth + 1);
    return r;
}

int kyso_pdf_read_pages(struct kyso_pdf_file *file, uint32_t revision,
                        struct kyso_pdf_pages *ret_pages)
{
    struct walk walk = {.file = file, .revision = revision};
    struct inherited state = {.rotate = 0};
    const struct kyso_pdf_object *catalog, *root;
    int r = kyso_pdf_catalog(file, &file->arena, revision, &catalog);

    if (r != 0)
        return r;
    root = kyso_pdf_get(catalog, "Pages");
    if (root == NULL || root->type != KYSO_PDF_REFERENCE)
        return bad_pages(&walk, 0);
    walk.visited = kyso_arena_take(&file->arena, file->highest / 8 + 1);
    if (walk.visited == NULL)
        return kyso_pdf_no_memory(file);
    r = walk_node(&walk, root, state, 0);
    if (r != 0)
        return r;
    if (walk.n == 0)
        return bad_pages(&walk, root->number);
    ret_pages->pages = walk.pages;
    ret_pages->n = walk.n;
    return 0;
}

uint32_t kyso_pdf_page_of(const struct kyso_pdf_pages *pages, uint32_t number)
{
    for (size_t i = 0; number != 0 && i < pages->n; i++)
        if (pages->pages[i].number == number)
            return (uint32_t)(i + 1);
    return 0;
}

bool kyso_pdf_box_to_rect(const struct kyso_pdf_page *page, const struct kyso_pdf_box *box,
                          struct kyso_pdf_rect *ret_rect)
{
    double unit = page->user_unit;
    double width = page->crop.x1 - page->crop.x0, height = page->crop.y1 - page->crop.y0;
    bool turned = page->rotate % 180 != 0;
    double shown_width = (turned ? height : width) * unit;
    double shown_height = (turned ? width : height) * unit;
    struct kyso_pdf_rect rect;
    double x = box->x / unit, y = box->y / unit, w = box->width / unit, h = box->height / unit;

    if (!(box->width > 0 && box->height > 0 && box->x >= -SLACK && box->y >= -SLACK &&
          box->x + box->width <= shown_width + SLACK &&
          box->y + box->height <= shown_height + SLACK))
        return false;
    switch (page->rotate) {
    case 90:
        rect = (struct kyso_pdf_rect){width - y - h, x, width - y, x + w};
        break;
    case 180:
        rect = (struct kyso_pdf_rect){width - x - w, height - y - h, width - x, height - y};
        break;
    case 270:
        rect = (struct kyso_pdf_rect){y, height - x - w, y + h, height - x};
        break;
    default:
        rect = (struct kyso_pdf_rect){x, y, x + w, y + h};
        break;
    }
    ret_rect->x0 = rect.x0 + page->crop.x0;
    ret_rect->y0 = rect.y0 + page->crop.y0;
    ret_rect->x1 = rect.x1 + page->crop.x0;
    ret_rect->y1 = rect.y1 + page->crop.y0;
    return true;
}

struct kyso_pdf_box kyso_pdf_rect_to_box(const struct kyso_pdf_page *page,
                                         const struct kyso_pdf_rect *rect)
{
    double width = page->crop.x1 - page->crop.x0, height = page->crop.y1 - page->crop.y0;
    double x0 = rect->x0 - page->crop.x0, y0 = rect->y0 - page->crop.y0;
    double w = rect->x1 - rect->x0, h = rect->y1 - rect->y0;
    bool turned = page->rotate % 180 != 0;
    struct kyso_pdf_box box = {x0, y0, turned ? h : w, turned ? w : h};

    if (page->rotate == 90) {
        box.x = y0;
        box.y = width - x0 - w;
    } else if (page->rotate == 180) {
        box.x = width - x0 - w;
        box.y = height - y0 - h;
    } else if (page->rotate == 270) {
        box.x = height - y0 - h;
        box.y = x0;
    }
    box.x *= page->user_unit;
    box.y *= page->user_unit;
    box.width *= page->user_unit;
    box.height *= page->user_unit;
    return box;
}
