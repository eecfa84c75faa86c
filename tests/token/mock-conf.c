/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/token/mock.h"

#include <ctype.h>
#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RV(name)                                                                                   \
    {                                                                                              \
#name, name                                                                                \
    }

static const struct {
    const char *name;
    CK_RV rv;
} rv_names[] = {
    RV(CKR_OK),
    RV(CKR_CANCEL),
    RV(CKR_HOST_MEMORY),
    RV(CKR_SLOT_ID_INVALID),
    RV(CKR_GENERAL_ERROR),
    RV(CKR_FUNCTION_FAILED),
    RV(CKR_ARGUMENTS_BAD),
    RV(CKR_DEVICE_ERROR),
    RV(CKR_DEVICE_MEMORY),
    RV(CKR_DEVICE_REMOVED),
    RV(CKR_FUNCTION_CANCELED),
    RV(CKR_FUNCTION_NOT_SUPPORTED),
    RV(CKR_KEY_FUNCTION_NOT_PERMITTED),
    RV(CKR_MECHANISM_INVALID),
    RV(CKR_OPERATION_ACTIVE),
    RV(CKR_OPERATION_NOT_INITIALIZED),
    RV(CKR_PIN_INCORRECT),
    RV(CKR_PIN_INVALID),
    RV(CKR_PIN_LEN_RANGE),
    RV(CKR_PIN_EXPIRED),
    RV(CKR_PIN_LOCKED),
    RV(CKR_SESSION_CLOSED),
    RV(CKR_SESSION_COUNT),
    RV(CKR_SESSION_HANDLE_INVALID),
    RV(CKR_TOKEN_NOT_PRESENT),
    RV(CKR_TOKEN_NOT_RECOGNIZED),
    RV(CKR_USER_ALREADY_LOGGED_IN),
    RV(CKR_USER_NOT_LOGGED_IN),
    RV(CKR_USER_PIN_NOT_INITIALIZED),
    RV(CKR_USER_TYPE_INVALID),
    RV(CKR_USER_ANOTHER_ALREADY_LOGGED_IN),
    RV(CKR_USER_TOO_MANY_TYPES),
    RV(CKR_BUFFER_TOO_SMALL),
    RV(CKR_CRYPTOKI_NOT_INITIALIZED),
    RV(CKR_VENDOR_DEFINED),
};

const char *kyso_mock_rv_name(CK_RV rv)
{
    for (size_t i = 0; i < sizeof rv_names / sizeof *rv_names; i++)
        if (rv_names[i].rv == rv)
            return rv_names[i].name;
    return "CKR_?";
}

static int parse_result(const char *text, struct kyso_mock_result *ret_result)
{
    static const struct {
        const char *word;
        enum kyso_mock_action action;
    } words[] = {
        {"hang", KYSO_MOCK_HANG},
        {"spin", KYSO_MOCK_SPIN},
        {"crash", KYSO_MOCK_CRASH},
        {"exit", KYSO_MOCK_EXIT},
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(text, words[i].word) == 0) {
            *ret_result = (struct kyso_mock_result){.action = words[i].action};
            return 0;
        }
    }
    for (size_t i = 0; i < sizeof rv_names / sizeof *rv_names; i++) {
        if (strcmp(text, rv_names[i].name) == 0) {
            *ret_result = (struct kyso_mock_result){.rv = rv_names[i].rv};
            return 0;
        }
    }
    return -EINVAL;
}

static int parse_number(const char *text, unsigned long *ret_value)
{
    char *end;
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    if (errno || !isdigit((unsigned char)*text) || *end)
        return -EINVAL;
    *ret_value = value;
    return 0;
}

static int parse_bool(const char *text, bool *ret_value)
{
    if (strcmp(text, "yes") != 0 && strcmp(text, "no") != 0)
        return -EINVAL;
    *ret_value = *text == 'y';
    return 0;
}

/* Text with \xNN for any byte but NUL. */
static int parse_text(const char *text, char *ret_text, size_t size)
{
    size_t n = 0;
    while (*text) {
        unsigned value = (unsigned char)*text++;
        int used = 0;
        if (value == '\\' && sscanf(text, "x%2x%n", &value, &used) == 1 && value != 0)
            text += used;
        if (n + 1 >= size)
            return -ENAMETOOLONG;
        ret_text[n++] = (char)(unsigned char)value;
    }
    ret_text[n] = '\0';
    return 0;
}

static int parse_flags(const char *text, enum kyso_mock_flags *ret_flags)
{
    static const char *const words[] = {
        [KYSO_MOCK_FLAGS_LIVE] = "live",
        [KYSO_MOCK_FLAGS_NONE] = "none",
        [KYSO_MOCK_FLAGS_PIV] = "piv",
        [KYSO_MOCK_FLAGS_LOW] = "low",
        [KYSO_MOCK_FLAGS_FROZEN] = "frozen",
        [KYSO_MOCK_FLAGS_ALWAYS_LOW] = "always-low",
        [KYSO_MOCK_FLAGS_ALWAYS_FINAL] = "always-final",
        [KYSO_MOCK_FLAGS_ALWAYS_LOCKED] = "always-locked",
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(text, words[i]) == 0) {
            *ret_flags = (enum kyso_mock_flags)i;
            return 0;
        }
    }
    return -EINVAL;
}

static int parse_lie(const char *text, unsigned *lies)
{
    static const char *const words[] = {
        "signature-long", "signature-short",  "signature-wrong", "cert-huge",
        "cert-grows",     "cert-unavailable", "cert-garbage",    "id-huge",
        "slot-count",     "object-count",     "objects-endless",
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(text, words[i]) == 0) {
            *lies |= 1u << i;
            return 0;
        }
    }
    return -EINVAL;
}

/* "FUNCTION [N]", or with a result or a time between: `fail = C_Sign CKR_X 2`, `delay = C_Sign 50`.
 */
static int parse_fault(struct kyso_mock *mock, const char *kind, const char *value)
{
    char function[32], second[40] = "", third[40] = "";
    if (mock->n_faults == KYSO_MOCK_FAULTS_MAX ||
        sscanf(value, "%31s %39s %39s", function, second, third) < 1)
        return -EINVAL;
    struct kyso_mock_fault fault = {0};
    strcpy(fault.function, function);
    const char *at = second;
    int r = 0;
    if (strcmp(kind, "fail") == 0) {
        r = parse_result(second, &fault.result);
        at = third;
    } else if (strcmp(kind, "delay") == 0) {
        fault.result.action = KYSO_MOCK_DELAY;
        r = parse_number(second, &fault.delay_ms);
        at = third;
    } else {
        r = parse_result(kind, &fault.result);
    }
    if (r == 0 && *at)
        r = parse_number(at, &fault.at);
    if (r == 0)
        mock->faults[mock->n_faults++] = fault;
    return r;
}

static int read_key(const char *path, EVP_PKEY **ret_key)
{
    FILE *file = fopen(path, "re");
    if (!file)
        return -errno;
    *ret_key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
    fclose(file);
    return *ret_key ? 0 : -EBADMSG;
}

static int read_cert(const char *path, struct kyso_mock_key *key)
{
    FILE *file = fopen(path, "re");
    if (!file)
        return -errno;
    X509 *cert = PEM_read_X509(file, NULL, NULL, NULL);
    if (!cert) {
        rewind(file);
        cert = d2i_X509_fp(file, NULL);
    }
    fclose(file);
    int n = cert ? i2d_X509(cert, &key->cert) : -1;
    X509_free(cert);
    if (n <= 0)
        return -EBADMSG;
    key->n_cert = (size_t)n;
    return 0;
}

static int take_key_line(struct kyso_mock_key *key, const char *name, const char *value)
{
    if (strcmp(name, "id") == 0)
        return OPENSSL_hexstr2buf_ex(key->id, sizeof key->id, &key->n_id, value, '\0') == 1
                   ? 0
                   : -EINVAL;
    if (strcmp(name, "label") == 0)
        return parse_text(value, key->label, sizeof key->label);
    if (strcmp(name, "key") == 0)
        return read_key(value, &key->key);
    if (strcmp(name, "cert") == 0)
        return read_cert(value, key);
    if (strcmp(name, "always-authenticate") == 0)
        return parse_bool(value, &key->always_authenticate);
    if (strcmp(name, "hidden") == 0)
        return parse_bool(value, &key->hidden);
    return -ENOENT;
}

static int take_token_line(struct kyso_mock_token *token, const char *name, const char *value)
{
    const struct {
        const char *name;
        char *text;
        size_t size;
    } texts[] = {
        {"label", token->label, sizeof token->label},
        {"manufacturer", token->manufacturer, sizeof token->manufacturer},
        {"model", token->model, sizeof token->model},
        {"serial", token->serial, sizeof token->serial},
        {"reader", token->reader, sizeof token->reader},
        {"changed-serial", token->changed_serial, sizeof token->changed_serial},
        {"change-after", token->change_after, sizeof token->change_after},
        {"remove-after", token->remove_after, sizeof token->remove_after},
        {"pin", token->pin, sizeof token->pin},
    };
    const struct {
        const char *name;
        struct kyso_mock_result *result;
    } results[] = {
        {"wrong", &token->wrong}, {"last", &token->last}, {"locked", &token->locked},
        {"right", &token->right}, {"pad", &token->pad},   {"context", &token->context},
    };
    const struct {
        const char *name;
        bool *value;
    } bools[] = {
        {"absent", &token->absent},
        {"pin-pad", &token->pin_pad},
        {"no-login", &token->no_login},
        {"ignores-pin", &token->ignores_pin},
    };
    const struct {
        const char *name;
        unsigned long *value;
    } numbers[] = {
        {"tries", &token->tries}, {"pin-min", &token->pin_min}, {"pin-max", &token->pin_max}};

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (strcmp(name, texts[i].name) == 0)
            return parse_text(value, texts[i].text, texts[i].size);
    for (size_t i = 0; i < sizeof results / sizeof *results; i++)
        if (strcmp(name, results[i].name) == 0)
            return parse_result(value, results[i].result);
    for (size_t i = 0; i < sizeof bools / sizeof *bools; i++)
        if (strcmp(name, bools[i].name) == 0)
            return parse_bool(value, bools[i].value);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (strcmp(name, numbers[i].name) == 0)
            return parse_number(value, numbers[i].value);
    if (strcmp(name, "flags") == 0)
        return parse_flags(value, &token->flags);
    if (strcmp(name, "lie") == 0)
        return parse_lie(value, &token->lies);
    return -ENOENT;
}

static int take_global_line(struct kyso_mock *mock, const char *name, const char *value)
{
    static const char *const faults[] = {"hang", "spin", "crash", "exit", "fail", "delay"};
    if (strcmp(name, "state") == 0)
        return parse_text(value, mock->state_path, sizeof mock->state_path);
    if (strcmp(name, "log") == 0)
        return parse_text(value, mock->log_path, sizeof mock->log_path);
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        if (strcmp(name, faults[i]) == 0)
            return parse_fault(mock, name, value);
    return -ENOENT;
}

static int begin_token(struct kyso_mock *mock, const char *name)
{
    if (mock->n_tokens == KYSO_MOCK_TOKENS_MAX)
        return -E2BIG;
    struct kyso_mock_token *token = &mock->tokens[mock->n_tokens++];
    *token = (struct kyso_mock_token){
        .label = "mock",
        .manufacturer = "kyso",
        .model = "mock",
        .serial = "0001",
        .reader = "Mock reader",
        .pin = "123456",
        .tries = 3,
        .pin_min = 4,
        .pin_max = 16,
        .wrong.rv = CKR_PIN_INCORRECT,
        .last.rv = CKR_PIN_LOCKED,
        .locked.rv = CKR_PIN_LOCKED,
        .right.rv = CKR_OK,
        .pad.rv = CKR_OK,
        .context.rv = CKR_OK,
    };
    return parse_text(name, token->name, sizeof token->name);
}

static int take_line(struct kyso_mock *mock, struct kyso_mock_key **key, char *line)
{
    char name[32], value[512];
    line[strcspn(line, "\r\n")] = '\0';
    line += strspn(line, " \t");
    if (*line == '\0' || *line == '#')
        return 0;
    if (sscanf(line, "[token %31[^]]]", name) == 1) {
        *key = NULL;
        return begin_token(mock, name);
    }
    struct kyso_mock_token *token = mock->n_tokens ? &mock->tokens[mock->n_tokens - 1] : NULL;
    if (strcmp(line, "[key]") == 0) {
        if (!token || token->n_keys == KYSO_MOCK_KEYS_MAX)
            return -EINVAL;
        *key = &token->keys[token->n_keys++];
        return 0;
    }
    if (sscanf(line, "%31[^ =] = %511[^\n]", name, value) != 2)
        return -EINVAL;
    if (*key)
        return take_key_line(*key, name, value);
    return token ? take_token_line(token, name, value) : take_global_line(mock, name, value);
}

int kyso_mock_new(const char *path, struct kyso_mock **ret_mock)
{
    FILE *file = fopen(path, "re");
    struct kyso_mock *mock = calloc(1, sizeof *mock);
    int r = file && mock ? 0 : -errno;
    if (r < 0)
        fprintf(stderr, "kyso-mock: %s: %s\n", path, strerror(-r));
    struct kyso_mock_key *key = NULL;
    char line[1024];
    for (unsigned number = 1; r == 0 && fgets(line, sizeof line, file); number++) {
        r = take_line(mock, &key, line);
        if (r < 0)
            fprintf(stderr, "kyso-mock: %s:%u: %s\n", path, number, strerror(-r));
    }
    if (file)
        fclose(file);
    if (r == 0 && !*mock->state_path) {
        fprintf(stderr, "kyso-mock: %s: names no state file\n", path);
        r = -EINVAL;
    }
    if (r < 0) {
        kyso_mock_free(mock);
        return r;
    }
    for (size_t i = 0; i < mock->n_tokens; i++)
        mock->tokens[i].frozen_left = kyso_mock_tries_left(mock, &mock->tokens[i]);
    *ret_mock = mock;
    return 0;
}

struct kyso_mock *kyso_mock_free(struct kyso_mock *mock)
{
    if (!mock)
        return NULL;
    for (size_t i = 0; i < mock->n_tokens; i++) {
        for (size_t k = 0; k < mock->tokens[i].n_keys; k++) {
            EVP_PKEY_free(mock->tokens[i].keys[k].key);
            OPENSSL_free(mock->tokens[i].keys[k].cert);
        }
    }
    OPENSSL_cleanse(mock, sizeof *mock);
    free(mock);
    return NULL;
}
