/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DAEMON_CHANGE_MESSAGE_H
#define KYSO_DAEMON_CHANGE_MESSAGE_H

/* Changes as dictionaries on the bus, and what became of them. */

#include <dbus/dbus.h>

#include "daemon/change.h"

/* A field that is no string: "b", "u" or "as". Ended by a null name. */
struct kyso_field_kind {
    const char *name, *kind;
};

struct kyso_changes {
    struct kyso_change *list; /* strings are borrowed from the message, or owned below */
    size_t n;
    char **owned;
    size_t n_owned;
};
void kyso_changes_done(struct kyso_changes *changes);
#define KYSO_CHANGES KYSO_CLEANUP(kyso_changes_done)

/* Reads the a{sv} at ITER as a change of KEY (borrowed). KYSO_OUTCOME_BAD_ARGUMENT with *RET_DETAIL
 * ("field-type", "too-many-fields", "bad-user") and *RET_FIELD. */
int kyso_changes_read_one(DBusMessageIter *iter, const char *key,
                          const struct kyso_field_kind *kinds, struct kyso_changes *changes,
                          const char **ret_detail, const char **ret_field) KYSO_MUST_CHECK;
/* Reads the aa{sv} at ITER; the field KEY_FIELD of each, a string, is its key. Also "missing", and
 * KYSO_OUTCOME_LIMIT above KYSO_CHANGES_MAX. */
int kyso_changes_read(DBusMessageIter *iter, const char *key_field,
                      const struct kyso_field_kind *kinds, struct kyso_changes *changes,
                      const char **ret_detail, const char **ret_field) KYSO_MUST_CHECK;

/* Appends a{sv}: done, added, changed, unchanged, problems. */
void kyso_change_report_put(DBusMessageIter *to, const struct kyso_change_report *report,
                            const struct kyso_changes *changes, bool done);

#endif
