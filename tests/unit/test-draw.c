/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* kyso-draw as kysod uses it: the built worker in its jail, its pages judged by poppler's tools. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <cairo.h>
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "common/memfd.h"
#include "common/outcome.h"
#include "config.h"
#include "document/draw-jail.h"
#include "document/picture.h"
#include "document/remote.h"

#define SEAL_SIDE 420

static char folder[] = "/tmp/kyso-test-draw-XXXXXX";
static char workers[PATH_MAX];
static struct kyso_loop *loop;

/* What came back for one request. */
struct page {
    int result;
    char detail[64];
    struct kyso_buf pdf;
    bool called;
};

static void answered(void *data, int result, const char *detail, int page)
{
    struct page *answer = data;
    KYSO_CLOSE int fd = page;
    struct stat status;
    uint8_t *to;

    answer->called = true;
    answer->result = result;
    (void)snprintf(answer->detail, sizeof(answer->detail), "%s", detail != NULL ? detail : "");
    if (result == 0) {
        assert_int_equal(fstat(fd, &status), 0);
        to = kyso_buf_reserve(&answer->pdf, (size_t)status.st_size);
        assert_non_null(to);
        assert_int_equal(kyso_fd_read_at(fd, to, (size_t)status.st_size, 0), 0);
        answer->pdf.length = (size_t)status.st_size;
    }
    kyso_loop_quit(loop, 0);
}

static void draw(const struct kyso_draw_request *request, struct page *ret_page)
{
    struct kyso_draw_call *call = NULL;
    struct page page = { 0 };

    assert_int_equal(kyso_draw(loop, request, answered, &page, &call), 0);
    assert_int_equal(kyso_loop_run(loop), 0);
    assert_true(page.called);
    (void)kyso_draw_call_free(call);
    *ret_page = page;
}

static void draw_lines(const char *const *lines, size_t n, double width, double height, int picture,
                       bool left, struct page *ret_page)
{
    struct kyso_draw_request request = { .width = width,
                                         .height = height,
                                         .picture = picture,
                                         .picture_left = left,
                                         .lines = lines,
                                         .n_lines = n };

    draw(&request, ret_page);
}

static void path_of(const char *name, char *ret_path)
{
    (void)snprintf(ret_path, PATH_MAX, "%s/%s", folder, name);
}

/* Runs the command BEFORE, the path of the page as a file, AFTER; its output, to be freed. */
static char *run_on(const struct page *page, const char *before, const char *after)
{
    KYSO_BUF struct kyso_buf output = { 0 };
    char path[PATH_MAX], command[3 * PATH_MAX], chunk[4096];
    FILE *file;
    size_t n;

    path_of("page.pdf", path);
    file = fopen(path, "we");
    assert_non_null(file);
    assert_int_equal(fwrite(page->pdf.bytes, 1, page->pdf.length, file), page->pdf.length);
    assert_int_equal(fclose(file), 0);
    (void)snprintf(command, sizeof(command), "%s %s %s", before, path, after);
    file = popen(command, "re");
    assert_non_null(file);
    while ((n = fread(chunk, 1, sizeof(chunk), file)) > 0)
        kyso_buf_put(&output, chunk, n);
    assert_int_equal(pclose(file), 0);
    kyso_buf_put(&output, "", 0);
    return kyso_buf_take_string(&output);
}

static cairo_status_t write_some(void *closure, const unsigned char *bytes, unsigned int length)
{
    kyso_buf_put(closure, bytes, length);
    return CAIRO_STATUS_SUCCESS;
}

/* A red ring on nothing, as PNG. */
static void make_seal(struct kyso_buf *png)
{
    KYSO_SURFACE cairo_surface_t *seal =
        cairo_image_surface_create(CAIRO_FORMAT_ARGB32, SEAL_SIDE, SEAL_SIDE);
    cairo_t *cr = cairo_create(seal);

    cairo_set_source_rgb(cr, 0.85, 0.05, 0.1);
    cairo_set_line_width(cr, 40);
    cairo_arc(cr, SEAL_SIDE / 2.0, SEAL_SIDE / 2.0, SEAL_SIDE / 2.0 - 20, 0, 2 * G_PI);
    cairo_stroke(cr);
    cairo_destroy(cr);
    assert_int_equal(cairo_surface_write_to_png_stream(seal, write_some, png),
                     CAIRO_STATUS_SUCCESS);
}

static int seal_file(void)
{
    KYSO_BUF struct kyso_buf png = { 0 };
    int fd = -1;

    make_seal(&png);
    assert_int_equal(kyso_memfd_from_bytes("seal", png.bytes, png.length, &fd), 0);
    return fd;
}

/* The 146 letters: twelve vowels with six tones, and đ, small and large, one line per vowel. */
static char *letters_of(const char *vowel)
{
    static const char *const TONES[] = { "", "\u0300", "\u0309", "\u0303", "\u0301", "\u0323" };
    GString *line = g_string_new(NULL);

    for (size_t i = 0; i < KYSO_ARRAY_LEN(TONES); i++)
        g_string_append_printf(line, "%s%s", vowel, TONES[i]);
    return g_string_free(line, FALSE);
}

static size_t vietnamese(char **ret_lines, GNormalizeMode mode)
{
    static const char *const VOWELS[] = { "a", "ă", "â", "e", "ê", "i", "o", "ô", "ơ", "u",
                                          "ư", "y", "A", "Ă", "Â", "E", "Ê", "I", "O", "Ô",
                                          "Ơ", "U", "Ư", "Y" };
    size_t n = KYSO_ARRAY_LEN(VOWELS) / 2;

    for (size_t i = 0; i < n; i++) {
        char *small = letters_of(VOWELS[i]), *large = letters_of(VOWELS[i + n]);
        char *both = g_strconcat(small, large, i == 0 ? "đĐ" : "", NULL);

        ret_lines[i] = g_utf8_normalize(both, -1, mode);
        g_free(small);
        g_free(large);
        g_free(both);
    }
    return n;
}

static void free_lines(char **lines, size_t n)
{
    for (size_t i = 0; i < n; i++)
        g_free(lines[i]);
}

static void draw_vietnamese(GNormalizeMode mode, struct page *ret_page)
{
    char *lines[16];
    size_t n = vietnamese(lines, mode);

    draw_lines((const char *const *)lines, n, 230, 160, -1, false, ret_page);
    free_lines(lines, n);
    assert_int_equal(ret_page->result, 0);
}

static void test_all_letters(void **state KYSO_UNUSED)
{
    GNormalizeMode modes[] = { G_NORMALIZE_NFC, G_NORMALIZE_NFD };
    char *lines[16];
    size_t n = vietnamese(lines, G_NORMALIZE_NFC);

    for (size_t mode = 0; mode < KYSO_ARRAY_LEN(modes); mode++) {
        size_t found = 0, all = 0;
        struct page page;
        char *text;

        draw_vietnamese(modes[mode], &page);
        text = run_on(&page, "pdftotext -layout", "-");
        for (size_t i = 0; i < n; i++)
            for (const char *p = lines[i]; *p != '\0'; p += g_utf8_skip[(unsigned char)*p]) {
                char letter[8] = { 0 };

                memcpy(letter, p, (size_t)g_utf8_skip[(unsigned char)*p]);
                all++;
                found += strstr(text, letter) != NULL;
            }
        print_message("# letters found: %zu of %zu\n", found, all);
        assert_int_equal(all, 146);
        assert_int_equal(found, all);
        free(text);
        kyso_buf_done(&page.pdf);
    }
    free_lines(lines, n);
}

static void test_both_forms_look_alike(void **state KYSO_UNUSED)
{
    struct page composed, decomposed;
    char *first, *second;

    draw_vietnamese(G_NORMALIZE_NFC, &composed);
    draw_vietnamese(G_NORMALIZE_NFD, &decomposed);
    first = run_on(&composed, "pdftoppm -r 100 -png", "| sha256sum");
    second = run_on(&decomposed, "pdftoppm -r 100 -png", "| sha256sum");
    assert_string_equal(first, second);
    free(first);
    free(second);
    /* and, as nothing depends on the clock or on chance, so are the files */
    assert_int_equal(composed.pdf.length, decomposed.pdf.length);
    assert_memory_equal(composed.pdf.bytes, decomposed.pdf.bytes, composed.pdf.length);
    kyso_buf_done(&composed.pdf);
    kyso_buf_done(&decomposed.pdf);
}

/* Words of the page that stand inside WIDTH × HEIGHT and right of LEFT. */
static void assert_inside(const struct page *page, double left, double width, double height)
{
    char *boxes = run_on(page, "pdftotext -bbox", "-");
    size_t words = 0, inside = 0;
    double x0, y0, x1, y1;

    for (const char *p = boxes; (p = strstr(p, "<word ")) != NULL; p++) {
        assert_int_equal(sscanf(p, "<word xMin=\"%lf\" yMin=\"%lf\" xMax=\"%lf\" yMax=\"%lf\"",
                                &x0, &y0, &x1, &y1),
                         4);
        words++;
        inside += x0 >= left && y0 >= -0.5 && x1 <= width && y1 <= height + 0.5;
    }
    print_message("# words inside: %zu of %zu\n", inside, words);
    assert_true(words > 0);
    assert_int_equal(inside, words);
    free(boxes);
}

static void test_page_is_the_box(void **state KYSO_UNUSED)
{
    static const char *const LINES[] = { "Ký bởi: Nguyễn Thị Mẫu", "Cơ quan: Sở Mẫu",
                                         "Thời gian ký: 20.11.2026 11:50:20 +07:00" };
    struct page page;
    char *info, *fonts;
    KYSO_CLOSE int seal = seal_file();

    draw_lines(LINES, 3, 210.5, 105.25, seal, true, &page);
    assert_int_equal(page.result, 0);
    assert_true(page.pdf.length <= 28000);
    info = run_on(&page, "pdfinfo", "");
    assert_non_null(strstr(info, "Pages:           1\n"));
    assert_non_null(strstr(info, "Page size:       210.5 x 105.25 pts\n"));
    fonts = run_on(&page, "pdffonts", "| tail -n +3 | grep -vc 'yes yes yes' || true");
    assert_string_equal(fonts, "0\n"); /* all embedded, subset, with their letters */
    assert_inside(&page, 60, 210.5, 105.25);
    free(info);
    free(fonts);
    kyso_buf_done(&page.pdf);
}

static void test_long_names_shrink(void **state KYSO_UNUSED)
{
    static const char *const LINES[] = {
        "Ký bởi: Nguyễn Phúc Hoàng Thị Ngọc Phương Quỳnh Anh Công Tằng Tôn Nữ",
        "Cơ quan: Văn phòng Đoàn đại biểu Quốc hội, Hội đồng nhân dân và Ủy ban nhân dân tỉnh Mẫu",
        "Thời gian ký: 20.11.2026 11:50:20 +07:00"
    };
    static const double SIZES[][2] = { { 300, 60 }, { 150, 60 }, { 110, 70 }, { 80, 90 } };
    struct page page;
    char *text;

    for (size_t i = 0; i < KYSO_ARRAY_LEN(SIZES); i++) {
        draw_lines(LINES, 3, SIZES[i][0], SIZES[i][1], -1, false, &page);
        assert_int_equal(page.result, 0);
        assert_inside(&page, 0, SIZES[i][0], SIZES[i][1]);
        text = run_on(&page, "pdftotext", "- | tr -s '\\n\\f ' ' '");
        assert_non_null(strstr(text, "Quỳnh Anh Công Tằng Tôn Nữ Cơ quan: Văn phòng"));
        assert_non_null(strstr(text, "Ủy ban nhân dân tỉnh Mẫu Thời gian ký"));
        free(text);
        kyso_buf_done(&page.pdf);
    }
    draw_lines(LINES, 3, 60, 16, -1, false, &page);
    assert_int_equal(page.result, KYSO_OUTCOME_BAD_ARGUMENT);
    assert_string_equal(page.detail, "box-too-small");
}

static void test_boxes_refused(void **state KYSO_UNUSED)
{
    static const char *const LINES[] = { "Ký số" };
    static const double SIZES[][2] = { { 0, 50 },  { 50, 0 },     { -1, 50 },      { 3, 3 },
                                       { 50, 4 },  { 20000, 50 }, { G_MAXDOUBLE, 1 },
                                       { NAN, 50 }, { 50, INFINITY } };
    size_t refused = 0;

    for (size_t i = 0; i < KYSO_ARRAY_LEN(SIZES); i++) {
        struct page page;

        draw_lines(LINES, 1, SIZES[i][0], SIZES[i][1], -1, false, &page);
        refused += page.result == KYSO_OUTCOME_BAD_ARGUMENT &&
                   strcmp(page.detail, "box-too-small") == 0;
        kyso_buf_done(&page.pdf);
    }
    print_message("# refused: %zu of %zu\n", refused, KYSO_ARRAY_LEN(SIZES));
    assert_int_equal(refused, KYSO_ARRAY_LEN(SIZES));
}

static uint32_t pixel(cairo_surface_t *image, double x, double y)
{
    int column = (int)(x * cairo_image_surface_get_width(image));
    int row = (int)(y * cairo_image_surface_get_height(image));
    uint32_t value;

    memcpy(&value,
           cairo_image_surface_get_data(image) + row * cairo_image_surface_get_stride(image) +
               4 * column,
           sizeof(value));
    return value;
}

static void test_transparency_is_kept(void **state KYSO_UNUSED)
{
    KYSO_SURFACE cairo_surface_t *image = NULL;
    KYSO_CLOSE int seal = seal_file();
    char target[PATH_MAX], path[PATH_MAX];
    struct page page;
    uint32_t ink;
    char *none;

    draw_lines(NULL, 0, 108, 108, seal, false, &page);
    assert_int_equal(page.result, 0);
    path_of("page", target);
    path_of("page.png", path);
    none = run_on(&page, "pdftocairo -png -transp -r 144 -singlefile", target);
    free(none);
    image = cairo_image_surface_create_from_png(path);
    assert_int_equal(cairo_image_surface_get_width(image), 216);
    assert_int_equal(pixel(image, 0.03, 0.03), 0); /* corner */
    assert_int_equal(pixel(image, 0.5, 0.5), 0);   /* inside the ring */
    ink = pixel(image, 0.5, 0.06);
    assert_int_equal(ink >> 24, 0xff);
    assert_true((ink >> 16 & 0xff) > 200 && (ink >> 8 & 0xff) < 40 && (ink & 0xff) < 50);
    kyso_buf_done(&page.pdf);
}

/* Draws PNG's bytes and says whether the answer is EXPECTED. */
static bool answers(const uint8_t *png, size_t length, const char *expected)
{
    KYSO_CLOSE int picture = -1;
    struct page page;
    bool right;

    assert_int_equal(kyso_memfd_from_bytes("picture", png, length, &picture), 0);
    draw_lines(NULL, 0, 108, 108, picture, false, &page);
    right = page.result == KYSO_OUTCOME_BAD_ARGUMENT && strcmp(page.detail, expected) == 0;
    if (!right)
        print_message("# answer %d %s\n", page.result, page.detail);
    kyso_buf_done(&page.pdf);
    return right;
}

static void test_truncated_pictures(void **state KYSO_UNUSED)
{
    KYSO_BUF struct kyso_buf png = { 0 };
    size_t cuts = 24, refused = 0;

    make_seal(&png);
    for (size_t i = 0; i < cuts; i++)
        refused += answers(png.bytes, (png.length - 1) * i / (cuts - 1), "bad-picture");
    print_message("# refused: %zu of %zu\n", refused, cuts);
    assert_int_equal(refused, cuts);
}

static void test_damaged_pictures(void **state KYSO_UNUSED)
{
    static const char TEXT[] = "not a picture, but long enough to be taken for one";
    KYSO_BUF struct kyso_buf png = { 0 };
    size_t damages = 16, refused = 0;

    make_seal(&png);
    for (size_t i = 0; i < damages; i++) {
        size_t at = 60 + (png.length - 80) * i / damages;

        png.bytes[at] ^= 0x55; /* inside the checked image data */
        refused += answers(png.bytes, png.length, "bad-picture");
        png.bytes[at] ^= 0x55;
    }
    print_message("# refused: %zu of %zu\n", refused, damages);
    assert_int_equal(refused, damages);
    assert_true(answers((const uint8_t *)TEXT, sizeof(TEXT), "bad-picture"));
}

static void put_big_endian(uint8_t *bytes, uint32_t value)
{
    for (size_t i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(value >> (24 - 8 * i));
}

static void test_oversized_pictures(void **state KYSO_UNUSED)
{
    static const struct {
        uint32_t width, height;
        const char *detail;
    } CASES[] = {
        { 8193, 1, "picture-too-large" },          { 1, 8193, "picture-too-large" },
        { 8192, 8192, "picture-too-large" },       { 4097, 4096, "picture-too-large" },
        { 0x7fffffff, 0x7fffffff, "picture-too-large" },
        { 0xffffffff, 0xffffffff, "picture-too-large" },
        { 0, 100, "bad-picture" },                 { 100, 0, "bad-picture" },
        { 4096, 4096, "bad-picture" }, /* within the limits, but there is less behind it */
    };
    KYSO_BUF struct kyso_buf png = { 0 };
    size_t right = 0;

    make_seal(&png);
    for (size_t i = 0; i < KYSO_ARRAY_LEN(CASES); i++) {
        put_big_endian(png.bytes + 16, CASES[i].width);
        put_big_endian(png.bytes + 20, CASES[i].height);
        right += answers(png.bytes, png.length, CASES[i].detail);
    }
    print_message("# refused: %zu of %zu\n", right, KYSO_ARRAY_LEN(CASES));
    assert_int_equal(right, KYSO_ARRAY_LEN(CASES));
}

/* The largest picture that is let in still fits into the worker's memory. */
static void test_largest_picture(void **state KYSO_UNUSED)
{
    KYSO_SURFACE cairo_surface_t *large =
        cairo_image_surface_create(CAIRO_FORMAT_ARGB32, 8192, 2048);
    KYSO_BUF struct kyso_buf png = { 0 };
    KYSO_CLOSE int picture = -1;
    cairo_t *cr = cairo_create(large);
    struct page page;

    cairo_set_source_rgba(cr, 0, 0, 0.7, 0.5);
    cairo_paint(cr);
    cairo_destroy(cr);
    assert_int_equal(cairo_surface_write_to_png_stream(large, write_some, &png),
                     CAIRO_STATUS_SUCCESS);
    assert_int_equal(kyso_memfd_from_bytes("large", png.bytes, png.length, &picture), 0);
    draw_lines(NULL, 0, 200, 100, picture, false, &page);
    assert_int_equal(page.result, 0);
    kyso_buf_done(&page.pdf);
}

static void test_missing_glyphs(void **state KYSO_UNUSED)
{
    static const char *const CASES[] = {
        "Ký bởi: 日本",           "Ký bởi: \U0001F58B",   "dòng\nmới", "tab\tdừng", "\u202Eđảo",
        "không\u200Bthấy",        "\uE000",               "a\x01",   "\u2066Nguyễn\u2069",
        "Ký bởi: \u0E01\u0E02",
    };
    size_t refused = 0;

    for (size_t i = 0; i < KYSO_ARRAY_LEN(CASES); i++) {
        struct page page;

        draw_lines(&CASES[i], 1, 200, 50, -1, false, &page);
        if (page.result == KYSO_OUTCOME_BAD_ARGUMENT && strcmp(page.detail, "missing-glyph") == 0)
            refused++;
        else
            print_message("# case %zu: answer %d %s\n", i, page.result, page.detail);
        kyso_buf_done(&page.pdf);
    }
    print_message("# refused: %zu of %zu\n", refused, KYSO_ARRAY_LEN(CASES));
    assert_int_equal(refused, KYSO_ARRAY_LEN(CASES));
}

static void test_too_much(void **state KYSO_UNUSED)
{
    char line[600], *lines[33];
    struct kyso_draw_request request = {
        .width = 200, .height = 50, .picture = -1, .lines = (const char *const *)lines
    };
    struct kyso_draw_call *call = NULL;
    struct page page;

    memset(line, 'a', sizeof(line));
    line[sizeof(line) - 1] = '\0';
    for (size_t i = 0; i < KYSO_ARRAY_LEN(lines); i++)
        lines[i] = line;
    request.n_lines = 1;
    draw(&request, &page);
    assert_int_equal(page.result, KYSO_OUTCOME_BAD_ARGUMENT);
    assert_string_equal(page.detail, "too-much-text");
    request.n_lines = KYSO_ARRAY_LEN(lines);
    assert_int_equal(kyso_draw(loop, &request, answered, &page, &call), KYSO_OUTCOME_LIMIT);
    request.n_lines = 1;
    line[0] = (char)0xff;
    assert_int_equal(kyso_draw(loop, &request, answered, &page, &call),
                     KYSO_OUTCOME_BAD_ARGUMENT);
    assert_null(call);
}

static void quit(void *data)
{
    kyso_loop_quit(data, 0);
}

/* Lets the loop reap the workers that were ended, until there is no child left. */
static void reap_all(void)
{
    siginfo_t ended;

    while (waitid(P_ALL, 0, &ended, WEXITED | WNOWAIT) == 0) {
        struct kyso_source *after = NULL;

        assert_int_equal(kyso_loop_defer(loop, quit, loop, &after), 0);
        assert_int_equal(kyso_loop_run(loop), 0);
        (void)kyso_source_free(after);
    }
    assert_int_equal(errno, ECHILD);
}

static void test_given_up(void **state KYSO_UNUSED)
{
    static const char *const LINES[] = { "Ký số" };
    struct kyso_draw_request request = {
        .width = 200, .height = 50, .picture = -1, .lines = LINES, .n_lines = 1
    };
    struct kyso_draw_call *call = NULL;
    struct page page = { 0 };

    assert_int_equal(kyso_draw(loop, &request, answered, &page, &call), 0);
    assert_null(kyso_draw_call_free(call));
    reap_all();
    assert_false(page.called);
}

/* In a child inside kyso-draw's own jail: exits 0 when TRY behaves as it should. */
static int in_jail(int (*probe)(void))
{
    pid_t pid = fork();
    int status;

    assert_true(pid >= 0);
    if (pid == 0)
        _exit(kyso_jail_enter(&kyso_draw_jail) == 0 ? probe() : 99);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

static int probe_files(void)
{
    static const char *const FORBIDDEN[] = { "/etc/passwd", "/proc/self/maps", "/tmp", "/usr/lib",
                                             "/var/lib", "/dev/null" };

    for (size_t i = 0; i < KYSO_ARRAY_LEN(FORBIDDEN); i++)
        if (open(FORBIDDEN[i], O_RDONLY | O_CLOEXEC) >= 0 || errno != EACCES)
            return (int)i + 1;
    if (open("/usr/share/fonts/kyso-probe", O_WRONLY | O_CREAT | O_CLOEXEC, 0600) >= 0)
        return 20;
    return open("/usr/share/fonts", O_RDONLY | O_DIRECTORY | O_CLOEXEC) >= 0 ? 0 : 21;
}

#if KYSO_JAIL_STRICT
static int probe_socket(void)
{
    return socket(AF_INET, SOCK_STREAM, 0) >= 0 ? 1 : 2;
}

static int probe_program(void)
{
    char name[] = "true", *arguments[] = { name, NULL };

    return execv("/bin/true", arguments);
}

static int probe_memory(void)
{
    void *much = malloc((size_t)300 * 1024 * 1024);
    bool given = much != NULL;

    free(much);
    return given ? 1 : 0;
}
#endif

static void test_jail(void **state KYSO_UNUSED)
{
    assert_int_equal(in_jail(probe_files), 0);
#if KYSO_JAIL_STRICT
    assert_int_equal(WTERMSIG(in_jail(probe_socket)), SIGSYS);
    assert_int_equal(WTERMSIG(in_jail(probe_program)), SIGSYS);
    assert_int_equal(in_jail(probe_memory), 0);
#endif
}

static int set_up(void **state KYSO_UNUSED)
{
    char self[PATH_MAX] = { 0 };
    ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
    int length;

    if (n <= 0 || mkdtemp(folder) == NULL)
        return -1;
    *strrchr(self, '/') = '\0';
    length = snprintf(workers, sizeof(workers), "%s/../../document", self);
    if (length < 0 || (size_t)length >= sizeof(workers))
        return -1;
    kyso_worker_set_directory(workers);
    return kyso_loop_new(&loop);
}

static int tear_down(void **state KYSO_UNUSED)
{
    static const char *const NAMES[] = { "page.pdf", "page.png" };
    char path[PATH_MAX];

    reap_all();
    loop = kyso_loop_free(loop);
    for (size_t i = 0; i < KYSO_ARRAY_LEN(NAMES); i++) {
        path_of(NAMES[i], path);
        (void)unlink(path);
    }
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_letters),          cmocka_unit_test(test_both_forms_look_alike),
        cmocka_unit_test(test_page_is_the_box),      cmocka_unit_test(test_long_names_shrink),
        cmocka_unit_test(test_boxes_refused),        cmocka_unit_test(test_transparency_is_kept),
        cmocka_unit_test(test_truncated_pictures),   cmocka_unit_test(test_damaged_pictures),
        cmocka_unit_test(test_oversized_pictures),   cmocka_unit_test(test_largest_picture),
        cmocka_unit_test(test_missing_glyphs),       cmocka_unit_test(test_too_much),
        cmocka_unit_test(test_given_up),             cmocka_unit_test(test_jail),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
