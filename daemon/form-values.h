/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DAEMON_FORM_VALUES_H
#define KYSO_DAEMON_FORM_VALUES_H

/* What an official form is filled with, under the keys of kyso-form(5): put together when the form
 * is made, handed to kyso-draw as a sealed memory file, and forgotten. It holds personal data
 * (K-17): nothing of it goes into a log, a signal or the audit log. A text that is empty is left
 * out, so that the form keeps its blank line. */

#include "daemon/audit.h"
#include "daemon/inventory.h"
#include "daemon/party.h"

struct kyso_form_values;

/* Keeps the first failure (no memory) for kyso_form_values_seal(); null without memory, and the
 * calls below accept null. */
struct kyso_form_values *kyso_form_values_new(void);
struct kyso_form_values *kyso_form_values_free(struct kyso_form_values *values);

/* From now on values go into a new row of the form's table; before the first, into the form. */
void kyso_form_values_row(struct kyso_form_values *values);

/* KEY is ROLE ("", "coordinator." and so on) and WORD joined. A value that is there stays: what a
 * person filled in is put first. */
void kyso_form_values_text(struct kyso_form_values *values, const char *role, const char *word,
                           const char *text);
void kyso_form_values_number(struct kyso_form_values *values, const char *role, const char *word,
                             uint64_t number);
/* The day in Vietnam of a moment (seconds since 1970; 0: none). */
void kyso_form_values_day(struct kyso_form_values *values, const char *role, const char *word,
                          uint64_t seconds);

/* Everything that forms ask of a person ("person.name" ..., or with ROLE in place of "person"), an
 * organisation ("org." behind ROLE) and a certificate with its token. The certificate's serial is
 * upper-case hex, its dates are those in it. */
void kyso_form_values_person(struct kyso_form_values *values, const char *role,
                             const struct kyso_party *person);
void kyso_form_values_organisation(struct kyso_form_values *values, const char *role,
                                   const struct kyso_party *organisation);
void kyso_form_values_certificate(struct kyso_form_values *values,
                                  const struct kyso_certificate_entry *certificate,
                                  const struct kyso_roster_entry *roster);

/* The values with the head of the audit log, as JSON in a sealed memory file. -ENOMEM and other
 * negative errno values, KYSO_OUTCOME_STORE_FAILED. */
int kyso_form_values_seal(struct kyso_form_values *values, struct kyso_audit *audit,
                          int *ret_file) KYSO_MUST_CHECK;

#endif
