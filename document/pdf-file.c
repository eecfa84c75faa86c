/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "document/pdf-file.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/outcome.h"
#include "document/xref.h"

#define NESTING_MAX 4U
#define FOLLOW_MAX 32

struct kyso_pdf_container { /* an object stream, decoded */
    struct kyso_pdf_container *next;
    const struct kyso_pdf_version *version;
    const uint8_t *bytes;
    size_t length, first;
    uint32_t n;
    uint32_t *numbers;
    uint32_t *offsets; /* from FIRST */
};

int kyso_pdf_fail(struct kyso_pdf_file *file, enum kyso_pdf_rule rule, const char *format, ...)
{
    va_list arguments;

    file->problem.rule = rule;
    va_start(arguments, format);
    (void)vsnprintf(file->problem.detail, sizeof(file->problem.detail), format, arguments);
    va_end(arguments);
    return KYSO_OUTCOME_BAD_DOCUMENT;
}

int kyso_pdf_no_memory(struct kyso_pdf_file *file)
{
    if (file->budget.spent)
        return kyso_pdf_fail(file, KYSO_PDF_LIMITS, "memory");
    return -ENOMEM;
}

uint64_t kyso_pdf_settle(const struct kyso_pdf_file *file, uint64_t offset)
{
    for (int i = 0; i < 2 && offset < file->size && kyso_lexer_is_blank(file->bytes[offset]); i++)
        offset++;
    return offset;
}

const struct kyso_pdf_version *kyso_pdf_find(const struct kyso_pdf_file *file, uint32_t number,
                                             uint32_t revision)
{
    uint32_t at = number < file->n_heads ? file->heads[number] : 0;

    while (at != 0 && file->versions[at - 1].revision > revision)
        at = file->versions[at - 1].older;
    return at != 0 ? &file->versions[at - 1] : NULL;
}

const struct kyso_pdf_section *kyso_pdf_section(const struct kyso_pdf_file *file, uint32_t revision)
{
    return &file->sections[file->revisions[revision].section];
}

static int stream_length(struct kyso_pdf_file *file, const struct kyso_pdf_object *object,
                         uint32_t revision, uint64_t *ret_length)
{
    const struct kyso_pdf_object *length = kyso_pdf_get(object, "Length");
    struct kyso_pdf_object target;
    int64_t value;

    if (length != NULL && length->type == KYSO_PDF_REFERENCE) {
        struct kyso_arena_mark mark = kyso_arena_mark(&file->scratch);
        int r = kyso_pdf_load(file, &file->scratch, length->number, revision, &target);

        if (r != 0)
            return r;
        kyso_arena_rewind(&file->scratch, mark);
        length = &target;
    }
    if (!kyso_pdf_to_integer(length, 0, INT64_MAX, &value))
        return KYSO_OUTCOME_NOT_FOUND;
    *ret_length = (uint64_t)value;
    return 0;
}

/* After the dictionary of a stream, the lexer standing behind the word "stream". */
static int read_data(struct kyso_pdf_file *file, struct kyso_lexer *lexer, uint32_t number,
                     uint32_t revision, struct kyso_pdf_object *object)
{
    uint64_t length;
    int r;

    if (lexer->at < lexer->end && *lexer->at == '\r')
        lexer->at++;
    if (lexer->at == lexer->end || *lexer->at++ != '\n')
        return kyso_pdf_fail(file, KYSO_PDF_OBJECT, "object %u", number);
    r = stream_length(file, object, revision, &length);
    if (r < 0 || r == KYSO_OUTCOME_BAD_DOCUMENT)
        return r;
    if (r != 0 || length > (uint64_t)(lexer->end - lexer->at))
        return kyso_pdf_fail(file, KYSO_PDF_STREAM_LENGTH, "object %u", number);
    object->type = KYSO_PDF_STREAM;
    object->data = lexer->at;
    object->data_length = (size_t)length;
    lexer->at += length;
    for (int i = 0; i < 2 && lexer->at < lexer->end; i++)
        if (*lexer->at == '\r' || *lexer->at == '\n')
            lexer->at++;
    if (!kyso_lexer_word_here(lexer, "endstream"))
        return kyso_pdf_fail(file, KYSO_PDF_STREAM_LENGTH, "object %u", number);
    return 0;
}

static int load_plain(struct kyso_pdf_file *file, struct kyso_arena *arena, uint64_t offset,
                      uint32_t revision, uint32_t *number, uint16_t *generation,
                      struct kyso_pdf_object *object, uint64_t *ret_end)
{
    struct kyso_lexer lexer = {.end = file->bytes + file->size, .arena = arena};
    int r;

    if (offset >= file->size)
        return kyso_pdf_fail(file, KYSO_PDF_XREF, "object %u", *number);
    lexer.at = file->bytes + kyso_pdf_settle(file, offset);
    if (!kyso_lexer_header(&lexer, number, generation))
        return kyso_pdf_fail(file, KYSO_PDF_XREF, "object %u", *number);
    r = kyso_lexer_value(&lexer, object);
    if (r > 0)
        return kyso_pdf_fail(file, lexer.rule, "object %u", *number);
    if (r < 0)
        return r;
    if (kyso_lexer_word(&lexer, "stream")) {
        if (object->type != KYSO_PDF_DICT)
            return kyso_pdf_fail(file, KYSO_PDF_OBJECT, "object %u", *number);
        r = read_data(file, &lexer, *number, revision, object);
        if (r != 0)
            return r;
    }
    if (!kyso_lexer_word(&lexer, "endobj"))
        return kyso_pdf_fail(file, KYSO_PDF_OBJECT, "object %u", *number);
    if (ret_end != NULL)
        *ret_end = (uint64_t)(lexer.at - file->bytes);
    return 0;
}

int kyso_pdf_load_at(struct kyso_pdf_file *file, struct kyso_arena *arena, uint64_t offset,
                     uint32_t revision, uint32_t *ret_number, struct kyso_pdf_object *ret_object,
                     uint64_t *ret_end)
{
    uint32_t number = 0;
    uint16_t generation;
    int r = load_plain(file, arena, offset, revision, &number, &generation, ret_object, ret_end);

    if (r == 0)
        *ret_number = number;
    return r;
}

static int bad_container(struct kyso_pdf_file *file, uint64_t number)
{
    return kyso_pdf_fail(file, KYSO_PDF_OBJECT, "object %llu", (unsigned long long)number);
}

/* Reads the N pairs "number offset" in front of the objects. */
static int read_directory(struct kyso_pdf_file *file, struct kyso_pdf_container *container)
{
    struct kyso_lexer lexer = {
        .at = container->bytes,
        .end = container->bytes + container->first,
        .arena = &file->arena,
    };

    for (uint32_t i = 0; i < container->n; i++) {
        uint64_t number, offset;

        kyso_lexer_skip_space(&lexer);
        if (!kyso_lexer_unsigned(&lexer, KYSO_PDF_OBJECTS_MAX, &number))
            return bad_container(file, container->version->number);
        kyso_lexer_skip_space(&lexer);
        if (!kyso_lexer_unsigned(&lexer, container->length - container->first, &offset) ||
            (i > 0 && offset < container->offsets[i - 1]))
            return bad_container(file, container->version->number);
        container->numbers[i] = (uint32_t)number;
        container->offsets[i] = (uint32_t)offset;
    }
    return 0;
}

static int fill_container(struct kyso_pdf_file *file, const struct kyso_pdf_version *version,
                          struct kyso_pdf_container *container)
{
    struct kyso_pdf_object stream;
    int64_t n, first;
    int r = kyso_pdf_load_version(file, &file->arena, version, &stream, NULL);

    if (r != 0)
        return r;
    if (stream.type != KYSO_PDF_STREAM ||
        !kyso_pdf_is_name(kyso_pdf_get(&stream, "Type"), "ObjStm") ||
        !kyso_pdf_to_integer(kyso_pdf_get(&stream, "N"), 0, KYSO_PDF_OBJECTS_MAX, &n) ||
        !kyso_pdf_to_integer(kyso_pdf_get(&stream, "First"), 0, INT32_MAX, &first))
        return bad_container(file, version->number);
    r = kyso_pdf_decode(file, &file->arena, version->revision, &stream, &container->bytes,
                        &container->length);
    if (r != 0)
        return r;
    if ((uint64_t)first > container->length || (uint64_t)n > container->length)
        return bad_container(file, version->number);
    container->version = version;
    container->n = (uint32_t)n;
    container->first = (size_t)first;
    container->numbers = kyso_arena_take(&file->arena, (size_t)n * sizeof(uint32_t));
    container->offsets = kyso_arena_take(&file->arena, (size_t)n * sizeof(uint32_t));
    if (container->numbers == NULL || container->offsets == NULL)
        return kyso_pdf_no_memory(file);
    return read_directory(file, container);
}

static int find_container(struct kyso_pdf_file *file, const struct kyso_pdf_version *wanted,
                          const struct kyso_pdf_container **ret)
{
    const struct kyso_pdf_version *version =
        kyso_pdf_find(file, (uint32_t)wanted->place, wanted->revision);
    struct kyso_pdf_container **bucket, *container;
    int r;

    if (version == NULL || version->kind != KYSO_PDF_ENTRY_PLAIN)
        return kyso_pdf_fail(file, KYSO_PDF_XREF, "object %u", wanted->number);
    bucket = &file->containers[version->number % KYSO_PDF_CONTAINER_BUCKETS];
    for (container = *bucket; container != NULL; container = container->next) {
        if (container->version == version) {
            *ret = container;
            return 0;
        }
    }
    container = kyso_arena_take(&file->arena, sizeof(*container));
    if (container == NULL)
        return kyso_pdf_no_memory(file);
    r = fill_container(file, version, container);
    if (r != 0)
        return r;
    container->next = *bucket;
    *bucket = container;
    *ret = container;
    return 0;
}

static int load_compressed(struct kyso_pdf_file *file, struct kyso_arena *arena,
                           const struct kyso_pdf_version *version, struct kyso_pdf_object *object)
{
    const struct kyso_pdf_container *container = NULL;
    struct kyso_lexer lexer = {.arena = arena};
    int r = find_container(file, version, &container);

    if (r != 0)
        return r;
    if (version->index >= container->n || container->numbers[version->index] != version->number)
        return kyso_pdf_fail(file, KYSO_PDF_XREF, "object %u", version->number);
    lexer.at = container->bytes + container->first + container->offsets[version->index];
    lexer.end = container->bytes + container->length;
    if (version->index + 1 < container->n)
        lexer.end = container->bytes + container->first + container->offsets[version->index + 1];
    r = kyso_lexer_value(&lexer, object);
    if (r > 0)
        return kyso_pdf_fail(file, lexer.rule, "object %u", version->number);
    if (r < 0)
        return r;
    kyso_lexer_skip_blanks(&lexer);
    if (lexer.at != lexer.end)
        return kyso_pdf_fail(file, KYSO_PDF_OBJECT, "object %u", version->number);
    return 0;
}

int kyso_pdf_load_version(struct kyso_pdf_file *file, struct kyso_arena *arena,
                          const struct kyso_pdf_version *version,
                          struct kyso_pdf_object *ret_object, uint64_t *ret_end)
{
    uint32_t number = version->number;
    uint16_t generation = 0;
    int r;

    if (version->kind == KYSO_PDF_ENTRY_FREE) {
        memset(ret_object, 0, sizeof(*ret_object));
        return 0;
    }
    if (file->nesting >= NESTING_MAX)
        return kyso_pdf_fail(file, KYSO_PDF_OBJECT, "object %u", number);
    file->nesting++;
    if (version->kind == KYSO_PDF_ENTRY_COMPRESSED) {
        r = load_compressed(file, arena, version, ret_object);
        if (r == 0 && ret_end != NULL)
            *ret_end = 0;
    } else {
        r = load_plain(file, arena, version->place, version->revision, &number, &generation,
                       ret_object, ret_end);
        if (r == 0 && (number != version->number || generation != version->generation))
            r = kyso_pdf_fail(file, KYSO_PDF_XREF, "object %u", version->number);
    }
    file->nesting--;
    return r;
}

int kyso_pdf_load(struct kyso_pdf_file *file, struct kyso_arena *arena, uint32_t number,
                  uint32_t revision, struct kyso_pdf_object *ret_object)
{
    const struct kyso_pdf_version *version = kyso_pdf_find(file, number, revision);

    if (version == NULL) {
        memset(ret_object, 0, sizeof(*ret_object));
        return 0;
    }
    return kyso_pdf_load_version(file, arena, version, ret_object, NULL);
}

int kyso_pdf_resolve(struct kyso_pdf_file *file, struct kyso_arena *arena, uint32_t revision,
                     const struct kyso_pdf_object *object,
                     const struct kyso_pdf_object **ret_object)
{
    for (int i = 0; object != NULL && object->type == KYSO_PDF_REFERENCE; i++) {
        struct kyso_pdf_object *target = kyso_arena_take(arena, sizeof(*target));
        const struct kyso_pdf_version *version = kyso_pdf_find(file, object->number, revision);
        int r;

        if (target == NULL)
            return kyso_pdf_no_memory(file);
        if (i == FOLLOW_MAX)
            return kyso_pdf_fail(file, KYSO_PDF_OBJECT, "object %u", object->number);
        if (version == NULL || version->generation != object->generation) {
            object = NULL; /* names nothing (7.3.10) */
            break;
        }
        r = kyso_pdf_load_version(file, arena, version, target, NULL);
        if (r != 0)
            return r;
        object = target;
    }
    *ret_object = object != NULL && object->type != KYSO_PDF_NULL ? object : NULL;
    return 0;
}

int kyso_pdf_resolve_key(struct kyso_pdf_file *file, struct kyso_arena *arena, uint32_t revision,
                         const struct kyso_pdf_object *dict, const char *key,
                         const struct kyso_pdf_object **ret_object)
{
    return kyso_pdf_resolve(file, arena, revision, kyso_pdf_get(dict, key), ret_object);
}

/* A one-element array stands for its element. */
static int single(struct kyso_pdf_file *file, struct kyso_arena *arena, uint32_t revision,
                  const struct kyso_pdf_object *stream, const char *key,
                  const struct kyso_pdf_object **ret_object)
{
    const struct kyso_pdf_object *value;
    int r = kyso_pdf_resolve_key(file, arena, revision, stream, key, &value);

    if (r == 0 && value != NULL && value->type == KYSO_PDF_ARRAY && value->n_items < 2) {
        const struct kyso_pdf_object *item = value->n_items == 1 ? &value->items[0] : NULL;

        return kyso_pdf_resolve(file, arena, revision, item, ret_object);
    }
    if (r == 0)
        *ret_object = value;
    return r;
}

static bool parameter(const struct kyso_pdf_object *parms, const char *key, uint32_t *value)
{
    const struct kyso_pdf_object *found = kyso_pdf_get(parms, key);
    int64_t number;

    if (found == NULL)
        return true;
    if (!kyso_pdf_to_integer(found, 1, 100000, &number))
        return false;
    *value = (uint32_t)number;
    return true;
}

int kyso_pdf_decode(struct kyso_pdf_file *file, struct kyso_arena *arena, uint32_t revision,
                    const struct kyso_pdf_object *stream, const uint8_t **ret_bytes,
                    size_t *ret_length)
{
    struct kyso_predictor predictor = {.kind = 1, .colors = 1, .bits = 8, .columns = 1};
    const struct kyso_pdf_object *filter, *parms;
    int r = single(file, arena, revision, stream, "Filter", &filter);

    if (r == 0)
        r = single(file, arena, revision, stream, "DecodeParms", &parms);
    if (r != 0)
        return r;
    if (filter == NULL) {
        *ret_bytes = stream->data;
        *ret_length = stream->data_length;
        return 0;
    }
    if (!kyso_pdf_is_name(filter, "FlateDecode") ||
        !parameter(parms, "Predictor", &predictor.kind) ||
        !parameter(parms, "Colors", &predictor.colors) ||
        !parameter(parms, "BitsPerComponent", &predictor.bits) ||
        !parameter(parms, "Columns", &predictor.columns))
        return kyso_pdf_fail(file, KYSO_PDF_OBJECT, "filter");
    r = kyso_inflate(arena, stream->data, stream->data_length, &predictor, ret_bytes, ret_length);
    if (r == KYSO_OUTCOME_LIMIT)
        return kyso_pdf_fail(file, KYSO_PDF_LIMITS, "inflated size");
    if (r > 0)
        return kyso_pdf_fail(file, KYSO_PDF_OBJECT, "damaged stream");
    return r;
}

int kyso_pdf_open(const uint8_t *bytes, size_t size, struct kyso_pdf_file **ret_file)
{
    struct kyso_pdf_file *file = calloc(1, sizeof(*file));

    if (file == NULL)
        return -ENOMEM;
    file->bytes = bytes;
    file->size = size;
    file->budget.left = KYSO_PDF_ARENA_MAX;
    file->arena.budget = &file->budget;
    file->scratch.budget = &file->budget;
    *ret_file = file;
    if (size < 5 || memcmp(bytes, "%PDF-", 5) != 0)
        return kyso_pdf_fail(file, KYSO_PDF_HEADER, "offset 0");
    return kyso_xref_read(file);
}

struct kyso_pdf_file *kyso_pdf_close(struct kyso_pdf_file *file)
{
    if (file == NULL)
        return NULL;
    kyso_arena_done(&file->arena);
    kyso_arena_done(&file->scratch);
    free(file->versions);
    free(file->heads);
    free(file);
    return NULL;
}
