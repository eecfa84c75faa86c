/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/form-values.h"

#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "common/error.h"
#include "common/memfd.h"
#include "common/text.h"
#include "policy/calendar.h"

#define KEY_MAX 80U

struct kyso_form_values {
    struct json_object *values, *rows, *current; /* CURRENT: the form's or the newest row's */
    bool failed;
};

/* The words of a party's fields in forms; those that are not here are the same in both. */
static const struct {
    enum kyso_party_kind kind;
    const char *field, *word;
} WORDS[] = {
    {KYSO_PARTY_PERSON, "id-date", "id-issued"},
    {KYSO_PARTY_PERSON, "post", "position"},
    {KYSO_PARTY_PERSON, "home-address", "address"},
    {KYSO_PARTY_ORGANISATION, "parent", "superior"},
};

struct kyso_form_values *kyso_form_values_new(void)
{
    struct kyso_form_values *values = calloc(1, sizeof(*values));

    if (values == NULL)
        return NULL;
    values->values = json_object_new_object();
    values->rows = json_object_new_array();
    values->current = values->values;
    values->failed = values->values == NULL || values->rows == NULL;
    return values;
}

struct kyso_form_values *kyso_form_values_free(struct kyso_form_values *values)
{
    if (values == NULL)
        return NULL;
    json_object_put(values->values);
    json_object_put(values->rows);
    free(values);
    return NULL;
}

void kyso_form_values_row(struct kyso_form_values *values)
{
    struct json_object *row;

    if (values == NULL || values->failed)
        return;
    row = json_object_new_object();
    if (row == NULL || json_object_array_add(values->rows, row) < 0) {
        json_object_put(row);
        values->failed = true;
        return;
    }
    values->current = row;
}

void kyso_form_values_text(struct kyso_form_values *values, const char *role, const char *word,
                           const char *text)
{
    struct json_object *string;
    char key[KEY_MAX];

    if (values == NULL || values->failed || text == NULL || *text == '\0')
        return;
    (void)snprintf(key, sizeof(key), "%s%s", role, word);
    if (json_object_object_get_ex(values->current, key, NULL))
        return;
    string = json_object_new_string(text);
    if (string == NULL || json_object_object_add(values->current, key, string) < 0) {
        json_object_put(string);
        values->failed = true;
    }
}

void kyso_form_values_number(struct kyso_form_values *values, const char *role, const char *word,
                             uint64_t number)
{
    char text[24];

    (void)snprintf(text, sizeof(text), "%" PRIu64, number);
    kyso_form_values_text(values, role, word, text);
}

void kyso_form_values_day(struct kyso_form_values *values, const char *role, const char *word,
                          uint64_t seconds)
{
    uint32_t day = kyso_calendar_date_at((int64_t)seconds, KYSO_CALENDAR_VIETNAM);
    char text[KYSO_TEXT_DAY_MAX];

    if (seconds == 0 || day == 0)
        return;
    kyso_text_from_day(day, text);
    kyso_form_values_text(values, role, word, text);
}

static const char *word_of(enum kyso_party_kind kind, const char *field)
{
    for (size_t i = 0; i < KYSO_ARRAY_LEN(WORDS); i++) {
        if (WORDS[i].kind == kind && strcmp(WORDS[i].field, field) == 0)
            return WORDS[i].word;
    }
    return field;
}

static void put_party(struct kyso_form_values *values, const char *role,
                      const struct kyso_party *party)
{
    size_t n;
    const char *const *fields = kyso_party_field_names(party->kind, &n);

    for (size_t i = 0; i < n; i++)
        kyso_form_values_text(values, role, word_of(party->kind, fields[i]), party->values[i]);
}

void kyso_form_values_person(struct kyso_form_values *values, const char *role,
                             const struct kyso_party *person)
{
    put_party(values, role, person);
}

/* The body and those above it, as "(1) Tên cơ quan, tổ chức quản lý trực tiếp và các cơ quan quản
 * lý cấp trên" asks for it. */
static void put_full_name(struct kyso_form_values *values, const char *role,
                          const struct kyso_party *organisation)
{
    const char *name = kyso_party_get(organisation, "name");
    const char *above = kyso_party_get(organisation, "superiors");
    KYSO_FREE char *text = NULL;

    if (*above == '\0')
        above = kyso_party_get(organisation, "parent");
    if (*above == '\0') {
        kyso_form_values_text(values, role, "full-name", name);
        return;
    }
    if (asprintf(&text, "%s, %s", name, above) < 0) {
        text = NULL;
        values->failed = true;
        return;
    }
    kyso_form_values_text(values, role, "full-name", text);
}

void kyso_form_values_organisation(struct kyso_form_values *values, const char *role,
                                   const struct kyso_party *organisation)
{
    char prefix[KEY_MAX];

    if (values == NULL || values->failed)
        return;
    (void)snprintf(prefix, sizeof(prefix), "%sorg.", role);
    put_party(values, prefix, organisation);
    put_full_name(values, prefix, organisation);
}

static const char *class_in_vietnamese(enum kyso_class class)
{
    switch (class) {
    case KYSO_CLASS_PERSON:
        return "cá nhân";
    case KYSO_CLASS_SEAL:
        return "cơ quan, tổ chức";
    case KYSO_CLASS_DEVICE:
        return "thiết bị, dịch vụ, phần mềm";
    case KYSO_CLASS_UNKNOWN:
    case KYSO_CLASS_MAX:
        break;
    }
    return "";
}

/* The end of the part of an RFC 2253 name that begins at TEXT. */
static const char *end_of_part(const char *text)
{
    while (*text != '\0' && *text != ',')
        text += *text == '\\' && text[1] != '\0' ? 2 : 1;
    return text;
}

/* Copies a part without the backslashes in front of what RFC 2253 has to protect. */
static char *copy_part(char *to, const char *from, const char *end)
{
    while (from < end) {
        if (*from == '\\' && from + 1 < end && strchr(",+\"\\<>;#= ", from[1]) != NULL)
            from++;
        *to++ = *from++;
    }
    return to;
}

/* RFC 2253 writes a name from its end; the forms want it "theo thông tin tại trường Subject", in
 * the order of the certificate. Null without memory. */
static char *in_certificate_order(const char *subject)
{
    size_t length = strlen(subject);
    char *text = malloc(2 * length + 1), *to = text;
    const char *end = subject + length;

    if (text == NULL)
        return NULL;
    while (end > subject) {
        const char *part = subject, *next;

        while ((next = end_of_part(part)) < end)
            part = next + 1;
        to = copy_part(to, part, end);
        end = part > subject ? part - 1 : subject;
        if (end > subject) {
            *to++ = ',';
            *to++ = ' ';
        }
    }
    *to = '\0';
    return text;
}

void kyso_form_values_certificate(struct kyso_form_values *values,
                                  const struct kyso_certificate_entry *certificate,
                                  const struct kyso_roster_entry *roster)
{
    const struct kyso_certificate_info *info = &certificate->described.info;
    KYSO_FREE char *subject = in_certificate_order(info->subject);
    char day[KYSO_TEXT_DAY_MAX];

    if (values != NULL && subject == NULL)
        values->failed = true;
    kyso_form_values_text(values, "token.", "serial", certificate->token->serial);
    kyso_form_values_text(values, "cert.", "subject", subject);
    kyso_form_values_text(values, "cert.", "name", info->common_name);
    kyso_form_values_text(values, "cert.", "mail", info->email);
    kyso_form_values_text(values, "cert.", "serial", info->serial);
    kyso_form_values_day(values, "cert.", "issued", info->not_before);
    kyso_form_values_day(values, "cert.", "expires", info->not_after);
    if (roster == NULL)
        return;
    kyso_form_values_text(values, "cert.", "class", class_in_vietnamese(roster->class));
    if (roster->effective == 0)
        return;
    kyso_text_from_day(roster->effective, day);
    kyso_form_values_text(values, "cert.", "effective", day);
}

static int add(struct json_object *all, const char *key, struct json_object *value)
{
    if (value != NULL && json_object_object_add(all, key, value) == 0)
        return 0;
    json_object_put(value);
    return -ENOMEM;
}

static int put_together(const struct kyso_form_values *values, const char *head,
                        struct json_object *all)
{
    int r = add(all, "values", json_object_get(values->values));

    if (r == 0 && json_object_array_length(values->rows) > 0)
        r = add(all, "rows", json_object_get(values->rows));
    return r == 0 ? add(all, "audit-head", json_object_new_string(head)) : r;
}

int kyso_form_values_seal(struct kyso_form_values *values, struct kyso_audit *audit, int *ret_file)
{
    struct json_object *all;
    char head[KYSO_AUDIT_HEAD_MAX];
    const char *text;
    int r;

    if (values == NULL || values->failed)
        return kyso_trace(-ENOMEM);
    r = kyso_audit_head(audit, head);
    if (r != 0)
        return r;
    all = json_object_new_object();
    r = all != NULL ? put_together(values, head, all) : -ENOMEM;
    if (r == 0) {
        text = json_object_to_json_string_ext(all, JSON_C_TO_STRING_PLAIN);
        r = text != NULL ? kyso_memfd_from_bytes("values", text, strlen(text), ret_file) : -ENOMEM;
    }
    json_object_put(all);
    return r < 0 ? kyso_trace(r) : r;
}
