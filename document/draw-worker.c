/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* kyso-draw: draws one appearance, or sets one official form, and ends. */

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
#include "document/forms/protocol.h"
#include "document/forms/work.h"
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

static int work_on_appearance(struct kyso_frame *frame, int *ret_page, const char **ret_detail)
{
    struct kyso_draw_order order;
    int r = kyso_fonts_load(false);

    if (r == 0)
        r = kyso_draw_get_request(frame, &order);
    if (r < 0)
        return r;
    r = draw(&order.request, ret_page, ret_detail);
    kyso_draw_order_done(&order);
    return r;
}

static int answer(struct kyso_frame *request)
{
    KYSO_FRAME struct kyso_frame frame = {0};
    KYSO_CLOSE int file = -1;
    char form_detail[KYSO_FORM_DETAIL_MAX] = "";
    const char *detail = form_detail;
    int r = request->type == KYSO_FORM_REQUEST ? kyso_form_work(request, &file, form_detail)
                                               : work_on_appearance(request, &file, &detail);

    if (r == -EBADMSG)
        return r;
    if (r != 0) {
        if (r < 0)
            detail = r == -ENOENT ? "font-missing" : NULL;
        return kyso_wire_send_failure(KYSO_WORKER_SOCKET, r, detail);
    }
    kyso_frame_init(&frame, KYSO_DRAW_ANSWER);
    r = kyso_frame_attach(&frame, file);
    if (r < 0)
        return r;
    return kyso_wire_send(KYSO_WORKER_SOCKET, &frame);
}

static int serve(void)
{
    KYSO_FRAME struct kyso_frame frame = {0};
    int r = kyso_wire_receive(KYSO_WORKER_SOCKET, &frame);

    return r == 0 ? answer(&frame) : r;
}

int main(void)
{
    int r;

    kyso_log_open("kyso-draw", KYSO_LOG_INFO);
    /* Pango's threads would each take a heap of 64 MiB out of the little that the jail leaves. */
    (void)mallopt(M_ARENA_MAX, 1);
    r = kyso_jail_enter(&kyso_draw_jail);
    if (r == 0)
        r = serve();
    if (r < 0)
        kyso_log(KYSO_LOG_ERROR, "cannot draw: errno %d", -r);
    return r < 0 ? 1 : 0;
}
