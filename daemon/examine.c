/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/examine.h"

#include <errno.h>
#include <string.h>

#include "common/clock.h"
#include "common/error.h"
#include "common/outcome.h"

struct kyso_examine {
    struct kyso_daemon *daemon;
    int document; /* borrowed */
    uint64_t size;
    kyso_examine_fn fn;
    void *data;
    struct kyso_pdf_call *inspecting;
    struct kyso_cms_call *checking;
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

struct kyso_examine *kyso_examine_free(struct kyso_examine *examine)
{
    if (examine == NULL)
        return NULL;
    (void)kyso_pdf_call_free(examine->inspecting);
    (void)kyso_cms_call_free(examine->checking);
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
}

static void finish(struct kyso_examine *examine)
{
    struct kyso_examination found;
    int r;

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
        finish(examine);
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
    if (r == 0 && n == 0)
        finish(examine);
    return r;
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
    r = kyso_pdf_inspect(daemon->loop, document, inspected, examine, &examine->inspecting);
    if (r < 0) {
        free(examine);
        return kyso_trace(r);
    }
    *ret_examine = examine;
    return 0;
}
