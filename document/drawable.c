/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "document/drawable.h"

#include <glib.h>

bool kyso_drawable(const char *text)
{
    const unsigned int without_picture =
        1U << G_UNICODE_CONTROL | 1U << G_UNICODE_FORMAT | 1U << G_UNICODE_UNASSIGNED |
        1U << G_UNICODE_PRIVATE_USE | 1U << G_UNICODE_SURROGATE | 1U << G_UNICODE_LINE_SEPARATOR |
        1U << G_UNICODE_PARAGRAPH_SEPARATOR;

    for (; *text != '\0'; text += g_utf8_skip[(unsigned char)*text])
        if ((without_picture >> g_unichar_type(g_utf8_get_char(text)) & 1) != 0)
            return false;
    return true;
}
