/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DOCUMENT_PDF_FILE_H
#define KYSO_DOCUMENT_PDF_FILE_H

/* One PDF held in memory: its chain of cross-reference sections, what each object number meant at
 * each revision, and the objects themselves on demand. Revision 0 is the oldest; "at revision N"
 * means as a reader of the file's prefix up to that revision's end would see it. */

#include "document/inflate.h"
#include "document/lexer.h"

#define KYSO_PDF_OBJECTS_MAX 8000000U
#define KYSO_PDF_SECTIONS_MAX 1000U
#define KYSO_PDF_ARENA_MAX ((size_t)1 << 30)

struct kyso_pdf_problem {
    enum kyso_pdf_rule rule;
    char detail[96];
};

enum kyso_pdf_entry_kind {
    KYSO_PDF_ENTRY_FREE,
    KYSO_PDF_ENTRY_PLAIN,      /* at an offset */
    KYSO_PDF_ENTRY_COMPRESSED, /* in an object stream */
};

struct kyso_pdf_version { /* one entry of one section */
    uint64_t place;       /* offset, or the object stream's number */
    uint32_t number;
    uint32_t index; /* in the object stream */
    uint32_t older; /* index + 1 of the same number's entry before; 0: none */
    uint16_t revision;
    uint16_t generation;
    enum kyso_pdf_entry_kind kind;
};

enum kyso_pdf_section_kind {
    KYSO_PDF_SECTION_TABLE,
    KYSO_PDF_SECTION_HYBRID, /* a table with an XRefStm */
    KYSO_PDF_SECTION_STREAM,
};

struct kyso_pdf_section {
    enum kyso_pdf_section_kind kind;
    uint64_t place;  /* of "xref", or of the stream's "N G obj" */
    uint64_t after;  /* just after the trailer dictionary or "endobj" */
    uint64_t hybrid; /* place of the XRefStm object and the byte after it */
    uint64_t hybrid_end;
    uint32_t revision;
    uint32_t number;                /* of the cross-reference stream; 0: none */
    struct kyso_pdf_object trailer; /* dictionary, or the stream */
    struct kyso_pdf_object hybrid_stream;
    size_t first, n; /* its entries in file->versions */
};

struct kyso_pdf_revision {
    uint64_t start, end; /* bytes; END is just after %%EOF, 0 when it has none of its own */
    bool sound_tail;     /* its own startxref names its own section */
    size_t section;      /* the section readers begin with */
};

struct kyso_pdf_container;
#define KYSO_PDF_CONTAINER_BUCKETS 4096U

struct kyso_pdf_file {
    const uint8_t *bytes; /* borrowed */
    size_t size;
    struct kyso_budget budget;
    struct kyso_arena arena;           /* lives as long as the file */
    struct kyso_arena scratch;         /* for loops: mark and rewind */
    struct kyso_pdf_section *sections; /* oldest first */
    size_t n_sections;
    struct kyso_pdf_revision *revisions;
    uint32_t n_revisions;
    bool linearized;
    struct kyso_pdf_version *versions;
    size_t n_versions, versions_room;
    uint32_t *heads; /* number -> index + 1 of its newest entry */
    size_t n_heads;
    uint32_t highest; /* over all entries and /Size */
    unsigned int nesting;
    struct kyso_pdf_container *containers[KYSO_PDF_CONTAINER_BUCKETS];
    struct kyso_pdf_problem problem; /* the latest */
};

/* Notes what is wrong and returns KYSO_OUTCOME_BAD_DOCUMENT. */
int kyso_pdf_fail(struct kyso_pdf_file *file, enum kyso_pdf_rule rule, const char *format, ...)
    KYSO_PRINTF(3, 4);
/* The same for memory that was not given: KYSO_PDF_LIMITS when the budget is spent, else -ENOMEM.
 */
int kyso_pdf_no_memory(struct kyso_pdf_file *file);

/* Opens SIZE bytes (borrowed until closed): header, tail, chain, entries. *RET_FILE is given on
 * KYSO_OUTCOME_BAD_DOCUMENT too, for its problem; it must be closed in every case. */
int kyso_pdf_open(const uint8_t *bytes, size_t size,
                  struct kyso_pdf_file **ret_file) KYSO_MUST_CHECK;
struct kyso_pdf_file *kyso_pdf_close(struct kyso_pdf_file *file);

/* The entry that NUMBER has at REVISION; null when none, maybe of kind FREE. */
const struct kyso_pdf_version *kyso_pdf_find(const struct kyso_pdf_file *file, uint32_t number,
                                             uint32_t revision);
/* The newest section of REVISION; its trailer is the one that counts. */
const struct kyso_pdf_section *kyso_pdf_section(const struct kyso_pdf_file *file,
                                                uint32_t revision);

/* Reads what an entry names; *RET_END (may be null) is the offset just after "endobj". */
int kyso_pdf_load_version(struct kyso_pdf_file *file, struct kyso_arena *arena,
                          const struct kyso_pdf_version *version,
                          struct kyso_pdf_object *ret_object, uint64_t *ret_end) KYSO_MUST_CHECK;
/* Reads the object at OFFSET of any number (cross-reference streams). */
int kyso_pdf_load_at(struct kyso_pdf_file *file, struct kyso_arena *arena, uint64_t offset,
                     uint32_t revision, uint32_t *ret_number, struct kyso_pdf_object *ret_object,
                     uint64_t *ret_end) KYSO_MUST_CHECK;
/* The object NUMBER at REVISION; a null object when there is none (7.3.10). */
int kyso_pdf_load(struct kyso_pdf_file *file, struct kyso_arena *arena, uint32_t number,
                  uint32_t revision, struct kyso_pdf_object *ret_object) KYSO_MUST_CHECK;
/* OBJECT itself, or what the reference names. Null in, or a null object: *RET_OBJECT is null. */
int kyso_pdf_resolve(struct kyso_pdf_file *file, struct kyso_arena *arena, uint32_t revision,
                     const struct kyso_pdf_object *object,
                     const struct kyso_pdf_object **ret_object) KYSO_MUST_CHECK;
int kyso_pdf_resolve_key(struct kyso_pdf_file *file, struct kyso_arena *arena, uint32_t revision,
                         const struct kyso_pdf_object *dict, const char *key,
                         const struct kyso_pdf_object **ret_object) KYSO_MUST_CHECK;
/* A stream's bytes decoded: no filter, or FlateDecode once. Others: KYSO_PDF_OBJECT. */
int kyso_pdf_decode(struct kyso_pdf_file *file, struct kyso_arena *arena, uint32_t revision,
                    const struct kyso_pdf_object *stream, const uint8_t **ret_bytes,
                    size_t *ret_length) KYSO_MUST_CHECK;

/* Steps over at most two blanks: offsets one byte early are met in honest files. */
uint64_t kyso_pdf_settle(const struct kyso_pdf_file *file, uint64_t offset);

#endif
