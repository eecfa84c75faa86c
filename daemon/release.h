/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DAEMON_RELEASE_H
#define KYSO_DAEMON_RELEASE_H

/* The clerk's act of issuing (K-13): release.c judges and records one, release-list.c tells what
 * the register has. */

#include "daemon/dict.h"
#include "daemon/examine.h"
#include "daemon/store-release.h"

/* Appends an array of dictionaries (aa{sv}) to TO: what the register knows of the document that was
 * examined, oldest first. KYSO_OUTCOME_STORE_FAILED, -ENOMEM. */
int kyso_release_put_known(struct kyso_daemon *daemon, const struct kyso_examination *found,
                           DBusMessageIter *to) KYSO_MUST_CHECK;
/* The same as the entry "releases" of REPORT. */
int kyso_release_report_known(struct kyso_daemon *daemon, const struct kyso_examination *found,
                              struct kyso_dict *report) KYSO_MUST_CHECK;

/* The method List. */
void kyso_release_list(struct kyso_request *request, void *data);

/* What an earlier release says about a document. */
struct kyso_release_earlier {
    bool released, file_released; /* the document; this very file */
    struct kyso_store_release_mark first;
};
/* Of a document that was not identified nothing is known. KYSO_OUTCOME_STORE_FAILED. */
int kyso_release_look_up(struct kyso_daemon *daemon, const struct kyso_examination *found,
                         struct kyso_release_earlier *ret_earlier) KYSO_MUST_CHECK;

/* The name of an organisation for people; its id when nobody here is of it any more. */
const char *kyso_release_organisation_name(const struct kyso_roster *roster, const char *id);

/* Cuts "AA BB CC" into its words; LIST has room for KYSO_PDF_SIGNATURES_MAX. Returns how many. */
size_t kyso_release_split_signers(char *signers, const char **list);

#endif
