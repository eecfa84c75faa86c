/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DOCUMENT_PICTURE_H
#define KYSO_DOCUMENT_PICTURE_H

/* A stranger's PNG, read within limits. Used in kyso-draw only, after it entered its jail. */

#include <cairo.h>
#include <stddef.h>
#include <stdint.h>

#include "common/macros.h"

#define KYSO_PICTURE_FILE_MAX ((uint64_t)16 * 1024 * 1024)    /* bytes of the PNG */
#define KYSO_PICTURE_SIDE_MAX 8192U                           /* pixels */
#define KYSO_PICTURE_DECODED_MAX ((uint64_t)64 * 1024 * 1024) /* bytes at four per pixel */

/* Decodes PNG. KYSO_OUTCOME_BAD_ARGUMENT with *RET_DETAIL "bad-picture" or "picture-too-large"
 * (static storage); the size is judged from the header, before anything is inflated. */
int kyso_picture_read(const uint8_t *png, size_t length, cairo_surface_t **ret_picture,
                      const char **ret_detail) KYSO_MUST_CHECK;

/* A copy (ARGB32) of at most WIDTH × HEIGHT pixels with the same shape, transparency kept. */
int kyso_picture_reduce(cairo_surface_t *picture, double width, double height,
                        cairo_surface_t **ret_reduced) KYSO_MUST_CHECK;

/* Rounds transparency to 16 steps and each colour to 18: next to nothing for the eye, but then the
 * ink of a seal has few values instead of noise around its edges, and packs to half. ARGB32 only.
 */
void kyso_picture_coarsen(cairo_surface_t *picture);

static inline void kyso_surface_freep(cairo_surface_t **surface)
{
    if (*surface != NULL)
        cairo_surface_destroy(*surface);
    *surface = NULL;
}
#define KYSO_SURFACE KYSO_CLEANUP(kyso_surface_freep)

#endif
