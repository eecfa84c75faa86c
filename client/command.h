/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_CLIENT_COMMAND_H
#define KYSO_CLIENT_COMMAND_H

/* What the commands of `kyso` share. Each takes its own arguments (argv[0] is its name), prints,
 * and returns the exit status. */

#include <getopt.h>
#include <json-c/json.h>
#include <stdbool.h>

#include "client/session.h"
#include "common/macros.h"

#define KYSO_EXIT_USAGE 2
#define KYSO_EXIT_NOT_FIT 20
#define KYSO_EXIT_UNDETERMINED 21

int kyso_cmd_tokens(int argc, char **argv);
int kyso_cmd_sign(int argc, char **argv); /* and "seal" */
int kyso_cmd_verify(int argc, char **argv);
int kyso_cmd_release(int argc, char **argv);
int kyso_cmd_audit(int argc, char **argv);
int kyso_cmd_status(int argc, char **argv);
int kyso_cmd_recovery(int argc, char **argv);
int kyso_cmd_report(int argc, char **argv);
int kyso_cmd_form(int argc, char **argv);
int kyso_cmd_roster(int argc, char **argv);
int kyso_cmd_doctor(int argc, char **argv);

/* Says what is wrong with the arguments (null: getopt has said it) and returns KYSO_EXIT_USAGE. */
int kyso_usage(const char *command, const char *problem);

/* Keeps one option in REQUEST. Null, or what is wrong with it; "" when getopt has said it. */
typedef const char *kyso_take_option_fn(void *request, int option, const char *value);

/* Hands each option of ARGV to TAKE and leaves the words behind them at optind. 0, or
 * KYSO_EXIT_USAGE after saying what is wrong. */
int kyso_parse_options(const char *command, int argc, char **argv, const char *short_options,
                       const struct option *long_options, kyso_take_option_fn *take,
                       void *request) KYSO_MUST_CHECK;

/* Whether the N words are at most KYSO_FIELDS_MAX and each KEY=VALUE. 0, or KYSO_EXIT_USAGE after
 * saying what is wrong. */
#define KYSO_FIELDS_MAX 64
int kyso_check_fields(const char *command, char **words, int n) KYSO_MUST_CHECK;

/* Opens the session or tells why not: as JSON on stdout when JSON is set. 0, or the exit status. */
int kyso_begin(const char *command, bool json, struct kyso_session *session) KYSO_MUST_CHECK;

/* Ends a command with FAILURE (taken over, may be null without memory); returns its exit status. */
int kyso_end_failed(const char *command, bool json, struct json_object *failure);

/* Copies the file at PATH ("-": standard input) into a sealed memory file. 0, or an exit status
 * with *RET_FAILURE. *RET_FD is the open file, -1 for standard input. */
int kyso_load_file(const char *path, int *ret_fd, int *ret_document,
                   struct json_object **ret_failure) KYSO_MUST_CHECK;

#endif
