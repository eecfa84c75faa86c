/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/inventory.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/buf.h"
#include "common/clock.h"
#include "common/error.h"
#include "common/log.h"
#include "common/names.h"
#include "common/outcome.h"
#include "common/text.h"

static const struct kyso_interface *const TOKEN_INTERFACES[] = {&KYSO_TOKEN_INTERFACE, NULL};
static const struct kyso_interface *const CERTIFICATE_INTERFACES[] = {&KYSO_CERTIFICATE_INTERFACE,
                                                                      NULL};

static void token_free(struct kyso_token_entry *token)
{
    (void)kyso_object_remove(token->object);
    free(token->key);
    free(token->serial);
    free(token->manufacturer);
    free(token->model);
    free(token->label);
    free(token->module);
    free(token->reader);
    free(token);
}

static void certificate_free(struct kyso_certificate_entry *certificate)
{
    (void)kyso_object_remove(certificate->object);
    kyso_certificate_result_done(&certificate->described);
    while (certificate->holdings != NULL) {
        struct kyso_holding *holding = certificate->holdings;

        certificate->holdings = holding->next;
        free(holding);
    }
    free(certificate);
}

struct kyso_inventory *kyso_inventory_free(struct kyso_inventory *inventory)
{
    if (inventory == NULL)
        return NULL;
    kyso_roster_on_change(inventory->roster, NULL, NULL);
    while (inventory->certificates != NULL) {
        struct kyso_certificate_entry *certificate = inventory->certificates;

        inventory->certificates = certificate->next;
        certificate_free(certificate);
    }
    while (inventory->tokens != NULL) {
        struct kyso_token_entry *token = inventory->tokens;

        inventory->tokens = token->next;
        token_free(token);
    }
    free(inventory);
    return NULL;
}

static int replace(char **to, const char *text)
{
    char *copy = strdup(text);

    if (copy == NULL)
        return kyso_trace(-ENOMEM);
    free(*to);
    *to = copy;
    return 0;
}

/* A path element from what may be any text: letters and digits of the serial, then a hash that
 * keeps two keys apart (FNV-1a). */
static void token_path(const struct kyso_token_entry *token, char *path, size_t size)
{
    char serial[33];
    uint64_t hash = 14695981039346656037u;
    size_t n = 0;

    for (const char *c = token->serial; *c != '\0' && n < sizeof(serial) - 1; c++) {
        if ((*c >= '0' && *c <= '9') || (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z'))
            serial[n++] = *c;
    }
    serial[n] = '\0';
    for (const char *c = token->key; *c != '\0'; c++)
        hash = (hash ^ (uint8_t)*c) * 1099511628211u;
    (void)snprintf(path, size, KYSO_ROOT_PATH "/tokens/%s_%08x", serial, (unsigned int)hash);
}

static int add_token(struct kyso_inventory *inventory, const struct kyso_store_token *saved,
                     struct kyso_token_entry **ret_token)
{
    struct kyso_token_entry *token = calloc(1, sizeof(*token));
    char path[256];
    int r;

    if (token == NULL)
        return kyso_trace(-ENOMEM);
    token->inventory = inventory;
    token->key = strdup(saved->key);
    token->serial = strdup(saved->serial);
    token->manufacturer = strdup(saved->manufacturer);
    token->model = strdup(saved->model);
    token->label = strdup(saved->label);
    token->module = strdup(saved->module);
    token->reader = strdup("");
    token->last_seen = saved->last_seen;
    token->view = (struct kyso_pin_view){KYSO_PIN_FLAGS_UNKNOWN, KYSO_PIN_TRIES_UNKNOWN, 0, false};
    r = token->key && token->serial && token->manufacturer && token->model && token->label &&
                token->module && token->reader
            ? kyso_counter_look(inventory->counter, token->key, &token->view, &token->verdict)
            : -ENOMEM;
    if (r == 0) {
        token_path(token, path, sizeof(path));
        r = kyso_object_add(inventory->objects, path, TOKEN_INTERFACES, token, NULL,
                            &token->object);
    }
    if (r != 0) {
        token_free(token);
        return r;
    }
    token->next = inventory->tokens;
    inventory->tokens = token;
    *ret_token = token;
    return 0;
}

static int restore_token(void *data, const struct kyso_store_token *saved)
{
    struct kyso_token_entry *token;

    return add_token(data, saved, &token);
}

void kyso_inventory_on_change(struct kyso_inventory *inventory, void (*fn)(void *data), void *data)
{
    inventory->changed = fn;
    inventory->changed_data = data;
}

static void tell_of_change(struct kyso_inventory *inventory)
{
    if (inventory->changed != NULL)
        inventory->changed(inventory->changed_data);
}

/* An administrator's change is on the bus at once. */
static void roster_changed(void *data, const uint8_t sha256[KYSO_FINGERPRINT_SIZE])
{
    static const char *const NAMES[] = {
        "Class", "Authority", "Organisation", "Title", "Effective", "Problem", NULL};
    struct kyso_certificate_entry *certificate = kyso_inventory_find(data, sha256);

    if (certificate == NULL)
        return;
    kyso_object_changed(certificate->object, &KYSO_CERTIFICATE_INTERFACE, NAMES);
    tell_of_change(certificate->inventory);
}

int kyso_inventory_new(struct kyso_objects *objects, struct kyso_store *store,
                       struct kyso_counter *counter, const struct kyso_settings *config,
                       struct kyso_roster *roster, struct kyso_inventory **ret_inventory)
{
    struct kyso_inventory *inventory = calloc(1, sizeof(*inventory));
    int r;

    if (inventory == NULL)
        return kyso_trace(-ENOMEM);
    inventory->objects = objects;
    inventory->store = store;
    inventory->counter = counter;
    inventory->config = config;
    inventory->roster = roster;
    kyso_roster_on_change(roster, roster_changed, inventory);
    r = kyso_store_each_token(store, restore_token, inventory);
    if (r != 0) {
        (void)kyso_inventory_free(inventory);
        return r;
    }
    *ret_inventory = inventory;
    return 0;
}

struct kyso_certificate_entry *kyso_inventory_find(struct kyso_inventory *inventory,
                                                   const uint8_t sha256[32])
{
    for (struct kyso_certificate_entry *c = inventory->certificates; c != NULL; c = c->next) {
        if (memcmp(c->sha256, sha256, 32) == 0)
            return c;
    }
    return NULL;
}

/* ---- which token holds which certificate ---- */

struct kyso_holding *kyso_inventory_holding(const struct kyso_certificate_entry *certificate,
                                            const struct kyso_token_entry *token)
{
    struct kyso_holding *holding = certificate->holdings;

    while (holding != NULL && holding->token != token)
        holding = holding->next;
    return holding;
}

/* What a token shows twice in one look has the key if either has it. */
static int hold(struct kyso_certificate_entry *certificate, struct kyso_token_entry *token,
                uint64_t last_seen, bool present, enum kyso_token_key key)
{
    struct kyso_holding *holding = kyso_inventory_holding(certificate, token);

    if (holding == NULL) {
        holding = calloc(1, sizeof(*holding));
        if (holding == NULL)
            return kyso_trace(-ENOMEM);
        holding->token = token;
        holding->next = certificate->holdings;
        certificate->holdings = holding;
    }
    /* Where keys are hidden, a look says less than what a login has shown. */
    if ((key != KYSO_TOKEN_KEY_HIDDEN || holding->key != KYSO_TOKEN_KEY_SHOWN) &&
        (!holding->present || key > holding->key))
        holding->key = key;
    holding->last_seen = last_seen;
    holding->present = present;
    return 0;
}

static enum kyso_token_key key_of(const struct kyso_holding *holding)
{
    return holding->refuted ? KYSO_TOKEN_KEY_NONE : holding->key;
}

/* A copy of a certificate on another token, here or not, takes nothing from the token that can
 * sign; of those that may, one that is here is of more use. */
static bool is_better(const struct kyso_holding *a, const struct kyso_holding *b)
{
    enum kyso_token_key one = key_of(a), other = key_of(b);

    if ((one == KYSO_TOKEN_KEY_NONE) != (other == KYSO_TOKEN_KEY_NONE))
        return other == KYSO_TOKEN_KEY_NONE;
    if (a->present != b->present)
        return a->present;
    return one != other ? one > other : a->last_seen > b->last_seen;
}

/* A job that runs keeps the token that it claimed, whichever is chosen meanwhile. */
static void choose_token(struct kyso_certificate_entry *certificate)
{
    struct kyso_holding *best = certificate->holdings;
    bool had_key = certificate->has_key;

    for (struct kyso_holding *h = certificate->holdings; h != NULL; h = h->next) {
        if (is_better(h, best))
            best = h;
    }
    if (best == NULL)
        return;
    certificate->token = best->token;
    certificate->present = best->present;
    certificate->has_key = key_of(best) != KYSO_TOKEN_KEY_NONE;
    if (certificate->has_key != had_key)
        tell_of_change(certificate->inventory);
}

static void choose_tokens(struct kyso_token_entry *token)
{
    for (struct kyso_certificate_entry *c = token->inventory->certificates; c != NULL;
         c = c->next) {
        if (kyso_inventory_holding(c, token) != NULL)
            choose_token(c);
    }
}

/* Before a new look at the token, or when it has gone. */
static void hold_nothing(struct kyso_token_entry *token)
{
    for (struct kyso_certificate_entry *c = token->inventory->certificates; c != NULL;
         c = c->next) {
        struct kyso_holding *holding = kyso_inventory_holding(c, token);

        if (holding != NULL)
            holding->present = false;
    }
}

/* What lies on a token may be another thing when it comes again. */
static void refute_nothing(struct kyso_token_entry *token)
{
    for (struct kyso_certificate_entry *c = token->inventory->certificates; c != NULL;
         c = c->next) {
        struct kyso_holding *holding = kyso_inventory_holding(c, token);

        if (holding != NULL)
            holding->refuted = false;
    }
}

/* The same certificate, or one for the same key: it was renewed. */
static bool same_holder(const struct kyso_certificate_info *a,
                        const struct kyso_certificate_info *b)
{
    return memcmp(a->sha256, b->sha256, sizeof(a->sha256)) == 0 ||
           memcmp(a->spki_sha256, b->spki_sha256, sizeof(a->spki_sha256)) == 0;
}

static bool holds_any(struct kyso_inventory *inventory, const struct kyso_token_entry *token,
                      const struct kyso_certificate_result *results, size_t n)
{
    bool holds_none_known = true;

    for (struct kyso_certificate_entry *c = inventory->certificates; c != NULL; c = c->next) {
        if (kyso_inventory_holding(c, token) == NULL)
            continue;
        holds_none_known = false;
        for (size_t i = 0; i < n; i++) {
            if (results[i].readable && same_holder(&results[i].info, &c->described.info))
                return true;
        }
    }
    return holds_none_known;
}

/* A count belongs to manufacturer, model and serial; where two tokens answer with the same three
 * (cheap ones do), a certificate or its key tells them apart. */
static int find_or_add(struct kyso_inventory *inventory, const struct kyso_module *module,
                       const struct kyso_token_snapshot *snapshot,
                       const struct kyso_certificate_result *results,
                       struct kyso_token_entry **ret_token)
{
    struct kyso_buf key = {0};
    struct kyso_store_token saved;
    bool taken = false;
    int r;

    for (struct kyso_token_entry *t = inventory->tokens; t != NULL; t = t->next) {
        if (strcmp(t->serial, snapshot->serial) != 0 ||
            strcmp(t->manufacturer, snapshot->manufacturer) != 0 ||
            strcmp(t->model, snapshot->model) != 0)
            continue;
        if (holds_any(inventory, t, results, snapshot->n_certificates)) {
            *ret_token = t;
            return 0;
        }
        taken = true;
    }
    kyso_buf_printf(&key, "%s|%s|%s", snapshot->manufacturer, snapshot->model, snapshot->serial);
    for (size_t i = 0; taken && i < snapshot->n_certificates; i++) {
        if (results[i].readable) {
            KYSO_FREE char *hex = kyso_text_hex(results[i].info.sha256, 8);

            kyso_buf_printf(&key, "|%s", hex != NULL ? hex : "");
            break;
        }
    }
    saved = (struct kyso_store_token){(const char *)key.bytes,
                                      snapshot->serial,
                                      snapshot->manufacturer,
                                      snapshot->model,
                                      snapshot->label,
                                      module->name,
                                      0};
    r = key.error != 0 ? key.error : add_token(inventory, &saved, ret_token);
    kyso_buf_done(&key);
    return r;
}

static int add_certificate(struct kyso_inventory *inventory, struct kyso_token_entry *token,
                           struct kyso_certificate_result *result,
                           struct kyso_certificate_entry **ret_certificate)
{
    struct kyso_certificate_entry *certificate = calloc(1, sizeof(*certificate));
    KYSO_FREE char *hex = kyso_text_hex(result->info.sha256, 32);
    char path[192];
    int r;

    if (certificate == NULL || hex == NULL) {
        free(certificate);
        return kyso_trace(-ENOMEM);
    }
    certificate->inventory = inventory;
    memcpy(certificate->sha256, result->info.sha256, 32);
    certificate->described = *result;
    *result = (struct kyso_certificate_result){0};
    r = hold(certificate, token, 0, false, KYSO_TOKEN_KEY_NONE);
    if (r == 0) {
        choose_token(certificate);
        (void)snprintf(path, sizeof(path), KYSO_ROOT_PATH "/certificates/%s", hex);
        r = kyso_object_add(inventory->objects, path, CERTIFICATE_INTERFACES, certificate, NULL,
                            &certificate->object);
    }
    if (r != 0) {
        certificate_free(certificate);
        return r;
    }
    certificate->next = inventory->certificates;
    inventory->certificates = certificate;
    *ret_certificate = certificate;
    tell_of_change(inventory);
    return 0;
}

static int take_certificates(struct kyso_token_entry *token,
                             const struct kyso_token_snapshot *snapshot,
                             struct kyso_certificate_result *results, uint64_t now)
{
    struct kyso_inventory *inventory = token->inventory;

    hold_nothing(token);
    for (size_t i = 0; i < snapshot->n_certificates; i++) {
        struct kyso_certificate_entry *certificate;
        uint8_t sha256[32];
        int r;

        if (!results[i].readable)
            continue;
        memcpy(sha256, results[i].info.sha256, sizeof(sha256));
        certificate = kyso_inventory_find(inventory, sha256);
        if (certificate == NULL) {
            r = add_certificate(inventory, token, &results[i], &certificate);
            if (r != 0)
                return r;
        } else {
            kyso_certificate_result_done(&certificate->described);
            certificate->described = results[i];
            results[i] = (struct kyso_certificate_result){0};
        }
        r = hold(certificate, token, now, true, snapshot->certificates[i].key);
        if (r != 0)
            return r;
    }
    choose_tokens(token);
    return 0;
}

static int save(struct kyso_token_entry *token)
{
    struct kyso_store_token saved = {token->key,   token->serial, token->manufacturer, token->model,
                                     token->label, token->module, token->last_seen};
    KYSO_FREE struct kyso_store_certificate *rows = NULL;
    size_t n = 0;

    for (struct kyso_certificate_entry *c = token->inventory->certificates; c != NULL; c = c->next)
        n++;
    rows = calloc(n + 1, sizeof(*rows));
    if (rows == NULL)
        return kyso_trace(-ENOMEM);
    n = 0;
    for (struct kyso_certificate_entry *c = token->inventory->certificates; c != NULL;
         c = c->next) {
        const struct kyso_holding *holding = kyso_inventory_holding(c, token);

        if (holding != NULL && holding->present)
            rows[n++] = (struct kyso_store_certificate){.sha256 = c->sha256,
                                                        .token = token->key,
                                                        .der = c->described.info.der,
                                                        .der_length = c->described.info.der_length,
                                                        .key = holding->key,
                                                        .last_seen = holding->last_seen};
    }
    return kyso_store_save_token(token->inventory->store, &saved, rows, n);
}

static void tell_certificates(struct kyso_token_entry *token)
{
    static const char *const NAMES[] = {"Present", "Token", "LastSeen", "Problem", NULL};

    for (struct kyso_certificate_entry *c = token->inventory->certificates; c != NULL;
         c = c->next) {
        if (kyso_inventory_holding(c, token) != NULL)
            kyso_object_changed(c->object, &KYSO_CERTIFICATE_INTERFACE, NAMES);
    }
}

int kyso_inventory_saw(struct kyso_inventory *inventory, const struct kyso_module *module,
                       const char *reader, const struct kyso_token_snapshot *snapshot,
                       struct kyso_certificate_result *results, struct kyso_token_entry **ret_token)
{
    static const char *const NAMES[] = {"Present", "Reader",   "Label",        "Module",
                                        "PinPad",  "LastSeen", "Certificates", NULL};
    struct kyso_pin_view view = {snapshot->pin_flags, snapshot->pin_tries, module->max_tries,
                                 module->flags_frozen};
    uint64_t now = kyso_clock_wall_usec() / KYSO_USEC_PER_SEC;
    struct kyso_token_entry *token;
    int r = find_or_add(inventory, module, snapshot, results, &token);

    if (r == 0)
        r = take_certificates(token, snapshot, results, now);
    if (r == 0)
        r = replace(&token->label, snapshot->label);
    if (r == 0)
        r = replace(&token->module, module->name);
    if (r == 0)
        r = replace(&token->reader, reader);
    if (r != 0)
        return r;
    token->present = true;
    token->pin_pad = snapshot->pin_pad;
    token->pin_min = snapshot->pin_min;
    token->pin_max = snapshot->pin_max;
    token->last_seen = now;
    r = save(token);
    if (r == 0)
        r = kyso_inventory_look(token, &view);
    kyso_object_changed(token->object, &KYSO_TOKEN_INTERFACE, NAMES);
    tell_certificates(token);
    if (r == 0)
        *ret_token = token;
    return r;
}

static int restore_certificate(struct kyso_token_entry *token,
                               const struct kyso_store_certificate *row,
                               struct kyso_certificate_result *result)
{
    struct kyso_certificate_entry *certificate =
        kyso_inventory_find(token->inventory, result->info.sha256);
    struct kyso_holding *holding;
    int r = 0;

    if (certificate == NULL) {
        r = add_certificate(token->inventory, token, result, &certificate);
        if (r != 0)
            return r;
    }
    holding = kyso_inventory_holding(certificate, token);
    if (holding == NULL || !holding->present) /* a scan may have been quicker */
        r = hold(certificate, token, row->last_seen, false, row->key);
    choose_token(certificate);
    return r;
}

void kyso_inventory_restore(struct kyso_inventory *inventory,
                            const struct kyso_store_certificate *row,
                            struct kyso_certificate_result *result)
{
    for (struct kyso_token_entry *t = inventory->tokens; t != NULL; t = t->next) {
        if (strcmp(t->key, row->token) != 0 || !result->readable)
            continue;
        if (restore_certificate(t, row, result) != 0)
            kyso_log(KYSO_LOG_ERROR, "a certificate of token %s could not be restored", t->serial);
        break;
    }
    kyso_certificate_result_done(result);
}

void kyso_inventory_learned(struct kyso_certificate_entry *certificate,
                            struct kyso_token_entry *token, bool has_key)
{
    struct kyso_holding *holding = kyso_inventory_holding(certificate, token);

    if (holding == NULL || (has_key && holding->key == KYSO_TOKEN_KEY_SHOWN && !holding->refuted))
        return;
    holding->refuted = !has_key;
    if (has_key) {
        holding->key = KYSO_TOKEN_KEY_SHOWN;
        if (save(token) != 0) /* learned again at the next signature */
            kyso_log(KYSO_LOG_ERROR, "what is on token %s could not be saved", token->serial);
    }
    choose_token(certificate);
    tell_certificates(token);
}

void kyso_inventory_left(struct kyso_token_entry *token)
{
    static const char *const NAMES[] = {"Present", "Reader", NULL};

    if (!token->present)
        return;
    token->present = false;
    hold_nothing(token);
    refute_nothing(token);
    choose_tokens(token);
    if (replace(&token->reader, "") < 0)
        token->reader[0] = '\0';
    kyso_object_changed(token->object, &KYSO_TOKEN_INTERFACE, NAMES);
    tell_certificates(token);
}

void kyso_inventory_judged(struct kyso_token_entry *token, const struct kyso_pin_view *view,
                           const struct kyso_lockout_verdict *verdict)
{
    static const char *const NAMES[] = {"PinState",    "PinFailures", "PinFailureTimes",
                                        "HistoryLost", "CardTries",   NULL};
    bool was_locked = token->verdict.state == KYSO_PIN_LOCKED;
    bool is_locked = verdict->state == KYSO_PIN_LOCKED;

    token->view = *view;
    token->verdict = *verdict;
    kyso_object_changed(token->object, &KYSO_TOKEN_INTERFACE, NAMES);
    if (is_locked != was_locked) {
        kyso_log(KYSO_LOG_NOTICE, "token %s is %s", token->serial,
                 is_locked ? "locked" : "unlocked");
        kyso_object_emit(token->object, KYSO_TOKEN_INTERFACE.name,
                         is_locked ? "PinLocked" : "PinUnlocked");
    }
    if (token->inventory->judged != NULL)
        token->inventory->judged(token->inventory->judged_data, token);
}

void kyso_inventory_on_judged(struct kyso_inventory *inventory,
                              void (*fn)(void *data, struct kyso_token_entry *token), void *data)
{
    inventory->judged = fn;
    inventory->judged_data = data;
}

int kyso_inventory_look(struct kyso_token_entry *token, const struct kyso_pin_view *view)
{
    struct kyso_lockout_verdict verdict;
    int r = kyso_counter_look(token->inventory->counter, token->key, view, &verdict);

    if (r == 0)
        kyso_inventory_judged(token, view, &verdict);
    return r;
}

void kyso_inventory_set_busy(struct kyso_token_entry *token, bool busy)
{
    static const char *const NAMES[] = {"Busy", NULL};

    token->jobs = busy ? 1 : 0;
    kyso_object_changed(token->object, &KYSO_TOKEN_INTERFACE, NAMES);
}
