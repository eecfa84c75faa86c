/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "document/forms/remote.h"

#include <errno.h>

#include "common/clock.h"
#include "common/error.h"
#include "common/memfd.h"
#include "common/outcome.h"
#include "common/worker.h"
#include "document/draw-protocol.h"
#include "document/forms/protocol.h"

#define DEADLINE_USEC (20 * KYSO_USEC_PER_SEC) /* twice its CPU time: the machine may be busy */

struct kyso_form_call {
    struct kyso_call *call;
    kyso_form_fn fn;
    void *data;
};

static void answered(void *data, int result, const char *detail, struct kyso_frame *answer)
{
    struct kyso_form_call *call = data;
    int file = -1;

    if (result == 0)
        result = kyso_draw_get_answer(answer, KYSO_FORM_FILE_MAX, &file);
    call->fn(call->data, result, detail, file); /* may free the call */
}

int kyso_form_set(struct kyso_loop *loop, const struct kyso_form_request *request, kyso_form_fn fn,
                  void *data, struct kyso_form_call **ret_call)
{
    static const struct kyso_worker_spec SPEC = {.program = "kyso-draw",
                                                 .deadline_usec = DEADLINE_USEC};
    KYSO_FRAME struct kyso_frame frame = {0};
    struct kyso_form_call *call;
    uint64_t size;
    int r = kyso_memfd_check(request->form, KYSO_FORM_FORM_MAX, &size);

    if (r == 0)
        r = kyso_memfd_check(request->values, KYSO_FORM_VALUES_MAX, &size);
    if (r == 0)
        r = kyso_form_put_request(&frame, request);
    if (r != 0)
        return kyso_trace(r);
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

struct kyso_form_call *kyso_form_call_free(struct kyso_form_call *call)
{
    if (call == NULL)
        return NULL;
    (void)kyso_call_free(call->call);
    free(call);
    return NULL;
}
