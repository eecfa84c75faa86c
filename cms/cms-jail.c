/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cms/cms-jail.h"

const struct kyso_jail KYSO_CMS_JAIL = {
    .memory = UINT64_C(256) * 1024 * 1024,
    .cpu_seconds = 10,
};
