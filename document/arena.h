/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DOCUMENT_ARENA_H
#define KYSO_DOCUMENT_ARENA_H

/* Memory for what is read out of one document: taken piece by piece, given back all at once or back
 * to a mark. A budget shared by several arenas bounds what a hostile file can make us hold. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/macros.h"

struct kyso_budget {
    size_t left; /* bytes that may still be taken */
    bool spent;  /* something was refused for want of budget (not of memory) */
};

struct kyso_arena_block;

struct kyso_arena {
    struct kyso_budget *budget; /* borrowed */
    struct kyso_arena_block *newest;
};

struct kyso_arena_mark {
    struct kyso_arena_block *block;
    size_t used;
};

void kyso_arena_done(struct kyso_arena *arena);
/* Zeroed memory aligned for any object; null when the budget or memory is spent. */
void *kyso_arena_take(struct kyso_arena *arena, size_t size);
void *kyso_arena_copy(struct kyso_arena *arena, const void *bytes, size_t length);

struct kyso_arena_mark kyso_arena_mark(const struct kyso_arena *arena);
/* Gives back everything taken since MARK; one block is kept for the next use. */
void kyso_arena_rewind(struct kyso_arena *arena, struct kyso_arena_mark mark);

#endif
