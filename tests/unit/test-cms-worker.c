/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kyso-cms as kysod uses it: real frames, the real jail (where the build has it), and what happens
 * when the worker is killed, hangs or lies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cms/build.h"
#include "cms/cms-jail.h"
#include "cms/protocol.h"
#include "cms/remote.h"
#include "cms/signed-data.h"
#include "common/clock.h"
#include "common/conf.h"
#include "common/memfd.h"
#include "common/outcome.h"
#include "config.h"
#include "tests/support/pki.h"

#define HOLE 8192 /* bytes of CMS */
#define LIE_FILE "lie"

static struct pki_cert root, issuing, person, seal;
static struct kyso_trust trust = { -1, -1 };
static char workers[PATH_MAX], folder[] = "/tmp/kyso-test-XXXXXX";
static struct kyso_loop *loop;

/* A document like a signed PDF's bytes, with one signature after the other. */
struct document {
    struct kyso_buf bytes;
    struct kyso_cms_question questions[KYSO_CMS_QUESTIONS_MAX];
    size_t n;
};

static void digest_of(const struct document *document, const struct kyso_cms_question *question,
                      uint8_t *to)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();

    assert_int_equal(EVP_DigestInit_ex(context, EVP_sha256(), NULL), 1);
    assert_int_equal(EVP_DigestUpdate(context, document->bytes.bytes, question->hole_start), 1);
    assert_int_equal(EVP_DigestUpdate(context, document->bytes.bytes + question->hole_end,
                                      question->range_end - question->hole_end),
                     1);
    assert_int_equal(EVP_DigestFinal_ex(context, to, NULL), 1);
    EVP_MD_CTX_free(context);
}

static void sign(struct document *document, const struct pki_cert *signer)
{
    const struct kyso_cms_certificate chain[] = { { signer->der, signer->length },
                                                  { issuing.der, issuing.length } };
    struct kyso_cms_question *question = &document->questions[document->n++];
    KYSO_BUF struct kyso_buf cms = { 0 };
    uint8_t digest[32];

    kyso_buf_printf(&document->bytes, "%zu 0 obj << /Contents ", document->n);
    question->hole_start = document->bytes.length;
    kyso_buf_printf(&document->bytes, "<%0*d>", 2 * HOLE, 0);
    question->hole_end = document->bytes.length;
    kyso_buf_printf(&document->bytes, " >> endobj %%%%EOF\n");
    question->range_end = document->bytes.length;
    digest_of(document, question, digest);
    assert_int_equal(kyso_cms_build(signer->key, chain, 2, digest, &cms), 0);
    for (size_t i = 0; i < cms.length; i++) {
        static const char DIGITS[] = "0123456789abcdef";
        uint8_t *to = document->bytes.bytes + question->hole_start + 1 + 2 * i;

        to[0] = (uint8_t)DIGITS[cms.bytes[i] >> 4];
        to[1] = (uint8_t)DIGITS[cms.bytes[i] & 15];
    }
}

static struct document letter(void)
{
    struct document document = { 0 };

    kyso_buf_printf(&document.bytes, "%%PDF-1.7\n");
    for (int i = 0; i < 40000; i++)
        kyso_buf_printf(&document.bytes, "dòng thứ %d\n", i); /* more than one slice */
    sign(&document, &person);
    sign(&document, &seal);
    return document;
}

static int seal_document(const struct document *document)
{
    int fd = -1;

    assert_int_equal(kyso_memfd_from_bytes("letter", document->bytes.bytes, document->bytes.length,
                                           &fd),
                     0);
    return fd;
}

static int row_of_blobs(const struct pki_cert *const *certs)
{
    KYSO_BUF struct kyso_buf blobs = { 0 };
    int fd = -1;

    for (; *certs != NULL; certs++)
        kyso_buf_put_blob(&blobs, (*certs)->der, (*certs)->length);
    assert_int_equal(kyso_memfd_from_bytes("trust", blobs.bytes, blobs.length, &fd), 0);
    return fd;
}

/* The worker just started: workers that have answered before may still wait to be reaped. */
static pid_t youngest_child(void)
{
    FILE *file = fopen("/proc/thread-self/children", "re");
    int pid = 0;

    assert_non_null(file);
    while (fscanf(file, "%d", &pid) == 1)
        continue;
    (void)fclose(file);
    return pid;
}

static void quit(void *data KYSO_UNUSED)
{
    kyso_loop_quit(loop, 0);
}

static void reap_all(void)
{
    pid_t pid;

    while ((pid = youngest_child()) > 0) {
        struct kyso_source *child = NULL;

        assert_int_equal(kyso_loop_add_child(loop, pid, quit, NULL, &child), 0);
        assert_int_equal(kyso_loop_run(loop), 0);
        (void)kyso_source_free(child);
    }
}


static int setup(void **state KYSO_UNUSED)
{
    ssize_t n = readlink("/proc/self/exe", workers, sizeof(workers) - 1);
    char link[64];

    assert_true(n > 0);
    workers[n] = '\0';
    assert_non_null(mkdtemp(folder));
    (void)snprintf(link, sizeof(link), "%s/" KYSO_CMS_PROGRAM, folder);
    assert_int_equal(symlink(workers, link), 0); /* this program as a worker that lies */
    (void)strcpy(strrchr(workers, '/'), "/../../cms");
    assert_int_equal(chdir(folder), 0);
    root = pki_make(&(struct pki_recipe){ .common_name = "Gốc", .is_ca = true }, NULL);
    issuing = pki_make(&(struct pki_recipe){ .common_name = "Cấp phát", .is_ca = true }, &root);
    person = pki_make(&(struct pki_recipe){ .common_name = "Nguyễn Văn Ánh", .key = "RSA-2048" },
                      &issuing);
    seal = pki_make(&(struct pki_recipe){ .common_name = "Ủy ban nhân dân" }, &issuing);
    trust.anchors = row_of_blobs((const struct pki_cert *const[]){ &root, NULL });
    trust.intermediates = row_of_blobs((const struct pki_cert *const[]){ &issuing, NULL });
    assert_int_equal(kyso_loop_new(&loop), 0);
    return 0;
}

static int teardown(void **state KYSO_UNUSED)
{
    reap_all();
    loop = kyso_loop_free(loop);
    kyso_close(&trust.anchors);
    kyso_close(&trust.intermediates);
    pki_done(&root);
    pki_done(&issuing);
    pki_done(&person);
    pki_done(&seal);
    (void)unlink(LIE_FILE);
    (void)unlink(KYSO_CMS_PROGRAM);
    (void)rmdir(folder);
    return 0;
}

static int begin(void **state KYSO_UNUSED)
{
    kyso_worker_set_directory(workers);
    kyso_cms_set_deadline(KYSO_CMS_DEADLINE_USEC);
    return 0;
}

struct answer {
    int result, called;
    struct kyso_cms_finding findings[KYSO_CMS_QUESTIONS_MAX];
    struct kyso_certificate_result results[8];
    size_t n;
    struct kyso_cms_call *call;
};

static void checked(void *data, int result, struct kyso_cms_finding *findings, size_t n)
{
    struct answer *answer = data;

    answer->called++;
    answer->result = result;
    answer->n = n;
    for (size_t i = 0; i < n; i++)
        answer->findings[i] = findings[i];
    answer->call = kyso_cms_call_free(answer->call);
    kyso_loop_quit(loop, 0);
}

static void described(void *data, int result, struct kyso_certificate_result *results, size_t n)
{
    struct answer *answer = data;

    answer->called++;
    answer->result = result;
    answer->n = n;
    for (size_t i = 0; i < n; i++)
        answer->results[i] = results[i];
    answer->call = kyso_cms_call_free(answer->call);
    kyso_loop_quit(loop, 0);
}

static void answer_done(struct answer *answer)
{
    for (size_t i = 0; i < KYSO_CMS_QUESTIONS_MAX; i++)
        kyso_cms_finding_done(&answer->findings[i]);
    for (size_t i = 0; i < KYSO_ARRAY_LEN(answer->results); i++)
        kyso_certificate_result_done(&answer->results[i]);
}

static int ask(int document, const struct kyso_cms_question *questions, size_t n,
               struct answer *answer)
{
    int r;

    *answer = (struct answer){ 0 };
    r = kyso_cms_check(loop, document, questions, n, &trust, PKI_NOW, checked, answer,
                       &answer->call);
    if (r != 0)
        return r;
    assert_int_equal(kyso_loop_run(loop), 0);
    assert_int_equal(answer->called, 1);
    return answer->result;
}

static void two_signatures(void **state KYSO_UNUSED)
{
    struct document document = letter();
    KYSO_CLOSE int fd = seal_document(&document);
    struct kyso_cms_question reversed[2] = { document.questions[1], document.questions[0] };
    struct answer answer;

    assert_int_equal(ask(fd, reversed, 2, &answer), 0);
    assert_int_equal(answer.n, 2);
    for (size_t i = 0; i < 2; i++) {
        assert_string_equal(answer.findings[i].integrity_reason, "");
        assert_int_equal(answer.findings[i].integrity, KYSO_FINDING_VALID);
        assert_string_equal(answer.findings[i].chain_reason, "");
        assert_int_equal(answer.findings[i].chain, KYSO_FINDING_VALID);
        assert_true(answer.findings[i].has_signing_certificate);
        assert_string_equal(answer.findings[i].digest, "SHA256");
    }
    assert_string_equal(answer.findings[0].signer.common_name, "Ủy ban nhân dân");
    assert_string_equal(answer.findings[1].signer.common_name, "Nguyễn Văn Ánh");
    assert_memory_equal(answer.findings[1].signer.der, person.der, person.length);
    answer_done(&answer);
    kyso_buf_done(&document.bytes);
}

/* One byte in each part of the file: it breaks exactly the signatures that cover it. */
static void altered_bytes(void **state KYSO_UNUSED)
{
    struct document document = letter();
    const struct {
        uint64_t at;
        const char *words[2];
    } rows[] = {
        { 20, { "wrong-digest", "wrong-digest" } },
        { 300000, { "wrong-digest", "wrong-digest" } },
        { document.questions[0].range_end - 2, { "wrong-digest", "wrong-digest" } },
        { document.questions[0].range_end + 1, { "", "wrong-digest" } },
        { document.questions[1].range_end - 1, { "", "wrong-digest" } },
    };
    size_t done = 0;

    for (size_t i = 0; i < KYSO_ARRAY_LEN(rows); i++, done++) {
        KYSO_CLOSE int fd = -1;
        struct answer answer;

        document.bytes.bytes[rows[i].at] ^= 1;
        fd = seal_document(&document);
        assert_int_equal(ask(fd, document.questions, 2, &answer), 0);
        for (size_t j = 0; j < 2; j++)
            assert_string_equal(answer.findings[j].integrity_reason, rows[i].words[j]);
        answer_done(&answer);
        document.bytes.bytes[rows[i].at] ^= 1;
    }
    print_message("# %zu of %zu bytes\n", done, KYSO_ARRAY_LEN(rows));
    assert_int_equal(done, KYSO_ARRAY_LEN(rows));
    kyso_buf_done(&document.bytes);
}

static void holes(void **state KYSO_UNUSED)
{
    struct document document = letter();
    const struct kyso_cms_question good = document.questions[0];
    uint64_t size = document.bytes.length;
    const struct {
        struct kyso_cms_question question;
        const char *word;
    } rows[] = {
        { good, "" },
        { { 0, good.hole_end, good.range_end }, "bad-range" },
        { { good.hole_end, good.hole_start, good.range_end }, "bad-range" },
        { { good.hole_start, good.hole_start, good.range_end }, "bad-range" },
        { { good.hole_start, good.hole_end, good.hole_end - 1 }, "bad-range" },
        { { good.hole_start, good.hole_end, size + 1 }, "bad-range" },
        { { good.hole_start, UINT64_MAX, UINT64_MAX }, "bad-range" },
        { { UINT64_MAX - 1, UINT64_MAX, UINT64_MAX }, "bad-range" },
        { { good.hole_start + 1, good.hole_end, good.range_end }, "bad-hex" },
        { { good.hole_start, good.hole_end - 1, good.range_end }, "bad-hex" },
        { { good.hole_start - 1, good.hole_end + 1, good.range_end }, "bad-hex" },
        { { good.hole_start, good.hole_start + 1, good.range_end }, "bad-hex" },
        { { 5, 5 + 2 * KYSO_CMS_MAX + 2, good.range_end }, "bad-hex" },
        { { 5, 6 + 2 * KYSO_CMS_MAX + 2, good.range_end }, "too-large" },
        { { good.hole_start, good.hole_end, good.range_end - 1 }, "wrong-digest" },
        { { good.hole_start, good.hole_end, size }, "wrong-digest" },
    };
    struct kyso_cms_question questions[KYSO_ARRAY_LEN(rows)];
    KYSO_CLOSE int fd = seal_document(&document);
    struct answer answer;
    size_t done = 0;

    for (size_t i = 0; i < KYSO_ARRAY_LEN(rows); i++)
        questions[i] = rows[i].question;
    assert_int_equal(ask(fd, questions, KYSO_ARRAY_LEN(rows), &answer), 0);
    for (size_t i = 0; i < KYSO_ARRAY_LEN(rows); i++, done++) {
        assert_string_equal(answer.findings[i].integrity_reason, rows[i].word);
        assert_int_equal(answer.findings[i].integrity == KYSO_FINDING_VALID, i == 0);
    }
    print_message("# %zu of %zu holes\n", done, KYSO_ARRAY_LEN(rows));
    assert_int_equal(done, KYSO_ARRAY_LEN(rows));
    answer_done(&answer);
    kyso_buf_done(&document.bytes);
}

static void bad_digit(void **state KYSO_UNUSED)
{
    struct document document = letter();
    KYSO_CLOSE int fd = -1;
    struct answer answer;

    document.bytes.bytes[document.questions[0].hole_end - 10] = ' ';
    fd = seal_document(&document);
    assert_int_equal(ask(fd, document.questions, 1, &answer), 0);
    assert_string_equal(answer.findings[0].integrity_reason, "bad-hex");
    answer_done(&answer);
    kyso_buf_done(&document.bytes);
}

static void limits(void **state KYSO_UNUSED)
{
    struct document document = letter();
    KYSO_CLOSE int fd = seal_document(&document);
    struct kyso_cms_question many[KYSO_CMS_QUESTIONS_MAX + 1];
    struct answer answer;

    for (size_t i = 0; i < KYSO_ARRAY_LEN(many); i++)
        many[i] = document.questions[i % 2];
    assert_int_equal(ask(fd, many, KYSO_CMS_QUESTIONS_MAX, &answer), 0);
    assert_int_equal(answer.n, KYSO_CMS_QUESTIONS_MAX); /* far more than fits a frame */
    for (size_t i = 0; i < answer.n; i++)
        assert_string_equal(answer.findings[i].integrity_reason, "");
    answer_done(&answer);
    assert_int_equal(ask(fd, many, KYSO_CMS_QUESTIONS_MAX + 1, &answer), KYSO_OUTCOME_LIMIT);
    assert_int_equal(ask(fd, many, 0, &answer), -EINVAL);
    kyso_buf_done(&document.bytes);
}

static void unsealed(void **state KYSO_UNUSED)
{
    static const struct kyso_cms_question QUESTION = { 10, 20, 30 };
    KYSO_CLOSE int fd = -1;
    struct answer answer;

    assert_int_equal(kyso_memfd_new("letter", &fd), 0);
    assert_int_equal(kyso_fd_write(fd, "not sealed", 10), 0);
    assert_int_equal(ask(fd, &QUESTION, 1, &answer), KYSO_OUTCOME_DOCUMENT_UNSEALED);
}

static int describe(const struct kyso_der *certificates, size_t n, struct answer *answer)
{
    *answer = (struct answer){ 0 };
    assert_int_equal(kyso_cms_describe(loop, certificates, n, &trust, PKI_NOW, described, answer,
                                       &answer->call),
                     0);
    assert_int_equal(kyso_loop_run(loop), 0);
    assert_int_equal(answer->called, 1);
    return answer->result;
}

static void certificates_of_a_token(void **state KYSO_UNUSED)
{
    static const uint8_t LARGE[KYSO_CERTIFICATE_MAX + 1] = { 0x30 };
    const struct kyso_der certificates[] = {
        { person.der, person.length },     { (const uint8_t *)"junk", 4 },
        { issuing.der, issuing.length },   { (const uint8_t *)"", 0 },
        { LARGE, sizeof(LARGE) },          { person.der, person.length - 1 },
    };
    struct answer answer;

    assert_int_equal(describe(certificates, KYSO_ARRAY_LEN(certificates), &answer), 0);
    assert_int_equal(answer.n, KYSO_ARRAY_LEN(certificates));
    assert_true(answer.results[0].readable);
    assert_string_equal(answer.results[0].info.common_name, "Nguyễn Văn Ánh");
    assert_string_equal(answer.results[0].chain_reason, "");
    assert_int_equal(answer.results[0].chain, KYSO_FINDING_VALID);
    assert_int_equal(answer.results[0].n_path, 2);
    assert_int_equal(answer.results[0].path_length[0], issuing.length);
    assert_memory_equal(answer.results[0].path[0], issuing.der, issuing.length);
    assert_int_equal(answer.results[0].path_length[1], root.length);
    assert_memory_equal(answer.results[0].path[1], root.der, root.length);
    assert_true(answer.results[2].readable);
    assert_string_equal(answer.results[2].chain_reason, "signer-is-ca");
    assert_int_equal(answer.results[2].n_path, 1);
    for (size_t i = 1; i < KYSO_ARRAY_LEN(certificates); i += i == 1 ? 2 : 1) {
        assert_false(answer.results[i].readable);
        assert_int_equal(answer.results[i].chain, KYSO_FINDING_INVALID);
        assert_string_equal(answer.results[i].chain_reason, "malformed-certificate");
        assert_int_equal(answer.results[i].n_path, 0);
    }
    answer_done(&answer);
}

static void counted(void *data, int result, struct kyso_certificate_result *results, size_t n)
{
    struct answer *answer = data;

    answer->called++;
    answer->result = result;
    for (size_t i = 0; i < n; i++) {
        answer->n += results[i].readable && results[i].chain == KYSO_FINDING_VALID &&
                     results[i].n_path == 2;
        kyso_certificate_result_done(&results[i]);
    }
    answer->call = kyso_cms_call_free(answer->call);
    kyso_loop_quit(loop, 0);
}

/* As many as kysod may ever know of, and one more. */
static void many_certificates(void **state KYSO_UNUSED)
{
    struct kyso_der *certificates = calloc(KYSO_CMS_DESCRIBE_MAX + 1, sizeof(*certificates));
    struct answer answer = { 0 };

    assert_non_null(certificates);
    for (size_t i = 0; i < KYSO_CMS_DESCRIBE_MAX + 1; i++)
        certificates[i] = (struct kyso_der){ seal.der, seal.length };
    assert_int_equal(kyso_cms_describe(loop, certificates, KYSO_CMS_DESCRIBE_MAX, &trust, PKI_NOW,
                                       counted, &answer, &answer.call),
                     0);
    assert_int_equal(kyso_loop_run(loop), 0);
    assert_int_equal(answer.result, 0);
    assert_int_equal(answer.n, KYSO_CMS_DESCRIBE_MAX);
    assert_int_equal(kyso_cms_describe(loop, certificates, KYSO_CMS_DESCRIBE_MAX + 1, &trust,
                                       PKI_NOW, counted, &answer, &answer.call),
                     KYSO_OUTCOME_LIMIT);
    assert_int_equal(kyso_cms_describe(loop, certificates, 0, &trust, PKI_NOW, counted, &answer,
                                       &answer.call),
                     -EINVAL);
    free(certificates);
}

static void no_roots(void **state KYSO_UNUSED)
{
    static const struct kyso_trust NONE = { -1, -1 };
    const struct kyso_der certificate = { person.der, person.length };
    struct answer answer = { 0 };

    assert_int_equal(kyso_cms_describe(loop, &certificate, 1, &NONE, PKI_NOW, described, &answer,
                                       &answer.call),
                     0);
    assert_int_equal(kyso_loop_run(loop), 0);
    assert_int_equal(answer.result, 0);
    assert_string_equal(answer.results[0].chain_reason, "unknown-issuer");
    answer_done(&answer);
}

static void with_signal(int signo, int expected)
{
    struct document document = letter();
    KYSO_CLOSE int fd = seal_document(&document);
    struct answer answer = { 0 };
    pid_t worker;

    assert_int_equal(kyso_cms_check(loop, fd, document.questions, 2, &trust, PKI_NOW, checked,
                                    &answer, &answer.call),
                     0);
    worker = youngest_child();
    assert_true(worker > 0);
    assert_int_equal(kill(worker, signo), 0);
    assert_int_equal(kyso_loop_run(loop), 0);
    assert_int_equal(answer.called, 1);
    assert_int_equal(answer.result, expected);
    assert_int_equal(answer.n, 0);
    kyso_buf_done(&document.bytes);
}

static void killed(void **state KYSO_UNUSED)
{
    with_signal(SIGKILL, KYSO_OUTCOME_WORKER_DIED);
}

static void overrun(void **state KYSO_UNUSED)
{
    kyso_cms_set_deadline(50000);
    with_signal(SIGSTOP, KYSO_OUTCOME_TIMED_OUT);
}

static void missing_program(void **state KYSO_UNUSED)
{
    static const struct kyso_cms_question QUESTION = { 10, 20, 30 };
    KYSO_CLOSE int fd = -1;
    struct answer answer;

    kyso_worker_set_directory("/nonexistent");
    assert_int_equal(kyso_memfd_from_bytes("x", "0123456789", 10, &fd), 0);
    assert_int_equal(ask(fd, &QUESTION, 1, &answer), KYSO_OUTCOME_WORKER_DIED);
}

static void freed_call(void **state KYSO_UNUSED)
{
    struct document document = letter();
    KYSO_CLOSE int fd = seal_document(&document);
    struct answer answer = { 0 };
    struct kyso_source *child = NULL;

    assert_int_equal(kyso_cms_check(loop, fd, document.questions, 2, &trust, PKI_NOW, checked,
                                    &answer, &answer.call),
                     0);
    assert_int_equal(kyso_loop_add_child(loop, youngest_child(), quit, NULL, &child), 0);
    answer.call = kyso_cms_call_free(answer.call);
    assert_int_equal(kyso_loop_run(loop), 0); /* the process ends; nobody is called */
    assert_int_equal(answer.called, 0);
    (void)kyso_source_free(child);
    kyso_buf_done(&document.bytes);
}

static int probe_file(void)
{
    return open("/etc/passwd", O_RDONLY | O_CLOEXEC) < 0 ? errno : 0;
}

static int probe_network(void)
{
    return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) < 0 ? errno : 0;
}

static int probe_program(void)
{
    char *arguments[] = { NULL };

    return execve("/bin/true", arguments, arguments) < 0 ? errno : 0;
}

static int probe_memory(void)
{
    return mmap(NULL, KYSO_CMS_JAIL.memory, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                0) == MAP_FAILED
               ? errno
               : 0;
}

/* How a process in the worker's jail ends that tries PROBE. */
static int probe(int (*fn)(void))
{
    pid_t pid = fork();
    int status = 0;

    assert_true(pid >= 0);
    if (pid == 0) {
        int r = kyso_jail_enter(&KYSO_CMS_JAIL);

        _exit(r == 0 ? fn() : 255);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

static void jailed(void **state KYSO_UNUSED)
{
    int file = probe(probe_file), program = probe(probe_program);
    int network = probe(probe_network), memory = probe(probe_memory);

    if (KYSO_JAIL_STRICT) {
        assert_true(WIFSIGNALED(file) && WTERMSIG(file) == SIGSYS);
        assert_true(WIFSIGNALED(program) && WTERMSIG(program) == SIGSYS);
        assert_true(WIFSIGNALED(network) && WTERMSIG(network) == SIGSYS);
        assert_true(WIFEXITED(memory) && WEXITSTATUS(memory) == ENOMEM);
    } else { /* the file rules hold in every build */
        assert_true(WIFEXITED(file) && WEXITSTATUS(file) == EACCES);
        assert_true(WIFEXITED(program) && WEXITSTATUS(program) == EACCES);
    }
}

static int file_blob(const char *name)
{
    char path[PATH_MAX];
    KYSO_FREE char *text = NULL;
    KYSO_BUF struct kyso_buf blob = { 0 };
    struct kyso_conf_problem problem;
    size_t length;
    int fd = -1;

    (void)snprintf(path, sizeof(path), "%s/pki/%s", folder, name);
    assert_int_equal(kyso_conf_load(path, false, KYSO_CONF_MAX, &text, &length, &problem), 0);
    kyso_buf_put_blob(&blob, text, length);
    assert_int_equal(kyso_memfd_from_bytes(name, blob.bytes, blob.length, &fd), 0);
    return fd;
}

/* The PKI that the script makes with the openssl command, as files lie in the roots' folder. */
static void pki_of_the_script(void **state KYSO_UNUSED)
{
    static const struct {
        const char *name;
        enum kyso_finding chain;
        const char *reason;
    } ROWS[] = {
        { "person", KYSO_FINDING_VALID, "" },
        { "seal", KYSO_FINDING_VALID, "" },
        { "revoked", KYSO_FINDING_VALID, "" }, /* lists are looked at elsewhere */
        { "expired", KYSO_FINDING_UNDETERMINED, "expired" },
        { "not-yet-valid", KYSO_FINDING_UNDETERMINED, "not-yet-valid" },
        { "wrong-purpose", KYSO_FINDING_INVALID, "key-usage" },
        { "weak", KYSO_FINDING_UNDETERMINED, "weak-key" },
        { "ca-leaf", KYSO_FINDING_INVALID, "signer-is-ca" },
        { "unknown-issuer", KYSO_FINDING_UNDETERMINED, "unknown-issuer" },
    };
    const char *source = getenv("KYSO_TEST_SOURCE");
    struct kyso_trust made;
    char command[2 * PATH_MAX];
    size_t done = 0;

    assert_non_null(source); /* the root of the source tree, set by meson */
    (void)snprintf(command, sizeof(command), "'%s/tests/support/pki.sh' '%s/pki'", source, folder);
    assert_int_equal(system(command), 0);
    made = (struct kyso_trust){ file_blob("root.pem"), file_blob("issuing.pem") };
    for (size_t i = 0; i < KYSO_ARRAY_LEN(ROWS); i++, done++) {
        char path[PATH_MAX];
        KYSO_FREE char *der = NULL;
        struct kyso_conf_problem problem;
        struct kyso_der certificate = { 0 };
        struct answer answer = { 0 };

        (void)snprintf(path, sizeof(path), "%s/pki/%s.der", folder, ROWS[i].name);
        assert_int_equal(
            kyso_conf_load(path, false, KYSO_CONF_MAX, &der, &certificate.length, &problem), 0);
        certificate.bytes = (const uint8_t *)der;
        assert_int_equal(kyso_cms_describe(loop, &certificate, 1, &made,
                                           kyso_clock_wall_usec() / KYSO_USEC_PER_SEC, described,
                                           &answer, &answer.call),
                         0);
        assert_int_equal(kyso_loop_run(loop), 0);
        assert_int_equal(answer.result, 0);
        assert_string_equal(answer.results[0].chain_reason, ROWS[i].reason);
        assert_int_equal(answer.results[0].chain, ROWS[i].chain);
        answer_done(&answer);
    }
    print_message("# %zu of %zu certificates of the script\n", done, KYSO_ARRAY_LEN(ROWS));
    assert_int_equal(done, KYSO_ARRAY_LEN(ROWS));
    kyso_close(&made.anchors);
    kyso_close(&made.intermediates);
    (void)snprintf(command, sizeof(command), "rm -r '%s/pki'", folder);
    assert_int_equal(system(command), 0);
}

/* What a worker that a stranger took over might answer. */
enum lie { WRONG_TYPE, NO_DESCRIPTOR, NOT_SEALED, WRONG_COUNT, CUT_OFF, TRAILING, BAD_VERDICT,
           BAD_TEXT, LIES };

static void put_lie(enum lie lie, struct kyso_buf *buf)
{
    const struct kyso_cms_finding finding = { .integrity = lie == BAD_VERDICT ? 7 : 0,
                                              .integrity_reason = (char *)(uintptr_t)"",
                                              .chain_reason = (char *)(uintptr_t)"",
                                              .digest = (char *)(uintptr_t)"SHA256" };

    kyso_cms_put_finding(buf, &finding);
    if (lie == CUT_OFF)
        buf->length -= 3;
    if (lie == TRAILING)
        kyso_buf_put_u8(buf, 0);
    if (lie == BAD_TEXT)
        buf->bytes[buf->length - 5] = 0xff; /* within "SHA256" */
}

static int tell_lie(void)
{
    FILE *file = fopen(LIE_FILE, "re");
    struct kyso_buf buf = { 0 };
    struct kyso_frame question, frame;
    int lie, fd = -1;

    if (file == NULL || fscanf(file, "%d", &lie) != 1 ||
        kyso_wire_receive(KYSO_WORKER_SOCKET, &question) < 0)
        return EXIT_FAILURE;
    put_lie((enum lie)lie, &buf);
    kyso_frame_init(&frame, lie == WRONG_TYPE ? KYSO_CMS_DESCRIPTIONS : KYSO_CMS_FINDINGS);
    kyso_buf_put_u32(&frame.body, lie == WRONG_COUNT ? 2 : 1);
    if (kyso_memfd_new("lie", &fd) < 0 || kyso_fd_write(fd, buf.bytes, buf.length) < 0 ||
        (lie != NOT_SEALED && kyso_memfd_seal(fd) < 0) ||
        (lie != NO_DESCRIPTOR && kyso_frame_attach(&frame, fd) < 0) ||
        kyso_wire_send(KYSO_WORKER_SOCKET, &frame) < 0)
        return EXIT_FAILURE;
    return EXIT_SUCCESS;
}

static void set_lie(int lie)
{
    FILE *file = fopen(LIE_FILE, "we");

    assert_non_null(file);
    assert_true(fprintf(file, "%d", lie) > 0);
    assert_int_equal(fclose(file), 0);
}

static void lying_worker(void **state KYSO_UNUSED)
{
    static const struct kyso_cms_question QUESTION = { 1, 2, 3 };
    KYSO_CLOSE int fd = -1;
    struct answer answer;
    int done = 0;

    kyso_worker_set_directory(folder);
    assert_int_equal(kyso_memfd_from_bytes("x", "0123456789", 10, &fd), 0);
    for (int lie = 0; lie < LIES; lie++, done++) {
        set_lie(lie);
        assert_int_equal(ask(fd, &QUESTION, 1, &answer), KYSO_OUTCOME_WORKER_DIED);
    }
    print_message("# %d of %d lies\n", done, (int)LIES);
    assert_int_equal(done, LIES);
    /* The same worker keeping to the protocol is heard: the lies failed for what they were. */
    set_lie(LIES);
    assert_int_equal(ask(fd, &QUESTION, 1, &answer), 0);
    assert_string_equal(answer.findings[0].digest, "SHA256");
    answer_done(&answer);
}

int main(int argc KYSO_UNUSED, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(two_signatures, begin),
        cmocka_unit_test_setup(altered_bytes, begin),
        cmocka_unit_test_setup(holes, begin),
        cmocka_unit_test_setup(bad_digit, begin),
        cmocka_unit_test_setup(limits, begin),
        cmocka_unit_test_setup(unsealed, begin),
        cmocka_unit_test_setup(certificates_of_a_token, begin),
        cmocka_unit_test_setup(many_certificates, begin),
        cmocka_unit_test_setup(no_roots, begin),
        cmocka_unit_test_setup(killed, begin),
        cmocka_unit_test_setup(overrun, begin),
        cmocka_unit_test_setup(missing_program, begin),
        cmocka_unit_test_setup(freed_call, begin),
        cmocka_unit_test_setup(jailed, begin),
        cmocka_unit_test_setup(pki_of_the_script, begin),
        cmocka_unit_test_setup(lying_worker, begin),
    };

    if (strcmp(argv[0], KYSO_CMS_PROGRAM) == 0)
        return tell_lie();
    return cmocka_run_group_tests(tests, setup, teardown);
}
