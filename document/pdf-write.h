/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DOCUMENT_PDF_WRITE_H
#define KYSO_DOCUMENT_PDF_WRITE_H

/* Incremental updates (ISO 32000-1 7.5.6): new and overwritten objects, then a cross-reference
 * section of the same kind as the newest one. */

#include "document/pdf-file.h"

#define KYSO_PDF_UPDATE_MAX ((size_t)64 * 1024 * 1024)

struct kyso_pdf_written {
    uint32_t number;
    uint16_t generation;
    uint64_t offset;
};

struct kyso_pdf_writer {
    struct kyso_pdf_file *file;
    struct kyso_buf buf;              /* the update's bytes; they follow the file's */
    uint32_t next;                    /* number of the next new object */
    struct kyso_pdf_written *written; /* malloced */
    size_t n_written, room;
    int error; /* first failure */
};

/* NEXT: first object number that nothing in FILE has or refers to. */
void kyso_pdf_writer_init(struct kyso_pdf_writer *writer, struct kyso_pdf_file *file,
                          uint32_t next);
void kyso_pdf_writer_done(struct kyso_pdf_writer *writer);

uint32_t kyso_pdf_writer_number(struct kyso_pdf_writer *writer); /* takes a new number */
/* Offset that the next byte will have in the resulting file. */
uint64_t kyso_pdf_writer_offset(const struct kyso_pdf_writer *writer);

void kyso_pdf_begin(struct kyso_pdf_writer *writer, uint32_t number, uint16_t generation);
void kyso_pdf_end(struct kyso_pdf_writer *writer); /* "endobj" */
/* A whole stream object; DICT is what stands in its dictionary beside /Length. */
void kyso_pdf_put_stream(struct kyso_pdf_writer *writer, uint32_t number, const char *dict,
                         size_t dict_length, const uint8_t *bytes, size_t length);
/* "<<" and the entries of DICT as written, without KEYS (null-ended); the caller goes on and
 * closes it. */
void kyso_pdf_put_dict_without(struct kyso_pdf_writer *writer, const struct kyso_pdf_object *dict,
                               const char *const *keys);

/* Writes the cross-reference section and tail. 0, KYSO_OUTCOME_BAD_DOCUMENT or negative errno. */
int kyso_pdf_finish(struct kyso_pdf_writer *writer) KYSO_MUST_CHECK;

#endif
