/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "document/pdf-write.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "common/error.h"
#include "common/outcome.h"

#define TABLE_OFFSET_MAX 9999999999ULL

void kyso_pdf_writer_init(struct kyso_pdf_writer *writer, struct kyso_pdf_file *file, uint32_t next)
{
    uint8_t last = file->bytes[file->size - 1];

    memset(writer, 0, sizeof(*writer));
    writer->file = file;
    writer->next = next;
    writer->buf.maximum = KYSO_PDF_UPDATE_MAX;
    if (last != '\n' && last != '\r')
        kyso_buf_put(&writer->buf, "\n", 1);
}

void kyso_pdf_writer_done(struct kyso_pdf_writer *writer)
{
    kyso_buf_done(&writer->buf);
    free(writer->written);
    writer->written = NULL;
}

uint32_t kyso_pdf_writer_number(struct kyso_pdf_writer *writer)
{
    return writer->next++;
}

uint64_t kyso_pdf_writer_offset(const struct kyso_pdf_writer *writer)
{
    return (uint64_t)writer->file->size + writer->buf.length;
}

static void note(struct kyso_pdf_writer *writer, uint32_t number, uint16_t generation)
{
    if (writer->n_written == writer->room) {
        size_t room = writer->room == 0 ? 32 : writer->room * 2;
        struct kyso_pdf_written *bigger = realloc(writer->written, room * sizeof(*bigger));

        if (bigger == NULL) {
            writer->error = -ENOMEM;
            return;
        }
        writer->written = bigger;
        writer->room = room;
    }
    writer->written[writer->n_written].number = number;
    writer->written[writer->n_written].generation = generation;
    writer->written[writer->n_written++].offset = kyso_pdf_writer_offset(writer);
}

void kyso_pdf_begin(struct kyso_pdf_writer *writer, uint32_t number, uint16_t generation)
{
    note(writer, number, generation);
    kyso_buf_printf(&writer->buf, "%u %u obj\n", number, (unsigned int)generation);
}

void kyso_pdf_end(struct kyso_pdf_writer *writer)
{
    kyso_buf_printf(&writer->buf, "\nendobj\n");
}

void kyso_pdf_put_stream(struct kyso_pdf_writer *writer, uint32_t number, const char *dict,
                         size_t dict_length, const uint8_t *bytes, size_t length)
{
    kyso_pdf_begin(writer, number, 0);
    kyso_buf_printf(&writer->buf, "<< ");
    kyso_buf_put(&writer->buf, dict, dict_length);
    kyso_buf_printf(&writer->buf, " /Length %zu >>\nstream\n", length);
    kyso_buf_put(&writer->buf, bytes, length);
    kyso_buf_printf(&writer->buf, "\nendstream");
    kyso_pdf_end(writer);
}

void kyso_pdf_put_dict_without(struct kyso_pdf_writer *writer, const struct kyso_pdf_object *dict,
                               const char *const *keys)
{
    kyso_buf_printf(&writer->buf, "<<");
    for (size_t i = 0; i < dict->n_pairs; i++) {
        const char *const *key = keys;

        while (*key != NULL && !kyso_pdf_text_is(&dict->pairs[i].key, *key))
            key++;
        if (*key != NULL)
            continue;
        kyso_buf_put(&writer->buf, " ", 1);
        kyso_pdf_put_name(&writer->buf, &dict->pairs[i].key);
        kyso_buf_put(&writer->buf, " ", 1);
        kyso_buf_put(&writer->buf, dict->pairs[i].value.raw, dict->pairs[i].value.raw_length);
    }
}

static int by_number(const void *a, const void *b)
{
    const struct kyso_pdf_written *left = a, *right = b;

    return (left->number > right->number) - (left->number < right->number);
}

/* Length of the row of consecutive numbers that begins at FIRST. */
static size_t run(const struct kyso_pdf_writer *writer, size_t first)
{
    size_t n = 1;

    while (first + n < writer->n_written &&
           writer->written[first + n].number == writer->written[first].number + n)
        n++;
    return n;
}

/* What both kinds of trailer say: the entries of the one before that still hold. */
static void put_trailer(struct kyso_pdf_writer *writer, const struct kyso_pdf_section *before)
{
    static const char *const KEPT[] = {"Root", "Info"};
    const struct kyso_pdf_object *id = kyso_pdf_get(&before->trailer, "ID");
    uint32_t size = writer->next > writer->file->highest ? writer->next : writer->file->highest;
    uint8_t unique[16];

    kyso_buf_printf(&writer->buf, "/Size %u /Prev %llu", size, (unsigned long long)before->place);
    for (size_t i = 0; i < KYSO_ARRAY_LEN(KEPT); i++) {
        const struct kyso_pdf_object *value = kyso_pdf_get(&before->trailer, KEPT[i]);

        if (value == NULL)
            continue;
        kyso_buf_printf(&writer->buf, " /%s ", KEPT[i]);
        kyso_buf_put(&writer->buf, value->raw, value->raw_length);
    }
    if (id == NULL || id->type != KYSO_PDF_ARRAY || id->n_items != 2)
        return;
    if (getrandom(unique, sizeof(unique), 0) != (ssize_t)sizeof(unique)) {
        writer->error = -EIO;
        return;
    }
    kyso_buf_printf(&writer->buf, " /ID [");
    kyso_buf_put(&writer->buf, id->items[0].raw, id->items[0].raw_length);
    kyso_buf_printf(&writer->buf, " <");
    for (size_t i = 0; i < sizeof(unique); i++)
        kyso_buf_printf(&writer->buf, "%02X", (unsigned int)unique[i]);
    kyso_buf_printf(&writer->buf, ">]");
}

static int put_table(struct kyso_pdf_writer *writer, const struct kyso_pdf_section *before)
{
    if (kyso_pdf_writer_offset(writer) > TABLE_OFFSET_MAX)
        return kyso_pdf_fail(writer->file, KYSO_PDF_LIMITS, "offsets of a table");
    kyso_buf_printf(&writer->buf, "xref\n");
    for (size_t i = 0; i < writer->n_written;) {
        size_t n = run(writer, i);

        kyso_buf_printf(&writer->buf, "%u %zu\n", writer->written[i].number, n);
        for (; n > 0; n--, i++)
            kyso_buf_printf(&writer->buf, "%010llu %05u n \n",
                            (unsigned long long)writer->written[i].offset,
                            (unsigned int)writer->written[i].generation);
    }
    kyso_buf_printf(&writer->buf, "trailer\n<< ");
    put_trailer(writer, before);
    kyso_buf_printf(&writer->buf, " >>\n");
    return 0;
}

static void put_rows(struct kyso_buf *rows, const struct kyso_pdf_writer *writer)
{
    for (size_t i = 0; i < writer->n_written; i++) {
        const struct kyso_pdf_written *one = &writer->written[i];
        uint8_t row[11] = {1};

        for (int j = 0; j < 8; j++)
            row[1 + j] = (uint8_t)(one->offset >> (56 - 8 * j));
        row[9] = (uint8_t)(one->generation >> 8);
        row[10] = (uint8_t)one->generation;
        kyso_buf_put(rows, row, sizeof(row));
    }
}

static int put_xref_stream(struct kyso_pdf_writer *writer, uint32_t number,
                           const struct kyso_pdf_section *before)
{
    struct kyso_buf KYSO_BUF rows = {0};

    put_rows(&rows, writer);
    kyso_buf_printf(&writer->buf, "%u 0 obj\n<< /Type /XRef /W [1 8 2] /Index [", number);
    for (size_t i = 0; i < writer->n_written;) {
        size_t n = run(writer, i);

        kyso_buf_printf(&writer->buf, "%s%u %zu", i > 0 ? " " : "", writer->written[i].number, n);
        i += n;
    }
    kyso_buf_printf(&writer->buf, "] ");
    put_trailer(writer, before);
    kyso_buf_printf(&writer->buf, " /Length %zu >>\nstream\n", rows.length);
    kyso_buf_put(&writer->buf, rows.bytes, rows.length);
    kyso_buf_printf(&writer->buf, "\nendstream\nendobj\n");
    return rows.error;
}

int kyso_pdf_finish(struct kyso_pdf_writer *writer)
{
    const struct kyso_pdf_section *before =
        kyso_pdf_section(writer->file, writer->file->n_revisions - 1);
    bool stream = before->kind == KYSO_PDF_SECTION_STREAM;
    uint32_t number = stream ? kyso_pdf_writer_number(writer) : 0;
    uint64_t place = kyso_pdf_writer_offset(writer);
    int r;

    if (writer->next > KYSO_PDF_OBJECTS_MAX)
        return kyso_pdf_fail(writer->file, KYSO_PDF_LIMITS, "objects");
    if (stream)
        note(writer, number, 0);
    if (writer->error != 0)
        return kyso_trace(writer->error);
    qsort(writer->written, writer->n_written, sizeof(*writer->written), by_number);
    r = stream ? put_xref_stream(writer, number, before) : put_table(writer, before);
    if (r != 0)
        return r;
    kyso_buf_printf(&writer->buf, "startxref\n%llu\n%%%%EOF\n", (unsigned long long)place);
    if (writer->buf.error == -EMSGSIZE)
        return kyso_pdf_fail(writer->file, KYSO_PDF_LIMITS, "update");
    return writer->error != 0 ? kyso_trace(writer->error) : kyso_trace(writer->buf.error);
}
