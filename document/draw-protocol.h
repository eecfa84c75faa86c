/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DOCUMENT_DRAW_PROTOCOL_H
#define KYSO_DOCUMENT_DRAW_PROTOCOL_H

/* The frames between kysod and kyso-draw: one request (with the picture's descriptor), one answer
 * (with the page's; forms are answered the same way). Both sides use this file. */

#include "common/wire.h"
#include "document/remote.h"

#define KYSO_DRAW_REQUEST 1
#define KYSO_DRAW_ANSWER 2

#define KYSO_DRAW_PAGE_MAX ((uint64_t)16 * 1024 * 1024) /* bytes of the answer's PDF */
#define KYSO_DRAW_LINES_MAX 32U

/* FRAME is filled, and to be released with kyso_frame_done() whatever comes back. */
int kyso_draw_put_request(struct kyso_frame *frame,
                          const struct kyso_draw_request *request) KYSO_MUST_CHECK;

/* A request as the worker reads it; everything in it is owned. */
struct kyso_draw_order {
    struct kyso_draw_request request;
    char *lines[KYSO_DRAW_LINES_MAX];
};

/* -EBADMSG for a frame that is none. */
int kyso_draw_get_request(struct kyso_frame *frame,
                          struct kyso_draw_order *ret_order) KYSO_MUST_CHECK;
void kyso_draw_order_done(struct kyso_draw_order *order);

/* kysod's: takes the file out of ANSWER. KYSO_OUTCOME_WORKER_DIED when it is none in a sealed
 * memory file of at most MAXIMUM bytes, for then the worker broke its promise. */
int kyso_draw_get_answer(struct kyso_frame *answer, uint64_t maximum,
                         int *ret_file) KYSO_MUST_CHECK;

#endif
