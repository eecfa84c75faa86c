/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pkcs11/module-conf.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/error.h"
#include "common/memfd.h"

/* What a quoted word of OpenSC's configuration cannot hold, or a list would split at. */
#define SPECIAL "\"\\,\n\r\t"

/* The longest piece of NAME free of special characters: OpenSC looks for it anywhere in a name. */
static const char *longest_piece(const char *name, size_t *ret_length)
{
    const char *best = name;

    *ret_length = 0;
    while (*name != '\0') {
        size_t length = strcspn(name, SPECIAL);

        if (length > *ret_length) {
            best = name;
            *ret_length = length;
        }
        name += length;
        name += strspn(name, SPECIAL);
    }
    return best;
}

static void put_ignored(struct kyso_buf *text, const char *reader, const char *const *others)
{
    const char *separator = "    ignored_readers = ";

    for (; others != NULL && *others != NULL; others++) {
        size_t length;
        const char *piece = longest_piece(*others, &length);

        if (length == 0 || memmem(reader, strlen(reader), piece, length) != NULL)
            continue;
        kyso_buf_printf(text, "%s\"%.*s\"", separator, (int)length, piece);
        separator = ", ";
    }
    if (separator[0] == ',')
        kyso_buf_printf(text, ";\n");
}

void kyso_module_conf(const char *reader, const char *const *others, struct kyso_buf *ret_text)
{
    kyso_buf_printf(ret_text, "app default {\n");
    put_ignored(ret_text, reader, others);
    kyso_buf_printf(ret_text, "    enable_default_driver = false;\n"
                              "    reader_driver pcsc {\n"
                              "        connect_exclusive = false;\n"
                              "        disconnect_action = reset;\n"
                              "        enable_pinpad = true;\n"
                              "    }\n"
                              "    framework pkcs15 {\n"
                              "        use_file_caching = no;\n"
                              "        use_pin_caching = false;\n"
                              "    }\n"
                              "}\n"
                              "app opensc-pkcs11 {\n"
                              "    pkcs11 {\n"
                              "        lock_login = true;\n"
                              "    }\n"
                              "}\n");
}

int kyso_module_conf_apply(const char *reader, const char *const *others)
{
    KYSO_BUF struct kyso_buf text = {0};
    char path[64];
    int fd = -1;
    int r;

    kyso_module_conf(reader, others, &text);
    if (text.error != 0)
        return kyso_trace(text.error);
    r = kyso_memfd_from_bytes("opensc.conf", text.bytes, text.length, &fd);
    if (r < 0)
        return r;
    /* The descriptor stays open: OpenSC reads the file at each start of its context. */
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    if (setenv("OPENSC_CONF", path, 1) < 0)
        return kyso_trace_errno();
    return 0;
}
