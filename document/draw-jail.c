/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "document/draw-jail.h"

#include <stddef.h>
#include <sys/syscall.h>

static const struct kyso_jail_path PATHS[] = {
    {"/usr/share/fonts", KYSO_JAIL_READ},
    {"/usr/local/share/fonts", KYSO_JAIL_READ},
    {NULL, KYSO_JAIL_READ},
};

/* Fonts are opened inside the jail, for Pango starts threads and a jail holds only the threads that
 * are started in it. */
static const int CALLS[] = {
    SYS_openat, SYS_access,          SYS_faccessat2, SYS_readlink, SYS_clone,
    SYS_clone3, SYS_set_robust_list, SYS_rseq,       SYS_prctl, /* thread names */
    -1,
};

const struct kyso_jail kyso_draw_jail = {
    .paths = PATHS,
    .calls = CALLS,
    .memory = (uint64_t)256 * 1024 * 1024,
    .cpu_seconds = 10,
};
