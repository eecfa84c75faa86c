/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/audit.h"

#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "common/buf.h"
#include "common/clock.h"
#include "common/error.h"
#include "common/log.h"
#include "common/outcome.h"
#include "common/text.h"
#include "daemon/caller.h"

#define SLICE 256 /* records read in one turn of the loop */

struct kyso_audit {
    struct kyso_store *store;
    uint64_t published; /* the newest record whose head went to the journal */
};

struct kyso_audit_entry {
    char event[KYSO_AUDIT_EVENT_MAX];
    struct json_object *fields;
};

struct kyso_audit_walk {
    struct kyso_audit *audit;
    struct kyso_loop *loop;
    const struct kyso_audit_reader *reader;
    void *data;
    struct kyso_source *turn;
    uint64_t last;
    struct kyso_audit_examination examination;
};

/* ---- heads ---- */

static int take_hash(void *data, const struct kyso_audit_line *line)
{
    memcpy(data, line->hash, KYSO_AUDIT_HASH);
    return 0;
}

/* The hash of record SEQ as stored, of the next one when it is not there; zeros for 0. */
static int hash_of(struct kyso_audit *audit, uint64_t seq, uint8_t ret_hash[KYSO_AUDIT_HASH])
{
    memset(ret_hash, 0, KYSO_AUDIT_HASH);
    return seq == 0 ? 0 : kyso_store_audit_each(audit->store, seq, 1, take_hash, ret_hash);
}

int kyso_audit_head(struct kyso_audit *audit, char ret_head[KYSO_AUDIT_HEAD_MAX])
{
    uint8_t hash[KYSO_AUDIT_HASH];
    uint64_t seq;
    int r = kyso_store_audit_last(audit->store, &seq);

    if (r == 0)
        r = hash_of(audit, seq, hash);
    if (r == 0)
        kyso_audit_head_write(seq, hash, ret_head);
    return r;
}

/* After a commit the journal hears of the new head, which nobody can take back there. */
static void publish(void *data)
{
    struct kyso_audit *audit = data;
    char head[KYSO_AUDIT_HEAD_MAX];
    uint64_t seq;

    if (kyso_store_audit_last(audit->store, &seq) != 0 || seq == audit->published ||
        kyso_audit_head(audit, head) != 0)
        return;
    audit->published = seq;
    kyso_log(KYSO_LOG_NOTICE, "audit head %s", head);
}

/* DATA: the hash of the record before it. */
static int look_at_newest(void *data, const struct kyso_audit_line *line)
{
    struct kyso_audit_front front;

    if (!kyso_audit_line_fits(line, line->seq, data, &front))
        kyso_log(KYSO_LOG_ERROR, "audit: the newest record (%" PRIu64 ") is damaged", line->seq);
    return 0;
}

int kyso_audit_new(struct kyso_store *store, struct kyso_audit **ret_audit)
{
    struct kyso_audit *audit = calloc(1, sizeof(*audit));
    uint8_t before[KYSO_AUDIT_HASH];
    uint64_t last;
    int r;

    if (audit == NULL)
        return kyso_trace(-ENOMEM);
    audit->store = store;
    r = kyso_store_audit_last(store, &last);
    if (r == 0 && last > 0)
        r = hash_of(audit, last - 1, before);
    if (r == 0 && last > 0)
        r = kyso_store_audit_each(store, last, 1, look_at_newest, before);
    if (r != 0) {
        free(audit);
        return r;
    }
    kyso_store_on_commit(store, publish, audit);
    publish(audit);
    *ret_audit = audit;
    return 0;
}

struct kyso_audit *kyso_audit_free(struct kyso_audit *audit)
{
    if (audit == NULL)
        return NULL;
    kyso_store_on_commit(audit->store, NULL, NULL);
    free(audit);
    return NULL;
}

/* ---- writing ---- */

static void entry_free(struct kyso_audit_entry *entry)
{
    if (entry == NULL)
        return;
    json_object_put(entry->fields);
    free(entry);
}

struct kyso_audit_entry *kyso_audit_entry(const char *event, const struct kyso_caller *caller)
{
    struct kyso_audit_entry *entry = calloc(1, sizeof(*entry));

    if (entry == NULL)
        return NULL;
    (void)snprintf(entry->event, sizeof(entry->event), "%s", event);
    entry->fields = json_object_new_object();
    if (entry->fields == NULL) {
        free(entry);
        return NULL;
    }
    if (caller != NULL) {
        kyso_audit_number(entry, "uid", (int64_t)kyso_caller_uid(caller));
        kyso_audit_text(entry, "user", kyso_caller_user(caller));
    }
    return entry;
}

static void add(struct kyso_audit_entry *entry, const char *key, struct json_object *value)
{
    if (entry->fields == NULL)
        json_object_put(value);
    else if (value == NULL || json_object_object_add(entry->fields, key, value) < 0)
        entry->fields = (json_object_put(value), json_object_put(entry->fields), NULL);
}

void kyso_audit_text(struct kyso_audit_entry *entry, const char *key, const char *value)
{
    if (entry != NULL && value != NULL && *value != '\0')
        add(entry, key, json_object_new_string(value));
}

void kyso_audit_number(struct kyso_audit_entry *entry, const char *key, int64_t value)
{
    if (entry != NULL)
        add(entry, key, json_object_new_int64(value));
}

void kyso_audit_flag(struct kyso_audit_entry *entry, const char *key, bool value)
{
    if (entry != NULL)
        add(entry, key, json_object_new_boolean(value));
}

void kyso_audit_hex(struct kyso_audit_entry *entry, const char *key, const uint8_t *bytes,
                    size_t length)
{
    KYSO_FREE char *hex = kyso_text_hex(bytes, length);

    if (entry != NULL)
        add(entry, key, hex != NULL ? json_object_new_string(hex) : NULL);
}

void kyso_audit_texts(struct kyso_audit_entry *entry, const char *key, const char *const *values,
                      size_t n)
{
    struct json_object *array;

    if (entry == NULL || n == 0)
        return;
    array = json_object_new_array();
    for (size_t i = 0; array != NULL && i < n; i++) {
        struct json_object *value = json_object_new_string(values[i]);

        if (value == NULL || json_object_array_add(array, value) < 0) {
            json_object_put(value);
            json_object_put(array);
            array = NULL;
        }
    }
    add(entry, key, array);
}

static void build_record(const struct kyso_audit_entry *entry, uint64_t seq, struct kyso_buf *line)
{
    const char *fields = json_object_to_json_string_ext(
        entry->fields, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);

    kyso_buf_printf(line, "{\"seq\":%" PRIu64 ",\"at\":%" PRIu64 ",\"event\":\"%s\"%s%s", seq,
                    (uint64_t)(kyso_clock_wall_usec() / KYSO_USEC_PER_SEC), entry->event,
                    json_object_object_length(entry->fields) > 0 ? "," : "",
                    fields != NULL ? fields + 1 : "");
    if (fields == NULL && line->error == 0)
        line->error = -ENOMEM;
}

static int append(struct kyso_audit *audit, const struct kyso_audit_entry *entry)
{
    KYSO_BUF struct kyso_buf line = {.maximum = KYSO_AUDIT_RECORD_MAX};
    struct kyso_audit_line row = {0};
    uint8_t before[KYSO_AUDIT_HASH];
    int r = kyso_store_audit_last(audit->store, &row.seq);

    if (r == 0)
        r = hash_of(audit, row.seq, before);
    if (r != 0)
        return r;
    row.seq++;
    build_record(entry, row.seq, &line);
    if (line.error != 0)
        return line.error == -EMSGSIZE ? KYSO_OUTCOME_LIMIT : kyso_trace(line.error);
    row.record = (const char *)line.bytes;
    row.length = line.length;
    r = kyso_audit_chain_hash(before, row.record, row.length, row.hash);
    return r == 0 ? kyso_store_audit_add(audit->store, &row) : r;
}

int kyso_audit_append(struct kyso_audit *audit, struct kyso_audit_entry *entry)
{
    int r = entry != NULL && entry->fields != NULL ? kyso_store_begin(audit->store) : -ENOMEM;

    if (r != -ENOMEM) {
        if (r == 0)
            r = append(audit, entry);
        r = kyso_store_end(audit->store, r);
    }
    entry_free(entry);
    return r;
}

/* ---- reading ---- */

static int visit(void *data, const struct kyso_audit_line *line)
{
    struct kyso_audit_walk *walk = data;
    struct kyso_audit_front front;
    struct kyso_audit_view view = {.line = line, .front = &front};

    view.intact = kyso_audit_examine_line(&walk->examination, line, &front);
    return walk->reader->record(walk->data, &view);
}

static void turn(void *data)
{
    struct kyso_audit_walk *walk = data;
    uint64_t begun = walk->examination.next;
    uint64_t left = begun <= walk->last ? walk->last - begun + 1 : 0;
    int r = 0;

    walk->turn = kyso_source_free(walk->turn);
    if (left > 0)
        r = kyso_store_audit_each(walk->audit->store, begun, left < SLICE ? left : SLICE, visit,
                                  walk);
    if (r == 0 && walk->examination.next > begun && walk->examination.next <= walk->last)
        r = kyso_loop_defer(walk->loop, turn, walk, &walk->turn);
    if (r != 0 || walk->turn == NULL)
        walk->reader->end(walk->data, r, kyso_audit_examine_end(&walk->examination));
}

static int begin_walk(struct kyso_audit_walk *walk, uint64_t from, const char *const *heads,
                      size_t n_heads)
{
    int r = kyso_store_audit_last(walk->audit->store, &walk->last);

    kyso_audit_examine_begin(&walk->examination);
    walk->examination.next = from;
    if (r == 0)
        r = hash_of(walk->audit, from - 1, walk->examination.before);
    for (size_t i = 0; r == 0 && i < n_heads; i++) {
        if (!kyso_audit_examine_head(&walk->examination, heads[i]))
            r = kyso_trace(-EINVAL);
    }
    return r == 0 ? kyso_loop_defer(walk->loop, turn, walk, &walk->turn) : r;
}

int kyso_audit_walk(struct kyso_audit *audit, struct kyso_loop *loop, uint64_t from,
                    const char *const *heads, size_t n_heads,
                    const struct kyso_audit_reader *reader, void *data,
                    struct kyso_audit_walk **ret_walk)
{
    struct kyso_audit_walk *walk = calloc(1, sizeof(*walk));
    int r;

    if (walk == NULL)
        return kyso_trace(-ENOMEM);
    walk->audit = audit;
    walk->loop = loop;
    walk->reader = reader;
    walk->data = data;
    r = begin_walk(walk, from, heads, n_heads);
    if (r != 0) {
        free(walk);
        return r;
    }
    *ret_walk = walk;
    return 0;
}

struct kyso_audit_walk *kyso_audit_walk_free(struct kyso_audit_walk *walk)
{
    if (walk == NULL)
        return NULL;
    (void)kyso_source_free(walk->turn);
    free(walk);
    return NULL;
}
