/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/job.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/error.h"
#include "common/names.h"
#include "common/outcome.h"
#include "daemon/property.h"

struct kyso_job {
    struct kyso_daemon *daemon;
    struct kyso_object *object;
    uid_t uid;
    uint64_t bytes;
    bool charged;
    const char *operation, *state;
    double progress;
    void (*cancel)(void *data);
    void *data;
};

static void cancel(struct kyso_request *request, void *data)
{
    struct kyso_job *job = data;
    KYSO_MESSAGE DBusMessage *reply = dbus_message_new_method_return(request->message);

    kyso_request_reply(request, reply);
    job->cancel(job->data); /* frees the job */
}

#define GET(getter, put, expression) KYSO_GETTER(getter, put, struct kyso_job, expression)
GET(get_operation, kyso_put_string, object->operation)
GET(get_state, kyso_put_string, object->state)
GET(get_progress, kyso_put_double, object->progress)

static const struct kyso_interface JOB_INTERFACE = {
    .name = KYSO_IFACE_JOB,
    .read_action = KYSO_ACTION_FREE, /* only its own caller reaches the object at all */
    .methods =
        (const struct kyso_method[]){
            {"Cancel", "", "", KYSO_ACTION_FREE, cancel},
            {0},
        },
    .properties =
        (const struct kyso_property[]){
            {"Operation", "s", get_operation},
            {"State", "s", get_state},
            {"Progress", "d", get_progress},
            {0},
        },
};

static const struct kyso_interface *const JOB_INTERFACES[] = {&JOB_INTERFACE, NULL};

static bool make_path(const char *sender, const char *name, char *path, size_t size)
{
    static const char ALLOWED[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";
    size_t length = strlen(name);
    int n;

    if (length < 1 || length > 64 || strspn(name, ALLOWED) != length)
        return false;
    n = snprintf(path, size, KYSO_ROOT_PATH "/jobs/%s_%s", sender + 1, name);
    if (n < 0 || (size_t)n >= size)
        return false;
    for (char *c = path; *c != '\0'; c++) {
        if (*c == '.')
            *c = '_';
    }
    return true;
}

int kyso_job_new(struct kyso_daemon *daemon, struct kyso_caller *caller, const char *operation,
                 const char *name, uint64_t bytes, void (*cancel_fn)(void *data), void *data,
                 struct kyso_job **ret_job, const char **ret_detail)
{
    struct kyso_job *job;
    char path[256];
    int r;

    if (!make_path(kyso_caller_name(caller), name, path, sizeof(path))) {
        *ret_detail = "job-name";
        return KYSO_OUTCOME_BAD_ARGUMENT;
    }
    job = calloc(1, sizeof(*job));
    if (job == NULL)
        return kyso_trace(-ENOMEM);
    *job = (struct kyso_job){.daemon = daemon,
                             .uid = kyso_caller_uid(caller),
                             .bytes = bytes,
                             .operation = operation,
                             .state = "starting",
                             .cancel = cancel_fn,
                             .data = data};
    r = kyso_caller_charge(caller, bytes, ret_detail);
    job->charged = r == 0;
    if (r == 0)
        r = kyso_object_add(daemon->objects, path, JOB_INTERFACES, job, kyso_caller_name(caller),
                            &job->object);
    if (r == -EEXIST) {
        *ret_detail = "job-exists";
        r = KYSO_OUTCOME_BAD_ARGUMENT;
    }
    if (r != 0) {
        (void)kyso_job_free(job);
        return r;
    }
    *ret_job = job;
    return 0;
}

struct kyso_job *kyso_job_free(struct kyso_job *job)
{
    if (job == NULL)
        return NULL;
    (void)kyso_object_remove(job->object);
    if (job->charged)
        kyso_caller_release(job->daemon->callers, job->uid, job->bytes);
    free(job);
    return NULL;
}

const char *kyso_job_path(const struct kyso_job *job)
{
    return kyso_object_path(job->object);
}

void kyso_job_set_state(struct kyso_job *job, const char *state, double progress)
{
    static const char *const NAMES[] = {"State", "Progress", NULL};

    job->state = state;
    job->progress = progress;
    kyso_object_changed(job->object, &JOB_INTERFACE, NAMES);
}
