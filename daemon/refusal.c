/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/refusal.h"

#include "common/outcome.h"

/* A signature that somebody took out of the form is no signature to the rule: say what it is. */
const char *kyso_refusal_rule(const struct kyso_verdict *verdict,
                              const struct kyso_examination *found)
{
    if (verdict->detail == NULL && found->pdf.unsignable != KYSO_PDF_OK)
        return kyso_pdf_rule_name(found->pdf.unsignable);
    return verdict->detail;
}

void kyso_refusal_answer(struct kyso_request *request, const struct kyso_settings *config,
                         const struct kyso_verdict *verdict, const struct kyso_examination *found,
                         const struct kyso_store_release_mark *earlier)
{
    const char *field =
        verdict->signature < found->n ? found->pdf.signatures[verdict->signature].field : NULL;
    struct kyso_store_release_words words = {.number = ""};

    if (earlier != NULL)
        kyso_store_release_spell(earlier, &words);
    kyso_request_fail(request, KYSO_OUTCOME_REFUSED, "reason", kyso_reason_name(verdict->reason),
                      "clause", verdict->clause, "remedy", kyso_remedy_name(verdict->remedy),
                      "number", words.number, "date", words.date, "released-at", words.at, "field",
                      field, "rule", kyso_refusal_rule(verdict, found), "profile",
                      config->profile.id, NULL);
}
