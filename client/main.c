/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "client/command.h"
#include "client/i18n.h"
#include "config.h"

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *what;
} COMMANDS[] = {
    {"sign", kyso_cmd_sign, N_("sign documents as an individual")},
    {"seal", kyso_cmd_sign, N_("sign documents for the organisation, after the individual")},
    {"verify", kyso_cmd_verify, N_("check the signatures of documents and their order")},
    {"release", kyso_cmd_release, N_("issue documents, and see what was issued")},
    {"tokens", kyso_cmd_tokens, N_("list, show and watch tokens and certificates")},
    {"roster", kyso_cmd_roster, N_("say who is who: list and change the roster")},
    {"status", kyso_cmd_status, N_("show what has to be done, and by when")},
    {"recovery", kyso_cmd_recovery,
     N_("ask for recovery of a token or revocation of a certificate")},
    {"form", kyso_cmd_form, N_("list and make official forms")},
    {"report", kyso_cmd_report, N_("add up a period, make the periodic reports")},
    {"audit", kyso_cmd_audit, N_("list, export and verify the log of what was done")},
    {"doctor", kyso_cmd_doctor, N_("look for what keeps signing from working")},
};

static void print_help(void)
{
    (void)puts(_("Usage: kyso COMMAND [OPTION...] [ARGUMENT...]"));
    (void)putchar('\n');
    for (size_t i = 0; i < KYSO_ARRAY_LEN(COMMANDS); i++)
        (void)printf("  %-8s %s\n", COMMANDS[i].name, _(COMMANDS[i].what));
    (void)putchar('\n');
    (void)puts(
        _("“kyso COMMAND --help” tells more. All commands know --json.\n"
          "Exit status: 0 done, or fit; 1 failed; 2 usage; 3 refused by a rule; 4 wrong PIN;\n"
          "5 token locked; 6 token missing or removed; 7 not authorised; 8 cancelled; 9 busy\n"
          "or over a limit; 20 not fit; 21 undetermined."));
}

/* A PIN passes through this process: no core file, no debugger of the same user. */
static void protect(void)
{
#if KYSO_JAIL_STRICT
    const struct rlimit none = {0, 0};

    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    (void)setrlimit(RLIMIT_CORE, &none);
#endif
}

static void set_language(void)
{
    const char *folder = getenv("TEXTDOMAINDIR"); /* as for gettext(1) */

    (void)setlocale(LC_ALL, "");
    (void)setlocale(LC_NUMERIC, "C"); /* points of a box, and JSON */
    (void)bindtextdomain("kyso", folder != NULL ? folder : KYSO_LOCALEDIR);
    (void)bind_textdomain_codeset("kyso", "UTF-8");
    (void)textdomain("kyso");
}

static int run(int argc, char **argv)
{
    if (argc < 2) {
        (void)fprintf(stderr, "%s\n", _("kyso: a command is missing. Try “kyso --help”."));
        return KYSO_EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        print_help();
        return 0;
    }
    if (strcmp(argv[1], "--version") == 0) {
        (void)puts("kyso " KYSO_VERSION);
        return 0;
    }
    for (size_t i = 0; i < KYSO_ARRAY_LEN(COMMANDS); i++) {
        if (strcmp(argv[1], COMMANDS[i].name) == 0)
            return COMMANDS[i].run(argc - 1, argv + 1);
    }
    (void)fprintf(stderr, _("kyso: there is no command “%s”. Try “kyso --help”.\n"), argv[1]);
    return KYSO_EXIT_USAGE;
}

int main(int argc, char **argv)
{
    int status;

    protect();
    set_language();
    status = run(argc, argv);
    /* What was cut off by a full disk must not pass for the whole. */
    if (fflush(stdout) != 0 || ferror(stdout) != 0) {
        (void)fprintf(stderr, "%s\n", _("kyso: The output could not be written whole."));
        return status != 0 ? status : 1;
    }
    return status;
}
