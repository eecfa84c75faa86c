/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_COMMON_MACROS_H
#define KYSO_COMMON_MACROS_H

/* Small language helpers used everywhere. Nothing here allocates or fails. */

#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#define KYSO_ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define KYSO_MUST_CHECK __attribute__((warn_unused_result))
#define KYSO_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define KYSO_UNUSED __attribute__((unused))
#define KYSO_CLEANUP(fn) __attribute__((cleanup(fn)))
#define KYSO_CONTAINER_OF(ptr, type, member)                                                       \
    ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

/* Takes the pointer out of a variable that a scope cleanup would otherwise release. */
#define KYSO_STEAL(p)                                                                              \
    __extension__({                                                                                \
        __typeof__(p) *kyso_steal_ = &(p);                                                         \
        __typeof__(p) kyso_stolen_ = *kyso_steal_;                                                 \
        *kyso_steal_ = NULL;                                                                       \
        kyso_stolen_;                                                                              \
    })

static inline int kyso_steal_fd(int *fd)
{
    int taken = *fd;

    *fd = -1;
    return taken;
}

static inline void kyso_close(int *fd)
{
    if (*fd >= 0) {
        (void)close(*fd);
        *fd = -1;
    }
}

static inline void kyso_freep(void *p)
{
    void **pointer = (void **)p;

    free(*pointer);
    *pointer = NULL;
}

#define KYSO_CLOSE KYSO_CLEANUP(kyso_close)
#define KYSO_FREE KYSO_CLEANUP(kyso_freep)

#endif
