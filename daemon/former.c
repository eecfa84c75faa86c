/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* org.kyso.Kyso1.Forms: any official form, filled with what the roster and the inventory know:
 * issue, renewal, revocation, handover, change of manager, lists. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/error.h"
#include "common/names.h"
#include "common/outcome.h"
#include "common/text.h"
#include "daemon/daemon.h"
#include "daemon/dict.h"
#include "daemon/form-call.h"
#include "daemon/property.h"

#define HELD ((uint64_t)16 << 20) /* bytes that a form is charged with against its caller */
#define ROLE_MAX 32U              /* bytes of a role's word, with its dot */

static const char *const PURPOSES[] = {"new", "reissue", "renew", "revoke", "recover", "other"};

struct forming {
    struct forming *next;
    struct kyso_daemon *daemon;
    struct kyso_request *request;
    uid_t uid;
    bool charged, takes_rows;
    const char *form, *purpose, *organisation;
    enum kyso_form_format format;
    struct kyso_strings certificates, persons, roles;
    struct kyso_form_values *values;
    struct kyso_form_call *setting;
};

static struct forming *running;

static void forming_free(struct forming *forming)
{
    for (struct forming **at = &running; *at != NULL; at = &(*at)->next) {
        if (*at == forming) {
            *at = forming->next;
            break;
        }
    }
    if (forming->charged)
        kyso_caller_release(forming->daemon->callers, forming->uid, HELD);
    (void)kyso_form_call_free(forming->setting);
    (void)kyso_form_values_free(forming->values);
    free(forming);
}

void kyso_former_stop(void)
{
    while (running != NULL)
        forming_free(running);
}

static void fail(struct forming *forming, int result, const char *detail, const char *option)
{
    struct kyso_request *request = forming->request;

    kyso_request_fail(request, result, "detail", detail, "option", option, NULL);
    forming_free(forming);
}

static void caller_left(void *data)
{
    forming_free(data);
}

/* ---- values ---- */

/* The organisation ID under ROLE; one that nobody described is its own name. */
static int put_organisation(struct forming *forming, const char *role, const char *id)
{
    KYSO_PARTY struct kyso_party organisation = {0};
    char prefix[ROLE_MAX + 8];
    int r;

    if (*id == '\0')
        return 0;
    r = kyso_organisation_load(forming->daemon->store, id, &organisation);
    if (r == 0) {
        kyso_form_values_organisation(forming->values, role, &organisation);
    } else if (r == KYSO_OUTCOME_NOT_FOUND) {
        (void)snprintf(prefix, sizeof(prefix), "%sorg.", role);
        kyso_form_values_text(forming->values, prefix, "name", id);
        kyso_form_values_text(forming->values, prefix, "full-name", id);
        r = 0;
    }
    return r;
}

/* A person, with the body the person works for: the main one's goes under "org." alone. */
static int put_person(struct forming *forming, const char *role, const char *id)
{
    KYSO_PARTY struct kyso_party person = {0};
    int r = kyso_person_load(forming->daemon->store, id, &person);

    if (r != 0)
        return r;
    kyso_form_values_person(forming->values, role, &person);
    return put_organisation(forming, strcmp(role, "person.") == 0 ? "" : role,
                            kyso_party_get(&person, "organisation"));
}

/* Whom a certificate is about: its holder, or who manages a seal's or device's. */
static const char *subscriber_of(const struct kyso_roster_entry *roster)
{
    if (roster == NULL)
        return "";
    return roster->class == KYSO_CLASS_PERSON ? roster->holder : roster->manager;
}

/* The address that was registered for the certificate ("đã đăng ký trong đề nghị cấp chứng thư số")
 * is its subscriber's own; what the certificate says stands in where nobody recorded one. */
static int put_mail(struct forming *forming, const struct kyso_roster_entry *roster)
{
    bool person = roster != NULL && roster->class == KYSO_CLASS_PERSON;
    KYSO_PARTY struct kyso_party party = {0};
    const char *id = "";
    int r;

    if (roster != NULL)
        id = person ? roster->holder : roster->organisation;
    if (*id == '\0')
        return 0;
    r = kyso_party_load(forming->daemon->store,
                        person ? KYSO_PARTY_PERSON : KYSO_PARTY_ORGANISATION, id, &party);
    if (r == 0)
        kyso_form_values_text(forming->values, "cert.", "mail", kyso_party_get(&party, "mail"));
    return r == KYSO_OUTCOME_NOT_FOUND ? 0 : r;
}

static int put_certificate(struct forming *forming, const uint8_t sha256[32])
{
    const struct kyso_certificate_entry *certificate =
        kyso_inventory_find(forming->daemon->inventory, sha256);
    const struct kyso_roster_entry *roster = kyso_roster_find(forming->daemon->roster, sha256);
    const char *subscriber = subscriber_of(roster);
    int r;

    if (certificate == NULL)
        return KYSO_OUTCOME_NOT_FOUND;
    r = put_mail(forming, roster);
    kyso_form_values_certificate(forming->values, certificate, roster);
    if (r == 0 && *subscriber != '\0')
        r = put_person(forming, "person.", subscriber);
    if (r == 0 && roster != NULL)
        r = put_organisation(forming, "", roster->organisation);
    return r == KYSO_OUTCOME_NOT_FOUND ? 0 : r;
}

static int put_certificates(struct forming *forming, const char **detail)
{
    int r = 0;

    *detail = "no-such-certificate";
    for (size_t i = 0; r == 0 && i < forming->certificates.n; i++) {
        uint8_t sha256[32];

        if (!kyso_text_from_hex(forming->certificates.values[i], sha256, sizeof(sha256)))
            return KYSO_OUTCOME_BAD_ARGUMENT;
        if (forming->takes_rows)
            kyso_form_values_row(forming->values);
        r = put_certificate(forming, sha256);
    }
    return r;
}

static int put_persons(struct forming *forming, const char **detail)
{
    int r = 0;

    *detail = "no-such-person";
    for (size_t i = 0; r == 0 && i < forming->persons.n; i++) {
        if (forming->takes_rows)
            kyso_form_values_row(forming->values);
        r = put_person(forming, "person.", forming->persons.values[i]);
    }
    return r;
}

/* "coordinator=an": the person an in the form's role coordinator. */
static int put_roles(struct forming *forming, const char **detail)
{
    for (size_t i = 0; i < forming->roles.n; i++) {
        const char *text = forming->roles.values[i], *equals = strchr(text, '=');
        size_t length = equals != NULL ? (size_t)(equals - text) : 0;
        char role[ROLE_MAX];
        int r;

        *detail = "role";
        if (length == 0 || length + 2 > sizeof(role) ||
            strspn(text, "abcdefghijklmnopqrstuvwxyz-") != length)
            return KYSO_OUTCOME_BAD_ARGUMENT;
        (void)snprintf(role, sizeof(role), "%.*s.", (int)length, text);
        *detail = "no-such-person";
        r = put_person(forming, role, equals + 1);
        if (r != 0)
            return r;
    }
    return 0;
}

/* What belongs to the whole form comes before its rows. */
static int put_values(struct forming *forming, const char **detail)
{
    KYSO_PARTY struct kyso_party organisation = {0};
    int r = put_roles(forming, detail);

    kyso_form_values_day(forming->values, "doc.", "date",
                         kyso_clock_wall_usec() / KYSO_USEC_PER_SEC);
    if (r == 0 && *forming->organisation != '\0') {
        *detail = "no-such-organisation";
        r = kyso_organisation_load(forming->daemon->store, forming->organisation, &organisation);
        if (r == 0) {
            kyso_form_values_organisation(forming->values, "", &organisation);
            kyso_form_values_text(forming->values, "doc.", "place",
                                  kyso_party_get(&organisation, "place"));
        }
    }
    if (r == 0)
        r = put_certificates(forming, detail);
    if (r == 0)
        r = put_persons(forming, detail);
    if (r == 0)
        *detail = NULL;
    return r;
}

/* ---- the answer ---- */

static enum kyso_class class_of(const struct forming *forming, const char *fingerprint)
{
    const struct kyso_roster_entry *roster = NULL;
    uint8_t sha256[32];

    if (kyso_text_from_hex(fingerprint, sha256, sizeof(sha256)))
        roster = kyso_roster_find(forming->daemon->roster, sha256);
    return roster != NULL ? roster->class : KYSO_CLASS_UNKNOWN;
}

static int append(struct forming *forming, enum kyso_class class, const char *const *subjects,
                  size_t n)
{
    struct kyso_audit_entry *entry = kyso_audit_entry("form-made", forming->request->caller);

    kyso_audit_text(entry, "form", forming->form);
    kyso_audit_text(entry, "format", kyso_form_format_name(forming->format));
    kyso_audit_text(entry, "purpose", forming->purpose);
    kyso_audit_text(entry, "class", kyso_class_name(class));
    kyso_audit_texts(entry, "subjects", subjects, n);
    return kyso_audit_append(forming->daemon->audit, entry);
}

/* Who the form is about, a record for each class of them: a report counts each once however often
 * the form is made. */
static int record(struct forming *forming)
{
    struct kyso_store *store = forming->daemon->store;
    size_t recorded = 0;
    int r = kyso_store_begin(store);

    for (enum kyso_class class = KYSO_CLASS_UNKNOWN; r == 0 && class < KYSO_CLASS_MAX; class ++) {
        const char *subjects[2 * KYSO_ARRAY_LEN(forming->certificates.values)];
        size_t n = 0;

        for (size_t i = 0; i < forming->certificates.n; i++) {
            if (class_of(forming, forming->certificates.values[i]) == class)
                subjects[n++] = forming->certificates.values[i];
        }
        for (size_t i = 0; class == KYSO_CLASS_PERSON && i < forming->persons.n; i++)
            subjects[n++] = forming->persons.values[i];
        if (n > 0)
            r = append(forming, class, subjects, n);
        recorded += n;
    }
    if (r == 0 && recorded == 0)
        r = append(forming, KYSO_CLASS_UNKNOWN, NULL, 0);
    return kyso_store_end(store, r);
}

static void set(void *data, int result, const char *detail, int file)
{
    struct forming *forming = data;
    struct kyso_request *request = forming->request;
    KYSO_MESSAGE DBusMessage *reply = NULL;
    KYSO_CLOSE int form = file;

    /* Looking at what is missing is no making. */
    if (result == 0 && forming->format != KYSO_FORM_JSON)
        result = record(forming);
    if (result != 0) {
        fail(forming, result, detail, NULL);
        return;
    }
    reply = dbus_message_new_method_return(request->message);
    if (reply != NULL &&
        !dbus_message_append_args(reply, DBUS_TYPE_UNIX_FD, &form, DBUS_TYPE_INVALID)) {
        fail(forming, -ENOMEM, NULL, NULL);
        return;
    }
    kyso_request_reply(request, reply);
    forming_free(forming);
}

/* ---- the call ---- */

static bool is_purpose(const char *word)
{
    for (size_t i = 0; i < KYSO_ARRAY_LEN(PURPOSES); i++) {
        if (strcmp(PURPOSES[i], word) == 0)
            return true;
    }
    return false;
}

/* What is counted stands beside the head of the log: only org.kyso.Kyso1.Report says it. */
static bool is_of_reports(const char *key)
{
    return strncmp(key, "report.", strlen("report.")) == 0 ||
           strncmp(key, "count.", strlen("count.")) == 0;
}

static int read_arguments(struct forming *forming, const char **detail, const char **name)
{
    const struct kyso_option options[] = {
        {"certificates", "as", &forming->certificates, KYSO_ARRAY_LEN(forming->roles.values)},
        {"persons", "as", &forming->persons, KYSO_ARRAY_LEN(forming->roles.values)},
        {"roles", "as", &forming->roles, KYSO_ARRAY_LEN(forming->roles.values)},
        {"organisation", "s", &forming->organisation, KYSO_ORGANISATION_ID_MAX},
        {"purpose", "s", &forming->purpose, 16}};
    const char *format = "";
    DBusMessageIter iter;
    int r;

    (void)dbus_message_iter_init(forming->request->message, &iter);
    dbus_message_iter_get_basic(&iter, &forming->form);
    (void)dbus_message_iter_next(&iter);
    dbus_message_iter_get_basic(&iter, &format);
    (void)dbus_message_iter_next(&iter);
    r = kyso_form_fields_read(&iter, forming->values, is_of_reports, detail);
    if (r != 0)
        return r;
    (void)dbus_message_iter_next(&iter);
    r = kyso_options_read(&iter, options, KYSO_ARRAY_LEN(options), detail, name);
    if (r != 0)
        return r;
    *detail = "format";
    if (!kyso_form_format_from_name(format, &forming->format))
        return KYSO_OUTCOME_BAD_ARGUMENT;
    *detail = "purpose";
    if (!is_purpose(forming->purpose))
        return KYSO_OUTCOME_BAD_ARGUMENT;
    r = kyso_form_takes_rows(forming->form, &forming->takes_rows);
    *detail = r == KYSO_OUTCOME_NOT_FOUND ? "no-such-form" : NULL;
    return r;
}

static void make(struct kyso_request *request, void *data)
{
    struct forming *forming = calloc(1, sizeof(*forming));
    const char *detail = NULL, *name = NULL;
    int r;

    if (forming == NULL) {
        kyso_request_fail(request, -ENOMEM, NULL);
        return;
    }
    *forming = (struct forming){.daemon = data,
                                .request = request,
                                .purpose = "other",
                                .organisation = "",
                                .values = kyso_form_values_new(),
                                .next = running};
    running = forming;
    kyso_request_on_drop(request, caller_left, forming);
    r = kyso_caller_charge(request->caller, HELD, &detail);
    forming->charged = r == 0;
    forming->uid = kyso_caller_uid(request->caller);
    if (r == 0)
        r = read_arguments(forming, &detail, &name);
    if (r == 0)
        r = put_values(forming, &detail);
    if (r == 0)
        r = kyso_form_make(forming->daemon->loop, forming->daemon->audit, forming->form,
                           forming->format, forming->values, set, forming, &forming->setting,
                           &detail);
    if (r != 0)
        fail(forming, r, detail, name);
}

const struct kyso_interface KYSO_FORMS_INTERFACE = {
    .name = KYSO_IFACE_FORMS,
    .methods =
        (const struct kyso_method[]){
            {"Make", "form:s format:s fields:a{ss} options:a{sv}", "file:h", "forms", make},
            {0},
        },
};
