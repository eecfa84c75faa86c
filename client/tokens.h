/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_CLIENT_TOKENS_H
#define KYSO_CLIENT_TOKENS_H

/* Shows tokens, certificates and events. OBJECTS is what kyso_objects() gave, TOKEN the properties
 * of one token in it. */

#include <json-c/json.h>

#include "client/kyso.h"

/* The certificate at INDEX of TOKEN, or null. */
const struct kyso_map *kyso_token_certificate(const struct kyso_map *objects,
                                              const struct kyso_map *token, size_t index);

void kyso_token_line(const struct kyso_map *objects, const struct kyso_map *token);
void kyso_token_show(const struct kyso_map *objects, const struct kyso_map *token);
void kyso_token_ignore(const struct kyso_map *objects, const struct kyso_map *token);

/* With its certificates inside, keys in kebab-case. Null without memory. */
struct json_object *kyso_token_json(const struct kyso_map *objects, const char *path,
                                    const struct kyso_map *token);

/* One line for an event of kyso_client_on_event(), or for "present". */
void kyso_event_line(const struct kyso_map *event);

#endif
