/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DAEMON_DICT_H
#define KYSO_DAEMON_DICT_H

/* Dictionaries a{sv}: built for reports, taken apart for options. */

#include <dbus/dbus.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Puts keep the first failure (no memory) in OK. */
struct kyso_dict {
    DBusMessageIter *parent;
    DBusMessageIter array;
    bool ok;
};

void kyso_dict_open(struct kyso_dict *dict, DBusMessageIter *parent);
void kyso_dict_string(struct kyso_dict *dict, const char *key, const char *value); /* null: "" */
void kyso_dict_path(struct kyso_dict *dict, const char *key, const char *value);
void kyso_dict_bool(struct kyso_dict *dict, const char *key, bool value);
void kyso_dict_u32(struct kyso_dict *dict, const char *key, uint32_t value);
void kyso_dict_i32(struct kyso_dict *dict, const char *key, int32_t value);
void kyso_dict_u64(struct kyso_dict *dict, const char *key, uint64_t value);
void kyso_dict_strings(struct kyso_dict *dict, const char *key, const char *const *values,
                       size_t n);
/* Opens an entry whose value is an array of dictionaries (aa{sv}); each is opened on *RET_ARRAY. */
struct kyso_dict_list {
    DBusMessageIter entry, variant, array;
};
void kyso_dict_list_open(struct kyso_dict *dict, const char *key, struct kyso_dict_list *list);
void kyso_dict_list_close(struct kyso_dict *dict, struct kyso_dict_list *list);
bool kyso_dict_close(struct kyso_dict *dict);

/* One option: KIND is a D-Bus signature ("s", "b", "u", "h", "(dddd)", "as"). VALUE: const char *,
 * bool, uint32_t, int (a duplicate, -1 before), double[4], struct kyso_strings. Strings are
 * borrowed from the message. */
struct kyso_option {
    const char *name, *kind;
    void *value;
    size_t maximum; /* bytes of a string, entries of a list */
};
struct kyso_strings {
    const char *values[32];
    size_t n;
};

/* Reads the a{sv} at ITER; N is at most 64. 0, or KYSO_OUTCOME_BAD_ARGUMENT with *RET_DETAIL
 * ("unknown-option", "option-type", "option-too-long", "option-given-twice") and *RET_NAME.
 * Descriptors read so far are the caller's to close in any case. */
int kyso_options_read(DBusMessageIter *iter, const struct kyso_option *options, size_t n,
                      const char **ret_detail, const char **ret_name)
    __attribute__((warn_unused_result));

#endif
