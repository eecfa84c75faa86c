/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DAEMON_RECOVERY_DESK_H
#define KYSO_DAEMON_RECOVERY_DESK_H

/* Where requests (daemon/recovery) meet the rest of kysod: tokens that were judged, objects on the
 * bus, the alarm on the wall clock, and the forms that are made of requests. */

#include "daemon/daemon.h"
#include "daemon/form-values.h"
#include "daemon/recovery.h"

struct kyso_recovery_form;

struct kyso_recovery_desk {
    struct kyso_daemon *daemon;
    struct kyso_deadline_rules rules;
    struct kyso_recovery *recovery;
    struct kyso_source *alarm;
    struct kyso_recovery_form *forms; /* being made */
};

/* What is on the bus for a request. */
struct kyso_recovery_shown {
    struct kyso_recovery_desk *desk;
    struct kyso_recovery_request *request;
    struct kyso_object *object;
};

/* Loads the requests and shows them. */
int kyso_recovery_desk_new(struct kyso_daemon *daemon,
                           struct kyso_recovery_desk **ret_desk) KYSO_MUST_CHECK;
/* Once the inventory has described what the store knew: brings the requests into line with what is
 * recorded of each token, and goes on doing so. */
void kyso_recovery_desk_start(struct kyso_recovery_desk *desk);
struct kyso_recovery_desk *kyso_recovery_desk_free(struct kyso_recovery_desk *desk);

/* Marks what is overdue and sets the alarm for what will be next. */
void kyso_recovery_desk_set_alarm(struct kyso_recovery_desk *desk);

struct kyso_token_entry *kyso_recovery_desk_token(const struct kyso_recovery_desk *desk,
                                                  const char *key);

/* TOKEN with its holder's certificates: CHOSEN (may be null) first and those of the roster; when
 * there is neither, those with a key; else the others. Never an authority's that was described. */
struct kyso_recovery_facts {
    struct kyso_recovery_token token;
    uint8_t certificates[KYSO_RECOVERY_CERTIFICATES_MAX][32];
};
int kyso_recovery_desk_facts(const struct kyso_recovery_desk *desk,
                             const struct kyso_token_entry *token, const uint8_t *chosen,
                             struct kyso_recovery_facts *ret_facts) KYSO_MUST_CHECK;

/* ---- forms ---- */

/* The forms that can be made of REQUEST now: its own, the record of a lost token, the note to the
 * Director once it is overdue. Null past the last. */
const char *kyso_recovery_form_at(const struct kyso_recovery_shown *shown, size_t index);

/* What REQUEST's FORM is filled with, rows only when it TAKES_ROWS; *RET_WARNINGS of
 * KYSO_RECOVERY_WARNINGS (bits by their index there). */
#define KYSO_RECOVERY_WARNINGS_MAX 4
extern const char *const KYSO_RECOVERY_WARNINGS[KYSO_RECOVERY_WARNINGS_MAX];
int kyso_recovery_values(const struct kyso_recovery_shown *shown, const char *form, bool takes_rows,
                         int *ret_values, uint32_t *ret_warnings) KYSO_MUST_CHECK;

/* Handlers of Preview and Render, when the caller may. */
void kyso_recovery_preview(struct kyso_request *request, void *shown);
void kyso_recovery_render(struct kyso_request *request, void *shown);
void kyso_recovery_forms_stop(struct kyso_recovery_desk *desk);

/* Roster's class of the certificate on the form, "unknown" without an entry. */
const char *kyso_recovery_class(const struct kyso_recovery_desk *desk,
                                const struct kyso_recovery_request *request);

extern const struct kyso_interface KYSO_RECOVERY_REQUEST_INTERFACE;
extern const struct kyso_recovery_observer KYSO_RECOVERY_OBSERVER; /* data: the desk */

#endif
