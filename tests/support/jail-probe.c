/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Enters the jail of each worker that reads what strangers made and tries what it must not be able
 * to do: every call has to end the process or be refused. */

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cms/cms-jail.h"
#include "common/macros.h"
#include "config.h"
#include "document/draw-jail.h"
#include "document/pdf-jail.h"

#define SKIPPED 77

static long open_file(void)
{
    return syscall(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY, 0);
}

static long old_open(void)
{
    return syscall(SYS_open, "/etc/passwd", O_RDONLY, 0);
}

static long write_file(void)
{
    return syscall(SYS_openat, AT_FDCWD, "/tmp/kyso-jail-probe", O_WRONLY | O_CREAT, 0600);
}

static long network(void)
{
    return syscall(SYS_socket, AF_INET, SOCK_STREAM, 0);
}

static long local_socket(void)
{
    return syscall(SYS_socket, AF_UNIX, SOCK_STREAM, 0);
}

static long pair(void)
{
    int ends[2];

    return syscall(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, ends);
}

static long run_program(void)
{
    const char *const none[] = {NULL};

    return syscall(SYS_execve, "/bin/true", none, none);
}

static long new_process(void)
{
    return syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
}

static long old_fork(void)
{
    return syscall(SYS_fork);
}

static long trace(void)
{
    return syscall(SYS_ptrace, PTRACE_ATTACH, getppid(), 0, 0);
}

static long send_signal(void)
{
    return syscall(SYS_kill, getppid(), 0);
}

static long read_other(void)
{
    return syscall(SYS_process_vm_readv, getppid(), NULL, 0, NULL, 0, 0);
}

static long remove_file(void)
{
    return syscall(SYS_unlink, "/tmp/kyso-jail-probe");
}

static long rename_file(void)
{
    return syscall(SYS_rename, "/tmp/kyso-jail-probe", "/tmp/kyso-jail-probe-2");
}

static long new_folder(void)
{
    return syscall(SYS_mkdir, "/tmp/kyso-jail-probe.d", 0700);
}

static long change_mode(void)
{
    return syscall(SYS_chmod, "/tmp", 01777);
}

static long change_user(void)
{
    return syscall(SYS_setuid, 65534);
}

static long mount_something(void)
{
    return syscall(SYS_mount, "none", "/tmp", "tmpfs", 0, NULL);
}

static long new_namespace(void)
{
    return syscall(SYS_unshare, CLONE_NEWUSER);
}

static long load_bpf(void)
{
    return syscall(SYS_bpf, BPF_MAP_CREATE, NULL, 0);
}

static long ring(void)
{
    return syscall(SYS_io_uring_setup, 1, NULL);
}

static long keys(void)
{
    return syscall(SYS_keyctl, 0, 0, 0, 0, 0);
}

static long page_faults(void)
{
    return syscall(SYS_userfaultfd, 0);
}

static long shared_memory(void)
{
    return syscall(SYS_shmget, 0, 4096, 0600);
}

static const struct probe {
    const char *name;
    long (*try_it)(void);
} PROBES[] = {
    {"openat for reading", open_file},
    {"open", old_open},
    {"openat for writing", write_file},
    {"internet socket", network},
    {"local socket", local_socket},
    {"socketpair", pair},
    {"execve", run_program},
    {"clone", new_process},
    {"fork", old_fork},
    {"ptrace", trace},
    {"kill", send_signal},
    {"process_vm_readv", read_other},
    {"unlink", remove_file},
    {"rename", rename_file},
    {"mkdir", new_folder},
    {"chmod", change_mode},
    {"setuid", change_user},
    {"mount", mount_something},
    {"unshare", new_namespace},
    {"bpf", load_bpf},
    {"io_uring_setup", ring},
    {"keyctl", keys},
    {"userfaultfd", page_faults},
    {"shmget", shared_memory},
};

/* The worker's own work goes on: memory, memory files and reading what is open. */
static int work_as_usual(void)
{
    void *memory = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int fd = memfd_create("probe", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    return memory != MAP_FAILED && fd >= 0 && write(fd, "x", 1) == 1 &&
                   fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE) == 0
               ? 0
               : 1;
}

static int wait_for(pid_t child)
{
    int status = 0;

    return child > 0 && waitpid(child, &status, 0) == child ? status : -1;
}

static bool probe_fails(const struct kyso_jail *jail, const struct probe *probe)
{
    pid_t child = fork();
    int status;

    if (child == 0) {
        long r;

        if (kyso_jail_enter(jail) != 0)
            _exit(2);
        r = probe != NULL ? probe->try_it() : work_as_usual();
        if (probe == NULL)
            _exit((int)r);
        _exit(r < 0 && (errno == EACCES || errno == EPERM) ? 0 : 1);
    }
    status = wait_for(child);
    if (probe != NULL && WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
        return true;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* THREADS: the worker's libraries start threads, so that clone() itself is let through. */
static bool probe_jail(const char *name, const struct kyso_jail *jail, bool threads)
{
    size_t refused = 0, tried = 0;

    if (!probe_fails(jail, NULL)) {
        printf("%s: its own work does not go on\n", name);
        return false;
    }
    for (size_t i = 0; i < KYSO_ARRAY_LEN(PROBES); i++) {
        if (threads && PROBES[i].try_it == new_process)
            continue;
        tried++;
        if (probe_fails(jail, &PROBES[i]))
            refused++;
        else
            printf("%s: %s is possible\n", name, PROBES[i].name);
    }
    printf("%s: %zu of %zu refused\n", name, refused, tried);
    return tried >= 20 && refused == tried;
}

int main(void)
{
    bool sound;

    (void)setvbuf(stdout, NULL, _IONBF, 0);
    if (!KYSO_JAIL_STRICT)
        return SKIPPED;
    sound = probe_jail("kyso-pdf", &kyso_pdf_jail, false);
    sound &= probe_jail("kyso-draw", &kyso_draw_jail, true);
    sound &= probe_jail("kyso-cms", &KYSO_CMS_JAIL, false);
    return sound ? EXIT_SUCCESS : EXIT_FAILURE;
}
