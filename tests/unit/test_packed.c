#include "train/packed.h"

#include "support/failing_malloc.h"
#include "support/sample.h"
#include "unit/suites.h"

enum { MAX_ROWS = 5, MAX_STEPS = 8 };

static const struct {
    const char *about;
    size_t count;
    uint32_t lengths[MAX_ROWS];
    enum status status;
    uint32_t active[MAX_STEPS]; /* 0 ends the list */
    uint32_t order[MAX_ROWS];
} cases[] = {
    {"one event", 1, {1}, STATUS_OK, {1}, {0}},
    {"equal lengths keep order", 3, {2, 2, 2}, STATUS_OK, {3, 3}, {0, 1, 2}},
    {"longest first", 3, {2, 4, 1}, STATUS_OK, {3, 2, 1, 1}, {1, 0, 2}},
    {"ties behind the longest keep order",
     5,
     {1, 3, 1, 3, 1},
     STATUS_OK,
     {5, 2, 2},
     {1, 3, 0, 2, 4}},
    {"shortest first is turned round",
     4,
     {1, 2, 3, 4},
     STATUS_OK,
     {4, 3, 2, 1},
     {3, 2, 1, 0}},
    {"one long one", 1, {8}, STATUS_OK, {1, 1, 1, 1, 1, 1, 1, 1}, {0}},
    {"an empty batch", 0, {0}, STATUS_TOO_LARGE, {0}, {0}},
};

/* Histories of those lengths; event t of history b has the ids 100 b + t and that + 1000. */
struct batch_of_histories {
    uint32_t ids[MAX_ROWS][2 * MAX_STEPS];
    float values[MAX_ROWS][MAX_STEPS];
    struct history histories[MAX_ROWS];
    const struct history *pointers[MAX_ROWS];
};

static void fill(struct batch_of_histories *batch, const uint32_t *lengths, size_t count)
{
    for (uint32_t b = 0; b < count; b++) {
        for (uint32_t t = 0; t < lengths[b]; t++) {
            batch->ids[b][2 * t] = 100 * b + t;
            batch->ids[b][2 * t + 1] = 1000 + 100 * b + t;
            batch->values[b][t] = (float)(100 * b + t);
        }
        batch->histories[b] = (struct history){
            .ids = batch->ids[b], .values = batch->values[b], .length = lengths[b]};
        batch->pointers[b] = &batch->histories[b];
    }
}

static void check_events(const char *about, const struct packed *packed,
                         const struct batch_of_histories *batch)
{
    size_t places = 0;

    for (uint32_t t = 0; t < packed->steps; t++) {
        ck_assert_uint_eq(packed->offset[t], places);
        for (uint32_t b = 0; b < packed->active[t]; b++, places++) {
            uint32_t history = packed->order[b];
            ck_assert_msg(
                packed->ids[2 * places] == batch->ids[history][2 * t] &&
                    packed->ids[2 * places + 1] == batch->ids[history][2 * t + 1] &&
                    packed->values[places] == batch->values[history][t],
                "%s: event %u of row %u is not at place %zu", about, t, b, places);
        }
    }
    ck_assert_uint_eq(packed->places, places);
}

START_TEST(test_packing)
{
    struct batch_of_histories batch;
    struct packed packed;
    struct arena arena;
    uint32_t t = 0;

    fill(&batch, cases[_i].lengths, cases[_i].count);
    arena_init(&arena, SIZE_MAX);
    enum status status =
        packed_init(&packed, batch.pointers, cases[_i].count, 2, 1, &arena, NULL);
    ck_assert_msg(status == cases[_i].status, "%s: %s", cases[_i].about,
                  triage_status_name(status));
    for (; status == STATUS_OK && t < MAX_STEPS && cases[_i].active[t] != 0; t++)
        ck_assert_msg(t < packed.steps && packed.active[t] == cases[_i].active[t],
                      "%s: active[%u]", cases[_i].about, t);
    for (uint32_t b = 0; status == STATUS_OK && b < packed.rows; b++) {
        uint32_t length = cases[_i].lengths[packed.order[b]];
        ck_assert_msg(packed.order[b] == cases[_i].order[b], "%s: order[%u] is %u",
                      cases[_i].about, b, packed.order[b]);
        ck_assert_uint_eq(packed.lengths[b], length);
        ck_assert_uint_eq(packed.ids[2 * packed_last(&packed, b)],
                          100 * packed.order[b] + length - 1);
    }
    if (status == STATUS_OK) {
        ck_assert_uint_eq(packed.steps, t);
        check_events(cases[_i].about, &packed, &batch);
    }
    arena_release(&arena);
}
END_TEST

START_TEST(test_many_histories)
{
    struct schema *schema = sample_schema(sample_plain);
    struct arena arena;
    struct packed packed;
    const struct history *pointers[1024];
    size_t events = 0;

    arena_init(&arena, SIZE_MAX);
    const struct history *histories = sample_histories(schema, 1024, 50, &arena, 9);
    for (size_t i = 0; i < 1024; i++) {
        pointers[i] = &histories[i];
        events += histories[i].length;
    }
    ck_assert_int_eq(packed_init(&packed, pointers, 1024, 1, 0, &arena, NULL), STATUS_OK);
    ck_assert_uint_eq(packed.places, events);
    for (uint32_t b = 0; b < 1024; b++) {
        const struct history *history = pointers[packed.order[b]];
        ck_assert(b == 0 || packed.lengths[b - 1] > packed.lengths[b] ||
                  (packed.lengths[b - 1] == packed.lengths[b] &&
                   packed.order[b - 1] < packed.order[b]));
        for (uint32_t t = 0; t < history->length; t++)
            ck_assert_uint_eq(packed.ids[packed.offset[t] + b], history->ids[t]);
    }
    arena_release(&arena);
    triage_schema_free(schema);
}
END_TEST

START_TEST(test_memory_runs_out)
{
    static const uint32_t lengths[] = {2, 4, 1};
    struct batch_of_histories batch;

    fill(&batch, lengths, 3);
    for (unsigned n = 0; torture_again(&n);) {
        struct error err = {.status = STATUS_OK};
        struct packed packed;
        struct arena arena;
        arena_init(&arena, SIZE_MAX);
        enum status status = packed_init(&packed, batch.pointers, 3, 2, 1, &arena, &err);
        ck_assert_int_eq(status, torture_has_struck() ? STATUS_NO_MEMORY : STATUS_OK);
        ck_assert_int_eq(err.status, status);
        arena_release(&arena);
    }
}
END_TEST

Suite *packed_suite(void)
{
    Suite *suite = suite_create("packed");
    TCase *tc = tcase_create("packed");
    tcase_add_loop_test(tc, test_packing, 0, COUNT(cases));
    tcase_add_test(tc, test_many_histories);
    tcase_add_test(tc, test_memory_runs_out);
    suite_add_tcase(suite, tc);
    return suite;
}
