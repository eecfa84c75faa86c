/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Official forms filled from data: what is refused and by which word, how values are printed, what
 * is told of them. JSON stands here with ' for ". */

#include "tests/unit/unit.h"

#include <fcntl.h>
#include <glib.h>
#include <json-c/json.h>
#include <stdlib.h>

#include "common/memfd.h"
#include "common/outcome.h"
#include "document/fonts.h"
#include "document/forms/style.h"
#include "document/forms/work.h"

#define NAMES                                                                                      \
    "'format': 1, 'id': 'X-1', 'number': '1', 'name': 'n', 'instrument': 'i', 'clause': 'c'"
#define FORM(more) "{" NAMES ", " more "}"
#define BODY(blocks) FORM("'body': [" blocks "]")
#define FIELD(more) BODY("{'line': [{'label': 'L:', " more "}]}")
#define TABLE(more) BODY("{'table': {" more "}}")
#define NAME_FIELD "'key': 'person.name', 'source': 'PROF'"
#define ONE_COLUMN "'columns': [{'label': 'A', 'key': 'a', 'source': 'IN'}]"
#define DEEP "[[[[[[[[[[[[[[[[[[[["
#define ID_65 "a1234567890123456789012345678901234567890123456789012345678901234"

static char *json(const char *text)
{
    return g_strdelimit(g_strdup(text), "'", '"');
}

/* The answer, to be freed; null with the detail in RET_DETAIL. */
static char *make(const char *form, const char *values, enum kyso_form_format format,
                  char ret_detail[KYSO_FORM_DETAIL_MAX])
{
    KYSO_BUF struct kyso_buf file = {.maximum = 16u << 20};
    g_autofree char *form_json = json(form), *values_json = json(values);
    const struct kyso_form_input input = {form_json, values_json, strlen(form_json),
                                          strlen(values_json)};
    int r;

    ret_detail[0] = '\0';
    r = kyso_form_make(&input, format, &file, ret_detail);
    assert_true(r == 0 || r == KYSO_OUTCOME_BAD_ARGUMENT);
    assert_true((r == 0) == (ret_detail[0] == '\0'));
    return r == 0 ? kyso_buf_take_string(&file) : NULL;
}

static const struct {
    const char *form, *values, *detail;
} REFUSED[] = {
    /* the text itself */
    {"\xff", "{}", "bad-form not-utf-8"},
    {"{", "{}", "bad-form not-json"},
    {"", "{}", "bad-form not-json"},
    {FORM("'body': []") "x", "{}", "bad-form not-json"},
    {FORM("'body': [],"), "{}", "bad-form not-json"},
    {"'x'", "{}", "bad-form not-an-object"},
    {"[]", "{}", "bad-form too-many-bases"},
    {DEEP, "{}", "bad-form too-deep"},
    {FORM("'body': []"), "", "bad-values not-json"},
    {FORM("'body': []"), "[]", "bad-values not-an-object"},
    {FORM("'body': []"), "\xc0\x80", "bad-values not-utf-8"},
    {FORM("'body': []"), DEEP, "bad-values too-deep"},
    /* members */
    {FORM("'bodi': []"), "{}", "bad-form unknown-member bodi"},
    {FORM("'body': {}"), "{}", "bad-form not-a-list body"},
    {"{" NAMES "}", "{}", "bad-form no-member body"},
    {"{'format': 1, 'id': 'X', 'body': []}", "{}", "bad-form no-member number"},
    {"{'format': 2, 'id': 'X', 'body': []}", "{}", "bad-form bad-number format"},
    {"{'id': 'X', 'body': []}", "{}", "bad-form bad-number format"},
    {"{'format': '1', 'id': 'X', 'body': []}", "{}", "bad-form not-a-number format"},
    {FORM("'body': [], 'page': 'round'"), "{}", "bad-form unknown-page page"},
    {FORM("'body': [], 'head': {'nation': true}"), "{}", "bad-form unknown-member head.nation"},
    {FORM("'body': [], 'head': {'national': 'yes'}"), "{}",
     "bad-form not-true-or-false head.national"},
    {FORM("'body': [], 'title': [7]"), "{}", "bad-form not-an-object title[0]"},
    {FORM("'body': [], 'title': [{'style': 'bold'}]"), "{}", "bad-form no-text title[0]"},
    {FORM("'body': [], 'title': [{'text': 'a', 'style': 'loud'}]"), "{}",
     "bad-form unknown-style title[0]"},
    {FORM("'body': [], 'assumed': [7]"), "{}", "bad-form not-a-string assumed"},
    {FORM("'body': [], 'addressee': 'a\\u0001'"), "{}", "bad-form control-character addressee"},
    {FORM("'body': [], 'addressee': 'a\\u202e'"), "{}", "bad-form control-character addressee"},
    {FORM("'body': [], 'addressee': 'a\\u0000'"), "{}", "bad-form control-character addressee"},
    {FORM("'body': [], 'signatures': {'left': {'who': 'a'}}"), "{}",
     "bad-form unknown-member signatures.left.who"},
    {FORM("'body': [], 'signatures': {'left': {'recipients': [], 'how': []}}"), "{}",
     "bad-form unknown-member signatures.left.how"},
    {FORM("'body': [], 'notes': []"), "{}", "bad-form not-an-object notes"},
    /* bases */
    {FORM("'base': 'Y', 'body': []"), "{}", "bad-form bad-base"},
    {"[" FORM("'body': []") "," FORM("'body': []") "]", "{}", "bad-form bad-base"},
    {"[{'format': 1, 'id': 'Y', 'base': 'Z'}," FORM("'body': []") "]", "{}", "bad-form bad-base"},
    {"[{'base': 'X-1'}, 7]", "{}", "bad-form not-an-object base[1]"},
    {"[1,2,3,4,5,6]", "{}", "bad-form too-many-bases"},
    /* placeholders */
    {BODY("{'text': 'a { b'}"), "{}", "bad-form single-brace body[0]"},
    {BODY("{'text': 'a } b'}"), "{}", "bad-form single-brace body[0]"},
    {BODY("{'text': '{}'}"), "{}", "bad-form bad-key body[0]"},
    {BODY("{'text': '{A}'}"), "{}", "bad-form bad-key body[0]"},
    {BODY("{'text': '{" ID_65 "}'}"), "{}", "bad-form bad-key body[0]"},
    {BODY("{'text': '{org.name:loud}'}"), "{}", "bad-form unknown-style body[0]"},
    {BODY("{'text': '{other}'}"), "{}", "bad-form unknown-field body[0]"},
    {FORM("'fields': {'a': {'label': 'A', 'source': 'HEARSAY'}}, 'body': [{'text': '{a}'}]"), "{}",
     "bad-form bad-source fields.a"},
    {FORM("'fields': {'a': {'label': 'A', 'key': 'a'}}, 'body': [{'text': '{a}'}]"), "{}",
     "bad-form unknown-member fields.a.key"},
    /* blocks and fields */
    {BODY("7"), "{}", "bad-form not-an-object body[0]"},
    {BODY("{'texte': 'a'}"), "{}", "bad-form unknown-block body[0]"},
    {BODY("{'text': 'a', 'align': 'middle'}"), "{}", "bad-form unknown-align body[0]"},
    {BODY("{'section': 'a', 'line': []}"), "{}", "bad-form unknown-member body[0].line"},
    {BODY("{'line': []}"), "{}", "bad-form empty-line body[0]"},
    {BODY("{'line': [{'label': 'a'}, 7]}"), "{}", "bad-form not-an-object body[0].line[1]"},
    {BODY("{'line': [{'key': 'a', 'source': 'IN'}]}"), "{}", "bad-form no-label body[0].line[0]"},
    {FIELD("'key': 'a'"), "{}", "bad-form bad-source body[0].line[0]"},
    {FIELD("'key': 'A', 'source': 'IN'"), "{}", "bad-form bad-key body[0].line[0]"},
    {FIELD("'key': 'a', 'value': 'b', 'source': 'IN'"), "{}",
     "bad-form key-and-value body[0].line[0]"},
    {FIELD("'share': 0"), "{}", "bad-form bad-number body[0].line[0].share"},
    {FIELD("'share': 1001"), "{}", "bad-form bad-number body[0].line[0].share"},
    {FIELD("'as': 'loud'"), "{}", "bad-form unknown-style body[0].line[0]"},
    {FIELD("'choices': ['a', 7]"), "{}", "bad-form not-a-string body[0].line[0].choices[1]"},
    {FIELD("'boxes': {'a': 7}"), "{}", "bad-form not-a-string body[0].line[0].boxes"},
    {FIELD("'optional': 1"), "{}", "bad-form not-true-or-false body[0].line[0].optional"},
    {BODY("{'each': [{'each': []}]}"), "{}", "bad-form each-in-each body[0].each[0]"},
    /* tables */
    {TABLE(""), "{}", "bad-form no-columns body[0].table"},
    {TABLE("'columns': [{'group': 'G', 'columns': []}]"), "{}",
     "bad-form no-columns body[0].table.columns[0]"},
    {TABLE("'columns': [{'label': 'A', 'counter': '2'}]"), "{}",
     "bad-form bad-counter body[0].table.columns[0]"},
    {TABLE("'columns': [{'label': 'A', 'group': 'G'}]"), "{}",
     "bad-form unknown-member body[0].table.columns[0].label"},
    {TABLE(ONE_COLUMN ", 'blank-rows': 101"), "{}", "bad-form bad-number body[0].table.blank-rows"},
    {TABLE("'columns': [{'label': 'A'}], 'fixed-rows': [[]]"), "{}",
     "bad-form too-few-texts body[0].table.fixed-rows[0]"},
    {TABLE("'columns': [{'label': 'A'}], 'fixed-rows': [['a', 'b']]"), "{}",
     "bad-form too-many-texts body[0].table.fixed-rows[0]"},
    {TABLE("'columns': [{'label': 'A'}], 'fixed-rows': ['a']"), "{}",
     "bad-form not-a-list body[0].table.fixed-rows[0]"},
    /* values */
    {BODY(""), "{'value': {}}", "bad-values unknown-member value"},
    {BODY(""), "{'values': []}", "bad-values not-an-object values"},
    {BODY(""), "{'values': {'A': 'b'}}", "bad-values bad-key values"},
    {BODY(""), "{'values': {'a': 1}}", "bad-values not-a-string values.a"},
    {BODY(""), "{'values': {'a': null}}", "bad-values not-a-string values.a"},
    {BODY(""), "{'values': {'a': 'x\\ny'}}", "bad-values control-character values.a"},
    {BODY(""), "{'values': {'a': 'x\\u0000y'}}", "bad-values control-character values.a"},
    {BODY(""), "{'values': {'a': '\\u2066x'}}", "bad-values control-character values.a"},
    {BODY(""), "{'rows': [{}]}", "bad-values rows-not-wanted rows"},
    {TABLE(ONE_COLUMN), "{'rows': [7]}", "bad-values not-an-object rows[0]"},
    {TABLE(ONE_COLUMN), "{'rows': [{}, {'a': 7}]}", "bad-values not-a-string rows[1].a"},
    {BODY(""), "{'audit-head': 7}", "bad-values not-a-string audit-head"},
    {FIELD("'key': 'a', 'source': 'IN', 'as': 'date'"), "{'values': {'a': '2017-02-29'}}",
     "bad-values bad-date values.a"},
    {FIELD("'key': 'a', 'source': 'IN', 'as': 'date'"), "{'values': {'a': '05/06/2017'}}",
     "bad-values bad-date values.a"},
    {FIELD("'key': 'a', 'source': 'IN', 'as': 'hour'"), "{'values': {'a': '2017-02-01T24:00'}}",
     "bad-values bad-date values.a"},
    {FIELD("'key': 'a', 'source': 'IN', 'as': 'words'"), "{'values': {'a': '1000000000000'}}",
     "bad-values bad-number values.a"},
    {FIELD("'key': 'a', 'source': 'IN', 'as': 'number'"), "{'values': {'a': '-1'}}",
     "bad-values bad-number values.a"},
    {FIELD("'key': 'a', 'source': 'IN', 'boxes': {'male': 'Nam'}"), "{'values': {'a': 'Nam'}}",
     "bad-values unknown-choice values.a"},
    {TABLE("'columns': [{'label': 'A', 'key': 'a', 'source': 'IN', 'as': 'date'}]"),
     "{'rows': [{}, {'a': 'x'}]}", "bad-values bad-date rows[1].a"},
};

/* Words that a case of REFUSED or a limit below has been refused with. */
static GHashTable *seen;

static void see(const char *detail)
{
    g_auto(GStrv) words = g_strsplit(detail, " ", 3);

    if (g_strv_length(words) >= 2)
        (void)g_hash_table_add(seen, g_strdup(words[1]));
}

static bool refused(const char *form, const char *values, const char *expected)
{
    char detail[KYSO_FORM_DETAIL_MAX];
    g_autofree char *answer = make(form, values, KYSO_FORM_JSON, detail);

    see(detail);
    if (strcmp(detail, expected) == 0)
        return true;
    print_message("# %.200s: \"%s\" instead of \"%s\"\n", form, detail, expected);
    return false;
}

static void test_refusals(void **state KYSO_UNUSED)
{
    size_t right = 0;

    for (size_t i = 0; i < KYSO_ARRAY_LEN(REFUSED); i++)
        right += refused(REFUSED[i].form, REFUSED[i].values, REFUSED[i].detail);
    UNIT_ALL("refused", right, KYSO_ARRAY_LEN(REFUSED));
}

/* PIECE repeated N times between BEFORE and AFTER; # in it is the piece's number. */
static char *repeat(const char *before, const char *piece, size_t n, const char *after)
{
    g_auto(GStrv) parts = g_strsplit(piece, "#", 2);
    GString *text = g_string_new(before);

    for (size_t i = 0; i < n; i++)
        if (parts[1] != NULL)
            g_string_append_printf(text, "%s%zu%s", parts[0], i, parts[1]);
        else
            g_string_append(text, piece);
    g_string_append(text, after);
    return g_string_free(text, FALSE);
}

/* Each limit lets its last one in and refuses the next. */
static void test_limits(void **state KYSO_UNUSED)
{
    static const struct {
        const char *before, *piece, *after;
        size_t most;
        bool values;
        const char *detail;
    } LIMITS[] = {
        {"{'values': {'a': 'b'", ", 'b-#': 'b'", "}}", 499, true,
         "bad-values too-many-keys values"},
        {"{'rows': [{}", ", {'a': '#'}", "]}", 999, true, "bad-values too-many-rows rows"},
        {"{'values': {'a': '", ".", "'}}", 4096, true, "bad-values text-too-long values.a"},
        {"{'audit-head': '", ".", "'}", 128, true, "bad-values text-too-long audit-head"},
        {"{'values': {'a': '", "\xe1\xba\xa1", "'}}", 1365, true,
         "bad-values text-too-long values.a"},
        {"{" NAMES ", 'body': [{'text': 'a'}", ", {'section': '#'}", "]}", 499, false,
         "bad-form list-too-long body"},
        {"{" NAMES ", 'body': [], 'title': ['a'", ", '#'", "]}", 63, false,
         "bad-form list-too-long title"},
        {"{" NAMES ", 'body': [], 'mark': '", ".", "'}", 1024, false,
         "bad-form text-too-long mark"},
        {"{" NAMES ", 'body': [{'text': '", ".", "'}]}", 8192, false,
         "bad-form text-too-long body[0].text"},
        {"{" NAMES ", 'body': [{'line': [{'label': 'a'}", ", {'label': '#'}", "]}]}", 15, false,
         "bad-form list-too-long body[0].line"},
        {"{" NAMES ", 'body': [{'table': {'columns': [{'label': 'a'}", ", {'label': '#'}", "]}}]}",
         31, false, "bad-form list-too-long body[0].table.columns"},
        {"{" NAMES ", 'body': [{'table': {'columns': [{'label': 'a'}, {'group': 'G', 'columns': "
         "[{'label': 'a'}",
         ", {'label': '#'}", "]}]}}]}", 30, false,
         "bad-form too-many-columns body[0].table.columns[1].columns[31]"},
        {"{" NAMES ", 'body': [{'line': [{'label': 'a', 'choices': ['a'", ", '#'", "]}]}]}", 63,
         false, "bad-form list-too-long body[0].line[0].choices"},
    };
    size_t right = 0;

    for (size_t i = 0; i < KYSO_ARRAY_LEN(LIMITS); i++)
        for (size_t more = 0; more < 2; more++) {
            g_autofree char *text =
                repeat(LIMITS[i].before, LIMITS[i].piece, LIMITS[i].most + more, LIMITS[i].after);
            const char *form = LIMITS[i].values ? TABLE(ONE_COLUMN) : text;

            right += refused(form, LIMITS[i].values ? text : "{}", more ? LIMITS[i].detail : "");
        }
    UNIT_ALL("limits kept", right, 2 * KYSO_ARRAY_LEN(LIMITS));
}

/* What would take hundreds of megabytes is refused before it is taken. */
static void test_too_many_values(void **state KYSO_UNUSED)
{
    static const char *const PIECES[] = {"{},", "0,", "[],", "{'#':0},", "'\\\\',"};
    size_t right = 0;

    for (size_t i = 0; i < KYSO_ARRAY_LEN(PIECES); i++) {
        g_autofree char *text = repeat("{'rows': [", PIECES[i], 300 * 1000, "0]}");

        right += refused(TABLE(ONE_COLUMN), text, "bad-values too-many-values");
    }
    UNIT_ALL("refused", right, KYSO_ARRAY_LEN(PIECES));
}

/* The manual page names every word of a refusal, and every one was met above. */
static void test_words_are_documented(void **state KYSO_UNUSED)
{
    const char *source = getenv("KYSO_TEST_SOURCE");
    g_autofree char *path = g_strdup_printf("%s/doc/kyso-form.5", source);
    g_autofree char *page = NULL;
    size_t met = 0, all = 0;
    const char *p;

    assert_true(g_file_get_contents(path, &page, NULL, NULL));
    p = strstr(page, "\n.SH REFUSALS\n");
    assert_non_null(p);
    *strstr(p + 1, "\n.SH ") = '\0';
    while ((p = strstr(p, "\n.B ")) != NULL) {
        g_autofree char *escaped = g_strndup(p + 4, strcspn(p + 4, "\n"));
        g_auto(GStrv) parts = g_strsplit(escaped, "\\", -1);
        g_autofree char *word = g_strjoinv("", parts);

        p += 4;
        all++;
        if (g_hash_table_remove(seen, word))
            met++;
        else
            print_message("# %s was not met\n", word);
    }
    UNIT_ALL("words met", met, all);
    assert_int_equal(g_hash_table_size(seen), 0);
}

static void test_styles(void **state KYSO_UNUSED)
{
    static const struct {
        enum kyso_form_style style;
        const char *value, *printed;
    } CASES[] = {
        {KYSO_FORM_STYLE_DATE_WORDS, "2016-02-01", "ngày 01 tháng 02 năm 2016"},
        {KYSO_FORM_STYLE_DATE_WORDS, "2017-06-05", "ngày 05 tháng 6 năm 2017"},
        {KYSO_FORM_STYLE_DATE_WORDS, "2020-12-31T23:59", "ngày 31 tháng 12 năm 2020"},
        {KYSO_FORM_STYLE_DATE, "2017-06-05", "05/06/2017"},
        {KYSO_FORM_STYLE_DAY, "2017-06-05", "05"},
        {KYSO_FORM_STYLE_MONTH, "2017-01-05", "01"},
        {KYSO_FORM_STYLE_MONTH, "2017-03-05", "3"},
        {KYSO_FORM_STYLE_MONTH, "2017-10-05", "10"},
        {KYSO_FORM_STYLE_YEAR, "2017-06-05", "2017"},
        {KYSO_FORM_STYLE_YEAR_2, "2007-06-05", "07"},
        {KYSO_FORM_STYLE_HOUR, "2017-06-05T08:05", "08"},
        {KYSO_FORM_STYLE_MINUTE, "2017-06-05T08:05", "05"},
        {KYSO_FORM_STYLE_HOUR, "2017-06-05", ""},
        {KYSO_FORM_STYLE_MINUTE, "2017-06-05", ""},
        {KYSO_FORM_STYLE_TEXT, "  Lê Thị Ơn ", "Lê Thị Ơn"},
        {KYSO_FORM_STYLE_TEXT, "   ", ""},
        {KYSO_FORM_STYLE_NUMBER, "007", "7"},
        {KYSO_FORM_STYLE_NUMBER_2, "7", "07"},
        {KYSO_FORM_STYLE_NUMBER_2, "123", "123"},
        {KYSO_FORM_STYLE_WORDS, "0", "không"},
        {KYSO_FORM_STYLE_WORDS, "1", "một"},
        {KYSO_FORM_STYLE_WORDS, "5", "năm"},
        {KYSO_FORM_STYLE_WORDS, "10", "mười"},
        {KYSO_FORM_STYLE_WORDS, "11", "mười một"},
        {KYSO_FORM_STYLE_WORDS, "15", "mười lăm"},
        {KYSO_FORM_STYLE_WORDS, "20", "hai mươi"},
        {KYSO_FORM_STYLE_WORDS, "21", "hai mươi mốt"},
        {KYSO_FORM_STYLE_WORDS, "55", "năm mươi lăm"},
        {KYSO_FORM_STYLE_WORDS, "100", "một trăm"},
        {KYSO_FORM_STYLE_WORDS, "105", "một trăm linh năm"},
        {KYSO_FORM_STYLE_WORDS, "111", "một trăm mười một"},
        {KYSO_FORM_STYLE_WORDS, "1000", "một nghìn"},
        {KYSO_FORM_STYLE_WORDS, "1005", "một nghìn không trăm linh năm"},
        {KYSO_FORM_STYLE_WORDS, "21015", "hai mươi mốt nghìn không trăm mười lăm"},
        {KYSO_FORM_STYLE_WORDS, "1000001", "một triệu không trăm linh một"},
        {KYSO_FORM_STYLE_WORDS, "2100000000", "hai tỷ một trăm triệu"},
        {KYSO_FORM_STYLE_WORDS, "999999999999",
         "chín trăm chín mươi chín tỷ chín trăm chín mươi chín triệu "
         "chín trăm chín mươi chín nghìn chín trăm chín mươi chín"},
    };
    size_t right = 0;

    for (size_t i = 0; i < KYSO_ARRAY_LEN(CASES); i++) {
        const char *word = "";
        g_autofree char *printed = kyso_form_style_print(CASES[i].style, CASES[i].value, &word);

        if (printed != NULL && strcmp(printed, CASES[i].printed) == 0)
            right++;
        else
            print_message("# %s: %s\n", CASES[i].value, printed != NULL ? printed : word);
    }
    UNIT_ALL("printed", right, KYSO_ARRAY_LEN(CASES));
}

/* All 144 vowels with tones and đ: capitals in NFC, whatever form they come in. */
static void test_capitals(void **state KYSO_UNUSED)
{
    static const char *const VOWELS[][2] = {
        {"a", "A"}, {"ă", "Ă"}, {"â", "Â"}, {"e", "E"}, {"ê", "Ê"}, {"i", "I"}, {"o", "O"},
        {"ô", "Ô"}, {"ơ", "Ơ"}, {"u", "U"}, {"ư", "Ư"}, {"y", "Y"}, {"đ", "Đ"},
    };
    static const char *const TONES[] = {"", "\u0300", "\u0309", "\u0303", "\u0301", "\u0323"};
    size_t right = 0, all = 0;

    for (size_t i = 0; i < KYSO_ARRAY_LEN(VOWELS); i++)
        for (size_t k = 0; k < (i == 12 ? 1 : KYSO_ARRAY_LEN(TONES)); k++)
            for (size_t form = 0; form < 4; form++) { /* small or large, composed or not */
                g_autofree char *given = g_strconcat(VOWELS[i][form & 1], TONES[k], NULL);
                g_autofree char *large = g_strconcat(VOWELS[i][1], TONES[k], NULL);
                g_autofree char *input = g_utf8_normalize(
                    given, -1, (form & 2) != 0 ? G_NORMALIZE_NFC : G_NORMALIZE_NFD);
                g_autofree char *expected = g_utf8_normalize(large, -1, G_NORMALIZE_NFC);
                const char *word;
                g_autofree char *printed =
                    kyso_form_style_print(KYSO_FORM_STYLE_CAPITALS, input, &word);

                all++;
                right += strcmp(printed, expected) == 0;
            }
    assert_int_equal(all, 4 * 73);
    UNIT_ALL("capitals", right, all);
}

static struct json_object *told(const char *form, const char *values)
{
    char detail[KYSO_FORM_DETAIL_MAX];
    g_autofree char *text = make(form, values, KYSO_FORM_JSON, detail);
    struct json_object *answer;

    assert_string_equal(detail, "");
    answer = json_tokener_parse(text);
    assert_non_null(answer);
    return answer;
}

/* "key/label/row key/label/row ..." */
static char *list_missing(struct json_object *answer)
{
    struct json_object *list = json_object_object_get(answer, "missing"), *row;
    GString *text = g_string_new(NULL);

    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *one = json_object_array_get_idx(list, i);

        g_string_append_printf(text, "%s%s/%s", i > 0 ? " " : "",
                               json_object_get_string(json_object_object_get(one, "key")),
                               json_object_get_string(json_object_object_get(one, "label")));
        if (json_object_object_get_ex(one, "row", &row))
            g_string_append_printf(text, "/%d", json_object_get_int(row));
    }
    return g_string_free(text, FALSE);
}

static void test_missing(void **state KYSO_UNUSED)
{
    static const char LINE[] =
        BODY("{'line': [{'label': 'A:', 'key': 'a', 'source': 'PROF'},"
             "{'label': 'B:', 'key': 'b', 'source': 'ORG', 'optional': true},"
             "{'label': 'C:', 'key': 'c', 'source': 'INK'},"
             "{'label': 'D:', 'key': 'd', 'source': 'FIX'},"
             "{'label': 'E:', 'key': 'e', 'source': 'IN', 'boxes': {'x': 'X'}}]}");
    static const char ROWS[] = FORM(
        "'addressee': '{org.name}', 'fields': {'f': {'label': 'F', 'source': 'PROF'},"
        " 'a': {'label': 'A', 'source': 'TOK'}}, 'body':"
        "[{'table': {'columns': [{'label': 'N', 'counter': '1'},"
        "{'label': 'A', 'key': 'a', 'source': 'TOK'}, {'label': 'FF', 'value': '{f}/{a}'}]}}]");
    static const struct {
        const char *form, *values, *missing;
    } CASES[] = {
        {LINE, "{}", "a/A: e/E:"},
        {LINE, "{'values': {'a': ' ', 'e': 'x'}}", "a/A:"},
        {LINE, "{'values': {'a': 'v', 'c': 'v', 'e': 'x'}}", ""},
        /* One that is used twice is missing once; without rows the first one is told. */
        {ROWS, "{}", "org.name/Tên cơ quan, tổ chức a/A/1 f/F/1"},
        {ROWS,
         "{'values': {'org.name': 'v', 'a': 'not of a row'}, 'rows': [{'a': 'v', 'f': 'v'}, {'f': "
         "'v'}]}",
         "a/A/2"},
    };
    size_t right = 0;

    for (size_t i = 0; i < KYSO_ARRAY_LEN(CASES); i++) {
        struct json_object *answer = told(CASES[i].form, CASES[i].values);
        g_autofree char *missing = list_missing(answer);
        bool complete = json_object_get_boolean(json_object_object_get(answer, "complete"));

        if (strcmp(missing, CASES[i].missing) == 0 && complete == (*missing == '\0'))
            right++;
        else
            print_message("# case %zu: %s\n", i, missing);
        (void)json_object_put(answer);
    }
    UNIT_ALL("told", right, KYSO_ARRAY_LEN(CASES));
}

/* The form's own blank is kept where nobody knows, and a pen's field whatever the values say. */
static void test_told(void **state KYSO_UNUSED)
{
    struct json_object *answer =
        told(FORM("'addressee': 'To {org.name}, {doc.date:date-words}, {{x}}', 'body': ["
                  "{'line': [{'label': 'A:', 'key': 'a', 'source': 'PROF', 'as': 'capitals',"
                  " 'choices': ['x', 'y']}, {'label': 'C:', 'key': 'c', 'source': 'INK'}]}]"),
             "{'values': {'a': 'đu\\u031b\\u0301c', 'c': 'forged'}, 'audit-head': 'head'}");
    struct json_object *fields = json_object_object_get(answer, "fields"), *field;

    assert_string_equal(json_object_get_string(json_object_object_get(answer, "addressee")),
                        "To ...................., ngày ..... tháng ..... năm ........, {x}");
    assert_string_equal(json_object_get_string(json_object_object_get(answer, "audit-head")),
                        "head");
    assert_int_equal(json_object_array_length(fields), 4);
    field = json_object_array_get_idx(fields, 2);
    assert_string_equal(json_object_get_string(json_object_object_get(field, "value")), "đức");
    assert_string_equal(json_object_get_string(json_object_object_get(field, "printed")), "ĐỨC");
    assert_int_equal(json_object_array_length(json_object_object_get(field, "choices")), 2);
    field = json_object_array_get_idx(fields, 3);
    assert_null(json_object_object_get(field, "value"));
    (void)json_object_put(answer);
}

static void test_csv(void **state KYSO_UNUSED)
{
    static const char TABLE_FORM[] =
        TABLE("'columns': [{'label': 'TT', 'counter': '01'}, {'group': 'G', 'columns': ["
              "{'label': '- A', 'key': 'a', 'source': 'IN'},"
              "{'label': 'Ngày', 'key': 'b', 'source': 'CLK', 'as': 'date'}]}]");
    static const char LINE_FORM[] = FIELD(NAME_FIELD);
    static const struct {
        const char *form, *values, *csv;
    } CASES[] = {
        {TABLE_FORM, "{}", "\"TT\",\"'- A\",\"Ngày\"\r\n"},
        {TABLE_FORM, "{'rows': [{'a': '=1+1', 'b': '2017-06-05'}, {'a': 'x, \\'y\\''}]}",
         "\"TT\",\"'- A\",\"Ngày\"\r\n\"01\",\"'=1+1\",\"05/06/2017\"\r\n"
         "\"02\",\"x, \"\"y\"\"\",\"\"\r\n"},
        {TABLE_FORM,
         "{'rows': [{'a': '+84'}, {'a': '@x'}, {'a': '|x'}, {'a': '%x'}, {'a': '＝1'}, {'a': "
         "'Ờ'}]}",
         "\"TT\",\"'- A\",\"Ngày\"\r\n\"01\",\"'+84\",\"\"\r\n\"02\",\"'@x\",\"\"\r\n"
         "\"03\",\"'|x\",\"\"\r\n\"04\",\"'%x\",\"\"\r\n\"05\",\"'＝1\",\"\"\r\n\"06\",\"Ờ\","
         "\"\"\r\n"},
        {LINE_FORM, "{'values': {'person.name': 'Lê'}}", "\"L:\"\r\n\"Lê\"\r\n"},
        {LINE_FORM, "{}", "\"L:\"\r\n\"\"\r\n"},
    };
    size_t right = 0;

    for (size_t i = 0; i < KYSO_ARRAY_LEN(CASES); i++) {
        char detail[KYSO_FORM_DETAIL_MAX];
        g_autofree char *csv = make(CASES[i].form, CASES[i].values, KYSO_FORM_CSV, detail);

        if (csv != NULL && strncmp(csv, "\xef\xbb\xbf", 3) == 0 &&
            strcmp(csv + 3, CASES[i].csv) == 0)
            right++;
        else
            print_message("# case %zu: %s%s\n", i, detail, csv != NULL ? csv : "");
    }
    UNIT_ALL("tables", right, KYSO_ARRAY_LEN(CASES));
}

/* What a form says goes before its base, single fields included. */
static void test_bases(void **state KYSO_UNUSED)
{
    struct json_object *answer = told(
        "[{'format': 1, 'id': 'Z', 'base': 'Y', 'number': '3'},"
        "{'format': 1, 'id': 'Y', 'base': 'X-1', 'addressee': 'Y {a}{b}',"
        " 'fields': {'b': {'label': 'B of Y', 'source': 'IN'}}},"
        "{" NAMES ", 'addressee': 'X', 'title': ['T'], 'fields':"
        " {'a': {'label': 'A of X', 'source': 'IN'}, 'b': {'label': 'B of X', 'source': 'IN'}},"
        " 'body': []}]",
        "{'values': {'a': 'va', 'b': 'vb'}}");
    struct json_object *fields = json_object_object_get(answer, "fields");
    static const char *const WANTED[][2] = {
        {"id", "Z"}, {"number", "3"}, {"addressee", "Y vavb"}, {"name", "n"}};

    for (size_t i = 0; i < KYSO_ARRAY_LEN(WANTED); i++)
        assert_string_equal(json_object_get_string(json_object_object_get(answer, WANTED[i][0])),
                            WANTED[i][1]);
    assert_string_equal(json_object_get_string(
                            json_object_object_get(json_object_array_get_idx(fields, 0), "label")),
                        "A of X");
    assert_string_equal(json_object_get_string(
                            json_object_object_get(json_object_array_get_idx(fields, 1), "label")),
                        "B of Y");
    (void)json_object_put(answer);
}

static bool contains(const char *text, const char *piece)
{
    bool found = strstr(text, piece) != NULL;

    if (!found)
        print_message("# not found: %s\n", piece);
    return found;
}

/* A printed end of a mail address stands behind one that has none of its own. */
static void test_domain(void **state KYSO_UNUSED)
{
    static const char MAIL[] = FIELD("'key': 'a', 'source': 'PROF', 'domain': '@x.vn'");
    static const char *const CASES[][2] = {
        {"{'values': {'a': 'le'}}", "le@x.vn"},
        {"{'values': {'a': 'le@y.vn'}}", "le@y.vn"},
        {"{}", NULL},
    };
    size_t right = 0;

    for (size_t i = 0; i < KYSO_ARRAY_LEN(CASES); i++) {
        struct json_object *answer = told(MAIL, CASES[i][0]);
        struct json_object *field =
            json_object_array_get_idx(json_object_object_get(answer, "fields"), 0);
        const char *printed = json_object_get_string(json_object_object_get(field, "printed"));

        right += g_strcmp0(printed, CASES[i][1]) == 0;
        (void)json_object_put(answer);
    }
    UNIT_ALL("addresses", right, KYSO_ARRAY_LEN(CASES));
}

/* Rows, counts and parts of dates, as the CSV and JSON of one form show them. */
static void test_rows(void **state KYSO_UNUSED)
{
    char detail[KYSO_FORM_DETAIL_MAX];
    g_autofree char *text =
        make(FORM("'addressee': '{rows.count:number-2} ({rows.count:words}) {doc.date:year-2}',"
                  "'fields': {'a': {'label': 'A', 'source': 'IN'}}, 'body': ["
                  "{'each': [{'text': '{row.number}. {a}, {org.name}'}]},"
                  "{'table': {'columns': [{'label': 'N', 'counter': '1'}, {'label': 'A', 'value': "
                  "'{a}/ {org.name}'}]}}]"),
             "{'values': {'org.name': 'Sở', 'a': 'everyone', 'doc.date': '2017-06-05'},"
             " 'rows': [{'a': 'one'}, {}]}",
             KYSO_FORM_JSON, detail);

    assert_string_equal(detail, "");
    assert_true(contains(text, "\"addressee\":\"02 (hai) 17\""));
    /* A cell shows what belongs to its row only, a text in \"each\" what belongs to all too. */
    assert_true(contains(text, "one/ ...................."));
    assert_true(contains(text, "\"value\":\"everyone\""));
    assert_true(contains(text, "\"2\",\n          \"\""));
}

static int begin(void **state KYSO_UNUSED)
{
    seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    return 0;
}

static int end(void **state KYSO_UNUSED)
{
    g_hash_table_unref(seen);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_too_many_values),
        cmocka_unit_test(test_words_are_documented),
        cmocka_unit_test(test_styles),
        cmocka_unit_test(test_capitals),
        cmocka_unit_test(test_missing),
        cmocka_unit_test(test_told),
        cmocka_unit_test(test_csv),
        cmocka_unit_test(test_bases),
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_domain),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
