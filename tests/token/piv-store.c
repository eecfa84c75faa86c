/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/token/piv-store.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const uint8_t slot_ids[KYSO_PIV_N_SLOTS] = {0x9A, 0x9C, 0x9D, 0x9E};

static int path_of(const struct kyso_piv_store *store, const char *name, char **ret_path)
{
    if (asprintf(ret_path, "%s/%s", store->dir, name) < 0)
        return -ENOMEM;
    return 0;
}

static int complain(const char *dir, const char *name, const char *what, int r)
{
    fprintf(stderr, "piv-card: %s/%s: %s\n", dir, name, what);
    return r;
}

static int open_in(const struct kyso_piv_store *store, const char *name, FILE **ret_file)
{
    char *path;
    int r = path_of(store, name, &path);
    if (r < 0)
        return r;
    FILE *file = fopen(path, "re");
    r = file ? 0 : -errno;
    free(path);
    if (r == 0)
        *ret_file = file;
    return r;
}

static int pad_pin(const char *text, uint8_t ret_pin[static KYSO_PIV_PIN_SIZE])
{
    size_t n = strlen(text);
    if (n < 4 || n > KYSO_PIV_PIN_SIZE)
        return -EINVAL;
    memset(ret_pin, 0xFF, KYSO_PIV_PIN_SIZE);
    memcpy(ret_pin, text, n);
    return 0;
}

static int parse_guid(const char *text, uint8_t ret_guid[static KYSO_PIV_GUID_SIZE])
{
    size_t n = 0;
    if (strlen(text) != 2 * KYSO_PIV_GUID_SIZE ||
        OPENSSL_hexstr2buf_ex(ret_guid, KYSO_PIV_GUID_SIZE, &n, text, '\0') != 1 ||
        n != KYSO_PIV_GUID_SIZE)
        return -EINVAL;
    return 0;
}

static int read_line(const struct kyso_piv_store *store, const char *name, char *ret_line,
                     size_t n_line)
{
    FILE *file;
    int r = open_in(store, name, &file);
    if (r < 0)
        return r;
    if (!fgets(ret_line, (int)n_line, file))
        r = -EIO;
    else
        ret_line[strcspn(ret_line, "\r\n")] = '\0';
    fclose(file);
    return r;
}

static int read_pin(struct kyso_piv_store *store, const char *name, uint8_t *ret_pin)
{
    char line[64];
    int r = read_line(store, name, line, sizeof line);
    if (r < 0)
        return complain(store->dir, name, "cannot be read", r);
    r = pad_pin(line, ret_pin);
    OPENSSL_cleanse(line, sizeof line);
    return r < 0 ? complain(store->dir, name, "needs 4 to 8 characters", r) : 0;
}

static int first_state(struct kyso_piv_store *store, unsigned max_tries, const char *guid)
{
    int r = read_pin(store, "pin", store->pin);
    if (r == 0)
        r = read_pin(store, "puk", store->puk);
    if (r < 0)
        return r;
    store->max_tries = store->pin_tries = store->puk_tries = max_tries;
    char line[64];
    if (!guid) {
        r = read_line(store, "guid", line, sizeof line);
        if (r == -ENOENT)
            return RAND_bytes(store->guid, KYSO_PIV_GUID_SIZE) == 1 ? 0 : -EIO;
        if (r < 0)
            return complain(store->dir, "guid", "cannot be read", r);
        guid = line;
    }
    r = parse_guid(guid, store->guid);
    return r < 0 ? complain(store->dir, "guid", "needs 32 hex digits", r) : 0;
}

static int read_state(struct kyso_piv_store *store, FILE *file)
{
    char pin[9], puk[9], guid[33];
    int n = fscanf(file, "pin %8s puk %8s pin-tries %u puk-tries %u max-tries %u guid %32s", pin,
                   puk, &store->pin_tries, &store->puk_tries, &store->max_tries, guid);
    if (n != 6 || pad_pin(pin, store->pin) < 0 || pad_pin(puk, store->puk) < 0 ||
        parse_guid(guid, store->guid) < 0 || store->max_tries == 0 || store->max_tries > 15 ||
        store->pin_tries > store->max_tries || store->puk_tries > store->max_tries)
        return complain(store->dir, "state", "is not a card state", -EBADMSG);
    return 0;
}

static int read_key(struct kyso_piv_store *store, const char *name, EVP_PKEY **ret_key)
{
    FILE *file;
    int r = open_in(store, name, &file);
    if (r == -ENOENT)
        return 0;
    if (r < 0)
        return complain(store->dir, name, "cannot be read", r);
    EVP_PKEY *key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
    fclose(file);
    if (!key)
        return complain(store->dir, name, "is not a key in PEM", -EBADMSG);
    *ret_key = key;
    return 0;
}

static int read_cert(struct kyso_piv_store *store, const char *name, struct kyso_piv_slot *slot)
{
    FILE *file;
    int r = open_in(store, name, &file);
    if (r == -ENOENT)
        return 0;
    if (r < 0)
        return complain(store->dir, name, "cannot be read", r);
    X509 *cert = PEM_read_X509(file, NULL, NULL, NULL);
    if (!cert) {
        rewind(file);
        cert = d2i_X509_fp(file, NULL);
    }
    fclose(file);
    int n = cert ? i2d_X509(cert, &slot->cert) : -1;
    X509_free(cert);
    if (n <= 0)
        return complain(store->dir, name, "is not a certificate", -EBADMSG);
    slot->n_cert = (size_t)n;
    return 0;
}

static int read_slots(struct kyso_piv_store *store)
{
    for (size_t i = 0; i < KYSO_PIV_N_SLOTS; i++) {
        struct kyso_piv_slot *slot = &store->slots[i];
        char name[16];
        slot->id = slot_ids[i];
        snprintf(name, sizeof name, "%02x.key", slot->id);
        int r = read_key(store, name, &slot->key);
        if (r < 0)
            return r;
        snprintf(name, sizeof name, "%02x.crt", slot->id);
        r = read_cert(store, name, slot);
        if (r < 0)
            return r;
    }
    return 0;
}

int kyso_piv_store_load(const char *dir, unsigned max_tries, const char *guid,
                        struct kyso_piv_store **ret_store)
{
    struct kyso_piv_store *store = calloc(1, sizeof *store);
    if (!store)
        return -ENOMEM;
    store->dir = strdup(dir);
    int r = store->dir ? read_slots(store) : -ENOMEM;
    if (r == 0) {
        FILE *file;
        r = open_in(store, "state", &file);
        if (r == 0) {
            r = read_state(store, file);
            fclose(file);
        } else if (r == -ENOENT) {
            r = first_state(store, max_tries, guid);
            if (r == 0)
                r = kyso_piv_store_save(store);
        }
    }
    if (r < 0) {
        kyso_piv_store_free(store);
        return r;
    }
    *ret_store = store;
    return 0;
}

struct kyso_piv_store *kyso_piv_store_free(struct kyso_piv_store *store)
{
    if (!store)
        return NULL;
    for (size_t i = 0; i < KYSO_PIV_N_SLOTS; i++) {
        EVP_PKEY_free(store->slots[i].key);
        OPENSSL_free(store->slots[i].cert);
    }
    free(store->dir);
    OPENSSL_cleanse(store, sizeof *store);
    free(store);
    return NULL;
}

static int pin_length(const uint8_t *pin)
{
    int n = 0;
    while (n < KYSO_PIV_PIN_SIZE && pin[n] != 0xFF)
        n++;
    return n;
}

static int write_state(const struct kyso_piv_store *store, int fd)
{
    FILE *file = fdopen(fd, "w");
    if (!file) {
        close(fd);
        return -errno;
    }
    fprintf(file, "pin %.*s\npuk %.*s\npin-tries %u\npuk-tries %u\nmax-tries %u\nguid ",
            pin_length(store->pin), (const char *)store->pin, pin_length(store->puk),
            (const char *)store->puk, store->pin_tries, store->puk_tries, store->max_tries);
    for (size_t i = 0; i < KYSO_PIV_GUID_SIZE; i++)
        fprintf(file, "%02x", store->guid[i]);
    fputc('\n', file);
    int r = 0;
    if (fflush(file) != 0 || fsync(fd) < 0)
        r = -EIO;
    if (fclose(file) != 0)
        r = -EIO;
    return r;
}

int kyso_piv_store_save(const struct kyso_piv_store *store)
{
    int dir = open(store->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0)
        return -errno;
    int fd = openat(dir, "state.new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    int r = fd < 0 ? -errno : write_state(store, fd);
    if (r == 0 && (renameat(dir, "state.new", dir, "state") < 0 || fsync(dir) < 0))
        r = -errno;
    close(dir);
    return r;
}

const struct kyso_piv_slot *kyso_piv_store_slot(const struct kyso_piv_store *store, uint8_t id)
{
    for (size_t i = 0; i < KYSO_PIV_N_SLOTS; i++)
        if (store->slots[i].id == id)
            return &store->slots[i];
    return NULL;
}
