/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "document/fonts.h"

#include <errno.h>
#include <fontconfig/fontconfig.h>
#include <pango/pangocairo.h>
#include <stdio.h>
#include <unistd.h>

#include "common/error.h"
#include "common/log.h"

#define SAMPLE "ÂâĂăĐđÊêÔôƠơƯư ÀÁẢÃẠ ầấẩẫậ ằắẳẵặ ềếểễệ ồốổỗộ ờớởỡợ ừứửữự ỳýỷỹỵ"
#define BOXES_SAMPLE "☐☑☒"

/* Distributions put the same font into different folders. Version 2 of Liberation comes first, for
 * Debian 12 also has version 1, which lacks U+1EA0 to U+1EF9. */
static const char *const TEXT_FOLDERS[] = {
    "/usr/share/fonts/truetype/liberation2", "/usr/share/fonts/truetype/liberation",
    "/usr/share/fonts/liberation-serif",     "/usr/share/fonts/liberation-serif-fonts",
    "/usr/share/fonts/liberation",           "/usr/local/share/fonts",
};
static const char *const BOXES_FOLDERS[] = {
    "/usr/share/fonts/truetype/dejavu", "/usr/share/fonts/dejavu-sans-fonts",
    "/usr/share/fonts/dejavu",          "/usr/share/fonts/TTF",
    "/usr/local/share/fonts",
};

static int add_file(FcConfig *config, const char *const *folders, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++) {
        char path[128];

        (void)snprintf(path, sizeof(path), "%s/%s", folders[i], name);
        if (access(path, R_OK) == 0 && FcConfigAppFontAddFile(config, (const FcChar8 *)path))
            return 0;
    }
    kyso_log(KYSO_LOG_ERROR, "the font %s is not installed", name);
    return kyso_trace(-ENOENT);
}

static int add_files(FcConfig *config, bool forms)
{
    static const char *const NAMES[] = {
        "LiberationSerif-Regular.ttf",
        "LiberationSerif-Bold.ttf",
        "LiberationSerif-Italic.ttf",
        "LiberationSerif-BoldItalic.ttf",
    };
    int r = 0;

    for (size_t i = 0; r == 0 && i < (forms ? KYSO_ARRAY_LEN(NAMES) : 1); i++)
        r = add_file(config, TEXT_FOLDERS, KYSO_ARRAY_LEN(TEXT_FOLDERS), NAMES[i]);
    if (r == 0 && forms)
        r = add_file(config, BOXES_FOLDERS, KYSO_ARRAY_LEN(BOXES_FOLDERS), "DejaVuSans.ttf");
    return r;
}

PangoLayout *kyso_fonts_new_layout(cairo_t *cr, bool fallback)
{
    PangoLayout *layout = pango_cairo_create_layout(cr);
    cairo_font_options_t *options = cairo_font_options_create();
    PangoAttrList *attributes = pango_attr_list_new();

    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
    pango_cairo_context_set_font_options(pango_layout_get_context(layout), options);
    cairo_font_options_destroy(options);
    pango_context_set_round_glyph_positions(pango_layout_get_context(layout), FALSE);
    pango_layout_context_changed(layout);
    pango_attr_list_insert(attributes, pango_attr_fallback_new(fallback));
    /* A serial number that is broken must not get a hyphen that it does not have. */
    pango_attr_list_insert(attributes, pango_attr_insert_hyphens_new(FALSE));
    pango_layout_set_attributes(layout, attributes);
    pango_attr_list_unref(attributes);
    return layout;
}

/* Draws TEXT in FAMILY somewhere, which opens the font. */
static int try_font(const char *family, const char *text)
{
    cairo_surface_t *nowhere = cairo_recording_surface_create(CAIRO_CONTENT_ALPHA, NULL);
    cairo_t *cr = cairo_create(nowhere);
    PangoLayout *layout = kyso_fonts_new_layout(cr, false);
    PangoFontDescription *font = pango_font_description_new();
    int unknown;

    pango_font_description_set_family_static(font, family);
    pango_font_description_set_absolute_size(font, 10.0 * PANGO_SCALE);
    pango_layout_set_font_description(layout, font);
    pango_font_description_free(font);
    pango_layout_set_text(layout, text, -1);
    pango_cairo_show_layout(cr, layout);
    unknown = pango_layout_get_unknown_glyphs_count(layout);
    g_object_unref(layout);
    cairo_destroy(cr);
    cairo_surface_destroy(nowhere);
    if (unknown != 0)
        kyso_log(KYSO_LOG_ERROR, "the font %s lacks letters", family);
    return unknown == 0 ? 0 : kyso_trace(-ENOENT);
}

int kyso_fonts_load(bool forms)
{
    FcConfig *config = FcConfigCreate();
    int r;

    if (config == NULL)
        return kyso_trace(-ENOMEM);
    r = add_files(config, forms);
    /* Pango starts fontconfig by itself, which then reads nothing as there is a configuration. */
    if (r == 0 && !FcConfigSetCurrent(config))
        r = kyso_trace(-EIO);
    FcConfigDestroy(config);
    if (r == 0)
        r = try_font(KYSO_FONT_TEXT, SAMPLE);
    if (r == 0 && forms)
        r = try_font(KYSO_FONT_BOXES, BOXES_SAMPLE);
    return r;
}
