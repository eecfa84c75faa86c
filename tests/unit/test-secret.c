/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Where a PIN lives: locked pages that no child and no core dump gets, and how one is read. */

#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/wait.h>

#include "common/outcome.h"
#include "common/secret.h"

#define PLENTY_MSEC 30000

static unsigned long locked_kib(void)
{
    FILE *status = fopen("/proc/self/status", "re");
    unsigned long value = 0;
    char line[256];
    bool found = false;

    assert_non_null(status);
    while (!found && fgets(line, sizeof(line), status) != NULL)
        found = sscanf(line, "VmLck: %lu kB", &value) == 1;
    assert_int_equal(fclose(status), 0);
    assert_true(found);
    return value;
}

#ifndef __SANITIZE_ADDRESS__ /* its runtime turns mlock() off */
static void test_pages_are_locked(void **state KYSO_UNUSED)
{
    struct kyso_secret *secret;
    unsigned long before = locked_kib();

    assert_int_equal(kyso_secret_new(1, &secret), 0);
    assert_int_equal(locked_kib(), before + (unsigned long)sysconf(_SC_PAGESIZE) / 1024);
    assert_null(kyso_secret_free(secret));
    assert_int_equal(locked_kib(), before);
}
#endif

/* "dd": left out of core dumps; "wf": wiped on fork. */
static void test_pages_are_kept_from_others(void **state KYSO_UNUSED)
{
    KYSO_SECRET struct kyso_secret *secret = NULL;
    FILE *maps;
    char line[512];
    bool inside = false, dump = false, wipe = false;
    unsigned long start, end;

    assert_int_equal(kyso_secret_new(16, &secret), 0);
    maps = fopen("/proc/self/smaps", "re");
    assert_non_null(maps);
    while (fgets(line, sizeof(line), maps) != NULL) {
        if (sscanf(line, "%lx-%lx ", &start, &end) == 2)
            inside = start <= (unsigned long)kyso_secret_bytes(secret) &&
                     end > (unsigned long)kyso_secret_bytes(secret);
        if (inside && strncmp(line, "VmFlags:", 8) == 0) {
            dump = strstr(line, " dd") != NULL;
            wipe = strstr(line, " wf") != NULL;
        }
    }
    assert_int_equal(fclose(maps), 0);
    assert_true(dump);
    assert_true(wipe);
}

static void test_a_child_gets_nothing(void **state KYSO_UNUSED)
{
    KYSO_SECRET struct kyso_secret *secret = NULL;
    int status;
    pid_t pid;

    assert_int_equal(kyso_secret_new(6, &secret), 0);
    memcpy(kyso_secret_bytes(secret), "135792", 6);
    pid = fork();
    if (pid == 0)
        _exit(memcmp(kyso_secret_bytes(secret), "\0\0\0\0\0\0", 6) == 0 ? 0 : 1);
    assert_true(pid > 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_memory_equal(kyso_secret_bytes(secret), "135792", 6);
}

static void test_sizes_and_wiping(void **state KYSO_UNUSED)
{
    KYSO_SECRET struct kyso_secret *secret = NULL;

    assert_int_equal(kyso_secret_new(0, &secret), -EINVAL);
    assert_int_equal(kyso_secret_new(4097, &secret), -EINVAL);
    assert_null(secret);
    assert_int_equal(kyso_secret_new(4096, &secret), 0);
    assert_int_equal(kyso_secret_length(secret), 0);
    memset(kyso_secret_bytes(secret), 'x', 4096);
    kyso_secret_set_length(secret, 5000);
    assert_int_equal(kyso_secret_length(secret), 4096);
    kyso_secret_wipe(secret);
    assert_int_equal(kyso_secret_length(secret), 0);
    for (size_t i = 0; i < 4096; i++)
        assert_int_equal(kyso_secret_bytes(secret)[i], 0);
}

/* Reads what is in the pipe, whose writer has closed unless OPEN. */
static int read_from(const void *bytes, size_t length, bool open, int timeout,
                     struct kyso_secret **ret_pin)
{
    int ends[2], r;

    assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    assert_int_equal(write(ends[1], bytes, length), length);
    if (!open)
        kyso_close(&ends[1]);
    r = kyso_secret_read_pin(ends[0], timeout, ret_pin);
    kyso_close(&ends[0]);
    kyso_close(&ends[1]);
    return r;
}

static bool reads(const char *bytes, size_t length, bool open, const char *expected)
{
    KYSO_SECRET struct kyso_secret *pin = NULL;

    return read_from(bytes, length, open, PLENTY_MSEC, &pin) == 0 &&
           kyso_secret_length(pin) == strlen(expected) &&
           memcmp(kyso_secret_bytes(pin), expected, strlen(expected)) == 0;
}

static void test_pins_that_are_read(void **state KYSO_UNUSED)
{
    char longest[KYSO_PIN_MAX + 1] = { 0 }, with_newline[KYSO_PIN_MAX + 2] = { 0 };

    memset(longest, '7', KYSO_PIN_MAX);
    (void)snprintf(with_newline, sizeof(with_newline), "%s\n", longest);
    assert_true(reads("1234\n", 5, true, "1234"));
    assert_true(reads("1234\n", 5, false, "1234"));
    assert_true(reads("1234", 4, false, "1234"));
    assert_true(reads("1234\n5678\n", 10, true, "1234"));
    assert_true(reads(" 12 34 \n", 8, false, " 12 34 ")); /* blanks may belong to it */
    assert_true(reads("mật khẩu\n", strlen("mật khẩu\n"), true, "mật khẩu"));
    assert_true(reads(with_newline, KYSO_PIN_MAX + 1, true, longest));
    assert_true(reads(longest, KYSO_PIN_MAX, false, longest));
}

static void test_pins_that_are_none(void **state KYSO_UNUSED)
{
    char too_long[4096];
    const struct {
        const char *bytes;
        size_t length;
        bool open;
    } cases[] = {
        { "\n", 1, true },
        { "\n", 1, false },
        { "12\0" "34\n", 6, false },
        { "\0\n", 2, true },
        { "\0", 1, false },
        { too_long, KYSO_PIN_MAX + 1, false },
        { too_long, KYSO_PIN_MAX + 2, true },
        { too_long, sizeof(too_long), true },
        { too_long, sizeof(too_long), false },
    };
    unsigned long locked = locked_kib();
    size_t refused = 0;

    memset(too_long, '7', sizeof(too_long));
    for (size_t i = 0; i < KYSO_ARRAY_LEN(cases); i++) {
        struct kyso_secret *pin = NULL;

        refused += read_from(cases[i].bytes, cases[i].length, cases[i].open, PLENTY_MSEC, &pin) ==
                       KYSO_OUTCOME_PIN_INVALID &&
                   pin == NULL;
    }
    UNIT_ALL("PINs refused", refused, KYSO_ARRAY_LEN(cases));
    assert_int_equal(locked_kib(), locked); /* nothing was left behind */
}

static void test_no_answer(void **state KYSO_UNUSED)
{
    struct kyso_secret *pin = NULL;

    assert_int_equal(read_from("", 0, false, PLENTY_MSEC, &pin), KYSO_OUTCOME_CANCELLED);
    assert_int_equal(read_from("", 0, true, 1, &pin), KYSO_OUTCOME_PROMPT_TIMEOUT);
    assert_int_equal(read_from("123", 3, true, 1, &pin), KYSO_OUTCOME_PROMPT_TIMEOUT);
    assert_int_equal(read_from("123\n", 4, true, 0, &pin), KYSO_OUTCOME_PROMPT_TIMEOUT);
    assert_null(pin);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#ifndef __SANITIZE_ADDRESS__
        cmocka_unit_test(test_pages_are_locked),
#endif
        cmocka_unit_test(test_pages_are_kept_from_others),
        cmocka_unit_test(test_a_child_gets_nothing),
        cmocka_unit_test(test_sizes_and_wiping),
        cmocka_unit_test(test_pins_that_are_read),
        cmocka_unit_test(test_pins_that_are_none),
        cmocka_unit_test(test_no_answer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
