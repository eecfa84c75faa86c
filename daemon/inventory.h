/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DAEMON_INVENTORY_H
#define KYSO_DAEMON_INVENTORY_H

/* Every token and certificate ever seen (K-05), each an object on the bus; present ones know their
 * reader. Filled from the store at start and by scans afterwards. Entries live as long as the
 * inventory: jobs may keep pointers. */

#include "cms/remote.h"
#include "daemon/counter.h"
#include "daemon/object.h"
#include "daemon/roster.h"
#include "daemon/settings.h"
#include "daemon/store.h"
#include "pkcs11/remote.h"

struct kyso_token_entry {
    struct kyso_token_entry *next;
    struct kyso_inventory *inventory;
    char *key, *serial, *manufacturer, *model, *label, *module, *reader; /* reader "" when away */
    uint64_t last_seen;                                                  /* seconds since 1970 */
    bool present, pin_pad;
    unsigned int jobs;           /* 1 while a job holds it */
    void (*removed)(void *data); /* of that job: the card or its reader has gone */
    void *removed_data;
    struct kyso_pin_view view; /* as last seen */
    uint32_t pin_min, pin_max;
    struct kyso_lockout_verdict verdict;
    struct kyso_object *object;
};

/* That a certificate was seen on a token. */
struct kyso_holding {
    struct kyso_holding *next;
    struct kyso_token_entry *token;
    uint64_t last_seen;      /* seconds since 1970 */
    bool present;            /* it is there now */
    enum kyso_token_key key; /* at the last look; a mere copy of a certificate has none */
    bool refuted;            /* a login has shown that no key is here; until the token leaves */
};

struct kyso_certificate_entry {
    struct kyso_certificate_entry *next;
    struct kyso_inventory *inventory;
    struct kyso_holding *holdings;  /* at least one; of every token ever */
    struct kyso_token_entry *token; /* the one to use: may have the key, is here, shows the key */
    bool present;                   /* it is on that token now */
    bool has_key;                   /* that token has the key; if not, no token ever seen has */
    uint8_t sha256[32];
    struct kyso_certificate_result described;
    struct kyso_object *object;
};

struct kyso_inventory {
    struct kyso_objects *objects;
    struct kyso_store *store;
    struct kyso_counter *counter;
    const struct kyso_settings *config;
    struct kyso_roster *roster;
    struct kyso_token_entry *tokens;
    struct kyso_certificate_entry *certificates;
    void (*changed)(void *data);
    void *changed_data;
    void (*judged)(void *data, struct kyso_token_entry *token); /* null: nobody listens */
    void *judged_data;
};

int kyso_inventory_new(struct kyso_objects *objects, struct kyso_store *store,
                       struct kyso_counter *counter, const struct kyso_settings *config,
                       struct kyso_roster *roster,
                       struct kyso_inventory **ret_inventory) KYSO_MUST_CHECK;
struct kyso_inventory *kyso_inventory_free(struct kyso_inventory *inventory);

/* What a scan found of one token, its certificates described. Takes RESULTS' contents over for new
 * certificates. Makes or finds the entry, saves it, and marks it present in READER. */
int kyso_inventory_saw(struct kyso_inventory *inventory, const struct kyso_module *module,
                       const char *reader, const struct kyso_token_snapshot *snapshot,
                       struct kyso_certificate_result *results,
                       struct kyso_token_entry **ret_token) KYSO_MUST_CHECK;
/* FN is called when a certificate came, or what the roster says of one changed; one at a time. */
void kyso_inventory_on_change(struct kyso_inventory *inventory, void (*fn)(void *data), void *data);
/* A certificate that the store knew, ROW saying on which token; takes RESULT's contents over. */
void kyso_inventory_restore(struct kyso_inventory *inventory,
                            const struct kyso_store_certificate *row,
                            struct kyso_certificate_result *result);
void kyso_inventory_left(struct kyso_token_entry *token);

/* Takes new PIN flags of a token into account (no login was made) and tells the bus. */
int kyso_inventory_look(struct kyso_token_entry *token,
                        const struct kyso_pin_view *view) KYSO_MUST_CHECK;
/* After a settled login: shows the new verdict, with the PinLocked signal when it became so. */
void kyso_inventory_judged(struct kyso_token_entry *token, const struct kyso_pin_view *view,
                           const struct kyso_lockout_verdict *verdict);
/* FN is called whenever a token's PIN was judged, whether its state changed or not; one at a time.
 */
void kyso_inventory_on_judged(struct kyso_inventory *inventory,
                              void (*fn)(void *data, struct kyso_token_entry *token), void *data);
void kyso_inventory_set_busy(struct kyso_token_entry *token, bool busy);

struct kyso_certificate_entry *kyso_inventory_find(struct kyso_inventory *inventory,
                                                   const uint8_t sha256[32]);

/* What a login with CERTIFICATE on TOKEN has shown: that its key is there, or that it is not. A key
 * that is there stays known; that it is not counts until the token leaves. */
void kyso_inventory_learned(struct kyso_certificate_entry *certificate,
                            struct kyso_token_entry *token, bool has_key);

/* Null when TOKEN was never seen with it. */
struct kyso_holding *kyso_inventory_holding(const struct kyso_certificate_entry *certificate,
                                            const struct kyso_token_entry *token);

/* Tables of token-object.c and certificate-object.c. */
extern const struct kyso_interface KYSO_TOKEN_INTERFACE, KYSO_CERTIFICATE_INTERFACE;

/* Why a certificate cannot sign now: "" or a word; from its chain, dates, usage and roster. */
const char *kyso_certificate_problem(const struct kyso_certificate_entry *certificate,
                                     uint64_t now);

#endif
