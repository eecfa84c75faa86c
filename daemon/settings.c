/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/settings.h"

#include <errno.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "common/buf.h"
#include "common/error.h"
#include "common/memfd.h"
#include "common/outcome.h"
#include "common/text.h"

#define DOCUMENT_MAX_DEFAULT ((uint64_t)100 << 20)
#define DOCUMENT_MAX_LIMIT ((uint64_t)4 << 30)
#define PEM_MAX ((size_t)256 * 1024)

static int problem(struct kyso_conf_problem *report, const char *file, const char *what)
{
    *report = (struct kyso_conf_problem){.what = what};
    (void)snprintf(report->file, sizeof(report->file), "%.250s", file);
    return KYSO_OUTCOME_BAD_ARGUMENT;
}

static const char *main_key(void *data, const char *section, const char *name, const char *key,
                            const char *value)
{
    struct kyso_settings *config = data;
    uint64_t mib;

    if (strcmp(section, "kyso") != 0 || *name != '\0')
        return "unknown-section";
    if (key == NULL)
        return NULL;
    if (strcmp(key, "profile") == 0) {
        if (*value == '\0' || strlen(value) >= sizeof(config->profile_id) ||
            strspn(value, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(value))
            return "bad-value";
        (void)snprintf(config->profile_id, sizeof(config->profile_id), "%s", value);
    } else if (strcmp(key, "seal-without-revocation-check") == 0) {
        if (!kyso_conf_to_bool(value, &config->seal_without_revocation_check))
            return "bad-value";
    } else if (strcmp(key, "document-max-mib") == 0) {
        if (!kyso_text_to_u64(value, DOCUMENT_MAX_LIMIT >> 20, &mib) || mib == 0)
            return "bad-value";
        config->document_max = mib << 20;
    } else {
        return "unknown-key";
    }
    return NULL;
}

static const char *profile_key(void *data, const char *section, const char *name, const char *key,
                               const char *value)
{
    struct kyso_settings *config = data;
    const char *problem = NULL;
    char full[128];

    if (*name != '\0' || (strcmp(section, "profile") != 0 && strcmp(section, "clauses") != 0))
        return "unknown-section";
    if (key == NULL)
        return NULL;
    (void)snprintf(full, sizeof(full), "%s%s", strcmp(section, "clauses") == 0 ? "clauses." : "",
                   key);
    return kyso_profile_set(&config->profile, full, value, &problem) ? NULL : problem;
}

static const char *set_text(char **to, const char *value)
{
    if (*to != NULL)
        return "given-twice";
    *to = strdup(value);
    return *to != NULL ? NULL : "no-memory";
}

static const char *set_number(uint32_t *to, const char *value, uint64_t maximum)
{
    uint64_t number;

    if (!kyso_text_to_u64(value, maximum, &number))
        return "bad-value";
    *to = (uint32_t)number;
    return NULL;
}

static const char *new_module(struct kyso_settings *config, const char *name)
{
    struct kyso_module *grown;

    if (*name == '\0')
        return "module-without-name";
    grown = reallocarray(config->modules, config->n_modules + 1, sizeof(*grown));
    if (grown == NULL)
        return "no-memory";
    config->modules = grown;
    grown[config->n_modules] = (struct kyso_module){.name = strdup(name), .priority = 50};
    return grown[config->n_modules++].name != NULL ? NULL : "no-memory";
}

static const char *module_key(void *data, const char *section, const char *name, const char *key,
                              const char *value)
{
    struct kyso_settings *config = data;
    struct kyso_module *module;

    if (strcmp(section, "module") != 0)
        return "unknown-section";
    if (key == NULL)
        return new_module(config, name);
    module = &config->modules[config->n_modules - 1];
    if (strcmp(key, "path") == 0)
        return *value == '/' ? set_text(&module->path, value) : "not-an-absolute-path";
    if (strcmp(key, "readers") == 0)
        return set_text(&module->readers, value);
    if (strcmp(key, "priority") == 0)
        return set_number(&module->priority, value, 1000);
    if (strcmp(key, "max-tries") == 0)
        return set_number(&module->max_tries, value, 100);
    if (strcmp(key, "flags-frozen") == 0)
        return kyso_conf_to_bool(value, &module->flags_frozen) ? NULL : "bad-value";
    if (strcmp(key, "environment") == 0)
        return strncmp(value, "OPENSC_CONF=", 12) == 0 || strncmp(value, "SOFTHSM2_CONF=", 14) == 0
                   ? set_text(&module->environment, value)
                   : "bad-value";
    return "unknown-key";
}

static int by_priority(const void *a, const void *b)
{
    const struct kyso_module *left = a, *right = b;

    return (left->priority > right->priority) - (left->priority < right->priority);
}

struct certificates {
    struct kyso_buf blobs;
    size_t n;
    struct kyso_conf_problem *problem;
};

static int add_certificate(void *data, const char *path)
{
    struct certificates *certificates = data;
    KYSO_FREE char *text = NULL;
    size_t length;
    int r = kyso_conf_load(path, true, PEM_MAX, &text, &length, certificates->problem);

    if (r != 0)
        return r;
    kyso_buf_put_blob(&certificates->blobs, text, length);
    certificates->n++;
    return certificates->blobs.error;
}

static int load_certificates(const char *folder, const char *name, int *ret_fd, size_t *ret_n,
                             struct kyso_conf_problem *ret_problem)
{
    struct certificates certificates = {.problem = ret_problem};
    char path[PATH_MAX];
    int r;

    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    r = kyso_conf_walk(path, ".pem", add_certificate, &certificates);
    if (r == 0 && certificates.n > 0)
        r = kyso_memfd_from_bytes(name, certificates.blobs.bytes, certificates.blobs.length,
                                  ret_fd);
    *ret_n = certificates.n;
    kyso_buf_done(&certificates.blobs);
    return r;
}

static int load_profile(struct kyso_settings *config, const char *data,
                        struct kyso_conf_problem *ret_problem)
{
    const char *key, *what;
    char path[PATH_MAX];
    int r;

    kyso_profile_init(&config->profile);
    (void)snprintf(path, sizeof(path), "%s/profiles/%s.conf", data, config->profile_id);
    r = kyso_conf_read(path, true, profile_key, config, ret_problem);
    if (r == -ENOENT || (r == 0 && !kyso_profile_check(&config->profile, &key, &what))) {
        return problem(ret_problem, path, r == 0 ? key : "no-such-profile");
    }
    return r;
}

static int load(struct kyso_settings *config, const char *folder, const char *data,
                struct kyso_conf_problem *ret_problem)
{
    char path[PATH_MAX];
    size_t n;
    int r;

    (void)snprintf(path, sizeof(path), "%s/kyso.conf", folder);
    r = kyso_conf_read(path, true, main_key, config, ret_problem);
    if (r != 0 && r != -ENOENT)
        return r;
    (void)snprintf(path, sizeof(path), "%s/modules.d", folder);
    r = kyso_conf_read_folder(path, ".conf", true, module_key, config, ret_problem);
    for (size_t i = 0; r == 0 && i < config->n_modules; i++) {
        if (config->modules[i].path == NULL) {
            return problem(ret_problem, path, "module-without-path");
        }
    }
    if (config->n_modules > 0)
        qsort(config->modules, config->n_modules, sizeof(*config->modules), by_priority);
    if (r == 0)
        r = load_certificates(folder, "roots.d", &config->trust.anchors, &config->n_roots,
                              ret_problem);
    if (r == 0)
        r = load_certificates(folder, "intermediates.d", &config->trust.intermediates, &n,
                              ret_problem);
    return r == 0 ? load_profile(config, data, ret_problem) : r;
}

int kyso_settings_load(const char *folder, const char *data, struct kyso_settings **ret_settings,
                       struct kyso_conf_problem *ret_problem)
{
    struct kyso_settings *config = calloc(1, sizeof(*config));
    int r;

    if (config == NULL)
        return kyso_trace(-ENOMEM);
    config->trust = (struct kyso_trust){-1, -1};
    config->document_max = DOCUMENT_MAX_DEFAULT;
    (void)snprintf(config->profile_id, sizeof(config->profile_id), "lang-son-2020");
    r = load(config, folder, data, ret_problem);
    if (r != 0) {
        (void)kyso_settings_free(config);
        return r;
    }
    *ret_settings = config;
    return 0;
}

struct kyso_settings *kyso_settings_free(struct kyso_settings *config)
{
    if (config == NULL)
        return NULL;
    for (size_t i = 0; i < config->n_modules; i++) {
        free(config->modules[i].name);
        free(config->modules[i].path);
        free(config->modules[i].readers);
        free(config->modules[i].environment);
    }
    free(config->modules);
    kyso_close(&config->trust.anchors);
    kyso_close(&config->trust.intermediates);
    free(config);
    return NULL;
}

const struct kyso_module *kyso_settings_module_of(const struct kyso_settings *config,
                                                  const char *reader)
{
    for (size_t i = 0; i < config->n_modules; i++) {
        const struct kyso_module *module = &config->modules[i];

        if (module->readers != NULL && *module->readers != '\0' &&
            fnmatch(module->readers, reader, 0) == 0)
            return module;
    }
    return NULL;
}
