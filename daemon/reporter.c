/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* org.kyso.Kyso1.Report: the numbers of a period with what is behind each, and the periodic reports
 * set as forms. */

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "common/buf.h"
#include "common/clock.h"
#include "common/error.h"
#include "common/memfd.h"
#include "common/names.h"
#include "common/outcome.h"
#include "daemon/daemon.h"
#include "daemon/dict.h"
#include "daemon/form-call.h"
#include "daemon/property.h"
#include "daemon/usage.h"
#include "policy/calendar.h"

#define HELD ((uint64_t)16 << 20) /* bytes that a report is charged with against its caller */
#define REPORT "report."          /* in front of the keys of what is counted */

struct reporting {
    struct reporting *next;
    struct kyso_daemon *daemon;
    struct kyso_request *request;
    uid_t uid;
    bool charged;
    dbus_uint64_t from, until;
    /* of Make */
    const char *form, *organisation;
    enum kyso_form_format format;
    bool set;
    struct kyso_form_values *values;
    struct kyso_usage_count *count;
    struct kyso_form_call *setting;
    bool intact;
};

static struct reporting *running;

static void reporting_free(struct reporting *reporting)
{
    for (struct reporting **at = &running; *at != NULL; at = &(*at)->next) {
        if (*at == reporting) {
            *at = reporting->next;
            break;
        }
    }
    if (reporting->charged)
        kyso_caller_release(reporting->daemon->callers, reporting->uid, HELD);
    (void)kyso_usage_count_free(reporting->count);
    (void)kyso_form_call_free(reporting->setting);
    (void)kyso_form_values_free(reporting->values);
    free(reporting);
}

void kyso_reporter_stop(void)
{
    while (running != NULL)
        reporting_free(running);
}

static void fail(struct reporting *reporting, int result, const char *detail, const char *option)
{
    struct kyso_request *request = reporting->request;

    kyso_request_fail(request, result, "detail", detail, "option", option, NULL);
    reporting_free(reporting);
}

static void caller_left(void *data)
{
    reporting_free(data);
}

static struct reporting *begin(struct kyso_request *request, void *data)
{
    struct reporting *reporting = calloc(1, sizeof(*reporting));
    const char *which = NULL;
    int r;

    if (reporting == NULL) {
        kyso_request_fail(request, -ENOMEM, NULL);
        return NULL;
    }
    reporting->daemon = data;
    reporting->request = request;
    reporting->next = running;
    running = reporting;
    kyso_request_on_drop(request, caller_left, reporting);
    r = kyso_caller_charge(request->caller, HELD, &which);
    if (r != 0) {
        fail(reporting, r, which, NULL);
        return NULL;
    }
    reporting->charged = true;
    reporting->uid = kyso_caller_uid(request->caller);
    return reporting;
}

/* ---- the numbers ---- */

/* Certificates of CLASS in the roster that were in force at the end of the period. */
static uint64_t certificates_of(const struct reporting *reporting, enum kyso_class class)
{
    const struct kyso_daemon *daemon = reporting->daemon;
    const struct kyso_roster_entry *entry;
    uint64_t n = 0, moment = reporting->until - 1;

    for (size_t i = 0; (entry = kyso_roster_at(daemon->roster, i)) != NULL; i++) {
        const struct kyso_certificate_entry *certificate =
            kyso_inventory_find(daemon->inventory, entry->sha256);

        n += entry->class == class && kyso_roster_effective(entry, moment) &&
             (certificate == NULL || certificate->described.info.not_after >= moment);
    }
    return n;
}

static const struct {
    enum kyso_class class;
    const char *name;
} ROSTER_NUMBERS[] = {
    {KYSO_CLASS_PERSON, "person-certificates"},
    {KYSO_CLASS_SEAL, "organisation-certificates"},
    {KYSO_CLASS_DEVICE, "device-certificates"},
};

static int answer_numbers(struct reporting *reporting, const struct kyso_usage *usage)
{
    struct kyso_request *request = reporting->request;
    KYSO_MESSAGE DBusMessage *reply = dbus_message_new_method_return(request->message);
    KYSO_CLOSE int evidence = -1;
    struct kyso_dict numbers;
    DBusMessageIter to;
    int r = kyso_usage_evidence(usage, &evidence);

    if (r != 0)
        return r;
    if (reply != NULL) {
        dbus_message_iter_init_append(reply, &to);
        kyso_dict_open(&numbers, &to);
        for (size_t i = 0; i < KYSO_USAGE_NUMBERS; i++)
            kyso_dict_u64(&numbers, kyso_usage_name(i), usage->numbers[i]);
        for (size_t i = 0; i < KYSO_ARRAY_LEN(ROSTER_NUMBERS); i++)
            kyso_dict_u64(&numbers, ROSTER_NUMBERS[i].name,
                          certificates_of(reporting, ROSTER_NUMBERS[i].class));
        kyso_dict_bool(&numbers, "log-intact", usage->log.intact);
        if (!kyso_dict_close(&numbers) ||
            !dbus_message_iter_append_basic(&to, DBUS_TYPE_UNIX_FD, &evidence))
            return kyso_trace(-ENOMEM);
    }
    kyso_request_reply(request, reply);
    reporting_free(reporting);
    return 0;
}

/* ---- the report as a form ---- */

static void put_numbers(struct reporting *reporting, const struct kyso_usage *usage)
{
    struct kyso_form_values *values = reporting->values;

    for (size_t i = 0; i < KYSO_USAGE_NUMBERS; i++)
        kyso_form_values_number(values, REPORT, kyso_usage_name(i), usage->numbers[i]);
    for (size_t i = 0; i < KYSO_ARRAY_LEN(ROSTER_NUMBERS); i++)
        kyso_form_values_number(values, REPORT, ROSTER_NUMBERS[i].name,
                                certificates_of(reporting, ROSTER_NUMBERS[i].class));
}

static void put_dates(struct reporting *reporting)
{
    struct kyso_form_values *values = reporting->values;
    uint32_t last = kyso_calendar_date_at((int64_t)reporting->until - 1, KYSO_CALENDAR_VIETNAM);

    kyso_form_values_day(values, REPORT, "from", reporting->from);
    kyso_form_values_day(values, REPORT, "to", reporting->until - 1);
    kyso_form_values_number(values, REPORT, "year", last / 10000);
    kyso_form_values_day(values, "doc.", "date", kyso_clock_wall_usec() / KYSO_USEC_PER_SEC);
}

static int put_organisation(struct reporting *reporting)
{
    KYSO_PARTY struct kyso_party organisation = {0};
    struct kyso_form_values *values = reporting->values;
    int r;

    if (*reporting->organisation == '\0')
        return 0;
    r = kyso_organisation_load(reporting->daemon->store, reporting->organisation, &organisation);
    if (r != 0)
        return r;
    kyso_form_values_organisation(values, "", &organisation);
    kyso_form_values_text(values, "doc.", "place", kyso_party_get(&organisation, "place"));
    kyso_form_values_text(values, "signer.", "position",
                          kyso_party_get(&organisation, "head-title"));
    return 0;
}

static const struct kyso_usage_token *usage_of(const struct kyso_usage *usage, const char *key)
{
    static const struct kyso_usage_token NOTHING;

    for (size_t i = 0; i < usage->n_tokens; i++) {
        if (strcmp(usage->tokens[i].key, key) == 0)
            return &usage->tokens[i];
    }
    return &NOTHING;
}

/* A row for each certificate that did something in the period. */
static void put_rows(struct reporting *reporting, const struct kyso_usage *usage)
{
    struct kyso_form_values *values = reporting->values;

    for (size_t i = 0; i < usage->n_certificates; i++) {
        const struct kyso_usage_certificate *counted = &usage->certificates[i];
        const struct kyso_certificate_entry *certificate =
            kyso_inventory_find(reporting->daemon->inventory, counted->sha256);
        const struct kyso_usage_token *token;

        if (certificate == NULL)
            continue;
        token = usage_of(usage, certificate->token->key);
        kyso_form_values_row(values);
        kyso_form_values_certificate(values, certificate,
                                     kyso_roster_find(reporting->daemon->roster, counted->sha256));
        kyso_form_values_number(values, "count.", "documents", counted->documents);
        kyso_form_values_number(values, "count.", "refusals", counted->refusals);
        kyso_form_values_number(values, "count.", "lockouts", token->lockouts);
        kyso_form_values_number(values, "count.", "recoveries", token->unlocks);
    }
}

static int record(struct reporting *reporting)
{
    struct kyso_audit_entry *entry = kyso_audit_entry("report-made", reporting->request->caller);

    kyso_audit_text(entry, "form", reporting->form);
    kyso_audit_text(entry, "format", kyso_form_format_name(reporting->format));
    kyso_audit_number(entry, "from", (int64_t)reporting->from);
    kyso_audit_number(entry, "until", (int64_t)reporting->until);
    return kyso_audit_append(reporting->daemon->audit, entry);
}

static void set(void *data, int result, const char *detail, int file)
{
    struct reporting *reporting = data;
    struct kyso_request *request = reporting->request;
    KYSO_MESSAGE DBusMessage *reply = NULL;
    KYSO_CLOSE int report = file;
    DBusMessageIter to;

    if (result == 0)
        result = record(reporting);
    if (result != 0) {
        fail(reporting, result, detail, NULL);
        return;
    }
    reply = dbus_message_new_method_return(request->message);
    if (reply != NULL) {
        dbus_message_iter_init_append(reply, &to);
        if (!dbus_message_iter_append_basic(&to, DBUS_TYPE_UNIX_FD, &report) ||
            !kyso_put_bool(&to, reporting->intact)) {
            fail(reporting, -ENOMEM, NULL, NULL);
            return;
        }
    }
    kyso_request_reply(request, reply);
    reporting_free(reporting);
}

static int set_form(struct reporting *reporting, const struct kyso_usage *usage,
                    const char **detail)
{
    int r = put_organisation(reporting);

    *detail = r == KYSO_OUTCOME_NOT_FOUND ? "no-such-organisation" : NULL;
    if (r != 0)
        return r;
    put_numbers(reporting, usage);
    put_dates(reporting);
    put_rows(reporting, usage);
    return kyso_form_make(reporting->daemon->loop, reporting->daemon->audit, reporting->form,
                          reporting->format, reporting->values, set, reporting, &reporting->setting,
                          detail);
}

static void counted(void *data, int result, struct kyso_usage *usage)
{
    struct reporting *reporting = data;
    const char *detail = NULL;
    int r = result;

    reporting->intact = usage->log.intact;
    if (r == KYSO_OUTCOME_LIMIT)
        detail = "records";
    if (r == 0)
        r = reporting->set ? set_form(reporting, usage, &detail) : answer_numbers(reporting, usage);
    if (r != 0)
        fail(reporting, r, detail, NULL);
}

/* ---- calls ---- */

static int start(struct reporting *reporting, const char **detail)
{
    *detail = "period";
    if (reporting->from >= reporting->until || reporting->until > INT64_MAX)
        return KYSO_OUTCOME_BAD_ARGUMENT;
    *detail = NULL;
    return kyso_usage_count(reporting->daemon->audit, reporting->daemon->loop, reporting->from,
                            reporting->until, !reporting->set, counted, reporting,
                            &reporting->count);
}

static void read_period(struct reporting *reporting, DBusMessageIter *iter)
{
    dbus_message_iter_get_basic(iter, &reporting->from);
    (void)dbus_message_iter_next(iter);
    dbus_message_iter_get_basic(iter, &reporting->until);
    (void)dbus_message_iter_next(iter);
}

static void count(struct kyso_request *request, void *data)
{
    struct reporting *reporting = begin(request, data);
    const char *detail = NULL, *name = NULL;
    DBusMessageIter iter;
    int r;

    if (reporting == NULL)
        return;
    (void)dbus_message_iter_init(request->message, &iter);
    read_period(reporting, &iter);
    r = kyso_options_read(&iter, NULL, 0, &detail, &name);
    if (r == 0)
        r = start(reporting, &detail);
    if (r != 0)
        fail(reporting, r, detail, name);
}

/* What kysod counts and dates: a report beside the head of the log says what is in the log. */
static bool is_counted(const char *key)
{
    static const char *const DATES[] = {"from", "to", "year"};
    const char *word = key + strlen(REPORT);
    bool counted = false;

    if (strncmp(key, REPORT, strlen(REPORT)) != 0)
        return false;
    for (size_t i = 0; i < KYSO_ARRAY_LEN(DATES); i++)
        counted = counted || strcmp(word, DATES[i]) == 0;
    for (size_t i = 0; i < KYSO_ARRAY_LEN(ROSTER_NUMBERS); i++)
        counted = counted || strcmp(word, ROSTER_NUMBERS[i].name) == 0;
    for (size_t i = 0; i < KYSO_USAGE_NUMBERS; i++)
        counted = counted || strcmp(word, kyso_usage_name(i)) == 0;
    return counted;
}

static int read_making(struct reporting *reporting, const char **detail, const char **name)
{
    const struct kyso_option options[] = {
        {"organisation", "s", &reporting->organisation, KYSO_ORGANISATION_ID_MAX}};
    const char *format = "";
    DBusMessageIter iter;
    int r;

    (void)dbus_message_iter_init(reporting->request->message, &iter);
    dbus_message_iter_get_basic(&iter, &reporting->form);
    (void)dbus_message_iter_next(&iter);
    dbus_message_iter_get_basic(&iter, &format);
    (void)dbus_message_iter_next(&iter);
    read_period(reporting, &iter);
    r = kyso_form_fields_read(&iter, reporting->values, is_counted, detail);
    if (r != 0)
        return r;
    *detail = "format";
    if (!kyso_form_format_from_name(format, &reporting->format))
        return KYSO_OUTCOME_BAD_ARGUMENT;
    (void)dbus_message_iter_next(&iter);
    return kyso_options_read(&iter, options, KYSO_ARRAY_LEN(options), detail, name);
}

static void make(struct kyso_request *request, void *data)
{
    struct reporting *reporting = begin(request, data);
    const char *detail = NULL, *name = NULL;
    int r;

    if (reporting == NULL)
        return;
    reporting->set = true;
    reporting->organisation = "";
    reporting->values = kyso_form_values_new();
    r = read_making(reporting, &detail, &name);
    if (r == 0)
        r = start(reporting, &detail);
    if (r != 0)
        fail(reporting, r, detail, name);
}

const struct kyso_interface KYSO_REPORT_INTERFACE = {
    .name = KYSO_IFACE_REPORT,
    .methods =
        (const struct kyso_method[]){
            {"Count", "from:t until:t options:a{sv}", "numbers:a{sv} evidence:h", "report", count},
            {"Make", "form:s format:s from:t until:t fields:a{ss} options:a{sv}",
             "file:h log_intact:b", "report", make},
            {0},
        },
};
