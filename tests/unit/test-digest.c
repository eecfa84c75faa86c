/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A digest is that of the bytes outside the hole, wherever the hole and the borders of slices lie.
 */

#include "tests/unit/unit.h"

#include <openssl/evp.h>
#include <stdbool.h>
#include <stdlib.h>

#include "common/memfd.h"
#include "daemon/digest.h"

#define SLICE ((size_t)1 << 20)

struct job {
    struct kyso_loop *loop;
    struct kyso_digest *digest;
    int result;
    uint8_t sha256[KYSO_DIGEST_SIZE];
    unsigned int calls;
};

static void done(void *data, int result, const uint8_t sha256[KYSO_DIGEST_SIZE])
{
    struct job *job = data;

    job->calls++;
    job->result = result;
    memcpy(job->sha256, sha256, sizeof(job->sha256));
    job->digest = kyso_digest_free(job->digest);
    kyso_loop_quit(job->loop, 0);
}

static void run(struct job *job, int file, uint64_t length, uint64_t start, uint64_t end)
{
    assert_int_equal(kyso_loop_new(&job->loop), 0);
    assert_int_equal(
        kyso_digest_new(job->loop, file, length, start, end, done, job, &job->digest), 0);
    assert_int_equal(kyso_loop_run(job->loop), 0);
    assert_null(kyso_loop_free(job->loop));
    assert_int_equal(job->calls, 1);
}

static void expect(const uint8_t *bytes, size_t length, size_t start, size_t end,
                   uint8_t sha256[KYSO_DIGEST_SIZE])
{
    EVP_MD_CTX *hash = EVP_MD_CTX_new();

    assert_true(hash != NULL && EVP_DigestInit_ex(hash, EVP_sha256(), NULL) == 1);
    assert_int_equal(EVP_DigestUpdate(hash, bytes, start), 1);
    assert_int_equal(EVP_DigestUpdate(hash, bytes + end, length - end), 1);
    assert_int_equal(EVP_DigestFinal_ex(hash, sha256, NULL), 1);
    EVP_MD_CTX_free(hash);
}

static bool is_right(const uint8_t *bytes, int file, size_t length, size_t start, size_t end)
{
    struct job job = {0};
    uint8_t wanted[KYSO_DIGEST_SIZE];

    run(&job, file, length, start, end);
    expect(bytes, length, start < length ? start : length, end < length ? end : length, wanted);
    return job.result == 0 && memcmp(job.sha256, wanted, sizeof(wanted)) == 0;
}

static void test_holes_at_every_border(void **state KYSO_UNUSED)
{
    static const size_t BORDERS[] = {0,         1,         SLICE - 1,     SLICE,
                                     SLICE + 1, 2 * SLICE, 2 * SLICE + 3, 3 * SLICE};
    KYSO_FREE uint8_t *bytes = malloc(3 * SLICE);
    KYSO_CLOSE int file = -1;
    size_t right = 0, all = 0, fds;

    assert_non_null(bytes);
    for (size_t i = 0; i < 3 * SLICE; i++)
        bytes[i] = (uint8_t)(i * 2654435761u >> 24);
    assert_int_equal(kyso_memfd_from_bytes("d", bytes, 3 * SLICE, &file), 0);
    fds = unit_count_fds();
    for (size_t l = 1; l < KYSO_ARRAY_LEN(BORDERS); l++) {
        for (size_t s = 0; s < KYSO_ARRAY_LEN(BORDERS); s++) {
            for (size_t e = s; e < KYSO_ARRAY_LEN(BORDERS); e++, all++)
                right += is_right(bytes, file, BORDERS[l], BORDERS[s], BORDERS[e]);
        }
    }
    UNIT_ALL("digests of what is outside the hole", right, all);
    assert_int_equal(unit_count_fds(), fds);
}

static void test_more_than_there_is(void **state KYSO_UNUSED)
{
    KYSO_CLOSE int file = -1;
    struct job job = {0};

    assert_int_equal(kyso_memfd_from_bytes("d", "12345", 5, &file), 0);
    run(&job, file, 6, 0, 0);
    assert_true(job.result < 0);
}

static void test_freed_before_its_end(void **state KYSO_UNUSED)
{
    KYSO_CLOSE int file = -1;
    struct job job = {0};

    assert_int_equal(kyso_memfd_from_bytes("d", "12345", 5, &file), 0);
    assert_int_equal(kyso_loop_new(&job.loop), 0);
    assert_int_equal(kyso_digest_new(job.loop, file, 5, 0, 0, done, &job, &job.digest), 0);
    assert_null(kyso_digest_free(job.digest));
    assert_null(kyso_loop_free(job.loop));
    assert_int_equal(job.calls, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_holes_at_every_border),
        cmocka_unit_test(test_more_than_there_is),
        cmocka_unit_test(test_freed_before_its_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
