/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/macros.h"
#include "pkcs11/module-conf.h"

static char *text_for(const char *reader, const char *const *others)
{
    KYSO_BUF struct kyso_buf text = { 0 };

    kyso_module_conf(reader, others, &text);
    return kyso_buf_take_string(&text);
}

static void test_no_login_is_shared_or_kept(void **state KYSO_UNUSED)
{
    const char *const others[] = { NULL };
    KYSO_FREE char *text = text_for("R 00 00", others);

    assert_non_null(strstr(text, "lock_login = true;"));
    assert_non_null(strstr(text, "use_pin_caching = false;"));
    assert_non_null(strstr(text, "disconnect_action = reset;"));
    assert_null(strstr(text, "transaction_end_action"));
    assert_null(strstr(text, "connect_exclusive = true"));
    assert_null(strstr(text, "ignored_readers"));
}

static void test_every_other_reader_is_ignored(void **state KYSO_UNUSED)
{
    const char *const others[] = { "R 00 01", "Other 00 00", NULL };
    KYSO_FREE char *text = text_for("R 00 00", others);

    assert_non_null(strstr(text, "ignored_readers = \"R 00 01\", \"Other 00 00\";\n"));
}

static void test_a_name_inside_ours_is_not_ignored(void **state KYSO_UNUSED)
{
    const char *const others[] = { "ACS 00", "ACS 00 00 Plus", "", NULL };
    KYSO_FREE char *text = text_for("ACS 00 00", others);

    /* OpenSC matches parts of names: ignoring "ACS 00" would ignore our reader too. */
    assert_non_null(strstr(text, "ignored_readers = \"ACS 00 00 Plus\";\n"));
}

static void test_a_name_cannot_write_configuration(void **state KYSO_UNUSED)
{
    const char *const others[] = { "a\"; lock_login = false; x = \"y", "bad\\name, with comma",
                                   NULL };
    KYSO_FREE char *text = text_for("R", others);
    const char *line = strstr(text, "ignored_readers");

    assert_non_null(line);
    assert_null(strstr(line, "\\"));
    assert_non_null(
        strstr(line, "ignored_readers = \"; lock_login = false; x = \", \" with comma\";\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_login_is_shared_or_kept),
        cmocka_unit_test(test_every_other_reader_is_ignored),
        cmocka_unit_test(test_a_name_inside_ours_is_not_ignored),
        cmocka_unit_test(test_a_name_cannot_write_configuration),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
