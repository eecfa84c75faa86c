/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Forms of requests: what is known and what is missing, then the sheet itself, each by a fresh
 * kyso-draw. They hold personal data: nothing of it goes into the log or the audit log. */

#include <errno.h>
#include <json-c/json.h>
#include <openssl/evp.h>
#include <string.h>

#include "common/error.h"
#include "common/memfd.h"
#include "common/outcome.h"
#include "config.h"
#include "daemon/dict.h"
#include "daemon/property.h"
#include "daemon/recovery-desk.h"
#include "document/forms/remote.h"

#define FORMS_FOLDER KYSO_PKGDATADIR "/forms"
#define CHOICES_MAX 64U
#define JSON_DEPTH 32

static const char *const FORMATS[KYSO_FORM_FORMAT_MAX] = {
    [KYSO_FORM_PDF] = "pdf",
    [KYSO_FORM_ODT] = "odt",
    [KYSO_FORM_JSON] = "json",
    [KYSO_FORM_CSV] = "csv",
};

/* One form being made for a caller. */
struct kyso_recovery_form {
    struct kyso_recovery_form *next;
    const struct kyso_recovery_shown *shown;
    struct kyso_request *request;
    uid_t uid; /* whose quota it holds */
    bool charged, preview, takes_rows;
    const char *form;
    enum kyso_form_format format;
    int sheet, values; /* memory files */
    uint32_t warnings;
    struct json_object *told; /* what kyso-draw says about it */
    struct kyso_form_call *call;
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
    kyso_close(&form->sheet);
    kyso_close(&form->values);
    (void)json_object_put(form->told);
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

static struct json_object *member(struct json_object *object, const char *name)
{
    struct json_object *value = NULL;

    (void)json_object_object_get_ex(object, name, &value);
    return value;
}

static const char *text_of(struct json_object *object, const char *name)
{
    struct json_object *value = member(object, name);

    return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : "";
}

static int read_json(int file, uint64_t maximum, struct json_object **ret_json)
{
    struct json_tokener *tokener;
    KYSO_FREE char *text = NULL;
    uint64_t size;
    int r = kyso_memfd_check(file, maximum, &size);

    if (r != 0)
        return r;
    text = malloc((size_t)size + 1);
    tokener = json_tokener_new_ex(JSON_DEPTH);
    if (text == NULL || tokener == NULL) {
        if (tokener != NULL)
            json_tokener_free(tokener);
        return kyso_trace(-ENOMEM);
    }
    r = kyso_fd_read_at(file, text, (size_t)size, 0);
    text[size] = '\0';
    if (r == 0)
        *ret_json = json_tokener_parse_ex(tokener, text, (int)size);
    json_tokener_free(tokener);
    return r == 0 && *ret_json == NULL ? kyso_trace(-EBADMSG) : r;
}

/* The form's body, or that of the first base that has one, has a table to fill. */
static bool body_takes_rows(struct json_object *chain)
{
    for (size_t i = 0; i < json_object_array_length(chain); i++) {
        struct json_object *body = member(json_object_array_get_idx(chain, i), "body");

        if (!json_object_is_type(body, json_type_array))
            continue;
        for (size_t k = 0; k < json_object_array_length(body); k++) {
            struct json_object *block = json_object_array_get_idx(body, k);
            struct json_object *table = member(block, "table");

            if ((table != NULL && member(table, "fixed-rows") == NULL) ||
                member(block, "each") != NULL)
                return true;
        }
        return false;
    }
    return false;
}

static int open_form(struct kyso_recovery_form *form)
{
    struct json_object *chain = NULL;
    int r = kyso_form_open(FORMS_FOLDER, form->form, KYSO_JAIL_STRICT, &form->sheet);

    if (r == 0)
        r = read_json(form->sheet, KYSO_FORM_FORM_MAX, &chain);
    if (r == 0)
        form->takes_rows = json_object_is_type(chain, json_type_array) && body_takes_rows(chain);
    (void)json_object_put(chain);
    return r;
}

/* ---- answers ---- */

static void put_missing(struct kyso_dict *report, struct json_object *missing)
{
    struct kyso_dict_list list;
    struct kyso_dict dict;

    kyso_dict_list_open(report, "missing", &list);
    for (size_t i = 0; i < json_object_array_length(missing); i++) {
        struct json_object *one = json_object_array_get_idx(missing, i);

        kyso_dict_open(&dict, &list.array);
        kyso_dict_string(&dict, "key", text_of(one, "key"));
        kyso_dict_string(&dict, "label", text_of(one, "label"));
        kyso_dict_string(&dict, "source", text_of(one, "source"));
        kyso_dict_u32(&dict, "row", (uint32_t)json_object_get_int(member(one, "row")));
        report->ok &= kyso_dict_close(&dict);
    }
    kyso_dict_list_close(report, &list);
}

static void put_strings(struct kyso_dict *dict, const char *key, struct json_object *array)
{
    const char *texts[CHOICES_MAX];
    size_t n = 0;

    if (json_object_is_type(array, json_type_array)) {
        for (; n < json_object_array_length(array) && n < CHOICES_MAX; n++)
            texts[n] = json_object_get_string(json_object_array_get_idx(array, n));
    }
    kyso_dict_strings(dict, key, texts, n);
}

static void put_fields(struct kyso_dict *report, struct json_object *fields)
{
    static const char *const TEXTS[] = {"key", "label", "source", "value", "printed"};
    struct kyso_dict_list list;
    struct kyso_dict dict;

    kyso_dict_list_open(report, "fields", &list);
    for (size_t i = 0; i < json_object_array_length(fields); i++) {
        struct json_object *one = json_object_array_get_idx(fields, i);

        kyso_dict_open(&dict, &list.array);
        for (size_t k = 0; k < KYSO_ARRAY_LEN(TEXTS); k++)
            kyso_dict_string(&dict, TEXTS[k], text_of(one, TEXTS[k]));
        kyso_dict_u32(&dict, "row", (uint32_t)json_object_get_int(member(one, "row")));
        kyso_dict_bool(&dict, "optional", json_object_get_boolean(member(one, "optional")));
        put_strings(&dict, "choices", member(one, "choices"));
        report->ok &= kyso_dict_close(&dict);
    }
    kyso_dict_list_close(report, &list);
}

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
    kyso_dict_string(report, "format", form->preview ? "" : FORMATS[form->format]);
    kyso_dict_string(report, "number", text_of(form->told, "number"));
    kyso_dict_string(report, "name", text_of(form->told, "name"));
    kyso_dict_string(report, "clause", text_of(form->told, "clause"));
    kyso_dict_string(report, "addressee", text_of(form->told, "addressee"));
    kyso_dict_string(report, "delivery", text_of(form->told, "delivery"));
    kyso_dict_string(report, "signatories", profile->recovery_signatories);
    kyso_dict_string(report, "electronic-clause", kyso_recovery_electronic(profile, request->kind));
    kyso_dict_bool(report, "complete", json_object_get_boolean(member(form->told, "complete")));
    put_missing(report, member(form->told, "missing"));
    kyso_dict_strings(report, "warnings", warnings, n);
    put_strings(report, "assumed", member(form->told, "assumed"));
    kyso_dict_string(report, "audit-head", text_of(form->told, "audit-head"));
    if (form->preview)
        put_fields(report, member(form->told, "fields"));
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

static int digest_of(int file, uint8_t digest[32])
{
    KYSO_FREE uint8_t *bytes = NULL;
    uint64_t size;
    int r = kyso_memfd_check(file, KYSO_FORM_FILE_MAX, &size);

    if (r != 0)
        return r;
    bytes = malloc((size_t)size);
    if (bytes == NULL)
        return kyso_trace(-ENOMEM);
    r = kyso_fd_read_at(file, bytes, (size_t)size, 0);
    if (r == 0 && EVP_Digest(bytes, (size_t)size, digest, NULL, EVP_sha256(), NULL) != 1)
        r = kyso_trace(-EIO);
    return r;
}

/* Who made which form is in the log before the form leaves. */
static int record(const struct kyso_recovery_form *form, int file)
{
    const struct kyso_recovery_shown *shown = form->shown;
    struct json_object *tables = member(form->told, "tables");
    struct json_object *first =
        json_object_is_type(tables, json_type_array) && json_object_array_length(tables) > 0
            ? member(json_object_array_get_idx(tables, 0), "rows")
            : NULL;
    uint8_t digest[32];
    int r = digest_of(file, digest);

    if (r != 0)
        return r;
    return kyso_recovery_form_made(shown->desk->recovery, form->request->caller, shown->request,
                                   form->form, FORMATS[form->format],
                                   shown->request->kind == KYSO_RECOVERY_LETTER
                                       ? ""
                                       : kyso_recovery_class(shown->desk, shown->request),
                                   first != NULL ? json_object_array_length(first) : 0,
                                   json_object_array_length(member(form->told, "missing")), digest);
}

/* What the worker found wrong: "bad-values WORD PLACE" or "missing-glyph KEY". Neither holds a
 * value. */
static void made(void *data, int result, const char *detail, int file_owned)
{
    struct kyso_recovery_form *form = data;
    KYSO_CLOSE int file = file_owned;

    if (result == 0)
        result = record(form, file);
    if (result != 0)
        fail(form, result, detail, NULL);
    else
        answer(form, file);
}

static bool is_sheet(struct json_object *told)
{
    return json_object_is_type(told, json_type_object) &&
           json_object_is_type(member(told, "missing"), json_type_array) &&
           json_object_is_type(member(told, "fields"), json_type_array);
}

static void told(void *data, int result, const char *detail, int file_owned)
{
    struct kyso_recovery_form *form = data;
    KYSO_CLOSE int file = file_owned;
    struct kyso_form_request request = {form->sheet, form->values, form->format};

    if (result == 0)
        result = read_json(file, KYSO_FORM_FILE_MAX, &form->told);
    if (result == 0 && !is_sheet(form->told))
        result = KYSO_OUTCOME_WORKER_DIED;
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
    *form = (struct kyso_recovery_form){
        .shown = shown, .request = request, .sheet = -1, .values = -1, .next = shown->desk->forms};
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
    unsigned int i = 0;

    if (form == NULL)
        return;
    (void)dbus_message_iter_init(request->message, &iter);
    dbus_message_iter_get_basic(&iter, &format);
    (void)dbus_message_iter_next(&iter);
    while (i < KYSO_FORM_FORMAT_MAX && strcmp(FORMATS[i], format) != 0)
        i++;
    if (i == KYSO_FORM_FORMAT_MAX) {
        fail(form, KYSO_OUTCOME_BAD_ARGUMENT, "format", NULL);
        return;
    }
    form->format = (enum kyso_form_format)i;
    go(form, &iter);
}
