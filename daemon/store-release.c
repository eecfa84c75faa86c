/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/store-release.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/outcome.h"
#include "daemon/store-sql.h"

const char KYSO_STORE_RELEASE_SCHEMA[] =
    "CREATE TABLE release (id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL,"
    " document BLOB NOT NULL, file BLOB NOT NULL, organisation TEXT NOT NULL, number TEXT NOT NULL,"
    " date INTEGER NOT NULL, channel TEXT NOT NULL, channel_text TEXT NOT NULL, kind TEXT NOT NULL,"
    " reference TEXT NOT NULL, note TEXT NOT NULL, signers TEXT NOT NULL, profile TEXT NOT NULL,"
    " clause TEXT NOT NULL, user TEXT NOT NULL, uid INTEGER NOT NULL) STRICT;"
    "CREATE INDEX release_document ON release (document);"
    "CREATE INDEX release_number ON release (number);";

#define COLUMNS                                                                                    \
    "at, document, file, organisation, number, date, channel, channel_text, kind, reference, "     \
    "note,"                                                                                        \
    " signers, profile, clause, user, uid"

static void bind_digest(sqlite3_stmt *statement, int index, const uint8_t *digest)
{
    (void)sqlite3_bind_blob(statement, index, digest, KYSO_STORE_DIGEST, SQLITE_TRANSIENT);
}

static void bind_texts(sqlite3_stmt *statement, int index, const char *const *texts, size_t n)
{
    for (size_t i = 0; i < n; i++)
        kyso_store_bind_text(statement, index + (int)i, texts[i] != NULL ? texts[i] : "");
}

int kyso_store_release_add(struct kyso_store *store, const struct kyso_store_release *release)
{
    const char *const texts[] = {release->channel,   release->channel_text, release->kind,
                                 release->reference, release->note,         release->signers,
                                 release->profile,   release->clause,       release->user};
    KYSO_STATEMENT *statement = NULL;
    int r = kyso_store_prepare(store,
                               "INSERT INTO release (" COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6,"
                               " ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
                               &statement);

    if (r != 0)
        return r;
    (void)sqlite3_bind_int64(statement, 1, (sqlite3_int64)release->at);
    bind_digest(statement, 2, release->document);
    bind_digest(statement, 3, release->file);
    bind_texts(statement, 4, (const char *const[]){release->organisation, release->number}, 2);
    (void)sqlite3_bind_int64(statement, 6, release->date);
    bind_texts(statement, 7, texts, KYSO_ARRAY_LEN(texts));
    (void)sqlite3_bind_int64(statement, 16, release->uid);
    return kyso_store_run(store, statement);
}

static bool has_digests(sqlite3_stmt *statement)
{
    return sqlite3_column_bytes(statement, 1) == KYSO_STORE_DIGEST &&
           sqlite3_column_bytes(statement, 2) == KYSO_STORE_DIGEST;
}

static struct kyso_store_release read_release(sqlite3_stmt *statement)
{
    return (struct kyso_store_release){
        .at = (uint64_t)sqlite3_column_int64(statement, 0),
        .document = sqlite3_column_blob(statement, 1),
        .file = sqlite3_column_blob(statement, 2),
        .organisation = kyso_store_text(statement, 3),
        .number = kyso_store_text(statement, 4),
        .date = (uint32_t)sqlite3_column_int64(statement, 5),
        .channel = kyso_store_text(statement, 6),
        .channel_text = kyso_store_text(statement, 7),
        .kind = kyso_store_text(statement, 8),
        .reference = kyso_store_text(statement, 9),
        .note = kyso_store_text(statement, 10),
        .signers = kyso_store_text(statement, 11),
        .profile = kyso_store_text(statement, 12),
        .clause = kyso_store_text(statement, 13),
        .user = kyso_store_text(statement, 14),
        .uid = (uint32_t)sqlite3_column_int64(statement, 15),
    };
}

/* An index serves the one condition that is given; a period alone reads all of them. */
static const char *statement_for(const struct kyso_store_release_query *query)
{
    if (query->document != NULL)
        return "SELECT " COLUMNS " FROM release WHERE document = ?1 AND at >= ?3 AND"
               " (?4 = 0 OR at < ?4) AND (?2 = '' OR number = ?2) ORDER BY id LIMIT ?5";
    if (query->number != NULL && *query->number != '\0')
        return "SELECT " COLUMNS " FROM release WHERE number = ?2 AND at >= ?3 AND"
               " (?4 = 0 OR at < ?4) ORDER BY id LIMIT ?5";
    return "SELECT " COLUMNS " FROM release WHERE at >= ?3 AND (?4 = 0 OR at < ?4)"
           " ORDER BY id LIMIT ?5";
}

int kyso_store_release_each(struct kyso_store *store, const struct kyso_store_release_query *query,
                            size_t limit,
                            int (*fn)(void *data, const struct kyso_store_release *release),
                            void *data)
{
    KYSO_STATEMENT *statement = NULL;
    int r = kyso_store_prepare(store, statement_for(query), &statement);

    if (r != 0)
        return r;
    if (query->document != NULL)
        bind_digest(statement, 1, query->document);
    kyso_store_bind_text(statement, 2, query->number != NULL ? query->number : "");
    (void)sqlite3_bind_int64(statement, 3, (sqlite3_int64)query->since);
    (void)sqlite3_bind_int64(statement, 4, (sqlite3_int64)query->until);
    (void)sqlite3_bind_int64(statement, 5, (sqlite3_int64)limit);
    while ((r = sqlite3_step(statement)) == SQLITE_ROW && has_digests(statement)) {
        struct kyso_store_release release = read_release(statement);
        int result = fn(data, &release);

        if (result != 0)
            return result;
    }
    return r == SQLITE_DONE ? 0 : kyso_store_failed(store, "read releases");
}

static void mark(struct kyso_store_release_mark *mark, const struct kyso_store_release *release)
{
    (void)snprintf(mark->number, sizeof(mark->number), "%s", release->number);
    mark->date = release->date;
    mark->at = release->at;
}

void kyso_store_release_spell(const struct kyso_store_release_mark *mark,
                              struct kyso_store_release_words *ret_words)
{
    ret_words->number = mark->number;
    kyso_text_from_day(mark->date, ret_words->date);
    (void)snprintf(ret_words->at, sizeof(ret_words->at), "%" PRIu64, mark->at);
}

struct earlier {
    const uint8_t *document, *file; /* null: not looked for */
    const char *organisation;
    uint32_t year;
    struct kyso_store_release_mark first;
    bool any, file_released;
};

static int see_release(void *data, const struct kyso_store_release *release)
{
    struct earlier *earlier = data;

    if (!earlier->any)
        mark(&earlier->first, release);
    earlier->any = true;
    earlier->file_released =
        earlier->file_released || memcmp(release->file, earlier->file, KYSO_STORE_DIGEST) == 0;
    return 0;
}

int kyso_store_release_of(struct kyso_store *store, const uint8_t document[KYSO_STORE_DIGEST],
                          const uint8_t file[KYSO_STORE_DIGEST],
                          struct kyso_store_release_mark *ret_mark, bool *ret_file_released)
{
    struct kyso_store_release_query query = {.document = document};
    struct earlier earlier = {.file = file};
    int r = kyso_store_release_each(store, &query, SIZE_MAX / 2, see_release, &earlier);

    if (r != 0)
        return r;
    if (!earlier.any)
        return KYSO_OUTCOME_NOT_FOUND;
    *ret_mark = earlier.first;
    *ret_file_released = earlier.file_released;
    return 0;
}

static int see_number(void *data, const struct kyso_store_release *release)
{
    struct earlier *earlier = data;

    if (earlier->any || strcmp(release->organisation, earlier->organisation) != 0 ||
        release->date / 10000 != earlier->year ||
        memcmp(release->document, earlier->document, KYSO_STORE_DIGEST) == 0)
        return 0;
    mark(&earlier->first, release);
    earlier->any = true;
    return 0;
}

int kyso_store_release_numbered(struct kyso_store *store, const char *organisation,
                                const char *number, uint32_t date,
                                const uint8_t document[KYSO_STORE_DIGEST],
                                struct kyso_store_release_mark *ret_mark)
{
    struct kyso_store_release_query query = {.number = number};
    struct earlier earlier = {
        .document = document, .organisation = organisation, .year = date / 10000};
    int r = kyso_store_release_each(store, &query, SIZE_MAX / 2, see_number, &earlier);

    if (r != 0)
        return r;
    if (!earlier.any)
        return KYSO_OUTCOME_NOT_FOUND;
    *ret_mark = earlier.first;
    return 0;
}
