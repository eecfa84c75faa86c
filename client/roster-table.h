/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_CLIENT_ROSTER_TABLE_H
#define KYSO_CLIENT_ROSTER_TABLE_H

/* The roster, persons and organisations as tables in files, in and out. */

#include <stdbool.h>

#include "client/kyso.h"

struct kyso_roster_request {
    enum kyso_register which;
    bool json, dry_run, excel, force, help;
};

/* `kyso roster import FILE` and `export [FILE]`, FILE null for standard output: print, and return
 * the exit status. */
int kyso_roster_import_file(const struct kyso_roster_request *request, const char *file);
int kyso_roster_export_file(const struct kyso_roster_request *request, const char *file);

/* Prints what is wrong with one FIELD in LINE (0: none) of FILE, with what to write instead. */
void kyso_roster_complain(const char *file, unsigned int line, const char *field, const char *what);

#endif
