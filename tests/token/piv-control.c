/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/token/piv-card.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int fill_address(const char *path, struct sockaddr_un *ret_address)
{
    memset(ret_address, 0, sizeof *ret_address);
    ret_address->sun_family = AF_UNIX;
    if (strlen(path) >= sizeof ret_address->sun_path)
        return -ENAMETOOLONG;
    strcpy(ret_address->sun_path, path);
    return 0;
}

int kyso_piv_control_listen(struct kyso_piv_card *card)
{
    struct sockaddr_un address;
    int r = fill_address(card->control_path, &address);
    if (r < 0)
        return r;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    unlink(card->control_path);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0 ||
        listen(fd, KYSO_PIV_CONTROLS_MAX) < 0) {
        r = -errno;
        close(fd);
        return r;
    }
    card->control_fd = fd;
    return 0;
}

void kyso_piv_control_accept(struct kyso_piv_card *card)
{
    int fd = accept4(card->control_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0)
        return;
    for (size_t i = 0; i < KYSO_PIV_CONTROLS_MAX; i++) {
        if (card->controls[i].fd < 0) {
            card->controls[i].fd = fd;
            card->controls[i].n = 0;
            return;
        }
    }
    close(fd);
}

static int swap(struct kyso_piv_card *card, const char *dir)
{
    struct kyso_piv_store *store;
    bool inserted = card->inserted;
    int r = kyso_piv_store_load(dir, card->max_tries, NULL, &store);
    if (r < 0)
        return r;
    kyso_piv_link_remove(card);
    kyso_piv_store_free(card->applet.store);
    card->applet.store = store;
    if (inserted)
        kyso_piv_link_insert(card, false);
    return 0;
}

static const char *describe(const struct kyso_piv_card *card)
{
    if (!card->inserted)
        return "removed";
    if (card->fd < 0)
        return "waiting";
    return card->hung ? "hung" : "inserted";
}

/* The number a fault order sets, or null when the word is no such order. */
static uint64_t *fault_of(struct kyso_piv_card *card, const char *word)
{
    const struct {
        const char *word;
        uint64_t *value;
    } faults[] = {
        {"delay", &card->faults.delay_ms},  {"hang-at", &card->faults.hang_at},
        {"die-at", &card->faults.die_at},   {"pull-at", &card->faults.pull_at},
        {"lose-at", &card->faults.lose_at},
    };
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        if (strcmp(word, faults[i].word) == 0)
            return faults[i].value;
    return NULL;
}

/* Obeys one order; `ret_answer` gets what follows "ok ". Returns 0 or negative errno. */
static int obey(struct kyso_piv_card *card, const char *word, const char *rest, char *ret_answer,
                size_t n_answer)
{
    uint64_t *fault = fault_of(card, word);
    if (fault) {
        char *end;
        unsigned long long value = strtoull(rest, &end, 10);
        if (*rest < '0' || *rest > '9' || *end)
            return -EINVAL;
        *fault = value;
    } else if (strcmp(word, "insert") == 0) {
        kyso_piv_link_insert(card, true);
    } else if (strcmp(word, "remove") == 0) {
        kyso_piv_link_remove(card);
    } else if (strcmp(word, "swap") == 0) {
        return swap(card, rest);
    } else if (strcmp(word, "hang") == 0) {
        card->hung = true;
    } else if (strcmp(word, "resume") == 0) {
        card->hung = false;
        card->faults.hang_at = 0;
    } else if (strcmp(word, "count") == 0) {
        snprintf(ret_answer, n_answer, "%llu", (unsigned long long)card->n_apdus);
    } else if (strcmp(word, "verifies") == 0) {
        snprintf(ret_answer, n_answer, "%llu", (unsigned long long)card->n_verifies);
    } else if (strcmp(word, "tries") == 0) {
        snprintf(ret_answer, n_answer, "%u", card->applet.store->pin_tries);
    } else if (strcmp(word, "reset-count") == 0) {
        card->n_apdus = card->n_verifies = 0;
    } else if (strcmp(word, "state") == 0) {
        snprintf(ret_answer, n_answer, "%s", describe(card));
    } else if (strcmp(word, "quit") == 0) {
        card->quit = true;
    } else {
        return -ENOENT;
    }
    return 0;
}

static void take_line(struct kyso_piv_card *card, int fd, char *line)
{
    char *rest = strchr(line, ' ');
    char value[64] = "", answer[128];
    if (rest)
        *rest++ = '\0';
    int r = obey(card, line, rest ? rest : "", value, sizeof value);
    if (r < 0)
        snprintf(answer, sizeof answer, "error %s\n",
                 r == -ENOENT ? "unknown order or no such file" : strerror(-r));
    else
        snprintf(answer, sizeof answer, "ok%s%s\n", *value ? " " : "", value);
    /* A client that left before its answer is no concern of the card's. */
    (void)!send(fd, answer, strlen(answer), MSG_NOSIGNAL);
}

void kyso_piv_control_read(struct kyso_piv_card *card, struct kyso_piv_control *control)
{
    ssize_t n = recv(control->fd, control->line + control->n, sizeof control->line - control->n, 0);
    if (n <= 0) {
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        close(control->fd);
        control->fd = -1;
        return;
    }
    control->n += (size_t)n;
    char *end;
    while ((end = memchr(control->line, '\n', control->n))) {
        size_t used = (size_t)(end - control->line) + 1;
        *end = '\0';
        take_line(card, control->fd, control->line);
        memmove(control->line, control->line + used, control->n - used);
        control->n -= used;
    }
    if (control->n == sizeof control->line) {
        close(control->fd);
        control->fd = -1;
    }
}

int kyso_piv_control_ask(const char *path, char **words, int n_words)
{
    struct sockaddr_un address;
    char line[KYSO_PIV_CONTROL_LINE_MAX] = "";
    size_t n = 0;
    for (int i = 0; i < n_words; i++) {
        int added =
            snprintf(line + n, sizeof line - n, "%s%s", words[i], i + 1 < n_words ? " " : "\n");
        if (added < 0 || (size_t)added >= sizeof line - n)
            return 2;
        n += (size_t)added;
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || fill_address(path, &address) < 0 ||
        connect(fd, (struct sockaddr *)&address, sizeof address) < 0 ||
        send(fd, line, n, MSG_NOSIGNAL) != (ssize_t)n) {
        fprintf(stderr, "piv-card: %s: %s\n", path, strerror(errno));
        if (fd >= 0)
            close(fd);
        return 1;
    }
    char answer[128];
    size_t n_answer = 0;
    ssize_t got;
    while (n_answer < sizeof answer - 1 && !memchr(answer, '\n', n_answer) &&
           (got = recv(fd, answer + n_answer, sizeof answer - 1 - n_answer, 0)) > 0)
        n_answer += (size_t)got;
    close(fd);
    answer[n_answer] = '\0';
    if (strncmp(answer, "ok", 2) != 0) {
        fprintf(stderr, "piv-card: %s", n_answer ? answer : "no answer\n");
        return 1;
    }
    fputs(answer[2] == ' ' ? answer + 3 : answer + 2, stdout);
    return 0;
}
