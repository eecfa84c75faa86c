/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the forms of a request are filled with: what a person filled in first, then what the records
 * of people, bodies, tokens and certificates say. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/error.h"
#include "common/outcome.h"
#include "daemon/recovery-desk.h"

/* Not wrong, but worth a look before somebody signs it. */
enum warning {
    WARN_MAIL_DIFFERS,   /* the certificate says another address than the person's record */
    WARN_CONFIRM_SERIAL, /* compare it with the number on the case */
    WARN_NO_PERSON,      /* no record of the subscriber: an administrator makes one */
    WARN_SENDERS_DIFFER, /* the rows are of several bodies, and nobody said who sends the letter */
};
const char *const KYSO_RECOVERY_WARNINGS[KYSO_RECOVERY_WARNINGS_MAX] = {
    "mail-differs",
    "confirm-token-serial",
    "no-person-record",
    "senders-differ",
};

struct assembling {
    const struct kyso_recovery_desk *desk;
    struct kyso_form_values *values;
    uint32_t warnings;
    int error; /* the store's */
};

static void warn(struct assembling *a, enum warning warning)
{
    a->warnings |= 1U << warning;
}

/* 0, or false for one that is not recorded. */
static bool load(struct assembling *a, enum kyso_party_kind kind, const char *id,
                 struct kyso_party *party)
{
    int r = id[0] != '\0' ? kyso_party_load(a->desk->daemon->store, kind, id, party)
                          : KYSO_OUTCOME_NOT_FOUND;

    if (r != 0 && r != KYSO_OUTCOME_NOT_FOUND)
        a->error = r;
    return r == 0;
}

/* Whose data a form asks for: the holder's, for a body or device the manager's. */
static const char *person_of(const struct kyso_roster_entry *entry)
{
    bool person = entry->class == KYSO_CLASS_PERSON || entry->class == KYSO_CLASS_UNKNOWN;
    const char *first = person ? entry->holder : entry->manager;
    const char *second = person ? entry->manager : entry->holder;

    return first[0] != '\0' ? first : second;
}

static void put_organisation(struct assembling *a, const char *role, const char *id)
{
    KYSO_PARTY struct kyso_party organisation = {0};
    char key[64];

    if (load(a, KYSO_PARTY_ORGANISATION, id, &organisation)) {
        kyso_form_values_organisation(a->values, role, &organisation);
        return;
    }
    /* One that is not described is its own name. */
    (void)snprintf(key, sizeof(key), "%sorg.", role);
    kyso_form_values_text(a->values, key, "name", id);
    kyso_form_values_text(a->values, key, "full-name", id);
}

/* A person under ROLE ("coordinator."), with the body the person works for. */
static void put_person(struct assembling *a, const char *role, const char *id)
{
    KYSO_PARTY struct kyso_party person = {0};

    if (!load(a, KYSO_PARTY_PERSON, id, &person))
        return;
    kyso_form_values_person(a->values, role, &person);
    put_organisation(a, role, kyso_party_get(&person, "organisation"));
}

static void check_mail(struct assembling *a, const struct kyso_party *person,
                       const struct kyso_certificate_entry *certificate)
{
    const char *registered = kyso_party_get(person, "mail");

    if (registered[0] == '\0' || certificate == NULL)
        return;
    kyso_form_values_text(a->values, "cert.", "mail", registered);
    if (strcasecmp(registered, certificate->described.info.email) != 0)
        warn(a, WARN_MAIL_DIFFERS);
}

static const struct kyso_roster_entry *entry_of(const struct assembling *a,
                                                const struct kyso_recovery_request *request)
{
    return request->n_certificates > 0
               ? kyso_roster_find(a->desk->daemon->roster, request->certificates[0])
               : NULL;
}

static void put_fields(struct assembling *a, const struct kyso_recovery_request *request)
{
    static const char *const OWN[] = {"coordinator", "contact", "sender"};

    for (size_t i = 0; i < request->n_fields; i++) {
        const char *key = request->fields[i].key;
        bool is_id = false;

        for (size_t k = 0; k < KYSO_ARRAY_LEN(OWN); k++)
            is_id |= strcmp(key, OWN[k]) == 0;
        if (!is_id && strncmp(key, "note.", 5) != 0)
            kyso_form_values_text(a->values, "", key, request->fields[i].value);
    }
}

/* The body that a request's person works for; "" when nobody knows. */
static void organisation_of(struct assembling *a, const struct kyso_recovery_request *request,
                            char *id, size_t size)
{
    const struct kyso_roster_entry *entry = entry_of(a, request);
    KYSO_PARTY struct kyso_party person = {0};
    const char *found = entry != NULL ? entry->organisation : "";

    if (entry != NULL && load(a, KYSO_PARTY_PERSON, person_of(entry), &person) &&
        kyso_party_get(&person, "organisation")[0] != '\0')
        found = kyso_party_get(&person, "organisation");
    (void)snprintf(id, size, "%s", found);
}

/* Everything about the token, certificate, person and body of one request. */
static void put_request(struct assembling *a, const struct kyso_recovery_request *request)
{
    const struct kyso_roster_entry *entry = entry_of(a, request);
    const struct kyso_certificate_entry *certificate =
        request->n_certificates > 0
            ? kyso_inventory_find(a->desk->daemon->inventory, request->certificates[0])
            : NULL;
    KYSO_PARTY struct kyso_party person = {0};
    char organisation[KYSO_ORGANISATION_ID_MAX + 1];

    if (kyso_recovery_field_value(request, "token.serial")[0] == '\0')
        warn(a, WARN_CONFIRM_SERIAL);
    kyso_form_values_text(a->values, "token.", "serial",
                          kyso_recovery_field_value(request, "token.serial"));
    kyso_form_values_text(a->values, "token.", "serial", request->serial);
    kyso_form_values_text(a->values, "", "reason", kyso_recovery_field_value(request, "reason"));
    kyso_form_values_text(a->values, "", "cert.issued",
                          kyso_recovery_field_value(request, "cert.issued"));
    if (entry != NULL && load(a, KYSO_PARTY_PERSON, person_of(entry), &person)) {
        check_mail(a, &person, certificate);
        kyso_form_values_person(a->values, "person.", &person);
        kyso_form_values_person(a->values, "manager.", &person);
    } else {
        warn(a, WARN_NO_PERSON);
    }
    if (certificate != NULL)
        kyso_form_values_certificate(a->values, certificate, entry);
    organisation_of(a, request, organisation, sizeof(organisation));
    put_organisation(a, "", organisation);
    put_organisation(a, "manager.", organisation);
}

/* Who sends it: as filled in, or the one body that all rows have. */
static void sender_of(struct assembling *a, struct kyso_recovery_request *const *rows, size_t n,
                      const struct kyso_recovery_request *request, char *id, size_t size)
{
    const char *given = kyso_recovery_field_value(request, "sender");
    char other[KYSO_ORGANISATION_ID_MAX + 1];

    (void)snprintf(id, size, "%s", given);
    for (size_t i = 0; given[0] == '\0' && i < n; i++) {
        organisation_of(a, rows[i], i == 0 ? id : other, i == 0 ? size : sizeof(other));
        if (i > 0 && strcmp(id, other) != 0) {
            warn(a, WARN_SENDERS_DIFFER);
            id[0] = '\0';
            return;
        }
    }
}

/* Head and place of the body that sends it. */
static void put_sender(struct assembling *a, const char *id, bool is_letter)
{
    KYSO_PARTY struct kyso_party organisation = {0};
    const char *title;

    if (load(a, KYSO_PARTY_ORGANISATION, id, &organisation)) {
        title = kyso_party_get(&organisation, "manager-title");
        if (!is_letter || title[0] == '\0')
            title = kyso_party_get(&organisation, "head-title");
        kyso_form_values_text(a->values, "doc.", "place", kyso_party_get(&organisation, "place"));
        kyso_form_values_text(a->values, "head.", "name",
                              kyso_party_get(&organisation, "head-name"));
        kyso_form_values_text(a->values, "head.", "position", title);
        kyso_form_values_text(a->values, "signer.", "position", title);
    }
    put_organisation(a, "", id);
}

static void put_moment(struct assembling *a, const char *role, const char *word, uint64_t seconds)
{
    uint32_t day = kyso_calendar_date_at((int64_t)seconds, a->desk->rules.offset);
    int64_t start = kyso_calendar_start(day, a->desk->rules.offset);
    unsigned int minutes = (unsigned int)(((int64_t)seconds - start) / 60);
    char text[32];

    (void)snprintf(text, sizeof(text), "%04u-%02u-%02uT%02u:%02u", day / 10000, day / 100 % 100,
                   day % 100, minutes / 60 % 24, minutes % 60);
    kyso_form_values_text(a->values, role, word, text);
}

/* The note to the Director quotes the letter that has gone (BD17-16.2c). */
static void put_note(struct assembling *a, const struct kyso_recovery_request *request)
{
    static const char *const FIELDS[] = {"number", "place", "date"};
    char key[32];

    for (size_t i = 0; i < KYSO_ARRAY_LEN(FIELDS); i++) {
        (void)snprintf(key, sizeof(key), "note.%s", FIELDS[i]);
        kyso_form_values_text(a->values, "doc.", FIELDS[i],
                              kyso_recovery_field_value(request, key));
    }
    kyso_form_values_text(a->values, "letter.", "number",
                          kyso_recovery_field_value(request, "letter.number"));
    kyso_form_values_text(a->values, "letter.", "number",
                          kyso_recovery_field_value(request, "doc.number"));
    put_moment(a, "letter.", "sent", request->sent_at);
    put_moment(a, "report.", "time", kyso_clock_wall_usec() / KYSO_USEC_PER_SEC);
    kyso_form_values_text(a->values, "upstream.", "name",
                          kyso_recovery_field_value(request, "upstream.name"));
    kyso_form_values_text(a->values, "upstream.", "name", request->sent_to);
}

static void put_head(struct assembling *a, const struct kyso_recovery_request *request, bool note,
                     const char *sender)
{
    if (note)
        put_note(a, request);
    else
        put_fields(a, request);
    kyso_form_values_day(a->values, "doc.", "date", kyso_clock_wall_usec() / KYSO_USEC_PER_SEC);
    put_person(a, "coordinator.", kyso_recovery_field_value(request, "coordinator"));
    put_person(a, "contact.", kyso_recovery_field_value(request, "contact"));
    put_sender(a, sender, request->kind == KYSO_RECOVERY_LETTER);
}

/* Rows that still wait; of a letter that is at its end, those that it had. */
static size_t rows_of(const struct kyso_recovery_desk *desk, struct kyso_recovery_request *request,
                      struct kyso_recovery_request **rows)
{
    size_t n, kept = 0;

    if (request->kind != KYSO_RECOVERY_LETTER) {
        rows[0] = request;
        return 1;
    }
    n = kyso_recovery_rows(desk->recovery, request, rows, KYSO_RECOVERY_MEMBERS_MAX);
    n = n < KYSO_RECOVERY_MEMBERS_MAX ? n : KYSO_RECOVERY_MEMBERS_MAX;
    if (!kyso_recovery_is_open(request->state))
        return n;
    for (size_t i = 0; i < n; i++) {
        if (kyso_recovery_is_open(rows[i]->state))
            rows[kept++] = rows[i];
    }
    return kept;
}

int kyso_recovery_values(const struct kyso_recovery_shown *shown, const char *form, bool takes_rows,
                         int *ret_values, uint32_t *ret_warnings)
{
    struct kyso_recovery_request *rows[KYSO_RECOVERY_MEMBERS_MAX];
    struct assembling a = {.desk = shown->desk, .values = kyso_form_values_new()};
    const struct kyso_profile *profile = &shown->desk->daemon->config->profile;
    bool note = strcmp(form, profile->recovery_note) == 0;
    char sender[KYSO_ORGANISATION_ID_MAX + 1];
    size_t n = rows_of(shown->desk, shown->request, rows);
    int r;

    sender_of(&a, rows, n, shown->request, sender, sizeof(sender));
    put_head(&a, shown->request, note, sender);
    for (size_t i = 0; i < n; i++) {
        if (takes_rows)
            kyso_form_values_row(a.values);
        put_request(&a, rows[i]);
        if (note)
            kyso_form_values_text(a.values, "recovery.", "result",
                                  kyso_recovery_field_value(rows[i], "note.result"));
    }
    r = a.error != 0 ? a.error
                     : kyso_form_values_seal(a.values, shown->desk->daemon->audit, ret_values);
    (void)kyso_form_values_free(a.values);
    if (r == 0)
        *ret_warnings = a.warnings;
    return r;
}
