/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pkcs11/start.h"

#include "pkcs11/guard.h"
#include "pkcs11/module-conf.h"
#include "pkcs11/token-jail.h"

int kyso_token_start(const struct kyso_token_order *order, void (*give_up)(void *data), void *data,
                     struct kyso_card *ret_card, struct kyso_module *ret_module)
{
    const char *const *others = (const char *const *)order->others;
    int r = kyso_token_jail_enter(order->module);

    if (r == 0 && order->reader != NULL)
        r = kyso_card_open(order->reader, ret_card);
    if (r == 0)
        r = kyso_guard_start(ret_card, give_up, data);
    if (r == 0 && order->reader != NULL)
        r = kyso_module_conf_apply(order->reader, others);
    return r == 0 ? kyso_module_open(order->module, ret_module) : r;
}
