/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "document/draw-protocol.h"

#include <errno.h>
#include <string.h>

#include "common/error.h"
#include "common/memfd.h"
#include "common/outcome.h"

static void put_length(struct kyso_buf *body, double points)
{
    uint64_t bits;

    _Static_assert(sizeof(bits) == sizeof(points), "a double is eight bytes");
    memcpy(&bits, &points, sizeof(bits));
    kyso_buf_put_u64(body, bits);
}

static double get_length(struct kyso_cursor *cursor)
{
    uint64_t bits = kyso_cursor_u64(cursor);
    double points;

    memcpy(&points, &bits, sizeof(points));
    return points;
}

int kyso_draw_put_request(struct kyso_frame *frame, const struct kyso_draw_request *request)
{
    int r = 0;

    kyso_frame_init(frame, KYSO_DRAW_REQUEST);
    put_length(&frame->body, request->width);
    put_length(&frame->body, request->height);
    kyso_buf_put_u8(&frame->body, request->picture_left);
    kyso_buf_put_u32(&frame->body, (uint32_t)request->n_lines);
    for (size_t i = 0; i < request->n_lines; i++)
        kyso_buf_put_string(&frame->body, request->lines[i]);
    if (request->picture >= 0)
        r = kyso_frame_attach(frame, request->picture);
    return r < 0 ? r : frame->body.error;
}

int kyso_draw_get_request(struct kyso_frame *frame, struct kyso_draw_order *ret_order)
{
    struct kyso_cursor cursor = kyso_frame_cursor(frame);
    struct kyso_draw_order order = {.request = {.picture = -1}};
    int r;

    if (frame->type != KYSO_DRAW_REQUEST || frame->n_fds > 1)
        return kyso_trace(-EBADMSG);
    order.request.width = get_length(&cursor);
    order.request.height = get_length(&cursor);
    order.request.picture_left = kyso_cursor_bool(&cursor);
    order.request.n_lines = kyso_cursor_below(&cursor, KYSO_DRAW_LINES_MAX + 1);
    for (size_t i = 0; i < order.request.n_lines; i++)
        order.lines[i] = kyso_cursor_string(&cursor);
    r = kyso_cursor_end(&cursor);
    if (r < 0) {
        kyso_draw_order_done(&order);
        return kyso_trace(r);
    }
    order.request.picture = kyso_frame_take_fd(frame, 0);
    *ret_order = order;
    ret_order->request.lines = (const char *const *)ret_order->lines;
    return 0;
}

void kyso_draw_order_done(struct kyso_draw_order *order)
{
    for (size_t i = 0; i < KYSO_DRAW_LINES_MAX; i++)
        kyso_freep(&order->lines[i]);
    kyso_close(&order->request.picture);
}

int kyso_draw_get_answer(struct kyso_frame *answer, uint64_t maximum, int *ret_file)
{
    KYSO_CLOSE int file = kyso_frame_take_fd(answer, 0);
    struct kyso_cursor cursor = kyso_frame_cursor(answer);
    uint64_t size;
    int r;

    if (answer->type != KYSO_DRAW_ANSWER || kyso_cursor_end(&cursor) < 0 || file < 0)
        return KYSO_OUTCOME_WORKER_DIED;
    r = kyso_memfd_check(file, maximum, &size);
    if (r != 0)
        return r < 0 ? r : KYSO_OUTCOME_WORKER_DIED;
    *ret_file = kyso_steal_fd(&file);
    return 0;
}
