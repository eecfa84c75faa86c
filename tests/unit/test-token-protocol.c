/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/macros.h"
#include "common/outcome.h"
#include "pkcs11/protocol.h"

static const uint8_t CHAIN_ONE[] = {0x30, 0x01, 0x00};
static const uint8_t CHAIN_TWO[] = {0x30, 0x02, 0x01, 0x00};

static void fill_job(struct kyso_token_sign_job *job, const char *const *others)
{
    static const uint8_t *const chain[] = {CHAIN_ONE, CHAIN_TWO};
    static const size_t lengths[] = {sizeof(CHAIN_ONE), sizeof(CHAIN_TWO)};
    static const uint8_t wrong[2][KYSO_PIN_DIGEST_SIZE] = {{1}, {2}};

    *job = (struct kyso_token_sign_job){
        .target = {.module = "/lib/m.so", .reader = "Đầu đọc 0", .others = others, .serial = "47"},
        .chain = chain,
        .chain_length = lengths,
        .n_chain = 2,
        .known_wrong = wrong,
        .n_known_wrong = 2,
    };
    memset(job->certificate_sha256, 3, sizeof(job->certificate_sha256));
    memset(job->digest_key, 4, sizeof(job->digest_key));
}

static void test_job_survives_the_wire(void **state KYSO_UNUSED)
{
    const char *const others[] = {"one", "two", NULL};
    KYSO_FRAME struct kyso_frame frame = {0};
    struct kyso_token_sign_job job;
    struct kyso_token_order order = {0};

    fill_job(&job, others);
    kyso_frame_init(&frame, KYSO_TOKEN_JOB);
    assert_int_equal(kyso_token_put_job(&frame, &job), 0);
    assert_int_equal(kyso_token_get_order(&frame, &order), 0);
    assert_string_equal(order.module, "/lib/m.so");
    assert_string_equal(order.reader, "Đầu đọc 0");
    assert_string_equal(order.serial, "47");
    assert_string_equal(order.others[1], "two");
    assert_null(order.others[2]);
    assert_memory_equal(order.certificate_sha256, job.certificate_sha256, 32);
    assert_memory_equal(order.digest_key, job.digest_key, 32);
    assert_int_equal(order.n_known_wrong, 2);
    assert_int_equal(order.known_wrong[1][0], 2);
    assert_int_equal(order.n_chain, 2);
    assert_int_equal(order.chain_length[1], sizeof(CHAIN_TWO));
    assert_memory_equal(order.chain[1], CHAIN_TWO, sizeof(CHAIN_TWO));
    kyso_token_order_done(&order);
}

static void test_every_cut_of_a_job_is_refused(void **state KYSO_UNUSED)
{
    const char *const others[] = {"one", NULL};
    KYSO_FRAME struct kyso_frame frame = {0};
    struct kyso_token_sign_job job;
    size_t whole, refused = 0;

    fill_job(&job, others);
    kyso_frame_init(&frame, KYSO_TOKEN_JOB);
    assert_int_equal(kyso_token_put_job(&frame, &job), 0);
    whole = frame.body.length;
    assert_true(whole > 100);
    for (size_t length = 0; length < whole; length++) {
        struct kyso_token_order order = {0};
        KYSO_FRAME struct kyso_frame cut = {0};

        kyso_frame_init(&cut, KYSO_TOKEN_JOB);
        kyso_buf_put(&cut.body, frame.body.bytes, length);
        assert_int_equal(kyso_frame_attach(&cut, frame.fds[0]), 0);
        refused += kyso_token_get_order(&cut, &order) == -EBADMSG;
        kyso_token_order_done(&order);
    }
    print_message("# refused %zu of %zu\n", refused, whole);
    assert_int_equal(refused, whole);
}

static void test_job_without_its_chain_is_refused(void **state KYSO_UNUSED)
{
    const char *const others[] = {NULL};
    KYSO_FRAME struct kyso_frame frame = {0};
    struct kyso_token_sign_job job;
    struct kyso_token_order order = {0};
    int fd;

    fill_job(&job, others);
    kyso_frame_init(&frame, KYSO_TOKEN_JOB);
    assert_int_equal(kyso_token_put_job(&frame, &job), 0);
    fd = kyso_frame_take_fd(&frame, 0);
    assert_int_equal(kyso_token_get_order(&frame, &order), -EBADMSG);
    kyso_close(&fd);
    job.n_chain = 0;
    assert_int_equal(kyso_token_put_job(&frame, &job), -EINVAL);
}

static void test_snapshot_survives_the_wire(void **state KYSO_UNUSED)
{
    KYSO_FRAME struct kyso_frame frame = {0};
    char serial[] = "1", manufacturer[] = "m", model[] = "", label[] = "Nguyễn";
    const struct kyso_token_snapshot sent = {
        .serial = serial,
        .manufacturer = manufacturer,
        .model = model,
        .label = label,
        .pin_flags = KYSO_TOKEN_PIN_FINAL_TRY,
        .pin_tries = -1,
        .pin_min = 4,
        .pin_max = 8,
        .login_required = true,
    };
    struct kyso_token_snapshot got = {0};

    kyso_frame_init(&frame, KYSO_TOKEN_SNAPSHOT);
    assert_int_equal(kyso_token_put_snapshot(&frame, &sent), 0);
    assert_int_equal(kyso_token_get_snapshot(&frame, &got), 0);
    assert_string_equal(got.label, "Nguyễn");
    assert_int_equal(got.pin_tries, -1);
    assert_int_equal(got.pin_flags, KYSO_TOKEN_PIN_FINAL_TRY);
    assert_true(got.login_required);
    assert_false(got.pin_pad);
    kyso_token_snapshot_done(&got);
}

static void test_certificate_limits(void **state KYSO_UNUSED)
{
    static uint8_t der[KYSO_TOKEN_CERTIFICATE_MAX + 1];
    char label[] = "x";
    struct kyso_token_certificate sent = {
        .der = der,
        .der_length = sizeof(der) - 1,
        .id_length = 64,
        .label = label,
        .key = KYSO_TOKEN_KEY_SHOWN,
    };
    struct kyso_token_certificate got = {0};

    for (size_t extra = 0; extra < 2; extra++) {
        KYSO_FRAME struct kyso_frame frame = {0};

        kyso_frame_init(&frame, KYSO_TOKEN_CERTIFICATE);
        sent.der_length = KYSO_TOKEN_CERTIFICATE_MAX + extra;
        assert_int_equal(kyso_token_put_certificate(&frame, &sent), 0);
        assert_int_equal(kyso_token_get_certificate(&frame, &got), extra == 0 ? 0 : -EBADMSG);
    }
    assert_int_equal(got.id_length, 64);
    assert_int_equal(got.key, KYSO_TOKEN_KEY_SHOWN);
    kyso_token_certificate_done(&got);
}

static void test_certificate_key_is_one_of_those_known(void **state KYSO_UNUSED)
{
    uint8_t der[] = {0x30, 0};
    char label[] = "x";
    struct kyso_token_certificate sent = {.der = der, .der_length = sizeof(der), .label = label};

    for (unsigned int key = 0; key <= KYSO_TOKEN_KEY_MAX; key++) {
        KYSO_FRAME struct kyso_frame frame = {0};
        struct kyso_token_certificate got = {0};

        kyso_frame_init(&frame, KYSO_TOKEN_CERTIFICATE);
        sent.key = key;
        assert_int_equal(kyso_token_put_certificate(&frame, &sent), 0);
        assert_int_equal(kyso_token_get_certificate(&frame, &got),
                         key < KYSO_TOKEN_KEY_MAX ? 0 : -EBADMSG);
        kyso_token_certificate_done(&got);
    }
}

static void test_long_cms_travels_beside_its_frame(void **state KYSO_UNUSED)
{
    static uint8_t cms[KYSO_TOKEN_CMS_INLINE + 1];
    size_t length = 0;

    cms[KYSO_TOKEN_CMS_INLINE] = 7;
    for (size_t cut = 0; cut < 2; cut++) {
        KYSO_FRAME struct kyso_frame frame = {0};
        KYSO_FREE uint8_t *got = NULL;

        kyso_frame_init(&frame, KYSO_TOKEN_SIGNED);
        assert_int_equal(kyso_token_put_cms(&frame, cms, sizeof(cms) - cut), 0);
        assert_int_equal(frame.n_fds, cut == 0 ? 1 : 0);
        assert_int_equal(kyso_token_get_cms(&frame, &got, &length), 0);
        assert_int_equal(length, sizeof(cms) - cut);
        assert_memory_equal(got, cms, length);
    }
}

static void test_login_keeps_to_its_values(void **state KYSO_UNUSED)
{
    KYSO_FRAME struct kyso_frame frame = {0};
    struct kyso_token_login login = {.result = KYSO_TOKEN_LOGIN_LOCKED,
                                     .flags_after = KYSO_TOKEN_PIN_LOCKED,
                                     .tries_before = 1,
                                     .tries_after = 0};
    struct kyso_token_login got;

    kyso_frame_init(&frame, KYSO_TOKEN_LOGIN);
    assert_int_equal(kyso_token_put_login(&frame, &login), 0);
    assert_int_equal(kyso_token_get_login(&frame, &got), 0);
    assert_int_equal(got.result, KYSO_TOKEN_LOGIN_LOCKED);
    assert_int_equal(got.tries_after, 0);
    frame.body.bytes[0] = KYSO_TOKEN_LOGIN_PIN_REJECTED + 1;
    assert_int_equal(kyso_token_get_login(&frame, &got), -EBADMSG);
}

static void test_readers_with_a_state_nobody_knows(void **state KYSO_UNUSED)
{
    KYSO_FRAME struct kyso_frame frame = {0};
    char name[] = "r";
    struct kyso_reader sent = {.name = name, .state = KYSO_READER_MUTE, .events = 9};
    struct kyso_reader got[KYSO_TOKEN_READERS_MAX] = {0};
    bool available = false;
    size_t n = 0;

    kyso_frame_init(&frame, KYSO_TOKEN_READERS);
    assert_int_equal(kyso_token_put_readers(&frame, true, &sent, 1), 0);
    assert_int_equal(kyso_token_get_readers(&frame, &available, got, &n), 0);
    assert_true(available);
    assert_int_equal(n, 1);
    assert_int_equal(got[0].events, 9);
    kyso_token_readers_done(got, n);
    frame.body.bytes[frame.body.length - 5] = KYSO_READER_MUTE + 1;
    assert_int_equal(kyso_token_get_readers(&frame, &available, got, &n), -EBADMSG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_job_survives_the_wire),
        cmocka_unit_test(test_every_cut_of_a_job_is_refused),
        cmocka_unit_test(test_job_without_its_chain_is_refused),
        cmocka_unit_test(test_snapshot_survives_the_wire),
        cmocka_unit_test(test_certificate_limits),
        cmocka_unit_test(test_certificate_key_is_one_of_those_known),
        cmocka_unit_test(test_long_cms_travels_beside_its_frame),
        cmocka_unit_test(test_login_keeps_to_its_values),
        cmocka_unit_test(test_readers_with_a_state_nobody_knows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
