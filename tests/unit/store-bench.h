/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_TESTS_STORE_BENCH_H
#define KYSO_TESTS_STORE_BENCH_H

/* A store with its audit log in a folder of its own, which can be closed and opened again. */

#include <stdlib.h>
#include <unistd.h>

#include "daemon/audit.h"
#include "tests/unit/unit.h"

struct store_bench {
    char folder[40];
    struct kyso_store *store;
    struct kyso_audit *audit;
};

static inline void store_bench_start(struct store_bench *bench)
{
    assert_int_equal(kyso_store_open(bench->folder, &bench->store), 0);
    assert_int_equal(kyso_audit_new(bench->store, &bench->audit), 0);
}

static inline void store_bench_stop(struct store_bench *bench)
{
    bench->audit = kyso_audit_free(bench->audit);
    bench->store = kyso_store_free(bench->store);
}

static inline void store_bench_open(struct store_bench *bench)
{
    *bench = (struct store_bench){.folder = "/tmp/kyso-store-XXXXXX"};
    assert_non_null(mkdtemp(bench->folder));
    store_bench_start(bench);
}

static inline void store_bench_remove(struct store_bench *bench)
{
    static const char *const NAMES[] = {"state.db", "state.db-wal", "state.db-shm", "history",
                                        "reserve"};
    char path[64];

    store_bench_stop(bench);
    for (size_t i = 0; i < KYSO_ARRAY_LEN(NAMES); i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", bench->folder, NAMES[i]);
        (void)unlink(path);
    }
    assert_int_equal(rmdir(bench->folder), 0);
}

#endif
