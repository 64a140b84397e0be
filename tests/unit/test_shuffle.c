#include "eval/shuffle.h"

#include <stdlib.h>

#include "support/compare.h"
#include "support/failing_malloc.h"
#include "support/sample.h"
#include "unit/suites.h"

enum { LENGTH = 7, K = 3, NUMBERS = 4, F = NUMBERS + 7 };

/* Event t has ids t, 10 + t, 20 + t, numbers 100 t + j and time inputs 1000 t + j. */
struct history_room {
    uint32_t ids[LENGTH * K];
    float values[LENGTH * F];
    struct history history;
};

static void fill(struct history_room *room)
{
    for (uint32_t t = 0; t < LENGTH; t++) {
        for (uint32_t k = 0; k < K; k++)
            room->ids[t * K + k] = 10 * k + t;
        for (uint32_t j = 0; j < F; j++)
            room->values[t * F + j] = (float)((j < NUMBERS ? 100 : 1000) * t + j);
    }
    room->history =
        (struct history){.ids = room->ids, .values = room->values, .length = LENGTH};
}

static const struct {
    const char *about;
    uint32_t length;
} cases[] = {
    {"one event stays", 1}, {"two", 2}, {"a beginning", 5}, {"the whole", LENGTH}};

/* Over many seeds: the first events, each once, whole, and time where it was. */
START_TEST(test_events_move_and_time_stays)
{
    struct schema *schema = sample_schema(sample_rich);
    uint32_t length = cases[_i].length, moved = 0;
    struct history_room room;
    struct arena arena;

    fill(&room);
    arena_init(&arena, SIZE_MAX);
    for (uint64_t seed = 0; seed < 50; seed++) {
        struct history shuffled;
        struct random random;
        bool seen[LENGTH] = {false};
        random_init(&random, seed, 0);
        ck_assert_int_eq(shuffle_history(&shuffled, &room.history, length, schema,
                                         &random, &arena, NULL),
                         STATUS_OK);
        ck_assert_uint_eq(shuffled.length, length);
        for (uint32_t t = 0; t < length; t++) {
            uint32_t from = shuffled.ids[t * K];
            ck_assert_msg(from < length && !seen[from], "%s", cases[_i].about);
            seen[from] = true;
            moved += from != t;
            for (uint32_t k = 0; k < K; k++)
                ck_assert_uint_eq(shuffled.ids[t * K + k], 10 * k + from);
            for (uint32_t j = 0; j < F; j++)
                assert_close(cases[_i].about, j, (double)shuffled.values[t * F + j],
                             (j < NUMBERS ? 100.0 * from : 1000.0 * t) + j, 0);
        }
    }
    /* of length places about length - 1 move in each of 50 shuffles */
    assert_close(cases[_i].about, 0, moved / 50.0, length - 1.0, 0.5);
    arena_release(&arena);
    triage_schema_free(schema);
}
END_TEST

START_TEST(test_memory_runs_out)
{
    struct schema *schema = sample_schema(sample_rich);
    struct history_room room;

    fill(&room);
    for (unsigned n = 0; torture_again(&n);) {
        struct history shuffled;
        struct random random;
        struct arena arena;
        arena_init(&arena, SIZE_MAX);
        random_init(&random, 1, 0);
        ck_assert_int_eq(shuffle_history(&shuffled, &room.history, LENGTH, schema,
                                         &random, &arena, NULL),
                         torture_has_struck() ? STATUS_NO_MEMORY : STATUS_OK);
        arena_release(&arena);
    }
    triage_schema_free(schema);
}
END_TEST

Suite *shuffle_suite(void)
{
    Suite *suite = suite_create("shuffle");
    TCase *tc = tcase_create("shuffle");
    tcase_add_loop_test(tc, test_events_move_and_time_stays, 0, COUNT(cases));
    tcase_add_test(tc, test_memory_runs_out);
    suite_add_tcase(suite, tc);
    return suite;
}
