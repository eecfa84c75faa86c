/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/jail.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>

#include "common/error.h"
#include "config.h"

#define READ_ACCESS (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define WRITE_ACCESS                                                                               \
    (READ_ACCESS | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_FILE |                \
     LANDLOCK_ACCESS_FS_MAKE_REG)
#define FILE_ACCESS                                                                                \
    (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_EXECUTE)
#define ALL_ACCESS ((1ULL << 13) - 1) /* every right of Landlock's first version */

int kyso_jail_harden(void)
{
    struct rlimit none = {0, 0};

    (void)umask(077);
    if (setrlimit(RLIMIT_CORE, &none) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 ||
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return kyso_trace_errno();
    return 0;
}

static uint64_t rights(enum kyso_jail_access access)
{
    switch (access) {
    case KYSO_JAIL_READ:
        return READ_ACCESS;
    case KYSO_JAIL_EXEC:
        return READ_ACCESS | LANDLOCK_ACCESS_FS_EXECUTE;
    case KYSO_JAIL_WRITE:
        return WRITE_ACCESS;
    case KYSO_JAIL_CONNECT:
        return LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE;
    }
    return 0;
}

static int allow_path(int ruleset, const struct kyso_jail_path *rule)
{
    struct landlock_path_beneath_attr beneath = {.allowed_access = rights(rule->access)};
    KYSO_CLOSE int fd = open(rule->path, O_PATH | O_CLOEXEC);
    struct stat status;

    if (fd < 0)
        return errno == ENOENT ? 0 : kyso_trace_errno();
    if (fstat(fd, &status) < 0)
        return kyso_trace_errno();
    if (!S_ISDIR(status.st_mode))
        beneath.allowed_access &= FILE_ACCESS;
    beneath.parent_fd = fd;
    if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0) < 0)
        return kyso_trace_errno();
    return 0;
}

static int restrict_files(const struct kyso_jail_path *paths)
{
    struct landlock_ruleset_attr attributes = {.handled_access_fs = ALL_ACCESS};
    KYSO_CLOSE int ruleset =
        (int)syscall(SYS_landlock_create_ruleset, &attributes, sizeof(attributes), 0);

    if (ruleset < 0)
        return kyso_trace_errno();
    for (; paths != NULL && paths->path != NULL; paths++) {
        int r = allow_path(ruleset, paths);

        if (r < 0)
            return r;
    }
    if (syscall(SYS_landlock_restrict_self, ruleset, 0) < 0)
        return kyso_trace_errno();
    return 0;
}

static int limit(__rlimit_resource_t resource, uint64_t value)
{
    struct rlimit both = {value, value};

    if (value != 0 && setrlimit(resource, &both) < 0)
        return kyso_trace_errno();
    return 0;
}

#if KYSO_JAIL_STRICT
static const int BASE_CALLS[] = {
    SCMP_SYS(read),
    SCMP_SYS(pread64),
    SCMP_SYS(write),
    SCMP_SYS(pwrite64),
    SCMP_SYS(writev),
    SCMP_SYS(lseek),
    SCMP_SYS(fstat),
    SCMP_SYS(newfstatat),
    SCMP_SYS(fstatfs),
    SCMP_SYS(fcntl),
    SCMP_SYS(close),
    SCMP_SYS(dup),
    SCMP_SYS(sendmsg),
    SCMP_SYS(recvmsg),
    SCMP_SYS(memfd_create),
    SCMP_SYS(ftruncate),
    SCMP_SYS(brk),
    SCMP_SYS(mmap),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(mprotect),
    SCMP_SYS(madvise),
    SCMP_SYS(mlock),
    SCMP_SYS(futex),
    SCMP_SYS(getrandom),
    SCMP_SYS(sysinfo),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
};

static int filter_calls(const int *extra)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    int r = filter != NULL ? 0 : -ENOMEM;

    for (size_t i = 0; r == 0 && i < KYSO_ARRAY_LEN(BASE_CALLS); i++)
        r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, BASE_CALLS[i], 0);
    for (; r == 0 && extra != NULL && *extra != -1; extra++)
        r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, *extra, 0);
    if (r == 0)
        r = seccomp_load(filter);
    seccomp_release(filter);
    return kyso_trace(r);
}
#else
static bool entered;

/* A sanitizer asks this when the process ends, and then reads /proc to find what was lost, which
 * the file rules forbid: it would take that for an error. */
__attribute__((visibility("default"))) int __lsan_is_turned_off(void);

int __lsan_is_turned_off(void)
{
    return entered;
}
#endif

int kyso_jail_enter(const struct kyso_jail *jail)
{
    int r = kyso_jail_harden();

    tzset(); /* the C library reads the zone's file at the first gmtime(), which would be too late
              */
    if (r == 0)
        r = restrict_files(jail->paths);
    if (r == 0)
        r = limit(RLIMIT_CPU, jail->cpu_seconds);
#if KYSO_JAIL_STRICT
    if (r == 0)
        r = limit(RLIMIT_AS, jail->memory);
    if (r == 0)
        r = filter_calls(jail->calls);
#else
    entered = true;
#endif
    return kyso_trace(r);
}
