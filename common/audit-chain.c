/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/audit-chain.h"

#include <errno.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "common/error.h"
#include "common/text.h"

int kyso_audit_chain_hash(const uint8_t before[KYSO_AUDIT_HASH], const char *record, size_t length,
                          uint8_t ret_hash[KYSO_AUDIT_HASH])
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool ok = context != NULL && EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1 &&
              EVP_DigestUpdate(context, before, KYSO_AUDIT_HASH) == 1 &&
              EVP_DigestUpdate(context, record, length) == 1 &&
              EVP_DigestFinal_ex(context, ret_hash, NULL) == 1;

    EVP_MD_CTX_free(context);
    return ok ? 0 : kyso_trace(-ENOMEM);
}

#define FRONT_MAX 160U /* bytes of the longest front */

bool kyso_audit_read_front(const char *record, size_t length, struct kyso_audit_front *ret_front)
{
    char front[FRONT_MAX];
    int end = 0;

    (void)snprintf(front, sizeof(front), "%.*s",
                   (int)(length < sizeof(front) ? length : sizeof(front) - 1), record);
    *ret_front = (struct kyso_audit_front){0};
    if (sscanf(front, "{\"seq\":%20" SCNu64 ",\"at\":%20" SCNu64 ",\"event\":\"%47[a-z0-9-]\"%n",
               &ret_front->seq, &ret_front->at, ret_front->event, &end) == 3 &&
        end > 0)
        return true;
    *ret_front = (struct kyso_audit_front){0};
    return false;
}

bool kyso_audit_line_fits(const struct kyso_audit_line *line, uint64_t wanted,
                          const uint8_t before[KYSO_AUDIT_HASH], struct kyso_audit_front *ret_front)
{
    uint8_t hash[KYSO_AUDIT_HASH];

    return kyso_audit_read_front(line->record, line->length, ret_front) &&
           ret_front->seq == line->seq && line->seq == wanted &&
           kyso_audit_chain_hash(before, line->record, line->length, hash) == 0 &&
           memcmp(hash, line->hash, sizeof(hash)) == 0;
}

/* ---- heads ---- */

void kyso_audit_head_write(uint64_t seq, const uint8_t hash[KYSO_AUDIT_HASH],
                           char ret_text[KYSO_AUDIT_HEAD_MAX])
{
    int n = snprintf(ret_text, KYSO_AUDIT_HEAD_MAX, "%" PRIu64 ":", seq);

    for (size_t i = 0; i < KYSO_AUDIT_HEAD_HASH; i++)
        n += snprintf(ret_text + n, KYSO_AUDIT_HEAD_MAX - (size_t)n, "%02X", hash[i]);
}

bool kyso_audit_head_read(const char *text, struct kyso_audit_head *ret_head)
{
    const char *colon = strchr(text, ':');
    size_t length = colon != NULL ? (size_t)(colon - text) : 0;
    char digits[24];

    if (length == 0 || length >= sizeof(digits))
        return false;
    memcpy(digits, text, length);
    digits[length] = '\0';
    return kyso_text_to_u64(digits, INT64_MAX, &ret_head->seq) &&
           kyso_text_from_hex(colon + 1, ret_head->hash, sizeof(ret_head->hash));
}

const char *kyso_audit_head_state_name(enum kyso_audit_head_state state)
{
    static const char *const NAMES[] = {"fits", "differs", "missing"};

    return state < KYSO_AUDIT_HEAD_STATE_MAX ? NAMES[state] : "";
}

/* ---- a whole log ---- */

void kyso_audit_examine_begin(struct kyso_audit_examination *examination)
{
    *examination = (struct kyso_audit_examination){.next = 1};
}

bool kyso_audit_examine_head(struct kyso_audit_examination *examination, const char *head)
{
    static const uint8_t ZEROS[KYSO_AUDIT_HEAD_HASH];
    struct kyso_audit_finding *finding = &examination->finding;
    struct kyso_audit_head *wanted;

    if (finding->n_heads == KYSO_AUDIT_HEADS_MAX)
        return false;
    wanted = &examination->wanted[finding->n_heads];
    if (!kyso_audit_head_read(head, wanted))
        return false;
    if (wanted->seq > 0)
        finding->heads[finding->n_heads] = KYSO_AUDIT_HEAD_MISSING;
    else if (memcmp(wanted->hash, ZEROS, sizeof(ZEROS)) != 0)
        finding->heads[finding->n_heads] = KYSO_AUDIT_HEAD_DIFFERS; /* no head of an empty log */
    finding->n_heads++;
    return true;
}

static void look_at_heads(struct kyso_audit_examination *examination,
                          const struct kyso_audit_line *line)
{
    for (size_t i = 0; i < examination->finding.n_heads; i++) {
        if (examination->wanted[i].seq == line->seq)
            examination->finding.heads[i] =
                memcmp(examination->wanted[i].hash, line->hash, KYSO_AUDIT_HEAD_HASH) == 0
                    ? KYSO_AUDIT_HEAD_FITS
                    : KYSO_AUDIT_HEAD_DIFFERS;
    }
}

bool kyso_audit_examine_line(struct kyso_audit_examination *examination,
                             const struct kyso_audit_line *line, struct kyso_audit_front *ret_front)
{
    struct kyso_audit_finding *finding = &examination->finding;
    bool fits = kyso_audit_line_fits(line, examination->next, examination->before, ret_front);

    finding->records++;
    if (!fits) {
        finding->broken++;
        if (finding->broken_at == 0)
            finding->broken_at = line->seq > 0 ? line->seq : examination->next;
    }
    look_at_heads(examination, line);
    memcpy(examination->before, line->hash, sizeof(examination->before));
    examination->next = (line->seq > 0 ? line->seq : examination->next) + 1;
    return fits;
}

const struct kyso_audit_finding *kyso_audit_examine_end(struct kyso_audit_examination *examination)
{
    struct kyso_audit_finding *finding = &examination->finding;

    finding->intact = finding->broken == 0;
    for (size_t i = 0; i < finding->n_heads; i++)
        finding->intact = finding->intact && finding->heads[i] == KYSO_AUDIT_HEAD_FITS;
    return finding;
}
