/* Synthetic histories: drawn from a schema, or reversed. */
#include <math.h>
#include <string.h>

#include "support/sample.h"
#include "unit/suites.h"

enum { MANY = 400 };

START_TEST(test_drawn_histories_fit_the_schema)
{
    struct schema *schema = sample_schema(sample_rich);
    size_t K = schema->categories, F = schema_inputs(schema);
    size_t events = 0, missing = 0, seen[8] = {0};
    double sum = 0.0, squares = 0.0;
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    struct history *histories =
        triage_histories_draw(schema, MANY, 2, 30, 7, &arena, NULL);
    for (size_t i = 0; i < MANY; i++) {
        const struct history *history = &histories[i];
        ck_assert(history->length >= 2 && history->length <= 30);
        for (uint32_t t = 0; t < history->length; t++, events++) {
            const float *values = history->values + t * F;
            for (uint32_t k = 0; k < K; k++) {
                uint32_t id = history->ids[t * K + k];
                ck_assert(id >= SCHEMA_FIRST && id < schema_rows(schema, k));
                seen[id] += k == 0;
            }
            /* latency: it is missing with probability 0.25, the mean of its flag */
            ck_assert(values[1] == -0.5f || (values[1] == 1.5f && values[0] == 0.0f));
            missing += values[1] == 1.5f;
            sum += (double)values[4];
            squares += (double)values[4] * (double)values[4];
        }
    }
    for (size_t id = SCHEMA_FIRST; id < 7; id++)
        ck_assert_msg(fabs((double)seen[id] / (double)events - 0.2) < 0.02, "[%zu]", id);
    ck_assert(fabs((double)missing / (double)events - 0.25) < 0.02);
    ck_assert(fabs(sum / (double)events) < 0.05);
    ck_assert(fabs(squares / (double)events - 1.0) < 0.06);
    arena_release(&arena);
    triage_schema_free(schema);
}
END_TEST

START_TEST(test_the_seed_decides)
{
    struct schema *schema = sample_schema(sample_rich);
    struct arena arena;
    size_t bytes = 20 * schema->categories * sizeof(uint32_t);
    arena_init(&arena, SIZE_MAX);
    struct history *a = triage_histories_draw(schema, 2, 20, 20, 7, &arena, NULL);
    struct history *b = triage_histories_draw(schema, 2, 20, 20, 7, &arena, NULL);
    struct history *c = triage_histories_draw(schema, 2, 20, 20, 8, &arena, NULL);
    ck_assert_mem_eq(a[1].ids, b[1].ids, bytes);
    ck_assert_mem_eq(a[1].values, b[1].values,
                     20 * schema_inputs(schema) * sizeof(float));
    ck_assert_int_ne(memcmp(a[1].ids, c[1].ids, bytes), 0);
    arena_release(&arena);
    triage_schema_free(schema);
}
END_TEST

START_TEST(test_a_history_has_all_times_or_none)
{
    static const char text[] =
        "{\"fields\": [{\"name\": \"event\", \"kind\": \"category\", \"values\": "
        "[\"a\"]}],"
        " \"time\": [{\"name\": \"since_first\"},"
        " {\"name\": \"missing\", \"mean\": 0.5, \"scale\": 0.5}]}";
    struct schema *schema = sample_schema(text);
    struct arena arena;
    size_t without = 0;
    arena_init(&arena, SIZE_MAX);
    struct history *histories =
        triage_histories_draw(schema, MANY, 1, 5, 7, &arena, NULL);
    for (size_t i = 0; i < MANY; i++) {
        bool is_missing = histories[i].values[1] == 1.0f;
        without += is_missing;
        for (uint32_t t = 0; t < histories[i].length; t++) {
            ck_assert_uint_eq(histories[i].ids[t], SCHEMA_FIRST);
            ck_assert_float_eq(histories[i].values[2 * t + 1], is_missing ? 1.0f : -1.0f);
            ck_assert_int_eq(histories[i].values[2 * t] == 0.0f, is_missing);
        }
    }
    ck_assert(without > MANY / 3 && without < 2 * MANY / 3);
    arena_release(&arena);
    triage_schema_free(schema);
}
END_TEST

START_TEST(test_reversed_history_has_its_events_reversed)
{
    struct schema *schema = sample_schema(sample_rich);
    size_t K = schema->categories, F = schema_inputs(schema), own = 4;
    struct history reversed, again;
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    struct history *history = triage_histories_draw(schema, 1, 9, 9, 7, &arena, NULL);
    ck_assert_int_eq(triage_history_reverse(&reversed, schema, history, &arena, NULL),
                     STATUS_OK);
    ck_assert_int_eq(triage_history_reverse(&again, schema, &reversed, &arena, NULL),
                     STATUS_OK);
    ck_assert_uint_eq(reversed.length, 9);
    for (size_t t = 0; t < 9; t++) {
        ck_assert_mem_eq(reversed.ids + t * K, history->ids + (8 - t) * K,
                         K * sizeof(uint32_t));
        ck_assert_mem_eq(reversed.values + t * F, history->values + (8 - t) * F,
                         own * sizeof(float));
        ck_assert_mem_eq(reversed.values + t * F + own, history->values + t * F + own,
                         (F - own) * sizeof(float));
    }
    ck_assert_mem_eq(again.ids, history->ids, 9 * K * sizeof(uint32_t));
    ck_assert_mem_eq(again.values, history->values, 9 * F * sizeof(float));
    arena_release(&arena);
    triage_schema_free(schema);
}
END_TEST

Suite *synthetic_suite(void)
{
    Suite *suite = suite_create("synthetic");
    TCase *tc = tcase_create("synthetic");
    tcase_add_test(tc, test_drawn_histories_fit_the_schema);
    tcase_add_test(tc, test_the_seed_decides);
    tcase_add_test(tc, test_a_history_has_all_times_or_none);
    tcase_add_test(tc, test_reversed_history_has_its_events_reversed);
    suite_add_tcase(suite, tc);
    return suite;
}
