/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_CLIENT_WORDS_H
#define KYSO_CLIENT_WORDS_H

/* The tables behind client/messages.h, each ended by a null word. */

struct kyso_word {
    const char *word; /* as on the bus */
    const char *text; /* msgid */
    const char *next; /* msgid of what to do, or null */
};

extern const struct kyso_word kyso_words_outcome[];
extern const struct kyso_word kyso_words_detail[];
extern const struct kyso_word kyso_words_reason[];
extern const struct kyso_word kyso_words_remedy[];
extern const struct kyso_word kyso_words_rule[];
extern const struct kyso_word kyso_words_certificate[];
extern const struct kyso_word kyso_words_integrity[];
extern const struct kyso_word kyso_words_warning[];
extern const struct kyso_word kyso_words_state[];
extern const struct kyso_word kyso_words_event[];
extern const struct kyso_word kyso_words_request[];
extern const struct kyso_word kyso_words_number[];
extern const struct kyso_word kyso_words_field[];

#endif
