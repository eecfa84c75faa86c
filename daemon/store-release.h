/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DAEMON_STORE_RELEASE_H
#define KYSO_DAEMON_STORE_RELEASE_H

/* The register of what clerks have issued (K-13, TB16 Mẫu 07 row 10). Nothing is ever changed or
 * removed. Outcome of each: KYSO_OUTCOME_STORE_FAILED, and what is said there. */

#include "common/text.h"
#include "daemon/store-document.h"

#define KYSO_RELEASE_NUMBER_MAX 65U /* bytes of a number, with its zero */

struct kyso_store_release {
    uint64_t at;                         /* seconds since 1970 */
    const uint8_t *document, *file;      /* KYSO_STORE_DIGEST bytes: which document, which file */
    const char *organisation;            /* of the clerk, as in the roster */
    const char *number;                  /* as in the office's register, with its symbol */
    uint32_t date;                       /* yyyymmdd, of issue */
    const char *channel, *channel_text;  /* TEXT: of "other" */
    const char *kind, *reference, *note; /* as declared */
    const char *signers;                 /* fingerprints in hex, separated by blanks */
    const char *profile, *clause, *user;
    uint32_t uid;
};

int kyso_store_release_add(struct kyso_store *store,
                           const struct kyso_store_release *release) KYSO_MUST_CHECK;

/* What is asked for; null, "" and zero mean any. */
struct kyso_store_release_query {
    const uint8_t *document;
    const char *number;
    uint64_t since, until; /* recorded in [SINCE, UNTIL), seconds since 1970; UNTIL 0: no end */
};
/* Calls FN for each in the order they were recorded, at most LIMIT; strings live for the call. A
 * non-zero result of FN ends the walk and is returned. */
int kyso_store_release_each(struct kyso_store *store, const struct kyso_store_release_query *query,
                            size_t limit,
                            int (*fn)(void *data, const struct kyso_store_release *release),
                            void *data) KYSO_MUST_CHECK;

/* What stands in the way of another one. */
struct kyso_store_release_mark {
    char number[KYSO_RELEASE_NUMBER_MAX];
    uint32_t date;
    uint64_t at;
};
/* As texts for an answer. */
struct kyso_store_release_words {
    const char *number; /* of the mark */
    char date[KYSO_TEXT_DAY_MAX], at[24];
};
void kyso_store_release_spell(const struct kyso_store_release_mark *mark,
                              struct kyso_store_release_words *ret_words);
/* The first release of DOCUMENT, and whether one of its releases sent out just FILE.
 * KYSO_OUTCOME_NOT_FOUND: it was never released. */
int kyso_store_release_of(struct kyso_store *store, const uint8_t document[KYSO_STORE_DIGEST],
                          const uint8_t file[KYSO_STORE_DIGEST],
                          struct kyso_store_release_mark *ret_mark,
                          bool *ret_file_released) KYSO_MUST_CHECK;
/* The first release by ORGANISATION of another document than DOCUMENT with this number and the year
 * of DATE: a number is given once a year. KYSO_OUTCOME_NOT_FOUND: the number is free. */
int kyso_store_release_numbered(struct kyso_store *store, const char *organisation,
                                const char *number, uint32_t date,
                                const uint8_t document[KYSO_STORE_DIGEST],
                                struct kyso_store_release_mark *ret_mark) KYSO_MUST_CHECK;

#endif
