/* The trainer's callback writes the model, reads it back, and lets it answer new sequences. */
#include "simulate/criterion.h"

#include <assert.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/elementary.h"
#include "base/json.h"
#include "base/option_table.h"
#include "base/workers.h"
#include "engine.h"
#include "trainer.h"

enum {
    PART = 500, /* sequences of a stream in an epoch */
    RECENT = 2000,
    TESTED = 2560,
    STRINGS = 256,
    ROWS = 64,
    MAX_ACTIONS = 16,
    PATIENCE = 4,  /* times the number of the paper */
    LIMIT = 100000 /* without such a number */
};

static const double FAILED_FROM = 0.3, MEAN_BELOW = 0.1, VALUE_FAILED_FROM = 0.04;

/* Where the numbers of the sequences begin that are not trained on. */
static const uint64_t first_recent = UINT64_C(1) << 40, first_tested = UINT64_C(1) << 41;

static uint64_t adding_of_paper(uint32_t T)
{
    return T == 100 ? 74000 : T == 500 ? 209000 : T == 1000 ? 853000 : 0;
}

uint64_t criterion_of_paper(const struct sequence_task *task)
{
    static const uint64_t needed[SEQUENCE_KINDS] = {
        [TEMPORAL_ORDER_6A] = 31390, [TEMPORAL_ORDER_6B] = 571100, [REBER] = 8440};
    return task->kind == ADDING ? adding_of_paper(task->T) : needed[task->kind];
}

uint64_t criterion_limit(const struct sequence_task *task)
{
    uint64_t needed = criterion_of_paper(task);
    return needed > 0 ? PATIENCE * needed : LIMIT;
}

/* Is an answer after every event tested? */
static bool is_traced(enum sequence_kind kind)
{
    return kind == REBER || kind == COPY;
}

/* ---- testing a model ---- */

struct test_counts {
    uint64_t sequences, wrong;
    double error; /* sum, as in struct criterion_result */
};

static enum status decode(const struct sequence *sequence, const struct schema *schema,
                          struct arena *arena, struct history *history, struct error *err)
{
    struct strbuf text;
    strbuf_init(&text, SIZE_MAX);
    strbuf_add(&text, "{");
    sequence_write(sequence, &text);
    strbuf_add(&text, "}");
    enum status status =
        text.has_failed ? error_no_memory(err)
                        : triage_history_decode(history, schema, text.bytes, text.length,
                                                SEQUENCE_MAX, arena, err);
    strbuf_release(&text);
    return status;
}

static bool is_action(const struct model *model, size_t action, char name)
{
    const char *own = triage_model_action(model, action);
    return own[0] == name && own[1] == '\0';
}

/* The largest error of the outputs for a class. */
static double largest_error(const struct model *model, const float *probabilities,
                            char class)
{
    double largest = 0.0;
    for (size_t c = 0; c < triage_model_actions(model); c++) {
        double expected = is_action(model, c, class) ? 1.0 : 0.0;
        largest = fmax(largest, fabs((double)probabilities[c] - expected));
    }
    return largest;
}

/* The name of the most probable action if it has one character; else 0. */
static char most_probable(const struct model *model, const float *probabilities)
{
    size_t action = argmax(probabilities, triage_model_actions(model));
    const char *name = triage_model_action(model, action);
    return name[0] != '\0' && name[1] == '\0' ? name[0] : '\0';
}

/* Add what was answered at the end of a sequence. */
static void count_end(struct test_counts *counts, const struct model *model,
                      const struct sequence *sequence, const float *probabilities)
{
    counts->sequences++;
    if (sequence->kind == ADDING) {
        char class = most_probable(model, probabilities);
        counts->wrong += !(sequence_distance(sequence, class) < VALUE_FAILED_FROM);
        counts->error += class != sequence->class;
        return;
    }
    double error = largest_error(model, probabilities, sequence->class);
    counts->wrong += !(error < FAILED_FROM);
    counts->error += error;
}

/* Are the possible symbols [possible] more probable than all others? */
static bool is_predicted(const struct model *model, const float *probabilities,
                         uint8_t possible)
{
    const char *symbols = sequence_symbols(REBER);
    float least = 2.0f, most = -1.0f;
    for (size_t c = 0; c < triage_model_actions(model); c++) {
        bool is_possible = false;
        for (int i = 0; symbols[i] != '\0'; i++)
            is_possible =
                is_possible || ((possible >> i & 1) && is_action(model, c, symbols[i]));
        if (is_possible)
            least = fminf(least, probabilities[c]);
        else
            most = fmaxf(most, probabilities[c]);
    }
    return least > most && least <= 1.0f;
}

/* Add what was answered after each event of a sequence: probabilities [length][C]. */
static void count_trace(struct test_counts *counts, const struct model *model,
                        const struct sequence *sequence, const float *probabilities)
{
    size_t C = triage_model_actions(model);
    uint32_t length = sequence->length, wrong = 0, wrong_copies = 0;
    if (sequence->kind == REBER)
        length--; /* nothing follows the last symbol */
    for (uint32_t t = 0; t < length; t++, probabilities += C) {
        bool is_right = sequence->kind == REBER
                            ? is_predicted(model, probabilities, sequence->possible[t])
                            : most_probable(model, probabilities) == sequence->classes[t];
        wrong += !is_right;
        wrong_copies += !is_right && sequence->kind == COPY && t + COPIED >= length;
    }
    counts->sequences++;
    counts->wrong += wrong > 0;
    counts->error += (double)wrong_copies / COPIED;
}

/* A classifier and its memory. */
struct tester {
    const struct model *model;
    struct classifier *classifier;
    struct arena arena;
    float *probabilities; /* [SEQUENCE_MAX][C] */
};

static enum status tester_init(struct tester *tester, const struct model *model,
                               struct error *err)
{
    *tester = (struct tester){.model = model};
    arena_init(&tester->arena, SIZE_MAX);
    tester->classifier = triage_classifier_new(model, ROWS, SEQUENCE_MAX, err);
    tester->probabilities =
        calloc(SEQUENCE_MAX * triage_model_actions(model), sizeof(float));
    return tester->classifier && tester->probabilities ? STATUS_OK : error_no_memory(err);
}

static void tester_release(struct tester *tester)
{
    triage_classifier_free(tester->classifier);
    free(tester->probabilities);
    arena_release(&tester->arena);
}

/* Add up to ROWS sequences of a kind to the counts. */
static enum status test_some(struct tester *tester, const struct sequence *sequences,
                             size_t count, struct test_counts *counts, struct error *err)
{
    struct history histories[ROWS];
    const struct model *model = tester->model;
    const struct schema *schema = triage_model_schema(model);
    size_t C = triage_model_actions(model);
    arena_reset(&tester->arena);
    for (size_t i = 0; i < count; i++)
        RETURN_IF_ERROR(
            decode(&sequences[i], schema, &tester->arena, &histories[i], err));
    if (is_traced(sequences[0].kind)) {
        for (size_t i = 0; i < count; i++) {
            RETURN_IF_ERROR(triage_classifier_trace(tester->classifier, &histories[i],
                                                    tester->probabilities, err));
            count_trace(counts, model, &sequences[i], tester->probabilities);
        }
        return STATUS_OK;
    }
    RETURN_IF_ERROR(triage_classifier_run(tester->classifier, histories, count,
                                          tester->probabilities, err));
    for (size_t i = 0; i < count; i++)
        count_end(counts, model, &sequences[i], tester->probabilities + i * C);
    return STATUS_OK;
}

/* stops_early: after the first sequences with a wrong one. */
static enum status test_all(struct tester *tester, const struct sequence *sequences,
                            size_t count, bool stops_early, struct test_counts *counts,
                            struct error *err)
{
    *counts = (struct test_counts){.sequences = 0};
    for (size_t i = 0; i < count && !(stops_early && counts->wrong > 0); i += ROWS)
        RETURN_IF_ERROR(test_some(tester, sequences + i,
                                  count - i < ROWS ? count - i : ROWS, counts, err));
    return STATUS_OK;
}

/* ---- the sequences ---- */

struct sets {
    struct sequence_task task;
    uint64_t seed, drawn;    /* drawn: of the stream */
    struct sequence *train;  /* [train_count] */
    struct sequence *recent; /* [RECENT]; REBER: train */
    struct sequence *tested; /* [tested_count] */
    size_t train_count, recent_count, tested_count;
};

static bool is_in(const struct sequence *sequence, const struct sequence *list,
                  size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (list[i].length == sequence->length &&
            memcmp(list[i].symbols, sequence->symbols, sequence->length) == 0)
            return true;
    return false;
}

static void draw_part(struct sets *sets)
{
    for (size_t i = 0; i < sets->train_count; i++)
        sequence_draw(&sets->train[i], &sets->task, sets->seed, sets->drawn++);
}

static enum status sets_init(struct sets *sets, const struct sequence_task *task,
                             uint64_t seed, struct error *err)
{
    bool is_reber = task->kind == REBER;
    *sets = (struct sets){.task = *task,
                          .seed = seed,
                          .train_count = is_reber ? STRINGS : PART,
                          .recent_count = is_reber ? STRINGS : RECENT,
                          .tested_count = is_reber ? STRINGS : TESTED};
    sets->train = calloc(sets->train_count, sizeof *sets->train);
    sets->recent = calloc(sets->recent_count, sizeof *sets->recent);
    sets->tested = calloc(sets->tested_count, sizeof *sets->tested);
    if (!sets->train || !sets->recent || !sets->tested)
        return error_no_memory(err);
    draw_part(sets);
    for (size_t i = 0; i < sets->recent_count; i++)
        if (is_reber)
            sets->recent[i] = sets->train[i];
        else
            sequence_draw(&sets->recent[i], task, seed, first_recent + i);
    uint64_t number = first_tested;
    for (size_t i = 0; i < sets->tested_count; i++)
        do
            sequence_draw(&sets->tested[i], task, seed, number++);
        while (is_reber && is_in(&sets->tested[i], sets->train, sets->train_count));
    return STATUS_OK;
}

static void sets_release(struct sets *sets)
{
    free(sets->train);
    free(sets->recent);
    free(sets->tested);
}

/* Is the criterion met?  If so, or at the end of the course, the test set is tested, too. */
static enum status test_model(const struct model *model, const struct sets *sets,
                              bool is_end, struct criterion_result *result,
                              struct error *err)
{
    struct tester tester;
    struct test_counts recent = {.wrong = 1}, tested = {.wrong = 0};
    enum status status = tester_init(&tester, model, err);
    if (status == STATUS_OK)
        status = test_all(&tester, sets->recent, sets->recent_count, true, &recent, err);
    bool is_right =
        recent.wrong == 0 && recent.error < MEAN_BELOW * (double)recent.sequences;
    if (status == STATUS_OK && (is_right || is_end))
        status = test_all(&tester, sets->tested, sets->tested_count, false, &tested, err);
    tester_release(&tester);
    result->is_reached = status == STATUS_OK && is_right &&
                         (sets->task.kind != REBER || tested.wrong == 0);
    result->tested = tested.sequences;
    result->wrong = tested.wrong;
    result->error = tested.sequences > 0 ? tested.error / (double)tested.sequences : 0.0;
    return status;
}

/* ---- training ---- */

struct course {
    struct sets *sets;
    const struct schema *schema;
    struct trainer *trainer;
    struct example *examples; /* [train_count] */
    uint32_t *actions;        /* [train_count][SEQUENCE_MAX] of REBER and COPY */
    struct arena arena;       /* of the histories */
    struct criterion_result *result;
    struct error err;
};

/* The classes of a network: what is predicted. */
static const char *predicted(enum sequence_kind kind)
{
    return kind == REBER ? sequence_symbols(kind) : sequence_classes(kind);
}

/* The right class after each event, as an index. */
static void list_actions(const struct sequence *sequence, uint32_t *actions)
{
    const char *names = predicted(sequence->kind);
    bool is_reber = sequence->kind == REBER;
    uint32_t length = sequence->length - is_reber;
    for (uint32_t t = 0; t < length; t++) {
        char right = is_reber ? sequence->symbols[t + 1] : sequence->classes[t];
        actions[t] = (uint32_t)(strchr(names, right) - names);
    }
    if (is_reber)
        actions[length] = ACTION_NONE;
}

/* The sequences of the part as examples, in the memory of those before. */
static enum status make_examples(struct course *course, struct error *err)
{
    const struct sets *sets = course->sets;
    const char *names = predicted(sets->task.kind);
    arena_reset(&course->arena);
    for (size_t i = 0; i < sets->train_count; i++) {
        const struct sequence *sequence = &sets->train[i];
        struct example *example = &course->examples[i];
        *example = (struct example){.action = 0};
        RETURN_IF_ERROR(
            decode(sequence, course->schema, &course->arena, &example->history, err));
        if (!is_traced(sets->task.kind)) {
            example->action = (uint32_t)(strchr(names, sequence->class) - names);
            continue;
        }
        uint32_t *actions = course->actions + i * SEQUENCE_MAX;
        list_actions(sequence, actions);
        example->actions = actions;
    }
    return STATUS_OK;
}

static enum status test_weights(struct course *course, bool is_end, struct error *err)
{
    char *bytes;
    size_t length = 0;
    RETURN_IF_ERROR(triage_trainer_write(course->trainer, NULL, &bytes, &length, err));
    struct model *model = triage_model_read("the model", bytes, length, err);
    free(bytes);
    if (!model)
        return err->status;
    enum status status = test_model(model, course->sets, is_end, course->result, err);
    triage_model_free(model);
    return status;
}

/* Test the weights after each epoch; then the next part of the stream. */
static bool end_part(void *context, const struct progress *progress)
{
    struct course *course = context;
    if (!progress->has_epoch_ended)
        return true;
    course->result->sequences += course->sets->train_count;
    bool is_end = progress->epoch == progress->epochs;
    enum status status = test_weights(course, is_end, &course->err);
    if (status != STATUS_OK || course->result->is_reached)
        return false;
    if (course->sets->task.kind == REBER)
        return true;
    draw_part(course->sets);
    return make_examples(course, &course->err) == STATUS_OK;
}

static struct schema *make_schema(enum sequence_kind kind, struct error *err)
{
    struct strbuf text;
    const char *symbols = sequence_symbols(kind);
    strbuf_init(&text, SIZE_MAX);
    strbuf_add(&text,
               "{\"fields\":[{\"name\":\"event\",\"kind\":\"category\",\"values\":[");
    for (int i = 0; symbols[i] != '\0'; i++)
        strbuf_printf(&text, "%s\"%c\"", i == 0 ? "" : ",", symbols[i]);
    strbuf_add(&text, "]}");
    if (kind == ADDING) /* the mean and the standard deviation of its numbers */
        strbuf_add(&text, ",{\"name\":\"number\",\"kind\":\"number\",\"mean\":0,"
                          "\"scale\":0.57735}");
    strbuf_add(&text, "]}");
    json_t *object = text.has_failed ? NULL : json_read(text.bytes, text.length, err);
    struct schema *schema = object ? triage_schema_read(object, "/schema", err) : NULL;
    if (!schema)
        (void)error_no_memory(err);
    json_decref(object);
    strbuf_release(&text);
    return schema;
}

/* The settings of `triage train`, for so many epochs. */
static enum status choose_settings(struct training *training, uint64_t seed,
                                   uint32_t epochs, struct error *err)
{
    const struct option_table table = {
        .title = "training", .options = triage_training_options, .values = training};
    enum status status = option_table_set_defaults(&table, err);
    training->epochs = training->patience = epochs;
    training->seed = seed;
    training->threads = workers_threads(0);
    return status;
}

static enum status train(struct course *course, const struct criterion_options *options,
                         struct error *err)
{
    struct sets *sets = course->sets;
    enum sequence_kind kind = sets->task.kind;
    const char *names = predicted(kind);
    char texts[MAX_ACTIONS][2];
    const char *actions[MAX_ACTIONS];
    size_t action_count = strlen(names);
    struct training training = {.seed = 0};
    struct report report;
    assert(action_count <= MAX_ACTIONS);
    for (size_t i = 0; i < action_count; i++) {
        texts[i][0] = names[i];
        texts[i][1] = '\0';
        actions[i] = texts[i];
    }
    uint64_t most = options->max_sequences > 0 ? options->max_sequences
                                               : criterion_limit(&sets->task);
    uint64_t epochs = most / sets->train_count;
    RETURN_IF_ERROR(choose_settings(&training, options->seed,
                                    epochs > 0 ? (uint32_t)epochs : 1, err));
    RETURN_IF_ERROR(make_examples(course, err));
    course->trainer = triage_trainer_new(course->schema, options->spec,
                                         kind == REBER  ? TASK_NEXT
                                         : kind == COPY ? TASK_EVERY
                                                        : TASK_LAST,
                                         actions, action_count, &training, err);
    if (!course->trainer)
        return err->status;
    const struct training_data data = {.train = course->examples,
                                       .train_count = sets->train_count};
    const struct progress_callback callback = {.call = end_part, .context = course};
    RETURN_IF_ERROR(
        triage_trainer_train(course->trainer, &data, &callback, &report, err));
    return course->err.status == STATUS_OK
               ? STATUS_OK
               : error_set(err, course->err.status, course->err.where, "%s",
                           course->err.text);
}

static enum status train_on(struct sets *sets, const struct criterion_options *options,
                            struct criterion_result *result, struct error *err)
{
    struct course course = {.sets = sets, .result = result};
    arena_init(&course.arena, SIZE_MAX);
    struct schema *schema = make_schema(sets->task.kind, err);
    course.schema = schema;
    course.examples = calloc(sets->train_count, sizeof *course.examples);
    course.actions = calloc(sets->train_count, SEQUENCE_MAX * sizeof *course.actions);
    enum status status = schema && course.examples && course.actions
                             ? train(&course, options, err)
                             : error_no_memory(err);
    triage_trainer_free(course.trainer);
    triage_schema_free(schema);
    free(course.examples);
    free(course.actions);
    arena_release(&course.arena);
    return status;
}

enum status criterion_test(struct criterion_result *result,
                           const struct criterion_options *options, struct error *err)
{
    struct sets sets;
    *result = (struct criterion_result){.is_reached = false};
    enum status status = sets_init(&sets, &options->task, options->seed, err);
    if (status == STATUS_OK && !options->model) {
        status = train_on(&sets, options, result, err);
    } else if (status == STATUS_OK) {
        struct model *model = triage_model_load(options->model, err);
        status = model ? test_model(model, &sets, true, result, err) : err->status;
        triage_model_free(model);
    }
    sets_release(&sets);
    return status;
}
