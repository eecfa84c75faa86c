/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_COMMON_NAMES_H
#define KYSO_COMMON_NAMES_H

/* Every name that more than one program spells: bus names, paths, files. */

#define KYSO_BUS_NAME "org.kyso.Kyso1"
#define KYSO_ROOT_PATH "/org/kyso/Kyso1"
#define KYSO_ERROR_PREFIX "org.kyso.Kyso1.Error."

#define KYSO_IFACE_MANAGER "org.kyso.Kyso1.Manager"
#define KYSO_IFACE_TOKEN "org.kyso.Kyso1.Token"
#define KYSO_IFACE_CERTIFICATE "org.kyso.Kyso1.Certificate"
#define KYSO_IFACE_SIGNER "org.kyso.Kyso1.Signer"
#define KYSO_IFACE_VERIFIER "org.kyso.Kyso1.Verifier"
#define KYSO_IFACE_RELEASE "org.kyso.Kyso1.Release"
#define KYSO_IFACE_AUDIT "org.kyso.Kyso1.Audit"
#define KYSO_IFACE_ROSTER "org.kyso.Kyso1.Roster"
#define KYSO_IFACE_DEADLINES "org.kyso.Kyso1.Deadlines"
#define KYSO_IFACE_RECOVERY "org.kyso.Kyso1.Recovery"
#define KYSO_IFACE_REPORT "org.kyso.Kyso1.Report"
#define KYSO_IFACE_FORMS "org.kyso.Kyso1.Forms"
#define KYSO_IFACE_JOB "org.kyso.Kyso1.Job"
#define KYSO_IFACE_PIN_AGENT "org.kyso.Kyso1.PinAgent"

#define KYSO_ACTION_PREFIX "org.kyso.kyso1."

#define KYSO_CONFIG_DIR "/etc/kyso"
#define KYSO_STATE_DIR "/var/lib/kyso"

#define KYSO_USER "kyso"

#endif
