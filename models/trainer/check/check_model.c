/*
 * Checks of the weights of a model: the shapes of its tensors, its equations, the same weights for
 * histories of any length, and no sign that training or export went wrong.
 *
 * After a broken export or a failed training, all weights of a gate may be equal, or all rows of an
 * embedding, or a unit may never vary.  Loading accepts such a model, because its numbers are
 * finite.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "architecture.h"
#include "base/digest.h"
#include "check/check.h"

/* ---- structure ---- */

static void check_golden(const struct check *c)
{
    if (triage_model_has_golden(c->model))
        findings_check(c->findings, true, "golden",
                       "loading has reproduced the golden history's answer bit for bit");
    else
        findings_note(c->findings, "golden",
                      "there is none: this machine cannot be compared with the one that "
                      "made the model");
}

/* The name of a tensor without the number of its network: "head.bias" of "member.2.head.bias". */
static const char *name_in_network(const char *name)
{
    const char *dot = strncmp(name, "member.", 7) == 0 ? strchr(name + 7, '.') : NULL;
    return dot ? dot + 1 : name;
}

static bool has_decoder(const struct check *c)
{
    return triage_model_task(c->model) == TASK_CONTINUE;
}

/* The tensor of the first network; loading has checked that the others have the same shapes. */
static bool find_tensor(const struct model *model, const char *name,
                        struct tensor_view *tensor)
{
    for (size_t i = 0; i < triage_model_tensor_count(model); i++) {
        *tensor = triage_model_tensor(model, i);
        if (strcmp(name_in_network(tensor->name), name) == 0)
            return true;
    }
    return false;
}

/* Does the model have a tensor of that name and shape?  If not, a failure is added. */
static bool has_shape(const struct check *c, const char *name, size_t rows,
                      size_t columns)
{
    struct tensor_view tensor;
    if (!find_tensor(c->model, name, &tensor)) {
        findings_check(c->findings, false, "shapes", "there is no tensor %s", name);
        return false;
    }
    if (tensor.rows == rows && tensor.columns == columns)
        return true;
    findings_check(c->findings, false, "shapes", "%s is [%u][%u], expected [%zu][%zu]",
                   name, tensor.rows, tensor.columns, rows, columns);
    return false;
}

static bool is_self_attention(const struct check *c)
{
    return triage_model_spec(c->model)->cell == CELL_ATTENTION;
}

/* The columns of the input weights of layer 0. */
static size_t input_width(const struct check *c)
{
    const char *name = is_self_attention(c) ? "input.weight" : "rnn.weight_ih_l0";
    struct tensor_view tensor;
    return find_tensor(c->model, name, &tensor) ? tensor.columns : 0;
}

static bool check_block_shapes(const struct check *c)
{
    const struct spec *spec = triage_model_spec(c->model);
    const size_t H = spec->hidden, P = triage_spec_feed_forward(spec);
    const struct {
        const char *name;
        size_t rows, columns;
    } matrices[] = {{"self_attn.in_proj_weight", 3 * H, H},
                    {"self_attn.out_proj.weight", H, H},
                    {"linear1.weight", P, H},
                    {"linear2.weight", H, P}};
    bool has_shapes = has_shape(c, "input.weight", H, input_width(c));
    for (unsigned l = 0; l < spec->layers; l++)
        for (size_t i = 0; i < sizeof matrices / sizeof *matrices; i++) {
            char name[64];
            (void)snprintf(name, sizeof name, "encoder.layers.%u.%s", l,
                           matrices[i].name);
            has_shapes =
                has_shape(c, name, matrices[i].rows, matrices[i].columns) && has_shapes;
        }
    return has_shapes;
}

static bool check_layer_shapes(const struct check *c)
{
    const struct spec *spec = triage_model_spec(c->model);
    size_t H = spec->hidden, GH = triage_spec_gates(spec) * H;
    size_t in = input_width(c);
    bool has_shapes = true;
    if (is_self_attention(c))
        return check_block_shapes(c);
    for (unsigned l = 0; l < spec->layers; l++, in = spec->directions * H)
        for (unsigned d = 0; d < spec->directions; d++) {
            const char *suffix = d == 1 ? "_reverse" : "";
            char name[64];
            (void)snprintf(name, sizeof name, "rnn.weight_ih_l%u%s", l, suffix);
            has_shapes = has_shape(c, name, GH, in) && has_shapes;
            (void)snprintf(name, sizeof name, "rnn.weight_hh_l%u%s", l, suffix);
            has_shapes = has_shape(c, name, GH, H) && has_shapes;
        }
    return has_shapes;
}

static void describe_layers(const struct check *c)
{
    const struct spec *spec = triage_model_spec(c->model);
    size_t in = input_width(c);
    if (is_self_attention(c)) {
        findings_detail(c->findings, "         [%zu] -> [%u]", in, spec->hidden);
        for (unsigned l = 0; l < spec->layers; l++)
            findings_detail(c->findings,
                            "layer %u  [%u] -> %u heads [%u] over at most %u events, "
                            "feed-forward [%u] -> state [%u]",
                            l, spec->hidden, spec->heads, spec->hidden / spec->heads,
                            spec->window, triage_spec_feed_forward(spec), spec->hidden);
        return;
    }
    for (unsigned l = 0; l < spec->layers;
         l++, in = (size_t)spec->directions * spec->hidden)
        findings_detail(
            c->findings, "layer %u  [%zu] -> gates %s [%u*%u] -> state [%u]%s", l, in,
            architecture_gates(spec), triage_spec_gates(spec), spec->hidden, spec->hidden,
            spec->directions == 2 ? ", in each of two directions" : "");
}

static void check_shapes(const struct check *c)
{
    const struct spec *spec = triage_model_spec(c->model);
    size_t C = triage_model_actions(c->model), DH = triage_model_state_size(c->model);
    size_t K = triage_model_categories(c->model), F = triage_model_inputs(c->model);
    size_t in = input_width(c);
    size_t stored, parameters = architecture_parameters(c->model, &stored);
    if (!check_layer_shapes(c) ||
        !has_shape(c, has_decoder(c) ? "decoder.head.weight" : "head.weight", C, DH))
        return;
    findings_check(c->findings, spec->embedding == 0 || in == spec->embedding + F,
                   "shapes", "events   [T][%zu] ids, [T][%zu] numbers", K, F);
    if (spec->embedding == 0)
        findings_detail(c->findings,
                        "input    [T][%zu]: values one-hot [%zu], numbers [%zu]", in,
                        in - F, F);
    else
        findings_detail(c->findings,
                        "input    [T][%zu]: the sum of %zu embeddings [%u], numbers "
                        "[%zu]",
                        in, K, spec->embedding, F);
    describe_layers(c);
    if (has_decoder(c))
        findings_detail(c->findings,
                        "decoder  the same layers, from the final states; reads a start, "
                        "then the names of events");
    findings_detail(c->findings, "head     [%zu] -> logits [%zu] -> probabilities [%zu]",
                    DH, C, C);
    if (triage_model_members(c->model) > 1)
        findings_detail(c->findings,
                        "mean     of the probabilities of %u such networks -> [%zu]",
                        (unsigned)triage_model_members(c->model), C);
    findings_detail(c->findings, "%zu parameters (%zu stored numbers)", parameters,
                    stored);
}

static void describe_cell(const struct check *c)
{
    const struct spec *spec = triage_model_spec(c->model);
    const char *lines[ARCHITECTURE_EQUATIONS];
    size_t count = architecture_equations(spec, lines);
    if (triage_spec_gates(spec) <= 1)
        findings_note(c->findings, "cell", "%s", architecture_cell(spec));
    else
        findings_note(c->findings, "cell", "%s; gates are stored in the order %s",
                      architecture_cell(spec), architecture_gates(spec));
    for (size_t i = 0; i < count; i++)
        findings_detail(c->findings, "%s", lines[i]);
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

/* Run a synthetic history; *count receives how many of the first numbers in state are finite. */
static enum status count_state(const struct check *c, struct classifier *classifier,
                               uint32_t length, float *state, size_t size, size_t *count,
                               struct error *err)
{
    const struct history *history = triage_histories_draw(
        triage_model_schema(c->model), 1, length, length, c->seed, c->arena, err);
    if (!history)
        return STATUS_NO_MEMORY;
    for (size_t j = 0; j < size; j++)
        state[j] = NAN;
    RETURN_IF_ERROR(triage_classifier_encode(classifier, history, state, err));
    *count = 0;
    while (*count < size && isfinite(state[*count]))
        ++*count;
    return STATUS_OK;
}

/* Histories of 1 to 1000 events use the same weights and leave a state of the same size. */
static enum status check_sharing(const struct check *c, struct error *err)
{
    if (triage_model_members(c->model) > 1) {
        findings_note(c->findings, "sharing",
                      "not tested: a model of %u networks has no single state",
                      (unsigned)triage_model_members(c->model));
        return STATUS_OK;
    }
    static const uint32_t lengths[] = {1, 10, 100, 1000};
    enum {
        LENGTHS = sizeof lengths / sizeof *lengths,
        SPARE = 16 /* numbers after the state, which must stay NAN */
    };
    size_t DH = triage_model_state_size(c->model), count = DH, stored;
    uint8_t before[SHA256_BYTES], after[SHA256_BYTES];
    struct classifier *classifier =
        triage_classifier_new(c->model, 1, lengths[LENGTHS - 1], err);
    float *state = arena_array(c->arena, DH + SPARE, sizeof *state);
    enum status status = STATUS_OK;
    if (!classifier || !state) {
        triage_classifier_free(classifier);
        return error_no_memory(err);
    }
    (void)architecture_parameters(c->model, &stored);
    hash_weights(c->model, before);
    for (size_t i = 0; i < LENGTHS && status == STATUS_OK && count == DH; i++)
        status = count_state(c, classifier, lengths[i], state, DH + SPARE, &count, err);
    triage_classifier_free(classifier);
    RETURN_IF_ERROR(status);
    hash_weights(c->model, after);
    if (count != DH)
        findings_check(c->findings, false, "sharing",
                       "a state has %zu finite numbers, expected %zu", count, DH);
    else
        findings_check(
            c->findings, memcmp(before, after, sizeof before) == 0, "sharing",
            "histories of 1, 10, 100 and 1000 events used the same %zu numbers "
            "and left a state of %zu each",
            stored, DH);
    return STATUS_OK;
}

static void describe_clipping(const struct check *c)
{
    const json_t *rate = json_object_get(c->report, "clip_rate");
    if (json_is_number(rate))
        findings_note(c->findings, "clipping",
                      "in %.3g %% of its steps the training scaled the gradient down to "
                      "norm %g; the largest was %.4g (the file's report)",
                      100.0 * json_number_value(rate), c->training.clip,
                      json_number_value(json_object_get(c->report, "norm_largest")));
    else
        findings_note(c->findings, "clipping", "the file has no report of a training");
}

enum status check_structure(const struct check *check, struct error *err)
{
    check_golden(check);
    check_shapes(check);
    describe_cell(check);
    RETURN_IF_ERROR(check_sharing(check, err));
    describe_clipping(check);
    return STATUS_OK;
}

/* ---- weights ---- */

static bool begins_with(const char *name, const char *prefix)
{
    return strncmp(name, prefix, strlen(prefix)) == 0;
}

static bool are_equal(const float *w, size_t count)
{
    for (size_t i = 1; i < count; i++)
        if (w[i] != w[0])
            return false;
    return true;
}

/*
 * Check the H rows of each gate.  With one unit a gate may have a single weight, so only 0 is a
 * failure.
 */
static bool check_gates(const struct check *c, const struct tensor_view *tensor)
{
    const struct spec *spec = triage_model_spec(c->model);
    size_t size = (size_t)spec->hidden * tensor->columns;
    bool is_good = true;
    for (uint32_t gate = 0; gate < triage_spec_gates(spec); gate++) {
        const float *rows = tensor->data + gate * size;
        bool is_zero = rows[0] == 0.0f;
        if (!are_equal(rows, size) || (!is_zero && spec->hidden == 1))
            continue;
        findings_check(c->findings, false, "weights", "%s: all numbers of gate %s are %g",
                       tensor->name, architecture_gate(spec, gate), (double)rows[0]);
        is_good = false;
    }
    return is_good;
}

static bool check_matrix(const struct check *c, const struct tensor_view *tensor)
{
    if (tensor->columns == 1 ||
        !are_equal(tensor->data, (size_t)tensor->rows * tensor->columns))
        return true;
    findings_check(c->findings, false, "weights", "%s: all numbers are %g", tensor->name,
                   (double)tensor->data[0]);
    return false;
}

static bool check_head(const struct check *c, const struct tensor_view *head)
{
    bool is_good = true;
    for (size_t row = 0; row < head->rows; row++) {
        const float *w = head->data + row * head->columns;
        if (w[0] != 0.0f || !are_equal(w, head->columns))
            continue;
        findings_check(c->findings, false, "weights",
                       "%s: the row of action \"%.64s\" is all 0", head->name,
                       triage_model_action(c->model, row));
        is_good = false;
    }
    return is_good;
}

/* Check the rows of values; those of "unknown" and "missing" may never have been trained. */
static bool check_embedding(const struct check *c, const struct tensor_view *tensor)
{
    enum { FIRST_VALUE = 2 };
    const float *first = tensor->data + (size_t)FIRST_VALUE * tensor->columns;
    if (tensor->rows <= FIRST_VALUE + 1)
        return true;
    for (size_t row = FIRST_VALUE + 1; row < tensor->rows; row++)
        if (memcmp(first, tensor->data + row * tensor->columns,
                   tensor->columns * sizeof *first) != 0)
            return true;
    findings_check(c->findings, false, "weights",
                   "%s: the rows of all %u values are equal, so the model cannot tell "
                   "them apart",
                   tensor->name, tensor->rows - FIRST_VALUE);
    return false;
}

static void check_tensors(const struct check *c)
{
    size_t count = triage_model_tensor_count(c->model);
    bool is_good = true;
    for (size_t i = 0; i < count; i++) {
        struct tensor_view tensor = triage_model_tensor(c->model, i);
        const char *name = name_in_network(tensor.name);
        bool is_tensor_good = true;
        if (begins_with(name, "decoder."))
            name += strlen("decoder.");
        if (begins_with(name, "rnn.weight_"))
            is_tensor_good = check_gates(c, &tensor);
        else if (begins_with(name, "encoder.") && !tensor.is_vector)
            is_tensor_good = check_matrix(c, &tensor);
        else if (strcmp(name, "head.weight") == 0)
            is_tensor_good = check_head(c, &tensor);
        else if (begins_with(name, "embedding."))
            is_tensor_good = check_embedding(c, &tensor);
        is_good = is_good && is_tensor_good;
    }
    if (is_good)
        findings_check(c->findings, true, "weights",
                       "%zu tensors: no %s is constant, no action's row is 0, and no "
                       "field's values are all equal",
                       count, is_self_attention(c) ? "matrix" : "gate");
}

/* ---- units ---- */

/* Does any history differ from the beginning of the longest one, in the inputs of the model? */
static bool do_histories_differ(const struct check *c)
{
    const struct history *longest = &c->histories[0];
    for (size_t i = 1; i < c->count; i++)
        if (c->histories[i].length > longest->length)
            longest = &c->histories[i];
    for (size_t i = 0; i < c->count; i++)
        if (!history_has_prefix(c->model, longest, &c->histories[i]))
            return true;
    return false;
}

static enum status check_units(const struct check *c, struct error *err)
{
    const struct spec *spec = triage_model_spec(c->model);
    size_t DH = triage_model_state_size(c->model);
    struct activity activity;
    if (triage_model_members(c->model) > 1) {
        findings_note(c->findings, "units",
                      "not tested: the model has %u networks, each with its own units",
                      (unsigned)triage_model_members(c->model));
        return STATUS_OK;
    }
    if (has_decoder(c)) {
        findings_note(c->findings, "units",
                      "not tested: the model has an encoder and a decoder");
        return STATUS_OK;
    }
    RETURN_IF_ERROR(
        triage_activity_measure(&activity, c->model, c->histories, c->count, err));
    if (c->count == 1)
        findings_note(c->findings, "units", "one history does not show which units vary");
    else if (!do_histories_differ(c))
        findings_note(c->findings, "units",
                      "the %zu histories differ only in length, so this cannot be tested",
                      c->count);
    else
        findings_check(
            c->findings, activity.constant < DH, "units",
            "%zu of the %zu units of the final state%s have the same value for "
            "all %zu histories",
            activity.constant, DH,
            spec->head == HEAD_ATTENTION ? " and of the context" : "", c->count);
    for (uint32_t gate = 0; gate < triage_spec_gates(spec); gate++)
        findings_detail(
            c->findings,
            "gate %s: %.3g %% of its values are within 1 %% of an end of their range",
            architecture_gate(spec, gate), 100.0 * activity.saturated[gate]);
    return STATUS_OK;
}

enum status check_weights(const struct check *check, struct error *err)
{
    check_tensors(check);
    return check_units(check, err);
}
