/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "document/forms/protocol.h"

#include <errno.h>

#include "common/error.h"

int kyso_form_put_request(struct kyso_frame *frame, const struct kyso_form_request *request)
{
    int r;

    kyso_frame_init(frame, KYSO_FORM_REQUEST);
    kyso_buf_put_u8(&frame->body, (uint8_t)request->format);
    r = kyso_frame_attach(frame, request->form);
    if (r == 0)
        r = kyso_frame_attach(frame, request->values);
    return r < 0 ? r : frame->body.error;
}

int kyso_form_get_request(struct kyso_frame *frame, struct kyso_form_request *ret_request)
{
    struct kyso_cursor cursor = kyso_frame_cursor(frame);
    uint8_t format = kyso_cursor_u8(&cursor);

    if (frame->type != KYSO_FORM_REQUEST || frame->n_fds != 2 || kyso_cursor_end(&cursor) < 0 ||
        format >= KYSO_FORM_FORMAT_MAX)
        return kyso_trace(-EBADMSG);
    ret_request->format = (enum kyso_form_format)format;
    ret_request->form = kyso_frame_take_fd(frame, 0);
    ret_request->values = kyso_frame_take_fd(frame, 1);
    return 0;
}
