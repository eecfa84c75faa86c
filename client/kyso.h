/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_H
#define KYSO_H

/* libkyso: asks the signing service kysod (org.kyso.Kyso1 on the system bus) to sign, seal, verify
 * and issue documents. One client is one private bus connection and belongs to one thread.
 *
 * Functions that can fail return an int: 0 done; a negative errno nobody planned for; or a positive
 * outcome. The numbers of outcomes may change between versions; their words do not: ask
 * kyso_result_name() ("pin-wrong", "refused", "token-missing" ...). kyso_client_failure() tells
 * more. Outputs named ret_ are written only on success and belong to the caller.
 *
 * Documents are sealed memory files: see kyso_document_load(). Nothing here makes text for people.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define KYSO_PUBLIC __attribute__((visibility("default")))
#define KYSO_CHECKED __attribute__((warn_unused_result))

/* ---- results ---- */

/* The word of a result: "done" for 0, "failed" for negative values. Static storage. */
KYSO_PUBLIC const char *kyso_result_name(int result);
/* The exit status the kyso command gives it: 0 to 9. */
KYSO_PUBLIC int kyso_result_exit_status(int result);

/* ---- dictionaries that came from the service ---- */

/* Read-only; keys and meanings are those of the bus interface (byte strings come as upper-case
 * hex). A missing key or another type reads as "", 0, false or null. Borrowed pointers live as long
 * as the map at the top. */
struct kyso_map;

KYSO_PUBLIC const char *kyso_map_string(const struct kyso_map *map, const char *key);
KYSO_PUBLIC int64_t kyso_map_number(const struct kyso_map *map, const char *key);
KYSO_PUBLIC double kyso_map_real(const struct kyso_map *map, const char *key);
KYSO_PUBLIC bool kyso_map_bool(const struct kyso_map *map, const char *key);
KYSO_PUBLIC bool kyso_map_has(const struct kyso_map *map, const char *key);
/* A dictionary within. */
KYSO_PUBLIC const struct kyso_map *kyso_map_child(const struct kyso_map *map, const char *key);
/* A list within: its length, its dictionaries, strings and numbers. */
KYSO_PUBLIC size_t kyso_map_length(const struct kyso_map *map, const char *key);
KYSO_PUBLIC const struct kyso_map *kyso_map_item(const struct kyso_map *map, const char *key,
                                                 size_t index);
KYSO_PUBLIC const char *kyso_map_item_string(const struct kyso_map *map, const char *key,
                                             size_t index);
KYSO_PUBLIC int64_t kyso_map_item_number(const struct kyso_map *map, const char *key, size_t index);
/* The key at INDEX in the order of arrival; null past the end. */
KYSO_PUBLIC const char *kyso_map_key(const struct kyso_map *map, size_t index);
/* The whole map as JSON text, owned by the map; overwritten by the next call on it. */
KYSO_PUBLIC const char *kyso_map_json(struct kyso_map *map);
KYSO_PUBLIC struct kyso_map *kyso_map_free(struct kyso_map *map); /* null; accepts null */

/* ---- connection ---- */

struct kyso_client;

/* Connects to the system bus. Does not start the service yet: the first call does. -ENOTCONN when
 * there is no bus. */
KYSO_PUBLIC int kyso_client_open(struct kyso_client **ret_client) KYSO_CHECKED;
/* Ends the connection, and with it every job of this client. */
KYSO_PUBLIC struct kyso_client *kyso_client_free(struct kyso_client *client);

/* What is known of the last failure: "outcome" and what the service said: "detail", "reason",
 * "clause", "remedy" ...; machine words, never prose. Borrowed; valid until the next call. Never
 * null. Details made here: service-unavailable, service-gone, no-reply, bus-denied, disconnected,
 * bad-answer, other-version. */
KYSO_PUBLIC struct kyso_map *kyso_client_failure(struct kyso_client *client);

/* For a main loop: poll this descriptor for input, then call dispatch, which never waits; call it
 * after each blocking call too, for what came in meanwhile. Blocking calls poll by themselves. */
KYSO_PUBLIC int kyso_client_fd(struct kyso_client *client);
KYSO_PUBLIC int kyso_client_dispatch(struct kyso_client *client) KYSO_CHECKED;
/* Waits for something to happen on the bus or a descriptor added below and handles it;
 * TIMEOUT_MSEC -1: for ever. "failed"/disconnected when the bus is gone. */
KYSO_PUBLIC int kyso_client_wait(struct kyso_client *client, int timeout_msec) KYSO_CHECKED;

/* While a blocking call waits, also wait for input on FD (borrowed) and call FN. At most
 * KYSO_CLIENT_FDS at a time (-ENOSPC). FN may add and remove descriptors, answer a PIN request and
 * cancel, but must not make a blocking call (-EDEADLK). */
#define KYSO_CLIENT_FDS 8
typedef void (*kyso_fd_fn)(void *data, int fd);
KYSO_PUBLIC int kyso_client_add_fd(struct kyso_client *client, int fd, kyso_fd_fn fn,
                                   void *data) KYSO_CHECKED;
KYSO_PUBLIC void kyso_client_remove_fd(struct kyso_client *client, int fd);

/* ---- what is there ---- */

/* Properties of the service itself: "Version", "Profile", "ReadersAvailable". */
KYSO_PUBLIC int kyso_service(struct kyso_client *client,
                             struct kyso_map **ret_service) KYSO_CHECKED;

/* All tokens, certificates and own jobs: object path → interface → property → value. From then on
 * the service tells this client of changes. */
KYSO_PUBLIC int kyso_objects(struct kyso_client *client,
                             struct kyso_map **ret_objects) KYSO_CHECKED;

/* Calls FN for each change after kyso_objects(). EVENT (borrowed) has "event": added ("path",
 * "interfaces": interface → property → value), removed ("path", "interfaces": names), changed
 * ("path", "interface", "properties", "invalidated": names of those to be read again), pin-locked,
 * pin-unlocked, overdue ("path"), service-gone, service-back (call kyso_objects() again, after FN
 * returned). FN null ends it. */
typedef void (*kyso_event_fn)(void *data, const struct kyso_map *event);
KYSO_PUBLIC void kyso_client_on_event(struct kyso_client *client, kyso_event_fn fn, void *data);

/* ---- documents ---- */

/* Copies what FD holds from its start (a regular file) or up to its end (a pipe) into a new, fully
 * sealed memory file. The file may change meanwhile; the copy never does. "bad-document" when
 * empty, "limit-exceeded" above MAXIMUM bytes. */
KYSO_PUBLIC int kyso_document_load(int fd, uint64_t maximum, int *ret_document) KYSO_CHECKED;
KYSO_PUBLIC int kyso_document_from_bytes(const void *bytes, size_t length,
                                         int *ret_document) KYSO_CHECKED;

/* ---- options of a call ---- */

/* The a{sv} at the end of a call, keys as in the bus interface. Setters copy (descriptors are
 * duplicated); the first failure is kept and returned by the call that uses the options. */
struct kyso_options;

KYSO_PUBLIC struct kyso_options *kyso_options_new(void); /* null without memory */
KYSO_PUBLIC struct kyso_options *kyso_options_free(struct kyso_options *options);
KYSO_PUBLIC void kyso_options_string(struct kyso_options *options, const char *key,
                                     const char *value);
KYSO_PUBLIC void kyso_options_strings(struct kyso_options *options, const char *key,
                                      const char *const *values, size_t n);
KYSO_PUBLIC void kyso_options_number(struct kyso_options *options, const char *key, uint32_t value);
KYSO_PUBLIC void kyso_options_bool(struct kyso_options *options, const char *key, bool value);
KYSO_PUBLIC void kyso_options_fd(struct kyso_options *options, const char *key, int fd);
/* Left, bottom, width and height in points. */
KYSO_PUBLIC void kyso_options_box(struct kyso_options *options, const char *key,
                                  const double box[4]);

/* ---- signing and verifying ---- */

/* Signs DOCUMENT as a person, or seals it for the organisation. CERTIFICATE: SHA-256 fingerprint in
 * hex, or "" for the only one that fits. OPTIONS may be null. Waits as long as it takes, with no
 * time limit, calling the agent, progress and descriptor functions meanwhile. The result is a
 * sealed memory file with the new document; the report is that of the bus interface. */
KYSO_PUBLIC int kyso_sign(struct kyso_client *client, int document, const char *certificate,
                          const struct kyso_options *options, int *ret_result,
                          struct kyso_map **ret_report) KYSO_CHECKED;
KYSO_PUBLIC int kyso_seal(struct kyso_client *client, int document, const char *certificate,
                          const struct kyso_options *options, int *ret_result,
                          struct kyso_map **ret_report) KYSO_CHECKED;
/* The report of the bus interface with "verdict": fit, not-fit, undetermined. All three return 0.
 */
KYSO_PUBLIC int kyso_verify(struct kyso_client *client, int document,
                            const struct kyso_options *options,
                            struct kyso_map **ret_report) KYSO_CHECKED;

/* ---- issuing ---- */

/* The clerk issues DOCUMENT: from then on it is closed to further signatures. NUMBER and DATE
 * (YYYY-MM-DD) as in the office's register; CHANNEL: a word of the bus interface, how it is sent
 * out. The report is that of the bus interface. */
KYSO_PUBLIC int kyso_release(struct kyso_client *client, int document, const char *number,
                             const char *date, const char *channel,
                             const struct kyso_options *options,
                             struct kyso_map **ret_report) KYSO_CHECKED;
/* What the register has about DOCUMENT, whatever branch of it that is; and what was entered in
 * [SINCE, UNTIL), seconds since 1970 (UNTIL 0: no end), with this NUMBER ("": any). A map with the
 * list "releases", oldest first. */
KYSO_PUBLIC int kyso_find_releases(struct kyso_client *client, int document,
                                   struct kyso_map **ret_releases) KYSO_CHECKED;
KYSO_PUBLIC int kyso_list_releases(struct kyso_client *client, uint64_t since, uint64_t until,
                                   const char *number, struct kyso_map **ret_releases) KYSO_CHECKED;

/* Cancels the job of the call that is waiting, which then returns "cancelled". A second time, or
 * when that call has no job: gives up at once, without waiting for the service. */
KYSO_PUBLIC void kyso_client_cancel(struct kyso_client *client);

/* STATE and PROGRESS (0 to 1) of the own job. Only after kyso_objects(). */
typedef void (*kyso_progress_fn)(void *data, const char *state, double progress);
KYSO_PUBLIC void kyso_client_on_progress(struct kyso_client *client, kyso_progress_fn fn,
                                         void *data);

/* ---- deadlines ---- */

/* What has to be done by when: "Deadlines", a list; each as in the bus interface. From then on the
 * service tells this client of changes. */
KYSO_PUBLIC int kyso_deadlines(struct kyso_client *client,
                               struct kyso_map **ret_deadlines) KYSO_CHECKED;
/* Begins a term of KIND at AT (seconds since 1970, 0: now); "id" names it. Ends it. */
KYSO_PUBLIC int kyso_deadline_begin(struct kyso_client *client, const char *kind, uint64_t at,
                                    const struct kyso_options *options,
                                    struct kyso_map **ret_id) KYSO_CHECKED;
KYSO_PUBLIC int kyso_deadline_finish(struct kyso_client *client, const char *id,
                                     uint64_t at) KYSO_CHECKED;

/* ---- reports ---- */

/* What the records with FROM <= time < UNTIL (seconds since 1970) add up to, and as a sealed memory
 * file the CSV of the records behind each number; as the bus interface says. */
KYSO_PUBLIC int kyso_report_count(struct kyso_client *client, uint64_t from, uint64_t until,
                                  struct kyso_map **ret_numbers, int *ret_evidence) KYSO_CHECKED;
/* A report set as a form, in a sealed memory file. */
struct kyso_report {
    const char *form;   /* as kyso-form(5) names it */
    const char *format; /* pdf, odt, json, csv */
    uint64_t from, until;
    const char *const *fields; /* KEY=VALUE: what a person fills in */
    size_t n_fields;
    const struct kyso_options *options; /* may be null */
};
KYSO_PUBLIC int kyso_report_make(struct kyso_client *client, const struct kyso_report *report,
                                 int *ret_file, bool *ret_log_intact) KYSO_CHECKED;

/* ---- forms ---- */

/* An official form, in a sealed memory file. */
struct kyso_form {
    const char *form;          /* as kyso-form(5) names it */
    const char *format;        /* pdf, odt, json, csv */
    const char *const *fields; /* KEY=VALUE: what a person fills in */
    size_t n_fields;
    const struct kyso_options *options; /* as the bus interface has them; may be null */
};
KYSO_PUBLIC int kyso_form_make(struct kyso_client *client, const struct kyso_form *form,
                               int *ret_file) KYSO_CHECKED;

/* ---- audit log ---- */

/* Has the service check its whole log, and N heads (at most 32) that were kept outside. The report
 * is that of the bus interface. */
KYSO_PUBLIC int kyso_audit_verify(struct kyso_client *client, const char *const *heads, size_t n,
                                  bool *ret_intact, struct kyso_map **ret_report) KYSO_CHECKED;
/* The records from number FROM (1 or later) on, as a sealed memory file of lines "HASH RECORD";
 * *RET_NEXT is the number to go on with, 0 when that was all. "not-found" when there are none. */
KYSO_PUBLIC int kyso_audit_export(struct kyso_client *client, uint64_t from, int *ret_log,
                                  uint64_t *ret_next) KYSO_CHECKED;

/* ---- who is who ---- */

/* The roster's entries, whose keys are fingerprints in hex, and the persons and organisations of
 * the forms, whose keys are ids. Fields are those of org.kyso.Kyso1.Roster; a field that is not
 * given stays as it is. Changes, and looking at a person or organisation, are for administrators.
 */
enum kyso_register { KYSO_REGISTER_ENTRIES, KYSO_REGISTER_PERSONS, KYSO_REGISTER_ORGANISATIONS };

/* "entries": all of them; of persons and organisations "ids" alone. */
KYSO_PUBLIC int kyso_register_list(struct kyso_client *client, enum kyso_register which,
                                   struct kyso_map **ret_list) KYSO_CHECKED;
/* A person or organisation; of entries "unsupported": list them. */
KYSO_PUBLIC int kyso_register_get(struct kyso_client *client, enum kyso_register which,
                                  const char *key, struct kyso_map **ret_found) KYSO_CHECKED;
/* "entries": all of them, of persons and organisations too. */
KYSO_PUBLIC int kyso_register_get_all(struct kyso_client *client, enum kyso_register which,
                                      struct kyso_map **ret_list) KYSO_CHECKED;
KYSO_PUBLIC int kyso_register_set(struct kyso_client *client, enum kyso_register which,
                                  const char *key, const struct kyso_options *fields) KYSO_CHECKED;
KYSO_PUBLIC int kyso_register_remove(struct kyso_client *client, enum kyso_register which,
                                     const char *key) KYSO_CHECKED;
/* All N rows, each with its key in "fingerprint" or "id", or none: the report says which. OPTIONS
 * may be null. */
KYSO_PUBLIC int kyso_register_import(struct kyso_client *client, enum kyso_register which,
                                     const struct kyso_options *const *rows, size_t n,
                                     const struct kyso_options *options,
                                     struct kyso_map **ret_report) KYSO_CHECKED;

/* ---- recovery ---- */

/* Requests are objects of kyso_objects() with the interface org.kyso.Kyso1.Recovery; REQUEST is the
 * path of one. See the bus interface for incidents, fields, formats and reports. */
KYSO_PUBLIC int kyso_recovery_start(struct kyso_client *client, const char *target,
                                    const char *incident,
                                    struct kyso_map **ret_request) KYSO_CHECKED; /* "request" */
KYSO_PUBLIC int kyso_recovery_combine(struct kyso_client *client, const char *const *requests,
                                      size_t n,
                                      struct kyso_map **ret_letter) KYSO_CHECKED; /* "letter" */
/* FIELDS are N texts KEY=VALUE. */
KYSO_PUBLIC int kyso_recovery_fill(struct kyso_client *client, const char *request,
                                   const char *const *fields, size_t n) KYSO_CHECKED;
/* OPTIONS may be null. The file is a sealed memory file. */
KYSO_PUBLIC int kyso_recovery_preview(struct kyso_client *client, const char *request,
                                      const struct kyso_options *options,
                                      struct kyso_map **ret_report) KYSO_CHECKED;
KYSO_PUBLIC int kyso_recovery_render(struct kyso_client *client, const char *request,
                                     const char *format, const struct kyso_options *options,
                                     int *ret_file, struct kyso_map **ret_report) KYSO_CHECKED;
/* AT: seconds since 1970; 0: now. */
KYSO_PUBLIC int kyso_recovery_sent(struct kyso_client *client, const char *request, const char *to,
                                   const char *how, uint64_t at) KYSO_CHECKED;
/* REASON is for refused and cancelled. */
enum kyso_recovery_end {
    KYSO_RECOVERY_END_RECOVERED,
    KYSO_RECOVERY_END_REVOKED,
    KYSO_RECOVERY_END_REFUSED,
    KYSO_RECOVERY_END_CANCELLED
};
KYSO_PUBLIC int kyso_recovery_end(struct kyso_client *client, const char *request,
                                  enum kyso_recovery_end end, const char *reason) KYSO_CHECKED;

/* ---- PIN agent ---- */

/* How the service asks this client for PINs of its own jobs. Only the service itself is heard.
 * DETAILS (borrowed) as in org.kyso.Kyso1.PinAgent. */
struct kyso_agent {
    /* Ask the person, return at once, and later call kyso_pin_send() or kyso_pin_refuse(). */
    void (*request)(void *data, const struct kyso_map *details);
    /* The person enters it on the reader; show that. */
    void (*show_pinpad)(void *data, const struct kyso_map *details);
    /* The question stands no longer; take it from the screen. */
    void (*cancel)(void *data, const char *reason);
};

/* Registers the agent; AGENT (borrowed) must outlive the client. */
KYSO_PUBLIC int kyso_agent_register(struct kyso_client *client, const struct kyso_agent *agent,
                                    void *data) KYSO_CHECKED;
/* Writes the PIN (1 to 64 bytes, no newline, no NUL) straight from PIN into the pipe; no copy is
 * kept. The caller wipes its own memory. "pin-invalid" for another length or those bytes,
 * "cancelled" when nobody asks any more. */
KYSO_PUBLIC int kyso_pin_send(struct kyso_client *client, const void *pin,
                              size_t length) KYSO_CHECKED;
/* Tells the service that no PIN will come: the call ends as cancelled. */
KYSO_PUBLIC void kyso_pin_refuse(struct kyso_client *client);

#ifdef __cplusplus
}
#endif

#endif
