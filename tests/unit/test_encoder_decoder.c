/*
 * Encoder-decoders: which beginnings are trained on; both forward passes against a scalar reference;
 * backward against differences; that training learns what no single event says, and is repeatable.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/random.h"
#include "infer/classifier.h"
#include "infer/model.h"
#include "support/case_count.h"
#include "support/compare.h"
#include "support/failing_malloc.h"
#include "support/reference.h"
#include "support/sample.h"
#include "support/tmpdir.h"
#include "train/beginnings.h"
#include "train/encoder_decoder.h"
#include "train/loss.h"
#include "unit/suites.h"

enum {
    C = 6, /* the events a to e, then the end */
    END = 5,
    LONGEST = 6,
    ROWS = 5,
    SHAPES = 4 * SAMPLE_CELLS
};

static const char *const actions[C] = {"a", "b", "c", "d", "e", END_OF_HISTORY};

/* ---- beginnings -------------------------------------------------------------------------------- */

static void check_beginnings(const struct beginnings *beginnings, uint32_t n,
                             uint32_t most)
{
    ck_assert_uint_eq(beginnings->count, n < most ? n : most);
    for (uint32_t i = 0; i < beginnings->count; i++) {
        ck_assert_uint_ge(beginnings->lengths[i], 1);
        ck_assert_uint_le(beginnings->lengths[i], n);
        ck_assert(i == 0 || beginnings->lengths[i] > beginnings->lengths[i - 1]);
    }
}

START_TEST(test_beginnings_are_different_and_in_order)
{
    struct random random;
    random_init(&random, 1, 0);
    for (uint32_t n = 1; n < 40; n++)
        for (uint32_t most = 1; most <= BEGINNINGS_MOST; most += 7) {
            struct beginnings beginnings;
            beginnings_draw(&beginnings, n, most, &random);
            check_beginnings(&beginnings, n, most);
            beginnings_spread(&beginnings, n, most);
            check_beginnings(&beginnings, n, most);
        }
    struct beginnings far;
    beginnings_spread(&far, UINT32_MAX, BEGINNINGS_MOST);
    check_beginnings(&far, UINT32_MAX, BEGINNINGS_MOST);
}
END_TEST

/* Of 6 beginnings, 2 are drawn 6,000 times: each 2,000 times, within 5 standard deviations. */
START_TEST(test_beginnings_are_equally_probable)
{
    enum { DRAWS = 6000, N = 6 };
    uint32_t drawn[N + 1] = {0};
    struct random random;
    random_init(&random, 2, 0);
    for (int i = 0; i < DRAWS; i++) {
        struct beginnings beginnings;
        beginnings_draw(&beginnings, N, 2, &random);
        drawn[beginnings.lengths[0]]++;
        drawn[beginnings.lengths[1]]++;
    }
    for (uint32_t length = 1; length <= N; length++)
        assert_close("times drawn", length, drawn[length], 2000.0,
                     5.0 * sqrt(DRAWS * (1.0 / 3.0) * (2.0 / 3.0)));
}
END_TEST

/* ---- models ------------------------------------------------------------------------------------ */

static struct trainer *new_trainer(const char *schema_text, const struct spec *spec,
                                   uint32_t members, uint64_t seed)
{
    const struct training training = {
        .batch = 16, .epochs = 1, .members = members, .threads = 1, .seed = seed};
    struct schema *schema = sample_schema(schema_text);
    struct trainer *trainer =
        triage_trainer_new(schema, spec, TASK_CONTINUE, actions, C, &training, NULL);
    ck_assert_ptr_nonnull(trainer);
    triage_schema_free(schema);
    return trainer;
}

/* All cells; embeddings and one layer, or one-hot and two; each with the plain and the rich schema. */
static struct model *shape_of(int i, uint32_t members)
{
    int rest = i / SAMPLE_CELLS;
    struct spec spec = sample_spec(i % SAMPLE_CELLS, rest % 2 == 0 ? 3 : 0, 5,
                                   1 + (uint32_t)rest % 2, 1);
    return sample_finish(new_trainer(rest < 2 ? sample_plain : sample_rich, &spec,
                                     members, (uint64_t)i + 1));
}

struct fixture {
    struct model *model;
    struct arena arena;
    struct history *histories; /* [ROWS] */
};

/* The rounds of a loop over all shapes; where case counts are reduced, every fifth of them. */
static int rounds(void)
{
    return case_count(SHAPES, 4);
}

static int shape_of_round(int i)
{
    return case_count_is_reduced() ? 5 * i % SHAPES : i;
}

static void fixture_init(struct fixture *fixture, int shape, uint32_t members)
{
    fixture->model = shape_of(shape, members);
    arena_init(&fixture->arena, SIZE_MAX);
    fixture->histories = sample_histories(fixture->model->trained->schema, ROWS, LONGEST,
                                          &fixture->arena, (uint64_t)shape + 1);
}

static void fixture_release(struct fixture *fixture)
{
    arena_release(&fixture->arena);
    triage_model_free(fixture->model);
}

static uint32_t name_at(const struct fixture *fixture, const struct history *history,
                        uint32_t t)
{
    return history->ids[t * fixture->model->trained->schema->categories +
                        fixture->model->event_column];
}

/* ---- both forward passes ----------------------------------------------------------------------- */

/* An answer is the first step of the decoder; alone and among others, step by step. */
START_TEST(test_answers_are_those_of_the_reference)
{
    struct fixture fixture;
    fixture_init(&fixture, shape_of_round(_i), 1);
    struct classifier *many = triage_classifier_new(fixture.model, ROWS, LONGEST, NULL);
    struct classifier *one = triage_classifier_new(fixture.model, 1, LONGEST, NULL);
    float together[ROWS * C], expected[C], alone[C], traced[LONGEST * C];
    ck_assert_int_eq(triage_classifier_run(many, fixture.histories, ROWS, together, NULL),
                     STATUS_OK);
    for (size_t i = 0; i < ROWS; i++) {
        const struct history *history = &fixture.histories[i];
        reference_continue(fixture.model, history, NULL, 0, expected);
        triage_classifier_run(one, history, 1, alone, NULL);
        assert_same_bits("alone", alone, expected, C);
        assert_same_bits("among others", together + i * C, expected, C);
        triage_classifier_trace(one, history, traced, NULL);
        for (uint32_t t = 0; t < history->length; t++) {
            struct history known = *history;
            known.length = t + 1;
            reference_continue(fixture.model, &known, NULL, 0, expected);
            assert_same_bits("after each event", traced + t * C, expected, C);
        }
    }
    triage_classifier_free(many);
    triage_classifier_free(one);
    fixture_release(&fixture);
}
END_TEST

/* Rows that come and go while others run, in slices. */
START_TEST(test_answers_do_not_depend_on_the_moment)
{
    struct fixture fixture;
    fixture_init(&fixture, _i, 1);
    struct classifier *classifier =
        triage_classifier_new(fixture.model, 3, LONGEST, NULL);
    float probabilities[C], expected[C];
    size_t admitted = 0, finished = 0;
    enum status status;
    while (finished < ROWS) {
        if (admitted < ROWS && triage_classifier_rows(classifier) < 3) {
            ck_assert_int_eq(triage_classifier_admit(classifier,
                                                     &fixture.histories[admitted],
                                                     &fixture.histories[admitted], NULL),
                             STATUS_OK);
            admitted++;
        }
        triage_classifier_step(classifier, 1);
        const struct history *history;
        while ((history = triage_classifier_finish(classifier, probabilities, &status))) {
            reference_continue(fixture.model, history, NULL, 0, expected);
            assert_same_bits("in slices", probabilities, expected, C);
            finished++;
        }
    }
    triage_classifier_free(classifier);
    fixture_release(&fixture);
}
END_TEST

/* Exact on processors with fused multiply-add. */
static double tolerance(void)
{
    return strcmp(training_kernels_pick()->name, "portable") == 0 ? 1e-6 : 0.0;
}

/* logits -> probabilities, as the classifier does it. */
static void softmax(const float *logits, float *probabilities)
{
    const struct kernels *kernels = kernels_pick_exact();
    float largest = logits[0], sum = 0.0f;
    for (size_t c = 0; c < C; c++)
        largest = logits[c] > largest ? logits[c] : largest;
    memcpy(probabilities, logits, C * sizeof *logits);
    kernels->exponentials(C, largest, probabilities);
    for (size_t c = 0; c < C; c++)
        sum += probabilities[c];
    for (size_t c = 0; c < C; c++)
        probabilities[c] /= sum;
}

/* All beginnings of all histories, in one batch; shuffled, so that rows have another order. */
static size_t all_beginnings(const struct fixture *fixture, struct beginning *list)
{
    size_t count = 0;
    for (uint32_t length = LONGEST; length >= 1; length--)
        for (uint32_t i = 0; i < ROWS; i++)
            if (length <= fixture->histories[i].length)
                list[count++] = (struct beginning){.history = i, .length = length};
    return count;
}

static void forward(const struct fixture *fixture, const float *params,
                    struct dropout dropout, struct arena *arena,
                    struct encoder_decoder_run *run)
{
    struct encoder_decoder_weights *weights = arena_alloc(arena, sizeof *weights);
    struct encoder_decoder_batch *batch = arena_alloc(arena, sizeof *batch);
    struct beginning *list = arena_array(arena, (size_t)ROWS * LONGEST, sizeof *list);
    const struct history *pointers[ROWS];
    for (size_t i = 0; i < ROWS; i++)
        pointers[i] = &fixture->histories[i];
    const struct trained_model *model = fixture->model->trained;
    ck_assert_int_eq(encoder_decoder_pack(weights, model, params, arena, NULL),
                     STATUS_OK);
    ck_assert_int_eq(encoder_decoder_batch_init(batch, model, pointers, ROWS, list,
                                                all_beginnings(fixture, list), arena,
                                                NULL),
                     STATUS_OK);
    ck_assert_int_eq(encoder_decoder_forward(run, weights, batch, dropout, arena, NULL),
                     STATUS_OK);
}

/* Every step of the decoder after every beginning. */
START_TEST(test_training_computes_what_the_service_computes)
{
    struct fixture fixture;
    struct encoder_decoder_run run;
    struct beginning list[ROWS * LONGEST];
    const struct dropout none = {.random = NULL};
    struct arena arena;
    fixture_init(&fixture, shape_of_round(_i), 1);
    arena_init(&arena, SIZE_MAX);
    forward(&fixture, fixture.model->trained->params, none, &arena, &run);
    const size_t count = all_beginnings(&fixture, list);
    const struct packed_batch *batch = run.decoder.batch;
    ck_assert_uint_eq(batch->rows, count);
    for (uint32_t b = 0; b < batch->rows; b++) {
        const struct beginning *beginning = &list[batch->order[b]];
        const struct history *history = &fixture.histories[beginning->history];
        struct history known = *history;
        uint32_t names[LONGEST];
        known.length = beginning->length;
        ck_assert_uint_eq(batch->lengths[b], history->length - known.length + 1);
        for (uint32_t t = 0; t < batch->lengths[b]; t++) {
            float expected[C], got[C];
            reference_continue(fixture.model, &known, names, t, expected);
            softmax(run.decoder.logits + network_logit_row(&run.decoder, b, t) * C, got);
            for (size_t c = 0; c < C; c++)
                assert_close("a step", c, (double)got[c], (double)expected[c],
                             tolerance());
            if (t + 1 < batch->lengths[b])
                names[t] = decoder_input(name_at(&fixture, history, known.length + t));
        }
    }
    arena_release(&arena);
    fixture_release(&fixture);
}
END_TEST

/* Every continuation of 2 steps, by a beam that keeps all, in slices; the mean of two networks. */
START_TEST(test_forecasts_are_those_of_the_reference)
{
    enum { STEPS = 2, EVERYTHING = 1 + 5 * 6 };
    const uint32_t members = _i % 2 == 0 ? 1 : 2;
    struct fixture fixture;
    fixture_init(&fixture, shape_of_round(_i), members);
    struct forecaster *forecaster =
        triage_forecaster_new(fixture.model, LONGEST, STEPS, 64, NULL);
    ck_assert_ptr_nonnull(forecaster);
    const struct forecast_options options = {.steps = STEPS, .beam = 64};
    for (size_t i = 0; i < ROWS; i++) {
        const struct history *history = &fixture.histories[i];
        const struct continuation *result;
        bool is_done = false;
        size_t count;
        ck_assert_int_eq(triage_forecaster_begin(forecaster, history, &options, NULL),
                         STATUS_OK);
        while (!is_done)
            ck_assert_int_eq(
                triage_forecaster_step(forecaster, 1 + (uint32_t)i, &is_done, NULL),
                STATUS_OK);
        result = triage_forecaster_result(forecaster, &count);
        ck_assert_uint_eq(count, EVERYTHING);
        for (size_t r = 0; r < count; r++) {
            double probability = 1.0;
            uint32_t names[STEPS];
            for (uint32_t t = 0; t < result[r].length + result[r].has_ended; t++) {
                const uint32_t action =
                    t < result[r].length ? result[r].actions[t] : (uint32_t)END;
                float p[C], sum = 0.0f;
                for (uint32_t m = 0; m < members; m++) {
                    struct trained_model one =
                        trained_model_member(fixture.model->trained, m);
                    struct model network = {.trained = &one};
                    reference_continue(&network, history, names, t, p);
                    sum = m == 0 ? p[action] : sum + p[action];
                }
                probability *= (double)(members == 1 ? sum : sum / (float)members);
                if (t < STEPS)
                    names[t] = SCHEMA_FIRST + action;
            }
            ck_assert(result[r].probability == probability);
        }
    }
    triage_forecaster_free(forecaster);
    fixture_release(&fixture);
}
END_TEST

/* The surprises of events are those of the answers before them. */
START_TEST(test_surprises)
{
    struct fixture fixture;
    struct included included;
    fixture_init(&fixture, 2, 1);
    struct classifier *classifier =
        triage_classifier_new(fixture.model, 1, LONGEST, NULL);
    const struct history *history = fixture.histories;
    float traced[LONGEST * C], p[C];
    enum status status;
    ck_assert_int_eq(triage_included_init(&included, fixture.model, history,
                                          1U << INCLUDE_SURPRISE, &fixture.arena, NULL),
                     STATUS_OK);
    triage_classifier_trace(classifier, history, traced, NULL);
    ck_assert_int_eq(
        triage_classifier_watch(classifier, history, &included, classifier, NULL),
        STATUS_OK);
    triage_classifier_step(classifier, LONGEST);
    ck_assert_ptr_eq(triage_classifier_finish(classifier, p, &status), classifier);
    ck_assert_int_eq(status, STATUS_OK);
    for (uint32_t t = 1; t <= history->length; t++) {
        const uint32_t action =
            t < history->length
                ? fixture.model->event_actions[name_at(&fixture, history, t)]
                : (uint32_t)END;
        if (action < C)
            ck_assert(included.surprises[t].probability == traced[(t - 1) * C + action]);
    }
    triage_classifier_free(classifier);
    fixture_release(&fixture);
}
END_TEST

/* ---- backward ---------------------------------------------------------------------------------- */

static const double step = 0.03;

/* The sum of the losses of all steps; step m has the action m mod C.  gradients may be NULL. */
static double loss_at(const struct fixture *fixture, const float *params,
                      float *gradients)
{
    struct encoder_decoder_run run;
    struct arena arena;
    struct random random;
    const struct dropout dropout = {0.3, &random};
    double loss = 0.0;
    arena_init(&arena, SIZE_MAX);
    random_init(&random, 1, 1); /* dropout is the same every time */
    forward(fixture, params, dropout, &arena, &run);
    float *dlogits = arena_floats(&arena, run.decoder.logit_rows, C);
    for (size_t m = 0; m < run.decoder.logit_rows; m++)
        loss += loss_cross_entropy(run.decoder.logits + m * C, C, m % C, 1.0,
                                   dlogits + m * C);
    if (gradients)
        ck_assert_int_eq(encoder_decoder_backward(&run, dlogits, gradients, NULL),
                         STATUS_OK);
    arena_release(&arena);
    return loss;
}

/* As in test_gradients.c: along the gradient, then along random directions. */
static void check_tensor(const struct fixture *fixture, const struct tensor *tensor,
                         const float *gradients, float *params)
{
    enum { DIRECTIONS = 3 };
    static const double ways[] = {-2, -1, 1, 2};
    const size_t count = (size_t)tensor->rows * tensor->columns;
    const float *gradient = gradients + tensor->offset;
    const float *from = trained_model_floats(fixture->model->trained, tensor);
    double *direction = malloc(count * sizeof *direction);
    struct random random;
    random_init(&random, 2, tensor->offset);
    for (int which = 0; which < DIRECTIONS; which++) {
        double exact = 0.0, size = 0.0, length = 0.0, losses[4];
        for (size_t j = 0; j < count; j++) {
            direction[j] = which == 0 ? (double)gradient[j] : random_normal(&random);
            length += direction[j] * direction[j];
        }
        for (size_t j = 0; j < count; j++) {
            direction[j] /= length > 0.0 ? sqrt(length) : 1.0;
            exact += direction[j] * (double)gradient[j];
            size += (double)gradient[j] * (double)gradient[j];
        }
        for (int i = 0; i < 4; i++) {
            for (size_t j = 0; j < count; j++)
                params[tensor->offset + j] =
                    (float)((double)from[j] + ways[i] * step * direction[j]);
            losses[i] = loss_at(fixture, params, NULL);
        }
        memcpy(params + tensor->offset, from, count * sizeof *params);
        double difference =
            (losses[0] - 8 * losses[1] + 8 * losses[2] - losses[3]) / (12 * step);
        double limit = 2e-4 + 2e-4 * sqrt(size);
        ck_assert_msg(fabs(difference - exact) <= limit,
                      "%s along [%d]: backward %.7g, differences %.7g, tolerance %.2g",
                      tensor->name, which, exact, difference, limit);
    }
    free(direction);
}

START_TEST(test_backward_is_the_derivative)
{
    struct fixture fixture;
    fixture_init(&fixture, shape_of_round(_i), 1);
    const struct tensor_list *tensors = &fixture.model->trained->tensors;
    float *gradients = tensors_zeros(tensors), *params = tensors_zeros(tensors);
    memcpy(params, fixture.model->trained->params, tensors->floats * sizeof *params);
    loss_at(&fixture, params, gradients);
    for (size_t i = 0; i < tensors->count; i++)
        check_tensor(&fixture, &tensors->items[i], gradients, params);
    free(gradients);
    free(params);
    fixture_release(&fixture);
}
END_TEST

/* ---- scheduled sampling ------------------------------------------------------------------------ */

/* Of the events that the decoder reads, about a share is another; the logits are those after them. */
START_TEST(test_sampled_events_are_read)
{
    static const double shares[] = {0.0, 0.5, 1.0};
    struct fixture fixture;
    struct beginning list[ROWS * LONGEST];
    struct arena arena;
    fixture_init(&fixture, 1, 1); /* an LSTM */
    const struct trained_model *model = fixture.model->trained;
    const size_t count = all_beginnings(&fixture, list);
    for (size_t i = 0; i < 3; i++) {
        const struct dropout none = {.random = NULL};
        struct encoder_decoder_run run;
        struct random random;
        size_t changed = 0, events = 0;
        arena_init(&arena, SIZE_MAX);
        random_init(&random, 7, 0);
        forward(&fixture, model->params, none, &arena, &run);
        const struct encoder_decoder_batch batch = {.decoder = *run.decoder.batch};
        uint32_t *before = arena_array(&arena, batch.decoder.events, sizeof *before);
        memcpy(before, batch.decoder.ids, batch.decoder.events * sizeof *before);
        ck_assert_int_eq(
            encoder_decoder_sample(&run, &batch, shares[i], none, &random, &arena, NULL),
            STATUS_OK);
        for (uint32_t b = 0; b < batch.decoder.rows; b++) {
            const struct beginning *beginning = &list[batch.decoder.order[b]];
            struct history known = fixture.histories[beginning->history];
            uint32_t names[LONGEST];
            known.length = beginning->length;
            for (uint32_t t = 0; t < batch.decoder.lengths[b]; t++) {
                const size_t event = batch.decoder.offset[t] + b;
                float expected[C], got[C];
                if (t > 0)
                    names[t - 1] = batch.decoder.ids[event];
                else
                    ck_assert_uint_eq(batch.decoder.ids[event], DECODER_START);
                reference_continue(fixture.model, &known, names, t, expected);
                softmax(run.decoder.logits + event * C, got);
                for (size_t c = 0; c < C; c++)
                    assert_close("a step", c, (double)got[c], (double)expected[c],
                                 tolerance());
                events += t > 0;
                changed += batch.decoder.ids[event] != before[event];
            }
        }
        ck_assert_uint_gt(count, 0);
        /* one of six predictions is the end, and others are the event that came */
        const double share = (double)changed / (double)events;
        ck_assert_msg(share <= shares[i] && share >= 0.4 * shares[i], "%g of %g", share,
                      shares[i]);
        arena_release(&arena);
    }
    fixture_release(&fixture);
}
END_TEST

/* ---- training ---------------------------------------------------------------------------------- */

/*
 * A word of the letters a, b and c, then d, then the word again: what follows d is what no event after
 * d says.
 */
enum { WORDS = 90, WORD = 2, WORD_EVENTS = 2 * WORD + 1, VALIDATION = 30 };

struct words {
    uint32_t ids[WORDS][WORD_EVENTS], actions[WORDS][WORD_EVENTS];
    struct example examples[WORDS];
    struct training_data data;
};

static struct words *words_new(void)
{
    struct words *words = calloc(1, sizeof *words);
    struct random random;
    random_init(&random, 3, 0);
    for (size_t i = 0; i < WORDS; i++) {
        for (uint32_t t = 0; t < WORD; t++)
            words->ids[i][t] = words->ids[i][WORD + 1 + t] =
                SCHEMA_FIRST + (uint32_t)random_below(&random, 3);
        words->ids[i][WORD] = SCHEMA_FIRST + 3;
        for (uint32_t t = 0; t + 1 < WORD_EVENTS; t++)
            words->actions[i][t] = words->ids[i][t + 1] - SCHEMA_FIRST;
        words->actions[i][WORD_EVENTS - 1] = END;
        words->examples[i] =
            (struct example){.history = {.ids = words->ids[i], .length = WORD_EVENTS},
                             .actions = words->actions[i]};
    }
    words->data =
        (struct training_data){.train = words->examples,
                               .validation = words->examples + WORDS - VALIDATION,
                               .train_count = WORDS - VALIDATION,
                               .validation_count = VALIDATION};
    return words;
}

static const struct training quick = {.epochs = 2,
                                      .patience = 9,
                                      .batch = 64,
                                      .learning_rate = 0.01,
                                      .clip = 1.0,
                                      .dropout = 0.1,
                                      .word_dropout = 0.05,
                                      .average = 0.9,
                                      .beginnings = 2,
                                      .init = INIT_CHRONO,
                                      .calibrate = true,
                                      .refit = true,
                                      .seed = 1,
                                      .threads = 1};

static char *train_words(const struct words *words, const struct training *training,
                         uint32_t cell, struct report *report, size_t *length)
{
    struct schema *schema = sample_schema(sample_plain);
    struct spec spec = sample_spec((int)cell, 6, 16, 1, 1);
    struct trainer *trainer =
        triage_trainer_new(schema, &spec, TASK_CONTINUE, actions, C, training, NULL);
    char *bytes = NULL;
    struct error err = {.status = STATUS_OK};
    ck_assert_msg(triage_trainer_train(trainer, &words->data, NULL, report, &err) ==
                      STATUS_OK,
                  "%s", err.text);
    ck_assert_int_eq(triage_trainer_write(trainer,
                                          &(struct model_annex){.report = report}, &bytes,
                                          length, NULL),
                     STATUS_OK);
    triage_trainer_free(trainer);
    triage_schema_free(schema);
    return bytes;
}

/* Validation: the second word follows from the first, which is random: ln 3 for its second letter. */
START_TEST(test_a_word_is_repeated)
{
    struct words *words = words_new();
    struct training training = quick;
    struct report report;
    size_t length;
    training.epochs = training.patience = (uint32_t)case_count(60, 60);
    training.dropout = training.word_dropout = 0.0;
    training.beginnings = 5;
    char *bytes = train_words(words, &training, _i == 0 ? 1 : 2, &report, &length);
    struct model *model = triage_model_read("words", bytes, length, NULL);
    struct forecaster *forecaster = triage_forecaster_new(model, WORD_EVENTS, 8, 1, NULL);
    const struct forecast_options options = {.steps = 8, .beam = 1};
    size_t right = 0;
    for (size_t i = WORDS - VALIDATION; i < WORDS; i++) {
        struct history known = words->examples[i].history;
        const struct continuation *result;
        bool is_done = false;
        size_t count;
        known.length = WORD + 1;
        triage_forecaster_begin(forecaster, &known, &options, NULL);
        while (!is_done)
            ck_assert_int_eq(triage_forecaster_step(forecaster, 99, &is_done, NULL),
                             STATUS_OK);
        result = triage_forecaster_result(forecaster, &count);
        right += result->has_ended && result->length == WORD &&
                 memcmp(result->actions, words->actions[i] + WORD,
                        WORD * sizeof *result->actions) == 0;
    }
    ck_assert_msg(right == VALIDATION || case_count_is_reduced(),
                  "%zu of %d words are repeated", right, VALIDATION);
    triage_forecaster_free(forecaster);
    triage_model_free(model);
    free(bytes);
    free(words);
}
END_TEST

START_TEST(test_threads_change_no_byte)
{
    struct words *words = words_new();
    struct training training = quick;
    struct report report;
    size_t length, again, other;
    training.members = 2;
    training.scheduled_sampling = 0.3;
    char *one = train_words(words, &training, 1, &report, &length);
    training.threads = 3;
    char *three = train_words(words, &training, 1, &report, &again);
    ck_assert(length == again && memcmp(one, three, length) == 0);
    training.seed = 2;
    char *seed = train_words(words, &training, 1, &report, &other);
    ck_assert(length != other || memcmp(one, seed, length) != 0);
    free(one);
    free(three);
    free(seed);
    free(words);
}
END_TEST

static bool stop_after_an_epoch(void *context, const struct progress *progress)
{
    (void)context;
    return !progress->has_epoch_ended || progress->is_refit;
}

/* Stopped after its first epoch and gone on, a training ends as without a break. */
START_TEST(test_a_checkpoint_goes_on)
{
    const struct progress_callback callback = {.call = stop_after_an_epoch};
    struct words *words = words_new();
    struct schema *schema = sample_schema(sample_plain);
    struct spec spec = sample_spec(1, 6, 16, 1, 1);
    struct report report;
    size_t length, again;
    char *whole = train_words(words, &quick, 1, &report, &length), *bytes = NULL;
    char path[TMPDIR_PATH];
    struct tmpdir folder;
    tmpdir_init(&folder);
    (void)tmpdir_join(&folder, "checkpoint", path);
    for (int part = 0; part < 2; part++) {
        struct trainer *trainer =
            triage_trainer_new(schema, &spec, TASK_CONTINUE, actions, C, &quick, NULL);
        struct error err = {.status = STATUS_OK};
        triage_trainer_use_checkpoint(trainer, path);
        ck_assert_msg(triage_trainer_train(trainer, &words->data,
                                           part == 0 ? &callback : NULL, &report,
                                           &err) == STATUS_OK,
                      "%s", err.text);
        ck_assert_int_eq(report.was_interrupted, part == 0);
        const struct model_annex annex = {.report = &report};
        if (part == 1)
            ck_assert_int_eq(triage_trainer_write(trainer, &annex, &bytes, &again, NULL),
                             STATUS_OK);
        triage_trainer_free(trainer);
    }
    ck_assert(length == again && memcmp(whole, bytes, length) == 0);
    tmpdir_release(&folder);
    free(whole);
    free(bytes);
    triage_schema_free(schema);
    free(words);
}
END_TEST

/* The validation loss is the mean over the steps after the fixed beginnings: here 1, 3 and 5 of 5. */
START_TEST(test_validation_loss)
{
    struct words *words = words_new();
    struct training training = quick;
    struct report report;
    size_t length;
    training.epochs = 1;
    training.beginnings = 3;
    training.calibrate = training.refit = false;
    char *bytes = train_words(words, &training, 2, &report, &length);
    struct model *model = triage_model_read("words", bytes, length, NULL);
    double loss = 0.0;
    size_t steps = 0;
    for (size_t i = WORDS - VALIDATION; i < WORDS; i++)
        for (uint32_t known = 1; known <= WORD_EVENTS; known += 2) {
            struct history beginning = words->examples[i].history;
            beginning.length = known;
            for (uint32_t t = known; t <= WORD_EVENTS; t++) {
                float p[C];
                reference_continue(model, &beginning, words->ids[i] + known, t - known,
                                   p);
                loss -= log((double)p[words->actions[i][t - 1]]);
                steps++;
            }
        }
    assert_close("validation loss", 0, report.validation_loss, loss / (double)steps,
                 1e-5);
    triage_model_free(model);
    free(bytes);
    free(words);
}
END_TEST

/* ---- what is refused --------------------------------------------------------------------------- */

static const struct {
    const char *about, *schema, *where, *error;
    uint32_t directions, head;
    size_t actions; /* the first ones: without the end */
} refused[] = {
    {"two directions", sample_plain, "/network/directions",
     "the target \"continue\" needs 1 direction, a second one would see the future", 2,
     HEAD_FINAL, C},
    {"an attention head", sample_plain, "/network/head",
     "the target \"continue\" has no attention head", 1, HEAD_ATTENTION, C},
    {"self-attention", sample_plain, "/network/cell",
     "the target \"continue\" needs a recurrent cell, whose state the decoder begins "
     "with",
     1, HEAD_FINAL, C},
    {"no end", sample_plain, "/actions",
     "the target \"continue\" needs the action \"end_of_history\", which is no event", 1,
     HEAD_FINAL, C - 1},
    {"an end that is an event",
     "{\"fields\": [{\"name\": \"event\", \"kind\": \"category\", \"values\": [\"a\", "
     "\"end_of_history\"]}]}",
     "/actions",
     "the target \"continue\" needs the action \"end_of_history\", which is no event", 1,
     HEAD_FINAL, C},
};

START_TEST(test_what_is_refused)
{
    const struct training training = {.batch = 16, .epochs = 1, .threads = 1};
    struct schema *schema = sample_schema(refused[_i].schema);
    struct spec spec = sample_spec(2, 3, 4, 1, refused[_i].directions);
    struct error err = {.status = STATUS_OK};
    spec.head = refused[_i].head;
    if (strcmp(refused[_i].where, "/network/cell") == 0)
        spec.cell = CELL_ATTENTION;
    ck_assert_ptr_null(triage_trainer_new(schema, &spec, TASK_CONTINUE, actions,
                                          refused[_i].actions, &training, &err));
    ck_assert_int_eq(err.status, STATUS_BAD_INPUT);
    ck_assert_msg(strcmp(err.where, refused[_i].where) == 0, "%s: %s", refused[_i].about,
                  err.where);
    ck_assert_msg(strcmp(err.text, refused[_i].error) == 0, "%s: %s", refused[_i].about,
                  err.text);
    triage_schema_free(schema);
}
END_TEST

START_TEST(test_going_on_is_refused)
{
    struct spec spec = sample_spec(2, 3, 5, 1, 1);
    struct trainer *trainer = new_trainer(sample_plain, &spec, 1, 1);
    struct model *model = shape_of(2, 1);
    struct error err = {.status = STATUS_OK};
    ck_assert_int_eq(triage_trainer_start_from(trainer, model, &err), STATUS_BAD_INPUT);
    ck_assert_str_eq(err.where, "/target");
    triage_trainer_free(trainer);
    triage_model_free(model);
}
END_TEST

/* The state that the output layer reads is enough for the answer. */
START_TEST(test_states)
{
    struct fixture fixture;
    float state[8], decided[C], expected[C];
    fixture_init(&fixture, _i, 1);
    struct classifier *classifier =
        triage_classifier_new(fixture.model, 1, LONGEST, NULL);
    for (size_t i = 0; i < ROWS; i++) {
        ck_assert_int_eq(
            triage_classifier_encode(classifier, &fixture.histories[i], state, NULL),
            STATUS_OK);
        ck_assert_int_eq(triage_classifier_decide(classifier, state, decided, NULL),
                         STATUS_OK);
        reference_continue(fixture.model, &fixture.histories[i], NULL, 0, expected);
        assert_same_bits("by the state", decided, expected, C);
    }
    triage_classifier_free(classifier);
    fixture_release(&fixture);
}
END_TEST

/* ---- model files ------------------------------------------------------------------------------- */

START_TEST(test_tensors_of_the_file)
{
    static const char *const names[] = {
        "embedding.event.weight",   "rnn.weight_ih_l0",
        "rnn.weight_hh_l0",         "rnn.bias_ih_l0",
        "rnn.bias_hh_l0",           "decoder.embedding.event.weight",
        "decoder.rnn.weight_ih_l0", "decoder.rnn.weight_hh_l0",
        "decoder.rnn.bias_ih_l0",   "decoder.rnn.bias_hh_l0",
        "decoder.head.weight",      "decoder.head.bias",
    };
    struct model *model = shape_of(2, 1);
    ck_assert_uint_eq(triage_model_tensor_count(model), sizeof names / sizeof *names);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        ck_assert_str_eq(triage_model_tensor(model, i).name, names[i]);
    const struct tensor_view embedding = triage_model_tensor(model, 5);
    ck_assert_uint_eq(embedding.rows, SCHEMA_FIRST + 5);
    for (uint32_t row = 0; row < 2; row++) { /* "unknown" is 0, the start is drawn */
        float sum = 0.0f;
        for (uint32_t j = 0; j < embedding.columns; j++)
            sum += fabsf(embedding.data[row * embedding.columns + j]);
        ck_assert_int_eq(sum > 0.0f, row == DECODER_START);
    }
    triage_model_free(model);
}
END_TEST

/* The same length of text, so that the header stays well-formed. */
static const struct {
    const char *about, *old, *new, *error;
} bad_files[] = {
    {"the numerics of another model", "\\\"numerics\\\": 5", "\\\"numerics\\\": 1",
     "\"target\": \"continue\" and \"numerics\": 5 need each other"},
    {"the numerics of self-attention", "\\\"numerics\\\": 5", "\\\"numerics\\\": 4",
     "\"cell\": \"attention\" and \"numerics\": 4 need each other"},
    {"no end", "\\\"end_of_history\\\"", "\\\"end_of_mystery\\\"",
     "the target \"continue\" needs the action \"end_of_history\", which is no event"},
    {"a tensor of the decoder is missing", "\"decoder.head.bias\"",
     "\"decoder.head.boas\"", "the network has no such tensor"},
};

START_TEST(test_bad_files)
{
    struct spec spec = sample_spec(2, 3, 5, 1, 1);
    struct trainer *trainer = new_trainer(sample_plain, &spec, 1, 1);
    struct error err = {.status = STATUS_OK};
    size_t length;
    char *bytes;
    ck_assert_int_eq(triage_trainer_write(trainer, NULL, &bytes, &length, NULL),
                     STATUS_OK);
    char *found = memmem(bytes, length, bad_files[_i].old, strlen(bad_files[_i].old));
    ck_assert_msg(found, "%s", bad_files[_i].about);
    memcpy(found, bad_files[_i].new, strlen(bad_files[_i].new));
    ck_assert_ptr_null(triage_model_read("bad", bytes, length, &err));
    ck_assert_int_eq(err.status, STATUS_BAD_FORMAT);
    ck_assert_msg(strcmp(err.text, bad_files[_i].error) == 0, "%s: %s",
                  bad_files[_i].about, err.text);
    free(bytes);
    triage_trainer_free(trainer);
}
END_TEST

/* ---- memory ------------------------------------------------------------------------------------ */

START_TEST(test_memory_runs_out_in_training)
{
    struct words *words = words_new();
    struct schema *schema = sample_schema(sample_plain);
    struct spec spec = sample_spec(1, 3, 4, 1, 1);
    struct training training = quick;
    training.epochs = 1;
    training.refit = false;
    words->data.train_count = 8;
    words->data.validation_count = 2;
    for (unsigned n = 0; failing_malloc_next(&n);) {
        struct report report;
        struct trainer *trainer =
            triage_trainer_new(schema, &spec, TASK_CONTINUE, actions, C, &training, NULL);
        enum status status =
            trainer ? triage_trainer_train(trainer, &words->data, NULL, &report, NULL)
                    : STATUS_NO_MEMORY;
        ck_assert_int_eq(status,
                         failing_malloc_has_failed() ? STATUS_NO_MEMORY : STATUS_OK);
        triage_trainer_free(trainer);
    }
    triage_schema_free(schema);
    free(words);
}
END_TEST

START_TEST(test_memory_runs_out_in_a_forecast)
{
    struct fixture fixture;
    const struct forecast_options options = {.steps = 2, .beam = 2};
    struct spec spec = sample_spec(1, 3, 5, 2, 1);
    size_t length;
    char *bytes;
    fixture_init(&fixture, 1, 1);
    struct trainer *trainer = new_trainer(sample_plain, &spec, 2, 1);
    ck_assert_int_eq(triage_trainer_write(trainer, NULL, &bytes, &length, NULL),
                     STATUS_OK);
    triage_trainer_free(trainer);
    for (unsigned n = 0; failing_malloc_next(&n);) {
        struct model *model = triage_model_read("a model", bytes, length, NULL);
        struct forecaster *forecaster =
            model ? triage_forecaster_new(model, LONGEST, 2, 2, NULL) : NULL;
        bool is_done = false;
        ck_assert_int_eq(forecaster == NULL, failing_malloc_has_failed());
        if (forecaster)
            ck_assert_int_eq(
                triage_forecaster_begin(forecaster, fixture.histories, &options, NULL),
                STATUS_OK);
        while (forecaster && !is_done)
            ck_assert_int_eq(triage_forecaster_step(forecaster, 9, &is_done, NULL),
                             STATUS_OK);
        triage_forecaster_free(forecaster);
        triage_model_free(model);
    }
    free(bytes);
    fixture_release(&fixture);
}
END_TEST

Suite *encoder_decoder_suite(void)
{
    Suite *suite = suite_create("encoder_decoder");
    TCase *tc = tcase_create("encoder_decoder");
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, test_beginnings_are_different_and_in_order);
    tcase_add_test(tc, test_beginnings_are_equally_probable);
    tcase_add_loop_test(tc, test_answers_are_those_of_the_reference, 0, rounds());
    tcase_add_loop_test(tc, test_answers_do_not_depend_on_the_moment, 0, SAMPLE_CELLS);
    tcase_add_loop_test(tc, test_training_computes_what_the_service_computes, 0,
                        rounds());
    tcase_add_loop_test(tc, test_forecasts_are_those_of_the_reference, 0, rounds());
    tcase_add_test(tc, test_surprises);
    tcase_add_loop_test(tc, test_backward_is_the_derivative, 0, rounds());
    tcase_add_loop_test(tc, test_a_word_is_repeated, 0, 2);
    tcase_add_test(tc, test_threads_change_no_byte);
    tcase_add_test(tc, test_sampled_events_are_read);
    tcase_add_test(tc, test_a_checkpoint_goes_on);
    tcase_add_test(tc, test_validation_loss);
    tcase_add_loop_test(tc, test_what_is_refused, 0, sizeof refused / sizeof *refused);
    tcase_add_test(tc, test_going_on_is_refused);
    tcase_add_loop_test(tc, test_states, 0, SAMPLE_CELLS);
    tcase_add_test(tc, test_tensors_of_the_file);
    tcase_add_loop_test(tc, test_bad_files, 0, sizeof bad_files / sizeof *bad_files);
    tcase_add_test(tc, test_memory_runs_out_in_training);
    tcase_add_test(tc, test_memory_runs_out_in_a_forecast);
    suite_add_tcase(suite, tc);
    return suite;
}
