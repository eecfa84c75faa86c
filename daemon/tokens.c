/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/tokens.h"

#include <errno.h>
#include <string.h>

#include "common/clock.h"
#include "common/error.h"
#include "common/log.h"
#include "common/outcome.h"

#define READY_AT_LATEST_USEC (5 * KYSO_USEC_PER_SEC)
#define RESCAN_USEC (KYSO_USEC_PER_SEC / 2)
#define RESCANS 3
#define TOKENS_PER_SCAN 16

/* One reader, or one module whose tokens have no reader. */
struct slot {
    struct slot *next;
    struct kyso_tokens *tokens;
    char *reader; /* null: tokens of a module without readers */
    const struct kyso_module *module;
    uint32_t events;
    bool present, seen, first, scan_after_job;
    unsigned int scans_left;
    struct kyso_token_scan *scan;
    struct kyso_cms_call *describe;
    struct kyso_source *again;
    struct kyso_token_snapshot found[TOKENS_PER_SCAN];
    size_t n_found, described;
    struct kyso_token_entry *entries[TOKENS_PER_SCAN];
    size_t n_entries;
};

struct kyso_tokens {
    struct kyso_loop *loop;
    struct kyso_inventory *inventory;
    struct kyso_token_watch *watch;
    struct kyso_cms_call *restoring;
    struct kyso_store_certificate *saved;
    size_t n_saved;
    struct slot *slots;
    bool available, heard;
    void (*ready)(void *data);
    void *data;
    struct kyso_source *late;
};

static void maybe_ready(struct kyso_tokens *tokens)
{
    void (*ready)(void *) = tokens->ready;

    if (ready == NULL || !tokens->heard || tokens->restoring != NULL)
        return;
    for (struct slot *s = tokens->slots; s != NULL; s = s->next) {
        if (s->first)
            return;
    }
    tokens->ready = NULL;
    tokens->late = kyso_source_free(tokens->late);
    ready(tokens->data);
}

static void too_late(void *data)
{
    struct kyso_tokens *tokens = data;
    void (*ready)(void *) = tokens->ready;

    tokens->late = kyso_source_free(tokens->late);
    tokens->ready = NULL;
    if (ready != NULL)
        ready(tokens->data);
}

/* ---- one slot ---- */

static void forget_found(struct slot *slot)
{
    for (size_t i = 0; i < slot->n_found; i++)
        kyso_token_snapshot_done(&slot->found[i]);
    slot->n_found = 0;
}

static void stop_scan(struct slot *slot)
{
    slot->scan = kyso_token_scan_free(slot->scan);
    slot->describe = kyso_cms_call_free(slot->describe);
    slot->again = kyso_source_free(slot->again);
    forget_found(slot);
}

static void entries_left(struct slot *slot)
{
    for (size_t i = 0; i < slot->n_entries; i++)
        kyso_inventory_left(slot->entries[i]);
    slot->n_entries = 0;
}

static void scan_done(struct slot *slot)
{
    forget_found(slot);
    slot->first = false;
    maybe_ready(slot->tokens);
}

static void start_scan(struct slot *slot);

static void scan_again(void *data)
{
    struct slot *slot = data;

    slot->again = kyso_source_free(slot->again);
    start_scan(slot);
}

/* A card that was just plugged in may not answer yet. */
static void scan_failed(struct slot *slot, int result)
{
    kyso_log(KYSO_LOG_WARNING, "reader \"%s\": scan: %s", slot->reader ? slot->reader : "-",
             result < 0 ? strerror(-result) : kyso_outcome_row(result)->log_name);
    if (slot->scans_left > 0 && slot->present) {
        slot->scans_left--;
        if (kyso_loop_add_timer(slot->tokens->loop, RESCAN_USEC, scan_again, slot, &slot->again) ==
            0)
            return;
    }
    scan_done(slot);
}

static void describe_next(struct slot *slot);

static void described(void *data, int result, struct kyso_certificate_result *results, size_t n)
{
    struct slot *slot = data;
    struct kyso_token_snapshot *snapshot = &slot->found[slot->described];
    struct kyso_token_entry *entry;

    if (result == 0 && n == snapshot->n_certificates) {
        result =
            kyso_inventory_saw(slot->tokens->inventory, slot->module,
                               slot->reader != NULL ? slot->reader : "", snapshot, results, &entry);
        if (result == 0)
            slot->entries[slot->n_entries++] = entry;
        else
            kyso_log(KYSO_LOG_ERROR, "token %s could not be recorded", snapshot->serial);
    } else {
        kyso_log(KYSO_LOG_WARNING, "token %s: certificates cannot be read: %s", snapshot->serial,
                 kyso_outcome_row(result)->log_name);
    }
    slot->describe = kyso_cms_call_free(slot->describe);
    slot->described++;
    describe_next(slot);
}

static void describe_next(struct slot *slot)
{
    const struct kyso_token_snapshot *snapshot = &slot->found[slot->described];
    KYSO_FREE struct kyso_der *certificates = NULL;
    size_t n = 0;
    int r;

    if (slot->described == slot->n_found || slot->n_entries == TOKENS_PER_SCAN) {
        scan_done(slot);
        return;
    }
    if (snapshot->n_certificates == 0) {
        described(slot, 0, NULL, 0); /* an empty token is a token, too */
        return;
    }
    certificates = calloc(snapshot->n_certificates, sizeof(*certificates));
    if (certificates == NULL) {
        scan_failed(slot, -ENOMEM);
        return;
    }
    for (; n < snapshot->n_certificates; n++)
        certificates[n] =
            (struct kyso_der){snapshot->certificates[n].der, snapshot->certificates[n].der_length};
    r = kyso_cms_describe(
        slot->tokens->loop, certificates, n, &slot->tokens->inventory->config->trust,
        kyso_clock_wall_usec() / KYSO_USEC_PER_SEC, described, slot, &slot->describe);
    if (r != 0)
        scan_failed(slot, r);
}

static void scanned(void *data, int result, struct kyso_token_snapshot *found, size_t n)
{
    struct slot *slot = data;

    for (size_t i = 0; i < n; i++) {
        if (result == 0 && slot->n_found < TOKENS_PER_SCAN)
            slot->found[slot->n_found++] = found[i];
        else
            kyso_token_snapshot_done(&found[i]);
        found[i] = (struct kyso_token_snapshot){0}; /* taken over */
    }
    slot->scan = kyso_token_scan_free(slot->scan);
    if (result != 0) {
        scan_failed(slot, result);
        return;
    }
    slot->described = 0;
    describe_next(slot);
}

/* The other readers' names for the module to ignore; borrowed from the slots. */
static const char **other_readers(const struct kyso_tokens *tokens, const char *reader)
{
    const char **names;
    size_t n = 0;

    for (const struct slot *s = tokens->slots; s != NULL; s = s->next)
        n++;
    names = calloc(n + 1, sizeof(*names));
    if (names == NULL)
        return NULL;
    n = 0;
    for (const struct slot *s = tokens->slots; s != NULL; s = s->next) {
        if (s->reader != NULL && (reader == NULL || strcmp(s->reader, reader) != 0))
            names[n++] = s->reader;
    }
    return names;
}

static bool has_job(const struct slot *slot)
{
    for (size_t i = 0; i < slot->n_entries; i++) {
        if (slot->entries[i]->jobs > 0)
            return true;
    }
    return false;
}

static void tell_jobs(struct slot *slot)
{
    slot->scan_after_job = true;
    for (size_t i = 0; i < slot->n_entries; i++) {
        if (slot->entries[i]->jobs > 0)
            slot->entries[i]->removed(slot->entries[i]->removed_data);
    }
}

static void start_scan(struct slot *slot)
{
    const char *environment[2] = {slot->module->environment, NULL};
    const char **others = other_readers(slot->tokens, slot->reader);
    struct kyso_token_target target = {.module = slot->module->path,
                                       .reader = slot->reader,
                                       .others = others,
                                       .environment = environment};
    int r = others != NULL ? 0 : -ENOMEM;

    stop_scan(slot);
    if (r == 0)
        r = kyso_token_scan(slot->tokens->loop, &target, scanned, slot, &slot->scan);
    free(others);
    if (r != 0)
        scan_failed(slot, r);
}

/* ---- readers come and go ---- */

static struct slot *find_slot(struct kyso_tokens *tokens, const char *reader)
{
    for (struct slot *s = tokens->slots; s != NULL; s = s->next) {
        if (s->reader != NULL && strcmp(s->reader, reader) == 0)
            return s;
    }
    return NULL;
}

static struct slot *add_slot(struct kyso_tokens *tokens, const char *reader,
                             const struct kyso_module *module)
{
    struct slot *slot = calloc(1, sizeof(*slot));

    if (slot == NULL)
        return NULL;
    if (reader != NULL && (slot->reader = strdup(reader)) == NULL) {
        free(slot);
        return NULL;
    }
    slot->tokens = tokens;
    slot->module = module;
    slot->next = tokens->slots;
    tokens->slots = slot;
    return slot;
}

static void remove_slot(struct slot *slot)
{
    for (struct slot **at = &slot->tokens->slots; *at != NULL; at = &(*at)->next) {
        if (*at == slot) {
            *at = slot->next;
            break;
        }
    }
    entries_left(slot);
    stop_scan(slot);
    free(slot->reader);
    free(slot);
}

static void reader_changed(struct slot *slot, const struct kyso_reader *reader)
{
    bool present = reader->state == KYSO_READER_PRESENT;

    if (slot->present == present && (!present || slot->events == reader->events))
        return;
    slot->events = reader->events;
    slot->present = present;
    slot->scans_left = RESCANS;
    if (has_job(slot)) {
        tell_jobs(slot); /* afterwards the reader is looked at anew */
        return;
    }
    stop_scan(slot);
    entries_left(slot);
    if (present && slot->module != NULL)
        start_scan(slot);
}

static void take_reader(struct kyso_tokens *tokens, const struct kyso_reader *reader)
{
    struct slot *slot = find_slot(tokens, reader->name);

    if (slot == NULL) {
        slot = add_slot(tokens, reader->name,
                        kyso_settings_module_of(tokens->inventory->config, reader->name));
        if (slot == NULL)
            return;
        slot->first =
            tokens->ready != NULL && reader->state == KYSO_READER_PRESENT && slot->module != NULL;
        if (slot->module == NULL)
            kyso_log(KYSO_LOG_WARNING, "reader \"%s\": no module is configured for it",
                     reader->name);
    }
    slot->seen = true;
}

static void readers_changed(void *data, bool available, const struct kyso_reader *readers, size_t n)
{
    struct kyso_tokens *tokens = data;

    if (tokens->available != available)
        kyso_log(KYSO_LOG_NOTICE, available ? "PC/SC is there" : "PC/SC cannot be reached");
    tokens->available = available;
    tokens->heard = true;
    for (struct slot *s = tokens->slots; s != NULL; s = s->next)
        s->seen = s->reader == NULL;
    /* All names first: a scan has to know every other reader. */
    for (size_t i = 0; i < n; i++)
        take_reader(tokens, &readers[i]);
    for (size_t i = 0; i < n; i++) {
        struct slot *slot = find_slot(tokens, readers[i].name);

        if (slot != NULL)
            reader_changed(slot, &readers[i]);
    }
    for (struct slot *s = tokens->slots, *next; s != NULL; s = next) {
        next = s->next;
        if (s->seen)
            continue;
        s->present = false;
        if (has_job(s))
            tell_jobs(s);
        else
            remove_slot(s);
    }
    maybe_ready(tokens);
}

/* ---- what the store knew ---- */

static int collect_saved(void *data, const struct kyso_store_certificate *row)
{
    struct kyso_tokens *tokens = data;
    struct kyso_store_certificate *grown = reallocarray(tokens->saved, tokens->n_saved + 1,
                                                        sizeof(*grown)),
                                  *saved;

    if (grown == NULL)
        return -ENOMEM;
    tokens->saved = grown;
    saved = &grown[tokens->n_saved];
    *saved = *row;
    saved->token = strdup(row->token);
    saved->der = malloc(row->der_length + 1);
    if (saved->token == NULL || saved->der == NULL)
        return -ENOMEM;
    memcpy((void *)(uintptr_t)saved->der, row->der, row->der_length);
    tokens->n_saved++;
    return 0;
}

static void forget_saved(struct kyso_tokens *tokens)
{
    for (size_t i = 0; i < tokens->n_saved; i++) {
        free((void *)(uintptr_t)tokens->saved[i].token);
        free((void *)(uintptr_t)tokens->saved[i].der);
    }
    free(tokens->saved);
    tokens->saved = NULL;
    tokens->n_saved = 0;
}

static void restored(void *data, int result, struct kyso_certificate_result *results, size_t n)
{
    struct kyso_tokens *tokens = data;

    for (size_t i = 0; result == 0 && i < n && i < tokens->n_saved; i++)
        kyso_inventory_restore(tokens->inventory, &tokens->saved[i], &results[i]);
    if (result != 0)
        kyso_log(KYSO_LOG_WARNING, "known certificates cannot be read: %s",
                 kyso_outcome_row(result)->log_name);
    tokens->restoring = kyso_cms_call_free(tokens->restoring);
    forget_saved(tokens);
    maybe_ready(tokens);
}

static int restore(struct kyso_tokens *tokens)
{
    struct kyso_der *certificates;
    int r = kyso_store_each_certificate(tokens->inventory->store, collect_saved, tokens);

    if (r != 0 || tokens->n_saved == 0)
        return r;
    certificates = calloc(tokens->n_saved, sizeof(*certificates));
    if (certificates == NULL)
        return kyso_trace(-ENOMEM);
    for (size_t i = 0; i < tokens->n_saved; i++)
        certificates[i] = (struct kyso_der){tokens->saved[i].der, tokens->saved[i].der_length};
    r = kyso_cms_describe(
        tokens->loop, certificates, tokens->n_saved, &tokens->inventory->config->trust,
        kyso_clock_wall_usec() / KYSO_USEC_PER_SEC, restored, tokens, &tokens->restoring);
    free(certificates);
    return r;
}

/* ---- the whole ---- */

static int start(struct kyso_tokens *tokens)
{
    const struct kyso_settings *config = tokens->inventory->config;
    int r = restore(tokens);

    for (size_t i = 0; r == 0 && i < config->n_modules; i++) {
        const struct kyso_module *module = &config->modules[i];
        struct slot *slot;

        if (module->readers != NULL && *module->readers != '\0')
            continue;
        slot = add_slot(tokens, NULL, module);
        if (slot == NULL)
            return kyso_trace(-ENOMEM);
        slot->first = true;
        start_scan(slot);
    }
    if (r == 0)
        r = kyso_token_watch_new(tokens->loop, readers_changed, tokens, &tokens->watch);
    if (r == 0)
        r = kyso_loop_add_timer(tokens->loop, READY_AT_LATEST_USEC, too_late, tokens,
                                &tokens->late);
    return r;
}

int kyso_tokens_new(struct kyso_loop *loop, struct kyso_inventory *inventory,
                    void (*ready)(void *data), void *data, struct kyso_tokens **ret_tokens)
{
    struct kyso_tokens *tokens = calloc(1, sizeof(*tokens));
    int r;

    if (tokens == NULL)
        return kyso_trace(-ENOMEM);
    tokens->loop = loop;
    tokens->inventory = inventory;
    tokens->ready = ready;
    tokens->data = data;
    r = start(tokens);
    if (r != 0) {
        (void)kyso_tokens_free(tokens);
        return r;
    }
    *ret_tokens = tokens;
    return 0;
}

struct kyso_tokens *kyso_tokens_free(struct kyso_tokens *tokens)
{
    if (tokens == NULL)
        return NULL;
    (void)kyso_token_watch_free(tokens->watch);
    (void)kyso_cms_call_free(tokens->restoring);
    (void)kyso_source_free(tokens->late);
    forget_saved(tokens);
    while (tokens->slots != NULL)
        remove_slot(tokens->slots);
    free(tokens);
    return NULL;
}

bool kyso_tokens_available(const struct kyso_tokens *tokens)
{
    return tokens->available;
}

static struct slot *slot_of(struct kyso_tokens *tokens, const struct kyso_token_entry *token)
{
    for (struct slot *s = tokens->slots; s != NULL; s = s->next) {
        for (size_t i = 0; i < s->n_entries; i++) {
            if (s->entries[i] == token)
                return s;
        }
    }
    return NULL;
}

int kyso_tokens_claim(struct kyso_tokens *tokens, struct kyso_token_entry *token,
                      void (*removed)(void *data), void *data, struct kyso_token_target *ret_target)
{
    struct slot *slot = slot_of(tokens, token);
    const char **environment;

    if (slot == NULL || !token->present)
        return KYSO_OUTCOME_TOKEN_MISSING;
    if (token->jobs > 0)
        return KYSO_OUTCOME_TOKEN_BUSY;
    environment = calloc(2, sizeof(*environment));
    if (environment == NULL)
        return kyso_trace(-ENOMEM);
    environment[0] = slot->module->environment;
    *ret_target = (struct kyso_token_target){.module = slot->module->path,
                                             .reader = slot->reader,
                                             .others = other_readers(tokens, slot->reader),
                                             .serial = token->serial,
                                             .environment = environment};
    if (ret_target->others == NULL) {
        free(environment);
        return kyso_trace(-ENOMEM);
    }
    token->removed = removed;
    token->removed_data = data;
    kyso_inventory_set_busy(token, true);
    return 0;
}

void kyso_tokens_release(struct kyso_tokens *tokens, struct kyso_token_entry *token,
                         struct kyso_token_target *target)
{
    struct slot *slot = slot_of(tokens, token);

    free((void *)(uintptr_t)target->others);
    free((void *)(uintptr_t)target->environment);
    *target = (struct kyso_token_target){0};
    kyso_inventory_set_busy(token, false);
    if (slot == NULL || !slot->scan_after_job)
        return;
    slot->scan_after_job = false;
    entries_left(slot);
    stop_scan(slot);
    if (slot->present)
        start_scan(slot);
}
