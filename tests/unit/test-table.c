/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Tables of spreadsheets: what they write is read, what is written is read again, and no cell
 * becomes a formula. */

#include "tests/unit/unit.h"

#include "client/table.h"
#include "common/outcome.h"

/* Rows as text: cells in <>, rows ended by the line they begin in. */
static void spell(const struct kyso_table *table, char *text, size_t size)
{
    size_t used = 0;

    text[0] = '\0';
    for (size_t i = 0; i < table->n && used < size; i++) {
        for (size_t j = 0; j < table->rows[i].n && used < size; j++)
            used += (size_t)snprintf(text + used, size - used, "<%s>", table->rows[i].cells[j]);
        if (used < size)
            used += (size_t)snprintf(text + used, size - used, "%u ", table->rows[i].line);
    }
}

static void test_what_spreadsheets_write(void **state KYSO_UNUSED)
{
    static const struct {
        const char *text, *wanted;
    } CASES[] = {
        {"a,b\r\n1,2\r\n", "<a><b>1 <1><2>2 "},
        {"a,b\n1,2", "<a><b>1 <1><2>2 "},
        {"\xef\xbb\xbf"
         "a;b\r\n1;2,5\r\n",
         "<a><b>1 <1><2,5>2 "},
        {"a;b,c;d\n1;2;3\n", "<a><b,c><d>1 <1><2><3>2 "},
        {"a\n1\n\n\n2\n", "<a>1 <1>2 <2>5 "},
        {"a,b\n,\n1,\n", "<a><b>1 <1><>3 "},
        {"a,b\n\"x, \"\"y\"\"\",\"\"\n", "<a><b>1 <x, \"y\"><>2 "},
        {"a,b\n\"1\n2\",3\n4,5\n", "<a><b>1 <1\n2><3>2 <4><5>4 "},
        {"a, b \n 1 ,2\n", "<a><b>1 <1><2>2 "},
        {"tên\nỦy ban\n", "<tên>1 <Ủy ban>2 "},
        {"a\n'=1+1\n'x\n''=1\n=2\n", "<a>1 <=1+1>2 <'x>3 <'=1>4 <=2>5 "},
    };
    size_t right = 0;

    for (size_t i = 0; i < KYSO_ARRAY_LEN(CASES); i++) {
        KYSO_TABLE struct kyso_table table = {0};
        char text[256] = "";
        const char *what = "";
        unsigned int line;
        int r = kyso_table_read(CASES[i].text, strlen(CASES[i].text), &table, &what, &line);

        spell(&table, text, sizeof(text));
        if (r == 0 && strcmp(text, CASES[i].wanted) == 0)
            right++;
        else
            print_message("# %s: %d %s %s\n", CASES[i].text, r, what, text);
    }
    UNIT_ALL("tables read", right, KYSO_ARRAY_LEN(CASES));
}

static void test_what_is_no_table(void **state KYSO_UNUSED)
{
    static const struct {
        const char *text;
        size_t length;
        const char *what;
        unsigned int line;
    } CASES[] = {
        {"", 0, "input-empty", 0},
        {"\xef\xbb\xbf", 3, "input-empty", 0},
        {"\r\n\r\n", 4, "input-empty", 0},
        {",,\n", 3, "input-empty", 0},
        {"a\n\"x\n", 5, "bad-quotes", 2},
        {"a\n1\nx\"y\n", 8, "bad-quotes", 3},
        {"a\n\"x\"y\n", 7, "bad-quotes", 2},
        {"a\nT\xean\n", 6, "not-utf8-table", 0}, /* an old code page */
        {"\xff\xfe"
         "a\0\n\0",
         6, "not-utf8-table", 0}, /* UTF-16 */
        {"a\0b\n", 4, "not-utf8-table", 0},
    };
    size_t right = 0;

    for (size_t i = 0; i < KYSO_ARRAY_LEN(CASES); i++) {
        KYSO_TABLE struct kyso_table table = {0};
        const char *what = "";
        unsigned int line = 99;
        int r = kyso_table_read(CASES[i].text, CASES[i].length, &table, &what, &line);

        if (r == KYSO_OUTCOME_BAD_ARGUMENT && strcmp(what, CASES[i].what) == 0 &&
            line == CASES[i].line)
            right++;
        else
            print_message("# case %zu: %d %s in line %u\n", i, r, what, line);
    }
    UNIT_ALL("tables refused", right, KYSO_ARRAY_LEN(CASES));
}

/* Every string of up to three of these letters goes out and comes back, and none begins as a
 * formula does. */
static void test_cells_come_back(void **state KYSO_UNUSED)
{
    static const char LETTERS[] = "'=+-@a,;\" ";
    size_t n = sizeof(LETTERS) - 1, good = 0, all = 0;
    char cell[4] = "";

    for (size_t i = 0; i < n * n * n; i++) {
        const char *cells[] = {"x", cell};
        KYSO_BUF struct kyso_buf buf = {0};
        KYSO_TABLE struct kyso_table table = {0};
        const char *what;
        unsigned int line;

        cell[0] = LETTERS[i / n / n];
        cell[1] = LETTERS[i / n % n];
        cell[2] = LETTERS[i % n];
        kyso_table_write(&buf, cells, 2, i % 2 == 0 ? ',' : ';');
        assert_int_equal(buf.error, 0);
        assert_int_equal(kyso_table_read(buf.bytes, buf.length, &table, &what, &line), 0);
        all++;
        good += table.n == 1 && table.rows[0].n == 2 && strcmp(table.rows[0].cells[1], cell) == 0 &&
                strchr("=+-@", ((const char *)buf.bytes)[5]) == NULL;
    }
    UNIT_ALL("cells", good, all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_spreadsheets_write),
        cmocka_unit_test(test_what_is_no_table),
        cmocka_unit_test(test_cells_come_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
