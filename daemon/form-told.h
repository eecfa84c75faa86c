/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DAEMON_FORM_TOLD_H
#define KYSO_DAEMON_FORM_TOLD_H

/* What kyso-draw tells of a form that it has set as JSON (kyso-form(5)): a finding of a process
 * that may have been taken over. What was read has the shape below and holds UTF-8 only; whatever
 * else it says cannot harm whoever puts it into a message. */

#include <stddef.h>

#include "common/macros.h"
#include "daemon/dict.h"

struct kyso_form_told;

/* Reads the memory file, of at most 2 MiB. KYSO_OUTCOME_WORKER_DIED for what is no such thing. */
int kyso_form_told_read(int file, struct kyso_form_told **ret_told) KYSO_MUST_CHECK;
struct kyso_form_told *kyso_form_told_free(struct kyso_form_told *told);

const char *kyso_form_told_text(const struct kyso_form_told *told, const char *name); /* or "" */
bool kyso_form_told_complete(const struct kyso_form_told *told);
size_t kyso_form_told_missing(const struct kyso_form_told *told); /* how many blanks are left */
size_t kyso_form_told_rows(const struct kyso_form_told *told);    /* of its first table */

/* "missing", "assumed" and "fields" of the answers of org.kyso.Kyso1.Recovery. */
void kyso_form_told_put_missing(const struct kyso_form_told *told, struct kyso_dict *report);
void kyso_form_told_put_assumed(const struct kyso_form_told *told, struct kyso_dict *report);
void kyso_form_told_put_fields(const struct kyso_form_told *told, struct kyso_dict *report);

#endif
