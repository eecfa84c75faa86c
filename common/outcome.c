/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/outcome.h"

#include <string.h>

#include "common/names.h"

#define ROW(id, bus, log, status) [KYSO_OUTCOME_##id] = {KYSO_ERROR_PREFIX bus, log, status}

static const struct kyso_outcome_row ROWS[KYSO_OUTCOME_MAX] = {
    ROW(DONE, "None", "done", 0),
    ROW(FAILED, "Failed", "failed", 1),
    ROW(BAD_ARGUMENT, "BadArgument", "bad-argument", 2),
    ROW(REFUSED, "Refused", "refused", 3),
    ROW(PIN_WRONG, "PinWrong", "pin-wrong", 4),
    ROW(PIN_KNOWN_WRONG, "PinKnownWrong", "pin-known-wrong", 4),
    ROW(PIN_LAST_TRY, "PinLastTry", "pin-last-try", 4),
    ROW(PIN_UNKNOWN_RESULT, "PinUnknownResult", "pin-unknown-result", 4),
    ROW(PIN_INVALID, "PinInvalid", "pin-invalid", 4),
    ROW(LOCKED, "Locked", "locked", 5),
    ROW(TOKEN_MISSING, "TokenMissing", "token-missing", 6),
    ROW(TOKEN_REMOVED, "TokenRemoved", "token-removed", 6),
    ROW(TOKEN_CHANGED, "TokenChanged", "token-changed", 6),
    ROW(TOKEN_BUSY, "TokenBusy", "token-busy", 9),
    ROW(TOKEN_FAILED, "TokenFailed", "token-failed", 1),
    ROW(NOT_AUTHORISED, "NotAuthorised", "not-authorised", 7),
    ROW(CANCELLED, "Cancelled", "cancelled", 8),
    ROW(CALLER_GONE, "CallerGone", "caller-gone", 8),
    ROW(PROMPT_TIMEOUT, "PromptTimeout", "prompt-timeout", 8),
    ROW(NO_AGENT, "NoAgent", "no-agent", 2),
    ROW(LIMIT, "LimitExceeded", "limit-exceeded", 9),
    ROW(BAD_DOCUMENT, "BadDocument", "bad-document", 1),
    ROW(DOCUMENT_UNSEALED, "DocumentUnsealed", "document-unsealed", 2),
    ROW(NO_CERTIFICATE, "NoCertificate", "no-certificate", 6),
    ROW(AMBIGUOUS_CERTIFICATE, "AmbiguousCertificate", "ambiguous-certificate", 2),
    ROW(BAD_CERTIFICATE, "BadCertificate", "bad-certificate", 1),
    ROW(TIMED_OUT, "TimedOut", "timed-out", 1),
    ROW(WORKER_DIED, "WorkerDied", "worker-died", 1),
    ROW(STORE_FAILED, "StoreFailed", "store-failed", 1),
    ROW(UNSUPPORTED, "Unsupported", "unsupported", 1),
    ROW(NOT_FOUND, "NotFound", "not-found", 1),
};

const struct kyso_outcome_row *kyso_outcome_row(int result)
{
    if (result < 0 || result >= KYSO_OUTCOME_MAX)
        return &ROWS[KYSO_OUTCOME_FAILED];
    return &ROWS[result];
}

const char *kyso_outcome_bus_name(int result)
{
    return kyso_outcome_row(result)->bus_error;
}

int kyso_outcome_from_bus_name(const char *name)
{
    for (int i = KYSO_OUTCOME_FAILED; i < KYSO_OUTCOME_MAX; i++) {
        if (strcmp(ROWS[i].bus_error, name) == 0)
            return i;
    }
    return KYSO_OUTCOME_FAILED;
}
