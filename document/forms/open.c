/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/buf.h"
#include "common/error.h"
#include "common/memfd.h"
#include "common/outcome.h"
#include "document/forms/remote.h"

#define ID_MAX 32
#define CHAIN_MAX 5 /* a form and its bases */
#define DEPTH_MAX 32

/* Letters, digits and hyphens: nothing that leads out of the folder. */
static bool is_id(const char *id)
{
    size_t length = strlen(id);

    return length > 0 && length <= ID_MAX &&
           strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-") == length;
}

static int read_file(const char *path, bool trusted, struct kyso_buf *text)
{
    KYSO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat status;
    uint8_t *to;
    int r;

    if (fd < 0)
        return errno == ENOENT ? KYSO_OUTCOME_NOT_FOUND : kyso_trace_errno();
    if (fstat(fd, &status) < 0)
        return kyso_trace_errno();
    if (!S_ISREG(status.st_mode) || status.st_size <= 0 ||
        (trusted && (status.st_uid != 0 || (status.st_mode & (S_IWGRP | S_IWOTH)) != 0)))
        return KYSO_OUTCOME_BAD_ARGUMENT;
    if ((uint64_t)status.st_size > KYSO_FORM_FORM_MAX)
        return KYSO_OUTCOME_LIMIT;
    to = kyso_buf_reserve(text, (size_t)status.st_size);
    if (to == NULL)
        return text->error;
    r = kyso_fd_read_at(fd, to, (size_t)status.st_size, 0);
    if (r == 0)
        text->length += (size_t)status.st_size;
    return r;
}

/* The "base" of the form in TEXT into RET_BASE; empty when it has none. */
static int read_base(const char *text, size_t length, char ret_base[ID_MAX + 1])
{
    struct json_tokener *tokener = json_tokener_new_ex(DEPTH_MAX);
    struct json_object *form, *base = NULL;
    int r = 0;

    if (tokener == NULL)
        return kyso_trace(-ENOMEM);
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
    form = json_tokener_parse_ex(tokener, text, (int)length);
    json_tokener_free(tokener);
    ret_base[0] = '\0';
    if (!json_object_is_type(form, json_type_object)) {
        r = KYSO_OUTCOME_BAD_ARGUMENT;
    } else if (json_object_object_get_ex(form, "base", &base)) {
        const char *id =
            json_object_is_type(base, json_type_string) ? json_object_get_string(base) : "";

        if (is_id(id))
            (void)snprintf(ret_base, ID_MAX + 1, "%s", id);
        else
            r = KYSO_OUTCOME_BAD_ARGUMENT;
    }
    (void)json_object_put(form);
    return r;
}

/* Puts the form ID at the end of CHAIN and names its base. */
static int add_form(const char *folder, const char *id, bool trusted, struct kyso_buf *chain,
                    char ret_base[ID_MAX + 1])
{
    KYSO_BUF struct kyso_buf text = {.maximum = (size_t)KYSO_FORM_FORM_MAX};
    char path[PATH_MAX];
    int r;

    if (snprintf(path, sizeof(path), "%s/%s.json", folder, id) >= (int)sizeof(path))
        return kyso_trace(-ENAMETOOLONG);
    r = read_file(path, trusted, &text);
    if (r == 0)
        r = read_base((const char *)text.bytes, text.length, ret_base);
    if (r == 0)
        kyso_buf_put(chain, text.bytes, text.length);
    return r;
}

int kyso_form_open(const char *folder, const char *id, bool trusted, int *ret_form)
{
    KYSO_BUF struct kyso_buf chain = {.maximum = (size_t)KYSO_FORM_FORM_MAX};
    char next[ID_MAX + 1], base[ID_MAX + 1];
    int r = 0;

    if (!is_id(id))
        return KYSO_OUTCOME_NOT_FOUND;
    (void)snprintf(next, sizeof(next), "%s", id);
    kyso_buf_put(&chain, "[", 1);
    for (size_t i = 0; r == 0 && next[0] != '\0'; i++) {
        if (i == CHAIN_MAX)
            return KYSO_OUTCOME_BAD_ARGUMENT;
        if (i > 0)
            kyso_buf_put(&chain, ",", 1);
        r = add_form(folder, next, trusted, &chain, base);
        (void)snprintf(next, sizeof(next), "%s", r == 0 ? base : "");
    }
    kyso_buf_put(&chain, "]", 1);
    if (r != 0)
        return r;
    if (chain.error != 0)
        return chain.error == -EMSGSIZE ? KYSO_OUTCOME_LIMIT : chain.error;
    return kyso_memfd_from_bytes("form", chain.bytes, chain.length, ret_form);
}
