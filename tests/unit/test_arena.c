#include "base/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/huge_pages.h"
#include "support/failing_malloc.h"
#include "unit/suites.h"

START_TEST(test_allocations_are_aligned_and_keep_their_bytes)
{
    struct arena arena;
    unsigned char *allocated[200];
    size_t changed = 0;
    arena_init(&arena, SIZE_MAX);
    for (size_t i = 0; i < 200; i++) {
        allocated[i] = arena_alloc(&arena, i * 37);
        ck_assert_ptr_nonnull(allocated[i]);
        ck_assert_uint_eq((uintptr_t)allocated[i] % 16, 0);
        memset(allocated[i], (int)i, i * 37);
    }
    for (size_t i = 0; i < 200; i++)
        for (size_t k = 0; k < i * 37; k++)
            changed += allocated[i][k] != (unsigned char)i;
    ck_assert_uint_eq(changed, 0);
    arena_release(&arena);
    ck_assert_uint_eq(arena.taken, 0);
}
END_TEST

START_TEST(test_a_released_arena_can_be_used_again)
{
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    ck_assert_ptr_nonnull(arena_alloc(&arena, 1));
    arena_release(&arena);
    ck_assert_str_eq(arena_string(&arena, "again", 5), "again");
    arena_release(&arena);
    arena_release(&(struct arena){.last = NULL});
    arena_release(NULL);
}
END_TEST

START_TEST(test_array_is_cleared)
{
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    memset(arena_alloc(&arena, 1000), 0xFF, 1000);
    arena_reset(&arena);
    const unsigned char *array = arena_array(&arena, 100, 10);
    for (size_t i = 0; i < 1000; i++)
        ck_assert_uint_eq(array[i], 0);
    arena_release(&arena);
}
END_TEST

START_TEST(test_floats_begin_on_a_cache_line)
{
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    for (size_t i = 0; i < 50; i++) {
        float *floats = arena_floats(&arena, i, 7);
        ck_assert_uint_eq((uintptr_t)floats % 64, 0);
        memset(floats, (int)i, i * 7 * sizeof *floats);
    }
    ck_assert_ptr_null(arena_floats(&arena, SIZE_MAX / 4, 2));
    ck_assert_ptr_null(arena_floats(&arena, SIZE_MAX / 8, 2));
    arena_release(&arena);
}
END_TEST

START_TEST(test_repeated_use_ends_in_one_block)
{
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    size_t first = 0;
    for (int round = 0; round < 3; round++) {
        arena_reset_merge(&arena);
        for (int i = 0; i < 100; i++)
            ck_assert_ptr_nonnull(arena_alloc(&arena, 1000));
        if (round == 1)
            first = arena.taken;
    }
    ck_assert_uint_eq(arena.taken, first);
    ck_assert_uint_ge(first, 100 * 1000);
    arena_reset(&arena); /* frees all blocks except one */
    ck_assert_uint_eq(arena.taken, first);
    arena_release(&arena);
    ck_assert_uint_eq(arena.taken, 0);
}
END_TEST

START_TEST(test_strings_end_with_a_zero)
{
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    ck_assert_str_eq(arena_string(&arena, "abcdef", 3), "abc");
    ck_assert_str_eq(arena_string(&arena, "", 0), "");
    arena_release(&arena);
}
END_TEST

START_TEST(test_reset_keeps_one_block)
{
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    arena_reset(&arena);
    for (int i = 0; i < 100; i++)
        ck_assert_ptr_nonnull(arena_alloc(&arena, 1000));
    size_t before = arena.taken;
    arena_reset(&arena);
    size_t kept = arena.taken;
    ck_assert_uint_gt(kept, 0);
    ck_assert_uint_lt(kept, before);
    ck_assert_ptr_nonnull(arena_alloc(&arena, 1000));
    ck_assert_uint_eq(arena.taken, kept);
    arena_release(&arena);
}
END_TEST

static const struct {
    const char *about;
    size_t ceiling, count, size;
    bool fits;
} allocations[] = {
    {"no bytes", SIZE_MAX, 0, 8, true},
    {"one large item", SIZE_MAX, 1, 5000000, true},
    {"below the ceiling, where a usual block does not fit", 1000, 1, 900, true},
    {"beyond the ceiling", 1000, 1, 1001, false},
    {"a ceiling of 0", 0, 1, 1, false},
    {"the product overflows", SIZE_MAX, SIZE_MAX / 2, 3, false},
    {"rounding up overflows", SIZE_MAX, 1, SIZE_MAX - 3, false},
    {"adding the header of the block overflows", SIZE_MAX, 1, SIZE_MAX - 40, false},
};

START_TEST(test_allocations_beyond_the_ceiling_fail)
{
    struct arena arena;
    arena_init(&arena, allocations[_i].ceiling);
    void *items = arena_array(&arena, allocations[_i].count, allocations[_i].size);
    ck_assert_msg((items != NULL) == allocations[_i].fits, "%s", allocations[_i].about);
    ck_assert_msg(arena.taken <= allocations[_i].ceiling, "%s", allocations[_i].about);
    arena_release(&arena);
}
END_TEST

START_TEST(test_memory_runs_out)
{
    for (unsigned n = 0; failing_malloc_next(&n);) {
        struct arena arena;
        bool has_failed = false;
        arena_init(&arena, SIZE_MAX);
        for (int i = 0; i < 50; i++)
            has_failed |= arena_alloc(&arena, 700) == NULL;
        ck_assert(has_failed == failing_malloc_has_failed());
        arena_release(&arena);
    }
}
END_TEST

START_TEST(test_rewinding_frees_later_allocations)
{
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    struct arena_mark nothing = arena_mark(&arena);
    char *kept = arena_string(&arena, "kept", 4);
    struct arena_mark mark = arena_mark(&arena);
    size_t taken = arena.taken;
    for (size_t i = 0; i < 5; i++) {
        char *first = arena_alloc(&arena, 100);
        for (size_t bytes = 1000; bytes < 100000; bytes *= 3)
            memset(arena_alloc(&arena, bytes), 1, bytes);
        arena_rewind(&arena, mark);
        ck_assert_uint_eq(arena.taken, taken);
        ck_assert_ptr_eq(arena_alloc(&arena, 100), first);
        arena_rewind(&arena, mark);
    }
    ck_assert_str_eq(kept, "kept");
    arena_rewind(&arena, nothing);
    ck_assert_uint_eq(arena.taken, 0);
}
END_TEST

START_TEST(test_the_last_allocation_can_shrink)
{
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    unsigned char *first = arena_alloc(&arena, 1000);
    arena_shrink(&arena, first, 1000, 100);
    unsigned char *second = arena_alloc(&arena, 10);
    ck_assert_ptr_eq(second, first + 112);
    arena_shrink(&arena, first, 1000, 50); /* no longer the last one: no effect */
    ck_assert_ptr_eq(arena_alloc(&arena, 10), second + 16);
    arena_shrink(&arena, second + 16, 10, 0);
    ck_assert_ptr_eq(arena_alloc(&arena, 10), second + 16);
    arena_release(&arena);
}
END_TEST

START_TEST(test_huge_pages_are_cleared_and_keep_what_is_written)
{
    enum { BYTES = 9 << 20 };
    char *memory = calloc(BYTES, 1);
    ck_assert_ptr_nonnull(memory);
    memset(memory, 'a', BYTES / 3);
    huge_pages_advise(memory, BYTES);
    ck_assert(memory[0] == 'a' && memory[BYTES / 3 - 1] == 'a');
    for (size_t i = BYTES / 3; i < BYTES; i += 1 << 10)
        ck_assert_int_eq(memory[i], 0);
    memory[BYTES - 1] = 'z';
    ck_assert_int_eq(memory[BYTES - 1], 'z');
    free(memory);
    huge_pages_advise(NULL, BYTES);
}
END_TEST

Suite *arena_suite(void)
{
    Suite *suite = suite_create("arena");
    TCase *tc = tcase_create("arena");
    tcase_add_test(tc, test_allocations_are_aligned_and_keep_their_bytes);
    tcase_add_test(tc, test_a_released_arena_can_be_used_again);
    tcase_add_test(tc, test_array_is_cleared);
    tcase_add_test(tc, test_floats_begin_on_a_cache_line);
    tcase_add_test(tc, test_repeated_use_ends_in_one_block);
    tcase_add_test(tc, test_strings_end_with_a_zero);
    tcase_add_test(tc, test_reset_keeps_one_block);
    tcase_add_loop_test(tc, test_allocations_beyond_the_ceiling_fail, 0,
                        COUNT(allocations));
    tcase_add_test(tc, test_memory_runs_out);
    tcase_add_test(tc, test_rewinding_frees_later_allocations);
    tcase_add_test(tc, test_the_last_allocation_can_shrink);
    tcase_add_test(tc, test_huge_pages_are_cleared_and_keep_what_is_written);
    suite_add_tcase(suite, tc);
    return suite;
}
