/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_COMMON_WIRE_H
#define KYSO_COMMON_WIRE_H

/* Frames between kysod and its workers over a SOCK_SEQPACKET pair; one module for both sides.
 *
 * A frame is one packet: "KY", version (u8), number of descriptors (u8), type (u16), then the body,
 * whose fields common/buf.h puts and gets in a fixed order. Sizes: packet at most KYSO_WIRE_MAX
 * bytes, at most KYSO_WIRE_FDS descriptors. What is larger travels in a sealed memfd beside it. */

#include <stdint.h>

#include "common/buf.h"

#define KYSO_WIRE_VERSION 1
#define KYSO_WIRE_MAX ((size_t)128 * 1024)
#define KYSO_WIRE_FDS 8

/* Type every worker may answer with instead of its own: body = u32 outcome or errno code
 * (kyso_wire_put_result), string detail (machine word, not prose). */
#define KYSO_WIRE_FAILURE 0xffff

struct kyso_frame {
    uint16_t type;
    struct kyso_buf body;
    int fds[KYSO_WIRE_FDS]; /* owned */
    size_t n_fds;
};

void kyso_frame_init(struct kyso_frame *frame, uint16_t type);
/* Closes the descriptors left and wipes and frees the body. */
void kyso_frame_done(struct kyso_frame *frame);
#define KYSO_FRAME KYSO_CLEANUP(kyso_frame_done)

/* Gives a duplicate of FD along; -EMSGSIZE when there are too many. */
int kyso_frame_attach(struct kyso_frame *frame, int fd) KYSO_MUST_CHECK;
/* Takes descriptor INDEX out; -1 when there is none. */
int kyso_frame_take_fd(struct kyso_frame *frame, size_t index);
/* A cursor over the body. */
struct kyso_cursor kyso_frame_cursor(const struct kyso_frame *frame);

/* Sends FRAME whole. -EAGAIN when the other side does not read (non-blocking sockets), -EPIPE when
 * it is gone, -EMSGSIZE when too large. */
int kyso_wire_send(int socket, const struct kyso_frame *frame) KYSO_MUST_CHECK;

/* Receives one frame into *RET_FRAME (to be released with kyso_frame_done). -EAGAIN, -EPIPE at the
 * end, -EBADMSG for anything malformed; descriptors are closed on every failure. */
int kyso_wire_receive(int socket, struct kyso_frame *ret_frame) KYSO_MUST_CHECK;

/* Sends KYSO_WIRE_FAILURE with RESULT (positive outcome or negative errno) and DETAIL (or null). */
int kyso_wire_send_failure(int socket, int result, const char *detail) KYSO_MUST_CHECK;
/* Reads such a frame; *RET_DETAIL is malloced. Returns the result it carries, or -EBADMSG. */
int kyso_wire_read_failure(const struct kyso_frame *frame, char **ret_detail) KYSO_MUST_CHECK;

#endif
