/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/usage.h"

#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <openssl/evp.h>
#include <search.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/error.h"
#include "common/memfd.h"
#include "common/outcome.h"
#include "common/text.h"

static const char *const CLASS_WORDS[KYSO_USAGE_CLASSES] = {"person", "organisation", "device"};
static const char *const BY_CLASS_WORDS[KYSO_USAGE_BY_CLASS_MAX] = {
    "signatures",           "signed",           "new-requests",
    "replacement-requests", "renewal-requests", "revocation-requests"};
static const char *const PLAIN_WORDS[KYSO_USAGE_PLAIN_MAX] = {
    "refusals",          "pin-failures", "lockouts", "unlocks",
    "recovery-requests", "recoveries",   "released"};

/* Something counted once however often it comes: the digest of what it is. */
struct mark {
    uint8_t digest[32];
};

struct kyso_usage_count {
    struct kyso_audit_walk *walk;
    uint64_t from, until;
    bool with_evidence;
    struct kyso_usage usage;
    void *marks; /* a tree of tsearch(3) */
    size_t n_marks;
    kyso_usage_fn fn;
    void *data;
};

/* ---- names ---- */

static size_t class_index(enum kyso_class class)
{
    switch (class) {
    case KYSO_CLASS_PERSON:
        return 0;
    case KYSO_CLASS_SEAL:
        return 1;
    case KYSO_CLASS_DEVICE:
        return 2;
    case KYSO_CLASS_UNKNOWN:
    case KYSO_CLASS_MAX:
        break;
    }
    return KYSO_USAGE_CLASSES;
}

size_t kyso_usage_number_of(enum kyso_usage_by_class number, enum kyso_class class)
{
    size_t index = class_index(class);

    return index < KYSO_USAGE_CLASSES ? index * KYSO_USAGE_BY_CLASS_MAX + number
                                      : KYSO_USAGE_NUMBERS;
}

size_t kyso_usage_plain_number(enum kyso_usage_plain number)
{
    return (size_t)KYSO_USAGE_CLASSES * KYSO_USAGE_BY_CLASS_MAX + number;
}

const char *kyso_usage_name(size_t number)
{
    static char names[KYSO_USAGE_NUMBERS][64];
    size_t plain = kyso_usage_plain_number(0);

    if (number >= KYSO_USAGE_NUMBERS)
        return "";
    if (number >= plain)
        return PLAIN_WORDS[number - plain];
    (void)snprintf(names[number], sizeof(names[number]), "%s-%s",
                   CLASS_WORDS[number / KYSO_USAGE_BY_CLASS_MAX],
                   BY_CLASS_WORDS[number % KYSO_USAGE_BY_CLASS_MAX]);
    return names[number];
}

/* ---- taking down ---- */

void kyso_usage_done(struct kyso_usage *usage)
{
    for (size_t i = 0; i < usage->n_tokens; i++)
        free(usage->tokens[i].key);
    free(usage->tokens);
    free(usage->certificates);
    for (size_t i = 0; i < KYSO_USAGE_NUMBERS; i++)
        kyso_buf_done(&usage->evidence[i]);
    *usage = (struct kyso_usage){0};
}

struct kyso_usage_count *kyso_usage_count_free(struct kyso_usage_count *count)
{
    if (count == NULL)
        return NULL;
    (void)kyso_audit_walk_free(count->walk);
    kyso_usage_done(&count->usage);
    tdestroy(count->marks, free);
    free(count);
    return NULL;
}

/* ---- counting ---- */

static int add_evidence(struct kyso_usage_count *count, size_t number,
                        const struct kyso_audit_front *front)
{
    struct kyso_buf *lines = &count->usage.evidence[number];
    time_t at = (time_t)front->at;
    char text[40] = "";
    struct tm local;

    if (!count->with_evidence)
        return 0;
    if (localtime_r(&at, &local) != NULL)
        (void)strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S%z", &local);
    if (lines->length > KYSO_USAGE_EVIDENCE_MAX)
        return KYSO_OUTCOME_LIMIT;
    kyso_buf_printf(lines, "%s,%" PRIu64 ",%s\r\n", kyso_usage_name(number), front->seq, text);
    return kyso_trace(lines->error);
}

/* One more of NUMBER, whatever it is. */
static int count_one(struct kyso_usage_count *count, size_t number,
                     const struct kyso_audit_front *front)
{
    if (number >= KYSO_USAGE_NUMBERS)
        return 0;
    count->usage.numbers[number]++;
    return add_evidence(count, number, front);
}

static int compare_marks(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct mark));
}

/* Whether this is the first ID of SCOPE (a number's name, a certificate) that comes. */
static int is_first(struct kyso_usage_count *count, const void *scope, size_t length,
                    const uint8_t id[32], bool *ret_first)
{
    KYSO_BUF struct kyso_buf what = {0};
    KYSO_FREE struct mark *mark = malloc(sizeof(*mark));
    struct mark **found;

    kyso_buf_put(&what, scope, length);
    kyso_buf_put(&what, id, 32);
    if (mark == NULL || what.error != 0 ||
        EVP_Digest(what.bytes, what.length, mark->digest, NULL, EVP_sha256(), NULL) != 1)
        return kyso_trace(-ENOMEM);
    found = tsearch(mark, &count->marks, compare_marks);
    if (found == NULL)
        return kyso_trace(-ENOMEM);
    *ret_first = *found == mark;
    if (!*ret_first)
        return 0;
    (void)KYSO_STEAL(mark);
    return ++count->n_marks > KYSO_USAGE_DISTINCT_MAX ? KYSO_OUTCOME_LIMIT : 0;
}

/* ID counts for NUMBER, once. */
static int mark(struct kyso_usage_count *count, size_t number, const uint8_t id[32],
                const struct kyso_audit_front *front)
{
    const char *name = kyso_usage_name(number);
    bool first = false;
    int r = is_first(count, name, strlen(name), id, &first);

    return r == 0 && first ? count_one(count, number, front) : r;
}

static int mark_text(struct kyso_usage_count *count, size_t number, const char *text,
                     const struct kyso_audit_front *front)
{
    uint8_t id[KYSO_FINGERPRINT_SIZE];

    if (number >= KYSO_USAGE_NUMBERS || text == NULL) /* null: nothing that kysod writes */
        return 0;
    if (EVP_Digest(text, strlen(text), id, NULL, EVP_sha256(), NULL) != 1)
        return kyso_trace(-ENOMEM);
    return mark(count, number, id, front);
}

/* The place of a certificate's counts, made when it is new; SIZE_MAX without memory. */
static size_t certificate_index(struct kyso_usage_count *count, const uint8_t *sha256)
{
    struct kyso_usage *usage = &count->usage;
    size_t low = 0, high = usage->n_certificates;
    struct kyso_usage_certificate *grown;

    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = memcmp(usage->certificates[middle].sha256, sha256, KYSO_FINGERPRINT_SIZE);

        if (order == 0)
            return middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    grown = reallocarray(usage->certificates, usage->n_certificates + 1, sizeof(*grown));
    if (grown == NULL)
        return SIZE_MAX;
    usage->certificates = grown;
    memmove(grown + low + 1, grown + low, (usage->n_certificates - low) * sizeof(*grown));
    grown[low] = (struct kyso_usage_certificate){0};
    memcpy(grown[low].sha256, sha256, KYSO_FINGERPRINT_SIZE);
    usage->n_certificates++;
    return low;
}

/* ---- records ---- */

static const char *text_of(struct json_object *record, const char *key)
{
    struct json_object *value = NULL;

    return json_object_object_get_ex(record, key, &value) &&
                   json_object_is_type(value, json_type_string)
               ? json_object_get_string(value)
               : "";
}

static bool digest_of(struct json_object *record, const char *key, uint8_t ret_digest[32])
{
    return kyso_text_from_hex(text_of(record, key), ret_digest, 32);
}

static enum kyso_class class_of(struct json_object *record)
{
    enum kyso_class class = KYSO_CLASS_UNKNOWN;

    return kyso_class_from_name(text_of(record, "class"), &class) ? class : KYSO_CLASS_UNKNOWN;
}

static int take_signature(struct kyso_usage_count *count, struct json_object *record,
                          const struct kyso_audit_front *front)
{
    enum kyso_class class = class_of(record);
    uint8_t certificate[32], document[32];
    bool identified = digest_of(record, "document", document), first = false;
    size_t index, documents = kyso_usage_number_of(KYSO_USAGE_DOCUMENTS, class);
    int r = count_one(count, kyso_usage_number_of(KYSO_USAGE_SIGNATURES, class), front);

    /* A document whose first signature is unsound has no name but what came. */
    if (!identified)
        identified = digest_of(record, "input", document);
    if (r == 0 && identified && documents < KYSO_USAGE_NUMBERS)
        r = mark(count, documents, document, front);
    if (r != 0 || !digest_of(record, "certificate", certificate))
        return r;
    index = certificate_index(count, certificate);
    if (index == SIZE_MAX)
        return kyso_trace(-ENOMEM);
    count->usage.certificates[index].signatures++;
    /* A document counts once for each certificate, too. */
    if (identified)
        r = is_first(count, certificate, sizeof(certificate), document, &first);
    count->usage.certificates[index].documents += first;
    return r;
}

static int take_refusal(struct kyso_usage_count *count, struct json_object *record,
                        const struct kyso_audit_front *front)
{
    uint8_t certificate[32];
    size_t index;

    if (digest_of(record, "certificate", certificate)) {
        index = certificate_index(count, certificate);
        if (index == SIZE_MAX)
            return kyso_trace(-ENOMEM);
        count->usage.certificates[index].refusals++;
    }
    return count_one(count, kyso_usage_plain_number(KYSO_USAGE_REFUSALS), front);
}

static int take_release(struct kyso_usage_count *count, struct json_object *record,
                        const struct kyso_audit_front *front)
{
    uint8_t document[32];

    if (!digest_of(record, "document", document) && !digest_of(record, "input", document))
        return 0;
    return mark(count, kyso_usage_plain_number(KYSO_USAGE_RELEASED), document, front);
}

static bool purpose_of(const char *word, enum kyso_usage_by_class *ret_number)
{
    static const struct {
        const char *word;
        enum kyso_usage_by_class number;
    } PURPOSES[] = {
        {"new", KYSO_USAGE_NEW_REQUESTS},
        {"reissue", KYSO_USAGE_REPLACEMENT_REQUESTS},
        {"renew", KYSO_USAGE_RENEWAL_REQUESTS},
        {"revoke", KYSO_USAGE_REVOCATION_REQUESTS},
    };

    for (size_t i = 0; i < KYSO_ARRAY_LEN(PURPOSES); i++) {
        if (strcmp(PURPOSES[i].word, word) == 0) {
            *ret_number = PURPOSES[i].number;
            return true;
        }
    }
    return false;
}

/* A form may be made again, as a draft, in another format: its subjects count once. */
static int take_form(struct kyso_usage_count *count, struct json_object *record,
                     const struct kyso_audit_front *front)
{
    struct json_object *subjects = NULL, *request = NULL;
    enum kyso_usage_by_class purpose;
    size_t number;
    int r = 0;

    if (!purpose_of(text_of(record, "purpose"), &purpose))
        return 0;
    number = kyso_usage_number_of(purpose, class_of(record));
    if (json_object_object_get_ex(record, "subjects", &subjects) &&
        json_object_is_type(subjects, json_type_array)) {
        for (size_t i = 0; r == 0 && i < json_object_array_length(subjects); i++)
            r = mark_text(count, number,
                          json_object_get_string(json_object_array_get_idx(subjects, i)), front);
        return r;
    }
    if (json_object_object_get_ex(record, "request", &request))
        return mark_text(count, number, json_object_get_string(request), front);
    return 0;
}

/* Null without memory. */
static struct kyso_usage_token *token_of(struct kyso_usage *usage, const char *key)
{
    struct kyso_usage_token *grown;

    for (size_t i = 0; i < usage->n_tokens; i++) {
        if (strcmp(usage->tokens[i].key, key) == 0)
            return &usage->tokens[i];
    }
    grown = reallocarray(usage->tokens, usage->n_tokens + 1, sizeof(*grown));
    if (grown == NULL)
        return NULL;
    usage->tokens = grown;
    grown[usage->n_tokens] = (struct kyso_usage_token){.key = strdup(key)};
    return grown[usage->n_tokens].key != NULL ? &grown[usage->n_tokens++] : NULL;
}

static int take_lock(struct kyso_usage_count *count, struct json_object *record,
                     const struct kyso_audit_front *front)
{
    bool locked = strcmp(front->event, "pin-locked") == 0;
    struct kyso_usage_token *token = token_of(&count->usage, text_of(record, "token"));

    if (token == NULL)
        return kyso_trace(-ENOMEM);
    if (locked)
        token->lockouts++;
    else
        token->unlocks++;
    return count_one(
        count, kyso_usage_plain_number(locked ? KYSO_USAGE_LOCKOUTS : KYSO_USAGE_UNLOCKS), front);
}

/* A letter for several tokens is not one more request, and a revocation is none for recovery. */
static int take_recovery(struct kyso_usage_count *count, struct json_object *record,
                         const struct kyso_audit_front *front)
{
    bool sent = strcmp(front->event, "recovery-sent") == 0;
    const char *kind = text_of(record, "kind");

    if (*kind != '\0' && strcmp(kind, "recovery") != 0)
        return 0;
    return count_one(
        count, kyso_usage_plain_number(sent ? KYSO_USAGE_RECOVERY_REQUESTS : KYSO_USAGE_RECOVERIES),
        front);
}

static int take_plain(struct kyso_usage_count *count, const struct kyso_audit_front *front)
{
    static const struct {
        const char *event;
        enum kyso_usage_plain number;
    } EVENTS[] = {
        {"pin-failed", KYSO_USAGE_PIN_FAILURES},
    };

    for (size_t i = 0; i < KYSO_ARRAY_LEN(EVENTS); i++) {
        if (strcmp(EVENTS[i].event, front->event) == 0)
            return count_one(count, kyso_usage_plain_number(EVENTS[i].number), front);
    }
    return 0;
}

static int (*taker_of(const char *event))(struct kyso_usage_count *, struct json_object *,
                                          const struct kyso_audit_front *)
{
    if (strcmp(event, "signed") == 0 || strcmp(event, "sealed") == 0)
        return take_signature;
    if (strcmp(event, "refused") == 0)
        return take_refusal;
    if (strcmp(event, "released") == 0)
        return take_release;
    if (strcmp(event, "pin-locked") == 0 || strcmp(event, "pin-unlocked") == 0)
        return take_lock;
    if (strcmp(event, "recovery-sent") == 0 || strcmp(event, "recovery-recovered") == 0)
        return take_recovery;
    return strcmp(event, "form-made") == 0 ? take_form : NULL;
}

static int take_record(void *data, const struct kyso_audit_view *view)
{
    struct kyso_usage_count *count = data;
    const struct kyso_audit_front *front = view->front;
    int (*take)(struct kyso_usage_count *, struct json_object *, const struct kyso_audit_front *);
    struct json_object *record;
    int r;

    if (front->at < count->from || front->at >= count->until)
        return 0;
    take = taker_of(front->event);
    if (take == NULL)
        return take_plain(count, front);
    record = json_tokener_parse(view->line->record);
    if (record == NULL)
        return 0; /* the finding says that the log is broken */
    r = take(count, record, front);
    json_object_put(record);
    return r;
}

/* ---- the end ---- */

int kyso_usage_evidence(const struct kyso_usage *usage, int *ret_file)
{
    static const char HEADINGS[] = "number,record,time\r\n";
    KYSO_CLOSE int file = -1;
    int r = kyso_memfd_new("evidence", &file);

    if (r == 0)
        r = kyso_fd_write(file, HEADINGS, sizeof(HEADINGS) - 1);
    for (size_t i = 0; r == 0 && i < KYSO_USAGE_NUMBERS; i++)
        r = kyso_fd_write(file, usage->evidence[i].bytes, usage->evidence[i].length);
    if (r == 0)
        r = kyso_memfd_seal(file);
    if (r != 0)
        return r;
    *ret_file = kyso_steal_fd(&file);
    return 0;
}

static void ended(void *data, int result, const struct kyso_audit_finding *finding)
{
    struct kyso_usage_count *count = data;

    tdestroy(count->marks, free);
    count->marks = NULL;
    count->usage.log = *finding;
    count->fn(count->data, result, &count->usage);
}

int kyso_usage_count(struct kyso_audit *audit, struct kyso_loop *loop, uint64_t from,
                     uint64_t until, bool with_evidence, kyso_usage_fn fn, void *data,
                     struct kyso_usage_count **ret_count)
{
    static const struct kyso_audit_reader READER = {take_record, ended};
    struct kyso_usage_count *count = calloc(1, sizeof(*count));
    int r;

    if (count == NULL)
        return kyso_trace(-ENOMEM);
    count->from = from;
    count->until = until;
    count->with_evidence = with_evidence;
    count->fn = fn;
    count->data = data;
    r = kyso_audit_walk(audit, loop, 1, NULL, 0, &READER, count, &count->walk);
    if (r != 0) {
        (void)kyso_usage_count_free(count);
        return r;
    }
    *ret_count = count;
    return 0;
}
