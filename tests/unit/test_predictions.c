/* Where predictions are made, that they are those of the service, and histories shuffled. */
#include "eval/predictions.h"

#include <stdlib.h>

#include "support/compare.h"
#include "support/failing_malloc.h"
#include "support/sample.h"
#include "unit/suites.h"

enum { NONE = ACTION_NONE, OTHER = ACTION_OTHER, END = 2, MAX_POSITIONS = 8 };

/* Three histories of 3, 1 and 2 events, with a label after each event, or after the last. */
static const uint32_t labels[3][3] = {{0, 1, END}, {END}, {NONE, OTHER}};
static const struct example every_event[3] = {
    {.history = {.length = 3}, .actions = labels[0]},
    {.history = {.length = 1}, .actions = labels[1]},
    {.history = {.length = 2}, .actions = labels[2]},
};
static const struct example last_event[3] = {
    {.history = {.length = 3}, .action = 1},
    {.history = {.length = 1}, .action = OTHER},
    {.history = {.length = 2}, .action = NONE},
};

static const struct {
    const char *about;
    const struct example *examples;
    struct position_filter filter;
    size_t count;
    struct position list[MAX_POSITIONS];
    size_t starts[4];
} position_cases[] = {
    {"every event with a label",
     every_event,
     {1, NONE},
     5,
     {{0, 0, 0}, {0, 1, 1}, {0, 2, END}, {1, 0, END}, {2, 1, OTHER}},
     {0, 3, 4, 5}},
    {"not before the second event",
     every_event,
     {2, NONE},
     3,
     {{0, 1, 1}, {0, 2, END}, {2, 1, OTHER}},
     {0, 2, 2, 3}},
    {"not where no event follows",
     every_event,
     {1, END},
     3,
     {{0, 0, 0}, {0, 1, 1}, {2, 1, OTHER}},
     {0, 2, 2, 3}},
    {"only after the last event",
     last_event,
     {1, NONE},
     2,
     {{0, 2, 1}, {1, 0, OTHER}},
     {0, 1, 2, 2}},
    {"no history is long enough", last_event, {4, NONE}, 0, {{0, 0, 0}}, {0, 0, 0, 0}},
};

START_TEST(test_positions_of_predictions)
{
    const char *about = position_cases[_i].about;
    size_t count = position_cases[_i].count;
    struct positions positions;
    struct error err = {.status = STATUS_OK};
    enum status status = positions_init(&positions, position_cases[_i].examples, 3,
                                        &position_cases[_i].filter, &err);
    ck_assert_msg(status == (count == 0 ? STATUS_BAD_INPUT : STATUS_OK), "%s: %s", about,
                  err.text);
    if (status == STATUS_OK) {
        ck_assert_uint_eq(positions.count, count);
        for (size_t i = 0; i < positions.count; i++)
            ck_assert_msg(memcmp(&positions.list[i], &position_cases[_i].list[i],
                                 sizeof *positions.list) == 0,
                          "%s: position %zu", about, i);
        for (size_t h = 0; h <= 3; h++)
            ck_assert_msg(positions.starts[h] == position_cases[_i].starts[h],
                          "%s: history %zu", about, h);
    }
    positions_release(&positions);
}
END_TEST

/* A tenth of the histories has one position, the others have three. */
START_TEST(test_one_position_of_each_history_is_drawn)
{
    enum { HISTORIES = 400, EVENTS = 4, POSITIONS = 3 };
    static const uint32_t actions[EVENTS] = {0, 1, 2, NONE};
    static struct example examples[HISTORIES];
    static size_t picks[HISTORIES];
    const struct position_filter filter = {1, NONE};
    struct positions positions;
    int drawn[POSITIONS] = {0};
    for (size_t h = 0; h < HISTORIES; h++)
        examples[h] = (struct example){.history = {.length = h % 10 == 0 ? 1 : EVENTS},
                                       .actions = actions};
    ck_assert_int_eq(positions_init(&positions, examples, HISTORIES, &filter, NULL),
                     STATUS_OK);
    ck_assert_uint_eq(positions_draw(&positions, 1, picks), HISTORIES);
    for (size_t h = 0; h < HISTORIES; h++) {
        ck_assert_uint_eq(positions.list[picks[h]].history, h);
        drawn[positions.list[picks[h]].event]++;
    }
    drawn[0] -= HISTORIES / 10; /* those that have no other position */
    for (size_t t = 0; t < POSITIONS; t++)
        assert_close("equally often", t, drawn[t], HISTORIES * 0.9 / 3, 30);
    positions_release(&positions);
}
END_TEST

static const struct {
    const char *about;
    float probabilities[3];
    uint32_t label, action;
    float confidence, label_probability;
} prediction_cases[] = {
    {"correct", {0.25f, 0.5f, 0.25f}, 1, 1, 0.5f, 0.5f},
    {"wrong", {0.25f, 0.5f, 0.25f}, 2, 1, 0.5f, 0.25f},
    {"a tie goes to the first", {0.4f, 0.2f, 0.4f}, 2, 0, 0.4f, 0.4f},
    {"none of the model's actions", {0.25f, 0.5f, 0.25f}, OTHER, 1, 0.5f, 0.0f},
};

START_TEST(test_prediction_of_probabilities)
{
    const char *about = prediction_cases[_i].about;
    struct prediction prediction =
        prediction_of(prediction_cases[_i].probabilities, 3, prediction_cases[_i].label);
    ck_assert_msg(prediction.action == prediction_cases[_i].action, "%s", about);
    assert_same_bits(about, &prediction.confidence, &prediction_cases[_i].confidence, 1);
    assert_same_bits(about, &prediction.label_probability,
                     &prediction_cases[_i].label_probability, 1);
}
END_TEST

enum { HISTORIES = 700, LONGEST = 9, C = SAMPLE_ACTIONS };

/* A model and the histories that it is run on. */
struct sample_run {
    struct model *model;
    struct history *histories;
    struct example examples[HISTORIES];
    uint32_t actions[HISTORIES][LONGEST];
    struct positions positions;
    struct arena arena;
};

static const struct {
    const char *about;
    const char *schema;
    enum task task;
    uint32_t threads, directions;
} runs[] = {
    {"the last event, one thread", sample_rich, TASK_LAST, 1, 1},
    {"the last event, three threads", sample_rich, TASK_LAST, 3, 1},
    {"two directions", sample_plain, TASK_LAST, 2, 2},
    {"every event, one thread", sample_rich, TASK_NEXT, 1, 1},
    {"every event, three threads", sample_plain, TASK_EVERY, 3, 1},
};

static void sample_run_init(struct sample_run *x, int i)
{
    const struct spec spec = sample_spec(i % SAMPLE_CELLS, 0, 5, 1, runs[i].directions);
    const struct position_filter filter = {1, NONE};
    arena_init(&x->arena, SIZE_MAX);
    x->model = sample_model(runs[i].schema, &spec, 0.9f, 3);
    x->model->trained->task = runs[i].task;
    x->histories =
        sample_histories(triage_model_schema(x->model), HISTORIES, LONGEST, &x->arena, 7);
    for (uint32_t h = 0; h < HISTORIES; h++) {
        struct history *history = &x->histories[h];
        for (uint32_t t = 0; t < history->length; t++)
            x->actions[h][t] = (h + t) % 4 == 3 ? (uint32_t)NONE : (h + t) % 4;
        x->examples[h] = (struct example){.history = *history, .action = h % C};
        if (runs[i].task != TASK_LAST)
            x->examples[h].actions = x->actions[h];
    }
    ck_assert_int_eq(positions_init(&x->positions, x->examples, HISTORIES, &filter, NULL),
                     STATUS_OK);
}

static void sample_run_release(struct sample_run *x)
{
    positions_release(&x->positions);
    triage_model_free(x->model);
    arena_release(&x->arena);
}

/* A prediction has the bits of the history up to there, alone in a classifier of one row. */
static void assert_alone(const struct sample_run *x, const char *about,
                         const struct position *position,
                         const struct prediction *prediction)
{
    struct history prefix = x->histories[position->history];
    prefix.length = position->event + 1;
    float *alone = sample_alone(x->model, &prefix, 1, LONGEST);
    struct prediction expected = prediction_of(alone, C, position->label);
    ck_assert_msg(expected.action == prediction->action, "%s", about);
    assert_same_bits(about, &prediction->confidence, &expected.confidence, 1);
    assert_same_bits(about, &prediction->label_probability, &expected.label_probability,
                     1);
    free(alone);
}

START_TEST(test_predictions_are_those_of_the_service)
{
    static struct sample_run x;
    sample_run_init(&x, _i);
    const struct predictor predictor = {.model = x.model,
                                        .examples = x.examples,
                                        .positions = &x.positions,
                                        .workers = workers_new(runs[_i].threads, NULL)};
    struct prediction *predictions = calloc(x.positions.count, sizeof *predictions);
    ck_assert_int_eq(predictions_make(&predictor, predictions, NULL), STATUS_OK);
    for (size_t i = 0; i < x.positions.count; i += 3)
        assert_alone(&x, runs[_i].about, &x.positions.list[i], &predictions[i]);
    free(predictions);
    workers_free(predictor.workers);
    sample_run_release(&x);
}
END_TEST

/* The same for any number of threads, others for another seed; one event cannot be shuffled. */
START_TEST(test_predictions_on_shuffled_events)
{
    static struct sample_run x;
    static struct prediction one[HISTORIES], three[HISTORIES], other[HISTORIES];
    static size_t picks[HISTORIES];
    size_t count = 0, differ = 0;
    sample_run_init(&x, _i);
    for (size_t h = 0; h < HISTORIES; h++)
        if (x.positions.starts[h] < x.positions.starts[h + 1])
            picks[count++] = x.positions.starts[h + 1] - 1;
    for (uint32_t threads = 1; threads <= 3; threads += 2) {
        const struct predictor predictor = {.model = x.model,
                                            .examples = x.examples,
                                            .positions = &x.positions,
                                            .workers = workers_new(threads, NULL)};
        ck_assert_int_eq(predictions_make_shuffled(&predictor, picks, count, 1,
                                                   threads == 1 ? one : three, NULL),
                         STATUS_OK);
        ck_assert_int_eq(
            predictions_make_shuffled(&predictor, picks, count, 2, other, NULL),
            STATUS_OK);
        workers_free(predictor.workers);
    }
    for (size_t i = 0; i < count; i++) {
        const struct position *position = &x.positions.list[picks[i]];
        assert_same_bits(runs[_i].about, &one[i].confidence, &three[i].confidence, 1);
        if (position->event == 0)
            assert_alone(&x, runs[_i].about, position, &one[i]);
        differ += one[i].confidence != other[i].confidence;
    }
    ck_assert_msg(differ > count / 2, "%s: %zu of %zu", runs[_i].about, differ, count);
    sample_run_release(&x);
}
END_TEST

enum { LENGTH = 7, K = 3, NUMBERS = 4, F = NUMBERS + 7 };

/* Event t has the ids t, 10 + t, 20 + t, numbers 100 t + j and time features 1000 t + j. */
struct numbered_history {
    uint32_t ids[LENGTH * K];
    float values[LENGTH * F];
    struct history history;
};

static void number_history(struct numbered_history *numbered)
{
    for (uint32_t t = 0; t < LENGTH; t++) {
        for (uint32_t k = 0; k < K; k++)
            numbered->ids[t * K + k] = 10 * k + t;
        for (uint32_t j = 0; j < F; j++)
            numbered->values[t * F + j] = (float)((j < NUMBERS ? 100 : 1000) * t + j);
    }
    numbered->history = (struct history){
        .ids = numbered->ids, .values = numbered->values, .length = LENGTH};
}

static const struct {
    const char *about;
    uint32_t length;
} lengths[] = {{"one event stays", 1},
               {"two events", 2},
               {"the first five events", 5},
               {"the whole history", LENGTH}};

/* With 50 seeds: each of the first events once, whole, and time features where they were. */
START_TEST(test_shuffled_events_move_and_times_stay)
{
    struct schema *schema = sample_schema(sample_rich);
    uint32_t length = lengths[_i].length, moved = 0;
    struct numbered_history numbered;
    struct arena arena;
    number_history(&numbered);
    numbered.history.length = length;
    arena_init(&arena, SIZE_MAX);
    for (uint64_t seed = 0; seed < 50; seed++) {
        struct history shuffled;
        struct random random;
        bool seen[LENGTH] = {false};
        random_init(&random, seed, 0);
        ck_assert_int_eq(
            history_shuffle(&shuffled, &numbered.history, schema, &random, &arena, NULL),
            STATUS_OK);
        ck_assert_uint_eq(shuffled.length, length);
        for (uint32_t t = 0; t < length; t++) {
            uint32_t from = shuffled.ids[t * K];
            ck_assert_msg(from < length && !seen[from], "%s", lengths[_i].about);
            seen[from] = true;
            moved += from != t;
            for (uint32_t k = 0; k < K; k++)
                ck_assert_uint_eq(shuffled.ids[t * K + k], 10 * k + from);
            for (uint32_t j = 0; j < F; j++)
                assert_close(lengths[_i].about, j, (double)shuffled.values[t * F + j],
                             (j < NUMBERS ? 100.0 * from : 1000.0 * t) + j, 0);
        }
    }
    /* about length - 1 of length events move in a shuffle */
    assert_close(lengths[_i].about, 0, moved / 50.0, length - 1.0, 0.5);
    arena_release(&arena);
    triage_schema_free(schema);
}
END_TEST

START_TEST(test_shuffle_when_memory_runs_out)
{
    struct schema *schema = sample_schema(sample_rich);
    struct numbered_history numbered;
    number_history(&numbered);
    for (unsigned n = 0; failing_malloc_next(&n);) {
        struct history shuffled;
        struct random random;
        struct arena arena;
        arena_init(&arena, SIZE_MAX);
        random_init(&random, 1, 0);
        ck_assert_int_eq(
            history_shuffle(&shuffled, &numbered.history, schema, &random, &arena, NULL),
            failing_malloc_has_failed() ? STATUS_NO_MEMORY : STATUS_OK);
        arena_release(&arena);
    }
    triage_schema_free(schema);
}
END_TEST

Suite *predictions_suite(void)
{
    Suite *suite = suite_create("predictions");
    TCase *tc = tcase_create("predictions");
    tcase_add_loop_test(tc, test_positions_of_predictions, 0, COUNT(position_cases));
    tcase_add_test(tc, test_one_position_of_each_history_is_drawn);
    tcase_add_loop_test(tc, test_prediction_of_probabilities, 0, COUNT(prediction_cases));
    tcase_add_loop_test(tc, test_predictions_are_those_of_the_service, 0, COUNT(runs));
    tcase_add_loop_test(tc, test_predictions_on_shuffled_events, 0, COUNT(runs));
    tcase_add_loop_test(tc, test_shuffled_events_move_and_times_stay, 0, COUNT(lengths));
    tcase_add_test(tc, test_shuffle_when_memory_runs_out);
    tcase_set_timeout(tc, 60);
    suite_add_tcase(suite, tc);
    return suite;
}
