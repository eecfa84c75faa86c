/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/assemble.h"

#include <errno.h>
#include <openssl/evp.h>

#include "common/error.h"
#include "common/memfd.h"
#include "common/outcome.h"
#include "common/text.h"

#define SLICE ((size_t)1 << 20)

struct kyso_assembly {
    struct kyso_loop *loop;
    struct kyso_source *soon;
    int document, update, file; /* the first two are borrowed */
    uint64_t document_length, length, hole_start, hole_end, at;
    EVP_MD_CTX *hash;
    uint8_t *slice;
    kyso_assemble_fn fn;
    void *data;
};

struct kyso_assembly *kyso_assembly_free(struct kyso_assembly *assembly)
{
    if (assembly == NULL)
        return NULL;
    (void)kyso_source_free(assembly->soon);
    kyso_close(&assembly->file);
    EVP_MD_CTX_free(assembly->hash);
    free(assembly->slice);
    free(assembly);
    return NULL;
}

/* Hashes the part of [FROM, FROM + LENGTH) that lies in [START, END). */
static bool hash_part(struct kyso_assembly *assembly, uint64_t from, size_t length, uint64_t start,
                      uint64_t end)
{
    uint64_t low = from > start ? from : start;
    uint64_t high = from + length < end ? from + length : end;

    if (low >= high)
        return true;
    return EVP_DigestUpdate(assembly->hash, assembly->slice + (low - from), (size_t)(high - low)) ==
           1;
}

/* Copies and hashes up to one slice that does not cross from the document into the update. */
static int step(struct kyso_assembly *assembly)
{
    bool in_document = assembly->at < assembly->document_length;
    uint64_t end = in_document ? assembly->document_length : assembly->length;
    size_t length = end - assembly->at < SLICE ? (size_t)(end - assembly->at) : SLICE;
    int r = kyso_fd_read_at(in_document ? assembly->document : assembly->update, assembly->slice,
                            length,
                            in_document ? assembly->at : assembly->at - assembly->document_length);

    if (r == 0)
        r = kyso_fd_write(assembly->file, assembly->slice, length);
    if (r == 0 &&
        !(hash_part(assembly, assembly->at, length, 0, assembly->hole_start) &&
          hash_part(assembly, assembly->at, length, assembly->hole_end, assembly->length)))
        r = -EIO;
    assembly->at += length;
    return r;
}

static void go_on(void *data)
{
    struct kyso_assembly *assembly = data;
    uint8_t sha256[32];
    int r;

    assembly->soon = kyso_source_free(assembly->soon);
    r = step(assembly);
    if (r == 0 && assembly->at < assembly->length)
        r = kyso_loop_defer(assembly->loop, go_on, assembly, &assembly->soon);
    if (r == 0 && assembly->at < assembly->length)
        return;
    if (r == 0 && EVP_DigestFinal_ex(assembly->hash, sha256, NULL) != 1)
        r = -EIO;
    assembly->fn(assembly->data, r, r == 0 ? kyso_steal_fd(&assembly->file) : -1, sha256);
}

int kyso_assemble(struct kyso_loop *loop, int document, uint64_t document_length, int update,
                  uint64_t update_length, uint64_t hole_start, uint64_t hole_end,
                  kyso_assemble_fn fn, void *data, struct kyso_assembly **ret_assembly)
{
    struct kyso_assembly *assembly = calloc(1, sizeof(*assembly));
    int r;

    if (assembly == NULL)
        return kyso_trace(-ENOMEM);
    *assembly = (struct kyso_assembly){.loop = loop,
                                       .document = document,
                                       .update = update,
                                       .file = -1,
                                       .document_length = document_length,
                                       .length = document_length + update_length,
                                       .hole_start = hole_start,
                                       .hole_end = hole_end,
                                       .fn = fn,
                                       .data = data};
    assembly->hash = EVP_MD_CTX_new();
    assembly->slice = malloc(SLICE);
    r = assembly->slice != NULL && assembly->hash != NULL &&
                EVP_DigestInit_ex(assembly->hash, EVP_sha256(), NULL) == 1
            ? kyso_memfd_new("kyso-document", &assembly->file)
            : -ENOMEM;
    if (r == 0)
        r = kyso_loop_defer(loop, go_on, assembly, &assembly->soon);
    if (r < 0) {
        (void)kyso_assembly_free(assembly);
        return kyso_trace(r);
    }
    *ret_assembly = assembly;
    return 0;
}

int kyso_assemble_fill(int file, uint64_t hole_start, uint64_t hole_end, const uint8_t *cms,
                       size_t length)
{
    KYSO_FREE char *hex = NULL;

    if (hole_end < hole_start + 2 || 2 * length > hole_end - hole_start - 2)
        return KYSO_OUTCOME_LIMIT;
    hex = kyso_text_hex(cms, length);
    if (hex == NULL)
        return kyso_trace(-ENOMEM);
    return kyso_fd_write_at(file, hex, 2 * length, hole_start + 1);
}
