/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/words.h"

#include <stddef.h>

#include "client/i18n.h"

/* What the audit log records (doc/audit.md). */
const struct kyso_word kyso_words_event[] = {
    {"signed", N_("signed by an individual"), NULL},
    {"sealed", N_("signed for the organisation"), NULL},
    {"refused", N_("refused by the rules"), NULL},
    {"pin-failed", N_("wrong PIN"), NULL},
    {"pin-locked", N_("token locked"), NULL},
    {"pin-unlocked", N_("token unlocked elsewhere"), NULL},
    {"pin-reset", N_("token used elsewhere, count begun anew"), NULL},
    {"policy-changed", N_("rules changed"), NULL},
    {"roster-imported", N_("roster entry taken from a file"), NULL},
    {"roster-changed", N_("roster entry changed"), NULL},
    {"roster-removed", N_("roster entry removed"), NULL},
    {"person-changed", N_("subscriber's details changed"), NULL},
    {"person-removed", N_("subscriber's details removed"), NULL},
    {"organisation-changed", N_("organisation's details changed"), NULL},
    {"organisation-removed", N_("organisation's details removed"), NULL},
    {"recovery-drafted", N_("request drafted"), NULL},
    {"recovery-changed", N_("request filled in"), NULL},
    {"recovery-combined", N_("requests combined into one letter"), NULL},
    {"recovery-sent", N_("request sent"), NULL},
    {"recovery-overdue", N_("request overdue"), NULL},
    {"recovery-recovered", N_("token recovered"), NULL},
    {"recovery-revoked", N_("certificate revoked"), NULL},
    {"recovery-refused", N_("request refused"), NULL},
    {"recovery-cancelled", N_("request withdrawn"), NULL},
    {"form-made", N_("form made"), NULL},
    {"released", N_("document issued"), NULL},
    {"term-begun", N_("term begun"), NULL},
    {"term-finished", N_("term finished"), NULL},
    {"report-made", N_("report made"), NULL},
    {"audit-exported", N_("log read"), NULL},
    {NULL, NULL, NULL},
};

/* What the numbers of a report count (org.kyso.Kyso1.Report). */
const struct kyso_word kyso_words_number[] = {
    {"person-certificates", N_("certificates of individuals in force"), NULL},
    {"organisation-certificates", N_("certificates of organisations in force"), NULL},
    {"device-certificates", N_("certificates of devices in force"), NULL},
    {"person-signatures", N_("signatures of individuals"), NULL},
    {"person-signed", N_("documents signed by individuals"), NULL},
    {"person-new-requests", N_("requests for new certificates, individuals"), NULL},
    {"person-replacement-requests", N_("requests for replacements, individuals"), NULL},
    {"person-renewal-requests", N_("requests for renewal, individuals"), NULL},
    {"person-revocation-requests", N_("requests for revocation, individuals"), NULL},
    {"organisation-signatures", N_("signatures of organisations"), NULL},
    {"organisation-signed", N_("documents signed by organisations"), NULL},
    {"organisation-new-requests", N_("requests for new certificates, organisations"), NULL},
    {"organisation-replacement-requests", N_("requests for replacements, organisations"), NULL},
    {"organisation-renewal-requests", N_("requests for renewal, organisations"), NULL},
    {"organisation-revocation-requests", N_("requests for revocation, organisations"), NULL},
    {"device-signatures", N_("signatures of devices"), NULL},
    {"device-signed", N_("documents signed by devices"), NULL},
    {"device-new-requests", N_("requests for new certificates, devices"), NULL},
    {"device-replacement-requests", N_("requests for replacements, devices"), NULL},
    {"device-renewal-requests", N_("requests for renewal, devices"), NULL},
    {"device-revocation-requests", N_("requests for revocation, devices"), NULL},
    {"refusals", N_("refusals by the rules"), NULL},
    {"pin-failures", N_("wrong PINs"), NULL},
    {"lockouts", N_("tokens locked"), NULL},
    {"unlocks", N_("tokens unlocked elsewhere"), NULL},
    {"recovery-requests", N_("recovery requests sent"), NULL},
    {"recoveries", N_("tokens recovered"), NULL},
    {"released", N_("documents issued"), NULL},
    {NULL, NULL, NULL},
};
