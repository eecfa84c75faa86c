/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A year of an office, put into a store through the daemon's own code: what its people signed,
 * sealed, were refused, mistyped and had recovered, spread evenly over the year 2026 in the order
 * in which it would have happened. Says what it made, for tests and measurements to compare with:
 *
 *   office-driver FOLDER SUBSCRIBERS SIGNATURES LOCKOUTS
 *
 * prints "signed N", "sealed N", "documents N", "refused N", "lockouts N", "failures N", "records
 * N" and "head SEQ:HEX", a line each. Every second signature is a seal on the document of the one
 * before; every twentieth document is refused to the seal first. */

#include <inttypes.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/text.h"
#include "daemon/audit.h"

#define YEAR_BEGIN 1767200400ULL /* 2026-01-01 00:00 +07:00 */
#define YEAR_SECONDS (365ULL * 86400)
#define BATCH 512 /* records in a transaction: the disk is waited for once */
#define TRIES 3   /* wrong PINs that lock a token */

static uint64_t now;

/* The daemon's clock, by the linker: this year is over at once. */
uint64_t __wrap_kyso_clock_wall_usec(void); /* NOLINT(bugprone-reserved-identifier) */
uint64_t __wrap_kyso_clock_wall_usec(void)
{
    return now * KYSO_USEC_PER_SEC;
}

struct office {
    struct kyso_store *store;
    struct kyso_audit *audit;
    uint64_t subscribers, signatures, lockouts;
    uint64_t n_signed, n_sealed, n_refused, n_locked, n_failed, n_records;
};

/* 32 bytes that stand for a certificate or a document. */
static void name_of(const char *kind, uint64_t number, uint8_t sha256[32])
{
    char text[64];
    int n = snprintf(text, sizeof(text), "%s %" PRIu64, kind, number);

    (void)SHA256((const uint8_t *)text, (size_t)n, sha256);
}

static void put_name(struct kyso_audit_entry *entry, const char *key, const char *kind,
                     uint64_t number)
{
    uint8_t sha256[32];

    name_of(kind, number, sha256);
    kyso_audit_hex(entry, key, sha256, sizeof(sha256));
}

static int append(struct office *office, struct kyso_audit_entry *entry)
{
    int r = kyso_audit_append(office->audit, entry);

    if (r == 0 && ++office->n_records % BATCH == 0) {
        r = kyso_store_end(office->store, 0);
        if (r == 0)
            r = kyso_store_begin(office->store);
    }
    return r;
}

/* As daemon/signing-record.c writes it. */
static struct kyso_audit_entry *signature(const struct office *office, const char *event,
                                          uint64_t document, bool seal)
{
    struct kyso_audit_entry *entry = kyso_audit_entry(event, NULL);
    uint64_t person = document % office->subscribers;
    char serial[32];

    (void)snprintf(serial, sizeof(serial), "5000%012" PRIu64, seal ? 0 : person + 1);
    kyso_audit_number(entry, "uid", seal ? 1000 : (int64_t)(1001 + person));
    kyso_audit_text(entry, "user", seal ? "vanthu" : "canbo");
    put_name(entry, "certificate", seal ? "seal" : "person", seal ? 0 : person);
    kyso_audit_text(entry, "class", seal ? "seal" : "person");
    kyso_audit_text(entry, "serial", serial);
    put_name(entry, "input", seal ? "signed" : "letter", document);
    put_name(entry, "document", "letter", document);
    kyso_audit_text(entry, "kind", "original");
    kyso_audit_text(entry, "profile", "lang-son-2020");
    kyso_audit_text(entry, "clause", "LS20-6b.t4");
    return entry;
}

static int refuse(struct office *office, uint64_t document)
{
    struct kyso_audit_entry *entry = signature(office, "refused", document, true);

    kyso_audit_text(entry, "act", "seal");
    kyso_audit_text(entry, "reason", "no-signature");
    kyso_audit_text(entry, "remedy", "sign-first");
    office->n_refused++;
    return append(office, entry);
}

static int sign(struct office *office, uint64_t number)
{
    uint64_t document = number / 2;
    bool seal = number % 2 == 1;
    struct kyso_audit_entry *entry;
    int r = !seal && document % 20 == 0 ? refuse(office, document) : 0;

    if (r != 0)
        return r;
    entry = signature(office, seal ? "sealed" : "signed", document, seal);
    put_name(entry, "output", seal ? "sealed" : "signed", document);
    if (seal)
        office->n_sealed++;
    else
        office->n_signed++;
    return append(office, entry);
}

static int pin_event(struct office *office, const char *event, const char *token, int64_t failures)
{
    struct kyso_audit_entry *entry = kyso_audit_entry(event, NULL);

    kyso_audit_text(entry, "token", token);
    kyso_audit_number(entry, "failures", failures);
    return append(office, entry);
}

static int lock(struct office *office, uint64_t number)
{
    char token[80];
    int r = 0;

    (void)snprintf(token, sizeof(token), "Maker|Model|5000%012" PRIu64,
                   number % office->subscribers + 1);
    for (int64_t failure = 1; r == 0 && failure <= TRIES; failure++, office->n_failed++)
        r = pin_event(office, "pin-failed", token, failure);
    if (r == 0)
        r = pin_event(office, "pin-locked", token, TRIES);
    if (r == 0)
        r = pin_event(office, "pin-unlocked", token, 0);
    office->n_locked++;
    return r;
}

/* Signatures and lockouts side by side, in the order of their times. */
static int live(struct office *office)
{
    uint64_t locked = 0;
    int r = kyso_store_begin(office->store);

    for (uint64_t i = 0; r == 0 && i < office->signatures; i++) {
        now = YEAR_BEGIN + i * YEAR_SECONDS / office->signatures;
        r = sign(office, i);
        for (; r == 0 && locked * office->signatures < (i + 1) * office->lockouts; locked++)
            r = lock(office, locked);
    }
    return kyso_store_end(office->store, r);
}

static void tell(struct office *office)
{
    char head[KYSO_AUDIT_HEAD_MAX] = "";

    (void)printf("signed %" PRIu64 "\nsealed %" PRIu64 "\ndocuments %" PRIu64 "\nrefused %" PRIu64
                 "\nlockouts %" PRIu64 "\nfailures %" PRIu64 "\nrecords %" PRIu64 "\n",
                 office->n_signed, office->n_sealed, (office->signatures + 1) / 2,
                 office->n_refused, office->n_locked, office->n_failed, office->n_records);
    if (kyso_audit_head(office->audit, head) == 0)
        (void)printf("head %s\n", head);
}

int main(int argc, char **argv)
{
    struct office office = {0};
    int r;

    if (argc != 5 || !kyso_text_to_u64(argv[2], 1000000, &office.subscribers) ||
        !kyso_text_to_u64(argv[3], 100000000, &office.signatures) ||
        !kyso_text_to_u64(argv[4], 1000000, &office.lockouts) || office.subscribers == 0)
        return 2;
    now = YEAR_BEGIN;
    r = kyso_store_open(argv[1], &office.store);
    if (r == 0)
        r = kyso_audit_new(office.store, &office.audit);
    if (r == 0)
        r = live(&office);
    if (r == 0)
        tell(&office);
    (void)kyso_audit_free(office.audit);
    (void)kyso_store_free(office.store);
    return r == 0 ? 0 : 1;
}
