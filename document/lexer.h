/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DOCUMENT_LEXER_H
#define KYSO_DOCUMENT_LEXER_H

/* Reads PDF tokens and direct values strictly (ISO 32000-1 7.2, 7.3): no repair, no guessing. */

#include "document/pdf-object.h"
#include "document/rules.h"

#define KYSO_PDF_DEPTH_MAX 64U

struct kyso_lexer {
    const uint8_t *at;
    const uint8_t *end;
    struct kyso_arena *arena;
    enum kyso_pdf_rule rule; /* why the last value could not be read */
};

bool kyso_lexer_is_blank(uint8_t byte);   /* white space, NUL included (table 1) */
bool kyso_lexer_is_regular(uint8_t byte); /* neither blank nor delimiter */

void kyso_lexer_skip_blanks(struct kyso_lexer *lexer); /* and comments */
void kyso_lexer_skip_space(struct kyso_lexer *lexer);  /* blanks only */
/* Takes WORD when it stands here, ended by something that is not regular; blanks before are skipped
 * only with the first form. */
bool kyso_lexer_word(struct kyso_lexer *lexer, const char *word);
bool kyso_lexer_word_here(struct kyso_lexer *lexer, const char *word);
/* Takes an unsigned decimal number of at most 19 digits, not above MAXIMUM; no sign. */
bool kyso_lexer_unsigned(struct kyso_lexer *lexer, uint64_t maximum, uint64_t *ret_value);
/* Takes "N G obj". */
bool kyso_lexer_header(struct kyso_lexer *lexer, uint32_t *ret_number, uint16_t *ret_generation);

/* Reads one value (never a stream) into RET_OBJECT. Returns 0, KYSO_OUTCOME_BAD_DOCUMENT with
 * lexer->rule, or -ENOMEM (the arena says whether its budget is spent). */
int kyso_lexer_value(struct kyso_lexer *lexer, struct kyso_pdf_object *ret_object) KYSO_MUST_CHECK;

#endif
