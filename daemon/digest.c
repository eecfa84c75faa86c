/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/digest.h"

#include <errno.h>
#include <openssl/evp.h>

#include "common/error.h"
#include "common/memfd.h"

#define SLICE ((size_t)1 << 20)

struct kyso_digest {
    struct kyso_loop *loop;
    struct kyso_source *soon;
    int file; /* borrowed */
    uint64_t length, hole_start, hole_end, at;
    EVP_MD_CTX *hash;
    uint8_t *slice;
    kyso_digest_fn fn;
    void *data;
};

struct kyso_digest *kyso_digest_free(struct kyso_digest *digest)
{
    if (digest == NULL)
        return NULL;
    (void)kyso_source_free(digest->soon);
    EVP_MD_CTX_free(digest->hash);
    free(digest->slice);
    free(digest);
    return NULL;
}

/* Hashes up to one slice that does not reach into the hole, and steps over the hole before it. */
static int step(struct kyso_digest *digest)
{
    uint64_t end = digest->length;
    size_t length;
    int r;

    if (digest->at >= digest->hole_start && digest->at < digest->hole_end)
        digest->at = digest->hole_end < end ? digest->hole_end : end;
    if (digest->at < digest->hole_start && digest->hole_start < end)
        end = digest->hole_start;
    length = end - digest->at < SLICE ? (size_t)(end - digest->at) : SLICE;
    r = kyso_fd_read_at(digest->file, digest->slice, length, digest->at);
    if (r == 0 && EVP_DigestUpdate(digest->hash, digest->slice, length) != 1)
        r = -EIO;
    digest->at += length;
    return r;
}

static void go_on(void *data)
{
    struct kyso_digest *digest = data;
    uint8_t sha256[KYSO_DIGEST_SIZE] = {0};
    int r;

    digest->soon = kyso_source_free(digest->soon);
    r = step(digest);
    if (r == 0 && digest->at < digest->length)
        r = kyso_loop_defer(digest->loop, go_on, digest, &digest->soon);
    if (r == 0 && digest->at < digest->length)
        return;
    if (r == 0 && EVP_DigestFinal_ex(digest->hash, sha256, NULL) != 1)
        r = -EIO;
    digest->fn(digest->data, r, sha256);
}

int kyso_digest_new(struct kyso_loop *loop, int file, uint64_t length, uint64_t hole_start,
                    uint64_t hole_end, kyso_digest_fn fn, void *data,
                    struct kyso_digest **ret_digest)
{
    struct kyso_digest *digest = calloc(1, sizeof(*digest));
    int r;

    if (digest == NULL)
        return kyso_trace(-ENOMEM);
    *digest = (struct kyso_digest){.loop = loop,
                                   .file = file,
                                   .length = length,
                                   .hole_start = hole_start,
                                   .hole_end = hole_end,
                                   .fn = fn,
                                   .data = data};
    digest->hash = EVP_MD_CTX_new();
    digest->slice = malloc(SLICE);
    r = digest->slice != NULL && digest->hash != NULL &&
                EVP_DigestInit_ex(digest->hash, EVP_sha256(), NULL) == 1
            ? kyso_loop_defer(loop, go_on, digest, &digest->soon)
            : -ENOMEM;
    if (r < 0) {
        (void)kyso_digest_free(digest);
        return kyso_trace(r);
    }
    *ret_digest = digest;
    return 0;
}
