/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The order rule. First the decision tables of the requirements, row by row with their clauses, on
 * the profiles as installed. Then every small combination of facts against an oracle that is
 * written the other way round: it counts what is there and states when a seal is lawful, where the
 * code looks for the first reason to refuse. Reports are tried against all worlds in which the
 * unknown signers could turn out to be somebody. */

#include "tests/unit/profile-file.h"

#include "policy/order.h"

static struct kyso_profile profiles[SHIPPED];

static int setup(void **state)
{
    (void)state;
    for (unsigned int i = 0; i < SHIPPED; i++) {
        profile_load((enum shipped)i, &profiles[i]);
    }
    return 0;
}

/* Who may stand in a document. */
enum who { PERSON, AUTHORITY, OTHER_AUTHORITY, CHIEF, SEAL, OTHER_SEAL, STRANGER, STAMP, WHO_MAX };

#define HOME "Sở Tư pháp"
#define AWAY "Sở Nội vụ"
#define SEAL_KEY 0x5e

static struct kyso_signature_fact made_by(enum who who, unsigned int place)
{
    struct kyso_signature_fact fact = {
        .validity = KYSO_VALID,
        .revocation = KYSO_VALID,
        .class = KYSO_CLASS_PERSON,
        .organisation = HOME,
        .effective = true,
        .covers_document = true,
        .time_stamped = true,
        .covers_to = (place + 1) * UINT64_C(1000),
    };

    memset(fact.spki, (int)(who + 1), sizeof(fact.spki));
    switch (who) {
    case PERSON:
    case WHO_MAX:
        break;
    case OTHER_AUTHORITY:
        fact.organisation = AWAY;
        fact.authority = true;
        break;
    case AUTHORITY:
        fact.authority = true;
        break;
    case CHIEF:
        fact.digitised_copy_signer = true;
        break;
    case SEAL:
        memset(fact.spki, SEAL_KEY, sizeof(fact.spki));
        fact.class = KYSO_CLASS_SEAL;
        break;
    case OTHER_SEAL:
        fact.organisation = AWAY;
        fact.class = KYSO_CLASS_SEAL;
        break;
    case STRANGER:
        fact.organisation = NULL;
        fact.class = KYSO_CLASS_UNKNOWN;
        fact.effective = false;
        break;
    case STAMP:
        fact.is_timestamp = true;
        fact.class = KYSO_CLASS_UNKNOWN;
        break;
    }
    return fact;
}

/* A request with nothing against it but what the rule itself says. */
static struct kyso_order_request good_request(enum kyso_act act, enum kyso_kind kind)
{
    struct kyso_order_request request = {
        .act = act,
        .kind = kind,
        .reference_given = true,
        .reason_given = true,
        .time_stamps = true,
        .channel = KYSO_CHANNEL_DOCUMENT_SYSTEM,
        .issue_day = 20261120,
        .signer =
            {
                .class = act == KYSO_ACT_SEAL ? KYSO_CLASS_SEAL : KYSO_CLASS_PERSON,
                .authority = act == KYSO_ACT_SIGN_PERSON,
                .digitised_copy_signer = act == KYSO_ACT_SIGN_PERSON,
                .organisation = HOME,
                .effective = true,
                .caller_listed = true,
            },
    };

    memset(request.signer.spki, act == KYSO_ACT_SEAL ? SEAL_KEY : 0x70, KYSO_FINGERPRINT_SIZE);
    return request;
}

/* ---- the decision tables ---- */

/* One letter for each signature, innermost first: p person, a authority, o authority of another
 * body, c chief of office, s seal, x stranger, t time stamp. After it may stand what is wrong with
 * it: ! invalid, - revoked, ? undetermined, ~ revocation not checked, * changed after, _ does not
 * cover, < before its effective date, = the seal's key. */
static size_t build(const char *letters, struct kyso_signature_fact *facts)
{
    static const char whos[] = "paocsSxt";
    size_t count = 0;

    for (const char *p = letters; *p != '\0'; p++) {
        const char *who = strchr(whos, *p);

        if (who != NULL) {
            facts[count] = made_by((enum who)(who - whos), (unsigned int)count);
            count++;
            continue;
        }
        assert_true(count > 0);
        switch (*p) {
        case '!':
            facts[count - 1].validity = KYSO_INVALID;
            break;
        case '-':
            facts[count - 1].revocation = KYSO_INVALID;
            break;
        case '?':
            facts[count - 1].validity = KYSO_UNDETERMINED;
            break;
        case '~':
            facts[count - 1].revocation = KYSO_UNDETERMINED;
            break;
        case '*':
            facts[count - 1].changed_after = true;
            facts[count - 1].changed_rule = "page-content";
            break;
        case '_':
            facts[count - 1].covers_document = false;
            break;
        case '<':
            facts[count - 1].effective = false;
            break;
        case '=':
            memset(facts[count - 1].spki, SEAL_KEY, KYSO_FINGERPRINT_SIZE);
            break;
        default:
            fail_msg("bad letter %c", *p);
        }
    }
    return count;
}

struct table_row {
    enum shipped profile;
    enum kyso_act act;
    enum kyso_kind kind;
    const char *document;
    const char *reason; /* null: allowed */
    const char *clause;
    const char *remedy;
};

#define DO(act_, kind_) KYSO_ACT_##act_, KYSO_KIND_##kind_

/* Requirements 5.3, with the exceptions of 5.2 beside their request. */
static const struct table_row table[] = {
    /* Seal, at least one valid individual signature present. */
    {BD17, DO(SEAL, ORIGINAL), "p", NULL, "BD17-19.2c.s1", NULL},
    {BD17, DO(SEAL, ORIGINAL), "a", NULL, "BD17-19.2c.s1", NULL},
    {BD17, DO(SEAL, ORIGINAL), "pa", NULL, "BD17-19.2c.s1", NULL},
    {LS20, DO(SEAL, ORIGINAL), "a", NULL, "LS20-6b.t4", NULL},
    {LS20, DO(SEAL, ORIGINAL), "pa", NULL, "LS20-6b.t4", NULL},
    {LS20, DO(SEAL, ORIGINAL), "ap", NULL, "LS20-6b.t4", NULL},
    {LS20, DO(SEAL, ORIGINAL), "oa", NULL, "LS20-6b.t4", NULL},
    {LS20, DO(SEAL, ORIGINAL), "at", NULL, "LS20-6b.t4", NULL},
    {LS20, DO(SEAL, ORIGINAL), "p", "no-authority-signature", "LS20-6b.t4", "sign-by-authority"},
    {LS20, DO(SEAL, ORIGINAL), "pp", "no-authority-signature", "LS20-6b.t4", "sign-by-authority"},
    {LS20, DO(SEAL, ORIGINAL), "c", "no-authority-signature", "LS20-6b.t4", "sign-by-authority"},
    {LS20, DO(SEAL, ORIGINAL), "o", "other-organisation", "LS20-6b.t4", "sign-by-authority"},
    {BD17, DO(SEAL, ORIGINAL), "o", "other-organisation", "BD17-19.2c.s1", "sign-by-authority"},
    {LS20, DO(SEAL, ORIGINAL), "x", "unknown-signer", "K-08", "add-to-roster"},
    {BD17, DO(SEAL, ORIGINAL), "x", "unknown-signer", "K-08", "add-to-roster"},
    {AG16, DO(SEAL, ORIGINAL), "p", NULL, "AG16-8.1", NULL},
    {TB16, DO(SEAL, ORIGINAL), "p", NULL, "P:TB16-10.2", NULL},
    {BD14, DO(SEAL, ORIGINAL), "a", "no-seal-class", "BD14-5.1", "sign-by-authority"},
    /* Seal, no signature, ordinary document. */
    {BD17, DO(SEAL, ORIGINAL), "", "no-signature", "BD17-19.2c.s1", "sign-first"},
    {LS20, DO(SEAL, ORIGINAL), "", "no-signature", "LS20-6b.t4", "sign-first"},
    {LS20, DO(SEAL, ORIGINAL), "t", "no-signature", "LS20-6b.t4", "sign-first"},
    {AG16, DO(SEAL, ORIGINAL), "", "no-signature", "AG16-8.1", "sign-first"},
    {AG16, DO(SEAL, APPROVED), "", NULL, "AG16-8.1a", NULL},
    {BD17, DO(SEAL, APPROVED), "", "kind-not-allowed", "P:BD17-19.2", "declare-kind"},
    {LS20, DO(SEAL, APPROVED), "", "kind-not-allowed", "P:LS20-6b.t4", "declare-kind"},
    {TB16, DO(SEAL, ORIGINAL), "", "no-signature", "P:TB16-10.2", "sign-first"},
    {BD14, DO(SEAL, ORIGINAL), "", "no-seal-class", "BD14-5.1", "sign-by-authority"},
    /* Seal on a scan of signed, stamped paper; paper issued again. */
    {BD17, DO(SEAL, SCAN), "", NULL, "BD17-19.2a.t1", NULL},
    {BD17, DO(SEAL, REISSUE), "", NULL, "BD17-19.2a.t1", NULL},
    {LS20, DO(SEAL, SCAN), "", "kind-not-allowed", "P:LS20-6b.t4", "declare-kind"},
    {LS20, DO(SEAL, REISSUE), "", "kind-not-allowed", "P:LS20-6b.t4", "declare-kind"},
    {AG16, DO(SEAL, SCAN), "", NULL, "AG16-8.1", NULL},
    {TB16, DO(SEAL, SCAN), "", "kind-not-allowed", "P:TB16-10.2", "declare-kind"},
    {BD14, DO(SEAL, SCAN), "", "no-seal-class", "BD14-5.1", "sign-by-authority"},
    {BD14, DO(SIGN_PERSON, SCAN), "", NULL, "BD14-10.2c.t2", NULL},
    {BD17, DO(SIGN_PERSON, SCAN), "", "kind-not-allowed", "BD17-19.2a.t1", "declare-kind"},
    /* Seal on a copy. */
    {BD17, DO(SEAL, COPY), "", "kind-not-allowed", "BD17-19.2a.t1", "declare-kind"},
    {LS20, DO(SEAL, COPY), "", NULL, "LS20-6b.t4", NULL},
    {LS20, DO(SEAL, COPY), "p", NULL, "LS20-6b.t4", NULL},
    {LS20, DO(SEAL, COPY), "as", NULL, "LS20-6b.t4", NULL},
    {LS20, DO(SEAL, COPY), "oS", NULL, "LS20-6b.t4", NULL},
    {AG16, DO(SEAL, COPY), "", "kind-not-allowed", "P:AG16-8.1", "declare-kind"},
    {TB16, DO(SEAL, COPY), "", "kind-not-allowed", "P:TB16-10.2", "declare-kind"},
    {BD14, DO(SEAL, COPY), "", "no-seal-class", "BD14-5.1", "sign-by-authority"},
    /* Seal over an invalid, revoked or broken earlier signature. */
    {BD17, DO(SEAL, ORIGINAL), "a!", "signature-invalid", "BD17-19.2c.s2", "resign-unaltered-copy"},
    {BD17, DO(SEAL, ORIGINAL), "p!a", "signature-invalid", "BD17-19.2c.s2",
     "resign-unaltered-copy"},
    {BD17, DO(SEAL, ORIGINAL), "a-", "signature-revoked", "BD17-19.2c.s2", "resign-unaltered-copy"},
    {BD17, DO(SEAL, ORIGINAL), "a*", "changed-after-signing", "BD17-19.2c.s2",
     "resign-unaltered-copy"},
    {BD17, DO(SEAL, ORIGINAL), "a_", "document-not-covered", "BD17-19.2c.s2",
     "resign-unaltered-copy"},
    {BD17, DO(SEAL, ORIGINAL), "a?", "signature-undetermined", "BD17-19.2c.s2", "check-chain"},
    {BD17, DO(SEAL, ORIGINAL), "a~", "revocation-undetermined", "BD17-19.2c.s2",
     "check-revocation"},
    {BD17, DO(SEAL, ORIGINAL), "a<", "signed-before-effective", "BD17-11.2d",
     "resign-unaltered-copy"},
    {BD17, DO(SEAL, SCAN), "p!", "signature-invalid", "BD17-19.2c.s2", "resign-unaltered-copy"},
    {LS20, DO(SEAL, ORIGINAL), "a!", "signature-invalid", "P:LS20-6b.t4", "resign-unaltered-copy"},
    {LS20, DO(SEAL, ORIGINAL), "x!a", "signature-invalid", "P:LS20-6b.t4", "resign-unaltered-copy"},
    {LS20, DO(SEAL, ORIGINAL), "a-", "signature-revoked", "P:LS20-6b.t4", "resign-unaltered-copy"},
    {LS20, DO(SEAL, ORIGINAL), "a*", "changed-after-signing", "P:LS20-6b.t4",
     "resign-unaltered-copy"},
    {LS20, DO(SEAL, ORIGINAL), "a?", "signature-undetermined", "P:LS20-6b.t4", "check-chain"},
    {LS20, DO(SEAL, ORIGINAL), "at!", "signature-invalid", "P:LS20-6b.t4", "resign-unaltered-copy"},
    {LS20, DO(SEAL, COPY), "s!", "signature-invalid", "P:LS20-6b.t4", "resign-unaltered-copy"},
    {AG16, DO(SEAL, ORIGINAL), "p!", "signature-invalid", "P:AG16-3.6", "resign-unaltered-copy"},
    {TB16, DO(SEAL, ORIGINAL), "p-", "signature-revoked", "P:TB16-10.2", "resign-unaltered-copy"},
    /* Individual signature after the seal; a second seal; one key in both classes. */
    {BD17, DO(SIGN_PERSON, ORIGINAL), "as", "person-after-seal", "BD17-19.2c.s1",
     "resign-original"},
    {BD17, DO(SIGN_PERSON, INTERNAL), "as", "person-after-seal", "BD17-19.2c.s1",
     "resign-original"},
    {LS20, DO(SIGN_PERSON, ORIGINAL), "as", "person-after-seal", "P:LS20-6b.t4", "resign-original"},
    {AG16, DO(SIGN_PERSON, ORIGINAL), "s", "person-after-seal", "P:AG16-8.1", "resign-original"},
    {TB16, DO(SIGN_PERSON, ORIGINAL), "ps", "person-after-seal", "P:TB16-10.2", "resign-original"},
    {BD17, DO(SEAL, ORIGINAL), "as", "already-sealed", "P:BD17-19.2c.s1", "use-sealed-document"},
    {LS20, DO(SEAL, ORIGINAL), "aS", "already-sealed", "P:LS20-6d", "use-sealed-document"},
    {LS20, DO(SEAL, ORIGINAL), "a=", "same-key", "P:LS20-6b.t4", "different-key"},
    {LS20, DO(SEAL, ORIGINAL), "ap=", "same-key", "P:LS20-6b.t4", "different-key"},
    {LS20, DO(SEAL, ORIGINAL), "ax=", "same-key", "P:LS20-6b.t4", "different-key"},
    {LS20, DO(SEAL, COPY), "p=", "same-key", "P:LS20-6b.t4", "different-key"},
    {BD17, DO(SEAL, ORIGINAL), "p=", "same-key", "P:BD17-5.4", "different-key"},
    /* Several individuals, no issue. */
    {BD17, DO(SIGN_PERSON, INTERNAL), "pp", NULL, "BD17-19.2d", NULL},
    {LS20, DO(SIGN_PERSON, INTERNAL), "pap", NULL, "P:LS20-6d", NULL},
    {AG16, DO(SIGN_PERSON, INTERNAL), "p", NULL, "P:AG16-8.2b", NULL},
    {TB16, DO(SIGN_PERSON, INTERNAL), "p", NULL, "P:TB16-10.1", NULL},
    {BD14, DO(SIGN_PERSON, INTERNAL), "p", NULL, "BD14-12.2", NULL},
    {BD17, DO(SEAL, INTERNAL), "pa", "internal-document", "BD17-19.2d", "declare-kind"},
    {LS20, DO(SEAL, INTERNAL), "a", "internal-document", "P:LS20-6d", "declare-kind"},
    {BD17, DO(RELEASE, INTERNAL), "pa", "internal-document", "BD17-19.2d", "declare-kind"},
    /* Issue with an authorised individual signature only. */
    {BD17, DO(RELEASE, SINGLE_AUTHORITY), "a", NULL, "BD17-19.2b", NULL},
    {BD17, DO(SIGN_PERSON, SINGLE_AUTHORITY), "", NULL, "BD17-19.2b", NULL},
    {BD17, DO(RELEASE, SINGLE_AUTHORITY), "p", "no-authority-signature", "BD17-19.2b",
     "sign-by-authority"},
    {BD17, DO(RELEASE, SINGLE_AUTHORITY), "o", "other-organisation", "BD17-19.2b",
     "sign-by-authority"},
    {BD17, DO(RELEASE, ORIGINAL), "a", "not-sealed", "BD17-19.3", "seal-first"},
    {LS20, DO(RELEASE, ORIGINAL), "a", "not-sealed", "P:LS20-6b.t3", "seal-first"},
    {LS20, DO(RELEASE, SINGLE_AUTHORITY), "a", "kind-not-allowed", "P:LS20-6b.t3", "declare-kind"},
    {LS20, DO(SIGN_PERSON, SINGLE_AUTHORITY), "", "kind-not-allowed", "P:LS20-6b.t3",
     "declare-kind"},
    {AG16, DO(RELEASE, SINGLE_AUTHORITY), "a", NULL, "AG16-8.1b", NULL},
    {TB16, DO(RELEASE, SINGLE_AUTHORITY), "a", NULL, "TB16-13.3", NULL},
    {BD14, DO(RELEASE, SINGLE_AUTHORITY), "a", NULL, "BD14-10.2c.t1", NULL},
    {BD14, DO(RELEASE, SCAN), "c", NULL, "BD14-10.2c.t2", NULL},
    {BD14, DO(RELEASE, SCAN), "p", "no-authority-signature", "BD14-10.2c.t2", "sign-by-authority"},
    {BD14, DO(RELEASE, ORIGINAL), "a", "not-sealed", "BD14-10.3c", "declare-kind"},
    /* Release of what is sealed. */
    {LS20, DO(RELEASE, ORIGINAL), "as", NULL, "P:LS20-6b.t3", NULL},
    {LS20, DO(RELEASE, COPY), "s", NULL, "LS20-6b.t4", NULL},
    {LS20, DO(RELEASE, ORIGINAL), "s", "no-signature", "LS20-6b.t4", "sign-first"},
    {LS20, DO(RELEASE, ORIGINAL), "ps", "no-authority-signature", "LS20-6b.t4",
     "sign-by-authority"},
    {LS20, DO(RELEASE, ORIGINAL), "asp", "person-after-seal", "P:LS20-6b.t4", "resign-original"},
    {BD17, DO(RELEASE, ORIGINAL), "ps", NULL, "BD17-19.3", NULL},
    {BD17, DO(RELEASE, SCAN), "s", NULL, "BD17-19.2a.t1", NULL},
    {BD17, DO(RELEASE, ORIGINAL), "p!s", "signature-invalid", "BD17-19.2c.s2",
     "resign-unaltered-copy"},
    {BD17, DO(RELEASE, ORIGINAL), "ps~", "revocation-undetermined", "BD17-19.2c.s2",
     "check-revocation"},
    {BD17, DO(RELEASE, ORIGINAL), "", "not-sealed", "BD17-19.3", "seal-first"},
    /* First signature of an ordinary letter; over a bad one; over a doubtful one. */
    {LS20, DO(SIGN_PERSON, ORIGINAL), "", NULL, "LS20-6b.t4", NULL},
    {LS20, DO(SIGN_PERSON, ORIGINAL), "p", NULL, "LS20-6b.t4", NULL},
    {LS20, DO(SIGN_PERSON, ORIGINAL), "p~", NULL, "LS20-6b.t4", NULL},
    {LS20, DO(SIGN_PERSON, ORIGINAL), "x?", NULL, "LS20-6b.t4", NULL},
    {LS20, DO(SIGN_PERSON, ORIGINAL), "p*", "changed-after-signing", "P:LS20-6b.t4",
     "resign-unaltered-copy"},
    {LS20, DO(SIGN_PERSON, COPY), "", "kind-not-allowed", "LS20-6b.t4", "declare-kind"},
};

static void check_row(const struct table_row *row, const struct kyso_verdict *verdict)
{
    const char *reason = row->reason != NULL ? row->reason : "none";

    if (strcmp(kyso_reason_name(verdict->reason), reason) != 0) {
        fail_msg("%s %s %s \"%s\": %s, not %s", shipped_ids[row->profile], kyso_act_name(row->act),
                 kyso_kind_name(row->kind), row->document, kyso_reason_name(verdict->reason),
                 reason);
    }
    assert_int_equal(verdict->allow, row->reason == NULL);
    if (strcmp(verdict->clause, row->clause) != 0) {
        fail_msg("%s %s %s \"%s\": clause %s, not %s", shipped_ids[row->profile],
                 kyso_act_name(row->act), kyso_kind_name(row->kind), row->document, verdict->clause,
                 row->clause);
    }
    assert_string_equal(kyso_remedy_name(verdict->remedy),
                        row->remedy != NULL ? row->remedy : "none");
}

static void test_decision_table(void **state)
{
    size_t seen = 0;

    (void)state;
    for (size_t i = 0; i < KYSO_ARRAY_LEN(table); i++) {
        struct kyso_order_request request = good_request(table[i].act, table[i].kind);
        struct kyso_signature_fact facts[8];
        size_t count = build(table[i].document, facts);
        struct kyso_verdict verdict =
            kyso_order_judge(&profiles[table[i].profile], &request, facts, count);

        check_row(&table[i], &verdict);
        seen++;
    }
    assert_true(seen > 90);
    print_message("# %zu of %zu rows, each with its clause\n", seen, KYSO_ARRAY_LEN(table));
}

/* What is wrong with the request itself, on a document that is otherwise ready. */
enum flaw {
    UNKNOWN_CLASS,
    WRONG_CLASS,
    DEVICE_CLASS,
    NOT_LISTED,
    NOT_EFFECTIVE,
    SECRET,
    LAW_LIST,
    RELEASED,
    FILE_RELEASED,
    RELEASED_NO_REFERENCE,
    NO_TIME_STAMPS,
    NO_REFERENCE,
    NO_REASON,
    NEITHER,
    SEALED_BEFORE,
    NO_AUTHORITY,
    NO_CHIEF,
};

struct request_row {
    enum shipped profile;
    enum kyso_act act;
    enum kyso_kind kind;
    enum flaw flaw;
    const char *reason;
    const char *clause;
    const char *remedy;
};

static const struct request_row request_rows[] = {
    {LS20, DO(SEAL, ORIGINAL), UNKNOWN_CLASS, "not-in-roster", "K-08", "add-to-roster"},
    {LS20, DO(SEAL, ORIGINAL), WRONG_CLASS, "wrong-class", "K-08", "choose-certificate"},
    {LS20, DO(SIGN_PERSON, ORIGINAL), WRONG_CLASS, "wrong-class", "K-08", "choose-certificate"},
    {BD14, DO(SIGN_PERSON, ORIGINAL), DEVICE_CLASS, "wrong-class", "K-08", "choose-certificate"},
    {LS20, DO(SIGN_PERSON, ORIGINAL), UNKNOWN_CLASS, "not-in-roster", "K-08", "add-to-roster"},
    {LS20, DO(SEAL, ORIGINAL), NOT_LISTED, "not-clerk", "LS20-6a", "ask-clerk"},
    {BD17, DO(SEAL, ORIGINAL), NOT_LISTED, "not-clerk", "BD17-23.3", "ask-clerk"},
    {BD17, DO(RELEASE, ORIGINAL), NOT_LISTED, "not-clerk", "BD17-23.3", "ask-clerk"},
    {AG16, DO(SEAL, ORIGINAL), NOT_LISTED, "not-clerk", "AG16-23.6", "ask-clerk"},
    {LS20, DO(SIGN_PERSON, ORIGINAL), NOT_LISTED, "not-holder", "LS20-6c", "ask-holder"},
    {BD17, DO(SIGN_PERSON, ORIGINAL), NOT_LISTED, "not-holder", "BD17-5.3", "ask-holder"},
    {BD17, DO(SEAL, ORIGINAL), NOT_EFFECTIVE, "not-effective-yet", "BD17-11.2d", "wait-effective"},
    {AG16, DO(SIGN_PERSON, ORIGINAL), NOT_EFFECTIVE, "not-effective-yet", "AG16-11.1đ",
     "wait-effective"},
    {LS20, DO(SEAL, ORIGINAL), NOT_EFFECTIVE, "not-effective-yet", "P:K-09", "wait-effective"},
    {BD17, DO(SIGN_PERSON, ORIGINAL), SECRET, "secret-document", "BD17-19.1a.p", "sign-on-paper"},
    {BD17, DO(SEAL, ORIGINAL), SECRET, "secret-document", "BD17-19.1a.p", "sign-on-paper"},
    {TB16, DO(SEAL, ORIGINAL), SECRET, "secret-document", "TB16-10.1.t1", "sign-on-paper"},
    {LS20, DO(RELEASE, ORIGINAL), SECRET, "secret-document", "P:LS20-6d", "sign-on-paper"},
    {BD17, DO(SIGN_PERSON, ORIGINAL), LAW_LIST, "excluded-type", "BD17-19.1a.p", "sign-on-paper"},
    {BD14, DO(SIGN_PERSON, ORIGINAL), LAW_LIST, "excluded-type", "BD14-10.1a.p", "sign-on-paper"},
    /* K-13: issue closes the document, but for what is made anew from it. */
    {LS20, DO(SEAL, ORIGINAL), RELEASED, "already-released", "P:LS20-6b.t3", "declare-kind"},
    {TB16, DO(SEAL, ORIGINAL), RELEASED, "already-released", "TB16-13.3", "none"},
    {AG16, DO(SEAL, APPROVED), RELEASED, "already-released", "AG16-8.1", "declare-kind"},
    {LS20, DO(SIGN_PERSON, ORIGINAL), RELEASED, "already-released", "P:LS20-6b.t3", "none"},
    {BD17, DO(SIGN_PERSON, INTERNAL), RELEASED, "already-released", "BD17-19.3", "none"},
    {BD17, DO(RELEASE, ORIGINAL), RELEASED, "already-released", "BD17-19.3", "none"},
    {BD17, DO(RELEASE, SINGLE_AUTHORITY), RELEASED, "already-released", "BD17-19.3", "none"},
    {LS20, DO(SEAL, COPY), RELEASED, NULL, "LS20-6b.t4", "none"},
    {LS20, DO(SEAL, COPY), FILE_RELEASED, NULL, "LS20-6b.t4", "none"},
    {LS20, DO(SEAL, COPY), RELEASED_NO_REFERENCE, "reference-missing", "LS20-6b.t4",
     "give-reference"},
    {LS20, DO(SEAL, REISSUE), RELEASED, "kind-not-allowed", "P:LS20-6b.t4", "declare-kind"},
    {BD17, DO(SEAL, REISSUE), RELEASED, NULL, "BD17-19.2a.t1", "none"},
    {BD17, DO(SEAL, REISSUE), RELEASED_NO_REFERENCE, "reference-missing", "BD17-19.2a.t1",
     "give-reference"},
    {BD17, DO(SEAL, SCAN), RELEASED, NULL, "BD17-19.2a.t1", "none"},
    {BD14, DO(SIGN_PERSON, SCAN), RELEASED, NULL, "BD14-10.2c.t2", "none"},
    {BD14, DO(SIGN_PERSON, SCAN), RELEASED_NO_REFERENCE, "reference-missing", "BD14-10.2c.t2",
     "give-reference"},
    {LS20, DO(RELEASE, COPY), RELEASED, NULL, "LS20-6b.t4", "none"},
    {LS20, DO(RELEASE, COPY), FILE_RELEASED, "already-released", "P:LS20-6b.t3", "none"},
    {LS20, DO(RELEASE, COPY), RELEASED_NO_REFERENCE, "reference-missing", "LS20-6b.t4",
     "give-reference"},
    {BD17, DO(RELEASE, REISSUE), RELEASED, NULL, "BD17-19.2a.t1", "none"},
    {BD17, DO(RELEASE, COPY), RELEASED, "kind-not-allowed", "BD17-19.2a.t1", "declare-kind"},
    {BD17, DO(SIGN_PERSON, ORIGINAL), NO_TIME_STAMPS, "time-stamp-required", "BD17-19.1b",
     "get-time-stamp"},
    {BD17, DO(SEAL, ORIGINAL), NO_TIME_STAMPS, "time-stamp-required", "BD17-19.1b",
     "get-time-stamp"},
    {BD14, DO(SIGN_PERSON, ORIGINAL), NO_TIME_STAMPS, "time-stamp-required", "BD14-11.1b.p",
     "get-time-stamp"},
    {BD17, DO(RELEASE, ORIGINAL), NO_TIME_STAMPS, NULL, "BD17-19.3", "none"},
    {LS20, DO(SEAL, ORIGINAL), NO_TIME_STAMPS, NULL, "LS20-6b.t4", "none"},
    {LS20, DO(SEAL, COPY), NO_REFERENCE, "reference-missing", "LS20-6b.t4", "give-reference"},
    {LS20, DO(SEAL, COPY), NO_REASON, NULL, "LS20-6b.t4", "none"},
    {BD17, DO(SEAL, SCAN), NO_REFERENCE, "reference-missing", "BD17-19.2a.t1", "give-reference"},
    {BD17, DO(SEAL, SCAN), NO_REASON, "reason-missing", "BD17-19.2a.t1", "give-reason"},
    {BD17, DO(SEAL, REISSUE), NO_REFERENCE, NULL, "BD17-19.2a.t1", "none"},
    {BD17, DO(SEAL, REISSUE), NO_REASON, NULL, "BD17-19.2a.t1", "none"},
    {BD17, DO(SEAL, REISSUE), NEITHER, "reference-missing", "BD17-19.2a.t1", "give-reference"},
    {AG16, DO(SEAL, APPROVED), NO_REFERENCE, "reference-missing", "AG16-8.1a", "give-reference"},
    {BD14, DO(SIGN_PERSON, SCAN), NO_REFERENCE, "reference-missing", "BD14-10.2c.t2",
     "give-reference"},
    {BD14, DO(SIGN_PERSON, SCAN), NO_CHIEF, "no-authority-signature", "BD14-10.2c.t2",
     "sign-by-authority"},
    {BD17, DO(SIGN_PERSON, SINGLE_AUTHORITY), NO_AUTHORITY, "no-authority-signature", "BD17-19.2b",
     "sign-by-authority"},
    {LS20, DO(SEAL, ORIGINAL), NEITHER, NULL, "LS20-6b.t4", "none"},
    {LS20, DO(SEAL, ORIGINAL), SEALED_BEFORE, "sealed-before", "P:LS20-6d", "use-sealed-document"},
    {LS20, DO(SEAL, COPY), SEALED_BEFORE, NULL, "LS20-6b.t4", "none"},
    {BD17, DO(SEAL, REISSUE), SEALED_BEFORE, NULL, "BD17-19.2a.t1", "none"},
    {BD17, DO(SEAL, SCAN), SEALED_BEFORE, "sealed-before", "P:BD17-19.2c.s1",
     "use-sealed-document"},
};

static void spoil(struct kyso_order_request *request, enum flaw flaw)
{
    struct kyso_signer_fact *signer = &request->signer;

    switch (flaw) {
    case UNKNOWN_CLASS:
        signer->class = KYSO_CLASS_UNKNOWN;
        break;
    case WRONG_CLASS:
        signer->class = signer->class == KYSO_CLASS_SEAL ? KYSO_CLASS_PERSON : KYSO_CLASS_SEAL;
        break;
    case DEVICE_CLASS:
        signer->class = KYSO_CLASS_DEVICE;
        break;
    case NOT_LISTED:
        signer->caller_listed = false;
        break;
    case NOT_EFFECTIVE:
        signer->effective = false;
        break;
    case SECRET:
        request->secret = true;
        break;
    case LAW_LIST:
        request->law_list = true;
        break;
    case RELEASED:
        request->released = true;
        break;
    case FILE_RELEASED:
        request->released = true;
        request->file_released = true;
        break;
    case RELEASED_NO_REFERENCE:
        request->released = true;
        request->reference_given = false;
        break;
    case NO_TIME_STAMPS:
        request->time_stamps = false;
        break;
    case NO_REFERENCE:
        request->reference_given = false;
        break;
    case NO_REASON:
        request->reason_given = false;
        break;
    case NEITHER:
        request->reference_given = false;
        request->reason_given = false;
        break;
    case SEALED_BEFORE:
        request->sealed_before = true;
        break;
    case NO_AUTHORITY:
        signer->authority = false;
        break;
    case NO_CHIEF:
        signer->digitised_copy_signer = false;
        break;
    }
}

static void test_request_flaws(void **state)
{
    size_t seen = 0;

    (void)state;
    for (size_t i = 0; i < KYSO_ARRAY_LEN(request_rows); i++) {
        const struct request_row *row = &request_rows[i];
        struct kyso_order_request request = good_request(row->act, row->kind);
        struct kyso_signature_fact facts[4];
        const char *document = row->act == KYSO_ACT_RELEASE ? "as" : "a";
        struct table_row expected = {row->profile, row->act,    row->kind,  document,
                                     row->reason,  row->clause, row->remedy};
        size_t count = build(document, facts);
        struct kyso_verdict verdict;

        spoil(&request, row->flaw);
        verdict = kyso_order_judge(&profiles[row->profile], &request, facts, count);
        check_row(&expected, &verdict);
        seen++;
    }
    assert_true(seen > 40);
    print_message("# %zu of %zu requests\n", seen, KYSO_ARRAY_LEN(request_rows));
}

static uint32_t warnings_of(enum shipped profile, enum kyso_act act, const char *document,
                            bool switched, bool *ret_allow)
{
    struct kyso_order_request request = good_request(act, KYSO_KIND_ORIGINAL);
    struct kyso_signature_fact facts[8];
    size_t count = build(document, facts);
    struct kyso_verdict verdict;

    request.seal_without_revocation_check = switched;
    verdict = kyso_order_judge(&profiles[profile], &request, facts, count);
    *ret_allow = verdict.allow;
    return verdict.warnings;
}

/* The switch lifts a revocation nobody checked, and shows that it did; nothing else is lifted. */
static void test_switch(void **state)
{
    bool allow = false;

    (void)state;
    assert_int_equal(warnings_of(LS20, KYSO_ACT_SEAL, "a~", true, &allow),
                     KYSO_WARNING_REVOCATION_NOT_CHECKED);
    assert_true(allow);
    (void)warnings_of(LS20, KYSO_ACT_SEAL, "a~", false, &allow);
    assert_false(allow);
    (void)warnings_of(LS20, KYSO_ACT_SEAL, "a?", true, &allow);
    assert_false(allow);
    (void)warnings_of(LS20, KYSO_ACT_SEAL, "a?~", true, &allow);
    assert_false(allow);
    (void)warnings_of(LS20, KYSO_ACT_SEAL, "a-", true, &allow);
    assert_false(allow);
    (void)warnings_of(LS20, KYSO_ACT_SEAL, "a~*", true, &allow);
    assert_false(allow);
    (void)warnings_of(LS20, KYSO_ACT_SEAL, "p?a", true, &allow);
    assert_false(allow);
}

static void test_warnings(void **state)
{
    struct kyso_signature_fact facts[2];
    struct kyso_order_request request = good_request(KYSO_ACT_SEAL, KYSO_KIND_ORIGINAL);
    bool allow = false;

    (void)state;
    /* any individual will do in BD17, yet the clerk is told that none has authority. */
    assert_int_equal(warnings_of(BD17, KYSO_ACT_SEAL, "p", false, &allow),
                     KYSO_WARNING_NO_AUTHORITY);
    assert_true(allow);
    assert_int_equal(warnings_of(BD17, KYSO_ACT_SEAL, "pa", false, &allow), 0);
    assert_int_equal(warnings_of(LS20, KYSO_ACT_SEAL, "xa", false, &allow),
                     KYSO_WARNING_UNKNOWN_SIGNER);
    assert_true(allow);
    assert_int_equal(warnings_of(LS20, KYSO_ACT_SEAL, "at?", false, &allow),
                     KYSO_WARNING_TIME_STAMP_UNDETERMINED);
    assert_true(allow);
    assert_int_equal(warnings_of(LS20, KYSO_ACT_SIGN_PERSON, "x?", false, &allow),
                     KYSO_WARNING_UNKNOWN_SIGNER | KYSO_WARNING_SIGNATURE_UNDETERMINED);
    assert_true(allow);
    facts[0] = made_by(AUTHORITY, 0);
    facts[0].time_stamped = false;
    assert_int_equal(kyso_order_judge(&profiles[BD17], &request, facts, 1).warnings,
                     KYSO_WARNING_NO_TIME_STAMP);
    assert_int_equal(kyso_order_judge(&profiles[LS20], &request, facts, 1).warnings, 0);
    request.kind = KYSO_KIND_COPY;
    facts[1] = made_by(SEAL, 1);
    assert_int_equal(kyso_order_judge(&profiles[LS20], &request, facts, 2).warnings,
                     KYSO_WARNING_SEALED_COPY);
    facts[0].time_stamped = true;
    assert_int_equal(kyso_order_judge(&profiles[LS20], &request, facts, 1).warnings, 0);
}

struct report_warning {
    enum shipped profile;
    enum kyso_kind kind;
    const char *document;
    uint32_t warnings;
};

static const struct report_warning report_warnings[] = {
    {LS20, KYSO_KIND_ORIGINAL, "as", 0},
    {LS20, KYSO_KIND_ORIGINAL, "a", KYSO_WARNING_NOT_SEALED},
    {LS20, KYSO_KIND_INTERNAL, "a", 0},
    {BD14, KYSO_KIND_ORIGINAL, "a", 0},
    {LS20, KYSO_KIND_ORIGINAL, "p", KYSO_WARNING_NOT_SEALED | KYSO_WARNING_NO_AUTHORITY},
    {BD17, KYSO_KIND_ORIGINAL, "ps", KYSO_WARNING_NO_AUTHORITY},
    {LS20, KYSO_KIND_ORIGINAL, "ass", KYSO_WARNING_SEALED_COPY},
    {LS20, KYSO_KIND_ORIGINAL, "a~s", KYSO_WARNING_REVOCATION_NOT_CHECKED},
    {LS20, KYSO_KIND_ORIGINAL, "a?s", KYSO_WARNING_SIGNATURE_UNDETERMINED},
    {LS20, KYSO_KIND_ORIGINAL, "ast~", KYSO_WARNING_TIME_STAMP_UNDETERMINED},
    {LS20, KYSO_KIND_ORIGINAL, "axs", KYSO_WARNING_UNKNOWN_SIGNER},
    {LS20, KYSO_KIND_COPY, "s", 0},
};

static void test_report_warnings(void **state)
{
    size_t seen = 0;

    (void)state;
    for (size_t i = 0; i < KYSO_ARRAY_LEN(report_warnings); i++) {
        const struct report_warning *row = &report_warnings[i];
        struct kyso_signature_fact facts[8];
        size_t count = build(row->document, facts);

        assert_int_equal(
            kyso_order_report(&profiles[row->profile], row->kind, facts, count).warnings,
            row->warnings);
        seen++;
    }
    assert_int_equal(seen, KYSO_ARRAY_LEN(report_warnings));
    print_message("# %zu of %zu reports\n", seen, KYSO_ARRAY_LEN(report_warnings));
}

/* The verdict points at the signature and repeats what the document worker found. */
static void test_verdict_points(void **state)
{
    struct kyso_order_request request = good_request(KYSO_ACT_SEAL, KYSO_KIND_ORIGINAL);
    struct kyso_signature_fact facts[4];
    size_t count = build("pa*", facts);
    struct kyso_verdict verdict = kyso_order_judge(&profiles[LS20], &request, facts, count);

    (void)state;
    assert_int_equal(verdict.signature, 1);
    assert_string_equal(verdict.detail, "page-content");
    verdict = kyso_order_judge(&profiles[LS20], &request, NULL, 0);
    assert_true(verdict.signature == KYSO_NO_SIGNATURE);
    assert_null(verdict.detail);
}

/* Facts that were never filled in, and a profile that was never checked, allow nothing. */
static void test_zero_refuses(void **state)
{
    struct kyso_signature_fact fact;
    struct kyso_order_request request;
    struct kyso_profile empty;
    size_t refused = 0;

    (void)state;
    memset(&fact, 0, sizeof(fact));
    memset(&request, 0, sizeof(request));
    kyso_profile_init(&empty);
    for (unsigned int act = 0; act <= KYSO_ACT_MAX; act++) {
        for (unsigned int kind = 0; kind <= KYSO_KIND_MAX; kind++) {
            struct kyso_order_request good = good_request((enum kyso_act)act, (enum kyso_kind)kind);
            struct kyso_signature_fact authority = made_by(AUTHORITY, 0);

            request.act = (enum kyso_act)act;
            request.kind = (enum kyso_kind)kind;
            assert_false(kyso_order_judge(&profiles[LS20], &request, NULL, 0).allow);
            assert_false(kyso_order_judge(&profiles[LS20], &request, &fact, 1).allow);
            assert_false(kyso_order_judge(&profiles[LS20], &good, &fact, 1).allow);
            assert_false(kyso_order_judge(&empty, &good, &authority, 1).allow);
            if (act == KYSO_ACT_MAX || kind == KYSO_KIND_MAX) {
                assert_false(kyso_order_judge(&profiles[LS20], &good, &authority, 1).allow);
            }
            refused++;
        }
    }
    assert_int_equal(refused, (KYSO_ACT_MAX + 1) * (KYSO_KIND_MAX + 1));
}

/* ---- the oracle ---- */

/* What there is, counted. */
struct tally {
    unsigned int broken;
    unsigned int doubtful;
    unsigned int unchecked;
    unsigned int seals;
    unsigned int strangers;
    unsigned int shared;
    unsigned int signer_key_on_seal;
    unsigned int signer_key_elsewhere;
    unsigned int persons_here;
    unsigned int authorities_here;
    unsigned int persons;
    unsigned int authorities;
    unsigned int chiefs_here;
    unsigned int persons_below_seal;
    unsigned int authorities_below_seal;
    unsigned int persons_not_below_seal;
};

static bool equal_bytes(const uint8_t *a, const uint8_t *b)
{
    unsigned int difference = 0;

    for (size_t i = 0; i < KYSO_FINGERPRINT_SIZE; i++) {
        difference |= (unsigned int)(a[i] ^ b[i]);
    }
    return difference == 0;
}

static bool text_equal(const char *a, const char *b)
{
    return strcmp(a == NULL ? "" : a, b == NULL ? "" : b) == 0;
}

static bool is_of_class(const struct kyso_signature_fact *fact, enum kyso_class class)
{
    return fact->class == class && !fact->is_timestamp;
}

static const struct kyso_signature_fact *lowest_seal(const struct kyso_signature_fact *facts,
                                                     size_t count)
{
    const struct kyso_signature_fact *lowest = NULL;

    for (size_t i = 0; i < count; i++) {
        if (is_of_class(&facts[i], KYSO_CLASS_SEAL) &&
            (lowest == NULL || facts[i].covers_to < lowest->covers_to)) {
            lowest = &facts[i];
        }
    }
    return lowest;
}

static void tally_quality(const struct kyso_signature_fact *f, struct tally *t)
{
    bool rostered = is_of_class(f, KYSO_CLASS_PERSON) || is_of_class(f, KYSO_CLASS_SEAL);

    t->broken += f->validity == KYSO_INVALID || f->revocation == KYSO_INVALID || f->changed_after ||
                 !f->covers_document || (rostered && !f->effective);
    t->doubtful += f->validity == KYSO_UNDETERMINED && !f->is_timestamp;
    t->unchecked += f->revocation == KYSO_UNDETERMINED && !f->is_timestamp;
}

static struct tally count_all(const struct kyso_profile *profile, const char *organisation,
                              const uint8_t *spki, const struct kyso_signature_fact *facts,
                              size_t count)
{
    const struct kyso_signature_fact *seal = lowest_seal(facts, count);
    const char *seal_home = seal != NULL ? seal->organisation : NULL;
    struct tally t = {0};

    for (size_t i = 0; i < count; i++) {
        const struct kyso_signature_fact *f = &facts[i];
        bool person = is_of_class(f, KYSO_CLASS_PERSON);
        bool here = person &&
                    (!profile->seal_same_organisation || text_equal(f->organisation, organisation));
        bool sealed_home =
            person && (!profile->seal_same_organisation || text_equal(f->organisation, seal_home));
        bool below = person && seal != NULL && f->covers_to < seal->covers_to;

        tally_quality(f, &t);
        t.seals += is_of_class(f, KYSO_CLASS_SEAL);
        t.strangers += !person && !is_of_class(f, KYSO_CLASS_SEAL) && !f->is_timestamp;
        t.persons += person;
        t.authorities += person && f->authority;
        t.persons_here += here;
        t.authorities_here += here && f->authority;
        t.chiefs_here +=
            person && f->digitised_copy_signer && text_equal(f->organisation, organisation);
        t.persons_below_seal += below && sealed_home;
        t.authorities_below_seal += below && sealed_home && f->authority;
        t.persons_not_below_seal += person && seal != NULL && !below;
        if (!f->is_timestamp && spki != NULL && equal_bytes(f->spki, spki)) {
            t.signer_key_on_seal += is_of_class(f, KYSO_CLASS_SEAL);
            t.signer_key_elsewhere += !is_of_class(f, KYSO_CLASS_SEAL);
        }
        for (size_t j = 0; j < count; j++) {
            t.shared += person && is_of_class(&facts[j], KYSO_CLASS_SEAL) &&
                        equal_bytes(f->spki, facts[j].spki);
        }
    }
    return t;
}

/* The seal alone is lawful for the kinds of the requirements' sheet (row `seal.only_kinds`). */
static bool lone_seal(const struct kyso_profile *p, enum kyso_kind kind)
{
    static const char *const lawful[] = {
        "lang-son-2020 copy", "binh-duong-2017 scan",   "binh-duong-2017 reissue",
        "an-giang-2016 scan", "an-giang-2016 approved",
    };
    char both[128];
    bool found = false;

    (void)snprintf(both, sizeof(both), "%s %s", p->id, kyso_kind_name(kind));
    for (size_t i = 0; i < KYSO_ARRAY_LEN(lawful); i++) {
        found = found || strcmp(both, lawful[i]) == 0;
    }
    return found;
}

/* Made from what was issued, and not the thing itself. */
static bool offspring(const struct kyso_order_request *r)
{
    bool kind = r->kind == KYSO_KIND_COPY || r->kind == KYSO_KIND_SCAN ||
                r->kind == KYSO_KIND_REISSUE;

    return kind && r->reference_given && (r->act != KYSO_ACT_RELEASE || !r->file_released);
}

static bool oracle_common(const struct kyso_profile *p, const struct kyso_order_request *r)
{
    return !r->secret && !r->law_list && (!r->released || offspring(r)) &&
           (r->time_stamps || !p->tsa_required || r->act == KYSO_ACT_RELEASE);
}

static bool oracle_person(const struct kyso_profile *p, const struct kyso_order_request *r,
                          const struct tally *t)
{
    bool kind = r->kind == KYSO_KIND_ORIGINAL || r->kind == KYSO_KIND_INTERNAL ||
                (r->kind == KYSO_KIND_SINGLE_AUTHORITY && p->release_authority_only &&
                 r->signer.authority) ||
                (r->kind == KYSO_KIND_SCAN && p->copy_chief_of_office &&
                 r->signer.digitised_copy_signer && r->reference_given);

    return kind && r->signer.class == KYSO_CLASS_PERSON &&
           r->signer.caller_listed && r->signer.effective &&
           t->broken == 0 && t->seals == 0;
}

static bool oracle_seal(const struct kyso_profile *p, const struct kyso_order_request *r,
                        const struct tally *t)
{
    bool clerk = r->signer.class == KYSO_CLASS_SEAL && r->signer.caller_listed &&
                 r->signer.effective;
    bool sound =
        t->broken + t->doubtful == 0 && (t->unchecked == 0 || r->seal_without_revocation_check);
    bool keys = t->shared + t->signer_key_elsewhere == 0;
    bool ordinary = r->kind == KYSO_KIND_ORIGINAL && t->seals == 0 && !r->sealed_before &&
                    (p->seal_requires == KYSO_SEAL_REQUIRES_AUTHORITY ? t->authorities_here
                                                                      : t->persons_here) > 0;
    bool recorded =
        (r->kind == KYSO_KIND_SCAN && r->reference_given && r->reason_given) ||
        (r->kind == KYSO_KIND_REISSUE && (r->reference_given || r->reason_given)) ||
        ((r->kind == KYSO_KIND_COPY || r->kind == KYSO_KIND_APPROVED) && r->reference_given);
    bool fresh = r->kind == KYSO_KIND_COPY ||
                 (t->seals == 0 && (r->kind == KYSO_KIND_REISSUE || !r->sealed_before));

    return p->seal_class_exists && clerk && sound && keys &&
           (ordinary || (lone_seal(p, r->kind) && recorded && fresh));
}

/* Where sending is valid by the named channels only, these are they (BD17-19.3, BD14-10.3c). */
static bool lawful_channel(const struct kyso_profile *p, enum kyso_channel channel)
{
    if (strncmp(p->id, "binh-duong-", 11) != 0) {
        return channel != KYSO_CHANNEL_UNKNOWN;
    }
    return channel == KYSO_CHANNEL_OFFICIAL_MAIL || channel == KYSO_CHANNEL_DOCUMENT_SYSTEM ||
           channel == KYSO_CHANNEL_PORTAL;
}

/* AG16-8.1a.t2, 8.1b.t2. */
static bool lawful_date(const struct kyso_profile *p, const struct kyso_order_request *r,
                        const struct kyso_signature_fact *facts, size_t count)
{
    size_t other_days = 0;

    for (size_t i = 0; i < count; i++) {
        bool told = facts[i].day != 0 && !facts[i].is_timestamp;
        bool stands_for_issue = facts[i].class == KYSO_CLASS_SEAL ||
                                (facts[i].class == KYSO_CLASS_PERSON && facts[i].authority);

        other_days += told && stands_for_issue && facts[i].day != r->issue_day;
    }
    return other_days == 0 || strcmp(p->id, "an-giang-2016") != 0;
}

/* Exact only where nobody is a stranger; the reports cover those. */
static bool oracle_release(const struct kyso_profile *p, const struct kyso_order_request *r,
                           const struct tally *t)
{
    bool clerk = r->signer.caller_listed;
    bool sound =
        t->broken + t->doubtful == 0 && (t->unchecked == 0 || r->seal_without_revocation_check);
    bool chief = r->kind == KYSO_KIND_SCAN && p->copy_chief_of_office;
    bool single = r->kind == KYSO_KIND_SINGLE_AUTHORITY && p->release_authority_only;
    bool kind = r->kind == KYSO_KIND_ORIGINAL || single || chief || lone_seal(p, r->kind);
    bool entitled = (p->seal_requires == KYSO_SEAL_REQUIRES_AUTHORITY ? t->authorities_below_seal
                                                                      : t->persons_below_seal) > 0;
    bool sealed = t->seals > 0 && t->shared == 0 && t->persons_not_below_seal == 0 &&
                  (entitled || lone_seal(p, r->kind));
    bool unsealed =
        t->seals == 0 && ((single && t->authorities_here > 0) || (chief && t->chiefs_here > 0));

    return clerk && sound && kind && (sealed || unsealed);
}

static bool oracle(const struct kyso_profile *p, const struct kyso_order_request *r,
                   const struct kyso_signature_fact *facts, size_t count, struct tally *ret_tally)
{
    struct tally t = count_all(p, r->signer.organisation, r->signer.spki, facts, count);

    *ret_tally = t;
    if (!oracle_common(p, r)) {
        return false;
    }
    if (r->act == KYSO_ACT_SIGN_PERSON) {
        return oracle_person(p, r, &t);
    }
    if (r->act == KYSO_ACT_SEAL) {
        return oracle_seal(p, r, &t);
    }
    return oracle_release(p, r, &t) && lawful_channel(p, r->channel) &&
           lawful_date(p, r, facts, count);
}

struct counts {
    size_t judged;
    size_t allowed;
    size_t seals;
};

static void compare(enum shipped which, const struct kyso_order_request *request,
                    const struct kyso_signature_fact *facts, size_t count, struct counts *counts)
{
    struct kyso_verdict v = kyso_order_judge(&profiles[which], request, facts, count);
    struct tally t;
    bool expected = oracle(&profiles[which], request, facts, count, &t);
    bool exact = request->act != KYSO_ACT_RELEASE || t.strangers == 0;

    if (exact ? v.allow != expected : v.allow && !expected) {
        fail_msg("%s %s %s, %zu signatures: %s (%s)", shipped_ids[which],
                 kyso_act_name(request->act), kyso_kind_name(request->kind), count,
                 v.allow ? "allowed" : "refused", kyso_reason_name(v.reason));
    }
    /* A refusal has a reason, a clause and a way on; permission has a clause. */
    if (v.allow != (v.reason == KYSO_REASON_NONE) || *v.clause == '\0' ||
        (!v.allow && v.remedy == KYSO_REMEDY_NONE && v.reason != KYSO_REASON_ALREADY_RELEASED) ||
        (v.signature != KYSO_NO_SIGNATURE && v.signature >= count)) {
        fail_msg("verdict does not hold together: %s", kyso_reason_name(v.reason));
    }
    counts->judged++;
    counts->allowed += v.allow ? 1 : 0;
    counts->seals += v.allow && request->act == KYSO_ACT_SEAL ? 1 : 0;
}

static void for_every_request(const struct kyso_signature_fact *facts, size_t count,
                              struct counts *counts)
{
    for (unsigned int which = 0; which < SHIPPED; which++) {
        for (unsigned int act = 0; act < KYSO_ACT_MAX; act++) {
            for (unsigned int kind = 0; kind < KYSO_KIND_MAX; kind++) {
                struct kyso_order_request request =
                    good_request((enum kyso_act)act, (enum kyso_kind)kind);

                compare((enum shipped)which, &request, facts, count, counts);
                request.seal_without_revocation_check = true;
                compare((enum shipped)which, &request, facts, count, counts);
            }
        }
    }
}

#define REQUESTS (SHIPPED * KYSO_ACT_MAX * KYSO_KIND_MAX * 2)

/* Every value of every fact of one signature. */
static void test_every_single_signature(void **state)
{
    struct counts counts = {0, 0, 0};
    size_t facts = 0;

    (void)state;
    for (unsigned int bits = 0; bits < 9 * 4 * 3 * 128; bits++) {
        struct kyso_signature_fact fact = made_by(PERSON, 0);
        unsigned int flags = bits % 128;
        unsigned int rest = bits / 128;

        fact.authority = (flags & 1) != 0;
        fact.effective = (flags & 2) != 0;
        fact.covers_document = (flags & 4) != 0;
        fact.changed_after = (flags & 8) != 0;
        fact.is_timestamp = (flags & 16) != 0;
        fact.digitised_copy_signer = (flags & 32) != 0;
        fact.organisation = (flags & 64) != 0 ? HOME : NULL;
        fact.validity = (enum kyso_validity)(rest % 3);
        fact.revocation = (enum kyso_validity)(rest / 3 % 3);
        fact.class = (enum kyso_class)(rest / 9 % 4);
        if (rest / 36 > 0) {
            memset(fact.spki, rest / 36 == 1 ? SEAL_KEY : 0x70, sizeof(fact.spki));
        }
        for_every_request(&fact, 1, &counts);
        facts++;
    }
    assert_int_equal(facts, 13824);
    assert_int_equal(counts.judged, facts * REQUESTS);
    assert_true(counts.seals > 0 && counts.allowed < counts.judged / 10);
    print_message("# %zu of %zu agree, %zu allowed, %zu of them seals\n", counts.judged,
                  facts * REQUESTS, counts.allowed, counts.seals);
}

/* Qualities of a signature, one at a time. */
#define QUALITIES 8

static void worsen(struct kyso_signature_fact *fact, unsigned int quality)
{
    static const char marks[QUALITIES] = {' ', '!', '-', '?', '~', '*', '_', '='};

    switch (marks[quality]) {
    case '!':
        fact->validity = KYSO_INVALID;
        break;
    case '-':
        fact->revocation = KYSO_INVALID;
        break;
    case '?':
        fact->validity = KYSO_UNDETERMINED;
        break;
    case '~':
        fact->revocation = KYSO_UNDETERMINED;
        break;
    case '*':
        fact->changed_after = true;
        break;
    case '_':
        fact->covers_document = false;
        break;
    case '=':
        memset(fact->spki, SEAL_KEY, sizeof(fact->spki));
        break;
    default:
        break;
    }
}

/* Two signatures of any two parties in any two qualities, nested either way or side by side. */
static void test_every_pair(void **state)
{
    struct counts counts = {0, 0, 0};
    size_t pairs = 0;

    (void)state;
    for (unsigned int a = 0; a < WHO_MAX * QUALITIES; a++) {
        for (unsigned int b = 0; b < WHO_MAX * QUALITIES; b++) {
            for (unsigned int nesting = 0; nesting < 3; nesting++) {
                struct kyso_signature_fact facts[2] = {
                    made_by((enum who)(a % WHO_MAX), 1),
                    made_by((enum who)(b % WHO_MAX), nesting),
                };

                worsen(&facts[0], a / WHO_MAX);
                worsen(&facts[1], b / WHO_MAX);
                for_every_request(facts, 2, &counts);
                pairs++;
            }
        }
    }
    assert_int_equal(pairs, 64 * 64 * 3);
    assert_int_equal(counts.judged, pairs * REQUESTS);
    assert_true(counts.seals > 0 && counts.allowed < counts.judged / 10);
    print_message("# %zu of %zu agree, %zu allowed, %zu of them seals\n", counts.judged,
                  pairs * REQUESTS, counts.allowed, counts.seals);
}

/* Every flag of the request and of the acting certificate, on three documents. */
static void test_every_request(void **state)
{
    static const char *const documents[] = {"", "a", "as"};
    struct counts counts = {0, 0, 0};
    size_t tried = 0;

    (void)state;
    for (unsigned int bits = 0; bits < 1U << 13; bits++) {
        for (unsigned int i = 0; i < SHIPPED * KYSO_ACT_MAX * KYSO_KIND_MAX; i++) {
            struct kyso_order_request request =
                good_request((enum kyso_act)(i / SHIPPED % KYSO_ACT_MAX),
                             (enum kyso_kind)(i / SHIPPED / KYSO_ACT_MAX));
            struct kyso_signature_fact facts[2];
            size_t count = build(documents[(bits + i) % 3], facts);

            request.reference_given = (bits & 1) != 0;
            request.reason_given = (bits & 2) != 0;
            request.secret = (bits & 4) != 0;
            request.law_list = (bits & 8) != 0;
            request.released = (bits & 16) != 0;
            request.sealed_before = (bits & 32) != 0;
            request.time_stamps = (bits & 64) == 0;
            request.signer.class = (enum kyso_class)(bits >> 7 & 3);
            request.signer.authority = (bits >> 9 & 1) != 0;
            request.signer.digitised_copy_signer = (bits >> 10 & 1) != 0;
            request.signer.effective = (bits >> 11 & 1) != 0;
            request.signer.caller_listed = (bits >> 12 & 1) != 0;
            compare((enum shipped)(i % SHIPPED), &request, facts, count, &counts);
            tried++;
        }
    }
    assert_int_equal(counts.judged, (1U << 13) * SHIPPED * KYSO_ACT_MAX * KYSO_KIND_MAX);
    assert_true(counts.seals > 0 && counts.allowed < counts.judged / 10);
    print_message("# %zu of %zu agree, %zu allowed, %zu of them seals\n", counts.judged, tried,
                  counts.allowed, counts.seals);
}

/* Every channel, every date against that of signing, and every way to have been issued before. */
static void test_every_release(void **state)
{
    static const char *const documents[] = {"as", "ps", "a", "s", "pas", "cs", "x", "ast"};
    static const uint32_t days[] = {0, 20261119, 20261120, 20261121};
    struct counts counts = {0, 0, 0};
    size_t tried = 0;

    (void)state;
    for (unsigned int bits = 0; bits < 8U * KYSO_CHANNEL_MAX * 8 * 4 * 4; bits++) {
        unsigned int rest = bits / 8;
        struct kyso_signature_fact facts[4];
        size_t count = build(documents[rest / KYSO_CHANNEL_MAX % 8], facts);

        facts[0].day = days[rest / KYSO_CHANNEL_MAX / 8 % 4];
        facts[count - 1].day = days[rest / KYSO_CHANNEL_MAX / 32];
        for (unsigned int i = 0; i < SHIPPED * KYSO_KIND_MAX; i++) {
            struct kyso_order_request request =
                good_request(KYSO_ACT_RELEASE, (enum kyso_kind)(i / SHIPPED));

            request.released = (bits & 1) != 0;
            request.file_released = (bits & 2) != 0;
            request.reference_given = (bits & 4) != 0;
            request.channel = (enum kyso_channel)(rest % KYSO_CHANNEL_MAX);
            compare((enum shipped)(i % SHIPPED), &request, facts, count, &counts);
            tried++;
        }
    }
    assert_int_equal(counts.judged, 8U * KYSO_CHANNEL_MAX * 128 * SHIPPED * KYSO_KIND_MAX);
    assert_true(counts.allowed > 0 && counts.allowed < counts.judged / 4);
    print_message("# %zu of %zu agree, %zu allowed\n", counts.judged, tried, counts.allowed);
}

struct release_row {
    enum shipped profile;
    enum kyso_kind kind;
    const char *document;
    enum kyso_channel channel;
    uint32_t day; /* of the last signature */
    const char *reason;
    const char *clause;
    const char *remedy;
    uint32_t warnings;
};

#define AT(document_, channel_, day_) KYSO_KIND_ORIGINAL, document_, KYSO_CHANNEL_##channel_, day_
#define UNNAMED KYSO_WARNING_CHANNEL_NOT_NAMED

/* Requirements, sections 8 and 10. */
static const struct release_row release_rows[] = {
    {BD17, AT("as", OFFICIAL_MAIL, 0), NULL, "BD17-19.3", NULL, 0},
    {BD17, AT("as", DOCUMENT_SYSTEM, 0), NULL, "BD17-19.3", NULL, 0},
    {BD17, AT("as", PORTAL, 0), NULL, "BD17-19.3", NULL, 0},
    {BD17, AT("as", ONE_STOP, 0), "channel-not-allowed", "BD17-19.3", "choose-channel", 0},
    {BD17, AT("as", SOCIAL_INSURANCE, 0), "channel-not-allowed", "BD17-19.3", "choose-channel", 0},
    {BD17, AT("as", OTHER, 0), "channel-not-allowed", "BD17-19.3", "choose-channel", 0},
    {BD17, AT("as", UNKNOWN, 0), "channel-not-allowed", "BD17-19.3", "choose-channel", 0},
    {BD14, KYSO_KIND_SINGLE_AUTHORITY, "a", KYSO_CHANNEL_PORTAL, 0, NULL, "BD14-10.2c.t1", NULL, 0},
    {BD14, KYSO_KIND_SINGLE_AUTHORITY, "a", KYSO_CHANNEL_OTHER, 0, "channel-not-allowed",
     "BD14-10.3c", "choose-channel", 0},
    {AG16, AT("as", OFFICIAL_MAIL, 0), NULL, "AG16-8.1", NULL, 0},
    {AG16, AT("as", PORTAL, 0), NULL, "AG16-8.1", NULL, UNNAMED},
    {AG16, AT("as", OTHER, 0), NULL, "AG16-8.1", NULL, UNNAMED},
    {TB16, AT("as", ONE_STOP, 0), NULL, "TB16-13.3", NULL, 0},
    {TB16, AT("as", SOCIAL_INSURANCE, 0), NULL, "TB16-13.3", NULL, 0},
    {TB16, AT("as", OTHER, 0), NULL, "TB16-13.3", NULL, 0},
    {TB16, AT("as", PORTAL, 0), NULL, "TB16-13.3", NULL, UNNAMED},
    {LS20, AT("as", OTHER, 0), NULL, "P:LS20-6b.t3", NULL, 0},
    {LS20, AT("as", UNKNOWN, 0), "channel-not-allowed", "P:LS20-6b.t3", "choose-channel", 0},
    {AG16, AT("as", OFFICIAL_MAIL, 20261120), NULL, "AG16-8.1", NULL, 0},
    {AG16, AT("as", OFFICIAL_MAIL, 20261119), "date-differs", "AG16-8.1", "match-date", 0},
    {AG16, AT("as", OFFICIAL_MAIL, 20261121), "date-differs", "AG16-8.1", "match-date", 0},
    {AG16, AT("ast", OFFICIAL_MAIL, 20261119), NULL, "AG16-8.1", NULL, 0},
    {AG16, KYSO_KIND_SINGLE_AUTHORITY, "pa", KYSO_CHANNEL_OFFICIAL_MAIL, 20261119, "date-differs",
     "AG16-8.1", "match-date", 0},
    {AG16, KYSO_KIND_SINGLE_AUTHORITY, "ap", KYSO_CHANNEL_OFFICIAL_MAIL, 20261119, NULL,
     "AG16-8.1b", NULL, 0},
    {BD17, AT("as", OFFICIAL_MAIL, 20261119), NULL, "BD17-19.3", NULL, 0},
    {LS20, AT("as", OFFICIAL_MAIL, 20261119), NULL, "P:LS20-6b.t3", NULL, 0},
};

static void test_release_rows(void **state)
{
    size_t seen = 0;

    (void)state;
    for (size_t i = 0; i < KYSO_ARRAY_LEN(release_rows); i++) {
        const struct release_row *row = &release_rows[i];
        struct kyso_order_request request = good_request(KYSO_ACT_RELEASE, row->kind);
        struct table_row expected = {row->profile, KYSO_ACT_RELEASE, row->kind,  row->document,
                                     row->reason,  row->clause,      row->remedy};
        struct kyso_signature_fact facts[4];
        size_t count = build(row->document, facts);
        struct kyso_verdict verdict;

        request.channel = row->channel;
        facts[count - 1].day = row->day;
        verdict = kyso_order_judge(&profiles[row->profile], &request, facts, count);
        check_row(&expected, &verdict);
        assert_int_equal(verdict.warnings & UNNAMED, row->warnings);
        seen++;
    }
    print_message("# %zu of %zu rows, each with its clause\n", seen, KYSO_ARRAY_LEN(release_rows));
}

/* ---- reports ---- */

struct report_row {
    enum shipped profile;
    enum kyso_kind kind;
    const char *document;
    const char *order;
    const char *fitness;
    const char *reason;
    const char *clause;
};

static const struct report_row report_rows[] = {
    {LS20, KYSO_KIND_ORIGINAL, "as", "kept", "fit", "none", ""},
    {LS20, KYSO_KIND_ORIGINAL, "pas", "kept", "fit", "none", ""},
    {LS20, KYSO_KIND_ORIGINAL, "ast", "kept", "fit", "none", ""},
    {LS20, KYSO_KIND_ORIGINAL, "a", "kept", "fit", "none", ""},
    {LS20, KYSO_KIND_ORIGINAL, "pp", "kept", "fit", "none", ""},
    {LS20, KYSO_KIND_ORIGINAL, "", "none", "not-fit", "no-signature", "LS20-6b.t4"},
    {LS20, KYSO_KIND_ORIGINAL, "t", "none", "not-fit", "no-signature", "LS20-6b.t4"},
    {LS20, KYSO_KIND_ORIGINAL, "s", "broken", "not-fit", "no-signature", "LS20-6b.t4"},
    {LS20, KYSO_KIND_COPY, "s", "kept", "fit", "none", ""},
    {LS20, KYSO_KIND_SCAN, "s", "broken", "not-fit", "no-signature", "LS20-6b.t4"},
    {BD17, KYSO_KIND_SCAN, "s", "kept", "fit", "none", ""},
    {BD17, KYSO_KIND_COPY, "s", "broken", "not-fit", "no-signature", "BD17-19.2c.s1"},
    {LS20, KYSO_KIND_ORIGINAL, "ps", "broken", "not-fit", "no-authority-signature", "LS20-6b.t4"},
    {BD17, KYSO_KIND_ORIGINAL, "ps", "kept", "fit", "none", ""},
    {LS20, KYSO_KIND_ORIGINAL, "os", "broken", "not-fit", "other-organisation", "LS20-6b.t4"},
    {LS20, KYSO_KIND_ORIGINAL, "sa", "broken", "not-fit", "person-after-seal", "P:LS20-6b.t4"},
    {LS20, KYSO_KIND_ORIGINAL, "asp", "broken", "not-fit", "person-after-seal", "P:LS20-6b.t4"},
    {LS20, KYSO_KIND_COPY, "sp", "broken", "not-fit", "person-after-seal", "P:LS20-6b.t4"},
    {LS20, KYSO_KIND_ORIGINAL, "a=s", "broken", "not-fit", "same-key", "P:LS20-6b.t4"},
    {LS20, KYSO_KIND_INTERNAL, "as", "broken", "not-fit", "internal-document", "P:LS20-6d"},
    {LS20, KYSO_KIND_ORIGINAL, "ass", "kept", "fit", "none", ""},
    {LS20, KYSO_KIND_ORIGINAL, "a!s", "kept", "not-fit", "signature-invalid", "P:LS20-6b.t4"},
    {LS20, KYSO_KIND_ORIGINAL, "as!", "kept", "not-fit", "signature-invalid", "P:LS20-6b.t4"},
    {LS20, KYSO_KIND_ORIGINAL, "a-s", "kept", "not-fit", "signature-revoked", "P:LS20-6b.t4"},
    {LS20, KYSO_KIND_ORIGINAL, "as*", "kept", "not-fit", "changed-after-signing", "P:LS20-6b.t4"},
    {LS20, KYSO_KIND_ORIGINAL, "a_s", "kept", "not-fit", "document-not-covered", "P:LS20-6b.t4"},
    {LS20, KYSO_KIND_ORIGINAL, "a<s", "kept", "not-fit", "signed-before-effective", "P:K-09"},
    {LS20, KYSO_KIND_ORIGINAL, "a~s", "kept", "undetermined", "revocation-undetermined",
     "P:LS20-6b.t4"},
    {LS20, KYSO_KIND_ORIGINAL, "as?", "kept", "undetermined", "signature-undetermined",
     "P:LS20-6b.t4"},
    {LS20, KYSO_KIND_ORIGINAL, "s?", "broken", "not-fit", "no-signature", "LS20-6b.t4"},
    {LS20, KYSO_KIND_ORIGINAL, "x", "not-decidable", "undetermined", "unknown-signer", "K-08"},
    {LS20, KYSO_KIND_ORIGINAL, "xs", "not-decidable", "undetermined", "unknown-signer", "K-08"},
    {LS20, KYSO_KIND_ORIGINAL, "sx", "broken", "not-fit", "no-signature", "LS20-6b.t4"},
    {LS20, KYSO_KIND_ORIGINAL, "asx", "not-decidable", "undetermined", "unknown-signer", "K-08"},
    {LS20, KYSO_KIND_ORIGINAL, "xas", "not-decidable", "undetermined", "unknown-signer", "K-08"},
    {LS20, KYSO_KIND_ORIGINAL, "axs", "not-decidable", "undetermined", "unknown-signer", "K-08"},
    {LS20, KYSO_KIND_COPY, "axs", "kept", "fit", "none", ""},
    {LS20, KYSO_KIND_ORIGINAL, "ast?", "kept", "fit", "none", ""},
    {LS20, KYSO_KIND_ORIGINAL, "ast!", "kept", "not-fit", "signature-invalid", "P:LS20-6b.t4"},
};

static void test_report_table(void **state)
{
    size_t seen = 0;

    (void)state;
    for (size_t i = 0; i < KYSO_ARRAY_LEN(report_rows); i++) {
        const struct report_row *row = &report_rows[i];
        struct kyso_signature_fact facts[8];
        size_t count = build(row->document, facts);
        struct kyso_order_report report =
            kyso_order_report(&profiles[row->profile], row->kind, facts, count);

        print_message("# %s %s: %s, %s, %s\n", kyso_kind_name(row->kind), row->document,
                      kyso_order_result_name(report.order), kyso_fitness_name(report.fitness),
                      kyso_reason_name(report.reason));
        assert_string_equal(kyso_order_result_name(report.order), row->order);
        assert_string_equal(kyso_fitness_name(report.fitness), row->fitness);
        assert_string_equal(kyso_reason_name(report.reason), row->reason);
        assert_string_equal(report.clause, row->clause);
        seen++;
    }
    print_message("# %zu of %zu reports\n", seen, KYSO_ARRAY_LEN(report_rows));
}

/* Side by side, as two signers of one detached CMS are: nothing proves who was first. */
static void test_report_side_by_side(void **state)
{
    struct kyso_signature_fact facts[2] = {made_by(AUTHORITY, 3), made_by(SEAL, 3)};
    struct kyso_order_report report =
        kyso_order_report(&profiles[LS20], KYSO_KIND_ORIGINAL, facts, 2);

    (void)state;
    assert_int_equal(report.order, KYSO_ORDER_NOT_DECIDABLE);
    assert_int_equal(report.fitness, KYSO_FITNESS_UNDETERMINED);
    assert_int_equal(report.reason, KYSO_REASON_ORDER_UNPROVED);
}

/* Is the order kept in this world, where nobody is a stranger and nothing is side by side? */
static bool kept_in_world(const struct kyso_profile *p, enum kyso_kind kind,
                          const struct kyso_signature_fact *facts, size_t count)
{
    struct tally t = count_all(p, HOME, NULL, facts, count);
    bool entitled = (p->seal_requires == KYSO_SEAL_REQUIRES_AUTHORITY ? t.authorities_below_seal
                                                                      : t.persons_below_seal) > 0;

    return t.seals == 0 || (kind != KYSO_KIND_INTERNAL && t.shared == 0 &&
                            t.persons_not_below_seal == 0 && (entitled || lone_seal(p, kind)));
}

/* What a stranger may turn out to be. */
static void unmask(struct kyso_signature_fact *fact, unsigned int identity)
{
    fact->class = identity < 2 ? KYSO_CLASS_PERSON : KYSO_CLASS_SEAL;
    fact->authority = identity == 1;
    fact->organisation = identity == 3 ? AWAY : HOME;
    memset(fact->spki, (int)(0x90 + identity), sizeof(fact->spki));
}

struct worlds {
    unsigned int kept;
    unsigned int broken;
};

/* All worlds: four identities for each of up to three strangers, and each tie broken both ways. */
static struct worlds explore(const struct kyso_profile *p, enum kyso_kind kind,
                             const struct kyso_signature_fact *facts)
{
    struct worlds worlds = {0, 0};

    for (unsigned int w = 0; w < 64 * 6; w++) {
        static const uint64_t orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                              {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
        struct kyso_signature_fact world[3];

        for (unsigned int i = 0; i < 3; i++) {
            world[i] = facts[i];
            world[i].covers_to = facts[i].covers_to * 10 + orders[w / 64][i];
            if (is_of_class(&facts[i], KYSO_CLASS_UNKNOWN)) {
                unmask(&world[i], w >> (2 * i) & 3);
            }
        }
        if (kept_in_world(p, kind, world, 3)) {
            worlds.kept++;
        } else {
            worlds.broken++;
        }
    }
    return worlds;
}

/* Three signatures of anybody in any nesting: "kept" and "broken" are only said when they hold in
 * every world, and without strangers and ties one of them is said. */
static void test_every_report(void **state)
{
    size_t judged = 0;
    size_t by_result[KYSO_ORDER_RESULT_MAX] = {0};
    static const enum kyso_kind kinds[] = {KYSO_KIND_ORIGINAL, KYSO_KIND_COPY, KYSO_KIND_SCAN,
                                           KYSO_KIND_INTERNAL};

    (void)state;
    for (unsigned int n = 0; n < 343 * 27; n++) {
        struct kyso_signature_fact facts[3];
        bool plain = true;

        for (unsigned int i = 0, who = n / 27, place = n % 27; i < 3; i++) {
            facts[i] = made_by((enum who)(who % 7), place % 3);
            plain = plain && who % 7 != STRANGER;
            who /= 7;
            place /= 3;
        }
        plain = plain && facts[0].covers_to != facts[1].covers_to &&
                facts[1].covers_to != facts[2].covers_to &&
                facts[0].covers_to != facts[2].covers_to;
        for (unsigned int k = 0; k < SHIPPED * KYSO_ARRAY_LEN(kinds); k++) {
            const struct kyso_profile *p = &profiles[k % SHIPPED];
            enum kyso_kind kind = kinds[k / SHIPPED];
            struct kyso_order_report report = kyso_order_report(p, kind, facts, 3);
            struct worlds worlds = explore(p, kind, facts);

            if ((report.order == KYSO_ORDER_KEPT && worlds.broken > 0) ||
                (report.order == KYSO_ORDER_BROKEN && worlds.kept > 0)) {
                fail_msg("%s %s, case %u: %s (%s), yet %u worlds kept and %u broken", p->id,
                         kyso_kind_name(kind), n, kyso_order_result_name(report.order),
                         kyso_reason_name(report.reason), worlds.kept, worlds.broken);
            }
            assert_true(!plain || report.order == KYSO_ORDER_KEPT ||
                        report.order == KYSO_ORDER_BROKEN);
            assert_int_equal(report.fitness, report.order == KYSO_ORDER_KEPT     ? KYSO_FIT
                                             : report.order == KYSO_ORDER_BROKEN ? KYSO_NOT_FIT
                                                                                 : 0);
            by_result[report.order]++;
            judged++;
        }
    }
    assert_int_equal(judged, 343 * 27 * SHIPPED * KYSO_ARRAY_LEN(kinds));
    assert_true(by_result[KYSO_ORDER_KEPT] > 1000 && by_result[KYSO_ORDER_BROKEN] > 1000 &&
                by_result[KYSO_ORDER_NOT_DECIDABLE] > 1000);
    print_message("# %zu of %zu reports hold in all worlds: %zu kept, %zu broken, %zu open\n",
                  judged, judged, by_result[KYSO_ORDER_KEPT], by_result[KYSO_ORDER_BROKEN],
                  by_result[KYSO_ORDER_NOT_DECIDABLE]);
}

/* Whatever the order rule let through is fit afterwards: sealing the document that was judged gives
 * one whose report is not "broken". */
static void test_allowed_seal_reports_kept(void **state)
{
    size_t sealed = 0;

    (void)state;
    for (unsigned int n = 0; n < WHO_MAX * WHO_MAX; n++) {
        for (unsigned int k = 0; k < SHIPPED * KYSO_KIND_MAX; k++) {
            const struct kyso_profile *p = &profiles[k % SHIPPED];
            enum kyso_kind kind = (enum kyso_kind)(k / SHIPPED);
            struct kyso_order_request request = good_request(KYSO_ACT_SEAL, kind);
            struct kyso_signature_fact facts[3] = {
                made_by((enum who)(n % WHO_MAX), 0),
                made_by((enum who)(n / WHO_MAX), 1),
                made_by(SEAL, 2),
            };

            if (kyso_order_judge(p, &request, facts, 2).allow) {
                struct kyso_order_report report = kyso_order_report(p, kind, facts, 3);
                bool source_broken = is_of_class(&facts[0], KYSO_CLASS_SEAL) ||
                                     is_of_class(&facts[1], KYSO_CLASS_SEAL);

                /* A copy of a document that broke the order still shows that it did. */
                assert_true(report.order != KYSO_ORDER_BROKEN ||
                            (source_broken && kind == KYSO_KIND_COPY));
                sealed++;
            }
        }
    }
    assert_true(sealed > 50);
    print_message("# %zu of %zu allowed seals keep the order\n", sealed, sealed);
}

static void test_names(void **state)
{
    size_t count = 0;

    (void)state;
    for (unsigned int i = 0; i < KYSO_REASON_MAX; i++) {
        for (unsigned int j = 0; j < i; j++) {
            assert_string_not_equal(kyso_reason_name((enum kyso_reason)i),
                                    kyso_reason_name((enum kyso_reason)j));
        }
        count++;
    }
    for (unsigned int i = 0; i < KYSO_REMEDY_MAX; i++) {
        for (unsigned int j = 0; j < i; j++) {
            assert_string_not_equal(kyso_remedy_name((enum kyso_remedy)i),
                                    kyso_remedy_name((enum kyso_remedy)j));
        }
        count++;
    }
    for (size_t i = 0; i < KYSO_WARNING_COUNT; i++) {
        assert_non_null(kyso_warning_name(i));
        count++;
    }
    for (unsigned int i = 0; i < KYSO_CLASS_MAX; i++) {
        enum kyso_class class = KYSO_CLASS_MAX;

        assert_true(kyso_class_from_name(kyso_class_name((enum kyso_class)i), &class));
        assert_int_equal(class, i);
    }
    assert_null(kyso_warning_name(KYSO_WARNING_COUNT));
    for (uint32_t bits = 0; bits < 1U << KYSO_WARNING_COUNT; bits++) {
        const char *names[KYSO_WARNING_COUNT];
        size_t n = kyso_warning_names(bits, names);

        assert_int_equal(n, (size_t)__builtin_popcount(bits));
        for (size_t i = 0, next = 0; i < KYSO_WARNING_COUNT; i++) {
            if ((bits >> i & 1) != 0) {
                assert_string_equal(names[next++], kyso_warning_name(i));
            }
        }
    }
    assert_string_equal(kyso_reason_name(KYSO_REASON_MAX), "unknown");
    assert_int_equal(count, KYSO_REASON_MAX + KYSO_REMEDY_MAX + KYSO_WARNING_COUNT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decision_table),
        cmocka_unit_test(test_request_flaws),
        cmocka_unit_test(test_switch),
        cmocka_unit_test(test_warnings),
        cmocka_unit_test(test_verdict_points),
        cmocka_unit_test(test_zero_refuses),
        cmocka_unit_test(test_every_single_signature),
        cmocka_unit_test(test_every_pair),
        cmocka_unit_test(test_every_request),
        cmocka_unit_test(test_release_rows),
        cmocka_unit_test(test_every_release),
        cmocka_unit_test(test_report_table),
        cmocka_unit_test(test_report_warnings),
        cmocka_unit_test(test_report_side_by_side),
        cmocka_unit_test(test_every_report),
        cmocka_unit_test(test_allowed_seal_reports_kept),
        cmocka_unit_test(test_names),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
