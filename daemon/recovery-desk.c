/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/recovery-desk.h"

#include <errno.h>
#include <string.h>

#include "common/clock.h"
#include "common/error.h"
#include "common/log.h"

/* ---- tokens ---- */

struct kyso_token_entry *kyso_recovery_desk_token(const struct kyso_recovery_desk *desk,
                                                  const char *key)
{
    for (struct kyso_token_entry *t = desk->daemon->inventory->tokens; t != NULL; t = t->next) {
        if (strcmp(t->key, key) == 0)
            return t;
    }
    return NULL;
}

/* How well a certificate stands for its token on a form; the better ones push the others out. */
enum rank {
    RANK_AUTHORITY, /* an issuer's, put on the token beside the holder's own: never */
    RANK_WITHOUT_KEY,
    RANK_WITH_KEY,
    RANK_ROSTER,
    RANK_CHOSEN
};

struct collecting {
    const struct kyso_recovery_desk *desk;
    const char *token;
    const uint8_t *chosen;
    struct kyso_recovery_facts *facts;
    enum rank ranks[KYSO_RECOVERY_CERTIFICATES_MAX]; /* of FACTS' certificates, best first */
};

static enum rank rank(const struct collecting *collecting, const struct kyso_store_certificate *row)
{
    const struct kyso_daemon *daemon = collecting->desk->daemon;
    const struct kyso_certificate_entry *described;

    if (collecting->chosen != NULL && memcmp(collecting->chosen, row->sha256, 32) == 0)
        return RANK_CHOSEN;
    if (kyso_roster_find(daemon->roster, row->sha256) != NULL)
        return RANK_ROSTER;
    described = kyso_inventory_find(daemon->inventory, row->sha256);
    if (described != NULL && described->described.info.is_ca)
        return RANK_AUTHORITY;
    return row->key != KYSO_TOKEN_KEY_NONE ? RANK_WITH_KEY : RANK_WITHOUT_KEY;
}

static int collect(void *data, const struct kyso_store_certificate *row)
{
    struct collecting *collecting = data;
    struct kyso_recovery_facts *facts = collecting->facts;
    size_t n = facts->token.n_certificates, at = 0;
    enum rank r = rank(collecting, row);

    if (strcmp(row->token, collecting->token) != 0 || r == RANK_AUTHORITY)
        return 0;
    while (at < n && collecting->ranks[at] >= r)
        at++;
    if (at == KYSO_RECOVERY_CERTIFICATES_MAX)
        return 0;
    if (n == KYSO_RECOVERY_CERTIFICATES_MAX)
        n--; /* the last one makes way */
    memmove(facts->certificates[at + 1], facts->certificates[at], (n - at) * 32);
    memmove(&collecting->ranks[at + 1], &collecting->ranks[at],
            (n - at) * sizeof(collecting->ranks[0]));
    memcpy(facts->certificates[at], row->sha256, 32);
    collecting->ranks[at] = r;
    facts->token.n_certificates = n + 1;
    return 0;
}

/* Where one was chosen or is in the roster, the others are not what the form is about. */
static void keep_the_best(struct collecting *collecting)
{
    size_t *n = &collecting->facts->token.n_certificates;
    enum rank least = collecting->ranks[0] == RANK_CHOSEN ? RANK_ROSTER : collecting->ranks[0];

    while (*n > 1 && collecting->ranks[*n - 1] < least)
        (*n)--;
}

int kyso_recovery_desk_facts(const struct kyso_recovery_desk *desk,
                             const struct kyso_token_entry *token, const uint8_t *chosen,
                             struct kyso_recovery_facts *ret_facts)
{
    struct collecting collecting = {desk, token->key, chosen, ret_facts, {0}};
    const struct kyso_roster_entry *entry;
    int r;

    memset(ret_facts, 0, sizeof(*ret_facts));
    ret_facts->token.key = token->key;
    ret_facts->token.serial = token->serial;
    ret_facts->token.certificates = (const uint8_t(*)[32])ret_facts->certificates;
    ret_facts->token.locked = token->verdict.state == KYSO_PIN_LOCKED;
    ret_facts->token.class = kyso_class_name(KYSO_CLASS_UNKNOWN);
    /* From the store, which also knows those that could not be described. */
    r = kyso_store_each_certificate(desk->daemon->store, collect, &collecting);
    if (r != 0 || ret_facts->token.n_certificates == 0)
        return r;
    keep_the_best(&collecting);
    entry = kyso_roster_find(desk->daemon->roster, ret_facts->certificates[0]);
    if (entry != NULL)
        ret_facts->token.class = kyso_class_name(entry->class);
    return 0;
}

static void look(struct kyso_recovery_desk *desk, struct kyso_token_entry *token)
{
    struct kyso_recovery_facts facts;
    int r = kyso_recovery_desk_facts(desk, token, NULL, &facts);

    if (r == 0)
        r = kyso_recovery_look(desk->recovery, &facts.token);
    /* Nothing is lost: the next look, at the latest that at the next start, makes it good. */
    if (r != 0)
        kyso_log(KYSO_LOG_ERROR, "requests of token %s could not be looked at", token->serial);
    kyso_recovery_desk_set_alarm(desk);
}

static void token_judged(void *data, struct kyso_token_entry *token)
{
    look(data, token);
}

const char *kyso_recovery_class(const struct kyso_recovery_desk *desk,
                                const struct kyso_recovery_request *request)
{
    const struct kyso_roster_entry *entry =
        request->n_certificates > 0
            ? kyso_roster_find(desk->daemon->roster, request->certificates[0])
            : NULL;

    return kyso_class_name(entry != NULL ? entry->class : KYSO_CLASS_UNKNOWN);
}

/* ---- time ---- */

static void alarm_came(void *data)
{
    kyso_recovery_desk_set_alarm(data);
}

/* Marks what is overdue and waits for what will be. */
void kyso_recovery_desk_set_alarm(struct kyso_recovery_desk *desk)
{
    int64_t next = KYSO_DEADLINE_NO_TIME;
    uint64_t at = KYSO_ALARM_NEVER;
    int r = kyso_recovery_tick(desk->recovery,
                               (int64_t)(kyso_clock_wall_usec() / KYSO_USEC_PER_SEC), &next);

    if (r != 0)
        kyso_log(KYSO_LOG_ERROR, "requests: not marked as overdue; tried again later");
    if (next != KYSO_DEADLINE_NO_TIME && next > 0)
        at = (uint64_t)next * KYSO_USEC_PER_SEC;
    r = desk->alarm != NULL
            ? kyso_source_set_alarm(desk->alarm, at)
            : kyso_loop_add_alarm(desk->daemon->loop, at, alarm_came, desk, &desk->alarm);
    if (r < 0)
        kyso_log(KYSO_LOG_ERROR, "requests: no alarm: %s", strerror(-r));
}

/* ---- made and taken down ---- */

int kyso_recovery_desk_new(struct kyso_daemon *daemon, struct kyso_recovery_desk **ret_desk)
{
    struct kyso_recovery_desk *desk = calloc(1, sizeof(*desk));
    int r;

    if (desk == NULL)
        return kyso_trace(-ENOMEM);
    desk->daemon = daemon;
    desk->rules = (struct kyso_deadline_rules){.profile = &daemon->config->profile,
                                               .calendar = &daemon->calendar,
                                               .offset = KYSO_CALENDAR_VIETNAM};
    r = kyso_recovery_open(daemon->store, daemon->audit, &desk->rules, &desk->recovery);
    if (r != 0) {
        free(desk);
        return r;
    }
    kyso_recovery_observe(desk->recovery, &KYSO_RECOVERY_OBSERVER, desk);
    kyso_recovery_desk_set_alarm(desk);
    *ret_desk = desk;
    return 0;
}

void kyso_recovery_desk_start(struct kyso_recovery_desk *desk)
{
    struct kyso_inventory *inventory = desk->daemon->inventory;

    for (struct kyso_token_entry *t = inventory->tokens; t != NULL; t = t->next)
        look(desk, t);
    kyso_inventory_on_judged(inventory, token_judged, desk);
}

struct kyso_recovery_desk *kyso_recovery_desk_free(struct kyso_recovery_desk *desk)
{
    if (desk == NULL)
        return NULL;
    kyso_inventory_on_judged(desk->daemon->inventory, NULL, NULL);
    kyso_recovery_forms_stop(desk);
    (void)kyso_source_free(desk->alarm);
    for (struct kyso_recovery_request *r = kyso_recovery_first(desk->recovery); r != NULL;
         r = r->next) {
        struct kyso_recovery_shown *shown = r->shown;

        if (shown != NULL)
            (void)kyso_object_remove(shown->object);
        free(shown);
        r->shown = NULL;
    }
    (void)kyso_recovery_free(desk->recovery);
    free(desk);
    return NULL;
}
