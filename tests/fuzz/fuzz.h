/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_TESTS_FUZZ_FUZZ_H
#define KYSO_TESTS_FUZZ_FUZZ_H

/* The entry that libFuzzer and tests/fuzz/replay.c call; it aborts when a promise is broken. */

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
