/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/examine.h"

#include <errno.h>
#include <string.h>

#include "common/clock.h"
#include "common/error.h"
#include "common/outcome.h"
#include "daemon/digest.h"
#include "daemon/store-document.h"

struct kyso_examine {
    struct kyso_daemon *daemon;
    int document; /* borrowed */
    uint64_t size;
    kyso_examine_fn fn;
    void *data;
    struct kyso_pdf_call *inspecting;
    struct kyso_cms_call *checking;
    /* The file; what its first signature covers, and its first one that is no time stamp. */
    struct kyso_digest *hashing, *covering, *covering_signed;
    bool signer_is_first; /* they are one, as they mostly are: hashed once */
    unsigned int running; /* of the steps that go on beside each other */
    struct kyso_examination found;
};

void kyso_examination_done(struct kyso_examination *examination)
{
    for (size_t i = 0; i < examination->n && examination->findings != NULL; i++)
        kyso_cms_finding_done(&examination->findings[i]);
    kyso_pdf_report_done(&examination->pdf);
    free(examination->findings);
    free(examination->judged);
    free(examination->facts);
    for (size_t i = 0; i < examination->n && examination->organisations != NULL; i++)
        free(examination->organisations[i]);
    free(examination->organisations);
    *examination = (struct kyso_examination){0};
}

uint64_t kyso_examination_time(const struct kyso_examination *examination, size_t i)
{
    uint64_t seconds;

    if (examination->judged[i] && examination->findings[i].has_signing_time)
        return examination->findings[i].signing_time;
    return kyso_pdf_time_read(examination->pdf.signatures[i].time, &seconds) ? seconds : 0;
}

struct kyso_examine *kyso_examine_free(struct kyso_examine *examine)
{
    if (examine == NULL)
        return NULL;
    (void)kyso_pdf_call_free(examine->inspecting);
    (void)kyso_cms_call_free(examine->checking);
    (void)kyso_digest_free(examine->hashing);
    (void)kyso_digest_free(examine->covering);
    (void)kyso_digest_free(examine->covering_signed);
    kyso_examination_done(&examine->found);
    free(examine);
    return NULL;
}

static enum kyso_validity validity_of(enum kyso_finding finding)
{
    switch (finding) {
    case KYSO_FINDING_VALID:
        return KYSO_VALID;
    case KYSO_FINDING_INVALID:
        return KYSO_INVALID;
    case KYSO_FINDING_UNDETERMINED:
        break;
    }
    return KYSO_UNDETERMINED;
}

static enum kyso_validity worse(enum kyso_validity a, enum kyso_validity b)
{
    if (a == KYSO_INVALID || b == KYSO_INVALID)
        return KYSO_INVALID;
    return a == KYSO_VALID && b == KYSO_VALID ? KYSO_VALID : KYSO_UNDETERMINED;
}

static int join(struct kyso_examination *found, size_t i, const struct kyso_roster *roster,
                uint64_t now)
{
    struct kyso_signature_fact *fact = &found->facts[i];
    const struct kyso_roster_entry *entry = NULL;

    free(found->organisations[i]);
    found->organisations[i] = NULL;
    fact->class = KYSO_CLASS_UNKNOWN;
    fact->authority = fact->digitised_copy_signer = fact->effective = false;
    fact->organisation = NULL;
    if (found->judged[i] && found->findings[i].has_signer)
        entry = kyso_roster_find(roster, found->findings[i].signer.sha256);
    if (entry == NULL)
        return 0;
    found->organisations[i] = strdup(entry->organisation);
    if (found->organisations[i] == NULL)
        return kyso_trace(-ENOMEM);
    fact->class = entry->class;
    fact->authority = entry->authority;
    fact->digitised_copy_signer = entry->digitised_copy_signer;
    fact->organisation = found->organisations[i];
    fact->effective = kyso_roster_effective(entry, now);
    return 0;
}

int kyso_examination_join(struct kyso_examination *examination, const struct kyso_roster *roster)
{
    uint64_t now = kyso_clock_wall_usec() / KYSO_USEC_PER_SEC;
    int r = 0;

    for (size_t i = 0; r == 0 && i < examination->n; i++)
        r = join(examination, i, roster, now);
    return r;
}

static void set_signer(struct kyso_signature_fact *fact, const struct kyso_cms_finding *finding)
{
    if (!finding->has_signer)
        return;
    memcpy(fact->spki, finding->signer.spki_sha256, sizeof(fact->spki));
    memcpy(fact->certificate, finding->signer.sha256, sizeof(fact->certificate));
}

static void set_fact(struct kyso_examine *examine, size_t i)
{
    const struct kyso_pdf_signature *signature = &examine->found.pdf.signatures[i];
    const struct kyso_cms_finding *finding = &examine->found.findings[i];
    struct kyso_signature_fact *fact = &examine->found.facts[i];
    uint64_t signed_at;

    fact->is_timestamp = signature->timestamp;
    fact->covers_to = signature->range_end;
    fact->covers_document = signature->later == KYSO_PDF_OK;
    fact->changed_after = signature->later != KYSO_PDF_OK;
    fact->changed_rule = fact->changed_after              ? kyso_pdf_rule_name(signature->later)
                         : signature->flaw != KYSO_PDF_OK ? kyso_pdf_rule_name(signature->flaw)
                                                          : NULL;
    if (signature->flaw != KYSO_PDF_OK) {
        fact->validity = KYSO_INVALID;
    } else if (examine->found.judged[i] && !signature->timestamp) {
        fact->validity = worse(validity_of(finding->integrity), validity_of(finding->chain));
        if (finding->weak && fact->validity == KYSO_VALID)
            fact->validity = KYSO_UNDETERMINED;
    }
    if (examine->found.judged[i])
        set_signer(fact, finding);
    signed_at = kyso_examination_time(&examine->found, i);
    fact->day = signed_at != 0 ? kyso_clock_day(signed_at) : 0;
}

static int identify(struct kyso_examine *examine)
{
    struct kyso_examination *found = &examine->found;
    int r;

    if (found->n == 0) {
        memcpy(found->identity, found->sha256, sizeof(found->identity));
        found->identified = true;
        return 0;
    }
    if (!found->identified)
        return 0;
    r = kyso_store_document_find(examine->daemon->store, found->covered, found->identity);
    if (r == KYSO_OUTCOME_NOT_FOUND)
        memcpy(found->identity, found->covered, sizeof(found->identity));
    return r == KYSO_OUTCOME_NOT_FOUND ? 0 : r;
}

static void finish(struct kyso_examine *examine)
{
    struct kyso_examination found;
    int r = identify(examine);

    if (r != 0) {
        examine->fn(examine->data, r, NULL, NULL);
        return;
    }
    for (size_t i = 0; i < examine->found.n; i++)
        set_fact(examine, i);
    r = kyso_examination_join(&examine->found, examine->daemon->roster);
    if (r != 0) {
        examine->fn(examine->data, r, NULL, NULL);
        return;
    }
    found = examine->found;
    examine->found = (struct kyso_examination){0};
    examine->fn(examine->data, 0, NULL, &found);
}

/* One of the steps that go on beside each other is over; the last one ends the examination. */
static void step_done(struct kyso_examine *examine)
{
    if (--examine->running == 0)
        finish(examine);
}

static void checked(void *data, int result, struct kyso_cms_finding *findings, size_t n)
{
    struct kyso_examine *examine = data;
    size_t next = 0;

    for (size_t i = 0; result == 0 && i < examine->found.n && next < n; i++) {
        if (examine->found.judged[i])
            examine->found.findings[i] = findings[next++];
    }
    if (result != 0)
        examine->fn(examine->data, result, "signatures", NULL);
    else
        step_done(examine);
}

static void hashed(void *data, int result, const uint8_t sha256[KYSO_DIGEST_SIZE])
{
    struct kyso_examine *examine = data;

    examine->hashing = kyso_digest_free(examine->hashing);
    memcpy(examine->found.sha256, sha256, sizeof(examine->found.sha256));
    if (result != 0)
        examine->fn(examine->data, result, NULL, NULL);
    else
        step_done(examine);
}

static void covered(void *data, int result, const uint8_t sha256[KYSO_DIGEST_SIZE])
{
    struct kyso_examine *examine = data;

    examine->covering = kyso_digest_free(examine->covering);
    memcpy(examine->found.covered, sha256, sizeof(examine->found.covered));
    if (examine->signer_is_first)
        memcpy(examine->found.signed_sha256, sha256, sizeof(examine->found.signed_sha256));
    if (result != 0)
        examine->fn(examine->data, result, NULL, NULL);
    else
        step_done(examine);
}

static void covered_by_signer(void *data, int result, const uint8_t sha256[KYSO_DIGEST_SIZE])
{
    struct kyso_examine *examine = data;

    examine->covering_signed = kyso_digest_free(examine->covering_signed);
    memcpy(examine->found.signed_sha256, sha256, sizeof(examine->found.signed_sha256));
    if (result != 0)
        examine->fn(examine->data, result, NULL, NULL);
    else
        step_done(examine);
}

/* The one whose range ends first, whatever order the worker tells them in; null when there is none.
 * SIGNED: leaving out time stamps, which say of nobody that he signed. */
static const struct kyso_pdf_signature *first_signature(const struct kyso_pdf_report *pdf,
                                                        bool signed_)
{
    const struct kyso_pdf_signature *first = NULL;

    for (size_t i = 0; i < pdf->n_signatures; i++) {
        const struct kyso_pdf_signature *signature = &pdf->signatures[i];

        if (!(signed_ && signature->timestamp) &&
            (first == NULL || signature->range_end < first->range_end))
            first = signature;
    }
    return first;
}

static int start_digest(struct kyso_examine *examine, const struct kyso_pdf_signature *signature,
                        kyso_digest_fn fn, struct kyso_digest **ret_digest)
{
    int r = kyso_digest_new(examine->daemon->loop, examine->document, signature->range_end,
                            signature->hole_start, signature->hole_end, fn, examine, ret_digest);

    examine->running += r == 0 ? 1 : 0;
    return r;
}

static bool is_sound(const struct kyso_pdf_signature *signature)
{
    return signature != NULL && signature->flaw == KYSO_PDF_OK;
}

static int start_covering(struct kyso_examine *examine)
{
    const struct kyso_pdf_signature *first = first_signature(&examine->found.pdf, false);
    const struct kyso_pdf_signature *signer = first_signature(&examine->found.pdf, true);
    int r = 0;

    examine->signer_is_first = signer == first;
    if (is_sound(first))
        r = start_digest(examine, first, covered, &examine->covering);
    if (r == 0 && is_sound(signer) && !examine->signer_is_first)
        r = start_digest(examine, signer, covered_by_signer, &examine->covering_signed);
    examine->found.identified = r == 0 && is_sound(first);
    examine->found.is_signed = r == 0 && is_sound(signer);
    return r;
}

/* What kysod can see for itself: the hole is where the worker says, and holds but hex. */
static void confirm(struct kyso_examine *examine, struct kyso_pdf_signature *signature)
{
    if (signature->flaw == KYSO_PDF_OK &&
        kyso_pdf_confirm_hole(examine->document, examine->size, signature->hole_start,
                              signature->hole_end, signature->range_end, false) != 0)
        signature->flaw = KYSO_PDF_HOLE;
}

static int check(struct kyso_examine *examine)
{
    struct kyso_cms_question *questions;
    size_t n = 0;
    int r;

    questions = calloc(examine->found.n + 1, sizeof(*questions));
    if (questions == NULL)
        return kyso_trace(-ENOMEM);
    for (size_t i = 0; i < examine->found.n; i++) {
        struct kyso_pdf_signature *signature = &examine->found.pdf.signatures[i];

        confirm(examine, signature);
        examine->found.judged[i] = signature->flaw == KYSO_PDF_OK;
        if (examine->found.judged[i])
            questions[n++] = (struct kyso_cms_question){signature->hole_start, signature->hole_end,
                                                        signature->range_end};
    }
    r = n == 0 ? 0
               : kyso_cms_check(examine->daemon->loop, examine->document, questions, n,
                                &examine->daemon->config->trust,
                                kyso_clock_wall_usec() / KYSO_USEC_PER_SEC, checked, examine,
                                &examine->checking);
    free(questions);
    examine->running += r == 0 && n > 0 ? 1 : 0;
    return r == 0 ? start_covering(examine) : r;
}

static void inspected(void *data, int result, const char *detail, struct kyso_pdf_report *report)
{
    struct kyso_examine *examine = data;
    int r;

    if (result != 0) {
        examine->fn(examine->data, result, detail, NULL);
        return;
    }
    examine->found.pdf = *report;
    examine->found.n = report->n_signatures;
    examine->found.findings = calloc(report->n_signatures + 1, sizeof(struct kyso_cms_finding));
    examine->found.judged = calloc(report->n_signatures + 1, sizeof(bool));
    examine->found.facts = calloc(report->n_signatures + 1, sizeof(struct kyso_signature_fact));
    examine->found.organisations = calloc(report->n_signatures + 1, sizeof(char *));
    r = examine->found.findings && examine->found.judged && examine->found.facts &&
                examine->found.organisations
            ? check(examine)
            : -ENOMEM;
    if (r != 0)
        examine->fn(examine->data, r, NULL, NULL);
    else
        step_done(examine);
}

int kyso_examine(struct kyso_daemon *daemon, int document, uint64_t size, kyso_examine_fn fn,
                 void *data, struct kyso_examine **ret_examine)
{
    struct kyso_examine *examine = calloc(1, sizeof(*examine));
    int r;

    if (examine == NULL)
        return kyso_trace(-ENOMEM);
    examine->daemon = daemon;
    examine->document = document;
    examine->size = size;
    examine->fn = fn;
    examine->data = data;
    examine->running = 2;
    r = kyso_pdf_inspect(daemon->loop, document, inspected, examine, &examine->inspecting);
    if (r == 0)
        r = kyso_digest_new(daemon->loop, document, size, 0, 0, hashed, examine, &examine->hashing);
    if (r != 0) {
        (void)kyso_examine_free(examine);
        return r < 0 ? kyso_trace(r) : r;
    }
    *ret_examine = examine;
    return 0;
}
