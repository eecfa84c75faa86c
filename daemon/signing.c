/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Makes the document ready: examine, ask the policy, draw, prepare, put together, look at the
 * result with a second worker; and, once the token has signed, check, seal, record and answer. */

#include "daemon/signing.h"

#include <errno.h>
#include <string.h>

#include "common/clock.h"
#include "common/error.h"
#include "common/log.h"
#include "common/memfd.h"
#include "common/outcome.h"
#include "common/text.h"
#include "daemon/refusal.h"

#define CONTENTS_MIN 16384    /* bytes of CMS: ample for three certificates and a time stamp */
#define CONTENTS_BESIDE 12288 /* what is not a certificate: attributes, signature, time stamp */

static uint64_t now_seconds(void)
{
    return kyso_clock_wall_usec() / KYSO_USEC_PER_SEC;
}

/* ---- the verdict ---- */

static struct kyso_order_request request_of(const struct kyso_signing *signing)
{
    const struct kyso_roster_entry *entry =
        kyso_roster_find(signing->daemon->roster, signing->certificate->sha256);
    struct kyso_order_request request = {
        .act = signing->seal ? KYSO_ACT_SEAL : KYSO_ACT_SIGN_PERSON,
        .kind = signing->kind,
        .reference_given = signing->reference != NULL && *signing->reference != '\0',
        .reason_given = signing->reason != NULL && *signing->reason != '\0',
        .released = signing->earlier.released,
        .sealed_before = signing->sealed_before,
        .seal_without_revocation_check = signing->daemon->config->seal_without_revocation_check,
    };

    if (entry != NULL) {
        request.signer.class = entry->class;
        request.signer.authority = entry->authority;
        request.signer.digitised_copy_signer = entry->digitised_copy_signer;
        request.signer.organisation = entry->organisation;
        request.signer.effective = kyso_roster_effective(entry, now_seconds());
        request.signer.caller_listed =
            kyso_roster_lists_user(entry, kyso_caller_user(signing->request->caller));
    }
    memcpy(request.signer.spki, signing->certificate->described.info.spki_sha256,
           sizeof(request.signer.spki));
    return request;
}

static struct kyso_verdict judge(const struct kyso_signing *signing)
{
    struct kyso_order_request request = request_of(signing);

    return kyso_order_judge(&signing->daemon->config->profile, &request, signing->before.facts,
                            signing->before.n);
}

static void refuse(struct kyso_signing *signing)
{
    bool closed = signing->verdict.reason == KYSO_REASON_ALREADY_RELEASED;
    struct kyso_request *request = signing->request;
    int r = kyso_signing_record_refusal(signing);

    if (r != 0) {
        kyso_signing_fail(signing, r, NULL);
        return;
    }
    signing->request = NULL;
    kyso_signing_end_prompt(signing, KYSO_OUTCOME_REFUSED);
    kyso_refusal_answer(request, signing->daemon->config, &signing->verdict, &signing->before,
                        closed ? &signing->earlier.first : NULL);
    kyso_signing_free(signing);
}

/* What has become of the document, or of another branch of it: issued, sealed. */
static int look_up(struct kyso_signing *signing)
{
    const struct kyso_examination *before = &signing->before;
    int r = kyso_release_look_up(signing->daemon, before, &signing->earlier);

    if (r != 0 || !before->is_signed)
        return r;
    return kyso_store_sealing_known(signing->daemon->store, before->signed_sha256,
                                    &signing->sealed_before);
}

/* While the token was at work, the clerk may have issued another branch of the document, or put the
 * seal on it. */
static int look_again(struct kyso_signing *signing)
{
    struct kyso_order_request request;
    struct kyso_verdict verdict = {.signature = KYSO_NO_SIGNATURE};
    enum kyso_rule rule;
    int r = look_up(signing);

    if (r != 0)
        return r;
    request = request_of(signing);
    if (kyso_order_is_closed(&request)) {
        verdict.reason = KYSO_REASON_ALREADY_RELEASED;
        rule = KYSO_RULE_RELEASE;
    } else if (kyso_order_is_sealed_before(&request)) {
        verdict.reason = KYSO_REASON_SEALED_BEFORE;
        verdict.remedy = KYSO_REMEDY_USE_SEALED_DOCUMENT;
        rule = KYSO_RULE_SECOND_SEAL;
    } else {
        return 0;
    }
    verdict.clause = kyso_profile_clause(&signing->daemon->config->profile, rule);
    signing->verdict = verdict;
    return KYSO_OUTCOME_REFUSED;
}

/* A change of the roster acts at once: what an administrator took away while the PIN was asked for
 * does not sign any more, nor does anybody sign what a clerk issued meanwhile. */
bool kyso_signing_may_go_on(struct kyso_signing *signing)
{
    int r = kyso_examination_join(&signing->before, signing->daemon->roster);

    if (r == 0)
        r = look_up(signing);
    if (r != 0) {
        kyso_signing_fail(signing, r, NULL);
        return false;
    }
    signing->verdict = judge(signing);
    if (signing->verdict.allow)
        return true;
    refuse(signing);
    return false;
}

/* ---- putting together ---- */

static void checked_result(void *data, int result, const char *detail,
                           struct kyso_pdf_report *report)
{
    struct kyso_signing *signing = data;
    const struct kyso_pdf_update *update = &signing->update;
    struct kyso_pdf_report after = {0};
    const struct kyso_pdf_signature *newest;
    bool right;

    if (result != 0) {
        kyso_signing_fail(signing, result, "detail", "prepared-document", "rule", detail);
        return;
    }
    after = *report;
    signing->pdf = kyso_pdf_call_free(signing->pdf);
    newest = after.n_signatures > 0 ? &after.signatures[after.n_signatures - 1] : NULL;
    right = newest != NULL && after.n_signatures == signing->before.n + 1 &&
            newest->flaw == KYSO_PDF_OK && newest->hole_start == update->hole_start &&
            newest->hole_end == update->hole_end && newest->range_end == signing->result_size &&
            after.revisions == signing->before.pdf.revisions + 1;
    /* What we appended must be permitted after each earlier signature that was intact so far. */
    for (size_t i = 0; right && i < signing->before.n; i++)
        right = signing->before.pdf.signatures[i].later != KYSO_PDF_OK ||
                after.signatures[i].later == KYSO_PDF_OK;
    kyso_pdf_report_done(&after);
    if (!right) {
        kyso_log(KYSO_LOG_ERROR, "the prepared document is not what was asked for");
        kyso_signing_fail(signing, KYSO_OUTCOME_WORKER_DIED, "detail", "prepared-document");
        return;
    }
    kyso_signing_ask_token(signing);
}

static void assembled(void *data, int result, int file, const uint8_t sha256[32])
{
    struct kyso_signing *signing = data;
    int r = result;

    signing->assembly = kyso_assembly_free(signing->assembly);
    signing->result = file;
    if (r == 0) {
        memcpy(signing->sha256, sha256, sizeof(signing->sha256));
        r = kyso_memfd_fix_size(file);
    }
    if (r == 0)
        r = kyso_pdf_confirm_hole(file, signing->result_size, signing->update.hole_start,
                                  signing->update.hole_end, signing->update.range_end, true);
    if (r == 0)
        r = kyso_pdf_inspect(signing->daemon->loop, file, checked_result, signing, &signing->pdf);
    if (r != 0)
        kyso_signing_fail(signing, r, "detail", "prepared-document");
}

static void prepared(void *data, int result, const char *detail, struct kyso_pdf_update *update)
{
    struct kyso_signing *signing = data;
    int r;

    if (result != 0) {
        kyso_signing_fail(signing, result, "rule", detail);
        return;
    }
    signing->update = *update;
    *update = (struct kyso_pdf_update){.bytes = -1};
    signing->pdf = kyso_pdf_call_free(signing->pdf);
    signing->result_size = signing->size + signing->update.length;
    r = kyso_assemble(signing->daemon->loop, signing->document, signing->size,
                      signing->update.bytes, signing->update.length, signing->update.hole_start,
                      signing->update.hole_end, assembled, signing, &signing->assembly);
    if (r != 0)
        kyso_signing_fail(signing, r, NULL);
}

static size_t contents_size(const struct kyso_signing *signing)
{
    const struct kyso_certificate_result *described = &signing->certificate->described;
    size_t size = CONTENTS_BESIDE + described->info.der_length;

    for (size_t i = 0; i < described->n_path; i++)
        size += described->path_length[i];
    return size > CONTENTS_MIN ? size : CONTENTS_MIN;
}

static void prepare(struct kyso_signing *signing)
{
    const struct kyso_roster_entry *entry =
        kyso_roster_find(signing->daemon->roster, signing->certificate->sha256);
    const char *name = signing->certificate->described.info.common_name;
    struct kyso_pdf_request request = {
        .field = signing->field,
        .visible = signing->appearance >= 0,
        .page = signing->page,
        .box = {signing->box[0], signing->box[1], signing->box[2], signing->box[3]},
        .appearance = signing->appearance,
        .name = *name != '\0' || entry == NULL ? name : entry->organisation_name,
        .reason = signing->reason,
        .location = signing->location,
        .time = now_seconds(),
        .contents = (uint32_t)contents_size(signing),
    };
    int r = kyso_pdf_prepare(signing->daemon->loop, signing->document, &request, prepared, signing,
                             &signing->pdf);

    if (r != 0)
        kyso_signing_fail(signing, r, NULL);
}

static void drawn(void *data, int result, const char *detail, int page)
{
    struct kyso_signing *signing = data;

    if (result != 0) {
        kyso_signing_fail(signing, result, "detail", detail);
        return;
    }
    signing->appearance = page;
    signing->drawing = kyso_draw_call_free(signing->drawing);
    prepare(signing);
}

static const struct kyso_pdf_field *field_named(const struct kyso_signing *signing)
{
    for (size_t i = 0; signing->field != NULL && i < signing->before.pdf.n_fields; i++) {
        if (strcmp(signing->before.pdf.fields[i].name, signing->field) == 0)
            return &signing->before.pdf.fields[i];
    }
    return NULL;
}

static void draw(struct kyso_signing *signing)
{
    const struct kyso_pdf_field *field = field_named(signing);
    struct kyso_draw_request request = {
        .width = field != NULL ? field->box.width : signing->box[2],
        .height = field != NULL ? field->box.height : signing->box[3],
        .picture = signing->picture,
        .picture_left = signing->picture >= 0 && signing->lines.n > 0,
        .lines = signing->lines.values,
        .n_lines = signing->lines.n,
    };
    int r;

    kyso_job_set_state(signing->job, "preparing", 0.3);
    if (signing->field != NULL && field == NULL) {
        kyso_signing_fail(signing, KYSO_OUTCOME_BAD_DOCUMENT, "rule",
                          kyso_pdf_rule_name(KYSO_PDF_NO_SUCH_FIELD));
        return;
    }
    if (signing->picture < 0 && signing->lines.n == 0) {
        if (signing->page > 0)
            kyso_signing_fail(signing, KYSO_OUTCOME_BAD_ARGUMENT, "detail", "nothing-to-show");
        else
            prepare(signing);
        return;
    }
    if (request.width <= 0 || request.height <= 0) {
        kyso_signing_fail(signing, KYSO_OUTCOME_BAD_ARGUMENT, "detail", "option-value", "option",
                          field != NULL ? "field" : "box");
        return;
    }
    r = kyso_draw(signing->daemon->loop, &request, drawn, signing, &signing->drawing);
    if (r != 0)
        kyso_signing_fail(signing, r, NULL);
}

static void examined(void *data, int result, const char *detail,
                     struct kyso_examination *examination)
{
    struct kyso_signing *signing = data;
    const char *problem;
    int r;

    if (result != 0) {
        kyso_signing_fail(signing, result, "rule", detail);
        return;
    }
    signing->before = *examination;
    *examination = (struct kyso_examination){0};
    signing->examine = kyso_examine_free(signing->examine);
    r = look_up(signing);
    if (r != 0) {
        kyso_signing_fail(signing, r, NULL);
        return;
    }
    signing->verdict = judge(signing);
    if (!signing->verdict.allow) {
        refuse(signing);
        return;
    }
    if (signing->before.pdf.unsignable != KYSO_PDF_OK) {
        KYSO_FREE char *what = signing->before.pdf.unsignable_detail != NULL
                                   ? strdup(signing->before.pdf.unsignable_detail)
                                   : NULL;

        kyso_signing_fail(signing, KYSO_OUTCOME_BAD_DOCUMENT, "rule",
                          kyso_pdf_rule_name(signing->before.pdf.unsignable), "detail", what);
        return;
    }
    problem = kyso_certificate_problem(signing->certificate, now_seconds());
    /* Whether the token is locked is for its worker to say, who looks afresh: another program may
     * have unlocked it. */
    if (*problem != '\0')
        kyso_signing_fail(signing, KYSO_OUTCOME_BAD_CERTIFICATE, "reason", problem);
    else
        draw(signing);
}

void kyso_signing_start(struct kyso_signing *signing)
{
    int r;

    kyso_job_set_state(signing->job, "inspecting", 0.1);
    r = kyso_examine(signing->daemon, signing->document, signing->size, examined, signing,
                     &signing->examine);
    if (r != 0)
        kyso_signing_fail(signing, r, NULL);
}

/* ---- after the token ---- */

static void append_report(struct kyso_signing *signing, DBusMessageIter *to)
{
    KYSO_FREE char *fingerprint = kyso_text_hex(signing->certificate->sha256, 32);
    KYSO_FREE char *digest = kyso_text_hex(signing->sha256, 32);
    const char *warnings[KYSO_WARNING_COUNT];
    size_t n = kyso_warning_names(signing->verdict.warnings, warnings);
    struct kyso_dict report;

    kyso_dict_open(&report, to);
    kyso_dict_string(&report, "certificate", fingerprint);
    kyso_dict_string(&report, "field", signing->update.field);
    kyso_dict_string(&report, "digest", digest);
    kyso_dict_string(&report, "clause", signing->verdict.clause);
    kyso_dict_string(&report, "profile", signing->daemon->config->profile.id);
    kyso_dict_strings(&report, "warnings", warnings, n);
    (void)kyso_dict_close(&report);
}

/* The record is on the disk before anybody has the document. */
static void reply(struct kyso_signing *signing)
{
    KYSO_MESSAGE DBusMessage *message = dbus_message_new_method_return(signing->request->message);
    struct kyso_request *request = signing->request;
    DBusMessageIter to;
    int r;

    if (message == NULL) {
        kyso_signing_fail(signing, -ENOMEM, NULL);
        return;
    }
    dbus_message_iter_init_append(message, &to);
    if (!dbus_message_iter_append_basic(&to, DBUS_TYPE_UNIX_FD, &signing->result)) {
        kyso_signing_fail(signing, -ENOMEM, NULL);
        return;
    }
    append_report(signing, &to);
    r = look_again(signing);
    if (r == KYSO_OUTCOME_REFUSED) {
        refuse(signing);
        return;
    }
    if (r == 0)
        r = kyso_signing_record(signing);
    if (r != 0) {
        kyso_signing_fail(signing, r, NULL);
        return;
    }
    kyso_log(KYSO_LOG_NOTICE, "%s done for uid %u with certificate %s of token %s",
             signing->seal ? "seal" : "sign", (unsigned int)kyso_caller_uid(request->caller),
             signing->certificate->described.info.serial, signing->holder->serial);
    signing->request = NULL;
    kyso_request_reply(request, message);
    kyso_signing_free(signing);
}

void kyso_signing_maybe_reply(struct kyso_signing *signing)
{
    if (signing->verified && signing->hashed && signing->token == NULL)
        reply(signing);
}

static void hashed(void *data, int result, const uint8_t sha256[KYSO_DIGEST_SIZE])
{
    struct kyso_signing *signing = data;

    signing->hashing = kyso_digest_free(signing->hashing);
    memcpy(signing->result_sha256, sha256, sizeof(signing->result_sha256));
    signing->hashed = result == 0;
    if (result == 0)
        kyso_signing_maybe_reply(signing);
    else
        kyso_signing_fail(signing, result, NULL);
}

/* A card may be faulty: what it signed is verified before anybody gets it. */
static void verified(void *data, int result, struct kyso_cms_finding *findings, size_t n)
{
    struct kyso_signing *signing = data;
    bool valid = result == 0 && n == 1 && findings[0].integrity == KYSO_FINDING_VALID &&
                 findings[0].has_signer &&
                 memcmp(findings[0].signer.sha256, signing->certificate->sha256, 32) == 0;

    for (size_t i = 0; i < n; i++)
        kyso_cms_finding_done(&findings[i]);
    signing->checking = kyso_cms_call_free(signing->checking);
    signing->verified = valid;
    if (valid)
        kyso_signing_maybe_reply(signing);
    else
        kyso_signing_fail(signing, result != 0 ? result : KYSO_OUTCOME_TOKEN_FAILED, "detail",
                          "signature-does-not-verify");
}

void kyso_signing_signed(struct kyso_signing *signing, const uint8_t *cms, size_t length)
{
    struct kyso_cms_question question = {signing->update.hole_start, signing->update.hole_end,
                                         signing->update.range_end};
    int r;

    kyso_job_set_state(signing->job, "finishing", 0.9);
    r = kyso_assemble_fill(signing->result, signing->update.hole_start, signing->update.hole_end,
                           cms, length);
    if (r == 0)
        r = kyso_memfd_seal(signing->result);
    if (r == 0)
        r = kyso_cms_check(signing->daemon->loop, signing->result, &question, 1,
                           &signing->daemon->config->trust, now_seconds(), verified, signing,
                           &signing->checking);
    if (r == 0)
        r = kyso_digest_new(signing->daemon->loop, signing->result, signing->result_size, 0, 0,
                            hashed, signing, &signing->hashing);
    if (r != 0)
        kyso_signing_fail(signing, r, "detail", r == KYSO_OUTCOME_LIMIT ? "contents" : NULL);
}
