/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* One run of the store for tests that make it fail from outside. It says on stdout what it was told
 * is on the disk, a line each and at once, so that whoever kills it knows what must be found again.
 *
 *   store-driver FOLDER attempts N     N times: charge, say "charged", settle as failure, say
 *                                      "settled"; says "refused" where the store failed
 *   store-driver FOLDER success        the same once, settled as success
 *   store-driver FOLDER count          says "count N"
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/macros.h"
#include "common/outcome.h"
#include "daemon/store.h"

#define TOKEN "driver"

static void say(const char *line)
{
    (void)dprintf(STDOUT_FILENO, "%s\n", line);
}

static void attempt(struct kyso_store *store, enum kyso_attempt result)
{
    struct kyso_settlement settlement = { .result = result, .flags = 1, .tries = 2 };
    int64_t id;

    if (kyso_store_charge(store, TOKEN, 1, &id) != 0) {
        say("refused");
        return;
    }
    say("charged");
    say(kyso_store_settle(store, id, &settlement) == 0 ? "settled" : "refused");
}

static int count(struct kyso_store *store)
{
    struct kyso_pin_record record;

    if (kyso_store_pin_record(store, TOKEN, &record) != 0)
        return 1;
    (void)dprintf(STDOUT_FILENO, "count %u\n", record.failures);
    return 0;
}

int main(int argc, char **argv)
{
    struct kyso_store *store;
    int r = 0;

    if (argc < 3)
        return 2;
    if (kyso_store_open(argv[1], &store) != 0) {
        say("not opened");
        return 3;
    }
    if (strcmp(argv[2], "attempts") == 0 && argc == 4) {
        for (int i = atoi(argv[3]); i > 0; i--)
            attempt(store, KYSO_ATTEMPT_FAILURE);
    } else if (strcmp(argv[2], "success") == 0) {
        attempt(store, KYSO_ATTEMPT_SUCCESS);
    } else if (strcmp(argv[2], "count") == 0) {
        r = count(store);
    } else {
        r = 2;
    }
    (void)kyso_store_free(store);
    return r;
}
