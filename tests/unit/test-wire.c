/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Frames between kysod and its workers: what is sent arrives, and what is not a frame is refused
 * without leaving a descriptor open. */

#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "common/outcome.h"
#include "common/wire.h"

struct ends {
    int here, there;
    size_t fds;
};

static void open_ends(struct ends *ends)
{
    int pair[2];

    ends->fds = unit_count_fds();
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair),
                     0);
    ends->here = pair[0];
    ends->there = pair[1];
}

static void close_ends(struct ends *ends)
{
    kyso_close(&ends->here);
    kyso_close(&ends->there);
    assert_int_equal(unit_count_fds(), ends->fds);
}

static bool same_file(int a, int b)
{
    struct stat first, second;

    return fstat(a, &first) == 0 && fstat(b, &second) == 0 && first.st_ino == second.st_ino &&
           first.st_dev == second.st_dev;
}

static void test_round_trip(void **state KYSO_UNUSED)
{
    struct ends ends;

    open_ends(&ends);
    for (size_t n = 0; n <= KYSO_WIRE_FDS; n++) {
        KYSO_FRAME struct kyso_frame sent;
        KYSO_FRAME struct kyso_frame got = { 0 };
        KYSO_FREE char *text = NULL;
        struct kyso_cursor cursor;

        kyso_frame_init(&sent, (uint16_t)(0x1234 + n));
        kyso_buf_put_string(&sent.body, "Lạng Sơn");
        for (size_t i = 0; i < n; i++)
            assert_int_equal(kyso_frame_attach(&sent, i % 2 ? ends.there : ends.here), 0);
        assert_int_equal(kyso_wire_send(ends.here, &sent), 0);
        assert_int_equal(kyso_wire_receive(ends.there, &got), 0);
        assert_int_equal(got.type, 0x1234 + n);
        assert_int_equal(got.n_fds, n);
        cursor = kyso_frame_cursor(&got);
        text = kyso_cursor_string(&cursor);
        assert_string_equal(text, "Lạng Sơn");
        assert_int_equal(kyso_cursor_end(&cursor), 0);
        for (size_t i = 0; i < n; i++) {
            KYSO_CLOSE int fd = kyso_frame_take_fd(&got, i);

            assert_true(same_file(fd, i % 2 ? ends.there : ends.here));
            assert_true((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
            assert_int_equal(kyso_frame_take_fd(&got, i), -1);
        }
        assert_int_equal(kyso_frame_take_fd(&got, n), -1);
    }
    close_ends(&ends);
}

static void test_limits_of_the_sender(void **state KYSO_UNUSED)
{
    KYSO_FRAME struct kyso_frame frame;
    KYSO_FRAME struct kyso_frame got = { 0 };
    struct ends ends;
    size_t size = KYSO_WIRE_MAX - 6; /* beside the header */

    open_ends(&ends);
    kyso_frame_init(&frame, 1);
    for (size_t i = 0; i < KYSO_WIRE_FDS; i++)
        assert_int_equal(kyso_frame_attach(&frame, ends.here), 0);
    assert_int_equal(kyso_frame_attach(&frame, ends.here), -EMSGSIZE);
    kyso_frame_done(&frame);
    kyso_frame_init(&frame, 1);
    assert_true(kyso_frame_attach(&frame, 1000000) < 0);
    assert_int_equal(frame.n_fds, 0);

    assert_non_null(kyso_buf_reserve(&frame.body, size));
    memset(frame.body.bytes, 'x', size);
    frame.body.length = size;
    assert_int_equal(kyso_wire_send(ends.here, &frame), 0);
    assert_int_equal(kyso_wire_receive(ends.there, &got), 0);
    assert_int_equal(got.body.length, size);
    assert_memory_equal(got.body.bytes, frame.body.bytes, size);
    kyso_buf_put_u8(&frame.body, 'x');
    assert_int_equal(kyso_wire_send(ends.here, &frame), -EMSGSIZE);
    kyso_buf_put(&frame.body, frame.body.bytes, size); /* past the body's own limit */
    assert_int_equal(kyso_wire_send(ends.here, &frame), -EMSGSIZE);
    assert_int_equal(kyso_wire_receive(ends.there, &got), -EAGAIN); /* nothing was sent */
    kyso_frame_done(&frame);
    close_ends(&ends);
}

static void test_other_side(void **state KYSO_UNUSED)
{
    KYSO_FRAME struct kyso_frame frame;
    KYSO_FRAME struct kyso_frame got = { 0 };
    struct ends ends;
    int r = 0;

    open_ends(&ends);
    kyso_frame_init(&frame, 1);
    assert_int_equal(kyso_wire_receive(ends.there, &got), -EAGAIN);
    for (int i = 0; i < 100000 && r == 0; i++)
        r = kyso_wire_send(ends.here, &frame);
    assert_int_equal(r, -EAGAIN);
    kyso_close(&ends.there);
    assert_int_equal(kyso_wire_send(ends.here, &frame), -EPIPE);
    assert_int_equal(kyso_wire_receive(ends.here, &got), -EPIPE);
    close_ends(&ends);
}

/* Sends BYTES as they are, with N copies of a descriptor. */
static void send_raw(int socket, const void *bytes, size_t length, size_t n)
{
    struct iovec part = { (void *)(uintptr_t)bytes, length };
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int) * 16)];
    } control = { 0 };
    struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };

    if (n > 0) {
        int fds[16];

        for (size_t i = 0; i < n; i++)
            fds[i] = socket;
        message.msg_control = control.bytes;
        message.msg_controllen = CMSG_SPACE(sizeof(int) * n);
        control.header.cmsg_level = SOL_SOCKET;
        control.header.cmsg_type = SCM_RIGHTS;
        control.header.cmsg_len = CMSG_LEN(sizeof(int) * n);
        memcpy(CMSG_DATA(&control.header), fds, sizeof(int) * n);
    }
    assert_int_equal(sendmsg(socket, &message, 0), length);
}

static void test_malformed_packets(void **state KYSO_UNUSED)
{
    static const struct {
        const char *bytes;
        size_t length, fds;
    } CASES[] = {
        { "K", 1, 0 },
        { "KY\1\0\1", 5, 0 },
        { "KY\1\0\1", 5, 2 },
        { "XY\1\0\1\0", 6, 0 },
        { "KX\1\0\1\0", 6, 1 },
        { "ky\1\0\1\0", 6, 0 },
        { "KY\0\0\1\0", 6, 0 },
        { "KY\2\0\1\0body", 10, 0 },
        { "KY\xff\3\1\0body", 10, 3 },
        { "KY\1\1\1\0body", 10, 0 },   /* says one, brings none */
        { "KY\1\0\1\0body", 10, 1 },   /* says none, brings one */
        { "KY\1\2\1\0body", 10, 8 },
        { "KY\1\x09\1\0body", 10, 9 }, /* more than there is room for */
        { "KY\1\x08\1\0body", 10, 9 },
        { "KY\1\x10\1\0body", 10, 16 },
        { "KY\1\xff\1\0body", 10, 0 },
    };
    struct ends ends;
    size_t refused = 0;

    open_ends(&ends);
    for (size_t i = 0; i < KYSO_ARRAY_LEN(CASES); i++) {
        struct kyso_frame got = { 0 };
        size_t before = unit_count_fds();

        send_raw(ends.here, CASES[i].bytes, CASES[i].length, CASES[i].fds);
        refused += kyso_wire_receive(ends.there, &got) == -EBADMSG && unit_count_fds() == before;
        assert_null(got.body.bytes);
    }
    UNIT_ALL("malformed packets refused and their descriptors closed", refused,
             KYSO_ARRAY_LEN(CASES));
    close_ends(&ends);
}

static void test_packets_that_are_too_long(void **state KYSO_UNUSED)
{
    KYSO_FREE char *bytes = calloc(1, KYSO_WIRE_MAX + 1);
    struct kyso_frame got = { 0 };
    struct ends ends;

    assert_non_null(bytes);
    open_ends(&ends);
    memcpy(bytes, "KY\1\1\1\0", 6);
    send_raw(ends.here, bytes, KYSO_WIRE_MAX + 1, 1);
    assert_int_equal(kyso_wire_receive(ends.there, &got), -EBADMSG);
    close_ends(&ends);
}

static int failure_of(const void *bytes, size_t length, char **ret_detail)
{
    KYSO_FRAME struct kyso_frame frame;

    kyso_frame_init(&frame, KYSO_WIRE_FAILURE);
    kyso_buf_put(&frame.body, bytes, length);
    return kyso_wire_read_failure(&frame, ret_detail);
}

static void test_failures_travel(void **state KYSO_UNUSED)
{
    static const int RESULTS[] = { KYSO_OUTCOME_FAILED, KYSO_OUTCOME_MAX - 1, -EIO, -4095, -1 };
    struct ends ends;
    size_t same = 0;

    open_ends(&ends);
    for (size_t i = 0; i < KYSO_ARRAY_LEN(RESULTS); i++) {
        KYSO_FRAME struct kyso_frame got = { 0 };
        KYSO_FREE char *detail = NULL;

        assert_int_equal(kyso_wire_send_failure(ends.here, RESULTS[i], i % 2 ? "why" : NULL), 0);
        assert_int_equal(kyso_wire_receive(ends.there, &got), 0);
        assert_int_equal(got.type, KYSO_WIRE_FAILURE);
        same += kyso_wire_read_failure(&got, &detail) == RESULTS[i] &&
                strcmp(detail, i % 2 ? "why" : "") == 0;
    }
    UNIT_ALL("failures that arrive", same, KYSO_ARRAY_LEN(RESULTS));
    close_ends(&ends);
}

/* A worker is not to be believed: nothing it says reads as success. */
static void test_failures_that_are_none(void **state KYSO_UNUSED)
{
    static const struct {
        const char *bytes;
        size_t length;
    } CASES[] = {
        { "", 0 },
        { "\1\0\0\0", 4 },
        { "\0\0\0\0\0\0\0\0", 8 },                 /* done */
        { "\xff\0\0\0\0\0\0\0", 8 },               /* no such outcome */
        { "\0\xf0\xff\xff\0\0\0\0", 8 },           /* no such errno: -4096 */
        { "\0\0\0\x80\0\0\0\0", 8 },
        { "\1\0\0\0\0\0\0\0x", 9 },
        { "\1\0\0\0\1\0\0\0\xff", 9 },
        { "\1\0\0\0\2\0\0\0x", 9 },
    };
    char *detail = NULL;
    size_t refused = 0;

    for (size_t i = 0; i < KYSO_ARRAY_LEN(CASES); i++)
        refused += failure_of(CASES[i].bytes, CASES[i].length, &detail) == -EBADMSG;
    assert_null(detail);
    UNIT_ALL("wrong failures refused", refused, KYSO_ARRAY_LEN(CASES));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_limits_of_the_sender),
        cmocka_unit_test(test_other_side),
        cmocka_unit_test(test_malformed_packets),
        cmocka_unit_test(test_packets_that_are_too_long),
        cmocka_unit_test(test_failures_travel),
        cmocka_unit_test(test_failures_that_are_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
