/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What is hashed is what the signature covers, wherever the hole lies; and the hole is filled
 * without touching a byte beside it. */

#include "tests/unit/unit.h"

#include <openssl/evp.h>
#include <stdbool.h>
#include <stdlib.h>

#include "common/memfd.h"
#include "common/outcome.h"
#include "daemon/assemble.h"

#define SLICE ((size_t)1 << 20)

struct job {
    struct kyso_loop *loop;
    struct kyso_assembly *assembly;
    int result, file;
    uint8_t sha256[32];
    unsigned int calls;
};

static void done(void *data, int result, int file, const uint8_t sha256[32])
{
    struct job *job = data;

    job->calls++;
    job->result = result;
    job->file = file;
    if (result == 0)
        memcpy(job->sha256, sha256, 32);
    job->assembly = kyso_assembly_free(job->assembly); /* as its owner does */
    kyso_loop_quit(job->loop, 0);
}

static void fill_noise(uint8_t *bytes, size_t length, uint32_t seed)
{
    for (size_t i = 0; i < length; i++) {
        seed = seed * 1664525u + 1013904223u;
        bytes[i] = (uint8_t)(seed >> 24);
    }
}

static void expect_digest(const uint8_t *bytes, size_t length, size_t start, size_t end,
                          uint8_t sha256[32])
{
    EVP_MD_CTX *hash = EVP_MD_CTX_new();

    assert_true(hash != NULL && EVP_DigestInit_ex(hash, EVP_sha256(), NULL) == 1);
    assert_int_equal(EVP_DigestUpdate(hash, bytes, start), 1);
    assert_int_equal(EVP_DigestUpdate(hash, bytes + end, length - end), 1);
    assert_int_equal(EVP_DigestFinal_ex(hash, sha256, NULL), 1);
    EVP_MD_CTX_free(hash);
}

static bool assembles(const uint8_t *bytes, size_t document_length, size_t length, size_t start,
                      size_t end)
{
    KYSO_CLOSE int document = -1;
    KYSO_CLOSE int update = -1;
    KYSO_FREE uint8_t *got = malloc(length);
    struct job job = { .file = -1 };
    uint8_t expected[32];
    bool same;

    assert_non_null(got);
    assert_int_equal(kyso_memfd_from_bytes("d", bytes, document_length, &document), 0);
    assert_int_equal(
        kyso_memfd_from_bytes("u", bytes + document_length, length - document_length, &update), 0);
    assert_int_equal(kyso_loop_new(&job.loop), 0);
    assert_int_equal(kyso_assemble(job.loop, document, document_length, update,
                                   length - document_length, start, end, done, &job,
                                   &job.assembly),
                     0);
    assert_int_equal(kyso_loop_run(job.loop), 0);
    assert_null(kyso_loop_free(job.loop));
    assert_int_equal(job.result, 0);
    assert_int_equal(job.calls, 1);
    expect_digest(bytes, length, start, end, expected);
    same = memcmp(job.sha256, expected, 32) == 0 &&
           kyso_fd_read_at(job.file, got, length, 0) == 0 && memcmp(got, bytes, length) == 0 &&
           lseek(job.file, 0, SEEK_END) == (off_t)length;
    kyso_close(&job.file);
    return same;
}

/* Each border of a slice and of the document, and one byte beside it, as each end of the hole. */
static void test_holes_at_every_border(void **state KYSO_UNUSED)
{
    static const size_t DOCUMENTS[] = { 1, SLICE - 1, SLICE, SLICE + 1, 2 * SLICE };
    KYSO_FREE uint8_t *bytes = malloc(4 * SLICE);
    size_t right = 0, all = 0, fds = unit_count_fds();

    assert_non_null(bytes);
    fill_noise(bytes, 4 * SLICE, 1);
    for (size_t i = 0; i < KYSO_ARRAY_LEN(DOCUMENTS); i++) {
        size_t d = DOCUMENTS[i], length = d + SLICE + 3;
        const size_t starts[] = { 0, d - 1, d, d + 1, d + SLICE - 1, d + SLICE, d + SLICE + 1 };

        for (size_t j = 0; j < KYSO_ARRAY_LEN(starts); j++) {
            const size_t ends[] = { starts[j] + 1, starts[j] + 2, length };

            for (size_t k = 0; k < KYSO_ARRAY_LEN(ends); k++, all++)
                right += assembles(bytes, d, length, starts[j], ends[k]);
        }
    }
    UNIT_ALL("holes left out of the digest", right, all);
    assert_int_equal(unit_count_fds(), fds);
}

static void test_lengths_that_are_wrong(void **state KYSO_UNUSED)
{
    KYSO_CLOSE int document = -1;
    struct job job = { .file = -1 };

    assert_int_equal(kyso_memfd_from_bytes("d", "12345", 5, &document), 0);
    assert_int_equal(kyso_loop_new(&job.loop), 0);
    assert_int_equal(
        kyso_assemble(job.loop, document, 5, document, 6, 7, 9, done, &job, &job.assembly), 0);
    assert_int_equal(kyso_loop_run(job.loop), 0);
    assert_true(job.result < 0);
    assert_int_equal(job.file, -1);
    assert_int_equal(job.calls, 1);
    assert_null(kyso_loop_free(job.loop));
}

static void test_freed_before_its_end(void **state KYSO_UNUSED)
{
    KYSO_CLOSE int document = -1;
    struct job job = { .file = -1 };
    size_t fds;

    assert_int_equal(kyso_memfd_from_bytes("d", "12345", 5, &document), 0);
    assert_int_equal(kyso_loop_new(&job.loop), 0);
    fds = unit_count_fds();
    assert_int_equal(
        kyso_assemble(job.loop, document, 5, document, 5, 7, 9, done, &job, &job.assembly), 0);
    assert_null(kyso_assembly_free(job.assembly));
    assert_int_equal(unit_count_fds(), fds);
    assert_int_equal(job.calls, 0);
    assert_null(kyso_loop_free(job.loop));
}

/* "<" at the start of the hole, ">" before its end. */
static void test_filling(void **state KYSO_UNUSED)
{
    static const uint8_t CMS[5] = { 0xde, 0xad, 0x00, 0xbe, 0xef };
    KYSO_CLOSE int file = -1;
    char bytes[16];

    assert_int_equal(kyso_memfd_new("test", &file), 0);
    assert_int_equal(kyso_fd_write(file, "ab<00000000>cdef", 16), 0);
    assert_int_equal(kyso_assemble_fill(file, 2, 12, CMS, 3), 0);
    assert_int_equal(kyso_fd_read_at(file, bytes, 16, 0), 0);
    assert_memory_equal(bytes, "ab<DEAD0000>cdef", 16);
    assert_int_equal(kyso_assemble_fill(file, 2, 12, CMS, 4), 0);
    assert_int_equal(kyso_assemble_fill(file, 2, 12, CMS, 5), KYSO_OUTCOME_LIMIT);
    assert_int_equal(kyso_assemble_fill(file, 2, 11, CMS, 4), KYSO_OUTCOME_LIMIT);
    assert_int_equal(kyso_assemble_fill(file, 2, 3, CMS, 0), KYSO_OUTCOME_LIMIT);
    assert_int_equal(kyso_assemble_fill(file, 12, 2, CMS, 1), KYSO_OUTCOME_LIMIT);
    assert_int_equal(kyso_fd_read_at(file, bytes, 16, 0), 0);
    assert_memory_equal(bytes, "ab<DEAD00BE>cdef", 16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_holes_at_every_border),
        cmocka_unit_test(test_lengths_that_are_wrong),
        cmocka_unit_test(test_freed_before_its_end),
        cmocka_unit_test(test_filling),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
