#include "base/u64map.h"

#include "support/failing_malloc.h"
#include "unit/suites.h"

enum { MANY = 5000 };

/* Keys that differ in high bits, in low bits, and are 0. */
static uint64_t key(uint32_t i)
{
    return i % 2 == 0 ? (uint64_t)i << 40 : i / 2;
}

START_TEST(test_numbers_in_order_of_meeting)
{
    struct u64map numbering = {0};

    ck_assert_uint_eq(u64map_find(&numbering, 7), U64MAP_NONE);
    for (uint32_t round = 0; round < 2; round++)
        for (uint32_t i = 0; i < MANY; i++)
            if (u64map_add(&numbering, key(i)) != u64map_find(&numbering, key(i)))
                ck_abort_msg("key %u is not found where it was put", i);
    for (uint32_t i = 0; i < MANY; i++)
        if (numbering.keys[u64map_find(&numbering, key(i))] != key(i))
            ck_abort_msg("key %u is lost", i);
    ck_assert_uint_eq(u64map_find(&numbering, 0), 0);
    ck_assert_uint_eq(u64map_find(&numbering, (uint64_t)MANY << 40), U64MAP_NONE);
    ck_assert_uint_eq(numbering.count, MANY - 1); /* keys 0 and 1 are the same one */
    u64map_release(&numbering);
    ck_assert_uint_eq(numbering.count, 0);
}
END_TEST

START_TEST(test_memory_runs_out)
{
    for (unsigned n = 0; torture_again(&n);) {
        struct u64map numbering = {0};
        uint32_t i = 0;
        while (i < 200 && u64map_add(&numbering, i + 1) == i)
            i++;
        ck_assert((i < 200) == torture_has_struck());
        for (uint32_t j = 0; j < i; j++) /* those before are still there */
            ck_assert_uint_eq(u64map_find(&numbering, j + 1), j);
        u64map_release(&numbering);
    }
}
END_TEST

Suite *numbering_suite(void)
{
    Suite *suite = suite_create("numbering");
    TCase *tc = tcase_create("numbering");
    tcase_add_test(tc, test_numbers_in_order_of_meeting);
    tcase_add_test(tc, test_memory_runs_out);
    suite_add_tcase(suite, tc);
    return suite;
}
