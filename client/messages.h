/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_CLIENT_MESSAGES_H
#define KYSO_CLIENT_MESSAGES_H

/* Turns the machine words of the bus into sentences in the user's language. A word nobody here
 * knows is shown as it is: the service may be newer than this program. */

#include <stdbool.h>

enum kyso_vocabulary {
    KYSO_WORDS_OUTCOME,     /* how a call ended */
    KYSO_WORDS_DETAIL,      /* "detail" of a failure */
    KYSO_WORDS_REASON,      /* why the order rule says no */
    KYSO_WORDS_REMEDY,      /* what would make it allowed */
    KYSO_WORDS_RULE,        /* the rule that a PDF breaks */
    KYSO_WORDS_CERTIFICATE, /* why a certificate or its chain does not do */
    KYSO_WORDS_INTEGRITY,   /* why a signature's own check fails */
    KYSO_WORDS_WARNING,
    KYSO_WORDS_STATE, /* PIN states, job states, cancel reasons, classes, findings, verdicts */
    KYSO_WORDS_EVENT, /* what the audit log records */
    KYSO_WORDS_REQUEST, /* requests for recovery and revocation, and their forms */
    KYSO_WORDS_NUMBER, /* what the numbers of a report count */
    KYSO_WORDS_FIELD, /* labels of a failure's other fields */
    KYSO_WORDS_MAX
};

/* The sentence for WORD, translated; WORD itself when unknown. Borrowed. */
const char *kyso_message(enum kyso_vocabulary vocabulary, const char *word);
/* What to do next, translated; "" when there is nothing to add. Static storage. */
const char *kyso_message_next(enum kyso_vocabulary vocabulary, const char *word);
bool kyso_message_known(enum kyso_vocabulary vocabulary, const char *word);

#endif
