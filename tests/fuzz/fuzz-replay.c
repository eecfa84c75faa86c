/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Plays a fuzz target without a fuzzer: files named as arguments, or else the target's seeds and
 * mutants of them. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/fuzz/fuzz.h"

#define MUTANTS 2000 /* of each seed, unless KYSO_FUZZ_MUTANTS says more */
#define CHANGES_MAX 8

static uint64_t state = 0x6b79736f; /* xorshift64: the same mutants on every run */

static uint64_t next(uint64_t below)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state % below;
}

static void change(uint8_t *bytes, size_t *length)
{
    static const uint8_t EDGES[] = {0x00, 0x01, 0x7f, 0x80, 0x81, 0x82, 0x84, 0xff, 0x30, 0x31};
    size_t at = (size_t)next(*length);

    switch (next(5)) {
    case 0:
        bytes[at] ^= (uint8_t)(1u << next(8));
        break;
    case 1:
        bytes[at] = EDGES[next(sizeof(EDGES))];
        break;
    case 2:
        bytes[at] = (uint8_t)next(256);
        break;
    case 3: /* a piece moves over another */
        memmove(bytes + at, bytes + next(*length), (size_t)next(1 + *length - at) / 4);
        break;
    default:
        if (next(4) == 0)
            *length = at + 1;
        break;
    }
}

static size_t play_mutants(const uint8_t *seed, size_t seed_length, size_t wanted)
{
    size_t played = 0;

    for (; played < wanted; played++) {
        size_t length = seed_length;
        uint64_t changes = 1 + next(CHANGES_MAX);
        uint8_t *exact, *bytes = malloc(2 * seed_length); /* room for pieces that reach over */

        if (bytes == NULL)
            return played;
        memcpy(bytes, seed, seed_length);
        memset(bytes + seed_length, 0, seed_length);
        for (uint64_t i = 0; i < changes; i++)
            change(bytes, &length);
        exact = malloc(length); /* so that the sanitizers see a read past the end */
        if (exact != NULL) {
            memcpy(exact, bytes, length);
            (void)LLVMFuzzerTestOneInput(exact, length);
        }
        free(exact);
        free(bytes);
    }
    return played;
}

static int play_file(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat status;
    uint8_t *bytes = NULL;
    int result = EXIT_FAILURE;

    if (fd >= 0 && fstat(fd, &status) == 0)
        bytes = malloc((size_t)status.st_size + 1);
    if (bytes != NULL && read(fd, bytes, (size_t)status.st_size) == status.st_size) {
        (void)LLVMFuzzerTestOneInput(bytes, (size_t)status.st_size);
        result = EXIT_SUCCESS;
    }
    free(bytes);
    if (fd >= 0)
        (void)close(fd);
    return result;
}

int main(int argc, char **argv)
{
    const char *more = getenv("KYSO_FUZZ_MUTANTS");
    size_t wanted = more != NULL ? (size_t)strtoul(more, NULL, 10) : MUTANTS;
    size_t seeds = 0, mutants = 0, length;
    uint8_t *seed;

    for (int i = 1; i < argc; i++) {
        if (play_file(argv[i]) != EXIT_SUCCESS)
            return EXIT_FAILURE;
    }
    if (argc > 1)
        return EXIT_SUCCESS;
    while ((seed = fuzz_seed(seeds, &length)) != NULL) {
        (void)LLVMFuzzerTestOneInput(seed, length);
        mutants += play_mutants(seed, length, wanted);
        free(seed);
        seeds++;
    }
    (void)printf("%zu seeds, %zu of %zu mutants\n", seeds, mutants, seeds * wanted);
    return seeds > 0 && wanted > 0 && mutants == seeds * wanted ? EXIT_SUCCESS : EXIT_FAILURE;
}
