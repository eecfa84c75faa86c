/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pkcs11/token-jail.h"

#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "common/conf.h"
#include "common/error.h"
#include "common/jail.h"
#include "common/log.h"
#include "common/names.h"
#include "config.h"

#define PATHS_MAX 48
#define SOFTHSM_CONF_MAX 65536
#define FILES_MAX 128                            /* descriptors */
#define FILE_SIZE_MAX ((rlim_t)64 * 1024 * 1024) /* bytes of a file a module writes */
#define MEMORY_MAX ((uint64_t)1024 * 1024 * 1024)

struct paths {
    struct kyso_jail_path list[PATHS_MAX + 1]; /* ended by a null path */
    char *owned[PATHS_MAX];
    size_t n, n_owned;
};

static const struct kyso_jail_path FIXED[] = {
    {"/lib", KYSO_JAIL_EXEC},
    {"/lib64", KYSO_JAIL_EXEC},
    {"/usr/lib", KYSO_JAIL_EXEC},
    {"/usr/lib64", KYSO_JAIL_EXEC},
    {"/usr/local/lib", KYSO_JAIL_EXEC},
    {"/etc/ld.so.cache", KYSO_JAIL_READ},
    {"/etc/ld.so.preload", KYSO_JAIL_READ},
    {"/etc/ssl/openssl.cnf", KYSO_JAIL_READ},
    {"/etc/opensc", KYSO_JAIL_READ},
    {"/etc/localtime", KYSO_JAIL_READ},
    {"/usr/share/zoneinfo", KYSO_JAIL_READ},
    {"/usr/share/opensc", KYSO_JAIL_READ},
    {"/run/pcscd", KYSO_JAIL_CONNECT},
    {"/proc/self", KYSO_JAIL_READ},
    {"/proc/cpuinfo", KYSO_JAIL_READ},
    {"/proc/filesystems", KYSO_JAIL_READ},
    {"/sys/devices/system/cpu", KYSO_JAIL_READ},
    {"/dev/urandom", KYSO_JAIL_READ},
    {"/dev/random", KYSO_JAIL_READ},
    {"/dev/null", KYSO_JAIL_CONNECT},
};

static const int CALLS[] = {
    SCMP_SYS(open),
    SCMP_SYS(openat),
    SCMP_SYS(stat),
    SCMP_SYS(lstat),
    SCMP_SYS(statx),
    SCMP_SYS(access),
    SCMP_SYS(faccessat),
    SCMP_SYS(faccessat2),
    SCMP_SYS(readlink),
    SCMP_SYS(readlinkat),
    SCMP_SYS(getdents64),
    SCMP_SYS(getcwd),
    SCMP_SYS(statfs),
    SCMP_SYS(umask),
    SCMP_SYS(unlink),
    SCMP_SYS(unlinkat),
    SCMP_SYS(rename),
    SCMP_SYS(renameat),
    SCMP_SYS(renameat2),
    SCMP_SYS(mkdir),
    SCMP_SYS(mkdirat),
    SCMP_SYS(fsync),
    SCMP_SYS(fdatasync),
    SCMP_SYS(flock),
    SCMP_SYS(readv),
    SCMP_SYS(preadv),
    SCMP_SYS(pwritev),
    SCMP_SYS(fadvise64),
    SCMP_SYS(dup2),
    SCMP_SYS(dup3),
    SCMP_SYS(pipe),
    SCMP_SYS(pipe2),
    SCMP_SYS(eventfd2),
    SCMP_SYS(socket),
    SCMP_SYS(socketpair),
    SCMP_SYS(connect),
    SCMP_SYS(getsockopt),
    SCMP_SYS(setsockopt),
    SCMP_SYS(getsockname),
    SCMP_SYS(getpeername),
    SCMP_SYS(sendto),
    SCMP_SYS(recvfrom),
    SCMP_SYS(shutdown),
    SCMP_SYS(select),
    SCMP_SYS(pselect6),
    SCMP_SYS(epoll_create1),
    SCMP_SYS(epoll_ctl),
    SCMP_SYS(epoll_wait),
    SCMP_SYS(epoll_pwait),
    SCMP_SYS(inotify_init1),
    SCMP_SYS(inotify_add_watch),
    SCMP_SYS(inotify_rm_watch),
    SCMP_SYS(ioctl),
    SCMP_SYS(clone),
    SCMP_SYS(clone3),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(rseq),
    SCMP_SYS(set_tid_address),
    SCMP_SYS(sched_yield),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(sched_getparam),
    SCMP_SYS(sched_getscheduler),
    SCMP_SYS(sched_getattr),
    SCMP_SYS(sched_setattr),
    SCMP_SYS(getcpu),
    SCMP_SYS(prlimit64),
    SCMP_SYS(getrlimit),
    SCMP_SYS(getrusage),
    SCMP_SYS(times),
    SCMP_SYS(getuid),
    SCMP_SYS(geteuid),
    SCMP_SYS(getgid),
    SCMP_SYS(getegid),
    SCMP_SYS(getresuid),
    SCMP_SYS(getresgid),
    SCMP_SYS(getgroups),
    SCMP_SYS(getppid),
    SCMP_SYS(getpgrp),
    SCMP_SYS(uname),
    SCMP_SYS(time),
    SCMP_SYS(clock_getres),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(nanosleep),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(tgkill),
    SCMP_SYS(prctl),
    SCMP_SYS(arch_prctl),
    SCMP_SYS(munlock),
    SCMP_SYS(msync),
    SCMP_SYS(mincore),
    SCMP_SYS(membarrier),
    SCMP_SYS(alarm),
    SCMP_SYS(setitimer),
    SCMP_SYS(semget),
    SCMP_SYS(semop),
    SCMP_SYS(semctl),
    SCMP_SYS(semtimedop),
    SCMP_SYS(shmget),
    SCMP_SYS(shmat),
    SCMP_SYS(shmctl),
    SCMP_SYS(shmdt),
    SCMP_SYS(pause),
    -1,
};

static int add(struct paths *paths, const char *path, enum kyso_jail_access access)
{
    if (paths->n >= PATHS_MAX)
        return kyso_trace(-E2BIG);
    paths->list[paths->n++] = (struct kyso_jail_path){path, access};
    return 0;
}

/* Whether PATH is FOLDER or lies in it; both absolute and resolved. */
static bool inside(const char *folder, const char *path)
{
    size_t length = strlen(folder);

    if (length > 0 && folder[length - 1] == '/')
        length--;
    return strncmp(folder, path, length) == 0 && (path[length] == '/' || path[length] == '\0');
}

static bool overlap(const char *one, const char *other)
{
    return inside(one, other) || inside(other, one);
}

/* A path that configuration names, resolved; one that is missing is left out. */
static int add_named(struct paths *paths, const char *path, enum kyso_jail_access access)
{
    char *resolved;

    if (path[0] != '/')
        return kyso_trace(-EPERM);
    resolved = realpath(path, NULL);
    if (resolved == NULL)
        return errno == ENOENT ? 0 : kyso_trace_errno();
    if (paths->n_owned >= PATHS_MAX || overlap(resolved, KYSO_STATE_DIR) ||
        (access == KYSO_JAIL_WRITE && overlap(resolved, KYSO_CONFIG_DIR))) {
        kyso_log(KYSO_LOG_ERROR, "a module may not be given %s", resolved);
        free(resolved);
        return kyso_trace(-EPERM);
    }
    paths->owned[paths->n_owned++] = resolved;
    return add(paths, resolved, access);
}

static int add_module(struct paths *paths, const char *module)
{
    char folder[PATH_MAX];
    const char *slash = module != NULL ? strrchr(module, '/') : NULL;

    if (slash == NULL)
        return 0;
    if (slash == module || (size_t)(slash - module) >= sizeof(folder))
        return kyso_trace(-EPERM);
    memcpy(folder, module, (size_t)(slash - module));
    folder[slash - module] = '\0';
    return add_named(paths, folder, KYSO_JAIL_EXEC);
}

/* The value of "directories.tokendir = FOLDER" in SoftHSM's configuration; null without one. */
static char *find_token_folder(char *text)
{
    static const char KEY[] = "directories.tokendir";
    char *rest = NULL;

    for (char *line = strtok_r(text, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        line += strspn(line, " \t");
        if (strncmp(line, KEY, sizeof(KEY) - 1) != 0)
            continue;
        line += sizeof(KEY) - 1;
        line += strspn(line, " \t=");
        line[strcspn(line, " \t\r")] = '\0';
        return line;
    }
    return NULL;
}

static int add_softhsm(struct paths *paths)
{
    const char *file = getenv("SOFTHSM2_CONF");
    KYSO_FREE char *text = NULL;
    struct kyso_conf_problem problem;
    size_t length = 0;
    const char *folder;
    int r;

    if (file == NULL)
        return 0;
    r = kyso_conf_load(file, false, SOFTHSM_CONF_MAX, &text, &length, &problem);
    if (r != 0)
        return r == -ENOENT ? 0 : kyso_trace(r < 0 ? r : -EINVAL);
    folder = find_token_folder(text);
    r = add_named(paths, file, KYSO_JAIL_READ);
    return r == 0 && folder != NULL ? add_named(paths, folder, KYSO_JAIL_WRITE) : r;
}

static int add_module_files(struct paths *paths)
{
    const char *list = getenv("KYSO_MODULE_FILES");
    KYSO_FREE char *copy = strdup(list != NULL ? list : "");
    char *rest = NULL;
    int r = 0;

    if (copy == NULL)
        return kyso_trace(-ENOMEM);
    for (char *path = strtok_r(copy, ":", &rest); path != NULL && r == 0;
         path = strtok_r(NULL, ":", &rest))
        r = add_named(paths, path, KYSO_JAIL_WRITE);
    return r;
}

static int collect(struct paths *paths, const char *module)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < KYSO_ARRAY_LEN(FIXED); i++)
        r = add(paths, FIXED[i].path, FIXED[i].access);
    if (r == 0)
        r = add_module(paths, module);
    if (r == 0)
        r = add_softhsm(paths);
    return r == 0 ? add_module_files(paths) : r;
}

static int set_limits(void)
{
    const struct rlimit files = {FILES_MAX, FILES_MAX};
    const struct rlimit size = {FILE_SIZE_MAX, FILE_SIZE_MAX};

    if (setrlimit(RLIMIT_NOFILE, &files) < 0 || setrlimit(RLIMIT_FSIZE, &size) < 0)
        return kyso_trace_errno();
    return 0;
}

#if KYSO_JAIL_STRICT
/* Rules about arguments, beside the list of calls: they answer an error, so that code which only
 * tries goes on without. */
static int filter_arguments(void)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    int r = filter != NULL ? 0 : -ENOMEM;

    if (r == 0)
        r = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EAFNOSUPPORT), SCMP_SYS(socket), 1,
                             SCMP_A0(SCMP_CMP_NE, AF_UNIX));
    if (r == 0) /* a thread, never a process */
        r = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1,
                             SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0));
    if (r == 0) /* its flags are behind a pointer; the C library falls back to clone */
        r = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
    if (r == 0) /* typing into the terminal that stderr may be */
        r = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(ioctl), 1,
                             SCMP_A1(SCMP_CMP_EQ, TIOCSTI));
    if (r == 0)
        r = seccomp_load(filter);
    seccomp_release(filter);
    return kyso_trace(r);
}
#endif

int kyso_token_jail_enter(const char *module)
{
    struct paths paths = {0};
    const struct kyso_jail jail = {.paths = paths.list, .calls = CALLS, .memory = MEMORY_MAX};
    int r = collect(&paths, module);

    if (r == 0)
        r = set_limits();
#if KYSO_JAIL_STRICT
    if (r == 0)
        r = kyso_jail_harden(); /* the filter below needs "no new privileges" */
    if (r == 0)
        r = filter_arguments();
#endif
    if (r == 0)
        r = kyso_jail_enter(&jail);
    for (size_t i = 0; i < paths.n_owned; i++)
        free(paths.owned[i]);
    return r;
}
