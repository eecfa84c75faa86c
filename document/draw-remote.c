/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "common/clock.h"
#include "common/error.h"
#include "common/outcome.h"
#include "common/text.h"
#include "document/draw-protocol.h"
#include "document/remote.h"

#define DEADLINE_USEC (20 * KYSO_USEC_PER_SEC) /* twice its CPU time: the machine may be busy */

struct kyso_draw_call {
    struct kyso_call *call;
    kyso_draw_fn fn;
    void *data;
};

static void answered(void *data, int result, const char *detail, struct kyso_frame *answer)
{
    struct kyso_draw_call *call = data;
    int page = -1;

    if (result == 0)
        result = kyso_draw_get_answer(answer, KYSO_DRAW_PAGE_MAX, &page);
    call->fn(call->data, result, detail, page); /* may free the call */
}

int kyso_draw(struct kyso_loop *loop, const struct kyso_draw_request *request, kyso_draw_fn fn,
              void *data, struct kyso_draw_call **ret_call)
{
    static const struct kyso_worker_spec SPEC = {.program = "kyso-draw",
                                                 .deadline_usec = DEADLINE_USEC};
    struct kyso_draw_call *call;
    KYSO_FRAME struct kyso_frame frame = {0};
    int r;

    if (request->n_lines > KYSO_DRAW_LINES_MAX)
        return KYSO_OUTCOME_LIMIT;
    for (size_t i = 0; i < request->n_lines; i++)
        if (!kyso_text_is_utf8(request->lines[i], strlen(request->lines[i])))
            return KYSO_OUTCOME_BAD_ARGUMENT;
    r = kyso_draw_put_request(&frame, request);
    if (r < 0)
        return r == -EMSGSIZE ? KYSO_OUTCOME_LIMIT : kyso_trace(r);
    call = calloc(1, sizeof(*call));
    if (call == NULL)
        return kyso_trace(-ENOMEM);
    call->fn = fn;
    call->data = data;
    r = kyso_call_start(loop, &SPEC, &frame, answered, call, &call->call);
    if (r < 0) {
        free(call);
        return r;
    }
    *ret_call = call;
    return 0;
}

struct kyso_draw_call *kyso_draw_call_free(struct kyso_draw_call *call)
{
    if (call == NULL)
        return NULL;
    (void)kyso_call_free(call->call);
    free(call);
    return NULL;
}
