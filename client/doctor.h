/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_CLIENT_DOCTOR_H
#define KYSO_CLIENT_DOCTOR_H

/* What `kyso doctor` looks at, one finding for each check. */

#include <json-c/json.h>

#include "client/kyso.h"

enum kyso_health {
    KYSO_HEALTH_GOOD,
    KYSO_HEALTH_NOTE,   /* worth knowing; signing works */
    KYSO_HEALTH_DOOR,   /* works, but stands open to others */
    KYSO_HEALTH_BROKEN, /* stops signing */
};

/* Adds a finding to LIST (JSON array). WHAT and NEXT are translated; MORE (or null) is shown as it
 * is. */
void kyso_doctor_add(struct json_object *list, const char *check, enum kyso_health health,
                     const char *what, const char *more, const char *next);

/* The parts that need no signing service. */
void kyso_doctor_pcscd(struct json_object *list, const char *socket_path);
void kyso_doctor_modules(struct json_object *list, const char *folder);
void kyso_doctor_session(struct json_object *list);

#endif
