/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "common/macros.h"
#include "config.h"
#include "pkcs11/token-jail.h"

#define NOT_JAILED 200
#define KILLED 201
#define MODULE "/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so"

/* Runs ACT in a child in the jail: what it returns (an errno), KILLED or NOT_JAILED. */
static int in_jail(int (*act)(const char *path), const char *path)
{
    pid_t pid = fork();
    int status = 0;

    if (pid == 0)
        _exit(kyso_token_jail_enter(MODULE) < 0 ? NOT_JAILED : act(path));
    assert_true(pid > 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (WIFSIGNALED(status))
        return WTERMSIG(status) == SIGSYS ? KILLED : NOT_JAILED;
    return WEXITSTATUS(status);
}

static int open_to_read(const char *path)
{
    return open(path, O_RDONLY) < 0 ? errno : 0;
}

static int create(const char *path)
{
    return open(path, O_WRONLY | O_CREAT, 0600) < 0 ? errno : 0;
}

static int open_socket(const char *path)
{
    return socket(path[0] == 'u'   ? AF_UNIX
                  : path[0] == '4' ? AF_INET
                                   : AF_NETLINK,
                  SOCK_STREAM | SOCK_CLOEXEC, 0) < 0
               ? errno
               : 0;
}

static void test_what_modules_need_is_open(void **state KYSO_UNUSED)
{
    assert_int_equal(in_jail(open_to_read, "/lib/x86_64-linux-gnu/libc.so.6"), 0);
    assert_int_equal(in_jail(open_to_read, MODULE), 0);
    assert_int_equal(in_jail(open_to_read, "/etc/opensc/opensc.conf"), 0);
    assert_int_equal(in_jail(open_to_read, "/dev/urandom"), 0);
    assert_int_equal(in_jail(open_to_read, "/proc/self/status"), 0);
    assert_int_equal(in_jail(open_socket, "unix"), 0);
}

static void test_files_of_others_are_closed(void **state KYSO_UNUSED)
{
    static const char *const PATHS[] = { "/etc/passwd", "/etc/shadow", "/proc/1/environ",
                                         "/root",       "/home",       "/var/lib",
                                         "/tmp" };
    size_t closed = 0;

    for (size_t i = 0; i < KYSO_ARRAY_LEN(PATHS); i++)
        closed += in_jail(open_to_read, PATHS[i]) == EACCES;
    print_message("# closed %zu of %zu\n", closed, KYSO_ARRAY_LEN(PATHS));
    assert_int_equal(closed, KYSO_ARRAY_LEN(PATHS));
    assert_int_equal(in_jail(create, "/tmp/kyso-jail-probe"), EACCES);
    assert_int_equal(in_jail(create, "/usr/lib/kyso-jail-probe"), EACCES);
}

static void test_state_is_closed_even_when_configuration_asks(void **state KYSO_UNUSED)
{
    static const char *const FOLDERS[] = { "/var/lib", "/var", "/" };
    size_t refused = 0;

    for (size_t i = 0; i < KYSO_ARRAY_LEN(FOLDERS); i++) {
        assert_int_equal(setenv("KYSO_MODULE_FILES", FOLDERS[i], 1), 0);
        refused += in_jail(open_to_read, "/dev/null") == NOT_JAILED;
    }
    assert_int_equal(unsetenv("KYSO_MODULE_FILES"), 0);
    assert_int_equal(refused, KYSO_ARRAY_LEN(FOLDERS));
}

static void test_named_folder_is_open(void **state KYSO_UNUSED)
{
    char folder[] = "/tmp/kyso-jail-XXXXXX";
    char file[64];

    assert_non_null(mkdtemp(folder));
    (void)snprintf(file, sizeof(file), "%s/file", folder);
    assert_int_equal(in_jail(create, file), EACCES);
    assert_int_equal(setenv("KYSO_MODULE_FILES", folder, 1), 0);
    assert_int_equal(in_jail(create, file), 0);
    assert_int_equal(unsetenv("KYSO_MODULE_FILES"), 0);
    assert_int_equal(unlink(file), 0);
    assert_int_equal(rmdir(folder), 0);
}

#if KYSO_JAIL_STRICT /* a sanitizer's build has no filter to try */
static int make_process(const char *path KYSO_UNUSED)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(0);
    return pid < 0 ? errno : 0;
}

static int run_program(const char *path)
{
    char *const arguments[] = { NULL };

    (void)execve(path, arguments, arguments);
    return errno;
}

static int trace_parent(const char *path KYSO_UNUSED)
{
    return ptrace(PTRACE_ATTACH, getppid(), NULL, NULL) < 0 ? errno : 0;
}

static int mount_something(const char *path)
{
    return mount("none", path, "tmpfs", 0, NULL) < 0 ? errno : 0;
}

static int kill_parent(const char *path KYSO_UNUSED)
{
    return kill(getppid(), 0) < 0 ? errno : 0;
}

static void test_no_network_process_or_privilege(void **state KYSO_UNUSED)
{
    assert_int_equal(in_jail(open_socket, "4"), EAFNOSUPPORT);
    assert_int_equal(in_jail(open_socket, "netlink"), EAFNOSUPPORT);
    assert_int_equal(in_jail(make_process, ""), EPERM);
    assert_int_equal(in_jail(run_program, "/bin/true"), KILLED);
    assert_int_equal(in_jail(trace_parent, ""), KILLED);
    assert_int_equal(in_jail(mount_something, "/mnt"), KILLED);
    assert_int_equal(in_jail(kill_parent, ""), KILLED);
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_modules_need_is_open),
        cmocka_unit_test(test_files_of_others_are_closed),
        cmocka_unit_test(test_state_is_closed_even_when_configuration_asks),
        cmocka_unit_test(test_named_folder_is_open),
#if KYSO_JAIL_STRICT
        cmocka_unit_test(test_no_network_process_or_privilege),
#endif
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
