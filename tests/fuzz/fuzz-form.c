/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes as a form and its values (a NUL between them). What may not happen: a crash, a refusal
 * without its word, JSON that is none, text that is not UTF-8, a file that is none. */
#include <fontconfig/fontconfig.h>
#include <json-c/json.h>
#include <pango/pangocairo.h>
#include <stdlib.h>
#include <string.h>

#include "common/outcome.h"
#include "common/text.h"
#include "document/fonts.h"
#include "document/forms/work.h"
#include "tests/fuzz/fuzz.h"

#define NAMES                                                                                      \
    "{\"format\":1,\"id\":\"X\",\"number\":\"1\",\"name\":\"n\",\"instrument\":\"i\","             \
    "\"clause\":\"c\",\"page\":\"landscape\",\"mark\":\"m\",\"assumed\":[\"a\"],"

static const char *const SEEDS[][2] = {
    {NAMES "\"head\":{\"national\":true,\"agency\":[\"{org.superior:capitals}\",{\"text\":\"{org."
           "name}\",\"style\":\"bold\",\"rule\":true}],\"number\":[\"V/v\"],\"date\":\"{doc.place},"
           " {doc.date:date-words}\"},\"title\":[\"T\"],\"addressee\":\"{{{x}}}\",\"fields\":{\"x\""
           ":{\"label\":\"X\",\"source\":\"IN\",\"choices\":[\"y\"]}},\"body\":[{\"text\":\"{rows."
           "count:words} {x}\",\"align\":\"right\"},{\"section\":\"S\"},{\"each\":[{\"text\":\"{row"
           ".number}\"}]}],\"signatures\":{\"left\":{\"heading\":\"N\",\"recipients\":[\"- r\"]},"
           "\"right\":{\"date\":\"d\",\"title\":[\"t\"],\"how\":[\"h\"]}},\"notes\":{\"heading\":"
           "\"G\",\"lines\":[\"n\"]}}",
     "{\"values\":{\"org.name\":\"Sở\",\"doc.date\":\"2017-02-01\",\"x\":\"Ơ\"},\"rows\":[{},{}],"
     "\"audit-head\":\"ab\"}"},
    {NAMES "\"body\":[{\"line\":[{\"label\":\"A:\",\"key\":\"a\",\"source\":\"PROF\",\"as\":\"capi"
           "tals\",\"share\":20},{\"label\":\"B:\",\"key\":\"b\",\"source\":\"IN\",\"boxes\":{\"m\""
           ":\"M\",\"f\":\"F\"},\"optional\":true},{\"label\":\"C:\",\"key\":\"c\",\"source\":\"INK"
           "\",\"after\":\"năm\",\"blank-lines\":2}]},{\"line\":[{\"label\":\"D\",\"value\":\"{org."
           "name}/{doc.date:hour}\"}]}]}",
     "{\"values\":{\"a\":\"đu\xcc\x9b\xcc\x81"
     "c\",\"b\":\"m\",\"doc.date\":\"2017-02-01T08:00\"}}"},
    {NAMES "\"body\":[{\"table\":{\"blank-rows\":3,\"columns\":[{\"label\":\"N\",\"counter\":\"01\""
           ",\"width\":3},{\"group\":\"G\",\"columns\":[{\"label\":\"A\",\"key\":\"a\",\"source\":"
           "\"TOK\"},{\"label\":\"B\",\"key\":\"b\",\"source\":\"CLK\",\"as\":\"date\",\"align\":"
           "\"center\"}]}]}},{\"table\":{\"columns\":[{\"label\":\"N\",\"counter\":\"1\"},{\"label"
           "\":\"T\"}],\"fixed-rows\":[[\"{org.name}\"],[\"b\"]]}}]}",
     "{\"rows\":[{\"a\":\"=0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF\",\"b\":\"2017-02-01\"}"
     ","
     "{\"a\":\"x\"}]}"},
    {"[{\"format\":1,\"id\":\"Z\",\"base\":\"X\",\"fields\":{\"a\":{\"label\":\"A\",\"source\":\"IN"
     "\"}}}," NAMES "\"body\":[{\"text\":\"{a}\"}]}]",
     "{}"},
};

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void check(const struct kyso_buf *file, enum kyso_form_format format)
{
    struct json_object *json;

    switch (format) {
    case KYSO_FORM_PDF:
        must(memcmp(file->bytes, "%PDF-", 5) == 0);
        break;
    case KYSO_FORM_ODT:
        must(memcmp(file->bytes, "PK\3\4", 4) == 0);
        break;
    case KYSO_FORM_JSON:
        must(kyso_text_is_utf8(file->bytes, file->length));
        json = json_tokener_parse((const char *)file->bytes);
        must(json_object_is_type(json, json_type_object));
        (void)json_object_put(json);
        break;
    case KYSO_FORM_CSV:
        must(kyso_text_is_utf8(file->bytes, file->length));
        must(file->length > 3 && memcmp(file->bytes + file->length - 2, "\r\n", 2) == 0);
        break;
    case KYSO_FORM_FORMAT_MAX:
        break;
    }
}

static void make(const struct kyso_form_input *input, enum kyso_form_format format)
{
    KYSO_BUF struct kyso_buf file = {.maximum = 1u << 24};
    char detail[KYSO_FORM_DETAIL_MAX] = "";
    int r = kyso_form_make(input, format, &file, detail);

    must(r == 0 || r == KYSO_OUTCOME_BAD_ARGUMENT || r == KYSO_OUTCOME_LIMIT);
    if (r == 0)
        check(&file, format);
    if (r == KYSO_OUTCOME_BAD_ARGUMENT)
        must((strncmp(detail, "bad-form ", 9) == 0 || strncmp(detail, "bad-values ", 11) == 0 ||
              strncmp(detail, "missing-glyph", 13) == 0) &&
             kyso_text_is_utf8(detail, strlen(detail)));
}

/* What the libraries keep for the next page; else the leak checker takes it for ours. */
static void close_fonts(void)
{
    pango_cairo_font_map_set_default(NULL);
    cairo_debug_reset_static_data();
    FcFini();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static bool fonts;
    const char *end = length > 0 ? memchr(bytes, '\0', length) : NULL;
    struct kyso_form_input input = {
        .form = (const char *)bytes, .values = "{}", .form_length = length, .values_length = 2};

    if (!fonts)
        must(kyso_fonts_load(true) == 0 && atexit(close_fonts) == 0);
    fonts = true;
    if (length == 0)
        return 0;
    if (end != NULL) {
        input.form_length = (size_t)(end - (const char *)bytes);
        input.values = end + 1;
        input.values_length = length - input.form_length - 1;
    }
    for (int format = 0; format < KYSO_FORM_FORMAT_MAX; format++)
        make(&input, (enum kyso_form_format)format);
    return 0;
}

uint8_t *fuzz_seed(size_t index, size_t *ret_length)
{
    size_t form, values;
    uint8_t *seed;

    if (index >= KYSO_ARRAY_LEN(SEEDS))
        return NULL;
    form = strlen(SEEDS[index][0]) + 1;
    values = strlen(SEEDS[index][1]);
    seed = malloc(form + values);
    must(seed != NULL);
    memcpy(seed, SEEDS[index][0], form);
    memcpy(seed + form, SEEDS[index][1], values);
    *ret_length = form + values;
    return seed;
}
