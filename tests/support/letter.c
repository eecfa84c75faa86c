/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Draws an official letter of a Vietnamese office, laid out as Decree 30/2020/NĐ-CP asks, for
 * demonstrations and tests. The same arguments give the same bytes. */
#include <getopt.h>
#include <pango/pangocairo.h>
#include <cairo-pdf.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_WIDTH 595.276
#define PAGE_HEIGHT 841.89
#define MARGIN_LEFT 85.0
#define MARGIN_RIGHT 57.0
#define MARGIN_TOP 57.0
#define TEXT_WIDTH (PAGE_WIDTH - MARGIN_LEFT - MARGIN_RIGHT)
#define FAMILY "Liberation Serif"

struct letter {
    const char *path;
    const char *number;
    int pages;
    int rotation; /* degrees clockwise by which the page's /Rotate turns it to be upright */
};

struct block {
    double x;
    double y;
    double width;
    const char *font;
    PangoAlignment align;
};

static const char usage[] =
    "usage: letter [--number TEXT] [--pages N] [--rotate DEGREES] FILE.pdf\n"
    "Draws a letter in Vietnamese. N: 1 to 100 pages; TEXT: its number (125/UBND-VP).\n"
    "DEGREES: 0, 90, 180 or 270: pages stored turned, as scanners do; they show upright.\n";

/* Draws TEXT and returns the y below it. */
static double draw(cairo_t *cairo, const struct block *block, const char *text)
{
    PangoLayout *layout = pango_cairo_create_layout(cairo);
    PangoFontDescription *font = pango_font_description_from_string(block->font);
    int height;

    pango_layout_set_font_description(layout, font);
    pango_layout_set_width(layout, (int)(block->width * PANGO_SCALE));
    pango_layout_set_alignment(layout, block->align);
    pango_layout_set_justify(layout, block->align == PANGO_ALIGN_LEFT);
    pango_layout_set_line_spacing(layout, 1.2F);
    pango_layout_set_text(layout, text, -1);
    cairo_move_to(cairo, block->x, block->y);
    pango_cairo_show_layout(cairo, layout);
    pango_layout_get_size(layout, NULL, &height);
    pango_font_description_free(font);
    g_object_unref(layout);
    return block->y + (double)height / PANGO_SCALE;
}

static double draw_line(cairo_t *cairo, double middle, double y, double width)
{
    cairo_set_line_width(cairo, 0.7);
    cairo_move_to(cairo, middle - width / 2, y + 3);
    cairo_line_to(cairo, middle + width / 2, y + 3);
    cairo_stroke(cairo);
    return y + 8;
}

/* The two columns on top: the office with its number, the country with place and date. */
static double draw_head(cairo_t *cairo, const struct letter *letter)
{
    const double left_width = TEXT_WIDTH * 0.40;
    const double right_width = TEXT_WIDTH * 0.58;
    struct block left = {MARGIN_LEFT, MARGIN_TOP, left_width, FAMILY " Bold 9.4",
                         PANGO_ALIGN_CENTER};
    struct block right = {MARGIN_LEFT + TEXT_WIDTH - right_width, MARGIN_TOP, right_width,
                          FAMILY " Bold 9.4", PANGO_ALIGN_CENTER};
    char number[256];

    left.y = draw(cairo, &left, "ỦY BAN NHÂN DÂN\nTỈNH LẠNG SƠN");
    left.y = draw_line(cairo, left.x + left.width / 2, left.y, 60);
    snprintf(number, sizeof(number), "Số: %s\nV/v sử dụng chữ ký số trong văn bản", letter->number);
    left.font = FAMILY " 9.4";
    left.y = draw(cairo, &left, number);

    right.y = draw(cairo, &right,
                   "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nĐộc lập - Tự do - Hạnh phúc");
    right.y = draw_line(cairo, right.x + right.width / 2, right.y, 130);
    right.font = FAMILY " Italic 10";
    right.y = draw(cairo, &right, "Lạng Sơn, ngày 20 tháng 11 năm 2026");
    return (left.y > right.y ? left.y : right.y) + 24;
}

static void draw_body(cairo_t *cairo, double y)
{
    static const char *const paragraphs[] = {
        "Kính gửi: Các sở, ban, ngành; Ủy ban nhân dân các huyện, thành phố.",
        "Để việc gửi, nhận văn bản điện tử được an toàn và đúng thể thức, Ủy ban nhân dân tỉnh "
        "đề nghị các cơ quan ký số trên mọi văn bản điện tử gửi đi: người có thẩm quyền ký trước, "
        "sau đó văn thư ký số của cơ quan, tổ chức.",
        "Văn bản đã ký số phải giữ nguyên nội dung. Mọi thay đổi sau khi người có thẩm quyền ký "
        "đều làm cho văn bản không đủ điều kiện để đóng dấu của cơ quan, tổ chức.",
        "Thiết bị lưu khóa bí mật bị khóa do nhập sai mật khẩu phải được đề nghị khôi phục theo "
        "mẫu quy định. Đề nghị các cơ quan tổ chức thực hiện.",
    };
    struct block block = {MARGIN_LEFT, y, TEXT_WIDTH, FAMILY " 10.5", PANGO_ALIGN_LEFT};

    for (size_t i = 0; i < sizeof(paragraphs) / sizeof(paragraphs[0]); i++)
        block.y = draw(cairo, &block, paragraphs[i]) + 9;

    block.y += 18;
    block.width = TEXT_WIDTH * 0.45;
    block.font = FAMILY " 8.3";
    draw(cairo, &block, "Nơi nhận:\n- Như trên;\n- Lưu: VT.");
    block.x = MARGIN_LEFT + TEXT_WIDTH * 0.5;
    block.width = TEXT_WIDTH * 0.5;
    block.align = PANGO_ALIGN_CENTER;
    block.font = FAMILY " Bold 10.5";
    block.y = draw(cairo, &block, "TM. ỦY BAN NHÂN DÂN\nKT. CHỦ TỊCH\nPHÓ CHỦ TỊCH") + 80;
    draw(cairo, &block, "Nguyễn Văn An");
}

static void draw_further_page(cairo_t *cairo, int page)
{
    struct block block = {MARGIN_LEFT, MARGIN_TOP, TEXT_WIDTH, FAMILY " Bold 10.5",
                          PANGO_ALIGN_CENTER};
    char title[64];

    snprintf(title, sizeof(title), "PHỤ LỤC %d", page - 1);
    block.y = draw(cairo, &block, title) + 12;
    block.font = FAMILY " 10.5";
    block.align = PANGO_ALIGN_LEFT;
    draw(cairo, &block, "Danh mục văn bản điện tử phải ký số trước khi gửi: công văn, báo cáo, kế "
                        "hoạch, thông báo, giấy mời.");
}

struct bytes {
    char *data;
    size_t length;
};

static cairo_status_t keep(void *closure, const unsigned char *data, unsigned int length)
{
    struct bytes *bytes = closure;
    char *grown = realloc(bytes->data, bytes->length + length + 1);

    if (grown == NULL)
        return CAIRO_STATUS_NO_MEMORY;
    memcpy(grown + bytes->length, data, length);
    bytes->data = grown;
    bytes->length += length;
    bytes->data[bytes->length] = '\0';
    return CAIRO_STATUS_SUCCESS;
}

/* Lays the upright page onto the stored one. */
static void turn(cairo_t *cairo, int rotation)
{
    static const cairo_matrix_t turns[] = {
        {1, 0, 0, 1, 0, 0},
        {0, -1, 1, 0, 0, PAGE_WIDTH},
        {-1, 0, 0, -1, PAGE_WIDTH, PAGE_HEIGHT},
        {0, 1, -1, 0, PAGE_HEIGHT, 0},
    };

    cairo_set_matrix(cairo, &turns[rotation / 90]);
}

/* cairo cannot write /Rotate. It takes the place of each page's transparency group, which a letter
 * does not need, so that no offset in the file changes. Returns how many pages were found. */
static int set_rotation(struct bytes *bytes, int rotation)
{
    static const char page[] = "/Type /Page ", group[] = "/Group <<", end[] = ">>";
    int pages = 0;

    for (size_t at = 0; at + sizeof(page) <= bytes->length; at++) {
        char *from, *to, entry[32];

        if (memcmp(bytes->data + at, page, sizeof(page) - 1) != 0)
            continue;
        from = strstr(bytes->data + at, group);
        to = from != NULL ? strstr(from, end) : NULL;
        if (to == NULL)
            break;
        memset(from, ' ', (size_t)(to - from) + sizeof(end) - 1);
        snprintf(entry, sizeof(entry), "/Rotate %d", rotation);
        memcpy(from, entry, strlen(entry));
        pages++;
    }
    return pages;
}

static int save(const struct letter *letter, const struct bytes *bytes)
{
    FILE *file = fopen(letter->path, "wb");
    bool written = file != NULL && fwrite(bytes->data, 1, bytes->length, file) == bytes->length;

    if ((file != NULL && fclose(file) != 0) || !written) {
        perror(letter->path);
        return 1;
    }
    return 0;
}

static cairo_status_t draw_letter(const struct letter *letter, struct bytes *bytes)
{
    bool lying = letter->rotation % 180 != 0;
    cairo_surface_t *surface =
        cairo_pdf_surface_create_for_stream(keep, bytes, lying ? PAGE_HEIGHT : PAGE_WIDTH,
                                            lying ? PAGE_WIDTH : PAGE_HEIGHT);
    cairo_t *cairo = cairo_create(surface);
    cairo_status_t status;

    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, letter->number);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE,
                                   "2026-11-20T08:00:00+07:00");
    turn(cairo, letter->rotation);
    draw_body(cairo, draw_head(cairo, letter));
    cairo_show_page(cairo);
    for (int page = 2; page <= letter->pages; page++) {
        draw_further_page(cairo, page);
        cairo_show_page(cairo);
    }
    cairo_destroy(cairo);
    cairo_surface_finish(surface);
    status = cairo_surface_status(surface);
    cairo_surface_destroy(surface);
    return status;
}

static int write_letter(const struct letter *letter)
{
    struct bytes bytes = {0};
    cairo_status_t status = draw_letter(letter, &bytes);
    int result = 1;

    if (status != CAIRO_STATUS_SUCCESS)
        fprintf(stderr, "letter: %s: %s\n", letter->path, cairo_status_to_string(status));
    else if (letter->rotation != 0 && set_rotation(&bytes, letter->rotation) != letter->pages)
        fprintf(stderr, "letter: this version of cairo writes pages in another way\n");
    else
        result = save(letter, &bytes);
    free(bytes.data);
    return result;
}

static int parse_pages(const char *text)
{
    char *end;
    long pages = strtol(text, &end, 10);
    return *text == '\0' || *end != '\0' || pages < 1 || pages > 100 ? 0 : (int)pages;
}

static int parse_rotation(const char *text)
{
    static const char *const degrees[] = {"0", "90", "180", "270"};

    for (int i = 0; i < 4; i++)
        if (strcmp(text, degrees[i]) == 0)
            return 90 * i;
    return -1;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"number", required_argument, NULL, 'n'},
        {"pages", required_argument, NULL, 'p'},
        {"rotate", required_argument, NULL, 'r'},
        {0},
    };
    struct letter letter = {.number = "125/UBND-VP", .pages = 1};
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 'n')
            letter.number = optarg;
        else if (option == 'p')
            letter.pages = parse_pages(optarg);
        else if (option == 'r')
            letter.rotation = parse_rotation(optarg);
        else
            letter.pages = 0;
    }
    if (letter.pages == 0 || letter.rotation < 0 || optind != argc - 1) {
        fputs(usage, stderr);
        return 2;
    }
    letter.path = argv[optind];
    return write_letter(&letter);
}
