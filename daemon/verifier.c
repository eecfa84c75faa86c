/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* org.kyso.Kyso1.Verifier: what a document's signatures are worth, and whether the order was kept.
 */

#include <errno.h>
#include <string.h>

#include "common/error.h"
#include "common/memfd.h"
#include "common/names.h"
#include "common/outcome.h"
#include "common/text.h"
#include "daemon/dict.h"
#include "daemon/examine.h"
#include "daemon/job.h"
#include "daemon/release.h"

struct verification {
    struct verification *next;
    struct kyso_daemon *daemon;
    struct kyso_request *request;
    struct kyso_job *job;
    struct kyso_examine *examine;
    enum kyso_kind kind;
    int document;
};

static struct verification *running;

static void verification_free(struct verification *verification)
{
    for (struct verification **at = &running; *at != NULL; at = &(*at)->next) {
        if (*at == verification) {
            *at = verification->next;
            break;
        }
    }
    (void)kyso_examine_free(verification->examine);
    (void)kyso_job_free(verification->job);
    kyso_close(&verification->document);
    free(verification);
}

void kyso_verifier_stop(void)
{
    while (running != NULL)
        verification_free(running);
}

static void fail(struct verification *verification, int result, const char *detail,
                 const char *option)
{
    struct kyso_request *request = verification->request;

    /* A bad document's detail is the rule that it breaks. */
    kyso_request_fail(request, result, result == KYSO_OUTCOME_BAD_DOCUMENT ? "rule" : "detail",
                      detail, "option", option, NULL);
    verification_free(verification);
}

static const char *finding_word(enum kyso_finding finding)
{
    switch (finding) {
    case KYSO_FINDING_VALID:
        return "valid";
    case KYSO_FINDING_INVALID:
        return "invalid";
    case KYSO_FINDING_UNDETERMINED:
        break;
    }
    return "undetermined";
}

static const char *coverage_word(const struct kyso_pdf_signature *signature, uint64_t size)
{
    if (signature->later != KYSO_PDF_OK)
        return "changed";
    return signature->range_end == size ? "whole" : "permitted-additions";
}

static void put_signer(struct kyso_dict *entry, const struct kyso_certificate_info *info)
{
    KYSO_FREE char *fingerprint = kyso_text_hex(info->sha256, sizeof(info->sha256));

    kyso_dict_string(entry, "common-name", info->common_name);
    kyso_dict_string(entry, "subject", info->subject);
    kyso_dict_string(entry, "issuer", info->issuer);
    kyso_dict_string(entry, "serial-number", info->serial);
    kyso_dict_string(entry, "fingerprint", fingerprint);
    kyso_dict_u64(entry, "not-before", info->not_before);
    kyso_dict_u64(entry, "not-after", info->not_after);
}

static void put_finding(struct kyso_dict *entry, const struct kyso_examination *found, size_t i)
{
    const struct kyso_cms_finding *finding = &found->findings[i];

    kyso_dict_string(entry, "integrity", finding_word(finding->integrity));
    kyso_dict_string(entry, "integrity-reason", finding->integrity_reason);
    kyso_dict_string(entry, "chain", finding_word(finding->chain));
    kyso_dict_string(entry, "chain-reason", finding->chain_reason);
    kyso_dict_u64(entry, "signing-time", kyso_examination_time(found, i));
    kyso_dict_bool(entry, "timestamp", finding->has_timestamp);
    kyso_dict_bool(entry, "signing-certificate", finding->has_signing_certificate);
    kyso_dict_string(entry, "digest", finding->digest);
    kyso_dict_bool(entry, "weak", finding->weak);
    if (finding->has_signer)
        put_signer(entry, &finding->signer);
}

static void put_signature(struct kyso_dict *entry, const struct kyso_daemon *daemon,
                          const struct kyso_examination *found, size_t i, uint64_t size)
{
    const struct kyso_pdf_signature *signature = &found->pdf.signatures[i];
    const struct kyso_signature_fact *fact = &found->facts[i];
    const struct kyso_roster_entry *roster = kyso_roster_find(daemon->roster, fact->certificate);

    kyso_dict_string(entry, "field", signature->field);
    kyso_dict_u32(entry, "revision", signature->revision);
    kyso_dict_u32(entry, "page", signature->page);
    kyso_dict_string(entry, "sub-filter", signature->sub_filter);
    kyso_dict_string(entry, "coverage", coverage_word(signature, size));
    kyso_dict_string(entry, "broken-rule",
                     signature->later != KYSO_PDF_OK ? kyso_pdf_rule_name(signature->later) : "");
    kyso_dict_string(entry, "broken-detail", signature->later_detail);
    kyso_dict_string(entry, "flaw",
                     signature->flaw != KYSO_PDF_OK ? kyso_pdf_rule_name(signature->flaw) : "");
    kyso_dict_string(entry, "flaw-detail", signature->flaw_detail);
    kyso_dict_string(entry, "class", kyso_class_name(fact->class));
    kyso_dict_bool(entry, "authority", fact->authority);
    kyso_dict_string(entry, "organisation", roster != NULL ? roster->organisation_name : "");
    kyso_dict_string(entry, "title", roster != NULL ? roster->title : "");
    kyso_dict_string(entry, "verdict", kyso_validity_name(fact->validity));
    if (found->judged[i])
        put_finding(entry, found, i);
}

static void put_warnings(struct kyso_dict *report, uint32_t bits)
{
    const char *warnings[KYSO_WARNING_COUNT];
    size_t n = kyso_warning_names(bits, warnings);

    kyso_dict_strings(report, "warnings", warnings, n);
}

static int put_report(DBusMessageIter *to, struct kyso_daemon *daemon,
                      const struct kyso_examination *found, const struct kyso_order_report *order,
                      uint64_t size)
{
    struct kyso_dict report, entry;
    struct kyso_dict_list list;
    int r;

    kyso_dict_open(&report, to);
    kyso_dict_string(&report, "order", kyso_order_result_name(order->order));
    kyso_dict_string(&report, "order-reason", kyso_reason_name(order->reason));
    kyso_dict_string(&report, "order-clause", order->clause);
    kyso_dict_string(&report, "order-remedy", kyso_remedy_name(order->remedy));
    kyso_dict_u32(&report, "pages", found->pdf.pages);
    kyso_dict_u32(&report, "revisions", found->pdf.revisions);
    kyso_dict_string(&report, "revocation", "not-checked");
    kyso_dict_string(&report, "profile", daemon->config->profile.id);
    kyso_dict_bool(&report, "unsigned-tail", found->pdf.unsigned_tail);
    kyso_dict_bool(&report, "seal-without-revocation-check",
                   daemon->config->seal_without_revocation_check);
    kyso_dict_string(
        &report, "broken-rule",
        found->pdf.unsignable != KYSO_PDF_OK ? kyso_pdf_rule_name(found->pdf.unsignable) : "");
    kyso_dict_string(&report, "broken-detail", found->pdf.unsignable_detail);
    put_warnings(&report, order->warnings);
    kyso_dict_list_open(&report, "signatures", &list);
    for (size_t i = 0; i < found->n && report.ok; i++) {
        kyso_dict_open(&entry, &list.array);
        put_signature(&entry, daemon, found, i, size);
        report.ok = kyso_dict_close(&entry);
    }
    kyso_dict_list_close(&report, &list);
    r = kyso_release_report_known(daemon, found, &report);
    if (r == 0 && !kyso_dict_close(&report))
        r = kyso_trace(-ENOMEM);
    return r;
}

static int make_answer(struct verification *verification, const struct kyso_examination *found,
                       uint64_t size, DBusMessage **ret_message)
{
    struct kyso_daemon *daemon = verification->daemon;
    KYSO_MESSAGE DBusMessage *message =
        dbus_message_new_method_return(verification->request->message);
    struct kyso_order_report order =
        kyso_order_report(&daemon->config->profile, verification->kind, found->facts, found->n);
    const char *verdict = kyso_fitness_name(order.fitness);
    DBusMessageIter to;
    int r;

    if (message == NULL)
        return kyso_trace(-ENOMEM);
    dbus_message_iter_init_append(message, &to);
    (void)dbus_message_iter_append_basic(&to, DBUS_TYPE_STRING, &verdict);
    r = put_report(&to, daemon, found, &order, size);
    if (r == 0)
        *ret_message = KYSO_STEAL(message);
    return r;
}

static void examined(void *data, int result, const char *detail, struct kyso_examination *found)
{
    struct verification *verification = data;
    KYSO_MESSAGE DBusMessage *message = NULL;
    uint64_t size;

    if (result == 0)
        result = kyso_memfd_check(verification->document, UINT64_MAX, &size);
    if (result != 0) {
        KYSO_FREE char *copy = detail != NULL ? strdup(detail) : NULL;

        fail(verification, result, copy, NULL);
        return;
    }
    result = make_answer(verification, found, size, &message);
    kyso_examination_done(found);
    if (result != 0) {
        fail(verification, result, NULL, NULL);
        return;
    }
    kyso_request_reply(verification->request, message);
    verification_free(verification);
}

static void caller_left(void *data)
{
    verification_free(data);
}

static void cancelled(void *data)
{
    fail(data, KYSO_OUTCOME_CANCELLED, NULL, NULL);
}

static int read_arguments(struct verification *verification, const char **job, uint64_t *size,
                          const char **detail, const char **name)
{
    const char *kind = kyso_kind_name(KYSO_KIND_ORIGINAL);
    const struct kyso_option options[] = {{"kind", "s", &kind, 32}};
    DBusMessageIter iter;
    int r;

    (void)dbus_message_iter_init(verification->request->message, &iter);
    dbus_message_iter_get_basic(&iter, &verification->document);
    (void)dbus_message_iter_next(&iter);
    dbus_message_iter_get_basic(&iter, job);
    (void)dbus_message_iter_next(&iter);
    r = kyso_options_read(&iter, options, KYSO_ARRAY_LEN(options), detail, name);
    if (r != 0)
        return r;
    *name = "kind";
    *detail = "option-value";
    if (!kyso_kind_from_name(kind, &verification->kind))
        return KYSO_OUTCOME_BAD_ARGUMENT;
    *name = NULL;
    *detail = "document";
    return kyso_memfd_check(verification->document, verification->daemon->config->document_max,
                            size);
}

static void verify(struct kyso_request *request, void *data)
{
    struct verification *verification = calloc(1, sizeof(*verification));
    const char *job = NULL, *detail = NULL, *name = NULL;
    uint64_t size = 0;
    int r;

    if (verification == NULL) {
        kyso_request_fail(request, -ENOMEM, NULL);
        return;
    }
    *verification = (struct verification){.daemon = data, .request = request, .document = -1};
    verification->next = running;
    running = verification;
    kyso_request_on_drop(request, caller_left, verification);
    r = read_arguments(verification, &job, &size, &detail, &name);
    if (r == 0)
        r = kyso_job_new(verification->daemon, request->caller, "verify", job, size, cancelled,
                         verification, &verification->job, &detail);
    if (r == 0) {
        kyso_job_set_state(verification->job, "inspecting", 0.1);
        detail = NULL;
        r = kyso_examine(verification->daemon, verification->document, size, examined, verification,
                         &verification->examine);
    }
    if (r != 0)
        fail(verification, r, detail, name);
}

const struct kyso_interface KYSO_VERIFIER_INTERFACE = {
    .name = KYSO_IFACE_VERIFIER,
    .methods =
        (const struct kyso_method[]){
            {"Verify", "document:h job:s options:a{sv}", "verdict:s report:a{sv}", "verify",
             verify},
            {0},
        },
};
