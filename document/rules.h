/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DOCUMENT_RULES_H
#define KYSO_DOCUMENT_RULES_H

/* The rules a document can break, each with a stable machine name for the bus and reports. */

enum kyso_pdf_rule {
    KYSO_PDF_OK = 0,
    /* the file as a whole */
    KYSO_PDF_HEADER,         /* "%PDF-" is not at byte 0 */
    KYSO_PDF_TRAILING_BYTES, /* bytes after the last %%EOF */
    KYSO_PDF_NO_END,         /* no startxref / %%EOF */
    KYSO_PDF_XREF,           /* table or stream malformed, looping, forward, or not matching */
    KYSO_PDF_OBJECT,         /* an object is malformed */
    KYSO_PDF_DUPLICATE_KEY,
    KYSO_PDF_STREAM_LENGTH,
    KYSO_PDF_ENCRYPTED, /* encryption is not supported */
    KYSO_PDF_PAGES,     /* page tree malformed */
    KYSO_PDF_LIMITS,    /* depth, objects, sections, signatures, inflated size */
    /* one signature */
    KYSO_PDF_SIGNATURE_DIRECT,   /* /V is direct or compressed */
    KYSO_PDF_BYTE_RANGE,         /* not [0 a b c] of sane integers */
    KYSO_PDF_HOLE,               /* the hole is not exactly the /Contents token */
    KYSO_PDF_RANGE_END,          /* its range does not end at the end of a revision */
    KYSO_PDF_PREFIX,             /* the covered prefix alone is no sound file, or another one */
    KYSO_PDF_SIGNATURE_REPLACED, /* the dictionary or field is replaced later */
    KYSO_PDF_OVERLAP,            /* two signatures share bytes other than by nesting */
    KYSO_PDF_SUB_FILTER,
    /* a revision after a signature */
    KYSO_PDF_TRAILER_CHANGED,
    KYSO_PDF_OBJECT_OUTSIDE, /* a new object lies outside the update's own bytes */
    KYSO_PDF_OBJECT_FREED,
    KYSO_PDF_GENERATION,
    KYSO_PDF_DANGLING,       /* a new number that an older object already refers to */
    KYSO_PDF_OBJECT_CHANGED, /* an overwritten object that nothing permitted explains */
    KYSO_PDF_STREAM_CHANGED,
    KYSO_PDF_CATALOG_CHANGED,
    KYSO_PDF_ACROFORM_CHANGED,
    KYSO_PDF_PAGE_CHANGED,
    KYSO_PDF_ANNOTATION_ADDED, /* anything but the widget of a new signature */
    KYSO_PDF_FIELD,            /* a new field that is no clean signature field */
    KYSO_PDF_FIELD_AREA,       /* its box is larger than the profile allows */
    KYSO_PDF_INFO_CHANGED,
    /* before the first signature */
    KYSO_PDF_ACTIVE_CONTENT, /* JavaScript, AA, OpenAction, Launch, RichMedia */
    KYSO_PDF_XFA,
    KYSO_PDF_HIDDEN_CONTENT, /* optional content that is off, unreachable objects, doubles */
    /* what forbids signing */
    KYSO_PDF_DOCMDP, /* a certification forbids it */
    KYSO_PDF_FIELD_LOCK,
    KYSO_PDF_PAGE_NUMBER,   /* no such page */
    KYSO_PDF_BOX,           /* the box is empty or outside the page */
    KYSO_PDF_NO_SUCH_FIELD, /* the named empty field does not exist */
    KYSO_PDF_DIRECT_OBJECT, /* a direct page or field cannot be overwritten */
    KYSO_PDF_APPEARANCE,    /* the drawn page cannot be imported */
    KYSO_PDF_RULE_MAX
};

/* Kebab-case name, e.g. "trailing-bytes"; "ok" for 0. Static storage. */
const char *kyso_pdf_rule_name(enum kyso_pdf_rule rule);

#endif
