/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DOCUMENT_JUDGE_H
#define KYSO_DOCUMENT_JUDGE_H

/* Shared by revisions.c (what any update must keep to) and permitted.c (the changes that a signed
 * file may see). Every entry of the revision at hand has to be explained by one of them. */

#include "document/inspect.h"

#define KYSO_JUDGE_ANY UINT32_MAX

struct kyso_judge_use { /* one reference to an object that some update overwrites or adds */
    uint32_t target;
    uint32_t source;          /* number of the object it stands in; 0: a trailer */
    uint32_t version;         /* index of the source's entry; of a trailer: its revision */
    struct kyso_pdf_text key; /* innermost dictionary key around it */
};

struct kyso_judge {
    struct kyso_pdf_file *file;
    struct kyso_pdf_findings *findings;
    struct kyso_judge_use *uses; /* sorted by target */
    size_t n_uses, uses_room;
    uint8_t *interesting; /* one bit per number */

    /* the revision at hand; memory from the scratch arena */
    uint32_t now, before;
    const struct kyso_pdf_section *section;
    bool *explained;                 /* per entry of the section */
    struct kyso_pdf_object *objects; /* per entry: as it is now */
    uint32_t root;
    uint32_t *widgets;      /* of fields that are new or newly signed and new on a page */
    uint32_t *widget_pages; /* where /P says they are; 0: it does not say */
    bool *shown;
    size_t n_widgets;
};

/* Refuses with "object N, revision R". */
int kyso_judge_refuse(struct kyso_judge *judge, enum kyso_pdf_rule rule, uint32_t number);

/* Index of NUMBER's entry in the section at hand; SIZE_MAX: none. */
size_t kyso_judge_entry(const struct kyso_judge *judge, uint32_t number);
bool kyso_judge_is_new(const struct kyso_judge *judge, uint32_t number);
void kyso_judge_explain(struct kyso_judge *judge, uint32_t number);
/* Whether all uses of NUMBER at the revision before stand under KEY in object SOURCE (or
 * KYSO_JUDGE_ANY). */
bool kyso_judge_only_used(const struct kyso_judge *judge, uint32_t number, const char *key,
                          uint32_t source);
/* The only object that uses NUMBER, under KEY; 0 when there is no such single one. */
uint32_t kyso_judge_sole_user(const struct kyso_judge *judge, uint32_t number, const char *key);

/* Explains what in this revision is permitted. */
int kyso_judge_permit(struct kyso_judge *judge) KYSO_MUST_CHECK;

#endif
