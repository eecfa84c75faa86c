/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Official forms as kysod uses them: opened from a folder, set by the built kyso-draw in its jail.
 */

#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "common/memfd.h"
#include "common/outcome.h"
#include "common/worker.h"
#include "document/forms/remote.h"

#define FORM                                                                                       \
    "{\"format\": 1, \"id\": \"X\", \"number\": \"1\", \"name\": \"n\", \"instrument\": \"i\","    \
    " \"clause\": \"c\", \"body\": [{\"line\": [{\"label\": \"Tên:\", \"key\": \"person.name\","  \
    " \"source\": \"PROF\"}]}]}"
#define TABLE_FORM                                                                                 \
    "{\"format\": 1, \"id\": \"X\", \"number\": \"1\", \"name\": \"n\", \"instrument\": \"i\","    \
    " \"clause\": \"c\", \"body\": [{\"table\": {\"columns\": [{\"label\": \"A\", \"key\": \"a\"," \
    " \"source\": \"IN\"}, {\"label\": \"B\", \"key\": \"b\", \"source\": \"IN\"}]}}]}"

static char folder[] = "/tmp/kyso-test-form-XXXXXX";
static char workers[PATH_MAX];
static struct kyso_loop *loop;

struct answer {
    int result;
    char detail[256];
    struct kyso_buf file;
    bool called;
};

static void answered(void *data, int result, const char *detail, int file)
{
    struct answer *answer = data;
    KYSO_CLOSE int fd = file;
    uint64_t size;
    uint8_t *to;

    answer->called = true;
    answer->result = result;
    (void)snprintf(answer->detail, sizeof(answer->detail), "%s", detail != NULL ? detail : "");
    if (result == 0) {
        assert_int_equal(kyso_memfd_check(fd, KYSO_FORM_FILE_MAX, &size), 0);
        to = kyso_buf_reserve(&answer->file, (size_t)size);
        assert_int_equal(kyso_fd_read_at(fd, to, (size_t)size, 0), 0);
        answer->file.length = (size_t)size;
    }
    kyso_loop_quit(loop, 0);
}

static int sealed(const void *bytes, size_t length)
{
    int fd = -1;

    assert_int_equal(kyso_memfd_from_bytes("test", bytes, length, &fd), 0);
    return fd;
}

static struct answer set(const char *form, const void *values, size_t length,
                         enum kyso_form_format format)
{
    KYSO_CLOSE int form_fd = sealed(form, strlen(form));
    KYSO_CLOSE int values_fd = sealed(values, length);
    const struct kyso_form_request request = {form_fd, values_fd, format};
    struct kyso_form_call *call = NULL;
    struct answer answer = {0};

    assert_int_equal(kyso_form_set(loop, &request, answered, &answer, &call), 0);
    assert_int_equal(kyso_loop_run(loop), 0);
    assert_true(answer.called);
    (void)kyso_form_call_free(call);
    return answer;
}

static struct answer set_text(const char *values, enum kyso_form_format format)
{
    return set(FORM, values, strlen(values), format);
}

static void test_formats(void **state KYSO_UNUSED)
{
    static const struct {
        size_t at;
        const char *bytes;
    } BEGIN[KYSO_FORM_FORMAT_MAX] = {
        [KYSO_FORM_PDF] = {0, "%PDF-1."},
        [KYSO_FORM_ODT] = {30, "mimetypeapplication/vnd.oasis.opendocument.textPK"},
        [KYSO_FORM_JSON] = {0, "{\n"},
        [KYSO_FORM_CSV] = {0, "\xef\xbb\xbf\"Tên:\"\r\n"},
    };
    static const char VALUES[] = "{\"values\": {\"person.name\": \"Lê Thị Ơn\"}}";
    size_t right = 0;

    for (size_t i = 0; i < KYSO_FORM_FORMAT_MAX; i++) {
        struct answer first = set_text(VALUES, (enum kyso_form_format)i);
        struct answer second = set_text(VALUES, (enum kyso_form_format)i);
        size_t length = strlen(BEGIN[i].bytes);

        assert_int_equal(first.result, 0);
        assert_true(first.file.length > BEGIN[i].at + length);
        /* Same request, same bytes. */
        right += memcmp(first.file.bytes + BEGIN[i].at, BEGIN[i].bytes, length) == 0 &&
                 first.file.length == second.file.length &&
                 memcmp(first.file.bytes, second.file.bytes, first.file.length) == 0;
        kyso_buf_done(&first.file);
        kyso_buf_done(&second.file);
    }
    UNIT_ALL("formats", right, (size_t)KYSO_FORM_FORMAT_MAX);
}

static void test_refused_by_the_worker(void **state KYSO_UNUSED)
{
    static const struct {
        const char *values, *detail;
    } CASES[] = {
        {"{\"values\": {\"person.name\": \"日本\"}}", "missing-glyph person.name"},
        {"{\"values\": {\"person.name\": \"\\u0e01\\u0e02\"}}", "missing-glyph person.name"},
        {"{\"values\": {\"person.name\": \"\\ud83d\\udd8b\"}}", "missing-glyph person.name"},
        {"{\"values\": 1}", "bad-values not-an-object values"},
        {"[", "bad-values not-json"},
    };
    size_t right = 0;

    for (size_t i = 0; i < KYSO_ARRAY_LEN(CASES); i++) {
        struct answer answer = set_text(CASES[i].values, KYSO_FORM_PDF);

        if (answer.result == KYSO_OUTCOME_BAD_ARGUMENT &&
            strcmp(answer.detail, CASES[i].detail) == 0)
            right++;
        else
            print_message("# case %zu: %d %s\n", i, answer.result, answer.detail);
        kyso_buf_done(&answer.file);
    }
    UNIT_ALL("refused", right, KYSO_ARRAY_LEN(CASES));
}

static void test_refused_at_once(void **state KYSO_UNUSED)
{
    KYSO_CLOSE int form = sealed(FORM, strlen(FORM));
    KYSO_CLOSE int values = sealed("{}", 2);
    KYSO_CLOSE int open_file = -1;
    uint8_t *much = calloc(1, (size_t)KYSO_FORM_VALUES_MAX + 1);
    KYSO_CLOSE int large_form = sealed(much, (size_t)KYSO_FORM_FORM_MAX + 1);
    KYSO_CLOSE int large_values = sealed(much, (size_t)KYSO_FORM_VALUES_MAX + 1);
    KYSO_CLOSE int empty = sealed(much, 0);
    struct answer answer = {0};
    struct kyso_form_call *call = NULL;
    size_t right = 0;

    assert_int_equal(kyso_memfd_new("open", &open_file), 0);
    assert_int_equal(kyso_fd_write(open_file, "{}", 2), 0);
    const struct {
        int form, values, result;
    } CASES[] = {
        {large_form, values, KYSO_OUTCOME_LIMIT},
        {form, large_values, KYSO_OUTCOME_LIMIT},
        {open_file, values, KYSO_OUTCOME_DOCUMENT_UNSEALED},
        {form, open_file, KYSO_OUTCOME_DOCUMENT_UNSEALED},
        {form, empty, KYSO_OUTCOME_BAD_DOCUMENT},
        {empty, values, KYSO_OUTCOME_BAD_DOCUMENT},
    };

    for (size_t i = 0; i < KYSO_ARRAY_LEN(CASES); i++) {
        const struct kyso_form_request request = {CASES[i].form, CASES[i].values, KYSO_FORM_PDF};

        right += kyso_form_set(loop, &request, answered, &answer, &call) == CASES[i].result;
    }
    UNIT_ALL("refused", right, KYSO_ARRAY_LEN(CASES));
    assert_null(call);
    assert_false(answer.called);
    free(much);
}

/* N rows of two values of LENGTH letters each. */
static char *rows(size_t n, size_t length, size_t *ret_length)
{
    struct kyso_buf text = {0};
    char *letters = malloc(length + 1);

    for (size_t i = 0; i < length; i++)
        letters[i] = i % 7 == 6 ? ' ' : (char)('a' + i % 26);
    letters[length] = '\0';
    kyso_buf_printf(&text, "{\"rows\": [");
    for (size_t i = 0; i < n; i++)
        kyso_buf_printf(&text, "%s{\"a\": \"%s\", \"b\": \"%s\"}", i > 0 ? "," : "", letters,
                        letters);
    kyso_buf_printf(&text, "]}");
    free(letters);
    *ret_length = text.length;
    return kyso_buf_take_string(&text);
}

/* As many rows as there may be, and values as long as they may be, which fill pages: both fit into
 * the jail. */
static void test_most(void **state KYSO_UNUSED)
{
    static const struct {
        size_t rows, letters;
    } MOST[] = {{1000, 40}, {100, 4096}};
    size_t right = 0, all = 0;

    for (size_t i = 0; i < KYSO_ARRAY_LEN(MOST); i++)
        for (size_t format = 0; format < KYSO_FORM_FORMAT_MAX; format++) {
            size_t length;
            KYSO_FREE char *values = rows(MOST[i].rows, MOST[i].letters, &length);
            struct answer answer = set(TABLE_FORM, values, length, (enum kyso_form_format)format);

            all++;
            if (answer.result == 0)
                right++;
            else
                print_message("# %zu rows, format %zu: %d %s\n", MOST[i].rows, format,
                              answer.result, answer.detail);
            kyso_buf_done(&answer.file);
        }
    UNIT_ALL("set", right, all);
}

static void quit(void *data)
{
    kyso_loop_quit(data, 0);
}

/* Lets the loop reap the workers that were ended, until there is no child left. */
static void reap_all(void)
{
    siginfo_t ended;

    while (waitid(P_ALL, 0, &ended, WEXITED | WNOWAIT) == 0) {
        struct kyso_source *after = NULL;

        assert_int_equal(kyso_loop_defer(loop, quit, loop, &after), 0);
        assert_int_equal(kyso_loop_run(loop), 0);
        (void)kyso_source_free(after);
    }
    assert_int_equal(errno, ECHILD);
}

static void test_given_up(void **state KYSO_UNUSED)
{
    KYSO_CLOSE int form = sealed(FORM, strlen(FORM));
    KYSO_CLOSE int values = sealed("{}", 2);
    const struct kyso_form_request request = {form, values, KYSO_FORM_PDF};
    struct kyso_form_call *call = NULL;
    struct answer answer = {0};
    size_t before;

    reap_all(); /* of the tests before */
    before = unit_count_fds();
    assert_int_equal(kyso_form_set(loop, &request, answered, &answer, &call), 0);
    assert_null(kyso_form_call_free(call));
    reap_all();
    assert_false(answer.called);
    assert_int_equal(unit_count_fds(), before);
}

static void test_no_worker(void **state KYSO_UNUSED)
{
    struct answer answer;

    kyso_worker_set_directory("/nonexistent");
    answer = set_text("{}", KYSO_FORM_JSON);
    kyso_worker_set_directory(workers);
    assert_int_equal(answer.result, KYSO_OUTCOME_WORKER_DIED);
}

static void write_form(const char *name, const char *text)
{
    char path[PATH_MAX];
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s/%s.json", folder, name);
    file = fopen(path, "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, 0644), 0);
}

static void test_open_refused(void **state KYSO_UNUSED)
{
    static const struct {
        const char *id;
        bool trusted;
        int result;
    } CASES[] = {
        {"", false, KYSO_OUTCOME_NOT_FOUND},
        {"..", false, KYSO_OUTCOME_NOT_FOUND},
        {"../good", false, KYSO_OUTCOME_NOT_FOUND},
        {"good.json", false, KYSO_OUTCOME_NOT_FOUND},
        {"good ", false, KYSO_OUTCOME_NOT_FOUND},
        {"a23456789012345678901234567890123", false, KYSO_OUTCOME_NOT_FOUND},
        {"none", false, KYSO_OUTCOME_NOT_FOUND},
        {"baseless", false, KYSO_OUTCOME_NOT_FOUND},
        {"itself", false, KYSO_OUTCOME_BAD_ARGUMENT},
        {"broken", false, KYSO_OUTCOME_BAD_ARGUMENT},
        {"list", false, KYSO_OUTCOME_BAD_ARGUMENT},
        {"odd-base", false, KYSO_OUTCOME_BAD_ARGUMENT},
        {"far-base", false, KYSO_OUTCOME_BAD_ARGUMENT},
        {"folder", false, KYSO_OUTCOME_BAD_ARGUMENT},
        {"large", false, KYSO_OUTCOME_LIMIT},
        {"of-large", false, KYSO_OUTCOME_LIMIT},
        {"writable", true, KYSO_OUTCOME_BAD_ARGUMENT},
        {"writable", false, 0},
        {"foreign", true, KYSO_OUTCOME_BAD_ARGUMENT},
        {"foreign", false, 0},
        {"good", true, 0},
        {"far-1", false, 0},
    };
    char path[PATH_MAX], *large = malloc((size_t)KYSO_FORM_FORM_MAX + 2);
    size_t right = 0;

    memset(large, ' ', (size_t)KYSO_FORM_FORM_MAX + 1);
    large[KYSO_FORM_FORM_MAX + 1] = '\0';
    large[0] = '{';
    large[1] = '}';
    write_form("good", "{}");
    write_form("baseless", "{\"base\": \"none\"}");
    write_form("itself", "{\"base\": \"itself\"}");
    write_form("broken", "{");
    write_form("list", "[]");
    write_form("odd-base", "{\"base\": 7}");
    write_form("far-base", "{\"base\": \"../good\"}");
    write_form("large", large);
    large[KYSO_FORM_FORM_MAX - 20] = '\0'; /* fits alone, but not with another */
    write_form("almost", large);
    write_form("of-large", "{\"base\": \"almost\"}");
    write_form("writable", "{}");
    write_form("foreign", "{}");
    write_form("far-1", "{\"base\": \"far-2\"}");
    write_form("far-2", "{\"base\": \"far-3\"}");
    write_form("far-3", "{\"base\": \"far-4\"}");
    write_form("far-4", "{\"base\": \"good\"}");
    (void)snprintf(path, sizeof(path), "%s/writable.json", folder);
    assert_int_equal(chmod(path, 0664), 0);
    (void)snprintf(path, sizeof(path), "%s/foreign.json", folder);
    assert_int_equal(chown(path, 1, 1), 0);
    (void)snprintf(path, sizeof(path), "%s/folder.json", folder);
    assert_int_equal(mkdir(path, 0755), 0);
    for (size_t i = 0; i < KYSO_ARRAY_LEN(CASES); i++) {
        KYSO_CLOSE int fd = -1;
        int r = kyso_form_open(folder, CASES[i].id, CASES[i].trusted, &fd);

        if (r == CASES[i].result && (fd >= 0) == (r == 0))
            right++;
        else
            print_message("# %s: %d\n", CASES[i].id, r);
    }
    free(large);
    UNIT_ALL("opened or refused", right, KYSO_ARRAY_LEN(CASES));
}

/* A form with a base comes out as one that the worker takes. */
static void test_open_with_base(void **state KYSO_UNUSED)
{
    KYSO_CLOSE int form = -1;
    KYSO_CLOSE int values = sealed("{}", 2);
    struct kyso_form_request request = {.values = values, .format = KYSO_FORM_JSON};
    struct kyso_form_call *call = NULL;
    struct answer answer = {0};

    write_form("X", FORM);
    write_form("Y", "{\"format\": 1, \"id\": \"Y\", \"base\": \"X\", \"number\": \"number of Y\"}");
    assert_int_equal(kyso_form_open(folder, "Y", true, &form), 0);
    request.form = form;
    assert_int_equal(kyso_form_set(loop, &request, answered, &answer, &call), 0);
    assert_int_equal(kyso_loop_run(loop), 0);
    (void)kyso_form_call_free(call);
    assert_int_equal(answer.result, 0);
    kyso_buf_put(&answer.file, "", 1);
    assert_non_null(strstr((const char *)answer.file.bytes, "\"number of Y\""));
    assert_non_null(strstr((const char *)answer.file.bytes, "\"Tên:\""));
    kyso_buf_done(&answer.file);
}

static int set_up(void **state KYSO_UNUSED)
{
    char self[PATH_MAX] = {0};
    ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
    int length;

    if (n <= 0 || mkdtemp(folder) == NULL)
        return -1;
    *strrchr(self, '/') = '\0';
    length = snprintf(workers, sizeof(workers), "%s/../../document", self);
    if (length < 0 || (size_t)length >= sizeof(workers))
        return -1;
    kyso_worker_set_directory(workers);
    return kyso_loop_new(&loop);
}

static int tear_down(void **state KYSO_UNUSED)
{
    char path[2 * PATH_MAX];
    DIR *files = opendir(folder);
    struct dirent *entry;

    reap_all();
    loop = kyso_loop_free(loop);
    while ((entry = readdir(files)) != NULL) {
        (void)snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        (void)remove(path);
    }
    return closedir(files) + rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_formats),         cmocka_unit_test(test_refused_by_the_worker),
        cmocka_unit_test(test_refused_at_once), cmocka_unit_test(test_most),
        cmocka_unit_test(test_given_up),        cmocka_unit_test(test_no_worker),
        cmocka_unit_test(test_open_refused),    cmocka_unit_test(test_open_with_base),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
