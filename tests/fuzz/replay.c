/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Runs a fuzz target over files, and over damaged copies of them that are the same each time:
 *   replay DAMAGED-PER-FILE FILE... */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/macros.h"
#include "tests/fuzz/fuzz.h"

#define FILE_MAX ((off_t)4 * 1024 * 1024)

static uint64_t state;

/* xorshift64*: enough to spread damage, and the same on every machine. */
static size_t pick(size_t below)
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return below > 0 ? (size_t)((state * 0x2545f4914f6cdd1dULL) >> 16) % below : 0;
}

static uint8_t *load(const char *path, size_t *ret_size)
{
    KYSO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat status;
    uint8_t *bytes;

    if (fd < 0 || fstat(fd, &status) < 0 || status.st_size > FILE_MAX)
        return NULL;
    *ret_size = (size_t)status.st_size;
    bytes = malloc(*ret_size + 1);
    if (bytes == NULL || read(fd, bytes, *ret_size) != (ssize_t)*ret_size) {
        free(bytes);
        return NULL;
    }
    return bytes;
}

static size_t damage(uint8_t *bytes, size_t size)
{
    static const char TELLING[] = "0123456789<>[]()/ RobjendstreamxfntrailerKidsPV%\n";
    size_t times = 1 + pick(4);

    for (size_t i = 0; i < times && size > 8; i++) {
        size_t at = pick(size), n = 1 + pick(16);

        switch (pick(5)) {
        case 0:
            bytes[at] = (uint8_t)pick(256);
            break;
        case 1:
            bytes[at] = (uint8_t)TELLING[pick(sizeof(TELLING) - 1)];
            break;
        case 2: /* a piece repeated elsewhere */
            if (at + n < size)
                memmove(bytes + pick(size - n), bytes + at, n);
            break;
        case 3: /* a piece cut out */
            if (at + n < size) {
                memmove(bytes + at, bytes + at + n, size - at - n);
                size -= n;
            }
            break;
        default: /* a digit turned */
            for (; at < size && (bytes[at] < '0' || bytes[at] > '9'); at++)
                ;
            if (at < size)
                bytes[at] = (uint8_t)('0' + pick(10));
            break;
        }
    }
    return size;
}

int main(int argc, char **argv)
{
    size_t files = 0, runs = 0;
    size_t each = argc > 2 ? (size_t)strtoul(argv[1], NULL, 10) : 0;

    for (int i = 2; i < argc; i++) {
        size_t size = 0;
        KYSO_FREE uint8_t *bytes = load(argv[i], &size);

        if (bytes == NULL) {
            perror(argv[i]);
            return EXIT_FAILURE;
        }
        (void)LLVMFuzzerTestOneInput(bytes, size);
        for (size_t j = 0; j < each; j++) {
            KYSO_FREE uint8_t *copy = malloc(size + 1);

            if (copy == NULL)
                return EXIT_FAILURE;
            memcpy(copy, bytes, size);
            state = 0x9e3779b97f4a7c15UL * (j + 1) + (size_t)i;
            (void)LLVMFuzzerTestOneInput(copy, damage(copy, size));
            runs++;
        }
        files++;
    }
    printf("%zu of %d files and %zu damaged copies read\n", files, argc - 2, runs);
    return files > 0 && files == (size_t)(argc - 2) ? EXIT_SUCCESS : EXIT_FAILURE;
}
