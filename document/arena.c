/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "document/arena.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_SIZE ((size_t)64 * 1024)

struct kyso_arena_block {
    struct kyso_arena_block *older;
    size_t size;
    size_t used;
    alignas(16) uint8_t bytes[];
};

static void drop_newest(struct kyso_arena *arena)
{
    struct kyso_arena_block *block = arena->newest;

    arena->newest = block->older;
    arena->budget->left += block->size;
    free(block);
}

void kyso_arena_done(struct kyso_arena *arena)
{
    while (arena->newest != NULL)
        drop_newest(arena);
}

static struct kyso_arena_block *add_block(struct kyso_arena *arena, size_t size)
{
    struct kyso_arena_block *block;

    if (size > arena->budget->left) {
        arena->budget->spent = true;
        return NULL;
    }
    block = malloc(sizeof(*block) + size);
    if (block == NULL)
        return NULL;
    arena->budget->left -= size;
    block->older = arena->newest;
    block->size = size;
    block->used = 0;
    arena->newest = block;
    return block;
}

void *kyso_arena_take(struct kyso_arena *arena, size_t size)
{
    struct kyso_arena_block *block = arena->newest;
    void *taken;

    if (size > SIZE_MAX / 2) {
        arena->budget->spent = true;
        return NULL;
    }
    size = (size + 15) & ~(size_t)15;
    if (block == NULL || block->size - block->used < size) {
        block = add_block(arena, size > BLOCK_SIZE / 4 ? size : BLOCK_SIZE);
        if (block == NULL)
            return NULL;
    }
    taken = block->bytes + block->used;
    block->used += size;
    return memset(taken, 0, size);
}

void *kyso_arena_copy(struct kyso_arena *arena, const void *bytes, size_t length)
{
    uint8_t *copy = kyso_arena_take(arena, length + 1);

    if (copy != NULL && length > 0)
        memcpy(copy, bytes, length);
    return copy;
}

struct kyso_arena_mark kyso_arena_mark(const struct kyso_arena *arena)
{
    struct kyso_arena_mark mark = {arena->newest, 0};

    if (arena->newest != NULL)
        mark.used = arena->newest->used;
    return mark;
}

void kyso_arena_rewind(struct kyso_arena *arena, struct kyso_arena_mark mark)
{
    while (arena->newest != mark.block && arena->newest != NULL) {
        /* The first ordinary block of an empty arena stays: loops rewind to it again and again. */
        if (mark.block == NULL && arena->newest->older == NULL &&
            arena->newest->size == BLOCK_SIZE) {
            arena->newest->used = 0;
            return;
        }
        drop_newest(arena);
    }
    if (arena->newest != NULL)
        arena->newest->used = mark.used;
}
