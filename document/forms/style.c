/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "document/forms/style.h"

#include <glib.h>
#include <inttypes.h>
#include <string.h>

#include "common/text.h"

#define WORDS_MAX UINT64_C(999999999999)
#define SHORT_BLANK "....."

static const struct {
    const char *name, *blank;
} STYLES[] = {
    [KYSO_FORM_STYLE_TEXT] = {"text", "...................."},
    [KYSO_FORM_STYLE_CAPITALS] = {"capitals", "...................."},
    [KYSO_FORM_STYLE_DATE] = {"date", "..../..../......"},
    [KYSO_FORM_STYLE_DATE_WORDS] = {"date-words", "ngày ..... tháng ..... năm ........"},
    [KYSO_FORM_STYLE_DAY] = {"day", SHORT_BLANK},
    [KYSO_FORM_STYLE_MONTH] = {"month", SHORT_BLANK},
    [KYSO_FORM_STYLE_YEAR] = {"year", "........"},
    [KYSO_FORM_STYLE_YEAR_2] = {"year-2", SHORT_BLANK},
    [KYSO_FORM_STYLE_HOUR] = {"hour", SHORT_BLANK},
    [KYSO_FORM_STYLE_MINUTE] = {"minute", SHORT_BLANK},
    [KYSO_FORM_STYLE_NUMBER] = {"number", SHORT_BLANK},
    [KYSO_FORM_STYLE_NUMBER_2] = {"number-2", SHORT_BLANK},
    [KYSO_FORM_STYLE_WORDS] = {"words", ".............."},
};
_Static_assert(KYSO_ARRAY_LEN(STYLES) == KYSO_FORM_STYLE_MAX, "one row for each style");

struct date {
    uint32_t day, month, year;
    bool has_time;
    uint64_t hour, minute;
};

bool kyso_form_style_find(const char *name, size_t length, enum kyso_form_style *ret_style)
{
    for (size_t i = 0; i < KYSO_ARRAY_LEN(STYLES); i++)
        if (strlen(STYLES[i].name) == length && memcmp(STYLES[i].name, name, length) == 0) {
            *ret_style = (enum kyso_form_style)i;
            return true;
        }
    return false;
}

const char *kyso_form_style_blank(enum kyso_form_style style)
{
    return STYLES[style].blank;
}

/* "YYYY-MM-DD" or "YYYY-MM-DDTHH:MM". */
static bool read_date(const char *value, struct date *ret_date)
{
    struct date date = {0};
    char day[11], part[3] = "";
    uint32_t number;

    if (strlen(value) != 10 && (strlen(value) != 16 || value[10] != 'T' || value[13] != ':'))
        return false;
    memcpy(day, value, 10);
    day[10] = '\0';
    if (!kyso_text_to_day(day, &number))
        return false;
    date.year = number / 10000;
    date.month = number / 100 % 100;
    date.day = number % 100;
    date.has_time = strlen(value) == 16;
    if (date.has_time) {
        memcpy(part, value + 11, 2);
        if (!kyso_text_to_u64(part, 23, &date.hour))
            return false;
        memcpy(part, value + 14, 2);
        if (!kyso_text_to_u64(part, 59, &date.minute))
            return false;
    }
    *ret_date = date;
    return true;
}

/* Letters keep the day to two digits, of the months only 1 and 2, which others could be made of. */
static char *month_of(const struct date *date)
{
    return g_strdup_printf(date->month <= 2 ? "%02u" : "%u", date->month);
}

static char *print_date(enum kyso_form_style style, const struct date *date)
{
    g_autofree char *month = month_of(date);

    switch (style) {
    case KYSO_FORM_STYLE_DATE:
        return g_strdup_printf("%02u/%02u/%04u", date->day, date->month, date->year);
    case KYSO_FORM_STYLE_DATE_WORDS:
        return g_strdup_printf("ngày %02u tháng %s năm %04u", date->day, month, date->year);
    case KYSO_FORM_STYLE_DAY:
        return g_strdup_printf("%02u", date->day);
    case KYSO_FORM_STYLE_MONTH:
        return g_steal_pointer(&month);
    case KYSO_FORM_STYLE_YEAR:
        return g_strdup_printf("%04u", date->year);
    case KYSO_FORM_STYLE_YEAR_2:
        return g_strdup_printf("%02u", date->year % 100);
    case KYSO_FORM_STYLE_HOUR:
        return date->has_time ? g_strdup_printf("%02u", (unsigned int)date->hour) : g_strdup("");
    case KYSO_FORM_STYLE_MINUTE:
        return date->has_time ? g_strdup_printf("%02u", (unsigned int)date->minute) : g_strdup("");
    case KYSO_FORM_STYLE_TEXT:
    case KYSO_FORM_STYLE_CAPITALS:
    case KYSO_FORM_STYLE_NUMBER:
    case KYSO_FORM_STYLE_NUMBER_2:
    case KYSO_FORM_STYLE_WORDS:
    case KYSO_FORM_STYLE_MAX:
        break;
    }
    return g_strdup("");
}

/* NUMBER below 1000; WHOLE: hundreds are said even when there are none, for more stands before. */
static void say_hundreds(GString *words, unsigned int number, bool whole)
{
    static const char *const DIGITS[] = {"không", "một", "hai", "ba",  "bốn",
                                         "năm",   "sáu", "bảy", "tám", "chín"};
    unsigned int hundreds = number / 100, tens = number / 10 % 10, ones = number % 10;

    if (hundreds > 0 || whole)
        g_string_append_printf(words, " %s trăm", DIGITS[hundreds]);
    if (tens == 1)
        g_string_append(words, " mười");
    else if (tens > 1)
        g_string_append_printf(words, " %s mươi", DIGITS[tens]);
    else if (ones > 0 && (hundreds > 0 || whole))
        g_string_append(words, " linh");
    if (ones == 1 && tens > 1)
        g_string_append(words, " mốt");
    else if (ones == 5 && tens > 0)
        g_string_append(words, " lăm");
    else if (ones > 0)
        g_string_append_printf(words, " %s", DIGITS[ones]);
}

static char *number_in_words(uint64_t number)
{
    static const char *const UNITS[] = {" tỷ", " triệu", " nghìn", ""};
    GString *words = g_string_new(NULL);
    uint64_t unit = UINT64_C(1000000000);
    bool whole = false;

    for (size_t i = 0; i < KYSO_ARRAY_LEN(UNITS); i++, unit /= 1000) {
        unsigned int part = (unsigned int)(number / unit % 1000);

        if (part == 0)
            continue;
        say_hundreds(words, part, whole);
        g_string_append(words, UNITS[i]);
        whole = true;
    }
    if (number == 0)
        g_string_append(words, " không");
    g_string_erase(words, 0, 1);
    return g_string_free(words, FALSE);
}

static char *print_number(enum kyso_form_style style, uint64_t number)
{
    if (style == KYSO_FORM_STYLE_WORDS)
        return number_in_words(number);
    return g_strdup_printf(style == KYSO_FORM_STYLE_NUMBER_2 ? "%02" PRIu64 : "%" PRIu64, number);
}

static char *in_capitals(const char *value)
{
    g_autofree char *large = g_utf8_strup(value, -1);

    return g_utf8_normalize(large, -1, G_NORMALIZE_NFC);
}

char *kyso_form_style_print(enum kyso_form_style style, const char *value, const char **ret_word)
{
    g_autofree char *composed = g_utf8_normalize(value, -1, G_NORMALIZE_NFC);
    struct date date;
    uint64_t number;

    *ret_word = "not-utf-8";
    if (composed == NULL)
        return NULL;
    (void)g_strstrip(composed);
    if (*composed == '\0')
        return g_steal_pointer(&composed);
    switch (style) {
    case KYSO_FORM_STYLE_TEXT:
        return g_steal_pointer(&composed);
    case KYSO_FORM_STYLE_CAPITALS:
        return in_capitals(composed);
    case KYSO_FORM_STYLE_NUMBER:
    case KYSO_FORM_STYLE_NUMBER_2:
    case KYSO_FORM_STYLE_WORDS:
        *ret_word = "bad-number";
        return kyso_text_to_u64(composed, WORDS_MAX, &number) ? print_number(style, number) : NULL;
    case KYSO_FORM_STYLE_DATE:
    case KYSO_FORM_STYLE_DATE_WORDS:
    case KYSO_FORM_STYLE_DAY:
    case KYSO_FORM_STYLE_MONTH:
    case KYSO_FORM_STYLE_YEAR:
    case KYSO_FORM_STYLE_YEAR_2:
    case KYSO_FORM_STYLE_HOUR:
    case KYSO_FORM_STYLE_MINUTE:
        *ret_word = "bad-date";
        return read_date(composed, &date) ? print_date(style, &date) : NULL;
    case KYSO_FORM_STYLE_MAX:
        break;
    }
    return NULL;
}
