/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Forms of requests: what is known and what is missing, then the sheet itself, each by a fresh
 * kyso-draw. They hold personal data: nothing of it goes into the log or the audit log. */

#include <errno.h>
#include <string.h>

#include "common/error.h"
#include "common/memfd.h"
#include "common/outcome.h"
#include "config.h"
#include "daemon/dict.h"
#include "daemon/digest.h"
#include "daemon/form-call.h"
#include "daemon/form-told.h"
#include "daemon/property.h"
#include "daemon/recovery-desk.h"
#include "document/forms/remote.h"

/* One form being made for a caller. */
struct kyso_recovery_form {
    struct kyso_recovery_form *next;
    const struct kyso_recovery_shown *shown;
    struct kyso_request *request;
    uid_t uid; /* whose quota it holds */
    bool charged, preview, takes_rows;
    const char *form;
    enum kyso_form_format format;
    int sheet, values, made; /* memory files */
    uint32_t warnings;
    struct kyso_form_told *told; /* what kyso-draw says about it */
    struct kyso_form_call *call;
    struct kyso_digest *digest; /* of what was made */
};

static void form_free(struct kyso_recovery_form *form)
{
    struct kyso_recovery_desk *desk = form->shown->desk;

    for (struct kyso_recovery_form **at = &desk->forms; *at != NULL; at = &(*at)->next) {
        if (*at == form) {
            *at = form->next;
            break;
        }
    }
    if (form->charged)
        kyso_caller_release(desk->daemon->callers, form->uid, KYSO_FORM_FILE_MAX);
    (void)kyso_form_call_free(form->call);
    (void)kyso_digest_free(form->digest);
    kyso_close(&form->made);
    kyso_close(&form->sheet);
    kyso_close(&form->values);
    (void)kyso_form_told_free(form->told);
    free(form);
}

void kyso_recovery_forms_stop(struct kyso_recovery_desk *desk)
{
    while (desk->forms != NULL)
        form_free(desk->forms);
}

static void fail(struct kyso_recovery_form *form, int result, const char *detail,
                 const char *option)
{
    struct kyso_request *request = form->request;

    kyso_request_fail(request, result, "detail", detail, "option", option, NULL);
    form_free(form);
}

static void caller_left(void *data)
{
    form_free(data);
}

/* ---- which form ---- */

const char *kyso_recovery_form_at(const struct kyso_recovery_shown *shown, size_t index)
{
    const struct kyso_recovery_request *request = shown->request;
    const struct kyso_profile *profile = &shown->desk->daemon->config->profile;
    const char *forms[3] = {request->form};
    size_t n = 1;

    if (request->has_incident && request->incident == KYSO_INCIDENT_LOST &&
        strcmp(profile->lost_form, "none") != 0)
        forms[n++] = profile->lost_form;
    if (request->overdue && strcmp(profile->recovery_note, "none") != 0)
        forms[n++] = profile->recovery_note;
    return index < n ? forms[index] : NULL;
}

static const char *choose(const struct kyso_recovery_shown *shown, const char *wanted)
{
    const char *form;

    if (wanted[0] == '\0')
        return shown->request->form;
    for (size_t i = 0; (form = kyso_recovery_form_at(shown, i)) != NULL; i++) {
        if (strcmp(form, wanted) == 0)
            return form;
    }
    return NULL;
}

static int open_form(struct kyso_recovery_form *form)
{
    int r = kyso_form_open(KYSO_PKGDATADIR "/forms", form->form, KYSO_JAIL_STRICT, &form->sheet);

    return r == 0 ? kyso_form_takes_rows(form->form, &form->takes_rows) : r;
}

/* ---- answers ---- */

static void put_report(struct kyso_dict *report, const struct kyso_recovery_form *form)
{
    const struct kyso_profile *profile = &form->shown->desk->daemon->config->profile;
    const struct kyso_recovery_request *request = form->shown->request;
    const char *warnings[KYSO_RECOVERY_WARNINGS_MAX];
    size_t n = 0;

    for (size_t i = 0; i < KYSO_RECOVERY_WARNINGS_MAX; i++) {
        if ((form->warnings & 1U << i) != 0)
            warnings[n++] = KYSO_RECOVERY_WARNINGS[i];
    }
    kyso_dict_string(report, "form", form->form);
    kyso_dict_string(report, "format", form->preview ? "" : kyso_form_format_name(form->format));
    kyso_dict_string(report, "number", kyso_form_told_text(form->told, "number"));
    kyso_dict_string(report, "name", kyso_form_told_text(form->told, "name"));
    kyso_dict_string(report, "clause", kyso_form_told_text(form->told, "clause"));
    kyso_dict_string(report, "addressee", kyso_form_told_text(form->told, "addressee"));
    kyso_dict_string(report, "delivery", kyso_form_told_text(form->told, "delivery"));
    kyso_dict_string(report, "signatories", profile->recovery_signatories);
    kyso_dict_string(report, "electronic-clause", kyso_recovery_electronic(profile, request->kind));
    kyso_dict_bool(report, "complete", kyso_form_told_complete(form->told));
    kyso_form_told_put_missing(form->told, report);
    kyso_dict_strings(report, "warnings", warnings, n);
    kyso_form_told_put_assumed(form->told, report);
    kyso_dict_string(report, "audit-head", kyso_form_told_text(form->told, "audit-head"));
    if (form->preview)
        kyso_form_told_put_fields(form->told, report);
}

static void answer(struct kyso_recovery_form *form, int file)
{
    KYSO_MESSAGE DBusMessage *reply = dbus_message_new_method_return(form->request->message);
    struct kyso_request *request = form->request;
    struct kyso_dict report;
    DBusMessageIter to;

    if (reply != NULL) {
        dbus_message_iter_init_append(reply, &to);
        if (!form->preview)
            (void)dbus_message_iter_append_basic(&to, DBUS_TYPE_UNIX_FD, &file);
        kyso_dict_open(&report, &to);
        put_report(&report, form);
        (void)kyso_dict_close(&report);
    }
    kyso_request_reply(request, reply);
    form_free(form);
}

/* ---- making ---- */

/* Who made which form is in the log before the form leaves. */
static void digested(void *data, int result, const uint8_t sha256[KYSO_DIGEST_SIZE])
{
    struct kyso_recovery_form *form = data;
    const struct kyso_recovery_shown *shown = form->shown;
    bool letter = shown->request->kind == KYSO_RECOVERY_LETTER;

    if (result == 0)
        result = kyso_recovery_form_made(
            shown->desk->recovery, form->request->caller, shown->request, form->form,
            kyso_form_format_name(form->format),
            letter ? "" : kyso_recovery_class(shown->desk, shown->request),
            kyso_form_told_rows(form->told), kyso_form_told_missing(form->told), sha256);
    if (result != 0)
        fail(form, result, NULL, NULL);
    else
        answer(form, form->made);
}

/* What the worker found wrong: "bad-values WORD PLACE" or "missing-glyph KEY". Neither holds a
 * value. */
static void made(void *data, int result, const char *detail, int file_owned)
{
    struct kyso_recovery_form *form = data;
    uint64_t size = 0;

    form->made = file_owned;
    if (result == 0)
        result = kyso_memfd_check(form->made, KYSO_FORM_FILE_MAX, &size);
    if (result == 0)
        result = kyso_digest_new(form->shown->desk->daemon->loop, form->made, size, 0, 0, digested,
                                 form, &form->digest);
    if (result != 0)
        fail(form, result, detail, NULL);
}

static void told(void *data, int result, const char *detail, int file_owned)
{
    struct kyso_recovery_form *form = data;
    KYSO_CLOSE int file = file_owned;
    struct kyso_form_request request = {form->sheet, form->values, form->format};

    if (result == 0)
        result = kyso_form_told_read(file, &form->told);
    if (result != 0) {
        fail(form, result, detail, NULL);
        return;
    }
    form->call = kyso_form_call_free(form->call);
    if (form->preview) {
        answer(form, -1);
        return;
    }
    if (form->format == KYSO_FORM_JSON) {
        made(form, 0, NULL, kyso_steal_fd(&file));
        return;
    }
    result = kyso_form_set(form->shown->desk->daemon->loop, &request, made, form, &form->call);
    if (result != 0)
        fail(form, result, NULL, NULL);
}

static void start(struct kyso_recovery_form *form)
{
    struct kyso_form_request request = {.format = KYSO_FORM_JSON};
    int r = open_form(form);

    if (r != 0) {
        fail(form, r, "form", form->form);
        return;
    }
    r = kyso_recovery_values(form->shown, form->form, form->takes_rows, &form->values,
                             &form->warnings);
    request.form = form->sheet;
    request.values = form->values;
    if (r == 0)
        r = kyso_form_set(form->shown->desk->daemon->loop, &request, told, form, &form->call);
    if (r != 0)
        fail(form, r, NULL, NULL);
}

/* Null when the caller has been told why not. */
static struct kyso_recovery_form *begin(struct kyso_request *request,
                                        const struct kyso_recovery_shown *shown)
{
    struct kyso_recovery_form *form = calloc(1, sizeof(*form));
    const char *which = NULL;
    int r;

    if (form == NULL) {
        kyso_request_fail(request, -ENOMEM, NULL);
        return NULL;
    }
    *form = (struct kyso_recovery_form){.shown = shown,
                                        .request = request,
                                        .sheet = -1,
                                        .values = -1,
                                        .made = -1,
                                        .next = shown->desk->forms};
    shown->desk->forms = form;
    kyso_request_on_drop(request, caller_left, form);
    r = kyso_caller_charge(request->caller, KYSO_FORM_FILE_MAX, &which);
    if (r != 0) {
        fail(form, r, which, NULL);
        return NULL;
    }
    form->charged = true;
    form->uid = kyso_caller_uid(request->caller);
    return form;
}

/* Reads the options at ITER and starts. */
static void go(struct kyso_recovery_form *form, DBusMessageIter *iter)
{
    const char *wanted = "", *detail = NULL, *name = NULL;
    const struct kyso_option options[] = {{"form", "s", &wanted, 32}};
    int r = kyso_options_read(iter, options, KYSO_ARRAY_LEN(options), &detail, &name);

    if (r == 0) {
        form->form = choose(form->shown, wanted);
        if (form->form == NULL) {
            r = KYSO_OUTCOME_NOT_FOUND;
            detail = "form";
            name = wanted;
        }
    }
    if (r != 0)
        fail(form, r, detail, name);
    else
        start(form);
}

void kyso_recovery_preview(struct kyso_request *request, void *shown)
{
    struct kyso_recovery_form *form = begin(request, shown);
    DBusMessageIter iter;

    if (form == NULL)
        return;
    form->preview = true;
    (void)dbus_message_iter_init(request->message, &iter);
    go(form, &iter);
}

void kyso_recovery_render(struct kyso_request *request, void *shown)
{
    struct kyso_recovery_form *form = begin(request, shown);
    const char *format = "";
    DBusMessageIter iter;

    if (form == NULL)
        return;
    (void)dbus_message_iter_init(request->message, &iter);
    dbus_message_iter_get_basic(&iter, &format);
    (void)dbus_message_iter_next(&iter);
    if (!kyso_form_format_from_name(format, &form->format)) {
        fail(form, KYSO_OUTCOME_BAD_ARGUMENT, "format", NULL);
        return;
    }
    go(form, &iter);
}
