/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "document/rules.h"

#include "common/macros.h"

static const char *const NAMES[] = {
    [KYSO_PDF_OK] = "ok",
    [KYSO_PDF_HEADER] = "header",
    [KYSO_PDF_TRAILING_BYTES] = "trailing-bytes",
    [KYSO_PDF_NO_END] = "no-end",
    [KYSO_PDF_XREF] = "xref",
    [KYSO_PDF_OBJECT] = "object",
    [KYSO_PDF_DUPLICATE_KEY] = "duplicate-key",
    [KYSO_PDF_STREAM_LENGTH] = "stream-length",
    [KYSO_PDF_ENCRYPTED] = "encrypted",
    [KYSO_PDF_PAGES] = "pages",
    [KYSO_PDF_LIMITS] = "limits",
    [KYSO_PDF_SIGNATURE_DIRECT] = "signature-direct",
    [KYSO_PDF_BYTE_RANGE] = "byte-range",
    [KYSO_PDF_HOLE] = "hole",
    [KYSO_PDF_RANGE_END] = "range-end",
    [KYSO_PDF_PREFIX] = "prefix",
    [KYSO_PDF_SIGNATURE_REPLACED] = "signature-replaced",
    [KYSO_PDF_OVERLAP] = "overlap",
    [KYSO_PDF_SUB_FILTER] = "sub-filter",
    [KYSO_PDF_TRAILER_CHANGED] = "trailer-changed",
    [KYSO_PDF_OBJECT_OUTSIDE] = "object-outside",
    [KYSO_PDF_OBJECT_FREED] = "object-freed",
    [KYSO_PDF_GENERATION] = "generation",
    [KYSO_PDF_DANGLING] = "dangling",
    [KYSO_PDF_OBJECT_CHANGED] = "object-changed",
    [KYSO_PDF_STREAM_CHANGED] = "stream-changed",
    [KYSO_PDF_CATALOG_CHANGED] = "catalog-changed",
    [KYSO_PDF_ACROFORM_CHANGED] = "acroform-changed",
    [KYSO_PDF_PAGE_CHANGED] = "page-changed",
    [KYSO_PDF_ANNOTATION_ADDED] = "annotation-added",
    [KYSO_PDF_FIELD] = "field",
    [KYSO_PDF_FIELD_AREA] = "field-area",
    [KYSO_PDF_INFO_CHANGED] = "info-changed",
    [KYSO_PDF_ACTIVE_CONTENT] = "active-content",
    [KYSO_PDF_XFA] = "xfa",
    [KYSO_PDF_HIDDEN_CONTENT] = "hidden-content",
    [KYSO_PDF_DOCMDP] = "docmdp",
    [KYSO_PDF_FIELD_LOCK] = "field-lock",
    [KYSO_PDF_PAGE_NUMBER] = "page-number",
    [KYSO_PDF_BOX] = "box",
    [KYSO_PDF_NO_SUCH_FIELD] = "no-such-field",
    [KYSO_PDF_DIRECT_OBJECT] = "direct-object",
    [KYSO_PDF_APPEARANCE] = "appearance",
};

_Static_assert(KYSO_ARRAY_LEN(NAMES) == KYSO_PDF_RULE_MAX, "every rule has a name");

const char *kyso_pdf_rule_name(enum kyso_pdf_rule rule)
{
    if ((unsigned int)rule >= KYSO_PDF_RULE_MAX)
        return "unknown";
    return NAMES[rule];
}
