/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/audit-check.h"

#include <errno.h>
#include <string.h>

#include "common/error.h"
#include "common/text.h"

#define HEAD_BYTES 16

struct head {
    uint64_t seq;
    uint8_t hash[HEAD_BYTES];
};

struct kyso_audit_check {
    struct kyso_audit_walk *walk;
    struct head heads[KYSO_AUDIT_HEADS_MAX];
    struct kyso_audit_finding finding;
    kyso_audit_check_fn fn;
    void *data;
};

static bool read_head(const char *text, struct head *head)
{
    const char *colon = strchr(text, ':');
    char digits[24];
    size_t length = colon != NULL ? (size_t)(colon - text) : 0;

    if (length == 0 || length >= sizeof(digits))
        return false;
    memcpy(digits, text, length);
    digits[length] = '\0';
    return kyso_text_to_u64(digits, INT64_MAX, &head->seq) &&
           kyso_text_from_hex(colon + 1, head->hash, sizeof(head->hash));
}

bool kyso_audit_head_is_valid(const char *head)
{
    struct head ignored;

    return read_head(head, &ignored);
}

static int look(void *data, const struct kyso_audit_view *view)
{
    struct kyso_audit_check *check = data;
    struct kyso_audit_finding *finding = &check->finding;

    finding->records++;
    if (!view->intact) {
        finding->broken++;
        if (finding->broken_at == 0)
            finding->broken_at = view->seq;
    }
    for (size_t i = 0; i < finding->n_heads; i++) {
        if (check->heads[i].seq == view->seq)
            finding->heads[i] = memcmp(check->heads[i].hash, view->hash, HEAD_BYTES) == 0
                                    ? KYSO_AUDIT_HEAD_FITS
                                    : KYSO_AUDIT_HEAD_DIFFERS;
    }
    return 0;
}

static void looked(void *data, int result)
{
    struct kyso_audit_check *check = data;
    struct kyso_audit_finding *finding = &check->finding;

    finding->intact = finding->broken == 0;
    for (size_t i = 0; i < finding->n_heads; i++)
        finding->intact = finding->intact && finding->heads[i] == KYSO_AUDIT_HEAD_FITS;
    check->fn(check->data, result, finding);
}

int kyso_audit_check(struct kyso_audit *audit, struct kyso_loop *loop, const char *const *heads,
                     size_t n, kyso_audit_check_fn fn, void *data,
                     struct kyso_audit_check **ret_check)
{
    static const struct kyso_audit_reader READER = {look, looked};
    static const uint8_t ZEROS[HEAD_BYTES];
    struct kyso_audit_check *check = calloc(1, sizeof(*check));
    int r = 0;

    if (check == NULL)
        return kyso_trace(-ENOMEM);
    check->fn = fn;
    check->data = data;
    check->finding.n_heads = n;
    for (size_t i = 0; r == 0 && i < n; i++) {
        if (!read_head(heads[i], &check->heads[i]))
            r = -EINVAL;
        else if (check->heads[i].seq > 0)
            check->finding.heads[i] = KYSO_AUDIT_HEAD_MISSING;
        else if (memcmp(check->heads[i].hash, ZEROS, HEAD_BYTES) != 0)
            check->finding.heads[i] = KYSO_AUDIT_HEAD_DIFFERS; /* no head of an empty log */
    }
    if (r == 0)
        r = kyso_audit_walk(audit, loop, 1, &READER, check, &check->walk);
    if (r != 0) {
        free(check);
        return r < 0 ? kyso_trace(r) : r;
    }
    *ret_check = check;
    return 0;
}

struct kyso_audit_check *kyso_audit_check_free(struct kyso_audit_check *check)
{
    if (check == NULL)
        return NULL;
    (void)kyso_audit_walk_free(check->walk);
    free(check);
    return NULL;
}
