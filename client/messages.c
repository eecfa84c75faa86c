/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/messages.h"

#include <string.h>

#include "client/i18n.h"
#include "client/words.h"
#include "common/macros.h"

static const struct kyso_word *const TABLES[KYSO_WORDS_MAX] = {
    [KYSO_WORDS_OUTCOME] = kyso_words_outcome,
    [KYSO_WORDS_DETAIL] = kyso_words_detail,
    [KYSO_WORDS_REASON] = kyso_words_reason,
    [KYSO_WORDS_REMEDY] = kyso_words_remedy,
    [KYSO_WORDS_RULE] = kyso_words_rule,
    [KYSO_WORDS_CERTIFICATE] = kyso_words_certificate,
    [KYSO_WORDS_INTEGRITY] = kyso_words_integrity,
    [KYSO_WORDS_WARNING] = kyso_words_warning,
    [KYSO_WORDS_STATE] = kyso_words_state,
    [KYSO_WORDS_EVENT] = kyso_words_event,
    [KYSO_WORDS_REQUEST] = kyso_words_request,
    [KYSO_WORDS_NUMBER] = kyso_words_number,
    [KYSO_WORDS_FIELD] = kyso_words_field,
};

static const struct kyso_word *find(enum kyso_vocabulary vocabulary, const char *word)
{
    for (const struct kyso_word *row = TABLES[vocabulary]; row->word != NULL; row++) {
        if (strcmp(row->word, word) == 0)
            return row;
    }
    return NULL;
}

const char *kyso_message(enum kyso_vocabulary vocabulary, const char *word)
{
    const struct kyso_word *row = find(vocabulary, word);

    return row == NULL ? word : _(row->text);
}

const char *kyso_message_next(enum kyso_vocabulary vocabulary, const char *word)
{
    const struct kyso_word *row = find(vocabulary, word);

    return row == NULL || row->next == NULL ? "" : _(row->next);
}

bool kyso_message_known(enum kyso_vocabulary vocabulary, const char *word)
{
    return find(vocabulary, word) != NULL;
}
