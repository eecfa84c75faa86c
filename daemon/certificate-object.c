/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A certificate on the bus: org.kyso.Kyso1.Certificate. */

#include <stdio.h>

#include "common/clock.h"
#include "common/names.h"
#include "common/text.h"
#include "daemon/inventory.h"
#include "daemon/property.h"
#include "policy/certificate.h"

#define GET(getter, put, expression)                                                               \
    KYSO_GETTER(getter, put, struct kyso_certificate_entry, expression)
#define INFO object->described.info

static const struct kyso_roster_entry *entry_of(const struct kyso_certificate_entry *certificate)
{
    static const struct kyso_roster_entry NOBODY = {0};
    const struct kyso_roster_entry *entry =
        kyso_roster_find(certificate->inventory->roster, certificate->sha256);

    return entry != NULL ? entry : &NOBODY;
}

static uint64_t now(void)
{
    return kyso_clock_wall_usec() / KYSO_USEC_PER_SEC;
}

static struct kyso_certificate_fact fact_of(const struct kyso_certificate_entry *certificate)
{
    const struct kyso_certificate_info *info = &certificate->described.info;
    const struct kyso_roster_entry *entry = entry_of(certificate);
    struct kyso_certificate_fact fact = {
        .class = entry->class,
        .not_before = (int64_t)info->not_before,
        .not_after = (int64_t)info->not_after,
        .effective_from = KYSO_NO_DATE,
        .has_key_usage = info->has_key_usage,
        .has_purposes = info->has_extended_usage,
        .purposes = info->extended_usage_signs ? KYSO_PURPOSE_DOCUMENT_SIGNING : KYSO_PURPOSE_OTHER,
        .is_authority = info->is_ca,
        .unknown_critical = info->unknown_critical,
    };

    if ((info->key_usage & KYSO_KU_DIGITAL_SIGNATURE) != 0)
        fact.key_usage |= KYSO_KEY_USAGE_DIGITAL_SIGNATURE;
    if ((info->key_usage & KYSO_KU_NON_REPUDIATION) != 0)
        fact.key_usage |= KYSO_KEY_USAGE_NON_REPUDIATION;
    return fact;
}

const char *kyso_certificate_problem(const struct kyso_certificate_entry *certificate, uint64_t at)
{
    const struct kyso_roster_entry *entry = entry_of(certificate);
    struct kyso_certificate_fact fact = fact_of(certificate);
    struct kyso_certificate_verdict verdict = kyso_certificate_judge(
        &certificate->inventory->config->profile, &fact, entry->class, (int64_t)at);

    if (!verdict.allow)
        return kyso_certificate_reason_name(verdict.reason);
    if (!kyso_roster_effective(entry, at))
        return kyso_certificate_reason_name(KYSO_CERTIFICATE_NOT_EFFECTIVE_YET);
    if (certificate->described.chain != KYSO_FINDING_VALID)
        return certificate->described.chain_reason;
    return certificate->has_key ? "" : "no-key";
}

static int32_t days_left(const struct kyso_certificate_entry *certificate)
{
    struct kyso_certificate_fact fact = fact_of(certificate);

    return (int32_t)kyso_certificate_days_left(&fact, (int64_t)now());
}

GET(get_common_name, kyso_put_string, INFO.common_name)
GET(get_subject, kyso_put_string, INFO.subject)
GET(get_issuer, kyso_put_string, INFO.issuer)
GET(get_serial, kyso_put_string, INFO.serial)
GET(get_email, kyso_put_string, INFO.email)
GET(get_not_before, kyso_put_u64, INFO.not_before)
GET(get_not_after, kyso_put_u64, INFO.not_after)
GET(get_days_left, kyso_put_i32, days_left(object))
GET(get_class, kyso_put_string, kyso_class_name(entry_of(object)->class))
GET(get_authority, kyso_put_bool, entry_of(object)->authority)
GET(get_organisation, kyso_put_string, entry_of(object)->organisation_name)
GET(get_title, kyso_put_string, entry_of(object)->title)
GET(get_token, kyso_put_path, kyso_object_path(object->token->object))
GET(get_present, kyso_put_bool, object->token->present)
GET(get_problem, kyso_put_string, kyso_certificate_problem(object, now()))

static bool get_fingerprint(DBusMessageIter *to, void *data)
{
    const struct kyso_certificate_entry *certificate = data;
    KYSO_FREE char *hex = kyso_text_hex(certificate->sha256, sizeof(certificate->sha256));

    return hex != NULL && kyso_put_string(to, hex);
}

static bool get_effective(DBusMessageIter *to, void *data)
{
    uint32_t day = entry_of(data)->effective;
    char text[16] = "";

    if (day != 0)
        (void)snprintf(text, sizeof(text), "%04u-%02u-%02u", day / 10000, day / 100 % 100,
                       day % 100);
    return kyso_put_string(to, text);
}

static bool get_der(DBusMessageIter *to, void *data)
{
    const struct kyso_certificate_entry *object = data;
    DBusMessageIter array;
    const uint8_t *der = INFO.der;

    return dbus_message_iter_open_container(to, DBUS_TYPE_ARRAY, "y", &array) &&
           dbus_message_iter_append_fixed_array(&array, DBUS_TYPE_BYTE, &der,
                                                (int)INFO.der_length) &&
           dbus_message_iter_close_container(to, &array);
}

const struct kyso_interface KYSO_CERTIFICATE_INTERFACE = {
    .name = KYSO_IFACE_CERTIFICATE,
    .read_action = "list",
    .properties =
        (const struct kyso_property[]){
            {"Fingerprint", "s", get_fingerprint},
            {"CommonName", "s", get_common_name},
            {"Subject", "s", get_subject},
            {"Issuer", "s", get_issuer},
            {"SerialNumber", "s", get_serial},
            {"Email", "s", get_email},
            {"NotBefore", "t", get_not_before},
            {"NotAfter", "t", get_not_after},
            {"DaysLeft", "i", get_days_left},
            {"Class", "s", get_class},
            {"Authority", "b", get_authority},
            {"Organisation", "s", get_organisation},
            {"Title", "s", get_title},
            {"Effective", "s", get_effective},
            {"Token", "o", get_token},
            {"Present", "b", get_present},
            {"Problem", "s", get_problem},
            {"Der", "ay", get_der},
            {0},
        },
};
