/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>

#include "client/i18n.h"
#include "client/messages.h"
#include "client/output.h"
#include "common/error.h"
#include "common/outcome.h"
#include "common/secret.h"

struct kyso_terminal {
    struct kyso_session *session;
    int pin_fd;
    const char *document;
    FILE *screen; /* /dev/tty while a question stands, else null */
    int tty;
    struct termios before;
    bool hidden; /* BEFORE is to be restored */
    struct kyso_secret *pin;
    bool too_long;
    bool asking;              /* the cursor stands behind the question */
    int64_t pin_min, pin_max; /* 0: not known */
    int trouble;
    const char *trouble_detail;
};

static void trouble(struct kyso_terminal *terminal, int outcome, const char *detail)
{
    terminal->trouble = outcome;
    terminal->trouble_detail = detail;
    kyso_pin_refuse(terminal->session->client);
}

static void show_echo(struct kyso_terminal *terminal)
{
    if (!terminal->hidden)
        return;
    terminal->hidden = false;
    /* What was typed and not read belongs to no shell. */
    (void)tcsetattr(terminal->tty, TCSAFLUSH, &terminal->before);
}

static bool hide_echo(struct kyso_terminal *terminal)
{
    struct termios quiet;

    if (tcgetattr(terminal->tty, &terminal->before) < 0)
        return false;
    quiet = terminal->before;
    quiet.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
    quiet.c_lflag |= ICANON | ISIG;
    terminal->hidden = true;
    return tcsetattr(terminal->tty, TCSAFLUSH, &quiet) == 0;
}

static void forget_pin(struct kyso_terminal *terminal)
{
    kyso_secret_wipe(terminal->pin);
    terminal->too_long = false;
}

static void close_screen(struct kyso_terminal *terminal)
{
    forget_pin(terminal);
    if (terminal->screen == NULL)
        return;
    kyso_client_remove_fd(terminal->session->client, terminal->tty);
    if (terminal->asking)
        (void)fputc('\n', terminal->screen);
    terminal->asking = false;
    show_echo(terminal);
    (void)fclose(terminal->screen);
    terminal->screen = NULL;
    terminal->tty = -1;
}

static void ask(struct kyso_terminal *terminal)
{
    (void)fputs(_("PIN: "), terminal->screen);
    (void)fflush(terminal->screen);
    terminal->asking = true;
}

/* Says why the PIN is not sent and asks again; the card has seen nothing. */
static void ask_again(struct kyso_terminal *terminal, const char *why)
{
    forget_pin(terminal);
    (void)fprintf(terminal->screen, "\n%s\n", why);
    ask(terminal);
}

static bool has_accents(struct kyso_secret *pin)
{
    for (size_t i = 0; i < kyso_secret_length(pin); i++) {
        if (kyso_secret_bytes(pin)[i] >= 0x80)
            return true;
    }
    return false;
}

/* Why the typed PIN cannot be right, or null. */
static const char *objection(struct kyso_terminal *terminal)
{
    int64_t length = (int64_t)kyso_secret_length(terminal->pin);

    if (terminal->too_long || (terminal->pin_max > 0 && length > terminal->pin_max))
        return _("Too long for this token; not sent.");
    if (length == 0)
        return _("Nothing entered. Press Ctrl-C to cancel.");
    if (length < terminal->pin_min)
        return _("Too short for this token; not sent.");
    if (has_accents(terminal->pin))
        return _(
            "There is an accented letter in it; not sent. Switch the Vietnamese keyboard off.");
    return NULL;
}

static void send_pin(struct kyso_terminal *terminal)
{
    struct kyso_client *client = terminal->session->client;
    int r =
        kyso_pin_send(client, kyso_secret_bytes(terminal->pin), kyso_secret_length(terminal->pin));

    forget_pin(terminal);
    if (r == KYSO_OUTCOME_PIN_INVALID)
        trouble(terminal, r, NULL);
    else if (r < 0)
        trouble(terminal, KYSO_OUTCOME_FAILED, NULL);
}

/* A line of the terminal, or a piece of one. */
static void on_typed(void *data, int fd)
{
    struct kyso_terminal *terminal = data;
    size_t have = kyso_secret_length(terminal->pin);
    uint8_t *bytes = kyso_secret_bytes(terminal->pin);
    ssize_t n = read(fd, bytes + have, KYSO_PIN_MAX + 1 - have);
    const char *why;

    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (n <= 0) { /* end of file: the person says no */
        kyso_pin_refuse(terminal->session->client);
        close_screen(terminal);
        return;
    }
    have += (size_t)n;
    if (bytes[have - 1] != '\n') { /* the rest of the line is still to come */
        if (have > KYSO_PIN_MAX) {
            forget_pin(terminal);
            terminal->too_long = true;
            have = 0;
        }
        kyso_secret_set_length(terminal->pin, have);
        return;
    }
    kyso_secret_set_length(terminal->pin, have - 1);
    why = objection(terminal);
    if (why != NULL) {
        ask_again(terminal, why);
        return;
    }
    send_pin(terminal);
    close_screen(terminal);
}

static void print_field(FILE *out, const char *label, const char *text)
{
    if (text[0] == '\0')
        return;
    (void)fprintf(out, "  %s ", label);
    kyso_print_clean(out, text);
    (void)fputc('\n', out);
}

/* What the PIN is asked for, so that nobody enters it for something else. */
static void describe(struct kyso_terminal *terminal, FILE *out, const struct kyso_map *details)
{
    bool seal = strcmp(kyso_map_string(details, "operation"), "seal") == 0;
    int64_t failures = kyso_map_number(details, "failures");
    int64_t tries =
        kyso_map_has(details, "card-tries") ? kyso_map_number(details, "card-tries") : -1;

    (void)fputc('\n', out);
    (void)fputs(seal ? _("Seal for the organisation: ") : _("Sign as an individual: "), out);
    kyso_print_clean(out, terminal->document);
    (void)fputc('\n', out);
    print_field(out, _("Holder:"), kyso_map_string(details, "common-name"));
    print_field(out, _("Token:"), kyso_map_string(details, "label"));
    print_field(out, _("Serial number:"), kyso_map_string(details, "serial"));
    print_field(out, _("Reader:"), kyso_map_string(details, "reader"));
    if (failures > 0)
        (void)fprintf(out,
                      ngettext("  %" PRId64 " wrong entry was recorded since the last right one.\n",
                               "  %" PRId64
                               " wrong entries were recorded since the last right one.\n",
                               (unsigned long)failures),
                      failures);
    if (tries >= 0)
        (void)fprintf(out,
                      ngettext("  The card says that %" PRId64 " try is left.\n",
                               "  The card says that %" PRId64 " tries are left.\n",
                               (unsigned long)tries),
                      tries);
    if (kyso_map_bool(details, "last-try"))
        (void)fprintf(out, "  %s\n",
                      _("ATTENTION: this may be the last try. Another wrong PIN locks the token."));
}

/* One byte at a time, so that what follows the line stays for the next document. */
static void on_pin_fd(void *data, int fd)
{
    struct kyso_terminal *terminal = data;
    size_t have = kyso_secret_length(terminal->pin);
    uint8_t *at = kyso_secret_bytes(terminal->pin) + have;
    ssize_t n = read(fd, at, 1);

    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (n > 0 && *at != '\n') {
        if (have < KYSO_PIN_MAX)
            kyso_secret_set_length(terminal->pin, have + 1);
        else
            terminal->too_long = true;
        return;
    }
    kyso_client_remove_fd(terminal->session->client, fd);
    if (n < 0)
        trouble(terminal, KYSO_OUTCOME_FAILED, "pin-fd-failed");
    else if (n == 0 && have == 0)
        trouble(terminal, KYSO_OUTCOME_NO_AGENT, "pin-fd-empty");
    else if (terminal->too_long)
        trouble(terminal, KYSO_OUTCOME_PIN_INVALID, NULL);
    else
        send_pin(terminal);
    forget_pin(terminal);
}

static bool open_screen(struct kyso_terminal *terminal)
{
    int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);

    if (fd < 0)
        return false;
    terminal->screen = fdopen(fd, "w");
    if (terminal->screen == NULL) {
        kyso_close(&fd);
        return false;
    }
    terminal->tty = fd;
    if (!hide_echo(terminal) ||
        kyso_client_add_fd(terminal->session->client, fd, on_typed, terminal) != 0) {
        close_screen(terminal);
        return false;
    }
    return true;
}

static void on_request(void *data, const struct kyso_map *details)
{
    struct kyso_terminal *terminal = data;

    forget_pin(terminal);
    terminal->pin_min = kyso_map_number(details, "pin-min");
    terminal->pin_max = kyso_map_number(details, "pin-max");
    if (terminal->pin_fd >= 0) {
        if (kyso_client_add_fd(terminal->session->client, terminal->pin_fd, on_pin_fd, terminal) !=
            0)
            trouble(terminal, KYSO_OUTCOME_FAILED, "pin-fd-failed");
        return;
    }
    close_screen(terminal);
    if (!open_screen(terminal)) {
        trouble(terminal, KYSO_OUTCOME_NO_AGENT, "no-terminal");
        return;
    }
    describe(terminal, terminal->screen, details);
    ask(terminal);
}

static void on_pinpad(void *data, const struct kyso_map *details)
{
    struct kyso_terminal *terminal = data;

    describe(terminal, stderr, details);
    (void)fprintf(stderr, "%s\n", _("Enter the PIN on the reader itself."));
}

static void on_cancel(void *data, const char *reason)
{
    struct kyso_terminal *terminal = data;

    if (terminal->pin_fd >= 0)
        kyso_client_remove_fd(terminal->session->client, terminal->pin_fd);
    if (terminal->screen != NULL) {
        terminal->asking = false;
        (void)fprintf(terminal->screen, "\n%s %s\n", _("The PIN is not asked for any more:"),
                      kyso_message(KYSO_WORDS_STATE, reason));
    }
    close_screen(terminal);
}

static void on_stop(void *data, bool stopping)
{
    struct kyso_terminal *terminal = data;

    if (terminal->screen == NULL)
        return;
    if (stopping) {
        show_echo(terminal);
    } else if (hide_echo(terminal)) {
        forget_pin(terminal);
        ask(terminal);
    }
}

static const struct kyso_agent AGENT = {on_request, on_pinpad, on_cancel};

int kyso_terminal_new(struct kyso_session *session, int pin_fd, struct kyso_terminal **ret_terminal)
{
    struct kyso_terminal *terminal = calloc(1, sizeof(*terminal));
    int r;

    if (terminal == NULL)
        return kyso_trace(-ENOMEM);
    terminal->session = session;
    terminal->pin_fd = pin_fd;
    terminal->tty = -1;
    terminal->document = "";
    r = kyso_secret_new(KYSO_PIN_MAX + 1, &terminal->pin);
    if (r == 0)
        r = kyso_agent_register(session->client, &AGENT, terminal);
    if (r != 0) {
        (void)kyso_secret_free(terminal->pin);
        free(terminal);
        return r;
    }
    session->stopped = on_stop;
    session->stopped_data = terminal;
    *ret_terminal = terminal;
    return 0;
}

struct kyso_terminal *kyso_terminal_free(struct kyso_terminal *terminal)
{
    if (terminal == NULL)
        return NULL;
    close_screen(terminal);
    terminal->session->stopped = NULL;
    (void)kyso_secret_free(terminal->pin);
    free(terminal);
    return NULL;
}

void kyso_terminal_set_document(struct kyso_terminal *terminal, const char *name)
{
    terminal->document = name;
    terminal->trouble = 0;
    terminal->trouble_detail = NULL;
    if (terminal->pin_fd >= 0)
        kyso_client_remove_fd(terminal->session->client, terminal->pin_fd);
    close_screen(terminal);
}

int kyso_terminal_trouble(const struct kyso_terminal *terminal, const char **ret_detail)
{
    if (terminal->trouble != 0)
        *ret_detail = terminal->trouble_detail;
    return terminal->trouble;
}
