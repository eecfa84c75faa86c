/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client/clause.h"
#include "client/roster.h"
#include "common/macros.h"

static void test_clauses(void **state)
{
    static const struct {
        const char *clause, *wanted;
    } ROWS[] = {
        {"BD17-19.2c.s1", "BD17-19.2c.s1 (Article 19, clause 2, point c, sentence 1; Bình Dương, "
                          "Decision 12/2017/QĐ-UBND)"},
        {"BD17-19.1a.p", "BD17-19.1a.p (Article 19, clause 1, point a, closing paragraph; Bình "
                         "Dương, Decision 12/2017/QĐ-UBND)"},
        {"AG16-11.1đ",
         "AG16-11.1đ (Article 11, clause 1, point đ; An Giang, Decision 67/2016/QĐ-UBND)"},
        {"LS20-6b.t4", "LS20-6b.t4 (section 6, point b, dash 4; Lạng Sơn, guidance of 22/7/2020)"},
        {"LS20-5", "LS20-5 (section 5; Lạng Sơn, guidance of 22/7/2020)"},
        {"TB16-M09", "TB16-M09 (form 9; Thái Bình, draft decision of 2016)"},
        {"BD14-11.1b.p", "BD14-11.1b.p (Article 11, clause 1, point b, closing paragraph; Bình "
                         "Dương, Decision 69/2014/QĐ-UBND)"},
        {"K-20", "K-20 (kyso's own rule)"},
        {"P:", "kyso's default where the texts are silent"},
        {"P:LS20-1", "kyso's default where the text is silent: LS20-1 (section 1; Lạng Sơn, "
                     "guidance of 22/7/2020)"},
        /* other forms stay as they are */
        {"", ""},
        {"BD17-", "BD17-"},
        {"BD17-19.", "BD17-19."},
        {"BD17-19.2c.x9", "BD17-19.2c.x9"},
        {"BD17-19.2c.t", "BD17-19.2c.t"},
        {"XX99-1.2", "XX99-1.2"},
    };
    size_t n = 0;

    (void)state;
    for (size_t i = 0; i < KYSO_ARRAY_LEN(ROWS); i++) {
        KYSO_FREE char *text = kyso_clause_spell(ROWS[i].clause);

        assert_string_equal(text, ROWS[i].wanted);
        n++;
    }
    print_message("clauses: %zu of %zu\n", n, KYSO_ARRAY_LEN(ROWS));
}

static void test_subject(void **state)
{
    static const struct {
        const char *subject, *type, *wanted;
    } ROWS[] = {
        {"CN=A,O=B,C=VN", "O", "B"},
        {"CN=A, O=B", "O", "B"},
        {"CN=A,o=B", "O", "B"},
        {"CN=A\\,B\\=C,O=D", "CN", "A,B=C"},
        {"CN=x\\C4\\90,O=D", "CN", "xĐ"},
        {"CN=a+O=b", "O", "b"},
        {"OU=1,OU=2", "OU", "1"},
        {"CN=A", "O", ""},
        {"", "O", ""},
        {"CN=A\\", "CN", "A\\"},
        {"nothing", "O", ""},
        {"O=", "O", ""},
    };
    size_t n = 0;

    (void)state;
    for (size_t i = 0; i < KYSO_ARRAY_LEN(ROWS); i++) {
        KYSO_FREE char *text = kyso_roster_subject_part(ROWS[i].subject, ROWS[i].type);

        assert_string_equal(text, ROWS[i].wanted);
        n++;
    }
    print_message("subjects: %zu of %zu\n", n, KYSO_ARRAY_LEN(ROWS));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clauses),
        cmocka_unit_test(test_subject),
    };

    return cmocka_run_group_tests_name("clause", tests, NULL, NULL);
}
