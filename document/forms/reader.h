/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DOCUMENT_FORMS_READER_H
#define KYSO_DOCUMENT_FORMS_READER_H

/* JSON read within limits, and its members taken out with their place known, so that whoever wrote
 * a form learns what is wrong with it. Used in kyso-draw; everything lent belongs to the JSON. */

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/macros.h"

#define KYSO_FORM_DEPTH_MAX 16
#define KYSO_FORM_OBJECTS_MAX ((size_t)10 * 1000)
#define KYSO_FORM_ITEMS_MAX ((size_t)100 * 1000) /* members and elements together */
#define KYSO_FORM_PATH_MAX 128

/* The first refusal: "bad-form WORD PLACE" or "bad-values WORD PLACE". */
struct kyso_form_reader {
    const char *what; /* "bad-form" or "bad-values" */
    char detail[256];
};

/* Notes the refusal, unless there is one already, and returns KYSO_OUTCOME_BAD_ARGUMENT. */
int kyso_form_refuse(struct kyso_form_reader *reader, const char *word,
                     const char *place) KYSO_MUST_CHECK;

/* Parses the whole of TEXT. KYSO_OUTCOME_BAD_ARGUMENT: not-utf-8, too-deep, too-many-values (before
 * anything is allocated), not-json. */
int kyso_form_parse(struct kyso_form_reader *reader, const char *text, size_t length,
                    struct json_object **ret_json) KYSO_MUST_CHECK;

/* PLACE and a member or element below it, cut off when too long. */
void kyso_form_place(char ret_place[KYSO_FORM_PATH_MAX], const char *place, const char *member);
void kyso_form_place_at(char ret_place[KYSO_FORM_PATH_MAX], const char *place, size_t index);

/* Refuses what is no object (not-an-object) and members that are not in ALLOWED, a list ended by
 * null (unknown-member). */
int kyso_form_check_members(struct kyso_form_reader *reader, struct json_object *object,
                            const char *place, const char *const *allowed) KYSO_MUST_CHECK;

/* The member NAME of OBJECT, or null when it is not there; a wrong type is refused (not-a-string,
 * not-a-list, not-an-object, not-true-or-false, not-a-number). Texts are at most MAXIMUM bytes
 * (text-too-long) without control and format characters (control-character). */
int kyso_form_text(struct kyso_form_reader *reader, struct json_object *object, const char *place,
                   const char *name, size_t maximum, const char **ret_text) KYSO_MUST_CHECK;
int kyso_form_list(struct kyso_form_reader *reader, struct json_object *object, const char *place,
                   const char *name, size_t maximum, struct json_object **ret_list) KYSO_MUST_CHECK;
int kyso_form_object(struct kyso_form_reader *reader, struct json_object *object, const char *place,
                     const char *name, struct json_object **ret_object) KYSO_MUST_CHECK;
int kyso_form_bool(struct kyso_form_reader *reader, struct json_object *object, const char *place,
                   const char *name, bool if_absent, bool *ret_value) KYSO_MUST_CHECK;
/* A whole number from MINIMUM to MAXIMUM, else bad-number. */
int kyso_form_number(struct kyso_form_reader *reader, struct json_object *object, const char *place,
                     const char *name, int minimum, int maximum, int if_absent,
                     int *ret_value) KYSO_MUST_CHECK;

/* A string that stands at PLACE by itself, with the same rules. */
int kyso_form_string(struct kyso_form_reader *reader, struct json_object *string, const char *place,
                     size_t maximum, const char **ret_text) KYSO_MUST_CHECK;

/* Whether KEY is one: words of a-z, 0-9 and hyphens joined by dots, 1 to 64 bytes. */
bool kyso_form_is_key(const char *key, size_t length);

static inline void kyso_json_freep(struct json_object **json)
{
    (void)json_object_put(*json);
    *json = NULL;
}
#define KYSO_JSON KYSO_CLEANUP(kyso_json_freep)

#endif
