/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DAEMON_FORM_CALL_H
#define KYSO_DAEMON_FORM_CALL_H

/* What the calls that make forms have in common: their formats and what a person fills in. */

#include <dbus/dbus.h>

#include "daemon/form-values.h"
#include "document/forms/remote.h"

#define KYSO_FORM_FIELDS_MAX 64U /* that one call fills in */

/* "pdf", "odt", "json", "csv". */
const char *kyso_form_format_name(enum kyso_form_format format);
bool kyso_form_format_from_name(const char *name, enum kyso_form_format *ret_format)
    __attribute__((warn_unused_result));

/* Puts the a{ss} at ITER into VALUES. KYSO_OUTCOME_LIMIT ("fields"), KYSO_OUTCOME_BAD_ARGUMENT
 * ("field": no key of kyso-form(5), one that is RESERVED for what kysod alone knows, or a value
 * above 4,096 bytes) with *RET_DETAIL. */
int kyso_form_fields_read(DBusMessageIter *iter, struct kyso_form_values *values,
                          bool (*reserved)(const char *key),
                          const char **ret_detail) KYSO_MUST_CHECK;

/* Opens FORM, an installed one, and has it set with VALUES: kyso_form_set. Also
 * KYSO_OUTCOME_NOT_FOUND with *RET_DETAIL "no-such-form". */
int kyso_form_make(struct kyso_loop *loop, struct kyso_audit *audit, const char *form,
                   enum kyso_form_format format, struct kyso_form_values *values, kyso_form_fn fn,
                   void *data, struct kyso_form_call **ret_call,
                   const char **ret_detail) KYSO_MUST_CHECK;

/* Whether the installed FORM has a table, or a part, that is repeated for each row.
 * KYSO_OUTCOME_NOT_FOUND and what kyso_form_open says. */
int kyso_form_takes_rows(const char *form, bool *ret_takes_rows) KYSO_MUST_CHECK;

#endif
