/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_COMMON_JAIL_H
#define KYSO_COMMON_JAIL_H

/* What a process gives up before it looks at anything a stranger made. Builds with -Djail=relaxed
 * (sanitizers) keep the file rules and leave out the memory limit and the system call filter. */

#include <stdint.h>

#include "common/macros.h"

enum kyso_jail_access {
    KYSO_JAIL_READ,    /* read files, list folders */
    KYSO_JAIL_EXEC,    /* read and execute or map */
    KYSO_JAIL_WRITE,   /* read, write, create, remove below */
    KYSO_JAIL_CONNECT, /* open a socket file or device that exists */
};

struct kyso_jail_path {
    const char *path; /* left out when it does not exist */
    enum kyso_jail_access access;
};

struct kyso_jail {
    const struct kyso_jail_path *paths; /* ended by a null path; null: no file at all */
    const int *calls;                   /* system calls beside the base set, ended by -1 */
    uint64_t memory;                    /* bytes of address space; 0: no limit */
    uint32_t cpu_seconds;               /* 0: no limit */
};

/* At the start of every program of ours: no core, not dumpable, no new privileges, umask 077. */
int kyso_jail_harden(void) KYSO_MUST_CHECK;

/* Enters the jail for good. The base set of system calls reads, writes and passes descriptors that
 * are already there, makes memory files, manages memory and ends; every other call kills the
 * process (SIGSYS). -ENOSYS when the kernel has no Landlock or seccomp: then nothing runs
 * unprotected. */
int kyso_jail_enter(const struct kyso_jail *jail) KYSO_MUST_CHECK;

#endif
