#include "base/map.h"

#include <stdio.h>
#include <string.h>

#include "support/failing_malloc.h"
#include "unit/suites.h"

enum { MANY = 5000, KEY_BYTES = 32 };

/* ---- byte strings ---------------------------------------------------------------------- */

/* Keys of 1 to 24 bytes; the numbers make them distinct. */
static size_t string_key(uint32_t i, char key[KEY_BYTES])
{
    size_t length = (size_t)snprintf(key, KEY_BYTES, "%u", i);
    while (length < i % 24) {
        key[length] = (char)('a' + length);
        length++;
    }
    key[length] = '\0';
    return length;
}

START_TEST(test_strmap_indices_follow_the_order_of_addition)
{
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    struct strmap map = {.count = 0};
    char key[KEY_BYTES];
    ck_assert_uint_eq(strmap_find(&map, "a", 1), MAP_NONE);
    for (int round = 0; round < 2; round++)
        for (uint32_t i = 0; i < MANY; i++) {
            size_t length = string_key(i, key);
            ck_assert_uint_eq(strmap_add(&map, key, length, &arena), i);
        }
    ck_assert_uint_eq(map.count, MANY);
    for (uint32_t i = 0; i < MANY; i++) {
        size_t length = string_key(i, key);
        ck_assert_uint_eq(strmap_find(&map, key, length), i);
        ck_assert_uint_eq(map.keys[i].length, length);
        ck_assert_str_eq(map.keys[i].bytes, key);
    }
    ck_assert_uint_eq(strmap_find(&map, "x", 1), MAP_NONE);
    arena_release(&arena);
}
END_TEST

START_TEST(test_strmap_keys_are_any_bytes)
{
    static const struct strmap_key keys[] = {
        {"", 0}, {"\0", 1}, {"\0\0", 2}, {"a", 1}, {"a\0", 2}, {"a\0b", 3}, {"\xFF", 1}};
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    struct strmap map = {.count = 0};
    for (uint32_t i = 0; i < sizeof keys / sizeof *keys; i++)
        ck_assert_uint_eq(strmap_add(&map, keys[i].bytes, keys[i].length, &arena), i);
    for (uint32_t i = 0; i < sizeof keys / sizeof *keys; i++)
        ck_assert_uint_eq(strmap_find(&map, keys[i].bytes, keys[i].length), i);
    arena_release(&arena);
}
END_TEST

START_TEST(test_strmap_of_a_list)
{
    static const char *const names[] = {"zero", "one", "", "three"};
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    struct strmap map;
    ck_assert_int_eq(strmap_init(&map, names, 4, &arena, NULL), STATUS_OK);
    ck_assert_uint_eq(map.count, 4);
    for (uint32_t i = 0; i < 4; i++)
        ck_assert_uint_eq(strmap_find(&map, names[i], strlen(names[i])), i);
    ck_assert_uint_eq(strmap_find(&map, "on", 2), MAP_NONE);
    ck_assert_uint_eq(strmap_find(&map, "ones", 4), MAP_NONE);
    arena_release(&arena);
}
END_TEST

START_TEST(test_strmap_refuses_a_list_with_a_repeated_name)
{
    static const char *const names[] = {"a", "b", "a"};
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    struct strmap map;
    struct error err = {0};
    ck_assert_int_eq(strmap_init(&map, names, 3, &arena, &err), STATUS_BAD_INPUT);
    ck_assert_str_eq(err.text, "\"a\" is given twice");
    arena_release(&arena);
}
END_TEST

START_TEST(test_strmap_keeps_its_keys_when_memory_runs_out)
{
    for (unsigned n = 0; failing_malloc_next(&n);) {
        struct arena arena;
        arena_init(&arena, SIZE_MAX);
        struct strmap map = {.count = 0};
        char key[KEY_BYTES];
        uint32_t added = 0;
        while (added < 1000 &&
               strmap_add(&map, key, string_key(added, key), &arena) == added)
            added++;
        ck_assert((added < 1000) == failing_malloc_has_failed());
        for (uint32_t i = 0; i < added; i++)
            ck_assert_uint_eq(strmap_find(&map, key, string_key(i, key)), i);
        arena_release(&arena);
    }
}
END_TEST

/* ---- 64-bit integers ------------------------------------------------------------------- */

/* Keys that differ in high bits, in low bits, and are 0. */
static uint64_t u64_key(uint32_t i)
{
    return i % 2 == 0 ? (uint64_t)i << 40 : i / 2;
}

START_TEST(test_u64map_indices_follow_the_order_of_addition)
{
    struct u64map map = {.count = 0};
    ck_assert_uint_eq(u64map_find(&map, 7), MAP_NONE);
    for (int round = 0; round < 2; round++)
        for (uint32_t i = 0; i < MANY; i++)
            if (u64map_add(&map, u64_key(i)) != u64map_find(&map, u64_key(i)))
                ck_abort_msg("key %u does not have the index that it was given", i);
    for (uint32_t i = 0; i < MANY; i++)
        if (map.keys[u64map_find(&map, u64_key(i))] != u64_key(i))
            ck_abort_msg("key %u is lost", i);
    ck_assert_uint_eq(u64map_find(&map, 0), 0);
    ck_assert_uint_eq(u64map_find(&map, (uint64_t)MANY << 40), MAP_NONE);
    ck_assert_uint_eq(map.count, MANY - 1); /* keys 0 and 1 are equal */
    u64map_release(&map);
    ck_assert_uint_eq(map.count, 0);
}
END_TEST

START_TEST(test_u64map_reserves_space_for_all_keys)
{
    struct u64map map = {.count = 0};
    ck_assert(u64map_reserve(&map, MANY));
    const void *slots = map.table.slots;
    for (uint32_t i = 0; i < MANY; i++)
        ck_assert_uint_eq(u64map_add(&map, i), i);
    ck_assert_ptr_eq(map.table.slots, slots);
    ck_assert(u64map_reserve(&map, 1));
    ck_assert_ptr_eq(map.table.slots, slots);
    ck_assert(!u64map_reserve(&map, SIZE_MAX));
    ck_assert_uint_eq(u64map_find(&map, MANY - 1), MANY - 1);
    u64map_release(&map);
}
END_TEST

START_TEST(test_u64map_keeps_its_keys_when_memory_runs_out)
{
    for (unsigned n = 0; failing_malloc_next(&n);) {
        struct u64map map = {.count = 0};
        uint32_t added = 0;
        while (added < 200 && u64map_add(&map, added + 1) == added)
            added++;
        ck_assert((added < 200) == failing_malloc_has_failed());
        for (uint32_t i = 0; i < added; i++)
            ck_assert_uint_eq(u64map_find(&map, i + 1), i);
        u64map_release(&map);
    }
}
END_TEST

Suite *map_suite(void)
{
    Suite *suite = suite_create("map");
    TCase *tc = tcase_create("map");
    tcase_add_test(tc, test_strmap_indices_follow_the_order_of_addition);
    tcase_add_test(tc, test_strmap_keys_are_any_bytes);
    tcase_add_test(tc, test_strmap_of_a_list);
    tcase_add_test(tc, test_strmap_refuses_a_list_with_a_repeated_name);
    tcase_add_test(tc, test_strmap_keeps_its_keys_when_memory_runs_out);
    tcase_add_test(tc, test_u64map_indices_follow_the_order_of_addition);
    tcase_add_test(tc, test_u64map_reserves_space_for_all_keys);
    tcase_add_test(tc, test_u64map_keeps_its_keys_when_memory_runs_out);
    suite_add_tcase(suite, tc);
    return suite;
}
