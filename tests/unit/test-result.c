/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "client/kyso.h"
#include "client/result.h"

/* Results are written whole or not at all, on file systems with and without nameless files. */

static bool no_nameless, no_exchange;

int __real_openat64(int folder, const char *path, int flags, mode_t mode);
int __wrap_openat64(int folder, const char *path, int flags, mode_t mode);
int __real_renameat2(int from, const char *old, int to, const char *new, unsigned int flags);
int __wrap_renameat2(int from, const char *old, int to, const char *new, unsigned int flags);

int __wrap_openat64(int folder, const char *path, int flags, mode_t mode)
{
    if (no_nameless && (flags & O_TMPFILE) == O_TMPFILE) {
        errno = EOPNOTSUPP;
        return -1;
    }
    return __real_openat64(folder, path, flags, mode);
}

int __wrap_renameat2(int from, const char *old, int to, const char *new, unsigned int flags)
{
    if (no_exchange) {
        errno = EINVAL;
        return -1;
    }
    return __real_renameat2(from, old, to, new, flags);
}

static char folder[] = "/tmp/kyso-result-XXXXXX";

static char *at(const char *name)
{
    static char path[256];

    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    return path;
}

static void put(const char *name, const char *text)
{
    FILE *file = fopen(at(name), "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void expect_content(const char *name, const char *wanted)
{
    char text[64] = "";
    FILE *file = fopen(at(name), "r");

    assert_non_null(file);
    assert_true(fread(text, 1, sizeof(text) - 1, file) > 0);
    assert_int_equal(fclose(file), 0);
    assert_string_equal(text, wanted);
}

/* How many files are in the folder, whatever they are called. */
static int count_files(void)
{
    char command[300];
    FILE *pipe;
    int n = -1;

    (void)snprintf(command, sizeof(command), "find %s -mindepth 1 | wc -l", folder);
    pipe = popen(command, "r");
    assert_non_null(pipe);
    assert_int_equal(fscanf(pipe, "%d", &n), 1);
    assert_int_equal(pclose(pipe), 0);
    return n;
}

static int document(const char *text)
{
    int fd;

    assert_int_equal(kyso_document_from_bytes(text, strlen(text), &fd), 0);
    return fd;
}

/* One result from open to commit, for one kind of file system. */
static void try_all(void)
{
    struct kyso_result result;
    int input, fd = document("new");

    put("in", "input");
    input = open(at("in"), O_RDONLY);
    assert_int_equal(kyso_result_open(at("out"), input, false, &result), 0);
    assert_int_equal(kyso_result_commit(&result, fd), 0);
    kyso_result_done(&result);
    expect_content("out", "new");
    assert_int_equal(count_files(), 2);
    /* there already */
    assert_int_equal(kyso_result_open(at("out"), input, false, &result), -EEXIST);
    assert_int_equal(kyso_result_open(at("in"), input, true, &result), -ELOOP);
    assert_int_equal(kyso_result_open(at("none/x"), input, true, &result), -ENOENT);
    put("out", "old");
    assert_int_equal(kyso_result_open(at("out"), input, true, &result), 0);
    expect_content("out", "old");
    assert_int_equal(kyso_result_commit(&result, fd), 0);
    kyso_result_done(&result);
    expect_content("out", "new");
    assert_int_equal(count_files(), 2);
    assert_int_equal(unlink(at("out")), 0);
    /* taken meanwhile */
    assert_int_equal(kyso_result_open(at("out"), input, false, &result), 0);
    put("out", "other");
    assert_int_equal(kyso_result_commit(&result, fd), -EEXIST);
    kyso_result_done(&result);
    expect_content("out", "other");
    assert_int_equal(count_files(), 2);
    assert_int_equal(unlink(at("out")), 0);
    /* given up */
    assert_int_equal(kyso_result_open(at("out"), input, false, &result), 0);
    assert_int_equal(count_files(), no_nameless ? 2 : 1);
    kyso_result_done(&result);
    assert_int_equal(count_files(), 1);
    assert_int_equal(unlink(at("in")), 0);
    assert_int_equal(close(input), 0);
    assert_int_equal(close(fd), 0);
}

static void test_nameless(void **state)
{
    (void)state;
    try_all();
}

static void test_named(void **state)
{
    (void)state;
    no_nameless = true;
    try_all();
    no_exchange = true;
    try_all();
    no_nameless = no_exchange = false;
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL ? -1 : 0;
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nameless),
        cmocka_unit_test(test_named),
    };

    return cmocka_run_group_tests_name("result", tests, make_folder, remove_folder);
}
