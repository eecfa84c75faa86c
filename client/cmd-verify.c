/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/command.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "client/clause.h"
#include "client/failure.h"
#include "client/i18n.h"
#include "client/map.h"
#include "client/messages.h"
#include "client/output.h"

static void print_help(void)
{
    (void)puts(
        _("Usage: kyso verify FILE... [--kind KIND] [--json]\n\n"
          "Checks each signature, what it covers, who made it by the roster, and whether the\n"
          "individual signed before the organisation. --kind says what the document is: original\n"
          "(default), copy, scan, reissue, approved, single-authority, internal. Exit status 0: "
          "fit;\n"
          "20: not fit; 21: undetermined; with several files, that of the first that is not fit."));
}

static void line_word(int indent, const char *label, const struct kyso_map *map, const char *key)
{
    kyso_print_line(indent, label, kyso_message(KYSO_WORDS_STATE, kyso_map_string(map, key)));
}

/* A finding with its reason: "invalid (the document is not what was signed)". */
static void line_finding(const char *label, const char *finding, enum kyso_vocabulary vocabulary,
                         const char *reason)
{
    if (finding[0] == '\0')
        return;
    (void)printf("     %s ", label);
    kyso_print_clean(stdout, kyso_message(KYSO_WORDS_STATE, finding));
    if (reason[0] != '\0') {
        (void)fputs(" (", stdout);
        kyso_print_clean(stdout, kyso_message(vocabulary, reason));
        (void)putchar(')');
    }
    (void)putchar('\n');
}

static void print_who(const struct kyso_map *signature, size_t number)
{
    const char *name = kyso_map_string(signature, "common-name");
    const char *class = kyso_map_string(signature, "class");

    (void)printf("  %zu. ", number);
    kyso_print_clean(stdout, name[0] != '\0' ? name : _("(no name)"));
    (void)fputs(", ", stdout);
    if (strcmp(class, "unknown") == 0)
        (void)fputs(_("not in the roster"), stdout);
    else if (kyso_map_bool(signature, "authority"))
        (void)fputs(_("individual with authority"), stdout);
    else
        kyso_print_clean(stdout, kyso_message(KYSO_WORDS_STATE, class));
    (void)putchar('\n');
    kyso_print_line(5, _("Organisation:"), kyso_map_string(signature, "organisation"));
    kyso_print_line(5, _("Title:"), kyso_map_string(signature, "title"));
}

static void print_rule(const struct kyso_map *signature, const char *rule, const char *detail)
{
    const char *word = kyso_map_string(signature, rule);
    const char *more = kyso_map_string(signature, detail);

    if (word[0] == '\0' || strcmp(word, "ok") == 0)
        return;
    kyso_print_line(5, _("Rule of the document broken:"), kyso_message(KYSO_WORDS_RULE, word));
    kyso_print_line(7, _("Where:"), more);
}

static void print_signature(const struct kyso_map *signature, size_t number)
{
    int64_t claimed = kyso_map_number(signature, "signing-time");
    char text[KYSO_TIME_MAX];

    print_who(signature, number);
    line_finding(_("Integrity:"), kyso_map_string(signature, "integrity"), KYSO_WORDS_INTEGRITY,
                 kyso_map_string(signature, "integrity-reason"));
    line_finding(_("Certificate chain:"), kyso_map_string(signature, "chain"),
                 KYSO_WORDS_CERTIFICATE, kyso_map_string(signature, "chain-reason"));
    line_word(5, _("Covers:"), signature, "coverage");
    print_rule(signature, "broken-rule", "broken-detail");
    print_rule(signature, "flaw", "flaw-detail");
    if (claimed > 0) {
        kyso_format_time(claimed, text);
        kyso_print_line(5, _("Time (as the signer claims):"), text);
    } else {
        kyso_print_line(5, _("Time (as the signer claims):"), _("none"));
    }
    kyso_print_line(5, _("Time stamp:"),
                    kyso_map_bool(signature, "timestamp") ? _("there is one; it was not judged")
                                                          : _("none"));
    if (kyso_map_bool(signature, "weak"))
        kyso_print_line(5, _("Note:"), _("the key or digest is too weak"));
    kyso_print_line(5, _("Certificate:"), kyso_map_string(signature, "fingerprint"));
    kyso_print_line(5, _("Issued by:"), kyso_map_string(signature, "issuer"));
}

/* What the verdict rests on: the worst finding, its rule, and what to do. */
static void print_grounds(const struct kyso_map *report, const char *advice)
{
    const char *reason = kyso_map_string(report, "order-reason");
    const char *clause = kyso_map_string(report, "order-clause");
    const char *remedy = kyso_map_string(report, "order-remedy");

    if (reason[0] != '\0' && strcmp(reason, "none") != 0)
        kyso_print_line(2, _("Why:"), kyso_message(KYSO_WORDS_REASON, reason));
    if (clause[0] != '\0') {
        KYSO_FREE char *spelled = kyso_clause_spell(clause);

        kyso_print_line(2, _("Rule:"), spelled != NULL ? spelled : clause);
    }
    kyso_print_line(2, _("Next:"), advice);
    if (remedy[0] != '\0' && strcmp(remedy, "none") != 0)
        kyso_print_line(2, _("Next:"), kyso_message(KYSO_WORDS_REMEDY, remedy));
    line_word(2, _("Order:"), report, "order");
}

/* What this computer's register knows of the document. */
static void print_releases(const struct kyso_map *report)
{
    for (size_t i = 0; i < kyso_map_length(report, "releases"); i++) {
        const struct kyso_map *release = kyso_map_item(report, "releases", i);
        char at[KYSO_TIME_MAX];

        kyso_format_time(kyso_map_number(release, "at"), at);
        kyso_print_line(2, _("Issued, number:"), kyso_map_string(release, "number"));
        kyso_print_line(4, _("Date of issue:"), kyso_map_string(release, "date"));
        kyso_print_line(4, _("Recorded:"), at);
        if (!kyso_map_bool(release, "this-file"))
            kyso_print_line(4, _("Note:"), _("another file of the same document was sent out"));
    }
}

static void print_notes(const struct kyso_map *report)
{
    bool told = false;

    for (size_t i = 0; i < kyso_map_length(report, "warnings"); i++) {
        const char *word = kyso_map_item_string(report, "warnings", i);

        told |= strcmp(word, "revocation-not-checked") == 0;
        kyso_print_line(2, _("Note:"), kyso_message(KYSO_WORDS_WARNING, word));
    }
    if (!told && strcmp(kyso_map_string(report, "revocation"), "not-checked") == 0)
        kyso_print_line(2, _("Note:"), kyso_message(KYSO_WORDS_WARNING, "revocation-not-checked"));
    print_rule(report, "broken-rule", "broken-detail");
    if (kyso_map_bool(report, "unsigned-tail"))
        kyso_print_line(2, _("Note:"), _("additions that nobody signed follow the last signature"));
}

static const char *advice(const char *verdict)
{
    if (strcmp(verdict, "fit") == 0)
        return _("It can be entered in the register and processed.");
    if (strcmp(verdict, "not-fit") == 0)
        return _("Do not use it: tell the sender to sign and send it again.");
    return _(
        "It is neither confirmed nor refuted: clear up what is undetermined before you use it.");
}

static void print_report(const char *file, const struct kyso_map *report)
{
    const char *verdict = kyso_map_string(report, "verdict");
    size_t n = kyso_map_length(report, "signatures");

    kyso_print_clean(stdout, file);
    (void)printf(": %s\n", kyso_message(KYSO_WORDS_STATE, verdict));
    print_grounds(report, advice(verdict));
    (void)printf(ngettext("  %zu signature:\n", "  %zu signatures:\n", n), n);
    for (size_t i = 0; i < n; i++)
        print_signature(kyso_map_item(report, "signatures", i), i + 1);
    print_releases(report);
    print_notes(report);
    kyso_print_line(2, _("Rules in force:"), kyso_map_string(report, "profile"));
}

static int verdict_status(const struct kyso_map *report)
{
    const char *verdict = kyso_map_string(report, "verdict");

    if (strcmp(verdict, "fit") == 0)
        return 0;
    return strcmp(verdict, "not-fit") == 0 ? KYSO_EXIT_NOT_FIT : KYSO_EXIT_UNDETERMINED;
}

/* Verifies FILE into ENTRY; the exit status. */
static int verify_file(struct kyso_session *session, const char *file,
                       const struct kyso_options *options, bool json, struct json_object *entry)
{
    KYSO_CLOSE int fd = -1, document = -1;
    struct json_object *failure = NULL;
    struct kyso_map *report = NULL;
    int status, r;

    kyso_json_add_string(entry, "input", file);
    status = kyso_load_file(file, &fd, &document, &failure);
    if (status == 0) {
        r = kyso_verify(session->client, document, options, &report);
        if (r != 0)
            failure = kyso_failure_of(session->client, r);
        status = r != 0 ? kyso_failure_status(failure) : verdict_status(report);
    }
    if (report != NULL) {
        kyso_json_add_string(entry, "outcome", "done");
        kyso_json_add(entry, "report", kyso_json_from_map(report));
        if (!json)
            print_report(file, report);
    } else if (failure != NULL) {
        if (!json)
            kyso_failure_print(file, failure);
        kyso_failure_explain(failure);
        json_object_object_foreach(failure, key, value)
            kyso_json_add(entry, key, json_object_get(value));
    }
    (void)json_object_put(failure);
    (void)kyso_map_free(report);
    kyso_json_add_number(entry, "exit-status", status);
    return status;
}

static int verify_all(char **files, int n, const struct kyso_options *options, bool json)
{
    KYSO_SESSION struct kyso_session session = {.signals = -1};
    KYSO_JSON struct json_object *answer = json_object_new_object();
    struct json_object *documents = json_object_new_array();
    int status = kyso_begin("verify", json, &session), first = 0;

    if (status != 0) {
        (void)json_object_put(documents);
        return status;
    }
    for (int i = 0; i < n && !session.interrupted; i++) {
        struct json_object *entry = json_object_new_object();

        if (!json && i > 0)
            (void)putchar('\n');
        status = verify_file(&session, files[i], options, json, entry);
        if (first == 0)
            first = status;
        (void)json_object_array_add(documents, entry);
    }
    kyso_json_add_string(answer, "command", "verify");
    kyso_json_add(answer, "documents", documents);
    kyso_json_add_number(answer, "exit-status", first);
    if (json)
        kyso_json_print(answer, false);
    return first;
}

int kyso_cmd_verify(int argc, char **argv)
{
    static const struct option OPTIONS[] = {
        {"kind", required_argument, NULL, 'k'},
        {"json", no_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    struct kyso_options *options = kyso_options_new();
    bool json = false, help = false, wrong = false;
    int option, status;

    while ((option = getopt_long(argc, argv, "h", OPTIONS, NULL)) != -1) {
        if (option == 'k')
            kyso_options_string(options, "kind", optarg);
        json |= option == 'j';
        help |= option == 'h';
        wrong |= option == '?';
    }
    if (wrong) {
        status = kyso_usage("verify", NULL);
    } else if (help) {
        print_help();
        status = 0;
    } else if (optind == argc) {
        status = kyso_usage("verify", _("Which document? Name at least one file."));
    } else {
        status = verify_all(argv + optind, argc - optind, options, json);
    }
    options = kyso_options_free(options);
    return status;
}
