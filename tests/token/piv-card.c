/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A PIV card for tests: answers pcscd's virtual reader (vpcd) with real keys and a real try
 * counter. */
#include "tests/token/piv-card.h"

#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

/* clang-format off */
static const char help[] =
    "piv-card --card DIR --port N [options]\n"
    "piv-card --ask SOCKET ORDER [ARGUMENT]\n"
    "\n"
    "A PIV card (SP 800-73-4) for pcscd's virtual reader vpcd, which listens on 127.0.0.1:N.\n"
    "\n"
    "The folder given to --card holds: pin, puk (first values, one line each), guid (32 hex\n"
    "digits; the last 16 are the token's serial), 9a.key 9a.crt, 9c.key 9c.crt, 9d.*, 9e.* (PEM\n"
    "keys: RSA-2048, P-256, P-384; certificates in PEM or DER; any may be absent) and state,\n"
    "which the card writes: PIN, PUK, tries left. Once state exists it wins over pin, puk, guid,\n"
    "--guid and --max-tries. Slots 9A and 9D want the PIN once, 9C a fresh VERIFY for every\n"
    "signature, 9E none.\n"
    "\n"
    "  --max-tries N        tries for PIN and PUK, 1 to 15 (3)\n"
    "  --guid HEX32         instead of the guid file\n"
    "  --atr piv|yubikey    ATR, and for yubikey also version and serial commands (piv)\n"
    "  --last-wrong-6983    the wrong PIN that blocks the card is answered 6983 (the default)\n"
    "  --last-wrong-63c0    ... is answered 63C0\n"
    "  --blocked-empty-63c0 a blocked card answers an empty VERIFY 63C0 instead of 6983\n"
    "  --blocked-63c0       a blocked card answers every VERIFY 63C0, for ever\n"
    "  --delay-ms N         wait before every answer\n"
    "  --hang-at N          no answer from the N-th APDU on, until resume, remove or a lost link\n"
    "  --die-at N           end (exit status 3) instead of taking the N-th APDU\n"
    "  --pull-at N          remove the card instead of taking the N-th APDU\n"
    "  --lose-at N          take the N-th APDU, then remove the card instead of answering\n"
    "  --removed            start with the card not inserted\n"
    "  --apdu-log FILE      append per APDU: count, INS P1 P2, SW, and \"VERIFY with data\"; no PIN\n"
    "  --control SOCKET     take orders, one per line, on this Unix stream socket\n"
    "  --die-with-parent    end when the parent ends\n"
    "\n"
    "Orders (answer: \"ok\", \"ok VALUE\" or \"error TEXT\"):\n"
    "  insert            not within 0.6 s of a removal, which pcscd could miss\n"
    "  remove\n"
    "  swap DIR          another card; at once when inserted, quicker than any hand\n"
    "  state             inserted, removed, waiting (for pcscd) or hung\n"
    "  delay MS, hang-at N, die-at N, pull-at N, lose-at N    as above; 0: never\n"
    "  hang, resume      stop and go on answering\n"
    "  count, verifies   APDUs, VERIFYs with data since reset-count; N-th counts from there too\n"
    "  reset-count\n"
    "  tries             PIN tries left\n"
    "  quit\n";
/* clang-format on */

uint64_t kyso_piv_now_usec(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

struct options {
    const char *dir;
    const char *guid;
    const char *log_path;
    bool removed;
};

enum {
    OPTION_CARD = 1,
    OPTION_PORT,
    OPTION_MAX_TRIES,
    OPTION_GUID,
    OPTION_ATR,
    OPTION_LAST_6983,
    OPTION_LAST_63C0,
    OPTION_EMPTY_63C0,
    OPTION_BLOCKED_63C0,
    OPTION_DELAY,
    OPTION_HANG_AT,
    OPTION_DIE_AT,
    OPTION_PULL_AT,
    OPTION_LOSE_AT,
    OPTION_REMOVED,
    OPTION_LOG,
    OPTION_CONTROL,
    OPTION_PARENT,
    OPTION_HELP,
};

static const struct option long_options[] = {
    {"card", required_argument, NULL, OPTION_CARD},
    {"port", required_argument, NULL, OPTION_PORT},
    {"max-tries", required_argument, NULL, OPTION_MAX_TRIES},
    {"guid", required_argument, NULL, OPTION_GUID},
    {"atr", required_argument, NULL, OPTION_ATR},
    {"last-wrong-6983", no_argument, NULL, OPTION_LAST_6983},
    {"last-wrong-63c0", no_argument, NULL, OPTION_LAST_63C0},
    {"blocked-empty-63c0", no_argument, NULL, OPTION_EMPTY_63C0},
    {"blocked-63c0", no_argument, NULL, OPTION_BLOCKED_63C0},
    {"delay-ms", required_argument, NULL, OPTION_DELAY},
    {"hang-at", required_argument, NULL, OPTION_HANG_AT},
    {"die-at", required_argument, NULL, OPTION_DIE_AT},
    {"pull-at", required_argument, NULL, OPTION_PULL_AT},
    {"lose-at", required_argument, NULL, OPTION_LOSE_AT},
    {"removed", no_argument, NULL, OPTION_REMOVED},
    {"apdu-log", required_argument, NULL, OPTION_LOG},
    {"control", required_argument, NULL, OPTION_CONTROL},
    {"die-with-parent", no_argument, NULL, OPTION_PARENT},
    {"help", no_argument, NULL, OPTION_HELP},
    {0},
};

static int parse_number(const char *text, uint64_t most, uint64_t *ret_value)
{
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (errno || *text < '0' || *text > '9' || *end || value > most)
        return -EINVAL;
    *ret_value = value;
    return 0;
}

static int take_flag(struct kyso_piv_card *card, struct options *options, int option)
{
    struct kyso_piv_quirks *quirks = &card->applet.quirks;
    switch (option) {
    case OPTION_LAST_6983:
        quirks->last_wrong = KYSO_PIV_LAST_WRONG_6983;
        return 0;
    case OPTION_LAST_63C0:
        quirks->last_wrong = KYSO_PIV_LAST_WRONG_63C0;
        return 0;
    case OPTION_EMPTY_63C0:
        quirks->blocked_empty_63c0 = true;
        return 0;
    case OPTION_BLOCKED_63C0:
        quirks->blocked_63c0 = true;
        return 0;
    case OPTION_REMOVED:
        options->removed = true;
        return 0;
    case OPTION_PARENT:
        return prctl(PR_SET_PDEATHSIG, SIGTERM) < 0 ? -errno : 0;
    default:
        return -EINVAL;
    }
}

static int take_value(struct kyso_piv_card *card, struct options *options, int option,
                      const char *value)
{
    uint64_t number = 0;
    int r = 0;
    switch (option) {
    case OPTION_CARD:
        options->dir = value;
        return 0;
    case OPTION_GUID:
        options->guid = value;
        return 0;
    case OPTION_LOG:
        options->log_path = value;
        return 0;
    case OPTION_CONTROL:
        card->control_path = strdup(value);
        return card->control_path ? 0 : -ENOMEM;
    case OPTION_ATR:
        card->applet.quirks.yubikey = strcmp(value, "yubikey") == 0;
        return card->applet.quirks.yubikey || strcmp(value, "piv") == 0 ? 0 : -EINVAL;
    case OPTION_PORT:
        r = parse_number(value, 65535, &number);
        card->port = (uint16_t)number;
        return r;
    case OPTION_MAX_TRIES:
        r = parse_number(value, 15, &number);
        card->max_tries = (unsigned)number;
        return r;
    case OPTION_DELAY:
        return parse_number(value, 3600000, &card->faults.delay_ms);
    case OPTION_HANG_AT:
        return parse_number(value, UINT64_MAX, &card->faults.hang_at);
    case OPTION_DIE_AT:
        return parse_number(value, UINT64_MAX, &card->faults.die_at);
    case OPTION_PULL_AT:
        return parse_number(value, UINT64_MAX, &card->faults.pull_at);
    case OPTION_LOSE_AT:
        return parse_number(value, UINT64_MAX, &card->faults.lose_at);
    default:
        return -EINVAL;
    }
}

static int take_options(struct kyso_piv_card *card, struct options *options, int argc, char **argv)
{
    int option;
    while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
        if (option == OPTION_HELP) {
            fputs(help, stdout);
            exit(0);
        }
        int r =
            optarg ? take_value(card, options, option, optarg) : take_flag(card, options, option);
        if (r < 0)
            return r;
    }
    if (!options->dir || card->port == 0 || card->max_tries == 0 || optind != argc)
        return -EINVAL;
    return 0;
}

static int set_up(struct kyso_piv_card *card, const struct options *options)
{
    int r = kyso_piv_store_load(options->dir, card->max_tries, options->guid, &card->applet.store);
    if (r < 0)
        return r;
    if (options->log_path) {
        card->log = fopen(options->log_path, "ae");
        if (!card->log)
            return -errno;
    }
    if (card->control_path)
        r = kyso_piv_control_listen(card);
    if (r == 0 && !options->removed)
        kyso_piv_link_insert(card, false);
    return r;
}

/* Milliseconds until the card has something to do by itself; -1: nothing. */
static int next_timeout(const struct kyso_piv_card *card)
{
    uint64_t due = 0;
    if (card->inserted && card->fd < 0)
        due = card->retry_usec;
    else if (card->answer_usec && !card->hung)
        due = card->answer_usec;
    else
        return -1;
    uint64_t now = kyso_piv_now_usec();
    return due <= now ? 0 : (int)((due - now + 999) / 1000);
}

static volatile sig_atomic_t stopped;

static void on_signal(int signal_number)
{
    (void)signal_number;
    stopped = 1;
}

static void run_once(struct kyso_piv_card *card, const sigset_t *open_mask)
{
    struct pollfd fds[2 + KYSO_PIV_CONTROLS_MAX] = {
        {.fd = card->fd, .events = POLLIN},
        {.fd = card->control_fd, .events = POLLIN},
    };
    for (size_t i = 0; i < KYSO_PIV_CONTROLS_MAX; i++)
        fds[2 + i] = (struct pollfd){.fd = card->controls[i].fd, .events = POLLIN};
    int timeout = next_timeout(card);
    struct timespec wait = {.tv_sec = timeout / 1000, .tv_nsec = timeout % 1000 * 1000000L};
    if (ppoll(fds, 2 + KYSO_PIV_CONTROLS_MAX, timeout < 0 ? NULL : &wait, open_mask) < 0)
        return;
    if (fds[0].revents && card->fd == fds[0].fd)
        kyso_piv_link_read(card);
    kyso_piv_link_serve(card);
    for (size_t i = 0; i < KYSO_PIV_CONTROLS_MAX; i++)
        if (fds[2 + i].revents)
            kyso_piv_control_read(card, &card->controls[i]);
    if (fds[1].revents)
        kyso_piv_control_accept(card);
    kyso_piv_link_serve(card);
    kyso_piv_link_connect(card);
}

static void run(struct kyso_piv_card *card)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigset_t stop_mask, open_mask;
    sigemptyset(&stop_mask);
    sigaddset(&stop_mask, SIGTERM);
    sigaddset(&stop_mask, SIGINT);
    sigprocmask(SIG_BLOCK, &stop_mask, &open_mask);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    kyso_piv_link_connect(card);
    while (!card->quit && !stopped)
        run_once(card, &open_mask);
}

static void tear_down(struct kyso_piv_card *card)
{
    kyso_piv_link_remove(card);
    for (size_t i = 0; i < KYSO_PIV_CONTROLS_MAX; i++)
        if (card->controls[i].fd >= 0)
            close(card->controls[i].fd);
    if (card->control_fd >= 0) {
        close(card->control_fd);
        unlink(card->control_path);
    }
    if (card->log)
        fclose(card->log);
    kyso_piv_store_free(card->applet.store);
    free(card->control_path);
}

int main(int argc, char **argv)
{
    static struct kyso_piv_card card = {.fd = -1, .control_fd = -1, .max_tries = 3};
    struct options options = {0};
    if (argc > 3 && strcmp(argv[1], "--ask") == 0)
        return kyso_piv_control_ask(argv[2], argv + 3, argc - 3);
    for (size_t i = 0; i < KYSO_PIV_CONTROLS_MAX; i++)
        card.controls[i].fd = -1;
    if (take_options(&card, &options, argc, argv) < 0) {
        fputs("piv-card: wrong arguments; see piv-card --help\n", stderr);
        return 2;
    }
    int r = set_up(&card, &options);
    if (r < 0)
        fprintf(stderr, "piv-card: %s\n", strerror(-r));
    else
        run(&card);
    tear_down(&card);
    return r < 0 ? 1 : card.died ? 3 : 0;
}
