/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Drives kysod's side of kyso-token from a shell: what happens is printed line by line. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>

#include "common/conf.h"
#include "common/log.h"
#include "common/loop.h"
#include "common/outcome.h"
#include "common/text.h"
#include "common/worker.h"
#include "pkcs11/remote.h"

#define OTHERS_MAX 16
#define CHAIN_MAX 8
#define DOCUMENT_MAX ((size_t)64 * 1024 * 1024)

static const char HELP[] =
    "token-tool [options] watch|scan|sign\n"
    "  --workers DIR    where kyso-token is\n"
    "  --module FILE --reader NAME --other NAME... --serial TEXT --env NAME=VALUE...\n"
    "  --certificate FILE  DER; the first is the signer's\n"
    "  --pin-fd N       the pipe with the PIN; without it the pin pad\n"
    "  --document FILE  what is signed, --count times (1)\n"
    "  --out PREFIX     each CMS goes to PREFIX0, PREFIX1 ...\n"
    "  --known-wrong HEX  a digest that an earlier login printed\n"
    "  --on EVENT COMMAND  ready, charge, login or signed: runs COMMAND before going on\n"
    "  --changes N      watch: ends after N reports\n"
    "The last line is \"end OUTCOME\"; the exit status is 0 when that is \"done\".\n";

struct hook {
    const char *event, *command;
};

struct tool {
    struct kyso_loop *loop;
    struct kyso_token_target target;
    const char *others[OTHERS_MAX + 1];
    const char *environment[OTHERS_MAX + 1];
    size_t n_others, n_environment;
    uint8_t *chain[CHAIN_MAX];
    size_t chain_length[CHAIN_MAX];
    size_t n_chain;
    struct hook hooks[OTHERS_MAX];
    size_t n_hooks;
    uint8_t known_wrong[OTHERS_MAX][KYSO_PIN_DIGEST_SIZE];
    size_t n_known_wrong;
    uint8_t digest[32];
    const char *out;
    int pin_fd;
    uint64_t count, done, changes;
    struct kyso_token_scan *scan;
    struct kyso_token_sign *sign;
    struct kyso_token_watch *watch;
};

static const char *outcome(int result)
{
    return result == 0  ? "done"
           : result < 0 ? strerror(-result)
                        : kyso_outcome_row(result)->log_name;
}

static void end(struct tool *tool, int result)
{
    printf("end %s\n", outcome(result));
    kyso_loop_quit(tool->loop, result == 0 ? 0 : 1);
}

static void run_hooks(const struct tool *tool, const char *event)
{
    for (size_t i = 0; i < tool->n_hooks; i++) {
        if (strcmp(tool->hooks[i].event, event) == 0 && system(tool->hooks[i].command) != 0)
            printf("hook failed: %s\n", tool->hooks[i].command);
    }
}

static void sha256(const void *bytes, size_t length, uint8_t digest[32])
{
    if (EVP_Digest(bytes, length, digest, NULL, EVP_sha256(), NULL) != 1)
        abort();
}

static void on_watch(void *data, bool available, const struct kyso_reader *readers, size_t n)
{
    static const char *const STATES[] = {"empty", "present", "mute"};
    struct tool *tool = data;

    printf("readers %s", available ? "available" : "unavailable");
    for (size_t i = 0; i < n; i++)
        printf(" | %s: %s %u", readers[i].name, STATES[readers[i].state], readers[i].events);
    putchar('\n');
    if (tool->changes != 0 && ++tool->done == tool->changes)
        kyso_loop_quit(tool->loop, 0);
}

static void print_certificate(const struct kyso_token_certificate *certificate)
{
    KYSO_FREE char *id = kyso_text_hex(certificate->id, certificate->id_length);
    KYSO_FREE char *hex = NULL;
    uint8_t digest[32];

    sha256(certificate->der, certificate->der_length, digest);
    hex = kyso_text_hex(digest, sizeof(digest));
    printf("certificate sha256=%s id=%s key=%s always=%d label=%s\n", hex, id,
           certificate->key == KYSO_TOKEN_KEY_HIDDEN  ? "unknown"
           : certificate->key == KYSO_TOKEN_KEY_SHOWN ? "yes"
                                                      : "no",
           certificate->always_authenticate, certificate->label);
}

static void on_scan(void *data, int result, struct kyso_token_snapshot *tokens, size_t n)
{
    struct tool *tool = data;

    for (size_t i = 0; i < n; i++) {
        const struct kyso_token_snapshot *t = &tokens[i];

        printf("token serial=%s flags=%u tries=%d pin=%u-%u pad=%d login=%d manufacturer=%s "
               "model=%s label=%s\n",
               t->serial, t->pin_flags, t->pin_tries, t->pin_min, t->pin_max, t->pin_pad,
               t->login_required, t->manufacturer, t->model, t->label);
        for (size_t k = 0; k < t->n_certificates; k++)
            print_certificate(&t->certificates[k]);
    }
    end(tool, result);
}

static void expect(struct tool *tool, int r, const char *what)
{
    if (r < 0) {
        printf("%s failed: %s\n", what, strerror(-r));
        kyso_loop_quit(tool->loop, 1);
    }
}

static void on_ready(void *data, uint32_t flags, int tries, bool pad, bool always)
{
    struct tool *tool = data;

    printf("ready flags=%u tries=%d pad=%d always=%d\n", flags, tries, pad, always);
    run_hooks(tool, "ready");
    expect(tool, kyso_token_sign_pin(tool->sign, tool->pin_fd), "pin");
}

static void on_charge(void *data)
{
    struct tool *tool = data;

    printf("charge\n");
    run_hooks(tool, "charge");
    expect(tool, kyso_token_sign_go(tool->sign), "go");
}

static void next(struct tool *tool)
{
    if (tool->done < tool->count)
        expect(tool, kyso_token_sign_digest(tool->sign, tool->digest), "digest");
    else
        expect(tool, kyso_token_sign_finish(tool->sign), "finish");
}

static void on_login(void *data, const struct kyso_token_login *login)
{
    static const char *const RESULTS[] = {"ok",      "incorrect", "locked",    "general-error",
                                          "removed", "already",   "cancelled", "pin-rejected"};
    struct tool *tool = data;
    KYSO_FREE char *digest = kyso_text_hex(login->pin_digest, sizeof(login->pin_digest));

    printf("login %s flags=%u-%u tries=%d-%d digest=%s\n", RESULTS[login->result],
           login->flags_before, login->flags_after, login->tries_before, login->tries_after,
           digest);
    run_hooks(tool, "login");
    if (login->result == KYSO_TOKEN_LOGIN_OK)
        next(tool);
}

static void on_signed(void *data, const uint8_t *cms, size_t length)
{
    struct tool *tool = data;
    char path[4096];
    FILE *file;

    printf("signed %zu\n", length);
    if (tool->out != NULL) {
        (void)snprintf(path, sizeof(path), "%s%u", tool->out, (unsigned int)tool->done);
        file = fopen(path, "w");
        if (file == NULL || fwrite(cms, 1, length, file) != length || fclose(file) != 0)
            printf("cannot write %s\n", path);
    }
    tool->done++;
    run_hooks(tool, "signed");
    next(tool);
}

static void on_end(void *data, int result)
{
    end(data, result);
}

static int start_sign(struct tool *tool)
{
    static const struct kyso_token_sign_handler HANDLER = {on_ready, on_charge, on_login, on_signed,
                                                           on_end};
    struct kyso_token_sign_job job = {
        .target = tool->target,
        .chain = (const uint8_t *const *)tool->chain,
        .chain_length = tool->chain_length,
        .n_chain = tool->n_chain,
        .known_wrong = (const uint8_t(*)[KYSO_PIN_DIGEST_SIZE])tool->known_wrong,
        .n_known_wrong = tool->n_known_wrong,
    };

    memset(job.digest_key, 0x42, sizeof(job.digest_key));
    if (tool->n_chain == 0)
        return -EINVAL;
    sha256(tool->chain[0], tool->chain_length[0], job.certificate_sha256);
    return kyso_token_sign_new(tool->loop, &job, &HANDLER, tool, &tool->sign);
}

static void load(const char *file, uint8_t **ret_bytes, size_t *ret_length)
{
    struct kyso_conf_problem problem;
    char *text = NULL;

    if (kyso_conf_load(file, false, DOCUMENT_MAX, &text, ret_length, &problem) != 0) {
        fprintf(stderr, "token-tool: cannot read %s\n", file);
        exit(2);
    }
    *ret_bytes = (uint8_t *)text;
}

static void load_document(struct tool *tool, const char *file)
{
    KYSO_FREE uint8_t *bytes = NULL;
    size_t length = 0;

    load(file, &bytes, &length);
    sha256(bytes, length, tool->digest);
}

static uint64_t number(const char *text)
{
    uint64_t value = 0;

    if (!kyso_text_to_u64(text, 1000000, &value))
        exit(2);
    return value;
}

static void option(struct tool *tool, int letter, char **argv)
{
    switch (letter) {
    case 'w':
        kyso_worker_set_directory(optarg);
        break;
    case 'm':
        tool->target.module = optarg;
        break;
    case 'r':
        tool->target.reader = optarg;
        break;
    case 's':
        tool->target.serial = optarg;
        break;
    case 'o':
        if (tool->n_others < OTHERS_MAX)
            tool->others[tool->n_others++] = optarg;
        break;
    case 'e':
        if (tool->n_environment < OTHERS_MAX)
            tool->environment[tool->n_environment++] = optarg;
        break;
    case 'c':
        if (tool->n_chain < CHAIN_MAX) {
            load(optarg, &tool->chain[tool->n_chain], &tool->chain_length[tool->n_chain]);
            tool->n_chain++;
        }
        break;
    case 'p':
        tool->pin_fd = (int)number(optarg);
        break;
    case 'd':
        load_document(tool, optarg);
        break;
    case 'n':
        tool->count = number(optarg);
        break;
    case 'O':
        tool->out = optarg;
        break;
    case 'k':
        if (tool->n_known_wrong < OTHERS_MAX &&
            kyso_text_from_hex(optarg, tool->known_wrong[tool->n_known_wrong], 32))
            tool->n_known_wrong++;
        break;
    case 'h':
        if (tool->n_hooks < OTHERS_MAX && argv[optind] != NULL)
            tool->hooks[tool->n_hooks++] = (struct hook){optarg, argv[optind++]};
        break;
    case 'C':
        tool->changes = number(optarg);
        break;
    default:
        fputs(HELP, stderr);
        exit(2);
    }
}

static int start(struct tool *tool, const char *verb)
{
    if (verb != NULL && strcmp(verb, "watch") == 0)
        return kyso_token_watch_new(tool->loop, on_watch, tool, &tool->watch);
    if (verb != NULL && strcmp(verb, "scan") == 0 && tool->target.module != NULL)
        return kyso_token_scan(tool->loop, &tool->target, on_scan, tool, &tool->scan);
    if (verb != NULL && strcmp(verb, "sign") == 0 && tool->target.module != NULL)
        return start_sign(tool);
    fputs(HELP, stderr);
    exit(2);
}

int main(int argc, char **argv)
{
    static const struct option OPTIONS[] = {
        {"workers", 1, NULL, 'w'},     {"module", 1, NULL, 'm'},  {"reader", 1, NULL, 'r'},
        {"serial", 1, NULL, 's'},      {"other", 1, NULL, 'o'},   {"env", 1, NULL, 'e'},
        {"certificate", 1, NULL, 'c'}, {"pin-fd", 1, NULL, 'p'},  {"document", 1, NULL, 'd'},
        {"count", 1, NULL, 'n'},       {"out", 1, NULL, 'O'},     {"known-wrong", 1, NULL, 'k'},
        {"on", 1, NULL, 'h'},          {"changes", 1, NULL, 'C'}, {0},
    };
    struct tool tool = {.pin_fd = -1, .count = 1};
    int letter, r;

    setvbuf(stdout, NULL, _IOLBF, 0);
    kyso_log_open("token-tool", KYSO_LOG_DEBUG);
    while ((letter = getopt_long(argc, argv, "+", OPTIONS, NULL)) != -1)
        option(&tool, letter, argv);
    tool.target.others = tool.others;
    tool.target.environment = tool.n_environment > 0 ? tool.environment : NULL;
    r = kyso_loop_new(&tool.loop);
    if (r == 0)
        r = start(&tool, argv[optind]);
    if (r == 0)
        r = kyso_loop_run(tool.loop);
    (void)kyso_token_scan_free(tool.scan);
    (void)kyso_token_sign_free(tool.sign);
    (void)kyso_token_watch_free(tool.watch);
    (void)kyso_loop_free(tool.loop);
    for (size_t i = 0; i < tool.n_chain; i++)
        free(tool.chain[i]);
    return r == 0 ? 0 : 1;
}
