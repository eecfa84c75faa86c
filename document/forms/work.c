/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "document/forms/work.h"

#include <errno.h>

#include "common/error.h"
#include "common/memfd.h"
#include "common/outcome.h"
#include "document/fonts.h"
#include "document/forms/odt.h"
#include "document/forms/pdf.h"
#include "document/forms/protocol.h"
#include "document/forms/tell.h"

static int set(const struct kyso_sheet *sheet, enum kyso_form_format format,
               struct kyso_buf *ret_file, char ret_detail[KYSO_FORM_DETAIL_MAX])
{
    switch (format) {
    case KYSO_FORM_PDF:
        return kyso_sheet_set_pdf(sheet, ret_file, ret_detail);
    case KYSO_FORM_ODT:
        return kyso_sheet_set_odt(sheet, ret_file);
    case KYSO_FORM_JSON:
        return kyso_sheet_tell_json(sheet, ret_file);
    case KYSO_FORM_CSV:
        return kyso_sheet_tell_csv(sheet, ret_file);
    case KYSO_FORM_FORMAT_MAX:
        break;
    }
    return kyso_trace(-EINVAL);
}

int kyso_form_make(const struct kyso_form_input *input, enum kyso_form_format format,
                   struct kyso_buf *ret_file, char ret_detail[KYSO_FORM_DETAIL_MAX])
{
    KYSO_SHEET struct kyso_sheet *sheet = NULL;
    int r = kyso_form_fill(input, &sheet, ret_detail);

    if (r == 0)
        r = set(sheet, format, ret_file, ret_detail);
    return r == -EMSGSIZE ? KYSO_OUTCOME_LIMIT : r;
}

static int read_all(int fd, uint64_t maximum, struct kyso_buf *ret_text)
{
    uint64_t size;
    uint8_t *to;
    int r = kyso_memfd_check(fd, maximum, &size);

    if (r != 0)
        return r;
    to = kyso_buf_reserve(ret_text, (size_t)size);
    if (to == NULL)
        return ret_text->error;
    ret_text->length = (size_t)size;
    return kyso_fd_read_at(fd, to, (size_t)size, 0);
}

static int work(const struct kyso_form_request *request, int *ret_file,
                char ret_detail[KYSO_FORM_DETAIL_MAX])
{
    KYSO_BUF struct kyso_buf form = {0};
    KYSO_BUF struct kyso_buf values = {0};
    KYSO_BUF struct kyso_buf file = {.maximum = (size_t)KYSO_FORM_FILE_MAX};
    struct kyso_form_input input;
    int r = 0;

    if (request->format == KYSO_FORM_PDF || request->format == KYSO_FORM_ODT)
        r = kyso_fonts_load(true);
    if (r == 0)
        r = read_all(request->form, KYSO_FORM_FORM_MAX, &form);
    if (r == 0)
        r = read_all(request->values, KYSO_FORM_VALUES_MAX, &values);
    if (r != 0)
        return r;
    input = (struct kyso_form_input){(const char *)form.bytes, (const char *)values.bytes,
                                     form.length, values.length};
    r = kyso_form_make(&input, request->format, &file, ret_detail);
    if (r != 0)
        return r;
    return kyso_memfd_from_bytes("form", file.bytes, file.length, ret_file);
}

int kyso_form_work(struct kyso_frame *frame, int *ret_file, char ret_detail[KYSO_FORM_DETAIL_MAX])
{
    struct kyso_form_request request = {-1, -1, KYSO_FORM_PDF};
    int r = kyso_form_get_request(frame, &request);

    if (r < 0)
        return r;
    r = work(&request, ret_file, ret_detail);
    kyso_close(&request.form);
    kyso_close(&request.values);
    return r;
}
