/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DOCUMENT_FORMS_REMOTE_H
#define KYSO_DOCUMENT_FORMS_REMOTE_H

/* kysod's side of official forms: opens a form that the administrator installed, and has a fresh
 * kyso-draw in its jail fill and set it. kyso-form(5) says what forms and values look like. */

#include <stdbool.h>
#include <stdint.h>

#include "common/loop.h"
#include "common/macros.h"

#define KYSO_FORM_FORM_MAX ((uint64_t)1024 * 1024)       /* bytes, its bases included */
#define KYSO_FORM_VALUES_MAX ((uint64_t)4 * 1024 * 1024) /* bytes */
#define KYSO_FORM_FILE_MAX ((uint64_t)16 * 1024 * 1024)  /* bytes of what is set */

enum kyso_form_format {
    KYSO_FORM_PDF,
    KYSO_FORM_ODT,
    KYSO_FORM_JSON, /* what to know before printing: fields, sources, values, what is missing */
    KYSO_FORM_CSV,  /* the form's table, for a spreadsheet */
    KYSO_FORM_FORMAT_MAX
};

/* Reads FOLDER/ID.json and the forms it is based on into a sealed memory file.
 * KYSO_OUTCOME_NOT_FOUND for an ID that is none or has no file (its base's included),
 * KYSO_OUTCOME_BAD_ARGUMENT for a file that is no JSON object or has too many bases, or, when
 * TRUSTED, does not belong to root or can be written by others; KYSO_OUTCOME_LIMIT above
 * KYSO_FORM_FORM_MAX. */
int kyso_form_open(const char *folder, const char *id, bool trusted, int *ret_form) KYSO_MUST_CHECK;

struct kyso_form_request {
    int form;   /* sealed memory file of kyso_form_open() */
    int values; /* sealed memory file with the values as JSON */
    enum kyso_form_format format;
};

/* RESULT 0 with the file in a sealed memory file (FN takes it over). KYSO_OUTCOME_BAD_ARGUMENT with
 * a detail that begins with "bad-form", "bad-values" (then a word and the place of the mistake) or
 * "missing-glyph" (then the key). KYSO_OUTCOME_LIMIT when the result would be too large,
 * KYSO_OUTCOME_TIMED_OUT, KYSO_OUTCOME_WORKER_DIED, negative errno. At once, without FN:
 * KYSO_OUTCOME_LIMIT, KYSO_OUTCOME_DOCUMENT_UNSEALED, KYSO_OUTCOME_BAD_DOCUMENT (empty) for FORM or
 * VALUES. Values hold personal data: neither they nor the detail belong into a log. */
struct kyso_form_call;
typedef void (*kyso_form_fn)(void *data, int result, const char *detail, int file);
int kyso_form_set(struct kyso_loop *loop, const struct kyso_form_request *request, kyso_form_fn fn,
                  void *data, struct kyso_form_call **ret_call) KYSO_MUST_CHECK;
/* Frees the call, ending its worker; FN is not called any more. */
struct kyso_form_call *kyso_form_call_free(struct kyso_form_call *call);

#endif
