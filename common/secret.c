/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/secret.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>

#include "common/clock.h"
#include "common/error.h"
#include "common/outcome.h"

#define SECRET_MAX 4096

enum read_state { READ_END, READ_MORE, READ_LATE };

struct kyso_secret {
    uint8_t *bytes; /* its own pages */
    size_t mapped;
    size_t capacity;
    size_t length;
};

int kyso_secret_new(size_t capacity, struct kyso_secret **ret_secret)
{
    struct kyso_secret *secret;
    size_t page = (size_t)sysconf(_SC_PAGESIZE);

    if (capacity == 0 || capacity > SECRET_MAX)
        return kyso_trace(-EINVAL);
    secret = calloc(1, sizeof(*secret));
    if (secret == NULL)
        return kyso_trace(-ENOMEM);
    secret->capacity = capacity;
    secret->mapped = (capacity + page - 1) / page * page;
    secret->bytes =
        mmap(NULL, secret->mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (secret->bytes == MAP_FAILED) {
        free(secret);
        return kyso_trace(-ENOMEM);
    }
    if (mlock(secret->bytes, secret->mapped) < 0 ||
        madvise(secret->bytes, secret->mapped, MADV_DONTDUMP) < 0 ||
        madvise(secret->bytes, secret->mapped, MADV_WIPEONFORK) < 0) {
        int r = -errno;

        (void)munmap(secret->bytes, secret->mapped);
        free(secret);
        return kyso_trace(r);
    }
    *ret_secret = secret;
    return 0;
}

struct kyso_secret *kyso_secret_free(struct kyso_secret *secret)
{
    if (secret == NULL)
        return NULL;
    kyso_secret_wipe(secret);
    (void)munmap(secret->bytes, secret->mapped);
    free(secret);
    return NULL;
}

uint8_t *kyso_secret_bytes(struct kyso_secret *secret)
{
    return secret->bytes;
}

size_t kyso_secret_length(const struct kyso_secret *secret)
{
    return secret->length;
}

void kyso_secret_set_length(struct kyso_secret *secret, size_t length)
{
    secret->length = length <= secret->capacity ? length : secret->capacity;
}

void kyso_secret_wipe(struct kyso_secret *secret)
{
    explicit_bzero(secret->bytes, secret->mapped);
    secret->length = 0;
}

/* One read into what is left: an enum read_state, or a negative errno. */
static int read_some(int fd, uint64_t deadline, struct kyso_secret *pin)
{
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    uint64_t now = kyso_clock_boottime_usec();
    ssize_t n;
    int ready;

    if (now >= deadline)
        return READ_LATE;
    ready = poll(&wait, 1, (int)((deadline - now) / 1000 + 1));
    if (ready == 0)
        return READ_LATE;
    if (ready < 0)
        return errno == EINTR ? READ_MORE : kyso_trace_errno();
    n = read(fd, pin->bytes + pin->length, pin->capacity - pin->length);
    if (n < 0)
        return errno == EINTR || errno == EAGAIN ? READ_MORE : kyso_trace_errno();
    if (n == 0)
        return READ_END;
    pin->length += (size_t)n;
    return pin->length < pin->capacity ? READ_MORE : READ_END;
}

int kyso_secret_read_pin(int fd, int timeout_msec, struct kyso_secret **ret_pin)
{
    KYSO_SECRET struct kyso_secret *pin = NULL;
    uint64_t deadline = kyso_clock_boottime_usec() + (uint64_t)timeout_msec * 1000;
    uint8_t *newline = NULL;
    int r;

    r = kyso_secret_new(KYSO_PIN_MAX + 2, &pin); /* the PIN, a newline, one byte too many */
    if (r < 0)
        return r;
    do {
        r = read_some(fd, deadline, pin);
        newline = memchr(pin->bytes, '\n', pin->length);
    } while (r == READ_MORE && newline == NULL);
    if (r < 0)
        return r;
    if (r == READ_LATE)
        return KYSO_OUTCOME_PROMPT_TIMEOUT;
    if (pin->length == 0)
        return KYSO_OUTCOME_CANCELLED;
    if (newline != NULL)
        kyso_secret_set_length(pin, (size_t)(newline - pin->bytes));
    if (pin->length == 0 || pin->length > KYSO_PIN_MAX ||
        memchr(pin->bytes, '\0', pin->length) != NULL)
        return KYSO_OUTCOME_PIN_INVALID;
    *ret_pin = KYSO_STEAL(pin);
    return 0;
}
