/* Batches packed without padding: the order of rows, the places of events. */
#include "train/packed_batch.h"

#include "support/failing_malloc.h"
#include "support/sample.h"
#include "unit/suites.h"

enum { MAX_ROWS = 5, MAX_STEPS = 8 };

/* K = 2, F = 1 */
static const struct schema two_categories = {.categories = 2, .time_count = 1};

static const struct {
    const char *about;
    size_t count;
    uint32_t lengths[MAX_ROWS];
    enum status status;
    uint32_t batch_sizes[MAX_STEPS]; /* 0 ends the list */
    uint32_t order[MAX_ROWS];
} cases[] = {
    {"one event", 1, {1}, STATUS_OK, {1}, {0}},
    {"equal lengths keep order", 3, {2, 2, 2}, STATUS_OK, {3, 3}, {0, 1, 2}},
    {"longest first", 3, {2, 4, 1}, STATUS_OK, {3, 2, 1, 1}, {1, 0, 2}},
    {"equal lengths after the longest keep order",
     5,
     {1, 3, 1, 3, 1},
     STATUS_OK,
     {5, 2, 2},
     {1, 3, 0, 2, 4}},
    {"shortest first is reversed",
     4,
     {1, 2, 3, 4},
     STATUS_OK,
     {4, 3, 2, 1},
     {3, 2, 1, 0}},
    {"one long history", 1, {8}, STATUS_OK, {1, 1, 1, 1, 1, 1, 1, 1}, {0}},
    {"an empty batch", 0, {0}, STATUS_TOO_LARGE, {0}, {0}},
};

/* Event t of history b has the ids 100 b + t and 1000 + 100 b + t. */
struct numbered_histories {
    uint32_t ids[MAX_ROWS][2 * MAX_STEPS];
    float values[MAX_ROWS][MAX_STEPS];
    struct history histories[MAX_ROWS];
    const struct history *pointers[MAX_ROWS];
};

static void fill(struct numbered_histories *given, const uint32_t *lengths, size_t count)
{
    for (uint32_t b = 0; b < count; b++) {
        for (uint32_t t = 0; t < lengths[b]; t++) {
            given->ids[b][2 * t] = 100 * b + t;
            given->ids[b][2 * t + 1] = 1000 + 100 * b + t;
            given->values[b][t] = (float)(100 * b + t);
        }
        given->histories[b] = (struct history){
            .ids = given->ids[b], .values = given->values[b], .length = lengths[b]};
        given->pointers[b] = &given->histories[b];
    }
}

static void check_events(const char *about, const struct packed_batch *batch,
                         const struct numbered_histories *given)
{
    size_t event = 0;
    for (uint32_t t = 0; t < batch->steps; t++) {
        ck_assert_uint_eq(batch->offset[t], event);
        for (uint32_t b = 0; b < batch->batch_sizes[t]; b++, event++) {
            uint32_t history = batch->order[b];
            ck_assert_msg(
                batch->ids[2 * event] == given->ids[history][2 * t] &&
                    batch->ids[2 * event + 1] == given->ids[history][2 * t + 1] &&
                    batch->values[event] == given->values[history][t],
                "%s: event %u of row %u is not at index %zu", about, t, b, event);
        }
    }
    ck_assert_uint_eq(batch->events, event);
}

START_TEST(test_rows_are_sorted_and_events_packed_by_step)
{
    struct numbered_histories given;
    struct packed_batch batch;
    struct arena arena;
    uint32_t t = 0;
    fill(&given, cases[_i].lengths, cases[_i].count);
    arena_init(&arena, SIZE_MAX);
    enum status status = packed_batch_init(&batch, &two_categories, given.pointers,
                                           cases[_i].count, &arena, NULL);
    ck_assert_msg(status == cases[_i].status, "%s: %s", cases[_i].about,
                  triage_status_name(status));
    for (; status == STATUS_OK && t < MAX_STEPS && cases[_i].batch_sizes[t] != 0; t++)
        ck_assert_msg(t < batch.steps && batch.batch_sizes[t] == cases[_i].batch_sizes[t],
                      "%s: batch_sizes[%u]", cases[_i].about, t);
    for (uint32_t b = 0; status == STATUS_OK && b < batch.rows; b++) {
        uint32_t length = cases[_i].lengths[batch.order[b]];
        ck_assert_msg(batch.order[b] == cases[_i].order[b], "%s: order[%u] is %u",
                      cases[_i].about, b, batch.order[b]);
        ck_assert_uint_eq(batch.lengths[b], length);
        ck_assert_uint_eq(batch.ids[2 * packed_batch_last(&batch, b)],
                          100 * batch.order[b] + length - 1);
    }
    if (status == STATUS_OK) {
        ck_assert_uint_eq(batch.steps, t);
        check_events(cases[_i].about, &batch, &given);
    }
    arena_release(&arena);
}
END_TEST

START_TEST(test_many_histories_are_packed)
{
    struct schema *schema = sample_schema(sample_plain);
    struct arena arena;
    struct packed_batch batch;
    const struct history *pointers[1024];
    size_t events = 0;
    arena_init(&arena, SIZE_MAX);
    const struct history *histories = sample_histories(schema, 1024, 50, &arena, 9);
    for (size_t i = 0; i < 1024; i++) {
        pointers[i] = &histories[i];
        events += histories[i].length;
    }
    ck_assert_int_eq(packed_batch_init(&batch, schema, pointers, 1024, &arena, NULL),
                     STATUS_OK);
    ck_assert_uint_eq(batch.events, events);
    for (uint32_t b = 0; b < 1024; b++) {
        const struct history *history = pointers[batch.order[b]];
        ck_assert(b == 0 || batch.lengths[b - 1] > batch.lengths[b] ||
                  (batch.lengths[b - 1] == batch.lengths[b] &&
                   batch.order[b - 1] < batch.order[b]));
        for (uint32_t t = 0; t < history->length; t++)
            ck_assert_uint_eq(batch.ids[batch.offset[t] + b], history->ids[t]);
    }
    arena_release(&arena);
    triage_schema_free(schema);
}
END_TEST

START_TEST(test_memory_runs_out)
{
    static const uint32_t lengths[] = {2, 4, 1};
    struct numbered_histories given;
    fill(&given, lengths, 3);
    for (unsigned n = 0; failing_malloc_next(&n);) {
        struct error err = {.status = STATUS_OK};
        struct packed_batch batch;
        struct arena arena;
        arena_init(&arena, SIZE_MAX);
        enum status status =
            packed_batch_init(&batch, &two_categories, given.pointers, 3, &arena, &err);
        ck_assert_int_eq(status,
                         failing_malloc_has_failed() ? STATUS_NO_MEMORY : STATUS_OK);
        ck_assert_int_eq(err.status, status);
        arena_release(&arena);
    }
}
END_TEST

Suite *packed_batch_suite(void)
{
    Suite *suite = suite_create("packed_batch");
    TCase *tc = tcase_create("packed_batch");
    tcase_add_loop_test(tc, test_rows_are_sorted_and_events_packed_by_step, 0,
                        COUNT(cases));
    tcase_add_test(tc, test_many_histories_are_packed);
    tcase_add_test(tc, test_memory_runs_out);
    suite_add_tcase(suite, tc);
    return suite;
}
