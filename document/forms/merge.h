/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DOCUMENT_FORMS_MERGE_H
#define KYSO_DOCUMENT_FORMS_MERGE_H

/* A form and its bases (kyso-form(5)) made one. */

#include "document/forms/reader.h"

#define KYSO_FORM_BASES_MAX 4

/* TEXT is a form, or a list of a form, its base, that one's base and so on, as kyso_form_open()
 * makes it. The merged form has no "base". KYSO_OUTCOME_BAD_ARGUMENT as kyso_form_parse(), and
 * bad-base, too-many-bases, unknown-member. */
int kyso_form_merge(struct kyso_form_reader *reader, const char *text, size_t length,
                    struct json_object **ret_form) KYSO_MUST_CHECK;

#endif
