/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Configuration files: what is read, and every way in which a file is refused. */

#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "common/buf.h"
#include "common/conf.h"
#include "common/outcome.h"

static char folder[] = "/tmp/kyso-conf-XXXXXX";
static char file[64];

static void path_of(char path[128], const char *name)
{
    (void)snprintf(path, 128, "%s/%s", folder, name);
}

static void write_bytes(const char *name, const void *bytes, size_t length)
{
    KYSO_CLOSE int fd = -1;
    char path[128];

    path_of(path, name);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    assert_true(fd >= 0);
    assert_int_equal(fchmod(fd, 0644), 0);
    assert_int_equal(write(fd, bytes, length), length);
}

static void write_text(const char *name, const char *text)
{
    write_bytes(name, text, strlen(text));
}

/* Writes down what it is told; a key "bad" is wrong. */
static const char *note(void *data, const char *section, const char *name, const char *key,
                        const char *value)
{
    struct kyso_buf *seen = data;

    if (key == NULL)
        kyso_buf_printf(seen, "[%s|%s]", section, name);
    else
        kyso_buf_printf(seen, "(%s|%s|%s|%s)", section, name, key, value);
    return key != NULL && strcmp(key, "bad") == 0 ? "bad-key" : NULL;
}

static int read_text(const char *text, struct kyso_buf *seen, struct kyso_conf_problem *problem)
{
    write_text("file.conf", text);
    return kyso_conf_read(file, true, note, seen, problem);
}

static void test_sections_and_keys(void **state KYSO_UNUSED)
{
    KYSO_BUF struct kyso_buf seen = { 0 };
    struct kyso_conf_problem problem;

    assert_int_equal(read_text("# note\n\n[one]\n a = b \n\tc=\td = e\r\n[ two  name of it ]\n"
                               "key =\n#x = y\n = empty\nlast = số",
                               &seen, &problem),
                     0);
    assert_string_equal((char *)seen.bytes,
                        "[one|](one||a|b)(one||c|d = e)[two|name of it](two|name of it|key|)"
                        "(two|name of it||empty)(two|name of it|last|số)");
}

static void test_empty_files(void **state KYSO_UNUSED)
{
    static const char *const TEXTS[] = { "", "\n", "# only a note", "\n\n  \t\n" };
    KYSO_BUF struct kyso_buf seen = { 0 };
    struct kyso_conf_problem problem;

    for (size_t i = 0; i < KYSO_ARRAY_LEN(TEXTS); i++)
        assert_int_equal(read_text(TEXTS[i], &seen, &problem), 0);
    assert_int_equal(seen.length, 0);
}

static void test_lines_that_are_wrong(void **state KYSO_UNUSED)
{
    char name_too_long[600], section_too_long[200];
    const struct {
        const char *text, *what;
        unsigned int line;
    } cases[] = {
        { "key = value\n", "key-before-section", 1 },
        { "\n\n[s]\nkey value\n", "no-equals-sign", 4 },
        { "[s\n", "bad-section-line", 1 },
        { "[s] x\n", "bad-section-line", 1 },
        { "[s]]\n", "bad-section-line", 1 },
        { "[]\n", "bad-section-line", 1 },
        { "[  ]\n", "bad-section-line", 1 },
        { name_too_long, "bad-section-line", 1 },
        { section_too_long, "bad-section-line", 1 },
        { "[s]\nbad = 1\ngood = 2\n", "bad-key", 2 },
        { "[s]\nk = \xff\n", "not-utf8-text", 0 },
    };
    size_t refused = 0;

    (void)snprintf(name_too_long, sizeof(name_too_long), "[s %0300d]\n", 1);
    (void)snprintf(section_too_long, sizeof(section_too_long), "[%0100d]\n", 1);
    for (size_t i = 0; i < KYSO_ARRAY_LEN(cases); i++) {
        KYSO_BUF struct kyso_buf seen = { 0 };
        struct kyso_conf_problem problem = { 0 };

        assert_int_equal(read_text(cases[i].text, &seen, &problem), KYSO_OUTCOME_BAD_ARGUMENT);
        assert_string_equal(problem.file, file);
        refused += strcmp(problem.what, cases[i].what) == 0 && problem.line == cases[i].line;
    }
    UNIT_ALL("wrong files refused", refused, KYSO_ARRAY_LEN(cases));
}

static void test_nul_is_no_text(void **state KYSO_UNUSED)
{
    KYSO_BUF struct kyso_buf seen = { 0 };
    struct kyso_conf_problem problem;

    write_bytes("file.conf", "[s]\na = b\0c\n", 12);
    assert_int_equal(kyso_conf_read(file, true, note, &seen, &problem), KYSO_OUTCOME_BAD_ARGUMENT);
    assert_string_equal(problem.what, "not-utf8-text");
    assert_int_equal(seen.length, 0);
}

static const char *refusal(const char *path, bool trusted, size_t maximum)
{
    KYSO_FREE char *text = NULL;
    struct kyso_conf_problem problem = { 0 };
    size_t length;
    int r = kyso_conf_load(path, trusted, maximum, &text, &length, &problem);

    if (r == 0)
        return "none";
    assert_int_equal(r, KYSO_OUTCOME_BAD_ARGUMENT);
    assert_null(text);
    return problem.what;
}

static void test_who_may_write_it(void **state KYSO_UNUSED)
{
    static const mode_t OPEN_MODES[] = { 0664, 0646, 0666, 0620, 0602 };
    size_t refused = 0;

    if (geteuid() != 0)
        skip();
    write_text("file.conf", "[s]\n");
    assert_string_equal(refusal(file, true, 100), "none");
    for (size_t i = 0; i < KYSO_ARRAY_LEN(OPEN_MODES); i++) {
        assert_int_equal(chmod(file, OPEN_MODES[i]), 0);
        refused += strcmp(refusal(file, true, 100), "writable-by-others") == 0;
        assert_string_equal(refusal(file, false, 100), "none");
    }
    UNIT_ALL("modes refused", refused, KYSO_ARRAY_LEN(OPEN_MODES));
    assert_int_equal(chmod(file, 0644), 0);
    assert_int_equal(chown(file, 65534, 0), 0);
    assert_string_equal(refusal(file, true, 100), "not-root-owned");
    assert_string_equal(refusal(file, false, 100), "none");
    assert_int_equal(chown(file, 0, 0), 0);
}

static void test_what_is_no_small_file(void **state KYSO_UNUSED)
{
    KYSO_FREE char *text = NULL;
    struct kyso_conf_problem problem;
    char pipe[128], missing[128];
    size_t length;

    path_of(pipe, "pipe");
    path_of(missing, "missing");
    assert_int_equal(mkfifo(pipe, 0600), 0);
    assert_string_equal(refusal(pipe, true, 100), "not-a-file"); /* and does not wait */
    assert_int_equal(unlink(pipe), 0);
    assert_string_equal(refusal(folder, true, 100), "not-a-file");
    write_text("file.conf", "12345");
    assert_string_equal(refusal(file, true, 5), "none");
    assert_string_equal(refusal(file, true, 4), "too-large");
    assert_int_equal(kyso_conf_load(missing, true, 9, &text, &length, &problem), -ENOENT);
    assert_int_equal(truncate(file, (off_t)KYSO_CONF_MAX + 1), 0);
    assert_int_equal(kyso_conf_read(file, true, note, NULL, &problem), KYSO_OUTCOME_BAD_ARGUMENT);
    assert_string_equal(problem.what, "too-large");
}

static void test_folders(void **state KYSO_UNUSED)
{
    static const char *const NAMES[] = { "20-b.conf", "10-a.conf", "30-c.conf", ".hidden.conf",
                                         "40-d.conf.old", ".conf" };
    KYSO_BUF struct kyso_buf seen = { 0 };
    struct kyso_conf_problem problem;
    char missing[128], path[128];

    assert_int_equal(unlink(file), 0);
    for (size_t i = 0; i < KYSO_ARRAY_LEN(NAMES); i++) {
        (void)snprintf(path, sizeof(path), "[%s]\n", NAMES[i]);
        write_text(NAMES[i], path);
    }
    assert_int_equal(kyso_conf_read_folder(folder, ".conf", true, note, &seen, &problem), 0);
    assert_string_equal((char *)seen.bytes, "[10-a.conf|][20-b.conf|][30-c.conf|]");
    kyso_buf_done(&seen);
    write_text("20-b.conf", "[b]\nbad =\n");
    assert_int_equal(kyso_conf_read_folder(folder, ".conf", true, note, &seen, &problem),
                     KYSO_OUTCOME_BAD_ARGUMENT);
    path_of(path, "20-b.conf");
    assert_string_equal(problem.file, path);
    assert_string_equal((char *)seen.bytes, "[10-a.conf|][b|](b||bad|)");
    path_of(missing, "missing");
    assert_int_equal(kyso_conf_read_folder(missing, ".conf", true, note, &seen, &problem), 0);
    for (size_t i = 0; i < KYSO_ARRAY_LEN(NAMES); i++) {
        path_of(path, NAMES[i]);
        assert_int_equal(unlink(path), 0);
    }
}

static void test_truth_values(void **state KYSO_UNUSED)
{
    static const char *const WRONG[] = { "", "Yes", "true", "1", "on", "yes ", "noo" };
    bool value = false;
    size_t refused = 0;

    assert_true(kyso_conf_to_bool("yes", &value) && value);
    assert_true(kyso_conf_to_bool("no", &value) && !value);
    for (size_t i = 0; i < KYSO_ARRAY_LEN(WRONG); i++)
        refused += !kyso_conf_to_bool(WRONG[i], &value);
    UNIT_ALL("words that are neither", refused, KYSO_ARRAY_LEN(WRONG));
}

static int set_up(void **state KYSO_UNUSED)
{
    if (mkdtemp(folder) == NULL)
        return -1;
    (void)snprintf(file, sizeof(file), "%s/file.conf", folder);
    return 0;
}

static int tear_down(void **state KYSO_UNUSED)
{
    (void)unlink(file);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sections_and_keys), cmocka_unit_test(test_empty_files),
        cmocka_unit_test(test_lines_that_are_wrong), cmocka_unit_test(test_nul_is_no_text),
        cmocka_unit_test(test_who_may_write_it), cmocka_unit_test(test_what_is_no_small_file),
        cmocka_unit_test(test_folders), cmocka_unit_test(test_truth_values),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
