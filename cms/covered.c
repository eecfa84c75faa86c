/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cms/covered.h"

#include <errno.h>

#include "cms/signed-data.h"
#include "common/error.h"
#include "common/memfd.h"
#include "common/text.h"

#define SLICE ((size_t)256 * 1024) /* stays in the processor's cache between read and hash */
#define HOLE_MAX (2 * KYSO_CMS_MAX + 2)

int kyso_covered_open(int document, struct kyso_covered *ret_covered)
{
    struct kyso_covered covered = {.document = document};
    int r = kyso_memfd_check(document, INT64_MAX, &covered.size);

    if (r != 0)
        return kyso_trace(r);
    covered.slice = malloc(SLICE);
    if (covered.slice == NULL)
        return kyso_trace(-ENOMEM);
    *ret_covered = covered;
    return 0;
}

void kyso_covered_done(struct kyso_covered *covered)
{
    for (size_t i = 0; i < KYSO_DIGESTS; i++)
        EVP_MD_CTX_free(covered->running[i].context);
    free(covered->slice);
    *covered = (struct kyso_covered){.document = -1};
}

/* In place: two digits become one byte in front of what is still to be read. */
static bool decode(uint8_t *hole, size_t length)
{
    if (length < 2 || length % 2 != 0 || hole[0] != '<' || hole[length - 1] != '>')
        return false;
    for (size_t i = 0; i < (length - 2) / 2; i++) {
        int high = kyso_text_hex_digit(hole[1 + 2 * i]);
        int low = kyso_text_hex_digit(hole[2 + 2 * i]);

        if (high < 0 || low < 0)
            return false;
        hole[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

const char *kyso_covered_hole(const struct kyso_covered *covered,
                              const struct kyso_cms_question *question, uint8_t **ret_bytes,
                              size_t *ret_length)
{
    KYSO_FREE uint8_t *hole = NULL;
    uint64_t length;

    if (question->hole_start == 0 || question->hole_start >= question->hole_end ||
        question->hole_end > question->range_end || question->range_end > covered->size)
        return "bad-range";
    length = question->hole_end - question->hole_start;
    if (length > HOLE_MAX)
        return "too-large";
    hole = malloc((size_t)length);
    if (hole == NULL ||
        kyso_fd_read_at(covered->document, hole, (size_t)length, question->hole_start) < 0)
        return "unreadable";
    if (!decode(hole, (size_t)length))
        return "bad-hex";
    *ret_length = ((size_t)length - 2) / 2;
    *ret_bytes = KYSO_STEAL(hole);
    return NULL;
}

static int hash(struct kyso_covered *covered, EVP_MD_CTX *context, uint64_t from, uint64_t to)
{
    while (from < to) {
        size_t n = to - from < SLICE ? (size_t)(to - from) : SLICE;
        int r = kyso_fd_read_at(covered->document, covered->slice, n, from);

        if (r < 0)
            return r;
        if (EVP_DigestUpdate(context, covered->slice, n) != 1)
            return kyso_trace(-EIO);
        from += n;
    }
    return 0;
}

/* Brings the digest of the document's beginning to END. */
static int run_to(struct kyso_covered *covered, const struct kyso_digest *digest, uint64_t end,
                  EVP_MD_CTX **ret_context)
{
    size_t index = kyso_digest_index(digest);
    EVP_MD_CTX *context = covered->running[index].context;
    uint64_t *position = &covered->running[index].position;
    int r;

    if (context == NULL) {
        context = covered->running[index].context = EVP_MD_CTX_new();
        *position = UINT64_MAX; /* not begun */
    }
    if (context == NULL)
        return kyso_trace(-ENOMEM);
    if (*position > end) {
        if (EVP_DigestInit_ex(context, kyso_digest_md(digest), NULL) != 1)
            return kyso_trace(-EIO);
        *position = 0;
    }
    r = hash(covered, context, *position, end);
    *position = r == 0 ? end : UINT64_MAX;
    *ret_context = context;
    return r;
}

int kyso_covered_digest(struct kyso_covered *covered, const struct kyso_cms_question *question,
                        const struct kyso_digest *digest, uint8_t *to)
{
    EVP_MD_CTX *beginning = NULL;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    int r = context != NULL ? 0 : kyso_trace(-ENOMEM);

    if (r == 0)
        r = run_to(covered, digest, question->hole_start, &beginning);
    if (r == 0 && EVP_MD_CTX_copy_ex(context, beginning) != 1)
        r = kyso_trace(-EIO);
    if (r == 0)
        r = hash(covered, context, question->hole_end, question->range_end);
    if (r == 0 && EVP_DigestFinal_ex(context, to, NULL) != 1)
        r = kyso_trace(-EIO);
    EVP_MD_CTX_free(context);
    return r;
}
