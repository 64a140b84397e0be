/*
 * The training histories of the baselines, and the reasons for which there is no verdict.
 *
 * The number of histories that a model was trained on is in its file.  Files that were written
 * before they held training histories have it in the report of the training ("learn" and
 * "validation").
 */
#include "eval/training_source.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "eval/sketch_matches.h"
#include "infer/model.h"
#include "model/training_histories.h"

bool triage_model_holds_histories(const struct model *model)
{
    return model->trained->histories.sequences != NULL;
}

/* The histories that a model was trained on, by the report of its training; 0: none says. */
static uint64_t read_report(const struct trained_model *model)
{
    json_t *report =
        model->report ? json_read(model->report, strlen(model->report), NULL) : NULL;
    json_int_t count = json_integer_value(json_object_get(report, "learn")) +
                       json_integer_value(json_object_get(report, "validation"));

    json_decref(report);
    return count > 0 ? (uint64_t)count : 0;
}

uint64_t triage_model_history_count(const struct model *model)
{
    const struct trained_model *trained = model->trained;

    return trained->histories.count > 0 ? trained->histories.count : read_report(trained);
}

enum status training_source_init(struct training_source *source,
                                 const struct model *model,
                                 const struct evaluation_data *data, struct error *err)
{
    const struct trained_model *trained = model->trained;
    struct example *examples = NULL;

    *source = (struct training_source){.kind = BASELINES_CROSS_FITTED};
    arena_init(&source->arena, SIZE_MAX);
    if (data->training_count > 0) {
        source->kind = BASELINES_GIVEN;
        source->examples = data->training;
        source->count = data->training_count;
        source->ids = event_ids_of(trained->schema);
    } else if (trained->histories.sequences) {
        source->kind = BASELINES_FROM_MODEL;
        source->ids = (struct event_ids){.stride = 1, .column = 0};
        RETURN_IF_ERROR(training_histories_decode(trained, &examples, &source->count,
                                                  &source->arena, err));
        source->examples = examples;
    }
    return STATUS_OK;
}

void training_source_release(struct training_source *source)
{
    if (source)
        arena_release(&source->arena);
}

static enum status make_sketch(struct history_sketch *sketch, const struct schema *schema,
                               const struct example *examples, size_t count,
                               struct error *err)
{
    const struct example **list = calloc(count + 1, sizeof *list);

    if (!list)
        return error_no_memory(err);
    for (size_t i = 0; i < count; i++)
        list[i] = &examples[i];
    enum status status = history_sketch_make(sketch, schema, list, count, err);
    free(list);
    return status;
}

/* Set the overlap with a sketch of the training histories. */
static void find_overlap(const struct history_sketch *sketch, const struct schema *schema,
                         const struct evaluation_data *data, struct overlap *overlap)
{
    struct sketch_matches matches =
        sketch_matches_count(sketch, schema, data->evaluated, data->evaluated_count);

    overlap->compared = matches.compared;
    overlap->found = matches.found;
    overlap->by_chance = matches.expected;
    overlap->is_overlap = (double)matches.found > matches.expected;
}

/* One history in a hundred may differ: it was read by one version and is refused by a later one. */
static bool is_nearly(uint64_t count, uint64_t expected)
{
    uint64_t difference = count > expected ? count - expected : expected - count;

    return difference <= expected / 100;
}

/* Are the histories that are given those of the training? */
static void check_given(const struct training_source *source, const struct schema *schema,
                        const struct history_sketch *training, struct evaluation *e)
{
    struct sketch_matches own =
        sketch_matches_count(training, schema, source->examples, source->count);

    if (!is_nearly(own.found, own.compared))
        (void)snprintf(e->no_verdict, sizeof e->no_verdict,
                       "it was trained on %zu of %zu histories that are given for the "
                       "baselines",
                       own.found, own.compared);
}

/* Are evaluated histories there more than once?  training is a sketch of other ones. */
static enum status check_repeated(const struct evaluation_data *data,
                                  const struct schema *schema,
                                  const struct history_sketch *training,
                                  struct evaluation *e, struct error *err)
{
    uint64_t trained =
        e->model_histories > 0 ? e->model_histories : e->training_histories;
    double ratio = (double)data->evaluated_count / (double)(trained > 0 ? trained : 1);
    struct history_sketch *sketch = malloc(sizeof *sketch);
    size_t repeated;

    if (!sketch)
        return error_no_memory(err);
    enum status status =
        make_sketch(sketch, schema, data->evaluated, data->evaluated_count, err);
    if (status == STATUS_OK &&
        sketch_matches_is_repeated(sketch, training, ratio, &repeated))
        e->overlap.repeated = repeated;
    free(sketch);
    return status;
}

/* Compare the evaluated histories, and those that are given, with those of the training. */
static enum status compare_histories(const struct training_source *source,
                                     const struct model *model,
                                     const struct evaluation_data *data,
                                     struct evaluation *e, struct error *err)
{
    const struct trained_model *trained = model->trained;
    const struct schema *schema = trained->schema;
    bool has_own = trained->histories.sketch != NULL;
    enum status status;

    if (!has_own && source->kind != BASELINES_GIVEN)
        return STATUS_OK;
    struct history_sketch *training = malloc(sizeof *training);
    if (!training)
        return error_no_memory(err);
    if (has_own)
        status = history_sketch_read(training, trained->histories.sketch, err);
    else
        status = make_sketch(training, schema, source->examples, source->count, err);
    if (status != STATUS_OK)
        goto out;
    e->overlap.is_with_given = !has_own;
    find_overlap(training, schema, data, &e->overlap);
    if (has_own && source->kind == BASELINES_GIVEN)
        check_given(source, schema, training, e);
    if (!e->overlap.is_overlap)
        status = check_repeated(data, schema, training, e, err);
out:
    free(training);
    return status;
}

/* Set why there is no verdict, unless it is set. */
static void set_reason(struct evaluation *e)
{
    const size_t size = sizeof e->no_verdict;

    if (*e->no_verdict != '\0')
        return;
    if (e->other_labels == e->positions)
        (void)snprintf(e->no_verdict, size,
                       "none of the evaluated labels is one of its actions");
    else if (e->overlap.is_overlap)
        (void)snprintf(e->no_verdict, size, "%zu of %zu evaluated histories are %s",
                       e->overlap.found, e->overlap.compared,
                       e->overlap.is_with_given
                           ? "also among those that the baselines are trained on"
                           : "equal to histories that it was trained on");
    else if (e->overlap.repeated > 0)
        (void)snprintf(e->no_verdict, size,
                       "%zu evaluated histories are equal to others of them",
                       e->overlap.repeated);
    else if (e->source == BASELINES_CROSS_FITTED && e->model_histories == 0)
        (void)snprintf(e->no_verdict, size,
                       "its file does not hold the histories that it was trained on");
    else if (e->source == BASELINES_CROSS_FITTED)
        (void)snprintf(e->no_verdict, size,
                       "its file does not hold the %" PRIu64
                       " histories that it was trained on",
                       e->model_histories);
    else if (e->model_histories > 0 &&
             !is_nearly(e->training_histories, e->model_histories))
        (void)snprintf(
            e->no_verdict, size,
            "the baselines are trained on %zu histories, the model on %" PRIu64,
            e->training_histories, e->model_histories);
}

enum status training_source_check(const struct training_source *source,
                                  const struct model *model,
                                  const struct evaluation_data *data,
                                  struct evaluation *evaluation, struct error *err)
{
    evaluation->source = source->kind;
    evaluation->training_histories = source->count;
    evaluation->model_histories = triage_model_history_count(model);
    RETURN_IF_ERROR(compare_histories(source, model, data, evaluation, err));
    set_reason(evaluation);
    return STATUS_OK;
}
