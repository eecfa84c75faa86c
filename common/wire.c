/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "common/error.h"
#include "common/outcome.h"

#define HEADER_SIZE 6

union control {
    struct cmsghdr header; /* alignment */
    char bytes[CMSG_SPACE(sizeof(int) * KYSO_WIRE_FDS)];
};

void kyso_frame_init(struct kyso_frame *frame, uint16_t type)
{
    *frame = (struct kyso_frame){.type = type, .body = {.maximum = KYSO_WIRE_MAX}};
}

void kyso_frame_done(struct kyso_frame *frame)
{
    for (size_t i = 0; i < frame->n_fds; i++)
        kyso_close(&frame->fds[i]);
    frame->n_fds = 0;
    if (frame->body.bytes != NULL)
        explicit_bzero(frame->body.bytes, frame->body.capacity);
    kyso_buf_done(&frame->body);
}

int kyso_frame_attach(struct kyso_frame *frame, int fd)
{
    int copy;

    if (frame->n_fds >= KYSO_WIRE_FDS)
        return kyso_trace(-EMSGSIZE);
    copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    if (copy < 0)
        return kyso_trace_errno();
    frame->fds[frame->n_fds++] = copy;
    return 0;
}

int kyso_frame_take_fd(struct kyso_frame *frame, size_t index)
{
    return index < frame->n_fds ? kyso_steal_fd(&frame->fds[index]) : -1;
}

struct kyso_cursor kyso_frame_cursor(const struct kyso_frame *frame)
{
    return kyso_cursor(frame->body.bytes != NULL ? frame->body.bytes : (const uint8_t *)"",
                       frame->body.length);
}

int kyso_wire_send(int socket, const struct kyso_frame *frame)
{
    uint8_t header[HEADER_SIZE] = {'K',
                                   'Y',
                                   KYSO_WIRE_VERSION,
                                   (uint8_t)frame->n_fds,
                                   (uint8_t)frame->type,
                                   (uint8_t)(frame->type >> 8)};
    struct iovec parts[2] = {{header, sizeof(header)}, {frame->body.bytes, frame->body.length}};
    union control control = {0};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    ssize_t n;

    if (frame->body.error != 0)
        return kyso_trace(frame->body.error);
    if (frame->body.length > KYSO_WIRE_MAX - HEADER_SIZE)
        return kyso_trace(-EMSGSIZE);
    if (frame->n_fds > 0) {
        struct cmsghdr *cmsg = &control.header;

        message.msg_control = control.bytes;
        message.msg_controllen = CMSG_SPACE(sizeof(int) * frame->n_fds);
        cmsg->cmsg_level = SOL_SOCKET;
        cmsg->cmsg_type = SCM_RIGHTS;
        cmsg->cmsg_len = CMSG_LEN(sizeof(int) * frame->n_fds);
        memcpy(CMSG_DATA(cmsg), frame->fds, sizeof(int) * frame->n_fds);
    }
    do {
        n = sendmsg(socket, &message, MSG_NOSIGNAL);
    } while (n < 0 && errno == EINTR);
    if (n < 0)
        return errno == EAGAIN ? -EAGAIN : kyso_trace(errno == ECONNRESET ? -EPIPE : -errno);
    return 0;
}

static void collect_fds(struct msghdr *message, struct kyso_frame *frame)
{
    for (struct cmsghdr *cmsg = CMSG_FIRSTHDR(message); cmsg != NULL;
         cmsg = CMSG_NXTHDR(message, cmsg)) {
        size_t n;

        if (cmsg->cmsg_level != SOL_SOCKET || cmsg->cmsg_type != SCM_RIGHTS)
            continue;
        n = (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < n && frame->n_fds < KYSO_WIRE_FDS; i++) {
            memcpy(&frame->fds[frame->n_fds], CMSG_DATA(cmsg) + i * sizeof(int), sizeof(int));
            frame->n_fds++;
        }
    }
}

int kyso_wire_receive(int socket, struct kyso_frame *ret_frame)
{
    KYSO_FRAME struct kyso_frame frame = {0};
    uint8_t header[HEADER_SIZE];
    struct iovec parts[2] = {{header, sizeof(header)}};
    union control control;
    struct msghdr message = {.msg_iov = parts,
                             .msg_iovlen = 2,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof(control.bytes)};
    ssize_t n;

    kyso_frame_init(&frame, 0);
    parts[1].iov_len = KYSO_WIRE_MAX - HEADER_SIZE;
    parts[1].iov_base = kyso_buf_reserve(&frame.body, parts[1].iov_len);
    if (parts[1].iov_base == NULL)
        return kyso_trace(-ENOMEM);
    do {
        n = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    } while (n < 0 && errno == EINTR);
    if (n < 0)
        return errno == EAGAIN ? -EAGAIN : kyso_trace(errno == ECONNRESET ? -EPIPE : -errno);
    collect_fds(&message, &frame);
    if (n == 0)
        return -EPIPE;
    if (n < HEADER_SIZE || (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0 ||
        header[0] != 'K' || header[1] != 'Y' || header[2] != KYSO_WIRE_VERSION ||
        header[3] != frame.n_fds)
        return kyso_trace(-EBADMSG);
    frame.type = (uint16_t)(header[4] | header[5] << 8);
    frame.body.length = (size_t)n - HEADER_SIZE;
    *ret_frame = frame;
    frame = (struct kyso_frame){0};
    return 0;
}

int kyso_wire_send_failure(int socket, int result, const char *detail)
{
    KYSO_FRAME struct kyso_frame frame;

    kyso_frame_init(&frame, KYSO_WIRE_FAILURE);
    kyso_buf_put_u32(&frame.body, (uint32_t)result);
    kyso_buf_put_string(&frame.body, detail);
    return kyso_wire_send(socket, &frame);
}

int kyso_wire_read_failure(const struct kyso_frame *frame, char **ret_detail)
{
    struct kyso_cursor cursor = kyso_frame_cursor(frame);
    int result = (int)kyso_cursor_u32(&cursor);
    KYSO_FREE char *detail = kyso_cursor_string(&cursor);
    int r = kyso_cursor_end(&cursor);

    if (r < 0)
        return kyso_trace(r);
    if (result == 0 || result < -4095 || result >= KYSO_OUTCOME_MAX)
        return kyso_trace(-EBADMSG);
    *ret_detail = KYSO_STEAL(detail);
    return result;
}
