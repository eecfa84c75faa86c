/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* For sanitizer builds: Pango looks for fonts in threads of its own, which may be at it when a
 * program ends; what they hold then is not lost. */

__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void);
__attribute__((visibility("default"))) const char *__lsan_default_options(void);

const char *__lsan_default_suppressions(void)
{
    return "leak:libfontconfig\nleak:libpango\n";
}

const char *__lsan_default_options(void)
{
    return "print_suppressions=0";
}
