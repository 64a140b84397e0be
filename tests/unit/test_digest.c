#include "base/digest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit/suites.h"

/* The examples of FIPS 180-4 and of NIST's SHA_All.pdf. */
static const struct {
    const char *about, *bytes;
    size_t times;
    const char *digest;
} vectors[] = {
    {"nothing", "", 1,
     "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"one block", "abc", 1,
     "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"two blocks", "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    {"112 bytes",
     "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklm"
     "n"
     "opqrlmnopqrsmnopqrstnopqrstu",
     1, "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"},
    {"a million times a", "a", 1000000,
     "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
    {"one block of 64",
     "0123456701234567012345670123456701234567012345670123456701234567", 1,
     "8182cadb21af0e37c06414ece08e19c65bdb22c396d48ba7341012eea9ffdfdd"},
};

START_TEST(test_published_digests)
{
    size_t length = strlen(vectors[_i].bytes), times = vectors[_i].times;
    char *bytes = malloc(length * times + 1), hex[SHA256_HEX];
    for (size_t i = 0; i < times; i++)
        memcpy(bytes + i * length, vectors[_i].bytes, length);
    sha256_hex(bytes, length * times, hex);
    free(bytes);
    ck_assert_msg(strcmp(hex, vectors[_i].digest) == 0, "%s: %s", vectors[_i].about, hex);
}
END_TEST

START_TEST(test_adding_in_pieces_gives_the_same_digest)
{
    uint8_t bytes[300], whole[SHA256_BYTES], pieces[SHA256_BYTES];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 7);
    for (size_t length = 0; length <= sizeof bytes; length++) {
        struct sha256 hash;
        sha256_init(&hash);
        sha256_add(&hash, bytes, length);
        sha256_finish(&hash, whole);

        sha256_init(&hash);
        for (size_t at = 0, step = 1; at < length; at += step, step = step * 2 % 71) {
            if (step > length - at)
                step = length - at;
            sha256_add(&hash, bytes + at, step);
        }
        sha256_finish(&hash, pieces);
        ck_assert_mem_eq(whole, pieces, SHA256_BYTES);
    }
}
END_TEST

Suite *digest_suite(void)
{
    Suite *suite = suite_create("digest");
    TCase *tc = tcase_create("digest");
    tcase_add_loop_test(tc, test_published_digests, 0, COUNT(vectors));
    tcase_add_test(tc, test_adding_in_pieces_gives_the_same_digest);
    suite_add_tcase(suite, tc);
    return suite;
}
