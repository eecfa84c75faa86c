/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/command.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "client/failure.h"
#include "client/i18n.h"
#include "client/map.h"
#include "client/output.h"
#include "common/outcome.h"

#define DOCUMENT_MAX ((uint64_t)4 << 30) /* the service has the real limit */

int kyso_usage(const char *command, const char *problem)
{
    if (problem != NULL)
        (void)fprintf(stderr, "kyso %s: %s\n", command, problem);
    (void)fprintf(stderr, _("Try “kyso %s --help”.\n"), command);
    return KYSO_EXIT_USAGE;
}

int kyso_parse_options(const char *command, int argc, char **argv, const char *short_options,
                       const struct option *long_options, kyso_take_option_fn *take, void *request)
{
    int option;

    while ((option = getopt_long(argc, argv, short_options, long_options, NULL)) != -1) {
        const char *problem = take(request, option, optarg);

        if (problem != NULL)
            return kyso_usage(command, *problem != '\0' ? problem : NULL);
    }
    return 0;
}

int kyso_check_fields(const char *command, char **words, int n)
{
    if (n > KYSO_FIELDS_MAX)
        return kyso_usage(command, _("There are too many arguments."));
    for (int i = 0; i < n; i++) {
        if (words[i][0] == '=' || strchr(words[i], '=') == NULL)
            return kyso_usage(command, _("What is filled in is written KEY=VALUE."));
    }
    return 0;
}

int kyso_end_failed(const char *command, bool json, struct json_object *failure)
{
    int status = kyso_failure_status(failure);

    if (json && failure != NULL) {
        kyso_failure_explain(failure);
        kyso_json_add_string(failure, "command", command);
        kyso_json_print(failure, false);
    } else {
        kyso_failure_print(NULL, failure);
    }
    (void)json_object_put(failure);
    return status;
}

int kyso_begin(const char *command, bool json, struct kyso_session *session)
{
    int r = kyso_session_open(session);

    if (r == 0)
        return 0;
    if (r == -ENOTCONN)
        return kyso_end_failed(command, json,
                               kyso_failure_local(KYSO_OUTCOME_FAILED, "bus-unavailable", NULL));
    return kyso_end_failed(command, json,
                           kyso_failure_local(KYSO_OUTCOME_FAILED, NULL, strerror(-r)));
}

static int load_failed(int r, struct json_object **ret_failure)
{
    if (r == KYSO_OUTCOME_BAD_DOCUMENT)
        *ret_failure = kyso_failure_local(r, "input-empty", NULL);
    else if (r == KYSO_OUTCOME_LIMIT)
        *ret_failure = kyso_failure_local(r, "input-too-large", NULL);
    else
        *ret_failure = kyso_failure_local(KYSO_OUTCOME_FAILED, "input-failed", strerror(-r));
    return kyso_failure_status(*ret_failure);
}

int kyso_load_file(const char *path, int *ret_fd, int *ret_document,
                   struct json_object **ret_failure)
{
    bool standard = strcmp(path, "-") == 0;
    KYSO_CLOSE int fd = standard ? -1 : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    int r;

    if (!standard && fd < 0)
        return load_failed(-errno, ret_failure);
    r = kyso_document_load(standard ? STDIN_FILENO : fd, DOCUMENT_MAX, ret_document);
    if (r != 0)
        return load_failed(r, ret_failure);
    *ret_fd = kyso_steal_fd(&fd);
    return 0;
}
