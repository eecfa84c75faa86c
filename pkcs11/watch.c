/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reports readers and cards as PC/SC's daemon reports them. Sleeps in SCardGetStatusChange() or,
 * while that daemon is away, until a file appears where its socket belongs: nothing here wakes up
 * by itself. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/inotify.h>
#include <time.h>

#include <winscard.h>

#include "common/error.h"
#include "common/log.h"
#include "common/text.h"
#include "pkcs11/protocol.h"
#include "pkcs11/token-jail.h"
#include "pkcs11/worker.h"

#define PNP "\\\\?PnP?\\Notification" /* PC/SC's name for "another reader came" */
#define COUNT_SHIFT 16
#define SOCKET_FOLDER "/run/pcscd"
#define SOCKET_PARENT "/run"
/* A socket's file is there a moment before its daemon listens. */
#define TRIES_AFTER_EVENT 10
#define TRY_MSEC_FIRST 5
#define NAMES_MAX 16384

struct watch {
    int socket;
    SCARDCONTEXT context;
    char names[NAMES_MAX];                                /* of STATES; NUL-separated */
    SCARD_READERSTATE states[KYSO_TOKEN_READERS_MAX + 1]; /* the last is the notification's */
    size_t n;
};

/* kysod's socket closing is the sign to end; the main thread may sleep in PC/SC for ever. */
static void *wait_for_end(void *data)
{
    struct pollfd wait = {.fd = *(int *)data, .events = 0};

    while (poll(&wait, 1, -1) < 0 && errno == EINTR)
        continue;
    _exit(0);
}

static int start_waiting(int *socket)
{
    pthread_t thread;
    int r = pthread_create(&thread, NULL, wait_for_end, socket);

    return r == 0 ? 0 : kyso_trace(-r);
}

static enum kyso_reader_state judge(DWORD state)
{
    if ((state & SCARD_STATE_PRESENT) == 0)
        return KYSO_READER_EMPTY;
    return (state & SCARD_STATE_MUTE) != 0 ? KYSO_READER_MUTE : KYSO_READER_PRESENT;
}

static int report(struct watch *watch, bool available)
{
    KYSO_FRAME struct kyso_frame frame = {0};
    struct kyso_reader readers[KYSO_TOKEN_READERS_MAX] = {0};
    size_t n = 0;
    int r = 0;

    for (size_t i = 0; available && r == 0 && i < watch->n; i++, n++) {
        const SCARD_READERSTATE *state = &watch->states[i];

        readers[n].name = kyso_text_sanitize(state->szReader, strlen(state->szReader));
        readers[n].state = judge(state->dwEventState);
        readers[n].events = (uint32_t)(state->dwEventState >> COUNT_SHIFT);
        r = readers[n].name == NULL ? kyso_trace(-ENOMEM) : 0;
    }
    kyso_frame_init(&frame, KYSO_TOKEN_READERS);
    if (r == 0)
        r = kyso_token_put_readers(&frame, available, readers, n);
    if (r == 0)
        r = kyso_wire_send(watch->socket, &frame);
    kyso_token_readers_done(readers, KYSO_TOKEN_READERS_MAX);
    return r;
}

/* Lists the readers anew; all states become unknown. */
static LONG list_readers(struct watch *watch)
{
    DWORD length = sizeof(watch->names);
    LONG rv = SCardListReaders(watch->context, NULL, watch->names, &length);

    watch->n = 0;
    if (rv == SCARD_E_NO_READERS_AVAILABLE)
        length = 0;
    else if (rv != SCARD_S_SUCCESS)
        return rv;
    for (const char *name = watch->names;
         length > 0 && *name != '\0' && watch->n < KYSO_TOKEN_READERS_MAX; name += strlen(name) + 1)
        watch->states[watch->n++] = (SCARD_READERSTATE){.szReader = name};
    return SCARD_S_SUCCESS;
}

/* Waits for a change. With all states unknown it returns at once with what there is. */
static LONG wait_change(struct watch *watch)
{
    SCARD_READERSTATE *pnp = &watch->states[watch->n];
    LONG rv;

    *pnp = (SCARD_READERSTATE){.szReader = PNP};
    /* As pcsc-lite has it, the upper half is the number of readers the caller knows of. */
    pnp->dwCurrentState = (DWORD)watch->n << COUNT_SHIFT;
    rv = SCardGetStatusChange(watch->context, INFINITE, watch->states, (DWORD)watch->n + 1);
    for (size_t i = 0; rv == SCARD_S_SUCCESS && i < watch->n; i++)
        watch->states[i].dwCurrentState =
            watch->states[i].dwEventState & ~(DWORD)SCARD_STATE_CHANGED;
    return rv;
}

/* Whether the readers have to be listed anew: one came, or one is no longer known. */
static bool readers_changed(const struct watch *watch)
{
    for (size_t i = 0; i < watch->n; i++) {
        if ((watch->states[i].dwEventState & (SCARD_STATE_UNKNOWN | SCARD_STATE_IGNORE)) != 0)
            return true;
    }
    return (watch->states[watch->n].dwEventState & SCARD_STATE_CHANGED) != 0;
}

/* Reports while PC/SC's daemon answers. Negative when kysod does not listen. */
static int follow(struct watch *watch)
{
    LONG rv = list_readers(watch);

    while (rv == SCARD_S_SUCCESS) {
        int r;

        rv = watch->n > 0 ? wait_change(watch) : SCARD_S_SUCCESS;
        if (rv != SCARD_S_SUCCESS)
            break;
        r = report(watch, true);
        if (r < 0)
            return r;
        if (watch->n == 0)
            rv = wait_change(watch);
        if (rv == SCARD_S_SUCCESS && readers_changed(watch))
            rv = list_readers(watch);
    }
    return 0;
}

static bool connect_now(struct watch *watch)
{
    return SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &watch->context) ==
           SCARD_S_SUCCESS;
}

static void connect_after_event(struct watch *watch, bool *connected)
{
    struct timespec pause = {.tv_nsec = TRY_MSEC_FIRST * 1000000L};

    for (int i = 0; i < TRIES_AFTER_EVENT && !*connected; i++) {
        *connected = connect_now(watch);
        if (!*connected)
            (void)nanosleep(&pause, NULL);
        if (pause.tv_nsec < 500000000L)
            pause.tv_nsec *= 2;
    }
}

/* Whether one of the events says something about the socket or its folder. */
static bool concerns(const char *buffer, size_t length, int folder)
{
    const char *end = buffer + length;

    while (buffer < end) {
        struct inotify_event event;

        memcpy(&event, buffer, sizeof(event));
        if (event.wd == folder || (event.mask & IN_Q_OVERFLOW) != 0)
            return true;
        if (event.len > 0 && strcmp(buffer + sizeof(event), strrchr(SOCKET_FOLDER, '/') + 1) == 0)
            return true;
        buffer += sizeof(event) + event.len;
    }
    return false;
}

static int wait_event(int events, int folder)
{
    char buffer[4096];
    ssize_t n;

    do {
        n = read(events, buffer, sizeof(buffer));
        if (n < 0 && errno != EINTR)
            return kyso_trace_errno();
    } while (n <= 0 || !concerns(buffer, (size_t)n, folder));
    return 0;
}

/* Waits until PC/SC's daemon can be reached. The watches are set before each try, so that a socket
 * made in between is not missed. */
static int connect_sometime(struct watch *watch)
{
    const uint32_t mask = IN_CREATE | IN_MOVED_TO | IN_ATTRIB | IN_ONLYDIR;
    KYSO_CLOSE int events = inotify_init1(IN_CLOEXEC);
    bool connected = false;
    int r = 0;

    if (events < 0 || inotify_add_watch(events, SOCKET_PARENT, mask) < 0)
        return kyso_trace_errno();
    while (r == 0 && !connected) {
        int folder = inotify_add_watch(events, SOCKET_FOLDER, mask);

        if (folder < 0 && errno != ENOENT)
            return kyso_trace_errno();
        connect_after_event(watch, &connected);
        if (!connected)
            r = wait_event(events, folder);
    }
    return r;
}

int kyso_token_run_watch(int socket)
{
    static struct watch watch; /* large, and used by nobody else */
    int r;

    watch.socket = socket;
    r = kyso_token_jail_enter(NULL);
    if (r == 0)
        r = start_waiting(&watch.socket);
    if (r == 0 && !connect_now(&watch)) {
        r = report(&watch, false);
        if (r == 0)
            r = connect_sometime(&watch);
    }
    while (r == 0) {
        r = follow(&watch);
        (void)SCardReleaseContext(watch.context);
        /* Told even when the daemon is back at once: its counts begin anew. */
        if (r == 0)
            r = report(&watch, false);
        if (r == 0)
            r = connect_sometime(&watch);
    }
    return r == -EPIPE ? 0 : 1;
}
