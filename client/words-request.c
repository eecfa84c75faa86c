/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/words.h"

#include <stddef.h>

#include "client/i18n.h"

/* Requests for recovery and revocation: states, kinds, incidents, who signs, and what is to be
 * looked at before somebody does. */
const struct kyso_word kyso_words_request[] = {
    {"drafted", N_("drafted"), NULL},
    {"sent", N_("sent"), NULL},
    {"recovered", N_("recovered"), NULL},
    {"revoked", N_("certificate revoked"), NULL},
    {"refused", N_("refused"), NULL},
    {"cancelled", N_("withdrawn"), NULL},
    {"recovery", N_("recovery of a token"), NULL},
    {"revocation", N_("revocation of a certificate"), NULL},
    {"letter", N_("letter for several tokens"), NULL},
    {"wrong-pin", N_("locked after wrong PINs"), NULL},
    {"forgotten-pin", N_("PIN forgotten"), NULL},
    {"lost", N_("lost"), NULL},
    {"exposed", N_("key or PIN exposed"), NULL},
    {"copied", N_("copied"), NULL},
    {"broken", N_("broken"), NULL},
    {"agency", N_("agency"), NULL},
    {"subscriber", N_("subscriber"), NULL},
    /* warnings of a form */
    {"mail-differs",
     N_("The mail address in the certificate is another one than in the person's record."), NULL},
    {"confirm-token-serial",
     N_("Compare the token's number with the one on its case, and correct it with token.serial=."),
     NULL},
    {"no-person-record", N_("There is no record of the subscriber."),
     N_("An administrator makes one and names it as holder or manager in the roster.")},
    {"senders-differ", N_("The rows are of several bodies."),
     N_("Say who sends the letter: sender=ORGANISATION.")},
    /* who fills what is missing in, by its source */
    {"TOK", N_("the token"), N_("Plug the token in, or give token.serial=.")},
    {"CERT:subject", N_("the certificate"), N_("Plug the token in once, so that it is known.")},
    {"CERT:cn", N_("the certificate"), N_("Plug the token in once, so that it is known.")},
    {"CERT:mail", N_("the certificate"), N_("Plug the token in once, so that it is known.")},
    {"CERT:serial", N_("the certificate"), N_("Plug the token in once, so that it is known.")},
    {"CERT:from", N_("the certificate"), N_("Plug the token in once, so that it is known.")},
    {"CERT:to", N_("the certificate"), N_("Plug the token in once, so that it is known.")},
    {"REG", N_("roster and inventory"), N_("An administrator completes the roster.")},
    {"PROF", N_("the person's record"),
     N_("An administrator completes it; a coordinator or contact is named with coordinator=PERSON "
        "or contact=PERSON.")},
    {"ORG", N_("the organisation's record"), N_("An administrator completes it.")},
    {"IN", N_("whoever fills it in"), N_("Give it with “kyso recovery fill”.")},
    {"CLK", N_("the clock"), NULL},
    {"LOG", N_("the service's records"), NULL},
    {NULL, NULL, NULL},
};
