/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/words.h"

#include <stddef.h>

#include "client/i18n.h"

#define PRINT_AGAIN N_("Make the PDF again from its source (export or print to PDF) and sign that.")
#define SENDER_AGAIN N_("Ask the sender to sign the document anew and send it again.")
#define OTHER_PLACE N_("Choose another page or box.")

/* The rules of document/rules.h that a PDF can break. */
const struct kyso_word kyso_words_rule[] = {
    {"ok", N_("The document is sound."), NULL},
    {"header", N_("The file does not begin as a PDF."), N_("Convert the document to PDF first.")},
    {"trailing-bytes", N_("Foreign bytes follow the end of the PDF."), PRINT_AGAIN},
    {"no-end", N_("The PDF has no end: it is cut off."), N_("Fetch the file again.")},
    {"xref", N_("The PDF's table of objects is broken."), PRINT_AGAIN},
    {"object", N_("An object of the PDF is malformed."), PRINT_AGAIN},
    {"duplicate-key", N_("An object of the PDF says the same thing twice."), PRINT_AGAIN},
    {"stream-length", N_("A stream of the PDF has a wrong length."), PRINT_AGAIN},
    {"encrypted", N_("The PDF is encrypted."), N_("Save it without a password and sign that.")},
    {"pages", N_("The PDF's pages are malformed."), PRINT_AGAIN},
    {"limits", N_("The PDF is larger or deeper than kyso handles."), PRINT_AGAIN},
    {"signature-direct", N_("A signature is stored in a way that allows tricks."), SENDER_AGAIN},
    {"byte-range", N_("A signature does not say properly what it covers."), SENDER_AGAIN},
    {"hole", N_("A signature leaves out more than itself."), SENDER_AGAIN},
    {"range-end", N_("A signature does not cover the document to an end."), SENDER_AGAIN},
    {"prefix", N_("What a signature covers is no sound document by itself."), SENDER_AGAIN},
    {"signature-replaced", N_("A signature was replaced later."), SENDER_AGAIN},
    {"overlap", N_("Two signatures overlap."), SENDER_AGAIN},
    {"sub-filter", N_("A signature is of a form kyso does not know."), SENDER_AGAIN},
    {"trailer-changed", N_("The document's frame was changed after signing."), SENDER_AGAIN},
    {"object-outside", N_("A later change points outside itself."), SENDER_AGAIN},
    {"object-freed", N_("Something was removed after signing."), SENDER_AGAIN},
    {"generation", N_("A later change renumbers objects."), SENDER_AGAIN},
    {"dangling", N_("A later change fills in what the signed document only refers to."),
     SENDER_AGAIN},
    {"object-changed", N_("Something was changed after signing."), SENDER_AGAIN},
    {"stream-changed", N_("Content was changed after signing."), SENDER_AGAIN},
    {"catalog-changed", N_("The document's catalogue was changed after signing."), SENDER_AGAIN},
    {"acroform-changed", N_("The form was changed after signing."), SENDER_AGAIN},
    {"page-changed", N_("A page was changed after signing."), SENDER_AGAIN},
    {"annotation-added", N_("A note or overlay was added after signing."), SENDER_AGAIN},
    {"field", N_("A form field was added after signing that is no clean signature field."),
     SENDER_AGAIN},
    {"field-area", N_("The box of a later signature is larger than the rules allow."),
     SENDER_AGAIN},
    {"info-changed", N_("The document's description was changed after signing."), SENDER_AGAIN},
    {"active-content", N_("The PDF contains scripts or actions."), PRINT_AGAIN},
    {"xfa", N_("The PDF is a dynamic form (XFA)."), PRINT_AGAIN},
    {"hidden-content", N_("The PDF hides content that could be shown later."), PRINT_AGAIN},
    {"docmdp", N_("A certification in the document forbids further signatures."), SENDER_AGAIN},
    {"field-lock", N_("An earlier signature locks the field."), SENDER_AGAIN},
    {"page-number", N_("There is no such page."), OTHER_PLACE},
    {"box", N_("The box is empty or outside the page."), OTHER_PLACE},
    {"no-such-field", N_("There is no empty signature field of this name."),
     N_("Check --field, or leave it out for a new field.")},
    {"direct-object", N_("A page or field is stored in a way that cannot be added to."),
     PRINT_AGAIN},
    {"appearance", N_("The drawn signature cannot be put into the document."), OTHER_PLACE},
    {NULL, NULL, NULL},
};
