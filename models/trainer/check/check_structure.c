/*
 * What a model is: shapes at every boundary, the cell by its equations, and one set of weights
 * for a history of any length.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "architecture.h"
#include "base/digest.h"
#include "base/error.h"
#include "check/check.h"

enum { LONGEST = 1000 };

static void check_golden(const struct checking *c)
{
    if (triage_model_has_golden(c->model))
        findings_check(c->findings, true, "golden",
                       "the golden history came out bit for bit when the file was read");
    else
        findings_note(
            c->findings, "golden",
            "there is none: nothing proves that this machine answers as the one "
            "that made the model");
}

/* Has the model a tensor of that name and shape?  Says so if not. */
static bool has_shape(const struct checking *c, const char *name, size_t rows,
                      size_t columns)
{
    for (size_t i = 0; i < triage_model_tensor_count(c->model); i++) {
        struct tensor_view tensor = triage_model_tensor(c->model, i);
        if (strcmp(tensor.name, name) != 0)
            continue;
        if (tensor.rows == rows && tensor.columns == columns)
            return true;
        findings_check(c->findings, false, "shapes",
                       "%s is [%u][%u], expected [%zu][%zu]", name, tensor.rows,
                       tensor.columns, rows, columns);
        return false;
    }
    findings_check(c->findings, false, "shapes", "there is no tensor %s", name);
    return false;
}

/* Width of what layer 0 sees: columns of its input weights, and how it is made up. */
static size_t input_width(const struct checking *c)
{
    for (size_t i = 0; i < triage_model_tensor_count(c->model); i++)
        if (strcmp(triage_model_tensor(c->model, i).name, "rnn.weight_ih_l0") == 0)
            return triage_model_tensor(c->model, i).columns;
    return 0;
}

static bool layers_fit(const struct checking *c)
{
    const struct spec *spec = triage_model_spec(c->model);
    size_t H = spec->hidden, GH = triage_spec_gates(spec) * H, in = input_width(c);
    char name[64];
    bool fits = true;

    for (unsigned l = 0; l < spec->layers; l++, in = spec->directions * H)
        for (unsigned d = 0; d < spec->directions; d++) {
            const char *side = d == 1 ? "_reverse" : "";
            (void)snprintf(name, sizeof name, "rnn.weight_ih_l%u%s", l, side);
            fits = has_shape(c, name, GH, in) && fits;
            (void)snprintf(name, sizeof name, "rnn.weight_hh_l%u%s", l, side);
            fits = has_shape(c, name, GH, H) && fits;
        }
    return fits;
}

static void say_input(const struct checking *c)
{
    const struct spec *spec = triage_model_spec(c->model);
    size_t K = triage_model_categories(c->model), F = triage_model_inputs(c->model);
    size_t width = input_width(c);

    findings_check(c->findings, spec->embedding == 0 || width == spec->embedding + F,
                   "shapes", "events   [T][%zu] ids, [T][%zu] numbers", K, F);
    if (spec->embedding == 0)
        findings_more(c->findings,
                      "input    [T][%zu]: values one-hot [%zu], numbers [%zu]", width,
                      width - F, F);
    else
        findings_more(c->findings,
                      "input    [T][%zu]: the sum of %zu embeddings [%u], numbers [%zu]",
                      width, K, spec->embedding, F);
}

static void check_shapes(const struct checking *c)
{
    const struct spec *spec = triage_model_spec(c->model);
    size_t C = triage_model_actions(c->model), width = triage_model_state_size(c->model);
    size_t in = input_width(c), stored,
           parameters = architecture_parameters(c->model, &stored);

    if (!layers_fit(c) || !has_shape(c, "head.weight", C, width))
        return;
    say_input(c);
    for (unsigned l = 0; l < spec->layers; l++, in = width)
        findings_more(c->findings, "layer %u  [%zu] -> gates %s [%u*%u] -> state [%u]%s",
                      l, in, architecture_gates(spec), triage_spec_gates(spec),
                      spec->hidden, spec->hidden,
                      spec->directions == 2 ? ", in each of two directions" : "");
    findings_more(c->findings, "head     [%zu] -> scores [%zu] -> probabilities [%zu]",
                  width, C, C);
    findings_more(c->findings, "%zu parameters (%zu stored numbers)", parameters, stored);
}

static void say_cell(const struct checking *c)
{
    const struct spec *spec = triage_model_spec(c->model);
    const char *lines[ARCHITECTURE_EQUATIONS];
    size_t count = architecture_equations(spec, lines);

    if (triage_spec_gates(spec) == 1)
        findings_note(c->findings, "cell", "%s", architecture_cell(spec));
    else
        findings_note(c->findings, "cell", "%s; gates are stored in the order %s",
                      architecture_cell(spec), architecture_gates(spec));
    for (size_t i = 0; i < count; i++)
        findings_more(c->findings, "%s", lines[i]);
}

static void hash_weights(const struct model *model, uint8_t digest[SHA256_BYTES])
{
    struct sha256 hash;

    sha256_init(&hash);
    for (size_t i = 0; i < triage_model_tensor_count(model); i++) {
        struct tensor_view tensor = triage_model_tensor(model, i);
        sha256_add(&hash, tensor.data,
                   (size_t)tensor.rows * tensor.columns * sizeof *tensor.data);
    }
    sha256_finish(&hash, digest);
}

/* Numbers that a history of that many events writes of room [size], all NaN before. */
static enum status state_size(const struct checking *c, struct classifier *classifier,
                              uint32_t length, float *room, size_t size, size_t *count,
                              struct error *err)
{
    struct history *history = triage_histories_draw(
        triage_model_schema(c->model), 1, length, length, c->seed, c->arena, err);
    enum status status;

    if (history == NULL)
        return STATUS_NO_MEMORY;
    for (size_t j = 0; j < size; j++)
        room[j] = NAN;
    status = triage_classifier_encode(classifier, history, room, err);
    *count = 0;
    while (*count < size && isfinite(room[*count]))
        ++*count;
    return status;
}

/* The same weights for 1 event and for 1000, and a state that does not grow. */
static enum status check_sharing(const struct checking *c, struct error *err)
{
    static const uint32_t lengths[] = {1, 10, 100, LONGEST};
    size_t width = triage_model_state_size(c->model), stored, count = width;
    uint8_t before[SHA256_BYTES], after[SHA256_BYTES];
    struct classifier *classifier = triage_classifier_new(c->model, 1, LONGEST, err);
    float *room = arena_array(c->arena, width + 16, sizeof *room);
    enum status status = STATUS_OK;
    bool holds = true;

    if (classifier == NULL || room == NULL) {
        triage_classifier_free(classifier);
        return error_no_memory(err);
    }
    (void)architecture_parameters(c->model, &stored);
    hash_weights(c->model, before);
    for (size_t i = 0; i < 4 && status == STATUS_OK && holds; i++) {
        status = state_size(c, classifier, lengths[i], room, width + 16, &count, err);
        holds = count == width;
    }
    triage_classifier_free(classifier);
    if (status != STATUS_OK)
        return status;
    hash_weights(c->model, after);
    if (!holds)
        findings_check(c->findings, false, "sharing",
                       "a state has %zu finite numbers, expected %zu", count, width);
    else
        findings_check(
            c->findings, memcmp(before, after, sizeof before) == 0, "sharing",
            "1, 10, 100 and %d events went through the same %zu numbers and left "
            "a state of %zu each",
            LONGEST, stored, width);
    return STATUS_OK;
}

static void say_clipping(const struct checking *c)
{
    const json_t *rate = json_object_get(c->report, "clip_rate");

    if (json_is_number(rate))
        findings_note(
            c->findings, "clipping",
            "in %.3g %% of its steps the training shortened the gradient to norm "
            "%g; the largest was %.4g (the file's report)",
            100.0 * json_number_value(rate), c->training.clip,
            json_number_value(json_object_get(c->report, "norm_largest")));
    else
        findings_note(c->findings, "clipping", "there is no report of a training");
}

enum status check_structure(const struct checking *checking, struct error *err)
{
    enum status status;

    check_golden(checking);
    check_shapes(checking);
    say_cell(checking);
    status = check_sharing(checking, err);
    say_clipping(checking);
    return status;
}
