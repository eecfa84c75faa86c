/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kyso-pdf as kysod uses it: real frames and the real jail (where the build has it). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "common/memfd.h"
#include "common/outcome.h"
#include "document/protocol.h"

#define CONTENTS 2000

static char workers[PATH_MAX];
static struct kyso_loop *loop;

struct answer {
    int result;
    char detail[64];
    struct kyso_pdf_report report;
    struct kyso_pdf_update update;
};

static int open_all(void **state KYSO_UNUSED)
{
    ssize_t n = readlink("/proc/self/exe", workers, sizeof(workers) - 1);

    assert_true(n > 0);
    workers[n] = '\0';
    (void)strcpy(strrchr(workers, '/'), "/../../document");
    return kyso_loop_new(&loop);
}

static void quit(void *data KYSO_UNUSED)
{
    kyso_loop_quit(loop, 0);
}

/* Workers that were ended early are reaped by the loop: it has to run until all are. */
static int close_all(void **state KYSO_UNUSED)
{
    siginfo_t info;

    while (waitid(P_ALL, 0, &info, WEXITED | WNOWAIT) == 0) {
        struct kyso_source *source = NULL;

        assert_int_equal(kyso_loop_defer(loop, quit, NULL, &source), 0);
        assert_int_equal(kyso_loop_run(loop), 0);
        (void)kyso_source_free(source);
    }
    loop = kyso_loop_free(loop);
    return 0;
}

static int begin(void **state KYSO_UNUSED)
{
    kyso_worker_set_directory(workers);
    return 0;
}

/* Objects BODIES, numbered from 1, with a table; object 1 is the catalog. */
static void build(struct kyso_buf *buf, const char *const *bodies, size_t n)
{
    size_t places[16], xref;

    assert_true(n < KYSO_ARRAY_LEN(places));
    kyso_buf_printf(buf, "%%PDF-1.7\n");
    for (size_t i = 0; i < n; i++) {
        places[i] = buf->length;
        kyso_buf_printf(buf, "%zu 0 obj\n%s\nendobj\n", i + 1, bodies[i]);
    }
    xref = buf->length;
    kyso_buf_printf(buf, "xref\n0 %zu\n0000000000 65535 f \n", n + 1);
    for (size_t i = 0; i < n; i++)
        kyso_buf_printf(buf, "%010zu 00000 n \n", places[i]);
    kyso_buf_printf(buf, "trailer\n<< /Size %zu /Root 1 0 R >>\nstartxref\n%zu\n%%%%EOF\n", n + 1,
                    xref);
    assert_int_equal(buf->error, 0);
}

static void letter(struct kyso_buf *buf, const char *catalog_more)
{
    char catalog[200];
    const char *bodies[] = {
        catalog,
        "<< /Type /Pages /Kids [3 0 R] /Count 1 /MediaBox [0 0 595 842] >>",
        "<< /Type /Page /Parent 2 0 R /Contents 4 0 R /Resources << >> >>",
        "<< /Length 4 >>\nstream\nq Q \nendstream",
    };

    (void)snprintf(catalog, sizeof(catalog), "<< /Type /Catalog /Pages 2 0 R %s >>", catalog_more);
    build(buf, bodies, KYSO_ARRAY_LEN(bodies));
}

static int sealed(const struct kyso_buf *buf)
{
    int fd = -1;

    assert_int_equal(kyso_memfd_from_bytes("document", buf->bytes, buf->length, &fd), 0);
    return fd;
}

static void note(struct answer *answer, int result, const char *detail)
{
    answer->result = result;
    (void)snprintf(answer->detail, sizeof(answer->detail), "%s", detail != NULL ? detail : "");
    kyso_loop_quit(loop, 0);
}

static void inspected(void *data, int result, const char *detail, struct kyso_pdf_report *report)
{
    struct answer *answer = data;

    if (report != NULL)
        answer->report = *report;
    note(answer, result, detail);
}

static void prepared(void *data, int result, const char *detail, struct kyso_pdf_update *update)
{
    struct answer *answer = data;

    if (update != NULL)
        answer->update = *update;
    note(answer, result, detail);
}

static struct answer inspect(int document)
{
    struct answer answer = {.update = {.bytes = -1}};
    struct kyso_pdf_call *call = NULL;

    assert_int_equal(kyso_pdf_inspect(loop, document, inspected, &answer, &call), 0);
    assert_int_equal(kyso_loop_run(loop), 0);
    (void)kyso_pdf_call_free(call);
    return answer;
}

static struct answer prepare(int document, const struct kyso_pdf_request *request)
{
    struct answer answer = {.update = {.bytes = -1}};
    struct kyso_pdf_call *call = NULL;

    assert_int_equal(kyso_pdf_prepare(loop, document, request, prepared, &answer, &call), 0);
    assert_int_equal(kyso_loop_run(loop), 0);
    (void)kyso_pdf_call_free(call);
    return answer;
}

static struct kyso_pdf_request invisible(void)
{
    return (struct kyso_pdf_request){
        .appearance = -1,
        .contents = CONTENTS,
        .time = 1780272000,
        .name = "Nguyễn Văn Ánh",
        .reason = "Ký duyệt",
        .location = "An Giang",
    };
}

static void append(struct kyso_buf *buf, const struct kyso_pdf_update *update)
{
    uint8_t *to = kyso_buf_reserve(buf, update->length);

    assert_non_null(to);
    assert_int_equal(kyso_fd_read_at(update->bytes, to, update->length, 0), 0);
    buf->length += update->length;
}

static void a_letter_is_signed_twice(void **state KYSO_UNUSED)
{
    struct kyso_buf KYSO_BUF document = {0};
    struct kyso_buf KYSO_BUF drawing = {0};
    KYSO_CLOSE int plain = -1, once = -1, twice = -1, picture = -1;
    struct kyso_pdf_request request = invisible();
    struct answer answer;

    letter(&document, "");
    letter(&drawing, "");
    plain = sealed(&document);
    picture = sealed(&drawing);
    answer = inspect(plain);
    assert_int_equal(answer.result, 0);
    assert_int_equal(answer.report.pages, 1);
    assert_int_equal(answer.report.n_signatures, 0);
    assert_int_equal(answer.report.unsignable, KYSO_PDF_OK);
    kyso_pdf_report_done(&answer.report);

    answer = prepare(plain, &request);
    assert_int_equal(answer.result, 0);
    assert_string_equal(answer.update.field, "KysoSignature1");
    assert_int_equal(answer.update.hole_end - answer.update.hole_start, 2 * CONTENTS + 2);
    append(&document, &answer.update);
    assert_int_equal(answer.update.range_end, document.length);
    once = sealed(&document);
    assert_int_equal(kyso_pdf_confirm_hole(once, document.length, answer.update.hole_start,
                                           answer.update.hole_end, answer.update.range_end, true),
                     0);
    kyso_pdf_update_done(&answer.update);

    request.visible = true;
    request.page = 1;
    request.box = (struct kyso_pdf_box){50, 60, 100, 70};
    request.appearance = picture;
    answer = prepare(once, &request);
    assert_int_equal(answer.result, 0);
    append(&document, &answer.update);
    kyso_pdf_update_done(&answer.update);
    twice = sealed(&document);
    answer = inspect(twice);
    assert_int_equal(answer.result, 0);
    assert_int_equal(answer.report.revisions, 3);
    assert_int_equal(answer.report.n_signatures, 2);
    assert_int_equal(answer.report.signatures[0].flaw, KYSO_PDF_OK);
    assert_int_equal(answer.report.signatures[0].later, KYSO_PDF_OK);
    assert_string_equal(answer.report.signatures[0].name, "Nguyễn Văn Ánh");
    assert_string_equal(answer.report.signatures[0].reason, "Ký duyệt");
    assert_string_equal(answer.report.signatures[0].time, "D:20260601000000Z");
    assert_string_equal(answer.report.signatures[0].sub_filter, "ETSI.CAdES.detached");
    assert_int_equal(answer.report.signatures[1].page, 1);
    assert_int_equal((int)(answer.report.signatures[1].box.width + 0.5), 100);
    assert_int_equal(answer.report.signatures[1].range_end, document.length);
    assert_false(answer.report.unsigned_tail);
    kyso_pdf_report_done(&answer.report);
}

static void refusals_have_names(void **state KYSO_UNUSED)
{
    static const struct {
        const char *more;
        struct kyso_pdf_request request;
        const char *rule;
    } ROWS[] = {
        {"/OpenAction << /S /JavaScript /JS (1) >>", {.contents = 100}, "active-content"},
        {"/Lang (a) /Lang (b)", {.contents = 100}, "duplicate-key"},
        {"", {.contents = 100, .visible = true, .page = 2, .box = {1, 1, 9, 9}}, "page-number"},
        {"", {.contents = 100, .visible = true, .page = 1, .box = {590, 1, 9, 9}}, "box"},
        {"", {.contents = 100, .field = "Nowhere"}, "no-such-field"},
    };
    size_t passed = 0;

    for (size_t i = 0; i < KYSO_ARRAY_LEN(ROWS); i++) {
        struct kyso_buf KYSO_BUF document = {0};
        struct kyso_buf KYSO_BUF drawing = {0};
        struct kyso_pdf_request request = ROWS[i].request;
        KYSO_CLOSE int fd = -1, picture = -1;
        struct answer answer;

        letter(&document, ROWS[i].more);
        letter(&drawing, "");
        fd = sealed(&document);
        picture = sealed(&drawing);
        request.appearance = picture;
        answer = prepare(fd, &request);
        assert_int_equal(answer.result, KYSO_OUTCOME_BAD_DOCUMENT);
        assert_string_equal(answer.detail, ROWS[i].rule);
        passed++;
    }
    assert_int_equal(passed, KYSO_ARRAY_LEN(ROWS));
}

static void what_is_no_document(void **state KYSO_UNUSED)
{
    struct kyso_buf KYSO_BUF junk = {0};
    KYSO_CLOSE int fd = -1, open_fd = -1;
    struct answer answer;

    kyso_buf_printf(&junk, "no PDF at all");
    fd = sealed(&junk);
    answer = inspect(fd);
    assert_int_equal(answer.result, KYSO_OUTCOME_BAD_DOCUMENT);
    assert_string_equal(answer.detail, "header");
    assert_int_equal(kyso_memfd_new("open", &open_fd), 0);
    assert_int_equal(kyso_fd_write(open_fd, "%PDF-1.7", 8), 0);
    answer = inspect(open_fd);
    assert_int_equal(answer.result, KYSO_OUTCOME_DOCUMENT_UNSEALED);
}

static void drawings_that_cannot_be_used(void **state KYSO_UNUSED)
{
    static const char *const TWO_PAGES[] = {
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R 4 0 R] /Count 2 /MediaBox [0 0 9 9] >>",
        "<< /Type /Page /Parent 2 0 R >>",
        "<< /Type /Page /Parent 2 0 R >>",
    };
    struct kyso_buf KYSO_BUF document = {0};
    struct kyso_buf KYSO_BUF drawing = {0};
    struct kyso_buf KYSO_BUF junk = {0};
    struct kyso_pdf_request request = invisible();
    KYSO_CLOSE int fd = -1, two = -1, none = -1;
    struct answer answer;

    letter(&document, "");
    build(&drawing, TWO_PAGES, KYSO_ARRAY_LEN(TWO_PAGES));
    kyso_buf_printf(&junk, "junk");
    fd = sealed(&document);
    two = sealed(&drawing);
    none = sealed(&junk);
    request.visible = true;
    request.page = 1;
    request.box = (struct kyso_pdf_box){1, 1, 50, 50};
    for (int i = 0; i < 3; i++) {
        request.appearance = i == 0 ? two : i == 1 ? none : -1;
        answer = prepare(fd, &request);
        assert_int_equal(answer.result, KYSO_OUTCOME_BAD_DOCUMENT);
        assert_string_equal(answer.detail, "appearance");
    }
}

static void bombs_are_limits(void **state KYSO_UNUSED)
{
    struct kyso_buf KYSO_BUF document = {0};
    struct kyso_buf KYSO_BUF deep = {0};
    KYSO_CLOSE int fd = -1;
    struct answer answer;

    kyso_buf_printf(&deep, "/Deep ");
    for (int i = 0; i < 80; i++)
        kyso_buf_printf(&deep, "[");
    for (int i = 0; i < 80; i++)
        kyso_buf_printf(&deep, "]");
    letter(&document, (const char *)deep.bytes);
    fd = sealed(&document);
    answer = inspect(fd);
    assert_int_equal(answer.result, KYSO_OUTCOME_LIMIT);
    assert_string_equal(answer.detail, "limits");
}

static void a_missing_worker_is_told(void **state KYSO_UNUSED)
{
    struct kyso_buf KYSO_BUF document = {0};
    KYSO_CLOSE int fd = -1;
    struct answer answer;

    letter(&document, "");
    fd = sealed(&document);
    kyso_worker_set_directory("/nonexistent");
    answer = inspect(fd);
    assert_int_equal(answer.result, KYSO_OUTCOME_WORKER_DIED);
}

static void a_call_can_be_given_up(void **state KYSO_UNUSED)
{
    struct kyso_buf KYSO_BUF document = {0};
    struct kyso_pdf_call *call = NULL;
    struct answer never = {.result = -1};
    KYSO_CLOSE int fd = -1;
    struct answer answer;

    letter(&document, "");
    fd = sealed(&document);
    assert_int_equal(kyso_pdf_inspect(loop, fd, inspected, &never, &call), 0);
    assert_null(kyso_pdf_call_free(call));
    answer = inspect(fd); /* the loop ran meanwhile */
    assert_int_equal(answer.result, 0);
    kyso_pdf_report_done(&answer.report);
    assert_int_equal(never.result, -1);
}

int main(void)
{
    static const struct CMUnitTest TESTS[] = {
        cmocka_unit_test_setup(a_letter_is_signed_twice, begin),
        cmocka_unit_test_setup(refusals_have_names, begin),
        cmocka_unit_test_setup(what_is_no_document, begin),
        cmocka_unit_test_setup(drawings_that_cannot_be_used, begin),
        cmocka_unit_test_setup(bombs_are_limits, begin),
        cmocka_unit_test_setup(a_missing_worker_is_told, begin),
        cmocka_unit_test_setup(a_call_can_be_given_up, begin),
    };

    return cmocka_run_group_tests(TESTS, open_all, close_all);
}
