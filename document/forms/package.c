/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "document/forms/package.h"

#include <errno.h>
#include <string.h>
#include <zip.h>

#include "common/error.h"

/* Midnight of 1 January 2000: a zip wants a time, and the files have none. */
#define DOS_DATE ((zip_uint16_t)((2000 - 1980) << 9 | 1 << 5 | 1))

static int add_file(zip_t *zip, const struct kyso_package_file *file, bool stored)
{
    zip_source_t *source = zip_source_buffer(zip, file->text, strlen(file->text), 0);
    zip_int64_t index;

    if (source == NULL)
        return kyso_trace(-ENOMEM);
    index = zip_file_add(zip, file->name, source, 0);
    if (index < 0) {
        zip_source_free(source);
        return kyso_trace(-EIO);
    }
    if (zip_set_file_compression(zip, (zip_uint64_t)index, stored ? ZIP_CM_STORE : ZIP_CM_DEFLATE,
                                 0) < 0 ||
        zip_file_set_dostime(zip, (zip_uint64_t)index, 0, DOS_DATE, 0) < 0)
        return kyso_trace(-EIO);
    return 0;
}

/* What zip_close() wrote into SOURCE. */
static int read_back(zip_source_t *source, struct kyso_buf *ret_package)
{
    zip_stat_t status;
    uint8_t *to;
    int r = 0;

    if (zip_source_open(source) < 0)
        return kyso_trace(-EIO);
    if (zip_source_stat(source, &status) < 0 || (status.valid & ZIP_STAT_SIZE) == 0)
        r = kyso_trace(-EIO);
    to = r == 0 ? kyso_buf_reserve(ret_package, (size_t)status.size) : NULL;
    if (r == 0 && to == NULL)
        r = ret_package->error;
    if (r == 0 && zip_source_read(source, to, status.size) != (zip_int64_t)status.size)
        r = kyso_trace(-EIO);
    if (r == 0)
        ret_package->length += (size_t)status.size;
    (void)zip_source_close(source);
    return r;
}

int kyso_package_make(const struct kyso_package_file *files, size_t n, struct kyso_buf *ret_package)
{
    zip_source_t *source = zip_source_buffer_create(NULL, 0, 0, NULL);
    zip_t *zip;
    int r = 0;

    if (source == NULL)
        return kyso_trace(-ENOMEM);
    zip = zip_open_from_source(source, ZIP_TRUNCATE, NULL);
    if (zip == NULL) {
        zip_source_free(source);
        return kyso_trace(-EIO);
    }
    zip_source_keep(source); /* zip_close() gives one up */
    for (size_t i = 0; r == 0 && i < n; i++)
        r = add_file(zip, &files[i], i == 0);
    if (r == 0 && zip_close(zip) < 0)
        r = kyso_trace(-EIO);
    if (r < 0)
        zip_discard(zip);
    else
        r = read_back(source, ret_package);
    zip_source_free(source);
    return r;
}
