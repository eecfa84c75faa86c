/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cms/signed-data.h"

#include <string.h>

#include <openssl/cms.h>
#include <openssl/err.h>

enum {
    CONTEXT_0_PRIMITIVE = 0x80,
    CONTEXT_1 = 0xa1,
};

static const char OID_SIGNED_DATA[] = "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02";
static const char OID_DATA[] = "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01";

bool kyso_der_next(const uint8_t **bytes, size_t *length, struct kyso_der_item *ret_item)
{
    if (*length == 0 || !kyso_der_read(*bytes, *length, ret_item))
        return false;
    *bytes += ret_item->length;
    *length -= ret_item->length;
    return true;
}

bool kyso_der_is_oid(const struct kyso_der_item *item, const void *oid, size_t length)
{
    return item->tag == KYSO_DER_OID && item->content_length == length &&
           memcmp(item->content, oid, length) == 0;
}

/* A row of elements being read in order; the first failure stays. */
struct row {
    const uint8_t *bytes;
    size_t length;
    bool failed;
};

static struct row row_of(const struct kyso_der_item *item)
{
    return (struct row){item->content, item->content_length, false};
}

static struct kyso_der_item take(struct row *row, uint8_t tag)
{
    struct kyso_der_item item = {0};

    if (row->failed || !kyso_der_next(&row->bytes, &row->length, &item) || item.tag != tag)
        row->failed = true;
    return row->failed ? (struct kyso_der_item){.content = (const uint8_t *)""} : item;
}

/* The element when it is there; otherwise one of tag 0. */
static struct kyso_der_item take_optional(struct row *row, uint8_t tag)
{
    if (!row->failed && row->length > 0 && row->bytes[0] == tag)
        return take(row, tag);
    return (struct kyso_der_item){.content = (const uint8_t *)""};
}

static bool ended(const struct row *row)
{
    return !row->failed && row->length == 0;
}

/* One of the VERSIONS that there are; which one goes with what else is there says nothing. */
static bool take_version(struct row *row, const char *versions)
{
    struct kyso_der_item version = take(row, KYSO_DER_INTEGER);

    return !row->failed && version.content_length == 1 && version.content[0] != 0 &&
           strchr(versions, version.content[0]) != NULL;
}

static const char *read_signer(const struct kyso_der_item *signer, struct kyso_signed_data *data)
{
    struct row row = row_of(signer);

    if (!take_version(&row, "\x01\x03")) /* RFC 5652 5.3 */
        return "malformed";
    data->signer_id = take_optional(&row, CONTEXT_0_PRIMITIVE);
    if (data->signer_id.tag == 0)
        data->signer_id = take(&row, KYSO_DER_SEQUENCE);
    data->digest_algorithm = take(&row, KYSO_DER_SEQUENCE);
    data->attributes = take_optional(&row, KYSO_DER_CONTEXT_0);
    data->signature_algorithm = take(&row, KYSO_DER_SEQUENCE);
    data->signature = take(&row, KYSO_DER_OCTETS);
    data->unsigned_attributes = take_optional(&row, CONTEXT_1);
    return ended(&row) ? NULL : "malformed";
}

static const char *count_certificates(struct kyso_signed_data *data)
{
    struct row row = row_of(&data->certificates);
    struct kyso_der_item item;

    while (kyso_der_next(&row.bytes, &row.length, &item)) {
        if (item.tag == KYSO_DER_SEQUENCE)
            data->n_certificates++;
    }
    if (row.length > 0)
        return "malformed";
    return data->n_certificates > KYSO_CMS_CERTIFICATES_MAX ? "too-many-certificates" : NULL;
}

static const char *read_content_type(struct row *row)
{
    struct kyso_der_item info = take(row, KYSO_DER_SEQUENCE);
    struct row inner = row_of(&info);
    struct kyso_der_item type = take(&inner, KYSO_DER_OID);

    if (inner.failed)
        return "malformed";
    if (!ended(&inner))
        return "content-inside";
    return kyso_der_is_oid(&type, OID_DATA, sizeof(OID_DATA) - 1) ? NULL : "wrong-content-type";
}

static const char *read_body(const struct kyso_der_item *body, struct kyso_signed_data *data)
{
    struct row row = row_of(body), signers;
    struct kyso_der_item set, signer;
    const char *problem;

    if (!take_version(&row, "\x01\x03\x04\x05")) /* RFC 5652 5.1 */
        return "malformed";
    data->digest_algorithms = take(&row, KYSO_DER_SET);
    problem = read_content_type(&row);
    if (problem != NULL)
        return problem;
    data->certificates = take_optional(&row, KYSO_DER_CONTEXT_0);
    problem = count_certificates(data);
    if (problem != NULL)
        return problem;
    (void)take_optional(&row, CONTEXT_1); /* revocation lists: fetched and judged elsewhere */
    set = take(&row, KYSO_DER_SET);
    if (!ended(&row))
        return "malformed";
    if (set.content_length == 0)
        return "no-signer";
    signers = row_of(&set);
    signer = take(&signers, KYSO_DER_SEQUENCE);
    if (!signers.failed && signers.length > 0)
        return "several-signers";
    return signers.failed ? "malformed" : read_signer(&signer, data);
}

static const char *read_info(const struct kyso_der_item *info, struct kyso_signed_data *data)
{
    struct row row = row_of(info), inner;
    struct kyso_der_item type, content, body;

    type = take(&row, KYSO_DER_OID);
    if (!row.failed && !kyso_der_is_oid(&type, OID_SIGNED_DATA, sizeof(OID_SIGNED_DATA) - 1))
        return "not-signed-data";
    content = take(&row, KYSO_DER_CONTEXT_0);
    inner = row_of(&content);
    body = take(&inner, KYSO_DER_SEQUENCE);
    if (!ended(&row) || !ended(&inner))
        return "malformed";
    return read_body(&body, data);
}

static bool zeros(const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (bytes[i] != 0)
            return false;
    }
    return true;
}

/* Finds the CMS at the beginning of BYTES: as it stands when it is DER, rewritten otherwise. */
static const char *find_info(const uint8_t *bytes, size_t length, struct kyso_der_item *ret_info,
                             size_t *ret_used, struct kyso_signed_data *data)
{
    const unsigned char *at = bytes;
    CMS_ContentInfo *info;
    int size;

    if (kyso_der_read(bytes, length, ret_info) && ret_info->tag == KYSO_DER_SEQUENCE &&
        kyso_der_is_strict(ret_info->bytes, ret_info->length)) {
        *ret_used = ret_info->length;
        return ret_info->length <= KYSO_CMS_MAX ? NULL : "too-large";
    }
    info = d2i_CMS_ContentInfo(NULL, &at, (long)length);
    size = info != NULL ? i2d_CMS_ContentInfo(info, &data->rewritten) : -1;
    CMS_ContentInfo_free(info);
    ERR_clear_error();
    if (size <= 0 || !kyso_der_read(data->rewritten, (size_t)size, ret_info) ||
        ret_info->length != (size_t)size)
        return "malformed";
    data->not_der = true;
    *ret_used = (size_t)(at - bytes);
    return *ret_used <= KYSO_CMS_MAX && (size_t)size <= KYSO_CMS_MAX ? NULL : "too-large";
}

const char *kyso_signed_data_read(const uint8_t *bytes, size_t length,
                                  struct kyso_signed_data *ret_data)
{
    struct kyso_signed_data data = {0};
    struct kyso_der_item info = {0};
    const char *problem;
    size_t used = 0;

    if (length > KYSO_CMS_MAX)
        return "too-large";
    problem = find_info(bytes, length, &info, &used, &data);
    if (problem == NULL && !zeros(bytes + used, length - used))
        problem = "trailing-data";
    if (problem == NULL)
        problem = read_info(&info, &data);
    if (problem != NULL) {
        kyso_signed_data_done(&data);
        return problem;
    }
    *ret_data = data;
    return NULL;
}

void kyso_signed_data_done(struct kyso_signed_data *data)
{
    OPENSSL_free(data->rewritten);
    *data = (struct kyso_signed_data){0};
}
