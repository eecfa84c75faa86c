/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/columns.h"

#include <inttypes.h>
#include <string.h>

#include "client/i18n.h"
#include "common/buf.h"
#include "common/macros.h"
#include "common/text.h"

#define TEXT KYSO_COLUMN_TEXT
#define USERS_MAX 64 /* the service has the real limit */

static const struct kyso_column ENTRIES[] = {
    {"fingerprint", TEXT, N_("Certificate:")},
    {"class", TEXT, N_("Class:")},
    {"authority", KYSO_COLUMN_BOOL, N_("Person with authority:")},
    {"digitised-copy-signer", KYSO_COLUMN_BOOL, N_("Signs digitised copies:")},
    {"organisation", TEXT, N_("Organisation:")},
    {"title", TEXT, N_("Title:")},
    {"effective", TEXT, N_("In effect from:")},
    {"renewals", KYSO_COLUMN_NUMBER, N_("Renewals so far:")},
    {"holder", TEXT, N_("Holder (id of a person):")},
    {"manager", TEXT, N_("Certificate manager (id of a person):")},
    {"users", KYSO_COLUMN_LIST, N_("Users:")},
};

static const struct kyso_column PERSONS[] = {
    {"id", TEXT, N_("Id:")},
    {"name", TEXT, N_("Name:")},
    {"gender", TEXT, N_("Gender:")},
    {"birth-date", TEXT, N_("Born on:")},
    {"birth-place", TEXT, N_("Born in:")},
    {"nationality", TEXT, N_("Nationality:")},
    {"id-number", TEXT, N_("Identity paper's number:")},
    {"id-date", TEXT, N_("Paper issued on:")},
    {"id-place", TEXT, N_("Paper issued at:")},
    {"post", TEXT, N_("Post:")},
    {"title", TEXT, N_("Title:")},
    {"unit", TEXT, N_("Unit:")},
    {"organisation", TEXT, N_("Organisation:")},
    {"phone", TEXT, N_("Telephone:")},
    {"mobile", TEXT, N_("Mobile telephone:")},
    {"home-phone", TEXT, N_("Telephone at home:")},
    {"fax", TEXT, N_("Fax:")},
    {"mail", TEXT, N_("Official e-mail:")},
    {"home-address", TEXT, N_("Home address:")},
};

static const struct kyso_column ORGANISATIONS[] = {
    {"id", TEXT, N_("Id:")},
    {"name", TEXT, N_("Name:")},
    {"parent", TEXT, N_("Body above:")},
    {"superiors", TEXT, N_("All bodies above:")},
    {"address", TEXT, N_("Address:")},
    {"province", TEXT, N_("Province:")},
    {"place", TEXT, N_("Place named in letters:")},
    {"phone", TEXT, N_("Telephone:")},
    {"fax", TEXT, N_("Fax:")},
    {"mail", TEXT, N_("Official e-mail:")},
    {"tax-code", TEXT, N_("Tax code:")},
    {"budget-code", TEXT, N_("Budget code:")},
    {"head-name", TEXT, N_("Head:")},
    {"head-title", TEXT, N_("Title of the head:")},
    {"manager-title", TEXT, N_("Title of the manager of subscribers:")},
};

const struct kyso_column *kyso_columns(enum kyso_register which, size_t *ret_n)
{
    switch (which) {
    case KYSO_REGISTER_PERSONS:
        *ret_n = KYSO_ARRAY_LEN(PERSONS);
        return PERSONS;
    case KYSO_REGISTER_ORGANISATIONS:
        *ret_n = KYSO_ARRAY_LEN(ORGANISATIONS);
        return ORGANISATIONS;
    case KYSO_REGISTER_ENTRIES:
        break;
    }
    *ret_n = KYSO_ARRAY_LEN(ENTRIES);
    return ENTRIES;
}

const struct kyso_column *kyso_column_named(enum kyso_register which, const char *name)
{
    size_t n;
    const struct kyso_column *columns = kyso_columns(which, &n);

    for (size_t i = 0; i < n; i++) {
        if (strcmp(columns[i].name, name) == 0)
            return &columns[i];
    }
    return NULL;
}

static const char *put_list(const struct kyso_column *column, const char *text,
                            struct kyso_options *options)
{
    KYSO_FREE char *copy = strdup(text);
    const char *values[USERS_MAX];
    char *rest = copy, *value;
    size_t n = 0;

    if (copy == NULL)
        return "out-of-memory";
    while ((value = strsep(&rest, ",")) != NULL) {
        size_t length;

        value += strspn(value, " ");
        length = strlen(value);
        while (length > 0 && value[length - 1] == ' ')
            value[--length] = '\0';
        if (length == 0)
            continue;
        if (n == USERS_MAX)
            return "too-many-users";
        values[n++] = value;
    }
    kyso_options_strings(options, column->name, values, n);
    return NULL;
}

const char *kyso_column_put(const struct kyso_column *column, const char *text,
                            struct kyso_options *options)
{
    bool yes = strcmp(text, "yes") == 0;
    uint64_t number = 0;

    switch (column->kind) {
    case KYSO_COLUMN_TEXT:
        kyso_options_string(options, column->name, text);
        return NULL;
    case KYSO_COLUMN_BOOL:
        if (!yes && *text != '\0' && strcmp(text, "no") != 0)
            return "bad-value";
        kyso_options_bool(options, column->name, yes);
        return NULL;
    case KYSO_COLUMN_NUMBER:
        if (*text != '\0' && !kyso_text_to_u64(text, UINT32_MAX, &number))
            return "bad-number";
        kyso_options_number(options, column->name, (uint32_t)number);
        return NULL;
    case KYSO_COLUMN_LIST:
        return put_list(column, text, options);
    }
    return "unknown-field";
}

char *kyso_column_text(const struct kyso_column *column, const struct kyso_map *map)
{
    struct kyso_buf text = {0};

    switch (column->kind) {
    case KYSO_COLUMN_TEXT:
        return strdup(kyso_map_string(map, column->name));
    case KYSO_COLUMN_BOOL:
        return strdup(kyso_map_bool(map, column->name) ? "yes" : "no");
    case KYSO_COLUMN_NUMBER:
        kyso_buf_printf(&text, "%" PRId64, kyso_map_number(map, column->name));
        return kyso_buf_take_string(&text);
    case KYSO_COLUMN_LIST:
        break;
    }
    for (size_t i = 0; i < kyso_map_length(map, column->name); i++)
        kyso_buf_printf(&text, "%s%s", i > 0 ? "," : "",
                        kyso_map_item_string(map, column->name, i));
    return text.length > 0 ? kyso_buf_take_string(&text) : strdup("");
}

char *kyso_column_key(enum kyso_register which, const char *text)
{
    char *key = strdup(text), *to = key;

    if (key == NULL || which != KYSO_REGISTER_ENTRIES)
        return key;
    for (const char *c = key; *c != '\0'; c++) {
        if (*c != ':' && *c != ' ')
            *to++ = *c;
    }
    *to = '\0';
    return key;
}
