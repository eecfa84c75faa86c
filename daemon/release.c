/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* org.kyso.Kyso1.Release: the clerk issues a document. Every signature is verified, the order rule
 * judges, and the register and the audit log have it before anybody hears so. From examination to
 * answer nothing else happens: no other release of the same document can come between. */

#include "daemon/release.h"

#include <errno.h>
#include <string.h>

#include "common/buf.h"
#include "common/clock.h"
#include "common/error.h"
#include "common/log.h"
#include "common/memfd.h"
#include "common/names.h"
#include "common/outcome.h"
#include "common/text.h"
#include "daemon/job.h"
#include "daemon/record.h"
#include "daemon/refusal.h"
#include "daemon/release-clerk.h"

#define REFERENCE_MAX 256 /* bytes */
#define CHANNEL_TEXT_MAX 128
#define NOTE_MAX 512

struct releasing {
    struct releasing *next;
    struct kyso_daemon *daemon;
    struct kyso_request *request;
    struct kyso_job *job;
    struct kyso_examine *examine;
    int document;
    bool find; /* only look into the register */

    /* what was asked for; texts live as long as the call's message */
    const char *number, *channel_text, *reference, *note;
    uint32_t date;
    enum kyso_channel channel;
    enum kyso_kind kind;
    bool again;

    struct kyso_examination found;
    struct kyso_signer_fact clerk;
    struct kyso_release_earlier earlier;
    struct kyso_verdict verdict;
};

static struct releasing *running;

static void releasing_free(struct releasing *releasing)
{
    for (struct releasing **at = &running; *at != NULL; at = &(*at)->next) {
        if (*at == releasing) {
            *at = releasing->next;
            break;
        }
    }
    (void)kyso_examine_free(releasing->examine);
    kyso_examination_done(&releasing->found);
    (void)kyso_job_free(releasing->job);
    kyso_close(&releasing->document);
    free(releasing);
}

void kyso_release_stop(void)
{
    while (running != NULL)
        releasing_free(running);
}

static void fail(struct releasing *releasing, int result, const char *detail, const char *option)
{
    /* A bad document's detail is the rule that it breaks. */
    kyso_request_fail(releasing->request, result,
                      result == KYSO_OUTCOME_BAD_DOCUMENT ? "rule" : "detail", detail, "option",
                      option, NULL);
    releasing_free(releasing);
}

/* ---- judging ---- */

static struct kyso_verdict judge(struct releasing *releasing)
{
    const struct kyso_settings *config = releasing->daemon->config;
    struct kyso_order_request request = {
        .act = KYSO_ACT_RELEASE,
        .kind = releasing->kind,
        .reference_given = *releasing->reference != '\0',
        .released = releasing->earlier.released,
        .file_released = releasing->earlier.file_released,
        .seal_without_revocation_check = config->seal_without_revocation_check,
        .channel = releasing->channel,
        .issue_day = releasing->date,
        .signer = releasing->clerk,
    };

    return kyso_order_judge(&config->profile, &request, releasing->found.facts, releasing->found.n);
}

/* ---- recording ---- */

/* What was asked for, of a release and of its refusal. */
static struct kyso_audit_entry *begin(const struct releasing *releasing, const char *event)
{
    const struct kyso_settings *config = releasing->daemon->config;
    struct kyso_audit_entry *entry = kyso_audit_entry(event, releasing->request->caller);
    char date[KYSO_TEXT_DAY_MAX];

    kyso_text_from_day(releasing->date, date);
    kyso_record_document(entry, &releasing->found);
    kyso_audit_text(entry, "kind", kyso_kind_name(releasing->kind));
    kyso_audit_text(entry, "reference", releasing->reference);
    kyso_audit_text(entry, "number", releasing->number);
    kyso_audit_text(entry, "date", date);
    kyso_audit_text(entry, "channel", kyso_channel_name(releasing->channel));
    kyso_audit_text(entry, "channel-text", releasing->channel_text);
    kyso_audit_text(entry, "organisation", releasing->clerk.organisation);
    kyso_record_verdict(entry, config, &releasing->verdict);
    kyso_audit_flag(entry, "seal-without-revocation-check", config->seal_without_revocation_check);
    return entry;
}

static bool seen_before(const struct kyso_examination *found, size_t i)
{
    for (size_t j = 0; j < i; j++) {
        if (memcmp(found->facts[j].certificate, found->facts[i].certificate,
                   sizeof(found->facts[i].certificate)) == 0)
            return true;
    }
    return false;
}

/* The fingerprints of all who signed, each once, separated by blanks. */
static char *list_signers(const struct kyso_examination *found)
{
    KYSO_BUF struct kyso_buf text = {0};

    for (size_t i = 0; i < found->n; i++) {
        KYSO_FREE char *hex = NULL;

        if (found->facts[i].is_timestamp || !found->judged[i] || !found->findings[i].has_signer ||
            seen_before(found, i))
            continue;
        hex = kyso_text_hex(found->facts[i].certificate, sizeof(found->facts[i].certificate));
        if (hex == NULL)
            return NULL;
        kyso_buf_printf(&text, "%s%s", text.length > 0 ? " " : "", hex);
    }
    return text.length == 0 && text.error == 0 ? strdup("") : kyso_buf_take_string(&text);
}

/* Cuts SIGNERS up. */
static int append_release(const struct releasing *releasing, char *signers)
{
    struct kyso_audit_entry *entry = begin(releasing, "released");
    const char *list[KYSO_PDF_SIGNATURES_MAX];
    size_t n = kyso_release_split_signers(signers, list);

    kyso_audit_texts(entry, "signers", list, n);
    kyso_audit_text(entry, "note", releasing->note);
    if (releasing->again)
        kyso_audit_flag(entry, "again", true);
    return kyso_audit_append(releasing->daemon->audit, entry);
}

/* Register and audit log, both or none. */
static int record(const struct releasing *releasing, uint64_t at)
{
    const struct kyso_caller *caller = releasing->request->caller;
    struct kyso_store *store = releasing->daemon->store;
    KYSO_FREE char *signers = list_signers(&releasing->found);
    struct kyso_store_release release = {
        .at = at,
        .document = releasing->found.identity,
        .file = releasing->found.sha256,
        .organisation = releasing->clerk.organisation,
        .number = releasing->number,
        .date = releasing->date,
        .channel = kyso_channel_name(releasing->channel),
        .channel_text = releasing->channel_text,
        .kind = kyso_kind_name(releasing->kind),
        .reference = releasing->reference,
        .note = releasing->note,
        .signers = signers,
        .profile = releasing->daemon->config->profile.id,
        .clause = releasing->verdict.clause,
        .user = kyso_caller_user(caller),
        .uid = (uint32_t)kyso_caller_uid(caller),
    };
    int r;

    if (signers == NULL)
        return kyso_trace(-ENOMEM);
    r = kyso_store_begin(store);
    if (r == 0)
        r = kyso_store_release_add(store, &release);
    if (r == 0)
        r = append_release(releasing, signers);
    return kyso_store_end(store, r);
}

/* ---- answering ---- */

static void refuse(struct releasing *releasing)
{
    const struct kyso_verdict *verdict = &releasing->verdict;
    bool closed = verdict->reason == KYSO_REASON_ALREADY_RELEASED;
    struct kyso_audit_entry *entry = begin(releasing, "refused");
    int r;

    kyso_record_refusal(entry, KYSO_ACT_RELEASE, verdict,
                        kyso_refusal_rule(verdict, &releasing->found));
    r = kyso_audit_append(releasing->daemon->audit, entry);
    if (r != 0) {
        fail(releasing, r, NULL, NULL);
        return;
    }
    kyso_refusal_answer(releasing->request, releasing->daemon->config, verdict, &releasing->found,
                        closed ? &releasing->earlier.first : NULL);
    releasing_free(releasing);
}

static bool append_report(const struct releasing *releasing, uint64_t at, DBusMessageIter *to)
{
    KYSO_FREE char *document = kyso_text_hex(releasing->found.identity, 32);
    KYSO_FREE char *file = kyso_text_hex(releasing->found.sha256, 32);
    const char *warnings[KYSO_WARNING_COUNT];
    size_t n = kyso_warning_names(releasing->verdict.warnings, warnings);
    char date[KYSO_TEXT_DAY_MAX];
    struct kyso_dict report;

    kyso_text_from_day(releasing->date, date);
    kyso_dict_open(&report, to);
    kyso_dict_string(&report, "number", releasing->number);
    kyso_dict_string(&report, "date", date);
    kyso_dict_u64(&report, "at", at);
    kyso_dict_string(&report, "organisation", releasing->clerk.organisation);
    kyso_dict_string(
        &report, "organisation-name",
        kyso_release_organisation_name(releasing->daemon->roster, releasing->clerk.organisation));
    kyso_dict_string(&report, "document", document);
    kyso_dict_string(&report, "digest", file);
    kyso_dict_string(&report, "clause", releasing->verdict.clause);
    kyso_dict_string(&report, "profile", releasing->daemon->config->profile.id);
    kyso_dict_bool(&report, "seal-without-revocation-check",
                   releasing->daemon->config->seal_without_revocation_check);
    kyso_dict_strings(&report, "warnings", warnings, n);
    return kyso_dict_close(&report) && document != NULL && file != NULL;
}

/* The answer is made before the record, so that nothing but the record can still fail. */
static void release(struct releasing *releasing)
{
    KYSO_MESSAGE DBusMessage *message = dbus_message_new_method_return(releasing->request->message);
    uint64_t at = kyso_clock_wall_usec() / KYSO_USEC_PER_SEC;
    DBusMessageIter to;
    int r = -ENOMEM;

    if (message != NULL) {
        dbus_message_iter_init_append(message, &to);
        r = append_report(releasing, at, &to) ? record(releasing, at) : -ENOMEM;
    }
    if (r != 0) {
        fail(releasing, r, r == KYSO_OUTCOME_LIMIT ? "signatures" : NULL, NULL);
        return;
    }
    kyso_log(KYSO_LOG_NOTICE, "released for uid %u",
             (unsigned int)kyso_caller_uid(releasing->request->caller));
    kyso_request_reply(releasing->request, message);
    releasing_free(releasing);
}

/* A number is given once a year and organisation; its symbol says the kind ("12/QĐ-UBND"). Offices
 * do err, so the clerk may insist. KYSO_OUTCOME_BAD_ARGUMENT with *RET_TAKEN. */
static int check_number(const struct releasing *releasing,
                        struct kyso_store_release_mark *ret_taken)
{
    int r = kyso_store_release_numbered(releasing->daemon->store, releasing->clerk.organisation,
                                        releasing->number, releasing->date,
                                        releasing->found.identity, ret_taken);

    if (r == 0)
        return releasing->again ? 0 : KYSO_OUTCOME_BAD_ARGUMENT;
    return r == KYSO_OUTCOME_NOT_FOUND ? 0 : r;
}

static void number_taken(struct releasing *releasing, const struct kyso_store_release_mark *taken)
{
    struct kyso_store_release_words words;

    kyso_store_release_spell(taken, &words);
    kyso_request_fail(releasing->request, KYSO_OUTCOME_BAD_ARGUMENT, "detail", "number-taken",
                      "number", words.number, "date", words.date, "released-at", words.at, NULL);
    releasing_free(releasing);
}

/* What only forbids further additions does not keep a finished document in the house. */
static bool is_unfit(enum kyso_pdf_rule unsignable)
{
    return unsignable != KYSO_PDF_OK && unsignable != KYSO_PDF_DOCMDP &&
           unsignable != KYSO_PDF_FIELD_LOCK;
}

static void judge_and_release(struct releasing *releasing)
{
    const struct kyso_examination *found = &releasing->found;
    struct kyso_store_release_mark taken;
    int r;

    releasing->clerk = kyso_release_clerk(releasing->daemon->roster, found->facts, found->n,
                                          kyso_caller_user(releasing->request->caller));
    r = kyso_release_look_up(releasing->daemon, found, &releasing->earlier);
    if (r != 0) {
        fail(releasing, r, NULL, NULL);
        return;
    }
    releasing->verdict = judge(releasing);
    if (!releasing->verdict.allow) {
        refuse(releasing);
        return;
    }
    if (is_unfit(found->pdf.unsignable) || !found->identified) {
        fail(releasing, KYSO_OUTCOME_BAD_DOCUMENT, kyso_pdf_rule_name(found->pdf.unsignable), NULL);
        return;
    }
    r = check_number(releasing, &taken);
    if (r == 0)
        release(releasing);
    else if (r == KYSO_OUTCOME_BAD_ARGUMENT)
        number_taken(releasing, &taken);
    else
        fail(releasing, r, NULL, NULL);
}

static void tell(struct releasing *releasing)
{
    KYSO_MESSAGE DBusMessage *message = dbus_message_new_method_return(releasing->request->message);
    DBusMessageIter to;
    int r = -ENOMEM;

    if (message != NULL) {
        dbus_message_iter_init_append(message, &to);
        r = kyso_release_put_known(releasing->daemon, &releasing->found, &to);
    }
    if (r != 0) {
        fail(releasing, r, NULL, NULL);
        return;
    }
    kyso_request_reply(releasing->request, message);
    releasing_free(releasing);
}

static void examined(void *data, int result, const char *detail, struct kyso_examination *found)
{
    struct releasing *releasing = data;

    if (result != 0) {
        KYSO_FREE char *copy = detail != NULL ? strdup(detail) : NULL;

        fail(releasing, result, copy, NULL);
        return;
    }
    releasing->found = *found;
    *found = (struct kyso_examination){0};
    releasing->examine = kyso_examine_free(releasing->examine);
    if (releasing->find)
        tell(releasing);
    else
        judge_and_release(releasing);
}

/* ---- the call ---- */

static void caller_left(void *data)
{
    releasing_free(data);
}

static void cancelled(void *data)
{
    fail(data, KYSO_OUTCOME_CANCELLED, NULL, NULL);
}

static bool is_number(const char *text)
{
    size_t length = strlen(text);

    if (length == 0 || length >= KYSO_RELEASE_NUMBER_MAX || text[0] == ' ' ||
        text[length - 1] == ' ')
        return false;
    for (size_t i = 0; i < length; i++) {
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
            return false;
    }
    return true;
}

/* The name of the argument that is wrong, or null. */
static const char *read_words(struct releasing *releasing, const char *date, const char *channel,
                              const char *kind)
{
    if (!is_number(releasing->number))
        return "number";
    if (!kyso_text_to_day(date, &releasing->date))
        return "date";
    if (!kyso_channel_from_name(channel, &releasing->channel))
        return "channel";
    /* "other" is said in words, and only that. */
    if ((*releasing->channel_text != '\0') != (releasing->channel == KYSO_CHANNEL_OTHER))
        return "channel-text";
    return kyso_kind_from_name(kind, &releasing->kind) ? NULL : "kind";
}

static const char *next_string(DBusMessageIter *iter)
{
    const char *text;

    dbus_message_iter_get_basic(iter, &text);
    (void)dbus_message_iter_next(iter);
    return text;
}

static int read_arguments(struct releasing *releasing, const char **ret_job, uint64_t *ret_size,
                          const char **detail, const char **name)
{
    const char *kind = kyso_kind_name(KYSO_KIND_ORIGINAL), *date = "", *channel = "";
    const struct kyso_option options[] = {
        {"kind", "s", &kind, 32},
        {"channel-text", "s", &releasing->channel_text, CHANNEL_TEXT_MAX},
        {"reference", "s", &releasing->reference, REFERENCE_MAX},
        {"note", "s", &releasing->note, NOTE_MAX},
        {"again", "b", &releasing->again, 0},
    };
    DBusMessageIter iter;
    int r;

    (void)dbus_message_iter_init(releasing->request->message, &iter);
    dbus_message_iter_get_basic(&iter, &releasing->document);
    (void)dbus_message_iter_next(&iter);
    if (!releasing->find) {
        releasing->number = next_string(&iter);
        date = next_string(&iter);
        channel = next_string(&iter);
    }
    *ret_job = next_string(&iter);
    r = kyso_options_read(&iter, options, releasing->find ? 0 : KYSO_ARRAY_LEN(options), detail,
                          name);
    if (r != 0)
        return r;
    *detail = "option-value";
    *name = releasing->find ? NULL : read_words(releasing, date, channel, kind);
    if (*name != NULL)
        return KYSO_OUTCOME_BAD_ARGUMENT;
    *detail = "document";
    return kyso_memfd_check(releasing->document, releasing->daemon->config->document_max, ret_size);
}

static void start(struct kyso_request *request, void *data, bool find)
{
    struct releasing *releasing = calloc(1, sizeof(*releasing));
    const char *job = NULL, *detail = NULL, *name = NULL;
    uint64_t size = 0;
    int r;

    if (releasing == NULL) {
        kyso_request_fail(request, -ENOMEM, NULL);
        return;
    }
    *releasing = (struct releasing){.daemon = data,
                                    .request = request,
                                    .document = -1,
                                    .find = find,
                                    .number = "",
                                    .channel_text = "",
                                    .reference = "",
                                    .note = ""};
    releasing->next = running;
    running = releasing;
    kyso_request_on_drop(request, caller_left, releasing);
    r = read_arguments(releasing, &job, &size, &detail, &name);
    if (r == 0)
        r = kyso_job_new(releasing->daemon, request->caller, find ? "find-release" : "release", job,
                         size, cancelled, releasing, &releasing->job, &detail);
    if (r == 0) {
        kyso_job_set_state(releasing->job, "inspecting", 0.1);
        detail = NULL;
        r = kyso_examine(releasing->daemon, releasing->document, size, examined, releasing,
                         &releasing->examine);
    }
    if (r != 0)
        fail(releasing, r, detail, name);
}

static void release_document(struct kyso_request *request, void *data)
{
    start(request, data, false);
}

static void find_document(struct kyso_request *request, void *data)
{
    start(request, data, true);
}

#define RELEASE_IN "document:h number:s date:s channel:s job:s options:a{sv}"

const struct kyso_interface KYSO_RELEASE_INTERFACE = {
    .name = KYSO_IFACE_RELEASE,
    .methods =
        (const struct kyso_method[]){
            {"Release", RELEASE_IN, "report:a{sv}", "release", release_document},
            {"Find", "document:h job:s options:a{sv}", "releases:aa{sv}", "release", find_document},
            {"List", "since:t until:t number:s options:a{sv}", "releases:aa{sv}", "release",
             kyso_release_list},
            {0},
        },
};
