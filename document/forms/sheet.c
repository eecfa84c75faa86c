/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "document/forms/sheet.h"

struct kyso_sheet *kyso_sheet_new(void)
{
    struct kyso_sheet *sheet = g_new0(struct kyso_sheet, 1);

    sheet->kept = g_ptr_array_new_with_free_func(g_free);
    sheet->lists = g_ptr_array_new_with_free_func((GDestroyNotify)g_ptr_array_unref);
    sheet->blocks = kyso_sheet_list(sheet);
    sheet->facts = kyso_sheet_list(sheet);
    sheet->missing = kyso_sheet_list(sheet);
    return sheet;
}

struct kyso_sheet *kyso_sheet_free(struct kyso_sheet *sheet)
{
    if (sheet == NULL)
        return NULL;
    g_ptr_array_unref(sheet->lists);
    g_ptr_array_unref(sheet->kept);
    g_free(sheet);
    return NULL;
}

void *kyso_sheet_take(struct kyso_sheet *sheet, size_t size)
{
    void *taken = g_malloc0(size);

    g_ptr_array_add(sheet->kept, taken);
    return taken;
}

GPtrArray *kyso_sheet_list(struct kyso_sheet *sheet)
{
    GPtrArray *list = g_ptr_array_new();

    g_ptr_array_add(sheet->lists, list);
    return list;
}

char *kyso_sheet_copy(struct kyso_sheet *sheet, const char *text)
{
    char *copy = g_utf8_normalize(text, -1, G_NORMALIZE_NFC);

    g_ptr_array_add(sheet->kept, copy);
    return copy;
}
