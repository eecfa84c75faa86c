/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* kyso-draw: draws one appearance and ends. */

#include <errno.h>
#include <malloc.h>
#include <sys/stat.h>

#include "common/error.h"
#include "common/log.h"
#include "common/memfd.h"
#include "common/outcome.h"
#include "document/appearance.h"
#include "document/draw-jail.h"
#include "document/draw-protocol.h"
#include "document/fonts.h"
#include "document/picture.h"

_Static_assert(KYSO_DRAW_LINES_MAX == KYSO_APPEARANCE_LINES_MAX, "one limit for lines");

static int read_picture(int fd, uint8_t **ret_bytes, size_t *ret_length, const char **ret_detail)
{
    KYSO_FREE uint8_t *bytes = NULL;
    struct stat status;
    int r;

    if (fstat(fd, &status) < 0)
        return kyso_trace_errno();
    *ret_detail = "bad-picture";
    if (!S_ISREG(status.st_mode) || status.st_size <= 0)
        return KYSO_OUTCOME_BAD_ARGUMENT;
    *ret_detail = "picture-too-large";
    if ((uint64_t)status.st_size > KYSO_PICTURE_FILE_MAX)
        return KYSO_OUTCOME_BAD_ARGUMENT;
    bytes = malloc((size_t)status.st_size);
    if (bytes == NULL)
        return kyso_trace(-ENOMEM);
    r = kyso_fd_read_at(fd, bytes, (size_t)status.st_size, 0);
    if (r < 0)
        return r;
    *ret_bytes = KYSO_STEAL(bytes);
    *ret_length = (size_t)status.st_size;
    return 0;
}

static int draw(const struct kyso_draw_request *request, int *ret_page, const char **ret_detail)
{
    KYSO_BUF struct kyso_buf pdf = {.maximum = KYSO_DRAW_PAGE_MAX};
    KYSO_FREE uint8_t *picture = NULL;
    struct kyso_appearance appearance = {
        .width = request->width,
        .height = request->height,
        .picture_left = request->picture_left,
        .lines = request->lines,
        .n_lines = request->n_lines,
    };
    int r = 0;

    if (request->picture >= 0)
        r = read_picture(request->picture, &picture, &appearance.picture_length, ret_detail);
    if (r != 0)
        return r;
    appearance.picture = picture;
    r = kyso_appearance_draw(&appearance, &pdf, ret_detail);
    if (r != 0)
        return r;
    return kyso_memfd_from_bytes("appearance", pdf.bytes, pdf.length, ret_page);
}

static int answer(const struct kyso_draw_order *order)
{
    KYSO_FRAME struct kyso_frame frame = {0};
    KYSO_CLOSE int page = -1;
    const char *detail = NULL;
    int r = draw(&order->request, &page, &detail);

    if (r != 0)
        return kyso_wire_send_failure(KYSO_WORKER_SOCKET, r, r > 0 ? detail : NULL);
    kyso_frame_init(&frame, KYSO_DRAW_ANSWER);
    r = kyso_frame_attach(&frame, page);
    if (r < 0)
        return r;
    return kyso_wire_send(KYSO_WORKER_SOCKET, &frame);
}

static int serve(void)
{
    KYSO_FRAME struct kyso_frame frame = {0};
    struct kyso_draw_order order;
    int r = kyso_wire_receive(KYSO_WORKER_SOCKET, &frame);

    if (r == 0)
        r = kyso_draw_get_request(&frame, &order);
    if (r < 0)
        return r;
    r = answer(&order);
    kyso_draw_order_done(&order);
    return r;
}

int main(void)
{
    int r;

    kyso_log_open("kyso-draw", KYSO_LOG_INFO);
    /* Pango's threads would each take a heap of 64 MiB out of the little that the jail leaves. */
    (void)mallopt(M_ARENA_MAX, 1);
    r = kyso_jail_enter(&kyso_draw_jail);
    if (r == 0) {
        r = kyso_fonts_load(false);
        r = r == 0 ? serve() : kyso_wire_send_failure(KYSO_WORKER_SOCKET, r, "font-missing");
    }
    if (r < 0)
        kyso_log(KYSO_LOG_ERROR, "cannot draw: errno %d", -r);
    return r < 0 ? 1 : 0;
}
