/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_TESTS_FUZZ_FUZZ_H
#define KYSO_TESTS_FUZZ_FUZZ_H

/* A fuzz target in the shape that libFuzzer calls; it aborts when a promise is broken. Linked with
 * fuzz-replay.c it is an ordinary test, which plays the target's seeds and a fixed number of
 * mutants of them, always the same; linked with replay.c it plays files. */

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

/* The target's seed number INDEX (malloced); null after the last. For fuzz-replay.c. */
uint8_t *fuzz_seed(size_t index, size_t *ret_length);

#endif
