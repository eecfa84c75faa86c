/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/tokens.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "client/i18n.h"
#include "client/messages.h"
#include "client/output.h"
#include "common/names.h"

#define SOON_DAYS 120 /* no profile reminds of a certificate's end earlier */

const struct kyso_map *kyso_token_certificate(const struct kyso_map *objects,
                                              const struct kyso_map *token, size_t index)
{
    const char *path = kyso_map_item_string(token, "Certificates", index);

    return kyso_map_child(kyso_map_child(objects, path), KYSO_IFACE_CERTIFICATE);
}

static void put(const char *text)
{
    kyso_print_clean(stdout, text);
}

static void line(int indent, const char *label, const char *text)
{
    if (text[0] == '\0')
        return;
    (void)printf("%*s%s ", indent, "", label);
    put(text);
    (void)putchar('\n');
}

static const char *where(const struct kyso_map *token)
{
    if (!kyso_map_bool(token, "Present"))
        return _("not plugged in");
    return kyso_map_bool(token, "Busy") ? _("in use") : _("plugged in");
}

static void put_pin_state(const struct kyso_map *token)
{
    int64_t failures = kyso_map_number(token, "PinFailures");
    int64_t tries = kyso_map_has(token, "CardTries") ? kyso_map_number(token, "CardTries") : -1;

    put(kyso_message(KYSO_WORDS_STATE, kyso_map_string(token, "PinState")));
    if (failures > 0)
        (void)printf(ngettext(", %" PRId64 " wrong entry recorded",
                              ", %" PRId64 " wrong entries recorded", (unsigned long)failures),
                     failures);
    if (kyso_map_bool(token, "HistoryLost"))
        (void)fputs(_(", the record of earlier wrong entries is lost"), stdout);
    if (tries >= 0)
        (void)printf(ngettext(", the card says %" PRId64 " try is left",
                              ", the card says %" PRId64 " tries are left", (unsigned long)tries),
                     tries);
}

static void put_class(const struct kyso_map *certificate)
{
    const char *class = kyso_map_string(certificate, "Class");

    if (strcmp(class, "unknown") == 0)
        (void)fputs(_("not in the roster"), stdout);
    else if (kyso_map_bool(certificate, "Authority"))
        (void)fputs(_("individual with authority"), stdout);
    else
        put(kyso_message(KYSO_WORDS_STATE, class));
}

static void put_days(const struct kyso_map *certificate)
{
    int64_t days = kyso_map_number(certificate, "DaysLeft");

    if (days < 0)
        (void)fputs(_("expired"), stdout);
    else
        (void)printf(ngettext("%" PRId64 " day left", "%" PRId64 " days left", (unsigned long)days),
                     days);
}

static void certificate_line(const struct kyso_map *certificate)
{
    const char *problem = kyso_map_string(certificate, "Problem");

    (void)fputs("  ", stdout);
    put(kyso_map_string(certificate, "CommonName"));
    (void)fputs(", ", stdout);
    put_class(certificate);
    (void)fputs(", ", stdout);
    put_days(certificate);
    (void)putchar('\n');
    line(4, _("Fingerprint:"), kyso_map_string(certificate, "Fingerprint"));
    if (problem[0] != '\0')
        line(4, _("Cannot sign:"), kyso_message(KYSO_WORDS_CERTIFICATE, problem));
}

void kyso_token_line(const struct kyso_map *objects, const struct kyso_map *token)
{
    put(kyso_map_string(token, "Serial"));
    (void)fputs("  ", stdout);
    put(kyso_map_string(token, "Label"));
    (void)printf("  %s  %s ", where(token), _("PIN:"));
    put_pin_state(token);
    (void)putchar('\n');
    for (size_t i = 0; i < kyso_map_length(token, "Certificates"); i++)
        certificate_line(kyso_token_certificate(objects, token, i));
}

void kyso_token_ignore(const struct kyso_map *objects, const struct kyso_map *token)
{
    (void)objects;
    (void)token;
}

static void show_time(const char *label, int64_t seconds)
{
    char text[KYSO_TIME_MAX];

    if (seconds <= 0)
        return;
    kyso_format_time(seconds, text);
    line(4, label, text);
}

static void show_days(const struct kyso_map *certificate)
{
    char from[KYSO_TIME_MAX], to[KYSO_TIME_MAX];
    int64_t days = kyso_map_number(certificate, "DaysLeft");

    kyso_format_day(kyso_map_number(certificate, "NotBefore"), from);
    kyso_format_day(kyso_map_number(certificate, "NotAfter"), to);
    (void)printf("    %s ", _("Valid:"));
    (void)printf(_("%s to %s, "), from, to);
    put_days(certificate);
    (void)putchar('\n');
    if (days >= 0 && days < SOON_DAYS)
        line(4, _("Next:"), _("“kyso status” tells what to ask for before it ends, and by when."));
}

static void show_certificate(const struct kyso_map *certificate)
{
    const char *problem = kyso_map_string(certificate, "Problem");

    line(2, _("Certificate:"), kyso_map_string(certificate, "CommonName"));
    line(4, _("Fingerprint:"), kyso_map_string(certificate, "Fingerprint"));
    line(4, _("Subject:"), kyso_map_string(certificate, "Subject"));
    line(4, _("Issued by:"), kyso_map_string(certificate, "Issuer"));
    line(4, _("Certificate number:"), kyso_map_string(certificate, "SerialNumber"));
    line(4, _("E-mail:"), kyso_map_string(certificate, "Email"));
    show_days(certificate);
    (void)printf("    %s ", _("Roster:"));
    put_class(certificate);
    (void)putchar('\n');
    line(4, _("Organisation:"), kyso_map_string(certificate, "Organisation"));
    line(4, _("Title:"), kyso_map_string(certificate, "Title"));
    line(4, _("In effect from:"), kyso_map_string(certificate, "Effective"));
    if (problem[0] != '\0') {
        line(4, _("Cannot sign:"), kyso_message(KYSO_WORDS_CERTIFICATE, problem));
        line(4, _("Next:"), kyso_message_next(KYSO_WORDS_CERTIFICATE, problem));
    }
}

/* The request that was drafted for a locked token, and what to do with it. */
static void show_request(const struct kyso_map *objects, const struct kyso_map *token)
{
    const char *path;

    line(4, _("Next:"), kyso_message_next(KYSO_WORDS_OUTCOME, "locked"));
    for (size_t i = 0; (path = kyso_map_key(objects, i)) != NULL; i++) {
        const struct kyso_map *request =
            kyso_map_child(kyso_map_child(objects, path), KYSO_IFACE_RECOVERY);
        const char *state = kyso_map_string(request, "State");

        if (request == NULL || (strcmp(state, "drafted") != 0 && strcmp(state, "sent") != 0) ||
            strcmp(kyso_map_string(request, "TokenSerial"), kyso_map_string(token, "Serial")) != 0)
            continue;
        (void)printf("    %s ", _("Request:"));
        (void)printf(_("number %" PRId64 ", %s; see “kyso recovery show %" PRId64 "”\n"),
                     kyso_map_number(request, "Id"), kyso_message(KYSO_WORDS_REQUEST, state),
                     kyso_map_number(request, "Id"));
    }
}

static void show_pin(const struct kyso_map *objects, const struct kyso_map *token)
{
    const char *state = kyso_map_string(token, "PinState");

    (void)printf("  %s ", _("PIN:"));
    put_pin_state(token);
    (void)putchar('\n');
    for (size_t i = 0; i < kyso_map_length(token, "PinFailureTimes"); i++)
        show_time(_("Wrong entry:"), kyso_map_item_number(token, "PinFailureTimes", i));
    if (strcmp(state, "locked") == 0)
        show_request(objects, token);
    else if (strcmp(state, "final-try") == 0)
        line(4, _("Next:"), kyso_message_next(KYSO_WORDS_OUTCOME, "pin-last-try"));
}

void kyso_token_show(const struct kyso_map *objects, const struct kyso_map *token)
{
    line(0, _("Token:"), kyso_map_string(token, "Label"));
    line(2, _("Serial number:"), kyso_map_string(token, "Serial"));
    line(2, _("Maker:"), kyso_map_string(token, "Manufacturer"));
    line(2, _("Model:"), kyso_map_string(token, "Model"));
    line(2, _("Module:"), kyso_map_string(token, "Module"));
    line(2, _("Reader:"), kyso_map_string(token, "Reader"));
    line(2, _("State:"), where(token));
    if (!kyso_map_bool(token, "Present"))
        show_time(_("Last seen:"), kyso_map_number(token, "LastSeen"));
    show_pin(objects, token);
    for (size_t i = 0; i < kyso_map_length(token, "Certificates"); i++)
        show_certificate(kyso_token_certificate(objects, token, i));
}

struct json_object *kyso_token_json(const struct kyso_map *objects, const char *path,
                                    const struct kyso_map *token)
{
    struct json_object *copy = kyso_json_from_map(token);
    struct json_object *certificates = json_object_new_array();

    for (size_t i = 0; i < kyso_map_length(token, "Certificates"); i++) {
        const struct kyso_map *certificate = kyso_token_certificate(objects, token, i);

        if (certificate != NULL)
            (void)json_object_array_add(certificates, kyso_json_from_map(certificate));
    }
    kyso_json_add_string(copy, "path", path);
    kyso_json_add(copy, "certificates", certificates);
    return copy;
}

static void put_changes(const struct kyso_map *event)
{
    const struct kyso_map *properties = kyso_map_child(event, "properties");
    struct json_object *all = kyso_json_from_map(properties);

    (void)json_object_object_del(all, "der");
    put(all == NULL ? "" : json_object_to_json_string_ext(all, JSON_C_TO_STRING_PLAIN));
    (void)json_object_put(all);
}

static const char *event_name(const char *event)
{
    static const struct {
        const char *word, *text;
    } NAMES[] = {
        {"present", N_("present")},
        {"added", N_("added")},
        {"removed", N_("removed")},
        {"changed", N_("changed")},
        {"pin-locked", N_("PIN LOCKED")},
        {"pin-unlocked", N_("PIN unlocked")},
        {"overdue", N_("REQUEST OVERDUE")},
        {"service-gone", N_("service ended")},
        {"service-back", N_("service is back")},
    };

    for (size_t i = 0; i < sizeof(NAMES) / sizeof(NAMES[0]); i++) {
        if (strcmp(NAMES[i].word, event) == 0)
            return _(NAMES[i].text);
    }
    return event;
}

void kyso_event_line(const struct kyso_map *event)
{
    const struct kyso_map *interfaces = kyso_map_child(event, "interfaces");
    const struct kyso_map *token = kyso_map_child(interfaces, KYSO_IFACE_TOKEN);
    const struct kyso_map *certificate = kyso_map_child(interfaces, KYSO_IFACE_CERTIFICATE);
    const char *path = kyso_map_string(event, "path");

    (void)fputs(event_name(kyso_map_string(event, "event")), stdout);
    if (strncmp(path, KYSO_ROOT_PATH "/", strlen(KYSO_ROOT_PATH "/")) == 0)
        path += strlen(KYSO_ROOT_PATH "/");
    if (path[0] != '\0')
        (void)printf("  %s", path);
    if (token != NULL) {
        (void)fputs("  ", stdout);
        put(kyso_map_string(token, "Serial"));
        (void)printf("  %s  %s ", where(token), _("PIN:"));
        put_pin_state(token);
    } else if (certificate != NULL) {
        (void)fputs("  ", stdout);
        put(kyso_map_string(certificate, "CommonName"));
        (void)fputs(", ", stdout);
        put_class(certificate);
    } else if (kyso_map_child(event, "properties") != NULL) {
        (void)fputs("  ", stdout);
        put_changes(event);
    }
    (void)putchar('\n');
    (void)fflush(stdout);
}
