/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The administrator's configuration: what is read, and everything that stops the start. */

#include "tests/unit/conf-folder.h"

#include "common/outcome.h"
#include "daemon/settings.h"

struct bench {
    char folder[32];
    char data[256];
    struct kyso_settings *settings;
    struct kyso_conf_problem problem;
};

static void write_profile(const struct bench *bench, const char *id, const char *more)
{
    struct kyso_conf_problem problem;
    KYSO_FREE char *text = NULL;
    KYSO_FREE char *both = NULL;
    const char *source = getenv("KYSO_TEST_SOURCE");
    char path[512];
    size_t length;

    assert_non_null(source);
    (void)snprintf(path, sizeof(path), "%s/data/profiles/lang-son-2020.conf", source);
    assert_int_equal(kyso_conf_load(path, false, 1 << 20, &text, &length, &problem), 0);
    assert_true(asprintf(&both, "%s\n%s", text, more) > 0);
    (void)snprintf(path, sizeof(path), "profiles/%s.conf", id);
    conf_folder_write(bench->folder, path, both);
}

static int set_up(void **state)
{
    static struct bench bench;

    bench = (struct bench){ 0 };
    conf_folder_make(bench.folder);
    write_profile(&bench, "lang-son-2020", "");
    *state = &bench;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *bench = *state;

    bench->settings = kyso_settings_free(bench->settings);
    conf_folder_remove(bench->folder);
    return 0;
}

static int load(struct bench *bench)
{
    bench->settings = kyso_settings_free(bench->settings);
    bench->problem = (struct kyso_conf_problem){ .what = "" };
    return kyso_settings_load(bench->folder, bench->folder, &bench->settings, &bench->problem);
}

static void test_defaults(void **state)
{
    struct bench *bench = *state;

    assert_int_equal(load(bench), 0);
    assert_string_equal(bench->settings->profile_id, "lang-son-2020");
    assert_false(bench->settings->seal_without_revocation_check);
    assert_int_equal(bench->settings->document_max, 100 << 20);
    assert_int_equal(bench->settings->n_modules, 0);
    assert_int_equal(bench->settings->n_roots, 0);
    assert_int_equal(bench->settings->trust.anchors, -1);
    assert_null(kyso_settings_module_of(bench->settings, "any"));
}

static void test_everything_set(void **state)
{
    struct bench *bench = *state;
    const struct kyso_settings *settings;
    size_t fds = unit_count_fds();

    write_profile(bench, "other-1", "");
    conf_folder_write(bench->folder, "kyso.conf",
                      "[kyso]\nprofile = other-1\nseal-without-revocation-check = yes\n"
                      "document-max-mib = 4096\n");
    conf_folder_write(bench->folder, "modules.d/a.conf",
                      "[module late]\npath = /late.so\nreaders = *\npriority = 60\n"
                      "[module plain]\npath = /plain.so\n");
    conf_folder_write(bench->folder, "modules.d/b.conf",
                      "[module early]\npath = /early.so\nreaders = Gem* 0?\npriority = 1\n"
                      "max-tries = 5\nflags-frozen = yes\nenvironment = OPENSC_CONF=/x\n");
    conf_folder_write(bench->folder, "roots.d/a.pem", "first");
    conf_folder_write(bench->folder, "roots.d/b.pem", "second");
    conf_folder_write(bench->folder, "roots.d/c.txt", "no certificate");
    assert_int_equal(load(bench), 0);
    settings = bench->settings;
    assert_string_equal(settings->profile_id, "other-1");
    assert_true(settings->seal_without_revocation_check);
    assert_true(settings->document_max == (uint64_t)4096 << 20);
    assert_int_equal(settings->n_modules, 3);
    assert_string_equal(settings->modules[0].name, "early");
    assert_string_equal(settings->modules[1].name, "plain");
    assert_string_equal(settings->modules[2].name, "late");
    assert_int_equal(settings->modules[0].max_tries, 5);
    assert_true(settings->modules[0].flags_frozen);
    assert_string_equal(settings->modules[0].environment, "OPENSC_CONF=/x");
    assert_int_equal(settings->n_roots, 2);
    assert_true(settings->trust.anchors >= 0);
    assert_int_equal(settings->trust.intermediates, -1);
    assert_ptr_equal(kyso_settings_module_of(settings, "Gemalto 01"), &settings->modules[0]);
    assert_ptr_equal(kyso_settings_module_of(settings, "Gemalto 1"), &settings->modules[2]);
    bench->settings = kyso_settings_free(bench->settings);
    assert_int_equal(unit_count_fds(), fds);
}

static void test_what_stops_the_start(void **state)
{
    static const struct {
        const char *file, *text, *what;
    } CASES[] = {
        { "kyso.conf", "[other]\n", "unknown-section" },
        { "kyso.conf", "[kyso name]\n", "unknown-section" },
        { "kyso.conf", "profile = x\n", "key-before-section" },
        { "kyso.conf", "[kyso]\ncolour = red\n", "unknown-key" },
        { "kyso.conf", "[kyso]\nprofile =\n", "bad-value" },
        { "kyso.conf", "[kyso]\nprofile = ../x\n", "bad-value" },
        { "kyso.conf", "[kyso]\nprofile = Lang-Son\n", "bad-value" },
        { "kyso.conf", "[kyso]\nprofile = nowhere-2020\n", "no-such-profile" },
        { "kyso.conf", "[kyso]\nseal-without-revocation-check = 1\n", "bad-value" },
        { "kyso.conf", "[kyso]\ndocument-max-mib = 0\n", "bad-value" },
        { "kyso.conf", "[kyso]\ndocument-max-mib = 4097\n", "bad-value" },
        { "kyso.conf", "[kyso]\ndocument-max-mib = -1\n", "bad-value" },
        { "kyso.conf", "[kyso]\ndocument-max-mib = 10 MiB\n", "bad-value" },
        { "modules.d/m.conf", "[reader x]\n", "unknown-section" },
        { "modules.d/m.conf", "[module]\npath = /a.so\n", "module-without-name" },
        { "modules.d/m.conf", "[module a]\nreaders = *\n", "module-without-path" },
        { "modules.d/m.conf", "[module a]\npath = a.so\n", "not-an-absolute-path" },
        { "modules.d/m.conf", "[module a]\npath =\n", "not-an-absolute-path" },
        { "modules.d/m.conf", "[module a]\npath = /a.so\npath = /b.so\n", "given-twice" },
        { "modules.d/m.conf", "[module a]\npath = /a.so\nreaders = a\nreaders = b\n",
          "given-twice" },
        { "modules.d/m.conf", "[module a]\npath = /a.so\npriority = 1001\n", "bad-value" },
        { "modules.d/m.conf", "[module a]\npath = /a.so\nmax-tries = 101\n", "bad-value" },
        { "modules.d/m.conf", "[module a]\npath = /a.so\nmax-tries = three\n", "bad-value" },
        { "modules.d/m.conf", "[module a]\npath = /a.so\nflags-frozen = maybe\n", "bad-value" },
        { "modules.d/m.conf", "[module a]\npath = /a.so\nenvironment = LD_PRELOAD=/x\n",
          "bad-value" },
        { "modules.d/m.conf", "[module a]\npath = /a.so\nslots = 1\n", "unknown-key" },
        { "profiles/lang-son-2020.conf", "[profile]\n", NULL }, /* its keys are missing */
        { "profiles/lang-son-2020.conf", "[rules]\n", "unknown-section" },
        { "profiles/lang-son-2020.conf", "[profile name]\n", "unknown-section" },
    };
    struct bench *bench = *state;
    size_t refused = 0;
    char path[256];

    for (size_t i = 0; i < KYSO_ARRAY_LEN(CASES); i++) {
        bool right;

        conf_folder_write(bench->folder, CASES[i].file, CASES[i].text);
        right = load(bench) == KYSO_OUTCOME_BAD_ARGUMENT && bench->settings == NULL &&
                bench->problem.what != NULL && bench->problem.file[0] == '/' &&
                (CASES[i].what == NULL || strcmp(bench->problem.what, CASES[i].what) == 0);
        if (!right)
            print_message("# %s: %s\n", CASES[i].text, bench->problem.what);
        refused += right;
        (void)snprintf(path, sizeof(path), "%s/%s", bench->folder, CASES[i].file);
        assert_int_equal(unlink(path), 0);
        write_profile(bench, "lang-son-2020", "");
    }
    UNIT_ALL("wrong configurations refused", refused, KYSO_ARRAY_LEN(CASES));
    assert_int_equal(load(bench), 0);
}

static void test_files_of_others(void **state)
{
    static const char *const NAMES[] = { "kyso.conf", "modules.d/a.conf", "roots.d/a.pem",
                                         "intermediates.d/a.pem", "profiles/lang-son-2020.conf" };
    struct bench *bench = *state;
    size_t refused = 0;
    char path[256];

    if (geteuid() != 0)
        skip();
    for (size_t i = 0; i < KYSO_ARRAY_LEN(NAMES); i++) {
        if (i < 4)
            conf_folder_write(bench->folder, NAMES[i], "");
        (void)snprintf(path, sizeof(path), "%s/%s", bench->folder, NAMES[i]);
        assert_int_equal(chmod(path, 0664), 0);
        refused += load(bench) == KYSO_OUTCOME_BAD_ARGUMENT &&
                   strcmp(bench->problem.what, "writable-by-others") == 0;
        assert_int_equal(chmod(path, 0644), 0);
        assert_int_equal(chown(path, 65534, 65534), 0);
        refused += load(bench) == KYSO_OUTCOME_BAD_ARGUMENT &&
                   strcmp(bench->problem.what, "not-root-owned") == 0;
        if (i < 4)
            assert_int_equal(unlink(path), 0);
    }
    UNIT_ALL("files of others refused", refused, 2 * KYSO_ARRAY_LEN(NAMES));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_defaults),
        CASE(test_everything_set),
        CASE(test_what_stops_the_start),
        CASE(test_files_of_others),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
