/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* org.kyso.Kyso1.Signer: takes a call apart, chooses the certificate, starts the signing. */

#include <errno.h>
#include <math.h>
#include <string.h>

#include "common/clock.h"
#include "common/error.h"
#include "common/memfd.h"
#include "common/names.h"
#include "common/outcome.h"
#include "common/text.h"
#include "daemon/signing.h"

#define TEXT_MAX 256  /* bytes of a reason, location, reference */
#define FIELD_MAX 128 /* bytes of a field name */
#define LINES_MAX 16
#define PICTURE_MAX ((uint64_t)8 << 20)

static struct kyso_signing *running;

void kyso_signing_free(struct kyso_signing *signing)
{
    for (struct kyso_signing **at = &running; *at != NULL; at = &(*at)->next) {
        if (*at == signing) {
            *at = signing->next;
            break;
        }
    }
    (void)kyso_prompt_end(signing->prompt, "failed");
    (void)kyso_source_free(signing->prompt_deadline);
    (void)kyso_source_free(signing->removal);
    (void)kyso_token_sign_free(signing->token);
    kyso_signing_settle_lost(signing);
    if (signing->claimed)
        kyso_tokens_release(signing->daemon->tokens, signing->holder, &signing->target);
    (void)kyso_examine_free(signing->examine);
    (void)kyso_draw_call_free(signing->drawing);
    (void)kyso_pdf_call_free(signing->pdf);
    (void)kyso_assembly_free(signing->assembly);
    (void)kyso_cms_call_free(signing->checking);
    (void)kyso_digest_free(signing->hashing);
    kyso_examination_done(&signing->before);
    kyso_pdf_update_done(&signing->update);
    (void)kyso_job_free(signing->job);
    kyso_close(&signing->document);
    kyso_close(&signing->picture);
    kyso_close(&signing->appearance);
    kyso_close(&signing->result);
    free(signing);
}

void kyso_signer_stop(void)
{
    while (running != NULL)
        kyso_signing_free(running);
}

static void caller_left(void *data)
{
    struct kyso_signing *signing = data;

    signing->request = NULL;
    kyso_signing_free(signing);
}

static void cancelled(void *data)
{
    kyso_signing_fail((struct kyso_signing *)data, KYSO_OUTCOME_CANCELLED);
}

/* ---- which certificate ---- */

static bool fits(const struct kyso_signing *signing, const struct kyso_certificate_entry *entry,
                 bool by_user)
{
    const struct kyso_roster_entry *roster =
        kyso_roster_find(signing->daemon->roster, entry->sha256);

    if (!entry->present || !entry->has_key || roster == NULL)
        return false;
    if (roster->class != (signing->seal ? KYSO_CLASS_SEAL : KYSO_CLASS_PERSON))
        return false;
    return !by_user || kyso_roster_lists_user(roster, kyso_caller_user(signing->request->caller));
}

static struct kyso_certificate_entry *only_one(const struct kyso_signing *signing, bool by_user,
                                               size_t *ret_n)
{
    struct kyso_certificate_entry *found = NULL;

    *ret_n = 0;
    for (struct kyso_certificate_entry *c = signing->daemon->inventory->certificates; c != NULL;
         c = c->next) {
        if (fits(signing, c, by_user)) {
            found = c;
            (*ret_n)++;
        }
    }
    return found;
}

/* The certificates that the caller may use come first; when there are none, the only one of the
 * class is taken so that the policy can say whose it is. */
static int choose(struct kyso_signing *signing, const char **ret_detail)
{
    uint8_t sha256[32];
    size_t n;

    if (*signing->fingerprint != '\0') {
        if (!kyso_text_from_hex(signing->fingerprint, sha256, sizeof(sha256))) {
            *ret_detail = "certificate";
            return KYSO_OUTCOME_BAD_ARGUMENT;
        }
        signing->certificate = kyso_inventory_find(signing->daemon->inventory, sha256);
        if (signing->certificate == NULL)
            return KYSO_OUTCOME_NO_CERTIFICATE;
        return signing->certificate->present ? 0 : KYSO_OUTCOME_TOKEN_MISSING;
    }
    signing->certificate = only_one(signing, true, &n);
    if (n == 0)
        signing->certificate = only_one(signing, false, &n);
    if (n == 0)
        return KYSO_OUTCOME_NO_CERTIFICATE;
    return n == 1 ? 0 : KYSO_OUTCOME_AMBIGUOUS_CERTIFICATE;
}

/* ---- the call's arguments ---- */

static int read_options(struct kyso_signing *signing, DBusMessageIter *iter, const char **detail,
                        const char **name)
{
    struct kyso_option options[] = {
        {"field", "s", &signing->field, FIELD_MAX},
        {"page", "u", &signing->page, 0},
        {"box", "(dddd)", signing->box, 0},
        {"picture", "h", &signing->picture, 0},
        {"lines", "as", &signing->lines, LINES_MAX},
        {"reason", "s", &signing->reason, TEXT_MAX},
        {"location", "s", &signing->location, TEXT_MAX},
        {"kind", "s", &signing->kind_word, 32},
        {"allow-last-try", "b", &signing->allow_last_try, 0},
        {"send-known-wrong", "b", &signing->send_known_wrong, 0},
        {"reference", "s", &signing->reference, TEXT_MAX},
    };
    size_t n = KYSO_ARRAY_LEN(options) - (signing->seal ? 0 : 1); /* a reference is for seals */
    int r = kyso_options_read(iter, options, n, detail, name);

    if (r != 0)
        return r;
    *name = "kind";
    *detail = "option-value";
    if (!kyso_kind_from_name(signing->kind_word, &signing->kind))
        return KYSO_OUTCOME_BAD_ARGUMENT;
    *name = "box";
    for (size_t i = 0; i < 4; i++) {
        if (!isfinite(signing->box[i]))
            return KYSO_OUTCOME_BAD_ARGUMENT;
    }
    if (signing->page > 0 && signing->field != NULL) {
        *name = "page";
        *detail = "option-conflict"; /* a field has its own place */
        return KYSO_OUTCOME_BAD_ARGUMENT;
    }
    return 0;
}

static int read_arguments(struct kyso_signing *signing, const char **ret_job, const char **detail,
                          const char **name)
{
    DBusMessageIter iter;
    uint64_t size;
    int r;

    (void)dbus_message_iter_init(signing->request->message, &iter);
    dbus_message_iter_get_basic(&iter, &signing->document);
    (void)dbus_message_iter_next(&iter);
    dbus_message_iter_get_basic(&iter, &signing->fingerprint);
    (void)dbus_message_iter_next(&iter);
    dbus_message_iter_get_basic(&iter, ret_job);
    (void)dbus_message_iter_next(&iter);
    r = read_options(signing, &iter, detail, name);
    if (r != 0)
        return r;
    *name = NULL;
    *detail = "document";
    r = kyso_memfd_check(signing->document, signing->daemon->config->document_max, &signing->size);
    if (r != 0)
        return r;
    *detail = "picture";
    return signing->picture >= 0 ? kyso_memfd_check(signing->picture, PICTURE_MAX, &size) : 0;
}

static void authorised(struct kyso_request *request KYSO_UNUSED, void *data)
{
    struct kyso_signing *signing = data;
    const char *detail = NULL;
    int r = choose(signing, &detail);

    if (r != 0)
        kyso_signing_fail(signing, r, "detail", detail, "class", signing->seal ? "seal" : "person");
    else
        kyso_signing_start(signing);
}

static void begin(struct kyso_request *request, void *data, bool seal)
{
    struct kyso_signing *signing = calloc(1, sizeof(*signing));
    const char *job = NULL, *detail = NULL, *name = NULL;
    int r;

    if (signing == NULL) {
        kyso_request_fail(request, -ENOMEM, NULL);
        return;
    }
    *signing = (struct kyso_signing){.daemon = data,
                                     .request = request,
                                     .seal = seal,
                                     .document = -1,
                                     .picture = -1,
                                     .appearance = -1,
                                     .update = {.bytes = -1},
                                     .result = -1,
                                     .kind_word = kyso_kind_name(KYSO_KIND_ORIGINAL)};
    signing->next = running;
    running = signing;
    kyso_request_on_drop(request, caller_left, signing);
    r = read_arguments(signing, &job, &detail, &name);
    if (r == 0)
        r = kyso_job_new(signing->daemon, request->caller, seal ? "seal" : "sign", job,
                         signing->size, cancelled, signing, &signing->job, &detail);
    if (r != 0)
        kyso_signing_fail(signing, r, "detail", detail, "option", name);
    else if (seal && signing->kind != KYSO_KIND_ORIGINAL)
        kyso_request_authorise(request, "seal-copy", authorised, signing);
    else
        authorised(request, signing);
}

static void sign(struct kyso_request *request, void *data)
{
    begin(request, data, false);
}

static void seal(struct kyso_request *request, void *data)
{
    begin(request, data, true);
}

#define SIGN_IN "document:h certificate:s job:s options:a{sv}"
#define SIGN_OUT "result:h report:a{sv}"

const struct kyso_interface KYSO_SIGNER_INTERFACE = {
    .name = KYSO_IFACE_SIGNER,
    .methods =
        (const struct kyso_method[]){
            {"Sign", SIGN_IN, SIGN_OUT, "sign", sign},
            {"Seal", SIGN_IN, SIGN_OUT, "seal", seal},
            {0},
        },
};
