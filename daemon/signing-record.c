/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the audit log says of signatures and of refusals by the order rule: doc/audit.md. */

#include "daemon/record.h"
#include "daemon/refusal.h"
#include "daemon/signing.h"
#include "daemon/store-document.h"

/* As it was judged: what was allowed had the right one. */
static enum kyso_class class_of(const struct kyso_signing *signing)
{
    const struct kyso_roster_entry *entry =
        kyso_roster_find(signing->daemon->roster, signing->certificate->sha256);

    if (signing->verdict.allow)
        return signing->seal ? KYSO_CLASS_SEAL : KYSO_CLASS_PERSON;
    return entry != NULL ? entry->class : KYSO_CLASS_UNKNOWN;
}

/* What both say: with which certificate, which document, what was declared, on which rule. The
 * caller's texts are as long as the call's options may be. */
static struct kyso_audit_entry *begin(const struct kyso_signing *signing, const char *event)
{
    struct kyso_audit_entry *entry = kyso_audit_entry(event, signing->request->caller);
    const struct kyso_settings *config = signing->daemon->config;
    const struct kyso_token_entry *token =
        signing->holder != NULL ? signing->holder : signing->certificate->token;

    kyso_audit_hex(entry, "certificate", signing->certificate->sha256, 32);
    kyso_audit_text(entry, "class", kyso_class_name(class_of(signing)));
    kyso_audit_text(entry, "serial", token->serial);
    kyso_record_document(entry, &signing->before);
    kyso_audit_text(entry, "kind", kyso_kind_name(signing->kind));
    kyso_audit_text(entry, "reference", signing->reference);
    kyso_audit_text(entry, "stated-reason", signing->reason);
    kyso_record_verdict(entry, config, &signing->verdict);
    if (signing->seal)
        kyso_audit_flag(entry, "seal-without-revocation-check",
                        config->seal_without_revocation_check);
    return entry;
}

static int append_signature(const struct kyso_signing *signing)
{
    struct kyso_audit_entry *entry = begin(signing, signing->seal ? "sealed" : "signed");

    kyso_audit_hex(entry, "output", signing->result_sha256, 32);
    return kyso_audit_append(signing->daemon->audit, entry);
}

/* A copy is one of many; any other seal is the only one that follows what was signed. */
static bool uses_up_the_signature(const struct kyso_signing *signing)
{
    return signing->seal && signing->kind != KYSO_KIND_COPY && signing->before.is_signed;
}

int kyso_signing_record(const struct kyso_signing *signing)
{
    struct kyso_store *store = signing->daemon->store;
    int r = kyso_store_begin(store);

    if (r == 0 && signing->before.n == 0)
        r = kyso_store_document_add(store, signing->sha256, signing->before.identity);
    if (r == 0 && uses_up_the_signature(signing))
        r = kyso_store_sealing_add(store, signing->before.signed_sha256);
    if (r == 0)
        r = append_signature(signing);
    return kyso_store_end(store, r);
}

int kyso_signing_record_refusal(const struct kyso_signing *signing)
{
    struct kyso_audit_entry *entry = begin(signing, "refused");

    kyso_record_refusal(entry, signing->seal ? KYSO_ACT_SEAL : KYSO_ACT_SIGN_PERSON,
                        &signing->verdict, kyso_refusal_rule(&signing->verdict, &signing->before));
    return kyso_audit_append(signing->daemon->audit, entry);
}
