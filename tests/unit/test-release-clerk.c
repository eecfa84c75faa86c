/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Who may issue a document, and for which organisation: the clerks of its newest seal, or of those
 * who signed it. */

#include "tests/unit/conf-folder.h"
#include "tests/unit/store-bench.h"

#include "common/outcome.h"
#include "daemon/release-clerk.h"

#define HEX31 "00112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEE"
#define HOME "UBND tỉnh Lạng Sơn"
#define AWAY "Sở Nội vụ"

static const char ROSTER[] =
    "[certificate " HEX31 "01]\nclass = seal\norganisation = " HOME "\nusers = lan\n"
    "[certificate " HEX31 "02]\nclass = seal\norganisation = " HOME "\nusers = minh\n"
    "[certificate " HEX31 "03]\nclass = seal\norganisation = " AWAY "\nusers = hoa, lan\n"
    "[certificate " HEX31 "04]\nclass = seal\nusers = tu\n"
    "[certificate " HEX31 "05]\nclass = person\norganisation = " HOME "\nusers = an\n";

static struct store_bench bench;
static struct kyso_roster *roster;

static int set_up(void **state KYSO_UNUSED)
{
    struct kyso_conf_problem problem;
    char folder[32];
    int r;

    conf_folder_make(folder);
    conf_folder_write(folder, "roster.d/a.conf", ROSTER);
    store_bench_open(&bench);
    r = kyso_roster_open(bench.store, bench.audit, folder, &roster, &problem);
    conf_folder_remove(folder);
    return r;
}

static int tear_down(void **state KYSO_UNUSED)
{
    roster = kyso_roster_free(roster);
    store_bench_remove(&bench);
    return 0;
}

/* One letter for each signature, the innermost first: p person and a authority of HOME, q person
 * and b authority of AWAY, n person of no organisation, s first and z second seal of HOME, y seal
 * of AWAY, u seal of no organisation, o seal of HOME that the roster has under no number, x
 * stranger, t time stamp. */
static size_t build(const char *letters, struct kyso_signature_fact *facts)
{
    size_t n = 0;

    for (; letters[n] != '\0'; n++) {
        char who = letters[n];
        bool seal = strchr("szyuo", who) != NULL, away = strchr("qby", who) != NULL;
        struct kyso_signature_fact fact = {.covers_to = 1000 * (n + 1)};

        fact.is_timestamp = who == 't';
        if (strchr("xt", who) == NULL)
            fact.class = seal ? KYSO_CLASS_SEAL : KYSO_CLASS_PERSON;
        fact.authority = who == 'a' || who == 'b';
        if (strchr("xtun", who) == NULL)
            fact.organisation = away ? AWAY : HOME;
        for (unsigned int i = 0; i < KYSO_FINGERPRINT_SIZE - 1; i++)
            fact.certificate[i] = (uint8_t)((i % 16) * 0x11);
        fact.certificate[KYSO_FINGERPRINT_SIZE - 1] = (uint8_t)(who == 's'   ? 1
                                                                : who == 'z' ? 2
                                                                : who == 'y' ? 3
                                                                : who == 'u' ? 4
                                                                             : 0x99);
        facts[n] = fact;
    }
    return n;
}

static const struct {
    const char *document, *user, *organisation;
    bool listed;
} ROWS[] = {
    /* sealed: clerks of that organisation, whichever of its seals they keep */
    {"as", "lan", HOME, true},
    {"as", "minh", HOME, true},
    {"az", "lan", HOME, true},
    {"as", "hoa", HOME, false},
    {"as", "an", HOME, false},
    {"as", "tu", HOME, false},
    {"as", "stranger", HOME, false},
    {"as", "", HOME, false},
    {"ast", "lan", HOME, true},
    {"ay", "lan", AWAY, true},
    {"ay", "minh", AWAY, false},
    {"o", "lan", HOME, true},
    /* a copy is issued by who made it */
    {"asy", "hoa", AWAY, true},
    {"asy", "minh", AWAY, false},
    {"bys", "minh", HOME, true},
    /* without a name only the clerks of the seal itself */
    {"au", "tu", "", true},
    {"au", "lan", "", false},
    /* not sealed: clerks of who signed, of an authority before others */
    {"a", "lan", HOME, true},
    {"a", "minh", HOME, true},
    {"a", "hoa", HOME, false},
    {"p", "minh", HOME, true},
    {"ab", "minh", HOME, true},
    {"ab", "hoa", AWAY, true},
    {"ab", "lan", AWAY, true},
    {"aq", "lan", HOME, true},
    {"pb", "lan", AWAY, true},
    {"qp", "lan", HOME, true},
    {"ab", "an", AWAY, false},
    {"n", "lan", "", false},
    {"n", "tu", "", false},
    {"pn", "lan", HOME, true},
    /* nobody to go by */
    {"", "lan", "", true},
    {"", "tu", "", true},
    {"", "an", "", false},
    {"x", "hoa", "", true},
    {"t", "stranger", "", false},
    {"xa", "lan", HOME, true},
    {"ax", "hoa", HOME, false},
};

static void test_every_document_and_user(void **state KYSO_UNUSED)
{
    size_t right = 0;

    for (size_t i = 0; i < KYSO_ARRAY_LEN(ROWS); i++) {
        struct kyso_signature_fact facts[8];
        size_t n = build(ROWS[i].document, facts);
        struct kyso_signer_fact clerk = kyso_release_clerk(roster, facts, n, ROWS[i].user);

        if (clerk.caller_listed == ROWS[i].listed &&
            strcmp(clerk.organisation, ROWS[i].organisation) == 0 &&
            clerk.class == KYSO_CLASS_UNKNOWN && !clerk.authority)
            right++;
        else
            print_message("# \"%s\", %s: \"%s\" %d\n", ROWS[i].document, ROWS[i].user,
                          clerk.organisation, clerk.caller_listed);
    }
    UNIT_ALL("documents and users", right, KYSO_ARRAY_LEN(ROWS));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_every_document_and_user, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
