/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Which descriptors pass as a document: only whole, sealed memory files. */

#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "common/memfd.h"
#include "common/outcome.h"

#define MAXIMUM 100

static int make(const char *bytes, int seals)
{
    int fd = -1;

    assert_int_equal(kyso_memfd_new("test", &fd), 0);
    assert_int_equal(kyso_fd_write(fd, bytes, strlen(bytes)), 0);
    if (seals != 0)
        assert_int_equal(fcntl(fd, F_ADD_SEALS, seals), 0);
    return fd;
}

static int checked(int fd)
{
    uint64_t size = 0;
    int r = kyso_memfd_check(fd, MAXIMUM, &size);

    kyso_close(&fd);
    return r;
}

static void test_sealed_file_passes(void **state KYSO_UNUSED)
{
    KYSO_CLOSE int fd = -1;
    uint64_t size = 0;
    char bytes[5];

    assert_int_equal(kyso_memfd_from_bytes("test", "12345", 5, &fd), 0);
    assert_int_equal(kyso_memfd_check(fd, 5, &size), 0);
    assert_int_equal(size, 5);
    assert_int_equal(kyso_memfd_check(fd, 4, &size), KYSO_OUTCOME_LIMIT);
    assert_int_equal(kyso_fd_read_at(fd, bytes, 5, 0), 0);
    assert_memory_equal(bytes, "12345", 5);
    assert_int_equal(kyso_fd_read_at(fd, bytes, 5, 1), -EIO);
    assert_true((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
}

static void test_sealed_means_sealed(void **state KYSO_UNUSED)
{
    KYSO_CLOSE int fd = make("12345", 0);

    assert_int_equal(kyso_memfd_seal(fd), 0);
    assert_true(kyso_fd_write_at(fd, "x", 1, 0) < 0);
    assert_true(ftruncate(fd, 4) < 0);
    assert_true(ftruncate(fd, 6) < 0);
    assert_true(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE) < 0);
}

static void test_no_seal_while_somebody_may_write(void **state KYSO_UNUSED)
{
    KYSO_CLOSE int fd = make("12345", 0);
    void *mapped = mmap(NULL, 5, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

    assert_ptr_not_equal(mapped, MAP_FAILED);
    assert_int_equal(kyso_memfd_seal(fd), -EBUSY);
    assert_int_equal(munmap(mapped, 5), 0);
    assert_int_equal(kyso_memfd_seal(fd), 0);
}

static void test_each_missing_seal_is_seen(void **state KYSO_UNUSED)
{
    static const int SEALS[] = { F_SEAL_WRITE, F_SEAL_GROW, F_SEAL_SHRINK };
    size_t refused = 0, all = 0;

    for (unsigned int set = 0; set < 7; set++) {
        int seals = 0;

        for (size_t i = 0; i < KYSO_ARRAY_LEN(SEALS); i++)
            seals |= set >> i & 1 ? SEALS[i] : 0;
        refused += checked(make("12345", seals)) == KYSO_OUTCOME_DOCUMENT_UNSEALED;
        all++;
    }
    refused += checked(make("12345", F_SEAL_FUTURE_WRITE | F_SEAL_GROW | F_SEAL_SHRINK)) ==
               KYSO_OUTCOME_DOCUMENT_UNSEALED; /* mappings made before could still write */
    UNIT_ALL("sets of seals refused", refused, all + 1);
    assert_int_equal(checked(make("12345", F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK)), 0);
}

static int opened_again(int fd, int flags)
{
    char path[64];
    int again;

    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    again = open(path, flags | O_CLOEXEC);
    assert_true(again >= 0);
    kyso_close(&fd);
    return again;
}

static int file_on_tmpfs(void)
{
    char path[] = "/dev/shm/kyso-memfd-XXXXXX";
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(kyso_fd_write(fd, "12345", 5), 0);
    return fd;
}

static void test_other_descriptors(void **state KYSO_UNUSED)
{
    int seals = F_SEAL_GROW | F_SEAL_SHRINK, ends[2], pair[2];
    int others[10];
    size_t refused = 0;

    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    others[0] = ends[0];
    others[1] = ends[1];
    others[2] = pair[0];
    others[3] = pair[1];
    others[4] = open("/dev/null", O_RDONLY | O_CLOEXEC);
    others[5] = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
    others[6] = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    others[7] = eventfd(1, EFD_CLOEXEC);
    others[8] = file_on_tmpfs();
    others[9] = opened_again(make("12345", seals | F_SEAL_WRITE), O_PATH);
    for (size_t i = 0; i < KYSO_ARRAY_LEN(others); i++) {
        assert_true(others[i] >= 0);
        refused += checked(others[i]) == KYSO_OUTCOME_DOCUMENT_UNSEALED;
    }
    refused += checked(-1) == KYSO_OUTCOME_DOCUMENT_UNSEALED;
    UNIT_ALL("other descriptors refused", refused, KYSO_ARRAY_LEN(others) + 1);
}

static void test_a_file_that_cannot_be_read(void **state KYSO_UNUSED)
{
    int seals = F_SEAL_GROW | F_SEAL_SHRINK;
    KYSO_CLOSE int fd = opened_again(make("12345", seals), O_WRONLY);
    uint64_t size;

    assert_int_equal(kyso_memfd_check_size(fd, MAXIMUM, &size), KYSO_OUTCOME_DOCUMENT_UNSEALED);
}

static void test_a_sealed_file_that_is_read_only(void **state KYSO_UNUSED)
{
    assert_int_equal(checked(opened_again(make("12345", F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK),
                                          O_RDONLY)),
                     0);
}

static void test_sizes(void **state KYSO_UNUSED)
{
    KYSO_CLOSE int large = make("", 0);
    KYSO_CLOSE int empty = make("", 0);
    KYSO_CLOSE int fixed = make("12345", 0);
    uint64_t size = 77;

    assert_int_equal(ftruncate(large, (off_t)1 << 40), 0); /* no memory behind it */
    assert_int_equal(kyso_memfd_seal(large), 0);
    assert_int_equal(kyso_memfd_check(large, MAXIMUM, &size), KYSO_OUTCOME_LIMIT);
    assert_int_equal(kyso_memfd_seal(empty), 0);
    assert_int_equal(kyso_memfd_check(empty, MAXIMUM, &size), KYSO_OUTCOME_BAD_DOCUMENT);
    assert_int_equal(size, 77);
    assert_int_equal(kyso_memfd_fix_size(fixed), 0);
    assert_int_equal(kyso_memfd_check(fixed, MAXIMUM, &size), KYSO_OUTCOME_DOCUMENT_UNSEALED);
    assert_int_equal(kyso_memfd_check_size(fixed, MAXIMUM, &size), 0);
    assert_int_equal(size, 5);
    assert_int_equal(kyso_fd_write_at(fixed, "xy", 2, 3), 0);
    assert_true(kyso_fd_write_at(fixed, "xy", 2, 4) < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sealed_file_passes),
        cmocka_unit_test(test_sealed_means_sealed),
        cmocka_unit_test(test_no_seal_while_somebody_may_write),
        cmocka_unit_test(test_each_missing_seal_is_seen),
        cmocka_unit_test(test_other_descriptors),
        cmocka_unit_test(test_a_file_that_cannot_be_read),
        cmocka_unit_test(test_a_sealed_file_that_is_read_only),
        cmocka_unit_test(test_sizes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
