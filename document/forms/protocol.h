/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DOCUMENT_FORMS_PROTOCOL_H
#define KYSO_DOCUMENT_FORMS_PROTOCOL_H

/* The frame that asks kyso-draw for a form: the format, and the descriptors of form and values. It
 * is answered like one for an appearance (document/draw-protocol.h). Both sides use this file. */

#include "common/wire.h"
#include "document/forms/remote.h"

#define KYSO_FORM_REQUEST 3

/* FRAME is filled, and to be released with kyso_frame_done() whatever comes back. */
int kyso_form_put_request(struct kyso_frame *frame,
                          const struct kyso_form_request *request) KYSO_MUST_CHECK;
/* The descriptors are the caller's then. -EBADMSG for a frame that is none. */
int kyso_form_get_request(struct kyso_frame *frame,
                          struct kyso_form_request *ret_request) KYSO_MUST_CHECK;

#endif
