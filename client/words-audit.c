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
