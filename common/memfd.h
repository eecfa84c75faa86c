/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_COMMON_MEMFD_H
#define KYSO_COMMON_MEMFD_H

/* Documents travel as fully sealed memory files: nobody can write, grow or shrink them again, so
 * what was checked is what is signed. */

#include <stdint.h>

#include "common/macros.h"

/* An empty, writable, sealable memory file. */
int kyso_memfd_new(const char *name, int *ret_fd) KYSO_MUST_CHECK;
/* Seals against writing, growing, shrinking and further sealing. -EBUSY while mapped writable. */
int kyso_memfd_seal(int fd) KYSO_MUST_CHECK;
/* Seals against growing and shrinking only: for a file of our own that still gets its signature. */
int kyso_memfd_fix_size(int fd) KYSO_MUST_CHECK;
/* A sealed memory file of these bytes. */
int kyso_memfd_from_bytes(const char *name, const void *bytes, size_t length,
                          int *ret_fd) KYSO_MUST_CHECK;

/* Whether FD is a regular memory file, readable, with the write, grow and shrink seals, 1 to
 * MAXIMUM bytes long. Outcomes: KYSO_OUTCOME_DOCUMENT_UNSEALED, KYSO_OUTCOME_LIMIT (too large),
 * KYSO_OUTCOME_BAD_DOCUMENT (empty). */
int kyso_memfd_check(int fd, uint64_t maximum, uint64_t *ret_size) KYSO_MUST_CHECK;

/* The same for a worker, which gets its files from kysod: size seals are enough, so that a mapping
 * of it cannot lose its pages. */
int kyso_memfd_check_size(int fd, uint64_t maximum, uint64_t *ret_size) KYSO_MUST_CHECK;

/* Whole reads and writes; -EIO on an early end. */
int kyso_fd_read_at(int fd, void *bytes, size_t length, uint64_t offset) KYSO_MUST_CHECK;
int kyso_fd_write_at(int fd, const void *bytes, size_t length, uint64_t offset) KYSO_MUST_CHECK;
int kyso_fd_write(int fd, const void *bytes, size_t length) KYSO_MUST_CHECK;

#endif
