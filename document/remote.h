/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DOCUMENT_REMOTE_H
#define KYSO_DOCUMENT_REMOTE_H

/* kysod's side of kyso-pdf and kyso-draw: asks a fresh worker about a stranger's document, never
 * parses one. Documents are sealed memory files, offsets are bytes from the file's start, lengths
 * on a page are points (1/72 inch). What comes back is a finding of an untrusted process: kysod
 * checks from the bytes what it can (kyso_pdf_confirm_hole) and counts the rest as "not so" when in
 * doubt. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/loop.h"
#include "common/worker.h"
#include "document/pdf-time.h"
#include "document/rules.h"

#define KYSO_PDF_SIGNATURES_MAX 256
#define KYSO_PDF_CONTENTS_MAX                                                                      \
    ((uint64_t)256 * 1024) /* bytes of one hole, hex digits and brackets */

/* As a viewer shows the page: origin at the lower left corner of the shown (rotated) CropBox. */
struct kyso_pdf_box {
    double x, y, width, height;
};

struct kyso_pdf_signature {
    char *field;                           /* full field name */
    char *sub_filter;                      /* "ETSI.CAdES.detached" and so on */
    char *name, *reason, *location, *time; /* as the file says, or ""; never trusted */
    uint64_t hole_start;                   /* offset of '<' */
    uint64_t hole_end;                     /* offset just after '>' */
    uint64_t range_end;                    /* end of the covered bytes = end of its revision */
    uint32_t revision;                     /* 0-based */
    uint32_t page;                         /* 1-based; 0: on no page */
    struct kyso_pdf_box box;               /* all zero when invisible */
    bool timestamp;                        /* a document time stamp */
    uint32_t docmdp;                       /* 0: none, else P = 1, 2 or 3 */
    enum kyso_pdf_rule flaw;               /* what is wrong with this signature's own structure */
    char *flaw_detail;
    enum kyso_pdf_rule later; /* first rule that a later revision breaks */
    char *later_detail;       /* e.g. "object 12, revision 3" */
};

struct kyso_pdf_field { /* an empty signature field */
    char *name;
    uint32_t page;
    struct kyso_pdf_box box;
    bool locked; /* has /Lock or /SV that kyso cannot obey */
};

struct kyso_pdf_report {
    uint32_t pages, revisions;
    struct kyso_pdf_signature *signatures; /* in the order of their revisions */
    size_t n_signatures;
    struct kyso_pdf_field *fields;
    size_t n_fields;
    /* Why nobody may sign it (encryption, DocMDP P=1, XFA, shadow content ...): 0, or the rule. */
    enum kyso_pdf_rule unsignable;
    char *unsignable_detail;
    /* Whether unsigned updates follow the newest signature, and the rule they break (0: permitted).
     */
    bool unsigned_tail;
};

void kyso_pdf_report_done(struct kyso_pdf_report *report);

/* Reads DOCUMENT. RESULT in FN: 0 with a report (which FN takes over), or KYSO_OUTCOME_BAD_DOCUMENT
 * with the rule's name as detail, KYSO_OUTCOME_LIMIT, _TIMED_OUT, _WORKER_DIED, negative errno. */
struct kyso_pdf_call;
typedef void (*kyso_pdf_inspect_fn)(void *data, int result, const char *detail,
                                    struct kyso_pdf_report *report);
int kyso_pdf_inspect(struct kyso_loop *loop, int document, kyso_pdf_inspect_fn fn, void *data,
                     struct kyso_pdf_call **ret_call) KYSO_MUST_CHECK;

struct kyso_pdf_request {
    const char *field; /* an existing empty field, or null for a new one named by the worker */
    bool visible;      /* needs PAGE, BOX and APPEARANCE; ignored for an existing field's own box */
    uint32_t page;     /* 1-based */
    struct kyso_pdf_box box;
    int appearance; /* sealed memfd with the one-page PDF that kyso-draw made; -1: none */
    const char *name, *reason, *location; /* text strings for the dictionary, or null */
    uint64_t time;                        /* seconds since 1970, for /M */
    uint32_t contents;                    /* bytes of CMS that the hole must hold */
};

struct kyso_pdf_update {
    int bytes; /* sealed memfd: append it to the document; FN takes it over */
    uint64_t length;
    uint64_t hole_start, hole_end, range_end; /* in the resulting file */
    char *field;
};

/* Makes the update that appends one signature with an empty hole (hex zeros). */
typedef void (*kyso_pdf_prepare_fn)(void *data, int result, const char *detail,
                                    struct kyso_pdf_update *update);
int kyso_pdf_prepare(struct kyso_loop *loop, int document, const struct kyso_pdf_request *request,
                     kyso_pdf_prepare_fn fn, void *data,
                     struct kyso_pdf_call **ret_call) KYSO_MUST_CHECK;
void kyso_pdf_update_done(struct kyso_pdf_update *update);

/* Frees the call, ending its worker; FN is not called any more. */
struct kyso_pdf_call *kyso_pdf_call_free(struct kyso_pdf_call *call);

/* From the bytes alone: the hole is '<', only hex digits, '>'; inside the file; and when WHOLE, the
 * covered range ends at the end of file. 0, or KYSO_OUTCOME_BAD_DOCUMENT. */
int kyso_pdf_confirm_hole(int document, uint64_t size, uint64_t hole_start, uint64_t hole_end,
                          uint64_t range_end, bool whole) KYSO_MUST_CHECK;

/* What kyso-draw puts into the box: an optional picture (PNG with transparency) and lines of text.
 */
struct kyso_draw_request {
    double width, height; /* points, as the viewer shows it */
    int picture;          /* memfd with a PNG, or -1 */
    bool picture_left; /* picture left and text right; otherwise picture fills, text below/over */
    const char *const *lines; /* UTF-8, NFC or NFD */
    size_t n_lines;
};

/* RESULT 0 with a sealed memfd (FN takes it over): a one-page PDF of exactly that size, fonts
 * embedded as subsets. KYSO_OUTCOME_BAD_ARGUMENT with detail: "bad-picture", "picture-too-large",
 * "missing-glyph", "box-too-small", "too-much-text" (a line above 512 bytes). At once, without FN:
 * KYSO_OUTCOME_LIMIT above 32 lines, KYSO_OUTCOME_BAD_ARGUMENT for a line that is not UTF-8. */
struct kyso_draw_call;
typedef void (*kyso_draw_fn)(void *data, int result, const char *detail, int page);
int kyso_draw(struct kyso_loop *loop, const struct kyso_draw_request *request, kyso_draw_fn fn,
              void *data, struct kyso_draw_call **ret_call) KYSO_MUST_CHECK;
struct kyso_draw_call *kyso_draw_call_free(struct kyso_draw_call *call);

#endif
