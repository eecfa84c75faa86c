/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the fields of persons and organisations may hold. The forms print them as they are. */

#include <string.h>

#include "common/text.h"
#include "daemon/party-private.h"

#define DIGITS "0123456789"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define YEAR_FIRST 1900 /* of a birth or an identity paper */

/* An id goes into log and audit lines: a person's is a staff number or user name, never a sentence,
 * nor what could be the number of an identity paper (9 or 12 digits). */
const char *kyso_party_check_id(enum kyso_party_kind kind, const char *id)
{
    size_t length = strlen(id);

    if (length == 0)
        return "missing";
    if (kind == KYSO_PARTY_ORGANISATION)
        return kyso_change_check_text(id, KYSO_ORGANISATION_ID_MAX);
    if (length > KYSO_PERSON_ID_MAX)
        return "too-long";
    if ((length == 9 || length == 12) && strspn(id, DIGITS) == length)
        return "is-id-number";
    return strspn(id, DIGITS LETTERS "._@-") == length ? NULL : "bad-id";
}

static const char *check_day(const char *value, uint32_t today)
{
    uint32_t day;

    if (!kyso_text_to_day(value, &day) || day / 10000 < YEAR_FIRST)
        return "bad-date";
    return day > today ? "date-in-future" : NULL;
}

static const char *check_gender(const char *value, uint32_t today KYSO_UNUSED)
{
    return strcmp(value, "male") == 0 || strcmp(value, "female") == 0 ? NULL : "bad-gender";
}

/* Chứng minh nhân dân: 9 digits; căn cước công dân: 12; passport: letters and digits. A spreadsheet
 * that took a number for one to calculate with has lost its first zeros, and shows here. */
static const char *check_id_number(const char *value, uint32_t today KYSO_UNUSED)
{
    size_t length = strlen(value);

    if (strspn(value, DIGITS) == length)
        return length == 9 || length == 12 ? NULL : "bad-id-number";
    return length >= 6 && length <= 20 && strspn(value, DIGITS LETTERS) == length ? NULL
                                                                                  : "bad-id-number";
}

static const char *check_mail(const char *value, uint32_t today KYSO_UNUSED)
{
    const char *at = strchr(value, '@');

    return at != NULL && at != value && strchr(at + 1, '@') == NULL && at[1] != '\0' &&
                   strchr(at, '.') != NULL && strpbrk(value, " ,;<>") == NULL
               ? NULL
               : "bad-mail";
}

/* Internal numbers may be short and have words beside them. A full one begins with zero or a plus
 * sign, unless a spreadsheet took the zero away. */
static const char *check_phone(const char *value, uint32_t today KYSO_UNUSED)
{
    size_t n = 0;

    for (const char *c = value; *c != '\0'; c++)
        n += *c >= '0' && *c <= '9';
    return n >= 3 && (n < 9 || *value < '1' || *value > '9') ? NULL : "bad-phone";
}

/* Ten digits; three more, mostly behind a hyphen, for a dependent unit. */
static const char *check_tax_code(const char *value, uint32_t today KYSO_UNUSED)
{
    size_t first = strspn(value, DIGITS);
    const char *rest = value + first;

    if ((first == 10 || first == 13) && *rest == '\0')
        return NULL;
    return first == 10 && *rest == '-' && strspn(rest + 1, DIGITS) == 3 && rest[4] == '\0'
               ? NULL
               : "bad-tax-code";
}

/* “Mã quan hệ ngân sách” has seven digits. */
static const char *check_budget_code(const char *value, uint32_t today KYSO_UNUSED)
{
    return strlen(value) == 7 && strspn(value, DIGITS) == 7 ? NULL : "bad-budget-code";
}

const char *kyso_party_check_value(enum kyso_party_kind kind, const char *field, const char *value,
                                   uint32_t today)
{
    static const struct {
        const char *field;
        const char *(*check)(const char *value, uint32_t today);
    } CHECKS[] = {
        {"birth-date", check_day},
        {"id-date", check_day},
        {"gender", check_gender},
        {"id-number", check_id_number},
        {"mail", check_mail},
        {"phone", check_phone},
        {"mobile", check_phone},
        {"home-phone", check_phone},
        {"fax", check_phone},
        {"tax-code", check_tax_code},
        {"budget-code", check_budget_code},
    };
    const char *what;

    if (kyso_party_field(kind, field) == KYSO_PARTY_FIELDS_MAX)
        return "unknown-field";
    what = kyso_change_check_text(value, KYSO_PARTY_TEXT_MAX);
    if (what != NULL || *value == '\0')
        return what;
    for (size_t i = 0; i < KYSO_ARRAY_LEN(CHECKS); i++) {
        if (strcmp(CHECKS[i].field, field) == 0)
            return CHECKS[i].check(value, today);
    }
    return NULL;
}

const char *kyso_party_check(const struct kyso_party *party, const char **ret_field)
{
    const char *number = kyso_party_get(party, "id-number");

    if (kyso_party_get(party, "name")[0] == '\0') {
        *ret_field = "name";
        return "missing";
    }
    if (number != NULL && strcasecmp(number, party->id) == 0) {
        *ret_field = "id"; /* it would stand in the audit log */
        return "is-id-number";
    }
    return NULL;
}
