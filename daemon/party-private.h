/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DAEMON_PARTY_PRIVATE_H
#define KYSO_DAEMON_PARTY_PRIVATE_H

/* Shared by party.c (one party), party-check.c (what its fields may hold) and party-change.c. */

#include "daemon/party.h"

/* The number of a field; KYSO_PARTY_FIELDS_MAX when there is none of this name. */
size_t kyso_party_field(enum kyso_party_kind kind, const char *name);
/* One with all fields empty; done in any case. */
int kyso_party_init(struct kyso_party *party, enum kyso_party_kind kind,
                    const char *id) KYSO_MUST_CHECK;
int kyso_party_set(struct kyso_party *party, size_t field, const char *value) KYSO_MUST_CHECK;

/* What is wrong with an id: null, or "bad-id" or what kyso_change_check_text says. */
const char *kyso_party_check_id(enum kyso_party_kind kind, const char *id);
/* What is wrong with a value, "" being right: null or a word. TODAY: yyyymmdd. */
const char *kyso_party_check_value(enum kyso_party_kind kind, const char *field, const char *value,
                                   uint32_t today);
/* What is wrong with the whole: null or a word, with the field it is about. */
const char *kyso_party_check(const struct kyso_party *party, const char **ret_field);

#endif
